from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.unit.channels.conftest import Desk, Studio, desk, hands, shelf, studio

from insta_stream.clock import Clock
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.jobs import Jobs
from insta_stream.library.packager import Packager
from insta_stream.library.parts import Parts
from insta_stream.library.profile import Profile
from insta_stream.library.views import Views
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import LADDER
from insta_stream.retention.disposal import Disposal
from insta_stream.retention.janitor import Janitor
from insta_stream.retention.policy import DEFAULT_RULES
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.reserve import Reserve

__all__ = ["desk", "hands", "shelf", "studio"]

FFMPEG = FFmpeg(Path("ffmpeg"), "bundled", can_tone_map=True)
"""Nobody starts it."""


def parts(catalogue: Catalogue, folder: DataFolder) -> Parts:
    """Return the parts of a library at which nobody is at work."""
    profile = Profile(LADDER, segment_seconds=2, jobs=1, min_free_bytes=0)
    packager = Packager(catalogue, folder, FFMPEG, Clock(), profile)
    return Parts(
        catalogue=catalogue,
        packager=packager,
        jobs=Jobs(catalogue, packager.make, packager.has_lost),
        views=Views(catalogue, packager, profile.rungs),
        folder=folder,
        min_free_bytes=profile.min_free_bytes,
    )


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder.under(tmp_path / "data")
    made.create()
    return made


JanitorOf = Callable[[Desk], Awaitable[Janitor]]


@pytest.fixture
def janitor_of(studio: Studio, folder: DataFolder) -> JanitorOf:
    """Make janitors, each of the process that has a desk; they share the data folder."""

    async def janitor(desk: Desk) -> Janitor:
        catalogue = Catalogue(desk.database)
        await catalogue.load()
        disposal = Disposal(parts(catalogue, folder), studio.clock, DEFAULT_RULES)
        return Janitor(desk.history, disposal, studio.clock, Reserve(studio.reserve))

    return janitor
