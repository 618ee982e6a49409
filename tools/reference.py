"""Write the reference pages that are made from the code: settings, command line and permissions.

python tools/reference.py            writes docs/reference/settings.md, cli.md and permissions.md
python tools/reference.py --check    says which are stale, and ends with 1
"""

import sys
from pathlib import Path

import permissions
import typer.main
from typer.cli import get_docs_for_click

from insta_stream.cli import app
from insta_stream.cli.flags import default_of
from insta_stream.configuration import remedy_of
from insta_stream.setting.names import PREFIX, names_of
from insta_stream.settings import Settings

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
MADE = "<!-- Made by tools/reference.py; change the code instead. -->"

_SETTINGS = f"""{MADE}

# Settings

The server takes each setting from the first of these places that has it:

1. a flag of `insta-stream serve`, such as `--port 8080`;
2. the environment, with the prefix `{PREFIX}`: `{PREFIX}PORT=8080`;
3. the file that `--config` or `{PREFIX}CONFIG` names: TOML (`port = 8080`), or, if its name ends in `.env`,
   lines as in the environment;
4. the old application's names (`PORT` and the others below);
5. the default.

Separate the items of lists with commas (in TOML they may be arrays). Sizes are numbers of bytes, or text like
`500MiB`. If a setting is wrong, a sentence says so before the server starts; `insta-stream doctor` checks the
settings without starting it.
"""


def settings_page() -> str:
    """Return the page of settings."""
    return "\n".join([_SETTINGS, *(_section(name) for name in Settings.model_fields)])


def _section(name: str) -> str:
    flag, variable, *old = names_of(name)
    field = Settings.model_fields[name]
    default = default_of(field)
    names = [f"`{flag}`", f"`{variable}`", *(f"old name `{each}`" for each in old)]
    if "MAX_UPLOAD_SIZE" in old:
        names[-1] += " (a number of MiB)"
    return "\n".join(
        [
            f"## {name}\n",
            f"{field.description}\n",
            f"- {', '.join(names)}",
            f"- Default: {f'`{default}`' if default else 'none'}",
            f"- {remedy_of(name)}\n",
        ]
    )


def cli_page() -> str:
    """Return the page of commands."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="insta-stream")
    text = get_docs_for_click(obj=command, ctx=context, name="insta-stream", title="Command line")
    return f"{MADE}\n\n" + "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def permissions_page() -> str:
    """Return the page of permissions."""
    return f"{MADE}\n\n{permissions.page()}"


PAGES = {"settings.md": settings_page, "cli.md": cli_page, "permissions.md": permissions_page}


def stale() -> list[str]:
    """Return the pages that are not what the code says."""
    return [name for name, page in PAGES.items() if _read(REFERENCE / name) != page()]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    if arguments == ["--check"]:
        found = stale()
        for name in found:
            sys.stderr.write(f"docs/reference/{name} is stale: run `python tools/reference.py`\n")
        return 1 if found else 0
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
