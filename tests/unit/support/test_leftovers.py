"""What a test leaves behind is its own failure, and no other's."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.processes import is_running

ROOT = Path(__file__).resolve().parents[3]

TESTS = """
import gc, pathlib, subprocess
import pytest

HERE = pathlib.Path(__file__).parent

def leave(name):
    process = subprocess.Popen(["sleep", "600"], stdin=subprocess.PIPE)
    (HERE / name).write_text(str(process.pid))
    return process

@pytest.fixture(scope="module")
def server():
    with leave("server") as process:
        yield
        process.kill()

def test_that_fails(server):
    left = leave("failed")
    file = open(__file__)
    assert left is None

def test_after_it(server):
    gc.collect()

def test_that_passes(server):
    left = leave("passed")
    left.stdin.close()
    left.returncode = 0  # as if it were forgotten

def test_at_the_end(server):
    assert subprocess.run(["true"]).returncode == 0
"""


def test_it_is_ended_and_told_of_the_right_test(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.leftovers", "-p", "no:cacheprovider"]
    command += [
        "-rA",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*command, tmp_path], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60, check=False
    )
    found = re.findall(r"^(PASSED|FAILED|ERROR) .*::(\w+)", done.stdout, re.MULTILINE)
    verdicts = sorted(" ".join(each) for each in found)
    assert verdicts == [
        "ERROR test_that_passes",
        "FAILED test_that_fails",
        "PASSED test_after_it",
        "PASSED test_at_the_end",
        "PASSED test_that_passes",
    ], done.stdout
    pids = [int((tmp_path / name).read_text()) for name in ("failed", "passed", "server")]
    assert not any(map(is_running, pids))
