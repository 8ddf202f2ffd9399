"""The minimal GRU: a gated unit whose gate and candidate read the input and no state (Feng et al., 2024).

    z = σ(x_t W_xz + b_z),   n = x_t W_xn + b_n,   h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}

z weighs the old state, as in `gru`; the paper writes z for our 1 - z.  Columns are packed in the order
z, n.  Given z and n, the states are those of `linear` with a = z and b = (1 - z) ⊙ n, and dh_t/dh_{t-1}
is the gate, diag(z), exactly.
"""

from typing import NamedTuple

import numpy as np

from . import linear
from ._arguments import Reader, real
from ._steps import affine, bias_gradient, blocks, times_transposed, weight_gradient
from ._types import Arrays, Rng
from .activations import sigmoid
from .initialisers import xavier

SHAPES = {"W_x": "D 2H", "b": "2H"}
OPTIONAL = ("b",)


class Run(NamedTuple):
    """What `forward` computed.  h has T + 1 entries, h[0] the initial state; step t made h[t]."""

    x: np.ndarray  #: (T, B, D) inputs
    z: np.ndarray  #: (T, B, H) update gate
    n: np.ndarray  #: (T, B, H) candidate
    h: np.ndarray  #: (T + 1, B, H) states


def init(D: int, H: int, rng: Rng, keep: float = 0.0) -> Arrays:
    """W_x by Glorot and Bengio (2010), per block; b zero but `keep` for z."""
    W_x = np.hstack([xavier((D, H), rng) for _ in range(2)])
    return {"W_x": W_x, "b": np.repeat([real("keep", keep), 0.0], H)}


def forward(params: Arrays, x: np.ndarray, h0: np.ndarray | None = None, tree: bool = False) -> Run:
    """Runs the network over `x`.

    params: W_x (D, 2H); optional b (2H,).  x: (T, B, D).  h0: (B, H), zeros if None.  tree: as in
    `linear.forward`.  Returns a `Run`.
    """
    read = Reader()
    x = read.array("x", x, "T B D")
    weights = read.params(params, SHAPES, OPTIONAL)
    h0 = read.optional("h0", h0, "B H")
    x, W_x, b, h0 = read.cast(x, *weights, h0)
    a_z, n = blocks(affine(x, W_x, b), 2)
    z = sigmoid(a_z)
    if h0 is None:
        h0 = np.zeros_like(z[0])
    return Run(x, z, n, linear.scan(z, (1 - z) * n, h0, tree))


def backward(params: Arrays, run: Run, dh: np.ndarray, tree: bool = False) -> Arrays:
    """The gradient of a loss on the states, by one scan from step T to step 1.

    params, run: as given to and by `forward`.  dh: (T, B, H), the loss's adjoints that reach h[1:]
    from outside.  tree: as in `forward`.  Returns a dict with the names of params, and x (T, B, D),
    h0 (B, H).
    """
    read = Reader(allow_complex=False)
    read.run(run, Run)
    W_x, _ = read.params(params, SHAPES, OPTIONAL)
    W_x, dh = read.cast(W_x, read.array("dh", dh, "T B H"))
    total = linear.adjoints(run.z, dh, tree)
    into_n = total[1:] * (1 - run.z)
    da = np.concatenate([into_n * run.z * (run.h[:-1] - run.n), into_n], axis=2)
    gradient = {"W_x": weight_gradient(run.x, da)}
    if "b" in params:
        gradient["b"] = bias_gradient(da)
    return {**gradient, "x": times_transposed(da, W_x), "h0": total[0].copy()}
