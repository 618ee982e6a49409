"""The hot path where viewers may ask only so often; without that setting, nothing of this is there."""

from starlette.types import Receive, Scope, Send

from insta_stream.delivery.dispatch import Ready
from insta_stream.delivery.http import Refusal, Reply, refusal_reply, refuse
from insta_stream.pace import Debts, Pace
from insta_stream.proxies import Proxies

_FOR_VIEWERS = ("/stream/", "/media/", "/t/")


class Paced:
    """Passes on what viewers ask for, as long as their address does not ask too often."""

    def __init__(self, ready: Ready, per_minute: int, proxies: Proxies, debts: Debts | None = None) -> None:
        self._ready = ready
        self._pace = Pace(per_minute, debts)
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_viewers = scope["type"] == "http" and scope["path"].startswith(_FOR_VIEWERS)
        if is_viewers and (refusal := self._refusal(scope)):
            await refuse(scope, send, refusal)
        else:
            await self._ready(scope, receive, send)

    def at_once(self, scope: Scope) -> Reply | None:
        """Return the reply to a GET, where it is ready; None where the request is to be asked, and counts."""
        reply = self._ready.at_once(scope)
        if reply is not None and (refusal := self._refusal(scope)):
            return refusal_reply(refusal)
        return reply

    def _refusal(self, scope: Scope) -> Refusal | None:
        pause = self._pace.wait(self._proxies.customer(scope))
        if not pause:
            return None
        said = f"Your address asks too often: {self._pace.per_minute} times a minute is the limit here."
        return Refusal(429, "too_many_requests", said, [(b"retry-after", str(pause).encode())])
