"""Runs a program on the instances: as it stands, with values imposed at a site, or with a site edited."""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from ...compare import TOLERANCE, Array, relative_error, to_array
from ...outputs import read_outputs
from .program import EDITED, SEEN, STEP, STEPS, VALUE, Program
from .question import Question
from .trees import Edit, compiled
from .vectors import snapshot

PATIENCE = 20  # times as many steps of its loops as the answer takes


class NoRepair(Exception):
    """A run that cannot be right: another shape, a missing output, or too many steps."""


class Execution(NamedTuple):
    """One execution of a site: what its expression gave, and the variables around it before."""

    value: Any
    scope: dict[str, Any]


class Trace:
    """A program with the instances that it is run on; `executions` of the last recorded run by site."""

    def __init__(self, question: Question, program: Program) -> None:
        self.question, self.program = question, program
        self.names, self.references = question.outputs, question.references
        self.targets = [np.concatenate([_flat(r[n]) for n in self.names if n in r]) for r in self.references]
        self.executions: dict[int, list[Execution]] = {}
        self._site, self._recording = -1, False
        self._values: list[Any] = []
        self._code: CodeType | None = None
        self._at, self._steps, self._most, self._running, self._failed = 0, 0, sys.maxsize, False, False
        self._open: list[
            tuple[int, dict[str, Any]]
        ] = []  # sites that are being computed, and their variables
        hooks = {EDITED: self._is_edited, VALUE: self._value, SEEN: self._seen}
        self.namespace: dict[str, Any] = {
            **program.namespace,
            **hooks,
            STEP: self._step,
            STEPS: self._steps_of,
        }
        self._loaded: dict[int, Any] = {}
        self._plain = {
            name: program.load(self.namespace, name, program.hooked(name, ())) for name in program.functions
        }

    def arrays(self, i: int) -> dict[str, Array | None]:
        """The outputs on an instance as the program stands."""
        given, _ = read_outputs(self._run(i), self.names)
        return {name: to_array(value) for name, value in given.items()}

    def record(self, i: int, site: int = -1, values: list[Any] | None = None) -> dict[int, list[Execution]]:
        """Every execution of every site on an instance, up to an exception if there is one."""
        self.executions, self._recording = {}, True
        try:
            if site < 0:
                for name in self.program.functions:
                    sites = [s for s in self.program.sites if s.function == name]
                    self.program.load(self.namespace, name, self.program.hooked(name, sites))
            self._run(i, site, values)
        except Exception:
            if site < 0:  # those that raised
                for number, scope in self._open:
                    self.executions.setdefault(number, []).append(Execution(None, scope))
        finally:
            self._recording = False
            self.namespace |= self._plain
        return self.executions

    def outputs(
        self, i: int, site: int = -1, values: list[Any] | None = None, code: CodeType | None = None
    ) -> Array:
        """All outputs on an instance as one vector.  Raises NoRepair, or what the program raises.

        values: what a site gives instead, one after another.  code: that gives them.
        """
        return self._vector(self._run(i, site, values, code), i)

    def evaluate(self, expression: ast.expr, scope: Mapping[str, Any]) -> Any:
        """The value of an expression among the variables of an execution."""
        return eval(compiled(expression), {**self.namespace, **snapshot(dict(scope))})

    def is_right(self, i: int, vector: Array) -> bool:
        """Whether a vector of `outputs` is right by the judge's tolerance."""
        at, want = 0, self.targets[i]
        for name in self.names:
            if name in self.references[i]:
                end = at + np.size(self.references[i][name])
                if not relative_error(vector[at:end], want[at:end]) <= TOLERANCE:
                    return False
                at = end
        return True

    def wrong_parts(self, i: int, vector: Array) -> list[slice]:
        """The parts of a vector of `outputs` that are wrong outputs."""
        found, at = [], 0
        for name in self.names:
            if name in self.references[i]:
                part = slice(at, at + np.size(self.references[i][name]))
                if not relative_error(vector[part], self.targets[i][part]) <= TOLERANCE:
                    found.append(part)
                at = part.stop
        return found

    def cures(self, order: list[int], site: int, code: CodeType) -> bool:
        """Whether other code for a site makes every output right on every instance.

        order: of the instances, the likeliest to tell first.
        """
        try:
            return all(self.is_right(i, self.outputs(i, site, code=code)) for i in order)
        except Exception:
            return False

    def cures_edited(self, order: list[int], function: str, edit: Edit) -> bool:
        """The same of an edit of statements of one function."""
        try:
            self.program.load(self.namespace, function, edit)
            return all(self.is_right(i, self.outputs(i)) for i in order)
        except Exception:
            return False
        finally:
            self.namespace[function] = self._plain[function]

    def _run(
        self,
        i: int,
        site: int = -1,
        values: list[Any] | None = None,
        code: CodeType | None = None,
    ) -> Any:
        self._site, self._values, self._code = site, values or [], code
        self._at, self._steps, self._open, self._running, self._failed = 0, 0, [], True, False
        if site >= 0:
            self._put_hook(site)
        try:
            given = self.question.ask(self.namespace[self.program.name], snapshot(self.question.instances[i]))
            if self._failed:
                raise NoRepair("no value")
            return given
        finally:  # functions of the program are also called where candidates are evaluated
            self._site, self._running = -1, False
            if site >= 0:
                name = self.program.sites[site].function
                self.namespace[name] = self._plain[name]

    def _put_hook(self, number: int) -> None:
        """Around one site: what is not asked for costs no time."""
        site = self.program.sites[number]
        if number not in self._loaded:
            edit = self.program.hooked(site.function, [site])
            self._loaded[number] = self.program.load(self.namespace, site.function, edit)
        self.namespace[site.function] = self._loaded[number]

    def limit_steps(self) -> None:
        """Lets no later run take many times as many steps as the last one."""
        self._most = PATIENCE * (self._steps + 5)

    def _vector(self, returned: Any, i: int) -> Array:
        given, _ = read_outputs(returned, self.names)
        found = []
        for name in self.names:
            if name in self.references[i]:
                array = to_array(given.get(name))
                if array is None or array.shape != np.shape(self.references[i][name]):
                    raise NoRepair(name)
                found.append(array.ravel())
        vector = np.concatenate(found)
        if not np.isfinite(vector).all():
            raise NoRepair("not finite")
        return vector

    # the hooks

    def _step(self) -> bool:
        self._steps += self._running
        if self._running and self._steps > self._most:
            raise NoRepair("no end")
        return True

    def _steps_of(self, iterated: Iterable[Any]) -> Iterator[Any]:
        for value in iterated:
            self._step()
            yield value

    def _is_edited(self, number: int) -> bool:
        if self._recording and self._running:
            variables = self._variables(number, sys._getframe(1))
            self._open.append((number, {name: snapshot(value) for name, value in variables.items()}))
        return number == self._site

    def _value(self, number: int) -> Any:
        if self._code is not None:
            self._failed = True  # unless it comes to its end: the code around may catch what is raised
            value = eval(self._code, {**self.namespace, **self._variables(number, sys._getframe(1))})
            self._failed = False
            return value
        self._at += 1
        if self._at > len(self._values):
            raise NoRepair("executed more often")
        value = snapshot(self._values[self._at - 1])
        if self._recording:
            self._finish(number, value)
        return value

    def _seen(self, number: int, value: Any) -> Any:
        if self._recording:
            self._finish(number, snapshot(value))
        return value

    def _variables(self, number: int, frame: FrameType) -> dict[str, Any]:
        """The variables of a frame; in a function inside another one also those around it."""
        site = self.program.sites[number]
        outer: FrameType | None = None if site.later is None else frame
        while outer is not None and outer.f_code.co_name != site.function:
            outer = outer.f_back
        if outer is None or site.later is None:
            return frame.f_locals
        # what is set after the inner function's definition was not meant to be read in it
        around = {name: value for name, value in outer.f_locals.items() if name not in site.later}
        return {**around, **frame.f_locals}

    def _finish(self, number: int, value: Any) -> None:
        while self._open:  # an exception that the student's code has caught leaves some behind
            opened, scope = self._open.pop()
            if opened == number:
                self.executions.setdefault(number, []).append(Execution(value, scope))
                return


def _flat(value: Any) -> Array:
    return np.asarray(value, float).ravel()


Scopes = Sequence[Mapping[str, Any]]
