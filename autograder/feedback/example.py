"""`example` in a notebook: the arguments that the check itself uses, to try an answer on."""

from contextlib import suppress
from typing import Any

from ..exercises import Arguments, Exercise, find_exercise
from ..exercises.instances import call_answer, copied, every_instance
from .show import in_one_line


class _Called(Exception):
    """Raised by a function that only wants to know its arguments."""


def example(exercise_id: str, call: int = 1) -> Arguments:
    """The arguments of a call of the public check, as fresh copies.

    ``params, x, h0 = example("05.rnn_forward")``.  call: which one, from 1; the first three are small.
    Raises ValueError for another one, and TypeError for an exercise that is answered with a value.  While
    grading, nothing is returned.
    """
    try:
        exercise = find_exercise(exercise_id)
        if exercise.kind == "value":
            raise TypeError(f"{exercise.id} is answered with a value; nothing is called")
        instances = every_instance(exercise.id, 0)
        if not isinstance(call, int) or not 1 <= call <= len(instances):
            raise ValueError(f"call is {call!r}, expected 1 to {len(instances)}, as {exercise.id} is checked")
        return _arguments(exercise, copied(instances[call - 1]))
    except (TypeError, ValueError) as error:
        raise in_one_line(error) from None


def _arguments(exercise: Exercise, instance: Arguments) -> Arguments:
    """What the function is called with on an instance, the first time."""
    found: list[Any] = []

    def note(*arguments: Any) -> None:
        found.extend(arguments)
        raise _Called

    with suppress(_Called):
        call_answer(exercise, note, instance)
    return tuple(found)
