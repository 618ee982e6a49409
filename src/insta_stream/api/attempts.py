"""Wrong tokens: who shows many is told to wait, and the log says from where.

The right token is admitted all the same: behind a proxy or a provider's shared address a stranger could keep
an operator out otherwise. What is told to wait are programs with an old token, and guessers; to these the
length of a token is the bar, for one that `settings` suggests has 256 bits.
"""

import math
import time
from collections.abc import Callable

import structlog
from starlette.types import Scope

from insta_stream.pace import Debts, OwnDebts
from insta_stream.proxies import DIRECT, Proxies

log = structlog.get_logger()

TOO_MANY_TOKENS = "too_many_tokens"
"""The stable code of what is said then."""

FREE = 10
"""Wrong tokens that are met with a plain refusal."""

SECONDS_EACH = 6.0
"""After so long one of them is forgiven."""

LONGEST_PAUSE_SECONDS = 60.0
MAX_ADDRESSES = 1024
_LONGEST_PATH = 200
"""That is logged."""


def wait(pause: int) -> str:
    """Return what is said to somebody who has shown too many."""
    return f"Too many wrong tokens came from your address. Wait {pause} seconds before you try another."


class Attempts:
    """Counts wrong tokens by address, those of the last minutes. Call it from the event loop only.

    proxies: those in front of the server. debts: when all of an address are forgiven, for all processes that
    count together. now: seconds that only rise.
    """

    def __init__(
        self,
        proxies: Proxies = DIRECT,
        debts: Debts | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._proxies = proxies
        self._now = now
        self._debts = OwnDebts(MAX_ADDRESSES) if debts is None else debts

    def failed(self, scope: Scope) -> int:
        """Take note of a wrong token; return the pause to ask for in whole seconds, 0 for none."""
        address = self._proxies.customer(scope)
        now = self._now()
        known, latest = self._debts.until(address), now + FREE * SECONDS_EACH + LONGEST_PAUSE_SECONDS
        before = known if now < known <= latest else now  # beyond that it is of another start
        after = min(before + SECONDS_EACH, latest)
        self._debts.note(address, after)
        limit, path = now + FREE * SECONDS_EACH, scope["path"][:_LONGEST_PATH]
        if after <= limit:
            log.warning("wrong_token", address=address, path=path)
        elif before <= limit:
            log.warning("many_wrong_tokens", address=address, path=path)  # once, not for each
        return math.ceil(max(0.0, after - limit))
