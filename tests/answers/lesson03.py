"""Lesson 03: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import losses, numgrad, paths, readout, rnn


def weights(p):
    return {name: p[name] for name in ("W_x", "W_h")}


def library_run(x, h):
    return rnn.Run(x[:, None], np.arctanh(h[1:, None]), h[:, None], "tanh")


def jacobians(p, h):
    return (1 - h[1:] ** 2)[:, :, None] * p["W_h"].T


def plain_forward(p, x, h0):
    """No matrix products, and lists in place of arrays."""
    a, h, o, yhat = [], [list(h0)], [], []
    for x_t in x:
        a_t = [
            sum(x_t[d] * p["W_x"][d, n] for d in range(len(x_t)))
            + sum(h[-1][m] * p["W_h"][m, n] for m in range(len(h0)))
            for n in range(len(h0))
        ]
        a.append(a_t)
        h.append([float(np.tanh(v)) for v in a_t])
        o.append([sum(h[-1][m] * p["W_y"][m, k] for m in range(len(h0))) for k in range(p["W_y"].shape[1])])
        e = [float(np.exp(v)) for v in o[-1]]
        yhat.append([v / sum(e) for v in e])
    return {"yhat": yhat, "o": o, "h": h, "a": a}


def stacked_forward(p, x, h0):
    W, h, a = np.concatenate([p["W_x"], p["W_h"]]), [h0], []
    for x_t in x:
        a.append(np.concatenate([x_t, h[-1]]) @ W)
        h.append(np.tanh(a[-1]))
    o = np.einsum("th,hk->tk", h[1:], p["W_y"])
    return np.array(a), np.array(h), o, np.exp(o - np.log(np.exp(o).sum(1))[:, None])


def in_place_forward(p, x, h0):
    a = x @ p["W_x"]
    h = np.empty((len(x) + 1, len(h0)))
    h[0] = h0
    for t in range(len(x)):
        a[t] += h[t].dot(p["W_h"])
        np.tanh(a[t], out=h[t + 1])
    o = h[1:].dot(p["W_y"])
    yhat = np.exp(o - o.max())
    yhat /= yhat.sum(1)[:, None]
    return [a, h, o, yhat]


def recursive_transition(p, h, t, k):
    return np.eye(len(h[0])) if t == k else jacobians(p, h)[t - 1] @ recursive_transition(p, h, t - 1, k)


def from_the_left(p, h, t, k):
    J = np.identity(h.shape[-1])
    for s in range(t, k, -1):
        J = J @ jacobians(p, h)[s - 1]
    return J


def columns_forward_mode(p, h, t, k):
    """Carries each unit change of h_k through the steps."""
    columns = []
    for v in np.eye(h.shape[1]):
        for s in range(k + 1, t + 1):
            v = (1 - h[s] ** 2) * (v @ p["W_h"])
        columns.append(v)
    return np.stack(columns, axis=1)


def swept_terms(p, x, h, dh, t):
    """One sweep from t to 1 in place of a product for every k."""
    W_x, W_h, reach = [None] * t, [None] * t, dh[t - 1].copy()
    for k in range(t - 1, -1, -1):
        reach *= 1 - h[k + 1] ** 2
        W_x[k], W_h[k] = x[k][:, None] * reach, h[k][:, None] @ reach[None]
        reach = reach @ p["W_h"].T
    return W_x, W_h


def tensor_terms(p, x, h, dh, t):
    """With the immediate derivatives as tensors of three indices."""
    made, eye = {"W_x": [], "W_h": []}, np.eye(h.shape[1])
    for k in range(1, t + 1):
        row = dh[t - 1] @ recursive_transition(p, h, t, k)
        for name, left in (("W_x", x[k - 1]), ("W_h", h[k - 1])):
            immediate = np.einsum("i,m,in->imn", 1 - h[k] ** 2, left, eye)
            made[name].append(np.tensordot(row, immediate, 1))
    return made


def loop_terms(p, x, h, dh, t):
    H, D = h.shape[1], x.shape[1]
    W_x, W_h = np.zeros((t, D, H)), np.zeros((t, H, H))
    for k in range(t):
        row = dh[t - 1] @ from_the_left(p, h, t, k + 1)
        for n in range(H):
            da = row[n] * (1 - h[k + 1, n]) * (1 + h[k + 1, n])
            for m in range(H):
                W_h[k, m, n] = h[k, m] * da
            for d in range(D):
                W_x[k, d, n] = x[k, d] * da
    return {"W_h": W_h, "W_x": W_x, "t": t}


def single_precision_terms(p, x, h, dh, t):
    W_x, W_h = swept_terms(
        {n: v.astype("f4") for n, v in p.items()}, x.astype("f4"), h.astype("f4"), dh.astype("f4"), t
    )
    return np.array(W_x), np.array(W_h)


def copies(p, x, h, dh):
    """The loss as a function of one copy of each matrix for every step."""

    def loss(W_x, W_h):
        state, total = h[0], 0.0
        for t in range(len(x)):
            state = np.tanh(x[t] @ W_x[t] + state @ W_h[t])
            total = total + (state * dh[t]).sum()
        return total

    return loss, np.repeat(p["W_x"][None], len(x), 0), np.repeat(p["W_h"][None], len(x), 0)


def terms_by_complex_step(p, x, h, dh, t):
    only = np.where(np.arange(len(x))[:, None] == t - 1, dh, 0)
    loss, W_x, W_h = copies(p, x, h, only)
    return {
        "W_x": numgrad.complex_step(lambda W: loss(W, W_h), W_x)[:t],
        "W_h": numgrad.complex_step(lambda W: loss(W_x, W), W_h)[:t],
    }


def gradient_from_copies(p, x, h, dh):
    loss, W_x, W_h = copies(p, x, h, dh)
    return {
        "W_x": numgrad.complex_step(lambda W: loss(W, W_h), W_x).sum(0),
        "W_h": numgrad.complex_step(lambda W: loss(W_x, W), W_h).sum(0),
    }


def gradient_sorted_by_use(p, x, h, dh):
    """The outer sum over the uses, the inner one over the later losses."""
    T, W_x, W_h = len(x), 0.0, 0.0
    for k in range(1, T + 1):
        felt = sum(dh[t - 1] @ recursive_transition(p, h, t, k) for t in range(k, T + 1))
        da = felt * (1 - h[k] ** 2)
        W_x, W_h = W_x + np.outer(x[k - 1], da), W_h + np.outer(h[k - 1], da)
    return W_x, W_h


def gradient_stacked(p, x, h, dh):
    """Both matrices as one, acting on input and state side by side."""
    seen, W = np.hstack([x, h[:-1]]), 0.0
    for t in range(1, len(x) + 1):
        reach = dh[t - 1]
        for k in range(t, 0, -1):
            da = reach * (1 - h[k] ** 2)
            W = W + seen[k - 1][:, None] * da
            reach = p["W_h"] @ da
    return {"W_x": W[: x.shape[1]], "W_h": W[x.shape[1] :]}


def gradient_vectorised(p, x, h, dh):
    """All transitions in one array (T, T, H, H), zero where k > t; then one einsum for each matrix."""
    T, H = dh.shape
    J = np.zeros((T, T, H, H))
    for k in range(T):
        J[k, k] = np.eye(H)
        for t in range(k + 1, T):
            J[t, k] = jacobians(p, h)[t] @ J[t - 1, k]
    da = np.einsum("ti,tkij,kj->kj", dh, J, 1 - h[1:] ** 2)
    return {"W_x": np.einsum("kd,kj->dj", x, da), "W_h": np.einsum("km,kj->mj", h[:-1], da)}


def gradient_by_sweep(p, x, h, dh):
    carry, W_x, W_h = np.zeros(h.shape[1]), np.zeros_like(p["W_x"]), np.zeros_like(p["W_h"])
    for t in reversed(range(len(x))):
        da = (dh[t] + carry) * (1 - h[t + 1] ** 2)
        W_x += x[t][:, None] * da
        W_h += h[t][:, None] * da
        carry = da @ p["W_h"].T
    return {"W_h": W_h.tolist(), "W_x": W_x.tolist()}


def gradient_by_total(p, x, h, dh):
    """Forward accumulation: no path is ever followed back."""
    total = paths.rtrl(weights(p), library_run(x, h))
    return {n: np.einsum("ti,timn->mn", dh, total[n][:, 0]) for n in ("W_x", "W_h")}


def gradient_by_a_linear_system(p, x, h, dh):
    """All adjoints of the states at once."""
    T, H = dh.shape
    N = np.zeros((T * H, T * H))
    for t in range(1, T):
        N[(t - 1) * H : t * H, t * H : (t + 1) * H] = jacobians(p, h)[t].T
    da = np.linalg.solve(np.eye(T * H) - N, dh.ravel()).reshape(T, H) * (1 - h[1:] ** 2)
    return x.T @ da, h[:-1].T @ da


STYLES = {
    "03.forward": [
        plain_forward,
        stacked_forward,
        in_place_forward,
        lambda p, x, h0: tuple(v.astype("f4") for v in stacked_forward(p, x, h0)),
        lambda p, x, h0: dict(zip(("a", "h", "o", "yhat"), in_place_forward(p, x, h0))),
        lambda p, x, h0: (
            (run := rnn.forward(weights(p), x[:, None], h0[None])).a[:, 0],
            run.h[:, 0],
            (o := readout.forward({"W_y": p["W_y"]}, run.h[1:])[:, 0]),
            losses.softmax(o),
        ),
    ],
    "03.step_jacobian": [
        lambda p, h, t: np.diag(1 - h[t] ** 2) @ p["W_h"].T,
        lambda p, h, t: (p["W_h"] * (1 - h[t] ** 2)).T,
        lambda p, h, t: np.einsum("i,ji->ij", 1 - h[t] ** 2, p["W_h"]),
        lambda p, h, t: [
            [(1 - h[t, i] ** 2) * p["W_h"][j, i] for j in range(h.shape[1])] for i in range(h.shape[1])
        ],
        lambda p, h, t: (p["W_h"].T / np.cosh(np.arctanh(h[t]))[:, None] ** 2).astype("f4"),
        lambda p, h, t: {"J": jacobians(p, h)[t - 1]},
    ],
    "03.transition": [
        recursive_transition,
        from_the_left,
        columns_forward_mode,
        lambda p, h, t, k: paths.transition(jacobians(p, h)[:, None], t, k)[0],
        lambda p, h, t, k: np.linalg.multi_dot([np.eye(h.shape[1])] * 2 + list(jacobians(p, h)[k:t][::-1])),
        lambda p, h, t, k: columns_forward_mode(p, h.astype("f4"), t, k).tolist(),
    ],
    "03.path_terms": [
        swept_terms,
        tensor_terms,
        loop_terms,
        single_precision_terms,
        terms_by_complex_step,
        lambda p, x, h, dh, t: paths.path_terms(weights(p), library_run(x, h), dh[:, None], t),
        lambda p, x, h, dh, t: dict(zip(("W_x", "W_h"), swept_terms(p, x, h, dh, t))),
        lambda p, x, h, dh, t: [np.stack(v) for v in tensor_terms(p, x, h, dh, t).values()],
    ],
    "03.gradient_by_paths": [
        gradient_from_copies,
        gradient_sorted_by_use,
        gradient_stacked,
        gradient_vectorised,
        gradient_by_sweep,
        gradient_by_total,
        gradient_by_a_linear_system,
        lambda p, x, h, dh: rnn.backward(weights(p), library_run(x, h), dh[:, None]),
        lambda p, x, h, dh: {n: v.astype("f4") for n, v in gradient_vectorised(p, x, h, dh).items()},
        lambda p, x, h, dh: {
            n: np.sum([v for t in range(len(x)) for v in tensor_terms(p, x, h, dh, t + 1)[n]], axis=0)
            for n in ("W_x", "W_h")
        },
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "03.refute_order": (
        [
            ([[1, 1], [-1, -1]], [0, 0], [0, 0.9]),
            ([[2, -2], [2, -2]], [0.0, 0.0], [0.99, 0.0]),
            (np.array([[0.0, 1.0], [0.0, 0.0]]) + 1e-2, [0.999, 0.0], [0.0, 0.999]),
            ([[1, 1, 0], [-1, -1, 0], [0, 0, 0]], [0, 0, 0.5], [0, 0.9, 0]),
        ],
        [
            (np.eye(2), [0.1, 0.2], [0.5, -0.3]),
            ([[1, 1], [-1, -1]], [0.3, 0.3], [0.3, 0.3]),
            ([[1, 1], [-1, -1]], [0, 0], [0, 1.0]),
            ([[1, 2], [3, 4]], [0.1, 0.2], [0.2, 0.1]),
            ([[0, 0], [0, 0]], [0.1, 0.2], [0.2, 0.1]),
            ([[0, 1], [0, 0]], [0.1, 0.2], [0.2, 0.1]),
            ([[1.0]], [0.1], [0.2]),
            ([[1, 2, 3], [4, 5, 6]], [0, 0], [0, 0.5]),
            ([[1, 1], [-1, -1]], [0, 0, 0], [0, 0.9, 0]),
            ([[np.inf, 1], [1, 1]], [0, 0], [0, 0.5]),
            ([[1, 1], [-1, -1]], [0, 0]),
            5,
        ],
    ),
    "03.refute_overcount": (
        [
            (1.0, -1.0, [1.87, 0.0], 1.0),
            (2, -1, [0.935, 0.4], 1),
            (1.0, -1.0, [-1.87, 0.3], -1.0),
        ],
        [
            (1.0, 1.0, [0.5, 0.5], 0.5),
            (1.0, -1.0, [1.87], 1.0),
            (1.0, 0.0, [1.0, 1.0], 1.0),
            (0.0, 0.0, [0.0, 0.0], 0.0),
            (1.0, -1.0, [np.nan, 0.0], 1.0),
            (1.0, -1.0, [1.87, 0.0]),
            "no",
        ],
    ),
}
