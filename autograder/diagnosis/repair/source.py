"""Reads the text of a student's function and of its helpers, where running them again leaves no trace."""

import ast
import inspect
import linecache
import textwrap
import types
from copy import deepcopy
from typing import Any

import numpy as np

from ...syntax import parse
from .program import Program, parsed_definition, put_sites

# modules whose functions may be called again and again: they leave nothing behind
HARMLESS = {"numpy", "rnnlib", "math", "cmath", "scipy", "itertools", "functools", "collections"}
HARMLESS |= {"operator", "copy", "typing", "types", "builtins", "time", "random", "warnings", "dataclasses"}
# names of functions and methods of these that do leave something behind
LASTING = {"open", "input", "exec", "eval", "exit", "quit", "__import__", "setattr", "delattr", "globals"}
LASTING |= {
    "save",
    "savez",
    "savez_compressed",
    "savetxt",
    "tofile",
    "dump",
    "memmap",
    "seterr",
    "seterrcall",
}


def read_program(answer: object) -> Program | None:
    """The `Program` of a function; None where it has no text, or running it again could leave traces."""
    if not isinstance(answer, types.FunctionType):
        return None
    functions: dict[str, ast.FunctionDef] = {}
    lines: dict[str, list[str]] = {}
    namespace: dict[str, Any] = {"np": np}
    waiting = [answer]
    while waiting:
        function = waiting.pop(0)
        found = _definition(function)
        if found is None or found[0].name in functions:
            if found is None and function is answer:
                return None
            continue
        tree, lines[found[0].name] = found
        functions[tree.name] = tree
        for name in sorted(_names_read(tree)):
            if name not in answer.__globals__:
                continue
            value = answer.__globals__[name]
            own = isinstance(value, types.FunctionType) and value.__globals__ is answer.__globals__
            if own and value.__name__ == name:
                waiting.append(value)
                namespace.setdefault(name, value)
            elif own or name in LASTING or not _is_harmless(value):
                return None
            else:
                try:
                    namespace[name] = value if _is_shared(value) else deepcopy(value)
                except Exception:  # whatever a student's object does when it is copied
                    return None
    if answer.__globals__.get(answer.__name__, answer) is not answer and len(functions) > 1:
        return None  # a helper would call another function of this name
    if any(
        name not in functions and isinstance(value, types.FunctionType) and _is_own(value, answer)
        for name, value in namespace.items()
    ):
        return None  # a helper without text
    program = Program(answer.__name__, functions, lines, namespace)
    put_sites(program)
    return program


def _is_own(value: types.FunctionType, answer: types.FunctionType) -> bool:
    return value.__globals__ is answer.__globals__


def _definition(function: types.FunctionType) -> tuple[ast.FunctionDef, list[str]] | None:
    """The tree of a function and its text; None where it has none that can be run again."""
    if function.__closure__ or hasattr(function, "__wrapped__"):
        return None
    try:
        # inspect.getsource would go through all modules to find the one that the function is not in
        code = function.__code__
        lines = linecache.getlines(code.co_filename, function.__globals__)
        text = textwrap.dedent("".join(inspect.getblock(lines[code.co_firstlineno - 1 :])))
        tree = parse(text).body[0]
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError, MemoryError, IndexError):
        return None
    if not isinstance(tree, ast.FunctionDef) or tree.decorator_list or tree.name != function.__name__:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            own = getattr(node, "module", None)
            names = [own] if own else [alias.name for alias in node.names]
            if not all(name.split(".")[0] in HARMLESS for name in names):
                return None
        used = getattr(node, "id", None) or getattr(node, "attr", None)
        if used in LASTING or isinstance(node, ast.Nonlocal):
            return None
    return parsed_definition(text), text.splitlines()


def _names_read(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def _is_harmless(value: object) -> bool:
    """Whether a value from the notebook, when it is called or read, leaves nothing behind."""
    if isinstance(value, types.ModuleType):
        return value.__name__.split(".")[0] in HARMLESS and value is not np.random
    if isinstance(value, np.ufunc) or not callable(value):
        return True
    owner = value if isinstance(value, type | types.FunctionType) else type(value)
    module = getattr(owner, "__module__", None) or "builtins"
    return module.split(".")[0] in HARMLESS


def _is_shared(value: object) -> bool:
    """Whether a value need not be copied: nothing writes into a module, a class or a function."""
    return isinstance(value, types.ModuleType | type) or callable(value)
