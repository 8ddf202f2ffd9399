"""The runner and its copies: executes a submission's cells, then serves calls of its functions."""

import copy
import os
import signal
import socket
import sys
import time
import types
from typing import Any, NoReturn, TextIO, cast

import numpy as np

from . import cells, memory, messages
from .protocol import Call, CallbackRequest, Done, Introduction, Job, Missing, Reply, Shown, Started
from .stand_ins import StandIns


def draw_nothing(*_: object, **__: object) -> None:
    """In place of a function that draws or trains: nothing of that happens while grading."""


def run_cells(job: Job, sockets: list[socket.socket]) -> None:
    """Executes the cells of a job; in the runner's process, which ends afterwards.

    sockets: the first for what the cells show, then one for the copy at each check.
    """
    memory.show_memory()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for timer in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(timer, cells.raise_time_limit)
    main_module = types.ModuleType("__main__")
    namespace = main_module.__dict__
    namespace["get_ipython"] = lambda: types.SimpleNamespace(
        run_line_magic=draw_nothing, run_cell_magic=draw_nothing
    )
    namespace["display"] = lambda *objects, **_: print(*map(repr, objects), sep="\n")
    sys.modules["__main__"] = main_module
    out, checks, this = sockets[0], sockets[1:], os.getpid()
    for n, cell in enumerate(job["cells"]):
        _send(out, Started(start=n))
        if cell["kind"] == "check":
            _reap()
            if os.fork() == 0:
                _become_copy(sockets, checks[cell["number"]], cell["name"], namespace)
            continue
        outputs = cells.run_cell(cell["source"], f"<cell {n + 1}>", namespace, job)
        if os.getpid() != this:  # the cell has forked, and this is the child, which must not go on
            return
        _send(out, Shown(cell=n, outputs=outputs))
    _send(out, Done(done=True))


def _send(sock: socket.socket, message: Started | Shown | Done | Missing | CallbackRequest) -> None:
    messages.send_message(sock, messages.pack_message(message))


def _reap() -> None:
    """Collects children that have ended; until then they count as processes of the user."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _become_copy(
    sockets: list[socket.socket], sock: socket.socket, name: str, namespace: dict[str, Any]
) -> NoReturn:
    """Serves the calls of one check in a process of its own, then ends it."""
    try:
        for other in sockets:
            if other is not sock:
                other.close()
        sys.stdout = sys.stderr = cast(TextIO, cells.Capped(0))
        if name in namespace:
            _serve_calls(sock, namespace[name], namespace)
        else:
            _send(sock, Missing(missing=True))
    finally:
        os._exit(0)


def _serve_calls(sock: socket.socket, answer: Any, namespace: dict[str, Any]) -> None:
    """Introduces the answer, then serves calls until the judging side sends no more."""
    messages.send_message(sock, messages.pack_message(_introduction(answer)))
    stand_ins = StandIns(namespace, answer)
    while (payload := messages.receive_message(sock)) is not None:
        call = messages.unpack_message(payload, lambda n: _Callback(sock, n), restore=True)
        stand_ins.tell(call["given"])
        messages.send_message(sock, _reply(answer, call))


def _introduction(answer: Any) -> Introduction:
    if callable(answer):
        code = getattr(answer, "__code__", None)
        names = list(code.co_varnames[: code.co_argcount]) if isinstance(code, types.CodeType) else []
        name = str(getattr(answer, "__name__", ""))
        return {"callable": True, "name": name, "names": [str(n) for n in names]}
    return {"callable": False, "answer": answer, "type": type(answer).__name__}


def _reply(answer: Any, call: Call) -> bytes:
    """Calls the answer; the message about how that went."""
    before, began = copy.deepcopy(call["arguments"]), time.process_time()
    try:
        with cells.limited_time(call["seconds"]):
            returned = answer(*call["arguments"])
            modified = not _equal_arguments(before, call["arguments"])
            worked = time.process_time() - began
            # packed within the time limit, as that may run code of the student's
            return _packed({"returned": returned, "modified": modified, "worked": worked})
    except cells.TimeLimit:
        return _packed({"timeout": True})
    except BaseException as error:  # whatever a student's function raises
        trace, at = error.__traceback__, ""
        while trace is not None:
            at, trace = trace.tb_frame.f_code.co_name, trace.tb_next
        text = (cells.error_text(error).strip().splitlines() or [""])[0][:200]
        line = cells.error_line(error, None)
        return _packed({"error": type(error).__name__, "text": text, "line": list(line or ()), "at": at})


def _packed(reply: Reply) -> bytes:
    return messages.pack_message(reply)


class _Callback:
    """Stands for a function on the judging side, such as the loss whose gradient is asked for."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.sock, self.number = sock, number

    def __call__(self, *arguments: Any) -> Any:
        _send(self.sock, CallbackRequest(callback=self.number, arguments=list(arguments)))
        payload = messages.receive_message(self.sock)
        if payload is None:
            raise EOFError("the judging side has ended the connection")
        reply = messages.unpack_message(payload, restore=True)
        if "error" in reply:
            raise ValueError(reply["error"])
        return reply["returned"]

    def __deepcopy__(self, _: object) -> "_Callback":
        return self


def _equal_arguments(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal_arguments(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(_equal_arguments, a, b))
    if isinstance(a, (np.ndarray, float, int)):
        return np.array_equal(a, b)
    return True
