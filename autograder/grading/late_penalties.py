"""Late penalties, by nbgrader's own rule and the course's policy, also of what was marked by hand later.

nbgrader counts them while it autogrades and not again, so marks by hand would escape them.
"""

from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties as NbGraderAssignLatePenalties

from .course import Course
from .extensions import extension_of
from .gradebook import one_engine
from .nbgrader_log import silent_log


class AssignLatePenalties(NbGraderAssignLatePenalties):
    """nbgrader's own, after the student's extension and the submission's date have been looked up."""

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Writes the extension and the penalty of a notebook into the gradebook."""
        names = resources["nbgrader"]
        course = Course.from_resources(resources)
        with Gradebook(names["db_url"]) as gradebook:
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
    with one_engine():
        for student, lost in _penalties(url, assignment).items():
            names = {"notebook": assignment, "assignment": assignment, "student": student, "db_url": url}
            penalty.preprocess(nbformat.v4.new_notebook(), {"nbgrader": names})
            now = _penalties(url, assignment, student)[student]
            if now != lost:
                changed[student] = lost, now
    return changed


def _penalties(url: str, assignment: str, student: str | None = None) -> dict[str, float]:
    """{student: late penalty} of all who have handed in, or of one; those only that could be other than 0."""
    with Gradebook(url) as gradebook:
        sent = (
            [gradebook.find_submission(assignment, student)]
            if student
            else gradebook.assignment_submissions(assignment)
        )
        return {
            s.student.id: s.late_submission_penalty or 0.0
            for s in sent
            if student or s.extension or s.late_submission_penalty or s.total_seconds_late
        }
