"""Lesson 09: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import lstm97, numgrad

NAMES = ("W_x", "W_h", "b", "x", "h0", "c0")
CUT = ("W_x", "W_h", "b", "x", "c0")


def single(values):
    return {name: np.asarray(value, "f4") for name, value in values.items()}


def sigma(a):
    return 1 / (1 + np.exp(-a))


def squashes(squash):
    if squash == "tanh":
        return np.tanh, np.tanh
    return (lambda a: 4 * sigma(a) - 2), (lambda c: 2 * sigma(c) - 1)


def forward_of_entries(p, x, h0, c0, squash):
    """Every number in a loop of its own."""
    T, B, D = x.shape
    H = c0.shape[1]
    G, K = squashes(squash)
    i, g, o = np.zeros((3, T, B, H))
    c, h = np.zeros((2, T + 1, B, H))
    c[0], h[0] = c0, h0
    for t, b, n in np.ndindex(T, B, H):
        a = []
        for column in (n, H + n, 2 * H + n):
            total = p["b"][column]
            for d in range(D):
                total += x[t, b, d] * p["W_x"][d, column]
            for j in range(H):
                total += h[t, b, j] * p["W_h"][j, column]
            a.append(total)
        i[t, b, n], g[t, b, n], o[t, b, n] = sigma(a[0]), G(a[1]), sigma(a[2])
        c[t + 1, b, n] = c[t, b, n] + i[t, b, n] * g[t, b, n]
        h[t + 1, b, n] = o[t, b, n] * K(c[t + 1, b, n])
    return {"i": i, "g": g, "o": o, "c": c, "h": h}


def forward_six_matrices(p, x, h0, c0, squash):
    H = c0.shape[1]
    G, K = squashes(squash)
    part = {gate: slice(n * H, (n + 1) * H) for n, gate in enumerate("igo")}
    made, c, h = {gate: [] for gate in "igo"}, [c0], [h0]
    for x_t in x:
        for gate, f in (("i", sigma), ("g", G), ("o", sigma)):
            columns = part[gate]
            made[gate].append(
                f(x_t @ p["W_x"][:, columns] + h[-1] @ p["W_h"][:, columns] + p["b"][columns])
            )
        c.append(made["i"][-1] * made["g"][-1] + c[-1])
        h.append(K(c[-1]) * made["o"][-1])
    return made["i"], made["g"], made["o"], c, h


def forward_stacked(p, x, h0, c0, squash):
    W, (G, K) = np.vstack([p["W_x"], p["W_h"], p["b"]]), squashes(squash)
    T, H = len(x), c0.shape[1]
    gates, c, h = np.zeros((T, 3, *c0.shape)), np.array([c0] * (T + 1)), np.array([h0] * (T + 1))
    for t in range(T):
        a = np.column_stack([x[t], h[t], np.ones(len(h0))]) @ W
        gates[t] = sigma(a[:, :H]), G(a[:, H:-H]), sigma(a[:, -H:])
        c[t + 1 :] += gates[t, 0] * gates[t, 1]
        h[t + 1] = gates[t, 2] * K(c[t + 1])
    return {"h": h, "c": c, "o": gates[:, 2], "g": gates[:, 1], "i": gates[:, 0]}


def forward_columns(p, x, h0, c0, squash):
    H, (G, K) = c0.shape[1], squashes(squash)
    c, h, i, g, o = [c0.T], [h0.T], [], [], []
    for x_t in x:
        a = p["W_x"].T @ x_t.T + p["W_h"].T @ h[-1] + p["b"][:, None]
        i.append(sigma(a[:H]))
        g.append(G(a[H : 2 * H]))
        o.append(sigma(a[2 * H :]))
        c.append(c[-1] + i[-1] * g[-1])
        h.append(o[-1] * K(c[-1]))
    return [[column.T for column in part] for part in (i, g, o, c, h)]


def slopes(run):
    """G' of the candidates and K' of the cells, from the definitions by logistic functions."""
    if run.squash == "tanh":
        return 1 - run.g**2, 1 - np.tanh(run.c[1:]) ** 2
    s, k = (run.g + 2) / 4, sigma(run.c[1:])
    return 4 * s * (1 - s), 2 * k * (1 - k)


def K_of(run):
    return squashes(run.squash)[1](run.c[1:])


def collected(p, run, da, dh0, dc0):
    """The dict of gradients from the adjoints of the pre-activations."""
    flat, T = da.reshape(-1, da.shape[2]), len(da)
    return {
        "W_x": run.x.reshape(len(flat), -1).T @ flat,
        "W_h": sum(run.h[t].T @ da[t] for t in range(T)),
        "b": np.ones(len(flat)) @ flat,
        "x": np.einsum("tbn,dn->tbd", da, p["W_x"]),
        "h0": dh0,
        "c0": dc0,
    }


def of_entries(p, run, dh, dc_T, keep=1.0):
    """Every number in a loop of its own; keep=0 cuts what the gates send back."""
    T, B, D = run.x.shape
    H = run.o.shape[2]
    dG, dK = slopes(run)
    K = K_of(run)
    grads = {name: np.zeros_like(value) for name, value in p.items()}
    grads["x"], grads["h0"], grads["c0"] = np.zeros_like(run.x), np.zeros((B, H)), np.zeros((B, H))
    for b in range(B):
        future, dc = [0.0] * H, list(dc_T[b])
        for t in range(T - 1, -1, -1):
            da = [0.0] * (3 * H)
            for n in range(H):
                i, g, o = run.i[t, b, n], run.g[t, b, n], run.o[t, b, n]
                total = dh[t, b, n] + future[n]
                dc[n] += total * o * dK[t, b, n]
                da[n] = dc[n] * g * i * (1 - i)
                da[H + n] = dc[n] * i * dG[t, b, n]
                da[2 * H + n] = total * K[t, b, n] * o * (1 - o)
            future = [keep * sum(da[m] * p["W_h"][n, m] for m in range(3 * H)) for n in range(H)]
            for m in range(3 * H):
                grads["b"][m] += da[m]
                grads["W_h"][:, m] += run.h[t, b] * da[m]
                grads["W_x"][:, m] += run.x[t, b] * da[m]
                grads["x"][t, b] += p["W_x"][:, m] * da[m]
        grads["h0"][b], grads["c0"][b] = future, dc
    return grads


def einsummed(p, run, dh, dc_T, keep=1.0):
    dG, dK = slopes(run)
    i, g, o, K = run.i, run.g, run.o, K_of(run)
    factor_c, factor_h = np.stack([g * i * (1 - i), i * dG], axis=2), K * o * (1 - o)
    W, da, dc = p["W_h"].reshape(len(p["W_h"]), 3, -1), np.zeros((*dh.shape[:2], 3, dh.shape[2])), dc_T
    arrives = np.zeros_like(dc_T)
    for t in range(len(dh) - 1, -1, -1):
        total = dh[t] + arrives
        dc = dc + total * o[t] * dK[t]
        da[t, :, :2], da[t, :, 2] = dc[:, None] * factor_c[t], total * factor_h[t]
        arrives = keep * np.einsum("bgn,jgn->bj", da[t], W)
    return collected(p, run, da.reshape(*dh.shape[:2], -1), arrives, dc)


def in_place(p, run, dh, dc_T, keep=1.0):
    dh, dc = dh.copy(), dc_T.copy()
    dG, dK = slopes(run)
    da = np.empty((*dh.shape[:2], 3 * dh.shape[2]))
    H = dh.shape[2]
    for t in range(len(dh) - 1, -1, -1):
        dc += dh[t] * run.o[t] * dK[t]
        da[t, :, :H] = dc * run.g[t] * run.i[t] * (1 - run.i[t])
        da[t, :, H : 2 * H] = dc * run.i[t] * dG[t]
        da[t, :, 2 * H :] = dh[t] * run.h[t + 1] * (1 - run.o[t])
        if t:
            dh[t - 1] += keep * da[t] @ p["W_h"].T
    return collected(p, run, da, keep * da[0] @ p["W_h"].T, dc)


def stacked(p, run, dh, dc_T, keep=1.0):
    W, D = np.vstack([p["W_x"], p["W_h"]]), run.x.shape[2]
    dG, dK = slopes(run)
    dW, db, dx, carry, dc = 0, 0, [], 0, dc_T
    for x, h, i, g, o, K, G1, K1, d in reversed(
        list(zip(run.x, run.h, run.i, run.g, run.o, K_of(run), dG, dK, dh))
    ):
        d = d + carry
        dc = dc + d * o * K1
        da = np.hstack([dc * g * i * (1 - i), dc * i * G1, d * K * o * (1 - o)])
        dW = dW + np.hstack([x, h]).T @ da
        db = db + da.sum(0)
        both = da @ W.T
        dx.insert(0, both[:, :D])
        carry = keep * both[:, D:]
    return dW[:D], dW[D:], db, dx, carry + np.zeros_like(dc), dc


def columns(p, run, dh, dc_T, keep=1.0):
    """One instance at a time, as columns."""
    T, B, _ = dh.shape
    dG, dK = slopes(run)
    da, dh0, dc0 = [[None] * B for _ in range(T)], [], []
    for b in range(B):
        carry, dc = 0, dc_T[b]
        for t in reversed(range(T)):
            i, g, o = run.i[t, b], run.g[t, b], run.o[t, b]
            total = dh[t, b] + carry
            dc = dc + np.diag(o * dK[t, b]) @ total
            da[t][b] = np.r_[dc * g * i * (1 - i), dc * i * dG[t, b], total * run.h[t + 1, b] * (1 - o)]
            carry = keep * p["W_h"] @ da[t][b]
        dh0.append(carry)
        dc0.append(dc)
    return collected(p, run, np.array(da), np.array(dh0), np.array(dc0))


def recursive(p, run, dh, dc_T, keep=1.0):
    if not len(dh):
        zero = {name: np.zeros_like(value) for name, value in p.items()}
        return zero | {"x": run.x, "h0": np.zeros_like(dc_T), "c0": dc_T}
    first = lstm97.Run(*(part[:1] for part in run[:4]), run.c[:2], run.h[:2], run.squash)
    rest = lstm97.Run(*(part[1:] for part in run[:6]), run.squash)
    later = recursive(p, rest, dh[1:], dc_T, keep)
    here = in_place(p, first, dh[:1] + later["h0"], later["c0"], keep)
    return {
        **{name: here[name] + later[name] for name in p},
        "x": np.concatenate([here["x"], later["x"]]),
        "h0": here["h0"],
        "c0": here["c0"],
    }


def in_single(p, run, dh, dc_T, keep=1.0):
    run = lstm97.Run(*(part.astype("f4") for part in run[:6]), run.squash)
    return single(einsummed(single(p), run, dh.astype("f4"), dc_T.astype("f4"), keep))


def measured(p, run, dh, dc_T):
    """The full gradient by complex step; the loss is Σ <dh, h> + <dc_T, c_T>."""
    point = {**p, "x": run.x, "h0": run.h[0], "c0": run.c[0]}

    def loss(q):
        r = lstm97.forward({n: q[n] for n in p}, q["x"], q["h0"], q["c0"], run.squash)
        return (r.h[1:] * dh).sum() + (r.c[-1] * dc_T).sum()

    return {n: numgrad.complex_step(lambda v, n=n: loss({**point, n: v}), point[n]) for n in point}


def beside_a_recording(p, run):
    """Parameters and a run of the network whose gates read h as if it were an input."""
    both = {"W_x": np.vstack([p["W_x"], p["W_h"]]), "W_h": np.zeros_like(p["W_h"]), "b": p["b"]}
    heard = np.concatenate([run.x, run.h[:-1]], axis=2)
    return both, heard


def cut_by_a_recording(p, run, dh, dc_T):
    """The truncated gradient is the full one of a network without recurrent weights."""
    both, heard = beside_a_recording(p, run)
    other = lstm97.forward(both, heard, run.h[0], run.c[0], run.squash)
    grads, D = lstm97.backward(both, other, dh, dc_T), run.x.shape[2]
    return {
        "W_x": grads["W_x"][:D],
        "W_h": grads["W_x"][D:],
        "b": grads["b"],
        "x": grads["x"][:, :, :D],
        "c0": grads["c0"],
    }


def cut_measured(p, run, dh, dc_T):
    point = {**p, "x": run.x, "c0": run.c[0]}

    def loss(q):
        both, _ = beside_a_recording(q, run)
        heard = np.concatenate([q["x"], run.h[:-1]], axis=2)
        r = lstm97.forward(both, heard, run.h[0], q["c0"], run.squash)
        return (r.h[1:] * dh).sum() + (r.c[-1] * dc_T).sum()

    return {n: numgrad.complex_step(lambda v, n=n: loss({**point, n: v}), point[n]) for n in point}


def cut_by_running_sum(p, run, dh, dc_T):
    dG, dK = slopes(run)
    dc = np.concatenate([dh * run.o * dK, dc_T[None]])[::-1].cumsum(0)[::-1][:-1]
    da = np.stack(
        [dc * run.g * run.i * (1 - run.i), dc * run.i * dG, dh * K_of(run) * run.o * (1 - run.o)], axis=2
    ).reshape(*dh.shape[:2], -1)
    grads = collected(p, run, da, None, dc[0])
    del grads["h0"]
    return grads


def cut_by_double_sum(p, run, dh, dc_T):
    """Step t gathers from every later step s."""
    dG, dK = slopes(run)
    later = np.triu(np.ones((len(dh), len(dh))))
    dc = dc_T + np.einsum("ts,sbn->tbn", later, dh * run.o * dK)
    i, o = run.i, run.o
    da = np.concatenate([dc * run.g * i * (1 - i), dc * i * dG, dh * run.h[1:] * (1 - o)], axis=-1)
    grads = collected(p, run, da, None, dc[0])
    return tuple(grads[name] for name in CUT)


SWEEPS = [of_entries, einsummed, in_place, columns, recursive, in_single]


def cut(sweep):
    return lambda p, run, dh, dc_T: sweep(p, run, dh, dc_T, keep=0.0)


def cell_arrays(i, f, g, c0):
    without = np.concatenate([c0[None], c0 + np.cumsum(i * g, axis=0)])
    forgets = np.empty_like(without)
    forgets[0] = c0
    for t in range(len(i)):
        forgets[t + 1] = f[t] * forgets[t] + i[t] * g[t]
    return {"without": without, "with": forgets, "bound": i.max() * np.abs(g).max() / (1 - f.max())}


def cell_by_products(i, f, g, c0):
    T = len(i)
    forgets = [c0]
    for t in range(1, T + 1):
        parts = [i[s] * g[s] * np.prod(f[s + 1 : t], axis=0) for s in range(t)]
        forgets.append(np.prod(f[:t], axis=0) * c0 + sum(parts))
    without = [c0 + (i[:t] * g[:t]).sum(0) for t in range(T + 1)]
    return without, forgets, np.max(i) * max(g.max(), -g.min()) / (1 - np.max(f))


def cell_of_entries(i, f, g, c0):
    T, B, H = i.shape
    a, b = np.zeros((2, T + 1, B, H))
    a[0] = b[0] = c0
    for t, m, n in np.ndindex(T, B, H):
        a[t + 1, m, n] = a[t, m, n] + i[t, m, n] * g[t, m, n]
        b[t + 1, m, n] = b[t, m, n] * f[t, m, n] + i[t, m, n] * g[t, m, n]
    return {"bound": float(i.max() * np.abs(g).max() / (1 - f.max())), "with": b.tolist(), "without": a}


def slopes_by_logistic(g, c, squash):
    if squash == "tanh":
        return {"G": (1 - g) * (1 + g), "K": np.cosh(c) ** -2}
    k = sigma(c)
    return {"K": 2 * k * (1 - k), "G": (2 - g) * (2 + g) / 4}


def slopes_measured(g, c, squash):
    """By complex step, with the pre-activation recovered from g."""
    p = 1 if squash == "tanh" else 2
    a, step = p * np.arctanh(g / p), 1e-30j
    G, K = (lambda v: p * np.tanh(v / p)), (lambda v: np.tanh(v / p))
    return G(a + step).imag / 1e-30, K(c + step).imag / 1e-30


STYLES = {
    "09.lstm97_forward": [
        forward_of_entries,
        forward_six_matrices,
        forward_stacked,
        forward_columns,
        lambda p, x, h0, c0, squash: lstm97.forward(p, x, h0, c0, squash),
        lambda p, x, h0, c0, squash: {**forward_stacked(p, x, h0, c0, squash), "note": 1},
        lambda p, x, h0, c0, squash: lstm97.forward(
            single(p), *(v.astype("f4") for v in (x, h0, c0)), squash
        ),
    ],
    "09.squash_slopes": [
        slopes_by_logistic,
        slopes_measured,
        lambda g, c, squash: tuple(slopes_by_logistic(g, c, squash)[name].tolist() for name in "GK"),
        lambda g, c, squash: single(slopes_by_logistic(g, c, squash)),
        lambda g, c, squash: slopes_by_logistic(g.astype("f4"), c.astype("f4"), squash),
    ],
    "09.lstm97_backward_truncated": [
        *(cut(sweep) for sweep in SWEEPS),
        lambda p, run, dh, dc_T: [stacked(p, run, dh, dc_T, 0.0)[n] for n in (0, 1, 2, 3, 5)],
        cut_by_a_recording,
        cut_measured,
        cut_by_running_sum,
        cut_by_double_sum,
        lambda p, run, dh, dc_T: lstm97.backward(p, run, dh, dc_T, truncated=True),
    ],
    "09.lstm97_backward": [
        *SWEEPS,
        stacked,
        measured,
        lambda p, run, dh, dc_T: lstm97.backward(p, run, dh, dc_T),
        lambda p, run, dh, dc_T: [in_place(p, run, dh, dc_T)[name].tolist() for name in NAMES],
        lambda p, run, dh, dc_T: {**columns(p, run, dh, dc_T), "note": "an extra key"},
    ],
    "09.cell_bound": [
        cell_arrays,
        cell_by_products,
        cell_of_entries,
        lambda i, f, g, c0: single(cell_arrays(i, f, g, c0)),
        lambda i, f, g, c0: tuple(cell_arrays(i, f, g, c0)[name] for name in ("without", "with", "bound")),
        lambda i, f, g, c0: cell_arrays(*(v.astype("f4") for v in (i, f, g, c0))),
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "09.refute_gates": (
        [
            ([0, 0, 0], [0, 0.5, 2], 2, -0.5),
            (np.zeros(3), np.array([0.0, -0.6, 1.0]), -3.0, 0.5),
            ([0.3, 0.2, 0.5], [0, 0.5, 3], 3.0, -1.0),
        ],
        [
            ([0.5, 0.5, 0.5], [0, 0, 0], 0.3, 0.0),
            ([0, 0, 0], [0, 0.5, 2], 0.0, -0.5),
            ([0, 0, 0], [0, 0.5, -9], 2, -0.5),
            ([0, 0, 0], [0, 0.5, 2], 2, 9.0),
            ([0, 0], [0, 0.5, 2], 2, -0.5),
            ([0, 0, 0], [0, np.nan, 2], 2, -0.5),
            ([0, 0, 0], [0, 0.5, 2], [2], -0.5),
            ([0, 0, 0], [0, 0.5, 2]),
            ("a", "b", "c", "d"),
            0,
        ],
    ),
    "09.refute_constant": (
        [
            (([0, 4, 0], [0, 0, 0], 0), ([0, -2, 0], [0, 0, 0], 0)),
            (([0, 2, 0], [0, 0, 0], 0.0), ([0, -4, 0], [0, 0, 0], 0.0)),
            ((np.array([1.0, 3.0, 1.0]), np.zeros(3), 0.0), ([0, -1, 0], [0, 0, 0], 0.1)),
        ],
        [
            (([0.5, 0.5, 0.5], [0, 0, 0], 0.1), ([1, 1, 1], [0, 0, 0], 0.1)),
            (([0, 4, 0], [0, 0, 0], 0), ([0, 4, 0], [0, 0, 0], 0)),
            (([0, -2, 0], [0, 0, 0], 0), ([0, 4, 0], [0, 0, 0], 0)),
            (([0, 0, 0], [0, 0, 0], 0), ([0, 0, 0], [0, 0, 0], 0)),
            (([0, 4, 0], [0, 0, np.inf], 0), ([0, -2, 0], [0, 0, 0], 0)),
            (([0, 4], [0, 0, 0], 0), ([0, -2, 0], [0, 0, 0], 0)),
            (([0, 1e300, 0], [0, 0, 0], 0), ([0, -2, 0], [0, 0, 0], 0)),
            ([0, 4, 0], [0, 0, 0], 0),
            ([0, 4, 0],),
            "no",
            7,
        ],
    ),
    "09.refute_bound": (
        [
            (0.5, 0.9, 0.2, 20.0),
            (0.5, 0.99, -0.1, -100),
            np.array([0.01, 0.999, 0.01, 5.0]),
            (0.5, 0.5, 0.5, 1e7),
        ],
        [
            (0.5, 0.9, 0.2, 1.0),
            (0.5, 0.9, 0.2, 0.0),
            (0.5, 0.9, 0.2, 1.5),
            (0.5, 1.0, 0.2, 20.0),
            (0.5, 1.2, 0.2, 20.0),
            (1.5, 0.9, 0.2, 20.0),
            (0.5, 0.9, 1.2, 20.0),
            (0.5, 0.9, 0.2, np.inf),
            (0.5, 0.9, 0.2),
            "0123",
            ("a", "b", "c", "d"),
            3,
        ],
    ),
}
