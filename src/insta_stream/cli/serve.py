"""`insta-stream serve`: check what can be checked, say where to look, and hand over to the supervisor."""

import asyncio
import os
import time

import structlog

from insta_stream import logs
from insta_stream.addresses import address, address_for_others, metrics_address
from insta_stream.cli.flags import takes_settings
from insta_stream.cli.ports import take_ports
from insta_stream.cli.show import err, out
from insta_stream.cli.supervisor import Supervisor
from insta_stream.cli.token import with_token
from insta_stream.cli.welcome import welcome
from insta_stream.configuration import remedy_of
from insta_stream.delivery.tls import Certificate
from insta_stream.errors import BadSettings, WrongState
from insta_stream.media.ffmpeg import locate
from insta_stream.media.ladder import RUNGS
from insta_stream.settings import Settings
from insta_stream.storage.folder import DataFolder, FolderLock
from insta_stream.storage.installation import located

log = structlog.get_logger()

ENDS_WITHIN_SECONDS = 5.0
"""How long a server before this one may still have the data folder: one that was told to stop, or whose
supervisor was killed, is ending."""


@takes_settings
def serve(settings: Settings) -> None:
    """Run the server: API, web page and streams.

    Every flag is also a variable (--port is INSTA_STREAM_PORT) and a line in the file that --config names.

    For instance:

        insta-stream serve --demo

        insta-stream serve --port 8080 --data /srv/tv

        insta-stream serve --host 0.0.0.0
    """
    check_rungs(settings)
    check_certificate(settings)
    settings = with_token(settings)
    folder = located(settings.data, settings.upload_dir, settings.stream_dir)
    is_first = not folder.database.exists()
    create_folders(folder)
    asyncio.run(_check_database(folder, settings.segment_seconds))
    with take_ports(settings) as ports:
        if settings.ffmpeg is not None:
            asyncio.run(locate(settings.ffmpeg))
        logs.configure(settings.log_format, settings.log_level)
        os.environ |= settings.to_environment()
        if logs.is_pretty(settings.log_format):
            out.print("Insta-Stream is starting …")
        Supervisor(
            ports,
            lambda: _greet(settings, is_first=is_first),
            passes_hangups=settings.tls_certificate is not None,
        ).run()


def _greet(settings: Settings, *, is_first: bool) -> None:
    """Say that the server answers, and where: to people in plain lines, to machines in one of the log."""
    if logs.is_pretty(settings.log_format):
        out.print(welcome(settings, address_for_others(settings), is_first=is_first))
        return
    here, file = address(settings), settings.token_file
    access_file = None if file is None else str(file.absolute())
    log.info(
        "ready",
        watch=f"{here}/",
        studio=f"{here}/studio",
        metrics=metrics_address(settings),
        access_file=access_file,
    )


def check_rungs(settings: Settings) -> None:
    """Raise BadSettings when a rung is none of the ladder's."""
    if unknown := [name for name in settings.rungs if name not in RUNGS]:
        raise BadSettings(f"There is no quality called {', '.join(unknown)}. {remedy_of('rungs')}")


def check_certificate(settings: Settings) -> None:
    """Raise BadSettings when the certificate and its key cannot be used."""
    if settings.tls_certificate is not None and settings.tls_key is not None:
        Certificate(settings.tls_certificate, settings.tls_key)


def create_folders(folder: DataFolder) -> None:
    """Make the folders and try that they can be written to. Raises BadSettings."""
    try:
        folder.create()
        for path in {folder.root, folder.uploads, folder.stream}:
            probe = path / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
    except OSError as error:
        raise BadSettings(
            f"The folder {error.filename} is not writable ({error.strerror}). Choose another one with "
            "--data, or give this user write access."
        ) from error


async def _check_database(folder: DataFolder, segment_seconds: int) -> None:
    """Bring the database up to date while nobody uses it.

    Raises WrongState: still in use after a wait, too new, begun with segments of another length, or not the
    one of these folders.
    """
    from insta_stream.db.installation import opened  # noqa: PLC0415 - half a second for no other command

    lock = await_lock(folder)
    try:
        await (await opened(folder, segment_seconds)).close()
    finally:
        lock.release()


def await_lock(folder: DataFolder) -> FolderLock:
    """Take the data folder; whoever has it may be ending. Raises WrongState when it is not."""
    lock, deadline, has_said = FolderLock(folder), time.monotonic() + ENDS_WITHIN_SECONDS, False
    while True:
        try:
            lock.take()
        except WrongState:
            if time.monotonic() > deadline:
                raise
            if not has_said:
                err.print("Waiting for another Insta-Stream using this data folder to stop.")
                has_said = True
            time.sleep(0.1)
        else:
            return lock
