"""The videos and the channels, and what keeps them in order."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from insta_stream.app import choices
from insta_stream.app.ground import Ground
from insta_stream.channels.channels import Channels, opened
from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.stream import StreamManager
from insta_stream.duties import Duties
from insta_stream.health.standby import StandbyWatch
from insta_stream.library.library import Library
from insta_stream.metrics import Metrics
from insta_stream.retention.disposal import Disposal
from insta_stream.retention.janitor import Janitor
from insta_stream.settings import Settings
from insta_stream.storage.fence import Fence
from insta_stream.storage.reserve import Reserve
from insta_stream.work.arrivals import see_in
from insta_stream.work.follower import Follower
from insta_stream.work.role import Role
from insta_stream.work.workshop import Workshop


@dataclass(frozen=True, slots=True)
class House:
    """playlists, streams: edit the channels. reserve: helps where something goes and the disk is full.
    standby: which channels show only their slate. role: this process's part in what is done once for the data
    folder.
    """

    library: Library
    workshop: Workshop
    follower: Follower
    role: Role
    channels: Channels
    playlists: PlaylistManager
    streams: StreamManager
    janitor: Janitor
    reserve: Reserve
    standby: StandbyWatch

    def begin(self, duties: Duties) -> None:
        """Show what other processes change, until `duties` stop."""
        duties.begin("news of channels", self.channels.shown.follow)

    async def work(self, duties: Duties, metrics: Metrics) -> None:
        """Wait for the role; then package what is to be packaged, tidy up, and see uploads in, until `duties`
        stop.
        """
        await self.role.take()
        await self.workshop.begin(duties)
        self.follower.begin()
        duties.begin("schedules of channels", self.follower.follow)
        duties.begin("clean-up", self.janitor.work)
        arrivals = partial(see_in, self.workshop.inspections, self.playlists, metrics)
        duties.begin("adding of uploads to playlists", arrivals)


async def open_house(settings: Settings, ground: Ground, stack: AsyncExitStack) -> House:
    """Return the house with all that was in it, as long as `stack` is open."""
    clock, library = ground.clock, await _open_library(settings, ground, stack)
    channels = await _open_channels(settings, ground, library, stack)
    shown, editor = channels.shown, channels.editor
    reserve = Reserve(ground.folder.reserve)
    await reserve.keep()
    disposal = Disposal(library.parts, clock, choices.rules(settings))
    playlists = PlaylistManager(shown, editor, library, clock)
    role = Role(ground.folder.role)
    stack.callback(role.give_up)
    workshop = Workshop.of(library, ground.database, ground.ffmpeg)
    stack.push_async_callback(workshop.stop)
    return House(
        library=library,
        workshop=workshop,
        follower=Follower(shown, editor, library, clock),
        role=role,
        channels=channels,
        playlists=playlists,
        streams=StreamManager(shown, editor, playlists, clock, reserve),
        janitor=Janitor(channels.history, disposal, clock, reserve),
        reserve=reserve,
        standby=StandbyWatch(shown, library, clock, lambda: ground.lead.is_held),
    )


async def _open_library(settings: Settings, ground: Ground, stack: AsyncExitStack) -> Library:
    library = Library(
        ground.database,
        ground.folder,
        ground.clock,
        choices.profile(settings),
        choices.limits(settings),
    )
    await library.load()
    stack.push_async_callback(library.stop)
    return library


async def _open_channels(
    settings: Settings, ground: Ground, library: Library, stack: AsyncExitStack
) -> Channels:
    fence = Fence(ground.folder.fence)
    stack.callback(fence.give_up)
    return await opened(ground.database, fence, library, ground.clock, choices.defaults(settings))
