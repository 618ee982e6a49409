"""What other processes have changed, known before a request is answered that could come from one of them.

A client that has just changed something may ask another process next, and what it changed is to be there. The
news says in one question what has changed since (`db.news`), and several requests at once share it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from insta_stream.db.engine import Database
from insta_stream.db.news import Heard, asked

LONGEST_SECONDS = 5.0
"""A disk that does not answer keeps a request waiting for so long: what is known has to do then."""

Know = Callable[[], Awaitable[None]]
"""Returns once all is known that was stored before it was called."""

CatchUp = Callable[[Heard], Awaitable[None]]
"""Makes a part of this process know what others have changed. Raises NotReady, DiskFull."""


async def know_already() -> None:
    """Know all that others have changed: there are no others."""


class Latest:
    """Has all parts of this process know it. catch_up: those of the parts."""

    def __init__(self, database: Database, *catch_up: CatchUp) -> None:
        self._database = database
        self._catch_up = catch_up
        self._questions = 0
        self._one_asks = asyncio.Lock()

    async def know(self) -> None:
        """Return once all is known that was stored before this was called. Where that cannot be read, what is
        known has to do: whoever follows the news says so. Raises nothing.
        """
        next_one = self._questions + 1
        async with self._one_asks:
            if self._questions >= next_one:  # which others have asked, since
                return
            self._questions = next_one
            with suppress(Exception):  # of a mistake, too: a request is no place to say so
                async with asyncio.timeout(LONGEST_SECONDS):
                    news = await asked(self._database)
                    for catch_up in self._catch_up:
                        await catch_up(news)
