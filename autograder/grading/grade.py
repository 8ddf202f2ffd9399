"""Grading a class: submissions are run and judged in parallel, and recorded by one process alone.

Reading and recording have helper processes, so that no submission can stop or fill this one.  Runs and
verdicts are kept by content, so an interrupted run continues, and a submission that did not change is not
run again.
"""

import logging
import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from ..errors import GradingError, Infrastructure, Unavailable
from ..results import Result
from ..sandbox import bubblewrap
from ..sandbox.run import Ran
from ..wording import plain
from . import executors, submission_files
from .course import Course
from .grade_submission import Graded, Task, grade_one, result_of, store_run_and_verdicts
from .judge_submission import Judged
from .reading import Reader
from .recording import Recorder
from .result_store import Store

READ_AHEAD = 2  # submissions
MOST_WAITING = 8 * 2**20  # characters of all submissions that are run or wait to be recorded

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

    def finish(recorded: dict[str, Result]) -> None:
        for name, result in recorded.items():
            results[name] = result
            progress.finish(name, result)

    with (
        store.alone(),
        ThreadPoolExecutor(1) as reading,
        Reader(course, assignment, walls) as reader,
        Recorder(course, assignment) as recorder,
        ThreadPoolExecutor(1) as recording,
        executors.open_executor(options.engine, jobs) as pool,
    ):
        progress.begin(len(folders))
        runs = Runs(store, reader, recorder, (reading, pool, recording), options.again)
        runs.finish_all(folders, 4 * jobs, finish)
        if not options.students:
            store.keep_only(runs.keys)  # earlier submissions and judges are not asked for any more
    return with_strays(results, strays)


class Runs:
    """Submissions on their way: read by a helper, run in a pool, and recorded by another helper.

    keys: under which the runs and verdicts of all are stored.
    """

    def __init__(
        self,
        store: Store,
        reader: Reader,
        recorder: Recorder,
        executors: tuple[Executor, Executor, Executor],
        again: bool,
    ) -> None:
        """executors: where a thread waits for the reader, where submissions are run, and for the recorder."""
        self._store, self._reader, self._recorder, self._again = store, reader, recorder, again
        self._to_read, self._to_run, self._to_record = executors
        self._reading: dict[Future[Task], str] = {}
        self._running: dict[Future[tuple[Ran | None, Judged]], tuple[str, Task]] = {}
        self._done: dict[str, Graded] = {}
        self._recorded_size = 0  # characters of what is recorded: the helpers do large ones in turns
        self.keys: set[str] = set()

    def finish_all(
        self, folders: dict[str, Path], most: int, finish: Callable[[dict[str, Result]], None]
    ) -> None:
        """Grades all submissions and tells `finish` of what is recorded; most: that wait to be recorded."""
        waiting = iter(folders.items())
        recording: Future[dict[str, Result]] | None = self._to_record.submit(self._register)
        try:
            while True:
                if recording is None or self._recorded_size <= MOST_WAITING:
                    for name, folder in islice(waiting, self._room(most)):
                        self._reading[self._to_read.submit(self._reader.task_of, name, folder)] = name
                if recording is None and self._done:
                    batch = self._next_batch()
                    if self._recorded_size <= MOST_WAITING or not self._reading:
                        self._done = {name: self._done[name] for name in self._done if name not in batch}
                        recording = self._to_record.submit(self._record, batch)
                coming: list[Future[Any]] = [*self._reading, *self._running]
                coming += [recording] if recording else []
                if not coming:
                    return
                for future in wait(coming, return_when=FIRST_COMPLETED).done:
                    if future is recording:
                        recording = None
                        finish(future.result())
                    elif future in self._reading:
                        self._run(self._reading.pop(future), future.result())
                    else:
                        name, task = self._running.pop(future)
                        self._done[name] = Graded(task, self._result(name, task, future))
        finally:
            if recording is not None:  # stopped: what is being recorded is recorded in full
                finish(recording.result())

    def _room(self, most: int) -> int:
        """How many more may be read now."""
        tasks = [task for _, task in self._running.values()] + [graded.task for graded in self._done.values()]
        if sum(task.submission.size for task in tasks) > MOST_WAITING:
            return 0
        return max(min(READ_AHEAD - len(self._reading), most - len(tasks)), 0)

    def _next_batch(self) -> dict[str, Graded]:
        """Those that are recorded next: all that are done, but few where they are large."""
        batch: dict[str, Graded] = {}
        self._recorded_size = 0
        for name, graded in self._done.items():
            if not batch or self._recorded_size + graded.task.submission.size <= MOST_WAITING:
                batch[name] = graded
                self._recorded_size += graded.task.submission.size
        return batch

    def _run(self, name: str, task: Task) -> None:
        """Sends a submission into the pool, unless it has verdicts already."""
        self.keys |= {task.run_key, task.judged_key}
        judged = None if self._again else self._store.read_judged(task.judged_key)
        if judged is not None:
            self._done[name] = Graded(task, result_of(task, judged))
        else:
            run = None if self._again else self._store.read_run(task.run_key)
            self._running[self._to_run.submit(grade_one, task, run)] = name, task

    def _result(self, name: str, task: Task, future: Future[tuple[Ran | None, Judged]]) -> Result:
        try:
            run, judged = future.result()
        except Unavailable:
            raise
        except (Infrastructure, Exception) as error:  # nothing is known; the others go on
            reason = plain(f"{type(error).__name__}: {error}")
            log.error("%s: not graded: %s", plain(name), reason)
            return Result({}, reason=reason)
        try:
            store_run_and_verdicts(task, self._store, run, judged)
        except OSError as error:  # nor could the others be kept
            raise GradingError(f"{error.filename} cannot be written: {error.strerror}") from None
        return result_of(task, judged)

    def _register(self) -> dict[str, Result]:
        self._recorder.register()
        return {}

    def _record(self, batch: dict[str, Graded]) -> dict[str, Result]:
        """Records a batch; {student: result}, without marks where it could not be recorded."""
        results = {name: graded.result for name, graded in batch.items()}
        for name, why in self._recorder.record(batch).items():
            reason = f"not recorded, what the gradebook had is kept: {why}"
            log.error("%s: %s", plain(name), plain(reason))
            results[name] = Result({}, reason=reason)
        return results


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
