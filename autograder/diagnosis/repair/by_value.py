"""Other expressions for a site, of which only those are made that pass its test by value."""

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from .candidates import Candidate, edited, in_index, is_simple, replaced, same_base, values_in
from .kinds import Kind
from .pool import Known, Pool, is_quantity
from .program import Site
from .trace import Trace
from .trees import called, compiled, exchanged, parsed, parts, product, transposed
from .value_test import ValueTest

HERE, VALUE = "<here>", "_value_"  # names for the part that is replaced, and for what goes into a pattern
SHAPES = (
    "1 - {}",
    "1 - {} ** 2",
    "{0} * (1 - {0})",
    "1 - np.tanh({}) ** 2",
    "np.tanh({})",
    "1 / {}",
    "({} > 0)",
    "{}.sum(axis=0)",
    "{}.sum()",
)


def small_by_value(
    trace: Trace, site: Site, test: ValueTest, pool: Pool, known: list[Known]
) -> Iterator[Candidate]:
    """Of `edited` and `replaced` those that pass the test."""
    scopes = [{**trace.namespace, **scope} for scope in test.scopes]
    for candidate in edited(site, pool):
        if test.passes_code(candidate.new, scopes):
            yield candidate
    local = _bound_inside(site.expression)
    if local:
        for candidate in replaced(site, [], list(pool.written)):
            if id(candidate.part) in local and test.passes_code(candidate.new, scopes):
                yield candidate
    numbers = [Known(repr(v), [v] * len(scopes), True, True) for v in (0.0, 1.0)]
    for part, put in _open_parts(site, test, scopes):
        simple, number = is_simple(part), id(part) in in_index(site.expression)
        for other in [*numbers, *known]:
            if put(other.values):
                kind = Kind.NAME if other.is_atom else Kind.EXPRESSION
                kind = Kind.INDEX if number or same_base(part, other.node) else kind
                cost = (1.0 if simple else 1.4) + (not other.is_written) if other.is_atom else 2.1
                for node in other.spellings:
                    yield Candidate(site, exchanged(site.expression, part, node), part, kind, cost)


def larger_by_value(trace: Trace, site: Site, test: ValueTest, known: list[Known]) -> Iterator[Candidate]:
    """One factor or one term more, or a part replaced by a function of something, that pass the test."""
    root = site.expression
    scopes = [{**trace.namespace, **scope} for scope in test.scopes]
    functions = list(shaped(known, scopes))
    numbers = [Known(repr(v), [v] * len(scopes), True, True) for v in (2.0, 0.5, -1.0)]
    for part, put in _open_parts(site, test, scopes):
        for other in functions:
            if put(other.values):
                for node in other.spellings:
                    yield Candidate(site, exchanged(root, part, node), part, Kind.EXPRESSION, 2.0)
        mine = values_in(part, scopes)
        if mine is None or not all(map(is_quantity, mine)):
            continue
        for other in [*numbers, *known, *functions]:
            if put(each(np.multiply, mine, other.values)):
                for node in other.spellings:
                    new = product(part, ast.Mult(), node)
                    yield Candidate(site, exchanged(root, part, new), part, Kind.FACTOR, 2.0)
        for other in known:
            for function, operator in ((np.add, ast.Add()), (np.subtract, ast.Sub())):
                if put(each(function, mine, other.values)):
                    for node in other.spellings:
                        new = product(part, operator, node)
                        yield Candidate(site, exchanged(root, part, new), part, Kind.TERM, 2.0)
            if all(np.ndim(v) == 2 for v in (*mine, *other.values)):
                for turned in (False, True):
                    if put(each(np.matmul, mine, [v.T if turned else v for v in other.values])):
                        for node in other.spellings:
                            new = product(part, ast.MatMult(), transposed(node) if turned else node)
                            yield Candidate(site, exchanged(root, part, new), part, Kind.FACTOR, 2.2)


def _open_parts(site: Site, test: ValueTest, scopes: list[dict[str, Any]]) -> Iterator[tuple[ast.expr, Any]]:
    """(part, function that says whether the site passes with these values for the part) of each part."""
    is_called = called(site.expression)
    for part in parts(site.expression):
        if id(part) in is_called or isinstance(part, ast.Slice | ast.Tuple | ast.Constant):
            continue
        code = compiled(exchanged(site.expression, part, ast.Name(HERE, ast.Load())))

        def passes(values: list[Any] | None, code: Any = code) -> bool:
            if values is None:
                return False
            found = []
            try:
                for scope, value in zip(scopes, values):
                    scope[HERE] = value
                    found.append(eval(code, scope))
            except Exception:
                return False
            return test.passes(found)

        yield part, passes


def shaped(known: list[Known], scopes: list[dict[str, Any]]) -> Iterator[Known]:
    """Slopes and other functions of known expressions, those of the scope among them."""
    functions = [name for name, value in scopes[0].items() if callable(value) and not isinstance(value, type)]
    patterns = [*SHAPES, *(f"{name}({{}})" for name in functions if name.isidentifier())]
    code = [compiled(parsed(pattern.format(VALUE))) for pattern in patterns]
    for one in known:
        for pattern, compiled_pattern in zip(patterns, code):
            try:
                values = [eval(compiled_pattern, {**s, VALUE: v}) for s, v in zip(scopes, one.values)]
            except Exception:
                continue
            if all(map(is_quantity, values)):
                text, *alike = (pattern.format(f"({text})") for text in (one.text, *one.alike))
                yield Known(text, values, False, False, tuple(alike))


def each(function: Any, a: list[Any], b: list[Any]) -> list[Any] | None:
    """The value of a function of two values in each scope; None where it has none."""
    try:
        return [function(x, y) for x, y in zip(a, b)]
    except Exception:
        return None


def _bound_inside(root: ast.expr) -> set[int]:
    """Ids of the parts of comprehensions and lambdas, whose variables no scope has."""
    inner = [
        n
        for n in ast.walk(root)
        if isinstance(n, ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.Lambda)
    ]
    return {id(part) for node in inner for part in ast.walk(node)}
