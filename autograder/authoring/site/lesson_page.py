"""A lesson's page: the released text, the figures and cards of the solution, and each solution folded.

A page shows under a cell what the *solution's* cell gave, and nothing under a cell for the student to
fill in.  So every figure is right, and no answer is in sight before a reader opens a fold.
"""

import copy
import re

from nbformat import NotebookNode
from nbformat.v4 import new_output

from ...errors import BuildError

SOLUTION = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION\n?", re.M)
LAST_HINT = re.compile(r"<summary>Hint 3 .*?</details>\n?", re.S)
WIDGET = "application/vnd.jupyter.widget-view+json"
SETS_UP = "-on-colab"  # ends the id of a cell that a page, where nothing runs, has no use for
CAPTION = "<p class='under-a-check'>With a right answer the check shows:</p>"
STILL = "<p class='under-a-check'>In the notebook a slider moves this figure.</p>"


def lesson_page(released: NotebookNode, executed: NotebookNode, links: str) -> NotebookNode:
    """The notebook that becomes the page.

    released: what students open.  executed: the solution's notebook with its outputs.  links: HTML to put
    below the title.  Raises BuildError where the two are not cell by cell the same lesson.
    """
    if [c.id for c in released.cells] != [c.id for c in executed.cells]:
        raise BuildError("a released notebook has other cells than its solution; run `autograder build`")
    page = copy.deepcopy(released)
    kept = [n for n, cell in enumerate(page.cells) if not cell.id.endswith(SETS_UP)]
    page.cells = [page.cells[n] for n in kept]
    page.metadata.pop("widgets", None)  # a page has no kernel that a slider could ask
    waiting = ""  # a solution that stands below the hints, further down
    for cell, solved in zip(page.cells, [executed.cells[n] for n in kept]):
        graded = cell.metadata.get("nbgrader", {})
        cell.metadata = NotebookNode()
        if cell.cell_type != "code":
            if graded.get("solution"):
                cell.source += folded("An answer", solved.source)
            cell.source, waiting = with_solution(cell.source, waiting)
            continue
        cell.execution_count = None
        if graded.get("solution"):
            waiting += folded("Solution", f"```python\n{SOLUTION.sub('', solved.source).rstrip()}\n```")
            cell.outputs = []
        else:
            cell.outputs = shown_outputs(solved.outputs, bool(graded.get("grade")))
    if waiting:
        raise BuildError("a solution is not followed by its third hint, so that a page has no place for it")
    page.cells[0].source = below_the_title(page.cells[0].source, links)
    return page


def folded(title: str, text: str) -> str:
    """Markdown that is shown when its title is clicked."""
    return f"\n<details class='solution'><summary>{title}</summary>\n\n{text}\n\n</details>\n"


def with_solution(source: str, waiting: str) -> tuple[str, str]:
    """A cell's text with the solution that waits behind its third hint, and what then still waits."""
    hint = waiting and LAST_HINT.search(source)
    if not hint:
        return source, waiting
    return f"{source[: hint.end()]}{waiting}{source[hint.end() :]}", ""


def shown_outputs(outputs: list[NotebookNode], is_check: bool) -> list[NotebookNode]:
    """What of a cell's outputs a page shows.

    A check's returned points are left out, as the card says them, and so is a slider, which needs a kernel.
    """
    shown = []
    for output in outputs:
        if WIDGET in output.get("data", {}):
            shown.append(_html(STILL))
        elif not (is_check and output.output_type == "execute_result"):
            shown.append(copy.deepcopy(output))
            shown[-1].pop("execution_count", None)
            if output.output_type == "execute_result":
                shown[-1].execution_count = None
    return [_html(CAPTION), *shown] if is_check and shown else shown


def _html(text: str) -> NotebookNode:
    output: NotebookNode = new_output("display_data", {"text/html": text})
    return output


def below_the_title(source: str, addition: str) -> str:
    """The text of a first cell with `addition` as a block of its own below the title."""
    title, _, rest = source.partition("\n")
    if not title.startswith("# "):
        raise BuildError(f"a lesson begins with {title!r}; expected its title, '# …'")
    return f"{title}\n\n{addition}\n{rest}"
