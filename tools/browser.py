"""Make sure that there is a Chromium for the browser tests; what is there is used, whatever its make.

Order: INSTA_STREAM_TEST_BROWSER, a browser on PATH, Playwright's own; then Debian's package (as root), then
Playwright's download. Chromium's headless shell is preferred: to pages it is the whole browser, and it takes
half the processor time. In a deep run, what plays a stream is tested in the whole browser.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find(*, whole: bool = False) -> str | None:
    """Return the browser's path, or None. whole: rather than its headless shell."""
    if chosen := os.environ.get("INSTA_STREAM_TEST_BROWSER"):
        return chosen
    names = (*NAMES, SHELL) if whole else (SHELL, *NAMES)
    on_path = next((path for name in names if (path := shutil.which(name))), None)
    if on_path or not MAC.is_file():
        return on_path or _playwrights()
    return str(MAC)


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - starts a driver, which is rarely needed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _install() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq"]
        for command in (["apt-get", "update", "-qq"], [*install, "chromium"], [*install, SHELL]):
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if find():
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Return 0 when there is a browser in the end."""
    if find():
        return 0
    sys.stderr.write("Installing Chromium for the browser tests ...\n")
    _install()
    if find():
        return 0
    sys.stderr.write(
        "error: the browser tests need Chromium: install it ('apt install chromium'), or name one in "
        "INSTA_STREAM_TEST_BROWSER.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
