"""How values of the services look on the wire."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice

from pydantic import BaseModel, TypeAdapter
from starlette.responses import Response

from insta_stream.api import (
    channel_schemas,
    playlist_schemas,
    retention_schemas,
    transport_schemas,
    video_schemas,
    wire,
)
from insta_stream.api.services import Services
from insta_stream.channels import standby as standbys
from insta_stream.channels import usage as usages
from insta_stream.channels.channel import Channel
from insta_stream.channels.editor import Applied
from insta_stream.channels.playlist import Item
from insta_stream.channels.slug import MAIN
from insta_stream.ids import AccountId, ChannelSlug, EntryId, VideoId
from insta_stream.library.video import DeletedVideo, Video
from insta_stream.media.ladder import LADDER
from insta_stream.media.poster import TILE_HEIGHT, TILE_WIDTH, strip_of
from insta_stream.retention.policy import Rules, gone_at
from insta_stream.ticks import TICKS_PER_MILLISECOND, TICKS_PER_SECOND, Ticks
from insta_stream.timeline.airings import Airing, airings, on_air
from insta_stream.turns import in_turns


def as_response(reply: BaseModel) -> Response:
    """Return a reply that is already written, by the thread that collected it: there may be much of it."""
    return Response(reply.model_dump_json(by_alias=True), media_type="application/json")


_JSON = TypeAdapter(object)


def texts(model: BaseModel, *, without: str = "") -> dict[str, str]:
    """Return the fields of a model as JSON texts, by their names on the wire."""
    fields = model.model_dump(mode="json", by_alias=True)
    return {name: _JSON.dump_json(value).decode() for name, value in fields.items() if name != without}


Called = Callable[[AccountId | None], str | None]
"""Tells what others read for a person's name, None for nobody and for those who have been removed."""

_LOOK_AHEAD = Ticks(7 * 86_400 * TICKS_PER_SECOND)


def brief(video: Video) -> video_schemas.VideoBrief:
    """Return the least there is to say about a video."""
    return video_schemas.VideoBrief(id=video.id, name=video.name, duration=wire.duration(video.duration))


def entry_brief(item: Item | None) -> playlist_schemas.EntryBrief | None:
    """Return the entry on the air, if one is."""
    if item is None:
        return None
    return playlist_schemas.EntryBrief(
        id=item.video.id,
        name=item.video.name,
        duration=wire.duration(item.video.duration),
        entry=item.entry,
    )


def main_playlist(services: Services, slug: ChannelSlug) -> playlist_schemas.Playlist:
    """Return a playlist as the routes of the main channel show it."""
    status = services.playlists.status(slug)
    return playlist_schemas.Playlist(
        is_playing=status.is_playing,
        current_index=status.current_index,
        total_videos=len(status.items),
        current_video=brief(status.current.video) if status.current else None,
        playlist=[
            playlist_schemas.PlaylistVideo(
                id=item.video.id,
                name=item.video.name,
                duration=wire.duration(item.video.duration),
                added_at=wire.moment(item.added_at),
            )
            for item in status.items
        ],
    )


def channel_playlist(services: Services, slug: ChannelSlug) -> playlist_schemas.ChannelPlaylist:
    """Return a playlist with its entries and when each airs next."""
    status = services.playlists.status(slug)
    channel = services.channels.get(slug)
    next_times = _next_times(channel, services.clock.now())
    return playlist_schemas.ChannelPlaylist(
        is_playing=status.is_playing,
        current_index=status.current_index,
        total_videos=len(status.items),
        current_video=entry_brief(status.current),
        playlist=[_playlist_entry(item, next_times) for item in in_turns(status.items)],
        can_undo=channel.undo is not None,
    )


def _playlist_entry(item: Item, next_times: Mapping[EntryId, Ticks]) -> playlist_schemas.PlaylistEntry:
    return playlist_schemas.PlaylistEntry(
        id=item.video.id,
        name=item.video.name,
        duration=wire.duration(item.video.duration),
        added_at=wire.moment(item.added_at),
        entry=item.entry,
        state=item.video.state,
        airable=item.video.airable,
        airs_at=wire.optional_moment(next_times.get(item.entry)),
    )


def _next_times(channel: Channel, now: Ticks) -> dict[EntryId, Ticks]:
    """Return when each entry begins to air next, looking ahead for one lap of the playlist."""
    missing = {entry.id for entry in channel.timeline.entries}
    times: dict[EntryId, Ticks] = {}
    a_lap = 2 * len(missing) + 8
    for airing in islice(airings(channel.timeline, now, Ticks(now + _LOOK_AHEAD)), a_lap):
        if airing.starts_at > now and airing.entry in missing:
            missing.discard(airing.entry)
            times[airing.entry] = airing.starts_at
        if not missing:
            break
    return times


def steered(services: Services, applied: Applied) -> playlist_schemas.Steered:
    """Return what a jump makes of a channel, and how to take it back."""
    return playlist_schemas.Steered(
        effective_at=wire.moment(applied.effective_at),
        revision=revision(applied.channel),
        next=following(services, applied),
        back=leaving(services, applied),
    )


def following(services: Services, applied: Applied) -> playlist_schemas.EntryName | None:
    """Return what a channel goes on with after an edit, None where that is only the slate."""
    timeline = applied.channel.timeline
    held = None if timeline.held is None else timeline.held.entry
    found = on_air(timeline, applied.effective_at) if timeline.state == "on" else None
    if found is not None:
        held = None if found.airing.is_slate else found.airing.entry
    return None if held is None else _entry_name(services, applied.channel, held)


def leaving(services: Services, applied: Applied) -> playlist_schemas.Place | None:
    """Return what a channel leaves in a skip or a jump, None where there is no way back."""
    back = applied.back
    entry = None if back is None else _entry_name(services, applied.channel, back.entry)
    if back is None or entry is None:
        return None
    # Rounded up: a millisecond earlier is in the segment before.
    return playlist_schemas.Place(**dict(entry), offset=-(-back.offset // TICKS_PER_MILLISECOND) / 1000)


def _entry_name(services: Services, channel: Channel, id_: EntryId) -> playlist_schemas.EntryName | None:
    video = next((entry.video for entry in channel.timeline.entries if entry.id == id_), None)
    if video is None:
        return None
    return playlist_schemas.EntryName(entry=id_, id=video, name=services.library.name(video))


def airing(services: Services, airing: Airing) -> channel_schemas.Airing:
    """Return one showing."""
    return channel_schemas.Airing(
        entry=None if airing.is_slate else airing.entry,
        id=None if airing.is_slate else airing.video,
        name="Standby picture" if airing.is_slate else services.library.name(airing.video),
        starts_at=wire.moment(airing.starts_at),
        ends_at=wire.optional_moment(airing.ends_at),
        first_offset=wire.duration(airing.first_offset),
        is_partial=airing.is_partial,
        is_slate=airing.is_slate,
        is_backfilled=airing.is_backfilled,
    )


def ladder_text() -> str:
    """Return every rung there is as JSON, best first."""
    rungs = (
        channel_schemas.Rung(name=rung.name, width=rung.width, height=rung.height, bandwidth=rung.peak_bps)
        for rung in LADDER
    )
    return f"[{','.join(rung.model_dump_json(by_alias=True) for rung in rungs)}]"


def revision(channel: Channel) -> int:
    """Return the number of a channel's last edit, which rises."""
    return channel.revision


def channel(services: Services, channel: Channel) -> channel_schemas.Channel:
    """Return a channel and what it is doing."""
    status = services.streams.status_of(channel)
    present, broadcast = on_air(channel.timeline, services.clock.now()), channel.on_air
    return channel_schemas.Channel(
        slug=channel.slug,
        number=channel.number,
        title=channel.title,
        state=status.state,
        standby=standby(services, channel),
        rungs=[rung.name for rung in channel.rungs],
        window_seconds=channel.window_seconds,
        slate=channel.slate,
        created_at=wire.moment(channel.created_at),
        started_at=wire.optional_moment(status.started_at),
        stream_url=stream_url(channel.slug),
        playback=channel.playback,
        total_videos=len(channel.timeline.entries),
        current_video=entry_brief(status.current),
        on_air=airing(services, present.airing) if present else None,
        rungs_on_air=[rung.name for rung in broadcast.rungs] if broadcast else None,
        error=channel.broken,
    )


def standby(services: Services, channel: Channel) -> transport_schemas.Standby | None:
    """Return why a channel shows only its slate, if it does."""
    why = standbys.standby(channel, services.library, services.clock.now())
    if why is None:
        return None
    return transport_schemas.Standby(
        since=wire.moment(why.since),
        reason=why.reason,
        message=why.message,
        remedy=why.remedy,
        expected_at=wire.optional_moment(why.expected_at),
    )


def stream_url(slug: ChannelSlug) -> str:
    """Return the address of a channel's multivariant playlist on this server."""
    return "/stream/stream.m3u8" if slug == MAIN else f"/stream/{slug}/stream.m3u8"


def video(video: Video, called: Called) -> video_schemas.Video:
    """Return a video and how far its packaging is. called: tells what people are called."""
    pictures = f"/media/{video.package}/" if video.has_pictures else None
    return video_schemas.Video(
        id=video.id,
        name=video.name,
        duration=wire.duration(video.duration),
        state=video.state,
        progress=video_schemas.Progress(
            step=video.progress.step,
            percent=video.progress.percent,
            fps=video.progress.fps,
            speed=video.progress.speed,
            eta_seconds=video.progress.eta_seconds,
        ),
        airable=video.airable,
        airable_at=wire.optional_moment(video.airable_at),
        size_bytes=video.size_bytes,
        disk_use_bytes=video.disk_use_bytes,
        original_bytes=video.original_bytes,
        added_at=wire.moment(video.added_at),
        cautions=[video_schemas.Caution(code=each.code, message=each.message) for each in video.cautions],
        error=video.error,
        poster_url=f"{pictures}poster.jpg" if pictures else None,
        strip_url=f"{pictures}strip.jpg" if pictures else None,
        strip=_strip(video) if pictures else None,
        preview_url=f"/media/{video.package}/preview.m3u8" if video.airable else None,
        width=video.width,
        height=video.height,
        frame_rate=video.frame_rate,
        video_codec=video.video_codec,
        audio_codec=video.audio_codec,
        owner=called(video.owner),
    )


def _strip(video: Video) -> video_schemas.Strip:
    strip = strip_of(video.segments)
    return video_schemas.Strip(
        tiles=strip.tiles,
        columns=strip.columns,
        tile_width=TILE_WIDTH,
        tile_height=TILE_HEIGHT,
        interval=wire.duration(Ticks(video.duration // strip.tiles)),
    )


def usage(services: Services, videos: AbstractSet[VideoId]) -> video_schemas.Usage:
    """Return what channels have of some videos."""
    channels = services.channels.using(videos)
    found = usages.usage(channels, videos, services.library, services.clock.now())
    return video_schemas.Usage(
        uses=[_use(each) for each in found.uses],
        playlists=found.playlists,
        on_air=found.on_air,
        left_empty=found.left_empty,
        slates=found.slates,
        keep_deleted_seconds=services.janitor.rules.keep_deleted // TICKS_PER_SECOND,
    )


def _use(use: usages.Use) -> video_schemas.Use:
    return video_schemas.Use(
        slug=use.channel.slug,
        title=use.channel.title,
        state=use.channel.timeline.state,
        times=use.times,
        on_air=use.is_on_air,
        is_slate=use.is_slate,
        leaves_nothing=use.leaves_nothing,
    )


def deleted_video(deleted: DeletedVideo, rules: Rules, called: Called) -> retention_schemas.DeletedVideo:
    """Return a deleted video, and until when it can be restored."""
    return retention_schemas.DeletedVideo(
        video=video(deleted.video, called),
        deleted_at=wire.moment(deleted.deleted_at),
        gone_at=wire.moment(gone_at(deleted.deleted_at, rules)),
    )
