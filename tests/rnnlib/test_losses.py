"""Losses and activations against automatic differentiation and the complex step."""

import numpy as np
import pytest

from rnnlib import activations, losses, numgrad

CASES = {
    "general_tanh_softmax_ce": (losses.softmax_cross_entropy, {}),
    "general_tanh_sigmoid_bce": (losses.sigmoid_cross_entropy, {}),
    "general_sigmoid_identity_mse": (losses.squared_error, {}),
    "general_identity_tanh_mse": (losses.squared_error, {"phi": "tanh"}),
}


@pytest.mark.parametrize("system", CASES)
@pytest.mark.item("S0.3", "S4.10")
def test_losses_equal_oracle(system, oracle, close):
    data = oracle(system)
    loss, options = CASES[system]
    value, do = loss(data["f_o"], data["y"], **options)
    close(value, data["f_L"])
    close(do, data["g_o"])
    mean, do_mean = loss(data["f_o"], data["y"], reduction="mean", **options)
    close(mean, data["f_L"] / 3)  # B = 3
    close(do_mean, data["g_o"] / 3)


@pytest.mark.parametrize("loss", [losses.softmax_cross_entropy, losses.sigmoid_cross_entropy,
                                  losses.squared_error])
def test_losses_equal_complex_step_for_any_targets(loss, rng):
    o, y = rng.normal(size=(4, 2, 3)), rng.uniform(size=(4, 2, 3))
    _, do = loss(o, y)
    numeric = numgrad.complex_step(lambda z: loss(z, y)[0], o)
    assert np.abs(do - numeric).max() < 1e-13
    assert np.abs(1.001 * do - numeric).max() > 1e-5  # the comparison can fail


@pytest.mark.item("S1.2")
def test_losses_survive_large_logits():
    y = np.array([[0.0, 1.0, 0.0]])
    o = np.array([[1e4, 0.0, -1e4]])
    assert losses.softmax_cross_entropy(o, y)[0] == 1e4
    assert losses.softmax_cross_entropy(o + 1e4, y)[0] == 1e4
    assert losses.sigmoid_cross_entropy(o, y)[0] == pytest.approx(1e4 + np.log(2))
    assert np.isfinite(losses.softmax_cross_entropy(o, y)[1]).all()


def test_logits_that_differ_by_more_than_the_float_range():
    o = np.array([1e308, -1e308])
    with np.errstate(all="raise", under="ignore"):
        value, do = losses.softmax_cross_entropy(o, [1, 0])
        assert value == 0 and do.tolist() == [0, 0]
        assert losses.softmax_cross_entropy(o, [0, 1])[0] == np.inf
        assert losses.softmax(o).tolist() == [1, 0]


@pytest.mark.parametrize("o, y", [(40.0, 1.0), (-40.0, 0.0)])
def test_sigmoid_cross_entropy_keeps_its_digits_on_both_sides(o, y):
    assert losses.sigmoid_cross_entropy([o], [y])[0] == pytest.approx(np.exp(-40.0), rel=1e-12, abs=0)
    assert losses.sigmoid_cross_entropy([o], [1 - y])[0] == pytest.approx(40, rel=1e-15)


@pytest.mark.parametrize("loss", [losses.softmax_cross_entropy, losses.sigmoid_cross_entropy,
                                  losses.squared_error])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (6, 4, 2, 3), (2, 1, 6, 2, 3), (1,), (1, 1)])
def test_any_shape_whose_last_axis_is_K(shape, loss, rng):
    o, y = rng.normal(size=shape), rng.uniform(size=shape)
    value, do = loss(o, y)
    rows = [loss(*row) for row in zip(o.reshape(-1, shape[-1]), y.reshape(-1, shape[-1]))]
    assert value == pytest.approx(sum(row for row, _ in rows))
    assert do.shape == shape and np.allclose(do.reshape(-1, shape[-1]), [row for _, row in rows])
    B = shape[-2] if len(shape) > 1 else 1
    assert loss(o, y, reduction="mean")[0] == pytest.approx(value / B)


def test_softmax_takes_what_an_array_can_be_made_of():
    assert losses.softmax([1, 1]).tolist() == [0.5, 0.5]
    assert losses.softmax(np.ones((2, 4), np.float32)).dtype == np.float32


def test_a_row_of_zeros_masks_the_step(rng):
    o, y = rng.normal(size=(3, 1, 4)), np.zeros((3, 1, 4))
    y[0, 0, 2] = 1
    loss, do = losses.softmax_cross_entropy(o, y)
    assert loss == losses.softmax_cross_entropy(o[:1], y[:1])[0]
    assert not do[1:].any() and do[0].any()


@pytest.mark.item("S4.3")
def test_softmax_jacobian_is_the_derivative_of_softmax(rng):
    o = rng.normal(size=5)
    J = losses.softmax_jacobian(losses.softmax(o))
    assert np.abs(J - numgrad.complex_step(losses.softmax, o)).max() < 1e-15
    assert np.linalg.matrix_rank(J) == 4
    assert np.abs(J.sum(axis=1)).max() < 1e-15
    batch = losses.softmax(rng.normal(size=(2, 3, 5)))
    assert losses.softmax_jacobian(batch).shape == (2, 3, 5, 5)


@pytest.mark.parametrize("phi", activations.ACTIVATIONS.values(), ids=activations.ACTIVATIONS)
@pytest.mark.item("S4.4", "S4.33")
def test_slope_from_the_output_is_the_derivative(phi):
    a = np.linspace(-4, 4, 80)  # an even number of points: none at the kink
    slope = phi.slope(phi.value(a))
    assert np.abs(slope - numgrad.complex_step(lambda z: phi(z).sum(), a)).max() < 1e-14
    assert np.abs(slope).max() <= phi.sup
    assert phi.slope(phi.value(np.array(1e-9))) == pytest.approx(phi.sup)


@pytest.mark.item("S2.2")
def test_relu_slope_at_zero_is_zero():
    assert activations.relu.slope(activations.relu(np.zeros(1)))[0] == 0


def test_sigmoid_does_not_overflow():
    with np.errstate(all="raise"):
        assert activations.sigmoid(np.array([-1e4, 0, 1e4])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("call, error, words", [
    (lambda: losses.softmax_cross_entropy(np.zeros((2, 3)), np.zeros((2, 4))), ValueError, "B = 2, K = 3"),
    (lambda: losses.squared_error(np.zeros(3), np.zeros(3), reduction="none"), ValueError, "sum, mean"),
    (lambda: losses.squared_error(np.zeros(3), [None] * 3), TypeError, "y has dtype object"),
    (lambda: losses.sigmoid_cross_entropy([np.inf], [1.0]), ValueError, "o contains NaN or infinity"),
    (lambda: losses.squared_error([[1.0], [1.0, 2.0]], [1.0]), ValueError, "o is not a rectangular array"),
    (lambda: losses.softmax(1.0), ValueError, "o has shape (), expected (..., K)"),
    (lambda: losses.softmax("12"), TypeError, "o is str"),
    (lambda: losses.softmax_cross_entropy(1.0, 1.0), ValueError, "o has shape (), expected (..., K)"),
    (lambda: losses.sigmoid_cross_entropy(1.0, 1.0), ValueError, "o has shape (), expected (..., K)"),
    (lambda: losses.softmax_jacobian(1.0), ValueError, "yhat has shape (), expected (..., K)"),
    (lambda: activations.get("gelu"), ValueError, "expected one of tanh, sigmoid, relu, identity"),
    (lambda: activations.get(None), TypeError, "phi is NoneType"),
])
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
