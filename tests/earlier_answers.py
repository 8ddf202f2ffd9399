"""Exercises that build on earlier ones, and notebooks in which those are wrong."""

import pytest

from autograder.exercises import all_exercises, earlier_of, sources

SAME_QUANTITY = {"05.one_by_one"}  # asks for the same gradient, one instance of the batch after the other
PAIRS = [
    pytest.param(exercise, earlier_of(exercise, name), id=f"{exercise.id}<{name}")
    for exercise in all_exercises().values()
    for name in exercise.builds_on
]


def namespace_of(exercise, *slips):
    """What a notebook's cells define whose answers are the solutions, with slips of (owner, slip)."""
    made = dict(sources._setup(exercise.lesson))
    for text in (*sources._functions_before(exercise), sources.solution_source(exercise)):
        for owner, slip in slips:
            if text == sources.solution_source(owner):
                text = text.replace(slip.right, slip.wrong)
        exec(text, made)
    return made
