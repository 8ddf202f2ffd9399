"""Whether an honest computation in single precision can be accepted on an instance.

Where the terms of a sum nearly cancel, their rounding is large beside what is left (Higham, *Accuracy and
Stability of Numerical Algorithms*, chapter 1).  A right answer would be refused on one seed in a thousand.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..compare import TOLERANCE, Reference, relative_error

# one rounding may change a sum little by chance; two hardly ever do
SCALES = (1.0, 3.0)
# a computation rounds more often than its arguments are rounded here
LARGEST_ERROR = TOLERANCE / 50


def is_well_conditioned(outputs: Callable[[tuple[Any, ...]], Reference], arguments: tuple[Any, ...]) -> bool:
    """Whether the right outputs hardly change when the arguments are rounded to single precision.

    A function among the arguments has to be differentiated as accurately as the exercise says, and may
    well be one with which that is difficult: such arguments are not asked about.
    """
    if any(callable(value) for value in arguments):
        return True
    right = outputs(arguments)
    rounded = (outputs(in_single_precision(arguments, scale)) for scale in SCALES)
    return all(relative_error(near[name], right[name]) <= LARGEST_ERROR for near in rounded for name in right)


def in_single_precision(value: Any, scale: float = 1.0) -> Any:
    """A copy of an argument of which `scale` times every real or complex number is in single precision."""
    if isinstance(value, np.ndarray | float):
        array = np.asarray(value)
        kind = {"f": np.float32, "c": np.complex64}.get(array.dtype.kind)
        rounded = (scale * array).astype(kind) / array.dtype.type(scale) if kind else array.copy()
        return rounded if isinstance(value, np.ndarray) else float(rounded)
    if isinstance(value, dict):
        return {key: in_single_precision(part, scale) for key, part in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*(in_single_precision(part, scale) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(in_single_precision(part, scale) for part in value)
    return value
