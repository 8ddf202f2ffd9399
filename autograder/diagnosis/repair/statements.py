"""Edits of whole statements: stored or added, where to, in which order, inside a loop or after it."""

import ast
import copy
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from .kinds import Kind
from .trees import WRITERS, Edit, blocks, parts, product

MOVABLE = ast.Assign | ast.AugAssign | ast.Expr


class StatementEdit(NamedTuple):
    """What stands in the place of statements, at which of them, the kind of that change, and its cost."""

    edit: Edit
    at: ast.stmt
    kind: Kind
    cost: float = 1.0
    part: ast.expr | None = None  #: the expression that it is about, if it is one

    @property
    def variables(self) -> set[str]:
        """The variables that hold something else afterwards; empty where that cannot be told."""
        new = [n for value in self.edit.values() for n in (value if isinstance(value, list) else [value])]
        moved = [n for n in new if not isinstance(n, ast.For | ast.While | ast.If)]
        if any(isinstance(n, ast.Expr | ast.Return) and not stored(n) for n in [self.at, *moved]):
            return set()
        return set().union(*map(stored, [self.at, *moved]))


def statement_edits(tree: ast.FunctionDef) -> Iterator[StatementEdit]:
    """The small edits of a function's statements."""
    statements = _statements(tree)
    for statement in statements:
        yield from _of_assignment(statement)
        yield from _of_target(statement)
        yield from _of_exchange(statement)
    yield from _of_order(tree)
    for statement in statements:
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr) and not _is_text(statement):
            yield StatementEdit({id(statement): []}, statement, Kind.STATEMENT, 1.3)
        elif isinstance(statement, ast.Break | ast.Continue):
            other = ast.Continue() if isinstance(statement, ast.Break) else ast.Break()
            yield StatementEdit({id(statement): other}, statement, Kind.STATEMENT)
        elif isinstance(statement, ast.If) and not statement.orelse:
            yield StatementEdit({id(statement): statement.body}, statement, Kind.CONDITION, 1.3)


def larger_statement_edits(tree: ast.FunctionDef) -> Iterator[StatementEdit]:
    """Statements moved further, and what is stored under another name."""
    yield from _of_distance(tree)
    yield from _of_loop_variables(tree)
    yield from _of_slices(_statements(tree))
    yield from _of_names(_statements(tree))


def _statements(tree: ast.FunctionDef) -> list[ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node is not tree]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _of_assignment(statement: ast.stmt) -> Iterator[StatementEdit]:
    """`=` for `+=` and the other way round."""

    def instead(new: ast.stmt, kind: Kind, cost: float = 1.0) -> StatementEdit:
        return StatementEdit({id(statement): new}, statement, kind, cost)

    if isinstance(statement, ast.AugAssign):
        yield instead(ast.Assign([statement.target], statement.value), Kind.ASSIGNMENT)
        for operator in (ast.Add, ast.Sub, ast.Mult):
            if not isinstance(statement.op, operator):
                kind = Kind.SIGN if {type(statement.op), operator} == {ast.Add, ast.Sub} else Kind.ASSIGNMENT
                yield instead(ast.AugAssign(statement.target, operator(), statement.value), kind)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        yield from (instead(ast.Expr(other), Kind.ORDER) for other in _other_ends(statement.value))
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name | ast.Subscript):
            for operator in (ast.Add, ast.Mult):
                yield instead(ast.AugAssign(target, operator(), statement.value), Kind.ASSIGNMENT)
            read = copy.copy(target)
            read.ctx = ast.Load()
            # a new array, where the old one is still needed
            yield instead(
                ast.Assign([target], product(read, ast.Add(), statement.value)), Kind.ASSIGNMENT, 1.1
            )


def _other_ends(call: ast.Call) -> Iterator[ast.Call]:
    """`append` for `insert` at the beginning, and the other way round."""
    if isinstance(call.func, ast.Attribute) and not call.keywords:
        if call.func.attr == "append" and len(call.args) == 1:
            insert = ast.Attribute(call.func.value, "insert", ast.Load())
            yield ast.Call(insert, [ast.Constant(0), *call.args], [])
        elif call.func.attr == "insert" and len(call.args) == 2:
            yield ast.Call(ast.Attribute(call.func.value, "append", ast.Load()), call.args[1:], [])


def _of_target(statement: ast.stmt) -> Iterator[StatementEdit]:
    """Another index on the left."""
    for target in _targets(statement):
        if not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
            continue
        index = target.slice.elts[0] if isinstance(target.slice, ast.Tuple) else target.slice
        others: list[ast.expr] = []
        if not (isinstance(index, ast.Constant) and isinstance(index.value, str)):
            others = [product(index, ast.Add(), ast.Constant(step)) for step in (1, -1)]
            others += [index.left] if isinstance(index, ast.BinOp) else []
            others += [ast.Constant(0)]
            others += [product(ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.Sub(), index)]
        for other in others:
            yield StatementEdit({id(index): other}, statement, Kind.INDEX, 1.0, target)
        for node in parts(target.slice):
            if isinstance(node, ast.Slice):
                for field in ("lower", "upper"):
                    bound = getattr(node, field)
                    for moved in (
                        [] if bound is None else [product(bound, ast.Add(), ast.Constant(n)) for n in (1, -1)]
                    ):
                        yield StatementEdit({id(bound): moved}, statement, Kind.INDEX, 1.1, target)


def _of_exchange(statement: ast.stmt) -> Iterator[StatementEdit]:
    """Two values of a literal exchanged, or two names on the left."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Dict | ast.Tuple | ast.List):
        elements = value.values if isinstance(value, ast.Dict) else value.elts
        for a, b in itertools.combinations(elements, 2):
            yield StatementEdit({id(a): b, id(b): a}, statement, Kind.ORDER, 1.1, a)
    for target in _targets(statement):
        if isinstance(target, ast.Tuple):
            for a, b in itertools.combinations(target.elts, 2):
                yield StatementEdit({id(a): b, id(b): a}, statement, Kind.ORDER, 1.1, target)


def _of_order(tree: ast.FunctionDef) -> Iterator[StatementEdit]:
    """Statements in another order, moved out of a loop or a branch, or into it."""
    moved = Kind.PLACE, 1.2
    for block in blocks(tree):
        for a, b in itertools.pairwise(block):
            if _depend(a, b) and not isinstance(b, ast.Return):
                yield StatementEdit({id(a): b, id(b): a}, a, *moved)
            for field in _inner(a) if isinstance(b, MOVABLE) else ():
                yield StatementEdit({id(a): _with(a, field, [*getattr(a, field), b]), id(b): []}, b, *moved)
            for field in _inner(b) if isinstance(a, MOVABLE) else ():
                yield StatementEdit({id(b): _with(b, field, [a, *getattr(b, field)]), id(a): []}, a, *moved)
        for holder in block:
            for field in _inner(holder):
                inner = getattr(holder, field)
                if len(inner) > 1:
                    shorter = _with(holder, field, inner[:-1])
                    yield StatementEdit({id(holder): [shorter, inner[-1]]}, inner[-1], *moved)
                    shorter = _with(holder, field, inner[1:])
                    yield StatementEdit({id(holder): [inner[0], shorter]}, inner[0], *moved)


def _inner(holder: ast.stmt) -> tuple[str, ...]:
    """The fields of a loop or a condition that hold statements of its own."""
    if isinstance(holder, ast.For | ast.While):
        return ("body",)
    if isinstance(holder, ast.If):
        return ("body", "orelse") if holder.orelse else ("body",)
    return ()


def _with(holder: ast.stmt, field: str, inner: list[ast.stmt]) -> ast.stmt:
    """A loop or condition with other statements in it."""
    made = copy.copy(holder)
    setattr(made, field, inner)
    return made


def _of_distance(tree: ast.FunctionDef) -> Iterator[StatementEdit]:
    for block in blocks(tree):
        movable = [s for s in block if isinstance(s, ast.Assign | ast.AugAssign)]
        for a, b in itertools.permutations(movable, 2):
            at, to = block.index(a), block.index(b)
            if abs(at - to) > 1 and _depend(a, b):
                moved: list[ast.stmt] = [b, a] if to > at else [a, b]
                yield StatementEdit({id(a): [], id(b): moved}, a, Kind.PLACE, 1.3)


def _of_names(statements: list[ast.stmt]) -> Iterator[StatementEdit]:
    """Stored under another name that the function stores under."""
    by_text = {ast.unparse(t): t for s in statements for t in _targets(s) if not isinstance(t, ast.Tuple)}
    for statement in statements:
        for target in _targets(statement):
            for text, other in by_text.items():
                if text != ast.unparse(target) and not isinstance(target, ast.Tuple):
                    yield StatementEdit({id(target): other}, statement, Kind.NAME, 1.5, target)


def _of_loop_variables(tree: ast.FunctionDef) -> Iterator[StatementEdit]:
    """One loop's variable exchanged for another's throughout a statement."""
    targets = [node.target for node in ast.walk(tree) if isinstance(node, ast.For)]
    loops = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    for statement in _statements(tree):
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
            named = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id in loops]
            for old in sorted({n.id for n in named}):
                for new in sorted(loops - {old}):
                    edit: Edit = {id(n): ast.Name(new, n.ctx) for n in named if n.id == old}
                    yield StatementEdit(edit, statement, Kind.INDEX, 1.2)


def _of_slices(statements: list[ast.stmt]) -> Iterator[StatementEdit]:
    """Stored at another slice that stands in the function."""
    slices = {ast.unparse(n): n for s in statements for n in ast.walk(s) if isinstance(n, ast.Slice)}
    for statement in statements:
        for target in _targets(statement):
            for node in ast.walk(target):
                for text, other in slices.items() if isinstance(node, ast.Slice) else ():
                    if text != ast.unparse(node):
                        yield StatementEdit({id(node): other}, statement, Kind.INDEX, 1.3, target)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AugAssign) else []


def _depend(a: ast.stmt, b: ast.stmt) -> bool:
    """Whether the order of two statements matters."""
    return bool(stored(a) & _named(b) or stored(b) & _named(a))


def _named(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def stored(statement: ast.AST) -> set[str]:
    """The variables that a statement or target stores in, or that a method of it changes."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Store):
            base = node.value if isinstance(node, ast.Subscript) else node
            found |= {base.id} if isinstance(base, ast.Name) else set()
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS
        ):
            found |= {node.func.value.id} if isinstance(node.func.value, ast.Name) else set()
    return found
