"""What a test started ends with it, however it went.

A test that passes and leaves a process running has failed: the next one would find it. What a failed test
leaves is ended without a word, and what it had open is closed, so that no other test is blamed for it. Linux
only.
"""

import gc
import os
import sys
import warnings
from collections.abc import Generator

import pytest
from tests.support import preloaded, processes

HELPERS = (b"resource_tracker", b"forkserver")
"""Processes that Python starts when they are first needed, and keeps."""

_lasting: set[int] = set()
"""Processes that a fixture started for more than one test."""

_began = pytest.StashKey[set[int]]()
_has_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Remember what a fixture starts that outlives the test which asked for it first."""
    before = _children()
    try:
        return (yield)
    finally:
        if fixturedef.scope != "function":
            _lasting.update(_children() - before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Close what a failed test had open."""
    item.stash[_began], item.stash[_has_failed] = _children(), False
    try:
        return (yield)
    finally:
        if item.stash[_has_failed]:
            _forget_failure()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test has failed."""
    report = yield
    item.stash[_has_failed] |= report.failed
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """End what still runs when all fixtures of a test are done."""
    try:
        result = yield
    finally:
        left = {pid: processes.command_line(pid) for pid in _children() - item.stash[_began] - _lasting}
        left = {pid: line for pid, line in left.items() if not any(one in line for one in HELPERS)}
        for pid in left:
            processes.end(pid)
    if left and not item.stash[_has_failed]:
        lines = [line.replace(b"\0", b" ").decode(errors="replace") for line in left.values()]
        pytest.fail(f"the test left processes running: {lines}", pytrace=False)
    return result


def _children() -> set[int]:
    """Return what was started for this process: by it, or by the one that forks for it."""
    source = preloaded.source_process()
    if source is None:
        return set(processes.children(os.getpid()))
    return {*processes.children(os.getpid()), *processes.children(source)} - {source}


def _forget_failure() -> None:
    """Let go of what the failure holds: Python keeps the last traceback, and that all local variables."""
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that something was left open is said by the failure
        gc.collect()
