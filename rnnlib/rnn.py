"""The simple recurrent network  h_t = phi(x_t W_x + h_{t-1} W_h + b_h)  (Elman, 1990).

Back-propagation through time (Werbos, 1990) reads the slopes phi'(a_t) off the states, for all
steps at once; what then remains sequential is linear, da_t = (dh_t + da_{t+1} W_hᵀ) ⊙ phi'(a_t).
The weights are shared by all steps, so their gradients are sums over t: one matrix product each.
"""

from typing import NamedTuple

import numpy as np

from . import activations
from ._arguments import Reader, parameters
from ._steps import affine, bias_gradient, times_transposed, weight_gradient
from ._types import Arrays, Rng
from .initialisers import orthogonal, xavier

SHAPES = {"W_x": "D H", "W_h": "H H", "b_h": "H"}
OPTIONAL = ("b_h",)


class Run(NamedTuple):
    """What `forward` computed.  h has T + 1 entries, h[0] the initial state; step t made h[t]."""

    x: np.ndarray  #: (T, B, D) inputs
    a: np.ndarray  #: (T, B, H) pre-activations
    h: np.ndarray  #: (T + 1, B, H) states
    phi: str  #: name of the activation


def init(D: int, H: int, rng: Rng) -> Arrays:
    """W_x by Glorot and Bengio (2010), W_h orthogonal, b_h zero.  Returns the params dict."""
    return {"W_x": xavier((D, H), rng), "W_h": orthogonal((H, H), rng), "b_h": np.zeros(H)}


def forward(params: Arrays, x: np.ndarray, h0: np.ndarray | None = None, phi: str = "tanh") -> Run:
    """Runs the network over `x`.

    params: W_x (D, H), W_h (H, H), and b_h (H,) unless it has no bias.  x: (T, B, D).
    h0: (B, H), zeros if None.  phi: name of the activation.  Returns a `Run`.
    """
    f = activations.get(phi).value
    read = Reader()
    x = read.array("x", x, "T B D")
    W_x, W_h, b_h = read.params(params, SHAPES, OPTIONAL)
    h0 = read.optional("h0", h0, "B H")
    x, W_x, W_h, b_h = read.cast(x, W_x, W_h, b_h)
    a, h = read.fresh(1, h0)
    affine(x, W_x, b_h, out=a)
    W_h = np.asfortranarray(W_h)  # few rows times a matrix are faster so in most BLAS libraries
    for a_t, h_prev, h_t in zip(a, h, h[1:]):
        a_t += h_prev.dot(W_h)
        f(a_t, h_t)
    return Run(x, a, h, phi)


def backward(params: Arrays, run: Run, dh: np.ndarray) -> Arrays:
    """The gradient of a loss on the states, by one sweep from step T to step 1.

    params, run: as given to and by `forward`.  dh: (T, B, H), the loss's adjoints that reach
    h[1:] from outside.  Returns a dict with the names of params, and x (T, B, D), h0 (B, H).
    """
    W_x, W_h, dh = read_adjoints(params, run, dh)
    da, dh0 = sweep(W_h, slopes(run), dh)
    return gradients(params, W_x, run, da, dh0)


def sweep(W_h: np.ndarray, slope: np.ndarray, dh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The recurrence from the last step to the first, and what is left for the state before.

    W_h: (H, H).  slope, dh: (n, B, H) of n consecutive steps.  Returns da (n, B, H), dh_0 (B, H).
    """
    da, W_hT, future = slope.astype(dh.dtype), W_h.T, np.zeros_like(dh[0])
    for da_t, dh_t in zip(da[::-1], dh[::-1]):
        da_t *= dh_t + future
        future = da_t.dot(W_hT)
    return da, future


def gradients(params: Arrays, W_x: np.ndarray, run: Run, da: np.ndarray, dh0: np.ndarray) -> Arrays:
    """All gradients, given the pre-activations' adjoints da (T, B, H) and dh0 (B, H)."""
    shared = {"W_x": weight_gradient(run.x, da), "W_h": weight_gradient(run.h[:-1], da)}
    if "b_h" in params:
        shared["b_h"] = bias_gradient(da)
    return {**shared, "x": times_transposed(da, W_x), "h0": dh0}


def slopes(run: Run) -> np.ndarray:
    """phi'(a_t) for all steps, from h_t = phi(a_t).  Returns (T, B, H)."""
    return activations.get(run.phi).slope(run.h[1:])


def read_adjoints(params: Arrays, run: Run, dh: np.ndarray, name: str = "dh") -> list[np.ndarray]:
    """Checks the arguments of a backward pass.  Returns W_x, W_h and dh, of one dtype."""
    read = Reader(allow_complex=False)
    read.run(run, Run)
    W_x, W_h, _ = read.params(params, SHAPES, OPTIONAL)
    return read.cast(W_x, W_h, read.array(name, dh, "T B H"))


def n_params(params: Arrays) -> int:
    """The number of entries in all arrays of `params`, however long the sequence is."""
    return sum(np.size(value) for value in parameters(params, (), None).values())


def pack(params: Arrays) -> Arrays:
    """W_x and W_h stacked into W (D + H, H), which acts on [x_t h_{t-1}].

    params: of the network or of its gradient; other names are passed on.  Returns a new dict.
    """
    read, params = Reader(), parameters(params, ("W_x", "W_h"), None)
    stacked = [read.array(name, params[name], SHAPES[name]) for name in ("W_x", "W_h")]
    others = {name: value for name, value in params.items() if name not in ("W_x", "W_h")}
    return {"W": np.concatenate(stacked), **others}


def unpack(params: Arrays) -> Arrays:
    """The inverse of `pack`: W (D + H, H) split into W_x (D, H) and W_h (H, H)."""
    W = Reader().array("W", parameters(params, ("W",), None)["W"], "rows H")
    D = W.shape[0] - W.shape[1]
    if D < 1:
        raise ValueError(f"W has shape {W.shape}, expected (D + H, H)")
    others = {name: value for name, value in params.items() if name != "W"}
    return {"W_x": W[:D].copy(), "W_h": W[D:].copy(), **others}
