"""What happens after an upload: the video joins the playlist that its sender named.

An upload stays in the database until its video has joined, so a server that is killed in between does it at
the next start, and does not do it twice.
"""

import asyncio

import structlog

from insta_stream.channels.playlist import PlaylistManager
from insta_stream.errors import DiskFull, InstaStreamError, NotReady
from insta_stream.ids import ChannelSlug
from insta_stream.metrics import Metrics
from insta_stream.work.inspections import Inspections, Outcome

log = structlog.get_logger()

RETRY_SECONDS = 1.0


async def see_in(inspections: Inspections, playlists: PlaylistManager, metrics: Metrics) -> None:
    """Let the videos that uploads become join their playlists, for ever and one after another."""
    while True:
        outcome = await inspections.outcomes.get()
        (metrics.uploads if outcome.is_video else metrics.uploads_refused).inc()
        try:
            while not await _is_done(outcome, inspections, playlists):  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(RETRY_SECONDS)
        except Exception:  # one video must not keep the others waiting
            log.exception("arrival_crashed", video=outcome.video)


async def _is_done(outcome: Outcome, inspections: Inspections, playlists: PlaylistManager) -> bool:
    """Let a video join its playlist, if it is to; say False where that must be tried again."""
    if not (outcome.is_video and outcome.channel):
        return True
    slug = ChannelSlug(outcome.channel)
    try:
        await playlists.join(slug, outcome.video)
    except (NotReady, DiskFull):  # the slate of a first start is being made; the database is busy
        return False
    except InstaStreamError as error:  # the channel or the video was deleted, or the playlist is full
        log.warning("video_joined_no_playlist", video=outcome.video, channel=slug, reason=error.message)
    try:
        await inspections.joined(outcome.video)
    except (NotReady, DiskFull):
        return False
    return True
