"""The slip that explains all that is wrong but one output: the likelier reading of two mistakes at once."""

import re

from .. import compare
from . import match_slips
from .match_slips import Match, Suspect
from .trial import Trial


def match_slips_but_one(trial: Trial) -> list[Match]:
    """Own slips that explain the answers but for one of the outputs that they change, at most three.

    Those that explain most; none whose words are about the output that differs.
    """
    exercise = trial.exercise
    if exercise.gate is not None:
        return []
    found: list[Match] = []
    left = [Suspect(exercise, slip, {}) for slip in exercise.slips]
    differs: dict[str, set[str]] = {slip.id: set() for slip in exercise.slips}
    for i in trial.order:
        left = match_slips.with_instance(left, trial, i)
        for name in trial.references[i]:
            arrays = [suspect.made[i].get(name) for suspect in left]
            for suspect, fits in zip(left, compare.which_same(arrays, trial.answers[i].get(name))):
                differs[suspect.slip.id] |= set() if fits else {name}
        left = [suspect for suspect in left if len(differs[suspect.slip.id]) <= 1]
    for owner, slip, made in left:
        changed = match_slips.outputs_changed_anywhere(made, trial)
        explained = changed - differs[slip.id]
        named = any(re.search(rf"\b{name}\b", slip.says) for name in differs[slip.id])
        if differs[slip.id] <= changed and len(explained) > 1 and not named and not slip.alone:
            found.append(Match(owner, slip, explained))
    most = max((len(match.outputs) for match in found), default=0)
    found = [match for match in found if len(match.outputs) == most]
    return found if len(found) <= 3 else []
