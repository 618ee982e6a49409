"""What is logged anywhere is shown with what to do about it."""

import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.support.logging import kept_logging

from insta_stream import logs
from insta_stream.health.remedies import ADVICE
from insta_stream.health.troubles import KEPT, Troubles
from insta_stream.ticks import Ticks

SOURCE = Path(__file__).parents[3] / "src" / "insta_stream"

log = structlog.get_logger("insta_stream.test")


class Now:
    def __init__(self) -> None:
        self.now = Ticks(1)

    def __call__(self) -> Ticks:
        return self.now


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def troubles(clock: Now) -> Iterator[Troubles]:
    with kept_logging():
        logs.configure("json", "info", io.StringIO())
        troubles = Troubles(clock)
        logging.getLogger().addHandler(troubles)
        yield troubles


def test_a_warning_becomes_a_sentence_and_a_remedy(troubles: Troubles) -> None:
    log.info("package_ready", package="p")
    log.warning("packaging_failed", package="p", video="v", reason="No space left.")
    (trouble,) = troubles.recent()
    assert (trouble.code, trouble.level) == ("packaging_failed", "warning")
    assert (trouble.about, trouble.subject, trouble.count) == ("video", "v", 1)
    assert "No space left." in trouble.message
    assert trouble.remedy == ADVICE["packaging_failed"].remedy


def test_the_same_again_is_counted_and_comes_to_the_front(troubles: Troubles, clock: Now) -> None:
    for at, channel in enumerate(("a", "b", "a"), 1):
        clock.now = Ticks(at)
        log.error("channel_not_recovered", channel=channel)
    newest, older = troubles.recent()
    assert (newest.subject, newest.count, newest.first_at, newest.at) == ("a", 2, 1, 3)
    assert (older.subject, older.count) == ("b", 1)


def test_only_the_last_are_kept(troubles: Troubles) -> None:
    for number in range(KEPT + 20):
        log.error("channel_not_recovered", channel=str(number))
    subjects = [trouble.subject for trouble in troubles.recent()]
    assert subjects == [str(number) for number in reversed(range(20, KEPT + 20))]


def test_what_a_library_says_is_kept_without_secrets(troubles: Troubles) -> None:
    logging.getLogger("somebody.else").warning("refused: token=%s", "abc123")
    (trouble,) = troubles.recent()
    assert (trouble.code, trouble.about, trouble.subject) == ("library", "", "")
    assert "refused" in trouble.message
    assert "abc123" not in trouble.message


def test_an_event_may_bring_its_own_remedy(troubles: Troubles) -> None:
    log.warning("check_changed", check="disk", reason="Disk: full.", remedy="Buy one.")
    (trouble,) = troubles.recent()
    assert (trouble.message, trouble.remedy, trouble.subject) == ("Disk: full.", "Buy one.", "disk")


def test_an_event_without_advice_is_shown_in_its_own_words(troubles: Troubles) -> None:
    log.error("moon_fell_down", path="/sky")
    (trouble,) = troubles.recent()
    assert (trouble.code, trouble.message, trouble.subject) == ("moon_fell_down", "Moon fell down.", "/sky")


def test_there_is_advice_for_nothing_that_is_never_logged() -> None:
    told = re.compile(r"log\.(?:warning|error|exception)\(\s*\"([a-z_]+)\"")
    events = {name for path in SOURCE.rglob("*.py") for name in told.findall(path.read_text())}
    assert not set(ADVICE) - events
