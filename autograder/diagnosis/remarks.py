"""Remarks on right answers that cost nothing: notebook globals, numerical differentiation."""

import ast
import builtins
import types
from collections.abc import Iterable, Mapping
from contextlib import suppress

import numpy as np

from ..compare import Array
from ..exercises import Exercise
from ..syntax import parse

MOST_READ = 200_000  # characters of a submission's code: a parsed line takes hundreds of times its memory
FEW = 30  # entries; with fewer, a helper called once a step may be called as often as a loss
ROUNDING = 1e-12  # a relative error above what another order of summation gives
NUMERICAL = {"central_difference", "check_gradient", "complex", "complex128", "complex_step", "imag"}
DIFFERENTIATING = {"autograd", "casadi", "jax", "mxnet", "pytensor", "sympy", "tensorflow", "torch"}
BY_PACKAGE = (
    "the gradient seems to be computed by {}, which differentiates by itself; the exercise asks for formulas"
)
BY_TRYING = "the gradient seems to be computed numerically; the exercise asks for formulas"


def remarks_on_function(answer: object) -> list[str]:
    """What the text of a function shows: which of the notebook's data it reads besides its arguments."""
    names = sorted(_data(answer, set())) if isinstance(answer, types.FunctionType) else []
    if not names:
        return []
    verb = "which is not one of its arguments" if len(names) == 1 else "which are not among its arguments"
    return [f"the function reads {', '.join(names)} from the notebook, {verb}"]


def remarks_on_gradient(
    exercise: Exercise, answer: object, error: float, arrays: Iterable[Mapping[str, Array | None]]
) -> list[str]:
    """Whether a right gradient was found by trying the loss out, as far as that shows.

    error: the largest relative error of the outputs; arrays: the outputs on each instance.  A gradient by
    formulas is exact to rounding, in double precision or in single; one by complex steps is as well, and is
    known by the names that its functions use.
    """
    if not exercise.backward:
        return []
    is_numerical = error > ROUNDING and not any(map(_is_single, arrays))
    if not is_numerical and isinstance(answer, types.FunctionType):
        is_numerical = bool(_names(answer, set()) & _tell_tale(exercise))
    return [BY_TRYING] if is_numerical else []


def remarks_on_text(exercise: Exercise, name: str, cells: Iterable[str]) -> list[str]:
    """As `remarks_on_gradient`, from the text of a submission's code cells; also whether a package found it.

    name: of the function that is checked.  No more than MOST_READ characters are read.
    """
    if not exercise.backward:
        return []
    defined: dict[str, ast.AST] = {}
    packages: dict[str, str] = {}
    left = MOST_READ
    for source in cells:
        if len(source) > left:  # the cells after it are read all the same, or it would hide them
            continue
        left -= len(source)
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            tree = parse(source)
            defined |= _definitions(tree)
            packages |= _packages(tree)
    names = _names_in_text(name, defined)
    found = sorted({packages[known] for known in names & packages.keys()})
    by_package = [BY_PACKAGE.format(package) for package in found]
    return [BY_TRYING, *by_package] if names & _tell_tale(exercise) else by_package


def _packages(tree: ast.Module) -> dict[str, str]:
    """{name that an import binds: its package} for the packages that differentiate by themselves."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                found[alias.asname or alias.name.split(".")[0]] = module.split(".")[0]
    return {name: package for name, package in found.items() if package in DIFFERENTIATING}


def _definitions(tree: ast.Module) -> dict[str, ast.AST]:
    """{name: the last statement of a cell that defines it}."""
    found: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    return found


def _names_in_text(name: str, defined: Mapping[str, ast.AST]) -> set[str]:
    """Names that the definition of `name` uses, and those that the definitions it reaches use."""
    found: set[str] = set()
    seen, reached = {name}, [name]
    while reached:
        node = defined.get(reached.pop())
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Name):
                found.add(part.id)
                if part.id not in seen:
                    seen.add(part.id)
                    reached.append(part.id)
            elif isinstance(part, ast.Attribute):
                found.add(part.attr)
            elif isinstance(part, ast.Constant) and isinstance(part.value, complex):
                found.add("complex")
    return found


def _is_single(outputs: Mapping[str, Array | None]) -> bool:
    """Whether one of the outputs has nothing but numbers of single precision, zeros aside."""
    made = [array for array in outputs.values() if array is not None and np.any(array)]
    return any(np.array_equal(array, array.astype(np.float32)) for array in made)


def _tell_tale(exercise: Exercise) -> set[str]:
    """Names that give a numerical gradient away; where the network is complex, formulas have some of them."""
    if _holds_complex(exercise.instances()[0]):
        return NUMERICAL - {"imag", "complex", "complex128"}
    return NUMERICAL


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
    outside = [function.__globals__.get(name) for name in globals_read(function.__code__)]
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
    for name in globals_read(function.__code__):
        value = function.__globals__.get(name, getattr(builtins, name, None))
        if isinstance(value, types.FunctionType):
            if value not in seen and value.__globals__ is function.__globals__:
                found |= _data(value, seen)
        elif isinstance(value, (np.ndarray, dict, list, tuple, set)) and not name.isupper():
            # an activation of rnnlib is a tuple of functions, and no data
            found |= set() if callable(value) else {name}
    return found


def globals_read(code: types.CodeType) -> set[str]:
    """Names that a function's code, or a function defined in it, looks up outside."""
    import dis  # only where a right answer is looked at

    names = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= globals_read(constant)
    return names
