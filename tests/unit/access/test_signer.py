"""What browsers hold, as a stranger would forge it."""

import base64
import json

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.access.signer import Claims, Signer
from insta_stream.access.wall import wall_clock
from insta_stream.db.sessions import KeyRow
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks, seconds

ANNA = AccountId("a" * 32)


def key(id_: str, age_seconds: float, secret: str = "ab" * 32) -> KeyRow:
    return KeyRow(id_, "session", secret, Ticks(wall_clock() - seconds(age_seconds)))


def signer(*keys: KeyRow) -> Signer:
    made = Signer()
    made.replace(keys or [key("one", 60)])
    return made


def claims(lasting: float = 60, **others: object) -> Claims:
    whole_second = wall_clock() // 720_000 * 720_000
    said = {"use": "access", "account": ANNA, "session": "s" * 32, "generation": 3, **others}
    return Claims(expires_at=Ticks(whole_second + seconds(lasting)), **said)  # type: ignore[arg-type]


def test_what_is_signed_is_read_for_its_use_and_no_other() -> None:
    it = signer()
    text = it.sign(claims())
    assert it.read(text, "access") == claims()
    assert it.read(text, "refresh") is None
    assert it.read(text, "device") is None


def test_it_ends() -> None:
    it = signer()
    assert it.read(it.sign(claims(-1)), "access") is None


def test_what_was_read_before_ends_with_its_time_and_its_key() -> None:
    now = [wall_clock()]
    it = Signer(lambda: now[0])
    it.replace([key("one", 60)])
    text = it.sign(claims())
    assert it.read(text, "access") == it.read(text, "access") == claims()
    assert it.read(text, "refresh") is None
    now[0] = Ticks(now[0] + seconds(61))
    assert it.read(text, "access") is None
    now[0] = Ticks(now[0] - seconds(7200))  # the clock was set back
    assert it.read(text, "access") is None
    now[0] = wall_clock()
    assert it.read(text, "access") is not None
    it.replace([key("two", 60)])
    assert it.read(text, "access") is None


def test_two_keys_are_valid_and_the_one_before_them_is_not() -> None:
    old, new, newest = key("old", 9e6, "01" * 32), key("new", 4e6, "02" * 32), key("newest", 3600, "03" * 32)
    of_old, of_new = signer(old).sign(claims()), signer(new).sign(claims())
    it = signer(newest, new)
    assert it.read(of_new, "access") is not None
    assert it.read(of_old, "access") is None
    assert jwt.get_unverified_header(it.sign(claims()))["kid"] == "newest"


def test_a_new_key_signs_nothing_until_others_know_it() -> None:
    it = signer(key("new", 1), key("old", 60))
    assert jwt.get_unverified_header(it.sign(claims()))["kid"] == "old"
    assert jwt.get_unverified_header(signer(key("only", 1)).sign(claims()))["kid"] == "only"


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("algorithm", ["none", "None", "HS512", "RS256"])
def test_no_other_algorithm_is_taken(algorithm: str) -> None:
    it = signer()
    _, content, signature = it.sign(claims()).split(".")
    header = part({"alg": algorithm, "kid": "one", "typ": "JWT"})
    for forged in (f"{header}.{content}.{signature}", f"{header}.{content}."):
        assert it.read(forged, "access") is None


@pytest.mark.parametrize("missing", ["exp", "sub", "use", "sid", "gen"])
def test_everything_has_to_be_said(missing: str) -> None:
    it = signer()
    said = jwt.decode(it.sign(claims()), options={"verify_signature": False})
    del said[missing]
    assert it.read(jwt.encode(said, bytes.fromhex("ab" * 32), headers={"kid": "one"}), "access") is None


@given(st.text(alphabet="abAB01._-{}\"'é\x00", max_size=60) | st.text())
def test_no_other_text_is_one(text: str) -> None:
    assert signer().read(text, "access") is None


@given(st.data())
def test_nothing_in_it_can_be_changed(data: st.DataObject) -> None:
    it = signer()
    text = it.sign(claims())
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda letter: letter != text[place]))
    forged = text[:place] + other + text[place + 1 :]
    # The last letter of a base64 text has bits that say nothing.
    assert place == len(text) - 1 or it.read(forged, "access") is None
