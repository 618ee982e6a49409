"""What a check has found so far: the same violation of the same subject is kept once and counted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from insta_stream.hls.rules import Violation

Kind = Literal["violation", "version", "segment", "broadcast", "ended", "gap", "wait"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened while watching; for progress displays. message: a sentence."""

    kind: Kind
    message: str


@dataclass(slots=True)
class Findings:
    """Collects violations and counts, and tells of each as it comes."""

    on_event: Callable[[Event], None]
    violations: dict[tuple[str, str], tuple[Violation, int]] = field(default_factory=dict)
    counts: dict[Kind, int] = field(default_factory=dict)

    def add(self, violations: Iterable[Violation], subject: str = "") -> None:
        """Keep violations; those without a subject get `subject`."""
        for violation in violations:
            about = violation if violation.subject else violation.about(subject)
            first, count = self.violations.get((about.code, about.subject), (about, 0))
            self.violations[about.code, about.subject] = (first, count + 1)
            if not count:
                self.tell("violation", f"{about.code} {about.subject}: {about.message}")

    def tell(self, kind: Kind, message: str) -> None:
        """Count something that happened."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.on_event(Event(kind, message))
