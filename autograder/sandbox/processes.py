"""What /proc tells of processes, see proc(5)."""

import os
from contextlib import suppress
from pathlib import Path


def children_of(pid: int) -> list[int]:
    """The processes that a process has started; raises OSError where it has ended or that is not known."""
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()))


def start_of(pid: int) -> str:
    """When a process was started, in the kernel's unit; "" where it has ended."""
    fields = _stat(pid)
    return fields[19] if fields and fields[0] not in "ZX" else ""


def is_ours(pid: int) -> bool:
    """Whether a process is this one, or was started by this one or by such a process."""
    while pid > 0 and pid != os.getpid():
        fields = _stat(pid)
        pid = int(fields[1]) if fields else 0
    return pid > 0


def namespace() -> int:
    """The number of the namespace in which processes have their numbers."""
    return os.stat("/proc/self/ns/pid").st_ino


def _stat(pid: int) -> list[str]:
    """The fields of its file `stat` from the state on; none where there is no such process."""
    with suppress(OSError):
        said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return said.rpartition(")")[2].split()
    return []
