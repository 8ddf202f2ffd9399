"""Arrays of numbers, out of whatever a student's function returns."""

from typing import Any

import numpy as np

AnyArray = np.ndarray[Any, Any]
REAL = (bool, int, float, np.bool_, np.integer, np.floating)


def numbers_in(value: Any) -> AnyArray | None:
    """`value` as an array of numbers, or None where it is none."""
    try:
        array = np.array(value)
    except Exception:  # lists of different lengths, or whatever a student's object does when it is read
        return None
    return array if array.dtype.kind in "biufc" else None


def of_numbers(array: AnyArray) -> AnyArray:
    """An array of objects as one of numbers, if all of them are."""
    try:
        return array.astype(float) if all(isinstance(entry, REAL) for entry in array.flat) else array
    except Exception:  # an integer too large, or whatever a student's object does
        return array
