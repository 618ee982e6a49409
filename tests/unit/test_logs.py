"""One line per event, whoever logged it, and no secret in any of them."""

import io
import json
import logging
import pickle
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from tests.support.logging import kept_logging

from insta_stream import logs

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    with kept_logging():
        yield io.StringIO()


@pytest.fixture
def read(stream: io.StringIO) -> Read:
    logs.configure("json", "info", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_events_and_a_librarys_are_json_lines(read: Read) -> None:
    structlog.get_logger("insta_stream.library").info("video_packaged", video_id="v1")
    logging.getLogger("sqlalchemy.pool").warning("pool is %s", "full")
    ours, theirs = read()
    assert ours["event"] == "video_packaged"
    assert (ours["video_id"], ours["level"], ours["logger"]) == ("v1", "info", "insta_stream.library")
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == (
        "pool is full",
        "warning",
        "sqlalchemy.pool",
    )


def test_less_important_events_are_left_out(read: Read) -> None:
    structlog.get_logger("insta_stream.library").debug("unimportant")
    logging.getLogger("httpx").info("HTTP Request: GET ...")
    assert read() == []


def test_what_steers_a_terminal_is_escaped_for_people(stream: io.StringIO) -> None:
    logs.configure("pretty", "info", stream)
    structlog.get_logger("ours").info("seen", name="a\u202eb\x9b", exc_info=ValueError("\x1b[31mred"))
    logging.getLogger("theirs").warning("said %s", "\x1b]0;title\x07")
    text = stream.getvalue()
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert all(escaped in text for escaped in ("\\u202e", "\\x9b", "\\x1b[31mred", "\\x1b]0;title\\x07"))


def test_an_error_keeps_its_traceback_in_one_line(read: Read) -> None:
    error = OSError("disk on fire; token=abcdef")
    structlog.get_logger("insta_stream").error("segment_lost", exc_info=error)
    (line,) = read()
    assert "OSError: disk on fire" in line["exception"]
    assert "abcdef" not in line["exception"]


def test_secrets_are_masked_by_name_and_inside_text(read: Read) -> None:
    structlog.get_logger("insta_stream").warning(
        "refused",
        token="s3cret",
        headers={"Authorization": "Bearer s3cret", "accept": "*/*"},
        url="http://127.0.0.1/stream.m3u8?token=s3cret&x=1",
    )
    logging.getLogger("httpcore").warning("sent 'Authorization: Bearer s3cret'")
    first, second = read()
    assert "s3cret" not in json.dumps([first, second])
    assert first["headers"]["accept"] == "*/*"
    assert first["url"] == "http://127.0.0.1/stream.m3u8?token=***&x=1"


def test_warnings_become_log_lines(read: Read) -> None:
    warnings.warn("old way", DeprecationWarning, stacklevel=1)
    (line,) = read()
    assert "old way" in line["event"]


def test_people_get_columns(stream: io.StringIO) -> None:
    logs.configure("pretty", "info", stream)
    structlog.get_logger("insta_stream").info("channel_started", channel="main")
    assert "channel_started" in stream.getvalue()
    assert "channel=main" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_auto_is_json_where_no_terminal_is(stream: io.StringIO) -> None:
    logs.configure("auto", "info", stream)
    structlog.get_logger("insta_stream").info("channel_started")
    assert json.loads(stream.getvalue())["event"] == "channel_started"


def test_the_configuration_travels_to_a_worker() -> None:
    config = logs.dict_config("json", "info")
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes
