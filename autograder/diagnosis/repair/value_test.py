"""A test of candidates by value: one random product with what a site needs, instead of a run."""

import ast
from typing import Any, NamedTuple

import numpy as np

from ...compare import Array
from .needed_values import RANK, SOLVED, Needed
from .program import Site
from .trace import Execution, Trace
from .trees import compiled
from .vectors import fingerprint, flatten, refill, same_form

CLOSE = 2e-6  # relative to the terms of the sum


class ValueTest(NamedTuple):
    """Scopes in which a candidate is evaluated, and what the weighted sum of its numbers has to be."""

    scopes: list[dict[str, Any]]
    forms: list[Any]  #: a value of the right structure for each scope
    weights: list[Array]
    wanted: float
    scale: float
    is_determined: bool = False  #: whether `forms` holds what is needed

    def passes(self, values: list[Any]) -> bool:
        """Whether a candidate with these values, one for each scope, may be right."""
        total = self.sum_of(values)
        return total is not None and abs(total - self.wanted) <= CLOSE * self.scale + 1e-13

    def sum_of(self, values: list[Any]) -> float | None:
        """The weighted sum of their numbers; None where their form is another one."""
        total = 0.0
        for value, form, weights in zip(values, self.forms, self.weights):
            if not same_form(form, value):
                return None
            flat = flatten(value)
            if flat is None or len(flat) != len(weights):
                return None
            total += float(weights @ flat)
        return total

    def passes_code(self, expression: ast.expr, scopes: list[dict[str, Any]]) -> bool:
        """The same of an expression, with the scopes' names and those of the notebook in `scopes`."""
        try:
            code = compiled(expression)
            return self.passes([eval(code, scope) for scope in scopes])
        except Exception:
            return False


def make_test(
    trace: Trace, site: Site, i: int, executions: list[Execution], needed: Needed
) -> ValueTest | None:
    """The test of a site on instance `i`; None where its needed values tell nothing of a candidate."""
    if needed.found == "determined":
        return _of_determined(trace, site, i, needed)
    if needed.found == "underdetermined":
        return _of_underdetermined(trace, site, i, executions, needed)
    return None


def _of_determined(trace: Trace, site: Site, i: int, needed: Needed) -> ValueTest | None:
    """With the values imposed all variables are right: the execution is taken that differs most there."""
    natural = _natural(trace, site, i, needed.values)
    if natural is None:
        return None
    differs = [_difference(n.value, v) for n, v in zip(natural, needed.values)]
    sizes = [1 + np.count_nonzero(np.abs(np.asarray(flatten(value))) > 1e-12) for value in needed.values]
    at = max(range(len(differs)), key=lambda j: min(differs[j], 1.0) * sizes[j])
    if not differs[at] > 1e-6:
        return None
    target = flatten(needed.values[at])
    assert target is not None
    weights = np.random.default_rng(1).standard_normal(len(target))
    scale = float(np.abs(weights) @ np.abs(target))
    return ValueTest(
        [natural[at].scope], [needed.values[at]], [weights], float(weights @ target), scale, True
    )


def _natural(trace: Trace, site: Site, i: int, values: list[Any]) -> list[Execution] | None:
    """What the site would give where the values are imposed, with the variables there."""
    try:
        made = trace.record(i, site.number, values)[site.number]
        return [Execution(trace.evaluate(site.expression, e.scope), e.scope) for e in made]
    except Exception:
        return None


def _difference(value: Any, needed: Any) -> float:
    if not same_form(needed, value):
        return 9.0
    flat, want = flatten(value), flatten(needed)
    if flat is None or want is None or len(flat) != len(want):
        return 9.0
    return float(np.abs(flat - want).max(initial=0) / (np.abs(want).max(initial=0) + 1e-12))


def _of_underdetermined(
    trace: Trace, site: Site, i: int, executions: list[Execution], needed: Needed
) -> ValueTest | None:
    """Over all executions where none reads what another gave; else of the first, whatever the others give."""
    matrix, missing, given = needed.matrix, needed.missing, needed.given
    assert matrix is not None and missing is not None and given is not None
    random = np.random.default_rng(1)
    changed = _changed(trace, site, i, executions, needed)

    def of_all(scopes: list[dict[str, Any]]) -> ValueTest:
        row = random.standard_normal(len(missing))
        weights, wanted = row @ matrix, float(row @ missing + (row @ matrix) @ given)
        split, at = [], 0
        for execution in executions:
            size = len(flatten(execution.value))  # type: ignore[arg-type]
            split.append(weights[at : at + size])
            at += size
        scale = float(np.abs(weights) @ np.abs(given)) + abs(wanted)
        return ValueTest(scopes, [execution.value for execution in executions], split, wanted, scale)

    read = _names_of_values(site.expression)
    if changed is not None and not changed & read and changed <= _accumulators(trace, site):
        return of_all([e.scope for e in executions])
    first = len(flatten(executions[0].value))  # type: ignore[arg-type]
    mine, others = matrix[:, :first], matrix[:, first:]
    free = np.eye(len(missing))
    if others.shape[1]:
        u, singular, _ = np.linalg.svd(others, full_matrices=True)
        free = u[:, int((singular > RANK * singular[0]).sum()) :].T
    row = random.standard_normal(len(free)) @ free
    weights = row @ mine
    wanted = float(row @ missing + weights @ given[:first])
    scale = float(np.abs(weights) @ np.abs(given[:first])) + abs(wanted)
    if np.abs(weights).max(initial=0) >= 1e-9 and abs(weights @ given[:first] - wanted) > SOLVED * scale:
        return ValueTest([executions[0].scope], [executions[0].value], [weights], wanted, scale)
    if changed is None or changed & read:
        return None
    # the first can be right as it is: then of what no execution changes
    return of_all([{n: v for n, v in e.scope.items() if n not in changed} for e in executions])


def _changed(
    trace: Trace, site: Site, i: int, executions: list[Execution], needed: Needed
) -> set[str] | None:
    """The variables at the site that depend on what its earlier executions gave: others are imposed to see.

    None where it is executed more or less often then.
    """
    assert needed.given is not None
    moved = needed.given + np.random.default_rng(2).standard_normal(len(needed.given))
    values = refill([execution.value for execution in executions], moved)
    later = trace.record(i, site.number, values).get(site.number, [])
    if len(later) != len(executions):
        return None
    found: set[str] = set()
    for before, after in zip(executions, later):
        for name, value in after.scope.items():
            if fingerprint(value) != fingerprint(before.scope.get(name, value)):
                found.add(name)
        try:
            again = trace.evaluate(site.expression, after.scope)
        except Exception:
            return None
        if fingerprint(again) != fingerprint(before.value):  # also by what it calls
            found |= _names_of_values(site.expression)
    return found


def _names_of_values(expression: ast.AST) -> set[str]:
    """The names that an expression reads; in `np.zeros_like(v)` none, as the values in `v` do not matter."""
    if isinstance(expression, ast.Call) and getattr(expression.func, "attr", "") == "zeros_like":
        return set()
    found = {expression.id} if isinstance(expression, ast.Name) else set()
    return found.union(*map(_names_of_values, ast.iter_child_nodes(expression)))


def _accumulators(trace: Trace, site: Site) -> set[str]:
    """Variables of the site's function that results are only gathered in."""
    found: set[str] = set()
    for node in ast.walk(trace.program.functions[site.function]):
        targets = [node.target] if isinstance(node, ast.AugAssign) else []
        targets += (
            [t for t in node.targets if isinstance(t, ast.Subscript)] if isinstance(node, ast.Assign) else []
        )
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            targets += [node.value.func] if isinstance(node.value.func, ast.Attribute) else []
        for target in targets:
            base = target.value if isinstance(target, ast.Subscript | ast.Attribute) else target
            found |= {base.id} if isinstance(base, ast.Name) else set()
    return found
