"""Edits that take a whole expression apart: what changes two of its places at once, or its form."""

import ast
import functools
import itertools
from collections.abc import Iterator

from .edits import Small
from .kinds import Kind
from .trees import called, exchanged, parsed, parts, product, substitute, transposed

SYMBOLS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
SIMPLE = ast.Name | ast.Subscript | ast.Constant | ast.Call | ast.Attribute
ATOM = ast.Name | ast.Subscript | ast.Attribute
MOST_OPERANDS = 8
MOST_ORDERS = 24  # of the terms of a sum
SLOPES = ("1 - {0} ** 2", "{0} * (1 - {0})", "1 - {0}", "{0}", "1 - np.tanh({0}) ** 2", "np.tanh({0})")


def other_parentheses(expression: ast.expr) -> Iterator[Small]:
    """The expression with one pair of parentheses more, fewer, or elsewhere."""
    if not isinstance(expression, ast.BinOp):
        return
    tokens = _tokens(expression)
    if sum(len(token) > 2 or token.isalnum() for token in tokens) > 2 * MOST_OPERANDS:
        return
    bare = _without_idle_pairs(tokens)
    seen = {ast.dump(parsed(" ".join(bare)))}
    for start in [bare] + [_without(bare, pair) for pair in _pairs(bare)]:
        operands = [n for n, token in enumerate(start) if not _is_sign(token)]
        spans = [(a, b) for n, a in enumerate(operands) for b in operands[n + 1 :]]
        for tokens in [start] + [
            [*start[:a], "(", *start[a : b + 1], ")", *start[b + 1 :]] for a, b in spans
        ]:
            try:
                tree = parsed(" ".join(tokens))
            except SyntaxError:
                continue
            if ast.dump(tree) not in seen:
                seen.add(ast.dump(tree))
                yield Small(tree, Kind.PARENTHESES)


def _tokens(node: ast.expr) -> list[str]:
    """Operands, operators and all parentheses."""
    if isinstance(node, ast.BinOp):
        return ["(", *_tokens(node.left), SYMBOLS.get(type(node.op), "%"), *_tokens(node.right), ")"]
    text = ast.unparse(node)
    return [text if isinstance(node, SIMPLE) else f"({text})"]


def _is_sign(token: str) -> bool:
    return token in ("(", ")") or token in SYMBOLS.values()


def _pairs(tokens: list[str]) -> list[tuple[int, int]]:
    open_, found = [], []
    for n, token in enumerate(tokens):
        if token == "(":
            open_.append(n)
        elif token == ")":
            found.append((open_.pop(), n))
    return found


def _without(tokens: list[str], pair: tuple[int, int]) -> list[str]:
    return [token for n, token in enumerate(tokens) if n not in pair]


def _without_idle_pairs(tokens: list[str]) -> list[str]:
    meaning = ast.dump(parsed(" ".join(tokens)))
    for pair in _pairs(tokens):
        fewer = _without(tokens, pair)
        if ast.dump(parsed(" ".join(fewer))) == meaning:
            return _without_idle_pairs(fewer)
    return tokens


def other_slopes(expression: ast.expr) -> Iterator[Small]:
    """In each product the factors that hold one variable exchanged for another function of it."""
    inner: set[int] = set()
    for part in parts(expression):
        if not (isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult)) or id(part) in inner:
            continue
        inner |= {id(n) for n in (part.left, part.right)}
        factors = _factors(part)
        atoms = {ast.unparse(n) for f in factors for n in parts(f) if isinstance(n, ast.Name | ast.Subscript)}
        for atom in sorted(atoms):
            others = [f for f in factors if atom not in {ast.unparse(n) for n in parts(f)}]
            if len(others) == len(factors):
                continue
            for slope in SLOPES:
                new = parsed(slope.format(atom))
                for factor in others:
                    new = product(factor, ast.Mult(), new)
                yield Small(exchanged(expression, part, new), Kind.SLOPE, 1.1)


def renamed(expression: ast.expr, others: list[str], indices: list[str]) -> Iterator[Small]:
    """A variable that stands there several times exchanged for another one throughout."""
    places: dict[str, list[ast.expr]] = {}
    for node in parts(expression):
        if isinstance(node, ATOM):
            places.setdefault(ast.unparse(node), []).append(node)
    for text, same in places.items():
        if len(same) < 2:
            continue
        base = same[0].value if isinstance(same[0], ast.Subscript) else None
        entries = [f"{ast.unparse(base)}[{index}]" for index in indices] if base else []
        for other in dict.fromkeys([*others, *entries]):
            if other != text and isinstance(parsed(other), ATOM):
                made = substitute(expression, {id(place): parsed(other) for place in same})
                assert isinstance(made, ast.expr)
                yield Small(made, Kind.NAME if other in others else Kind.INDEX, 1.1)


def exchanged_operands(expression: ast.expr) -> Iterator[Small]:
    """Two variables of an expression, each in the place of the other."""
    whole = called(expression)
    atoms = [n for n in parts(expression) if isinstance(n, ATOM) and id(n) not in whole]
    inner = {id(part) for atom in atoms for part in parts(atom) if part is not atom}
    for a, b in itertools.combinations([atom for atom in atoms if id(atom) not in inner], 2):
        if ast.unparse(a) != ast.unparse(b):
            made = substitute(expression, {id(a): b, id(b): a})
            assert isinstance(made, ast.expr)
            yield Small(made, Kind.ORDER, 1.1)


def moved_factors(expression: ast.expr) -> Iterator[Small]:
    """A factor or divisor of one part at another part, as where the chain rule is taken in another order."""
    for whole in parts(expression):
        for rest, operator, factor in _factored(whole):
            without = exchanged(expression, whole, rest)
            left_alone = called(without) | {id(rest)}
            for part in parts(without):
                if id(part) not in left_alone and not isinstance(part, ast.Slice | ast.Tuple):
                    yield Small(exchanged(without, part, product(part, operator, factor)), Kind.PLACE, 1.2)


def multiplied_out(expression: ast.expr) -> Iterator[Small]:
    """A sum of products for a product of sums: `a @ c + b @ d` for `(a + b) @ (c + d)`."""
    for whole in parts(expression):
        if isinstance(whole, ast.BinOp) and isinstance(whole.op, ast.Mult | ast.MatMult):
            left, right = _summands(whole.left), _summands(whole.right)
            if len(left) == len(right) > 1:
                for order in itertools.islice(itertools.permutations(right), MOST_ORDERS):
                    made = [product(a, whole.op, b) for a, b in zip(left, order)]
                    new = functools.reduce(lambda a, b: product(a, ast.Add(), b), made)
                    yield Small(exchanged(expression, whole, new), Kind.PARENTHESES, 1.3)


def _summands(node: ast.expr) -> list[ast.expr]:
    """The terms of a sum; of a transposed sum the transposed terms."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return [transposed(term) for term in _summands(node.value)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _summands(node.left) + _summands(node.right)
    return [node]


def _factored(whole: ast.expr) -> Iterator[tuple[ast.expr, ast.operator, ast.expr]]:
    """What is multiplied or divided, how, and by what."""
    if isinstance(whole, ast.BinOp) and isinstance(whole.op, ast.Mult | ast.Div):
        yield whole.left, whole.op, whole.right
        if isinstance(whole.op, ast.Mult):
            yield whole.right, whole.op, whole.left


def _factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _factors(node.left) + _factors(node.right)
    return [node]
