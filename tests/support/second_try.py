"""What failed is run once more, alone: what passes only then is unsteady, and named at the very end."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unsteady", type=Path, help="write the names of the tests that pass into this file")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down what passed."""
    path: Path | None = session.config.option.unsteady
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if path is not None and isinstance(reporter, pytest.TerminalReporter):
        passed = (report.nodeid for report in reporter.stats.get("passed", ()) if report.when == "call")
        path.write_text("".join(f"{test}\n" for test in passed))
