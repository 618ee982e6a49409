"""The process that inspects: struck by signals, out of memory or time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from insta_stream.errors import NotAVideo, NotReady
from insta_stream.media.inspect import _program, inspect
from insta_stream.media.process import Limits, ProcessFailed


class Struck:
    """A program that ends itself by a signal the first few times, and then reads the file."""

    def __init__(self, folder: Path, number: signal.Signals, times: int) -> None:
        self._folder = folder
        self._number = int(number)
        for strike in range(times):
            (folder / f"strike-{strike}").mkdir()

    def __call__(self, path: Path) -> tuple[str, ...]:
        script = 'for strike in "$0"/strike-*; do rmdir "$strike" && kill -$1 $$; done; shift; exec "$@"'
        return "/bin/sh", "-c", script, str(self._folder), str(self._number), *_program(path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_a_child_that_is_struck_once_is_started_again(
    copyable: Path, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.media.inspect._program", Struck(tmp_path, number, 1))
    assert (await inspect(copyable)).video.codec == "h264"


async def test_a_file_on_which_the_reader_crashes_is_refused_but_not_called_damaged(
    copyable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.media.inspect._program", Struck(tmp_path, signal.SIGSEGV, 2))
    with pytest.raises(NotAVideo, match="crashed") as refusal:
        await inspect(copyable)
    assert refusal.value.code == "unreadable"
    assert "damaged" not in refusal.value.message


async def test_a_child_that_is_killed_again_is_no_verdict_about_the_file(
    copyable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.media.inspect._program", Struck(tmp_path, signal.SIGKILL, 2))
    with pytest.raises(NotReady, match="memory"):
        await inspect(copyable)
    assert (await inspect(copyable)).video.codec == "h264"


async def test_a_file_that_takes_all_its_processor_time_is_refused_at_once(
    copyable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = ("/bin/sh", "-c", "while :; do :; done")
    monkeypatch.setattr("insta_stream.media.inspect._program", lambda _: busy)
    with pytest.raises(NotAVideo, match="inspecting it took too long"):
        await inspect(copyable, limits=Limits(cpu_seconds=1, wall_seconds=30))


async def test_a_fault_of_ours_is_not_blamed_on_the_file(copyable: Path) -> None:
    with pytest.raises(ProcessFailed):
        await inspect(copyable, limits=Limits(memory_bytes=16 << 20))


async def test_a_missing_file_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await inspect(tmp_path / "none")


def test_the_probe_alone_answers_in_json(copyable: Path) -> None:
    command = [sys.executable, "-m", "insta_stream.media.probe", str(copyable)]
    output = subprocess.run(command, check=True, capture_output=True, text=True)
    assert output.stdout.splitlines()[-1].startswith('{"inspection":')
    assert output.stderr == ""
