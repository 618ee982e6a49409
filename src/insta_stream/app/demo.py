"""The demo: a channel on the air a moment after the first start, with clips of our own making."""

import tempfile
from functools import partial
from pathlib import Path

import structlog

from insta_stream.api.patience import patiently
from insta_stream.app.ground import Ground
from insta_stream.app.house import House
from insta_stream.channels.slug import MAIN
from insta_stream.errors import InstaStreamError
from insta_stream.media.demo import make_demo

log = structlog.get_logger()


async def put_on_demo(ground: Ground, house: House) -> None:
    """Put a demo on the air, unless there are videos; the log says whether that was possible."""
    if house.library.videos():
        return
    try:
        await _put_on(ground, house)
    except InstaStreamError as error:
        log.warning("demo_failed", reason=error.message)
    else:
        log.info("demo_on_air")


async def _put_on(ground: Ground, house: House) -> None:
    """Make the demo clips, put them into the main playlist, and go on the air with the first one."""
    # A server that is killed meanwhile leaves the files there, and the next one tidies up.
    with tempfile.TemporaryDirectory(prefix="demo-", dir=ground.folder.work) as folder:
        async for title, path in make_demo(ground.ffmpeg, Path(folder)):
            video = await house.workshop.intake.adopt(path, title)
            await patiently(partial(house.playlists.add, MAIN, [video.id]))
            if house.streams.status(MAIN).state == "off":
                await patiently(partial(house.streams.start, MAIN))
