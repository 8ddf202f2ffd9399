"""Gradients by numbers: difference quotients, the complex step, and a check built on both.

Central differences lose half the digits to cancellation: the best step is near eps^(1/3) and
the error there near eps^(2/3).  The complex step Im f(x + ih) / h subtracts nothing, so h can
be 1e-30 and the result is exact to rounding (Squire and Trapp, 1998) - for functions that are
analytic; ``abs``, ``conj`` and ``.real`` give a wrong answer without a word.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ._arguments import Reader, positive
from ._directional import TINY, along, analytic, by_complex_step, by_differences, derivative
from ._types import Arrays, Rng

ANALYTIC_TOLERANCE = 1e-10  # of the gradient's norm, where the complex step works
DIFFERENCE_TOLERANCE = 1e-6  # of the gradient's norm, where only differences do
NOISE = 1e-4  # times |f|: gradients below are compared absolutely, as rounding of f reaches them
SMALL = 64  # entries: up to here a fault is sought entry by entry, beyond it by halving


def central_difference(f: Callable[..., Any], x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """(f(x + step e_i) - f(x - step e_i)) / (2 step) for every entry i of `x`.

    f: array shaped like x -> number or array.  x: float array, any shape (not modified).
    Returns an array of shape f(x).shape + x.shape: for a scalar f, the gradient.
    """
    x, step = Reader(allow_complex=False).numbers("x", x), positive("step", step)
    return _per_entry(lambda e: (f(x + step * e) - f(x - step * e)) / (2 * step), x)


def complex_step(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """Im f(x + ih e_i) / h with h = 1e-30 for every entry i of `x`; exact for analytic f.

    f, x and the result as in `central_difference`.  Raises ComplexWarning if f drops the
    imaginary part on the way, for instance by writing into a float buffer.
    """
    x = Reader(allow_complex=False).numbers("x", x)
    return _per_entry(lambda e: np.imag(analytic(f, x + 1j * TINY * e)) / TINY, x)


class TensorReport(NamedTuple):
    """What the check found for one tensor."""

    name: str  #: as in params
    ok: bool  #: whether the gradient agrees
    error: float  #: disagreement relative to the gradient's norm
    method: str  #: "complex step", "differences", or "shape" and the wrong shape
    entry: tuple[int, ...] | None  #: the entry with the largest disagreement, when not ok


class Report(NamedTuple):
    """The verdict of `check_gradient`: `.ok`, and in words by str()."""

    ok: bool  #: of the tensors that were checked
    tensors: tuple[TensorReport, ...]  #: one for each gradient
    unchecked: tuple[str, ...] = ()  #: the names in params without a gradient

    def __str__(self) -> str:
        checked = [
            f"{t.name}: {'agrees' if t.ok else 'DIFFERS'}, "
            f"relative error {t.error:.1e} by {t.method}"
            + ("" if t.entry is None else f", most at entry {t.entry}")
            for t in self.tensors
        ]
        others = [f"{name}: not checked, no gradient given" for name in self.unchecked]
        return "\n".join(checked + others)


def check_gradient(f: Callable[..., Any], grads: Arrays, params: Arrays, seed: int = 0) -> Report:
    """Compares `grads` with numerical derivatives of `f` at `params`, tensor by tensor.

    f: dict of arrays -> scalar loss.  grads: a dict with the names of `params` (all, or those
    to be checked).  All tensors are first compared together, along one random direction that no
    faulty entry escapes, by the complex step with a real difference as witness that f is analytic:
    three evaluations of f.  If they disagree, each tensor is compared by itself, by Richardson
    differences where the witness speaks against the complex step, and a fault is traced to an
    entry.  Next to a kink, where a real difference fails, the witness looks on both sides of it.
    Neither dict is modified.  Returns a `Report`; it also names the params without a gradient.
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
    # NaN is no bad input here but a wrong gradient
    real = Reader(allow_complex=False, allow_infinite=True)
    grads = {k: real.numbers(f"grads[{k!r}]", g).astype(float) for k, g in grads.items()}
    rng = np.random.default_rng(seed)
    tensors = _check_together(f, point, grads, rng) or tuple(
        _check_tensor(f, point, name, grads[name], rng) for name in grads
    )
    unchecked = tuple(name for name in params if name not in grads)
    return Report(all(t.ok for t in tensors), tensors, unchecked)


def _check_together(f: Callable[..., Any], point: Arrays, grads: Arrays,
                    rng: Rng) -> tuple[TensorReport, ...] | None:
    """The reports if all tensors agree; None if they do not, or for lack of a good witness."""
    if any(gradient.shape != point[name].shape for name, gradient in grads.items()):
        return None
    # weighted so that every tensor contributes alike: small gradients cannot hide behind large ones
    typical = {name: max(_typical(gradient), 1e-14) for name, gradient in grads.items()}
    least = min(typical.values())
    direction = {
        name: _direction(gradient.shape, rng) * (least / typical[name])
        for name, gradient in grads.items()
    }
    expected, method, size = derivative(along(f, point, direction))
    if least < 1e-6 * size:  # the real difference would be rounding, and no witness
        return None
    error = abs(expected - sum(np.sum(grads[name] * direction[name]) for name in grads)) / least
    if method != "complex step" or not error <= ANALYTIC_TOLERANCE:
        return None
    return tuple(TensorReport(name, True, float(error), method, None) for name in grads)


def _check_tensor(f: Callable[..., Any], point: Arrays, name: str, gradient: np.ndarray,
                  rng: Rng) -> TensorReport:
    if gradient.shape != point[name].shape:
        return TensorReport(name, False, np.inf, f"shape {gradient.shape}", None)
    direction = _direction(gradient.shape, rng)
    expected, method, size = derivative(along(f, point, {name: direction}))
    tolerance = ANALYTIC_TOLERANCE if method == "complex step" else DIFFERENCE_TOLERANCE
    scale = max(_typical(gradient), abs(expected), NOISE * size, 1e-14)
    error = abs(expected - np.sum(gradient * direction)) / scale
    if error <= tolerance:
        return TensorReport(name, True, float(error), method, None)

    def gap(part: np.ndarray) -> float:
        by = by_complex_step if method == "complex step" else by_differences
        expected = by(along(f, point, {name: part}))
        return abs(expected - np.sum(gradient * part)) / np.linalg.norm(part)

    error = float(error) if np.isfinite(error) else np.inf
    return TensorReport(name, False, error, method, _worst_entry(gap, direction))


def _direction(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """A random direction of length 1.

    Every entry takes part, by an amount of its own: with ±1, two exchanged entries could cancel.
    """
    direction = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape)
    return direction / np.linalg.norm(direction)


def _typical(gradient: np.ndarray) -> float:
    """The usual size of a directional derivative."""
    return np.linalg.norm(gradient) / np.sqrt(gradient.size)


def _worst_entry(gap: Callable[[np.ndarray], float], direction: np.ndarray) -> tuple[int, ...]:
    """Where the disagreement is largest: entry by entry, or by halving when there are many."""

    def gap_of(entries: Any) -> float:
        part = np.zeros(direction.size)
        part[entries] = direction.flat[entries]
        size = gap(part.reshape(direction.shape))
        return size if np.isfinite(size) else np.inf

    entries = np.arange(direction.size)
    while len(entries) > SMALL:
        entries = max(np.array_split(entries, 2), key=gap_of)
    worst = max(entries, key=lambda entry: gap_of([entry]))
    return tuple(int(i) for i in np.unravel_index(worst, direction.shape))


def _per_entry(derivative: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    columns = np.array([derivative(e) for e in _unit_arrays(x.shape)])
    return np.moveaxis(columns, 0, -1).reshape(columns.shape[1:] + x.shape)


def _unit_arrays(shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    for i in range(int(np.prod(shape))):
        e = np.zeros(shape)
        e[np.unravel_index(i, shape)] = 1.0
        yield e

