"""The check cell of an exercise: how it is written, and which exercise it is of."""

import re
from typing import Any

from . import Exercise, find_exercise

Cell = dict[str, Any]  # of a notebook, as JSON

CHECK = re.compile(r'^\s*check\("([^"]+)", (\w+)\)\s*$', flags=re.M)


def check_of(cell: Cell) -> tuple[Exercise, str] | None:
    """(exercise, grade_id) of a graded check cell; None for any other cell."""
    graded = nbgrader_metadata(cell)
    found = CHECK.search(cell_source(cell)) if graded.get("grade") and not graded.get("solution") else None
    return (find_exercise(found[1]), graded["grade_id"]) if found else None


def nbgrader_metadata(cell: Cell) -> dict[str, Any]:
    """nbgrader's metadata of a cell, or an empty dict."""
    return cell["metadata"].get("nbgrader") or {}


def cell_source(cell: Cell) -> str:
    """A cell's text, which a notebook may store as a list of lines."""
    return "".join(cell["source"])


def lesson_of(notebook: dict[str, Any]) -> str:
    """The lesson ("01") that a notebook's first check is of; "00" where it has none."""
    return next((found[0].lesson for found in map(check_of, notebook["cells"]) if found), "00")
