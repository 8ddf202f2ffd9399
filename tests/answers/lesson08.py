"""Lesson 08: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import activations, mlp, numgrad, rnn, training

VALUE = {
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.maximum(a, 0),
}


def slope_at(a, phi):
    """From the pre-activation, not from the output."""
    if phi == "tanh":
        return 1 / np.cosh(a) ** 2
    if phi == "relu":
        return (a > 0) * 1.0
    return np.exp(-a) / (1 + np.exp(-a)) ** 2


def single(values):
    return {name: np.asarray(value, "f4") for name, value in values.items()}


def layers(p):
    return range(1, sum(name.startswith("W") for name in p) + 1)


# forward


def forward_of_entries(p, x, phi):
    """Every number in a loop of its own."""
    h = [x.tolist()]
    for n in layers(p):
        W, b = p[f"W{n}"], p[f"b{n}"]
        rows = []
        for below in h[-1]:
            a = [b[j] + sum(below[i] * W[i, j] for i in range(len(W))) for j in range(len(b))]
            rows.append([float(VALUE[phi](v)) for v in a])
        h.append(rows)
    return h


def forward_einsum(p, x, phi):
    h = (x,)
    for n in layers(p):
        h += (VALUE[phi](np.einsum("bi,ij->bj", h[-1], p[f"W{n}"]) + p[f"b{n}"]),)
    return h


def forward_augmented(p, x, phi):
    """The bias as one more row of the weights."""
    h = [x]
    for n in layers(p):
        seen = np.hstack([h[-1], np.ones((len(x), 1))])
        h.append(VALUE[phi](seen @ np.vstack([p[f"W{n}"], p[f"b{n}"]])))
    return h


def forward_columns(p, x, phi):
    h = [x.T]
    for n in layers(p):
        h.append(VALUE[phi](p[f"W{n}"].T @ h[-1] + p[f"b{n}"][:, None]))
    return [v.T for v in h]


def forward_recursive(p, x, phi, n=1):
    if f"W{n}" not in p:
        return [x]
    return [x, *forward_recursive(p, VALUE[phi](x @ p[f"W{n}"] + p[f"b{n}"]), phi, n + 1)]


# backward


def backward_of_entries(p, h, dh, phi):
    """Every number in a loop of its own."""
    g = {name: np.zeros_like(value) for name, value in p.items()}
    g["x"] = np.zeros_like(h[0])
    slope = activations.get(phi).slope
    for b in range(len(dh)):
        row = list(dh[b])
        for n in reversed(layers(p)):
            da = [row[j] * float(slope(h[n][b, j])) for j in range(len(row))]
            row = [0.0] * len(h[n - 1][b])
            for j in range(len(da)):
                g[f"b{n}"][j] += da[j]
                for i in range(len(row)):
                    g[f"W{n}"][i, j] += h[n - 1][b, i] * da[j]
                    row[i] += da[j] * p[f"W{n}"][i, j]
        g["x"][b] = row
    return g


def backward_einsum(p, h, dh, phi):
    g = {}
    for n in range(len(h) - 1, 0, -1):
        da = np.einsum("bj,bj->bj", dh, activations.get(phi).slope(h[n]))
        g[f"W{n}"], g[f"b{n}"] = np.einsum("bi,bj->ij", h[n - 1], da), np.einsum("bj->j", da)
        dh = np.einsum("bj,ij->bi", da, p[f"W{n}"])
    return {**g, "x": dh}


def backward_from_preactivations(p, h, dh, phi):
    """Runs every layer again, and takes the slope there."""
    g, up = {}, dh
    for n in sorted(layers(p), reverse=True):
        up = up * slope_at(h[n - 1] @ p[f"W{n}"] + p[f"b{n}"], phi)
        g[f"b{n}"] = np.ones(len(up)) @ up
        g[f"W{n}"] = (up.T @ h[n - 1]).T
        up = (p[f"W{n}"] @ up.T).T
    g["x"] = up
    return g


def backward_in_place(p, h, dh, phi):
    dh, g = dh.copy(), {}
    for n in range(len(h) - 1, 0, -1):
        dh *= activations.get(phi).slope(h[n])
        g[f"W{n}"] = h[n - 1].T.dot(dh)
        g[f"b{n}"] = dh.sum(0)
        dh = dh.dot(p[f"W{n}"].T)
    g["x"] = dh
    return g


def backward_by_jacobians(p, h, dh, phi):
    """One product of Jacobians for every layer and instance."""
    L, B = len(h) - 1, len(dh)
    g = {name: np.zeros_like(value) for name, value in p.items()}
    x = []
    for b in range(B):
        J = [np.diag(activations.get(phi).slope(h[n][b])) @ p[f"W{n}"].T for n in range(1, L + 1)]
        for n in range(1, L + 1):
            row = dh[b]
            for m in range(L, n, -1):
                row = row @ J[m - 1]
            da = row * activations.get(phi).slope(h[n][b])
            g[f"W{n}"] += np.outer(h[n - 1][b], da)
            g[f"b{n}"] += da
        x.append(da_to_x(dh[b], J))
    return g | {"x": np.array(x)}


def da_to_x(row, J):
    product = np.eye(J[0].shape[1])
    for J_n in J:
        product = J_n @ product
    return row @ product


def backward_recursive(p, h, dh, phi):
    n = len(h) - 1
    if n == 0:
        return {"x": dh}
    da = dh * activations.get(phi).slope(h[n])
    below = backward_recursive(p, h[:-1], da @ p[f"W{n}"].T, phi)
    return {f"W{n}": h[n - 1].T @ da, f"b{n}": da.sum(axis=0), **below}


def backward_augmented(p, h, dh, phi):
    """Weights and bias as one matrix."""
    g = {}
    for n in range(len(h) - 1, 0, -1):
        da = dh * activations.get(phi).slope(h[n])
        both = np.hstack([h[n - 1], np.ones((len(da), 1))]).T @ da
        g[f"W{n}"], g[f"b{n}"] = both[:-1], both[-1]
        dh = np.matmul(da, np.transpose(p[f"W{n}"]))
    g["x"] = dh
    return g


def backward_by_complex_step(p, h, dh, phi):
    g, point = {}, {**p, "x": h[0]}
    for name, value in point.items():

        def loss(v, name=name):
            q = {**point, name: v}
            return (mlp.forward({n: q[n] for n in p}, q["x"], phi).h[-1] * dh).sum()

        g[name] = numgrad.complex_step(loss, value)
    return g


def backward_one_by_one(p, h, dh, phi):
    parts = [backward_einsum(p, [v[b : b + 1] for v in h], dh[b : b + 1], phi) for b in range(len(dh))]
    g = {name: sum(part[name] for part in parts) for name in p}
    g["x"] = np.concatenate([part["x"] for part in parts])
    return g


def backward_lists(p, h, dh, phi):
    return {name: value.tolist() for name, value in backward_recursive(p, h, dh, phi).items()}


def backward_single(p, h, dh, phi):
    return single(backward_in_place(single(p), [v.astype("f4") for v in h], dh.astype("f4"), phi))


def backward_tuple(p, h, dh, phi):
    g = backward_einsum(p, h, dh, phi)
    return tuple(g[name] for name in (*(f"{letter}{n}" for n in layers(p) for letter in "Wb"), "x"))


def norm(v):
    return float(np.sqrt((np.asarray(v) ** 2).sum()))


def gain_by_library(p, x, dh, phi):
    return norm(mlp.backward(p, mlp.forward(p, x, phi), dh)["x"]) / norm(dh)


# tied networks


def tied_by_library(p, x, h0, dh):
    run = rnn.forward(p, x[:, None], h0[None])
    outside = np.zeros_like(run.a)
    outside[-1, 0] = dh
    g = rnn.backward(p, run, outside)
    return {"h": run.h[:, 0], "W_x": g["W_x"], "W_h": g["W_h"], "b_h": g["b_h"], "h0": g["h0"][0]}


def tied_by_mlp(p, x, h0, dh):
    deep = {f"W{t}": p["W_h"] for t in range(1, len(x) + 1)}
    deep |= {f"b{t}": x_t @ p["W_x"] + p["b_h"] for t, x_t in enumerate(x, start=1)}
    run = mlp.forward(deep, h0[None])
    g = mlp.backward(deep, run, dh[None])
    W_x = np.zeros_like(p["W_x"])
    for t, x_t in enumerate(x, start=1):
        W_x += np.outer(x_t, g[f"b{t}"])
    return {
        "h0": g["x"].ravel(),
        "b_h": np.sum([g[f"b{t}"] for t in range(1, len(x) + 1)], axis=0),
        "W_h": np.sum([g[f"W{t}"] for t in range(1, len(x) + 1)], axis=0),
        "W_x": W_x,
        "h": np.vstack(run.h),
    }


def tied_by_sweep(p, x, h0, dh):
    h = [h0]
    for x_t in x:
        h.append(np.tanh(x_t @ p["W_x"] + h[-1] @ p["W_h"] + p["b_h"]))
    W_x, W_h, b = (np.zeros_like(p[name]) for name in ("W_x", "W_h", "b_h"))
    for t in range(len(x), 0, -1):
        da = dh * (1 - h[t] ** 2)
        W_x, W_h, b = W_x + x[t - 1][:, None] * da, W_h + h[t - 1][:, None] * da, b + da
        dh = p["W_h"] @ da
    return h, W_x, W_h, b, dh


def tied_by_complex_step(p, x, h0, dh):
    point = {**p, "h0": h0}

    def states(q):
        h = [q["h0"]]
        for x_t in x:
            h.append(np.tanh(x_t @ q["W_x"] + h[-1] @ q["W_h"] + q["b_h"]))
        return h

    g = {
        n: numgrad.complex_step(lambda v, n=n: (states({**point, n: v})[-1] * dh).sum(), point[n])
        for n in point
    }
    return {"h": states(point), **g}


def tied_stacked(p, x, h0, dh):
    """All biases at once, and the gradients of the copies in one array."""
    h, da, T = np.empty((len(x) + 1, len(h0))), np.empty((len(x), len(h0))), len(x)
    h[0], bias = h0, x @ p["W_x"] + p["b_h"]
    for t in range(T):
        h[t + 1] = np.tanh(h[t] @ p["W_h"] + bias[t])
    up = dh.copy()
    for t in range(T - 1, -1, -1):
        da[t] = up * (1 - h[t + 1] ** 2)
        up = da[t] @ p["W_h"].T
    copies = np.einsum("ti,tj->tij", h[:-1], da)
    return {"h": h, "W_h": copies.sum(0), "W_x": np.einsum("td,tj->dj", x, da), "b_h": da.sum(0), "h0": up}


def tied_recursive(p, x, h0, dh):
    """Forward on the way in, backward on the way out."""

    def step(t, h):
        if t == len(x):
            return [h], {name: np.zeros_like(p[name]) for name in ("W_x", "W_h", "b_h")}, dh
        after = np.tanh(x[t] @ p["W_x"] + h @ p["W_h"] + p["b_h"])
        later, g, up = step(t + 1, after)
        da = up * (1 - after) * (1 + after)
        g = {"W_x": g["W_x"] + np.outer(x[t], da), "W_h": g["W_h"] + np.outer(h, da), "b_h": g["b_h"] + da}
        return [h, *later], g, p["W_h"] @ da

    h, g, up = step(0, h0)
    return {"h": h, **g, "h0": up}


def tied_by_jacobians(p, x, h0, dh):
    """The row dh times one product of Jacobians for every layer."""
    h = [h0]
    for x_t in x:
        h.append(np.tanh(p["W_x"].T @ x_t + p["W_h"].T @ h[-1] + p["b_h"]))
    J = [np.diag(1 - after**2) @ p["W_h"].T for after in h[1:]]
    reach = [dh @ np.linalg.multi_dot([np.eye(len(dh)), *J[:k:-1], np.eye(len(dh))]) for k in range(len(x))]
    da = np.array([r * (1 - after**2) for r, after in zip(reach, h[1:])])
    return h, x.T @ da, np.array(h[:-1]).T @ da, da.sum(axis=0), reach[0] @ J[0]


# initialisers


def gram_schmidt(z):
    basis = []
    for v in z.T:
        for q in basis:
            v = v - (q @ v) * q
        basis.append(v / norm(v))
    return np.array(basis).T


def nearest(z):
    U, _, Vt = np.linalg.svd(z, full_matrices=False)
    return U @ Vt


def signed_qr(z):
    Q, R = np.linalg.qr(z)
    return Q * np.sign(np.diag(R))


def either_way(basis, z):
    return basis(z) if z.shape[0] >= z.shape[1] else basis(z.T).T


def start_with(basis):
    def initialisers(z, gain):
        n_in, n_out = z.shape
        return {
            "he": gain * z * 2**0.5 / n_in**0.5,
            "xavier": gain * z / ((n_in + n_out) / 2) ** 0.5,
            "orthogonal": gain * either_way(basis, z),
            "identity": np.diag(gain * np.ones(max(z.shape)))[:n_in, :n_out],
        }

    return initialisers


def start_whitened(z, gain):
    """Orthonormal by the inverse root of the Gram matrix."""
    values, vectors = np.linalg.eigh(z.T @ z if len(z) >= z.shape[1] else z @ z.T)
    root = vectors / np.sqrt(values) @ vectors.T
    Q = z @ root if len(z) >= z.shape[1] else root @ z
    eye = np.zeros_like(z)
    np.fill_diagonal(eye, gain)
    return z * np.sqrt(2 * gain**2 / len(z)), z * np.sqrt(2 * gain**2 / sum(z.shape)), Q * gain, eye


# penalties


def penalties_vectorised(W_h, lam, h, dh_total):
    back = (dh_total * (1 - h[1:] ** 2)) @ W_h.T
    ratio = np.linalg.norm(back, axis=1) / np.linalg.norm(dh_total, axis=1)
    return {"l2": lam * W_h, "omega": ((ratio - 1) ** 2).sum()}


def penalties_of_entries(W_h, lam, h, dh_total):
    H, omega = len(W_h), 0.0
    for t in range(len(dh_total)):
        da = [dh_total[t, i] * (1 - h[t + 1, i]) * (1 + h[t + 1, i]) for i in range(H)]
        back = [sum(W_h[j, i] * da[i] for i in range(H)) for j in range(H)]
        omega += (norm(back) / norm(dh_total[t]) - 1) ** 2
    return {"omega": omega, "l2": [[lam * w for w in row] for row in W_h]}


def penalties_by_complex_step(W_h, lam, h, dh_total):
    l2 = numgrad.complex_step(lambda W: lam / 2 * (W * W).sum(), W_h)
    return l2, penalties_vectorised(W_h, lam, h, dh_total)["omega"]


def penalties_by_jacobians(W_h, lam, h, dh_total):
    J = (1 - h[1:] ** 2)[:, :, None] * W_h.T
    unit = dh_total / np.sqrt((dh_total**2).sum(1, keepdims=True))
    lengths = np.sqrt(np.sum(np.einsum("ti,tij->tj", unit, J) ** 2, axis=1))
    return np.multiply(W_h, lam), np.array(np.sum((1 - lengths) ** 2))


def penalties_single(W_h, lam, h, dh_total):
    return single(penalties_vectorised(*(np.asarray(v, "f4") for v in (W_h, lam, h, dh_total))))


# clipping


def clip_one_vector(grads, c):
    flat = np.concatenate([g.ravel() for g in grads.values()])
    flat = flat * min(1.0, c / np.linalg.norm(flat))
    made, at = {}, 0
    for name, g in grads.items():
        made[name] = flat[at : at + g.size].reshape(g.shape)
        at += g.size
    return made


def clip_if_longer(grads, c):
    square = 0.0
    for g in grads.values():
        for value in g.ravel():
            square += value * value
    if square <= c * c:
        return dict(grads)
    return {name: g * c / square**0.5 for name, g in grads.items()}


def clip_in_place(grads, c):
    grads = {name: g.copy() for name, g in grads.items()}
    length = np.sqrt(sum(np.vdot(g, g) for g in grads.values()))
    if length > c:
        for g in grads.values():
            g *= c / length
    return grads


def clip_like_torch(grads, c):
    length = np.linalg.norm([np.linalg.norm(g) for g in grads.values()])
    return {name: g * min(1.0, c / (length + 1e-6)) for name, g in grads.items()}


def limit_with_where(grads, c):
    return {name: np.where(g > c, c, np.where(g < -c, -c, g)) for name, g in grads.items()}


def limit_in_place(grads, c):
    grads = {name: g.copy() for name, g in grads.items()}
    for g in grads.values():
        g[g > c] = c
        g[g < -c] = -c
    return grads


def limit_of_entries(grads, c):
    return {n: np.reshape([max(-c, min(c, float(v))) for v in g.ravel()], g.shape) for n, g in grads.items()}


STYLES = {
    "08.mlp_forward": [
        forward_of_entries,
        forward_einsum,
        forward_augmented,
        forward_columns,
        forward_recursive,
        lambda p, x, phi: mlp.forward(p, x, phi).h,
        lambda p, x, phi: [v.astype("f4") for v in forward_recursive(p, x, phi)],
    ],
    "08.mlp_backward": [
        backward_of_entries,
        backward_einsum,
        backward_from_preactivations,
        backward_in_place,
        backward_by_jacobians,
        backward_recursive,
        backward_augmented,
        backward_by_complex_step,
        backward_one_by_one,
        backward_lists,
        backward_single,
        backward_tuple,
        lambda p, h, dh, phi: mlp.backward(p, mlp.forward(p, h[0], phi), dh),
        lambda p, h, dh, phi: (
            mlp.backward(p, mlp.Run([None] * (len(h) - 1), list(h), phi), dh) | {"loss": 1.0}
        ),
    ],
    "08.gain": [
        gain_by_library,
        lambda p, x, dh, phi: np.array(gain_by_library(p, x, dh, phi)),
        lambda p, x, dh, phi: {"gain": gain_by_library(p, x, dh, phi)},
        lambda p, x, dh, phi: norm(
            backward_recursive(p, forward_recursive(p, x, phi), dh / norm(dh), phi)["x"]
        ),
        lambda p, x, dh, phi: np.float32(
            np.linalg.norm(backward_einsum(p, forward_einsum(p, x, phi), dh, phi)["x"].ravel()) / norm(dh)
        ),
    ],
    "08.rnn_as_mlp": [
        tied_by_library,
        tied_by_mlp,
        tied_by_sweep,
        tied_by_complex_step,
        tied_stacked,
        tied_recursive,
        tied_by_jacobians,
        lambda p, x, h0, dh: single(tied_stacked(p, x, h0, dh)),
        lambda p, x, h0, dh: tuple(np.array(v).tolist() for v in tied_by_sweep(p, x, h0, dh)),
        lambda p, x, h0, dh: tied_by_sweep(single(p), x.astype("f4"), h0.astype("f4"), dh.astype("f4")),
    ],
    "08.initialisers": [
        start_with(gram_schmidt),
        start_with(nearest),
        start_with(signed_qr),
        start_with(lambda z: np.linalg.qr(z)[0]),
        start_with(lambda z: -signed_qr(z[:, ::-1])),
        start_whitened,
        lambda z, gain: single(start_whitened_dict(z, gain)),
    ],
    "08.penalties": [
        penalties_vectorised,
        penalties_of_entries,
        penalties_by_complex_step,
        penalties_by_jacobians,
        penalties_single,
    ],
    "08.clip_by_global_norm": [
        clip_one_vector,
        clip_if_longer,
        clip_in_place,
        clip_like_torch,
        training.clip_by_global_norm,
        lambda grads, c: tuple(single(clip_one_vector(grads, c)).values()),
    ],
    "08.clip_by_value": [
        limit_with_where,
        limit_in_place,
        limit_of_entries,
        training.clip_by_value,
        lambda grads, c: {name: np.median([g, g * 0 + c, g * 0 - c], axis=0) for name, g in grads.items()},
        lambda grads, c: tuple(single(limit_with_where(grads, c)).values()),
    ],
}


def start_whitened_dict(z, gain):
    return dict(zip(("he", "xavier", "orthogonal", "identity"), start_whitened(z, gain)))


def rotation(angle):
    return [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]


# (answers that hold, answers that do not)
VALUES = {
    "08.refute_relu": (
        [
            ([[-1, 0], [0, -1]], [0.1, 0.2]),
            (np.eye(3), [-0.1, -0.05, -0.1]),
            (rotation(2.0), [0.1, 0.05]),
            ([[0, -1], [-1, 0]], np.array([0.02, 0.1])),
        ],
        [
            (np.eye(2), [0.1, 0.2]),
            ([[-1, 0], [0, -1]], [0.0, 0.0]),
            ([[-1, 0], [0, -1]], [3.0, 3.0]),
            ([[-0.9, 0], [0, -0.9]], [0.1, 0.2]),
            ([[-1, 0], [0, -1]], [0.1, 0.2, 0.3]),
            ([[-1]], [0.1]),
            ([[1, 0], [0, -1]], [0.1, 0.2]),
            ([[-1, 0, 0], [0, -1, 0]], [0.1, 0.2]),
            ([[-1, 0], [0, np.nan]], [0.1, 0.2]),
            ([[-1, 0], [0, -1]],),
            "no",
        ],
    ),
    "08.refute_clipping": (
        [
            ([1000, 1, 1, 1, 1, 1], 1.0),
            ([-1e6, 3, -3, 3, 3], 3),
            (np.r_[500.0, np.full(20, -0.1)], 0.1),
        ],
        [
            ([10, 0.1, 0.1], 1.0),
            ([1000, 1, 1, 1], 1.0),
            ([5, 5, 5, 5, 5, 5], 1.0),
            ([0.1, 0.2], 1.0),
            ([0, 0, 0, 0, 0], 1.0),
            ([1000, 1, 1, 1, 1, 1], 0.0),
            ([1000, 1, 1, 1, 1, 1], -1.0),
            ([np.inf, 1, 1, 1, 1, 1], 1.0),
            ([1e200, 1, 1, 1, 1, 1], 1.0),
            ([], 1.0),
            ([[1000, 1, 1], [1, 1, 1]], 1.0),
            ([1000, 1, 1, 1, 1, 1],),
            ([1000, 1, 1, 1, 1, 1], 1.0, 2.0),
            7,
        ],
    ),
}
