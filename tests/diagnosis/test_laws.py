"""Factors, means, transposes and orders of gates are recognised, and only where they hold everywhere."""

from types import SimpleNamespace

import numpy as np
import pytest

from autograder import diagnose
from autograder.diagnosis import laws
from autograder.exercises import find_exercise, sources

LEAKY = find_exercise("00.leaky_backward")
RIGHT = sources.solution_variant(LEAKY)


def changed(**changes):
    """The right backward pass with some outputs changed: name -> function of (value, arguments)."""

    def leaky_backward(params, x, h, dh):
        grads = RIGHT(params, x, h, dh)
        return grads | {name: change(grads[name], x) for name, change in changes.items()}

    return leaky_backward


MEAN_T = "W_x is divided by x.shape[0], the number of steps T: a mean where the sum is expected"
MEAN_B = "W_x is divided by x.shape[1], the batch size B: a mean where the sum is expected"


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda g, x: 2 * g, "W_x is 2 times what is expected, on every instance."),
        (lambda g, x: -g, "W_x is right but for the sign."),
        (lambda g, x: g / len(x), f"{MEAN_T}."),
        (lambda g, x: -g / x.shape[1], f"{MEAN_B}, and has the wrong sign."),
        (lambda g, x: g / x[..., 0].size, "W_x is divided by x.shape[0] * x.shape[1], that is T B: a mean"),
        (lambda g, x: g * x.shape[1], "W_x is multiplied by x.shape[1], the batch size B."),
        (lambda g, x: g / x.shape[2], "W_x is divided by x.shape[2]."),
        (lambda g, x: g.T, "W_x is the transpose of what is expected."),
    ],
)
def test_a_law_is_told(change, words):
    for seed in (None, 4, 99):
        verdict = diagnose(LEAKY.id, changed(W_x=change), seed)
        assert words in verdict.message and verdict.slips == () and not verdict.outputs["W_x"].ok
        assert verdict.outputs["W_h"].ok


RNN = find_exercise("05.rnn_backward")
RNN_RIGHT = sources.solution_variant(RNN)


def rnn_changed(change):
    """The right backward pass, every output changed by a function of (name, value, params)."""

    def rnn_backward(params, x, h, dh):
        grads = RNN_RIGHT(params, x, h, dh)
        return {name: change(name, value, params) for name, value in grads.items()}

    return rnn_backward


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda n, g, p: 0 * g if n == "h0" else g, "h0 is zero in every entry."),
        (
            lambda n, g, p: np.clip(g, -0.3, 0.3) if n == "W_h" else g,
            "W_h is clipped to the range from -0.3 to 0.3.",
        ),
        (
            lambda n, g, p: g + 0.01 * p[n] if n == "W_x" else g,
            "W_x is what is expected plus 0.01 times the parameter itself.",
        ),
        (
            lambda n, g, p: p[n] - 0.1 * g if n in p else g,
            "W_x, W_h and b_h are -0.1 times what is expected plus 1 times the parameter itself.",
        ),
    ],
)
def test_what_is_done_to_a_gradient_afterwards_is_told(change, words):
    for seed in (None, 4, 99):
        verdict = diagnose(RNN.id, rnn_changed(change), seed)
        assert verdict.message == words and verdict.slips == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda n, g, p: g * (np.abs(g) > np.median(np.abs(g))) if n == "W_h" else g,
        lambda n, g, p: np.clip(g, -np.median(np.abs(g)), np.median(np.abs(g))) if n == "W_h" else g,
        lambda n, g, p: g + 0.01 * p["W_x"].sum() * p[n] if n == "W_x" else g,
        lambda n, g, p: g + 0.01 * np.sign(p[n]) if n == "W_x" else g,
    ],
    ids=["half of it zero", "another range everywhere", "another share everywhere", "L1"],
)
def test_it_is_told_only_where_it_holds_everywhere(change):
    verdict = diagnose(RNN.id, rnn_changed(change))
    assert not any(word in verdict.message for word in ("zero in", "clipped", "parameter itself"))
    assert "differs" in verdict.message


def test_one_law_for_all_comes_before_a_slip_for_each():
    """Slips say that W_x, that W_h, and that b_h is averaged; all three are one habit."""

    def rnn_backward(params, x, h, dh):
        grads = RNN_RIGHT(params, x, h, dh)
        return grads | {name: grads[name] / x.shape[1] for name in params}

    verdict = diagnose(RNN.id, rnn_backward)
    names = "W_x, W_h and b_h"
    assert (
        verdict.message
        == f"{names} are divided by x.shape[1], the batch size B: a mean where the sum is expected."
    )


def test_only_arguments_are_called_by_their_names():
    def rnn_backward(*all_of_them):
        params, x, h, dh = all_of_them
        return {name: g / x.shape[2] for name, g in RNN_RIGHT(params, x, h, dh).items()}

    assert "divided by argument 2.shape[2]" in diagnose(RNN.id, rnn_backward).message


def test_instances_without_a_gradient_do_not_hide_a_factor():
    """b_hn has no gradient where the reset gate comes before the product."""
    right = sources.solution_variant(find_exercise("12.gru_backward"))

    def gru_backward(*arguments):
        grads = right(*arguments)
        return grads | {"b_hn": 2 * grads["b_hn"]}

    said = diagnose("12.gru_backward", gru_backward).message
    assert said == "b_hn is 2 times what is expected, on every instance."


def test_outputs_with_one_law_share_a_sentence():
    verdict = diagnose(LEAKY.id, changed(W_x=lambda g, x: -g, b=lambda g, x: -g))
    assert verdict.message == "W_x and b are right but for the sign."


LAWFUL = ("times", "divided", "multiplied", "transpose", "sign", "packed")


@pytest.mark.parametrize(
    "change",
    [
        lambda g, x: g * (1 + 1e-3 * np.arange(g.size).reshape(g.shape)),
        lambda g, x: g + 0.1,
        lambda g, x: g * np.random.default_rng(len(x)).uniform(1, 2),  # another factor on each instance
        lambda g, x: np.zeros_like(g),
        lambda g, x: g.T if g.shape[0] == g.shape[1] else g + 1,  # a transpose on the square one only
        lambda g, x: np.where(np.arange(g.size).reshape(g.shape) == 0, -g, g),
        lambda g, x: np.full_like(g, np.nan),
        lambda g, x: np.full_like(g, np.inf),
    ],
)
def test_no_law_is_named_falsely(change):
    message = diagnose(LEAKY.id, changed(W_x=change)).message
    assert not any(word in message for word in LAWFUL)


def test_a_slip_comes_before_a_law():
    slip = next(slip for slip in LEAKY.slips if slip.id == "b_averaged")  # also a factor 1/B
    verdict = diagnose(LEAKY.id, sources.solution_variant(LEAKY, slip))
    assert verdict.slips == ("b_averaged",) and "divided" not in verdict.message


def packed(exercise_id, ours, order, names, then=lambda block, gate: block):
    """The right backward pass with the gradients of some parameters packed in another order."""
    right = sources.solution_variant(find_exercise(exercise_id))

    def backward(*arguments):
        grads = dict(right(*arguments))
        for name in names:
            blocks = dict(zip(ours, np.split(grads[name], len(ours), axis=-1)))
            grads[name] = np.concatenate([then(blocks[gate], gate) for gate in order], axis=-1)
        return grads

    return backward


@pytest.mark.parametrize(
    "exercise_id, ours, order, whose",
    [
        ("10.lstm_backward", "ifgo", "ifog", "CS231n"),
        ("10.lstm_backward", "ifgo", "figo", "deeplearning.ai"),
        ("10.lstm_step_backward", "ifgo", "iofg", "ONNX"),
        ("12.gru_backward", "rzn", "zrn", "Keras"),
        ("09.lstm97_backward", "igo", "gio", None),
    ],
)
def test_an_order_of_gates_is_told(exercise_id, ours, order, whose):
    # two outputs of the three: a slip of lesson 10 changes all of them
    for seed in (None, 8):
        verdict = diagnose(exercise_id, packed(exercise_id, ours, order, ["W_x", "b"]), seed)
        assert f"W_x and b are packed in the order {', '.join(order)}" in verdict.message
        assert f"this course packs {', '.join(ours)}" in verdict.message and verdict.slips == ()
        assert whose is None or whose in verdict.message


def test_an_order_is_told_only_if_the_blocks_are_right():
    def negated(block, gate):
        return -block if gate == "f" else block

    wrong = packed("10.lstm_backward", "ifgo", "ifog", ["W_x", "b"], negated)
    verdict = diagnose("10.lstm_backward", wrong)
    assert "packed" not in verdict.message and verdict.slips == ()


def test_one_instance_is_no_law(rng):
    """Where the other instances have no gradient, nothing says that it holds there too."""
    w, zero = 2 * rng.normal(size=(4, 5)), np.zeros((4, 5))

    def law(*want):
        answers = [{"W": 2 * array} for array in want]
        exercise = SimpleNamespace(gates="")
        trial = SimpleNamespace(answers=answers, exercise=exercise, instances=[({},)] * len(want), called=())
        return laws.find_law(trial, "W", [{"W": array} for array in want])

    assert law(w, zero, zero) is None
    assert law(w, -3 * w, zero) is not None


def test_an_order_of_gates_on_one_instance_is_no_law(rng):
    want = [rng.normal(size=(3, 8)) for _ in range(2)]
    swapped = [np.hstack([w[:, 2:4], w[:, :2], w[:, 4:]]) for w in want]  # f, i, g, o

    def law(*got):
        answers, exercise = [{"W_x": g} for g in got], SimpleNamespace(gates="ifgo")
        trial = SimpleNamespace(answers=answers, exercise=exercise, instances=[({},)] * 2, called=())
        return laws.find_law(trial, "W_x", [{"W_x": w} for w in want])

    assert "packed in the order f, i, g, o" in law(*swapped)
    assert law(swapped[0], rng.normal(size=(3, 8))) is None
