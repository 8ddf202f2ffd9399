"""The linear recurrent unit: a complex diagonal in place of W_h (Orvieto et al., 2023).

    λ = exp(-exp(ν) + iθ),   γ = √(1 - |λ|²),   h_t = λ ⊙ h_{t-1} + γ ⊙ (x_t W),   W = W_re + i W_im

|λ| = exp(-exp(ν)) is below 1 for every ν.  The factor γ gives every state the variance of x_t W, whatever
|λ| is, when the inputs are white noise.  In the paper γ is where a parameter of its own starts; here it
stays this function of ν, so that ν has two ways to the states.  States are complex; what a layer above
reads is [Re h, Im h], or Re(h W_y) with a complex W_y, which is the same.

The gradient with respect to a complex z is ∂L/∂(Re z) + i ∂L/∂(Im z), as in `linear`.  Since the states
are complex already, the complex step cannot go through this module: complex params and inputs are
refused, and the tests take it through the same network written in real numbers.
"""

from typing import NamedTuple

import numpy as np

from . import linear
from ._arguments import Reader, count, generator, real
from ._steps import affine, times_transposed, weight_gradient
from ._types import Arrays, Rng

SHAPES = {"nu": "H", "theta": "H", "W_re": "D H", "W_im": "D H"}


class Run(NamedTuple):
    """What `forward` computed.  h has T + 1 entries, h[0] the initial state; step t made h[t]."""

    x: np.ndarray  #: (T, B, D) inputs, real
    lam: np.ndarray  #: (H,) λ, complex
    gamma: np.ndarray  #: (H,) γ, real; ones with normalise=False
    u: np.ndarray  #: (T, B, H) x_t W, complex
    h: np.ndarray  #: (T + 1, B, H) states, complex
    normalise: bool = True  #: whether γ multiplies the input


def init(D: int, H: int, rng: Rng, r_min: float = 0.9, r_max: float = 0.999,
         max_phase: float = 2 * np.pi) -> Arrays:
    """λ uniform over the part of a ring r_min ≤ |λ| ≤ r_max with phases up to max_phase.

    W_re and W_im are normal with variance 1/(2D), so that E|x_t W|² is the mean square of x.  Returns
    the params dict.  0 < r_min ≤ r_max < 1.
    """
    D, H, rng = count("D", D, 1), count("H", H, 1), generator(rng)
    r_min, r_max, max_phase = real("r_min", r_min), real("r_max", r_max), real("max_phase", max_phase)
    if not 0 < r_min <= r_max < 1:
        raise ValueError(f"r_min is {r_min} and r_max {r_max}, expected 0 < r_min <= r_max < 1")
    squared = rng.uniform(r_min**2, r_max**2, H)
    return {
        "nu": np.log(-0.5 * np.log(squared)),
        "theta": rng.uniform(0, max_phase, H),
        "W_re": rng.normal(size=(D, H)) / np.sqrt(2 * D),
        "W_im": rng.normal(size=(D, H)) / np.sqrt(2 * D),
    }


def forward(params: Arrays, x: np.ndarray, h0: np.ndarray | None = None, normalise: bool = True,
            tree: bool = False) -> Run:
    """Runs the unit over `x`.

    params: nu (H,), theta (H,), W_re (D, H), W_im (D, H), all real.  x: (T, B, D), real.  h0: (B, H),
    complex or real, zeros if None.  normalise: False for γ = 1.  tree: as in `linear.forward`.
    Returns a `Run`, in single precision where params and x are.
    """
    read = Reader(allow_complex=False)
    x = read.array("x", x, "T B D")
    x, nu, theta, W_re, W_im = read.cast(x, *read.params(params, SHAPES))
    start = Reader()
    start.sizes = read.sizes
    h0 = start.optional("h0", h0, "B H")
    lam, gamma = eigenvalues(nu, theta)
    if not normalise:
        gamma = np.ones_like(gamma)
    u = np.empty((*x.shape[:2], len(nu)), lam.dtype)
    u.real, u.imag = affine(x, W_re), affine(x, W_im)
    h0 = np.zeros_like(u[0]) if h0 is None else h0.astype(u.dtype)
    return Run(x, lam, gamma, u, linear.scan(lam[None, None], gamma * u, h0, tree), bool(normalise))


def eigenvalues(nu: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """λ = exp(-exp(ν) + iθ) and γ = √(1 - |λ|²), both (H,).  nu, theta: (H,)."""
    with np.errstate(over="ignore"):  # exp(ν) may be infinite: λ is then 0
        decay = np.exp(nu)
    # 1 - exp(-2 decay) loses all digits where |λ| is close to 1
    return np.exp(-decay) * np.exp(1j * theta.astype(nu.dtype)), np.sqrt(-np.expm1(-2 * decay))


def backward(params: Arrays, run: Run, dh: np.ndarray, tree: bool = False) -> Arrays:
    """The gradient of a real loss on the states, by one scan from step T to step 1.

    params, run: as given to and by `forward`.  dh: (T, B, H), ∂L/∂(Re h_t) + i ∂L/∂(Im h_t), what
    reaches h[1:] from outside.  tree: as in `forward`.  Returns a dict with the names of params, and
    x (T, B, D), all real, and h0 (B, H), complex.
    """
    if not isinstance(run, Run):
        raise TypeError(f"run is {type(run).__name__}, expected the Run that rnnlib.lru.forward made")
    read = Reader(allow_complex=False)
    read.array("run.x", run.x, "T B D")
    nu, _, W_re, W_im = read.cast(*read.params(params, SHAPES))
    outside = Reader()
    outside.sizes = read.sizes
    outside.array("run.h", run.h, "T+1 B H")
    dh = outside.array("dh", dh, "T B H").astype(run.h.dtype)
    total = linear.adjoints(run.lam[None, None], dh, tree)
    du = run.gamma * total[1:]
    # dL = Re(λ̄* dλ) with dλ = λ (-exp(ν) dν + i dθ)
    turned = (total[1:] * run.h[:-1].conj()).sum(axis=(0, 1)) * run.lam.conj()
    with np.errstate(over="ignore"):
        decay = np.where(run.lam == 0, 0, np.exp(nu))
    dnu = -decay * turned.real
    if run.normalise:
        # dγ/dν = |λ|² exp(ν) / γ, which goes to 0 with γ
        slope = np.zeros_like(decay)
        np.divide(np.abs(run.lam) ** 2 * decay, run.gamma, out=slope, where=run.gamma > 0)
        dnu += slope * (total[1:].conj() * run.u).real.sum(axis=(0, 1))
    return {
        "nu": dnu,
        "theta": turned.imag.copy(),
        "W_re": weight_gradient(run.x, du.real),
        "W_im": weight_gradient(run.x, du.imag),
        "x": times_transposed(du.real, W_re) + times_transposed(du.imag, W_im),
        "h0": total[0].copy(),
    }
