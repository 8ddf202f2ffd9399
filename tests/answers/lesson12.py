"""Lesson 12: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import gru, losses, numgrad, paths, rnn

GATES = ("r", "z", "n", "h")
NAMES = ("W_x", "W_h", "b", "b_hn", "x", "h0")


def single(values):
    return {name: np.asarray(value, "f4") for name, value in values.items()}


def logistic(a):
    return 1 / (1 + np.exp(-a))


def of(reset, p):
    return {name: value for name, value in p.items() if reset == "after" or name != "b_hn"}


def library(p, x, h0, reset):
    run = gru.forward(of(reset, p), x, h0, reset)
    return {name: getattr(run, name) for name in GATES}


def forward_of_entries(p, x, h0, reset):
    """Every number in a loop of its own."""
    (T, B, D), H = x.shape, h0.shape[1]
    r, z, n, h = (np.zeros((T + (name == "h"), B, H)) for name in GATES)
    h[0] = h0
    for t, b in np.ndindex(T, B):
        before = h[t, b]

        def into(column, state, t=t, b=b):
            total = p["b"][column]
            total += sum(x[t, b, d] * p["W_x"][d, column] for d in range(D))
            return total + sum(state[j] * p["W_h"][j, column] for j in range(H))

        for i in range(H):
            r[t, b, i] = logistic(into(i, before))
            z[t, b, i] = logistic(into(H + i, before))
        for i in range(H):
            if reset == "before":
                a = into(2 * H + i, before * r[t, b])
            else:
                a = into(2 * H + i, 0 * before)
                a += r[t, b, i] * (before @ p["W_h"][:, 2 * H + i] + p["b_hn"][i])
            n[t, b, i] = np.tanh(a)
            h[t + 1, b, i] = n[t, b, i] + z[t, b, i] * (before[i] - n[t, b, i])
    return {"h": h, "n": n, "z": z, "r": r}


def forward_einsum(p, x, h0, reset):
    H = h0.shape[1]
    W_x, W_h = p["W_x"].reshape(-1, 3, H), p["W_h"].reshape(H, 3, H)
    a = np.einsum("tbd,dgh->tgbh", x, W_x) + p["b"].reshape(3, 1, H)
    out = {name: [] for name in GATES}
    out["h"].append(h0)
    for a_t in a:
        h = out["h"][-1]
        r, z = (logistic(a_t[g] + np.einsum("bj,ji->bi", h, W_h[:, g])) for g in (0, 1))
        inner = np.einsum("bj,ji->bi", r * h, W_h[:, 2])
        if reset == "after":
            inner = r * (np.einsum("bj,ji->bi", h, W_h[:, 2]) + p["b_hn"])
        n = np.tanh(a_t[2] + inner)
        for name, value in zip(GATES, (r, z, n, n - z * n + z * h)):
            out[name].append(value)
    return out


def forward_split(p, x, h0, reset):
    (W_xr, W_xz, W_xn), (W_hr, W_hz, W_hn) = (np.split(p[k], 3, 1) for k in ("W_x", "W_h"))
    b_r, b_z, b_n = np.split(p["b"], 3)
    r, z, n, h = [], [], [], [h0]
    for x_t in x:
        r += [0.5 + 0.5 * np.tanh(0.5 * (x_t @ W_xr + h[-1] @ W_hr + b_r))]
        z += [0.5 + 0.5 * np.tanh(0.5 * (x_t @ W_xz + h[-1] @ W_hz + b_z))]
        past = {"before": r[-1] * h[-1] @ W_hn, "after": r[-1] * (h[-1] @ W_hn + p["b_hn"])}[reset]
        n += [np.tanh(x_t @ W_xn + b_n + past)]
        h += [z[-1] * h[-1] + (1 - z[-1]) * n[-1]]
    return r, z, n, h


def library_back(p, run, dh):
    if run.reset == "before":
        run = run._replace(u=None)
    return {"b_hn": 0 * p["b_hn"], **gru.backward(of(run.reset, p), run, dh)}


def back_by_blocks(p, run, dh):
    """Every gate with matrices of its own."""
    W_x, W_h = (np.split(p[name], 3, 1) for name in ("W_x", "W_h"))
    g = {name: [np.zeros_like(W) for W in blocks] for name, blocks in (("W_x", W_x), ("W_h", W_h))}
    db, db_hn, dx, carry = np.zeros((3, dh.shape[2])), 0 * p["b_hn"], [], 0
    for x, r, z, n, u, h, out in zip(*(a[::-1] for a in (run.x, run.r, run.z, run.n, run.u, run.h[:-1], dh))):
        total = out + carry
        dn, dz, carry = total - total * z, total * h - total * n, total * z
        da = [None, dz * z * (1 - z), dn * (1 + n) * (1 - n)]
        if run.reset == "after":
            da[0] = da[2] * u * r * (1 - r)
            seen = [da[0], da[1], da[2] * r]
            db_hn = db_hn + seen[2].sum(0)
            for k in range(3):
                g["W_h"][k] += h.T @ seen[k]
                carry = carry + seen[k] @ W_h[k].T
        else:
            q = da[2] @ W_h[2].T
            da[0] = q * h * r * (1 - r)
            carry = carry + q * r + da[0] @ W_h[0].T + da[1] @ W_h[1].T
            for k, state in enumerate((h, h, r * h)):
                g["W_h"][k] += state.T @ da[k]
        for k in range(3):
            g["W_x"][k] += x.T @ da[k]
            db[k] += da[k].sum(0)
        dx.insert(0, sum(da[k] @ W_x[k].T for k in range(3)))
    return {
        "W_x": np.hstack(g["W_x"]), "W_h": np.hstack(g["W_h"]), "b": db.ravel(), "b_hn": db_hn,
        "x": np.array(dx), "h0": carry,
    }


def back_stored(p, run, dh):
    """Only the recurrence in a loop: pre-activation adjoints first, the parameters after it."""
    T, B, H = dh.shape
    da, dv = np.zeros((T, B, 3 * H)), np.zeros((T, B, 3 * H))
    carry = np.zeros((B, H))
    W_rz, W_n = p["W_h"][:, : 2 * H], p["W_h"][:, 2 * H :]
    for t in reversed(range(T)):
        total = dh[t] + carry
        a_n = total * (1 - run.z[t]) * (1 - run.n[t] ** 2)
        a_z = total * (run.h[t] - run.n[t]) * run.z[t] * (1 - run.z[t])
        if run.reset == "after":
            dr, back = a_n * run.u[t], (a_n * run.r[t]) @ W_n.T
        else:
            q = a_n @ W_n.T
            dr, back = q * run.h[t], q * run.r[t]
        da[t] = np.concatenate([dr * run.r[t] * (1 - run.r[t]), a_z, a_n], axis=1)
        carry = total * run.z[t] + back + da[t, :, : 2 * H] @ W_rz.T
    dv[:] = da
    read = np.repeat(run.h[:-1, :, None, :], 3, axis=2)
    if run.reset == "after":
        dv[..., 2 * H :] *= run.r
    else:
        read[:, :, 2] *= run.r
    dW_h = np.einsum("tbgi,tbgh->igh", read, dv.reshape(T, B, 3, H)).reshape(H, 3 * H)
    b_hn = dv[..., 2 * H :].sum((0, 1)) * (run.reset == "after")
    dW_x = np.tensordot(run.x, da, ((0, 1), (0, 1)))
    return dW_x, dW_h, da.sum((0, 1)), b_hn, da @ p["W_x"].T, carry


def back_measured(p, run, dh):
    point = {**of(run.reset, p), "x": run.x, "h0": run.h[0]}

    def loss(q):
        weights = {name: value for name, value in q.items() if name not in ("x", "h0")}
        return (gru.forward(weights, q["x"], q["h0"], run.reset).h[1:] * dh).sum()

    g = {n: numgrad.complex_step(lambda v, n=n: loss({**point, n: v}), point[n]) for n in point}
    return {"b_hn": 0 * p["b_hn"], **g}


def back_by_jacobians(p, run, dh):
    """The states' adjoints by products with the step Jacobians, then one step for each of them."""
    J, total = jacobian_of_rows(p, run), dh.copy()
    for t in range(len(dh) - 1, 0, -1):
        total[t - 1] += np.einsum("bi,bij->bj", total[t], J[t])
    alone = [
        gru.Run(*(a[t : t + 1] for a in run[:4]), run.h[t : t + 2], run.u[t : t + 1], run.reset)
        for t in range(len(dh))
    ]
    steps = [library_back(p, step, total[[t]]) for t, step in enumerate(alone)]
    g = {name: sum(step[name] for step in steps) for name in ("W_x", "W_h", "b", "b_hn")}
    return {**g, "x": np.concatenate([step["x"] for step in steps]), "h0": steps[0]["h0"]}


def back_per_instance(p, run, dh):
    parts = [
        back_by_blocks(p, gru.Run(*(a[:, [b]] for a in run[:6]), run.reset), dh[:, [b]])
        for b in range(dh.shape[1])
    ]
    g = {name: sum(part[name] for part in parts) for name in ("W_x", "W_h", "b", "b_hn")}
    x, h0 = (np.concatenate([part[name] for part in parts], axis=-2) for name in ("x", "h0"))
    return {**g, "x": x, "h0": h0}


def back_single(p, run, dh):
    run = gru.Run(*(a.astype("f4") for a in run[:6]), run.reset)
    return back_by_blocks(single(p), run, dh.astype("f4"))


def jacobian_of_rows(p, run):
    """One backward step for every unit vector."""
    T, B, H = run.n.shape
    J = np.zeros((T, B, H, H))
    for t in range(T):
        step = gru.forward(of(run.reset, p), run.x[t : t + 1], run.h[t], run.reset)
        for i in range(H):
            e = np.zeros((1, B, H))
            e[..., i] = 1
            J[t, :, i] = gru.backward(of(run.reset, p), step, e)["h0"]
    return J


def jacobian_of_columns(p, run):
    """By complex step, one state entry at a time."""
    T, B, H = run.n.shape
    J = np.zeros((T, B, H, H))
    for t in range(T):
        for j in range(H):
            h = run.h[t].astype(complex)
            h[:, j] += 1e-30j
            J[t, :, :, j] = gru.forward(of(run.reset, p), run.x[t : t + 1], h, run.reset).h[1].imag / 1e-30
    return J


def jacobian_einsum(p, run):
    T, B, H = run.n.shape
    W = p["W_h"].reshape(H, 3, H)
    h, r, z, n = run.h[:-1], run.r, run.z, run.n
    dr, dz = (np.einsum("tbi,ji->tbij", g * (1 - g), W[:, k]) for k, g in enumerate((r, z)))
    eye = np.eye(H)
    if run.reset == "after":
        da = np.einsum("tbi,ji->tbij", r, W[:, 2]) + run.u[..., None] * dr
    else:
        da = np.einsum("tbkj,ki->tbij", np.einsum("tbk,kj->tbkj", r, eye) + h[..., None] * dr, W[:, 2])
    return z[..., None] * eye + (h - n)[..., None] * dz + ((1 - z) * (1 - n * n))[..., None] * da


def jacobian_loops(p, run):
    T, B, H = run.n.shape
    W_r, W_z, W_n = np.split(p["W_h"], 3, axis=1)
    J = np.zeros((T, B, H, H))
    for t, b in np.ndindex(T, B):
        h, r, z, n = run.h[t, b], run.r[t, b], run.z[t, b], run.n[t, b]
        if run.reset == "after":
            u = h @ W_n + p["b_hn"]
            K = np.diag(r) @ W_n.T + np.diag(u * r * (1 - r)) @ W_r.T
        else:
            K = W_n.T @ (np.diag(r) + np.diag(h * r * (1 - r)) @ W_r.T)
        J[t, b] = np.diag(z) + np.diag((h - n) * z * (1 - z)) @ W_z.T + np.diag((1 - z) * (1 - n**2)) @ K
    return {"J": J}


def margin_loops(o, y):
    T, B, K = o.shape
    found = []
    for b in range(B):
        steps = []
        for t in range(T):
            e = np.exp(o[t, b] - max(o[t, b]))
            p = e / sum(e)
            legal = [p[k] for k in range(K) if y[t, b, k] > 0]
            if legal:
                steps.append(min(legal) - max(p[k] for k in range(K) if y[t, b, k] == 0))
        found.append(min(steps))
    return found


def margin_masked(o, y):
    p = np.exp(o) / np.exp(o).sum(-1, keepdims=True)
    low = np.ma.masked_array(p, y == 0).min(axis=2)
    high = np.ma.masked_array(p, y > 0).max(axis=2)
    return np.asarray((low - high).min(axis=0))


def margin_large(o, y):
    p, on = losses.softmax(o), y > 0
    low, high = np.min(p + 9 * ~on, axis=-1), np.max(p - 9 * on, axis=-1)
    return {"margin": np.min(low - high + 99 * ~on.any(-1), axis=0)}


def margin_sorted(o, y):
    p = losses.softmax(o)
    out = np.full(o.shape[1], np.inf)
    for p_t, y_t in zip(p, y):
        for b in np.flatnonzero(y_t.sum(1)):
            out[b] = min(out[b], np.sort(p_t[b][y_t[b] > 0])[0] - np.sort(p_t[b][y_t[b] == 0])[-1])
    return out


def corrected_by_library(params, x, h, o, y, dh, k):
    run = rnn.forward(params, x[:, None], h[:1])
    loss, do = losses.softmax_cross_entropy(o, y)
    J, g = paths.step_jacobians(params, run), rnn.backward(params, run, dh[:, None])
    gamma = np.linalg.svd(params["W_h"])[1].max()
    return {
        "loss": loss, "do": do, "dW_y": np.einsum("th,tk->hk", h[1:], do), "gamma": gamma,
        "bound": gamma ** (len(x) - k), "J": J[-1, 0], "chain": paths.transition(J, len(x), k)[0],
        "dW_h": g["W_h"], "dW_x": g["W_x"], "dh_db": paths.rtrl(params, run)["b_h"][-1, 0],
    }  # fmt: skip


def corrected_by_paths(params, x, h, o, y, dh, k):
    W, T = params["W_h"], len(x)
    right = corrected_by_library(params, x, h, o, y, dh, k)
    J = [None] + [np.diag(1 - s**2) @ W.T for s in h[1:]]

    def reach(t, s):
        return J[t] @ reach(t - 1, s) if t > s else np.eye(len(W))

    slope = 1 - h**2
    right["dW_h"], right["dW_x"], right["dh_db"] = 0, 0, 0
    for s in range(1, T + 1):
        da = sum(dh[t - 1] @ reach(t, s) for t in range(s, T + 1)) * slope[s]
        right["dW_h"] = right["dW_h"] + np.outer(h[s - 1], da)
        right["dW_x"] = right["dW_x"] + np.outer(x[s - 1], da)
        right["dh_db"] = right["dh_db"] + reach(T, s) * slope[s]
    right |= {"J": J[T], "chain": reach(T, k), "gamma": np.sqrt(np.linalg.eigvalsh(W @ W.T)[-1])}
    return right


def corrected_measured(params, x, h, o, y, dh, k):
    right = corrected_by_library(params, x, h, o, y, dh, k)

    def states(start, steps, **changed):
        return rnn.forward({**params, **changed}, x[steps:, None], start[None]).h[:, 0]

    def loss(**changed):
        return (states(h[0], 0, **changed)[1:] * dh).sum()

    right["dW_h"] = numgrad.complex_step(lambda W: loss(W_h=W), params["W_h"])
    right["dW_x"] = numgrad.complex_step(lambda W: loss(W_x=W), params["W_x"])
    unit = range(len(h[0]))
    right["chain"] = [numgrad.complex_step(lambda v, i=i: states(v, k)[-1, i], h[k]) for i in unit]
    right["dh_db"] = [
        numgrad.complex_step(lambda v, i=i: states(h[0], 0, b_h=v)[-1, i], params["b_h"]) for i in unit
    ]
    return right


TEN = ("loss", "do", "dW_y", "gamma", "bound", "J", "chain", "dW_h", "dW_x", "dh_db")

STYLES = {
    "12.gru_forward": [
        library,
        forward_of_entries,
        forward_einsum,
        forward_split,
        lambda p, x, h0, reset: gru.forward(of(reset, p), x, h0, reset),
        lambda p, x, h0, reset: forward_einsum(single(p), x.astype("f4"), h0.astype("f4"), reset),
    ],
    "12.gru_backward": [
        library_back,
        back_by_blocks,
        back_stored,
        back_measured,
        back_by_jacobians,
        back_per_instance,
        back_single,
        lambda p, run, dh: [back_by_blocks(p, run, dh)[name].tolist() for name in NAMES],
        lambda p, run, dh: {**back_per_instance(p, run, dh), "note": "an extra key"},
        lambda p, run, dh: {name: np.asfortranarray(v) for name, v in library_back(p, run, dh).items()},
    ],
    "12.gru_step_jacobian": [
        jacobian_of_rows,
        jacobian_of_columns,
        jacobian_einsum,
        jacobian_loops,
        lambda p, run: jacobian_of_columns(p, run).tolist(),
        lambda p, run: jacobian_einsum(p, run).astype("f4"),
    ],
    "12.reber_margin": [
        margin_loops,
        margin_masked,
        margin_large,
        margin_sorted,
        lambda o, y: margin_large(o.astype("f4"), y.astype("f4")),
        lambda o, y: tuple(margin_sorted(o, y)),
    ],
    "12.corrected": [
        corrected_by_library,
        corrected_by_paths,
        corrected_measured,
        lambda *a: tuple(corrected_by_library(*a)[name] for name in TEN),
        lambda *a: single(corrected_by_paths(*a)),
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "12.refute_same": (
        [
            ([[5, -5, 0, 0, 0, 0], [0, 0, 0, 0, 3, 0]], [1, 1]),
            (np.array([[4, -4, 0, 0, 1, 0], [0, 0, 0, 0, -2, 3.0]]), np.array([-1, 0.8])),
            (np.pad([[6, -6, 0], [0, 0, 0], [0, 0, 0]], ((0, 0), (0, 6))) + np.eye(3, 9, 7) * 3, [1, 1, 1]),
        ],
        [
            ([[3, 2, 5]], [1]),
            ([[0] * 6, [0] * 6], [1, 1]),
            ([[3, -3, 0, 0, 0, 0], [3, -3, 0, 0, 2, 0]], [0, 0]),
            ([[3, -3, 0, 0, 0, 0], [3, -3, 0, 0, 2, 0]], [1, 1, 1]),
            ([[3, -3, 0, 0, 0, 0], [3, -3, 0, 0, np.nan, 0]], [1, 1]),
            ([[3, 3, 0, 0, 0, 0], [3, 3, 0, 0, 2, 0]], [1, 1]),
            ([], []),
            "no",
            3,
        ],
    ),
    "12.refute_factor": (
        [
            ((0, 0, -4.5, 0), (0, 0, 7, 0)),
            ([5, -5, -6, 0.0], [5, -5, 6.5, 0.0]),
            np.array([[0, 0, -9, 0.01], [0, 0, 9, -0.01]]),
        ],
        [
            ((0, 0, 8, 0), (0, 0, -5, 0)),
            ((0, 0, -3, 0), (0, 0, 8, 0)),
            ((0, 0, -5, 0), (0, 0, 5, 0)),
            ((0, 0, -5), (0, 0, 8)),
            ((0, 0, -5, 0), (0, 0, np.inf, 0)),
            ((0, 0, np.nan, 0), (0, 0, 8, 0)),
            ((0, 0, -5, 0),),
            (0, 0, -5, 0),
            "no",
        ],
    ),
}
