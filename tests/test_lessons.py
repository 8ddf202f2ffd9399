"""Every lesson, run: the solution earns everything, the release runs to its end and earns nothing."""

import json
import re

import nbformat
import pytest
from class_tools import MODE, graded
from kernels import execute, one_kernel
from lesson_source import ADDING, with_short_training
from tests_root import ROOT

from autograder.exercises import lesson_exercises
from autograder.results import Status

NAMES = sorted(p.stem for p in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))


def read(folder, name):
    return nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)


def with_short_trainings(notebook):
    for cell in notebook.cells:
        cell.source = with_short_training(cell.source)
    return notebook


def graded_names(name):
    return {f"check_{e.id.split('.')[1]}" for e in lesson_exercises(name[:2]) if e.points}


def records(notebook):
    """{grade_id: record} that the checks of an executed notebook left with their cards."""
    return {
        c.metadata.nbgrader.grade_id: output.metadata.unrolled
        for c in notebook.cells
        if c.cell_type == "code" and c.metadata.get("nbgrader", {}).get("grade")
        for output in c.outputs
        if "unrolled" in output.get("metadata", {})
    }


# each computes for seconds, the long ones for ten or more; in every gate grading runs their cells, and
# lessons/test_claims_00_06.py those that are left out here
LONG = ("07", "08", "11", "12")
SELDOM = (*LONG, "01", "02", "03", "04", "06", "10", "13")


@pytest.fixture(scope="module")
def execute_lesson():
    """Executes a notebook in place, all in one kernel; `course.py site` gives each its own."""
    with one_kernel() as execute_there:
        yield execute_there


def with_short_addition(notebook, most):
    """Lesson 12 with fewer batches where it learns to add; the number of its cells that do."""
    long = [cell for cell in notebook.cells if ADDING in cell.source]
    for cell in long:
        cell.source = cell.source.replace(ADDING, f"loss, {most}, low_enough)")
    return len(long)


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[pytest.mark.slow] if name[:2] in SELDOM else []) for name in NAMES],
)
def solved(request, execute_lesson):
    notebook = with_short_trainings(read("solutions", request.param))
    if not request.config.getoption("--long"):
        with_short_addition(notebook, 200)
    execute_lesson(notebook, allow_errors=True)
    return request.param, notebook


def test_names_and_files_of_one_lesson_are_not_there_in_the_next():
    cells = ["open('left', 'w').close(); x = 1", "import os; print(os.listdir(), 'x' in globals())"]
    first, second = (nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c)]) for c in cells)
    with one_kernel() as execute_there:
        execute_there(first)
        execute_there(second)
    assert second.cells[0].outputs[0].text == "[] False\n"


def test_the_solution_runs_cleanly(solved):
    _, notebook = solved
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", cell.source


def test_the_solution_earns_full_points(solved):
    name, notebook = solved
    found = records(notebook)
    assert set(found) == graded_names(name)
    assert all(record["points"] == record["max"] for record in found.values()), found


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_earns_full_points_where_the_answers_of_rnnlib_are_gone(name):
    solution = json.loads((ROOT / "solutions" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    outputs, marks = graded(solution, name, seed=20, walls=MODE)
    assert set(marks) == graded_names(name)
    assert all(mark.points == mark.max for mark in marks.values()), marks
    errors = [o for shown in outputs for o in shown if o["output_type"] == "error"]
    assert not errors, errors


def test_points_in_the_notebook_are_the_exercises(solved):
    name, notebook = solved
    points = {
        c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points
        for c in notebook.cells
        if c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code"
    }
    assert points == {f"check_{e.id.split('.')[1]}": e.points for e in lesson_exercises(name[:2]) if e.points}


def test_every_figure_has_an_alternative_text(solved):
    _, notebook = solved
    figures = [
        o
        for c in notebook.cells
        for o in c.get("outputs", [])
        if "<img" in str(o.get("data", {}).get("text/html", ""))
    ]
    assert len(figures) >= 3
    for figure in figures:
        alt = re.search(r'<img alt="([^"]+)"', figure.data["text/html"])
        assert alt and len(alt[1]) > 40 and figure.data["text/plain"].startswith("[figure: ")
    assert not any("image/png" in o.get("data", {}) for c in notebook.cells for o in c.get("outputs", []))


@pytest.mark.parametrize("name", NAMES)
def test_the_release_earns_nothing_and_shows_no_error_but_of_what_is_unanswered(name):
    released = json.loads((ROOT / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    outputs, marks = graded(released, name, seed=20)
    assert set(marks) == graded_names(name)
    assert all(mark.points == 0 and mark.status is Status.UNANSWERED for mark in marks.values()), marks
    cells = [cell for cell in released["cells"] if cell["cell_type"] == "code"]
    failed = [(cell, o) for cell, shown in zip(cells, outputs, strict=True) for o in shown if "ename" in o]
    assert all(o["ename"] in ("NotImplementedError", "CheckFailed") for _, o in failed), failed
    # so that none of them stops a Run All
    assert all("raises-exception" in cell["metadata"]["tags"] for cell, _ in failed), failed


def when(name):
    """How often a release is run in a kernel: the first in every run, the long ones seldom."""
    if name == NAMES[0]:
        return []
    return [pytest.mark.long if name[:2] in LONG else pytest.mark.slow]


@pytest.mark.parametrize("name", [pytest.param(name, marks=when(name)) for name in NAMES])
def test_the_release_runs_to_its_end_in_a_kernel(name, execute_lesson):
    notebook = with_short_trainings(read("notebooks", name))
    assert with_short_addition(notebook, 50) == (name[:2] == "12")  # its solution takes more
    # as Run All does: an error stops it unless the cell is tagged raises-exception
    execute_lesson(notebook, allow_errors=False)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    first = code[0].execution_count
    assert [c.execution_count for c in code] == list(range(first, first + len(code)))
    found = records(notebook)
    assert set(found) == graded_names(name)
    assert all(record["points"] == 0 for record in found.values())
    assert all(record["status"] == "unanswered" for record in found.values()), found


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_its_parts(name):
    cells = json.loads((ROOT / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    exercises = [e for e in lesson_exercises(name[:2]) if e.points]
    assert "After this lesson you can" in prose and "minutes · difficulty" in prose
    assert "| symbol |" in prose and "## Recap" in prose and "efute it" in prose
    for depth in ("Hint 1", "Hint 2", "Hint 3"):
        assert prose.count(f"<summary>{depth} ·") == len(exercises)
    assert prose.count("graded by hand") == 1
    for exercise in exercises:
        heading = exercise.section.split(" ", 1)[1]
        assert re.search(rf"^##+ .*{re.escape(heading)}", prose, flags=re.M), exercise.section
    # 00 and 01 keep hints in cells of their own; 07 has twelve exercises and three insights beside them
    own = [cell for cell in cells if not cell["id"].endswith("-on-colab")]
    assert len(own) <= {"07": 62}.get(name[:2], 50) or name[:2] in ("00", "01")
    for cell in cells:
        if cell["cell_type"] == "code":
            lines = [line for line in "".join(cell["source"]).splitlines() if line.strip()]
            assert len(lines) <= 20 and max(map(len, lines)) <= 100, lines[0]


def test_the_tests_can_fail():
    """A notebook with an error before the end does not pass as run."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("1/0"), nbformat.v4.new_code_cell("1")]
    )
    with pytest.raises(Exception, match="ZeroDivisionError"):
        execute(notebook, 60, allow_errors=False)


def test_the_network_that_lesson_04_is_judged_on_is_the_one_in_its_text():
    from autograder.exercises import lesson04, sources

    namespace = {}
    exec(sources.code_cells("04")[0], namespace)
    params, x, h0 = lesson04._network()
    assert all((params[name] == namespace["params"][name]).all() for name in params)
    assert (x == namespace["x"]).all() and (h0 == namespace["h0"]).all()


def test_a_kernel_that_does_not_come_is_started_anew_and_an_error_of_the_notebook_is_not_hidden():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    said = ["Kernel died before replying to kernel_info", "Kernel didn't respond in 60 seconds", None]

    class Client:
        def __init__(self, made, **options):
            self.made = made

        def execute(self):
            problem = said.pop(0)
            if problem:
                raise RuntimeError(problem)
            self.made.cells[0].execution_count = 7

    execute(notebook, client=Client)
    assert notebook.cells[0].execution_count == 7 and not said
    said[:] = ["something else"]
    with pytest.raises(RuntimeError, match="something else"):
        execute(notebook, client=Client)
