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
        ({"video": ("a.mp4", b"")}, 415, None),
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


def test_fields_around_the_file_and_further_files_are_read_over(
    client: httpx.Client, clips: list[Path]
) -> None:
    form = [
        ("note", (None, b"before " * 1000)),
        ("video", ("..\\..\\first.mp4", clips[0].read_bytes())),
        ("video", ("second.mp4", clips[1].read_bytes())),
        ("title", (None, b"after")),
    ]
    video = ok(client.post("/api/upload", files=form))
    assert video["name"] == "first.mp4"
    assert video["duration"] == pytest.approx(4, abs=0.1)
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


def test_a_connection_that_breaks_leaves_nothing(client: httpx.Client, data: Path) -> None:
    before = files_in(data / "uploads")
    head = (
        b"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        b'--x\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'
    )
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as raw:
        raw.sendall(head + b"0" * 3_000_000)
        eventually(lambda: files_in(data / "uploads") != before)
    eventually(lambda: files_in(data / "uploads") == before)
