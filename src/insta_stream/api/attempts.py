"""Wrong tokens: who shows many is told to wait, and the log says from where.

The right token is admitted all the same: behind a proxy or a provider's shared address a stranger could keep
an operator out otherwise. What is told to wait are programs with an old token, and guessers; to these the
length of a token is the bar, for one that `settings` suggests has 256 bits.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog
from starlette.types import Scope

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

    proxies: those in front of the server. now: seconds that only rise.
    """

    def __init__(self, proxies: Proxies = DIRECT, now: Callable[[], float] = time.monotonic) -> None:
        self._proxies = proxies
        self._now = now
        self._forgiven_at: OrderedDict[str, float] = OrderedDict()

    def failed(self, scope: Scope) -> int:
        """Take note of a wrong token; return the pause to ask for in whole seconds, 0 for none."""
        address = self._proxies.customer(scope)
        now = self._now()
        before = max(now, self._forgiven_at.pop(address, now))
        after = min(before + SECONDS_EACH, now + FREE * SECONDS_EACH + LONGEST_PAUSE_SECONDS)
        self._forgiven_at[address] = after
        if len(self._forgiven_at) > MAX_ADDRESSES:
            self._forgiven_at.popitem(last=False)
        limit, path = now + FREE * SECONDS_EACH, scope["path"][:_LONGEST_PATH]
        if after <= limit:
            log.warning("wrong_token", address=address, path=path)
        elif before <= limit:
            log.warning("many_wrong_tokens", address=address, path=path)  # once, not for each
        return math.ceil(max(0.0, after - limit))
