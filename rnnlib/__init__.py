"""Recurrent networks with their gradients written out by hand, on NumPy alone.

One module per system, and the same verbs in each: ``forward`` computes the states,
``backward`` the gradients of a scalar loss.  Arrays are time-major, ``x (T, B, D)``;
rows are instances; ``h[0]`` is the initial state, so ``h`` has T + 1 entries.
Sizes: T steps, B instances, D inputs, H hidden units, K outputs.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "activations", "checkpoint", "flow", "gru", "initialisers", "language", "linear", "losses", "lru",
    "lstm", "lstm97", "min_gru", "mlp", "numgrad", "paths", "plots", "readout", "regularisers", "rnn",
    "scalar", "sequence", "tasks", "training", "truncated",
]


def __getattr__(name: str) -> ModuleType:
    """`rnnlib.lstm` after `import rnnlib` alone; a module is loaded when it is first asked for."""
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
