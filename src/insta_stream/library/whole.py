"""Work that a cancelled task does to the end, because it would leave things half done."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def whole(function: Callable[_P, Coroutine[Any, Any, _T]]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Let a coroutine function end before a cancellation reaches its caller.

    Without this, a commit could succeed and never be shown, and a cancelled database call leaves its
    connection open.
    """

    @wraps(function)
    async def to_the_end(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        task = asyncio.create_task(function(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                await asyncio.wait([task])
            raise

    return to_the_end
