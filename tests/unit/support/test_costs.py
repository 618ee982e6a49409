"""A run that costs too much fails; a machine that is slower, or that others use, is not to blame."""

import pytest
from tests.support import costs
from tests.support.costs import Cost, over

BUDGET = Cost(clock=100, processor=200)


@pytest.mark.parametrize(
    ("cost", "slower", "others", "words"),
    [
        (Cost(100, 200), 1.0, 0.0, []),
        (Cost(101, 200), 1.0, 0.0, ["It takes too long"]),
        (Cost(101, 200), 1.0, 0.2, []),
        (Cost(101, 200), 1.1, 0.0, []),
        (Cost(100, 201), 1.0, 0.2, ["Too much processor time"]),
        (Cost(210, 401), 2.0, 0.0, ["Too much processor time", "It takes too long"]),
    ],
)
def test_a_run_is_held_against_its_budget(
    monkeypatch: pytest.MonkeyPatch, cost: Cost, slower: float, others: float, words: list[str]
) -> None:
    monkeypatch.setattr(costs, "BUDGET", BUDGET)
    assert [line.partition(":")[0] for line in over(cost, slower, others)] == words
