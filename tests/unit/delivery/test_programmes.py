import asyncio
import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.support.rests import Rests
from tests.support.scene import BASE, EPOCH, FILM, SLATE, Scene

from insta_stream.access.passes import Viewer
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.channels.channel import Channel, Playback
from insta_stream.delivery import page as page_module
from insta_stream.delivery import programmes as module
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.page import Page
from insta_stream.delivery.programmes import CHANNELS, PAST, Programmes
from insta_stream.errors import Unknown
from insta_stream.ids import AccountId, ChannelSlug, PackageId, VideoId
from insta_stream.media.poster import Strip, strip_of
from insta_stream.ticks import Ticks, seconds, to_datetime
from insta_stream.timeline.edit import Pause, Resize, Stop

FOLDER = f"../media/{FILM.package}"


class Shelf:
    """Knows one film, with pictures, and the slate."""

    def name(self, id_: VideoId) -> str:
        return {FILM.video: "A film.mp4", SLATE.video: "Slate"}[id_]

    def strip(self, package: PackageId) -> Strip | None:
        return strip_of(FILM.table.count) if package == FILM.package else None


class Channels:
    """The one channel of a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def get(self, slug: str) -> Channel:
        return self.scene.get(slug)

    def all(self) -> tuple[Channel, ...]:
        return (self.scene.channel,)

    def edge(self, channel: Channel) -> Ticks:
        return self.scene.edge(channel)


def shown(scene: Scene, path: str) -> dict[str, Any]:
    programmes = Programmes(Channels(scene), Shelf(), scene.clock)
    return dict(json.loads(asyncio.run(programmes.page(path)).plain))


def main(scene: Scene) -> dict[str, Any]:
    (channel,) = shown(scene, "/stream/channels.json")["channels"]
    return dict(channel)


def test_what_is_on_and_what_follows_adjoin_on_the_axis_of_the_picture() -> None:
    scene = Scene.on_air()
    now, following = main(scene)["now"], main(scene)["next"]
    assert now["name"] == "A film"
    assert now["endsAt"] == following["startsAt"]
    first = scene.media().segments[0]
    assert first.date_time is not None
    assert now["startsAt"] == to_datetime(first.date_time).isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )


def test_the_strip_says_where_its_pictures_lie() -> None:
    now = main(Scene.on_air())["now"]
    assert now["poster"] == f"{FOLDER}/poster.jpg"
    assert now["preview"] == f"{FOLDER}/preview.m3u8"
    assert now["strip"] == {
        "url": f"{FOLDER}/strip.jpg",
        "tiles": 20,
        "columns": 10,
        "tileWidth": 160,
        "tileHeight": 90,
        "interval": 2.0,
    }


def test_the_past_reaches_as_far_back_as_the_window() -> None:
    scene = Scene.on_air()
    scene.pass_time(40)  # the film has 40 seconds, the window 30; 12 of it had aired at the start
    now = shown(scene, "/stream/main/now.json")
    assert [each["endsAt"] for each in now["past"]] == [now["now"]["startsAt"]]
    assert now["now"]["endsAt"] == now["next"][0]["startsAt"]
    assert len(now["next"]) == 5
    assert now["windowSeconds"] == 30
    assert now["now"]["poster"] == f"../{FOLDER}/poster.jpg"


def test_how_far_back_one_can_go_is_where_the_long_playlist_begins() -> None:
    scene = Scene.on_air()
    scene.edit(Resize(seconds(600)))
    scene.pass_time(2000)
    rewind = shown(scene, "/stream/main/now.json")["rewind"]
    whole = asyncio.run(scene.playlists.soon(f"{BASE}/720p.rewind.m3u8")).plain.decode()
    assert rewind["url"] == "rewind.m3u8"
    assert f"#EXT-X-PROGRAM-DATE-TIME:{rewind['from']}" == next(
        line for line in whole.splitlines() if line.startswith("#EXT-X-PROGRAM-DATE-TIME")
    )
    scene.edit(Stop())
    scene.pass_time(10)
    assert shown(scene, "/stream/main/now.json")["rewind"] is None


def test_of_a_long_past_of_short_videos_the_end_is_told() -> None:
    scene = Scene.on_air()
    scene.edit(Resize(seconds(86_400)))
    scene.pass_time(90_000)  # 2,160 showings of 40 seconds are within the window
    now = shown(scene, "/stream/main/now.json")
    assert PAST // 2 <= len(now["past"]) <= PAST
    for before, after in pairwise([*now["past"], now["now"]]):
        assert before["endsAt"] == after["startsAt"]


def test_a_paused_channel_shows_its_slate() -> None:
    scene = Scene.on_air()
    scene.edit(Pause())
    scene.pass_time(10)
    now = main(scene)
    assert now["state"] == "paused"
    assert (now["now"]["isSlate"], now["now"]["endsAt"], now["now"]["strip"]) == (True, None, None)
    assert now["next"] is None


def test_nothing_is_on_off_the_air() -> None:
    scene = Scene.on_air()
    scene.edit(Stop())
    scene.pass_time(10)
    now = main(scene)
    assert (now["state"], now["now"], now["next"]) == ("off", None, None)


class Many(Channels):
    """So many channels; each third was created in the same instant as the one before."""

    def __init__(self, scene: Scene, count: int) -> None:
        super().__init__(scene)
        born = [Ticks(EPOCH + number - (number > 0 and number % 3 == 0)) for number in range(count)]
        self.channels = [
            replace(scene.channel, slug=ChannelSlug(f"c-{number}"), created_at=at)
            for number, at in enumerate(born)
        ]

    def all(self) -> tuple[Channel, ...]:
        return tuple(self.channels)


LIST = "/stream/channels.json"


async def turn(programmes: Programmes, after: str = "") -> tuple[list[str], str]:
    """Return the channels of a page, and where the next one begins."""
    page = json.loads((await programmes.page(LIST, f"after={after}".encode())).plain)
    following = parse_qs(urlsplit(page["next"] or "").query).get("after", [""])[0]
    return [channel["slug"] for channel in page["channels"]], following


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250, 300])
async def test_channels_come_in_pages(count: int) -> None:
    scene = Scene.on_air()
    many = Many(scene, count)
    programmes = Programmes(many, Shelf(), scene.clock)
    assert json.loads((await programmes.page(LIST)).plain)["total"] == count
    slugs, after = await turn(programmes)
    pages = [slugs]
    while after:
        slugs, after = await turn(programmes, after)
        pages.append(slugs)
    assert [slug for page in pages for slug in page] == [channel.slug for channel in many.channels]
    assert [len(page) for page in pages[:-1]] == [CHANNELS] * (len(pages) - 1)
    assert 0 < len(pages[-1]) <= CHANNELS


@pytest.mark.parametrize("number", [98, 99])
async def test_a_channel_that_is_gone_leaves_no_gap(number: int) -> None:
    scene = Scene.on_air()
    many = Many(scene, 200)
    programmes = Programmes(many, Shelf(), scene.clock)
    _, after = await turn(programmes)
    del many.channels[number]
    scene.pass_time(1)
    seen: list[str] = []
    while after:
        slugs, after = await turn(programmes, after)
        seen += slugs
    assert {f"c-{place}" for place in range(100, 200)} <= set(seen)


async def test_whatever_is_asked_for_there_are_as_many_documents_as_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene.on_air()
    many = Many(scene, 250)
    programmes, made = Programmes(many, Shelf(), scene.clock), list[Ticks]()

    def rendered(_: object, now: Ticks) -> Page:
        made.append(now)
        return Page("", 1)

    monkeypatch.setattr(module, "_rendered", rendered)
    for channel in many.channels:
        for slug in (channel.slug, "nobody", channel.slug + "-"):
            await programmes.page(LIST, f"after={channel.created_at}.{slug}".encode())
    await programmes.page(LIST, f"after={'9' * 18}.x".encode())
    assert len(made) == 3
    for number in range(9):
        await programmes.page("/stream/main/now.json", f"after={number}&x={number}".encode())
    assert len(made) == 4


async def test_nobody_who_watches_waits_for_who_goes_through_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene.on_air()
    programmes = Programmes(Many(scene, 201), Shelf(), scene.clock)
    _, second = await turn(programmes)
    _, third = await turn(programmes, second)
    scene.pass_time(1)
    kept = await programmes.page(LIST, f"after={third}".encode())
    begun, let = threading.Event(), threading.Event()

    def held(content: partial[Any], _: Ticks) -> Page:
        if 100 in content.args:
            begun.set()
            assert let.wait(60)
        return kept

    monkeypatch.setattr(module, "_rendered", held)
    stranger = asyncio.create_task(programmes.page(LIST, f"after={second}".encode()))
    try:
        await asyncio.to_thread(begun.wait, 60)
        async with asyncio.timeout(20):
            for path, query in ((LIST, ""), ("/stream/main/now.json", ""), (LIST, f"after={third}")):
                assert await programmes.page(path, query.encode()) is kept
        assert not stranger.done()
    finally:
        let.set()
    await stranger


@pytest.mark.parametrize("after", ["x", "1", ".a", "-1.a", "1.A", "1.a/b", "9" * 19 + ".a", "٣.a"])
async def test_what_no_page_said_is_no_place_in_the_list(after: str) -> None:
    scene = Scene.on_air()
    programmes = Programmes(Channels(scene), Shelf(), scene.clock)
    with pytest.raises(Refusal) as caught:
        await programmes.page(LIST, urlencode({"after": after}).encode())
    assert (caught.value.status, caught.value.code) == (400, "bad_request")


async def test_a_document_is_made_once_by_a_thread_and_kept_from_when_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene.on_air()
    programmes, threads = Programmes(Channels(scene), Shelf(), scene.clock), list[threading.Thread]()
    make = programmes._part

    def slowly(channels: list[Channel], first: int, now: Ticks) -> dict[str, Any]:
        threads.append(threading.current_thread())
        scene.pass_time(5)  # longer than a page is kept
        return make(channels, first, now)

    monkeypatch.setattr(programmes, "_part", slowly)
    monkeypatch.setattr(page_module.gzip, "compress", _noting(threads))
    for _ in range(3):
        page = await programmes.page(LIST)
        assert page.zipped
    assert len(threads) == 2, "made, and compressed"
    assert threading.main_thread() not in threads
    scene.pass_time(2)
    await programmes.page(LIST)
    assert len(threads) == 4


async def test_a_page_is_made_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene.on_air()
    programmes = Programmes(Many(scene, 2 * CHANNELS), Shelf(), scene.clock)
    rests = Rests(monkeypatch)
    await programmes.page(LIST)
    assert rests.count == 2 * CHANNELS + CHANNELS, "to find those that may be watched, and to tell of some"


async def test_all_who_may_see_the_same_get_the_same_document() -> None:
    scene = Scene.on_air()
    scene.channel = replace(scene.channel, playback=Playback.SIGNED_IN)
    programmes = Programmes(Channels(scene), Shelf(), scene.clock)

    async def seen(*permissions: Permission, account: str, channels: frozenset[ChannelSlug] | None) -> Page:
        may = Principal(frozenset(permissions), channels, AccountId(account))
        return await programmes.page(LIST, b"", Viewer(may, "/t/x", signs_in=True))

    some = frozenset({ChannelSlug("main")})
    pages: set[Page] = set()
    for account in "ab":
        every = await seen(Permission.CHANNEL_VIEW, account=account, channels=None)
        more = await seen(Permission.CHANNEL_VIEW, Permission.CHANNEL_AIR, account=account, channels=some)
        none = await seen(account=account, channels=None)
        assert [json.loads(page.plain)["total"] for page in (every, more, none)] == [1, 1, 0]
        pages |= {every, more, none}
    assert len(pages) == 3


def _noting(threads: list[threading.Thread]) -> Callable[..., bytes]:
    compress = gzip.compress

    def noted(*arguments: Any, **options: Any) -> bytes:
        threads.append(threading.current_thread())
        return compress(*arguments, **options)

    return noted


def test_there_is_nothing_else() -> None:
    with pytest.raises(Unknown):
        shown(Scene(), "/stream/nobody/now.json")
    for path in ("/stream/other.json", "/stream/main/x/now.json"):
        with pytest.raises(Refusal):
            shown(Scene(), path)


def test_the_documents_promise_these_fields() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/events.md").read_text(encoding="utf-8")
    scene = Scene.on_air()
    for name, path in (("channels.json", "/stream/channels.json"), ("now.json", "/stream/main/now.json")):
        example = json.loads(page.partition(f"```json {name}\n")[2].partition("```")[0])
        assert set(example) == set(shown(scene, path))
    example = json.loads(page.partition("```json channels.json\n")[2].partition("```")[0])["channels"][0]
    assert set(example) == set(main(scene))
    assert set(example["now"]) == set(main(scene)["now"])
    assert set(example["now"]["strip"]) == set(main(scene)["now"]["strip"])
