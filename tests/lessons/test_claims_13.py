"""What lesson 13 says, computed: on other seeds where the lesson shows one, and with controls."""

import numpy as np
import pytest
from lesson_source import defined, prose

from rnnlib import gru, linear, lru, lstm, min_gru, training


@pytest.fixture(scope="module")
def tree():
    return defined("13", "rounds", "combine", "tree_scan")


def test_no_pair_of_a_round_needs_a_result_of_the_same_round(tree):
    for T in (1, 2, 3, 7, 8, 13, 64):
        for pairs in tree["rounds"](range(T)):
            made, read = {j for _, j in pairs}, {i for i, _ in pairs}
            assert len(made) == len(pairs) and not made & read


def test_the_tree_of_the_lesson_gives_the_states_and_rounds_grow_with_the_logarithm(tree):
    rng = np.random.default_rng(0)
    for T in (1, 2, 3, 7, 8, 13):
        a, b, h0 = rng.normal(size=(T, 2, 3)), rng.normal(size=(T, 2, 3)), rng.normal(size=(2, 3))
        assert np.allclose(tree["tree_scan"](a, b, h0), linear.forward(a, b, h0).h, rtol=1e-12)
    for power in (3, 8, 12):
        found = tree["rounds"](range(2**power))
        assert len(found) == 2 * power - 1  # about 2 log2 T
        assert 2**power < sum(map(len, found)) < 2 * 2**power  # nearly two combinations per step
    assert "about $2 \\log_2 T$ rounds" in prose("13") and "nearly two combinations per step" in prose("13")


@pytest.mark.item("S4.40")
def test_only_the_joint_jacobian_and_the_minimal_gru_are_exact():
    lesson = defined("13", "moved", "networks", "guesses", "relative")
    for seed in (100, 101):
        errors = {}
        for cell, params, run in lesson["networks"](seed):
            true = lesson["moved"](cell, params, run, 20, 15)
            for name, guess in lesson["guesses"](cell, params, run, 20, 15).items():
                errors[name] = lesson["relative"](guess, true)
        exact = {name for name, error in errors.items() if error < 1e-12}
        assert exact == {"LSTM, joint Jacobian", "minimal GRU, product of z"}
        assert len(errors) == 5 and min(error for name, error in errors.items() if name not in exact) > 0.01
    assert "Two of the five rows are zero but for rounding." in prose("13")


def rms_of_gradients(theta, normalise, distance, seed, T=3000, repeats=32):
    """{name: root mean square of the gradient of Re h_T for each distance of |λ| from 1}."""
    H = repeats * len(distance)
    units = {
        "nu": np.log(-np.log(1 - np.repeat(distance, repeats))),
        "theta": np.full(H, theta),
        "W_re": np.eye(H),
        "W_im": np.zeros((H, H)),
    }
    run = lru.forward(units, np.random.default_rng(seed).normal(size=(T, 1, H)), normalise=normalise)
    last = np.zeros_like(run.u)
    last[-1] = 1
    back = lru.backward(units, run, last)
    found = {"state": np.abs(run.h[-1]), "nu": back["nu"], "theta": back["theta"]}
    return {n: np.sqrt((v.reshape(len(distance), repeats) ** 2).mean(axis=1)) for n, v in found.items()}


@pytest.mark.parametrize("normalise", [False, True])
def test_the_exponents_are_those_of_the_text(normalise):
    distance = np.geomspace(0.1, 4e-3, 4)
    sizes = rms_of_gradients(1.1, normalise, distance, seed=3)
    fits = {name: np.polyfit(np.log(distance), np.log(size), 1)[0] for name, size in sizes.items()}
    less = 0.5 if normalise else 0.0
    assert fits["state"] == pytest.approx(-0.5 + less, abs=0.15)
    assert fits["theta"] == pytest.approx(-1.5 + less, abs=0.15)
    assert fits["nu"] == pytest.approx(-0.5 + less, abs=0.15)
    text = prose("13")
    assert "The gradient of the angle $\\theta$ still grows like $1/(1 - |\\lambda|)$" in text
    assert "the gradient of $\\lambda$ like $(1-|\\lambda|)^{-3/2}$" in text


def test_the_two_sums_of_squares_are_what_the_text_says():
    r, k = 0.9, np.arange(2000)
    assert np.sum(r ** (2 * k)) == pytest.approx(1 / (1 - r**2))
    assert np.sum(k[1:] ** 2 * r ** (2.0 * (k[1:] - 1))) == pytest.approx((1 + r**2) / (1 - r**2) ** 3)
    assert np.sum(k[1:] * r ** (k[1:] - 1.0)) == pytest.approx(1 / (1 - r) ** 2)  # hint 2 of exercise 7


def ratio(cell, seed, k, T=1000, B=2, D=4, H=32, weights=None):
    """What arrives k steps before the end over what the gates predict, and the prediction's error."""
    rng = np.random.default_rng(seed)
    x, top, params = rng.normal(size=(T, B, D)), rng.normal(size=(B, H)), cell.init(D, H, weights or rng)
    params["b"].reshape(-1, H)[0 if cell is min_gru else 1] = training.forget_bias(T)
    lesson = defined("13", "arrived", "relative")["arrived"]
    lesson.__globals__.update(T=T, B=B, H=H, x=x, top=top)
    measured, predicted, error = lesson(cell, params, k)
    return measured / predicted, predicted, error


def test_the_gates_predict_the_minimal_gru_and_not_the_lstm():
    text = prose("13")
    assert "more than a thousand times as large" in text
    assert "For the GRU the size is nearly right, but the gradient as a vector is off by a third" in text
    assert ratio(lstm, 8, 1000, B=4, weights=np.random.default_rng(0))[0] > 1000  # the one that is shown
    size, _, error = ratio(gru, 8, 1000, B=4, weights=np.random.default_rng(0))
    assert size == pytest.approx(1, abs=0.1) and error == pytest.approx(1 / 3, abs=0.05)
    for seed in (1, 2):  # and others
        exact, left, error = ratio(min_gru, seed, 1000)
        assert exact == pytest.approx(1, rel=1e-12) and error < 1e-12 and 0.4 < left < 0.6
        far, near = ratio(lstm, seed, 1000)[0], ratio(lstm, seed, 900)[0]
        assert far > 50 and far > 4 * near  # most of it in the first hundred steps
    assert "Most of that happens in the first hundred steps" in text


def test_two_steps_of_an_lstm_are_no_step_of_a_linear_recurrence():
    """A map h -> a h + b has the same slope everywhere; an LSTM's step has not, a minimal GRU's has."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2, 1, 3))

    def slopes(cell):
        params, found = cell.init(3, 1, np.random.default_rng(0)), []
        params = {name: value + (0.5 if name == "W_h" else 0) for name, value in params.items()}
        for start in (-0.8, 0.0, 0.9):
            moved = np.array([[start + 1e-20j]])
            found.append((cell.forward(params, x, moved).h[-1].imag / 1e-20).item())
        return np.ptp(found)

    assert slopes(min_gru) < 1e-14 < 1e-3 < slopes(lstm)
