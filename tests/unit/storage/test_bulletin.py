"""What processes tell each other: two seats in one process behave as two processes do."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from structlog.testing import capture_logs

from insta_stream.storage import bulletin as module
from insta_stream.storage.bulletin import Bulletin, Posted

PROCESS = """
import sys
from pathlib import Path
from insta_stream.storage.bulletin import Bulletin

bulletin = Bulletin(Path(sys.argv[1]), {"count"})
print((bulletin.inherited("count") or b"").decode(), flush=True)
for line in sys.stdin:
    bulletin.post("count", line.strip().encode())
    bulletin.post("mood", line.strip().encode())
    print(flush=True)
"""


def started(root: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROCESS, str(root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    process.stdout.readline()


def test_what_one_posts_the_others_read_and_not_it_itself(tmp_path: Path) -> None:
    one, other = Bulletin(tmp_path), Bulletin(tmp_path)
    assert one.others("mood") == []
    for said in (b"well", b"not quite so well", b"ill"):
        one.post("mood", said)
        assert other.others("mood") == [said]
    assert one.others("mood") == []
    assert other.others("weather") == []


def test_of_a_killed_process_only_that_counts_which_outlives_it_and_the_next_goes_on(tmp_path: Path) -> None:
    here = Bulletin(tmp_path, {"count"})
    with started(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "\n"
        tell(process, "7")
        assert here.others("count") == here.others("mood") == [b"7"]
        assert not here.is_alone()
        process.kill()
    assert here.others("count") == here.others("mood") == []
    assert here.every("count") == [Posted(b"7", lives=False)]
    assert here.is_alone()
    next_one = Bulletin(tmp_path, {"count"})
    assert next_one.inherited("count") == b"7"
    assert next_one.inherited("mood") is None
    assert here.every("count") == [Posted(b"7", lives=True)]
    assert here.every("mood") == []


def test_a_stopped_process_lives(tmp_path: Path) -> None:
    here = Bulletin(tmp_path)
    with started(tmp_path) as process:
        assert process.stdout is not None
        process.stdout.readline()
        tell(process, "8")
        os.kill(process.pid, signal.SIGSTOP)
        assert here.others("mood") == [b"8"]
        process.kill()


def test_who_leaves_takes_along_what_does_not_outlive_it(tmp_path: Path) -> None:
    one, other = Bulletin(tmp_path, {"count"}), Bulletin(tmp_path)
    one.post("count", b"7")
    one.post("mood", b"well")
    one.give_up()
    one.give_up()
    assert sorted(path.name for path in (tmp_path / "0").iterdir()) == ["count"]
    assert other.every("count") == [Posted(b"7", lives=False)]
    one.post("count", b"8")
    assert other.every("count") == [Posted(b"7", lives=False)]


def test_what_is_half_written_or_of_before_the_machine_was_started_does_not_count(tmp_path: Path) -> None:
    one, other = Bulletin(tmp_path), Bulletin(tmp_path)
    one.post("mood", b"well, and so on")
    file = tmp_path / "0" / "mood"
    whole = file.read_bytes()
    for torn in (b"", whole[:3], whole[:-1], whole[:-1] + b"?", b"0000" + whole[4:]):
        file.write_bytes(torn)
        assert other.others("mood") == []
    file.write_bytes(whole + b"the rest of a longer one")
    assert other.others("mood") == [b"well, and so on"]


def test_where_the_disk_refuses_a_process_says_so_once_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with capture_logs() as lines:
        nowhere = Bulletin(tmp_path / "file")
        nowhere.post("mood", b"well")
        assert nowhere.inherited("mood") is None
        assert nowhere.others("mood") == []
        assert nowhere.is_alone()
        nowhere.give_up()
        somewhere = Bulletin(tmp_path / "seats")
        (tmp_path / "seats" / "0").rmdir()
        somewhere.post("mood", b"well")
        somewhere.post("mood", b"ill")
        (tmp_path / "seats" / "0").mkdir()
        somewhere.post("mood", b"ill")
    assert [line["event"] for line in lines] == ["bulletin_not_posted"] * 2
    assert Bulletin(tmp_path / "seats").others("mood") == []  # its folder is another one now
    assert module._read(tmp_path / "seats" / "0" / "mood") is None


def test_a_secret_is_shared_by_all_who_ask_for_the_same_number_and_gone_with_it(tmp_path: Path) -> None:
    one, other = Bulletin(tmp_path), Bulletin(tmp_path)
    first = one.secret("salt", lambda: 7)
    assert first == other.secret("salt", lambda: 7)
    second = other.secret("salt", lambda: 8)
    assert second == one.secret("salt", lambda: 8)
    assert first[1] != second[1]
    assert len(second[1]) == 16
    assert first[1] not in (tmp_path / "salt").read_bytes()
    (tmp_path / "salt").unlink()
    (tmp_path / "salt").mkdir()
    with capture_logs() as lines:
        assert one.secret("salt", lambda: 9)[1] != other.secret("salt", lambda: 9)[1]
    assert {line["event"] for line in lines} == {"bulletin_not_posted"}


def test_a_start_removes_what_the_dead_have_left(tmp_path: Path) -> None:
    here = Bulletin(tmp_path, {"count"})
    with started(tmp_path) as one, started(tmp_path) as other:
        for process in (one, other):
            assert process.stdout is not None
            process.stdout.readline()
            tell(process, "7")
        one.kill()
        other.kill()
    assert len(here.every("mood")) == 2
    Bulletin(tmp_path, {"count"})
    assert here.every("mood") == []
    assert len(here.every("count")) == 2
