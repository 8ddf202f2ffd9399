"""The search: which single edit of a program makes every output right on every instance?"""

import ast
import itertools
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from .by_value import larger_by_value, small_by_value
from .candidates import Candidate, comparisons, distinct, edited, replaced, with_other_counts
from .factors import products_by_value
from .kinds import Kind
from .needed_values import find_needed_values
from .pairs import pairs_by_value
from .pool import Known, Pool, is_atom
from .program import Role, Site
from .statements import StatementEdit, larger_statement_edits, statement_edits, stored
from .trace import Execution, Scopes, Trace
from .trees import compiled, first_difference, writes
from .value_test import ValueTest, make_test

STEERING: frozenset[Role] = frozenset({"iterated", "condition"})  # what is run how often
OTHERS: frozenset[Role] = frozenset({"value", "added", "returned", "argument"})


class Cure(NamedTuple):
    """An edit that makes all outputs right: where, of which kind, and how much of the text it changes."""

    function: str
    at: ast.AST  #: the part that is replaced
    first: ast.AST  #: where the text begins to differ, with its line
    statement: ast.stmt
    kind: Kind
    cost: float
    text: str  #: the new expression, which is never shown


class Suspect(NamedTuple):
    """A site whose edit might make all outputs right, and the test of candidates, if there is one."""

    site: Site
    executions: list[Execution]
    test: ValueTest | None
    is_likely: bool

    def is_worth_a_run(self, tier: int) -> bool:
        """Whether candidates are run even where an edit elsewhere is known to help."""
        return self.is_likely or (tier == 1 and not is_atom(self.site.expression))


class Search:
    """Goes through the edits of a program from the smallest to the largest; `found` once there is one."""

    def __init__(self, trace: Trace, order: list[int]) -> None:
        """order: of the instances, the one that is asked first in front."""
        self.trace, self.order, self.found = trace, order, False
        self._pools: dict[str, Pool] = {}
        self._known: dict[int, list[Known]] = {}
        self._wrong: set[int] = set()  # by number: the outputs of the first instance that are wrong
        self._touched_by: dict[int, set[int]] = {}  # by the id of a statement: which of these depend on it
        self._executions = trace.record(order[0])
        trace.limit_steps()

    def small(self) -> Iterator[Cure]:
        """Small edits of statements and expressions."""
        yield from self._of_statements(statement_edits)
        yield from self._of_expressions(1)

    def larger(self) -> Iterator[Cure]:
        """Statements moved further, a factor or a term more, other variables in loops and conditions."""
        yield from self._of_statements(larger_statement_edits)
        yield from self._of_expressions(2, tested=True)
        if not self.found:
            yield from self._of_expressions(2, tested=False, roles=STEERING)

    def absent(self) -> Iterator[Cure]:
        """Of a program with idle statements: one of them does something."""
        for tier in (1, 2, 3):
            if not self.found:
                yield from self._of_expressions(tier, tested=True)

    def largest(self) -> Iterator[Cure]:
        """Other variables where only a run can tell, then an expression replaced as a whole."""
        yield from self._of_expressions(2, tested=False, roles=OTHERS)
        if not self.found:
            yield from self._of_expressions(3)

    def last_scopes(self) -> dict[str, dict[str, Any]]:
        """The variables of each function at its last site that was executed."""
        found: dict[str, dict[str, Any]] = {}
        for number, executions in self._executions.items():
            site = self.trace.program.sites[number]
            if site.later is None:
                found[site.function] = {**found.get(site.function, {}), **executions[-1].scope}
        return found

    def _of_statements(self, edits: Callable[[ast.FunctionDef], Iterator[StatementEdit]]) -> Iterator[Cure]:
        for name, tree in self.trace.program.functions.items():
            for change in edits(tree):
                if self._reaches(name, change) and self.trace.cures_edited(self.order, name, change.edit):
                    self.found = True
                    yield _of_statement(name, change)

    def _reaches(self, function: str, change: StatementEdit) -> bool:
        """Whether all wrong outputs depend on the variables that an edit of statements gives other values."""
        if not self._suspects:
            return True
        variables = [(function, name) for name in change.variables]
        if not variables or not self._touched.keys() >= set(variables):
            return True
        return set().union(*(self._touched[v] for v in variables)) >= self._wrong

    @cached_property
    def _touched(self) -> dict[tuple[str, str], set[int]]:
        """The wrong outputs that depend on each variable, of those of which it is known."""
        found: dict[tuple[str, str], set[int]] = {}
        for function, tree in self.trace.program.functions.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.For):
                    for name in stored(node.target if isinstance(node, ast.For) else node):
                        known = self._touched_by.get(id(node), self._wrong)
                        found.setdefault((function, name), set()).update(known)
        return found

    def _of_expressions(
        self, tier: int, tested: bool | None = None, roles: frozenset[Role] | None = None
    ) -> Iterator[Cure]:
        """tested: only of sites that have a test by value, or only of those that have none."""
        for suspect in self._suspects:
            if tested is not None and tested != (suspect.test is not None):
                continue
            if roles is not None and suspect.site.role not in roles:
                continue
            if suspect.test is None and (tier == 3 or self.found and not suspect.is_worth_a_run(tier)):
                continue
            if self.found and self._is_elsewhere(suspect):
                continue
            for candidate in self._candidates(suspect, tier):
                if self.trace.cures(self.order, suspect.site.number, compiled(candidate.new)):
                    self.found = True
                    yield _of_candidate(candidate)

    def _is_elsewhere(self, suspect: Suspect) -> bool:
        """Whether it stands for a line that would more likely be missing at another place."""
        return id(suspect.site.statement) in self.trace.program.elsewhere

    @cached_property
    def _suspects(self) -> list[Suspect]:
        """The sites that may be at fault, those with a test first."""
        found, first = [], self.order[0]
        try:
            now = self.trace.outputs(first)
            self._wrong = set(range(len(self.trace.wrong_parts(first, now))))
        except Exception:
            now = None
        for site in self.trace.program.sites:
            seen = _with_quantities(site, self._executions.get(site.number))
            if not seen:
                continue
            if now is None:
                found.append(Suspect(site, seen, None, False))
                continue
            needed = find_needed_values(self.trace, site, first, seen, now, bool(self.trace.program.idle))
            touched = self._wrong if needed.touched is None else needed.touched
            self._touched_by.setdefault(id(site.statement), set()).update(touched)
            if needed.found != "impossible":
                silent = not writes(site.expression)
                test = make_test(self.trace, site, first, seen, needed) if silent else None
                found.append(Suspect(site, seen, test, needed.found != "unknown"))
        return sorted(found, key=lambda s: (s.test is None, not s.is_likely, self._is_elsewhere(s)))

    def _candidates(self, suspect: Suspect, tier: int) -> Iterator[Candidate]:
        """Candidates of one tier that pass the site's test, or all of them where it has none."""
        site, test, trace = suspect.site, suspect.test, self.trace
        if site.function not in self._pools:
            self._pools[site.function] = Pool(trace.program, site.function)
        pool = self._pools[site.function]
        scopes = test.scopes if test else [execution.scope for execution in suspect.executions]
        if site.number not in self._known:
            self._known[site.number] = pool.known(self._with_names(scopes))
        known = self._known[site.number]
        if test is None:
            made = edited(site, pool) if tier == 1 else replaced(site, known, list(pool.written))
            if tier == 2 and site.role in STEERING:
                made = itertools.chain(made, with_other_counts(site, suspect.executions))
            if tier == 2 and site.role == "condition":
                made = itertools.chain(made, comparisons(site, suspect.executions))
            yield from distinct(trace, site, made, suspect.executions)
        elif tier == 1:
            yield from small_by_value(trace, site, test, pool, known)
        elif tier == 2:
            yield from larger_by_value(trace, site, test, known)
        else:
            yield from pairs_by_value(site, test, known, trace)
            yield from products_by_value(site, test, known, trace)

    def _with_names(self, scopes: Scopes) -> Scopes:
        return [{**self.trace.namespace, **scope} for scope in scopes]


def _with_quantities(site: Site, executions: list[Execution] | None) -> list[Execution] | None:
    """A whole number that the student has written, as in `total = 0`, may stand for a quantity."""
    if executions and isinstance(site.expression, ast.Constant) and type(site.expression.value) is int:
        return [execution._replace(value=float(site.expression.value)) for execution in executions]
    return executions


def _of_statement(function: str, change: StatementEdit) -> Cure:
    part = change.part or change.at
    return Cure(function, part, part, change.at, change.kind, change.cost, "")


def _of_candidate(candidate: Candidate) -> Cure:
    site, text = candidate.site, ast.unparse(candidate.new)
    first = first_difference(site.expression, candidate.new)
    return Cure(site.function, candidate.part, first, site.statement, candidate.kind, candidate.cost, text)
