"""Programs by content; the random round trip is among the promises."""

import pytest
from tests.unit.timeline import world
from tests.unit.timeline.station import Station

from insta_stream.ids import PackageId
from insta_stream.timeline.codec import program_from_json, program_key, program_packages, program_to_json


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
