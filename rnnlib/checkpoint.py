"""Back-propagation through time with the memory of √T steps instead of T.

Only every n-th state is kept; the backward pass runs forward once more through one segment at a
time (Griewank, 1992; for recurrent networks Gruslys et al., 2016).  One extra forward pass
buys T/n + n states in place of T, least for n = √T.  The gradient is the same, to rounding.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from . import rnn
from ._arguments import Reader, count
from ._types import Arrays


class Run(NamedTuple):
    """What `forward` kept: the state before each segment of n steps, and the last state."""

    x: np.ndarray  #: (T, B, D) inputs
    h: np.ndarray  #: (ceil(T/n), B, H) states h_0, h_n, h_2n, …
    h_T: np.ndarray  #: (B, H) the last state
    n: int  #: steps a segment
    phi: str  #: name of the activation


Adjoints = Callable[[int, np.ndarray], np.ndarray]


def forward(params: Arrays, x: np.ndarray, h0: np.ndarray | None = None, phi: str = "tanh",
            n: int | None = None) -> Run:
    """As `rnn.forward`, keeping every n-th state; n = √T, rounded up, if None.  Returns a `Run`."""
    x = Reader().array("x", x, "T B D")
    n = math.isqrt(len(x) - 1) + 1 if n is None else count("n", n, 1, len(x))
    kept, h = [], h0
    for start in range(0, len(x), n):
        part = rnn.forward(params, x[start : start + n], h, phi)
        h = part.h[-1]
        kept.append(part.h[0].copy())  # a view would keep the whole segment alive
    return Run(x, np.array(kept), part.h[-1].copy(), n, phi)


def backward(params: Arrays, run: Run, dh: np.ndarray | Adjoints) -> Arrays:
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
    adjoints = dh if callable(dh) else _slices(read.array("dh", dh, "T B H"))
    total: Arrays = {}
    future = np.zeros_like(run.h[0])
    for segment in reversed(range(len(run.h))):
        start = segment * run.n
        end = min(start + run.n, len(run.x))
        part = rnn.forward(params, run.x[start:end], run.h[segment], run.phi)
        read.sizes["n"] = end - start
        outside = read.array("dh", adjoints(start, part.h[1:]), "n B H")
        outside = outside.astype(read.dtype)  # a copy, in the dtype of everything together
        outside[-1] += future
        gradient = rnn.backward(params, part, outside)
        if not total:
            total["x"] = np.empty(run.x.shape, read.dtype)
        total["x"][start:end] = gradient.pop("x")
        future = gradient.pop("h0")
        for name, value in gradient.items():
            total[name] = total[name] + value if name in total else value
    return {**total, "h0": future}


def _slices(dh: np.ndarray) -> Adjoints:
    return lambda start, h: dh[start : start + len(h)]
