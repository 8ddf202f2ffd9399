"""A student's function and the helpers that it calls, as text that can be edited, compiled and run."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...syntax import parse
from .trees import Edit, Parents, locate

Role = Literal["value", "added", "returned", "argument", "iterated", "condition"]

EDITED, VALUE, SEEN, STEP, STEPS = "<edited>", "<value>", "<seen>", "<step>", "<steps>"  # no student's names


@dataclass(frozen=True, eq=False)
class Site:
    """An expression of the student's whose values are recorded, imposed, or computed in another way."""

    number: int
    function: str  #: that it stands in
    later: frozenset[str] | None  #: in a function inside that one: names that are set after its definition
    statement: ast.stmt
    expression: ast.expr
    role: Role


@dataclass(eq=False)
class Program:
    """An answer's text.

    name: the answer's.  functions: the definitions by name, the answer's first.  lines: their text.
    namespace: copies of what they read from the notebook.
    """

    name: str
    functions: dict[str, ast.FunctionDef]
    lines: dict[str, list[str]]
    namespace: dict[str, Any]
    sites: tuple[Site, ...] = ()
    parents: dict[str, Parents] = field(default_factory=dict)
    idle: dict[int, ast.stmt] = field(default_factory=dict)  #: by the id of a statement what to leave out
    elsewhere: frozenset[int] = frozenset()  #: of these the ids of those that are less likely to be meant

    def text(self, function: str) -> str:
        """The text of one of the functions."""
        return "\n".join(self.lines[function])

    def load(self, namespace: dict[str, Any], function: str, edit: Edit) -> Callable[..., Any]:
        """One of the functions, edited, that reads its names from a namespace, and is stored there."""
        tree = self.parents[function].substitute(edit) if edit else self.functions[function]
        module = ast.Module([tree], [])  # type: ignore[list-item]
        locate(module)
        exec(compile(module, "<candidate>", "exec"), namespace)
        return namespace[function]  # type: ignore[no-any-return]

    def hooked(self, function: str, sites: Iterable[Site]) -> Edit:
        """The edit of a function that puts hooks around some sites, and leaves out what is idle elsewhere.

        A hook is `VALUE(n) if EDITED(n) else SEEN(n, expression)`.
        """
        edit: dict[int, ast.AST | list[ast.stmt]] = {}
        chosen = {site.number for site in sites}
        for site in self.sites:
            if site.number in chosen:
                edit[id(site.expression)] = _hook(site)
            elif site.function == function and id(site.statement) in self.idle:
                edit[id(self.idle[id(site.statement)])] = []
        return edit

    def line_of(self, function: str, node: ast.AST) -> int:
        """The line of a node, counted from its function's `def` as 1."""
        return int(getattr(node, "lineno", 1)) - self.functions[function].lineno + 1


def put_sites(program: Program, chosen: Callable[[ast.stmt], bool] = lambda statement: True) -> None:
    """Makes the expressions of the chosen statements sites."""
    found = [
        Site(0, name, inner.get(id(node)), node, expression, role)
        for name, tree in program.functions.items()
        for inner in [_in_functions_inside(tree)]
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and chosen(node)
        for expression, role in _expressions(node)
    ]
    program.sites = tuple(replace(site, number=number) for number, site in enumerate(found))
    for tree in program.functions.values():
        _count_steps(tree)
    program.parents = {name: Parents(tree) for name, tree in program.functions.items()}


def _hook(site: Site) -> ast.expr:
    def call(name: str, *more: ast.expr) -> ast.Call:
        return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(site.number), *more], [])

    return ast.IfExp(call(EDITED), call(VALUE), call(SEEN, site.expression))


def _count_steps(tree: ast.FunctionDef) -> None:
    """Of the loops that an edit may keep from ending: `while`, and `for` through a list."""
    for node in ast.walk(tree):
        if isinstance(node, ast.While):
            step = ast.Call(ast.Name(STEP, ast.Load()), [], [])
            node.test = ast.BoolOp(ast.And(), [step, node.test])
            locate(node.test, node.lineno)
        elif isinstance(node, ast.For) and not isinstance(node.iter, ast.Call | ast.Constant):
            node.iter = ast.Call(ast.Name(STEPS, ast.Load()), [node.iter], [])
            locate(node.iter, node.lineno)


def _in_functions_inside(tree: ast.FunctionDef) -> dict[int, frozenset[str]]:
    """By the ids of statements of functions in a function: the names that this one sets only after them."""
    names = [
        node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    found: dict[int, frozenset[str]] = {}
    for inner in ast.walk(tree):
        if isinstance(inner, ast.FunctionDef) and inner is not tree:
            last = inner.end_lineno or inner.lineno
            later = {n.id for n in names if n.lineno > last} - {
                n.id for n in names if n.lineno < inner.lineno
            }
            found |= {id(node): frozenset(later) for node in ast.walk(inner) if node is not inner}
    return found


def parsed_definition(text: str) -> ast.FunctionDef:
    """A definition's tree, without annotations, which may name what only the notebook has."""
    tree = parse(text).body[0]
    assert isinstance(tree, ast.FunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return tree


def _expressions(statement: ast.stmt) -> Iterator[tuple[ast.expr, Role]]:
    """A statement's expressions that become sites: of a literal its elements."""
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        yield from ((part, "value") for part in _elements(statement.value))
    elif isinstance(statement, ast.AugAssign):
        yield statement.value, "added"
    elif isinstance(statement, ast.Return) and statement.value is not None:
        yield from ((part, "returned") for part in _elements(statement.value))
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        for argument in statement.value.args:
            if not isinstance(argument, ast.Starred):
                yield from ((part, "argument") for part in _elements(argument))
    elif isinstance(statement, ast.For):
        yield statement.iter, "iterated"
    elif isinstance(statement, ast.If | ast.While):
        yield statement.test, "condition"


def _elements(expression: ast.expr) -> list[ast.expr]:
    if isinstance(expression, ast.Tuple | ast.List):
        inner = [part for part in expression.elts if not isinstance(part, ast.Starred)]
    elif isinstance(expression, ast.Dict):
        inner = [value for key, value in zip(expression.keys, expression.values) if key is not None]
    else:
        return [expression]
    return [part for element in inner for part in _elements(element)]
