"""Programs by content; the random round trip is among the promises."""

import json

import pytest
from tests.unit.timeline import world
from tests.unit.timeline.station import Station

from insta_stream.ids import PackageId
from insta_stream.timeline.codec import (
    program_from_json,
    program_key,
    program_packages,
    program_to_json,
    run_from_json,
    run_to_json,
    state_to_json,
    timeline_from_json,
)


def text_of(station: Station) -> str:
    return program_to_json(station.timeline.runs[-1].program)


def test_equal_programs_have_one_key_wherever_they_are_entered() -> None:
    station = Station().on_air_with("abc")
    before = text_of(station)
    station.jump("c")
    assert program_key(text_of(station)) == program_key(before)
    station.arrange("acb")
    assert program_key(text_of(station)) != program_key(before)


def test_a_program_names_the_packages_whose_tables_it_needs() -> None:
    text = text_of(Station().on_air_with("ab"))
    assert program_packages(text) == {"a-0", "b-0"}
    with pytest.raises(KeyError):
        program_from_json(text, {PackageId("a-0"): world.even("a", 5, 2).table})


OF_STATE: dict[str, tuple[object, ...]] = {
    "epoch": (None, "x", 1.5, [], 10**18),
    "horizon": (None, -1, True),
    "target": (None, 0, -1),
    "window": ("x", 0),
    "entries": (None, [[1, 2]], [["x"]]),
    "broadcasts": ([[1]], [["x", 0, 0, [["x", 1]], None]], [["x", "x", 0, [[0, 1]], None]]),
    "state": (None, "x"),
    "held": ([1, 1], ["x", None]),
    "directed_at": ("x", 10**18),
    "committed_at": (None, "x", 10**18),
}
OF_RUN: dict[str, tuple[object, ...]] = {
    "broadcast": (None, 1),
    "starts_at": (None, "x", 1.5, 10**18),
    "first_msn": (None, -1, "x"),
    "first_discontinuity": (-1, 1.5),
    "joined": (None, 1),
    "enter": (None, -1, 10**18),
    "ends_at": ("x", []),
    "slate_then": ([1], ["x", "y"]),
}
OF_SLOT = (None, 1.5, [1])


def cases(faults: dict[str, tuple[object, ...]]) -> list[tuple[str, object]]:
    return [(field, value) for field, values in faults.items() for value in values]


DAMAGE = (KeyError, TypeError, ValueError)


@pytest.mark.parametrize(
    ("field", "value"), [(field, each) for field in OF_STATE for each in OF_STATE[field]]
)
def test_a_state_that_is_damaged_is_none(field: str, value: object) -> None:
    state = json.loads(state_to_json(Station().on_air_with("ab").timeline))
    assert field in state
    with pytest.raises(DAMAGE):
        timeline_from_json(json.dumps(state | {field: value}), ())


@pytest.mark.parametrize(("field", "value"), cases(OF_RUN))
def test_a_run_that_is_damaged_is_none(field: str, value: object) -> None:
    run = Station().on_air_with("ab").timeline.runs[-1]
    body = json.loads(run_to_json(run, "key"))
    assert run_from_json(json.dumps(body), {"key": run.program}) == run
    assert field in body
    with pytest.raises(DAMAGE):
        run_from_json(json.dumps(body | {field: value}), {"key": run.program})


@pytest.mark.parametrize("value", OF_SLOT)
@pytest.mark.parametrize("place", range(6))
def test_a_slot_that_is_damaged_is_none(place: int, value: object) -> None:
    program = Station().on_air_with("ab").timeline.runs[-1].program
    slots = json.loads(program_to_json(program))
    tables = {slot.package: slot.table for slot in program.slots}
    slots[0][place] = value
    with pytest.raises(DAMAGE):
        program_from_json(json.dumps(slots), tables)
