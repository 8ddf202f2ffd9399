"""Initial weights, and what each keeps constant from layer to layer or from step to step.

All matrices act on rows: shape is (inputs, outputs), or n for (n, n).  `rng` is a
numpy.random.Generator.
"""

import numpy as np

from ._arguments import count, generator, positive, real
from ._types import Rng

Shape = int | tuple[int, int]  # n is (n, n)


def xavier(shape: Shape, rng: Rng, gain: float = 1.0) -> np.ndarray:
    """Variance gain² · 2 / (n_in + n_out), uniform: both ways alike (Glorot & Bengio, 2010)."""
    n_in, n_out = _matrix(shape)
    limit = positive("gain", gain) * np.sqrt(6 / (n_in + n_out))
    return generator(rng).uniform(-limit, limit, (n_in, n_out))


def he(shape: Shape, rng: Rng, gain: float = 1.0) -> np.ndarray:
    """Variance gain² · 2 / n_in, normal: the ReLU's half-silenced activity (He et al., 2015)."""
    n_in, n_out = _matrix(shape)
    scale = positive("gain", gain) * np.sqrt(2 / n_in)
    return generator(rng).normal(scale=scale, size=(n_in, n_out))


def orthogonal(shape: Shape, rng: Rng, gain: float = 1.0) -> np.ndarray:
    """gain times orthonormal rows or columns: keeps lengths and angles (Saxe et al., 2014)."""
    n_in, n_out = _matrix(shape)
    long, short = max(n_in, n_out), min(n_in, n_out)
    Q, R = np.linalg.qr(generator(rng).normal(size=(long, short)))
    Q *= np.sign(np.diag(R))  # without it the distribution over orthogonal matrices is not uniform
    return real("gain", gain) * (Q if n_in >= n_out else Q.T)


def identity(shape: Shape, rng: object = None, gain: float = 1.0) -> np.ndarray:
    """gain · I: every unit starts by remembering (Le et al., 2015).  rng is not used."""
    return real("gain", gain) * np.eye(*_matrix(shape))


def forget_bias(half_life: float) -> float:
    """The bias b of a forget gate with σ(b)^half_life = ½.

    half_life: steps after which half of a cell is forgotten, if only its bias speaks (> 0).
    Returns a float; 13.5 steps give σ(2.94) = 0.95.
    """
    z = np.log(2) / positive("half_life", half_life)
    return float(-z - np.log(-np.expm1(-z)))  # -log(e^z - 1), of which e^z would overflow


def chrono_bias(longest: float, units: int, rng: Rng) -> np.ndarray:
    """Forget biases b = ln u, u uniform in [1, longest - 1]: a time scale for each unit.

    Time scales 1 / (1 - σ(b)) = 1 + u fill [2, longest] evenly, for lags that are not known.  The
    input gate starts with -b, so that i = 1 - f (Tallec and Ollivier, 2018).

    longest: the longest lag in steps, at least 2.  units: H.  Returns (H,).
    """
    steps, size = real("longest", longest), count("units", units, 1)
    if not steps >= 2:
        raise ValueError(f"longest is {longest}, expected a number of at least 2")
    return np.log(generator(rng).uniform(1, steps - 1, size))


def _matrix(shape: Shape) -> tuple[int, int]:
    if isinstance(shape, (int, np.integer)):
        shape = (shape, shape)
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        raise ValueError(f"shape is {shape}, expected (inputs, outputs)")
    return count("shape", shape[0], 1), count("shape", shape[1], 1)
