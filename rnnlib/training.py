"""Gradient descent: clipping, two optimisers, and a loop with a progress bar.

Nothing here changes its arguments: clipping and `update` return new dicts.
"""

import math
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import numpy as np

from ._arguments import Reader, count, positive, real
from ._types import Arrays
from .initialisers import chrono_bias, forget_bias, he, identity, orthogonal, xavier

__all__ = [
    "Adam", "SGD", "Trained", "chrono_bias", "clip_by_global_norm", "clip_by_value", "forget_bias",
    "global_norm", "he", "identity", "orthogonal", "train", "xavier",
]

LossAndGrads = Callable[[Arrays], tuple[float, Arrays]]
Stop = Callable[[list[float]], bool]


def global_norm(grads: Arrays) -> float:
    """‖g‖ over the entries of all arrays jointly.  Returns a float, inf beyond the float range."""
    return math.prod(_norm(_read("grads", grads)))


def clip_by_global_norm(grads: Arrays, c: float) -> Arrays:
    """g min(1, c / ‖g‖): the direction is kept (Pascanu, Mikolov and Bengio, 2013).

    grads: a dict of arrays.  c: the largest norm allowed, positive.  Returns a new dict.
    """
    c, grads = positive("c", c), _read("grads", grads)
    scale, norm = _norm(grads)
    if scale * norm <= c:
        return {name: g.copy() for name, g in grads.items()}
    return {
        name: (np.divide(g, scale, dtype=float) * (c / norm)).astype(g.dtype)
        for name, g in grads.items()
    }


def _norm(grads: Arrays) -> tuple[float, float]:
    """‖g‖ as the product of two numbers, the largest |entry| and the norm in units of it."""
    # or the squares of large gradients overflow: those are the ones clipping is for
    scale = float(max((np.abs(g).max() for g in grads.values()), default=0.0))
    if scale == 0:
        return 0.0, 0.0
    return scale, math.sqrt(sum(np.square(g / scale, dtype=float).sum() for g in grads.values()))


def clip_by_value(grads: Arrays, c: float) -> Arrays:
    """Every entry limited to [-c, c]: the direction changes.  Returns a new dict."""
    c = positive("c", c)
    return {name: np.clip(g, -c, c) for name, g in _read("grads", grads).items()}


class SGD:
    """Steps of -lr times the gradient, or of its decaying sum with momentum (Polyak, 1964).

    lr: positive.  momentum: from 0 to below 1.
    """

    def __init__(self, lr: float = 0.1, momentum: float = 0.0):
        self.lr, self.momentum = positive("lr", lr), _fraction("momentum", momentum)
        self._velocity: Arrays = {}

    def update(self, params: Arrays, grads: Arrays) -> Arrays:
        """params after one step; grads may hold more names.  Returns a new dict."""
        new, (params, grads) = {}, _matching(params, grads)
        for name, g in grads.items():
            v = self._velocity[name] = self.momentum * self._velocity.get(name, 0) + g
            new[name] = params[name] - self.lr * v
        return new


class Adam:
    """Steps of about lr in every entry, whatever the gradient's scale (Kingma and Ba, 2015).

    lr, eps: positive.  beta1, beta2: from 0 to below 1.
    """

    def __init__(self, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8):
        self.lr, self.eps = positive("lr", lr), positive("eps", eps)
        self.beta1, self.beta2 = _fraction("beta1", beta1), _fraction("beta2", beta2)
        self._mean: Arrays = {}
        self._square: Arrays = {}
        self._steps = 0

    def update(self, params: Arrays, grads: Arrays) -> Arrays:
        """params after one step; grads may hold more names.  Returns a new dict."""
        params, grads = _matching(params, grads)
        self._steps += 1
        # both averages start at 0, which these factors make up for
        unbias_mean = 1 / (1 - self.beta1**self._steps)
        unbias_square = 1 / (1 - self.beta2**self._steps)
        new = {}
        for name, g in grads.items():
            mean, square = self._mean.get(name, 0), self._square.get(name, 0)
            self._mean[name] = mean = self.beta1 * mean + (1 - self.beta1) * g
            self._square[name] = square = self.beta2 * square + (1 - self.beta2) * g * g
            size = np.sqrt(unbias_square * square) + self.eps
            new[name] = params[name] - self.lr * unbias_mean * mean / size
        return new


class Optimiser(Protocol):
    """What `train` needs of an optimiser."""

    def update(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters after one step; grads has the names and shapes of params."""


class Trained(NamedTuple):
    """What `train` returns."""

    params: Arrays  #: after the last step
    losses: list[float]  #: before each step that was done
    interrupted: bool  #: by Ctrl-C


def train(loss_and_grads: LossAndGrads, params: Arrays, steps: int, optimiser: Optimiser | None = None,
          clip: float | None = None, progress: bool = True, stop: Stop | None = None) -> Trained:
    """Repeats params = optimiser.update(params, gradient), at most `steps` times.

    loss_and_grads: params -> (loss, grads), on a new batch at every call if it likes; grads may
    hold more names than params.  optimiser: `Adam()` if None.  clip: largest global norm of the
    gradient of the parameters, any if None.  progress: show a bar with the loss.  stop: losses so
    far -> bool, asked after each step.  Ctrl-C ends early and keeps what was learned.  Returns a
    `Trained`.
    """
    optimiser = Adam() if optimiser is None else optimiser
    steps, clip = count("steps", steps, 0), None if clip is None else positive("clip", clip)
    params = {name: value.copy() for name, value in _read("params", params).items()}
    if not hasattr(optimiser, "update") or isinstance(optimiser, Mapping):
        raise TypeError(f"optimiser is {type(optimiser).__name__}, expected one such as Adam()")
    for name, function in (("loss_and_grads", loss_and_grads), ("stop", stop)):
        if not (callable(function) or name == "stop" and function is None):
            raise TypeError(f"{name} is {type(function).__name__}, expected a function")
    bar = _Bar(steps) if progress else None
    losses: list[float] = []
    interrupted = False
    try:
        for _ in range(steps):
            loss, grads = loss_and_grads(params)
            if not np.isfinite(loss):
                raise FloatingPointError(
                    f"the loss is {loss} at step {len(losses) + 1}: try clipping or a smaller lr"
                )
            _, grads = _matching(params, grads)
            grads = grads if clip is None else clip_by_global_norm(grads, clip)
            params = optimiser.update(params, grads)
            losses.append(float(loss))
            if bar:
                bar.show(losses)
            if stop is not None and stop(losses):
                break
    except KeyboardInterrupt:
        interrupted = True
    finally:
        if bar:
            bar.close(losses, interrupted)
    return Trained(params, losses, interrupted)


class _Bar:
    """One line that is rewritten ten times a second at most; in a log, only its last state."""

    def __init__(self, steps: int):
        self.steps, self.shown, self.rewrites = steps, 0.0, sys.stdout.isatty()
        self.rewrites = self.rewrites or "ipykernel" in sys.modules

    def show(self, losses: list[float]) -> None:
        if self.rewrites and time.monotonic() - self.shown > 0.1:
            self.shown = time.monotonic()
            print("\r" + self.line(losses), end="", flush=True)

    def line(self, losses: list[float]) -> str:
        done = 30 * len(losses) // max(self.steps, 1)
        recent = np.mean(losses[-20:]) if losses else np.nan
        return f"[{'=' * done}{' ' * (30 - done)}] {len(losses)}/{self.steps}  loss {recent:.4g}"

    def close(self, losses: list[float], interrupted: bool) -> None:
        end = "  interrupted, parameters kept" if interrupted else ""
        print(("\r" if self.rewrites else "") + self.line(losses) + end, flush=True)


def _matching(params: Arrays, grads: Arrays) -> tuple[Arrays, Arrays]:
    """`params`, and their gradients in the same dtypes.  Training may have come to infinity."""
    params = _read("params", params, allow_infinite=True)
    if isinstance(grads, Mapping):
        missing = [name for name in params if name not in grads]
        if missing:
            raise ValueError(f"grads has no {', '.join(missing)}; expected the names of params")
        grads = {name: grads[name] for name in params}
    grads = _read("grads", grads, allow_infinite=True)
    for name, g in grads.items():
        if g.shape != params[name].shape:
            raise ValueError(
                f"grads[{name!r}] has shape {g.shape}, expected {params[name].shape} as in params"
            )
    return params, {name: g.astype(params[name].dtype, copy=False) for name, g in grads.items()}


def _read(name: str, arrays: Arrays, allow_infinite: bool = False) -> Arrays:
    """The arrays of a dict, each in float32 or float64."""
    if not isinstance(arrays, Mapping):
        raise TypeError(f"{name} is {type(arrays).__name__}, expected a dict of arrays")
    return {
        key: Reader(allow_complex=False, allow_infinite=allow_infinite).numbers(f"{name}[{key!r}]", value)
        for key, value in arrays.items()
    }


def _fraction(name: str, value: float) -> float:
    number = real(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} is {value}, expected a number from 0 to below 1")
    return number
