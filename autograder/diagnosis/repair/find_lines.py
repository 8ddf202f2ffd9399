"""The lines of a wrong answer that one edit mends, within a limit of time and without a trace."""

import ast
from collections.abc import Iterator, Mapping

from ...errors import TimeLimitExceeded
from ...results import Output, Repair
from .. import facts
from ..call_guard import guard
from .absent import with_idle_statements
from .kinds import Kind
from .program import Program
from .question import Question, Told
from .ranking import MARGIN, rank
from .search import Cure, Search
from .source import read_program
from .trace import Trace

FEWEST = 2  # statements: in a single one there is nothing to locate
ALIKE = 1e-9  # relative difference of errors


def program_to_search(answer: object) -> Program | None:
    """The answer's program; None where its text cannot be had, or nothing is to be located in it."""
    program = read_program(answer)
    return None if program is None or sum(map(_statements, program.functions.values())) < FEWEST else program


def find_lines(question: Question, program: Program, told: Told, seconds: float) -> tuple[Repair, ...]:
    """At most three lines, one edit of which makes all outputs right on all instances.

    Empty where no single edit is known to do, where it could be more than three lines, and where the
    program is not what gave what was told.
    """
    found: list[Cure] = []
    try:
        with guard(seconds):
            _search(question, program, told, found)
    except TimeLimitExceeded:
        pass
    except Exception:  # the student's objects may do anything when they are looked at
        return ()
    return rank(program, found) if found else ()


def _statements(tree: ast.FunctionDef) -> int:
    found = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n is not tree]
    return len([n for n in found if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))])


def _search(question: Question, program: Program, told: Told, found: list[Cure]) -> None:
    """Appends to `found`, so that what was found stays when the time is over."""
    trace = Trace(question, program)
    judged = [_judge(trace, i) for i in range(question.own)]
    given = [outputs for outputs in judged if outputs is not None]
    raises = len(given) < len(judged)
    if raises != told.raises:
        return
    if not raises and not _is_same(facts.combine_outputs(given), told.outputs):
        return  # the text has changed since, or the answer is another one each time
    wrong = [i for i, outputs in enumerate(judged) if not outputs or not all(o.ok for o in outputs.values())]
    # an instance on which it raises tells least
    wrong.sort(key=lambda i: (judged[i] is None, question.sizes[i]))
    others = [i for i in range(len(question.instances)) if i not in wrong]
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
    program = with_idle_statements(search.trace.program, search.last_scopes())
    idle = Search(Trace(search.trace.question, program), search.order)
    for cure in idle.absent():
        cost = cure.cost + MARGIN * (id(cure.statement) in program.elsewhere)
        yield cure._replace(at=cure.statement, first=cure.statement, kind=Kind.LINE, cost=cost, text="")


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
