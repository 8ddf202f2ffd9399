"""Elementwise activations: the value, the slope read off the value, and the slope's supremum.

Reading the slope off the *output* (1 - h² for tanh, h(1 - h) for the logistic function) is
what lets a backward pass forget the pre-activations.  All functions also compute on complex
arrays, so that the complex step (Squire and Trapp, 1998) can check them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ._arguments import choice


class Activation(NamedTuple):
    """An elementwise function phi."""

    name: str  #: by which `phi=` asks for it
    value: Callable[..., np.ndarray]  #: (a, out=None) -> phi(a), any shape
    slope: Callable[[np.ndarray], np.ndarray]  #: phi'(a) as a function of h = phi(a)
    sup: float  #: the least upper bound of |phi'|, written gamma_phi in the lessons

    def __call__(self, a: np.ndarray) -> np.ndarray:
        return self.value(a)


def _sigmoid(a: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    # tanh never overflows, unlike exp, and is analytic, unlike a branch on the sign
    half = np.tanh(0.5 * np.asarray(a))
    return np.add(0.5, 0.5 * half, out=out)


def _relu(a: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    a = np.asarray(a)
    h = np.where(a.real > 0, a, 0)
    if out is not None:
        out[...] = h
    return h


def _relu_slope(h: np.ndarray) -> np.ndarray:
    # the slope at 0 is undefined; 0 is the convention here, as in PyTorch
    h = np.asarray(h)
    return (h.real > 0).astype(h.dtype if h.dtype.kind in "fc" else float)


tanh = Activation("tanh", np.tanh, lambda h: 1 - h * h, 1.0)
sigmoid = Activation("sigmoid", _sigmoid, lambda h: h * (1 - h), 0.25)
relu = Activation("relu", _relu, _relu_slope, 1.0)
identity = Activation("identity", np.positive, np.ones_like, 1.0)

ACTIVATIONS = {phi.name: phi for phi in (tanh, sigmoid, relu, identity)}


def get(name: str) -> Activation:
    """The activation called `name`: "tanh", "sigmoid", "relu" or "identity"."""
    return ACTIVATIONS[choice("phi", name, ACTIVATIONS)]
