"""What stands in an address of a viewer, `/t/{pass}/...`: a signed text (JWT, RFC 7519) that says what for.

Two kinds. A *link* is for one channel, and whoever has it may watch. The *pass of a caller* stands for
somebody who has shown something else, a session or a token: what that one may see is looked up at each
request, so that it ends with what was shown.

Whoever has been given a key makes links with any library for JWT: HS256, the key's id as `kid`, the channel
as `sub`, `jti`, `iat` and `exp`; `site` and `address` if they are to be bound.
"""

import hmac
import importlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from insta_stream.access.permission import Permission
from insta_stream.access.principal import NOBODY, Principal
from insta_stream.access.wall import wall_clock
from insta_stream.db.playback import LinkRow, PlaybackKeyRow
from insta_stream.errors import NotReady
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.origins import plain_origin
from insta_stream.proxies import customer_named
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds

LONGEST = 700
"""Characters of a pass."""

SESSION_LASTS = seconds(12 * 3600)
"""The pass of somebody who has signed in: an address that changes while it plays stops some players."""

_SLOT = seconds(6 * 3600)
"""For so long it is the same, so that browsers keep the pictures that they have."""

SESSION_MATTERS = Ticks(_SLOT + SESSION_LASTS + seconds(60))
"""For so long it is known which sessions were ended."""

ACCOUNT, TOKEN, OWNER_OF_ALL, TV = "account", "token", "owner", "tv"
"""Kinds of callers: a person by a session, an API token, whoever may do everything, and TV apps."""

_ALGORITHM = "HS256"
_MARK_DIGITS = 32
_LEEWAY_SECONDS = 60
_KEPT = 16_384
"""Passes whose signature was checked: some kilobytes each."""

_FOLDERS = "/t/"

_is_compact = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+").fullmatch
"""Libraries pass over other letters in a signature: one pass would have any number of texts, and what stands
in the address stands in lists for TV apps, too.
"""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks by an address with a pass.

    folder: what stands before everything of theirs. signs_in: it stands for somebody who has signed in, or
    shown a token. since: when it was made, None where that does not matter. site: the origin of the pages
    that may show it. address: from where alone it works. None for any.
    """

    principal: Principal
    folder: str
    signs_in: bool
    since: Ticks | None = None
    site: str | None = None
    address: str | None = None

    @property
    def is_bound(self) -> bool:
        """Whether the pass works for some requests only."""
        return self.site is not None or self.address is not None


@dataclass(frozen=True, slots=True)
class _Read:
    """A pass with a good signature. caller: the kind and the name of whom it stands for, of a caller."""

    key: str
    id: str
    expires_at: Ticks | None
    viewer: Viewer
    caller: tuple[str, str] | None = None


StandsFor = Callable[[str, str, str], Principal | None]
"""Tells what somebody may do now, of whom a pass says the kind, name and session; None for nothing."""


class Passes:
    """Signs and reads passes with the keys it was last given."""

    def __init__(self, now: Callable[[], Ticks] = wall_clock) -> None:
        self._now = now
        self._keys: Mapping[str, PlaybackKeyRow] = {}
        self._own: PlaybackKeyRow | None = None
        self._ended: frozenset[str] = frozenset()
        self._read: dict[str, _Read] = {}

    def replace(self, keys: Iterable[PlaybackKeyRow], ended: frozenset[str]) -> None:
        """Let these keys be valid, newest first, and no others. ended: links that were ended."""
        self._keys = {key.id: key for key in keys}
        self._own = next((key for key in self._keys.values() if key.is_own), None)
        self._ended = ended

    @property
    def keys(self) -> tuple[PlaybackKeyRow, ...]:
        """The keys, newest first."""
        return tuple(self._keys.values())

    @property
    def has_own(self) -> bool:
        """Whether there is a key that this server signs with."""
        return self._own is not None

    @property
    def own(self) -> PlaybackKeyRow:
        """The key that this server signs with. Raises NotReady while it is damaged or gone: the directory
        sees to it that there is another in a moment.
        """
        if self._own is None:
            raise NotReady("The key that signs addresses is being replaced. Try again.")
        return self._own

    def of_link(self, row: LinkRow) -> str:
        """Return the folder of a link. Its key goes with it, which may be later here than in the database."""
        key = self._keys.get(row.key, self.own)
        claims = {
            "sub": row.channel,
            "jti": row.id,
            "iat": row.created_at // TICKS_PER_SECOND,
            "exp": None if row.expires_at is None else row.expires_at // TICKS_PER_SECOND,
            "site": row.site,
            "address": row.address,
        }
        return _folder(_signed(key, claims))

    def of_caller(self, kind: str, name: str) -> str:
        """Return the folder of somebody; it is good for as long as they are told by this name."""
        return _folder(_signed(self.own, {"for": kind, "id": name}))

    def of_session(self, account: AccountId, session: str) -> tuple[str, Ticks]:
        """Return the folder of somebody who has signed in, and until when it is good."""
        expires_at = Ticks(self._now() // _SLOT * _SLOT + _SLOT + SESSION_LASTS)
        claims = {"for": ACCOUNT, "id": account, "sid": session, "exp": expires_at // TICKS_PER_SECOND}
        return _folder(_signed(self.own, claims)), expires_at

    def mark(self, secret: str) -> str:
        """Return a name for whoever holds a secret: it tells nothing of it, and changes with it."""
        return hmac.digest(self.own.secret.encode(), secret.encode(), "sha256").hex()[:_MARK_DIGITS]

    def viewer(self, text: str, stands_for: StandsFor) -> Viewer | None:
        """Return who asks with a pass; None where it opens nothing, or nothing any more."""
        read = self._read.get(text) or self._checked(text)
        if read is None or read.key not in self._keys:
            return None
        if read.expires_at is not None and read.expires_at <= self._now():
            return None
        if read.caller is None:
            return None if read.id in self._ended else read.viewer
        if read.expires_at is not None and read.expires_at > self._now() + SESSION_MATTERS:
            return None  # it was made before the clock was set back
        principal = stands_for(*read.caller, read.id)
        return None if principal is None else replace(read.viewer, principal=principal)

    def _checked(self, text: str) -> _Read | None:
        if not _is_compact(text):
            return None
        try:
            read = self._decoded(text)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None
        if read is not None:
            if len(self._read) >= _KEPT:
                self._read.pop(next(iter(self._read)))
            self._read[text] = read
        return read

    def _decoded(self, text: str) -> _Read | None:
        jwt = _library()
        try:
            key = self._keys[jwt.get_unverified_header(text)["kid"]]
            # One of ours that was made later than now says only that the clock of channels is ahead.
            options = {**_UNUSUAL, "verify_iat": not key.is_own}
            said = jwt.decode(
                text, key.secret.encode(), algorithms=[_ALGORITHM], leeway=_LEEWAY_SECONDS, options=options
            )
        except (jwt.InvalidTokenError, KeyError):
            return None
        expires_at = None if said.get("exp") is None else Ticks(int(said["exp"]) * TICKS_PER_SECOND)
        if "for" in said:
            return _read_caller(text, key, said, expires_at)
        return _read_link(text, key, said, expires_at)


_UNUSUAL = {"verify_aud": False, "verify_iss": False}


def split(path: str) -> tuple[str, str] | None:
    """Return what stands in a path for a pass, and the path without it; None where nothing does."""
    end = path.find("/", len(_FOLDERS))
    if end < 0 or end - len(_FOLDERS) > LONGEST or not path.startswith(_FOLDERS):
        return None
    return path[len(_FOLDERS) : end], path[end:]


def _read_caller(
    text: str, key: PlaybackKeyRow, said: Mapping[str, Any], expires_at: Ticks | None
) -> _Read | None:
    """Return the pass of a caller. Only we make these: a key that was given away is for links."""
    if not key.is_own:
        return None
    kind, name = str(said["for"]), str(said["id"])
    viewer = Viewer(NOBODY, _folder(text), signs_in=kind != TV)
    return _Read(key.id, str(said.get("sid") or ""), expires_at, viewer, (kind, name))


def _read_link(
    text: str, key: PlaybackKeyRow, said: Mapping[str, Any], expires_at: Ticks | None
) -> _Read | None:
    """Return a link. Without an end are only those that we can end, one by one."""
    channel, since = said["sub"], Ticks(int(said["iat"]) * TICKS_PER_SECOND)
    if key.channel not in {None, channel} or (expires_at is None and not key.is_own):
        return None
    viewer = Viewer(
        Principal(frozenset({Permission.CHANNEL_VIEW}), frozenset({ChannelSlug(channel)})),
        _folder(text),
        signs_in=False,
        since=since,
        site=_bound(said.get("site"), plain_origin),  # it stands in a header of the page
        address=_bound(said.get("address"), customer_named),
    )
    return _Read(key.id, str(said.get("jti") or ""), expires_at, viewer)


def new_playback_key(
    now: Ticks, *, is_own: bool = True, label: str = "", channel: ChannelSlug | None = None
) -> PlaybackKeyRow:
    """Return a new key; one of our own unless it is said otherwise."""
    return PlaybackKeyRow(secrets.token_hex(4), is_own, label, channel, secrets.token_hex(32), now)


def _bound(value: object, plain: Callable[[str], str]) -> str | None:
    """Return what a link is bound to, as requests are held against it. Raises ValueError or TypeError: what
    was meant to bind it must not let everybody in.
    """
    if not (value is None or isinstance(value, str)):
        raise TypeError("a claim that is no text")
    return None if value is None else plain(value)


def _signed(key: PlaybackKeyRow, claims: Mapping[str, Any]) -> str:
    told = {name: value for name, value in claims.items() if value is not None}
    text: str = _library().encode(told, key.secret.encode(), algorithm=_ALGORITHM, headers={"kid": key.id})
    return text


def _folder(text: str) -> str:
    return f"{_FOLDERS}{text}"


def _library() -> ModuleType:
    """Return PyJWT. It takes a fifth of a second to load, for which no server waits where all is public."""
    return importlib.import_module("jwt")
