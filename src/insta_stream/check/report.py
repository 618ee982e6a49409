"""The result of a check, for people and for programs."""

from dataclasses import asdict, dataclass
from typing import Any

from insta_stream.hls.rules import RULES, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that was broken. message: what was seen the first time; count: how often it was seen."""

    code: str
    severity: Severity
    subject: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a check saw.

    seconds: how long it watched. refreshes, segments: media playlists and segments that were read. gaps:
    requests without an answer, which was tolerated. edge_lag_seconds: how far the live edge was behind the
    clock at the most; window_seconds: the duration of the last playlist; None when none could be read.
    """

    url: str
    seconds: float
    broadcasts: int
    variants: int
    refreshes: int
    segments: int
    gaps: int
    edge_lag_seconds: float | None
    window_seconds: float | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Number of findings that are errors."""
        return sum(1 for finding in self.findings if finding.severity == "error")

    @property
    def is_good(self) -> bool:
        """Whether no finding is an error."""
        return self.errors == 0

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all broken rules."""
        return frozenset(finding.code for finding in self.findings)

    @property
    def summary(self) -> str:
        """One sentence."""
        warnings = len(self.findings) - self.errors
        verdict = "follows the rules" if self.is_good else "breaks rules"
        found = f"{_counted(self.errors, 'error')} and {_counted(warnings, 'warning')}"
        return (
            f"The channel {verdict}: {found} in {self.seconds:.0f} s"
            f" ({self.variants} variants, {self.refreshes} refreshes, {self.segments} segments)."
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"summary": self.summary, "isGood": self.is_good, "errors": self.errors, **asdict(self)}

    def as_text(self) -> str:
        """Return the report as lines: findings, errors first, each with its demand, and last the summary."""
        lines = []
        for finding in self.findings:
            times = f" ({finding.count} times)" if finding.count > 1 else ""
            lines.append(
                f"{finding.severity.upper()} {finding.code} {finding.subject}: {finding.message}{times}"
            )
            lines.append(f"    {RULES[finding.code].demand} [{RULES[finding.code].source}]")
        if self.edge_lag_seconds is not None and self.window_seconds is not None:
            lag, window = self.edge_lag_seconds, self.window_seconds
            lines.append(
                f"The live edge was at most {lag:.1f} s behind the clock; the window is {window:.1f} s."
            )
        if self.gaps:
            lines.append(f"{self.gaps} requests had no answer and were tolerated.")
        lines.append(self.summary)
        return "\n".join(lines)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
