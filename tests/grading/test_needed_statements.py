"""Cells that show answers: what other cells need of them is run, and no given cell fails."""

import json

import pytest
from class_tools import MODE
from tests_root import ROOT

from autograder.exercises.check_cell import cell_source
from autograder.grading.needed_statements import TAG, names_read, needed_sources
from autograder.grading.run_submission import answer_functions, plan_steps
from autograder.sandbox.limits import Limits
from autograder.sandbox.run import Check, Job, run_job

NAMES = sorted(p.stem for p in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))


def notebook(folder, name):
    return json.loads((ROOT / folder / name / f"{name}.ipynb").read_text(encoding="utf-8"))


def failures(name, released):
    """{index: error} of a lesson's given cells, run beside the solution without the answers of rnnlib."""
    steps = plan_steps(notebook("solutions", name), released)
    cells = tuple(Check(step.name) if step.exercise else step.source for step in steps)
    ran = run_job(Job(cells, answer_functions(name[:2])), MODE, Limits())
    assert not ran.ended and ran.at == len(steps) - 1
    assert sum(step.given for step in steps) >= 5
    shown = {step.index: ran.outputs[step.index] for step in steps if step.given}
    return {
        n: f"{o['ename']}: {o['evalue']}" for n, outputs in shown.items() for o in outputs if "ename" in o
    }


def test_every_given_cell_runs_where_the_answers_of_rnnlib_are_gone():
    """The control of the next test, of one lesson; tests/test_lessons.py runs all of them."""
    assert failures(NAMES[3], notebook("notebooks", NAMES[3])) == {}


@pytest.mark.parametrize(
    "name", [NAMES[3], *(pytest.param(n, marks=pytest.mark.slow) for n in NAMES if n != NAMES[3])]
)
def test_without_its_tag_every_tagged_cell_fails(name):
    """So no cell is tagged that need not be."""
    released = notebook("notebooks", name)
    tagged = {cell_source(c) for c in released["cells"] if TAG in c["metadata"].get("tags", ())}
    for cell in released["cells"]:
        cell["metadata"].pop("tags", None)
    steps = plan_steps(notebook("solutions", name), released)
    failed = {steps[n].source for n in failures(name, released)}
    assert failed == tagged


@pytest.mark.parametrize("name", NAMES)
def test_a_tag_stands_on_a_code_cell_that_is_given(name):
    released = notebook("notebooks", name)
    tagged = [cell for cell in released["cells"] if TAG in cell["metadata"].get("tags", ())]
    assert tagged and all(cell["cell_type"] == "code" for cell in tagged)
    assert not any("nbgrader" in cell["metadata"] for cell in tagged)


SHOWN = """import numpy as np

x = np.ones(3)
run = forward(x)
for name in run:
    total = run[name].sum()
    print(total)


def helper(v):
    return v * scale


scale = 2.0
rng = np.random.default_rng(0)
rng.normal()
x[0] = 5.0
"""


@pytest.mark.parametrize(
    "own, kept",
    [
        ("print(1)", {1}),
        ("def answer(v):\n    return x * v", {1, 3, 17}),
        ("def answer(run):\n    total = run\n    return total", {1}),
        ("def answer(v):\n    return helper(v)", {1, 10, 11, 14}),
        ("run", {1, 3, 4, 17}),
        ("for name in 'ab':\n    print(name)", {1}),
        ("run = 3\nprint(run)", {1}),
        ("if x.any():\n    run = 3\nprint(run)", {1, 3, 4, 17}),
        ("def f():\n    def g():\n        return [scale for _ in 'ab']\n    return g", {1, 14}),
        ("try:\n    rng\nexcept Exception:\n    pass", {1, 15, 16}),
        ("globals()['scale']", {1, 14}),
        ("this is no Python: scale", {1, 14}),
        ("scale", {1, 14}),
    ],
)
def test_a_statement_stays_where_its_names_are_read(own, kept):
    (source,) = needed_sources([SHOWN], [], [own])
    lines = source.split("\n")
    assert len(lines) == len(SHOWN.split("\n"))
    assert {n for n, line in enumerate(lines, start=1) if line.strip()} == kept


def test_another_given_cell_keeps_what_it_reads_and_a_tagged_one_does_not():
    first, second = "a = f()", "b = a + 1\nprint(b)"
    assert needed_sources([first], [second], []) == [first]
    assert needed_sources([first, second], [], []) == ["", "\n"]
    assert needed_sources([first, second], [], ["b"]) == [first, "b = a + 1\n"]


def test_beside_a_given_cell_that_is_not_plain_python_all_statements_stay():
    assert needed_sources(["a = f()"], ["%matplotlib inline"], []) == ["a = f()"]
    assert needed_sources(["a = f()"], [], ["%matplotlib inline"]) == [""]


@pytest.mark.parametrize("source", ["(" * 5000, "x = " + "-" * 50_000 + "1", "a\0b", "a" + ".b" * 50_000])
def test_a_text_that_no_parser_takes_gives_its_words(source):
    assert names_read(source) <= {"x", "1", "a", "b"}
