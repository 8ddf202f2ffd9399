"""Registering: the gradebook comes to know an assignment's cells and points."""

import copy
import os
import shutil
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory

from ..errors import GradingError
from .course import Course
from .gradebook_lock import wait_until_free
from .nbgrader_log import silent_log


def register(
    assignment: str, student: str | None = None, notebooks: Any = None, course: Course | None = None
) -> None:
    """Makes sure that the gradebook knows the assignment; nbgrader calls it before it grades.

    On a fresh clone the released notebooks exist already, and `nbgrader generate_assignment`
    skips them and leaves the gradebook empty.
    """
    course = course or Course.load(Path.cwd())
    released = course.released(assignment)
    _make_database(course)
    wait_until_free(course)
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        try:
            if _is_whole(gradebook.find_notebook(assignment, assignment), released):
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
    try:
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=silent_log()).start()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _is_whole(row: Any, released: dict[str, Any]) -> bool:
    """Whether the gradebook knows all of a notebook.

    It does not where registering was killed: nbgrader commits cell by cell, and the sources last.

    With submissions it cannot have been, and nbgrader would not take a change of cells any more.
    """
    marks = [cell["metadata"].get("nbgrader") or {} for cell in released["cells"]]
    wanted = {mark["grade_id"] for mark in marks if mark.get("grade") or mark.get("solution")}
    return bool(row.submissions) or wanted <= {cell.name for cell in row.source_cells}


def _make_database(course: Course) -> None:
    """Makes a new SQLite gradebook under another name first, so that none is ever half made."""
    path = course.database
    if path is None or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    with Gradebook(f"sqlite:///{scratch}"):
        pass
    os.replace(scratch, path)
