"""The checker against a small live channel that is bad in one respect at a time."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.support.builds import BUNDLED
from tests.support.live import Channel, serving

from insta_stream.check import Report, check, fetch, watch
from insta_stream.check.command import run_check
from insta_stream.check.findings import Event

BUSY = {"PLAYLIST-SLOW", "SEG-SLOW"}
"""Warnings about speed say more about the machine that runs the tests."""

GLANCE = 0.0
JOINS = 4.0
"""Seconds in which both joins of the loop leave the window."""


async def watched(fault: str, seconds: float, *, ffmpeg: Path | None = None) -> Report:
    with serving(Channel(fault)) as url:
        return await check(url, seconds=seconds, ffmpeg=ffmpeg)


async def test_nothing_is_said_of_a_good_channel() -> None:
    report = await watched("", 3.0, ffmpeg=BUNDLED)
    assert report.codes <= BUSY
    assert report.is_good
    assert (report.broadcasts, report.variants, report.gaps) == (1, 2, 0)
    assert report.segments >= 10
    assert report.refreshes >= 10
    assert report.window_seconds == 8.0
    assert report.edge_lag_seconds is not None
    assert report.edge_lag_seconds < 2


SEEN_AT_ONCE = {
    "dseq-missing": {"DSEQ-MISSING"},
    "rung-shifted": {"ALIGN-MSN"},
    "rung-skewed": {"ALIGN-PDT"},
    "short-window": {"WINDOW-START", "WINDOW-SIX"},
    "syntax": {"SYNTAX"},
    "playlist-type": {"PLAYLIST-TYPE-HDR"},
    "long-cache": {"CACHE-PLAYLIST-LONG", "CACHE-MV"},
    "no-cache-control": {"CACHE-PLAYLIST", "CACHE-MV"},
    "no-cors": {"CORS"},
    "no-cors-on-errors": {"CORS"},
    "no-options": {"CORS"},
    "no-gzip": {"GZIP"},
    "no-vary": {"VARY"},
    "no-304": {"ETAG"},
    "no-head": {"HEAD-REFUSED"},
    "no-range": {"RANGE"},
    "redirect": {"REDIRECT"},
    "cached-errors": {"CACHE-ERROR"},
    "segment-type": {"SEG-TYPE-HDR"},
    "uncached-segments": {"CACHE-SEGMENT"},
    "segment-missing": {"SEG-HTTP"},
    "segment-late": {"SEG-LATE"},
    "segment-mutated": {"SEG-MUTATED"},
    "segment-cut": {"TS-SYNC"},
    "codecs": {"MV-CODECS"},
    "bandwidth": {"MV-BANDWIDTH", "MV-AVERAGE"},
}
SEEN_IN_TIME = {
    "no-tag": {"CONT-VIDEO", "CONT-AUDIO", "EXTINF-REAL"},
    "dseq-early": {"DSEQ-CHANGED"},
    "dseq-stuck": {"DSEQ-CHANGED"},
    "msn-back": {"MSN-BACK"},
    "msn-gap": {"MSN-GAP"},
    "td-changed": {"TD-CHANGED"},
    "extinf-changed": {"EXTINF-CHANGED"},
    "date-moves": {"PDT-CHANGED"},
    "uri-changed": {"SEG-URI-CHANGED"},
    "frozen": {"STALE"},
    "unmarked": {"TS-MARK"},
    "no-audio": {"TRACKS-CHANGED"},
    "resized": {"FORMAT-CHANGED", "MV-RESOLUTION"},
    "sound-first": {"MEDIA-CLOCK"},
}
SEEN_LATE = {"expired": {"SEG-EXPIRED"}, "variant-leaves": {"MV-CHANGED"}}


async def unnoticed(expected: dict[str, set[str]], seconds: float) -> dict[str, set[str]]:
    """Watch one channel for each fault, all at the same time; return the codes that were not told."""
    for fault in expected:
        Channel(fault).prepare()
    reports = await asyncio.gather(*(watched(fault, seconds) for fault in expected))
    missing = {fault: expected[fault] - report.codes for fault, report in zip(expected, reports, strict=True)}
    return {fault: codes for fault, codes in missing.items() if codes}


async def test_a_glance_tells_what_is_wrong() -> None:
    assert await unnoticed(SEEN_AT_ONCE, GLANCE) == {}


async def test_watching_for_some_seconds_tells_what_is_wrong() -> None:
    assert await unnoticed(SEEN_IN_TIME, JOINS) == {}


async def test_a_variant_that_gets_its_segments_late_is_told() -> None:
    assert "ALIGN-EDGE" in (await watched("rung-lags", 1.2)).codes


async def test_watching_until_the_window_has_moved_on_tells_what_is_wrong() -> None:
    assert await unnoticed(SEEN_LATE, 8.0) == {}


async def test_one_fault_is_not_told_as_another() -> None:
    faults = ("no-gzip", "no-head", "no-304", "redirect", "no-range", "segment-type", "no-options")
    reports = await asyncio.gather(*(watched(fault, GLANCE) for fault in faults))
    assert {fault: report.codes - BUSY for fault, report in zip(faults, reports, strict=True)} == {
        fault: SEEN_AT_ONCE[fault] for fault in faults
    }


async def test_a_damaged_picture_is_told_by_the_decoder() -> None:
    report = await watched("segment-damaged", GLANCE, ffmpeg=BUNDLED)
    assert "DECODE" in report.codes


class Stage:
    """Runs a check beside the test, which acts between the events."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.happened = asyncio.Condition()
        self.tasks: set[asyncio.Task[None]] = set()

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        task = asyncio.ensure_future(self._notify())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def until(self, kind: str, count: int = 1, *, text: str = "") -> None:
        def is_reached() -> bool:
            return sum(event.kind == kind and text in event.message for event in self.events) >= count

        async with asyncio.timeout(20), self.happened:
            await self.happened.wait_for(is_reached)

    async def _notify(self) -> None:
        async with self.happened:
            self.happened.notify_all()


async def stop_and_start(shift: int) -> Report:
    """Stop while a check runs, start again as soon as it has seen the end; its numbers are shifted."""
    channel, stage = Channel(), Stage()
    with serving(channel) as url:
        checking = asyncio.create_task(check(url, seconds=3.5, on_event=stage.on_event))
        await stage.until("version", 2)
        channel.stop()
        await stage.until("ended", 2)
        channel.start("two", shift=shift)
        return await checking


async def test_a_stop_and_a_new_broadcast_are_followed() -> None:
    report = await stop_and_start(100)
    assert report.codes <= BUSY
    assert report.broadcasts == 2


async def test_a_stop_that_the_entry_playlist_tells_first_is_no_fault() -> None:
    channel = Channel("stop-unseen")
    with serving(channel) as url:
        report = await check(url, seconds=5.5)
    assert channel.broadcast == ""
    assert report.codes <= BUSY


async def test_a_broadcast_that_is_named_before_the_one_on_the_air_ends_is_no_fault() -> None:
    """As after a stop and a start at once: what is frozen airs to its end."""
    channel, stage = Channel(), Stage()
    with serving(channel) as url:
        checking = asyncio.create_task(check(url, seconds=7.5, on_event=stage.on_event))
        await stage.until("version", 2)
        channel.start_early("two", by_seconds=6)
        report = await checking
    assert report.codes <= BUSY
    assert report.broadcasts == 2


async def test_a_server_that_says_when_to_come_back_is_asked_again() -> None:
    channel, stage = Channel(puts_off=2), Stage()
    with serving(channel) as url:
        report = await check(url, seconds=GLANCE, on_event=stage.on_event)
    assert report.codes <= BUSY
    assert [event.kind for event in stage.events].count("wait") == 2


async def test_a_server_that_puts_off_for_ever_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "COMES_BACK_SECONDS", 1.5)
    with serving(Channel(puts_off=1000)) as url:
        report = await check(url, seconds=GLANCE)
    assert "PLAYLIST-HTTP" in report.codes
    assert not report.is_good


async def test_numbers_that_begin_again_in_a_new_broadcast_are_told() -> None:
    assert "MSN-BACK" in (await stop_and_start(-1000)).codes


@pytest.mark.parametrize("is_tolerated", [True, False])
async def test_a_restart_is_a_gap_when_it_is_expected_and_an_error_otherwise(is_tolerated: bool) -> None:
    channel, stage = Channel(), Stage()
    with serving(channel) as url:
        port = int(url.split(":")[2].split("/")[0])
        checking = asyncio.create_task(
            check(url, seconds=3.5, on_event=stage.on_event, tolerate_restart=is_tolerated)
        )
        await stage.until("version", 2)
    await (stage.until("gap", 2) if is_tolerated else stage.until("violation", text="PLAYLIST-HTTP"))
    with serving(channel, port):
        report = await checking
    assert (report.gaps > 0) == is_tolerated
    assert report.is_good == is_tolerated
    assert ("PLAYLIST-HTTP" in report.codes) != is_tolerated


@pytest.mark.parametrize("is_tolerated", [True, False])
async def test_a_channel_that_is_not_there_is_told(is_tolerated: bool) -> None:
    report = await check("http://127.0.0.1:1/stream.m3u8", seconds=0, tolerate_restart=is_tolerated)
    assert report.codes == {"PLAYLIST-HTTP"}
    assert report.broadcasts == 0


async def test_a_channel_that_does_not_appear_is_not_waited_for_the_whole_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "_ENTRY_WITHIN_SECONDS", 0.2)
    report = await check("http://127.0.0.1:1/stream.m3u8", seconds=600)
    assert report.seconds < 60
    assert report.codes == {"PLAYLIST-HTTP"}


async def test_a_channel_that_appears_late_is_watched_for_the_whole_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "_ENTRY_WITHIN_SECONDS", 1.0)
    channel, stage = Channel(), Stage()
    channel.broadcast = ""
    with serving(channel) as url:
        checking = asyncio.create_task(check(url, seconds=2.5, on_event=stage.on_event))
        await stage.until("violation")
        channel.start("one", shift=0)
        report = await checking
    assert report.seconds >= 2.5
    assert report.broadcasts == 1


async def test_a_channel_of_many_formats_is_told_once_for_each_variant() -> None:
    report = await watched("resized", JOINS)
    told = [finding for finding in report.findings if finding.code == "FORMAT-CHANGED"]
    assert [finding.subject for finding in told] == ["144p", "180p"]
    assert max(finding.count for finding in told) > 1
    assert "segments" in told[0].message


async def test_a_server_whose_target_duration_is_zero_is_not_asked_on_end() -> None:
    report = await watched("td-zero", 1.2)
    assert "TD-EXCEEDED" in report.codes
    assert report.refreshes <= 20


async def test_variants_in_folders_of_their_own_are_held_against_each_other() -> None:
    with serving(Channel("rung-shifted", has_folders=True)) as url:
        report = await check(url, seconds=GLANCE)
    assert {"ALIGN-MSN", "ALIGN-PTS"} <= report.codes
    assert {finding.subject for finding in report.findings} >= {"180p/index and 144p/index"}


async def test_a_media_playlist_can_be_checked_alone() -> None:
    with serving(Channel()) as url:
        report = await check(url.replace("stream.m3u8", "one/180p.m3u8"), seconds=1.2)
    assert report.codes <= BUSY
    assert report.variants == 1
    assert report.segments >= 3


async def test_a_sample_fetches_fewer_segments() -> None:
    with serving(Channel()) as url:
        report = await check(url, seconds=GLANCE, sample=1000)
    assert report.segments <= 4
    assert report.is_good


def test_the_command_prints_json_and_answers_with_zero_for_a_good_channel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(Channel()) as url:
        assert run_check(url, 0, json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["isGood"] is True
    assert said["variants"] == 2


def test_the_command_prints_the_rule_and_answers_with_one_for_a_bad_channel(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(Channel("no-cors")) as url:
        assert run_check(url, 0) == 1
    said = capsys.readouterr().out
    assert "ERROR CORS 180p" in said
    assert "lets any web page read it" in said
    assert "breaks rules" in said
