"""Syntax trees that are edited without being changed: what is not on the way to an edit is shared."""

import ast
import copy
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from ...syntax import parse

WRITERS = {"append", "extend", "insert", "pop", "popitem", "remove", "clear", "update", "setdefault", "sort"}
WRITERS |= {
    "reverse",
    "add",
    "discard",
    "fill",
    "put",
    "itemset",
    "at",
    "next",
    "popleft",
    "appendleft",
    "__next__",
}
WRITERS |= {"copyto", "fill_diagonal", "place", "putmask", "shuffle", "send", "__setitem__", "resize"}

# without an index, these objects of NumPy are sequences that go on for ever
ENDLESS = {"c_", "r_", "s_", "mgrid", "ogrid"}
ENDED = compile("_never_ends_", "<candidate>", "eval")  # a name that nothing has

Edit = Mapping[int, ast.AST | list[ast.stmt]]  # by the id of a node: what stands in its place


def substitute(node: ast.AST, edit: Edit) -> ast.AST | list[ast.stmt]:
    """A tree in which some nodes are exchanged; a list of statements takes the place of one."""
    if id(node) in edit:
        return _located(edit[id(node)], node)
    changed: ast.AST | None = None
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            new: object = substitute(value, edit)
            differs = new is not value
        elif isinstance(value, list) and value and isinstance(value[0], ast.AST | None):
            new = _substitute_each(value, edit)
            differs = len(new) != len(value) or any(a is not b for a, b in zip(new, value))
            if not new and isinstance(value[0], ast.stmt):
                new = [ast.Pass()]
        else:
            continue
        if differs:
            changed = changed or copy.copy(node)
            setattr(changed, field, new)
    return changed or node


def _substitute_each(nodes: list[ast.AST | None], edit: Edit) -> list[ast.AST | None]:
    found: list[ast.AST | None] = []
    for node in nodes:
        new = node if node is None else substitute(node, edit)
        found += new if isinstance(new, list) else [new]
    return found


class Parents:
    """Knows the way from each node of a tree up to its root, so that an edit costs no walk through it all."""

    def __init__(self, root: ast.AST) -> None:
        self._root = root
        self._parents = {id(child): node for node in ast.walk(root) for child in ast.iter_child_nodes(node)}

    def substitute(self, edit: Edit) -> ast.AST:
        """The tree with an edit made, as `substitute` makes it."""
        on_the_way: set[int] = set()
        for number in edit:
            node = self._parents.get(number)
            while node is not None and id(node) not in on_the_way:
                on_the_way.add(id(node))
                node = self._parents.get(id(node))
        return self._rebuilt(self._root, edit, on_the_way)

    def exchanged(self, part: ast.expr, new: ast.expr) -> ast.expr:
        """An expression's tree with `new` in the place of one part."""
        made = _located(new, part) if part is self._root else self.substitute({id(part): new})
        assert isinstance(made, ast.expr)
        return made

    def _rebuilt(self, node: ast.AST, edit: Edit, on_the_way: set[int]) -> ast.AST:
        made = copy.copy(node)
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                new: list[Any] = []
                for part in value:
                    one = self._exchanged(part, edit, on_the_way)
                    new += one if isinstance(one, list) else [one]
                is_block = bool(value) and isinstance(value[0], ast.stmt)
                setattr(made, field, new or ([ast.Pass()] if is_block else []))
            elif isinstance(value, ast.AST):
                setattr(made, field, self._exchanged(value, edit, on_the_way))
        return made

    def _exchanged(self, part: Any, edit: Edit, on_the_way: set[int]) -> Any:
        if id(part) in edit:
            return _located(edit[id(part)], part)
        return self._rebuilt(part, edit, on_the_way) if id(part) in on_the_way else part


def _located(new: ast.AST | list[ast.stmt], node: ast.AST) -> ast.AST | list[ast.stmt]:
    for part in new if isinstance(new, list) else [new]:
        locate(part, getattr(node, "lineno", 1))
    return new


def locate(node: ast.AST, line: int = 1) -> None:
    """Gives new nodes a place in the text, which the compiler asks for; those that have one are left."""
    if "lineno" in node._attributes:
        if hasattr(node, "end_lineno") and hasattr(node, "lineno"):
            return
        node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
        node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
    for child in ast.iter_child_nodes(node):
        locate(child, line)


def exchanged(root: ast.expr, node: ast.expr, new: ast.expr) -> ast.expr:
    """The expression `root` with `new` in the place of its part `node`."""
    made = substitute(root, {id(node): new})
    assert isinstance(made, ast.expr)
    return made


def compiled(expression: ast.expr) -> CodeType:
    """An expression's code, for `eval`; of one that might never end, code that raises NameError."""
    whole = ast.Expression(body=expression)
    locate(whole)
    code = compile(whole, "<candidate>", "eval")
    return ENDED if _names(code) & ENDLESS and _may_not_end(expression) else code


def _names(code: CodeType) -> set[str]:
    """The names and attributes in an expression's code, and in the comprehensions in it."""
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _may_not_end(expression: ast.expr) -> bool:
    nodes = list(ast.walk(expression))
    indexed = {id(node.value) for node in nodes if isinstance(node, ast.Subscript)}
    return any(isinstance(n, ast.Attribute) and n.attr in ENDLESS and id(n) not in indexed for n in nodes)


def parsed(text: str) -> ast.expr:
    """The tree of an expression."""
    (statement,) = parse(f"({text}\n)").body
    assert isinstance(statement, ast.Expr)
    return statement.value


def parts(expression: ast.expr) -> Iterator[ast.expr]:
    """The parts of an expression that can be replaced by another expression, itself first."""
    for node in ast.walk(expression):
        if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            yield node


def first_difference(old: ast.AST, new: ast.AST) -> ast.AST:
    """The first part of `old` in whose place `new` has another one; `old` itself where their forms differ."""
    if type(old) is type(new):
        ours, theirs = list(ast.iter_child_nodes(old)), list(ast.iter_child_nodes(new))
        if len(ours) == len(theirs):
            for a, b in zip(ours, theirs):
                if ast.dump(a) != ast.dump(b):
                    return first_difference(a, b) if hasattr(a, "lineno") else old
    return old


def called(root: ast.expr) -> set[int]:
    """Ids of the parts that are called, or the modules of what is called."""
    found = set()
    for node in ast.walk(root):
        if isinstance(node, ast.Call):
            found.add(id(node.func))
            if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                found |= {id(node.func.value)} if node.func.value.id == "np" else set()
    return found


def writes(expression: ast.AST) -> bool:
    """Whether evaluating an expression may change a variable."""
    for node in ast.walk(expression):
        if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in WRITERS or any(keyword.arg == "out" for keyword in node.keywords):
                return True
    return False


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements in a statement or function."""
    for inner in ast.walk(node):
        for field in ("body", "orelse"):
            block = getattr(inner, field, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def product(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.BinOp:
    """An operation on two expressions."""
    return ast.BinOp(left, operator, right)


def negated(node: ast.expr) -> ast.expr:
    """Minus an expression."""
    return ast.UnaryOp(ast.USub(), node)


def transposed(node: ast.expr) -> ast.expr:
    """The transpose of an expression; of a transpose what it is the transpose of."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())
