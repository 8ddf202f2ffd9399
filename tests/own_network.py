"""The recurrent network of lesson 05 as a cell that `rnnlib.language` trains, with a given backward pass."""

from types import SimpleNamespace

from rnnlib import rnn


def network_with(sweep):
    """sweep: as the lesson asks for it, `rnn_backward(params, x, h, dh)`."""
    return SimpleNamespace(
        init=rnn.init,
        forward=rnn.forward,
        backward=lambda params, run, dh: sweep(params, run.x, run.h, dh),
    )
