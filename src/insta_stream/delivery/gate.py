"""Who may watch what. Everything a viewer asks for exists a second time under `/t/{pass}`: what stands in the
address is all that every player can show, and what is relative to it inherits it.

    /t/{pass}/stream/...                   playlists and documents, as without
    /t/{pass}/media/...                    segments and pictures of what the pass is for
    /t/{pass}/, /watch/..., /embed/...     the pages; they find out by themselves whether the pass is good
    /t/{pass}/channels.m3u, /guide.xml     the lists for TV apps
    /t/{pass}/allows/...                   nothing but whether it is: for a cache in front, which has the rest

As long as every channel is public, an address without a pass costs nothing here. Where one is not, these
show only what public channels do; whether there is another channel is not told.
"""

import time
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Receive, Scope, Send

from insta_stream.access.passes import Viewer, split
from insta_stream.access.permission import Permission
from insta_stream.channels.channel import Channel, Playback
from insta_stream.channels.slug import MAIN
from insta_stream.delivery.admission import FULL_PATH, VIEWER, may_watch, viewer_of
from insta_stream.delivery.http import Refusal, header, not_found, refuse, reply
from insta_stream.delivery.reach import Reach
from insta_stream.errors import Unknown
from insta_stream.ids import ChannelSlug, PackageId

PAGES = ("/watch/", "/embed/")

_HOME = "/"
_ALLOWS = "/allows"
_MEDIA, _STREAM = "/media/", "/stream/"
_FOLDERS = (_STREAM, _MEDIA, f"{_ALLOWS}/")
_LISTS = ("/channels.m3u", "/guide.xml")
_ALL_CHANNELS = "channels.json"
_MAIN_ENTRIES = ("stream.m3u8", "rewind.m3u8")
_PACKAGE = slice(len(_MEDIA), len(_MEDIA) + 32)
_PUBLIC = "public"

_KNOWN_SECONDS = 1.0
"""For so long what somebody may have is not looked up again, unless something has changed: passes end."""

_MOST_KNOWN = 16_384

_OVER = "This link is no longer valid. Ask whoever gave it to you for a new one."
_NOT_PUBLIC = (
    "There is no channel of this name that everyone can watch. Sign in, or use the link that you were given."
)
_ELSEWHERE = "This link works from one network address only, which is not yours."


class Registry(Protocol):
    """Who knows the channels, from memory."""

    def get(self, slug: str) -> Channel:
        """Return a channel. Raises Unknown."""

    def all(self) -> tuple[Channel, ...]:
        """Return the channels in order."""


class Callers(Protocol):
    """Who knows those that ask.

    edition: another object whenever what somebody may do can have changed.
    """

    @property
    def edition(self) -> object: ...

    def viewer(self, text: str) -> Viewer | None:
        """Return who asks with a pass; None for nobody."""

    def address(self, scope: Scope) -> str:
        """Return where a request comes from."""


@dataclass(frozen=True, slots=True)
class _Admission:
    """That an address opens a playlist. inner: without the pass. until: by the steady clock, in seconds."""

    inner: str
    edition: object
    until: float


class Gate:
    """Lets viewers in."""

    def __init__(self, channels: Registry, reach: Reach, callers: Callers) -> None:
        self._channels = channels
        self._reach = reach
        self._callers = callers
        self._public = {each.slug for each in channels.all() if each.playback is Playback.PUBLIC}
        self._protected = {each.slug for each in channels.all()} - self._public
        self._admitted: dict[str, _Admission] = {}

    def look_at(self, slug: ChannelSlug) -> None:
        """Take note that a channel was created, has changed, or was deleted."""
        self._reach.forget(slug)
        self._admitted.clear()
        self._public.discard(slug)
        self._protected.discard(slug)
        try:
            is_public = self._channels.get(slug).playback is Playback.PUBLIC
        except Unknown:
            return
        (self._public if is_public else self._protected).add(slug)

    def enter(self, scope: Scope) -> Scope:
        """Return the request without the pass in its path, and with who asks. Raises Refusal."""
        viewer, inner = self._entered(scope)
        told = {"path": inner, "raw_path": inner.encode(), FULL_PATH: scope["path"], VIEWER: viewer}
        return {**scope, **told}

    def admit_at_once(self, scope: Scope) -> Scope:
        """Return as much of a request for a playlist as is read where the reply is ready, without the pass:
        to copy all of it costs as much as the rest. Raises Refusal.
        """
        path: str = scope["path"]
        known = self._admitted.get(path)
        if known is None or known.edition is not self._callers.edition or known.until <= time.monotonic():
            known = self._admit(scope)
        return {"path": known.inner, "headers": scope["headers"], "client": scope["client"]}

    def _admit(self, scope: Scope) -> _Admission:
        """Find out whether an address opens a playlist, and keep that it does. Raises Refusal."""
        edition, until = self._callers.edition, time.monotonic() + _KNOWN_SECONDS
        viewer, inner = self._entered(scope)
        if not inner.startswith(_STREAM):
            raise not_found("There is nothing here.")
        self.check({"path": inner, VIEWER: viewer})
        admission = _Admission(inner, edition, until)
        if viewer is None or viewer.is_bound:
            return admission
        if len(self._admitted) >= _MOST_KNOWN:
            self._admitted.clear()
        self._admitted[scope["path"]] = admission
        return admission

    def _entered(self, scope: Scope) -> tuple[Viewer | None, str]:
        """Return who asks, None for nobody, and for what. Raises Refusal."""
        found = split(scope["path"])
        if found is None:
            raise not_found("There is nothing here.")
        viewer, inner = self._callers.viewer(found[0]), found[1]
        if inner == _HOME or inner.startswith(PAGES):
            return viewer, inner
        if viewer is None:
            raise Refusal(403, "link_over", _OVER)
        if not inner.startswith(_FOLDERS) and inner not in _LISTS:
            raise not_found("There is nothing here.")
        if viewer.address is not None and viewer.address != self._callers.address(scope):
            raise Refusal(403, "link_for_address", _ELSEWHERE)
        if viewer.site is not None:
            _check_site(scope, viewer.site)
        return viewer, inner

    def knows(self, path: str) -> bool:
        """Return whether a document is about a channel that is there, or about all of them."""
        slug = path.split("/", 3)[2]
        return slug == _ALL_CHANNELS or slug in self._public or slug in self._protected

    def check(self, scope: Scope) -> None:
        """Raise Refusal where who asks may not have a playlist or document."""
        if not self._protected:
            return
        path: str = scope["path"]
        slug = path.split("/", 3)[2]
        if slug in self._public or slug == _ALL_CHANNELS:
            return
        try:
            channel = self._channels.get(MAIN if slug in _MAIN_ENTRIES else slug)
        except Unknown:
            raise Refusal(404, "not_public", _NOT_PUBLIC) from None
        if not may_watch(viewer_of(scope), channel):
            raise Refusal(404, "not_public", _NOT_PUBLIC)

    async def check_media(self, scope: Scope) -> None:
        """Raise Refusal where who asks may not have a segment, a picture or the playlist of one video."""
        if not self._protected:
            return
        viewer = viewer_of(scope)
        if viewer is not None and viewer.principal.may(Permission.LIBRARY_READ):
            return
        path: str = scope["path"]
        package, is_picture = PackageId(path[_PACKAGE]), path.endswith(".jpg")
        if viewer is not None and self._shows_one(viewer, package, is_picture=is_picture):
            return
        if not await self._shows(viewer, package, is_picture=is_picture):
            raise not_found("There is no such file.")

    async def allow(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer whether who asks may have what stands behind `/allows` in the path."""
        del receive
        inner = {**scope, "path": scope["path"].removeprefix(_ALLOWS)}
        try:
            if inner["path"].startswith(_MEDIA):
                await self.check_media(inner)
            elif inner["path"].startswith(_STREAM):
                self.check(inner)
            else:
                raise not_found("There is nothing here.")
        except Refusal as refusal:
            # A cache in front understands nothing else as a no.
            await refuse(scope, send, Refusal(403, refusal.code, str(refusal)))
        else:
            await reply(send, 204, [(b"cache-control", b"no-store")])

    def _shows_one(self, viewer: Viewer, package: PackageId, *, is_picture: bool) -> bool:
        """Tell whether the only channel that a viewer may watch shows a package: so it is with links."""
        channels = viewer.principal.channels
        if channels is None or len(channels) != 1:
            return False
        (slug,) = channels
        try:
            channel = self._channels.get(slug)
        except Unknown:
            return False
        return may_watch(viewer, channel) and self._reach.shows(channel, package, is_picture=is_picture)

    async def _shows(self, viewer: Viewer | None, package: PackageId, *, is_picture: bool) -> bool:
        """Tell whether any channel that somebody may watch shows a package."""
        if viewer is None or not viewer.principal.may(Permission.CHANNEL_VIEW):
            viewer = None
        among = _PUBLIC if viewer is None else (viewer.principal.channels, viewer.signs_in, viewer.since)
        known = self._reach.known(among, package, is_picture=is_picture)
        if known is not None:
            return known
        return await self._reach.find(
            among, lambda channel: may_watch(viewer, channel), package, is_picture=is_picture
        )


def _check_site(scope: Scope, site: str) -> None:
    """Raise Refusal where a browser says that neither a page of this site asks, nor our player in one."""
    origin = header(scope, b"origin").decode("latin-1").lower()
    is_ours = origin.endswith(f"://{header(scope, b'host').decode('latin-1').lower()}")
    is_whole_page = PAGES[0].encode() in header(scope, b"referer")
    if origin != site and ((origin and not is_ours) or is_whole_page):
        raise Refusal(403, "link_for_site", f"This link plays only in pages of {site}.")
