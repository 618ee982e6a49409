from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.unit.channels.conftest import Desk, Studio, desk, hands, shelf, studio

from insta_stream.db.engine import Database
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.headway import Headway
from insta_stream.library.parts import Parts
from insta_stream.library.views import Views
from insta_stream.media.ladder import LADDER
from insta_stream.retention.disposal import Disposal
from insta_stream.retention.janitor import Janitor
from insta_stream.retention.policy import DEFAULT_RULES
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.reserve import Reserve

__all__ = ["desk", "hands", "shelf", "studio"]


def parts(database: Database, catalogue: Catalogue, folder: DataFolder) -> Parts:
    """Return the parts of a library at which nobody is at work."""
    rungs = tuple(rung.name for rung in LADDER)
    return Parts(catalogue, Views(catalogue, Headway(database), rungs), folder, min_free_bytes=0)


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
        disposal = Disposal(parts(desk.database, catalogue, folder), studio.clock, DEFAULT_RULES)
        return Janitor(desk.history, disposal, studio.clock, Reserve(studio.reserve))

    return janitor
