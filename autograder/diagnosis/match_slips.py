"""Which misunderstanding gives exactly these numbers.

Each slip's variant of the solution is run on the same instances as the student's function.  A
slip is named only if it agrees with the student on every output that it changes, on every
instance; slips that the numbers cannot tell apart are all named.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import compare
from ..exercises import Exercise, Slip, find_exercise, sources
from ..exercises.instances import call_answer, copied, instances_and_references
from ..outputs import read_outputs
from . import slip_bank

BANK = Path(__file__).resolve().parent / "bank"


class Match(NamedTuple):
    """A slip that explains the numbers: whose it is, and the outputs that it changes."""

    owner: Exercise
    slip: Slip
    outputs: frozenset


def match_slips(trial):
    """The slips that explain the answers of a `Trial`.

    Own slips come first; only if none fits, those of earlier exercises whose functions this one
    calls.  A slip that changes fewer outputs than another match explains less and is left out.
    """
    exercise = trial.exercise
    for group in ([(exercise, slip) for slip in exercise.slips], _earlier(exercise)):
        found = _explaining(trial, group)
        if found:
            return [m for m in found if not any(m.outputs < other.outputs for other in found)]
    return []


def slip_outputs(exercise, slip, seed, owner=None):
    """What a slip's variant returns on the three instances of `seed`: from source, or the bank.

    owner: the earlier exercise whose slip it is, where it is not this one's.  None where the bank
    does not have it, or where the slip of an earlier exercise gives what this one cannot go on
    with; raises RuntimeError when an own slip cannot be run.
    """
    made = [slip_variant(exercise, slip, seed, i, owner) for i in range(3)]
    if None not in made:
        return made
    if owner in (None, exercise) and has_sources(exercise):
        raise RuntimeError(f"{exercise.id}: slip {slip.id} cannot be run on the instances of seed {seed}")
    return None


def slip_variant(exercise, slip, seed, i, owner=None):
    """What a slip makes of instance `i` of a seed: outputs by name, or None where that is unknown."""
    owner = owner or exercise
    if has_sources(exercise):
        return _run_slip(exercise.id, owner.id, slip.id, seed, i)
    stored = slip_bank.read_bank(BANK, exercise.id).get((owner.id, slip.id)) if seed == 0 else None
    return None if stored is None else {**instances_and_references(exercise.id, seed)[1][i], **stored[i]}


def run_variant(exercise, function, arguments):
    """The outputs of a function that may well fail, as arrays by name; None when it does."""
    try:
        with np.errstate(all="ignore"):
            returned = call_answer(exercise, function, copied(arguments))
            outputs, _ = read_outputs(returned, exercise.outputs)
    except Exception:  # a slip may give what the rest of the code, or of the lesson, cannot go on with
        return None
    return {name: compare.to_array(value) for name, value in outputs.items()}


def has_sources(exercise):
    """Whether the solutions are installed, so that slips can be run and not only looked up."""
    return sources.code_cells(exercise.lesson) is not None


@lru_cache(maxsize=16384)
def _run_slip(exercise_id, owner_id, slip_id, seed, i):
    exercise, owner = find_exercise(exercise_id), find_exercise(owner_id)
    slip = next(slip for slip in owner.slips if slip.id == slip_id)
    function = sources.solution_variant(exercise, slip, owner)
    return run_variant(exercise, function, instances_and_references(exercise_id, seed)[0][i])


def _earlier(exercise):
    """(owner, slip) of the exercises whose functions this one uses."""
    if has_sources(exercise):
        return [(owner, slip) for owner in sources.exercises_used(exercise) for slip in owner.slips]
    pairs = [(find_exercise(owner), slip_id) for owner, slip_id in slip_bank.read_bank(BANK, exercise.id)]
    return [(o, s) for o, slip_id in pairs if o is not exercise for s in o.slips if s.id == slip_id]


def _explaining(trial, group):
    """[Match] of the slips in a group whose numbers are the answers' wherever they change any."""
    exercise, found = trial.exercise, []
    whole = exercise.gate is not None  # yes or no: such outputs only mean something together
    left = [(owner, slip, {}) for owner, slip in group]
    for i in trial.order:
        for owner, slip, made in left:
            made[i] = slip_variant(exercise, slip, trial.seed, i, owner)
        left = _possible(left, i, trial.answers[i], trial.references[i], whole)
    for owner, slip, made in left:
        changed = frozenset().union(*(changed_outputs(made[i], trial.references[i]) for i in made))
        agrees = all(compare.same(made[i].get(n), trial.answers[i].get(n)) for i in made for n in changed)
        fits = agrees and (not slip.alone or _all_else_right(trial, changed))
        if changed and fits and (whole or is_telling(made.values(), changed)):
            found.append(Match(owner, slip, changed))
    return found


def match_slips_but_one(trial):
    """Own slips that explain the answers but for one of the outputs that they change, at most three.

    Those that explain most; none whose words are about the output that differs.
    """
    exercise, found = trial.exercise, []
    for slip in exercise.slips if exercise.gate is None else ():
        made, differs = {}, set()
        for i in trial.order:
            made[i] = slip_variant(exercise, slip, trial.seed, i)
            if made[i] is None:
                break
            differs |= {n for n, array in made[i].items() if not compare.same(array, trial.answers[i].get(n))}
            if len(differs) > 1:
                break
        else:
            changed = frozenset().union(*(changed_outputs(made[i], trial.references[i]) for i in made))
            explained = changed - differs
            named = any(re.search(rf"\b{name}\b", slip.says) for name in differs)
            if differs <= changed and len(explained) > 1 and not named and not slip.alone:
                found.append(Match(exercise, slip, explained))
    most = max((len(match.outputs) for match in found), default=0)
    found = [match for match in found if len(match.outputs) == most]
    return found if len(found) <= 3 else []


def _all_else_right(trial, changed):
    return all(
        compare.same(answer.get(name), want)
        for answer, reference in zip(trial.answers, trial.references)
        for name, want in reference.items()
        if name not in changed
    )


def _possible(slips, i, answer, reference, whole):
    """Those slips of which every output is the student's, or else (unless `whole`) the right one."""
    slips = [entry for entry in slips if entry[-1][i] is not None]
    for name, want in reference.items():
        arrays = [made[i].get(name) for *_, made in slips]
        fits = compare.which_same(arrays, answer.get(name))
        if not whole:
            fits |= compare.which_same(arrays, want)
        slips = [entry for entry, fit in zip(slips, fits) if fit]
    return slips


def changed_outputs(made, reference):
    """The names of the outputs that differ from the reference."""
    return frozenset(name for name, want in reference.items() if not compare.same(made.get(name), want))


def is_telling(variants, changed):
    """False for zeros: those are what anything unfinished gives, and show no misunderstanding."""
    return any(np.any(variant.get(name)) for variant in variants for name in changed)


def write_bank(exercises, folder=BANK):
    """Saves what every slip gives on the public seeds, for installations without sources."""
    for exercise in exercises:
        if not exercise.slips:
            continue
        suspects = [(exercise, slip) for slip in exercise.slips] + _earlier(exercise)
        if exercise.kind == "function" and suspects:
            made = {(owner.id, slip.id): slip_outputs(exercise, slip, 0, owner) for owner, slip in suspects}
            slip_bank.write_bank(folder, exercise.id, made, instances_and_references(exercise.id, 0)[1])
