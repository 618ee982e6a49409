"""What a supervisor does about signals, with workers that do nothing."""

import multiprocessing
import signal
import socket
import time
from collections.abc import Iterator
from typing import ClassVar

import pytest

from insta_stream.cli import supervisor
from insta_stream.cli.supervisor import PAUSE_SECONDS, Supervisor


class Worker:
    """A process by its looks. all: those that were started."""

    all: ClassVar[list["Worker"]] = []
    has_room = True
    exitcode = 1

    def __init__(self, **_: object) -> None:
        self.is_running = False

    def start(self) -> None:
        if not Worker.has_room:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        self.is_running = True
        Worker.all.append(self)

    def is_alive(self) -> bool:
        return self.is_running

    def terminate(self) -> None:
        assert self in Worker.all, "nothing can be told to a process that was never there"
        self.is_running = False

    kill = terminate


@pytest.fixture
def unserved(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A supervisor whose first worker has ended before it answered."""
    monkeypatch.setattr(Worker, "all", [])
    monkeypatch.setattr(Worker, "has_room", True)
    monkeypatch.setattr(multiprocessing, "Process", Worker)
    monkeypatch.setattr(supervisor, "_allow_connections", lambda: 1)
    monkeypatch.setattr(signal, "alarm", lambda _: 0)
    with socket.socket() as listener:
        made = Supervisor(listener)
        made._start()
        Worker.all[0].is_running = False
        yield made


@pytest.fixture
def supervised(unserved: Supervisor) -> Supervisor:
    """A supervisor whose first worker has answered, and has ended at once; the next one is due."""
    unserved._goes_on(signal.SIGUSR1)
    unserved._goes_on(signal.SIGCHLD)
    return unserved


def test_a_child_that_is_no_worker_does_not_bring_a_second_one(
    supervised: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.monotonic() + 1.1 * PAUSE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    supervised._goes_on(signal.SIGCHLD)  # an orphan's, where this is the first process of a container
    supervised._goes_on(signal.SIGALRM)
    assert [worker.is_running for worker in Worker.all] == [False, True]


@pytest.mark.parametrize("status", [-signal.SIGKILL, -signal.SIGSEGV])
def test_a_worker_that_is_killed_before_it_answers_is_followed_by_another(
    unserved: Supervisor, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(Worker, "exitcode", status)
    assert unserved._goes_on(signal.SIGCHLD)
    assert unserved._goes_on(signal.SIGALRM)
    assert [worker.is_running for worker in Worker.all] == [False, True]


def test_a_worker_that_ends_by_itself_before_it_answers_has_said_why(unserved: Supervisor) -> None:
    with pytest.raises(SystemExit) as ended:
        unserved._goes_on(signal.SIGCHLD)
    assert ended.value.code == 1


def test_it_ends_where_there_is_no_room_for_a_worker(supervised: Supervisor) -> None:
    Worker.has_room = False
    assert supervised._goes_on(signal.SIGALRM)
    assert not supervised._goes_on(signal.SIGTERM)
