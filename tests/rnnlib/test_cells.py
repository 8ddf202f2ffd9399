"""Every cell against automatic differentiation and the complex step, by the same tests.

The table lists what differs between the systems; the tests below it are derived from it.
"""

import importlib

import numpy as np
import pytest

from rnnlib import activations, flow, gru, losses, lstm, lstm97, numgrad, readout, rnn


def packed(data, prefix, gates):
    """The oracle's separate gate weights side by side, as the library packs them."""
    return {
        "W_x": np.hstack([data[f"{prefix}W_x{k}"] for k in gates]),
        "W_h": np.hstack([data[f"{prefix}W_h{k}"] for k in gates]),
        "b": np.hstack([data[f"{prefix}b_{k}"] for k in gates]),
        **{k: data[prefix + k] for k in ("p_i", "p_f", "p_o", "b_hn") if prefix + k in data},
    }


def plain(data, prefix, gates):
    return {name: data[prefix + name] for name in rnn.SHAPES}


# oracle file: module, gates, how the oracle's arrays become params, options of forward
SYSTEMS = {
    "general_tanh_softmax_ce": (rnn, "", plain, {}),
    "general_sigmoid_identity_mse": (rnn, "", plain, {"phi": "sigmoid"}),
    "general_relu_identity_mse": (rnn, "", plain, {"phi": "relu"}),
    "general_identity_tanh_mse": (rnn, "", plain, {"phi": "identity"}),
    "general_sigmoid_softmax_ce": (rnn, "", plain, {"phi": "sigmoid"}),
    "general_tanh_sigmoid_bce": (rnn, "", plain, {}),
    "lstm": (lstm, "ifgo", packed, {}),
    "lstm_peephole": (lstm, "ifgo", packed, {}),
    "lstm97_tanh": (lstm97, "igo", packed, {}),
    "lstm97_orig": (lstm97, "igo", packed, {"squash": "1997"}),
    "gru_after": (gru, "rzn", packed, {}),
    "gru_before": (gru, "rzn", packed, {"reset": "before"}),
}
LOSSES = {
    "softmax_ce": losses.softmax_cross_entropy,
    "identity_mse": losses.squared_error,
    "tanh_mse": lambda o, y: losses.squared_error(o, y, phi="tanh"),
    "sigmoid_bce": losses.sigmoid_cross_entropy,
}


class System:
    def __init__(self, name, data):
        self.name, self.data = name, data
        self.cell, gates, pack, self.options = SYSTEMS[name]
        self.params = pack(data, "p_", gates)
        self.states = {k: data[k] for k in ("h0", "c0") if k in data}
        self.oracle = lambda prefix: pack(data, prefix, gates)
        self.run = self.forward(self.params, data["x"], **self.states)
        self.loss = next((f for k, f in LOSSES.items() if name.endswith(k)), LOSSES["softmax_ce"])
        self.readout = {"W_y": data["p_W_y"], "b_y": data["p_b_y"]}

    def forward(self, params, x, **states):
        return self.cell.forward(params, x, **states, **self.options)


@pytest.fixture(params=SYSTEMS)
def system(request, oracle):
    return System(request.param, oracle(request.param))


@pytest.mark.item("S4.6", "S4.36", "S4.39", "S4.54")
def test_forward_equals_oracle(system, close):
    fields = [name[2:] for name in system.data if name.startswith("f_")]
    for name in set(fields) & set(system.run._fields):
        # in the plain network's files o are the outputs, in the LSTM's the output gate
        close(getattr(system.run, name), system.data[f"f_{name}"])
    assert "h" in fields


@pytest.mark.item("S4.9", "S4.11", "S4.12", "S4.39", "S4.54")
def test_gradient_of_a_loss_equals_oracle(system, close):
    o = readout.forward(system.readout, system.run.h[1:])
    close(o, system.data["f_logits" if "f_logits" in system.data else "f_o"])
    loss, do = system.loss(o, system.data["y"])
    close(loss, system.data["f_L"])
    top = readout.backward(system.readout, system.run.h[1:], do)
    close(top["W_y"], system.data["g_W_y"])
    close(top["b_y"], system.data["g_b_y"])
    compare(system, "g_", system.cell.backward(system.params, system.run, top["h"]), close)


def outside(system):
    """The adjoints that the output layer sends down, and those of the outputs themselves."""
    _, do = system.loss(readout.forward(system.readout, system.run.h[1:]), system.data["y"])
    return readout.backward(system.readout, system.run.h[1:], do)["h"], do


def test_outputs_and_losses_per_step_equal_oracle(system, close):
    data = system.data
    o = readout.forward(system.readout, system.run.h[1:])
    squash = {"softmax_ce": losses.softmax, "tanh_mse": np.tanh, "sigmoid_bce": activations.sigmoid}
    name = next((k for k in LOSSES if system.name.endswith(k)), "softmax_ce")
    close(squash.get(name, activations.identity)(o), data["f_yhat"])
    for t, b in np.ndindex(o.shape[:2]):
        close(system.loss(o[t, b], data["y"][t, b])[0], data["f_E"][t, b])


@pytest.mark.parametrize("prefix", ["g_", "gtrunc_"])
@pytest.mark.item("S2.5")
def test_total_adjoints_of_the_states_equal_oracle(prefix, system, close):
    """Restarting from the states after step t, the gradient of h0 is what h_t gets from the future."""
    data, run = system.data, system.run
    if prefix + "h" not in data:
        pytest.skip("not in this file")
    options = {"truncated": True} if prefix == "gtrunc_" else {}
    dh, do = outside(system)
    T = len(dh)
    g_h, g_c = np.zeros_like(run.h), np.zeros_like(run.h)
    g_h[1:] = dh
    for t in range(T):
        states = {name: getattr(run, name[0])[t] for name in system.states}
        tail = system.forward(system.params, data["x"][t:], **states)
        gradient = system.cell.backward(system.params, tail, dh[t:], **options)
        g_h[t] += gradient["h0"]
        g_c[t] = gradient.get("c0", 0)
    close(g_h, data[prefix + "h"])
    if "g_o" in data:
        close(do, data["g_o"])
        slope = rnn.slopes(run)
        close(rnn.sweep(system.params["W_h"], slope, dh)[0], data["g_a"])
    if "c0" in system.states:
        P = flow.jacobian_blocks(system.params, run)[2]
        g_c[1:] += np.einsum("tbi,tbij->tbj", g_h[1:], P)
        close(g_c, data[prefix + "c"])
    if options:
        top = system.cell.backward(system.params, run, dh, **options)
        compare(system, prefix, top, close)


def test_packed_weights_equal_the_oracles_packed_copies(oracle, close):
    data = oracle("lstm")
    params, gradient = packed(data, "p_", "ifgo"), packed(data, "g_", "ifgo")
    for name in ("W_x", "W_h", "b"):
        close(params[name], data[f"p_{name}_packed"])
        close(gradient[name], data[f"g_{name}_packed"])


def compare(system, prefix, gradient, close):
    data = system.data
    inputs = {k: data[prefix + k] for k in ("x", "h0", "c0") if prefix + k in data}
    expected = {**system.oracle(prefix), **inputs}
    assert set(gradient) == set(expected) == set(system.params) | set(system.states) | {"x"}
    for name, value in expected.items():
        close(gradient[name], value)


def external(system):
    """The adjoints of the oracle's second loss, which has no output layer; made up for the RNN."""
    rng = np.random.default_rng(3)
    dh = system.data.get("ext_dh", rng.normal(size=system.run.h[1:].shape))
    return {"dh": dh, **({"dc_T": system.data["ext_dcT"]} if "c0" in system.states else {})}


def test_gradient_of_external_adjoints_equals_oracle(system, close):
    if "ext_dh" not in system.data:
        pytest.skip("the oracle's plain networks have an output layer")
    gradient = system.cell.backward(system.params, system.run, **external(system))
    compare(system, "gext_", gradient, close)


def test_gradient_equals_complex_step(system):
    adjoints = external(system)
    inputs = {**system.params, "x": system.data["x"], **system.states}

    def loss(p):
        p = dict(p)
        x, states = p.pop("x"), {k: p.pop(k) for k in system.states}
        run = system.forward(p, x, **states)
        value = (adjoints["dh"] * run.h[1:]).sum()
        return value + (adjoints["dc_T"] * run.c[-1]).sum() if "dc_T" in adjoints else value

    gradient = system.cell.backward(system.params, system.run, **adjoints)
    report = numgrad.check_gradient(loss, gradient, inputs)
    assert report.ok, str(report)
    assert {t.method for t in report.tensors} == {"complex step"}
    for name in inputs:  # and it can fail, in every array
        wrong = {**gradient, name: gradient[name].copy()}
        wrong[name].flat[-1] += 1e-4 * np.abs(gradient[name]).max()
        assert not numgrad.check_gradient(loss, wrong, inputs).ok, name


def test_adjoint_identity(system, rng):
    """vᵀ(Ju) = (Jᵀv)ᵀu for the map from the inputs to the states, J at the run's point."""
    adjoints = external(system)
    inputs = {**system.params, "x": system.data["x"], **system.states}
    u = {name: rng.normal(size=value.shape) for name, value in inputs.items()}
    moved = {name: value + 1e-30j * u[name] for name, value in inputs.items()}
    states = {k: moved.pop(k) for k in system.states}
    tangent = system.forward(moved, moved.pop("x"), **states)
    left = (adjoints["dh"] * tangent.h[1:].imag).sum() / 1e-30
    if "dc_T" in adjoints:
        left += (adjoints["dc_T"] * tangent.c[-1].imag).sum() / 1e-30
    gradient = system.cell.backward(system.params, system.run, **adjoints)
    right = sum((gradient[name] * u[name]).sum() for name in inputs)
    assert abs(left - right) < 1e-12 * abs(left)


def test_without_bias_is_with_zero_bias(system, close):
    biases = [name for name in system.params if name.startswith("b")]
    bare = {k: v for k, v in system.params.items() if k not in biases}
    zero = {k: np.zeros_like(v) if k in biases else v for k, v in system.params.items()}
    runs = [system.forward(p, system.data["x"], **system.states) for p in (bare, zero)]
    close(runs[0].h, runs[1].h)
    first, second = (system.cell.backward(p, run, **external(system)) for p, run in zip((bare, zero), runs))
    assert set(first) == set(second) - set(biases)
    for name in first:
        close(first[name], second[name])


@pytest.mark.item("S4.9")
def test_initial_states_default_to_zeros(system, close):
    zero = {k: np.zeros_like(v) for k, v in system.states.items()}
    close(system.forward(system.params, system.data["x"]).h,
          system.forward(system.params, system.data["x"], **zero).h)
    adjoints = external(system)
    close(system.cell.backward(system.params, system.run, adjoints["dh"])["h0"],
          system.cell.backward(system.params, system.run, **{**adjoints, **(
              {"dc_T": np.zeros_like(adjoints["dc_T"])} if "dc_T" in adjoints else {})})["h0"])


@pytest.mark.item("S0.2")
def test_gradients_of_separate_losses_add_up(system, close):
    """S0.2: one sweep for the sum of the losses is the sum of the sweeps, one for each."""
    dh = external(system)["dh"]
    whole = system.cell.backward(system.params, system.run, dh)
    parts = []
    for t in range(len(dh)):
        only = np.zeros_like(dh)
        only[t] = dh[t]
        parts.append(system.cell.backward(system.params, system.run, only))
    for name in whole:
        close(sum(part[name] for part in parts), whole[name])


def test_float32_stays_float32_and_is_near(system):
    def narrow(value):
        return np.asarray(value, np.float32)

    params = {k: narrow(v) for k, v in system.params.items()}
    states = {k: narrow(v) for k, v in system.states.items()}
    run = system.forward(params, narrow(system.data["x"]), **states)
    assert all(v.dtype == np.float32 for v in run if isinstance(v, np.ndarray))
    adjoints = external(system)
    gradient = system.cell.backward(params, run, **{k: narrow(v) for k, v in adjoints.items()})
    exact = system.cell.backward(system.params, system.run, **adjoints)
    for name, value in gradient.items():
        assert value.dtype == np.float32
        assert np.abs(value - exact[name]).max() < 1e-5 * np.abs(exact[name]).max()
    mixed = system.cell.backward(params, run, **adjoints)
    assert all(value.dtype == np.float64 for value in mixed.values())
    # and when only the run is float64
    mixed = system.cell.backward(params, system.run, **{k: narrow(v) for k, v in adjoints.items()})
    assert all(value.dtype == np.float64 for value in mixed.values())


def test_layout_and_dtype_of_the_inputs_do_not_matter(system, close):
    def awkward(value):
        value = np.asfortranarray(np.repeat(value, 2, axis=-1))[..., ::2]  # strided and Fortran-ordered
        value.flags.writeable = False
        return value

    params = {k: awkward(v) for k, v in system.params.items()}
    states = {k: awkward(v) for k, v in system.states.items()}
    run = system.forward(params, awkward(system.data["x"]), **states)
    close(run.h, system.run.h)
    adjoints = external(system)
    gradient = system.cell.backward(params, run, **{k: awkward(v) for k, v in adjoints.items()})
    exact = system.cell.backward(system.params, system.run, **adjoints)
    for name in exact:
        close(gradient[name], exact[name])
    swapped = {k: v.astype(">f4") for k, v in params.items()}  # big-endian, as some files have it
    assert system.forward(swapped, system.data["x"].astype(">f4")).h.dtype == np.float32
    whole = np.ones((2, 1, system.data["x"].shape[2]), int)
    assert system.forward(system.params, whole).h.dtype == np.float64


def test_nothing_is_modified_and_nothing_is_shared(system):
    before = {k: v.copy() for k, v in {**system.params, **system.states, "x": system.data["x"]}.items()}
    kept = [v.copy() for v in system.run if isinstance(v, np.ndarray)]
    adjoints = external(system)
    copies = {k: v.copy() for k, v in adjoints.items()}
    first = system.cell.backward(system.params, system.run, **adjoints)
    first_copy = {k: v.copy() for k, v in first.items()}
    for value in system.cell.backward(system.params, system.run, **adjoints).values():
        value[:] = 0
    again = system.forward(system.params, system.data["x"] * 0.9, **system.states)
    assert not np.array_equal(again.h, system.run.h)
    now = {**system.params, **system.states, "x": system.data["x"]}
    assert all(np.array_equal(now[k], before[k]) for k in before)
    assert all(np.array_equal(adjoints[k], copies[k]) for k in copies)
    assert all(np.array_equal(first[k], first_copy[k]) for k in first)
    arrays = [v for v in system.run if isinstance(v, np.ndarray)]
    assert all(np.array_equal(a, b) for a, b in zip(arrays, kept))


def test_backward_refuses_complex(system):
    adjoints = external(system)
    run = system.forward(system.params, system.data["x"] + 0j)
    with pytest.raises(TypeError, match="run.h has dtype complex128, expected real"):
        system.cell.backward(system.params, run, **adjoints)
    with pytest.raises(TypeError, match="dh has dtype complex128, expected real"):
        system.cell.backward(system.params, system.run, adjoints["dh"] + 0j)
    with pytest.raises(TypeError, match="run is tuple"):
        system.cell.backward(system.params, tuple(system.run), adjoints["dh"])


def test_bad_input_is_named(system):
    cell, params, x = system.cell, system.params, system.data["x"]
    dh, h0 = external(system)["dh"], system.states["h0"]
    cases = [
        (lambda: system.forward(params, x[0]), ValueError, "x has shape (3, 4), expected (T, B, D)"),
        (lambda: system.forward(params, x[:0]), ValueError, "x has shape (0, 3, 4), expected no axis"),
        (lambda: system.forward(params, x[:, :, :3]), ValueError, "D = 3"),
        (lambda: system.forward(params, x, h0=h0[:2]), ValueError, "h0 has shape (2, 5)"),
        (lambda: system.forward({**params, "W_h": params["W_h"][:4]}, x), ValueError, "W_h has shape"),
        (lambda: system.forward({**params, "W_h": params["W_h"].T}, x), ValueError, "has shape")
        if cell is not rnn else None,
        (lambda: system.forward({**params, "bias": h0}, x), ValueError, "unknown 'bias'"),
        (lambda: system.forward({"W_x": params["W_x"]}, x), ValueError, "no W_h"),
        (lambda: system.forward(list(params), x), TypeError, "params is list"),
        (lambda: system.forward(params, x * np.nan), ValueError, "x contains NaN"),
        (lambda: system.forward({**params, "W_x": params["W_x"] * np.inf}, x), ValueError, "W_x contains"),
        (lambda: system.forward(params, x.astype(object)), TypeError, "x has dtype object"),
        (lambda: system.forward(params, x.astype(str)), TypeError, "x has dtype <U"),
        (lambda: system.forward(params, None), TypeError, "x is NoneType"),
        (lambda: cell.backward(params, system.run, dh[1:]), ValueError, "dh has shape (5, 3, 5)"),
        (lambda: cell.backward(params, system.run, dh[:, 1:]), ValueError, "B = 3"),
        (lambda: cell.backward(params, system.run, dh * np.inf), ValueError, "dh contains NaN or inf"),
        (lambda: cell.backward({**params, "U": h0}, system.run, dh), ValueError, "unknown 'U'"),
    ]
    for call, error, words in filter(None, cases):
        with pytest.raises(error) as caught:
            call()
        assert words in str(caught.value), caught.value


@pytest.mark.parametrize("call, error, words", [
    (lambda x: lstm97.forward({}, x, squash="2000"), ValueError, "squash is '2000', expected one of tanh, 1997"),
    (lambda x: gru.forward({}, x, reset=1), TypeError, "reset is int, expected one of after, before"),
    (lambda x: gru.forward(gru.init(2, 3, np.random.default_rng(0)), x, reset="before"), ValueError, "unknown 'b_hn'"),
    (lambda x: rnn.forward(rnn.init(2, 3, np.random.default_rng(0)), x, phi="sin"), ValueError, "phi is 'sin'"),
    (lambda x: rnn.unpack({"W": np.ones((2, 3))}), ValueError, "expected (D + H, H)"),
    (lambda x: rnn.init(2, 3, None), TypeError, "rng is NoneType, expected a numpy.random.Generator"),
    (lambda x: lstm.init(2, 0, None), ValueError, "H is 0, expected an int at least 1"),
    (lambda x: lstm.init(2, 3, None, forget="1"), TypeError, "forget is str"),
    (lambda x: rnn.n_params(None), TypeError, "params is NoneType, expected a dict"),
    (lambda x: rnn.unpack({}), ValueError, "params has no W; expected W"),
    (lambda x: rnn.pack({"W_h": np.ones((3, 3)), "b_h": np.ones(3)}), ValueError,
     "params has no W_x; expected W_x, W_h"),
    (lambda x: rnn.pack([1.0]), TypeError, "params is list, expected a dict"),
    (lambda x: gru.init(2, 3, np.random.default_rng(0), reset="befor"), ValueError,
     "reset is 'befor', expected one of after, before"),
])
def test_bad_options_are_named(call, error, words):
    with pytest.raises(error) as caught:
        call(np.ones((1, 1, 2)))
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["rnn", "lstm", "lstm97", "gru"])
def test_init_gives_params_that_run(name, rng):
    cell = importlib.import_module(f"rnnlib.{name}")
    run = cell.forward(cell.init(3, 4, rng), rng.normal(size=(5, 2, 3)))
    assert run.h.shape == (6, 2, 4)


@pytest.mark.parametrize("cell, blocks", [(rnn, 1), (lstm, 4), (lstm97, 3), (gru, 3)])
def test_initial_weights_are_what_the_docstrings_say(cell, blocks, rng):
    """W_h orthogonal per block, which random entries of the same variance are not; W_x in the range of
    Glorot and Bengio; biases 0 but for the forget gate's."""
    D, H = 30, 20
    params = cell.init(D, H, rng)
    for W in np.split(params["W_h"], blocks, axis=1):
        assert np.abs(W.T @ W - np.eye(H)).max() < 1e-12
    for W in np.split(params["W_x"], blocks, axis=1):
        limit = np.sqrt(6 / (D + H))
        assert 0.9 * limit < np.abs(W).max() <= limit
    expected = {name: np.zeros_like(value) for name, value in params.items() if value.ndim == 1}
    if cell is lstm:
        expected["b"][H : 2 * H] = 1.0  # the forget gate's, by default
    assert expected and all(np.array_equal(params[name], bias) for name, bias in expected.items())
