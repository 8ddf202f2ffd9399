"""The gradient of the simple recurrent network as a sum over paths, and by forward accumulation.

A path leaves the loss at step t and ends at the use of a weight at step k <= t; between them
lies the product of the step Jacobians J_t ⋯ J_{k+1}.  Real-time recurrent learning (Williams
and Zipser, 1989) carries dh_t/dW along instead: O(H⁴) operations a step against the O(H²) of the
reverse sweep, but nothing of the past needs to be kept.  Steps t and k count from 1.
"""

import numpy as np

from ._arguments import Reader, count
from ._types import Arrays
from .rnn import OPTIONAL, SHAPES, Run, read_adjoints, slopes


def step_jacobians(params: Arrays, run: Run) -> np.ndarray:
    """J_t = diag(phi'(a_t)) W_hᵀ.  Returns (T, B, H, H) with [i, j] = ∂h_t[i]/∂h_{t-1}[j]."""
    read = Reader()
    read.run(run, Run)
    _, W_h, _ = read.params(params, SHAPES, OPTIONAL)
    return slopes(run)[..., :, None] * W_h.T


def transition(J: np.ndarray, t: int, k: int) -> np.ndarray:
    """dh_t/dh_k = J_t J_{t-1} ⋯ J_{k+1}: t - k factors, the latest on the left.

    J: (T, B, H, H) step Jacobians.  0 <= k <= t <= T.  Returns (B, H, H), the identity at t = k.
    """
    J = Reader().array("J", J, "T B H H")
    count("t", t, 0, len(J))
    count("k", k, 0, t)
    product = np.broadcast_to(np.eye(J.shape[-1], dtype=J.dtype), J.shape[1:]).copy()
    for J_s in J[k:t]:
        product = J_s @ product
    return product


def path_terms(params: Arrays, run: Run, dh: np.ndarray, t: int) -> Arrays:
    """The t addends of dL_t/dW, one for the use of W at each step k = 1..t.

    dh: (T, B, H) adjoints from outside, of which dh[t-1] is used; the batch is summed.  Returns
    {"W_h": (t, H, H), "W_x": (t, D, H)}; entry k-1 is h_{k-1} ⊗ [(dh_t J_{t:k}) ⊙ phi'(a_k)],
    in W_x with x_k for h_{k-1}.
    """
    _, W_h, dh = read_adjoints(params, run, dh)
    count("t", t, 1, len(dh))
    slope = slopes(run)
    da = np.empty((t, *dh.shape[1:]), np.result_type(dh, slope))
    reach = dh[t - 1]
    for k in reversed(range(t)):
        da[k] = reach * slope[k]
        reach = da[k].dot(W_h.T)
    return {
        "W_h": np.einsum("kbm,kbn->kmn", run.h[:t], da),
        "W_x": np.einsum("kbm,kbn->kmn", run.x[:t], da),
    }


def rtrl(params: Arrays, run: Run) -> Arrays:
    """Total derivatives dh_t/dθ = ∂⁺h_t/∂θ + J_t dh_{t-1}/dθ, from dh_0/dθ = 0, forward in time.

    The immediate derivative ∂⁺h_t[i]/∂W_h[m, n] is phi'(a_t)[i] h_{t-1}[m] if i = n, else 0.
    Returns {"W_h": (T, B, H, H, H), "W_x": (T, B, H, D, H), "b_h": (T, B, H, H)}, b_h only if
    params has it; [t-1, b, i, m, n] = dh_t[i]/dW[m, n].  Memory T B H² (H + D + 1).
    """
    J, slope = step_jacobians(params, run), slopes(run)
    diagonal = slope[..., :, None] * np.eye(slope.shape[-1], dtype=slope.dtype)
    total = {
        "W_h": np.einsum("tbin,tbm->tbimn", diagonal, run.h[:-1]),
        "W_x": np.einsum("tbin,tbm->tbimn", diagonal, run.x),
    }
    if "b_h" in params:
        total["b_h"] = diagonal
    for derivative in total.values():
        for t in range(1, len(J)):
            derivative[t] += np.einsum("bij,bj...->bi...", J[t], derivative[t - 1])
    return total
