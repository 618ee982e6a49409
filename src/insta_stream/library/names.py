"""Names of videos and channels: any text that people send, made fit to be shown. They never reach a path."""

import re
import unicodedata

MAX_LENGTH = 255

NAMELESS = "video"

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, formatting (such as text from right to left), halves of
characters, and separators of lines and paragraphs."""

_JOINERS = "\u200c\u200d"
"""They say whether letters join: Persian and the scripts of India are misspelt without, and families of emoji
fall apart."""

_TAGS = "\U000e0020-\U000e007f"
"""Behind a black flag they name the country of an emoji, such as Scotland."""

_SIGNS = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""What Arabic, Syriac and Kaithi write around numbers: seen, though Unicode calls it formatting."""

_is_kept = re.compile(f"[{_JOINERS}{_TAGS}{_SIGNS}]").match

_without_idle = re.compile(
    rf"(?<![^\x00-\x7f\s{_JOINERS}])[{_JOINERS}]+|(?<![\U0001f3f4{_TAGS}])[{_TAGS}]+"
).sub
"""Joiners with nothing in front of them, and tags of no flag: nobody sees them, and they can hide text."""

_CONTINUED = frozenset({"Mn", "Mc", "Me"})
_VIRAMA = 9
"""Unicode's combining class of what makes one letter of two in the scripts of India."""

_TONES = range(0x1F3FB, 0x1F400)
_REGIONS = range(0x1F1E6, 0x1F200)
_DOWNLOADS = (".part", ".partial", ".crdownload", ".download", ".opdownload", ".!ut", ".aria2")
_MORE = "…"
_LONGEST_ENDING = 12
_LONGEST_SIGN = 40
"""Characters in what people see as one; a family of emoji has up to eleven."""


def composed(text: str) -> str:
    """Return `text` in Unicode's normal form C: macOS sends names in form D, and means the same."""
    return unicodedata.normalize("NFC", text)


def is_visible(letter: str) -> bool:
    """Return whether a character is seen, or part of what is, and steers neither terminals nor directions."""
    return unicodedata.category(letter) not in _UNSEEN or _is_kept(letter) is not None


def visible(text: str) -> str:
    """Return `text`, composed, without what is invisible or steers a terminal."""
    return composed(_without_idle("", "".join(filter(is_visible, composed(text)))))


def display_name(text: str) -> str:
    """Return the last part of a file's name, as far as it is visible."""
    return title(_last_part(text))


def title(text: str) -> str:
    """Return a name that a person gave, as far as it is visible; slashes are part of it.

    One that is too long is cut, and shows it; a file's ending stays.
    """
    name = _stripped(text)
    if len(name) <= MAX_LENGTH:
        return name or NAMELESS
    ending = _ending(name)
    return f"{_cut(name, MAX_LENGTH - len(_MORE) - len(ending)).rstrip()}{_MORE}{ending}"


def is_download(text: str) -> bool:
    """Return whether a file is called as browsers call one that they have not downloaded to its end."""
    return text.lower().endswith(_DOWNLOADS)


def is_cut(text: str) -> bool:
    """Return whether the name of a file is too long to be kept whole, or was: one that was cut is known by
    how long it still is, and by what stands where it was cut.
    """
    name = display_name(text)
    return len(name) > MAX_LENGTH - _LONGEST_SIGN and name.removesuffix(_ending(name)).endswith(_MORE)


def _stripped(text: str) -> str:
    return visible(text).strip()


def _last_part(text: str) -> str:
    return visible(text).replace("\\", "/").rstrip("/ ").rpartition("/")[2]


def _ending(name: str) -> str:
    """Return the ending of a file's name with its dot, "" where there is none."""
    dot, ending = name.rpartition(".")[1:]
    return dot + ending if len(ending) < _LONGEST_ENDING and ending.isalnum() else ""


def _cut(text: str, length: int) -> str:
    """Return the beginning of a longer text, without half of what people see as one character."""
    while length > 1 and _belong_together(text, length):
        length -= 1
    return text[:length]


def _belong_together(text: str, place: int) -> bool:
    """Return whether one character, as people see it, goes on behind `place`.

    Near enough to Unicode's annex 29, of which Python has nothing: marks, joiners, skin tones, tags, flags.
    """
    before, after = text[place - 1], text[place]
    if unicodedata.category(after) in _CONTINUED or _is_kept(after) or ord(after) in _TONES:
        return True
    if ord(after) in _REGIONS:  # flags are pairs of letters
        letters = len(text[:place]) - len(text[:place].rstrip("".join(map(chr, _REGIONS))))
        return letters % 2 == 1
    return before in _JOINERS or unicodedata.combining(before) == _VIRAMA
