"""What every test may ask for: real media, real FFmpeg builds, and honesty about what did not run.

On a developer's machine a missing tool or folder narrows the run and the header says so. In CI (`CI=true`)
nothing is narrowed: a skipped test is a failed test, and a missing build or folder is an error.
"""

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import hypothesis
import imageio_ffmpeg
import pytest
from tests.support import seeds
from tests.support.ledger import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
MEDIA = Path(os.environ.get("INSTA_STREAM_TEST_MEDIA") or ROOT.parent / "shared" / "media").resolve()

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)

if IN_CI:  # the gate tries the same examples every time; whoever runs the tests elsewhere explores new ones
    hypothesis.settings.register_profile("ci", derandomize=True)
    hypothesis.settings.load_profile("ci")

ORDER = ("unit", "contract", "integration", "faults", "e2e")
"""The folders of tests/, quickest first."""


def pytest_report_header() -> list[str]:
    """Say which media and FFmpeg builds this run has."""
    media = f"media: {MEDIA}" if MEDIA.is_dir() else f"media: none at {MEDIA}; {_without_media()}"
    return [media, f"ffmpeg: bundled {_bundled()}, system {_system() or 'none'}"]


def _without_media() -> str:
    if IN_CI:
        return "tests marked 'media' will fail"
    return "tests marked 'media' are deselected (set INSTA_STREAM_TEST_MEDIA to run them)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run quick folders first, and leave out tests marked `media` where there are no media files.

    Side by side with others, what takes long comes first, or the rest would wait for it in the end.
    """
    items.sort(key=_rank)
    if MEDIA.is_dir() or IN_CI:
        return
    without = [item for item in items if item.get_closest_marker("media")]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if not item.get_closest_marker("media")]


def _rank(item: pytest.Item) -> int:
    if "PYTEST_XDIST_WORKER" in os.environ and item.get_closest_marker("slow"):
        return -1
    parts = item.path.relative_to(ROOT / "tests").parts if item.path.is_relative_to(ROOT / "tests") else ("",)
    return ORDER.index(parts[0]) if parts[0] in ORDER else len(ORDER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, turn a skip into a failure: a test that did not run proves nothing."""
    report = yield
    return _skip_is_failure(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module that skips itself."""
    report = yield
    return _skip_is_failure(report)


def _skip_is_failure(report: _Report) -> _Report:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a test run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def _seeds(shared: Path) -> None:
    """Servers of this run begin with a slate, unless they shall not."""
    seeds.keep_in(shared)


@pytest.fixture(scope="session")
def media_dir() -> Path:
    """The folder of real video files; only for tests marked `media`."""
    if not MEDIA.is_dir():
        pytest.fail(f"no media files at {MEDIA}: set INSTA_STREAM_TEST_MEDIA to a folder that has them")
    return MEDIA


def _bundled() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _system() -> str | None:
    return shutil.which("ffmpeg")


@pytest.fixture(scope="session")
def bundled_ffmpeg() -> Path:
    """The FFmpeg that is installed with Insta-Stream: for tests that need one build, whichever."""
    return Path(_bundled())


@pytest.fixture(scope="session", params=["bundled", "system"])
def ffmpeg_path(request: pytest.FixtureRequest) -> Path:
    """Each FFmpeg build in turn: ours, and the operating system's (Debian 12's is 5.1)."""
    found = _bundled() if request.param == "bundled" else _system()
    if found is None:
        pytest.skip("no ffmpeg in PATH: install the operating system's FFmpeg to test with it too")
    return Path(found)
