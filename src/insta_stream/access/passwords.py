"""Passwords: what may be one, and their hashes (Argon2id, RFC 9106).

A hash takes a tenth of a second and 64 MiB, so that guessing is slow. Strangers' are made one at a time, and
those of people who are known in another thread; both give way to all others. Who watches must not notice that
somebody tries to sign in, or thousands do, and whoever has been here before does not wait behind these.
"""

import asyncio
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Literal, TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from insta_stream.errors import BadRequest, TooMany

_Result = TypeVar("_Result")

SHORTEST = 10
LONGEST = 256

_PASSES, _MEMORY_KIB = 3, 64 * 1024
_LEAST_DIFFERENT = 4
_NICENESS = 15
_MOST_AT_ONCE = 16
"""Of each kind. Whoever comes then is to come again later."""

_PAUSE_SECONDS = 5

Whose = Literal["stranger", "known browser", "signed in"]


def check(password: str, name: str) -> None:
    """Raise BadRequest ("weak_password") where a password is none that an account of this name may have."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequest(f"A password has {SHORTEST} to {LONGEST} characters.", code="weak_password")
    if password.casefold() == name.casefold() or len(set(password)) < _LEAST_DIFFERENT:
        raise BadRequest("This password is too easy to guess: choose another one.", code="weak_password")


class Passwords:
    """Makes and checks hashes."""

    def __init__(self) -> None:
        # One lane: the library's four would be four threads for each hash, on as few cores as there are.
        self._hash = PasswordHash((Argon2Hasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1),))
        self._strangers = ThreadPoolExecutor(1, "strangers-password", initializer=_give_way)
        self._known = ThreadPoolExecutor(1, "password", initializer=_give_way)
        self._inside: Counter[Whose] = Counter()
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """Return the hash of a password."""
        return await self._do("signed in", lambda: self._hash.hash(_bytes(password)))

    async def matches(self, password: str, stored: str | None, whose: Whose) -> bool:
        """Tell whether a password is the one of this hash.

        stored: None where there is no account, or it has no password; that takes as long.
        """
        return await self._do(whose, lambda: self._verify(_bytes(password[: LONGEST + 1]), stored))

    def _verify(self, password: bytes, stored: str | None) -> bool:
        if not self._nobodys:  # whoever comes first, known or not, waits for it
            self._nobodys = self._hash.hash("")
        try:
            is_right = self._hash.verify(password, stored or self._nobodys)
        except UnknownHashError:  # damaged
            return False
        return is_right and stored is not None

    def require_place(self, whose: Whose) -> None:
        """Raise TooMany ("too_many_sign_ins") where all places are taken."""
        if self._inside[whose] >= _MOST_AT_ONCE:
            raise TooMany(
                "Too many people are signing in at this moment. Try again in a few seconds.",
                code="too_many_sign_ins",
                pause_seconds=_PAUSE_SECONDS,
            )

    @contextmanager
    def place(self, whose: Whose) -> Iterator[None]:
        """Give a place among those whose passwords are checked; known browsers, and people who are signed in,
        have some of their own. Raises what `require_place` raises.
        """
        self.require_place(whose)
        self._inside[whose] += 1
        try:
            yield
        finally:
            self._inside[whose] -= 1

    async def _do(self, whose: Whose, work: Callable[[], _Result]) -> _Result:
        thread = self._strangers if whose == "stranger" else self._known
        return await asyncio.get_running_loop().run_in_executor(thread, work)

    def close(self) -> None:
        """End the threads."""
        for thread in (self._strangers, self._known):
            thread.shutdown(cancel_futures=True)


def _bytes(password: str) -> bytes:
    """Return what is hashed. JSON can say halves of letters, of which UTF-8 knows nothing."""
    return password.encode(errors="surrogatepass")


def _give_way() -> None:
    if sys.platform == "linux":  # elsewhere niceness is the whole process's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
