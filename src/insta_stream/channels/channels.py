"""The channels of a server, wired: what is shown, who edits, and what goes on by itself."""

from dataclasses import dataclass

from insta_stream.channels.defaults import Defaults
from insta_stream.channels.editor import Editor
from insta_stream.channels.history import History
from insta_stream.channels.planner import Planner
from insta_stream.channels.registry import Registry
from insta_stream.channels.restore import begin_anew
from insta_stream.channels.shelf import Shelf
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import News
from insta_stream.storage.fence import Fence


@dataclass(frozen=True, slots=True)
class Channels:
    """The parts. `Shown.follow` is to go on for as long as the channels are used."""

    shown: Shown
    editor: Editor
    registry: Registry
    history: History


async def opened(
    database: Database, fence: Fence, library: Shelf, clock: Clock, defaults: Defaults
) -> Channels:
    """Return the channels that a database has; there is a main one.

    clock: this machine's, which is that of the database, too. Raises NotReady, DiskFull.
    """
    news, planner, fresh = News(database, fence, clock), Planner(library), defaults.timeline()
    await begin_anew(database, planner, library.table, clock, fresh)
    shown = Shown(database, news, library, clock, fresh)
    await shown.load()
    await shown.ask()
    editor = Editor(shown, news, planner)
    registry = Registry(shown, news, editor, library, defaults)
    await registry.see_to_main()
    return Channels(shown, editor, registry, History(database, shown, editor, clock))
