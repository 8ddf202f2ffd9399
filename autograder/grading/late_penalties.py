"""Late penalties, by nbgrader's own rule and the course's policy, also of what was marked by hand later.

nbgrader counts them while it autogrades and not again, so marks by hand would escape them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties as NbGraderAssignLatePenalties
from nbgrader.preprocessors import latesubmissions

from .course import Course
from .extensions import extension_of
from .gradebook import one_engine
from .nbgrader_log import silent_log

TOGETHER = 100  # penalties in a transaction, during which nobody else can write


class AssignLatePenalties(NbGraderAssignLatePenalties):
    """nbgrader's own, after the student's extension and the submission's date have been looked up."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Writes the extension and the penalty of a notebook into the gradebook."""
        names = resources["nbgrader"]
        course = Course.from_resources(resources)
        with latesubmissions.Gradebook(names["db_url"]) as gradebook:
            sent = gradebook.find_submission(names["assignment"], names["student"])
            sent.extension = extension_of(
                course, names["assignment"], names["student"], sent.assignment.duedate
            )
            if not self._has_date(names):
                sent.timestamp = None  # nbgrader keeps the date of what was handed in before
            gradebook.db.commit()
        made: tuple[Any, dict[str, Any]] = super().preprocess(nb, resources)
        return made

    def _has_date(self, names: dict[str, Any]) -> bool:
        """Whether what is being autograded has a date that counts; where nothing is, that stands already."""
        if self.parent is None:
            return True
        directory = self.parent.parent.coursedir  # of the exporter's converter
        steps = (directory.submitted_directory, names["student"], names["assignment"])
        return directory.get_existing_timestamp(directory.format_path(*steps)) is not None


def bring_up_to_date(course: Course, assignment: str) -> dict[str, tuple[float, float]]:
    """Counts the late penalties of an assignment anew; {student: (before, now)} of those that change."""
    url: str = course.config.CourseDirectory.db_url
    penalty = AssignLatePenalties(config=course.config)
    penalty.log = silent_log()
    changed: dict[str, tuple[float, float]] = {}
    with course.errors_named(), one_engine(), _one_gradebook(url) as gradebook:
        for number, (student, lost) in enumerate(_penalties(gradebook, assignment).items(), start=1):
            names = {"notebook": assignment, "assignment": assignment, "student": student, "db_url": url}
            penalty.preprocess(nbformat.v4.new_notebook(), {"nbgrader": names})
            sent = gradebook.find_submission(assignment, student)
            now = sum(notebook.late_submission_penalty or 0.0 for notebook in sent.notebooks)
            if now != lost:
                changed[student] = lost, now
            if number % TOGETHER == 0:
                gradebook.commit()
    return changed


class _Open(Gradebook):
    """A gradebook that stays open where nbgrader would close it, and waits where nbgrader would commit."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.commit, self.db.commit = self.db.commit, self.db.flush

    def __exit__(self, *error: object) -> None:
        """Leaves it open."""


@contextmanager
def _one_gradebook(url: str) -> Iterator[_Open]:
    """A gradebook that nbgrader uses for all penalties, as opening and committing take longer than one."""
    gradebook = _Open(url)
    latesubmissions.Gradebook = lambda _: gradebook
    try:
        yield gradebook
        gradebook.commit()
    finally:
        latesubmissions.Gradebook = Gradebook
        gradebook.close()


def _penalties(gradebook: Gradebook, assignment: str) -> dict[str, float]:
    """{student: late penalty} of all who have handed in; those only that could be other than 0."""
    return {
        sent.student.id: sent.late_submission_penalty or 0.0
        for sent in gradebook.assignment_submissions(assignment)
        if sent.extension or sent.late_submission_penalty or sent.total_seconds_late
    }
