"""Pages and lock files that are made by a tool say what the code says, and name no host."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "web" / "package-lock.json"]


def test_the_reference_pages_are_fresh() -> None:
    command = [sys.executable, "tools/reference.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_names_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert len(text) > 100
    assert not re.search(r"[a-z]+://|--(extra-)?index-url|--find-links|\"resolved\"", text)


@pytest.mark.parametrize("lock", LOCKS[:-1], ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_with_hashes(lock: Path) -> None:
    pinned = re.findall(r"^[a-z0-9._\[\],-]+==\S+.*$", lock.read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned
    assert all(line.endswith("\\") for line in pinned)


def test_the_locked_runtime_is_a_part_of_the_locked_tools() -> None:
    names = re.compile(r"^[a-z0-9._\[\],-]+==\S+", re.MULTILINE)
    runtime, dev = (
        set(names.findall((ROOT / "requirements" / f"{kind}.txt").read_text())) for kind in ("runtime", "dev")
    )
    assert runtime <= dev
