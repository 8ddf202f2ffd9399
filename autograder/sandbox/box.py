"""A running worker behind its walls: started with a job, and gone afterwards with everything in it."""

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import Stopped
from .bubblewrap import FOLDER, is_root, package_folders, walls

LIMITS = {  # of each process; sizes in bytes, CPU in seconds
    "AS": 2 * 2**30,
    "CPU": 600,
    "FSIZE": 64 * 2**20,
    "NPROC": 64,
    "NOFILE": 256,
    "CORE": 0,
}
MEMORY = 4 * 2**30  # bytes of all processes together
FIRST_UID = 61_000
UIDS = 4_000
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
}
_starts = itertools.count(os.getpid() * 61)
_running = set()
_stopping = threading.Event()


@contextmanager
def boxes_stopped():
    """Ends all sandboxes of this process, and lets none start while the block lasts."""
    _stopping.set()
    try:
        for supervisor in list(_running):
            with suppress(ProcessLookupError):
                os.killpg(supervisor.pid, 9)
        yield
    finally:
        _stopping.clear()


class Box:
    """A running worker: `supervisor` (a Popen), `out` (the runner's socket) and one socket a check."""

    def __init__(self, supervisor, sockets):
        self.supervisor, self.out, self.checks = supervisor, sockets[0], sockets[1:]


@contextmanager
def start_box(mode, library, job, checks, files=None):
    """A worker with `job` sent to it, in a sandbox that is gone with everything in it afterwards.

    library: folder with `worker` and the reduced rnnlib.  job: what `worker.supervisor.main` reads.
    checks: how many copies may answer.  files: a folder to be copied beside the notebook, or None.
    """
    ours, theirs = zip(*(socket.socketpair() for _ in range(checks + 1)))
    fds = [sock.fileno() for sock in theirs]
    walled = mode == "bwrap"
    with _folder(walled) as folder:
        at = FOLDER if walled else str(folder)
        if files is not None and not walled:
            shutil.copytree(files, folder, dirs_exist_ok=True)
        within = "/course" if walled else str(library)
        packages = list(map(str, package_folders()))
        code = (
            f"import sys; sys.path[:] = [{within!r}, *sys.path, *{packages!r}]; "
            f"from worker import supervisor; supervisor.main({fds!r})"
        )
        command = [os.path.realpath(sys.executable), "-I", "-S", "-c", code]
        if walled:
            command = [
                *walls([(library, "/course"), *([(files, "/files")] if files else [])]),
                "--",
                *command,
            ]
        job = {**job, "folder": at, "library": within, "uid": _uid(walled), "limits": dict(LIMITS)}
        if not walled:
            del job["limits"]["NPROC"]  # it would count all that the account runs
        job["files"] = "/files" if files and walled else None
        job["memory"] = MEMORY if walled else None  # without walls, other people's processes are seen too
        supervisor = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
            env=ENVIRONMENT | {"HOME": at, "MPLCONFIGDIR": at},
            cwd=None if walled else folder,
            start_new_session=True,
        )
        _running.add(supervisor)
        try:
            if _stopping.is_set():
                raise Stopped
            for sock in theirs:
                sock.close()
            try:
                supervisor.stdin.write(json.dumps(job).encode() + b"\n")
                supervisor.stdin.flush()
            except BrokenPipeError:
                pass  # it ended at once; whoever waits for READY learns why
            yield Box(supervisor, ours)
        finally:
            _running.discard(supervisor)
            _end(supervisor)
            for sock in ours:
                sock.close()


def _end(supervisor):
    """Kills the sandbox; with bubblewrap, the kernel ends all processes in it."""
    with suppress(ProcessLookupError):
        os.killpg(supervisor.pid, 9)
    supervisor.wait()
    for stream in (supervisor.stdin, supervisor.stdout, supervisor.stderr):
        with suppress(BrokenPipeError):
            stream.close()


@contextmanager
def _folder(walled):
    if walled:
        yield None
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _uid(walled):
    """A uid that no other running submission has, so that none can use up another's processes.

    Without root, each sandbox is a user namespace, and counts its processes for itself.
    """
    return FIRST_UID + next(_starts) % UIDS if walled and is_root() else None
