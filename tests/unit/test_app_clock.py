"""Where the server's clock begins."""

import time
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
from tests.unit.db.test_instants import fill

from insta_stream.app.ground import begin_clock, last_edit
from insta_stream.db import restored
from insta_stream.db.engine import Database
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.mark import set_back
from insta_stream.storage.offset import SharedOffset
from insta_stream.ticks import Ticks, seconds, to_nanoseconds

DAY = 86_400


async def begun(folder: DataFolder, since: Ticks) -> tuple[Ticks, list[str]]:
    """Return what a new clock says, and what the log says of it."""
    with structlog.testing.capture_logs() as logs:
        async with AsyncExitStack() as stack:
            offset = SharedOffset(folder.offset, folder.clock)
            stack.callback(offset.give_up)
            now = begin_clock(folder, since, offset, stack).now()
    return now, [log["event"] for log in logs]


async def test_it_begins_no_earlier_than_it_had_got_to(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    now, said = await begun(folder, Ticks(0))
    assert (abs(now - seconds(time.time())) < seconds(60), said) == (True, [])
    for ahead, event in ((600, "wall_clock_set_back"), (400 * DAY, "clock_far_ahead")):
        kept = seconds(time.time() + ahead)
        set_back(folder.clock, to_nanoseconds(kept))
        now, said = await begun(folder, Ticks(0))
        assert (now >= kept, said) == (True, [event])


async def test_where_its_file_is_lost_it_begins_with_the_last_edit(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    database = Database(folder.database)
    await database.upgrade()
    last = seconds(time.time() + 400 * DAY)
    await fill(database, last)
    assert await last_edit(database) == last
    now, said = await begun(folder, last)
    assert (now >= last, said) == (True, ["clock_far_ahead"])
    async with database.write() as connection:
        await restored.mark(connection, last)
    assert await last_edit(database) == 0  # its channels begin anew
    await database.close()
