"""What a refused file is called."""

import pytest

from insta_stream.media.sniff import NO_PICTURE, NOT_MEDIA, picture_brand, sniff


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


def test_sentences_are_whole() -> None:
    assert all(refusal.message.startswith("This file ") for refusal in (NO_PICTURE, NOT_MEDIA))
