"""Which lines to show: the cheapest edit of each line, the likeliest line first."""

import ast
import copy
from collections.abc import Iterable

from ...results import Repair
from .program import Program
from .search import Cure
from .trees import parsed

MOST_LINES = 3
LONGER, LIKE_A_SIBLING, NO_NEW_NAME = 1e-3, 0.05, 0.01  # what a character costs; what speaks for an edit
MARGIN = 1.0  # an edit that costs so much more than the best is not what was meant


def rank(program: Program, cures: Iterable[Cure]) -> tuple[Repair, ...]:
    """The lines that a single edit mends; () where there is none, or more than MOST_LINES."""
    forms = {_form(site.expression) for site in program.sites if isinstance(site.expression, ast.BinOp)}
    best: dict[tuple[str, int], tuple[float, Cure]] = {}
    for cure in cures:
        key = cure.function, program.line_of(cure.function, cure.first)
        cost = _cost(cure, forms)
        if key not in best or cost < best[key][0]:
            best[key] = cost, cure
    ranked = sorted(best.items(), key=lambda item: item[1][0])
    near = [item for item in ranked if item[1][0] < ranked[0][1][0] + MARGIN]
    if len(near) > MOST_LINES:
        return ()
    return tuple(_repair(program, cure, line) for (_, line), (_, cure) in near)


def _repair(program: Program, cure: Cure, line: int) -> Repair:
    lines = program.lines[cure.function]
    part = ast.unparse(cure.at) if isinstance(cure.at, ast.expr) else ""
    return Repair(cure.function, line, str(cure.kind), lines[line - 1].strip(), part)


def _cost(cure: Cure, forms: set[str]) -> float:
    cost = cure.cost + LONGER * len(cure.text)
    if cure.text:
        new = parsed(cure.text)
        cost -= LIKE_A_SIBLING * (isinstance(new, ast.BinOp) and _form(new) in forms)
        cost -= NO_NEW_NAME * (_names(new) <= _names(cure.statement))
    return cost


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _form(expression: ast.expr) -> str:
    """An expression without its names."""
    bare = copy.deepcopy(expression)
    for node in ast.walk(bare):
        if isinstance(node, ast.Name):
            node.id = "_"
    return ast.unparse(bare)
