"""Long work that is done in turns (`insta_stream.turns`), with turns that are over after each item."""

import pytest

from insta_stream import turns


class Rests:
    """The rests that were taken, none of which lasts. count: of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
        monkeypatch.setattr(turns.Turns, "wait", self._take)

    def _take(self) -> None:
        self.count += 1
