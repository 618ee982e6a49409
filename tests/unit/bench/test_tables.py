"""What a reader is told of where the figures come from."""

from typing import Any

from bench.__main__ import _tables


def part(title: str, **where: str) -> dict[str, Any]:
    machine = {"date": "2026-11-27 07:42 UTC", "processor": "one", "kernel": "6.18", **where}
    return {"title": title, "machine": machine, "figures": []}


def test_parts_that_were_measured_elsewhere_or_on_another_day_say_so() -> None:
    said = _tables(
        {
            "a": part("first"),
            "b": part("second", date="2026-11-27 09:02 UTC"),
            "c": part("third", processor="other"),
            "d": part("fourth", processor="other", date="2026-11-28 01:00 UTC"),
        }
    )
    lines = [line for line in said.splitlines() if line.startswith(("date:", "###"))]
    assert [line.split(";")[0] for line in lines] == [
        "date: 2026-11-27 07:42 UTC",
        "### a. first",
        "### b. second",
        "date: 2026-11-27 07:42 UTC",
        "### c. third",
        "date: 2026-11-28 01:00 UTC",
        "### d. fourth",
    ]
