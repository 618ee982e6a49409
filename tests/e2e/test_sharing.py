"""A channel that is not for everybody: who has a link watches it, until that is ended, and who signs in."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import Watched
from tests.support.accessibility import in_light_and_dark, stumbling_blocks
from tests.support.command import must
from tests.support.seeds import plant
from tests.support.server import RunningServer, free_port, running
from tests.support.upload import start

pytestmark = [pytest.mark.whole_browser, pytest.mark.deep]  # it plays, ends, and waits until that is noticed

PASSWORD = "correct horse battery"


@pytest.fixture
def server(tmp_path: Path, clips: list[Path]) -> Iterator[RunningServer]:
    """One channel, on the air for everybody."""
    data = plant(tmp_path / "data", "240p", clips)
    port = free_port()
    public = {"INSTA_STREAM_PUBLIC_URL": f"http://127.0.0.1:{port}"}  # a phone can be told of it, as it were
    with running(data, "--rungs", "240p", port=port, env=public) as server:
        start(server)
        yield server


def admit(page: Page, server: RunningServer) -> None:
    """Let Anna in as the first admin: from now on, everybody has to sign in."""
    secret = must("users", "add", "anna", "--admin", "--data", str(server.data)).strip().partition("#")[2]
    page.goto(f"{server.url}/studio/invitation#{secret}")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()


def protect(page: Page, server: RunningServer) -> None:
    """Let only people with a link watch the channel."""
    page.goto(f"{server.url}/studio/channels/main")
    dialog = page.get_by_role("dialog", name="Settings of Main")
    dialog.get_by_role("radio", name="People with a link").check()
    assert in_light_and_dark(page) == []
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("only by link")).to_be_visible()


def make_link(page: Page, name: str) -> str:
    """Make a link for somebody; return it."""
    page.get_by_role("button", name="More for Main").click()
    page.get_by_role("menuitem", name="Share").click()
    expect(page.get_by_text("There are no links yet.")).to_be_visible()
    page.get_by_role("button", name="New link").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter who it is for")
    page.get_by_label("Name", exact=True).fill(name)
    end_too_late(page)
    bind_to_address(page)
    dialog = page.get_by_role("dialog", name=name)
    expect(dialog.get_by_role("img", name="QR code of the link")).to_be_visible()
    assert in_light_and_dark(page) == []
    return dialog.get_by_role("textbox", name="Link").input_value()


def end_too_late(page: Page) -> None:
    """Choose an end that no link may have: it is told at its field."""
    lifetime = page.get_by_role("combobox", name="Valid for")
    lifetime.select_option("Until a date")
    day = page.get_by_label("Last day")
    day.fill("2999-12-31")
    page.get_by_role("button", name="Create").click()
    expect(day).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("within the next ten years")
    assert in_light_and_dark(page) == []
    lifetime.select_option("1 week")


def bind_to_address(page: Page) -> None:
    """Let the link that is being made work from this machine only; a wrong address is told at its field."""
    limits = page.get_by_text("Limit where it works")
    limits.click()
    address = page.get_by_label("Only from (optional)")
    address.fill("here")
    limits.click()
    page.get_by_role("button", name="Create").click()
    expect(address).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("instead of “here”")
    assert in_light_and_dark(page) == []
    address.fill("127.0.0.1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("only from 127.0.0.1")).to_be_visible()


def end_link(page: Page, name: str) -> None:
    page.get_by_role("button", name="All links").click()
    expect(page.get_by_role("list", name="Links")).to_contain_text(name)
    assert in_light_and_dark(page) == []
    page.get_by_role("button", name=f"End {name}").click()
    page.get_by_role("alertdialog").get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_text("There are no links yet.")).to_be_visible()


def make_and_end_a_key(page: Page, server: RunningServer) -> None:
    page.goto(f"{server.url}/studio/tokens")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name", exact=True).fill("Our website")
    page.get_by_role("combobox", name="For").select_option("Main")
    assert in_light_and_dark(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Secret")).to_have_value(re.compile(".{32,}"))
    assert in_light_and_dark(page) == []
    page.get_by_role("button", name="Done").click()
    keys = page.get_by_role("list", name="Keys for your website").get_by_role("listitem")
    expect(keys).to_have_count(1)
    expect(keys).to_contain_text("Main")
    assert in_light_and_dark(page) == []
    end_every_link(page)
    page.get_by_role("button", name="End Our website").click()
    page.get_by_role("alertdialog").get_by_role("button", name="End", exact=True).click()
    expect(keys).to_have_count(0)


def replace_links_for_tv_apps(page: Page, server: RunningServer) -> None:
    """What stops is said before, and the new ones are there to be copied."""
    page.goto(f"{server.url}/studio/channels")
    page.get_by_role("button", name="TV app links").click()
    guide = page.get_by_role("textbox", name="Guide (XMLTV)")
    old = guide.input_value()
    page.get_by_role("button", name="Replace these links").click()
    question = page.get_by_role("alertdialog", name="Replace the TV app links?")
    expect(question).to_contain_text("every TV app that has them")
    assert in_light_and_dark(page) == []
    question.get_by_role("button", name="Replace", exact=True).click()
    expect(page.get_by_text("These are the new links.")).to_be_visible()
    expect(guide).not_to_have_value(old)
    assert (httpx.get(old).status_code, httpx.get(guide.input_value()).status_code) == (404, 200)
    assert in_light_and_dark(page) == []


def end_every_link(page: Page) -> None:
    """What it means is said before; what is made with keys of others stays."""
    page.get_by_role("button", name="End all links").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("every link that was made here")
    assert in_light_and_dark(page) == []
    question.get_by_role("button", name="End all links").click()
    expect(page.get_by_text("All links of this server were ended.")).to_be_visible()


def test_who_has_a_link_watches_until_it_is_ended_and_who_signs_in_goes_on(
    browser: Browser, server: RunningServer
) -> None:
    with browser.new_context() as here, browser.new_context() as there:
        studio, viewer = Watched(here.new_page()), Watched(there.new_page())
        admit(studio.page, server)
        replace_links_for_tv_apps(studio.page, server)
        make_and_end_a_key(studio.page, server)
        protect(studio.page, server)
        link = make_link(studio.page, "Grandma")

        page = viewer.page
        page.goto(f"{server.url}/watch/main")
        expect(page.get_by_role("heading", name="You need a link, or to sign in")).to_be_visible()
        assert in_light_and_dark(page) == []
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(link)
        viewer.wait_for_picture()
        viewer.must_play_on()
        folder = link.removesuffix("watch/main")
        outside = {url for url in asked if not url.startswith((folder, f"{server.url}/assets/"))}
        assert outside <= {f"{server.url}/favicon.svg"}

        end_link(studio.page, "Grandma")
        expect(page.get_by_text("Ask whoever sent it for a new one.")).to_be_visible()
        expect(page.locator("video")).to_have_count(0)
        assert stumbling_blocks(page) == []

        page.goto(f"{server.url}/watch/main")
        page.get_by_role("link", name="Sign in").click()
        dialog = page.get_by_role("dialog", name="Sign in")
        dialog.get_by_label("Name", exact=True).fill("anna")
        dialog.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{server.url}/watch/main")
        viewer.wait_for_picture()
        viewer.must_play_on()
        refused = re.compile("status of 4(00|22)")  # the end that is too late, and "here"
        assert [each for each in studio.complaints if not refused.search(each)] == []
