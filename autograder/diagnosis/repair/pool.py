"""What a student might have meant: the expressions that a function's own names can make."""

import ast
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from .program import STEP, STEPS, Program
from .trace import Scopes
from .trees import compiled, parsed, parts, writes
from .vectors import fingerprint

LONGEST = 60  # characters of a part of the student's text that is tried elsewhere
LONGEST_KEY = 12  # characters of a string that may be a key
NEAR = ("{}", "{} + 1", "{} - 1")  # indices
MOST_ALIKE = 3
LARGEST = 3000  # numbers


class Known(NamedTuple):
    """An expression, and its value in each scope."""

    text: str
    values: list[Any]
    is_atom: bool  #: a name, perhaps with an index or a field
    is_written: bool  #: whether the student has written it somewhere in the function
    alike: tuple[str, ...] = ()  #: others that have the same value here, but perhaps not everywhere

    @property
    def node(self) -> ast.expr:
        """Its tree."""
        return parsed(self.text)

    @property
    def spellings(self) -> list[ast.expr]:
        """The trees of it and of what has the same value."""
        return [parsed(text) for text in (self.text, *self.alike)]


class Compiled(NamedTuple):
    """The code of an expression, and whether it is an atom."""

    code: CodeType
    is_atom: bool


class Pool:
    """The expressions that one function's names, indices and fields make."""

    def __init__(self, program: Program, function: str) -> None:
        tree = program.functions[function]
        self.written: dict[str, None] = {}
        self.indices: dict[str, None] = {"0": None, "-1": None}
        self.slices: dict[str, None] = {}
        self.bounds: dict[str, None] = {}  # of one axis
        self._sequences: dict[str, None] = {}
        self._tables: dict[str, None] = {}
        self._scales: set[str] = set()
        self._pairs: dict[str, None] = {}
        self.strings: dict[str, None] = {}
        for node in ast.walk(tree):
            self._look_at(node)
        # an argument that the student never reads may belong where something else stands
        self.written |= dict.fromkeys(argument.arg for argument in tree.args.args)
        self._code: dict[str, Compiled] = {}

    def _look_at(self, node: ast.AST) -> None:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (STEP, STEPS):
            return  # not the student's
        is_read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        if (
            isinstance(node, ast.BinOp | ast.Attribute | ast.Call | ast.Name | ast.Subscript)
            and is_read
            and getattr(node, "id", "") not in (STEP, STEPS)
            and not writes(node)
        ):
            text = ast.unparse(node)
            if len(text) < LONGEST:
                self.written[text] = None
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < LONGEST_KEY:
            self.strings[node.value] = None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            self._scales |= {n.id for n in (node.left, node.right) if isinstance(n, ast.Name)}
        if isinstance(node, ast.Subscript):
            axes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            for axis in axes:
                self.bounds |= dict.fromkeys(_with_the_rest(axis))
            if isinstance(node.slice, ast.Slice | ast.Tuple):
                self.slices[_slice_text(node.slice)] = None
                if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
                    self._tables[ast.unparse(node.value)] = None
                    if not any(isinstance(n, ast.Slice) for n in node.slice.elts):
                        self._pairs[_slice_text(node.slice)] = None
                        self.indices |= dict.fromkeys(map(ast.unparse, node.slice.elts))
            elif isinstance(node.value, ast.Name | ast.Attribute):
                self._sequences[ast.unparse(node.value)] = None
                if not isinstance(node.slice, ast.Constant):
                    self.indices[ast.unparse(node.slice)] = None
                    for name in [n.id for n in ast.walk(node.slice) if isinstance(n, ast.Name)]:
                        self.indices |= dict.fromkeys(text.format(name) for text in NEAR)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
            self.indices |= dict.fromkeys(map(ast.unparse, node.args[:2]))
        if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
            self.indices |= dict.fromkeys(text.format(node.target.id) for text in NEAR)

    def texts(self, scope: Mapping[str, Any]) -> Iterator[str]:
        """Expressions that may have a value in this scope, what the student has written first."""
        yield from self.written
        for sequence in self._sequences:
            yield sequence
            yield from (f"{sequence}[{index}]" for index in self.indices)
        for table in self._tables:
            yield from (f"{table}[{a}, {b}]" for a in self.indices for b in self.indices)
        for name, value in scope.items():
            if not name.isidentifier() or name.startswith("__"):
                continue
            fields = [name]
            if isinstance(value, dict):
                fields += [f"{name}[{key!r}]" for key in value if isinstance(key, str | int)]
            elif hasattr(value, "_fields"):
                fields += [f"{name}.{field}" for field in value._fields]
            elif not isinstance(value, np.ndarray | list):
                yield name
                continue
            for field in fields:
                yield field
                yield from (f"{field}[{index}]" for index in (*self.indices, *self._pairs))

    def known(self, scopes: Scopes) -> list[Known]:
        """The expressions of numbers that have a value in all scopes, each value once."""
        found: dict[object, Known] = {}
        texts = {text: self._compiled(text) for text in self.texts(scopes[0])}
        # what is read as a name before what may be made of names that are not there yet in the first step
        for text in sorted(texts, key=lambda text: not texts[text].is_atom):
            code = texts[text].code
            try:
                values = [eval(code, scope) for scope in scopes]  # type: ignore[arg-type]
            except Exception:
                continue
            if text in self._scales:  # a whole number that something is multiplied with or divided by
                values = [float(value) if type(value) is int else value for value in values]
            if not all(is_quantity(value) and np.size(value) <= LARGEST for value in values):
                continue
            name = tuple(fingerprint(value) for value in values)
            if name not in found:
                found[name] = Known(text, values, texts[text].is_atom, text in self.written)
            elif len(found[name].alike) < MOST_ALIKE:
                found[name] = found[name]._replace(alike=(*found[name].alike, text))
        return list(found.values())

    def _compiled(self, text: str) -> Compiled:
        if text not in self._code:
            node = parsed(text)
            self._code[text] = Compiled(compiled(node), is_atom(node))
        return self._code[text]


def is_quantity(value: Any) -> bool:
    """Whether a value is a number or an array of numbers, not a count."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fcb"
    return isinstance(value, float | np.floating)


def is_atom(node: ast.expr) -> bool:
    """A name, perhaps with a field or an index."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript) and any(isinstance(n, ast.Call) for n in parts(node.slice)):
            return False
        node = node.value
    return isinstance(node, ast.Name)


def _with_the_rest(axis: ast.expr) -> Iterator[str]:
    """The text of a slice, and of what lies before or behind it: `:D` and `D:`."""
    if isinstance(axis, ast.Slice) and axis.step is None and (axis.lower or axis.upper):
        yield ast.unparse(axis)
        if axis.lower is None and axis.upper:
            yield f"{ast.unparse(axis.upper)}:"
        elif axis.upper is None and axis.lower:
            yield f":{ast.unparse(axis.lower)}"


def _slice_text(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple) and node.elts:
        return ", ".join(map(ast.unparse, node.elts))
    return ast.unparse(node)
