"""The minimal GRU: its gradient, and that its step Jacobian is the gate."""

import numpy as np
import pytest

from rnnlib import gru, min_gru, numgrad

T, B, D, H = 6, 3, 4, 5


@pytest.fixture
def problem(rng):
    """(params, x, h0, dh)."""
    params = {"W_x": rng.normal(size=(D, 2 * H)), "b": rng.normal(size=2 * H)}
    return params, rng.normal(size=(T, B, D)), rng.normal(size=(B, H)), rng.normal(size=(T, B, H))


def test_states_are_those_of_the_formula(problem, close):
    params, x, h0, _ = problem
    run = min_gru.forward(params, x, h0)
    a = x @ params["W_x"] + params["b"]
    close(run.z, 1 / (1 + np.exp(-a[..., :H])))
    close(run.n, a[..., H:])
    close(run.h[0], h0)
    close(run.h[1:], (1 - run.z) * run.n + run.z * run.h[:-1])


@pytest.mark.parametrize("tree", [False, True], ids=["sequential", "tree"])
def test_gradient_equals_complex_step(problem, tree):
    params, x, h0, dh = problem
    inputs = {**params, "x": x, "h0": h0}

    def loss(p):
        run = min_gru.forward({"W_x": p["W_x"], "b": p["b"]}, p["x"], p["h0"], tree)
        return (dh * run.h[1:]).sum()

    gradient = min_gru.backward(params, min_gru.forward(params, x, h0, tree), dh, tree)
    report = numgrad.check_gradient(loss, gradient, inputs)
    assert report.ok, str(report)
    assert {t.method for t in report.tensors} == {"complex step"} and len(report.tensors) == 4
    for name in inputs:  # and it can fail, in every array
        wrong = {**gradient, name: gradient[name].copy()}
        wrong[name].flat[-1] += 1e-4 * np.abs(gradient[name]).max()
        assert not numgrad.check_gradient(loss, wrong, inputs).ok, name


def test_the_derivative_from_state_to_state_is_the_product_of_the_gates(problem, close):
    """Measured by complex step; a GRU whose gates read the state is the control."""
    params, x, h0, _ = problem
    run = min_gru.forward(params, x, h0)

    def jacobian(cell, weights, start, instance):
        def last(row):
            return cell.forward(weights, x[:, [instance]], row[None]).h[-1, 0]

        return numgrad.complex_step(last, start[instance])

    for b in range(B):
        close(jacobian(min_gru, params, h0, b), np.diag(run.z.prod(axis=0)[b]))
    gated = gru.init(D, H, np.random.default_rng(0))
    z = gru.forward(gated, x, h0).z.prod(axis=0)[0]
    assert np.linalg.norm(jacobian(gru, gated, h0, 0) - np.diag(z)) > np.linalg.norm(z)


def test_without_recurrent_weights_a_gru_has_the_same_gate(problem, close):
    """The GRU with W_h = 0 is the minimal GRU but for the candidate's tanh."""
    params, x, h0, _ = problem
    W_z, W_n = np.split(params["W_x"], 2, axis=1)
    b_z, b_n = np.split(params["b"], 2)
    packed = {"W_x": np.hstack([0 * W_z, W_z, W_n]), "W_h": np.zeros((H, 3 * H)),
              "b": np.hstack([0 * b_z, b_z, b_n])}
    whole, run = gru.forward(packed, x, h0, reset="before"), min_gru.forward(params, x, h0)
    close(whole.z, run.z)
    close(whole.n, np.tanh(run.n))


def test_one_step_of_one_instance_without_a_bias(close):
    params = {"W_x": np.array([[0.0, 3.0]])}
    run = min_gru.forward(params, np.full((1, 1, 1), 2.0), np.full((1, 1), 4.0))
    close(run.h[1], [[5.0]])  # half of 6 and half of 4
    gradient = min_gru.backward(params, run, np.ones((1, 1, 1)))
    assert set(gradient) == {"W_x", "x", "h0"}
    close(gradient["W_x"], [[2 * 0.25 * (4 - 6), 2 * 0.5]])
    close(gradient["h0"], [[0.5]])
    close(gradient["x"], [[[1.5]]])


def test_dtypes(problem):
    params, x, h0, dh = problem
    single = {name: value.astype("f4") for name, value in params.items()}
    run = min_gru.forward(single, x.astype("f4"), h0.astype("f4"))
    gradient = min_gru.backward(single, run, dh.astype("f4"))
    assert {v.dtype for v in (*run, *gradient.values())} == {np.dtype("f4")}


@pytest.mark.parametrize("call, error, words", [
    (lambda p, x, h0, dh: min_gru.forward(p, x[0]), ValueError, "x has shape (3, 4), expected (T, B, D)"),
    (lambda p, x, h0, dh: min_gru.forward(p, x[..., :3]), ValueError, "D = 3"),
    (lambda p, x, h0, dh: min_gru.forward({**p, "W_h": h0}, x), ValueError, "unknown 'W_h'"),
    (lambda p, x, h0, dh: min_gru.forward({"b": p["b"]}, x), ValueError, "no W_x"),
    (lambda p, x, h0, dh: min_gru.forward(p, x, h0[1:]), ValueError, "h0 has shape (2, 5)"),
    (lambda p, x, h0, dh: min_gru.backward(p, min_gru.forward(p, x), dh[1:]), ValueError, "dh has shape"),
    (lambda p, x, h0, dh: min_gru.backward(p, min_gru.forward(p, x + 0j), dh), TypeError, "complex128"),
    (lambda p, x, h0, dh: min_gru.backward(p, (x, h0), dh), TypeError, "run is tuple"),
    (lambda p, x, h0, dh: min_gru.init(0, 2, np.random.default_rng(0)), ValueError, "0"),
])
def test_bad_input_is_named(problem, call, error, words):
    with pytest.raises(error) as caught:
        call(*problem)
    assert words in str(caught.value)


def test_init_opens_the_gate_as_far_as_it_is_told(rng, close):
    params = min_gru.init(3, 4, rng, keep=2.0)
    close(params["b"], [2, 2, 2, 2, 0, 0, 0, 0])
    assert min_gru.forward(params, rng.normal(size=(5, 2, 3))).h.shape == (6, 2, 4)
