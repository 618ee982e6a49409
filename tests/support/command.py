"""The command line as a user runs it: a process of its own, and its words."""

import os
import subprocess
import tempfile

from tests.support import preloaded


def insta_stream(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `insta-stream` without this machine's settings and width; return what it said."""
    ours = ("INSTA_STREAM_", "COLUMNS")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = preloaded.start(arguments, {**clean, **environment}, out.fileno(), err.fileno())
        try:
            status = process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, status, out.read(), err.read())


def must(*arguments: str, **environment: str) -> str:
    """Run `insta-stream`, which must succeed; return its standard output."""
    done = insta_stream(*arguments, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
