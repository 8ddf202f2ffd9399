"""Python's parser, for several threads at once, and where a statement stands."""

import ast
import threading
from contextlib import suppress

ATTEMPTS = 20

_one_at_a_time = threading.Lock()


def parse(source: str) -> ast.Module:
    """The syntax tree of a source.

    CPython 3.11 counts how deep a tree is nested for all threads together, and raises SystemError when one
    thread goes on while another is at work.  Libraries make trees as well, hence the further attempts.
    """
    for _ in range(ATTEMPTS - 1):
        with _one_at_a_time, suppress(SystemError):
            return ast.parse(source)
    with _one_at_a_time:
        return ast.parse(source)


def extent(statement: ast.stmt) -> slice:
    """Where a statement stands among the lines of its source, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return slice(first - 1, statement.end_lineno or statement.lineno)
