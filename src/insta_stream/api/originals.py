"""The file that was uploaded, as it came."""

from datetime import UTC, datetime

from fastapi import Request
from starlette.responses import Response

from insta_stream.access.permission import Permission
from insta_stream.api.acts import changes_nothing
from insta_stream.api.callers import access_of
from insta_stream.api.files import File
from insta_stream.api.permits import needs, router
from insta_stream.api.services import Held, Services
from insta_stream.api.video_schemas import OriginalUrl
from insta_stream.api.wire import Reply
from insta_stream.errors import Unknown
from insta_stream.ids import VideoId
from insta_stream.library.video import Video

routes = router("/api/videos", "videos")


@routes.get("/{video_id}/original", summary="The uploaded file", response_class=Response)
@needs(Permission.LIBRARY_READ)
def original(services: Held, video_id: str) -> Response:
    video = _with_original(services, video_id)
    # Its content is a stranger's: a browser is to save it, never to show it.
    return File(
        services.folder.original(video.id), media_type="application/octet-stream", filename=video.name
    )


@routes.post("/{video_id}/original-url", summary="A URL for it that works without a token for five minutes")
@needs(Permission.LIBRARY_READ)
@changes_nothing
def original_url(services: Held, request: Request, video_id: str) -> Reply[OriginalUrl]:
    url, expires = access_of(request).links.sign(
        f"/api/videos/{_with_original(services, video_id).id}/original"
    )
    return Reply(message="", data=OriginalUrl(url=url, expires_at=datetime.fromtimestamp(expires, UTC)))


def _with_original(services: Services, video_id: str) -> Video:
    """Return a video whose file is there. Raises Unknown."""
    video = services.library.get(VideoId(video_id))
    if not services.folder.original(video.id).is_file():
        raise Unknown("The original file of this video is missing.", code="no_original")
    return video
