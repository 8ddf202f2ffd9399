"""The right function in the place of a student's: what a later answer is judged with once more.

Its arguments come out of a sandbox, where plain dicts stand for NamedTuples, and where a student's code may
choose them.  So they have to be of the kind and size that the lesson's own instances have.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..compare import same, to_array
from ..outputs import read_outputs
from . import Exercise, find_exercise, lesson_exercises, sources
from .instances import call_answer, copied, every_instance, every_instance_and_reference

ROOM = 2  # times as large as in the lesson's instances
LONGEST_TEXT = 20  # characters of an argument that is the name of something


class _Noted(Exception):
    """Raised by a function that only wants to know its arguments."""


class Bounds(NamedTuple):
    """How large arguments may be."""

    numbers: int  #: in all of them together
    longest: int  #: of an axis, of a list, and an integer


def stand_in(exercise: Exercise) -> Callable[..., Any] | None:
    """The right function with the signature that the exercise asks for; None where it is not installed.

    It returns dicts, tuples, arrays and numbers only, and raises ValueError or TypeError for arguments
    of another kind, and for larger ones than the lesson needs.
    """
    if sources.code_cells(exercise.lesson) is not None:
        right = sources.solution_variant(exercise)
    elif exercise.call is None and exercise.reference is not None:
        right = exercise.reference
    else:  # the reference then has the signature of the whole check
        return None
    examples, bounds = _examples(exercise.id), lesson_bounds(exercise.lesson)

    def answer(*arguments: Any) -> Any:
        left = [bounds.numbers]
        kinds = [*examples, *[None] * (len(arguments) - len(examples))]
        given = [_rebuilt(value, kind, bounds, left) for value, kind in zip(arguments, kinds)]
        with np.errstate(all="ignore"):
            returned = right(*given)
        return returned._asdict() if hasattr(returned, "_asdict") else returned

    return answer


@cache
def is_other_route(exercise: Exercise, earlier: Exercise) -> bool:
    """Whether an earlier exercise's right function, handed in for this one, would be right on an instance.

    One that only hands its arguments on to it has then computed nothing.
    """
    arguments, reference = every_instance_and_reference(exercise.id, 0)
    right = stand_in(earlier)
    try:
        assert right is not None
        given, _ = read_outputs(right(*copied(arguments[0])), exercise.outputs)
    except Exception:  # whatever the one makes of the other's arguments
        return False
    return all(same(to_array(given.get(name)), want) for name, want in reference[0].items())


@cache
def lesson_bounds(lesson: str) -> Bounds:
    """Bounds for what a lesson's functions may be called with."""
    numbers, longest = 1, 1
    for exercise in lesson_exercises(lesson):
        for arguments in every_instance(exercise.id, 0) if exercise.kind == "function" else ():
            sizes: list[int] = []
            axes: list[int] = []
            _measure(arguments, sizes, axes)
            numbers, longest = max(numbers, sum(sizes)), max(longest, *axes)
    return Bounds(ROOM * numbers, ROOM * longest)


def _measure(value: Any, sizes: list[int], axes: list[int]) -> None:
    """Appends the sizes of the arrays and numbers in a value, and the lengths of their axes and of lists."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        axes.append(len(value))
        for part in value:
            _measure(part, sizes, axes)
    elif isinstance(value, np.ndarray):
        sizes.append(value.size)
        axes.extend(value.shape)
    else:
        sizes.append(1)
        axes.append(1)


@cache
def _examples(exercise_id: str) -> tuple[Any, ...]:
    """The arguments of the first call that the check makes."""
    exercise = find_exercise(exercise_id)
    found: list[tuple[Any, ...]] = []

    def note(*arguments: Any) -> None:
        found.append(arguments)
        raise _Noted

    with suppress(_Noted):
        call_answer(exercise, note, copied(every_instance(exercise_id, 0)[0]))
    return found[0]


def _rebuilt(value: Any, kind: Any, bounds: Bounds, left: list[int]) -> Any:
    """An argument as the right function expects it.

    kind: what the check has in its place, or None.  left: [how many more numbers there may be], counted
    down.
    """
    if isinstance(value, Mapping):
        if hasattr(kind, "_fields"):
            return type(kind)(*(_rebuilt(value[n], getattr(kind, n), bounds, left) for n in kind._fields))
        kinds = kind if isinstance(kind, Mapping) else {}
        return {str(name): _rebuilt(part, kinds.get(name), bounds, left) for name, part in value.items()}
    if isinstance(value, tuple | list):
        _must_fit(len(value), bounds.longest)
        parts = [_rebuilt(part, None, bounds, left) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    if value is None or (isinstance(value, str) and len(value) <= LONGEST_TEXT):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        _must_fit(max(value.shape, default=0), bounds.longest)
        left[0] -= value.size
    elif isinstance(value, bool | int | float | complex):
        if isinstance(value, int):
            _must_fit(abs(value), bounds.longest)
        left[0] -= 1
    else:
        raise TypeError("an argument is neither a number nor made of numbers")
    _must_fit(-left[0], 0)
    return value


def _must_fit(size: int, most: int) -> None:
    if size > most:
        raise ValueError("the arguments are larger than any that this lesson needs")
