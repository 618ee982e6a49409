"""Resumable uploads over HTTP, with two clients that others wrote, and by hand what no client does."""

import base64
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.gate import gate
from tests.support.server import RunningServer, free_port, running
from tests.support.tus import (
    ACCESS,
    BODY,
    TOKEN,
    TUS,
    append,
    begin,
    digest,
    half_sent,
    js_client,
    js_result,
    metadata,
    offset,
    padded,
    raw,
    status,
)
from tests.support.waiting import eventually
from tusclient.client import TusClient

FLAGS = ("--rungs", "240p", "--token", TOKEN, "--min-free-bytes", "1MB", "--max-upload-bytes", "1TB")
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def clip(shared: Path) -> Path:
    (clip,) = make_clips(shared, seconds=3, count=1)
    return clip


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Path:
    """A video of 20 MB."""
    return padded(clip, tmp_path_factory.mktemp("film") / "film.mp4", 20 * MEGABYTE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("server") / "data", *FLAGS) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=ACCESS, timeout=60) as client:
        yield client


def arrived(client: httpx.Client, path: str) -> dict[str, Any]:
    """Wait until an upload is a video or refused, and has joined its playlist; return it."""

    def outcome() -> dict[str, Any] | None:
        reply = client.get(path)
        assert reply.status_code == 200, reply.text
        data: dict[str, Any] = reply.json()["data"]
        is_over = data["isVideo"] or data["video"]["state"] == "failed"
        return data["video"] if is_over and data["channelAwaited"] is None else None

    return eventually(outcome, 120)


def kept(server: RunningServer, path: str) -> Path:
    return server.data / "uploads" / path.rpartition("/")[2]


def part(server: RunningServer, path: str) -> Path:
    return kept(server, path).with_suffix(".part")


def playlist(client: httpx.Client) -> list[str]:
    return [video["id"] for video in client.get("/api/playlist").json()["data"]["playlist"]]


# --- clients that others wrote


def test_tus_js_client_sends_a_video_that_joins_its_channel(
    server: RunningServer, client: httpx.Client, film: Path
) -> None:
    said = {"filename": "Mein Film €.mp4", "channel": "main", "filetype": "video/mp4"}
    result = js_result(js_client(server.url, film, metadata=said, chunkSize=5 * MEGABYTE))
    path = urlsplit(result["success"]).path
    video = arrived(client, path)
    assert (video["name"], video["sizeBytes"]) == ("Mein Film €.mp4", 20 * MEGABYTE)
    assert video["id"] == path.rpartition("/")[2]
    assert playlist(client).count(video["id"]) == 1
    assert digest(kept(server, path)) == digest(film)
    assert offset(client, path) == 20 * MEGABYTE


def test_tus_js_client_sends_the_first_bytes_with_the_creation(
    server: RunningServer, client: httpx.Client, film: Path
) -> None:
    result = js_result(js_client(server.url, film, uploadDataDuringCreation=True))
    path = urlsplit(result["success"]).path
    video = arrived(client, path)
    assert video["name"] == "video"
    assert video["id"] not in playlist(client)  # no channel was named
    assert digest(kept(server, path)) == digest(film)


def test_tuspy_sends_a_video_with_checksums(server: RunningServer, client: httpx.Client, film: Path) -> None:
    tuspy = TusClient(f"{server.url}/api/uploads", headers=ACCESS)
    with film.open("rb") as file:
        said = {"filename": "a.mp4"}
        uploader = tuspy.uploader(
            file_stream=file, chunk_size=7 * MEGABYTE, metadata=said, upload_checksum=True
        )
        uploader.upload()
    path = urlsplit(uploader.url).path
    assert arrived(client, path)["name"] == "a.mp4"
    assert digest(kept(server, path)) == digest(film)


def test_tus_js_client_is_told_why_it_may_not_begin(server: RunningServer, film: Path) -> None:
    result = js_result(js_client(server.url, film, metadata={"channel": "nowhere"}))
    assert result["status"] == 404
    assert js_result(js_client(server.url, film, token="another-token"))["status"] == 401


# --- connections that break


def test_tus_js_client_goes_on_after_a_broken_connection(
    server: RunningServer, client: httpx.Client, film: Path
) -> None:
    with gate(urlsplit(server.url).port or 0, 12 * MEGABYTE) as way:
        sending = js_client(way.url, film)
        assert way.is_shut.wait(60)
        way.open()
        way.cut()
        result = js_result(sending)
    path = urlsplit(result["success"]).path
    arrived(client, path)
    assert digest(kept(server, path)) == digest(film)


def test_what_came_before_a_connection_broke_is_kept_to_the_byte(
    server: RunningServer, client: httpx.Client, film: Path
) -> None:
    data = film.read_bytes()
    path = begin(client, len(data))
    half_sent(server, path, 0, data[:12_345_678], len(data)).close()
    eventually(lambda: offset(client, path) == 12_345_678)
    video = client.get(path.replace("uploads", "videos")).json()["data"]
    assert (video["state"], video["progress"]["percent"]) == ("uploading", 61.7)
    assert video["id"] in [each["id"] for each in client.get("/api/videos").json()["data"]]
    reply = append(client, path, 12_345_678, data[12_345_678:])
    assert (reply.status_code, reply.headers["upload-offset"]) == (204, "20000000")
    arrived(client, path)
    assert digest(kept(server, path)) == digest(film)


def test_a_client_that_comes_back_beats_its_dead_connection(
    server: RunningServer, client: httpx.Client, film: Path
) -> None:
    data = film.read_bytes()
    path = begin(client, len(data))
    with half_sent(server, path, 0, data[: 5 * MEGABYTE], len(data)) as dead:
        eventually(lambda: offset(client, path) > 0)
        reply = eventually(lambda: continued(client, path, data))
        assert reply.status_code == 204
        assert status(dead) in {0, 400}  # and not 409, after which the other client would come back
    arrived(client, path)
    assert digest(kept(server, path)) == digest(film)


def continued(client: httpx.Client, path: str, data: bytes) -> httpx.Response | None:
    """Send what is missing; None where more had come meanwhile, after which a client asks again."""
    at = offset(client, path)
    reply = append(client, path, at, data[at:])
    return None if reply.status_code == 409 else reply


def test_a_wrong_offset_disturbs_nobody(server: RunningServer, client: httpx.Client, film: Path) -> None:
    data = film.read_bytes()
    path = begin(client, len(data))
    with half_sent(server, path, 0, data[: 5 * MEGABYTE], len(data)) as sending:
        eventually(lambda: offset(client, path) > 0)
        reply = append(client, path, 0, b"x")
        assert (reply.status_code, reply.json()["code"]) == (409, "wrong_offset")
        sending.sendall(data[5 * MEGABYTE :])
        assert status(sending) == 204
    arrived(client, path)
    assert digest(kept(server, path)) == digest(film)


def test_silent_clients_hold_up_nobody(server: RunningServer, client: httpx.Client) -> None:
    silent = [half_sent(server, begin(client, 1000), 0, b"x", 1000) for _ in range(40)]
    try:
        assert client.get("/health", timeout=10).status_code == 200
        path = begin(client, 5)
        assert append(client, path, 0, b"hello").status_code == 204
        assert arrived(client, path)["state"] == "failed"
    finally:
        for connection in silent:
            connection.close()


# --- what is refused


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_bytes_with_a_wrong_checksum_are_not_kept(
    server: RunningServer, client: httpx.Client, algorithm: str
) -> None:
    path = begin(client, 3 * MEGABYTE)
    for at, data in ((0, b"a" * MEGABYTE), (MEGABYTE, b"b" * MEGABYTE)):
        right = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
        reply = append(client, path, at, data[1:] + b"?", **{"Upload-Checksum": f"{algorithm} {right}"})
        assert (reply.status_code, reply.json()["code"]) == (460, "damaged")
        assert offset(client, path) == at
        reply = append(client, path, at, data, **{"Upload-Checksum": f"{algorithm} {right}"})
        assert reply.status_code == 204
    assert part(server, path).read_bytes() == b"a" * MEGABYTE + b"b" * MEGABYTE
    assert [each.name for each in (server.data / "uploads").glob("*.check")] == []
    client.delete(path, headers=TUS)


def test_bytes_that_broke_off_before_their_checksum_are_not_kept(
    server: RunningServer, client: httpx.Client
) -> None:
    path = begin(client, 3 * MEGABYTE)
    head = {**BODY, **ACCESS, "Host": "127.0.0.1", "Upload-Offset": "0", "Content-Length": "3000000"}
    head["Upload-Checksum"] = "sha1 Lve95gjOVATpfV8EL5X4nxwjKHE="
    raw(server.url, f"PATCH {path} HTTP/1.1", head, b"a" * 2 * MEGABYTE).close()
    eventually(lambda: not list((server.data / "uploads").glob("*.check")))
    assert offset(client, path) == 0
    client.delete(path, headers=TUS)


def without(name: str, headers: dict[str, str]) -> dict[str, str]:
    return {each: value for each, value in headers.items() if each != name}


PATCH = {**BODY, **ACCESS, "Host": "127.0.0.1", "Upload-Offset": "0", "Content-Length": "1000"}
HUGE = {**PATCH, "Content-Length": "100000000000"}
POST = {**TUS, **ACCESS, "Host": "127.0.0.1", "Upload-Length": "10", "Content-Length": "0"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (without("Authorization", PATCH), 401),
        ({**PATCH, "Origin": "https://evil.example"}, 403),
        (without("Tus-Resumable", PATCH), 412),
        ({**PATCH, "Tus-Resumable": "0.2.2"}, 412),
        ({**PATCH, "Content-Type": "video/mp4"}, 415),
        (without("Upload-Offset", PATCH), 400),
        ({**PATCH, "Upload-Offset": "-1"}, 400),
        ({**PATCH, "Upload-Offset": "1"}, 409),
        (HUGE, 413),
        ({**PATCH, "Upload-Checksum": "crc32 AAAA"}, 400),
        ({**PATCH, "Upload-Checksum": "sha1 ???"}, 400),
    ],
)
def test_a_patch_is_refused_before_its_body_comes(
    server: RunningServer, client: httpx.Client, headers: dict[str, str], expected: int
) -> None:
    path = begin(client, 1000)
    with raw(server.url, f"PATCH {path} HTTP/1.1", headers) as connection:
        assert status(connection) == expected  # not a byte of the body was sent
    assert part(server, path).stat().st_size == 0
    client.delete(path, headers=TUS)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (without("Authorization", POST), 401),
        ({**POST, "Origin": "https://evil.example"}, 403),
        (without("Tus-Resumable", POST), 412),
        (without("Upload-Length", POST), 400),
        ({**POST, "Upload-Length": "0"}, 400),
        ({**POST, "Upload-Length": "-5"}, 400),
        ({**POST, "Upload-Length": "1e3"}, 400),
        ({**without("Upload-Length", POST), "Upload-Defer-Length": "1"}, 400),
        ({**POST, "Upload-Concat": "partial"}, 400),
        ({**POST, "Upload-Length": "2000000000000"}, 413),
        ({**POST, "Upload-Length": "900000000000"}, 507),
        ({**POST, "Upload-Metadata": "filename ???"}, 400),
        ({**POST, "Upload-Metadata": f"channel {base64.b64encode(b'nowhere').decode()}"}, 404),
        ({**POST, "Content-Type": "application/offset+octet-stream", "Content-Length": "99"}, 413),
    ],
)
def test_a_creation_is_refused_before_its_body_comes(
    server: RunningServer, headers: dict[str, str], expected: int
) -> None:
    before = set((server.data / "uploads").iterdir())
    with raw(server.url, "POST /api/uploads HTTP/1.1", headers) as connection:
        assert status(connection) == expected
    assert set((server.data / "uploads").iterdir()) <= before


def test_a_client_that_lies_about_its_length_gets_nothing_written_beyond(
    server: RunningServer, client: httpx.Client
) -> None:
    path = begin(client, MEGABYTE)

    head = {**without("Content-Length", PATCH), "Transfer-Encoding": "chunked"}
    body = b"%x\r\n%s\r\n" % (MEGABYTE + 1, b"x" * (MEGABYTE + 1))
    with raw(server.url, f"PATCH {path} HTTP/1.1", head, body) as connection:
        assert status(connection) == 413
    assert part(server, path).stat().st_size <= MEGABYTE
    client.delete(path, headers=TUS)


@pytest.mark.parametrize(
    "name",
    [
        "0" * 32,
        "A" * 32,
        "..%2f..%2finsta-stream.db",
        "%2e%2e",
        "..\\insta-stream.db",
        "a" * 32 + ".part",
        "%00",
        "a" * 5000,
    ],
)
def test_ids_reach_no_path(server: RunningServer, name: str) -> None:
    for method, headers in (("PATCH", {**PATCH, "Content-Length": "0"}), ("DELETE", POST), ("HEAD", POST)):
        with raw(server.url, f"{method} /api/uploads/{name} HTTP/1.1", headers) as connection:
            assert status(connection) in {400, 404}


def test_what_the_server_can_is_announced(client: httpx.Client) -> None:
    reply = client.options("/api/uploads")
    assert reply.status_code == 204
    assert reply.headers["tus-version"] == "1.0.0"
    assert reply.headers["tus-extension"] == "creation,creation-with-upload,termination,checksum,expiration"
    assert reply.headers["tus-max-size"] == str(10**12)
    assert reply.headers["tus-checksum-algorithm"] == "sha1,sha256,md5"
    path = begin(client, 7, filename="x.mp4")
    reply = client.head(path, headers=TUS)
    assert reply.headers["upload-metadata"] == metadata(filename="x.mp4")
    assert reply.headers["upload-length"] == "7"
    assert reply.headers["upload-expires"].endswith(" GMT")
    assert reply.headers["tus-resumable"] == "1.0.0"
    missing = client.head(f"/api/uploads/{'0' * 32}", headers=TUS)
    assert (missing.status_code, missing.headers["tus-resumable"]) == (404, "1.0.0")
    assert client.post(path, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert client.head(path, headers=TUS).status_code == 404


# --- ends


def test_a_file_that_is_no_video_is_told_and_removed(server: RunningServer, client: httpx.Client) -> None:
    path = begin(client, 17, filename="letter.mp4", channel="main")
    assert append(client, path, 0, b"Dear Sir or Madam").status_code == 204
    video = arrived(client, path)
    assert video["state"] == "failed"
    assert video["error"].startswith("This is a text file, not a video.")
    assert not kept(server, path).exists()
    assert not part(server, path).exists()
    assert video["id"] not in playlist(client)
    assert offset(client, path) == 17
    address = path.replace("uploads", "videos")
    assert client.get(address).json()["data"]["error"] == video["error"]
    assert client.delete(address).status_code == 200
    assert client.get(address).status_code == 404


def test_an_upload_is_removed_while_it_comes(server: RunningServer, client: httpx.Client) -> None:
    path = begin(client, 9 * MEGABYTE)
    with half_sent(server, path, 0, b"x" * 5 * MEGABYTE, 9 * MEGABYTE) as sending:
        eventually(lambda: offset(client, path) > 0)
        assert client.delete(path, headers=TUS).status_code == 204
        assert status(sending) in {0, 404}
    assert not part(server, path).exists()
    assert client.head(path, headers=TUS).status_code == 404
    assert append(client, path, 0, b"x").status_code == 404


def test_a_complete_upload_is_not_removed_by_its_protocol(
    server: RunningServer, client: httpx.Client, clip: Path
) -> None:
    data = clip.read_bytes()
    path = begin(client, len(data))
    append(client, path, 0, data)
    arrived(client, path)
    reply = client.delete(path, headers=TUS)
    assert (reply.status_code, reply.json()["code"]) == (409, "upload_complete")
    assert kept(server, path).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_file(server: RunningServer, client: httpx.Client) -> None:
    workers = [Path(f"/proc/{worker}") for worker in server.workers()]

    def peak() -> int:
        lines = [line for each in workers for line in (each / "status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

    def zeros() -> Iterator[bytes]:
        for _ in range(300):
            yield bytes(MEGABYTE)

    path = begin(client, 301 * MEGABYTE)
    for each in workers:
        (each / "clear_refs").write_text("5")  # the peak begins anew
    before = peak()
    client.patch(path, content=zeros(), headers={**BODY, "Upload-Offset": "0"})
    assert offset(client, path) == 300 * MEGABYTE
    assert peak() - before < 100 * MEGABYTE
    client.delete(path, headers=TUS)


# --- servers that end


@pytest.mark.skipif(sys.platform != "linux", reason="kills the server's workers, found in /proc")
def test_a_killed_server_goes_on_with_every_upload(tmp_path: Path, film: Path, clip: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    whole = clip.read_bytes()
    with gate(port, 12 * MEGABYTE) as way:
        with running(data, *FLAGS, port=port) as server, _client(server) as client:
            complete = begin(client, len(whole), filename="complete.mp4", channel="main")
            append(client, complete, 0, whole[:-1])
            stale = begin(client, 1000)
            append(client, stale, 0, b"x")
            sending = js_client(way.url, film, metadata={"channel": "main"})
            assert way.is_shut.wait(60)
            server.kill()
        with part(server, complete).open("ab") as file:
            file.write(whole[-1:])  # as if it had been killed between the last byte and the inspection
        os.utime(part(server, stale), (1_000_000_000, 1_000_000_000))
        way.open()
        with running(data, *FLAGS, port=port) as server, _client(server) as client:
            path = urlsplit(js_result(sending)["success"]).path
            films = [arrived(client, each)["id"] for each in (path, complete)]
            assert sorted(playlist(client)) == sorted(films)
            assert digest(kept(server, path)) == digest(film)
            assert digest(kept(server, complete)) == digest(clip)
            eventually(lambda: client.head(stale, headers=TUS).status_code == 404)
            assert not part(server, stale).exists()
            assert "Traceback" not in server.log.read_text()


def test_a_server_that_is_stopped_waits_for_no_upload(tmp_path: Path) -> None:
    with running(tmp_path / "data", *FLAGS) as server, _client(server) as client:
        path = begin(client, 9 * MEGABYTE)
        with half_sent(server, path, 0, b"x" * 5 * MEGABYTE, 9 * MEGABYTE):
            eventually(lambda: offset(client, path) > 0)
            assert server.stop() == 0
        log = server.log.read_text()
        assert "Traceback" not in log
        assert "worker_killed" not in log  # as it would be, if it waited for the body
        assert part(server, path).stat().st_size > 0


def _client(server: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers=ACCESS, timeout=60)


def test_a_name_that_is_cut_and_a_file_that_was_here_are_told_of_the_video(
    client: httpx.Client, clip: Path
) -> None:
    told = []
    for name in ("x" * 300, "y"):
        path = begin(client, clip.stat().st_size, filename=name)
        append(client, path, 0, clip.read_bytes())
        told.append([caution["code"] for caution in arrived(client, path)["cautions"]])
    assert "name_cut" in told[0]
    assert told[1][0] == "duplicate"
