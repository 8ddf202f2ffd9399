"""Lesson 13: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import linear, lru, min_gru

GATED, COMPLEX = ("W_x", "b", "x", "h0"), ("nu", "theta", "W_re", "W_im", "x", "h0_re", "h0_im")


def single(values):
    return {name: np.asarray(value, "f4") for name, value in values.items()}


def logistic(a):
    return 1 / (1 + np.exp(-a))


# the recurrence


def scan_in_place(a, b, h0):
    h = np.zeros((len(a) + 1, *h0.shape))
    h[0] = h0
    for t in range(len(a)):
        h[t + 1] = a[t] * h[t] + b[t]
    return h


def scan_of_entries(a, b, h0):
    T, B, H = a.shape
    h = np.empty((T + 1, B, H))
    for t, i, j in np.ndindex(h.shape):
        h[t, i, j] = state(a[:, i, j], b[:, i, j], h0[i, j], t)
    return h.tolist()


def state(a, b, start, t):
    return start if t == 0 else a[t - 1] * state(a, b, start, t - 1) + b[t - 1]


def scan_by_products(a, b, h0):
    """Every state as the sum over all addends before it."""
    h = [h0]
    for t in range(1, len(a) + 1):
        h.append(a[:t].prod(axis=0) * h0 + sum(a[k + 1 : t].prod(axis=0) * b[k] for k in range(t)))
    return {"h": np.array(h)}


def scan_by_solving(a, b, h0):
    """(I - A) h = (h0, b), with the factors below the diagonal."""
    T, B, H = a.shape
    h = np.empty((T + 1, B, H))
    for i, j in np.ndindex(B, H):
        h[:, i, j] = np.linalg.solve(np.eye(T + 1) - np.diag(a[:, i, j], -1), np.append(h0[i, j], b[:, i, j]))
    return h


# and its gradient


def back_by_library(a, h, dh):
    return linear.backward(linear.Run(a, 0 * a, h), dh, tree=True)


def back_by_forward(a, h, dh):
    """The forward recurrence, run from the last step to the first."""
    outside = np.concatenate([dh, np.zeros_like(dh[:1])])  # of h_1, ..., h_T and an adjoint of nothing
    later = np.concatenate([a[1:], np.zeros_like(a[:1])])  # the factor that h_t meets
    total = scan_in_place(later[::-1], outside[-2::-1], 0 * dh[0])[:0:-1]
    return {"a": total * h[:-1], "b": total, "h0": a[0] * total[0]}


def back_by_paths(a, h, dh):
    T = len(a)
    total = np.array([sum(a[s + 1 : t + 1].prod(axis=0) * dh[t] for t in range(s, T)) for s in range(T)])
    return total * h[:-1], total, a[0] * total[0]


def back_of_entries(a, h, dh):
    T, B, H = a.shape
    da, db, dh0 = np.zeros((T, B, H)), np.zeros((T, B, H)), np.zeros((B, H))
    for i in range(B):
        for j in range(H):
            carry = 0.0
            for t in reversed(range(T)):
                carry += dh[t, i, j]
                da[t, i, j], db[t, i, j] = carry * h[t, i, j], carry
                carry *= a[t, i, j]
            dh0[i, j] = carry
    return dict(h0=dh0, b=db, a=da)


def back_by_solving(a, h, dh):
    """The transposed system of `scan_by_solving`."""
    T, B, H = a.shape
    total = np.empty((T + 1, B, H))
    for i, j in np.ndindex(B, H):
        total[:, i, j] = np.linalg.solve(np.eye(T + 1) - np.diag(a[:, i, j], 1), np.append(0, dh[:, i, j]))
    return {"a": total[1:] * h[:-1], "b": total[1:], "h0": total[0]}


def back_in_lists(a, h, dh):
    da, db, carry = [], [], 0
    for a_t, h_t, dh_t in zip(a[::-1], h[-2::-1], dh[::-1]):
        db.insert(0, dh_t + carry)
        da.insert(0, db[0] * h_t)
        carry = db[0] * a_t
    return {"a": da, "b": db, "h0": carry}


def back_by_accumulation(a, h, dh):
    total = dh.copy()
    for t in range(len(a) - 2, -1, -1):
        total[t] += a[t + 1] * total[t + 1]
    return {"b": total, "a": np.multiply(total, h[: len(a)]), "h0": np.multiply(total[0], a[0])}


def back_recursive(a, h, dh):
    if len(a) == 1:
        return {"a": dh * h[:1], "b": dh, "h0": a[0] * dh[0]}
    rest = back_recursive(a[1:], h[1:], dh[1:])
    first = dh[0] + rest["h0"]
    return {
        "a": np.concatenate([[first * h[0]], rest["a"]]), "b": np.concatenate([[first], rest["b"]]),
        "h0": a[0] * first,
    }


# the minimal GRU


def gated_by_library(p, x, h0):
    run = min_gru.forward(p, x, h0)
    return {"z": run.z, "n": run.n, "h": run.h}


def gated_in_a_loop(p, x, h0):
    H, z, n, h = h0.shape[1], [], [], [h0]
    for x_t in x:
        a = x_t @ p["W_x"] + p["b"]
        z.append(logistic(a[:, :H]))
        n.append(a[:, H:])
        h.append(h[-1] + (1 - z[-1]) * (n[-1] - h[-1]))
    return z, n, h


def gated_split(p, x, h0):
    (W_z, W_n), (b_z, b_n) = np.split(p["W_x"], 2, axis=1), np.split(p["b"], 2)
    z = 0.5 + 0.5 * np.tanh(0.5 * (np.einsum("tbd,dh->tbh", x, W_z) + b_z))
    n = np.einsum("tbd,dh->tbh", x, W_n) + b_n
    return {"h": scan_in_place(z, n - z * n, h0), "n": n, "z": z}


def gated_back_by_library(p, run, dh):
    return min_gru.backward(p, run, dh, tree=True)


def gated_back_in_a_loop(p, run, dh):
    (W_z, W_n), H = np.split(p["W_x"], 2, axis=1), dh.shape[2]
    dW, db, dx, carry = np.zeros_like(p["W_x"]), np.zeros(2 * H), np.zeros(run.x.shape), 0
    for t in reversed(range(len(dh))):
        total, z = dh[t] + carry, run.z[t]
        da_z, da_n = total * (run.h[t] - run.n[t]) * z * (1 - z), total - total * z
        dW += np.hstack([run.x[t].T @ da_z, run.x[t].T @ da_n])
        db += np.append(da_z.sum(0), da_n.sum(0))
        dx[t] = da_z @ W_z.T + da_n @ W_n.T
        carry = total * z
    return dict(zip(GATED, (dW, db, dx, carry)))


def gated_back_from(scan):
    """As in the text, on another scan."""

    def answer(p, run, dh):
        back = scan(run.z, run.h, dh)
        da, db, dh0 = back if isinstance(back, tuple) else (back[name] for name in ("a", "b", "h0"))
        da, db = np.asarray(da), np.asarray(db)
        dz, dn = (da - db * run.n) * run.z * (1 - run.z), db * (1 - run.z)
        both = np.concatenate([dz, dn], axis=-1)
        flat, rows = both.reshape(-1, both.shape[-1]), run.x.reshape(-1, run.x.shape[-1])
        return {"W_x": rows.T @ flat, "b": flat.sum(axis=0), "x": both @ p["W_x"].T, "h0": dh0}

    return answer


def gated_back_per_instance(p, run, dh):
    g = {"W_x": 0, "b": 0, "x": [], "h0": []}
    for i in range(dh.shape[1]):
        alone = min_gru.Run(*(part[:, i : i + 1] for part in run))
        mine = gated_back_in_a_loop(p, alone, dh[:, i : i + 1])
        for name in ("W_x", "b"):
            g[name] = g[name] + mine[name]
        g["x"].append(mine["x"][:, 0])
        g["h0"].append(mine["h0"][0])
    return {**g, "x": np.stack(g["x"], axis=1), "h0": np.stack(g["h0"])}


def gated_back_by_total_derivatives(p, run, dh):
    """What every step's gate and candidate do to every later state."""
    T, B, H = dh.shape
    dz, dn, dh0 = np.zeros((T, B, H)), np.zeros((T, B, H)), np.zeros((B, H))
    for t in range(T):
        for s in range(t + 1):
            reach = run.z[s + 1 : t + 1].prod(axis=0) * dh[t]
            dz[s] += reach * (run.h[s] - run.n[s])
            dn[s] += reach * (1 - run.z[s])
        dh0 += run.z[: t + 1].prod(axis=0) * dh[t]
    da = np.concatenate([dz * run.z * (1 - run.z), dn], axis=2)
    return np.tensordot(run.x, da, ([0, 1], [0, 1])), da.sum((0, 1)), np.inner(da, p["W_x"]), dh0


# the LRU


def complex_by_library(p, run, dh):
    g = lru.backward(p, run, dh, tree=True)
    h0 = g.pop("h0")
    return {**g, "h0_re": h0.real, "h0_im": h0.imag}


def finished(p, run, total, dh0):
    """All outputs, from the full adjoints of h_1, ..., h_T."""
    lam, gamma = run.lam, run.gamma
    dlam = np.einsum("tbh,tbh->h", total, run.h[:-1].conj())
    dgamma = np.einsum("tbh,tbh->h", total.real, run.u.real) + np.einsum("tbh,tbh->h", total.imag, run.u.imag)
    size, decay = np.abs(lam), -np.log(np.abs(lam))
    dsize = (dlam * (lam / size).conj()).real - dgamma * size / gamma
    du = gamma * total
    return {
        "nu": -dsize * size * decay,
        "theta": (dlam.conj() * 1j * lam).real,
        "W_re": np.tensordot(run.x, du.real, ([0, 1], [0, 1])),
        "W_im": np.tensordot(run.x, du.imag, ([0, 1], [0, 1])),
        "x": (du @ (p["W_re"] + 1j * p["W_im"]).conj().T).real,
        "h0_re": dh0.real,
        "h0_im": dh0.imag,
    }


def complex_in_a_loop(p, run, dh):
    total = dh.copy()
    for t in range(len(dh) - 2, -1, -1):
        total[t] += run.lam.conj() * total[t + 1]
    return finished(p, run, total, run.lam.conj() * total[0])


def complex_by_powers(p, run, dh):
    T = len(dh)
    powers = run.lam.conj() ** np.arange(T + 1)[:, None]
    total = np.array([sum(powers[t - s] * dh[t] for t in range(s, T)) for s in range(T)])
    return finished(p, run, total, powers[1] * total[0])


def complex_by_scan(p, run, dh):
    factors = np.broadcast_to(run.lam.conj(), dh.shape)
    total = back_by_accumulation(factors, run.h.conj(), dh)
    return finished(p, run, total["b"], total["h0"])


def complex_by_tree(p, run, dh):
    total = linear.adjoints(run.lam[None, None], dh, tree=True)
    return finished(p, run, total[1:], total[0])


def complex_in_real_numbers(p, run, dh):
    """No complex number: each multiplication by λ* written out."""
    c, s = run.lam.real, run.lam.imag
    re, im = np.zeros(run.h[0].shape), np.zeros(run.h[0].shape)
    total_re, total_im = np.zeros(dh.shape), np.zeros(dh.shape)
    for t in reversed(range(len(dh))):
        total_re[t], total_im[t] = dh[t].real + re, dh[t].imag + im
        re, im = c * total_re[t] + s * total_im[t], c * total_im[t] - s * total_re[t]
    h_re, h_im = run.h[:-1].real, run.h[:-1].imag
    dc = (total_re * h_re + total_im * h_im).sum((0, 1))
    ds = (total_im * h_re - total_re * h_im).sum((0, 1))
    dgamma = (total_re * run.u.real + total_im * run.u.imag).sum((0, 1))
    decay = np.exp(p["nu"])
    dnu = -decay * (dc * c + ds * s) + dgamma * np.exp(-2 * decay) * decay / np.sqrt(1 - np.exp(-2 * decay))
    rows = run.x.reshape(-1, run.x.shape[2])
    flat = [(run.gamma * part).reshape(len(rows), -1) for part in (total_re, total_im)]
    dx = flat[0] @ p["W_re"].T + flat[1] @ p["W_im"].T
    return dnu, ds * c - dc * s, rows.T @ flat[0], rows.T @ flat[1], dx.reshape(run.x.shape), re, im


def complex_conjugated_throughout(p, run, dh):
    """The other convention inside, and conjugated back at the end."""
    total = dh.conj()
    for t in range(len(dh) - 2, -1, -1):
        total[t] += run.lam * total[t + 1]
    return finished(p, run, total.conj(), (run.lam * total[0]).conj())


def complex_per_instance(p, run, dh):
    parts = []
    for i in range(dh.shape[1]):
        one = run._replace(x=run.x[:, [i]], u=run.u[:, [i]], h=run.h[:, [i]])
        parts.append(complex_in_a_loop(p, one, dh[:, [i]]))
    shared = {name: sum(part[name] for part in parts) for name in ("nu", "theta", "W_re", "W_im")}
    joined = {name: np.concatenate([part[name] for part in parts]) for name in ("h0_re", "h0_im")}
    return {**shared, **joined, "x": np.concatenate([part["x"] for part in parts], axis=1)}


def complex_by_convolution(p, run, dh):
    """The full adjoints as a correlation with the powers of λ*, one instance and unit at a time."""
    T, B, H = dh.shape
    total = np.empty_like(dh)
    for i, j in np.ndindex(B, H):
        kernel = run.lam[j].conj() ** np.arange(T)
        total[:, i, j] = np.convolve(dh[::-1, i, j], kernel)[:T][::-1]
    return finished(p, run, total, run.lam.conj() * total[0])


def complex_single(p, run, dh):
    narrow = run._replace(h=run.h.astype("c8"), u=run.u.astype("c8"))
    return single(complex_in_a_loop(p, narrow, dh.astype("c8")))


STYLES = {
    "13.scan_forward": [
        scan_in_place,
        scan_of_entries,
        scan_by_products,
        scan_by_solving,
        lambda a, b, h0: linear.forward(a, b, h0, tree=True).h,
        lambda a, b, h0: scan_in_place(a, b, h0).astype("f4"),
    ],
    "13.scan_backward": [
        back_by_library,
        back_by_forward,
        back_by_paths,
        back_of_entries,
        back_by_solving,
        back_in_lists,
        back_by_accumulation,
        back_recursive,
        lambda *arguments: single(back_by_accumulation(*arguments)),
        lambda *arguments: {**back_of_entries(*arguments), "note": "an extra key"},
        lambda *arguments: [np.asfortranarray(part) for part in back_by_paths(*arguments)],
    ],
    "13.min_gru_forward": [
        gated_by_library,
        gated_in_a_loop,
        gated_split,
        lambda *arguments: single(gated_split(*arguments)),
        lambda *arguments: [np.array(part).tolist() for part in gated_in_a_loop(*arguments)],
    ],
    "13.min_gru_backward": [
        gated_back_by_library,
        gated_back_in_a_loop,
        gated_back_from(back_by_forward),
        gated_back_from(back_by_paths),
        gated_back_from(back_in_lists),
        gated_back_from(back_recursive),
        gated_back_per_instance,
        gated_back_by_total_derivatives,
        lambda *arguments: single(gated_back_in_a_loop(*arguments)),
        lambda *arguments: [np.asarray(gated_back_in_a_loop(*arguments)[name]).tolist() for name in GATED],
        lambda *arguments: {**gated_back_per_instance(*arguments), "note": "an extra key"},
    ],
    "13.lru_backward": [
        complex_by_library,
        complex_in_a_loop,
        complex_by_powers,
        complex_by_scan,
        complex_by_tree,
        complex_in_real_numbers,
        complex_conjugated_throughout,
        complex_per_instance,
        complex_by_convolution,
        complex_single,
        lambda *arguments: [complex_in_a_loop(*arguments)[name].tolist() for name in COMPLEX],
        lambda *arguments: {**complex_by_powers(*arguments), "note": "an extra key"},
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "13.refute_bounded": (
        [
            (0.98, [1] * 500),
            (-0.99, [(-1) ** t for t in range(1500)]),
            [np.float64(0.995), np.ones(4000)],
            (0.999, np.full(5000, 0.1)),
        ],
        [
            (0.5, [1] * 1000),  # nothing explodes
            (0.99, [1] * 100),  # nothing vanishes
            (0.99, [(-1) ** t for t in range(1000)]),  # the terms cancel
            (1.0, [1] * 1000),
            (1.01, [1] * 1000),
            (0.9, [100.0] * 1000),
            (0.99, []),
            (0.99, [[1.0]] * 1000),
            ([0.99], [1.0] * 1000),
            (np.nan, [1.0] * 1000),
            (0.99, [np.inf] * 1000),
            (0.99, [1.0] * 100_001),
            (0.99,),
            "no",
            3,
        ],
    ),
}
