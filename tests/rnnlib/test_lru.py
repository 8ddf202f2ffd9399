"""The linear recurrent unit against the same network in real numbers, and what its normalisation does."""

import numpy as np
import pytest

from rnnlib import linear, lru, numgrad

T, B, D, H = 7, 3, 4, 5
REAL = ("nu", "theta", "W_re", "W_im", "x")


@pytest.fixture
def problem(rng):
    """(params, x, h0, dh); |λ| between 0.2 and 0.95."""
    params = {"nu": np.log(rng.uniform(0.05, 1.6, H)), "theta": rng.uniform(0, 6, H),
              "W_re": rng.normal(size=(D, H)), "W_im": rng.normal(size=(D, H))}
    h0, dh = (rng.normal(size=s) + 1j * rng.normal(size=s) for s in ((B, H), (T, B, H)))
    return params, rng.normal(size=(T, B, D)), h0, dh


def in_real_numbers(p, normalise):
    """[(real part, imaginary part)] of the states, with no complex number in it: analytic in all of p."""
    size = np.exp(-np.exp(p["nu"]))
    l_re, l_im = size * np.cos(p["theta"]), size * np.sin(p["theta"])
    gamma = np.sqrt(1 - size * size) if normalise else 1.0
    states = [(p["h0_re"], p["h0_im"])]
    for x in p["x"]:
        re, im = states[-1]
        u_re, u_im = x @ p["W_re"], x @ p["W_im"]
        states.append((l_re * re - l_im * im + gamma * u_re, l_re * im + l_im * re + gamma * u_im))
    return states


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("tree", [False, True], ids=["sequential", "tree"])
def test_states_and_gradient_equal_those_of_the_real_network(problem, normalise, tree, close):
    params, x, h0, dh = problem
    run = lru.forward(params, x, h0, normalise, tree)
    point = {**params, "x": x, "h0_re": h0.real, "h0_im": h0.imag}
    close(run.h, [re + 1j * im for re, im in in_real_numbers(point, normalise)])
    got = lru.backward(params, run, dh, tree)
    assert set(got) == {*REAL, "h0"}
    got |= {"h0_re": got["h0"].real, "h0_im": got.pop("h0").imag}

    def loss(p):
        states = in_real_numbers(p, normalise)[1:]
        return sum((re * d.real + im * d.imag).sum() for (re, im), d in zip(states, dh))

    for name, value in point.items():
        close(got[name], numgrad.complex_step(lambda moved, n=name: loss({**point, n: moved}), value))
    report = numgrad.check_gradient(loss, got, point)
    assert report.ok and {t.method for t in report.tensors} == {"complex step"}, str(report)
    # controls: the adjoint's parts exchanged, and its conjugate, give other parameters
    for wrong in (dh.imag + 1j * dh.real, dh.conj()):
        other = lru.backward(params, run, wrong, tree)
        assert all(np.abs(other[n] - got[n]).max() > 1e-2 for n in ("nu", "theta", "W_re", "W_im"))


def test_a_real_readout_of_both_parts_is_a_complex_readout(problem, rng, close):
    params, x, h0, _ = problem
    h = lru.forward(params, x, h0).h
    W = rng.normal(size=(H, 2)) + 1j * rng.normal(size=(H, 2))
    close((h @ W).real, np.concatenate([h.real, h.imag], axis=-1) @ np.concatenate([W.real, -W.imag]))


def test_a_matrix_that_can_be_diagonalised_is_such_a_diagonal(rng, close):
    """The linear RNN with W_h = V Λ V⁻¹ has the states of the diagonal one, in other coordinates."""
    W_h, W_x = 0.4 * rng.normal(size=(H, H)), rng.normal(size=(D, H))
    lam, V = np.linalg.eig(W_h)
    x, h = rng.normal(size=(T, B, D)), [np.zeros((B, H))]
    for x_t in x:
        h.append(x_t @ W_x + h[-1] @ W_h)
    diagonal = linear.forward(np.broadcast_to(lam, (T, B, H)), x @ (W_x @ V)).h
    close((diagonal @ np.linalg.inv(V)).real, h)
    assert np.abs(lam.imag).max() > 0.1  # real weights, complex eigenvalues


def test_normalised_states_have_the_same_size_whatever_lambda_is(rng):
    """White noise in, E|h|² = E|x W|²; without γ it is 1/(1 - |λ|²) times as large."""
    nu = np.log(-np.log([0.5, 0.9, 0.99]))
    params = {"nu": nu, "theta": np.array([0.3, 1.0, 2.0]), "W_re": np.eye(3), "W_im": np.zeros((3, 3))}
    x = rng.normal(size=(2000, 100, 3))
    sizes = [np.mean(np.abs(lru.forward(params, x, normalise=n).h[1000:]) ** 2, axis=(0, 1)) for n in (True, False)]
    assert np.abs(sizes[0] - 1).max() < 0.1
    assert np.allclose(sizes[1] * (1 - np.exp(-2 * np.exp(nu))), 1, atol=0.1) and sizes[1][2] > 40


@pytest.mark.parametrize("nu", [-800.0, -40.0, 5.0, 800.0])
def test_extreme_decay_gives_finite_numbers_and_no_warning(nu, problem):
    params, x, h0, dh = problem
    params = {**params, "nu": np.full(H, nu)}
    with np.errstate(all="raise", under="ignore"):
        run = lru.forward(params, x, h0)
        gradient = lru.backward(params, run, dh)
    assert all(np.isfinite(value).all() for value in gradient.values())
    if nu == -40:  # γ² = 2 exp(ν) there, of which 1 - |λ|² keeps no digit
        assert np.allclose(run.gamma, np.sqrt(2 * np.exp(nu)), rtol=1e-12, atol=0)


def test_init_draws_lambda_from_the_ring(rng):
    params = lru.init(3, 500, rng, 0.8, 0.95, 1.0)
    size = np.exp(-np.exp(params["nu"]))
    assert 0.8 <= size.min() < 0.81 and 0.94 < size.max() <= 0.95
    assert np.mean(size**2 > (0.8**2 + 0.95**2) / 2) == pytest.approx(0.5, abs=0.07)  # uniform in area
    assert params["theta"].min() >= 0 and 0.95 < params["theta"].max() <= 1
    assert lru.forward(params, rng.normal(size=(2, 1, 3))).h.shape == (3, 1, 500)


def test_dtypes(problem):
    params, x, h0, dh = problem
    single = {name: value.astype("f4") for name, value in params.items()}
    run = lru.forward(single, x.astype("f4"), h0.astype("c8"))
    assert run.h.dtype == run.lam.dtype == np.dtype("c8") and run.gamma.dtype == np.dtype("f4")
    gradient = lru.backward(single, run, dh.astype("c8"))
    assert {gradient[name].dtype for name in REAL} == {np.dtype("f4")} and gradient["h0"].dtype == np.dtype("c8")
    exact = lru.backward(params, lru.forward(params, x, h0), dh)
    for name, value in gradient.items():
        assert np.abs(value - exact[name]).max() < 1e-5 * np.abs(exact[name]).max(), name
    real = lru.backward(params, lru.forward(params, x), dh.real)  # a loss that sees real parts only
    assert all(real[name].dtype == float for name in REAL)


def test_nothing_is_modified(problem):
    params, x, h0, dh = problem
    before = [value.copy() for value in (*params.values(), x, h0, dh)]
    run = lru.forward(params, x, h0)
    first = lru.backward(params, run, dh)
    for value in lru.backward(params, run, dh).values():
        value[...] = 0
    assert all(np.array_equal(a, b) for a, b in zip((*params.values(), x, h0, dh), before))
    assert all(value.any() for value in first.values())


@pytest.mark.parametrize("call, error, words", [
    (lambda p, x, h0, dh: lru.forward(p, x[0]), ValueError, "x has shape (3, 4), expected (T, B, D)"),
    (lambda p, x, h0, dh: lru.forward(p, x + 0j), TypeError, "x has dtype complex128, expected real"),
    (lambda p, x, h0, dh: lru.forward({**p, "W_re": p["W_re"] + 0j}, x), TypeError, "W_re has dtype complex128"),
    (lambda p, x, h0, dh: lru.forward({**p, "W": h0}, x), ValueError, "unknown 'W'"),
    (lambda p, x, h0, dh: lru.forward({"nu": p["nu"]}, x), ValueError, "no theta, W_re, W_im"),
    (lambda p, x, h0, dh: lru.forward(p, x, h0[1:]), ValueError, "h0 has shape (2, 5)"),
    (lambda p, x, h0, dh: lru.forward({**p, "nu": p["nu"] * np.nan}, x), ValueError, "nu contains NaN"),
    (lambda p, x, h0, dh: lru.backward(p, lru.forward(p, x), dh[1:]), ValueError, "dh has shape (6, 3, 5)"),
    (lambda p, x, h0, dh: lru.backward(p, None, dh), TypeError, "run is NoneType"),
    (lambda p, x, h0, dh: lru.init(2, 3, np.random.default_rng(0), 0.9, 1.0), ValueError, "r_max 1.0"),
    (lambda p, x, h0, dh: lru.init(2, 3, None), TypeError, "rng is NoneType"),
])
def test_bad_input_is_named(problem, call, error, words):
    with pytest.raises(error) as caught:
        call(*problem)
    assert words in str(caught.value)
