"""Notes on right answers: what is read from the notebook, and gradients found by trying out."""

import inspect
import re

import numpy as np
import pytest
from answers import ANSWERS

from autograder import diagnose
from autograder.diagnosis import remarks
from autograder.exercises import all_exercises, find_exercise, sources
from rnnlib import lru, numgrad, rnn

STYLES = {k: v for lesson in ANSWERS for k, v in getattr(lesson, "STYLES", {}).items()}
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


@pytest.mark.parametrize("exercise_id", [e for e in STYLES if find_exercise(e).backward])
def test_right_styles_are_called_numerical_only_if_they_are(exercise_id):
    """Which they are is known from the text: a checker of gradients, or an imaginary part."""
    for function in STYLES[exercise_id]:
        said = any("numerically" in note for note in diagnose(exercise_id, function).notes)
        if said:
            text = inspect.getsource(inspect.getmodule(function))
            assert re.search(r"complex_step|central_difference|\.imag", text), function
            assert not re.search("single|float32|f4", inspect.getsource(function)), function


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
