"""Results for other systems: Gradescope's results.json, one for each submission."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import write_atomically
from ..results import Mark, Result
from ..wording import plain
from .class_table import number
from .grades import CellGrade, Grade

NO_CARDS: Mapping[str, str] = {}
NO_CELLS: Mapping[str, CellGrade] = {}


def gradescope_results(
    result: Result,
    cards: Mapping[str, str] = NO_CARDS,
    cells: Mapping[str, CellGrade] = NO_CELLS,
    grade: Grade | None = None,
) -> dict[str, Any]:
    """One submission's result as Gradescope's autograder format has it (a dict for results.json).

    cards: as text, by grade_id; where there is none, the output is a short form of it.  cells, grade: what
    the gradebook has, with marks by hand and a late penalty; without them the automatic points.
    Source: Gradescope, "Autograder specifications": `tests` with score, max_score, name, output and
    visibility; the total follows from them, unless `score` says another.  The output is text, never a secret
    input.  There is no `execution_time`, which a student would see: a function could take as long as a secret
    input says.
    """
    tests: list[dict[str, Any]] = [
        {
            "name": mark.exercise,
            "score": mark.points,
            "max_score": mark.max,
            "status": "passed" if mark.points == mark.max else "failed",
            "output": cards.get(grade_id) or "\n".join([mark.summary, *_where(mark)]),
            "output_format": "text",
            "visibility": "visible",
            "tags": [*mark.slips, *mark.laws, *(["needs review"] if mark.status.needs_a_person else [])],
        }
        for grade_id, mark in result.marks.items()
    ]
    for test, grade_id in zip(tests, result.marks, strict=True):
        cell = cells.get(grade_id)
        if cell is not None and cell.score != test["score"]:
            test["output"] += f"\nmarked by hand: {number(cell.score)} instead of {number(test['score'])}"
            test["score"] = cell.score
    tests += [_by_hand(name, cell) for name, cell in cells.items() if name not in result.marks]
    penalty = [f"late: {number(-grade.penalty)}"] if grade and grade.penalty else []
    made = {"output": "\n".join([*penalty, *result.remarks]), "visibility": "visible", "tests": tests}
    return made | ({"score": grade.score} if grade and grade.penalty else {})


def _by_hand(name: str, cell: CellGrade) -> dict[str, Any]:
    """The test of an answer that a person marks."""
    said = "marked by hand" if cell.is_by_hand else "not marked yet" if cell.is_pending else "not answered"
    return {
        "name": name,
        "score": cell.score,
        "max_score": cell.maximum,
        "output": said,
        "output_format": "text",
        "visibility": "visible",
        "tags": ["needs review"] if cell.is_pending else [],
    }


def _where(mark: Mark) -> list[str]:
    """The lines to look at, as the student wrote them."""
    if not mark.where:
        return []
    return [mark.where, *(f"  {repair.line}: {plain(repair.text)}" for repair in mark.repair)]


def write_results(
    results: Mapping[str, Result],
    folder: Path,
    cells: Mapping[str, Mapping[str, CellGrade]],
    grades: Mapping[str, Grade],
) -> list[Path]:
    """Writes FOLDER/STUDENT/results.json for each result; returns the paths.

    cells, grades: of the gradebook, by student.  A result without marks is left out.
    """
    paths = []
    for student, result in results.items():
        if result.marks:
            paths.append(Path(folder) / student / "results.json")
            made = gradescope_results(result, NO_CARDS, cells.get(student, NO_CELLS), grades.get(student))
            write_atomically(paths[-1], json.dumps(made, indent=1))
    return paths
