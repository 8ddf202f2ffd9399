"""Lesson 00 says: break a line, any line.  What breaks the numbers gets a name, a law or its line."""

import ast
import importlib.util
from collections import Counter

import pytest

from autograder import diagnose
from autograder.authoring import sampled_answers
from autograder.diagnosis.diagnose import judge_answer
from autograder.diagnosis.repair.find_repair import find_repair
from autograder.exercises import find_exercise, sources
from autograder.results import Status

HOOK = find_exercise("00.leaky_backward")


def defined(text, path):
    """The function that a file of this text defines, so that its lines can be read."""
    path.write_text("import numpy as np\n\n\n" + text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, HOOK.function)


def edited_lines(text):
    """The lines of the solution, as `ast` writes them, that an edit changed."""
    right = ast.unparse(ast.parse(sources.solution_source(HOOK))).splitlines()
    return [n for n, (a, b) in enumerate(zip(right, text.splitlines(), strict=True), start=1) if a != b]


@pytest.mark.long
def test_every_single_edit_that_changes_the_numbers_has_a_diagnosis(tmp_path):
    told, nameless = Counter(), []
    for n, (what, text) in enumerate(sampled_answers.edited_texts(HOOK)):
        answer = defined(text, tmp_path / f"edit_{n}.py")
        verdict = judge_answer(HOOK.id, answer)
        if verdict.correct or verdict.status != Status.JUDGED:
            continue
        kind = "slip" if verdict.slips else "law" if verdict.laws else "line"
        # far more seconds than a card has, since other tests run beside this one
        if kind == "line" and edited_lines(text)[0] not in lines(find_repair(HOOK, answer, verdict, 60)):
            nameless.append(what)
        told[kind] += 1
    assert nameless == []
    assert sum(told.values()) > 100 and min(told.values()) > 5


def lines(repairs):
    return [repair.line for repair in repairs]


def test_an_edit_of_two_lines_has_no_line(tmp_path):
    text = sources.solution_source(HOOK).replace("alpha * dh_total", "dh_total / alpha")
    text = text.replace("da @ W_h.T", "da @ W_h")
    answer = defined(text, tmp_path / "two.py")
    verdict = diagnose(HOOK.id, answer)
    assert not verdict.correct and not verdict.slips and find_repair(HOOK, answer, verdict, 60) == ()
