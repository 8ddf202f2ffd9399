"""A cell, the output layer on top of it and a loss: the gradient of all parameters in one call."""

from typing import Any

import numpy as np

from . import readout
from ._arguments import parameters
from ._types import Arrays, Loss


def loss_and_grads(cell: Any, params: Arrays, x: np.ndarray, y: np.ndarray, loss: Loss,
                   **states: Any) -> tuple[float, Arrays]:
    """Runs cell and readout over `x`, and back from the loss to every parameter and input.

    cell: a module of this library, such as `rnn`, `lstm` or `gru`, or anything with the same
    `forward` and `backward`.  params: its parameters and those of `readout` in one dict.
    x: (T, B, D).  y: targets, as `loss` takes them.  loss: a function (o, y) -> (loss, do) such as
    `losses.softmax_cross_entropy`, o being (T, B, K).
    states: further arguments of `cell.forward`, such as h0, c0, phi, reset.
    Returns (loss, grads): grads has the names of params, and x, h0, and c0 if the cell has one.
    """
    run, top, o = forward(cell, params, x, **states)
    value, do = loss(o, y)
    head = readout.backward(top, run.h[1:], do)
    below = {name: params[name] for name in params if name not in top}
    grads = cell.backward(below, run, head.pop("h"))
    return value, {**grads, **head}


def forward(cell: Any, params: Arrays, x: np.ndarray,
            **states: Any) -> tuple[Any, Arrays, np.ndarray]:
    """The cell's `Run` over `x`, the readout's share of params, and the outputs o (T, B, K)."""
    if not all(callable(getattr(cell, name, None)) for name in ("forward", "backward")):
        raise TypeError(f"cell is {cell!r}, expected a module such as rnnlib.lstm")
    parameters(params, ("W_y",), None)
    top = {name: params[name] for name in params if name in readout.SHAPES}
    below = {name: params[name] for name in params if name not in top}
    run = cell.forward(below, x, **states)
    return run, top, readout.forward(top, run.h[1:])
