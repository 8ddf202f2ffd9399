"""Puts a function of the judging side in the place of one of the student's, whoever calls it by what name.

The code of the student's function object is exchanged, so that aliases, decorators, partial functions and
closures follow.  What comes back has the form that the student's own function gives it.
"""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any

Function = Callable[..., Any]


class StandIns:
    """Those of one process: they are put in place once, and told anew at each call what they ask."""

    def __init__(self, namespace: dict[str, Any], answer: Any) -> None:
        """namespace: the student's; answer: what is judged, which stays as it is."""
        self._namespace, self._answer = namespace, inspect.unwrap(answer)
        self._asked: dict[str, Function] = {}

    def tell(self, given: Mapping[str, Function]) -> None:
        """given: what each function is replaced by in the next call, by name."""
        for name in given:
            if name not in self._asked and name in self._namespace:
                self._put_in_place(name)
        self._asked.update(given)

    def _put_in_place(self, name: str) -> None:
        found = self._namespace[name]
        function = _unwrapped(found)
        if not isinstance(function, types.FunctionType) or function is self._answer:
            self._namespace[name] = self._replacement(name, found)
            return
        own = types.FunctionType(
            function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
        )
        own.__kwdefaults__ = function.__kwdefaults__
        called = f"the right {name}"
        function.__globals__[called] = self._replacement(name, own)
        code = _call_it.__code__.replace(co_names=(called,), co_name=name)
        function.__code__ = code.replace(co_freevars=function.__code__.co_freevars)
        function.__defaults__ = function.__kwdefaults__ = None

    def _replacement(self, name: str, own: Function) -> Function:
        return right_in_form(own, lambda *arguments: self._asked[name](*arguments))


def right_in_form(own: Function, right: Function) -> Function:
    """A function that returns what the right one does, in the form of the student's own.

    own: the student's, whose signature and form it has; right: takes all arguments by position.
    """
    signature, asks = inspect.signature(own), [True]

    def answer(*arguments: Any, **named: Any) -> Any:
        if not asks[0]:  # the student's own function calls itself
            return own(*arguments, **named)
        bound = signature.bind(*arguments, **named)
        bound.apply_defaults()
        values = right(*bound.args)  # before the student's own can modify them
        asks[0] = False
        try:
            form = own(*arguments, **named)
        finally:
            asks[0] = True
        return _in_form(values, form)

    return answer


def _call_it(*arguments: Any, **named: Any) -> Any:
    """Its code takes the place of a student's; the name it calls is exchanged."""
    return replacement(*arguments, **named)  # type: ignore[name-defined]  # noqa: F821


def _unwrapped(found: Any) -> Any:
    """The function inside of decorators and partial functions; what they have stored is dropped."""
    seen = 0
    while seen < 20:
        clear = getattr(found, "cache_clear", None)
        if callable(clear):
            clear()
        inner = getattr(found, "__wrapped__", None) or getattr(found, "func", None)
        if inner is None:
            break
        found, seen = inner, seen + 1
    return getattr(found, "__func__", found)


def _in_form(right: Any, form: Any) -> Any:
    """The right values in the form of what the student's function returned."""
    values = list(right.values()) if isinstance(right, Mapping) else None
    if isinstance(form, Mapping):
        if isinstance(right, Mapping):
            return {**form, **right}
        parts = list(right) if isinstance(right, tuple | list) else [right]
        return dict(zip(form, parts, strict=True))
    if hasattr(form, "_fields"):
        if isinstance(right, Mapping):
            return form._replace(**{name: right[name] for name in form._fields if name in right})
        return type(form)(*right)
    if values is None:
        return right
    if isinstance(form, tuple | list):
        return type(form)(values)
    (only,) = values
    return only
