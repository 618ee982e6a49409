"""A running server, as the commands that talk to one see it."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from insta_stream.errors import InstaStreamError
from insta_stream.setting.kinds import fits_header
from insta_stream.setting.names import PREFIX

DEFAULT_URL = "http://127.0.0.1:3000"

Url = Annotated[
    str,
    typer.Option("--url", "--server", envvar="INSTA_STREAM_URL", metavar="URL", help="The running server."),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        envvar="INSTA_STREAM_TOKEN",
        metavar="TOKEN",
        help="The server's token. By default, the one in its INSTA_STREAM_TOKEN_FILE.",
        show_default=False,
    ),
]
ChannelOption = Annotated[str, typer.Option("--channel", "-c", metavar="SLUG", help="Which channel.")]


class ServerSaid(InstaStreamError):
    """The server answered with an error, or there was no answer. status: of the answer, 0 without one."""

    code = "server_said"

    def __init__(self, message: str, status: int = 0) -> None:
        """Take a whole sentence for a person."""
        super().__init__(message)
        self.status = status


class ServerGone(ServerSaid):
    """There was no answer."""

    code = "server_gone"


class Server:
    """Sends requests and returns the `data` of the replies; raises ServerSaid with the server's sentence."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @property
    def address(self) -> str:
        """Where the server is."""
        return str(self._client.base_url)

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Return the reply's `data`, or the whole reply where it has none."""
        reply = self.ask(method, path, **request)
        body = _json(reply)
        if body is None:
            raise ServerSaid(self._about(reply), reply.status_code)
        return body["data"] if isinstance(body, dict) and "data" in body else body

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Return a successful reply as it is. Raises ServerGone where there is none."""
        try:
            reply = self._client.request(method, path, **request)
        except httpx.ConnectError as error:
            raise ServerGone(_why_not(error, str(self._client.base_url))) from error
        except httpx.HTTPError as error:
            hint = ""
            if isinstance(error, httpx.RemoteProtocolError) and self._client.base_url.scheme == "http":
                hint = " If the server has a certificate, use https://."
            raise ServerGone(f"The connection to {self._client.base_url} broke ({error}).{hint}") from error
        if not reply.is_success:
            raise ServerSaid(self._about(reply), reply.status_code)
        return reply

    def _about(self, reply: httpx.Response) -> str:
        """Return what the server says of an error, as a sentence."""
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            return "The server needs an access token: pass it with --token, or in INSTA_STREAM_TOKEN."
        body = _json(reply)
        said = body.get("message") if isinstance(body, dict) else None
        return said or f"{self._client.base_url} answered {reply.status_code}: is it an Insta-Stream?"


def _why_not(error: BaseException, url: str) -> str:
    """Return why there is no connection, as a sentence."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    match cause:
        case ssl.SSLCertVerificationError():
            return (
                f"The certificate of {url} is not to be trusted ({cause.verify_message}). Name the server as "
                "its certificate does with --url, or give a certificate of your own in SSL_CERT_FILE."
            )
        case ssl.SSLError():
            return f"What answers at {url} does not speak HTTPS: try http://."
    return f"No server answers at {url}: start one with `insta-stream serve`, or name another with --url."


def _kept_token() -> str:
    """Return the token of the server's file, where this user has the server's settings and may read it."""
    try:
        return Path(os.environ[f"{PREFIX}TOKEN_FILE"]).read_text(encoding="ascii").strip()
    except (KeyError, OSError, UnicodeDecodeError):
        return ""


def _json(reply: httpx.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None


@contextmanager
def connect(url: str, token: str) -> Iterator[Server]:
    """Give the server at `url`. Inspecting a long upload takes the server a while, so reads may wait; one
    that takes no byte for a minute is gone, whatever its connection says.
    """
    token = token or _kept_token()
    if not fits_header(token):
        raise ServerSaid("This cannot be a token: a token has only ASCII characters and no spaces.")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    timeout = httpx.Timeout(10, read=600, write=60)
    try:
        client = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=timeout)
    except httpx.InvalidURL as error:
        raise ServerSaid(f"{url} is not a server's address ({error}).") from error
    if client.base_url.scheme not in {"http", "https"}:
        raise ServerSaid(f"{url} is not a server's address: it must start with http:// or https://.")
    with client:
        yield Server(client)
