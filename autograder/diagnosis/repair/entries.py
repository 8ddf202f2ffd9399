"""Where a line that is absent might have stored something: entries of arrays that the function fills."""

import ast
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

MOST = 12  # of one variable


def entries_to_store(tree: ast.FunctionDef, scope: Mapping[str, Any]) -> dict[str, list[str]]:
    """By variable the texts of what a line might add to: itself, and entries of it.

    scope: the function's variables when it was left.
    """
    empty = _empty(tree)
    found: dict[str, list[str]] = {}
    for name in _set_by_name(tree):
        if _is_quantity(scope.get(name)):
            entries = _entries(tree, name, scope) if name in empty else ()
            found[name] = list(dict.fromkeys([name, *entries]))[:MOST]
        elif isinstance(scope.get(name), dict):
            found[name] = list(_keys(tree, name, scope[name]))[:MOST]
    return found


def _keys(tree: ast.FunctionDef, name: str, value: dict[Any, Any]) -> Iterator[str]:
    """The entries of a dict that the function names nowhere else."""
    named = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Subscript)}
    for key, array in value.items():
        text = f"{name}[{key!r}]"
        if isinstance(key, str) and _is_quantity(array) and text not in named:
            yield text


def _is_quantity(value: Any) -> bool:
    return isinstance(value, float) or isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def _set_by_name(tree: ast.FunctionDef) -> list[str]:
    """Variables that begin as zeros, or that are set in a loop."""
    found = dict.fromkeys(_empty(tree))
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For | ast.While):
            found |= dict.fromkeys(n.id for s in ast.walk(loop) for n in _names(s))
    return list(found)


def _empty(tree: ast.FunctionDef) -> list[str]:
    """Variables that begin as new arrays and are not set again."""
    names = [n.id for s in ast.walk(tree) for n in _names(s)]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            calls = {getattr(n.func, "attr", "") for n in ast.walk(node.value) if isinstance(n, ast.Call)}
            if any(name.startswith(("zeros", "empty")) for name in calls):
                found += [n.id for n in _names(node) if names.count(n.id) == 1]
    return found


def _names(statement: ast.AST) -> list[ast.Name]:
    """The names that an assignment sets."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    inner = [n for t in targets for n in (t.elts if isinstance(t, ast.Tuple) else [t])]
    return [n for n in inner if isinstance(n, ast.Name)]


def _entries(tree: ast.FunctionDef, name: str, scope: Mapping[str, Any]) -> Iterator[str]:
    own: list[ast.expr] = []
    others: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            mine = isinstance(node.value, ast.Name) and node.value.id == name
            (own if mine else others).append(node.slice)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            return  # it is added to as a whole
    for index in own or [i for i in others if not isinstance(i, ast.Tuple | ast.Slice)]:
        yield f"{name}[{_text(index)}]"
    for index in own:
        yield from (f"{name}[{text}]" for text in _like(index, own, scope))


def _like(index: ast.expr, all_: list[ast.expr], scope: Mapping[str, Any]) -> Iterator[str]:
    """Indices of the same form: the bounds that others leave out, and names in other places."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    names = dict.fromkeys(n.id for i in all_ for n in ast.walk(i) if isinstance(n, ast.Name))
    choices = []
    for part in parts:
        if isinstance(part, ast.Slice):
            is_whole = part.lower is part.upper is None
            choices.append([":"] if is_whole else list(_ranges(all_, scope)))
        else:
            choices.append(list(names) if isinstance(part, ast.Name) else [ast.unparse(part)])
    yield from (", ".join(chosen) for chosen in itertools.product(*choices))


def _ranges(indices: list[ast.expr], scope: Mapping[str, Any]) -> Iterator[str]:
    """Slices from each bound to the next one."""
    bounds: dict[float, str] = {}
    for node in (n for index in indices for n in ast.walk(index) if isinstance(n, ast.Slice)):
        for bound, none in ((node.lower, 0.0), (node.upper, np.inf)):
            text = "" if bound is None else ast.unparse(bound)
            try:
                value = none if bound is None else float(eval(text, {}, dict(scope)))
            except Exception:
                continue
            bounds.setdefault(value, text)
    for (_, low), (_, high) in itertools.pairwise(sorted(bounds.items())):
        yield f"{low}:{high}"


def _text(index: ast.expr) -> str:
    return ", ".join(map(ast.unparse, index.elts)) if isinstance(index, ast.Tuple) else ast.unparse(index)


class Order:
    """In which order a function's results are filled: that of their first lines, keys and slices."""

    def __init__(self, tree: ast.FunctionDef, scope: Mapping[str, Any]) -> None:
        stored = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        stored.sort(key=lambda n: (n.lineno, n.col_offset))
        self._scope = scope
        self._names = {name: n for n, name in enumerate(dict.fromkeys(n.id for n in stored))}

    def of(self, target: ast.expr) -> tuple[int, float] | None:
        """What goes before another target has a smaller one; None where it is not known."""
        within = 0.0
        while isinstance(target, ast.Subscript):
            within = self._within(target)
            target = target.value
        if not isinstance(target, ast.Name) or target.id not in self._names:
            return None
        return self._names[target.id], within

    def _within(self, target: ast.Subscript) -> float:
        index, base = target.slice, target.value
        if isinstance(index, ast.Constant) and isinstance(base, ast.Name):
            keys = self._scope.get(base.id)
            return (
                float(list(keys).index(index.value))
                if isinstance(keys, dict) and index.value in keys
                else 0.0
            )
        lower = [n.lower for n in ast.walk(index) if isinstance(n, ast.Slice) and n.lower is not None]
        try:
            return float(eval(ast.unparse(lower[-1]), {}, dict(self._scope))) if lower else 0.0
        except Exception:
            return 0.0
