"""Lesson 00: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from autograder.exercises import leaky
from rnnlib import numgrad

STYLES = {
    "00.central_difference": [
        numgrad.central_difference,
        lambda f, x, h: [
            [
                (
                    f(x + h * (np.arange(x.size) == i).reshape(x.shape))
                    - f(x - h * (np.arange(x.size) == i).reshape(x.shape))
                )
                / 2
                / h
                for i in range(j * x.shape[1], (j + 1) * x.shape[1])
            ]
            for j in range(x.shape[0])
        ],
        lambda f, x, h: numgrad.central_difference(f, x, h).astype("f4"),
        lambda f, x, h: np.reshape(
            [(f(x + d) - f(x - d)) / (2 * h) for d in h * np.eye(x.size).reshape(-1, *x.shape)], x.shape
        ),
        lambda f, x, h: {"gradient": numgrad.central_difference(f, x, h)},
    ],
    "00.complex_step": [
        numgrad.complex_step,
        lambda f, x: np.reshape(
            [f(x + 1e-20j * d).imag / 1e-20 for d in np.eye(x.size).reshape(-1, *x.shape)], x.shape
        ),
        lambda f, x: {"gradient": numgrad.complex_step(f, x)},
        lambda f, x: numgrad.complex_step(f, x).astype("f4"),
        lambda f, x: numgrad.complex_step(f, x).tolist(),
    ],
    "00.relative_error": [
        lambda a, b: float(np.max(np.abs(a - b)) / np.max(np.abs([a, b]))) if np.any(a) or np.any(b) else 0,
        lambda a, b: np.float32(np.abs(a - b).max() / (max(abs(a).max(), abs(b).max()) or 1)),
        lambda a, b: np.array(np.abs(a - b).max() / (max(abs(a).max(), abs(b).max()) or 1)),
        lambda a, b: (
            np.linalg.norm((a - b).ravel(), np.inf) / (np.linalg.norm(np.r_[a, b].ravel(), np.inf) or 1.0)
        ),
        lambda a, b: 0.0 if (a == b).all() else np.abs(b - a).max() / np.maximum(abs(a), abs(b)).max(),
    ],
    "00.gradient_check": [
        lambda f, g, x: np.allclose(g, numgrad.complex_step(f, x), rtol=1e-6, atol=1e-8 * abs(g).max()),
        lambda f, g, x: bool(numgrad.check_gradient(lambda p: f(p["x"]), {"x": g}, {"x": x}).ok),
        lambda f, g, x: int(np.linalg.norm(g - numgrad.complex_step(f, x)) < 1e-5 * np.linalg.norm(g)),
        lambda f, g, x: np.bool_(abs(g - numgrad.central_difference(f, x, 1e-5)).max() < 1e-6 * abs(g).max()),
        lambda f, g, x: all(abs(g - numgrad.complex_step(f, x)).ravel() < 1e-9 * abs(g).max()),
    ],
}

# the leaky integrator, a backward pass that nobody has to write

ALPHA, NAMES = leaky.ALPHA, ("W_x", "W_h", "b", "x", "h0")


def slopes(p, x, h):
    return ALPHA / np.cosh(x @ p["W_x"] + h[:-1] @ p["W_h"] + p["b"]) ** 2


def from_adjoints(p, x, h, da, dh0):
    return {
        "W_x": np.einsum("tbd,tbn->dn", x, da),
        "W_h": np.einsum("tbm,tbn->mn", h[:-1], da),
        "b": da.sum(axis=(0, 1)),
        "x": da @ p["W_x"].T,
        "h0": dh0,
    }


def leaky_products_last(p, x, h, dh):
    """Only the recurrence in a loop."""
    slope, da, carry = slopes(p, x, h), np.empty_like(dh), np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        total = dh[t] + carry
        da[t] = total * slope[t]
        carry = total - ALPHA * total + da[t] @ p["W_h"].T
    return from_adjoints(p, x, h, da, carry)


def leaky_by_jacobians(p, x, h, dh):
    """One Jacobian for every step and instance, with the leak on its diagonal."""
    slope, own = slopes(p, x, h), dh.copy()
    J = slope[..., None] * p["W_h"].T + (1 - ALPHA) * np.eye(h.shape[2])
    for t in range(len(x) - 1, 0, -1):
        own[t - 1] += np.einsum("bi,bij->bj", own[t], J[t])
    return from_adjoints(p, x, h, own * slope, np.einsum("bi,bij->bj", own[0], J[0]))


def leaky_by_a_linear_system(p, x, h, dh):
    """All adjoints of an instance at once: what comes from outside times (I - N)^-1."""
    T, B, H = dh.shape
    slope, total = slopes(p, x, h), np.zeros((T + 1, B, H))
    for b in range(B):
        N = np.zeros(((T + 1) * H, (T + 1) * H))
        for t in range(T):
            J = np.diag(slope[t, b]) @ p["W_h"].T + (1 - ALPHA) * np.eye(H)
            N[t * H : (t + 1) * H, (t + 1) * H : (t + 2) * H] = J.T
        outside = np.concatenate([np.zeros(H), dh[:, b].ravel()])
        total[:, b] = np.linalg.solve(np.eye(len(N)) - N, outside).reshape(T + 1, H)
    return from_adjoints(p, x, h, total[1:] * slope, total[0])


def leaky_of_entries(p, x, h, dh):
    """Every unit in a loop of its own."""
    (T, B, D), H = x.shape, h.shape[2]
    g = {**{name: np.zeros_like(value) for name, value in p.items()}, "x": np.zeros((T, B, D))}
    total = np.concatenate([np.zeros((1, B, H)), dh])
    for t in range(T, 0, -1):
        for b in range(B):
            for n in range(H):
                a = p["b"][n] + x[t - 1, b] @ p["W_x"][:, n] + h[t - 1, b] @ p["W_h"][:, n]
                da = total[t, b, n] * ALPHA * (1 - np.tanh(a)) * (1 + np.tanh(a))
                g["b"][n] += da
                g["W_x"][:, n] += da * x[t - 1, b]
                g["W_h"][:, n] += da * h[t - 1, b]
                g["x"][t - 1, b] += da * p["W_x"][:, n]
                total[t - 1, b] += da * p["W_h"][:, n]
                total[t - 1, b, n] += (1 - ALPHA) * total[t, b, n]
    return {**g, "h0": total[0]}


def leaky_stacked(p, x, h, dh):
    """Input, state and a one side by side; both matrices and the bias as one."""
    D, W, dW, dx, carry = x.shape[2], np.vstack([p["W_x"], p["W_h"], p["b"]]), 0.0, [], 0.0
    for x_t, h_t, dh_t in zip(x[::-1], h[-2::-1], dh[::-1]):
        row = np.hstack([x_t, h_t, np.ones((len(h_t), 1))])
        da = ALPHA * (dh_t + carry) * (1 - np.tanh(row @ W) ** 2)
        dW, back = dW + row.T @ da, da @ W.T
        dx.insert(0, back[:, :D])
        carry = (1 - ALPHA) * (dh_t + carry) + back[:, D:-1]
    return dW[:D], dW[D:-1], dW[-1], dx, carry


def leaky_recursive(p, x, h, dh):
    if not len(x):
        nothing = {name: np.zeros_like(value) for name, value in p.items()}
        return {**nothing, "x": np.zeros(x.shape), "h0": np.zeros_like(h[0])}
    last = (x[-1:], h[-2:])
    da = (dh[-1:] * slopes(p, *last))[0]
    carry = (1 - ALPHA) * dh[-1] + da @ p["W_h"].T
    if len(x) > 1:
        g = leaky_recursive(p, x[:-1], h[:-1], np.concatenate([dh[:-2], dh[-2:-1] + carry]))
    else:
        g = leaky_recursive(p, x[:0], h[:1], dh[:0]) | {"h0": carry}
    own = from_adjoints(p, *last, da[None], g["h0"])
    shared = {name: g[name] + own[name] for name in p}
    return {**shared, "x": np.concatenate([g["x"], own["x"]]), "h0": g["h0"]}


def leaky_one_by_one(p, x, h, dh):
    """B sequences of one instance each."""
    parts = [leaky_stacked(p, *(v[:, [b]] for v in (x, h, dh))) for b in range(x.shape[1])]
    W_x, W_h, b, dx, dh0 = zip(*parts)
    return sum(W_x), sum(W_h), sum(b), np.concatenate(dx, axis=1), np.concatenate(dh0)


def leaky_in_columns(p, x, h, dh):
    """Matrices act from the left; every instance is a column."""
    W_x, W_h, b = p["W_x"].T, p["W_h"].T, p["b"][:, None]
    dW_x, dW_h, db, dx = np.zeros_like(W_x), np.zeros_like(W_h), 0.0, np.empty_like(x)
    carry = np.zeros_like(h[0].T)
    for t in reversed(range(len(x))):
        total = dh[t].T + carry
        da = ALPHA * total / np.cosh(W_x @ x[t].T + W_h @ h[t].T + b) ** 2
        dW_x, dW_h, db = dW_x + da @ x[t], dW_h + da @ h[t], db + da.sum(axis=1)
        dx[t] = (W_x.T @ da).T
        carry = (1 - ALPHA) * total + W_h.T @ da
    return dW_x.T, dW_h.T, db, dx, carry.T


UNGRADED = {
    "00.leaky_backward": [
        leaky.gradients,
        leaky_products_last,
        leaky_by_jacobians,
        leaky_by_a_linear_system,
        leaky_of_entries,
        leaky_stacked,
        leaky_recursive,
        leaky_one_by_one,
        leaky_in_columns,
        lambda p, x, h, dh: [leaky_by_jacobians(p, x, h, dh)[name].tolist() for name in NAMES],
        lambda p, x, h, dh: leaky_products_last(
            {name: np.float32(value) for name, value in p.items()}, *map(np.float32, (x, h, dh))
        ),
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "00.shapes": (
        [
            {
                "W_x": (4, 5),
                "W_h": (5, 5),
                "b_h": (5,),
                "W_y": (5, 7),
                "b_y": [7],
                "x": (6, 3, 4),
                "h": np.array([7, 3, 5]),
                "o": (6, 3, 7),
            }
        ],
        [{}, [], 0, {"W_x": (5, 4)}, "shapes"],
    ),
    "00.best_step": ([1e-5, 6e-6, np.float64(2e-6)], [0, -1, 1e-1, 1e-12, "small", float("nan"), [1, 2]]),
    "00.refute_elementwise": (
        [([0, 1], [0, 2]), (np.array([1.0, 2, 3]), [1, 2, 4])],
        [
            ([0, 1], [0, 1]),
            ([0], [0]),
            ([1, 2], [3, 4]),
            1,
            ([0, 1], [0, 1, 2]),
            ([0, np.inf], [0, 1]),
            ([0, 0], [0, 0]),
        ],
    ),
}
