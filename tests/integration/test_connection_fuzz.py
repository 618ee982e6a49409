"""Streams of good and broken pieces of HTTP, in one piece and in many: the server sees the same requests.

What it should see is told by two parsers: the one it is built on, fed at one go and without what our
connection does (slices, the short way, refusals), and h11, which shares nothing with it.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import h11
import httptools
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.bare import PAGE, bare, what_is_seen
from tests.support.depth import examples

STREAMS = 60

READY = b"/stream/ready.m3u8"
"""It is answered on the short way, with the page that all get but those who ask for /seen."""

LAST = b"GET /seen/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
REFUSALS = frozenset({400, 414, 431})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.URL]:
    root = tmp_path_factory.mktemp("bare")
    with bare(root) as base:
        yield httpx.URL(base)
    assert "Traceback" not in root.with_suffix(".log").read_text()


# --- what is sent

TARGETS = (b"/seen", b"/seen/a?b=c", b"/seen/%2e%2e/%00", b"/seen?" + b"x" * 3000, b"/seen/a?b?c")
ODD_TARGETS = (b"/seen#a", b"http://x/seen", b"*", b"", b"/se en", b"/seen\x80", b"//seen", b"x:1")
HEADERS = (
    b"Accept: */*",
    b"X: " + b"y" * 2000,
    b"X:",
    b"Expect: 100-continue",
    b"Connection: keep-alive",
    b"Cookie: a",
)
ODD_HEADERS = (
    b"HOST: y",
    b"Host: x",
    b"Host:",
    b"X : y",
    b" folded",
    b"no colon",
    b": no name",
    b"X: a\0b",
    b"X: a\nY: b",
    b"X: a\rY: b",
    b"Connection: close",
    b"Connection: upgrade\r\nUpgrade: h2c",
    b"Content-Length: 3",
    b"Content-Length: +3",
    b"Content-Length: 3, 3",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, gzip",
    b"Transfer-Encoding:\x0bchunked",
)
RUBBISH = (
    b"\r\n",
    b"\n",
    b"\r",
    b"0\r\n\r\n",
    b"\x16\x03\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET",
    b"\0",
    b"HTTP/1.1 200 OK\r\n\r\n",
)
METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS", b"DELETE")
VERSIONS = (b"1.1",) * 12 + (b"1.0", b"0.9", b"2.0", b"1.2", b"11", b"")
# What a body has in it is a request, to one who takes its end for another.
CONTENTS = st.binary(max_size=80) | st.sampled_from((LAST, LAST * 3, b"\r\n\r\n", b"0\r\n\r\n"))


def one_in(count: int) -> st.SearchStrategy[bool]:
    return st.integers(1, count).map(lambda drawn: drawn == count)


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    """Return a body in chunks, of sizes as nobody writes them; one in a few is broken."""
    pieces = []
    for content in draw(st.lists(CONTENTS.filter(len), max_size=3)):
        size = draw(st.sampled_from((b"%x", b"%X", b"000%x", b"%x;a=b", b'%x;a="b;c"', b"%x "))) % len(
            content
        )
        pieces.append(size + b"\r\n" + content + b"\r\n")
    pieces.append(draw(st.sampled_from((b"0\r\n\r\n", b"0\r\n\r\n", b"00\r\n\r\n", b"0\r\nX: y\r\n\r\n"))))
    if draw(one_in(6)):
        place = draw(st.integers(0, len(pieces) - 1))
        odd = (
            b"",
            b"zz\r\n",
            b"-1\r\na\r\n",
            b"5\r\nabc\r\n",
            b"1\nx\n",
            b"ffffffffffffffffff\r\n",
            b"0x1\r\na\r\n",
            b"1\r\nab",
        )
        pieces[place] = draw(st.sampled_from(odd))
    return b"".join(pieces)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Return one request: mostly a good one."""
    if draw(one_in(15)):
        rubbish: bytes = draw(st.sampled_from(RUBBISH))
        return rubbish
    if draw(one_in(3)):
        return b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % READY
    target = draw(st.sampled_from(ODD_TARGETS if draw(one_in(20)) else TARGETS))
    lines = [b"%b %b HTTP/%b" % (draw(st.sampled_from(METHODS)), target, draw(st.sampled_from(VERSIONS)))]
    lines += [b"Host: x", *draw(st.lists(st.sampled_from(HEADERS), max_size=2))]
    body = b""
    match draw(st.integers(0, 3)):
        case 0:
            body = draw(CONTENTS)
            lines.append(b"Content-Length: %d" % len(body))
        case 1:
            body = draw(chunks())
            lines.append(b"Transfer-Encoding: chunked")
    if draw(one_in(5)):
        lines.insert(draw(st.integers(1, len(lines))), draw(st.sampled_from(ODD_HEADERS)))
    end: bytes = draw(st.sampled_from((b"\r\n",) * 20 + (b"\n",)))
    return end.join([*lines, b"", b""]) + body


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    stream: bytes = b"".join(draw(st.lists(messages(), min_size=1, max_size=5))) + LAST
    if draw(one_in(6)):
        place = draw(st.integers(0, len(stream) - 1))
        stream = (
            stream[:place]
            + draw(st.binary(min_size=1, max_size=2))
            + stream[place + draw(st.integers(0, 2)) :]
        )
    return stream


# --- what is to be seen of it


@dataclass(frozen=True)
class Expected:
    """Requests in order, and their end.

    methods: one more than requests where one is refused. is_cut: the body of the last one was not read.
    """

    requests: tuple[bytes, ...]
    methods: tuple[str, ...]
    is_refused: bool
    is_ended: bool
    is_cut: bool


def seen(method: str, target: bytes, body: bytes) -> bytes:
    url = httptools.parse_url(target)
    return what_is_seen(method, (url.path or b"") + b"?" + (url.query or b""), body)


class Reference:
    """What the parser tells that our connection is built on, in one go."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.methods: list[str] = []
        self.is_refused = self.is_ended = self.is_cut = False
        self._parser = httptools.HttpRequestParser(self)
        self._url = self._body = b""
        self._headers: list[bytes] = []
        self._is_last = self._is_message = False

    def read(self, stream: bytes) -> Expected:
        while stream and not self.is_ended:
            try:
                self._parser.feed_data(stream)
                break
            except httptools.HttpParserUpgrade as upgrade:
                stream = stream[upgrade.args[0] :]
                # The parser does not read a body beside an upgrade: what follows is no request.
                self.is_cut = bool({b"content-length", b"transfer-encoding"} & {*self._headers})
                self.is_ended |= self.is_cut
            except httptools.HttpParserError:
                if not self.is_ended:
                    self.is_refused = self.is_ended = True
                    self.methods.append(self._parser.get_method().decode() if self._is_message else "GET")
        requests, methods = tuple(self.requests), tuple(self.methods)
        return Expected(requests, methods, self.is_refused, self.is_ended, self.is_cut)

    def on_message_begin(self) -> None:
        self._url, self._body, self._headers = b"", b"", []
        self._is_message = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, _: bytes) -> None:
        self._headers.append(name.lower())

    def on_headers_complete(self) -> None:
        if self._headers.count(b"host") > 1:
            raise ValueError("two hosts")
        httptools.parse_url(self._url)
        self._is_last = self._parser.get_http_version() == "1.0" or not self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._is_message = False
        if self.is_ended:
            return
        method = self._parser.get_method().decode()
        self.requests.append(seen(method, self._url, self._body))
        self.methods.append(method)
        self.is_ended = self._is_last


def read_by_h11(stream: bytes) -> tuple[list[bytes], bool]:
    """Return the requests that h11 sees, and whether it found a fault."""
    found: list[bytes] = []
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    parser.receive_data(stream)
    method, target, body, version = "", b"", b"", b""
    try:
        while (event := parser.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            match event:
                case h11.Request():
                    method, target, body = event.method.decode(), event.target, b""
                    version = event.http_version
                case h11.Data():
                    body += event.data
                case h11.EndOfMessage():
                    found.append(seen(method, target, body))
                    parser.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                    parser.send(h11.EndOfMessage())
                    if parser.our_state is not h11.DONE:
                        return found, version not in {b"1.0", b"1.1"}
                    parser.start_next_cycle()
    except (h11.RemoteProtocolError, httptools.HttpParserInvalidURLError):
        return found, True
    return found, False


# --- what comes of it


@dataclass(frozen=True)
class Reply:
    status: int
    seen: bytes
    body: bytes


def replies(text: bytes, methods: Sequence[str]) -> list[Reply]:
    """Take what a server sent apart, as h11 does for a client: each is the reply to one of these requests."""
    found: list[Reply] = []
    for method in methods:
        if not text:
            break
        parser = h11.Connection(h11.CLIENT)
        parser.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
        parser.send(h11.EndOfMessage())
        parser.receive_data(text)
        head: h11.Response | None = None
        body = b""
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            if event in (h11.NEED_DATA, h11.PAUSED):
                return found
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
        assert head is not None
        said = dict(head.headers).get(b"x-seen", b"")
        found.append(Reply(head.status_code, said, body))
        text = parser.trailing_data[0]
    assert not text, "more came than was asked for"
    return found


def exchanged(base: httpx.URL, pieces: Sequence[bytes], expected: Expected) -> list[Reply]:
    """Send pieces; return the replies once the server hung up, or told all that it can know by then."""
    text = b""
    with socket.create_connection((base.host, base.port or 80), timeout=30) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):  # it may hang up before the end
            for piece in pieces:
                raw.sendall(piece)
        with suppress(ConnectionResetError):
            while expected.is_ended or len(replies(text, expected.methods)) < len(expected.requests):
                if not (piece := raw.recv(1 << 16)):
                    break
                text += piece
    return replies(text, expected.methods)


def check(base: httpx.URL, pieces: Sequence[bytes], expected: Expected) -> None:
    found = exchanged(base, pieces, expected)
    told = found[: len(expected.requests)]
    wanted = [each if each.split()[1].startswith(b"/seen") else b"" for each in expected.requests]
    assert [(reply.status, reply.seen) for reply in told] == [(200, each) for each in wanted]
    assert {reply.body for reply in told} <= {b"", b"seen", PAGE.plain}
    for refusal in found[len(told) :]:  # none where the replies before it were not on their way yet
        assert expected.is_refused
        assert refusal.status in REFUSALS
        assert b'"success":false' in refusal.body.replace(b" ", b"") or expected.methods[-1] == "HEAD"


@settings(max_examples=examples(STREAMS), suppress_health_check=list(HealthCheck))
@given(streams(), st.lists(st.integers(0, 9999), max_size=4))
def test_the_same_requests_are_seen_however_they_come(
    base: httpx.URL, stream: bytes, cuts: list[int]
) -> None:
    expected = Reference().read(stream)
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    for pieces in (
        [stream],
        [stream[begin:end] for begin, end in pairwise(places)],
        [bytes([each]) for each in stream],
    ):
        check(base, pieces, expected)


@settings(max_examples=examples(5 * STREAMS))
@given(streams())
def test_another_parser_sees_the_same(stream: bytes) -> None:
    """Up to where one of them finds a fault: requests that only one of two servers sees can be smuggled."""
    ours, (theirs, is_faulty) = Reference().read(stream), read_by_h11(stream)
    count = min(len(ours.requests), len(theirs))
    whole = count - 1 if ours.is_cut else count
    assert list(ours.requests[:whole]) == theirs[:whole]
    assert count == len(ours.requests) or is_faulty
    assert count == len(theirs) or ours.is_ended
