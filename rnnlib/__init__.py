"""Recurrent networks with their gradients written out by hand, on NumPy alone.

One module per system, and the same verbs in each: ``forward`` computes the states,
``backward`` the gradients of a scalar loss.  Arrays are time-major, ``x (T, B, D)``;
rows are instances; ``h[0]`` is the initial state, so ``h`` has T + 1 entries.
Sizes: T steps, B instances, D inputs, H hidden units, K outputs.
"""

__version__ = "0.1.0"
