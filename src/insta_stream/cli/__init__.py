"""The command line: `insta-stream`, one command per module.

Most import what they need when they run: half a second of SQLAlchemy is not for `--help`.

The server:
    serve       checks what can be checked, and starts the server
    work        starts one that answers nobody
    supervisor  takes signals, and keeps a crew at work
    crew        so many workers: each is replaced when it ends or is old
    hand        a worker as its supervisor sees it
    worker      the process that answers or works
    pulse       whether a worker's event loop still beats
    ports       the ports that a server has to itself
    tenure      lets a command have a data folder
    open_files  how many clients a worker may have
    cores       how many processor cores there are for it
    manager     tells systemd how the server is
    welcome     what a person at a terminal is told
    flags       a flag for every setting

Commands for a running server:
    server      a running server, as the commands see it
    token       a token that is kept in a file
    upload      sends files
    sender      sends one file with tus
    memory      uploads that were begun, so that they go on
    files       which files a command means
    channels    sees channels, makes them, puts them on or off air
    links       who else may watch
    tokens      API tokens
    import_     brings an old playlist.json with its files
    export      a playlist in that format

Commands for a data folder:
    places      where things are
    office      lets commands work on its database
    witness     writes down what commands change
    users       the people who can sign in
    audit       the activity log
    backup      backup and restore
    clock       how far its clock is ahead, and the way back
    retention   what would be deleted, and when
    adopt       lets folders be its own
    simulate    what a channel will air

Commands for anything:
    check       watches a live stream
    doctor      what this machine has and lacks
    show        how the commands speak
    question    a question before something that cannot be taken back
"""

import sys

import typer

from insta_stream import __version__
from insta_stream.cli import (
    adopt,
    audit,
    backup,
    channels,
    check,
    clock,
    doctor,
    export,
    import_,
    links,
    retention,
    serve,
    simulate,
    tokens,
    upload,
    users,
    work,
)
from insta_stream.cli.show import complain
from insta_stream.errors import BadSettings, InstaStreamError

_EXAMPLES = """
Try it: the demo makes three short clips and puts them on air:

    insta-stream serve --demo

Then, in another terminal:

    insta-stream upload holiday.mp4
    vlc http://127.0.0.1:3000/stream/stream.m3u8
"""

app = typer.Typer(
    name="insta-stream",
    help="A live streaming server: upload videos, arrange a playlist, and it plays around the clock.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"insta-stream {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: bool = typer.Option(
        False,
        "--version",
        callback=lambda wanted: _version(wanted=wanted),
        is_eager=True,
        help="Show the version.",
    ),
) -> None:
    pass


app.command("serve")(serve.serve)
app.command("work")(work.work)
app.command("upload")(upload.upload)
app.add_typer(channels.app, name="channels")
app.add_typer(links.app, name="links")
app.add_typer(tokens.app, name="tokens")
app.add_typer(users.app, name="users")
app.command("audit")(audit.audit)
app.command("import")(import_.import_playlist)
app.command("export")(export.export_playlist)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("clock")(clock.clock)
app.command("retention")(retention.retention)
app.command("simulate")(simulate.simulate)
app.command("check")(check.check)
app.command("doctor")(doctor.doctor)
app.command("adopt")(adopt.adopt)


def main() -> None:
    """Run the command; what goes wrong is said in a sentence, not in a traceback."""
    try:
        app(prog_name="insta-stream")
    except InstaStreamError as error:
        complain(error.message)
        sys.exit(2 if isinstance(error, BadSettings) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
