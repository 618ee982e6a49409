"""What can be written in a setting: each kind is a type that refuses what is wrong, with ValueError."""

from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, SecretStr
from pydantic_settings import NoDecode

from insta_stream.origins import is_loopback, origin_of, plain_origin
from insta_stream.proxies import parse_network

MIN_TOKEN_LENGTH = 16

AUTO = "auto"
"""A count that the machine decides."""

MAX_COUNT = 64

_Value = TypeVar("_Value")


def setting(default: _Value, help_: str, remedy: str, **constraints: Any) -> _Value:
    """Declare a setting: its default, a sentence of help, and the sentence that mends a wrong value."""
    field: _Value = Field(default, description=help_, json_schema_extra={"remedy": remedy}, **constraints)
    return field


def is_token(text: str) -> bool:
    """Return whether a text may be a token."""
    return len(text) >= MIN_TOKEN_LENGTH and fits_header(text)


def fits_header(token: str) -> bool:
    """Return whether a header can carry a token as it is: visible characters of ASCII."""
    return all("!" <= character <= "~" for character in token)


def _split(value: object) -> object:
    """Let a list be written as text with commas, which is how flags and the environment write it."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _long_enough(token: SecretStr | None) -> SecretStr | None:
    if token is not None and not is_token(token.get_secret_value()):
        raise ValueError("it is too short, or has characters that are not allowed in a header")
    return token


def _as_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(plain_origin, origins))


def _as_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(parse_network(each)) for each in networks)


def _as_web_address(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("it is not a web address")
    if "@" in parts.netloc:
        raise ValueError("every page contains it, so it cannot have a password")
    origin_of(url)  # its port is one, too
    return url.rstrip("/")


def _as_issuer(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("what it says could be changed on the way: it needs https")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("it is not a web address")
    return url


def _as_count(text: str) -> str:
    if text != AUTO and not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MAX_COUNT):
        raise ValueError("it is no number of processes")
    return text


def as_text(value: object) -> str:
    """Return the value of a setting as it can be written in the environment."""
    match value:
        case None:
            return ""
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return ",".join(value)
        case Path():
            return str(value.absolute())
        case ByteSize():
            return str(int(value))
        case _:
            return str(value)


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[Words, AfterValidator(_as_origins)]
Networks = Annotated[Words, AfterValidator(_as_networks)]
Token = Annotated[SecretStr | None, AfterValidator(_long_enough)]
Issuer = Annotated[str | None, AfterValidator(_as_issuer)]
Count = Annotated[str, BeforeValidator(str), AfterValidator(_as_count)]
WebAddress = Annotated[str | None, AfterValidator(_as_web_address)]
