"""Lesson 10: the LSTM with a forget gate, one step and a whole sequence, forward and backward."""

from itertools import permutations

import numpy as np

from rnnlib import initialisers, lstm

from . import Exercise, Slip
from .expressions import with_expressions
from .families import gate_slopes, itself, orders, subtracted, tanh_with_plus
from .lstm_products import Names, gate_products
from .sweep import LONG, Loud, Sweep
from .sweep_slips import SweepCode, with_sweep

# T, B, D, H: all distinct, twice; then B = D = H, where no shape betrays a transpose
SIZES = ((5, 2, 3, 4), (4, 3, 2, 5), (3, 3, 3, 3))
LONG_SIZES = (LONG, 2, 3, 4)
GRADIENTS = ("W_x", "W_h", "b", "x", "h0", "c0")
STEP = ("x", "h_prev", "c_prev", "i", "f", "g", "o", "c")


def _network(seed, sizes=None):
    """(params, x, h0, c0): nothing zero, no gate shut, the cells large enough for tanh to bend."""
    rng = np.random.default_rng([1001, seed])
    T, B, D, H = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, 4 * H)) * 0.5,
        "W_h": rng.normal(size=(H, 4 * H)) * 0.6,
        "b": rng.normal(size=4 * H) * 0.4,
    }
    h0, c0 = rng.uniform(-0.7, 0.7, (B, H)), rng.normal(size=(B, H))
    return params, rng.normal(size=(T, B, D)) * 0.8, h0, c0


def _one_step(seed):
    params, x, h0, c0 = _network(seed)
    return params, x[0], h0, c0


def _one_step_and_adjoints(seed):
    params, x, h0, c0 = _network(seed)
    run = lstm.forward(params, x[:1], h0, c0)
    values = (x[0], h0, c0, run.i[0], run.f[0], run.g[0], run.o[0], run.c[1])
    rng = np.random.default_rng([1002, seed])
    return params, dict(zip(STEP, values)), rng.normal(size=h0.shape), rng.normal(size=h0.shape)


def _run_and_adjoints(seed, sizes=None):
    params, x, h0, c0 = _network(seed, sizes)
    rng = np.random.default_rng([1003, seed])
    dh = rng.normal(size=(*x.shape[:2], h0.shape[1]))
    return params, lstm.forward(params, x, h0, c0), dh, rng.normal(size=h0.shape)


def _cells_and_adjoints(seed, sizes=None):
    """(c, da) of a network with peepholes; da packed, (T, B, 4H)."""
    params, x, h0, c0 = _network(seed, sizes)
    rng = np.random.default_rng([1004, seed])
    params |= {name: rng.normal(size=h0.shape[1]) * 0.6 for name in ("p_i", "p_f", "p_o")}
    run = lstm.forward(params, x, h0, c0)
    dh = rng.normal(size=(*x.shape[:2], h0.shape[1]))
    return run.c, _adjoints(params, run, dh, rng.normal(size=h0.shape))


def _packed(seed):
    """(W, order_from, order_to): the rearrangement is never its own inverse."""
    rng = np.random.default_rng([1005, seed])
    shape = ((3, 4 * 5), (4 * 6,), (12, 12))[seed % 3]
    orders = ["".join(p) for p in permutations("ifgo")]
    while True:
        first, second = rng.choice(orders, 2)
        places = [first.index(gate) for gate in second]
        if [places[n] for n in places] != [0, 1, 2, 3] and "ifgo" not in (first, second):
            return rng.normal(size=shape), str(first), str(second)


def _half_life(seed):
    return (round(float(np.random.default_rng([1006, seed]).uniform(1.5, 60)), 1),)


def _adjoints(params, run, dh, dc):
    """The adjoints of the pre-activations, packed, (T, B, 4H)."""
    slope, dh_dc, dc_dc = lstm.slopes(params, run)
    da, future = np.empty_like(slope), 0.0
    for t in range(len(dh) - 1, -1, -1):
        dh_total = dh[t] + future
        dc = dc + dh_total * dh_dc[t]
        da[t, :, :3] = slope[t, :, :3] * dc[:, None]
        da[t, :, 3] = slope[t, :, 3] * dh_total
        future = da[t].reshape(len(dc), -1) @ params["W_h"].T
        dc = dc * dc_dc[t]
    return da.reshape(*dh.shape[:2], -1)


def _step_forward_reference(params, x_t, h_prev, c_prev):
    run = lstm.forward(params, x_t[None], h_prev, c_prev)
    return {name: getattr(run, name)[-1] for name in "ifgoch"}


def _forward_reference(params, x, h0, c0):
    run = lstm.forward(params, x, h0, c0)
    return {name: getattr(run, name) for name in "ifgoch"}


def _step_backward_reference(params, step, dh_total, dc):
    run = lstm.forward(params, step["x"][None], step["h_prev"], step["c_prev"])
    gradient = lstm.backward(params, run, dh_total[None], dc)
    names = {"x": "x", "h0": "h_prev", "c0": "c_prev"}
    return {names.get(n, n): value[0] if n == "x" else value for n, value in gradient.items()}


def _peephole_reference(c, da):
    run = lstm.Run(None, None, None, None, None, c, None)
    names = dict.fromkeys(("p_i", "p_f", "p_o"))
    return lstm.peephole_gradients(names, run, da.reshape(*da.shape[:2], 4, -1))


def _reorder_reference(W, order_from, order_to):
    H = W.shape[-1] // 4
    columns = np.concatenate([np.arange(H) + H * order_from.index(gate) for gate in order_to])
    return {"W": W[..., columns]}


def _contributions(params, run, dh, dc_T):
    """((T, T, H, 4H), "W_h"): what the loss at t gives through the use of W_h at step s.

    What dc_T brings counts as part of the last loss.
    """
    T, H = len(dh), dh.shape[-1]
    terms = np.zeros((T, T, H, 4 * H))
    for t in range(T):
        alone = dh * (np.arange(T) == t)[:, None, None]
        da = _adjoints(params, run, alone, dc_T * (t == T - 1))
        terms[t] = np.einsum("sbi,sbj->sij", run.h[:-1], da)
    return terms, "W_h"


def _size(answer):
    """How many entries an answer has; "no" where it cannot have any."""
    try:
        return len(answer)
    except TypeError:
        return "no"


def _refute_gates(answer):
    """Two pasts (h, c) that lead to the same cell through different gates."""
    sizes = [_size(past) for past in answer] if _size(answer) == 2 else [_size(answer)]
    if sizes != [2, 2]:
        return "two_pasts does not have the form ((h_prev, c_prev), (h_prev, c_prev)): two pairs of numbers"
    pasts = np.array(answer, float)
    if pasts.shape != (2, 2):
        return f"has shape {pasts.shape}, expected two pairs (h_prev, c_prev)"
    if not np.isfinite(pasts).all():
        return "contains NaN or infinity"
    h, c_prev = pasts.T
    if np.abs(h).max() >= 1:
        return f"h_prev reaches {np.abs(h).max():.3g}; a state lies between -1 and 1"
    f = 1 / (1 + np.exp(-h))
    c = f * c_prev + f * np.tanh(h)
    if abs(c[0] - c[1]) > 1e-6:
        return f"the two cells are {c[0]:.6f} and {c[1]:.6f}, not the same to 1e-6"
    gap = abs(f[0] - f[1])
    return None if gap > 0.1 else f"the two forget gates differ by {gap:.2g}, not by more than 0.1"


def _refute_product(answer):
    """A one-unit LSTM in which dc_2/dc_0 is negative; a product of forget gates never is."""
    if (found := _size(answer)) != 3:
        return f"one_unit has {found} {'entry' if found == 1 else 'entries'}, expected (w, b, c0)"
    w, b, c0 = (np.array(part, float) for part in answer)
    if w.shape != (4,) or b.shape != (4,) or c0.shape != ():
        return f"w has shape {w.shape}, b {b.shape} and c0 {c0.shape}, expected (4,), (4,) and a number"
    if not all(np.isfinite(part).all() for part in (w, b, c0)):
        return "contains NaN or infinity"
    params, x = {"W_x": np.zeros((1, 4)), "W_h": w[None], "b": b}, np.zeros((2, 1, 1))
    run = lstm.forward(params, x, np.zeros((1, 1)), c0.reshape(1, 1))
    derivative = float(lstm.backward(params, run, np.zeros((2, 1, 1)), np.ones((1, 1)))["c0"][0, 0])
    if not derivative < -0.1:
        return f"dc_2/dc_0 is {derivative:.3g}, not below -0.1 (the product f_2 f_1 is {run.f.prod():.3g})"
    return None


CELL = "c = f * c_prev + i * g"
STATE = "h = o * np.tanh(c)"

STEP_FORWARD = Exercise(
    id="10.lstm_step_forward",
    title="One step of the cell",
    points=2,
    section="1 The cell, its three gates and the candidate",
    function="lstm_step_forward",
    items=("S4.1", "S4.39",),
    answers=("lstm.forward",),
    outputs=("i", "f", "g", "o", "c", "h"),
    instance=_one_step,
    reference=_step_forward_reference,
    loud=Loud(((1, 10), (3, 20)), ("c",)),
    asks="Which of i, f, g, o, c, h is the first that differs? For the first four, say which columns of the "
    "pre-activations make it and which function they go through; for c and h, look at their equation.",
    slips=(
        Slip("order_of_cs231n", "a_i, a_f, a_g, a_o = ", "a_i, a_f, a_o, a_g = ",
             "g and o are cut from each other's columns: that is the packing order i, f, o, g.",
             "In which order does this lesson pack the four blocks?"),
        Slip("order_forget_first", "a_i, a_f, a_g, a_o = ", "a_f, a_i, a_g, a_o = ",
             "i and f are cut from each other's columns: that is the packing order f, i, g, o.",
             "In which order does this lesson pack the four blocks?"),
        Slip("order_of_onnx", "a_i, a_f, a_g, a_o = ", "a_i, a_o, a_f, a_g = ",
             "f, g and o are cut from each other's columns: that is the packing order i, o, f, g.",
             "In which order does this lesson pack the four blocks?"),
        Slip("columns_interleaved", "np.split(a, 4, axis=1)", "(a[:, n::4] for n in range(4))",
             "Each gate is cut from every fourth column; a gate's H columns are neighbours.",
             "Where do the columns of the input gate end?"),
        Slip("activations_missing", "(1 / (1 + np.exp(-v)) for v in (a_i, a_f, a_o))\n    g = np.tanh(a_g)",
             "(v for v in (a_i, a_f, a_o))\n    g = a_g",
             "i, f, g and o are the pre-activations themselves.",
             "Between which two values should a gate lie, and what takes care of it?"),
        Slip("gates_without_sigma", "(1 / (1 + np.exp(-v)) for v", "(v for v",
             "The three gates are their pre-activations: nothing holds them between 0 and 1.",
             "Which function makes a gate?"),
        Slip("candidate_without_tanh", "g = np.tanh(a_g)", "g = a_g",
             "g is its pre-activation: nothing holds it between -1 and 1.",
             "Which function makes the candidate?"),
        Slip("bias_missing", ' + params["b"]', "",
             "All four pre-activations lack the bias.",
             "Which of the three parameters have you not used?"),
        Slip("recurrence_missing", ' + h_prev @ params["W_h"]', "",
             "All four pre-activations lack the part of the previous state.",
             "What does a gate read besides the input?"),
        Slip("input_missing", 'x_t @ params["W_x"] + ', "",
             "All four pre-activations lack the part of the input.",
             "What does a gate read besides the previous state?"),
        Slip("gates_read_the_cell", 'h_prev @ params["W_h"]', 'c_prev @ params["W_h"]',
             "The gates are formed from c_{t-1}; without peepholes they read h_{t-1}.",
             "Which of the two parts of the state is multiplied by W_h?"),
        Slip("candidate_by_sigma", "g = np.tanh(a_g)", "g = 1 / (1 + np.exp(-a_g))",
             "g is a logistic function like the three gates, so it could never lower the cell.",
             "May the candidate be negative?"),
        Slip("gates_by_tanh", "(1 / (1 + np.exp(-v))", "(np.tanh(v)",
             "The three gates are hyperbolic tangents: they run from -1 to 1.",
             "What should a gate be when it is shut?"),
        Slip("sigma_without_minus", "np.exp(-v)", "np.exp(v)",
             "The gates fall where they should rise: the sign in the exponent is the other way round.",
             "What does a gate do when its pre-activation is large and positive?"),
        Slip("no_forget_gate", CELL, "c = c_prev + i * g",
             "c keeps all of c_{t-1}: that is the cell of 1997.",
             "Which gate decides how much of the old cell stays?"),
        Slip("forgets_the_new_too", CELL, "c = f * (c_prev + i * g)",
             "c is scaled by f as a whole; the forget gate belongs to the old cell only.",
             "What should c be when f is 0?"),
        Slip("coupled_gates", CELL, "c = f * c_prev + (1 - f) * g",
             "c takes 1 - f in place of i: the input gate is not used.",
             "May this cell forget nothing and take in something at the same time?"),
        Slip("input_gate_missing", CELL, "c = f * c_prev + g",
             "c takes in the whole candidate: the input gate is not used.",
             "Where is i used?"),
        Slip("gates_exchanged", CELL, "c = i * c_prev + f * g",
             "c uses i and f in each other's place.",
             "Which of the two gates belongs to what was there before?"),
        Slip("cell_from_state", CELL, "c = f * h_prev + i * g",
             "c is built on h_{t-1}; what is kept from step to step is c_{t-1}.",
             "Which part of the state has never been through the output gate?"),
        Slip("state_without_tanh", STATE, "h = o * c",
             "h is o times c: the hyperbolic tangent between them is missing.",
             "Which values can the cell take, and which the state?"),
        Slip("tanh_outside", STATE, "h = np.tanh(o * c)",
             "h is the hyperbolic tangent of a product; the gate acts after tanh.",
             "If the output gate is 1/2, what is the largest value that h may take?"),
        Slip("state_of_the_old_cell", STATE, "h = o * np.tanh(c_prev)",
             "h shows the cell of the step before.",
             "Is the new cell known when h is computed?"),
        Slip("output_gate_missing", STATE, "h = np.tanh(c)",
             "h shows the whole cell: the output gate is not used.",
             "Where is o used?"),
        subtracted("bias_subtracted", '+ params["b"]', '- params["b"]', "The bias"),
        subtracted("recurrence_subtracted", '"W_x"] + h', '"W_x"] - h', "The state's term h_{t-1} W_h"),
        subtracted("input_subtracted", "a = x_t", "a = -x_t", "The input's term x_t W_x"),
        *orders("a_{}", "a_i, a_f, a_g, a_o =", "pre-activations"),
        subtracted("new_content_subtracted", "c_prev + i * g", "c_prev - i * g", "The new content i_t g_t"),
        subtracted("old_cell_subtracted", "c = f * c_prev + i * g", "c = i * g - f * c_prev",
                   "What is kept of the old cell, f_t c_{t-1},"),
        Slip("old_cell_missing", "c = f * c_prev + i * g", "c = i * g",
             "c holds only what is new: the old cell is not kept.",
             "Which two things make up the new cell?"),
        Slip("gate_and_candidate_added", "c = f * c_prev + i * g", "c = f * c_prev + i + g",
             "The input gate is added to the candidate; it should multiply it.",
             "What is left of the candidate when its gate is shut?"),
        Slip("cell_squashed", "c = f * c_prev + i * g", "c = np.tanh(f * c_prev + i * g)",
             "The cell itself is squashed; only what h shows of it should be.",
             "Which function stands between c_{t-1} and c_t?"),
        Slip("coupled_to_the_input_gate", "c = f * c_prev + i * g", "c = (1 - i) * c_prev + i * g",
             "The old cell is multiplied by 1 - i: the gates are coupled, and the forget gate is not used.",
             "Which two things make up the new cell?"),
        Slip("forget_gate_inverted", "c = f * c_prev + i * g", "c = (1 - f) * c_prev + i * g",
             "The old cell is multiplied by 1 - f: an open forget gate forgets.",
             "Does the cell keep its content when f is 1?"),
        Slip("old_cell_squashed", "c = f * c_prev + i * g", "c = f * np.tanh(c_prev) + i * g",
             "The old cell is squashed before it is kept.",
             "Which function stands between c_{t-1} and c_t?"),
        Slip("output_gate_lets_in", "c = f * c_prev + i * g", "c = f * c_prev + o * g",
             "The output gate stands before the candidate.",
             "Which of the gates act before the cell, which after it?"),
        Slip("input_gate_on_both", "c = f * c_prev + i * g", "c = i * (c_prev + g)",
             "The input gate multiplies the old cell as well, and the forget gate is not used.",
             "Which two things make up the new cell?"),
        Slip("input_gate_lets_out", "h = o * np.tanh(c)", "h = i * np.tanh(c)",
             "h is made with the input gate.",
             "What does h_t show of the cell, and through which gate?"),
        Slip("forget_gate_lets_out", "h = o * np.tanh(c)", "h = f * np.tanh(c)",
             "h is made with the forget gate.",
             "What does h_t show of the cell, and through which gate?"),
        Slip("state_by_sigma", "h = o * np.tanh(c)", "h = o / (1 + np.exp(-c))",
             "h is made with σ of the cell, so it has only one sign.",
             "What does h_t show of the cell, and through which gate?"),
        Slip("state_squashed_twice", "h = o * np.tanh(c)", "h = o * np.tanh(np.tanh(c))",
             "The cell is squashed twice on the way to h.",
             "What does h_t show of the cell, and through which gate?"),
        Slip("state_of_the_candidate", "h = o * np.tanh(c)", "h = o * g",
             "h is the candidate behind the output gate; the cell is not in it.",
             "What does h_t show of the cell, and through which gate?"),
        Slip("state_of_the_new_part", "h = o * np.tanh(c)", "h = o * np.tanh(i * g)",
             "h shows only what is new in the cell.",
             "What does h_t show of the cell, and through which gate?"),
        Slip("gate_and_state_added", "h = o * np.tanh(c)", "h = o + np.tanh(c)",
             "The output gate is added; it should multiply.",
             "What does h_t show of the cell, and through which gate?"),
        Slip("results_c_and_h_exchanged", '"c": c, "h": h', '"c": h, "h": c',
             "c and h stand in each other's place.",
             "Which of the two goes through the output gate?"),
        Slip("results_i_and_f_exchanged", '"i": i, "f": f', '"i": f, "f": i',
             "The results i and f stand in each other's place; the cell is right.",
             "Which gate did the new cell use before g?", alone=True),
        Slip("candidate_squashed_twice", "c = f * c_prev + i * g", "c = f * c_prev + i * np.tanh(g)",
             "The candidate goes through tanh twice on its way into the cell.",
             "Which function makes the candidate, and how often?"),
    ),
)

FORWARD = Exercise(
    id="10.lstm_forward",
    title="Run a sequence",
    points=1,
    section="2 A whole sequence",
    function="lstm_forward",
    builds_on=("lstm_step_forward",),
    items=("S4.39",),
    answers=("lstm.forward",),
    outputs=("i", "f", "g", "o", "c", "h"),
    instance=_network,
    reference=_forward_reference,
    loud=Loud(((1, 10), (3, 20)), ("c",)),
    step="t",
    asks="Is step 1 right? If so, compare what step 2 reads with what step 1 produced; if not, what "
    "does your loop hand to the step, and in which order?",
    slips=(
        Slip("h0_dropped", '"h": [h0]', '"h": [0 * h0]',
             "h[0] is 0: the initial hidden state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        Slip("c0_dropped", '"c": [c0]', '"c": [0 * c0]',
             "c[0] is 0: the initial cell that was passed in is never used.",
             "Which entry of c should hold c0?"),
        Slip("both_dropped", '"c": [c0], "h": [h0]', '"c": [0 * c0], "h": [0 * h0]',
             "h[0] and c[0] are 0: the state that was passed in is never used.",
             "What are the last two arguments for?"),
        Slip("states_exchanged", '"c": [c0], "h": [h0]', '"c": [h0], "h": [c0]',
             "h0 and c0 are in each other's place.",
             "In which order do h0 and c0 come in?"),
        Slip("cell_not_carried", 'run["c"][-1]', "c0",
             "c is right at step 1 only: every step starts from the initial cell.",
             "Which cell does step t read, and where did step t-1 put it?"),
        Slip("state_not_carried", 'run["h"][-1]', "h0",
             "The gates are right at step 1 only: every step reads the initial hidden state.",
             "Which state does step t read, and where did step t-1 put it?"),
        Slip("state_carried_as_cell", 'run["c"][-1]', 'run["h"][-1]',
             "c is built on h_{t-1} at every step: the hidden state stands where the cell should.",
             "A step reads two states; which of them does the forget gate multiply?"),
        Slip("step_called_with_states_exchanged", 'run["h"][-1], run["c"][-1]', 'run["c"][-1], run["h"][-1]',
             "Already step 1 is wrong: the two states are handed to the step in each other's place.",
             "In which order does your step take h and c?"),
        Slip("first_input_again", "lstm_step_forward(params, x_t,", "lstm_step_forward(params, x[0],",
             "Every step reads the input of step 1.",
             "What changes from one round of the loop to the next?"),
        Slip("backward_in_time", "for x_t in x:", "for x_t in x[::-1]:",
             "The sequence is read from its end.",
             "Which input belongs to step 1?"),
        Slip("nothing_carried", 'run["h"][-1], run["c"][-1]', "h0, c0",
             "Every step starts from the initial states.",
             "Which states does step t find?"),
        Slip("cell_carried_as_state", 'run["h"][-1], run["c"][-1]', 'run["c"][-1], run["c"][-1]',
             "The cell is handed on as the hidden state too: the gates read the cell.",
             "Which of the two states do the gates read?"),
        Slip("input_one_early", "for x_t in x:", "for x_t in np.roll(x, 1, axis=0):",
             "Each step reads the input of the step before; step 1 reads that of step T.",
             "Which entry of x does step t read?"),
        Slip("last_input_again", "lstm_step_forward(params, x_t, ", "lstm_step_forward(params, x[-1], ",
             "Every step reads the last input.",
             "Which entry of x does step t read?"),
        Slip("h0_from_the_cell", '"h": [h0]', '"h": [np.tanh(c0)]',
             "The initial hidden state is made from c0; it is an argument.",
             "Which entry of h should hold h0?"),
        Slip("c0_is_h0", '"c": [c0], "h": [h0]', '"c": [h0], "h": [h0]',
             "Both states start from h0.",
             "Which entry of c should hold c0?"),
        Slip("h0_is_c0", '"c": [c0], "h": [h0]', '"c": [c0], "h": [c0]',
             "Both states start from c0.",
             "Which entry of h should hold h0?"),
        Slip("state_squashed_between", 'run["h"][-1], run', 'np.tanh(run["h"][-1]), run',
             "The hidden state goes through tanh once more before the next step reads it.",
             "What does h hold already?"),
    ),
)

REFUTE_GATES = Exercise(
    id="10.refute_gates",
    title="Refute: the gates are functions of the cell",
    points=1,
    section="What does a gate know?",
    function="two_pasts",
    items=("S4.39",),
    outputs=("two_pasts",),
    kind="value",
    verify=_refute_gates,
)

NO_PARENTHESES = (
    "For i, f and g the slope multiplies only what comes through h_t; what came in for the cell is added "
    "without it: parentheses are missing."
)
STEP_NAMES = Names("i", "f", "g", "o", "c_prev", "c", "tanh_c", "h_prev", "o * tanh_c")
ADD = "dc = dc + dh_total * o * (1 - tanh_c**2)"
STEP_GATES = """\
da_i = dc * g * i * (1 - i)
    da_f = dc * c_prev * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh_total * tanh_c * o * (1 - o)
"""

WITHOUT_PARENTHESES = """\
through_h = dh_total * o * (1 - tanh_c**2)
    da_i = (dc - through_h) * g + through_h * g * i * (1 - i)
    da_f = (dc - through_h) * c_prev + through_h * c_prev * f * (1 - f)
    da_g = (dc - through_h) * i + through_h * i * (1 - g**2)
    da_o = dh_total * tanh_c * o * (1 - o)
"""
SLOPES_OF_VALUES = """\
def σ(v): return 1 / (1 + np.exp(-v))
    da_i = dc * g * σ(i) * (1 - σ(i))
    da_f = dc * c_prev * σ(f) * (1 - σ(f))
    da_g = dc * i * (1 - np.tanh(g)**2)
    da_o = dh_total * tanh_c * σ(o) * (1 - σ(o))
"""

STEP_BACKWARD = Exercise(
    id="10.lstm_step_backward",
    title="One step back",
    points=3,
    section="3 One step back",
    function="lstm_step_backward",
    items=("S4.39",),
    answers=("lstm.backward", "lstm.slopes"),
    outputs=("W_x", "W_h", "b", "x", "h_prev", "c_prev"),
    gates="ifgo",
    instance=_one_step_and_adjoints,
    reference=_step_backward_reference,
    sweep=Sweep((2, 3), batch=0),
    asks="If c_prev is wrong, complete the adjoint of c_t first; if only blocks of b are wrong, compare each "
    "with its row of the table; if b is right, look at the one product that makes the wrong output.",
    slips=with_expressions((
        Slip("h_prev_like_the_cell", 'da @ params["W_h"].T', "dh_total * f",
             "h_prev is the adjoint of h_t times f_t, as if h_{t-1} went through the forget gate like "
             "a cell.",
             "Which arrays of the step are made with h_{t-1}?"),
        Slip("tanh_value_in_place_of_slope", "(1 - tanh_c**2)", "tanh_c",
             "What h_t hands to its cell is multiplied by tanh(c_t) in the place of the slope.",
             "Which derivative lies between c_t and h_t?"),
        Slip("cell_adjoint_assigned", ADD, "dc = dh_total * o * (1 - tanh_c**2)",
             "What later steps pass back to the cell is missing: dc was replaced by h_t's share.",
             "Two routes lead from c_t to the loss; what was in dc when it came in?"),
        Slip("cell_without_state", ADD, "pass",
             "The part that reaches c_t through h_t is missing: dc is used as it came in.",
             "c_t reaches the next step's cell; where else is it used?"),
        Slip("cell_carry_without_state", "dc * f}", "(dc - dh_total * o * (1 - tanh_c**2)) * f}",
             "c_prev holds only what came in for the cell: the route from h_t into c_t is left out of it.",
             "Which adjoint of c_t is complete: the one that came in, or the one with h_t's share in it?"),
        Slip("tanh_of_cell_unsquashed", "(1 - tanh_c**2)", "(1 - c**2)",
             "The slope between c_t and h_t is 1 - c²; it belongs to tanh(c_t).",
             "Which number comes out of this tanh?"),
        Slip("tanh_of_cell_not_squared", "(1 - tanh_c**2)", "(1 - tanh_c)",
             "The slope between c_t and h_t lacks the square.",
             "How steep is tanh where its value is negative?"),
        Slip("tanh_of_the_square", "(1 - tanh_c**2)", "(1 - np.tanh(c**2))",
             "The slope between c_t and h_t is 1 - tanh(c²): the cell is squared before tanh, not its tanh.",
             "What comes first in tanh²(c), the square or the tanh?"),
        Slip("cell_gated_with_the_state", ADD, "dc = (dc + dh_total) * o * (1 - tanh_c**2)",
             "What came in for the cell is scaled by o_t and the slope of tanh, like h_t's share.",
             "Which of the two routes from c_t to the loss leads through o_t and tanh?"),
        Slip("tanh_of_cell_slope_missing", " * (1 - tanh_c**2)", "",
             "The slope between c_t and h_t is missing.",
             "What stands between the cell and the output gate?"),
        Slip("tanh_of_cell_twice", "(1 - tanh_c**2)", "(1 - np.tanh(tanh_c)**2)",
             "The slope between c_t and h_t has tanh in it twice.",
             "What does the name in the bracket hold already?"),
        Slip("tanh_of_cell_parentheses", "dh_total * o * (1 - tanh_c**2)", "dh_total * o * 1 - tanh_c**2",
             "tanh²(c) is subtracted from a product in place of scaling it.",
             "If both adjoints were zero, would your gradient be zero?"),
        Slip("output_gate_missing_to_cell", "dh_total * o * (1 - tanh_c**2)", "dh_total * (1 - tanh_c**2)",
             "What h_t hands to c_t is not scaled by the output gate.",
             "If the output gate is 0, does the loss at this step depend on the cell?"),
        Slip("all_slopes_missing", STEP_GATES,
             "da_i = dc * g\n    da_f = dc * c_prev\n    da_g = dc * i\n    da_o = dh_total * tanh_c\n",
             "Gates and candidate lack their slopes: the adjoints of i, f, g and o are used as those of the "
             "pre-activations.",
             "What lies between a gate and its pre-activation?"),
        Slip("forgotten_before_the_gates", STEP_GATES, STEP_GATES.replace("dc *", "dc * f *"),
             "i, f and g hear the adjoint of c_t after the forget gate has scaled it.",
             "When is dc multiplied by f, and do two of your names hold one array?"),
        Slip("sigma_by_tanh", STEP_GATES,
             "da_i = dc * g * (1 - i**2)\n    da_f = dc * c_prev * (1 - f**2)\n"
             "    da_g = dc * i * (1 - g**2)\n    da_o = dh_total * tanh_c * (1 - o**2)\n",
             "The three gates have the slope of tanh.",
             "Which function makes a gate, and what is its slope in terms of its value?"),
        Slip("input_by_tanh", "dc * g * i * (1 - i)", "dc * g * (1 - i**2)",
             "The input gate has the slope of tanh.",
             "Which function makes a gate, and what is its slope in terms of its value?"),
        Slip("candidate_not_squared", "dc * i * (1 - g**2)", "dc * i * (1 - g)",
             "The candidate's slope is 1 - g, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("forget_slope_missing", "dc * c_prev * f * (1 - f)", "dc * c_prev",
             "The forget gate's slope is missing.",
             "What lies between f_t and its pre-activation?"),
        Slip("input_slope_missing", "dc * g * i * (1 - i)", "dc * g",
             "The input gate's slope is missing.",
             "What lies between i_t and its pre-activation?"),
        Slip("candidate_slope_missing", "dc * i * (1 - g**2)", "dc * i",
             "The candidate's slope is missing.",
             "What lies between g_t and its pre-activation?"),
        Slip("output_slope_missing", "dh_total * tanh_c * o * (1 - o)", "dh_total * tanh_c",
             "The output gate's slope is missing.",
             "What lies between o_t and its pre-activation?"),
        Slip("candidate_by_sigma", "dc * i * (1 - g**2)", "dc * i * g * (1 - g)",
             "The candidate has the slope of a logistic function.",
             "Which of the four functions is not a logistic one?"),
        Slip("tanh_of_cell_square_outside", "(1 - tanh_c**2)", "(1 - tanh_c) ** 2",
             "The slope between c_t and h_t squares the whole bracket.",
             "Which number is squared, tanh(c_t) or what it lacks to 1?"),
        Slip("candidate_activated_twice", "dc * i * (1 - g**2)", "dc * i * (1 - np.tanh(g) ** 2)",
             "The candidate's slope is 1 - tanh(g)²: tanh is applied to a value that has been through it.",
             "Is g the value or the pre-activation?"),
        Slip("candidate_without_input_gate", "dc * i * (1 - g**2)", "dc * (1 - g**2)",
             "The candidate's adjoint is not scaled by the input gate.",
             "What stands beside g_t in the forward pass?"),
        Slip("candidate_sees_itself", "dc * i * (1 - g**2)", "dc * g * (1 - g**2)",
             "The candidate's adjoint is formed with the candidate itself.",
             "What stands beside g_t in the forward pass?"),
        Slip("input_sees_itself", "dc * g * i * (1 - i)", "dc * i * i * (1 - i)",
             "The input gate's adjoint is formed with the gate itself, beside its slope.",
             "What stands beside i_t in the forward pass?"),
        Slip("forget_sees_itself", "dc * c_prev * f * (1 - f)", "dc * f * f * (1 - f)",
             "The forget gate's adjoint is formed with the gate itself, beside its slope.",
             "What stands beside f_t in the forward pass?"),
        Slip("forget_sees_new_cell", "dc * c_prev * f * (1 - f)", "dc * c * f * (1 - f)",
             "The forget gate's adjoint is formed with c_t; the gate multiplies c_{t-1}.",
             "Which cell stands beside f_t in the forward pass?"),
        Slip("forget_sees_state", "dc * c_prev * f * (1 - f)", "dc * h_prev * f * (1 - f)",
             "The forget gate's adjoint is formed with h_{t-1}; the gate multiplies a cell.",
             "What stands beside f_t in the forward pass?"),
        Slip("input_sees_old_cell", "dc * g * i * (1 - i)", "dc * c_prev * i * (1 - i)",
             "The input gate's adjoint is formed with c_{t-1}, which belongs to the forget gate.",
             "What stands beside i_t in the forward pass?"),
        Slip("output_sees_cell", "dh_total * tanh_c * o", "dh_total * c * o",
             "The output gate's adjoint is formed with c_t; the gate multiplies tanh(c_t).",
             "What stands beside o_t in the forward pass?"),
        Slip("output_from_cell_adjoint", "dh_total * tanh_c * o", "dc * tanh_c * o",
             "The output gate's adjoint is formed from the cell's; o_t acts behind the cell.",
             "Can c_t change when o_t does?"),
        Slip("order_of_cs231n", "[da_i, da_f, da_g, da_o]", "[da_i, da_f, da_o, da_g]",
             "The adjoints are packed in the order i, f, o, g; the weights are not.",
             "In which order does this lesson pack the four blocks?"),
        Slip("order_forget_first", "[da_i, da_f, da_g, da_o]", "[da_f, da_i, da_g, da_o]",
             "The adjoints are packed in the order f, i, g, o; the weights are not.",
             "In which order does this lesson pack the four blocks?"),
        Slip("carry_unforgotten", "dc * f}", "dc}",
             "c_prev is the whole adjoint of c_t: no forget gate on the way back.",
             "By what is c_{t-1} multiplied on its way into c_t?"),
        Slip("previous_adjoints_exchanged", '"h_prev": dh_prev, "c_prev": dc * f}',
             '"h_prev": dc * f, "c_prev": dh_prev}',
             "h_prev and c_prev are in each other's place.",
             "Two arrays are handed back: which of them belongs to the cell?"),
        Slip("bias_one_number", "da.sum(axis=0)", "np.full(da.shape[1], da.sum())",
             "All entries of b are the same: the sum runs over the units too.",
             "Each column has its own bias: which axis must be left?"),
        Slip("bias_averaged", "da.sum(axis=0)", "da.mean(axis=0)",
             "b is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("w_h_sees_cell", "h_prev.T @ da", "c_prev.T @ da",
             "W_h is formed with c_{t-1}; it was multiplied by h_{t-1}.",
             "What stands beside W_h in the pre-activation?"),
        Slip("w_h_sees_new_state", "h_prev.T @ da", "(o * tanh_c).T @ da",
             "W_h is formed with the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in the pre-activation?"),
        Slip("h_prev_with_state_adjoint", 'da @ params["W_h"].T', 'da @ params["W_h"].T + dh_total',
             "h_prev holds dh_total as well, as if h_{t-1} went into h_t unchanged.",
             "Which four arrays are made with h_{t-1}, and is there any other use of it?"),
        Slip("h_prev_with_cell_adjoint", 'da @ params["W_h"].T', 'da @ params["W_h"].T + dc * f',
             "h_prev holds the carry along the cell as well.",
             "Which four arrays are made with h_{t-1}, and is there any other use of it?"),
        *gate_slopes("input", "i_t", "dc * g", "i"),
        *gate_slopes("forget", "f_t", "dc * c_prev", "f"),
        *gate_slopes("output", "o_t", "dh_total * tanh_c", "o"),
        Slip("slopes_of_values", STEP_GATES, SLOPES_OF_VALUES,
             "All slopes are taken as if i, f, g and o were pre-activations: each is activated once more.",
             "What do i, f, g and o hold: pre-activations, or what the four functions made of them?"),
        Slip("gates_without_parentheses", STEP_GATES, WITHOUT_PARENTHESES, NO_PARENTHESES,
             "In a * b + c * d * e, which of the two products does e multiply?"),
        *orders("da_{}", "[da_i, da_f, da_g, da_o]", "adjoints"),
        tanh_with_plus("candidate_with_plus", "dc * i * (1 - g**2)", "The candidate's slope is 1 + g²"),
        tanh_with_plus("tanh_of_cell_with_plus", "(1 - tanh_c**2)",
                       "The slope between c_t and h_t is 1 + tanh²(c_t)"),
        subtracted("state_subtracted_from_cell", "dc + dh_total * o", "dc - dh_total * o",
                   "What c_t gets through h_t"),
        itself("input gate", "i_t", "dc * g * i * (1 - i)", "dc * i"),
        itself("candidate", "g_t", "dc * i * (1 - g**2)", "dc * g"),
        itself("forget gate", "f_t", "dc * c_prev * f * (1 - f)", "dc * f"),
        Slip("candidate_missing_in_i", "dc * g * i * (1 - i)", "dc * i * (1 - i)",
             "The block of i misses the factor g_t.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to i_t?"),
        Slip("old_cell_missing_in_f", "dc * c_prev * f * (1 - f)", "dc * f * (1 - f)",
             "The block of f misses the factor c_{t-1}.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to f_t?"),
        Slip("cell_missing_in_o", "dh_total * tanh_c * o * (1 - o)", "dh_total * o * (1 - o)",
             "The block of o misses the factor tanh(c_t).",
             "h_t = o_t tanh(c_t): what is the derivative of h_t with respect to o_t?"),
        Slip("h_prev_without_o_block", 'da @ params["W_h"].T',
             'da[:, : 3 * i.shape[1]] @ params["W_h"][:, : 3 * i.shape[1]].T',
             "h_prev misses what comes through the output gate.",
             "Which gates read h_{t-1}?"),
        Slip("x_without_g_block", 'da @ params["W_x"].T',
             'np.concatenate([da_i, da_f, 0 * da_g, da_o], axis=1) @ params["W_x"].T',
             "x misses what comes through the candidate g.",
             "Which of the four blocks read x_t?"),
        Slip("cell_carry_by_input_gate", '"c_prev": dc * f', '"c_prev": dc * i',
             "c_prev is scaled by the input gate.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to c_{t-1}, with "
             "the gates held?"),
        Slip("gates_before_the_cell_is_complete", f"{ADD}\n    {STEP_GATES}", f"{STEP_GATES}    {ADD}\n",
             "The blocks of i, f and g are formed before the adjoint of c_t has what comes through h_t.",
             "Which two ways lead from c_t to the loss, and when do you need both?"),
        Slip("state_added_in_full", "dh_total * o * (1 - tanh_c**2)", "dh_total",
             "The adjoint of h_t enters the cell as it is: the output gate and the slope are missing.",
             "What lies between c_t and h_t?"),
        Slip("state_by_the_input_gate", "dh_total * o * (1 - tanh_c**2)", "dh_total * i * (1 - tanh_c**2)",
             "On the way from h_t to c_t stands the input gate.",
             "Which gate stands between c_t and h_t?"),
        Slip("state_by_the_forget_gate", "dh_total * o * (1 - tanh_c**2)", "dh_total * f * (1 - tanh_c**2)",
             "On the way from h_t to c_t stands the forget gate.",
             "Which gate stands between c_t and h_t?"),
        Slip("old_cell_shown", "np.tanh(c)", "np.tanh(c_prev)",
             "tanh and its slope are taken at c_{t-1}; h_t shows the new cell.",
             "Which cell does h_t show?"),
        Slip("tanh_slope_of_state", "(1 - tanh_c**2)", "(1 - (o * tanh_c) ** 2)",
             "The slope between c_t and h_t is formed with h_t; the output gate is in that too.",
             "Whose value enters 1 - (…)²: that of tanh or that of the state?"),
        Slip("tanh_slope_divided", "dh_total * o * (1 - tanh_c**2)", "dh_total * o / (1 - tanh_c**2)",
             "The adjoint is divided by the slope of tanh; it should be multiplied.",
             "What does the chain rule do with a slope?"),
        Slip("cell_carry_by_slope", "dc * f}", "dc * f * (1 - f)}",
             "The adjoint of the cell is passed on with the slope of the forget gate.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("cell_carry_inverted", "dc * f}", "dc * (1 - f)}",
             "The adjoint of the cell is passed on with the factor 1 - f_t.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("cell_carry_one_minus_input_gate", "dc * f}", "dc * (1 - i)}",
             "The adjoint of the cell is passed on with the factor 1 - i_t, as if the two gates were "
             "coupled.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("cell_carry_by_output_gate", "dc * f}", "dc * o}",
             "The adjoint of the cell is passed on with the output gate.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("cell_carry_with_state", "dc * f}", "dc * f + dh_prev}",
             "c_prev holds the adjoint of h_prev as well.",
             "Which of the step's equations contain c_{t-1}?"),
        Slip("cell_carry_by_old_cell", "dc * f}", "dc * c_prev}",
             "The adjoint of the cell is passed on with the old cell, what f_t is multiplied by, in "
             "the place of f_t.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("order_of_onnx", "[da_i, da_f, da_g, da_o]", "[da_i, da_o, da_f, da_g]",
             "The adjoints are packed in the order i, o, f, g; the weights are not.",
             "In which order does this lesson pack the four blocks?"),
        Slip("bias_first_instance", "da.sum(axis=0)", "da[0]",
             "b counts the first instance only.",
             "The forward pass adds b to how many rows?"),
        Slip("h_prev_without_f_block", 'da @ params["W_h"].T',
             'np.concatenate([da_i, 0 * da_f, da_g, da_o], axis=1) @ params["W_h"].T',
             "h_prev lacks the way through the forget gate.",
             "Which of the four blocks read h_{t-1}?"),
        Slip("h_prev_without_g_block", 'da @ params["W_h"].T',
             'np.concatenate([da_i, da_f, 0 * da_g, da_o], axis=1) @ params["W_h"].T',
             "h_prev lacks the way through the candidate.",
             "Which of the four blocks read h_{t-1}?"),
        Slip("h_prev_without_i_block", 'da @ params["W_h"].T',
             'np.concatenate([0 * da_i, da_f, da_g, da_o], axis=1) @ params["W_h"].T',
             "h_prev lacks the way through the input gate.",
             "Which of the four blocks read h_{t-1}?"),
        Slip("x_without_o_block", 'da @ params["W_x"].T',
             'np.concatenate([da_i, da_f, da_g, 0 * da_o], axis=1) @ params["W_x"].T',
             "x lacks the way through the output gate.",
             "Which of the four blocks read x_t?"),
        Slip("x_without_f_block", 'da @ params["W_x"].T',
             'np.concatenate([da_i, 0 * da_f, da_g, da_o], axis=1) @ params["W_x"].T',
             "x lacks the way through the forget gate.",
             "Which of the four blocks read x_t?"),
        Slip("cell_carry_with_both_factors", "dc * f}", "dc * f * c_prev}",
             "The adjoint of the cell is passed on with f_t and with c_{t-1}, what f_t multiplies.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to c_{t-1}?"),
        Slip("cell_carry_of_two_gates", "dc * f}", "dc * (f + i)}",
             "The adjoint of the cell is passed on with f_t + i_t; i_t does not multiply the old cell.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to c_{t-1}?"),
        Slip("cell_carry_of_the_candidate_too", "dc * f}", "dc * (f + i * g)}",
             "The adjoint of the cell is passed on with f_t + i_t g_t; the second term does not contain "
             "the old cell.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to c_{t-1}?"),
        Slip("h_carry_with_the_cell", 'da @ params["W_h"].T\n', 'da @ params["W_h"].T + dc\n',
             "h_prev also gets the adjoint of the cell.",
             "Which of the step's equations contain h_{t-1}?"),
    ), *gate_products(STEP_NAMES, "dh_total * o * (1 - tanh_c**2)", {})),
)

# the passages of lstm_backward from which its slips are cut
CELLS = "dc = dc + dh_total * o[t - 1] * (1 - tanh_c**2)"
IN, FORGET = "dc * g[t - 1] * i[t - 1] * (1 - i[t - 1])", "dc * c[t - 1] * f[t - 1] * (1 - f[t - 1])"
CANDIDATE, OUT = "dc * i[t - 1] * (1 - g[t - 1] ** 2)", "dh_total * tanh_c * o[t - 1] * (1 - o[t - 1])"
GATES = f"""\
        da_i = {IN}
        da_f = {FORGET}
        da_g = {CANDIDATE}
        da_o = {OUT}
"""
GATES_WITHOUT_PARENTHESES = """\
        through_h = dh_total * o[t - 1] * (1 - tanh_c**2)
        da_i = (dc - through_h) * g[t - 1] + through_h * g[t - 1] * i[t - 1] * (1 - i[t - 1])
        da_f = (dc - through_h) * c[t - 1] + through_h * c[t - 1] * f[t - 1] * (1 - f[t - 1])
        da_g = (dc - through_h) * i[t - 1] + through_h * i[t - 1] * (1 - g[t - 1] ** 2)
        da_o = dh_total * tanh_c * o[t - 1] * (1 - o[t - 1])
"""
USES = "x[t - 1].T @ da\n        dW_h += h[t - 1].T @ da\n        db += da"
COPIED = '"b": np.concatenate([np.split(db, 4)["ifgo".index(gate)] for gate in "{}"])'
SWEEP_NAMES = Names(
    *(f"{gate}[t - 1]" for gate in "ifgo"), "c[t - 1]", "c[t]", "tanh_c", "h[t - 1]", "h[t]", "{0} ** 2"
)
OWN = {"dh[t - 1]": "the adjoint from outside alone", "future": "the carry alone"}
LOOP, PACK, CARRY = "range(len(x), 0, -1)", "[da_i, da_f, da_g, da_o]", "dc = dc * f[t - 1]"
FROM_CELL = f"""\
{CELLS}
{GATES}        da = np.concatenate({PACK}, axis=1)
        dW_x += {USES}.sum(axis=0)
        dx[t - 1] = da @ W_x.T
        future = da @ W_h.T
        {CARRY}"""


def _gates(i="* i[t - 1] * (1 - i[t - 1])", g="* (1 - g[t - 1] ** 2)"):
    """The four lines with another slope for the three gates (written for i) and for g."""
    f, o = (i.replace("i[", f"{gate}[") for gate in "fo")
    return (
        f"        da_i = dc * g[t - 1] {i}\n        da_f = dc * c[t - 1] {f}\n"
        f"        da_g = dc * i[t - 1] {g}\n        da_o = dh_total * tanh_c {o}\n"
    )


BACKWARD = Exercise(
    id="10.lstm_backward",
    title="Back-propagation through time in an LSTM",
    points=5,
    section="4 The sweep",
    function="lstm_backward",
    builds_on=("lstm_step_backward",),
    items=("S4.39", "S4.41"),
    answers=("lstm.backward", "lstm.slopes"),
    outputs=GRADIENTS,
    gates="ifgo",
    instance=_run_and_adjoints,
    reference=lambda params, run, dh, dc_T: lstm.backward(params, run, dh, dc_T),
    sweep=Sweep((2, 3), long=lambda number: _run_and_adjoints(number, LONG_SIZES), batch=1),
    spectrum=_contributions,
    step="t",
    backward=True,
    asks="The last step needs only dh[T-1] and dc_T: are x at step T and the carries it hands on right?",
    asks_of="x",
    slips=with_sweep(with_expressions((
        # what travels along h
        Slip("h_carry_f_weights_with_i",
             "da @ W_h.T",
             "np.concatenate([da_i, da_i, da_g, da_o], axis=1) @ W_h.T",
             "On the way back to h_{t-1}, the forget gate's weights meet the adjoint of the input "
             "gate.",
             "Four products lead back to h_{t-1}: which adjoint belongs to which weights?"),
        Slip("h_carry_o_weights_with_i",
             "da @ W_h.T",
             "np.concatenate([da_i, da_f, da_g, da_i], axis=1) @ W_h.T",
             "On the way back to h_{t-1}, the output gate's weights meet the adjoint of the input "
             "gate.",
             "Four products lead back to h_{t-1}: which adjoint belongs to which weights?"),
        Slip("dc_T_forgotten_at_once", "dc_T.copy()", "dc_T * f[-1]",
             "dc_T is multiplied by the forget gate of step T before the sweep begins; it is the "
             "adjoint of c_T itself.",
             "Of which cell is dc_T the adjoint, and which cell does f_T multiply?"),
        Slip("h_carry_like_the_cell", "da @ W_h.T", "dh_total * f[t - 1]",
             "The carry along the hidden state is the adjoint of h_t times f_t, as if h_{t-1} went "
             "through the forget gate like a cell.",
             "Which arrays of step t are made with h_{t-1}?"),
        Slip("cell_carry_of_own_share",
             "dc = dc * f[t - 1]",
             "dc = dh_total * o[t - 1] * (1 - tanh_c**2) * f[t - 1]",
             "What is handed back along the cell is the part of h_t only: what came from later cells "
             "is dropped after one step.",
             "Two parts meet in c_t on the way back; which of them goes on to c_{t-1}?"),
        Slip("tanh_value_in_place_of_slope", "(1 - tanh_c**2)", "tanh_c",
             "What h_t hands to its cell is multiplied by tanh(c_t) in the place of the slope.",
             "Which derivative lies between c_t and h_t?"),
        Slip("no_h_carry", "dh[t - 1] + future", "dh[t - 1]",
             "What h_t does to later gates is missing: the carry along h is not added.",
             "h_t is read by the loss; who else reads it?"),
        Slip("h_carry_forgotten", "        future = da @ W_h.T", "        pass",
             "Nothing is handed back along the hidden state: h0 stays zero, and only the carry along the "
             "cell connects the steps.",
             "Which arrays of step t are made with h_{t-1}?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(x) else future)",
             "Only the last step's loss is counted: the other steps' own dh are missing.",
             "Does the loss read h_t at every step, or at the last one only?"),
        Slip("upstream_not_used", "dh[t - 1] + future", "future",
             "dh is never used: only what dc_T brings is swept back.",
             "Which argument holds the derivative of each step's own loss with respect to h_t?"),
        Slip("upstream_ones", "dh[t - 1] + future", "np.ones_like(future) + future",
             "The adjoints from outside are taken as 1 at every step: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("upstream_one_step_early", "dh[t - 1] + future", "dh[t - 2] + future",
             "Each state gets the dh of the step before; step 1, by a negative index, that of step T.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h_t?"),
        Slip("upstream_of_last_step", "dh[t - 1] + future", "dh[-1] + future",
             "Every state gets the dh of the last step, again and again.",
             "What reaches h[1] from outside, and where does it stand in dh?"),
        Slip("starts_from_last_dh", "future, dc = np.zeros_like(h[0])", "future, dc = dh[-1].copy()",
             "The last step's loss enters twice: the sweep starts with dh[-1] and then adds it.",
             "What lies to the right of the last step?"),
        Slip("h_carry_subtracted", "dh[t - 1] + future", "dh[t - 1] - future",
             "What comes from later steps along the hidden state is subtracted.",
             "Two routes to the loss: add or subtract?"),
        Slip("h_carry_piles_up", "future = da @ W_h.T", "future = future + da @ W_h.T",
             "The carry along the hidden state is added to the old one in place of replacing it.",
             "Is there a path from h_{t-1} to h_{t+1} that does not lead through step t?"),
        Slip("w_h_not_transposed", "da @ W_h.T",
             "sum(d @ w for d, w in zip(np.split(da, 4, 1), np.split(W_h, 4, 1)))",
             "The step back uses each gate's block of W_h where its transpose belongs.",
             "W_h[j, k] leads from which unit to which column? Walk it the other way."),
        Slip("h_carry_through_input_only", "da @ W_h.T", "da_i @ np.split(W_h, 4, 1)[0].T",
             "Only the input gate hands something back to h_{t-1}.",
             "How many of the four pre-activations read h_{t-1}?"),
        Slip("h_carry_without_output_gate", "da @ W_h.T", "da[:, :-len(h[0, 0])] @ W_h[:, :-len(h[0, 0])].T",
             "The output gate hands nothing back to h_{t-1}.",
             "How many of the four pre-activations read h_{t-1}?"),
        Slip("h_carry_without_forget_gate", "da @ W_h.T", "da @ W_h.T - da_f @ np.split(W_h, 4, 1)[1].T",
             "The forget gate hands nothing back to h_{t-1}.",
             "How many of the four pre-activations read h_{t-1}?"),
        Slip("h_carry_through_output_gate_only", "da @ W_h.T", "da_o @ np.split(W_h, 4, 1)[3].T",
             "Only the output gate hands something back to h_{t-1}.",
             "How many of the four pre-activations read h_{t-1}?"),
        Slip("no_carry", f"dh[t - 1] + future\n        {CELLS}",
             f"dh[t - 1]\n        dc = dc_T * (t == len(x)) + {CELLS[10:]}",
             "Nothing flows from step t+1 back to t, neither along h nor along c: the steps' own "
             "losses are all that is counted.",
             "Which two arrays does step t hand to step t+1, and where do their adjoints go on the way "
             "back?"),
        Slip("no_carry_and_no_dc_T", f"dh[t - 1] + future\n        {CELLS}",
             f"dh[t - 1]\n        dc = {CELLS[10:]}",
             "Nothing flows from step t+1 back to t, neither along h nor along c, and dc_T is not used.",
             "Which two arrays does step t hand to step t+1, and where do their adjoints go on the way "
             "back?"),
        Slip("chunks_of_two", "future = da @ W_h.T",
             "dc = dc * (t % 2 == 0)\n        future = da @ W_h.T * (t % 2 == 0)",
             "The sweep is cut before every odd step: the steps hear of each other in pairs only.",
             "A truncated pass is lesson 06; is there a reason to cut here?"),
        Slip("detached_halfway", "future = da @ W_h.T",
             "dc = dc * (t != len(x) // 2 + 1)\n        future = da @ W_h.T * (t != len(x) // 2 + 1)",
             "The sweep is cut in the middle: nothing crosses from the second half into the first.",
             "A truncated pass is lesson 06; is there a reason to cut here?"),
        # what travels along c
        Slip("dc_T_ignored", "dc_T.copy()", "np.zeros_like(dc_T)",
             "dc_T is never used: what reaches the last cell from outside is missing.",
             "The loss may read the last cell as well; which argument says so?"),
        Slip("dc_T_ones", "dc_T.copy()", "np.ones_like(dc_T)",
             "The last cell's adjoint is taken as 1: dc_T is not used.",
             "What does dc_T tell you that an array of ones does not?"),
        Slip("dc_T_at_every_step", CELLS, f"{CELLS} + dc_T * (t < len(x))",
             "dc_T is added at every step; it belongs to the last cell alone.",
             "Of which cell is dc_T the adjoint?"),
        Slip("dc_T_in_place_of_carry", CELLS, "dc = dc_T + dh_total * o[t - 1] * (1 - tanh_c**2)",
             "The cell of every step starts from dc_T again; the carry along the cell is not used.",
             "Of which cell is dc_T the adjoint, and what do the others get in its place?"),
        Slip("cell_adjoint_assigned", CELLS, "dc = dh_total * o[t - 1] * (1 - tanh_c**2)",
             "The carry along the cell is missing: dc is replaced at every step, where something "
             "should be added to it.",
             "Two routes lead from c_t to the loss; what was in dc when the step began?"),
        Slip("cell_without_state", CELLS, "pass",
             "The cell receives nothing from h_t: only dc_T is passed along it.",
             "c_t is used by the next step; where else?"),
        Slip("cell_hears_own_loss_only", CELLS, "dc = dc + dh[t - 1] * o[t - 1] * (1 - tanh_c**2)",
             "What h_t hands to its cell is this step's loss only, without what later steps pass back to "
             "h_t.",
             "Two arrays meet in h_t on the way back; which of them goes on into c_t?"),
        Slip("cell_hears_carry_only", CELLS, "dc = dc + future * o[t - 1] * (1 - tanh_c**2)",
             "What h_t hands to its cell lacks the loss of the step itself.",
             "Two arrays meet in h_t on the way back; which of them goes on into c_t?"),
        Slip("cell_carry_without_state", CARRY,
             "dc = (dc - dh_total * o[t - 1] * (1 - tanh_c**2)) * f[t - 1]",
             "The carry along the cell holds only what came in along the cell: h_t's share of dc is dropped "
             "before it is handed on.",
             "Which adjoint of c_t is complete: the one that came in, or the one with h_t's share in it?"),
        Slip("cell_carry_forgotten", CARRY, "dc = np.zeros_like(dc)",
             "Nothing is handed back along the cell: c0 stays zero.",
             "By which array does c_{t-1} reach c_t?"),
        Slip("cell_carry_unforgotten", f"        {CARRY}\n", "",
             "The carry along the cell misses the forget gate, as in the cell of 1997.",
             "By what is c_{t-1} multiplied on its way into c_t?"),
        Slip("cell_carry_by_input_gate", CARRY, "dc = dc * i[t - 1]",
             "The carry along the cell is scaled by the input gate.",
             "By what is c_{t-1} multiplied on its way into c_t?"),
        Slip("cell_carry_by_earlier_gate", CARRY, "dc = dc * f[t - 2]",
             "The carry along the cell uses the forget gate of the step before.",
             "Which forget gate stands between c_{t-1} and c_t?"),
        Slip("cell_carry_by_slope", CARRY, "dc = dc * f[t - 1] * (1 - f[t - 1])",
             "The carry along the cell is scaled by the forget gate's slope in place of its value.",
             "c_{t-1} is multiplied by a number; does it pass through the gate's σ?"),
        Slip("cell_carry_piles_up", CARRY, "dc = dc + dc * f[t - 1]",
             "The carry along the cell is added to itself: c_{t-1} gets the adjoint of c_t twice.",
             "Is there a path from c_{t-1} to c_{t+1} that does not lead through step t?"),
        # between h and c
        Slip("tanh_of_cell_unsquashed", "(1 - tanh_c**2)", "(1 - c[t] ** 2)",
             "The slope between c_t and h_t is 1 - c²; it belongs to tanh(c_t).",
             "Which number comes out of this tanh?"),
        Slip("tanh_of_cell_slope_missing", " * (1 - tanh_c**2)", "",
             "The slope between c_t and h_t is missing.",
             "What stands between the cell and the output gate?"),
        Slip("tanh_of_cell_twice", "(1 - tanh_c**2)", "(1 - np.tanh(tanh_c) ** 2)",
             "The slope between c_t and h_t has tanh in it twice.",
             "What has already been done to the number in the bracket?"),
        Slip("tanh_of_cell_not_squared", "(1 - tanh_c**2)", "(1 - tanh_c)",
             "The slope between c_t and h_t lacks the square.",
             "How steep is tanh where its value is negative?"),
        Slip("tanh_of_the_square", "(1 - tanh_c**2)", "(1 - np.tanh(c[t] ** 2))",
             "The slope between c_t and h_t is 1 - tanh(c²): the cell is squared before tanh, not its tanh.",
             "What comes first in tanh²(c), the square or the tanh?"),
        Slip("cell_gated_with_the_state", CELLS, "dc = (dc + dh_total) * o[t - 1] * (1 - tanh_c**2)",
             "What comes along the cell is scaled by o_t and the slope of tanh, like h_t's share.",
             "Which of the two routes from c_t to the loss leads through o_t and tanh?"),
        Slip("tanh_slope_of_state", "(1 - tanh_c**2)", "(1 - h[t] ** 2)",
             "The slope between c_t and h_t is 1 - h²; that would be right without an output gate.",
             "h_t is a product; which factor came out of tanh?"),
        Slip("tanh_slope_divided", "dh_total * o[t - 1] * (1 - tanh_c**2)",
             "dh_total * o[t - 1] / (1 - tanh_c**2)",
             "The slope between c_t and h_t divides; 1/(1 - tanh²) belongs to the inverse function.",
             "Where tanh is flat, should the cell's adjoint be large or small?"),
        Slip("tanh_of_cell_parentheses", "dh_total * o[t - 1] * (1 - tanh_c**2)",
             "dh_total * o[t - 1] * 1 - tanh_c**2",
             "tanh²(c) is subtracted from a product in place of scaling it.",
             "If dh and dc_T were zero, would your gradient be zero?"),
        Slip("old_cell_shown", "np.tanh(c[t])", "np.tanh(c[t - 1])",
             "The tanh between cell and state is taken at c_{t-1}; step t shows the new cell.",
             "c has T + 1 entries: where does the cell stand that step t made?"),
        Slip("output_gate_missing_to_cell", CELLS, "dc = dc + dh_total * (1 - tanh_c**2)",
             "What h_t hands to c_t is not scaled by the output gate.",
             "If the output gate is 0, does the loss at this step depend on the cell?"),
        # the slopes of the gates
        Slip("all_slopes_missing", GATES, _gates("", ""),
             "Gates and candidate lack their slopes: the adjoints of i, f, g and o are used as those of the "
             "pre-activations.",
             "What lies between a gate and its pre-activation?"),
        Slip("sigma_slopes_missing", GATES, _gates(""),
             "The three gates lack their slopes; the candidate has its own.",
             "Four activations make i, f, g and o: which of them have you walked back through?"),
        Slip("slopes_of_values", GATES,
             _gates("* (lambda s: s * (1 - s))(1 / (1 + np.exp(-i[t - 1])))",
                    "* (1 - np.tanh(g[t - 1]) ** 2)"),
             "All four slopes are taken as if the gates' values were pre-activations: σ and tanh are applied "
             "a second time.",
             "What does the run hold for a gate, the value or the pre-activation?"),
        Slip("sigma_applied_twice", GATES,
             _gates("* (lambda s: s * (1 - s))(1 / (1 + np.exp(-i[t - 1])))"),
             "The three gates' slopes are taken at σ of the gate: σ is applied to what has been through it.",
             "What does the run hold for a gate, the value or the pre-activation?"),
        Slip("sigma_by_tanh", GATES, _gates("* (1 - i[t - 1] ** 2)"),
             "The three gates have the slope of tanh.",
             "Which function makes a gate, and what is its slope in terms of its value?"),
        Slip("input_by_tanh", IN, "dc * g[t - 1] * (1 - i[t - 1] ** 2)",
             "The input gate has the slope of tanh.",
             "Which function makes a gate, and what is its slope in terms of its value?"),
        Slip("sigma_slope_half", GATES, _gates("* (1 - i[t - 1])"),
             "The three gates' slopes are 1 - σ, without the other factor.",
             "How steep is σ where its value is nearly 0?"),
        Slip("candidate_by_sigma", CANDIDATE, "dc * i[t - 1] * g[t - 1] * (1 - g[t - 1])",
             "The candidate has the slope of a logistic function.",
             "Which of the four functions is not a logistic one?"),
        Slip("candidate_not_squared", CANDIDATE, "dc * i[t - 1] * (1 - g[t - 1])",
             "The candidate's slope is 1 - g, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("candidate_activated_twice", CANDIDATE, "dc * i[t - 1] * (1 - np.tanh(g[t - 1]) ** 2)",
             "The candidate's slope is 1 - tanh(g)²: tanh is applied to a value that has been through it.",
             "What does the run hold for g, the value or the pre-activation?"),
        Slip("candidate_divided", CANDIDATE, "dc * i[t - 1] / (1 - g[t - 1] ** 2)",
             "The candidate's slope divides; 1/(1 - g²) belongs to the inverse function.",
             "Where tanh is flat, should the adjoint be large or small?"),
        Slip("candidate_parentheses", CANDIDATE, "dc * i[t - 1] * 1 - g[t - 1] ** 2",
             "g² is subtracted from a product in place of scaling it.",
             "If dh and dc_T were zero, would your gradient be zero?"),
        Slip("candidate_slope_missing", CANDIDATE, "dc * i[t - 1]",
             "The candidate's slope is missing.",
             "What lies between g_t and its pre-activation?"),
        Slip("input_slope_missing", IN, "dc * g[t - 1]",
             "The input gate's slope is missing.",
             "What lies between i_t and its pre-activation?"),
        Slip("forget_slope_missing", FORGET, "dc * c[t - 1]",
             "The forget gate's slope is missing.",
             "What lies between f_t and its pre-activation?"),
        Slip("output_slope_missing", OUT, "dh_total * tanh_c",
             "The output gate's slope is missing.",
             "What lies between o_t and its pre-activation?"),
        Slip("input_parentheses", IN, "dc * g[t - 1] * i[t - 1] * 1 - i[t - 1]",
             "The input gate is subtracted from a product in place of scaling it by 1 - i.",
             "If dh and dc_T were zero, would your gradient be zero?"),
        Slip("forgotten_before_the_gates", GATES, GATES.replace("dc *", "dc * f[t - 1] *"),
             "i, f and g hear the adjoint of c_t after the forget gate has scaled it.",
             "When is dc multiplied by the forget gate, and do two of your names hold one array?"),
        # what stands beside each gate
        Slip("forget_sees_new_cell", FORGET, "dc * c[t] * f[t - 1] * (1 - f[t - 1])",
             "The forget gate's adjoint is formed with c_t; the gate multiplies c_{t-1}.",
             "Which cell stands beside f_t in the forward pass?"),
        Slip("forget_sees_state", FORGET, "dc * h[t - 1] * f[t - 1] * (1 - f[t - 1])",
             "The forget gate's adjoint is formed with h_{t-1}; the gate multiplies a cell.",
             "What stands beside f_t in the forward pass?"),
        Slip("forget_sees_two_back", FORGET, "dc * c[t - 2] * f[t - 1] * (1 - f[t - 1])",
             "The forget gate's adjoint is formed one cell too early; at step 1 a negative index fetches "
             "the last cell.",
             "c has T + 1 entries and c[0] is the initial cell: where is the one that step t reads?"),
        Slip("input_sees_old_cell", IN, "dc * c[t - 1] * i[t - 1] * (1 - i[t - 1])",
             "The input gate's adjoint is formed with c_{t-1}, which belongs to the forget gate.",
             "What stands beside i_t in the forward pass?"),
        Slip("candidate_without_input_gate", CANDIDATE, "dc * (1 - g[t - 1] ** 2)",
             "The candidate's adjoint is not scaled by the input gate.",
             "What stands beside g_t in the forward pass?"),
        Slip("candidate_sees_forget_gate", CANDIDATE, "dc * f[t - 1] * (1 - g[t - 1] ** 2)",
             "The candidate's adjoint is scaled by the forget gate.",
             "What stands beside g_t in the forward pass?"),
        Slip("output_sees_cell", OUT, "dh_total * c[t] * o[t - 1] * (1 - o[t - 1])",
             "The output gate's adjoint is formed with c_t; the gate multiplies tanh(c_t).",
             "What stands beside o_t in the forward pass?"),
        Slip("output_sees_state", OUT, "dh_total * h[t] * o[t - 1] * (1 - o[t - 1])",
             "The output gate's adjoint is formed with h_t, which holds the gate already.",
             "h_t is a product of two; which factor is not the gate?"),
        Slip("output_from_cell_adjoint", OUT, "dc * tanh_c * o[t - 1] * (1 - o[t - 1])",
             "The output gate's adjoint is formed from the cell's; o_t acts behind the cell.",
             "Can c_t change when o_t does?"),
        Slip("output_hears_own_loss_only", OUT, "dh[t - 1] * tanh_c * o[t - 1] * (1 - o[t - 1])",
             "The output gate counts the loss of its own step only.",
             "o_t changes h_t, and who reads h_t?"),
        Slip("candidate_and_input_from_state", GATES, GATES.replace("dc *", "dh_total *"),
             "Three gates are driven by the adjoint of h_t; i, f and g act on the cell.",
             "Which array do i_t, f_t and g_t make together, and which is its adjoint?"),
        # packing
        Slip("order_of_cs231n", PACK, "[da_i, da_f, da_o, da_g]",
             "The adjoints are packed in the order i, f, o, g; the weights are not.",
             "In which order does this lesson pack the four blocks?"),
        Slip("order_forget_first", PACK, "[da_f, da_i, da_g, da_o]",
             "The adjoints are packed in the order f, i, g, o; the weights are not.",
             "In which order does this lesson pack the four blocks?"),
        Slip("order_of_onnx", PACK, "[da_i, da_o, da_f, da_g]",
             "The adjoints are packed in the order i, o, f, g; the weights are not.",
             "In which order does this lesson pack the four blocks?"),
        Slip("gradients_in_order_of_cs231n", USES,
             USES.replace("da", "np.concatenate([da_i, da_f, da_o, da_g], 1)"),
             "W_x, W_h and b come in the order i, f, o, g; x, h0 and c0 are right, so the sweep is too.",
             "In which order are the blocks of the parameters packed, and those of your gradients?",
             alone=True),
        Slip("gradients_forget_first", USES,
             USES.replace("da", "np.concatenate([da_f, da_i, da_g, da_o], 1)"),
             "W_x, W_h and b come in the order f, i, g, o; x, h0 and c0 are right, so the sweep is too.",
             "In which order are the blocks of the parameters packed, and those of your gradients?",
             alone=True),
        # the parameters
        Slip("parameters_overwritten", f"dW_x += {USES}",
             f"dW_x = {USES}".replace("+=", "="),
             "W_x, W_h and b hold step 1's part only: each step overwrites the one before.",
             "How often is a weight used, and what happens to the parts of its gradient?"),
        Slip("w_x_overwritten", "dW_x += ", "dW_x = ",
             "W_x holds step 1's part only: each step overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("w_h_overwritten", "dW_h += ", "dW_h = ",
             "W_h holds step 1's part only: each step overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("b_overwritten", "db += ", "db = ",
             "b holds step 1's part only: each step overwrites the one before.",
             "How often is b used, and what happens to the parts of its gradient?"),
        Slip("w_h_sees_new_state", "h[t - 1].T @ da", "h[t].T @ da",
             "W_h is formed with the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in the pre-activation?"),
        Slip("w_h_two_back", "h[t - 1].T @ da", "h[t - 2].T @ da",
             "W_h is formed with the state before the one the step reads; at step 1 with the last one.",
             "h has T + 1 entries and h[0] is the initial state: where is the state that step t reads?"),
        Slip("w_h_sees_cell", "h[t - 1].T @ da", "c[t - 1].T @ da",
             "W_h is formed with c_{t-1}; it was multiplied by h_{t-1}.",
             "What stands beside W_h in the pre-activation?"),
        Slip("w_h_first_use_missing", "h[t - 1].T @ da", "h[t - 1].T @ da * (t > 1)",
             "The use of W_h at step 1 is missing, as if the initial state were always zero.",
             "Is h[0] zero here, and is it multiplied by W_h?", alone=True),
        Slip("w_x_input_one_early", "x[t - 1].T @ da", "x[t - 2].T @ da",
             "W_x is formed with the input of the step before; at step 1, with that of step T.",
             "Which entry of x does step t read?"),
        Slip("w_x_averaged", "x[t - 1].T @ da", "x[t - 1].T @ da / len(da)",
             "W_x is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("b_averaged", "da.sum(axis=0)", "da.mean(axis=0)",
             "b is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("b_one_number", "da.sum(axis=0)", "da.sum()",
             "Every entry of b is the same: the sum runs over the columns too.",
             "Each column has its own bias: which axis must be left?"),
        Slip("b_forget_copied_from_input", "da.sum(axis=0)",
             "np.concatenate([da_i, da_i, da_g, da_o], axis=1).sum(axis=0)",
             "The forget gate's part of b is a copy of the input gate's.",
             "Four blocks, four adjoints: which one belongs to the second block?"),
        Slip("b_output_copied_from_candidate", "da.sum(axis=0)",
             "np.concatenate([da_i, da_f, da_g, da_g], axis=1).sum(axis=0)",
             "The output gate's part of b is a copy of the candidate's.",
             "Four blocks, four adjoints: which one belongs to the last block?"),
        # the inputs, the loop and the ends
        Slip("x_holds_the_sum", "dx[t - 1] = ", "dx += ",
             "Every entry of x holds the sum over steps: x was treated like a shared weight.",
             "How many steps read x_t?"),
        Slip("x_reversed", '"x": dx,', '"x": dx[::-1],',
             "x stands in the opposite order: its first entry is that of step T.",
             "In which order does the sweep make the entries of x, and in which are they to be returned?"),
        Slip("x_stored_one_early", "dx[t - 1] = ", "dx[t - 2] = ",
             "Every entry of x stands one place too early; the first step's lies at the end.",
             "Which entry of x does step t read?"),
        Slip("first_step_skipped", LOOP, "range(len(x), 1, -1)",
             "Step 1 is never swept: x is zero there, and h0 and c0 are what step 2 hands back.",
             "Which numbers does your loop variable take, and which is the last?"),
        Slip("first_step_never_reached", "        tanh_c = ",
             "        dh, future, dc = dh * (t > 1), future * (t > 1), dc * (t > 1)\n        tanh_c = ",
             "Step 1 adds nothing: x is zero there, and h0 and c0 stay zero.",
             "Which numbers does your loop variable take, and which is the last?"),
        Slip("last_step_skipped", LOOP, "range(len(x) - 1, 0, -1)",
             "Step T is never swept: x is zero there, and dh's last entry is not used.",
             "Which numbers does your loop variable take, and which is the first?"),
        Slip("runs_forward", LOOP, "range(1, len(x) + 1)",
             "The loop runs forward in time: what is handed on reaches the wrong neighbour.",
             "Which step's adjoint can be completed without any other?"),
        Slip("h0_is_adjoint_of_h1", '"h0": future', '"h0": dh_total',
             "h0 is the adjoint of h_1: one step short.",
             "What does the sweep hand on after step 1?"),
        Slip("h0_with_a_loss", '"h0": future', '"h0": future + dh[0]',
             "h0 holds dh[0] as well; h_0 has no loss of its own, dh[0] belongs to h_1.",
             "dh has T entries and h has T + 1: to which state does the first one belong?"),
        Slip("c0_is_adjoint_of_c1", '"c0": dc}', '"c0": dc / f[0]}',
             "c0 is the adjoint of c_1: one step short.",
             "What lies between c_0 and c_1?"),
        Slip("c0_is_h0", '"c0": dc}', '"c0": future}',
             "c0 is a copy of h0.",
             "Two arrays are left after step 1: which belongs to the cell?"),
        Slip("initial_adjoints_exchanged", '"h0": future, "c0": dc}', '"h0": dc, "c0": future}',
             "h0 and c0 are in each other's place.",
             "Two arrays are left after step 1: which belongs to the cell?"),
        # slopes of one gate, signs
        *gate_slopes("input", "i_t", "dc * g[t - 1]", "i[t - 1]"),
        *gate_slopes("forget", "f_t", "dc * c[t - 1]", "f[t - 1]"),
        *gate_slopes("output", "o_t", "dh_total * tanh_c", "o[t - 1]"),
        Slip("gates_without_parentheses", GATES, GATES_WITHOUT_PARENTHESES, NO_PARENTHESES,
             "In a * b + c * d * e, which of the two products does e multiply?"),
        *orders("da_{}", PACK, "adjoints"),
        tanh_with_plus("candidate_with_plus", CANDIDATE, "The candidate's slope is 1 + g²"),
        tanh_with_plus("tanh_of_cell_with_plus", "(1 - tanh_c**2)",
                       "The slope between c_t and h_t is 1 + tanh²(c_t)"),
        subtracted("state_subtracted_from_cell", "dc + dh_total * o", "dc - dh_total * o",
                   "What c_t gets through h_t"),
        itself("input gate", "i_t", IN, "dc * i[t - 1]"),
        itself("candidate", "g_t", CANDIDATE, "dc * g[t - 1]"),
        itself("forget gate", "f_t", FORGET, "dc * f[t - 1]"),
        Slip("cell_carry_by_later_gate", CARRY, "dc = dc * (f[t] if t < len(x) else 1)",
             "The carry along the cell is scaled by the forget gate of the step after, the last one by none.",
             "f has T entries and c has T + 1: which entry of f lies between c_{t-1} and c_t?"),
        Slip("starts_from_ones", "future, dc = np.zeros_like(h[0])", "future, dc = np.ones_like(h[0])",
             "The carry along the hidden state starts with ones: h_T gets a gradient that no loss has.",
             "What follows after the last step?"),
        Slip("seeded_with_ones", "dh[t - 1] + future", "np.ones_like(future)",
             "The adjoint of every h_t is taken as 1: dh is not used, nor the carry along the hidden state.",
             "Which two gradients add up to the adjoint of h_t?"),
        Slip("b_forget_copied_from_output", '"b": db', COPIED.format("iogo"),
             "The forget gate's block of b is a copy of the output gate's.",
             "Which adjoint belongs to which block of b?"),
        Slip("b_candidate_copied_from_forget", '"b": db', COPIED.format("iffo"),
             "The candidate's block of b is a copy of the forget gate's.",
             "Which adjoint belongs to which block of b?"),
        Slip("candidate_missing_in_i", "dc * g[t - 1] * i[t - 1] * (1 - i[t - 1])",
             "dc * i[t - 1] * (1 - i[t - 1])",
             "The block of i misses the factor g_t.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to i_t?"),
        Slip("old_cell_missing_in_f", "dc * c[t - 1] * f[t - 1] * (1 - f[t - 1])",
             "dc * f[t - 1] * (1 - f[t - 1])",
             "The block of f misses the factor c_{t-1}.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to f_t?"),
        Slip("cell_missing_in_o", "dh_total * tanh_c * o[t - 1] * (1 - o[t - 1])",
             "dh_total * o[t - 1] * (1 - o[t - 1])",
             "The block of o misses the factor tanh(c_t).",
             "h_t = o_t tanh(c_t): what is the derivative of h_t with respect to o_t?"),
        Slip("i_from_hidden_adjoint", IN, IN.replace("dc", "dh_total"),
             "The block of i starts from the adjoint of h_t; the input gate acts on the cell.",
             "Which of the two states does i_t enter?"),
        Slip("g_from_hidden_adjoint", CANDIDATE, CANDIDATE.replace("dc", "dh_total"),
             "The block of g starts from the adjoint of h_t; the candidate acts on the cell.",
             "Which of the two states does g_t enter?"),
        Slip("upstream_one_step_late", "dh[t - 1] + future", "(dh[t] if t < len(x) else 0) + future",
             "Each state gets the dh of the step after it: the last gets none, and dh[0] is not used.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h_t?"),
        Slip("cell_carry_one_minus_input_gate", "dc = dc * f[t - 1]", "dc = dc * (1 - i[t - 1])",
             "The adjoint of the cell is passed on with the factor 1 - i_t, as if the two gates were "
             "coupled.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("gates_before_the_cell_is_complete", f"{CELLS}\n{GATES}", f"{GATES.strip()}\n        {CELLS}\n",
             "The blocks of i, f and g are formed before the adjoint of c_t has what comes through h_t.",
             "Which two ways lead from c_t to the loss, and when do you need both?"),
        Slip("forgotten_one_step_early", FROM_CELL,
             FROM_CELL.replace("dc + dh", "dc * f[t - 1] + dh").replace(f"\n        {CARRY}", ""),
             "What comes along the cell is multiplied by the forget gate of step t before the gates "
             "of step t use it; it belongs behind them.",
             "f_t stands between c_{t-1} and c_t: on which side of it is the adjoint of c_t?"),
        Slip("cell_carry_by_later_gate_or_the_last", "dc = dc * f[t - 1]", "dc = dc * f[min(t, len(x) - 1)]",
             "The carry along the cell is scaled by the forget gate of the step after, the last one "
             "by its own.",
             "f has T entries and c has T + 1: which entry of f lies between c_{t-1} and c_t?"),
        Slip("cell_carry_inverted", "dc = dc * f[t - 1]", "dc = dc * (1 - f[t - 1])",
             "The adjoint of the cell is passed on with the factor 1 - f_t.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("cell_carry_by_output_gate", "dc = dc * f[t - 1]", "dc = dc * o[t - 1]",
             "The adjoint of the cell is passed on with the output gate.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("cell_carry_by_first_gate", "dc = dc * f[t - 1]", "dc = dc * f[0]",
             "The adjoint of the cell is passed on with the forget gate of step 1 at every step.",
             "Which entry of f belongs to step t?"),
        Slip("cell_carry_clipped", "dc = dc * f[t - 1]", "dc = np.clip(dc * f[t - 1], -1, 1)",
             "What is passed back along the cell is limited to the interval from -1 to 1 at every "
             "step: the sweep is clipped from within.",
             "Is a gradient clipped while it is computed, or afterwards?"),
        Slip("cell_carry_with_the_other", "dc = dc * f[t - 1]", "dc = dc * f[t - 1] + future",
             "What is passed back along the hidden state is added to the carry of the cell as well.",
             "Which of the step's equations contain c_{t-1}?"),
        Slip("cell_carry_by_old_cell", "dc = dc * f[t - 1]", "dc = dc * c[t - 1]",
             "The adjoint of the cell is passed on with the old cell, what f_t is multiplied by, in "
             "the place of f_t.",
             "c_t = f_t c_{t-1} + i_t g_t: which gate stands before c_{t-1}?"),
        Slip("state_added_in_full", "dh_total * o[t - 1] * (1 - tanh_c**2)", "dh_total",
             "The adjoint of h_t enters the cell as it is: the output gate and the slope are missing.",
             "What lies between c_t and h_t?"),
        Slip("state_by_the_input_gate", "dh_total * o[t - 1] * (1 - tanh_c**2)",
             "dh_total * i[t - 1] * (1 - tanh_c**2)",
             "On the way from h_t to c_t stands the input gate.",
             "Which gate stands between c_t and h_t?"),
        Slip("state_by_the_forget_gate", "dh_total * o[t - 1] * (1 - tanh_c**2)",
             "dh_total * f[t - 1] * (1 - tanh_c**2)",
             "On the way from h_t to c_t stands the forget gate.",
             "Which gate stands between c_t and h_t?"),
        Slip("w_h_blocks_packed_for_cs231n", "da @ W_h.T",
             "np.concatenate([da_i, da_f, da_o, da_g], axis=1) @ W_h.T",
             "On the way back to h_{t-1} the blocks stand in the order i, f, o, g; the weights do not.",
             "In which order does this lesson pack the four blocks?"),
        Slip("h_carry_i_and_f_exchanged", "da @ W_h.T",
             "np.concatenate([da_f, da_i, da_g, da_o], axis=1) @ W_h.T",
             "On the way back to h_{t-1} the weights of i and f meet each other's adjoint.",
             "Four products lead back to h_{t-1}: which adjoint belongs to which weights?"),
        Slip("h_carry_without_candidate", "da @ W_h.T", "da @ W_h.T - da_g @ np.split(W_h, 4, 1)[2].T",
             "What goes back to h_{t-1} lacks the way through the candidate.",
             "Which of the four blocks read h_{t-1}?"),
        Slip("h_carry_without_input_gate", "da @ W_h.T", "da @ W_h.T - da_i @ np.split(W_h, 4, 1)[0].T",
             "What goes back to h_{t-1} lacks the way through the input gate.",
             "Which of the four blocks read h_{t-1}?"),
        Slip("x_without_g_block", "da @ W_x.T",
             "np.concatenate([da_i, da_f, 0 * da_g, da_o], axis=1) @ W_x.T",
             "x lacks the way through the candidate.",
             "Which of the four blocks read x_t?"),
        Slip("x_without_o_block", "da @ W_x.T",
             "np.concatenate([da_i, da_f, da_g, 0 * da_o], axis=1) @ W_x.T",
             "x lacks the way through the output gate.",
             "Which of the four blocks read x_t?"),
        Slip("c0_with_dc_T", '"c0": dc}', '"c0": dc + dc_T}',
             "c0 has dc_T once more.",
             "Where does dc_T enter the sweep?"),
        Slip("cell_carry_with_both_factors", "dc = dc * f[t - 1]", "dc = dc * f[t - 1] * c[t - 1]",
             "The adjoint of the cell is passed on with f_t and with c_{t-1}, what f_t multiplies.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to c_{t-1}?"),
        Slip("cell_carry_of_two_gates", "dc = dc * f[t - 1]", "dc = dc * (f[t - 1] + i[t - 1])",
             "The adjoint of the cell is passed on with f_t + i_t; i_t does not multiply the old cell.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to c_{t-1}?"),
        Slip("cell_carry_of_the_candidate_too", "dc = dc * f[t - 1]",
             "dc = dc * (f[t - 1] + i[t - 1] * g[t - 1])",
             "The adjoint of the cell is passed on with f_t + i_t g_t; the second term does not contain "
             "the old cell.",
             "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to c_{t-1}?"),
        Slip("h_carry_with_the_cell", "future = da @ W_h.T", "future = da @ W_h.T + dc",
             "The adjoint of the cell is added to what goes back along h.",
             "Which of the step's equations contain h_{t-1}?"),
        Slip("h_carry_with_the_cells_carry", "future = da @ W_h.T", "future = da @ W_h.T + dc * f[t - 1]",
             "What the cell passes back is added to what goes back along h.",
             "Which of the step's equations contain h_{t-1}?"),
        Slip("c0_with_the_hidden_state", '"c0": dc}', '"c0": dc + future * (1 - np.tanh(c[0]) ** 2)}',
             "c0 also gets what goes back along h, times the slope at c_0, as if h_0 were computed from "
             "c_0.",
             "Which equation contains c_0, and is h_0 a result of it?"),
        Slip("c0_with_the_hidden_state_gated", '"c0": dc}',
             '"c0": dc + future * o[0] * (1 - np.tanh(c[0]) ** 2)}',
             "c0 also gets what goes back along h, times o_1 and the slope at c_0, as if h_0 were "
             "computed from c_0.",
             "Which equation contains c_0, and is h_0 a result of it?"),
    ), *gate_products(SWEEP_NAMES, "dh_total * o[t - 1] * (1 - tanh_c**2)", OWN)), SweepCode(
        w_x="x[t - 1].T @ da", w_h="h[t - 1].T @ da", b="da.sum(axis=0)", x="dx[t - 1] = ", h0='"h0": future',
        carry="future = da @ W_h.T",
    ), but=("carry_clipped",)),  # of some small instances it limits nothing
)

REFUTE_PRODUCT = Exercise(
    id="10.refute_product",
    title="Refute: the derivative is the product of the forget gates",
    points=1,
    section="5 Two paths back",
    function="one_unit",
    items=("S4.41",),
    outputs=("one_unit",),
    kind="value",
    verify=_refute_product,
)

FORGET_BIAS = Exercise(
    id="10.forget_bias",
    title="A bias for a wanted half-life",
    points=1,
    section="6 How long does a cell remember?",
    function="forget_bias",
    items=("S4.41",),
    answers=("initialisers.forget_bias",),
    outputs=("b",),
    gates="ifgo",
    instance=_half_life,
    reference=lambda half_life: {"b": initialisers.forget_bias(half_life)},
    asks="Put your number back through σ and take the power: what is left after half_life steps?",
    slips=(
        Slip("logistic_in_place_of_its_inverse", "np.log(f / (1 - f))", "1 / (1 + np.exp(-f))",
             "b is σ of the gate; a bias has to give the gate when σ is applied to it.",
             "Which number must go into σ so that this comes out?"),
        Slip("gate_returned", "np.log(f / (1 - f))", "f",
             "b is the value of the gate; the bias stands before σ.",
             "Which number must go into σ so that this comes out?"),
        Slip("logit_of_the_rest", "np.log(f / (1 - f))", "np.log((1 - f) / f)",
             "b has the wrong sign: it is the bias of a gate that keeps 1 - f.",
             "Should the bias of an open gate be positive or negative?"),
        Slip("inverse_of_tanh", "np.log(f / (1 - f))", "np.arctanh(f)",
             "b is the inverse of tanh at f; a gate is made by σ.",
             "Which function turns the pre-activation into a gate?"),
        Slip("time_constant", "0.5 ** (1 / half_life)", "np.exp(-1 / half_life)",
             "b belongs to a gate that keeps 1/e after half_life steps: a time constant.",
             "Which share should be left after half_life steps?"),
        Slip("linear_forgetting", "0.5 ** (1 / half_life)", "1 - 0.5 / half_life",
             "b belongs to a gate that would lose the same amount at every step.",
             "Is the cell multiplied by the gate at every step, or lowered by an amount?"),
        Slip("one_over_the_steps", "0.5 ** (1 / half_life)", "1 - 1 / half_life",
             "b belongs to the gate 1 - 1/half_life, which comes close to 1/e after half_life steps.",
             "Which share should be left after half_life steps?"),
        Slip("power_not_root", "0.5 ** (1 / half_life)", "0.5**half_life",
             "b belongs to a gate that is a power of 1/2 where a root is needed.",
             "Which equation should f satisfy, and how is it solved for f?"),
        Slip("only_odds", "np.log(f / (1 - f))", "f / (1 - f)",
             "b is the ratio of what is kept to what is lost, without the logarithm.",
             "σ has an exponential in it: what undoes that?"),
        Slip("chrono", "np.log(f / (1 - f))", "np.log(half_life)",
             "b is the logarithm of half_life, as in chrono initialisation; its time scale is 1/(1 - "
             "f), which is no half-life.",
             "Put your b through σ: which share is left after half_life steps?"),
        Slip("logarithm_of_the_gate", "np.log(f / (1 - f))", "np.log(f)",
             "b is the logarithm of the gate; the part of 1 - f in the inverse of σ is missing.",
             "How is y = σ(b) solved for b?"),
        Slip("logarithm_of_the_rest", "np.log(f / (1 - f))", "-np.log(1 - f)",
             "b has only the part of 1 - f of the inverse of σ; that of f is missing.",
             "How is y = σ(b) solved for b?"),
        Slip("base_two", "np.log(f", "np.log2(f",
             "The logarithm has base 2; σ is made with the exponential function.",
             "Which function undoes the exponential in σ?"),
        Slip("base_ten", "np.log(f", "np.log10(f",
             "The logarithm has base 10; σ is made with the exponential function.",
             "Which function undoes the exponential in σ?"),
        Slip("half_over_the_steps", "0.5 ** (1 / half_life)", "0.5 / half_life",
             "b belongs to a gate that is 1/2 divided by the number of steps.",
             "Which equation should f satisfy, and how is it solved for f?"),
        Slip("tenth", "0.5 ** (1 / half_life)", "0.1 ** (1 / half_life)",
             "b belongs to a gate that keeps a tenth after half_life steps.",
             "Which share should be left after half_life steps?"),
        Slip("logit_with_plus", "np.log(f / (1 - f))", "np.log(f / (1 + f))",
             "In the inverse of σ stands 1 + f in the place of 1 - f.",
             "How is y = σ(b) solved for b?"),
        Slip("logit_without_parentheses", "np.log(f / (1 - f))", "np.log(f) / (1 - f)",
             "The logarithm is taken of f alone and then divided by 1 - f.",
             "Of which quotient is the logarithm taken?"),
    ),
)

REORDER = Exercise(
    id="10.reorder_gates",
    title="Convert the gate order",
    points=2,
    section="7 Packed weights and their orders",
    function="reorder_gates",
    items=("S4.39",),
    outputs=("W",),
    instance=_packed,
    reference=_reorder_reference,
    asks="Take H = 2 and W = 0, 1, …, 7: which pairs should stay together, and where does each pair belong?",
    slips=(
        Slip("inverse", "zip(order_from, np.split(W, 4, axis=-1)))\n    return np.concatenate([blocks[gate] "
             "for gate in order_to]",
             "zip(order_to, np.split(W, 4, axis=-1)))\n    return np.concatenate([blocks[gate] "
             "for gate in order_from]",
             "The blocks are moved the opposite way, from order_to to order_from.",
             "Which of the two orders names the blocks that come in?"),
        Slip("always_from_ours", "zip(order_from, ", 'zip("ifgo", ',
             "order_from is not used: the blocks that come in are taken as i, f, g, o.",
             "Which argument says what lies in the first block?"),
        Slip("always_to_ours", "for gate in order_to", 'for gate in "ifgo"',
             "order_to is not used: the blocks go out as i, f, g, o.",
             "Which argument says what belongs into the first block of the result?"),
        Slip("unit_by_unit",
             "blocks = dict(zip(order_from, np.split(W, 4, axis=-1)))\n"
             "    return np.concatenate([blocks[gate] for gate in order_to], axis=-1)",
             "columns = W.reshape(*W.shape[:-1], -1, 4)\n"
             "    return columns[..., [order_from.index(gate) for gate in order_to]].reshape(W.shape)",
             "The blocks are looked for in groups of four columns; the H columns of a block are neighbours.",
             "Where do the columns of the first gate end?"),
        Slip("cut_by_fours", "np.split(W, 4, axis=-1)", "[W[..., n::4] for n in range(4)]",
             "Each gate is cut from every fourth column; a gate's H columns are neighbours.",
             "Where do the columns of the first gate end?"),
        Slip("interleaved", "np.concatenate([blocks[gate] for gate in order_to], axis=-1)",
             "np.stack([blocks[gate] for gate in order_to], axis=-1).reshape(W.shape)",
             "The gates take turns, column by column; a gate's H columns should stay together.",
             "How long is the first block of the result, and what should stand in it?"),
        Slip("unchanged", "np.concatenate([blocks[gate] for gate in order_to], axis=-1)", "W",
             "W comes back as it went in.",
             "Which block of W is the first gate of order_to?"),
        Slip("mirrored", "for gate in order_to]", "for gate in order_to[::-1]]",
             "The blocks stand in the opposite of order_to.",
             "Which gate belongs into the first block of the result?"),
        Slip("alphabetical", "for gate in order_to]", "for gate in sorted(order_to)]",
             "The blocks are sorted by their letters.",
             "Which argument says how the result is ordered?"),
        Slip("from_the_order_of_cs231n", "zip(order_from, ", 'zip("ifog", ',
             "order_from is not used: the blocks that come in are taken as i, f, o, g.",
             "Which argument says what lies in the first block?"),
        Slip("to_the_order_of_cs231n", "for gate in order_to", 'for gate in "ifog"',
             "order_to is not used: the blocks go out as i, f, o, g.",
             "Which argument says what belongs into the first block of the result?"),
    ),
)

PEEPHOLES = Exercise(
    id="10.peephole_gradients",
    title="The gradients of the peepholes",
    points=2,
    section="8 Peepholes",
    function="peephole_gradients",
    items=("S4.39",),
    answers=("lstm.peephole_gradients", "lstm.backward"),
    outputs=("p_i", "p_f", "p_o"),
    instance=_cells_and_adjoints,
    reference=_peephole_reference,
    sweep=Sweep(
        (1,), long=lambda number: _cells_and_adjoints(number, LONG_SIZES), batch=1, recurrent=False
    ),
    asks="Which cell does this gate look at, and which block of da is its own?",
    slips=(
        Slip("all_see_the_old_cell", "(da_o * c[1:])", "(da_o * c[:-1])",
             "p_o is formed with c_{t-1}; the output gate looks at the new cell.",
             "Is the new cell known when the output gate is computed?"),
        Slip("all_see_the_new_cell", "(da_i * c[:-1]).sum(axis=(0, 1)),\n        \"p_f\": (da_f * c[:-1])",
             "(da_i * c[1:]).sum(axis=(0, 1)),\n        \"p_f\": (da_f * c[1:])",
             "p_i and p_f are formed with c_t; those two gates are computed before it exists.",
             "Which cell is known when the input gate is computed?"),
        Slip("input_sees_the_new_cell", '"p_i": (da_i * c[:-1])', '"p_i": (da_i * c[1:])',
             "p_i is formed with c_t; the input gate is computed before it exists.",
             "Which cell is known when the input gate is computed?"),
        Slip("forget_sees_the_new_cell", '"p_f": (da_f * c[:-1])', '"p_f": (da_f * c[1:])',
             "p_f is formed with c_t; the forget gate is computed before it exists.",
             "Which cell is known when the forget gate is computed?"),
        Slip("old_and_new_exchanged",
             "(da_i * c[:-1]).sum(axis=(0, 1)),\n        \"p_f\": (da_f * c[:-1]).sum(axis=(0, 1)),\n"
             "        \"p_o\": (da_o * c[1:])",
             "(da_i * c[1:]).sum(axis=(0, 1)),\n        \"p_f\": (da_f * c[1:]).sum(axis=(0, 1)),\n"
             "        \"p_o\": (da_o * c[:-1])",
             "Old and new cell are in each other's place: p_i and p_f have c_t, and p_o has c_{t-1}.",
             "Which of the gates are computed before the new cell, and which after it?"),
        Slip("output_sees_tanh", "(da_o * c[1:])", "(da_o * np.tanh(c[1:]))",
             "p_o is formed with tanh(c_t); the peephole looks at the cell itself.",
             "What stands beside p_o in the equation of the output gate?"),
        Slip("order_of_cs231n", "da_i, da_f, _, da_o", "da_i, da_f, da_o, _",
             "p_o is formed from the candidate's block of da.",
             "In which order are the four blocks packed?"),
        Slip("order_forget_first", "da_i, da_f, _, da_o", "da_f, da_i, _, da_o",
             "p_i and p_f are formed from each other's block of da.",
             "In which order are the four blocks packed?"),
        Slip("order_of_onnx", "da_i, da_f, _, da_o", "da_i, da_o, da_f, _",
             "p_f and p_o are formed from other gates' blocks of da: that is the packing order i, o, f, g.",
             "In which order are the four blocks packed?"),
        Slip("first_instance_only", "np.split(da, 4, axis=-1)",
             "np.split(da * (np.arange(da.shape[1]) == 0)[:, None], 4, axis=-1)",
             "p_i, p_f and p_o hear of the first instance only.",
             "How many instances share a peephole weight?"),
        Slip("last_step_only", "np.split(da, 4, axis=-1)",
             "np.split(da * (np.arange(len(da)) == len(da) - 1)[:, None, None], 4, axis=-1)",
             "p_i, p_f and p_o hold the part of the last step only.",
             "How often is a peephole weight used?"),
        Slip("first_step_only", "np.split(da, 4, axis=-1)",
             "np.split(da * (np.arange(len(da)) == 0)[:, None, None], 4, axis=-1)",
             "p_i, p_f and p_o hold the part of step 1 only.",
             "How often is a peephole weight used?"),
        Slip("mean_over_the_batch", "np.split(da, 4, axis=-1)", "np.split(da / da.shape[1], 4, axis=-1)",
             "p_i, p_f and p_o are averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("mean", "np.split(da, 4, axis=-1)", "np.split(da / da[..., 0].size, 4, axis=-1)",
             "p_i, p_f and p_o are means over steps and instances; the loss is a sum over both.",
             "Is the loss divided by anything?"),
        Slip("cell_missing",
             "(da_i * c[:-1]).sum(axis=(0, 1)),\n        \"p_f\": (da_f * c[:-1]).sum(axis=(0, 1)),\n"
             "        \"p_o\": (da_o * c[1:])",
             "da_i.sum(axis=(0, 1)),\n        \"p_f\": da_f.sum(axis=(0, 1)),\n        \"p_o\": da_o",
             "These are the gradients of biases: the cell is not in them.",
             "What is a peephole weight multiplied by before it enters the pre-activation?"),
        Slip("sums_before_products",
             '(da_i * c[:-1]).sum(axis=(0, 1)),\n        "p_f": (da_f * c[:-1]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[1:]).sum(axis=(0, 1))',
             "da_i.sum(axis=(0, 1)) * c[:-1].sum(axis=(0, 1)),\n"
             '        "p_f": da_f.sum(axis=(0, 1)) * c[:-1].sum(axis=(0, 1)),\n'
             '        "p_o": da_o.sum(axis=(0, 1)) * c[1:].sum(axis=(0, 1))',
             "The adjoints and the cells are added up before they are multiplied.",
             "Which cell belongs to which adjoint?"),
        Slip("input_sees_tanh", '"p_i": (da_i * c[:-1])', '"p_i": (da_i * np.tanh(c[:-1]))',
             "p_i is formed with tanh of the cell; the peephole looks at the cell itself.",
             "What stands beside p_i in the equation of the input gate?"),
        Slip("forget_sees_tanh", '"p_f": (da_f * c[:-1])', '"p_f": (da_f * np.tanh(c[:-1]))',
             "p_f is formed with tanh of the cell; the peephole looks at the cell itself.",
             "What stands beside p_f in the equation of the forget gate?"),
        Slip("all_see_tanh",
             '(da_i * c[:-1]).sum(axis=(0, 1)),\n        "p_f": (da_f * c[:-1]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[1:]).sum(axis=(0, 1))',
             "(da_i * np.tanh(c[:-1])).sum(axis=(0, 1)),\n"
             '        "p_f": (da_f * np.tanh(c[:-1])).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * np.tanh(c[1:])).sum(axis=(0, 1))',
             "p_i, p_f and p_o are formed with tanh of the cell; the peepholes look at the cell itself.",
             "What stands beside a peephole weight in the equation of its gate?"),
        Slip("input_without_cell", '"p_i": (da_i * c[:-1])', '"p_i": da_i',
             "p_i is the gradient of a bias: the cell is not in it.",
             "What is p_i multiplied by before it enters the pre-activation?"),
        Slip("forget_without_cell", '"p_f": (da_f * c[:-1])', '"p_f": da_f',
             "p_f is the gradient of a bias: the cell is not in it.",
             "What is p_f multiplied by before it enters the pre-activation?"),
        Slip("output_without_cell", '"p_o": (da_o * c[1:])', '"p_o": da_o',
             "p_o is the gradient of a bias: the cell is not in it.",
             "What is p_o multiplied by before it enters the pre-activation?"),
        Slip("all_see_the_initial_cell",
             '(da_i * c[:-1]).sum(axis=(0, 1)),\n        "p_f": (da_f * c[:-1]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[1:]).sum(axis=(0, 1))',
             '(da_i * c[0]).sum(axis=(0, 1)),\n        "p_f": (da_f * c[0]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[0]).sum(axis=(0, 1))',
             "p_i, p_f and p_o are formed with the initial cell at every step.",
             "Which cell does the gate of step 3 look at?"),
        Slip("all_see_the_last_cell",
             '(da_i * c[:-1]).sum(axis=(0, 1)),\n        "p_f": (da_f * c[:-1]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[1:]).sum(axis=(0, 1))',
             '(da_i * c[-1]).sum(axis=(0, 1)),\n        "p_f": (da_f * c[-1]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[-1]).sum(axis=(0, 1))',
             "p_i, p_f and p_o are formed with the last cell at every step.",
             "Which cell does the gate of step 3 look at?"),
        Slip("initial_cell_left_out",
             '(da_i * c[:-1]).sum(axis=(0, 1)),\n        "p_f": (da_f * c[:-1]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[1:]).sum(axis=(0, 1))',
             "(da_i[1:] * c[1:-1]).sum(axis=(0, 1)),\n"
             '        "p_f": (da_f[1:] * c[1:-1]).sum(axis=(0, 1)),\n'
             '        "p_o": (da_o * c[1:]).sum(axis=(0, 1))',
             "p_i and p_f lack the share of step 1, as if the initial cell were always zero.",
             "Is c[0] zero here, and do the gates look at it?"),
        Slip("forget_copied_from_input", '"p_f": (da_f', '"p_f": (da_i',
             "p_f is a copy of p_i.",
             "Which block of da belongs to the forget gate?"),
        Slip("output_copied_from_forget", '"p_o": (da_o', '"p_o": (da_f',
             "p_o is formed from the forget gate's block of da.",
             "Which block of da belongs to the output gate?"),
    ),
)

EXERCISES = (
    STEP_FORWARD,
    FORWARD,
    REFUTE_GATES,
    STEP_BACKWARD,
    BACKWARD,
    REFUTE_PRODUCT,
    FORGET_BIAS,
    REORDER,
    PEEPHOLES,
)
