"""Before anything runs: puts a submitted notebook's locked cells and metadata back in order.

Works on the JSON of notebooks alone.  The student's own cells are all kept; what the release
says about a graded cell - its source when locked, points, type, nbgrader metadata - wins.
"""

import copy
import re


def preflight(submitted, released):
    """(notebook, remarks): a repaired copy of `submitted`, and what had to be repaired.

    submitted, released: notebooks as parsed JSON.  Neither is modified.
    """
    notebook = copy.deepcopy(submitted)
    reference = {_grade_id(cell): cell for cell in released["cells"] if _grade_id(cell)}
    remarks = []
    _drop_tags_and_foreign(notebook, reference, remarks)
    _clear_duplicates(notebook, remarks)
    _recognise(notebook, reference, remarks)
    _restore(notebook, reference, remarks)
    _add_missing(notebook, released, remarks)
    _settle_ids(notebook)
    return notebook, remarks


def _drop_tags_and_foreign(notebook, reference, remarks):
    for cell in notebook["cells"]:
        metadata = cell.setdefault("metadata", {})
        metadata.pop("tags", None)
        grade_id = _grade_id(cell)
        if "nbgrader" in metadata and grade_id not in reference:
            del metadata["nbgrader"]
            if grade_id:
                remarks.append(f"cell {grade_id} is not part of this assignment; kept as an ordinary cell")


def _clear_duplicates(notebook, remarks):
    """Of several cells with one grade_id the last counts, as it does when they are run in order."""
    seen = set()
    for cell in reversed(notebook["cells"]):
        grade_id = _grade_id(cell)
        if grade_id in seen:
            del cell["metadata"]["nbgrader"]
            remarks.append(f"cell {grade_id} exists more than once; the last one counts")
        elif grade_id:
            seen.add(grade_id)


def _recognise(notebook, reference, remarks):
    """Gives metadata back to cells that lost it: by the function they define, or by their source."""
    present = {_grade_id(cell) for cell in notebook["cells"]}
    for grade_id, original in reference.items():
        if grade_id in present:
            continue
        found = [cell for cell in notebook["cells"] if not _grade_id(cell) and _looks_like(cell, original)]
        if found:
            found[-1]["metadata"]["nbgrader"] = copy.deepcopy(original["metadata"]["nbgrader"])
            remarks.append(f"cell {grade_id} had lost its metadata; recognised by its content")


def _looks_like(cell, original):
    if cell["cell_type"] != original["cell_type"]:
        return False
    defined = re.search(r"^def (\w+)\(", _source(original), flags=re.M)
    if defined and not _is_locked(original):
        return re.search(rf"^def {defined[1]}\(", _source(cell), flags=re.M) is not None
    return _source(cell).strip() == _source(original).strip()


def _restore(notebook, reference, remarks):
    for cell in notebook["cells"]:
        original = reference.get(_grade_id(cell))
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


def _add_missing(notebook, released, remarks):
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


def _become(cell, cell_type):
    cell["cell_type"] = cell_type
    if cell_type == "code":
        cell.update(outputs=[], execution_count=None)
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _settle_ids(notebook):
    """Cell ids have to be there, unique and well formed, or the format's validation fails."""
    notebook["nbformat"], notebook["nbformat_minor"] = 4, max(5, notebook.get("nbformat_minor", 5))
    seen = set()
    for n, cell in enumerate(notebook["cells"]):
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(cell.get("id", ""))) or cell["id"] in seen:
            cell["id"] = f"cell-{n}"
        seen.add(cell["id"])


def _grade_id(cell):
    nbgrader = cell.get("metadata", {}).get("nbgrader")
    return nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None


def _is_locked(cell):
    nbgrader = cell["metadata"]["nbgrader"]
    return not nbgrader.get("solution") and bool(nbgrader.get("grade") or nbgrader.get("locked"))


def _source(cell):
    return "".join(cell["source"])
