"""Which line of a wrong answer to look at: searched in a sandbox of its own, on the public instances only.

The sandbox sees the answer with the statements that it needs, and public instances with their right outputs;
nothing secret, and no exercise.  What comes out of it is a claim: only lines of the submission and the
known kinds of change are taken from it, and no points depend on them.
"""

import ast
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from ..diagnosis.repair import is_searchable, public_question
from ..diagnosis.repair.kinds import Kind
from ..exercises import find_exercise
from ..exercises.check_cell import cell_source, lesson_of
from ..results import Repair
from ..sandbox.search import pack_question, run_search
from ..syntax import extent, parse
from .grade_submission import Task
from .judge_submission import Judged
from .keys import lines_key
from .needed_statements import UNREADABLE, needed_sources
from .run_submission import Step, answer_functions, plan_steps

MOST_LINES = 3
MOST_CHARACTERS = 100_000  # of a notebook's code: sorting out what an answer needs takes time
MOST_STATEMENTS = 1000  # above a check
LONGEST = 300  # characters of a line or an expression that is told

Lines = tuple[Repair, ...]  # of one answer, at most MOST_LINES


class LineSearch(NamedTuple):
    """What is searched: an answer with all that it needs, and what it is asked, under the name of both."""

    name: str  #: of the function
    source: str
    question: bytes  #: a message
    lesson: str
    walls: str
    key: str


def searches_of(task: Task, judged: Judged) -> dict[str, LineSearch]:
    """{grade_id: search} of the wrong answers that no slip has been named for."""
    found: dict[str, LineSearch] = {}
    wrong = [
        grade_id
        for grade_id, verdict in judged.verdicts.items()
        if _is_wanted(verdict.exercise, judged, grade_id)
    ]
    if not wrong or _is_long(task):
        return found
    steps, lesson = plan_steps(task.submission.notebook, task.released), lesson_of(task.released)
    for step in steps:
        question = _question(step.exercise) if step.grade_id in wrong else None
        if question is not None:
            source = _answer_source(steps, step)
            key = lines_key(step.name, source, question, lesson, task.walls)
            if source:
                found[step.grade_id] = LineSearch(step.name, source, question, lesson, task.walls, key)
    return found


def _is_long(task: Task) -> bool:
    cells = task.submission.notebook["cells"]
    return sum(len(cell_source(cell)) for cell in cells if cell["cell_type"] == "code") > MOST_CHARACTERS


def _is_wanted(exercise_id: str, judged: Judged, grade_id: str) -> bool:
    verdict = judged.verdicts[grade_id]
    return is_searchable(find_exercise(exercise_id), verdict) and not verdict.slips and not verdict.given


@lru_cache(maxsize=64)
def _question(exercise_id: str) -> bytes | None:
    """What is asked of an answer, as a message; None where that holds functions of the grader's."""
    exercise = find_exercise(exercise_id)
    if exercise.call is not None:
        return None
    question = public_question(exercise)._asdict()
    del question["call"]
    return pack_question(question)


def _answer_source(steps: list[Step], check: Step) -> str:
    """The statements above a check that its function needs, as one cell; "" where that is not known."""
    cells = [step.source for step in steps[: check.index] if not step.exercise]
    cells = [cell for cell in cells if _is_python(cell)]
    if sum(len(parse(cell).body) for cell in cells) > MOST_STATEMENTS:
        return ""
    try:
        needed = needed_sources(cells, (), [check.name])
        return "\n".join(text for source in needed for text in _statements(source))
    except UNREADABLE:
        return ""


def _is_python(source: str) -> bool:
    with suppress(*UNREADABLE):
        parse(source)
        return True
    return False


def _statements(source: str) -> Iterator[str]:
    """The text of each statement of a cell."""
    lines = source.split("\n")
    for statement in parse(source).body:
        yield "\n".join(lines[extent(statement)])


def search_lines(search: LineSearch) -> tuple[Lines, float]:
    """(the lines, the seconds that it took); raises as `run_job`."""
    began = time.monotonic()
    answers = answer_functions(search.lesson)
    claimed = run_search(search.source, search.name, search.question, answers, search.walls)
    return checked_claims(claimed, search.source), time.monotonic() - began


def checked_claims(claimed: str, source: str) -> Lines:
    """The repairs that a sandbox claims, made of the submission's own text; () where one is none of it."""
    found: list[Repair] = []
    with suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        functions = {node.name: node for node in ast.walk(parse(source)) if isinstance(node, ast.FunctionDef)}
        lines = source.split("\n")
        for function, line, kind, text, part in json.loads(claimed)[:MOST_LINES]:
            definition = functions[function]
            at = definition.lineno + line - 1
            own = lines[at - 1].strip()
            is_there = type(line) is int and definition.lineno <= at <= (definition.end_lineno or 0)
            if not is_there or own != text:
                return ()
            found.append(Repair(function, line, str(Kind(kind)), own[:LONGEST], _known(part, definition, at)))
        return tuple(found)
    return ()


def _known(part: object, definition: ast.FunctionDef, at: int) -> str:
    """A claimed part of a line, if that is an expression which begins there; "" for everything else."""
    if not isinstance(part, str) or not 0 < len(part) <= LONGEST:
        return ""
    nodes = [node for node in ast.walk(definition) if isinstance(node, ast.expr) and node.lineno == at]
    return part if part in map(ast.unparse, nodes[:LONGEST]) else ""


def with_lines(judged: Judged, lines: Mapping[str, Lines]) -> Judged:
    """Verdicts with the lines that were found, {grade_id: lines}."""
    verdicts = {
        grade_id: replace(verdict, repair=lines.get(grade_id, ()))
        for grade_id, verdict in judged.verdicts.items()
    }
    return replace(judged, verdicts=verdicts)
