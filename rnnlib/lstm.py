"""Long short-term memory with a forget gate (Gers, Schmidhuber and Cummins, 2000).

    i, f, o = σ(x_t W_x + h_{t-1} W_h + b),   g = tanh(the same),   each with its own columns
    c_t = f ⊙ c_{t-1} + i ⊙ g,   h_t = o ⊙ tanh(c_t)

Columns are packed in the order i, f, g, o.  Peepholes (Gers and Schmidhuber, 2000) let i and f
see c_{t-1} ⊙ p_i, c_{t-1} ⊙ p_f, and o see c_t ⊙ p_o.  Memory per step, beside the input: 6 B H
for the run (i, f, g, o, c, h), and 5 B H for slopes and adjoints in the backward pass.
"""

from typing import NamedTuple

import numpy as np

from ._arguments import Reader, count, real
from ._steps import affine, bias_gradient, blocks, times_transposed, weight_gradient
from ._types import Arrays, Rng
from .initialisers import orthogonal, xavier

SHAPES = {"W_x": "D 4H", "W_h": "H 4H", "b": "4H", "p_i": "H", "p_f": "H", "p_o": "H"}
OPTIONAL = ("b", "p_i", "p_f", "p_o")


class Run(NamedTuple):
    """What `forward` computed.  c and h have T + 1 entries, the first the initial state."""

    x: np.ndarray  #: (T, B, D) inputs
    i: np.ndarray  #: (T, B, H) input gate
    f: np.ndarray  #: (T, B, H) forget gate
    g: np.ndarray  #: (T, B, H) candidate
    o: np.ndarray  #: (T, B, H) output gate
    c: np.ndarray  #: (T + 1, B, H) cell
    h: np.ndarray  #: (T + 1, B, H) hidden state


def init(D: int, H: int, rng: Rng, forget: float = 1.0) -> Arrays:
    """W_x by Glorot and Bengio (2010), W_h orthogonal per gate, b zero but `forget` for f."""
    b = np.zeros(4 * count("H", H, 1))
    b[H : 2 * H] = real("forget", forget)
    return {
        "W_x": np.hstack([xavier((D, H), rng) for _ in range(4)]),
        "W_h": np.hstack([orthogonal((H, H), rng) for _ in range(4)]),
        "b": b,
    }


def forward(params: Arrays, x: np.ndarray, h0: np.ndarray | None = None,
            c0: np.ndarray | None = None) -> Run:
    """Runs the network over `x`.

    params: W_x (D, 4H), W_h (H, 4H); optional b (4H,), p_i, p_f, p_o (H,).  x: (T, B, D).
    h0, c0: (B, H), zeros if None.  Returns a `Run`.
    """
    read = Reader()
    x = read.array("x", x, "T B D")
    weights = read.params(params, SHAPES, OPTIONAL)
    h0, c0 = read.optional("h0", h0, "B H"), read.optional("c0", c0, "B H")
    x, W_x, W_h, b, *peepholes = read.cast(x, *weights)
    z, h, c = read.fresh(4, h0, c0)

    # σ(a) = ½ + ½ tanh(a/2): with the halves in the weights, one tanh serves all four
    B, H = h.shape[1:]
    half = np.repeat(np.array([0.5, 0.5, 1, 0.5], h.real.dtype), H)
    # broadcast rows would cost thrice as much when B H is small
    scale, rest = np.tile(half, (B, 1)), np.tile(1 - half, (B, 1))
    affine(x, W_x * half, None if b is None else b * half, out=z)
    W_h = np.multiply(W_h, half, order="F")
    i, f, g, o = blocks(z, 4)
    peephole = any(p is not None for p in peepholes)
    if peephole:
        p_i, p_f, p_o = (0.5 * p if p is not None else 0 for p in peepholes)
    for z_t, i_t, f_t, g_t, o_t, c_prev, c_t, h_prev, h_t in zip(z, i, f, g, o, c, c[1:], h, h[1:]):
        z_t += h_prev.dot(W_h)
        if peephole:
            i_t += p_i * c_prev
            f_t += p_f * c_prev
            a_o = o_t.copy()
        np.tanh(z_t, z_t)
        z_t *= scale
        z_t += rest
        np.multiply(f_t, c_prev, c_t)
        c_t += i_t * g_t
        if peephole:
            o_t[:] = 0.5 + 0.5 * np.tanh(a_o + p_o * c_t)
        np.tanh(c_t, h_t)
        h_t *= o_t
    return Run(x, i, f, g, o, c, h)


def backward(params: Arrays, run: Run, dh: np.ndarray, dc_T: np.ndarray | None = None) -> Arrays:
    """The gradient of a loss on the states, by one sweep from step T to step 1.

    params, run: as given to and by `forward`.  dh: (T, B, H), the loss's adjoints that reach
    h[1:] from outside.  dc_T: (B, H), the adjoint of the last cell, zeros if None.  Returns a
    dict with the names of params, and x (T, B, D), h0 and c0 (B, H).
    """
    read = Reader(allow_complex=False)
    read.run(run, Run)
    W_x, W_h, *_ = read.params(params, SHAPES, OPTIONAL)
    dh, dc_T = read.array("dh", dh, "T B H"), read.optional("dc_T", dc_T, "B H")
    W_x, W_h, dh, dc_T = read.cast(W_x, W_h, dh, dc_T)

    da, dh_dc, dc_dc = slopes(params, run)
    da = da.astype(dh.dtype, copy=False)
    W_hT, future = W_h.T, np.zeros_like(dh[0])
    dc = np.zeros_like(dh[0]) if dc_T is None else dc_T.copy()
    steps = (da.reshape(*dh.shape[:2], -1), da[:, :, :3], da[:, :, 3], dh, dh_dc, dc_dc)
    for da_t, da_ifg, da_o, dh_t, dh_dc_t, dc_dc_t in zip(*(step[::-1] for step in steps)):
        dh_total = dh_t + future
        dc += dh_total * dh_dc_t
        da_o *= dh_total
        da_ifg *= dc[:, None]
        dc *= dc_dc_t
        future = da_t.dot(W_hT)

    peepholes = peephole_gradients(params, run, da)
    da = da.reshape(*dh.shape[:2], -1)
    gradient = {"W_x": weight_gradient(run.x, da), "W_h": weight_gradient(run.h[:-1], da)}
    if "b" in params:
        gradient["b"] = bias_gradient(da)
    return {**gradient, **peepholes, "x": times_transposed(da, W_x), "h0": future, "c0": dc}


def slopes(params: Arrays, run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The factors of the backward sweep, for all steps at once.

    Returns ∂c_t/∂a_i, ∂c_t/∂a_f, ∂c_t/∂a_g, ∂h_t/∂a_o in one (T, B, 4, H) array;  ∂h_t/∂c_t
    (T, B, H);  ∂c_t/∂c_{t-1} with h_{t-1} held (T, B, H).
    """
    x, i, f, g, o, c, h = run
    read = Reader()
    read.sizes = {"H": i.shape[2]}
    p_i, p_f, p_o = (read.optional(name, params.get(name), "H") for name in ("p_i", "p_f", "p_o"))
    slope = np.empty((*i.shape[:2], 4, i.shape[2]), i.dtype)
    slope_i, slope_f, slope_g, slope_o = (slope[:, :, k] for k in range(4))
    tanh_c = np.tanh(c[1:])
    # one factor at a time and in place: for long runs, fresh memory costs more than arithmetic
    for gate, factor, out in ((i, g, slope_i), (f, c[:-1], slope_f), (o, tanh_c, slope_o)):
        np.subtract(1, gate, out)
        out *= gate
        out *= factor
    np.multiply(g, g, slope_g)
    np.subtract(1, slope_g, slope_g)
    slope_g *= i
    dh_dc = tanh_c
    dh_dc *= tanh_c
    np.subtract(1, dh_dc, dh_dc)
    dh_dc *= o
    dc_dc = f
    if p_i is not None:
        dc_dc = dc_dc + slope_i * p_i
    if p_f is not None:
        dc_dc = dc_dc + slope_f * p_f
    if p_o is not None:
        dh_dc = dh_dc + slope_o * p_o
    return slope, dh_dc, dc_dc


def peephole_gradients(params: Arrays, run: Run, da: np.ndarray) -> Arrays:
    """dp_i = Σ da_i ⊙ c_{t-1},  dp_f = Σ da_f ⊙ c_{t-1},  dp_o = Σ da_o ⊙ c_t, those in params."""
    sees = {"p_i": (0, run.c[:-1]), "p_f": (1, run.c[:-1]), "p_o": (3, run.c[1:])}
    return {
        name: np.einsum("tbh,tbh->h", da[:, :, gate], cell)
        for name, (gate, cell) in sees.items()
        if name in params
    }
