"""Grading a class: submissions are run and judged in parallel, and recorded by this process alone.

Runs and verdicts are kept by content, so an interrupted run continues, and a submission that did not
change is not run again.
"""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import GradingError, Infrastructure, Unavailable
from ..lessons import released_lessons
from ..results import Result
from ..sandbox import bubblewrap
from ..sandbox.run import Ran
from ..wording import plain
from . import executors, submission_files
from .course import Course
from .grade_submission import (
    Graded,
    Task,
    grade_one,
    prepare_task,
    result_of,
    store_run_and_verdicts,
)
from .interrupts import until_done
from .judge_submission import Judged
from .result_store import Store

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

    def finish(self, student: str, result: Result) -> None:
        """This one is recorded, or cannot be."""


class Silence:
    """Nobody is told."""

    def begin(self, total: int) -> None:
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
    folders, strays = _folders(course, assignment, options.students)
    course.must_be_writable()
    for name, reason in strays.items():
        log.error("%s: not graded: %s", plain(name), plain(reason))
    jobs, store = options.jobs or os.cpu_count() or 1, course.store(assignment)
    walls = options.walls or course.walls
    if options.engine == "local":
        walls = bubblewrap.choose_walls(walls)
    results = dict.fromkeys(folders, Result({}))
    with store.alone(), executors.open_executor(options.engine, jobs) as pool:
        progress.begin(len(folders))
        released = course.released(assignment)

        def task_of(name: str, folder: Path) -> Task:
            seed, believed = store.seed_of(name), course.believes_timestamps
            return prepare_task(folder, assignment, released, seed, walls, course.limits, believed)

        runs = Runs(pool, store, folders, task_of, options.again, 3 * jobs)
        runs.start()
        # nbgrader takes seconds to import, and meanwhile the first submissions are run
        from .gradebook import record_batch
        from .registration import register

        with until_done():
            register(assignment, course=course)
        for batch in runs.batches():
            with until_done():
                failed = record_batch(course, assignment, _unrecorded(course, assignment, batch))
                for name, graded in batch.items():
                    results[name] = graded.result
                    if name in failed:
                        reason = f"not recorded, what the gradebook had is kept: {failed[name]}"
                        log.error("%s: %s", plain(name), plain(reason))
                        results[name] = Result({}, reason=reason)
                    progress.finish(name, results[name])
    return with_strays(results, strays)


class Runs:
    """Submissions on their way through a pool; at most so many wait there."""

    def __init__(
        self,
        pool: Executor,
        store: Store,
        folders: dict[str, Path],
        task_of: Callable[[str, Path], Task],
        again: bool,
        most: int,
    ) -> None:
        self._pool, self._store, self._task_of = pool, store, task_of
        self._again, self._most = again, most
        self._waiting = iter(folders.items())
        self._running: dict[Future[tuple[Ran | None, Judged]], tuple[str, Task]] = {}
        self._done: dict[str, Graded] = {}

    def start(self) -> None:
        """Sends submissions into the pool until enough wait there; takes what has verdicts already."""
        while len(self._running) + len(self._done) < self._most:
            name, folder = next(self._waiting, (None, None))
            if name is None or folder is None:
                return
            task = self._task_of(name, folder)
            judged = None if self._again else self._store.read_judged(task.judged_key)
            if judged is not None:
                self._done[name] = Graded(task, result_of(task, judged))
            else:
                run = None if self._again else self._store.read_run(task.run_key)
                self._running[self._pool.submit(grade_one, task, run)] = name, task

    def batches(self) -> Iterator[dict[str, Graded]]:
        """Yields {student: graded} as submissions come out."""
        while True:
            self.start()
            if not self._running and not self._done:
                return
            timeout = 0 if self._done else None
            for future in wait(self._running, timeout, return_when=FIRST_COMPLETED).done:
                name, task = self._running.pop(future)
                self._done[name] = Graded(task, self._result(name, task, future))
            batch, self._done = self._done, {}
            if batch:
                yield batch

    def _result(self, name: str, task: Task, future: Future[tuple[Ran | None, Judged]]) -> Result:
        try:
            run, judged = future.result()
            store_run_and_verdicts(task, self._store, run, judged)
            return result_of(task, judged)
        except Unavailable:
            raise
        except (Infrastructure, Exception) as error:  # nothing is known; the others go on
            reason = plain(f"{type(error).__name__}: {error}")
            log.error("%s: not graded: %s", plain(name), reason)
            return Result({}, reason=reason)


def _unrecorded(course: Course, assignment: str, batch: dict[str, Graded]) -> dict[str, Graded]:
    """Those with marks that the gradebook does not have."""
    return {
        name: graded
        for name, graded in batch.items()
        if graded.result.marks and course.graded(assignment, name) != graded.result
    }


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
    known = [path.parent.name for path in released_lessons(course.root)]
    submitted = course.root / course.config.CourseDirectory.submitted_directory
    return submission_files.misplaced_notebooks(Path(submitted), assignment, known)


def with_strays(results: dict[str, Result], strays: dict[str, str]) -> dict[str, Result]:
    """Results, and what stands in the report where only a sentence is known: strays, {student: sentence}."""
    return results | {name: Result({}, reason=why) for name, why in strays.items() if name not in results}
