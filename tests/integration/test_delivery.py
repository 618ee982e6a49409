"""Segments and pictures over real connections: the rules of HTTP that players and caches rely on."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.bare import bare

from insta_stream.hls import mpegts

PACKAGE = "0123456789abcdef0123456789abcdef"
SEGMENT = f"/media/{PACKAGE}/720p/0.ts"
JOIN = f"/media/{PACKAGE}/720p/1.join.ts"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, bundled_ffmpeg: Path) -> Path:
    folder = tmp_path_factory.mktemp("stream")
    rendition = folder / PACKAGE / "720p"
    rendition.mkdir(parents=True)
    source = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-f", "lavfi", "-i", "sine=r=48000:d=4"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac"]
    cutting = ["-f", "segment", "-segment_time", "2", "-segment_format", "mpegts"]
    subprocess.run(
        [str(bundled_ffmpeg), "-v", "error", *source, *coding, *cutting, "-y", str(rendition / "%d.ts")],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    (folder / PACKAGE / "poster.jpg").write_bytes(b"\xff\xd8 a picture \xff\xd9")
    (folder / "secret.ts").write_bytes(b"not for you")
    (folder / PACKAGE / "1080p").mkdir()
    (folder / PACKAGE / "1080p" / "0.ts").mkdir()
    return folder


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[httpx.Client]:
    with bare(root) as base, httpx.Client(base_url=base) as client:
        yield client


@pytest.fixture(scope="module")
def segment(root: Path) -> bytes:
    return (root / PACKAGE / "720p" / "0.ts").read_bytes()


def test_a_segment_is_sent_whole_and_may_be_kept_for_ever(client: httpx.Client, segment: bytes) -> None:
    reply = client.get(SEGMENT)
    assert reply.status_code == 200
    assert reply.content == segment
    assert reply.headers["content-type"] == "video/mp2t"
    assert reply.headers["content-length"] == str(len(segment))
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in reply.headers


def test_a_query_string_changes_nothing(client: httpx.Client, segment: bytes) -> None:
    assert client.get(SEGMENT, params={"session": "1", "_HLS_msn": "7"}).content == segment


def test_head_tells_the_same_without_the_bytes(client: httpx.Client) -> None:
    get, head = client.get(SEGMENT), client.head(SEGMENT)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("bytes=0-187", 0, 188), ("bytes=188-", 188, None), ("bytes=-376", -376, None), ("bytes=5-5", 5, 6)],
)
def test_a_range_gives_exactly_these_bytes(
    client: httpx.Client, segment: bytes, asked: str, begin: int, end: int | None
) -> None:
    reply = client.get(SEGMENT, headers={"range": asked})
    expected = segment[begin:end]
    first = begin % len(segment)
    assert reply.status_code == 206
    assert reply.content == expected
    assert reply.headers["content-length"] == str(len(expected))
    assert reply.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(segment)}"


def test_a_range_past_the_end_is_416_with_the_size(client: httpx.Client, segment: bytes) -> None:
    reply = client.get(SEGMENT, headers={"range": f"bytes={len(segment)}-"})
    assert reply.status_code == 416
    assert reply.headers["content-range"] == f"bytes */{len(segment)}"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["access-control-allow-origin"] == "*"


def test_several_ranges_give_the_whole_file(client: httpx.Client, segment: bytes) -> None:
    reply = client.get(SEGMENT, headers={"range": "bytes=0-1,4-5"})
    assert (reply.status_code, reply.content) == (200, segment)


def test_if_range_guards_the_range(client: httpx.Client, segment: bytes) -> None:
    etag = client.head(SEGMENT).headers["etag"]
    same = client.get(SEGMENT, headers={"range": "bytes=0-9", "if-range": etag})
    other = client.get(SEGMENT, headers={"range": "bytes=0-9", "if-range": '"another"'})
    assert (same.status_code, same.content) == (206, segment[:10])
    assert (other.status_code, other.content) == (200, segment)


def test_a_known_entity_tag_is_answered_without_the_bytes(client: httpx.Client) -> None:
    etag = client.head(SEGMENT).headers["etag"]
    reply = client.get(SEGMENT, headers={"if-none-match": f'"x", W/{etag}'})
    assert (reply.status_code, reply.content) == (304, b"")
    assert reply.headers["etag"] == etag
    assert reply.headers["access-control-allow-origin"] == "*"


def test_the_join_address_announces_the_discontinuity_and_then_sends_the_same_bytes(
    client: httpx.Client, root: Path
) -> None:
    plain = (root / PACKAGE / "720p" / "1.ts").read_bytes()
    reply = client.get(JOIN)
    assert reply.content.endswith(plain)
    assert len(reply.content) > len(plain)
    assert not any(pid.marked_discontinuity for pid in mpegts.read(plain).pids)
    assert all(pid.marked_discontinuity for pid in mpegts.read(reply.content).pids)
    assert reply.headers["etag"] != client.get(JOIN.replace(".join", "")).headers["etag"]


@pytest.mark.parametrize("asked", ["bytes=0-99", "bytes=100-2000", "bytes=3000-", "bytes=-5"])
def test_ranges_work_across_the_border_of_the_join_packets(client: httpx.Client, asked: str) -> None:
    whole = client.get(JOIN).content
    part = client.get(JOIN, headers={"range": asked})
    first, last = part.headers["content-range"].removeprefix("bytes ").split("/")[0].split("-")
    assert part.status_code == 206
    assert part.content == whole[int(first) : int(last) + 1]
    assert client.head(JOIN).headers["content-length"] == str(len(whole))


def test_pictures_are_served_and_missing_ones_are_not(client: httpx.Client) -> None:
    assert client.get(f"/media/{PACKAGE}/poster.jpg").headers["content-type"] == "image/jpeg"
    assert client.get(f"/media/{PACKAGE}/strip.jpg").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        f"/media/{PACKAGE}/720p/99.ts",
        f"/media/{PACKAGE}/720p/99.join.ts",
        f"/media/{PACKAGE}/720p/00.ts",
        f"/media/{PACKAGE}/720p/-1.ts",
        f"/media/{PACKAGE}/720p/\u0661.ts",
        f"/media/{PACKAGE}/720p/0.ts/",
        f"/media/{PACKAGE}/720p/0.ts%00",
        f"/media/{PACKAGE}/720p/0.ts%0a",
        f"/media/{PACKAGE}/1080p/0.ts",
        f"/media/{PACKAGE.upper()}/720p/0.ts",
        "/media/secret.ts",
        f"/media/{PACKAGE}/%2e%2e/secret.ts",
        f"/media/{PACKAGE}/720p/..%2f..%2f..%2fsecret.ts",
        f"/media//{PACKAGE}/720p/0.ts",
        "/media/",
    ],
)
def test_what_is_no_published_file_is_404_and_never_cached(client: httpx.Client, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.json()["success"] is False


def test_dots_that_a_client_sends_as_they_are_lead_nowhere(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as raw:
        raw.sendall(b"GET /media/../secret.ts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 404")


def test_other_methods_are_refused_and_options_answered(client: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        reply = client.request(method, SEGMENT)
        assert reply.status_code == 405
        assert reply.headers["allow"] == "GET, HEAD, OPTIONS"
    preflight = client.options(SEGMENT, headers={"access-control-request-headers": "range"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert {"*", "Range", "Authorization"} <= {*preflight.headers["access-control-allow-headers"].split(", ")}


def test_a_segment_appears_and_vanishes_with_its_file(client: httpx.Client, root: Path) -> None:
    path = root / PACKAGE / "720p" / "7.ts"
    assert client.get(f"/media/{PACKAGE}/720p/7.ts").status_code == 404
    path.write_bytes(b"G" * 188)
    assert client.get(f"/media/{PACKAGE}/720p/7.ts").status_code == 200
    path.unlink()
    assert client.get(f"/media/{PACKAGE}/720p/7.ts").status_code == 404
