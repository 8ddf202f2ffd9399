"""A deep feed-forward network, hidden layers only:  h_l = phi(h_{l-1} W_l + b_l),  h_0 = x.

A recurrent network unrolled over T steps is such a network with T layers and one shared W, so
gradients vanish and explode here for the same reason: dh_{l-1} = (dh_l ⊙ phi'(a_l)) W_lᵀ.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from . import activations
from ._arguments import Reader, count, generator, parameters, positive
from ._types import Arrays, Rng


class Run(NamedTuple):
    """What `forward` computed.  Layer l, counted from 1, is a[l-1] and h[l]; h[0] is the input."""

    a: list[np.ndarray]  #: L arrays (B, H_l), pre-activations
    h: list[np.ndarray]  #: L + 1 arrays (B, H_l)
    phi: str  #: name of the activation


def forward(params: Arrays, x: np.ndarray, phi: str = "tanh") -> Run:
    """Runs `x` through all layers.

    params: W1 (D, H_1), W2 (H_1, H_2), … and b1 (H_1,), b2 (H_2,), … as far as there are biases.
    x: (B, D).  phi: name of the activation.  Returns a `Run`.
    """
    f = activations.get(phi).value
    read = Reader()
    x = read.array("x", x, "B H0")
    layers = read_layers(read, params)
    a, h = [], read.cast(x)
    for W, b in layers:
        W, b = read.cast(W, b)
        a.append(h[-1].dot(W) if b is None else h[-1].dot(W) + b)
        h.append(f(a[-1]))
    return Run(a, h, phi)


def backward(params: Arrays, run: Run, dh: np.ndarray) -> Arrays:
    """The gradient of a loss on the last layer, given its adjoint there.

    params, run: as given to and by `forward`.  dh: (B, H_L).  Returns a dict with the names of
    params, and x (B, D).
    """
    da, dx = adjoints(params, run, dh)
    gradient = {"x": dx}
    for layer, (da_l, below) in enumerate(zip(da, run.h), start=1):
        gradient[f"W{layer}"] = below.T.dot(da_l)
        if f"b{layer}" in params:
            gradient[f"b{layer}"] = da_l.sum(axis=0)
    return gradient


def adjoints(params: Arrays, run: Run, dh: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The adjoints of all pre-activations, a list of L arrays (B, H_l), and that of x (B, D)."""
    if not isinstance(run, Run):
        raise TypeError(f"run is {type(run).__name__}, expected the Run that mlp.forward made")
    read = Reader(allow_complex=False)
    read.array("run.h[0]", run.h[0], "B H0")
    layers = read_layers(read, params)
    if len(layers) != len(run.a):
        raise ValueError(f"params has {len(layers)} layers, expected {len(run.a)} as in run")
    (dh,) = read.cast(read.array("dh", dh, f"B H{len(layers)}"))
    slope = activations.get(run.phi).slope
    da: list[np.ndarray] = []
    for (W, _), h in zip(reversed(layers), reversed(run.h[1:])):
        da.insert(0, dh * slope(h))
        dh = da[0].dot(W.T)
    return da, dh


def read_layers(read: Reader, params: Arrays) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """The (W, b) of each layer, b None if it has none; there is W1 at least, and no gap."""
    n = sum(name.startswith("W") for name in params) if hasattr(params, "keys") else 1
    names = [f"W{layer}" for layer in range(1, max(n, 1) + 1)]
    parameters(params, names, [name.replace("W", "b") for name in names])
    return [
        (
            read.array(name, params[name], f"H{layer} H{layer + 1}"),
            read.optional(f"b{layer + 1}", params.get(f"b{layer + 1}"), f"H{layer + 1}"),
        )
        for layer, name in enumerate(names)
    ]


def init(widths: Sequence[int], rng: Rng, gain: float = 1.0) -> Arrays:
    """Normal weights of variance gain² / n_in and zero biases for widths [D, H_1, …, H_L]."""
    if not isinstance(widths, (list, tuple)) or len(widths) < 2:
        raise ValueError(f"widths is {widths}, expected [D, H_1, …]")
    widths = [count("widths", n, 1) for n in widths]
    gain, rng, params = positive("gain", gain), generator(rng), {}
    for layer, (n_in, n_out) in enumerate(zip(widths, widths[1:]), start=1):
        params[f"W{layer}"] = rng.normal(scale=gain / np.sqrt(n_in), size=(n_in, n_out))
        params[f"b{layer}"] = np.zeros(n_out)
    return params
