"""Where people have accounts: they are invited, sign in, and find what they may do and nothing else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import Watched, lead, watching
from tests.support.accessibility import stumbling_blocks
from tests.support.server import RunningServer, running

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that is open to all, until somebody adds an admin; with two channels."""
    with running(tmp_path_factory.mktemp("people") / "data", "--rungs", "240p") as server:
        httpx.post(f"{server.url}/api/channels", json={"slug": "news", "title": "News"}).raise_for_status()
        yield server


@pytest.fixture(scope="module")
def anna(browser: Browser, house: RunningServer) -> Iterator[Page]:
    """The first admin's page, after everybody had to be let in by her."""
    with watching(browser) as watched:
        page = watched.page
        page.goto(f"{house.url}/studio/people")
        page.get_by_role("button", name="Add the first admin").click()
        dialog = page.get_by_role("dialog", name="Add the first admin")
        expect(dialog).to_contain_text("After this, everyone needs to sign in.")
        dialog.get_by_label("Name", exact=True).fill("anna")
        dialog.get_by_label("Full name").fill("Anna Berg")
        dialog.get_by_role("button", name="Continue").click()
        choose_password(page, "Anna Berg")
        expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
        yield page


def choose_password(page: Page, name: str) -> None:
    """Follow an invitation."""
    expect(page.get_by_role("heading", name=f"Welcome, {name}")).to_be_visible()
    assert "#" not in page.url
    page.reload()  # the secret is kept until it is used
    page.get_by_label("Password", exact=True).fill("too short")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("at least 10 characters")
    assert stumbling_blocks(page) == []
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")


def sign_in(page: Page, name: str, password: str) -> None:
    """Answer the Studio's question."""
    dialog = page.get_by_role("dialog", name="Sign in")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


@contextmanager
def invited(browser: Browser, anna: Page, name: str, role: str) -> Iterator[Watched]:
    """The page of somebody whom Anna adds, for the channel News only."""
    lead(anna, "/studio/people")
    anna.get_by_role("button", name="Add a person").click()
    dialog = anna.get_by_role("dialog", name="Add a person")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("radio", name=role).check()
    dialog.get_by_role("radio", name="Only some").check()
    dialog.get_by_role("checkbox", name="News").check()
    assert stumbling_blocks(anna) == []
    dialog.get_by_role("button", name="Add", exact=True).click()
    link = anna.get_by_role("textbox", name="Link").input_value()
    anna.get_by_role("button", name="Done").click()
    with browser.new_context() as context:
        watched = Watched(context.new_page())
        watched.page.goto(link)
        choose_password(watched.page, name)
        yield watched
        watched.page.goto("about:blank")
        watched.page.goto(link)
        expect(watched.page.get_by_role("heading", name="This link no longer works")).to_be_visible()


def limit_storage(anna: Page) -> None:
    """Let Anna's videos take 2.5 GB."""
    lead(anna, "/studio/people")
    anna.get_by_role("button", name="More for Anna Berg").click()
    anna.get_by_role("menuitem", name="Edit").click()
    storage = anna.get_by_role("dialog", name="Anna Berg").get_by_role("group", name="Storage")
    storage.get_by_label("Limit in GB").fill("much")  # chooses to limit it
    anna.get_by_role("button", name="Save").click()
    expect(storage.get_by_role("alert")).to_have_text("Enter a size in GB, such as 50.")
    assert stumbling_blocks(anna) == []
    storage.get_by_label("Limit in GB").fill("2.5")
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_role("dialog", name="Anna Berg")).to_be_hidden()


def places(page: Page) -> list[str]:
    """Where the Studio says that one can go."""
    expect(page.get_by_role("link", name="Guide", exact=True)).to_be_visible()
    return page.get_by_role("navigation", name="Studio").get_by_role("link").all_inner_texts()


def test_a_viewer_finds_nothing_that_an_operator_can_do(
    browser: Browser, anna: Page, house: RunningServer
) -> None:
    with invited(browser, anna, "vera", "Viewer") as watched:
        page = watched.page
        expect(page.get_by_role("heading", name="Channels", level=1)).to_be_visible()
        expect(page.get_by_role("link", name="News", exact=True)).to_be_visible()
        assert places(page) == ["Channels", "Guide"]
        expect(page.get_by_role("main").get_by_role("listitem").filter(has=page.locator("h2"))).to_have_count(
            1
        )
        for words in ("New channel", "TV app links"):
            expect(page.get_by_label(words)).to_have_count(0)
        page.get_by_role("button", name="More for News").click()
        expect(page.get_by_role("menuitem")).to_have_text(["Share", "Copy the address of the stream"])
        page.keyboard.press("Escape")
        assert stumbling_blocks(page) == []
        page.get_by_role("link", name="News", exact=True).click()
        expect(page).to_have_url(f"{house.url}/studio/guide/news")
        closed = {"library": "Library", "people": "People", "about": "About", "activity": "Activity log"}
        for path, title in closed.items():
            lead(page, f"/studio/{path}")
            expect(page.get_by_role("heading", name=f"{title} is not open to you")).to_be_visible()
            expect(page.get_by_role("button", name="Upload")).to_have_count(0)


def test_an_admin_finds_who_changed_what_and_before_and_after(anna: Page, house: RunningServer) -> None:
    url = f"{house.url}/api/channels/news"
    reply = anna.request.patch(url, data={"windowSeconds": 7200}, headers={"origin": house.url})
    assert reply.ok, reply.text()
    lead(anna, "/studio/people")
    anna.get_by_role("link", name="Activity log", exact=True).click()
    entry = anna.get_by_role("listitem").filter(has_text="anna changed the settings of channel News")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("127.0.0.1")
    entry.locator("summary").press("Enter")
    expect(entry.locator("dd").first).to_have_text(re.compile("1 hour.*2 hours"))
    assert stumbling_blocks(anna) == []
    with anna.expect_download() as download:
        anna.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "activity-log.csv"
    anna.get_by_label("Person").select_option("Anna Berg")
    expect(entry).to_have_count(1)
    anna.get_by_role("textbox", name="Day").fill("2020-02-29")
    expect(anna.get_by_role("heading", name="Nothing found")).to_be_visible()
    anna.reload()
    expect(anna.get_by_role("textbox", name="Day")).to_have_value("2020-02-29")
    anna.get_by_role("button", name="Show everything").click()
    expect(entry).to_have_count(1)


@pytest.mark.deep  # a connection notices within some seconds what was changed
def test_an_operator_works_on_the_channels_that_were_given_until_they_are_taken_away(
    browser: Browser, anna: Page, house: RunningServer
) -> None:
    with invited(browser, anna, "otto", "Operator") as watched:
        page = watched.page
        assert places(page) == ["Library", "Playlist", "Channels", "Guide", "Health"]
        page.get_by_role("link", name="Playlist", exact=True).click()
        expect(page).to_have_url(f"{house.url}/studio/playlist/news")
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        page.goto(f"{house.url}/studio/channels")
        page.get_by_role("button", name="More for News").click()
        expect(page.get_by_role("menuitem", name="Title and settings")).to_be_visible()
        expect(page.get_by_role("menuitem", name="Delete")).to_have_count(0)
        page.keyboard.press("Escape")

        anna.get_by_role("button", name="More for otto").click()
        anna.get_by_role("menuitem", name="Edit").click()
        anna.get_by_role("dialog", name="otto").get_by_role("radio", name="Viewer").check()
        anna.get_by_role("button", name="Save").click()
        expect(page.get_by_role("link", name="Library", exact=True)).to_have_count(0)
        anna.get_by_role("button", name="More for otto").click()
        anna.get_by_role("menuitem", name="Disable").click()
        dialog = page.get_by_role("dialog", name="Sign in")
        expect(dialog).to_contain_text("You were signed out.")
        sign_in(page, "otto", PASSWORD)
        expect(dialog.get_by_role("alert")).to_contain_text("name or the password is wrong")


def test_people_sign_in_where_they_wanted_to_go_with_a_second_step_if_they_like(
    browser: Browser, anna: Page, house: RunningServer
) -> None:
    limit_storage(anna)
    lead(anna, "/studio/account")
    expect(anna.get_by_role("region", name="Storage")).to_contain_text("0 bytes of 2.50 GB used")
    anna.get_by_role("button", name="Turn on").click()
    dialog = anna.get_by_role("dialog")
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    anna.keyboard.press("Enter")
    expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
    secret = dialog.get_by_role("textbox", name="Key").input_value().replace(" ", "")
    dialog.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    anna.keyboard.press("Enter")
    codes = dialog.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    recovery = codes.first.inner_text()
    anna.get_by_role("button", name="I have saved them").click()
    expect(anna.get_by_text("This browser")).to_be_visible()
    assert stumbling_blocks(anna) == []

    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{house.url}/studio/guide/news?at=now")
        dialog = page.get_by_role("dialog", name="Sign in")
        expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
        sign_in(page, "anna", "not her password")
        expect(dialog.get_by_role("alert")).to_contain_text("name or the password is wrong")
        expect(dialog.get_by_label("Password", exact=True)).to_be_focused()
        assert stumbling_blocks(page) == []
        sign_in(page, "anna", PASSWORD)
        expect(dialog.get_by_label("Code", exact=True)).to_be_focused()
        dialog.get_by_role("button", name="Use a recovery code").click()
        dialog.get_by_label("Recovery code", exact=True).fill(recovery)
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(page).to_have_url(f"{house.url}/studio/guide/news?at=now")
        page.reload()
        page.get_by_role("button", name="Signed in: Anna Berg").click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(dialog).to_be_visible()
    expect(anna.get_by_role("dialog", name="Sign in")).to_have_count(0)
