"""Gradients by numbers: difference quotients, the complex step, and a check built on both.

Central differences lose half the digits to cancellation: the best step is near eps^(1/3) and
the error there near eps^(2/3).  The complex step Im f(x + ih) / h subtracts nothing, so h can
be 1e-30 and the result is exact to rounding (Squire and Trapp, 1998) - for functions that are
analytic; ``abs``, ``conj`` and ``.real`` give a wrong answer without a word.
"""

import warnings
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ._arguments import Reader

try:  # NumPy 2
    from numpy.exceptions import ComplexWarning
except ImportError:
    from numpy import ComplexWarning

ANALYTIC_TOLERANCE = 1e-10  # of the gradient's norm, where the complex step works
DIFFERENCE_TOLERANCE = 1e-6  # of the gradient's norm, where only differences do
NOISE = 1e-4  # times |f|: gradients below are compared absolutely, as rounding of f reaches them
SMALL = 64  # entries: up to here a fault is sought entry by entry, beyond it by halving
TINY = 1e-30  # complex step


def central_difference(f, x, step=1e-5):
    """(f(x + step e_i) - f(x - step e_i)) / (2 step) for every entry i of `x`.

    f: array shaped like x -> number or array.  x: float array, any shape (not modified).
    Returns an array of shape f(x).shape + x.shape: for a scalar f, the gradient.
    """
    x = Reader(allow_complex=False).numbers("x", x)
    if not step > 0:
        raise ValueError(f"step is {step}, expected a positive number")
    return _per_entry(lambda e: (f(x + step * e) - f(x - step * e)) / (2 * step), x)


def complex_step(f, x):
    """Im f(x + ih e_i) / h with h = 1e-30 for every entry i of `x`; exact for analytic f.

    f, x and the result as in `central_difference`.  Raises ComplexWarning if f drops the
    imaginary part on the way, for instance by writing into a float buffer.
    """
    x = Reader(allow_complex=False).numbers("x", x)
    return _per_entry(lambda e: np.imag(_analytic(f, x + 1j * TINY * e)) / TINY, x)


class TensorReport(NamedTuple):
    """What the check found for one tensor."""

    name: str
    ok: bool
    error: float  # disagreement relative to the gradient's norm
    method: str  # "complex step", "differences", or "shape"
    index: tuple | None  # the entry with the largest disagreement, when not ok


class Report(NamedTuple):
    """The verdict of `check_gradient`: `.ok`, and in words by str()."""

    ok: bool
    tensors: tuple

    def __str__(self):
        return "\n".join(
            f"{t.name}: {'agrees' if t.ok else 'DIFFERS'}, relative error {t.error:.1e} by {t.method}"
            + ("" if t.index is None else f", most at entry {t.index}")
            for t in self.tensors
        )


def check_gradient(f, grads, params, seed=0):
    """Compares `grads` with numerical derivatives of `f` at `params`, tensor by tensor.

    f: dict of arrays -> scalar loss.  grads: a dict with the names of `params` (all, or those
    to be checked).  Each tensor is compared along one random direction, which no faulty entry
    escapes, by the complex step with a real difference as witness that f is analytic: three
    evaluations of f.  Without such a witness, Richardson differences decide, their step halved
    until two agree, as near the kink of a ReLU.  A disagreement is then traced to an entry.
    Neither dict is modified.  Returns a `Report`.
    """
    for name, value in (("grads", grads), ("params", params)):
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} is {type(value).__name__}, expected a dict of arrays")
    unknown = [name for name in grads if name not in params]
    if unknown or not grads:
        raise ValueError(f"grads has the names {list(grads)}, expected some of {list(params)}")
    point = {
        name: Reader(allow_complex=False).numbers(name, value).astype(float)
        for name, value in params.items()
    }
    rng = np.random.default_rng(seed)
    tensors = tuple(_check_tensor(f, point, name, grads[name], rng) for name in grads)
    return Report(all(t.ok for t in tensors), tensors)


def _check_tensor(f, point, name, gradient, rng):
    gradient = np.asarray(gradient, dtype=float)
    if gradient.shape != point[name].shape:
        return TensorReport(name, False, np.inf, f"shape {gradient.shape}", None)
    # every entry takes part, and by its own amount: with ±1, two exchanged entries could cancel
    direction = rng.choice([-1.0, 1.0], gradient.shape) * rng.uniform(0.5, 1.5, gradient.shape)
    direction /= np.linalg.norm(direction)
    along = _Directional(f, point, name)
    derivative, method = along.derivative_and_method(direction)
    tolerance = ANALYTIC_TOLERANCE if method == "complex step" else DIFFERENCE_TOLERANCE
    typical = np.linalg.norm(gradient) / np.sqrt(gradient.size)
    scale = max(typical, abs(derivative), NOISE * along.size, 1e-14)
    error = abs(derivative - np.sum(gradient * direction)) / scale
    ok = bool(error <= tolerance)
    index = None if ok else _worst_entry(along, method, gradient, direction)
    return TensorReport(name, ok, float(error) if np.isfinite(error) else np.inf, method, index)


def _worst_entry(along, method, gradient, direction):
    """Where the disagreement is largest: entry by entry, or by halving when there are many."""
    derivative = along.by_complex_step if method == "complex step" else along.by_differences

    def gap(entries):
        part = np.zeros(gradient.size)
        part[entries] = direction.flat[entries]
        part = part.reshape(gradient.shape)
        gap = abs(derivative(part) - np.sum(gradient * part))
        return gap / np.linalg.norm(part) if np.isfinite(gap) else np.inf

    entries = np.arange(gradient.size)
    while len(entries) > SMALL:
        entries = max(np.array_split(entries, 2), key=gap)
    worst = max(entries, key=lambda entry: gap([entry]))
    return tuple(int(i) for i in np.unravel_index(worst, gradient.shape))


class _Directional:
    """df/dε of f(point + ε direction in tensor `name`) at ε = 0, by either method."""

    def __init__(self, f, point, name):
        self.f, self.point, self.name, self.size = f, point, name, 0.0

    def shifted(self, epsilon, direction):
        return self.f({**self.point, self.name: self.point[self.name] + epsilon * direction})

    def by_complex_step(self, direction):
        value = _analytic(self.shifted, 1j * TINY, direction)
        self.size = abs(np.real(value))
        return float(np.imag(value)) / TINY

    def by_differences(self, direction):
        return self.richardson(direction)[0]

    def richardson(self, direction):
        return _richardson(lambda epsilon: self.shifted(epsilon, direction))

    def derivative_and_method(self, direction):
        """The complex step's derivative if a real difference bears it out, else the difference."""
        try:
            derivative = self.by_complex_step(direction)
        except (ComplexWarning, TypeError, ValueError, FloatingPointError):
            return self.by_differences(direction), "differences"
        h = 1e-5
        difference = (self.shifted(h, direction) - self.shifted(-h, direction)) / (2 * h)
        allowed = 1e-5 * abs(derivative) + 1e-9 * self.size
        if not abs(derivative - difference) <= allowed:
            difference, spread = self.richardson(direction)  # a kink within the step, or not analytic
            if not abs(derivative - difference) <= max(100 * spread, allowed):
                return difference, "differences"
        return derivative, "complex step"


def _richardson(g):
    """g'(0) from central differences at h and h/2, h halved from 1e-3 until two results agree."""

    def central(h):
        return float(g(h) - g(-h)) / (2 * h)

    best, spread, previous, h = np.nan, np.inf, None, 1e-3
    coarse = central(h)
    while h > 1e-7:
        h /= 2
        fine = central(h)
        value = (4 * fine - coarse) / 3
        if previous is not None and not abs(value - previous) >= spread:
            best, spread = value, abs(value - previous)
            if spread <= 1e-9 * abs(value):
                break
        coarse, previous = fine, value
    return best, spread


def _analytic(f, *arguments):
    """f(*arguments), where dropping an imaginary part on the way is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ComplexWarning)
        return f(*arguments)


def _per_entry(derivative, x):
    columns = np.array([derivative(e) for e in _unit_arrays(x.shape)])
    return np.moveaxis(columns, 0, -1).reshape(columns.shape[1:] + x.shape)


def _unit_arrays(shape):
    for i in range(int(np.prod(shape))):
        e = np.zeros(shape)
        e[np.unravel_index(i, shape)] = 1.0
        yield e

