"""A question before something that many notice, or that cannot be taken back: to people, not to scripts."""

import sys
from typing import Annotated

import typer

from insta_stream.cli.show import printable

Yes = Annotated[
    bool,
    typer.Option(
        "--yes", "-y", help="Do not ask for confirmation. Without a terminal, the command never asks."
    ),
]


def is_asked(*, yes: bool) -> bool:
    """Return whether somebody sits at a terminal, who has not said yes already."""
    return not yes and sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str) -> None:
    """Ask; Enter alone means no, and then the command ends here. Raises typer.Abort."""
    typer.confirm(printable(question), abort=True, err=True)
