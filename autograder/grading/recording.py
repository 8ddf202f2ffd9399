"""Recording results, in a helper process that has nbgrader: one submission must not keep the others waiting.

nbgrader is imported there, while here the first submissions are run.
"""

import shutil
from collections.abc import Callable, Mapping
from importlib.util import find_spec

from ..errors import GradingError
from ..results import Result
from ..wording import plain
from .course import Course
from .grade_submission import Graded
from .helper import LARGE, Failed, Helper, TooMuch
from .submission import Submission

REGISTERING = 120.0  # seconds
SECONDS, EACH = 60.0, 10.0  # for any batch, and more for each submission in it
MEMORY = 192 * 2**20  # bytes, beyond what nbgrader's modules take


class Recorder(Helper):
    """The one that writes the gradebook; to be entered before any thread is started."""

    def __init__(self, course: Course, assignment: str) -> None:
        if find_spec("nbgrader") is None:  # the helper could tell nobody
            raise ModuleNotFoundError("No module named 'nbgrader'", name="nbgrader")
        self._course, self._assignment = course, assignment
        functions: dict[str, Callable[..., object]] = {
            "register": self._register,
            "record": self._record,
            "penalties": self._penalties,
        }
        super().__init__(functions, MEMORY, _import_nbgrader)

    def register(self) -> None:
        """Makes sure that the gradebook knows the assignment; raises GradingError where it cannot."""
        try:
            self.call("register", seconds=REGISTERING)
        except (TooMuch, Failed) as error:
            raise GradingError(f"{self._assignment} cannot be registered in the gradebook: {error}") from None

    def record(self, batch: Mapping[str, Graded]) -> dict[str, str]:
        """Writes the autograded copies and gradebook rows of a batch; {student: why not} of the failed.

        A batch in which one submission is too much for the helper is recorded one by one.
        """
        try:
            return self._call(batch)
        except (TooMuch, Failed) as error:
            self._clean_up()
            if len(batch) == 1:
                return dict.fromkeys(batch, plain(f"recording it {error}"))
        failed: dict[str, str] = {}
        for student, graded in batch.items():
            failed |= self.record({student: graded})
        return failed

    def bring_penalties_up_to_date(self) -> dict[str, tuple[float, float]]:
        """{student: (late penalty before, now)} where it has changed since it was recorded."""
        changed: dict[str, tuple[float, float]] = {}
        try:
            changed = self.call("penalties", seconds=REGISTERING)
        except (TooMuch, Failed) as error:
            raise GradingError(
                f"the late penalties of {self._assignment} cannot be counted: {error}"
            ) from None
        return changed

    def _call(self, batch: Mapping[str, Graded]) -> dict[str, str]:
        whole = {student: (graded.task.submission, graded.result) for student, graded in batch.items()}
        failed: dict[str, str] = self.call("record", whole, seconds=SECONDS + EACH * len(batch))
        if sum(submission.size for submission, _ in whole.values()) > LARGE:
            self.renew()
        return failed

    def _clean_up(self) -> None:
        """Removes what a helper that was ended has left."""
        for stale in self._course.home.glob("staging-*"):
            shutil.rmtree(stale, ignore_errors=True)

    def _register(self) -> None:
        """In the helper."""
        from .registration import register

        register(self._assignment, course=self._course)

    def _record(self, batch: dict[str, tuple[Submission, Result]]) -> dict[str, str]:
        """In the helper."""
        from .gradebook import record_batch

        return record_batch(self._course, self._assignment, batch)

    def _penalties(self) -> dict[str, tuple[float, float]]:
        """In the helper."""
        from .late_penalties import bring_up_to_date

        return bring_up_to_date(self._course, self._assignment)


def _import_nbgrader() -> None:
    from . import gradebook, late_penalties, registration  # noqa: F401
