"""Back-propagation through time with the memory of √T steps instead of T.

Only every n-th state is kept; the backward pass runs forward once more through one segment at a
time (Griewank, 1992; for recurrent networks Gruslys et al., 2016).  One extra forward pass
buys T/n + n states in place of T, least for n = √T.  The gradient is the same, to rounding.
"""

import math
from typing import NamedTuple

import numpy as np

from . import rnn
from ._arguments import Reader, count


class Run(NamedTuple):
    """What `forward` kept: the state before each segment of n steps, and the last state."""

    x: np.ndarray  # (T, B, D) inputs
    h: np.ndarray  # (ceil(T/n), B, H) states h_0, h_n, h_2n, …
    h_T: np.ndarray  # (B, H)
    n: int
    phi: str


def forward(params, x, h0=None, phi="tanh", n=None):
    """As `rnn.forward`, keeping every n-th state; n = √T, rounded up, if None.  Returns a `Run`."""
    x = Reader().array("x", x, "T B D")
    n = math.isqrt(len(x) - 1) + 1 if n is None else count("n", n, 1, len(x))
    kept, h = [], h0
    for start in range(0, len(x), n):
        part = rnn.forward(params, x[start : start + n], h, phi)
        h = part.h[-1]
        kept.append(part.h[0].copy())  # a view would keep the whole segment alive
    return Run(x, np.array(kept), h.copy(), n, phi)


def backward(params, run, dh):
    """As `rnn.backward`.

    dh: (T, B, H), or a function (start, h) -> (n, B, H) that is given one segment's states after
    steps start + 1, start + 2, … and returns their adjoints from outside, in one dtype; with it
    no array of T B H exists at any time.  It is called for the last segment first.
    """
    if not isinstance(run, Run):
        raise TypeError(f"run is {type(run).__name__}, expected what checkpoint.forward made")
    read = Reader(allow_complex=False)
    read.array("run.h", run.h, "segments B H")
    read.array("run.x", run.x, "T B D")
    read.params(params, rnn.SHAPES, rnn.OPTIONAL)
    whole = None if callable(dh) else read.array("dh", dh, "T B H")
    total, future, dx = {}, 0.0, None
    for segment in reversed(range(len(run.h))):
        start = segment * run.n
        end = min(start + run.n, len(run.x))
        part = rnn.forward(params, run.x[start:end], run.h[segment], run.phi)
        read.sizes["n"] = end - start
        outside = read.array("dh", dh(start, part.h[1:]) if whole is None else whole[start:end], "n B H")
        outside = outside.astype(read.dtype)  # a copy, in the dtype of everything together
        outside[-1] += future
        gradient = rnn.backward(params, part, outside)
        dx = np.empty(run.x.shape, read.dtype) if dx is None else dx
        dx[start:end] = gradient.pop("x")
        future = gradient.pop("h0")
        for name, value in gradient.items():
            total[name] = total[name] + value if name in total else value
    return {**total, "x": dx, "h0": future}
