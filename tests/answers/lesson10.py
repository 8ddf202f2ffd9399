"""Lesson 10: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import initialisers, lstm, numgrad

GRADIENTS = ("W_x", "W_h", "b", "x", "h0", "c0")
STEP = ("W_x", "W_h", "b", "x", "h_prev", "c_prev")
FORWARD = "ifgoch"


def single(values):
    return {name: np.asarray(value, "f4") for name, value in values.items()}


def sigma(a):
    return 0.5 * (1 + np.tanh(a / 2))


# one step forward


def step_of_entries(p, x, h, c):
    """Every number in a loop of its own."""
    B, H = h.shape
    out = {name: np.zeros((B, H)) for name in FORWARD}
    for b, n in np.ndindex(B, H):
        a = []
        for gate in range(4):
            k = gate * H + n
            a.append(p["b"][k] + sum(x[b, j] * p["W_x"][j, k] for j in range(x.shape[1])))
            a[-1] += sum(h[b, j] * p["W_h"][j, k] for j in range(H))
        i, f, g, o = sigma(a[0]), sigma(a[1]), np.tanh(a[2]), sigma(a[3])
        new = f * c[b, n] + i * g
        for name, value in zip(FORWARD, (i, f, g, o, new, o * np.tanh(new))):
            out[name][b, n] = value
    return out


def step_stacked(p, x, h, c):
    a = np.hstack([x, h]) @ np.vstack([p["W_x"], p["W_h"]]) + p["b"]
    H = h.shape[1]
    i, f, o = (np.exp(a[:, k * H : k * H + H]) for k in (0, 1, 3))
    i, f, o = i / (1 + i), f / (1 + f), o / (1 + o)
    g = np.tanh(a[:, 2 * H : 3 * H])
    c = np.add(f * c, i * g)
    return i, f, g, o, c, o * np.tanh(c)


def step_four_matrices(p, x, h, c):
    W_x, W_h, b = np.split(p["W_x"], 4, 1), np.split(p["W_h"], 4, 1), np.split(p["b"], 4)
    gates = {
        name: act(x @ u + h @ w + v)
        for name, act, u, w, v in zip("ifgo", (sigma, sigma, np.tanh, sigma), W_x, W_h, b)
    }
    c = gates["i"] * gates["g"] + gates["f"] * c
    return {**gates, "c": c, "h": np.tanh(c) * gates["o"], "note": "an extra key"}


def step_reshaped(p, x, h, c):
    a = np.einsum("bd,dk->bk", x, p["W_x"]) + np.einsum("bj,jk->bk", h, p["W_h"]) + p["b"]
    a = a.reshape(len(h), 4, -1).transpose(1, 0, 2)
    i, f, o = sigma(a[[0, 1, 3]])
    new = f * c + i * np.tanh(a[2])
    return {"h": o * np.tanh(new), "c": new, "o": o, "g": np.tanh(a[2]), "f": f, "i": i}


# a sequence


def loop(step):
    def run(p, x, h, c):
        out = {"i": [], "f": [], "g": [], "o": [], "c": [c], "h": [h]}
        for x_t in x:
            made = step(p, x_t, out["h"][-1], out["c"][-1])
            made = made if isinstance(made, dict) else dict(zip(FORWARD, made))
            for name in FORWARD:
                out[name].append(made[name])
        return out

    return run


def filled(p, x, h0, c0):
    """Into arrays made before, the inputs' products all at once."""
    T, B, H = len(x), *h0.shape
    a, c, h = x @ p["W_x"] + p["b"], np.empty((T + 1, B, H)), np.empty((T + 1, B, H))
    c[0], h[0] = c0, h0
    for t in range(T):
        a[t] += h[t] @ p["W_h"]
        a[t] = np.where(np.arange(4 * H) // H == 2, np.tanh(a[t]), sigma(a[t]))
        i, f, g, o = np.split(a[t], 4, axis=1)
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return (*np.split(a, 4, axis=2), c, h)


# one step back


def blocks(s, dh, dc):
    """The complete adjoint of the cell, and da packed."""
    y = np.tanh(s["c"])
    dc = dc + dh * s["o"] * (1 - y * y)
    slope = {name: s[name] * (1 - s[name]) for name in "ifo"}
    da = (dc * s["g"] * slope["i"], dc * s["c_prev"] * slope["f"])
    return dc, np.hstack([*da, dc * s["i"] * (1 - s["g"] ** 2), dh * y * slope["o"]])


def back_stacked(p, s, dh, dc):
    dc, da = blocks(s, dh, dc)
    D = s["x"].shape[1]
    both = da @ np.vstack([p["W_x"], p["W_h"]]).T
    dW = np.hstack([s["x"], s["h_prev"]]).T @ da
    return dW[:D], dW[D:], np.ones(len(da)) @ da, both[:, :D], both[:, D:], s["f"] * dc


def back_einsum(p, s, dh, dc):
    dc, da = blocks(s, dh, dc)
    return {
        "c_prev": dc * s["f"],
        "h_prev": np.einsum("bk,jk->bj", da, p["W_h"]),
        "x": np.einsum("bk,jk->bj", da, p["W_x"]),
        "b": np.einsum("bk->k", da),
        "W_h": np.einsum("bj,bk->jk", s["h_prev"], da),
        "W_x": np.einsum("bj,bk->jk", s["x"], da),
    }


def back_of_instances(p, s, dh, dc):
    """One instance after the other, one gate after the other."""
    g = {name: np.zeros_like(value) for name, value in p.items()}
    g |= {name: np.zeros_like(s[name]) for name in ("x", "h_prev", "c_prev")}
    H = dh.shape[1]
    for b in range(len(dh)):
        for n in range(H):
            i, f, cand, o, c = (s[name][b, n] for name in "ifgoc")
            up = dc[b, n] + dh[b, n] * o / np.cosh(c) ** 2
            da = (
                up * cand * i * (1 - i),
                up * s["c_prev"][b, n] * f * (1 - f),
                up * i * (1 + cand) * (1 - cand),
                dh[b, n] * np.tanh(c) * o * (1 - o),
            )
            for gate, value in enumerate(da):
                k = gate * H + n
                g["b"][k] += value
                g["W_x"][:, k] += value * s["x"][b]
                g["W_h"][:, k] += value * s["h_prev"][b]
                g["x"][b] += value * p["W_x"][:, k]
                g["h_prev"][b] += value * p["W_h"][:, k]
            g["c_prev"][b, n] = up * f
    return g


def back_four_matrices(p, s, dh, dc):
    dc, da = blocks(s, dh, dc)
    parts = np.split(da, 4, 1)
    pieces = {n: [s[a].T @ d for d in parts] for n, a in (("W_x", "x"), ("W_h", "h_prev"))}
    through = {
        a: sum(d @ w.T for d, w in zip(parts, np.split(p[n], 4, 1)))
        for n, a in (("W_x", "x"), ("W_h", "h_prev"))
    }
    whole = {n: np.concatenate(v, axis=1) for n, v in pieces.items()}
    return {**whole, **through, "b": np.concatenate([d.sum(0) for d in parts]), "c_prev": dc * s["f"]}


def back_in_place(p, s, dh, dc):
    dc = dc.copy()
    dc += dh * s["o"] * np.cosh(s["c"]) ** -2.0
    da = np.empty((len(dh), 4 * dh.shape[1]))
    i, f, g, o = np.split(da, 4, axis=1)  # views
    i[:], f[:], g[:], o[:] = dc, dc, dc, dh
    for view, gate, other in ((i, "i", "g"), (f, "f", "c_prev")):
        view *= s[other] * s[gate] * (1 - s[gate])
    g *= s["i"] - s["i"] * s["g"] ** 2
    o *= np.tanh(s["c"]) * (s["o"] - s["o"] ** 2)
    dc *= s["f"]
    return s["x"].T @ da, s["h_prev"].T @ da, da.sum(0), da @ p["W_x"].T, da @ p["W_h"].T, dc


def back_in_columns(p, s, dh, dc):
    """Every instance is a column; matrices act from the left."""
    dc, da = (part.T for part in blocks(s, dh, dc))
    return {
        "W_x": (da @ s["x"]).T,
        "W_h": (da @ s["h_prev"]).T,
        "b": da.sum(axis=1),
        "x": (p["W_x"] @ da).T,
        "h_prev": (p["W_h"] @ da).T,
        "c_prev": (s["f"].T * dc).T,
    }


def back_measured(p, s, dh, dc):
    point = {**p, "x": s["x"], "h_prev": s["h_prev"], "c_prev": s["c_prev"]}

    def loss(q):
        run = lstm.forward({n: q[n] for n in p}, q["x"][None], q["h_prev"], q["c_prev"])
        return (run.h[1] * dh + run.c[1] * dc).sum()

    return {n: numgrad.complex_step(lambda v, n=n: loss({**point, n: v}), point[n]) for n in STEP}


def back_by_library(p, s, dh, dc):
    run = lstm.forward(p, s["x"][None], s["h_prev"], s["c_prev"])
    g = lstm.backward(p, run, dh[None], dc)
    return [g["W_x"], g["W_h"], g["b"], g["x"][0], g["h0"], g["c0"]]


def back_single(p, s, dh, dc):
    return single(back_einsum(single(p), single(s), dh.astype("f4"), dc.astype("f4")))


# the sweep


def known(run, t):
    """What the forward pass knew at step t, as the dict of exercise 4."""
    now = {name: getattr(run, name)[t - 1] for name in "xifgo"}
    return {**now, "h_prev": run.h[t - 1], "c_prev": run.c[t - 1], "c": run.c[t]}


def sweep(step):
    """The sweep by a step function."""

    def backward(p, run, dh, dc_T):
        g = {name: np.zeros_like(value) for name, value in p.items()}
        g["x"], future, dc = np.zeros_like(run.x), 0, dc_T
        for t in range(len(dh), 0, -1):
            part = step(p, known(run, t), dh[t - 1] + future, dc)
            part = part if isinstance(part, dict) else dict(zip(STEP, part))
            for name in p:
                g[name] += part[name]
            g["x"][t - 1], future, dc = part["x"], part["h_prev"], part["c_prev"]
        return {**g, "h0": future, "c0": dc}

    return backward


def sweep_then_products(p, run, dh, dc_T):
    """Only the recurrence in a loop; slopes before it, products after it."""
    x, i, f, g, o, c, h = run
    y = np.tanh(c[1:])
    slope = np.stack([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g**2), y * o * (1 - o)], 2)
    through = o * (1 - y**2)
    dc, future, da = dc_T, 0, np.zeros_like(slope)
    for t in reversed(range(len(dh))):
        total = dh[t] + future
        dc = dc + total * through[t]
        da[t] = slope[t] * np.stack([dc, dc, dc, total], 1)
        future = da[t].reshape(len(dc), -1) @ p["W_h"].T
        dc = dc * f[t]
    da = da.reshape(*dh.shape[:2], -1)
    return {
        "W_x": np.einsum("tbd,tbk->dk", x, da),
        "W_h": np.einsum("tbj,tbk->jk", h[:-1], da),
        "b": da.sum((0, 1)),
        "x": da @ p["W_x"].T,
        "h0": future,
        "c0": dc,
    }


def sweep_one_by_one(p, run, dh, dc_T):
    """B sweeps of one instance each."""
    parts = []
    for b in range(dh.shape[1]):
        one = lstm.Run(*(field[:, b : b + 1] for field in run))
        parts.append(sweep_then_products(p, one, dh[:, b : b + 1], dc_T[b : b + 1]))
    g = {name: sum(part[name] for part in parts) for name in p}
    g["x"] = np.concatenate([part["x"] for part in parts], axis=1)
    return {**g, **{n: np.concatenate([part[n] for part in parts]) for n in ("h0", "c0")}}


def sweep_recursive(p, run, dh, dc_T):
    """The last step, then the same function for the rest."""
    if not len(dh):
        zeros = {name: np.zeros_like(value) for name, value in p.items()}
        return {**zeros, "x": run.x, "h0": np.zeros_like(dc_T), "c0": dc_T}
    part = back_einsum(p, known(run, len(dh)), dh[-1], dc_T)
    earlier = dh[:-1].copy()
    if len(earlier):
        earlier[-1] += part["h_prev"]
    g = sweep_recursive(p, lstm.Run(*(field[:-1] for field in run)), earlier, part["c_prev"])
    return {
        **{name: g[name] + part[name] for name in p},
        "x": np.concatenate([g["x"], part["x"][None]]),
        "h0": g["h0"] if len(earlier) else part["h_prev"],
        "c0": g["c0"],
    }


def sweep_by_losses(p, run, dh, dc_T):
    """A sweep for each step's loss alone, and one for the last cell's; the gradient is linear."""
    alone = [dh * (np.arange(len(dh)) == t)[:, None, None] for t in range(len(dh))]
    parts = [sweep_then_products(p, run, one, 0 * dc_T) for one in alone]
    parts.append(sweep_then_products(p, run, 0 * dh, dc_T))
    return tuple(sum(part[name] for part in parts) for name in GRADIENTS)


def sweep_by_joint_jacobian(p, run, dh, dc_T):
    """(c, h) as one state with a (2H, 2H) Jacobian per instance."""
    x, i, f, g, o, c, h = run
    T, B, H = dh.shape
    W = np.split(p["W_h"], 4, 1)
    out = {name: np.zeros_like(value) for name, value in p.items()}
    out["x"] = np.zeros_like(x)
    ends = np.zeros((2, B, H))
    for b in range(B):
        v = np.concatenate([dc_T[b], np.zeros(H)])
        for t in range(T - 1, -1, -1):
            y = np.tanh(c[t + 1, b])
            di, df = g[t, b] * i[t, b] * (1 - i[t, b]), c[t, b] * f[t, b] * (1 - f[t, b])
            dg, do = i[t, b] * (1 - g[t, b] ** 2), y * o[t, b] * (1 - o[t, b])
            P = np.diag(o[t, b] * (1 - y**2))
            from_c = v[:H] + (v[H:] + dh[t, b]) @ P
            da = np.concatenate([from_c * di, from_c * df, from_c * dg, (v[H:] + dh[t, b]) * do])
            F = np.diag(f[t, b])
            G = np.diag(di) @ W[0].T + np.diag(df) @ W[1].T + np.diag(dg) @ W[2].T
            M = np.block([[F, G], [P @ F, P @ G + np.diag(do) @ W[3].T]])
            v = np.concatenate([v[:H], v[H:] + dh[t, b]]) @ M
            out["W_x"] += np.outer(x[t, b], da)
            out["W_h"] += np.outer(h[t, b], da)
            out["b"] += da
            out["x"][t, b] = p["W_x"] @ da
        ends[:, b] = v[H:], v[:H]
    return {**out, "h0": ends[0], "c0": ends[1]}


def sweep_measured(p, run, dh, dc_T):
    point = {**p, "x": run.x, "h0": run.h[0], "c0": run.c[0]}

    def loss(q):
        made = lstm.forward({n: q[n] for n in p}, q["x"], q["h0"], q["c0"])
        return (made.h[1:] * dh).sum() + (made.c[-1] * dc_T).sum()

    return {n: numgrad.complex_step(lambda v, n=n: loss({**point, n: v}), point[n]) for n in GRADIENTS}


def sweep_single(p, run, dh, dc_T):
    small = lstm.Run(*(field.astype("f4") for field in run))
    return sweep_then_products(single(p), small, dh.astype("f4"), dc_T.astype("f4"))


# peepholes, orders, biases


def peepholes_of_entries(c, da):
    T, B, H = len(da), *c.shape[1:]
    p = np.zeros((3, H))
    for t, b, n in np.ndindex(T, B, H):
        p[0, n] += da[t, b, n] * c[t, b, n]
        p[1, n] += da[t, b, H + n] * c[t, b, n]
        p[2, n] += da[t, b, 3 * H + n] * c[t + 1, b, n]
    return tuple(p)


def peepholes_einsum(c, da):
    gates = da.reshape(*da.shape[:2], 4, -1)
    first = np.einsum("tbgh,tbh->gh", gates[:, :, :2], c[:-1])
    return {"p_o": np.einsum("tbh,tbh->h", gates[:, :, 3], c[1:]), "p_i": first[0], "p_f": first[1]}


def peepholes_by_steps(c, da):
    H = c.shape[2]
    p = {name: np.zeros(H) for name in ("p_i", "p_f", "p_o")}
    for da_t, old, new in zip(da, c, c[1:]):
        p["p_i"] += (da_t[:, :H] * old).sum(0)
        p["p_f"] += (da_t[:, H : 2 * H] * old).sum(0)
        p["p_o"] += (da_t[:, 3 * H :] * new).sum(0)
    return p


def reorder_columns(W, order_from, order_to):
    H = W.shape[-1] // 4
    return W[..., [order_from.index(gate) * H + n for gate in order_to for n in range(H)]]


def reorder_in_place(W, order_from, order_to):
    out, H = np.empty_like(W), W.shape[-1] // 4
    for k, gate in enumerate(order_from):
        at = order_to.index(gate)
        out[..., at * H : (at + 1) * H] = W[..., k * H : (k + 1) * H]
    return {"W": out}


def reorder_reshaped(W, order_from, order_to):
    H = W.shape[-1] // 4
    gates = W.reshape(*W.shape[:-1], 4, H)
    return gates[..., [order_from.find(gate) for gate in order_to], :].reshape(W.shape)


STYLES = {
    "10.lstm_step_forward": [
        step_of_entries,
        step_stacked,
        step_four_matrices,
        step_reshaped,
        lambda p, x, h, c: {n: getattr(lstm.forward(p, x[None], h, c), n)[-1] for n in FORWARD},
        lambda p, x, h, c: single(step_reshaped(single(p), *(v.astype("f4") for v in (x, h, c)))),
        lambda p, x, h, c: [np.asarray(v).tolist() for v in step_stacked(p, x, h, c)],
    ],
    "10.lstm_forward": [
        lstm.forward,
        loop(step_of_entries),
        loop(step_stacked),
        filled,
        lambda *a: {n: v for n, v in lstm.forward(*a)._asdict().items() if n != "x"},
        lambda p, x, h, c: lstm.forward(single(p), *(v.astype("f4") for v in (x, h, c))),
        lambda *a: {n: np.array(v) for n, v in loop(step_four_matrices)(*a).items()},
    ],
    "10.lstm_step_backward": [
        back_stacked,
        back_einsum,
        back_of_instances,
        back_four_matrices,
        back_in_place,
        back_in_columns,
        back_measured,
        back_by_library,
        back_single,
        lambda p, s, dh, dc: [np.asarray(v).tolist() for v in back_in_place(p, s, dh, dc)],
    ],
    "10.lstm_backward": [
        *(sweep(step) for step in (back_stacked, back_einsum, back_of_instances)),
        *(sweep(step) for step in (back_four_matrices, back_in_place, back_by_library)),
        sweep_then_products,
        sweep_one_by_one,
        sweep_recursive,
        sweep_by_losses,
        sweep_by_joint_jacobian,
        sweep_measured,
        sweep_single,
        lstm.backward,
        lambda *a: [sweep_then_products(*a)[name].tolist() for name in GRADIENTS],
        lambda *a: {**sweep_then_products(*a), "note": "an extra key"},
    ],
    "10.forget_bias": [
        initialisers.forget_bias,
        lambda n: np.log(0.5 ** (1 / n)) - np.log(1 - 0.5 ** (1 / n)),
        lambda n: 2 * np.arctanh(2 * 2 ** (-1 / n) - 1),
        lambda n: {"b": np.float32(-np.log(np.expm1(np.log(2) / n)))},
        lambda n: np.array(-np.log(2 ** (1 / n) - 1)),
        lambda n: (-np.log(np.exp(np.log(2) / n) - 1.0),)[0],
    ],
    "10.reorder_gates": [
        reorder_columns,
        reorder_in_place,
        reorder_reshaped,
        lambda W, a, b: np.hstack([np.split(W, 4, -1)[a.index(gate)] for gate in b]),
        lambda W, a, b: reorder_columns(reorder_columns(W, a, "ifgo"), "ifgo", b).tolist(),
        lambda W, a, b: reorder_reshaped(W.astype("f4"), a, b),
    ],
    "10.peephole_gradients": [
        peepholes_of_entries,
        peepholes_einsum,
        peepholes_by_steps,
        lambda c, da: single(peepholes_einsum(c, da)),
        lambda c, da: [v.tolist() for v in peepholes_by_steps(c, da).values()],
    ],
}


def past(h, cell):
    """(h_prev, c_prev) that leads to this cell."""
    return h, cell / sigma(h) - np.tanh(h)


# (answers that hold, answers that do not)
VALUES = {
    "10.refute_gates": (
        [
            (past(0.0, 1.0), past(0.5, 1.0)),
            np.array([past(-0.9, -3.0), past(0.9, -3.0)]),
            [list(past(0.3, 0.0)), list(past(0.99, 0.0))],
        ],
        [
            (past(0.0, 1.0), past(0.5, 1.01)),
            (past(0.0, 1.0), past(0.2, 1.0)),
            (past(0.0, 1.0), past(0.0, 1.0)),
            (past(0.0, 1.0), past(2.0, 1.0)),
            ((0.0, np.nan), past(0.5, 1.0)),
            (past(0.0, 1.0),),
            (0.0, 2.0, 0.5, 1.1),
            "no",
            3,
        ],
    ),
    "10.refute_product": (
        [
            ([0, 0, -5, 0], [3, 3, 0, 3], 0.0),
            (np.array([0, -7.0, 0, 0]), np.array([0, 4.0, 0, 4]), 0.8),
            ([-8.0, 0, 0, 0], [1, 1, 2, 3], -0.5),
        ],
        [
            ([0, 0, 0, 0], [3, 3, 0, 3], 0.0),
            ([0, 0, 5, 0], [3, 3, 0, 3], 0.0),
            ([0, 0, -1, 0], [0, 0, 0, 0], 0.0),
            ([0, 0, -5, 0], [3, 3, 0, np.inf], 0.0),
            ([0, 0, -5], [3, 3, 0], 0.0),
            ([0, 0, -5, 0], [3, 3, 0, 3], [0.0]),
            ([0, 0, -5, 0], [3, 3, 0, 3]),
            "no",
        ],
    ),
}
