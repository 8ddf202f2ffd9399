"""Lesson 09: the LSTM cell of 1997, its truncated and its full gradient, and what forgetting bounds."""

import numpy as np

from rnnlib import flow, lstm97

from . import Exercise, Slip
from .draws import either_sign
from .expressions import Product, with_expressions
from .families import subtracted
from .sweep import LONG, Loud, Sweep
from .sweep_slips import SweepCode, with_sweep

# T, B, D, H: all distinct, twice; then B = D = H, where no shape betrays a transpose
SIZES = ((5, 3, 2, 4), (4, 2, 5, 3), (5, 4, 4, 4))
SQUASH = ("tanh", "1997", "tanh")
NAMES = ("W_x", "W_h", "b", "x", "h0", "c0")
TRUNCATED = ("W_x", "W_h", "b", "x", "c0")


def _network(seed, sizes=None):
    """(params, x, h0, c0, squash): nothing zero, nothing saturated."""
    rng = np.random.default_rng([901, seed])
    T, B, D, H = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, 3 * H)) * 0.6,
        "W_h": rng.normal(size=(H, 3 * H)) * 0.8,
        "b": either_sign(rng, 0.2, 0.6, 3 * H),
    }
    x = rng.normal(size=(T, B, D)) * 0.7
    h0, c0 = rng.uniform(0.3, 0.8, (2, B, H)) * rng.choice([-1, 1], (2, B, H))
    return params, x, h0, c0, SQUASH[seed % 3]


def _finished(seed, sizes=None):
    """(params, run, dh, dc_T)."""
    params, *given = _network(seed, sizes)
    run = lstm97.forward(params, *given)
    rng = np.random.default_rng([902, seed])
    return params, run, rng.normal(size=run.o.shape), rng.normal(size=run.c[0].shape)


SWEEP = Sweep((2, 3), long=lambda number: _finished(number, (LONG, 3, 2, 4)), batch=1)


def _values(seed):
    """(g, c, squash): values of the candidate, and cell states of both signs."""
    rng = np.random.default_rng([903, seed])
    T, B, _, H = SIZES[seed % 3]
    p = {"tanh": 1, "1997": 2}[SQUASH[seed % 3]]
    return p * rng.uniform(-0.9, 0.9, (T, B, H)), rng.uniform(-2, 2, (T, B, H)), SQUASH[seed % 3]


def _gates(seed):
    """(i, f, g, c0): the largest |g| is a negative candidate's; the largest i is far from it, and from 1."""
    rng = np.random.default_rng([904, seed])
    T, B, _, H = SIZES[seed % 3]
    i, f, g = (*rng.uniform(0.1, 0.9, (2, T, B, H)), rng.uniform(-0.7, 0.7, (T, B, H)))
    i *= 0.8
    i[0, 0, 0], i[1, 1, 1] = rng.uniform(0.1, 0.3), rng.uniform(0.74, 0.85)
    g[0, 0, 0], g[1, 1, 1] = -rng.uniform(0.85, 0.95), rng.uniform(0.1, 0.4)
    f[2, 0, 1] = rng.uniform(0.91, 0.97)
    return i, f, g, either_sign(rng, 0.3, 1.5, i[0].shape)


def _forward_reference(params, x, h0, c0, squash):
    run = lstm97.forward(params, x, h0, c0, squash)
    return {name: getattr(run, name) for name in ("i", "g", "o", "c", "h")}


def _slopes_reference(g, c, squash):
    """From the definitions: G' = 4σ(1 - σ) with σ = (g + 2)/4, K' = 2σ(1 - σ) at c."""
    if squash == "tanh":
        return {"G": 1 - g * g, "K": np.cosh(c) ** -2}
    s, k = (g + 2) / 4, 1 / (1 + np.exp(-c))
    return {"G": 4 * s * (1 - s), "K": 2 * k * (1 - k)}


def _truncated_reference(params, run, dh, dc_T):
    grads = lstm97.backward(params, run, dh, dc_T, truncated=True)
    return {name: grads[name] for name in TRUNCATED}


def _full_reference(params, run, dh, dc_T):
    return lstm97.backward(params, run, dh, dc_T)


def _bound_reference(i, f, g, c0):
    without, forgets = np.zeros((2, len(i) + 1, *c0.shape))
    without[0] = forgets[0] = c0
    for t in range(len(i)):
        without[t + 1] = without[t] + i[t] * g[t]
        forgets[t + 1] = forgets[t] * f[t] + i[t] * g[t]
    return {"without": without, "with": forgets, "bound": i.max() * np.abs(g).max() / (1 - f.max())}


def _unit(W_h, b, h0, c0, steps):
    """(params, run) of a cell with one unit and an input of zero."""
    params = {"W_x": np.zeros((1, 3)), "W_h": W_h[None], "b": b}
    states = (np.full((1, 1), float(state)) for state in (h0, c0))
    return params, lstm97.forward(params, np.zeros((steps, 1, 1)), *states)


def _read_unit(name, W_h, b, **numbers):
    """The arrays of a one-unit cell, or the sentence that says what they lack."""
    W_h, b = np.array(W_h, float), np.array(b, float)
    for label, row in (("W_h", W_h), ("b", b)):
        if row.shape != (3,):
            return f"{label} of {name} has shape {row.shape}, expected three numbers: for i, g and o"
    found = {label: np.array(number, float) for label, number in numbers.items()}
    for label, number in found.items():
        if number.shape != ():
            return f"{label} of {name} has shape {number.shape}, expected one number"
    if not all(np.isfinite(part).all() for part in (W_h, b, *found.values())):
        return f"{name} contains NaN or infinity"
    if max(np.abs(part).max() for part in (W_h, b, *found.values())) > 1e6:
        return f"{name} contains a number beyond a million; smaller ones are enough"
    return (W_h, b, *found.values())


def _miscounted(name, answer, form):
    """The sentence on an answer with another number of entries than its form, or None."""
    try:
        found = len(answer)
    except TypeError:
        found = "no"
    if found == form.count(",") + 1:
        return None
    return f"{name} has {found} {'entry' if found == 1 else 'entries'}, expected ({form})"


def _refute_gates(answer):
    """A cell whose input gate and candidate do get a truncated gradient."""
    if problem := _miscounted("still_learning", answer, "W_h, b, h0, c0"):
        return problem
    W_h, b, h0, c0 = answer
    cell = _read_unit("the cell", W_h, b, h0=h0, c0=c0)
    if isinstance(cell, str):
        return cell
    params, run = _unit(*cell, steps=3)
    grads = lstm97.backward(params, run, np.ones((3, 1, 1)), truncated=True)
    entries = {f"W_h{gate}": grads["W_h"][0, n] for n, gate in enumerate("ig")}
    entries |= {f"b_{gate}": grads["b"][n] for n, gate in enumerate("ig")}
    small = [f"{name} ({value:.3g})" for name, value in entries.items() if abs(value) < 0.1]
    return f"below 0.1 in absolute value: the gradient of {', '.join(small)}" if small else None


def _refute_constant(answer):
    """Two cells whose full derivative dc_50/dc_0 is far above and far below 1."""
    if problem := _miscounted("two_cells", answer, "grows, fades"):
        return problem
    sizes = []
    for name, given in zip(("grows", "fades"), answer):
        if problem := _miscounted(name, given, "W_h, b, c0"):
            return problem
        W_h, b, c0 = given
        cell = _read_unit(name, W_h, b, c0=c0)
        if isinstance(cell, str):
            return cell
        W_h, b, c0 = cell
        params, run = _unit(W_h, b, 0.0, c0, steps=50)
        with np.errstate(all="ignore"):
            sizes.append(abs(float(flow.cell_derivative(params, run, 50, 0)[0, 0, 0])))
    grows, fades = sizes
    found = f"|dc_50/dc_0| is {grows:.3g} for grows and {fades:.3g} for fades"
    if grows <= 0.01 and fades >= 100:
        return f"{found}: the two cells stand in each other's place"
    wrong = [] if grows >= 100 else ["the first is not 100 or more"]
    wrong += [] if fades <= 0.01 else ["the second is not 0.01 or less"]
    return f"{found}: {', and '.join(wrong)}" if wrong else None


def _refute_bound(answer):
    """Constant gates and a cell that stays above i |g| / (1 - f) for twenty steps."""
    if problem := _miscounted("above_the_bound", answer, "i, f, g, c0"):
        return problem
    i, f, g, c = (float(number) for number in answer)
    if not all(np.isfinite(number) for number in (i, f, g, c)):
        return "contains NaN or infinity"
    if not (0 < i < 1 and 0 < f < 1):
        return f"the gates must lie strictly between 0 and 1; i is {i:g} and f is {f:g}"
    if not -1 < g < 1:
        return f"the candidate must lie strictly between -1 and 1; g is {g:g}"
    M = i * abs(g) / (1 - f)
    for t in range(1, 21):
        c = f * c + i * g
        if abs(c) < M + 0.1:
            return f"at step {t} |c| is {abs(c):.4g}, not at least 0.1 above M = {M:.4g}"
    return None


TRANSPOSED = 'np.hstack([w.T for w in np.split(params["W_h"], 3, axis=1)])'

FORWARD = Exercise(
    id="09.lstm97_forward",
    title="Run the cell of 1997",
    points=2,
    section="1 A cell that only adds",
    function="lstm97_forward",
    items=("S4.36", "S4.52"),
    answers=("lstm97.forward",),
    outputs=("i", "g", "o", "c", "h"),
    instance=_network,
    reference=_forward_reference,
    loud=Loud(((3, 30),), ("c",)),
    step="t",
    asks="Which of i, g, o, c and h is the first to differ at step 1? Compare it with the table, for both "
    "strings. If only later steps differ, which of the two states does the second one read wrongly?",
    slips=(
        Slip("squash_ignored", '{"tanh": 1, "1997": 2}[squash]', "1",
             'A run with squash "1997" is made with tanh: the argument squash changes nothing.',
             "How far apart are the two candidates in the table when the pre-activation is large?"),
        Slip("squash_always_1997", '{"tanh": 1, "1997": 2}[squash]', "2",
             'A run with squash "tanh" is made with the pair of 1997: the argument squash changes nothing.',
             "What is p for each of the two strings?"),
        Slip("candidate_of_tanh", "p * np.tanh(a_g / p)", "np.tanh(a_g)",
             'With "1997" K is the one of the table and the candidate is still tanh.',
             "The argument squash chooses two functions; which one have you changed?"),
        Slip("columns_interleaved", "np.split(all_three, 3, axis=1)",
             "(all_three[:, n::3] for n in range(3))",
             "Each block is cut from every third column; the H columns of a block are neighbours.",
             "Where do the columns of i end?"),
        Slip("candidate_scale_missing", "p * np.tanh(a_g / p)", "np.tanh(a_g / p)",
             'With "1997" the candidate stays between -1 and 1: it is half as large as it should be.',
             "Between which two values does 4σ(a) - 2 lie?"),
        Slip("candidate_not_flattened", "p * np.tanh(a_g / p)", "p * np.tanh(a_g)",
             'With "1997" the candidate has the right range and a slope of 2 at zero.',
             "In p tanh(a/p), what is the slope at zero?"),
        Slip("cell_squash_doubled", "o * np.tanh(c[-1] / p)", "o * p * np.tanh(c[-1] / p)",
             'With "1997" h carries the factor of the candidate: K lies between -1 and 1.',
             "Which of the two squashing functions has a factor in front?"),
        Slip("cell_squash_of_tanh", "np.tanh(c[-1] / p)", "np.tanh(c[-1])",
             'With "1997" the candidate is the one of the table and K is still tanh.',
             "The argument squash chooses two functions; which one have you changed?"),
        Slip("candidate_logistic", "p * np.tanh(a_g / p)", "1 / (1 + np.exp(-a_g))",
             "g is made with the logistic function, as if it were a gate: it can only add.",
             "How should this cell ever come down?"),
        Slip("gates_tanh", "1 / (1 + np.exp(-a_i)), 1 / (1 + np.exp(-a_o))", "np.tanh(a_i), np.tanh(a_o)",
             "i and o are made with tanh; a gate lies between 0 and 1.",
             "What would a negative output gate mean?"),
        Slip("blocks_i_o_g", "a_i, a_g, a_o = np.split", "a_i, a_o, a_g = np.split",
             "The blocks are read in the order i, o, g.",
             "In which order does the notation table pack the columns?"),
        Slip("blocks_g_i_o", "a_i, a_g, a_o = np.split", "a_g, a_i, a_o = np.split",
             "The blocks are read in the order g, i, o.",
             "In which order does the notation table pack the columns?"),
        Slip("cell_overwritten", "c.append(c[-1] + i * g)", "c.append(i * g)",
             "c holds only what is new at each step: the old cell state is not kept.",
             "What does this cell do that the network of lesson 05 does not?"),
        Slip("gate_on_the_sum", "c[-1] + i * g", "i * (c[-1] + g)",
             "The input gate multiplies the old cell state as well.",
             "Which part of the new cell state does the input gate let in?"),
        Slip("coupled_forgetting", "c[-1] + i * g", "(1 - i) * c[-1] + i * g",
             "The old cell state is multiplied by 1 - i: that is a coupled forget gate, a later cell.",
             "How does the cell of 1997 treat its old state?"),
        Slip("input_gate_missing", "c[-1] + i * g", "c[-1] + g",
             "The candidate enters c without its gate.",
             "What is the input gate for?"),
        Slip("output_gate_missing", "o * np.tanh(c[-1] / p)", "np.tanh(c[-1] / p)",
             "h is the squashed cell state, without the output gate.",
             "What stands between the cell and the hidden state?"),
        Slip("cell_not_squashed", "o * np.tanh(c[-1] / p)", "o * c[-1]",
             "h is the gated cell state without K: it can grow as far as the cell.",
             "Which function keeps h between -1 and 1?"),
        Slip("hidden_of_old_cell", "c.append(c[-1] + i * g)\n        h.append(o * np.tanh(c[-1] / p))",
             "h.append(o * np.tanh(c[-1] / p))\n        c.append(c[-1] + i * g)",
             "h_t is made from the cell state before the step.",
             "Which of the two is made first, c_t or h_t?"),
        Slip("initial_hidden_dropped", "[], [c0], [h0]", "[], [c0], [np.zeros_like(h0)]",
             "h[0] is 0: the hidden state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        Slip("initial_cell_dropped", "[], [c0], [h0]", "[], [np.zeros_like(c0)], [h0]",
             "c[0] is 0: the cell state that was passed in is never used.",
             "Which entry of c should hold c0?"),
        Slip("initial_states_exchanged", "[], [c0], [h0]", "[], [h0], [c0]",
             "c starts with h0, and h with c0.",
             "In which order do the arguments come?"),
        Slip("state_stuck_at_h0", 'h[-1] @ params["W_h"]', 'h0 @ params["W_h"]',
             "Every step reads the initial hidden state: i, g and o are right at step 1 only.",
             "Which hidden state does step t read?"),
        Slip("gates_read_the_cell", 'h[-1] @ params["W_h"]', 'c[-1] @ params["W_h"]',
             "W_h multiplies the cell state; the gates of this cell read the hidden state.",
             "Which of the two states does the formula of a_t contain?"),
        Slip("recurrence_missing", ' + h[-1] @ params["W_h"]', "",
             "The gates and the candidate see the input alone: W_h is never used.",
             "What do the gates read besides x_t?"),
        Slip("bias_missing", ' + params["b"]', "",
             "The pre-activations are formed without the bias.",
             "Which of the three parameters have you not used?"),
        Slip("w_h_blocks_transposed", 'h[-1] @ params["W_h"]', f"h[-1] @ {TRANSPOSED}",
             "Each block of W_h is used as its transpose; the blocks are square, so no shape tells.",
             "Does this transpose belong to rows or to columns?"),
        subtracted("bias_subtracted", '+ params["b"]', '- params["b"]', "The bias"),
        subtracted("recurrence_subtracted", '"W_x"] + h', '"W_x"] - h', "The state's term h_{t-1} W_h"),
        subtracted("input_subtracted", "all_three = x_t", "all_three = -x_t", "The input's term x_t W_x"),
        subtracted("new_content_subtracted", "c[-1] + i * g", "c[-1] - i * g", "The new content i_t g_t"),
        Slip("gate_and_candidate_added", "c[-1] + i * g", "c[-1] + i + g",
             "The gate and the candidate are added; the gate should multiply the candidate.",
             "What is left of the candidate when its gate is shut?"),
        Slip("hidden_in_the_place_of_the_cell", "c[-1] + i * g", "h[-1] + i * g",
             "The new content is added to the old hidden state.",
             "In which of the three equations does the cell's old value stand?"),
        Slip("cell_always_from_c0", "c[-1] + i * g", "c0 + i * g",
             "Every step adds to the initial cell state.",
             "Which cell state does step t find?"),
        Slip("output_gate_lets_in", "c[-1] + i * g", "c[-1] + o * g",
             "The output gate stands before the candidate.",
             "Which of the gates acts before the cell, which after it?"),
        Slip("input_gate_lets_out", "o * np.tanh(c[-1] / p)", "i * np.tanh(c[-1] / p)",
             "The input gate stands before the squashed cell state.",
             "Which of the gates acts before the cell, which after it?"),
        Slip("gates_exchanged", "i, o = 1 / (1", "o, i = 1 / (1",
             "i is made from the columns of o, and o from those of i.",
             "In which order does the notation table pack the columns?"),
        Slip("output_gate_inside", "o * np.tanh(c[-1] / p)", "np.tanh(o * c[-1] / p)",
             "The output gate multiplies the cell state before it is squashed.",
             "What does the output gate multiply?"),
        Slip("state_squashed_twice", "o * np.tanh(c[-1] / p)", "o * np.tanh(np.tanh(c[-1] / p))",
             "The cell state is squashed twice on the way to h.",
             "How many squashing functions stand between c_t and h_t?"),
        Slip("cell_squash_logistic", "o * np.tanh(c[-1] / p)", "o / (1 + np.exp(-c[-1]))",
             "h is made with the logistic function of the cell state, so it has only one sign.",
             "Between which values does K lie?"),
        Slip("squashes_exchanged",
             "g = p * np.tanh(a_g / p)\n        c.append(c[-1] + i * g)\n"
             "        h.append(o * np.tanh(c[-1] / p))",
             "g = np.tanh(a_g / p)\n        c.append(c[-1] + i * g)\n"
             "        h.append(o * p * np.tanh(c[-1] / p))",
             'With "1997" the candidate is made with K, and the cell state is squashed with the '
             "candidate's function.",
             "Which of the two functions of 1997 has the wider range?"),
        Slip("sigma_without_minus", "1 / (1 + np.exp(-a_i)), 1 / (1 + np.exp(-a_o))",
             "1 / (1 + np.exp(a_i)), 1 / (1 + np.exp(a_o))",
             "The gates are open where they should be shut: the sign in the exponential is missing.",
             "Does a gate open or shut when its pre-activation grows?"),
        Slip("gates_without_sigma", "1 / (1 + np.exp(-a_i)), 1 / (1 + np.exp(-a_o))", "a_i, a_o",
             "i and o are pre-activations; the logistic function is missing.",
             "Between which values does a gate lie?"),
        Slip("candidate_linear", "p * np.tanh(a_g / p)", "a_g",
             "The candidate is not squashed.",
             "Which function makes the candidate?"),
        Slip("input_missing", 'x_t @ params["W_x"] + ', "",
             "The gates and the candidate see the state alone: the input is never used.",
             "What do the gates read besides h_{t-1}?"),
        Slip("reversed_in_time", "for x_t in x:", "for x_t in x[::-1]:",
             "The inputs are read from the last to the first.",
             "Which input does step 1 read?"),
        Slip("first_input_again", 'x_t @ params["W_x"]', 'x[0] @ params["W_x"]',
             "Every step reads the first input.",
             "Which input does step t read?"),
        Slip("cell_squashed", "c[-1] + i * g", "np.tanh(c[-1] + i * g)",
             "The cell state itself is squashed at every step, so it no longer only adds.",
             "Which function stands between c_{t-1} and c_t in this cell?"),
    ),
)

SLOPES = Exercise(
    id="09.squash_slopes",
    title="Slopes from values",
    points=1,
    section="2 Slopes from values",
    function="squash_slopes",
    items=("S4.36",),
    answers=("lstm97.slopes",),
    outputs=("G", "K"),
    instance=_values,
    reference=_slopes_reference,
    asks="At g = 0 the slope of G is 1, at c = 0 that of K is 1/p: what does your function give there?",
    slips=(
        Slip("squash_ignored", '{"tanh": 1, "1997": 2}[squash]', "1",
             'With "1997" both slopes are those of tanh.',
             "What is p for each of the two strings?"),
        Slip("candidate_not_rescaled", "(g / p) ** 2", "g ** 2",
             'With "1997" G is 1 - g², which is negative where |g| is above 1.',
             "g lies between -p and p. Where should the slope be zero?"),
        Slip("candidate_squashed_again", "(g / p) ** 2", "np.tanh(g / p) ** 2",
             "For G the value g is squashed a second time.",
             "g is a value of G already. What was tanh applied to?"),
        Slip("candidate_slope_scaled", "1 - (g / p) ** 2", "(1 - (g / p) ** 2) / p",
             'With "1997" G carries a factor ½: the factor in front of the tanh is forgotten.',
             "G(a) = p tanh(a/p): what do the outer and the inner factor make together?"),
        Slip("candidate_slope_doubled", "1 - (g / p) ** 2", "p * (1 - (g / p) ** 2)",
             'With "1997" G carries a factor 2: the inner derivative is forgotten.',
             "G(a) = p tanh(a/p): what does the chain rule give for the inside?"),
        Slip("cell_slope_unscaled", "(1 - np.tanh(c / p) ** 2) / p", "1 - np.tanh(c / p) ** 2",
             'With "1997" K is twice as large as it should be: the inner derivative is forgotten.',
             "K(c) = tanh(c/p): what does the chain rule give for the inside?"),
        Slip("cell_squash_of_tanh", "(1 - np.tanh(c / p) ** 2) / p", "1 - np.tanh(c) ** 2",
             'With "1997" K is the slope of tanh, as it is with "tanh".',
             "The argument squash chooses two functions; which one have you changed?"),
        Slip("cell_not_squashed", "np.tanh(c / p) ** 2", "(c / p) ** 2",
             "For K the cell state is squared as it is; the formula takes the squashed one.",
             "Has c been through K already?"),
        Slip("candidate_slope_logistic", "1 - (g / p) ** 2", "g * (1 - g)",
             "G is g(1 - g): that belongs to the logistic function.",
             "For which function is the slope s(1 - s)?"),
        Slip("squares_missing", "1 - (g / p) ** 2", "1 - g / p",
             "G misses the square, so it depends on the sign of g.",
             "Is the slope at g the same as at -g?"),
        Slip("results_exchanged", '"G": 1 - (g / p) ** 2, "K": (1 - np.tanh(c / p) ** 2) / p',
             '"G": (1 - np.tanh(c / p) ** 2) / p, "K": 1 - (g / p) ** 2',
             "G and K stand in each other's place.",
             "Which of the two is the slope of the candidate?"),
        Slip("cell_value", "(1 - np.tanh(c / p) ** 2) / p", "np.tanh(c / p)",
             "K is the value of the squashing function, in the place of its slope.",
             "How steep is the function at zero?"),
        Slip("cell_slope_not_squared", "(1 - np.tanh(c / p) ** 2) / p", "(1 - np.tanh(c / p)) / p",
             "K lacks the square.",
             "What is the derivative of tanh, in terms of its value?"),
        Slip("cell_slope_square_outside", "(1 - np.tanh(c / p) ** 2) / p", "(1 - np.tanh(c / p)) ** 2 / p",
             "In K the square stands outside the bracket.",
             "What is the derivative of tanh, in terms of its value?"),
        Slip("cell_slope_with_plus", "(1 - np.tanh(c / p) ** 2) / p", "(1 + np.tanh(c / p) ** 2) / p",
             "In K the square is added; it should be subtracted.",
             "Where is a squashing function at its steepest?"),
        Slip("cell_slope_scaled_up", "(1 - np.tanh(c / p) ** 2) / p", "p * (1 - np.tanh(c / p) ** 2)",
             'With "1997" the inner derivative of K is upside down.',
             "What is the derivative of c/p with respect to c?"),
        Slip("cell_slope_logistic", "(1 - np.tanh(c / p) ** 2) / p",
             "1 / (1 + np.exp(-c)) * (1 - 1 / (1 + np.exp(-c)))",
             "K is the slope of the logistic function; K of 1997 is 2σ - 1.",
             "By which factor is 2σ - 1 steeper than σ?"),
        Slip("candidate_slope_with_plus", "1 - (g / p) ** 2", "1 + (g / p) ** 2",
             "In G the square is added; it should be subtracted.",
             "Where is a squashing function at its steepest?"),
        Slip("candidate_scaled_after_the_square", "1 - (g / p) ** 2", "1 - g**2 / p",
             'With "1997" G divides the square of g by 2; g itself has to be divided.',
             "Which multiple of a tanh is g, and what is the tanh then?"),
        Slip("candidate_value", "1 - (g / p) ** 2", "g / p",
             "G is the value of the tanh, in the place of its slope.",
             "How steep is the function at zero?"),
        Slip("pair_turned_round", '{"tanh": 1, "1997": 2}', '{"tanh": 2, "1997": 1}',
             "The two strings are exchanged.",
             "What is p for each of the two strings?"),
    ),
)

REFUTE_GATES = Exercise(
    id="09.refute_gates",
    title="Refute: nothing flows to the gates",
    points=1,
    section="Refute it: nothing flows to the gates",
    function="still_learning",
    items=("S4.37",),
    outputs=("still_learning",),
    kind="value",
    verify=_refute_gates,
)

BACK = 'dc_T + np.cumsum((dh * run.o * slope["K"])[::-1], axis=0)[::-1]'
ENTERS = 'dh * run.o * slope["K"]'
LAST = "(np.arange(len(dh)) == len(dh) - 1)[:, None, None]"

CELL = "c_t = c_{t-1} + i_t g_t: what is the derivative of c_t with respect to "
SHOWN = "h_t = o_t K(c_t): what is the derivative of h_t with respect to o_t, and what is σ's slope there?"


def _products(i, g, o, slope, h, dh, own):
    """The products of a backward pass; the arguments are their code, own: what may stand for dh."""
    adjoint = {"the adjoint of c_t": ("dc", {dh: "the adjoint of h_t"})}
    return (
        Product(
            "i", f"dc * {g} * {i} * (1 - {i})", "The block of i", f"{CELL}i_t?",
            {"dc": "dc, the adjoint of c_t", g: "g_t", i: "i_t", f"(1 - {i})": "1 - i_t"},
            {
                "g_t": (f"* {g} *", {f"* {i} *": "i_t", f"* {o} *": "o_t", f"* np.tanh({g}) *": "tanh(g_t)"}),
                "i_t (1 - i_t)": (f"{i} * (1 - {i})", {
                    f"{o} * (1 - {o})": "o_t (1 - o_t)", f"(1 - {i} ** 2)": "1 - i_t²",
                    f"{i} * (1 + {i})": "i_t (1 + i_t)",
                }),
                **adjoint,
            },
        ),
        Product(
            "g", f"dc * {i} * {slope}", "The block of g", f"{CELL}g_t?",
            {"dc": "dc, the adjoint of c_t", i: "i_t", slope: "G'"},
            {
                "i_t": (f"* {i} *", {f"* {o} *": "o_t", f"* {g} *": "g_t", f"* (1 - {i}) *": "1 - i_t"}),
                "G'": (slope, {
                    slope.replace('"G"', '"K"'): "K'", f"{g} * (1 - {g})": "g_t (1 - g_t)",
                    f"(1 - {g})": "1 - g_t",
                }),
                **adjoint,
            },
        ),
        Product(
            "o", f"{dh} * {h} * (1 - {o})", "The block of o", SHOWN,
            {dh: "dh_total, the adjoint of h_t", h: "o_t K(c_t)", f"(1 - {o})": "1 - o_t"},
            {
                "o_t K(c_t)": (f"* {h} *", {f"* {h} * {o} *": "o_t² K(c_t)", f"* {g} *": "g_t"}),
                "1 - o_t": (f"(1 - {o})", {f"(1 - {i})": "1 - i_t", f"(1 + {o})": "1 + o_t"}),
                "the adjoint of h_t": (dh, {"dc": "the adjoint of c_t", **own}),
            },
        ),
    )


TRUNCATED_BACKWARD = Exercise(
    id="09.lstm97_backward_truncated",
    title="The truncated gradient",
    points=3,
    section="3 The constant error carousel",
    function="lstm97_backward_truncated",
    builds_on=("squash_slopes",),
    items=("S4.37",),
    answers=("lstm97.backward", "lstm97.slopes"),
    outputs=TRUNCATED,
    gates="igo",
    instance=_finished,
    reference=_truncated_reference,
    sweep=SWEEP,
    step="t",
    backward=True,
    asks="c0 holds what has gone round in the cells, b the three blocks, and W_x and W_h the same blocks "
    "times what the step reads: which of them, in this order, is the first to be wrong? If only x is, look "
    "at the one product that makes it.",
    slips=with_expressions((
        # what is cut and what is not
        Slip("cell_value_in_place_of_slope",
             'slope["K"]',
             'np.tanh(run.c[1:] / (1 if run.squash == "tanh" else 2))',
             "What h_t hands to its cell is multiplied by K(c_t) in the place of the slope K'(c_t).",
             "Which derivative lies between c_t and h_t?"),
        Slip("full_gradient", "slope = squash_slopes(",
             "return lstm97.backward(params, run, dh, dc_T)\n    slope = squash_slopes(",
             "This is the full gradient: what the gates of step t+1 say about h[t] is still in it.",
             "Which arrows of the figure does the truncation cut?"),
        Slip("gates_get_nothing", "[da_i, da_g, da_o]", "[0 * da_i, 0 * da_g, da_o]",
             "The blocks of i and g are zero in all parameters: the flow to them is cut.",
             "What does truncation hold constant, the gates or the h that they read?"),
        Slip("recurrent_gates_get_nothing", 'np.einsum("tbj,tbn->jn", run.h[:-1], da)',
             'np.einsum("tbj,tbn->jn", run.h[:-1], da * np.repeat([0, 0, 1], dh.shape[2]))',
             "W_h has zeros in the blocks of i and g.",
             "h[t-1] is a constant here. What is the derivative of h[t-1] W_h with respect to W_h?"),
        Slip("input_weights_cut", 'np.einsum("tbd,tbn->dn", run.x, da)',
             'np.einsum("tbd,tbn->dn", run.x, da * np.repeat([0, 0, 1], dh.shape[2]))',
             "W_x has zeros in the blocks of i and g.",
             "Does the truncation touch what the gates read of x?"),
        Slip("h0_for_every_state", 'np.einsum("tbj,tbn->jn", run.h[:-1], da)',
             'np.einsum("bj,tbn->jn", run.h[0], da)',
             "W_h is multiplied by the initial hidden state at every step.",
             "Held constant: is the constant at step 4 h[0] or h[3]?"),
        # what is passed from cell to cell
        Slip("carousel_stopped", BACK, f"{LAST} * dc_T + {ENTERS}",
             "The adjoint of each cell counts its own step only: nothing is passed from c[t+1] to c[t].",
             "Which arrow leads from c[t] to c[t+1], and is it dashed?"),
        Slip("carousel_without_running_sum", BACK, f"dc_T + {ENTERS}",
             "The adjoint of each cell counts dc_T and its own step: what enters at the steps between is "
             "missing.",
             "An adjoint enters at c[t+1]: is it passed on to c[t]?"),
        Slip("carousel_never_started", BACK, ENTERS,
             "The adjoint of each cell counts its own step only: nothing is passed on, and dc_T is not used.",
             "Which arrow leads from c[t] to c[t+1], and is it dashed?"),
        Slip("carousel_runs_forward", '[::-1], axis=0)[::-1]', ", axis=0)",
             "The adjoint of each cell sums over the steps before it, in place of those after it.",
             "In which direction do adjoints travel?"),
        Slip("own_step_left_out", BACK, f"{BACK} - {ENTERS}",
             "The adjoint of each cell counts the later steps, but not its own hidden state.",
             "Which arrow leads from c[t] up?"),
        Slip("dc_T_ignored", "dc_T + ", "",
             "The adjoint of the last cell from outside, dc_T, is never used.",
             "With what does the row of cells begin, at its right end?"),
        Slip("dc_T_at_the_last_step_only", "dc_T + ", f"{LAST} * dc_T + ",
             "dc_T reaches the last cell only, while everything else is passed from cell to cell.",
             "What does the carousel do with an adjoint that has arrived at c[T]?"),
        Slip("carousel_with_input_gate", BACK,
             "np.array([run.i[t:].prod(0) * dc_T + sum((dh * run.o * slope['K'])[s] * run.i[t:s].prod(0) "
             "for s in range(t, len(dh))) for t in range(len(dh))])",
             "From cell to cell the adjoint is multiplied by the input gate.",
             "What is the derivative of c[t-1] + i g with respect to c[t-1], with the gates held?"),
        # what enters
        Slip("squash_ignored", "run.c[1:], run.squash", 'run.c[1:], "tanh"',
             'On a run with squash "1997" the slopes are those of tanh.',
             "Which field of the run tells you the functions that it was made with?"),
        Slip("slope_of_old_cell", "run.c[1:], run.squash", "run.c[:-1], run.squash",
             "The slope of K is taken at c[t-1], one step too early.",
             "From which cell state is h[t] made?"),
        Slip("output_gate_missing", ENTERS, 'dh * slope["K"]',
             "What enters the cells misses the output gate.",
             "h = o K(c): what is its derivative with respect to c?"),
        Slip("cell_slope_missing", ENTERS, "dh * run.o",
             "What enters the cells misses the slope of K.",
             "h = o K(c): what is its derivative with respect to c?"),
        Slip("cell_slope_is_the_candidates", ENTERS, 'dh * run.o * slope["G"]',
             "What enters the cells carries the slope of the candidate.",
             "Which squashing function lies between c[t] and h[t]?"),
        # the three blocks
        Slip("input_gate_slope_missing", "run.g * run.i * (1 - run.i)", "run.g",
             "The block of i misses the slope of the logistic function.",
             "What lies between the gate and its pre-activation?"),
        Slip("input_gate_slope_of_tanh", "run.g * run.i * (1 - run.i)", "run.g * (1 - run.i ** 2)",
             "The block of i carries the slope of tanh, 1 - i².",
             "With which function is a gate made?"),
        Slip("input_gate_without_candidate", "run.g * run.i * (1 - run.i)", "run.i * (1 - run.i)",
             "The block of i misses the candidate that the gate multiplies.",
             "If the candidate is 0, does the input gate matter?"),
        Slip("candidate_slope_missing", 'run.i * slope["G"]', "run.i",
             "The block of g misses the slope of G.",
             "What lies between the candidate and its pre-activation?"),
        Slip("candidate_without_gate", 'dc * run.i * slope["G"]', 'dc * slope["G"]',
             "The block of g misses the input gate.",
             "If the input gate is closed, does the candidate matter?"),
        Slip("candidate_slope_logistic", 'slope["G"]', "run.g * (1 - run.g)",
             "The block of g carries g(1 - g), the slope of the logistic function.",
             "With which function is the candidate made?"),
        Slip("output_gate_from_the_cell", "dh * run.h[1:] * (1 - run.o)", "dc * run.h[1:] * (1 - run.o)",
             "The block of o is fed by the adjoint of the cell; the output gate acts on h.",
             "If o[t] moves, does c[t] move?"),
        Slip("output_gate_of_plain_cell", "run.h[1:] * (1 - run.o)", "run.c[1:] * run.o * (1 - run.o)",
             "The block of o carries the cell state without K.",
             "What does the output gate multiply?"),
        Slip("output_gate_slope_missing", "run.h[1:] * (1 - run.o)", "run.h[1:] / run.o",
             "The block of o misses the slope of the logistic function.",
             "What lies between the gate and its pre-activation?"),
        Slip("output_gate_counted_twice", "run.h[1:] * (1 - run.o)", "run.h[1:] * run.o * (1 - run.o)",
             "The block of o holds the output gate once too often: h contains it already.",
             "If you write h for o K(c), what is left of o (1 - o)?"),
        Slip("output_gate_old_state", "run.h[1:] * (1 - run.o)", "run.h[:-1] * (1 - run.o)",
             "The block of o is formed with h[t-1], the state that the step reads.",
             "Which hidden state did the output gate of step t make?"),
        Slip("blocks_i_o_g", "[da_i, da_g, da_o]", "[da_i, da_o, da_g]",
             "The blocks stand in the order i, o, g.",
             "In which order are the columns packed?"),
        Slip("blocks_g_i_o", "[da_i, da_g, da_o]", "[da_g, da_i, da_o]",
             "The blocks stand in the order g, i, o.",
             "In which order are the columns packed?"),
        # the parameters
        Slip("w_h_sees_new_state", "run.h[:-1], da", "run.h[1:], da",
             "W_h is multiplied by the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("w_h_sees_the_cell", "run.h[:-1], da", "run.c[:-1], da",
             "W_h is multiplied by the cell state; the gates of this cell read the hidden state.",
             "Which state stands beside W_h in a_t?"),
        Slip("b_of_one_step", "da.sum(axis=(0, 1))", "da[0].sum(axis=0)",
             "b holds the part of the first step only.",
             "At how many steps is the bias used?"),
        Slip("c0_with_its_own_hidden_state", "dc[0]", "dc[0] - dh[0] * run.o[0] * slope['K'][0]",
             "c0 misses what enters at step 1: it holds the adjoint of c[2].",
             "Does the first hidden state depend on c0?"),
        Slip("c0_is_the_last", "dc[0]", "dc[-1]",
             "c0 is the adjoint of the last cell, where the sweep begins.",
             "At which end of the row of cells does c0 stand?"),
        Slip("c0_is_dc_T", "dc[0]", "dc_T",
             "c0 is what came from outside at the end; nothing that enters on the way is in it.",
             "Which hidden states would change if c0 did?"),
        Slip("candidate_slope_of_tanh", 'dc * run.i * slope["G"]', "dc * run.i * (1 - run.g**2)",
             'With "1997" the candidate has the slope 1 - g², that of tanh itself.',
             "Which multiple of a tanh is g?"),
        Slip("cell_slope_of_tanh", 'dh * run.o * slope["K"]', "dh * run.o * (1 - np.tanh(run.c[1:]) ** 2)",
             'With "1997" the slope between cell and state is that of tanh(c).',
             "Which function makes h_t from c_t in a run of 1997?"),
        Slip("w_x_last_step", '"tbd,tbn->dn", run.x, da', '"tbd,tbn->dn", run.x[-1:], da[-1:]',
             "W_x has the share of the last step only.",
             "How many steps use W_x?"),
        Slip("w_x_first_step", '"tbd,tbn->dn", run.x, da', '"tbd,tbn->dn", run.x[:1], da[:1]',
             "W_x has the share of step 1 only: each step replaces the one before.",
             "How many steps use W_x?"),
        Slip("w_h_last_step", '"tbj,tbn->jn", run.h[:-1], da', '"tbj,tbn->jn", run.h[-2:-1], da[-1:]',
             "W_h has the share of the last step only.",
             "How many steps use W_h?"),
        Slip("w_h_first_step", '"tbj,tbn->jn", run.h[:-1], da', '"tbj,tbn->jn", run.h[:1], da[:1]',
             "W_h has the share of step 1 only: each step replaces the one before.",
             "How many steps use W_h?"),
        Slip("w_h_first_use_missing", '"tbj,tbn->jn", run.h[:-1], da', '"tbj,tbn->jn", run.h[1:-1], da[1:]',
             "The use of W_h at step 1 is missing, as if the initial state were always zero.",
             "Is h[0] zero here, and is it multiplied by W_h?", alone=True),
        Slip("b_of_last_step", "da.sum(axis=(0, 1))", "da[-1].sum(axis=0)",
             "b has the share of the last step only.",
             "How many steps add b?"),
        Slip("b_first_instance", "da.sum(axis=(0, 1))", "da[:, 0].sum(axis=0)",
             "b counts the first instance only.",
             "The forward pass adds b to how many rows?"),
        Slip("w_x_product_of_sums", '"tbd,tbn->dn", run.x, da', '"tbd,scn->dn", run.x, da',
             "In W_x the inputs and the adjoints are added up before they are multiplied.",
             "Which input belongs to which adjoint?"),
        Slip("w_h_product_of_sums", '"tbj,tbn->jn", run.h[:-1], da', '"tbj,scn->jn", run.h[:-1], da',
             "In W_h the states and the adjoints are added up before they are multiplied.",
             "Which state belongs to which adjoint?"),
        Slip("x_through_the_output_gate_only", 'da @ params["W_x"].T',
             'da_o @ np.split(params["W_x"], 3, axis=1)[2].T',
             "x has the way through the output gate only.",
             "Which blocks of the pre-activation read x_t?"),
        Slip("x_without_the_output_gate", 'da @ params["W_x"].T',
             'np.concatenate([da_i, da_g, 0 * da_o], axis=2) @ params["W_x"].T',
             "x lacks the way through the output gate.",
             "Which blocks of the pre-activation read x_t?"),
        Slip("cell_carry_coupled", 'dc_T + np.cumsum((dh * run.o * slope["K"])[::-1], axis=0)[::-1]',
             "np.array([(1 - run.i[t + 1 :]).prod(0) * dc_T + sum((dh * run.o * slope['K'])[s] * (1 - "
             "run.i[t + 1 : s + 1]).prod(0) for s in range(t, len(dh))) for t in range(len(dh))])",
             "The cell's adjoint is multiplied by 1 - i at every step back, as if the cell had a "
             "forget gate.",
             "What multiplies c_{t-1} in the equation of c_t?"),
        Slip("dc_T_subtracted", "dc_T + np.cumsum", "-dc_T + np.cumsum",
             "dc_T is subtracted; it should be added.",
             "Two routes to the loss: add or subtract?"),
        Slip("hidden_in_full", 'dh * run.o * slope["K"])', "dh)",
             "dh enters the cell as it is: the output gate and the slope are missing.",
             "What lies between c_t and h_t?"),
        Slip("hidden_by_the_input_gate", 'dh * run.o * slope["K"])', 'dh * run.i * slope["K"])',
             "On the way from h_t to c_t stands the input gate.",
             "Which gate stands between c_t and h_t?"),
        Slip("cell_and_output_gate_before", "run.h[1:] * (1 - run.o)",
             'np.tanh(run.c[:-1] / (1 if run.squash == "tanh" else 2)) * run.o * (1 - run.o)',
             "The block of o is formed with the cell state before the step.",
             "Which cell state does the output gate multiply?"),
    ), *_products(
        "run.i", "run.g", "run.o", 'slope["G"]', "run.h[1:]", "dh", {},
    )),
)

FULL = Exercise(
    id="09.lstm97_backward",
    title="The full gradient",
    points=4,
    section="4 The full gradient",
    function="lstm97_backward",
    builds_on=("squash_slopes",),
    items=("S4.36", "S4.37"),
    answers=("lstm97.backward", "lstm97.slopes"),
    outputs=NAMES,
    gates="igo",
    instance=_finished,
    reference=_full_reference,
    sweep=SWEEP,
    step="t",
    backward=True,
    asks="If only h0 or c0 is wrong, what is left in the two carries after step 1? Else, is x[T-1] right, "
    "which depends on the last step alone, and which carry can you check by hand at the step before?",
    slips=with_sweep(with_expressions((
        # the carry in the row of hidden states
        Slip("cell_carry_of_own_share",
             'future = da @ params["W_h"].T',
             'future = da @ params["W_h"].T\n        dc = dh_total * o * slope["K"][t - 1]',
             "What is handed back along the cell is the part of h_t only: what came from later cells "
             "is dropped after one step.",
             "Two parts meet in c_t on the way back; which of them goes on to c_{t-1}?"),
        Slip("cell_value_in_place_of_slope",
             'slope["K"][t - 1]',
             'np.tanh(run.c[t] / (1 if run.squash == "tanh" else 2))',
             "What h_t hands to its cell is multiplied by K(c_t) in the place of the slope K'(c_t).",
             "Which derivative lies between c_t and h_t?"),
        Slip("truncated_gradient", 'future = da @ params["W_h"].T', "pass",
             "This is the truncated gradient, with an h0 of zero: the gates send nothing back to h[t-1].",
             "Which arrows of the figure are missing on the way back?"),
        Slip("carry_not_used", "dh[t - 1] + future", "dh[t - 1]",
             "What the gates send back to h[t-1] is formed, and at the step before it is not used.",
             "Which two places use h[t]?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(dh) else future)",
             "The hidden state gets the dh of the last step only: the other entries of dh are missing.",
             "Does the loss read h[t] at every step, or at the last one only?"),
        Slip("upstream_one_step_early", "dh[t - 1] + future", "dh[t - 2] + future",
             "Each state gets the dh of the step before; step 1, by a negative index, that of step T.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h[t]?"),
        Slip("carry_piles_up", 'future = da @ params["W_h"].T', 'future = future + da @ params["W_h"].T',
             "What is sent back to h[t-1] is added to what h[t] had received, in place of replacing it.",
             "Does h[t-1] reach the gates of step t+1 without passing h[t] or c[t]?"),
        Slip("carry_without_output_gate", 'future = da @ params["W_h"].T',
             'future = np.concatenate([da_i, da_g, 0 * da_o], axis=1) @ params["W_h"].T',
             "The block of o sends nothing back to h[t-1].",
             "Which of i, g and o read h[t-1]?"),
        Slip("carry_through_output_gate_only", 'future = da @ params["W_h"].T',
             'future = np.concatenate([0 * da_i, 0 * da_g, da_o], axis=1) @ params["W_h"].T',
             "The blocks of i and g send nothing back to h[t-1].",
             "Which of i, g and o read h[t-1]?"),
        Slip("carry_without_candidate", 'future = da @ params["W_h"].T',
             'future = np.concatenate([da_i, 0 * da_g, da_o], axis=1) @ params["W_h"].T',
             "The block of g sends nothing back to h[t-1].",
             "Which of i, g and o read h[t-1]?"),
        Slip("carry_without_input_gate", 'future = da @ params["W_h"].T',
             'future = np.concatenate([0 * da_i, da_g, da_o], axis=1) @ params["W_h"].T',
             "The block of i sends nothing back to h[t-1].",
             "Which of i, g and o read h[t-1]?"),
        Slip("w_h_blocks_not_transposed", 'da @ params["W_h"].T',
             'sum(d @ w for d, w in zip((da_i, da_g, da_o), np.split(params["W_h"], 3, axis=1)))',
             "The way back uses each block of W_h where its transpose belongs.",
             "W_hi[j, n] leads from which unit to which? Walk it the other way."),
        Slip("starts_from_last_dh", "np.zeros_like(dc_T), dc_T", "dh[-1], dc_T",
             "The last step's loss enters twice: the sweep starts with dh[-1] and then adds it.",
             "What lies to the right of the last step?"),
        Slip("carry_includes_the_cell", 'future = da @ params["W_h"].T',
             'future = da @ params["W_h"].T + dc',
             "The adjoint of the cell is also added to the hidden state before it.",
             "Which arrow leads from h[t-1] to c[t] that does not pass a gate or the candidate?"),
        # the carry in the row of cells
        Slip("cell_overwritten", "dc = dc + dh_total", "dc = dh_total",
             "The adjoint of each cell counts its own hidden state only: what came from c[t+1] is "
             "overwritten.",
             "Which arrow leads from c[t] to c[t+1], and what is its derivative?"),
        Slip("cell_from_outside_at_every_step", "dc = dc + dh_total", "dc = dc_T + dh_total",
             "The cell of every step starts from dc_T again; what came from c[t+1] is not used.",
             "Of which cell is dc_T the adjoint, and what do the others get in its place?"),
        Slip("cell_carry_with_input_gate", "dc = dc + dh_total",
             "dc = (dc if t == len(dh) else dc * run.i[t]) + dh_total",
             "From cell to cell the adjoint is multiplied by the input gate.",
             "What is the derivative of c[t-1] + i g with respect to c[t-1], with the gates held?"),
        Slip("cell_carry_coupled", "dc = dc + dh_total",
             "dc = (dc if t == len(dh) else dc * (1 - run.i[t])) + dh_total",
             "From cell to cell the adjoint is multiplied by 1 - i: that is a cell that forgets.",
             "What is the derivative of c[t-1] + i g with respect to c[t-1], with the gates held?"),
        Slip("dc_T_ignored", "np.zeros_like(dc_T), dc_T", "np.zeros_like(dc_T), np.zeros_like(dc_T)",
             "The adjoint of the last cell from outside, dc_T, is never used.",
             "With what does the row of cells begin, at its right end?"),
        Slip("cell_hears_outside_only", "dc + dh_total * o", "dc + dh[t - 1] * o",
             "Into the cell goes dh alone, without what the gates of the next step sent back to h[t].",
             "Which adjoint of h[t] is complete?"),
        Slip("output_gate_hears_outside_only", "dh_total * run.h[t] * (1 - o)",
             "dh[t - 1] * run.h[t] * (1 - o)",
             "The block of o is formed with dh alone, without what later gates sent back to h[t].",
             "Which adjoint of h[t] is complete?"),
        Slip("squash_ignored", "run.c[1:], run.squash", 'run.c[1:], "tanh"',
             'On a run with squash "1997" the slopes are those of tanh.',
             "Which field of the run tells you the functions that it was made with?"),
        Slip("slope_of_old_cell", "run.c[1:], run.squash", "run.c[:-1], run.squash",
             "The slope of K is taken at c[t-1], one step too early.",
             "From which cell state is h[t] made?"),
        Slip("output_gate_missing", 'dh_total * o * slope["K"]', 'dh_total * slope["K"]',
             "What enters the cell misses the output gate.",
             "h = o K(c): what is its derivative with respect to c?"),
        Slip("cell_slope_missing", 'o * slope["K"][t - 1]', "o",
             "What enters the cell misses the slope of K.",
             "h = o K(c): what is its derivative with respect to c?"),
        # the three blocks
        Slip("input_gate_slope_missing", "dc * g * i * (1 - i)", "dc * g",
             "The block of i misses the slope of the logistic function.",
             "What lies between the gate and its pre-activation?"),
        Slip("input_gate_slope_of_tanh", "dc * g * i * (1 - i)", "dc * g * (1 - i ** 2)",
             "The block of i carries the slope of tanh, 1 - i².",
             "With which function is a gate made?"),
        Slip("input_gate_sees_the_cell", "dc * g * i * (1 - i)", "dc * run.c[t - 1] * i * (1 - i)",
             "The block of i carries the old cell state, as a forget gate would.",
             "What does the input gate multiply?"),
        Slip("candidate_slope_missing", 'i * slope["G"][t - 1]', "i",
             "The block of g misses the slope of G.",
             "What lies between the candidate and its pre-activation?"),
        Slip("candidate_without_gate", 'dc * i * slope["G"]', 'dc * slope["G"]',
             "The block of g misses the input gate.",
             "If the input gate is closed, does the candidate matter?"),
        Slip("output_gate_from_the_cell", "dh_total * run.h[t] * (1 - o)", "dc * run.h[t] * (1 - o)",
             "The block of o is fed by the adjoint of the cell; the output gate acts on h.",
             "If o[t] moves, does c[t] move?"),
        Slip("output_gate_of_plain_cell", "run.h[t] * (1 - o)", "run.c[t] * o * (1 - o)",
             "The block of o carries the cell state without K.",
             "What does the output gate multiply?"),
        Slip("output_gate_slope_missing", "run.h[t] * (1 - o)", "run.h[t] / o",
             "The block of o misses the slope of the logistic function.",
             "What lies between the gate and its pre-activation?"),
        Slip("output_gate_counted_twice", "run.h[t] * (1 - o)", "run.h[t] * o * (1 - o)",
             "The block of o holds the output gate once too often: h contains it already.",
             "If you write h for o K(c), what is left of o (1 - o)?"),
        Slip("blocks_i_o_g", "[da_i, da_g, da_o]", "[da_i, da_o, da_g]",
             "The blocks stand in the order i, o, g.",
             "In which order are the columns packed?"),
        Slip("blocks_g_i_o", "[da_i, da_g, da_o]", "[da_g, da_i, da_o]",
             "The blocks stand in the order g, i, o.",
             "In which order are the columns packed?"),
        # the parameters
        Slip("w_x_overwritten", 'grads["W_x"] += ', 'grads["W_x"] = ',
             "W_x holds one step's part only: each step overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("w_h_overwritten", 'grads["W_h"] += ', 'grads["W_h"] = ',
             "W_h holds one step's part only: each step overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("b_overwritten", 'grads["b"] += ', 'grads["b"] = ',
             "b holds one step's part only: each step overwrites the one before.",
             "How often is b used, and what happens to the parts of its gradient?"),
        Slip("w_h_sees_new_state", "run.h[t - 1].T @ da", "run.h[t].T @ da",
             "W_h is multiplied by the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("w_h_sees_the_cell", "run.h[t - 1].T @ da", "run.c[t - 1].T @ da",
             "W_h is multiplied by the cell state; the gates of this cell read the hidden state.",
             "Which state stands beside W_h in a_t?"),
        Slip("x_stored_one_early", 'grads["x"][t - 1] =', 'grads["x"][t - 2] =',
             "The gradient of x_t stands where that of x_{t-1} belongs; the first has gone to the end.",
             "Which entry of x does step t read?"),
        Slip("x_adds_up", 'grads["x"][t - 1] = ', 'grads["x"][:t] += ',
             "Each entry of x also holds the parts of all later ones.",
             "How many steps read x_t directly?"),
        Slip("runs_forward", "range(len(run.x), 0, -1)", "range(1, len(run.x) + 1)",
             "The loop runs forward in time: what is handed on reaches the wrong neighbour.",
             "Which step's adjoint can be completed without any other?"),
        Slip("first_step_skipped", "range(len(run.x), 0, -1)", "range(len(run.x), 1, -1)",
             "The loop ends before step 1: x[0] is zero, and every other output lacks that step.",
             "Which values of t does your loop visit?"),
        Slip("last_step_skipped", "range(len(run.x), 0, -1)", "range(len(run.x) - 1, 0, -1)",
             "The loop begins at step T-1: x[T-1] is zero, and every other output lacks the last step.",
             "Which values of t does your loop visit?"),
        Slip("h0_with_a_loss", '{"h0": future', '{"h0": future + dh[0]',
             "h0 holds dh[0] as well; h[0] has no loss of its own, dh[0] belongs to h[1].",
             "dh has T entries and h has T + 1: to which state does the first one belong?"),
        Slip("h0_is_adjoint_of_h1", '{"h0": future', '{"h0": dh_total',
             "h0 is the adjoint of h[1]: one step short.",
             "What does the sweep hand on after step 1?"),
        Slip("initial_states_exchanged", '{"h0": future, "c0": dc}', '{"h0": dc, "c0": future}',
             "h0 holds the gradient of c0, and c0 that of h0.",
             "Which of the two carries goes through W_h?"),
        Slip("logistic_slope_halved_in_i", "dc * g * i * (1 - i)", "dc * g * i",
             "The block of i misses the factor 1 - i_t of the logistic slope.",
             "What is the derivative of the logistic function, written with its value?"),
        Slip("cell_slope_one_step_early", 'slope["K"][t - 1]', 'slope["K"][t - 2]',
             "The slope of the squashed cell is taken one step early; at step 1, by a negative index, "
             "at step T.",
             "slope[\"K\"] has T entries: which one belongs to c_t?"),
        Slip("cell_not_carried", "dc = dc + dh_total",
             "dc = (dc_T if t == len(run.x) else 0) + dh_total",
             "The adjoint of each cell counts its own hidden state only, and dc_T in the last: nothing "
             "is passed from c[t+1] to c[t].",
             "Which arrow leads from c[t] to c[t+1], and what is its derivative?"),
        Slip("cell_of_the_step_before_in_o", "run.h[t] * (1 - o)",
             'np.tanh(run.c[t - 1] / (1 if run.squash == "tanh" else 2)) * o * (1 - o)',
             "The block of o is formed with the squashed cell of the step before.",
             "h_t = o_t times a squashed cell: which cell is it?"),
        Slip("dc_T_at_every_step", "dc = dc + dh_total",
             "dc = dc + (dc_T if t < len(run.x) else 0) + dh_total",
             "dc_T is added at every step.",
             "To which cell does dc_T belong?"),
        Slip("gates_before_the_cell_is_complete",
             'dc = dc + dh_total * o * slope["K"][t - 1]\n'
             '        da_i, da_g = dc * g * i * (1 - i), dc * i * slope["G"][t - 1]',
             'da_i, da_g = dc * g * i * (1 - i), dc * i * slope["G"][t - 1]\n'
             '        dc = dc + dh_total * o * slope["K"][t - 1]',
             "The blocks of i and g are formed before the adjoint of c_t has what comes through h_t.",
             "By which two ways does c_t reach the loss, and when do you need both?"),
        Slip("candidate_slope_of_tanh", 'slope["G"][t - 1]', "(1 - g**2)",
             'With "1997" the candidate has the slope 1 - g², that of tanh itself.',
             "Which multiple of a tanh is g?"),
        Slip("cell_slope_of_tanh", 'slope["K"][t - 1]', "(1 - np.tanh(run.c[t]) ** 2)",
             'With "1997" the slope between cell and state is that of tanh(c).',
             "Which function makes h_t from c_t in a run of 1997?"),
        Slip("hidden_in_full", 'dh_total * o * slope["K"][t - 1]', "dh_total",
             "The adjoint of h_t enters the cell as it is: the output gate and the slope are missing.",
             "What lies between c_t and h_t?"),
        Slip("hidden_by_the_input_gate", 'dh_total * o * slope["K"][t - 1]',
             'dh_total * i * slope["K"][t - 1]',
             "On the way from h_t to c_t stands the input gate.",
             "Which gate stands between c_t and h_t?"),
        Slip("hidden_subtracted", "dc + dh_total * o", "dc - dh_total * o",
             "What c_t gets through h_t is subtracted; it should be added.",
             "Two routes to the loss: add or subtract?"),
        Slip("cell_carry_of_the_output_gate", "dc = dc + dh_total",
             "dc = (dc if t == len(dh) else dc * run.o[t]) + dh_total",
             "The cell's adjoint is multiplied by the output gate at every step back.",
             "What multiplies c_{t-1} in the equation of c_t?"),
        Slip("x_without_the_output_gate", 'da @ params["W_x"].T',
             'np.concatenate([da_i, da_g, 0 * da_o], axis=1) @ params["W_x"].T',
             "x lacks the way through the output gate.",
             "Which blocks of the pre-activation read x_t?"),
        Slip("x_through_the_output_gate_only", 'da @ params["W_x"].T',
             'da_o @ np.split(params["W_x"], 3, axis=1)[2].T',
             "x has the way through the output gate only.",
             "Which blocks of the pre-activation read x_t?"),
        Slip("w_h_output_block_only", "run.h[t - 1].T @ da",
             "run.h[t - 1].T @ np.concatenate([0 * da_i, 0 * da_g, da_o], axis=1)",
             "W_h has nothing for i and g, as in the truncated gradient.",
             "Do i and g read the hidden state?"),
        Slip("c0_is_the_carry_of_step_1_alone", '"c0": dc}', '"c0": dh_total * o * slope["K"][0]}',
             "c0 has only what comes through h_1; the rest of the cell's adjoint is missing.",
             "By how many ways does c_0 reach the loss?"),
        Slip("c0_with_dc_T", '"c0": dc}', '"c0": dc + dc_T}',
             "c0 has dc_T twice.",
             "Where does dc_T enter the sweep?"),
        Slip("c0_with_the_hidden_state", '"c0": dc}',
             '"c0": dc + future * squash_slopes(run.g[:1], run.c[:1], run.squash)["K"][0]}',
             "c0 also gets what goes back along h, times the slope at c_0, as if h_0 were computed from "
             "c_0.",
             "Which equation contains c_0, and is h_0 a result of it?"),
        Slip("c0_with_the_hidden_state_in_full", '"c0": dc}', '"c0": dc + future}',
             "c0 also gets what goes back along h, as if h_0 were computed from c_0.",
             "Which equation contains c_0, and is h_0 a result of it?"),
        Slip("output_gate_with_tanh_of_the_cell", "run.h[t] * (1 - o)", "np.tanh(run.c[t]) * o * (1 - o)",
             "The output gate's adjoint has tanh(c_t), whatever the squashing is.",
             "Which function K of the cell does o_t multiply, and in both variants the same?"),
    ), *_products(
        "i", "g", "o", 'slope["G"][t - 1]', "run.h[t]", "dh_total",
        {"dh[t - 1]": "the adjoint from outside alone", "future": "the carry alone"},
    )), SweepCode(
        w_x="run.x[t - 1].T @ da", w_h="run.h[t - 1].T @ da", b="np.sum(da, axis=0)",
        x='grads["x"][t - 1] = ', h0='"h0": future',
        carry='future = da @ params["W_h"].T',
    )),
)

REFUTE_CONSTANT = Exercise(
    id="09.refute_constant",
    title="Refute: neither explodes nor vanishes",
    points=1,
    section="5 Fifty steps back",
    function="two_cells",
    items=("S4.37",),
    outputs=("two_cells",),
    kind="value",
    verify=_refute_constant,
)

BOUND = Exercise(
    id="09.cell_bound",
    title="Growth and bound of the cell",
    points=2,
    section="6 A cell that cannot forget",
    function="cell_bound",
    items=("S4.38", "S4.52"),
    outputs=("without", "with", "bound"),
    instance=_gates,
    reference=_bound_reference,
    step="t",
    asks="Write the three out for one unit and two steps: which factor or which term is different in yours?",
    slips=(
        Slip("outputs_exchanged", '"without": np.array(adds_up), "with": np.array(forgets)',
             '"without": np.array(forgets), "with": np.array(adds_up)',
             "without and with hold each other's cell.",
             "In which of the two does an old state fade?"),
        Slip("forget_gate_on_the_sum", "f_t * forgets[-1] + i_t * g_t", "f_t * (forgets[-1] + i_t * g_t)",
             "In with the forget gate multiplies what is new as well.",
             "What is the forget gate to let fade: the old state, the new part, or both?"),
        Slip("forget_gate_inverted", "f_t * forgets[-1] + i_t * g_t", "(1 - f_t) * forgets[-1] + i_t * g_t",
             "In with the old state is multiplied by 1 - f.",
             "Does the old state stay when f is 1, or when it is 0?"),
        Slip("coupled_gates", "f_t * forgets[-1] + i_t * g_t", "f_t * forgets[-1] + (1 - f_t) * g_t",
             "In with the candidate enters with 1 - f in place of i.",
             "What is i for, if not for the candidate?"),
        Slip("forgets_from_the_other_cell", "f_t * forgets[-1]", "f_t * adds_up[-2]",
             "In with each step multiplies the state of the cell that does not forget.",
             "Whose old state does the forget gate multiply?"),
        Slip("input_gate_missing", "adds_up[-1] + i_t * g_t", "adds_up[-1] + g_t",
             "In without the candidate enters without its gate.",
             "What lets the candidate in?"),
        Slip("without_ignores_c0", "adds_up, forgets = [c0], [c0]",
             "adds_up, forgets = [np.zeros_like(c0)], [c0]",
             "without starts from zero in place of c0.",
             "What is the first entry of each list?"),
        Slip("both_ignore_c0", "adds_up, forgets = [c0], [c0]",
             "adds_up, forgets = [np.zeros_like(c0)], [np.zeros_like(c0)]",
             "Both runs start from zero in place of c0.",
             "What is the first entry of each list?"),
        Slip("bound_without_absolute_value", "abs(g).max()", "g.max()",
             "bound uses the largest g; here the one farthest from zero is negative.",
             "Can a very negative candidate move the cell far?"),
        Slip("bound_with_smallest_f", "(1 - f.max())", "(1 - f.min())",
             "bound uses the smallest forget gate, the one that forgets most.",
             "Which forget gate keeps most of the old state?"),
        Slip("bound_with_mean_f", "(1 - f.max())", "(1 - f.mean())",
             "bound uses the mean of the forget gates; a bound has to hold for every unit.",
             "What could one unit do whose forget gate is always the largest?"),
        Slip("bound_inverted", "(1 - f.max())", "f.max()",
             "bound is divided by f_max in place of 1 - f_max.",
             "What should the bound do when f_max comes close to 1?"),
        Slip("bound_of_the_product", "i.max() * abs(g).max()", "abs(i * g).max()",
             "bound takes the largest product i |g|. That is a valid bound too, and a tighter one; "
             "M is made from the separate maxima.",
             "Do the largest gate and the largest candidate here belong to the same unit and step?"),
        Slip("bound_without_input_gate", "i.max() * abs(g).max()", "abs(g).max()",
             "bound leaves out the input gate.",
             "How much can enter at one step at most?"),
        Slip("forgets_from_the_new_value_of_the_other", "f_t * forgets[-1]", "f_t * adds_up[-1]",
             "The cell with a forget gate goes on from the new value of the cell that only adds.",
             "Which of the two lists holds this cell's own old value?"),
        Slip("both_forget", "adds_up[-1] + i_t * g_t", "f_t * adds_up[-1] + i_t * g_t",
             "The cell without a forget gate forgets as well.",
             "What multiplies the old value in a cell that only adds?"),
        Slip("forget_gate_missing", "f_t * forgets[-1]", "forgets[-1]",
             "The cell with a forget gate forgets nothing.",
             "What multiplies the old value in a cell that forgets?"),
        Slip("input_gate_missing_with_forgetting", "f_t * forgets[-1] + i_t * g_t", "f_t * forgets[-1] + g_t",
             "In the cell with a forget gate, the candidate enters without its gate.",
             "What is the input gate for?"),
        Slip("with_ignores_c0", "adds_up, forgets = [c0], [c0]", "adds_up, forgets = [c0], [0 * c0]",
             "The cell with a forget gate starts from 0.",
             "Which entry of with should hold c0?"),
        Slip("gates_exchanged", "f_t * forgets[-1] + i_t * g_t", "i_t * forgets[-1] + f_t * g_t",
             "In the cell with a forget gate, the two gates are exchanged.",
             "Which of the gates multiplies what was there before?"),
        Slip("forget_gate_without_index", "f_t * forgets[-1]", "f[0] * forgets[-1]",
             "Every step forgets with the gate of step 1.",
             "Which entry of f belongs to step t?"),
        Slip("bound_of_the_measured_cell", "i.max() * abs(g).max() / (1 - f.max())",
             "abs(np.array(forgets)).max()",
             "bound is the largest value that this run has reached; a bound holds for every run with "
             "such gates.",
             "Which quantities of the gates does the derivation use?"),
        Slip("bound_with_c0", "abs(g).max() / (1 - f.max())", "abs(g).max() / (1 - f.max()) + abs(c0).max()",
             "The largest initial value is added to bound; M is the bound that is left when it has "
             "been forgotten.",
             "What becomes of c_0 after many steps?"),
        Slip("bound_not_divided", "abs(g).max() / (1 - f.max())", "abs(g).max()",
             "bound is what one step can add; the sum over all earlier steps is missing.",
             "What is 1 + f + f² + … ?"),
        Slip("bound_multiplied", "abs(g).max() / (1 - f.max())", "abs(g).max() * (1 - f.max())",
             "bound is multiplied by 1 - f where a division belongs.",
             "What is 1 + f + f² + … ?"),
        Slip("bound_with_mean_i", "i.max() * abs(g).max()", "i.mean() * abs(g).max()",
             "bound is formed with the mean input gate.",
             "Does a bound have to hold for the mean entry or for every entry?"),
        Slip("bound_of_the_steps_made", "abs(g).max() / (1 - f.max())",
             "abs(g).max() * (1 - f.max() ** len(f)) / (1 - f.max())",
             "bound is the sum over the steps of this run; M holds for any number of steps.",
             "Which limit has the sum when there are more and more steps?"),
        Slip("bound_with_plus", "(1 - f.max())", "(1 + f.max())",
             "bound divides by 1 + f.",
             "What is 1 + f + f² + … ?"),
        Slip("bound_with_root", "i.max() * abs(g).max() / (1 - f.max())", "(i * abs(g) / (1 - f)).max()",
             "bound is the largest quotient of a single entry; the largest f and the largest i may "
             "belong to different entries.",
             "Do the three largest values have to belong to the same unit and step?"),
    ),
)

REFUTE_BOUND = Exercise(
    id="09.refute_bound",
    title="Refute: always below the bound",
    points=1,
    section="Refute it: a bound without its condition",
    function="above_the_bound",
    items=("S4.38",),
    outputs=("above_the_bound",),
    kind="value",
    verify=_refute_bound,
)

EXERCISES = (
    FORWARD,
    SLOPES,
    TRUNCATED_BACKWARD,
    REFUTE_GATES,
    FULL,
    REFUTE_CONSTANT,
    BOUND,
    REFUTE_BOUND,
)
