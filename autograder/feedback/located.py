"""What a card says of the line to look at: the line and the kind of change, never the change."""

import html as _html

from ..exercises import Exercise
from ..results import Repair, Verdict
from ..wording import plain

SEARCHING = "looking for the line …"
MOST = 120  # characters of a line that are shown


def sentence(exercise: Exercise, verdict: Verdict) -> str:
    """Which line to look at, as one sentence; "" where none is known.

    After a slip has been named it only adds the line.
    """
    places = [_place(exercise, repair) for repair in verdict.repair]
    if not places:
        return ""
    if verdict.slips:
        return f"In your code that is {' or '.join(places)}."
    if len(places) == 1:
        kind = verdict.repair[0].kind
        return f"{_capital(places[0])} is where to look: with {kind} there, all outputs are right."
    either = f"{', '.join(places[:-1])} or {places[-1]}"
    return f"Either {either} is where to look: with one change in one of them, all outputs are right."


def render_text(exercise: Exercise, verdict: Verdict) -> list[str]:
    """The lines as the student wrote them, and which part of each, for the card as text."""
    found = []
    for repair in verdict.repair:
        found.append(f"  {_capital(_place(exercise, repair))}: {plain(repair.text, MOST)}")
        if repair.part:
            found.append(f"    look at: {plain(repair.part, MOST)}")
    return found


def render_html(exercise: Exercise, verdict: Verdict) -> str:
    """The lines as the student wrote them; a fold inside a fold narrows them to a part."""
    lines = [_code(f"{_capital(_place(exercise, r))}: ", r.text) for r in verdict.repair]
    parts = [_code("", r.part) for r in verdict.repair if r.part]
    if not lines:
        return ""
    narrower = f"<details><summary>Narrower</summary>{''.join(parts)}</details>" if parts else ""
    return f"<details class='line'><summary>The line</summary>{''.join(lines)}{narrower}</details>"


def _place(exercise: Exercise, repair: Repair) -> str:
    of = "" if repair.function == exercise.function else f" of {plain(repair.function, MOST)}"
    return f"line {repair.line}{of}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _code(before: str, text: str) -> str:
    return f"<p>{_html.escape(before)}<code>{_html.escape(plain(text, MOST))}</code></p>"
