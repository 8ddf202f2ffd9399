"""Penalties on the weights, each with its gradient: L2, and the one that keeps gradients their length.

Pascanu, Mikolov and Bengio (2013) compare the length of every adjoint before and after its step
back, h̄_t and h̄_t J_t (their vanishing-gradient regulariser):

    Ω = Σ_t (‖h̄_t J_t‖ / ‖h̄_t‖ - 1)²,   h̄_t J_t = (h̄_t ⊙ phi'(a_t)) W_hᵀ

Like them, `omega` takes the immediate derivative with respect to W_h: states and adjoints count as
constants, so that no second derivatives are needed.
"""

import numpy as np

from ._arguments import Reader, positive
from ._types import Arrays
from .rnn import Run, read_adjoints, slopes


def l2(params: Arrays, lam: float) -> tuple[float, Arrays]:
    """lam / 2 times the sum of the squares of all entries, and its gradient lam · params.

    params: a dict of arrays.  lam: positive.  Returns (float, a dict with the names of params).
    """
    lam, read = positive("lam", lam), Reader(allow_complex=False)
    if not isinstance(params, dict):
        raise TypeError(f"params is {type(params).__name__}, expected a dict of arrays")
    arrays = {name: read.numbers(name, value) for name, value in params.items()}
    value = lam / 2 * sum(float(np.sum(W**2)) for W in arrays.values())
    return value, {name: lam * W for name, W in arrays.items()}


def omega(params: Arrays, run: Run, dh_total: np.ndarray) -> tuple[float, Arrays]:
    """Ω and its immediate derivative with respect to W_h, summed over steps and instances.

    params, run: as given to and by `rnn.forward`.  dh_total: (T, B, H), the total adjoints of
    h[1:], those of later steps included; no row of zeros.  Returns (float, {"W_h": (H, H)}).
    """
    _, W_h, rows = read_adjoints(params, run, dh_total, "dh_total")
    size = np.abs(rows).max(axis=-1, keepdims=True)
    if not size.all():
        t, b, _ = np.argwhere(size == 0)[0]
        raise ValueError(
            f"dh_total[{t}, {b}] is zero, expected rows with a length that can be compared"
        )
    rows = rows / size  # only quotients of lengths count, and squares of vanished rows underflow
    before = np.linalg.norm(rows, axis=-1, keepdims=True)
    d = rows * slopes(run)
    back = d @ W_h.T
    after = np.linalg.norm(back, axis=-1, keepdims=True)
    excess = after / before - 1
    # at after = 0 the length has no derivative; 0 is taken, as for ReLU at its kink
    pull = 2 * excess / before * np.divide(back, after, out=np.zeros_like(back), where=after > 0)
    return float(np.sum(excess**2)), {"W_h": np.einsum("tbm,tbn->mn", pull, d)}
