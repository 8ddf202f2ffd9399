"""Parity with PyTorch's layers, where PyTorch is installed: an implementation by other hands."""

import numpy as np
import pytest

from rnnlib import gru, linear, losses, lru, lstm, min_gru, rnn, training

torch = pytest.importorskip("torch", reason="PyTorch is not installed; parity with its layers is not tested")

T, B, D, H = 7, 3, 4, 5
CELLS = {"rnn": rnn, "rnn_relu": rnn, "lstm": lstm, "gru": gru}


@pytest.fixture(params=CELLS)
def pair(request, rng):
    """Our cell, its params, options, and PyTorch's layer with the same weights."""
    name, cell = request.param, CELLS[request.param]
    params = {k: rng.normal(size=v.shape) for k, v in cell.init(D, H, rng).items()}
    kind = {"rnn": torch.nn.RNN, "rnn_relu": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[name]
    options = {"phi": "relu"} if name == "rnn_relu" else {}
    layer = kind(D, H, dtype=torch.float64, **({"nonlinearity": "relu"} if options else {}))
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(params["W_x"].T.copy()))
        layer.weight_hh_l0.copy_(torch.from_numpy(params["W_h"].T.copy()))
        layer.bias_ih_l0.copy_(torch.from_numpy(params["b_h" if cell is rnn else "b"]))
        layer.bias_hh_l0.zero_()
        if cell is gru:
            layer.bias_hh_l0[2 * H :] = torch.from_numpy(params["b_hn"])
    return cell, params, options, layer


def test_states_and_gradients_equal_those_of_the_layer(pair, rng, close):
    cell, params, options, layer = pair
    x, dh, h0, c0 = (rng.normal(size=s) for s in ((T, B, D), (T, B, H), (B, H), (B, H)))
    states = {"h0": h0, "c0": c0} if cell is lstm else {"h0": h0}
    tensors = {k: torch.from_numpy(v)[None].requires_grad_() for k, v in states.items()}
    inputs = torch.from_numpy(x).requires_grad_()
    start = tuple(tensors.values()) if cell is lstm else tensors["h0"]
    out, last = layer(inputs, start)
    loss = (out * torch.from_numpy(dh)).sum()
    adjoints = {"dh": dh}
    if cell is lstm:
        adjoints["dc_T"] = rng.normal(size=(B, H))
        loss = loss + (last[1][0] * torch.from_numpy(adjoints["dc_T"])).sum()
    loss.backward()
    run = cell.forward(params, x, **states, **options)
    gradient = cell.backward(params, run, **adjoints)
    close(run.h[1:], out.detach().numpy())
    close(gradient["x"], inputs.grad.numpy())
    close(gradient["W_x"], layer.weight_ih_l0.grad.numpy().T)
    close(gradient["W_h"], layer.weight_hh_l0.grad.numpy().T)
    close(gradient["b_h" if cell is rnn else "b"], layer.bias_ih_l0.grad.numpy())
    if cell is gru:
        close(gradient["b_hn"], layer.bias_hh_l0.grad.numpy()[2 * H :])
    for name, tensor in tensors.items():
        close(gradient[name], tensor.grad.numpy()[0])
    if cell is rnn:  # the comparison can fail: a transposed gradient has the same shape here
        assert np.abs(gradient["W_h"] - layer.weight_hh_l0.grad.numpy()).max() > 1e-3


def test_losses_equal(rng, close):
    o, classes = rng.normal(size=(T * B, H)), rng.integers(0, H, T * B)
    logits = torch.from_numpy(o).requires_grad_()
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(classes), reduction="sum")
    loss.backward()
    ours, do = losses.softmax_cross_entropy(o, np.eye(H)[classes])
    close(ours, loss.item())
    close(do, logits.grad.numpy())


def test_adam_takes_the_same_steps(rng, close):
    w = rng.normal(size=(3, 4))
    tensor = torch.from_numpy(w.copy()).requires_grad_()
    other, adam, params = torch.optim.Adam([tensor], lr=0.01), training.Adam(lr=0.01), {"w": w}
    for _ in range(20):
        g = rng.normal(size=w.shape)
        tensor.grad = torch.from_numpy(g)
        other.step()
        params = adam.update(params, {"w": g})
    close(params["w"], tensor.detach().numpy())


def test_a_complex_scan_has_the_gradient_of_autograd_in_its_convention(rng, close):
    a, b, h0, dh = (rng.normal(size=s) + 1j * rng.normal(size=s) for s in ((T, B, H), (T, B, H), (B, H), (T, B, H)))
    leaves = {n: torch.from_numpy(v).requires_grad_() for n, v in (("a", a), ("b", b), ("h0", h0))}
    h, loss = leaves["h0"], 0.0
    for t in range(T):
        h = leaves["a"][t] * h + leaves["b"][t]
        loss = loss + (h.real * torch.from_numpy(dh[t].real) + h.imag * torch.from_numpy(dh[t].imag)).sum()
    loss.backward()
    for tree in (False, True):
        gradient = linear.backward(linear.forward(a, b, h0, tree), dh, tree)
        for name, leaf in leaves.items():
            close(gradient[name], leaf.grad.numpy())


@pytest.mark.parametrize("normalise", [True, False])
def test_the_linear_recurrent_unit_has_the_gradient_of_autograd(normalise, rng, close):
    params = lru.init(D, H, rng, 0.4, 0.95)
    x, dh = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H)) + 1j * rng.normal(size=(T, B, H))
    leaves = {name: torch.from_numpy(v).requires_grad_() for name, v in {**params, "x": x}.items()}
    decay = torch.exp(leaves["nu"])
    lam = torch.exp(torch.complex(-decay, leaves["theta"]))
    gamma = torch.sqrt(1 - torch.exp(-2 * decay)) if normalise else 1.0
    u = torch.complex(leaves["x"] @ leaves["W_re"], leaves["x"] @ leaves["W_im"])
    h, loss = torch.zeros((B, H), dtype=torch.complex128), 0.0
    for t in range(T):
        h = lam * h + gamma * u[t]
        loss = loss + (torch.conj(torch.from_numpy(dh[t])) * h).real.sum()
    loss.backward()
    gradient = lru.backward(params, lru.forward(params, x, normalise=normalise), dh)
    for name, leaf in leaves.items():
        close(gradient[name], leaf.grad.numpy())


def test_the_minimal_gru_has_the_gradient_of_autograd(rng, close):
    params = {"W_x": rng.normal(size=(D, 2 * H)), "b": rng.normal(size=2 * H)}
    x, h0, dh = (rng.normal(size=s) for s in ((T, B, D), (B, H), (T, B, H)))
    leaves = {name: torch.from_numpy(v).requires_grad_() for name, v in {**params, "x": x, "h0": h0}.items()}
    a = leaves["x"] @ leaves["W_x"] + leaves["b"]
    z, n, h, loss = torch.sigmoid(a[..., :H]), a[..., H:], leaves["h0"], 0.0
    for t in range(T):
        h = (1 - z[t]) * n[t] + z[t] * h
        loss = loss + (h * torch.from_numpy(dh[t])).sum()
    loss.backward()
    gradient = min_gru.backward(params, min_gru.forward(params, x, h0), dh)
    for name, leaf in leaves.items():
        close(gradient[name], leaf.grad.numpy())
