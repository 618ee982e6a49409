"""What is in a file, found without a child process: to start one takes longer than to read most files.

A deep run starts one, as the server does.
"""

import asyncio
from pathlib import Path

from tests.support.depth import DEEP

from insta_stream.media import stored
from insta_stream.media.inspect import inspect as inspect_in_child
from insta_stream.media.model import Inspection
from insta_stream.media.probe import examine


async def inspect(path: Path) -> Inspection:
    """Return what is in a file, as it is stored. Raises NotAVideo."""
    if DEEP:
        return await inspect_in_child(path)
    found = await asyncio.to_thread(examine, path, lambda _position: None)
    return stored.load_inspection(stored.dump_inspection(found))
