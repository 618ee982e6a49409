"""A playlist as it goes over the wire, made once and sent many times."""

import gzip
from functools import cached_property
from hashlib import blake2b

from starlette.types import Scope, Send

from insta_stream.delivery.http import COMMON, Headers, Reply, accepts_gzip, header, matches
from insta_stream.hls.continuity import without_uris

PLAYLIST_TYPE = b"application/vnd.apple.mpegurl"


class Page:
    """The bytes of a playlist (or of another text), plain and gzipped, with the headers of either.

    The entity tags are made of the content: every server that renders the same text gives the same tag.
    effort: of gzip, from 1 to 9.
    """

    def __init__(
        self,
        text: str | bytes,
        max_age_seconds: int,
        content_type: bytes = PLAYLIST_TYPE,
        *,
        effort: int = 6,
    ) -> None:
        self.plain = text.encode() if isinstance(text, str) else text
        self._effort = effort
        self._digest = blake2b(self.plain, digest_size=12).hexdigest().encode()
        self._content_type = content_type
        self._caching = (b"cache-control", b"public, max-age=%d" % max_age_seconds)

    @cached_property
    def likeness(self) -> int:
        """A number that the pages of all rungs have in common, as long as these list the same."""
        return hash(without_uris(self.plain))

    @cached_property
    def zipped(self) -> bytes:
        """The gzipped bytes, made when the first client wants them."""
        return gzip.compress(self.plain, compresslevel=self._effort, mtime=0)

    def etag(self, *, zipped: bool) -> bytes:
        """Return the strong entity tag of the plain or the gzipped bytes."""
        return b'"%b-gz"' % self._digest if zipped else b'"%b"' % self._digest

    def reply(self, scope: Scope) -> Reply:
        """Return the reply to a GET: the page, or that the client has it already."""
        is_zipped = accepts_gzip(header(scope, b"accept-encoding"))
        if matches(header(scope, b"if-none-match"), self.etag(zipped=is_zipped)):
            return Reply(304, self._validators(zipped=is_zipped), b"")
        return self._zipped_reply if is_zipped else self._plain_reply

    @cached_property
    def _plain_reply(self) -> Reply:
        return Reply(200, [*self._validators(zipped=False), *self._content(self.plain)], self.plain)

    @cached_property
    def _zipped_reply(self) -> Reply:
        coding = (b"content-encoding", b"gzip")
        headers = [*self._validators(zipped=True), *self._content(self.zipped), coding]
        return Reply(200, headers, self.zipped)

    def _validators(self, *, zipped: bool) -> Headers:
        """Headers of a 304, which a 200 has as well."""
        vary = (b"vary", b"Accept-Encoding")
        return [(b"etag", self.etag(zipped=zipped)), self._caching, vary, *COMMON]

    def _content(self, body: bytes) -> Headers:
        return [(b"content-type", self._content_type), (b"content-length", b"%d" % len(body))]


async def send_page(scope: Scope, send: Send, page: Page) -> None:
    """Answer a GET or HEAD with a page, or say that the client has it already."""
    reply = page.reply(scope)
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})
