"""The gradient check must pass what is right and find what is wrong."""

import numpy as np
import pytest
from numpy.exceptions import ComplexWarning

from rnnlib import _directional, losses, mlp, numgrad


def smooth(p):
    return np.sum(np.tanh(p["W"] @ p["v"]) ** 2)


def smooth_gradient(p):
    h = np.tanh(p["W"] @ p["v"])
    da = 2 * h * (1 - h * h)
    return {"W": np.outer(da, p["v"]), "v": p["W"].T @ da}


@pytest.fixture(params=[(3, 4), (12, 30)], ids=["few", "many"])
def point(request, rng):
    rows, columns = request.param
    return {"W": rng.normal(size=(rows, columns)) / 3, "v": rng.normal(size=columns)}


def test_difference_and_complex_step_give_the_gradient(point):
    def f(W):
        return smooth({**point, "W": W})

    exact = smooth_gradient(point)["W"]
    scale = np.abs(exact).max()
    assert np.abs(numgrad.complex_step(f, point["W"]) - exact).max() < 1e-14 * scale
    errors = [np.abs(numgrad.central_difference(f, point["W"], h) - exact).max() for h in (1e-2, 1e-5, 1e-10)]
    assert errors[1] < 1e-8 * scale
    assert errors[0] > errors[1] < errors[2]  # the V: truncation on one side, rounding on the other


def test_vector_valued_functions_give_jacobians(rng):
    A = rng.normal(size=(3, 4))
    for method in (numgrad.complex_step, numgrad.central_difference):
        assert np.allclose(method(lambda x: A @ x, np.ones(4)), A, atol=1e-9)


def test_a_right_gradient_passes_by_complex_step(point):
    report = numgrad.check_gradient(smooth, smooth_gradient(point), point)
    assert report.ok
    assert {t.method for t in report.tensors} == {"complex step"}
    assert max(t.error for t in report.tensors) < 1e-13


@pytest.mark.parametrize("seed", range(30))
def test_one_wrong_entry_is_found_and_located(point, seed):
    gradient = smooth_gradient(point)
    entry = (seed % 3, seed % 4)
    gradient["W"][entry] *= 1.01
    report = numgrad.check_gradient(smooth, gradient, point, seed=seed)
    by_name = {t.name: t for t in report.tensors}
    assert not report.ok and by_name["v"].ok
    assert by_name["W"].entry == entry
    assert "W: DIFFERS" in str(report) and str(entry) in str(report)


@pytest.mark.parametrize("fault", [
    lambda g: {**g, "W": g["W"] * (1 + 1e-6)},
    lambda g: {**g, "W": -g["W"]},
    lambda g: {**g, "v": g["v"][::-1]},
    lambda g: {**g, "v": np.zeros_like(g["v"])},
    lambda g: {**g, "v": g["v"] * np.nan},
    lambda g: {**g, "W": g["W"].T},
], ids=["scale", "sign", "order", "zeros", "nan", "transpose"])
def test_faults_are_refused(point, fault):
    report = numgrad.check_gradient(smooth, fault(smooth_gradient(point)), point)
    assert not report.ok and "DIFFERS" in str(report)


def test_functions_that_break_the_complex_step_fall_back_to_differences(rng):
    W = rng.normal(size=(5, 20))

    def through_buffer(p):
        buffer = np.zeros(W.shape)
        buffer[:] = p["W"] ** 3  # drops the imaginary part
        return buffer.sum()

    cases = {
        "abs": (lambda p: np.abs(p["W"]).sum(), np.sign(W)),
        "real": (lambda p: (p["W"].real ** 2).sum(), 2 * W),
        "conj": (lambda p: np.real(p["W"] * np.conj(p["W"])).sum(), 2 * W),
        "norm": (lambda p: np.linalg.norm(p["W"]), W / np.linalg.norm(W)),
        "float": (lambda p: sum(float(w) ** 3 for w in p["W"].flat), 3 * W**2),
        "buffer": (through_buffer, 3 * W**2),
    }
    for name, (f, gradient) in cases.items():
        report = numgrad.check_gradient(f, {"W": gradient}, {"W": W})
        assert report.ok and report.tensors[0].method == "differences", (name, str(report))
        assert not numgrad.check_gradient(f, {"W": 1.001 * gradient}, {"W": W}).ok, name


def test_a_dropped_imaginary_part_is_no_derivative_of_zero():
    with pytest.raises(ComplexWarning):
        numgrad.complex_step(lambda x: float(x[0]) ** 2, np.ones(1))
    assert numgrad.complex_step(lambda x: x[0] ** 2, np.ones(1)) == 2


@pytest.mark.parametrize("g, slope", [
    (lambda e: np.exp(np.sin(1 + e)), np.exp(np.sin(1)) * np.cos(1)),
    (lambda e: np.tanh(0.3 + 2 * e), 2 * (1 - np.tanh(0.3) ** 2)),
    (lambda e: np.log(2 + e), 0.5),
], ids=["exp", "tanh", "log"])
def test_extrapolated_differences_are_exact_to_eleven_digits(g, slope):
    assert _directional.by_differences(g) == pytest.approx(slope, rel=1e-11)
    assert abs((g(1e-5) - g(-1e-5)) / 2e-5 - slope) > 1e-11 * slope  # one difference alone is not


def test_near_a_kink_the_step_is_halved(rng):
    W = rng.normal(size=(9, 9))
    W[0, 0] = 3e-6

    def f(p):  # abs as ReLU(z) + ReLU(-z); not complex-safe because of .real
        z = p["W"].real
        return (z * (z > 0)).sum()

    assert numgrad.check_gradient(f, {"W": (W > 0) * 1.0}, {"W": W}).ok


def network_at_kinks(seed, within, phi=None):
    """A ReLU network with three pre-activations within this distance of 0: loss, gradient, point.

    phi: the loss computes the first layer's ReLU by this function instead.
    """
    rng = np.random.default_rng(seed)
    params, x, y = mlp.init([4, 6, 5, 3], rng), rng.normal(size=(4, 4)), rng.normal(size=(4, 3))
    a = mlp.forward(params, x, "relu").a[0]
    for unit, instance in enumerate(rng.integers(4, size=3)):
        params["b1"][unit] += rng.uniform(-within, within) - a[instance, unit]
    run = mlp.forward(params, x, "relu")
    assert np.sum(np.abs(run.a[0]) <= within) == 3
    gradient = mlp.backward(params, run, losses.squared_error(run.h[-1], y)[1])

    def loss(p):
        above, below = {name: p[name] for name in params}, p["x"]
        if phi is not None:
            below = phi(below @ above.pop("W1") + above.pop("b1"))
            above = {f"{name[0]}{int(name[1]) - 1}": value for name, value in above.items()}
        return losses.squared_error(mlp.forward(above, below, "relu").h[-1], y)[0]

    return loss, gradient, {**params, "x": x}


def with_error(gradient, seed):
    """The gradient with one entry of one tensor 1 % too large."""
    rng = np.random.default_rng(seed)
    name, index = rng.choice([(name, str(i)) for name, g in gradient.items() for i in np.flatnonzero(g)])
    wrong = gradient[name].copy()
    wrong.flat[int(index)] *= 1.01
    return {**gradient, name: wrong}


@pytest.mark.parametrize("within", [1e-6, 1e-7, 1e-9])
@pytest.mark.parametrize("seed", range(20))
def test_next_to_a_kink_the_complex_step_is_trusted(seed, within):
    f, gradient, point = network_at_kinks(seed, within)
    report = numgrad.check_gradient(f, gradient, point, seed=seed)
    assert report.ok and {t.method for t in report.tensors} == {"complex step"}, str(report)
    assert not numgrad.check_gradient(f, with_error(gradient, seed), point, seed=seed).ok


def relu_in_buffer(a):
    h = np.zeros(a.shape)
    h[:] = a
    return h * (h > 0)


@pytest.mark.parametrize("phi", [
    lambda a: a.real * (a.real > 0),
    lambda a: 0.5 * (a + np.abs(a)),
    lambda a: np.array([[float(z) * (z.real > 0) for z in row] for row in a]),
    relu_in_buffer,
], ids=["real", "abs", "float", "buffer"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_next_to_a_kink_what_drops_imaginary_parts_is_found_out(seed, phi):
    """The gradient that the complex step alone would confirm is refused."""
    f, gradient, point = network_at_kinks(seed, 1e-6, phi)
    seen = dict(gradient)
    for name in ("W1", "b1", "x"):
        entries = np.eye(point[name].size).reshape(-1, *point[name].shape)
        moved = [np.imag(f({**point, name: point[name] + 1e-30j * e})) / 1e-30 for e in entries]
        seen[name] = np.reshape(moved, point[name].shape)
        assert np.abs(seen[name] - gradient[name]).max() > 0.1 * np.abs(gradient[name]).max()
    report = numgrad.check_gradient(f, seen, point, seed=seed)
    found = {t.name: t for t in report.tensors}
    for name in ("W1", "b1", "x"):
        assert not found[name].ok and found[name].method == "differences", str(report)
    assert found["W2"].ok and found["W2"].method == "complex step"


@pytest.mark.parametrize("side", [-1, 1])
def test_the_witness_looks_on_both_sides_of_a_kink(side):
    """A single ReLU that drops imaginary parts: where it is silent, the complex step looks right."""
    point, zero = {"w": np.array([side * 1e-7])}, {"w": np.zeros(1)}
    for seed in range(8):  # the seed decides which side the direction points to
        report = numgrad.check_gradient(lambda p: 1 + np.maximum(p["w"].real, 0).sum(), zero, point, seed)
        assert report.tensors[0].method == "differences" and not report.ok


@pytest.mark.parametrize("seed", range(20))
def test_the_witness_allows_for_rounding_and_no_more(seed):
    """Beside a loss of 100000, a difference is rounded to about six digits."""
    w = {"w": np.random.default_rng([1, seed]).uniform(-1, 1, 30)}
    right = {"w": np.cos(w["w"])}
    report = numgrad.check_gradient(lambda p: 1e5 + np.sin(p["w"]).sum(), right, w, seed)
    assert report.ok and report.tensors[0].method == "complex step"

    def f(p):  # the complex step does not see the absolute values
        return 1e5 + np.sin(p["w"]).sum() + 3e-2 * np.abs(p["w"]).sum()

    report = numgrad.check_gradient(f, right, w, seed)
    assert report.tensors[0].method == "differences" and not report.ok


@pytest.mark.parametrize("weight", [2e-2, 1e-3, 3e-4])
@pytest.mark.parametrize("seed", range(20))
def test_absolute_values_beside_an_analytic_loss_are_not_overlooked(point, weight, seed):
    """The complex step does not see Σ|w|, and so a small difference is all that speaks against it."""

    def f(p):
        return smooth(p) + weight * sum(np.abs(value).sum() for value in p.values())

    without = smooth_gradient(point)
    right = {name: gradient + weight * np.sign(point[name]) for name, gradient in without.items()}
    assert numgrad.check_gradient(f, right, point, seed=seed).ok
    assert not numgrad.check_gradient(f, without, point, seed=seed).ok


def test_absolute_values_next_to_zero_do_not_pass_for_lack_of_a_difference():
    """With weights between 1e-8 and 1e-3 no step of a difference is small enough for all of them."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        w = rng.choice([-1, 1], 8) * 10 ** rng.uniform(-8, -3, 8)
        assert not numgrad.check_gradient(lambda p: np.abs(p["w"]).sum(), {"w": np.zeros(8)}, {"w": w}).ok


def test_a_tensor_without_a_gradient_is_said_not_to_be_checked(point):
    gradient = smooth_gradient(point)
    report = numgrad.check_gradient(smooth, {"W": gradient["W"]}, point)
    assert report.ok and report.unchecked == ("v",)
    assert [line.split(":")[0] for line in str(report).splitlines()] == ["W", "v"]
    assert "v: not checked" in str(report)
    assert numgrad.check_gradient(smooth, gradient, point).unchecked == ()
    wrong = numgrad.check_gradient(smooth, {"v": -gradient["v"]}, point)
    assert not wrong.ok and wrong.unchecked == ("W",) and "W: not checked" in str(wrong)


def test_a_zero_gradient_is_compared_absolutely():
    assert numgrad.check_gradient(lambda p: 3.0 + 0 * p["w"].sum(), {"w": np.zeros(3)}, {"w": np.ones(3)}).ok
    assert not numgrad.check_gradient(lambda p: 1e-6 * p["w"].sum(), {"w": np.zeros(3)}, {"w": np.ones(3)}).ok


def test_a_wrong_derivative_cannot_pass_for_lack_of_a_witness():
    """Beside 1000 the difference in a and b together is rounding; by itself b's is not."""
    point = {"a": np.ones(3), "b": np.array([1.0, -2.0, 3.0])}

    def f(p):  # the complex step sees only one of the two factors b
        return 1000 + 1e-6 * p["a"].sum() + (np.real(p["b"]) * p["b"]).sum()

    right = {"a": np.full(3, 1e-6), "b": 2 * point["b"]}
    assert numgrad.check_gradient(f, right, point).ok
    assert not numgrad.check_gradient(f, {**right, "b": point["b"]}, point).ok


def test_tensors_of_very_different_scale_need_three_evaluations():
    """Weighted alike, or rounding of the large gradient would look like a fault of the small one."""
    v, point, calls = np.linspace(0.1, 0.9, 30), {"a": np.zeros(30), "b": np.linspace(0, 1, 7)}, []

    def f(p):
        calls.append(1)
        return (v * np.tanh(p["a"])).sum() + 1e-9 * np.sin(p["b"]).sum()

    gradient = {"a": v, "b": 1e-9 * np.cos(point["b"])}
    assert numgrad.check_gradient(f, gradient, point).ok and len(calls) == 3
    gradient["b"][2] *= 1.001
    assert not numgrad.check_gradient(f, gradient, point).ok


def test_nothing_is_modified(point):
    gradient = smooth_gradient(point)
    copies = [{k: v.copy() for k, v in d.items()} for d in (point, gradient)]
    numgrad.check_gradient(smooth, gradient, point)
    for now, before in zip((point, gradient), copies):
        assert all(np.array_equal(now[k], before[k]) for k in before)


@pytest.mark.parametrize("call, error, words", [
    (lambda: numgrad.central_difference(np.sum, np.ones(2), 0.0), ValueError, "step is 0.0"),
    (lambda: numgrad.central_difference(np.sum, np.ones(2), "1"), TypeError, "step is str"),
    (lambda: numgrad.check_gradient(np.sum, {"W": np.ones(2) * 1j}, {"W": np.ones(2)}), TypeError,
     "grads['W'] has dtype complex128, expected real numbers"),
    (lambda: numgrad.check_gradient(np.sum, {"W": "1"}, {"W": np.ones(2)}), TypeError, "grads['W'] is str"),
    (lambda: numgrad.check_gradient(np.sum, {"W": ["1"]}, {"W": np.ones(2)}), TypeError, "grads['W'] has dtype <U1"),
    (lambda: numgrad.check_gradient(np.sum, {"W": [1, [2]]}, {"W": np.ones(2)}), ValueError, "not a rectangular"),
    (lambda: numgrad.complex_step(np.sum, ["a"]), TypeError, "x has dtype"),
    (lambda: numgrad.check_gradient(smooth, [1], {}), TypeError, "grads is list"),
    (lambda: numgrad.check_gradient(smooth, {"u": 1.0}, {"W": 1.0}), ValueError, "expected some of ['W']"),
    (lambda: numgrad.check_gradient(smooth, {}, {"W": 1.0}), ValueError, "grads has the names []"),
])
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
