"""Uploads: one multipart body, written to the disk as it comes, in constant memory.

Size and room are checked before the first byte is read, where the client says how long its body is, and with
every piece. Whatever goes wrong until the body is whole, nothing is left behind; from then on the upload goes
on, whatever becomes of this request, which waits for what some process finds in the file.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query, Request
from starlette.requests import ClientDisconnect

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.api import wire
from insta_stream.api.acts import Doing, does
from insta_stream.api.form import Form, Part
from insta_stream.api.patience import patiently
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.services import Held, Services
from insta_stream.api.video_schemas import Uploaded
from insta_stream.api.wire import Reply
from insta_stream.channels.slug import MAIN
from insta_stream.errors import BadRequest, InstaStreamError
from insta_stream.ids import AccountId, ChannelSlug, VideoId
from insta_stream.library.forms import Forms
from insta_stream.library.names import visible
from insta_stream.library.video import NOTICES
from insta_stream.library.writer import FormWriter

FIELD = "video"

SILENCE_SECONDS = 120.0

_FORM_BYTES = 4096
"""What the form around the file may take; the library counts the file itself to the byte."""

_BESIDES_BYTES = 1024 * 1024
"""What a form may hold besides the file, which nobody needs."""

_SHOWN = 40
"""Letters of a field's name that a refusal repeats."""

_LENGTH = re.compile(r"[0-9]{1,18}").fullmatch

routes = router("/api/upload", "videos")

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


@routes.post("", summary="Upload a video; it joins the playlist", openapi_extra=_FORM)
@needs(Permission.LIBRARY_UPLOAD)
@does(Action.VIDEO_UPLOAD)
async def upload(
    services: Held,
    request: Request,
    caller: Caller,
    doing: Doing,
    channel: Annotated[str, Query(description="The channel whose playlist it joins.")] = MAIN,
) -> Reply[Uploaded]:
    target = services.channels.get(channel)
    slug = target.slug
    doing.concerns("channel", slug, target.title)
    caller.require(Permission.CHANNEL_AIR, slug)
    id_ = await _receive(services, request, slug, caller.account)
    await services.library.forms.decided(id_)
    video = services.library.get(id_)
    doing.concerns("video", video.id, video.name)
    applied = await patiently(lambda: services.playlists.join(slug, id_))
    data = Uploaded(
        id=video.id,
        name=video.name,
        duration=wire.duration(video.duration),
        added_at=wire.moment(video.added_at),
        state=video.state,
        airable_at=wire.optional_moment(video.airable_at),
        effective_at=wire.moment(applied.effective_at),
    )
    notices = [caution.message for caution in video.cautions if caution.code in NOTICES]
    return Reply(message=" ".join([f"“{video.name}” was uploaded.", *notices]), data=data)


async def _receive(
    services: Services, request: Request, slug: ChannelSlug, owner: AccountId | None
) -> VideoId:
    """Return the upload that the body was. Raises BadRequest and whatever the library refuses."""
    forms = services.library.forms
    try:
        async with forms.receive(_length(request), channel=slug, owner=owner) as writer:
            await _read(request, forms, writer)
    except (InstaStreamError, ClientDisconnect):
        services.metrics.uploads_refused.inc()  # what is inspected is counted there
        raise
    return writer.id


async def _read(request: Request, forms: Forms, writer: FormWriter) -> None:
    """Write the file in the field `video`; small other fields are read over. Raises BadRequest, also where
    there is a second file: the reply tells of one video, and none is to be lost without a word.
    """
    form = Form(request.headers.get("content-type", ""))
    video: Part | None = None
    received, is_complete = 0, False
    async for chunk in pieces(request, SILENCE_SECONDS):
        for part, content, is_last in form.feed(chunk):
            # What browsers send for an input without a file has no name and nothing in it.
            if video is None and part.name == FIELD and (content or (part.filename and is_last)):
                video = part
                await forms.name(writer.id, part.filename or "")
            elif part is not video and content and (part.name == FIELD or part.filename):
                raise _surplus(part, has_video=video is not None)
            if part is video:
                await writer.write(content)
                is_complete = is_last
        received += len(chunk)
        if received - writer.size_bytes > _BESIDES_BYTES:
            raise BadRequest(
                "The form contains too much besides the file: send each file in a separate request.",
                code="bad_form",
            )
    if not is_complete:
        raise BadRequest(
            "The form does not contain a complete file in the field `video`.", code="missing_field"
        )


def _surplus(part: Part, *, has_video: bool) -> BadRequest:
    """Return the refusal of a file that is not the only one, or in a field that none is expected in."""
    if has_video:
        return BadRequest(
            "The form has more than one file. Send each in a separate request.", code="several_files"
        )
    return BadRequest(
        f"The form has a file in the field `{visible(part.name)[:_SHOWN]}`. Send it in the field `{FIELD}`.",
        code="missing_field",
    )


async def pieces(request: Request, silence_seconds: float) -> AsyncIterator[bytes]:
    """Yield a body as it comes. Raises BadRequest where nothing comes for so long: its sender may be gone
    without a word, and what it sent would stay for ever.
    """
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(silence_seconds):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise BadRequest("The upload stalled; send the file again.", code="incomplete_body") from error
        yield piece


def _length(request: Request) -> int:
    """Return how large the file must be at least, where the client says how long its body is."""
    text = request.headers.get("content-length", "")
    return max(0, int(text) - _FORM_BYTES) if _LENGTH(text) else 0
