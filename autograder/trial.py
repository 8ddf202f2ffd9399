"""What an answer is tried on, and what came back: shared by everything that looks for a reason."""

from copy import deepcopy
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .exercises import Exercise
from .exercises import exercise as find_exercise


class Trial(NamedTuple):
    """One answer's run over the instances: what went in, what should and what did come out."""

    exercise: Exercise
    seed: int
    instances: tuple  # of tuples of arguments
    references: tuple  # of dicts of arrays
    answers: list  # of dicts of arrays
    called: tuple  # the student's names of the arguments, as far as known

    @property
    def order(self):
        """The instances' indices from the fewest numbers to the most: most suspects fall at the first."""
        return sorted(range(len(self.instances)), key=lambda i: _size(self.instances[i]))


@lru_cache(maxsize=256)
def setting(exercise_id, seed):
    """(instances, references) of a seed: the arguments of each call, and its right outputs.

    They are kept and shared: whoever calls a function passes it `copied` arguments.
    """
    exercise = find_exercise(exercise_id)
    instances = tuple(exercise.instances(seed))
    return instances, tuple(exercise.reference(*copied(arguments)) for arguments in instances)


def copied(value):
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


def run(exercise, function, arguments):
    """What `function` returns on an instance."""
    return exercise.call(function, arguments) if exercise.call else function(*arguments)


def _size(value):
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, (tuple, list)):
        return sum(map(_size, value))
    return np.size(value) if isinstance(value, np.ndarray) else 1
