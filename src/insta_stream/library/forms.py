"""Files that come in one request each, whole or not at all.

Such an upload has a row and a file as any other, and whoever receives it holds the file from the first byte
to the last. So one is removed of which the row says that it still comes, and whose file nobody holds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.clock import Clock
from insta_stream.db.uploads import UploadRow
from insta_stream.errors import InstaStreamError, NotAVideo, WrongState
from insta_stream.ids import AccountId, VideoId, new_id
from insta_stream.library.names import NAMELESS, display_name
from insta_stream.library.quotas import Quotas
from insta_stream.library.reception import Reception
from insta_stream.library.room import UploadLimits
from insta_stream.library.transfer import Transfer
from insta_stream.library.writer import FormWriter
from insta_stream.media.sniff import EMPTY
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import is_held

PATIENCE_SECONDS = 30.0
"""A request waits so long for somebody to inspect its file; how long that takes does not count."""

LAST_SECONDS = 3.0
"""It waits so long for anything while the server stops, which gives it five seconds."""

_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 1.0
_GROWTH = 1.2
"""Whoever waits asks for news as well, ever more rarely: a small file is inspected before the next news."""


class Forms:
    """Receives them, and waits for what becomes of them."""

    def __init__(
        self, reception: Reception, *, folder: DataFolder, limits: UploadLimits, quotas: Quotas, clock: Clock
    ) -> None:
        self._reception = reception
        self._transfers = reception.transfers
        self._folder = folder
        self._limits = limits
        self._quotas = quotas
        self._clock = clock

    @asynccontextmanager
    async def receive(
        self, size_bytes: int, *, channel: str, owner: AccountId | None
    ) -> AsyncIterator[FormWriter]:
        """Give a writer for a whole file. Where the block ends well, it is complete; else nothing is left.

        size_bytes: what it has at least. channel, owner: as for `begin`, which raises the same. At the end of
        the block: NotAVideo for an empty file, and what the writer raises.
        """
        row = UploadRow(
            id=VideoId(new_id()),
            name=NAMELESS,
            channel=channel,
            metadata="",
            size_bytes=max(1, size_bytes),
            created_at=self._clock.now(),
            owner=owner,
            is_form=True,
        )
        transfer, held = await self._reception.add(row)
        try:
            async with transfer.form(self._limits, partial(self._grow, transfer)) as writer:
                try:
                    yield writer
                    await self._complete(transfer, writer)
                except BaseException:
                    await writer.settled()
                    await self._give_up(transfer)
                    raise
        finally:
            held.release()

    async def name(self, id_: VideoId, name: str) -> None:
        """Give an upload the name that its sender says only after it has begun. Raises Unknown, NotReady."""
        await self._transfers.rename(id_, display_name(name))

    async def decided(self, id_: VideoId) -> None:
        """Wait until an upload that is complete has become a video.

        Raises NotAVideo where it is refused, and then forgets it; Unknown where somebody has removed it; and
        WrongState ("upload_kept") where nobody inspects it, or the server stops.
        """
        if (transfer := self._reception.find(id_)) is not None:
            await self._decided(transfer)
        if self._transfers.is_video(id_):
            return
        await self._transfers.ask()  # that it is over may be known before what it has become
        if self._transfers.is_video(id_):
            return
        row = self._reception.get(id_).row
        await self._reception.remove(id_)
        raise NotAVideo(row.error, code=row.code or None)

    async def _complete(self, transfer: Transfer, writer: FormWriter) -> None:
        """Write the rest of a file that has come, and say that it has."""
        if not writer.size_bytes:
            raise NotAVideo(EMPTY.message, code=EMPTY.code)
        await writer.finish()
        await self._grow(transfer, writer.size_bytes, is_form=False)

    async def _grow(self, transfer: Transfer, size_bytes: int, *, is_form: bool = True) -> None:
        """Write how large a file is at least. Raises QuotaReached."""
        row = transfer.row

        async def check(connection: AsyncConnection) -> None:
            if size_bytes > row.size_bytes:
                await self._quotas.require(connection, row.owner, size_bytes, counted=row.size_bytes)

        if row.owner is not None or not is_form:
            await self._transfers.grow(row.id, size_bytes, check, is_form=is_form)

    async def _give_up(self, transfer: Transfer) -> None:
        """Remove what came of a file, unless somebody waits for it to do so themselves."""
        if transfer.is_over:
            return
        await asyncio.to_thread(self._folder.remove_original, transfer.id)
        with suppress(InstaStreamError):  # without a file, the row goes a little later
            await self._transfers.erase(transfer.id)

    async def _decided(self, transfer: Transfer) -> None:
        """Wait for the news of an upload as long as somebody inspects it. Raises WrongState."""
        waited_seconds, pause_seconds = 0.0, _FIRST_PAUSE_SECONDS
        while waited_seconds < (LAST_SECONDS if self._reception.is_stopped else PATIENCE_SECONDS):
            try:
                async with asyncio.timeout(pause_seconds):
                    await transfer.decided.wait()
            except TimeoutError:
                if self._reception.is_stopped or not is_held(self._folder.part(transfer.id)):
                    waited_seconds += pause_seconds
                pause_seconds = min(_GROWTH * pause_seconds, _LONGEST_PAUSE_SECONDS)
                with suppress(InstaStreamError):  # the next news will tell
                    await self._transfers.ask()
            else:
                return
        raise WrongState(  # a program that tries again later would send it again
            "The whole file has arrived and is kept, but has not been inspected yet: do not send it again. "
            "It becomes a video as soon as the server gets to it.",
            code="upload_kept",
        )
