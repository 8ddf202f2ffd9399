"""Where control groups can be made: the folders of the grader's own groups, or that it may not.

In version 1 each kind of limit has a tree of folders of its own, in version 2 all have one.  See cgroups(7),
and cgroup-v1/ and cgroup-v2.rst in the kernel's admin-guide.
"""

import os
import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

from .processes import is_ours, namespace, start_of

LIMITS = ("memory", "pids")  # the kinds of limits that are needed
LEAF = "grader"  # the end of the name of the group that a grader moves into
NAME = re.compile(rf"unrolled-(?P<space>\d+)-(?P<pid>\d+)-(?P<start>\d+)-(\d+|{LEAF})")


def new_name(end: str) -> str:
    """A name that tells whose group it is, also when the number of its process has been given to another."""
    return f"unrolled-{namespace()}-{os.getpid()}-{start_of(os.getpid())}-{end}"


def find_places() -> tuple[Path, ...]:
    """The folders in which groups can be made: one in version 2, in version 1 one for each kind of limit.

    Raises OSError with the reason where there are none; whether they may be used is not tried.
    """
    own = own_groups(*(read(Path("/proc/self", name)) for name in ("cgroup", "mountinfo")))
    if all(limit in own for limit in LIMITS):
        places = tuple(dict.fromkeys(own[limit] for limit in LIMITS))
    elif "" in own:
        places = (_prepare(own[""]),)
    else:
        raise OSError(f"none limits {' and '.join(LIMITS)} here")
    for place in places:
        _remove_abandoned(place)
    return places


def own_groups(cgroup: str, mountinfo: str) -> dict[str, Path]:
    """The folders of the groups that a process is in, by kind of limit; that of version 2 under "".

    cgroup, mountinfo: what the files of these names in the process's folder in /proc hold.
    """
    mounts: dict[str, tuple[str, str]] = {}
    for line in mountinfo.splitlines():
        mount, _, system = line.partition(" - ")
        root, point = mount.split()[3:5]
        kind, *_, options = system.split()  # between them is what is mounted, where it has a name
        for name in {"cgroup": options.split(","), "cgroup2": [""]}.get(kind, []):
            mounts.setdefault(name, (root, point))
    found = {}
    for line in cgroup.splitlines():
        _, names, group = line.split(":", 2)
        for name in names.split(","):
            root, point = mounts.get(name, ("", ""))
            # a group outside of what is mounted here begins with /.. or with another folder than `root`
            if point and PurePosixPath(group).is_relative_to(root) and ".." not in group.split("/"):
                found[name] = Path(point, PurePosixPath(group).relative_to(root))
    return found


def _prepare(own: Path) -> Path:
    """The folder in which groups of version 2 can be made, given the grader's own group.

    A group that hands limits on to those below it may have no processes, but for the root.  So the grader
    moves into a group below its own, where nobody else is in that.
    """
    name = NAME.fullmatch(own.name)
    if name and name[0].endswith(LEAF):  # a grader that has moved has started this process
        own = own.parent
    handed_on = own / "cgroup.subtree_control"
    missing = [limit for limit in LIMITS if limit not in read(handed_on).split()]
    if not missing:
        return own
    if not set(missing) <= set(read(own / "cgroup.controllers").split()):
        raise OSError(f"limits of {' and '.join(missing)} are not handed on to {own}")
    is_root = not (own / "cgroup.type").exists()
    pids = [] if is_root else list(map(int, read(own / "cgroup.procs").split()))
    if not all(map(is_ours, pids)):
        raise OSError(f"the grader shares its group, {own}, with other programs")
    leaf = own / new_name(LEAF)
    try:
        if pids:
            leaf.mkdir()
        for pid in pids:
            write(leaf / "cgroup.procs", pid)
        write(handed_on, " ".join(f"+{limit}" for limit in missing))
    except OSError:
        with suppress(OSError):
            for pid in pids:
                write(own / "cgroup.procs", pid)
            leaf.rmdir()
        raise
    return own


def _remove_abandoned(place: Path) -> None:
    """Removes the groups of graders that have ended without removing them, as after kill -9."""
    for folder in place.glob("unrolled-*"):
        name = NAME.fullmatch(folder.name)
        # a process of another space of numbers cannot be seen from here, so it may live
        if name and int(name["space"]) == namespace() and start_of(int(name["pid"])) != name["start"]:
            with suppress(OSError):
                folder.rmdir()


def read(path: Path) -> str:
    """What a file of the kernel's says."""
    return path.read_text(encoding="utf-8", errors="replace")


def write(path: Path, value: object) -> None:
    """Writes to a file of the kernel's, which may be closed to readers and cannot be made."""
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, str(value).encode())
    finally:
        os.close(file)
