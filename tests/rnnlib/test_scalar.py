"""The scalar RNN against automatic differentiation, the complex step, and itself."""

import numpy as np
import pytest

from rnnlib import losses, numgrad, scalar

PHIS = ("tanh", "sigmoid", "relu", "identity")


@pytest.fixture(params=PHIS)
def system(request, oracle):
    data = oracle(f"scalar_{request.param}")
    params = {name: float(data[f"p_{name}"]) for name in scalar.NAMES}
    run = scalar.forward(params, data["x"], float(data["s0"]), request.param)
    return data, params, run


@pytest.mark.item("S3.1")
def test_forward_equals_oracle(system, close):
    data, _, run = system
    for name in ("a", "s", "o"):
        close(getattr(run, name), data[f"f_{name}"])


@pytest.mark.item("S3.3", "S3.5")
def test_derivatives_equal_oracle(system, close):
    data, params, run = system
    close(scalar.slopes(params, run), data["J"])
    for name in ("U", "W"):
        close(scalar.immediate(params, run)[name], data[f"imm_{name}"])
        close(scalar.total(params, run)[name], data[f"ds_d{name}"])


def test_backward_equals_oracle(system, close):
    data, params, run = system
    loss, do = losses.squared_error(run.o, data["y"])
    close(loss, data["f_L"])
    gradient = scalar.backward(params, run, do)
    assert set(gradient) == {"U", "W", "V", "x", "s0"}
    for name, value in gradient.items():
        close(value, data[f"g_{name}"])


@pytest.mark.item("S0.5", "S0.7", "S3.4", "S3.6", "S3.7")
def test_path_sum_is_recursion_is_reverse_sweep(system, close):
    _, params, run = system
    T = len(run.x)
    total = scalar.total(params, run)
    for k in range(1, T + 1):
        only_k = np.zeros(T)
        only_k[k - 1] = 1 / params["V"]  # so that the loss is s_k itself
        sweep = scalar.backward(params, run, only_k)
        for name in ("U", "W"):
            terms = scalar.path_terms(params, run, k, wrt=name)
            assert terms.shape == (k,)
            close(terms.sum(), total[name][k - 1])
            close(sweep[name], total[name][k - 1])


def test_the_identity_has_a_negative_control(system):
    """Dropping one path breaks it, so the test above can fail."""
    _, params, run = system
    terms = scalar.path_terms(params, run, 4)
    assert abs(terms[:-1].sum() - scalar.total(params, run)["W"][3]) > 1e-4


def test_backward_equals_complex_step(system):
    data, params, run = system
    inputs = {**params, "x": run.x, "s0": run.s[0]}

    def loss(p):
        weights = {name: p[name] for name in scalar.NAMES}
        return losses.squared_error(scalar.forward(weights, p["x"], p["s0"], run.phi).o, data["y"])[0]

    _, do = losses.squared_error(run.o, data["y"])
    gradient = scalar.backward(params, run, do)
    report = numgrad.check_gradient(loss, gradient, inputs)
    assert report.ok, str(report)
    wrong = {**gradient, "W": gradient["W"] * 1.001}
    assert not numgrad.check_gradient(loss, wrong, inputs).ok


def test_inputs_are_left_alone_and_results_are_fresh(system):
    _, params, run = system
    before = [run.x.copy(), run.s.copy(), dict(params)]
    first = scalar.total(params, run)
    first["W"][:] = 0
    scalar.backward(params, run, np.ones_like(run.x))
    assert np.array_equal(run.x, before[0]) and np.array_equal(run.s, before[1])
    assert params == before[2]
    assert scalar.total(params, run)["W"].any()


def test_large_whole_numbers_are_numbers():
    run = scalar.forward({"U": 10**30, "W": 1, "V": 1}, [1.0], phi="identity")
    assert run.s.dtype == np.float64 and run.s[1] == 1e30


def test_float32_stays_float32():
    params = {name: np.float32(0.5) for name in scalar.NAMES}
    run = scalar.forward(params, np.ones(4, np.float32))
    assert run.s.dtype == run.o.dtype == np.float32
    gradient = scalar.backward(params, run, np.ones(4, np.float32))
    assert all(np.asarray(value).dtype == np.float32 for value in gradient.values())


@pytest.mark.parametrize("call, error, words", [
    (lambda p: scalar.forward({"U": 1.0, "W": 1.0}, [1.0]), ValueError, "no V"),
    (lambda p: scalar.forward({**p, "b": 1.0}, [1.0]), ValueError, "unknown 'b'"),
    (lambda p: scalar.forward([1, 2, 3], [1.0]), TypeError, "expected a dict"),
    (lambda p: scalar.forward(p, [[1.0]]), ValueError, "x has shape (1, 1), expected (T,)"),
    (lambda p: scalar.forward(p, []), ValueError, "no axis of length 0"),
    (lambda p: scalar.forward(p, [np.nan]), ValueError, "x contains NaN"),
    (lambda p: scalar.forward(p, ["a"]), TypeError, "x has dtype"),
    (lambda p: scalar.forward(p, [1.0], s0="0"), TypeError, "s0 is str"),
    (lambda p: scalar.forward(p, [1.0], s0=np.inf), ValueError, "s0 is inf"),
    (lambda p: scalar.forward(p, [1.0], phi="softsign"), ValueError, "phi is 'softsign'"),
    (lambda p: scalar.path_terms(p, scalar.forward(p, [1.0, 2.0]), 3), ValueError, "from 1 to 2"),
    (lambda p: scalar.path_terms(p, scalar.forward(p, [1.0]), 1, wrt="V"), ValueError, "wrt is 'V'"),
    (lambda p: scalar.path_terms(p, scalar.forward(p, [1.0]), 1.0), TypeError, "k is float"),
    (lambda p: scalar.backward(p, scalar.forward(p, [1.0]), [1j]), TypeError, "do has dtype complex128"),
    (lambda p: scalar.backward(p, scalar.forward(p, [1j]), [1.0]), TypeError, "run.x has dtype complex128"),
    (lambda p: scalar.backward({**p, "W": 1j}, scalar.forward(p, [1.0]), [1.0]), TypeError, "W is complex"),
    (lambda p: scalar.backward(p, scalar.forward(p, [1.0, 2.0]), [1.0]), ValueError, "T = 2"),
    (lambda p: scalar.backward(p, None, [1.0]), TypeError, "run is NoneType, expected the Run that scalar.forward"),
    (lambda p: scalar.path_terms(p, None, 1), TypeError, "run is NoneType"),
    (lambda p: scalar.total(p, None), TypeError, "run is NoneType"),
    (lambda p: scalar.slopes({**p, "W": "a"}, scalar.forward(p, [1.0])), TypeError, "W is str"),
    (lambda p: scalar.forward({**p, "U": 10**400}, [1.0]), ValueError, "U is an int too large for a float"),
])
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error) as caught:
        call({"U": 1.0, "W": 0.5, "V": 2.0})
    assert words in str(caught.value)
