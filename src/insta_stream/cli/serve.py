"""`insta-stream serve`: check what can be checked, say where to look, and hand over to the supervisor."""

import asyncio
import os
from functools import partial

import structlog

from insta_stream import logs
from insta_stream.addresses import address, address_for_others, metrics_address
from insta_stream.cli.cores import counted
from insta_stream.cli.crew import Crew
from insta_stream.cli.flags import takes_settings
from insta_stream.cli.hand import hired
from insta_stream.cli.open_files import allow_connections
from insta_stream.cli.ports import take_ports
from insta_stream.cli.show import out
from insta_stream.cli.supervisor import Supervisor
from insta_stream.cli.tenure import create_folders, held
from insta_stream.cli.token import with_token
from insta_stream.cli.welcome import welcome
from insta_stream.configuration import remedy_of
from insta_stream.delivery.tls import Certificate
from insta_stream.errors import BadSettings
from insta_stream.media.ffmpeg import locate
from insta_stream.media.ladder import RUNGS
from insta_stream.settings import Settings
from insta_stream.storage.installation import located

log = structlog.get_logger()


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
    with held(folder, "serve", settings.segment_seconds), take_ports(settings) as ports:
        settle(settings)
        hire = partial(hired, ports, allow_connections())
        Supervisor(Crew(counted(settings.workers), hire), partial(_greet, settings, is_first=is_first)).run()


def settle(settings: Settings) -> None:
    """Let the workers of this process find the settings, and speak as they say. Raises BadSettings."""
    if settings.ffmpeg is not None:
        asyncio.run(locate(settings.ffmpeg))
    logs.configure(settings.log_format, settings.log_level)
    os.environ |= settings.to_environment()
    if logs.is_pretty(settings.log_format):
        out.print("Insta-Stream is starting …")


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
