"""The types that recur in signatures."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Arrays = dict[str, np.ndarray]  # parameters, or gradients, by name
Loss = Callable[..., tuple[float, np.ndarray]]  # (o, y) -> (loss, do)
# in quotes, since NumPy loads its random generators only when they are asked for
Rng: TypeAlias = "np.random.Generator"
