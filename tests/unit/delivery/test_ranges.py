import pytest

from insta_stream.delivery.ranges import ByteRange, Unsatisfiable, parse_range


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"bytes=0-0", ByteRange(0, 1)),
        (b"bytes=0-99", ByteRange(0, 100)),
        (b"bytes=0-1000", ByteRange(0, 100)),
        (b"bytes=10-", ByteRange(10, 100)),
        (b"bytes=-1", ByteRange(99, 100)),
        (b"bytes=-1000", ByteRange(0, 100)),
        (b"bytes= 5-6 ", ByteRange(5, 7)),
    ],
)
def test_a_single_range_is_understood(value: bytes, expected: ByteRange) -> None:
    assert parse_range(value, 100) == expected


@pytest.mark.parametrize(
    "value",
    [
        b"bytes=0-1,5-6",
        b"bytes=5-4",
        b"bytes=-",
        b"bytes=",
        b"bytes",
        b"items=0-1",
        b"bytes=a-b",
        b"bytes=+1-2",
        b"bytes=" + b"9" * 19 + b"-",
        "bytes=\u0661-\u0662".encode(),
    ],
)
def test_what_is_no_single_range_means_the_whole_file(value: bytes) -> None:
    assert parse_range(value, 100) is None


@pytest.mark.parametrize(
    "value", [b"bytes=100-", b"bytes=100-200", b"bytes=-0", b"bytes=999999999999999999-"]
)
def test_a_range_outside_the_file_cannot_be_satisfied(value: bytes) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(value, 100)


def test_an_empty_file_has_no_satisfiable_range() -> None:
    for value in (b"bytes=0-", b"bytes=-1"):
        with pytest.raises(Unsatisfiable):
            parse_range(value, 0)
