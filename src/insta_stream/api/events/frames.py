"""Frames of clients, and why a connection ends."""

from typing import Annotated

from pydantic import Field, ValidationError

from insta_stream.api.wire import Body

MAX_CHARACTERS = 16 * 1024
MAX_TOPICS = 64

Echo = Annotated[str, Field(max_length=100)] | int | Annotated[float, Field(allow_inf_nan=False)]


class ClientFrame(Body):
    """What a client says.

    token: in its first frame. subscribe: the topics from now on. ping: to be given back.
    """

    token: str | None = None
    subscribe: Annotated[list[str], Field(max_length=MAX_TOPICS)] | None = None
    ping: Echo | None = None


class Farewell(Exception):
    """The connection ends. close: its close code. code: stable, "" where there is nothing to explain."""

    def __init__(self, close: int, code: str = "", message: str = "") -> None:
        super().__init__(message)
        self.close = close
        self.code = code


def parse_frame(text: str | None) -> ClientFrame:
    """Return a client's frame; None stands for one of bytes. Raises Farewell."""
    if text is None or len(text) > MAX_CHARACTERS:
        raise Farewell(4400, "bad_frame", f"A frame is text of at most {MAX_CHARACTERS} characters.")
    try:
        return ClientFrame.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the frame"
        raise Farewell(4400, "bad_frame", f"`{place[:100]}`: {fault['msg']}.") from None
