"""The deep feed-forward network against automatic differentiation and the complex step."""

import numpy as np
import pytest

from rnnlib import losses, mlp, numgrad


@pytest.fixture(params=["tanh", "sigmoid", "relu"])
def system(request, oracle):
    data = oracle(f"ffn_{request.param}")
    params = {f"{kind}{layer}": data[f"p_{kind}{layer}"] for layer in range(1, 9) for kind in "Wb"}
    return data, params, mlp.forward(params, data["x"], request.param)


def top_adjoint(data, run):
    _, do = losses.softmax_cross_entropy(run.h[-1] @ data["p_W_out"] + data["p_b_out"], data["y"])
    return do @ data["p_W_out"].T


@pytest.mark.item("S1.11", "S4.28")
def test_forward_and_backward_equal_oracle(system, close):
    data, params, run = system
    close(run.a, data["f_a"])
    close(run.h[1:], data["f_h"])
    gradient = mlp.backward(params, run, top_adjoint(data, run))
    assert set(gradient) == {*params, "x"}
    for name, value in gradient.items():
        close(value, data[f"g_{name}"])
    da, dx = mlp.adjoints(params, run, top_adjoint(data, run))
    close(da, data["g_a"])
    close(dx, data["g_x"])


def test_any_widths_equal_complex_step(rng):
    params = mlp.init([3, 5, 2, 4], rng)
    del params["b2"]
    x, dh = rng.normal(size=(2, 3)), rng.normal(size=(2, 4))

    def loss(p):
        p = dict(p)
        return (dh * mlp.forward(p, p.pop("x"), "sigmoid").h[-1]).sum()

    gradient = mlp.backward(params, mlp.forward(params, x, "sigmoid"), dh)
    assert numgrad.check_gradient(loss, gradient, {**params, "x": x}).ok
    gradient["W2"][0, 0] *= 1.001
    assert not numgrad.check_gradient(loss, gradient, {**params, "x": x}).ok


def test_float32_stays_float32(rng):
    params = {k: v.astype(np.float32) for k, v in mlp.init([3, 2], rng).items()}
    run = mlp.forward(params, np.ones((4, 3), np.float32))
    assert run.h[-1].dtype == np.float32
    assert all(v.dtype == np.float32 for v in mlp.backward(params, run, run.h[-1]).values())


@pytest.mark.parametrize("call, error, words", [
    (lambda p, x: mlp.forward({}, x), ValueError, "no W1"),
    (lambda p, x: mlp.init([3], None), ValueError, "widths is [3], expected [D, H_1, …]"),
    (lambda p, x: mlp.init([3, 0], None), ValueError, "widths is 0, expected an int at least 1"),
    (lambda p, x: mlp.init([3, 2], None), TypeError, "rng is NoneType"),
    (lambda p, x: mlp.forward([], x), TypeError, "params is list"),
    (lambda p, x: mlp.forward({"W1": p["W1"], "W3": p["W2"]}, x), ValueError, "no W2"),
    (lambda p, x: mlp.forward({**p, "c1": 1.0}, x), ValueError, "unknown 'c1'"),
    (lambda p, x: mlp.forward({**p, "W2": p["W1"]}, x), ValueError, "W2 has shape (3, 5), expected (H1, H2) with H1 = 5"),
    (lambda p, x: mlp.forward(p, x[0]), ValueError, "x has shape (3,)"),
    (lambda p, x: mlp.backward(p, x, x), TypeError, "run is ndarray"),
    (lambda p, x: mlp.backward(p, mlp.forward(p, x), x), ValueError, "dh has shape (2, 3)"),
    (lambda p, x: mlp.backward(p, mlp.forward(p, x), 1j * np.ones((2, 2))), TypeError, "complex"),
    (lambda p, x: mlp.backward({"W1": p["W1"]}, mlp.forward(p, x), x), ValueError, "1 layers, expected 2"),
])
def test_bad_input_is_named(call, error, words, rng):
    with pytest.raises(error) as caught:
        call(mlp.init([3, 5, 2], rng), np.ones((2, 3)))
    assert words in str(caught.value), caught.value


def test_initial_weights_have_the_variance_of_their_inputs(rng):
    """gain² / n_in, so that a wide layer does not drown a narrow one; biases are 0."""
    params = mlp.init([400, 100, 25], rng, gain=1.5)
    for layer, n_in in ((1, 400), (2, 100)):
        assert np.var(params[f"W{layer}"]) * n_in == pytest.approx(1.5**2, rel=0.1)
        assert not params[f"b{layer}"].any()
