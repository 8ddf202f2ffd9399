"""A whole expression replaced or increased by an operation on two known ones: all pairs are tested at once.

The test is a weighted sum, so that for all products of two lists of values it is one product of matrices.
"""

import ast
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...compare import Array
from .by_value import each, shaped
from .candidates import Candidate, values_in
from .kinds import Kind
from .pool import Known
from .program import Site
from .trace import Trace
from .trees import product, transposed
from .value_test import CLOSE, ValueTest

Stacks = dict[tuple[int, int], Array]  # by the number of a scope and the id of a list of values
SLACK = 10.0  # how much more than the test's own tolerance: what is left is tested once more


class Operation(NamedTuple):
    """An operation on two values.

    turns: which of them is transposed, of a product of matrices.
    """

    sign: type[ast.operator]
    function: Callable[[Any, Any], Any]
    is_ordered: bool
    turns: tuple[bool, bool] = (False, False)

    def node(self, a: ast.expr, b: ast.expr) -> ast.expr:
        """The operation as an expression."""
        left = transposed(a) if self.turns[0] else a
        return product(left, self.sign(), transposed(b) if self.turns[1] else b)

    def values(self, a: list[Any], b: list[Any]) -> list[Any] | None:
        """Its value in each scope; None where there is none."""
        left = [value.T for value in a] if self.turns[0] else a
        return each(self.function, left, [value.T for value in b] if self.turns[1] else b)


PRODUCT = Operation(ast.Mult, np.multiply, False)
OPERATIONS = (
    PRODUCT,
    Operation(ast.Add, np.add, False),
    Operation(ast.Sub, np.subtract, True),
    Operation(ast.MatMult, np.matmul, True),
    Operation(ast.MatMult, np.matmul, True, (True, False)),
    Operation(ast.MatMult, np.matmul, True, (False, True)),
)


def pairs_by_value(site: Site, test: ValueTest, known: list[Known], trace: Trace) -> Iterator[Candidate]:
    """The candidates that pass the test."""
    root = site.expression
    scopes = [{**trace.namespace, **scope} for scope in test.scopes]
    mine = values_in(root, scopes)
    own = None if mine is None else test.sum_of(mine)
    stacks: Stacks = {}
    with np.errstate(all="ignore"):
        for left, operations in ((list(shaped(known, scopes)), (PRODUCT,)), (known, OPERATIONS)):
            for operation in operations:
                sums = _sums(operation, left, known, test, stacks)
                for a, b in _near(sums, test.wanted, test, left, known, operation):
                    values = operation.values(a.values, b.values)
                    if values is not None and test.passes(values):
                        for left_node, right_node in itertools.product(a.spellings, b.spellings):
                            new = operation.node(left_node, right_node)
                            yield Candidate(site, new, root, Kind.EXPRESSION, 3.0)
                if mine is None or own is None or left is not known:
                    continue
                if operation.sign in (ast.Mult, ast.MatMult):
                    for a, b in _near(sums, test.wanted - own, test, left, known, operation):
                        values = operation.values(a.values, b.values)
                        total = None if values is None else each(np.add, mine, values)
                        if total is not None and test.passes(total):
                            for left_node, right_node in itertools.product(a.spellings, b.spellings):
                                new = product(root, ast.Add(), operation.node(left_node, right_node))
                                yield Candidate(site, new, root, Kind.TERM, 3.0)


def _near(
    sums: Array,
    wanted: float,
    test: ValueTest,
    left: Sequence[Known],
    right: Sequence[Known],
    operation: Operation,
) -> Iterator[tuple[Known, Known]]:
    """The pairs whose sums are about what is wanted; of two equal ones one."""
    for i, j in np.argwhere(np.abs(sums - wanted) <= SLACK * (CLOSE * test.scale + 1e-13)):
        a, b = left[i], right[j]
        if operation.is_ordered or left is not right or a.text <= b.text:
            yield a, b


def _sums(
    operation: Operation, left: Sequence[Known], right: Sequence[Known], test: ValueTest, stacks: Stacks
) -> Array:
    """(left, right): the test's weighted sum of each pair; NaN where its form is another one."""
    total = np.zeros((len(left), len(right)))
    for n, (form, weights) in enumerate(zip(test.forms, test.weights)):
        if not isinstance(form, np.ndarray | float | np.floating):
            return np.full_like(total, np.nan)
        shape = np.shape(form)
        if weights.size != np.size(form):  # complex
            return np.full_like(total, np.nan)
        a = [np.asarray(known.values[n]) for known in left]
        b = [np.asarray(known.values[n]) for known in right]
        if operation.sign is ast.MatMult:
            turned = [[v.T for v in side] if turn else side for side, turn in zip((a, b), operation.turns)]
            total += _of_matrices(turned[0], turned[1], weights, shape)
        else:
            for values, side in ((a, left), (b, right)):
                if (n, id(side)) not in stacks:
                    stacks[n, id(side)] = _stacked(values, shape)
            first, second = stacks[n, id(left)], stacks[n, id(right)]
            total += np.where(_fits(a, b, shape), _of_entries(operation.sign, first, second, weights), np.nan)
    return total


def _of_entries(sign: type[ast.operator], first: Array, second: Array, weights: Array) -> Array:
    if sign is ast.Mult:
        return (first * weights) @ second.T
    signed = -second if sign is ast.Sub else second
    return (first @ weights)[:, None] + (signed @ weights)[None, :]


def _stacked(arrays: list[Any], shape: tuple[int, ...]) -> Array:
    """(arrays, entries of the shape): each as large as it becomes beside another; 0 where it cannot."""
    rows = np.zeros((len(arrays), int(np.prod(shape, dtype=int))))
    for n, array in enumerate(arrays):
        if array.dtype.kind in "fbiu" and np.isfinite(array).all():
            try:
                rows[n] = np.broadcast_to(array, shape).ravel()
            except ValueError:
                continue
    return rows


def _fits(a: list[Any], b: list[Any], shape: tuple[int, ...]) -> Any:
    """Whether two arrays together have the shape, of each pair."""
    kinds = [(array.shape, array.dtype.kind in "fbiu") for array in (*a, *b)]
    names = {kind: n for n, kind in enumerate(dict.fromkeys(kinds))}
    table = np.zeros((len(names), len(names)), bool)
    for one, i in names.items():
        for other, j in names.items():
            try:
                table[i, j] = one[1] and other[1] and np.broadcast_shapes(one[0], other[0]) == shape
            except ValueError:
                continue
    codes = [names[kind] for kind in kinds]
    return table[np.ix_(codes[: len(a)], codes[len(a) :])]


def _of_matrices(a: list[Any], b: list[Any], weights: Array, shape: tuple[int, ...]) -> Array:
    """Σ w (a b) = Σ (aᵀ w) b, for all b of one shape at once."""
    sums = np.full((len(a), len(b)), np.nan)
    if len(shape) != 2:
        return sums
    w = weights.reshape(shape)
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for j, array in enumerate(b):
        if array.dtype.kind in "fbiu":
            by_shape.setdefault(array.shape, []).append(j)
    stacks = {s: np.array([b[j].ravel() for j in js], float) for s, js in by_shape.items()}
    for i, array in enumerate(a):
        if array.ndim == 2 and array.shape[0] == shape[0] and array.dtype.kind in "fbiu":
            other = (array.shape[1], shape[1])
            if other in stacks:
                sums[i, by_shape[other]] = stacks[other] @ (array.T @ w).ravel()
    return sums
