"""The audit log: who changed what, when and from where."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.access.sentence import sentence
from insta_stream.api import views
from insta_stream.api.guide import From, To, parse_instant
from insta_stream.api.permits import needs, router
from insta_stream.api.services import Held
from insta_stream.api.spreadsheet import as_csv, plain
from insta_stream.api.wire import Model, Moment, Reply, moment
from insta_stream.db.audit import EntryRow, Kind, Wanted
from insta_stream.ids import AccountId

MOST_SHOWN = 500

_COLUMNS = (
    "id",
    "at",
    "text",
    "count",
    "action",
    "status",
    "code",
    "kind",
    "name",
    "account",
    "token",
    "tokenName",
    "session",
    "address",
    "device",
    "things",
    "before",
    "after",
)

routes = router("/api", "audit")


class ThingView(Model):
    """What something was done to."""

    kind: str = Field(examples=["channel"])
    id: str = Field(description="Empty if it was refused before there was one.", examples=["main"])
    name: str = Field(description="As it was then; empty if it has none.", examples=["Main"])


class EntryView(Model):
    """Something that somebody did, or was refused."""

    id: int
    at: Moment = Field(description="By the machine's clock; of several that were alike, of the last one.")
    text: str = Field(description="A sentence.", examples=["anna stopped channel Main"])
    count: int = Field(
        description="How many were alike: they are told as one, with `before` of the first and `after` of "
        "the last."
    )
    action: str = Field(examples=["channel.stop"])
    status: int = Field(description="Of the reply; below 400: it was done.", examples=[200])
    code: str = Field(description="Why it was refused; empty if it was not.", examples=["forbidden"])
    kind: Kind = Field(
        description="What was shown: `person` (a session), `token` (an API token), `server_token`, `anyone` "
        "(everyone may do everything on this server), `nobody` (nothing), `command` (on the machine itself)."
    )
    name: str = Field(description="The person's, or the machine's user's; empty for neither.")
    account: str | None = Field(description="The person, also the owner of a token.")
    token: str | None = Field(description="The API token.")
    token_name: str
    session: str | None
    address: str = Field(description="Empty if it was on the machine itself.", examples=["203.0.113.7"])
    device: str = Field(examples=["Firefox on Linux"])
    things: list[ThingView]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Entries(Model):
    """Entries of the audit log."""

    entries: list[EntryView]
    next: int | None = Field(description="Give it as `before` to read on; null at the end.")


async def _wanted(
    *,
    before: Annotated[int | None, Query(ge=1, description="Only those before this entry.")] = None,
    account: Annotated[str | None, Query(description="Only those of this person.")] = None,
    action: Annotated[Action | None, Query(description="Only those of this action.")] = None,
    begin: From = None,
    end: To = None,
) -> Wanted:
    return Wanted(
        before=before,
        account=None if account is None else AccountId(account),
        action=action,
        begin=None if begin is None else parse_instant(begin, "from"),
        end=None if end is None else parse_instant(end, "to"),
    )


Asked = Annotated[Wanted, Depends(_wanted)]


@routes.get("/audit", response_model=Reply[Entries], summary="Who changed what; the newest first")
@needs(Permission.AUDIT_READ)
async def read_entries(
    services: Held, wanted: Asked, limit: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = 50
) -> Response:
    return await run_in_threadpool(_page, await services.audit_log.page(wanted, limit + 1), limit)


@routes.get("/audit.csv", summary="The same as a table for spreadsheets, all of it", response_class=Response)
@needs(Permission.AUDIT_READ)
async def export_table(services: Held, wanted: Asked) -> Response:
    return _file(_table(services.audit_log.pages(wanted)), "text/csv", "csv")


@routes.get("/audit.jsonl", summary="The same as JSON, an entry in each line", response_class=Response)
@needs(Permission.AUDIT_READ)
async def export_lines(services: Held, wanted: Asked) -> Response:
    return _file(_lines(services.audit_log.pages(wanted)), "application/jsonl", "jsonl")


def _page(rows: list[EntryRow], limit: int) -> Response:
    shown = rows[:limit]
    data = Entries(entries=list(map(_view, shown)), next=shown[-1].id if len(rows) > limit else None)
    return views.as_response(Reply[Entries](message="", data=data))


def _file(pieces: AsyncIterator[str], media_type: str, ending: str) -> Response:
    named = {"content-disposition": f'attachment; filename="activity-log.{ending}"'}
    return StreamingResponse(pieces, media_type=media_type, headers=named)


async def _table(pages: AsyncIterator[list[EntryRow]]) -> AsyncIterator[str]:
    yield f"\ufeff{as_csv([_COLUMNS])}"
    async for rows in pages:
        yield await run_in_threadpool(_as_rows, rows)


async def _lines(pages: AsyncIterator[list[EntryRow]]) -> AsyncIterator[str]:
    async for rows in pages:
        yield await run_in_threadpool(as_lines, rows)


def as_lines(rows: Iterable[EntryRow]) -> str:
    """Return entries as JSON, one in each line."""
    return "".join(f"{_view(row).model_dump_json(by_alias=True)}\n" for row in rows)


def _as_rows(rows: Iterable[EntryRow]) -> str:
    return as_csv(map(_cells, rows))


def _cells(row: EntryRow) -> list[object]:
    shown = _view(row).model_dump(mode="json", by_alias=True)
    return [plain(_cell(shown[column])) for column in _COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _view(row: EntryRow) -> EntryView:
    actor = row.actor
    return EntryView(
        id=row.id,
        at=moment(row.at),
        text=sentence(row),
        count=row.count,
        action=row.action,
        status=row.status,
        code=row.code,
        kind=actor.kind,
        name=actor.name,
        account=actor.account,
        token=actor.token,
        token_name=actor.token_name,
        session=actor.session,
        address=actor.address,
        device=actor.device,
        things=[ThingView(kind=each.kind, id=each.id, name=each.name) for each in row.things],
        before=None if row.before is None else dict(row.before),
        after=None if row.after is None else dict(row.after),
    )
