"""Clipping, optimisers, initialisers, and the training loop."""

import numpy as np
import pytest

from rnnlib import gru, losses, readout, rnn, sequence, tasks, training

NAMES = ("W_x", "W_h", "b_h", "W_y", "b_y")


@pytest.mark.parametrize("c", ["0.5", "1.0", "5.0", "1000.0"])
@pytest.mark.item("S4.49", "E4.48")
def test_clipping_equals_oracle(c, oracle, close):
    data = oracle("clip")
    grads = {name: data[f"in_{name}"] for name in NAMES}
    close(training.global_norm(grads), data["global_norm"])
    by_norm, by_value = training.clip_by_global_norm(grads, float(c)), training.clip_by_value(grads, float(c))
    for name in NAMES:
        close(by_norm[name], data[f"norm_{c}_{name}"])
        close(by_value[name], data[f"value_{c}_{name}"])
    # the other library's epsilon is visible at our tolerance, so the comparison can fail
    if float(c) < data["global_norm"]:
        assert np.abs(by_norm["W_h"] - data[f"torchnorm_{c}_W_h"]).max() > 1e-9


def test_clipping_keeps_dtype_and_inputs_and_survives_any_scale():
    for dtype in (np.float32, np.float64):
        grads = {"a": np.full(3, 1e-30, dtype), "b": np.full((2, 2), 1e30, dtype)}
        clipped = training.clip_by_global_norm(grads, 1.0)
        assert training.global_norm(clipped) == pytest.approx(1, rel=1e-6)
        assert clipped["b"].dtype == dtype and grads["b"][0, 0] == dtype(1e30)
        huge = {"a": np.full(4, 1e308 if dtype == np.float64 else 3e38, dtype)}  # its norm overflows
        clipped = training.clip_by_global_norm(huge, 1.0)
        assert training.global_norm(clipped) == pytest.approx(1, rel=1e-6) and clipped["a"].dtype == dtype
    zero = {"a": np.zeros(2)}
    assert training.global_norm(zero) == 0
    clipped = training.clip_by_global_norm(zero, 1.0)["a"]
    assert not clipped.any() and clipped is not zero["a"]


def test_sgd_with_momentum_by_hand():
    sgd = training.SGD(lr=0.5, momentum=0.5)
    params = {"w": np.array([1.0])}
    first = sgd.update(params, {"w": np.array([1.0]), "x": np.array([9.0])})
    second = sgd.update(first, {"w": np.array([1.0])})
    assert params["w"][0] == 1 and first["w"][0] == 0.5
    assert second["w"][0] == 0.5 - 0.5 * 1.5
    assert set(second) == {"w"}


def test_adam_by_hand():
    """Kingma and Ba's algorithm 1, written out for one number."""
    adam, w, m, v = training.Adam(lr=0.1), 1.0, 0.0, 0.0
    params = {"w": np.array([w])}
    for step, g in enumerate([3.0, -0.1, 0.02, 40.0], start=1):
        params = adam.update(params, {"w": np.array([g])})
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.1 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        assert params["w"][0] == pytest.approx(w, rel=1e-14)


@pytest.mark.parametrize("optimiser", [training.SGD(0.1), training.SGD(0.1, 0.9), training.Adam()])
def test_optimisers_keep_float32_and_their_arguments(optimiser):
    params, grads = {"w": np.ones((2, 2), np.float32)}, {"w": np.ones((2, 2))}
    for _ in range(2):
        new = optimiser.update(params, grads)
        assert new["w"].dtype == np.float32 and (params["w"] == 1).all() and (grads["w"] == 1).all()
        assert (new["w"] < 1).all()


@pytest.mark.parametrize("number", [np.float64, np.float32, lambda value: np.array(value)])
def test_numbers_of_numpy_keep_float32(number):
    params, grads = {"w": np.ones(3, np.float32)}, {"w": np.full(3, 2, np.float32)}
    optimisers = (training.SGD(number(0.1), number(0.9)),
                  training.Adam(number(0.1), number(0.9), number(0.99), number(1e-8)))
    for optimiser in optimisers:
        for _ in range(2):
            new = optimiser.update(params, grads)["w"]
        assert new.dtype == np.float32 and (new < 1).all()
    for clip in (training.clip_by_value, training.clip_by_global_norm):
        assert clip(grads, number(1.0))["w"].dtype == np.float32
    trained = training.train(quadratic, params, 2, training.SGD(0.1), clip=number(0.5), progress=False)
    assert trained.params["w"].dtype == np.float32


def test_parameters_in_whole_numbers_move_by_fractions():
    params = training.SGD(0.1).update({"w": np.array([1, 2])}, {"w": np.array([0.5, -0.5])})
    assert np.allclose(params["w"], [0.95, 2.05])


def test_an_infinite_gradient_is_left_to_the_check_of_the_loss():
    new = training.SGD(0.1).update({"w": np.ones(1)}, {"w": np.array([np.inf])})
    assert new["w"][0] == -np.inf


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3)])
@pytest.mark.item("S4.30")
def test_initialisers(shape, rng):
    Q = training.orthogonal(shape, rng)
    gram = Q @ Q.T if shape[0] <= shape[1] else Q.T @ Q
    assert Q.shape == shape and np.abs(gram - np.eye(min(shape))).max() < 1e-14
    assert np.array_equal(training.identity(shape, gain=2.0), 2 * np.eye(*shape))
    assert training.orthogonal(4, rng).shape == training.orthogonal(np.int64(4), rng).shape == (4, 4)
    for draw, variance in ((training.xavier, 2 / 700), (training.he, 2 / 300)):
        sample = draw((300, 400), rng)
        assert sample.var() == pytest.approx(variance, rel=0.02)
        assert abs(sample.mean()) < 4 * np.sqrt(variance / sample.size)
        assert draw((300, 400), rng, gain=3.0).var() == pytest.approx(9 * variance, rel=0.02)
    determinants = [np.sign(np.linalg.det(training.orthogonal((3, 3), rng))) for _ in range(50)]
    assert {-1, 1} == set(determinants)  # rotations and reflections: the whole group


@pytest.mark.item("S4.41")
def test_forget_bias_halves_in_its_half_life():
    for half_life in (0.5, 1, 13.5, 1000):
        f = 1 / (1 + np.exp(-training.forget_bias(half_life)))
        assert f**half_life == pytest.approx(0.5)
    assert training.forget_bias(13.5) == pytest.approx(2.94, abs=0.01)
    with np.errstate(all="raise"):
        assert training.forget_bias(1e-4) == pytest.approx(-np.log(2) / 1e-4)
        assert training.forget_bias(1e12) == pytest.approx(np.log(1e12 / np.log(2)))


def test_chrono_biases_fill_the_time_scales_up_to_the_longest(rng):
    b = training.chrono_bias(100, 20_000, rng)
    f = 1 / (1 + np.exp(-b))
    scales = 1 / (1 - f)
    assert b.shape == (20_000,) and scales.min() >= 2 and scales.max() <= 100
    # uniform on [2, 100]: each quarter of the range holds a quarter of the units
    shares = np.histogram(scales, np.linspace(2, 100, 5))[0] / len(b)
    assert np.abs(shares - 0.25).max() < 5 * np.sqrt(0.25 * 0.75 / len(b))
    assert np.allclose(1 / (1 + np.exp(b)), 1 - f)  # the input gate's bias -b gives i = 1 - f
    assert np.array_equal(training.chrono_bias(2, 3, rng), np.zeros(3))
    # a control: one bias for all units fills no range
    one = np.full(20_000, training.forget_bias(34))
    assert np.ptp(1 + np.exp(one)) == 0


def quadratic(params):
    return 0.5 * (params["w"] ** 2).sum(), {"w": params["w"], "x": np.ones(7)}


def test_training_goes_down_and_leaves_the_start_alone(capsys):
    start = {"w": np.array([3.0, -4.0])}
    result = training.train(quadratic, start, 100, training.SGD(0.1), clip=100.0)
    assert len(result.losses) == 100 and not result.interrupted
    assert result.losses[0] == 12.5 and result.losses[-1] < 1e-6
    assert np.array_equal(start["w"], [3.0, -4.0])
    out, err = capsys.readouterr()
    assert "100/100" in out and "loss" in out and err == ""
    # the gradient's norm starts at 5, and the unused gradient of x must not count
    one = training.train(quadratic, start, 1, training.SGD(1.0), clip=2.5, progress=False)
    assert np.allclose(one.params["w"], [1.5, -2.0])
    assert capsys.readouterr().out == ""


def test_training_of_no_steps_returns_a_copy():
    start = {"w": np.array([3.0, -4.0])}
    params = training.train(quadratic, start, 0, progress=False).params
    assert np.array_equal(params["w"], start["w"]) and not np.shares_memory(params["w"], start["w"])


def test_training_stops_when_asked_and_keeps_what_was_learned_on_ctrl_c(capsys):
    start = {"w": np.array([3.0, -4.0])}
    stopped = training.train(quadratic, start, 99, training.SGD(0.1), stop=lambda losses: losses[-1] < 5)
    assert 1 < len(stopped.losses) < 99 and stopped.losses[-2] >= 5

    calls = []

    def interrupted(params):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return quadratic(params)

    result = training.train(interrupted, start, 99, training.SGD(0.1))
    assert result.interrupted and len(result.losses) == 3
    assert np.allclose(result.params["w"], 0.9**3 * start["w"])
    assert "interrupted, parameters kept" in capsys.readouterr().out


def test_a_gru_learns_to_add_two_numbers(rng):
    params = {**gru.init(2, 16, rng), **readout.init(16, 1, rng)}
    loss = tasks.at_last(losses.squared_error)

    def loss_and_grads(params):
        value, grads = sequence.loss_and_grads(gru, params, *tasks.adding(8, 20, rng), loss)
        return value / 20, grads

    result = training.train(loss_and_grads, params, 300, training.Adam(0.01), clip=5.0, progress=False)
    assert np.mean(result.losses[-20:]) < 0.02 < 0.08 < np.mean(result.losses[:5])


def test_a_diverging_training_says_so():
    def diverging(params):
        return np.inf, {"w": params["w"]}

    with pytest.raises(FloatingPointError, match="the loss is inf at step 1: try clipping"):
        training.train(diverging, {"w": np.ones(1)}, 5, progress=False)


@pytest.mark.parametrize("call, error, words", [
    (lambda: training.clip_by_value({"a": np.ones(2)}, 0), ValueError, "c is 0, expected a positive number"),
    (lambda: training.clip_by_global_norm({"a": np.ones(2)}, "1"), TypeError, "c is str"),
    (lambda: training.clip_by_global_norm([1.0], 1.0), TypeError, "grads is list, expected a dict"),
    (lambda: training.clip_by_global_norm({"a": [np.nan]}, 1.0), ValueError, "grads['a'] contains NaN"),
    (lambda: training.clip_by_value({"a": np.ones(2) * 1j}, 1.0), TypeError, "grads['a'] has dtype complex128"),
    (lambda: training.Adam(lr=-1.0), ValueError, "lr is -1.0"),
    (lambda: training.SGD(lr=1j), TypeError, "lr is complex"),
    (lambda: training.SGD(momentum=1.0), ValueError, "momentum is 1.0, expected a number from 0 to below 1"),
    (lambda: training.SGD(momentum="0.9"), TypeError, "momentum is str"),
    (lambda: training.Adam(beta1=-0.1), ValueError, "beta1 is -0.1"),
    (lambda: training.Adam(beta2=1), ValueError, "beta2 is 1, expected"),
    (lambda: training.Adam(eps=0), ValueError, "eps is 0, expected a positive number"),
    (lambda: training.SGD().update({"w": np.ones(1)}, {"v": np.ones(1)}), ValueError, "grads has no w"),
    (lambda: training.SGD().update({"w": np.ones(1)}, None), TypeError, "grads is NoneType, expected a dict"),
    (lambda: training.SGD().update([1.0], {"w": 1.0}), TypeError, "params is list, expected a dict"),
    (lambda: training.SGD().update({"w": np.ones(2)}, {"w": np.ones((3, 2))}), ValueError,
     "grads['w'] has shape (3, 2), expected (2,) as in params"),
    (lambda: training.Adam().update({"w": np.ones(2)}, {"w": 1.0}), ValueError, "grads['w'] has shape ()"),
    (lambda: training.SGD().update({"w": np.ones(1)}, {"w": [1j]}), TypeError, "grads['w'] has dtype complex128"),
    (lambda: training.train(quadratic, {"w": np.ones(1)}, 1.5), TypeError, "steps is float"),
    (lambda: training.train(quadratic, {"w": np.ones(1)}, -1, progress=False), ValueError, "steps is -1"),
    (lambda: training.train(quadratic, {"w": np.ones(1)}, "3", progress=False), TypeError, "steps is str"),
    (lambda: training.train(quadratic, {"w": np.ones(1)}, 1, clip=0), ValueError, "clip is 0, expected a positive"),
    (lambda: training.forget_bias(0), ValueError, "half_life is 0, expected a positive number"),
    (lambda: training.forget_bias("3"), TypeError, "half_life is str"),
    (lambda: training.chrono_bias(1.5, 3, np.random.default_rng(0)), ValueError, "longest is 1.5, expected a number of at least 2"),
    (lambda: training.chrono_bias("9", 3, np.random.default_rng(0)), TypeError, "longest is str"),
    (lambda: training.chrono_bias(9, 0, np.random.default_rng(0)), ValueError, "units is 0, expected an int at least 1"),
    (lambda: training.chrono_bias(9, 3, 7), TypeError, "rng is int, expected a numpy.random.Generator"),
    (lambda: training.train(None, {"w": np.ones(1)}, 1), TypeError, "loss_and_grads is NoneType, expected a function"),
    (lambda: training.train(quadratic, {"w": np.ones(1)}, 1, stop=3), TypeError, "stop is int, expected a function"),
    (lambda: training.train(quadratic, {"w": np.ones(1)}, 1, {}), TypeError, "optimiser is dict, expected one such as"),
    (lambda: training.xavier(3, None), TypeError, "rng is NoneType, expected a numpy.random.Generator"),
    (lambda: training.he(3, None), TypeError, "rng is NoneType"),
    (lambda: training.orthogonal(3, 7), TypeError, "rng is int"),
    (lambda: training.xavier(3, np.random.default_rng(0), -1), ValueError, "gain is -1, expected a positive number"),
    (lambda: training.he(3, np.random.default_rng(0), "2"), TypeError, "gain is str"),
    (lambda: training.identity(3, gain=None), TypeError, "gain is NoneType"),
    (lambda: training.orthogonal(True, None), TypeError, "shape is bool"),
    (lambda: training.orthogonal((3,), None), ValueError, "shape is (3,), expected (inputs, outputs)"),
    (lambda: training.xavier((3, 0), None), ValueError, "shape is 0"),
    (lambda: sequence.loss_and_grads("rnn", {}, None, None, None), TypeError, "expected a module"),
    (lambda: sequence.loss_and_grads(rnn, {"W_x": 1.0}, None, None, None), ValueError, "no W_y"),
    (lambda: sequence.loss_and_grads(np, {"W_y": 1.0}, None, None, None), TypeError, "such as rnnlib.lstm"),
])
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value), caught.value
