"""How many clients may be connected to one worker: each needs open files, and a process may have so many."""

import resource

CONNECTIONS = 16_384
"""How many clients may be connected at once, where the system allows that many open files.

Players keep their connections: this bounds the viewers that come without a proxy in between. A client that is
slow to read costs some 30 KB.
"""

FILES_PER_CONNECTION = 3
"""The connection, a file, and the connection again while the file is sent."""

OWN_FILES = 256
"""Open files that are no connections: the database, the lock, pipes of children."""


def allow_connections() -> int:
    """Let this process and its children open as many files as the system allows; return for how many
    connections these are enough, in each of them.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_PER_CONNECTION * CONNECTIONS + OWN_FILES
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, (files - OWN_FILES) // FILES_PER_CONNECTION)
