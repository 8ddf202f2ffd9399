"""What stands beside student code: runs a submission's cells, then lends its functions out.

Needs Python and NumPy only and knows nothing of what judges it: no reference, no solution, no
points.  Three kinds of process share a sandbox:

- the keeper (`main`) reads the job, says READY, starts the runner, and reports how it ended;
- the runner executes the cells in order.  At each check cell it forks
- a copy of itself, which waits with the state of that moment for calls.

The inputs of those calls are sent when the runner has ended and everything that will be shown has
left the sandbox; so nothing that a cell displays can contain them.

A message is a length, a JSON text and an .npz of the arrays that the text refers to.
"""

import ast
import contextlib
import copy
import io
import json
import linecache
import os
import select
import shutil
import signal
import struct
import sys
import types
import zipfile

import numpy as np

LARGEST_ARRAY = 1_000_000  # entries; larger ones leave as their shape only
LARGEST_MESSAGE = 64 * 2**20  # bytes
MOST_PARTS = 20_000  # values in one nested answer


class TimeLimit(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


class BadMessage(ValueError):
    """Something arrived that no worker sends: too large, or not what it says it is."""


class Opaque:
    """Stands for an object that did not cross: `said` describes it."""

    def __init__(self, said):
        self.said = said


# ---------------------------------------------------------------------------- messages


def pack(value, call=None):
    """`value` as the bytes of a message.  call: list to which functions in it are appended."""
    arrays = []
    text = json.dumps(_tree(value, arrays, call, [MOST_PARTS])).encode()
    buffer = io.BytesIO()
    if arrays:
        np.savez(buffer, **{str(i): array for i, array in enumerate(arrays)})
    blob = buffer.getvalue()
    return struct.pack(">QI", 4 + len(text) + len(blob), len(text)) + text + blob


def _tree(value, arrays, call, left):
    left[0] -= 1
    if left[0] < 0:
        return {"opaque": f"a {type(value).__name__} of more than {MOST_PARTS} parts"}
    if value is None or type(value) in (bool, float, str):
        return {"value": value}
    if type(value) is int:
        return {"value": value} if abs(value) < 10**30 else {"opaque": "an integer of more than 30 digits"}
    if type(value) is complex:
        return {"complex": [value.real, value.imag]}
    if isinstance(value, np.ndarray | np.generic):
        return _array(np.array(value, subok=False), arrays)
    if isinstance(value, dict):
        return {"dict": [[str(k), _tree(v, arrays, call, left)] for k, v in list(dict.items(value))]}
    if isinstance(value, tuple) and hasattr(type(value), "_fields"):
        where = [type(value).__module__, type(value).__qualname__]
        parts = [[name, _tree(v, arrays, call, left)] for name, v in zip(type(value)._fields, value)]
        return {"fields": parts, "of": where}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        if len(value) > 50:  # long lists of numbers go as arrays
            array = np.array(value)
            if array.dtype.kind in "biufc":
                return _array(array, arrays) | {"was": kind}
        return {kind: [_tree(v, arrays, call, left) for v in value]}
    if callable(value) and call is not None:
        call.append(value)
        return {"function": len(call) - 1}
    return {"opaque": f"of type {type(value).__name__[:60]}"}


def _array(array, arrays):
    if array.dtype.kind not in "biufc":
        return {"opaque": f"an array of shape {array.shape} and dtype {array.dtype}"}
    if array.size > LARGEST_ARRAY:
        return {"shape": list(array.shape), "dtype": array.dtype.str}
    arrays.append(array)
    return {"array": len(arrays) - 1}


def unpack(payload, function=None, restore=False):
    """The value of a message's payload.

    function(n): what stands for the n-th function in it.  restore: NamedTuples become the class
    they say, which is imported; only for messages from the judging side.
    """
    (length,) = struct.unpack(">I", payload[:4])
    text, blob = payload[4 : 4 + length], payload[4 + length :]
    try:
        return _value(json.loads(text), _arrays(blob), function, restore)
    except BadMessage:
        raise
    except Exception as error:  # a forged message may be anything
        raise BadMessage(f"an unreadable message: {type(error).__name__}") from None


def _value(tree, arrays, function, restore):
    def inner(part):
        return _value(part, arrays, function, restore)

    ((kind, body), *_) = tree.items()
    if kind == "value":
        return body
    if kind == "complex":
        return complex(*body)
    if kind == "array":
        return arrays[body].tolist() if "was" in tree and restore else arrays[body]
    if kind == "shape":
        return np.broadcast_to(np.zeros((), "f8"), [int(n) for n in body])
    if kind == "dict":
        return {str(key): inner(part) for key, part in body}
    if kind == "fields":
        parts = {str(name): inner(part) for name, part in body}
        return _class(*tree["of"])(**parts) if restore else parts
    if kind in ("tuple", "list"):
        return (tuple if kind == "tuple" else list)(inner(part) for part in body)
    if kind == "function" and function is not None:
        return function(body)
    return Opaque(str(body)[:200])


def _class(module, name):
    return getattr(__import__(module, fromlist=[name]), name)


def _arrays(blob):
    """The arrays of an .npz, each checked against the bytes that are there before it is made."""
    if not blob:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            members = archive.infolist()
            if any(m.compress_type != zipfile.ZIP_STORED or m.file_size > len(blob) for m in members):
                raise BadMessage("a compressed archive")
            return [_read_array(archive.read(f"{i}.npy")) for i in range(len(members))]
    except (zipfile.BadZipFile, EOFError, OSError, struct.error) as error:
        raise BadMessage(f"an unreadable archive: {type(error).__name__}") from None


def _read_array(data):
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream, max_header_size=2000)
    body = data[stream.tell() :]
    count = 1
    for n in shape:
        count *= n
    if dtype.kind not in "biufc" or count < 0 or count * dtype.itemsize != len(body):
        raise BadMessage("an array that is not what it says")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C").copy()


def send(sock, message):
    sock.sendall(message)


def receive(sock, limit=LARGEST_MESSAGE):
    """The next message's payload; None at the end of the stream."""
    head = _exactly(sock, 8)
    if head is None:
        return None
    (length,) = struct.unpack(">Q", head)
    if not 4 <= length <= limit:
        raise BadMessage(f"a message of {length} bytes")
    return _exactly(sock, length)


def _exactly(sock, count):
    parts = []
    while count:
        part = sock.recv(min(count, 2**20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


# ---------------------------------------------------------------------------- the keeper


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
    sys.stdout.buffer.write(b"READY\n")
    sys.stdout.buffer.flush()
    runner = os.fork()
    if runner == 0:
        try:
            _become_runner(job, sockets)
        finally:
            os._exit(0)
    for sock in sockets:
        sock.close()
    _keep(runner, woken)


def _keep(runner, woken):
    """Kills the runner when told to, says that it has ended, and stays until the input ends."""
    ended = False
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            if not ended and os.waitpid(runner, os.WNOHANG)[0]:
                ended = True
                os.write(1, b"ENDED\n")
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


# ---------------------------------------------------------------------------- the runner


def _become_runner(job, sockets):
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, _out_of_time)
    main_module = types.ModuleType("__main__")
    namespace = main_module.__dict__
    namespace["get_ipython"] = lambda: types.SimpleNamespace(run_line_magic=_nothing, run_cell_magic=_nothing)
    namespace["display"] = lambda *objects, **_: print(*map(repr, objects), sep="\n")
    sys.modules["__main__"] = main_module
    out, checks, this = sockets[0], sockets[1:], os.getpid()
    for n, cell in enumerate(job["cells"]):
        send(out, pack({"start": n}))
        if cell["kind"] == "check":
            _reap()
            if os.fork() == 0:
                _become_copy(sockets, checks[cell["number"]], cell["name"], namespace)
            continue
        outputs = _run_cell(cell["source"], f"<cell {n + 1}>", namespace, job)
        if os.getpid() != this:  # a process that the cell forked, which has no business here
            return
        send(out, pack({"cell": n, "outputs": outputs}))
    send(out, pack({"done": True}))


def _reap():
    """Removes ended children, which count as processes until somebody asks for them."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _out_of_time(*_):
    raise TimeLimit


def _run_cell(source, name, namespace, job):
    """Executes a cell; returns its outputs as a notebook stores them."""
    printed = _Capped(job["most_output"])
    sys.stdout = sys.stderr = printed
    outputs = []
    try:
        signal.setitimer(signal.ITIMER_REAL, job["cell_seconds"])
        try:
            result = _execute(source, name, namespace)
            text = None if result is None else repr(result)[: job["most_output"]]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if text is not None:
            outputs.append({"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}})
    except TimeLimit:
        said = f"no answer within {job['cell_seconds']:g} s"
        outputs.append({"output_type": "error", "ename": "Timeout", "evalue": said, "traceback": []})
    except BaseException as error:  # whatever a cell raises, SystemExit included
        outputs.append(_error_output(error, name))
    if printed.text():
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": printed.text()})
    return outputs


def _execute(source, name, namespace):
    """Runs the statements; the value of a last expression is returned, as a notebook shows it."""
    tree = _parse(source, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = ast.Expression(tree.body.pop().value)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(last, name, "eval"), namespace) if last is not None else None


def _parse(source, name):
    try:
        return ast.parse(source, name)
    except SyntaxError:
        plain = _without_magics(source)
        if plain == source:
            raise
        return ast.parse(plain, name)


def _without_magics(source):
    """The cell without lines for IPython or the shell, which are not run here."""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        bare = line.lstrip()
        if bare.startswith(("%", "!", "?")) or bare.endswith("?"):
            lines[i] = line[: len(line) - len(bare)] + "pass"
    return "\n".join(lines)


def _error_output(error, name):
    kind, said = type(error).__name__, _said(error)[:2000]
    line = _line(error, name)
    trace = [f"line {line[0]}: {line[1]}"] if line else []
    return {"output_type": "error", "ename": kind, "evalue": said, "traceback": [*trace, f"{kind}: {said}"]}


def _said(error):
    try:
        return str(error)
    except Exception:  # whatever a student's own exception does when it is asked
        return ""


def _line(error, name):
    """(number, text) of the last line in the student's own cells that an error went through."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith("<cell") if name is None else file == name:
            found = trace.tb_lineno, linecache.getline(file, trace.tb_lineno).strip()[:200]
        trace = trace.tb_next
    return found


class _Capped(io.TextIOBase):
    """Keeps the beginning of what is written, up to a number of characters."""

    def __init__(self, most):
        self.most, self.parts, self.size, self.lost = most, [], 0, 0

    def write(self, text):
        text = str(text)
        kept = text[: max(self.most - self.size, 0)]
        if kept:
            self.parts.append(kept)
        self.size += len(kept)
        self.lost += len(text) - len(kept)
        return len(text)

    def text(self):
        more = f"\n… {self.lost} more characters were cut" if self.lost else ""
        return "".join(self.parts) + more


# ---------------------------------------------------------------------------- the copies


def _become_copy(sockets, sock, name, namespace):
    try:
        for other in sockets:
            if other is not sock:
                other.close()
        sys.stdout = sys.stderr = _Capped(0)
        if name in namespace:
            _lend(sock, namespace[name])
        else:
            send(sock, pack({"missing": True}))
    finally:
        os._exit(0)


def _lend(sock, answer):
    """Says what the answer is, then serves calls until the other side has no more."""
    send(sock, pack(_introduce(answer)))
    while (payload := receive(sock)) is not None:
        send(sock, _reply(answer, unpack(payload, lambda n: _Callback(sock, n), restore=True)))


def _introduce(answer):
    if callable(answer):
        code = getattr(answer, "__code__", None)
        names = list(code.co_varnames[: code.co_argcount]) if isinstance(code, types.CodeType) else []
        return {"callable": True, "names": [str(n) for n in names]}
    return {"callable": False, "answer": answer, "type": type(answer).__name__}


def _reply(answer, request):
    before = copy.deepcopy(request["arguments"])
    try:
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        try:
            returned = answer(*request["arguments"])
            message = pack({"returned": returned, "modified": not _same(before, request["arguments"])})
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return message
    except TimeLimit:
        return pack({"timeout": True})
    except BaseException as error:  # whatever a student's function raises
        trace, at = error.__traceback__, ""
        while trace is not None:
            at, trace = trace.tb_frame.f_code.co_name, trace.tb_next
        text = (_said(error).strip().splitlines() or [""])[0][:200]
        line = _line(error, None)
        return pack({"error": type(error).__name__, "text": text, "line": list(line or ()), "at": at})


class _Callback:
    """A function that lives on the judging side, such as the loss a gradient is to be taken of."""

    def __init__(self, sock, number):
        self.sock, self.number = sock, number

    def __call__(self, *arguments):
        send(self.sock, pack({"callback": self.number, "arguments": list(arguments)}))
        reply = unpack(receive(self.sock), restore=True)
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
