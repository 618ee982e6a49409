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


@pytest.mark.parametrize(
    ("membership", "limit"),
    [
        ("0::/\n", "memory.max"),
        ("0::/tv.slice/tv.service\n", "tv.slice/tv.service/memory.max"),
        ("0::/tv.slice/tv.service\n", "tv.slice/memory.max"),
        ("0::/tv.slice\n4:cpu,memory:/docker/1\n1:name=systemd:/a:b\n", "memory/memory.limit_in_bytes"),
        ("4:memory:/tv.service\n", "memory/tv.service/memory.limit_in_bytes"),
    ],
)
def test_a_container_or_service_may_have_less_than_its_machine(
    tmp_path: Path, membership: str, limit: str
) -> None:
    file = tmp_path / limit
    file.parent.mkdir(parents=True, exist_ok=True)
    assert smallest(8 * GIB, tmp_path, membership) == 8 * GIB
    file.write_text("1073741824\n")
    assert smallest(8 * GIB, tmp_path, membership) == GIB
    file.write_text("max\n")
    assert smallest(8 * GIB, tmp_path, membership) == 8 * GIB
