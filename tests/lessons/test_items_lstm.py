"""Items and errata of the article on the LSTM and its relatives: each with its number."""

import numpy as np
import pytest

from rnnlib import flow, gru, lstm, lstm97, numgrad, training


def off(guess, true):
    """Relative error in the Frobenius norm."""
    return np.linalg.norm(guess - true) / np.linalg.norm(true)


def packed(data, gates):
    return {
        "W_x": np.hstack([data[f"p_W_x{k}"] for k in gates]),
        "W_h": np.hstack([data[f"p_W_h{k}"] for k in gates]),
        "b": np.hstack([data[f"p_b_{k}"] for k in gates]),
    }


@pytest.fixture
def gated(oracle):
    """The oracle's LSTM: parameters, run, and its file."""
    data = oracle("lstm")
    params = packed(data, "ifgo")
    return params, lstm.forward(params, data["x"], data["h0"], data["c0"]), data


def system(scale, seed, T=20, H=5, D=4, forget=0.0, B=1):
    """A random LSTM as in lesson 11, with recurrent weights of size `scale`."""
    rng = np.random.default_rng(seed)
    params = {
        "W_x": rng.normal(size=(D, 4 * H)) / np.sqrt(D),
        "W_h": scale * rng.normal(size=(H, 4 * H)) / np.sqrt(H),
        "b": np.repeat([0.0, forget, 0.0, 0.0], H),
    }
    h0, c0 = 0.5 * rng.normal(size=(2, B, H))
    return params, lstm.forward(params, rng.normal(size=(T, B, D)), h0, c0)


@pytest.mark.item("S4.37", "E4.37")
def test_truncation_cuts_the_way_through_the_gates_not_their_gradient(oracle):
    data = oracle("lstm97_tanh")
    cut, full = ({name: data[prefix + name] for name in ("W_hi", "W_xi")} for prefix in ("gtrunc_", "g_"))
    assert round(float(np.linalg.norm(cut["W_xi"])), 2) == 1.13  # the gate's own weights learn
    assert np.round([off(cut[n], full[n]) for n in ("W_hi", "W_xi")], 2) == pytest.approx([0.51, 0.27])
    growth = []
    for seed in range(20):  # fifty steps back, with large recurrent weights
        rng = np.random.default_rng(seed)
        params = lstm97.init(4, 5, rng) | {"W_h": 2 * rng.normal(size=(5, 15)) / np.sqrt(5)}
        run = lstm97.forward(params, rng.normal(size=(50, 1, 4)))
        dc = rng.normal(size=(1, 5))
        back = {t: lstm97.backward(params, run, 0 * run.h[1:], dc, truncated=t)["c0"] for t in (True, False)}
        assert np.array_equal(back[True], dc)  # truncated: exactly 1
        growth.append(np.linalg.norm(back[False]) / np.linalg.norm(dc))
    assert np.median(growth) > 2


@pytest.mark.item("S4.36", "S4.38")
def test_a_cell_that_cannot_forget_grows_and_one_that_can_is_bounded():
    drive = {"W_x": np.zeros((1, 3)), "W_h": np.zeros((1, 3)), "b": np.array([1.0, 1.0, 1.0])}
    c = lstm97.forward(drive, np.zeros((2000, 1, 1))).c[:, 0, 0]
    i, g = 1 / (1 + np.exp(-1.0)), np.tanh(1.0)
    assert c[[10, 100, 1000, 2000]] == pytest.approx(i * g * np.array([10, 100, 1000, 2000]))
    forgets = {"W_x": np.zeros((1, 4)), "W_h": np.zeros((1, 4)), "b": np.array([1.0, 1.0, 1.0, 1.0])}
    c = lstm.forward(forgets, np.zeros((2000, 1, 1))).c[:, 0, 0]
    bound = i * g / (1 - i)
    assert c.max() <= bound * (1 + 1e-12) and c[-1] == pytest.approx(bound) and bound < 2.1


@pytest.mark.item("S4.39", "E4.40")
def test_the_gates_are_functions_of_the_cell_before(gated):
    params, run, _ = gated
    x, h, o = run.x[2:3], run.h[2], run.o[1]

    def forget_gate(c, moves_h):
        return lstm.forward(params, x, o * np.tanh(c) if moves_h else h.astype(c.dtype), c).f[0]

    by_c = [numgrad.complex_step(lambda c, m=m: forget_gate(c, m)[0], run.c[2])[:, 0] for m in (False, True)]
    assert not by_c[0].any()  # the cell itself is not read ...
    assert np.linalg.norm(by_c[1]) > 0.05  # ... but through h_{t-1}
    # and two cells after the step, one gate: c_t is made after it
    other = lstm.forward(params, x, h, run.c[2] + 1)
    assert np.array_equal(other.f[0], run.f[2]) and np.abs(other.c[1] - run.c[3]).max() > 0.1


@pytest.mark.item("S4.40", "E4.41")
def test_the_forget_gate_alone_is_exact_only_with_the_state_held(gated):
    params, run, _ = gated
    F, A = flow.jacobian_blocks(params, run)[0], flow.four_term(params, run)

    def cell(c):
        return lstm.forward(params, run.x[3:4, :1], run.h[3, :1].astype(c.dtype), c[None]).c[1, 0]

    held = numgrad.complex_step(cell, run.c[3, 0])
    assert off(held, F[3, 0]) < 1e-14 and off(F[1:], A[1:]) > 0.2
    errors = {}
    for scale in (0.1, 1, 4):
        lags = []
        for seed in range(20):
            p, r = system(scale, seed)
            true = flow.cell_derivative(p, r, 20, 10)[0]
            lags.append(off(np.diag(r.f[10:, 0].prod(axis=0)), true))
        errors[scale] = np.mean(lags)
    assert errors[0.1] < 0.5 and errors[1] > 0.85 and errors[4] > 0.95  # at lag 10


@pytest.mark.item("S4.41")
def test_a_gate_of_095_keeps_little_of_a_hundred_steps():
    kept = 0.95 ** np.array([10, 50, 100])
    assert kept == pytest.approx([0.60, 0.077, 0.0059], rel=0.01)
    half_life = np.log(0.5) / np.log(0.95)
    assert round(half_life, 1) == 13.5 and round(training.forget_bias(half_life), 2) == 2.94
    assert kept[0] > 1e3 * (1 - np.tanh(1.5) ** 2) ** 10  # a saturated tanh loses far more


@pytest.mark.item("S4.42", "E4.42")
def test_readings_of_the_printed_formula(gated):
    params, run, _ = gated
    F, G, P, _ = flow.jacobian_blocks(params, run)
    A = flow.four_term(params, run)[1:]
    bare = {**params, "W_h": np.hstack([W.T for W in np.split(params["W_h"], 4, axis=1)])}
    every_entry = np.diagonal(F[1:], axis1=-2, axis2=-1)[..., None]
    assert off(F[1:] + flow.jacobian_blocks(bare, run)[1][1:] @ P[:-1], A) > 0.25
    assert off(F[1:] + P[:-1] @ G[1:], A) > 0.15
    assert off(every_entry + G[1:] @ P[:-1], A) > 1.5
    assert off(F[1:] + G[1:] @ P[:-1], A) < 1e-14


@pytest.mark.item("S4.43", "E4.43")
def test_the_product_of_four_terms_misses_paths():
    def errors(scale):
        found = []
        for seed in range(20):
            p, r = system(scale, seed)
            A = flow.four_term(p, r)[:, 0]
            row = []
            for lag in (1, 2, 5, 10):
                product = np.eye(5)
                for t in range(20 - lag, 20):
                    product = A[t] @ product
                row.append(off(product, flow.cell_derivative(p, r, 20, 20 - lag)[0]))
            found.append(row)
        return np.mean(found, axis=0)

    assert errors(0) == pytest.approx(0, abs=1e-14)
    one, four = errors(1), errors(4)
    assert one[0] < 1e-14 and four[0] < 1e-14  # lag 1 is exact
    assert 0.02 < one[1] < one[2] < one[3] < 0.25
    assert 0.1 < four[1] < four[2] and four[3] > 0.4


@pytest.mark.item("S4.46", "E4.46")
def test_a_gate_near_one_learns_slowly():
    f = np.array([0.5, 0.95, 0.999])
    assert f * (1 - f) == pytest.approx([0.25, 0.0475, 0.001], rel=2e-3)
    # it is a function of the input: the same network, two inputs, two forget gates
    params, run = system(1.0, 0, T=2)
    assert np.abs(run.f[0] - run.f[1]).max() > 0.1

    def gate_gradient(bias):
        p = {**params, "b": np.repeat([0.0, bias, 0.0, 0.0], 5)}
        r = lstm.forward(p, run.x, run.h[0], run.c[0])
        return np.abs(lstm.backward(p, r, np.ones_like(r.h[1:]))["b"][5:10]).max()

    assert gate_gradient(7.0) < 0.05 * gate_gradient(0.0)
    # and raising it pulls dc_t/dc_{t-1} towards the identity only where the rest is small
    toward = [np.linalg.norm(flow.four_term(*system(0.1, 0, forget=b))[5, 0] - np.eye(5)) for b in (0, 4)]
    assert toward[1] < 0.3 * toward[0]


@pytest.mark.item("S4.45", "E4.45")
def test_entries_are_negative_and_the_rate_is_near_zero_for_an_open_gate():
    diagonal = np.diagonal(flow.four_term(*system(4.0, 0, T=100, H=10, B=20)), axis1=-2, axis2=-1)
    assert 0.05 < np.mean(diagonal < 0) < 0.6

    def rate(forget):
        return flow.growth_rate(flow.joint_jacobians(*system(0.5, 0, T=250, H=10, forget=forget, B=8)))

    assert rate(0.0).max() < -0.4 and rate(1.0).max() < -0.2 and np.abs(rate(5.0)).max() < 0.02


@pytest.mark.item("S4.48")
def test_an_lstm_can_explode():
    M = [flow.joint_jacobians(*system(6.0, seed, T=300, H=10, forget=3.0)) for seed in range(20)]
    rates = flow.growth_rate(np.concatenate(M, axis=1))
    assert 0.5 < np.mean(rates > 0) < 1  # most of them, not all
    assert rates.max() > 0.03  # a factor of e in thirty steps
    tame = [flow.joint_jacobians(*system(0.5, seed, T=300, H=10, forget=3.0)) for seed in range(20)]
    assert flow.growth_rate(np.concatenate(tame, axis=1)).max() < 0


@pytest.mark.item("S4.49", "E4.48")
def test_clipping_by_value_turns_the_gradient():
    g = {"w": np.array([10, 0.1, 0.1])}
    by_norm, by_value = training.clip_by_global_norm(g, 1.0)["w"], training.clip_by_value(g, 1.0)["w"]

    def cosine(a):
        return a @ g["w"] / np.linalg.norm(a) / np.linalg.norm(g["w"])

    assert cosine(by_norm) == pytest.approx(1) and np.linalg.norm(by_norm) == pytest.approx(1)
    assert round(cosine(by_value), 3) == 0.992


@pytest.mark.item("S4.54", "E4.54")
def test_there_are_two_grus():
    apart = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        params = {"W_x": rng.normal(size=(3, 15)), "W_h": rng.normal(size=(5, 15))}
        x = rng.normal(size=(6, 2, 3))
        after, before = (gru.forward(params, x, reset=reset).h for reset in ("after", "before"))
        apart.append(np.abs(after - before).max())
    assert min(apart) > 0.05
    one = {"W_x": np.ones((1, 3)), "W_h": np.ones((1, 3))}  # with one unit they are the same
    runs = [gru.forward(one, np.ones((4, 1, 1)), reset=reset).h for reset in ("after", "before")]
    assert np.allclose(*runs)
