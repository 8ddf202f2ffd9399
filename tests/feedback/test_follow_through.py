"""A notebook's own check gives follow-through as grading does, and leaves the notebook as it is."""

import contextlib
import io
import textwrap
import types

import numpy as np
import pytest
from earlier_answers import PAIRS, namespace_of

from autograder import CheckFailed, check
from autograder.diagnosis.diagnose import judge_answer
from autograder.exercises import earlier_of, find_exercise, sources
from autograder.feedback import follow_through, versions
from autograder.feedback.recap import recap_lines
from autograder.results import Status

IMMEDIATE, TOTAL = find_exercise("01.immediate"), find_exercise("01.total_by_recursion")
WRONG = """\
def immediate(params, run):
    slope = 1 - run.s[1:] ** 2
    return {"U": -slope * run.x, "W": slope * run.s[:-1]}
"""


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch):
    monkeypatch.setattr(follow_through, "_wrong", set())


@pytest.fixture
def notebook():
    """A notebook of lesson 01 whose `immediate` has the wrong sign, and the other answers are right."""
    made = namespace_of(find_exercise("01.scalar_bptt"))
    exec(WRONG, made)
    return made


def checked(made, exercise):
    """(points, card) of a check of the notebook's answer."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            points = check(exercise.id, made[exercise.function])
        except CheckFailed:
            points = 0.0
    return points, " ".join(said.getvalue().split())


def test_what_is_wrong_by_an_earlier_mistake_alone_earns_its_points(notebook):
    assert checked(notebook, TOTAL)[0] == 1.5  # nothing has been checked yet
    assert checked(notebook, IMMEDIATE)[0] == 1
    points, card = checked(notebook, TOTAL)
    assert points == 3 and "right, given a right immediate" in card and "3 of 3 points" in card
    assert "A mistake in immediate" not in card and "Line" not in card
    notebook["immediate"] = namespace_of(TOTAL)["immediate"]
    assert checked(notebook, IMMEDIATE)[0] == 2 and follow_through._wrong == {TOTAL.id}
    assert checked(notebook, TOTAL) == checked(namespace_of(TOTAL), TOTAL) and not follow_through._wrong


def test_a_release_may_give_less_for_it(notebook, monkeypatch):
    monkeypatch.setattr(versions, "notebook_share", lambda: 0.5)
    checked(notebook, IMMEDIATE)
    points, card = checked(notebook, TOTAL)
    assert points == 2.25 and "2.25 of 3 points" in card and "given a right immediate" in card


def test_a_right_answer_is_judged_once(notebook, monkeypatch):
    checked(notebook, IMMEDIATE)
    monkeypatch.setattr(follow_through, "judge_function", None)
    right = namespace_of(find_exercise("01.scalar_bptt"))
    assert checked(right, TOTAL)[0] == 3 and checked(right, find_exercise("01.scalar_bptt"))[0] == 4
    with pytest.raises(TypeError):  # the control: this one is judged once more
        checked(notebook, TOTAL)


@pytest.mark.parametrize(
    "body",
    ["raise NotImplementedError", "return 1 / 0", "return 'U'", "return None", "raise SystemExit"],
)
def test_an_earlier_answer_that_is_none_carries_nothing(notebook, body):
    checked(notebook, IMMEDIATE)
    exec(f"def immediate(params, run):\n    {body}\n", notebook)
    checked(notebook, IMMEDIATE)
    assert not follow_through._wrong
    own = 'def total_by_recursion(params, run):\n    return {"U": -run.x, "W": run.s[:-1]}\n'
    exec(own, notebook)
    points, card = checked(notebook, TOTAL)
    assert points == 0 and "given a right" not in card


def test_a_wrapper_round_a_stub_earns_nothing(notebook):
    exec(
        textwrap.dedent(
            """\
            def total_by_recursion(params, run):
                return {"U": np.zeros(len(run.x)), "W": np.zeros(len(run.x))}


            def scalar_bptt(params, run, do):
                total = total_by_recursion(params, run)
                grads = {n: (params["V"] * do * total[n]).sum() for n in ("U", "W")}
                return grads | {"V": 0.0, "x": np.zeros(len(do)), "s0": 0.0}
            """
        ),
        notebook,
    )
    assert checked(notebook, TOTAL)[0] == 0
    assert checked(notebook, find_exercise("01.scalar_bptt"))[0] == 0


HELD = {
    "an alias": "mine = immediate",
    "a helper": "def mine(*a):\n    return immediate(*a)",
    "a closure": "mine = (lambda f: lambda *a: f(*a))(immediate)",
    "a decorated function": """\
import functools


def logged(function):
    @functools.wraps(function)
    def inner(*arguments, **named):
        return function(*arguments, **named)

    return inner


mine = immediate = logged(immediate)""",
}


@pytest.mark.parametrize("held", HELD)
def test_whoever_holds_the_function_calls_the_right_one(notebook, held):
    exec(HELD[held], notebook)
    called = "def total_by_recursion(params, run):\n    now = mine(params, run)\n"
    called += "    d = {n: np.zeros(len(run.x) + 1) for n in now}\n"
    called += "    slope = params['W'] * (1 - run.s[1:] ** 2)\n"
    called += "    for n in now:\n        for t in range(len(run.x)):\n"
    called += "            d[n][t + 1] = now[n][t] + slope[t] * d[n][t]\n"
    called += "    return {n: d[n][1:] for n in now}\n"
    exec(called, notebook)
    assert checked(notebook, IMMEDIATE)[0] == 1
    assert checked(notebook, TOTAL)[0] == 3


def test_the_recap_counts_as_the_checks_do(notebook):
    lines = {line.exercise: line for line in recap_lines("01", notebook)}
    earned = {name.split(".")[1]: line.points for name, line in lines.items() if line.sign != "·"}
    assert earned["immediate"] == 1 and earned["total_by_recursion"] == 3 and earned["scalar_bptt"] == 4
    assert lines[TOTAL.id].sign == "◐" and "given a right `immediate`" in lines[TOTAL.id].says


@pytest.mark.parametrize("passed_on", [True, False], ids=["passed on", "taken apart"])
def test_who_hands_a_batch_on_as_it_came_has_not_taken_it_apart(passed_on):
    exercise, earlier = find_exercise("05.one_by_one"), find_exercise("05.rnn_backward")
    made = namespace_of(exercise, (earlier, earlier.slips[0]))
    if passed_on:
        exec("def one_by_one(params, x, h, dh):\n    return rnn_backward(params, x, h, dh)\n", made)
    checked(made, earlier)
    points, card = checked(made, exercise)
    assert (points == exercise.points and "given a right rnn_backward" in card) is not passed_on


def state(made):
    """All that a notebook holds: its objects, and what its functions are made of."""
    functions = {n: f for n, f in made.items() if isinstance(f, types.FunctionType)}
    return {n: id(value) for n, value in made.items()}, {
        n: (f.__code__, f.__globals__ is made, f.__defaults__, f.__closure__) for n, f in functions.items()
    }


@pytest.mark.parametrize("stop", [None, KeyboardInterrupt])
def test_the_notebook_stays_as_it_is_also_after_an_interrupt(notebook, monkeypatch, stop):
    exec("stored = {}\nheld = [immediate]\n", notebook)
    before = "now = immediate(params, run)\n    stored[len(run.x)] = now\n    held.append(now)\n"
    cell = "def total_by_recursion(params, run):\n    " + before + "    return now\n"
    exec(cell, notebook)
    checked(notebook, IMMEDIATE)
    judge_answer(TOTAL.id, notebook["total_by_recursion"])
    kept, stored, entries = state(notebook), dict(notebook["stored"]), len(notebook["held"])
    asked = []

    def right(params, run):
        asked.append(run)
        if stop:
            raise stop
        return {"U": np.ones(len(run["x"])), "W": np.ones(len(run["x"]))}

    monkeypatch.setattr(follow_through, "stand_in", lambda exercise: right)
    if stop:
        with pytest.raises(stop):
            checked(notebook, TOTAL)
    else:
        checked(notebook, TOTAL)
    assert asked and state(notebook) == kept
    # the first judgement has stored and appended once more, as every check of it does; the second has not
    assert notebook["stored"].keys() == stored.keys() and len(notebook["held"]) == entries + entries - 1
    assert all((now["U"] != 1).any() for now in notebook["stored"].values())


@pytest.mark.parametrize("exercise, earlier", PAIRS)
def test_a_notebook_gives_what_grading_gives(exercise, earlier):
    """In grading these are right given what they build on: tests/grading/test_follow_through.py."""
    for slip in earlier.slips[:4]:
        made = namespace_of(exercise, (earlier, slip))
        wrong = judge_answer(exercise.id, made[exercise.function])
        if wrong.correct or wrong.status != Status.JUDGED:
            continue
        for name in exercise.builds_on:
            checked(made, earlier_of(exercise, name))
        points, card = checked(made, exercise)
        assert points == exercise.points and "given a right" in card, (slip.id, card)
        return
    assert not sources._calls(sources.solution_source(exercise), earlier.function)
