"""The library: videos and their packages."""

from functools import partial
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.api import views
from insta_stream.api.acts import Doing, changes_nothing, does
from insta_stream.api.permits import needs, router
from insta_stream.api.retention_schemas import DeletedVideo
from insta_stream.api.services import Held, Services
from insta_stream.api.video_schemas import Rename, Usage, Video, VideosToLookUp
from insta_stream.api.wire import Done, Reply
from insta_stream.ids import VideoId
from insta_stream.library import video as library

routes = router("/api/videos", "videos")


Used = Annotated[
    bool | None,
    Query(
        description=(
            "true: only videos that are in a playlist or are a channel's standby picture; false: only the "
            "others."
        )
    ),
]


@routes.get(
    "",
    response_model=Reply[list[Video]],
    summary="All videos, newest first, after the files being uploaded",
)
@needs(Permission.LIBRARY_READ)
def list_videos(services: Held, used: Used = None) -> Response:
    videos = (*services.library.uploads(), *services.library.videos())
    if used is not None:
        held = services.channels.used()
        videos = tuple(video for video in services.library.videos() if (video.id in held) == used)
    shown = [views.video(video, services.people.title_of) for video in videos]
    return views.as_response(Reply[list[Video]](message="", data=shown))


@routes.get(
    "/deleted",
    response_model=Reply[list[DeletedVideo]],
    summary="Deleted videos that can be restored, most recently deleted first",
)
@needs(Permission.LIBRARY_READ)
def list_deleted(services: Held) -> Response:
    rules, called = services.janitor.rules, services.people.title_of
    deleted = [views.deleted_video(each, rules, called) for each in services.library.deleted()]
    return views.as_response(Reply[list[DeletedVideo]](message="", data=deleted))


@routes.post(
    "/usage",
    response_model=Reply[Usage],
    summary="Where several videos are used, and what would be left without them. Changes nothing",
)
@needs(Permission.LIBRARY_READ)
@changes_nothing
def usage_of_several(services: Held, body: VideosToLookUp) -> Response:
    videos = frozenset(map(VideoId, body.videos))
    return views.as_response(Reply[Usage](message="", data=views.usage(services, videos)))


@routes.get(
    "/{video_id}/usage",
    response_model=Reply[Usage],
    summary="Where a video is used, and what would be left without it",
)
@needs(Permission.LIBRARY_READ)
def usage(services: Held, video_id: str) -> Response:
    videos = {services.library.get(VideoId(video_id)).id}
    return views.as_response(Reply[Usage](message="", data=views.usage(services, videos)))


@routes.get("/{video_id}", summary="A video, or a resumable upload shown as the video that it may become")
@needs(Permission.LIBRARY_READ)
async def get(services: Held, video_id: str) -> Reply[Video]:
    await services.library.reception.ask(VideoId(video_id))
    return _told(services, services.library.look_up(VideoId(video_id)))


@routes.patch("/{video_id}", summary="Rename a video")
@needs(Permission.LIBRARY_EDIT)
@does(Action.VIDEO_RENAME)
async def rename(services: Held, doing: Doing, video_id: str, body: Rename) -> Reply[Video]:
    before = services.library.name(VideoId(video_id))
    await services.library.rename(VideoId(video_id), body.name)
    doing.tell(before={"name": before}, after={"name": services.library.name(VideoId(video_id))})
    return _told(services, services.library.get(VideoId(video_id)), "The video was renamed.")


@routes.delete("/{video_id}", summary="Delete a video, also from every playlist; or an upload")
@needs(Permission.LIBRARY_EDIT)
@does(Action.VIDEO_DELETE)
async def delete(services: Held, video_id: str) -> Done:
    await services.reserve.helped(partial(services.library.delete, VideoId(video_id)))
    return Done(message="The video was deleted.")


@routes.post("/{video_id}/restore", summary="Restore a deleted video, also to its places in playlists")
@needs(Permission.LIBRARY_EDIT)
@does(Action.VIDEO_RESTORE)
async def restore(services: Held, video_id: str) -> Reply[Video]:
    video = await services.library.restore(VideoId(video_id))
    return _told(services, video, "The video was restored.")


@routes.post("/{video_id}/repackage", summary="Encode a video again")
@needs(Permission.LIBRARY_EDIT)
@does(Action.VIDEO_ENCODE)
async def repackage(services: Held, video_id: str) -> Reply[Video]:
    video = await services.library.repackage(VideoId(video_id))
    return _told(services, video, "The video is being encoded again.")


@routes.post("/{video_id}/cancel", summary="Cancel encoding a video")
@needs(Permission.LIBRARY_EDIT)
@does(Action.VIDEO_CANCEL)
async def cancel(services: Held, video_id: str) -> Reply[Video]:
    await services.library.cancel(VideoId(video_id))
    return _told(services, services.library.get(VideoId(video_id)), "Encoding was cancelled.")


def _told(services: Services, video: library.Video, message: str = "") -> Reply[Video]:
    return Reply(message=message, data=views.video(video, services.people.title_of))
