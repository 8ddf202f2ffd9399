"""A student's function and the helpers that it calls, as text that can be edited, compiled and run."""

import ast
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...syntax import parse
from .trees import Edit, Parents, locate

Role = Literal["value", "added", "returned", "argument", "iterated", "condition"]

EDITED, VALUE, SEEN = "<edited>", "<value>", "<seen>"  # names of the hooks, which no student can have


@dataclass(frozen=True, eq=False)
class Site:
    """An expression of the student's whose values are recorded, imposed, or computed in another way."""

    number: int
    function: str  #: that it stands in
    is_nested: bool  #: whether in a function inside that one
    statement: ast.stmt
    expression: ast.expr
    role: Role


@dataclass(eq=False)
class Program:
    """An answer's text.

    name: the answer's.  functions: the definitions by name, the answer's first, in which hooks are put
    around the sites' expressions; plain: the same without.  lines: their text.  namespace: copies of what
    they read from the notebook.
    """

    name: str
    functions: dict[str, ast.FunctionDef]
    plain: dict[str, ast.FunctionDef]
    lines: dict[str, list[str]]
    namespace: dict[str, Any]
    sites: tuple[Site, ...] = ()
    parents: dict[str, Parents] = field(default_factory=dict)

    def text(self, function: str) -> str:
        """The text of one of the functions."""
        return "\n".join(self.lines[function])

    def load(self, hooks: Mapping[str, Any]) -> dict[str, Any]:
        """A namespace with the functions in it, in which hooks are called around the sites' expressions.

        hooks: the functions EDITED, VALUE and SEEN.
        """
        namespace = {**self.namespace, **hooks}
        exec(_compiled(list(self.functions.values())), namespace)
        return namespace

    @contextmanager
    def edited(self, namespace: dict[str, Any], function: str, edit: Edit) -> Iterator[None]:
        """Inside, one of the functions in a namespace is an edited one."""
        before = namespace[function]
        try:
            exec(_compiled([self.parents[function].substitute(edit)]), namespace)
            yield
        finally:
            namespace[function] = before

    def line_of(self, function: str, node: ast.AST) -> int:
        """The line of a node, counted from its function's `def` as 1."""
        return int(getattr(node, "lineno", 1)) - self.functions[function].lineno + 1


def put_sites(program: Program, chosen: Callable[[ast.stmt], bool] = lambda statement: True) -> None:
    """Makes the expressions of the chosen statements sites, with hooks around them."""
    found = [
        Site(0, name, id(node) in inner, node, expression, role)
        for name, tree in program.functions.items()
        for inner in [_in_functions_inside(tree)]
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and chosen(node)
        for expression, role in _expressions(node)
    ]
    program.sites = tuple(replace(site, number=number) for number, site in enumerate(found))
    for site in program.sites:
        _put_hooks(site)
    program.parents = {name: Parents(tree) for name, tree in program.functions.items()}


def _in_functions_inside(tree: ast.FunctionDef) -> set[int]:
    """Ids of the statements of functions that are defined in a function."""
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node is not tree]
    return {id(node) for definition in inside for node in ast.walk(definition) if node is not definition}


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


def _compiled(functions: Sequence[ast.AST]) -> types.CodeType:
    module = ast.Module(list(functions), [])  # type: ignore[arg-type]
    locate(module)
    return compile(module, "<candidate>", "exec")


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


def _put_hooks(site: Site) -> None:
    """Puts `VALUE(n) if EDITED(n) else SEEN(n, expression)` in the place of a site's expression."""

    def call(name: str, *more: ast.expr) -> ast.Call:
        return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(site.number), *more], [])

    hooked = ast.IfExp(call(EDITED), call(VALUE), call(SEEN, site.expression))
    locate(hooked, site.expression.lineno)
    for holder in ast.walk(site.statement):
        for field_, value in ast.iter_fields(holder):
            if value is site.expression:
                setattr(holder, field_, hooked)
                return
            if isinstance(value, list) and any(part is site.expression for part in value):
                value[next(n for n, part in enumerate(value) if part is site.expression)] = hooked
                return


def without_hooks(node: ast.AST) -> ast.AST:
    """What stands in the text where a hook is."""
    if isinstance(node, ast.IfExp) and isinstance(node.orelse, ast.Call):
        called = node.orelse.func
        if isinstance(called, ast.Name) and called.id == SEEN:
            return node.orelse.args[1]
    return node
