import pytest

from insta_stream.access.act import Act
from insta_stream.access.action import Action
from insta_stream.access.sentence import sentence
from insta_stream.access.tally import MANY_MORE
from insta_stream.db.audit import Actor, EntryRow, Thing
from insta_stream.ids import AccountId
from insta_stream.ticks import Ticks

ANNA = Actor("person", AccountId("a" * 32), "anna", address="192.0.2.7")
STRANGER = Actor("nobody", address="203.0.113.7")
SOMEONE = "Someone at 203.0.113.7"
ROOT = Actor("command", name="root")
MAIN, FILM, BOB = (
    Thing("channel", "main", "Main"),
    Thing("video", "v1", "A film"),
    Thing("person", "p", "bob"),
)
CAMERA = Actor("token", name="anna", token="t" * 32, token_name="camera")


def said(actor: Actor, action: str, *things: Thing, code: str = "", status: int = 0, count: int = 1) -> str:
    status = status or (403 if code else 200)
    return sentence(EntryRow(Ticks(1), action, actor, things, status=status, code=code, count=count))


def test_it_is_said_what_somebody_did() -> None:
    assert said(ANNA, Action.CHANNEL_STOP, MAIN) == "anna stopped channel Main"
    assert said(ANNA, Action.SESSION_START) == "anna signed in"
    assert said(CAMERA, Action.VIDEO_RENAME, FILM) == "The API token “camera” of anna renamed “A film”"
    assert said(Actor("server_token"), Action.PERSON_ADD, BOB) == "The server's access token added bob"
    assert said(ROOT, Action.PERSON_REMOVE, BOB) == "root on the command line removed bob"
    assert said(Actor("anyone", address="127.0.0.1"), Action.VIDEO_DELETE, FILM) == (
        "Someone at 127.0.0.1 deleted “A film”"
    )
    assert said(ANNA, Action.VIDEO_DELETE, Thing("video", "v2")) == "anna deleted “v2”"
    assert said(ANNA, Action.CHANNEL_STOP) == "anna stopped channel …"
    assert said(ANNA, "moon.land") == "anna did “moon.land”"


def test_it_is_said_what_somebody_was_refused() -> None:
    assert (
        said(ANNA, Action.CHANNEL_STOP, MAIN, code="forbidden") == "anna was not allowed to stop channel Main"
    )
    assert (
        said(ANNA, Action.PERSON_REMOVE, BOB, code="last_admin") == "anna could not remove bob (last admin)"
    )
    assert said(ANNA, Action.PERSON_REMOVE, BOB, status=500) == "anna could not remove bob (500)"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("wrong_sign_in", "gave a wrong password for anna, 1,400 times"),
        ("wrong_code", "gave a wrong code for anna, 1,400 times"),
        ("too_many_sign_ins", "was told to wait before trying to sign in again for anna, 1,400 times"),
    ],
)
def test_it_is_said_who_tried_to_sign_in(code: str, words: str) -> None:
    anna = Thing("person", "a", "anna")
    assert said(STRANGER, Action.SESSION_START, anna, code=code, count=1400) == f"{SOMEONE} {words}"
    unknown = said(STRANGER, Action.SESSION_START, code="wrong_sign_in")
    assert unknown == f"{SOMEONE} gave a wrong name or password"


def test_it_is_said_that_a_session_was_copied() -> None:
    assert said(STRANGER, Action.SESSION_REUSE, BOB, code="signed_out") == (
        f"{SOMEONE} used an old copy of a session of bob, which was signed out for safety"
    )


@pytest.mark.parametrize(
    "code", ["unauthorized", "bad_origin", "bad_host", "too_many_tokens", MANY_MORE, "x"]
)
def test_what_is_refused_at_the_door_is_told(code: str) -> None:
    told = said(STRANGER, Action.REQUEST, code=code, count=2)
    assert told.startswith(SOMEONE)
    assert told.endswith(", 2 times")


def test_it_is_said_that_there_was_more_than_is_listed() -> None:
    camera = "The API token “camera” of anna"
    assert said(CAMERA, Action.REQUEST, code=MANY_MORE, status=200, count=2900) == (
        f"{camera} made more changes than are listed one by one, 2,900 times"
    )
    assert said(CAMERA, Action.REQUEST, code=MANY_MORE) == (
        f"{camera} was refused more than is listed one by one"
    )


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_words(action: Action) -> None:
    kinds = ("channel", "video", "person", "token", "upload", "link", "key")
    things = [Thing(kind, "1", f"a {kind}") for kind in kinds]
    for code in ("", "forbidden", "wrong_state"):
        told = said(ANNA, action, *things, code=code)
        assert not set("{}…") & set(told)
        assert "  " not in told


def test_long_values_are_cut_and_none_is_none() -> None:
    act = Act(ANNA, Action.CHANNEL_CHANGE)
    act.tell(before={}, after={"names": frozenset(map(str, range(30))), "title": "x" * 999, "n": {"a": None}})
    assert act.before is None
    assert act.after is not None
    assert (len(act.after["names"]), act.after["names"][-1]) == (21, "and 10 more")
    assert (len(act.after["title"]), act.after["n"]) == (255, {"a": None})
    act.tell_changes({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4})
    assert (act.before, act.after) == ({"b": 2}, {"b": 3, "c": 4})
    act.concerns("video", "v" * 99, "n" * 999)
    assert [(len(each.id), len(each.name)) for each in act.things.values()] == [(64, 255)]
