"""Uploads by form: what is refused, and that nothing of it is left."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.api.conftest import files_in, ok, refused
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ({"file": ("a.mp4", b"0000")}, 400, "missing_field"),
        ({"video": ("a.mp4", b"this is text, not a picture")}, 415, None),
        ({"video": ("a.mp4", b"")}, 415, "empty_file"),
        ({"video": ("a.mp4.crdownload", b"\0\0\0\x08ftyp")}, 415, "unfinished_download"),
    ],
)
def test_uploads_that_are_no_videos_leave_nothing(
    client: httpx.Client, data: Path, files: Any, status: int, code: str | None
) -> None:
    before = files_in(data / "uploads")
    reply = client.post("/api/upload", files=files)
    refused(reply, status, code or reply.json()["code"])
    if code == "missing_field":
        assert "`video`" in reply.json()["message"]
    assert files_in(data / "uploads") == before


def test_fields_around_the_file_and_inputs_without_one_are_read_over(
    client: httpx.Client, clips: list[Path]
) -> None:
    nothing = ("", b"", "application/octet-stream")  # as browsers send it
    form: Any = [
        ("note", (None, b"before " * 1000)),
        ("video", nothing),
        ("video", ("..\\..\\first.mp4", clips[0].read_bytes())),
        ("video", nothing),
        ("poster", nothing),
        ("title", (None, b"after")),
        ("title", (None, b"twice")),
    ]
    video = ok(client.post("/api/upload", files=form))
    assert video["name"] == "first.mp4"
    assert video["duration"] == pytest.approx(4, abs=0.1)
    ok(client.delete(f"/api/videos/{video['id']}"))


@pytest.mark.parametrize("field", ["video", "poster"])
def test_a_second_file_is_refused_and_neither_is_kept(
    client: httpx.Client, data: Path, clips: list[Path], field: str
) -> None:
    before = files_in(data / "uploads")
    form = [("video", ("a.mp4", clips[0].read_bytes())), (field, ("b.mp4", b"0" * 100))]
    message = refused(client.post("/api/upload", files=form), 400, "several_files")
    assert "separate request" in message
    assert files_in(data / "uploads") == before


def test_a_file_in_another_field_is_said_to_be_there(client: httpx.Client) -> None:
    form = [("my film", ("a.mp4", b"0000")), ("video", ("b.mp4", b"0000"))]
    message = refused(client.post("/api/upload", files=form), 400, "missing_field")
    assert "`my film`" in message
    assert "`video`" in message


def test_a_file_that_is_here_already_is_taken_and_said_to_be(client: httpx.Client, clips: list[Path]) -> None:
    replies = [
        client.post("/api/upload", files={"video": (name, clips[0].read_bytes())})
        for name in ("once.mp4", "twice.mp4")
    ]
    ids = [ok(reply)["id"] for reply in replies]
    assert [reply.json()["message"] for reply in replies] == [
        "“once.mp4” was uploaded.",
        "“twice.mp4” was uploaded. You already had this file, as “once.mp4”.",
    ]
    video = ok(client.get(f"/api/videos/{ids[1]}"))
    assert video["cautions"][0]["code"] == "duplicate"
    for id_ in ids:
        ok(client.delete(f"/api/videos/{id_}"))


def test_a_name_that_is_cut_is_said_to_be(client: httpx.Client, clips: list[Path]) -> None:
    reply = client.post("/api/upload", files={"video": ("e\u0301" * 300 + ".mp4", clips[0].read_bytes())})
    video = ok(reply)
    assert video["name"] == "é" * 250 + "….mp4"
    assert reply.json()["message"].endswith("Its name was shortened to 255 characters.")
    ok(client.delete(f"/api/videos/{video['id']}"))


def test_a_form_may_have_words_before_and_after_it(client: httpx.Client, clips: list[Path]) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="video"; filename="words.mp4"\r\n\r\n'
    body = b"This is a form.\r\n" + head + clips[0].read_bytes() + b"\r\n--x--\r\nThat was it.\r\n"
    form = {"content-type": "multipart/form-data; boundary=x"}
    video = ok(client.post("/api/upload", headers=form, content=body))
    assert video["name"] == "words.mp4"
    ok(client.delete(f"/api/videos/{video['id']}"))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json"}, b"{}"),
        ({"content-type": "multipart/form-data"}, b"--x--"),
        ({}, b""),
        ({"content-type": "multipart/form-data; boundary=x"}, b"nonsense"),
        (
            {"content-type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="video"',
        ),
        (
            {"content-type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="video"; filename="a"\r\n\r\nhalf',
        ),
    ],
)
def test_bodies_that_are_no_form_are_400(
    client: httpx.Client, data: Path, headers: dict[str, str], body: bytes
) -> None:
    before = files_in(data / "uploads")
    reply = client.post("/api/upload", headers=headers, content=body)
    assert reply.status_code == 400, reply.text
    assert files_in(data / "uploads") == before


@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="video"; filename="',
        b'Content-Disposition: form-data; name="other"\r\n\r\n',
    ],
)
def test_a_form_with_too_much_besides_the_file_is_not_read_to_its_end(
    client: httpx.Client, data: Path, head: bytes
) -> None:
    before = files_in(data / "uploads")
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b"--x\r\n" + head
        for _ in range(1000):
            sent += 65536
            yield b"A" * 65536

    form = {"content-type": "multipart/form-data; boundary=x"}
    with suppress(httpx.WriteError):  # it may answer and hang up while we send
        refused(client.post("/api/upload", headers=form, content=endless()), 400, "bad_form")
    assert sent < 30_000_000
    assert files_in(data / "uploads") == before


HALF = (
    b"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    b'--x\r\nContent-Disposition: form-data; name="video"; filename="half.mp4"\r\n\r\n'
)


def coming(client: httpx.Client) -> Any:
    """Return what is shown of a file that comes in, once some of it is there."""
    videos = ok(client.get("/api/videos"))
    return next((each for each in videos if each["name"] == "half.mp4" and each["originalBytes"]), None)


def test_a_file_is_listed_while_it_comes_and_can_be_removed_but_not_resumed(
    client: httpx.Client, data: Path
) -> None:
    before = files_in(data / "uploads")
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as raw:
        raw.settimeout(10)
        raw.sendall(HALF + b"0" * 3_000_000)
        video = eventually(lambda: coming(client))
        assert video["state"] == "uploading"
        assert 9_000_000 - 5_000 < video["sizeBytes"] < 9_000_000
        assert 10 < video["progress"]["percent"] < 40
        place = f"/api/uploads/{video['id']}"
        told = client.head(place).headers
        assert told["upload-defer-length"] == "1"
        assert "upload-length" not in told
        tus = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
        at = {"upload-offset": told["upload-offset"]}
        refused(client.patch(place, headers=tus | at, content=b"0"), 409, "not_resumable")
        assert client.delete(place, headers=tus).status_code == 204
        assert raw.recv(4096).startswith(b"HTTP/1.1 404")
    assert files_in(data / "uploads") == before
    assert coming(client) is None


def test_a_file_that_is_whole_goes_on_without_its_sender(client: httpx.Client, clips: list[Path]) -> None:
    head, _, begin = HALF.partition(b"\r\n\r\n")
    body = begin + clips[0].read_bytes() + b"\r\n--x--\r\n"
    head = head.replace(b"9000000", b"%d" % len(body))
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as raw:
        raw.sendall(head + b"\r\n\r\n" + body)
        eventually(lambda: coming(client) or in_playlist(client))
    id_ = eventually(lambda: in_playlist(client))
    ok(client.delete(f"/api/videos/{id_}"))


def in_playlist(client: httpx.Client) -> Any:
    """Return the video that has joined the playlist, if it has."""
    videos = ok(client.get("/api/playlist"))["playlist"]
    return next((each["id"] for each in videos if each["name"] == "half.mp4"), None)


def test_a_connection_that_breaks_leaves_nothing(client: httpx.Client, data: Path) -> None:
    before = files_in(data / "uploads")
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as raw:
        raw.sendall(HALF + b"0" * 3_000_000)
        eventually(lambda: files_in(data / "uploads") != before)
    eventually(lambda: files_in(data / "uploads") == before)
