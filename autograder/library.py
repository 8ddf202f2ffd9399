"""What student code may import of the course: an rnnlib without the answers of its lesson."""

import ast
import atexit
import compileall
import os
import py_compile
import shutil
import tempfile
import threading
from functools import cache
from importlib import import_module
from pathlib import Path

from .exercises import of_lesson

HERE = Path(__file__).resolve().parent
RNNLIB = HERE.parent / "rnnlib"


def answers(lesson):
    """The functions of rnnlib that would answer an exercise of the lesson, as "rnn.backward"."""
    return sorted({_where_defined(name) for exercise in of_lesson(lesson) for name in exercise.answers})


def _where_defined(name):
    """ "training.he" is defined in another module, which has to lose it: "initialisers.he"."""
    module, function = name.split(".")
    found = getattr(import_module(f"rnnlib.{module}"), function)
    return f"{found.__module__.removeprefix('rnnlib.')}.{function}"


def without(source, functions, module):
    """The source of a module whose `functions` only say that they are not there."""
    lines = source.split("\n")
    defined = {name: node for node in ast.parse(source).body for name in _names(node)}
    for name in functions:
        if name not in defined:
            raise ValueError(f"rnnlib.{module} defines no {name}, which an exercise lists as its answer")
        node = defined[name]
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        said = f"rnnlib.{module}.{name} is an answer of this lesson; it is not there while grading"
        lines[start - 1 : node.end_lineno] = [
            f"def {name}(*_, **__): raise RuntimeError({said!r})",
            *[""] * (node.end_lineno - start),
        ]
    return "\n".join(lines)


def _names(node):
    """What a statement of a module defines: a function, or a name by assignment."""
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def folder(lesson):
    """A folder with `beside` and a lesson's reduced rnnlib, compiled; kept while this process lives."""
    with _one_at_a_time:
        return _made(lesson)


_one_at_a_time = threading.Lock()


@cache
def _made(lesson):
    made = Path(tempfile.mkdtemp(prefix="unrolled-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    removed = {}
    for name in answers(lesson):
        module, function = name.split(".")
        removed.setdefault(module, []).append(function)
    (made / "rnnlib").mkdir()
    for path in RNNLIB.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        if path.stem != "plots":
            source = without(source, removed.get(path.stem, ()), path.stem)
            (made / "rnnlib" / path.name).write_text(source, encoding="utf-8")
    shutil.copytree(HERE / "beside", made / "beside", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(made, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    for path in [made, *made.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
    return made
