"""The collector is the whole process's, so each case has a process of its own."""

import subprocess
import sys

import pytest

from insta_stream.garbage import LOOK_SECONDS, PERIOD_SECONDS, SHORTEST_PERIOD_SECONDS, next_period

BEGIN = """
import asyncio, gc, weakref
from insta_stream import garbage

class Node:
    def __init__(self):
        self.me = self

garbage.PERIOD_SECONDS = garbage.SHORTEST_PERIOD_SECONDS = 0.0
garbage.MEASURING_SECONDS = garbage.LASTING_SECONDS = 0.0
work = garbage.Garbage()

async def look(times):
    task = asyncio.create_task(work.collect())
    for _ in range(times * 10):
        await asyncio.sleep(0)
    task.cancel()
"""

CASES = {
    "what was loaded at the start is not looked through again": """
loaded = [[number] for number in range(100_000)]
work.set_aside()
assert len(gc.get_objects()) < 1000
""",
    "what is new is looked at, then set aside, and vanishes with its last reference": """
work.set_aside()
at_first = gc.get_freeze_count()
cycle = weakref.ref(Node())
kept = [Node() for _ in range(1000)]
asyncio.run(look(2))
assert cycle() is None
assert len(gc.get_objects()) < 1000
before = gc.get_freeze_count()
assert before > at_first + 1000
for node in kept:
    node.me = None
del node, kept
assert gc.get_freeze_count() < before - 1000
""",
    "cycles that were set aside go when there is much more than at the start": """
work.set_aside()
node = Node()
cycle = weakref.ref(node)
asyncio.run(look(2))
del node
work.look_at_all_where_it_has_grown()
assert cycle() is not None
before = work.kept
grown = [[number] for number in range(max(garbage.LEAST_GROWTH, 2 * work.kept))]
asyncio.run(look(2))
assert cycle() is None
assert work.kept > before + len(grown)
""",
    "how much there is is not measured at every look": """
garbage.MEASURING_SECONDS = 3600.0
work.set_aside()
before = work.kept
grown = [[number] for number in range(max(garbage.LEAST_GROWTH, 2 * before))]
asyncio.run(look(2))
assert work.kept == before
garbage.MEASURING_SECONDS = 0.0
asyncio.run(look(2))
assert work.kept > before + len(grown)
""",
    "a list that is there for a moment is no reason to look at all": """
garbage.LASTING_SECONDS = 3600.0
work.set_aside()
before = work.kept
for _ in range(2):
    grown = [[number] for number in range(max(garbage.LEAST_GROWTH, 2 * work.kept))]
    asyncio.run(look(2))
    assert work._grown_since is not None
    del grown
    asyncio.run(look(2))
    assert work._grown_since is None
assert work.kept == before
""",
}


@pytest.mark.parametrize("case", CASES)
def test_garbage(case: str) -> None:
    subprocess.run([sys.executable, "-c", BEGIN + CASES[case]], check=True)


def test_where_a_look_takes_long_the_next_ones_come_sooner() -> None:
    period = PERIOD_SECONDS
    for _ in range(5):  # what is new grows with the time since the last look
        period = next_period(period, 0.1 * period)
    assert 0.1 * period == pytest.approx(LOOK_SECONDS)
    assert next_period(period, 1.0) == SHORTEST_PERIOD_SECONDS
    assert next_period(period, 0.0) == PERIOD_SECONDS
