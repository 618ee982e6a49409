"""The name in a Host header, and what is said to somebody who calls the server by a foreign one."""

import re
from html import escape

from starlette.responses import HTMLResponse, Response

from insta_stream.api.problems import problem

CODE = "bad_host"

_AUTHORITY = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?").fullmatch

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Insta-Stream</title>
<h1>Insta-Stream does not answer to this name</h1>
<p>{sentence}</p>
<p>Without this check, any web page could point a name of its own at this server, and control it from your
browser.</p>
</html>
"""


def hostname(authority: str) -> str:
    """Return the name or address in a Host header, without brackets and port; "" for what is neither."""
    found = _AUTHORITY(authority.lower())
    return (found["address"] or found["name"]) if found else ""


def sentence(authority: str) -> str:
    """Say that a server without a token is not known by a name, and how it will be."""
    name = hostname(authority)
    if not name:
        return (
            "The request does not name a host. Open the server by its address, such as http://192.0.2.7:3000."
        )
    return (
        f"This server does not answer to the name “{name}”. Open it by its IP address, or start it with "
        f"--allowed-hosts {name} (INSTA_STREAM_ALLOWED_HOSTS={name}), or with a token: then any name works."
    )


def refusal(authority: str, accept: str) -> Response:
    """Return the answer to a request under a foreign name: a page where a person opens an address."""
    if "text/html" in accept:
        page = _PAGE.format(sentence=escape(sentence(authority)))
        return HTMLResponse(page, 403, {"cache-control": "no-store"})
    return problem(403, CODE, sentence(authority))
