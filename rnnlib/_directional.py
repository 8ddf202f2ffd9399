"""The derivative of a scalar function of several arrays along one direction, by numbers.

The complex step is exact to rounding, but only for analytic functions, and it gives a wrong answer
without a word for others; so a real difference has to bear it out.
"""

import warnings

import numpy as np
from numpy.exceptions import ComplexWarning

TINY = 1e-30  # complex step


class Directional:
    """df/dε of f(point + ε direction) at ε = 0.

    f: dict of arrays -> scalar.  point: a dict of float arrays; a direction: the same for some of
    its names, the others stay.  After a complex step, `size` is |f|.
    """

    def __init__(self, f, point):
        self.f, self.point, self.size = f, point, 0.0

    def shifted(self, epsilon, direction):
        """f(point + ε direction)."""
        moved = {name: self.point[name] + epsilon * d for name, d in direction.items()}
        return self.f({**self.point, **moved})

    def by_complex_step(self, direction):
        """Im f(point + ih direction) / h."""
        value = analytic(self.shifted, 1j * TINY, direction)
        self.size = abs(np.real(value))
        return float(np.imag(value)) / TINY

    def by_differences(self, direction):
        """Richardson's extrapolation of central differences, and how far it is to be trusted."""
        return richardson(lambda epsilon: self.shifted(epsilon, direction))

    def derivative_and_method(self, direction):
        """The complex step's derivative if a real difference bears it out, else the difference."""
        try:
            derivative = self.by_complex_step(direction)
        except (ComplexWarning, TypeError, ValueError, FloatingPointError):
            return self.by_differences(direction)[0], "differences"
        h = 1e-5
        difference = (self.shifted(h, direction) - self.shifted(-h, direction)) / (2 * h)
        allowed = 1e-5 * abs(derivative) + 1e-9 * self.size
        if not abs(derivative - difference) <= allowed:
            difference, spread = self.by_differences(direction)  # a kink within h, or not analytic
            if not abs(derivative - difference) <= max(100 * spread, allowed):
                return difference, "differences"
        return derivative, "complex step"


def richardson(g):
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


def analytic(f, *arguments):
    """f(*arguments), where dropping an imaginary part on the way is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ComplexWarning)
        return f(*arguments)
