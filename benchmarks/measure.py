"""Fair timing: process CPU time, one thread, candidates interleaved, medians."""

import gc
import time
import tracemalloc

import numpy as np


def medians(candidates, seconds=1.0, least=7):
    """Median CPU seconds per call of each candidate, a dict name -> function without arguments.

    The candidates take turns, so that a busy machine or a changing clock meets all of them.
    A turn repeats short calls until it lasts 2 ms, far above the clock's resolution.
    """
    repeats = {}
    for name, call in candidates.items():
        call()
        start = time.process_time()
        call()
        repeats[name] = max(1, int(0.002 / max(time.process_time() - start, 1e-6)))
    samples = {name: [] for name in candidates}
    gc.collect()
    began = time.process_time()
    while time.process_time() - began < seconds or len(samples[next(iter(samples))]) < least:
        for name, call in candidates.items():
            start = time.process_time()
            for _ in range(repeats[name]):
                call()
            samples[name].append((time.process_time() - start) / repeats[name])
    return {name: float(np.median(times)) for name, times in samples.items()}


def pace():
    """CPU milliseconds of a fixed piece of work such as checks do: small arrays, calls and dictionaries.

    Beside other processes, also those of other virtual machines, the same work takes up to twice as much CPU
    time.  What this function takes just before and after tells by how much.
    """
    matrix, kept, taken = np.random.default_rng(0).normal(size=(6, 6)), {}, []
    for _ in range(3):
        start = time.process_time()
        for step in range(2000):
            product = np.tanh(matrix @ matrix)
            kept = {"product": product, "step": step, "one": float(product[0, 0]) + len(kept)}
        taken.append(time.process_time() - start)
    return 1000 * min(taken)


def idle_pace(paces):
    """The pace of the idle machine: that of the fastest twentieth of all that were taken."""
    return float(np.quantile(paces, 0.05))


def peak_bytes(call):
    """The most memory that `call` held at one time, results included."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return peak - before


def table(head, rows):
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
