"""How gradients travel: norms of matrix powers and products, and the Jacobians of an LSTM.

A product of step Jacobians shrinks at least as fast as (γ ‖W‖₂)^n (Pascanu, Mikolov and Bengio,
2013); the spectral radius decides only for one matrix repeated.  In the long run the rates at which
a product stretches its directions are the Lyapunov exponents.  In an LSTM the pair (c, h) is
the state, and its step Jacobian has four blocks built of F, G, P and Q, each (T, B, H, H):

    dc_t = F_t dc_{t-1} + G_t dh_{t-1},   dh_t = P_t dc_t + Q_t dh_{t-1}

Steps t and k count from 1.
"""

import numpy as np

from . import activations, lstm, lstm97
from ._arguments import Reader, all_finite, count
from ._types import Arrays

Run = lstm.Run | lstm97.Run


def spectral_radius(W: np.ndarray) -> float:
    """ρ(W), the largest |eigenvalue|.  W: (H, H).  Returns a float."""
    return float(np.abs(np.linalg.eigvals(_square(W))).max())


def spectral_norm(W: np.ndarray) -> float:
    """‖W‖₂, the largest singular value.  W: (H, H).  Returns a float."""
    return float(np.linalg.norm(_square(W), 2))


def power_norms(W: np.ndarray, n: int) -> np.ndarray:
    """‖W^0‖₂, ‖W‖₂, …, ‖W^n‖₂.  W: (H, H).

    Returns (n + 1,), inf from the first power on that leaves the float range.
    """
    W, power = _square(W), np.eye(len(W))
    norms = [1.0]
    for _ in range(count("n", n, 0)):
        with np.errstate(over="ignore", invalid="ignore"):  # ∞ · 0
            power = power @ W
        norms.append(float(np.linalg.norm(power, 2)) if all_finite(power) else np.inf)
    return np.array(norms)


def norm_bound(W: np.ndarray, phi: str, n: int) -> float:
    """(γ ‖W‖₂)^n, which ‖J_{k+n} ⋯ J_{k+1}‖₂ never exceeds; γ = sup |phi'|.

    Returns a float, inf beyond the float range.
    """
    step = activations.get(phi).sup * spectral_norm(W)
    with np.errstate(over="ignore"):
        return float(np.power(step, count("n", n, 0)))


def growth_rate(J: np.ndarray) -> float | np.ndarray:
    """ln ‖J_T ⋯ J_1‖₂ / T, in nats per step: below 0 these T steps shrink, above 0 they stretch.

    Its limit for T → ∞, where there is one, is the top Lyapunov exponent (Furstenberg and Kesten,
    1960); the sign for one finite T need not be that of the limit.

    J: (T, H, H), or (T, B, H, H) for one rate per instance.  Returns a float, or (B,).
    """
    J = _jacobians(J)
    product, log_norm = J[0], np.zeros(())
    for J_t in (*J[1:], None):
        norm = np.linalg.norm(product, 2, axis=(-2, -1), keepdims=True)
        with np.errstate(divide="ignore"):  # the product may be exactly 0: the rate is then -inf
            log_norm = log_norm + np.log(norm)
        if J_t is not None:  # rescaled at every step, or long products would leave the float range
            product = J_t @ (product / np.where(norm > 0, norm, 1))
    rate = log_norm[..., 0, 0] / len(J)
    return float(rate) if J.ndim == 3 else rate


def lyapunov_spectrum(J: np.ndarray) -> np.ndarray:
    """All growth rates of the product J_T ⋯ J_1 in nats per step, the largest first.

    With Q_0 = I and the decompositions Q_t R_t = J_t Q_{t-1}, exponent i is the mean over t of
    ln |R_t[i, i]| (Benettin, Galgani, Giorgilli and Strelcyn, 1980).  For T → ∞ these are the
    Lyapunov exponents, which exist under the conditions of Oseledets (1968); for finite T they
    are off by the order of 1/T and more.  Their sum is the mean of ln |det J_t| for every T.

    J: (T, n, n), or (T, B, n, n) for one spectrum per instance; the step Jacobians of
    `paths.step_jacobians` (n = H) or of `joint_jacobians` (n = 2H), for instance.  Returns (n,),
    or (B, n), sorted from the largest down; -inf for a direction that is lost entirely.
    """
    J = _jacobians(J)
    Q, log_sizes = np.eye(J.shape[-1], dtype=J.dtype), np.zeros(J.shape[-1], J.dtype)
    for J_t in J:
        Q, R = np.linalg.qr(J_t @ Q)
        with np.errstate(divide="ignore"):  # a singular J_t has a zero on the diagonal of R
            log_sizes = log_sizes + np.log(np.abs(np.diagonal(R, axis1=-2, axis2=-1)))
    return -np.sort(-log_sizes / len(J), axis=-1)


def jacobian_blocks(params: Arrays, run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """F, G, P, Q of every step of an `lstm` or `lstm97` run, each (T, B, H, H).

    F_t = ∂c_t/∂c_{t-1} and G_t = ∂c_t/∂h_{t-1}, one with the other held; P_t = ∂h_t/∂c_t; and
    Q_t = ∂h_t/∂h_{t-1} with c_t held.  F and P are diagonal, F = I without a forget gate.
    """
    read = Reader()
    read.run(run, lstm.Run, lstm97.Run)
    if isinstance(run, lstm.Run):
        _, W_h, *_ = read.params(params, lstm.SHAPES, lstm.OPTIONAL)
        slope, dh_dc, dc_dc = lstm.slopes(params, run)
    else:
        _, W_h, _ = read.params(params, lstm97.SHAPES, lstm97.OPTIONAL)
        slope, dh_dc = lstm97.slopes(run)
        dc_dc = np.ones_like(dh_dc)
    *of_c, of_o = (
        slope[:, :, gate, :, None] * W.T
        for gate, W in enumerate(np.split(W_h, slope.shape[2], axis=1))
    )
    return _diagonal(dc_dc), sum(of_c), _diagonal(dh_dc), of_o


def joint_jacobians(params: Arrays, run: Run) -> np.ndarray:
    """M_t = ∂(c_t, h_t)/∂(c_{t-1}, h_{t-1}) = [[F, G], [P F, P G + Q]].  Returns (T, B, 2H, 2H)."""
    F, G, P, Q = jacobian_blocks(params, run)
    return np.block([[F, G], [P @ F, P @ G + Q]])


def four_term(params: Arrays, run: Run) -> np.ndarray:
    """A_t = F_t + G_t P_{t-1}: the paths from c_{t-1} to c_t, of which h_{t-1} = o ⊙ tanh c is one.

    At t = 1, F_1: h_0 does not move with c_0.  A_t is dc_t/dc_{t-1}, but a product of A's is not
    dc_t/dc_k: it misses the paths h_{s-1} → o_s → h_s, at lag 2 exactly G_t Q_{t-1} P_{t-2}.
    Returns (T, B, H, H).
    """
    F, G, P, _ = jacobian_blocks(params, run)
    A = F
    A[1:] += G[1:] @ P[:-1]
    return A


def cell_derivative(params: Arrays, run: Run, t: int, k: int) -> np.ndarray:
    """dc_t/dc_k when the node c_k is perturbed: h_k moves with it, for k = 0 h_0 is held.

    0 <= k <= t <= T.  Returns (B, H, H), [i, j] = dc_t[i]/dc_k[j]; the identity at t = k.
    """
    _, _, P, _ = jacobian_blocks(params, run)
    count("t", t, 0, len(P))
    count("k", k, 0, t)
    H = P.shape[-1]
    eye = np.broadcast_to(np.eye(H, dtype=P.dtype), P.shape[1:])
    derivative = np.concatenate([eye, P[k - 1] if k else np.zeros_like(eye)], axis=1)
    for M in joint_jacobians(params, run)[k:t]:
        derivative = M @ derivative
    return derivative[:, :H].copy()


def _jacobians(J: np.ndarray) -> np.ndarray:
    read = Reader(allow_complex=False)
    J = read.numbers("J", J)
    return read.array("J", J, "T n n" if J.ndim == 3 else "T B n n")


def _square(W: np.ndarray) -> np.ndarray:
    return Reader(allow_complex=False).array("W", W, "H H").astype(float)


def _diagonal(d: np.ndarray) -> np.ndarray:
    return d[..., :, None] * np.eye(d.shape[-1], dtype=d.dtype)
