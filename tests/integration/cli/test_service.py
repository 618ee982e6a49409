"""A server that a service manager runs, and whose token is in a file, as in a container."""

import socket
from pathlib import Path

import httpx
import pytest
from tests.support.server import running

from insta_stream.cli.server import connect


@pytest.mark.deep
def test_a_service_says_when_it_answers_and_keeps_its_token_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "token"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "INSTA_STREAM_TOKEN_FILE": str(kept)}
        with running(tmp_path / "data", "--rungs", "240p", "--host", "0.0.0.0", env=env) as server:
            assert manager.recv(100) == b"READY=1"
            assert httpx.get(f"{server.url}/api/channels").status_code == 401
            assert str(kept) in server.log.read_text()
            assert kept.read_text().strip() not in server.log.read_text()
            monkeypatch.setenv("INSTA_STREAM_TOKEN_FILE", str(kept))
            with connect(server.url, "") as commands:
                assert commands.call("GET", "/api/channels")
            assert server.stop() == 0
        assert manager.recv(100) == b"STOPPING=1"
