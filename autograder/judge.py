"""Facts, tolerance, score: what a student's arrays are worth against the right ones.

Tolerance: max|a - b| <= 1e-4 max(|a|, |b|), taken over the whole output.  An honest float32
computation or another order of summation passes; the smallest planted fault does not.
"""

import inspect
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

TOLERANCE = 1e-4
SINGLE = 1e-8  # a sixth of the rounding of single precision: a larger error may come from there
LARGEST = 10_000_000  # entries
NOT_FINITE = "contains NaN or infinity"


class Unreadable(ValueError):
    """A return value from which no outputs can be read."""


class Output(NamedTuple):
    """The judgement on one output."""

    ok: bool
    error: float  # relative to the largest entry; inf where it cannot be computed
    note: str  # what is wrong in words, or a remark; "" when there is nothing to say
    where: tuple | None = None  # first entry that differs
    last: tuple | None = None  # last entry that differs


def read_outputs(returned, names):
    """What a function returned, as (dict of outputs, remark): from a dict, a tuple, or a value.

    Raises Unreadable, with a sentence, when it is none of these.
    """
    if returned is None:
        raise Unreadable("returned None: perhaps a return statement is missing")
    if inspect.iscoroutine(returned):
        returned.close()  # or Python complains on stderr that it was never awaited
        raise Unreadable("is an async function, expected a plain def")
    if inspect.isgenerator(returned):
        raise Unreadable("returned a generator: it has a yield where a return is expected")
    if isinstance(returned, Mapping):
        if returned and len(names) > 1 and not any(name in returned for name in names):
            came = ", ".join(map(str, returned))[:200]
            raise Unreadable(f"returned a dict with the keys {came}; expected {', '.join(names)}")
        extra = [str(key) for key in returned if key not in names]
        remark = f"extra outputs ignored: {', '.join(extra)}" if extra else ""
        return {name: returned[name] for name in names if name in returned}, remark
    if hasattr(returned, "_fields"):
        return {name: getattr(returned, name) for name in names if hasattr(returned, name)}, ""
    if len(names) == 1:
        return {names[0]: returned}, ""
    if isinstance(returned, (tuple, list)) and len(returned) == len(names):
        return dict(zip(names, returned)), ""
    raise Unreadable(f"returned {_describe(returned)}, expected a dict with the keys {', '.join(names)}")


def judge_output(got, want):
    """One output against the right array: missing, wrong kind, wrong shape, NaN, value."""
    if got is None:
        return Output(False, np.inf, "missing")
    want = np.asarray(want)
    array = to_array(got)
    shape = _shape(got, array)
    if shape is not None and shape != want.shape:
        return Output(False, np.inf, f"has shape {shape}, expected {want.shape}")
    if array is None:
        return Output(False, np.inf, f"is {_describe(got)}, expected real numbers")
    if not np.isfinite(array).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0]) if array.ndim else ()
        return Output(False, np.inf, NOT_FINITE, first)
    error = relative_error(array, want)
    if error <= TOLERANCE:
        remark = f"agrees to a relative {error:.0e} only, as single precision would" if error > SINGLE else ""
        return Output(True, error, remark)
    return Output(False, error, "", *differences(array, want))


def to_array(value):
    """`value` as a plain float64 array, or None if it does not consist of real numbers, or of too many."""
    try:
        if isinstance(value, np.ndarray) and np.ndarray.size.__get__(value) > LARGEST or _holds_text(value):
            return None  # before anything is copied
        array = np.array(value, subok=False)
        if array.dtype.kind not in "biuf" or array.size > LARGEST:
            return None
        return array.astype(float)
    except Exception:  # whatever a student's object does when it is converted
        return None


def _holds_text(value):
    """NumPy would make all entries as long as the longest text."""
    return isinstance(value, str | bytes) or type(value) in (list, tuple) and any(map(_holds_text, value))


def _shape(got, array):
    """The shape of what came, as far as it has one: `array` is what could be made of it, or None."""
    if isinstance(got, np.ndarray):
        return np.ndarray.shape.__get__(got)
    if array is not None:
        return array.shape
    return got.shape if isinstance(getattr(got, "said", None), str) else None  # it stayed in a sandbox


def relative_error(a, b):
    """max|a - b| / max(max|a|, max|b|); 0 when both are zero everywhere, inf where one is not finite."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    scale = max(_largest(abs(a)), _largest(abs(b)))
    if scale == 0:
        return 0.0
    if not scale < np.inf:
        return np.inf
    with np.errstate(over="ignore"):  # the difference of two numbers near the largest
        return float(_largest(abs(a - b)) / scale)


def _largest(array):
    return np.maximum.reduce(array, axis=None, initial=0.0)


def same(a, b):
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


def which_same(arrays, want):
    """`same` of each of many arrays with one, at once: a boolean array."""
    found = np.zeros(len(arrays), bool)
    fits = [n for n, a in enumerate(arrays) if a is not None and np.shape(a) == np.shape(want)]
    if want is None or not fits:
        return found
    stack = np.array([arrays[n] for n in fits], float).reshape(len(fits), -1)
    want = np.asarray(want, float)
    scale = np.maximum(np.abs(stack).max(axis=1, initial=0.0), np.abs(want).max(initial=0.0))
    with np.errstate(all="ignore"):
        error = np.abs(stack - want.ravel()).max(axis=1, initial=0.0) / np.where(scale > 0, scale, 1.0)
    found[fits] = error <= TOLERANCE
    for n in np.flatnonzero(~(error < np.inf)):  # NaN among the numbers, or infinity
        found[fits[n]] = same(arrays[fits[n]], want)
    return found


def differences(got, want):
    """Indices of the first and the last entry that differ by more than the tolerance."""
    scale = max(np.abs(got).max(initial=0), np.abs(want).max(initial=0))
    found = np.argwhere(np.abs(got - want) > TOLERANCE * scale)
    if not got.ndim or not len(found):
        return None, None
    return tuple(int(i) for i in found[0]), tuple(int(i) for i in found[-1])


def combine(per_instance):
    """One judgement per output over several instances, from the instance with most of them wrong.

    An output that is right there and wrong elsewhere counts as wrong.
    """
    worst = max(per_instance, key=lambda outputs: sum(not output.ok for output in outputs.values()))
    return {
        name: output
        if not output.ok
        else max((o[name] for o in per_instance), key=lambda o: (not o.ok, o.error))
        for name, output in worst.items()
    }


def score(outputs, gate=None):
    """The share of outputs that are right; 0 when the gate is not."""
    if gate is not None and not outputs[gate].ok:
        return 0.0
    counted = [output.ok for name, output in outputs.items() if name != gate]
    return sum(counted) / len(counted)


def listed(names):
    """Names of outputs in a sentence: a; a and b; a, b and c."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _describe(value):
    if isinstance(getattr(value, "said", None), str):  # stands for an object that stayed in a sandbox
        return value.said
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a value of type {type(value).__name__}"
