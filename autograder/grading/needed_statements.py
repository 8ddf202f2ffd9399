"""Of a cell that shows what an exercise asks for: the statements that other cells need.

Such a cell is tagged `TAG` in the lesson.  What it shows comes from functions of rnnlib that are not there
while grading, so the rest of it is not run.
"""

import ast
import re
import symtable
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from ..syntax import extent, parse

TAG = "shows-answers"
# methods of dicts and arrays that change nothing
READING = {"items", "keys", "values", "get", "copy", "all", "any"}
READING |= {"argmax", "argmin", "max", "mean", "min", "round", "std", "sum"}
IMPORTS = ast.Import | ast.ImportFrom
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what parsing may raise
# with these, a cell may use names that its text does not have as names
BY_TEXT = {"eval", "exec", "getattr", "globals", "locals", "vars", "__main__", "get_ipython"}


def needed_sources(tagged: Sequence[str], given: Iterable[str], own: Iterable[str]) -> list[str]:
    """The tagged cells, with empty lines for every statement whose names nothing reads; imports stay.

    given: the lesson's other code cells.  own: the student's, and names that are checked.  A statement stays
    when one of them reads a name that it binds or changes, or when a statement that stays does.  Where a cell
    of the lesson is more than plain Python, all statements stay.
    """
    try:
        lesson = _read_lesson(tuple(tagged), tuple(given))
    except UNREADABLE:
        return list(tagged)
    names = lesson.names.union(*map(names_read, own))
    waiting, kept = list(lesson.bound), set[ast.stmt]()
    while found := {s for s in waiting if isinstance(s, IMPORTS) or lesson.bound[s] & names}:
        kept |= found
        waiting = [statement for statement in waiting if statement not in found]
        names = names.union(*(lesson.read[statement] for statement in found))
    return [
        _without(source, [s for s in body if s not in kept]) for source, body in zip(tagged, lesson.cells)
    ]


class Lesson(NamedTuple):
    """What the cells of a lesson bind and read."""

    cells: list[list[ast.stmt]]  #: the statements of the tagged ones
    names: set[str]  #: that the other cells read
    bound: dict[ast.stmt, set[str]]  #: by each statement of the tagged ones
    read: dict[ast.stmt, set[str]]


@lru_cache(maxsize=32)  # it is the same for all submissions
def _read_lesson(tagged: tuple[str, ...], given: tuple[str, ...]) -> Lesson:
    cells = [parse(source).body for source in tagged]
    others = [parse(source).body for source in given]
    modules = set[str]().union(*(_assigned(s) for s in chain(*cells, *others) if isinstance(s, IMPORTS)))
    statements = list(chain(*cells))
    return Lesson(
        cells,
        set[str]().union(*(_read(body, set()) for body in others)),
        {statement: _bound(statement, modules) for statement in statements},
        {statement: _read([statement], set()) for statement in statements},
    )


def names_read(source: str) -> set[str]:
    """Names that a cell reads without having bound them above; all its words where that is not known."""
    words = set(re.findall(r"\w+", source))
    if not words & BY_TEXT:
        with suppress(*UNREADABLE):
            return _read(parse(source).body, set())
    return words


def _read(body: Iterable[ast.stmt], bound: set[str]) -> set[str]:
    """Names that statements read and that are not in `bound`, to which the names are added that they bind."""
    found: set[str] = set()
    for statement in body:
        match statement:
            case ast.For(target=target, iter=over, body=inner, orelse=after):
                found |= _globals(ast.Expr(over)) - bound
                found |= _globals(ast.Expr(target)) - _stored(target) - bound
                bound |= _stored(target)
                found |= _read([*inner, *after], bound)
            case ast.While(test=test, body=inner, orelse=after) | ast.If(test=test, body=inner, orelse=after):
                found |= _globals(ast.Expr(test)) - bound
                found |= _read(inner, set(bound)) | _read(after, set(bound))
            case ast.Try(body=inner, handlers=handlers, orelse=after, finalbody=last):
                found |= _read([*inner, *after], set(bound)) | _read(last, set(bound))
                found |= set[str]().union(*(_read(handler.body, set(bound)) for handler in handlers))
            case _:
                found |= _globals(statement) - bound
                if isinstance(statement, ast.Assign | ast.FunctionDef | ast.Import | ast.ImportFrom):
                    bound |= _assigned(statement)
    return found


def _globals(statement: ast.stmt) -> set[str]:
    """Names of the notebook that a statement reads, also in functions that it defines."""
    return {s.get_name() for s, outside in _symbols(statement) if s.is_referenced() and outside}


def _assigned(statement: ast.stmt) -> set[str]:
    """Names of the notebook that a statement binds."""
    return {
        s.get_name() for s, outside in _symbols(statement) if outside and (s.is_assigned() or s.is_imported())
    }


def _symbols(statement: ast.stmt) -> Iterable[tuple[symtable.Symbol, bool]]:
    """(symbol, whether it is the notebook's) in a statement and in all functions that it defines."""
    tables = [symtable.symtable(ast.unparse(statement), "<cell>", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            yield symbol, table.get_type() == "module" or symbol.is_global()


def _stored(target: ast.expr) -> set[str]:
    nodes = ast.walk(target)
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _bound(statement: ast.stmt, modules: set[str]) -> set[str]:
    """Names that a statement binds, or whose values it changes: by an assignment, or by a method.

    modules: whose functions are no methods.
    """
    changed = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changed |= {_root(node.func.value)} if node.func.attr not in READING else set()
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed.add(_root(node))
    return _assigned(statement) | (changed - modules)


def _root(node: ast.expr) -> str:
    """The name that an expression such as `params["W"].T` begins with, or ""."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _without(source: str, statements: Iterable[ast.stmt]) -> str:
    """The source with empty lines for some statements, so that the others keep their numbers."""
    lines = source.split("\n")
    for statement in statements:
        where = extent(statement)
        lines[where] = [""] * (where.stop - where.start)
    return "\n".join(lines)
