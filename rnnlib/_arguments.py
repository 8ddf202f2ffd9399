"""Reading arguments: one place that turns what came into arrays, or says what is wrong.

Sizes are given by letter, ``"T B D"``.  The first array to use a letter fixes it, and the
message for any later one that disagrees names both.
"""

import cmath
import math
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ._types import Rng

FLOAT32, FLOAT64, COMPLEX = (np.dtype(name) for name in ("float32", "float64", "complex128"))


class Reader:
    """Reads the arguments of one call; remembers the sizes and settles the dtype.

    >>> read = Reader()
    >>> read.array("x", np.zeros((5, 2, 3)), "T B D").shape
    (5, 2, 3)

    An axis may also be a multiple of a size or one more than it, ``"4H"`` or ``"T+1"``.
    """

    def __init__(self, allow_complex: bool = True, allow_infinite: bool = False):
        self.sizes: dict[str, int] = {}
        self._said_by: dict[str, str] = {}  # the argument that fixed a size, and its shape
        self.allow_complex, self.allow_infinite = allow_complex, allow_infinite
        self._kinds: set[np.dtype] = set()

    @property
    def dtype(self) -> np.dtype:
        """float32 when every array was float32, complex128 when one was complex, else float64."""
        if COMPLEX in self._kinds:
            return COMPLEX
        return FLOAT32 if self._kinds == {FLOAT32} else FLOAT64

    def array(self, name: str, value: Any, axes: str) -> np.ndarray:
        """`value` as a finite array with the sizes that the letters in `axes` stand for."""
        array = self._numeric(name, value)
        if tuple([self.sizes.get(axis) for axis in _split(axes)]) != array.shape:
            self._learn(name, array.shape, _split(axes))
        return array

    def _learn(self, name: str, shape: tuple[int, ...], axes: list[str]) -> None:
        """Adds the sizes that `shape` gives to the axes not known yet, if the rest agrees."""
        sizes = self.sizes.copy()
        agrees = len(axes) == len(shape)
        for axis, size in zip(axes, shape):
            factor, letter, more = _parse(axis)
            sizes.setdefault(letter, (size - more) // factor)
            sizes[axis] = factor * sizes[letter] + more
            agrees = agrees and sizes[axis] == size
        if not agrees:
            others = self._others(shape, axes) if len(axes) == len(shape) else []
            raise ValueError("; ".join([_disagreement(name, shape, axes, self.sizes), *others]))
        if 0 in shape:
            raise ValueError(f"{name} has shape {shape}, expected no axis of length 0")
        self.sizes = sizes
        for axis in axes:
            self._said_by.setdefault(_parse(axis)[1], f"{name} has shape {shape}")

    def _others(self, shape: tuple[int, ...], axes: list[str]) -> list[str]:
        """The arguments before that say otherwise of one of these sizes, each with its shape."""
        clash = [
            letter
            for (factor, letter, more), size in zip(map(_parse, axes), shape)
            if letter in self.sizes and factor * self.sizes[letter] + more != size
        ]
        return list(dict.fromkeys(self._said_by[letter] for letter in clash if letter in self._said_by))

    def numbers(self, name: str, value: Any) -> np.ndarray:
        """`value` as a finite array of any shape that is not empty."""
        array = self._numeric(name, value)
        if array.size == 0:
            raise ValueError(f"{name} has shape {array.shape}, expected no axis of length 0")
        return array

    def optional(self, name: str, value: Any, axes: str) -> np.ndarray | None:
        """As `array`, but None stays None."""
        return None if value is None else self.array(name, value, axes)

    def params(self, params: Any, shapes: dict[str, str], optional: Sequence[str] = ()) -> list[Any]:
        """The arrays of the dict `params` in the order of `shapes`, a dict name -> axes.

        An absent name is None if it is one of `optional`, and an error if not.
        """
        if type(params) is not dict or params.keys() != shapes.keys():
            parameters(params, [name for name in shapes if name not in optional], optional)
        return [
            self.array(name, params[name], axes) if name in params else None
            for name, axes in shapes.items()
        ]

    def cast(self, *arrays: np.ndarray | None) -> list[Any]:
        """The arrays, contiguous and of the settled dtype: the last thing to ask for."""
        dtype = self.dtype
        return [array if array is None else np.ascontiguousarray(array, dtype) for array in arrays]

    def run(self, run: Any, *kinds: type[Any]) -> Any:
        """`run` if it is one of `kinds`, the Runs of some modules; settles T, B, D and H."""
        if not isinstance(run, kinds):
            makers = " or ".join(kind.__module__ for kind in kinds)
            raise TypeError(
                f"run is {type(run).__name__}, expected the Run that {makers}.forward made"
            )
        dtype = run.h.dtype
        if dtype == COMPLEX and not self.allow_complex:
            raise TypeError(f"run.h has dtype {dtype}, expected real numbers")
        self._kinds.add(dtype)
        (T, B, D), H = run.x.shape, run.h.shape[-1]
        if run.h.shape != (T + 1, B, H):
            raise ValueError(
                f"run.h has shape {run.h.shape}, expected (T+1, B, H) with T = {T}, B = {B}"
            )
        self.sizes = {"T": T, "B": B, "D": D, "H": H}
        self._said_by = dict.fromkeys("TBD", f"run.x has shape {run.x.shape}")
        self._said_by["H"] = f"run.h has shape {run.h.shape}"
        return run

    def fresh(self, n: int, *initial: np.ndarray | None) -> list[np.ndarray]:
        """A (T, B, n H) to be filled, and for each initial state a (T+1, B, H) that starts with it.

        An initial state None is zeros.  All in one piece of memory: the C library gives freed
        memory back to the system when it is more than twice the largest piece it has seen, and
        fetching it again page by page can be a tenth of the time.
        """
        T, B, H = self.sizes["T"], self.sizes["B"], self.sizes["H"]
        shapes = [(T, B, n * H)] + [(T + 1, B, H)] * len(initial)
        arrays, start = [], 0
        memory = np.empty(T * B * n * H + len(initial) * (T + 1) * B * H, self.dtype)
        for shape in shapes:
            arrays.append(memory[start : (start := start + math.prod(shape))].reshape(shape))
        for states, first in zip(arrays[1:], initial):
            states[0] = 0 if first is None else first
        return arrays

    def scalar(self, name: str, value: Any) -> Any:
        """`value` as a finite number (an array's dtype counts, a Python float's does not)."""
        if isinstance(value, bool) or not isinstance(value, (int, float, complex)):
            return self.array(name, value, "")[()]
        if isinstance(value, complex):
            if not self.allow_complex:
                raise TypeError(f"{name} is complex, expected a real number")
            self._kinds.add(COMPLEX)
        try:
            finite = cmath.isfinite(value)
        except OverflowError:
            raise ValueError(f"{name} is an int too large for a float") from None
        if not finite:
            raise ValueError(f"{name} is {value}, expected a finite number")
        return float(value) if isinstance(value, int) else value

    def _numeric(self, name: str, value: Any) -> np.ndarray:
        if value is None or isinstance(value, (str, bytes, dict)):
            raise TypeError(f"{name} is {type(value).__name__}, expected an array of numbers")
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ValueError(f"{name} is not a rectangular array of numbers: {error}") from None
        dtype = array.dtype
        if dtype is not FLOAT64 and dtype is not FLOAT32:
            if dtype.kind not in "biufc" or (dtype.kind == "c" and not self.allow_complex):
                raise TypeError(f"{name} has dtype {dtype}, expected real numbers")
            single = dtype.kind == "f" and dtype.itemsize == 4  # in whatever byte order
            dtype = COMPLEX if dtype.kind == "c" else FLOAT32 if single else FLOAT64
            array = array.astype(dtype, copy=False)
        if not self.allow_infinite and not all_finite(array):
            raise ValueError(f"{name} contains NaN or infinity, expected finite numbers")
        self._kinds.add(dtype)
        return array


def all_finite(array: np.ndarray) -> bool:
    """Whether no entry is NaN or infinite."""
    # a third of the time of isfinite(array).all() on small arrays, and most of what a check costs
    return b"\0" not in np.isfinite(array).tobytes()


_split = lru_cache(str.split)


@lru_cache
def _parse(axis: str) -> tuple[int, str, int]:
    """Factor, letter and addend: "H" is (1, "H", 0), "4H" (4, "H", 0), "T+1" (1, "T", 1)."""
    size, _, more = axis.partition("+")
    letter = size.lstrip("0123456789") if size[0].isdigit() else size
    return int(size[: -len(letter)] or 1), letter, int(more or 0)


def _disagreement(name: str, shape: tuple[int, ...], axes: list[str], known: dict[str, int]) -> str:
    letters = dict.fromkeys(_parse(axis)[1] for axis in axes)
    sizes = ", ".join(f"{letter} = {known[letter]}" for letter in letters if letter in known)
    expected = "(" + ", ".join(axes) + ("," if len(axes) == 1 else "") + ")"
    return f"{name} has shape {shape}, expected {expected}" + (f" with {sizes}" if sizes else "")


def parameters(params: Any, required: Sequence[str], optional: Sequence[str] | None = ()) -> Any:
    """Checks that `params` is a dict with the names this system has; returns it.

    optional: None if it may hold any other names.
    """
    if not isinstance(params, Mapping):
        raise TypeError(f"params is {type(params).__name__}, expected a dict of arrays")
    optional, others = optional or (), optional is None
    missing = [name for name in required if name not in params]
    unknown = [repr(name) for name in params if not others and name not in (*required, *optional)]
    if missing or unknown:
        problem = f"no {', '.join(missing)}" if missing else f"unknown {', '.join(unknown)}"
        may = f" and possibly {', '.join(optional)}" if optional else ""
        raise ValueError(f"params has {problem}; expected {', '.join(required)}{may}")
    return params


def choice(name: str, value: Any, known: Collection[str]) -> str:
    """`value` if it is one of the names in `known`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {type(value).__name__}, expected one of {', '.join(known)}")
    if value not in known:
        raise ValueError(f"{name} is {value!r}, expected one of {', '.join(known)}")
    return value


def count(name: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an int between `low` and `high`, both included."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {type(value).__name__}, expected an int")
    if value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name} is {value}, expected an int {limits}")
    return int(value)


def real(name: str, value: Any) -> float:
    """`value` as a float: NumPy's own numbers would turn float32 arrays into float64."""
    return float(Reader(allow_complex=False).scalar(name, value))


def positive(name: str, value: Any) -> float:
    """`value` as a float above 0."""
    number = real(name, value)
    if not number > 0:
        raise ValueError(f"{name} is {value}, expected a positive number")
    return number


def generator(rng: Any) -> Rng:
    """`rng` if it is a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is {type(rng).__name__}, expected a numpy.random.Generator")
    return rng
