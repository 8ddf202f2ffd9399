"""The supervisor of a sandbox: prepares the worker's process, starts the runner and ends it when told to."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
import types
from typing import NoReturn

from . import memory, messages, runner
from .protocol import Job

WATCH = 0.5  # seconds between two measurements of the memory


def main(fds: list[int]) -> None:
    """Reads the job from standard input; fds: the runner's socket, then one for each check."""
    job: Job = json.loads(sys.stdin.buffer.readline())
    _lower_rights(job)
    memory.hide_memory()  # from student code, which will run as the same user
    os.chdir(job["folder"])
    if job["files"]:
        _copy_files(job["files"])
    sockets = [socket.socket(fileno=fd) for fd in fds]
    _prepare_modules(job)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # process 1 hears only the signals that it handles
    pid = os.fork()
    if pid == 0:
        os.close(woken)
        os.close(wake)
        try:
            runner.run_cells(job, sockets)
        finally:
            os._exit(0)
    os.write(1, messages.READY)
    for sock in sockets:
        sock.close()
    _supervise(pid, woken, job)


def _copy_files(source: str) -> None:
    """Copies the files of a folder into the current one."""
    for folder, _, names in os.walk(source):
        inside = os.path.relpath(folder, source)
        os.makedirs(inside, exist_ok=True)
        for name in names:
            shutil.copyfile(os.path.join(folder, name), os.path.join(inside, name))


def _supervise(pid: int, woken: int, job: Job) -> NoReturn:
    """Kills the runner when told to, reports that it has ended, and ends all when the input is closed.

    woken: a pipe that can be read when a child has ended.  When all processes together hold more memory
    than they may, all of them are killed.
    """
    most, runs = job["memory"], True
    watch = WATCH if most else None
    looks = time.monotonic()
    while True:
        ready, _, _ = select.select([0, woken], [], [], watch)
        if most and time.monotonic() >= looks:
            looks = time.monotonic() + WATCH
            if memory.memory_used(job["folders"]) > most:
                os.write(1, messages.LARGE)
                _end_all()
        if woken in ready:
            os.read(woken, 4096)
            if pid in _collect_ended():
                runs = False
                os.write(1, messages.ENDED)
        if 0 in ready:
            if os.read(0, 1) == b"":
                _end_all()
            if runs:
                os.kill(pid, signal.SIGKILL)


def _collect_ended() -> list[int]:
    """Collects the processes that have ended; behind walls those whose parent has ended are among them."""
    ended = []
    with contextlib.suppress(ChildProcessError):
        while found := os.waitpid(-1, os.WNOHANG)[0]:
            ended.append(found)
    return ended


def _end_all() -> NoReturn:
    """Ends all processes.  Process 1 does not hear the signal, but when it ends, all others do."""
    os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _lower_rights(job: Job) -> None:
    """Changes to the user of the sandbox, and sets the limits of each process."""
    import resource

    if job["uid"] is not None:
        os.setgroups([])
        os.setresgid(job["uid"], job["uid"], job["uid"])
        os.setresuid(job["uid"], job["uid"], job["uid"])
    for name, value in job["limits"].items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS has RLIMIT_AS but refuses to set it
            resource.setrlimit(kind, (value, value))


def _prepare_modules(job: Job) -> None:
    """Imports what every lesson imports; modules that judge, draw or train are replaced by empty ones."""
    sys.path[:] = [job["library"], *sys.path, job["folder"]]
    judging = types.ModuleType("autograder")
    judging.__dict__.update(
        CheckFailed=type("CheckFailed", (Exception,), {}),
        check=_check,
        diagnose=_check,
        progress=runner.draw_nothing,
        recap=runner.draw_nothing,
        example=runner.draw_nothing,
    )
    import rnnlib  # imported here, so that every runner has it already

    sys.modules["autograder"] = judging
    for name in ("plots", "language"):  # figures, and the training of networks that write
        empty = types.ModuleType(f"rnnlib.{name}")
        empty.__dict__["__getattr__"] = lambda _: runner.draw_nothing
        sys.modules[f"rnnlib.{name}"] = rnnlib.__dict__[name] = empty


def _check(*_: object, **__: object) -> None:
    """In place of `check`."""
    print("(checks are judged after the run)")
