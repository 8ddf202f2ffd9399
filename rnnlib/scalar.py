"""The scalar recurrent network  s_t = f(U x_t + W s_{t-1}),  o_t = V s_t.

Everything is a number, so the order of factors does not matter and the three ways to the same
gradient stand side by side: a sum over paths, a recursion forward in time (Williams and
Zipser, 1989), and a sweep backward (Werbos, 1990).  ∂⁺ marks the *immediate* derivative: the
parameter's use at that step alone, with the previous state held fixed.
"""

from typing import Any, NamedTuple

import numpy as np

from . import activations
from ._arguments import Reader, choice, count, parameters
from ._types import Arrays

NAMES = ("U", "W", "V")
Numbers = dict[str, float]


class Run(NamedTuple):
    """What `forward` computed.  s has T + 1 entries, s[0] the initial state; step t is s[t]."""

    x: np.ndarray  #: (T,) inputs
    a: np.ndarray  #: (T,) pre-activations
    s: np.ndarray  #: (T + 1,) states
    o: np.ndarray  #: (T,) outputs
    phi: str  #: name of the activation


def forward(params: Numbers, x: np.ndarray, s0: float = 0.0, phi: str = "tanh") -> Run:
    """Runs the network over `x`.

    params: {"U", "W", "V"} numbers.  x: (T,).  s0: a number.  phi: name of the activation f.
    Returns a `Run`.
    """
    f = activations.get(phi)
    read = Reader()
    U, W, V = (read.scalar(name, parameters(params, NAMES)[name]) for name in NAMES)
    x = read.array("x", x, "T")
    s0 = read.scalar("s0", s0)
    a = np.empty(len(x), read.dtype)
    s = np.empty(len(x) + 1, read.dtype)
    s[0] = s0
    for t in range(len(x)):
        a[t] = U * x[t] + W * s[t]
        s[t + 1] = f.value(a[t])
    return Run(x.astype(read.dtype, copy=False), a, s, V * s[1:], phi)


def slopes(params: Numbers, run: Run) -> np.ndarray:
    """J_t = ∂s_t/∂s_{t-1} = f'(a_t) W.  Returns (T,)."""
    return _slope(run) * Reader().scalar("W", parameters(params, NAMES)["W"])


def immediate(params: Numbers, run: Run) -> Arrays:
    """∂⁺s_t/∂U = f'(a_t) x_t  and  ∂⁺s_t/∂W = f'(a_t) s_{t-1}.  Returns {"U", "W"}, each (T,)."""
    parameters(params, NAMES)
    slope = _slope(run)
    return {"U": slope * run.x, "W": slope * run.s[:-1]}


def total(params: Numbers, run: Run) -> Arrays:
    """ds_t/dθ = ∂⁺s_t/∂θ + J_t ds_{t-1}/dθ, from ds_0/dθ = 0.  Returns {"U", "W"}, each (T,)."""
    J = slopes(params, run)
    derivative = immediate(params, run)
    for ds in derivative.values():
        for t in range(1, len(ds)):
            ds[t] += J[t] * ds[t - 1]
    return derivative


def path_terms(params: Numbers, run: Run, k: int, wrt: str = "W") -> np.ndarray:
    """The k addends of ds_k/dθ = Σ_{i=1..k} (J_k ⋯ J_{i+1}) ∂⁺s_i/∂θ.

    k: step, 1 to T.  wrt: "U" or "W".  Returns (k,), entry i-1 for the use of θ at step i.
    """
    count("k", k, 1, len(_checked(run).x))
    choice("wrt", wrt, ("U", "W"))
    J = slopes(params, run)
    terms = immediate(params, run)[wrt][:k]
    for i in range(k):
        terms[i] *= J[i + 1 : k].prod()
    return terms


def backward(params: Numbers, run: Run, do: np.ndarray) -> dict[str, Any]:
    """The gradient of a loss that depends on the outputs, by one sweep from step T to step 1.

    do: (T,) the loss's derivative with respect to each o_t.  Returns
    {"U", "W", "V", "s0"}, numbers, and "x" (T,).
    """
    read = Reader(allow_complex=False)
    read.array("run.x", _checked(run).x, "T")
    read.array("run.s", run.s, "T+1")
    U, W, V = (read.scalar(name, parameters(params, NAMES)[name]) for name in NAMES)
    do = read.array("do", do, "T")
    slope = _slope(run)
    da = np.empty(len(do), np.result_type(do, slope))
    ds = 0.0
    for t in reversed(range(len(do))):
        ds = V * do[t] + ds
        da[t] = ds * slope[t]
        ds = W * da[t]
    return {"U": da @ run.x, "W": da @ run.s[:-1], "V": do @ run.s[1:], "x": U * da, "s0": ds}


def _slope(run: Run) -> np.ndarray:
    return activations.get(_checked(run).phi).slope(run.s[1:])


def _checked(run: Run) -> Run:
    if not isinstance(run, Run):
        raise TypeError(f"run is {type(run).__name__}, expected the Run that scalar.forward made")
    return run
