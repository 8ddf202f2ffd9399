"""Due dates of one student, kept in extensions.json.

nbgrader has a place for them only in the row of a submission, where something has been handed in already.
"""

import re
from contextlib import suppress
from datetime import datetime, timedelta

from dateutil.parser import parse as parse_date

from ..errors import GradingError
from .course import Course
from .kept import EXTENSIONS, read_kept, write_kept
from .timestamps import read_date

NONE = "none"
SUCH_AS = "'2027-03-08 23:59 Europe/Berlin', '2027-03-08 23:59 +01:00' or '2027-03-08 11:59 PM' (UTC)"
# what a late penalty can depend on: a submission after the due date, a penalty that was given
LATE = """
SELECT DISTINCT a.name FROM submitted_assignment sa JOIN assignment a ON a.id = sa.assignment_id
LEFT JOIN submitted_notebook sn ON sn.assignment_id = sa.id
WHERE sa.timestamp > a.duedate OR sa.extension IS NOT NULL OR sn.late_submission_penalty IS NOT NULL
"""


def extend(course: Course, student: str, assignment: str, date: str) -> str:
    """Gives a student a due date of one's own, or takes it back with "none"; says what is so now.

    date: year-month-day, time and zone; in UTC where it names none.  Raises GradingError where it makes no
    sense.
    """
    if student not in course.students() and student not in course.submissions(assignment):
        raise GradingError(f"nobody in the class has the id {student!r}")
    with course.alone(assignment):
        records = read_kept(course.home, EXTENSIONS)
        if date == NONE:
            if records.get(assignment, {}).pop(student, None) is None:
                raise GradingError(f"{student} has no extension for {assignment}")
            said = f"{student} has no extension for {assignment} any more"
        else:
            until = read_date(date) if re.match(r"\s*\d{4}-\d\d?-\d\d?(?!\d)", date) else None
            if until is None:
                raise GradingError(f"{date!r} is no date of a known zone; expected one such as {SUCH_AS}")
            due = due_date(course, assignment)
            if until < due:
                raise GradingError(f"{until} UTC is before the due date of {assignment}, {due} UTC")
            records.setdefault(assignment, {})[student] = until.isoformat(sep=" ")
            said = f"{student} may hand in {assignment} until {until} UTC; the class until {due} UTC"
        write_kept(course.home, EXTENSIONS, records)
    return f"{said}; `grade {assignment.split('_')[0]}` counts the late penalty anew"


def due_date(course: Course, assignment: str) -> datetime:
    """The due date of the class, in UTC; raises GradingError where there is none."""
    from nbgrader.api import Gradebook, MissingEntry

    found: datetime | None = None
    if course.database is None or course.database.exists():
        with course.errors_named(), Gradebook(course.config.CourseDirectory.db_url) as gradebook:
            with suppress(MissingEntry):
                found = gradebook.find_assignment(assignment).duedate
    if found is None:
        raise GradingError(
            f"{assignment} has no due date; `nbgrader db assignment add {assignment} --duedate …` sets it"
        )
    return found


def extension_of(course: Course, assignment: str, student: str, due: datetime | None) -> timedelta | None:
    """By how much a student's due date is later than that of the class; None where it is not."""
    until = read_kept(course.home, EXTENSIONS).get(assignment, {}).get(student)
    if until is None or due is None:
        return None
    later: timedelta = parse_date(until) - due
    return later if later > timedelta(0) else None


def may_be_late(course: Course, assignment: str) -> bool:
    """Whether any late penalty of an assignment could have to change; asked without nbgrader."""
    if read_kept(course.home, EXTENSIONS).get(assignment):
        return True
    tables = course.tables(LATE)
    return tables is not None and (assignment,) in tables[0]
