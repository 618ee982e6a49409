"""The reference page of permissions: each route, what it needs, and which roles have that."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from insta_stream.access.permission import OF_A_CHANNEL, Permission
from insta_stream.access.principal import Principal
from insta_stream.access.role import Role, principal_of
from insta_stream.api.application import routes
from insta_stream.api.events.topics import Kind, parse_topic
from insta_stream.ids import AccountId, ChannelSlug

YES, THEIRS, ALL, NO = "yes", "theirs", "with all", "no"
"""What a role may: always, for channels that are theirs, if no channel is kept from them, never."""

NOBODY = "Without signing in"

_THEIRS = ChannelSlug("theirs")
_ABOUT = f"""
# Permissions, route by route

What each [role](../how-to/expose-safely.md#people) may do. Every route names its permission in the code, and
`/openapi.json` tells it as `x-permission`; this page is made from that, and a test asks a server for each
route as a stranger and in each role. [API tokens](../how-to/expose-safely.md#let-others-do-less) have the
permissions that they were made with.

- **{YES}**: always.
- **{THEIRS}**: for the channels that are theirs, or for all if none is kept from them. Routes without a name
  of a channel are about `main`.
- **{ALL}**: if no channel is kept from them.
- **{NO}**: 403 (`forbidden`); without signing in, 401 (`unauthorized`).

Some routes ask for more than their permission, depending on what is sent:

- An upload that joins a playlist also needs `channel:air` for that channel.
- An upload belongs to the person who began it. Others need `library:edit` to continue or remove it.
- People give no more than they have: no token, role or channel.
- The addresses for TV apps list all channels, so they need all.
- A topic needs what the [last table](#topics) says.
"""


def page() -> str:
    """Return the page."""
    columns = [NOBODY, *(role.value.capitalize() for role in Role)]
    by_tag: dict[str, list[tuple[str, ...]]] = {}
    for tag, *row in _routes():
        by_tag.setdefault(tag, []).append(tuple(row))
    texts = [_ABOUT.strip()]
    for tag, rows in by_tag.items():
        texts.append(f"## {tag.capitalize()}")
        texts.append(_table(("Route", "Does", "Permission", *columns), rows))
    texts.append("## Topics")
    texts.append("Of [`/api/events`](events.md), and by `GET /api/topics/{name}`.")
    texts.append(_table(("Topic", "Permission", *columns), list(_topics())))
    return "\n\n".join(texts) + "\n"


def allowed(role: Role, needed: Permission, *, is_on_any_channel: bool) -> str:
    """Return in a word what a role may of what needs a permission. is_on_any_channel: it need not be one."""
    with_all, with_some = (
        principal_of(role, channels, AccountId("")) for channels in (None, frozenset({_THEIRS}))
    )
    if not with_all.may(needed):
        return NO
    if not with_some.may(needed):
        return ALL
    return YES if is_on_any_channel or _may_elsewhere(with_some, needed) else THEIRS


def _may_elsewhere(principal: Principal, needed: Permission) -> bool:
    return needed not in OF_A_CHANNEL or principal.may(needed, ChannelSlug("not-theirs"))


def _routes() -> Iterator[tuple[str, ...]]:
    description = routes(Path("nowhere")).openapi()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["pages"])[0]
            yield tag, f"`{method.upper()} {path}`", _summary(operation), *_cells(operation)


def _summary(operation: dict[str, Any]) -> str:
    return str(operation["summary"]).replace("|", "\\|")


def _cells(operation: dict[str, Any]) -> Iterator[str]:
    if (told := operation.get("x-permission")) is None:
        yield from ("none", YES, *(YES for _ in Role))
        return
    is_on_any_channel = operation.get("x-any-channel", False)
    yield from (f"`{told}`", NO)
    yield from (allowed(role, Permission(told), is_on_any_channel=is_on_any_channel) for role in Role)


def _topics() -> Iterator[tuple[str, ...]]:
    for kind in get_args(Kind):
        topic = parse_topic(kind) or parse_topic(f"{kind}/main")
        assert topic is not None
        needed, channel = topic.needed
        name = kind if channel is None else f"{kind}/{{channel}}"
        cells = (allowed(role, needed, is_on_any_channel=channel is None) for role in Role)
        yield f"`{name}`", f"`{needed}`", NO, *cells


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
