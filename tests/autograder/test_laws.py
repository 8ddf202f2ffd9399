"""Factors, sizes and transposes are recognised as laws, and only where they hold on every instance."""

import numpy as np
import pytest

from autograder import diagnose, solutions
from autograder.exercises import exercise

LEAKY = exercise("00.leaky_backward")
RIGHT = solutions.variant(LEAKY)


def changed(**changes):
    """The right backward pass with some outputs changed: name -> function of (value, arguments)."""

    def leaky_backward(params, x, h, dh):
        grads = RIGHT(params, x, h, dh)
        return grads | {name: change(grads[name], x) for name, change in changes.items()}

    return leaky_backward


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda g, x: 2 * g, "W_x is 2 times what is expected, on every instance."),
        (lambda g, x: -g, "W_x is right but for the sign."),
        (lambda g, x: g / len(x), "W_x is divided by x.shape[0]."),
        (lambda g, x: g / x.shape[1], "W_x is divided by x.shape[1]."),
        (lambda g, x: g * x.shape[1], "W_x is multiplied by x.shape[1]."),
        (lambda g, x: g.T, "W_x is the transpose of what is expected."),
    ],
)
def test_a_law_is_told(change, words):
    for seed in (None, 4, 99):
        verdict = diagnose(LEAKY.id, changed(W_x=change), seed)
        assert words in verdict.message and verdict.slips == () and not verdict.outputs["W_x"].ok
        assert verdict.outputs["W_h"].ok


def test_outputs_with_one_law_share_a_sentence():
    verdict = diagnose(LEAKY.id, changed(W_x=lambda g, x: -g, b=lambda g, x: -g))
    assert verdict.message == "W_x and b are right but for the sign."


@pytest.mark.parametrize(
    "change",
    [
        lambda g, x: g * (1 + 1e-3 * np.arange(g.size).reshape(g.shape)),
        lambda g, x: g + 0.1,
        lambda g, x: g * np.random.default_rng(len(x)).uniform(1, 2),  # another factor on each instance
        lambda g, x: np.zeros_like(g),
    ],
)
def test_no_law_is_named_falsely(change):
    message = diagnose(LEAKY.id, changed(W_x=change)).message
    assert not any(word in message for word in ("times", "divided", "multiplied", "transpose", "sign"))


def test_a_slip_comes_before_a_law():
    slip = next(slip for slip in LEAKY.slips if slip.id == "b_averaged")  # also a factor 1/B
    verdict = diagnose(LEAKY.id, solutions.variant(LEAKY, slip))
    assert verdict.slips == ("b_averaged",) and "divided" not in verdict.message
