"""`insta-stream simulate`, on a data folder that it must not change."""

import asyncio
import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.command import insta_stream, must
from tests.support.depth import by_depth
from tests.support.libraries import CAPS, LADDER, make_clip, make_short_slate, open_library, settled
from tests.support.waiting import until

from insta_stream.channels.channel import declared
from insta_stream.channels.channels import opened
from insta_stream.channels.defaults import Defaults
from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.slug import MAIN
from insta_stream.cli.simulate import _instant, _zone
from insta_stream.clock import Clock
from insta_stream.errors import BadRequest, Unknown
from insta_stream.ids import VideoId
from insta_stream.simulation.scenario import load
from insta_stream.storage import mark
from insta_stream.storage.fence import Fence
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import seconds
from insta_stream.work import slate

TO_COME = datetime.now(UTC).date() + timedelta(days=30)

DEFAULTS = Defaults(LADDER, window_seconds=30, target_seconds=2, horizon=seconds(1))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose main channel is off the air, with a good and a broken video."""
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slate, "make_slate", make_short_slate)
        asyncio.run(_prepare(folder))
    return folder / "data"


async def _prepare(folder: Path) -> None:
    async with open_library(folder / "data") as library:
        await until(lambda: library.slate(CAPS) is not None)
        paths = [folder / f"clip-{number}.mp4" for number in range(2)]
        clips = [await asyncio.to_thread(make_clip, path, 6, picture="smptebars") for path in paths]
        videos = [await library.adopt(clip, clip.name) for clip in clips]
        for video in videos:
            await settled(library, video.id)
        broken = library._catalogue.newest(videos[1].id)
        gone = tuple(
            replace(each, published=0, is_complete=False, error="gone") for each in broken.renditions
        )
        await library._catalogue.save(
            replace(broken, state="failed", error="FFmpeg produced nothing from it.", renditions=gone)
        )
        database, fence = library._catalogue._database, Fence(folder / "fence")
        parts = await opened(database, fence, library, Clock(), DEFAULTS)
        playlists = PlaylistManager(parts.shown, parts.editor, library, Clock())
        await playlists.add(MAIN, [video.id for video in videos])
        await settled(library, library._catalogue.hidden() or VideoId(""))
        fence.give_up()


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "data"))


def fingerprint(data: Path) -> dict[str, str]:
    return {
        path.relative_to(data).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in data.rglob("*")
        if path.is_file()
    }


def test_what_airs_is_told_and_what_does_not_and_nothing_changes(data: Path) -> None:
    before = fingerprint(data)
    days, airings = by_depth(("0.1", 1440), ("1", 14_400))
    said = must(
        "simulate", "--data", str(data), "--days", days, "--from", f"{TO_COME}T00:00", "--time-zone", "UTC"
    )
    assert f"{airings} airings of 1 videos" in said
    assert "clip-0.mp4" in said
    assert "clip-1.mp4 (FFmpeg produced nothing from it.)" in said
    assert "All promises are kept" in said
    assert fingerprint(data) == before


def test_the_list_can_be_read_by_programs(data: Path) -> None:
    command = ("simulate", "--data", str(data), "--days", "0.01", "--from", f"{TO_COME}T00:00+00:00")
    document = json.loads(must(*command, "--format", "json", "--list"))
    assert document["airings"] == len(document["list"]) == 144
    assert document["notAiring"] == [{"name": "clip-1.mp4", "reason": "FFmpeg produced nothing from it."}]
    assert document["brokenPromises"] == {}
    rows = list(csv.DictReader(io.StringIO(must(*command, "--format", "csv"))))
    assert [row["start"] for row in rows] == [
        each["start"].replace(".000000", "") for each in document["list"]
    ]
    assert {row["seconds"] for row in rows} == {"6.000"}


async def test_what_a_start_declares_is_what_the_server_would_declare(data: Path) -> None:
    scenario = await load(DataFolder.under(data), "main")
    begun = scenario.started(scenario.channel.created_at).channel.on_air
    assert begun is not None
    assert begun.rungs == declared(scenario.channel, scenario.catalogue.need) != CAPS


def test_now_is_what_the_servers_clock_says(data: Path) -> None:
    ahead = datetime.now(UTC) + timedelta(days=400)
    mark.set_back(data / "clock", int(ahead.timestamp() * 1e9))
    document = json.loads(must("simulate", "--data", str(data), "--days", "0.01", "--format", "json"))
    assert abs(datetime.fromisoformat(document["from"]) - ahead) < timedelta(seconds=1)


def test_a_segment_that_is_gone_is_a_broken_promise(data: Path) -> None:
    for path in data.glob("stream/*/*/1.ts"):
        path.unlink()
    done = insta_stream("simulate", "--data", str(data), "--days", "0.01")
    assert done.returncode == 1
    assert "SEGMENT-GONE" in done.stderr
    assert "Broken promises" in done.stdout


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: _zone("Mars/Olympus"), "Mars/Olympus"),
        (lambda: _instant("tomorrow", None), "--from"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(make: Callable[[], object], named: str) -> None:
    with pytest.raises(BadRequest, match=named):
        make()


async def test_a_channel_or_folder_that_is_not_there_is_named(data: Path) -> None:
    with pytest.raises(Unknown, match="none"):
        await load(DataFolder.under(data), "none")
    with pytest.raises(Unknown, match="not a data folder"):
        await load(DataFolder.under(data / "nowhere"), "main")


def test_a_slate_that_is_not_whole_gives_way_to_the_built_in_one_as_on_the_air(data: Path) -> None:
    scenario = asyncio.run(load(DataFolder.under(data), MAIN))
    good, broken = (entry.video for entry in scenario.channel.timeline.entries)
    empty = replace(scenario.channel.timeline, entries=())
    for own, expected in ((None, None), (good, good), (broken, None)):
        channel = replace(scenario.channel, timeline=empty, slate=own)
        (run,) = replace(scenario, channel=channel).started(Clock().now()).channel.timeline.runs
        assert run.program.slots[0].video == (expected or scenario.catalogue.hidden())
