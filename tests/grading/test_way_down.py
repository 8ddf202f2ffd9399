"""The way of a submission through the rooms, drawn from a trace of calls."""

import json
import subprocess
import sys

from class_tools import solved
from tests_root import ROOT

# The package is imported with a note at the head of every public function; a tracing function would
# do as well, but those of CPython 3.11 spin for ever now and then where timers are set.
PROGRAM = """
import ast, json, sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

ROOT = Path(sys.argv[1])
entered = []

class Noting(SourceFileLoader):
    def get_code(self, name):
        path = Path(self.path).relative_to(ROOT / "autograder")
        tree = ast.parse(self.get_data(self.path))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                note = f"__import__('sys').entered.append(({path.parts[0]!r}, '{path}:{node.name}'))"
                node.body.insert(0, ast.parse(note).body[0])
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name.startswith("autograder") else None
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Noting(name, spec.origin)
        return spec

sys.entered = entered
sys.meta_path.insert(0, Finder)
sys.path.insert(0, str(ROOT))
from autograder.grading.grade_submission import grade_one, task_of
from autograder.grading.submission import parse_notebook
from autograder.sandbox.limits import Limits

released = json.loads(Path(sys.argv[2]).read_text())
task = task_of(parse_notebook(sys.stdin.buffer.read(), released), released, 5, "none", Limits())
ways = []
run = None
for _ in range(2):  # a new run, then a stored one
    entered.clear()
    run, judged = grade_one(task, run)
    ways.append(list(entered))
print(json.dumps([ways, [verdict.slips for verdict in judged.verdicts.values()]]))
"""
# what every room looks things up in: a submission does not pass through there
LOOKED_UP = {"exercises", "worker"}


def stays(entered):
    """One room for each stay, drawn from the functions when they are first entered."""
    first = list(dict.fromkeys(map(tuple, entered)))
    way = [room for room, _ in first if room not in LOOKED_UP and not room.endswith(".py")]
    return [room for n, room in enumerate(way) if n == 0 or way[n - 1] != room]


def returns(way):
    """How often a room is entered that was left before."""
    return len(way) - len(set(way))


def test_a_submission_returns_at_most_once_into_a_room_it_has_left():
    wrong = solved()
    answer = next(c for c in wrong["cells"] if "def scalar_bptt" in "".join(c["source"]))
    source = "".join(answer["source"])
    assert source.count("ds = ds + V * do[t]") == 1
    answer["source"] = source.replace("ds = ds + V * do[t]", "ds = V * do[t]")
    released = ROOT / "notebooks" / "01_scalar_rnn" / "01_scalar_rnn.ipynb"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ROOT, released],
        input=json.dumps(wrong).encode(),
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()
    ways, slips = json.loads(done.stdout)
    assert any(slips)  # the whole way was gone, down to the diagnosis
    for way in map(stays, ways):
        assert set(way) == {"grading", "sandbox", "diagnosis"} and way[-1] == "diagnosis", way
        assert returns(way) <= 1, way


def test_the_count_can_fail():
    assert returns(["grading", "sandbox", "grading", "diagnosis", "sandbox", "grading"]) == 3
    assert returns(["grading", "sandbox", "diagnosis"]) == 0
    twice = [["grading", "a"], ["sandbox", "b"], ["grading", "a"], ["sandbox", "c"], ["diagnosis", "d"]]
    assert stays(twice) == ["grading", "sandbox", "diagnosis"]
