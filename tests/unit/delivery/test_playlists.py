"""Playlists of real timelines, at instants that the tests choose."""

from fractions import Fraction
from pathlib import Path
from urllib.parse import urljoin

import pytest
from tests.support.scene import BASE, BROADCAST, CHANNEL_RUNGS, FILM, RENDITIONS, SLATE, Scene

from insta_stream.delivery import playlists
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.playlists import ENTRY_MAX_AGE_SECONDS
from insta_stream.errors import Unknown
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MultivariantPlaylist
from insta_stream.ids import BroadcastId
from insta_stream.media.ceilings import Need, Rates, chosen
from insta_stream.media.ladder import RUNGS
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.edit import Pause, Resume, Start, Stop
from insta_stream.timeline.window import window


@pytest.fixture
def scene() -> Scene:
    return Scene.on_air()


def multivariant(scene: Scene, path: str) -> MultivariantPlaylist:
    playlist = parse(scene.playlists.page(path).plain.decode())
    assert isinstance(playlist, MultivariantPlaylist)
    return playlist


@pytest.mark.parametrize("path", ["/stream/stream.m3u8", "/stream/main/stream.m3u8"])
def test_the_variants_lead_to_the_media_playlists_from_either_address(scene: Scene, path: str) -> None:
    for variant in multivariant(scene, path).variants:
        assert "://" not in variant.uri
        assert not variant.uri.startswith("/")
        address = urljoin(f"https://tv.example/prefix{path}", variant.uri)
        page = scene.playlists.page(address.removeprefix("https://tv.example/prefix"))
        assert page.plain.startswith(b"#EXTM3U")


def test_the_first_variant_is_the_one_to_start_with_and_the_others_follow_best_first(scene: Scene) -> None:
    variants = multivariant(scene, "/stream/stream.m3u8").variants
    assert [variant.height for variant in variants] == [480, 1080, 720]


def test_a_variant_says_what_its_rung_allows(scene: Scene) -> None:
    rung = RUNGS["720p"]
    variant = next(each for each in multivariant(scene, "/stream/stream.m3u8").variants if each.height == 720)
    assert (variant.bandwidth, variant.average_bandwidth) == (rung.peak_bps, rung.average_bps)
    assert (variant.width, variant.codecs, variant.frame_rate) == (1280, rung.codecs, 60)


def test_a_variant_says_what_its_broadcast_declares() -> None:
    film = {rung.name: Rates(rung.peak_bps // 3, rung.average_bps // 3) for rung in CHANNEL_RUNGS}
    scene = Scene()
    scene.ceilings = chosen(CHANNEL_RUNGS, [Need(Fraction(24), film)])
    scene.edit(Start(BROADCAST))
    golden = Path(__file__).parents[2] / "golden" / "declared.m3u8"
    assert scene.playlists.page("/stream/stream.m3u8").plain.decode() == golden.read_text()


def test_the_multivariant_playlist_does_not_change_during_a_broadcast(scene: Scene) -> None:
    before = scene.playlists.page("/stream/stream.m3u8").plain
    scene.pass_time(100)
    scene.edit(Pause())
    assert scene.playlists.page("/stream/stream.m3u8").plain == before


def test_every_rung_lists_the_same_numbers_dates_and_durations(scene: Scene) -> None:
    lists = [scene.media(rung.name) for rung in CHANNEL_RUNGS]
    heads = [(each.media_sequence, each.discontinuity_sequence, each.target_duration) for each in lists]
    facts = [[(one.duration, one.date_time, one.discontinuity) for one in each.segments] for each in lists]
    assert heads[1:] == heads[:-1]
    assert facts[1:] == facts[:-1]
    assert len(facts[0]) >= 6


def test_every_rung_leads_to_the_rendition_that_serves_it(scene: Scene) -> None:
    for rung, rendition in zip(CHANNEL_RUNGS, RENDITIONS, strict=True):
        uri = scene.media(rung.name).segments[0].uri
        address = urljoin(f"http://host{BASE}/{rung.name}.m3u8", uri)
        assert address == f"http://host/media/{FILM.package}/{rendition}/0.ts"


def test_a_page_is_kept_until_the_window_changes(scene: Scene) -> None:
    path = f"{BASE}/720p.m3u8"
    first = scene.playlists.page(path)
    change = window(scene.get("main").timeline, BROADCAST, scene.now).changes_at
    assert change is not None
    scene.now = Ticks(change - 1)
    assert scene.playlists.page(path) is first
    scene.now = change
    later = scene.playlists.page(path)
    assert later.plain != first.plain
    numbers = scene.metrics.render().decode()
    assert 'insta_stream_playlist_requests_total{source="kept"} 1.0' in numbers
    assert 'insta_stream_playlist_requests_total{source="rendered"} 2.0' in numbers


def test_an_edit_replaces_kept_pages_at_once(scene: Scene) -> None:
    scene.pass_time(10)
    first = scene.playlists.page(f"{BASE}/720p.m3u8")
    scene.edit(Pause())
    assert scene.playlists.page(f"{BASE}/720p.m3u8") is not first


def test_while_the_edge_is_held_nothing_beyond_it_is_listed(scene: Scene) -> None:
    scene.held_at = scene.now
    held = scene.media().next_msn
    scene.pass_time(20)
    assert scene.media().next_msn == held


def test_a_segment_in_mid_item_after_a_tag_has_the_join_address(scene: Scene) -> None:
    scene.pass_time(9)
    scene.edit(Pause())
    scene.pass_time(20)
    scene.edit(Resume())
    scene.pass_time(10)
    segments = scene.media().segments
    tagged = [segment.uri for segment in segments if segment.discontinuity]
    assert [uri.rpartition("/")[2] for uri in tagged if SLATE.package not in uri] != []
    for segment in segments:
        number = segment.uri.rpartition("/")[2]
        is_first = number == "0.ts"
        assert number.endswith(".join.ts") == (segment.discontinuity and not is_first)


def test_a_stopped_channel_is_404_at_its_entry_and_ends_its_media_playlist(scene: Scene) -> None:
    scene.pass_time(61)
    scene.edit(Stop())
    assert not scene.media().is_ended
    assert multivariant(scene, "/stream/stream.m3u8").variants
    scene.pass_time(5)
    for path in ("/stream/stream.m3u8", "/stream/main/stream.m3u8"):
        with pytest.raises(Refusal) as refused:
            scene.playlists.page(path)
        assert (refused.value.status, refused.value.code) == (404, "off_air")
    ended = scene.playlists.page(f"{BASE}/720p.m3u8").plain
    assert b"#EXT-X-ENDLIST" in ended
    scene.pass_time(scene.media().duration / TICKS_PER_SECOND - 6)
    assert scene.playlists.page(f"{BASE}/720p.m3u8").plain == ended
    scene.pass_time(6)
    with pytest.raises(Refusal) as gone:
        scene.playlists.page(f"{BASE}/720p.m3u8")
    assert gone.value.status == 410


def test_the_playlist_of_a_broadcast_that_was_over_at_once_stays_for_as_long_as_browsers_lead_there(
    scene: Scene,
) -> None:
    scene.edit(Stop())
    scene.pass_time(4)
    scene.edit(Start(BroadcastId("ba9876543210")))  # right after another one: it has no past
    scene.pass_time(3)
    path = "/stream/main/ba9876543210/720p.m3u8"
    assert b"#EXTINF" in scene.playlists.page(path).plain
    ends_at = scene.edit(Stop()).timeline.broadcasts[-1].ends_at
    assert ends_at is not None
    scene.pass_time((ends_at - scene.now) / TICKS_PER_SECOND + ENTRY_MAX_AGE_SECONDS)
    assert b"#EXT-X-ENDLIST" in scene.playlists.page(path).plain
    scene.pass_time(3)
    with pytest.raises(Refusal) as gone:
        scene.playlists.page(path)
    assert gone.value.status == 410


def test_a_channel_that_starts_right_after_a_stop_asks_for_a_moment(scene: Scene) -> None:
    scene.pass_time(61)
    scene.edit(Stop())
    scene.edit(Start(BroadcastId("ba9876543210")))
    path = "/stream/main/ba9876543210/720p.m3u8"
    with pytest.raises(Refusal) as refused:
        scene.playlists.page(path)
    assert (refused.value.status, refused.value.code) == (503, "nothing_yet")
    scene.pass_time(4)
    assert b"#EXTINF" in scene.playlists.page(path).plain


@pytest.mark.parametrize(
    "path",
    [
        "/stream/",
        "/stream/other/stream.m3u8",
        "/stream/main/other.m3u8",
        f"{BASE}/720p.ts",
        f"{BASE}/144p.m3u8",
        f"{BASE}/.m3u8",
        "/stream/main/ffffffffffff/720p.m3u8",
        f"{BASE}/720p.m3u8/",
        f"{BASE}/../../main/stream.m3u8",
        "/stream/main\x00/stream.m3u8",
    ],
)
def test_other_addresses_name_nothing(scene: Scene, path: str) -> None:
    with pytest.raises((Refusal, Unknown)) as refused:
        scene.playlists.page(path)
    assert getattr(refused.value, "status", 404) == 404


def test_only_so_many_broadcasts_are_kept(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playlists, "_KEPT_BROADCASTS", 1)
    first = scene.playlists.page("/stream/stream.m3u8")
    assert scene.playlists.page("/stream/stream.m3u8") is first
    scene.playlists.page("/stream/main/stream.m3u8")
    assert scene.playlists.page("/stream/stream.m3u8") is not first
