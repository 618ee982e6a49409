"""What stands between us and a child that handles a stranger's bytes; a program of the standard library only.

    python -I -S guardian.py TERMS PROGRAM ARGUMENT...

TERMS is JSON (see `Terms`). The guardian takes the terms upon itself and then becomes PROGRAM (`exec`), so it
costs some 20 ms once and no memory. This is done after the fork in a fresh interpreter, and not in a
`preexec_fn`, because Python code between fork and exec may deadlock in a process that has threads.

Where the kernel has no PR_SET_PDEATHSIG (all but Linux), or when TERMS say so, the guardian stays: its
standard input is a pipe that only our parent holds open, and when that closes, however the parent died, it
kills the whole process group, itself included.
"""

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypedDict

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
CANNOT_START = 127

_CPU_GRACE_SECONDS = 5
"""Between SIGXCPU, which tells that the limit was reached, and SIGKILL, which could come from anybody."""

TRIES, TRY_AGAIN_SECONDS = 20, 0.05
"""Linux lets only root set priorities of sessions more than ten times a second: others must try again."""


class Terms(TypedDict):
    """The terms of a child.

    parent: process id of the one it must not outlive. limits: soft and hard limit for each resource name.
    nice: added to the priority. stays: the guardian remains as the parent of the program.
    """

    parent: int
    limits: dict[str, int]
    nice: int
    stays: bool


def _libc_call(name: str, *arguments: int) -> bool:
    function: Callable[..., int] | None = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    return function is not None and function(*arguments) == 0


def yield_to_others(nice: int) -> None:
    """Lower the priority of this process and of its session.

    Linux schedules sessions against each other first where it groups them (sched_autogroup): there a child
    with a session of its own, however nice, would take as much as the whole server.
    """
    if nice == 0:  # a new session is that already, and somebody waits for its answer
        return
    os.nice(nice)
    for _ in range(TRIES):
        try:
            with open("/proc/self/autogroup", "w") as session:  # noqa: PTH123 - as quick as can be
                session.write(str(nice))
        except BlockingIOError:
            time.sleep(TRY_AGAIN_SECONDS)
        except OSError:  # there are no such groups here
            return
        else:
            return


def leave_network() -> bool:
    """Move to an empty network namespace; return whether the kernel allowed it."""
    return _libc_call("unshare", CLONE_NEWNET) or _libc_call("unshare", CLONE_NEWUSER | CLONE_NEWNET)


def renounce_privileges() -> bool:
    """Make set-user-id programs and file capabilities without effect from here on; Linux only."""
    return sys.platform == "linux" and _libc_call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def die_with(parent: int) -> bool:
    """Have the kernel send SIGKILL when `parent` (its forking thread) ends; Linux only.

    Must come after `leave_network`: a change of credentials clears the setting.
    """
    if sys.platform != "linux" or not _libc_call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
        return False
    if os.getppid() != parent:  # it died before the setting took hold
        os.kill(os.getpid(), signal.SIGKILL)
    return True


def _set_limit(name: str, value: int) -> bool:
    kind = getattr(resource, f"RLIMIT_{name}", None)
    if kind is None:
        return False
    hard = resource.getrlimit(kind)[1]
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(
            kind, (wanted, min(wanted + _CPU_GRACE_SECONDS, hard) if name == "CPU" else wanted)
        )
    except (OSError, ValueError):  # macOS knows RLIMIT_AS but refuses it
        return False
    return True


def _stand_guard(program: list[str]) -> int:
    """Run `program` as a child; return its status. Kill the group when standard input closes."""
    child = subprocess.Popen(program, stdin=subprocess.DEVNULL)
    done_reader, done_writer = os.pipe()
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(_nonblocking(done_writer))
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while child.poll() is None:
        readable, _, _ = select.select([0, done_reader], [], [])
        if done_reader in readable:
            os.read(done_reader, 4096)
        elif not os.read(0, 4096):
            os.killpg(0, signal.SIGKILL)
    if child.returncode < 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), -child.returncode)
    return child.returncode


def _nonblocking(descriptor: int) -> int:
    os.set_blocking(descriptor, False)
    return descriptor


def _facts() -> dict[str, bool]:
    return {
        "no_new_privileges": renounce_privileges(),
        "no_network": leave_network(),
        "dies_with_parent": die_with(os.getppid()),
        "memory_limit": _set_limit("AS", 1 << 40),
    }


def main(arguments: list[str]) -> int:
    """Take the terms and become the program; with no program, print what this machine allows."""
    if not arguments:
        sys.stdout.write(json.dumps(_facts()))
        return 0
    terms: Terms = json.loads(arguments[0])
    yield_to_others(terms["nice"])
    for name, value in terms["limits"].items():
        _set_limit(name, value)
    renounce_privileges()
    leave_network()
    stays = terms["stays"] or not die_with(terms["parent"])
    program = arguments[1:]
    try:
        if stays:
            return _stand_guard(program)
        os.execv(program[0], program)  # noqa: S606 - this is the purpose
    except OSError as error:
        sys.stderr.write(f"cannot start {program[0]}: {error.strerror}\n")
        return CANNOT_START


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
