"""Notes on right answers: what is read from the notebook, and gradients found by trying out."""

import inspect
import re
from functools import cache

import numpy as np
import pytest
import remembered
from answers import STYLES
from class_tools import cell, graded, solved

from autograder import diagnose
from autograder.answers import LocalAnswer
from autograder.diagnosis import diagnose as diagnose_module
from autograder.diagnosis import remarks
from autograder.exercises import all_exercises, find_exercise, sources
from rnnlib import lru, numgrad, rnn

RNN = find_exercise("05.rnn_backward")
RIGHT = sources.solution_variant(RNN)
table, W_h, helper_data, SCALE, rate = {"a": 1}, np.eye(3), [1.0], np.ones(2), 0.5


def helper(value):
    return value * helper_data[0]


def reads_data(params, x, h, dh):
    assert W_h.shape and table
    return RIGHT(params, x, h, dh)


def reads_through_a_helper(params, x, h, dh):
    return {name: helper(value) for name, value in RIGHT(params, x, h, dh).items()}


def reads_in_a_nested_function(params, x, h, dh):
    return {
        name: (lambda value: value + 0 * W_h[0, 0])(value) for name, value in RIGHT(params, x, h, dh).items()
    }


def reads_nothing(params, x, h, dh):
    W_h, table = params["W_h"], {}
    scale = SCALE[0] * 2 * rate / len([W_h, table]) * 2
    return {name: np.asarray(value) * scale for name, value in RIGHT(params, x, h, dh).items()}


@pytest.mark.parametrize(
    "function, words",
    [
        (reads_data, "reads W_h, table from the notebook, which are not among"),
        (reads_through_a_helper, "reads helper_data from the notebook, which is not one"),
        (reads_in_a_nested_function, "reads W_h from the notebook"),
        (reads_nothing, None),
    ],
)
def test_data_of_the_notebook_is_noted(function, words):
    verdict = diagnose(RNN.id, function)
    assert verdict.correct and verdict.score == 1
    said = " ".join(verdict.notes)
    assert words in said if words else "notebook" not in said


def numerically(difference):
    def rnn_backward(params, x, h, dh):
        def loss(changed):
            values = {**params, "x": x, "h0": h[0], **changed}
            weights = {name: values[name] for name in params}
            return (rnn.forward(weights, values["x"], values["h0"]).h[1:] * dh).sum()

        point = {**params, "x": x, "h0": h[0]}
        return {name: difference(lambda v, name=name: loss({name: v}), point[name]) for name in point}

    return rnn_backward


def by_hand(f, x, step=1e-6):
    found = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        found[index] = (f(up) - f(down)) / (2 * step)
    return found


def by_imaginary_parts(f, x):
    found = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1e-30j
        found[index] = f(moved).imag / 1e-30
    return found


@pytest.mark.parametrize(
    "difference", [by_hand, by_imaginary_parts, numgrad.central_difference, numgrad.complex_step]
)
def test_a_numerical_gradient_is_noted(difference):
    for seed in (None, 3):
        verdict = diagnose(RNN.id, numerically(difference), seed)
        assert verdict.correct and any("numerically" in note for note in verdict.notes)


def test_an_exact_gradient_with_a_helper_for_single_numbers_is_not():
    def product(a, b):
        return a * b

    def rnn_backward(params, x, h, dh):
        for entry in np.ravel(np.tile(x.ravel(), 40)):
            product(entry, 2.0)
        return RIGHT(params, x, h, dh)

    assert diagnose(RNN.id, rnn_backward).notes == ()


text_of = cache(inspect.getsource)


@pytest.mark.parametrize("exercise_id", [e for e in STYLES if find_exercise(e).backward])
def test_right_styles_are_called_numerical_only_if_they_are(exercise_id):
    """Which they are is known from the text: a checker of gradients, or an imaginary part."""
    for function in STYLES[exercise_id]:
        said = any("numerically" in note for note in remembered.diagnose(exercise_id, function).notes)
        if said:
            text = text_of(inspect.getmodule(function))
            assert re.search(r"complex_step|central_difference|\.imag", text), function
            assert not re.search("single|float32|f4", inspect.getsource(function)), function


def central(step):
    return lambda f, x: by_hand(f, np.array(x, float), step)


def one_sided(step):
    def difference(f, x):
        x = np.array(x, float)
        found, here = np.zeros_like(x), np.real(f(x))
        for index in np.ndindex(x.shape):
            moved = x.copy()
            moved[index] += step
            found[index] = (np.real(f(moved)) - here) / step
        return found

    return difference


DIFFERENCES = [*map(central, (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)), *map(one_sided, (1e-5, 1e-6, 1e-7, 1e-8))]


class Remote(LocalAnswer):
    """Nobody sees its function, as while grading."""

    function = None

    def __init__(self, function, name):
        super().__init__(function, name)
        self.hidden, self.function = self.function, None

    def __call__(self, *arguments):
        return self.hidden(*arguments)


def numerical_styles():
    """The right styles that measure, each with its exercise."""
    for exercise_id, functions in STYLES.items():
        for function in functions if find_exercise(exercise_id).backward else ():
            if "numgrad.complex_step" in source_with_helpers(function):
                yield find_exercise(exercise_id), function


def source_with_helpers(function):
    """The text of a function of a module and of those that it calls by name."""
    module, names = inspect.getmodule(function), [function.__name__, *function.__code__.co_names]
    made = [getattr(module, name, None) for name in names] if module else []
    return "\n".join(map(inspect.getsource, filter(inspect.isfunction, made)))


@pytest.mark.slow
def test_while_grading_differences_on_one_s_own_forward_pass_are_remarked_on(monkeypatch):
    """Over all backward exercises and step sizes, at least 95 of a hundred that earn the points."""
    right, remarked, exercises = 0, 0, set()
    for exercise, function in numerical_styles():
        for difference in DIFFERENCES:
            with monkeypatch.context() as patch:
                patch.setattr(numgrad, "complex_step", difference)
                verdict = diagnose_module.judge_function(exercise, Remote(function, exercise.function))
            if verdict.correct:
                right += 1
                remarked += remarks.BY_TRYING in verdict.notes
                exercises.add(exercise.id)
    print(f"{remarked} of {right} remarked on, {len(exercises)} exercises")
    assert right >= 50 and len(exercises) >= 8 and remarked >= 0.95 * right


COMPLEX = {
    "an imaginary part": "def f(v):\n    return g(v + 1e-30j).imag / 1e-30",
    "a function of NumPy": "def f(v):\n    return np.imag(g(np.asarray(v, complex)))",
    "the library's": "def f(v):\n    return numgrad.complex_step(g, v)",
    "a helper in another cell": "def f(v):\n    return helper(v)",
    "a name that was given": "f = lambda v: derivative(g, v)\nderivative = numgrad.complex_step",
    "a view": "def f(v):\n    return g(v.astype(np.complex128)).view(float)[1::2]",
}


@pytest.mark.parametrize("how", COMPLEX)
def test_complex_steps_are_known_by_the_text(how):
    cells = ["def helper(v):\n    return g(v + step * 1j)", "this is no Python", COMPLEX[how]]
    assert remarks.remarks_on_text(RNN, "f", cells) == [remarks.BY_TRYING]
    assert remarks.remarks_on_text(RNN, "another", cells) == []
    assert remarks.remarks_on_text(find_exercise("00.complex_step"), "f", cells) == []


def test_no_more_text_is_read_than_the_grader_has_memory_for():
    cells = ["x = 1\n" * 100, COMPLEX[next(iter(COMPLEX))]]
    assert remarks.remarks_on_text(RNN, "f", cells) == [remarks.BY_TRYING]
    assert remarks.remarks_on_text(RNN, "f", [cells[1] + "#" * remarks.MOST_READ]) == []
    assert remarks.remarks_on_text(RNN, "f", ["#" * (remarks.MOST_READ + 1), *cells]) == [remarks.BY_TRYING]


@pytest.mark.parametrize(
    "cells, package",
    [
        (["import torch\ndef f(x):\n    return torch.autograd.grad(x, x)"], "torch"),
        (
            [
                "import jax.numpy as jnp, jax as j",
                "def loss(x): ...\ng = j.grad(loss)",
                "def f(x):\n    return g(x)",
            ],
            "jax",
        ),
        (["def f(x):\n    from sympy import diff as d\n    return d(x)"], "sympy"),
        (["import torch", "def f(x):\n    return x"], None),
        (["import numpy as torch\ndef f(x):\n    return torch.sum(x)"], None),
    ],
)
def test_a_gradient_by_a_package_that_differentiates_is_remarked_on(cells, package):
    said = [remarks.BY_PACKAGE.format(package)] if package else []
    assert remarks.remarks_on_text(RNN, "f", cells) == said
    assert remarks.remarks_on_text(find_exercise("00.complex_step"), "f", cells) == []


# one text has many styles, and is parsed once
READING = {name: cache(getattr(remarks, name)) for name in ("parse", "_definitions", "_packages")}


@pytest.mark.parametrize("exercise_id", [e for e in STYLES if find_exercise(e).backward])
def test_the_text_of_right_styles_is_called_numerical_only_if_it_is(exercise_id, monkeypatch):
    for name, read_once in READING.items():
        monkeypatch.setattr(remarks, name, read_once)
    for function in STYLES[exercise_id]:
        if inspect.getmodule(function) and "<" not in function.__name__:
            cells = [text_of(inspect.getmodule(function))]
            said = remarks.remarks_on_text(find_exercise(exercise_id), function.__name__, cells)
            known = any("numerically" in note for note in remembered.diagnose(exercise_id, function).notes)
            assert bool(said) == known, function


def test_the_remark_costs_nothing_while_grading():
    nb = solved()
    source = "".join(cell(nb, "scalar_bptt")["source"])
    cell(nb, "scalar_bptt")["source"] = f"{source.rstrip()}\n\nright = scalar_bptt\n\n{BY_COMPLEX_STEPS}"
    outputs, marks = graded(nb)
    assert marks["check_scalar_bptt"].points == 4
    assert "seems to be computed numerically" in str(outputs)
    assert "seems to be computed numerically" not in str(graded(solved())[0])


BY_COMPLEX_STEPS = """
def states(U, W, x, s0):
    s = [s0]
    for x_t in x:
        s.append(np.tanh(U * x_t + W * s[-1]))
    return s[1:]


def scalar_bptt(params, run, do):
    def loss(U, W, V, x, s0):
        return sum(d * V * s for d, s in zip(do, states(U, W, x, s0)))

    point = {**params, "x": list(run.x), "s0": run.s[0]}
    grads = {n: loss(**{**point, n: point[n] + 1e-30j}).imag / 1e-30 for n in ("U", "W", "V", "s0")}
    moved = [[x + 1e-30j * (i == j) for i, x in enumerate(run.x)] for j in range(len(run.x))]
    return {**grads, "x": [loss(**{**point, "x": x}).imag / 1e-30 for x in moved]}
"""


def test_only_gradients_are_looked_at():
    e = find_exercise("00.central_difference")
    assert not e.backward and diagnose(e.id, sources.solution_variant(e)).notes == ()
    assert sum(e.backward for e in all_exercises().values()) > 5


def test_what_is_no_plain_function_has_no_notes():
    class Callable:
        def __call__(self, *arguments):
            return RIGHT(*arguments)

    assert remarks.remarks_on_function(Callable()) == [] and diagnose(RNN.id, Callable()).notes == ()


def test_the_solutions_get_no_remark():
    """Formulas of a complex network have imaginary parts, and an activation of rnnlib is no data."""
    for name in ("13.lru_backward", "13.min_gru_forward", "12.gru_forward"):
        assert diagnose(name, sources.solution_variant(find_exercise(name))).notes == (), name


def test_a_numerical_gradient_of_a_complex_network_is_noted():
    exercise = find_exercise("13.lru_backward")

    def lru_backward(params, run, dh):
        def loss(changed):
            weights = {name: changed.get(name, params[name]) for name in params}
            h0 = changed.get("h0_re", run.h[0].real) + 1j * changed.get("h0_im", run.h[0].imag)
            return (lru.forward(weights, changed.get("x", run.x), h0).h[1:].conj() * dh).sum().real

        point = {**params, "x": run.x, "h0_re": run.h[0].real, "h0_im": run.h[0].imag}
        return {name: by_hand(lambda v, name=name: loss({name: v}), point[name]) for name in point}

    verdict = diagnose(exercise.id, lru_backward)
    assert verdict.correct and any("numerically" in note for note in verdict.notes)
