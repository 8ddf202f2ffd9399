"""Which misunderstanding gives exactly these numbers.

Each slip's variant of the solution is run on the same instances as the student's function.  A
slip is named only if it agrees with the student on every output that it changes, on every
instance; slips that the numbers cannot tell apart are all named.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import compare
from ..compare import Arrays, Reference
from ..exercises import Arguments, Exercise, Slip, find_exercise, sources
from ..exercises.instances import call_answer, copied, every_instance, instances_and_references
from ..outputs import read_outputs
from . import slip_bank
from .trial import SMALL, Trial

BANK = Path(__file__).resolve().parent / "bank"


class Match(NamedTuple):
    """A slip that explains the numbers: whose it is, and the outputs that it changes."""

    owner: Exercise
    slip: Slip
    outputs: frozenset[str]


class Suspect(NamedTuple):
    """A slip that may explain the numbers, and what it gives on the instances that were tried."""

    owner: Exercise
    slip: Slip
    made: dict[int, Arrays]  #: by instance


def match_slips(trial: Trial) -> list[Match]:
    """The slips that explain the answers of a trial.

    Own slips come first; only if none fits, those of earlier exercises whose functions this one
    calls.  A slip that changes fewer outputs than another match explains less and is left out.
    """
    exercise = trial.exercise
    found = _explaining(trial, ((exercise, slip) for slip in exercise.slips))
    if not found:
        earlier = [pair for pair in _earlier(exercise) if pair[0].function not in trial.given]
        found = _explaining(trial, earlier)
    return [m for m in found if not any(m.outputs < other.outputs for other in found)]


def slip_outputs(
    exercise: Exercise, slip: Slip, seed: int, owner: Exercise | None = None
) -> list[Arrays] | None:
    """What a slip's variant, made from the source, returns on the three instances of `seed`.

    owner: the earlier exercise whose slip it is, where it is not this one's.  None where the slip of an
    earlier exercise gives what this one cannot go on with; raises RuntimeError when an own slip cannot
    be run.
    """
    found = [_run_slip(exercise.id, (owner or exercise).id, slip.id, seed, i) for i in range(SMALL)]
    made = [outputs for outputs in found if outputs is not None]
    if len(made) == len(found):
        return made
    if owner in (None, exercise):
        raise RuntimeError(f"{exercise.id}: slip {slip.id} cannot be run on the instances of seed {seed}")
    return None


def slip_variant(
    exercise: Exercise, slip: Slip, seed: int, i: int, owner: Exercise | None = None
) -> Arrays | None:
    """What a slip makes of instance `i` of a seed: outputs by name, or None where that is unknown.

    On the small instances of the public seed the bank has them; elsewhere the slip is run.
    """
    owner = owner or exercise
    stored = _banked(exercise).get((owner.id, slip.id)) if seed == 0 and i < SMALL else None
    if stored is not None:
        return {**_right_arrays(exercise.id)[i], **stored[i]}
    return _run_slip(exercise.id, owner.id, slip.id, seed, i) if has_sources(exercise) else None


def _banked(exercise: Exercise) -> slip_bank.Bank:
    """The exercise's bank; empty where the sources are installed and are not those that it was made of."""
    return slip_bank.read_bank(BANK, exercise.id, sources.digest(exercise.lesson))


@lru_cache(maxsize=256)
def _right_arrays(exercise_id: str) -> list[dict[str, compare.Array]]:
    """The right outputs on the small public instances, as arrays."""
    right = instances_and_references(exercise_id, 0)[1]
    return [{name: np.asarray(value, float) for name, value in outputs.items()} for outputs in right]


def run_variant(exercise: Exercise, function: Callable[..., Any], arguments: Arguments) -> Arrays | None:
    """The outputs of a function that may well fail, as arrays by name; None when it does."""
    try:
        with np.errstate(all="ignore"):
            returned = call_answer(exercise, function, copied(arguments))
            outputs, _ = read_outputs(returned, exercise.outputs)
    except Exception:  # a slip may give what the rest of the code, or of the lesson, cannot go on with
        return None
    return {name: compare.to_array(value) for name, value in outputs.items()}


def has_sources(exercise: Exercise) -> bool:
    """Whether the solutions are installed, so that slips can be run and not only looked up."""
    return sources.code_cells(exercise.lesson) is not None


@lru_cache(maxsize=16384)
def _run_slip(exercise_id: str, owner_id: str, slip_id: str, seed: int, i: int) -> Arrays | None:
    exercise, owner = find_exercise(exercise_id), find_exercise(owner_id)
    slip = next(slip for slip in owner.slips if slip.id == slip_id)
    function = sources.solution_variant(exercise, slip, owner)
    return run_variant(exercise, function, every_instance(exercise_id, seed)[i])


def _earlier(exercise: Exercise) -> list[tuple[Exercise, Slip]]:
    """(owner, slip) of the exercises whose functions this one uses."""
    if has_sources(exercise):
        return [(owner, slip) for owner in sources.exercises_used(exercise) for slip in owner.slips]
    pairs = [(find_exercise(owner), slip_id) for owner, slip_id in _banked(exercise)]
    return [(o, s) for o, slip_id in pairs if o is not exercise for s in o.slips if s.id == slip_id]


def _explaining(trial: Trial, group: Iterable[tuple[Exercise, Slip]]) -> list[Match]:
    """The slips in a group whose numbers are the student's in every output that they change."""
    exercise = trial.exercise
    found: list[Match] = []
    whole = exercise.gate is not None  # yes or no: such outputs only mean something together
    left = [Suspect(owner, slip, {}) for owner, slip in _not_ruled_out(trial, group)]
    for i in trial.order:
        left = with_instance(left, trial, i)
        left = _possible(left, i, trial.answers[i], trial.references[i], whole)
    for owner, slip, made in left:
        changed = outputs_changed_anywhere(made, trial)
        agrees = all(compare.same(made[i].get(n), trial.answers[i].get(n)) for i in made for n in changed)
        fits = agrees and (not slip.alone or _all_else_right(trial, changed))
        if changed and fits and (whole or is_telling(made.values(), changed)):
            found.append(Match(owner, slip, changed))
    return found


def _not_ruled_out(trial: Trial, group: Iterable[tuple[Exercise, Slip]]) -> list[tuple[Exercise, Slip]]:
    """The slips of a group without those that the bank rules out at once, all together."""
    bank = _banked(trial.exercise) if trial.seed == 0 else slip_bank.Bank()
    possible = bank.possible(trial.answers, (i for i in trial.order if i < SMALL))
    return [(o, s) for o, s in group if (o.id, s.id) in possible or (o.id, s.id) not in bank]


def differing_from_slips(trial: Trial, found: Iterable[Match]) -> list[str]:
    """The outputs that slips explain on the small instances but not on those that come after.

    A slip that cannot be run there, as its source is not installed, is believed.
    """
    differing: list[str] = []
    for owner, slip, outputs in found if has_sources(trial.exercise) else ():
        for i in range(SMALL, len(trial.instances)):
            made, answer = slip_variant(trial.exercise, slip, trial.seed, i, owner) or {}, trial.answers[i]
            differing += [n for n in outputs if n in made and not compare.same(made[n], answer.get(n))]
    return [name for name in trial.exercise.outputs if name in differing]


def with_instance(suspects: Iterable[Suspect], trial: Trial, i: int) -> list[Suspect]:
    """The suspects that can be run on instance `i`, with what they give there among what they have made."""
    left = []
    for owner, slip, made in suspects:
        outputs = slip_variant(trial.exercise, slip, trial.seed, i, owner)
        if outputs is not None:
            left.append(Suspect(owner, slip, made | {i: outputs}))
    return left


def _all_else_right(trial: Trial, changed: frozenset[str]) -> bool:
    """Whether the student's outputs are right where a slip changes nothing."""
    return all(
        compare.same(answer.get(name), want)
        for answer, reference in zip(trial.answers, trial.references)
        for name, want in reference.items()
        if name not in changed
    )


def _possible(
    suspects: Iterable[Suspect], i: int, answer: Arrays, reference: Reference, whole: bool
) -> list[Suspect]:
    """Those slips of which every output is the student's, or else (unless `whole`) the right one."""
    slips = list(suspects)
    for name, want in reference.items():
        arrays = [suspect.made[i].get(name) for suspect in slips]
        fits = compare.which_same(arrays, answer.get(name))
        if not whole:
            fits |= compare.which_same(arrays, want)
        slips = [suspect for suspect, fit in zip(slips, fits) if fit]
    return slips


def changed_outputs(made: Arrays, reference: Reference) -> frozenset[str]:
    """The names of the outputs that differ from the reference."""
    return frozenset(name for name, want in reference.items() if not compare.same(made.get(name), want))


def outputs_changed_anywhere(made: Mapping[int, Arrays], trial: Trial) -> frozenset[str]:
    """The names of the outputs that differ from the reference on one instance at least.

    made: outputs by instance.
    """
    return frozenset().union(*(changed_outputs(outputs, trial.references[i]) for i, outputs in made.items()))


def is_telling(variants: Iterable[Arrays], changed: Iterable[str]) -> bool:
    """False for zeros: those are what anything unfinished gives, and show no misunderstanding."""
    return any(np.any(variant.get(name)) for variant in variants for name in changed)


def write_bank(exercises: Iterable[Exercise], folder: Path = BANK) -> None:
    """Saves the outputs of every slip on the public seed: for who has no sources, and for a first check."""
    for exercise in exercises:
        if not exercise.slips:
            continue
        suspects = [(exercise, slip) for slip in exercise.slips] + _earlier(exercise)
        if exercise.kind == "function" and suspects:
            made = {(owner.id, slip.id): slip_outputs(exercise, slip, 0, owner) for owner, slip in suspects}
            right, made_of = instances_and_references(exercise.id, 0)[1], sources.digest(exercise.lesson)
            slip_bank.write_bank(folder, exercise.id, made, right, made_of or "")
