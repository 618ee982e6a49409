"""What tus says in headers, read and written: https://tus.io/protocols/resumable-upload, version 1.0.0."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from insta_stream.errors import BadRequest
from insta_stream.library.part import ALGORITHMS, Checksum

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
BODY_TYPE = "application/offset+octet-stream"

_MOST_METADATA = 8192

_is_number = re.compile(r"[0-9]{1,18}").fullmatch


def number(headers: Mapping[str, str], name: str) -> int:
    """Return a header that is a whole number, 0 or more. Raises BadRequest."""
    text = headers.get(name, "").strip()
    if not _is_number(text):
        raise BadRequest(f"The header {name} must be a whole number of bytes.", code="bad_header")
    return int(text)


def length(headers: Mapping[str, str]) -> int:
    """Return how long a new upload will be. Raises BadRequest where it is empty or nobody says."""
    if "upload-defer-length" in headers:
        raise BadRequest(
            "Give the file's length in Upload-Length: disk space is reserved for it.",
            code="length_needed",
        )
    if "upload-concat" in headers:
        raise BadRequest(
            "Send the file in a single upload: this server does not join parts.", code="no_concatenation"
        )
    size = number(headers, "Upload-Length")
    if size == 0:
        raise BadRequest("The file is empty.", code="empty_file")
    return size


def body_length(headers: Mapping[str, str]) -> int | None:
    """Return how long a body is, None where nobody says."""
    text = headers.get("content-length", "")
    return int(text) if _is_number(text) else None


def metadata(text: str) -> dict[str, str]:
    """Return what a client says of its file: `filename d29ybGQ=,is_private`. Raises BadRequest."""
    if len(text) > _MOST_METADATA:
        raise BadRequest(
            f"Upload-Metadata may have at most {_MOST_METADATA} characters.", code="bad_metadata"
        )
    pairs = (pair.strip().partition(" ") for pair in text.split(",") if pair.strip())
    return {key: _decoded(key, value.strip()) for key, _, value in pairs}


def checksum(text: str | None) -> Checksum | None:
    """Return what a body must hash to: `sha1 Lve95gjOVATpfV8EL5X4nxwjKHE=`. Raises BadRequest."""
    if text is None:
        return None
    algorithm, _, value = text.strip().partition(" ")
    if algorithm.lower() not in ALGORITHMS:
        raise BadRequest(
            f"The algorithm of Upload-Checksum must be one of {', '.join(ALGORITHMS)}.", code="bad_checksum"
        )
    try:
        return Checksum(algorithm.lower(), base64.b64decode(value.strip(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise BadRequest("The value of Upload-Checksum is not in Base64.", code="bad_checksum") from error


def http_date(moment: datetime) -> str:
    """Return an instant as headers write it."""
    return format_datetime(moment, usegmt=True)


def _decoded(key: str, value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError) as error:  # UnicodeDecodeError is a ValueError
        raise BadRequest(
            f"The value of {key!r} in Upload-Metadata is not UTF-8 in Base64.", code="bad_metadata"
        ) from error
