"""Items and errata of the slides, the page of handwriting and the table of notes: each with its number.

The numbers are those of the oracle's instance; a number shows that a formula is wrong, not by how much
in general.
"""

from functools import reduce

import numpy as np
import pytest

from rnnlib import activations, losses, mlp, numgrad, paths, rnn, scalar


def off(guess, true):
    """Relative error in the Frobenius norm."""
    return np.linalg.norm(guess - true) / np.linalg.norm(true)


def outer(h, d):
    return np.einsum("th,tk->hk", h, d)


@pytest.fixture
def rows(oracle):
    """The slides' network, states as rows, six steps."""
    return oracle("rowvec")


@pytest.fixture
def steps(rows):
    """Its step Jacobians: steps[k] leads from step k to step k + 1."""
    return [rows["J_h"][k + 1, k] for k in range(6)]


def prediction(data, phi, T):
    h = data["h0"]
    for x_t in data["x"][:T]:
        h = phi(x_t @ data["p_W"] + h @ data["p_U"])
    return losses.softmax(h @ data["p_V"])


@pytest.mark.item("E1.2")
def test_the_entropy_of_the_prediction_is_not_the_loss(rows):
    y, h = rows["f_y"], rows["f_h"][1:]
    entropy = -(y * np.log(y)).sum()
    assert (round(entropy, 2), round(float(rows["f_L"]), 2)) == (10.25, 10.03)  # it looks harmless
    per_step = -(y * np.log(y)).sum(axis=1, keepdims=True)
    gradient, true = outer(h, -y * (np.log(y) + per_step)), rows["g_V"]
    assert off(outer(h, y - rows["target"]), true) < 1e-14
    assert round(off(gradient, true), 2) == 1.03
    cosine = (gradient * true).sum() / np.linalg.norm(gradient) / np.linalg.norm(true)
    assert round(cosine, 3) == -0.012


@pytest.mark.item("S1.4")
def test_no_state_depends_on_the_output_matrix_and_the_output_on_every_input(rows):
    V = rows["p_V"] + 1e-20j
    h = rows["h0"]
    for x_t in rows["x"]:
        h = np.tanh(x_t @ rows["p_W"] + h @ rows["p_U"])
    assert not np.iscomplexobj(h) and np.abs((h @ V).imag).max() > 0  # V enters after the state
    moved = rows["x"].astype(complex)
    moved[0] += 1e-20j
    y = prediction({**rows, "x": moved}, np.tanh, 5)
    assert np.abs(y.imag / 1e-20).max() > 1e-6


@pytest.mark.item("S1.5", "E1.4")
def test_the_unrolled_network_with_tanh_and_with_the_logistic_function(rows):
    x, W, U, V = rows["x"], rows["p_W"], rows["p_U"], rows["p_V"]
    phi = np.tanh
    nested = losses.softmax(phi(x[2] @ W + phi(x[1] @ W + phi(x[0] @ W + rows["h0"] @ U) @ U) @ U) @ V)
    assert off(nested, rows["f_y"][2]) < 1e-14
    assert off(prediction(rows, activations.sigmoid, 3), rows["f_y"][2]) > 0.9


@pytest.mark.item("E1.3")
def test_the_unrolled_line_with_the_output_matrix_inside():
    phi, errors = np.tanh, []
    for seed in range(50):
        rng = np.random.default_rng(seed)
        W, U, V = (rng.normal(size=shape) for shape in ((4, 5), (5, 5), (5, 5)))
        x, h0 = rng.normal(size=(3, 4)), rng.normal(size=5)
        inner = phi(x[1] @ W + phi(x[0] @ W + h0 @ U) @ U)
        true = losses.softmax(phi(x[2] @ W + inner @ U) @ V)
        errors.append(off(losses.softmax(phi(x[2] @ W + inner @ V)), true))
        with pytest.raises(ValueError):  # with seven outputs the shapes refuse it
            x[2] @ W + inner @ rng.normal(size=(5, 7))
    assert min(errors) > 0.2 and np.median(errors) > 0.5


@pytest.mark.item("E1.5")
def test_successive_equals_signs_are_partial_sums(rows):
    terms = rows["path_U"][4, :5]
    full = terms.sum(axis=0)
    errors = [off(terms[5 - n :].sum(axis=0), full) for n in range(1, 6)]
    assert np.round(errors, 3) == pytest.approx([0.409, 0.291, 0.12, 0.022, 0])
    assert off(full, rows["gt_U"][4]) < 1e-14  # with the total derivative the line of one term is exact


@pytest.mark.item("S1.8", "S4.53", "E1.6")
def test_two_total_derivatives_count_a_path_several_times(rows):
    terms = rows["path_U"][4, :5]
    once = terms.sum(axis=0)
    often = sum((5 - i) * term for i, term in enumerate(terms))  # the use at step i + 1, for t = 5
    assert off(once, rows["gt_U"][4]) < 1e-14
    assert np.round([np.linalg.norm(often), np.linalg.norm(once), off(often, once)], 2) == pytest.approx(
        [2.67, 1.77, 0.70]
    )


@pytest.mark.item("E1.7")
def test_exchanged_roles_take_the_logarithm_of_a_target(rows):
    one_hot, y = np.eye(7)[[2]], rows["f_y"][:1]
    assert np.isfinite(-(one_hot * np.log(y)).sum())
    with np.errstate(divide="ignore"):
        assert -(y * np.log(one_hot)).sum() == np.inf


@pytest.mark.item("S3.2", "E1.8", "E3.4", "E4.17")
def test_the_order_of_a_product_of_jacobians(rows, steps):
    for t, k in ((5, 1), (6, 0), (3, 1)):
        assert off(reduce(np.matmul, steps[k:t][::-1]), rows["J_h"][t, k]) < 1e-14
    ascending = reduce(np.matmul, steps[1:5])
    assert round(off(ascending, rows["J_h"][5, 1]), 2) == 2.63
    assert len(steps[1:5]) == 5 - 1
    # in denominator layout every factor is transposed and the order is reversed
    assert off(reduce(np.matmul, [J.T for J in steps[1:5]]), rows["J_h"][5, 1].T) < 1e-14
    numbers = [np.array([[J[0, 0]]]) for J in steps]  # for one unit the order does not matter
    assert off(reduce(np.matmul, numbers), reduce(np.matmul, numbers[::-1])) < 1e-14


@pytest.fixture
def column(oracle):
    """The page's network: ReLU, columns, y_t from h_t for t = 0..6."""
    return oracle("relu_col")


@pytest.mark.item("S2.3", "S2.5", "S2.6", "E2.6")
def test_the_mask_lets_adjoints_pass_or_stops_them(column):
    mask = (column["f_a"] > 0) * 1.0
    assert off(mask * column["g_h"][1:], column["g_a"]) < 1e-14
    for adjoint, of in (("g_h", "f_h"), ("g_a", "f_a"), ("g_y", "f_y"), ("g_W_hh", "p_W_hh")):
        assert column[adjoint].shape == column[of].shape
    dead = ~mask.any(axis=0)
    assert dead.sum() == 1
    for name in ("W_hh", "W_hx", "b_h"):
        assert not column[f"g_{name}"][dead].any() and column[f"g_{name}"][~dead].any()
    unmasked = column["p_W_yh"].T @ column["g_y"][6]
    for t in range(5, -1, -1):
        unmasked = column["p_W_yh"].T @ column["g_y"][t] + column["p_W_hh"].T @ unmasked
    assert round(off(unmasked, column["g_h0"]), 2) == 0.72


@pytest.mark.item("E2.2", "E2.3", "E2.4")
def test_updates_without_the_adjoint_of_the_state(column):
    mask, h = (column["f_a"] > 0) * 1.0, column["f_h"][:-1]
    wrong = mask.T @ h
    assert round(off(wrong, column["g_W_hh"]), 2) == 0.93
    assert np.round([wrong[0, 0], column["g_W_hh"][0, 0]], 2) == pytest.approx([1.22, -6.71])
    assert round(off(mask.T @ column["x"], column["g_W_hx"]), 2) == 0.97
    assert round(off(mask.sum(axis=0), column["g_b_h"]), 2) == 0.94
    assert mask.sum(axis=0).tolist() == [4, 6, 6, 2, 0]  # counts of active steps
    da = column["g_a"]
    for right, name in ((da.T @ h, "W_hh"), (da.T @ column["x"], "W_hx"), (da.sum(axis=0), "b_h")):
        assert off(right, column[f"g_{name}"]) < 1e-14


@pytest.mark.item("E2.7")
def test_a_difference_quotient_at_the_kink_is_one_half():
    assert numgrad.central_difference(lambda a: activations.relu(a).sum(), np.zeros(1))[0] == 0.5
    assert activations.relu.slope(activations.relu(np.zeros(1)))[0] == 0  # the convention


@pytest.mark.item("E2.9")
def test_both_index_versions_of_one_update(column):
    da, h = column["g_a"], column["f_h"]
    twice = da.T @ h[:-1] + da[:-1].T @ h[:-2]
    assert round(off(twice, column["g_W_hh"]), 2) == 0.99


@pytest.mark.item("S2.1", "E2.10")
def test_the_output_of_a_step_does_not_see_the_input_of_that_step(column):
    def outputs(x):
        h, y = column["h0"], []
        for x_t in x:
            y.append(column["p_W_yh"] @ h)
            a = column["p_W_hh"] @ h + column["p_W_hx"] @ x_t + column["p_b_h"]
            h = a * (a.real > 0)
        return np.array(y)  # y_0 .. y_5: as many as there are inputs

    seen = np.zeros((6, 6), bool)
    for s in range(6):
        moved = column["x"].astype(complex)
        moved[s] += 1e-20j
        seen[:, s] = np.abs(outputs(moved).imag).max(axis=1) > 0
    assert not np.triu(seen).any()  # y_t sees x_0 .. x_{t-1}
    assert seen[1, 0] and not seen[:, 5].any()  # and nothing sees the last input


@pytest.mark.item("E2.11")
def test_one_dot_for_two_products(column):
    slope, h_bar = (column["f_a"][2] > 0) * 1.0, column["g_h"][3]
    assert np.ndim(slope @ h_bar) == 0 and (slope * h_bar).shape == (5,)
    assert off(column["p_W_hh"].T @ (slope * h_bar), (column["p_W_hh"].T * slope) @ h_bar) < 1e-14
    # read entry by entry, the next product is a matrix where a column belongs
    assert (column["p_W_hh"].T * (slope * h_bar)).shape == (5, 5)


@pytest.mark.item("E3.1")
def test_the_softmax_of_one_number(oracle):
    o = oracle("scalar_tanh")["f_o"][:, None]
    loss, do = losses.softmax_cross_entropy(o, np.ones_like(o))
    assert (losses.softmax(o) == 1).all() and loss == 0 and not do.any()
    loss, do = losses.sigmoid_cross_entropy(o, np.ones_like(o))
    assert loss > 0.5 and np.abs(do).min() > 0  # a logistic output learns


@pytest.mark.item("S3.3", "E3.3")
def test_the_input_weight_is_as_recursive_as_the_recurrent_one(oracle):
    data = oracle("scalar_tanh")
    ratios = data["imm_U"] / data["ds_dU"]
    assert np.round(ratios, 3) == pytest.approx([1, 0.918, 1.002, -1.796, 0.094, 0.999])
    ratios = data["imm_W"] / data["ds_dW"]
    assert np.round(ratios, 3) == pytest.approx([1, 0.985, 0.941, 0.406, 0.948, 0.933])


@pytest.mark.item("S1.10", "S4.29", "E4.29")
def test_what_vanishes_is_the_contribution_of_long_lags():
    rng = np.random.default_rng(0)
    params = {"W_x": rng.normal(size=(3, 5)), "W_h": 0.5 * np.linalg.qr(rng.normal(size=(5, 5)))[0]}
    run = rnn.forward(params, rng.normal(size=(60, 1, 3)))
    dh = np.zeros_like(run.h[1:])
    dh[-1] = rng.normal(size=5)
    terms = paths.path_terms(params, run, dh, 60)["W_h"][::-1]  # by lag
    sizes = np.linalg.norm(terms, axis=(1, 2))
    assert sizes[10] < 1e-2 * sizes[0] and sizes[30] < 1e-8 * sizes[0] and sizes[59] < 1e-17 * sizes[0]
    whole = terms.sum(axis=0)
    assert off(whole, rnn.backward(params, run, dh)["W_h"]) < 1e-13
    assert 0.3 < np.linalg.norm(whole) / sizes[0] < 3  # the gradient itself does not


@pytest.mark.item("S1.11", "S4.28")
def test_fifty_layers_have_the_same_problem_with_matrices_of_their_own():
    def gain(phi, scale, seed, width=100, depth=50):
        rng = np.random.default_rng(seed)
        net = {f"W{k}": scale * rng.normal(size=(width, width)) / 10 for k in range(1, depth + 1)}
        run, dh = mlp.forward(net, rng.normal(size=(1, width)), phi), rng.normal(size=(1, width))
        return np.linalg.norm(mlp.adjoints(net, run, dh)[1]) / np.linalg.norm(dh)

    def middle(phi, scale):
        return np.median([gain(phi, scale, seed) for seed in range(5)])

    assert middle("sigmoid", 1) < 1e-25 and middle("tanh", 0.5) < 1e-12
    assert middle("tanh", 2) > 30 and middle("relu", 2) > 1e5
    assert middle("relu", 1) < 1e-5 < 1e-2 < middle("relu", np.sqrt(2)) < 100


@pytest.mark.item("S3.1", "S3.5")
def test_the_first_state_has_the_immediate_derivative_alone(oracle):
    data = oracle("scalar_tanh")
    params = {name: float(data[f"p_{name}"]) for name in scalar.NAMES}
    run = scalar.forward(params, data["x"])  # s0 = 0
    assert scalar.total(params, run)["W"][0] == 0 and scalar.total(params, run)["U"][0] != 0
