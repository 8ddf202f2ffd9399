"""What an answer is called with: the instances of an exercise, their right outputs, and the call itself."""

from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from typing import Any

import numpy as np

from ..compare import Reference, same, to_array
from ..outputs import read_outputs
from . import Arguments, Exercise, find_exercise
from .probes import draw_probes


@lru_cache(maxsize=256)
def instances_and_references(
    exercise_id: str, seed: int
) -> tuple[tuple[Arguments, ...], tuple[Reference, ...]]:
    """(instances, references) of a seed: the arguments of the three small calls, and their right outputs.

    They are kept and shared: whoever calls a function passes it `copied` arguments.
    """
    exercise = find_exercise(exercise_id)
    return _with_references(exercise, tuple(exercise.instances(seed)))


@lru_cache(maxsize=256)
def probes_and_references(
    exercise_id: str, seed: int
) -> tuple[tuple[Arguments, ...], tuple[Reference, ...]]:
    """As `instances_and_references`, of the calls on a long sequence and with large numbers."""
    exercise = find_exercise(exercise_id)
    return _with_references(exercise, draw_probes(exercise, seed))


def _with_references(
    exercise: Exercise, instances: tuple[Arguments, ...]
) -> tuple[tuple[Arguments, ...], tuple[Reference, ...]]:
    return instances, tuple(exercise.right_outputs(copied(arguments)) for arguments in instances)


def every_instance_and_reference(
    exercise_id: str, seed: int
) -> tuple[tuple[Arguments, ...], tuple[Reference, ...]]:
    """As `instances_and_references`, of all calls that an answer is judged by, the small ones first."""
    small, probes = instances_and_references(exercise_id, seed), probes_and_references(exercise_id, seed)
    return small[0] + probes[0], small[1] + probes[1]


def every_instance(exercise_id: str, seed: int) -> tuple[Arguments, ...]:
    """The arguments of all calls that an answer is judged by."""
    return every_instance_and_reference(exercise_id, seed)[0]


def copied(value: Any) -> Any:
    """A deep copy; many times faster than `deepcopy` on what instances are made of."""
    if type(value) is np.ndarray and value.dtype != object:
        return value.copy()
    if type(value) is dict:
        return {key: copied(part) for key, part in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*map(copied, value))
    if type(value) in (tuple, list):
        return type(value)(map(copied, value))
    return deepcopy(value)


def call_answer(exercise: Exercise, function: Callable[..., Any], arguments: Arguments) -> Any:
    """What `function` returns on an instance."""
    return exercise.call(function, arguments) if exercise.call else function(*arguments)


def is_right(
    exercise: Exercise, arguments: Arguments, reference: Reference, answer: Callable[..., Any]
) -> bool:
    """Whether the answer returns the right outputs on an instance; raises what the judge stops at too."""
    given, _ = read_outputs(call_answer(exercise, answer, copied(arguments)), exercise.outputs)
    return all(same(to_array(given.get(name)), want) for name, want in reference.items())
