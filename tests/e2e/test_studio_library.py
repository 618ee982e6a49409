"""What an operator does with files: brings them in, whatever happens meanwhile, and keeps order."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, CDPSession, Dialog, Locator, Page, expect
from tests.e2e.conftest import Watched, lead, visit, watching
from tests.support.accessibility import in_light_and_dark
from tests.support.drops import drop
from tests.support.seeds import plant
from tests.support.server import RunningServer, free_port, running
from tests.support.tus import padded
from tests.support.upload import await_videos
from tests.support.waiting import eventually

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SLOW = 60_000
"""Milliseconds that a busy machine may take."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clips: list[Path]) -> Iterator[RunningServer]:
    """A library of three videos, and the channel `main`, whose playlist is empty."""
    data = plant(tmp_path_factory.mktemp("library") / "data", "240p", clips)
    with running(data, "--rungs", "240p") as server:
        yield server


def api(server: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=60)


def videos(server: RunningServer) -> dict[str, Any]:
    """Return what the server has, by name."""
    with api(server) as client:
        return {each["name"]: each for each in client.get("/api/videos").json()["data"]}


def opened(watched: Watched, server: RunningServer) -> Page:
    """Open the library and wait until its videos are there."""
    visit(watched.page, f"{server.url}/studio/library")
    expect(tile(watched.page, "clip-0.mp4")).to_be_visible(timeout=SLOW)
    return watched.page


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name="Videos").get_by_role("listitem").filter(has_text=name)


def arrival(page: Page, name: str) -> Locator:
    return page.locator(f"[data-arrival='{name}']")


def send_to(page: Page, place: str) -> None:
    """Say where uploads go."""
    page.get_by_role("button", name="Uploads go to").click()
    page.get_by_role("menuitemradio", name=place).click()


def choose(page: Page, *paths: Path) -> None:
    """Choose files in the browser's own dialog."""
    with page.expect_file_chooser() as dialog:
        page.get_by_role("button", name="Upload videos").click()
    dialog.value.set_files(paths)


def throttled(page: Page, bytes_per_second: int) -> CDPSession:
    """Let a page send no faster than this, so that there is time for accidents."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    network.send("Network.emulateNetworkConditions", limits)
    return network


def news(page: Page) -> Locator:
    return page.get_by_role("status", name="Notifications")


# --- uploads


def test_from_a_drop_to_a_moving_picture(
    watched: Watched, server: RunningServer, clips: list[Path], tmp_path: Path
) -> None:
    films = [padded(clips[n], tmp_path / f"film-{n}.mp4", 3_000_000) for n in (0, 1)]
    page = opened(watched, server)
    send_to(page, "Library and Main")
    drop(page, *films)
    for film in films:
        expect(tile(page, film.name)).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("region", name="Uploads")).to_be_hidden(timeout=SLOW)
    with api(server) as client:

        def joined() -> list[dict[str, Any]] | None:
            """Return the playlist when the last film is in it: it is a video before."""
            data = client.get("/api/channels/main/playlist").json()["data"]
            entries: list[dict[str, Any]] = data["playlist"]
            return entries if len(entries) == len(films) else None

        playlist = eventually(joined)
        assert [entry["name"] for entry in playlist] == [film.name for film in films]
        await_videos(client)
        client.post("/api/channels/main/stream/start").raise_for_status()
        page.get_by_role("link", name="Watch", exact=True).click()
        watched.wait_for_picture()
        watched.must_play_on()
        client.post("/api/channels/main/stream/stop").raise_for_status()
        for entry in playlist:
            client.delete(f"/api/videos/{entry['id']}").raise_for_status()
    assert watched.hosts == {server.url.removeprefix("http://")}
    assert watched.complaints == []


@pytest.mark.deep
def test_the_server_is_killed_while_a_file_is_sent(
    watched: Watched, clips: list[Path], tmp_path: Path
) -> None:
    film, data, port = padded(clips[0], tmp_path / "film.mp4", 5_000_000), tmp_path / "data", free_port()
    page = watched.page
    with running(data, "--rungs", "240p", port=port) as server:
        page.goto(f"{server.url}/studio/library")
        expect(page.get_by_role("heading", name="The library is empty")).to_be_visible(timeout=SLOW)
        network = throttled(page, 250_000)
        choose(page, film)
        eventually(lambda: received(server, film.name) > 500_000)
        upload = videos(server)[film.name]["id"]
        server.kill()
        expect(arrival(page, film.name)).to_contain_text("resumes by itself", timeout=SLOW)
        network.detach()
    with running(data, "--rungs", "240p", port=port) as server:
        expect(tile(page, film.name)).to_be_visible(timeout=SLOW)
        with api(server) as client:
            found = client.get("/api/videos").json()["data"]
        assert [each["id"] for each in found] == [upload], "it went on, and did not begin anew"
        assert found[0]["sizeBytes"] == film.stat().st_size


def test_after_a_reload_the_file_is_given_again(
    watched: Watched, server: RunningServer, clips: list[Path], tmp_path: Path
) -> None:
    film = padded(clips[1], tmp_path / "reloaded.mp4", 6_000_000)
    page = opened(watched, server)
    send_to(page, "Library only")
    warnings: list[str] = []

    def accept(dialog: Dialog) -> None:
        warnings.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    network = throttled(page, 250_000)
    choose(page, film)
    eventually(lambda: received(server, film.name) > 500_000)
    upload = videos(server)[film.name]["id"]
    page.get_by_role("link", name="Playlist").click()
    expect(page.get_by_role("heading", name="Playlist", level=1)).to_be_visible()
    before = received(server, film.name)
    eventually(lambda: received(server, film.name) > before)  # another page does not stop it
    page.get_by_role("link", name="Library").click()
    arrival(page, film.name).get_by_role("button", name=f"Pause {film.name}").click()
    expect(arrival(page, film.name)).to_contain_text("Paused")
    page.reload()
    assert warnings == ["beforeunload"]
    network.detach()
    row = arrival(page, film.name)
    expect(row).to_contain_text("choose the file again to resume", timeout=SLOW)
    with page.expect_file_chooser() as dialog:
        row.get_by_role("button", name="Resume").click()
    dialog.value.set_files(clips[2])
    expect(row.get_by_role("alert")).to_contain_text("is not the same file as")
    with page.expect_file_chooser() as dialog:
        row.get_by_role("button", name="Resume").click()
    dialog.value.set_files(film)
    expect(tile(page, film.name)).to_be_visible(timeout=SLOW)
    assert videos(server)[film.name]["id"] == upload
    assert watched.complaints == []


def test_what_is_no_video_is_refused_in_words(
    watched: Watched, server: RunningServer, tmp_path: Path
) -> None:
    notes, nothing = tmp_path / "notes.mp4", tmp_path / "nothing.mp4"
    notes.write_text("These are notes, not a film.\n" * 50)
    nothing.touch()
    page = opened(watched, server)
    drop(page, notes, nothing)
    row = arrival(page, notes.name)
    expect(news(page)).to_contain_text("“nothing.mp4” is empty.")  # for some seconds
    expect(row.get_by_role("alert")).to_contain_text("This is a text file, not a video.", timeout=SLOW)
    expect(page.get_by_role("status", name="Uploads")).to_have_text("0 of 1 uploaded, 1 failed")
    row.get_by_role("button", name="Dismiss").click()
    expect(row).to_be_hidden()
    eventually(lambda: notes.name not in videos(server))
    assert watched.complaints == []


def test_the_keyboard_goes_on_where_something_vanished(
    watched: Watched, server: RunningServer, tmp_path: Path
) -> None:
    notes = [tmp_path / f"note-{number}.mp4" for number in range(3)]
    for note in notes:
        note.write_text(f"These are notes, not a film: {note.name}.\n" * 50)
    page = opened(watched, server)
    drop(page, *notes)
    dismissals = page.get_by_role("button", name="Dismiss", exact=True)
    refusals = page.locator("[data-arrival] [role=alert]")
    expect(refusals).to_have_count(3, timeout=SLOW)
    page.keyboard.press("Tab")
    for left in (2, 1):
        refusals.locator("xpath=../..").get_by_role("button", name="Dismiss").first.focus()
        page.keyboard.press("Enter")
        expect(refusals).to_have_count(left)
        expect(refusals.locator("xpath=../..").locator(":focus")).to_have_text("Dismiss")
    page.keyboard.press("Enter")
    expect(refusals).to_have_count(0)
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("searchbox", name="Search the library").fill("nowhere")
    page.get_by_role("button", name="Show all").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Videos").locator(":focus")).to_have_count(1)
    tile(page, "clip-0.mp4").get_by_role("link").focus()
    page.keyboard.press("Delete")
    news(page).get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(tile(page, "clip-0.mp4")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    assert dismissals.count() == 0
    assert watched.complaints == []


def test_a_batch_counts_its_files_on_every_page(
    watched: Watched, server: RunningServer, clips: list[Path], tmp_path: Path
) -> None:
    notes = [tmp_path / f"no-film-{number}.mp4" for number in range(2)]
    for note in notes:
        note.write_text(f"These are notes, not a film: {note.name}.\n" * 50)
    films = [padded(clips[n], tmp_path / f"series-{n + 1}.mp4", 2_000_000) for n in (0, 1)]
    page = opened(watched, server)
    network = throttled(page, 1_000_000)
    drop(page, *notes, *films)
    page.get_by_role("link", name="Playlist", exact=True).click()
    sign = page.get_by_role("navigation", name="Studio").get_by_role("link", name="Library")
    expect(sign).to_have_accessible_name(re.compile("^Library [0-2] of 4 uploaded"), timeout=SLOW)
    network.detach()
    expect(news(page)).to_contain_text("2 of 4 uploaded, 2 failed.", timeout=SLOW)
    expect(sign).to_contain_text("2 failed")
    news(page).get_by_role("button", name="Show").click()
    expect(page.get_by_role("region", name="Uploads")).to_contain_text("2 of 4 uploaded, 2 failed")
    page.get_by_role("button", name="Dismiss all").click()
    expect(page.get_by_role("region", name="Uploads")).to_be_hidden()
    expect(sign).to_have_accessible_name("Library")
    eventually(lambda: not {note.name for note in notes} & set(videos(server)))
    with api(server) as client:
        for film in films:
            client.delete(f"/api/videos/{videos(server)[film.name]['id']}").raise_for_status()
    assert watched.complaints == []


def test_a_folder_gives_its_videos_and_an_upload_can_be_cancelled(
    watched: Watched, server: RunningServer, clips: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "holiday"
    (folder / "day 2").mkdir(parents=True)
    for name in ("day 2/beach.mp4", "harbour.mp4"):
        padded(clips[0], folder / name, 4_000_000)
    (folder / "read me.txt").write_text("no video")
    (folder / ".hidden.mp4").write_text("no video")
    watched.page.clock.install()
    page = opened(watched, server)
    throttled(page, 200_000)
    with page.expect_file_chooser() as dialog:
        page.get_by_role("button", name="Upload a folder").click()
    dialog.value.set_files(folder)
    expect(news(page)).to_contain_text("2 files in the folder skipped")
    for name in ("beach.mp4", "harbour.mp4"):
        expect(arrival(page, name)).to_be_visible()
        begun(server, name)
        page.get_by_role("button", name=f"Cancel {name}").click()
        expect(arrival(page, name)).to_be_hidden()
    news(page).get_by_role("button", name="Undo").last.click()
    expect(arrival(page, "harbour.mp4")).to_be_visible()
    page.get_by_role("button", name="Cancel harbour.mp4").click()
    page.clock.fast_forward(9000)  # nobody thinks better of it any more
    eventually(lambda: not {"beach.mp4", "harbour.mp4"} & set(videos(server)))


def test_a_cancelled_upload_does_not_come_back_with_a_reload(
    watched: Watched, server: RunningServer, clips: list[Path], tmp_path: Path
) -> None:
    film = padded(clips[0], tmp_path / "regretted.mp4", 4_000_000)
    page = opened(watched, server)
    throttled(page, 200_000)
    choose(page, film)
    begun(server, film.name)
    page.get_by_role("button", name=f"Cancel {film.name}").click()
    expect(news(page)).to_contain_text("was not uploaded")
    page.reload()
    eventually(lambda: film.name not in videos(server))


def begun(server: RunningServer, name: str) -> None:
    """Wait until the server knows of an upload."""
    eventually(lambda: name in videos(server))


def received(server: RunningServer, name: str) -> int:
    """Return how much of an upload has come."""
    return int(videos(server).get(name, {"diskUseBytes": 0})["diskUseBytes"])


# --- order


def test_deleting_is_undone_and_restored(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server)
    for name in ("clip-0.mp4", "clip-1.mp4"):
        page.get_by_role("checkbox", name=f"Select {name}").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(tile(page, "clip-0.mp4")).to_be_hidden()
    expect(news(page)).to_contain_text("2 videos deleted.")
    assert not {"clip-0.mp4", "clip-1.mp4"} & set(videos(server))
    news(page).get_by_role("button", name="Undo").click()
    for name in ("clip-0.mp4", "clip-1.mp4"):
        expect(tile(page, name)).to_be_visible()
    eventually(lambda: {"clip-0.mp4", "clip-1.mp4"} <= set(videos(server)))
    tile(page, "clip-1.mp4").get_by_role("link").focus()
    page.keyboard.press("Delete")
    eventually(lambda: "clip-1.mp4" not in videos(server))
    page.get_by_role("link", name="Bin").click()
    gone = page.get_by_role("listitem").filter(has_text="clip-1.mp4")
    expect(gone.locator("time")).to_have_text("in 24 hours")
    gone.get_by_role("button", name="Restore clip-1.mp4").click()
    expect(gone).to_be_hidden()
    page.get_by_role("link", name="Library", exact=True).last.click()
    expect(tile(page, "clip-1.mp4")).to_be_visible()
    assert studio.complaints == []


def test_what_channels_use_is_deleted_after_a_question(studio: Watched, server: RunningServer) -> None:
    used = videos(server)["clip-0.mp4"]["id"]
    with api(server) as client:
        client.put("/api/channels/main/playlist", json={"videos": [used, used]}).raise_for_status()
        client.post("/api/stream/start").raise_for_status()
    page = opened(studio, server)
    question = page.get_by_role("alertdialog", name="Delete “clip-0.mp4”?")
    unused = page.get_by_role("button", name="In no playlist")
    unused.click()
    expect(tile(page, "clip-0.mp4")).to_be_hidden()
    expect(tile(page, "clip-1.mp4")).to_be_visible()
    unused.click()
    tile(page, "clip-0.mp4").get_by_role("link").click()
    details = page.get_by_role("dialog", name="clip-0.mp4")
    expect(details.get_by_role("region", name="Used in")).to_contain_text("Main (2 times, on air)")
    details.get_by_role("button", name="Delete").click()
    expect(question).to_contain_text("On air now in Main.")
    expect(question).to_contain_text("Main will have nothing left to show.")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(details).to_be_visible()
    details.get_by_role("button", name="Delete").click()
    question.get_by_role("button", name="Delete").click()
    expect(news(page)).to_contain_text("“clip-0.mp4” deleted.")
    news(page).get_by_role("button", name="Undo").click()
    expect(tile(page, "clip-0.mp4")).to_be_visible()
    with api(server) as client:
        client.post("/api/stream/stop").raise_for_status()
        eventually(lambda: client.get("/api/playlist").json()["data"]["totalVideos"] == 2)
        client.delete("/api/playlist").raise_for_status()
    assert studio.complaints == []


def test_a_link_to_a_video_that_is_gone_says_so(watched: Watched, server: RunningServer) -> None:
    page = opened(watched, server)
    page.goto(f"{server.url}/studio/library/{'0' * 32}")
    expect(news(page)).to_contain_text("This video is not in the library; it may have been deleted.")
    expect(page).to_have_url(f"{server.url}/studio/library")
    news(page).get_by_role("button", name="Bin").click()
    expect(page.get_by_role("heading", name="Bin", exact=True)).to_be_visible()
    assert watched.complaints == []


def test_renaming_searching_and_sorting_by_keyboard(
    browser: Browser, watched: Watched, server: RunningServer
) -> None:
    with watching(browser) as other:
        page, theirs = opened(watched, server), opened(other, server)
        tile(page, "clip-2.mp4").get_by_role("link").focus()
        page.keyboard.press("F2")
        page.keyboard.type("Zebras")  # the ending stays
        choosing = "new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })"
        page.evaluate(f"document.activeElement.dispatchEvent({choosing})")  # among Japanese characters
        page.keyboard.press("Enter")
        for one in (page, theirs):
            expect(tile(one, "Zebras.mp4")).to_be_visible()
        expect(tile(page, "Zebras.mp4").get_by_role("link")).to_be_focused()
        page.keyboard.press("F2")
        page.keyboard.type("something else")
        page.keyboard.press("Escape")
        expect(tile(page, "Zebras.mp4")).to_be_visible()
        page.get_by_role("searchbox").fill("zeb")
        expect(page.get_by_role("list", name="Videos").get_by_role("listitem")).to_have_count(1)
        page.get_by_role("searchbox").fill("")
        page.get_by_role("button", name="Sort").click()
        page.get_by_role("menuitemradio", name="By name").click()
        page.get_by_role("button", name="List view").click()
        page.get_by_role("list", name="Videos").get_by_role("link").first.focus()
        page.keyboard.press("End")
        expect(tile(page, "Zebras.mp4").get_by_role("link")).to_be_focused()
        page.keyboard.press("F2")
        page.keyboard.type("clip-2")
        page.keyboard.press("Enter")
        expect(tile(theirs, "clip-2.mp4")).to_be_visible()
        assert watched.complaints == other.complaints == []


def test_a_video_is_looked_at_added_and_downloaded(
    studio: Watched, server: RunningServer, clips: list[Path], tmp_path: Path
) -> None:
    page = opened(studio, server)
    tile(page, "clip-0.mp4").get_by_role("link").click()
    dialog = page.get_by_role("dialog", name="clip-0.mp4")
    expect(dialog).to_contain_text(re.compile("640 . 360, 25 fps"))
    expect(dialog).to_contain_text("H.264 and AAC")
    dialog.get_by_role("button", name="Play", exact=True).click()
    studio.wait_until("document.querySelector('dialog video').currentTime > 0.5", 60)
    position = dialog.get_by_role("slider", name="Position")
    box = position.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    expect(position.locator(".thumbnail")).to_be_visible()
    page.mouse.down()
    page.mouse.up()
    studio.wait_until("document.querySelector('dialog video').currentTime > 4", 60)
    position.press("Home")
    studio.wait_until("document.querySelector('dialog video').currentTime < 3", 60)
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download the original").click()
    assert download.value.suggested_filename == "clip-0.mp4"
    download.value.save_as(tmp_path / "downloaded")
    assert (tmp_path / "downloaded").read_bytes() == clips[0].read_bytes()
    dialog.get_by_role("button", name="Add to a playlist").click()
    page.get_by_role("menuitem", name="Add to Main").click()
    with api(server) as client:
        playlist = "/api/channels/main/playlist"
        eventually(lambda: client.get(playlist).json()["data"]["totalVideos"] == 1)
        page.keyboard.press("Escape")  # the news with the way back is there for some seconds only
        expect(dialog).to_be_hidden()
        page.go_forward()
        expect(dialog).to_be_visible()  # Escape was the way back, and no step farther
        page.go_back()
        expect(dialog).to_be_hidden()
        news(page).get_by_role("button", name="Undo").click()
        eventually(lambda: client.get(playlist).json()["data"]["totalVideos"] == 0)
    assert studio.complaints == []


# --- everybody


def test_a_thousand_videos_are_drawn_as_few(watched: Watched, server: RunningServer) -> None:
    page = watched.page

    def many(route: Any) -> None:
        """Show the page a thousand copies of what the server has: the socket is the page's only source."""
        upstream = route.connect_to_server()

        def pass_on(message: str) -> None:
            route.send(thousandfold(message))

        upstream.on_message(pass_on)

    page.route_web_socket(re.compile("/api/events$"), many)
    page.goto(f"{server.url}/studio/library")
    expect(page.get_by_text("1,000 videos")).to_be_visible(timeout=SLOW)
    tiles = page.get_by_role("list", name="Videos").get_by_role("listitem")
    assert tiles.count() < 60
    tiles.first.get_by_role("link").focus()
    page.keyboard.press("End")
    expect(tile(page, "number 999")).to_be_visible()
    expect(tile(page, "number 999").get_by_role("link")).to_be_focused()
    assert tiles.count() < 60
    assert watched.complaints == []


def thousandfold(message: str) -> str:
    """Return a frame in which the first of the videos is there a thousand times."""
    frame = json.loads(message)
    if frame.get("topic") == "videos" and "data" in frame:
        one = frame["data"]["videos"][0]
        frame["data"]["videos"] = [{**one, "id": f"{n:032x}", "name": f"number {n}"} for n in range(1000)]
    return json.dumps(frame)


def test_on_a_phone(browser: Browser, server: RunningServer) -> None:
    with watching(browser, **PHONE) as watched:
        page = opened(watched, server)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.get_by_role("button", name="List view").click()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        tile(page, "clip-0.mp4").get_by_role("link").tap()
        dialog = page.get_by_role("dialog", name="clip-0.mp4")
        for name in ("Play", "Full screen", "Delete", "Add to a playlist"):
            button = dialog.get_by_role("button", name=name, exact=True)
            button.scroll_into_view_if_needed()
            box = button.bounding_box()
            assert box, name
            assert box["x"] >= 0, name
            assert box["x"] + box["width"] <= 360, name
        lead(page, "/studio/library/deleted")
        expect(page.get_by_role("heading", name="Bin", exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert watched.complaints == []


def test_nobody_stumbles(browser: Browser, server: RunningServer, tmp_path: Path) -> None:
    notes = tmp_path / "notes.mp4"
    notes.write_text("no film\n" * 50)
    with watching(browser, reduced_motion="reduce") as watched:
        page = opened(watched, server)
        drop(page, notes)
        expect(arrival(page, notes.name).get_by_role("alert")).to_be_visible(timeout=SLOW)
        page.get_by_role("checkbox", name="Select clip-0.mp4").click()
        assert in_light_and_dark(page) == []
        arrival(page, notes.name).get_by_role("button", name="Dismiss").click()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Clear selection").click()
        page.get_by_role("button", name="List view").click()
        assert in_light_and_dark(page) == []
        tile(page, "clip-0.mp4").get_by_role("link").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert in_light_and_dark(page) == []
        lead(page, "/studio/library/deleted")
        expect(page.get_by_role("heading", name="Bin", exact=True)).to_be_visible()
        assert in_light_and_dark(page) == []
        assert watched.complaints == []
