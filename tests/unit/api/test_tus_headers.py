from datetime import UTC, datetime

import pytest

from insta_stream.api import tus_headers as tus
from insta_stream.errors import BadRequest
from insta_stream.library.part import Checksum


def test_metadata_is_read() -> None:
    assert tus.metadata("") == {}
    assert tus.metadata("filename d29ybGQucGRm,is_private") == {"filename": "world.pdf", "is_private": ""}
    assert tus.metadata(" a  YQ== , b Yg==,") == {"a": "a", "b": "b"}


@pytest.mark.parametrize("text", ["a ???", "a YQ", "a /w==", "a " + "YQ==" * 3000])
def test_metadata_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        tus.metadata(text)
    assert refused.value.code == "bad_metadata"


def test_a_checksum_is_read() -> None:
    assert tus.checksum(None) is None
    assert tus.checksum("sha1 AAEC") == Checksum("sha1", b"\x00\x01\x02")
    assert tus.checksum("MD5 AAEC") == Checksum("md5", b"\x00\x01\x02")


@pytest.mark.parametrize("text", ["", "sha1", "crc32 AAEC", "sha512 AAEC", "sha1 A", "sha1 \u20ac"])
def test_a_checksum_that_cannot_be_read(text: str) -> None:
    if text == "sha1":  # an empty digest can be read, and is never right
        assert tus.checksum(text) == Checksum("sha1", b"")
        return
    with pytest.raises(BadRequest) as refused:
        tus.checksum(text)
    assert refused.value.code == "bad_checksum"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "bad_header"),
        ({"Upload-Length": "-1"}, "bad_header"),
        ({"Upload-Length": "9" * 19}, "bad_header"),
        ({"Upload-Length": "\u0661"}, "bad_header"),
        ({"Upload-Length": "0"}, "empty_file"),
        ({"upload-defer-length": "1"}, "length_needed"),
        ({"Upload-Length": "5", "upload-concat": "partial"}, "no_concatenation"),
    ],
)
def test_lengths_that_are_refused(headers: dict[str, str], code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        tus.length(headers)
    assert refused.value.code == code


def test_dates_are_those_of_http() -> None:
    moment = datetime(2026, 11, 22, 23, 5, 9, tzinfo=UTC)
    assert tus.http_date(moment) == "Sun, 22 Nov 2026 23:05:09 GMT"
