"""What the child that looks into a file answers when it cannot."""

import json
from pathlib import Path

import pytest

from insta_stream.media import probe


@pytest.mark.parametrize(
    ("error", "is_damage"),
    [
        (ValueError("bytes"), True),
        (IndexError(), True),
        (TypeError("ours"), False),
        (AssertionError(), False),
    ],
)
def test_a_fault_of_ours_is_not_called_damage_of_the_file(
    error: Exception, is_damage: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(probe, "examine", fail)
    probe.main(Path("film"))
    refusal = json.loads(capsys.readouterr().out)["refusal"]
    assert ("damaged" in refusal["message"]) == is_damage
    assert type(error).__name__ in refusal["message"]
