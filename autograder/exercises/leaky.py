"""The leaky integrator  h_t = (1 - α) h_{t-1} + α tanh(x_t W_x + h_{t-1} W_h + b).

The opening example of lesson 00: a backward pass to break.  No exercise asks for it, so
nothing is given away.  Its gradients are taken here by complex step, not by a backward pass.
"""

import numpy as np

from rnnlib import numgrad

ALPHA = 0.6


def instance(seed, sizes=None):
    """(params, x, h, dh): T, B, D, H as given, or all distinct, twice; then a square one."""
    rng = np.random.default_rng([1, seed])
    T, B, D, H = sizes or ((4, 2, 3, 5), (5, 3, 2, 4), (4, 4, 4, 4))[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.7,
        "W_h": rng.normal(size=(H, H)) * 0.7,
        "b": rng.normal(size=H) * 0.5,
    }
    x, h0 = rng.normal(size=(T, B, D)), rng.normal(size=(B, H)) * 0.7
    return params, x, states(params, x, h0), rng.normal(size=(T, B, H))


def states(params, x, h0):
    """h (T+1, B, H) with h[0] = h0.  W_h may have a leading axis, one copy per step."""
    W_h = np.broadcast_to(params["W_h"], (len(x), *params["W_h"].shape[-2:]))
    h = [h0]
    for t in range(len(x)):
        a = x[t] @ params["W_x"] + h[t] @ W_h[t] + params["b"]
        h.append((1 - ALPHA) * h[t] + ALPHA * np.tanh(a))
    return np.array(h)


def gradients(params, x, h, dh):
    """The gradient of Σ <dh_t, h_t> by complex step, for every parameter and input."""

    def loss(p):
        return (states(p, p["x"], p["h0"])[1:] * dh).sum()

    point = {**params, "x": x, "h0": h[0]}
    return {
        name: numgrad.complex_step(lambda v, name=name: loss({**point, name: v}), value)
        for name, value in point.items()
    }


def contributions(params, x, h, dh):
    """((T, T, H, H), "W_h"): what the loss at step t gives through the use of W_h at step s."""
    T = len(x)
    copies = np.repeat(params["W_h"][None], T, axis=0)

    def losses(W):
        return (states({**params, "W_h": W}, x, h[0])[1:] * dh).sum(axis=(1, 2))

    return numgrad.complex_step(losses, copies), "W_h"
