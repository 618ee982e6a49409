"""Files that one process holds."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from insta_stream.storage import lock as locks
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.lock import create, lock
from insta_stream.storage.workplace import Workplace


def test_what_one_holds_nobody_else_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    first = create(path)
    with pytest.raises(FileExistsError):
        create(path)
    assert lock(path) is None
    first.release()
    second = lock(path)
    assert second is not None
    first.release()
    assert lock(path) is None
    second.release()
    path.unlink()
    with pytest.raises(FileNotFoundError):
        lock(path)


def test_a_lock_of_what_was_replaced_meanwhile_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, newer = tmp_path / "file", tmp_path / "newer"
    create(path).release()
    held = create(newer)
    take = locks.takes

    def replaced(file: int) -> bool:
        if newer.exists():
            newer.replace(path)
        return take(file)

    monkeypatch.setattr(locks, "takes", replaced)
    assert lock(path) is None
    held.release()


def test_what_is_tidied_up_while_it_is_made_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ended = threading.Event()

    def tidy() -> None:
        while not ended.is_set():
            try:
                held = lock(path)
            except FileNotFoundError:
                continue
            if held is not None:
                path.unlink(missing_ok=True)
                held.release()

    tidying = threading.Thread(target=tidy)
    tidying.start()
    try:
        for _ in range(300):
            held = create(path)
            assert os.path.samestat(path.stat(), os.fstat(held.file))
            path.unlink()
            held.release()
    finally:
        ended.set()
        tidying.join()


WORKER = """
import sys
from pathlib import Path
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.workplace import Workplace

folder = DataFolder.under(Path(sys.argv[1]))
Workplace(folder).take()
(folder.work / "attempt").mkdir()
print(folder.work, flush=True)
sys.stdin.read()
"""


def test_no_start_removes_what_a_living_process_makes(tmp_path: Path) -> None:
    folder = DataFolder.under(tmp_path)
    folder.create()
    folder.work.parent.mkdir()
    (folder.work.parent / "attempt-1" / "240p").mkdir(parents=True)  # of an earlier version
    (folder.work.parent / "slate").touch()
    folder.work.mkdir()
    (folder.work / "attempt-2").mkdir()  # of a process that had the same number
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        theirs = Path(worker.stdout.readline().strip())
        first, second = Workplace(folder), Workplace(folder)
        first.take()
        (folder.work / "attempt-3").mkdir()
        second.take()
        assert set(folder.work.parent.glob("*/*")) == {
            theirs / "attempt",
            folder.work / "attempt-3",
        }
        assert list(folder.work.parent.iterdir()) != []
        worker.kill()
        worker.wait()
    first.give_up()
    second.take()
    assert list(folder.work.parent.iterdir()) == [folder.work]
    second.give_up()
    assert list(folder.work.parent.iterdir()) == []
