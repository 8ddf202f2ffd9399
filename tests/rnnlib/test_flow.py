"""Norms of powers and products, and the Jacobians of the LSTM."""

import numpy as np
import pytest

from rnnlib import flow, lstm, lstm97, paths, rnn

MATRICES = ("gauss", "orth", "jordan", "sym", "nilpotent")
CELLS = {"lstm": (lstm, "ifgo"), "lstm_peephole": (lstm, "ifgo"), "lstm97_tanh": (lstm97, "igo")}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.item("S4.24", "S4.32")
def test_norms_equal_oracle(name, oracle, close):
    data = oracle("spectral")
    W = data[f"W_{name}"]
    # an eigenvalue of a defective matrix is only determined to the n-th root of rounding
    assert flow.spectral_radius(W) == pytest.approx(
        data[f"rho_{name}"], rel=1e-11, abs=1e-2 if name in ("jordan", "nilpotent") else 1e-11)
    close(flow.spectral_norm(W), data[f"sigma_{name}"])
    norms = flow.power_norms(W, 30)
    assert norms.shape == (31,)
    close(norms, data[f"pownorm_{name}"])
    assert np.array_equal(flow.power_norms(W, 0), [1.0])


@pytest.mark.parametrize("phi", ["tanh", "sigmoid"])
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.item("S4.23", "S4.31", "S4.34")
def test_jacobian_products_equal_oracle_and_obey_the_bound(name, phi, oracle, close):
    data = oracle("spectral")
    # the file's network: h_t = phi(h_{t-1} W + u_t)
    W, u = data[f"W_{name}"], data[f"u_{name}_{phi}"]
    params = {"W_x": np.eye(len(W)), "W_h": W}
    run = rnn.forward(params, u[:, None], data[f"h_{name}_{phi}"][:1], phi)
    close(run.h[:, 0], data[f"h_{name}_{phi}"])
    J = paths.step_jacobians(params, run)
    norms = [np.linalg.norm(paths.transition(J, t, 0)[0], 2) for t in range(31)]
    close(norms, data[f"Jnorm_{name}_{phi}"])
    for t, norm in enumerate(norms):
        assert norm <= flow.norm_bound(W, phi, t) * (1 + 1e-12)
    if norms[-1] > 1e-200:
        assert flow.growth_rate(J[:, 0]) == pytest.approx(np.log(norms[-1]) / 30)
        assert flow.growth_rate(J) == pytest.approx([np.log(norms[-1]) / 30])


@pytest.mark.item("S4.25", "E4.25", "E4.34")
def test_the_norm_bounds_and_the_eigenvalue_does_not():
    """S4.25: thousands of random cases; the singular value never fails, the eigenvalue often does."""
    rng = np.random.default_rng(0)
    violations = {"norm": 0, "eigenvalue": 0}
    for _ in range(100):
        H, T = rng.integers(2, 6), 7
        params = {"W_x": np.eye(H), "W_h": rng.normal(size=(H, H)) * rng.uniform(0.2, 2)}
        J = paths.step_jacobians(params, rnn.forward(params, rng.normal(size=(T, 4, H)) * 0.1))
        rho = flow.spectral_radius(params["W_h"])
        for n in range(1, T + 1):
            norms = np.linalg.norm(paths.transition(J, n, 0), 2, axis=(1, 2))
            violations["norm"] += (norms > flow.norm_bound(params["W_h"], "tanh", n) * (1 + 1e-12)).sum()
            violations["eigenvalue"] += (norms > rho**n).sum()
    assert violations["norm"] == 0
    assert violations["eigenvalue"] > 500  # of 2,800


def test_growth_rate_survives_products_outside_the_float_range():
    for rate in (3.0, -3.0):
        assert flow.growth_rate(np.exp(rate) * np.stack([np.eye(2)] * 1000)) == pytest.approx(rate)
    nilpotent = np.stack([np.diag([1.0], 1)] * 3)
    assert flow.growth_rate(nilpotent) == -np.inf


@pytest.fixture(params=["rnn", "lstm"])
def jacobians(request, rng):
    """Step Jacobians (T, B, n, n) of a run of the simple network, or joint ones of an LSTM run."""
    T, B, D, H = 40, 3, 2, 4
    x = rng.normal(size=(T, B, D))
    cell = {"rnn": rnn, "lstm": lstm}[request.param]
    params = cell.init(D, H, rng)
    params["W_h"] = 1.5 * params["W_h"]
    of = {"rnn": paths.step_jacobians, "lstm": flow.joint_jacobians}[request.param]
    return of(params, cell.forward(params, x))


def volume_growth(J):
    """The identity that holds for every T: the exponents' sum is the mean of ln |det J_t|."""
    return np.linalg.slogdet(J)[1].mean(axis=0)


def test_lyapunov_exponents_add_up_to_the_growth_of_volume(jacobians):
    found = flow.lyapunov_spectrum(jacobians)
    assert found.shape == jacobians.shape[1:-1] and (np.diff(found, axis=-1) <= 0).all()
    assert found.sum(axis=-1) == pytest.approx(volume_growth(jacobians), rel=1e-9)
    for b in range(len(found)):  # and one instance alone is the same as in the batch
        assert flow.lyapunov_spectrum(jacobians[:, b]) == pytest.approx(found[b], rel=1e-9)


def test_the_largest_exponents_are_the_growth_of_the_first_axes_volumes(jacobians):
    """By the product itself and Gram determinants, from few steps so that it stays in range."""
    J = jacobians[:5, 0]
    product = np.linalg.multi_dot(J[::-1])
    volumes = [np.linalg.slogdet(product[:, :k].T @ product[:, :k])[1] / 2 for k in range(1, 5)]
    rates = np.diff(volumes, prepend=0) / 5
    found = flow.lyapunov_spectrum(J)
    for rate in rates:  # sorted there, so each of these is one of them
        assert np.abs(found - rate).min() < 1e-6


def test_lyapunov_exponents_of_known_matrices(rng):
    factors = np.array([2.0, 0.5, 3.0])
    diagonal = np.stack([np.diag(factors)] * 7)
    assert flow.lyapunov_spectrum(diagonal) == pytest.approx(np.log([3.0, 2.0, 0.5]))
    rotations = np.linalg.qr(rng.normal(size=(30, 5, 4, 4)))[0]
    assert flow.lyapunov_spectrum(rotations) == pytest.approx(np.zeros((5, 4)), abs=1e-13)
    moduli = np.sort(np.abs(np.linalg.eigvals(W := rng.normal(size=(4, 4)))))[::-1]
    constant = flow.lyapunov_spectrum(np.stack([W] * 4000))
    assert constant == pytest.approx(np.log(moduli), abs=2e-3)
    with np.errstate(all="raise"):
        lost = flow.lyapunov_spectrum(np.stack([np.diag([1.0], 1)] * 3))
    assert lost[-1] == -np.inf


def test_the_top_exponent_is_the_growth_rate_for_long_runs(rng):
    """Independent Gaussian factors, whose top exponent is (ln 2 + digamma(n / 2)) / 2, n = 4 here."""
    J = rng.normal(size=(3000, 4, 4, 4))
    top, rate = flow.lyapunov_spectrum(J)[:, 0], flow.growth_rate(J)
    assert top == pytest.approx(rate, abs=3e-3)
    digamma_2 = 1 - np.euler_gamma
    assert top.mean() == pytest.approx((np.log(2) + digamma_2) / 2, abs=0.02)
    assert abs(flow.lyapunov_spectrum(J)[:, 1] - rate).min() > 0.1  # the second is another number


def test_lyapunov_exponents_survive_products_outside_the_float_range():
    with np.errstate(all="raise"):
        far = flow.lyapunov_spectrum(np.stack([np.diag([1e3, 1e-3])] * 1000))
    assert far == pytest.approx(np.log([1e3, 1e-3]))
    single = flow.lyapunov_spectrum(np.stack([np.diag([2.0, 3.0])] * 5).astype("f4"))
    assert single.dtype == np.float32 and single == pytest.approx(np.log([3.0, 2.0]), rel=1e-6)


def test_a_wrong_spectrum_breaks_the_identities(jacobians):
    """Without carrying Q along, or with the steps in reverse, one identity or the other fails."""
    alone = np.log(np.abs(np.diagonal(np.linalg.qr(jacobians)[1], axis1=-2, axis2=-1))).mean(axis=0)
    assert np.abs(alone.max(axis=-1) - flow.growth_rate(jacobians)).max() > 0.05
    shifted = flow.lyapunov_spectrum(jacobians) + 1e-3
    assert np.abs(shifted.sum(axis=-1) - volume_growth(jacobians)).min() > 1e-3


def test_norms_beyond_the_float_range_are_inf():
    with np.errstate(all="raise"):
        assert flow.norm_bound(2 * np.eye(2), "identity", 2000) == np.inf
        assert flow.norm_bound(2 * np.eye(2), "identity", 1023) == 2.0**1023
        norms = flow.power_norms(2 * np.eye(2), 2000)
    assert np.array_equal(norms[:1024], 2.0 ** np.arange(1024)) and (norms[1024:] == np.inf).all()


@pytest.fixture(params=CELLS)
def gated(request, oracle):
    """A run of the oracle's cell on batch element 0, and the oracle's Jacobians along it."""
    cell, gates = CELLS[request.param]
    data, jacobians = oracle(request.param), oracle(f"jac_{request.param}")
    params = {
        "W_x": np.hstack([data[f"p_W_x{k}"] for k in gates]),
        "W_h": np.hstack([data[f"p_W_h{k}"] for k in gates]),
        "b": np.hstack([data[f"p_b_{k}"] for k in gates]),
        **{k: data[f"p_{k}"] for k in ("p_i", "p_f", "p_o") if f"p_{k}" in data},
    }
    return params, cell.forward(params, data["x"], data["h0"], data["c0"]), jacobians


def test_joint_jacobians_equal_oracle(gated, close):
    params, run, data = gated
    close(run.c[:, 0], data["c"])
    close(flow.joint_jacobians(params, run)[:, 0], data["M"])


@pytest.mark.item("S4.43")
def test_joint_product_is_the_cell_derivative(gated, close):
    params, run, data = gated
    for t in range(7):
        for k in range(t + 1):
            close(flow.cell_derivative(params, run, t, k)[0], data["dc_dc"][t, k])


def test_hidden_states_move_with_the_cell_as_in_the_oracle(gated, close):
    params, run, data = gated
    M, P = flow.joint_jacobians(params, run)[:, 0], flow.jacobian_blocks(params, run)[2][:, 0]
    H = P.shape[-1]
    for k in range(7):
        both = np.vstack([np.eye(H), P[k - 1] if k else np.zeros((H, H))])
        for t in range(k, 7):
            close(both[H:], data["dh_dc"][t, k])
            if t < 6:
                both = M[t] @ both


def test_blocks_are_plain_arrays_whatever_the_peepholes_are(gated):
    params, run, _ = gated
    masked = {name: np.ma.array(value) for name, value in params.items()}
    for block, same in zip(flow.jacobian_blocks(masked, run), flow.jacobian_blocks(params, run)):
        assert type(block) is np.ndarray and np.array_equal(block, same)


@pytest.mark.item("S4.42", "S4.43", "E4.43")
def test_four_terms_are_exact_at_lag_1_and_off_by_a_known_path_at_lag_2(gated, close):
    params, run, data = gated
    A = flow.four_term(params, run)
    F, G, P, Q = flow.jacobian_blocks(params, run)
    close(A[0], F[0])
    for t in range(1, 7):
        close(A[t - 1, 0], data["dc_dc"][t, t - 1])
    for t in range(3, 7):  # [t-1] is step t
        gap = flow.cell_derivative(params, run, t, t - 2) - A[t - 1] @ A[t - 2]
        assert np.abs(gap).max() > 1e-4
        assert np.abs(gap - G[t - 1] @ Q[t - 2] @ P[t - 3]).max() < 1e-14


@pytest.mark.item("S4.43")
def test_without_recurrent_weights_into_the_output_gate_four_terms_are_exact(gated, close):
    params, run, _ = gated
    H = run.h.shape[-1]
    params = {**params, "W_h": params["W_h"].copy()}
    params["W_h"][:, -H:] = 0
    cell = lstm if isinstance(run, lstm.Run) else lstm97
    A = flow.four_term(params, cell.forward(params, run.x))
    product = A[5] @ A[4] @ A[3]
    close(product, flow.cell_derivative(params, cell.forward(params, run.x), 6, 3))


@pytest.mark.item("S4.37")
def test_truncated_gradient_of_1997_is_a_constant_error_carousel(oracle, close):
    data = oracle("lstm97_tanh")
    for system, squash in (("lstm97_tanh", "tanh"), ("lstm97_orig", "1997")):
        data = oracle(system)
        params = {
            "W_x": np.hstack([data[f"p_W_x{k}"] for k in "igo"]),
            "W_h": np.hstack([data[f"p_W_h{k}"] for k in "igo"]),
            "b": np.hstack([data[f"p_b_{k}"] for k in "igo"]),
        }
        run = lstm97.forward(params, data["x"], data["h0"], data["c0"], squash)
        gradient = lstm97.backward(params, run, data["ext_dh"], data["ext_dcT"], truncated=True)
        for name in ("x", "h0", "c0"):
            close(gradient[name], data[f"gexttrunc_{name}"])
        close(gradient["W_x"], np.hstack([data[f"gexttrunc_W_x{k}"] for k in "igo"]))
        close(gradient["W_h"], np.hstack([data[f"gexttrunc_W_h{k}"] for k in "igo"]))
        close(gradient["b"], np.hstack([data[f"gexttrunc_b_{k}"] for k in "igo"]))
        only_cell = lstm97.backward(params, run, np.zeros_like(data["ext_dh"]), data["ext_dcT"], truncated=True)
        assert np.array_equal(only_cell["c0"], data["ext_dcT"])  # carried through unchanged
        full = lstm97.backward(params, run, np.zeros_like(data["ext_dh"]), data["ext_dcT"])
        assert np.abs(full["c0"] - data["ext_dcT"]).max() > 1e-3


@pytest.mark.parametrize("call, error, words", [
    (lambda: flow.spectral_norm(np.ones((2, 3))), ValueError, "W has shape (2, 3), expected (H, H)"),
    (lambda: flow.power_norms(np.eye(2), -1), ValueError, "n is -1"),
    (lambda: flow.norm_bound(np.eye(2), "exp", 1), ValueError, "phi is 'exp'"),
    (lambda: flow.growth_rate(np.ones((3, 2))), ValueError, "J has shape (3, 2)"),
    (lambda: flow.lyapunov_spectrum(np.ones((3, 2))), ValueError, "J has shape (3, 2), expected (T, B, n, n)"),
    (lambda: flow.lyapunov_spectrum(np.ones((3, 2, 4))), ValueError, "J has shape (3, 2, 4), expected (T, n, n)"),
    (lambda: flow.lyapunov_spectrum(np.ones((0, 2, 2))), ValueError, "no axis of length 0"),
    (lambda: flow.lyapunov_spectrum(np.full((3, 2, 2), np.nan)), ValueError, "J contains NaN or infinity"),
    (lambda: flow.lyapunov_spectrum(1j * np.ones((3, 2, 2))), TypeError, "J has dtype complex128"),
    (lambda: flow.lyapunov_spectrum(None), TypeError, "J is NoneType"),
    (lambda: flow.joint_jacobians({}, None), TypeError, "rnnlib.lstm or rnnlib.lstm97"),
    (lambda: lstm97.backward({}, None, None, truncated="yes"), TypeError, "truncated is str"),
])
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value), caught.value
