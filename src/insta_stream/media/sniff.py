"""What a file is that is no video, told from its first bytes, so that the refusal can name it."""

from codecs import getincrementaldecoder
from typing import NamedTuple
from unicodedata import category


class Refusal(NamedTuple):
    """Why a file is not accepted: a stable `code`, and a sentence for a person."""

    code: str
    message: str


HEAD_BYTES = 4096

NOT_MEDIA = Refusal("not_media", "This file is not a video: nothing in it looks like one.")
NO_PICTURE = Refusal("no_picture", "This file has sound but no picture track.")
UNKNOWN_PICTURE = Refusal("undecodable", "This file has a picture track of an unknown or protected kind.")
_PICTURE = Refusal("still_picture", "This is an image, not a video.")
_PLAYLIST = Refusal(
    "playlist", "This is a playlist that points to other files. Upload the videos themselves instead."
)
_TEXT = Refusal("text", "This is a text file, not a video.")
_DOCUMENT = Refusal("document", "This is a document, not a video.")
_ARCHIVE = Refusal("archive", "This is an archive. Unpack it and upload the videos inside.")
_BARE = Refusal(
    "bare_stream",
    "This is a raw video stream without timestamps. Put it into a container such as MP4 first.",
)

_MAGIC = (
    (b"\x89PNG\r\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"BM", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"\0\0\1\0", _PICTURE),  # ICO
    (b"8BPS", _PICTURE),
    (b"%PDF", _DOCUMENT),
    (b"PK\3\4", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"ID3", NO_PICTURE),
    (b"fLaC", NO_PICTURE),
    (b"FORM", NO_PICTURE),
    (b"caff", NO_PICTURE),
    (b"\0\0\0\1", _BARE),
    (b"\0\0\1\xb3", _BARE),
)
_PLAYLIST_SIGNS = (b"#extm3u", b"ffconcat", b"<mpd", b"v=0", b"<smil", b"[playlist]", b"<asx")
_PICTURE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"miaf")


def picture_brand(head: bytes) -> Refusal | None:
    """Return the refusal of a still picture that opens like an MP4 (HEIC, AVIF); None for others."""
    return _PICTURE if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS else None


def sniff(head: bytes) -> Refusal:
    """Return the best explanation of a file that no allowed demuxer opens. head: its first `HEAD_BYTES`."""
    for magic, refusal in _MAGIC:
        if head.startswith(magic):
            return refusal
    if head[:4] == b"RIFF":
        return {b"WEBP": _PICTURE, b"WAVE": NO_PICTURE}.get(head[8:12], NOT_MEDIA)
    if head[:1] == b"\xff" and head[1:2] and head[1] & 0xE0 == 0xE0:  # noqa: PLR2004 - the sync word of MPEG audio
        return NO_PICTURE
    if any(sign in head.lower() for sign in _PLAYLIST_SIGNS):
        return _PLAYLIST
    return _TEXT if _is_text(head) else NOT_MEDIA


def _is_text(head: bytes) -> bool:
    decoder = getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(head, final=len(head) < HEAD_BYTES)  # a full head may end within a character
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" or category(letter) == "Cf" for letter in text)
