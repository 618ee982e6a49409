"""Whether what was read is of the types that it was declared with: text keeps none, and may be damaged."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from insta_stream.ticks import LATEST
from insta_stream.timeline.table import SegmentTable

T = TypeVar("T")


def typed(value: T, *, but: str = "") -> T:
    """Return a value whose fields, and what is in them, are of their types, and no number too large.

    but: a field of which the caller knows that. Raises TypeError for another value.
    """
    kind: Any = type(value)
    for name, fits in _fields(kind):
        if name != but and not fits(found := getattr(value, name)):
            raise TypeError(f"{kind.__name__}.{name} cannot be {found!r:.60}")
    return value


@cache
def _fields(kind: Any) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
    hints = get_type_hints(kind)
    is_tuple = issubclass(kind, tuple)  # a named one
    names = hints if is_tuple else [each.name for each in fields(kind) if each.init]
    return tuple((name, _test(hints[name])) for name in names)


@cache
def _test(kind: Any) -> Callable[[Any], bool]:
    """Return what tells whether a value is of a type."""
    if isinstance(kind, NewType):
        return _test(kind.__supertype__)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return lambda value: value in inner
    if origin in {Union, UnionType}:
        kinds = [_test(each) for each in inner]
        return lambda value: any(fits(value) for fits in kinds)
    if origin is tuple:  # as all of them are here: of any length
        fits = _test(inner[0])
        return lambda value: type(value) is tuple and all(map(fits, value))
    if kind is int:
        return lambda value: type(value) is int and abs(value) <= LATEST
    if kind in {str, bool, NoneType, SegmentTable}:  # a table was not read, but given
        return lambda value: type(value) is kind
    parts = _fields(kind)
    return lambda value: type(value) is kind and all(fits(getattr(value, name)) for name, fits in parts)
