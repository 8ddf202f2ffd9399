"""What is wrong by a law rather than by a slip: a factor, a mean, a transpose, an order of gates.

A law is looked for where no slip fits.  It holds for an output only if it holds on every instance,
so it says something about the code and not about one set of numbers.
"""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import compare
from ..compare import Array, Arrays
from ..wording import listed
from .trial import Trial

PACKED = ("W_x", "W_h", "b")  # parameters that may be packed by gates along the last axis
KNOWN = {  # who else packs like that; the course's own order is torch's
    "ifog": "as in CS231n's code",
    "figo": "as in deeplearning.ai's course, whose c is g",
    "iofg": "as in ONNX",
    "zrn": "as in Keras and ONNX, whose h is n",
}
STEPS, BATCH = ", the number of steps T", ", the batch size B"
# what the axes of an argument count, by its name and number of axes
MEANINGS: dict[tuple[str, int], dict[int, str]] = {
    **{(name, 3): {0: STEPS, 1: BATCH} for name in ("x", "dh", "do", "y", "o")},
    **{(name, 3): {1: BATCH} for name in ("h", "c")},
    **{(name, 2): {0: BATCH} for name in ("dh_total", "dc", "h_prev", "c_prev")},
    **{(name, 1): {0: STEPS} for name in ("x", "do")},
}
FACTORS = (-1.0, 2.0, 0.5, -2.0, -0.5)


def find_laws(trial: Trial, names: Sequence[str]) -> tuple[list[str], set[str]]:
    """Sentences about those of the wrong outputs `names` that a law explains, and their names."""
    want = [{name: np.asarray(value, float) for name, value in r.items()} for r in trial.references]
    by_law: dict[str, list[str]] = {}
    for name in names:
        law = find_law(trial, name, want)
        if law:
            by_law.setdefault(law, []).append(name)
    return law_sentences(by_law), {name for outputs in by_law.values() for name in outputs}


def find_law(trial: Trial, name: str, right: Sequence[Arrays], named: bool = False) -> str | None:
    """The law by which an output differs from the right one, as the end of a sentence; None without one.

    right: the right outputs on each instance.  named: only laws with a reason behind them, no
    factor that means nothing.
    """
    got, want = _finite_arrays(trial.answers, name), _finite_arrays(right, name)
    if got is None or want is None:
        return None
    known = _transposed(got, want) or _factor(got, want, trial, named) or _order(got, want, trial, name)
    if known or named:
        return known
    return _zero(got, want) or _with_parameter(got, want, trial, name)


def _finite_arrays(outputs: Sequence[Arrays], name: str) -> list[Array] | None:
    """One output on each instance; None where one is missing or holds NaN or infinity."""
    found = [array for arrays in outputs if (array := arrays.get(name)) is not None]
    return found if len(found) == len(outputs) and all(np.isfinite(a).all() for a in found) else None


def law_sentences(by_law: Mapping[str, list[str]]) -> list[str]:
    """One sentence for each law; by_law: {law: [outputs]}."""
    return [f"{listed(names)} {'is' if len(names) == 1 else 'are'} {law}." for law, names in by_law.items()]


def _transposed(got: list[Array], want: list[Array]) -> str | None:
    if all(w.ndim == 2 and compare.same(g, w.T) for g, w in zip(got, want)):
        return "the transpose of what is expected"
    return None


def _factor(got: list[Array], want: list[Array], trial: Trial, named: bool) -> str | None:
    """The factor between the arrays: the same number everywhere, or a size, or one over it."""
    factors: list[float] = []
    where: list[int] = []
    for i, (g, w) in enumerate(zip(got, want)):
        if g.shape != w.shape:
            return None
        if np.any(w):
            factors.append(float(np.vdot(g, w) / np.vdot(w, w)))
            where.append(i)
        if not compare.same(g, factors[-1] * w if np.any(w) else w):
            return None
    if len(factors) < 2 or min(map(abs, factors)) < 1e-3:
        return None
    if np.allclose(factors, factors[0], rtol=compare.TOLERANCE):
        if np.isclose(factors[0], -1, rtol=compare.TOLERANCE):
            return "right but for the sign"
        if not named or any(np.isclose(factors[0], f, rtol=compare.TOLERANCE) for f in FACTORS):
            return f"{factors[0]:.4g} times what is expected, on every instance"
        return None
    for sign, also in ((1, ""), (-1, ", and has the wrong sign")):
        for place, sizes in _sizes(trial, where).items():
            if np.allclose(factors, sign / sizes, rtol=compare.TOLERANCE):
                mean = ": a mean where the sum is expected" * ("," in place)
                return f"divided by {place}{mean}{also}"
            if np.allclose(factors, sign * sizes, rtol=compare.TOLERANCE):
                return f"multiplied by {place}{also}"
    return None


def _sizes(trial: Trial, where: list[int]) -> dict[str, NDArray[Any]]:
    """{"h.shape[0]" or "x.shape[1], the batch size B": its values over the instances `where`}."""
    found = {}
    for n, values in enumerate(zip(*(trial.instances[i] for i in where))):
        if not all(isinstance(value, np.ndarray) for value in values):
            continue
        name = trial.called[n] if n < len(trial.called) else f"argument {n + 1}"
        means = MEANINGS.get((name, values[0].ndim), {})
        for axis in range(min(value.ndim for value in values)):
            sizes = np.array([value.shape[axis] for value in values])
            found[f"{name}.shape[{axis}]{means.get(axis, '')}"] = sizes
        if len(means) == 2:
            both = np.array([value.shape[0] * value.shape[1] for value in values])
            found[f"{name}.shape[0] * {name}.shape[1], that is T B"] = both
    return found


def _zero(got: list[Array], want: list[Array]) -> str | None:
    """Zeros say no more than that, but they say it of the line that should have filled the array."""
    if all(g.shape == w.shape and not np.any(g) for g, w in zip(got, want)) and any(map(np.any, want)):
        return "zero in every entry"
    return None


def _with_parameter(got: list[Array], want: list[Array], trial: Trial, name: str) -> str | None:
    """How much of the parameter itself stands in its gradient: weight decay, or an update's result."""
    parts = []
    for g, w, (params, *_) in zip(got, want, trial.instances):
        own = params.get(name) if isinstance(params, dict) else None
        if own is None or not g.shape == w.shape == np.shape(own) or g.size < 4:
            return None
        pair = np.array([w.ravel(), np.ravel(own)]).T
        part = np.linalg.lstsq(pair, g.ravel(), rcond=None)[0]
        if not compare.same(g, (pair @ part).reshape(g.shape)) or abs(part[1]) < 1e-3:
            return None
        parts.append(part)
    if not np.allclose(parts, parts[0], rtol=1e-3, atol=1e-3):
        return None
    of_gradient, of_parameter = parts[0]
    times = "" if np.isclose(of_gradient, 1, atol=1e-3) else f"{of_gradient:.3g} times "
    return f"{times}what is expected plus {of_parameter:.3g} times the parameter itself"


def _order(got: list[Array], want: list[Array], trial: Trial, name: str) -> str | None:
    """The order in which the gates' blocks stand, where that is all that is wrong."""
    ours = trial.exercise.gates
    if not ours or name not in PACKED or any(w.ndim == 0 or w.shape[-1] % len(ours) for w in want):
        return None
    for order in map("".join, permutations(ours)):
        places = [ours.index(gate) for gate in order]
        if order != ours and all(compare.same(g, _blocks(w, places)) for g, w in zip(got, want)):
            known = f", {KNOWN[order]}" if order in KNOWN else ""
            return f"packed in the order {', '.join(order)}{known}; this course packs {', '.join(ours)}"
    return None


def _blocks(array: Array, places: list[int]) -> Array:
    """The array with its blocks along the last axis in another order."""
    blocks = np.split(array, len(places), axis=-1)
    return np.concatenate([blocks[place] for place in places], axis=-1)
