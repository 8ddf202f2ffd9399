"""Backward passes of linear recurrences beside the LSTM's, at a thousand steps and at ten thousand."""

import numpy as np

from rnnlib import linear, lru, lstm, min_gru

from .measure import medians, table

LENGTHS = (1000, 2000, 5000, 10_000)
ENDS = LENGTHS[0], LENGTHS[-1]
B, D, H = 4, 16, 32


def backward_calls(T):
    """{name: a backward pass over T steps, ready to be called}; all have H units and the same adjoints."""
    rng = np.random.default_rng(0)
    x, dh = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    calls = {}
    for name, cell in (("LSTM", lstm), ("minimal GRU", min_gru), ("LRU", lru)):
        params = cell.init(D, H, rng)
        run = cell.forward(params, x)
        calls[name] = lambda cell=cell, params=params, run=run: cell.backward(params, run, dh)
    run = linear.forward(rng.uniform(0.8, 1, (T, B, H)), rng.normal(size=(T, B, H)))
    calls["scan alone"] = lambda: linear.backward(run, dh)
    calls["scan alone, as a tree"] = lambda: linear.backward(run, dh, tree=True)
    return calls


def scans():
    """Time per step relative to the LSTM's, and the exponent p of time ~ T^p."""
    times = {T: medians(backward_calls(T), 4) for T in LENGTHS}
    rows = []
    for name in times[LENGTHS[0]]:
        exponent = np.polyfit(np.log(LENGTHS), np.log([times[T][name] for T in LENGTHS]), 1)[0]
        ratios = (f"{times[T]['LSTM'] / times[T][name]:.2f}" for T in ENDS)
        rows.append([name, *ratios, f"{exponent:.2f}"])
    head = ["backward", *(f"LSTM's time / its time, T = {T}" for T in ENDS), "exponent of T"]
    return table(head, rows) + f"\n\nB = {B}, D = {D}, H = {H}, float64."
