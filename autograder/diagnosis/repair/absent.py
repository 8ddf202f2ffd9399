"""A line that is absent: a program with idle statements, one of which may have to do something.

`v = v` stands before whatever reads `v`; `v += np.zeros_like(v)[()]` for what is computed in loops, and for
entries that the function may have left out.
"""

import ast
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...syntax import parse
from .entries import Order, entries_to_store
from .program import Program, parsed_definition, put_sites
from .trees import parsed
from .vectors import flatten


def with_idle_statements(program: Program, scopes: Mapping[str, Mapping[str, Any]]) -> Program:
    """The program with idle statements before each use of a variable, and at the end of blocks.

    scopes: the variables of each function when it was last left.  Only the idle statements have sites.
    """
    trees = {name: parsed_definition(program.text(name)) for name in program.functions}
    idle: dict[int, ast.stmt] = {}
    elsewhere: set[int] = set()
    for name, tree in trees.items():
        place = _Place(tree, scopes.get(name, {}))
        place.fill(tree)
        idle |= place.idle
        elsewhere |= place.elsewhere
    made = replace(program, functions=trees, idle=idle, elsewhere=frozenset(elsewhere))
    put_sites(made, lambda statement: id(statement) in idle)
    return made


class _Place:
    """Inserts idle statements into a function; `idle` holds by their ids what they stand in."""

    def __init__(self, tree: ast.FunctionDef, scope: Mapping[str, Any]) -> None:
        """scope: the variables of the function when it was last left."""
        self.idle: dict[int, ast.stmt] = {}
        self.elsewhere: set[int] = set()  # those that stand where a line is less likely to be missing
        self._entries, self._order = entries_to_store(tree, scope), Order(tree, scope)
        self._arguments = {argument.arg for argument in tree.args.args}
        self._bound = set(self._arguments)  # what has a value at the place that is looked at
        self._quantities = {name for name, value in scope.items() if flatten(value) is not None}

    def fill(self, holder: ast.AST) -> None:
        """Inserts into the blocks of a function, loop or condition."""
        inside = not isinstance(holder, ast.FunctionDef)
        for field in ("body", "orelse"):
            block: list[ast.stmt] = getattr(holder, field, [])
            made: list[ast.stmt] = []
            before: set[str] = set()
            fitting = self._in_order(block) if inside else {}
            for n, statement in enumerate(block):
                read = _read(statement) & self._bound
                read -= before  # what the statement before gives is edited there
                computed = read - self._arguments if _is_compound(statement) else read
                made += self._idle(computed - self._entries.keys(), statement.lineno)
                made += self._added(read, statement.lineno) if inside else []
                made += [self._made(_nothing(entry), statement.lineno) for entry in fitting.get(n, ())]
                made.append(statement)
                if _is_compound(statement):
                    self.fill(statement)
                before = _stored(statement)
                self._bound |= before
            if block and inside:
                last = block[-1].end_lineno or block[-1].lineno
                made += [self._made(_nothing(entry), last) for entry in fitting.get(len(block), ())]
                if isinstance(holder, ast.For | ast.While):
                    read = set().union(*map(_read, block)) & self._bound
                    made += self._idle(read - before, last)
                placed = {entry for entries in fitting.values() for entry in entries}
                made += self._added(self._entries.keys() & self._bound, last, placed)
            block[:] = made

    def _in_order(self, block: list[ast.stmt]) -> dict[int, list[str]]:
        """By the place in a block the entries that are to be filled there, after what goes before them."""
        places = [(key, n) for n, s in enumerate(block) for key in map(self._order.of, _filled(s)) if key]
        found: dict[int, list[str]] = {}
        for entry in [entry for name in sorted(self._bound) for entry in self._entries.get(name, ())]:
            mine = self._order.of(parsed(entry))
            if mine is None:
                continue
            beside = [place for place in places if place[0][0] == mine[0]] or places
            earlier = sorted(place for place in beside if place[0] < mine)
            later = sorted(place for place in beside if place[0] > mine)
            if earlier or later:
                found.setdefault(earlier[-1][1] + 1 if earlier else later[0][1], []).append(entry)
        return found

    def _idle(self, names: set[str], line: int) -> list[ast.stmt]:
        """`v = v` for the variables that hold numbers."""
        return [self._made(f"{name} = {name}", line) for name in sorted(names & self._quantities)]

    def _added(self, names: set[str], line: int, placed: Container[str] = frozenset()) -> Sequence[ast.stmt]:
        """Nothing is added to entries of variables; not to those that have a better place."""
        entries = [entry for name in sorted(names) for entry in self._entries.get(name, ())]
        entries = [entry for entry in entries if entry not in placed]
        made = [self._made(_nothing(entry), line) for entry in entries]
        self.elsewhere |= {id(statement.body[0]) for statement in made}
        return made

    def _made(self, text: str, line: int) -> ast.Try:
        """An idle statement, which does nothing where a name or an entry is not there."""
        (made,) = parse(f"try:\n    {text}\nexcept Exception:\n    pass").body
        assert isinstance(made, ast.Try)
        for node in ast.walk(made):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
        self.idle[id(made.body[0])] = made
        return made


def _nothing(entry: str) -> str:
    return f"{entry} += np.zeros_like({entry})[()]"  # the index makes a number of an array without axes


def _filled(statement: ast.stmt) -> list[ast.expr]:
    """The targets that a statement adds to or fills entries of."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    found: list[ast.expr] = [t for t in targets if isinstance(t, ast.Subscript)]
    return [*found, statement.target] if isinstance(statement, ast.AugAssign) else found


def _is_compound(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.For | ast.While | ast.If)


def _stored(statement: ast.stmt) -> set[str]:
    names = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
    return {n.id for n in names if isinstance(n.ctx, ast.Store)}


def _read(statement: ast.stmt) -> set[str]:
    """The variables whose values a statement reads; not those in whose entries it only stores."""
    nodes = list(ast.walk(statement))
    filled = {id(n.value) for n in nodes if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)}
    names = [n for n in nodes if isinstance(n, ast.Name) and id(n) not in filled]
    return {n.id for n in names if isinstance(n.ctx, ast.Load)}
