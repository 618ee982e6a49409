"""The long playlists: what they list, what they share with the short ones, and what making them takes."""

from dataclasses import replace

import pytest
from tests.support.depth import examples
from tests.support.scene import BASE, BROADCAST, CHANNEL_RUNGS, FILM, SLATE, Scene
from tests.unit.delivery.test_watch import Watched

from insta_stream.channels.channel import Channel
from insta_stream.delivery import rewind, view
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.page import Page
from insta_stream.delivery.rewind import Reel, reel
from insta_stream.delivery.view import look
from insta_stream.errors import Unknown
from insta_stream.hls.continuity import Text, ends_with
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist
from insta_stream.ids import BroadcastId
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.edit import Pause, Start, Stop, apply
from insta_stream.timeline.timeline import NEVER

HOUR = 3600
PATH = f"{BASE}/720p.rewind.m3u8"


@pytest.fixture
def scene() -> Scene:
    """A channel with a rewind limit of an hour, which has been on the air for two."""
    scene = Scene()
    scene.channel = replace(scene.channel, timeline=replace(scene.channel.timeline, window=seconds(HOUR)))
    scene.edit(Start(BROADCAST))
    scene.pass_time(2 * HOUR)
    return scene


def read(page: Page) -> MediaPlaylist:
    playlist = parse(page.plain.decode())
    assert isinstance(playlist, MediaPlaylist)
    return playlist


async def long(scene: Scene, path: str = PATH) -> Page:
    return await scene.playlists.soon(path)


def is_sound(scene: Scene) -> bool:
    return scene.audit.worst is None


async def test_the_long_playlist_lists_the_whole_limit_and_the_short_one_its_last_minute(
    scene: Scene,
) -> None:
    whole, short = read(await long(scene)), scene.media()
    assert whole.duration == seconds(HOUR)
    assert short.duration == seconds(60)
    count = len(short.segments)
    assert list(whole.numbered())[-count:] == list(short.numbered())


async def test_what_a_short_limit_lists_is_the_same_at_both_addresses() -> None:
    scene = Scene.on_air()
    scene.pass_time(100)
    assert (await long(scene)).plain == scene.playlists.page(f"{BASE}/720p.m3u8").plain


@pytest.mark.parametrize("path", ["/stream/rewind.m3u8", "/stream/main/rewind.m3u8"])
async def test_the_multivariant_playlist_leads_to_the_long_ones(scene: Scene, path: str) -> None:
    entry = parse((await long(scene, path)).plain.decode())
    usual = parse(scene.playlists.page(path.replace("rewind", "stream")).plain.decode())
    assert isinstance(entry, MultivariantPlaylist)
    assert isinstance(usual, MultivariantPlaylist)
    assert [each.uri.replace(".rewind.", ".") for each in entry.variants] == [
        each.uri for each in usual.variants
    ]
    folder = path.removesuffix("rewind.m3u8")
    assert read(await long(scene, folder + entry.variants[0].uri)).duration == seconds(HOUR)


async def test_a_refresh_renders_only_what_is_new(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await long(scene)
    rendered: list[int] = []
    usual = rewind.addressed
    monkeypatch.setattr(rewind, "addressed", lambda segments, rung: counted(usual(segments, rung)))

    def counted(segments: object) -> list[object]:
        listed = list(segments)  # type: ignore[call-overload]
        rendered.append(len(listed))
        return listed

    scene.pass_time(2)
    await long(scene)
    scene.pass_time(20)
    await long(scene)
    await long(scene)
    assert rendered == [1, 10]


async def test_a_page_is_ready_until_the_window_changes(scene: Scene) -> None:
    request = {"path": PATH, "headers": [], "client": ("10.0.0.1", 1)}
    assert scene.playlists.at_once(request) is None
    page = await long(scene)
    reply = scene.playlists.at_once(request)
    assert reply is not None
    assert reply.body == page.plain
    scene.pass_time(2)
    assert scene.playlists.at_once(request) is None


async def test_when_the_channel_stops_the_long_playlist_ends_and_stays_as_long_as_it_reaches_back(
    scene: Scene,
) -> None:
    await long(scene)
    scene.edit(Stop())
    scene.pass_time(10)
    assert read(await long(scene)).is_ended
    scene.pass_time(HOUR - 60)
    assert read(await long(scene)).is_ended
    scene.pass_time(60)
    with pytest.raises(Refusal, match="over"):
        await long(scene)
    assert is_sound(scene)


@pytest.mark.parametrize("path", [f"{BASE}/144p.rewind.m3u8", "/stream/main/nothing/720p.rewind.m3u8"])
async def test_other_addresses_name_nothing(scene: Scene, path: str) -> None:
    with pytest.raises((Refusal, Unknown)):
        await long(scene, path)


async def test_only_so_many_bytes_are_kept(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await long(scene)
    kept = scene.playlists._rewind
    monkeypatch.setattr(rewind, "KEPT_BYTES", len(one.plain) * 5 // 2)
    for rung in CHANNEL_RUNGS:
        await long(scene, f"{BASE}/{rung.name}.rewind.m3u8")
    assert [rung for _, _, rung in kept._kept] == ["720p", "480p"]
    assert kept._kept_bytes == sum(each.size_bytes for each in kept._kept.values())


async def test_a_long_playlist_that_does_not_end_with_the_short_one_is_found(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.media()
    monkeypatch.setattr(rewind, "addressed", lambda segments, _: view.addressed(segments, 2))
    await long(scene)
    assert scene.audit.worst is not None
    assert scene.audit.worst.violation.code == "REWIND"


class Rewound(Watched):
    """A viewer of the long playlists, among edits at any moment."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, holds_edge=True)
        self.reels: dict[tuple[str, str], Reel] = {}
        self.compared = 0

    def _view(self) -> None:
        channel, edge = self.scene.channel, self.scene.edge(self.scene.channel)
        for broadcast in channel.broadcasts:
            for rung in ("1080p", "480p"):
                try:
                    self._compare(channel, broadcast, rung, edge)
                except (Refusal, Unknown):  # early, or over
                    continue

    def _compare(self, channel: Channel, broadcast: BroadcastId, rung: str, edge: Ticks) -> None:
        made = reel(channel, broadcast, rung, edge, self.reels.get((broadcast, rung)))
        self.reels[broadcast, rung] = made
        assert made.page.plain == reel(channel, broadcast, rung, edge).page.plain
        short = Text.of(look(channel, broadcast, edge).render(rung).plain)
        whole = Text.of(made.page.plain)
        assert whole is not None
        assert short is not None
        assert ends_with(whole, short)
        self.compared += len(whole.body) > len(short.body)


async def test_the_long_playlist_is_the_same_however_it_is_made_and_ends_with_the_short_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(view, "EDGE", seconds(10))
    rewound = Rewound(5)
    await rewound.live(examples(150))
    assert rewound.compared > 50


def test_a_text_that_lacks_what_is_asked_for_is_rendered_anew(scene: Scene) -> None:
    old = reel(scene.channel, BROADCAST, "720p", scene.now)
    scene.pass_time(2 * HOUR)
    fresh = reel(scene.channel, BROADCAST, "720p", scene.now)
    assert reel(scene.channel, BROADCAST, "720p", scene.now, old).page.plain == fresh.page.plain


def test_a_long_playlist_over_a_pause_keeps_its_numbers(scene: Scene) -> None:
    before = reel(scene.channel, BROADCAST, "720p", scene.now)
    change = apply(scene.channel.timeline, Pause(), {FILM.video: FILM}, SLATE, scene.now)
    assert change.timeline.committed_at != NEVER
    scene.edit(Pause())
    scene.pass_time(30)
    after = reel(scene.channel, BROADCAST, "720p", scene.now, before)
    assert after.page.plain == reel(scene.channel, BROADCAST, "720p", scene.now).page.plain
