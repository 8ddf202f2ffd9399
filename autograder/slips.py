"""The bank of slips and the path spectrum: which misunderstanding gives exactly these numbers.

Each slip's variant of the solution is run on the same instances as the student's function.  A
slip is named only if it agrees with the student on every output that it changes, on every
instance; slips that the numbers cannot tell apart are all named.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import judge, solutions
from .exercises import Exercise, Slip
from .exercises import exercise as find_exercise

BANK = Path(__file__).resolve().parent / "bank"


class Match(NamedTuple):
    """A slip that explains the numbers: whose it is, and the outputs that it changes."""

    owner: Exercise
    slip: Slip
    outputs: frozenset


def match(trial):
    """The slips that explain the answers of a `diagnosis.Trial`.

    Own slips come first; only if none fits, those of earlier exercises whose functions this one
    calls.  A slip that changes fewer outputs than another match explains less and is left out.
    """
    exercise, whole = trial.exercise, trial.exercise.gate is not None
    earlier = [(owner, slip) for owner in _uses(exercise) for slip in owner.slips]
    for group in ([(exercise, slip) for slip in exercise.slips], earlier):
        found = []
        for owner, slip in group:
            made = outputs_of(exercise.id, slip.id, trial.seed, owner.id)
            changed = made and _explained(made, trial.answers, trial.references, whole)
            if changed:
                found.append(Match(owner, slip, changed))
        if found:
            return [m for m in found if not any(m.outputs < other.outputs for other in found)]
    return []


@lru_cache(maxsize=4096)
def outputs_of(exercise_id, slip_id, seed, owner_id=None):
    """What a slip's variant returns on the three instances of `seed`: from source, or the bank."""
    exercise, owner = find_exercise(exercise_id), find_exercise(owner_id or exercise_id)
    if solutions.cells(exercise.lesson) is None:
        return _from_bank(exercise_id, slip_id, seed)
    slip = next(slip for slip in owner.slips if slip.id == slip_id)
    function = solutions.variant(exercise, slip, owner)
    made = []
    for arguments in exercise.instances(seed):
        try:
            with np.errstate(all="ignore"):
                outputs, _ = judge.read_outputs(run(exercise, function, arguments), exercise.outputs)
        except Exception:  # an earlier exercise's slip may give what this one cannot go on with
            if owner is exercise:
                raise
            return None
        made.append({name: judge.to_array(value) for name, value in outputs.items()})
    return made


def _uses(exercise):
    return solutions.uses(exercise) if solutions.cells(exercise.lesson) is not None else []


def run(exercise, function, arguments):
    """What `function` returns on an instance."""
    return exercise.call(function, arguments) if exercise.call else function(*arguments)


def _explained(made, answers, references, whole):
    """The outputs that a variant changes, if the answers agree with it on all of them; else none.

    whole: the outputs are yes or no and only mean something together, so all have to agree.
    """
    changed = frozenset(
        name
        for variant, reference in zip(made, references)
        for name in reference
        if not _same(variant.get(name), reference[name])
    )
    names = references[0] if whole else changed
    agrees = all(
        _same(variant.get(name), answer.get(name)) for variant, answer in zip(made, answers) for name in names
    )
    # zeros are what anything unfinished gives; they show no particular misunderstanding
    telling = any(np.any(variant.get(name)) for variant in made for name in changed)
    return changed if agrees and (telling or whole) else frozenset()


def _same(a, b):
    if a is None or b is None or np.shape(a) != np.shape(b):
        return False
    return judge.relative_error(np.asarray(a), np.asarray(b)) <= judge.TOLERANCE


def path_spectrum(contributions, got):
    """How much of each path an array contains.

    contributions: (T, T, *shape), [t-1, s-1] what the loss at step t contributes to the gradient
    through the parameter's use at step s <= t.  got: (*shape).  Returns (coefficients (T, T) with
    NaN above the diagonal, relative residual): all ones is the full gradient, a diagonal means
    that nothing flows between steps, a band that the sum is truncated.
    """
    T = len(contributions)
    t, s = np.tril_indices(T)
    columns = contributions[t, s].reshape(len(t), -1).T
    fit, *_ = np.linalg.lstsq(columns, np.ravel(got), rcond=1e-9)
    residual = np.linalg.norm(columns @ fit - np.ravel(got)) / (np.linalg.norm(got) or 1.0)
    coefficients = np.full((T, T), np.nan)
    coefficients[t, s] = fit
    return coefficients, float(residual)


def write_bank(exercises, folder=BANK):
    """Saves the arrays of every slip on the public seeds, for installations without sources."""
    folder.mkdir(exist_ok=True)
    for exercise in exercises:
        arrays = {
            f"{slip.id}/{i}/{name}": _compact(array)
            for slip in exercise.slips
            for i, outputs in enumerate(outputs_of(exercise.id, slip.id, 0))
            for name, array in outputs.items()
        }
        if arrays:
            np.savez_compressed(folder / f"{exercise.id}.npz", **arrays)


def _compact(array):
    """In single precision, which is far within the tolerance, unless it is too large for that."""
    return array.astype("float32") if np.abs(array).max(initial=0) < 1e30 else array


def _from_bank(exercise_id, slip_id, seed):
    path = BANK / f"{exercise_id}.npz"
    if seed != 0 or not path.exists():
        return None
    made = [{}, {}, {}]
    with np.load(path, allow_pickle=False) as arrays:
        for key in arrays.files:
            slip, i, name = key.split("/", 2)
            if slip == slip_id:
                made[int(i)][name] = arrays[key]
    return made
