"""The class report: one self-contained HTML page for the instructor, and a CSV beside it.

The page is templates/report.html, in which everything is escaped; here is what it shows: what a person has to
look at, what the class misunderstands, and the table.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ..files import write_atomically
from ..results import Mark, Status
from ..sandbox.bubblewrap import OPEN
from . import class_table
from .class_table import ABSENT, Row, exercises_of, number, short_name, slip_name
from .groups import Group
from .submission import LOOK

BARS = 10  # of the histogram


def write_report(table: Sequence[Row], assignment: str, folder: Path, groups: Sequence[Group] = ()) -> Path:
    """Writes report.html and report.csv into `folder`; returns the page's path."""
    write_atomically(folder / "report.csv", class_table.render_csv(table))
    path = folder / "report.html"
    write_atomically(path, render_page(table, assignment, groups))
    return path


def render_page(table: Sequence[Row], assignment: str, groups: Sequence[Group] = ()) -> str:
    """The report as one HTML page: no scripts, nothing loaded from elsewhere.

    groups: of equal answers that nothing has a name for.
    """
    handed_in = [row for row in table if row.reason != ABSENT]
    exercises = exercises_of(table)
    return template("report.html").render(
        assignment=assignment,
        handed_in=len(handed_in),
        without=sum(not row.marks for row in handed_in),
        absent=[row.student for row in table if row.reason == ABSENT],
        headings=[short_name(exercise) for exercise in exercises],
        rows=[_line(row, exercises) for row in table],
        review=list(_review(handed_in)),
        pending=[(row.student, _pending(row)) for row in handed_in if _pending(row)],
        graded=any(row.grade for row in handed_in),
        slips=_slips(table),
        groups=groups,
        singles=_singles(table),
        histogram=histogram([row.total for row in table if row.marks], _maximum(table)),
        exercises=[_success(exercise, table) for exercise in exercises],
        remarks=[(row.student, row.remarks) for row in table if row.remarks],
        unwalled=sum(row.walls in OPEN for row in table),
        **_runs(table),
    )


@cache
def template(name: str) -> Template:
    """A page's template, in which everything is escaped."""
    loader = PackageLoader(__package__, "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template(name)


def histogram(totals: Sequence[float], maximum: float) -> list[dict[str, Any]]:
    """How many totals lie in each of equal ranges; the last one holds the maximum."""
    if not totals or not maximum > 0:
        return []
    counts = [0] * BARS
    for total in totals:
        counts[min(int(BARS * total / maximum + 1e-9), BARS - 1)] += 1
    most = max(counts)
    edges = [number(maximum * n / BARS) for n in range(BARS + 1)]
    return [
        {
            "range": f"{low} to {high}" if n == BARS - 1 else f"{low} to below {high}",
            "low": low,
            "count": count,
            "share": f"{count / most:.3f}",
        }
        for n, (low, high, count) in enumerate(zip(edges, edges[1:], counts))
    ]


def _maximum(table: Sequence[Row]) -> float:
    return max((row.maximum for row in table), default=0.0)


def _line(row: Row, exercises: Sequence[str]) -> dict[str, Any]:
    """A student's row."""
    return {
        "student": row.student,
        "name": " ".join(filter(None, row.name)),
        "cells": [_cell(row.marks.get(exercise)) for exercise in exercises],
        "total": number(row.total) if row.marks else "",
        "maximum": number(row.maximum),
        "grade": number(row.grade.score) if row.grade else "",
        "of": number(row.grade.maximum) if row.grade else "",
        "late": number(row.grade.penalty) if row.grade and row.grade.penalty else "",
        "pending": len(row.grade.pending) if row.grade else 0,
        "diagnosis": row.diagnosis,
    }


def _cell(mark: Mark | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    tone = "full" if mark.points == mark.max else "part" if mark.points else "none"
    return {
        "tone": tone,
        "summary": " ".join(filter(None, [mark.summary, mark.where])),
        "points": number(mark.points),
        "max": number(mark.max),
        "carried": mark.is_right_given,
    }


def _pending(row: Row) -> str:
    """The cells of a student that wait for a mark by hand, and are no check's."""
    names = row.grade.pending if row.grade else ()
    return ", ".join(short_name(name) for name in names if name not in row.marks and name not in row.review)


def _review(handed_in: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Where nothing came back, or was found where it should be, so that a person looks: (whose, why)."""
    for row in handed_in:
        for grade_id, mark in row.marks.items():
            if mark.status.needs_a_person and not row.unreadable:
                yield f"{row.student}, {short_name(grade_id)}", mark.summary
    for row in handed_in:
        why = row.unreadable or row.reason
        if why:
            yield row.student, why
        elif row.review:
            looks = [remark for remark in row.remarks if remark.endswith(LOOK)]
            yield f"{row.student}, {', '.join(map(short_name, row.review))}", "; ".join(looks)


def _slips(table: Sequence[Row]) -> list[dict[str, Any]]:
    """Which slips, laws and named groups there are, and in whose submissions; the most frequent first.

    A mistake that was carried into later exercises is counted once, where it was made.
    """
    students: dict[str, dict[str, None]] = {}
    says: dict[str, str] = {}
    for row in table:
        for grade_id, mark in row.marks.items():
            for label in _labels(grade_id, mark):
                students.setdefault(label, {})[row.student] = None
                if label not in says or label.startswith(f"{short_name(grade_id)}:"):
                    says[label] = mark.summary
    return [
        {
            "label": label,
            "count": len(names),
            "bar": f"{8 * len(names) / len(table):.2f}",
            "students": ", ".join(names),
            "says": says[label],
        }
        for label, names in sorted(students.items(), key=lambda item: -len(item[1]))
    ]


def _labels(grade_id: str, mark: Mark) -> Iterator[str]:
    """What was named in an answer, each with the exercise that it is of."""
    for slip in mark.slips:
        *owner, own = slip.split(":")
        where = owner[0].split(".")[1] if owner else short_name(grade_id)
        yield f"{where}: {slip_name(own)}"
    for law in mark.laws:
        yield f"{short_name(grade_id)}: {law.removesuffix('.')}"
    if mark.named:
        yield f"{short_name(grade_id)}: {mark.named.removesuffix('.')}"


def _singles(table: Sequence[Row]) -> int:
    """How many wrong answers have no name, and nobody else has them."""
    found: dict[tuple[str, str], int] = {}
    for mark in (mark for row in table for mark in row.marks.values() if mark.is_unnamed):
        key = mark.exercise, mark.fingerprint
        found[key] = found.get(key, 0) + 1
    return sum(count == 1 for count in found.values())


def _success(exercise: str, table: Sequence[Row]) -> dict[str, Any]:
    """How the class did on an exercise."""
    marks = [row.marks[exercise] for row in table if exercise in row.marks]
    full = sum(mark.points == mark.max for mark in marks)
    mean = sum(mark.points for mark in marks) / len(marks)
    return {
        "name": short_name(exercise),
        "count": len(marks),
        "full": full,
        "bar": f"{10 * full / len(marks):.2f}",
        "mean": f"{number(mean)} of {number(marks[0].max)}",
        "carried": sum(mark.is_right_given for mark in marks),
        "blank": sum(mark.status == Status.UNANSWERED for mark in marks),
    }


def _runs(table: Sequence[Row]) -> dict[str, Any]:
    """How long the runs took."""
    ran = sorted((row.seconds, row.student) for row in table if row.seconds)
    if not ran:
        return {"ran": 0}
    longest, slowest = ran[-1]
    median = ran[len(ran) // 2][0]
    return {"ran": len(ran), "median": f"{median:.2g}", "longest": f"{longest:.2g}", "slowest": slowest}
