"""Resumable uploads: a tus 1.0 server. Whatever can be refused is refused before the body is read.

https://tus.io/protocols/resumable-upload describes the protocol; docs/reference/api.md says what is ours: the
id of an upload is that of the video it becomes, and the outcome is told there.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.api import tus_headers as tus
from insta_stream.api import views
from insta_stream.api.acts import Doing, does
from insta_stream.api.guard import UPLOADS_PATH
from insta_stream.api.permits import Caller, Route, needs, router
from insta_stream.api.problems import problem, to_reply
from insta_stream.api.services import Held, Services
from insta_stream.api.upload import SILENCE_SECONDS, pieces
from insta_stream.api.video_schemas import Arrival
from insta_stream.api.wire import Reply, moment
from insta_stream.errors import BadRequest, Forbidden, InstaStreamError
from insta_stream.ids import ChannelSlug, VideoId
from insta_stream.library.names import NAMELESS
from insta_stream.library.part import ALGORITHMS

_STATELESS = frozenset({"OPTIONS", "GET"})
"""Methods that need not name the version: a HEAD comes here as a GET."""

_BAD_TYPE = f"The body of a resumable upload has the Content-Type {tus.BODY_TYPE}."


class _TusRoute(Route):
    """Checks the version first, and names it in every answer, errors included."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def versioned(request: Request) -> Response:
            response = _version_refusal(request) or await _answered(handle, request)
            response.headers["Tus-Resumable"] = tus.VERSION
            if response.status_code >= HTTPStatus.BAD_REQUEST and request.scope["http_version"] != "2":
                response.headers["Connection"] = "close"  # the body that was not read is still in the way
            return response

        return versioned


async def _answered(handle: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    try:
        return await handle(request)
    except InstaStreamError as error:
        return to_reply(error)


def _version_refusal(request: Request) -> Response | None:
    version = request.headers.get("tus-resumable")
    if version == tus.VERSION or (version is None and request.method in _STATELESS):
        return None
    message = f"This server speaks tus {tus.VERSION}: send the header Tus-Resumable: {tus.VERSION}."
    return problem(412, "tus_version", message, {"Tus-Version": tus.VERSION})


routes = router(UPLOADS_PATH, "uploads", _TusRoute)


def _needs(*names: str) -> dict[str, Any]:
    """Describe the headers that a request must have."""
    return {
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in names
        ]
    }


@routes.options("", summary="What this tus server supports", status_code=204, response_class=Response)
@needs(Permission.LIBRARY_UPLOAD)
async def options(services: Held) -> Response:
    return Response(
        status_code=204,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(services.library.reception.max_bytes),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@routes.post(
    "",
    summary="Create a resumable upload (tus)",
    status_code=201,
    response_class=Response,
    openapi_extra=_needs("Tus-Resumable", "Upload-Length"),
)
@needs(Permission.LIBRARY_UPLOAD)
@does(Action.UPLOAD_BEGIN)
async def begin(services: Held, caller: Caller, doing: Doing, request: Request) -> Response:
    headers = request.headers
    size_bytes = tus.length(headers)
    text = headers.get("upload-metadata", "")
    said = tus.metadata(text)
    channel = said.get("channel", "")
    if channel:
        slug = services.channels.get(ChannelSlug(channel)).slug
        caller.require(Permission.CHANNEL_AIR, slug)
    has_body = headers.get("content-type") == tus.BODY_TYPE
    if has_body:
        tus.checksum(headers.get("upload-checksum"))  # it can be understood
    name = said.get("filename") or said.get("name") or NAMELESS
    doing.concerns("upload", "", name)
    upload = await services.library.reception.begin(
        name, size_bytes, channel=channel, metadata=text, owner=caller.account
    )
    doing.concerns("upload", upload.id, upload.row.name)
    doing.tell(after={"bytes": size_bytes})
    if has_body:
        try:
            await _receive(services, request, upload.id, 0)
        except BaseException:
            with suppress(InstaStreamError):  # it is complete, or over
                await services.library.reception.end(upload.id)  # nobody was told of it
            raise
    facts = await _facts(services, upload.id)
    return Response(status_code=201, headers={"Location": f"{UPLOADS_PATH}/{upload.id}", **facts})


@routes.get("/{upload_id}", summary="An upload's progress, and whether its video has joined its playlist")
@needs(Permission.LIBRARY_UPLOAD)
async def get(services: Held, upload_id: str, response: Response) -> Reply[Arrival]:
    id_ = VideoId(upload_id)
    response.headers.update(await _facts(services, id_, is_look=True))
    video = services.library.look_up(id_)
    reception = services.library.reception
    data = Arrival(
        video=views.video(video, services.people.title_of),
        is_video=reception.find(id_) is None,
        channel_awaited=reception.channel_awaited(id_) or None,
    )
    return Reply(message="", data=data)


@routes.patch(
    "/{upload_id}",
    summary="Send the next bytes of an upload (tus)",
    status_code=204,
    response_class=Response,
    openapi_extra=_needs("Tus-Resumable", "Upload-Offset"),
)
@needs(Permission.LIBRARY_UPLOAD)
@does(Action.UPLOAD_FINISH)
async def append(services: Held, caller: Caller, doing: Doing, request: Request, upload_id: str) -> Response:
    headers, id_ = request.headers, VideoId(upload_id)
    await services.library.reception.ask(id_)
    _require_own(services, caller, id_)
    doing.is_told = False  # each of many pieces, or how it went astray
    if headers.get("content-type") != tus.BODY_TYPE:
        return problem(415, "bad_content_type", _BAD_TYPE)
    await _receive(services, request, id_, tus.number(headers, "Upload-Offset"))
    facts = await _facts(services, id_)
    upload = services.library.reception.find(id_)
    doing.is_told = upload is None or upload.is_complete
    return Response(status_code=204, headers=facts)


@routes.delete("/{upload_id}", summary="Remove an upload (tus)", status_code=204, response_class=Response)
@needs(Permission.LIBRARY_UPLOAD)
@does(Action.UPLOAD_CANCEL)
async def end(services: Held, caller: Caller, upload_id: str) -> Response:
    await services.library.reception.ask(VideoId(upload_id))
    _require_own(services, caller, VideoId(upload_id))
    await services.library.reception.end(VideoId(upload_id))
    return Response(status_code=204)


@routes.post("/{upload_id}", include_in_schema=False)
@needs(Permission.LIBRARY_UPLOAD)
@does(Action.UPLOAD_FINISH)
async def overridden(
    services: Held, caller: Caller, doing: Doing, request: Request, upload_id: str
) -> Response:
    """Do what a client wants that cannot send PATCH or DELETE (tus: X-HTTP-Method-Override)."""
    match request.headers.get("x-http-method-override", "").upper():
        case "PATCH":
            return await append(services, caller, doing, request, upload_id)
        case "DELETE":
            doing.action = Action.UPLOAD_CANCEL
            return await end(services, caller, upload_id)
        case _:
            allowed = {"Allow": "GET, HEAD, POST, PATCH, DELETE"}
            return problem(405, "method_not_allowed", "Send PATCH, HEAD or DELETE to an upload.", allowed)


def _require_own(services: Services, caller: Principal, id_: VideoId) -> None:
    """Raise Forbidden where an upload is another person's, for who may not edit what others have uploaded."""
    upload = services.library.reception.find(id_)
    if upload is None or upload.row.owner in {None, caller.account} or caller.may(Permission.LIBRARY_EDIT):
        return
    raise Forbidden("This upload is another person's.")


async def _receive(services: Services, request: Request, id_: VideoId, offset: int) -> None:
    """Write a body to an upload. What came of one that breaks off is kept."""
    size_bytes = tus.body_length(request.headers)
    checksum = tus.checksum(request.headers.get("upload-checksum"))
    async with services.library.reception.receive(id_, offset, size_bytes, checksum) as writer:
        try:
            async for piece in pieces(request, SILENCE_SECONDS):
                await writer.write(piece)
        except (ClientDisconnect, BadRequest):
            await writer.keep()
            raise
        await writer.finish()


async def _facts(services: Services, id_: VideoId, *, is_look: bool = False) -> dict[str, str]:
    """Return the headers that tell how far an upload is. Raises Unknown. is_look: with all that is known."""
    reception = services.library.reception
    await reception.ask(id_)
    if (upload := reception.find(id_)) is None:
        size = str(services.library.get(id_).size_bytes)  # a video has all its bytes
        return {"Upload-Offset": size, "Upload-Length": size}
    facts = {"Upload-Offset": str(upload.look())}
    facts["Upload-Expires"] = tus.http_date(moment(reception.expires_at(upload)))
    if is_look:
        if upload.row.is_form:
            facts["Upload-Defer-Length"] = "1"
        else:
            facts["Upload-Length"] = str(upload.row.size_bytes)
        if upload.row.metadata:
            facts["Upload-Metadata"] = upload.row.metadata
    return facts
