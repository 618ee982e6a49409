"""How thorough a run is.

A quick run has every kind of test, with examples that are as small as what they prove. A deep one has them
all, at full size: `./test --deep`, or INSTA_STREAM_TEST_DEEP=1.
"""

import os
from typing import TypeVar

DEEP = os.environ.get("INSTA_STREAM_TEST_DEEP", "") not in {"", "0"}

MORE_EXAMPLES = 10
"""A deep run has this many times the examples of a property of histories, or of what strangers send."""

T = TypeVar("T")


def by_depth(quick: T, deep: T) -> T:
    """Return the first in a quick run, the second in a deep one."""
    return deep if DEEP else quick


def examples(quick: int) -> int:
    """Return how many histories, or things that strangers send, this run tries."""
    return quick * by_depth(1, MORE_EXAMPLES)
