"""What goes over one connection, byte by byte: the short way, files, and clients that do not behave."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from tests.support.bare import IDLE_SECONDS, LIMIT, PAGE, bare
from tests.support.waiting import eventually

from insta_stream.delivery import connection

PACKAGE = "0123456789abcdef0123456789abcdef"
SEGMENT = f"/media/{PACKAGE}/720p/0.ts"
SIZE = 5_000_000
READY, ASKED = "/stream/ready.m3u8", "/stream/other.m3u8"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("packages")
    (root / PACKAGE / "720p").mkdir(parents=True)
    (root / PACKAGE / "720p" / "0.ts").write_bytes(bytes(range(251)) * (SIZE // 251))
    (root / "static" / "assets").mkdir(parents=True)
    (root / "static" / "assets" / "page.js").write_bytes(b"page();" * 1000)
    (root / "static" / "favicon.svg").write_bytes(b"<svg/>" * 1000)
    return root


@pytest.fixture(scope="module")
def segment(root: Path) -> bytes:
    return (root / PACKAGE / "720p" / "0.ts").read_bytes()


@pytest.fixture(scope="module")
def base(root: Path) -> Iterator[str]:
    with bare(root) as base:
        yield base


@contextmanager
def connected(base: str, *, receive_bytes: int | None = None) -> Iterator[socket.socket]:
    """Connect. What the server does must not take as long as it takes to hang up on the idle."""
    url = httpx.URL(base)
    with socket.socket() as raw:
        raw.settimeout(IDLE_SECONDS * 0.9)
        if receive_bytes is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        raw.connect((url.host, url.port or 80))
        yield raw


def request(path: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    head = (f"{method} {path} HTTP/{version}", "Host: x", *lines, "", "")
    return "\r\n".join(head).encode()


def read_all(raw: socket.socket) -> bytes:
    """Return everything up to the end of the connection."""
    pieces = []
    while piece := raw.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def replies(text: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Take replies with a content-length apart, as a client does."""
    found = []
    while text:
        head, _, text = text.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0))
        found.append((int(first.split()[1]), headers, text[:length]))
        text = text[length:]
    return found


LAST = "Connection: close"


def ask(base: str, *requests: bytes) -> list[tuple[int, dict[str, str], bytes]]:
    """Send all requests at once, of which the last one ends the connection."""
    with connected(base) as raw:
        raw.sendall(b"".join(requests))
        return replies(read_all(raw))


@pytest.mark.parametrize(
    "lines",
    [(), ("Accept-Encoding: gzip",), (f"If-None-Match: {PAGE.etag(zipped=False).decode()}",)],
    ids=["plain", "zipped", "unchanged"],
)
def test_the_short_way_tells_the_same_as_the_long_one(base: str, lines: tuple[str, ...]) -> None:
    short, long, _ = ask(base, request(READY, *lines), request(ASKED, *lines), request(ASKED, LAST))
    assert short[0] == long[0]
    assert short[2] == long[2]
    assert short[1].keys() == long[1].keys()
    assert {**short[1], "date": ""} == {**long[1], "date": ""}
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", short[1]["date"])


def test_requests_that_come_together_are_answered_in_order(base: str, segment: bytes) -> None:
    ready, asked, file = request(READY), request(ASKED), request(SEGMENT)
    found = ask(base, ready, file, ready, asked, ready, file, file, ready, request(ASKED, LAST))
    page = PAGE.plain
    assert [status for status, _, _ in found] == [200] * 9
    bodies = [body for _, _, body in found]
    assert bodies == [page, segment, page, page, page, segment, segment, page, page]


def test_a_request_may_come_in_pieces(base: str) -> None:
    with connected(base) as raw:
        for byte in request(READY, LAST):
            raw.sendall(bytes([byte]))
        assert replies(read_all(raw))[0][2] == PAGE.plain


def test_the_same_request_again_is_answered_again(base: str) -> None:
    with connected(base) as raw:
        for path in (READY, "/stream/sometimes.m3u8"):
            for _ in range(12):
                raw.sendall(request(path))
                assert _one_reply(raw)[2] == PAGE.plain
        for _ in range(3):
            raw.sendall(request(READY) * 2)
            assert [_one_reply(raw)[0], _one_reply(raw)[0]] == [200, 200]
        raw.sendall(request(READY, LAST))
        assert len(replies(read_all(raw))) == 1


def test_a_mistake_of_ours_is_not_taken_for_the_clients(root: Path, base: str) -> None:
    before = root.with_suffix(".log").read_text().count("ValueError: this playlist is broken")
    assert httpx.get(f"{base}/stream/broken.m3u8").status_code == 500
    assert root.with_suffix(".log").read_text().count("ValueError: this playlist is broken") == before + 1


def test_a_body_that_looks_like_the_request_before_it_is_a_body(base: str) -> None:
    with connected(base) as raw:
        raw.sendall(request(READY))
        assert _one_reply(raw)[0] == 200
        raw.sendall(request(READY, f"Content-Length: {len(request(READY))}", method="POST"))
        assert _one_reply(raw)[0] == 200
        raw.sendall(request(READY))
        raw.sendall(request(ASKED, LAST))
        assert len(replies(read_all(raw))) == 1


def test_a_body_that_looks_like_its_own_head_is_a_body(base: str) -> None:
    empty = request(READY, "Content-Length: 100", "X: ")
    head = request(READY, "Content-Length: 100", f"X: {'x' * (100 - len(empty))}")
    with connected(base) as raw:
        raw.sendall(head)
        assert _one_reply(raw)[0] == 200
        raw.sendall(head)
        raw.sendall(request(ASKED, LAST))
        assert len(replies(read_all(raw))) == 1


def test_the_end_of_a_body_is_none_of_the_next_request(base: str) -> None:
    with connected(base) as raw:
        raw.sendall(request(ASKED, "Content-Length: 5", method="POST"))
        assert _one_reply(raw)[0] == 200
        raw.sendall(b"abcde" + request(READY))
        assert _one_reply(raw)[0] == 200
        raw.sendall(b"abcde" + request(READY))
        assert read_all(raw).startswith(b"HTTP/1.1 400")


def test_what_is_asked_again_but_not_by_get_is_answered_as_before(base: str) -> None:
    with connected(base) as raw:
        for _ in range(3):
            raw.sendall(request(READY, method="HEAD"))
            assert _head(raw).startswith(b"HTTP/1.1 200")
        raw.sendall(request(READY, LAST))
        assert len(replies(read_all(raw))) == 1


def _head(raw: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += raw.recv(1)
    return head


def _one_reply(raw: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read one reply and nothing of the next one."""
    ((status, headers, _),) = replies(_head(raw))
    body = raw.recv(int(headers["content-length"]), socket.MSG_WAITALL)
    return status, headers, body


@pytest.mark.parametrize("path", [READY, f"{READY}?_HLS_msn=7", "/stream/re%61dy.m3u8"])
def test_http_1_0_gets_its_reply_and_the_end(base: str, path: str) -> None:
    with connected(base) as raw:
        raw.sendall(request(path, "Connection: keep-alive", version="1.0"))
        ((status, _, body),) = replies(read_all(raw))
    assert (status, body) == (200, PAGE.plain)


def test_a_body_that_nobody_asked_for_is_no_request(base: str) -> None:
    smuggled = request("/length", method="POST")
    first = request(READY, f"Content-Length: {len(smuggled)}") + smuggled
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(smuggled), smuggled)
    found = ask(base, first, request(READY, "Transfer-Encoding: chunked"), chunks, request(ASKED, LAST))
    assert [(status, body) for status, _, body in found] == [(200, PAGE.plain)] * 3


@pytest.mark.parametrize("length", [True, False], ids=["length", "chunks"])
@pytest.mark.parametrize("path", ["/length", READY])
def test_a_body_beside_an_upgrade_is_no_request(base: str, path: str, *, length: bool) -> None:
    smuggled = request(ASKED)
    upgrade = ("Connection: upgrade", "Upgrade: h2c")
    if length:
        head, body = request(path, *upgrade, f"Content-Length: {len(smuggled)}", method="POST"), smuggled
    else:
        head = request(path, *upgrade, "Transfer-Encoding: chunked", method="POST")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(smuggled), smuggled)
    with connected(base) as raw:
        raw.sendall(head + body)
        text = read_all(raw)
    assert text.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in text


def test_an_upgrade_that_is_not_to_be_had_is_left_out(base: str) -> None:
    found = ask(base, request(ASKED, "Connection: upgrade", "Upgrade: h2c"), request(ASKED, LAST))
    assert [status for status, _, _ in found] == [200, 200]


def test_a_whole_file_is_sent_by_its_path(base: str, tmp_path: Path) -> None:
    (file := tmp_path / "nine").write_bytes(b"123456789")
    assert ask(base, request(f"/files{file}", LAST))[0][2] == b"123456789"


ASSET, ICON = "/assets/page.js", "/favicon.svg"
ANYTHING = [
    pytest.param(path, headers, id=f"{path} {' '.join(headers)}")
    for path in (READY, ASKED, SEGMENT, ASSET, ICON, "/media/x", "/assets/x", "/status/200", "/status/404")
    for headers in ({}, {"range": "bytes=2-5"}, {"range": "bytes=99999999-"}, {"if-none-match": "*"})
]


@pytest.mark.parametrize(("path", "headers"), ANYTHING)
def test_the_answer_to_a_head_ends_with_its_head(base: str, path: str, headers: dict[str, str]) -> None:
    with closing(HTTPConnection(base.removeprefix("http://"), timeout=IDLE_SECONDS * 0.9)) as client:
        heads = [_asked(client, "HEAD", path, headers) for _ in range(2)]
        whole = _asked(client, "GET", path, {})
        assert [body for _, _, body in heads] == [b"", b""]
        assert heads[0][0] == heads[1][0]
        assert whole[2]
        if "if-none-match" not in headers:  # a range is one of GET alone
            assert heads[0][0] == whole[0]
            assert heads[0][1] in {whole[1], None}


def test_the_answer_to_a_head_of_a_file_by_its_path_ends_with_its_head(base: str, tmp_path: Path) -> None:
    (file := tmp_path / "nine").write_bytes(b"123456789")
    with closing(HTTPConnection(base.removeprefix("http://"), timeout=IDLE_SECONDS * 0.9)) as client:
        assert _asked(client, "HEAD", f"/files{file}", {}) == (200, "9", b"")
        assert _asked(client, "GET", f"/files{file}", {}) == (200, "9", b"123456789")


@pytest.mark.parametrize("path", [SEGMENT, ASSET, ICON])
@pytest.mark.parametrize(
    ("asked", "status"),
    [("bytes=2-5", 206), ("bytes=-4", 206), ("bytes=99999999-", 416), ("bytes=-0", 416)]
    + [
        (asked, 200)
        for asked in ("bytes=5-2", "bytes=", "lines=1", "bytes=0-1,3-4", "bytes=" + "0-0," * 9999)
    ],
)
def test_files_are_sent_in_part_alike(base: str, path: str, asked: str, status: int) -> None:
    whole = httpx.get(f"{base}{path}")
    size = len(whole.content)
    reply = httpx.get(f"{base}{path}", headers={"range": asked})
    assert reply.status_code == status
    assert reply.headers["accept-ranges"] == "bytes"
    if status == 416:
        assert reply.headers["content-range"] == f"bytes */{size}"
        assert reply.json()["code"] == "range_not_satisfiable"
    elif status == 206:
        start = 2 if asked == "bytes=2-5" else size - 4
        assert reply.content == whole.content[start : start + 4]
        assert reply.headers["content-range"] == f"bytes {start}-{start + 3}/{size}"
        other = httpx.get(f"{base}{path}", headers={"range": asked, "if-range": '"another"'})
        assert (other.status_code, other.content) == (200, whole.content)
    else:
        assert reply.content == whole.content


@pytest.mark.parametrize("path", [SEGMENT, ASSET, ICON])
def test_files_that_are_known_already_are_told_alike(base: str, path: str) -> None:
    whole = httpx.get(f"{base}{path}")
    for known in ("*", whole.headers["etag"], f"W/{whole.headers['etag']}", f'"x", {whole.headers["etag"]}'):
        reply = httpx.get(f"{base}{path}", headers={"if-none-match": known, "range": "bytes=0-1"})
        assert (reply.status_code, reply.content) == (304, b"")
        assert reply.headers["etag"] == whole.headers["etag"]
        assert reply.headers["cache-control"] == whole.headers["cache-control"]
        assert not {"content-length", "content-type"} & set(reply.headers)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none_whoever_answers(base: str, status: int) -> None:
    with closing(HTTPConnection(base.removeprefix("http://"), timeout=IDLE_SECONDS * 0.9)) as client:
        length = None if status == 204 else "4"
        for method in ("GET", "HEAD", "GET"):
            assert _asked(client, method, f"/status/{status}", {}) == (status, length, b"")
        assert _asked(client, "GET", ASKED, {})[2] == PAGE.plain


def _asked(
    client: HTTPConnection, method: str, path: str, headers: dict[str, str]
) -> tuple[int, str | None, bytes]:
    """Return status, Content-Length and body, on the connection that there is."""
    client.request(method, path, headers=headers)
    socket_before = client.sock
    reply = client.getresponse()
    body = reply.read()
    assert client.sock is socket_before, "the connection has ended"
    return reply.status, reply.headers["content-length"], body


def test_a_client_that_reads_slowly_holds_nobody_up_and_gets_all(base: str, segment: bytes) -> None:
    with connected(base) as raw:
        raw.sendall(request(SEGMENT) * 3 + request(SEGMENT, LAST))
        assert httpx.get(f"{base}{SEGMENT}").content == segment
        assert [body for _, _, body in replies(read_all(raw))] == [segment] * 4


def test_a_client_that_asks_on_and_reads_nothing_is_not_answered_into_memory(base: str) -> None:
    with connected(base) as raw:
        with pytest.raises(TimeoutError):
            raw.sendall(request(READY) * 200_000)
        assert httpx.get(f"{base}{READY}").content == PAGE.plain


def test_a_file_waits_for_what_was_written_before_it(base: str, segment: bytes) -> None:
    with connected(base, receive_bytes=4096) as raw:
        raw.sendall(request(READY) * 500 + request(SEGMENT) + request(READY, LAST))
        httpx.get(f"{base}{READY}")
        *pages, file, last = [body for _, _, body in replies(read_all(raw))]
    assert pages == [PAGE.plain] * 500
    assert (file, last) == (segment, PAGE.plain)


def test_a_client_that_vanishes_in_a_file_is_no_accident(root: Path, base: str) -> None:
    before = root.with_suffix(".log").read_text()
    for _ in range(20):
        with connected(base) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            raw.sendall(request(SEGMENT) * 4)
            raw.recv(1000)
    assert httpx.get(f"{base}{SEGMENT}").is_success
    assert root.with_suffix(".log").read_text() == before


def test_a_file_that_becomes_shorter_ends_the_connection(root: Path, base: str) -> None:
    path = root / PACKAGE / "720p" / "1.ts"
    path.write_bytes(bytes(40_000_000))
    with connected(base) as raw:
        raw.sendall(request(f"/media/{PACKAGE}/720p/1.ts"))
        raw.recv(1000)
        path.write_bytes(b"")
        assert len(read_all(raw)) < 40_000_000


def test_a_body_is_read_to_its_end(base: str) -> None:
    assert httpx.post(f"{base}/length", content=bytes(20_000_000)).text == "20000000"


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_read_slowly_is_sent_slowly(base: str, *, is_chunked: bool) -> None:
    pieces = [bytes(100_000)] * 200
    reply = httpx.post(f"{base}/largest", content=iter(pieces) if is_chunked else b"".join(pieces))
    assert 0 < int(reply.text) < 1_000_000  # and not all of it, in memory


def test_a_short_body_that_is_left_unread_costs_the_client_nothing(base: str) -> None:
    with httpx.Client(base_url=base) as client:
        for _ in range(2):
            assert client.post(SEGMENT, content=bytes(connection.MAX_UNREAD_BYTES)).status_code == 405


def test_who_goes_on_sending_after_the_reply_is_hung_up_on(base: str) -> None:
    with connected(base) as raw:
        raw.sendall(request(SEGMENT, f"Content-Length: {1 << 40}", method="POST"))
        with pytest.raises(ConnectionError):
            raw.sendall(bytes(100 * connection.MAX_UNREAD_BYTES))


def test_who_goes_on_sending_after_a_reply_at_once_is_hung_up_on(base: str) -> None:
    with connected(base) as raw:
        raw.sendall(request(READY, f"Content-Length: {1 << 40}"))
        with pytest.raises(ConnectionError):
            raw.sendall(bytes(50 * connection.MAX_UNREAD_BYTES))


@pytest.mark.parametrize("path", [READY, "/length"])
@pytest.mark.parametrize("end", [b"0\r\n" + b"X: y\r\n" * 1000, b"0\r\nX: ", b"5;x="])
def test_a_chunked_body_whose_end_never_ends_is_hung_up_on(base: str, path: str, end: bytes) -> None:
    method = "GET" if path == READY else "POST"
    with connected(base) as raw:
        raw.sendall(request(path, "Transfer-Encoding: chunked", method=method) + b"5\r\nhello\r\n" + end)
        more = b"X: y\r\n" if end.endswith(b"\n") else b"xxxxxx"
        with pytest.raises(ConnectionError):
            raw.sendall(more * 200 * connection.MAX_HEAD_BYTES)


@pytest.mark.parametrize("head", [b"GET /stream/ready.m3u8 HTTP/1.1\r\nHost: x\r\nX: ", b"GET /"])
def test_a_head_that_never_ends_is_hung_up_on(base: str, head: bytes) -> None:
    with connected(base) as raw:
        raw.sendall(head)
        with pytest.raises(ConnectionError):
            raw.sendall(b"x" * 1000 * connection.MAX_HEAD_BYTES)


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        ([b"GET /%b HTTP/1.1" % (b"x" * connection.MAX_URL_BYTES), b"Host: x"], 414, "url_too_long"),
        ([b"GET / HTTP/1.1", b"Host: x", *[b"X:"] * connection.MAX_HEADERS], 431, "too_many_headers"),
        ([b"GET / HTTP/1.1", b"Host: x", b"HOST: x"], 400, "bad_host"),
        ([b"GET / HTTX/1.1"], 400, "bad_request"),
        ([b"GET / HTTP/1.1", b"no header"], 400, "bad_request"),
        (
            [b"POST /length HTTP/1.1", b"Host: x", b"Transfer-Encoding: chunked", b"", b"zz"],
            400,
            "bad_request",
        ),
    ],
)
def test_what_is_refused_at_the_door_is_told_as_the_api_does(
    base: str, lines: list[bytes], status: int, code: str
) -> None:
    for before in (b"", request(READY), request(ASKED) + request(SEGMENT)):
        found = ask(base, before, b"\r\n".join([*lines, b"", b""]), request(READY))
        if before.count(b"\r\n\r\n") > 1:  # they are being answered: what came after them is dropped
            assert [each[0] for each in found] == [200, 200]
            continue
        told, headers, body = found[-1]
        assert (told, headers["content-type"], headers["connection"]) == (status, "application/json", "close")
        content = json.loads(body)
        assert (content["success"], content["code"], set(content)) == (
            False,
            code,
            {"success", "message", "code"},
        )
        assert len(found) == (2 if before else 1)


def test_a_head_that_is_refused_at_the_door_gets_no_body(base: str) -> None:
    with connected(base) as raw:
        raw.sendall(request("/", "Host: y", method="HEAD"))
        text = read_all(raw)
    assert text.startswith(b"HTTP/1.1 400 ")
    assert text.endswith(b"\r\n\r\n")


def test_a_websocket_is_not_opened_into_an_answer(base: str, segment: bytes) -> None:
    upgrade = ("Connection: upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    found = ask(base, request(SEGMENT), request("/api/events", *upgrade, key))
    assert [body for _, _, body in found] == [segment]


@pytest.mark.parametrize(
    ("path", "version", "status", "code"),
    [
        ("/api/events", 8, 400, "bad_handshake"),
        ("/assets/x", 13, 404, "unknown"),
        ("/length", 13, 500, "internal"),
    ],
)
def test_a_websocket_that_is_not_to_be_had_is_refused_as_the_api_does(
    base: str, path: str, version: int, status: int, code: str
) -> None:
    lines = [
        "Host: 127.0.0.1",
        "Connection: upgrade",
        "Upgrade: websocket",
        f"Sec-WebSocket-Version: {version}",
    ]
    lines.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    with connected(base) as raw:
        raw.sendall("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode())
        ((told, headers, body),) = replies(read_all(raw))
    assert (told, headers["content-type"], headers["cache-control"]) == (
        status,
        "application/json",
        "no-store",
    )
    content = json.loads(body)
    assert (content["success"], content["code"]) == (False, code)
    assert content["message"].endswith(".")


def test_a_long_head_is_read(base: str) -> None:
    line = f"X: {'x' * (connection.MAX_HEAD_BYTES - 1000)}"
    found = ask(base, *[request(READY, line)] * 5, request(ASKED, LAST))
    assert [status for status, _, _ in found] == [200] * 6


def test_what_is_no_http_is_refused_and_hung_up_on(base: str) -> None:
    with connected(base) as raw:
        raw.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert read_all(raw).startswith(b"HTTP/1.1 400")


def test_more_clients_than_there_is_room_for_are_hung_up_on(base: str) -> None:
    eventually(lambda: httpx.get(f"{base}{READY}").is_success)
    with ExitStack() as stack:
        crowd = [stack.enter_context(connected(base)) for _ in range(LIMIT + 5)]
        ends = [each for each in crowd if _is_hung_up(each)]
        assert 5 <= len(ends) <= 15  # the server may not have seen yet that clients of earlier tests are gone
    eventually(lambda: ask(base, request(READY, LAST)) != [])


def _is_hung_up(raw: socket.socket) -> bool:
    raw.sendall(request(READY))
    try:
        return raw.recv(100) == b""
    except ConnectionError:
        return True


def test_a_client_that_asks_for_nothing_is_hung_up_on(base: str, segment: bytes) -> None:
    began = time.monotonic()
    with ExitStack() as stack:
        silent, drips, polls, pauses = (stack.enter_context(connected(base)) for _ in range(4))
        pauses.sendall(request(SEGMENT) * 4 + request(READY, LAST))
        open_, asked_at = [silent, drips], began
        while open_:
            if time.monotonic() - asked_at > 1:
                asked_at = time.monotonic()
                polls.sendall(request(READY))
                assert polls.recv(100_000)
                if drips in open_:
                    drips.sendall(b"G" if asked_at - began < 2 else b"x")
            open_ = [each for each in open_ if not _has_ended(each)]
        assert IDLE_SECONDS - 1 < time.monotonic() - began < IDLE_SECONDS + 15
        polls.sendall(request(READY))
        assert polls.recv(100_000)
        assert [body for _, _, body in replies(read_all(pauses))] == [*[segment] * 4, PAGE.plain]


@pytest.mark.parametrize("path", [READY, SEGMENT])
def test_a_client_that_never_reads_is_hung_up_on(base: str, path: str) -> None:
    with connected(base, receive_bytes=4096) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        raw.settimeout(0.2)
        with suppress(TimeoutError):
            raw.sendall(request(path) * 20_000)
        eventually(lambda: _is_reset(raw))


def _is_reset(raw: socket.socket) -> bool:
    return raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def _has_ended(raw: socket.socket) -> bool:
    raw.settimeout(0.1)
    try:
        return raw.recv(1000) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True
