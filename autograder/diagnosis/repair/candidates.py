"""Other expressions for a site, by its text: from the smallest edits to other variables."""

import ast
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .edits import Others, small_edits
from .kinds import Kind
from .pool import Known, Pool
from .program import Site
from .rewrites import (
    exchanged_operands,
    moved_factors,
    multiplied_out,
    other_parentheses,
    other_slopes,
    renamed,
)
from .steering_edits import condition_edits, loop_edits
from .trace import Execution, Trace
from .trees import Parents, called, compiled, parsed, parts, writes
from .vectors import fingerprint


class Candidate(NamedTuple):
    """An expression for a site; which part of it is new, the kind of that change, and its cost."""

    site: Site
    new: ast.expr
    part: ast.expr
    kind: Kind
    cost: float


def edited(site: Site, pool: Pool) -> Iterator[Candidate]:
    """The small edits of a site's expression, by its text."""
    root = site.expression
    others, indexing = Others(list(pool.slices), list(pool.bounds), list(pool.strings)), in_index(root)
    tree = Parents(root)
    for part in parts(root):
        for small in small_edits(part, id(part) in indexing, others):
            yield Candidate(site, tree.exchanged(part, small.new), part, small.kind, small.cost)
    whole = [*other_parentheses(root), *other_slopes(root), *exchanged_operands(root), *moved_factors(root)]
    whole += multiplied_out(root)
    whole += renamed(root, list(pool.written), list(pool.indices))
    whole += loop_edits(root) if site.role == "iterated" else []
    whole += condition_edits(root) if site.role == "condition" else []
    yield from (Candidate(site, small.new, root, small.kind, small.cost) for small in whole)


def replaced(site: Site, known: list[Known], written: list[str]) -> Iterator[Candidate]:
    """Each part replaced by another expression that the function's names make, by its text.

    known: what has a value; written: what stands in the text, which inside a comprehension may have none.
    """
    root = site.expression
    is_called, indexing, tree = called(root), in_index(root), Parents(root)
    texts = {k.text: k.node for k in known} | {text: parsed(text) for text in (*written, "0", "1")}
    for part in parts(root):
        if id(part) in is_called or isinstance(part, ast.Slice | ast.Tuple):
            continue
        own = ast.unparse(part)
        for text, node in texts.items():
            if text != own:
                cost = 1.0 if is_simple(part) else 1.4
                kind = Kind.INDEX if id(part) in indexing or same_base(part, node) else Kind.NAME
                yield Candidate(
                    site, tree.exchanged(part, node), part, kind, cost + 0.5 * (text not in written)
                )


def comparisons(site: Site, executions: list[Execution]) -> Iterator[Candidate]:
    """Instead of a condition any comparison of two counts that its scope has."""
    for a, b in itertools.permutations([*_counts(executions), "0", "1"], 2):
        for sign in ("==", "!=", "<", "<="):
            yield Candidate(site, parsed(f"{a} {sign} {b}"), site.expression, Kind.CONDITION, 1.5)


def with_other_counts(site: Site, executions: list[Execution]) -> Iterator[Candidate]:
    """In a loop or condition, a count replaced by its sum or difference with another one of its scope."""
    counts = _counts(executions)
    kind, tree = Kind.CONDITION if site.role == "condition" else Kind.BOUNDS, Parents(site.expression)
    for part in parts(site.expression):
        if isinstance(part, ast.Name) and part.id in counts:
            for other in counts:
                for text in (f"{part.id} + {other}", f"{part.id} - {other}", f"{other} - {part.id}"):
                    if other != part.id:
                        yield Candidate(site, tree.exchanged(part, parsed(text)), part, kind, 1.5)


def _counts(executions: list[Execution]) -> list[str]:
    """The names of the whole numbers in a site's scope."""
    return [n for n, value in executions[0].scope.items() if type(value) is int and n.isidentifier()]


def distinct(
    trace: Trace, site: Site, candidates: Iterator[Candidate], executions: list[Execution]
) -> Iterator[Candidate]:
    """A site's candidates but those that give the same values as an earlier one, or none.

    Of an expression that may change a variable that cannot be told; no edit makes one of another.
    """
    if writes(site.expression):
        yield from candidates
        return
    scopes = [{**trace.namespace, **execution.scope} for execution in executions]
    seen = {tuple(fingerprint(execution.value) for execution in executions)}
    for candidate in candidates:
        values = values_in(candidate.new, scopes)
        if values is None:
            continue
        if candidate.kind == Kind.COPY:  # the same values, in an array of its own
            yield candidate
            continue
        name = tuple(map(fingerprint, values))
        if None not in name:
            if name in seen:
                continue
            # counts, indices and conditions that agree on one instance differ on another
            if not all(map(_is_count, values)):
                seen.add(name)
        yield candidate


def _is_count(value: Any) -> bool:
    """Whether a value is a whole number, a truth, or numbers to go through."""
    if isinstance(value, list):
        return all(map(_is_count, value))
    return isinstance(value, int | np.bool_ | range)


def values_in(expression: ast.expr, scopes: list[dict[str, Any]]) -> list[Any] | None:
    """The value of an expression in each scope; None where it has none in one of them."""
    try:
        code = compiled(expression)
        return [eval(code, scope) for scope in scopes]
    except Exception:
        return None


def in_index(root: ast.expr) -> set[int]:
    """Ids of the parts that stand in an index."""
    subscripts = [node for node in ast.walk(root) if isinstance(node, ast.Subscript)]
    return {id(inner) for node in subscripts for inner in ast.walk(node.slice)}


def is_simple(part: ast.expr) -> bool:
    """Whether a part is a name, an entry or a field."""
    return isinstance(part, ast.Name | ast.Subscript | ast.Attribute)


def same_base(a: ast.expr, b: ast.expr) -> bool:
    """Whether two parts are entries of the same array."""
    return (
        isinstance(a, ast.Subscript)
        and isinstance(b, ast.Subscript)
        and ast.unparse(a.value) == ast.unparse(b.value)
    )
