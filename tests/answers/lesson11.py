"""Lesson 11: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import flow, lstm

NAMES = ("F", "G", "P", "Q")


def blocks(params, run):
    return dict(zip(NAMES, flow.jacobian_blocks(params, run)))


def single(params, run):
    """Parameters and run in single precision."""
    return {name: np.float32(value) for name, value in params.items()}, lstm.Run(*map(np.float32, run))


def blocks_by_loops(params, run):
    T, B, H = run.i.shape
    W = params["W_h"].reshape(H, 4, H)
    F, G, P, Q = np.zeros((4, T, B, H, H))
    for t, b, m in np.ndindex(T, B, H):
        i, f, g, o = (gate[t, b, m] for gate in (run.i, run.f, run.g, run.o))
        old, th = run.c[t, b, m], np.tanh(run.c[t + 1, b, m])
        F[t, b, m, m] = f
        P[t, b, m, m] = o * (1 - th * th)
        for j in range(H):
            w_i, w_f, w_g, w_o = W[j, :, m]
            G[t, b, m, j] = old * f * (1 - f) * w_f + g * i * (1 - i) * w_i + i * (1 - g * g) * w_g
            Q[t, b, m, j] = th * o * (1 - o) * w_o
    return F, G, P, Q


def blocks_by_einsum(params, run):
    W = np.stack(np.split(params["W_h"], 4, axis=1))
    i, f, g, o, th = run.i, run.f, run.g, run.o, np.tanh(run.c[1:])
    slopes = np.stack([g * i * (1 - i), run.c[:-1] * f * (1 - f), i * (1 - g) * (1 + g)])
    eye = np.eye(i.shape[-1])
    return {
        "Q": np.einsum("tbi,ji->tbij", th * (o - o**2), W[3]),
        "P": np.einsum("tbi,ij->tbij", o / np.cosh(run.c[1:]) ** 2, eye),
        "G": np.einsum("stbi,sji->tbij", slopes, W[:3]),
        "F": np.einsum("tbi,ij->tbij", f, eye),
    }


def blocks_by_complex_step(params, run):
    """Each step run alone, with one entry of one input moved."""
    T, B, H = run.i.shape
    out = {name: np.zeros((T, B, H, H)) for name in NAMES}
    for t in range(T):
        x, h, c = run.x[t : t + 1], run.h[t], run.c[t]
        for j, e in enumerate(1e-20j * np.eye(H)):
            out["F"][t, :, :, j] = lstm.forward(params, x, h, c + e).c[1].imag / 1e-20
            by_h = lstm.forward(params, x, h + e, c)
            out["G"][t, :, :, j] = by_h.c[1].imag / 1e-20
            out["P"][t, :, :, j] = (run.o[t] * np.tanh(run.c[t + 1] + e)).imag / 1e-20
            out["Q"][t, :, :, j] = (by_h.o[0] * np.tanh(run.c[t + 1])).imag / 1e-20
    return out


def blocks_in_place(params, run):
    H = run.c.shape[-1]
    f, G, d = run.f.copy(), np.zeros((*run.f.shape, H)), np.arange(H)
    for W, slope in (
        (params["W_h"][:, :H], run.g * run.i * (1 - run.i)),
        (params["W_h"][:, H : 2 * H], run.c[:-1] * f * (1 - f)),
        (params["W_h"][:, 2 * H : 3 * H], run.i * (1 - run.g**2)),
    ):
        G += slope[..., :, None] * W.T[None, None]
    F, P = np.zeros_like(G), np.zeros_like(G)
    F[..., d, d] = f
    P[..., d, d] = run.o - run.h[1:] ** 2 / run.o
    Q = (run.h[1:] * (1 - run.o))[..., None] * params["W_h"][:, 3 * H :].T
    return {"F": F.tolist(), "G": G, "P": P, "Q": Q, "note": "extra"}


def blocks_per_instance(params, run):
    alone = [lstm.Run(*(v[:, b : b + 1] for v in run)) for b in range(run.i.shape[1])]
    parts = [blocks_by_einsum(params, one) for one in alone]
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in NAMES}


def four_by_loops(params, run):
    F, G, P, _ = blocks_by_loops(params, run)
    A = [[F[0, b] for b in range(F.shape[1])]]
    for t in range(1, len(F)):
        A.append([F[t, b] + G[t, b].dot(P[t - 1, b]) for b in range(F.shape[1])])
    return A


def four_by_columns(params, run):
    """P is diagonal: it multiplies the columns of G."""
    b = blocks(params, run)
    p = np.einsum("tbii->tbi", b["P"])
    before = np.concatenate([np.zeros_like(p[:1]), p[:-1]])
    return b["F"] + b["G"] * before[:, :, None, :]


def four_by_complex_step(params, run):
    T, B, H = run.i.shape
    A = np.zeros((T, B, H, H))
    for t in range(T):
        for j, e in enumerate(1e-20j * np.eye(H)):
            c = run.c[t] + e
            h = run.o[t - 1] * np.tanh(c) if t else run.h[0]
            A[t, :, :, j] = lstm.forward(params, run.x[t : t + 1], h, c).c[1].imag / 1e-20
    return A


def joint_by_blocks(params, run):
    F, G, P, Q = blocks_by_loops(params, run)
    return np.block([[F, G], [P @ F, P @ G + Q]])


def joint_as_two_stages(params, run):
    """First the cell moves, then the hidden state reads it."""
    b = blocks(params, run)
    eye, zero = np.broadcast_to(np.eye(b["F"].shape[-1]), b["F"].shape), np.zeros_like(b["F"])
    first = np.block([[b["F"], b["G"]], [zero, eye]])
    return np.block([[eye, zero], [b["P"], b["Q"]]]) @ first


def joint_filled(params, run):
    F, G, P, Q = blocks(params, run).values()
    T, B, H, _ = F.shape
    M = np.empty((T, B, 2 * H, 2 * H))
    M[..., :H, :H], M[..., :H, H:] = F, G
    M[..., H:, :] = P @ M[..., :H, :]
    M[..., H:, H:] += Q
    return M


def joint_by_complex_step(params, run):
    T, B, H = run.i.shape
    M = np.zeros((T, B, 2 * H, 2 * H))
    for t in range(T):
        for j, e in enumerate(1e-20j * np.eye(2 * H)):
            new = lstm.forward(params, run.x[t : t + 1], run.h[t] + e[H:], run.c[t] + e[:H])
            M[t, :, :, j] = np.concatenate([new.c[1], new.h[1]], axis=1).imag / 1e-20
    return M


def derivative_from_the_left(params, run, t, k):
    """Rows: what of the change at step s reaches c_t."""
    b, H = joint_by_blocks(params, run), run.c.shape[-1]
    row = np.broadcast_to(np.eye(H, 2 * H), (run.c.shape[1], H, 2 * H))
    for s in range(t, k, -1):
        row = row @ b[s - 1]
    held = row[..., :H]
    return held + row[..., H:] @ blocks(params, run)["P"][k - 1] if k else held


def derivative_by_residuals(params, run, t, k):
    """In the variables dc and r = dh - P dc."""
    F, G, P, Q = blocks(params, run).values()
    A = flow.four_term(params, run)
    dc = np.broadcast_to(np.eye(F.shape[-1]), F[0].shape)
    r = np.zeros_like(F[0])
    for s in range(k, t):
        before = P[s - 1] if s else np.zeros_like(F[0])
        dc, r = A[s] @ dc + G[s] @ r, Q[s] @ (before @ dc + r)
    return dc


def derivative_by_two_recursions(params, run, t, k):
    F, G, P, Q = blocks(params, run).values()
    dc = np.stack([np.eye(F.shape[-1])] * F.shape[1])
    dh = P[k - 1] @ dc if k else np.zeros_like(dc)
    for s in range(k, t):
        dc = F[s] @ dc + G[s] @ dh
        dh = P[s] @ dc + Q[s] @ dh
    return {"derivative": dc.tolist()}


def derivative_by_complex_step(params, run, t, k):
    columns = []
    for e in 1e-20j * np.eye(run.c.shape[-1]):
        c = run.c[k] + e
        h = run.o[k - 1] * np.tanh(c) if k else run.h[0]
        columns.append(lstm.forward(params, run.x[k:t], h, c).c[-1].imag / 1e-20)
    return np.stack(columns, axis=-1)


def derivative_per_instance(params, run, t, k):
    M, P = flow.joint_jacobians(params, run), blocks(params, run)["P"]
    B, H = run.c.shape[1:]
    out = np.zeros((B, H, H))
    for b in range(B):
        start = np.vstack([np.eye(H), P[k - 1, b] if k > 0 else np.zeros((H, H))])
        for s in range(k, t):
            start = M[s, b].dot(start)
        out[b] = start[:H]
    return out


def gap_measured(params, run, t):
    A = four_by_columns(params, run)
    return derivative_by_residuals(params, run, t, t - 2) - A[t - 1] @ A[t - 2]


def gap_by_einsum(params, run, t):
    _, G, P, Q = blocks_by_loops(params, run)
    return np.einsum("bij,bjk,bkl->bil", G[t - 1], Q[t - 2], P[t - 3])


def gap_by_complex_step(params, run, t):
    A = four_by_complex_step(params, run)
    product = np.matmul(A[t - 1], A[t - 2])
    return derivative_by_complex_step(params, run, t, t - 2) - product


STYLES = {
    "11.jacobian_blocks": [
        blocks_by_loops,
        blocks_by_einsum,
        blocks_by_complex_step,
        blocks_in_place,
        blocks_per_instance,
        lambda p, r: blocks_by_einsum(*single(p, r)),
        flow.jacobian_blocks,
    ],
    "11.four_term": [
        four_by_loops,
        four_by_columns,
        four_by_complex_step,
        flow.four_term,
        lambda p, r: {"A": four_by_columns(p, r)},
        lambda p, r: four_by_columns(*single(p, r)),
    ],
    "11.joint_jacobian": [
        joint_by_blocks,
        joint_as_two_stages,
        joint_filled,
        joint_by_complex_step,
        flow.joint_jacobians,
        lambda p, r: joint_by_blocks(*single(p, r)).astype("f4"),
    ],
    "11.cell_derivative": [
        derivative_from_the_left,
        derivative_by_residuals,
        derivative_by_two_recursions,
        derivative_by_complex_step,
        derivative_per_instance,
        flow.cell_derivative,
        lambda p, r, t, k: derivative_per_instance(*single(p, r), t, k).astype("f4"),
    ],
    "11.lag_two_gap": [
        gap_measured,
        gap_by_einsum,
        gap_by_complex_step,
        lambda p, r, t: {"gap": gap_by_einsum(p, r, t)},
        lambda p, r, t: gap_by_einsum(*single(p, r), t).astype("f4"),
        lambda p, r, t: gap_measured(p, r, t).tolist(),
    ],
}

MALFORMED = [
    ([0, 0, -3], [2, -1, 0, 2]),
    ([[0, 0, -3, 0]], [[2, -1, 0, 2]]),
    ([0, 0, -30, 0], [2, -1, 0, 2]),
    ([0, 0, np.nan, 0], [2, -1, 0, 2]),
    ([0, 0, -3, 0],),
    (np.zeros(4), np.zeros(4)),
    np.zeros((2, 4)),
    5,
    "no",
]

# (answers that hold, answers that do not)
VALUES = {
    "11.refute_sign": (
        [
            ([0, 0, -3, 0], [2, -1, 0, 2]),
            (np.array([0.0, -8, 0, 0]), np.array([2.0, 4, 2, 2])),
            np.array([[0, 0, -6, 0], [4, -4, 0, 4]]),
            [[-20, 0, 0, 0], [12, -5, 1, 4]],
        ],
        [
            ([0, 0, 1, 0], [1, 1, 0, 1]),
            ([0, 0, 3, 0], [2, -1, 0, 2]),
            ([0, 0, 0, -9], [2, -1, 1, 2]),
            *MALFORMED,
        ],
    ),
    "11.refute_raising": (
        [
            ([0, -8, 0, 0], [3, 3, 2, 3]),
            ([0, 0, 0.75, 0], [3, -1, 0, 3]),
            np.array([[0, -8, 0, 0], [3, 2.5, 2, 3]]),
        ],
        [
            ([0, 0, 2, 0], [3, 3, 0, 3]),
            ([0, 0, -3, 0], [2, -1, 0, 2]),
            ([0, 0, 0.3, 0], [1, -2, 0, 1]),
            ([0, -8, 0, 0], [2, 4, 2, 2]),
            *MALFORMED,
        ],
    ),
    "11.refute_tame": (
        [
            ([0, 0, 2, 0], [3, 3, 0, 3]),
            ([0, 0, -6, 0], [4, -4, 0, 4]),
            (np.array([0, 0, 0.5, 0]), np.array([5, 5, 0, 5])),
        ],
        [([0, 0, 0.1, 0], [1, 1, 0, 1]), ([0, -8, 0, 0], [3, 3, 2, 3]), *MALFORMED],
    ),
}
