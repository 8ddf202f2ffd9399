"""What the comparison with the oracle is worth: plausible wrong lines, each of which it must catch.

A line of a module is replaced, the module is compiled anew, and its gradient must then leave the
oracle's by a thousand times more than what the tests allow.
"""

import inspect
import types

import numpy as np
import pytest

from rnnlib import gru, lstm, lstm97, rnn, truncated

MISTAKES = [
    (rnn, "future = da_t.dot(W_hT)", "future = da_t.dot(W_hT.T)", "transposed W_h"),
    (rnn, "da_t *= dh_t + future", "da_t *= dh_t", "no recurrent path"),
    (rnn, '"W_h": weight_gradient(run.h[:-1], da)', '"W_h": weight_gradient(run.h[1:], da)', "h_t for h_{t-1}"),
    (rnn, "a_t += h_prev.dot(W_h)", "a_t += h_prev.dot(W_h) * (t := 1.001)", "forward off by 0.1 %"),
    (lstm, "dc += dh_total * dh_dc_t", "dc += dh_t * dh_dc_t", "dh from outside only"),
    (lstm, "        dc *= dc_dc_t\n", "", "no forget gate on the way back"),
    (lstm, "else dc_T.copy()", "else 0 * dc_T", "dc_T ignored"),
    (lstm, "future = da_t.dot(W_hT)", "future = 0.0", "gates do not hear h_{t-1}"),
    (lstm, "    slope_g *= i\n", "    slope_g *= f\n", "candidate through the wrong gate"),
    (lstm97, "dc += dh_total * dh_dc_t", "dc = dc * 0.9 + dh_total * dh_dc_t", "the carousel leaks"),
    (lstm97, "if not truncated:", "if truncated:", "the wrong gradient"),
    (lstm97, "i * (1 - (g / p) ** 2)", "i * (1 - g * g)", "slope of tanh for 4σ - 2"),
    (gru, "future += dh_total * z_t", "future += dh_total * (1 - z_t)", "z and 1 - z exchanged"),
    (gru, "    np.multiply(da_n, r, du)\n", "    du[:] = da_n\n", "reset gate forgotten"),
    (gru, "    du[:] = da_n", "    ()", "x seen through the reset gate"),
]


def gradients(module, system, oracle):
    """The module's gradients on the oracle's instance, and the oracle's, packed alike."""
    data = oracle(system)
    gates = {"lstm": "ifgo", "lstm97": "igo", "gru": "rzn"}.get(module.__name__.split(".")[-1])

    def packed(prefix):
        if gates is None:
            return {name: data[prefix + name] for name in rnn.SHAPES}
        return {
            "W_x": np.hstack([data[f"{prefix}W_x{k}"] for k in gates]),
            "W_h": np.hstack([data[f"{prefix}W_h{k}"] for k in gates]),
            "b": np.hstack([data[f"{prefix}b_{k}"] for k in gates]),
            **{k: data[prefix + k] for k in ("p_i", "p_f", "p_o", "b_hn") if prefix + k in data},
        }

    states = {k: data[k] for k in ("h0", "c0") if k in data}
    options = {"squash": "1997"} if system == "lstm97_orig" else {}
    params = packed("p_")
    run = module.forward(params, data["x"], **states, **options)
    if gates is None:
        dh = (data["f_yhat"] - data["y"]) @ data["p_W_y"].T
        return module.backward(params, run, dh), {**packed("g_"), "x": data["g_x"], "h0": data["g_h0"]}
    extra = {"dc_T": data["ext_dcT"]} if "c0" in states else {}
    inputs = {k: data[f"gext_{k}"] for k in ("x", *states)}
    return module.backward(params, run, data["ext_dh"], **extra), {**packed("gext_"), **inputs}


def worst(module, system, oracle):
    got, want = gradients(module, system, oracle)
    return max(np.abs(got[k] - want[k]).max() / np.abs(want[k]).max() for k in want)


SYSTEM = {rnn: "general_tanh_softmax_ce", lstm: "lstm", lstm97: "lstm97_orig", gru: "gru_after"}


@pytest.mark.parametrize("module, right, wrong", [m[:3] for m in MISTAKES], ids=[m[3] for m in MISTAKES])
def test_the_oracle_catches(module, right, wrong, oracle):
    source = inspect.getsource(module)
    assert source.count(right) >= 1
    broken = types.ModuleType(module.__name__)
    broken.__package__ = "rnnlib"
    exec(compile(source.replace(right, wrong), module.__name__, "exec"), broken.__dict__)
    assert worst(module, SYSTEM[module], oracle) < 1e-11
    assert worst(broken, SYSTEM[module], oracle) > 1e-8


def test_the_oracle_catches_a_window_one_hop_too_long(oracle):
    data = oracle("tbptt")
    params = {name: data[f"p_{name}"] for name in rnn.SHAPES}
    run = rnn.forward(params, data["x"], data["h0"])
    dh = (data["f_yhat"] - data["y"]) @ data["p_W_y"].T
    got = truncated.window(params, run, dh, 3)
    assert np.abs(got["W_h"] - data["a_tau3_W_h"]).max() < 1e-11
    assert np.abs(got["W_h"] - data["a_tau2_W_h"]).max() > 1e-4
