"""Grading a class: submissions are run and judged in parallel, and recorded by one process alone.

Reading and recording have helper processes, so that no submission can stop or fill this one.  Runs and
verdicts are kept by content, so an interrupted run continues, and a submission that did not change is not
run again.
"""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import GradingError
from ..results import Result
from ..sandbox import bubblewrap
from ..wording import plain
from . import executors, submission_files
from .course import Course
from .extensions import may_be_late
from .lines_of_class import LinesOfClass, LineStore
from .moved_aside import SCRATCH, put_back
from .reading import Reader
from .recording import Recorder
from .runs import Runs

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """How to grade.

    students: only these.  jobs: submissions to run at the same time, by default one per core.  walls:
    one of `bubblewrap.MODES`, by default what nbgrader_config.py says.  engine: see
    `executors.open_executor`.  again: whether to run also what has a result.
    """

    students: tuple[str, ...] = ()
    jobs: int | None = None
    walls: str | None = None
    engine: str = "local"
    again: bool = False


class Progress(Protocol):
    """Who is told how far grading has come."""

    def begin(self, total: int) -> None:
        """All is in order: so many submissions are graded now."""

    def start(self) -> None:
        """The gradebook knows the assignment; nothing is recorded yet."""

    def finish(self, student: str, result: Result) -> None:
        """This one is recorded, or cannot be."""


class Silence:
    """Nobody is told."""

    def begin(self, total: int) -> None:
        """Says nothing."""

    def start(self) -> None:
        """Says nothing."""

    def finish(self, student: str, result: Result) -> None:
        """Says nothing."""


def grade_class(
    course: Course, assignment: str, options: Options | None = None, progress: Progress | None = None
) -> dict[str, Result]:
    """Grades every submission of an assignment and records it; {student: result}.

    A result without marks has the reason.  Raises GradingError where nothing can be graded.
    """
    options, progress = options or Options(), progress or Silence()
    if any(course.submitted.glob(f"{SCRATCH}*")):
        with course.alone(assignment):
            put_back(course)
    folders, strays = _folders(course, assignment, options.students)
    course.must_be_writable()
    for name, reason in strays.items():
        log.error("%s: not graded: %s", plain(name), plain(reason))
    jobs, store = options.jobs or os.cpu_count() or 1, course.store(assignment)
    walls = options.walls or course.walls
    if options.engine == "local":
        walls = bubblewrap.choose_walls(walls)
    results = dict.fromkeys(folders, Result({}))

    def finish(recorded: dict[str, Result]) -> None:
        if not recorded:
            progress.start()
        for name, result in recorded.items():
            results[name] = result
            progress.finish(name, result)

    with (
        course.alone(assignment),
        ThreadPoolExecutor(1) as reading,
        Reader(course, assignment, walls) as reader,
        Recorder(course, assignment) as recorder,
        ThreadPoolExecutor(1) as recording,
        executors.open_executor(options.engine, jobs) as pool,
    ):
        progress.begin(len(folders))
        known = LineStore(store, course.search_seconds, options.again)
        lines = LinesOfClass(known, pool, jobs)
        runs = Runs(store, reader, recorder, (reading, pool, recording), options.again, lines)
        runs.finish_all(folders, 4 * jobs, finish)
        if may_be_late(course, assignment):
            for name, (before, now) in recorder.bring_penalties_up_to_date().items():
                log.warning("%s: the late penalty is %g now, %g before", plain(name), now, before)
        if not options.students:
            store.keep_only(runs.keys)  # earlier submissions and judges are not asked for any more
    return with_strays(results, strays)


def _folders(
    course: Course, assignment: str, students: tuple[str, ...]
) -> tuple[dict[str, Path], dict[str, str]]:
    """({student: folder of a submission}, {student: why there is none, where something was found})."""
    folders, strays = course.submissions(assignment), misplaced_notebooks(course, assignment)
    there = ", ".join(folders) or "none"
    if students:
        strays = {name: why for name, why in strays.items() if name in students}
    for student in students:
        if student not in folders:
            reasons = [f"no submission of {student!r}; there are {there}", *strays.values()]
            raise GradingError("; ".join(reasons))
    if not folders:
        kept = course.config.CourseDirectory.submitted_directory
        says = f"no submissions in {kept}; expected STUDENT/{assignment}/{assignment}.ipynb"
        raise GradingError("; ".join([says, *strays.values()]))
    return {student: folders[student] for student in students or folders}, strays


def misplaced_notebooks(course: Course, assignment: str) -> dict[str, str]:
    """{student: what is wrong}: notebooks that lie where no submission of this assignment is."""
    return submission_files.misplaced_notebooks(course.submitted, assignment, course.assignments)


def with_strays(results: dict[str, Result], strays: dict[str, str]) -> dict[str, Result]:
    """Results, and what stands in the report where only a sentence is known: strays, {student: sentence}."""
    return results | {name: Result({}, reason=why) for name, why in strays.items() if name not in results}
