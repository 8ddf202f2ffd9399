"""The recap at a lesson's end: every answer beside the reference, name | shape | max diff."""

import html as _html

import numpy as np

from .diagnosis import diagnose
from .exercises import of_lesson


def rows(lesson, namespace):
    """(exercise id, output, shape, max diff or what is missing) for every function of the lesson."""
    table = []
    for exercise in of_lesson(lesson):
        answer = namespace.get(exercise.function)
        if exercise.kind != "function" or not callable(answer):
            continue
        verdict = diagnose(exercise.id, answer)
        if not verdict.outputs:
            table.append((exercise.id, exercise.function, "", verdict.message))
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
    head = "<tr><th>exercise</th><th>name</th><th>shape</th><th>max diff</th></tr>"
    body = "".join(
        "<tr>" + "".join(f"<td>{_html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table
    )
    return f"<table aria-label='recap'>{head}{body}</table>"
