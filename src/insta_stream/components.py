"""What this installation is made of, with the licences, as the packages themselves tell them.

Nothing is written down here that an update would make untrue: of Python packages their metadata are read, and
of the web pages the file that their build leaves, which names what was bundled.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

OURSELVES = "insta-stream"

BUNDLED = "licences.json"
"""What the build of the pages (web/vite.config.ts) leaves in their folder."""

_Wanted = tuple[str, frozenset[str]]
"""A package that is needed, and its extras that are."""

_requirement = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^]]*)\])?").match
_extra = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""").search
_is_licence = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE).match


@dataclass(frozen=True, slots=True)
class Component:
    """A part. licence: its name, an SPDX expression where the package has one; "" where it has neither."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class Bundled(Component):
    """A part of the web pages. text: of its licence; "" where the package brings none."""

    text: str


@cache
def packages() -> tuple[Component, ...]:
    """Return this program and the Python packages that it needs, itself first, then by name.

    Reading them takes a while, and what is installed stays while a process runs.
    """
    found = {each.name: Component(each.name, each.version, _licence(each)) for each in _needed(OURSELVES)}
    return tuple(sorted(found.values(), key=lambda each: (each.name != OURSELVES, each.name.lower())))


def package_text(name: str) -> str | None:
    """Return the licence of a package in full; "" where it brings none, None where it is not needed here."""
    return _text(distribution(name)) if any(each.name == name for each in packages()) else None


def bundled(folder: Path) -> tuple[Bundled, ...]:
    """Return what the pages in `folder` are made of, by name; nothing where there are no pages."""
    file = folder / BUNDLED
    told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    return tuple(
        Bundled(each["name"], each["version"], each.get("identifier", ""), each.get("text", ""))
        for each in told
    )


def _needed(name: str) -> Iterator[Distribution]:
    """Yield a package and all that it needs, once each; what is for other machines only is not installed."""
    seen: set[_Wanted] = set()
    names: set[str] = set()
    left: list[_Wanted] = [(name, frozenset())]
    while left:
        wanted = left.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        try:
            package = distribution(wanted[0])
        except PackageNotFoundError:
            continue
        if package.name not in names:
            names.add(package.name)
            yield package
        left += _requirements(package.requires or (), wanted[1])


def _requirements(lines: Sequence[str], extras: frozenset[str]) -> Iterator[_Wanted]:
    """Yield what a package with these extras needs. A line: `name[extra,...]>=1; marker`."""
    for line in lines:
        requirement, _, marker = line.partition(";")
        only_for = _extra(marker)
        if (only_for is None or only_for[1] in extras) and (found := _requirement(requirement)):
            yield found[1], frozenset(each.strip() for each in (found[2] or "").split(",") if each.strip())


def _licence(package: Distribution) -> str:
    """Return a name: that of SPDX, a short one in the older field, or what the classifiers say."""
    expressions, licences, classifiers = (
        package.metadata.get_all(field) or [] for field in ("License-Expression", "License", "Classifier")
    )
    names = (each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::"))
    short = (each for each in licences if "\n" not in each.strip())  # some have the whole text there
    return next((each for each in (*expressions, *short, " / ".join(names)) if each), "")


def _text(package: Distribution) -> str:
    """Return what lies among a package's metadata as its licence, and what has to be told with it."""
    inside = (each for each in package.files or () if each.parts[0].endswith(".dist-info"))
    paths = (Path(str(package.locate_file(each))) for each in sorted(inside) if _is_licence(each.name))
    return "\n\n".join(path.read_text("utf-8", "replace").strip() for path in paths if path.is_file())
