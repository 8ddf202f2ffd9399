"""What a function was called with, in words: names, shapes, and the notebook's data that it reads besides."""

import types
from typing import Any

import numpy as np

from ..answers import Answer
from ..exercises import Arguments, Exercise
from ..wording import listed, shortened
from .remarks import globals_read

LONGEST = 60  # characters of a value
LARGEST = 10**9  # of a number that may be a size


def describe_call(exercise: Exercise, answer: Answer, arguments: Arguments) -> str:
    """The arguments of a call, in sentences: "rnn_forward was called with x (5, 3, 4), …".

    They have the student's own names, as far as those are known.
    """
    names = [*answer.names, *(f"argument {n + 1}" for n in range(len(answer.names), len(arguments)))]
    said = "; ".join(_described(name, value) for name, value in zip(names, arguments))
    of_notebook = _sizes_of_the_notebook(answer.function)
    return f"{exercise.function} was called with {said}.{of_notebook and ' '}{of_notebook}"


def example_of(exercise: Exercise, call: int) -> str:
    """The code that makes the arguments of a call of the public check; call: which one, from 1."""
    return f'example("{exercise.id}"{f", {call}" if call > 1 else ""})'


def _described(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{name} with {_parts(value)}"
    if hasattr(value, "_fields"):
        return f"{name} with {_parts(value._asdict())}"
    if isinstance(value, list | tuple) and any(isinstance(part, np.ndarray) for part in value):
        return f"{name}, a {type(value).__name__} of {len(value)} arrays"
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}"
    if callable(value):
        return f"{name}, a function"
    if isinstance(value, float):
        return f"{name} = {value:.4g}"
    return f"{name} = {shortened(repr(value), LONGEST)}"


def _parts(parts: dict[str, Any]) -> str:
    return listed([_described(str(name), value) for name, value in parts.items()])


def _sizes_of_the_notebook(function: object) -> str:
    """What a function reads of the notebook's numbers and arrays, as a sentence; "" where it reads none.

    Sizes that a notebook's cells have set are seldom those of another call.
    """
    if not isinstance(function, types.FunctionType):
        return ""
    found = []
    for name in sorted(globals_read(function.__code__)):
        value = function.__globals__.get(name)
        if type(value) is np.ndarray or (type(value) is int and abs(value) < LARGEST):
            found.append(_described(name, value))
    if not found:
        return ""
    return f"The function reads {listed(found)} from the notebook; other arguments may need other sizes."
