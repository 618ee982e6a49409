"""What a request does is written down before anybody is told that it was done."""

from starlette.types import Message

from insta_stream.access.act import Act
from insta_stream.access.action import Action
from insta_stream.api.acts import with_act
from insta_stream.api.problems import problem
from insta_stream.api.recording import recorded
from insta_stream.db.audit import Actor, EntryRow

ANNA = Actor("person", name="anna")


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def steps(act: Act) -> list[str]:
    """Return what happens, in order, when a request that does this is refused."""
    happened: list[str] = []

    async def record(entry: EntryRow) -> None:
        happened.append(f"{entry.action} {entry.status} {entry.code}")

    async def send(message: Message) -> None:
        happened.append(message["type"])

    scope = with_act({"type": "http", "method": "POST", "path": "/"}, act)
    await problem(409, "on_air", "It is on air.")(scope, receive, recorded(scope, send, record))
    return happened


async def test_the_entry_is_there_before_the_reply_begins_with_its_status_and_code() -> None:
    reply = ["http.response.start", "http.response.body"]
    assert await steps(Act(ANNA, Action.CHANNEL_DELETE)) == ["channel.delete 409 on_air", *reply]
    assert await steps(Act(ANNA)) == reply
    assert await steps(Act(ANNA, Action.UPLOAD_FINISH, is_told=False)) == reply
