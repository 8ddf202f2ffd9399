"""What stands beside student code: runs a submission's cells, then lends its functions out.

Needs Python and NumPy only and knows nothing of what judges it: no reference, no solution, no
points.  Three kinds of process share a sandbox:

- the keeper (`main`) reads the job, says READY, starts the runner, and reports how it ended;
- the runner executes the cells in order.  At each check cell it forks
- a copy of itself, which waits with the state of that moment for calls.

The inputs of those calls are sent when the runner has ended and everything that will be shown has
left the sandbox; so nothing that a cell displays can contain them.
"""

import contextlib
import copy
import json
import os
import select
import shutil
import signal
import sys
import types

import numpy as np

from . import cells, memory, wire

WATCH = 0.5  # seconds between two looks at the memory


def main(fds):
    """Reads the job from standard input; fds: the runner's socket, then one for each check."""
    import socket

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
    runner = os.fork()
    if runner == 0:
        os.close(woken)
        os.close(wake)
        try:
            _become_runner(job, sockets)
        finally:
            os._exit(0)
    os.write(1, wire.READY)
    for sock in sockets:
        sock.close()
    _keep(runner, woken, job["memory"])


def _keep(runner, woken, most):
    """Kills the runner when told to, says that it has ended, and stays until the input ends.

    most: bytes that all processes may hold together; with more, all of them are ended.
    """
    ended = False
    while True:
        ready, _, _ = select.select([0, woken], [], [], WATCH if most else None)
        if most and memory.used() > most:
            os.write(1, wire.LARGE)
            os.killpg(0, signal.SIGKILL)
        if woken in ready:
            os.read(woken, 4096)
            if not ended and os.waitpid(runner, os.WNOHANG)[0]:
                ended = True
                os.write(1, wire.ENDED)
        if 0 in ready:
            if os.read(0, 1) == b"":
                os.killpg(0, signal.SIGKILL)
            if not ended:
                os.kill(runner, signal.SIGKILL)


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
    drawing.__getattr__ = lambda name: _nothing
    sys.modules |= {"autograder": judging, "rnnlib.plots": drawing}
    rnnlib.plots = drawing


def _nothing(*_, **__):
    """A drawing that is not made while grading."""


def _become_runner(job, sockets):
    memory.show()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, cells.out_of_time)
    main_module = types.ModuleType("__main__")
    namespace = main_module.__dict__
    namespace["get_ipython"] = lambda: types.SimpleNamespace(run_line_magic=_nothing, run_cell_magic=_nothing)
    namespace["display"] = lambda *objects, **_: print(*map(repr, objects), sep="\n")
    sys.modules["__main__"] = main_module
    out, checks, this = sockets[0], sockets[1:], os.getpid()
    for n, cell in enumerate(job["cells"]):
        wire.send(out, wire.pack({"start": n}))
        if cell["kind"] == "check":
            _reap()
            if os.fork() == 0:
                _become_copy(sockets, checks[cell["number"]], cell["name"], namespace)
            continue
        outputs = cells.run(cell["source"], f"<cell {n + 1}>", namespace, job)
        if os.getpid() != this:  # a process that the cell forked, which has no business here
            return
        wire.send(out, wire.pack({"cell": n, "outputs": outputs}))
    wire.send(out, wire.pack({"done": True}))


def _reap():
    """Removes ended children, which count as processes until somebody asks for them."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _become_copy(sockets, sock, name, namespace):
    try:
        for other in sockets:
            if other is not sock:
                other.close()
        sys.stdout = sys.stderr = cells.Capped(0)
        if name in namespace:
            _lend(sock, namespace[name])
        else:
            wire.send(sock, wire.pack({"missing": True}))
    finally:
        os._exit(0)


def _lend(sock, answer):
    """Says what the answer is, then serves calls until the other side has no more."""
    wire.send(sock, wire.pack(_introduce(answer)))
    while (payload := wire.receive(sock)) is not None:
        wire.send(sock, _reply(answer, wire.unpack(payload, lambda n: _Callback(sock, n), restore=True)))


def _introduce(answer):
    if callable(answer):
        code = getattr(answer, "__code__", None)
        names = list(code.co_varnames[: code.co_argcount]) if isinstance(code, types.CodeType) else []
        name = str(getattr(answer, "__name__", ""))
        return {"callable": True, "name": name, "names": [str(n) for n in names]}
    return {"callable": False, "answer": answer, "type": type(answer).__name__}


def _reply(answer, request):
    before = copy.deepcopy(request["arguments"])
    try:
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        try:
            returned = answer(*request["arguments"])
            message = wire.pack({"returned": returned, "modified": not _same(before, request["arguments"])})
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return message
    except cells.TimeLimit:
        return wire.pack({"timeout": True})
    except BaseException as error:  # whatever a student's function raises
        trace, at = error.__traceback__, ""
        while trace is not None:
            at, trace = trace.tb_frame.f_code.co_name, trace.tb_next
        text = (cells.text_of(error).strip().splitlines() or [""])[0][:200]
        line = cells.line_of(error, None)
        return wire.pack({"error": type(error).__name__, "text": text, "line": list(line or ()), "at": at})


class _Callback:
    """A function that lives on the judging side, such as the loss a gradient is to be taken of."""

    def __init__(self, sock, number):
        self.sock, self.number = sock, number

    def __call__(self, *arguments):
        wire.send(self.sock, wire.pack({"callback": self.number, "arguments": list(arguments)}))
        reply = wire.unpack(wire.receive(self.sock), restore=True)
        if "error" in reply:
            raise ValueError(reply["error"])
        return reply["returned"]

    def __deepcopy__(self, _):
        return self


def _same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, (np.ndarray, float, int)):
        return np.array_equal(a, b)
    return True
