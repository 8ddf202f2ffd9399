"""`check` in a notebook: judge, show the card, return the points or raise."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..diagnosis import call_guard
from ..diagnosis.diagnose import judge_answer
from ..diagnosis.repair import LONGEST, find_repair, is_offered
from ..errors import AnswerError, CheckFailed
from ..exercises import Exercise, find_exercise
from ..results import Verdict
from . import card, follow_through, progress, versions
from .show import in_notebook, in_one_line, show_output

LONGEST_WAIT = 1.0  # seconds for the line where a card cannot be shown before it is found


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
            verdict = judge_answer(exercise_id, answer, seed)
            verdict = follow_through.judge_once_more(exercise, answer, verdict, seed)
    except (TypeError, ValueError) as error:
        raise in_one_line(error) from None
    share = versions.notebook_share() if verdict.given else 1.0
    mark = card.mark_of(exercise, verdict, share)
    is_searched = seed is None and not verdict.given and is_offered(exercise, answer, verdict)
    try:
        _show(exercise, answer, verdict, is_searched, share)
    finally:  # after an interrupt of the search as well
        progress.note(mark)
    if exercise.points == 0:
        return None
    if not mark.points > 0:
        raise CheckFailed(f"{exercise.id} - 0 of {exercise.points:g} points; the card says why")
    return mark.points


def _show(exercise: Exercise, answer: object, verdict: Verdict, is_searched: bool, share: float) -> None:
    """Shows the card; where a line is looked for at once, and again with what was found."""

    def faces(verdict: Verdict, is_searching: bool = False) -> tuple[str, str, dict[str, Any]]:
        metadata = {"unrolled": card.mark_of(exercise, verdict, share).to_json()}
        html = card.render_html(exercise, verdict, is_searching, share)
        text = card.render_text(exercise, verdict, is_searching=is_searching, follow_through=share)
        return html, text, metadata

    if not is_searched:
        show_output(*faces(verdict))
    elif in_notebook():
        update = show_output(*faces(verdict, is_searching=True))
        try:
            verdict = replace(verdict, repair=find_repair(exercise, answer, verdict, LONGEST))
        finally:  # after an interrupt as well
            update(*faces(verdict))
    else:
        show_output(*faces(replace(verdict, repair=find_repair(exercise, answer, verdict, LONGEST_WAIT))))


def _check_seed(seed: Any) -> None:
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if seed is not None and not whole:
        raise TypeError(f"seed is of type {type(seed).__name__}, expected None or a whole number")
    if whole and seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")
