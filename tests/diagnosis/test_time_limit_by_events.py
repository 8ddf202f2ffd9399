"""The limit of time where the platform has neither timers nor threads, as in a browser.

Each Python runs the module by itself, with timers and threads taken away.
"""

import json
import sys

import pytest
from package_tools import must, python_or_skip, run, said
from tests_root import ROOT

START = """\
import json, signal, sys, threading, time
sys.path.insert(0, {root!r})

def no_thread(self):
    raise RuntimeError("can't start new thread")

signal.__dict__.pop("setitimer", None)
threading.Thread.start = no_thread
from autograder.diagnosis.time_limit import _choose_limit, can_start_threads, time_limit
from autograder.errors import TimeLimitExceeded
assert not can_start_threads() and _choose_limit().__name__ == "_limit_by_events"
"""

LOOPS = """
def jumps():
    while True: pass

def calls():
    def one(n): return one(n - 1) if n else 0
    while True: one(20)

def recursion():
    def deeper(): deeper()
    while True:
        try: deeper()
        except RecursionError: pass

def comprehension():
    [0 for _ in iter(int, 1)]

def called_from_c():
    max(map(lambda x: x, iter(int, 1)))

def generator():
    sum(1 for _ in iter(int, 1))

def caught():
    n = 0
    try:
        while True: n += 1
    except BaseException:
        seen.append("handler")
        raise

def stubborn():
    while True:
        try:
            for i in range(10**9): pass
        except:
            seen.append("bare except")
            if len(seen) > 3: raise

seen, found = [], {}
for loop in (jumps, calls, recursion, comprehension, called_from_c, generator, caught, stubborn):
    start = time.monotonic()
    try:
        with time_limit(0.2):
            loop()
        found[loop.__name__] = "went on"
    except TimeLimitExceeded:
        found[loop.__name__] = time.monotonic() - start
print(json.dumps([found, seen]))
"""

AFTER = """
def loop(n=10**5):
    for i in range(n): pass
    return "done"

with time_limit(60):
    print(loop())  # in time: not touched
for n in range(300):  # however the limit and the end of the block fall
    try:
        with time_limit(0.0005):
            loop(n * 100)
    except TimeLimitExceeded:
        pass
    assert all(sys.monitoring.get_tool(tool) is None for tool in range(6)), n
time.sleep(0.3)
print(loop())
with time_limit(0.2):
    with time_limit(60):
        print(loop())
for tool in (2, 3, 4):
    sys.monitoring.use_tool_id(tool, "others")
try:
    with time_limit(1): pass
except RuntimeError as error:
    print(error)
"""


def start():
    return START.format(root=str(ROOT))


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_every_kind_of_loop_is_ended(version, tmp_path):
    found, seen = json.loads(must(python_or_skip(version), "-c", start() + LOOPS, cwd=tmp_path))
    assert len(found) == 8 and all(0.2 <= seconds < 20 for seconds in found.values()), found
    assert seen == ["handler"] + 3 * ["bare except"]


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_nothing_is_left_of_it_afterwards(version, tmp_path):
    lines = must(python_or_skip(version), "-c", start() + AFTER, cwd=tmp_path).splitlines()
    assert lines[:3] == ["done"] * 3 and "no time limit is possible here" in lines[3]


def test_python_3_11_says_that_it_has_no_events(tmp_path):
    done = run(python_or_skip("3.11"), "-c", start() + "\nwith time_limit(1): pass", cwd=tmp_path)
    assert done.returncode and "no time limit is possible here" in said(done).splitlines()[-1]


def test_neither_profiling_nor_tracing_is_used():
    """They belong to debuggers and to tests of coverage."""
    text = (ROOT / "autograder" / "diagnosis" / "time_limit.py").read_text(encoding="utf-8")
    assert "sys.setprofile" not in text and "sys.settrace" not in text


@pytest.mark.skipif(sys.platform == "emscripten", reason="there are no threads")
def test_here_it_is_not_chosen():
    """The control: a platform with timers or threads keeps what it had."""
    from autograder.diagnosis import time_limit

    assert time_limit.can_start_threads()
    assert time_limit._choose_limit() in (time_limit._limit_by_signal, time_limit._limit_by_thread)
