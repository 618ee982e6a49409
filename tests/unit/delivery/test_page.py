import gzip

from starlette.types import Scope

from insta_stream.delivery.http import Reply
from insta_stream.delivery.page import Page


def test_the_gzipped_bytes_are_the_same_text() -> None:
    page = Page("#EXTM3U\n" * 100, 1)
    assert gzip.decompress(page.zipped) == page.plain
    assert len(page.zipped) < len(page.plain)


def test_equal_texts_have_equal_tags_and_other_texts_other_tags() -> None:
    assert Page("a", 1).etag(zipped=False) == Page("a", 9).etag(zipped=False)
    assert Page("a", 1).etag(zipped=False) != Page("b", 1).etag(zipped=False)


def test_the_two_codings_of_a_text_have_tags_of_their_own() -> None:
    page = Page("a", 1)
    assert page.etag(zipped=True) != page.etag(zipped=False)


def ask(**headers: str) -> Scope:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"headers": [(name.encode(), value.encode()) for name, value in named.items()]}


def test_headers_say_what_the_body_is() -> None:
    page = Page("#EXTM3U\n", 3)
    zipped, plain = page.reply(ask(accept_encoding="gzip")), page.reply(ask())
    headers = dict(zipped.headers)
    assert headers[b"content-length"] == b"%d" % len(zipped.body) == b"%d" % len(page.zipped)
    assert headers[b"content-encoding"] == b"gzip"
    assert headers[b"content-type"] == b"application/vnd.apple.mpegurl"
    assert headers[b"cache-control"] == b"public, max-age=3"
    assert headers[b"vary"] == b"Accept-Encoding"
    assert b"content-encoding" not in dict(plain.headers)
    assert plain.body == page.plain


def test_a_reply_is_made_once() -> None:
    page = Page("#EXTM3U\n", 3)
    assert page.reply(ask()) is page.reply(ask(if_none_match='"another"'))


def test_a_head_is_a_status_line_and_a_line_for_each_header() -> None:
    head = Reply(304, [(b"etag", b'"a"'), (b"vary", b"Accept-Encoding")], b"").head
    assert head == b'HTTP/1.1 304 Not Modified\r\netag: "a"\r\nvary: Accept-Encoding\r\n'
