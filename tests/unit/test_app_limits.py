"""What the settings that limit clients put in front of what."""

from typing import cast

from insta_stream.access.principal import NOBODY
from insta_stream.access.roster import Roster
from insta_stream.app.choices import access
from insta_stream.app.face import paced
from insta_stream.delivery.dispatch import Dispatch
from insta_stream.delivery.paced import Paced
from insta_stream.settings import Settings

DISPATCH = cast("Dispatch", object())


def test_nothing_is_in_front_of_the_hot_path_unless_it_is_wanted() -> None:
    assert paced(DISPATCH, Settings()) is DISPATCH
    assert isinstance(paced(DISPATCH, Settings(viewer_requests_per_minute=1)), Paced)


def test_requests_of_the_api_are_counted_for_whoever_a_trusted_proxy_names() -> None:
    chosen = Settings(api_requests_per_minute=1, trusted_proxies="127.0.0.1")
    limited = access(chosen, Roster())

    def too_fast(client: str) -> bool:
        headers = [(b"x-forwarded-for", f"6.6.6.6, {client}".encode())]
        scope = {"client": ("127.0.0.1", 1), "headers": headers, "path": "/api/videos"}
        return limited.too_fast(scope, NOBODY) is not None

    assert [too_fast(client) for client in ("10.0.0.1", "10.0.0.2", "10.0.0.1")] == [False, False, True]
    unlimited = access(Settings(api_requests_per_minute=0), Roster())
    scope = {"client": ("127.0.0.1", 1), "headers": [], "path": "/api/videos"}
    assert {unlimited.too_fast(scope, NOBODY) for _ in range(9)} == {None}
