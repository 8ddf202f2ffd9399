"""Rubrics for the cells that a person grades: beside the answer in formgrader, and nowhere else.

docs/rubrics.md has one section for each, headed "## NN · grade_id · P points", with a table of steps.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from .course import Course

FILE = Path("docs") / "rubrics.md"
MARK = {"rubric": True}


class Rubric(NamedTuple):
    """One section of docs/rubrics.md."""

    points: float  #: of the cell, as its heading says
    steps: tuple[float, ...]  #: points of each step
    text: str  #: Markdown below the heading


def read_rubrics(text: str) -> dict[tuple[str, str], Rubric]:
    """{(lesson, grade_id): Rubric} of the text of docs/rubrics.md."""
    _, *sections = re.split(r"^## (\d\d) · (\w+) · ([\d.]+) points?\n", text, flags=re.M)
    return {
        (lesson, grade_id): Rubric(float(points), _steps(body), body.strip())
        for lesson, grade_id, points, body in zip(*(sections[n::4] for n in range(4)))
    }


def _steps(body: str) -> tuple[float, ...]:
    return tuple(float(points) for points in re.findall(r"^\| ([\d.]+) \|", body, flags=re.M))


class ShowRubrics(NbGraderPreprocessor):
    """Last step of grading: below each answer graded by hand, a cell with its rubric.

    nbgrader's own mark schemes are for task cells only, whose points nobody can earn by an answer
    in the cell itself.  A course without the file grades as ever.
    """

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Adds the cells with the rubrics."""
        path = Course.from_resources(resources).root / FILE
        rubrics = read_rubrics(path.read_text(encoding="utf-8")) if path.exists() else {}
        lesson, cells = resources["nbgrader"]["notebook"][:2], []
        for cell in nb.cells:
            cells.append(cell)
            graded = cell.metadata.get("nbgrader", {})
            rubric = rubrics.get((lesson, graded.get("grade_id")))
            if rubric and graded.get("grade") and graded.get("solution"):
                title = f"**Rubric · {rubric.points:g} points** (students do not see this)\n\n"
                name, mark = f"rubric-{cell.id}"[:64], {"unrolled": MARK}
                cells.append(new_markdown_cell(title + rubric.text, id=name, metadata=mark))
        nb.cells = cells
        return nb, resources


class HideRubrics(NbGraderPreprocessor):
    """First step of feedback: takes the cells of `ShowRubrics` out again."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Removes the cells with the rubrics."""
        nb.cells = [cell for cell in nb.cells if cell.metadata.get("unrolled") != MARK]
        return nb, resources
