"""Forgetting a student: everything that grading has made of one is removed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from ..errors import GradingError
from ..wording import name_problem
from .course import Course
from .gradebook_lock import wait_until_free
from .kept import forget_kept
from .line_search import searches_of
from .moved_aside import put_back
from .reading import Reader


def forget(course: Course, student: str, handed_in: bool = False) -> list[str]:
    """Removes what is kept of a student, and says what; may be repeated after it was interrupted.

    handed_in: whether the submissions go too.  Raises GradingError where nothing is kept of the student.

    Stored runs and verdicts have names that say nothing of whose they are, so those that belong to nobody
    else's submission are removed.
    """
    if student in ("", ".", "..") or "/" in student or name_problem(student):
        raise GradingError(f"{student!r} is no student's id")
    assignments, submitted = course.assignments, course.submitted / student
    with course.alone(assignments[0]):
        put_back(course)  # what a killed `collect` has moved aside would come back with the next grading
        said = [f"what {name} had" for name in forget_kept(course.home, student)]
        made = list(_made(course, student))
        is_there = made or submitted.is_dir() or submitted.is_symlink()
        if not said and not is_there and student not in course.students():
            _vacuum(course)  # which may be all that an interrupted one has left to do
            raise GradingError(f"nothing is kept of {student!r}")
        said += [
            f"stored runs and verdicts of {name}"
            for name in assignments
            if _forget_stored(course, name, student)
        ]
        for sheet in sorted(course.home.glob("exports/*/*.csv")):  # of the whole class
            sheet.unlink()
            said.append(f"{sheet.relative_to(course.home)}, which `export` writes anew")
        for page in _pages(course):  # even if nothing can be written in their place
            page.unlink()
        for folder in [*made, *([submitted] if handed_in else [])]:
            if folder.is_symlink():
                folder.unlink()
            elif folder.exists():
                shutil.rmtree(folder)
            said.append(
                str(folder.relative_to(course.root) if folder.is_relative_to(course.root) else folder)
            )
        if student in course.students():  # last: whoever is interrupted before can begin anew
            _remove_rows(course, student)
            said.append("the row of the gradebook, with all marks and comments")
        _vacuum(course)
    return said


def _pages(course: Course) -> list[Path]:
    """The reports on the class, with what an editor or Jupyter has copied beside them."""
    found = course.home.glob("reports/**/*")
    return [path for path in found if path.suffix in (".csv", ".html") and path.is_file()]


def _made(course: Course, student: str) -> Iterator[Path]:
    """The folders that grading has made of a student."""
    steps = [course.config.CourseDirectory[f"{step}_directory"] for step in ("autograded", "feedback")]
    folders = [course.root / step / student for step in steps]
    exports = [folder / student for folder in course.home.glob("exports/*/*")]
    yield from (folder for folder in [*folders, *exports] if folder.is_dir())


def _forget_stored(course: Course, assignment: str, student: str) -> bool:
    """Removes the runs and verdicts that are not of today's submissions of others; whether there were any."""
    store = course.store(assignment)
    if not store.stored:
        return False
    keys: set[str] = set()
    with Reader(course, assignment, course.walls) as reader:
        for other, folder in course.submissions(assignment).items():
            if other != student:
                task = reader.task_of(other, folder)
                keys |= {task.run_key, task.judged_key}
                judged = store.read_judged(task.judged_key)
                keys |= {search.key for search in searches_of(task, judged).values()} if judged else set()
    return store.keep_only(keys) > 0


def _remove_rows(course: Course, student: str) -> None:
    """Removes a student from the gradebook."""
    from nbgrader.api import Gradebook, MissingEntry

    wait_until_free(course)
    with course.errors_named(), suppress(MissingEntry):
        with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
            gradebook.remove_student(student)


def _vacuum(course: Course) -> None:
    """Removes the pages of the gradebook's file that held what was removed."""
    if course.database and course.database.exists():
        wait_until_free(course)
        try:
            with closing(sqlite3.connect(course.database)) as database:
                database.execute("VACUUM")
        except sqlite3.Error as error:  # such as of a full disk, for it needs as much room again
            said = f"{course.database} still holds removed pages, as it cannot be written anew ({error})"
            raise GradingError(f"{said}; make room and start again") from None
