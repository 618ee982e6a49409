"""Packages to try things on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

from tests.support.databases import database_at
from tests.support.streams import PICTURE

from insta_stream.db.videos import PackageRow, PackageState, RenditionRow, VideoRow
from insta_stream.ids import PackageId, VideoId, new_id
from insta_stream.library.catalogue import Catalogue
from insta_stream.media.model import Caution, Inspection, Plan, RenditionPlan
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds
from insta_stream.timeline.table import SegmentTable

COUNT = 100
SEGMENT = Ticks(2 * TICKS_PER_SECOND)


def rendition(name: str, published: int = 0, *, is_early: bool = False, error: str = "") -> RenditionRow:
    return RenditionRow(name, "encode", is_early, published, published * 1000, published == COUNT, error)


def package(
    *renditions: RenditionRow,
    state: PackageState = "packaging",
    is_airable: bool = True,
    is_current: bool = True,
    video: VideoId | None = None,
) -> PackageRow:
    return PackageRow(
        id=PackageId(new_id()),
        video=video or VideoId(new_id()),
        created_at=Ticks(0),
        state=state,
        is_current=is_current,
        is_airable=is_airable,
        has_pictures=False,
        attempts=0,
        error="",
        table=SegmentTable(((COUNT, SEGMENT),)),
        cautions=(),
        renditions=renditions,
    )


INSPECTION = Inspection(
    format="mov,mp4,m4a,3gp,3g2,mj2",
    size_bytes=1,
    duration=seconds(200),
    frame_count=5000,
    video=PICTURE,
    audio=None,
    cuts=(Ticks(0), seconds(2)),
    copy_obstacle="",
    cautions=(Caution("no_audio", "It has no sound."),),
)


def plan_of(row: PackageRow) -> Plan:
    made = tuple(RenditionPlan(each.name, "encode", copies_audio=False) for each in row.renditions)
    return Plan(row.table, Fraction(25), tuple(range(0, 5001, 50)), made, starter="", cautions=())


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Catalogue]:
    database = await database_at(folder / "insta-stream.db")
    catalogue = Catalogue(database)
    await catalogue.load()
    try:
        yield catalogue
    finally:
        await database.close()


async def some_video(catalogue: Catalogue, row: PackageRow, name: str = "a film") -> VideoId:
    video = VideoRow(
        id=row.video,
        name=name,
        size_bytes=1,
        added_at=Ticks(1 << 50),
        is_hidden=False,
        deleted_at=None,
        width=1280,
        height=720,
        frame_rate="25",
        video_codec="h264",
        audio_codec="",
    )
    await catalogue.add(video, row, INSPECTION, plan_of(row))
    return row.video
