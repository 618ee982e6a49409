"""Forms, as browsers and strangers send them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.effort import effort
from tests.support.properties import thorough

from insta_stream.api import form
from insta_stream.api.form import Form
from insta_stream.errors import BadRequest

TYPE = "multipart/form-data; boundary=x"
VIDEO = b'Content-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'

Found = list[tuple[str, str | None, bytes, bool]]


def taken_apart(pieces: Iterable[bytes], content_type: str = TYPE) -> Found:
    """Return name, file name, content of all parts, and whether they came to their ends."""
    parts: dict[object, tuple[str, str | None, bytes, bool]] = {}
    taken = Form(content_type)
    for piece in pieces:
        for part, content, is_last in taken.feed(piece):
            before = parts.get(part, (part.name, part.filename, b"", False))
            assert not before[3], "something came after the end"
            parts[part] = (part.name, part.filename, before[2] + content, is_last)
    return list(parts.values())


def test_fields_and_files() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--x\r\n'
        + VIDEO
        + b"0123\r\n--x--\r\n"
    )
    assert taken_apart([body]) == [("note", None, b"hello", True), ("video", "a.mp4", b"0123", True)]


def test_what_comes_before_and_after_means_nothing() -> None:
    body = (
        b"A form.\r\n--y\r\n\r\n--x\r\n"
        + VIDEO
        + b"0\r\n--x--\r\nThe end.\r\n--x\r\n"
        + VIDEO
        + b"1\r\n--x--"
    )
    assert taken_apart([body]) == [("video", "a.mp4", b"0", True)]


@pytest.mark.parametrize(
    "content",
    [b"", b"\r\n", b"-x", b"\n--x\r\n", b"\r\r\n--y\r\n", b"\r\n-\r\n--", b"\r\n--X--"],
)
def test_what_is_nearly_a_border_is_content(content: bytes) -> None:
    body = b"--x\r\n" + VIDEO + content + b"\r\n--x--"
    assert taken_apart([body]) == [("video", "a.mp4", content, True)]


@pytest.mark.parametrize("content", [b"\r\n--xy\r\n", b"\r\n--x-\r\n", b"\r\n--x \n"])
def test_no_line_of_a_file_begins_with_the_boundary(content: bytes) -> None:
    """RFC 2046 section 5.1.1: what begins so is a border, and must be a good one."""
    with pytest.raises(BadRequest, match="after boundary"):
        taken_apart([b"--x\r\n" + VIDEO + content + b"\r\n--x--"])


@thorough
@given(
    st.lists(
        st.binary(max_size=600) | st.sampled_from([b"\r\n--", b"\r\n", b"\r", b"--x", b"-" * 400]), max_size=6
    ),
    st.lists(st.integers(0, 3000), max_size=9),
)
def test_a_form_is_the_same_in_whatever_pieces_it_comes(contents: list[bytes], cuts: list[int]) -> None:
    contents = [each.replace(b"\r\n--x", b"") for each in contents]
    body = b"".join(b"\r\n--x\r\n" + VIDEO + each for each in contents) + b"\r\n--x--"
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    pieces = [body[begin:end] for begin, end in pairwise(places)]
    assert taken_apart(pieces) == taken_apart([body]) == taken_apart(bytes([each]) for each in body)
    assert [each[3] for each in taken_apart(pieces)] == [True] * len(taken_apart(pieces))


def test_a_part_may_have_no_name_and_no_content() -> None:
    head = b"--x\r\nContent-Disposition: form-data"
    body = head + b"\r\n\r\nnameless\r\n" + head + b"; name=a\r\n\r\n\r\n--x--"
    assert taken_apart([body]) == [("", None, b"nameless", True), ("a", None, b"", True)]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"Content-Type: video/mp4\r\n",
        b"Content-Disposition: attachment; name=video\r\n",
        b"Content-Disposition\r\n",
        b"Content-Disposition: form-data; name=video\n",
        VIDEO[:-2] + b"Content-Length: x\r\n",
        VIDEO[:-2] + b"X: y\r\n" * form.MAX_HEADERS,
    ],
)
def test_a_head_that_names_no_field_is_refused(head: bytes) -> None:
    body = b"--x\r\n" + head + b"\r\n0\r\n--x--"
    for pieces in ([body], [bytes([each]) for each in body]):
        with pytest.raises(BadRequest) as refused:
            taken_apart(pieces)
        assert refused.value.code == "bad_form"


def test_a_part_without_an_end_has_none() -> None:
    assert taken_apart([b"--x\r\n" + VIDEO + b"0" * 1000])[0][3] is False


@pytest.mark.parametrize(
    ("head", "filename"),
    [
        (b'filename="a \\"b\\" c.mp4"', 'a "b" c.mp4'),
        (b'filename="C:\\\\temp\\a.mp4"', "a.mp4"),  # as old browsers send it: a path
        (b'filename="a %22b%22 100%.mp4"', 'a "b" 100%.mp4'),  # as browsers and httpx send it
        (b'filename="a%0D%0Ab.mp4"', "a\r\nb.mp4"),  # as browsers send a line break
        (b'filename="a%20%25%2522.mp4"', "a%20%25%2522.mp4"),  # nothing else is encoded, "%" neither
        (b'filename="a\\"b%22.mp4"', 'a"b%22.mp4'),  # as older curls send it: then "%22" is what was typed
        (b'filename="a; name=b.mp4"', "a; name=b.mp4"),
        (b"filename=a.mp4", "a.mp4"),
        (b'FileName = "a.mp4"', "a.mp4"),
        (b'filename=""', ""),
        ('filename="caf\u00e9.mp4"'.encode(), "caf\u00e9.mp4"),
        ('filename="\u00e0 \u00c5 \u65e5.mp4"'.encode(), "\u00e0 \u00c5 \u65e5.mp4"),
        (b'filename="caf\xe9.mp4"', "caf\u00e9.mp4"),  # as curl sends it on Windows
        (b"filename=\"cafe.mp4\"; filename*=UTF-8''caf%C3%A9.mp4", "caf\u00e9.mp4"),
        (b"filename=\"=?utf-8?B?Y?=\"; filename*=utf-8''caf%C3%A9.mp4", "caf\u00e9.mp4"),  # as .NET sends it
        (b"filename*=iso-8859-1'fr'caf%E9.mp4; filename=b", "caf\u00e9.mp4"),
        (b"filename=\"a; filename*=utf-8''b.mp4\"", "a; filename*=utf-8''b.mp4"),
        (b"filename*=rot13''a; filename=b", "b"),
        (b'filename="a', None),
        (b"nothing=1", None),
    ],
)
def test_names_of_files(head: bytes, filename: str | None) -> None:
    body = b"--x\r\nX: y\r\ncontent-disposition: form-data; name=video; " + head + b"\r\n\r\n\r\n--x--"
    assert taken_apart([body]) == [("video", filename, b"", True)]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain; boundary=x",
        "multipart/form-data",
        'multipart/form-data; boundary=""',
        f"multipart/form-data; boundary={'x' * 71}",
        f"multipart/form-data; {'a;' * 40_000}boundary=x",
    ],
)
def test_what_is_no_form_is_refused(content_type: str) -> None:
    with pytest.raises(BadRequest) as refused:
        Form(content_type)
    assert refused.value.code == "bad_form"


def test_the_boundary_may_be_quoted_and_have_any_letters() -> None:
    body = b"--a(.*)+ b\r\n" + VIDEO + b"1\r\n--a(.*)+ b--"
    assert taken_apart([body], 'Multipart/Form-Data; charset=x; boundary="a(.*)+ b"')[0][2] == b"1"


EMPTY = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n"


def named(count: int) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="video"; filename="' + b"a" * count + b'"\r\n\r\n'


@pytest.mark.parametrize(
    "body",
    [
        named(form.MAX_HEAD_BYTES) + b"\r\n--x--",
        named(form.MAX_HEAD_BYTES // 2) + b"\r\n" + named(form.MAX_HEAD_BYTES // 2),
        named(form.MAX_HEAD_BYTES)[:-4],
        EMPTY * (form.MAX_PARTS + 1),
        named(1).replace(b"a", b"\xe9"),
    ],
    ids=["name", "names", "head without an end", "parts", "letters"],
)
def test_a_form_is_bounded(body: bytes) -> None:
    for pieces in ([body], [body[:100], body[100:]], [bytes([each]) for each in body]):
        with pytest.raises(BadRequest) as refused:
            taken_apart(pieces)
        assert refused.value.code == "bad_form"


def test_as_much_as_is_allowed_is_taken() -> None:
    assert len(taken_apart([EMPTY * form.MAX_PARTS + b"--x--"])) == form.MAX_PARTS
    assert len(taken_apart([named(form.MAX_HEAD_BYTES - 100) + b"\r\n--x--"])) == 1


SHAPES: dict[str, Callable[[int], bytes]] = {
    "name": lambda n: named(0)[:-5] + b"a;=" * (n // 3),
    "quoted": lambda n: named(0)[:-5] + b'\\"' * (n // 2),
    "spaces": lambda n: named(0)[:-5] + b'"' + b" ;" * (n // 2),
    "values": lambda n: named(0)[:-5] + b'";a=' * (n // 4),
    "escapes": lambda n: named(0)[:-5] + b';a="\\' * (n // 5),
    "names": lambda n: b"--x\r\nContent-Disposition: form-data" + b";a " * (n // 3),
    "stars": lambda n: b"--x\r\nContent-Disposition: form-data" + b";filename*=utf-8'" * (n // 17),
    "quotes": lambda n: b"--x\r\nContent-Disposition: form-data" + b';filename="' * (n // 11),
    "kinds": lambda n: VIDEO[:-2] + b"Content-Type: a" + b";a=" * (n // 3),
    "folded": lambda n: b"--x\r\nContent-Disposition: form-data" + b"\r\n ;a=b" * (n // 7),
    "folded headers": lambda n: b"--x\r\n" + (b"X: y" + b"\r\n a" * 1900 + b"\r\n") * (n // 8000),
    "nearly borders": lambda n: b"--x\r\n" + VIDEO + b"\r\n--" * (n // 4),
    "lines": lambda n: b"--x\r\n" + VIDEO + b"\r\n" * (n // 2),
    "before": lambda n: b"\r\n--" * (n // 4),
    "no border": lambda n: b"-" * n,
    "after": lambda n: b"--x--" + b"\r\n--x" * (n // 5),
    "heads": lambda n: EMPTY * (n // len(EMPTY)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [form.MAX_HEAD_BYTES - 200, 1_000_000])
def test_no_form_keeps_the_server_busy(shape: str, size: int) -> None:
    """As much as comes at once. The bound is far from both: it takes milliseconds; where the time grows with
    the square of the length, it takes seconds.
    """
    body = SHAPES[shape](size) + b"\r\n\r\n"
    spent: list[float] = []
    for _ in range(3):
        with effort(spent), suppress(BadRequest):
            taken_apart([body])
    assert min(spent) < 0.2


def test_a_form_that_comes_byte_by_byte_does_not_keep_the_server_busy() -> None:
    """Each byte costs a step of the parser, and no second look at what came before it."""
    body = b"-" * 20_000 + b"\r\n" + named(form.MAX_HEAD_BYTES - 100) + b"0" * 20_000
    spent: list[float] = []
    with effort(spent):
        taken_apart(bytes([each]) for each in body)
    assert min(spent) < 1
