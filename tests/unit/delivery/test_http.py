import pytest

from insta_stream.delivery.http import accepts_brotli, accepts_gzip, header, matches


@pytest.mark.parametrize(
    "value",
    [b"gzip", b"gzip, deflate, br", b"br;q=1.0, GZIP;q=0.5", b"*", b"identity;q=0, *;q=0.1", b"x-gzip"],
)
def test_gzip_is_used_where_it_is_accepted(value: bytes) -> None:
    assert accepts_gzip(value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"identity",
        b"br",
        b"gzip;q=0",
        b"gzip;q=0.0, *",
        b"*;q=0",
        b"gzip;q=nonsense",
        b"\xff\xfe",
        b"gzipped",
    ],
)
def test_gzip_is_not_used_where_it_is_not(value: bytes) -> None:
    assert not accepts_gzip(value)


@pytest.mark.parametrize(
    ("value", "is_accepted"),
    [(b"gzip, deflate, br", True), (b"BR;q=0.1", True), (b"br;q=0", False), (b"gzip", False), (b"*", False)],
)
def test_brotli_is_used_where_it_is_named(value: bytes, is_accepted: bool) -> None:
    assert accepts_brotli(value) is is_accepted


@pytest.mark.parametrize("value", [b'"a"', b'W/"a"', b'"b", "a"', b"*", b' "b" ,W/"a" '])
def test_an_entity_tag_is_found(value: bytes) -> None:
    assert matches(value, b'"a"')


@pytest.mark.parametrize("value", [b"", b'"b"', b"a", b'"a', b'"a-gz"'])
def test_other_entity_tags_do_not_match(value: bytes) -> None:
    assert not matches(value, b'"a"')


def test_an_over_long_header_counts_as_none() -> None:
    assert header({"headers": [(b"range", b"x" * 2000)]}, b"range") == b""
    assert header({"headers": [(b"range", b"bytes=0-")]}, b"range") == b"bytes=0-"
