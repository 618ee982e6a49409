"""What a rule is, and what it says when it is broken."""

from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule was broken. subject: what broke it, as "720p segment 1764"; "" for all."""

    code: str
    severity: Severity
    message: str
    subject: str = ""

    def about(self, subject: str) -> "Violation":
        """Return the same violation, of `subject`."""
        return replace(self, subject=subject)


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand on a channel.

    severity: "error" where a specification says MUST or a common player breaks, else "warning". demand: a
    sentence. source: the specification and section, or where experience says so.
    """

    code: str
    severity: Severity
    demand: str
    source: str

    def broken(self, message: str) -> Violation:
        """Return the violation of this rule; `message` says what was seen."""
        return Violation(self.code, self.severity, message)


def error(code: str, demand: str, source: str) -> Rule:
    """Return a rule whose violation breaks players or a MUST."""
    return Rule(code, "error", demand, source)


def warning(code: str, demand: str, source: str) -> Rule:
    """Return a rule of good practice."""
    return Rule(code, "warning", demand, source)
