import pytest

from insta_stream.api import patience
from insta_stream.errors import NotReady, WrongState


class Door:
    def __init__(self, *answers: Exception | str) -> None:
        self.answers = list(answers)

    async def open(self) -> str:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.0)


async def test_what_is_not_ready_is_tried_again() -> None:
    assert await patience.patiently(Door(NotReady(), NotReady(), "open").open) == "open"


async def test_any_other_error_is_final() -> None:
    with pytest.raises(WrongState):
        await patience.patiently(Door(WrongState(), "open").open)


async def test_what_is_told_at_once_is_not_waited_for() -> None:
    slate, busy = NotReady("The slate is being made.", code="slate_not_ready"), NotReady("Busy.")
    with pytest.raises(NotReady, match="being made"):
        await patience.patiently(Door(busy, slate, "open").open, but_for="slate_not_ready")


async def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_SECONDS", -1.0)
    with pytest.raises(NotReady):
        await patience.patiently(Door(NotReady(), "open").open)
