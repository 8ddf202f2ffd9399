"""Which values would a site have to give for all outputs to be right?

A gradient is affine in the values that one statement gives over its executions, so that a run for each
number of them and least squares answer that.  Where nothing that the site could give makes the outputs right,
no edit of it alone does.  Such values are called angelic: S. Chandra, E. Torlak, S. Barman and R. Bodik,
"Angelic debugging", ICSE 2011; there a solver finds them.
"""

import ast
from typing import Any, Literal, NamedTuple

import numpy as np

from ...compare import Array
from .program import Site
from .trace import Execution, Trace
from .vectors import flatten, refill

AFFINE = 1e-8  # relative: rounding of a second difference
RANK = 1e-9  # singular values relative to the largest
SOLVED = 1e-7  # a remainder relative to what is missing
MOST_ITERATED = 40  # numbers: for more it costs less to run the candidates
ITERATIONS, DOWNHILL = 8, 0.9  # of Gauss-Newton, and how much each has to gain

Finding = Literal["impossible", "unknown", "determined", "underdetermined", "solved"]


class Needed(NamedTuple):
    """What is known of the values that a site needs on one instance.

    found: "impossible" if none would do, "unknown" if that cannot be told; "determined" if the values are
    unique, "underdetermined" if others would do as well, "solved" if they do but nothing is affine.
    values: for the executions in order.  matrix: the outputs' derivatives with respect to their numbers, at
    what the site gives; missing: what the outputs lack; given: the numbers that the site gives.  touched:
    which of the wrong outputs depend on the site; None where that cannot be told.
    """

    found: Finding
    values: list[Any] = []
    matrix: Array | None = None
    missing: Array | None = None
    given: Array | None = None
    touched: frozenset[int] | None = None


def find_needed_values(
    trace: Trace, site: Site, i: int, executions: list[Execution], now: Array, only_affine: bool = False
) -> Needed:
    """The `Needed` values of a site on instance `i`.

    executions: of the site as the program stands; now: the outputs then.  only_affine: whether to leave
    the values unknown that the outputs are not affine in.
    """
    template = [execution.value for execution in executions]
    flat = flatten(template)
    if site.role in ("iterated", "condition") or flat is None:
        return Needed("unknown")

    def outputs(numbers: Array) -> Array:
        return trace.outputs(i, site.number, refill(template, numbers))

    want = trace.targets[i]
    try:
        direction = np.random.default_rng(0).standard_normal(len(flat))
        once = outputs(flat + direction)
        wrong = trace.wrong_parts(i, now)
        touched = frozenset(n for n, part in enumerate(wrong) if not np.array_equal(once[part], now[part]))
        if len(touched) < len(wrong):
            return Needed("impossible", touched=touched)
        bend = np.abs(outputs(flat + 2 * direction) - 2 * once + now).max()
        if not bend <= AFFINE * max(np.abs(once - now).max(), np.abs(now).max()):
            if only_affine or len(flat) > MOST_ITERATED:
                return Needed("unknown")
            return _by_iteration(outputs, flat, now, want, template)
        matrix = _derivatives(outputs, flat, now, 1.0)
    except Exception:  # an imposed value led where the student's never do
        return Needed("unknown")
    step, rank = _least_squares(matrix, want - now, RANK)
    left = np.abs(matrix @ step - (want - now)).max()
    if not left <= SOLVED * max(np.abs(want - now).max(), 1e-3 * np.abs(want).max()):
        # in the place of a number there may belong an array, of which nothing is known
        may_be_array = isinstance(template[0], float) and isinstance(site.expression, ast.Call | ast.Constant)
        return Needed("unknown" if may_be_array else "impossible")
    found: Finding = "determined" if rank == len(flat) else "underdetermined"
    return Needed(found, refill(template, flat + step), matrix, want - now, flat)


def _by_iteration(outputs: Any, flat: Array, now: Array, want: Array, template: list[Any]) -> Needed:
    """By Gauss-Newton, where the outputs are not affine in the values."""
    at, y = flat, now
    left = float(np.linalg.norm(want - y))
    for iteration in range(ITERATIONS):
        matrix = _derivatives(outputs, at, y, 1e-6)
        step, rank = _least_squares(matrix, want - y, 1e-6)
        for share in (1.0, 0.3, 0.1):
            new = outputs(at + share * step)
            remains = float(np.linalg.norm(want - new))
            if remains < left:
                break
        if not remains < (DOWNHILL if iteration else 0.99) * left:
            return Needed("unknown")
        at, y, left = at + share * step, new, remains
        if np.abs(want - y).max() < 1e-9 * np.abs(want).max():
            return Needed("determined" if rank == len(flat) else "solved", refill(template, at))
    return Needed("unknown")


def _derivatives(outputs: Any, at: Array, y: Array, step: float) -> Array:
    matrix = np.empty((len(y), len(at)))
    for column in range(len(at)):
        moved = at.copy()
        moved[column] += step
        matrix[:, column] = (outputs(moved) - y) / step
    return matrix


def _least_squares(matrix: Array, missing: Array, threshold: float) -> tuple[Array, int]:
    """(the shortest solution, the rank)."""
    u, singular, vt = np.linalg.svd(matrix, full_matrices=False)
    rank = int((singular > threshold * singular[0]).sum()) if singular.size and singular[0] > 0 else 0
    return vt[:rank].T @ ((u[:, :rank].T @ missing) / singular[:rank]), rank
