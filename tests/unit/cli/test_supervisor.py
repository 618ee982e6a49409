"""What a supervisor does about signals, with workers that do nothing."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import ClassVar

import pytest

from insta_stream.cli import supervisor
from insta_stream.cli.ports import Ports
from insta_stream.cli.pulse import SILENT_LOOKS, Pulse, _is_debugged
from insta_stream.cli.supervisor import PAUSE_SECONDS, Supervisor


class Worker:
    """A process by its looks. all: those that were started."""

    all: ClassVar[list["Worker"]] = []
    has_room = True
    exitcode = 1
    pid = 0

    def __init__(self, args: tuple[object, ...], **_: object) -> None:
        self.is_running = False
        self.pulse = args[-1]

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
        made = Supervisor(Ports(listener))
        made._start()
        Worker.all[0].is_running = False
        yield made


@pytest.fixture
def supervised(unserved: Supervisor) -> Supervisor:
    """A supervisor whose first worker has answered, and has ended at once; the next one is due."""
    unserved._goes_on(signal.SIGUSR1)
    unserved._goes_on(signal.SIGCHLD)
    return unserved


def test_readiness_is_told_once_however_often_workers_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_allow_connections", lambda: 1)
    told: list[str] = []
    with socket.socket() as listener:
        made = Supervisor(Ports(listener), lambda: told.append("ready"))
        made._is_stopping, made._worker = False, Worker((Pulse(),))  # type: ignore[assignment]
        for _ in range(3):
            made._goes_on(signal.SIGUSR1)
    assert told == ["ready"]


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


def test_a_manager_is_told_once_that_it_answers_and_that_it_ends(
    unserved: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(supervisor, "tell_manager", told.append)
    assert unserved._goes_on(signal.SIGUSR1)
    assert unserved._goes_on(signal.SIGUSR1)
    assert told == ["READY=1"]
    unserved._goes_on(signal.SIGTERM)
    assert told == ["READY=1", "STOPPING=1"]


def looked(supervised: Supervisor, times: int) -> bool:
    """Let the supervisor look so many times, and say whether the newest worker runs."""
    for _ in range(times):
        assert supervised._goes_on(signal.SIGALRM)
    return Worker.all[-1].is_running


@pytest.fixture
def pulse(supervised: Supervisor) -> Pulse:
    """That of the worker that answers now."""
    assert looked(supervised, 1)
    made = Worker.all[-1].pulse
    assert isinstance(made, Pulse)
    return made


def test_a_worker_that_is_stuck_is_replaced(supervised: Supervisor, pulse: Pulse) -> None:
    for _ in range(3):
        pulse.beat()
        assert looked(supervised, SILENT_LOOKS)
    assert not looked(supervised, 1)
    supervised._goes_on(signal.SIGCHLD)
    assert looked(supervised, 1)
    assert len(Worker.all) == 3


def test_a_worker_that_has_not_begun_yet_is_not_stuck(supervised: Supervisor, pulse: Pulse) -> None:
    assert looked(supervised, 3 * SILENT_LOOKS)
    pulse.beat()
    assert looked(supervised, SILENT_LOOKS)


def test_a_worker_that_a_debugger_holds_is_not_stuck(
    supervised: Supervisor, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse.beat()
    monkeypatch.setattr("insta_stream.cli.pulse._is_debugged", lambda _: True)
    assert looked(supervised, 3 * SILENT_LOOKS)


def test_the_next_worker_has_a_pulse_of_its_own(supervised: Supervisor, pulse: Pulse) -> None:
    pulse.beat()
    assert not looked(supervised, SILENT_LOOKS + 1)
    supervised._goes_on(signal.SIGCHLD)
    assert looked(supervised, 3 * SILENT_LOOKS)


def test_who_is_told_to_stop_is_not_looked_at(supervised: Supervisor, pulse: Pulse) -> None:
    pulse.beat()
    assert not supervised._goes_on(signal.SIGTERM)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who traces whom")
def test_a_debugger_is_seen() -> None:
    held = "import ctypes; print(ctypes.CDLL(None).ptrace(0, 0, 0, 0), flush=True); input()"
    command = [sys.executable, "-c", held]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as traced:
        assert traced.stdout is not None
        assert traced.stdout.readline() == b"0\n"  # its parent traces it
        assert _is_debugged(traced.pid)
        traced.kill()
    assert not _is_debugged(os.getpid())
    assert not _is_debugged(traced.pid)


def test_only_a_worker_that_takes_hangups_is_sent_them(
    supervised: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *each: sent.append(each))
    supervised._goes_on(signal.SIGHUP)  # the worker is due
    supervised._goes_on(signal.SIGALRM)
    supervised._goes_on(signal.SIGHUP)
    assert sent == [(Worker.pid, signal.SIGHUP)]
    with socket.socket() as listener:
        assert signal.SIGHUP not in supervised._signals
        assert signal.SIGHUP in Supervisor(Ports(listener), passes_hangups=True)._signals
