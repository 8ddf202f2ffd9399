"""Executes the cells of a notebook one after another, as far as plain Python can."""

import ast
import io
import linecache
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from .protocol import PATIENCE, CellOutput, Job


class TimeLimit(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


def raise_time_limit(*_: object) -> None:
    """Raises TimeLimit; the handler of the timers' signals."""
    raise TimeLimit


@contextmanager
def limited_time(seconds: float) -> Iterator[None]:
    """Raises TimeLimit when the block takes more seconds of work, or PATIENCE times as many by the clock."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def run_cell(source: str, name: str, namespace: dict[str, Any], job: Job) -> list[CellOutput]:
    """Executes a cell; returns its outputs as a notebook stores them."""
    printed = Capped(job["most_output"])
    sys.stdout = sys.stderr = cast(TextIO, printed)
    outputs: list[CellOutput] = []
    try:
        with limited_time(job["cell_seconds"]):
            result = _execute(source, name, namespace)
            text = None if result is None else repr(result)[: job["most_output"]]
        if text is not None:
            outputs.append({"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}})
    except TimeLimit:
        said = f"no answer within {job['cell_seconds']:g} s"
        outputs.append({"output_type": "error", "ename": "Timeout", "evalue": said, "traceback": []})
    except BaseException as error:  # whatever a cell raises, SystemExit included
        outputs.append(_error_output(error, name))
    if printed.text():
        outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": printed.text()})
    return outputs


def _execute(source: str, name: str, namespace: dict[str, Any]) -> Any:
    """Runs the statements; returns the value of a last expression, which a notebook shows."""
    tree = _parse(source, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = ast.Expression(tree.body[-1].value)
        del tree.body[-1]
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(last, name, "eval"), namespace) if last is not None else None


def _parse(source: str, name: str) -> ast.Module:
    try:
        return ast.parse(source, name)
    except SyntaxError:
        plain = _without_magics(source)
        if plain == source:
            raise
        return ast.parse(plain, name)


def _without_magics(source: str) -> str:
    """The cell without lines for IPython or the shell, which are not run here."""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        bare = line.lstrip()
        if bare.startswith(("%", "!", "?")) or bare.endswith("?"):
            lines[i] = line[: len(line) - len(bare)] + "pass"
    return "\n".join(lines)


def _error_output(error: BaseException, name: str) -> CellOutput:
    kind, said = type(error).__name__, error_text(error)[:2000]
    line = error_line(error, name)
    trace = [f"line {line[0]}: {line[1]}"] if line else []
    return {"output_type": "error", "ename": kind, "evalue": said, "traceback": [*trace, f"{kind}: {said}"]}


def error_text(error: BaseException) -> str:
    """What an error says; "" where its `__str__`, which may be the student's, fails."""
    try:
        return str(error)
    except Exception:  # whatever a student's own exception does when it is converted
        return ""


def error_line(error: BaseException, name: str | None) -> tuple[int, str] | None:
    """(number, text) of the last line in the student's cells that an error passed through.

    name: of the one cell to look at; None for all cells.
    """
    found = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith("<cell") if name is None else file == name:
            found = trace.tb_lineno, linecache.getline(file, trace.tb_lineno).strip()[:200]
        trace = trace.tb_next
    return found


class Capped(io.TextIOBase):
    """A stream that stores the beginning of what is written, up to a number of characters."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.parts: list[str] = []
        self.size, self.lost = 0, 0

    def write(self, text: object) -> int:
        """Stores the part of the text that still fits."""
        text = str(text)
        kept = text[: max(self.most - self.size, 0)]
        if kept:
            self.parts.append(kept)
        self.size += len(kept)
        self.lost += len(text) - len(kept)
        return len(text)

    def text(self) -> str:
        """All that is stored, and how much is missing."""
        more = f"\n… {self.lost} more characters were cut" if self.lost else ""
        return "".join(self.parts) + more
