"""JSON in a column, of which one damaged text must not keep the rows beside it from being read."""

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Unreadable:
    """Stands for a text that is no JSON: whoever needs what it said fails, and can say of what."""

    def __repr__(self) -> str:
        return "<what was stored is no JSON>"


class Document(TypeDecorator[Any]):
    """As JSON, but a text that is none is `Unreadable` instead of an error for the whole query."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return what turns a stored text into its value; it raises nothing for what is no JSON."""
        read = super().result_processor(dialect, coltype)
        if read is None:
            return None  # the driver reads JSON itself

        def value(stored: Any) -> Any:
            try:
                return read(stored)
            except ValueError:
                return Unreadable()

        return value
