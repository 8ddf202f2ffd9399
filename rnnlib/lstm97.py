"""The first long short-term memory, without a forget gate (Hochreiter and Schmidhuber, 1997).

    i, o = σ(x_t W_x + h_{t-1} W_h + b),   g = G(the same),   each with its own columns
    c_t = c_{t-1} + i ⊙ g,   h_t = o ⊙ K(c_t)

G and K are tanh, or the 1997 pair G = 4σ - 2, K = 2σ - 1.  Columns are packed in the order i, g, o.
In the paper's truncated gradient, h_{t-1} entering the gates is a constant; then ∂c_t/∂c_{t-1} = I,
the constant error carousel, and a step of the backward pass needs no weights.
"""

from typing import NamedTuple

import numpy as np

from ._arguments import Reader, choice
from ._steps import affine, bias_gradient, blocks, times_transposed, weight_gradient
from ._types import Arrays, Rng
from .initialisers import orthogonal, xavier

SHAPES = {"W_x": "D 3H", "W_h": "H 3H", "b": "3H"}
OPTIONAL = ("b",)

# G(a) = p tanh(a/p) and K(c) = tanh(c/q), since 2σ(a) - 1 = tanh(a/2)
SQUASH = {"tanh": (1, 1), "1997": (2, 2)}


class Run(NamedTuple):
    """What `forward` computed.  c and h have T + 1 entries, the first the initial state."""

    x: np.ndarray  #: (T, B, D) inputs
    i: np.ndarray  #: (T, B, H) input gate
    g: np.ndarray  #: (T, B, H) candidate
    o: np.ndarray  #: (T, B, H) output gate
    c: np.ndarray  #: (T + 1, B, H) cell
    h: np.ndarray  #: (T + 1, B, H) hidden state
    squash: str  #: "tanh" or "1997"


def init(D: int, H: int, rng: Rng) -> Arrays:
    """W_x by Glorot and Bengio (2010), W_h orthogonal per block, b zero."""
    return {
        "W_x": np.hstack([xavier((D, H), rng) for _ in range(3)]),
        "W_h": np.hstack([orthogonal((H, H), rng) for _ in range(3)]),
        "b": np.zeros(3 * H),
    }


def forward(params: Arrays, x: np.ndarray, h0: np.ndarray | None = None,
            c0: np.ndarray | None = None, squash: str = "tanh") -> Run:
    """Runs the network over `x`.

    params: W_x (D, 3H), W_h (H, 3H), optional b (3H,).  x: (T, B, D).  h0, c0: (B, H), zeros if
    None.  squash: "tanh" or "1997".  Returns a `Run`.
    """
    p, q = SQUASH[choice("squash", squash, SQUASH)]
    read = Reader()
    x = read.array("x", x, "T B D")
    weights = read.params(params, SHAPES, OPTIONAL)
    h0, c0 = read.optional("h0", h0, "B H"), read.optional("c0", c0, "B H")
    x, W_x, W_h, b = read.cast(x, *weights)
    z, h, c = read.fresh(3, h0, c0)

    # all three blocks are scale · tanh(a · inner) + rest: for the gates σ(a) = ½ + ½ tanh(a/2)
    inner, scale, rest = (
        np.repeat(np.array(factors, h.real.dtype), h.shape[-1])
        for factors in ((0.5, 1 / p, 0.5), (0.5, p, 0.5), (0.5, 0, 0.5))
    )
    affine(x, W_x * inner, None if b is None else b * inner, out=z)
    W_h = np.multiply(W_h, inner, order="F")
    i, g, o = blocks(z, 3)
    for z_t, i_t, g_t, o_t, c_prev, c_t, h_prev, h_t in zip(z, i, g, o, c, c[1:], h, h[1:]):
        z_t += h_prev.dot(W_h)
        np.tanh(z_t, z_t)
        z_t *= scale
        z_t += rest
        np.add(c_prev, i_t * g_t, c_t)
        np.multiply(o_t, np.tanh(c_t / q), h_t)
    return Run(x, i, g, o, c, h, squash)


def backward(params: Arrays, run: Run, dh: np.ndarray, dc_T: np.ndarray | None = None,
             truncated: bool = False) -> Arrays:
    """The gradient of a loss on the states, or with truncated=True that of the 1997 paper.

    params, run: as given to and by `forward`.  dh: (T, B, H), the loss's adjoints that reach
    h[1:] from outside.  dc_T: (B, H), the adjoint of the last cell, zeros if None.  Returns a
    dict with the names of params, and x (T, B, D), h0 and c0 (B, H).
    """
    if not isinstance(truncated, (bool, np.bool_)):
        raise TypeError(f"truncated is {type(truncated).__name__}, expected True or False")
    read = Reader(allow_complex=False)
    read.run(run, Run)
    W_x, W_h, _ = read.params(params, SHAPES, OPTIONAL)
    dh, dc_T = read.array("dh", dh, "T B H"), read.optional("dc_T", dc_T, "B H")
    W_x, W_h, dh, dc_T = read.cast(W_x, W_h, dh, dc_T)

    da, dh_dc = slopes(run)
    da = da.astype(dh.dtype, copy=False)
    W_hT, future = W_h.T, np.zeros_like(dh[0])
    dc = np.zeros_like(dh[0]) if dc_T is None else dc_T.copy()
    steps = (da.reshape(*dh.shape[:2], -1), da[:, :, :2], da[:, :, 2], dh, dh_dc)
    for da_t, da_ig, da_o, dh_t, dh_dc_t in zip(*(step[::-1] for step in steps)):
        dh_total = dh_t + future
        dc += dh_total * dh_dc_t
        da_o *= dh_total
        da_ig *= dc[:, None]
        if not truncated:
            future = da_t.dot(W_hT)

    da = da.reshape(*dh.shape[:2], -1)
    gradient = {"W_x": weight_gradient(run.x, da), "W_h": weight_gradient(run.h[:-1], da)}
    if "b" in params:
        gradient["b"] = bias_gradient(da)
    return {**gradient, "x": times_transposed(da, W_x), "h0": future, "c0": dc}


def slopes(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """The factors of the backward sweep, for all steps at once.

    Returns ∂c_t/∂a_i, ∂c_t/∂a_g, ∂h_t/∂a_o in one (T, B, 3, H) array;  ∂h_t/∂c_t (T, B, H).
    """
    p, q = SQUASH[run.squash]
    i, g, o = run.i, run.g, run.o
    squashed = np.tanh(run.c[1:] / q)
    slope = np.stack([g * i * (1 - i), i * (1 - (g / p) ** 2), squashed * o * (1 - o)], axis=2)
    return slope, o * (1 - squashed * squashed) / q
