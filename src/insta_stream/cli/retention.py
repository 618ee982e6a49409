"""`insta-stream retention`: what a running server would delete now, and what later; or do it now."""

from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import ByteSize
from rich.table import Table

from insta_stream.cli.question import Yes, confirm, is_asked
from insta_stream.cli.server import DEFAULT_URL, Token, Url, connect
from insta_stream.cli.show import out

_PARTS = (
    ("originals", "originalsBytes"),
    ("packaged video", "packagesBytes"),
    ("deleted videos", "deletedBytes"),
    ("database", "databaseBytes"),
    ("uploads", "uploadsBytes"),
    ("free", "freeBytes"),
    ("kept free", "minFreeBytes"),
)


def retention(
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Delete now what is due.")] = False,
    with_deleted: Annotated[
        bool,
        typer.Option(
            "--with-deleted",
            help="With --apply: also empty the bin, except for what players can still reach.",
        ),
    ] = False,
    yes: Yes = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Show what is deleted now and later, why, and how much disk space that frees.

    Without --apply, nothing is deleted. On a terminal, the command asks before it empties the bin. For the
    rules and their reasons, see docs/explanation/retention.md.

    For instance:

        insta-stream retention

        insta-stream retention --apply --with-deleted
    """
    if with_deleted and not apply:
        raise typer.BadParameter("it deletes videos, so it needs --apply", param_hint="--with-deleted")
    with connect(url, token) as server:
        if apply:
            if with_deleted and is_asked(yes=yes):
                confirm("Delete all videos in the bin permanently? They cannot be restored afterwards.")
            done = server.call("POST", "/api/retention", json={"withDeleted": with_deleted})
            _show(done["deletions"])
            out.print(f"{_size(done['freedBytes'])} freed.")
            return
        planned = server.call("GET", "/api/retention")
    _show(planned["deletions"])
    table = Table(box=None, show_header=False)
    for name, field in _PARTS:
        table.add_row(name, _size(planned["storage"][field]))
    out.print(table)


def _show(deletions: list[dict[str, Any]]) -> None:
    if not deletions:
        out.print("Nothing is scheduled for deletion.")
        return
    table = Table(box=None)
    for title in ("when", "what", "of", "size", "why"):
        table.add_column(title, overflow="fold")
    for each in deletions:
        table.add_row(_when(each), each["kind"], each["name"], _size(each["sizeBytes"]), each["message"])
    out.print(table)


def _when(deletion: dict[str, Any]) -> str:
    if deletion["isDue"]:
        return "now"
    if deletion["dueAt"] is None:
        return "after an edit"
    return datetime.fromisoformat(deletion["dueAt"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _size(size_bytes: int) -> str:
    return ByteSize(size_bytes).human_readable(separator=" ")
