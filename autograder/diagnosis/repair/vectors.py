"""Values of any structure as a vector of numbers, and back."""

from typing import Any

import numpy as np

from ...compare import Array

MOST = 600  # numbers: of more, each of which takes a run, nothing is asked


def flatten(value: Any) -> Array | None:
    """All numbers in a value in order; None where it holds anything else, or more than MOST.

    Whole numbers that stand alone are counts and indices, not quantities.
    """
    found: list[Array] = []
    if not _gather(value, found, MOST):
        return None
    return np.concatenate(found) if found else None


def _gather(value: Any, found: list[Array], left: int) -> bool:
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fcbi" or value.size > left:
            return False
        flat = value.ravel()
        found.append(flat.view(float) if flat.dtype == complex else flat.astype(float))
        return True
    if isinstance(value, float | np.floating):
        found.append(np.array([float(value)]))
        return True
    inner = value.values() if type(value) is dict else value if _is_sequence(value) else None
    if inner is None or len(value) > left:
        return False
    return all(_gather(part, found, left) for part in inner) and sum(f.size for f in found) <= left


def _is_sequence(value: Any) -> bool:
    return type(value) in (list, tuple) or isinstance(value, tuple) and hasattr(value, "_fields")


def refill(template: Any, numbers: Array) -> Any:
    """A value of the template's structure that holds these numbers."""
    return _take(template, _Reader(numbers))


class _Reader:
    """Gives numbers away from the beginning."""

    def __init__(self, numbers: Array) -> None:
        self.numbers, self.at = numbers, 0

    def next(self, count: int) -> Array:
        self.at += count
        return self.numbers[self.at - count : self.at]


def _take(template: Any, reader: _Reader) -> Any:
    if isinstance(template, np.ndarray):
        if template.dtype == complex:
            return reader.next(2 * template.size).view(complex).reshape(template.shape).copy()
        return reader.next(template.size).reshape(template.shape).copy()
    if isinstance(template, float | np.floating):
        return float(reader.next(1)[0])
    if type(template) is dict:
        return {key: _take(part, reader) for key, part in template.items()}
    taken = [_take(part, reader) for part in template]
    return type(template)(*taken) if hasattr(template, "_fields") else type(template)(taken)


def same_form(a: Any, b: Any) -> bool:
    """Whether two values have the same structure, with arrays of the same shapes."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape
    if isinstance(a, float | np.floating):
        return isinstance(b, float | np.floating)
    if type(a) is dict:
        return type(b) is dict and a.keys() == b.keys() and all(same_form(a[key], b[key]) for key in a)
    if _is_sequence(a):
        return _is_sequence(b) and len(a) == len(b) and all(map(same_form, a, b))
    return False


def fingerprint(value: Any) -> object:
    """Equal for values of equal structure and numbers; None for what has no such name."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.shape, value.dtype.kind, value.tobytes()
    if isinstance(value, bool | int | float | str | range | slice | np.number | np.bool_) or value is None:
        return repr(value)
    if type(value) is dict or _is_sequence(value):
        inner = list(value.values() if type(value) is dict else value)
        names = [fingerprint(part) for part in inner]
        return None if None in names else (str(list(value)) if type(value) is dict else "", *names)
    return None


def snapshot(value: Any) -> Any:
    """A copy that later writes into arrays and collections do not reach."""
    if type(value) is np.ndarray:
        return value.copy()
    if type(value) is dict:
        return {key: snapshot(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(snapshot, value))
    return type(value)(*map(snapshot, value)) if isinstance(value, tuple) and _is_sequence(value) else value
