import pytest

from insta_stream.check.broadcast import names_of


@pytest.mark.parametrize(
    ("urls", "names"),
    [
        (["http://a/live/720p.m3u8", "http://a/live/360p.m3u8"], ["720p", "360p"]),
        (["http://a/live/v0/index.m3u8", "http://a/live/v1/index.m3u8"], ["v0/index", "v1/index"]),
        (["http://a/x/index.m3u8?q=1", "http://a/x/index.m3u8?q=2"], ["x/index (1)", "x/index (2)"]),
        (["http://a/index.m3u8", "http://a/x/index.m3u8"], ["index", "x/index"]),
        (["http://a/?channel=1"], [""]),
    ],
)
def test_variants_are_told_apart_by_their_names(urls: list[str], names: list[str]) -> None:
    assert names_of(urls) == names
