"""`insta-stream audit` on a data folder."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.databases import database_at
from tests.support.logging import kept_logging

from insta_stream.access.audit_log import AuditLog
from insta_stream.cli.audit import audit
from insta_stream.db.audit import Actor, EntryRow, Thing
from insta_stream.errors import BadRequest, Unknown
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks, seconds

BEGIN = seconds(1_790_000_000)  # 2026-09-21, at about noon in Europe
ANNA = Actor("person", AccountId("a" * 32), "anna", address="192.0.2.7")

Run = Callable[..., list[str]]


async def fill(path: Path) -> None:
    """Let there be an entry for each of a thousand minutes, every tenth of them Anna's."""
    database = await database_at(path)
    log = AuditLog(database)
    rows = [
        EntryRow(
            Ticks(BEGIN + seconds(60 * number)),
            "channel.stop" if number % 2 else "channel.start",
            ANNA if number % 10 == 0 else Actor("command", name="root\x1b[2J"),
            (Thing("channel", "main", f"Main {number}"),),
        )
        for number in range(1000)
    ]
    await log._write(rows)
    await database.close()


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command on the folder, and returns the lines that it prints."""
    asyncio.run(fill(tmp_path / "insta-stream.db"))

    def called(**given: object) -> list[str]:
        audit(data=tmp_path, **given)  # type: ignore[arg-type]
        return capsys.readouterr().out.splitlines()

    with kept_logging():
        yield called


def test_the_newest_are_printed_as_sentences(run: Run) -> None:
    lines = run(limit=2)
    assert [line.split("  ", 1)[1].lstrip() for line in lines] == [
        "-                root\ufffd[2J on the command line stopped channel Main 999",
        "-                root\ufffd[2J on the command line started channel Main 998",
    ]
    assert len(run()) == 50
    assert len(run(limit=10_000)) == 1000


def test_what_is_wanted_is_printed_as_json(run: Run) -> None:
    shown = [json.loads(line) for line in run(person=ANNA.account, json=True, limit=700)]
    assert len(shown) == 100
    assert {each["name"] for each in shown} == {"anna"}
    assert len(run(action="channel.stop", limit=10_000)) == 500
    first_hour = {"begin": "2020-01-01", "end": "2026-09-21T15:13:20+00:00"}
    assert len(run(**first_hour, limit=10_000)) == 60


def test_what_cannot_be_is_said(run: Run) -> None:
    with pytest.raises(BadRequest, match=r"no action moon\.land: choose account\.password"):
        run(action="moon.land")
    with pytest.raises(BadRequest, match="--from is not a date or time"):
        run(begin="noon")
    with pytest.raises(Unknown, match="no person called nobody"):
        run(person="nobody")
