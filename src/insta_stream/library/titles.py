"""Titles: what viewers and television software read of a video. Operators read its whole name."""

EXTENSIONS = frozenset(
    (
        *("3g2", "3gp", "3gpp", "amv", "asf", "avi", "divx", "dv", "f4v", "flv", "hevc", "m1v", "m2t"),
        *("m2ts", "m2v", "m4v", "mkv", "mov", "mp4", "mpe", "mpeg", "mpg", "mpv", "mts", "mxf", "nut", "ogm"),
        *("ogv", "qt", "rm", "rmvb", "ts", "vob", "webm", "wmv", "wtv", "xvid", "y4m"),
    )
)
"""Of files of video, without the dot. Nothing else is taken off: `Mr. Smith` and `Vol. 2` keep their ends."""


def title_of(name: str) -> str:
    """Return the name of a video without the extension of a video's file, where it has one."""
    stem, _, extension = name.rpartition(".")
    stem = stem.rstrip()
    return stem if stem.strip(".") and extension.lower() in EXTENSIONS else name
