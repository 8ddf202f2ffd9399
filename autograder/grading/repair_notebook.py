"""Before anything runs: puts a submitted notebook's locked cells and metadata back in order.

Works on the JSON of notebooks alone.  The student's own cells are all kept; what the release
says about a graded cell - its source when locked, points, type, nbgrader metadata - wins, and all
other metadata is the release's or empty: nothing that students see depends on it.
"""

import copy
import re
from itertools import count
from typing import Any

from ..exercises.check_cell import Cell

Notebook = dict[str, Any]  # as parsed JSON
Reference = dict[str, Cell]  # the released cells that have a grade_id, by it


def repair_notebook(submitted: Notebook, released: Notebook) -> tuple[Notebook, list[str]]:
    """(notebook, remarks): a repaired copy of `submitted`, and what had to be repaired.

    submitted, released: notebooks as parsed JSON.  Neither is modified.
    """
    notebook = {"cells": copy.deepcopy(submitted["cells"]), "metadata": copy.deepcopy(released["metadata"])}
    notebook |= {"nbformat": 4, "nbformat_minor": 5}
    reference = {grade_id: cell for cell in released["cells"] if (grade_id := _grade_id(cell))}
    remarks: list[str] = []
    _drop_foreign(notebook, reference, remarks)
    _clear_duplicates(notebook, remarks)
    _recognise(notebook, released, reference, remarks)
    _restore(notebook, reference, remarks)
    _add_missing(notebook, released, remarks)
    _settle_ids(notebook)
    return notebook, remarks


def hand_graded(notebook: Notebook) -> dict[str, str]:
    """{grade_id: source} of the answers that a person grades."""
    return {
        grade_id: _source(cell)
        for cell in notebook["cells"]
        if _is_by_hand(cell) and (grade_id := _grade_id(cell)) is not None
    }


def answers_of(notebook: Notebook) -> dict[str, str]:
    """{grade_id: source} of all cells that a student fills in."""
    return {
        grade_id: _source(cell).strip()
        for cell in notebook["cells"]
        if (cell["metadata"].get("nbgrader") or {}).get("solution")
        and (grade_id := _grade_id(cell)) is not None
    }


def _drop_foreign(notebook: Notebook, reference: Reference, remarks: list[str]) -> None:
    for cell in notebook["cells"]:
        grade_id = _grade_id(cell)
        cell["metadata"] = {"nbgrader": {"grade_id": grade_id}} if grade_id in reference else {}
        if grade_id and grade_id not in reference:
            remarks.append(f"cell {grade_id} is not part of this assignment; kept as an ordinary cell")


def _clear_duplicates(notebook: Notebook, remarks: list[str]) -> None:
    """Of several cells with one grade_id the last counts, as it does when they are run in order."""
    seen: set[str] = set()
    for cell in reversed(notebook["cells"]):
        grade_id = _grade_id(cell)
        if grade_id in seen:
            del cell["metadata"]["nbgrader"]
            remarks.append(f"cell {grade_id} exists more than once; the last one counts")
        elif grade_id:
            seen.add(grade_id)


def _recognise(notebook: Notebook, released: Notebook, reference: Reference, remarks: list[str]) -> None:
    """Gives metadata back to cells that lost it: by what they define or say, or by where they stand."""
    present = {_grade_id(cell) for cell in notebook["cells"]}
    for grade_id, original in reference.items():
        if grade_id in present:
            continue
        own = [cell for cell in notebook["cells"] if not _grade_id(cell)]
        found = [cell for cell in own if _looks_like(cell, original)]
        by = "content"
        if not found and _is_by_hand(original):
            found, by = _in_place_of(original, notebook, released), "place"
        if found:
            found[-1]["metadata"]["nbgrader"] = copy.deepcopy(original["metadata"]["nbgrader"])
            remarks.append(f"cell {grade_id} had lost its metadata; recognised by its {by}")


def _in_place_of(original: Cell, notebook: Notebook, released: Notebook) -> list[Cell]:
    """[the student's own text that follows the text of a hand-graded exercise], or []."""
    sources = [_source(cell).strip() for cell in notebook["cells"]]
    known = {_source(cell).strip() for cell in released["cells"]}
    for above in reversed(released["cells"][: released["cells"].index(original)]):
        text = _source(above).strip()
        if _grade_id(above):
            break
        if text in sources:
            at = sources.index(text) + 1
            return [
                cell
                for cell, source in zip(notebook["cells"][at : at + 1], sources[at : at + 1])
                if cell["cell_type"] == original["cell_type"] and not _grade_id(cell) and source not in known
            ]
    return []


def _looks_like(cell: Cell, original: Cell) -> bool:
    if cell["cell_type"] != original["cell_type"]:
        return False
    defined = re.search(r"^def (\w+)\(", _source(original), flags=re.M)
    if defined and not _is_locked(original):
        return re.search(rf"^def {defined[1]}\(", _source(cell), flags=re.M) is not None
    return _source(cell).strip() == _source(original).strip()


def _restore(notebook: Notebook, reference: Reference, remarks: list[str]) -> None:
    for cell in notebook["cells"]:
        original = reference.get(_grade_id(cell) or "")
        if original is None:
            continue
        cell["metadata"] = copy.deepcopy(original["metadata"])
        cell["metadata"].pop("tags", None)
        if cell["cell_type"] != original["cell_type"]:
            remarks.append(f"cell {_grade_id(cell)} had become a {cell['cell_type']} cell")
            _become(cell, original["cell_type"])
        if _is_locked(original) and _source(cell) != _source(original):
            cell["source"] = original["source"]
            remarks.append(f"locked cell {_grade_id(cell)} was edited; restored")


def _add_missing(notebook: Notebook, released: Notebook, remarks: list[str]) -> None:
    """Puts a deleted cell back behind the graded cell that precedes it in the release."""
    order = [cell for cell in released["cells"] if _grade_id(cell)]
    for n, original in enumerate(order):
        cells = notebook["cells"]
        at = {_grade_id(cell): i for i, cell in enumerate(cells)}
        if _grade_id(original) in at:
            continue
        before = [at[_grade_id(cell)] for cell in order[:n] if _grade_id(cell) in at]
        added = copy.deepcopy(original)
        added["metadata"].pop("tags", None)
        cells.insert(before[-1] + 1 if before else len(cells), added)
        remarks.append(f"cell {_grade_id(original)} was missing; put back")


def _become(cell: Cell, cell_type: str) -> None:
    cell["cell_type"] = cell_type
    if cell_type == "code":
        cell.pop("attachments", None)
        cell.update(outputs=[], execution_count=None)
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _settle_ids(notebook: Notebook) -> None:
    """Cell ids have to be there, unique and well formed, or the format's validation fails."""
    seen: set[str | None] = set()
    for cell in notebook["cells"]:
        cell_id = cell.get("id")
        fine = isinstance(cell_id, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell_id)
        cell["id"] = cell_id if fine and cell_id not in seen else None
        seen.add(cell["id"])
    free = (name for name in map("cell-{}".format, count()) if name not in seen)
    for cell in notebook["cells"]:
        cell["id"] = cell["id"] or next(free)


def _grade_id(cell: Cell) -> str | None:
    nbgrader = cell.get("metadata", {}).get("nbgrader")
    return nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None


def _is_locked(cell: Cell) -> bool:
    nbgrader = cell["metadata"]["nbgrader"]
    return not nbgrader.get("solution") and bool(nbgrader.get("grade") or nbgrader.get("locked"))


def _is_by_hand(cell: Cell) -> bool:
    nbgrader = cell["metadata"].get("nbgrader") or {}
    return bool(nbgrader.get("grade") and nbgrader.get("solution"))


def _source(cell: Cell) -> str:
    return "".join(cell["source"])
