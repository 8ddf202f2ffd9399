"""Lesson 04: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from autograder.exercises import lesson04
from rnnlib import numgrad, paths, rnn


def adjoints_by_matrix(J, dh):
    """One linear system for all adjoints: the total is the outside part times (I - N)^-1."""
    T, H = dh.shape
    N = np.zeros(((T + 1) * H, (T + 1) * H))
    for t in range(1, T + 1):
        N[t * H : (t + 1) * H, (t - 1) * H : t * H] = J[t - 1]
    outside = np.concatenate([np.zeros(H), dh.ravel()])
    return np.linalg.solve(np.eye(len(N)) - N.T, outside).reshape(T + 1, H)


def adjoints_by_list(J, dh):
    total = [dh[-1]]
    for J_t, own in zip(J[:0:-1], dh[-2::-1]):
        total.insert(0, own + total[0] @ J_t)
    return [total[0] @ J[0], *total]


def adjoints_by_einsum(J, dh):
    total = np.zeros((len(dh) + 1, dh.shape[1]))
    total[1:] = dh
    for t in reversed(range(len(J))):
        total[t] = total[t] + np.einsum("i,ij->j", total[t + 1], J[t])
    return total


def adjoints_recursive(J, dh, own=None):
    own = np.zeros_like(dh[0]) if own is None else own
    if len(dh) == 0:
        return own[None]
    rest = adjoints_recursive(J[1:], dh[1:], dh[0])
    return np.concatenate([(own + rest[0] @ J[0])[None], rest])


def adjoints_in_columns(J, dh):
    """Column vectors, so that every Jacobian is transposed."""
    total = [np.zeros((dh.shape[1], 1))]
    for J_t, own in zip(J[::-1], dh[::-1]):
        total.append(J_t.T @ (total[-1] + own[:, None]))
    return np.hstack(total)[:, ::-1].T + np.vstack([np.zeros_like(dh[:1]), dh])


def adjoints_loss_by_loss(J, dh):
    """Every loss alone on its way to the beginning."""
    total = np.zeros((len(dh) + 1, dh.shape[1]))
    for t in range(1, len(dh) + 1):
        reach = dh[t - 1]
        for k in range(t, -1, -1):
            total[k] += reach
            reach = reach @ J[k - 1] if k else reach
    return total


def forward_rows(params, x, h0):
    a, h = [], [list(h0)]
    for x_t in x.tolist():
        a.append(
            [
                sum(x_t[d] * params["W_x"][d, n] for d in range(len(x_t)))
                + sum(h[-1][m] * params["W_h"][m, n] for m in range(len(h0)))
                + params["b_h"][n]
                for n in range(len(h0))
            ]
        )
        h.append([max(v, 0.0) for v in a[-1]])
    return {"a": a, "h": h}


def forward_all_inputs_first(params, x, h0):
    a, h = x @ params["W_x"] + params["b_h"], [h0]
    for a_t in a:
        a_t += h[-1] @ params["W_h"]
        h.append(a_t * (a_t > 0))
    return a, np.stack(h)


def forward_stacked(params, x, h0):
    W = np.vstack([params["W_x"], params["W_h"], params["b_h"]])
    a, h = [], [h0]
    for x_t in x:
        a.append(np.concatenate([x_t, h[-1], [1.0]]) @ W)
        h.append(np.where(a[-1] > 0, a[-1], 0))
    return np.array(a), np.array(h)


def forward_columns(params, x, h0):
    a, h = np.empty((len(x), len(h0))), np.empty((len(x) + 1, len(h0)))
    h[0] = h0
    for t in range(len(x)):
        a[t] = np.dot(params["W_h"].T, h[t]) + np.dot(params["W_x"].T, x[t]) + params["b_h"]
        h[t + 1] = a[t].clip(min=0)
    return {"h": h, "a": a, "note": "an extra key"}


def single(function):
    """The same in float32 throughout."""

    def cast(value):
        if isinstance(value, dict):
            return {name: cast(v) for name, v in value.items()}
        if isinstance(value, tuple):
            return tuple(cast(v) for v in value)
        return np.asarray(value).astype(np.float32)

    return lambda *arguments: cast(function(*map(cast, arguments)))


def backward_stacked(params, x, h, dh):
    """All pre-activation adjoints first, then one matrix product for each parameter."""
    mask = (h[1:] > 0).astype(float)
    da, carried = np.zeros_like(dh), 0.0
    for t in range(len(x))[::-1]:
        da[t] = (dh[t] + carried) * mask[t]
        carried = params["W_h"] @ da[t]
    return {
        "W_x": x.T @ da,
        "W_h": h[:-1].T @ da,
        "b_h": da.sum(axis=0),
        "x": da @ params["W_x"].T,
        "h0": carried,
    }


def backward_einsum(params, x, h, dh):
    grads = backward_stacked(params, x, h, dh)
    da = np.linalg.lstsq(params["W_h"], np.zeros(len(dh[0])), rcond=None)[0] * 0 + np.zeros_like(dh)
    total = dh.copy()
    for t in reversed(range(len(dh))):
        da[t] = np.where(h[t + 1] > 0, total[t], 0)
        if t:
            total[t - 1] += np.einsum("n,mn->m", da[t], params["W_h"])
    return {
        **grads,
        "W_x": np.einsum("td,tn->dn", x, da),
        "W_h": np.einsum("tm,tn->mn", h[:-1], da),
        "x": np.einsum("tn,dn->td", da, params["W_x"]),
    }


def backward_in_place(params, x, h, dh):
    """Writes the totals into a copy of dh."""
    dh = np.array(dh)
    dW_x, dW_h, db_h = np.zeros_like(params["W_x"]), np.zeros_like(params["W_h"]), np.zeros(h.shape[1])
    dx = np.empty_like(x)
    for t in range(len(x) - 1, -1, -1):
        dh[t][h[t + 1] <= 0] = 0
        dW_x += x[t][:, None] * dh[t]
        dW_h += h[t][:, None] * dh[t]
        db_h += dh[t]
        np.matmul(params["W_x"], dh[t], out=dx[t])
        back = params["W_h"] @ dh[t]
        if t > 0:
            dh[t - 1] += back
    return dW_x, dW_h, db_h, dx, back


def backward_by_adjoints(params, x, h, dh):
    """Through the general recursion with full Jacobians."""
    mask = h[1:] > 0
    total = adjoints_by_einsum(mask[:, :, None] * params["W_h"].T, dh)
    da = total[1:] * mask
    return {
        "h0": total[0],
        "x": da @ params["W_x"].T,
        "b_h": da.sum(0),
        "W_h": sum(np.outer(*pair) for pair in zip(h, da)),
        "W_x": sum(np.outer(*pair) for pair in zip(x, da)),
    }


def backward_by_diag(params, x, h, dh):
    grads = {name: 0.0 for name in ("W_x", "W_h", "b_h")}
    dx, future = [], np.zeros((1, h.shape[1]))
    for x_t, h_prev, h_t, own in list(zip(x, h, h[1:], dh))[::-1]:
        da = (own[None] + future) @ np.diag(np.sign(h_t))
        grads["W_x"] = grads["W_x"] + x_t[:, None] @ da
        grads["W_h"] = grads["W_h"] + h_prev[:, None] @ da
        grads["b_h"] = grads["b_h"] + da[0]
        dx.append((da @ params["W_x"].T)[0])
        future = da @ params["W_h"].T
    return {**grads, "x": dx[::-1], "h0": future[0]}


def backward_by_complex_step(params, x, h, dh):
    inputs = {**params, "x": x, "h0": h[0]}

    def loss(name, value):
        p = {**inputs, name: value}
        weights = {n: p[n] for n in params}
        run = rnn.forward(weights, p["x"][:, None], p["h0"][None], phi="relu")
        return np.sum(run.h[1:, 0] * dh)

    return {n: numgrad.complex_step(lambda v, n=n: loss(n, v), inputs[n]) for n in inputs}


def backward_by_library(params, x, h, dh):
    run = rnn.Run(x[:, None], h[1:][:, None], h[:, None], "relu")
    grads = rnn.backward(params, run, dh[:, None])
    return grads["W_x"], grads["W_h"], grads["b_h"], grads["x"][:, 0], grads["h0"][0]


def backward_by_paths(params, x, h, dh):
    run = rnn.Run(x[:, None], h[1:][:, None], h[:, None], "relu")
    shared = {name: 0.0 for name in ("W_x", "W_h")}
    for t in range(1, len(x) + 1):
        for name, parts in paths.path_terms(params, run, dh[:, None], t).items():
            shared[name] = shared[name] + parts.sum(axis=0)
    return {**backward_stacked(params, x, h, dh), **shared}


def backward_recursive(params, x, h, dh):
    if not len(x):
        return {n: np.zeros_like(v) for n, v in params.items()} | {"x": x * 0, "h0": np.zeros(h.shape[1])}
    da = dh[-1] * (h[-1] > 0)
    carry, earlier = params["W_h"] @ da, dh[:-1].copy()
    earlier[-1:] += carry
    g = backward_recursive(params, x[:-1], h[:-1], earlier)
    return {
        "W_x": g["W_x"] + np.outer(x[-1], da),
        "W_h": g["W_h"] + np.outer(h[-2], da),
        "b_h": g["b_h"] + da,
        "x": np.vstack([g["x"], params["W_x"] @ da]),
        "h0": g["h0"] if len(earlier) else carry,
    }


def copies_stacked(W_copies, h, dh):
    da = np.zeros_like(dh)
    future = np.zeros_like(dh[0])
    for t in reversed(range(len(dh))):
        da[t] = np.where(h[t + 1] > 0, dh[t] + future, 0.0)
        future = W_copies[t] @ da[t]
    return h[:-1, :, None] * da[:, None, :]


def copies_by_complex_step(W_copies, h, dh):
    """The part that does not pass a copy is read off the states where a unit is active."""
    from_input = h[1:] - np.einsum("tm,tmn->tn", h[:-1], W_copies)

    def loss(copies):
        state, total = h[0], 0.0
        for copy, feed, active, own in zip(copies, from_input, h[1:] > 0, dh):
            state = (state @ copy + feed) * active
            total = total + np.sum(state * own)
        return total

    return numgrad.complex_step(loss, W_copies)


def copies_as_list(W_copies, h, dh):
    found, future = [], 0.0
    for copy, before, after, own in zip(W_copies[::-1], h[-2::-1], h[:0:-1], dh[::-1]):
        da = (own + future) * np.sign(after)
        found.append(before[:, None] * da)
        future = (copy * da).sum(axis=1)
    return found[::-1]


def copies_by_paths(W_copies, h, dh):
    J = (h[1:, :, None] > 0) * W_copies.transpose(0, 2, 1)
    da = adjoints_by_matrix(J, dh)[1:] * (h[1:] > 0)
    return {"W_copies": np.einsum("ti,tj->tij", h[:-1], da)}


def copies_in_place(W_copies, h, dh):
    grads, dh = np.empty_like(W_copies), dh.copy()
    for t in range(len(dh) - 1, -1, -1):
        dh[t] *= h[t + 1] > 0
        np.outer(h[t], dh[t], out=grads[t])
        if t:
            dh[t - 1] += W_copies[t] @ dh[t]
    return grads


def copies_one_by_one(W_copies, h, dh):
    """For each copy its own walk forward: every later loss, by the product of Jacobians."""
    T, H = dh.shape
    grads = np.zeros((T, H, H))
    for k in range(T):
        reach = np.eye(H)
        for t in range(k, T):
            if t > k:
                reach = reach @ W_copies[t]
            reach = reach * (h[t + 1] > 0)
            grads[k] += np.outer(h[k], reach @ dh[t])
    return grads


def copies_recursive(W_copies, h, dh, carry=0.0):
    if not len(dh):
        return np.zeros((0, *W_copies.shape[1:]))
    da = (dh[-1] + carry) * (h[-1] > 0)
    earlier = copies_recursive(W_copies[:-1], h[:-1], dh[:-1], W_copies[-1] @ da)
    return np.concatenate([earlier, np.outer(h[-2], da)[None]])


def copies_of_entries(W_copies, h, dh):
    """Every unit in a loop of its own."""
    (T, H), total = dh.shape, np.vstack([np.zeros_like(dh[:1]), dh])
    grads = np.zeros_like(W_copies)
    for t in range(T, 0, -1):
        for n in range(H):
            if h[t, n] > 0:
                for m in range(H):
                    grads[t - 1, m, n] = h[t - 1, m] * total[t, n]
                    total[t - 1, m] += W_copies[t - 1, m, n] * total[t, n]
    return grads


def zeros_by_loops(mask):
    T, H = mask.shape
    zero = [[not any(mask[t - 1, m] and mask[t, n] for t in range(1, T)) for n in range(H)] for m in range(H)]
    return {"dead": [not mask[:, n].any() for n in range(H)], "W_h": zero}


def zeros_by_einsum(mask):
    m = mask.astype(int)
    return mask.sum(axis=0) == 0, np.einsum("tm,tn->mn", m[:-1], m[1:]) == 0


def zeros_by_gradient(mask):
    """Positive numbers in place of everything else: a sum of them is zero only if it is empty."""
    h = np.concatenate([np.zeros((1, mask.shape[1])), mask * 1.7])
    da = mask * 0.3
    return {"W_h": ~(h[:-1].T @ da > 0), "dead": ~(da.sum(axis=0) > 0)}


def columns_anew(P, x, h, ybar):
    return lesson04._column_reference(P, x, h, ybar)


def columns_stacked(P, x, h, ybar):
    hbar = ybar @ P["W_yh"]
    abar = np.zeros((len(x), h.shape[1]))
    for t in range(len(x), 0, -1):
        abar[t - 1] = hbar[t] * (h[t] > 0)
        hbar[t - 1] += P["W_hh"].T @ abar[t - 1]
    return (
        abar.T @ h[:-1],
        abar.T @ x,
        abar.sum(axis=0),
        ybar.T @ h,
        abar @ P["W_hx"],
        hbar[0],
    )


def columns_by_einsum(P, x, h, ybar):
    grads = dict(zip(("W_hh", "W_hx", "b_h", "W_yh", "x", "h0"), columns_stacked(P, x, h, ybar)))
    return {**grads, "W_yh": np.einsum("tk,th->kh", ybar, h)}


def columns_by_rows(P, x, h, ybar):
    outside = np.einsum("tk,kh->th", ybar, P["W_yh"])
    rows = {"W_x": np.transpose(P["W_hx"]), "W_h": np.transpose(P["W_hh"]), "b_h": P["b_h"]}
    g = backward_by_adjoints(rows, x, h, outside[1:])
    turned = {"W_hh": np.transpose(g["W_h"]), "W_hx": np.transpose(g["W_x"])}
    W_yh = sum(np.outer(y, state) for y, state in zip(ybar, h))
    return {**turned, "b_h": g["b_h"], "W_yh": W_yh, "x": g["x"], "h0": outside[0] + g["h0"], "more": 1}


def columns_by_complex_step(P, x, h, ybar):
    inputs = {**P, "x": x, "h0": h[0]}

    def loss(name, value):
        p = {**inputs, name: value}
        state, total = p["h0"], np.sum((p["W_yh"] @ p["h0"]) * ybar[0])
        for x_t, y in zip(p["x"], ybar[1:]):
            a = p["W_hh"] @ state + p["W_hx"] @ x_t + p["b_h"]
            state = np.where(a.real > 0, a, 0)
            total = total + np.sum((p["W_yh"] @ state) * y)
        return total

    return {n: numgrad.complex_step(lambda v, n=n: loss(n, v), inputs[n]) for n in inputs}


def columns_of_entries(P, x, h, ybar):
    """Every unit in a loop of its own, with column vectors."""
    g = {name: np.zeros_like(value) for name, value in P.items()}
    dx, hbar = np.zeros_like(x), np.array([P["W_yh"].T @ y for y in ybar])
    for t in range(len(x), -1, -1):
        g["W_yh"] += np.outer(ybar[t], h[t])
        for n in np.flatnonzero(h[t] > 0) if t else ():
            g["b_h"][n] += hbar[t, n]
            g["W_hh"][n] += hbar[t, n] * h[t - 1]
            g["W_hx"][n] += hbar[t, n] * x[t - 1]
            dx[t - 1] += hbar[t, n] * P["W_hx"][n]
            hbar[t - 1] += hbar[t, n] * P["W_hh"][n]
    return {**g, "x": dx, "h0": hbar[0]}


def columns_by_diag(P, x, h, ybar):
    """Full diagonal matrices for the masks."""
    hbar, abar = P["W_yh"].T @ ybar[-1][:, None], []
    for h_t, y in zip(h[:0:-1], ybar[-2::-1]):
        abar.insert(0, np.diag(h_t > 0) @ hbar)
        hbar = P["W_hh"].T @ abar[0] + P["W_yh"].T @ y[:, None]
    A = np.hstack(abar)
    return A @ h[:-1], A @ x, A.sum(axis=1), ybar.T @ h, (P["W_hx"].T @ A).T, hbar[:, 0]


STYLES = {
    "04.total_adjoints": [
        adjoints_by_matrix,
        adjoints_by_list,
        adjoints_by_einsum,
        adjoints_recursive,
        adjoints_in_columns,
        adjoints_loss_by_loss,
        single(adjoints_by_einsum),
        lambda J, dh: {"dh_total": adjoints_by_einsum(J, dh)},
        lambda J, dh: [[float(v) for v in row] for row in adjoints_by_list(J, dh)],
        lambda J, dh: lesson04._adjoints_by_paths(J, dh),
    ],
    "04.relu_forward": [
        forward_rows,
        forward_all_inputs_first,
        forward_stacked,
        forward_columns,
        single(forward_stacked),
    ],
    "04.relu_backward": [
        backward_stacked,
        backward_einsum,
        backward_in_place,
        backward_by_adjoints,
        backward_by_diag,
        backward_by_complex_step,
        backward_by_library,
        backward_by_paths,
        backward_recursive,
        single(backward_stacked),
    ],
    "04.copies_backward": [
        copies_stacked,
        copies_by_complex_step,
        copies_as_list,
        copies_by_paths,
        copies_in_place,
        copies_one_by_one,
        copies_recursive,
        copies_of_entries,
        single(copies_stacked),
        lambda W, h, dh: copies_stacked(W, h, dh).tolist(),
    ],
    "04.certain_zeros": [
        zeros_by_loops,
        zeros_by_einsum,
        zeros_by_gradient,
        lambda mask: {name: np.array(zero, float) for name, zero in zeros_by_loops(mask).items()},
        lambda mask: (
            np.logical_not(np.logical_or.reduce(mask)),
            np.logical_not((mask[:-1, :, None] & mask[1:, None, :]).any(axis=0)),
        ),
    ],
    "04.column_backward": [
        columns_anew,
        columns_stacked,
        columns_by_einsum,
        columns_by_rows,
        columns_by_complex_step,
        columns_of_entries,
        columns_by_diag,
        single(columns_by_rows),
        lambda *arguments: [np.array(g).tolist() for g in columns_stacked(*arguments)],
        lambda P, x, h, ybar: dict(reversed(columns_by_rows(P, x, h, ybar).items())),
    ],
}

only_first, only_last = np.zeros((6, 5)), np.zeros((6, 5))
only_first[0] = [0.5, -2.0, 0.0, 1.0, 3.0]
only_last[-1] = 1.0

# (answers that hold, answers that do not)
VALUES = {
    "04.refute_limits": (
        [only_first, only_first.tolist(), -7 * only_first],
        [only_last, only_first * 0, np.ones((6, 5)), only_first[:-1], only_first.T, 1.0, only_first * np.nan],
    ),
    "04.refute_kink": (
        [(-1e-6, 1e-5), (1e-9, 1e-3), [-1e-300, 1e-10], (1e-7, 1e-6)],
        [(0.0, 1e-5), (1.0, 1e-5), (9e-6, 1e-5), (1e-3, 1e-2), (1e-6, 0), 3, (np.nan, 1e-5), (1e-6, -1e-5)],
    ),
    "04.refute_upstream": (
        [-only_first * 0 - np.eye(6, 5) * 1.0, -np.ones((6, 5))],
        [np.ones((6, 5)), np.zeros((6, 5)), np.ones((5, 6)), 5, np.full((6, 5), -np.inf)],
    ),
}
