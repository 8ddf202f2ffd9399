"""Small edits of what decides how often a statement is run: what a loop goes through, and conditions."""

import ast
import itertools
from collections.abc import Iterator

from .edits import Small
from .kinds import Kind
from .trees import parsed


def loop_edits(iterated: ast.expr) -> Iterator[Small]:
    """What else a loop might go through: the other way round, or from or to another step."""
    text = ast.unparse(iterated)
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) and iterated.args:
        name, args = iterated.func.id, [ast.unparse(a) for a in iterated.args]
        if name == "reversed":
            yield Small(iterated.args[0], Kind.DIRECTION)
        elif name == "range":
            for n, step in itertools.product(range(len(args)), (1, -1)):
                moved = [f"{a} + {step}" if m == n else a for m, a in enumerate(args)]
                yield Small(parsed(f"range({', '.join(moved)})"), Kind.BOUNDS)
            if len(args) == 1:
                yield Small(parsed(f"range(1, {args[0]})"), Kind.BOUNDS)
                yield Small(parsed(f"range(1, {args[0]} + 1)"), Kind.BOUNDS)
            elif len(args) == 2:
                yield Small(parsed(f"range({args[1]})"), Kind.BOUNDS)
                yield Small(parsed(f"range({args[0]} + 1, {args[1]} + 1)"), Kind.BOUNDS)
                yield Small(parsed(f"range({args[0]} - 1, {args[1]} - 1)"), Kind.BOUNDS)
            elif len(args) == 3:
                for step in (1, -1):
                    yield Small(
                        parsed(f"range({args[0]} + {step}, {args[1]} + {step}, {args[2]})"), Kind.BOUNDS
                    )
        elif name == "enumerate":
            yield Small(parsed(f"enumerate({args[0]}, 1)"), Kind.BOUNDS)
            yield Small(iterated.args[0], Kind.BOUNDS)
    yield Small(parsed(f"list({text})[::-1]"), Kind.DIRECTION)
    for cut in ("1:", ":-1", "2:", ":-2"):
        yield Small(parsed(f"list({text})[{cut}]"), Kind.BOUNDS)


def condition_edits(test: ast.expr) -> Iterator[Small]:
    """The opposite condition, one that always holds, and one that never does."""
    yield Small(ast.UnaryOp(ast.Not(), test), Kind.CONDITION)
    yield from (Small(ast.Constant(value), Kind.CONDITION, 1.3) for value in (True, False))
