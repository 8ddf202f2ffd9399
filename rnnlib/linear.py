"""Linear recurrences with a diagonal, and their gradient: two scans.

    h_t = a_t ⊙ h_{t-1} + b_t,   the same for every unit alone; a and b real or complex

dh_t/dh_k is the diagonal matrix of a_t ⊙ … ⊙ a_{k+1}, exactly, since neither a nor b reads a state.  The
backward pass is a recurrence of the same kind that runs from the last step to the first.  Two
steps in a row are one step, (a, b) then (a', b') being (a' ⊙ a, a' ⊙ b + b'), and this operation is
associative: so the steps can be combined as a tree, in about 2 log₂ T rounds (Blelloch, 1990; Martin
and Cundy, 2018).  In NumPy the tree is no faster; it is here because it gives the same numbers.

The gradient of a real loss with respect to a complex z is ∂L/∂(Re z) + i ∂L/∂(Im z), as in PyTorch:
whatever is multiplied on the way forward, its complex conjugate is on the way back.
"""

from typing import NamedTuple

import numpy as np

from ._arguments import Reader
from ._types import Arrays


class Run(NamedTuple):
    """What `forward` computed.  h has T + 1 entries, h[0] the initial state; step t made h[t]."""

    a: np.ndarray  #: (T, B, H) factors
    b: np.ndarray  #: (T, B, H) addends
    h: np.ndarray  #: (T + 1, B, H) states


def forward(a: np.ndarray, b: np.ndarray, h0: np.ndarray | None = None, tree: bool = False) -> Run:
    """h_t = a_t ⊙ h_{t-1} + b_t for all steps.

    a, b: (T, B, H).  h0: (B, H), zeros if None.  tree: combines the steps as a tree in place of one
    after the other.  Returns a `Run`.
    """
    read = Reader()
    a, b = read.array("a", a, "T B H"), read.array("b", b, "T B H")
    a, b, h0 = read.cast(a, b, read.optional("h0", h0, "B H"))
    return Run(a, b, scan(a, b, np.zeros_like(b[0]) if h0 is None else h0, tree))


def backward(run: Run, dh: np.ndarray, tree: bool = False) -> Arrays:
    """The gradient of a loss on the states, by a scan from step T to step 1.

    run: as made by `forward`.  dh: (T, B, H), the loss's adjoints that reach h[1:] from outside; real
    where the states are.  tree: as in `forward`.  Returns a dict with a, b, both (T, B, H), and h0
    (B, H).
    """
    if not isinstance(run, Run):
        raise TypeError(f"run is {type(run).__name__}, expected the Run that rnnlib.linear.forward made")
    read = Reader(allow_complex=np.iscomplexobj(run.h))
    a, h = read.array("run.a", run.a, "T B H"), read.array("run.h", run.h, "T+1 B H")
    a, h, dh = read.cast(a, h, read.array("dh", dh, "T B H"))
    total = adjoints(a, dh, tree)
    return {"a": total[1:] * h[:-1].conj(), "b": total[1:].copy(), "h0": total[0].copy()}


def adjoints(a: np.ndarray, dh: np.ndarray, tree: bool = False) -> np.ndarray:
    """The total adjoints of h_0, …, h_T: dh_t plus the conjugate of a_{t+1} times the adjoint of h_{t+1}.

    a: (T, B, H), or what broadcasts to it.  dh: (T, B, H).  Returns (T + 1, B, H).
    """
    outside = np.concatenate([np.zeros_like(dh[:1]), dh[:-1]])  # the loss does not read h_0
    return scan(a[::-1].conj(), outside[::-1], dh[-1], tree)[::-1]


def scan(a: np.ndarray, b: np.ndarray, h0: np.ndarray, tree: bool = False) -> np.ndarray:
    """The states (T + 1, B, H).  a: (T, B, H), or what broadcasts to it; b: (T, B, H); h0: (B, H)."""
    if tree:
        products, sums = prefixes(np.broadcast_to(a, b.shape), b)
        return np.concatenate([h0[None], products * h0 + sums])
    h = np.empty((len(b) + 1, *b.shape[1:]), np.result_type(a, b, h0))
    h[0] = h0
    for a_t, b_t, h_prev, h_t in zip(np.broadcast_to(a, b.shape), b, h, h[1:]):
        np.multiply(a_t, h_prev, h_t)
        h_t += b_t
    return h


def prefixes(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The steps 1 to t combined into one, for every t: factors and addends, both (T, B, H).

    Neighbours are combined, then the half as many pairs by the same function.  That gives every
    second prefix; each of the others is one step more than the prefix before it.
    """
    if len(a) == 1:
        return a, b
    odd = slice(1, None, 2)  # the second of each pair
    later_a, later_b, pairs = a[odd], b[odd], len(a) // 2
    A, S = prefixes(later_a * a[: 2 * pairs : 2], later_a * b[: 2 * pairs : 2] + later_b)
    product, total = np.empty_like(a), np.empty_like(b)
    product[odd], total[odd] = A, S
    product[0], total[0] = a[0], b[0]
    even, before = slice(2, None, 2), (len(a) - 1) // 2
    product[even] = a[even] * A[:before]
    total[even] = a[even] * S[:before] + b[even]
    return product, total
