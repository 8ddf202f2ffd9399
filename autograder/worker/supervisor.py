"""The supervisor of a sandbox: prepares the worker's process, starts the runner and ends it when told to."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import types

from . import memory, messages, runner

WATCH = 0.5  # seconds between two looks at the memory


def main(fds):
    """Reads the job from standard input; fds: the runner's socket, then one for each check."""
    job = json.loads(sys.stdin.buffer.readline())
    _lower_rights(job)
    os.chdir(job["folder"])
    for folder, _, names in os.walk(job["files"] or os.devnull):
        inside = os.path.relpath(folder, job["files"])
        os.makedirs(inside, exist_ok=True)
        for name in names:
            shutil.copyfile(os.path.join(folder, name), os.path.join(inside, name))
    sockets = [socket.socket(fileno=fd) for fd in fds]
    _prepare(job)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
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
    _supervise(pid, woken, job["memory"])


def _supervise(pid, woken, most):
    """Kills the runner when told to, says that it has ended, and stays until the input ends.

    most: bytes that all processes may hold together; with more, all of them are ended.
    """
    ended = False
    while True:
        ready, _, _ = select.select([0, woken], [], [], WATCH if most else None)
        if most and memory.memory_used() > most:
            os.write(1, messages.LARGE)
            os.killpg(0, signal.SIGKILL)
        if woken in ready:
            os.read(woken, 4096)
            if not ended and os.waitpid(pid, os.WNOHANG)[0]:
                ended = True
                os.write(1, messages.ENDED)
        if 0 in ready:
            if os.read(0, 1) == b"":
                os.killpg(0, signal.SIGKILL)
            if not ended:
                os.kill(pid, signal.SIGKILL)


def _lower_rights(job):
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
        with contextlib.suppress(ValueError, OSError):  # macOS knows RLIMIT_AS but does not take it
            resource.setrlimit(kind, (value, value))


def _prepare(job):
    """Modules that every lesson imports; those that judge or draw are replaced by empty ones."""
    sys.path[:] = [job["library"], *sys.path, job["folder"]]
    judging = types.ModuleType("autograder")
    judging.CheckFailed = type("CheckFailed", (Exception,), {})
    judging.check = lambda *_, **__: print("(checks are judged after the run)")
    judging.diagnose = judging.check
    judging.recap = lambda *_, **__: None
    import rnnlib  # noqa: F401 - so that every runner finds it loaded

    drawing = types.ModuleType("rnnlib.plots")
    drawing.__getattr__ = lambda name: runner.draw_nothing
    sys.modules |= {"autograder": judging, "rnnlib.plots": drawing}
    rnnlib.plots = drawing
