"""What an answer is tried on, and what came back: shared by everything that looks for a reason."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..compare import Arrays, Reference
from ..exercises import Arguments, Exercise

SMALL = 3  # instances that come first, and that slips are compared on


@dataclass(frozen=True)
class Trial:
    """One answer's run over the instances: what went in, what should and what did come out.

    After the small instances come those on which corruptions show, if the exercise has them.
    """

    exercise: Exercise
    seed: int
    instances: tuple[Arguments, ...]
    references: tuple[Reference, ...]  #: the right outputs on each instance
    answers: tuple[Arrays, ...]  #: the student's outputs on each instance
    called: tuple[str, ...]  #: the student's names of the arguments, as far as known
    given: tuple[str, ...] = ()  #: earlier functions that were right, as others stood in their place

    @cached_property
    def small(self) -> "Trial":
        """The same without what comes after the small instances."""
        instances, references, answers = self.instances[:SMALL], self.references[:SMALL], self.answers[:SMALL]
        return replace(self, instances=instances, references=references, answers=answers)

    @cached_property
    def order(self) -> list[int]:
        """The instances' indices from the fewest numbers to the most: most suspects fall at the first."""
        return sorted(range(len(self.instances)), key=lambda i: size(self.instances[i]))


def size(value: Any) -> int:
    """How many numbers there are in an argument."""
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    if isinstance(value, (tuple, list)):
        return sum(map(size, value))
    return value.size if isinstance(value, np.ndarray) else 1
