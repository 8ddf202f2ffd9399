"""Facts, tolerance, score: what a student's arrays are worth against the right ones.

Tolerance: max|a - b| <= 1e-4 max(|a|, |b|), taken over the whole output.  An honest float32
computation or another order of summation passes; the smallest planted fault does not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Arrays = Mapping[str, Array | None]  # outputs by name; None for what is no array of real numbers
Reference = Mapping[str, ArrayLike]  # the right outputs by name
Index = tuple[int, ...]  # of an entry

TOLERANCE = 1e-4
LARGEST = 10_000_000  # entries
# entries of an array of objects that are numbers
REAL = (bool, int, float, np.bool_, np.integer, np.floating)


def to_array(value: object) -> Array | None:
    """`value` as a plain float64 array, or None if it does not consist of real numbers, or of too many."""
    try:
        if isinstance(value, np.ndarray) and np.ndarray.size.__get__(value) > LARGEST or _holds_text(value):
            return None  # before anything is copied
        array = np.array(value, subok=False)
        if array.dtype == object and all(isinstance(entry, REAL) for entry in array.flat):
            return array.astype(float)
        if array.dtype.kind not in "biuf" or array.size > LARGEST:
            return None
        return array.astype(float)
    except Exception:  # whatever a student's object does when it is converted
        return None


def _holds_text(value: object) -> bool:
    """NumPy would make all entries as long as the longest text."""
    if isinstance(value, str | bytes):
        return True
    return isinstance(value, list | tuple) and type(value) in (list, tuple) and any(map(_holds_text, value))


def relative_error(a: ArrayLike, b: ArrayLike) -> float:
    """max|a - b| / max(max|a|, max|b|); 0 when both are zero everywhere, inf where one is not finite."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    scale = max(_largest(abs(a)), _largest(abs(b)))
    if scale == 0:
        return 0.0
    if not scale < np.inf:
        return np.inf
    with np.errstate(over="ignore"):  # the difference of two numbers near the largest
        return float(_largest(abs(a - b)) / scale)


def _largest(array: Array) -> float:
    return float(np.maximum.reduce(array, axis=None, initial=0.0))


def same(a: ArrayLike | None, b: ArrayLike | None) -> bool:
    """Whether two arrays agree within the tolerance: missing ones and other shapes do not.

    Entries that are not finite agree with their like, so that a mistake which makes NaN can be
    recognised by where it does.
    """
    if a is None or b is None or np.shape(a) != np.shape(b):
        return False
    error = relative_error(a, b)
    if error < np.inf:
        return error <= TOLERANCE
    a, b = np.asarray(a, float), np.asarray(b, float)
    finite = np.isfinite(a)
    alike = np.array_equal(finite, np.isfinite(b)) and np.array_equal(a[~finite], b[~finite], equal_nan=True)
    return alike and relative_error(a[finite], b[finite]) <= TOLERANCE


def which_same(arrays: Sequence[ArrayLike | None] | Array, want: ArrayLike | None) -> NDArray[np.bool_]:
    """`same` of each of many arrays with one, at once: a boolean array."""
    found = np.zeros(len(arrays), bool)
    if want is None:
        return found
    if isinstance(arrays, np.ndarray):
        fits = list(range(len(arrays))) if arrays.shape[1:] == np.shape(want) else []
        stack = arrays
    else:
        fits = [n for n, a in enumerate(arrays) if a is not None and np.shape(a) == np.shape(want)]
        stack = np.array([arrays[n] for n in fits], float)
    if not fits:
        return found
    stack = stack.reshape(len(stack), -1)
    want = np.asarray(want, float)
    scale = np.maximum(np.abs(stack).max(axis=1, initial=0.0), np.abs(want).max(initial=0.0))
    with np.errstate(all="ignore"):
        error = np.abs(stack - want.ravel()).max(axis=1, initial=0.0) / np.where(scale > 0, scale, 1.0)
    found[fits] = error <= TOLERANCE
    for n in np.flatnonzero(~(error < np.inf)):  # NaN among the numbers, or infinity
        found[fits[n]] = same(arrays[fits[n]], want)
    return found


def differing_entries(got: Array, want: NDArray[Any]) -> tuple[Index | None, Index | None]:
    """Indices of the first and the last entry that differ by more than the tolerance; None for a number."""
    scale = max(np.abs(got).max(initial=0), np.abs(want).max(initial=0))
    found = np.argwhere(np.abs(got - want) > TOLERANCE * scale)
    if not got.ndim or not len(found):
        return None, None
    return tuple(int(i) for i in found[0]), tuple(int(i) for i in found[-1])
