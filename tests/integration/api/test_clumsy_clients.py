"""Clumsy and hostile clients, and what describes the server to them."""

import json
import re
import socket
from contextlib import closing
from http.client import HTTPConnection

import httpx
import pytest
from tests.integration.api.conftest import ok, refused

from insta_stream.api.pages import CLIENT_PAGES


def test_unknown_addresses_and_methods_are_told_apart(client: httpx.Client) -> None:
    for path in (
        "/nowhere",
        "/api",
        "/api/",
        "/api/playlist/",
        "/api/..%2f",
        "/%00",
        "/stream",
        "/media",
        "/\u00e9",
    ):
        refused(client.get(path), 404, "unknown")
    for method, path, allowed in (
        ("PUT", "/api/playlist", "GET, HEAD, DELETE"),
        ("PATCH", "/api/channels/main/playlist", "GET, HEAD, POST, PUT, DELETE"),
        ("DELETE", "/api/upload", "POST"),
        ("PUT", "/", "GET, HEAD"),
        ("POST", "/watch/main", "GET, HEAD"),
        ("POST", "/assets/some.js", "GET, HEAD"),
        ("PUT", "/stream/main/stream.m3u8", "GET, HEAD, OPTIONS"),
        ("PUT", f"/api/uploads/{'0' * 32}", "GET, HEAD, POST, PATCH, DELETE"),
        ("POST", f"/api/uploads/{'0' * 32}", "GET, HEAD, POST, PATCH, DELETE"),
    ):
        wrong = client.request(method, path, headers={"tus-resumable": "1.0.0"})
        refused(wrong, 405, "method_not_allowed")
        assert wrong.headers["allow"] == allowed
    head = client.head("/health")
    assert (head.status_code, head.content) == (200, b"")


def test_a_head_is_answered_without_a_body_at_every_address(client: httpx.Client, videos: list[str]) -> None:
    poster = ok(client.get(f"/api/videos/{videos[0]}"))["posterUrl"]
    package = poster.split("/")[2]
    names = {"slug": "main", "channel": "main", "video_id": videos[0], "upload_id": videos[0], "index": "0"}
    templates = {*client.get("/openapi.json").json()["paths"], *CLIENT_PAGES, "/openapi.json"}
    assert len(templates) > 40
    addresses = [re.sub(r"\{(\w+)(?::\w+)?\}", lambda it: names.get(it[1], "x"), each) for each in templates]
    of_viewers = ["/stream/channels.json", "/stream/main/now.json", "/stream/stream.m3u8", poster]
    of_viewers += [f"/media/{package}/{place}" for place in ("preview.m3u8", "240p/0.ts", "240p/1.join.ts")]
    with closing(HTTPConnection(client.base_url.netloc.decode(), timeout=60)) as connection:
        for address in (*sorted(addresses), *of_viewers, "/nowhere", "/media/x", "/stream/x"):
            for headers in ({}, {"range": "bytes=1-2"}, {"range": "bytes=9999999999-"}):
                assert _asked(connection, "HEAD", address, headers)[1] == b"", address
                status, body = _asked(connection, "GET", address, headers)
                assert body or status in {204, 304}, address


def _asked(
    connection: HTTPConnection, method: str, address: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    connection.request(method, address, headers=headers)
    reply = connection.getresponse()
    return reply.status, reply.read()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"order": [1, {}]}', 422),
        (b'{"order": null}', 422),
        (b'{"order": ["\\ud800"]}', 400),
        (b'{"order": [NaN, 1e999]}', 422),
        (b"\xff\xfe", 400),
        (b"[" * 20_000, 400),
        (b"[" * 100_000, 413),
        (b'{"order": [], "order": []}', 400),
        (json.dumps({"order": ["x" * 40] * 40_000}).encode(), 413),
    ],
)
def test_wrong_json_is_never_a_server_error(
    client: httpx.Client, videos: list[str], body: bytes, status: int
) -> None:
    assert videos
    headers = {"content-type": "application/json"}
    reply = client.post("/api/playlist/reorder", content=body, headers=headers)
    assert reply.status_code == status, reply.text
    assert reply.json()["success"] is False


def test_json_must_say_that_it_is_json(client: httpx.Client, videos: list[str]) -> None:
    body = json.dumps({"order": videos}).encode()
    assert (
        client.post("/api/playlist/reorder", content=body, headers={"content-type": "text/plain"}).status_code
        == 422
    )


def test_huge_headers_and_silent_clients_do_no_harm(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as silent:
        silent.sendall(
            b"POST /api/playlist/reorder HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n{"
        )
        reply = client.get("/health", headers={"x-large": "x" * 30_000})
        assert reply.status_code in {200, 431}
        assert client.get("/health").status_code == 200


def test_the_description_of_the_api_is_complete(client: httpx.Client) -> None:
    api = client.get("/openapi.json").json()
    operations = [operation for path in api["paths"].values() for operation in path.values()]
    assert all(operation.get("summary") for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert "windowSeconds" in api["components"]["schemas"]["Channel"]["properties"]


def test_prometheus_gets_numbers(client: httpx.Client) -> None:
    text = client.get("/metrics").text
    for name in (
        "playlist_requests_total",
        "segment_requests_total",
        "channels_on_air",
        "clock_drift_seconds",
    ):
        assert f"insta_stream_{name}" in text
    violations = [line for line in text.splitlines() if "playlist_violations_total{" in line]
    assert violations
    assert all(line.endswith(" 0.0") for line in violations)
