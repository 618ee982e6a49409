import time
from urllib.parse import urlsplit

import pytest

from insta_stream.api.links import LIFETIME_SECONDS, Links

PATH = "/api/videos/1/original"


def query(url: str) -> bytes:
    return urlsplit(url).query.encode()


def test_a_link_opens_its_path_and_no_other() -> None:
    links = Links(b"key")
    url, expires = links.sign(PATH)
    assert abs(expires - LIFETIME_SECONDS - time.time()) < 60
    assert links.admit(PATH, query(url))
    assert not links.admit("/api/videos/2/original", query(url))
    assert not Links(b"other").admit(PATH, query(url))


def test_a_link_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    links = Links(b"key")
    url, expires = links.sign(PATH)
    monkeypatch.setattr(time, "time", lambda: expires + 1.0)
    assert not links.admit(PATH, query(url))


def test_the_date_of_a_link_cannot_be_moved() -> None:
    url, expires = Links(b"key").sign(PATH)
    assert not Links(b"key").admit(PATH, query(url.replace(str(expires), str(expires + 1))))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"expires=1",
        b"signature=x",
        b"expires=x&signature=y",
        b"expires=\xff&signature=\xff",
        b"x" * 5000,
    ],
)
def test_what_is_no_link_opens_nothing(text: bytes) -> None:
    assert not Links(b"key").admit(PATH, text)


def test_with_a_token_links_outlive_a_restart() -> None:
    url, _ = Links.of("token").sign(PATH)
    assert Links.of("token").admit(PATH, query(url))
    assert not Links.of("another").admit(PATH, query(url))
