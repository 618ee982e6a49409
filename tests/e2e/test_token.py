"""Where the server has a token: viewers do without, operators are asked for it once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
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


def test_viewers_need_no_token(watched: Watched, guarded: RunningServer) -> None:
    watched.page.goto(guarded.url)
    expect(watched.page.get_by_role("status")).to_contain_text("Off the air")
    assert watched.complaints == []
