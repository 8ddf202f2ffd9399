"""Truncated back-propagation through time, in its two meanings.

`window` follows every loss for tau steps back; `chunks` is TBPTT(k1, k2) (Sutskever, 2013; the
BPTT(h; h') of Williams and Peng, 1990, with h = k2 and h' = k1): every k1 steps, one sweep of k2
steps for the losses not used yet.  Both are the full gradient's path sum with the long paths left
out, and so biased; they agree for k1 = 1, k2 = tau + 1, and nothing is left out with tau = T - 1
or k1 = k2 = T.
"""

import numpy as np

from ._arguments import count
from ._types import Arrays
from .rnn import Run, gradients, read_adjoints, slopes, sweep


def window(params: Arrays, run: Run, dh: np.ndarray, tau: int) -> Arrays:
    """The gradient with, for each loss L_t, the paths to steps k >= t - tau only.

    params, run, dh and the result as in `rnn.backward`.  tau: Jacobian factors kept, at least 0;
    h0 hears only from losses with t - tau <= 1.  All losses move back together, one hop at a
    time: tau products with T B rows, and five arrays of T B H beside the run.
    """
    W_x, W_h, dh = read_adjoints(params, run, dh)
    tau = min(count("tau", tau, 0), len(dh) - 1)
    slope = slopes(run)
    delta = dh * slope  # delta[s]: what reaches a_s from the loss `hop` steps later
    da, dh0 = delta.copy(), np.zeros_like(dh[0])
    for hop in range(tau + 1):
        reach = delta.reshape(-1, delta.shape[-1]).dot(W_h.T).reshape(delta.shape)
        dh0 += reach[0]
        if hop < tau:
            delta = reach[1:] * slope[: -1 - hop]
            da[: -1 - hop] += delta
    return gradients(params, W_x, run, da, dh0)


def chunks(params: Arrays, run: Run, dh: np.ndarray, k1: int, k2: int) -> Arrays:
    """The gradient from sweeps at t = k1, 2 k1, … and T, each through the last k2 steps.

    params, run, dh and the result as in `rnn.backward`.  1 <= k1 <= k2.  A sweep takes the
    losses since the sweep before; the state it starts from is a constant, unless it is h_0.
    A stream needs k2 steps of the run at a time; here two arrays of T B H beside the run.
    """
    W_x, W_h, dh = read_adjoints(params, run, dh)
    T = len(dh)
    count("k1", k1, 1)
    count("k2", k2, k1)
    slope = slopes(run)
    da, dh0 = np.zeros_like(dh), np.zeros_like(dh[0])
    for used in range(0, T, k1):
        end = min(used + k1, T)
        start = max(0, end - k2)
        unused = dh[start:end].copy()
        unused[: used - start] = 0
        da_part, reach = sweep(W_h, slope[start:end], unused)
        da[start:end] += da_part
        if start == 0:
            dh0 += reach
    return gradients(params, W_x, run, da, dh0)
