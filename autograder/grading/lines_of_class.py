"""The lines of a class's wrong answers: looked for once per distinct source, for a limited time in all."""

import logging
from collections import deque
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field

from ..errors import GradingError, Infrastructure
from ..results import Repair
from .grade_submission import Task
from .judge_submission import Judged
from .line_search import Lines, LineSearch, search_lines, searches_of, with_lines
from .result_store import Store

log = logging.getLogger(__name__)

SPENT = (
    "lines of wrong answers are not looked for any more: the %g s for a class (c.Grade.search_seconds) are"
    " spent; the next `grade` goes on"
)


class LineStore:
    """What is known of lines: stored, or found by one grading, which has so many seconds for it.

    again: whether what is stored counts for nothing.
    """

    def __init__(self, store: Store, seconds: float, again: bool = False) -> None:
        self._store, self._seconds, self._again = store, seconds, again
        self._known: dict[str, Lines] = {}
        self._left = seconds

    def searches(self, task: Task, judged: Judged) -> dict[str, LineSearch]:
        """See `searches_of`; none where no line is to be looked for, or a text is too much for the parser."""
        with suppress(Exception):
            return searches_of(task, judged) if self._seconds > 0 else {}
        return {}

    def get(self, search: LineSearch) -> Lines | None:
        """The lines; None where they have not been looked for."""
        if search.key not in self._known and not self._again:
            stored = self._store.read_lines(search.key)
            if stored is not None:
                self._known[search.key] = stored
        return self._known.get(search.key)

    @property
    def may_search(self) -> bool:
        """Whether there is time left."""
        return self._left > 0

    def keep(self, search: LineSearch, lines: Lines, seconds: float) -> None:
        """Keeps what a search has found in so many seconds; says once that the time is spent."""
        self._known[search.key] = lines
        try:
            self._store.write_lines(search.key, lines)
        except OSError as error:
            raise GradingError(f"{error.filename} cannot be written: {error.strerror}") from None
        self._take(seconds)

    def give_up(self, search: LineSearch) -> None:
        """Nothing is known of these lines in this grading; the next one looks for them."""
        self._known[search.key] = ()

    def _take(self, seconds: float) -> None:
        if 0 < self._left <= seconds:
            log.warning(SPENT, self._seconds)
        self._left -= seconds


@dataclass
class Waiting:
    """A submission that has its verdicts and waits for lines."""

    task: Task
    judged: Judged
    searches: dict[str, LineSearch]


@dataclass
class LinesOfClass:
    """Looks for lines in a pool, a few at a time, so that they keep no submission from being run.

    ready: submissions with what was found, by student, for whoever takes them out.  keys: under which the
    lines of all are stored.
    """

    known: LineStore
    pool: Executor
    most: int  #: searches at the same time
    ready: dict[str, tuple[Task, Judged]] = field(default_factory=dict)
    running: dict[Future[tuple[Lines, float]], LineSearch] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    _queue: deque[LineSearch] = field(default_factory=deque)

    def add(self, student: str, task: Task, judged: Judged) -> None:
        """A submission that has been judged."""
        searches = self.known.searches(task, judged)
        self.keys |= {search.key for search in searches.values()}
        self.waiting[student] = Waiting(task, judged, searches)
        asked = {search.key for search in [*self.running.values(), *self._queue]}
        for search in searches.values():
            if search.key not in asked and self.known.get(search) is None:
                asked.add(search.key)
                self._queue.append(search)
        self._go_on()

    def end(self, future: Future[tuple[Lines, float]]) -> None:
        """One of `running` is over.  Where it failed, nothing is known: that must keep nobody waiting."""
        search = self.running.pop(future)
        try:
            lines, seconds = future.result()
        except Exception as error:
            log.warning("the line of an answer was not found out: %s: %s", type(error).__name__, error)
            self.known.give_up(search)
        else:
            self.known.keep(search, lines, seconds)
        self._go_on()

    def _go_on(self) -> None:
        while self._queue and len(self.running) < self.most:
            search = self._queue.popleft()
            if self.known.may_search:
                self.running[self.pool.submit(search_lines, search)] = search
            else:
                self.known.give_up(search)
        for student, one in list(self.waiting.items()):
            lines = {grade_id: self.known.get(search) for grade_id, search in one.searches.items()}
            found = {grade_id: each for grade_id, each in lines.items() if each is not None}
            if len(found) == len(lines):
                del self.waiting[student]
                self.ready[student] = one.task, with_lines(one.judged, found)


def locate_now(known: LineStore, task: Task, judged: Judged) -> dict[str, tuple[Repair, ...]]:
    """{grade_id: lines} of one submission, found here and now."""
    found: dict[str, Lines] = {}
    for grade_id, search in known.searches(task, judged).items():
        lines = known.get(search)
        if lines is None and known.may_search:
            try:
                lines, seconds = search_lines(search)
                known.keep(search, lines, seconds)
            except Infrastructure:
                known.give_up(search)
        found[grade_id] = lines or ()
    return found
