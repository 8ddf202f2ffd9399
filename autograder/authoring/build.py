"""Sources to notebooks: py:percent text -> solution notebook -> released notebook.

The release is nbgrader's own ``generate_assignment``, run in a scratch course, so that stock
nbgrader makes the same bytes.  What the last build wrote is remembered as digests of the cells;
a notebook that somebody has edited since is never overwritten.
"""

import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from ..errors import BuildError
from ..exercises import LESSONS, all_exercises, lesson_exercises
from ..exercises.check_cell import CHECK
from ..exercises.sources import FOLDER
from ..feedback.versions import MARK, mark
from ..grading.course import CONFIG, Course
from ..grading.nbgrader_log import listening_log
from ..lessons import START_PAGE
from . import coverage_page
from .site import settings

DIGESTS = "digests.json"
IMPORT = re.compile(r"^from autograder import .*check.*$", re.M)
HEADED = re.compile(r"\*\*Exercise (\d+)")
MENTIONED = re.compile(r"[Ee]xercises? (\d+)(?: (?:to|and|or) (\d+))?(?!\d)(?! of lesson)")
# the first cell of code in every notebook, which no source has; its first line tells it from others
ON_COLAB = f"""\
# On Colab, this installs the course. Anywhere else it does nothing.
import sys
from importlib.util import find_spec

if "google.colab" in sys.modules and find_spec("autograder") is None:
    import subprocess

    package = "unrolled[notebook] @ git+{settings.REPOSITORY}"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", package], check=True)"""
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def build(root: Path, check: bool = False, adopt: bool = False) -> list[Path]:
    """Builds all lessons and the start page under `root`; returns what changed (or would, with `check`).

    adopt: first brings edits of the solution notebooks back into the sources.
    Raises BuildError for an edited notebook, a bad source, points of a check that stand there too, or a
    slip whose passage is gone.
    """
    root = Path(root)
    sources = sorted((root / "solutions").glob("[0-9][0-9]_*.py"))
    if not sources:
        raise BuildError(f"no lesson sources in {root / 'solutions'}; expected files like 01_name.py")
    start_page = root / "solutions" / f"{START_PAGE}.py"
    digests = _read_digests(root)
    adopted = [source for source in sources if adopt and _adopt(root, source, digests)]
    if not check:
        _refuse_edited(root, [*sources, start_page], digests, adopted)
    share = Course.load(root).follow_through if (root / f"{CONFIG}.py").exists() else 1.0
    written, new_digests = {}, {}
    for source in sources:
        solution = solution_notebook(source, share)
        _refuse_leftovers(source.name, json.loads(solution))
        released = release_notebook(source.stem, solution)
        for path, text in (
            (_solution_path(root, source.stem), solution),
            (_release_path(root, source.stem), released),
        ):
            written[path] = text
            new_digests[path.relative_to(root).as_posix()] = notebook_digest(json.loads(text))
    if start_page.exists():  # nbgrader must not see it: what has a folder in solutions/ is an assignment
        path, text = _release_path(root, START_PAGE), solution_notebook(start_page)
        written[path], new_digests[path.relative_to(root).as_posix()] = (
            text,
            notebook_digest(json.loads(text)),
        )
    if root == FOLDER.parent:
        written[root / "docs" / "coverage.md"] = coverage_page.coverage_page()
    written[root / "solutions" / DIGESTS] = json.dumps(new_digests, indent=1, sort_keys=True) + "\n"
    changed = [
        path for path, text in written.items() if not path.exists() or path.read_bytes() != text.encode()
    ]
    if not check:
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written[path], encoding="utf-8", newline="\n")
    return adopted + changed


def solution_notebook(source: Path, share: float = 1.0) -> str:
    """The solution notebook of a py:percent source, as text with settled ids and no outputs.

    A check's points come from its `Exercise`.  The import cell gets the course's version and the share of
    follow-through, as a comment, and the cell for Colab stands above the first cell of code.
    """
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen = set()
    for n, cell in enumerate(notebook.cells):
        cell.metadata.pop("lines_to_next_cell", None)
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.id = re.sub(r"[^A-Za-z0-9-]", "-", grade_id or f"{source.stem[:2]}-{n:02d}")
        if cell.id in seen:
            raise BuildError(
                f"{source.name}: two cells have the id {cell.id!r}; every grade_id must be its own"
            )
        seen.add(cell.id)
        exercise = _exercise_of(cell)
        if exercise:
            if "points" in cell.metadata.nbgrader:
                raise BuildError(
                    f"{source.name}: {grade_id} has points; those of {exercise.id} stand in"
                    " autograder/exercises alone, so remove them here"
                )
            cell.metadata.nbgrader["points"] = exercise.points
        if cell.cell_type == "code":  # `check` reads it there, see feedback/versions.py
            cell.source = IMPORT.sub(rf"\g<0>{mark(share)}", cell.source)
    first = next((n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"), None)
    if first is not None:
        cell = nbformat.v4.new_code_cell(ON_COLAB, id=f"{source.stem[:2]}-on-colab")
        notebook.cells.insert(first, cell)
    return str(nbformat.writes(notebook)) + "\n"


def _exercise_of(cell):
    """The exercise that a graded cell checks, or None."""
    graded, found = cell.metadata.get("nbgrader") or {}, CHECK.search(cell.source)
    return all_exercises().get(found[1]) if found and graded.get("grade") else None


def _refuse_leftovers(name, notebook):
    """Of an exercise that was dropped nothing stays: no Exercise without a check, no number in a text."""
    code, text = ("\n".join(_sources(notebook, kind)) for kind in ("code", "markdown"))
    lesson = name.split("_")[0]
    checked = set(CHECK.findall(code)) if lesson in LESSONS else set()
    orphans = (
        [e.id for e in lesson_exercises(lesson) if e.id not in {c[0] for c in checked}] if checked else []
    )
    if orphans:
        raise BuildError(
            f"{name} checks no {', '.join(orphans)}, which autograder/exercises/lesson{lesson}.py declares; "
            "add the check cell, or remove the Exercise and its styles in tests/answers"
        )
    there = set(map(int, HEADED.findall(text)))
    named = {int(n) for mention in MENTIONED.findall(text) for n in mention if n}
    if there and named - there:
        numbers = ", ".join(map(str, sorted(named - there)))
        raise BuildError(f"{name}: its text names exercise {numbers}, and has {len(there)}; correct that")


def _sources(notebook, kind):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def release_notebook(name: str, solution: str) -> str:
    """The released notebook's text, made from the solution notebook's by nbgrader."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve()
        path = root / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(solution, encoding="utf-8")
        config = Config()
        config.CourseDirectory.root = str(root)
        config.CourseDirectory.source_directory = "source"
        config.CourseDirectory.release_directory = "release"
        config.CourseDirectory.assignment_id = name
        log, said = listening_log()
        generate = GenerateAssignment(
            coursedir=CourseDirectory(config=config), no_database=True, config=config, log=log
        )
        # SaveCells makes a gradebook even without a database, and changes no cell
        generate.preprocessors = [step for step in generate.preprocessors if step is not SaveCells]
        try:
            generate.start()
        except Exception as error:
            reasons = [line for text in said for line in text.strip().splitlines()[-1:]]
            raise BuildError(f"nbgrader cannot release {name}: {'; '.join(reasons)}") from error
        return (root / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")


def notebook_digest(notebook: dict[str, Any]) -> str:
    """A digest of the cells' sources and nbgrader metadata; outputs and ids do not count."""
    cells = [
        [cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("nbgrader")]
        for cell in notebook["cells"]
    ]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:24]


def _adopt(root, source, digests):
    """Writes an edited solution notebook back into its source; True if it was edited."""
    path = _solution_path(root, source.stem)
    if not _edited(root, path, digests):
        return False
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith(ON_COLAB.splitlines()[0])]
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("nbgrader", "tags") if key in cell.metadata}
        for key in ("checksum", "cell_type"):
            cell.metadata.get("nbgrader", {}).pop(key, None)
        exercise = _exercise_of(cell)
        if exercise and cell.metadata.nbgrader.pop("points", exercise.points) != exercise.points:
            raise BuildError(
                f"{path.relative_to(root)}: {cell.metadata.nbgrader.grade_id} has other points than"
                f" {exercise.id} in autograder/exercises/lesson{exercise.lesson}.py; change them there"
            )
        cell.source = MARK.sub(lambda found: found[0].split("  #")[0], cell.source)
    notebook.metadata = {"jupytext": {"notebook_metadata_filter": "-all"}}  # a source has no header
    source.write_text(jupytext.writes(notebook, fmt="py:percent"), encoding="utf-8", newline="\n")
    digests.pop(path.relative_to(root).as_posix())
    return True


def _refuse_edited(root, sources, digests, adopted):
    for source in sources:
        solution, released = _solution_path(root, source.stem), _release_path(root, source.stem)
        if source not in adopted and _edited(root, solution, digests):
            raise BuildError(
                f"{solution.relative_to(root)} was edited since the last build; run "
                f"`autograder build --adopt` to bring the edit into {source.name}, or delete the notebook"
            )
        if _edited(root, released, digests):
            raise BuildError(
                f"{released.relative_to(root)} was edited since the last build; releases are made "
                f"from solutions/{source.name}: make the edit there and delete the notebook"
            )


def _edited(root, path, digests):
    known = digests.get(path.relative_to(root).as_posix())
    return (
        known is not None
        and path.exists()
        and notebook_digest(json.loads(path.read_text(encoding="utf-8"))) != known
    )


def _read_digests(root):
    path = root / "solutions" / DIGESTS
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _solution_path(root, name):
    return root / "solutions" / name / f"{name}.ipynb"


def _release_path(root, name):
    return root / "notebooks" / name / f"{name}.ipynb"
