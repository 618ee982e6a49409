"""What a file is that is no video, told from its first bytes, so that the refusal can name it."""

from codecs import getincrementaldecoder
from typing import NamedTuple
from unicodedata import category


class Obstacle(NamedTuple):
    """Why a file is not accepted: a stable `code`, and a sentence for a person."""

    code: str
    message: str


HEAD_BYTES = 4096

EMPTY = Obstacle("empty_file", "This file is empty. Check that its download or copy has finished.")
NOT_MEDIA = Obstacle("not_media", "This is not a video file. Upload a video, such as MP4, MOV, MKV or TS.")
NO_PICTURE = Obstacle("no_picture", "This file has audio but no video. Add a picture with a video editor.")
UNKNOWN_PICTURE = Obstacle(
    "undecodable", "This file has video of an unknown or protected kind. Save it as H.264 in MP4."
)
_ZEROES = Obstacle("zeroes", "This file starts with nothing but zeroes. Download or copy it again.")
_DAMAGED = Obstacle("damaged", "This video is damaged or incomplete. Download or copy it again.")
_PICTURE = Obstacle("still_picture", "This is an image, not a video. Make a video of it with a video editor.")
_PLAYLIST = Obstacle(
    "playlist", "This is a playlist that points to other files. Upload the videos themselves instead."
)
_SUBTITLES = Obstacle("subtitles", "This is a subtitle file. Upload the video that it belongs to.")
_PAGE = Obstacle("web_page", "This is a web page, not a video. The download may have failed: try it again.")
_TEXT = Obstacle("text", "This is a text file, not a video. Upload a video, such as MP4, MOV, MKV or TS.")
_DOCUMENT = Obstacle("document", "This is a document, not a video. Export it as a video.")
_ARCHIVE = Obstacle("archive", "This is an archive. Unpack it, and upload the videos inside.")
_BARE = Obstacle(
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
_CONTAINERS = (b"\x1a\x45\xdf\xa3", b"FLV\1", b"OggS", b"\0\0\1\xba", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
"""How Matroska, FLV, Ogg, MPEG program streams and ASF begin."""

_PAGE_SIGNS = (b"<!doctype html", b"<html")
_SUBTITLE_SIGNS = (b"webvtt", b"[script info]", b" --> ")
_PLAYLIST_SIGNS = (b"#extm3u", b"ffconcat", b"<mpd", b"v=0", b"<smil", b"[playlist]", b"<asx")
_PICTURE_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"miaf")


def picture_brand(head: bytes) -> Obstacle | None:
    """Return the refusal of a still picture that opens like an MP4 (HEIC, AVIF); None for others."""
    return _PICTURE if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS else None


def sniff(head: bytes) -> Obstacle:
    """Return the best explanation of a file that no allowed demuxer opens. head: its first `HEAD_BYTES`."""
    for magic, refusal in _MAGIC:
        if head.startswith(magic):
            return refusal
    if head[:4] == b"RIFF":
        kinds = {b"WEBP": _PICTURE, b"WAVE": NO_PICTURE, b"AVI ": _DAMAGED}
        return kinds.get(head[8:12], NOT_MEDIA)
    if head.startswith(_CONTAINERS):
        return _DAMAGED
    if head[:1] == b"\xff" and head[1:2] and head[1] & 0xE0 == 0xE0:  # noqa: PLR2004 - the sync word of MPEG audio
        return NO_PICTURE
    if head.count(0) == len(head) > 1:
        return _ZEROES
    lower = head.lower()
    if any(sign in lower for sign in _PLAYLIST_SIGNS):
        return _PLAYLIST
    return _text_kind(lower) if _is_text(head) else NOT_MEDIA


def _text_kind(lower: bytes) -> Obstacle:
    if lower.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_PAGE_SIGNS):
        return _PAGE
    return _SUBTITLES if any(sign in lower for sign in _SUBTITLE_SIGNS) else _TEXT


def _is_text(head: bytes) -> bool:
    decoder = getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(head, final=len(head) < HEAD_BYTES)  # a full head may end within a character
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" or category(letter) == "Cf" for letter in text)
