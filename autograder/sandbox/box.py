"""A sandbox with a worker in it: started with a job, and removed afterwards with everything inside."""

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import Stopped
from ..worker.protocol import Job, Orders
from .bubblewrap import FOLDER, FOLDERS, is_root, package_folders, walls
from .control_group import ControlGroup, control_group
from .processes import children_of
from .seccomp import filter_pipe

LIMITS = {  # of each process; sizes in bytes, CPU in seconds
    "AS": 2 * 2**30,
    "CPU": 600,
    "FSIZE": 64 * 2**20,
    "NPROC": 64,
    "NOFILE": 64,  # also bounds what pipes hold
    "CORE": 1,  # with 0, Linux still hands a core to a program that collects them
}
MEMORY = 4 * 2**30  # bytes of a submission as a whole
PROCESSES = LIMITS["NPROC"] + 8  # of a submission as a whole; LIMITS do not count every one of them
# Accounts that nobody else hands out: systemd has those below 60706 for homes, containers and greeters, and
# those from 61184 to 65519 for services.  Above 65535 a container may have none, and others have theirs.
FIRST_UID = 60_706
UIDS = 477
NO_UID = FIRST_UID + UIDS  # nothing runs as this one
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
}
# Ends all processes of an account, also those that have left the supervisor's group.  With these three users
# it may signal that account's processes and no others, and none of them may signal it.
END_ACCOUNT = """\
import os, sys
account, nobody = map(int, sys.argv[1:])
os.setgroups([])
os.setresuid(nobody, account, 0)
try:
    os.kill(-1, 9)
except ProcessLookupError:
    pass
"""
_starts = itertools.count(os.getpid() * 61)
_running: set[subprocess.Popen[bytes]] = set()
_stopping = threading.Event()


@contextmanager
def boxes_stopped() -> Iterator[None]:
    """Kills all sandboxes of this process, and none can start while the block lasts."""
    _stopping.set()
    try:
        for supervisor in list(_running):
            _kill(supervisor.pid)
        yield
    finally:
        _stopping.clear()


def _kill(pid: int) -> None:
    """Kills a process, its group and its children.

    The supervisor is bubblewrap's child.  Once it has changed its user, bubblewrap, which has no rights left,
    cannot end it by ending itself.
    """
    with suppress(OSError):  # it has ended, or the system does not tell
        for child in children_of(pid):
            os.kill(child, 9)
    with suppress(ProcessLookupError):
        os.killpg(pid, 9)


class Box:
    """A running worker: its supervisor, `out` (the runner's socket) and one socket for each check."""

    def __init__(
        self, supervisor: subprocess.Popen[bytes], sockets: tuple[socket.socket, ...], group: ControlGroup
    ) -> None:
        assert supervisor.stdin and supervisor.stdout and supervisor.stderr
        self._group = group
        self.over_memory = False
        self.supervisor, self.out, self.checks = supervisor, sockets[0], sockets[1:]
        #: the supervisor's own streams
        self.stdin, self.stdout, self.stderr = supervisor.stdin, supervisor.stdout, supervisor.stderr

    def send(self, data: bytes) -> None:
        """Writes to the supervisor.  A supervisor that has ended is no error: its reader learns why."""
        with suppress(BrokenPipeError):
            self.stdin.write(data)
            self.stdin.flush()

    def is_over_memory(self) -> bool:
        """Whether all processes together took more memory than they may; what the kernel left is killed.

        Version 1 of control groups ends one process only, and what is left would be half a submission.
        """
        if not self.over_memory and self._group.is_exceeded():
            self.over_memory = True
            self.kill()
        return self.over_memory

    def kill(self) -> None:
        """Kills the supervisor, and behind walls all processes with it."""
        _kill(self.supervisor.pid)

    def end(self) -> None:
        """Kills the sandbox; with bubblewrap, the kernel ends all processes in it."""
        self.kill()
        self.supervisor.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            with suppress(BrokenPipeError):
                stream.close()
        for sock in (self.out, *self.checks):
            sock.close()


@contextmanager
def start_box(
    mode: str, library: str | Path, orders: Orders, checks: int, files: str | Path | None = None
) -> Iterator[Box]:
    """A worker that has been sent its orders; the sandbox is removed when the block ends.

    mode: "bwrap", "account" or "none".  library: folder with `worker` and the reduced rnnlib.  checks: how
    many copies of the runner may answer.  files: a folder to be copied beside the notebook, or None.
    """
    ours, theirs = zip(*(socket.socketpair() for _ in range(checks + 1)))
    with (
        _prepare_place(mode, library, files) as place,
        # without walls a process may be left, and no group can be removed that has one
        control_group(MEMORY, PROCESSES, is_wanted=place.walled) as group,
    ):
        supervisor = subprocess.Popen(
            _command(place, [sock.fileno() for sock in theirs]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[*place.fds, *(sock.fileno() for sock in theirs)],
            env=ENVIRONMENT | {"HOME": place.folder, "MPLCONFIGDIR": place.folder},
            cwd=None if place.walled else place.folder,
            start_new_session=True,
        )
        _running.add(supervisor)
        box = Box(supervisor, ours, group)
        try:
            if _stopping.is_set():
                raise Stopped
            for sock in theirs:
                sock.close()
            # the kernel takes some 20 ms, in which the supervisor imports what it needs
            group.add_child_of(supervisor)
            box.send(json.dumps(_job(orders, place)).encode() + b"\n")
            yield box
        finally:
            _running.discard(supervisor)
            box.end()


@dataclass(frozen=True)
class Place:
    """Where a worker runs, with the paths as they are inside of the sandbox."""

    walled: bool
    walls: list[str]  #: the command that makes the walls
    folder: str  #: where student code runs
    library: str  #: the folder of `worker` and of the reduced rnnlib
    files: str | None  #: what the supervisor is to copy into `folder`
    fds: tuple[int, ...] = ()  #: what the walls' command reads
    uid: int | None = None  #: the account that student code runs as; None keeps the account


@contextmanager
def _prepare_place(mode: str, library: str | Path, files: str | Path | None) -> Iterator[Place]:
    """Where the worker runs; without walls a folder of its own, which is removed afterwards."""
    if mode == "bwrap":
        binds = [(library, "/course"), *([(files, "/files")] if files else [])]
        # before any student code runs, the worker changes from root to an account of its own
        uid = _free_uid() if is_root() else None
        with filter_pipe() as fd:
            command, copied = [*walls(binds, fd), "--"], "/files" if files else None
            yield Place(True, command, FOLDER, "/course", copied, (fd,), uid)
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if files is not None:
            shutil.copytree(files, folder, dirs_exist_ok=True)
        if mode == "none":
            yield Place(False, [], folder, str(library), None)
            return
        uid = _free_uid()
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)
        try:
            yield Place(False, [], folder, str(library), None, uid=uid)
        finally:
            command = [sys.executable, "-I", "-S", "-c", END_ACCOUNT, str(uid), str(NO_UID)]
            subprocess.run(command, check=True)


def _command(place: Place, fds: list[int]) -> list[str]:
    """The command that starts the supervisor with its sockets."""
    packages = list(map(str, package_folders()))
    code = (
        f"import sys; sys.path[:] = [{place.library!r}, *sys.path, *{packages!r}]; "
        f"from worker import supervisor; supervisor.main({fds!r})"
    )
    return [*place.walls, os.path.realpath(sys.executable), "-I", "-S", "-c", code]


def _job(orders: Orders, place: Place) -> Job:
    """The orders, and what the supervisor has to know about the sandbox."""
    limits = dict(LIMITS)
    if not place.walled and place.uid is None:
        del limits["NPROC"]  # it would count all processes of the account
    return {
        **orders,
        "folder": place.folder,
        "library": place.library,
        "files": place.files,
        "uid": place.uid,
        "limits": limits,
        # without walls, the processes of other people would be counted as well
        "memory": MEMORY if place.walled else None,
        "folders": list(FOLDERS) if place.walled else [],
    }


def _free_uid() -> int:
    """A uid that no other running submission has, so that none can use up the processes of another.

    Only root needs it: otherwise each sandbox is a user namespace, which has a count of its own.
    """
    return FIRST_UID + next(_starts) % UIDS
