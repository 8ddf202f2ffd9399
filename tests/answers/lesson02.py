"""Lesson 02: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from rnnlib import losses, numgrad, readout


def softmax_by_loops(o):
    rows = []
    for row in o.reshape(-1, o.shape[-1]):
        e = [np.exp(v - max(row)) for v in row]
        rows.append([v / sum(e) for v in e])
    return np.reshape(rows, o.shape)


def softmax_in_place(o):
    e = o.copy()
    e -= e.max(axis=-1, keepdims=True)
    np.exp(e, out=e)
    e /= e.sum(axis=-1, keepdims=True)
    return e


def softmax_through_logs(o):
    top = o.max(axis=-1)[..., None]
    return np.exp(o - top - np.log(np.einsum("tbk->tb", np.exp(o - top)))[..., None])


def jacobian_by_loops(yhat):
    K = len(yhat)
    return [[(i == j) * yhat[i] - yhat[i] * yhat[j] for j in range(K)] for i in range(K)]


def cross_entropy_by_loops(o, y):
    total, do = 0.0, np.zeros_like(o)
    for t, b in np.ndindex(o.shape[:2]):
        z = o[t, b] - o[t, b].max()
        log_yhat = z - np.log(np.exp(z).sum())
        total -= np.dot(y[t, b], log_yhat)
        for k in range(len(z)):
            do[t, b, k] = y[t, b].sum() * np.exp(log_yhat[k]) - y[t, b, k]
    return {"loss": total, "do": do}


def cross_entropy_by_logaddexp(o, y):
    log_yhat = o - np.logaddexp.reduce(o, axis=-1, keepdims=True)
    return -np.einsum("tbk,tbk", y, log_yhat), np.einsum("tbk,tbj->tbj", y, np.exp(log_yhat)) - y


def cross_entropy_by_jacobian(o, y):
    log_yhat = o - np.logaddexp.reduce(o, axis=-1, keepdims=True)
    yhat = np.exp(log_yhat)
    # the row -y/yhat times the Jacobian, with the quotient cancelled on paper
    do = -np.einsum("tbi,tbij->tbj", y, np.eye(o.shape[-1]) - yhat[:, :, None, :])
    return {"do": do, "loss": -(y * log_yhat).sum()}


def single(function):
    """The function at single precision."""

    def answer(*arguments):
        return function(*(np.asarray(a, "f4") if isinstance(a, np.ndarray) else a for a in arguments))

    return answer


def sigmoid_by_loops(o, y):
    loss, do = 0.0, []
    for v, target in zip(o.ravel(), y.ravel()):
        small = np.exp(-abs(v))
        yhat = 1 / (1 + small) if v >= 0 else small / (1 + small)
        loss += max(v, 0.0) - target * v + np.log(1 + small)
        do.append(yhat - target)
    return loss, np.reshape(do, o.shape)


def sigmoid_by_where(o, y):
    small = np.exp(-np.abs(o))
    yhat = np.where(o > 0, 1, small) / (1 + small)
    return {"do": yhat - y, "loss": np.sum(np.log1p(small) + np.where(o > 0, (1 - y) * o, -y * o))}


def squared_by_loops(o, y, phi):
    loss, do = 0.0, np.empty_like(o)
    for index in np.ndindex(o.shape):
        yhat = np.tanh(o[index]) if phi == "tanh" else o[index]
        loss += (yhat - y[index]) ** 2 / 2
        do[index] = (yhat - y[index]) * (1 / np.cosh(o[index]) ** 2 if phi == "tanh" else 1)
    return loss, do


def squared_in_place(o, y, phi):
    work = o.copy()
    if phi == "tanh":
        np.tanh(work, out=work)
    slope = 1 - work * work if phi == "tanh" else np.ones_like(o)
    work -= y
    return {"loss": np.vdot(work, work) / 2, "do": work * slope, "note": "an extra key"}


def squared_by_complex_step(o, y, phi):
    def loss(o):
        return (((np.tanh(o) if phi == "tanh" else o) - y) ** 2).sum() / 2

    return float(loss(o)), numgrad.complex_step(loss, o)


def readout_by_loops(params, h, do):
    T, B, K = do.shape
    W_y, b_y, dh = np.zeros_like(params["W_y"]), np.zeros(K), np.zeros_like(h[1:])
    for t in range(T):
        for b in range(B):
            W_y += np.outer(h[t + 1, b], do[t, b])
            b_y += do[t, b]
            dh[t, b] = params["W_y"] @ do[t, b]
    return {"W_y": W_y, "b_y": b_y, "h": dh}


def readout_by_elements(params, h, do):
    T, B, K = do.shape
    H, W = h.shape[2], params["W_y"]
    steps = [(t, b) for t in range(T) for b in range(B)]
    return {
        "W_y": [[sum(h[t + 1][b][m] * do[t][b][n] for t, b in steps) for n in range(K)] for m in range(H)],
        "b_y": [sum(do[t][b][n] for t, b in steps) for n in range(K)],
        "h": [[[np.dot(W[m], do[t, b]) for m in range(H)] for b in range(B)] for t in range(T)],
    }


def readout_backward_in_time(params, h, do):
    grads = {"W_y": 0.0, "b_y": 0.0, "h": []}
    for t in reversed(range(len(do))):
        grads["W_y"] = grads["W_y"] + h[t + 1].T @ do[t]
        grads["b_y"] = grads["b_y"] + do[t].sum(0)
        grads["h"].insert(0, do[t] @ params["W_y"].T)
    return grads


def readout_stacked(params, h, do):
    """The bias as one more row of W_y, for a unit that is always 1; steps and batch as one axis."""
    rows = do.reshape(-1, do.shape[-1])
    states = h[1:].reshape(len(rows), -1)
    both = np.hstack([states, np.ones((len(rows), 1))]).T @ rows
    return both[:-1], both[-1], (rows @ params["W_y"].T).reshape(h[1:].shape)


def readout_in_place(params, h, do):
    """Writes into copies of its own."""
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    grads["h"] = h[1:].copy()
    for t, do_t in enumerate(do):
        grads["W_y"] += grads["h"][t].T.dot(do_t)
        np.add(grads["b_y"], do_t.sum(axis=0), out=grads["b_y"])
        np.matmul(do_t, params["W_y"].T, out=grads["h"][t])
    return grads


def readout_by_complex_step(params, h, do):
    def loss(W_y, b_y, states):
        return ((states @ W_y + b_y) * do).sum()

    W_y, b_y, states = params["W_y"], params["b_y"], h[1:]
    return {
        "W_y": numgrad.complex_step(lambda v: loss(v, b_y, states), W_y),
        "b_y": numgrad.complex_step(lambda v: loss(W_y, v, states), b_y),
        "h": numgrad.complex_step(lambda v: loss(W_y, b_y, v), states),
    }


def readout_single(params, h, do):
    single_params = {name: value.astype("f4") for name, value in params.items()}
    return readout.backward(single_params, h[1:].astype("f4"), do.astype("f4"))


STYLES = {
    "02.softmax": [
        losses.softmax,
        softmax_by_loops,
        softmax_in_place,
        softmax_through_logs,
        single(losses.softmax),
        lambda o: {"yhat": np.exp(o - np.logaddexp.reduce(o, axis=-1)[..., None])},
        lambda o: losses.softmax(o).tolist(),
    ],
    "02.softmax_jacobian": [
        losses.softmax_jacobian,
        jacobian_by_loops,
        lambda yhat: np.eye(len(yhat)) * yhat - yhat[:, None] * yhat,
        lambda yhat: np.einsum("i,ij->ij", yhat, np.eye(len(yhat)) - yhat),
        single(lambda yhat: np.diag(yhat) - np.outer(yhat, yhat)),
        lambda yhat: {"J": numgrad.complex_step(losses.softmax, np.log(yhat))},
    ],
    "02.softmax_cross_entropy": [
        losses.softmax_cross_entropy,
        cross_entropy_by_loops,
        cross_entropy_by_logaddexp,
        cross_entropy_by_jacobian,
        single(losses.softmax_cross_entropy),
        lambda o, y: list(losses.softmax_cross_entropy(o, y)),
        lambda o, y: [
            sum(losses.softmax_cross_entropy(o[t], y[t])[0] for t in range(len(o))),
            np.stack([losses.softmax_cross_entropy(o[t], y[t])[1] for t in range(len(o))]),
        ],
    ],
    "02.sigmoid_cross_entropy": [
        losses.sigmoid_cross_entropy,
        sigmoid_by_loops,
        sigmoid_by_where,
        lambda o, y: (np.sum(np.logaddexp(0, o) - y * o), 1 / (1 + np.exp(-o)) - y),
        lambda o, y: {
            "loss": (y * np.logaddexp(0, -o) + (1 - y) * np.logaddexp(0, o)).sum(),
            "do": np.exp(-np.logaddexp(0, -o)) - y,
        },
        single(losses.sigmoid_cross_entropy),
        # two classes, the second with the logit 0
        lambda o, y: (
            losses.softmax_cross_entropy(
                np.stack([o, 0 * o], axis=-1).reshape(-1, 2), np.stack([y, 1 - y], axis=-1).reshape(-1, 2)
            )[0],
            losses.softmax(np.stack([o, np.zeros_like(o)], axis=-1))[..., 0] - y,
        ),
    ],
    "02.squared_error": [
        losses.squared_error,
        squared_by_loops,
        squared_in_place,
        squared_by_complex_step,
        single(losses.squared_error),
        lambda o, y, phi: list(losses.squared_error(o, y, phi)),
    ],
    "02.readout_backward": [
        lambda params, h, do: readout.backward(params, h[1:], do),
        readout_by_loops,
        readout_by_elements,
        readout_backward_in_time,
        readout_stacked,
        readout_by_complex_step,
        readout_single,
        readout_in_place,
        lambda params, h, do: {
            "h": np.einsum("tbk,mk->tbm", do, params["W_y"]),
            "W_y": np.einsum("tbm,tbk->mk", h[1:], do),
            "b_y": np.einsum("tbk->k", do),
        },
        lambda params, h, do: (
            (h[1:].swapaxes(1, 2) @ do).sum(0), do.sum(0).sum(0), do @ params["W_y"].T
        ),
        lambda params, h, do: {**readout.backward(params, h[1:], do), "x": None},
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "02.refute_entropy": (
        [
            (np.log([0.51, 0.39, 0.10]), 1),
            ([0.0, 0.01], 0),
            ([5.01, 4.99, -4.0], np.int64(1)),
        ],
        [
            ([0.0, 0.0], 0), ([0.0, 0.01], 1), ([0.0, 3.0], 0), ([1.0], 0), ([0.0, 0.01], 2),
            ([0.0, 0.01], -1), ([0.0, 0.01], 0.5), ([np.nan, 0.0], 0), ([0.0, -800.0], 0), 3,
            ([[0.0, 0.01]], 0), ("no", 1),
        ],
    ),
    "02.refute_transposed": (
        [
            ([[1, 0], [0, 1]], [[0, -1], [1, 0]]),
            ([[0.9, 0.1], [0.2, 0.8]], [[0.1, -1.0], [1.0, -0.2]]),
            (np.eye(3)[:2], [[0, -2, 5], [1, 0, 5]]),
        ],
        [
            ([[1.0, 2.0]], [[3.0, -4.0]]), ([[1, 0], [0, 1]], [[0, 1], [1, 0]]), ([[0, 0]], [[0, 0]]),
            ([[1.0, 0.0]], [[0.0, 1.0]]), ([[1, 2]], [[1, 2, 3]]), ([1, 2], [3, 4]), 5, ([], []),
            ([[np.inf, 0], [0, 1]], [[0, -1], [1, 0]]), ([[1, 0], [0, 1]],),
        ],
    ),
}
