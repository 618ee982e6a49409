"""Pictures are put before sound, and nothing else is changed."""

from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough
from tests.support.segments import Item, make

from insta_stream.hls.mpegts import PACKET, read
from insta_stream.hls.opening import PICTURES_AHEAD, pictures_first

ITEMS = {
    "without B-frames": Item(b_frames=0, is_opened=False),
    "with B-frames": Item(b_frames=2, is_opened=False),
    "at sixty pictures a second": Item(rate=Fraction(60), b_frames=0, is_opened=False),
}


def packets(data: bytes) -> list[bytes]:
    return [data[at : at + PACKET] for at in range(0, len(data), PACKET)]


def of_pid(data: bytes, pid: int) -> list[bytes]:
    return [packet for packet in packets(data) if (packet[1] & 0x1F) << 8 | packet[2] == pid]


@pytest.mark.parametrize("name", ITEMS)
def test_three_pictures_come_before_the_first_sound_of_every_segment(name: str) -> None:
    made = make(ITEMS[name])
    assert min(read(segment).pictures_ahead for segment in made) < PICTURES_AHEAD
    for segment in made:
        assert read(pictures_first(segment)).pictures_ahead >= PICTURES_AHEAD


@pytest.mark.parametrize("name", ITEMS)
def test_each_track_keeps_its_packets_in_order(name: str) -> None:
    for segment in make(ITEMS[name]):
        opened = pictures_first(segment)
        before, after = read(segment), read(opened)
        assert sorted(packets(opened)) == sorted(packets(segment))
        for found in before.pids:
            assert of_pid(opened, found.pid) == of_pid(segment, found.pid)
        assert (after.video, after.audio, after.sps, after.adts) == (
            before.video,
            before.audio,
            before.sps,
            before.adts,
        )
        assert after.pat_first
        assert after.pmt_first


@pytest.mark.parametrize("name", ITEMS)
def test_what_opens_like_that_stays_as_it_is(name: str) -> None:
    for segment in make(ITEMS[name]):
        opened = pictures_first(segment)
        assert pictures_first(opened) is opened


def test_sound_is_held_back_for_no_longer_than_three_pictures() -> None:
    """What comes behind the third picture stays where it is: sound is late by two pictures at the most."""
    for segment in make(ITEMS["without B-frames"]):
        opened = pictures_first(segment)
        moved = [
            n
            for n, pair in enumerate(zip(packets(segment), packets(opened), strict=True))
            if pair[0] != pair[1]
        ]
        assert moved
        assert read(opened[: PACKET * (moved[-1] + 1)]).pictures_ahead == PICTURES_AHEAD


def test_a_segment_of_fewer_pictures_has_its_sound_behind_them() -> None:
    whole = packets(make(ITEMS["without B-frames"])[0])
    video = read(b"".join(whole)).video
    assert video is not None
    starts = [
        n
        for n, packet in enumerate(whole)
        if packet[1] & 0x40 and packet in of_pid(b"".join(whole), video.pid)
    ]
    two = b"".join(whole[: starts[2]])
    assert read(pictures_first(two)).pictures_ahead == 2


@pytest.mark.parametrize("item", [Item(has_audio=False)])
def test_a_segment_without_sound_stays_as_it_is(item: Item) -> None:
    for segment in make(item):
        assert pictures_first(segment) is segment


@thorough
@given(st.binary(max_size=1000), st.lists(st.integers(0, 900), max_size=4))
def test_no_bytes_are_lost_or_refused(noise: bytes, heads: Iterable[int]) -> None:
    data = bytearray(noise)
    for at in heads:
        data[at : at + 8] = b"\x47\x41\x01\x10\0\0\1\xc0"
    assert sorted(pictures_first(bytes(data))) == sorted(data)
