"""Supervised children, with real ones that misbehave in each way we know."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.processes import is_running
from tests.support.waiting import until

from insta_stream.media.memory import GIB
from insta_stream.media.process import Limits, ProcessFailed, run, sandbox

LIMITS = Limits(wall_seconds=20, stall_seconds=20, memory_bytes=1 * GIB, grace_seconds=0.3, nice=0)


@pytest.fixture(params=[False, True], ids=["exec", "guardian stays"])
def stays(request: pytest.FixtureRequest) -> bool:
    value: bool = request.param
    return value


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", textwrap.dedent(code), *map(str, arguments)]


async def pid_in(file: Path) -> int:
    await until(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())  # noqa: ASYNC240 - a few bytes


async def failure(running: Awaitable[str]) -> ProcessFailed:
    with pytest.raises(ProcessFailed) as caught:
        await running
    return caught.value


SAID = """[mpegts @ 0x55be5753fc80] Packet corrupt (stream = 0, dts = 770400).
[vost#0:0/libx264 @ 0x55d1] [enc:libx264 @ 0x7f] Error opening /data/uploads/0193-a: Invalid data.
    Last message repeated 3 times
"""


ENDED = "The process ended with status 1"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (SAID, "The process ended with status 1: Error opening the file: Invalid data."),
        (
            "[in#0 @ 0x5] /srv/my tv (1)/uploads/a: Input/output error",
            f"{ENDED}: the file: Input/output error.",
        ),
        ("Cannot write '/a b/c' to /d e/f g/h.ts", f"{ENDED}: Cannot write 'the file' to the file."),
        ("/data: 30000/1001 is no size\nConversion failed!\n", f"{ENDED}: the file: 30000/1001 is no size."),
        ("no such codec\n", "The process ended with status 1: no such codec."),
        ("", "The process ended with status 1."),
    ],
)
def test_what_a_program_said_is_told_in_a_sentence_without_addresses(said: str, told: str) -> None:
    failed = ProcessFailed("exit", 1, said)
    assert (failed.message, failed.stderr) == (told, said)


async def test_output_goes_to_the_caller_line_by_line(stays: bool) -> None:
    lines: list[str] = []
    program = python("import sys; print('one\\ntwo'); sys.stderr.write('a remark')")
    remarks = await run(program, limits=LIMITS, on_line=lambda line: not lines.append(line), stays=stays)
    assert lines == ["one", "two"]
    assert remarks == "a remark"


async def test_a_failure_tells_the_status_and_the_last_lines(stays: bool) -> None:
    program = python("import sys; sys.exit('first\\nno such codec')")
    error = await failure(run(program, limits=LIMITS, stays=stays))
    assert (error.reason, error.status) == ("exit", 1)
    assert error.stderr.splitlines()[-1] == "no such codec"
    assert "status 1" in error.message
    assert "no such codec" in error.message


async def test_a_child_that_is_killed_tells_the_signal(stays: bool) -> None:
    program = python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    error = await failure(run(program, limits=LIMITS, stays=stays))
    assert (error.reason, error.status) == ("killed", -signal.SIGKILL)
    assert "SIGKILL" in error.message


async def test_a_program_that_is_not_there(stays: bool) -> None:
    error = await failure(run(["/no/such/program"], limits=LIMITS, stays=stays))
    assert error.reason == "cannot_start"
    assert "/no/such/program" in error.message


async def test_a_child_that_hangs_is_stopped_when_it_stalls(tmp_path: Path, stays: bool) -> None:
    program = python(
        "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); time.sleep(1000)",
        tmp_path / "pid",
    )
    began = time.monotonic()
    error = await failure(run(program, limits=replace(LIMITS, stall_seconds=1), stays=stays))
    assert error.reason == "stalled"
    assert time.monotonic() - began < 30  # of the 1,000 that it wants
    child = await pid_in(tmp_path / "pid")
    await until(lambda: not is_running(child))


async def test_lines_that_show_no_progress_do_not_prevent_a_stall() -> None:
    program = python("import time\nwhile True: print('frame=7', flush=True); time.sleep(0.05)")
    error = await failure(
        run(program, limits=replace(LIMITS, stall_seconds=1), on_line=lambda line: line != "frame=7")
    )
    assert error.reason == "stalled"


async def test_progress_prevents_a_stall_but_not_the_end_of_time() -> None:
    program = python("import time\nwhile True: print('.', flush=True); time.sleep(0.05)")
    error = await failure(run(program, limits=replace(LIMITS, wall_seconds=1.5, stall_seconds=0.7)))
    assert error.reason == "timed_out"


async def test_cancelling_ends_a_child_that_ignores_sigterm(tmp_path: Path, stays: bool) -> None:
    program = python(
        """
        import os, signal, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(os.getpid(), file=open(sys.argv[1], "w"))
        time.sleep(1000)
        """,
        tmp_path / "pid",
    )
    running = asyncio.create_task(run(program, limits=LIMITS, stays=stays))
    child = await pid_in(tmp_path / "pid")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not is_running(child))  # where a guardian stayed, its end is all that was waited for


async def test_a_child_may_finish_what_it_does_when_told_to_end(tmp_path: Path, stays: bool) -> None:
    program = python(
        """
        import os, pathlib, signal, sys, time
        def end(*_):
            pathlib.Path(sys.argv[2]).write_text("tidy")
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        print(os.getpid(), file=open(sys.argv[1], "w"))
        while True: time.sleep(0.1)  # a signal that comes just before a sleep waits for its end
        """,
        tmp_path / "pid",
        tmp_path / "end",
    )
    running = asyncio.create_task(run(program, limits=replace(LIMITS, grace_seconds=10), stays=stays))
    await pid_in(tmp_path / "pid")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (tmp_path / "end").read_text() == "tidy"


async def test_a_flood_on_standard_error_is_drained_and_forgotten() -> None:
    program = python(
        "import sys\nfor n in range(500_000): sys.stderr.write(f'warning {n} ' + 'x' * 100 + '\\n')"
    )
    remarks = await run(program, limits=LIMITS)
    assert len(remarks) < 10_000
    assert remarks.splitlines()[-1].startswith("warning 499999")


async def test_memory_is_bounded(stays: bool) -> None:
    program = python("""
        import sys
        taken = []
        try:
            while True: taken.append(bytearray(10_000_000))
        except MemoryError:
            had = len(taken)
            taken.clear()
            sys.exit(f"no more after {had}")
    """)
    error = await failure(run(program, limits=LIMITS, stays=stays))
    words, _, had = error.stderr.rpartition(" ")
    assert words == "no more after"
    assert int(had) * 10_000_000 < LIMITS.memory_bytes


async def test_the_size_of_a_file_is_bounded(tmp_path: Path) -> None:
    program = python("import sys; open(sys.argv[1], 'wb').write(bytes(2_000_000))", tmp_path / "out")
    error = await failure(run(program, limits=replace(LIMITS, file_bytes=1_000_000)))
    assert "File too large" in error.message
    assert (tmp_path / "out").stat().st_size <= 1_000_000


GRANDCHILD = """
    import os, subprocess, sys, time
    code = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); time.sleep(1000)"
    subprocess.Popen([sys.executable, "-I", "-S", "-c", code, sys.argv[1]])
    while not os.path.exists(sys.argv[1]): time.sleep(0.01)
    if sys.argv[2] == "wait": time.sleep(1000)
"""


async def test_a_grandchild_does_not_outlive_its_parent(tmp_path: Path, stays: bool) -> None:
    program = python(GRANDCHILD, tmp_path / "pid", "leave")
    await run(program, limits=LIMITS, stays=stays)
    grandchild = await pid_in(tmp_path / "pid")
    await until(lambda: not is_running(grandchild))


async def test_cancelling_reaches_the_grandchildren(tmp_path: Path, stays: bool) -> None:
    running = asyncio.create_task(
        run(python(GRANDCHILD, tmp_path / "pid", "wait"), limits=LIMITS, stays=stays)
    )
    grandchild = await pid_in(tmp_path / "pid")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await until(lambda: not is_running(grandchild))


async def test_a_failure_of_the_listener_ends_the_child(tmp_path: Path) -> None:
    program = python(
        "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); print('x', flush=True);"
        "time.sleep(1000)",
        tmp_path / "pid",
    )

    def refuse(line: str) -> bool:
        raise ValueError(line)

    with pytest.raises(ValueError, match="x"):
        await run(program, limits=LIMITS, on_line=refuse)
    child = await pid_in(tmp_path / "pid")
    await until(lambda: not is_running(child))


async def test_a_child_has_no_input_no_secrets_and_no_files_of_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INSTA_STREAM_TOKEN", "secret")
    lines: list[str] = []
    with (tmp_path / "open").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        program = python(
            "import os, sys;"
            "print(repr(sys.stdin.read()), sorted(os.environ), sorted(os.listdir('/proc/self/fd')))"
        )
        await run(program, limits=LIMITS, on_line=lambda line: not lines.append(line))
    assert lines == ["'' ['LC_ALL', 'MALLOC_ARENA_MAX', 'PATH'] ['0', '1', '2', '3']"]


WITHOUT_ROOTS_POWER = """
import ctypes, os, sys
PR_CAPBSET_DROP, CAP_SYS_ADMIN = 24, 21
ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
NICENESS = """
import os
session = "/proc/self/autogroup"
print(os.nice(0), open(session).read().split()[-1] if os.path.exists(session) else os.nice(0))
"""


async def test_a_child_is_nice_to_other_sessions_too(stays: bool) -> None:
    lines: list[str] = []
    limits = replace(LIMITS, nice=7)
    await run(python(NICENESS), limits=limits, on_line=lambda line: not lines.append(line), stays=stays)
    assert lines == [f"{os.nice(0) + 7} 7"]


def test_without_root_children_that_start_at_once_are_nice_as_well() -> None:
    several = f"""
import asyncio
from insta_stream.media.process import Limits, run

async def main():
    limits = Limits(nice=7)
    program = {python(NICENESS)}
    await asyncio.gather(*(run(program, limits=limits, on_line=lambda line: not print(line)) for _ in "abc"))

asyncio.run(main())
"""
    command = [sys.executable, "-c", WITHOUT_ROOTS_POWER, "-c", several]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.splitlines() == [f"{os.nice(0) + 7} 7"] * 3


async def test_no_network_where_the_kernel_permits() -> None:
    facts = await sandbox()
    assert facts["dies_with_parent"]
    assert facts["no_new_privileges"]
    lines: list[str] = []
    program = python("import socket; print([name for _, name in socket.if_nameindex()])")
    await run(program, limits=LIMITS, on_line=lambda line: not lines.append(line))
    assert (lines == ["['lo']"]) == facts["no_network"]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_killing_the_parent_leaves_no_orphan(tmp_path: Path, stays: bool, loop: str) -> None:
    parent_code = f"""
        import asyncio, sys, {loop}
        from insta_stream.media.process import Limits, run
        child = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w')); time.sleep(1000)"
        program = [sys.executable, "-I", "-S", "-c", child, sys.argv[1]]
        {loop}.run(run(program, limits=Limits(), stays={stays}))
    """
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(parent_code), str(tmp_path / "pid")
    )
    child = await pid_in(tmp_path / "pid")
    assert is_running(child)
    parent.kill()
    await parent.wait()
    await until(lambda: not is_running(child))
