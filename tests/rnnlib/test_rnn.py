"""The simple recurrent network: stacked weights, paths, forward accumulation, truncation."""

import tracemalloc

import numpy as np
import pytest

from rnnlib import checkpoint, losses, mlp, numgrad, paths, readout, rnn, truncated

COLUMN = ("general_col_tanh_softmax_ce", "general_col_sigmoid_softmax_ce", "general_col_relu_identity_mse")
TBPTT = ((1, 1), (1, 3), (2, 2), (2, 3), (2, 4), (3, 3), (3, 6), (4, 4), (4, 5), (6, 6))


def params_of(data):
    return {name: data[f"p_{name}"] for name in rnn.SHAPES}


@pytest.fixture
def setting(oracle):
    """The truncation file's network with the adjoints that its softmax output layer sends down."""
    data = oracle("tbptt")
    run = rnn.forward(params_of(data), data["x"], data["h0"])
    top = {"W_y": data["p_W_y"], "b_y": data["p_b_y"]}
    _, do = losses.softmax_cross_entropy(readout.forward(top, run.h[1:]), data["y"])
    return data, params_of(data), run, readout.backward(top, run.h[1:], do)["h"]


@pytest.mark.parametrize("system", COLUMN)
@pytest.mark.item("S0.1", "S0.5", "S0.6")
def test_transposed_network_in_column_form_equals_oracle(system, oracle, close):
    """S0.1: h = phi(W_h h + W_x x + b) for one column is our row form with transposed weights."""
    data = oracle(system)
    params = {"W_x": data["p_W_x"].T, "W_h": data["p_W_h"].T, "b_h": data["p_b_h"]}
    run = rnn.forward(params, data["x"][:, None], data["h0"][None], system.split("_")[2])
    close(run.a[:, 0], data["f_a"])
    close(run.h[:, 0], data["f_h"])
    close(paths.step_jacobians(params, run)[:, 0], data["J"])
    total = paths.rtrl(params, run)
    close(total["W_h"][:, 0].swapaxes(-1, -2), data["dh_dW_h"])
    close(total["W_x"][:, 0].swapaxes(-1, -2), data["dh_dW_x"])
    close(total["b_h"][:, 0], data["dh_db_h"])
    for name in ("W_h", "W_x", "b_h"):  # what the recursion adds at each step is the immediate part
        immediate, J = total[name][:, 0].copy(), data["J"]
        immediate[1:] -= np.einsum("tij,tj...->ti...", J[1:], total[name][:-1, 0])
        want = data[f"imm_{name}"]
        close(immediate.swapaxes(-1, -2) if name != "b_h" else immediate, want)
    top = {"W_y": data["p_W_y"].T, "b_y": data["p_b_y"]}
    loss = losses.squared_error if system.endswith("mse") else losses.softmax_cross_entropy
    value, do = loss(readout.forward(top, run.h[1:]), data["y"][:, None])
    close(value, data["f_L"])
    gradient = rnn.backward(params, run, readout.backward(top, run.h[1:], do)["h"])
    close(gradient["W_h"].T, data["g_W_h"])
    close(gradient["W_x"].T, data["g_W_x"])
    close(gradient["b_h"], data["g_b_h"])
    close(gradient["x"][:, 0], data["g_x"])
    close(gradient["h0"][0], data["g_h0"])


@pytest.mark.item("S2.4", "S2.7", "S2.9", "S2.10", "S2.11", "E2.8")
def test_relu_network_with_outputs_at_all_states_equals_oracle(oracle, close):
    data = oracle("relu_col")
    params = {"W_x": data["p_W_hx"].T, "W_h": data["p_W_hh"].T, "b_h": data["p_b_h"]}
    run = rnn.forward(params, data["x"][:, None], data["h0"][None], "relu")
    close(run.a[:, 0], data["f_a"])
    close(run.h[:, 0], data["f_h"])
    # here h_0 has an output too, so the readout takes all T + 1 states and h0 hears from it directly
    for prefix, do in (("g_", data["f_y"] - data["y"]), ("gext_", data["ybar_ext"])):
        top = readout.backward({"W_y": data["p_W_yh"].T}, run.h, do[:, None])
        gradient = rnn.backward(params, run, top["h"][1:])
        close(top["W_y"].T, data[prefix + "W_yh"])
        close(gradient["W_h"].T, data[prefix + "W_hh"])
        close(gradient["W_x"].T, data[prefix + "W_hx"])
        close(gradient["b_h"], data[prefix + "b_h"])
        close(gradient["x"][:, 0], data[prefix + "x"])
        close((gradient["h0"] + top["h"][0])[0], data[prefix + "h0"])


@pytest.mark.item("S1.1", "S1.3", "S1.6", "S1.7", "S1.9", "S4.16", "S4.17", "S4.23")
def test_paths_equal_oracle(oracle, close):
    data = oracle("rowvec")
    params = {"W_x": data["p_W"], "W_h": data["p_U"]}
    run = rnn.forward(params, data["x"][:, None], data["h0"][None])
    close(run.h[:, 0], data["f_h"])
    top = {"W_y": data["p_V"]}
    o = readout.forward(top, run.h[1:])
    close(o[:, 0], data["f_z"])
    _, do = losses.softmax_cross_entropy(o, data["target"][:, None])
    head = readout.backward(top, run.h[1:], do)
    close(head["W_y"], data["g_V"])
    J = paths.step_jacobians(params, run)
    T = len(J)
    for t in range(1, T + 1):
        terms = paths.path_terms(params, run, head["h"], t)
        close(terms["W_h"], data["path_U"][t - 1, :t])
        close(terms["W_x"], data["path_W"][t - 1, :t])
        close(terms["W_h"].sum(axis=0), data["gt_U"][t - 1])
        for k in range(t + 1):
            close(paths.transition(J, t, k)[0], data["J_h"][t, k])
    close(paths.transition(J, 0, 0)[0], np.eye(J.shape[-1]))
    gradient = rnn.backward(params, run, head["h"])
    close(gradient["W_h"], data["g_U"])
    close(gradient["W_x"], data["g_W"])
    ascending = J[1, 0] @ J[2, 0] @ J[3, 0]  # the negative control: the factors in the wrong order
    assert np.abs(ascending - data["J_h"][4, 1]).max() > 0.1


@pytest.mark.item("S0.4", "S0.7", "S0.8", "S4.19")
def test_path_sum_is_forward_accumulation_is_reverse_sweep(setting, close):
    _, params, run, dh = setting
    gradient = rnn.backward(params, run, dh)
    total = paths.rtrl(params, run)
    for name in ("W_h", "W_x"):
        by_paths = sum(paths.path_terms(params, run, dh, t)[name].sum(axis=0) for t in range(1, 7))
        close(by_paths, gradient[name])
        close(np.einsum("tbi,tbimn->mn", dh, total[name]), gradient[name])
    close(np.einsum("tbi,tbin->n", dh, total["b_h"]), gradient["b_h"])
    without_last = sum(paths.path_terms(params, run, dh, t)["W_h"][:-1].sum(axis=0) for t in range(1, 7))
    assert np.abs(without_last - gradient["W_h"]).max() > 0.1 * np.abs(gradient["W_h"]).max()
    bare = {name: params[name] for name in ("W_x", "W_h")}
    assert set(paths.rtrl(bare, rnn.forward(bare, run.x))) == {"W_x", "W_h"}


@pytest.mark.item("S2.8")
def test_gradients_of_copies_per_step_sum_to_the_shared_gradient(setting, close):
    """S2.8: give every step its own W_h; the shared gradient is the sum of the copies'."""
    data, params, run, dh = setting

    def loss(copies):
        h, value = run.h[0], 0
        for x_t, W_h, dh_t in zip(run.x, copies, dh):
            h = np.tanh(x_t @ params["W_x"] + h @ W_h + params["b_h"])
            value = value + (dh_t * h).sum()
        return value

    per_copy = numgrad.complex_step(loss, np.stack([params["W_h"]] * len(dh)))
    gradient = rnn.backward(params, run, dh)["W_h"]
    close(per_copy.sum(axis=0), gradient)
    assert np.abs(per_copy[1:].sum(axis=0) - gradient).max() > 1e-3


@pytest.mark.parametrize("tau", range(6))
@pytest.mark.item("S0.9")
def test_window_equals_oracle(tau, setting, close):
    data, params, run, dh = setting
    for name, value in truncated.window(params, run, dh, tau).items():
        close(value, data[f"a_tau{tau}_{name}"])


@pytest.mark.parametrize("k1, k2", TBPTT)
@pytest.mark.item("S0.9")
def test_chunks_equal_oracle(k1, k2, setting, close):
    data, params, run, dh = setting
    for name, value in truncated.chunks(params, run, dh, k1, k2).items():
        close(value, data[f"b_k1_{k1}_k2_{k2}_{name}"])


@pytest.mark.item("S0.9")
def test_truncation_identities(setting, close):
    data, params, run, dh = setting
    full = rnn.backward(params, run, dh)
    for name, value in full.items():
        close(value, data[f"g_full_{name}"])
        for tau in (5, 6, 100):
            close(truncated.window(params, run, dh, tau)[name], value)
        close(truncated.chunks(params, run, dh, 6, 6)[name], value)
        close(truncated.chunks(params, run, dh, 9, 9)[name], value)
        for tau in range(6):
            close(truncated.chunks(params, run, dh, 1, tau + 1)[name],
                  truncated.window(params, run, dh, tau)[name])
    assert np.abs(truncated.window(params, run, dh, 4)["W_h"] - full["W_h"]).max() > 1e-4


@pytest.mark.item("S0.10")
def test_beyond_the_window_the_gradient_is_exactly_zero(setting, close):
    """S0.10: a loss at T only, so x_s gets nothing for s < T - tau, and all it should from there on."""
    _, params, run, dh = setting
    last = np.zeros_like(dh)
    last[-1] = dh[-1]
    full = rnn.backward(params, run, last)["x"]
    for tau in range(6):
        dx = truncated.window(params, run, last, tau)["x"]
        assert not dx[: 5 - tau].any()
        close(dx[5 - tau :], full[5 - tau :])


@pytest.mark.parametrize("n", [None, 1, 2, 4, 6])
def test_checkpointed_gradient_is_the_gradient(n, setting, close):
    data, params, run, dh = setting
    kept = checkpoint.forward(params, data["x"], data["h0"], n=n)
    close(kept.h_T, run.h[-1])
    assert len(kept.h) == -(-6 // (n or 3))
    asked = []

    def of_segment(start, h):
        asked.append(start)
        close(h, run.h[start + 1 : start + 1 + len(h)])
        return dh[start : start + len(h)]

    for gradient in (checkpoint.backward(params, kept, dh), checkpoint.backward(params, kept, of_segment)):
        expected = rnn.backward(params, run, dh)
        assert set(gradient) == set(expected)
        for name, value in expected.items():
            close(gradient[name], value)
    assert asked == sorted(asked, reverse=True)


@pytest.mark.parametrize("run_dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dh_dtype", [np.float32, np.float64, int, np.float16])
def test_checkpointed_gradient_is_the_gradient_for_all_dtypes(run_dtype, dh_dtype, rng):
    params = {name: value.astype(run_dtype) for name, value in rnn.init(2, 3, rng).items()}
    x, dh = rng.normal(size=(7, 2, 2)).astype(run_dtype), (9 * rng.normal(size=(7, 2, 3))).astype(dh_dtype)
    expected = rnn.backward(params, rnn.forward(params, x), dh)
    kept = checkpoint.forward(params, x)
    for adjoints in (dh, lambda start, h: dh[start : start + len(h)]):
        gradient = checkpoint.backward(params, kept, adjoints)
        for name, value in expected.items():
            assert gradient[name].dtype == value.dtype, name
            eps = np.finfo(value.dtype).eps
            assert np.abs(gradient[name] - value).max() <= 16 * eps * np.abs(value).max(), name


def test_checkpoints_need_the_memory_of_few_steps(rng):
    T, B, D, H = 400, 2, 1, 64
    params, x = rnn.init(D, H, rng), rng.normal(size=(T, B, D))
    whole = T * B * H * x.itemsize

    def peak(function, *arguments):
        tracemalloc.start()
        result = function(*arguments)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result, size

    run, size = peak(rnn.forward, params, x)
    assert size >= 2 * whole  # what the pre-activations and states of all steps take
    kept, size = peak(checkpoint.forward, params, x)
    assert size < whole / 2 and kept.h_T.base is None
    gradient, size = peak(checkpoint.backward, params, kept, lambda start, h: np.ones_like(h))
    assert size < whole


@pytest.mark.item("S4.7")
def test_stacked_weights_equal_oracle(oracle, close):
    data = oracle("concat")
    params = rnn.unpack({"W": data["p_W"], "b_h": data["p_b_h"]})
    run = rnn.forward(params, data["x"], data["h0"])
    close(run.h, data["f_h"])
    top = {"W_y": data["p_W_y"], "b_y": data["p_b_y"]}
    _, do = losses.softmax_cross_entropy(readout.forward(top, run.h[1:]), data["y"])
    gradient = rnn.pack(rnn.backward(params, run, readout.backward(top, run.h[1:], do)["h"]))
    assert set(gradient) == {"W", "b_h", "x", "h0"}
    for name, value in gradient.items():
        close(value, data[f"g_{name}"])
    again = rnn.pack(params)
    close(again["W"], data["p_W"])
    assert set(again) == {"W", "b_h"}


@pytest.mark.item("S4.50")
def test_unrolled_network_is_a_deep_network_with_tied_weights(rng, close):
    """S4.50: without inputs after step 1, T steps are T layers that share W_h."""
    H, T, B = 4, 6, 3
    params = {"W_x": np.eye(H), "W_h": rng.normal(size=(H, H)), "b_h": rng.normal(size=H)}
    x = np.zeros((T, B, H))
    h0 = rng.normal(size=(B, H))
    run = rnn.forward(params, x, h0)
    tied = {f"W{k}": params["W_h"] for k in range(1, T + 1)}
    tied |= {f"b{k}": params["b_h"] for k in range(1, T + 1)}
    deep = mlp.forward(tied, h0)
    close(np.array(deep.h), run.h)
    dh = np.zeros((T, B, H))
    dh[-1] = rng.normal(size=(B, H))
    gradient, deep_gradient = rnn.backward(params, run, dh), mlp.backward(tied, deep, dh[-1])
    close(sum(deep_gradient[f"W{k}"] for k in range(1, T + 1)), gradient["W_h"])
    close(sum(deep_gradient[f"b{k}"] for k in range(1, T + 1)), gradient["b_h"])
    close(deep_gradient["x"], gradient["h0"])
    assert np.abs(deep_gradient["W1"] - gradient["W_h"]).max() > 1e-3


@pytest.mark.item("S4.5")
def test_the_number_of_parameters_does_not_depend_on_T(rng):
    params = rnn.init(4, 5, rng) | readout.init(5, 7, rng)
    assert rnn.n_params(params) == 92


@pytest.mark.parametrize("call, error, words", [
    (lambda p, run, dh: truncated.window(p, run, dh, -1), ValueError, "tau is -1, expected an int at least 0"),
    (lambda p, run, dh: truncated.window(p, run, dh, 1.0), TypeError, "tau is float"),
    (lambda p, run, dh: truncated.chunks(p, run, dh, 3, 2), ValueError, "k2 is 2, expected an int at least 3"),
    (lambda p, run, dh: truncated.chunks(p, run, dh, 0, 2), ValueError, "k1 is 0"),
    (lambda p, run, dh: rnn.backward(p, run, dh[:, :2]), ValueError,
     "dh has shape (6, 2, 5), expected (T, B, H) with T = 6, B = 3, H = 5; run.x has shape (6, 3, 4)"),
    (lambda p, run, dh: rnn.backward(p, run, dh[1:, :, :2]), ValueError,
     "H = 5; run.x has shape (6, 3, 4); run.h has shape (7, 3, 5)"),
    (lambda p, run, dh: rnn.forward({**p, "W_h": np.ones((4, 4))}, run.x), ValueError, "; W_x has shape (4, 5)"),
    (lambda p, run, dh: paths.path_terms(p, run, dh, 7), ValueError, "from 1 to 6"),
    (lambda p, run, dh: paths.path_terms(p, run, dh, 0), ValueError, "t is 0"),
    (lambda p, run, dh: paths.transition(paths.step_jacobians(p, run), 2, 3), ValueError, "k is 3"),
    (lambda p, run, dh: paths.transition(np.ones((2, 1, 3, 4)), 1, 0), ValueError, "J has shape"),
    (lambda p, run, dh: paths.step_jacobians(p, dh), TypeError, "run is ndarray, expected the Run that rnnlib.rnn"),
    (lambda p, run, dh: checkpoint.backward(p, run, dh), TypeError, "expected what checkpoint.forward made"),
    (lambda p, run, dh: checkpoint.forward(p, run.x, n=7), ValueError, "n is 7"),
    (lambda p, run, dh: checkpoint.backward(p, checkpoint.forward(p, run.x), dh[1:]), ValueError, "with T = 6, B = 3"),
    (lambda p, run, dh: checkpoint.backward(p, checkpoint.forward(p, run.x), lambda start, h: h[1:]), ValueError,
     "dh has shape (2, 3, 5), expected (n, B, H) with n = 3"),
    (lambda p, run, dh: checkpoint.backward(p, checkpoint.forward(p, run.x), lambda start, h: None), TypeError,
     "dh is NoneType"),
    (lambda p, run, dh: checkpoint.backward(p, checkpoint.forward(p, run.x + 0j), dh), TypeError,
     "run.h has dtype complex128"),
    (lambda p, run, dh: checkpoint.backward({}, checkpoint.forward(p, run.x), dh), ValueError, "no W_x, W_h"),
    (lambda p, run, dh: rnn.pack({"W_x": p["W_x"], "W_h": p["W_h"][:4]}), ValueError, "W_h has shape"),
    (lambda p, run, dh: readout.forward({"W_y": np.ones((4, 7))}, run.h[1:]), ValueError, "H = 5"),
    (lambda p, run, dh: readout.backward({"W_y": np.ones((5, 7))}, run.h[1:], dh), ValueError, "K = 7"),
])
def test_bad_input_is_named(call, error, words, setting):
    _, params, run, dh = setting
    with pytest.raises(error) as caught:
        call(params, run, dh)
    assert words in str(caught.value), caught.value


def test_packed_and_unpacked_weights_do_not_share_memory(rng):
    params = rnn.init(2, 3, rng)
    packed = rnn.pack(params)
    unpacked = rnn.unpack(packed)
    for name in ("W_x", "W_h"):
        assert not np.shares_memory(packed["W"], params[name])
        assert not np.shares_memory(packed["W"], unpacked[name])
