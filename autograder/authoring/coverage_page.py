"""What of the course's checklist is taught where and tested by what: docs/coverage.md.

A lesson's markdown cells carry the items they teach as cell tags, an `Exercise` names its own in
`items` and the library functions that would answer it in `answers`.  A test names the items whose
numbers it computes with `@pytest.mark.item("S4.16", "E1.4")`; the test files are read, not run.
"""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import rnnlib

from ..exercises import LESSONS, Exercise, lesson_exercises
from ..exercises.sources import source_cells

TESTS = Path(__file__).resolve().parent.parent.parent / "tests"

HEAD = """# Coverage

What of the checklist stands where. Made by `autograder build` from the tags of the lessons' cells, the
`items` of the exercises, and the marks of the tests; `tests/test_coverage.py` holds the list of what each
lesson owes, and of the errata.

## Items

A test stands here if it computes the item's number; it is marked `@pytest.mark.item(...)`.

| item | lesson | section | exercise | library | tests |
|---|---|---|---|---|---|
"""

ERRATA = """
## Errata

Formulas and sentences of the five documents that are wrong, or are wrong in one natural reading, and the
test that computes by how much.

| erratum | tests |
|---|---|
"""

NOISE_HEAD = """
## Scanning noise

Lines in which the scan has lost a symbol and the document was presumably right. They are no exercise, and
nobody is blamed for them.

| line | what is lost |
|---|---|
"""

NOISE = {
    "E0.1": "the index of an activation function",
    "E0.2": "the letters of a chain of derivatives, so that every factor is 1",
    "E0.3": "the bias in the last factor of the bias's recursion",
    "E0.6": "the lower limit of the sum over the window",
    "E1.1": "the time index, read as a transpose",
    "E1.9": "one side's time index, and a definition",
    "E2.1": "the bar of an adjoint",
    "E2.5": "the bars in the sum of two adjoints",
    "E3.2": "an index in the third step of the induction; the text beside it is right",
    "E3.5": "the definition of the argument beside the starred derivative",
    "E3.6": "no symbol but a whole part: those slides leave out the loss and its gradients",
}


class Entry(NamedTuple):
    """Where one item of one lesson stands."""

    item: str
    lesson: str
    sections: tuple[str, ...]  #: headings
    exercises: tuple[str, ...]  #: ids; empty for a worked cell
    functions: tuple[str, ...]  #: of rnnlib
    tests: tuple[str, ...]  #: "rnnlib/test_flow.py::test_name", marked with the item


def marked_tests(folder=TESTS):
    """{item: ("rnnlib/test_flow.py::test_name", …)} of the marks in the test files below `folder`."""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(folder).rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = f"{path.relative_to(folder).as_posix()}::{node.name}"
                for item in sorted(_items_of(node)):
                    found.setdefault(item, []).append(name)
    return {item: tuple(names) for item, names in found.items()}


def _items_of(test):
    """The items in the marks of a test, those of single parameters included."""
    return {
        str(argument.value)
        for decorator in test.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.item"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }


def items_in_order(items):
    """Items sorted by their numbers, S before E."""
    return sorted(items, key=lambda i: (i[0] == "E", [int(n) for n in re.findall(r"\d+", i)], i))


@cache
def _all_marked():
    return marked_tests()


def coverage_entries(lesson):
    """The entries of one lesson, in the order of the items."""
    taught = _sections(lesson)
    exercises: dict[str, list[Exercise]] = {}
    for exercise in lesson_exercises(lesson):
        for item in exercise.items:
            exercises.setdefault(item, []).append(exercise)
    found = []
    for item in items_in_order({*taught, *exercises}):
        mine = exercises.get(item, [])
        sections = [heading for heading, _ in taught.get(item, [])] or [e.section for e in mine]
        functions = [name for e in mine for name in e.answers]
        functions += [name for _, names in taught.get(item, []) for name in names]
        columns = sections, [e.id for e in mine], functions, _all_marked().get(item, ())
        found.append(Entry(item, lesson, *(tuple(dict.fromkeys(column)) for column in columns)))
    return found


def coverage_page():
    """docs/coverage.md."""
    rows = [
        f"| {e.item} | {e.lesson} | {'; '.join(e.sections)} | {', '.join(e.exercises) or 'worked cell'} "
        f"| {', '.join(e.functions)} | {_listed(e.tests)} |"
        for lesson in LESSONS
        for e in coverage_entries(lesson)
    ]
    errata = [item for item in items_in_order(_all_marked()) if item.startswith("E")]
    refuted = [f"| {item} | {_listed(_all_marked()[item])} |" for item in errata]
    noise = [f"| {item} | {lost} |" for item, lost in NOISE.items()]
    parts = (HEAD, rows), (ERRATA, refuted), (NOISE_HEAD, noise)
    return "".join(head + "\n".join(lines) + "\n" for head, lines in parts)


def _listed(tests):
    return ", ".join(f"`{test}`" for test in tests)


def _sections(lesson):
    """{item: [(heading, library functions used in that section)]} from the lesson's source."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    open_items: list[tuple[str, list[str]]] = []
    heading = ""
    for head, body in source_cells(lesson) or ():
        if "[markdown]" in head:
            titles = re.findall(r"^# ##+ (?!Part )(.+)$", body, flags=re.M)  # a part has sections
            if titles:
                heading, open_items = titles[0], []
            tags = re.search(r"tags=\[(.*?)\]", head)
            for item in re.findall(r"S\d+\.\d+", tags[1] if tags else ""):
                entry: tuple[str, list[str]] = (heading, [])
                found.setdefault(item, []).append(entry)
                open_items.append(entry)
        else:
            used = re.findall(r"\b(" + "|".join(_MODULES) + r")\.([a-z]\w+)", body)
            for _, functions in open_items:
                functions += [f"{module}.{name}" for module, name in used]
    return found


_MODULES = [name for name in rnnlib.__all__ if name != "plots"]
