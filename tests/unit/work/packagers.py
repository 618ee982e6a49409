"""Packagers that start no FFmpeg."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.support.libraries import FFMPEG, LADDER, NAMES
from tests.unit.library.packages import INSPECTION

from insta_stream.clock import Clock
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.draft import Drafts
from insta_stream.library.headway import Headway
from insta_stream.library.parts import Parts
from insta_stream.library.profile import Profile
from insta_stream.library.views import Views
from insta_stream.media.model import Inspection
from insta_stream.storage.folder import DataFolder
from insta_stream.work.headway import Telling
from insta_stream.work.packager import Packager


async def _as_before(_: Path) -> Inspection:
    return INSPECTION


def packager_of(
    catalogue: Catalogue, root: Path, inspect: Callable[[Path], Awaitable[Inspection]] = _as_before
) -> Packager:
    """Return a packager on a data folder."""
    database, folder = catalogue._database, DataFolder.under(root)
    folder.create()
    parts = Parts(catalogue, Views(catalogue, Headway(database), NAMES), folder, min_free_bytes=0)
    drafts = Drafts(Clock(), Profile(LADDER, segment_seconds=2, jobs=1, min_free_bytes=0))
    return Packager(parts, FFMPEG, drafts, Telling(database), inspect)
