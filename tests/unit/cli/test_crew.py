"""What a crew does about its workers, which here do nothing."""

import signal
from typing import cast

import pytest

from insta_stream.cli import hand as hands
from insta_stream.cli.crew import Crew
from insta_stream.cli.hand import Hand


class Worker:
    """A hand by its looks."""

    def __init__(self, *, is_first: bool) -> None:
        self.is_first = is_first
        self.is_alive = True
        self.answers = self.is_new = self.is_late = self.is_overdue = self.is_stuck = False
        self.status = -signal.SIGKILL
        self.told: list[str] = []

    def looks_stuck(self) -> bool:
        return self.is_stuck

    def let_go(self) -> None:
        self.told.append("let go")

    def stop(self) -> None:
        self.told.append("stop")

    def kill(self) -> None:
        self.told.append("kill")

    def end(self, status: int = -signal.SIGKILL) -> None:
        self.is_alive, self.status = False, status


class Agency:
    """Hires workers, and keeps them all. has_room: for one more."""

    def __init__(self) -> None:
        self.all: list[Worker] = []
        self.has_room = True

    def __call__(self, *, is_first: bool) -> Hand:
        if not self.has_room:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        self.all.append(Worker(is_first=is_first))
        return cast("Hand", self.all[-1])


@pytest.fixture
def agency() -> Agency:
    return Agency()


def crew_of(size: int, agency: Agency) -> Crew:
    """Return a crew whose workers all answer."""
    crew = Crew(size, agency)
    crew.begin()
    agency.all[0].answers = True
    crew.see()
    for worker in agency.all:
        worker.answers = True
    crew.see()
    return crew


def test_the_first_worker_starts_alone_and_the_others_when_it_answers(agency: Agency) -> None:
    crew = Crew(3, agency)
    crew.begin()
    crew.look()
    assert [worker.is_first for worker in agency.all] == [True]
    agency.all[0].answers = True
    crew.see()
    assert [worker.is_first for worker in agency.all] == [True, False, False]
    assert crew.has_answered


def test_one_that_is_killed_before_it_answers_is_followed_by_a_first_one(agency: Agency) -> None:
    crew = Crew(2, agency)
    crew.begin()
    agency.all[0].end(-signal.SIGSEGV)
    crew.see()
    assert [worker.is_first for worker in agency.all] == [True, True]


def test_one_that_ends_by_itself_before_any_answered_has_said_why(agency: Agency) -> None:
    crew = Crew(2, agency)
    crew.begin()
    agency.all[0].end(1)
    with pytest.raises(SystemExit) as ended:
        crew.see()
    assert ended.value.code == 1


def test_one_that_answered_and_ended_before_anybody_looked_is_replaced(agency: Agency) -> None:
    crew = Crew(1, agency)
    crew.begin()
    agency.all[0].answers = True
    agency.all[0].end(1)
    crew.see()
    assert len(agency.all) == 2


def test_who_has_ended_is_followed_at_once_while_the_others_go_on(agency: Agency) -> None:
    crew = crew_of(3, agency)
    agency.all[1].end(1)
    crew.see()
    crew.see()  # of a child that is no worker: an orphan's, where this is the first process of a container
    assert [worker.is_alive for worker in agency.all] == [True, False, True, True]
    assert not any(worker.told for worker in agency.all)


def test_who_ended_right_after_its_start_is_followed_at_the_next_look(agency: Agency) -> None:
    crew = crew_of(2, agency)
    agency.all[1].is_new = True
    agency.all[1].end()
    crew.see()
    assert len(agency.all) == 2
    crew.look()
    assert len(agency.all) == 3


def test_where_there_is_no_room_for_a_worker_it_is_started_later(agency: Agency) -> None:
    crew = crew_of(2, agency)
    agency.has_room = False
    agency.all[0].end()
    crew.see()
    crew.look()
    assert len(agency.all) == 2
    agency.has_room = True
    crew.look()
    assert len(agency.all) == 3


def test_one_that_is_stuck_is_killed_and_no_other(agency: Agency) -> None:
    crew = crew_of(2, agency)
    agency.all[1].is_stuck = True
    crew.look()
    assert [worker.told for worker in agency.all] == [[], ["kill"]]


def test_each_is_replaced_once_the_next_one_answers(agency: Agency) -> None:
    crew = crew_of(2, agency)
    crew.renew()
    crew.see()
    assert len(agency.all) == 3
    assert not any(worker.told for worker in agency.all)
    agency.all[2].answers = True
    crew.see()
    assert [worker.told for worker in agency.all] == [["let go"], [], [], []]
    agency.all[3].answers = True
    crew.see()
    crew.look()
    assert [worker.told for worker in agency.all] == [["let go"], ["let go"], [], []]


def test_a_new_worker_that_does_not_come_up_ends_the_renewal(agency: Agency) -> None:
    crew = crew_of(2, agency)
    crew.renew()
    agency.all[2].end(1)
    crew.see()
    crew.look()
    assert len(agency.all) == 3
    assert not any(worker.told for worker in agency.all)
    crew.renew()
    assert len(agency.all) == 4


def test_a_new_worker_that_takes_too_long_is_killed(agency: Agency) -> None:
    crew = crew_of(1, agency)
    crew.renew()
    agency.all[1].is_late = True
    crew.look()
    assert [worker.told for worker in agency.all] == [[], ["kill"]]


def test_there_is_no_renewal_without_room(agency: Agency) -> None:
    crew = crew_of(1, agency)
    agency.has_room = False
    crew.renew()
    agency.has_room = True
    crew.look()
    assert len(agency.all) == 1


def test_a_new_worker_fills_a_gap_before_it_replaces_anybody(agency: Agency) -> None:
    crew = crew_of(2, agency)
    crew.renew()
    agency.has_room = False
    agency.all[1].end()
    crew.see()
    agency.all[2].answers = True
    crew.see()
    assert agency.all[0].told == []


def test_who_ends_during_a_renewal_is_not_replaced_twice(agency: Agency) -> None:
    crew = crew_of(2, agency)
    crew.renew()
    agency.all[1].end()
    crew.see()
    for worker in agency.all:
        worker.answers = True
    crew.see()
    crew.look()
    assert [worker.told for worker in agency.all] == [["let go"], [], [], []]


def test_asked_again_a_renewal_begins_anew(agency: Agency) -> None:
    crew = crew_of(1, agency)
    crew.renew()
    crew.renew()
    for _ in range(3):
        agency.all[-1].answers = True
        crew.see()
        agency.all[0].end(0)
    assert [worker.told for worker in agency.all] == [["let go"], ["let go"], []]


def test_no_more_than_a_whole_crew_is_leaving(agency: Agency) -> None:
    crew = crew_of(1, agency)
    for _ in range(2):
        crew.renew()
        agency.all[-1].answers = True
        crew.see()
    assert [worker.told for worker in agency.all] == [["let go", "stop"], ["let go"], []]


def test_who_should_have_ended_is_killed(agency: Agency) -> None:
    crew = crew_of(1, agency)
    crew.renew()
    agency.all[1].answers = True
    crew.see()
    agency.all[0].is_overdue = True
    crew.look()
    assert agency.all[0].told == ["let go", "kill"]


def test_all_are_told_to_stop_also_those_who_leave_and_the_one_who_comes(agency: Agency) -> None:
    crew = crew_of(2, agency)
    crew.renew()
    agency.all[2].answers = True
    crew.see()
    crew.stop()
    assert [worker.told[-1] for worker in agency.all] == ["stop"] * 4
    for worker in agency.all:
        assert not crew.is_over
        worker.end(0)
        crew.look()
    assert crew.is_over
    assert len(agency.all) == 4


def test_whoever_asks_twice_is_in_a_hurry(agency: Agency) -> None:
    crew = crew_of(2, agency)
    crew.stop()
    crew.renew()
    crew.stop()
    assert [worker.told for worker in agency.all] == [["stop", "kill"]] * 2


def test_it_is_over_at_once_where_there_is_nobody(agency: Agency) -> None:
    crew = crew_of(1, agency)
    agency.has_room = False
    agency.all[0].end()
    crew.see()
    crew.stop()
    assert crew.is_over


def test_times_are_those_of_a_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)

    class Ended:
        exitcode, pid = 0, None

        def is_alive(self) -> bool:
            return False

    made = Hand(cast("hands.BaseProcess", Ended()), hands.Pulse())
    assert (made.is_new, made.is_late, made.is_overdue) == (True, False, False)
    made.stop()
    now = hands.STOP_SECONDS + 1
    assert (made.is_new, made.is_late, made.is_overdue) == (False, False, True)
    now = hands.START_SECONDS + 1
    assert made.is_late
    made.let_go()
    assert not made.is_overdue
