"""The runner and its copies: executes a submission's cells, then serves calls of its functions."""

import copy
import os
import signal
import sys
import types

import numpy as np

from . import cells, memory, messages


def draw_nothing(*_, **__):
    """A drawing that is not made while grading."""


def run_cells(job, sockets):
    """Executes the cells of a job; in the runner's process, which ends afterwards.

    sockets: for what the cells show, then one for each check's copy.
    """
    memory.show_memory()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, cells.out_of_time)
    main_module = types.ModuleType("__main__")
    namespace = main_module.__dict__
    namespace["get_ipython"] = lambda: types.SimpleNamespace(
        run_line_magic=draw_nothing, run_cell_magic=draw_nothing
    )
    namespace["display"] = lambda *objects, **_: print(*map(repr, objects), sep="\n")
    sys.modules["__main__"] = main_module
    out, checks, this = sockets[0], sockets[1:], os.getpid()
    for n, cell in enumerate(job["cells"]):
        messages.send_message(out, messages.pack_message({"start": n}))
        if cell["kind"] == "check":
            _reap()
            if os.fork() == 0:
                _become_copy(sockets, checks[cell["number"]], cell["name"], namespace)
            continue
        outputs = cells.run(cell["source"], f"<cell {n + 1}>", namespace, job)
        if os.getpid() != this:  # a process that the cell forked, which has no business here
            return
        messages.send_message(out, messages.pack_message({"cell": n, "outputs": outputs}))
    messages.send_message(out, messages.pack_message({"done": True}))


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
            _serve_calls(sock, namespace[name])
        else:
            messages.send_message(sock, messages.pack_message({"missing": True}))
    finally:
        os._exit(0)


def _serve_calls(sock, answer):
    """Says what the answer is, then serves calls until the other side has no more."""
    messages.send_message(sock, messages.pack_message(_introduction(answer)))
    while (payload := messages.receive_message(sock)) is not None:
        messages.send_message(
            sock, _reply(answer, messages.unpack_message(payload, lambda n: _Callback(sock, n), restore=True))
        )


def _introduction(answer):
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
            message = messages.pack_message(
                {"returned": returned, "modified": not _same(before, request["arguments"])}
            )
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return message
    except cells.TimeLimit:
        return messages.pack_message({"timeout": True})
    except BaseException as error:  # whatever a student's function raises
        trace, at = error.__traceback__, ""
        while trace is not None:
            at, trace = trace.tb_frame.f_code.co_name, trace.tb_next
        text = (cells.text_of(error).strip().splitlines() or [""])[0][:200]
        line = cells.line_of(error, None)
        return messages.pack_message(
            {"error": type(error).__name__, "text": text, "line": list(line or ()), "at": at}
        )


class _Callback:
    """A function that lives on the judging side, such as the loss a gradient is to be taken of."""

    def __init__(self, sock, number):
        self.sock, self.number = sock, number

    def __call__(self, *arguments):
        messages.send_message(
            self.sock, messages.pack_message({"callback": self.number, "arguments": list(arguments)})
        )
        reply = messages.unpack_message(messages.receive_message(self.sock), restore=True)
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
