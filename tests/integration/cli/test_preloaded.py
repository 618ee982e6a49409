"""Commands that are forked behave as those that load everything themselves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.depth import DEEP
from tests.support.preloaded import Forked, start

IS_FORKED = not DEEP and sys.platform == "linux"


@pytest.mark.parametrize("arguments", [("--version",), ("channels", "list", "--no-such-flag")])
def test_it_says_the_same_and_ends_the_same(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    env = {**os.environ, "COLUMNS": "50"}
    seen = []
    for prefix in (None, ()):
        with (tmp_path / "out").open("w+b") as out, (tmp_path / "err").open("w+b") as err:
            process = start(arguments, env, out.fileno(), err.fileno(), prefix)
            assert isinstance(process, Forked) == (IS_FORKED and prefix is None)
            status = process.wait(60)
            out.seek(0)
            err.seek(0)
            seen.append((status, out.read(), err.read(), process.poll()))
    assert seen[0] == seen[1]


def test_one_that_is_killed_says_so_and_variables_for_python_are_heeded(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        waiting = ("serve", "--data", str(tmp_path), "--port", "0")
        started = start(waiting, dict(os.environ), out.fileno(), out.fileno())
        assert started.poll() is None
        started.kill()
        assert started.wait(60) == -9
        told = start(("--version",), {**os.environ, "PYTHONWARNINGS": "error"}, out.fileno(), out.fileno())
        assert isinstance(told, subprocess.Popen)
        assert told.wait(60) == 0
