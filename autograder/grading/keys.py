"""Names for stored runs, verdicts and lines, made of everything that can change them and of nothing else."""

import ast
import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from ..exercises import sources
from ..exercises.check_cell import cell_source, nbgrader_metadata
from ..sandbox import reduced_rnnlib
from ..sandbox.limits import Limits
from ..syntax import parse
from .run_submission import answer_functions
from .submission import Submission

PACKAGE = Path(__file__).resolve().parent.parent
RUNNING = (  # what runs a submission
    "worker",
    "sandbox",
    "grading/needed_statements.py",
    "grading/run_submission.py",
)
JUDGING = (  # what judges it
    "answers.py",
    "compare.py",
    "diagnosis",
    "errors.py",
    "grading/judge_submission.py",
    "outputs.py",
    "results.py",
    "wording.py",
)
SEARCHING = ("diagnosis/repair", "grading/line_search.py")  # what looks for lines, beside what it judges with


def run_key(
    submission: Submission, given: Mapping[str, bool], lesson: str, seed: int, mode: str, limits: Limits
) -> str:
    """Names the run of a submission: its code and files, the seed, and what it is run with and under.

    given: the release's cells, as `run_submission.given_cells` returns them.  A time-out under one
    limit says nothing about another.
    """
    code = [
        [cell_source(cell), nbgrader_metadata(cell).get("grade_id")]
        for cell in submission.notebook["cells"]
        if cell["cell_type"] == "code"
    ]
    files = [
        [os.fsencode(name).hex(), hashlib.sha256(path.read_bytes()).hexdigest()]
        for name, path in sorted(submission.files.items())
    ]
    return _digest([code, sorted(given.items()), files, seed, _runner_version(lesson), _walled(mode), limits])


def judged_key(run: str, lesson: str, submission: Submission) -> str:
    """Names the verdicts on a run: the judge, the lesson's exercises and solutions, and the diagnosis."""
    return _digest([run, submission.unreadable, _judge_version(lesson)])


def lines_key(name: str, source: str, question: bytes, lesson: str, mode: str) -> str:
    """Names the lines of a wrong answer: its name and source with what it needs, and what it is asked."""
    asked = hashlib.sha256(question).hexdigest()
    return _digest([name, source, asked, _runner_version(lesson), _searcher_version(), _walled(mode)])


def _walled(mode: str) -> bool | str:
    """What of the walls a run depends on."""
    return mode if mode == "account" else mode != "none"


@cache
def _searcher_version() -> str:
    return _digest([reduced_rnnlib.search_sources(), _sources(SEARCHING)])


@cache
def _runner_version(lesson: str) -> str:
    reduced = reduced_rnnlib.reduced_sources(answer_functions(lesson))
    return _digest([platform.python_version(), np.__version__, reduced, _sources(RUNNING)])


@cache
def _judge_version(lesson: str) -> str:
    rnnlib = {path.name: path.read_text(encoding="utf-8") for path in reduced_rnnlib.RNNLIB.glob("*.py")}
    for name in reduced_rnnlib.NOT_THERE:
        del rnnlib[f"{name}.py"]
    judging = {path: text for path, text in _sources(JUDGING).items() if not path.startswith(SEARCHING)}
    return _digest([rnnlib, judging, _exercises(lesson), sources.code_cells(lesson)])


def _exercises(lesson: str) -> dict[str, str]:
    """What the lesson's exercises ask for, without their points, and what they are declared with."""
    folder = PACKAGE / "exercises"
    shared = [path for path in folder.glob("*.py") if not path.stem.startswith("lesson")]
    paths = sorted([*shared, folder / f"lesson{lesson}.py"])
    return {path.name: _without_points(path.read_text(encoding="utf-8")) for path in paths}


def _without_points(source: str) -> str:
    """A module's syntax tree without the points of its exercises, and without comments."""
    tree = parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Exercise":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "points"]
    return ast.dump(tree)


def _sources(places: Iterable[str]) -> dict[str, str]:
    """{path: text} of Python files and of all that are in folders of the package."""
    found = [
        path for place in places for path in (sorted((PACKAGE / place).rglob("*.py")) or [PACKAGE / place])
    ]
    return {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in found}


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
