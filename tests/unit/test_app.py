"""Settings of the whole process: they cannot be taken back, so they are tried in a process of its own."""

import subprocess
import sys

COLLECTION = """
import gc
from insta_stream.app import set_aside_what_stays

loaded = [[number] for number in range(100_000)]
set_aside_what_stays()
raise SystemExit(len(gc.get_objects()) > len(loaded))
"""


def test_what_was_loaded_at_the_start_is_not_looked_through_again() -> None:
    subprocess.run([sys.executable, "-c", COLLECTION], check=True)
