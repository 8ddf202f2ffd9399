"""Forward and backward against the peers; how much of it is matrix products; growth with T."""

import numpy as np

from . import peers
from .measure import medians, table

SIZES = ((25, 1, 8, 16), (100, 1, 16, 32), (50, 16, 32, 64), (100, 32, 64, 128))
GOALS = {  # peer, dtype, cell -> the least ratio wanted at each size
    ("torch", "float64", "RNN"): (8, 8, 1.8, 1.05),
    ("torch", "float64", "LSTM"): (3, 3, 1.8, 1.05),
    ("torch", "float64", "GRU"): (3, 3, 1.8, 1.05),
    ("torch", "float32", "RNN"): (1.2,) * 4,
    ("torch", "float32", "LSTM"): (0.65,) * 4,
    ("torch", "float32", "GRU"): (1.0,) * 4,
    **{("plain NumPy", "float64", cell): (2.8, 2.8, 1.0, 1.0) for cell in peers.CELLS},
    **{("autograd", "float64", cell): (5, 5, 5, None) for cell in peers.CELLS},
}


def problem(cell, size, dtype):
    T, B, D, H = size
    rng = np.random.default_rng(0)
    params = peers.CELLS[cell].init(D, H, rng)
    x, dh = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    return {k: v.astype(dtype) for k, v in params.items()}, x.astype(dtype), dh.astype(dtype)


def speed(seconds=2.0):
    """Ratios other / ours of forward + backward; the goal in brackets, bold where it is missed."""
    cells = {}
    for dtype in ("float64", "float32"):
        wanted = dict.fromkeys(key[0] for key in GOALS if key[1] == dtype)
        for cell in peers.CELLS:
            for size in SIZES:
                arguments = (cell, *problem(cell, size, dtype))
                calls = {name: peers.PEERS[name](*arguments) for name in wanted}
                absent = [name for name, call in calls.items() if call is None]
                calls = {name: call for name, call in calls.items() if call is not None}
                calls["ours"] = peers.ours(*arguments)
                if size == SIZES[-1]:
                    calls.pop("autograd", None)
                exact = calls["ours"]()
                for name, call in calls.items():
                    error = np.abs(call() - exact).max() / np.abs(exact).max()
                    assert error < {"float64": 1e-10, "float32": 1e-3}[dtype], (name, cell, error)
                times = medians(calls, seconds)
                for name in wanted:
                    ratio = times[name] / times["ours"] if name in times else None
                    cells[name, dtype, cell, size] = "absent" if name in absent else ratio
    head = ["other / ours", *map(_of_size, SIZES)]
    rows = [
        [", ".join(key), *(show(cells[*key, size], goal) for size, goal in zip(SIZES, goals))]
        for key, goals in GOALS.items()
    ]
    return table(head, rows)


def show(ratio, goal):
    if ratio is None or isinstance(ratio, str):
        return ratio or "–"
    text = f"{ratio:.2f}" if goal is None else f"{ratio:.2f} (≥ {goal})"
    return text if goal is None or ratio >= goal else f"**{text}**"


def share():
    """What part of the LSTM's time at (50, 64, 128, 256) its matrix products alone would take."""
    rows, size = [], (50, 64, 128, 256)
    for dtype in ("float64", "float32"):
        ours = peers.ours("LSTM", *problem("LSTM", size, dtype))
        times = medians({"products": least_work(size, dtype, calls=False), "all": ours}, 6)
        rows.append([dtype, show(times["products"] / times["all"], 0.75)])
    return table(["LSTM at 50,64,128,256", "matrix products / all"], rows)


def bound():
    """torch's fused LSTM against the least that any NumPy code must do, see `least_work`."""
    kinds = {"matrix products alone": False, "products and the fewest calls": True}
    rows = {kind: [] for kind in kinds}
    for size in SIZES:
        work = {kind: least_work(size, "float32", calls) for kind, calls in kinds.items()}
        torch = peers.PEERS["torch"]("LSTM", *problem("LSTM", size, "float32"))
        times = medians(work | ({"torch": torch} if torch else {}), 2)
        for kind in kinds:
            rows[kind].append(show(times["torch"] / times[kind] if torch else "absent", None))
    head = ["torch, float32, LSTM / NumPy's", *map(_of_size, SIZES)]
    return table(head, [[kind, *ratios] for kind, ratios in rows.items()])


def least_work(size, dtype, calls):
    """A function that does an LSTM's matrix products, with `calls` also one call for each operation.

    Operations that can share a call do: with h_{t-1} W_h and x W_x added, one tanh for all gates,
    two calls make σ of it, two products and a sum make c_t, tanh and a product h_t; backward,
    a sum and a product for the output's side, and the same for the cell's.  Nothing depends on
    anything, and every array lies as its call likes it.
    """
    T, B, D, H = size
    params, x, h = problem("LSTM", size, dtype)
    W_x, W_h = params["W_x"], np.asfortranarray(params["W_h"])
    da = np.random.default_rng(1).normal(size=(T, B, 4 * H)).astype(dtype)
    rows_x, rows_h, rows_da = (a.reshape(T * B, -1) for a in (x, h, da))
    (one, to_one), (two, to_two), (four, to_four) = (
        (da[0, :, : n * H].copy(), np.empty((B, n * H), dtype)) for n in (1, 2, 4)
    )

    def forward():
        np.add(four, four, to_four)
        np.tanh(four, to_four)
        np.multiply(four, four, to_four)
        np.add(four, four, to_four)
        np.multiply(two, two, to_two)
        np.add(one, one, to_one)
        np.tanh(one, to_one)
        np.multiply(one, one, to_one)

    def backward():
        np.add(one, one, to_one)
        np.multiply(two, two, to_two)
        np.add(one, one, to_one)
        np.multiply(four, four, to_four)

    def work():
        rows_x.dot(W_x)
        for h_t in h:
            h_t.dot(W_h)
            if calls:
                forward()
        for da_t in da:
            da_t.dot(params["W_h"].T)
            if calls:
                backward()
        rows_x.T.dot(rows_da), rows_h.T.dot(rows_da), rows_da.dot(W_x.T)

    return work


def _of_size(size):
    return f"T,B,D,H = {','.join(map(str, size))}"


def scaling():
    """The exponent p of time ~ T^p, from T = 200 to 3200."""
    lengths, rows = (200, 400, 800, 1600, 3200), []
    for cell in peers.CELLS:
        calls = {T: peers.ours(cell, *problem(cell, (T, 4, 16, 32), "float64")) for T in lengths}
        times = medians(calls, 4)
        exponent = np.polyfit(np.log(lengths), np.log([times[T] for T in lengths]), 1)[0]
        per_step = [times[T] / T / (times[200] / 200) for T in lengths]
        rows.append([cell, f"{exponent:.2f}", *(f"{ratio:.2f}" for ratio in per_step)])
    head = ["forward + backward", "exponent of T", *(f"time per step, T = {T}" for T in lengths)]
    return table(head, rows)
