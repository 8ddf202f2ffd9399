"""The exercises without passages of the solutions, and whether any passage is left somewhere.

A slip's passages are needed to make its bank, and for nothing else.  What students are given has its words,
and its numbers from the bank.
"""

import ast
import json
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from ...errors import BuildError
from ...exercises import LESSONS, Slip, all_exercises, sources
from ...exercises.check_cell import cell_source
from ...lessons import released_lessons

LONG = 30  # characters; what is shorter, such as `for t in range(1, T + 1)`, any program on arrays may have
SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)
MADE = "# Made from the course's source.  The slips have their words here; their numbers are in the bank.\n"


def slip_makers(folder: Path) -> set[str]:
    """The modules of autograder/exercises/ that make slips for several lessons: they need not be handed out.

    Those that call `Slip`, and those that import from one of them.
    """
    trees = {
        path.stem: ast.parse(path.read_text(encoding="utf-8"))
        for path in folder.glob("*.py")
        if not path.stem.startswith("lesson")
    }
    makers = {name for name, tree in trees.items() if any(map(_makes_slip, ast.walk(tree)))}
    while more := {n for n, tree in trees.items() if _imported(tree) & makers} - makers:
        makers |= more
    return makers


def _makes_slip(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Slip"


def _imported(tree: ast.AST) -> set[str | None]:
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 1}


def without_passages(text: str, makers: Collection[str]) -> str:
    """The declarations of a lesson's exercises, every slip with its words and with empty passages.

    text: the source of autograder/exercises/lessonNN.py.  makers: see `slip_makers`.  What served the
    passages alone, such as a name for one, is left out.  Raises BuildError for an exercise that is not
    written as `Exercise(id="…", …)`.
    """
    tree = _Blank().visit(ast.parse(text))
    tree.body = [s for s in tree.body if not (isinstance(s, ast.ImportFrom) and s.module in makers)]
    while (kept := _needed(tree)) != tree.body:
        tree.body = kept
    return f"{MADE}{ast.unparse(ast.fix_missing_locations(tree))}\n"


class _Blank(ast.NodeTransformer):
    """Writes out the slips of every exercise, without their passages."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Exchanges the slips of an `Exercise`."""
        if not (isinstance(node.func, ast.Name) and node.func.id == "Exercise"):
            self.generic_visit(node)
            return node
        given = {keyword.arg: keyword for keyword in node.keywords}
        exercise_id = given["id"].value if "id" in given else None
        if not isinstance(exercise_id, ast.Constant) or exercise_id.value not in all_exercises():
            raise BuildError(f"line {node.lineno}: expected an Exercise with id=, a text like '01.immediate'")
        if "slips" in given:
            written = _written(all_exercises()[exercise_id.value].slips)
            given["slips"].value = ast.parse(written, mode="eval").body
        return node


def _written(slips: Iterable[Slip]) -> str:
    """Slips as an expression, with empty passages."""
    rows = [
        f"Slip({slip.id!r}, '', '', {slip.says!r}, {slip.asks!r}{', alone=True' if slip.alone else ''}),"
        for slip in slips
    ]
    return f"({''.join(rows)})"


def _needed(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a module without those whose names nothing reads."""
    loaded = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {"EXERCISES"} | {node.id for node in loaded if isinstance(node.ctx, ast.Load)}
    return [statement for statement in tree.body if not (names := _names(statement)) or names & read]


def _names(statement: ast.stmt) -> set[str]:
    """The names that a statement defines; none for one that does anything else."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        targets = [part for target in statement.targets for part in ast.walk(target)]
        return {part.id for part in targets if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return set()


class Passages:
    """The passages of slips and lines of solutions that are `LONG`, and that no released notebook shows."""

    def __init__(self, root: Path) -> None:
        """root: the clone."""
        shown = "\n".join(_one_line(text) for text in _released_code(root))
        found = {part for e in all_exercises().values() for s in e.slips for part in (s.right, s.wrong)}
        for lesson in LESSONS:
            for _, source in sources.source_cells(lesson) or ():
                found |= {line for part in SOLUTION.findall(source) for line in part.splitlines()}
        self.found = {text for text in map(_one_line, found) if len(text) >= LONG and text not in shown}

    def left_in(self, text: str) -> list[str]:
        """Those that stand in a text, however it is broken into lines and indented."""
        line = _one_line(text)
        return sorted(passage for passage in self.found if passage in line)


def _released_code(root: Path) -> Iterable[str]:
    """The source of each code cell that is released."""
    for path in released_lessons(root):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield cell_source(cell)


def _one_line(text: str) -> str:
    return " ".join(text.split())
