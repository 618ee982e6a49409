"""The viewers of part f notice each delay, also one that keeps them from asking."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from bench import watching
from bench.watching import _is_whole, watch

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("length", range(len(REPLY)))
def test_a_reply_in_pieces_is_not_whole_before_its_end(length: int) -> None:
    assert not _is_whole(REPLY[:length])
    assert _is_whole(REPLY)


@pytest.fixture
def slow_server() -> Iterator[int]:
    """Return the port of a server that stands still for a while at its hundredth playlist."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener, ThreadPoolExecutor(1) as thread:
        serving = thread.submit(_serve, listener)
        yield listener.getsockname()[1]
        serving.result()


def _serve(listener: socket.socket) -> None:
    entry, _ = listener.accept()
    with entry:
        while entry.recv(1000):
            entry.sendall(REPLY)
    viewer, _ = listener.accept()
    with viewer:
        count = 0
        while viewer.recv(1000):
            count += 1
            if count == 100:
                time.sleep(0.2)
            viewer.sendall(REPLY)


def test_what_was_due_while_the_server_stood_still_came_late(
    slow_server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CONNECTIONS", 1)
    times = watch(f"http://127.0.0.1:{slow_server}", 2, 0.5)
    assert 400 <= len(times) <= 501
    assert max(times) >= 0.2
    assert sum(each > 0.1 for each in times) >= 50, "not only the one that the server was asked for"
