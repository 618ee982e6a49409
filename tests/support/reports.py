"""What tests noted in their processes, gathered where the summary is written."""

from collections.abc import Iterator
from typing import Any

import pytest


def noted(reporter: pytest.TerminalReporter, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the id of each test that noted a property of this name, and the property's value."""
    for report in (one for each in reporter.stats.values() for one in each):
        # The last report of a test has everything that was noted.
        if isinstance(report, pytest.TestReport) and report.when == "teardown":
            yield from ((report.nodeid, value) for key, value in report.user_properties if key == name)
