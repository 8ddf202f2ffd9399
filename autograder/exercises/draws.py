"""Random numbers that instances are made of."""

import numpy as np

from ..compare import Array


def either_sign(
    rng: np.random.Generator, low: float, high: float, shape: int | tuple[int, ...] | None = None
) -> Array:
    """Numbers of either sign whose moduli lie between `low` and `high`: none is near zero."""
    moduli = rng.uniform(low, high, shape)
    signs: Array = np.array([-1.0, 1.0])[rng.integers(2, size=shape)]
    return signs * moduli
