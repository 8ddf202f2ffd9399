"""Lesson 05: the simple recurrent network for a minibatch, forward and backward."""

import numpy as np

from rnnlib import numgrad, paths, rnn

from . import Exercise, Slip
from .families import recomputed_slopes, subtracted, tanh_slopes
from .forward_slips import ForwardCode, forward_slips
from .sweep import LONG, Loud, Sweep, Unrolled
from .sweep_slips import SweepCode, with_sweep

# T, B, D, H: all distinct, twice; then B = D = H, where no shape betrays a transpose
SIZES = ((5, 3, 4, 6), (4, 2, 3, 5), (5, 4, 4, 4))
MASKED_SIZES = ((5, 3, 4, 6), (7, 4, 3, 5), (6, 4, 4, 4))
LONG_SIZES = (LONG, 3, 2, 4)


def _network(seed, sizes=None):
    """(params, x, h0): nothing zero, W_h far from symmetric, tanh not saturated."""
    rng = np.random.default_rng([501, seed])
    T, B, D, H = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.5,
        "W_h": rng.normal(size=(H, H)) * 0.5,
        "b_h": rng.normal(size=H) * 0.4,
    }
    return params, rng.normal(size=(T, B, D)) * 0.7, rng.uniform(-0.8, 0.8, (B, H))


def _states_and_adjoints(seed, sizes=None):
    params, x, h0 = _network(seed, sizes)
    dh = np.random.default_rng([502, seed]).normal(size=(*x.shape[:2], h0.shape[1]))
    return params, x, rnn.forward(params, x, h0).h, dh


def _long(number):
    return _states_and_adjoints(number, LONG_SIZES)


def _shared_state(seed, sizes=None):
    params, x, h, dh = _states_and_adjoints(seed, sizes)
    return params, x, h[0, 0], dh


def _masked(seed, sizes=None):
    """A padded batch: one instance begins late, one has a gap, the others end early; no input is zero."""
    rng = np.random.default_rng([504, seed])
    T, B, D, H = sizes or MASKED_SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.5,
        "W_h": rng.normal(size=(H, H)) / np.sqrt(H),
        "b_h": rng.normal(size=H) * 0.4,
    }
    x, h0 = rng.normal(size=(T, B, D)) * 0.7, rng.uniform(-0.8, 0.8, (B, H))
    lengths = np.array([T, T, *rng.choice(np.arange(2, T), B - 2, replace=False)])
    mask = (np.arange(T)[:, None] < lengths).astype(float)
    mask[rng.integers(1, T - 1), 1] = mask[0, 0] = 0
    mask = mask[:, rng.permutation(B)]
    h = [h0]
    for x_t, real in zip(x, mask[..., None]):
        h.append(np.where(real, rnn.forward(params, x_t[None], h[-1]).h[1], h[-1]))
    return params, x, np.array(h), rng.normal(size=(T, B, H)), mask


def _counts(seed):
    rng = np.random.default_rng([503, seed])
    T, D, H, K = (int(n) for n in rng.choice(np.arange(2, 10), 4, replace=False))
    return (T, D, H, H) if seed % 3 == 2 else (T, D, H, K)


def _forward_reference(params, x, h0):
    run = rnn.forward(params, x, h0)
    return {"a": run.a, "h": run.h}


def _stacked_reference(params, x, h0):
    return {"W": rnn.pack(params)["W"], "h": rnn.forward(params, x, h0).h}


def _counts_reference(T, D, H, K):
    shapes = {"W_x": (D, H), "W_h": (H, H), "b_h": H, "W_y": (H, K), "b_y": K}
    number = rnn.n_params({name: np.zeros(shape) for name, shape in shapes.items()})
    return {"shared": number, "unshared": T * number}


def _backward_reference(params, x, h, dh):
    return rnn.backward(params, rnn.forward(params, x, h[0]), dh)


def _masked_reference(params, x, h, dh, mask):
    """Every instance alone, without its padded steps; an adjoint there belongs to the state before them."""
    dx, dh0 = np.zeros(x.shape), np.zeros(h[0].shape)
    grads = {name: np.zeros(np.shape(value)) for name, value in params.items()}
    for b in range(x.shape[1]):
        steps = np.flatnonzero(mask[:, b])
        outside = np.zeros((len(steps) + 1, 1, h.shape[-1]))  # on h_0 and on the state of each real step
        np.add.at(outside, np.cumsum(mask[:, b] > 0), dh[:, [b]])
        if not len(steps):
            dh0[b] = outside[0, 0]
            continue
        run = rnn.forward(params, x[steps][:, [b]], h[0, [b]])
        alone = rnn.backward(params, run, outside[1:])
        for name in params:
            grads[name] += alone[name]
        dx[steps, b], dh0[b] = alone["x"][:, 0], alone["h0"][0] + outside[0, 0]
    return {**grads, "x": dx, "h0": dh0}


def _shared_state_reference(params, x, h0, dh):
    """By complex step of Σ <dh_t, h_t>, in which one row h0 starts every instance."""

    def loss(row):
        start = row + np.zeros((x.shape[1], 1))
        return (rnn.forward(params, x, start).h[1:] * dh).sum()

    return {"h0": numgrad.complex_step(loss, h0)}


def _unroll_shared(params, x, h0, dh):
    h = rnn.forward(params, x, np.tile(h0, (x.shape[1], 1))).h
    return Unrolled(
        len(x), lambda *part: {"h0": _backward_reference(*part)["h0"].sum(axis=0)}, (params, x, h, dh)
    )


def _contributions(params, x, h, dh):
    """((T, T, H, H), "W_h"): what the loss at step t gives through the use of W_h at step s."""
    T, H = len(x), h.shape[-1]
    run, terms = rnn.forward(params, x, h[0]), np.zeros((T, T, H, H))
    for t in range(1, T + 1):
        terms[t - 1, :t] = paths.path_terms(params, run, dh, t)["W_h"]
    return terms, "W_h"


def _refute_stack(answer):
    """A network in which [W_x; W_y] has the announced shape and gives other states."""
    W_x, W_h, W_y, x, h0 = (np.array(part, float) for part in answer)
    if any(W.ndim != 2 for W in (W_x, W_h, W_y)) or x.ndim != 1 or h0.ndim != 1:
        return "expected three matrices and two rows"
    (D, H), K = W_x.shape, W_y.shape[1]
    if W_h.shape != (H, H) or len(W_y) != H or len(x) != D or len(h0) != H or not D or not H:
        shapes = f"W_x {W_x.shape}, W_h {W_h.shape}, W_y {W_y.shape}, x {x.shape}, h0 {h0.shape}"
        return f"the shapes are {shapes}: that is not a network with D = {D} and H = {H}"
    if not all(np.isfinite(part).all() for part in (W_x, W_h, W_y, x, h0)):
        return "contains NaN or infinity"
    if K != H:
        return f"W_x has {H} columns and W_y has {K}: NumPy would complain"
    gap = np.abs(np.tanh(x @ W_x + h0 @ W_h) - np.tanh(x @ W_x + h0 @ W_y)).max()
    return None if gap > 0.1 else f"the two first states differ by {gap:.2g}, not by more than 0.1"


def _refute_jacobian(answer):
    """One W_h for which diag(φ') W_h is far off, and one for which it is never off."""
    loud, silent = (np.array(W, float) for W in answer)
    for name, W in (("loud", loud), ("silent", silent)):
        if W.ndim != 2 or W.shape[0] != W.shape[1] or len(W) < 2:
            return f"{name} has shape {W.shape}, expected a square matrix of 2 rows or more"
        if not np.isfinite(W).all():
            return f"{name} contains NaN or infinity"
    off_diagonal = np.abs(silent - np.diag(np.diag(silent))).max()
    if off_diagonal <= 1e-6 * np.abs(silent).max():
        return "silent has no entry off the diagonal"
    loud /= np.abs(loud).max() or 1.0  # or the squares of its entries overflow
    error = np.linalg.norm(loud - loud.T) / (np.linalg.norm(loud) or 1.0)
    if not error > 1:
        return f"for loud the printed Jacobian is off by {error:.2f} of the norm, not by more than 1"
    slope = np.random.default_rng(0).uniform(0.1, 1, (20, len(silent), 1))
    gap = np.abs(slope * silent - slope * silent.T).max() / np.abs(silent).max()
    return f"for silent the printed Jacobian is off by {gap:.2g}" if gap > 1e-9 else None


FORWARD = Exercise(
    id="05.rnn_forward",
    title="Run a minibatch",
    points=1,
    section="1 One network, three spellings",
    function="rnn_forward",
    items=("S0.1", "S4.2", "S4.6", "S4.8"),
    answers=("rnn.forward",),
    outputs=("a", "h"),
    instance=_network,
    reference=_forward_reference,
    loud=Loud(((1, 10),), ("a",)),
    step="t",
    asks="At which step does a differ first, and which of its three terms can you compare alone?",
    asks_of="a",
    slips=(
        Slip("initial_state_dropped", "[h0]", "[np.zeros_like(h0)]",
             "h[0] is 0: the initial state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        Slip("w_h_transposed", 'h[-1] @ params["W_h"]', 'h[-1] @ params["W_h"].T',
             "a is formed with the transpose of W_h; W_h is square, so no shape gives that away.",
             "Does this transpose belong to rows or to columns?"),
        Slip("recurrence_missing", ' + h[-1] @ params["W_h"]', "",
             "a holds only the input's part: no state reaches the next step.",
             "If every step sees its input alone, what does the second state know of the first input?"),
        Slip("input_missing", 'x_t @ params["W_x"] + ', "",
             "a holds no input: the states would be the same for any x.",
             "Where does x enter?"),
        Slip("bias_missing", ' + params["b_h"])', ")",
             "a is formed without the bias.",
             "Which of the three parameters have you not used?"),
        Slip("bias_after_tanh", ' + params["b_h"])\n        h.append(np.tanh(a[-1]))',
             ')\n        h.append(np.tanh(a[-1]) + params["b_h"])',
             "The bias is added to the state, behind tanh, in place of the pre-activation.",
             "Can a state of this network be larger than 1?"),
        Slip("state_stuck_at_h0", 'h[-1] @ params["W_h"]', 'h0 @ params["W_h"]',
             "a is right at step 1 only: every step is fed the initial state.",
             "Which state does step t read, and where did step t-1 put it?"),
        Slip("pre_activation_carried", 'h[-1] @ params["W_h"]', '(a[-1] if a else h0) @ params["W_h"]',
             "From step 2 on the pre-activation is fed back; the state is what W_h multiplies.",
             "Which of the two arrays has been through tanh when the next step reads it?"),
        Slip("no_activation", "np.tanh(a[-1])", "a[-1]",
             "h equals a: the activation is never applied.",
             "What keeps the states between -1 and 1?"),
        Slip("logistic_activation", "np.tanh(a[-1])", "1 / (1 + np.exp(-a[-1]))",
             "h is the logistic function of a, not its tanh.",
             "What value should a state have when its pre-activation is 0?"),
        Slip("every_step_reads_the_first_input", 'x_t @ params["W_x"]', 'x[0] @ params["W_x"]',
             "Every step reads the input of step 1.",
             "What changes from one round of the loop to the next?"),
        subtracted("bias_subtracted", '+ params["b_h"]', '- params["b_h"]', "The bias"),
        subtracted("recurrence_subtracted", '"W_x"] + h', '"W_x"] - h', "The state's term h_{t-1} W_h"),
        subtracted("input_subtracted", "append(x_t", "append(-x_t", "The input's term x_t W_x"),
        *forward_slips(ForwardCode(
            x='x_t @ params["W_x"]', x_early='x[len(h) - 2] @ params["W_x"]',
            state='h[-1] @ params["W_h"]', bare="h[-1]", act="np.tanh(a[-1])", sum="a[-1]", before="h[-1]",
        )),
        Slip("a_is_the_state",
             'a.append(x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b_h"])\n        '
             "h.append(np.tanh(a[-1]))",
             'a.append(np.tanh(x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b_h"]))\n        '
             "h.append(a[-1])",
             "a holds the states: the tanh is applied to it already.",
             "On which side of the activation does h_t stand, and on which a_t?"),
        Slip("tanh_in_a_and_again", 'x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b_h"]',
             'np.tanh(x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b_h"])',
             "a has passed through tanh already, and the state passes through it once more.",
             "On which side of the activation does h_t stand, and on which a_t?"),
        Slip("state_two_back", 'h[-1] @ params["W_h"]', 'h[-2 if a else -1] @ params["W_h"]',
             "From step 2 on the recurrence reads the state two steps back.",
             "Which state does step t read?"),
        Slip("input_after_tanh", "h.append(np.tanh(a[-1]))",
             'h.append(x_t @ params["W_x"] + np.tanh(h[-1] @ params["W_h"] + params["b_h"]))',
             "The input is added behind tanh; it belongs inside.",
             "Of which sum is the state the tanh?"),
        Slip("bias_twice", '+ params["b_h"])', '+ 2 * params["b_h"])',
             "The bias is added twice.",
             "Into how many places of a_t does b_h enter?"),
        Slip("bias_averaged", '+ params["b_h"])', '+ params["b_h"].mean())',
             "Every unit gets the mean of the biases.",
             "How many biases has the layer?"),
        Slip("state_averaged_over_batch", 'h[-1] @ params["W_h"]', 'h[-1].mean(axis=0) @ params["W_h"]',
             "Every instance reads the mean state of the batch.",
             "Which state does one instance of the batch read?"),
    ),
)

COUNTS = Exercise(
    id="05.parameter_counts",
    title="Count the parameters",
    points=1,
    section="2 Shared weights",
    function="parameter_counts",
    items=("S4.5",),
    answers=("rnn.n_params",),
    outputs=("shared", "unshared"),
    instance=_counts,
    reference=_counts_reference,
    asks="Which of the five arrays can you count alone, and what is its shape?",
    slips=(
        Slip("hidden_bias_missing", "(D + H + 1) * H", "(D + H) * H",
             "Both numbers lack the entries of b_h.",
             "How many entries has the bias of the recurrent layer?"),
        Slip("output_bias_missing", "(H + 1) * K", "H * K",
             "Both numbers lack the entries of b_y.",
             "How many entries has the bias of the readout?"),
        Slip("no_biases", "(D + H + 1) * H\n    head = (H + 1) * K", "(D + H) * H\n    head = H * K",
             "Both numbers count the three matrices and no bias.",
             "Five arrays carry the network; which have you counted?"),
        Slip("biases_of_one_entry", "(D + H + 1) * H\n    head = (H + 1) * K",
             "(D + H) * H + 1\n    head = H * K + 1",
             "Both numbers count one entry for each bias.",
             "Do all hidden units share one bias?"),
        Slip("w_h_missing", "(D + H + 1) * H", "(D + 1) * H",
             "Both numbers lack W_h: that is a network without recurrence.",
             "What leads from one state to the next, and what is its shape?"),
        Slip("w_y_square", "(H + 1) * K", "(H + 1) * H",
             "Both numbers count W_y and b_y as if there were as many outputs as hidden units.",
             "Is K the same as H?"),
        Slip("w_y_sees_input", "(H + 1) * K", "(D + H + 1) * K",
             "Both numbers count a matrix from the input to the output, which the network does not have.",
             "What does the readout read?"),
        Slip("batch_of_steps", '"shared": layer + head', '"shared": T * (layer + head)',
             "shared grows with T: the matrices are counted once per step.",
             "Is there a new W_h at every step?"),
        Slip("readout_still_shared", "T * (layer + head)", "T * layer + head",
             "unshared copies the recurrent layer per step and the readout not.",
             "Is the readout applied once, or at every step?"),
        Slip("recurrence_between_steps_only", "T * (layer + head)", "T * (layer + head) - H * H",
             "unshared has T - 1 copies of W_h: the first step was taken to have none.",
             "There is an initial state; does step 1 read it?"),
        Slip("output_bias_of_the_hidden_layer", "(H + 1) * K", "H * K + H",
             "The output bias is counted as one number per hidden unit.",
             "To which array is b_y added, and what shape does that have?"),
        Slip("second_hidden_bias", "(D + H + 1) * H", "(D + H + 2) * H",
             "H numbers too many are counted: a second hidden bias, as PyTorch has it, or the initial "
             "state.",
             "Write down the shape of every array of the layer: how many entries do they have?"),
        Slip("four_blocks", "(D + H + 1) * H", "4 * (D + H + 1) * H",
             "The layer is counted four times, as if it had the gates of an LSTM.",
             "Write down the shape of every array of the layer: how many entries do they have?"),
        Slip("w_h_of_the_inputs", "(D + H + 1) * H", "(D + D + 1) * H",
             "W_h is counted with the shape of W_x.",
             "Which vector does W_h multiply, and how long is it?"),
        Slip("head_missing", '{"shared": layer + head, "unshared": T * (layer + head)}',
             '{"shared": layer, "unshared": T * layer}',
             "The output layer is not counted.",
             "Write down the shape of every array of the layer: how many entries do they have?"),
        Slip("layer_missing", '{"shared": layer + head, "unshared": T * (layer + head)}',
             '{"shared": head, "unshared": T * head}',
             "Only the output layer is counted.",
             "Write down the shape of every array of the layer: how many entries do they have?"),
        Slip("w_x_missing", "(D + H + 1) * H", "(H + 1) * H",
             "W_x is not counted.",
             "Write down the shape of every array of the layer: how many entries do they have?"),
        Slip("only_w_h_unshared", "T * (layer + head)", "layer + head + (T - 1) * H * H",
             "In unshared only W_h has a copy for each step.",
             "Which arrays does step t use besides W_h?"),
        Slip("biases_still_shared", "T * (layer + head)", "T * ((D + H) * H + H * K) + H + K",
             "In unshared the biases have no copies.",
             "Which arrays does step t use besides its weights?"),
        Slip("one_copy_too_many", "T * (layer + head)", "(T + 1) * (layer + head)",
             "In unshared there is one copy too many.",
             "How many steps are computed from T inputs?"),
        Slip("one_copy_too_few", "T * (layer + head)", "(T - 1) * (layer + head)",
             "In unshared there is one copy too few.",
             "How many steps are computed from T inputs?"),
        Slip("unshared_not_multiplied", "T * (layer + head)", "layer + head",
             "unshared is the same number as shared.",
             "How many copies of each array does an unrolled network have without sharing?"),
        Slip("unshared_to_the_power", "T * (layer + head)", "(layer + head) * T**2",
             "In unshared every step is counted T times.",
             "How many copies of each array does an unrolled network have without sharing?"),
    ),
)

STACKED = Exercise(
    id="05.stacked_forward",
    title="One stacked matrix",
    points=2,
    section="3 One stacked matrix",
    function="stacked_forward",
    items=("S4.7",),
    answers=("rnn.forward", "rnn.pack"),
    outputs=("W", "h"),
    instance=_network,
    reference=_stacked_reference,
    asks="Which block of W meets which block of the row, and is that so in your code?",
    slips=(
        Slip("row_in_the_other_order", "[x_t, h[-1]]", "[h[-1], x_t]",
             "h differs from step 1 on: the state stands left of the input, while W_x lies on top.",
             "In which order does the formula put x_t and h_{t-1}, and W_x and W_h?"),
        Slip("stack_in_the_other_order", '[params["W_x"], params["W_h"]]', '[params["W_h"], params["W_x"]]',
             "W has W_h on top, and the input, which comes first in the row, now meets it.",
             "In which order does the formula put x_t and h_{t-1}, and W_x and W_h?"),
        Slip("w_h_transposed", 'params["W_h"]])', 'params["W_h"].T])',
             "The lower block of W is the transpose of W_h.",
             "In the row form, is there a transpose in the forward pass?"),
        Slip("bias_missing", 'both @ W + params["b_h"]', "both @ W",
             "h is computed without the bias.",
             "What else does the pre-activation contain besides the one product?"),
        Slip("initial_state_dropped", "h = [h0]", "h = [np.zeros_like(h0)]",
             "h[0] is 0: the initial state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        Slip("state_stuck_at_h0", "[x_t, h[-1]]", "[x_t, h0]",
             "h is right up to step 1 only: every step is fed the initial state.",
             "Which state does step t read, and where did step t-1 put it?"),
        Slip("no_activation", 'np.tanh(both @ W + params["b_h"])', 'both @ W + params["b_h"]',
             "The activation is never applied.",
             "What keeps the states between -1 and 1?"),
        Slip("both_in_the_other_order",
             'np.concatenate([params["W_x"], params["W_h"]])\n    h = [h0]\n    for x_t in x:\n        '
             "both = np.concatenate([x_t, h[-1]], axis=1)",
             'np.concatenate([params["W_h"], params["W_x"]])\n    h = [h0]\n    for x_t in x:\n        '
             "both = np.concatenate([h[-1], x_t], axis=1)",
             "Both are stacked in the other order: the states are right, but W should have W_x on top.",
             "Which rows of W meet the input, and where do they stand in the docstring's order?"),
        Slip("logistic_activation", 'np.tanh(both @ W + params["b_h"])',
             '1 / (1 + np.exp(-(both @ W + params["b_h"])))',
             "The activation is the logistic function in the place of tanh.",
             "Can a state of this network be negative?"),
        Slip("relu_activation", 'np.tanh(both @ W + params["b_h"])',
             'np.maximum(both @ W + params["b_h"], 0)',
             "The activation is ReLU in the place of tanh.",
             "Can a state of this network be negative?"),
        Slip("activated_twice", 'np.tanh(both @ W + params["b_h"])',
             'np.tanh(np.tanh(both @ W + params["b_h"]))',
             "The activation is applied twice to make the state.",
             "How often does the sum pass through the activation on its way to the state?"),
        Slip("old_state_added", 'np.tanh(both @ W + params["b_h"])',
             'np.tanh(both @ W + params["b_h"]) + h[-1]',
             "The old state is added to the new one, as in a residual network.",
             "By which of its two terms alone is the new state of this network made?"),
        Slip("bias_after_tanh", 'np.tanh(both @ W + params["b_h"])', 'np.tanh(both @ W) + params["b_h"]',
             "The bias is added behind tanh; it belongs inside.",
             "Of which sum is the state the tanh?"),
        Slip("bias_subtracted", 'both @ W + params["b_h"]', 'both @ W - params["b_h"]',
             "The bias is subtracted; it should be added.",
             "Which signs do the terms of this sum have in the formula?"),
        Slip("every_step_reads_the_first_input", "[x_t, h[-1]]", "[x[0], h[-1]]",
             "Every step reads the first input.",
             "Which arrays does step t read?"),
        Slip("input_one_early", "[x_t, h[-1]]", "[x[len(h) - 2], h[-1]]",
             "Every step reads the input of the step before; step 1, by a negative index, that of step T.",
             "Which arrays does step t read?"),
        Slip("state_two_back", "[x_t, h[-1]]", "[x_t, h[-2 if len(h) > 1 else -1]]",
             "From step 2 on the recurrence reads the state two steps back.",
             "Which state does step t read?"),
        Slip("recurrence_missing", "[x_t, h[-1]]", "[x_t, np.zeros_like(h0)]",
             "The row holds zeros in the place of the state: nothing is passed on from step to step.",
             "Which arrays does step t read?"),
        Slip("recurrence_subtracted", "[x_t, h[-1]]", "[x_t, -h[-1]]",
             "The state enters with the wrong sign.",
             "Which signs do the terms of this sum have in the formula?"),
        Slip("input_subtracted", "[x_t, h[-1]]", "[-x_t, h[-1]]",
             "The input enters with the wrong sign.",
             "Which signs do the terms of this sum have in the formula?"),
    ),
)

REFUTE_STACK = Exercise(
    id="05.refute_stack",
    title="Refute: a wrong stack cannot run",
    points=1,
    section="3 Would NumPy have complained?",
    function="silent_stack",
    items=("S4.7",),
    outputs=("silent_stack",),
    kind="value",
    verify=_refute_stack,
)

REFUTE_JACOBIAN = Exercise(
    id="05.refute_jacobian",
    title="Refute: the Jacobian needs no transpose",
    points=1,
    section="4 One step back: where the transpose comes from",
    function="two_matrices",
    items=("S4.22",),
    outputs=("two_matrices",),
    kind="value",
    verify=_refute_jacobian,
)

SLOPE = "(1 - h[t] ** 2)"

# what a sweep can get wrong with and without a mask, in words that fit both
ENDS_AND_LOSSES = (
    Slip("first_use_missing",
         "dW_x += x[t - 1].T @ da\n        dW_h += h[t - 1].T @ da\n        db_h += "
         "da.sum(axis=0)\n        dx[t - 1] = da @ W_x.T\n",
         "dW_x += x[t - 1].T @ da * (t > 1)\n        dW_h += h[t - 1].T @ da * (t > 1)\n        db_h "
         "+= da.sum(axis=0) * (t > 1)\n        dx[t - 1] = da @ W_x.T * (t > 1)\n",
         "W_x, W_h, b_h and x miss the use at step 1; what goes back to h0 passes through it.",
         "Which numbers does your loop variable take where the gradients are formed?"),
    Slip("h0_with_the_last_loss", '"h0": future', '"h0": future + dh[-1]',
         "h0 holds dh[-1] as well, the adjoint of the last state: a negative index takes it from the "
         "end.",
         "Does h_0 have a loss of its own, and which entry of dh would that be?"),
    Slip("loss_over_the_batch", "dh[t - 1] + future", "dh[t - 1] / dh.shape[1] + future",
         "Every gradient is divided by the batch size; the loss is a sum.",
         "Is the loss divided by B anywhere?"),
    Slip("loss_over_the_steps", "dh[t - 1] + future", "dh[t - 1] / len(dh) + future",
         "Every gradient is divided by the number of steps; the loss is a sum.",
         "Is the loss divided by T anywhere?"),
)


def _clipped(at: float) -> tuple[Slip, ...]:
    """The same, where what is carried or the whole adjoint is limited to ±at."""
    name = str(at).replace(".", "_")
    return (
        Slip(f"clipped_at_{name}", "dh[t - 1] + future", f"dh[t - 1] + np.clip(future, -{at}, {at})",
             f"What comes from later steps is clipped to ±{at} at every step, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
        Slip(f"adjoint_clipped_at_{name}", "dh[t - 1] + future", f"np.clip(dh[t - 1] + future, -{at}, {at})",
             f"The adjoint of each state is clipped to ±{at}, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
    )  # fmt: skip


# the same, where two versions of an update are both there
COUNTED_TWICE = (
    Slip("uses_but_the_first_twice",
         "dW_x += x[t - 1].T @ da\n"
         "        dW_h += h[t - 1].T @ da\n"
         "        db_h += da.sum(axis=0)\n",
         "twice = 1 if t == 1 else 2\n"
         "        dW_x += twice * x[t - 1].T @ da\n"
         "        dW_h += twice * h[t - 1].T @ da\n"
         "        db_h += twice * da.sum(axis=0)\n",
         "W_x, W_h and b_h count every use but that at step 1 twice.",
         "How often does step t use W_h?"),
    Slip("uses_but_the_last_twice",
         "dW_x += x[t - 1].T @ da\n"
         "        dW_h += h[t - 1].T @ da\n"
         "        db_h += da.sum(axis=0)\n",
         "twice = 1 if t == len(x) else 2\n"
         "        dW_x += twice * x[t - 1].T @ da\n"
         "        dW_h += twice * h[t - 1].T @ da\n"
         "        db_h += twice * da.sum(axis=0)\n",
         "W_x, W_h and b_h count every use but that at the last step twice.",
         "How often does step t use W_h?"),
)

BACKWARD = Exercise(
    id="05.rnn_backward",
    title="Back-propagation through time",
    points=4,
    section="6 The sweep",
    function="rnn_backward",
    items=("S0.2", "S4.9"),
    answers=("rnn.backward", "rnn.sweep", "rnn.gradients", "paths.path_terms"),
    outputs=("W_x", "W_h", "b_h", "x", "h0"),
    instance=_states_and_adjoints,
    reference=_backward_reference,
    sweep=Sweep((3,), long=_long, batch=1),
    spectrum=_contributions,
    step="t",
    backward=True,
    asks="Take T = 1, where nothing comes from a later step: which outputs are wrong there already, and "
    "what are they formed from? If none is, what is new with T = 2?",
    slips=with_sweep((
        # what travels from step to step
        Slip("no_carry", "dh[t - 1] + future", "dh[t - 1]",
             "Only the paths of length zero are there: nothing flows from step t+1 back to t.",
             "Which two places use h_t?"),
        Slip("carry_forgotten", "        future = da @ W_h.T", "        pass",
             "Nothing is passed back from step t+1 to t: h0 stays zero, and only the paths of length zero "
             "are left.",
             "Which two places use h_t, and where is the second one in your sweep?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(x) else future)",
             "Only the last step's loss is counted: the other steps' own adjoints are missing.",
             "Does the loss read h_t at every step, or at the last one only?"),
        Slip("upstream_ones", "dh[t - 1] + future", "np.ones_like(dh[t - 1]) + future",
             "The adjoints from outside are taken as 1 at every step: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("upstream_one_step_early", "dh[t - 1] + future", "dh[t - 2] + future",
             "Each state gets the dh of the step before; step 1, by a negative index, that of step T.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h_t?"),
        Slip("upstream_one_step_late", "dh[t - 1] + future", "(dh[t] if t < len(x) else 0) + future",
             "Each state gets the dh of the step after it: the last gets none, and dh[0] is not used.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h_t?"),
        Slip("upstream_of_last_step", "dh[t - 1] + future", "dh[-1] + future",
             "Every state gets the dh of the last step, again and again.",
             "What reaches h[1] from outside, and where does it stand in dh?"),
        Slip("carry_subtracted", "dh[t - 1] + future", "dh[t - 1] - future",
             "What comes from later steps is subtracted.",
             "Two routes to the loss: add or subtract?"),
        Slip("carry_halved", "dh[t - 1] + future", "(dh[t - 1] + future) / 2",
             "At every step the two routes are averaged in place of added.",
             "If h_t moves by 1, does each route change the loss by its whole share or by half?"),
        Slip("starts_from_last_dh", "np.zeros_like(h[0])", "dh[-1].copy()",
             "The last step's loss enters twice: the sweep starts with dh[-1] and then adds it.",
             "What lies to the right of the last step?"),
        Slip("starts_from_ones", "np.zeros_like(h[0])", "np.ones_like(h[0])",
             "The sweep starts from an array of ones, as if a step T+1 had passed that on.",
             "What lies to the right of the last step?"),
        Slip("w_h_not_transposed", "da @ W_h.T", "da @ W_h",
             "The step back uses W_h where its transpose belongs.",
             "W_h[j, i] leads from which unit to which? Walk it the other way."),
        Slip("carry_without_w", "future = da @ W_h.T", "future = da",
             "The step back from a_t to h_{t-1} misses W_h: from step T-1 down everything differs.",
             "Which matrix did h_{t-1} pass on the way forward?"),
        Slip("carry_without_slope", "da @ W_h.T", "dh_total @ W_h.T",
             "The step back skips the slope: the adjoint of h_t is carried where that of a_t belongs.",
             "On the way forward h_{t-1} meets W_h, and then? Walk it backward."),
        Slip("carry_slope_twice", "da @ W_h.T", "(da * (1 - h[t] ** 2)) @ W_h.T",
             "The step back carries the slope of step t twice.",
             "How many times does h_{t-1} pass through tanh on its way to h_t?"),
        Slip("carry_slope_of_next_step", "da @ W_h.T", "(dh_total * (1 - h[t - 1] ** 2)) @ W_h.T",
             "What is passed back carries the slope at h_{t-1}; the step from h_{t-1} to h_t has its own.",
             "The tanh of which step lies between h_{t-1} and h_t?"),
        Slip("carry_piles_up", "future = da @ W_h.T", "future = future + da @ W_h.T",
             "What is passed back is added to what came from later steps in place of replacing it.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        Slip("truncated_after_one_hop", "da @ W_h.T", f"(dh[t - 1] * {SLOPE}) @ W_h.T",
             "Paths of two hops or more are missing: what is passed back holds step t's own loss only.",
             "The loss of step 3 should reach h[1]; what must step 2 pass on for that?"),
        Slip("detached_halfway", "da @ W_h.T", "da @ W_h.T * (t != len(x) // 2 + 1)",
             "The sweep is cut in the middle: no path crosses from the second half into the first.",
             "A truncated pass is lesson 06; is there a reason to cut here?"),
        Slip("sign_flipped_on_the_way", "da @ W_h.T", "-da @ W_h.T",
             "What is passed back changes its sign at every step.",
             "Is there a minus between h_{t-1} and a_t?"),
        Slip("carry_scaled_by_half", "future = da @ W_h.T", "future = da @ W_h.T / 2",
             "What is passed back is halved at every step.",
             "What lies between h_{t-1} and a_t, besides W_h?"),
        Slip("own_loss_passed_on", "future = da @ W_h.T", "future = da @ W_h.T + dh[t - 1]",
             "What step t passes back holds its own dh as well, as it came in: past tanh and W_h.",
             "By which way does h_{t-1} change the loss of step t?"),
        # the slope
        Slip("slope_missing", f"dh_total * {SLOPE}", "dh_total",
             "The slope of tanh is missing at every step.",
             "What lies between h_t and a_t?"),
        Slip("slope_of_previous_state", SLOPE, "(1 - h[t - 1] ** 2)",
             "The slope is taken at h_{t-1}, one step too early.",
             "Which state is the output of step t's tanh?"),
        Slip("slope_of_input_state_wrapped", SLOPE, "(1 - h[t - 2] ** 2)",
             "The slope is taken two states too early; at step 1 a negative index fetches the last state.",
             "h has T + 1 entries: where does the state stand that step t made?"),
        Slip("slope_activated_twice", SLOPE, "(1 - np.tanh(h[t]) ** 2)",
             "The slope is 1 - tanh(h)²: tanh is applied to a value that has been through it.",
             "What does h hold already?"),
        Slip("slope_not_squared", SLOPE, "(1 - h[t])",
             "The slope is 1 - h, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("slope_square_outside", SLOPE, "((1 - h[t]) ** 2)",
             "The slope is (1 - h)²: the whole bracket is squared.",
             "Is tanh equally steep at a and at -a? Is your slope the same at h and at -h?"),
        Slip("slope_negative", SLOPE, "(h[t] ** 2 - 1)",
             "The slope is h² - 1: its sign is the opposite one at every step.",
             "Does tanh rise or fall?"),
        Slip("slope_of_logistic", SLOPE, "(h[t] * (1 - h[t]))",
             "The slope is h(1 - h): that belongs to the logistic function.",
             "Which activation does this network use?"),
        Slip("slope_divided", f"dh_total * {SLOPE}", f"dh_total / {SLOPE}",
             "The adjoint is divided by the slope; 1/(1 - h²) is the slope of the inverse function.",
             "Where tanh is flat, should the adjoint of a_t be large or small?"),
        Slip("slope_with_plus", SLOPE, "(1 + h[t] ** 2)",
             "The slope is 1 + h²; it would then be larger than 1.",
             "Where is tanh at its steepest, and how steep is it there?"),
        Slip("slope_is_the_square", SLOPE, "h[t] ** 2",
             "The slope is h²: it would vanish where tanh is steepest.",
             "How steep is tanh at a = 0, and what is h there?"),
        Slip("parentheses_missing", f"dh_total * {SLOPE}", "dh_total * 1 - h[t] ** 2",
             "h² is subtracted from the adjoint in place of scaling it: a product comes before a difference.",
             "If dh were zero everywhere, would your gradient be zero?"),
        Slip("slope_of_the_adjoint", SLOPE, "(1 - dh_total ** 2)",
             "The slope is taken at the adjoint, 1 - dh_total²; it belongs to the state.",
             "tanh'(a) = 1 - (?)²: what is in the bracket, something from the forward or the backward pass?"),
        Slip("slope_on_own_loss_only", f"dh_total * {SLOPE}", f"dh[t - 1] * {SLOPE} + future",
             "The slope multiplies what comes from outside; what comes from later steps gets past it.",
             "By which door does the later steps' share reach a_t?"),
        Slip("slope_on_carry_only", f"dh_total * {SLOPE}", f"dh[t - 1] + future * {SLOPE}",
             "The slope multiplies what comes from later steps; dh gets past it.",
             "Is dh the adjoint of h_t or of a_t?"),
        Slip("slope_squared", SLOPE, "(1 - h[t] ** 2) ** 2",
             "The slope of every step enters twice.",
             "How many times is tanh applied at a step?"),
        # the parameters
        Slip("w_x_overwritten", "dW_x += ", "dW_x = ",
             "W_x holds one step's part only: each step overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("w_h_overwritten", "dW_h += ", "dW_h = ",
             "W_h holds one step's part only: each step overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("b_h_overwritten", "db_h += ", "db_h = ",
             "b_h holds one step's part only: each step overwrites the one before.",
             "How often is b_h used, and what happens to the parts of its gradient?"),
        Slip("w_x_immediate_only", "x[t - 1].T @ da", f"x[t - 1].T @ (dh[t - 1] * {SLOPE})",
             "W_x holds the immediate terms only: what later steps contribute is missing from it.",
             "x_t does not depend on W_x, but does the state that later steps read?"),
        Slip("w_h_immediate_only", "h[t - 1].T @ da", f"h[t - 1].T @ (dh[t - 1] * {SLOPE})",
             "W_h holds the immediate terms only: what later steps contribute is missing from it.",
             "Which adjoint of a_t knows of the later steps?"),
        Slip("b_h_immediate_only", "da.sum(axis=0)", f"(dh[t - 1] * {SLOPE}).sum(axis=0)",
             "b_h holds the immediate terms only: what later steps contribute is missing from it.",
             "Does the state that later steps read depend on b_h?"),
        Slip("w_h_sees_new_state", "h[t - 1].T @ da", "h[t].T @ da",
             "W_h is multiplied by the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("w_h_two_back", "h[t - 1].T @ da", "h[t - 2].T @ da",
             "W_h is multiplied by the state before the one the step reads; at step 1 by the last one.",
             "h has T + 1 entries and h[0] is the initial state: where is the state that step t reads?"),
        Slip("w_h_sees_h0_only", "h[t - 1].T @ da", "h[0].T @ da",
             "W_h is multiplied by the initial state at every step.",
             "Which state does step 3 read?"),
        Slip("w_h_gradient_transposed", "h[t - 1].T @ da", "da.T @ h[t - 1]",
             "W_h is the transpose of its gradient; it is square, so no shape gives that away.",
             "Old or new unit: which of them numbers the rows of W_h?"),
        Slip("w_h_first_use_missing", "h[t - 1].T @ da", "h[t - 1].T @ da * (t > 1)",
             "The use of W_h at step 1 is missing, as if the initial state were always zero.",
             "Is h[0] zero here, and is it multiplied by W_h?", alone=True),
        Slip("w_x_input_one_early", "x[t - 1].T @ da", "x[t - 2].T @ da",
             "W_x is multiplied by the input of the step before; at step 1, by that of step T.",
             "Which entry of x does step t read?"),
        Slip("w_x_from_state_adjoint", "x[t - 1].T @ da", "x[t - 1].T @ dh_total",
             "W_x is formed with the adjoint of h_t; it enters a_t, on the other side of tanh.",
             "Which of the two adjoints belongs to the place where W_x is used?"),
        Slip("w_h_from_state_adjoint", "h[t - 1].T @ da", "h[t - 1].T @ dh_total",
             "W_h is formed with the adjoint of h_t; it enters a_t, on the other side of tanh.",
             "Which of the two adjoints belongs to the place where W_h is used?"),
        Slip("b_h_from_state_adjoint", "da.sum(axis=0)", "dh_total.sum(axis=0)",
             "b_h is formed with the adjoint of h_t; it enters a_t, on the other side of tanh.",
             "Which of the two adjoints belongs to the place where b_h is used?"),
        Slip("w_x_averaged", "x[t - 1].T @ da", "x[t - 1].T @ da / len(da)",
             "W_x is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("w_h_averaged", "h[t - 1].T @ da", "h[t - 1].T @ da / len(da)",
             "W_h is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("b_h_averaged", "da.sum(axis=0)", "da.mean(axis=0)",
             "b_h is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("b_h_one_number", "da.sum(axis=0)", "da.sum()",
             "Every entry of b_h is the same: the sum runs over the hidden units too.",
             "Each unit has its own bias: which axis must be left?"),
        Slip("b_h_first_instance", "da.sum(axis=0)", "da[0]",
             "b_h counts the first instance only.",
             "The forward pass adds b_h to how many rows?"),
        # the inputs and the ends
        Slip("x_holds_the_sum", "dx[t - 1] = ", "dx += ",
             "Every entry of x holds the sum over all steps: x was treated like a shared weight.",
             "How many steps read x_t?"),
        Slip("x_stored_one_early", "dx[t - 1] = ", "dx[t - 2] = ",
             "Every entry of x stands one place too early; the first step's lies at the end.",
             "Which entry of x does step t read?"),
        Slip("x_reversed", '"x": dx,', '"x": dx[::-1],',
             "x stands in the opposite order: its first entry is that of step T.",
             "In which order does the sweep make the entries of x, and in which are they to be returned?"),
        Slip("x_from_state_adjoint", "da @ W_x.T", "dh_total @ W_x.T",
             "x is formed with the adjoint of h_t: the slope lies between.",
             "Does the input enter h_t before or behind tanh?"),
        Slip("x_without_later_steps", "da @ W_x.T", f"(dh[t - 1] * {SLOPE}) @ W_x.T",
             "x counts the loss of its own step only.",
             "An input at step 1 changes which of the states?"),
        Slip("h0_is_adjoint_of_h1", '"h0": future', '"h0": dh_total',
             "h0 holds the adjoint of h[1]: the last step back is missing.",
             "Which step lies between h[1] and h[0]?"),
        Slip("h0_is_adjoint_of_a1", '"h0": future', '"h0": da',
             "h0 holds the adjoint of a_1: the last product is missing.",
             "What does h[0] pass on its way into the first tanh?"),
        Slip("first_step_skipped", "range(len(x), 0, -1)", "range(len(x), 1, -1)",
             "The sweep stops before step 1: x is zero there, and h0 is what step 2 hands back.",
             "Which is the last step that the loop visits?"),
        Slip("first_step_never_reached", "        dh_total = ",
             "        dh, future = dh * (t > 1), future * (t > 1)\n        dh_total = ",
             "Step 1 adds nothing: x is zero there, and h0 stays zero.",
             "Which numbers does your loop variable take, and which is the last?"),
        Slip("last_step_skipped", "range(len(x), 0, -1)", "range(len(x) - 1, 0, -1)",
             "The sweep begins at step T - 1: the last step's loss never enters.",
             "Which is the first step that the loop visits?"),
        Slip("runs_forward", "range(len(x), 0, -1)", "range(1, len(x) + 1)",
             "The loop runs from the first step to the last: adjoints travel the wrong way.",
             "Which must be known first, the adjoint of h_t or that of h_{t+1}?"),
        Slip("seeded_with_ones", "dh[t - 1] + future", "np.ones_like(future)",
             "The adjoint of every state is taken as 1: neither dh nor what comes from later steps is used.",
             "Which two gradients add up to the adjoint of h_t?"),
        Slip("no_carry_and_parameters_overwritten", "dh[t - 1] + future",
             "dh[t - 1]; dW_x[:] = 0; dW_h[:] = 0; db_h[:] = 0",
             "Nothing is passed back from step to step, and W_x, W_h and b_h hold one step's part only: each "
             "step overwrites the one before.",
             "A state is used twice, a parameter at every step: what happens to gradients of several uses?"),
        Slip("first_loss_left_out", "dh[t - 1] + future", "(dh[t - 1] if t > 1 else 0) + future",
             "dh[0], the adjoint of h_1 from outside, is left out.",
             "dh has T rows: which state does the first row belong to?"),
        Slip("slope_of_pre_activation", "(1 - h[t] ** 2)", "(1 - np.arctanh(h[t]) ** 2)",
             "The slope is 1 - a_t², written with the pre-activation in the place of the state.",
             "tanh'(a) = 1 - tanh(a)²: which array holds tanh(a_t)?"),
        Slip("slope_on_the_way_back", "future = da @ W_h.T",
             "future = da @ W_h.T * (1 - h[t - 1] ** 2)",
             "What is passed back to h_{t-1} has the slope of step t-1 already, and that step "
             "multiplies by it once more.",
             "At which step does the slope of tanh at h_{t-1} come in?"),
        Slip("h0_with_slope", '"h0": future', '"h0": future * (1 - h[0] ** 2)',
             "h0 is multiplied by 1 - h_0²: h_0 is no output of a tanh.",
             "Through which function did h_0 come about?"),
        Slip("h0_summed_over_batch", '"h0": future', '"h0": np.zeros_like(future) + future.sum(axis=0)',
             "h0 is summed over the batch: every instance gets the sum of all.",
             "Does each instance of the batch have an initial state of its own?"),
        *ENDS_AND_LOSSES,
        *_clipped(1),
        Slip("passed_on_clipped_at_1", "future = da @ W_h.T", "future = np.clip(da @ W_h.T, -1, 1)",
             "What is passed back is clipped to ±1 at every step, h0 too, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
        *_clipped(0.5),
        Slip("passed_on_clipped_at_0_5", "future = da @ W_h.T", "future = np.clip(da @ W_h.T, -0.5, 0.5)",
             "What is passed back is clipped to ±0.5 at every step, h0 too, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
        Slip("h0_without_slope", '"h0": future', '"h0": dh_total @ W_h.T',
             "h0 misses the slope of tanh at step 1.",
             "What lies between h_1 and the sum that h_0 enters?"),
        Slip("carry_without_slope_and_w", "future = da @ W_h.T", "future = dh_total",
             "The adjoint is passed back as it is: slope and W_h are missing.",
             "On the way from h_{t-1} to h_t, what does it pass?"),
        Slip("w_h_summed_states", "h[t - 1].T @ da", "h[:t].sum(axis=0).T @ da",
             "W_h is formed with the sum of all states so far.",
             "Which state does step t read?"),
        Slip("w_x_summed_inputs", "x[t - 1].T @ da", "x[:t].sum(axis=0).T @ da",
             "W_x is formed with the sum of all inputs so far.",
             "Which input does step t read?"),
        Slip("w_h_batch_summed_before", "h[t - 1].T @ da", "np.outer(h[t - 1].sum(axis=0), da.sum(axis=0))",
             "W_h multiplies two sums over the batch; it is the sum of the products.",
             "May the state of one instance meet the adjoint of another?"),
        Slip("w_x_batch_summed_before", "x[t - 1].T @ da", "np.outer(x[t - 1].sum(axis=0), da.sum(axis=0))",
             "W_x multiplies two sums over the batch; it is the sum of the products.",
             "May the input of one instance meet the adjoint of another?"),
        Slip("w_h_first_instance", "h[t - 1].T @ da", "h[t - 1][:1].T @ da[:1]",
             "W_h counts the first instance only.",
             "How many instances use W_h at a step?"),
        Slip("w_x_first_instance", "x[t - 1].T @ da", "x[t - 1][:1].T @ da[:1]",
             "W_x counts the first instance only.",
             "How many instances use W_x at a step?"),
        Slip("w_h_state_squashed", "h[t - 1].T @ da", "np.tanh(h[t - 1]).T @ da",
             "W_h is formed with the tanh of the state, which has been through tanh already.",
             "What does h hold?"),
        Slip("x_summed_over_batch", "dx[t - 1] = da @ W_x.T", "dx[t - 1] = da.sum(axis=0) @ W_x.T",
             "x is summed over the batch: every instance gets the sum of all.",
             "Does each instance of the batch have inputs of its own?"),
        Slip("slope_of_last_state", "(1 - h[t] ** 2)", "(1 - h[-1] ** 2)",
             "Every step has the slope at the last state.",
             "Which state is the output of step t's tanh?"),
        Slip("slope_of_the_next_state", "(1 - h[t] ** 2)", "(1 - h[min(t + 1, len(x))] ** 2)",
             "The slope is taken at the state one step later.",
             "Which state is the output of step t's tanh?"),
        Slip("averaged_over_batch_and_steps", "dh[t - 1] + future",
             "dh[t - 1] / len(dh) / dh.shape[1] + future",
             "Every gradient is divided by the number of steps and the batch size; the loss is a sum.",
             "Is the loss divided by anything?"),
        *recomputed_slopes("(1 - h[t] ** 2)", "(1 - np.tanh({}) ** 2)", "x[t - 1] @ W_x", "h[t - 1] @ W_h",
                           'params["b_h"]'),
        Slip("slope_of_the_step_before_on_carry", "dh_total * (1 - h[t] ** 2)",
             "dh[t - 1] * (1 - h[t] ** 2) + future * (1 - h[t - 1] ** 2)",
             "What comes from later steps gets the slope at h_{t-1}; only the own loss gets that at h_t.",
             "Both add up to the adjoint of h_t: through which tanh do they pass to a_t?"),
        Slip("slope_of_the_step_before_on_carry_and_round", "dh_total * (1 - h[t] ** 2)",
             "dh[t - 1] * (1 - h[t] ** 2) + future * (1 - h[t - 1 or len(x)] ** 2)",
             "What comes from later steps gets the slope at h_{t-1}, and at step 1, by a negative index, "
             "that at h_T; only the own loss gets that at h_t.",
             "Both add up to the adjoint of h_t: through which tanh do they pass to a_t?"),
        Slip("slope_of_the_next_step_on_carry", "dh_total * (1 - h[t] ** 2)",
             "dh[t - 1] * (1 - h[t] ** 2) + future * (1 - h[min(t + 1, len(x))] ** 2)",
             "What comes from later steps gets the slope at h_{t+1}, which it has passed already, in the "
             "place of that at h_t.",
             "Both add up to the adjoint of h_t: through which tanh do they pass to a_t?"),
        *COUNTED_TWICE,
    ), SweepCode(
        w_x="x[t - 1].T @ da", w_h="h[t - 1].T @ da", bias="b_h", b="da.sum(axis=0)", x="dx[t - 1] = ",
        h0='"h0": future',
    )),
)

ONE_BY_ONE = Exercise(
    id="05.one_by_one",
    title="A batch is B single runs",
    points=2,
    section="7 A batch is B single runs",
    function="one_by_one",
    builds_on=("rnn_backward",),
    items=("S4.6",),
    answers=("rnn.backward",),
    outputs=("W_x", "W_h", "b_h", "x", "h0"),
    instance=_states_and_adjoints,
    reference=_backward_reference,
    sweep=Sweep((3,), long=_long, batch=1),
    spectrum=_contributions,
    step="t",
    backward=True,
    asks="Call it for a batch of one: is it right there? Then what happens between the instances?",
    slips=(
        Slip("adjoints_averaged", "dh[:, one]", "dh.mean(axis=1, keepdims=True)",
             "Every instance gets the mean of all instances' adjoints.",
             "Whose loss does each row of dh belong to?"),
        Slip("weights_averaged", "sum(part[name] for part in parts)",
             "sum(part[name] for part in parts) / len(parts)",
             "W_x, W_h and b_h are averaged over the instances; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("last_instance_only", "sum(part[name] for part in parts)", "parts[-1][name]",
             "W_x, W_h and b_h hold the last instance's part only.",
             "The instances share their weights: what happens to the parts of a shared gradient?"),
        Slip("first_instance_only", "sum(part[name] for part in parts)", "parts[0][name]",
             "W_x, W_h and b_h hold the first instance's part only.",
             "The instances share their weights: what happens to the parts of a shared gradient?"),
        Slip("first_instance_skipped", "range(x.shape[1])", "range(1, x.shape[1])",
             "The first instance is missing: x and h0 have one row too few, the weights one part.",
             "At which index does the batch begin?"),
        Slip("last_instance_skipped", "range(x.shape[1])", "range(x.shape[1] - 1)",
             "The last instance is missing: x and h0 have one row too few, the weights one part.",
             "At which index does the batch end?"),
        Slip("x_summed", 'np.concatenate([part["x"] for part in parts], axis=1)',
             'sum(part["x"] for part in parts)',
             "x is summed over the instances; every instance has an input of its own.",
             "Which of the five outputs are shared by the instances?"),
        Slip("h0_summed", 'np.concatenate([part["h0"] for part in parts])',
             'sum(part["h0"] for part in parts)',
             "h0 is summed over the instances; here every instance has an initial state of its own.",
             "Which of the five outputs are shared by the instances?"),
        Slip("loss_averaged", "dh[:, one]", "dh[:, one] / x.shape[1]",
             "The gradients are divided by B: every run is given its share of a mean; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("weights_kept_apart", "sum(part[name] for part in parts)",
             "np.stack([part[name] for part in parts])",
             "W_x, W_h and b_h have one axis too many: the instances' parts stand side by side.",
             "How many copies of the weights are there?"),
        Slip("x_joined_along_time", 'for part in parts], axis=1)', 'for part in parts], axis=0)',
             "x has the instances one after the other, as if they were later steps.",
             "Which axis of x numbers the instances?"),
        Slip("states_of_the_first_instance", ", h[:, one]", ", h[:, :1]",
             "Every run is given the states of the first instance.",
             "Which of the four arguments have a batch axis?"),
        Slip("adjoints_of_the_first_instance", "dh[:, one]", "dh[:, :1]",
             "Every run is given the adjoints of the first instance.",
             "Which of the four arguments have a batch axis?"),
        Slip("inputs_of_the_first_instance", "x[:, one]", "x[:, :1]",
             "W_x is formed with the inputs of the first instance only.",
             "Which of the four arguments have a batch axis?"),
        Slip("h0_sum_for_every_instance", 'np.concatenate([part["h0"] for part in parts])',
             'np.repeat(sum(part["h0"] for part in parts), len(parts), axis=0)',
             "h0 is added up over the instances, and every instance gets the sum.",
             "Does each instance of the batch have an initial state of its own?"),
        Slip("h0_mean_for_every_instance", 'np.concatenate([part["h0"] for part in parts])',
             'np.repeat(sum(part["h0"] for part in parts) / len(parts), len(parts), axis=0)',
             "h0 is averaged over the instances, and every instance gets the mean.",
             "Does each instance of the batch have an initial state of its own?"),
        Slip("h0_of_the_first_for_every_instance", 'np.concatenate([part["h0"] for part in parts])',
             'np.repeat(parts[0]["h0"], len(parts), axis=0)',
             "Every instance gets the h0 of the first.",
             "Which instance does each row of the result belong to?"),
        Slip("h0_of_the_last_for_every_instance", 'np.concatenate([part["h0"] for part in parts])',
             'np.repeat(parts[-1]["h0"], len(parts), axis=0)',
             "Every instance gets the h0 of the last.",
             "Which instance does each row of the result belong to?"),
        Slip("h0_reversed", 'np.concatenate([part["h0"] for part in parts])',
             'np.concatenate([part["h0"] for part in parts[::-1]])',
             "The instances of h0 are joined in the opposite order.",
             "Which instance does each row of the result belong to?"),
        Slip("x_sum_for_every_instance", 'np.concatenate([part["x"] for part in parts], axis=1)',
             'np.repeat(sum(part["x"] for part in parts), len(parts), axis=1)',
             "x is added up over the instances, and every instance gets the sum.",
             "Does each instance of the batch have inputs of its own?"),
        Slip("x_of_the_first_for_every_instance", 'np.concatenate([part["x"] for part in parts], axis=1)',
             'np.repeat(parts[0]["x"], len(parts), axis=1)',
             "Every instance gets the x of the first.",
             "Which instance does each row of the result belong to?"),
        Slip("x_of_the_last_for_every_instance", 'np.concatenate([part["x"] for part in parts], axis=1)',
             'np.repeat(parts[-1]["x"], len(parts), axis=1)',
             "Every instance gets the x of the last.",
             "Which instance does each row of the result belong to?"),
        Slip("x_reversed", 'np.concatenate([part["x"] for part in parts], axis=1)',
             'np.concatenate([part["x"] for part in parts[::-1]], axis=1)',
             "The instances of x are joined in the opposite order.",
             "Which instance does each row of the result belong to?"),
        Slip("x_and_h0_reversed",
             'np.concatenate([part["x"] for part in parts], axis=1)\n    grads["h0"] = '
             'np.concatenate([part["h0"] for part in parts])',
             'np.concatenate([part["x"] for part in parts[::-1]], axis=1)\n    grads["h0"] = '
             'np.concatenate([part["h0"] for part in parts[::-1]])',
             "The instances of x and h0 are joined in the opposite order.",
             "Which instance does each row of the result belong to?"),
        Slip("x_time_reversed", 'np.concatenate([part["x"] for part in parts], axis=1)',
             'np.concatenate([part["x"] for part in parts], axis=1)[::-1]',
             "x stands in the opposite order: its first entry is that of step T.",
             "In which order are the steps to be returned?"),
        Slip("adjoints_of_another_instance", "dh[:, one]", "dh[:, [b - 1]]",
             "Each instance runs with the dh of the instance before.",
             "Which instance does each row of the result belong to?"),
        Slip("states_of_another_instance", ", h[:, one]", ", h[:, [b - 1]]",
             "Each instance runs with the states of the instance before.",
             "Which instance does each row of the result belong to?"),
        Slip("inputs_of_another_instance", "x[:, one]", "x[:, [b - 1]]",
             "Each instance runs with the inputs of the instance before.",
             "Which instance does each row of the result belong to?"),
        Slip("adjoints_summed", "dh[:, one]", "dh.sum(axis=1, keepdims=True)",
             "Each instance runs with the sum of all dh.",
             "Which losses belong to one instance?"),
        Slip("biases_of_the_last_only", "sum(part[name] for part in parts)",
             '(parts[-1][name] if name == "b_h" else sum(part[name] for part in parts))',
             "b_h is that of the last instance only.",
             "How many instances use b_h?"),
        Slip("largest_of_all", "sum(part[name] for part in parts)",
             "np.max([part[name] for part in parts], axis=0)",
             "The parameters' parts are not added up: the largest entry of each is taken.",
             "A parameter is used by every instance: what happens to the parts of its gradient?"),
        Slip("x_joined_along_time_and_reshaped", 'np.concatenate([part["x"] for part in parts], axis=1)',
             'np.concatenate([part["x"] for part in parts]).reshape(x.shape)',
             "x is joined along time and given its shape afterwards: steps of different instances are "
             "mixed.",
             "Which axis of x counts the instances, and does reshape exchange axes?"),
    ),
)

MASKED = Exercise(
    id="05.masked_backward",
    title="Sequences of different lengths",
    points=3,
    section="7 Sequences of different lengths",
    function="masked_backward",
    answers=("rnn.backward", "rnn.sweep", "rnn.gradients", "paths.path_terms"),
    outputs=("W_x", "W_h", "b_h", "x", "h0"),
    instance=_masked,
    reference=_masked_reference,
    sweep=Sweep((3,), long=lambda number: _masked(number, LONG_SIZES), batch=1),
    step="t",
    backward=True,
    asks="Take a mask of ones: is it right there? Then take one instance with one padded step, and follow "
    "the adjoint across that step.",
    slips=with_sweep((
        # the mask
        Slip("padding_taken_to_be_at_the_end", "mask[t - 1][:, None]", "(t <= mask.sum(axis=0))[:, None]",
             "Only the number of ones in the mask is used, as if all padding stood at the end.",
             "Where may the zeros of a mask stand?"),
        Slip("h0_masked", '"h0": future', '"h0": mask[0][:, None] * future',
             "h0 is masked: an instance whose first step is padded gets zero.",
             "At a padded step the state stays as it is: what is the derivative of H_1 with respect "
             "to h_0 then?"),
        Slip("mask_ignored", "real = mask[t - 1][:, None]", "real = 1.0",
             "Padded steps are treated as real ones: the mask is not used.",
             "Is H_t a function of X_t at a padded step?"),
        Slip("adjoints_masked_and_the_old_sweep",
             "real = mask[t - 1][:, None]\n        dh_total = dh[t - 1] + future",
             "real = 1.0\n        dh_total = mask[t - 1][:, None] * dh[t - 1] + future",
             "Only the adjoints from outside are masked; the sweep itself treats every step as a real one.",
             "At a padded step, which arrays does H_t depend on? And a loss that reads H_t there?"),
        Slip("only_the_gradients_masked", "da @ W_h.T + (1 - real) * dh_total",
             "(dh_total * (1 - h[t] ** 2)) @ W_h.T",
             "A padded step adds nothing to the parameters, but what travels back passes tanh and W_h there.",
             "Which way does the state take across a padded step, and which way must its adjoint take?"),
        Slip("state_not_carried", " + (1 - real) * dh_total", "",
             "At a padded step the adjoint of the state ends: what later steps and losses pass on is lost "
             "there.",
             "At a padded step H_t equals H_{t-1}. What is the derivative of one with respect to the other?"),
        Slip("carried_at_real_steps_too", "(1 - real) * dh_total", "dh_total",
             "The adjoint of the state is carried past every step, past the real ones too.",
             "At a real step, does H_t contain H_{t-1} outside the tanh?"),
        Slip("pre_activation_not_masked", "da = real * dh_total", "da = dh_total",
             "The adjoint of the state is carried across padded steps, but A_t receives one there too.",
             "At a padded step, what does H_t make of A_t?"),
        Slip("mask_turned_round", "real = mask[t - 1][:, None]", "real = 1 - mask[t - 1][:, None]",
             "Padded steps are swept and real steps are skipped: zeros and ones of the mask are in each "
             "other's place.",
             "Which of the two numbers marks a real step?"),
        Slip("own_loss_masked", "dh[t - 1] + future", "real * dh[t - 1] + future",
             "A loss that reads the state at a padded step is dropped.",
             "At a padded step the loss reads H_t. Which real state is that?"),
        Slip("future_masked", "dh[t - 1] + future", "dh[t - 1] + real * future",
             "What comes from later steps is dropped wherever it meets a padded step.",
             "The mask belongs to A_t. Which of the two parts of the full adjoint does it concern?"),
        Slip("carried_through_slope", "(1 - real) * dh_total", "(1 - real) * dh_total * (1 - h[t] ** 2)",
             "Across a padded step the adjoint is multiplied by a slope.",
             "Is tanh applied at a padded step?"),
        Slip("carried_through_w_h", "(1 - real) * dh_total", "(1 - real) * dh_total @ W_h.T",
             "Across a padded step the adjoint is multiplied by W_h.",
             "Is W_h used at a padded step?"),
        Slip("mask_one_step_late", "mask[t - 1]", "mask[t % len(mask)]",
             "Every step uses the mask of the step after it, the last one that of step 1.",
             "mask has T entries and h has T + 1: which entry of mask belongs to h_t?"),
        Slip("mask_one_step_early", "mask[t - 1]", "mask[t - 2]",
             "Every step uses the mask of the step before it, step 1 that of step T.",
             "mask has T entries and h has T + 1: which entry of mask belongs to h_t?"),
        Slip("last_step_for_all", "mask[t - 1]", "mask[-1]",
             "Every step uses the mask of step T: an instance that ends early adds nothing at all.",
             "Does the mask belong to the instance, or to the instance and the step?"),
        Slip("x_from_state_adjoint_where_real", "da @ W_x.T", "(real * dh_total) @ W_x.T",
             "x is formed with the adjoint of h_t: the slope lies between.",
             "Does the input enter h_t before or behind tanh?"),
        # what the sweep without a mask can get wrong as well
        Slip("nothing_flows_back", "dh[t - 1] + future", "dh[t - 1]",
             "Only the paths of length zero are there: nothing flows from step t+1 back to t.",
             "Which places use h_t?"),
        Slip("slope_forgotten", " * (1 - h[t] ** 2)", "",
             "The slope is missing at every real step.",
             "What lies between h_t and a_t?"),
        Slip("slope_of_the_step_before", "h[t] ** 2", "h[t - 1] ** 2",
             "The slope is taken at the state that the step reads, one step too early.",
             "Which state is the output of step t's tanh?"),
        Slip("w_h_with_the_new_state", "h[t - 1].T @ da", "h[t].T @ da",
             "W_h is multiplied by the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("w_h_not_turned", "da @ W_h.T", "da @ W_h",
             "The step back uses W_h in place of its transpose.",
             "Forward, W_h[m, n] leads from unit m to unit n. And backward?"),
        Slip("w_x_replaced", "dW_x += ", "dW_x = ",
             "W_x holds one step's part only: each step overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("w_h_replaced", "dW_h += ", "dW_h = ",
             "W_h holds one step's part only: each step overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("b_h_replaced", "db_h += ", "db_h = ",
             "b_h holds one step's part only: each step overwrites the one before.",
             "How often is b_h used, and what happens to the parts of its gradient?"),
        Slip("averaged_over_real_rows", "db_h += da.sum(axis=0)", "db_h += da.sum(axis=0) / real.sum()",
             "b_h is averaged over the instances that are real at each step; the loss is a sum.",
             "Is the loss divided by the number of real steps anywhere?"),
        Slip("h0_of_the_first_step", '"h0": future', '"h0": dh_total',
             "h0 holds the adjoint of h[1]: the last step back is missing.",
             "Which step lies between h[1] and h[0]?"),
        Slip("mask_one_step_late_but_the_last", "mask[t - 1][:, None]", "mask[min(t, len(x) - 1)][:, None]",
             "Each step but the last uses the mask of the step after it.",
             "mask has T rows and h has T + 1: which row belongs to step t?"),
        Slip("b_h_not_masked", "da.sum(axis=0)", "(dh_total * (1 - h[t] ** 2)).sum(axis=0)",
             "b_h counts padded steps as well.",
             "What does the bias of a padded step change?"),
        Slip("x_not_masked", "dx[t - 1] = da @", "dx[t - 1] = (dh_total * (1 - h[t] ** 2)) @",
             "x gets a gradient at padded steps as well.",
             "What does the input of a padded step change?"),
        Slip("w_h_not_masked", "h[t - 1].T @ da", "h[t - 1].T @ (dh_total * (1 - h[t] ** 2))",
             "W_h counts padded steps as well.",
             "Is W_h used at a padded step?"),
        *tanh_slopes("(1 - h[t] ** 2)", "h[t]", "h_t"),
        *ENDS_AND_LOSSES,
        Slip("h0_without_slope_at_real_steps", '"h0": future',
             '"h0": future + (real * dh_total - da) @ W_h.T',
             "h0 misses the slope of tanh at step 1.",
             "What lies between h_1 and the sum that h_0 enters?"),
        *_clipped(1),
        *_clipped(0.5),
        Slip("carried_at_real_steps_only", "(1 - real) * dh_total", "real * dh_total",
             "The mask is the wrong way round in what is carried past tanh: the state is copied where the "
             "step is padded.",
             "Which part of the adjoint does the copied state of a padded step pass on, and which does the "
             "tanh?"),
        Slip("carry_subtracted_at_padding", "+ (1 - real) * dh_total", "- (1 - real) * dh_total",
             "At padded steps the adjoint is passed on with the wrong sign.",
             "At a padded step h_t is h_{t-1}: by how much does one move when the other moves by 1?"),
        Slip("carry_without_slope", "da @ W_h.T + ", "(real * dh_total) @ W_h.T + ",
             "The step back through W_h skips the slope of tanh.",
             "On the way forward h_{t-1} passes W_h, and then? Walk it backward."),
        Slip("carry_without_w", "da @ W_h.T + ", "da + ",
             "The step back from a_t to h_{t-1} misses W_h.",
             "Which weight did h_{t-1} pass on the way forward?"),
        Slip("carry_piles_up", "future = da", "future = future + da",
             "What is passed back is added to what came from later steps in place of replacing it.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        Slip("slope_activated_twice", "(1 - h[t] ** 2)", "(1 - np.tanh(h[t]) ** 2)",
             "The slope is 1 - tanh(h)²: tanh is applied to a value that has been through it.",
             "What does h hold already?"),
        Slip("slope_not_squared", "(1 - h[t] ** 2)", "(1 - h[t])",
             "The slope is 1 - h, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("parentheses_missing", "real * dh_total * (1 - h[t] ** 2)", "real * dh_total * 1 - h[t] ** 2",
             "The slope has lost its parentheses: only the 1 is multiplied by the adjoint.",
             "In which order does Python work through a * 1 - b?"),
        Slip("w_x_not_masked", "x[t - 1].T @ da", "x[t - 1].T @ (dh_total * (1 - h[t] ** 2))",
             "W_x counts padded steps as well.",
             "Is W_x used at a padded step?"),
        Slip("w_x_from_state_adjoint", "x[t - 1].T @ da", "x[t - 1].T @ (real * dh_total)",
             "W_x is formed with the adjoint of h_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where W_x is used?"),
        Slip("w_h_from_state_adjoint", "h[t - 1].T @ da", "h[t - 1].T @ (real * dh_total)",
             "W_h is formed with the adjoint of h_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where W_h is used?"),
        Slip("b_h_from_state_adjoint", "da.sum(axis=0)", "(real * dh_total).sum(axis=0)",
             "b_h is formed with the adjoint of h_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where b_h is used?"),
        Slip("w_h_gradient_transposed", "h[t - 1].T @ da", "da.T @ h[t - 1]",
             "W_h is the transpose of its gradient; it is square, so no shape gives that away.",
             "Row or column: where does the index of h_{t-1} stand in W_h?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(x) else future)",
             "Only the last step's loss is counted: the dh of the other steps is missing.",
             "Does the loss read the state of every step?"),
        Slip("first_step_skipped", "range(len(x), 0, -1)", "range(len(x), 1, -1)",
             "The sweep stops before step 1: x is zero there, and h0 is what step 2 hands back.",
             "Which is the last index the loop visits?"),
        Slip("last_step_skipped", "range(len(x), 0, -1)", "range(len(x) - 1, 0, -1)",
             "The sweep begins one step early: the last loss never enters.",
             "Which is the first index the loop visits?"),
        Slip("runs_forward", "range(len(x), 0, -1)", "range(1, len(x) + 1)",
             "The loop runs from the first step to the last: adjoints travel the wrong way.",
             "Which must be known first, the adjoint of h_t or that of h_{t+1}?"),
        Slip("upstream_ones", "dh[t - 1] + future", "np.ones_like(future) + future",
             "The adjoint from outside is taken as 1 at every step: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        *recomputed_slopes("(1 - h[t] ** 2)", "(1 - np.tanh({}) ** 2)", "x[t - 1] @ W_x", "h[t - 1] @ W_h",
                           'params["b_h"]'),
        Slip("inputs_and_states_masked",
             "da = real * dh_total * (1 - h[t] ** 2)\n"
             "        dW_x += x[t - 1].T @ da\n"
             "        dW_h += h[t - 1].T @ da\n",
             "da = dh_total * (1 - h[t] ** 2)\n"
             "        dW_x += (real * x[t - 1]).T @ da\n"
             "        dW_h += (real * h[t - 1]).T @ da\n",
             "The mask stands at the inputs and states that W_x and W_h read, in the place of the adjoint "
             "of a_t: what reaches b_h, x and h0 is not masked.",
             "Which of a padded step's results does the loss feel?"),
        Slip("w_x_and_w_h_masked_only",
             "da = real * dh_total * (1 - h[t] ** 2)\n"
             "        dW_x += x[t - 1].T @ da\n"
             "        dW_h += h[t - 1].T @ da\n"
             "        db_h += da.sum(axis=0)\n",
             "da = dh_total * (1 - h[t] ** 2)\n"
             "        dW_x += x[t - 1].T @ (real * da)\n"
             "        dW_h += h[t - 1].T @ (real * da)\n"
             "        db_h += (real * da).sum(axis=0)\n",
             "The mask stands in the gradients of W_x, W_h and b_h alone: what goes on to x and to "
             "earlier steps is not masked.",
             "Which of a padded step's results does the loss feel?"),
        *COUNTED_TWICE,
    ), SweepCode(
        w_x="x[t - 1].T @ da", w_h="h[t - 1].T @ da", bias="b_h", b="da.sum(axis=0)", x="dx[t - 1] = ",
        h0='"h0": future',
    )),
)

SHARED_H0 = Exercise(
    id="05.shared_h0",
    title="A learned initial state",
    points=2,
    section="8 A learned initial state",
    function="shared_h0",
    builds_on=("rnn_forward", "rnn_backward"),
    items=("S4.9",),
    answers=("rnn.forward", "rnn.backward"),
    outputs=("h0",),
    instance=_shared_state,
    reference=_shared_state_reference,
    sweep=Sweep(
        (3,), lambda number: _shared_state(number, LONG_SIZES), _unroll_shared, batch=1, shared=("h0",)
    ),
    asks="Compare with a batch of one: does the difference lie in the sweep or in what follows it?",
    slips=(
        Slip("averaged", "sum(axis=0)", "mean(axis=0)",
             "h0 is averaged over the instances; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("not_summed", ".sum(axis=0)", "",
             "h0 has one row for each instance, as if each had an initial state of its own.",
             "How many numbers can be learned here?"),
        Slip("one_number", "sum(axis=0)", "sum() * np.ones_like(h0)",
             "Every entry of h0 is the same: the sum runs over the hidden units too.",
             "Which axis must be left?"),
        Slip("first_instance_only", "sum(axis=0)", "__getitem__(0)",
             "h0 counts the first instance only.",
             "How many sequences start from this row?"),
        Slip("last_instance_only", "sum(axis=0)", "__getitem__(-1)",
             "h0 counts the last instance only.",
             "How many sequences start from this row?"),
        Slip("upstream_ones", "x, h, dh)", "x, h, np.ones_like(dh))",
             "The adjoints from outside are taken as 1 at every step: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("last_loss_only", "x, h, dh)", "x, h, dh * (np.arange(len(dh)) == len(dh) - 1)[:, None, None])",
             "h0 counts the last step's loss only.",
             "Which of the states does the loss read?"),
        Slip("first_loss_only", "x, h, dh)", "x, h, dh * (np.arange(len(dh)) == 0)[:, None, None])",
             "h0 counts the loss at step 1 only.",
             "Does the first state change the later ones?"),
        Slip("adjoints_of_the_first_instance", "x, h, dh)", "x, h, dh[:, :1] + 0 * dh)",
             "Every instance is given the adjoints of the first.",
             "Which of the arguments have a batch axis?"),
        Slip("gradient_of_the_bias", '["h0"].sum(axis=0)', '["b_h"]',
             "h0 holds the gradient of b_h, which has the same shape and enters at every step.",
             "At how many steps does the initial state enter, and where?"),
        Slip("run_from_zeros", "np.tile(h0, (x.shape[1], 1))", "np.zeros((x.shape[1], len(h0)))",
             "The states of the sweep are those of a run from zeros: the slopes are not this network's.",
             "From which state did the forward pass start?"),
        Slip("only_the_first_instance_starts_there", "np.tile(h0, (x.shape[1], 1))",
             "np.eye(x.shape[1], 1) * h0",
             "Only the first instance starts from h0, the others from zeros.",
             "How does one row become the B rows of the first state?"),
        Slip("averaged_over_steps", 'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)',
             'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0) / len(x)',
             "The gradient is divided by the number of steps; the loss is a sum.",
             "Is the loss divided by T anywhere?"),
        Slip("with_slope", 'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)',
             'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0) * (1 - h0**2)',
             "The gradient is multiplied by 1 - h_0²: h_0 is no output of a tanh.",
             "Through which function did h_0 come about?"),
        Slip("first_loss_added", 'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)',
             'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0) + dh[0].sum(axis=0)',
             "The dh of the first step is added; it belongs to h_1, and is in what the sweep hands back.",
             "dh has T entries and h has T + 1: to which state does the first one belong?"),
        Slip("adjoints_summed_without_a_sweep", 'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)',
             "return dh.sum(axis=(0, 1))",
             "The adjoints of all states are added up as they are: no step back is taken.",
             "What does a change of h_0 pass on its way to h_t?"),
        Slip("largest_of_the_batch", "sum(axis=0)", "max(axis=0)",
             "The largest entry over the batch is taken; the parts are to be added up.",
             "Each instance starts from the same h0: what does each of them add to its gradient?"),
        Slip("negative", 'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)',
             'return -rnn_backward(params, x, h, dh)["h0"].sum(axis=0)',
             "The gradient has the wrong sign.",
             "If the loss grows with h0, which sign has its gradient?"),
        Slip("mean_adjoint_for_all", "x, h, dh)", "x, h, 0 * dh + dh.mean(axis=1, keepdims=True))",
             "Every instance runs with the mean of all dh.",
             "Which losses belong to one instance?"),
        Slip("inputs_of_the_first_instance", "params, x, start", "params, 0 * x + x[:, :1], start",
             "Every instance runs forward with the inputs of the first.",
             "Which inputs do the states of one instance depend on?"),
        Slip("times_h0", 'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)',
             'return rnn_backward(params, x, h, dh)["h0"].sum(axis=0) * h0',
             "The gradient is multiplied by h0 itself.",
             "By how much does an instance's initial state move when h0 moves by 1?"),
    ),
)

EXERCISES = (
    FORWARD, COUNTS, STACKED, REFUTE_STACK, REFUTE_JACOBIAN, BACKWARD, ONE_BY_ONE, MASKED, SHARED_H0,
)  # fmt: skip
