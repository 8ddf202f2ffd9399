"""Random numbers that instances are made of."""

import numpy as np

from ..compare import Array


def either_sign(
    rng: np.random.Generator, low: float, high: float, shape: int | tuple[int, ...] | None = None
) -> Array:
    """Numbers of either sign whose moduli lie between `low` and `high`: none is near zero."""
    drawn: Array = rng.uniform(-1, 1, shape)  # once for sign and modulus, as many are drawn in vain
    return np.copysign(low + (high - low) * np.abs(drawn), drawn)
