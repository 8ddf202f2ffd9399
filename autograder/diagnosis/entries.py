"""The entries of an output that differ, with both numbers, for a card to show."""

from collections.abc import Mapping

import numpy as np

from ..compare import TOLERANCE, Index
from ..exercises import Arguments, Exercise
from ..results import Number, Output
from .trial import Trial

MOST = 3  # entries shown of each output


def differing_numbers(trial: Trial, outputs: Mapping[str, Output]) -> tuple[Number, ...]:
    """The first entries that differ in each wrong output, for instances that everybody may see.

    outputs: the judgements.  The entries are taken from the instance that the
    judgement is about, so that they begin where it says; for adjoints along time from the end.
    """
    if trial.exercise.phrase:  # the outputs are yes or no, and the card has them in words
        return ()
    found: list[Number] = []
    for name, output in outputs.items():
        late = trial.exercise.counts_from_the_end(name)
        for arguments, answer, reference in zip(trial.instances, trial.answers, trial.references):
            got, want = answer.get(name), np.asarray(reference[name], float)
            if output.ok or got is None or got.shape != want.shape:
                continue
            scale = max(np.abs(got).max(initial=0), np.abs(want).max(initial=0))
            differs = ~(np.abs(got - want) <= TOLERANCE * scale) if np.isfinite(scale) else got != want
            places = np.argwhere(differs)
            shown = [tuple(place.tolist()) for place in places[:: -1 if late else 1][:MOST]]
            begins = output.last if late and output.last else output.where or ()
            if shown and begins in (shown[0], ()):
                for place in shown:
                    entry, call = _split_index(trial.exercise, arguments, place)
                    found.append(Number(name, entry, float(got[place]), float(want[place]), call))
                break
    return tuple(found)


def with_call(exercise: Exercise, arguments: Arguments, output: Output) -> Output:
    """A judgement that says which call its first entry is of, where the arrays of many calls are stacked."""
    return output._replace(call=_split_index(exercise, arguments, output.where or ())[1])


def _split_index(exercise: Exercise, arguments: Arguments, index: Index) -> tuple[Index, str]:
    """(index in the array that one call returned, which call), where the arrays of many calls are stacked."""
    if exercise.which_call is None or not index:
        return index, ""
    return index[1:], exercise.which_call(arguments, index[0])
