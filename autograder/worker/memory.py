"""How much memory a sandbox holds: its processes, its files, which are kept in memory, and its sockets.

A page that several processes share is counted once.  Other ways to hold memory are refused by the filter of
system calls, so that what is counted here is nearly all.
"""

import contextlib
import ctypes
import os
import re
from collections.abc import Iterable

PR_SET_DUMPABLE = 4
FILE = 1536  # bytes that the kernel needs for a file, a folder or a link, besides its content
SOCKET = 208 * 2**10  # bytes that may wait in a socket, by the kernel's default
DATAGRAMS = 11  # senders whose bytes may wait in a socket for datagrams, by the kernel's default


def memory_used(folders: Iterable[str]) -> int:
    """Bytes of all processes that can be seen, of all files in `folders`, and of sockets.

    Of a page that n processes share, each counts a part 1/n.  folders: file systems kept in memory.
    """
    processes = sum(map(_memory_of, filter(str.isdigit, os.listdir("/proc"))))
    return processes + sum(map(_files_in, folders)) + _socket_buffers()


def show_memory() -> None:
    """Lets other processes of the same user count the pages of this process and of its children.

    Linux forbids that for a process that has changed its user.
    """
    _control(PR_SET_DUMPABLE, 1)


def hide_memory() -> None:
    """Closes the memory and the open files of this process, and later its children's, to its own user."""
    _control(PR_SET_DUMPABLE, 0)


def _control(option: int, value: int) -> None:
    with contextlib.suppress(AttributeError, OSError, TypeError):  # a system without prctl
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _memory_of(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            found = re.findall(rb"^(?:Swap)?Pss:\s+(\d+)", file.read(), re.M)
    except PermissionError:  # a process can hide which pages it has, but not how many
        return _resident(pid)
    except OSError:  # the process has just ended
        return 0
    return 1024 * sum(map(int, found))


def _resident(pid: str | int) -> int:
    """Bytes of a process's resident pages, shared or not."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _files_in(folder: str) -> int:
    """Bytes of the files in a file system that is kept in memory; deleted ones count while they are open."""
    seen = os.statvfs(folder)
    return (seen.f_blocks - seen.f_bfree) * seen.f_frsize + (seen.f_files - seen.f_ffree) * FILE


def _socket_buffers() -> int:
    """The most that may wait in the sockets of this network namespace, in bytes."""
    try:
        with open("/proc/net/unix", "rb") as file:
            kinds = [line.split()[4] for line in file.readlines()[1:]]
    except (OSError, IndexError):
        return 0
    return SOCKET * sum(DATAGRAMS if kind == b"0002" else 1 for kind in kinds)
