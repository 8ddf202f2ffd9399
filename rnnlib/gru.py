"""The gated recurrent unit, with the reset gate before or after the recurrent product.

    r, z = σ(x_t W_x + h_{t-1} W_h + b),   h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}
    n = tanh(x_t W_xn + b_n + (r ⊙ h_{t-1}) W_hn)           reset="before" (Cho et al., 2014)
    n = tanh(x_t W_xn + b_n + r ⊙ (h_{t-1} W_hn + b_hn))    reset="after", as in PyTorch and cuDNN

Columns are packed in the order r, z, n.  Everything a step of the backward pass multiplies by is
known beforehand, so that with "after" the whole step is dh_total times an array, and one product.
Memory per step, beside the input: 5 B H for the run (r, z, n, u, h), 4 B H for slopes and adjoints.
"""

from typing import NamedTuple

import numpy as np

from ._arguments import Reader, choice
from ._steps import affine, bias_gradient, blocks, times_transposed, weight_gradient
from ._types import Arrays, Rng
from .initialisers import orthogonal, xavier

SHAPES = {"W_x": "D 3H", "W_h": "H 3H", "b": "3H"}
RESET = {"after": {**SHAPES, "b_hn": "H"}, "before": SHAPES}
OPTIONAL = {"after": ("b", "b_hn"), "before": ("b",)}


class Run(NamedTuple):
    """What `forward` computed.  h has T + 1 entries, h[0] the initial state; step t made h[t]."""

    x: np.ndarray  #: (T, B, D) inputs
    r: np.ndarray  #: (T, B, H) reset gate
    z: np.ndarray  #: (T, B, H) update gate
    n: np.ndarray  #: (T, B, H) candidate
    h: np.ndarray  #: (T + 1, B, H) states
    u: np.ndarray | None = None  #: (T, B, H) h_{t-1} W_hn + b_hn, with reset="after"
    reset: str = "after"  #: or "before"


Swept = tuple[np.ndarray, np.ndarray, np.ndarray, Arrays]  # da, dW_h, dh0, the gradient of b_hn


def init(D: int, H: int, rng: Rng, reset: str = "after") -> Arrays:
    """W_x by Glorot and Bengio (2010), W_h orthogonal per block, biases zero."""
    choice("reset", reset, RESET)
    params = {
        "W_x": np.hstack([xavier((D, H), rng) for _ in range(3)]),
        "W_h": np.hstack([orthogonal((H, H), rng) for _ in range(3)]),
        "b": np.zeros(3 * H),
    }
    return {**params, "b_hn": np.zeros(H)} if reset == "after" else params


def forward(params: Arrays, x: np.ndarray, h0: np.ndarray | None = None, reset: str = "after") -> Run:
    """Runs the network over `x`.

    params: W_x (D, 3H), W_h (H, 3H); optional b (3H,), and b_hn (H,) when reset="after".
    x: (T, B, D).  h0: (B, H), zeros if None.  Returns a `Run`.
    """
    choice("reset", reset, RESET)
    read = Reader()
    x = read.array("x", x, "T B D")
    weights = read.params(params, RESET[reset], OPTIONAL[reset])
    h0 = read.optional("h0", h0, "B H")
    x, W_x, W_h, b, *b_n = read.cast(x, *weights)
    a, h, *more = read.fresh(3, h0) if reset == "before" else read.fresh(3, h0, None)

    # σ(a) = ½ + ½ tanh(a/2), the inner halves moved into the weights of r and z
    B, H = h.shape[1:]
    half = np.repeat(np.array([0.5, 0.5, 1], h.real.dtype), H)
    affine(x, W_x * half, None if b is None else b * half, out=a)
    W_h = np.multiply(W_h, half, order="F")
    r, z, n = blocks(a, 3)
    # adding numbers or broadcast rows would cost thrice as much when B H is small
    halves = np.full((B, 2 * H), half[0])
    # and (1 - z) ⊙ n + z ⊙ h_{t-1} is n + z ⊙ (h_{t-1} - n)
    steps = (a[:, :, : 2 * H], r, z, n, h, h[1:])
    if reset == "before":
        W_rz, W_n = W_h[:, : 2 * H], W_h[:, 2 * H :]
        for rz_t, r_t, z_t, n_t, h_prev, h_t in zip(*steps):
            rz_t += h_prev.dot(W_rz)
            np.tanh(rz_t, rz_t)
            rz_t *= halves
            rz_t += halves
            n_t += (r_t * h_prev).dot(W_n)
            np.tanh(n_t, n_t)
            np.subtract(h_prev, n_t, h_t)
            h_t *= z_t
            h_t += n_t
        return Run(x, r, z, n, h, None, reset)

    u = more[0][1:]  # asked for like states to be in the same piece of memory; row 0 is not used
    b_hn = np.tile(0 * half[:H] if b_n[0] is None else b_n[0], (B, 1))
    for rz_t, r_t, z_t, n_t, h_prev, h_t, u_t in zip(*steps, u):
        v_t = h_prev.dot(W_h)
        rz_t += v_t[:, : 2 * H]
        np.tanh(rz_t, rz_t)
        rz_t *= halves
        rz_t += halves
        np.add(v_t[:, 2 * H :], b_hn, u_t)
        n_t += r_t * u_t
        np.tanh(n_t, n_t)
        np.subtract(h_prev, n_t, h_t)
        h_t *= z_t
        h_t += n_t
    return Run(x, r, z, n, h, u, reset)


def backward(params: Arrays, run: Run, dh: np.ndarray) -> Arrays:
    """The gradient of a loss on the states, by one sweep from step T to step 1.

    params, run: as given to and by `forward`.  dh: (T, B, H), the loss's adjoints that reach
    h[1:] from outside.  Returns a dict with the names of params, and x (T, B, D), h0 (B, H).
    """
    read = Reader(allow_complex=False)
    read.run(run, Run)
    W_x, W_h, *_ = read.params(params, RESET[run.reset], OPTIONAL[run.reset])
    W_x, W_h, dh = read.cast(W_x, W_h, read.array("dh", dh, "T B H"))
    sweep = sweep_after if run.reset == "after" else sweep_before
    da, dW_h, dh0, extra = sweep(W_h, run, dh)
    gradient = {"W_x": weight_gradient(run.x, da), "W_h": dW_h}
    biases = {"b": bias_gradient(da), **extra}
    gradient |= {name: value for name, value in biases.items() if name in params}
    return {**gradient, "x": times_transposed(da, W_x), "h0": dh0}


def sweep_after(W_h: np.ndarray, run: Run, dh: np.ndarray) -> Swept:
    """The sweep for reset="after": da (T, B, 3H), dW_h, dh0, and the gradient of b_hn."""
    (T, B, H), r = dh.shape, run.r
    memory = np.empty((4, T, B, H), dh.dtype)
    dv, da_n = memory[:3].reshape(T, B, 3 * H), memory[3]
    da_r, da_z, du = blocks(dv, 3)  # adjoints of h_{t-1} W_h, of which n sees u through r
    output_slopes(run, da_z, da_n, scratch=du)
    np.multiply(da_n, r, du)
    np.subtract(1, r, da_r)
    da_r *= du
    da_r *= run.u
    W_hT, future = W_h.T, np.zeros_like(dh[0])
    steps = (dv, dv.reshape(T, B, 3, H), da_n, dh, run.z)
    for dv_t, gates_t, da_n_t, dh_t, z_t in zip(*(step[::-1] for step in steps)):
        dh_total = dh_t + future
        gates_t *= dh_total[:, None]
        da_n_t *= dh_total
        future = dv_t.dot(W_hT)
        future += dh_total * z_t
    dW_h, db_hn = weight_gradient(run.h[:-1], dv), bias_gradient(du)
    du[:] = da_n  # x reaches n directly: from here on dv is da
    return dv, dW_h, future, {"b_hn": db_hn}


def sweep_before(W_h: np.ndarray, run: Run, dh: np.ndarray) -> Swept:
    """The sweep for reset="before": da (T, B, 3H), dW_h, dh0, and nothing extra."""
    r, h_prev = run.r, run.h[:-1]
    H = dh.shape[-1]
    packed = np.empty((*dh.shape[:2], 3 * H), dh.dtype)
    da_r, da_z, da_n = blocks(packed, 3)
    output_slopes(run, da_z, da_n, scratch=da_r)
    np.subtract(1, r, da_r)
    da_r *= r
    da_r *= h_prev
    da_zn = packed.reshape(*dh.shape[:2], 3, H)[:, :, 1:]
    W_rzT, W_nT = (np.ascontiguousarray(W).T for W in (W_h[:, : 2 * H], W_h[:, 2 * H :]))
    future = np.zeros_like(dh[0])
    steps = (packed[:, :, : 2 * H], da_r, da_zn, dh, run.z, r)
    for da_rz_t, da_r_t, da_zn_t, dh_t, z_t, r_t in zip(*(step[::-1] for step in steps)):
        dh_total = dh_t + future
        da_zn_t *= dh_total[:, None]
        reset = da_zn_t[:, 1].dot(W_nT)  # the adjoint of r ⊙ h_{t-1}
        da_r_t *= reset
        future = da_rz_t.dot(W_rzT)
        future += reset * r_t
        future += dh_total * z_t
    dW_h = np.hstack([
        weight_gradient(h_prev, packed[:, :, : 2 * H]),
        weight_gradient(r * h_prev, packed[:, :, 2 * H :]),
    ])
    return packed, dW_h, future, {}


def output_slopes(run: Run, slope_z: np.ndarray, slope_n: np.ndarray, scratch: np.ndarray) -> None:
    """∂h_t/∂a_z = (h_{t-1} - n) ⊙ z (1 - z)  and  ∂h_t/∂a_n = (1 - z) ⊙ (1 - n²), each (T, B, H).

    Into slope_z and slope_n, `scratch` being a third such array; one factor at a time and in
    place, because for long runs fresh memory costs more than arithmetic.
    """
    z, n = run.z, run.n
    np.subtract(1, z, slope_n)
    np.subtract(run.h[:-1], n, slope_z)
    slope_z *= z
    slope_z *= slope_n
    np.multiply(n, n, scratch)
    np.subtract(1, scratch, scratch)
    slope_n *= scratch
