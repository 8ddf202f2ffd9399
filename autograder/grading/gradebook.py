"""Recording results: nbgrader makes the autograded copies and the gradebook's rows of a batch."""

import copy
import errno
import re
import shutil
import tempfile
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import nbgrader.api
import sqlalchemy
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException

from ..errors import GradingError
from ..results import Result
from ..wording import plain
from .course import Course
from .database import unreachable_sentence
from .gradebook_lock import WAIT, locked_sentence, wait_until_free
from .nbgrader_hooks import read_dates_or_none
from .nbgrader_log import listening_log
from .staging import AutogradeStaged, StagingDirectory, stage
from .submission import Submission
from .timestamps import Believed

# errors by which nothing of anybody can be written, as lines of a traceback; no student's text stands there
LOCKED = re.compile(r"^\S*OperationalError: \(sqlite3\.OperationalError\) database is locked$", re.M)
FULL = re.compile(
    r"^(?:\S*OperationalError: \(sqlite3\.OperationalError\) (database or disk is full)"
    rf"|OSError: \[Errno (?:{errno.ENOSPC}|{errno.EDQUOT})\] ([A-Z][a-z ]+))",
    re.M,
)
SCORES = sqlalchemy.text(
    """
    SELECT sa.student_id, c.name, g.auto_score
    FROM grade g JOIN base_cell c ON c.id = g.cell_id
    JOIN submitted_notebook sn ON sn.id = g.notebook_id
    JOIN submitted_assignment sa ON sa.id = sn.assignment_id JOIN assignment a ON a.id = sa.assignment_id
    WHERE a.name = :assignment AND sa.student_id IN :students
    """
).bindparams(sqlalchemy.bindparam("students", expanding=True))
UNREACHABLE = re.compile(r"^\S*(?:Operational|Interface)Error: \((?!sqlite3)\w[\w.]*\) (.+)$", re.M)


def record_batch(
    course: Course, assignment: str, batch: Mapping[str, tuple[Submission, Result]]
) -> dict[str, str]:
    """Lets nbgrader write its autograded copies and gradebook rows; {student: why not} of the failed.

    batch: by student, with verdicts in the store; what is recorded already is left out.  nbgrader
    reads from a staging folder with repaired notebooks under the expected names, so that no file of one
    student can stop the others, and it writes into another, as it begins with removing what was there.
    Raises GradingError where nothing more can be recorded.
    """
    batch = {student: both for student, both in batch.items() if both[1].marks}
    recorded = _recorded(course, assignment, {student: result for student, (_, result) in batch.items()})
    batch = {student: both for student, both in batch.items() if student not in recorded}
    if not batch:
        return {}
    wait_until_free(course)
    staging = Path(tempfile.mkdtemp(prefix="staging-", dir=course.home))
    failed: dict[str, str] = {}
    config = copy.deepcopy(course.config)
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.submitted_directory = str(staging / "submitted")
    config.CourseDirectory.autograded_directory = str(staging / "autograded")
    config.Autograde.pre_convert_hook = None  # the assignment is registered
    config.Autograde.exporter_class = NotebookExporter  # the notebooks are in order
    config.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors.OverwriteCells"]  # the rest is done
    config.Grade.results = {student: result.to_json() for student, (_, result) in batch.items()}
    log, said = listening_log()
    try:
        for student, (submission, _) in batch.items():
            try:
                stage(staging / "submitted" / student / assignment, submission, assignment)
            except (OSError, ValueError) as error:
                _must_go_on([f"{type(error).__name__}: {error}"], course)
                failed[student] = str(error)
                shutil.rmtree(staging / "submitted" / student, ignore_errors=True)
        with warnings.catch_warnings(), one_engine():
            warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own use of it
            directory = StagingDirectory(config=config)
            read_dates_or_none(directory, Believed(every=True))  # those that count were put there
            AutogradeStaged(coursedir=directory, config=config, force=True, log=log).start()
    except NbGraderException:  # it has gone on with the others, if it could
        failed = _reasons(said, batch) | failed
    finally:
        failed |= _take(staging, course, assignment, set(batch) - set(failed))
        shutil.rmtree(staging, ignore_errors=True)
    _must_go_on(said, course)
    return failed


def _recorded(course: Course, assignment: str, results: Mapping[str, Result]) -> set[str]:
    """The students of whom both the autograded copy and the gradebook have the result already.

    The gradebook alone may have been restored from a backup, or a student removed from it; the copy alone
    has the cards.
    """
    copied = [student for student, result in results.items() if course.graded(assignment, student) == result]
    scores: dict[str, dict[str, float | None]] = {student: {} for student in copied}
    # where the gradebook cannot be read, recording says why
    with one_engine(), suppress(sqlalchemy.exc.DBAPIError):
        if copied:
            with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
                for student, cell, score in gradebook.db.execute(
                    SCORES, {"assignment": assignment, "students": copied}
                ):
                    scores[student][cell] = score
    return {
        student
        for student, found in scores.items()
        if all(found.get(cell) == mark.points for cell, mark in results[student].marks.items())
    }


def _must_go_on(said: Iterable[str], course: Course) -> None:
    """Raises GradingError where an error says that nothing of anybody can be written."""
    words = "\n".join(said)
    if LOCKED.search(words):
        raise GradingError(locked_sentence(course))
    gone = UNREACHABLE.search(words)
    if gone:
        raise GradingError(unreachable_sentence(course.config.CourseDirectory.db_url, gone[1]))
    full = FULL.search(words)
    if full:
        why = full[1] or full[2]
        raise GradingError(f"nothing more can be written in {course.home}: {why}; make room for it")


def _take(staging: Path, course: Course, assignment: str, students: Iterable[str]) -> dict[str, str]:
    """Puts what nbgrader made in the place of what was there; {student: what is missing}."""
    failed: dict[str, str] = {}
    kept = course.root / course.config.CourseDirectory.autograded_directory
    replaced = staging / "replaced"  # to be removed with the rest: file by file, it could end half-way
    replaced.mkdir(exist_ok=True)
    for student in students:
        new, old = staging / "autograded" / student / assignment, kept / student / assignment
        if not new.exists():
            failed[student] = "nbgrader has not come to it"
            continue
        old.parent.mkdir(parents=True, exist_ok=True)
        if old.exists():
            shutil.move(old, replaced / student)
        shutil.move(new, old)
    return failed


def _reasons(said: Iterable[str], students: Collection[str]) -> dict[str, str]:
    """{student: the last line of the error} from what nbgrader logged: a path, then a traceback."""
    found: dict[str, str] = {}
    last = [lines.strip().splitlines()[-1] for lines in said if lines.strip()]
    for line, after in zip(last, last[1:]):
        path = line.removeprefix("There was an error processing assignment: ")
        if path != line and Path(path).parent.name in students:
            found[Path(path).parent.name] = plain(after, 300)
    return found


@contextmanager
def one_engine() -> Iterator[None]:
    """Lets nbgrader keep one SQLAlchemy engine a database.

    It makes a new one for every access, a dozen for each submission, and each of them compiles
    all its statements again: a quarter of the time of recording.
    """
    make = nbgrader.api.create_engine
    nbgrader.api.create_engine = _engine
    try:
        yield
    finally:
        nbgrader.api.create_engine = make


_create_engine = nbgrader.api.create_engine


@cache
def _engine(url: str, **options: Any) -> Any:
    """An SQLAlchemy engine that waits where another program writes the gradebook."""
    if url.startswith("sqlite:"):
        options["connect_args"] = {"timeout": WAIT}
    return _create_engine(url, **options)
