"""The output layer  o_t = h_t W_y + b_y,  the same at every step and without memory.

h_t does not depend on W_y, so its gradient is a plain sum over the steps: no recursion.
"""

import numpy as np

from ._arguments import Reader
from ._steps import affine, bias_gradient, times_transposed, weight_gradient
from ._types import Arrays, Rng
from .initialisers import xavier

SHAPES = {"W_y": "H K", "b_y": "K"}
OPTIONAL = ("b_y",)


def init(H: int, K: int, rng: Rng) -> Arrays:
    """W_y by Glorot and Bengio (2010), b_y zero.  Returns the params dict."""
    return {"W_y": xavier((H, K), rng), "b_y": np.zeros(K)}


def forward(params: Arrays, h: np.ndarray) -> np.ndarray:
    """o_t = h_t W_y + b_y.

    params: W_y (H, K), and b_y (K,) unless there is no bias.  h: (T, B, H), the states after
    each step, `run.h[1:]`.  Returns o (T, B, K).
    """
    read = Reader()
    h = read.array("h", h, "T B H")
    return affine(*read.cast(h, *read.params(params, SHAPES, OPTIONAL)))


def backward(params: Arrays, h: np.ndarray, do: np.ndarray) -> Arrays:
    """dW_y = Σ_t h_tᵀ do_t,  db_y = Σ_t do_t,  dh_t = do_t W_yᵀ.

    h: as in `forward`.  do: (T, B, K) adjoints of the outputs.  Returns a dict with the names
    of params, and h (T, B, H): the adjoints from outside that a cell's `backward` takes.
    """
    read = Reader(allow_complex=False)
    h = read.array("h", h, "T B H")
    W_y, _ = read.params(params, SHAPES, OPTIONAL)
    h, W_y, do = read.cast(h, W_y, read.array("do", do, "T B K"))
    shared = {"W_y": weight_gradient(h, do)}
    if "b_y" in params:
        shared["b_y"] = bias_gradient(do)
    return {**shared, "h": times_transposed(do, W_y)}
