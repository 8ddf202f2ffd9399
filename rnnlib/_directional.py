"""The derivative of a scalar function of several arrays along one direction, by numbers.

The complex step is exact to rounding, but only for analytic functions; for others it gives a wrong
answer without a word.  So it needs a witness: a real difference, which any function has.  Next to
a kink it is the real difference that fails, since its two points lie on different sides.  But
whether a function treats complex numbers rightly does not depend on the point, so the witness may
look beside it - on both sides, because a unit that is silent on one of them proves nothing there.
"""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.exceptions import ComplexWarning

from ._types import Arrays

Line = Callable[[complex], Any]

TINY = 1e-30  # complex step
STEP = 1e-5  # of the witness, near the best step of a central difference
BESIDE = (1e-4, 3e-4, 1e-3)  # from here, a kink that lies within STEP of 0 is out of reach


def along(f: Callable[..., Any], point: Arrays, direction: Arrays) -> Line:
    """g(ε) = f(point + ε direction).

    f: dict of arrays -> scalar.  point: a dict of float arrays; direction: the same for some of
    its names, the others stay.
    """

    def g(epsilon: complex) -> Any:
        moved = {name: point[name] + epsilon * d for name, d in direction.items()}
        return f({**point, **moved})

    return g


class Derivative(NamedTuple):
    """The derivative of a function g at 0."""

    value: float  #: g'(0)
    method: str  #: "complex step" or "differences"
    size: float  #: |g(0)|


def derivative(g: Line) -> Derivative:
    """g'(0) by the complex step if a witness bears it out, by real differences if not."""
    try:
        g_0, slope, agrees = complex_step_and_witness(g, 0.0)
        if agrees or any(bears_out_beside(g, distance) for distance in BESIDE):
            return Derivative(slope, "complex step", abs(g_0))
    except (ComplexWarning, TypeError, ValueError, FloatingPointError):
        pass
    return Derivative(by_differences(g), "differences", abs(float(np.real(g(0.0)))))


def complex_step_and_witness(g: Line, epsilon: float) -> tuple[float, float, bool]:
    """g(ε), g'(ε) by the complex step, and whether a real difference agrees with it."""
    value = analytic(g, complex(epsilon, TINY))
    g_epsilon, slope = float(np.real(value)), float(np.imag(value)) / TINY
    difference = (g(epsilon + STEP) - g(epsilon - STEP)) / (2 * STEP)
    # the second addend is rounding: the error of the difference is about 1e-16 |g| / STEP
    return g_epsilon, slope, abs(slope - difference) <= 1e-7 * abs(slope) + 1e-9 * abs(g_epsilon)


def bears_out_beside(g: Line, distance: float) -> bool:
    """Whether the complex step agrees with real differences at this distance on both sides of 0."""
    return all(complex_step_and_witness(g, epsilon)[2] for epsilon in (-distance, distance))


def by_complex_step(g: Line) -> float:
    """g'(0) = Im g(ih) / h, without a witness."""
    return float(np.imag(analytic(g, complex(0, TINY)))) / TINY


def by_differences(g: Line) -> float:
    """g'(0) from central differences at h and h/2, h halved from 1e-3 until two results agree."""

    def central(h: float) -> float:
        return float(g(h) - g(-h)) / (2 * h)

    best, spread, h = np.nan, np.inf, 1e-3
    previous: float | None = None
    coarse = central(h)
    while h > 1e-7:
        h /= 2
        fine = central(h)
        value = (4 * fine - coarse) / 3  # Richardson's extrapolation
        if previous is not None and not abs(value - previous) >= spread:
            best, spread = value, abs(value - previous)
            if spread <= 1e-9 * abs(value):
                break
        coarse, previous = fine, value
    return best


def analytic(f: Callable[..., Any], *arguments: Any) -> Any:
    """f(*arguments), where dropping an imaginary part on the way is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ComplexWarning)
        return f(*arguments)
