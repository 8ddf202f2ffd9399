"""What is wrong by a law rather than by a slip: a constant factor, a size, a transpose.

A law is looked for where no slip fits.  It holds for an output only if it holds on every instance,
so it says something about the code and not about one set of numbers.
"""

import numpy as np

from . import judge


def find(trial, names):
    """Sentences about those of the wrong outputs `names` that a law explains, and their names.

    trial: a `diagnosis.Trial`.
    """
    by_law = {}
    for name in names:
        got = [answer.get(name) for answer in trial.answers]
        want = [np.asarray(reference[name], float) for reference in trial.references]
        if any(g is None for g in got):
            continue
        law = _transposed(got, want) or _factor(got, want, trial)
        if law:
            by_law.setdefault(law, []).append(name)
    sentences = [f"{judge.listed(outputs)} {_be(outputs)} {law}." for law, outputs in by_law.items()]
    return sentences, {name for outputs in by_law.values() for name in outputs}


def _transposed(got, want):
    if all(w.ndim == 2 and g.shape == w.T.shape and _same(g, w.T) for g, w in zip(got, want)):
        return "the transpose of what is expected"
    return None


def _factor(got, want, trial):
    """The factor between the arrays: the same number everywhere, or a size, or one over it."""
    factors = []
    for g, w in zip(got, want):
        if g.shape != w.shape or not np.any(w):
            return None
        factor = np.vdot(g, w) / np.vdot(w, w)
        if abs(factor) < 1e-3 or not _same(g, factor * w):
            return None
        factors.append(factor)
    if np.allclose(factors, factors[0], rtol=judge.TOLERANCE):
        if np.isclose(factors[0], -1, rtol=judge.TOLERANCE):
            return "right but for the sign"
        return f"{factors[0]:.4g} times what is expected, on every instance"
    for place, sizes in _sizes(trial).items():
        if np.allclose(factors, 1 / sizes, rtol=judge.TOLERANCE):
            return f"divided by {place}"
        if np.allclose(factors, sizes, rtol=judge.TOLERANCE):
            return f"multiplied by {place}"
    return None


def _sizes(trial):
    """{"len(x)" or "x.shape[1]": its values over the instances} for every array argument."""
    found = {}
    for n, values in enumerate(zip(*trial.instances)):
        if not all(isinstance(value, np.ndarray) for value in values):
            continue
        name = trial.called[n] if n < len(trial.called) else f"argument {n + 1}"
        for axis in range(values[0].ndim):
            found[f"{name}.shape[{axis}]"] = np.array([value.shape[axis] for value in values])
    return found


def _same(a, b):
    return judge.same(a, b)


def _be(names):
    return "is" if len(names) == 1 else "are"
