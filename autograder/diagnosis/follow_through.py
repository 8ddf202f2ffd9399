"""What a wrong answer would be with right functions in the place of earlier answers that are wrong too."""

from collections.abc import Sequence
from dataclasses import replace

from ..exercises import Exercise
from ..results import Output, Verdict
from ..wording import listed
from .facts import score_outputs


def with_given(exercise: Exercise, first: Verdict, second: Verdict, given: Sequence[str]) -> Verdict:
    """The verdict on an answer that is wrong, and was judged once more.

    first: as it was handed in; second: with right functions in the place of those that `given` names.  The
    score stays that of the first; `followed` is the share that is right in the second only.  What is wrong
    in both is told by the second, as there it is the answer's own.
    """
    outputs = {name: _told(output, second.outputs[name]) for name, output in first.outputs.items()}
    carried = [name for name, output in outputs.items() if output.given]
    if not carried:
        return _told_apart(first, second, given)
    wrong = [name for name, output in outputs.items() if not output.ok and not output.given]
    merged = {name: output._replace(ok=output.ok or output.given) for name, output in outputs.items()}
    followed = score_outputs(merged, exercise.gate) - first.score
    if not followed > 0:  # such as where the gate stays closed
        return _told_apart(first, second, given)
    verb, what = ("is", "it") if len(carried) == 1 else ("are", "they")
    with_right = f"given a right {listed([f'`{name}`' for name in given])}"
    if wrong:
        message = f"{listed(carried)} {verb} right, {with_right}. {second.message}"
    elif len(carried) == len(outputs):
        message = f"Right, {with_right}: the mistake is there."
    else:
        message = f"{listed(carried)} {verb} right, {with_right}: {what} {verb} wrong by that mistake only."
    return replace(
        first,
        slips=second.slips if wrong else (),
        laws=second.laws if wrong else (),
        message=message,
        question=second.question if wrong else "",
        outputs=outputs,
        spectrum=first.spectrum if wrong else None,
        repair=second.repair if wrong else (),
        given=tuple(given),
        followed=followed,
        fingerprint=second.fingerprint if wrong else "",
    )


def _told(first: Output, second: Output) -> Output:
    return first._replace(given=True) if second.ok and not first.ok else first


def _told_apart(first: Verdict, second: Verdict, given: Sequence[str]) -> Verdict:
    """The first verdict, with the reasons of the second where only that one has some.

    By itself an answer may have the numbers of a known slip, which a mistake from elsewhere hides.
    """
    if first.slips or first.laws or not (second.slips or second.laws):
        return replace(first, fingerprint=second.fingerprint)
    with_right = f"Given a right {listed([f'`{name}`' for name in given])}"
    message = f"{with_right}, this is still wrong: {second.message}"
    return replace(
        first,
        slips=second.slips,
        laws=second.laws,
        message=message,
        question=second.question,
        fingerprint=second.fingerprint,
    )
