"""The term: what every student has in every lesson, as one page."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import write_atomically
from .class_table import number
from .grades import Grade
from .report import histogram, template

Grades = Mapping[str, Mapping[str, Grade]]  # by assignment and student


def write_term(grades: Grades, students: Mapping[str, tuple[str, str]], folder: Path) -> Path:
    """Writes term.html into the folder of the reports; returns its path."""
    path = folder / "term.html"
    write_atomically(path, render_term(grades, students, folder))
    return path


def render_term(grades: Grades, students: Mapping[str, tuple[str, str]], folder: Path) -> str:
    """The page; of lessons whose report is in `folder` with a link to it."""
    lessons = sorted(name for name, found in grades.items() if found)
    everybody = sorted({*students, *(student for name in lessons for student in grades[name])})
    rows = [_row(student, students.get(student, ("", "")), grades, lessons) for student in everybody]
    whole = sum(next(iter(grades[name].values())).maximum for name in lessons)
    return template("term.html").render(
        lessons=[_lesson(name, list(grades[name].values()), folder) for name in lessons],
        numbers=[name.split("_")[0] for name in lessons],
        histogram=histogram([row["sum"] for row in rows], whole),
        rows=[row | {"maximum": number(whole)} for row in rows],
    )


def _lesson(name: str, found: Sequence[Grade], folder: Path) -> dict[str, Any]:
    is_written = (folder / name / "report.html").exists()
    return {
        "name": name,
        "link": f"{name}/report.html" if is_written else "",
        "count": len(found),
        "mean": number(sum(grade.score for grade in found) / len(found)),
        "maximum": number(found[0].maximum),
        "pending": sum(bool(grade.pending) for grade in found),
    }


def _row(student: str, name: tuple[str, str], grades: Grades, lessons: Sequence[str]) -> dict[str, Any]:
    found = [grades[lesson].get(student) for lesson in lessons]
    total = sum(grade.score for grade in found if grade)
    return {
        "student": student,
        "name": " ".join(filter(None, name)),
        "cells": [number(grade.score) + "*" * bool(grade.pending) if grade else "" for grade in found],
        "sum": total,
        "total": number(total),
    }
