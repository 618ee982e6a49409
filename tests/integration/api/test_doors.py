"""Who may: tokens, sizes, other sites, and the headers of every answer."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from tests.integration.api.conftest import TOKEN, environment, refused
from tests.support.server import free_port
from tests.support.serving import serving
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


@pytest.fixture(scope="module")
def metrics_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, metrics_port: int) -> Iterator[httpx.Client]:
    """A server with a token that takes only small files, and has a port for its metrics."""
    folder = tmp_path_factory.mktemp("guarded")
    env = environment(folder, TOKEN=TOKEN, MAX_UPLOAD_BYTES="100000", METRICS_PORT=str(metrics_port))
    with serving(env) as base, httpx.Client(base_url=base, timeout=30) as client:
        yield client


def test_with_a_token_everything_but_viewing_and_health_needs_it(guarded: httpx.Client) -> None:
    for path in ("/health", "/health/ready", "/"):
        assert guarded.get(path).status_code in {200, 503}
    assert guarded.get("/stream/stream.m3u8").json()["code"] == "off_air"
    for method, path in [("GET", "/api/playlist"), ("POST", "/api/stream/stop"), ("GET", "/metrics")]:
        reply = guarded.request(method, path)
        refused(reply, 401, "unauthorized")
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert guarded.request(method, path, headers={"authorization": "Bearer wrong"}).status_code == 401
        right = guarded.request(method, path, headers={"authorization": f"Bearer {TOKEN}"})
        assert right.status_code in {200, 409}
    guide = guarded.get("/guide.xml")
    assert guide.headers["www-authenticate"].startswith("Basic")
    assert guarded.get("/guide.xml", auth=("any", TOKEN)).status_code == 200


def test_the_metrics_port_tells_numbers_and_health_and_nothing_else(
    guarded: httpx.Client, metrics_port: int
) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{metrics_port}", timeout=30) as prometheus:
        told = prometheus.get("/metrics")
        assert told.status_code == 200
        assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "\ninsta_stream_channels " in told.text
        assert prometheus.head("/metrics").status_code == 200
        assert prometheus.get("/health").json()["message"] == "Insta-Stream is running."
        assert prometheus.get("/health/ready").status_code in {200, 503}
        for path in ("/", "/api/playlist", "/api/health", "/openapi.json", "/stream/stream.m3u8", "/studio"):
            refused(prometheus.get(path, headers={"authorization": f"Bearer {TOKEN}"}), 404, "unknown")
        refused(prometheus.post("/metrics"), 405, "method_not_allowed")
        refused(prometheus.post("/metrics", headers={"origin": "https://evil.example"}), 403, "bad_origin")
        # A page elsewhere that has pointed its own name at this machine.
        refused(prometheus.get("/metrics", headers={"host": "evil.example"}), 403, "bad_host")
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["cache-control"] == "no-store"
    refused(guarded.get("/metrics"), 401, "unauthorized")


@pytest.mark.usefixtures("guarded")
def test_nobody_listens_for_events_at_the_metrics_port(metrics_port: int) -> None:
    with pytest.raises(InvalidStatus) as ended, connect(f"ws://127.0.0.1:{metrics_port}/api/events"):
        pass
    assert ended.value.response.status_code == 404


def test_too_large_an_upload_is_refused_before_it_is_read(guarded: httpx.Client) -> None:
    head = (
        f"POST /api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Length: 900000000\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection((guarded.base_url.host, guarded.base_url.port or 80)) as raw:
        raw.settimeout(10)
        raw.sendall(head.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 413")


def test_an_upload_that_grows_too_large_is_refused_too(guarded: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="video"; filename="a"\r\n\r\n'
        for _ in range(20):
            yield b"0" * 10_000
        yield b"\r\n--x--\r\n"

    kind = {"content-type": "multipart/form-data; boundary=x", "authorization": f"Bearer {TOKEN}"}
    refused(guarded.post("/api/upload", headers=kind, content=pieces()), 413, "too_large")


def test_other_sites_cannot_drive_the_server(client: httpx.Client) -> None:
    refused(client.post("/api/stream/start", headers={"origin": "https://evil.example"}), 403, "bad_origin")
    refused(client.post("/api/stream/start", headers={"origin": "null"}), 403, "bad_origin")
    refused(client.post("/api/stream/start", headers={"sec-fetch-site": "cross-site"}), 403, "bad_origin")
    refused(client.get("/api/playlist", headers={"host": "evil.example"}), 403, "bad_host")
    assert "access-control-allow-origin" not in client.get("/api/playlist").headers
    own = {"origin": str(client.base_url)}
    assert client.post("/api/stream/stop", headers=own).status_code == 409


def test_every_answer_has_the_security_headers(client: httpx.Client) -> None:
    for path in ("/", "/api/playlist", "/nowhere", "/health"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_an_api_token_does_what_it_is_for_until_it_is_revoked(guarded: httpx.Client) -> None:
    owner = {"authorization": f"Bearer {TOKEN}"}
    for slug in ("kids", "news"):
        assert (
            guarded.post("/api/channels", json={"slug": slug, "title": slug}, headers=owner).status_code
            == 201
        )
    wanted = {
        "name": "Kids' desk",
        "permissions": ["channel:view", "channel:air"],
        "channels": ["kids"],
        "days": 1,
    }
    reply = guarded.post("/api/tokens", json=wanted, headers=owner)
    assert reply.status_code == 201
    told, secret = reply.json()["data"]["token"], reply.json()["data"]["secret"]
    assert secret not in guarded.get("/api/tokens", headers=owner).text
    desk = {"authorization": f"Bearer {secret}"}

    listed = guarded.get("/api/channels", headers=desk).json()["data"]["channels"]
    assert [channel["slug"] for channel in listed] == ["kids"]
    assert "/stream/news/" not in guarded.get("/channels.m3u", headers=desk).text
    assert 'channel id="kids"' in (guide := guarded.get("/guide.xml", auth=("any", secret)).text)
    assert 'channel id="news"' not in guide
    assert guarded.delete("/api/channels/kids/playlist", headers=desk).status_code == 200
    refused(guarded.delete("/api/channels/news/playlist", headers=desk), 403, "forbidden")
    refused(guarded.delete("/api/playlist", headers=desk), 403, "forbidden")
    refused(guarded.post("/api/upload?channel=kids", headers=desk), 403, "forbidden")
    refused(guarded.post("/api/tokens", json=wanted, headers=desk), 403, "forbidden")

    with connect(f"{str(guarded.base_url).replace('http', 'ws')}/api/events") as socket:
        socket.send(json.dumps({"token": secret, "subscribe": ["channels", "videos"]}))
        frames = {frame["topic"]: frame for frame in (json.loads(socket.recv(30)) for _ in range(2))}
        assert [channel["slug"] for channel in frames["channels"]["data"]["channels"]] == ["kids"]
        assert frames["videos"]["error"]["code"] == "forbidden"
        assert guarded.delete(f"/api/tokens/{told['id']}", headers=owner).status_code == 200
        refused(guarded.get("/api/channels", headers=desk), 401, "unauthorized")
        assert json.loads(socket.recv(30))["error"]["code"] == "unauthorized"
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(30)
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 4401
    refused(guarded.delete(f"/api/tokens/{told['id']}", headers=owner), 404, "unknown_api_token")


def test_an_api_token_can_make_none_that_may_more(guarded: httpx.Client) -> None:
    def issue(by: str, *permissions: str, channels: list[str] | None = None) -> httpx.Response:
        wanted = {"name": "x", "permissions": list(permissions), "channels": channels}
        return guarded.post("/api/tokens", json=wanted, headers={"authorization": f"Bearer {by}"})

    mine = issue(TOKEN, "tokens:manage", "channel:view", channels=["main"]).json()["data"]["secret"]
    assert issue(mine, "channel:view", channels=["main"]).status_code == 201
    refused(issue(mine, "channel:air", channels=["main"]), 403, "forbidden")
    refused(issue(mine, "channel:view"), 403, "forbidden")
    refused(issue(TOKEN, "channel:view", channels=["nobody"]), 404, "unknown_channel")
    refused(issue(TOKEN, "everything"), 422, "invalid")
    refused(issue(TOKEN), 422, "invalid")


def test_a_server_that_is_open_to_all_has_no_use_for_tokens(client: httpx.Client) -> None:
    wanted = {"name": "x", "permissions": ["channel:view"]}
    refused(client.post("/api/tokens", json=wanted), 409, "no_token_needed")
    assert client.get("/api/tokens").json()["data"] == []
