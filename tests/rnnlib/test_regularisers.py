"""Regularisers: their values against the formulas, their gradients against complex step."""

import numpy as np
import pytest

from rnnlib import numgrad, regularisers, rnn


@pytest.fixture
def system(rng):
    """A run of the simple network, and total adjoints of its states."""
    T, B, D, H = 6, 3, 2, 4
    params = rnn.init(D, H, rng)
    run = rnn.forward(params, rng.normal(size=(T, B, D)), rng.normal(size=(B, H)))
    return params, run, rng.normal(size=(T, B, H))


def held_omega(W_h, run, rows):
    """Ω from its definition, one instance and one step at a time, computing on complex W_h too."""
    total = 0
    for h, step in zip(run.h[1:], rows):
        for state, row in zip(h, step):
            back = np.diag(1 - state**2) @ W_h.T
            length = np.sqrt(np.sum((row @ back) ** 2))
            total = total + (length / np.linalg.norm(row) - 1) ** 2
    return total


def test_omega_and_its_gradient(system):
    params, run, rows = system
    value, gradient = regularisers.omega(params, run, rows)
    assert value == pytest.approx(held_omega(params["W_h"], run, rows), rel=1e-12) and value > 0.1
    report = numgrad.check_gradient(
        lambda p: held_omega(p["W_h"], run, rows), gradient, {"W_h": params["W_h"]})
    assert report.ok, report
    gradient["W_h"][1, 2] *= 1.001
    assert not numgrad.check_gradient(
        lambda p: held_omega(p["W_h"], run, rows), gradient, {"W_h": params["W_h"]}).ok


def test_omega_is_zero_where_every_step_keeps_the_length(rng):
    W_h = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    params = {"W_x": np.eye(4), "W_h": W_h}
    run = rnn.forward(params, rng.normal(size=(5, 2, 4)), phi="identity")
    value, gradient = regularisers.omega(params, run, rng.normal(size=(5, 2, 4)))
    assert value == pytest.approx(0, abs=1e-25) and np.abs(gradient["W_h"]).max() < 1e-13
    double = {**params, "W_h": 2 * W_h}
    assert regularisers.omega(double, run, rng.normal(size=(5, 2, 4)))[0] == pytest.approx(10)


def test_a_step_against_the_gradient_of_omega_lowers_it_and_l2_does_not_help(system):
    params, run, rows = system
    params = {**params, "W_h": 0.3 * params["W_h"]}  # gradients vanish: every row gets shorter
    value, gradient = regularisers.omega(params, run, rows)
    after = {**params, "W_h": params["W_h"] - 0.01 * gradient["W_h"]}
    assert regularisers.omega(after, run, rows)[0] < value
    shrunk = {**params, "W_h": params["W_h"] - 0.1 * regularisers.l2(params, 1.0)[1]["W_h"]}
    assert regularisers.omega(shrunk, run, rows)[0] > value


def test_omega_does_not_depend_on_how_long_the_adjoints_are(system):
    params, run, rows = system
    value, gradient = regularisers.omega(params, run, rows)
    for factor in (1e6, 1e-200):  # of vanished adjoints the squares are below the smallest float
        other, same = regularisers.omega(params, run, factor * rows)
        assert other == pytest.approx(value) and same["W_h"] == pytest.approx(gradient["W_h"])


def test_omega_without_weights_has_no_gradient(system):
    params, run, rows = system
    value, gradient = regularisers.omega({**params, "W_h": np.zeros((4, 4))}, run, rows)
    assert value == 18 and not gradient["W_h"].any()


def test_l2_and_its_gradient(rng):
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    value, gradient = regularisers.l2(params, 0.7)
    assert value == pytest.approx(0.35 * sum((W**2).sum() for W in params.values()))
    assert numgrad.check_gradient(
        lambda p: 0.35 * sum((W**2).sum() for W in p.values()), gradient, params).ok
    assert not numgrad.check_gradient(
        lambda p: 0.7 * sum((W**2).sum() for W in p.values()), gradient, params).ok


def test_float32_stays_float32_and_nothing_is_changed(system):
    params, run, rows = system
    kept = params["W_h"].copy()
    regularisers.omega(params, run, rows)
    regularisers.l2(params, 1.0)[1]["W_h"][:] = 0
    assert np.array_equal(params["W_h"], kept)
    single = {name: value.astype("f4") for name, value in params.items()}
    narrow = rnn.forward(single, run.x.astype("f4"))
    assert regularisers.omega(single, narrow, rows.astype("f4"))[1]["W_h"].dtype == np.float32
    assert regularisers.l2(single, 0.5)[1]["b_h"].dtype == np.float32


@pytest.mark.parametrize("call, error, words", [
    (lambda p, r, d: regularisers.omega(p, r, d[1:]), ValueError, "dh_total has shape (5, 3, 4), expected (T, B, H)"),
    (lambda p, r, d: regularisers.omega(p, r, 0 * d), ValueError, "dh_total[0, 0] is zero"),
    (lambda p, r, d: regularisers.omega(p, None, d), TypeError, "run is NoneType"),
    (lambda p, r, d: regularisers.omega({}, r, d), ValueError, "no W_x, W_h"),
    (lambda p, r, d: regularisers.l2(p, 0.0), ValueError, "lam is 0.0, expected a positive number"),
    (lambda p, r, d: regularisers.l2(p["W_h"], 1.0), TypeError, "params is ndarray, expected a dict"),
    (lambda p, r, d: regularisers.l2({"W": [[np.inf]]}, 1.0), ValueError, "W contains NaN or infinity"),
])
def test_bad_input_is_named(call, error, words, system):
    with pytest.raises(error) as caught:
        call(*system)
    assert words in str(caught.value), caught.value
