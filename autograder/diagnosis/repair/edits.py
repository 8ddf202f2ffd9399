"""Small edits of one part of an expression: what else might stand there."""

import ast
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from .kinds import Kind
from .trees import exchanged, negated, parsed, parts, product, transposed


class Small(NamedTuple):
    """What stands in the place of a part, the kind of that change in words, and what it costs."""

    new: ast.expr
    kind: Kind
    cost: float = 1.0


ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.MatMult, ast.Div)
COMPARISONS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)
MOST_LETTERS = 4  # of a string whose letters are put in another order
ALIKE = (
    ("zeros_like", "ones_like", "empty_like"),
    ("zeros", "ones"),
    ("sum", "mean"),
    ("max", "min", "argmax", "argmin"),
    ("maximum", "minimum"),
    ("tanh", "cosh", "sinh", "exp", "sin", "arctanh"),
    ("exp", "log", "log1p", "expm1"),
    ("sqrt", "square", "abs"),
    ("hstack", "vstack", "concatenate", "stack"),
    ("cumsum", "cumprod"),
    ("dot", "outer", "inner", "matmul"),
    ("append", "extend"),
    ("value", "slope"),
)


class Others(NamedTuple):
    """What stands elsewhere in the text: indices that are slices or have several axes, slices, strings."""

    slices: list[str]
    bounds: list[str]
    strings: list[str]


def small_edits(node: ast.expr, indexing: bool, others: Others) -> Iterator[Small]:
    """The small edits of a part; indexing: whether it stands in an index."""
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node, indexing)
    elif isinstance(node, ast.UnaryOp):
        yield Small(node.operand, Kind.SIGN if isinstance(node.op, ast.USub) else Kind.CONDITION)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for comparison in COMPARISONS:
            if not isinstance(node.ops[0], comparison):
                yield Small(ast.Compare(node.left, [comparison()], node.comparators), Kind.CONDITION)
    elif isinstance(node, ast.BoolOp):
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield Small(ast.BoolOp(other, node.values), Kind.CONDITION)
        yield from (Small(value, Kind.CONDITION) for value in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (Small(n, Kind.CONDITION) for n in (node.body, node.orelse))
        yield Small(ast.IfExp(node.test, node.orelse, node.body), Kind.CONDITION)
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node, Kind.INDEX if indexing else Kind.NUMBER)
        yield from _of_string(node, Kind.INDEX if indexing else Kind.SETTING, others.strings)
    elif isinstance(node, ast.Attribute):
        yield from _of_attribute(node)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.List | ast.Tuple) and 1 < len(node.elts) < 5 and not indexing:
        for order in itertools.permutations(node.elts):
            if list(order) != node.elts:
                yield Small(type(node)(list(order), ast.Load()), Kind.ORDER)
    elif isinstance(node, ast.Subscript):
        yield from _of_subscript(node, others)
    if isinstance(node, ast.Name | ast.Subscript | ast.Attribute | ast.Call) and not indexing:
        yield Small(negated(node), Kind.SIGN)
        yield Small(product(node, ast.Pow(), ast.Constant(2)), Kind.POWER)
        yield Small(product(ast.Constant(1), ast.Sub(), node), Kind.FACTOR, 1.1)
        for text in ("::-1", "1:", ":-1"):
            yield Small(parsed(f"({ast.unparse(node)})[{text}]"), Kind.SLICE, 1.2)
    if isinstance(node, ast.Name):
        yield Small(ast.Constant(1), Kind.NUMBER, 1.2)
        for step in (1, -1):
            yield Small(
                product(node, ast.Add(), ast.Constant(step)), Kind.INDEX if indexing else Kind.NUMBER, 1.1
            )
    if isinstance(node, ast.Name | ast.Subscript | ast.Attribute) and not indexing:
        text = ast.unparse(node)
        yield Small(parsed(f"{text}.copy()"), Kind.COPY, 1.2)
        yield Small(parsed(f"np.zeros_like({text})"), Kind.START, 1.2)


def _of_operation(node: ast.BinOp, indexing: bool) -> Iterator[Small]:
    additive = isinstance(node.op, ast.Add | ast.Sub)
    for operator in ARITHMETIC:
        if not isinstance(node.op, (operator, ast.Pow)):
            turned = additive and operator in (ast.Add, ast.Sub)
            kind = Kind.INDEX if indexing else Kind.SIGN if turned else Kind.OPERATOR
            yield Small(product(node.left, operator(), node.right), kind, 1.0 if turned else 1.3)
    kind = Kind.POWER if isinstance(node.op, ast.Pow) else Kind.FACTOR
    kind = Kind.INDEX if indexing else Kind.TERM if additive else kind
    yield Small(node.left, kind)
    yield Small(node.right, kind)
    if not isinstance(node.op, ast.Add | ast.Mult):
        yield Small(product(node.right, node.op, node.left), Kind.ORDER)
    if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List) and len(node.left.elts) == 1:
        one, number = ast.unparse(node.left.elts[0]), ast.unparse(node.right)
        yield Small(parsed(f"[{one} for _ in range({number})]"), Kind.COPY)
    if isinstance(node.op, ast.MatMult):
        left, right = transposed(node.left), transposed(node.right)
        for first, second in ((left, node.right), (node.left, right), (left, right)):
            yield Small(product(first, node.op, second), Kind.TRANSPOSE)
        yield Small(product(right, node.op, left), Kind.TRANSPOSE)
        yield Small(product(right, node.op, node.left), Kind.TRANSPOSE, 1.1)
        yield Small(product(node.right, node.op, left), Kind.TRANSPOSE, 1.1)


def _of_constant(node: ast.Constant, kind: Kind) -> Iterator[Small]:
    value = node.value
    if isinstance(value, bool):
        yield Small(ast.Constant(not value), Kind.SETTING)
    elif isinstance(value, int | float):
        for other in dict.fromkeys((value + 1, value - 1, -value, 2 * value, value / 2, 0, 1, 2)):
            if other != value:
                yield Small(ast.Constant(int(other) if other == int(other) else other), kind)
    elif isinstance(value, str) and "->" in value:
        yield from (Small(ast.Constant(text), Kind.INDEX) for text in _other_letters(value))


def _of_string(node: ast.Constant, kind: Kind, strings: list[str]) -> Iterator[Small]:
    """Another string of the text; of a few letters, such as gates, another order or another letter."""
    text = node.value
    if not isinstance(text, str) or "->" in text:
        return
    found: dict[str, Kind] = {}
    if 1 < len(text) <= MOST_LETTERS:
        found = {"".join(letters): Kind.ORDER for letters in itertools.permutations(text)}
    found |= {other: kind for other in strings if other not in found}
    if len(text) <= MOST_LETTERS:
        letters = sorted({c for other in strings if len(other) <= MOST_LETTERS for c in other})
        for n, c in itertools.product(range(len(text)), letters):
            found.setdefault(text[:n] + c + text[n + 1 :], kind)
    yield from (Small(ast.Constant(other), of) for other, of in found.items() if other != text)


def _other_letters(text: str) -> Iterator[str]:
    """Index letters of `einsum`, with two neighbours exchanged, or one letter for another."""
    letters = sorted({c for c in text if c.isalpha()})
    for n, c in enumerate(text):
        if not c.isalpha():
            continue
        if n + 1 < len(text) and text[n + 1].isalpha():
            yield text[:n] + text[n + 1] + c + text[n + 2 :]
        yield text[:n] + text[n + 1 :]
        yield from (text[:n] + other + text[n + 1 :] for other in letters if other != c)


def _of_attribute(node: ast.Attribute) -> Iterator[Small]:
    if node.attr == "T":
        yield Small(node.value, Kind.TRANSPOSE)
    for names in ALIKE:
        if node.attr in names:
            for name in names:
                if name != node.attr:
                    yield Small(ast.Attribute(node.value, name, ast.Load()), Kind.FUNCTION)


def _of_call(node: ast.Call) -> Iterator[Small]:
    for n, keyword in enumerate(node.keywords):
        others = [k for k in node.keywords if k is not keyword]
        kind = Kind.AXIS if keyword.arg == "axis" else Kind.SETTING
        yield Small(ast.Call(node.func, node.args, others), kind)
        if keyword.arg == "axis":
            for axis in ("0", "1", "2", "-1", "(0, 1)"):
                new = ast.keyword("axis", parsed(axis))
                yield Small(ast.Call(node.func, node.args, [*others[:n], new, *others[n:]]), Kind.AXIS)
    yield from (
        Small(argument, Kind.FUNCTION) for argument in node.args if not isinstance(argument, ast.Starred)
    )
    for a, b in itertools.combinations(range(len(node.args)), 2):
        swapped = list(node.args)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        yield Small(ast.Call(node.func, swapped, node.keywords), Kind.ORDER_OF_ARGUMENTS)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name:
        assert isinstance(node.func, ast.Attribute)
        yield Small(node.func.value, Kind.FUNCTION)
    if name in ("sum", "mean", "concatenate", "stack", "max", "min"):
        given = {k.arg for k in node.keywords}
        if "axis" not in given:
            for axis in ("0", "1", "-1", "(0, 1)"):
                more = [*node.keywords, ast.keyword("axis", parsed(axis))]
                yield Small(ast.Call(node.func, node.args, more), Kind.AXIS)
        if "keepdims" not in given:
            more = [*node.keywords, ast.keyword("keepdims", ast.Constant(True))]
            yield Small(ast.Call(node.func, node.args, more), Kind.SETTING)


def _of_subscript(node: ast.Subscript, others: Others) -> Iterator[Small]:
    def at(index: ast.expr) -> ast.Subscript:
        return ast.Subscript(node.value, index, ast.Load())

    if not isinstance(node.slice, ast.Slice | ast.Tuple | ast.Constant):
        for step in (1, -1):
            yield Small(at(product(node.slice, ast.Add(), ast.Constant(step))), Kind.INDEX)
    yield Small(node.value, Kind.INDEX)
    if isinstance(node.slice, ast.Slice | ast.Tuple):
        text = ast.unparse(node.value)
        yield from (
            Small(parsed(f"{text}[{s}]"), Kind.SLICE)
            for s in dict.fromkeys([*others.slices, "1:", ":-1", ":"])
        )
    for bounds in parts(node.slice):
        if isinstance(bounds, ast.Slice):
            if isinstance(node.slice, ast.Tuple):
                for other in others.bounds:
                    index = parsed(f"_[{other}]")
                    assert isinstance(index, ast.Subscript)
                    yield Small(at(exchanged(node.slice, bounds, index.slice)), Kind.SLICE)
            for field in ("lower", "upper", "step"):
                value = getattr(bounds, field)
                ends: list[ast.expr | None] = [None] if value is not None else []
                if field == "step":
                    ends += [] if value is not None else [ast.Constant(-1)]
                elif value is None:
                    ends += [ast.Constant(1) if field == "lower" else ast.Constant(-1)]
                else:
                    ends += [product(value, ast.Add(), ast.Constant(n)) for n in (1, -1)]
                for end in ends:
                    new = ast.Slice(
                        **{f: getattr(bounds, f) for f in ("lower", "upper", "step")} | {field: end}
                    )
                    yield Small(at(exchanged(node.slice, bounds, new)), Kind.SLICE)
