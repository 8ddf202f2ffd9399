"""The class in nbgrader's gradebook, which the lists of systems add to and never take from."""

from ..grading.course import Course
from .people import People, Person

ROWS = "SELECT id, first_name, last_name, email FROM student ORDER BY id"


def enrolled(course: Course, people: People) -> People:
    """The people, and whom else the gradebook knows; its names fill in what they lack."""
    found = dict(people)
    for student, first, last, email in _rows(course):
        old = people.get(student, Person(student))
        names = (old.first or first or "", old.last or last or "", old.email or email or "")
        found[student] = Person(student, *names, old.known)
    return found


def enrol(course: Course, people: People) -> None:
    """Brings the gradebook's students in line with the people."""
    there = {row[0]: row[1:] for row in _rows(course)}
    wanted = {p.id: (p.first or None, p.last or None, p.email or None) for p in people.values()}
    changed = {student: names for student, names in wanted.items() if there.get(student) != names}
    if not changed:
        return
    from nbgrader.api import Gradebook

    from ..grading.gradebook_lock import wait_until_free
    from ..grading.registration import make_database

    make_database(course)
    wait_until_free(course)
    with course.errors_named(), Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        for student, (first, last, email) in changed.items():
            gradebook.update_or_create_student(student, first_name=first, last_name=last, email=email)


def _rows(course: Course) -> list[tuple[str, str | None, str | None, str | None]]:
    tables = course.tables(ROWS)
    return [(student, first, last, email) for student, first, last, email in tables[0]] if tables else []
