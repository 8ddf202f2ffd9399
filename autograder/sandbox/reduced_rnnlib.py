"""What student code can import of the course: an rnnlib without the answers of its lesson.

Where the line of a mistake is looked for, the search lies beside it: as `search`, since `autograder` is
something else there.
"""

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

from ..syntax import extent, parse

PACKAGE = Path(__file__).resolve().parent.parent
RNNLIB = PACKAGE.parent / "rnnlib"
NOT_THERE = ("plots", "language")  # while grading nothing is drawn, and no network is trained to write
SEARCH = (  # of the package; it knows no exercise, no reference but those that it is given, and no solution
    "answers.py",
    "compare.py",
    "errors.py",
    "outputs.py",
    "results.py",
    "syntax.py",
    "wording.py",
    "diagnosis/call_guard.py",
    "diagnosis/facts.py",
    "diagnosis/time_limit.py",
    "diagnosis/repair",
)
NOT_OF_THE_SEARCH = ("__init__.py", "find_repair.py")  # what knows the exercises


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
        where = extent(node)
        said = f"rnnlib.{module}.{name} is an answer of this lesson; it is not there while grading"
        lines[where] = [
            f"def {name}(*_, **__): raise RuntimeError({said!r})",
            *[""] * (where.stop - where.start - 1),
        ]
    return "\n".join(lines)


def library_folder(answers: Iterable[str], with_search: bool = False) -> Path:
    """A folder with `worker` and an rnnlib without `answers`, compiled; removed when this process ends.

    answers: functions of rnnlib that would answer an exercise, such as "rnn.backward", by the modules
    that define them.  with_search: whether the search for lines is there too.
    """
    with _one_at_a_time:
        return _make_folder(tuple(sorted(set(answers))), with_search)


_one_at_a_time = threading.Lock()


@cache
def _make_folder(functions: tuple[str, ...], with_search: bool) -> Path:
    made = Path(tempfile.mkdtemp(prefix="unrolled-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    sources = {f"rnnlib/{name}": source for name, source in reduced_sources(functions).items()}
    if with_search:
        sources |= {f"search/{name}": source for name, source in search_sources().items()}
    for name, source in sources.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(source, encoding="utf-8")
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


def search_sources() -> dict[str, str]:
    """{path: source} of the search for lines, as a package."""
    found = [
        path for place in SEARCH for path in (sorted((PACKAGE / place).glob("*.py")) or [PACKAGE / place])
    ]
    sources = {
        path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
        for path in found
        if path.name not in NOT_OF_THE_SEARCH
    }
    folders = {Path(name).parent for name in sources}
    return sources | {(folder / "__init__.py").as_posix(): "" for folder in folders}
