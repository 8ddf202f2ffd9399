"""What a card says of the call that failed, of fewer steps and instances, and of results in another order."""

import numpy as np
import pytest

from autograder import diagnose
from autograder.answers import LocalAnswer
from autograder.diagnosis.diagnose import judge_secretly
from autograder.exercises import find_exercise, sources
from autograder.feedback.card import render_text

units, steps, batch = 5, 4, 3  # what a notebook's cells have set
E = find_exercise("05.rnn_backward")
SAID = "rnn_forward was called with params with W_x (4, 6), W_h (6, 6) and b_h (6,); x (5, 3, 4); h0 (3, 6)."


def with_globals(params, x, h0):
    h, a = np.zeros((steps + 1, batch, units)), []
    for t in range(len(x)):
        a.append(x[t] @ params["W_x"] + h[t] @ params["W_h"])
        h[t + 1] = np.tanh(a[-1])
    return a, h


def variant(exercise, right, wrong):
    text, namespace = sources.solution_source(exercise), dict(sources._setup(exercise.lesson))
    assert text.count(right) == 1
    for cell in sources._functions_before(exercise):
        exec(cell, namespace)
    exec(text.replace(right, wrong), namespace)
    return namespace[exercise.function]


def test_an_error_says_what_the_function_was_called_with():
    said = diagnose("05.rnn_forward", with_globals).message
    assert SAID in said and said.endswith('`example("05.rnn_forward")` gives these arguments.')
    assert "The function reads batch = 3, steps = 4 and units = 5 from the notebook" in said
    second = diagnose("05.rnn_forward", lambda params, x, h0: 1 / 0 if len(x) == 5 else {"a": 0, "h": 0})
    assert "from the notebook" not in second.message  # the control: it reads nothing
    assert '`example("05.rnn_forward")`' in second.message
    later = diagnose("05.rnn_forward", lambda params, x, h0: [1, 2] if len(x) == 5 else 1 / 0)
    assert '`example("05.rnn_forward", 2)`' in later.message


def test_of_another_seed_no_example_is_offered_and_of_a_secret_one_nothing_is_told():
    assert "example(" not in diagnose("05.rnn_forward", with_globals, 7).message
    e = find_exercise("05.rnn_forward")
    answer = LocalAnswer(with_globals, "rnn_forward")
    answer.private = True
    secret = judge_secretly(e, answer, 7, diagnose("05.rnn_forward", with_globals))
    assert secret.message == "ValueError."


huge = 10**5000  # Python does not print it


class Evil:
    def __repr__(self):
        raise RuntimeError

    def __getattr__(self, name):
        raise RuntimeError


def test_neither_huge_numbers_nor_what_an_answer_leaves_in_its_arguments_is_looked_at():
    def answer(params, x, h0):
        params["W_x"] = Evil()
        return huge / 0

    said = diagnose("05.rnn_forward", answer).message
    assert SAID in said and "from the notebook" not in said


def test_every_kind_of_argument_has_its_words():
    said = diagnose("00.complex_step", lambda f, x: x.nothing).message
    assert "complex_step was called with f, a function; x (3, 4)." in said
    said = diagnose("10.reorder_gates", lambda W, order_from, order_to: W[0, 0, 0]).message
    assert "W (3, 20); order_from = 'foig'; order_to = 'ifog'." in said
    said = diagnose("01.immediate", lambda params, run: run.nothing).message
    assert "params with U = " in said and "run with x (5,), a (5,), s (6,), o (5,)" in said


def test_results_in_another_order_are_told_their_order():
    right = sources.solution_variant(E)
    order = ("x", "W_x", "W_h", "b_h", "h0")

    def reordered(function):
        return lambda *arguments: tuple(function(*arguments)[name] for name in order)

    said = diagnose(E.id, reordered(right))
    assert said.message == (
        "Results without names are read in the order W_x, W_h, b_h, x, h0; "
        "yours are right, but in the order x, W_x, W_h, b_h, h0."
    )
    assert not said.question and said.score < 1
    wrong = diagnose(E.id, reordered(sources.solution_variant(E, E.slips[3]))).message
    assert "the shapes of yours are those of another order. A dict with these keys has none." in wrong
    assert diagnose(E.id, lambda *given: tuple(right(*given)[name] for name in E.outputs)).correct
    named = diagnose(E.id, lambda *given: {**right(*given), "W_x": right(*given)["x"]}).message
    assert "order" not in named  # the control: these have names


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("x[t - 1].T @ da", "x[t - 1].T @ (da + 0.1 * future)",
         "W_x differs from T = 2 on, and not with T = 1."),
        ("x[t - 1].T @ da", "(x[t - 1] + 0.1).T @ da", "It differs already with T = 1."),
        ("dW_x += x[t - 1].T @ da", "dW_x += x[t - 1].T @ da * (1 + 0.1 * (t > 2))",
         "On the first step of each sequence alone, and on the first two, all is right."),
        ("x[t - 1].T @ da", "x[t - 1].T @ (da + 0.1 * da[::-1] * (len(da) > 1))",
         "It differs already with T = 1. With one instance in the batch all is right."),
    ],
)  # fmt: skip
def test_what_has_no_name_is_tried_on_less(right, wrong, said):
    verdict = diagnose(E.id, variant(E, right, wrong))
    assert not verdict.slips and verdict.message.endswith(said) and not verdict.question


def test_an_answer_that_fails_on_less_is_not_tried():
    def answer(params, x, h, dh):
        if len(x) < 3:
            raise ValueError
        return {**sources.solution_variant(E)(params, x, h, dh), "W_x": params["W_x"] ** 3}

    assert "T = 1" not in diagnose(E.id, answer).message
    assert "T = 1" not in diagnose(E.id, sources.solution_variant(E, E.slips[0])).message  # named


def test_an_entry_has_the_index_of_the_array_that_came_back():
    e = find_exercise("03.step_jacobian")
    verdict = diagnose(e.id, variant(e, 'params["W_h"].T', '(params["W_h"].T + 0.1)'))
    text = render_text(e, verdict, 90)
    assert "first at t = 1, entry [0, 0]" in text and "J [0, 0] at t = 1" in text
    assert all(len(number.entry) == 2 for number in verdict.numbers)
