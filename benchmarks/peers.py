"""The same gradients by others: straightforward NumPy, PyTorch's layers, HIPS autograd.

Each entry of PEERS maps (cell, params, x, dh) to a function without arguments that runs forward
and backward, and returns the gradient of W_h to show that it is the same; or to None where the
peer has no such cell.  A library that is not installed is reported as absent.
"""

import numpy as np

from rnnlib import gru, lstm, rnn

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None
try:
    import autograd
    import autograd.numpy as anp
except ImportError:
    autograd = None

CELLS = {"RNN": rnn, "LSTM": lstm, "GRU": gru}


def ours(cell, params, x, dh):
    module = CELLS[cell]
    return lambda: module.backward(params, module.forward(params, x), dh)["W_h"]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def straightforward(cell, params, x, dh):
    """NumPy as one writes it first: everything step by step, gradients accumulated in the loop."""
    return lambda: {"RNN": plain_rnn, "LSTM": plain_lstm, "GRU": plain_gru}[cell](params, x, dh)


def plain_rnn(p, x, dh):
    W_x, W_h, b = p["W_x"], p["W_h"], p["b_h"]
    T, B, H = dh.shape
    h = np.zeros((T + 1, B, H), x.dtype)
    for t in range(T):
        h[t + 1] = np.tanh(x[t] @ W_x + h[t] @ W_h + b)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(b)
    dx, dh_next = np.zeros_like(x), np.zeros((B, H), x.dtype)
    for t in reversed(range(T)):
        da = (dh[t] + dh_next) * (1 - h[t + 1] ** 2)
        dW_x += x[t].T @ da
        dW_h += h[t].T @ da
        db += da.sum(axis=0)
        dx[t] = da @ W_x.T
        dh_next = da @ W_h.T
    return dW_h


def plain_lstm(p, x, dh):
    W_x, W_h, b = p["W_x"], p["W_h"], p["b"]
    T, B, H = dh.shape
    h, c, steps = np.zeros((B, H), x.dtype), np.zeros((B, H), x.dtype), []
    for t in range(T):
        a = x[t] @ W_x + h @ W_h + b
        i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 3 * H :])
        g = np.tanh(a[:, 2 * H : 3 * H])
        steps.append((h, c, i, f, g, o))
        c = f * c + i * g
        h = o * np.tanh(c)
        steps[-1] += (np.tanh(c),)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(b)
    dx, dh_next, dc = np.zeros_like(x), np.zeros((B, H), x.dtype), np.zeros((B, H), x.dtype)
    for t in reversed(range(T)):
        h_prev, c_prev, i, f, g, o, tanh_c = steps[t]
        dh_t = dh[t] + dh_next
        dc = dc + dh_t * o * (1 - tanh_c**2)
        da = np.hstack([
            dc * g * i * (1 - i),
            dc * c_prev * f * (1 - f),
            dc * i * (1 - g**2),
            dh_t * tanh_c * o * (1 - o),
        ])
        dc = dc * f
        dW_x += x[t].T @ da
        dW_h += h_prev.T @ da
        db += da.sum(axis=0)
        dx[t] = da @ W_x.T
        dh_next = da @ W_h.T
    return dW_h


def plain_gru(p, x, dh):
    W_x, W_h, b, b_hn = p["W_x"], p["W_h"], p["b"], p["b_hn"]
    T, B, H = dh.shape
    h, steps = np.zeros((B, H), x.dtype), []
    for t in range(T):
        a, v = x[t] @ W_x + b, h @ W_h
        r, z = sigmoid(a[:, :H] + v[:, :H]), sigmoid(a[:, H : 2 * H] + v[:, H : 2 * H])
        u = v[:, 2 * H :] + b_hn
        n = np.tanh(a[:, 2 * H :] + r * u)
        steps.append((h, r, z, n, u))
        h = (1 - z) * n + z * h
    dW_x, dW_h, db, db_hn = (np.zeros_like(w) for w in (W_x, W_h, b, b_hn))
    dx, dh_next = np.zeros_like(x), np.zeros((B, H), x.dtype)
    for t in reversed(range(T)):
        h_prev, r, z, n, u = steps[t]
        dh_t = dh[t] + dh_next
        da_n = dh_t * (1 - z) * (1 - n**2)
        da_z = dh_t * (h_prev - n) * z * (1 - z)
        da_r = da_n * u * r * (1 - r)
        da, dv = np.hstack([da_r, da_z, da_n]), np.hstack([da_r, da_z, da_n * r])
        dW_x += x[t].T @ da
        dW_h += h_prev.T @ dv
        db += da.sum(axis=0)
        db_hn += (da_n * r).sum(axis=0)
        dx[t] = da @ W_x.T
        dh_next = dv @ W_h.T + dh_t * z
    return dW_h


def torch_layer(cell, params, x, dh):
    """PyTorch's own layer and its backward pass, gradients of weights and input."""
    if torch is None:
        return None
    (D, _), H = params["W_x"].shape, dh.shape[-1]
    layer = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[cell](D, H)
    layer = layer.to(torch.from_numpy(x).dtype)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.from_numpy(params["W_x"].T.copy()))
        layer.weight_hh_l0.copy_(torch.from_numpy(params["W_h"].T.copy()))
        layer.bias_ih_l0.copy_(torch.from_numpy(params["b_h" if cell == "RNN" else "b"]))
        layer.bias_hh_l0.zero_()
    inputs, outside = torch.from_numpy(x).clone().requires_grad_(), torch.from_numpy(dh)

    def run():
        layer.zero_grad(set_to_none=True)
        inputs.grad = None
        layer(inputs)[0].backward(outside)
        return layer.weight_hh_l0.grad.numpy().T

    return run


def hips_autograd(cell, params, x, dh):
    """The forward pass step by step, differentiated by HIPS autograd."""
    if autograd is None:
        return None
    H, zeros = dh.shape[-1], np.zeros(dh.shape[1:], x.dtype)

    def sigmoid(a):
        return 0.5 * (anp.tanh(0.5 * a) + 1)

    def loss(p, x):
        h, c, total = zeros, zeros, 0.0
        for x_t, dh_t in zip(x, dh):
            if cell == "RNN":
                h = anp.tanh(anp.dot(x_t, p["W_x"]) + anp.dot(h, p["W_h"]) + p["b_h"])
            elif cell == "LSTM":
                a = anp.dot(x_t, p["W_x"]) + anp.dot(h, p["W_h"]) + p["b"]
                i, f, o = sigmoid(a[:, :H]), sigmoid(a[:, H : 2 * H]), sigmoid(a[:, 3 * H :])
                c = f * c + i * anp.tanh(a[:, 2 * H : 3 * H])
                h = o * anp.tanh(c)
            else:
                a, v = anp.dot(x_t, p["W_x"]) + p["b"], anp.dot(h, p["W_h"])
                rz = sigmoid(a[:, : 2 * H] + v[:, : 2 * H])
                n = anp.tanh(a[:, 2 * H :] + rz[:, :H] * (v[:, 2 * H :] + p["b_hn"]))
                h = n + rz[:, H:] * (h - n)
            total = total + anp.sum(h * dh_t)
        return total

    gradient = autograd.grad(loss, (0, 1))
    return lambda: gradient(params, x)[0]["W_h"]


PEERS = {"torch": torch_layer, "plain NumPy": straightforward, "autograd": hips_autograd}
