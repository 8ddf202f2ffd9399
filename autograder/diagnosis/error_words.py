"""An error of a student's function in one sentence: what was raised, and in which of the student's lines."""

import linecache
import traceback
from typing import Any

from ..wording import shortened


def describe_error(error: BaseException, answer: Any, arguments: int | None = None) -> str:
    """One sentence: what was raised, and the last line of the student's that it went through.

    arguments: how many the answer was called with, where that is known.
    """
    text = _first_line(error)
    if arguments and isinstance(error, TypeError) and "missing" in text and "argument" in text:
        text += f"; it is called with {arguments}"
    return f"{type(error).__name__}: {text}{_place(error, answer)}"


def _first_line(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # __str__ is the student's code too
        lines = []
    return shortened(lines[0], 200) if lines else "no message"


def _place(error: BaseException, answer: Any) -> str:
    """The student's own line: the last one whose globals are those of the answer.

    In a notebook every cell is a file of its own, and a helper may stand in any of them.
    """
    answer = getattr(answer, "func", answer)  # functools.partial
    made_in = getattr(answer, "__globals__", None) or getattr(type(answer).__call__, "__globals__", None)
    frames = [f for f in traceback.walk_tb(error.__traceback__) if f[0].f_globals is made_in]
    if not frames:
        return ""
    frame, number = frames[-1]
    code = frame.f_code
    helper = f" of {code.co_name}" if code is not frames[0][0].f_code else ""
    line = linecache.getline(code.co_filename, number).strip()
    return f" in line {number}{helper}" + (f": {shortened(line, 100)}" if line else "")
