"""The recap at a lesson's end: every exercise with a tick, its points and a line; differences folded."""

import html as _html
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..diagnosis import call_guard
from ..diagnosis.diagnose import judge_answer
from ..exercises import LESSONS, Exercise, lesson_exercises
from ..exercises.instances import instances_and_references
from ..results import Status, Verdict
from ..wording import plain
from .card import STYLE, mark_of
from .follow_through import judge_once_more
from .show import in_one_line, show_output
from .versions import notebook_share

LONGEST = 100  # characters of a diagnosis in the list


class Row(NamedTuple):
    """One output beside the reference."""

    exercise: str
    output: str
    shape: str
    difference: str  #: the largest one, or what is wrong in words


class Line(NamedTuple):
    """One exercise of the lesson."""

    exercise: str
    title: str
    sign: str  #: ✓ right, ◐ partly right, ✗ wrong, · not answered
    points: float
    max: float
    says: str  #: one line of diagnosis, "" where it is right
    rows: tuple[Row, ...]


def recap(lesson: str, namespace: dict[str, Any]) -> None:
    """Shows every exercise of a lesson, as it is answered in `namespace`, and the differences in a fold.

    lesson: "01".  namespace: globals().
    """
    try:
        with call_guard.silence():
            lines = recap_lines(lesson, namespace)
    except (TypeError, ValueError) as error:
        raise in_one_line(error) from None
    show_output(render_html(lines), render_text(lines))


def recap_lines(lesson: str, namespace: dict[str, Any]) -> list[Line]:
    """A `Line` for every exercise of the lesson that has points, in its order."""
    if lesson not in LESSONS:
        raise ValueError(f"no lesson {lesson!r}; there are {', '.join(LESSONS)}")
    if not isinstance(namespace, dict):
        raise TypeError(f"namespace is of type {type(namespace).__name__}, expected globals()")
    return [_line(e, namespace) for e in lesson_exercises(lesson) if e.points]


def _line(exercise: Exercise, namespace: dict[str, Any]) -> Line:
    if exercise.function not in namespace:
        says = f"{exercise.function} is not defined; run its cell"
        return Line(exercise.id, exercise.title, "·", 0.0, exercise.points, says, ())
    try:
        verdict = judge_answer(exercise.id, namespace[exercise.function])
        verdict = judge_once_more(exercise, namespace[exercise.function], verdict)
    except (TypeError, ValueError) as error:  # a number where a function is asked for
        return Line(exercise.id, exercise.title, "✗", 0.0, exercise.points, plain(str(error), LONGEST), ())
    earned = mark_of(exercise, verdict, notebook_share() if verdict.given else 1.0)
    if verdict.correct:
        sign, says = "✓", ""
    elif verdict.status is Status.UNANSWERED:
        sign, says = "·", "not answered yet"
    else:
        sign, says = "◐" if earned.points > 0 else "✗", plain(verdict.message, LONGEST)
    rows = _rows(exercise, verdict) if exercise.kind == "function" else ()
    return Line(exercise.id, exercise.title, sign, earned.points, exercise.points, says, rows)


def _rows(exercise: Exercise, verdict: Verdict) -> tuple[Row, ...]:
    """The outputs that came back, beside the reference on the first public instance."""
    if not verdict.outputs:
        return ()
    reference = instances_and_references(exercise.id, 0)[1][0]
    found = []
    for name, output in verdict.outputs.items():
        shape = str(np.shape(reference[name])) if np.shape(reference[name]) else "number"
        result = exercise.phrase(name, output.ok) if exercise.phrase else f"{output.error:.1e}"
        found.append(Row(exercise.id, name, shape, result if output.ok or not output.note else output.note))
    return tuple(found)


def _total(lines: Sequence[Line]) -> str:
    right = sum(line.sign == "✓" for line in lines)
    points = round(sum(line.points for line in lines), 2)
    return f"{right} of {len(lines)} exercises · {points:g} of {sum(line.max for line in lines):g} points"


def render_text(lines: Sequence[Line]) -> str:
    """The recap for a terminal: the list, then the differences."""
    width = max((len(line.exercise) for line in lines), default=0)
    text = [_total(lines), ""]
    for line in lines:
        points = f"{line.points:g} of {line.max:g}"
        text.append(f"{line.sign} {line.exercise:<{width}}  {points:>11}  {line.says or line.title}".rstrip())
    table = [("exercise", "name", "shape", "max diff"), *(row for line in lines for row in line.rows)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    text += ["", *("  ".join([*map(str.ljust, row[:3], widths), row[3]]) for row in table)]
    return "\n".join(text)


def render_html(lines: Sequence[Line]) -> str:
    """The recap for a notebook: the list, and the differences folded away."""
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("exercise", "points", ""))
    body = "".join(
        f"<tr><th scope='row'>{line.sign} <code>{_html.escape(line.exercise)}</code></th>"
        f"<td>{line.points:g} of {line.max:g}</td><td>{_html.escape(line.says or line.title)}</td></tr>"
        for line in lines
    )
    rows = "".join(
        "<tr>" + "".join(f"<td>{_html.escape(cell)}</td>" for cell in row) + "</tr>"
        for line in lines
        for row in line.rows
    )
    names = "".join(f"<th scope='col'>{name}</th>" for name in Row._fields[:3])
    fold = (
        "<details><summary>Every output beside the reference</summary>"
        f"<table aria-label='differences'><tr>{names}<th scope='col'>largest difference</th></tr>"
        f"{rows}</table>"
        "</details>"
    )
    tone = "right" if all(line.sign == "✓" for line in lines) else "part"
    return (
        f"{STYLE}<section class='unrolled {tone}' role='group' aria-label='recap'>"
        f"<header><span role='status'>{_total(lines)}</span></header>"
        f"<table><tr>{head}</tr>{body}</table>{fold if rows else ''}</section>"
    )
