"""Facts about what a function returned: which outputs there are, their shapes, and whether they agree."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..answers import stand_in_for
from ..compare import TOLERANCE, Array, Arrays, Reference, differing_entries, relative_error, same, to_array
from ..outputs import describe_value
from ..results import Output
from ..wording import shortened

LARGEST_NUMBER = 1e100
MOST_NUMBERS = 20_000  # in an answer that is a value: two matrices of 100 rows
SINGLE = 1e-8  # a sixth of the rounding of single precision: a larger error may come from there
LONGEST_NOTE = 300  # characters: what a student's code chose may be of any length
NOT_FINITE = "contains NaN or infinity"


def judge_output(got: object, want: ArrayLike) -> Output:
    """One output against the right array: missing, wrong kind, wrong shape, NaN, value."""
    if got is None:
        return Output(False, np.inf, "missing")
    want = np.asarray(want)
    array = to_array(got)
    shape = _shape(got, array)
    if shape is not None and shape != want.shape:
        return Output(False, np.inf, f"has shape {_short(shape)}, expected {want.shape}")
    if array is None:
        return Output(False, np.inf, f"is {_short(describe_value(got))}, expected real numbers")
    if not np.isfinite(array).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0]) if array.ndim else ()
        return Output(False, np.inf, NOT_FINITE, first)
    error = relative_error(array, want)
    if error <= TOLERANCE:
        remark = f"agrees to a relative {error:.0e} only, as single precision would" if error > SINGLE else ""
        return Output(True, error, remark)
    return Output(False, error, "", *differing_entries(array, want))


def order_problem(answers: Sequence[Arrays], references: Sequence[Reference]) -> str:
    """That outputs which came without names came in another order, as a sentence; "" where they did not.

    answers, references: on each instance.  It is said where every output is right at another place, or
    where some shape is not the one that is expected at its place.
    """
    names = list(references[0])
    expected = f"Results without names are read in the order {', '.join(names)}"
    places = [
        [name for name in names if all(same(a.get(place), r[name]) for a, r in zip(answers, references))]
        for place in names
    ]
    if all(places) and {found[0] for found in places} == set(names):
        return f"{expected}; yours are right, but in the order {', '.join(found[0] for found in places)}."
    first = {name: array for name, array in answers[0].items() if array is not None}
    shapes = [(np.shape(first.get(name, np.nan)), np.shape(references[0][name])) for name in names]
    is_other_order = any(got != want for got, want in shapes)
    if is_other_order and sorted(got for got, _ in shapes) == sorted(want for _, want in shapes):
        return f"{expected}; the shapes of yours are those of another order. A dict with these keys has none."
    return ""


def told_secretly(public: Output, ok: bool) -> Output:
    """An output of which only `ok` may be told; its public judgement where both agree."""
    if ok == public.ok:
        return public
    return Output(True, 0.0, "") if ok else Output(False, np.inf, "differs on other instances")


def _short(value: object) -> str:
    return shortened(str(value), LONGEST_NOTE)


def _shape(got: object, array: Array | None) -> tuple[int, ...] | None:
    """The shape of what came, as far as it has one: `array` is what could be made of it, or None."""
    if isinstance(got, np.ndarray):
        shape: tuple[int, ...] = np.ndarray.shape.__get__(got)  # a subclass may say anything
        return shape
    if array is not None:
        return array.shape
    stand_in = stand_in_for(got)
    return stand_in.shape if stand_in else None


def excess(value: object) -> str:
    """What an answer that is a value has too much of, as the end of a sentence; "" where nothing is.

    A decomposition of a large matrix would take the judge minutes, and of huge numbers squares overflow.
    """
    left, count, huge = [value], 0, False
    while left:
        part = left.pop()
        if isinstance(part, Mapping):
            left += part.values()
        elif isinstance(part, list | tuple):
            left += part
        elif isinstance(part, float | int):
            count += 1
            huge = huge or LARGEST_NUMBER < abs(part) < np.inf
        elif isinstance(part, np.ndarray | np.number):
            count += part.size
            huge = huge or (count <= MOST_NUMBERS and _largest(np.asarray(part)) > LARGEST_NUMBER)
        if count > MOST_NUMBERS or len(left) > MOST_NUMBERS:
            return f"holds more than {MOST_NUMBERS} numbers; fewer are enough"
    return f"contains a number beyond {LARGEST_NUMBER:g}; smaller ones are enough" if huge else ""


def _largest(array: NDArray[Any]) -> float:
    """The size of the largest number; 0 where there is none, and NaN and infinity are none."""
    try:
        sizes = np.abs(array).astype(float)
    except Exception:  # not made of numbers, which the exercise says in its own words
        return 0.0
    return float(sizes.max(initial=0.0, where=np.isfinite(sizes)))


def combine_outputs(per_instance: Sequence[Mapping[str, Output]]) -> dict[str, Output]:
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


def score_outputs(outputs: Mapping[str, Output], gate: str | None = None) -> float:
    """The share of outputs that are right; 0 when the gate is not."""
    if gate is not None and not outputs[gate].ok:
        return 0.0
    counted = [output.ok for name, output in outputs.items() if name != gate]
    return sum(counted) / len(counted)
