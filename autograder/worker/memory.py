"""How much memory a sandbox holds, counted as its processes share it."""

import contextlib
import ctypes
import os
import re

PR_SET_DUMPABLE = 4


def memory_used():
    """Bytes of all processes to be seen; of a page that several share, each holds its part."""
    return sum(map(_of, filter(str.isdigit, os.listdir("/proc"))))


def show_memory():
    """Lets other processes of the same user count the pages of this one and of its children.

    Linux forbids it to what has changed its user.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # a system without prctl
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def _of(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return 1024 * int(re.search(rb"^Pss:\s+(\d+)", file.read(), re.M)[1])
    except PermissionError:  # a process may hide its pages, not their number
        return _own_pages(pid)
    except (OSError, TypeError):  # it has just ended
        return 0


def _own_pages(pid):
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = map(int, file.read().split())
    except (OSError, ValueError):
        return 0
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
