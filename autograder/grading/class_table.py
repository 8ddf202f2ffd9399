"""A graded class as a table: a row for each student, as lines for a terminal or as a CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..results import Mark, Result, Status
from ..sandbox.bubblewrap import OPEN
from ..wording import listed, plain
from .grades import Grade

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # what a formula begins with
ABSENT = "not handed in"
GONE = "graded earlier; its folder is not among the submissions any more"


class Row(NamedTuple):
    """One student: points by exercise, or why there are none, and the diagnoses in words."""

    student: str
    marks: dict[str, Mark]  #: by grade_id; empty without a result
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    walls: str = ""
    reason: str = ""  #: where there is no result: ABSENT, GONE, or "no result: …"
    name: tuple[str, str] = ("", "")  #: first, last; as far as the gradebook knows
    review: tuple[str, ...] = ()  #: grade_ids that a person should look at, whatever the marks say
    grade: Grade | None = None  #: as the gradebook has it, with marks by hand; None where it has none

    @property
    def total(self) -> float:
        """Points of all exercises together."""
        return sum(mark.points for mark in self.marks.values())

    @property
    def maximum(self) -> float:
        """What they could have been."""
        return sum(mark.max for mark in self.marks.values())

    @property
    def diagnosis(self) -> str:
        """One line: what each exercise below full marks shows."""
        if not self.marks:
            return self.reason
        if all(mark.status == Status.UNANSWERED for mark in self.marks.values()):
            return "nothing answered"
        if self.unreadable:
            return self.unreadable
        return (
            "; ".join(
                f"{short_name(grade_id)}: {finding(mark)}"
                for grade_id, mark in self.marks.items()
                if not mark.correct
            )
            or "all correct"
        )

    @property
    def unreadable(self) -> str:
        """Why the whole submission could not be read, or ""."""
        marks = list(self.marks.values())
        whole = marks and all(mark.status == Status.UNREADABLE for mark in marks)
        return marks[0].summary if whole else ""


def report_rows(
    results: Mapping[str, Result],
    students: Mapping[str, tuple[str, str]],
    grades: Mapping[str, Grade] | None = None,
) -> list[Row]:
    """Rows in the order of `results`, {student: result of grading}, then who has no folder of a submission.

    students: {id: (first name, last name)} of all who are enrolled.  grades: of the gradebook, by student.
    """
    grades = grades or {}
    table = [_row(student, result, students) for student, result in results.items()]
    table += [
        Row(student, {}, reason=GONE if student in grades else ABSENT, name=students[student])
        for student in sorted(set(students) - set(results))
    ]
    return [row._replace(grade=grades.get(row.student)) for row in table]


def _row(student: str, result: Result, students: Mapping[str, tuple[str, str]]) -> Row:
    name = students.get(student, ("", ""))
    if not result.marks:
        return Row(student, {}, reason=f"no result: {result.reason}", name=name)
    return Row(
        student, result.marks, result.remarks, result.seconds, result.walls, name=name, review=result.review
    )


def render_text(table: Sequence[Row], width: int = 100) -> str:
    """The table for a terminal: a line of points for each student, then the diagnosis."""
    exercises = exercises_of(table)
    names = max([len("student"), *(len(row.student) for row in table)])
    head = [short_name(e) for e in exercises]
    lines = [" " * names + "".join(f"  {n:>2}" for n in range(1, len(head) + 1)) + "   total  diagnosis"]
    for row in table:
        points = "".join(f"  {_points(row, e):>2}" for e in exercises)
        total = f"{row.total:4.3g}/{row.maximum:<3g}" if row.marks else f"{'-':>4}    "
        lead = f"{plain(row.student):<{names}}{points}  {total}"
        lines.append(f"{lead} {_cut(plain(row.diagnosis), width - len(lead) - 1)}")
    key = ", ".join(f"{n} {name}" for n, name in enumerate(head, start=1))
    unwalled = sum(row.walls in OPEN for row in table)
    more = [f"without a sandbox: {unwalled} submissions"] if unwalled else []
    return "\n".join([*lines, "", f"exercises: {key}", *more])


def render_csv(table: Sequence[Row]) -> str:
    """The table as a CSV."""
    exercises = exercises_of(table)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = ["student", "last_name", "first_name"]
    head = ["total", "maximum", "grade", "grade_maximum", "pending", "diagnosis"]
    writer.writerow([*names, *map(short_name, exercises), *head])
    for row in table:
        points = [number(row.marks[e].points) if e in row.marks else "" for e in exercises]
        total = [number(row.total), number(row.maximum)] if row.marks else ["", ""]
        given = row.grade
        total += [number(given.score), number(given.maximum), str(len(given.pending))] if given else [""] * 3
        texts = map(csv_text, [row.student, row.name[1], row.name[0]])
        writer.writerow([*texts, *points, *total, csv_text(row.diagnosis)])
    return buffer.getvalue()


def number(points: float) -> str:
    """Points as they are shown: to the cent, without zeros at the end."""
    return f"{round(points, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def csv_text(text: str) -> str:
    """A cell that a spreadsheet takes for text; an apostrophe stands before what would be a formula."""
    shown = plain(text)
    return f"'{shown}" if shown.lstrip()[:1] in FORMULA else shown


def finding(mark: Mark) -> str:
    """What one exercise shows: the slips and laws that were named, or how far the answer came; the lines."""
    if mark.is_right_given:
        return given_words(mark)
    if mark.slips or mark.laws or mark.given or mark.named:
        given = [f"in part {given_words(mark)}"] if mark.given else []
        given += [mark.named.removesuffix(".")] if mark.named else []
        slips = [" or ".join(map(slip_name, mark.slips))] if mark.slips else []
        laws = (law.removesuffix(".") for law in mark.laws)
        return ", ".join([*given, *slips, *laws, *_lines(mark)])
    if mark.status == Status.JUDGED:
        return ", ".join(["no known slip", *_lines(mark)])
    told = mark.status in (Status.ERROR, Status.FORM, Status.UNREADABLE)
    return ", ".join([mark.status, *([mark.summary] if told else []), *_lines(mark)])


def _lines(mark: Mark) -> list[str]:
    """The lines to look at, "line 13 or line 15: another index", where any are known."""
    if not mark.repair:
        return []
    kind = f": {mark.repair[0].kind}" if len(mark.repair) == 1 else ""
    return [" or ".join(f"line {repair.line}" for repair in mark.repair) + kind]


def given_words(mark: Mark) -> str:
    """With which right functions an answer is right: "right, given a right immediate"."""
    return f"right, given a right {listed(list(mark.given))}"


def slip_name(slip: str) -> str:
    """A slip's id in words; one of an earlier exercise, "01.immediate:sign", names that first."""
    *owner, own = slip.split(":")
    return "".join(f"from {exercise.split('.')[1]}, " for exercise in owner) + own.replace("_", " ")


def exercises_of(table: Sequence[Row]) -> list[str]:
    """The grade_ids of all exercises, in the order of the notebooks."""
    return list(dict.fromkeys(grade_id for row in table for grade_id in row.marks))


def short_name(grade_id: str) -> str:
    """A grade_id without its prefix, for the head of a column."""
    return grade_id.removeprefix("check_")


def _points(row: Row, exercise: str) -> str:
    return f"{row.marks[exercise].points:.2g}" if exercise in row.marks else "-"


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"
