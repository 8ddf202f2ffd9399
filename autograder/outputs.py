"""Reads the outputs out of what a function returned: from a dict, a tuple, or a value."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .answers import stand_in_for
from .errors import Unreadable


def read_outputs(returned: Any, names: Sequence[str]) -> tuple[dict[str, Any], str]:
    """What a function returned, as (dict of outputs, remark): from a dict, a tuple, or a value.

    Raises Unreadable, with a sentence, when it is none of these.
    """
    if returned is None:
        raise Unreadable("returned None: perhaps a return statement is missing")
    if inspect.iscoroutine(returned):
        returned.close()  # or Python complains on stderr that it was never awaited
        raise Unreadable("is an async function, expected a plain def")
    if inspect.isgenerator(returned):
        raise Unreadable("returned a generator: it has a yield where a return is expected")
    if isinstance(returned, Mapping):
        if returned and len(names) > 1 and not any(name in returned for name in names):
            came = ", ".join(map(str, returned))[:200]
            raise Unreadable(f"returned a dict with the keys {came}; expected {', '.join(names)}")
        extra = [str(key) for key in returned if key not in names]
        remark = f"extra outputs ignored: {', '.join(extra)}" if extra else ""
        return {name: returned[name] for name in names if name in returned}, remark
    if hasattr(returned, "_fields"):
        return {name: getattr(returned, name) for name in names if hasattr(returned, name)}, ""
    if len(names) == 1:
        return {names[0]: returned}, ""
    if isinstance(returned, (tuple, list)) and len(returned) == len(names):
        return dict(zip(names, returned)), ""
    raise Unreadable(f"returned {describe_value(returned)}, expected a dict with the keys {', '.join(names)}")


def is_in_order(returned: Any, names: Sequence[str]) -> bool:
    """Whether several outputs came without names, so that `read_outputs` goes by their order."""
    is_plain = isinstance(returned, tuple | list) and not hasattr(returned, "_fields")
    return is_plain and len(names) > 1


def describe_value(value: object) -> str:
    """A value in a sentence, such as "an array of shape (3,) and dtype int64"."""
    stand_in = stand_in_for(value)
    if stand_in:
        return stand_in.said
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a value of type {type(value).__name__}"
