"""What a supervisor does about signals, and whom it tells; who is stuck."""

import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from typing import cast

import pytest

from insta_stream.cli import supervisor
from insta_stream.cli.crew import Crew
from insta_stream.cli.pulse import SILENT_LOOKS, Pulse, _is_debugged
from insta_stream.cli.supervisor import Supervisor, has_terminal


class Told:
    """A crew that takes note of what it is told."""

    has_answered = False

    def __init__(self) -> None:
        self.orders: list[str] = []

    def __getattr__(self, order: str) -> object:
        return lambda: self.orders.append(order)


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(signal, "alarm", lambda _: 0)
    return Told()


def supervising(crew: Told) -> Supervisor:
    return Supervisor(cast("Crew", crew), lambda: crew.orders.append("greet"))


def test_readiness_is_told_once_however_often_workers_answer(
    crew: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(supervisor, "tell_manager", told.append)
    made = supervising(crew)
    made.react(signal.SIGUSR1)
    assert told == []
    crew.has_answered = True
    for number in (signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD):
        made.react(number)
    assert told == ["READY=1"]
    assert crew.orders == ["see", "see", "greet", "look", "see"]
    made.react(signal.SIGTERM)
    assert told == ["READY=1", "STOPPING=1"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(crew: Told, number: int) -> None:
    supervising(crew).react(number)
    assert crew.orders == ["stop"]


def hung_up(crew: Told, monkeypatch: pytest.MonkeyPatch, *terminals: bool) -> list[str]:
    """Return what a crew is told at a SIGHUP. terminals: whether there is one, at the start and then."""
    answers = iter(terminals)
    monkeypatch.setattr(supervisor, "has_terminal", lambda: next(answers))
    supervising(crew).react(signal.SIGHUP)
    return crew.orders


def test_a_hangup_renews_the_crew(crew: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hung_up(crew, monkeypatch, False) == ["renew"]
    assert hung_up(crew, monkeypatch, True, True) == ["renew", "renew"]


def test_a_terminal_that_closes_ends_the_server(crew: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hung_up(crew, monkeypatch, True, False) == ["stop"]


def test_whoever_ignores_hangups_outlives_the_terminal(crew: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert hung_up(crew, monkeypatch, True, False) == ["renew"]
    signal.signal(signal.SIGHUP, before)


def test_a_terminal_is_there_until_it_closes() -> None:
    child, terminal = pty.fork()
    if not child:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.write(1, b"y" if has_terminal() else b"n")
        with suppress(OSError):
            os.read(0, 1)  # until it closes
        os._exit(has_terminal())
    assert os.read(terminal, 1) == b"y"
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def missing(pulse: Pulse, looks: int) -> bool:
    """Look so many times; return what the last look says."""
    return [pulse.is_missing(os.getpid()) for _ in range(looks)][-1]


def test_a_worker_that_does_not_beat_is_stuck() -> None:
    pulse = Pulse()
    for _ in range(3):
        pulse.beat()
        assert not missing(pulse, SILENT_LOOKS)
    assert missing(pulse, 1)


def test_a_worker_that_has_not_begun_yet_is_not_stuck() -> None:
    pulse = Pulse()
    assert not missing(pulse, 3 * SILENT_LOOKS)
    assert not pulse.has_begun
    pulse.beat()
    assert pulse.has_begun
    assert not missing(pulse, SILENT_LOOKS)


def test_a_worker_that_a_debugger_holds_is_not_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()
    pulse.beat()
    monkeypatch.setattr("insta_stream.cli.pulse._is_debugged", lambda _: True)
    assert not missing(pulse, 3 * SILENT_LOOKS)


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
