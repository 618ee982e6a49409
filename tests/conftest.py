"""What every test may ask for: real media, real FFmpeg builds, and honesty about what did not run.

On a developer's machine a missing tool or folder narrows the run and the header says so. In CI (`CI=true`)
nothing is narrowed: a skipped test is a failed test, and a missing build or folder is an error.
"""

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from tests.support import preloaded, seeds
from tests.support.builds import BUNDLED, SYSTEM
from tests.support.depth import DEEP
from tests.support.logging import log_plainly
from tests.support.properties import IN_CI, ours

pytest_plugins = tuple(f"tests.support.{name}" for name in ("costs", "leftovers", "ledger", "second_try"))

ROOT = Path(__file__).resolve().parent.parent
MEDIA = Path(os.environ.get("INSTA_STREAM_TEST_MEDIA") or ROOT.parent / "shared" / "media").resolve()

NOBODY = ROOT / "tests" / "support" / "nobody.pem"

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)

hypothesis.settings.register_profile("ours", ours)
hypothesis.settings.load_profile("ours")

ORDER = ("unit", "integration", "faults", "e2e")
"""The folders of tests/, quickest first."""


def pytest_report_header() -> list[str]:
    """Say which media and FFmpeg builds this run has."""
    media = f"media: {MEDIA}" if MEDIA.is_dir() else f"media: none at {MEDIA}; {_without_media()}"
    depth = "deep" if DEEP else "quick (./test --deep has everything at full size)"
    return [f"depth: {depth}", media, f"ffmpeg: bundled {BUNDLED}, system {SYSTEM or 'none'}"]


def _without_media() -> str:
    if IN_CI:
        return "tests marked 'media' will fail"
    return "tests marked 'media' are deselected (set INSTA_STREAM_TEST_MEDIA to run them)"


def pytest_configure() -> None:
    """Let the processes that tests start begin with ctrl-C as people have it, and trust nobody on the net.

    What a script starts with `&` ignores ctrl-C, and everything that stems from that would. Clients read the
    authorities that they trust whenever one is made, also where they then ask this machine: that takes longer
    than the answer, so they find one that has signed nothing. They look at every step for a module that says
    which event loop runs, all over the disk where it is not installed; now they know.
    """
    if find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment] # to import it fails at once
    os.environ["SSL_CERT_FILE"] = str(NOBODY)
    log_plainly()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded stays, and so do the tests: nobody looks for garbage among them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run quick folders first, and leave out what this run does not have.

    Side by side with others, what takes long comes first, or the rest would wait for it in the end.
    """
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in sorted(items, key=_rank):
        (kept if _belongs(item) else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def _belongs(item: pytest.Item) -> bool:
    """Return whether a test is one of this run's.

    A quick run has no test marked `deep`, and only those marked `each_ffmpeg` with the system's FFmpeg too.
    Where there are no media files, tests marked `media` are left out; in CI they fail.
    """
    if item.get_closest_marker("media") and not (MEDIA.is_dir() or IN_CI):
        return False
    if DEEP:
        return True
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    if parameters.get("ffmpeg_path") == "system" and not item.get_closest_marker("each_ffmpeg"):
        return False
    return not item.get_closest_marker("deep")


def _rank(item: pytest.Item) -> tuple[int, int]:
    """Order tests: quick folders first, or last where workers share the files."""
    folder = item.nodeid.removeprefix("tests/").split("/", 1)[0]
    place = ORDER.index(folder) if folder in ORDER else len(ORDER)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return 0, place
    return item.get_closest_marker("slow") is None, -place


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


@pytest.fixture(scope="session", autouse=True)
def _preloaded() -> Iterator[None]:
    """Commands of this run need not load everything anew."""
    with preloaded.source():
        yield


@pytest.fixture(scope="session")
def media_dir() -> Path:
    """The folder of real video files; only for tests marked `media`."""
    if not MEDIA.is_dir():
        pytest.fail(f"no media files at {MEDIA}: set INSTA_STREAM_TEST_MEDIA to a folder that has them")
    return MEDIA


@pytest.fixture(scope="session")
def bundled_ffmpeg() -> Path:
    """The FFmpeg that is installed with Insta-Stream: for tests that need one build, whichever."""
    return BUNDLED


@pytest.fixture(scope="session", params=["bundled", "system"])
def ffmpeg_path(request: pytest.FixtureRequest) -> Path:
    """Each FFmpeg build in turn: ours, and the operating system's."""
    found = BUNDLED if request.param == "bundled" else SYSTEM
    if found is None:
        pytest.skip("no ffmpeg in PATH: install the operating system's FFmpeg to test with it too")
    return found
