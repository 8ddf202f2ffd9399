"""The leaky integrator  h_t = (1 - α) h_{t-1} + α tanh(x_t W_x + h_{t-1} W_h + b).

The opening example of lesson 00: a backward pass to break.  No exercise asks for it, so
nothing is given away.  Its gradients are taken here by complex step, not by a backward pass.
"""

import numpy as np

ALPHA = 0.6
TINY = 1e-30  # a complex step this short leaves the real part alone, and is exact


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
    """h (T+1, B, H) with h[0] = h0.

    W_h may be (T, H, H), one copy per step.  Every array may have further axes in front, the same
    for all: then so has the result, with the steps in front of them.
    """
    W_x, W_h, b = params["W_x"], params["W_h"], params["b"]
    driven = x @ W_x[..., None, :, :] + b[..., None, None, :]
    copies = W_h.ndim > W_x.ndim
    h = [h0]
    for t in range(x.shape[-3]):
        W = W_h[..., t, :, :] if copies else W_h
        a = driven[..., t, :, :] + h[t] @ W
        h.append((1 - ALPHA) * h[t] + ALPHA * np.tanh(a))
    return np.array(h)


def gradients(params, x, h, dh):
    """The gradient of Σ <dh_t, h_t> by complex step, for every parameter and input."""
    point = {**params, "x": x, "h0": h[0]}
    return {name: part.sum(axis=-1) for name, part in _by_step(point, dh).items()}


def contributions(params, x, h, dh):
    """((T, T, H, H), "W_h"): what the loss at step t gives through the use of W_h at step s."""
    copies = np.repeat(params["W_h"][None], len(x), axis=0)
    by_use = _by_step({**params, "W_h": copies, "x": x, "h0": h[0]}, dh, ["W_h"])["W_h"]
    return np.moveaxis(by_use, -1, 0), "W_h"


def _by_step(point, dh, names=None):
    """{name: (*shape, T)}, the derivative of <dh_t, h_t> for every entry of the arrays `names`.

    A complex step along every entry, all of them in one forward pass.
    """
    names = names or list(point)
    sizes = [point[name].size for name in names]
    starts, n = np.cumsum([0, *sizes]), sum(sizes)
    moved = {name: np.broadcast_to(value, (n, *value.shape)) for name, value in point.items()}
    for name, start, size in zip(names, starts, sizes):
        step = np.zeros((n, size))
        step[start : start + size] = np.eye(size)
        moved[name] = point[name] + 1j * TINY * step.reshape(n, *point[name].shape)
    h = states(moved, moved["x"], moved["h0"])[1:]
    slopes = np.einsum("tnbh,tbh->nt", h.imag / TINY, dh)
    parts = np.split(slopes, starts[1:-1])
    return {name: part.reshape(*point[name].shape, -1) for name, part in zip(names, parts)}
