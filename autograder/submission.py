"""What a student handed in: a notebook that may be anything, and files beside it."""

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from .preflight import preflight

MOST_BYTES = 20 * 2**20  # of a notebook, and of all files beside it together
NOT_PASSED_ON = {"timestamp.txt", "feedback", "__pycache__", ".ipynb_checkpoints"}


class Submission(NamedTuple):
    """A submission ready to be run.

    notebook: repaired JSON; the released notebook itself when the file could not be read.
    unreadable: why it could not, or "".  files: paths of what lies beside it, by relative name.
    """

    notebook: dict
    remarks: list
    unreadable: str = ""
    files: dict = {}

    def digest(self):
        """Names what a result depends on apart from the notebook's cells."""
        found = hashlib.sha256(self.unreadable.encode())
        for name, path in sorted(self.files.items()):
            found.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return found.hexdigest()


def read(folder, assignment, released):
    """The submission in `folder`; never raises for what is in there."""
    path, remarks = _find(Path(folder), assignment)
    if path is None:
        return _unreadable(released, remarks.pop(), remarks)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        return _unreadable(released, f"{path.name} cannot be opened: {error.strerror}", remarks)
    submission = parse(data, released)
    files, more = _beside(Path(folder), path)
    return submission._replace(remarks=[*remarks, *submission.remarks, *more], files=files)


def parse(data, released):
    """The submission whose notebook file holds the bytes `data`."""
    if not data.strip():
        return _unreadable(released, "the file is empty")
    if len(data) > MOST_BYTES:
        return _unreadable(released, f"the file is larger than {MOST_BYTES // 2**20} MB")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return _unreadable(released, "the file is no JSON, so no notebook")
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        return _unreadable(released, "the file has no list of cells, so it is no notebook")
    marked = notebook.get("metadata") if isinstance(notebook.get("metadata"), dict) else {}
    if isinstance(marked.get("unreadable"), str):  # what this function made of it before
        return Submission(notebook, [], marked["unreadable"])
    notebook["metadata"] = marked
    cells = [cell for cell in map(_as_cell, notebook["cells"]) if cell]
    remarks = [f"{len(notebook['cells']) - len(cells)} entries of the file are no cells; left out"]
    remarks = remarks if len(cells) < len(notebook["cells"]) else []
    repaired, more = preflight({**notebook, "cells": cells}, released)
    return Submission(repaired, remarks + more)


def _as_cell(cell):
    """The cell with parts of the right types; None for what cannot be a cell."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = cell.get("source", "")
    source = "".join(map(str, source)) if isinstance(source, list) else source
    if not isinstance(source, str):
        return None
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    kept = {"cell_type": cell["cell_type"], "id": cell.get("id"), "metadata": metadata}
    kept["source"] = source.encode("utf-8", "replace").decode()
    if cell["cell_type"] == "code":
        kept |= {"outputs": [], "execution_count": None}
    elif isinstance(cell.get("attachments"), dict):
        kept["attachments"] = cell["attachments"]
    return kept


def _find(folder, assignment):
    """(path of the notebook, remarks); (None, [the reason]) when there is none to take."""
    expected = folder / f"{assignment}.ipynb"
    if expected.is_symlink():
        return None, [f"{expected.name} is a link, not a file"]
    if expected.is_file():
        return expected, []
    others = [path for path in sorted(folder.glob("*.ipynb")) if path.is_file() and not path.is_symlink()]
    if len(others) == 1:
        return others[0], [
            f"the notebook is called {others[0].name}, expected {expected.name}; graded as that"
        ]
    found = ", ".join(path.name for path in others) or "no notebook"
    return None, [f"expected {expected.name}, found {found}"]


def _beside(folder, notebook):
    files, remarks, size = {}, [], 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path == notebook or any(p in NOT_PASSED_ON or p.startswith(".") for p in name.parts):
            continue
        if path.is_symlink() or any(parent.is_symlink() for parent in path.parents if parent != folder):
            remarks.append(f"{name} is a link; left out")
        elif path.is_file():
            size += path.stat().st_size
            if size > MOST_BYTES:
                remarks.append(f"the files beside the notebook exceed {MOST_BYTES // 2**20} MB; left out")
                return {}, remarks
            files[str(name)] = path
        if len(name.parts) == 1 and _shadows(path):
            remarks.append(f"{name} has the name of a module; it comes last on the path and shadows nothing")
    return files, remarks


def _shadows(path):
    module = path.stem if path.suffix == ".py" else path.name if path.is_dir() else ""
    return module in sys.stdlib_module_names or module in ("numpy", "rnnlib", "autograder", "matplotlib")


def _unreadable(released, reason, remarks=()):
    notebook = json.loads(json.dumps(released))
    notebook["metadata"]["unreadable"] = reason
    says = f"**The submitted file could not be graded:** {reason}."
    notebook["cells"].insert(0, {"cell_type": "markdown", "id": "unreadable", "metadata": {}, "source": says})
    return Submission(notebook, list(remarks), reason)


def copy_files(files, target):
    """Puts the files beside a notebook into `target`, readable for everybody."""
    for name, path in files.items():
        copy = Path(target) / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    for path in [Path(target), *Path(target).rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
