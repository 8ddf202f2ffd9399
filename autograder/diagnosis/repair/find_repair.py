"""Repairs of a wrong answer whose code runs in this process."""

import types

from ...exercises import Exercise
from ...exercises.instances import every_instance_and_reference, instances_and_references
from ...results import Repair, Status, Verdict
from ..trial import size
from .find_lines import find_lines, program_to_search
from .question import Question, Told

LONGEST = 3.0  # seconds
FRESH = 1  # a public seed that the check does not use: what is right on both is right


def is_offered(exercise: Exercise, answer: object, verdict: Verdict) -> bool:
    """Whether a line is looked for: in a function of several statements whose outputs are wrong."""
    return is_searchable(exercise, verdict) and isinstance(answer, types.FunctionType)


def is_searchable(exercise: Exercise, verdict: Verdict) -> bool:
    """The same, as far as it can be known of an answer that is elsewhere."""
    return (
        exercise.kind == "function"
        and not exercise.phrase
        and not verdict.correct
        and verdict.status in (Status.JUDGED, Status.ERROR)
    )


def public_question(exercise: Exercise) -> Question:
    """What an exercise asks for, on its public instances and on those of another public seed."""
    own = every_instance_and_reference(exercise.id, 0)
    fresh = instances_and_references(exercise.id, FRESH)
    instances = own[0] + fresh[0]
    sizes = tuple(map(size, instances))
    return Question(exercise.outputs, instances, own[1] + fresh[1], len(own[0]), sizes, exercise.call)


def find_repair(
    exercise: Exercise, answer: object, verdict: Verdict, seconds: float = LONGEST
) -> tuple[Repair, ...]:
    """At most three lines, one edit of which makes all outputs right on all public instances.

    verdict: on the public instances.  Empty where no line is known, see `find_lines`.
    """
    program = program_to_search(answer) if is_offered(exercise, answer, verdict) else None
    if program is None:
        return ()
    told = Told(verdict.status is Status.ERROR, verdict.outputs)
    return find_lines(public_question(exercise), program, told, seconds)
