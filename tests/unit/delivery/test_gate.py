"""Who is let in to what. That of real players is in tests/integration/api/test_playback.py."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message
from tests.support.scene import FILM, SLATE, Callers, Scene, Shelf

from insta_stream.access.passes import Viewer
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.channels.channel import Channel, Playback
from insta_stream.delivery import gate as gate_module
from insta_stream.delivery import reach as reach_module
from insta_stream.delivery.admission import FULL_PATH, viewer_of
from insta_stream.delivery.gate import Gate
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.reach import Reach
from insta_stream.errors import Unknown
from insta_stream.ids import ChannelSlug, VideoId
from insta_stream.ticks import seconds
from insta_stream.timeline.edit import Rearrange, Stop

MAIN, KIDS, NOWHERE = ChannelSlug("main"), ChannelSlug("kids"), ChannelSlug("nowhere")
SEGMENT = f"/media/{FILM.package}/720p/3.ts"
POSTER = f"/media/{FILM.package}/poster.jpg"
ENTRY = "/stream/main/stream.m3u8"


def viewing(*channels: ChannelSlug, **more: Any) -> Viewer:
    may = Principal(frozenset({Permission.CHANNEL_VIEW}), frozenset(channels))
    return Viewer(may, "/t/x", **{"signs_in": False, **more})


class House:
    """A channel on the air behind a gate; passes are names of viewers."""

    def __init__(self, playback: Playback = Playback.LINK) -> None:
        self.scene = Scene.on_air()
        self.let(playback)
        self.others: dict[ChannelSlug, Channel] = {}
        self.callers = Callers({"link": viewing(MAIN)})
        self.viewers = self.callers.viewers
        self.reach = Reach(self, Shelf(), self.scene.clock)
        self.gate = Gate(self, self.reach, self.callers)

    def let(self, playback: Playback) -> None:
        self.scene.channel = replace(self.scene.channel, playback=playback)

    def get(self, slug: str) -> Channel:
        found = {MAIN: self.scene.channel, **self.others}.get(ChannelSlug(slug))
        if found is None:
            raise Unknown(code="unknown_channel")
        return found

    def all(self) -> tuple[Channel, ...]:
        return (self.scene.channel, *self.others.values())

    def using(self, videos: AbstractSet[VideoId]) -> list[Channel]:
        return [each for each in self.all() if each.videos & videos]

    async def admits(self, path: str, **headers: str) -> str:
        """Return the code of the refusal of a request, "" where there is none."""
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope: dict[str, Any] = {"path": path, "headers": fields, "client": ("192.0.2.1", 1), "method": "GET"}
        try:
            if path.startswith("/t/"):
                scope = dict(self.gate.enter(scope))
            if scope["path"].startswith("/media/"):
                await self.gate.check_media(scope)
            elif scope["path"].startswith("/stream/"):
                self.gate.check(scope)
        except Refusal as refusal:
            return refusal.code
        return ""

    def admits_at_once(self, path: str, **headers: str) -> str:
        """Return where the playlist of a request is, or the code of the refusal."""
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            scope = self.gate.admit_at_once({"path": path, "headers": fields, "client": ("192.0.2.1", 1)})
        except Refusal as refusal:
            return refusal.code
        return str(scope["path"])


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize("path", [ENTRY, SEGMENT, POSTER, "/stream/nowhere/now.json", "/stream/", "/media/"])
async def test_where_all_is_public_nothing_is_asked(path: str) -> None:
    house = House(Playback.PUBLIC)
    assert await house.admits(path) == ""


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (ENTRY, "not_public"),
        ("/stream/stream.m3u8", "not_public"),
        ("/stream/rewind.m3u8", "not_public"),
        ("/stream/nowhere/now.json", "not_public"),
        ("/stream/", "not_public"),
        ("/stream/channels.json", ""),
        (SEGMENT, "unknown"),
        (POSTER, "unknown"),
        ("/media/", "unknown"),
        (f"/t/link{ENTRY}", ""),
        ("/t/link/stream/stream.m3u8", ""),
        (f"/t/link{SEGMENT}", ""),
        (f"/t/link/media/{SLATE.package}/720p/3.ts", "unknown"),
        ("/t/link/stream/nowhere/now.json", "not_public"),
        (f"/t/else{ENTRY}", "link_over"),
        ("/t/else/watch/main", ""),
        ("/t/else/", ""),
        ("/t/link/api/channels", "unknown"),
        ("/t/link/t/link/stream/stream.m3u8", "unknown"),
        ("/t/link/allowsx", "unknown"),
        ("/t/link", "unknown"),
        ("/t//stream/stream.m3u8", "link_over"),
    ],
)
async def test_who_has_a_link_gets_what_it_is_for(house: House, path: str, code: str) -> None:
    assert await house.admits(path) == code


async def test_where_it_was_asked_is_still_known(house: House) -> None:
    scope = house.gate.enter({"path": f"/t/link{ENTRY}", "headers": [], "client": ("192.0.2.1", 1)})
    assert (scope["path"], scope[FULL_PATH]) == (ENTRY, f"/t/link{ENTRY}")
    assert viewer_of(scope) == viewing(MAIN)


async def test_only_those_who_sign_in_watch_what_is_for_them(house: House) -> None:
    house.let(Playback.SIGNED_IN)
    house.viewers["anna"] = viewing(MAIN, signs_in=True)
    house.viewers["bob"] = viewing(KIDS, signs_in=True)
    assert [await house.admits(f"/t/{who}{ENTRY}") for who in ("anna", "bob", "link")] == [
        "",
        "not_public",
        "not_public",
    ]
    assert [await house.admits(f"/t/{who}{SEGMENT}") for who in ("anna", "bob", "link")] == [
        "",
        "unknown",
        "unknown",
    ]


async def test_whoever_reads_the_library_gets_all_of_it(house: House) -> None:
    may = Principal(frozenset({Permission.LIBRARY_READ}))
    house.viewers["carla"] = Viewer(may, "/t/carla", signs_in=True)
    assert await house.admits(f"/t/carla/media/{SLATE.package}/preview.m3u8") == ""


async def test_a_link_is_not_for_a_later_channel_of_the_same_name(house: House) -> None:
    made = house.scene.channel.created_at
    for since, code in ((made, ""), (made - seconds(0.5), ""), (made - seconds(2), "not_public")):
        house.viewers["link"] = viewing(MAIN, since=since)
        assert await house.admits(f"/t/link{ENTRY}") == code


async def test_what_leaves_the_window_is_shown_no_more(house: House) -> None:
    scene = house.scene
    scene.channel = replace(scene.channel, timeline=replace(scene.channel.timeline, entries=()))
    scene.edit(Rearrange(()))
    assert await house.admits(f"/t/link{SEGMENT}") == ""
    scene.pass_time(40)
    assert await house.admits(f"/t/link{SEGMENT}") == ""
    scene.pass_time(200)
    assert await house.admits(f"/t/link{SEGMENT}") == "unknown"
    assert await house.admits(f"/t/link/media/{SLATE.package}/720p/3.ts") == ""


async def test_what_a_public_channel_shows_is_public_whoever_else_shows_it(house: House) -> None:
    assert await house.admits(SEGMENT) == "unknown"
    house.others[KIDS] = replace(house.scene.channel, slug=KIDS, playback=Playback.PUBLIC)
    house.gate.look_at(KIDS)
    assert await house.admits(SEGMENT) == ""
    house.others[KIDS] = replace(house.others[KIDS], playback=Playback.LINK)
    house.gate.look_at(KIDS)
    assert await house.admits(SEGMENT) == "unknown"
    del house.others[KIDS]
    house.gate.look_at(KIDS)
    house.let(Playback.PUBLIC)
    house.gate.look_at(MAIN)
    assert [await house.admits(path) for path in (ENTRY, SEGMENT, "/stream/nowhere/now.json")] == [""] * 3


async def test_channels_are_searched_once_for_what_is_asked_often(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[Callable[..., Awaitable[bool]]] = []
    search = house.reach._any
    monkeypatch.setattr(house.reach, "_any", lambda *what: searched.append(search) or search(*what))  # type: ignore[func-returns-value]
    for _ in range(3):
        assert await house.admits(SEGMENT) == "unknown"
    assert len(searched) == 1
    house.scene.pass_time(2)
    assert await house.admits(SEGMENT) == "unknown"
    assert len(searched) == 2
    assert await house.admits(f"/media/{'0' * 32}/720p/3.ts") == "unknown"
    assert len(searched) == 2, "there is no such package, which is known without a search"
    monkeypatch.setattr(reach_module, "_MOST_FOUND", 1)
    assert await house.admits(POSTER) == "unknown"
    assert len(house.reach._found) == 1


async def test_what_is_found_while_a_channel_changes_is_not_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.others[KIDS] = replace(house.scene.channel, slug=KIDS, playback=Playback.PUBLIC)
    house.gate.look_at(KIDS)
    search = house.reach._any

    def slow(*what: Any) -> bool:
        found = search(*what)
        house.others[KIDS] = replace(house.others[KIDS], playback=Playback.LINK)
        house.gate.look_at(KIDS)
        return found

    monkeypatch.setattr(house.reach, "_any", slow)
    assert await house.admits(SEGMENT) == ""
    monkeypatch.setattr(house.reach, "_any", search)
    assert await house.admits(SEGMENT) == "unknown"


async def test_who_may_see_no_channel_gets_what_is_public_and_nothing_that_others_may(house: House) -> None:
    both = frozenset({MAIN, KIDS})
    house.viewers["anna"] = viewing(*both, signs_in=True)
    house.viewers["none"] = replace(house.viewers["anna"], principal=Principal(frozenset(), both))
    assert [await house.admits(f"/t/{who}{SEGMENT}") for who in ("anna", "none")] == ["", "unknown"]


async def test_pictures_of_what_follows_are_shown_before_it_airs(house: House) -> None:
    channel = house.scene.channel
    shown = house.reach.of(channel)
    assert shown.packages == {FILM.package}
    assert house.reach.of(channel) is shown
    house.scene.edit(Stop())
    later = house.reach.of(house.scene.channel)
    assert later is not shown
    assert later.packages == {FILM.package}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "https://example.org"}, ""),
        ({"origin": "https://example.org", "referer": "https://example.org/watch/this"}, ""),
        ({"origin": "https://evil.example"}, "link_for_site"),
        ({"origin": "null"}, "link_for_site"),
        ({"origin": "https://tv.example", "host": "tv.example"}, ""),
        ({"referer": "https://tv.example/t/site/embed/main", "host": "tv.example"}, ""),
        ({"referer": "https://tv.example/t/site/watch/main", "host": "tv.example"}, "link_for_site"),
    ],
)
async def test_a_link_for_a_site_is_for_its_pages(house: House, headers: dict[str, str], code: str) -> None:
    house.viewers["site"] = viewing(MAIN, site="https://example.org")
    assert await house.admits(f"/t/site{ENTRY}", **headers) == code


async def test_a_link_for_an_address_is_for_that(house: House) -> None:
    house.viewers |= {"here": viewing(MAIN, address="192.0.2.1"), "there": viewing(MAIN, address="192.0.2.9")}
    assert await house.admits(f"/t/here{ENTRY}") == ""
    assert await house.admits(f"/t/there{ENTRY}") == "link_for_address"


async def test_a_cache_in_front_is_told_yes_or_no(house: House) -> None:
    async def asked(path: str) -> int:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError

        scope = house.gate.enter({"path": path, "headers": [], "client": ("192.0.2.1", 1), "method": "GET"})
        await house.gate.allow(scope, receive, send)
        return int(sent[0]["status"])

    assert await asked(f"/t/link/allows{SEGMENT}") == 204
    assert await asked(f"/t/link/allows{ENTRY}") == 204
    assert await asked(f"/t/link/allows/media/{SLATE.package}/720p/3.ts") == 403
    assert await asked("/t/link/allows/api/channels") == 403


def _no_longer_known(house: House) -> None:
    del house.viewers["link"]
    house.callers.edition = object()


def _for_others_now(house: House) -> None:
    house.let(Playback.SIGNED_IN)
    house.gate.look_at(MAIN)


@pytest.mark.parametrize(
    ("change", "code"), [(_no_longer_known, "link_over"), (_for_others_now, "not_public")]
)
def test_what_was_open_is_shut_as_soon_as_something_changes(
    house: House, change: Callable[[House], None], code: str
) -> None:
    for _ in range(2):
        assert house.admits_at_once(f"/t/link{ENTRY}") == ENTRY
    change(house)
    assert house.admits_at_once(f"/t/link{ENTRY}") == code


def test_what_is_open_is_looked_up_again_after_a_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(gate_module.time, "monotonic", lambda: now)
    assert house.admits_at_once(f"/t/link{ENTRY}") == ENTRY
    del house.viewers["link"]
    now += 0.9
    assert house.admits_at_once(f"/t/link{ENTRY}") == ENTRY
    now += 0.2
    assert house.admits_at_once(f"/t/link{ENTRY}") == "link_over"


def test_what_is_open_to_some_requests_is_held_against_each(house: House) -> None:
    house.viewers |= {
        "site": viewing(MAIN, site="https://example.org"),
        "here": viewing(MAIN, address="192.0.2.1"),
    }
    assert house.admits_at_once(f"/t/site{ENTRY}", origin="https://example.org") == ENTRY
    assert house.admits_at_once(f"/t/site{ENTRY}", origin="https://evil.example") == "link_for_site"
    assert house.admits_at_once(f"/t/here{ENTRY}") == ENTRY
    house.viewers["here"] = viewing(MAIN, address="192.0.2.9")
    assert house.admits_at_once(f"/t/here{ENTRY}") == "link_for_address"


def test_no_more_is_known_than_there_is_room_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "_MOST_KNOWN", 2)
    for rung in range(5):
        assert house.admits_at_once(f"/t/link/stream/main/b/{rung}.m3u8") == f"/stream/main/b/{rung}.m3u8"
        assert len(house.gate._admitted) <= 2


def test_no_playlist_is_anywhere_else(house: House) -> None:
    assert house.admits_at_once("/t/link/watch/main.m3u8") == "unknown"
    assert house.admits_at_once(f"/t/link/allows{ENTRY}") == "unknown"
