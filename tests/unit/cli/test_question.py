"""What the commands ask before they stop or delete something, and when they do not."""

import io
import os
import pty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from insta_stream import cli
from insta_stream.cli import channels, question, retention

KIDS = {"slug": "kids", "title": "Kids\x9b2J", "state": "on"}


class Server:
    """Answers as a server, and remembers what it was asked to do."""

    def __init__(self, state: str = "on", viewers: int = 3) -> None:
        self.channel = {**KIDS, "state": state}
        self.viewers = viewers
        self.deeds: list[str] = []

    def call(self, method: str, path: str, **_: object) -> Any:
        if method != "GET":
            self.deeds.append(f"{method} {path}")
            return {"deletions": [], "freedBytes": 0}
        return {"now": self.viewers} if path.endswith("/viewers") else self.channel


def run(
    monkeypatch: pytest.MonkeyPatch, server: Server, *command: str, answer: str | None
) -> tuple[int, str]:
    """Run a command; answer: of a person at a terminal, None without one. Return its status and words."""

    @contextmanager
    def connect(*_: str) -> Iterator[Server]:
        yield server

    for module in (channels, retention):
        monkeypatch.setattr(module, "connect", connect)
        if answer is not None:
            monkeypatch.setattr(module, "is_asked", lambda *, yes: not yes)
    done = CliRunner().invoke(cli.app, list(command), input=answer or "")
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("command", "asked", "deed"),
    [
        (("channels", "stop", "kids"), "About 3 people are watching", "POST /api/channels/kids/stream/stop"),
        (("retention", "--apply", "--with-deleted"), "in the bin permanently?", "POST /api/retention"),
    ],
)
def test_a_person_is_asked_and_a_script_is_not(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], asked: str, deed: str
) -> None:
    server = Server()
    status, _ = run(monkeypatch, server, *command, answer=None)
    assert (status, server.deeds) == (0, [deed])
    for answer in ("\n", "n\n"):
        server = Server()
        status, said = run(monkeypatch, server, *command, answer=answer)
        assert (status, server.deeds) == (1, [])
        assert asked in said
        assert "\x9b" not in said
    for given, extra in (("y\n", ()), ("", ("--yes",))):
        server = Server()
        status, _ = run(monkeypatch, server, *command, *extra, answer=given)
        assert (status, server.deeds) == (0, [deed])


def test_only_what_can_be_done_is_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    off, on = Server("off"), Server()
    assert run(monkeypatch, off, "channels", "stop", "kids", answer="")[0] == 0
    assert run(monkeypatch, on, "channels", "delete", "kids", answer="")[0] == 0, "the server refuses it"
    off.deeds.clear()
    status, said = run(monkeypatch, off, "channels", "delete", "kids", answer="n\n")
    assert (status, off.deeds) == (1, [])
    assert "This cannot be undone" in said


def test_a_question_says_that_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    for viewers, words in ((0, "Nobody seems to be watching Kids"), (1, "About 1 person is watching Kids")):
        said = run(monkeypatch, Server(viewers=viewers), "channels", "stop", "kids", answer="n\n")[1]
        assert words in said


def test_only_a_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as raw, os.fdopen(ours, "rb", buffering=0):
        terminal = io.TextIOWrapper(raw)
        for stdin, stderr, is_asked in (
            (terminal, terminal, True),
            (io.StringIO(), terminal, False),
            (terminal, io.StringIO(), False),
        ):
            monkeypatch.setattr("sys.stdin", stdin)
            monkeypatch.setattr("sys.stderr", stderr)
            assert question.is_asked(yes=False) is is_asked
            assert question.is_asked(yes=True) is False
