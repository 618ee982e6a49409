"""Rows as their tables declare them: SQLite keeps any value in any column, and damage respects none of it.

One row that is not what it should be must not keep those beside it from being read.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import NoneType
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, func

from insta_stream.db.document import Document
from insta_stream.ids import is_id
from insta_stream.ticks import LATEST, Ticks


def checked(table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the values of a row. Raises ValueError where one is not what its column declares.

    Documents are passed over: who reads what is in them looks.
    """
    kinds = _kinds(table)
    for name, value in row.items():
        if name in kinds and not _fits(value, kinds[name]):
            raise ValueError(f"{table.name}.{name} cannot be {value!r:.60}")
    return dict(row)


def checked_id(id_: str) -> None:
    """Raise ValueError for what is no id, and therefore the name of no file."""
    if not is_id(id_):
        raise ValueError(f"no id: {id_:.60}")


def instant(value: object) -> Ticks:
    """Return an instant that was read. Raises ValueError for what is none."""
    if not (type(value) is int and 0 <= value <= LATEST):
        raise ValueError(f"not an instant: {value!r:.60}")
    return Ticks(value)


def is_instant(column: Column[Any]) -> ColumnElement[bool]:
    """Pick the rows that have an instant in a column."""
    return (func.typeof(column) == "integer") & column.between(0, LATEST)


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    return type(value) in kinds and not (type(value) is int and abs(value) > LATEST)


@lru_cache
def _kinds(table: Table) -> dict[str, tuple[type, ...]]:
    """Return of which types the values of a table's columns can be."""
    return {
        column.name: (column.type.python_type, NoneType) if column.nullable else (column.type.python_type,)
        for column in table.columns
        if not isinstance(column.type, Document)
    }
