"""The cells in a notebook's file, which may hold anything.

Of a cell only what can be answered with is kept: its text, pictures and grade_id.
"""

import json
import re
from typing import Any

from ..exercises.check_cell import Cell
from .submission_files import MOST_BYTES

MOST_CELLS = 2000
MOST_PICTURES = 1000  # attached to all cells together, in any format
MOST_TEXT = (
    10 * 2**20
)  # characters of all texts and pictures: nbgrader needs ten times as much to record them
MOST_CODE = 2**20  # characters of all code cells together
# each takes up to two kilobytes when it is read as Python; the longest lesson has 7,200 with its answers
PIECE = re.compile(r"\w+|[^\w\s]|[\r\n]\s*")
MOST_PIECES = 30_000  # of all code cells together


class NoNotebook(ValueError):
    """A file holds no notebook, or too much of one; the message is the end of a sentence."""


def read_cells(data: bytes) -> tuple[list[Cell], list[str]]:
    """(cells, remarks) of a file that holds the bytes `data`; raises NoNotebook."""
    if not data.strip():
        raise NoNotebook("the file is empty")
    if len(data) > MOST_BYTES:
        raise NoNotebook(f"the file is larger than {MOST_BYTES // 2**20} MB")
    try:
        notebook = json.loads(data)
    except RecursionError:
        raise NoNotebook("the file is nested deeper than any notebook") from None
    except ValueError:
        raise NoNotebook(_no_json(data)) from None
    reason = _no_notebook(notebook)
    if reason:
        raise NoNotebook(reason)
    cells: list[Cell] = [cell for cell in map(_as_cell, notebook["cells"]) if cell]
    reason = _too_much_code(cells) or _too_much_text(cells)
    if reason:
        raise NoNotebook(reason)
    left_out = len(notebook["cells"]) - len(cells)
    return cells, [f"{left_out} entries of the file are no cells; left out"] if left_out else []


def _no_json(data: bytes) -> str:
    """Why a file that should be JSON is none."""
    lines = data.splitlines()
    markers = [n for n, line in enumerate(lines, start=1) if line.lstrip().startswith(b"<<<<<<< ")]
    if markers:
        return (
            f"the file holds conflict markers of a merge, the first at line {markers[0]}: "
            "resolve the conflict and save it"
        )
    return "the file is no JSON, so no notebook"


def _no_notebook(found: object) -> str:
    """Why what a file holds is no notebook, or ""."""
    if isinstance(found, dict) and isinstance(found.get("cells"), list):
        if len(found["cells"]) > MOST_CELLS:
            return f"the file has {len(found['cells'])} cells, expected at most {MOST_CELLS}"
        pictures = sum(map(_count_pictures, found["cells"]))
        many = pictures > MOST_PICTURES
        return f"the file has {pictures} attachments, expected at most {MOST_PICTURES}" if many else ""
    if isinstance(found, dict) and isinstance(found.get("worksheets"), list):
        return (
            "the file is a notebook of the old format nbformat 3, expected 4: open it in Jupyter and "
            "save it, or run `jupyter nbconvert --to notebook --inplace FILE`"
        )
    return "the file has no list of cells, so it is no notebook"


def _count_pictures(cell: object) -> int:
    """How many pictures are attached to what may be a cell, in all their formats."""
    attached = cell.get("attachments") if isinstance(cell, dict) else None
    if not isinstance(attached, dict):
        return 0
    return sum(max(len(formats), 1) if isinstance(formats, dict) else 1 for formats in attached.values())


def _too_much_code(cells: list[Cell]) -> str:
    """Says how much code there is when it is too much, or ""."""
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    size = sum(map(len, code))
    if size > MOST_CODE:
        return f"the file has {size} characters of code, expected at most {MOST_CODE}"
    pieces = sum(1 for source in code for _ in PIECE.finditer(source))
    if pieces > MOST_PIECES:
        has = f"{pieces} words, signs and ends of lines"
        return f"the code in the file has {has}, expected at most {MOST_PIECES}"
    return ""


def _too_much_text(cells: list[Cell]) -> str:
    """Says how long all texts and pictures are when that is too much, or ""."""
    size = sum(map(text_size, cells))
    if size <= MOST_TEXT:
        return ""
    has, most = f"{size / 2**20:.1f} MB", MOST_TEXT // 2**20
    return (
        f"the texts and pictures in the file have {has}, expected at most {most}: make the pictures smaller"
    )


def text_size(cell: Cell) -> int:
    """Characters of a cell's text and of the pictures that are attached to it."""
    pictures = (text for formats in cell.get("attachments", {}).values() for text in formats.values())
    return len(cell["source"]) + sum(map(len, pictures))


def _as_cell(cell: object) -> Cell | None:
    """What is kept of a cell, of the right types; None for what cannot be a cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = _text(cell.get("source", ""))
    if source is None:
        return None
    kept: Cell = {"cell_type": cell["cell_type"], "metadata": {}, "source": source}
    if isinstance(cell.get("id"), str):
        kept["id"] = cell["id"]
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    if isinstance(grade_id, str):
        kept["metadata"] = {"nbgrader": {"grade_id": _text(grade_id)}}
    if cell["cell_type"] == "code":
        kept |= {"outputs": [], "execution_count": None}
    elif isinstance(cell.get("attachments"), dict):
        kept["attachments"] = _attachments(cell["attachments"])
    return kept


def _attachments(claimed: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The pictures of a cell that have the form of pictures: {name: {MIME type: text}}."""
    bundles = {_whole(name): data for name, data in claimed.items() if isinstance(data, dict)}
    return {
        name: {_whole(kind): text for kind, said in data.items() if (text := _text(said)) is not None}
        for name, data in bundles.items()
    }


def _text(value: object) -> str | None:
    """A text of a notebook, which may be a list of lines, without half characters; None if it is none."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    return _whole(value) if isinstance(value, str) else None


def _whole(text: str) -> str:
    """A text without half characters, which no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
