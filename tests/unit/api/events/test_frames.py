import pytest

from insta_stream.api.events.frames import MAX_CHARACTERS, Farewell, parse_frame
from insta_stream.api.events.topics import Topic, parse_topic


def test_a_frame_says_what_a_client_wants() -> None:
    frame = parse_frame('{"token": "t", "subscribe": ["channels"], "ping": 1.5}')
    assert (frame.token, frame.subscribe, frame.ping) == ("t", ["channels"], 1.5)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "null",
        "[]",
        '{"subscribe": "channels"}',
        '{"unknown": 1}',
        '{"ping": Infinity}',
        '{"ping": {}}',
        '{"subscribe": [' + ",".join('"x"' for _ in range(65)) + "]}",
        " " * MAX_CHARACTERS + "{}",
        "[" * 10_000,
    ],
)
def test_what_is_no_frame_ends_the_connection(text: str | None) -> None:
    with pytest.raises(Farewell) as farewell:
        parse_frame(text)
    assert (farewell.value.close, farewell.value.code) == (4400, "bad_frame")


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("channels", Topic("channels")),
        ("channel/main", Topic("channel", "main")),
        ("guide/a-b", Topic("guide", "a-b")),
        ("channel", None),
        ("channel/", None),
        ("channels/", None),
        ("channels/main", None),
        ("videos/x", None),
        ("", None),
        ("nonsense", None),
        ("channel/" + "x" * 100, None),
    ],
)
def test_topics_have_names(name: str, topic: Topic | None) -> None:
    assert parse_topic(name) == topic
    assert topic is None or topic.name == name
