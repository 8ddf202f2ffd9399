"""Executes the cells of a notebook one after another, as far as plain Python can."""

import ast
import io
import linecache
import signal
import sys


class TimeLimit(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


def out_of_time(*_):
    raise TimeLimit


def run(source, name, namespace, job):
    """Executes a cell; returns its outputs as a notebook stores them."""
    printed = Capped(job["most_output"])
    sys.stdout = sys.stderr = printed
    outputs = []
    try:
        signal.setitimer(signal.ITIMER_REAL, job["cell_seconds"])
        try:
            result = _execute(source, name, namespace)
            text = None if result is None else repr(result)[: job["most_output"]]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
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


def _execute(source, name, namespace):
    """Runs the statements; the value of a last expression is returned, as a notebook shows it."""
    tree = _parse(source, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = ast.Expression(tree.body.pop().value)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(last, name, "eval"), namespace) if last is not None else None


def _parse(source, name):
    try:
        return ast.parse(source, name)
    except SyntaxError:
        plain = _without_magics(source)
        if plain == source:
            raise
        return ast.parse(plain, name)


def _without_magics(source):
    """The cell without lines for IPython or the shell, which are not run here."""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        bare = line.lstrip()
        if bare.startswith(("%", "!", "?")) or bare.endswith("?"):
            lines[i] = line[: len(line) - len(bare)] + "pass"
    return "\n".join(lines)


def _error_output(error, name):
    kind, said = type(error).__name__, text_of(error)[:2000]
    line = line_of(error, name)
    trace = [f"line {line[0]}: {line[1]}"] if line else []
    return {"output_type": "error", "ename": kind, "evalue": said, "traceback": [*trace, f"{kind}: {said}"]}


def text_of(error):
    try:
        return str(error)
    except Exception:  # whatever a student's own exception does when it is asked
        return ""


def line_of(error, name):
    """(number, text) of the last line in the student's own cells that an error went through."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith("<cell") if name is None else file == name:
            found = trace.tb_lineno, linecache.getline(file, trace.tb_lineno).strip()[:200]
        trace = trace.tb_next
    return found


class Capped(io.TextIOBase):
    """Keeps the beginning of what is written, up to a number of characters."""

    def __init__(self, most):
        self.most, self.parts, self.size, self.lost = most, [], 0, 0

    def write(self, text):
        text = str(text)
        kept = text[: max(self.most - self.size, 0)]
        if kept:
            self.parts.append(kept)
        self.size += len(kept)
        self.lost += len(text) - len(kept)
        return len(text)

    def text(self):
        more = f"\n… {self.lost} more characters were cut" if self.lost else ""
        return "".join(self.parts) + more
