"""Items and errata of the article on plain networks: each with its number.

Where a number is of the oracle's instance, it shows that a formula is wrong, not by how much in general.
"""

from functools import reduce

import numpy as np
import pytest

from rnnlib import activations, flow, losses, numgrad, paths, readout, rnn, scalar, training


def off(guess, true):
    """Relative error in the Frobenius norm."""
    return np.linalg.norm(guess - true) / np.linalg.norm(true)


class Net:
    """The oracle's minibatch network with tanh, softmax and cross-entropy."""

    def __init__(self, data):
        self.x, self.y, self.data = data["x"], data["y"], data
        self.params = {name: data[f"p_{name}"] for name in rnn.SHAPES}
        self.top = {"W_y": data["p_W_y"], "b_y": data["p_b_y"]}
        self.run = rnn.forward(self.params, data["x"], data["h0"])
        self.h, self.yhat = self.run.h[1:], data["f_yhat"]
        self.do = self.yhat - self.y
        self.dh = readout.backward(self.top, self.h, self.do)["h"]
        self.J = paths.step_jacobians(self.params, self.run)


@pytest.fixture
def net(oracle):
    return Net(oracle("general_tanh_softmax_ce"))


def of_rows(h, d):
    return np.einsum("tbh,tbk->hk", h, d)


def one_unit(w, x, s0=0.0, phi="tanh"):
    """The factors ds_t/ds_{t-1} of one unit."""
    weights = {"U": 1.0, "W": w, "V": 1.0}
    return scalar.slopes(weights, scalar.forward(weights, x, s0, phi))


@pytest.mark.item("S4.2")
def test_the_column_form_with_the_same_arrays(net):
    h = net.run.h[0, 0]
    for x_t in net.x[:, 0]:
        h = np.tanh(net.params["W_x"].T @ x_t + net.params["W_h"].T @ h + net.params["b_h"])
    assert off(h, net.h[-1, 0]) < 1e-14


@pytest.mark.item("E4.3")
def test_softmax_is_not_elementwise(net):
    J = losses.softmax_jacobian(net.yhat[0, 0])
    diagonal = np.diag(np.diag(J))
    sizes = np.linalg.norm(J - diagonal), np.linalg.norm(diagonal)
    assert np.round(sizes, 3) == pytest.approx([0.181, 0.313])
    dy = -net.y / net.yhat
    full = np.einsum("tbk,tbkj->tbj", dy, losses.softmax_jacobian(net.yhat))
    assert off(full, net.do) < 1e-13
    elementwise = dy * net.yhat * (1 - net.yhat)
    assert off(of_rows(net.h, elementwise), of_rows(net.h, full)) > 0.3


@pytest.mark.item("S4.7", "E4.7")
def test_which_matrices_can_be_stacked(net):
    W_x, W_h, W_y = net.params["W_x"], net.params["W_h"], net.top["W_y"]
    with pytest.raises(ValueError):
        np.vstack([W_x, W_y])
    W, both = np.vstack([W_x, W_h]), np.concatenate([net.x[0], net.run.h[0]], axis=1)
    assert W.shape == (4 + 5, 5) and off(both @ W + net.params["b_h"], net.run.a[0]) < 1e-14


@pytest.mark.item("S4.8", "E4.8")
def test_shapes_of_the_output_layer(net):
    assert net.top["W_y"].shape == (5, 7) and net.top["b_y"].shape == (7,) and net.y.shape == (6, 3, 7)
    neurons = np.ones((5, 5))  # as printed: neurons by neurons, which only K = H can use
    with pytest.raises(ValueError):
        losses.softmax_cross_entropy(net.h @ neurons, net.y)


@pytest.mark.item("E4.9")
def test_steps_from_zero_and_sums_from_one_skip_an_input(net):
    dh = net.dh.copy()
    dh[0] = 0  # the sum over t = 1 .. T - 1 of steps 0 .. T - 1
    da = rnn.sweep(net.params["W_h"], rnn.slopes(net.run), dh)[0]
    skipped = np.einsum("tbd,tbh->dh", net.x[1:], da[1:])  # and k = 1 .. t leaves X_0 out altogether
    true = rnn.backward(net.params, net.run, net.dh)["W_x"]
    assert off(np.einsum("tbd,tbh->dh", net.x, da), true) > 0.1
    assert off(skipped, true) > 0.1


@pytest.mark.item("S4.10", "E4.10")
def test_a_loss_needs_its_sums(net):
    terms = -net.y * np.log(net.yhat)
    assert terms.shape == (6, 3, 7)  # what is printed is an array
    assert terms.sum() == pytest.approx(float(net.data["f_L"]))
    o = readout.forward(net.top, net.h)
    mean = losses.softmax_cross_entropy(o, net.y, reduction="mean")[0]
    assert terms.sum() / mean == pytest.approx(3)  # the batch
    assert np.allclose(terms.sum(axis=2), net.data["f_E"])  # and the classes, for one loss a step


@pytest.mark.item("S4.11", "E4.11")
def test_the_order_of_an_outer_product(net):
    true = net.data["g_W_y"]
    assert off(of_rows(net.h, net.do), true) < 1e-13 and true.shape == (5, 7)
    assert of_rows(net.do, net.h).shape == (7, 5)
    errors = []
    for seed in range(50):  # with K = H nothing but the values tells
        rng = np.random.default_rng(seed)
        gradient = of_rows(rng.normal(size=(6, 3, 5)), rng.normal(size=(6, 3, 5)))
        errors.append(off(gradient.T, gradient))
    assert min(errors) > 0.8 and 1.2 < np.median(errors) < 1.5


@pytest.mark.item("E4.11c")
def test_targets_that_do_not_sum_to_one(net):
    y = 1.1 * net.y
    o = readout.forward(net.top, net.h)
    numeric = numgrad.complex_step(lambda z: losses.softmax_cross_entropy(z, y)[0], o)
    assert off(y.sum(axis=-1, keepdims=True) * net.yhat - y, numeric) < 1e-12
    assert off(of_rows(net.h, net.yhat - y), of_rows(net.h, numeric)) > 0.1


@pytest.mark.item("E4.11d")
def test_the_derivative_of_outputs_by_a_matrix_has_three_indices(net):
    h = net.h[0, 0]
    tensor = np.zeros((7, 5, 7))
    for i, k in np.ndindex(5, 7):
        W_y = net.top["W_y"].astype(complex)
        W_y[i, k] += 1e-20j
        tensor[:, i, k] = (h @ W_y).imag / 1e-20
    assert np.count_nonzero(tensor) == 5 * 7 and tensor.shape != h.shape
    for k in range(7):
        assert off(tensor[k, :, k], h) < 1e-14  # "= h" on the diagonal
    do = net.do[0, 0]
    assert off(np.einsum("k,kij->ij", do, tensor), np.outer(h, do)) < 1e-14  # and after contraction


@pytest.mark.item("E4.13")
def test_a_loss_is_not_an_output(net):
    yhat = net.yhat[1]  # the output of step 2, the same under two targets
    other = np.roll(net.y[1], 1, axis=-1)
    two = [-(y * np.log(yhat)).sum(axis=-1) for y in (net.y[1], other)]
    assert off(two[0], net.data["f_E"][1]) < 1e-13 and two[0].shape == (3,) != yhat.shape
    assert np.abs(two[0] - two[1]).min() > 1e-3


@pytest.mark.item("S4.13", "S4.14", "E4.14")
def test_two_addends_are_not_two_values(oracle):
    rows = oracle("rowvec")
    terms, full = rows["path_U"], rows["gt_U"]
    assert off(terms[1, 0] + terms[1, 1], full[1]) < 1e-14  # t = 2: the whole sum has two
    for one in terms[1, :2]:
        assert off(one, full[1]) > 0.4


@pytest.mark.item("S4.15", "S4.19", "S4.51", "E4.19")
def test_limits_of_the_double_sum(net):
    full = rnn.backward(net.params, net.run, net.dh)["W_h"]
    by_pairs = sum(paths.path_terms(net.params, net.run, net.dh, t)["W_h"].sum(axis=0) for t in range(1, 7))
    shifted = sum(
        paths.path_terms(net.params, net.run, net.dh, t + 1)["W_h"][k - 1]
        for t in range(6)
        for k in range(1, t + 2)
    )  # with L_{t+1} for t = 0 .. T - 1
    assert off(by_pairs, full) < 1e-13 and off(shifted, full) < 1e-13
    lost = float(net.data["f_L"]) - net.data["f_E"][0].sum()
    assert np.round([net.data["f_L"], lost], 1) == pytest.approx([37.6, 32.4])
    without_first = net.dh * (np.arange(6) > 0)[:, None, None]
    assert round(off(rnn.backward(net.params, net.run, without_first)["W_h"], full), 2) == 0.24


@pytest.mark.item("S4.20", "E4.20")
def test_one_or_two_terms_of_the_input_matrix(oracle):
    terms = oracle("rowvec")["path_W"][5]
    full = terms.sum(axis=0)
    assert round(off(terms[5], full), 3) == 0.997
    assert round(off(terms[4] + terms[5], full), 3) == 0.539


@pytest.mark.item("S4.22", "E4.22")
def test_the_step_jacobian_needs_the_transpose(net):
    slope, W_h = 1 - net.h**2, net.params["W_h"]

    def step(h):
        return np.tanh(net.x[2, 0] @ net.params["W_x"] + h @ W_h + net.params["b_h"])

    assert off(slope[2, 0][:, None] * W_h.T, numgrad.complex_step(step, net.run.h[2, 0])) < 1e-14
    assert min(off(slope[t, b][:, None] * W_h, net.J[t, b]) for t, b in np.ndindex(6, 3)) > 1

    def gradient(W_back):
        dW_h, carried = 0, 0
        for t in range(6, 0, -1):
            da = (net.dh[t - 1] + carried) * slope[t - 1]
            dW_h, carried = dW_h + net.run.h[t - 1].T @ da, da @ W_back
        return dW_h

    true = net.data["g_W_h"]
    assert off(gradient(W_h.T), true) < 1e-13
    assert round(off(gradient(W_h), true), 2) == 1.00


@pytest.mark.item("S4.18", "S4.31", "E4.18")
def test_a_step_may_stretch(net):
    norms = np.linalg.norm(net.J, 2, axis=(2, 3))
    assert norms.max() > 1.5
    assert norms.max() <= np.linalg.norm(net.params["W_h"], 2) * (1 + 1e-12)
    # two networks at rest: tanh' = 1, and 1/4 for the logistic function, whose range is (0, 1)
    Q = training.orthogonal(4, np.random.default_rng(0))
    for phi, W, norm in (("tanh", 2 * Q, 2), ("sigmoid", 8 * np.eye(4), 2)):
        run = rnn.forward({"W_x": np.eye(4), "W_h": W, "b_h": np.zeros(4)}, np.zeros((1, 1, 4)), phi=phi)
        J = paths.step_jacobians({"W_x": np.eye(4), "W_h": W}, run)
        assert np.linalg.norm(J[0, 0], 2) == pytest.approx(norm)


@pytest.mark.item("S4.24", "E4.24a", "E4.24b", "E4.24c", "E4.24d")
def test_eigenvalues_of_alternating_and_defective_matrices():
    up, down = np.array([[0.0, 2], [0, 0]]), np.array([[0.0, 0], [2, 0]])
    assert flow.spectral_radius(up) == flow.spectral_radius(down) == 0
    assert np.linalg.norm(np.linalg.matrix_power(up @ down, 10), 2) == pytest.approx(1.05e6, rel=1e-2)
    one, two = np.diag([1.5, 0.1]), np.diag([0.1, 1.5])
    assert flow.spectral_radius(one) == flow.spectral_radius(two) == 1.5
    assert np.linalg.norm(np.linalg.matrix_power(one @ two, 10), 2) == pytest.approx(5.8e-9, rel=1e-2)
    norms = flow.power_norms(np.array([[0.5, 10], [0, 0.5]]), 20)[[1, 2, 3, 5, 10, 20]]
    assert norms == pytest.approx([10.02, 10.01, 7.5, 3.1, 0.195, 4e-4], rel=0.06)
    assert round(1.5**20) == round((-1.5) ** 20) == 3325  # -1.5 < 1, and its powers grow


@pytest.mark.item("E4.24e")
def test_real_matrices_have_conjugate_pairs_of_eigenvalues():
    matrices = np.random.default_rng(0).normal(size=(20_000, 5, 5))
    share = np.mean(np.isreal(np.linalg.eigvals(matrices)).all(axis=1))
    assert share == pytest.approx(2 ** (-5 * 4 / 4), abs=4 * np.sqrt(0.03 / 20_000))


@pytest.mark.item("E4.24f")
def test_radii_of_factors_say_nothing_of_their_product(net):
    factors = net.J[:, 0]
    product = reduce(np.matmul, factors[::-1])
    norm, radius = np.linalg.norm(product, 2), flow.spectral_radius(product)
    radii = np.prod([flow.spectral_radius(J) for J in factors])
    norms = np.prod([np.linalg.norm(J, 2) for J in factors])
    assert radius < norm < norms and max(radius, radii) / min(radius, radii) > 1.1
    assert norm > 1.5 * max(radius, radii)


@pytest.mark.item("S4.25", "S4.35", "S4.52", "E4.25", "E4.35")
def test_a_bound_above_one_promises_nothing():
    products = {w: np.prod(one_unit(w, np.zeros(50), 0.5)) for w in (0.9, 1.5, 2, 5)}
    assert products[0.9] == pytest.approx(0.0023, rel=0.02)
    assert products[1.5] == pytest.approx(4e-20, rel=0.1)
    assert products[2] == pytest.approx(1.5e-38, rel=0.1)
    assert products[5] == pytest.approx(1.4e-150, rel=0.1)


@pytest.mark.item("S4.26", "S4.33", "E4.26")
def test_the_slope_of_tanh_reaches_one():
    a = np.linspace(-20, 20, 40_001)
    assert activations.tanh.slope(activations.tanh(np.zeros(1)))[0] == 1
    slopes = activations.tanh.slope(np.tanh(a[np.abs(a) < 15]))
    assert slopes.min() > 0 and slopes.max() == 1
    logistic = activations.sigmoid.slope(activations.sigmoid(a))
    assert logistic.max() == 0.25 and (activations.tanh.sup, activations.sigmoid.sup) == (1, 0.25)


@pytest.mark.item("S4.27", "E4.27")
def test_large_weights_compete_with_saturation():
    def rate(W, seed):
        params = {"W_x": np.eye(50), "W_h": W}
        x = 0.1 * np.random.default_rng(seed).normal(size=(100, 1, 50))
        return flow.growth_rate(paths.step_jacobians(params, rnn.forward(params, x)))[0]

    assert -17 < rate(10 * np.eye(50), 0) < -14  # too large, and it vanishes

    def random(gain):
        return [rate(gain * np.random.default_rng(s).normal(size=(50, 50)) / 50**0.5, s) for s in range(5)]

    assert max(random(0.5)) < -0.5 and max(random(0.9)) < 0
    assert min(random(1.5)) > 0 and min(random(10)) > 0.5


@pytest.mark.item("S4.30", "E4.30a")
def test_relu_alone_is_no_remedy():
    def gain(phi, W, seed):
        rng = np.random.default_rng(100 + seed)
        params, dh = {"W_x": np.eye(100), "W_h": W}, np.zeros((100, 1, 100))
        run = rnn.forward(params, 0.1 * rng.normal(size=(100, 1, 100)), phi=phi)
        dh[-1] = rng.normal(size=100)
        return np.linalg.norm(rnn.backward(params, run, dh)["h0"]) / np.linalg.norm(dh)

    def middle(phi, make):
        return np.median([gain(phi, make(np.random.default_rng(s)), s) for s in range(5)])

    def gaussian(scale):
        return lambda rng: scale * rng.normal(size=(100, 100)) / 10

    assert middle("relu", gaussian(1)) < 1e-6 * middle("tanh", gaussian(1))
    assert middle("relu", gaussian(2)) > 1e3 * middle("tanh", gaussian(2))

    def orthogonal(rng):
        return training.orthogonal(100, rng)

    assert middle("relu", orthogonal) < 1e-6 * middle("tanh", orthogonal)


@pytest.mark.item("S4.30", "E4.30b")
def test_an_l2_penalty_lowers_the_bound():
    W, eta, lam = np.random.default_rng(0).normal(size=(5, 5)), 0.1, 0.5
    shrunk = W - eta * numgrad.central_difference(lambda V: lam / 2 * (V**2).sum(), W)
    assert off(shrunk, (1 - eta * lam) * W) < 1e-8
    for n in (1, 10, 100):
        ratio = flow.norm_bound(shrunk, "tanh", n) / flow.norm_bound(W, "tanh", n)
        assert ratio == pytest.approx((1 - eta * lam) ** n, rel=1e-5)


@pytest.mark.item("S4.32", "E4.32")
def test_an_eigenvalue_is_no_norm():
    W = np.array([[0.5, 10], [0, 0.5]])
    assert flow.spectral_radius(W) == 0.5 and round(flow.spectral_norm(W), 2) == 10.02
    stretched = []
    for seed in range(200):
        W = np.random.default_rng(seed).normal(size=(5, 5))
        stretched.append(np.linalg.norm(0.9 / flow.spectral_radius(W) * W, 2) > 1)
    assert np.mean(stretched) > 0.9


@pytest.mark.item("S4.34", "E4.34")
def test_the_exponent_counts_the_factors():
    k, t, gamma = 2, 5, 1.5
    J = np.stack([gamma * np.eye(3)] * 6)[:, None]
    norm = np.linalg.norm(paths.transition(J, t + 1, k)[0], 2)  # the product over j = k .. t
    assert norm == gamma ** (t - k + 1) == 5.0625 and gamma ** (t - k) == 3.375 < norm


@pytest.mark.item("S4.21")
def test_slopes_and_weights_are_two_factors(net):
    slopes = np.abs(1 - net.h**2).max(axis=2)  # norm of the diagonal matrix
    W_norm = np.linalg.norm(net.params["W_h"], 2)
    steps = np.linalg.norm(net.J, 2, axis=(2, 3))
    assert (steps <= slopes * W_norm * (1 + 1e-12)).all() and W_norm > 1 > slopes.min()
    product = np.linalg.norm(paths.transition(net.J, 6, 0), 2, axis=(1, 2))
    assert (product <= (slopes * W_norm).prod(axis=0)).all()
    assert (product < 0.9 * (slopes * W_norm).prod(axis=0)).all()  # a bound, not the value
