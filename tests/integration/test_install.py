"""./run on a machine that lacks something: one sentence with the remedy, before anything is written."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TOOLS = ("sh", "dirname", "find", "cksum", "sort", "cat", "grep", "tee", "rm", "mkdir")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What ./run reads, in a folder whose name has a space."""
    folder = tmp_path / "a checkout"
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    (folder / "web").mkdir()
    for name in ("run", "insta-stream", "pyproject.toml", "hatch_build.py"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with the system's small tools, and neither Python nor uv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def refusal(checkout: Path, path: Path, command: str = "run") -> str:
    done = subprocess.run(
        [str(checkout / command)],
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert not (checkout / ".venv").exists()
    assert not (checkout / ".tools").exists()
    return done.stderr


def test_no_python_is_answered_with_what_to_install(checkout: Path, path: Path) -> None:
    assert "needs Python 3.11 or later" in refusal(checkout, path)


def test_the_command_installs_as_well(checkout: Path, path: Path) -> None:
    assert "needs Python 3.11 or later" in refusal(checkout, path, "insta-stream")


def test_an_old_python_is_not_taken(checkout: Path, path: Path) -> None:
    program(path / "python3", "exit 1")  # what the check for the version answers
    assert "needs Python 3.11 or later" in refusal(checkout, path)


def test_a_missing_venv_module_is_named(checkout: Path, path: Path) -> None:
    program(path / "python3", 'case "$*" in *ensurepip*) exit 1;; esac; exit 0')
    assert "apt install python3-venv" in refusal(checkout, path)
