"""What airs and what has aired: as JSON, for spreadsheets, and for television software."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import Query, Request
from starlette.responses import Response, StreamingResponse

from insta_stream.access.action import Action
from insta_stream.access.passes import Viewer
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.api import views
from insta_stream.api.acts import does
from insta_stream.api.callers import Access, access_of
from insta_stream.api.channel_schemas import Airings, TvAddresses
from insta_stream.api.chunks import as_list, in_chunks
from insta_stream.api.listings import Programme, Station, m3u, xmltv
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.services import Held, Services, is_any_protected
from insta_stream.api.showings import Listed, find
from insta_stream.api.slugs import Slug
from insta_stream.api.spreadsheet import airings_csv
from insta_stream.api.wire import Reply
from insta_stream.channels.channel import Channel, Playback
from insta_stream.channels.history import KEEP_HISTORY
from insta_stream.delivery.admission import may_watch, viewer_of
from insta_stream.errors import BadRequest, Forbidden, WrongState
from insta_stream.ids import ChannelSlug
from insta_stream.library.titles import title_of
from insta_stream.ticks import (
    TICKS_PER_SECOND,
    Ticks,
    from_datetime,
    to_datetime,
)
from insta_stream.timeline.airings import aired, airings
from insta_stream.timeline.guide import listings
from insta_stream.turns import in_turns

HOUR = 3600 * TICKS_PER_SECOND
DAY = 24 * HOUR
LONGEST_RANGE = KEEP_HISTORY
FARTHEST = Ticks(366 * DAY)
MAX_AIRINGS = 5_000

USUAL_DAYS = 3
"""What television software shows of a guide without being told otherwise."""

MOST_DAYS = 14

MAX_LISTED = 50_000
"""As many showings the guide of all channels lists, which takes a thread some seconds: with many channels of
short clips it reaches less far ahead.
"""

_EPOCH_SECONDS = re.compile(r"[0-9]{1,11}")
_RANGE = "An ISO 8601 date-time with time zone, or seconds since 1970."

channel_routes = router("/api/channels/{slug}", "guide")
address_routes = router("/api", "guide")
listing_routes = router("", "guide")

From = Annotated[str | None, Query(alias="from", description=_RANGE, examples=["2026-11-22T20:00:00Z"])]
To = Annotated[str | None, Query(alias="to", description=_RANGE, examples=["1795464000"])]
Days = Annotated[
    int, Query(ge=1, le=MOST_DAYS, description="How many days ahead; fewer for many channels of short clips.")
]
Form = Annotated[
    Literal["json", "csv"],
    Query(alias="format", description="`csv`: a table for spreadsheets, with the whole range at once."),
]


@channel_routes.get(
    "/guide",
    response_model=Reply[Airings],
    summary="What will air; by default in the next 24 hours",
)
@needs(Permission.CHANNEL_VIEW)
def guide(services: Held, slug: Slug, begin: From = None, end: To = None, form: Form = "json") -> Response:
    now = services.clock.now()
    return _answer(services, slug, *_range(now, begin, end, Ticks(0), Ticks(DAY)), form=form)


@channel_routes.get(
    "/as-run",
    response_model=Reply[Airings],
    summary="What has aired; by default in the last 24 hours",
)
@needs(Permission.CHANNEL_VIEW)
def as_run(services: Held, slug: Slug, begin: From = None, end: To = None, form: Form = "json") -> Response:
    now = services.clock.now()
    first, last = _range(now, begin, end, Ticks(-DAY), Ticks(0))
    listed = partial(aired, now=now)
    return _answer(services, slug, first, max(first, min(last, now)), form=form, listed=listed)


@address_routes.get("/tv", response_model=Reply[TvAddresses], summary="The addresses for TV apps")
@needs(Permission.SERVER_READ)
def tv(caller: Caller, request: Request) -> Response:
    data = _addresses(access_of(request), caller)
    return views.as_response(Reply[TvAddresses](message="", data=data))


@address_routes.post("/tv/replace", summary="Replace the addresses for TV apps: the old ones end")
@needs(Permission.TOKENS_MANAGE)
@does(Action.TV_REPLACE)
async def replace_tv(services: Held, caller: Caller, request: Request) -> Reply[TvAddresses]:
    caller.require(Permission.SERVER_READ)  # the answer is that of the route before
    access = access_of(request)
    _addresses(access, caller)
    if access.is_open:
        raise WrongState(
            "There is nothing to replace: everyone may do everything on this server, so the addresses for TV "
            "apps have no secret. Add an admin first.",
            code="no_tv_secret",
        )
    if not access.has_tv_key:
        raise WrongState(
            "The addresses for TV apps come from this server's access token. Change `token` in its settings "
            "(or the file that `token_file` names) and restart it: then the old addresses stop working.",
            code="tv_secret_from_token",
        )
    await services.links.replace_tv()
    message = "TV apps need the new addresses: the old ones stop working within seconds."
    return Reply(message=message, data=_addresses(access, caller))


@listing_routes.get("/guide.xml", summary="The guide of all channels as XMLTV", response_class=Response)
@needs(Permission.CHANNEL_VIEW, on_any_channel=True)
def guide_xml(services: Held, caller: Caller, request: Request, days: Days = USUAL_DAYS) -> Response:
    base, viewer = _base(services, request), _viewer(services, request, caller)
    now = services.clock.now()
    channels = _seen(services, viewer)
    programmes = _programmes(services, channels, Ticks(now - 3 * HOUR), Ticks(now + days * DAY))
    pieces = xmltv((_station(channel, base, viewer) for channel in channels), programmes)
    return StreamingResponse(in_chunks(pieces), media_type="application/xml")


@listing_routes.get("/channels.m3u", summary="All channels, for TV apps", response_class=Response)
@needs(Permission.CHANNEL_VIEW, on_any_channel=True)
def channels_m3u(services: Held, caller: Caller, request: Request) -> Response:
    base, viewer = _base(services, request), _viewer(services, request, caller)
    links = access_of(request).tv
    stations = (_station(channel, base, viewer) for channel in _seen(services, viewer))
    folder = links.folder if viewer_of(request.scope) is None else viewer.folder
    pieces = m3u(stations, f"{base}{folder}/guide.xml")
    return StreamingResponse(in_chunks(pieces), media_type="audio/x-mpegurl; charset=utf-8")


def parse_instant(text: str, field: str) -> Ticks:
    """Return the instant that a query names. Raises BadRequest that names the field."""
    if _EPOCH_SECONDS.fullmatch(text):
        return Ticks(int(text) * TICKS_PER_SECOND)
    try:
        return from_datetime(datetime.fromisoformat(text.replace(" ", "+")))  # a "+" in a query means a space
    except (ValueError, OverflowError):
        raise BadRequest(
            f"`{field}` is neither an ISO 8601 date-time with time zone nor a number of seconds."
        ) from None


def _addresses(access: Access, caller: Principal) -> TvAddresses:
    """Return the addresses for TV apps. Raises Forbidden for whoever may not see all that they show."""
    if caller.channels is not None:
        raise Forbidden("The addresses for TV apps show all channels, and not all are yours.")
    folder = access.tv.folder
    return TvAddresses(
        channels=f"{folder}/channels.m3u", guide=f"{folder}/guide.xml", is_replaceable=access.has_tv_key
    )


def _range(
    now: Ticks, begin: str | None, end: str | None, before: Ticks, after: Ticks
) -> tuple[Ticks, Ticks]:
    """Return the range asked for. before, after: the usual one, from now. Raises BadRequest."""
    first = parse_instant(begin, "from") if begin is not None else Ticks(now + before)
    usual = first + (after - before) if begin is not None else now + after
    last = parse_instant(end, "to") if end is not None else Ticks(usual)
    if begin is None and end is not None and last <= first:
        first = Ticks(last - DAY)
    if not first <= last <= first + LONGEST_RANGE or abs(last - now) > FARTHEST:
        raise BadRequest("`to` must be later than `from`, by at most 30 days, and within a year from now.")
    return first, last


def _answer(
    services: Services, slug: ChannelSlug, begin: Ticks, end: Ticks, *, form: str, listed: Listed = airings
) -> Response:
    if form == "csv":
        return _csv(services, services.channels.get(slug), begin, end, listed)
    found = find(services, slug, begin, end, most=MAX_AIRINGS, listed=listed)
    texts = (views.airing(services, each).model_dump_json(by_alias=True) for each in found.airings)
    return as_list("airings", texts, views.texts(found.told([]), without="airings"))


def _csv(services: Services, channel: Channel, begin: Ticks, end: Ticks, listed: Listed) -> Response:
    found = (views.airing(services, airing) for airing in listed(channel.timeline, begin, end))
    days = f"{to_datetime(begin):%Y%m%d}-{to_datetime(end):%Y%m%d}"
    return StreamingResponse(
        airings_csv(channel.slug, found),
        media_type="text/csv",
        headers={"content-disposition": f'attachment; filename="{channel.slug}-{days}.csv"'},
    )


def _programmes(
    services: Services, channels: Sequence[Channel], begin: Ticks, end: Ticks
) -> Iterator[Programme]:
    """Yield what the channels list. What one leaves of its share of MAX_LISTED is for those after it."""
    left = MAX_LISTED
    for others, channel in zip(range(len(channels), 0, -1), channels, strict=True):
        for listing in listings(channel.timeline, begin, end, most=left // others):
            title = title_of(services.library.name(listing.video))
            yield Programme(channel.slug, title, listing.starts_at, listing.ends_at)
            left -= 1


def _viewer(services: Services, request: Request, caller: Principal) -> Viewer:
    """Return for whom a list is: whoever has the pass in the address, or asks."""
    if (viewer := viewer_of(request.scope)) is not None:
        return viewer
    if not is_any_protected(services):
        return Viewer(caller, "", signs_in=True)
    return access_of(request).as_viewer(caller)[0]


def _seen(services: Services, viewer: Viewer) -> list[Channel]:
    """Return the channels that somebody may see and watch."""
    may_see = partial(viewer.principal.may, Permission.CHANNEL_VIEW)
    return [
        each for each in in_turns(services.channels.all()) if may_see(each.slug) and may_watch(viewer, each)
    ]


def _station(channel: Channel, base: str, viewer: Viewer) -> Station:
    folder = "" if channel.playback is Playback.PUBLIC else viewer.folder
    address = f"{base}{folder}{views.stream_url(channel.slug)}"
    return Station(channel.slug, channel.number, channel.title, address)


def _base(services: Services, request: Request) -> str:
    """Return how this client reaches the server, without a slash at the end."""
    if services.public_url:
        return services.public_url.rstrip("/")
    return str(request.base_url).rstrip("/")
