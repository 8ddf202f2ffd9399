"""Every lesson in Chromium alone, with the solutions put in and every other host out of reach."""

import nbformat
import pytest
from chromium import RUN_TO_THE_END
from lite_tools import answer, is_trouble, open_lesson
from tests_root import ROOT

from autograder.exercises import lesson_exercises
from autograder.lessons import released_lessons

pytestmark = pytest.mark.long


@pytest.mark.parametrize("name", [path.stem for path in released_lessons(ROOT)])
def test_a_solved_lesson_runs_to_its_end(browser, address, name):
    """All cells, with the solutions put in, in a browser that has nothing from before."""
    tab = browser.new_context(viewport={"width": 1200, "height": 1600}).new_page()
    tab.set_default_timeout(0)
    open_lesson(tab, address, name)
    solution = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    for cell in solution.cells:
        graded = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and graded.get("solution"):
            answer(tab, graded.grade_id, cell.source)
    cells = [cell for cell in tab.evaluate(RUN_TO_THE_END)["cells"] if cell["cell_type"] == "code"]
    tab.context.close()
    assert cells and all(cell["execution_count"] for cell in cells)
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [o for o in outputs if is_trouble(o)]
    marks = [o["metadata"]["unrolled"] for o in outputs if "unrolled" in o.get("metadata", {})]
    full = {mark["exercise"]: mark["points"] == mark["max"] for mark in marks}
    assert {e.id for e in lesson_exercises(name[:2]) if e.points} <= {*full} and all(full.values()), full
