"""What a benchmark finds: values of several rounds, and what they should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

TIMES = "×"  # noqa: RUF001 - the sign is meant
"""The unit of ratios."""

_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to reach. is_most: it may be `limit` at most; otherwise it is to be that at least."""

    limit: float
    is_most: bool

    def is_reached(self, value: float) -> bool:
        """Say whether a value is as it should be."""
        return value <= self.limit if self.is_most else value >= self.limit

    def __str__(self) -> str:
        """Return the target as a table shows it."""
        return f"{'≤' if self.is_most else '≥'} {_plain(self.limit)}"


def at_most(limit: float) -> Target:
    """Return the target of what should be small."""
    return Target(limit, is_most=True)


def at_least(limit: float) -> Target:
    """Return the target of what should be great."""
    return Target(limit, is_most=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the results. values: of the rounds, in their order; the median stands for them."""

    name: str
    unit: str
    values: tuple[float, ...]
    target: Target | None = None

    @classmethod
    def of(
        cls, name: str, unit: str, values: Sequence[float] | float, target: Target | None = None
    ) -> "Figure":
        """Return the figure of several rounds, or of one value."""
        many = (float(values),) if isinstance(values, int | float) else tuple(map(float, values))
        return cls(name, unit, many, target)

    def document(self) -> dict[str, Any]:
        """Return the figure as JSON keeps it."""
        middle = median(self.values)
        return {
            "name": self.name,
            "unit": self.unit,
            "median": _significant(middle),
            "low": _significant(min(self.values)),
            "high": _significant(max(self.values)),
            "rounds": len(self.values),
            "target": str(self.target) if self.target else None,
            "reached": self.target.is_reached(middle) if self.target else None,
        }


def ratios(ours: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    """Return how many times the other's value ours is, round by round: noise hits both of a round."""
    return tuple(one / other for one, other in zip(ours, others, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def line(figure: dict[str, Any]) -> str:
    """Return a figure, as JSON keeps it, as a row of a Markdown table."""
    low, middle, high = (_plain(figure[key]) for key in ("low", "median", "high"))
    spread = f"{low} to {high}" if figure["rounds"] > 1 else ""
    reached = {None: "", True: "yes", False: "**no**"}[figure["reached"]]
    target = figure["target"] or ""
    return f"| {figure['name']} | {middle} {figure['unit']} | {spread} | {target} | {reached} |".replace(
        "  ", " "
    )


HEAD = "| | median | lowest and highest round | target | reached |\n|---|---|---|---|---|"


def _significant(value: float) -> float:
    """Return a value with as many digits as mean something."""
    return float(f"{value:.{_DIGITS}g}") if abs(value) < 10**_DIGITS else float(round(value))


def _plain(value: float) -> str:
    return f"{value:,.{_DIGITS}f}".rstrip("0").rstrip(".")
