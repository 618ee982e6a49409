"""Background tasks die, are noticed, and are begun again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from structlog.testing import capture_logs
from tests.support.waiting import until

from insta_stream.duties import LONGEST_PAUSE_SECONDS, RECOVERY_SECONDS, Duties, Duty


class Time:
    """Seconds that pass when a test says so. pauses: how long duties have rested, or do now."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []
        self.is_resting = False
        self._is_over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.is_resting = True
        try:
            await self._is_over.wait()
        finally:
            self.is_resting = False
        self._is_over.clear()
        self.now += seconds

    async def end_pause(self) -> None:
        await until(lambda: self.is_resting)
        self._is_over.set()
        await until(lambda: not self._is_over.is_set())


class Work:
    """Work that ends when it is told to, in the way it is told: by raising an error, or by returning."""

    def __init__(self) -> None:
        self.times_begun = 0
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> None:
        self.times_begun += 1
        self._end = asyncio.get_running_loop().create_future()
        await self._end

    async def die(self, error: BaseException | None = None) -> None:
        """Let it raise an error, or return."""
        await until(lambda: self.times_begun > 0 and not self._end.done())
        if error is None:
            self._end.set_result(None)
        else:
            self._end.set_exception(error)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def died() -> list[str]:
    return []


@pytest.fixture
async def duties(time: Time, died: list[str]) -> AsyncIterator[Duties]:
    duties = Duties(died.append, now=lambda: time.now, sleep=time.sleep)
    yield duties
    await duties.stop()


async def test_a_death_is_logged_and_counted_by_name(duties: Duties, time: Time, died: list[str]) -> None:
    work = Work()
    with capture_logs() as lines:
        duties.begin("the moon", work)
        await work.die(ZeroDivisionError("no phase"))
        await until(lambda: time.is_resting)
    (line,) = lines
    assert (line["event"], line["duty"], line["pause_seconds"]) == ("duty_died", "the moon", 1.0)
    assert line["reason"] == "the moon (ZeroDivisionError)"
    assert str(line["exc_info"]) == "no phase"
    assert died == ["the moon"]


async def test_it_is_begun_again_after_pauses_that_grow(duties: Duties, time: Time) -> None:
    work = Work()
    duties.begin("the moon", work)
    for _ in range(8):
        await work.die(ZeroDivisionError())
        await time.end_pause()
    assert time.pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]
    await until(lambda: work.times_begun == 9)


async def test_it_ails_until_it_has_lived_for_a_while_and_then_pauses_are_short_again(
    duties: Duties, time: Time
) -> None:
    work, other = Work(), Work()
    duties.begin("the moon", work)
    duties.begin("the sun", other)
    assert duties.ailing() == ()
    for _ in range(3):
        await work.die(ZeroDivisionError())
        await until(lambda: time.is_resting)
        assert duties.ailing() == ("the moon",)
        await time.end_pause()
    time.now += RECOVERY_SECONDS - 0.1
    assert duties.ailing() == ("the moon",)
    time.now += 0.1
    assert duties.ailing() == ()
    await work.die(ZeroDivisionError())
    await until(lambda: time.is_resting)
    assert (time.pauses, duties.ailing()) == ([1, 2, 4, 1], ("the moon",))


async def test_a_long_rest_is_no_recovery(duties: Duties, time: Time) -> None:
    work = Work()
    duties.begin("the moon", work)
    await work.die(ZeroDivisionError())
    await until(lambda: time.is_resting)
    time.now += 2 * RECOVERY_SECONDS
    assert duties.ailing() == ("the moon",)
    await time.end_pause()
    assert duties.ailing() == ("the moon",)


async def test_namesakes_are_named_once(duties: Duties, time: Time) -> None:
    works = [Work(), Work()]
    for work in works:
        duties.begin("the moon", work)
        await work.die(ZeroDivisionError())
    await until(lambda: len(time.pauses) == 2)
    assert duties.ailing() == ("the moon",)


async def test_to_return_is_a_death(duties: Duties, time: Time, died: list[str]) -> None:
    work = Work()
    duties.begin("the moon", work)
    await work.die()
    await time.end_pause()
    await until(lambda: work.times_begun == 2)
    assert died == ["the moon"]


async def test_a_finite_duty_may_return_but_not_die(duties: Duties, time: Time, died: list[str]) -> None:
    work = Work()
    duty = duties.begin("the moon", work, is_finite=True)
    await work.die(ZeroDivisionError())
    await time.end_pause()
    await until(lambda: work.times_begun == 2)
    await work.die()
    await until(duty.task.done)
    assert (died, duties.ailing()) == (["the moon"], ())


async def test_that_something_else_was_cancelled_is_a_death(
    duties: Duties, time: Time, died: list[str]
) -> None:
    work = Work()
    duties.begin("the moon", work)
    await work.die(asyncio.CancelledError())
    await time.end_pause()
    await until(lambda: work.times_begun == 2)
    assert died == ["the moon"]


def recorded(
    ended: list[str], name: str, on_cancel: Callable[[], Awaitable[None]]
) -> Callable[[], Awaitable[None]]:
    """Return work that is busy for a moment when it is cancelled."""

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await on_cancel()
            ended.append(name)

    return work


async def some_turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def raise_something() -> None:
    raise ZeroDivisionError


async def begun(duties: Duties, name: str, work: Callable[[], Awaitable[None]]) -> Duty:
    duty = duties.begin(name, work)
    await some_turns()
    return duty


async def test_they_end_in_the_opposite_order_each_after_the_one_before(duties: Duties) -> None:
    ended: list[str] = []
    for name in ("first", "second", "third"):
        await begun(duties, name, recorded(ended, name, some_turns))
    await duties.stop()
    assert ended == ["third", "second", "first"]


async def test_one_that_is_stopped_before_its_first_step_does_nothing(duties: Duties) -> None:
    work = Work()
    duty = duties.begin("the moon", work)
    await duties.stop()
    assert (work.times_begun, duty.task.cancelled()) == (0, True)


async def test_one_that_rests_is_stopped_and_not_begun_again(duties: Duties, time: Time) -> None:
    work = Work()
    duty = duties.begin("the moon", work)
    await work.die(ZeroDivisionError())
    await until(lambda: time.is_resting)
    await duties.stop()
    assert (work.times_begun, duty.task.done()) == (1, True)


async def test_one_that_swallows_its_cancellation_is_over_all_the_same(
    duties: Duties, died: list[str]
) -> None:
    times_begun = 0

    async def stubborn() -> None:
        nonlocal times_begun
        times_begun += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await some_turns()

    await begun(duties, "the moon", stubborn)
    await duties.stop()
    assert (times_begun, died) == (1, [])


async def test_one_that_dies_of_its_cancellation_is_told_of_and_not_begun_again(
    duties: Duties, time: Time, died: list[str]
) -> None:
    duty = await begun(duties, "the moon", recorded([], "", raise_something))
    await duties.stop()
    assert (died, time.pauses, duty.task.done()) == (["the moon"], [], True)


async def test_a_second_cancellation_does_not_disturb_one_that_winds_up(duties: Duties) -> None:
    ended: list[str] = []
    duty = await begun(duties, "the moon", recorded(ended, "the moon", some_turns))
    duty.cancel()
    await asyncio.sleep(0)
    duty.cancel()
    await duties.stop()
    assert ended == ["the moon"]


async def test_one_may_end_while_the_others_go_on(duties: Duties) -> None:
    work, other = Work(), Work()
    duty = duties.begin("the moon", work)
    remaining = duties.begin("the sun", other)
    await some_turns()
    duty.cancel()
    await until(duty.task.done)
    assert not remaining.task.done()


async def test_whoever_is_cancelled_while_they_stop_waits_no_longer_and_they_stop_all_the_same(
    duties: Duties,
) -> None:
    may_end = asyncio.Event()

    async def wait_for_it() -> None:
        await may_end.wait()

    ended: list[str] = []
    first = await begun(duties, "first", recorded(ended, "first", some_turns))
    last = await begun(duties, "last", recorded(ended, "last", wait_for_it))
    stopping = asyncio.create_task(duties.stop())
    await some_turns()
    assert (stopping.done(), first.task.cancelling()) == (False, 0)
    stopping.cancel()
    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await stopping
    await until(first.task.done)
    assert ended == ["first"]
    may_end.set()
    await until(last.task.done)
    assert ended == ["first", "last"]
