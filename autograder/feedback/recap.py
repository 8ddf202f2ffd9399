"""The recap at a lesson's end: every answer beside the reference, name | shape | max diff."""

import html as _html
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..diagnosis import call_guard
from ..diagnosis.diagnose import diagnose
from ..exercises import LESSONS, lesson_exercises
from ..exercises.instances import instances_and_references
from ..wording import plain
from .show import in_one_line, show_output

Row = tuple[str, str, str, str]  # exercise id, output, shape, max diff or what is missing

LONGEST = 100  # characters of a message in the table


def recap(lesson: str, namespace: dict[str, Any]) -> None:
    """Compares every function of a lesson that stands in `namespace` with the reference.

    lesson: "01".  namespace: globals().  Shows a table name | shape | max diff.
    """
    try:
        with call_guard.silence():
            rows = recap_rows(lesson, namespace)
    except (TypeError, ValueError) as error:
        raise in_one_line(error) from None
    show_output(render_html(rows), render_text(rows))


def recap_rows(lesson: str, namespace: dict[str, Any]) -> list[Row]:
    """(exercise id, output, shape, max diff or what is missing) for every function of the lesson."""
    if lesson not in LESSONS:
        raise ValueError(f"no lesson {lesson!r}; there are {', '.join(LESSONS)}")
    if not isinstance(namespace, dict):
        raise TypeError(f"namespace is of type {type(namespace).__name__}, expected globals()")
    table: list[Row] = []
    for exercise in lesson_exercises(lesson):
        answer = namespace.get(exercise.function)
        if exercise.kind != "function" or not callable(answer):
            continue
        verdict = diagnose(exercise.id, answer)
        if not verdict.outputs:
            table.append((exercise.id, exercise.function, "", plain(verdict.message, LONGEST)))
        reference = instances_and_references(exercise.id, 0)[1][0]
        for name, output in verdict.outputs.items():
            shape = str(np.shape(reference[name])) if np.shape(reference[name]) else "number"
            result = exercise.phrase(name, output.ok) if exercise.phrase else f"{output.error:.1e}"
            table.append((exercise.id, name, shape, result if output.ok or not output.note else output.note))
    return table


def render_text(table: Sequence[Row]) -> str:
    """The table for a terminal."""
    table = [("exercise", "name", "shape", "max diff"), *table]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    return "\n".join("  ".join([*map(str.ljust, row[:3], widths), row[3]]) for row in table)


def render_html(table: Sequence[Row]) -> str:
    """The table for a notebook."""
    names = ("exercise", "name", "shape", "max diff")
    head = "<tr>" + "".join(f"<th scope='col'>{name}</th>" for name in names) + "</tr>"
    body = "".join(
        "<tr>" + "".join(f"<td>{_html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table
    )
    return f"<table aria-label='recap'>{head}{body}</table>"
