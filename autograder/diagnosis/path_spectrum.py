"""The path spectrum: how much of each path from a use of a weight to a loss an array contains."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import compare
from ..compare import Array
from ..exercises import find_exercise
from ..exercises.instances import copied, instances_and_references
from . import facts
from .trial import Trial

Share = Callable[[NDArray[np.intp]], NDArray[Any]]  # of a path, by how many steps it goes back


@lru_cache(maxsize=64)
def path_contributions(exercise_id: str, seed: int, i: int) -> tuple[Array, str]:
    """(contributions, output name) on instance `i` of a seed, see `path_spectrum`."""
    spectrum = find_exercise(exercise_id).spectrum
    if spectrum is None:
        raise ValueError(f"{exercise_id} asks for no sum of paths")
    return spectrum(*copied(instances_and_references(exercise_id, seed)[0][i]))


def path_spectrum(contributions: Array, got: Array) -> tuple[Array, float]:
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


def trial_spectrum(trial: Trial) -> Array | None:
    """The coefficients on the first instance, or None where the output is right or no sum of paths."""
    contributions, name = path_contributions(trial.exercise.id, trial.seed, 0)
    got = trial.answers[0].get(name)
    if facts.judge_output(got, trial.references[0][name]).ok:
        return None
    if got is None or got.shape != contributions.shape[2:] or not np.isfinite(got).all():
        return None
    coefficients, residual = path_spectrum(contributions, got)
    return coefficients if residual < 1e-3 else None


def spectrum_in_words(trial: Trial, coefficients: Array, names: Collection[str]) -> tuple[str, str | None]:
    """A sentence and the output that it explains, where the paths are cut off or fade; else ("", None).

    names: the wrong outputs that nothing has explained yet.  The fit only suggests a number: the
    sum with that number must be the student's array, on every instance.
    """
    _, name = path_contributions(trial.exercise.id, trial.seed, 0)
    if name not in names:
        return "", None
    parts = [path_contributions(trial.exercise.id, trial.seed, i) for i in range(len(trial.answers))]

    def holds(share: Share) -> bool:
        """Whether share(t - s) of every path is what the arrays consist of."""
        for (contributions, _), answer in zip(parts, trial.answers):
            t, s = np.tril_indices(len(contributions))
            made = np.tensordot(share(t - s), contributions[t, s], 1)
            if not compare.same(made, answer.get(name)):
                return False
        return True

    for steps in range(max(len(contributions) for contributions, _ in parts) - 1):
        if holds(_up_to(steps)):
            reach = f"at most {steps} step{'s' * (steps > 1)} back" if steps else "no step back"
            return f"{name} is the sum over the paths that go {reach}, and holds no longer ones.", name
    rate = float(np.mean(np.diagonal(coefficients, -1)))
    if abs(rate) > 1e-3 and abs(rate - 1) > 1e-3 and holds(lambda lag: rate**lag):
        return f"{name} holds every path, but each step back is multiplied by {rate:.3g} on the way.", name
    return "", None


def _up_to(steps: int) -> Share:
    """Every path that goes at most so many steps back, and no other."""
    return lambda lag: (lag <= steps).astype(float)
