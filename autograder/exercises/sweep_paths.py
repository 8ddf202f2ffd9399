"""The paths from losses to uses in an instance, and what is left of them when a sweep goes wrong.

Which paths there are is read off the gradients of parts of the sequence: that of the steps a < s <= b, with
h_a for its initial state, holds the paths from the losses at these steps to the uses at these steps, and no
other.
"""

from functools import cached_property
from typing import Any

import numpy as np

from ..compare import Array
from . import Arguments, Exercise

INITIAL = ("h0", "c0", "s0", "h0_re", "h0_im")  # adjoints of initial states
BY_STEP = ("x", "h", "W_copies", "dh_total")  # outputs with a part for every step, or for every state

Outputs = dict[str, Array]


class Paths:
    """The paths from losses to uses in one instance of an exercise."""

    def __init__(self, exercise: Exercise, arguments: Arguments) -> None:
        sweep = exercise.sweep
        assert sweep is not None and sweep.long is not None
        self._sweep = sweep
        if sweep.unroll is not None:
            self.steps, self._backward, self._arguments = sweep.unroll(*arguments)
        else:
            assert exercise.reference is not None
            self._backward, self._arguments = exercise.reference, arguments
            self.steps = len(arguments[sweep.adjoints[0]])
        self._known: dict[tuple[int, int], Outputs] = {}

    def within(self, start: int, end: int, hands_back: bool = False) -> Outputs:
        """The gradient of the losses at the steps start < t <= end by way of these steps only.

        hands_back: whether the state before them counts as initial, if they are not the first.
        """
        if (start, end) not in self._known:
            self._known[start, end] = self._gradient(start, end)
        found = self._known[start, end]
        keep = hands_back or start == 0
        return {n: g if keep or n not in INITIAL else np.zeros_like(g) for n, g in found.items()}

    def first(self, steps: int) -> Arguments:
        """The arguments of the backward pass for the first steps alone."""
        return self._cut(0, steps)

    def _cut(self, start: int, end: int) -> Arguments:
        return tuple(
            self._adjoints(value, start, end)
            if n in self._sweep.adjoints
            else self._part(value, start, end)
            for n, value in enumerate(self._arguments)
        )

    def _gradient(self, start: int, end: int) -> Outputs:
        found = self._backward(*self._cut(start, end))
        return {
            name: self._placed(name, np.asarray(g, float), start, end)
            for name, g in found.items()
            if name not in self._sweep.beside
        }

    def _adjoints(self, value: Array, start: int, end: int) -> Array:
        if value.ndim < self._arguments[self._sweep.adjoints[0]].ndim:  # of the last state
            return value if end == self.steps else np.zeros_like(value)
        part: Array = self._part(value, start, end)
        if len(value) > self.steps and start:  # what a loss says of the state before belongs to that state
            part = part.copy()
            part[0] = 0
        return part

    def _part(self, value: Any, start: int, end: int) -> Any:
        if hasattr(value, "_fields"):
            return type(value)(*(self._part(field, start, end) for field in value))
        if isinstance(value, np.ndarray) and value.ndim and len(value) in (self.steps, self.steps + 1):
            return value[start : end + len(value) - self.steps]
        return value

    def _placed(self, name: str, g: Array, start: int, end: int) -> Array:
        """A gradient of a part, at its place among all steps."""
        if name not in (*BY_STEP, *self._sweep.by_step):
            return g
        states = len(g) - (end - start)
        placed = np.zeros((self.steps + states, *g.shape[1:]))
        placed[start : end + states] = g
        if states and start:  # of a state that counts as a constant here
            placed[start] = 0
        return placed

    @cached_property
    def _up_to(self) -> list[Outputs]:
        """For k = 1, 2, …, T the paths that meet at most k steps."""
        found = []
        for k in range(1, self.steps + 1):
            parts = [(1.0, self.within(a, a + k)) for a in range(self.steps - k + 1)]
            if k > 1:  # what two neighbours both hold
                parts += [(-1.0, self.within(a, a + k - 1)) for a in range(1, self.steps - k + 1)]
            found.append(_sum(parts))
        return found

    def short(self, k: int) -> Outputs:
        """The paths that meet at most k steps: every loss goes back through k steps and no further."""
        return self._up_to[k - 1]

    def last(self, k: int, hands_back: bool = False) -> Outputs:
        """What a sweep over the last k steps gives; hands_back: whether it takes the rest for h0."""
        return self.within(self.steps - k, self.steps, hands_back)

    def detached(self, period: int, from_the_end: bool = False) -> Outputs:
        """The paths that do not cross from one stretch of `period` steps into another."""
        ends = range(self.steps, 0, -period) if from_the_end else range(period, self.steps + period, period)
        parts = [(max(end - period, 0), min(end, self.steps)) for end in ends]
        return _sum([(1.0, self.within(*part)) for part in parts])

    @cached_property
    def by_lag(self) -> list[Outputs]:
        """For l = 0, 1, …, T - 1 the paths that go l steps back; those to initial states, l + 1."""
        before = _sum([(0.0, self._up_to[0])])
        found = []
        for now in self._up_to:
            found.append(_sum([(1.0, now), (-1.0, before)]))
            before = now
        return found

    def fading(self, rate: float) -> Outputs:
        """The paths, each multiplied by `rate` for every step back."""
        found = _sum([(rate**lag, part) for lag, part in enumerate(self.by_lag)])
        for name in found:
            if name in INITIAL:
                found[name] = rate * found[name]
        if "dh_total" in found:
            found["dh_total"][0] *= rate
        return found


def _sum(parts: list[tuple[float, Outputs]]) -> Outputs:
    """The weighted sum of gradients."""
    return {n: np.sum([share * part[n] for share, part in parts], axis=0) for n in parts[0][1]}
