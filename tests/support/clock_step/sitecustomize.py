"""Python reads this at its start: it moves the wall clock by what a file says, in whole seconds.

The server reads the wall clock in one place, with `time.time_ns`; the kernel's is left alone.
"""

import os
import time
from pathlib import Path

_true = time.time_ns
_step = Path(os.environ["CLOCK_STEP"])


def _time_ns() -> int:
    return _true() + int(_step.read_text() or 0) * 1_000_000_000


time.time_ns = _time_ns
time.time = lambda: _time_ns() / 1e9
