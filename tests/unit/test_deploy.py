"""Units of systemd, the container, and the page about them say what is true of the server."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from insta_stream.cli import app, doctor
from insta_stream.cli.hand import STOP_SECONDS
from insta_stream.cli.open_files import CONNECTIONS, FILES_PER_CONNECTION, OWN_FILES
from insta_stream.setting.names import PREFIX
from insta_stream.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICE = DEPLOY / "insta-stream.service"
SERVICES = sorted(DEPLOY.glob("*.service"))
PAGE = ROOT / "docs" / "how-to" / "keep-it-running.md"
DOCKERFILE, COMPOSE = ROOT / "Dockerfile", ROOT / "compose.yaml"
SAYING = [*SERVICES, DEPLOY / "insta-stream.env", DOCKERFILE, COMPOSE, PAGE]
PREFIX_FOLDER = "/opt/insta-stream"


def directives(unit: Path) -> dict[str, list[str]]:
    """Return the values of each name in a unit."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def instructions() -> dict[str, str]:
    """Return the last of each kind of instruction in the Dockerfile, on one line."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return dict(re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE))


def only_seconds(pattern: str, text: str) -> int:
    (found,) = re.findall(pattern, text)
    return int(found)


@pytest.mark.parametrize("file", SAYING, ids=lambda file: file.name)
def test_every_setting_exists(file: Path) -> None:
    known = {name.upper() for name in Settings.model_fields} | doctor._NOT_SETTINGS
    assert set(re.findall(rf"{PREFIX}(\w+)", file.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_runs_a_command_on_the_data_that_it_may_write(unit: Path) -> None:
    said = directives(unit)
    program, command, *_ = said["ExecStart"][0].split()
    assert program == f"{PREFIX_FOLDER}/bin/insta-stream"
    assert f"prefix={PREFIX_FOLDER}\n" in (DEPLOY / "install").read_text(encoding="utf-8")
    assert command in {each.name for each in app.registered_commands}
    (data,) = [value for value in said["Environment"] if value.startswith(f"{PREFIX}DATA=")]
    # A folder in it: a restore moves the new one into place.
    assert data.removeprefix(f"{PREFIX}DATA=") == f"/var/lib/{said['StateDirectory'][0]}/data"


def test_the_service_gives_the_server_what_it_needs() -> None:
    said = {name: values[-1] for name, values in directives(SERVICE).items()}
    assert int(said["LimitNOFILE"]) >= FILES_PER_CONNECTION * CONNECTIONS + OWN_FILES
    assert only_seconds(r"^(\d+)s$", said["TimeoutStopSec"]) > STOP_SECONDS
    assert said["ExecReload"] == "/bin/kill -HUP $MAINPID"  # see `Supervisor`
    assert {"user", "net"} <= set(said["RestrictNamespaces"].split())  # the guardian leaves the network


def test_a_container_is_given_time_to_end_and_files_to_open() -> None:
    compose, page = COMPOSE.read_text(encoding="utf-8"), PAGE.read_text(encoding="utf-8")
    assert only_seconds(r"stop_grace_period: (\d+)s", compose) > STOP_SECONDS
    assert only_seconds(r"--stop-timeout (\d+)", page) > STOP_SECONDS
    files = FILES_PER_CONNECTION * CONNECTIONS + OWN_FILES
    assert only_seconds(r"nofile: (\d+)", compose) >= files
    assert only_seconds(r"--ulimit nofile=(\d+)", page) >= files


def test_a_container_is_reached_by_nobody_else_until_somebody_says_so() -> None:
    assert re.findall(r'- "(.*):(\d+)"$', COMPOSE.read_text(encoding="utf-8"), re.MULTILINE) == [
        ("${PUBLISH:-127.0.0.1:3000}", "3000")
    ]
    said = instructions()
    assert said["EXPOSE"] == "3000"
    assert {f"{PREFIX}PORT=3000", f"{PREFIX}HOST=0.0.0.0"} <= set(said["ENV"].split())
    assert f"{PREFIX}TOKEN_FILE={said['VOLUME']}/token" in said["ENV"]
    assert "WITHOUT_TOKEN" not in said["ENV"] + COMPOSE.read_text(encoding="utf-8")
    assert json.loads(said["ENTRYPOINT"]) == ["insta-stream"]  # no shell that would keep SIGTERM to itself
    assert said["USER"] == "10001:10001"


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that answers /health/ready with a status."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param if self.path == "/health/ready" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(("answering", "is_well"), [(200, True), (503, False)], indirect=["answering"])
def test_the_container_asks_whether_it_is_ready(answering: int, is_well: bool) -> None:
    program, *arguments = json.loads(instructions()["HEALTHCHECK"].partition("CMD ")[2])
    assert program == "python3"
    env = {**os.environ, f"{PREFIX}PORT": str(answering)}
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, check=False)
    assert (done.returncode == 0) == is_well, done.stderr


def test_the_image_is_built_of_what_the_package_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {
        project["project"]["readme"],
        *project["project"]["license-files"],
        "pyproject.toml",
        "requirements",
    }
    needed |= {project["tool"]["hatch"]["build"]["hooks"]["custom"]["path"], "src", "web"}
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == needed
    assert "*" in lines


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # there is nobody to ask
    for unit in (*SERVICES, *DEPLOY.glob("*.timer")):
        text = unit.read_text(encoding="utf-8")
        text = text.replace(f"{PREFIX_FOLDER}/bin/insta-stream", shutil.which("true") or "/bin/true")
        (tmp_path / unit.name.replace("@", "@mnt-backup")).write_text(text, encoding="utf-8")
    units = sorted(str(path) for path in tmp_path.iterdir())
    command = [analyze, "verify", "--man=no", *units]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Of the machine's own units it speaks, too.
    assert [line for line in (done.stdout + done.stderr).splitlines() if "insta-stream" in line] == []


def test_the_installer_is_a_script_that_a_shell_can_read() -> None:
    script = DEPLOY / "install"
    assert os.access(script, os.X_OK)
    subprocess.run(["/bin/sh", "-n", str(script)], check=True)
    # `install` is the name of a function there.
    assert not re.findall(r"^\s*install -", script.read_text(encoding="utf-8"), re.MULTILINE)
