"""A server that speaks HTTPS itself: it sends the same, and its certificate changes under its viewers."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import httpx
import pytest
from tests.support.bare import bare
from tests.support.certificates import Made, make
from tests.support.server import RunningServer, free_port, running
from tests.support.waiting import eventually
from tests.unit.test_deploy import instructions
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from insta_stream.cli.doctor import examine_server
from insta_stream.cli.server import ServerGone
from insta_stream.cli.server import connect as connection
from insta_stream.configuration import load

HSTS = "strict-transport-security"
SEGMENT = "/media/0123456789abcdef0123456789abcdef/720p/0.ts"
CONTENT = bytes(range(251)) * 20_000


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Made]:
    folder = tmp_path_factory.mktemp("pairs")
    return make(folder, "used"), make(folder, "new")


@pytest.fixture(scope="module")
def trust(pairs: tuple[Made, Made]) -> ssl.SSLContext:
    """What a client knows: both certificates."""
    trust = ssl.create_default_context()
    for each in pairs:
        trust.load_verify_locations(each.certificate)
    return trust


@pytest.fixture(scope="module")
def metrics_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    pairs: tuple[Made, Made],
    trust: ssl.SSLContext,
    metrics_port: int,
) -> Iterator[RunningServer]:
    data, (used, _) = tmp_path_factory.mktemp("server") / "data", pairs
    flags = ["--tls-certificate", str(used.certificate), "--tls-key", str(used.key), "--rungs", "240p"]
    flags += ["--workers", "1", "--hsts-seconds", "600", "--metrics-port", str(metrics_port)]
    with running(data, *flags, trust=trust) as server:
        file = data / "stream" / SEGMENT.removeprefix("/media/")
        file.parent.mkdir(parents=True)
        file.write_bytes(CONTENT)
        yield server


@pytest.fixture
def client(server: RunningServer, trust: ssl.SSLContext) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, verify=trust) as client:
        yield client


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("", 200, CONTENT),
        ("bytes=70000-4000000", 206, CONTENT[70000:4000001]),
        ("bytes=-5", 206, CONTENT[-5:]),
    ],
)
def test_a_segment_is_its_file(client: httpx.Client, asked: str, status: int, content: bytes) -> None:
    reply = client.get(SEGMENT, headers={"range": asked} if asked else {})
    assert (reply.status_code, reply.content == content) == (status, True)


@pytest.mark.parametrize("path", [SEGMENT, "/stream/stream.m3u8", "/health", "/nowhere"])
def test_every_reply_tells_browsers_to_keep_to_https(client: httpx.Client, path: str) -> None:
    for _ in range(2):  # the second time it may be ready
        assert client.get(path).headers.get_list(HSTS) == ["max-age=600"]


def test_the_metrics_port_is_plain_and_says_nothing_of_https(
    server: RunningServer, metrics_port: int
) -> None:
    address = f"http://127.0.0.1:{metrics_port}/metrics"
    reply = httpx.get(address)
    assert (reply.status_code, "date" in reply.headers, HSTS in reply.headers) == (200, True, False)
    ready = next(line for line in server.log.read_text().splitlines() if '"ready"' in line)
    assert json.loads(ready)["metrics"] == address


def test_the_metrics_port_stays_when_a_worker_has_ended(server: RunningServer, metrics_port: int) -> None:
    (before,) = server.workers()
    os.kill(before, signal.SIGKILL)
    eventually(lambda: before not in server.workers())  # what it accepted would end with it
    with socket.create_connection(("127.0.0.1", metrics_port), timeout=60) as waiting:  # in the port's queue
        waiting.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert waiting.recv(4096).startswith(b"HTTP/1.1 200")
    assert server.workers() != [before]


def test_a_socket_is_opened_over_tls(server: RunningServer, trust: ssl.SSLContext) -> None:
    address = server.url.replace("https", "wss")
    with connect(f"{address}/api/events", ssl=trust) as page:
        page.send(json.dumps({"subscribe": ["state"]}))
        assert json.loads(page.recv(60))
    with pytest.raises(InvalidStatus) as refused, connect(f"{address}/nowhere", ssl=trust):
        pass
    assert refused.value.response.headers[HSTS] == "max-age=600"


def test_viewers_watch_on_while_the_certificate_changes(
    server: RunningServer, trust: ssl.SSLContext, client: httpx.Client, pairs: tuple[Made, Made]
) -> None:
    used, new = pairs
    port, before = int(server.url.rpartition(":")[2]), server.workers()
    viewer = HTTPSConnection("127.0.0.1", port, context=trust, timeout=60)
    viewer.request("GET", SEGMENT)
    reply = viewer.getresponse()
    begun = reply.read(1000)
    assert shown(port) == (was_shown := used.shown)

    used.certificate.write_bytes(new.certificate.read_bytes())  # and its key not yet
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: "renewal_given_up" in server.log.read_text())
    assert (shown(port), server.workers()) == (was_shown, before)
    eventually(lambda: "certificate_refused" in server.log.read_text())
    checks = {each["name"]: each for each in client.get("/health/ready").json()["checks"]}
    assert checks["certificate"]["state"] == "degraded"

    used.take(new)
    server.process.send_signal(signal.SIGHUP)
    eventually(lambda: shown(port) == new.shown)
    assert new.shown != was_shown
    eventually(lambda: set(server.workers()) > set(before))  # it is sending
    assert begun + reply.read() == CONTENT
    viewer.request("GET", "/health")
    last = viewer.getresponse()
    assert (last.status, last.getheader("connection")) == (200, "close")
    client.close()
    eventually(lambda: len(server.workers()) == 1 and server.workers() != before)
    viewer.request("GET", "/health")
    assert viewer.getresponse().status == 200
    viewer.close()


def shown(port: int) -> bytes:
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))


def test_this_machine_asks_how_the_server_is_whatever_its_certificate_says(
    server: RunningServer, pairs: tuple[Made, Made]
) -> None:
    used, _ = pairs
    port = server.url.rpartition(":")[2]
    settings = load({"port": port, "tls_certificate": used.certificate, "tls_key": used.key})
    assert "already running" in next(examine_server(settings)).text
    _, *arguments = json.loads(instructions()["HEALTHCHECK"].partition("CMD ")[2])
    here = {"INSTA_STREAM_PORT": port, "INSTA_STREAM_TLS_CERTIFICATE": str(used.certificate)}
    subprocess.run([sys.executable, *arguments], env={**os.environ, **here}, check=True)


def test_a_command_says_why_it_cannot_speak_with_the_server(
    server: RunningServer, pairs: tuple[Made, Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(url: str) -> None:
        with connection(url, "") as asked:
            asked.call("GET", "/health")

    with pytest.raises(ServerGone, match="SSL_CERT_FILE"):
        ask(server.url)
    with pytest.raises(ServerGone, match="use https://"):
        ask(server.url.replace("https", "http"))
    monkeypatch.setenv("SSL_CERT_FILE", str(pairs[0].certificate))
    ask(server.url)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with one segment, larger than what the network takes in at once."""
    file = tmp_path / "packages" / SEGMENT.removeprefix("/media/")
    file.parent.mkdir(parents=True)
    with file.open("wb") as segment:
        segment.truncate(40_000_000)
    return tmp_path / "packages"


@pytest.fixture
def base(packages: Path, pairs: tuple[Made, Made]) -> Iterator[str]:
    with bare(packages, pairs[0].certificate, pairs[0].key) as base:
        yield base


def connected(base: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=30)


def asking(base: str, trust: ssl.SSLContext) -> ssl.SSLSocket:
    """Return a client that has begun to read a segment."""
    client = trust.wrap_socket(connected(base), server_hostname="127.0.0.1")
    client.sendall(f"GET {SEGMENT} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    client.recv(1000)
    return client


def test_who_does_not_agree_on_tls_or_leaves_in_a_segment_is_no_accident(
    base: str, packages: Path, trust: ssl.SSLContext
) -> None:
    with connected(base) as stalled, connected(base) as plain:
        stalled.sendall(b"\x16\x03\x01")
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        with asking(base, trust) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        assert b"HTTP" not in plain.recv(1000)
        assert stalled.recv(1000) == b""
    assert packages.with_suffix(".log").read_text() == ""

    with httpx.Client(base_url=base, verify=trust) as client:
        assert HSTS not in client.get("/").headers
        with client.stream("GET", SEGMENT) as reply:
            (packages / SEGMENT.removeprefix("/media/")).write_bytes(b"")
            with pytest.raises(httpx.TransportError):
                reply.read()


@pytest.mark.deep
def test_who_reads_nothing_of_a_segment_is_hung_up_on(base: str, trust: ssl.SSLContext) -> None:
    with asking(base, trust) as deaf:

        def is_hung_up() -> bool:
            try:
                deaf.send(b"\r\n")  # between requests it means nothing; to one who is gone it is an error
            except OSError:
                return True
            return False

        eventually(is_hung_up, 60)
