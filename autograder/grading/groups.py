"""Groups of wrong answers that nothing has a name for: whose numbers are the same."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ..errors import GradingError
from ..exercises import all_exercises, find_exercise
from ..exercises.check_cell import cell_source, nbgrader_metadata
from ..results import Number, Repair, Result
from ..wording import index_text, plain
from .course import Course
from .result_store import DAMAGED

SHOWN = 2  # code cells, side by side
MOST_NUMBERS = 6


@dataclass(frozen=True)
class Group:
    """Equal answers to an exercise."""

    exercise: str
    grade_id: str
    fingerprint: str
    students: tuple[str, ...]
    numbers: tuple[str, ...]  #: "U[2] is 0.31, expected -0.31", on a public instance
    lines: tuple[str, ...]  #: of the first student's code, each of which would make all right
    codes: tuple[tuple[str, str], ...]  #: (student, the code cell) of some of them


def students_with(course: Course, exercise_id: str, fingerprint: str) -> list[str]:
    """Whose answer to an exercise has a fingerprint; raises GradingError for an unknown exercise."""
    try:
        assignment = course.assignment(find_exercise(exercise_id).lesson)
    except ValueError as error:
        raise GradingError(str(error)) from None
    graded = {student: course.graded(assignment, student) for student in course.submissions(assignment)}
    return [
        student
        for student, result in graded.items()
        for mark in (result.marks.values() if result else ())
        if mark.exercise == exercise_id and mark.fingerprint == fingerprint
    ]


def unnamed_groups(course: Course, assignment: str, results: Mapping[str, Result]) -> list[Group]:
    """The groups of two or more, the largest first; none of an exercise that the course has no more."""
    students: dict[tuple[str, str, str], list[str]] = {}
    for student, result in results.items():
        for grade_id, mark in result.marks.items():
            if mark.is_unnamed and mark.exercise in all_exercises():
                students.setdefault((mark.exercise, grade_id, mark.fingerprint), []).append(student)
    found = sorted(students.items(), key=lambda item: -len(item[1]))
    return [_group(course, assignment, results, key, whose) for key, whose in found if len(whose) > 1]


def _group(
    course: Course,
    assignment: str,
    results: Mapping[str, Result],
    key: tuple[str, str, str],
    students: Sequence[str],
) -> Group:
    exercise, grade_id, fingerprint = key
    judged = course.store(assignment).read_judged(results[students[0]].key)
    verdict = judged.verdicts.get(grade_id) if judged else None
    numbers = tuple(map(_number, verdict.numbers[:MOST_NUMBERS])) if verdict else ()
    lines = tuple(map(_line, results[students[0]].marks[grade_id].repair))
    codes = tuple(islice(_codes(course, assignment, exercise, students), SHOWN))
    return Group(exercise, grade_id, fingerprint, tuple(students), numbers, lines, codes)


def _number(number: Number) -> str:
    at = f"{number.output}{index_text(number.entry)}" + (f" at {number.call}" if number.call else "")
    return f"{at} is {number.got:.4g}, expected {number.expected:.4g}"


def _line(repair: Repair) -> str:
    return f"line {repair.line} of {plain(repair.function)}: {plain(repair.text)}"


def _codes(
    course: Course, assignment: str, exercise: str, students: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """(student, the cell that defines the answer) as the autograded copies have them."""
    name = find_exercise(exercise).function
    folder = course.root / course.config.CourseDirectory.autograded_directory
    for student in students:
        try:
            path = folder / student / assignment / f"{assignment}.ipynb"
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            answers = [cell_source(c) for c in cells if nbgrader_metadata(c).get("solution")]
        except DAMAGED:  # such as by a kill while it was written
            continue
        yield from [(student, source) for source in answers if f"def {name}(" in source][:1]
