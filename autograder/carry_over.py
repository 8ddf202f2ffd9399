"""A newer release of a lesson gets the answers of an older notebook, by their grade_id.

Nothing of nbgrader's is needed: `lab` runs where it may not be installed.
"""

import hashlib
import json
import re
import uuid
from typing import Any, NamedTuple

from .errors import UserError

Cell = dict[str, Any]  # of a notebook, as JSON
Notebook = dict[str, Any]

GIVEN = re.compile(r"\d\d-(\d\d|on-colab)")  # ids of cells that `build` makes and that are no answers
AT_THE_END = "## From the notebook before\n\nThis lesson no longer asks for what follows."


class Carried(NamedTuple):
    """A release with the answers of an older notebook in it."""

    notebook: Notebook
    answers: int  #: how many were carried over
    own: int  #: how many cells that the student has added
    gone: tuple[str, ...]  #: grade_ids of answers that it no longer asks for; they stand at its end


def read_notebook(content: bytes) -> Notebook:
    """A notebook with cells, from the content of its file; UserError, in a sentence, where that is none."""
    try:
        notebook: Notebook = json.loads(content.decode("utf-8-sig"))
        for cell in notebook["cells"]:
            cell["cell_type"], cell["metadata"].get("nbgrader"), "".join(cell["source"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError("it is no notebook that can be read") from None
    return notebook


def carry_over(old: Notebook, released: Notebook) -> Carried:
    """The released notebook with the answers of an old one, and with the cells that were added there.

    An answer that is still the old release's stub is left: the new stub may say something else.  What was
    added stands before the same cell with a grade_id as before, or at the end.  Changes of given cells are
    not taken over.  Raises UserError where nothing in the old notebook is known by its grade_id.
    """
    places = {_grade_id(cell): cell for cell in released["cells"] if _grade_id(cell)}
    if not any(_grade_id(cell) in places for cell in old["cells"]):
        raise UserError("no answer in it can be told by its grade_id")
    given = {_source(cell) for cell in released["cells"]}
    answers: dict[str, Cell] = {}
    added: dict[str, list[Cell]] = {}  # by the grade_id that they stand before
    waiting: list[Cell] = []
    gone: list[tuple[str, Cell]] = []
    for cell in old["cells"]:
        name = _grade_id(cell)
        if name in places and name not in answers and name not in added:
            added[name] = waiting
            waiting = []
            if _is_answer(cell) and _is_answer(places[name]) and not _is_untouched(cell):
                answers[name] = cell
        elif name and name not in places and _is_answer(cell):
            gone += [] if _is_untouched(cell) else [(name, cell)]
        elif _is_own(cell, given):
            waiting.append(cell)
    cells: list[Cell] = []
    taken = {cell.get("id") for cell in released["cells"]}
    for cell in released["cells"]:
        name = _grade_id(cell)
        cells += [_plain(own, taken) for own in added.get(name, ())]
        cells.append(_answered(cell, answers[name]) if name in answers else cell)
    cells += [_plain(own, taken) for own in waiting]
    if gone:
        cells.append(_plain({"cell_type": "markdown", "metadata": {}, "source": AT_THE_END}, taken))
        cells += [_plain(cell, taken) for _, cell in gone]
    own = sum(map(len, added.values())) + len(waiting)
    return Carried(released | {"cells": cells}, len(answers), own, tuple(name for name, _ in gone))


def lacks_something(old: Notebook, released: Notebook) -> bool:
    """Whether a release has a given text, or an exercise, that a notebook lacks, or another stub."""
    texts = {_source(cell) for cell in old["cells"]}
    answers = {_grade_id(cell): cell for cell in old["cells"] if _is_answer(cell)}
    for cell in released["cells"]:
        answer = answers.get(_grade_id(cell)) if _is_answer(cell) else None
        if _source(cell) not in texts and (answer is None or _is_untouched(answer)):
            return True
    return False


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


def _graded(cell: Cell) -> dict[str, Any]:
    found = cell["metadata"].get("nbgrader")
    return found if isinstance(found, dict) else {}


def _grade_id(cell: Cell) -> str:
    return str(_graded(cell).get("grade_id") or "")


def _is_answer(cell: Cell) -> bool:
    return bool(_graded(cell).get("solution"))


def _is_untouched(cell: Cell) -> bool:
    """Whether an answer is still what was released, by nbgrader's own checksum of that."""
    graded = _graded(cell)
    said = [
        _source(cell),
        cell["cell_type"],
        str(bool(graded.get("grade"))),
        "True",
        "False",
        _grade_id(cell),
    ]
    if graded.get("grade"):
        said.append(str(float(graded.get("points") or 0)))
    digest = hashlib.md5("".join(said).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return bool(digest == graded.get("checksum"))


def _is_own(cell: Cell, given: set[str]) -> bool:
    """Whether a student has added a cell: it has text, and neither an id nor a text of the lesson's."""
    name = cell.get("id") or cell["metadata"].get("id")  # the latter on Colab
    if not name or not _source(cell).strip():  # without ids, a changed cell of the lesson looks the same
        return False
    return not GIVEN.fullmatch(str(name)) and _source(cell) not in given


def _answered(place: Cell, answer: Cell) -> Cell:
    """A cell of the release with an answer's text and pictures in it."""
    pictures = {"attachments": answer["attachments"]} if answer.get("attachments") else {}
    return place | {"source": answer["source"]} | (pictures if place["cell_type"] != "code" else {})


def _plain(cell: Cell, taken: set[Any]) -> Cell:
    """A cell with nothing of nbgrader's, an id that is not taken, and no outputs."""
    name = cell.get("id")
    while name is None or name in taken:
        name = uuid.uuid4().hex[:8]
    taken.add(name)
    metadata = {
        key: value for key, value in cell["metadata"].items() if key in ("tags", "collapsed", "jupyter")
    }
    made = {"cell_type": cell["cell_type"], "id": name, "metadata": metadata, "source": cell["source"]}
    if cell.get("attachments"):
        made["attachments"] = cell["attachments"]
    return made | ({"execution_count": None, "outputs": []} if cell["cell_type"] == "code" else {})
