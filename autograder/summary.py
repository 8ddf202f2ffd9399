"""The recap at a lesson's end: every answer beside the reference, name | shape | max diff."""

import html as _html

import numpy as np

from . import card
from .diagnosis import diagnose
from .exercises import LESSONS, of_lesson

LONGEST = 100  # characters of a message in the table


def rows(lesson, namespace):
    """(exercise id, output, shape, max diff or what is missing) for every function of the lesson."""
    if lesson not in LESSONS:
        raise ValueError(f"no lesson {lesson!r}; there are {', '.join(LESSONS)}")
    if not isinstance(namespace, dict):
        raise TypeError(f"namespace is of type {type(namespace).__name__}, expected globals()")
    table = []
    for exercise in of_lesson(lesson):
        answer = namespace.get(exercise.function)
        if exercise.kind != "function" or not callable(answer):
            continue
        verdict = diagnose(exercise.id, answer)
        if not verdict.outputs:
            table.append((exercise.id, exercise.function, "", card.plain(verdict.message, LONGEST)))
        reference = exercise.reference(*exercise.instance(0))
        for name, output in verdict.outputs.items():
            shape = str(np.shape(reference[name])) if np.shape(reference[name]) else "number"
            result = exercise.phrase(name, output.ok) if exercise.phrase else f"{output.error:.1e}"
            table.append((exercise.id, name, shape, result if output.ok or not output.note else output.note))
    return table


def text(table):
    table = [("exercise", "name", "shape", "max diff"), *table]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    return "\n".join("  ".join([*map(str.ljust, row[:3], widths), row[3]]) for row in table)


def html(table):
    names = ("exercise", "name", "shape", "max diff")
    head = "<tr>" + "".join(f"<th scope='col'>{name}</th>" for name in names) + "</tr>"
    body = "".join(
        "<tr>" + "".join(f"<td>{_html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table
    )
    return f"<table aria-label='recap'>{head}{body}</table>"
