from pathlib import Path

import pytest

from insta_stream.media import memory
from insta_stream.media.memory import GIB, affordable, smallest


@pytest.mark.parametrize(
    ("machine", "wanted", "given"),
    [(64 * GIB, 8 * GIB, 8 * GIB), (4 * GIB, 8 * GIB, 3 * GIB), (1 * GIB, 8 * GIB, 2 * GIB), (1, GIB, GIB)],
)
def test_a_child_is_given_what_the_machine_can_afford(
    machine: int, wanted: int, given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_machine_bytes", lambda: machine)
    assert affordable(wanted) == given


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_container_may_have_less_than_its_machine(tmp_path: Path, name: str) -> None:
    (tmp_path / "memory").mkdir()
    assert smallest(8 * GIB, tmp_path) == 8 * GIB
    (tmp_path / name).write_text("1073741824\n")
    assert smallest(8 * GIB, tmp_path) == GIB
    (tmp_path / name).write_text("max\n")
    assert smallest(8 * GIB, tmp_path) == 8 * GIB
