"""The lessons' sources, for tests of what they say and of what they compute."""

import ast
import re

import numpy as np

from autograder.exercises import sources


def text_cells(lesson):
    """The text cells of a lesson's source, without comment marks."""
    cells = [body for head, body in sources.source_cells(lesson) if "[markdown]" in head]
    return [re.sub(r"^# ?", "", body, flags=re.M) for body in cells]


def prose(lesson):
    """All text cells as one line."""
    return " ".join(" ".join(text_cells(lesson)).split())


def code(lesson):
    """The code cells of a lesson's source."""
    return "\n".join(sources.code_cells(lesson))


def with_short_training(source):
    """A code cell with 20 steps for networks that write; tests/lessons/test_characters.py measures them."""
    if "language.fit(" not in source:
        return source
    assert "steps=STEPS" in source
    return source.replace("steps=STEPS", "steps=20")


ADDING = "loss, MOST, low_enough)"  # lesson 12: up to 1500 batches of a hundred steps, six times


def defined(lesson, *names):
    """What the lesson's source defines by these names, functions and constants, as a dict.

    Executes the imports and the statements that define the names, nothing else.
    Raises LookupError for a name that no cell defines.
    """
    wanted, body = set(names), []
    for statement in ast.parse(code(lesson)).body:
        library = isinstance(statement, ast.ImportFrom) and statement.module != "autograder"
        if isinstance(statement, ast.Import) or library or _names(statement) & wanted:
            body.append(statement)
    missing = wanted - set().union(*map(_names, body))
    if missing:
        raise LookupError(f"lesson {lesson} defines no {', '.join(sorted(missing))}")
    namespace = {"np": np}
    exec(compile(ast.Module(body, []), f"<lesson {lesson}>", "exec"), namespace)
    return {name: namespace[name] for name in names}


def _names(statement):
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
