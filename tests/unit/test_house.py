"""The house rules of the source that no tool knows: a map in every package, and no file that is too long."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import insta_stream

SOURCE = Path(insta_stream.__file__).parent
PACKAGES = sorted(made.parent for made in SOURCE.rglob("__init__.py"))

MAX_LINES = 400
"""Of a file: past that, ask which second noun has moved in."""

_LINE = re.compile(r"^ *([a-z_0-9]+) {2,}\S", re.MULTILINE)
"""Of a map: a name, and behind two spaces what it is."""


def told(package: Path) -> list[str]:
    """Return the names that the map of a package has."""
    text = (package / "__init__.py").read_text(encoding="utf-8")
    return _LINE.findall(ast.get_docstring(ast.parse(text)) or "")


def held(package: Path) -> set[str]:
    """Return the modules and packages that are in a package."""
    modules = {module.stem for module in package.glob("*.py")} - {"__init__"}
    return modules | {inner.name for inner in package.iterdir() if (inner / "__init__.py").exists()}


def too_long(root: Path) -> Iterator[str]:
    """Yield the files under a folder that have more than MAX_LINES lines."""
    for file in sorted(root.rglob("*.py")):
        if len(file.read_text(encoding="utf-8").splitlines()) > MAX_LINES:
            yield file.relative_to(root).as_posix()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.relative_to(SOURCE).as_posix())
def test_the_map_of_a_package_has_each_of_its_modules_once_and_no_other(package: Path) -> None:
    assert sorted(told(package)) == sorted(held(package))


def test_no_file_is_too_long() -> None:
    assert list(too_long(SOURCE)) == []


def test_what_breaks_the_rules_is_found(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text('"""Rooms.\n\n    hall  the way in\n    attic  gone\n"""\n')
    (tmp_path / "hall.py").write_text("pass\n" * MAX_LINES)
    (tmp_path / "cellar.py").write_text("pass\n" * (MAX_LINES + 1))
    assert told(tmp_path) == ["hall", "attic"]
    assert held(tmp_path) == {"hall", "cellar"}
    assert list(too_long(tmp_path)) == ["cellar.py"]
