"""The solutions' source: finds the cell that defines a function and compiles variants of it."""

import hashlib
import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

import rnnlib

from ..errors import PassageError
from . import Exercise, Slip, lesson_exercises

FOLDER = Path(__file__).resolve().parent.parent.parent / "solutions"


@cache
def code_cells(lesson: str) -> tuple[str, ...] | None:
    """The code cells of a lesson's source in order; None where the sources are not installed."""
    found = source_cells(lesson)
    if found is None:
        return None
    return tuple(body for head, body in found if "[markdown]" not in head)


def source_cells(lesson: str) -> list[tuple[str, str]] | None:
    """(head, body) of every cell of a lesson's source; None where the sources are not installed."""
    sources = sorted(FOLDER.glob(f"{lesson}_*.py"))
    if not sources:
        return None
    _, *found = re.split(r"^# %%(.*)\n", sources[0].read_text(encoding="utf-8"), flags=re.M)
    return list(zip(found[::2], found[1::2]))


def digest(lesson: str) -> str | None:
    """A digest of all that decides what the slips of a lesson give; None where the source is not installed.

    That is the lesson's source and declarations, `rnnlib`, what makes instances and reads outputs, and
    NumPy's version.  Numbers that were computed under another digest are out of date.
    """
    return _digest(lesson) if code_cells(lesson) is not None else None


@cache
def _digest(lesson: str) -> str:
    here, package = Path(__file__).resolve().parent, Path(rnnlib.__file__).resolve().parent
    shared = [path for path in sorted(here.glob("*.py")) if path.name[:6] != "lesson" or lesson in path.name]
    read = [here.parent / name for name in ("compare.py", "outputs.py", "diagnosis/slip_bank.py")]
    found = hashlib.sha256(np.__version__.encode())
    for path in (*sorted(FOLDER.glob(f"{lesson}_*.py")), *shared, *read, *sorted(package.glob("*.py"))):
        found.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def solution_source(exercise: Exercise) -> str:
    """The cell that defines the exercise's function.

    Raises FileNotFoundError where the sources are not installed, and PassageError where it is not
    exactly one cell.
    """
    found = _defining(_cells(exercise.lesson), exercise.function)
    if len(found) != 1:
        raise PassageError(f"{exercise.id}: {len(found)} cells define {exercise.function}, expected one")
    return found[0]


def solution_variant(
    exercise: Exercise, slip: Slip | tuple[Slip, ...] | None = None, owner: Exercise | None = None
) -> Callable[..., Any]:
    """The solution's function; with `slip`, its right passage replaced by the wrong one.

    slip: a Slip, or a tuple of those that are made at once.  owner: the earlier exercise in whose
    solution they stand, when it is not this one.  What was compiled once is kept: functions of the
    same text are the same object.  Raises PassageError as `with_slip` does.
    """
    slips = () if slip is None else slip if isinstance(slip, tuple) else (slip,)
    return _function(exercise.lesson, _code(exercise, slips, owner), exercise.function, exercise.id)


def compile_anew(exercise: Exercise, *slips: Slip) -> Callable[..., Any]:
    """As `solution_variant`, of nothing that was compiled before, and nothing of it is kept."""
    namespace = dict(_setup(exercise.lesson))
    for cell in _code(exercise, slips):
        exec(cell, namespace)
    function: Callable[..., Any] = namespace[exercise.function]
    return function


def _code(exercise: Exercise, slips: tuple[Slip, ...], owner: Exercise | None = None) -> tuple[str, ...]:
    """The cells that define the exercise's function and those before it, slips made."""
    code = [*_functions_before(exercise), solution_source(exercise)]
    if slips:
        code[code.index(solution_source(owner or exercise))] = with_slip(owner or exercise, *slips)
    return tuple(code)


def exercises_used(exercise: Exercise) -> list[Exercise]:
    """Earlier exercises of the lesson whose functions this one's solution calls, or that those call."""
    found: list[Exercise] = []
    for earlier in lesson_exercises(exercise.lesson):
        if earlier is exercise:
            break
        if earlier.kind == "function" and _calls(solution_source(exercise), earlier.function):
            found += [e for e in (*exercises_used(earlier), earlier) if e not in found]
    return found


def with_slip(exercise: Exercise, *slips: Slip) -> str:
    """The cell that defines the exercise's function, with each slip's wrong passage in it.

    Raises PassageError when a right passage does not stand there exactly once, also because
    another of the slips has replaced it.
    """
    text = solution_source(exercise)
    for slip in slips:
        found = text.count(slip.right)
        if found != 1:
            raise PassageError(
                f"{exercise.id}, slip {slip.id}: the right passage stands {found} times in the "
                f"solution, expected once: {slip.right!r}"
            )
        text = text.replace(slip.right, slip.wrong)
    return text


def _cells(lesson: str) -> tuple[str, ...]:
    """The code cells of a lesson's source, for what cannot do without them."""
    code = code_cells(lesson)
    if code is None:
        raise FileNotFoundError(f"the source of lesson {lesson} is not installed: no {FOLDER}/{lesson}_*.py")
    return code


@lru_cache(maxsize=8192)
def _function(lesson: str, code: tuple[str, ...], name: str, label: str) -> Callable[..., Any]:
    namespace = dict(_setup(lesson))
    for cell in code:
        exec(_compiled(cell, label), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


@lru_cache(maxsize=8192)
def _compiled(cell: str, label: str) -> CodeType:
    return compile(cell, f"<solution of {label}>", "exec")


@lru_cache(maxsize=1024)
def _defining(code: tuple[str, ...], function: str) -> list[str]:
    return [cell for cell in code if re.search(rf"^def {function}\(", cell, flags=re.M)]


@lru_cache(maxsize=4096)
def _calls(text: str, function: str) -> bool:
    return re.search(rf"(?<!def )\b{function}\(", text) is not None


@cache
def _setup(lesson: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    imports = [
        line
        for cell in _cells(lesson)
        for line in cell.splitlines()
        if re.match(r"(import|from) (numpy|rnnlib|typing)", line)
    ]
    # figures are no part of an answer, and Matplotlib takes longer to import than all the rest
    exec(
        re.sub(r", plots\b|\bplots, |^from rnnlib import plots$", "", "\n".join(imports), flags=re.M),
        namespace,
    )
    return namespace


def _functions_before(exercise: Exercise) -> list[str]:
    """Solutions that this one may call: the cells with a solution region above it."""
    code = _cells(exercise.lesson)
    above = code[: code.index(solution_source(exercise))]
    return [cell for cell in above if _is_solution(cell)]


@lru_cache(maxsize=1024)
def _is_solution(cell: str) -> bool:
    return "### BEGIN SOLUTION" in cell and re.search(r"^def ", cell, flags=re.M) is not None
