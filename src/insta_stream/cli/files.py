"""Which files a command means: files, folders, and patterns that the shell left alone."""

import glob
import mimetypes
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import typer

_MORE_VIDEOS = frozenset({".m2ts", ".mts", ".mxf", ".ogv", ".ts", ".vob"})
"""Endings of videos that Python's list does not have everywhere, or takes for something else."""


def expand(arguments: Iterable[str]) -> list[Path]:
    """Return the files that are meant, each once, in the order given; of a folder or a pattern, the videos
    in natural order: "Episode 2" before "Episode 10".

    Raises typer.BadParameter where an argument means nothing.
    """
    found: dict[Path, None] = {}
    for argument in arguments:
        meant = list(_meant(argument))
        if not meant:
            raise typer.BadParameter(f"There is no video at {argument!r}.")
        found.update(dict.fromkeys(meant))
    return list(found)


def _meant(argument: str) -> Iterable[Path]:
    path = Path(argument)
    if path.is_dir():
        return (each for each in _in_order(path.iterdir()) if each.is_file() and _is_video(each))
    if path.exists():
        return (path,)
    return (each for each in _in_order(map(Path, glob.glob(argument))) if each.is_file())  # noqa: PTH207 - absolute patterns too


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """Sort as people and the Studio do: numbers by their value, whatever the case and the accents."""

    def key(path: Path) -> tuple[list[list[tuple[int, int, str]]], str]:
        return [_natural(part) for part in path.with_suffix("").parts], str(path)

    return sorted(paths, key=key)


def _natural(text: str) -> list[tuple[int, int, str]]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", plain)]


def _is_video(path: Path) -> bool:
    """Guess from the name; the server judges by the content."""
    kind, _ = mimetypes.guess_type(path.name)
    is_named_so = (kind or "").startswith("video/") or path.suffix.lower() in _MORE_VIDEOS
    return is_named_so and not path.name.startswith(".")
