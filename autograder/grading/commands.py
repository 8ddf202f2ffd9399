"""The verbs of the instructor at the terminal: grade, report, extend, name, replay, forget."""

import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

from ..errors import GradingError
from ..results import Result
from ..wording import plain
from . import class_table, extensions, groups, names, report, term
from . import forget as forgetting
from . import replay as replays
from .course import Course
from .grade import Options, grade_class, misplaced_notebooks, with_strays
from .grades import read_grades
from .interrupts import stopped_by_signals


class Bar:
    """A progress bar for a class."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.failed = 0

    def begin(self, total: int) -> None:
        """Shows the bar."""
        from tqdm import tqdm

        self.bar = tqdm(total=total, desc="registering the lesson", unit="notebook")

    def start(self) -> None:
        """Says that the first submissions are run."""
        self.bar.set_description("starting")

    def finish(self, student: str, result: Result) -> None:
        """One further."""
        self.failed += not result.marks
        self.bar.set_description("grading", refresh=False)
        self.bar.set_postfix(failed=self.failed, refresh=False)
        self.bar.update()

    def close(self) -> None:
        """Leaves the bar as it is."""
        if self.bar:
            self.bar.close()

    def recorded(self) -> str:
        """How many submissions are recorded, for whoever stops in the middle."""
        return f"; {self.bar.n - self.failed} of {self.bar.total} are recorded" if self.bar else ""


def grade(options: Namespace) -> int:
    """Grades an assignment, prints the table, writes the report."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    chosen = Options(
        tuple(options.student or ()), options.jobs, options.sandbox, options.engine, options.again
    )
    assignment = course.assignment(options.assignment)
    return grade_and_report(course, assignment, chosen)


def write_report(options: Namespace) -> int:
    """Writes the report from what is graded."""
    if options.assignment is None:
        course = Course.load(Path.cwd(), submitted=options.submitted)
        graded = read_grades(course)
        if not any(graded.values()):
            raise GradingError("nothing is graded yet")
        print(f"report: {shown_path(term.write_term(graded, course.students(), course.home / 'reports'))}")
        return 0
    course, assignment, results = _graded(options)
    print(f"report: {_write_report(course, assignment, results)}")
    return 0


def extend(options: Namespace) -> int:
    """Gives one student a later due date, or takes it back."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    assignment = course.assignment(options.assignment)
    print(extensions.extend(course, options.student, assignment, options.date))
    return 0


def name(options: Namespace) -> int:
    """Gives a group of equal wrong answers its words, which the next grading says to all of it."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    exercise, fingerprint = options.exercise, options.fingerprint
    given = names.Names.read(course.home)
    whose = groups.students_with(course, exercise, fingerprint)
    if not whose and (exercise, fingerprint) not in given.words:
        said = f"no graded answer of {exercise} has the fingerprint {fingerprint!r}"
        raise GradingError(f"{said}; the report lists the groups")
    words = names.Words(options.says, options.asks)
    path = given.with_words(exercise, fingerprint, words).write(course.home)
    print(f"{shown_path(path)} names {fingerprint} of {exercise}: {plain(', '.join(whose)) or 'nobody yet'}")
    print(f"`grade {exercise.split('.')[0]}` says it to them; nothing is run anew")
    return 0


def replay(options: Namespace) -> int:
    """Judges one answer once more and shows its numbers; 1 where the gradebook has other points."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    replayed = replays.replay(course, options.student, options.exercise, options.sandbox)
    print("\n".join(replayed.lines))
    return int(not replayed.agrees)


def forget(options: Namespace) -> int:
    """Removes what is kept of a student, says what, and writes the reports without that student."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    reports = sorted(path for path in (course.home / "reports").glob("*") if path.is_dir())
    for removed in forgetting.forget(course, options.student, options.handed_in):
        print(f"removed: {removed}")
    for folder in reports:
        left = {name: r for name, r in results_of(course, folder.name).items() if name != options.student}
        if any(result.marks for result in left.values()):
            print(f"written anew: {_write_report(course, folder.name, left)}")
        else:
            shutil.rmtree(folder)
            print(f"removed: {shown_path(folder)}")
    handed_in = course.submitted / options.student
    if handed_in.exists():
        print(f"not removed: {shown_path(handed_in)}, which the next grading grades again; --handed-in does")
    print("Copies elsewhere are not known here: backups, nbgrader's exchange, and pages that were sent.")
    return 0


def grade_and_report(course: Course, assignment: str, options: Options) -> int:
    """Grades, prints the table and writes the report; 1 if anybody has no result."""
    bar = Bar()
    try:
        with stopped_by_signals():
            results = grade_class(course, assignment, options, bar)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped{bar.recorded()}; start again to continue") from None
    except GradingError as error:
        if not bar.bar:  # nothing has begun
            raise
        raise GradingError(f"{error}{bar.recorded()}; start again to continue") from None
    finally:
        bar.close()
    enrolled = course.students()
    chosen = [student for student in options.students if student in enrolled]
    shown = {student: enrolled[student] for student in chosen} if options.students else enrolled
    width = shutil.get_terminal_size((120, 24)).columns
    grades = read_grades(course).get(assignment, {})
    print("\n" + class_table.render_text(class_table.report_rows(results, shown, grades), width))
    print(f"\nreport: {_write_report(course, assignment, results_of(course, assignment) | results)}")
    return int(bool(bar.failed))


def _write_report(course: Course, assignment: str, results: dict[str, Result]) -> Path:
    graded = read_grades(course).get(assignment, {})
    table = class_table.report_rows(results, course.students(), graded)
    found = groups.unnamed_groups(course, assignment, results)
    return shown_path(report.write_report(table, assignment, course.home / "reports" / assignment, found))


def _graded(options: Namespace) -> tuple[Course, str, dict[str, Result]]:
    """The course, the assignment and its results; refuses when there is none."""
    course = Course.load(Path.cwd(), submitted=options.submitted)
    assignment = course.assignment(options.assignment)
    results = results_of(course, assignment)
    if not any(result.marks for result in results.values()):
        raise GradingError(f"nothing of {assignment} is graded yet")
    return course, assignment, results


def results_of(course: Course, assignment: str) -> dict[str, Result]:
    """{student: result} of all submissions, as the gradebook has them."""
    results = {
        student: course.graded(assignment, student) or Result({}, reason="not graded yet")
        for student in course.submissions(assignment)
    }
    return with_strays(results, misplaced_notebooks(course, assignment))


def shown_path(path: Path) -> Path:
    """A path as it is shown: from the folder that the command runs in."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
