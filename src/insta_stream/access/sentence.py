"""An entry of the audit log as a sentence that a person understands."""

from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus

from insta_stream.access.action import Action
from insta_stream.access.tally import MANY_MORE
from insta_stream.db.audit import Actor, EntryRow

_ACTIONS: Mapping[str, Action] = {action.value: action for action in Action}

_AT_THE_DOOR: Mapping[str, str] = {
    "unauthorized": "tried to change something without signing in",
    "bad_origin": "opened a page of another site that tried to change something here",
    "bad_host": "tried to change something under a host name that is not this server's",
    "too_many_tokens": "tried many wrong access tokens",
    "too_many_requests": "tried to change something too often",
    MANY_MORE: "tried to change something, from many addresses",
}

_AT_SIGN_IN: Mapping[str, str] = {
    "wrong_sign_in": "gave a wrong name or password",
    "wrong_code": "gave a wrong code",
    "too_many_sign_ins": "was told to wait before trying to sign in again",
}


def who(actor: Actor) -> str:
    """Return who it was, to begin a sentence with."""
    match actor.kind:
        case "person":
            return actor.name
        case "token":
            owner = f" of {actor.name}" if actor.name else ""
            return f"The API token “{actor.token_name}”{owner}"
        case "server_token":
            return "The server's access token"
        case "command":
            return f"{actor.name or 'Someone'} on the command line"
        case _:
            return f"Someone at {actor.address}" if actor.address else "Someone"


def sentence(entry: EntryRow) -> str:
    """Return what happened, without a full stop."""
    times = f", {entry.count:,} times" if entry.count > 1 else ""
    return f"{who(entry.actor)} {_deed(entry)}{times}"


def _deed(entry: EntryRow) -> str:
    action = _ACTIONS.get(entry.action)
    if action is None:  # of another version
        return f"did “{entry.action}”"
    if action is Action.REQUEST:
        return _at_the_door(entry)
    names = defaultdict(lambda: "…", {thing.kind: _name(thing.name, thing.id) for thing in entry.things})
    if action is Action.SESSION_REUSE:
        return f"{action.done} {action.what.format_map(names)}, which was signed out for safety"
    if action is Action.SESSION_START and entry.code in _AT_SIGN_IN:
        person = f" for {names['person']}" if "person" in names else ""
        return f"{_AT_SIGN_IN[entry.code]}{person}".replace("name or password for", "password for")
    what = f" {action.what.format_map(names)}".rstrip()
    if entry.status < HTTPStatus.BAD_REQUEST:
        return f"{action.done}{what}"
    if entry.code == "forbidden":
        return f"was not allowed to {action.plain}{what}"
    return f"could not {action.plain}{what} ({entry.code.replace('_', ' ') or entry.status})"


def _at_the_door(entry: EntryRow) -> str:
    if entry.status < HTTPStatus.BAD_REQUEST:
        return "made more changes than are listed one by one"
    if entry.code == MANY_MORE and entry.actor.kind != "nobody":
        return "was refused more than is listed one by one"
    return _AT_THE_DOOR.get(entry.code, "tried to change something")


def _name(name: str, id_: str) -> str:
    return name or id_
