"""Registering: the gradebook comes to know an assignment's cells and points."""

import copy
import os
import shutil
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells

from ..errors import GradingError
from ..wording import plain
from .cells_in_line import SaveChangedCells, is_in_line
from .course import Course
from .gradebook_lock import wait_until_free
from .nbgrader_log import listening_log

SAVING = (SaveCells, "nbgrader.preprocessors.SaveCells")


def register(
    assignment: str, student: str | None = None, notebooks: Any = None, course: Course | None = None
) -> None:
    """Makes sure that the gradebook knows an assignment as released; nbgrader calls it before it grades.

    It does not where registering was killed, since nbgrader commits cell by cell, and where the lesson has
    changed: then its cells and points follow, and the marks of cells that are still there stay.

    On a fresh clone the released notebooks exist already, and `nbgrader generate_assignment`
    skips them and leaves the gradebook empty.
    """
    course = course or Course.load(Path.cwd())
    released = course.released(assignment)
    make_database(course)
    wait_until_free(course)
    with course.errors_named(), Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        try:
            if is_in_line(gradebook.find_notebook(assignment, assignment), released):
                return
        except MissingEntry:
            pass
    source = course.root / course.config.CourseDirectory.source_directory / assignment
    if not source.is_dir():
        raise GradingError(f"no folder {source}; grading reads there which cells an assignment has")
    scratch = course.home / "registering"
    config = copy.deepcopy(course.config)
    config.CourseDirectory.release_directory = str(scratch)
    config.CourseDirectory.assignment_id = assignment
    steps = config.GenerateAssignment.get("preprocessors") or GenerateAssignment().preprocessors
    config.GenerateAssignment.preprocessors = [SaveChangedCells if s in SAVING else s for s in steps]
    log, said = listening_log()
    try:
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=log).start()
    except NbGraderException as error:
        raise GradingError(f"{source} cannot be registered: {_cause(said) or error}") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _cause(said: list[str]) -> str:
    """The last line of the first traceback that nbgrader has logged, as its own error only refers to it."""
    traceback = next((text for text in said if text.startswith("Traceback")), "")
    # below the error of a database stand its statement, in brackets, and a link
    lines = [line for line in traceback.splitlines() if line.strip() and line[0] not in " [("]
    return plain(lines[-1], 300) if lines else ""


def make_database(course: Course) -> None:
    """Makes a new SQLite gradebook under another name first, so that none is ever half made."""
    path = course.database
    if path is None or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    with Gradebook(f"sqlite:///{scratch}"):
        pass
    os.replace(scratch, path)
