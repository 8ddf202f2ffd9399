"""`check` in a notebook: judge, show the card, return the points or raise."""

from typing import Any

import numpy as np

from ..diagnosis import call_guard
from ..diagnosis.diagnose import diagnose
from ..errors import AnswerError, CheckFailed
from ..exercises import find_exercise
from . import card, progress, versions
from .show import in_one_line, show_output


def check(exercise_id: str, answer: object, seed: int | None = None) -> float | None:
    """Judges `answer`, shows the card and returns the points earned, a float above 0.

    answer: the function, array or number the exercise asks for.  seed: None for the exercise's
    public instances.  Raises CheckFailed when nothing is earned; an exercise without points
    returns None.
    """
    if call_guard.is_busy():
        raise AnswerError("check is called inside the function that is checked; call it outside")
    versions.tell_other_version()
    try:
        exercise = find_exercise(exercise_id)
        _check_seed(seed)
        with call_guard.silence():
            verdict = diagnose(exercise_id, answer, seed)
    except (TypeError, ValueError) as error:
        raise in_one_line(error) from None
    mark = card.mark_of(exercise, verdict)
    html, text = card.render_html(exercise, verdict), card.render_text(exercise, verdict)
    show_output(html, text, {"unrolled": mark.to_json()})
    progress.note(mark)
    if exercise.points == 0:
        return None
    if not mark.points > 0:
        raise CheckFailed(f"{exercise.id} - 0 of {exercise.points:g} points; the card says why")
    return mark.points


def _check_seed(seed: Any) -> None:
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if seed is not None and not whole:
        raise TypeError(f"seed is of type {type(seed).__name__}, expected None or a whole number")
    if whole and seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")
