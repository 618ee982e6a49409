"""How much processor time something takes, told apart from what the rest of a test run does to it."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def effort(spent: list[float]) -> Iterator[None]:
    """Add the seconds of processor that the block takes in this thread, without collecting garbage.

    For what takes milliseconds, or seconds if its time grows with the square of its length: never for more.
    """
    gc.disable()
    began = time.thread_time()
    try:
        yield
    finally:
        spent.append(time.thread_time() - began)
        gc.enable()
