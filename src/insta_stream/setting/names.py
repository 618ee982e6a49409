"""How a setting is called: as a flag, in the environment, and by the application before this one."""

PREFIX = "INSTA_STREAM_"

OLD_NAMES = {
    "PORT": "port",
    "UPLOAD_DIR": "upload_dir",
    "STREAM_DIR": "stream_dir",
    "HLS_SEGMENT_DURATION": "segment_seconds",
    "MAX_UPLOAD_SIZE": "max_upload_bytes",
}
"""Environment names of the application before this one, and the settings they mean."""


def names_of(name: str) -> tuple[str, ...]:
    """Return every name of a setting outside a file: flag, environment, old names."""
    old = tuple(old for old, new in OLD_NAMES.items() if new == name)
    return (f"--{name.replace('_', '-')}", f"{PREFIX}{name.upper()}", *old)
