from dataclasses import replace

import pytest
from tests.unit.library.packages import COUNT, package, rendition

from insta_stream.library.rungs import airing, playable

ALL = ("1080p", "720p", "480p", "360p", "240p")


def test_a_complete_ladder_serves_each_rung_with_its_own() -> None:
    found = playable(package(*(rendition(name, COUNT) for name in ALL), state="ready"), ALL)
    assert found is not None
    assert (found.renditions, found.available, found.is_complete) == (ALL, COUNT, True)


def test_a_rung_that_the_video_lacks_is_served_by_the_best_below_it() -> None:
    found = playable(package(rendition("480p", COUNT), rendition("240p", COUNT)), ("1080p", "360p", "240p"))
    assert found is not None
    assert found.renditions == ("480p", "240p", "240p")


def test_every_rung_maps_to_the_starter_while_it_grows() -> None:
    growing = package(rendition("1080p"), rendition("720p"), rendition("240p", 7, is_early=True))
    found = playable(growing, ALL)
    assert found is not None
    assert (set(found.renditions), found.available, found.is_complete) == ({"240p"}, 7, False)


def test_a_complete_copy_and_a_growing_starter_share_the_rungs() -> None:
    growing = package(rendition("720p", COUNT, is_early=True), rendition("240p", 7, is_early=True))
    found = playable(growing, ALL)
    assert found is not None
    assert found.renditions == ("720p", "720p", "240p", "240p", "240p")
    assert (found.available, found.is_complete) == (7, False)


def test_a_channel_with_the_top_rung_alone_airs_a_complete_copy_at_once() -> None:
    growing = package(rendition("720p", COUNT, is_early=True), rendition("240p"), is_airable=False)
    found = playable(growing, ("720p",))
    assert found is not None
    assert found.is_complete
    assert playable(growing, ("720p", "240p")) is None


def test_of_two_that_grow_the_one_that_is_further_serves() -> None:
    copy = replace(rendition("720p", 5, is_early=True), kind="copy")
    growing = package(copy, rendition("240p", 9, is_early=True))
    assert playable(growing, ("720p",)).renditions == ("240p",)  # type: ignore[union-attr]


@pytest.mark.parametrize("published", [(7, 7, 7), (7, 8, 9), (9, 8, 7)])
def test_a_ladder_that_grows_serves_each_rung_with_its_own_whichever_is_ahead(
    published: tuple[int, int, int],
) -> None:
    names = ("480p", "360p", "240p")
    pairs = zip(names, published, strict=True)
    found = playable(package(*(rendition(name, count, is_early=True) for name, count in pairs)), ALL)
    assert found is not None
    assert found.renditions == ("480p", "480p", *names)
    assert (found.available, found.is_complete) == (7, False)


def test_what_grows_in_company_does_not_serve_before_it_is_complete() -> None:
    growing = package(rendition("720p", 50), rendition("480p", 50), rendition("240p", COUNT, is_early=True))
    assert playable(growing, ALL).renditions == ("240p",) * 5  # type: ignore[union-attr]


def test_nothing_airs_before_playing_cannot_overtake_packaging() -> None:
    assert playable(package(rendition("240p", 7, is_early=True), is_airable=False), ALL) is None


def test_what_was_given_up_does_not_air_unless_it_is_complete() -> None:
    failed = package(
        rendition("720p", 50, is_early=True, error="broken"), rendition("240p", COUNT), state="ready"
    )
    assert playable(failed, ("720p",)).renditions == ("240p",)  # type: ignore[union-attr]
    assert playable(package(rendition("240p", 50, is_early=True), state="failed"), ALL) is None


def test_what_airs_changes_with_what_serves_a_rung_and_with_nothing_else() -> None:
    before = package(rendition("720p", 98), rendition("240p", 50, is_early=True))
    assert airing(before) == airing(package(rendition("720p", 99), rendition("240p", 50, is_early=True)))
    assert airing(before) != airing(package(rendition("720p", COUNT), rendition("240p", 50, is_early=True)))
    assert airing(before) != airing(package(rendition("720p", 98), rendition("240p", 51, is_early=True)))
    assert airing(replace(before, is_airable=False)) == ()
