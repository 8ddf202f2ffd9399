"""How much memory the processes of a sandbox hold; a page that several of them share is counted once."""

import contextlib
import ctypes
import os
import re

PR_SET_DUMPABLE = 4


def memory_used() -> int:
    """Bytes of all processes that can be seen; of a page that n of them share, each counts a part 1/n."""
    return sum(map(_memory_of, filter(str.isdigit, os.listdir("/proc"))))


def show_memory() -> None:
    """Lets other processes of the same user count the pages of this process and of its children.

    Linux forbids that for a process that has changed its user.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # a system without prctl
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def _memory_of(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            found = re.search(rb"^Pss:\s+(\d+)", file.read(), re.M)
    except PermissionError:  # a process can hide its pages, but not how many there are
        return _own_pages(pid)
    except OSError:  # the process has just ended
        return 0
    return 1024 * int(found[1]) if found else 0


def _own_pages(pid: str | int) -> int:
    """Bytes of a process's resident pages that belong to no file and to no shared memory."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = map(int, file.read().split())
    except (OSError, ValueError):
        return 0
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
