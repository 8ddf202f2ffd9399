"""Edits that take a whole expression apart: other parentheses, and another slope in a product."""

import ast
from collections.abc import Iterator

from .edits import Small
from .kinds import Kind
from .trees import exchanged, parsed, parts, product, substitute

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


def renamed(expression: ast.expr, others: list[str]) -> Iterator[Small]:
    """A variable that stands there several times exchanged for another one throughout."""
    texts = [ast.unparse(n) for n in parts(expression) if isinstance(n, ATOM)]
    for text in dict.fromkeys(texts):
        if texts.count(text) > 1:
            places = [id(n) for n in parts(expression) if isinstance(n, ATOM) and ast.unparse(n) == text]
            for other in others:
                if other != text and isinstance(parsed(other), ATOM):
                    made = substitute(expression, {place: parsed(other) for place in places})
                    assert isinstance(made, ast.expr)
                    yield Small(made, Kind.NAME, 1.1)


def _factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _factors(node.left) + _factors(node.right)
    return [node]
