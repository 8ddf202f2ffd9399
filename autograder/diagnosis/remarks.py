"""Remarks on right answers that cost nothing: notebook globals, numerical differentiation."""

import builtins
import types

import numpy as np

from ..exercises import Exercise

FEW = 30  # entries; with fewer, a helper called once a step may be called as often as a loss
# Relative errors of a difference quotient: above what another order of summation gives, below
# what single precision does.
ROUNDING, SINGLE = 1e-12, 1e-8
NUMERICAL = {"central_difference", "complex_step", "imag"}


def remarks_on_function(answer: object) -> list[str]:
    """What the text of a function shows: which of the notebook's data it reads besides its arguments."""
    names = sorted(_data(answer, set())) if isinstance(answer, types.FunctionType) else []
    if not names:
        return []
    verb = "which is not one of its arguments" if len(names) == 1 else "which are not among its arguments"
    return [f"the function reads {', '.join(names)} from the notebook, {verb}"]


def remarks_on_gradient(exercise: Exercise, answer: object, error: float) -> list[str]:
    """Whether a right gradient was found by trying the loss out, as far as that shows.

    error: the largest relative error of the outputs.  A gradient by formulas is exact to rounding;
    one by complex steps is as well, and is known by the names that its functions use.
    """
    if not exercise.backward:
        return []
    is_numerical = ROUNDING < error < SINGLE
    if not is_numerical and isinstance(answer, types.FunctionType):
        # where the network itself is complex, formulas have imaginary parts
        tell_tale = NUMERICAL - {"imag"} if _holds_complex(exercise.instances()[0]) else NUMERICAL
        is_numerical = bool(_names(answer, set()) & tell_tale)
    if is_numerical:
        return ["the gradient seems to be computed numerically; the exercise asks for formulas"]
    return []


def _holds_complex(value: object) -> bool:
    """Whether there are complex numbers among an exercise's arguments."""
    if isinstance(value, dict):
        return any(map(_holds_complex, value.values()))
    if isinstance(value, (tuple, list)):
        return any(map(_holds_complex, value))
    return isinstance(value, np.ndarray) and value.dtype.kind == "c"


def _names(function: types.FunctionType, seen: set[types.FunctionType]) -> set[str]:
    """Names that a function uses, and those that functions of the notebook which it reaches use."""
    seen.add(function)
    found = {function.__name__} | _used(function.__code__)
    inside = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    outside = [function.__globals__.get(name) for name in _globals_read(function.__code__)]
    for value in (*inside, *outside):
        if isinstance(value, types.FunctionType) and value not in seen:
            if value.__globals__ is function.__globals__:
                found |= _names(value, seen)
            found.add(value.__name__)
    return found


def _used(code: types.CodeType) -> set[str]:
    """Names that a function's code, or a function defined in it, uses."""
    nested = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*map(_used, nested))


def _is_filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _data(function: types.FunctionType, seen: set[types.FunctionType]) -> set[str]:
    """Names of arrays and collections among the globals that a function and its helpers read."""
    seen.add(function)
    found: set[str] = set()
    for name in _globals_read(function.__code__):
        value = function.__globals__.get(name, getattr(builtins, name, None))
        if isinstance(value, types.FunctionType):
            if value not in seen and value.__globals__ is function.__globals__:
                found |= _data(value, seen)
        elif isinstance(value, (np.ndarray, dict, list, tuple, set)) and not name.isupper():
            # an activation of rnnlib is a tuple of functions, and no data
            found |= set() if callable(value) else {name}
    return found


def _globals_read(code: types.CodeType) -> set[str]:
    """Names that a function's code, or a function defined in it, looks up outside."""
    import dis  # only where a right answer is looked at

    names = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _globals_read(constant)
    return names
