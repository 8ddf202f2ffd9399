"""What student code can import of the course: an rnnlib without the answers of its lesson."""

import ast
import atexit
import compileall
import os
import py_compile
import shutil
import tempfile
import threading
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ..syntax import parse

PACKAGE = Path(__file__).resolve().parent.parent
RNNLIB = PACKAGE.parent / "rnnlib"
NOT_THERE = ("plots", "language")  # while grading nothing is drawn, and no network is trained to write


def without_functions(source: str, functions: Iterable[str], module: str) -> str:
    """The source of a module in which `functions` do nothing but raise an error.

    Raises ValueError where the module does not define one of them.
    """
    lines = source.split("\n")
    defined = {node.name: node for node in parse(source).body if isinstance(node, ast.FunctionDef)}
    for name in functions:
        if name not in defined:
            raise ValueError(f"rnnlib.{module} defines no {name}, which an exercise lists as its answer")
        node = defined[name]
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        last = node.end_lineno or node.lineno
        said = f"rnnlib.{module}.{name} is an answer of this lesson; it is not there while grading"
        lines[first - 1 : last] = [
            f"def {name}(*_, **__): raise RuntimeError({said!r})",
            *[""] * (last - first),
        ]
    return "\n".join(lines)


def library_folder(answers: Iterable[str]) -> Path:
    """A folder with `worker` and an rnnlib without `answers`, compiled; removed when this process ends.

    answers: functions of rnnlib that would answer an exercise, such as "rnn.backward", by the modules
    that define them.
    """
    with _one_at_a_time:
        return _make_folder(tuple(sorted(set(answers))))


_one_at_a_time = threading.Lock()


@cache
def _make_folder(functions: tuple[str, ...]) -> Path:
    made = Path(tempfile.mkdtemp(prefix="unrolled-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    (made / "rnnlib").mkdir()
    for name, source in reduced_sources(functions).items():
        (made / "rnnlib" / name).write_text(source, encoding="utf-8")
    shutil.copytree(PACKAGE / "worker", made / "worker", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(made, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    for path in [made, *made.rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)
    return made


def reduced_sources(functions: Iterable[str]) -> dict[str, str]:
    """{file name: source} of an rnnlib in which these functions do nothing but raise an error."""
    removed: dict[str, list[str]] = {}
    for name in functions:
        module, function = name.split(".")
        removed.setdefault(module, []).append(function)
    return {
        path.name: without_functions(path.read_text(encoding="utf-8"), removed.get(path.stem, ()), path.stem)
        for path in sorted(RNNLIB.glob("*.py"))
        if path.stem not in NOT_THERE
    }
