"""What a refused file is called."""

import pytest

from insta_stream.media import sniff as sniffing
from insta_stream.media.sniff import Obstacle, picture_brand, sniff


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"\x89PNG\r\n\x1a\n", "still_picture"),
        (b"\xff\xd8\xff\xe0", "still_picture"),
        (b"GIF89a", "still_picture"),
        (b"RIFF....WEBP", "still_picture"),
        (b"RIFF....WAVE", "no_picture"),
        (b"RIFF....ABCD", "not_media"),
        (b"ID3\4", "no_picture"),
        (b"\xff\xfb\x90", "no_picture"),
        (b"fLaC", "no_picture"),
        (b"#EXTM3U\n", "playlist"),
        ("\ufeff#extm3u\n".encode(), "playlist"),
        (b"ffconcat version 1.0", "playlist"),
        (b"<?xml?><MPD>", "playlist"),
        (b"v=0\r\no=-", "playlist"),
        (b"1\n00:00:01,000", "text"),
        ("1\n\u200fمی\u200cخو\u202b".encode(), "text"),
        ("ü".encode() * 2048, "text"),
        (("a" + "ü" * 2048).encode()[:4096], "text"),  # cut within a character
        (b"%PDF-1.4", "document"),
        (b"PK\3\4", "archive"),
        (b"\0\0\0\1\x67", "bare_stream"),
        (b"<!DOCTYPE html><html>", "web_page"),
        (b"\xef\xbb\xbf\n<html>", "web_page"),
        (b"WEBVTT\n\n", "subtitles"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi", "subtitles"),
        (b"[Script Info]\n", "subtitles"),
        (bytes(4096), "zeroes"),
        (bytes(4095) + b"\1", "not_media"),
        (b"\0", "not_media"),
        (b"\x1a\x45\xdf\xa3", "damaged"),
        (b"RIFF....AVI LIST", "damaged"),
        (b"FLV\1\5", "damaged"),
        (b"text with \0 in it", "not_media"),
        (b"\x80\x81\x82", "not_media"),
        (b"\xff", "not_media"),
    ],
)
def test_sniffing(head: bytes, code: str) -> None:
    assert sniff(head).code == code


def test_photographs_that_look_like_movies() -> None:
    assert picture_brand(b"\0\0\0\x18ftypheic\0\0\0\0") is not None
    assert picture_brand(b"\0\0\0\x18ftypavif\0\0\0\0") is not None
    assert picture_brand(b"\0\0\0\x18ftypisom\0\0\0\0") is None


def test_sentences_are_whole_and_have_a_remedy() -> None:
    every = [value for value in vars(sniffing).values() if isinstance(value, Obstacle)]
    assert len(every) > 10
    for _, message in every:
        assert message.startswith("This ")
        assert len(message.split(". ")) > 1
        assert message.endswith(".")
