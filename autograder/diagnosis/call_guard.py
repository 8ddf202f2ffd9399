"""Calling a student's function: in silence, in time, and with nothing changed for what comes after."""

import contextlib
import io
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import AnswerError
from .time_limit import in_main_thread, time_limit

MOST_PRINTED = 10_000  # characters
_running = threading.local()


def equal_arguments(a: Any, b: Any) -> bool:
    """Whether two values that are made of dicts, sequences, arrays and numbers are equal."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal_arguments(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(equal_arguments, a, b))
    if isinstance(a, (np.ndarray, float, int, np.generic)):
        return np.array_equal(a, b)
    return True


class _Printed(io.StringIO):
    """Stores the beginning of what is printed; a student's code can neither fill nor close it."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, MOST_PRINTED - self.tell())])
        return len(text)

    def close(self) -> None:
        pass


@contextlib.contextmanager
def quiet() -> Iterator[io.StringIO]:
    """Printing and warnings stay inside: anything on stderr would cost all points under nbgrader."""
    printed = _Printed()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(_Printed()):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield printed


@contextlib.contextmanager
def silence() -> Iterator[io.StringIO]:
    """As `quiet` in the main thread; elsewhere only NumPy's warnings are silenced.

    Standard streams belong to the whole process, so no other thread may redirect them.
    """
    if in_main_thread():
        with quiet() as printed:
            yield printed
    else:
        with np.errstate(all="ignore"):
            yield io.StringIO()


@contextlib.contextmanager
def guard(seconds: float) -> Iterator[io.StringIO]:
    """Around calls of an answer: in silence, in time, and with the settings of Python restored.

    Gives the stream that what is printed goes to.
    """
    if is_busy():
        raise AnswerError("the function that is checked asks for a check itself; do that outside")
    _running.answer = True
    try:
        with silence() as printed, _settings(), time_limit(seconds):
            yield printed
    finally:
        _running.answer = False


def is_busy() -> bool:
    """Whether an answer is running: in its calls, nothing may be checked."""
    return getattr(_running, "answer", False)


@contextlib.contextmanager
def _settings() -> Iterator[None]:
    """Restores what an answer may change for everybody; `exit()` does not end the kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    drawn, drawn_by_numpy, depth = random.getstate(), np.random.get_state(), sys.getrecursionlimit()
    if shell is not None:
        shell.ask_exit = _exit
    try:
        with np.printoptions():
            yield
    finally:
        random.setstate(drawn)
        np.random.set_state(drawn_by_numpy)
        sys.setrecursionlimit(depth)
        if shell is not None:
            del shell.ask_exit


def _exit() -> None:
    raise SystemExit("exit() was called")
