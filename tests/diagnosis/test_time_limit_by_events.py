"""The limit of time where the platform has neither timers nor threads, as in a browser.

Each Python runs the module by itself, with timers and threads taken away.
"""

import json
import sys

import pytest
from endless_loops import AFTER, LOOPS
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


def start():
    return START.format(root=str(ROOT))


@pytest.mark.parametrize("version", [pytest.param("3.12", marks=pytest.mark.slow), "3.13", "3.14"])
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
