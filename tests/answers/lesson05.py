"""Lesson 05: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import numgrad, paths, rnn

NAMES = ("W_x", "W_h", "b_h", "x", "h0")


def single(values):
    return {name: np.asarray(value, "f4") for name, value in values.items()}


def forward_of_lists(p, x, h0):
    """Every number in a loop of its own."""
    T, B, D = x.shape
    H = len(p["b_h"])
    a, h = np.zeros((T, B, H)), np.zeros((T + 1, B, H))
    h[0] = h0
    for t, b, i in np.ndindex(T, B, H):
        a[t, b, i] = p["b_h"][i]
        for j in range(D):
            a[t, b, i] += x[t, b, j] * p["W_x"][j, i]
        for j in range(H):
            a[t, b, i] += h[t, b, j] * p["W_h"][j, i]
        h[t + 1, b, i] = np.tanh(a[t, b, i])
    return a, h


def forward_einsum(p, x, h0):
    a = np.einsum("tbd,dh->tbh", x, p["W_x"]) + p["b_h"]
    h = [h0]
    for t in range(len(x)):
        a[t] += np.einsum("bj,ji->bi", h[t], p["W_h"])
        h.append(np.tanh(a[t]))
    return {"h": h, "a": a}


def forward_columns(p, x, h0):
    h = [h0.T]
    a = []
    for x_t in x:
        a.append(p["W_x"].T @ x_t.T + p["W_h"].T @ h[-1] + p["b_h"][:, None])
        h.append(np.tanh(a[-1]))
    return [column.T for column in a], [column.T for column in h]


def backward_of_entries(p, x, h, dh):
    """Every number in a loop of its own."""
    T, B, D = x.shape
    H = len(p["b_h"])
    g = {name: np.zeros_like(value) for name, value in p.items()}
    g["x"], g["h0"] = np.zeros_like(x), np.zeros_like(h[0])
    for b in range(B):
        carry = [0.0] * H
        for t in reversed(range(T)):
            da = [(dh[t, b, i] + carry[i]) * (1 - h[t + 1, b, i] ** 2) for i in range(H)]
            carry = [sum(da[i] * p["W_h"][j, i] for i in range(H)) for j in range(H)]
            for i in range(H):
                g["b_h"][i] += da[i]
                g["W_h"][:, i] += da[i] * h[t, b]
                g["W_x"][:, i] += da[i] * x[t, b]
                g["x"][t, b] += da[i] * p["W_x"][:, i]
        g["h0"][b] = carry
    return g


def backward_einsum(p, x, h, dh):
    """Only the recurrence in a loop; everything else at once."""
    da = (1 - h[1:] ** 2).copy()
    da[-1] *= dh[-1]
    for t in range(len(x) - 2, -1, -1):
        da[t] *= dh[t] + da[t + 1] @ p["W_h"].T
    return {
        "W_x": np.einsum("tbd,tbh->dh", x, da),
        "W_h": np.einsum("tbi,tbh->ih", h[:-1], da),
        "b_h": da.sum((0, 1)),
        "x": da @ p["W_x"].T,
        "h0": da[0] @ p["W_h"].T,
    }


def backward_stacked(p, x, h, dh):
    W = np.vstack([p["W_x"], p["W_h"]])
    D, dW, db, carry, dx = x.shape[2], 0, 0, 0, []
    for x_t, h_prev, h_t, dh_t in zip(x[::-1], h[-2::-1], h[::-1], dh[::-1]):
        da = (dh_t + carry) * (1 + h_t) * (1 - h_t)
        dW = dW + np.hstack([x_t, h_prev]).T @ da
        db = db + np.ones(len(da)) @ da
        both = da @ W.T
        dx.insert(0, both[:, :D])
        carry = both[:, D:]
    return dW[:D], dW[D:], db, dx, carry


def backward_in_place(p, x, h, dh):
    dh = dh.copy()
    g = {name: np.zeros_like(value) for name, value in p.items()}
    for t in range(len(x) - 1, -1, -1):
        dh[t] *= 1 - h[t + 1] ** 2
        for b in range(x.shape[1]):
            g["W_x"] += np.outer(x[t, b], dh[t, b])
            g["W_h"] += np.outer(h[t, b], dh[t, b])
            g["b_h"] += dh[t, b]
        if t:
            dh[t - 1] += dh[t] @ p["W_h"].T
    return {**g, "x": dh @ p["W_x"].T, "h0": dh[0] @ p["W_h"].T}


def backward_by_paths(p, x, h, dh):
    run = rnn.forward(p, x, h[0])
    terms = [paths.path_terms(p, run, dh, t) for t in range(1, len(x) + 1)]
    g = {name: sum(term[name].sum(0) for term in terms) for name in ("W_x", "W_h")}
    J, slope = paths.step_jacobians(p, run), 1 - h[1:] ** 2
    da, dh0 = np.zeros_like(dh), 0
    for t in range(1, len(x) + 1):
        for k in range(t + 1):
            arrives = np.einsum("bi,bij->bj", dh[t - 1], paths.transition(J, t, k))
            if k:
                da[k - 1] += arrives * slope[k - 1]
            else:
                dh0 = dh0 + arrives
    return {**g, "b_h": da.sum((0, 1)), "x": da @ p["W_x"].T, "h0": dh0}


def backward_by_rtrl(p, x, h, dh):
    """The parameters forward in time, the inputs from the reference."""
    run = rnn.forward(p, x, h[0])
    g = {n: np.einsum("tbi,tbi...->...", dh, d) for n, d in paths.rtrl(p, run).items()}
    return {**rnn.backward(p, run, dh), **g}


def backward_measured(p, x, h, dh):
    point = {**p, "x": x, "h0": h[0]}

    def loss(q):
        return (rnn.forward({n: q[n] for n in p}, q["x"], q["h0"]).h[1:] * dh).sum()

    return {n: numgrad.complex_step(lambda v, n=n: loss({**point, n: v}), point[n]) for n in point}


def backward_recursive(p, x, h, dh):
    if not len(x):
        return {**{n: np.zeros_like(v) for n, v in p.items()}, "x": x, "h0": np.zeros_like(h[0])}
    da = dh[-1] * (1 - h[-1] * h[-1])
    earlier = dh[:-1].copy()
    carry = da @ p["W_h"].T
    if len(earlier):
        earlier[-1] = earlier[-1] + carry
    g = backward_recursive(p, x[:-1], h[:-1], earlier)
    return {
        "W_x": g["W_x"] + x[-1].T @ da,
        "W_h": g["W_h"] + h[-2].T @ da,
        "b_h": g["b_h"] + da.sum(0),
        "x": np.concatenate([g["x"], (da @ p["W_x"].T)[None]]),
        "h0": g["h0"] if len(earlier) else carry,
    }


def backward_single(p, x, h, dh):
    return backward_einsum(single(p), *(v.astype("f4") for v in (x, h, dh)))


BACKWARD = [
    backward_of_entries,
    backward_einsum,
    backward_stacked,
    backward_in_place,
    backward_by_paths,
    backward_by_rtrl,
    backward_measured,
    backward_recursive,
    backward_single,
    lambda p, x, h, dh: rnn.backward(p, rnn.forward(p, x, h[0]), dh),
    lambda p, x, h, dh: [backward_einsum(p, x, h, dh)[name].tolist() for name in NAMES],
    lambda p, x, h, dh: {**backward_in_place(p, x, h, dh), "note": "an extra key"},
]


def each_alone(p, x, h, dh):
    return [backward_einsum(p, x[:, [b]], h[:, [b]], dh[:, [b]]) for b in range(x.shape[1])]


def accumulated(p, x, h, dh):
    g = {name: np.zeros_like(value) for name, value in p.items()}
    g["x"], g["h0"] = np.zeros_like(x), np.zeros_like(h[0])
    for b, one in enumerate(each_alone(p, x, h, dh)):
        for name in p:
            g[name] += one[name]
        g["x"][:, b : b + 1], g["h0"][b] = one["x"], one["h0"][0]
    return g


def stacked_then_summed(p, x, h, dh):
    ones = each_alone(p, x, h, dh)
    g = {name: np.stack([one[name] for one in ones]).sum(0) for name in p}
    return {**g, "x": np.hstack([o["x"] for o in ones]), "h0": np.vstack([o["h0"] for o in ones])}


def one_by_one_from_the_last(p, x, h, dh):
    """The instances from the last to the first, each without a batch axis of its own."""
    g = {name: 0.0 for name in p}
    dx, dh0 = np.zeros_like(x), np.zeros_like(h[0])
    for b in reversed(range(x.shape[1])):
        carry = 0.0
        for t in reversed(range(len(x))):
            da = (dh[t, b] + carry) * (1 - h[t + 1, b] ** 2)
            g["W_x"] = g["W_x"] + np.outer(x[t, b], da)
            g["W_h"], g["b_h"] = g["W_h"] + np.outer(h[t, b], da), g["b_h"] + da
            dx[t, b], carry = p["W_x"] @ da, p["W_h"] @ da
        dh0[b] = carry
    return {**g, "x": dx, "h0": dh0}


def masked_of_entries(p, x, h, dh, mask):
    """Every number in a loop of its own."""
    T, B, D = x.shape
    H = len(p["b_h"])
    g = {name: np.zeros_like(value) for name, value in p.items()}
    g["x"], g["h0"] = np.zeros_like(x), np.zeros_like(h[0])
    for b in range(B):
        carry = np.zeros(H)
        for t in reversed(range(T)):
            carry = carry + dh[t, b]
            if not mask[t, b]:
                continue
            da = carry * (1 - h[t + 1, b] ** 2)
            carry = np.array([sum(da[i] * p["W_h"][j, i] for i in range(H)) for j in range(H)])
            for i in range(H):
                g["b_h"][i] += da[i]
                g["W_h"][:, i] += da[i] * h[t, b]
                g["W_x"][:, i] += da[i] * x[t, b]
                g["x"][t, b] += da[i] * p["W_x"][:, i]
        g["h0"][b] = carry
    return g


def masked_where(p, x, h, dh, mask):
    """np.where on both sides of the step, everything but the recurrence at once."""
    real, total = mask[..., None] > 0, dh.copy()
    da, carry = np.zeros_like(dh), 0.0
    for t in reversed(range(len(x))):
        total[t] += carry
        da[t] = np.where(real[t], total[t] * (1 - h[t + 1] ** 2), 0)
        carry = np.where(real[t], da[t] @ p["W_h"].T, total[t])
    return {
        "W_x": np.einsum("tbd,tbh->dh", x, da),
        "W_h": np.einsum("tbi,tbh->ih", h[:-1], da),
        "b_h": da.sum((0, 1)),
        "x": da @ p["W_x"].T,
        "h0": carry,
    }


def masked_by_slopes(p, x, h, dh, mask):
    """A step Jacobian for each instance: diag(m φ') W_hᵀ + (1 - m) I."""
    slope = mask[..., None] * (1 - h[1:] ** 2)
    J = slope[..., None] * p["W_h"].T + (1 - mask)[..., None, None] * np.eye(h.shape[-1])
    reach, da = np.zeros_like(h[0]), []
    for t in reversed(range(len(x))):
        reach = reach + dh[t]
        da.insert(0, reach * slope[t])
        reach = np.einsum("bi,bij->bj", reach, J[t])
    da = np.array(da)
    return [
        np.einsum("tbd,tbh->dh", x, da), np.einsum("tbi,tbh->ih", h[:-1], da),
        da.sum((0, 1)), da @ p["W_x"].T, reach,
    ]  # fmt: skip


def masked_by_paths(p, x, h, dh, mask):
    """As `masked_by_slopes`, each loss followed back alone."""
    slope = mask[..., None] * (1 - h[1:] ** 2)
    J = slope[..., None] * p["W_h"].T + (1 - mask)[..., None, None] * np.eye(h.shape[-1])
    da, dh0 = np.zeros_like(dh), np.zeros_like(h[0])
    for t in range(len(x)):
        row = dh[t]
        for k in range(t, -1, -1):
            da[k] += row * slope[k]
            row = np.einsum("bi,bij->bj", row, J[k])
        dh0 += row
    return {
        "W_x": sum(x_t.T @ d for x_t, d in zip(x, da)), "W_h": sum(h_t.T @ d for h_t, d in zip(h, da)),
        "b_h": da.sum((0, 1)), "x": da @ p["W_x"].T, "h0": dh0,
    }  # fmt: skip


def masked_by_runs_alone(p, x, h, dh, mask):
    """Each instance without its padded steps; an adjoint at a padded step moves to the state before."""
    g = {name: np.zeros_like(value) for name, value in p.items()}
    g["x"], g["h0"] = np.zeros_like(x), np.zeros_like(h[0])
    for b in range(x.shape[1]):
        real = [t for t in range(len(x)) if mask[t, b]]
        outside, first = np.zeros((len(real), 1, h.shape[-1])), np.zeros(h.shape[-1])
        for t in range(len(x)):
            before = sum(s <= t for s in real)
            if before:
                outside[before - 1, 0] += dh[t, b]
            else:
                first = first + dh[t, b]
        states = np.concatenate([h[:1, [b]], h[1:][real][:, [b]]])
        one = backward_einsum(p, x[real][:, [b]], states, outside)
        for name in p:
            g[name] += one[name]
        g["x"][real, b], g["h0"][b] = one["x"][:, 0], one["h0"][0] + first
    return g


def masked_measured(p, x, h, dh, mask):
    point = {**p, "x": x, "h0": h[0]}

    def loss(q):
        state, total = q["h0"], 0.0
        for x_t, dh_t, m in zip(q["x"], dh, mask[..., None]):
            new = np.tanh(x_t @ q["W_x"] + state @ q["W_h"] + q["b_h"])
            state = m * new + (1 - m) * state
            total = total + (state * dh_t).sum()
        return total

    return {n: numgrad.complex_step(lambda v, n=n: loss({**point, n: v}), point[n]) for n in point}


def masked_forward_mode(p, x, h, dh, mask):
    """The parameters by tangents carried forward with the states, the rest from the sweep."""
    tangents = {n: 0.0 for n in p}
    g = {n: np.zeros_like(v) for n, v in p.items()}
    eye = np.eye(len(p["b_h"]))
    for x_t, h_prev, h_t, dh_t, m in zip(x, h, h[1:], dh, mask[..., None]):
        now = {
            "W_x": np.einsum("bd,in->bidn", x_t, eye), "W_h": np.einsum("bm,in->bimn", h_prev, eye),
            "b_h": np.broadcast_to(eye, (len(x_t), *eye.shape)),
        }  # fmt: skip
        for n in p:
            moved = now[n] + np.einsum("ji,bj...->bi...", p["W_h"], tangents[n] + np.zeros(now[n].shape))
            wide = (slice(None), slice(None), *(None,) * (moved.ndim - 2))
            tangents[n] = (m * (1 - h_t**2))[wide] * moved + (1 - m)[wide] * tangents[n]
            g[n] = g[n] + np.einsum("bi,bi...->...", dh_t, tangents[n])
    return {**masked_where(p, x, h, dh, mask), **g}


def masked_recursive(p, x, h, dh, mask):
    m, now = mask[-1][:, None], dh[-1]
    da = m * now * (1 - h[-1] ** 2)
    carry = da @ p["W_h"].T + (1 - m) * now
    mine = {"W_x": x[-1].T @ da, "W_h": h[-2].T @ da, "b_h": da.sum(0)}
    dx = (da @ p["W_x"].T)[None]
    if len(x) == 1:
        return {**mine, "x": dx, "h0": carry}
    earlier = np.concatenate([dh[:-2], dh[[-2]] + carry])
    g = masked_recursive(p, x[:-1], h[:-1], earlier, mask[:-1])
    return {**{n: mine[n] + g[n] for n in p}, "x": np.concatenate([g["x"], dx]), "h0": g["h0"]}


def masked_in_place(p, x, h, dh, mask):
    """dh becomes the adjoint of the pre-activations; the real rows are picked by index."""
    dh, dh0 = dh.copy(), np.zeros_like(h[0])
    for t in range(len(x) - 1, -1, -1):
        before = dh[t - 1] if t else dh0
        real, idle = np.flatnonzero(mask[t]), np.flatnonzero(1 - mask[t])
        before[idle] += dh[t, idle]
        dh[t, idle] = 0
        dh[t, real] *= 1 - h[t + 1, real] ** 2
        before[real] += dh[t, real] @ p["W_h"].T
    flat = dh.reshape(-1, dh.shape[-1])
    rows = {"W_x": x.reshape(len(flat), -1), "W_h": h[:-1].reshape(len(flat), -1)}
    shared = {name: row.T @ flat for name, row in rows.items()}
    return {**shared, "b_h": flat.sum(0), "x": dh @ p["W_x"].T, "h0": dh0}


def masked_single(p, x, h, dh, mask):
    return single(masked_where(single(p), *(v.astype("f4") for v in (x, h, dh, mask))))


MASKED = [
    masked_of_entries,
    masked_where,
    masked_by_slopes,
    masked_by_paths,
    masked_by_runs_alone,
    masked_measured,
    masked_forward_mode,
    masked_recursive,
    masked_in_place,
    masked_single,
    lambda p, x, h, dh, m: [masked_in_place(p, x, h, dh, m)[name].tolist() for name in NAMES],
]


def tiled(h0, x):
    return np.repeat(h0[None], x.shape[1], axis=0)


def states(p, x, start):
    return rnn.forward(p, x, start).h


def count_arrays(T, D, H, K):
    shapes = ((D, H), (H, H), (H,), (H, K), (K,))
    number = sum(int(np.prod(shape)) for shape in shapes)
    return {"shared": number, "unshared": number * T}


STYLES = {
    "05.rnn_forward": [
        forward_of_lists,
        forward_einsum,
        forward_columns,
        lambda p, x, h0: rnn.forward(p, x, h0),
        lambda p, x, h0: list(rnn.forward(p, x, h0)[1:3]),
        lambda p, x, h0: rnn.forward(single(p), x.astype("f4"), h0.astype("f4")),
    ],
    "05.parameter_counts": [
        count_arrays,
        lambda T, D, H, K: (D * H + H * H + H + H * K + K, T * (D * H + H * H + H + H * K + K)),
        lambda T, D, H, K: {k: float(v) for k, v in count_arrays(T, D, H, K).items()},
        lambda T, D, H, K: {k: np.array(v) for k, v in count_arrays(T, D, H, K).items()},
        lambda T, D, H, K: [H * (D + H + K + 1) + K, sum(H * (D + H + K + 1) + K for _ in range(T))],
    ],
    "05.stacked_forward": [
        lambda p, x, h0: {"W": rnn.pack(p)["W"], "h": states(p, x, h0)},
        lambda p, x, h0: (np.vstack([p["W_x"], p["W_h"]]), forward_einsum(p, x, h0)["h"]),
        lambda p, x, h0: {"h": forward_of_lists(p, x, h0)[1], "W": np.r_[p["W_x"], p["W_h"]].tolist()},
        lambda p, x, h0: single({"W": rnn.pack(p)["W"], "h": states(p, x, h0)}),
        lambda p, x, h0: {"W": np.block([[p["W_x"]], [p["W_h"]]]), "h": forward_columns(p, x, h0)[1]},
    ],
    "05.rnn_backward": BACKWARD,
    "05.one_by_one": [
        accumulated,
        stacked_then_summed,
        lambda p, x, h, dh: tuple(accumulated(p, x, h, dh)[name] for name in NAMES),
        lambda p, x, h, dh: single(accumulated(p, x, h, dh)),
        backward_of_entries,
        backward_stacked,
        backward_recursive,
        backward_measured,
        backward_by_paths,
        one_by_one_from_the_last,
    ],
    "05.masked_backward": MASKED,
    "05.shared_h0": [
        lambda p, x, h0, dh: backward_einsum(p, x, states(p, x, tiled(h0, x)), dh)["h0"].sum(0),
        lambda p, x, h0, dh: (
            np.ones(x.shape[1]) @ backward_of_entries(p, x, states(p, x, tiled(h0, x)), dh)["h0"]
        ),
        lambda p, x, h0, dh: {
            "h0": sum(
                backward_einsum(p, x[:, [b]], states(p, x[:, [b]], h0[None]), dh[:, [b]])["h0"][0]
                for b in range(x.shape[1])
            )
        },
        lambda p, x, h0, dh: numgrad.complex_step(
            lambda row: (states(p, x, row + np.zeros((x.shape[1], 1)))[1:] * dh).sum(), h0
        ),
        lambda p, x, h0, dh: (
            backward_in_place(p, x, states(p, x, tiled(h0, x)), dh)["h0"].sum(0).astype("f4").tolist()
        ),
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "05.refute_stack": (
        [
            ([[1]], [[0.5]], [[-0.5]], [0.0], [1.0]),
            (np.eye(2), np.eye(2), np.zeros((2, 2)), np.zeros(2), np.ones(2)),
            ([[1, 0], [0, 1], [1, 1]], [[0, 1], [2, 0]], [[1, 0], [0, 1]], [0, 0, 0], [0.5, 0.1]),
        ],
        [
            ([[1]], [[0.5]], [[0.5]], [0.0], [1.0]),
            ([[1]], [[0.5]], [[-0.5]], [0.0], [0.0]),
            ([[1]], [[0.5]], [[-0.5]], [50.0], [1.0]),
            ([[1, 2]], [[0, 1], [1, 0]], [[1], [2]], [1], [1, 1]),
            ([[1]], [[0.5]], [[np.nan]], [0.0], [1.0]),
            ([[1]], [[0.5]], [[-0.5]], [0.0, 1.0], [1.0]),
            (1, 2, 3, 4, 5),
            "no",
            ([[1]],),
        ],
    ),
    "05.refute_jacobian": (
        [
            ([[0, 1], [-1, 0]], [[0, 1], [1, 0]]),
            ([[0.1, 2], [-1, 0]], [[1, 2, 3], [2, 1, 0], [3, 0, 5]]),
            ([[0, 5], [0, 0]], [[2, 1], [1, 2]]),
        ],
        [
            ([[1, 0], [0, 1]], [[0, 1], [1, 0]]),
            ([[0, 1], [-1, 0]], [[1, 0], [0, 2]]),
            ([[0, 1], [-1, 0]], [[1, 2], [2.01, 1]]),
            ([[0, 0], [0, 0]], [[0, 1], [1, 0]]),
            ([[0, 1], [-1, 0]], [[0, np.inf], [np.inf, 0]]),
            ([[0, 1, 2], [-1, 0, 3]], [[0, 1], [1, 0]]),
            ([[1]], [[1]]),
            3,
        ],
    ),
}
