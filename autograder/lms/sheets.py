"""Grades as a CSV in the columns that a system imports.

Sources: Moodle, "Offline grading worksheet" and "Grade import"; Instructure, "How do I import grades in the
Gradebook?"; D2L, "Importing grades".  Who has handed in nothing has no row: no system takes an absent row
for a zero, and whether it is one is the instructor's to say.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..files import write_atomically
from ..grading.class_table import csv_text, number
from ..grading.grades import Grade
from . import brightspace, canvas, moodle
from .people import People, Person, key_of


class Sheet(NamedTuple):
    """A table of grades.

    lead: lines between the titles and the first student.  how: what to do with the file.  strangers: students
    without what the system knows them by.
    """

    titles: list[str]
    rows: list[list[str]]
    how: str
    lead: list[list[str]] = []
    strangers: list[str] = []


def make_sheet(to: str, assignment: str, people: People, grades: Mapping[str, Grade], column: str) -> Sheet:
    """The grades of an assignment for a system; column: what the system calls the assignment."""
    found = {
        student: (people.get(student, Person(student)), grade) for student, grade in sorted(grades.items())
    }
    if to == "moodle":
        return _moodle(assignment, found, column)
    if to == "canvas":
        return _canvas(found, column)
    return _brightspace(found, column) if to == "brightspace" else _plain(found)


def write_sheet(sheet: Sheet, path: Path) -> Path:
    """Writes a sheet; returns its path."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([sheet.titles, *sheet.lead, *sheet.rows])
    write_atomically(path, buffer.getvalue())
    return path


Graded = Mapping[str, tuple[Person, Grade]]


def _moodle(assignment: str, found: Graded, column: str) -> Sheet:
    """The worksheet of the assignment, or where none was given, a table for the import into the gradebook."""
    key = key_of(moodle.COLUMNS, assignment)
    known = {s: (person.known[key], grade) for s, (person, grade) in found.items() if key in person.known}
    if not known:
        titles = ["ID number", "First name", "Last name", "Email address", column]
        rows = [
            [
                person.id,
                csv_text(person.first),
                csv_text(person.last),
                csv_text(person.email),
                number(grade.score),
            ]
            for person, grade in found.values()
        ]
        how = (
            "Moodle: Grades > Import > CSV file, mapped by ID number or Email address; no worksheet was given"
        )
        return Sheet(titles, rows, how)
    titles = [moodle.IDENTIFIER, "Full name", "Email address", "Grade", "Maximum grade", moodle.GRADED]
    rows = [
        [
            row.get(moodle.IDENTIFIER, ""),
            csv_text(row.get("Full name", "")),
            csv_text(row.get("Email address", "")),
            number(grade.score),
            number(grade.maximum),
            row.get(moodle.GRADED, "-"),
        ]
        for row, grade in known.values()
    ]
    how = f"Moodle: {assignment} > Submissions > Upload grading worksheet"
    return Sheet(titles, rows, how, strangers=sorted(set(found) - set(known)))


def _canvas(found: Graded, column: str) -> Sheet:
    maximum = max(grade.maximum for _, grade in found.values())
    rows = []
    for person, grade in found.values():
        whole = ", ".join(filter(None, [person.last, person.first])) or person.id
        own = person.known.get(canvas.SYSTEM) or {"Student": whole, "SIS User ID": person.id}
        identity = [csv_text(own.get("Student", "")), *(own.get(title, "") for title in canvas.KEPT[1:])]
        rows.append([*identity, number(grade.score)])
    lead = [["    Points Possible", *[""] * (len(canvas.KEPT) - 1), number(maximum)]]
    how = f"Canvas: Grades > Import; {column!r} has to be its name in Canvas's export, else it is new"
    return Sheet([*canvas.KEPT, column], rows, how, lead)


def _brightspace(found: Graded, column: str) -> Sheet:
    titles = ["OrgDefinedId", "Username", f"{column} Points Grade", "End-of-Line Indicator"]
    rows = []
    for person, grade in found.values():
        own = person.known.get(brightspace.SYSTEM) or {"OrgDefinedId": person.id}
        rows.append([own.get("OrgDefinedId", ""), own.get("Username", ""), number(grade.score), "#"])
    return Sheet(
        titles, rows, f"Brightspace: Grades > Enter grades > Import, with a grade item called {column!r}"
    )


def _plain(found: Graded) -> Sheet:
    titles = ["student", "last_name", "first_name", "email", "grade", "maximum", "penalty", "pending"]
    rows = [
        [
            *map(csv_text, (person.id, person.last, person.first, person.email)),
            number(grade.score),
            number(grade.maximum),
            number(grade.penalty),
            str(len(grade.pending)),
        ]
        for person, grade in found.values()
    ]
    return Sheet(titles, rows, "one row for each student who has handed in")
