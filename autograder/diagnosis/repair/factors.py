"""A whole expression replaced or increased by a product of up to four known factors.

The logarithm of a product is a sum: two random weighted sums of logarithms name each pair of factors, and
two pairs belong together where their names add up to the name of what is needed.
"""

import ast
import itertools
from collections.abc import Iterator
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from ...compare import Array
from .candidates import Candidate, values_in
from .kinds import Kind
from .pool import Known
from .program import Site
from .trace import Trace
from .trees import negated, parsed, product
from .value_test import ValueTest

SLOPES = ("(1 - {} ** 2)", "(1 - {})", "{}")
CLOSE = 1e-8  # a difference of weighted sums of logarithms
MOST_FACTORS = 400
MOST = 20  # products that fit


class Factor(NamedTuple):
    """An expression whose value has no zeros, and the weighted sums of the logarithms of its size."""

    text: str
    name: Array


def products_by_value(site: Site, test: ValueTest, known: list[Known], trace: Trace) -> Iterator[Candidate]:
    """The candidates that pass a test whose needed values are all known."""
    if not test.is_determined or not isinstance(test.forms[0], np.ndarray) or test.forms[0].dtype.kind != "f":
        return
    root, needed = site.expression, test.forms[0]
    scopes = [{**trace.namespace, **scope} for scope in test.scopes]
    weights = np.random.default_rng(4).standard_normal((needed.size, 2))
    factors = list(_factors(known, needed.shape, weights))
    for whole in _products(needed, factors, weights):
        if test.passes(values_in(whole, scopes) or []):
            yield Candidate(site, whole, root, Kind.EXPRESSION, 3.2)
    mine = values_in(root, scopes)
    if mine is None or np.shape(mine[0]) != needed.shape:
        return
    for more in _products(needed - mine[0], factors, weights):
        new = product(root, ast.Add(), more)
        if test.passes(values_in(new, scopes) or []):
            yield Candidate(site, new, root, Kind.TERM, 3.2)


def _factors(known: list[Known], shape: tuple[int, ...], weights: Array) -> Iterator[Factor]:
    yield Factor("1", np.zeros(2))
    found = 0
    for pattern, one in itertools.product(SLOPES[::-1], known):
        if found == MOST_FACTORS:
            return
        if not one.is_atom:
            continue
        value = np.asarray(one.values[0])
        patterns = {"{}": value, "(1 - {})": 1 - value, "(1 - {} ** 2)": 1 - value**2}
        name = _name(patterns[pattern], shape, weights)
        if name is not None:
            found += 1
            yield Factor(pattern.format(one.text), name)
            if pattern == "{}" and value.size == 1:
                yield Factor(f"(1 / {one.text})", -name)


def _name(value: Array, shape: tuple[int, ...], weights: Array) -> Array | None:
    if value.dtype.kind != "f":
        return None
    try:
        size = np.abs(np.broadcast_to(value, shape)).ravel()
    except ValueError:
        return None
    if not np.isfinite(size).all() or not (size > 0).all():
        return None
    return np.log(size) @ weights


def _products(needed: Array, factors: list[Factor], weights: Array) -> Iterator[ast.expr]:
    """The products, of either sign, of three or four factors whose size is that of what is needed."""
    wanted = _name(needed, needed.shape, weights)
    if wanted is None or len(factors) < 3:
        return
    names = np.array([factor.name for factor in factors])
    i, j = np.triu_indices(len(factors))
    pairs = names[i] + names[j]
    order = np.argsort(pairs[:, 0])
    i, j, pairs = i[order], j[order], pairs[order]
    rest = wanted - pairs
    low = np.searchsorted(pairs[:, 0], rest[:, 0] - CLOSE)
    high = np.searchsorted(pairs[:, 0], rest[:, 0] + CLOSE)
    seen: set[tuple[str, ...]] = set()
    for a in np.flatnonzero(high > low):
        for b in range(low[a], high[a]):
            if b >= a and abs(rest[a, 1] - pairs[b, 1]) <= CLOSE:
                chosen = sorted(factors[k].text for k in (i[a], j[a], i[b], j[b]) if factors[k].text != "1")
                if tuple(chosen) not in seen and len(seen) < MOST:
                    seen.add(tuple(chosen))
                    made = reduce(_times, map(parsed, chosen)) if chosen else parsed("1")
                    yield from (made, negated(made))


def _times(a: ast.expr, b: ast.expr) -> Any:
    return product(a, ast.Mult(), b)
