"""The verbs that talk to other systems: collect and export."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from ..errors import GradingError
from ..grading import gradescope, gradescope_zip
from ..grading.commands import results_of, shown_path
from ..grading.course import Course
from ..grading.extensions import may_be_late
from ..grading.grades import read_cells, read_grades
from ..wording import plain
from . import collect as collecting
from . import sheets
from .enrolment import enrolled
from .people import read_people
from .systems import NAMES
from .times import zone_named

MOST_NAMED = 12  # students in a line


def collect(options: Namespace) -> int:
    """Puts a download into the folders of submissions; 1 where something of it was not taken."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    assignment = course.assignment(options.assignment)
    zone = zone_named(options.timezone)
    done = collecting.collect(course, assignment, options.source, options.roster, zone, options.layout)
    kept = shown_path(course.submitted)
    print(f"{assignment} from {NAMES[done.system]}, into {kept}/STUDENT/{assignment}/")
    for word, students in (("new", done.new), ("replaced", done.replaced), ("unchanged", done.unchanged)):
        print(f"{word:>10}: {_named(students)}")
    if done.late:
        print(f"late, says {NAMES[done.system]}: {_named(done.late)}")
    if done.absent:
        print(f"not handed in: {_named(done.absent)}")
    for problem in done.problems:
        print(problem, file=sys.stderr)
    return int(bool(done.problems))


def export(options: Namespace) -> int:
    """Writes the grades in another system's format, or what grades there; 1 where somebody has none."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    assignment = course.assignment(options.assignment)
    if options.to == "gradescope-autograder":
        path = gradescope_zip.write_autograder(course, assignment)
        print(f"{shown_path(path)}: upload it as the autograder of a programming assignment on Gradescope")
        return 0
    if may_be_late(course, assignment):  # marks by hand since the last grading have changed what it is
        from ..grading.late_penalties import bring_up_to_date

        with course.alone(assignment):
            for student, (before, now) in bring_up_to_date(course, assignment).items():
                print(
                    f"{plain(student)}: the late penalty is {now:g} now, {before:g} before", file=sys.stderr
                )
    grades = read_grades(course).get(assignment, {})
    if not grades:
        raise GradingError(f"nothing of {assignment} is graded yet")
    results = results_of(course, assignment)
    folder = course.home / "exports" / options.to
    strangers: Sequence[str] = ()
    if options.to == "gradescope":
        cells = read_cells(course, assignment)
        paths = gradescope.write_results(results, folder / assignment, cells, grades)
        print(f"{len(paths)} results in {shown_path(folder / assignment)}")
        without = [student for student, result in results.items() if not result.marks]
    else:
        people = enrolled(course, read_people(course.home))
        sheet = sheets.make_sheet(options.to, assignment, people, grades, options.column or assignment)
        path = sheets.write_sheet(sheet, folder / f"{assignment}.csv")
        print(f"{len(sheet.rows)} grades in {shown_path(path)}")
        print(sheet.how)
        without = sorted(student for student in results if student not in grades)
        strangers = sheet.strangers
    if strangers:
        print(
            f"not known to {options.to}, so not in the file: {_named(strangers)}; give its list to"
            " `collect … --roster`",
            file=sys.stderr,
        )
    pending = sorted(student for student, grade in grades.items() if grade.pending)
    if pending:
        print(f"still to be marked by hand, exported as they are: {_named(pending)}", file=sys.stderr)
    if without:
        print(f"without a result, so not exported: {plain(', '.join(without))}", file=sys.stderr)
    return int(bool(without or strangers))


def _named(students: Sequence[str]) -> str:
    """How many, and who, where they fit into a line."""
    shown = [plain(student, 60) for student in students[:MOST_NAMED]]
    more = ["…"] if len(students) > MOST_NAMED else []
    return " ".join([str(len(students)), *([f"({', '.join([*shown, *more])})"] if students else [])])
