"""Lesson 06: correct answers in other styles, and values that hold and that do not."""

import numpy as np

from autograder.exercises.lesson06 import _immediate
from rnnlib import paths, rnn, truncated

NAMES = ("W_x", "W_h", "b_h", "x", "h0")


def single(result):
    return {name: np.float32(value) for name, value in result.items()}


def immediate_by_loops(params, run):
    T, B, H = run.a.shape
    W_h, W_x = np.zeros((T, B, H, H, H)), np.zeros((T, B, H, run.x.shape[2], H))
    b_h = np.zeros((T, B, H, H))
    for t in range(T):
        for b in range(B):
            for i in range(H):
                slope = 1 - np.tanh(run.a[t, b, i]) ** 2
                W_h[t, b, i, :, i] = slope * run.h[t, b]
                W_x[t, b, i, :, i] = slope * run.x[t, b]
                b_h[t, b, i, i] = slope
    return {"W_h": W_h, "W_x": W_x, "b_h": b_h}


def immediate_by_indexing(params, run):
    T, B, H = run.a.shape
    i, out = np.arange(H), {}
    for name, source in (("W_h", run.h[:-1]), ("W_x", run.x), ("b_h", None)):
        middle = () if source is None else (source.shape[-1],)
        out[name] = np.zeros((T, B, H, *middle, H))
        slope = (1 - run.h[1:] ** 2).transpose(2, 0, 1)
        value = slope if source is None else slope[..., None] * source
        out[name][:, :, i, ..., i] = value
    return out


def immediate_stacked(params, run):
    """x, h and 1 side by side: one tensor for the stacked matrix, cut into three."""
    T, B, H = run.a.shape
    D = run.x.shape[2]
    z = np.concatenate([run.x, run.h[:-1], np.ones((T, B, 1))], axis=2)
    slope = 1 - run.h[1:] ** 2
    tensor = (slope[..., None] * np.eye(H))[:, :, :, None, :] * z[:, :, None, :, None]
    return tensor[..., D:-1, :], tensor[..., :D, :], tensor[..., -1, :]


def rtrl_by_loops(params, run):
    """Unit by unit, with the formula in scalars."""
    total = immediate_by_loops(params, run)
    T, B, H = run.a.shape
    for t in range(1, T):
        for b in range(B):
            for i in range(H):
                slope = 1 - run.h[t + 1, b, i] ** 2
                for j in range(H):
                    for tensor in total.values():
                        tensor[t, b, i] += slope * params["W_h"][j, i] * tensor[t - 1, b, j]
    return total


def rtrl_by_matmul(params, run):
    """The axes of the parameter flattened, so that each step is one matrix product."""
    T, B, H = run.a.shape
    out = {}
    for name, now in _immediate(params, run).items():
        carried, steps = 0.0, []
        for t in range(T):
            J = (1 - run.h[t + 1] ** 2)[:, :, None] * params["W_h"].T
            carried = now[t].reshape(B, H, -1) + (J @ carried if t else 0)
            steps.append(carried.reshape(now[t].shape))
        out[name] = np.stack(steps)
    return out


def rtrl_by_paths(params, run):
    now, J = _immediate(params, run), paths.step_jacobians(params, run)
    T = len(J)
    return tuple(
        [
            sum(
                np.einsum("bij,bj...->bi...", paths.transition(J, t, k), now[name][k - 1])
                for k in range(1, t + 1)
            )
            for t in range(1, T + 1)
        ]
        for name in ("W_h", "W_x", "b_h")
    )


def rtrl_by_sweeps(params, run):
    """Row i of the derivative of h_t is the gradient of the loss h_t[i]; one instance at a time."""
    T, B, H = run.a.shape
    rows = {"W_h": (T, B, H, H, H), "W_x": (T, B, H, run.x.shape[2], H), "b_h": (T, B, H, H)}
    out = {name: np.zeros(shape) for name, shape in rows.items()}
    for t, b, i in np.ndindex(T, B, H):
        dh = np.zeros((T, B, H))
        dh[t, b, i] = 1
        gradient = rnn.backward(params, run, dh)
        for name in out:
            out[name][t, b, i] = gradient[name]
    return out


# Truncation: any backward pass made of one linear map per kept path is right.


def _from_da(params, run, da, dh0):
    """All gradients from the adjoints of the pre-activations."""
    return {
        "W_x": np.einsum("tbd,tbh->dh", run.x, da),
        "W_h": np.einsum("tbm,tbn->mn", run.h[:-1], da),
        "b_h": da.sum((0, 1)),
        "x": da @ params["W_x"].T,
        "h0": dh0,
    }


def window_all_losses_at_once(params, run, dh, tau):
    slope, T = 1 - run.h[1:] ** 2, len(dh)
    delta, dh0 = dh * slope, np.zeros_like(dh[0])
    da = delta.copy()
    for hop in range(min(tau, T - 1) + 1):
        dh0 = dh0 + delta[0] @ params["W_h"].T
        delta = (delta[1:] @ params["W_h"].T) * slope[: T - 1 - hop]
        if hop < tau and len(delta):
            da[: len(delta)] += delta
    return _from_da(params, run, da, dh0)


def window_by_transitions(params, run, dh, tau):
    slope, J, T = 1 - run.h[1:] ** 2, paths.step_jacobians(params, run), len(dh)
    da, dh0 = np.zeros_like(dh), np.zeros_like(dh[0])
    for t in range(1, T + 1):
        for k in range(max(1, t - tau), t + 1):
            da[k - 1] += np.einsum("bi,bij->bj", dh[t - 1], paths.transition(J, t, k)) * slope[k - 1]
        if t - tau <= 1:
            dh0 += np.einsum("bi,bij->bj", dh[t - 1], paths.transition(J, t, 0))
    return _from_da(params, run, da, dh0)


def window_by_cut_runs(params, run, dh, tau):
    """A full backward pass through each window, as if its first state were given."""
    total = {name: np.zeros_like(value) for name, value in params.items()}
    total |= {"x": np.zeros_like(run.x), "h0": np.zeros_like(run.h[0])}
    for t in range(len(dh)):
        first = max(0, t - tau)
        piece = rnn.Run(run.x[first : t + 1], run.a[first : t + 1], run.h[first : t + 2], "tanh")
        only = np.zeros_like(piece.a)
        only[-1] = dh[t]
        part = rnn.backward(params, piece, only)
        for name in params:
            total[name] += part[name]
        total["x"][first : t + 1] += part["x"]
        if first == 0:
            total["h0"] += part["h0"]
    return total


def window_per_instance(params, run, dh, tau):
    """Plain loops over the instances of the batch."""
    parts = []
    for b in range(dh.shape[1]):
        one = rnn.Run(run.x[:, b : b + 1], run.a[:, b : b + 1], run.h[:, b : b + 1], "tanh")
        parts.append(window_all_losses_at_once(params, one, dh[:, b : b + 1], tau))
    summed = {name: sum(part[name] for part in parts) for name in params}
    x = np.concatenate([part["x"] for part in parts], axis=1)
    return {**summed, "x": x, "h0": np.concatenate([part["h0"] for part in parts])}


def window_as_difference(params, run, dh, tau):
    """Recursion over tau: each longer window adds the paths of one more hop."""
    if tau == 0:
        slope = 1 - run.h[1:] ** 2
        first = np.zeros_like(dh[0]) + (dh * slope)[0] @ params["W_h"].T
        return _from_da(params, run, dh * slope, first)
    shorter = window_as_difference(params, run, dh, tau - 1)
    longer, one_less = truncated.window(params, run, dh, tau), truncated.window(params, run, dh, tau - 1)
    return {name: shorter[name] + (longer[name] - one_less[name]) for name in NAMES}


def chunks_by_cut_runs(params, run, dh, k1, k2):
    total = {name: np.zeros_like(value) for name, value in params.items()}
    total |= {"x": np.zeros_like(run.x), "h0": np.zeros_like(run.h[0])}
    ends = sorted({*range(k1, len(dh) + 1, k1), len(dh)})
    for previous, end in zip([0, *ends], ends):
        start = max(0, end - k2)
        piece = rnn.Run(run.x[start:end], run.a[start:end], run.h[start : end + 1], "tanh")
        new = dh[start:end] * (np.arange(start, end) >= previous)[:, None, None]
        part = rnn.backward(params, piece, new)
        for name in params:
            total[name] += part[name]
        total["x"][start:end] += part["x"]
        if start == 0:
            total["h0"] += part["h0"]
    return total


def chunks_loss_by_loss(params, run, dh, k1, k2):
    """Each loss alone, back to the beginning of its chunk's sweep."""
    slope, T = 1 - run.h[1:] ** 2, len(dh)
    da, dh0 = np.zeros_like(dh), np.zeros_like(dh[0])
    for t in range(1, T + 1):
        end = min(T, -(-t // k1) * k1)
        reach, first = dh[t - 1], max(1, end - k2 + 1)
        for k in range(t, first - 1, -1):
            da[k - 1] += reach * slope[k - 1]
            reach = (reach * slope[k - 1]) @ params["W_h"].T
        dh0 += reach * (first == 1)
    return _from_da(params, run, da, dh0)


def chunks_by_transitions(params, run, dh, k1, k2):
    slope, J, T = 1 - run.h[1:] ** 2, paths.step_jacobians(params, run), len(dh)
    da, dh0 = np.zeros_like(dh), np.zeros_like(dh[0])
    for t in range(1, T + 1):
        start = max(0, min(T, ((t - 1) // k1 + 1) * k1) - k2)
        for k in range(start + 1, t + 1):
            da[k - 1] += np.einsum("bi,bij->bj", dh[t - 1], paths.transition(J, t, k)) * slope[k - 1]
        if start == 0:
            dh0 += np.einsum("bi,bij->bj", dh[t - 1], paths.transition(J, t, 0))
    return _from_da(params, run, da, dh0)


def chunks_per_loss_windows(params, run, dh, k1, k2):
    """A window for each loss, as wide as its place in the chunk allows."""
    total = None
    for t in range(len(dh)):
        end = min(len(dh), (t // k1 + 1) * k1)
        only = np.zeros_like(dh)
        only[t] = dh[t]
        hops = t - max(0, end - k2)
        if hops < 0:
            continue
        part = truncated.window(params, run, only, hops)
        total = part if total is None else {name: total[name] + part[name] for name in total}
    return total


def chunks_with_a_cut_carry(params, run, dh, k1, k2):
    """Full-length sweeps whose carry is set to zero at the border."""
    total = 0
    for end in sorted({*range(k1, len(dh) + 1, k1), len(dh)}):
        previous, start = (end - 1) // k1 * k1, max(0, end - k2)
        da, reach = np.zeros_like(dh), np.zeros_like(dh[0])
        for s in range(len(dh))[::-1]:
            reach = reach * (start <= s < end) + dh[s] * (previous <= s < end) * (s >= start)
            da[s] = reach * (1 - run.h[s + 1] ** 2)
            reach = da[s] @ params["W_h"].T
        part = _from_da(params, run, da, reach * (start == 0))
        total = part if total == 0 else {name: total[name] + part[name] for name in total}
    return total


def chunks_per_instance(params, run, dh, k1, k2):
    """Plain loops over the instances of the batch."""
    parts = []
    for b in range(dh.shape[1]):
        one = rnn.Run(run.x[:, b : b + 1], run.a[:, b : b + 1], run.h[:, b : b + 1], "tanh")
        parts.append(chunks_with_a_cut_carry(params, one, dh[:, b : b + 1], k1, k2))
    parts = [dict(zip(NAMES, p)) if isinstance(p, tuple) else p for p in parts]
    summed = {name: sum(part[name] for part in parts) for name in params}
    x = np.concatenate([part["x"] for part in parts], axis=1)
    return {**summed, "x": x, "h0": np.concatenate([part["h0"] for part in parts])}


def doubled_then_halved(function):
    """In place on copies of its own."""

    def answer(params, run, dh, *window):
        mine = dh.copy()
        mine *= 2
        result = function(params, run, mine, *window)
        for array in result.values():
            array /= 2
        return result

    return answer


def as_tuple(function):
    return lambda *arguments: tuple(function(*arguments)[name] for name in NAMES)


def in_single_precision(function):
    def answer(params, run, dh, *window):
        run = rnn.Run(*(np.float32(field) for field in run[:3]), "tanh")
        return function(single(params), run, np.float32(dh), *window)

    return answer


STYLES = {
    "06.immediate_tensors": [
        immediate_by_loops,
        immediate_by_indexing,
        immediate_stacked,
        _immediate,
        lambda p, r: single(immediate_by_loops(p, r)),
        lambda p, r: {k: v.tolist() for k, v in immediate_by_loops(p, r).items()} | {"note": "extra"},
    ],
    "06.rtrl": [
        paths.rtrl,
        rtrl_by_loops,
        rtrl_by_matmul,
        rtrl_by_paths,
        rtrl_by_sweeps,
        lambda p, r: single(paths.rtrl(p, r)),
        lambda p, r: paths.rtrl(single(p), rnn.Run(*(np.float32(f) for f in r[:3]), "tanh")),
    ],
    "06.truncated_window": [
        truncated.window,
        lambda p, r, dh, tau: truncated.chunks(p, r, dh, 1, tau + 1),
        window_all_losses_at_once,
        window_by_transitions,
        window_by_cut_runs,
        window_per_instance,
        window_as_difference,
        as_tuple(window_all_losses_at_once),
        doubled_then_halved(window_by_cut_runs),
        in_single_precision(window_all_losses_at_once),
    ],
    "06.truncated_chunks": [
        truncated.chunks,
        chunks_by_cut_runs,
        chunks_loss_by_loss,
        chunks_by_transitions,
        chunks_per_loss_windows,
        chunks_with_a_cut_carry,
        chunks_per_instance,
        as_tuple(chunks_by_cut_runs),
        doubled_then_halved(chunks_loss_by_loss),
        in_single_precision(chunks_by_cut_runs),
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "06.refute_self_reference": (
        [[[1.0]], np.eye(3), [[0.5, 0.5], [0.2, 0.8]], [[0, 1], [1, 0]], [[1, 7], [0, 0.3]]],
        [[[0.5]], -np.eye(2), [[1, 2, 3]], [1.0], [[np.nan]], [[2, 0], [0, 0.5]], np.zeros((2, 2)), "x", 5],
    ),
    "06.refute_longer": (
        [
            ([[0.9]], [[1.0], [-1.2], [0.1], [0.0]]),
            ([[-1.1]], [[0.5], [0.8], [0.0], [0.0]]),
            (np.diag([0.9, 0.9]), [[1, 1], [-1.2, -1.2], [0.1, 0.1], [0, 0]]),
        ],
        [
            ([[0.5]], [[1], [2], [3]]),
            ([[0.0]], [[1], [-2], [3], [0]]),
            ([[0.9]], [[0], [0], [0], [0]]),
            ([[0.9]], [[1.0]]),
            ([[0.9, 1]], [[1.0]]),
            ([[0.9]], [[1.0, 2.0]]),
            ([[0.9]], [[1.0], [np.inf]]),
            ([[0.9]],),
            5,
            "no",
        ],
    ),
}
