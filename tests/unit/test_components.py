"""What this installation is made of, as its packages and the build of the pages tell it."""

import re
from importlib.metadata import version
from pathlib import Path

from packaging.markers import Marker

from insta_stream import __version__, components
from insta_stream.app.server import WEB

LOCK = Path(__file__).parents[2] / "requirements" / "runtime.txt"
_locked = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def plain(name: str) -> str:
    """Return a name as the lock writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_here() -> dict[str, str]:
    """Return what is installed on a machine like this one."""
    found = _locked.findall(LOCK.read_text())
    return {name: number for name, number, marker in found if not marker or Marker(marker).evaluate()}


def test_all_that_the_lock_installs_is_there_with_its_licence_and_nothing_else() -> None:
    ourselves, *others = components.packages()
    assert ourselves == components.Component("insta-stream", __version__, "MIT")
    assert {plain(each.name): each.version for each in others} == locked_here()
    assert [each.name for each in others] == sorted((each.name for each in others), key=str.lower)
    assert [each.name for each in others if not each.licence] == []
    assert [each.name for each in others if len(components.package_text(each.name) or "") < 200] == []


def test_this_program_has_one_version() -> None:
    assert version("insta-stream") == __version__


def test_what_is_not_needed_here_is_told_nothing_of() -> None:
    assert components.package_text("pytest") is None  # it is installed, for tests
    assert components.package_text("../../etc/passwd") is None
    assert "Permission is hereby granted" in (components.package_text("insta-stream") or "")


def test_the_pages_tell_what_was_built_into_them(tmp_path: Path) -> None:
    assert components.bundled(tmp_path) == ()
    found = {each.name: each for each in components.bundled(WEB)}
    assert found["hls.js"].licence == "Apache-2.0"
    assert found["svelte"].licence == found["tus-js-client"].licence == "MIT"
    assert "vitest" not in found  # it is no part of them
    assert [name for name, each in found.items() if not each.text or not each.version] == []
