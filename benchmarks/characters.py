"""Character models of lessons 05, 10 and 12: bits per character on held-out text, over five seeds."""

import time

import numpy as np

from rnnlib import gru, language, lstm, rnn

from .measure import table

SEEDS = range(5)
STEPS = 1500


class GRU:
    """The GRU that resets before the product, as lesson 12 trains it."""

    backward = gru.backward

    def init(D, H, rng):
        return gru.init(D, H, rng, "before")

    def forward(params, x, h0):
        return gru.forward(params, x, h0, "before")


# name, cell, hidden units, learning rate: the first of each name is the lessons' setting
SETTINGS = (
    ("tanh RNN", rnn, 128, 0.01),
    ("LSTM", lstm, 64, 0.02),
    ("GRU", GRU, 72, 0.01),
    ("tanh RNN", rnn, 128, 0.02),
    ("LSTM", lstm, 64, 0.01),
    ("GRU", GRU, 72, 0.02),
)


def measured(cell, H, lr, seeds=SEEDS, steps=STEPS):
    """Bits per character on the held-out part for each seed, and CPU seconds of the longest training."""
    text, bits, seconds = language.python_text(), [], 0.0
    for seed in seeds:
        start = time.process_time()
        bits.append(language.fit(cell, text, H, steps, lr, seed, progress=False).bits)
        seconds = max(seconds, time.process_time() - start)
    return bits, seconds


def characters():
    text, rows = language.python_text(), []
    for n in (2, 3):
        bits = f"{language.ngram_bits(text, n):.2f}"
        rows.append([f"{'bi' if n == 2 else 'tri'}gram", "–", "–", "–", bits, "–"])
    for name, cell, H, lr in SETTINGS:
        bits, seconds = measured(cell, H, lr)
        params = language.init(cell, text, H, np.random.default_rng(0))
        size = sum(value.size for value in params.values())
        said = " ".join(f"{b:.2f}" for b in bits)
        rows.append([name, size, lr, f"{seconds:.0f}", said, f"{max(bits):.2f}"])
    return table(["model", "parameters", "learning rate", "CPU seconds", "bits per character", "worst"], rows)
