"""Reading arguments: one place that turns what came into arrays, or says what is wrong.

Sizes are given by letter, ``"T B D"``.  The first array to use a letter fixes it, and the
message for any later one that disagrees names both.
"""

from collections.abc import Mapping

import numpy as np


class Reader:
    """Reads the arguments of one call; remembers the sizes and settles the dtype.

    >>> read = Reader()
    >>> read.array("x", np.zeros((5, 2, 3)), "T B D").shape
    (5, 2, 3)
    """

    def __init__(self, allow_complex=True):
        self.sizes = {}
        self.allow_complex = allow_complex
        self._kinds = []

    @property
    def dtype(self):
        """float32 when every array was float32, complex128 when one was complex, else float64."""
        if "complex128" in self._kinds:
            return np.dtype("complex128")
        if self._kinds and all(kind == "float32" for kind in self._kinds):
            return np.dtype("float32")
        return np.dtype("float64")

    def array(self, name, value, axes):
        """`value` as a finite array with the sizes that the letters in `axes` stand for."""
        array = self._numeric(name, value)
        letters = axes.split()
        expected = tuple(self.sizes.get(letter, letter) for letter in letters)
        agrees = array.ndim == len(letters) and all(
            isinstance(want, str) or want == got for want, got in zip(expected, array.shape)
        )
        if not agrees:
            shape = "(" + ", ".join(letters) + ("," if len(letters) == 1 else "") + ")"
            known = ", ".join(f"{k} = {self.sizes[k]}" for k in letters if k in self.sizes)
            raise ValueError(
                f"{name} has shape {array.shape}, expected {shape}"
                + (f" with {known}" if known else "")
            )
        if array.size == 0:
            raise ValueError(f"{name} has shape {array.shape}, expected no axis of length 0")
        self.sizes.update(zip(letters, array.shape))
        return array

    def scalar(self, name, value):
        """`value` as a finite number (a zero-dimensional array's dtype counts, a float's does not)."""
        if isinstance(value, (int, float, complex)) and not isinstance(value, bool):
            if isinstance(value, complex):
                self._kinds.append("complex128")
            if not np.isfinite(value):
                raise ValueError(f"{name} is {value}, expected a finite number")
            return value
        return self.array(name, value, "")[()]

    def _numeric(self, name, value):
        if value is None or isinstance(value, (str, bytes, Mapping)):
            raise TypeError(f"{name} is {type(value).__name__}, expected an array of numbers")
        array = np.asarray(value)
        if array.dtype.kind not in "biufc":
            raise TypeError(f"{name} has dtype {array.dtype}, expected real numbers")
        if array.dtype.kind == "c":
            if not self.allow_complex:
                raise TypeError(f"{name} has dtype {array.dtype}, expected real numbers")
            array = array.astype("complex128", copy=False)
        elif array.dtype != np.float32:
            array = array.astype("float64", copy=False)
        if not np.isfinite(array).all():
            raise ValueError(f"{name} contains NaN or infinity, expected finite numbers")
        self._kinds.append(array.dtype.name)
        return array


def parameters(params, required, optional=()):
    """Checks that `params` is a dict with the names this system has; returns it."""
    if not isinstance(params, Mapping):
        raise TypeError(f"params is {type(params).__name__}, expected a dict of arrays")
    known = (*required, *optional)
    missing = [name for name in required if name not in params]
    unknown = [repr(name) for name in params if name not in known]
    if missing or unknown:
        problem = f"no {', '.join(missing)}" if missing else f"unknown {', '.join(unknown)}"
        may = f" and possibly {', '.join(optional)}" if optional else ""
        raise ValueError(f"params has {problem}; expected {', '.join(required)}{may}")
    return params


def choice(name, value, known):
    """`value` if it is one of the names in `known`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {type(value).__name__}, expected one of {', '.join(known)}")
    if value not in known:
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(known)}")
    return value


def count(name, value, low, high=None):
    """`value` as an int between `low` and `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {type(value).__name__}, expected an int")
    if value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name} is {value}, expected an int {limits}")
    return int(value)
