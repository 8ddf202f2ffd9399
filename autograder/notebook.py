"""`check` in a notebook: judge, show the card, return the points or raise."""

from IPython.display import display

from . import card
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
    exercise = find_exercise(exercise_id)
    verdict = diagnose(exercise_id, answer, seed)
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


def recap(lesson, namespace):
    """Compares every function of a lesson that stands in `namespace` with the reference.

    lesson: "01".  namespace: globals().  Shows a table name | shape | max diff.
    """
    from . import summary

    rows = summary.rows(lesson, namespace)
    display({"text/html": summary.html(rows), "text/plain": summary.text(rows)}, raw=True)
