"""Training that convinces: the adding problem over 100 steps, float32, one core."""

import time

import numpy as np

from rnnlib import gru, losses, lstm, readout, rnn, sequence, tasks, training

from .measure import table

T, B, H = 100, 32, 64
# name, cell, learning rate, CPU seconds allowed, seeds, goal in words, goal as a test
SETTINGS = (
    ("LSTM", lstm, 0.005, 30, (0, 1, 2), "< 0.002 within 30 s", lambda error: error < 0.002),
    ("GRU", gru, 0.005, 30, (0, 1, 2), "< 0.002 within 30 s", lambda error: error < 0.002),
    ("tanh RNN", rnn, 0.005, 60, (0, 1, 2), "> 0.1 after 60 s", lambda error: error > 0.1),
    ("tanh RNN", rnn, 0.001, 60, (0, 1, 2), "none", lambda error: True),
)


def run(cell, lr, seconds, seed):
    """Trains until the mean squared error of the last 50 batches is below 0.0015, or time is up.

    No sequence is seen twice.  Returns the CPU seconds used, the steps made, and the error on
    2,000 fresh sequences.
    """
    rng = np.random.default_rng(seed)
    params = {**cell.init(2, H, rng), **readout.init(H, 1, rng)}
    params = {name: value.astype(np.float32) for name, value in params.items()}
    loss = tasks.at_last(losses.squared_error)

    def batch(n):
        return (array.astype(np.float32) for array in tasks.adding(T, n, rng))

    def loss_and_grads(params):
        value, grads = sequence.loss_and_grads(cell, params, *batch(B), loss)
        return value / B, {name: grads[name] / B for name in params}

    start = time.process_time()

    def stop(seen):
        return time.process_time() - start > seconds or 2 * np.mean(seen[-50:]) < 0.0015

    trained = training.train(
        loss_and_grads, params, 10**6, training.Adam(lr), clip=1.0, progress=False, stop=stop
    )
    used = time.process_time() - start
    x, y = batch(2000)
    o = sequence.forward(cell, trained.params, x)[2]
    return used, len(trained.losses), float(np.mean((o[-1] - y) ** 2))


def learning():
    rows = []
    for name, cell, lr, seconds, seeds, goal, reached in SETTINGS:
        for seed in seeds:
            used, steps, error = run(cell, lr, seconds, seed)
            text = f"{error:.4f}" if reached(error) else f"**{error:.4f}**"
            rows.append([name, lr, seed, f"{used:.0f}", steps, text, goal])
    head = ["cell", "learning rate", "seed", "CPU seconds", "steps", "error on fresh data", "goal"]
    return table(head, rows) + (
        "\n\nAlways answering 1 gives 1/6 = 0.1667.  Seconds, not ratios: of one machine only."
    )
