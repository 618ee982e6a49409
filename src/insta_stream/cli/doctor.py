"""`insta-stream doctor`: what this machine has, what it lacks, and how to mend that."""

import asyncio
import os
import platform
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import typer
from pydantic import ByteSize

from insta_stream import __version__
from insta_stream.addresses import address
from insta_stream.cli.flags import takes_settings
from insta_stream.cli.ports import take_metrics_port, take_port
from insta_stream.cli.serve import check_certificate, check_rungs
from insta_stream.cli.show import out
from insta_stream.cli.tenure import create_folders
from insta_stream.cli.token import read
from insta_stream.clock import FAR_SECONDS, span
from insta_stream.errors import InstaStreamError
from insta_stream.health.remedies import ADVICE
from insta_stream.media.ffmpeg import locate
from insta_stream.media.process import sandbox
from insta_stream.setting.names import PREFIX
from insta_stream.settings import Settings
from insta_stream.storage import mark
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.installation import check_database, check_marks, located

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35)
"""The first with RETURNING."""

_PAGE = Path(__file__).parent.parent / "web" / "static" / "index.html"
_SANDBOX = {
    "no_network": "no network",
    "no_new_privileges": "no new privileges",
    "memory_limit": "a memory limit",
    "dies_with_parent": "stopping with the server",
}
_STARTS_WITHIN_SECONDS = 5
_NOT_SETTINGS = {"URL", "SKIP_WEB", "TEST_BROWSER", "TEST_MEDIA"}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at. is_fatal: the server cannot work like this. remedy: "" where all is well."""

    subject: str
    text: str
    remedy: str = ""
    is_fatal: bool = False


@takes_settings
def doctor(settings: Settings) -> None:
    """Check whether this machine can run Insta-Stream, and say how to fix what is missing.

    Use the same flags as for `serve`. Exits with status 1 if the server could not work.
    """
    out.print(f"Insta-Stream {__version__} on {platform.platform()}")
    is_well = True
    for diagnosis in examine(settings):
        mark = (
            "[green]ok  [/]"
            if not diagnosis.remedy
            else "[red]bad [/]"
            if diagnosis.is_fatal
            else "[yellow]note[/]"
        )
        out.print(f"{mark}  {diagnosis.subject:<12}", end="", markup=True)
        out.print(diagnosis.text)
        if diagnosis.remedy:
            out.print(f"      {'':<12}{diagnosis.remedy}")
        is_well = is_well and not diagnosis.is_fatal
    if not is_well:
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Diagnosis]:
    """Look at one thing after the other."""
    folder = located(settings.data, settings.upload_dir, settings.stream_dir)
    yield _python()
    yield _sqlite()
    yield _ffmpeg(settings)
    yield _tried("settings", "all values are valid", lambda: _check_settings(settings))
    yield from _unknown_variables()
    yield _tried("data folder", f"{folder.root.absolute()} is writable", lambda: create_folders(folder))
    yield _tried("folders", _where(folder), lambda: _check_folders(folder))
    yield _clock(folder)
    yield _disk(folder, settings.min_free_bytes)
    if settings.tls_certificate is not None:
        yield _tried("certificate", "matches its key", lambda: check_certificate(settings))
    yield from examine_server(settings)
    yield _sandbox()
    yield _page()


def _tried(subject: str, text: str, attempt: Callable[[], None]) -> Diagnosis:
    try:
        attempt()
    except InstaStreamError as error:
        return Diagnosis(subject, "not usable", error.message, is_fatal=True)
    return Diagnosis(subject, text)


def _check_settings(settings: Settings) -> None:
    """Raise BadSettings where a value is of the right kind and makes no sense all the same."""
    check_rungs(settings)
    if settings.token is None and settings.token_file is not None:
        read(settings.token_file)


def examine_server(settings: Settings) -> Iterator[Diagnosis]:
    """Look at the port, and ask a server of this program that has it how it is."""
    where = f"{settings.host} port {settings.port}"
    if not _is_ours(_said(settings, "/health")):
        yield _tried("port", f"{where} is free", lambda: take_port(settings).close())
        if settings.metrics_port is not None:
            where = f"{settings.metrics_host} port {settings.metrics_port}"
            yield _tried("metrics", f"{where} is free", lambda: _try_metrics_port(settings))
        return
    yield Diagnosis("port", f"Insta-Stream is already running on {where}")
    for check in (_said(settings, "/health/ready") or {}).get("checks", ()):
        if check["state"] != "ok":
            yield Diagnosis(check["name"], check["message"], check["remedy"])


def _try_metrics_port(settings: Settings) -> None:
    """Raise BadSettings where it is not to be had."""
    if listener := take_metrics_port(settings):
        listener.close()


def _is_ours(said: dict[str, Any] | None) -> bool:
    return said is not None and str(said.get("message")).startswith("Insta-Stream")


def _said(settings: Settings, path: str) -> dict[str, Any] | None:
    """Return what answers where the server is to listen; None where nothing does that we understand.

    One that is just starting listens before it answers. Nothing secret is asked or sent, and a certificate is
    for the server's name, not for this machine's address: it is not looked at.
    """
    url = f"{address(settings)}{path}"
    timeout = httpx.Timeout(_STARTS_WITHIN_SECONDS, connect=2)
    try:
        said = httpx.get(url, timeout=timeout, trust_env=False, verify=False).json()  # noqa: S501 - as said
    except (httpx.HTTPError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def _python() -> Diagnosis:
    text = f"{platform.python_version()} ({sys.executable})"
    is_old = sys.version_info < OLDEST_PYTHON
    return Diagnosis("Python", text, "Install Python 3.11 or later." if is_old else "", is_fatal=is_old)


def _sqlite() -> Diagnosis:
    is_old = sqlite3.sqlite_version_info < OLDEST_SQLITE
    remedy = "Use a Python with SQLite 3.35 or later." if is_old else ""
    return Diagnosis("SQLite", sqlite3.sqlite_version, remedy, is_fatal=is_old)


def _ffmpeg(settings: Settings) -> Diagnosis:
    try:
        found = asyncio.run(locate(settings.ffmpeg))
    except InstaStreamError as error:
        remedy = "Install your system's ffmpeg, or name one with --ffmpeg."
        return Diagnosis("FFmpeg", error.message, remedy, is_fatal=True)
    text = f"{found.version} ({found.path})"
    if found.can_tone_map:
        return Diagnosis("FFmpeg", text)
    return Diagnosis(
        "FFmpeg",
        text,
        "It cannot tone-map, so HDR videos will look flat. Leave out --ffmpeg to use the bundled one.",
    )


def _unknown_variables() -> Iterator[Diagnosis]:
    known = {name.upper() for name in Settings.model_fields} | _NOT_SETTINGS
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
            yield Diagnosis(
                "environment", f"{name} is not a setting", "Check the spelling; it has no effect."
            )


def _where(folder: DataFolder) -> str:
    return f"originals in {folder.uploads.absolute()}, packages in {folder.stream.absolute()}"


def _check_folders(folder: DataFolder) -> None:
    """Raise WrongState where something is lost that a server had there."""
    check_database(folder)
    check_marks(folder)


def _clock(folder: DataFolder) -> Diagnosis:
    try:
        ahead_seconds = (mark.read(folder.clock) - time.time_ns()) / 1e9
    except InstaStreamError as error:
        return Diagnosis("clock", "not usable", error.message)
    if ahead_seconds > FAR_SECONDS:
        text = f"the data folder's is {span(ahead_seconds)} ahead of the machine's"
        return Diagnosis("clock", text, ADVICE["clock_far_ahead"].remedy)
    return Diagnosis("clock", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")


def _disk(folder: DataFolder, min_free_bytes: int) -> Diagnosis:
    stream = next(path for path in (folder.stream, *folder.stream.absolute().parents) if path.exists())
    free = ByteSize(shutil.disk_usage(stream).free)
    if free < min_free_bytes:
        remedy = "Free some space, or lower --min-free-bytes. Until then, uploads are refused."
        return Diagnosis("disk", f"{free.human_readable()} free", remedy)
    return Diagnosis("disk", f"{free.human_readable()} free")


def _sandbox() -> Diagnosis:
    facts = asyncio.run(sandbox())
    held = [words for name, words in _SANDBOX.items() if facts[name]]
    lacking = [words for name, words in _SANDBOX.items() if not facts[name]]
    text = f"FFmpeg runs with {', '.join(held) or 'time and output limits only'}"
    if not lacking:
        return Diagnosis("sandbox", text)
    return Diagnosis("sandbox", text, f"This system does not allow: {', '.join(lacking)}. See SECURITY.md.")


def _page() -> Diagnosis:
    if _PAGE.is_file():
        return Diagnosis("web page", "built")
    return Diagnosis(
        "web page",
        "not built",
        "Reinstall without INSTA_STREAM_SKIP_WEB. The API works without the web pages.",
    )
