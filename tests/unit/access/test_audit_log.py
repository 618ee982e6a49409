"""The audit log in a real database: what is in it stays, and strangers do not fill it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs
from tests.support.databases import database_at

from insta_stream.access import audit_log as module
from insta_stream.access import share
from insta_stream.access.action import Action
from insta_stream.access.audit_log import FOREVER, AuditLog
from insta_stream.access.tally import MANY_MORE, MOST_GROUPS
from insta_stream.access.wall import wall_clock
from insta_stream.backup.content import prepare
from insta_stream.db import audit
from insta_stream.db.audit import Actor, EntryRow, Thing, Wanted, audit_entry, insert_entries
from insta_stream.db.engine import Database
from insta_stream.db.snapshot import copy
from insta_stream.health import checks
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks, seconds

ANNA = Actor("person", AccountId("a" * 32), "anna", session="s" * 32, address="192.0.2.7")
CAMERA = Actor("token", token="t" * 32, token_name="camera")
MAIN = Thing("channel", "main", "Main")
DAY = seconds(86_400)
ALL = Wanted()
VALUES = """
    (id, at, count, action, kind, name, token_name, address, device, things, status, code)
    VALUES (%s, %s, 1, '', '', '', '', '', '', '[]', 200, '')
"""


def entry(actor: Actor = ANNA, action: str = Action.CHANNEL_STOP, **more: object) -> EntryRow:
    return replace(EntryRow(wall_clock(), action, actor, (MAIN,)), **more)  # type: ignore[arg-type]


def knock(number: int, at: Ticks) -> EntryRow:
    """Return a stranger's refusal, from an address of its own."""
    stranger = Actor("nobody", address=f"2001:db8:{number:x}::/64")
    return EntryRow(at, Action.REQUEST, stranger, status=401, code="unauthorized")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = await database_at(tmp_path / "insta-stream.db")
    yield made
    await made.close()


@pytest.fixture
def log(database: Database) -> AuditLog:
    return AuditLog(database)


async def count(database: Database) -> int:
    async with database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(audit_entry)) or 0


async def run(database: Database, statement: str) -> None:
    async with database.write() as connection:
        await connection.execute(text(statement))


async def test_an_entry_is_there_as_it_was_told(log: AuditLog) -> None:
    told = entry(before={"state": "on"}, after={"state": "off", "names": ["x"]}, code="", count=1)
    await log.record(told)
    assert await log.page(ALL, 10) == [replace(told, id=1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET name = 'bob'",
        "DELETE FROM audit_entry",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry",
        "REPLACE INTO audit_entry" + VALUES % (1, 1),
    ],
)
async def test_what_is_kept_is_neither_changed_nor_deleted(
    database: Database, log: AuditLog, statement: str
) -> None:
    await log.keep(30)
    await log.record(entry(at=wall_clock() - 29 * DAY))
    before = await log.page(ALL, 10)
    with pytest.raises(IntegrityError, match="audit log"):
        await run(database, statement)
    await run(database, "UPDATE audit_rule SET days = 0")
    with pytest.raises(IntegrityError, match="audit log"):
        await run(database, statement)
    await run(database, "DELETE FROM audit_rule")
    with pytest.raises(IntegrityError, match="audit log"):
        await run(database, statement)
    assert await log.page(ALL, 10) == before


def aged(*days: float) -> list[EntryRow]:
    """Return entries that were written in this order, so long ago by what the clock was then."""
    return [entry(at=Ticks(wall_clock() - round(each * DAY))) for each in days]


async def left(log: AuditLog) -> list[int]:
    return [each.id for each in reversed(await log.page(ALL, 10_000))]


async def test_what_is_too_old_goes_and_no_id_comes_back(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module_ in (audit, module):
        monkeypatch.setattr(module_, "PRUNED_AT_ONCE", 2)
    for each in aged(100, 99.9, 99.8, 90, 31, 29):
        await log.record(each)
    await log.keep(FOREVER)
    await log._prune()
    assert await left(log) == [1, 2, 3, 4, 5, 6]
    await log.keep(30)
    for expected in ([4, 5, 6], [5, 6], [6], [6]):
        await log._prune()
        assert await left(log) == expected
    await log.keep(28)
    await log._prune()
    await log._prune()
    await log.record(entry())
    assert await left(log) == [7]


async def test_a_clock_that_is_years_ahead_takes_a_day_of_entries_at_a_time(
    database: Database, log: AuditLog
) -> None:
    await log.keep(400)
    async with database.write() as connection:  # as they look to a clock that is ten years ahead
        await insert_entries(connection, aged(*range(4000, 3600, -1)))
    for pass_ in range(1, 4):
        await log._prune()
        assert len(await left(log)) == 400 - pass_


async def test_what_was_written_by_a_wrong_clock_goes_in_its_turn(log: AuditLog) -> None:
    await log.keep(30)
    for each in aged(31, -3650, 31, 29, 20_000, 28):  # ten years ahead, and far behind
        await log.record(each)
    await log._prune()
    await log._prune()
    assert await left(log) == [2, 4, 5, 6]


async def test_damage_keeps_nothing_else(database: Database, log: AuditLog) -> None:
    await run(database, "INSERT INTO audit_entry" + VALUES % (1, "'x'"))
    for each in aged(31, 29):
        await log.record(each)
    await log.keep(30)
    await log._prune()
    assert await left(log) == [3]


async def test_a_clock_that_is_set_back_meanwhile_stops_nothing(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.keep(30)
    await log.record(entry())
    monkeypatch.setattr(module, "wall_clock", lambda: Ticks(wall_clock() + 3650 * DAY))
    with capture_logs() as said:
        await log._prune()
    assert [each["event"] for each in said] == ["audit_not_pruned"]
    assert await left(log) == [1]


async def test_no_index_is_sorted_to_find_the_oldest(database: Database) -> None:
    told = audit.oldest_statement(wall_clock()).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    async with database.read() as connection:
        steps = (await connection.execute(text(f"EXPLAIN QUERY PLAN {told}"))).all()
    assert [str(step[-1]) for step in steps] == ["SCAN audit_entry"]


async def test_a_flood_of_strangers_costs_no_transaction_and_few_rows(
    database: Database, log: AuditLog
) -> None:
    now, rows, minutes = wall_clock(), 0, 60
    for minute in range(minutes):
        for number in range(100):
            await log.record(knock(100 * minute + number, Ticks(now + minute * seconds(60))))
        assert await count(database) == rows
        await log.flush()
        rows = await count(database)
    assert rows < 200 + 3 * minutes
    found = await log.page(ALL, 10_000)
    assert sum(each.count for each in found) == 100 * minutes
    assert {each.code for each in found} == {"unauthorized", MANY_MORE}
    at_once = [each for each in found if each.at == now]
    assert len(at_once) == MOST_GROUPS + 1


async def test_a_copied_session_is_an_entry_of_its_own_whatever_strangers_do(log: AuditLog) -> None:
    thief = Actor("nobody", ANNA.account, "anna", session="s" * 32, address="203.0.113.7")
    for number in range(1000):
        await log.record(knock(number, wall_clock()))
    await log.record(entry(thief, Action.SESSION_REUSE, status=401, code="signed_out"))
    (told,) = await log.page(Wanted(account=ANNA.account), 9)
    assert (told.action, told.actor) == (Action.SESSION_REUSE, thief)


async def test_a_strangers_tries_are_one_entry(log: AuditLog) -> None:
    person = Thing("person", ANNA.account or "", "anna")
    stranger = Actor("nobody", address="203.0.113.7")
    wrong = EntryRow(
        wall_clock(), Action.SESSION_START, stranger, (person,), status=401, code="wrong_sign_in"
    )
    for _ in range(14):
        await log.record(wrong)
    assert await log.page(ALL, 10) == []
    await log.flush()
    assert await log.page(ALL, 10) == [replace(wrong, id=1, count=14)]
    await log.flush()
    assert len(await log.page(ALL, 10)) == 1


async def test_a_token_in_a_loop_fills_nothing_and_hides_nobodys_refusals(
    database: Database, log: AuditLog
) -> None:
    refused = {"status": 403, "code": "forbidden"}
    for _ in range(500):
        await log.record(entry(CAMERA, **refused))
    alone = await count(database)
    assert alone == share.FREE_REFUSALS
    await log.record(entry(**refused))
    assert await count(database) == alone + 1
    await log.record(entry(CAMERA))  # what it may do, it has done
    assert await count(database) == alone + 2
    await log.flush()
    assert [each.count for each in await log.page(ALL, 1)] == [500 - alone]


def renamed(number: int, actor: Actor = CAMERA) -> EntryRow:
    return entry(
        actor, Action.CHANNEL_CHANGE, before={"title": str(number - 1)}, after={"title": str(number)}
    )


async def test_the_changes_of_a_token_in_a_loop_are_told_as_one(
    database: Database, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "FREE_CHANGES", 10)
    for number in range(1, 501):
        await log.record(renamed(number))
    assert await count(database) == 10
    await log.record(renamed(1, ANNA))
    assert (await log.page(ALL, 1))[0].actor == ANNA, "whose entries wait for nobody else"
    await log.record(replace(renamed(1), after={"number": 7}))
    await log.flush()
    (told,) = await log.page(ALL, 1)
    assert (told.actor, told.things, told.count) == (CAMERA, (MAIN,), 491)
    assert (told.before, told.after) == ({"title": "10"}, {"title": "500", "number": 7})


async def test_whoever_changes_another_thing_each_time_fills_nothing_and_is_always_named(
    database: Database, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "FREE_CHANGES", 10)
    now, minutes, camera = wall_clock(), 60, replace(CAMERA, address="192.0.2.9")
    for minute in range(minutes):
        for number in range(100):
            thing = Thing("video", f"{minute}.{number}")
            at = Ticks(now + minute * seconds(60))
            await log.record(entry(camera, Action.VIDEO_RENAME, at=at, things=(thing,)))
        await log.record(entry(camera, Action.REQUEST, at=at, status=429, code="too_many_requests"))
        await log.flush()
    assert await count(database) < 10 + 200 + 5 * minutes
    found = await log.page(ALL, 10_000)
    assert sum(each.count for each in found) == 101 * minutes
    assert {each.actor for each in found} == {camera}
    rest = {each.status for each in found if each.code == MANY_MORE}
    assert rest == {200, 403}


async def test_what_was_counted_of_one_who_is_forgotten_is_told(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "_MOST_KNOWN", 1)
    monkeypatch.setattr(share, "FREE_CHANGES", 0)
    for actor in (CAMERA, ANNA):
        await log.record(renamed(1, actor))
    await log.flush()
    assert {each.actor for each in await log.page(ALL, 9)} == {CAMERA, ANNA}


async def test_who_asks_too_often_is_counted_and_costs_no_transaction(log: AuditLog) -> None:
    for _ in range(3):
        await log.record(entry(CAMERA, Action.REQUEST, status=429, code="too_many_requests"))
    assert await log.page(ALL, 9) == []
    await log.flush()
    (told,) = await log.page(ALL, 9)
    assert (told.count, told.actor) == (3, CAMERA)


async def test_what_cannot_be_written_waits_and_is_said(
    database: Database, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    assert (await checks.audit(log)).state == "ok"
    await run(database, "PRAGMA max_page_count=1")
    large = {"words": ["x" * 250] * 20}
    with capture_logs() as said:
        while not log.fault:
            await log.record(entry(after=large))
        written = await count(database)
        await log.record(entry(action=Action.CHANNEL_START, after=large))
        await log.record(entry(action=Action.CHANNEL_PAUSE, after=large))
    assert [each["log_level"] for each in said if each["event"] == "audit_not_written"] == ["error"] * 3
    finding = await checks.audit(log)
    assert (finding.state, finding.message[:2]) == ("degraded", "2 ")
    assert "1 are lost" in finding.message
    assert finding.remedy
    await run(database, "PRAGMA max_page_count=1073741823")
    await log._write([])
    assert (await checks.audit(log)).state == "ok"
    assert await count(database) == written + 2
    assert [each.action for each in await log.page(ALL, 2)] == [Action.CHANNEL_PAUSE, Action.CHANNEL_START]


async def test_what_can_never_be_written_stands_in_nobodys_way(log: AuditLog) -> None:
    await log.record(entry(before={"what": object()}))
    assert (log.fault, log.waiting, log.lost) == ("StatementError", 0, 1)
    await log.record(entry())
    assert (log.fault, len(await log.page(ALL, 9))) == ("", 1)


async def test_what_was_counted_and_what_waits_is_written_by_and_by(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RETRY_SECONDS", "TELL_SECONDS", "PRUNE_SECONDS"):
        monkeypatch.setattr(module, name, 0.01)
    await log.keep(30)
    for each in aged(31):
        await log.record(each)
    await log.record(knock(1, wall_clock()))
    duties = [asyncio.create_task(each()) for each in (log.watch, log.clean_up)]
    try:
        async with asyncio.timeout(30):
            while [each.code for each in await log.page(ALL, 9)] != ["unauthorized"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        for duty in duties:
            duty.cancel()
        await asyncio.wait(duties)


WANTED = [
    ALL,
    Wanted(account=ANNA.account),
    Wanted(action=Action.CHANNEL_START),
    Wanted(account=ANNA.account, action=Action.CHANNEL_START),
    Wanted(begin=Ticks(20)),
    Wanted(end=Ticks(60)),
    Wanted(begin=Ticks(20), end=Ticks(60), account=ANNA.account),
]


@pytest.mark.parametrize("wanted", WANTED, ids=str)
async def test_pages_have_what_is_wanted_once_the_newest_first(
    database: Database, log: AuditLog, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE", 3)
    # Of the same instant there are several, and once the clock was set back.
    times = [10, 20, 20, 20, 20, 30, 60, 70, 50, 55, 59, 60, 80]
    actions = (Action.CHANNEL_START, Action.CHANNEL_STOP, Action.CHANNEL_STOP)
    rows = [
        EntryRow(Ticks(at), actions[n % 3], (ANNA, CAMERA)[n % 2], id=n + 1) for n, at in enumerate(times)
    ]
    async with database.write() as connection:
        await insert_entries(connection, rows)
    expected = [
        row
        for row in rows
        if wanted.account in {None, row.actor.account}
        and wanted.action in {None, row.action}
        and (wanted.begin or 0) <= row.at < (wanted.end or 1000)
    ]
    is_timed = wanted.begin is not None or wanted.end is not None
    expected.sort(key=lambda row: (row.at if is_timed else 0, row.id), reverse=True)
    found = [row async for page in log.pages(wanted) for row in page]
    assert found == expected
    assert found


@pytest.mark.parametrize("wanted", WANTED, ids=str)
async def test_an_index_finds_them(database: Database, wanted: Wanted) -> None:
    query = audit.statement(replace(wanted, before=5), 10)
    told = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    async with database.read() as connection:
        steps = (await connection.execute(text(f"EXPLAIN QUERY PLAN {told}"))).all()
    assert not [step for step in steps if str(step[-1]).startswith("SCAN")], steps


async def test_a_row_that_cannot_be_read_is_passed_over(database: Database, log: AuditLog) -> None:
    await log.record(entry())
    await run(
        database,
        "INSERT INTO audit_entry" + VALUES % (7, "'x'"),
    )
    with capture_logs() as said:
        assert [each.id for each in await log.page(ALL, 10)] == [1]
    assert said[0]["event"] == "row_broken"


@pytest.mark.parametrize("wanted", [ALL, Wanted(begin=Ticks(0))], ids=["by id", "by time"])
async def test_damage_hides_nothing_that_is_behind_it(
    database: Database, log: AuditLog, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PAGE", 2)
    await log.record(entry())
    for number in range(2, 6):
        values = (VALUES % (number, wall_clock())).replace("1, ''", "'x', ''")
        await run(database, f"INSERT INTO audit_entry {values}")
    await log.record(entry())
    assert [each.id for each in await log.page(wanted, 2)] == [6, 1]
    assert [each.id async for page in log.pages(wanted) for each in page] == [6, 1]


async def test_a_backup_keeps_them_and_they_are_kept_there(log: AuditLog, tmp_path: Path) -> None:
    await log.record(entry())
    path = tmp_path / "copy.db"
    copy(tmp_path / "insta-stream.db", path)
    await prepare(path, seconds(1))
    restored = Database(path)
    try:
        assert await AuditLog(restored).page(ALL, 10) == await log.page(ALL, 10)
        with pytest.raises(IntegrityError, match="never changed"):
            await run(restored, "UPDATE audit_entry SET name = 'bob'")
    finally:
        await restored.close()
