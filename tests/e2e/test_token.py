"""Where the server has a token: viewers do without, operators are asked for it once.

So do pages of other origins, where the setting names these.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect
from tests.e2e.conftest import Watched, lead, watching
from tests.support.accessibility import stumbling_blocks
from tests.support.server import RunningServer, running

from insta_stream import __version__
from insta_stream.api.attempts import FREE

TOKEN = "a-token-that-is-long"


OWNER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a token, in New York."""
    env = {"TZ": "America/New_York"}
    with running(
        tmp_path_factory.mktemp("guarded") / "data", "--token", TOKEN, "--rungs", "240p", env=env
    ) as server:
        yield server


def give(page: Page, token: str, *, is_kept: bool = False) -> None:
    """Answer the Studio's question."""
    dialog = page.get_by_role("dialog", name="Sign in")
    dialog.get_by_label("Token", exact=True).fill(token)
    dialog.get_by_label("Remember me").set_checked(is_kept)
    dialog.get_by_role("button", name="Sign in").click()


def test_the_studio_asks_for_the_token_until_it_is_right_and_then_no_more(
    watched: Watched, guarded: RunningServer
) -> None:
    page = watched.page
    page.goto(f"{guarded.url}/studio")
    dialog = page.get_by_role("dialog", name="Sign in")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Token", exact=True)).to_be_focused()
    give(page, "not-the-right-token")
    expect(dialog.get_by_role("alert")).to_contain_text("token is not correct")
    give(page, TOKEN)
    expect(dialog).to_be_hidden()
    watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")
    page.reload()
    watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")
    expect(dialog).to_be_hidden()


def test_who_signs_out_does_so_in_all_tabs_and_nothing_of_the_studio_stays_visible(
    browser: Browser, guarded: RunningServer
) -> None:
    channel = {"slug": "secret", "title": "Nobody's business"}
    httpx.post(f"{guarded.url}/api/channels", json=channel, headers=OWNER)
    with browser.new_context() as context:
        here, there, viewer = (context.new_page() for _ in range(3))
        viewer.goto(f"{guarded.url}/watch/main")
        viewer.evaluate("window.isTheSame = true")
        here.goto(f"{guarded.url}/studio/channels")
        give(here, TOKEN, is_kept=True)
        there.goto(f"{guarded.url}/studio/channels")
        for page in (here, there):
            expect(page.get_by_text("Nobody's business").first).to_be_visible()
        here.get_by_role("button", name="Sign out").click()
        for page in (here, there):
            expect(page.get_by_role("dialog", name="Sign in")).to_be_visible()
            expect(page.get_by_text("Nobody's business")).to_have_count(0)
            expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
            assert TOKEN not in page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
        assert viewer.evaluate("window.isTheSame")
        here.go_back()
        here.go_forward()
        expect(here.get_by_role("dialog", name="Sign in")).to_be_visible()
        give(here, TOKEN)
        expect(here.get_by_text("Nobody's business").first).to_be_visible()
    httpx.delete(f"{guarded.url}/api/channels/secret", headers=OWNER).raise_for_status()


def test_a_page_says_what_an_api_token_does_not_open(watched: Watched, guarded: RunningServer) -> None:
    wanted = {"name": "The desk", "permissions": ["channel:view", "channel:read"], "channels": ["main"]}
    reply = httpx.post(f"{guarded.url}/api/tokens", json=wanted, headers=OWNER)
    page = watched.page
    page.goto(f"{guarded.url}/studio/library")
    give(page, reply.json()["data"]["secret"])
    expect(page.get_by_role("heading", name="The library is not available")).to_be_visible()
    expect(page.get_by_text("This needs the permission `library:read`")).to_be_visible()
    assert stumbling_blocks(page) == []
    lead(page, "/studio/playlist/other")
    expect(page.get_by_role("heading", name="This playlist is not available")).to_be_visible()
    lead(page, "/studio/playlist/main")
    expect(page.get_by_role("region", name="Playback controls")).to_be_visible()


def test_operators_elsewhere_read_both_clocks_and_others_one(
    browser: Browser, guarded: RunningServer
) -> None:
    for zone, legend, note in [
        ("America/Toronto", "Server time", "Times in America/Toronto"),
        ("Asia/Tokyo", "Your time", "Times in your zone, Asia/Tokyo"),
    ]:
        with watching(browser, timezone_id=zone, locale="en-GB") as watched:
            page = watched.page
            page.goto(f"{guarded.url}/studio/health")
            give(page, TOKEN)
            clock = page.locator("[data-connection=open]")
            expect(clock).to_contain_text(legend)
            expect(page.get_by_text(note, exact=True)).to_be_visible()
            here = page.evaluate("Date.now() / 1000")
            there = datetime.fromtimestamp(here, ZoneInfo("America/New_York"))
            shown = re.search(r"Server: (?:\w+ )?(\d\d:\d\d), America/New York", clock.inner_text())
            assert (shown is not None) == (legend == "Your time")
            if shown:
                moments = {f"{there + timedelta(minutes=late):%H:%M}" for late in (-1, 0, 1)}
                assert shown[1] in moments
            assert watched.complaints == []


def test_about_names_versions_and_shows_the_licence_of_each_part(
    watched: Watched, guarded: RunningServer
) -> None:
    page = watched.page
    page.goto(f"{guarded.url}/studio")
    give(page, TOKEN)
    page.get_by_role("link", name="About").click()
    versions = page.get_by_role("region", name="Versions")
    expect(versions).to_contain_text(f"Insta-Stream{__version__}")
    expect(versions).to_contain_text("SQLite 3.")
    expect(versions).to_contain_text("America/New York")
    for title, part, words in [
        ("Web pages", "hls.js", "Dailymotion"),
        ("Server", "starlette", "Encode OSS"),
        ("Video", "FFmpeg", "General Public License"),
    ]:
        row = page.get_by_role("list", name=title).get_by_role("group").filter(has_text=part)
        row.get_by_text(part).first.click()
        expect(row).to_contain_text(words)
    assert stumbling_blocks(page) == []
    assert watched.complaints == []


def test_the_studio_shows_links_for_tv_apps_that_need_no_token(
    watched: Watched, guarded: RunningServer
) -> None:
    page = watched.page
    page.goto(f"{guarded.url}/studio/channels")
    give(page, TOKEN)
    page.get_by_role("button", name="TV app links").click()
    for label in ("Channels (M3U)", "Guide (XMLTV)"):
        address = page.get_by_role("textbox", name=label).input_value()
        assert address.startswith(f"{guarded.url}/tv/")
        assert httpx.get(address).is_success
    expect(page.get_by_role("dialog")).to_contain_text("contain a secret")


def test_one_who_showed_many_wrong_tokens_is_told_so_and_the_right_one_opens(
    watched: Watched, guarded: RunningServer
) -> None:
    for number in range(FREE + 1):
        last = httpx.get(f"{guarded.url}/api/videos", headers={"authorization": f"Bearer guess-{number}"})
    assert last.status_code == 429
    page = watched.page
    page.goto(f"{guarded.url}/studio")
    dialog = page.get_by_role("dialog", name="Sign in")
    give(page, "not-the-right-token")
    expect(dialog.get_by_role("alert")).to_contain_text("Too many wrong tokens")
    give(page, TOKEN)
    expect(dialog).to_be_hidden()
    watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")


def test_one_connection_is_enough_however_often_it_is_wanted(
    watched: Watched, guarded: RunningServer
) -> None:
    page, sockets = watched.page, list[WebSocket]()

    def note(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", note)
    page.goto(f"{guarded.url}/studio/library")
    dialog = page.get_by_role("dialog", name="Sign in")
    for path in ("health", "channels"):  # by the browser's own buttons, while the question waits
        expect(dialog).to_be_visible()
        lead(page, f"/studio/{path}")
        expect(page.locator("h1")).to_have_text(path.capitalize())
    give(page, TOKEN)
    watched.wait_until("document.querySelector('[data-connection]').dataset.connection === 'open'")
    expect(page.get_by_text("Main").first).to_be_visible()
    assert [each.is_closed() for each in sockets].count(False) == 1
    assert not [each for each in watched.complaints if "CONNECTING" in each]


def test_viewers_need_no_token(watched: Watched, guarded: RunningServer) -> None:
    watched.page.goto(guarded.url)
    expect(watched.page.get_by_role("status")).to_contain_text("Off air")
    assert watched.complaints == []


@contextmanager
def site(folder: Path) -> Iterator[int]:
    """A web server for a folder, of which nobody knows that it is there; give its port."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


DRIVES_THE_SERVER = """
async ([base, token]) => {
    const shown = { Authorization: `Bearer ${token}` };
    const said = async (path, options) => {
        try {
            const reply = await fetch(base + path, options);
            const body = reply.status === 204 || reply.status === 201 ? {} : await reply.json();
            return { status: reply.status, code: body.code, location: reply.headers.get("Location") };
        } catch (error) {
            return { status: error.name };
        }
    };
    const channel = JSON.stringify({ slug: "second", title: "Second" });
    const json = { ...shown, "Content-Type": "application/json" };
    const form = new FormData();
    form.append("video", new Blob(["no video at all"]), "a.mp4");
    const tus = { ...shown, "Tus-Resumable": "1.0.0", "Upload-Length": "5", "X-Requested-With": "x" };
    const socket = new WebSocket(base.replace("http", "ws") + "/api/events");
    socket.onopen = () => socket.send(JSON.stringify({ token, subscribe: ["channels"] }));
    const frame = new Promise((resolve) => {
        socket.onmessage = (event) => resolve(JSON.parse(event.data));
    });
    return {
        withoutToken: await said("/api/channels", {}),
        created: await said("/api/channels", { method: "POST", headers: json, body: channel }),
        createdAgain: await said("/api/channels", { method: "POST", headers: json, body: channel }),
        wrong: await said("/api/channels", { method: "POST", headers: json, body: "{}" }),
        list: await said("/api/channels", { headers: shown }),
        upload: await said("/api/upload", { method: "POST", headers: shown, body: form }),
        resumable: await said("/api/uploads", { method: "POST", headers: tus }),
        stream: await said("/stream/channels.json", {}),
        topic: await frame.then(({ topic, error }) => topic ?? error.code),
    };
}
"""


def test_a_page_of_an_origin_that_is_named_may_do_all_and_others_may_not(
    watched: Watched, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<title>A page of somebody else's</title>")

    def driven(origin: str) -> dict[str, Any]:
        watched.page.goto(origin)
        found: dict[str, Any] = watched.page.evaluate(DRIVES_THE_SERVER, [server.url, TOKEN])
        return found

    with site(tmp_path / "site") as port:
        trusted = f"http://studio.localhost:{port}"
        flags = ("--token", TOKEN, "--rungs", "240p", "--allowed-origins", f"{trusted}/")
        with running(tmp_path / "data", *flags) as server:
            answers = driven(trusted)
            assert {name: each["status"] for name, each in answers.items() if name != "topic"} == {
                "withoutToken": 401,
                "created": 201,
                "createdAgain": 409,
                "wrong": 422,
                "list": 200,
                "upload": 415,
                "resumable": 201,
                "stream": 200,
            }
            assert answers["withoutToken"]["code"] == "unauthorized"
            assert answers["resumable"]["location"].startswith("/api/uploads/")
            assert answers["topic"] == "channels"

            answers = driven(f"http://127.0.0.1:{port}")
            assert answers.pop("topic") == "bad_origin"
            assert answers.pop("stream")["status"] == 200
            assert {each["status"] for each in answers.values()} == {"TypeError"}
