"""Remarks on right answers that cost nothing: notebook globals, numerical differentiation."""

import builtins
import sys
import types

import numpy as np

from . import judge
from .trial import copied, run

FEW = 30  # entries; with fewer, a helper called once a step may be called as often as a loss
ROUNDING = 1e-12  # relative; sums in another order stay far below, difference quotients above


def of_function(answer):
    """What the text of a function shows: which of the notebook's data it reads besides its arguments."""
    names = sorted(_data(answer, set())) if isinstance(answer, types.FunctionType) else []
    if not names:
        return []
    verb = "which is not one of its arguments" if len(names) == 1 else "which are not among its arguments"
    return [f"the function reads {', '.join(names)} from the notebook, {verb}"]


def of_call(exercise, answer, arguments, entries, error):
    """What a further call shows: whether the gradient is found by trying the loss out.

    entries: how many numbers the function returns for these arguments.  error: the largest relative
    error of its outputs.  A numerical gradient calls one function at least once for every entry; so
    may an honest one with a helper for single numbers, but that is exact to rounding, or in single
    precision, and takes no imaginary part.
    """
    if not (exercise.backward and isinstance(answer, types.FunctionType)) or sys.getprofile():
        return []
    calls, imaginary = {}, False

    def watch(frame, event, _):
        nonlocal imaginary
        if event == "call":
            calls[frame.f_code] = calls.get(frame.f_code, 0) + 1
            imaginary = imaginary or "imag" in frame.f_code.co_names

    sys.setprofile(watch)
    try:
        returned = run(exercise, answer, copied(arguments))
    finally:
        sys.setprofile(None)
    inexact = (
        entries >= FEW and error > ROUNDING and not _single(judge.read_outputs(returned, exercise.outputs)[0])
    )
    if max(calls.values(), default=0) >= entries and (imaginary or inexact):
        return ["the gradient is computed numerically, entry by entry; the exercise asks for formulas"]
    return []


def _single(outputs):
    """Whether all arrays are in single precision, which is reason enough for a small error."""
    arrays = [judge.to_array(value) for value in outputs.values()]
    return all(array is not None and np.array_equal(array, np.float32(array)) for array in arrays)


def _data(function, seen):
    """Names of arrays and collections among the globals that a function and its helpers read."""
    seen.add(function)
    found = set()
    for name in _globals_read(function.__code__):
        value = function.__globals__.get(name, getattr(builtins, name, None))
        if isinstance(value, types.FunctionType):
            if value not in seen and value.__globals__ is function.__globals__:
                found |= _data(value, seen)
        elif isinstance(value, (np.ndarray, dict, list, tuple, set)) and not name.isupper():
            found.add(name)
    return found


def _globals_read(code):
    """Names that a function's code, or a function defined in it, looks up outside."""
    import dis  # only where a right answer is looked at

    names = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _globals_read(constant)
    return names
