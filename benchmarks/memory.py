"""Memory per step of the formulas, and what checkpointing trades for it."""

import numpy as np

from rnnlib import checkpoint, gru, lstm, rnn, truncated

from .measure import medians, peak_bytes, table

B, D, H = 8, 16, 64


def problem(cell, T):
    rng = np.random.default_rng(0)
    return cell.init(D, H, rng), rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))


def per_step():
    """Peak memory per step, as the number of arrays of B H: its growth from T = 200 to 400."""

    def arrays(call_of_T):
        return (peak_bytes(call_of_T(400)) - peak_bytes(call_of_T(200))) / (200 * B * H * 8)

    def both(cell, backward):
        def of(T):
            params, x, dh = problem(cell, T)
            run = cell.forward(params, x)
            return lambda: backward(params, run, dh)

        return arrays(forward_of(cell)), arrays(of)

    def forward_of(cell):
        def of(T):
            params, x, _ = problem(cell, T)
            return lambda: cell.forward(params, x)

        return of

    cases = {
        "rnn": both(rnn, rnn.backward),
        "truncated.window, τ = 10": both(rnn, lambda p, run, dh: truncated.window(p, run, dh, 10)),
        "truncated.chunks, k1 = 10, k2 = 20": both(
            rnn, lambda p, run, dh: truncated.chunks(p, run, dh, 10, 20)
        ),
        "lstm": both(lstm, lstm.backward),
        "gru": both(gru, gru.backward),
    }
    rows = [[name, *(f"{number:.2f}" for number in pair)] for name, pair in cases.items()]
    note = f"\n\nThe backward pass returns dx, {D / H:.2f} of such an array (D = {D}, H = {H})."
    return table(["arrays of B H per step", "forward", "backward, beside the run"], rows) + note


def checkpointed():
    """The RNN's gradient with every state kept, and with √T of them."""
    rows = []
    for T in (400, 1600, 6400):
        params, x, _ = problem(rnn, T)

        def dh(start, h):  # the adjoints of ½ Σ h², so that nothing of size T is needed for them
            return h

        def full():
            run = rnn.forward(params, x)
            return rnn.backward(params, run, run.h[1:])

        def sparse():
            return checkpoint.backward(params, checkpoint.forward(params, x), dh)

        for name, value in full().items():
            assert np.allclose(sparse()[name], value, rtol=1e-10, atol=1e-10)
        times, output = medians({"full": full, "sparse": sparse}, 2), T * B * D * 8
        peaks = [peak_bytes(call) - output for call in (full, sparse)]
        rows.append([T, f"{times['sparse'] / times['full']:.2f}", f"{peaks[0] / peaks[1]:.1f}",
                     f"{peaks[0] / (B * H * 8):.0f}", f"{peaks[1] / (B * H * 8):.0f}"])
    head = ["T", "time, checkpointed / full", "memory, full / checkpointed",
            "states' worth of memory, full", "checkpointed"]
    return table(head, rows) + "\n\nMemory without dx, which both return."
