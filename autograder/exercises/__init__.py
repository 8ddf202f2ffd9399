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
from typing import Any, Literal, cast
from zlib import crc32

from ..compare import Array, Reference
from .conditioning import is_well_conditioned
from .sweep import Loud, Sweep

Arguments = tuple[Any, ...]  # of one call

DRAWS = 20  # of a secret instance
NEXT_DRAW = 3 * 2**100  # from one draw to the next: sizes go by the number modulo 3, and none is as large

LESSONS = sorted(m.name[-2:] for m in iter_modules(__path__) if m.name.startswith("lesson"))


@dataclass(frozen=True)
class Slip:
    """A misunderstanding, and what it does to the solution's source."""

    #: unique among the exercise's slips
    id: str
    #: a passage that stands exactly once in the solution
    right: str
    #: what stands there instead
    wrong: str
    #: where the gradient differs, then what that means
    says: str
    #: a question that leads on
    asks: str
    #: whether its words say that everything else is right; it is named only where that is so
    alone: bool = False


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is asked for, how it is judged, and which mistakes are worth naming."""

    #: the lesson's number and a name, "05.rnn_backward"
    id: str
    title: str
    points: float
    #: the heading of the lesson to read again
    section: str
    #: the name that the student defines
    function: str
    #: the names of the outputs, in the order of a tuple that is returned
    outputs: tuple[str, ...]
    #: whether the answer is a function, or an array or a number
    kind: Literal["function", "value"] = "function"
    #: makes the function's arguments from a seed
    instance: Callable[[int], Arguments] | None = None
    #: the right outputs by name, from the function's arguments
    reference: Callable[..., Reference] | None = None
    #: calls the student's function on an instance and returns what came back, keyed by output; None
    #: where it is called once with the arguments
    call: Callable[[Callable[..., Any], Arguments], Any] | None = None
    #: judges an answer that is a value: None when it holds, else a sentence that says why it does not
    verify: Callable[[Any], str | None] | None = None
    #: (contributions, the output's name) from the function's arguments; contributions (T, T, *shape)
    #: as in `diagnosis.path_spectrum`
    spectrum: Callable[..., tuple[Array, str]] | None = None
    #: an output without which nothing counts: a check that refuses everything is no check
    gate: str | None = None
    #: the order in which parameters are packed by gates along the last axis, "ifgo"
    gates: str = ""
    #: which call an index along the first axis of an output stands for, in words, where the function is
    #: called many times and its arrays are stacked; from the instance and the index
    which_call: Callable[[Arguments, int], str] | None = None
    #: says in words whether an output, by name, is right
    phrase: Callable[[str, bool], str] | None = None
    #: what the entries of a one-dimensional output are numbered by, from 1
    step: str = ""
    #: whether it is a backward pass: adjoints along time (x, a) are made from the last one
    backward: bool = False
    #: how adjoints go through it, where it makes gradients from adjoints
    sweep: Sweep | None = None
    #: how it is called with large numbers, where it is a forward pass
    loud: Loud | None = None
    #: what to ask where no slip fits
    asks: str = ""
    #: the output that this question is about; it is not asked where that output is right
    asks_of: str = ""
    #: what of the course's checklist the exercise covers, see docs/coverage.md
    items: tuple[str, ...] = ()
    #: functions of rnnlib that would be the answer, "scalar.total"
    answers: tuple[str, ...] = ()
    #: earlier exercises of the lesson whose functions this one calls, by their names, "immediate"; never
    #: another route to the same quantity, as a wrapper round that would be an answer
    builds_on: tuple[str, ...] = ()
    slips: tuple[Slip, ...] = ()

    @property
    def lesson(self) -> str:
        """The number of its lesson, "05"."""
        return self.id.split(".")[0]

    def counts_from_the_end(self, output: str) -> bool:
        """Whether an output's last wrong entry is the first one made: adjoints along time are."""
        return self.backward and output in ("x", "a")

    def instances(self, seed: int | None = None) -> list[Arguments]:
        """The arguments of three calls for a seed: sizes all distinct twice, then a square one.

        seed: None or 0 for the public instances.  Raises TypeError for an exercise that is answered
        with a value, and RuntimeError where no draw is well conditioned.
        """
        if self.instance is None:
            raise TypeError(f"{self.id} is answered with a value and has no instances")
        first = self.first_number(seed)
        draw = self._instance if seed else self.instance
        return [draw(first + i) for i in range(3)]

    def first_number(self, seed: int | None) -> int:
        """The number that the first of three instances of a seed is made from."""
        # of a secret seed, what one exercise is given must not be what another asks for
        return 3 * (int(seed) + crc32(self.id.encode())) if seed else 0

    def _instance(self, number: int) -> Arguments:
        """The first draw of a secret instance on which right answers agree in single precision too."""
        assert self.instance is not None
        for draw in range(DRAWS):
            arguments = self.instance(number + draw * NEXT_DRAW)
            if is_well_conditioned(self.right_outputs, arguments):
                return arguments
        raise RuntimeError(f"{self.id}: none of {DRAWS} draws of instance {number} is well conditioned")

    def right_outputs(self, arguments: Arguments) -> Reference:
        """The right outputs on an instance, by name.

        Raises TypeError for an exercise that is answered with a value.
        """
        if self.reference is None:
            raise TypeError(f"{self.id} is answered with a value and has no reference")
        return self.reference(*arguments)


def find_exercise(exercise_id: object) -> Exercise:
    """The exercise with this id, such as "01.immediate".

    Raises TypeError for an id that is no string, and ValueError for one that no exercise has.
    """
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


def earlier_of(exercise: Exercise, name: str) -> Exercise:
    """The exercise that one builds on, by its name."""
    return find_exercise(f"{exercise.lesson}.{name}")


@cache
def all_exercises() -> dict[str, Exercise]:
    """All exercises by id, in the order of the lessons."""
    return {e.id: e for lesson in LESSONS for e in lesson_exercises(lesson)}


def lesson_exercises(lesson: str) -> tuple[Exercise, ...]:
    """The exercises of one lesson ("01"), in its order."""
    return cast(tuple[Exercise, ...], import_module(f".lesson{lesson}", __name__).EXERCISES)
