"""Submissions of lesson 01 that break, cheat or spy, each with what it has to score.

Of 15 points, 7 are earned before the exercise total_by_paths, 8 from there on (3, 4, and 1 for a
value); scalar_bptt is worth 4 of them and nothing else depends on it.
"""

import zlib
from typing import NamedTuple

from class_tools import before, cell, code, notebook, solved

ALL, BEFORE, NO_BPTT = 15, 7, 11


class Hostile(NamedTuple):
    """make() -> notebook (or text, or bytes); points it earns, a range where that is a race."""

    make: object
    points: float
    status: dict = {}
    files: dict = {}
    shows: str = ""  # what the notebook's outputs must contain


def in_cell(source, points=ALL, status=None, **more):
    """All right, with a cell of the student's own before total_by_paths."""
    return Hostile(lambda: before(solved(), "total_by_paths", code(source)), points, status or {}, **more)


def in_function(body, points=NO_BPTT, status="error", **more):
    """All right but scalar_bptt, whose body is given."""
    lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    return replaced(f"def scalar_bptt(params, run, do):\n{lines}\n", points, status, **more)


def replaced(source, points=NO_BPTT, status="error", **more):
    def make():
        nb = solved()
        cell(nb, "scalar_bptt")["source"] = source
        return nb

    return Hostile(make, points, {"check_scalar_bptt": status} if status else {}, **more)


def forged(returned, size):
    """A reply with the text of a returned value, and bytes for arrays, that no worker writes."""
    text = '{"dict": [["returned", ' + returned + "]]}"
    shortened = (
        repr(text)
        if len(text) < 1000
        else f"__import__('zlib').decompress({zlib.compress(text.encode())!r}).decode()"
    )
    return in_function(
        f"import struct, sys\ntext = {shortened}.encode()\n"
        f"message = struct.pack('>QI', 4 + len(text) + {size}, len(text)) + text + bytes({size})\n"
        "sys.modules['worker.messages'].pack_message = lambda *a: message",
        status=None,
    )


def around(source, points, status="judged", **more):
    """The right scalar_bptt under another name, and something around it."""

    def make():
        nb = solved()
        right = "".join(cell(nb, "scalar_bptt")["source"]).replace("def scalar_bptt(", "def right(")
        cell(nb, "scalar_bptt")["source"] = f"{right}\n\n{source}"
        return nb

    return Hostile(make, points, {"check_scalar_bptt": status}, **more)


def blank(source):
    """Nothing answered, and a cell that tries to earn something all the same."""

    def make():
        nb = notebook("notebooks")
        nb["cells"].insert(1, code(source))
        return nb

    return Hostile(make, 0)


def changed(change, points=ALL, **more):
    def make():
        nb = solved()
        change(nb)
        return nb

    return Hostile(make, points, **more)


def looks_up(nb):
    """scalar_forward asked last, and immediate, which is given what that would return, writes it down."""
    mine = "".join(cell(nb, "immediate")["source"]).replace("def immediate(", "def first_immediate(")
    cell(nb, "immediate")["source"] = f"{mine}\n\n{TWICE}"
    nb["cells"].append(code(LOOKED_UP))
    check = cell(nb, "check_scalar_forward")
    nb["cells"].remove(check)
    nb["cells"].append(check)


def without_ids(nb, minor, **metadata):
    """As other programs save it."""
    nb["nbformat_minor"] = minor
    nb["metadata"].update(metadata)
    for c in nb["cells"]:
        del c["id"]
        c["metadata"]["id"] = "8fSz1"


def tampered(which, **changes):
    return changed(lambda nb: cell(nb, which)["metadata"]["nbgrader"].update(changes))


LOST = {"check_total_by_paths": "notrun", "check_scalar_bptt": "notrun", "check_refute_softmax": "notrun"}
IGNORE = "import signal\nfor s in (signal.SIGALRM, signal.SIGPROF):\n    signal.signal(s, signal.SIG_IGN)\n"
FAKE = """
import sys
def look():
    import gc
    names = [m for m in sys.modules if m.startswith(("autograder", "nbgrader"))]
    frames, frame = [], sys._getframe()
    while frame:
        frames.append(frame.f_code.co_filename)
        frame = frame.f_back
    held = [o for o in gc.get_objects() if isinstance(o, dict) and ("reference" in o or "slips" in o)]
    return sorted(names), any("judge" in f or "diagnosis" in f for f in frames), len(held)
"""
FORGE = """
import os, sys
w = sys.modules["worker.messages"]
for fd in range(3, 64):
    for message in ({"cell": 3, "outputs": []}, {"callable": True}, {"returned": {"a": 1.0}}, {"done": 1}):
        try:
            os.write(fd, w.pack_message(message))
        except OSError:
            pass
"""
DRIP = """
import struct, sys, time
def drip(sock, *_):
    sock.sendall(struct.pack(">Q", 10**6))
    while True:
        sock.sendall(b" ")
        time.sleep(0.2)
"""
TWICE = """
def immediate(params, run):
    np.savez(f"{float(run.s[0])}.npz", a=run.a, s=run.s)
    return first_immediate(params, run)
"""
LOOKED_UP = """
def scalar_forward(params, x, s0):
    seen = np.load(f"{float(s0)}.npz")
    return seen["a"], seen["s"], params["V"] * seen["s"][1:]
"""
SPY = """
import os
wanted = ("gradebook.db", "seeds.json", "graded.json", "lesson01.py", "judge.py", "01_scalar_rnn.py")
found = []
for folder, folders, names in os.walk("/"):
    folders[:] = [f for f in folders if f not in ("proc", "usr", "site-packages", "lib")]
    found += [os.path.join(folder, n) for n in names if n in wanted or n.endswith(".ipynb")]
print("found", found)
"""

HOSTILE = {
    # without an end
    "endless function": in_function("while True:\n    pass", status="timeout"),
    "endless cell": in_cell("while True:\n    pass"),
    "endless import": in_cell("import helper", files={"helper.py": "while True:\n    pass\n"}),
    "cell that ignores signals": in_cell(IGNORE + "while True:\n    pass", BEFORE, LOST),
    "function that ignores signals": in_function(IGNORE + "while True:\n    pass", status="timeout"),
    "cell that catches everything": in_cell(
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        BEFORE,
        LOST,
    ),
    "sleeps for ever": in_function("import time\ntime.sleep(10**6)", status="timeout"),
    "bomb on the second call": around(
        "calls = []\ndef scalar_bptt(*a):\n    calls.append(1)\n    while len(calls) > 1:\n        pass\n"
        "    return right(*a)",
        NO_BPTT,
        "timeout",
    ),
    # without measure
    "75 GB": in_function("return np.ones(75 * 2**27)"),
    "creeping memory": in_function("kept = []\nwhile True:\n    kept.append(np.ones(2**22))", status=None),
    "fork bomb in a cell": in_cell("import os\nwhile True:\n    os.fork()", (BEFORE, ALL)),
    "fork bomb in a function": in_function("import os\nwhile True:\n    os.fork()"),
    "daemon": in_cell(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(3600)\n    os._exit(0)"
    ),
    "disk fill": in_cell(
        "with open('/tmp/fill', 'wb') as f:\n    while True:\n        f.write(bytes(2**20))\n",
        shows="OSError",
    ),
    "disk fill beside the notebook": in_cell(
        "for n in range(10**6):\n    with open(f'f{n}', 'wb') as f:\n        f.write(bytes(2**22))\n"
    ),
    "shared memory fill": in_cell(
        "for n in range(10**6):\n    with open(f'/dev/shm/{n}', 'wb') as f:\n        f.write(bytes(2**22))\n"
    ),
    "100 MB printed": in_cell("print('x' * 10**8)", shows="more characters were cut"),
    "100 MB past the streams": in_cell("import os\nfor _ in range(100):\n    os.write(1, bytes(2**20))"),
    "100 MB printed in a function": around(
        "def scalar_bptt(*a):\n    print('x' * 10**8)\n    return right(*a)", ALL
    ),
    "deep recursion": in_function("return scalar_bptt(params, run, do)"),
    "deep recursion without a limit": in_function(
        "import sys\nsys.setrecursionlimit(10**9)\nreturn scalar_bptt(params, run, do)", status=None
    ),
    "4000 x 4000": in_function(
        "return dict.fromkeys(('U', 'W', 'V', 'x', 's0'), np.zeros((4000, 4000)))", status="judged"
    ),
    "huge integer": in_function(
        "return dict.fromkeys(('U', 'W', 'V', 'x', 's0'), 10**100000)", status="judged"
    ),
    # ending the process
    "sys.exit in a cell": in_cell("import sys\nsys.exit(0)"),
    "sys.exit in a function": in_function("import sys\nsys.exit(0)"),
    "os._exit in a cell": in_cell("import os\nos._exit(0)", BEFORE, LOST),
    "os._exit in a function": in_function("import os\nos._exit(0)", status="died"),
    "segfault in a cell": in_cell("import ctypes\nctypes.string_at(0)", BEFORE, LOST),
    "segfault in a function": in_function("import ctypes\nctypes.string_at(0)", status="died"),
    "stops its supervisor": in_cell("import os\nos.kill(os.getppid(), 19)"),
    # its own checks above, which wait for calls; a value has been sent by then, or not
    "stops everything it can": in_cell("import os\nos.kill(-1, 19)", (ALL - BEFORE, ALL - BEFORE + 1)),
    "an answer that drips": in_cell(DRIP + "sys.modules['worker.runner']._serve_calls = drip", BEFORE),
    "outputs that drip": in_cell(
        DRIP + IGNORE + "frame = sys._getframe()\n"
        "while 'out' not in frame.f_locals:\n    frame = frame.f_back\ndrip(frame.f_locals['out'])",
        BEFORE,
        LOST,
    ),
    "kills its group": in_cell("import os\nos.killpg(0, 9)", (0, 1)),
    "kills everything it can": in_cell("import os\nos.kill(-1, 9)", (ALL - BEFORE, ALL - BEFORE + 1)),
    "atexit": in_cell("import atexit, os\natexit.register(os.abort)"),
    "KeyboardInterrupt": in_function("raise KeyboardInterrupt"),
    "an error that cannot be shown": in_function(
        "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E()"
    ),
    # spying
    "looks for files": in_cell(SPY, shows="found []"),
    "looks at other processes": in_cell(
        "import os\nprint('processes', sum(p.isdigit() for p in os.listdir('/proc')) < 20)\n"
        "print([open(f'/proc/{p}/cmdline').read() for p in os.listdir('/proc') if p.isdigit()])",
        shows="processes True",
    ),
    "reads the environment": in_cell(
        "import os\nprint(dict(os.environ), 'UNROLLED_TEST' in os.environ)", shows="False"
    ),
    "looks through memory": in_cell(FAKE + "print(look())", shows="(['autograder'], False, 0)"),
    "network": in_cell(
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', PORT), 2)\nexcept OSError as e:\n"
        "    print('refused', e)",
        shows="refused",
    ),
    "secret inputs as a key": around(
        "def scalar_bptt(params, run, do):\n    return {**right(params, run, do), str(do.tolist()): 0}", ALL
    ),
    "secret inputs as a shape": around(
        "def scalar_bptt(params, run, do):\n    given = right(params, run, do)\n"
        "    if abs(do[0] - PUBLIC) < 1e-12:\n        return given\n"
        "    return {**given, 'U': np.zeros((0, int(abs(do[0]) * 1e15)))}",
        14.2,
    ),
    "secret inputs as the number of a line": around(
        "def scalar_bptt(params, run, do):\n    if abs(do[0] - PUBLIC) < 1e-12:\n"
        "        return right(params, run, do)\n    def inner():\n        raise ValueError\n"
        "    inner.__code__ = inner.__code__.replace(co_firstlineno=int(abs(do[0]) * 1e8))\n    inner()",
        NO_BPTT,
        "error",
    ),
    "secret inputs as a type": around(
        "def scalar_bptt(params, run, do):\n    if abs(do[0] - PUBLIC) < 1e-12:\n        return right(params, run, do)\n"
        "    raise type('E' + repr(do[:3].tolist()), (Exception,), {})()",
        NO_BPTT,
        "error",
    ),
    "secret inputs as what is returned": around(
        "def scalar_bptt(params, run, do):\n    return {**right(params, run, do), 'U': type(str(do.tolist()), (), {})()}",
        14.2,
    ),
    "secret inputs as a function's name": around(
        "def scalar_bptt(params, run, do):\n    if abs(do[0] - PUBLIC) < 1e-12:\n"
        "        return right(params, run, do)\n    def inner():\n        raise NotImplementedError\n"
        "    inner.__code__ = inner.__code__.replace(co_name=str(do.tolist()))\n    inner()",
        NO_BPTT,
        "unanswered",
    ),
    "another exercise's secret input": changed(looks_up, 14),
    "reads passwords": in_cell("print(open('/etc/shadow').read())", shows="[Errno "),
    "prints the secret inputs": around(
        "seen = []\ndef scalar_bptt(params, run, do):\n    seen.append(do.tolist())\n"
        "    return right(params, run, do)",
        ALL,
    ),
    "raises the secret inputs": in_function(
        "if abs(do[0] - PUBLIC) < 1e-12:\n    return {}\nraise ValueError(str(do.tolist()))", status=None
    ),
    # forging
    "overwrites the grader": in_cell(
        "import autograder\nfrom worker import runner\nautograder.check = lambda *a: 1000.0\n"
        "try:\n    open(runner.__file__, 'a').write('#')\nexcept OSError as e:\n    print('read-only', e)",
        shows="read-only",
    ),
    "patched comparisons": blank(
        "import numpy as np, builtins\nnp.allclose = np.array_equal = lambda *a, **k: True\n"
        "builtins.abs = lambda x: 0.0\nnp.abs = lambda x: np.zeros(1)"
    ),
    "patched json": blank("import json\njson.dumps = lambda *a, **k: '{\"returned\": 15.0}'"),
    "patched open": blank(
        "import builtins\nbuiltins.open = None\nbuiltins.print = None\nbuiltins.repr = None"
    ),
    "no streams": in_cell("import sys\nsys.stdout.close()\nsys.stdout = sys.stderr = None"),
    "input transformers": in_cell("get_ipython().input_transformers_cleanup.append(lambda l: [])"),
    "display formatters": in_cell(
        "class Points(float):\n    def __repr__(self):\n        return '15.0'\ndisplay(Points())\nPoints()"
    ),
    "its own check": blank("import autograder\nautograder.check = check = lambda *a: 15.0\ncheck()"),
    "an array that lies": in_function(
        "class Liar(np.ndarray):\n    def __eq__(self, other):\n        return True\n"
        "    def __sub__(self, other):\n        return np.zeros(1)\n"
        "zero = np.zeros(()).view(Liar)\nreturn dict(U=zero, W=zero, V=zero, x=np.zeros(len(do)).view(Liar), s0=zero)",
        status="judged",
    ),
    "a dict that lies": in_function(
        "class Liar(dict):\n    def __contains__(self, key):\n        return True\n"
        "    def __getitem__(self, key):\n        return 0.0\n    def keys(self):\n        return ['U']\n"
        "return Liar()",
        status="judged",
    ),
    "forged messages": blank(FORGE),
    "pickle": in_function(
        "class P:\n    def __reduce__(self):\n        import os\n        return os.system, ('touch /tmp/pickled',)\n"
        "return np.array([P()], dtype=object)",
        status="form",
    ),
    "one array 300 times": in_function("return {'U': [np.ones(500_000)] * 300, 'W': 0.0}", status="judged"),
    "one array named 300 times": forged(
        '{"list": [' + ", ".join(['{"array": ["<f8", [250000]]}'] * 300) + "]}", 2_000_000
    ),
    "a quarter of a million arrays": forged(
        '{"list": [' + ", ".join(['{"array": ["<f8", []]}'] * 250_000) + "]}", 2_000_000
    ),
    "an array larger than its bytes": forged('{"array": ["<f8", [1000000000000]]}', 8),
    "a note with a million digits": forged('{"dict": [["' + "7" * 1_000_000 + '", {"value": 1}]]}', 0),
    "a shape with a million digits": forged('{"shape": [' + ", ".join(["7777"] * 250_000) + "]}", 0),
    "more than one answer may say": in_function(
        "return {name: np.ones(250_000) for name in ('U', 'V', 'W')}", status="error"
    ),
    "half a gigabyte of text": in_function(
        "import struct, sys\ntext = b'{\"dict\": [[\"returned\", {\"value\": [' + b'[],' * 20_000_000 + b'[]]}]]}'\n"
        "message = struct.pack('>QI', 4 + len(text), len(text)) + text\n"
        "sys.modules['worker.messages'].pack_message = lambda *a: message"
    ),
    "a shape that is not there": in_function(
        'import struct, sys\ntext = b\'{"dict": [["returned", {"shape": [700000000]}]]}\'\n'
        "message = struct.pack('>QI', 4 + len(text), len(text)) + text\n"
        "sys.modules['worker.messages'].pack_message = lambda *a: message",
        status=None,
    ),
    "200 MB of zeros": around(
        "def scalar_bptt(*a):\n    return {**right(*a), 'U': np.zeros(200_000_000, np.uint8)}", 14.2
    ),
    "one long text among short ones": around(
        "def scalar_bptt(*a):\n    return {**right(*a), 'U': ['x' * 4_000_000] + [''] * 49}", 14.2
    ),
    "a step without a number": in_cell(
        "import socket, sys\nw = sys.modules['worker.messages']\nfor fd in range(3, 64):\n    try:\n"
        "        w.send_message(socket.socket(fileno=fd), w.pack_message({'start': 'x'}))\n    except OSError:\n        pass",
        (0, ALL),
    ),
    "a message without an end": in_function(
        "import struct, sys\nsys.modules['worker.messages'].pack_message = lambda *a: struct.pack('>Q', 2**60) + bytes(100)"
    ),
    "returns the library's answer": in_function(
        "from rnnlib import scalar\nreturn scalar.backward(params, run, do)"
    ),
    "reads the library's source": in_cell(
        "import inspect\nfrom rnnlib import scalar\nsource = inspect.getsource(scalar)\n"
        "print('there', 'def backward' in source, 'reversed(range' in source)",
        shows="there True False",
    ),
    # wrong, odd, or right in an odd way
    "None": in_function("return None", status="form"),
    "a list": in_function("return [1.0, 2.0]", status="form"),
    "missing key": around("def scalar_bptt(*a):\n    g = right(*a)\n    del g['V']\n    return g", 14.2),
    "extra key": around("def scalar_bptt(*a):\n    return {**right(*a), 'more': object()}", ALL),
    "NaN": around("def scalar_bptt(*a):\n    return {**right(*a), 'U': np.nan}", 14.2),
    "one axis too many": around(
        "def scalar_bptt(*a):\n    g = right(*a)\n    return {**g, 'U': np.array([g['U']])}", 14.2
    ),
    "strings": in_function("return dict.fromkeys(('U', 'W', 'V', 'x', 's0'), '1.0')", status="judged"),
    "a deque": around(
        "from collections import deque\ndef scalar_bptt(*a):\n    g = right(*a)\n    return {**g, 'x': deque(g['x'])}",
        ALL,
    ),
    "an array of the standard library": around(
        "from array import array\ndef scalar_bptt(*a):\n    g = right(*a)\n    return {**g, 'x': array('d', g['x'])}",
        ALL,
    ),
    "a read-only dict": around(
        "from types import MappingProxyType\ndef scalar_bptt(*a):\n    return MappingProxyType(right(*a))",
        ALL,
    ),
    "lists of different lengths beside the answer": around(
        "def scalar_bptt(*a):\n    return {**right(*a), 'more': [None] * 30 + [np.zeros(2)] * 30}", ALL
    ),
    "changes its arguments": around(
        "def scalar_bptt(params, run, do):\n    g = right(dict(params), run, do.copy())\n    do *= 0\n"
        "    params.clear()\n    return g",
        ALL,
    ),
    "keeps its first result": around(
        "kept = []\ndef scalar_bptt(*a):\n    kept.append(right(*a))\n    return kept[0]", NO_BPTT, "judged"
    ),
    "only its own shapes": around(
        "def scalar_bptt(params, run, do):\n    assert len(do) == 5\n    return right(params, run, do)",
        NO_BPTT,
        "error",
    ),
    "finite differences": around(
        "def scalar_bptt(params, run, do):\n    from rnnlib import scalar\n    return right(params, run, do)",
        ALL,
    ),
    "syntax error": replaced("def scalar_bptt(params, run, do:\n    return 1\n"),
    "null bytes": replaced("def scalar_bptt(params, run, do):\n    return '\x00'\n"),
    "name deleted": in_cell("del scalar_forward, check", ALL),
    # files
    "modules of the same name": Hostile(
        solved,
        ALL,
        files={n: "raise SystemExit" for n in ("numpy.py", "json.py", "rnnlib.py", "worker.py", "ast.py")},
    ),
    "link to the gradebook": in_cell(
        "import os\nprint(os.path.lexists('link.db'))", files={"link.db": None}, shows="False"
    ),
    "a helper beside the notebook": in_cell(
        "from helper import two\nprint(two + 40)", files={"helper.py": "two = 2\n"}, shows="42"
    ),
    "empty file": Hostile(lambda: "", 0, dict.fromkeys(("check_immediate",), "unreadable")),
    "no JSON": Hostile(lambda: "this is no notebook {", 0, {"check_immediate": "unreadable"}),
    "a list as notebook": Hostile(lambda: "[1, 2]", 0, {"check_immediate": "unreadable"}),
    "binary": Hostile(lambda: b"\xff\xfe\x00" * 100, 0, {"check_immediate": "unreadable"}),
    "100 MB": Hostile(lambda: "{" + " " * 10**8 + "}", 0, {"check_immediate": "unreadable"}),
    "names that are no text": in_cell(
        "1", files={"\udcdcbung.txt": "x", "l\udcf6st.txt": None, "timestamp.txt": "\0"}
    ),
    "cells of the wrong kind": changed(
        lambda nb: nb["cells"].extend([None, 7, {"cell_type": "x"}, {"source": 3}])
    ),
    "Colab": changed(lambda nb: without_ids(nb, 0, colab={"provenance": []}, accelerator="GPU")),
    "nbformat 4.2": changed(lambda nb: without_ids(nb, 2)),
    "nbformat 4.4": changed(lambda nb: without_ids(nb, 4)),
    "nbformat 4.5 without ids": changed(lambda nb: without_ids(nb, 5)),
    "ids of other types": changed(
        lambda nb: [c.update(id=(n, None, [n], "x", "y z")[n % 5]) for n, c in enumerate(nb["cells"])]
    ),
    "half a character": in_cell("print('\\ud800')\n'\\udfff'", shows="?"),
    # metadata
    "says that it is unreadable": changed(lambda nb: nb["metadata"].update(unreadable="forged")),
    "half a character as grade_id": changed(
        lambda nb: nb["cells"][0]["metadata"].update(nbgrader={"grade_id": "\ud800"}, more="\ud800")
    ),
    "a list as grade_id": changed(lambda nb: nb["cells"][0]["metadata"].update(nbgrader={"grade_id": [1]})),
    "metadata of wrong types": changed(
        lambda nb: [
            nb.update(nbformat_minor=float("inf"), metadata={"kernelspec": 5, "language_info": "x"}),
            *[c["metadata"].update(collapsed="maybe") for c in nb["cells"]],
            nb["cells"][0].update(attachments={"a": 5, "b": {"image/png": 7}}),
        ]
    ),
    "points raised": tampered("check_immediate", points=2000),
    "old schema": tampered("check_immediate", schema_version=1),
    "schema from nowhere": tampered("check_immediate", schema_version="x"),
    "unlocked": tampered("check_immediate", locked=False, grade=False),
    "check became a solution": tampered("check_immediate", solution=True),
    "grade_id renamed": tampered("check_immediate", grade_id="check_scalar_bptt"),
    "metadata is a list": changed(lambda nb: cell(nb, "check_immediate").update(metadata=[1])),
    "skip-execution": changed(
        lambda nb: [c["metadata"].update(tags=["skip-execution", "raises-exception"]) for c in nb["cells"]]
    ),
    "check became text": changed(lambda nb: cell(nb, "check_immediate").update(cell_type="markdown")),
    "everything twice": changed(lambda nb: nb["cells"].extend([dict(c) for c in nb["cells"]])),
}
