"""What an answer is tried on, and what came back: shared by everything that looks for a reason."""

from typing import NamedTuple

import numpy as np

from ..exercises import Exercise


class Trial(NamedTuple):
    """One answer's run over the instances: what went in, what should and what did come out."""

    exercise: Exercise
    seed: int
    instances: tuple  # of tuples of arguments
    references: tuple  # of dicts of arrays
    answers: tuple  # of dicts of arrays
    called: tuple  # the student's names of the arguments, as far as known

    @property
    def order(self):
        """The instances' indices from the fewest numbers to the most: most suspects fall at the first."""
        return sorted(range(len(self.instances)), key=lambda i: _size(self.instances[i]))


def _size(value):
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, (tuple, list)):
        return sum(map(_size, value))
    return np.size(value) if isinstance(value, np.ndarray) else 1
