"""Follow-through in a notebook: a wrong answer is judged once more with right earlier functions.

Nothing of the notebook is changed for that, whatever interrupts it.  The answer is copied, together with the
notebook's functions, and the copies find the right functions where the notebook has the student's.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from types import CellType, FunctionType
from typing import Any

from ..answers import LocalAnswer
from ..diagnosis.call_guard import equal_arguments
from ..diagnosis.diagnose import judge_function
from ..diagnosis.follow_through import with_given
from ..exercises import Exercise, earlier_of
from ..exercises.instances import every_instance
from ..exercises.stand_ins import is_other_route, stand_in
from ..results import Status, Verdict
from ..worker.stand_ins import right_in_form

Function = Callable[..., Any]

_wrong: set[str] = set()  # exercises that were judged here last with wrong arrays


def judge_once_more(exercise: Exercise, answer: object, verdict: Verdict, seed: int | None = None) -> Verdict:
    """The verdict on an answer, judged once more where it and an earlier answer that it calls are wrong.

    verdict: on the answer as it is, for the instances of the seed; it is noted for later ones that build on
    this one.
    """
    if verdict.correct or verdict.status != Status.JUDGED:
        _wrong.discard(exercise.id)
        return verdict
    _wrong.add(exercise.id)
    if exercise.kind != "function" or not isinstance(answer, FunctionType):
        return verdict
    there = [name for name in exercise.builds_on if callable(answer.__globals__.get(name))]
    earlier = [earlier_of(exercise, name) for name in there]
    right = {e.function: stand_in(e) for e in earlier if e.id in _wrong}
    given = {name: _Asked(function) for name, function in right.items() if function is not None}
    if not given:
        return verdict
    other = _with_functions(answer, given)
    second = judge_function(exercise, LocalAnswer(other, exercise.function), seed, given=tuple(given))
    if second.status != Status.JUDGED or _only_asks(exercise, given, seed):
        return verdict
    return with_given(exercise, verdict, second, tuple(given))


class _Asked:
    """A right function that the notebook's code calls, and what it was called with."""

    def __init__(self, right: Function) -> None:
        self._right = right
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *arguments: Any) -> Any:
        self.calls.append(arguments)
        return self._right(*map(_without_names, arguments))


def _without_names(value: Any) -> Any:
    """A NamedTuple as a dict, which is how a sandbox sends one."""
    return value._asdict() if hasattr(value, "_asdict") else value


def _only_asks(exercise: Exercise, given: Mapping[str, _Asked], seed: int | None) -> bool:
    """Whether the answer hands all that it was called with on to a function that would do for it."""
    return any(
        equal_arguments(call, arguments)
        for name, asked in given.items()
        if is_other_route(exercise, earlier_of(exercise, name))
        for call in asked.calls
        for arguments in every_instance(exercise.id, int(seed or 0))
    )


def _with_functions(answer: FunctionType, given: Mapping[str, Function]) -> FunctionType:
    """A copy of a notebook's function for which others stand in the place of the named ones."""
    own = answer.__globals__
    stand_ins = {id(own[name]): right_in_form(own[name], right) for name, right in given.items()}
    made: dict[str, Any] = {}
    copies: dict[int, FunctionType] = {}

    def copied(value: Any) -> Any:
        if id(value) in stand_ins:  # also by another name
            return stand_ins[id(value)]
        if type(value) in (dict, list, set):  # such as what the notebook's own code has stored
            return copy(value)
        if not isinstance(value, FunctionType) or value.__globals__ is not own:
            return value
        if id(value) not in copies:
            closure = value.__closure__
            cells = closure and tuple(CellType() for _ in closure)
            twin = FunctionType(value.__code__, made, value.__name__, value.__defaults__, cells)
            copies[id(value)] = twin  # before the cells are filled: one of them may hold the function
            twin.__kwdefaults__ = value.__kwdefaults__
            _fill(cells or (), closure or (), copied)
        return copies[id(value)]

    made.update((name, copied(value)) for name, value in own.items())
    found: FunctionType = copied(answer)
    return found


def _fill(cells: Sequence[CellType], others: Sequence[CellType], copied: Function) -> None:
    """Puts copies of what other cells of closures hold into cells."""
    for cell, other in zip(cells, others, strict=True):
        with suppress(ValueError):  # of an empty one
            cell.cell_contents = copied(other.cell_contents)
