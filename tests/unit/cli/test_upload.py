import errno
import os
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
import typer

import insta_stream.cli.upload as command
from insta_stream.cli.files import expand
from insta_stream.cli.memory import Memory, cache_folder, fingerprint
from insta_stream.cli.sender import GIVE_UP_SECONDS, LONGEST_PAUSE_SECONDS, Patience
from insta_stream.cli.server import Server, ServerGone


@pytest.fixture
def films(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.MKV", "notes.txt", ".hidden.mp4", "c.m2ts", "[x].mov"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder.mp4").mkdir()
    return tmp_path


def test_of_a_folder_its_videos_are_meant(films: Path) -> None:
    assert [path.name for path in expand([str(films)])] == ["[x].mov", "a.MKV", "b.mp4", "c.m2ts"]


def test_of_a_folder_and_a_pattern_episodes_come_as_they_are_told(tmp_path: Path) -> None:
    told = ["Émile.mp4", "episode 1.mkv", "Episode 2.mp4", "Episode 10.mp4", "Film.mp4", "Film 2.mp4"]
    for name in told:
        (tmp_path / name).touch()
    assert [path.name for path in expand([str(tmp_path)])] == told
    assert [path.name for path in expand([str(tmp_path / "*.m*")])] == told


def test_files_are_meant_as_they_are_and_once(films: Path) -> None:
    given = [str(films / name) for name in ("notes.txt", "[x].mov", "b.mp4", "b.m*", "b.mp4")]
    assert [path.name for path in expand(given)] == ["notes.txt", "[x].mov", "b.mp4"]


@pytest.mark.parametrize("name", ["missing.mp4", "*.webm", "folder.mp4"])
def test_what_means_nothing_is_named(films: Path, name: str) -> None:
    with pytest.raises(typer.BadParameter, match="There is no video at"):
        expand([str(films / name)])


def test_a_file_that_was_changed_is_another(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"abc")
    key = fingerprint(file, "http://a", "main")
    assert fingerprint(file, "http://a", "main") == key
    assert fingerprint(file, "http://a", "kids") != key
    assert fingerprint(file, "http://a/m", "ain") != key
    os.utime(file, ns=(1, 1))
    assert fingerprint(file, "http://a", "main") != key


def test_uploads_are_remembered_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    memory = Memory(cache_folder())
    assert memory.recall("a") is None
    memory.keep("a", "/api/uploads/1")
    assert (tmp_path / "insta-stream" / "uploads" / "a").read_text() == "/api/uploads/1"
    assert memory.recall("a") == "/api/uploads/1"
    memory.forget("a")
    memory.forget("a")
    assert memory.recall("a") is None


def test_a_cache_folder_that_is_not_absolute_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "insta-stream" / "uploads"


def test_pauses_grow_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now, said, pauses = [0.0], [], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("time.monotonic", lambda: now[0])
    patience = Patience(said.append, sleep)
    gone = ServerGone("No server answers.")
    while now[0] <= GIVE_UP_SECONDS:
        patience.wait(gone)
    with pytest.raises(ServerGone):
        patience.wait(gone)
    assert pauses[0] < 1
    assert 0.7 * LONGEST_PAUSE_SECONDS < pauses[-1] < 1.3 * LONGEST_PAUSE_SECONDS
    assert said[0] == "No server answers. Trying again."
    patience.renew()
    patience.wait(gone)
    assert pauses[-1] < 1


def test_a_file_that_cannot_be_read_keeps_none_of_the_others_back(
    films: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is gone when its turn comes, and one that lets itself be found but not read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(films / "cache"))
    unreadable, sent = films / "b.mp4", films / "c.m2ts"
    meant = [films / "gone.mp4", unreadable, sent]
    monkeypatch.setattr(command, "expand", lambda _: meant)
    opened = Path.open

    def refuse(path: Path, *arguments: str, **options: int) -> IO[Any]:
        if path == unreadable:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *arguments, **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(Path, "open", refuse)
    with httpx.Client(base_url="http://server", transport=httpx.MockTransport(_take)) as client:
        monkeypatch.setattr(command, "connect", lambda _url, _token: nullcontext(Server(client)))
        with pytest.raises(typer.Exit):
            command.upload(["*"], wait=False)
    said = capsys.readouterr()
    assert said.out.split() == ["c.m2ts", "1"]
    assert "gone.mp4: It cannot be read (No such file or directory)." in " ".join(said.err.split())
    assert "b.mp4: It cannot be read (Permission denied)." in " ".join(said.err.split())


def _take(request: httpx.Request) -> httpx.Response:
    """Take an upload as the server does."""
    if request.method == "POST":
        return httpx.Response(201, headers={"location": "/api/uploads/1"})
    return httpx.Response(204, headers={"upload-offset": str(len(request.read()))})
