"""Who may watch: addresses for whoever asks, links for others, keys for those who make links themselves."""

from datetime import timedelta
from typing import Annotated

from fastapi import Request
from pydantic import AfterValidator, AwareDatetime, Field
from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.access.wall import wall_clock
from insta_stream.api import views
from insta_stream.api.acts import Doing, does
from insta_stream.api.callers import access_of
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.services import Held, Services, is_any_protected
from insta_stream.api.slugs import Slug
from insta_stream.api.wire import (
    Body,
    Done,
    Model,
    Moment,
    Reply,
    Title,
    moment,
    optional_iso,
    optional_moment,
)
from insta_stream.channels.channel import Playback
from insta_stream.db.playback import LinkRow, PlaybackKeyRow
from insta_stream.errors import BadRequest, Forbidden, WrongState
from insta_stream.ids import ChannelSlug
from insta_stream.origins import plain_origin
from insta_stream.proxies import customer_named
from insta_stream.ticks import from_datetime, to_datetime

LONGEST = timedelta(days=3650)


def _site(text: str) -> str:
    try:
        return plain_origin(text)
    except ValueError:
        raise ValueError("give the address of a site, such as https://example.org, without a path") from None


def _address(text: str) -> str:
    try:
        return customer_named(text.strip())
    except ValueError:
        raise ValueError("give one network address, such as 203.0.113.7 or 2001:db8::/64") from None


routes = router("/api/playback", "playback")
link_routes = router("/api/channels/{slug}/links", "playback")


class Folder(Model):
    """Under which addresses whoever asks may watch all that they may see."""

    folder: str = Field(
        description='To be put before addresses that begin with `/stream/` or `/media/`; "" as long as every '
        "channel is for everyone. With `library:read` it opens all of /media/.",
        examples=["/t/eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"],
    )
    expires_at: Moment | None = Field(
        description="null for as long as what was shown is valid. It ends sooner with the session."
    )


class NewLink(Body):
    """A link to make."""

    label: Title = Field(description="Whom it is for, to know it by.", examples=["Grandma"])
    expires_at: AwareDatetime | None = Field(
        None, description="null for not before it is ended.", examples=["2027-01-31T20:00:00Z"]
    )
    site: Annotated[str, AfterValidator(_site)] | None = Field(
        None, max_length=255, description="In whose pages alone it plays.", examples=["https://example.org"]
    )
    address: Annotated[str, AfterValidator(_address)] | None = Field(
        None,
        max_length=64,
        description="From which network address alone it works; of IPv6 the network of 64 bits, "
        "which may be written as `2001:db8::/64`.",
        examples=["203.0.113.7"],
    )


class Link(Model):
    """A link that lets whoever has it watch a channel."""

    id: str
    label: str
    folder: str = Field(description="To be put before `/watch/…`, `/embed/…` and `/stream/…`.")
    created_at: Moment
    expires_at: Moment | None
    by: str | None = Field(description="The name of whoever made it; null if with the server's token.")
    site: str | None
    address: str | None


class LinkList(Model):
    """The newest links of a channel that have not ended. total: how many there are."""

    links: list[Link]
    total: int


class NewKey(Body):
    """A key to make."""

    label: Title = Field(description="Who gets it, to know it by.", examples=["Our website"])
    channel: str | None = Field(None, description="For which channel it makes links; null for all.")


class PlaybackKey(Model):
    """A key with which links are made."""

    id: str = Field(description="The `kid` of its links.")
    label: str
    is_own: bool = Field(description="Whether this server makes its links with it.")
    channel: str | None
    created_at: Moment


class KeyList(Model):
    """The keys, newest first."""

    keys: list[PlaybackKey]


class IssuedKey(PlaybackKey):
    """A new key."""

    secret: str = Field(description="With which links are signed. It is not told again.")


@routes.get("", response_model=Reply[Folder], summary="Where whoever asks may watch all that they may see")
@needs(Permission.CHANNEL_VIEW, on_any_channel=True)
def folder(services: Held, caller: Caller, request: Request) -> Response:
    if is_any_protected(services):
        viewer, expires_at = access_of(request).as_viewer(caller)
        data = Folder(folder=viewer.folder, expires_at=optional_moment(expires_at))
    else:
        data = Folder(folder="", expires_at=None)
    return views.as_response(Reply[Folder](message="", data=data))


@link_routes.get("", summary="The links of a channel, newest first")
@needs(Permission.CHANNEL_SETTINGS)
async def list_links(services: Held, slug: Slug) -> Reply[LinkList]:
    rows, total = await services.links.of(services.channels.get(slug).slug)
    return Reply(message="", data=LinkList(links=[_link(services, row) for row in rows], total=total))


@link_routes.post("", status_code=201, summary="Make a link with which a channel can be watched")
@needs(Permission.CHANNEL_SETTINGS)
@does(Action.LINK_CREATE)
async def make_link(services: Held, slug: Slug, caller: Caller, doing: Doing, body: NewLink) -> Reply[Link]:
    doing.concerns("link", "", body.label)
    channel = services.channels.get(slug)
    if channel.playback is not Playback.LINK:
        raise WrongState(
            "Links are for channels that people with a link can watch. Change who can watch this one first.",
            code="not_by_link",
        )
    expires_at = None if body.expires_at is None else from_datetime(body.expires_at)
    now = wall_clock()
    if expires_at is not None and not now < expires_at <= from_datetime(to_datetime(now) + LONGEST):
        raise BadRequest("`expiresAt` must be in the future, within ten years.", code="bad_expiry")
    row = await services.links.make(
        channel.slug,
        body.label,
        expires_at,
        site=body.site,
        address=body.address,
        account=caller.account,
        since=channel.created_at,
    )
    doing.concerns("link", row.id, row.label)
    doing.tell(after={"site": row.site, "address": row.address, "expires": optional_iso(row.expires_at)})
    return Reply(message="The link was made.", data=_link(services, row))


@link_routes.delete("", summary="End every link of a channel")
@needs(Permission.CHANNEL_SETTINGS)
@does(Action.LINK_END_ALL)
async def end_links(services: Held, slug: Slug, doing: Doing) -> Done:
    count = await services.links.end_all(services.channels.get(slug).slug)
    doing.tell(before={"links": count})
    return Done(message="No link was left to end." if count == 0 else f"Ended links: {count}.")


@link_routes.delete("/{link_id}", summary="End a link")
@needs(Permission.CHANNEL_SETTINGS)
@does(Action.LINK_END)
async def end_link(services: Held, slug: Slug, link_id: str) -> Done:
    await services.links.end(services.channels.get(slug).slug, link_id)
    return Done(message="The link has ended.")


@routes.get("/keys", response_model=Reply[KeyList], summary="The keys with which links are made")
@needs(Permission.TOKENS_MANAGE)
def list_keys(services: Held) -> Response:
    data = KeyList(keys=[_key(row) for row in services.links.every_key()])
    return views.as_response(Reply[KeyList](message="", data=data))


@routes.post("/keys", status_code=201, summary="Make a key for whoever makes links without this server")
@needs(Permission.TOKENS_MANAGE)
@does(Action.KEY_CREATE)
async def make_key(services: Held, caller: Caller, doing: Doing, body: NewKey) -> Reply[IssuedKey]:
    doing.concerns("key", "", body.label)
    slug = None if body.channel is None else services.channels.get(body.channel).slug
    if not caller.covers(_who_makes_links(slug)):
        raise Forbidden("A key cannot be for more channels than you may change the settings of.")
    row = await services.links.make_key(body.label, slug)
    doing.concerns("key", row.id, row.label)
    doing.tell(after={"channel": slug or "all"})
    data = IssuedKey(**dict(_key(row)), secret=row.secret)
    return Reply(message="Copy the secret now: it is not shown again.", data=data)


@routes.delete("/keys/{key_id}", summary="End a key, and every link that was made with it")
@needs(Permission.TOKENS_MANAGE)
@does(Action.KEY_END)
async def end_key(services: Held, doing: Doing, key_id: str) -> Done:
    if any(key.is_own and key.id == key_id for key in services.links.every_key()):
        doing.action = Action.LINK_END_EVERY
    await services.links.end_key(key_id)
    return Done(message="The key, and every link that was made with it, has ended.")


def _who_makes_links(channel: ChannelSlug | None) -> Principal:
    """Return who makes links to a channel, None for all."""
    channels = None if channel is None else frozenset({channel})
    return Principal(frozenset({Permission.CHANNEL_SETTINGS}), channels)


def _link(services: Services, row: LinkRow) -> Link:
    return Link(
        id=row.id,
        label=row.label,
        folder=services.links.folder(row),
        created_at=moment(row.created_at),
        expires_at=optional_moment(row.expires_at),
        by=services.people.name(row.account),
        site=row.site,
        address=row.address,
    )


def _key(row: PlaybackKeyRow) -> PlaybackKey:
    return PlaybackKey(
        id=row.id,
        label=row.label,
        is_own=row.is_own,
        channel=row.channel,
        created_at=moment(row.created_at),
    )
