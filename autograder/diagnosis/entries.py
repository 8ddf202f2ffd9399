"""The entries of an output that differ, with both numbers, for a card to show."""

from collections.abc import Mapping

import numpy as np

from ..compare import TOLERANCE
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
        for answer, reference in zip(trial.answers, trial.references):
            got, want = answer.get(name), np.asarray(reference[name], float)
            if output.ok or got is None or got.shape != want.shape:
                continue
            scale = max(np.abs(got).max(initial=0), np.abs(want).max(initial=0))
            differs = ~(np.abs(got - want) <= TOLERANCE * scale) if np.isfinite(scale) else got != want
            places = [tuple(int(i) for i in place) for place in np.argwhere(differs)]
            begins = output.last if late and output.last else output.where or ()
            if places and begins in (places[-1 if late else 0], ()):
                chosen = places[: -MOST - 1 : -1] if late else places[:MOST]
                found += [Number(name, place, float(got[place]), float(want[place])) for place in chosen]
                break
    return tuple(found)
