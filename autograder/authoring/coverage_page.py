"""What of the course's checklist is taught where: docs/coverage.md, from tags in the sources.

A lesson's markdown cells carry the items they teach as cell tags, an `Exercise` names its own in
`items` and the library functions that would answer it in `answers`.
"""

import re
from typing import NamedTuple

import rnnlib

from ..exercises import LESSONS, Exercise, lesson_exercises, sources

HEAD = """# Coverage

What of the checklist stands where. Made by `autograder build` from the tags of the lessons' cells and
the `items` of the exercises; `tests/test_coverage.py` holds the list of what each lesson owes.

| item | lesson | section | exercise | library | tests |
|---|---|---|---|---|---|
"""


class Entry(NamedTuple):
    """Where one item of one lesson stands."""

    item: str
    lesson: str
    sections: tuple[str, ...]  #: headings
    exercises: tuple[str, ...]  #: ids; empty for a worked cell
    functions: tuple[str, ...]  #: of rnnlib
    tests: tuple[str, ...]  #: files below tests/


def coverage_entries(lesson):
    """The entries of one lesson, in the order of the items."""
    taught = _sections(lesson)
    exercises: dict[str, list[Exercise]] = {}
    for exercise in lesson_exercises(lesson):
        for item in exercise.items:
            exercises.setdefault(item, []).append(exercise)
    found = []
    for item in sorted({*taught, *exercises}, key=lambda i: [int(n) for n in re.findall(r"\d+", i)]):
        mine = exercises.get(item, [])
        sections = [heading for heading, _ in taught.get(item, [])] or [e.section for e in mine]
        functions = [name for e in mine for name in e.answers]
        functions += [name for _, names in taught.get(item, []) for name in names]
        tests = ["diagnosis/test_match_slips.py"] * any(e.kind == "function" for e in mine)
        tests += ["diagnosis/test_diagnose.py"] * any(e.kind == "value" for e in mine)
        tests += [f"rnnlib/{_test_of(name.split('.')[0])}" for name in functions]
        unique = [tuple(dict.fromkeys(x)) for x in (sections, [e.id for e in mine], functions, tests)]
        found.append(Entry(item, lesson, *unique))
    return found


def coverage_page():
    """docs/coverage.md."""
    rows = [
        f"| {e.item} | {e.lesson} | {'; '.join(e.sections)} | {', '.join(e.exercises) or 'worked cell'} "
        f"| {', '.join(e.functions)} | {', '.join(e.tests)} |"
        for lesson in LESSONS
        for e in coverage_entries(lesson)
    ]
    return HEAD + "\n".join(rows) + "\n"


def _sections(lesson):
    """{item: [(heading, library functions used in that section)]} from the lesson's source."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    open_items: list[tuple[str, list[str]]] = []
    heading = ""
    for head, body in sources.source_cells(lesson) or ():
        if "[markdown]" in head:
            titles = re.findall(r"^# ##+ (.+)$", body, flags=re.M)
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


def _test_of(module):
    return TESTS.get(module, f"test_{module}.py")


# where a module's tests are, when not in a file of its own name
TESTS = {
    "activations": "test_losses.py",
    "gru": "test_cells.py",
    "initialisers": "test_training.py",
    "lstm": "test_cells.py",
    "lstm97": "test_cells.py",
    "paths": "test_rnn.py",
    "readout": "test_rnn.py",
    "sequence": "test_cells.py",
    "truncated": "test_rnn.py",
    "checkpoint": "test_rnn.py",
}

_MODULES = [name for name in rnnlib.__all__ if name != "plots"]
