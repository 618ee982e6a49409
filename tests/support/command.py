"""The command line as a user runs it: a process of its own, and its words."""

import os
import subprocess
import sys


def insta_stream(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `insta-stream` without this machine's settings and width; return what it said."""
    ours = ("INSTA_STREAM_", "COLUMNS")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "insta_stream", *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def must(*arguments: str, **environment: str) -> str:
    """Run `insta-stream`, which must succeed; return its standard output."""
    done = insta_stream(*arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
