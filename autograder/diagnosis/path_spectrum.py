"""The path spectrum: how much of each path from a use of a weight to a loss an array contains."""

from functools import lru_cache

import numpy as np

from ..compare import Array
from ..exercises import find_exercise
from ..exercises.instances import copied, every_instance
from . import facts
from .trial import Trial


@lru_cache(maxsize=64)
def path_contributions(exercise_id: str, seed: int, i: int) -> tuple[Array, str]:
    """(contributions, output name) on instance `i` of a seed, see `path_spectrum`."""
    spectrum = find_exercise(exercise_id).spectrum
    if spectrum is None:
        raise ValueError(f"{exercise_id} asks for no sum of paths")
    return spectrum(*copied(every_instance(exercise_id, seed)[i]))


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
