"""Repairs of a wrong answer, within a limit of time and without a trace."""

import ast
import types
from collections.abc import Iterator, Mapping

from ...errors import TimeLimitExceeded
from ...exercises import Exercise
from ...exercises.instances import every_instance_and_reference, instances_and_references
from ...results import Output, Repair, Status, Verdict
from .. import facts
from ..call_guard import guard
from ..trial import size
from .absent import KIND, with_idle_statements
from .program import Program
from .ranking import rank
from .search import Cure, Search
from .source import read_program
from .trace import Trace

LONGEST = 3.0  # seconds
FRESH = 1  # a public seed that the check does not use: what is right on both is right
FEWEST = 2  # statements: in a single one there is nothing to locate
ALIKE = 1e-9  # relative difference of errors


def is_offered(exercise: Exercise, answer: object, verdict: Verdict) -> bool:
    """Whether a line is looked for: in a function of several statements whose outputs are wrong."""
    return (
        exercise.kind == "function"
        and not exercise.phrase
        and not verdict.correct
        and verdict.status in (Status.JUDGED, Status.ERROR)
        and isinstance(answer, types.FunctionType)
    )


def find_repair(
    exercise: Exercise, answer: object, verdict: Verdict, seconds: float = LONGEST
) -> tuple[Repair, ...]:
    """At most three lines, one edit of which makes all outputs right on all public instances.

    verdict: on the public instances.  Empty where no single edit is known to do, where it could be more
    than three lines, and where the text of the answer cannot be had or is not what gave the verdict.
    """
    if not is_offered(exercise, answer, verdict):
        return ()
    program = read_program(answer)
    if program is None or sum(map(_statements, program.functions.values())) < FEWEST:
        return ()
    found: list[Cure] = []
    try:
        with guard(seconds):
            _search(exercise, program, verdict, found)
    except TimeLimitExceeded:
        pass
    except Exception:  # the student's objects may do anything when they are looked at
        return ()
    return rank(program, found) if found else ()


def _statements(tree: ast.FunctionDef) -> int:
    found = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n is not tree]
    return len([n for n in found if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))])


def _search(exercise: Exercise, program: Program, verdict: Verdict, found: list[Cure]) -> None:
    """Appends to `found`, so that what was found stays when the time is over."""
    own = every_instance_and_reference(exercise.id, 0)
    fresh = instances_and_references(exercise.id, FRESH)
    trace = Trace(exercise, program, own[0] + fresh[0], own[1] + fresh[1])
    judged = [_judge(trace, i) for i in range(len(own[0]))]
    told = [outputs for outputs in judged if outputs is not None]
    raises = len(told) < len(judged)
    if raises != (verdict.status is Status.ERROR):
        return
    if not raises and not _is_same(facts.combine_outputs(told), verdict.outputs):
        return  # the text has changed since, or the answer is another one each time
    wrong = [i for i, outputs in enumerate(judged) if not outputs or not all(o.ok for o in outputs.values())]
    # an instance on which it raises tells least
    wrong.sort(key=lambda i: (judged[i] is None, size(trace.instances[i])))
    others = [i for i in range(len(trace.instances)) if i not in wrong]
    if not wrong:
        return
    search = Search(trace, [*wrong, *others])
    for tier in (search.small, search.larger, lambda: _absent(search), search.largest):
        for cure in tier():
            found.append(cure)
        if found:
            return


def _absent(search: Search) -> Iterator[Cure]:
    """Cures by a line more."""
    trace = search.trace
    program = with_idle_statements(trace.program)
    idle = Search(Trace(trace.exercise, program, trace.instances, trace.references), search.order)
    for cure in idle.absent():
        yield cure._replace(at=cure.statement, kind=KIND, text="")


def _judge(trace: Trace, i: int) -> dict[str, Output] | None:
    """The judgement on an instance; None where the program raises."""
    try:
        given = trace.arrays(i)
    except Exception:
        return None
    return {name: facts.judge_output(given.get(name), want) for name, want in trace.references[i].items()}


def _is_same(mine: Mapping[str, Output], theirs: Mapping[str, Output]) -> bool:
    """Whether two judgements are of the same numbers."""
    if mine.keys() != theirs.keys():
        return False
    errors = [(mine[name].error, theirs[name].error) for name in mine]
    return all(a == b or abs(a - b) <= ALIKE * max(a, b) for a, b in errors)
