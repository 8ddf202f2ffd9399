"""A control group for each sandbox, where the grader may make one: the kernel itself keeps its limits.

The supervisor measures the memory of a submission twice a second; what is taken between two measurements
only the kernel can refuse.  Where no group can be made, everything else stays as it is.
"""

import atexit
import itertools
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from .group_folders import find_places, new_name, read, write
from .processes import children_of

NEARLY = 2**20  # bytes: what the kernel asks for at once may not fit although less was left

_numbers = itertools.count()
_looking = threading.Lock()
_left: set[Path] = set()  # groups that could not be removed yet, as their processes were still ending


class ControlGroup:
    """A group: one folder in version 2, one for each kind of limit in version 1, none where it has none."""

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        self._folders, self._memory = folders, 0

    def add(self, pid: int) -> None:
        """Moves a process into the group; raises OSError where that is not possible.

        Its later children are in the group as well.  Memory that it has counts where it was taken.
        """
        for folder in self._folders:
            write(folder / "cgroup.procs", pid)

    def add_child_of(self, process: subprocess.Popen[bytes]) -> None:
        """Moves the first child of a process into the group, as soon as there is one.

        Where the system does not allow that, or the process ends before, nothing changes.
        """
        with suppress(OSError):
            while self._folders and process.poll() is None:
                children = children_of(process.pid)
                if children:
                    self.add(children[0])
                    break
                time.sleep(0.001)

    def is_exceeded(self) -> bool:
        """Whether the kernel has ended a process because this group had no memory left.

        One that was ended because a group above, or the machine, had none left does not count.
        """
        for folder in self._folders:
            counts = _counts(folder / "memory.events") | _counts(folder / "memory.oom_control")
            # version 1 does not count how often the limit was reached
            most = max(_number(folder / f"memory.{kind}max_usage_in_bytes") for kind in ("", "memsw."))
            if counts.get("oom_kill") and (counts.get("oom") or most > self._memory - NEARLY):
                return True
        return False

    def make(self, memory: int, processes: int) -> None:
        """Makes the folders and sets the limits; raises OSError where that is not possible."""
        settings = {
            "memory.max": memory,
            "memory.limit_in_bytes": memory,
            "memory.swap.max": 0,
            "memory.memsw.limit_in_bytes": memory,  # memory and swap together
            "memory.oom.group": 1,  # where one process is ended, all are
            "pids.max": processes,
        }
        self._memory = memory
        for folder in self._folders:
            folder.mkdir()
            for name, value in settings.items():
                if (folder / name).exists():
                    write(folder / name, value)

    def remove(self) -> None:
        """Removes the group, whose processes have been killed; those that are ending are not waited for."""
        for folder in self._folders:
            with suppress(OSError):  # version 1 has no such file
                write(folder / "cgroup.kill", 1)
            _left.add(folder)
        _remove_left()


@atexit.register
def _remove_left() -> None:
    """Removes those groups of this process that are empty by now."""
    for folder in list(_left):
        with suppress(OSError):
            with suppress(FileNotFoundError):
                folder.rmdir()
            _left.discard(folder)


@contextmanager
def control_group(memory: int, processes: int, is_wanted: bool = True) -> Iterator[ControlGroup]:
    """A new group, which is removed when the block ends; one without folders where none can be made.

    memory: bytes of its processes, of its files in memory, and of what the kernel holds for them.
    processes: the most at a time; threads count.
    """
    group = _new_group(_places()[0]) if is_wanted else ControlGroup()
    try:
        group.make(memory, processes)
    except OSError:
        group.remove()
        group = ControlGroup()
    try:
        yield group
    finally:
        group.remove()


def groups_problem() -> str:
    """Why no group can be made here, in a sentence; "" where one can."""
    return _places()[1]


def _places() -> tuple[tuple[Path, ...], str]:
    """The folders in which groups are made; none, and why, where that is not possible."""
    with _looking:
        return _find_places()


@cache
def _find_places() -> tuple[tuple[Path, ...], str]:
    try:
        places = find_places()
        _try(places)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return (), f"{error.strerror or error}{where}."
    return places, ""


def _try(places: tuple[Path, ...]) -> None:
    """Makes a group, has a process join it, and removes it; raises OSError where something of that fails."""
    group = _new_group(places)
    try:
        group.make(memory=2**26, processes=8)
        with subprocess.Popen(["/bin/sh", "-c", "read x"], stdin=subprocess.PIPE) as waiting:
            group.add(waiting.pid)
    finally:
        group.remove()


def _new_group(places: tuple[Path, ...]) -> ControlGroup:
    name = new_name(str(next(_numbers)))
    return ControlGroup(tuple(place / name for place in places))


def _counts(path: Path) -> dict[str, int]:
    """The counts in a file of lines "name count"; none where there is no such file."""
    with suppress(OSError):
        return {name: int(count) for name, count in map(str.split, read(path).splitlines())}
    return {}


def _number(path: Path) -> int:
    """The number in a file; 0 where there is no such file."""
    with suppress(OSError):
        return int(read(path))
    return 0
