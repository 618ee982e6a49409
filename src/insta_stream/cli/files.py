"""Which files a command means: files, folders, and patterns that the shell left alone."""

import glob
import mimetypes
from collections.abc import Iterable
from pathlib import Path

import typer

_MORE_VIDEOS = frozenset({".m2ts", ".mts", ".mxf", ".ogv", ".ts", ".vob"})
"""Endings of videos that Python's list does not have everywhere, or takes for something else."""


def files(arguments: Iterable[str]) -> list[Path]:
    """Return the files that are meant, each once, in the order given; of a folder, its videos by name.

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
        return (each for each in sorted(path.iterdir()) if each.is_file() and _is_video(each))
    if path.exists():
        return (path,)
    return (each for each in map(Path, sorted(glob.glob(argument))) if each.is_file())  # noqa: PTH207 - absolute patterns too


def _is_video(path: Path) -> bool:
    """Guess from the name; the server judges by the content."""
    kind, _ = mimetypes.guess_type(path.name)
    is_named_so = (kind or "").startswith("video/") or path.suffix.lower() in _MORE_VIDEOS
    return is_named_so and not path.name.startswith(".")
