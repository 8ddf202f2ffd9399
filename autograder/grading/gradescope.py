"""Results for other systems: Gradescope's results.json, one for each submission."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import write_atomically
from ..results import Mark, Result
from ..wording import plain

NO_CARDS: Mapping[str, str] = {}


def gradescope_results(result: Result, cards: Mapping[str, str] = NO_CARDS) -> dict[str, Any]:
    """One submission's result as Gradescope's autograder format has it (a dict for results.json).

    cards: as text, by grade_id; where there is none, the output is a short form of it.
    Source: Gradescope, "Autograder specifications": `tests` with score, max_score, name, output and
    visibility; the total follows from them.  The output is text, never a secret input.  There is no
    `execution_time`, which a student would see: a function could take as long as a secret input says.
    """
    tests = [
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
    said = "\n".join(result.remarks)
    return {"output": said, "visibility": "visible", "tests": tests}


def _where(mark: Mark) -> list[str]:
    """The lines to look at, as the student wrote them."""
    if not mark.where:
        return []
    return [mark.where, *(f"  {repair.line}: {plain(repair.text)}" for repair in mark.repair)]


def write_results(results: Mapping[str, Result], folder: Path) -> list[Path]:
    """Writes FOLDER/STUDENT/results.json for each result; returns the paths.

    A result without marks is left out.
    """
    paths = []
    for student, result in results.items():
        if result.marks:
            paths.append(Path(folder) / student / "results.json")
            write_atomically(paths[-1], json.dumps(gradescope_results(result), indent=1))
    return paths
