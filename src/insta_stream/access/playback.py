"""Links for viewers, and the keys that they are made with: made, listed, ended."""

import secrets

import structlog

from insta_stream.access.directory import Directory, new_key, say_broken, see_to_own_key
from insta_stream.access.passes import Passes, new_playback_key
from insta_stream.access.presence import require_account, require_channels
from insta_stream.access.wall import wall_clock
from insta_stream.db.engine import Database
from insta_stream.db.playback import (
    LinkRow,
    PlaybackKeyRow,
    count_ended_links,
    count_links,
    count_playback_keys,
    delete_playback_key,
    end_links,
    has_playback_key,
    insert_link,
    insert_playback_key,
    load_links,
)
from insta_stream.db.sessions import replace_keys
from insta_stream.errors import NotReady, Unknown, WrongState
from insta_stream.ids import AccountId, ChannelSlug
from insta_stream.ticks import Ticks

log = structlog.get_logger()

MOST_LINKS = 10_000
"""Of a channel. A site with more viewers than that makes links with a key of its own, as many as it likes."""

MOST_ENDED = 20_000
"""Links that were ended and would work otherwise: each process reads their names with what else is news of
accounts, for which so many take some 60 ms.
"""

MOST_KEYS = 100

SHOWN = 200
"""As many links are listed: the newest."""


class PlaybackLinks:
    """Makes and ends links and keys, and has the directory read what was done."""

    def __init__(self, database: Database, directory: Directory, passes: Passes) -> None:
        self._database = database
        self._directory = directory
        self._passes = passes

    async def of(self, channel: ChannelSlug) -> tuple[list[LinkRow], int]:
        """Return the links of a channel that have not ended, newest first, SHOWN at most; and how many
        there are.
        """
        now = wall_clock()
        async with self._database.read() as connection:
            newest = await load_links(connection, channel, now, SHOWN, say_broken("playback_link"))
            return newest, await count_links(connection, channel, now)

    def folder(self, row: LinkRow) -> str:
        """Return what stands before everything that a link is for."""
        return self._passes.of_link(row)

    def every_key(self) -> tuple[PlaybackKeyRow, ...]:
        """Return every key, newest first."""
        return self._passes.keys

    async def make(
        self,
        channel: ChannelSlug,
        label: str,
        expires_at: Ticks | None = None,
        *,
        site: str | None = None,
        address: str | None = None,
        account: AccountId | None = None,
        since: Ticks | None = None,
    ) -> LinkRow:
        """Make a link. since: when the channel was created, by the clock that channels go by: where that is
        ahead, the link is not older. Raises WrongState ("too_many_links"), Unknown ("unknown_channel"),
        Unauthorized where the account has just been removed, and NotReady where another server has just ended
        the key.
        """
        now = wall_clock()
        row = LinkRow(
            id=secrets.token_hex(8),
            key=self._passes.own.id,
            channel=channel,
            label=label,
            site=site,
            address=address,
            account=account,
            created_at=max(now, since or now),
            expires_at=expires_at,
        )
        async with self._database.write() as connection:
            await require_channels(connection, [channel])
            if account is not None:
                await require_account(connection, account)
            if not await has_playback_key(connection, row.key):
                raise NotReady("The key that signs addresses has just been replaced. Try again.")
            if await count_ended_links(connection, now) >= MOST_ENDED:
                raise WrongState(
                    f"{MOST_ENDED:,} links were ended before their time, and all are remembered. End all "
                    "links of this server (in the Studio: API tokens, End all links; in the API: DELETE "
                    f"/api/playback/keys/{row.key}), and create those that are still wanted again, with an "
                    "end.",
                    code="too_many_links",
                )
            if await count_links(connection, channel, now) >= MOST_LINKS:
                raise WrongState(
                    f"This channel has {MOST_LINKS} links already: end some, or make links with a key of "
                    "your own.",
                    code="too_many_links",
                )
            await insert_link(connection, row)
        log.info("link_made", channel=channel, id=row.id)
        return row

    async def end(self, channel: ChannelSlug, id_: str) -> None:
        """Let a link open nothing any more. Raises Unknown ("unknown_link")."""
        if not await self._end(channel, only=id_):
            raise Unknown("There is no such link, or it has ended.", code="unknown_link")

    async def end_all(self, channel: ChannelSlug) -> int:
        """End every link of a channel that was made here; return how many."""
        return await self._end(channel)

    async def make_key(self, label: str, channel: ChannelSlug | None) -> PlaybackKeyRow:
        """Make a key for links that others make. Raises WrongState ("too_many_keys"), Unknown
        ("unknown_channel").
        """
        row = new_playback_key(wall_clock(), is_own=False, label=label, channel=channel)
        async with self._database.write() as connection:
            if await count_playback_keys(connection) >= MOST_KEYS:
                raise WrongState(f"There are {MOST_KEYS} keys already: end some.", code="too_many_keys")
            await require_channels(connection, [] if channel is None else [channel])
            await insert_playback_key(connection, row)
        await self._directory.read()
        log.info("playback_key_made", id=row.id, channel=channel)
        return row

    async def end_key(self, id_: str) -> None:
        """End every link that was made with a key; ours is replaced by another. Raises Unknown."""
        async with self._database.write() as connection:
            found = await delete_playback_key(connection, id_)
            await see_to_own_key(connection, wall_clock())
        await self._directory.read()
        if not found:
            raise Unknown("There is no such key.", code="unknown_key")
        log.info("playback_key_ended", id=id_)

    async def replace_tv(self) -> None:
        """Replace the secret in the addresses for TV apps: those that there are open nothing any more."""
        async with self._database.write() as connection:
            await replace_keys(connection, new_key("tv", wall_clock()))
        await self._directory.read()
        log.info("tv_links_replaced")

    async def _end(self, channel: ChannelSlug, only: str | None = None) -> int:
        async with self._database.write() as connection:
            ended = await end_links(connection, wall_clock(), channel=channel, only=only)
        await self._directory.read()
        log.info("links_ended", channel=channel, count=ended)
        return ended
