"""A connection to each of a server's workers: the system says whose a connection is (Linux only)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.waiting import eventually

_REMOTE, _STATE, _INODE = 2, 3, 9
"""Places in a line of /proc/net/tcp (proc_net_tcp(5))."""

_ESTABLISHED = "01"


@contextmanager
def connections(url: str, workers: Iterable[int]) -> Iterator[dict[int, HTTPConnection]]:
    """Give an open connection to each of these processes, for as long as the block lasts."""
    wanted, found, others = set(workers), dict[int, HTTPConnection](), list[HTTPConnection]()

    def has_all() -> bool:
        connection = _connected(url)
        owner = eventually(lambda: owner_of(connection.sock.getsockname()[1], wanted))
        if owner in found:
            others.append(connection)  # open, so that the next one is more likely to be somebody else's
        else:
            found[owner] = connection
        return found.keys() == wanted

    try:
        eventually(has_all)
        yield found
    finally:
        for connection in (*found.values(), *others):
            connection.close()


def get(connection: HTTPConnection, path: str) -> bytes:
    """Return the body of an answer. Raises AssertionError for a refusal."""
    connection.request("GET", path)
    reply = connection.getresponse()
    body = reply.read()
    assert reply.status == 200, (path, reply.status, body)
    return body


def _connected(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    get(connection, "/health")
    return connection


def owner_of(port: int, processes: Iterable[int]) -> int | None:
    """Return which of some processes has the other end of a connection from a port, None where none has."""
    inode = _inode(port)
    return next((pid for pid in processes if inode and f"socket:[{inode}]" in _files(pid)), None)


def _inode(port: int) -> str:
    """Return the inode of the socket whose other end has this port, "" for none."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    remote = f"0100007F:{port:04X}"
    return next((row[_INODE] for row in rows if row[_REMOTE] == remote and row[_STATE] == _ESTABLISHED), "")


def _files(pid: int) -> set[str]:
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(link.readlink()))
    return found
