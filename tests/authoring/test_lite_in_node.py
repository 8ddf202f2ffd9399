"""Pyodide without a browser: the limit of time, and that Python there has what the course imports."""

import ast
import json
import sys

import pytest
from endless_loops import AFTER, LOOPS
from node_tools import install_pyodide, run_in_pyodide
from tests_root import ROOT

pytestmark = pytest.mark.slow  # it installs a package

START = """\
import json, sys, time
sys.path.insert(0, "/clone")
from autograder.diagnosis import time_limit as limits
from autograder.diagnosis.time_limit import time_limit
from autograder.errors import TimeLimitExceeded
"""
# what students do not have: grading, building, and the command line
ELSEWHERE = {"authoring", "grading", "lms", "sandbox", "worker"}
ELSEWHERE |= {"cli.py", "__main__.py", "lab.py", "doctor.py"}
SHARED = {"worker/__init__.py", "worker/stand_ins.py"}  # follow-through is the same in a notebook


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    return install_pyodide(tmp_path_factory.mktemp("pyodide"))


def must(folder, program):
    code, printed, errors = run_in_pyodide(folder, program)
    assert code == 0, errors[-3000:]
    return printed


def test_the_limit_of_time_ends_every_kind_of_loop_and_leaves_nothing(pyodide):
    which = "\nassert sys.platform == 'emscripten' and not limits.can_start_threads()"
    which += "\nassert limits._choose_limit() is limits._limit_by_events"
    lines = must(pyodide, START + which + LOOPS + AFTER).splitlines()
    found, seen = json.loads(lines[0])
    assert len(found) == 8 and all(0.2 <= seconds < 20 for seconds in found.values()), found
    assert seen == ["handler"] + 3 * ["bare except"]
    assert lines[1:4] == ["done"] * 3 and "no time limit is possible here" in lines[4]


def test_without_the_limit_a_loop_goes_on(pyodide):
    """The control: neither Pyodide nor node ends one, so the test above sees the limit's work."""
    counted = "def loop():\n    for n in range(10**7): pass\n    return n\n"
    without = "limits._choose_limit = lambda: lambda seconds: __import__('contextlib').nullcontext()\n"
    call = "\nwith time_limit(0.05): print(loop())"
    assert must(pyodide, START + counted + without + call).split() == ["9999999"]
    code, printed, errors = run_in_pyodide(pyodide, START + counted + call)
    assert code and "TimeLimitExceeded" in errors and printed == ""


def of_students():
    """The modules that a lesson in a browser may load."""
    for package in ("autograder", "rnnlib"):
        for path in sorted((ROOT / package).rglob("*.py")):
            place = path.relative_to(ROOT / package)
            if place.parts[0] not in ELSEWHERE or place.as_posix() in SHARED:
                yield path


def imported_from_the_standard_library():
    """Names of modules that are imported when a module is, not in a function of it."""
    found = set()
    for path in of_students():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module)
    return sorted(name for name in found if name.split(".")[0] in sys.stdlib_module_names)


def test_the_standard_library_there_has_what_the_course_imports(pyodide):
    names = imported_from_the_standard_library()
    assert len(names) > 20 and {"ctypes", "signal", "threading"} <= {*names}
    attempt = (
        "import importlib\ndef lacks(name):\n    try: importlib.import_module(name)\n"
        "    except ImportError: return True\n"
        f"print(json.dumps([name for name in {[*names, 'no_such_module']!r} if lacks(name)]))"
    )
    assert json.loads(must(pyodide, START + attempt)) == ["no_such_module"]


def test_every_module_is_found_and_asks_for_numpy_at_most(pyodide):
    """The package itself is imported; what needs NumPy says so, as npm's Pyodide has none."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in of_students()
    ]
    attempt = (
        "import importlib\nfound = {}\n"
        f"for name in {names!r}:\n"
        "    try: importlib.import_module(name); found[name] = ''\n"
        "    except ModuleNotFoundError as error: found[name] = error.name\n"
        "print(json.dumps(found))"
    )
    found = json.loads(must(pyodide, START + attempt))
    assert set(found.values()) == {"", "numpy"} and len(found) == len(names) > 50
    assert found["autograder"] == found["autograder.diagnosis.time_limit"] == ""
    assert found["autograder.feedback.check"] == "numpy"
