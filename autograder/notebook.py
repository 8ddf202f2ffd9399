"""`check` in a notebook: judge, show the card, return the points or raise."""

import numpy as np
from IPython.display import display

from . import calling, card
from .diagnosis import diagnose
from .exercises import exercise as find_exercise


class CheckFailed(Exception):
    """Nothing was earned.  Shown as one line: the card above it has the reasons."""

    def _render_traceback_(self):
        return [f"CheckFailed: {self}"]


def check(exercise_id, answer, seed=None):
    """Judges `answer`, shows the card and returns the points earned, a float above 0.

    answer: the function, array or number the exercise asks for.  seed: None for the exercise's
    public instances.  Raises CheckFailed when nothing is earned; an exercise without points
    returns None.
    """
    if calling.busy():
        raise calling.AnswerError("check is called inside the function that is checked; call it outside")
    try:
        exercise = find_exercise(exercise_id)
        _check_seed(seed)
        with calling.silence():
            verdict = diagnose(exercise_id, answer, seed)
    except (TypeError, ValueError) as error:
        raise _in_one_line(error) from None
    points = round(exercise.points * verdict.score, 2)
    display(
        {"text/html": card.html(exercise, verdict), "text/plain": card.text(exercise, verdict)},
        metadata={"unrolled": card.record(exercise, verdict)},
        raw=True,
    )
    if exercise.points == 0:
        return None
    if not points > 0:
        raise CheckFailed(f"{exercise.id} - 0 of {exercise.points:g} points; the card says why")
    return float(points)


def _check_seed(seed):
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if seed is not None and not whole:
        raise TypeError(f"seed is of type {type(seed).__name__}, expected None or a whole number")
    if whole and seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")


def _in_one_line(error):
    """The error, which a notebook shows without the lines of the autograder it came through."""
    error._render_traceback_ = lambda: [f"{type(error).__name__}: {error}"]
    return error


def recap(lesson, namespace):
    """Compares every function of a lesson that stands in `namespace` with the reference.

    lesson: "01".  namespace: globals().  Shows a table name | shape | max diff.
    """
    from . import summary

    try:
        with calling.silence():
            rows = summary.rows(lesson, namespace)
    except (TypeError, ValueError) as error:
        raise _in_one_line(error) from None
    display({"text/html": summary.html(rows), "text/plain": summary.text(rows)}, raw=True)
