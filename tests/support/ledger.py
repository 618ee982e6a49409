"""The figures of the fault tests, gathered over all processes of a run and shown as a table at its end.

INSTA_STREAM_FAULTS_REPORT names a file that the table is written to as well.
"""

import os
import statistics
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from tests.support.reports import noted

PROPERTY = "fault"
COLUMNS = (
    "fault",
    "times",
    "violations",
    "orphans",
    "stalls",
    "longest gap (s)",
    "recovery p50 (s)",
    "recovery max (s)",
)


@dataclass
class Entry:
    """What one fault did. times: how often it happened. recoveries: seconds until all was as before.

    longest_gap: the longest time, in seconds, without a new segment; 2 s is what there always is. stalls: of
    a player that began three segments behind the edge.
    """

    fault: str
    times: int = 0
    violations: int = 0
    orphans: int = 0
    stalls: int = 0
    longest_gap: float = 0.0
    recoveries: list[float] = field(default_factory=list)


class Ledger:
    """The entries of one test, by fault."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def of(self, fault: str) -> Entry:
        """Return the entry of a fault; a new one the first time."""
        return self.entries.setdefault(fault, Entry(fault))

    def properties(self) -> list[tuple[str, object]]:
        """Return the entries as pytest carries them from process to process."""
        return [(PROPERTY, asdict(entry)) for entry in self.entries.values()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the table, where fault tests ran."""
    found = [Entry(**value) for _, value in noted(terminalreporter, PROPERTY)]
    if not found:
        return
    text = table(found)
    terminalreporter.section("faults")
    terminalreporter.write_line(text)
    if path := os.environ.get("INSTA_STREAM_FAULTS_REPORT"):
        Path(path).write_text(text + "\n")


def table(entries: list[Entry]) -> str:
    """Return entries of the same fault as one line, in a Markdown table."""
    together: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        together[entry.fault].append(entry)
    rows = [COLUMNS, tuple("---" for _ in COLUMNS), *(_row(name, of) for name, of in together.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(name: str, entries: list[Entry]) -> tuple[str, ...]:
    recoveries = [seconds for entry in entries for seconds in entry.recoveries]
    middle = f"{statistics.median(recoveries):.1f}" if recoveries else "-"
    longest = f"{max(recoveries):.1f}" if recoveries else "-"
    counts = (
        sum(getattr(one, what) for one in entries) for what in ("times", "violations", "orphans", "stalls")
    )
    return (name, *map(str, counts), f"{max(one.longest_gap for one in entries):.1f}", middle, longest)
