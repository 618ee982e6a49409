"""The audit log: who changed what, when and from where. What is in it stays as it is.

An entry is on the disk before the reply to its request is sent. What strangers cause, and what others do more
often than anybody reads, is counted in memory and written once a minute. Where entries cannot be written,
what was done stays done; they wait in memory, and the server's health says so.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import structlog
from sqlalchemy.exc import IntegrityError

from insta_stream.access.share import Shares
from insta_stream.access.wall import wall_clock
from insta_stream.db.audit import (
    PRUNED_AT_ONCE,
    EntryRow,
    Wanted,
    insert_entries,
    load_entries,
    prunable_until,
    prune_entries,
    write_rule,
)
from insta_stream.db.engine import Database
from insta_stream.errors import InstaStreamError

log = structlog.get_logger()

FOREVER = 0

RETRY_SECONDS = 5.0
TELL_SECONDS = 60.0
"""How often what was counted is written."""

PRUNE_SECONDS = 3600.0
"""How often a day of entries that are too old is forgotten, and for how long a start does without."""

MOST_WAITING = 1000
"""Entries that could not be written, and are tried again."""

_PAGE = 500


class AuditLog:
    """Writes and reads entries. fault: why the last could not be written, "" where it was."""

    def __init__(self, database: Database) -> None:
        self.fault = ""
        self._database = database
        self._shares = Shares()
        self._waiting: list[EntryRow] = []
        self._lost = 0

    @property
    def waiting(self) -> int:
        """How many entries could not be written yet."""
        return len(self._waiting)

    @property
    def lost(self) -> int:
        """How many were given up since the last one was written."""
        return self._lost

    async def record(self, entry: EntryRow) -> None:
        """Write an entry, or count it where there may be any number of them. Raises nothing."""
        if self._shares.admit(entry):
            await self._write([entry])

    async def page(self, wanted: Wanted, limit: int) -> list[EntryRow]:
        """Return entries, the newest first. Raises NotReady."""
        async with self._database.read() as connection:
            return await load_entries(connection, wanted, limit, _say_broken)

    async def pages(self, wanted: Wanted) -> AsyncIterator[list[EntryRow]]:
        """Yield all of them, the newest first, some at a time: whoever reads slowly holds up nobody."""
        while rows := await self.page(wanted, _PAGE):
            yield rows
            wanted = replace(wanted, before=rows[-1].id)

    async def keep(self, days: int) -> None:
        """Keep entries for so many days, FOREVER for ever."""
        async with self._database.write() as connection:
            await write_rule(connection, days)

    async def watch(self) -> None:
        """Write what was counted, and try again what could not be written, for ever."""
        now = asyncio.get_running_loop().time
        tell_at = now() + TELL_SECONDS
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if now() >= tell_at:
                tell_at = now() + TELL_SECONDS
                await self.flush()
            elif self._waiting:
                await self._write([])

    async def clean_up(self) -> None:
        """Forget a day of what is too old again and again, for ever: one process of a data folder does."""
        while True:
            await asyncio.sleep(PRUNE_SECONDS)
            await self._prune()

    async def flush(self) -> None:
        """Write what was counted."""
        if (counted := self._shares.take()) or self._waiting:
            await self._write(counted)

    async def _write(self, entries: list[EntryRow]) -> None:
        batch, self._waiting = [*self._waiting, *entries], []
        try:
            async with self._database.write() as connection:
                await insert_entries(connection, batch)
        except Exception as error:  # noqa: BLE001 - what was done is done: its reply says so
            self._wait(batch, entries, error)
        else:
            self.fault, self._lost = "", 0

    def _wait(self, batch: list[EntryRow], entries: list[EntryRow], error: Exception) -> None:
        self.fault = error.message if isinstance(error, InstaStreamError) else type(error).__name__
        for each in entries:
            actor = each.actor
            log.error(
                "audit_not_written",
                reason=self.fault,
                action=str(each.action),
                who=actor.token_name or actor.name or actor.kind,
                address=actor.address,
                on=" ".join(f"{thing.kind}:{thing.id}" for thing in each.things),
                status=each.status,
                exc_info=None if isinstance(error, InstaStreamError) else error,
            )
        if not isinstance(error, InstaStreamError):  # one of them can never be written: no other waits for it
            self._lost += len(batch)
            return
        self._waiting = [*batch, *self._waiting]
        self._lost += max(0, len(self._waiting) - MOST_WAITING)
        self._waiting = self._waiting[-MOST_WAITING:]

    async def _prune(self) -> None:
        now = wall_clock()
        try:
            async with self._database.read() as connection:
                until = await prunable_until(connection, now)
            pruned = 0 if until is None else PRUNED_AT_ONCE
            while until is not None and pruned >= PRUNED_AT_ONCE:
                async with self._database.write() as connection:
                    pruned = await prune_entries(connection, now, until)
        except (InstaStreamError, IntegrityError) as error:  # that of a trigger: the clock was just set back
            log.warning("audit_not_pruned", reason=str(error))


def _say_broken(id_: str, error: Exception) -> None:
    log.error("row_broken", table="audit_entry", id=id_, reason=str(error))
