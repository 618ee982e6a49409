import subprocess
import sys
from math import isnan
from pathlib import Path

from insta_stream.errors import NotReady
from insta_stream.metrics import DOCUMENT, Metrics
from insta_stream.storage.bulletin import Bulletin


def test_what_cannot_be_read_has_no_value_and_hides_nothing_else() -> None:
    metrics = Metrics()

    def fail() -> float:
        raise NotReady

    metrics.watch("room", "Room.", fail)
    metrics.watch("channels", "Channels.", lambda: 3)
    lines = metrics.render().decode().splitlines()
    assert "insta_stream_room NaN" in lines
    assert "insta_stream_channels 3.0" in lines


PROCESS = """
import sys
from pathlib import Path
from insta_stream.metrics import DOCUMENT, Metrics
from insta_stream.storage.bulletin import Bulletin

metrics = Metrics(Bulletin(Path(sys.argv[1]), {DOCUMENT}))
metrics.watch("late", "Late.", lambda: 7, is_worst=True)
for line in sys.stdin:
    for _ in range(int(line)):
        metrics.playlists_kept.inc()
    metrics.post()
    print(flush=True)
"""


def server(root: Path, late: float) -> Metrics:
    metrics = Metrics(Bulletin(root, {DOCUMENT}))
    metrics.watch("late", "Late.", lambda: late, is_worst=True)
    metrics.watch("channels", "Channels.", lambda: late)
    return metrics


def value(metrics: Metrics, name: str) -> float:
    lines = metrics.render().decode().splitlines()
    (text,) = (line.rpartition(" ")[2] for line in lines if line.rpartition(" ")[0] == f"insta_stream_{name}")
    return float(text)


KEPT = 'playlist_requests_total{source="kept"}'


def test_counters_of_all_processes_are_summed_and_fall_with_none_that_is_killed(tmp_path: Path) -> None:
    one, other = server(tmp_path, 1.0), server(tmp_path, 2.0)
    began = value(one, 'playlist_requests_created{source="kept"}')
    one.playlists_kept.inc(2)
    other.playlists_kept.inc()
    other.post()
    for number in range(3):  # each of them is killed, and another one takes its place
        command = [sys.executable, "-c", PROCESS, str(tmp_path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"10\n")
            process.stdin.flush()
            process.stdout.readline()
            assert value(one, KEPT) == value(other, KEPT) == 13 + 10 * number
            assert value(one, "late") == value(other, "late") == 7
            process.kill()
        assert value(one, KEPT) == value(other, KEPT) == 13 + 10 * number
        assert value(one, "late") == value(other, "late") == 2
    assert (value(one, "channels"), value(other, "channels")) == (1, 2)
    assert value(other, 'playlist_requests_created{source="kept"}') == began


def test_whoever_is_asked_next_knows_no_less(tmp_path: Path) -> None:
    one, other = server(tmp_path, 0.0), server(tmp_path, 0.0)
    for number in range(1, 50):
        one.segment_requests.inc()
        assert value(one, "segment_requests_total") == number
        assert value(other, "segment_requests_total") == number


def test_counting_costs_the_request_path_no_file(tmp_path: Path) -> None:
    one, other = server(tmp_path, 0.0), server(tmp_path, 0.0)
    one.segment_requests.inc()
    assert value(other, "segment_requests_total") == 0


def test_what_is_refused_is_not_the_worst(tmp_path: Path) -> None:
    def fail() -> float:
        raise NotReady

    one, other = server(tmp_path, 3.0), Metrics(Bulletin(tmp_path, {DOCUMENT}))
    other.watch("late", "Late.", fail, is_worst=True)
    assert isnan(value(other, "late"))
    one.post()
    assert value(other, "late") == value(one, "late") == 3
