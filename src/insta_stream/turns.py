"""Long work of threads, done in turns: the event loop shares the interpreter with them.

As long as a thread computes, the loop waits up to a millisecond for each thing that it does, and for each
thread anew. A thousand requests a second cannot be answered so. A thread that goes through thousands of
channels therefore rests after every turn, and has its next one when no other has its own.
"""

import time
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import TypeVar

TURN_SECONDS = 0.002
"""Of the processor, so that a busy machine does not make turns shorter."""

REST_SECONDS = 0.002
"""For so long, after each turn, no thread computes: half of the time is the event loop's alone."""

_T = TypeVar("_T")


class Turns:
    """Gives turns to threads, one after the other."""

    def __init__(self) -> None:
        self._planning = Lock()
        self._free_at = 0.0

    def wait(self) -> None:
        """Rest until this thread may compute for a turn."""
        time.sleep(max(0.0, self._begin() - time.monotonic()))

    def _begin(self) -> float:
        """Return when the next turn begins, which is taken with that."""
        with self._planning:
            begins_at = max(time.monotonic(), self._free_at) + REST_SECONDS
            self._free_at = begins_at + TURN_SECONDS
        return begins_at

    def over(self, items: Iterable[_T]) -> Iterator[_T]:
        """Yield items; whoever goes through them rests where a turn is over. Not for the event loop."""
        began = time.thread_time()
        for item in items:
            # Less than nothing where another thread goes on, as with the pieces of a long reply.
            if not 0 <= time.thread_time() - began < TURN_SECONDS:
                self.wait()
                began = time.thread_time()
            yield item


in_turns = Turns().over
