"""The course's exercises, declared once; checks, points, mutation tests and docs follow from it.

An `Exercise` says how to make inputs, what the right outputs are, and which `Slip`s - likely
misunderstandings - are worth naming.  A slip is a pair of passages: where the solution says
`right`, someone with that misunderstanding writes `wrong`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from zlib import crc32

LESSONS = sorted(m.name[-2:] for m in iter_modules(__path__) if m.name.startswith("lesson"))


@dataclass(frozen=True)
class Slip:
    """A misunderstanding, and what it does to the solution's source."""

    id: str
    right: str  # a passage that stands exactly once in the solution
    wrong: str  # what stands there instead
    says: str  # where the gradient differs, then what that means
    asks: str  # a question that leads on
    alone: bool = False  # its words say that all else is right: named only where that is so


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    instance(seed) makes the arguments of the function; reference(*arguments) the right outputs,
    a dict of arrays.  `call` runs the student's function on an instance and returns what came
    back, keyed by output; by default it is called once with the arguments.  `gate` names an
    output without which nothing counts (a check that refuses everything is no check).
    `verify` judges an answer that is a value rather than a function: None when it holds, else
    a sentence.
    """

    id: str
    title: str
    points: float
    section: str
    function: str  # the name the student defines
    outputs: tuple[str, ...]
    kind: str = "function"  # or "value"
    instance: Callable[[int], tuple] | None = None
    reference: Callable[..., dict] | None = None
    call: Callable[[Callable, tuple], Any] | None = None
    verify: Callable[[Any], str | None] | None = None
    spectrum: Callable[..., Any] | None = None  # (T, T, *shape) contributions of one output
    gate: str | None = None
    gates: str = ""  # in which order parameters are packed by gates along the last axis, "ifgo"
    phrase: Callable[[str, bool], str] | None = None  # says an output's result in other words
    step: str = ""  # what the entries of a one-dimensional output are numbered by, from 1
    backward: bool = False  # adjoints along time (x, a) are made from the last, so the last wrong counts
    asks: str = ""  # what to ask where no slip fits
    asks_of: str = ""  # the output that this question is about: not asked where that one is right
    items: tuple[str, ...] = ()  # what of the course's checklist it covers, see docs/coverage.md
    answers: tuple[str, ...] = ()  # rnnlib functions that would be the answer, "scalar.total"
    slips: tuple[Slip, ...] = ()

    @property
    def lesson(self):
        return self.id.split(".")[0]

    def counts_from_the_end(self, output):
        """Whether an output's last wrong entry is the first one made: adjoints along time are."""
        return self.backward and output in ("x", "a")

    def instances(self, seed=None):
        """The three instances of a seed: sizes all distinct twice, then a square one."""
        # of a secret seed, what one exercise is given must not be what another asks for
        first = 3 * (int(seed) + crc32(self.id.encode())) if seed else 0
        return [self.instance(first + i) for i in range(3)]


def find_exercise(exercise_id):
    """The exercise with this id, such as "01.immediate"."""
    if not isinstance(exercise_id, str):
        raise TypeError(f"exercise id is {type(exercise_id).__name__}, expected a string like '01.immediate'")
    found = all_exercises().get(exercise_id)
    if found is None:
        lesson = exercise_id.split(".")[0]
        if lesson not in LESSONS:
            known = f"this copy of the course has lessons {LESSONS[0]} to {LESSONS[-1]}"
            raise ValueError(f"no exercise {exercise_id!r}: {known}")
        known = ", ".join(e.id for e in lesson_exercises(lesson))
        raise ValueError(f"no exercise {exercise_id!r}; there are {known}")
    return found


@cache
def all_exercises():
    """All exercises by id, in the order of the lessons."""
    return {e.id: e for lesson in LESSONS for e in lesson_exercises(lesson)}


def lesson_exercises(lesson):
    """The exercises of one lesson ("01"), in its order."""
    return import_module(f".lesson{lesson}", __name__).EXERCISES
