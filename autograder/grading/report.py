"""The class report: one self-contained HTML page for the instructor, and a CSV beside it.

The page is templates/report.html, in which everything is escaped; here is what it shows.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ..files import write_atomically
from ..results import Mark, Status
from . import class_table
from .class_table import ABSENT, Row, exercises_of, short_name, slip_name
from .submission import LOOK


def write_report(table: Sequence[Row], assignment: str, folder: Path) -> Path:
    """Writes report.html and report.csv into `folder`; returns the page's path."""
    write_atomically(folder / "report.csv", class_table.render_csv(table))
    path = folder / "report.html"
    write_atomically(path, render_page(table, assignment))
    return path


def render_page(table: Sequence[Row], assignment: str) -> str:
    """The report as one HTML page: no scripts, nothing loaded from elsewhere."""
    handed_in = [row for row in table if row.reason != ABSENT]
    exercises = exercises_of(table)
    return _template().render(
        assignment=assignment,
        handed_in=len(handed_in),
        without=sum(not row.marks for row in handed_in),
        absent=len(table) - len(handed_in),
        headings=[short_name(exercise) for exercise in exercises],
        rows=[_line(row, exercises) for row in table],
        review=list(_review(handed_in)),
        slips=_slips(table),
        exercises=[_success(exercise, table) for exercise in exercises],
        remarks=[(row.student, remark) for row in table for remark in row.remarks],
        unwalled=sum(row.walls == "none" for row in table),
        **_runs(table),
    )


@cache
def _template() -> Template:
    loader = PackageLoader(__package__, "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("report.html")


def _line(row: Row, exercises: Sequence[str]) -> dict[str, Any]:
    """A student's row."""
    return {
        "student": row.student,
        "name": " ".join(filter(None, row.name)),
        "cells": [_cell(row.marks.get(exercise)) for exercise in exercises],
        "total": f"{row.total:.3g}" if row.marks else "",
        "maximum": f"{row.maximum:g}",
        "diagnosis": row.diagnosis,
    }


def _cell(mark: Mark | None) -> dict[str, str] | None:
    if mark is None:
        return None
    tone = "full" if mark.points == mark.max else "part" if mark.points else "none"
    summary = " ".join(filter(None, [mark.summary, mark.where]))
    return {"tone": tone, "summary": summary, "points": f"{mark.points:.3g} of {mark.max:g}"}


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
    """Which slips and laws were named how often, and in whose submissions; the most frequent first."""
    students: dict[str, list[str]] = {}
    says: dict[str, str] = {}
    for row in table:
        for grade_id, mark in row.marks.items():
            for named in (*map(slip_name, mark.slips), *(law.removesuffix(".") for law in mark.laws)):
                label = f"{short_name(grade_id)}: {named}"
                students.setdefault(label, []).append(row.student)
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
        "mean": f"{mean:.3g} of {marks[0].max:g}",
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
