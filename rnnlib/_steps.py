"""What is done for all steps at once: one matrix product instead of one per step."""

import numpy as np


def rows(x: np.ndarray) -> np.ndarray:
    """(T, B, n) as (T B, n): every instance of every step a row, no copy when contiguous."""
    return x.reshape(-1, x.shape[-1])


def affine(x: np.ndarray, W: np.ndarray, b: np.ndarray | None = None,
           out: np.ndarray | None = None) -> np.ndarray:
    """x W + b for all steps, into `out` if given.  x (T, B, n), W (n, m), b (m,) or None."""
    a = rows(x).dot(W, out=None if out is None else rows(out))
    if b is not None:
        a += b
    return a.reshape(*x.shape[:-1], -1)


def blocks(a: np.ndarray, n: int) -> list[np.ndarray]:
    """The n equal column blocks of a (T, B, n H), one per gate: views, each (T, B, H)."""
    a = a.reshape(*a.shape[:2], n, -1)
    return [a[:, :, k] for k in range(n)]


def weight_gradient(x: np.ndarray, da: np.ndarray) -> np.ndarray:
    """Σ_t x_tᵀ da_t.  x (T, B, n), da (T, B, m).  Returns (n, m)."""
    return rows(x).T.dot(rows(da))


def bias_gradient(da: np.ndarray) -> np.ndarray:
    """Σ_t Σ_b da.  da (T, B, m).  Returns (m,)."""
    return rows(da).sum(axis=0)


def times_transposed(da: np.ndarray, W: np.ndarray) -> np.ndarray:
    """da Wᵀ for all steps.  da (T, B, m), W (n, m).  Returns (T, B, n)."""
    return rows(da).dot(W.T).reshape(*da.shape[:-1], -1)
