"""Where the server has a token: viewers do without, operators are asked for it once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocket, expect
from tests.e2e.conftest import Watched
from tests.support.server import RunningServer, running

TOKEN = "a-token-that-is-long"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[RunningServer]:
    """A server with a token."""
    with running(tmp_path / "data", "--token", TOKEN, "--rungs", "240p") as server:
        yield server


def give(page: Page, token: str) -> None:
    """Answer the Studio's question."""
    dialog = page.get_by_role("dialog", name="This server has a token")
    dialog.get_by_label("Token", exact=True).fill(token)
    dialog.get_by_role("button", name="Open the Studio").click()


def test_the_studio_asks_for_the_token_until_it_is_right_and_then_no_more(
    watched: Watched, guarded: RunningServer
) -> None:
    page = watched.page
    page.goto(f"{guarded.url}/studio")
    dialog = page.get_by_role("dialog", name="This server has a token")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Token", exact=True)).to_be_focused()
    give(page, "not-the-right-token")
    expect(dialog.get_by_role("alert")).to_contain_text("not this server's token")
    give(page, TOKEN)
    expect(dialog).to_be_hidden()
    watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")
    page.reload()
    watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")
    expect(dialog).to_be_hidden()


def test_one_connection_is_enough_however_often_it_is_wanted(
    watched: Watched, guarded: RunningServer
) -> None:
    page, sockets = watched.page, list[WebSocket]()

    def note(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", note)
    page.goto(f"{guarded.url}/studio/library")
    dialog = page.get_by_role("dialog", name="This server has a token")
    for path in ("health", "channels"):  # by the browser's own buttons, while the question waits
        expect(dialog).to_be_visible()
        page.evaluate(f"history.pushState(null, '', '/studio/{path}'); dispatchEvent(new Event('popstate'))")
        expect(page.locator("h1")).to_have_text(path.capitalize())
    give(page, TOKEN)
    watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")
    expect(page.get_by_text("Main").first).to_be_visible()
    assert [each.is_closed() for each in sockets].count(False) == 1
    assert not [each for each in watched.complaints if "CONNECTING" in each]


def test_viewers_need_no_token(watched: Watched, guarded: RunningServer) -> None:
    watched.page.goto(guarded.url)
    expect(watched.page.get_by_role("status")).to_contain_text("Off the air")
    assert watched.complaints == []
