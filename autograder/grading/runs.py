"""Submissions on their way from a folder to the gradebook, several at a time."""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import GradingError, Infrastructure, Unavailable
from ..results import Result
from ..sandbox.run import Ran
from ..wording import plain
from .grade_submission import Graded, Task, grade_one, result_of, store_run_and_verdicts
from .judge_submission import Judged
from .lines_of_class import LinesOfClass
from .names import Names
from .reading import Reader
from .recording import Recorder
from .result_store import Store

READ_AHEAD = 2  # submissions
LARGE = 4 * 2**20  # bytes of a notebook's file
MOST_WAITING = 8 * 2**20  # characters of all submissions that are run or wait to be recorded

log = logging.getLogger(__name__)


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
        lines: LinesOfClass,
    ) -> None:
        """executors: where a thread waits for the reader, where submissions are run, and for the recorder."""
        self._store, self._reader, self._recorder, self._again = store, reader, recorder, again
        self._to_read, self._to_run, self._to_record = executors
        self._lines = lines
        self._reading: dict[Future[Task], str] = {}
        self._running: dict[Future[tuple[Ran | None, Judged]], tuple[str, Task]] = {}
        self._done: dict[str, Graded] = {}
        self._recorded_size = 0  # characters of what is recorded: the helpers do large ones in turns
        self._in_turns = threading.Lock()
        self._names = Names.read(store.home)
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
                        self._reading[self._to_read.submit(self._read, name, folder)] = name
                if recording is None and self._done:
                    batch = self._next_batch()
                    if self._recorded_size <= MOST_WAITING or not self._reading:
                        self._done = {name: self._done[name] for name in self._done if name not in batch}
                        recording = self._to_record.submit(self._record, batch)
                coming: list[Future[Any]] = [*self._reading, *self._running, *self._lines.running]
                coming += [recording] if recording else []
                if not coming:
                    return
                for future in wait(coming, return_when=FIRST_COMPLETED).done:
                    if future is recording:
                        recording = None
                        finish(future.result())
                    elif future in self._reading:
                        self._run(self._reading.pop(future), future.result())
                    elif future in self._running:
                        name, task = self._running.pop(future)
                        self._judge(name, task, future)
                    else:
                        self._lines.end(future)
                self._take_ready()
        finally:
            if recording is not None:  # stopped: what is being recorded is recorded in full
                finish(recording.result())

    def _room(self, most: int) -> int:
        """How many more may be read now."""
        tasks = [task for _, task in self._running.values()]
        tasks += [graded.task for graded in self._done.values()]
        tasks += [waiting.task for waiting in self._lines.waiting.values()]
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
            self._lines.add(name, task, judged)
        else:
            run = None if self._again else self._store.read_run(task.run_key)
            self._running[self._to_run.submit(grade_one, task, run)] = name, task

    def _judge(self, name: str, task: Task, future: Future[tuple[Ran | None, Judged]]) -> None:
        """Keeps what came out of the pool; its wrong answers may have lines to look at."""
        try:
            run, judged = future.result()
        except Unavailable:
            raise
        except (Infrastructure, Exception) as error:  # nothing is known; the others go on
            reason = plain(f"{type(error).__name__}: {error}")
            log.error("%s: not graded: %s", plain(name), reason)
            self._done[name] = Graded(task, Result({}, reason=reason))
            return
        try:
            store_run_and_verdicts(task, self._store, run, judged)
        except OSError as error:  # nor could the others be kept
            raise GradingError(f"{error.filename} cannot be written: {error.strerror}") from None
        self._lines.add(name, task, judged)

    def _take_ready(self) -> None:
        """Submissions whose lines are known, as far as they will be, can be recorded."""
        self.keys |= self._lines.keys
        for name, (task, judged) in self._lines.ready.items():
            self._done[name] = Graded(task, result_of(task, judged, self._names))
        self._lines.ready.clear()

    def _read(self, name: str, folder: Path) -> Task:
        """Has a submission read; a large one while nothing is recorded, as both take memory."""
        with self._in_turns if _is_large(folder) else nullcontext():
            return self._reader.task_of(name, folder)

    def _register(self) -> dict[str, Result]:
        self._recorder.register()
        return {}

    def _record(self, batch: dict[str, Graded]) -> dict[str, Result]:
        """Records a batch; {student: result}, without marks where it could not be recorded."""
        results = {name: graded.result for name, graded in batch.items()}
        with self._in_turns:
            failed = self._recorder.record(batch)
        for name, why in failed.items():
            reason = f"not recorded, what the gradebook had is kept: {why}"
            log.error("%s: %s", plain(name), plain(reason))
            results[name] = Result({}, reason=reason)
        return results


def _is_large(folder: Path) -> bool:
    size = 0
    with suppress(OSError), os.scandir(folder) as entries:  # such as a file that went away meanwhile
        for entry in entries:  # one by one: a list of all names may fill the memory
            if entry.name.endswith(".ipynb"):
                size += entry.stat(follow_symlinks=False).st_size
            if size > LARGE:
                return True
    return False
