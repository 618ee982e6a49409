"""Real proxies before a server, set up as docs/how-to says: what people copy is tested."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.support.server import RunningServer, free_port
from tests.support.waiting import eventually

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"

_NGINX = """
{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {settings}
  server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""


def recipes(kind: str, page: str = "expose-safely.md") -> list[str]:
    """Return the blocks of code of one kind ("nginx", "caddy") that a page has, in order."""
    return re.findall(rf"```{kind}\n(.*?)```", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL)


@contextmanager
def nginx(folder: Path, server: RunningServer, *locations: str, settings: str = "") -> Iterator[str]:
    """Run nginx with these locations before a server; give its address. settings: of all its servers."""
    port = free_port()
    folder.mkdir()
    text = "\n".join(locations).replace("http://127.0.0.1:3000", server.url)
    text = text.replace("/srv/tv/stream", str(server.data / "stream"))
    user = "user root;" if os.geteuid() == 0 else ""  # it could not read the folder as somebody else
    configuration = folder / "nginx.conf"
    settings = settings.replace("/var/cache/nginx", str(folder))
    configuration.write_text(
        _NGINX.format(user=user, folder=folder, port=port, settings=settings, locations=text)
    )
    with _running("nginx", ["-c", str(configuration)], folder, port) as address:
        yield address


@contextmanager
def caddy(folder: Path, server: RunningServer, recipe: str) -> Iterator[str]:
    """Run Caddy before a server; give its address."""
    port = free_port()
    folder.mkdir()
    text = recipe.replace("127.0.0.1:3000", server.url.removeprefix("http://"))
    text = text.replace("tv.example.org", f"http://127.0.0.1:{port}")
    configuration = folder / "Caddyfile"
    configuration.write_text("{\n\tadmin off\n}\n" + _with_braces(text))
    arguments = ["run", "--adapter", "caddyfile", "--config", str(configuration)]
    with _running("caddy", arguments, folder, port) as address:
        yield address


def _with_braces(recipe: str) -> str:
    """Return a recipe as it is written where there are options for all sites beside it."""
    site, _, rest = recipe.partition("\n")
    return f"{site} {{\n{rest}}}\n"


@contextmanager
def _running(program: str, arguments: Sequence[str], folder: Path, port: int) -> Iterator[str]:
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip(f"no {program} here: install the package nginx-light or caddy")
    log = folder / "log"
    env = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("wb") as sink:
        process = subprocess.Popen([found, *arguments], env=env, stdout=sink, stderr=sink)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{address}/health").is_success
        except httpx.TransportError:
            return False

    try:
        eventually(answers)
        yield address
    finally:
        process.terminate()
        process.wait(10)
