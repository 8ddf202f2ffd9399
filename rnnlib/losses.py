"""Losses on the outputs of a network, each returning the loss and its gradient.

Outputs `o` and targets `y` have the same shape, (T, B, K) in the course; any shape whose last
axis is K works, and the axis before it, if any, counts as the batch.  Losses are sums over every axis,
in nats for the two entropies; ``reduction="mean"`` divides by the batch size B and by nothing
else, so the steps of a sequence still add up.
"""

from typing import Any

import numpy as np

from . import activations
from ._arguments import Reader, choice


def softmax(o: np.ndarray) -> np.ndarray:
    """softmax(o) over the last axis.  o: (..., K) logits.  Returns the same shape."""
    o = Reader().numbers("o", o)
    _axes("o", o)
    e = np.exp(_shifted(o))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(o: np.ndarray, y: np.ndarray, reduction: str = "sum") -> tuple[float, np.ndarray]:
    """L = -Σ y log softmax(o)  and  do = (Σ_k y_k) softmax(o) - y.

    o, y: (..., K) logits and targets; one-hot, soft, or not even summing to 1.  A row of zeros
    in `y` masks that step: no loss and no gradient.  Returns (loss, do), do shaped like o.
    """
    o, y, scale = _read(o, y, reduction)
    shifted = _shifted(o)
    log_sum = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    # where y is 0 it counts nothing, even if shifted is -inf
    loss = (y * np.where(y == 0, 0, log_sum - shifted)).sum()
    do = y.sum(axis=-1, keepdims=True) * np.exp(shifted - log_sum) - y
    return loss * scale, do * scale


def sigmoid_cross_entropy(o: np.ndarray, y: np.ndarray, reduction: str = "sum") -> tuple[float, np.ndarray]:
    """L = -Σ [y log σ(o) + (1 - y) log(1 - σ(o))]  and  do = σ(o) - y.

    o, y: (..., K) logits and targets in [0, 1].  Returns (loss, do), do shaped like o.
    """
    o, y, scale = _read(o, y, reduction)
    positive = o.real > 0
    # -log σ(o) is the tail for o > 0, and -log(1 - σ(o)) for o < 0; the other is |o| more
    tail = np.log1p(np.exp(np.where(positive, -o, o)))
    loss = (np.where(positive, o * (1 - y), -y * o) + tail).sum()
    return loss * scale, (activations.sigmoid(o) - y) * scale


def squared_error(o: np.ndarray, y: np.ndarray, phi: str = "identity",
                  reduction: str = "sum") -> tuple[float, np.ndarray]:
    """L = ½ Σ (φ(o) - y)²  and  do = (φ(o) - y) φ'(o).

    o, y: (..., K); phi names an activation.  Returns (loss, do), do shaped like o.
    """
    f = activations.get(phi)
    o, y, scale = _read(o, y, reduction)
    yhat = f.value(o)
    error = yhat - y
    return 0.5 * (error * error).sum() * scale, error * f.slope(yhat) * scale


def softmax_jacobian(yhat: np.ndarray) -> np.ndarray:
    """The softmax's Jacobian diag(ŷ) - ŷ ŷᵀ, for ŷ = softmax(o).

    yhat: (..., K).  Returns (..., K, K) with [i, j] = ∂ŷ_i/∂o_j: rank K - 1, rows summing to 0.
    """
    yhat = Reader().numbers("yhat", yhat)
    _axes("yhat", yhat)
    return yhat[..., :, None] * np.eye(yhat.shape[-1], dtype=yhat.dtype) - (
        yhat[..., :, None] * yhat[..., None, :]
    )


def _read(o: Any, y: Any, reduction: str) -> tuple[np.ndarray, np.ndarray, Any]:
    read = Reader()
    o = read.numbers("o", o)
    axes = _axes("o", o)
    o, y = read.array("o", o, axes), read.array("y", y, axes)
    choice("reduction", reduction, ("sum", "mean"))
    scale = 1 / read.sizes.get("B", 1) if reduction == "mean" else 1
    o, y = (array.astype(read.dtype, copy=False) for array in (o, y))
    return o, y, read.dtype.type(scale)


def _axes(name: str, array: np.ndarray) -> str:
    """The axes' letters: "K", "B K", "T B K", and numbered ones in front of more."""
    if array.ndim == 0:
        raise ValueError(f"{name} has shape (), expected (..., K)")
    more = [f"T{axis}" for axis in range(array.ndim - 3)]
    return " ".join([*more, "T", "B", "K"][-array.ndim :])


def _shifted(o: np.ndarray) -> np.ndarray:
    """o less the largest of its row, which keeps exp from overflowing; -inf if too far below."""
    with np.errstate(over="ignore"):
        return o - o.real.max(axis=-1, keepdims=True)
