"""What is over is forgotten, and keys change: one process of a data folder sees to that."""

import asyncio

import structlog

from insta_stream.access.audit_log import AuditLog
from insta_stream.access.directory import see_to_keys
from insta_stream.access.wall import wall_clock
from insta_stream.db.engine import Database
from insta_stream.db.playback import prune_links
from insta_stream.db.sessions import prune_failures, prune_sessions
from insta_stream.duties import Duties
from insta_stream.errors import InstaStreamError
from insta_stream.ticks import Ticks, seconds

log = structlog.get_logger()

TIDY_SECONDS = 3600.0
"""How often what is over is forgotten, and it is looked whether a new key is due."""

_KEPT = seconds(86_400)
"""What is over, before it is forgotten."""


class Upkeep:
    """Forgets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, duties: Duties) -> None:
        """Forget what is over, until `duties` stop."""
        duties.begin("clean-up of accounts", self._clean_up)
        duties.begin("clean-up of the activity log", AuditLog(self._database).clean_up)

    async def tidy(self) -> None:
        """Forget what is over, of links a day at a time, and see that there are keys, none of them too old.
        Raises NotReady, DiskFull.
        """
        await see_to_keys(self._database)
        over = Ticks(wall_clock() - _KEPT)
        async with self._database.write() as connection:
            await prune_links(connection, over)
            await prune_sessions(connection, over)
            await prune_failures(connection, over)

    async def _clean_up(self) -> None:
        while True:
            try:
                await self.tidy()
            except InstaStreamError as error:
                log.warning("access_not_kept", reason=error.message)
            await asyncio.sleep(TIDY_SECONDS)
