"""Lesson 11: the derivative of an LSTM's cell, one step back and many."""

import numpy as np

from rnnlib import flow, lstm

from . import Exercise, Slip
from .expressions import Product, with_expressions

SIZES = ((5, 2, 3, 4), (6, 3, 2, 5), (5, 3, 3, 3))  # T, B, D, H
SPANS = ((5, 2), (6, 0), (4, 1))  # t, k of cell_derivative
LIMIT = 20  # largest size of a weight or bias in the exercises with one unit


def _run(seed):
    """Parameters and a finished run: nothing zero, gates neither shut nor wide open."""
    rng = np.random.default_rng([1101, seed])
    T, B, D, H = SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, 4 * H)) * 0.6,
        "W_h": rng.normal(size=(H, 4 * H)) * 1.5 / np.sqrt(H),
        "b": rng.normal(size=4 * H) * 0.4,
    }
    h0, c0 = rng.normal(size=(B, H)) * 0.5, rng.normal(size=(B, H))
    return params, lstm.forward(params, rng.normal(size=(T, B, D)), h0, c0)


def _span(seed):
    return *_run(seed), *SPANS[seed % 3]


def _late_step(seed):
    return *_run(seed), SIZES[seed % 3][0] - 1


def _blocks(params, run):
    return dict(zip("FGPQ", flow.jacobian_blocks(params, run)))


def _gap(params, run, t):
    """Measured: the derivative two steps back less the product of two four-term matrices."""
    A = flow.four_term(params, run)
    return {"gap": flow.cell_derivative(params, run, t, t - 2) - A[t - 1] @ A[t - 2]}


def _one_unit(answer, steps):
    """An LSTM with one unit and no input, run from zero; or a sentence on what does not fit."""
    form = "expected (W_h, b), two lists of four numbers in the order i, f, g, o"
    pair = isinstance(answer, (tuple, list)) or np.ndim(answer) > 0
    if not pair or len(answer) != 2 or isinstance(answer, dict):
        return f"{form}; this is not a pair"
    parts = [np.asarray(part, float) for part in answer]
    if any(part.shape != (4,) for part in parts):
        return f"{form}; the shapes are {parts[0].shape} and {parts[1].shape}"
    if not all(np.isfinite(part).all() for part in parts):
        return "contains NaN or infinity"
    if max(abs(part).max() for part in parts) > LIMIT:
        return f"contains a number larger than {LIMIT} in size"
    params = {"W_x": np.zeros((1, 4)), "W_h": parts[0][None], "b": parts[1]}
    return params, lstm.forward(params, np.zeros((steps, 1, 1)))


def _derivative(params, run, t, k):
    return float(flow.cell_derivative(params, run, t, k)[0, 0, 0])


def _refute_sign(answer):
    """One unit whose dc_2/dc_1 is neither above 1 nor in [0, 1]."""
    unit = _one_unit(answer, 2)
    if isinstance(unit, str):
        return unit
    factor = _derivative(*unit, 2, 1)
    if factor <= -0.1:
        return None
    return f"dc_2/dc_1 is {factor:.4g}, and it has to be -0.1 or less"


def _refute_raising(answer):
    """One unit below 1 that one more in the forget gate's bias takes away from 1."""
    before = _one_unit(answer, 2)
    if isinstance(before, str):
        return before
    params, run = before
    raised = {**params, "b": params["b"] + [0, 1, 0, 0]}
    run_raised = lstm.forward(raised, run.x)
    old, new = _derivative(params, run, 2, 1), _derivative(raised, run_raised, 2, 1)
    f_old, f_new = float(run.f[1, 0, 0]), float(run_raised.f[1, 0, 0])
    if not old < 1:
        return f"before the rise dc_2/dc_1 is {old:.4g}, and it has to be below 1"
    if not f_new > f_old:
        return f"f_2 goes from {f_old:.4g} to {f_new:.4g}: it has to rise"
    if abs(new - 1) >= abs(old - 1) + 0.05:
        return None
    return (
        f"f_2 goes from {f_old:.6g} to {f_new:.6g} and dc_2/dc_1 from {old:.6g} to {new:.6g}: its distance "
        f"from 1 changes by {abs(new - 1) - abs(old - 1):.3g}, and it has to grow by 0.05 or more"
    )


def _refute_tame(answer):
    """One unit whose gradient grows at least a thousandfold in 49 steps."""
    unit = _one_unit(answer, 50)
    if isinstance(unit, str):
        return unit
    size = abs(_derivative(*unit, 50, 1))
    if size >= 1000:
        return None
    return f"dc_50/dc_1 has the size {size:.3g}, and it has to be 1000 or more"


CELL = "c_t = f_t c_{t-1} + i_t g_t: what is its derivative with respect to "
STATE = "h_t = o_t tanh(c_t): what is its derivative with respect to "
F_SLOPE, I_SLOPE, O_SLOPE = "f * (1 - f)", "i * (1 - i)", "o * (1 - o)"
IN_WORDS = {F_SLOPE: "f_t (1 - f_t)", I_SLOPE: "i_t (1 - i_t)", O_SLOPE: "o_t (1 - o_t)"}


def _slope(own):
    """What may be written in the place of a gate's slope."""
    others = {code: words for code, words in IN_WORDS.items() if code != own}
    return {IN_WORDS[own]: (own, others)}


PRODUCTS = (
    Product(
        "forget_term", f"c * {F_SLOPE}", "G's term through the forget gate", f"{CELL}f_t?",
        {"c": "c_{t-1}", "f": "f_t", "(1 - f)": "1 - f_t"},
        {"c_{t-1}": ("c *", {"tanh_c *": "tanh(c_t)", "f *": "f_t", "g *": "g_t", "i *": "i_t"}),
         **_slope(F_SLOPE)},
        sign=False,
    ),
    Product(
        "input_term", f"g * {I_SLOPE}", "G's term through the input gate", f"{CELL}i_t?",
        {"g": "g_t", "i": "i_t", "(1 - i)": "1 - i_t"},
        {"g_t": ("g *", {"tanh_c *": "tanh(c_t)", "i *": "i_t", "f *": "f_t", "np.tanh(g) *": "tanh(g_t)"}),
         **_slope(I_SLOPE)},
    ),
    Product(
        "candidate_term", "i * (1 - g**2)", "G's term through the candidate", f"{CELL}g_t?",
        {"i": "i_t", "(1 - g**2)": "1 - g_t²"},
        {"i_t": ("i *", {"o *": "o_t", "c *": "c_{t-1}", "g *": "g_t"}),
         "1 - g_t²": ("(1 - g**2)", {"(1 + g**2)": "1 + g_t²", "(1 - np.tanh(g) ** 2)": "1 - tanh²(g_t)"})},
    ),
    Product(
        "P", "o * (1 - tanh_c**2)", "P", f"{STATE}c_t?",
        {"o": "o_t", "(1 - tanh_c**2)": "1 - tanh²(c_t)"},
        {"o_t": ("o *", {"i *": "i_t", "f *": "f_t"}),
         "1 - tanh²(c_t)": ("(1 - tanh_c**2)", {
             "(1 + tanh_c**2)": "1 + tanh²(c_t)", "(1 - tanh_c)": "1 - tanh(c_t)", "tanh_c": "tanh(c_t)",
             "(1 - run.h[1:] ** 2)": "1 - h_t²", "(1 - np.tanh(tanh_c) ** 2)": "1 - tanh²(tanh(c_t))"})},
    ),
    Product(
        "Q", f"tanh_c * {O_SLOPE}", "Q", f"{STATE}o_t?",
        {"tanh_c": "tanh(c_t)", "o": "o_t", "(1 - o)": "1 - o_t"},
        {"tanh(c_t)": ("tanh_c *", {"run.h[1:] *": "h_t", "c *": "c_{t-1}"}), **_slope(O_SLOPE)},
    ),
)

BLOCKS = Exercise(
    id="11.jacobian_blocks",
    title="The four blocks F, G, P, Q",
    points=3,
    section="1 What is held?",
    function="jacobian_blocks",
    items=("S4.40", "S4.42"),
    answers=("flow.jacobian_blocks", "lstm.slopes"),
    outputs=("F", "G", "P", "Q"),
    instance=_run,
    reference=_blocks,
    asks="For each block: which arrow of the step is it, and what does the chain rule put on that arrow?",
    slips=with_expressions((
        Slip("forget_term_only", "G_f + G_i + G_g", "G_f",
             "G has only the term through the forget gate: i and g are treated as constants.",
             "What else in the equation of the cell was computed from h_{t-1}?"),
        Slip("forget_term_missing", "G_f + G_i + G_g", "G_i + G_g",
             "G lacks the term through the forget gate: f is treated as a constant.",
             "f_t multiplies c_{t-1}, but does it know h_{t-1} as well?"),
        Slip("input_term_missing", "G_f + G_i + G_g", "G_f + G_g",
             "G lacks the term through the input gate.",
             "Which of the two factors of i ⊙ g depends on h_{t-1}?"),
        Slip("candidate_term_missing", "G_f + G_i + G_g", "G_f + G_i",
             "G lacks the term through the candidate g.",
             "Which of the two factors of i ⊙ g depends on h_{t-1}?"),
        Slip("forget_term_subtracted", "G_f + G_i + G_g", "G_i + G_g - G_f",
             "In G the term through the forget gate has the opposite sign.",
             "When f rises, does f ⊙ c_{t-1} change with c_{t-1} or against it?"),
        Slip("new_cell_in_forget_term", "run.c[:-1], np.tanh(run.c[1:])", "run.c[1:], np.tanh(run.c[1:])",
             "G's term through the forget gate is multiplied by c_t, the cell after the step.",
             "Which cell does f_t multiply?"),
        Slip("hidden_in_forget_term", "run.c[:-1], np.tanh(run.c[1:])", "run.h[:-1], np.tanh(run.c[1:])",
             "G's term through the forget gate is multiplied by h_{t-1}, where a cell should stand.",
             "What does f_t multiply in the equation of the cell?"),
        Slip("output_from_old_cell", "run.c[:-1], np.tanh(run.c[1:])", "run.c[:-1], np.tanh(run.c[:-1])",
             "P and Q are formed with tanh(c_{t-1}), the cell before the step.",
             "Which cell does h_t show?"),
        Slip("weights_not_transposed", "W.T", "W",
             "G and Q contain the recurrent weights untransposed.",
             "Entry [i, j] is for output i and input j: which index of W_h is the input in h W_h?"),
        Slip("slope_on_the_columns", "slope[..., None] * W.T", "slope[..., None, :] * W.T",
             "In G and Q the factors multiply the columns, unit j, in place of the rows.",
             "Whose gate is it that opens, that of the unit i that changes or of the unit j that caused it?"),
        Slip("gates_f_and_i_exchanged", "W_i, W_f, W_g, W_o =", "W_f, W_i, W_g, W_o =",
             "G takes the forget gate's weights for the input gate's, and the other way round.",
             "In which order are the four blocks of columns packed?"),
        Slip("order_i_f_o_g", "W_i, W_f, W_g, W_o =", "W_i, W_f, W_o, W_g =",
             "The weights are unpacked in the order i, f, o, g: G and Q have each other's.",
             "In which order are the four blocks of columns packed?"),
        Slip("order_i_g_f_o", "W_i, W_f, W_g, W_o =", "W_i, W_g, W_f, W_o =",
             "The weights are unpacked in the order i, g, f, o: G takes f's for g's.",
             "In which order are the four blocks of columns packed?"),
        Slip("forget_slope_missing", "c * f * (1 - f)", "c",
             "G's term through the forget gate lacks the slope f (1 - f).",
             "f_t = σ(a_f): what lies between f_t and the product with W_hf?"),
        Slip("forget_slope_half", "c * f * (1 - f)", "c * (1 - f)",
             "G's term through the forget gate has the factor 1 - f in place of the slope f (1 - f).",
             "How does one write the slope of σ in terms of its output?"),
        Slip("input_slope_missing", "g * i * (1 - i)", "g",
             "G's term through the input gate lacks the slope i (1 - i).",
             "i_t = σ(a_i): what lies between i_t and the product with W_hi?"),
        Slip("cell_in_input_term", "g * i * (1 - i)", "c * i * (1 - i)",
             "G's term through the input gate is multiplied by c_{t-1}, as if i multiplied the cell.",
             "What does i_t multiply in the equation of the cell?"),
        Slip("candidate_factor_missing", "g * i * (1 - i)", "i * (1 - i)",
             "G's term through the input gate lacks the factor g.",
             "By how much does i ⊙ g change when i changes a little?"),
        Slip("candidate_as_a_gate", "i * (1 - g**2)", "i * g * (1 - g)",
             "G's term through the candidate has the slope of a sigmoid.",
             "Which activation makes g?"),
        Slip("candidate_slope_missing", "i * (1 - g**2)", "i",
             "G's term through the candidate lacks the slope of tanh.",
             "What lies between g_t and the product with W_hg?"),
        Slip("candidate_slope_not_squared", "i * (1 - g**2)", "i * (1 - g)",
             "G's term through the candidate has the slope 1 - g, without the square.",
             "At g = 0 the slope of tanh is 1; how does it fall to either side?"),
        Slip("forget_gate_in_candidate_term", "i * (1 - g**2)", "f * (1 - g**2)",
             "G's term through the candidate is multiplied by the forget gate.",
             "Which gate multiplies g_t in the equation of the cell?"),
        Slip("input_gate_missing", "i * (1 - g**2)", "1 - g**2",
             "G's term through the candidate lacks the factor i.",
             "By how much does i ⊙ g change when g changes a little?"),
        Slip("tanh_forgotten", "(1 - tanh_c**2)", "(1 - run.c[1:] ** 2)",
             "P has the slope 1 - c²; that formula takes the output of tanh.",
             "tanh'(c) = 1 - (?)²: is the bracket c or tanh c?"),
        Slip("output_slope_missing", "o * (1 - tanh_c**2)", "o",
             "P is the output gate alone: the slope of tanh is missing.",
             "What does h_t show of the cell, the cell itself?"),
        Slip("output_gate_missing", "o * (1 - tanh_c**2)", "1 - tanh_c**2",
             "P is the slope of tanh alone: the output gate is missing.",
             "If the output gate is shut, how much of a change of the cell does h_t show?"),
        Slip("q_without_tanh", "tanh_c * o * (1 - o)", "o * (1 - o)",
             "Q lacks the factor tanh(c_t).",
             "By how much does h_t change when o_t changes a little?"),
        Slip("q_with_cell", "tanh_c * o * (1 - o)", "run.c[1:] * o * (1 - o)",
             "Q has the factor c_t in place of tanh(c_t).",
             "What does the output gate multiply?"),
        Slip("q_slope_missing", "tanh_c * o * (1 - o)", "tanh_c",
             "Q lacks the slope o (1 - o) of the output gate.",
             "o_t = σ(a_o): what lies between o_t and the product with W_ho?"),
        Slip("f_is_the_identity", "block(f, eye)", "block(np.ones_like(f), eye)",
             "F is the identity: that is the cell of 1997, which has no forget gate.",
             "With h_{t-1} held, how much of c_{t-1} is left in c_t?"),
        Slip("f_through_the_gate", "block(f, eye)", "block(c * f * (1 - f), eye)",
             "F has the slope of the forget gate; but with h_{t-1} held the gate does not move.",
             "Does f_t depend on c_{t-1} when h_{t-1} is held?"),
        Slip("transposed", 'return {"F": block(f, eye), "G": G_f + G_i + G_g, "P": P, "Q": Q}',
             'G = (G_f + G_i + G_g).swapaxes(-1, -2); '
             'return {"F": block(f, eye), "G": G, "P": P, "Q": Q.swapaxes(-1, -2)}',
             "G and Q are transposed: they have their inputs in the rows.",
             "Entry [i, j] is for output i and input j: where does h_{t-1} stand?"),
        Slip("f_moves_h_too", '"F": block(f, eye)',
             '"F": block(f, eye) + (G_f + G_i + G_g) @ np.concatenate([0 * P[:1], P[:-1]])',
             "F contains the path through h_{t-1} as well: nothing is held.",
             "Which of the two, c_{t-1} and h_{t-1}, is held in F?"),
        Slip("q_moves_c_too", '"Q": Q}', '"Q": P @ (G_f + G_i + G_g) + Q}',
             "Q contains the path through the new cell as well: c_t is not held.",
             "Which of the two, c_t and h_{t-1}, is held in Q?"),
        Slip("not_diagonal", "np.eye(run.c.shape[-1])", "np.ones((run.c.shape[-1],) * 2)",
             "F and P have no zeros: every unit's own number fills its whole row.",
             "When the cell of unit j alone changes and no gate moves, which units change?"),
        Slip("slope_on_the_columns_of_G_f", "block(c * f * (1 - f), W_f)",
             "(c * f * (1 - f))[..., None, :] * W_f.T",
             "In G's term through the forget gate the factors multiply the columns, unit j, in place "
             "of the rows.",
             "Whose gate is it that opens, that of the unit i that changes or of the unit j that "
             "caused it?"),
        Slip("slope_on_the_columns_of_G_i", "block(g * i * (1 - i), W_i)",
             "(g * i * (1 - i))[..., None, :] * W_i.T",
             "In G's term through the input gate the factors multiply the columns, unit j, in place "
             "of the rows.",
             "Whose gate is it that opens, that of the unit i that changes or of the unit j that "
             "caused it?"),
        Slip("slope_on_the_columns_of_G_g", "block(i * (1 - g**2), W_g)",
             "(i * (1 - g**2))[..., None, :] * W_g.T",
             "In G's term through the candidate the factors multiply the columns, unit j, in place of "
             "the rows.",
             "Whose gate is it that opens, that of the unit i that changes or of the unit j that "
             "caused it?"),
        Slip("slope_on_the_columns_of_Q", "block(tanh_c * o * (1 - o), W_o)",
             "(tanh_c * o * (1 - o))[..., None, :] * W_o.T",
             "In Q the factors multiply the columns, unit j, in place of the rows.",
             "Whose gate is it that opens, that of the unit i that changes or of the unit j that "
             "caused it?"),
        Slip("weights_not_transposed_in_G_f", "block(c * f * (1 - f), W_f)", "block(c * f * (1 - f), W_f.T)",
             "G's term through the forget gate contains the recurrent weights untransposed.",
             "Entry [i, j] is for output i and input j: which index of W_h is the input in h W_h?"),
        Slip("weights_not_transposed_in_G_i", "block(g * i * (1 - i), W_i)", "block(g * i * (1 - i), W_i.T)",
             "G's term through the input gate contains the recurrent weights untransposed.",
             "Entry [i, j] is for output i and input j: which index of W_h is the input in h W_h?"),
        Slip("weights_not_transposed_in_G_g", "block(i * (1 - g**2), W_g)", "block(i * (1 - g**2), W_g.T)",
             "G's term through the candidate contains the recurrent weights untransposed.",
             "Entry [i, j] is for output i and input j: which index of W_h is the input in h W_h?"),
        Slip("weights_not_transposed_in_Q", "o * (1 - o), W_o)", "o * (1 - o), W_o.T)",
             "Q contains the recurrent weights untransposed.",
             "Entry [i, j] is for output i and input j: which index of W_h is the input in h W_h?"),
        Slip("weights_of_f_in_the_input_term", "(1 - i), W_i)", "(1 - i), W_f)",
             "G's term through the input gate has the weights of the forget gate.",
             "Which gate's slope is this, and whose weights lie behind it?"),
        Slip("weights_of_i_in_the_forget_term", "(1 - f), W_f)", "(1 - f), W_i)",
             "G's term through the forget gate has the weights of the input gate.",
             "Which gate's slope is this, and whose weights lie behind it?"),
        Slip("weights_of_i_in_the_candidate_term", "(1 - g**2), W_g)", "(1 - g**2), W_i)",
             "G's term through the candidate has the weights of the input gate.",
             "Which gate's slope is this, and whose weights lie behind it?"),
        Slip("weights_of_g_in_Q", "(1 - o), W_o)", "(1 - o), W_g)",
             "Q has the weights of the candidate.",
             "Which gate's slope is this, and whose weights lie behind it?"),
        Slip("P_from_the_old_cell", "(1 - tanh_c**2)", "(1 - np.tanh(c) ** 2)",
             "P has the slope of tanh at c_{t-1}, the cell before the step.",
             "Which cell does h_t show?"),
        Slip("Q_from_the_old_cell", "tanh_c * o", "np.tanh(c) * o",
             "Q has tanh of c_{t-1}, the cell before the step.",
             "Which cell does h_t show?"),
        Slip("forget_term_squashed", "c * f * (1 - f)", "np.tanh(c) * f * (1 - f)",
             "G's term through the forget gate has tanh(c_{t-1}); the gate multiplies the cell itself.",
             "What does f_t multiply in the equation of the cell?"),
        Slip("f_inverted", "block(f, eye)", "block(1 - f, eye)",
             "F holds 1 - f_t.",
             "With h_{t-1} held, how much of c_{t-1} is left in c_t?"),
        Slip("f_is_the_input_gate", "block(f, eye)", "block(i, eye)",
             "F holds the input gate.",
             "Which gate multiplies c_{t-1}?"),
        Slip("f_is_the_slope", "block(f, eye)", "block(f * (1 - f), eye)",
             "F holds the slope of the forget gate; with h_{t-1} held the gate does not move.",
             "Does f_t depend on c_{t-1} when h_{t-1} is held?"),
        Slip("p_and_q_exchanged", '"P": P, "Q": Q', '"P": Q, "Q": P',
             "P and Q stand in each other's place.",
             "Which of the two is for c_t, and which for h_{t-1}?"),
        Slip("f_and_p_exchanged", '"F": block(f, eye), "G": G_f + G_i + G_g, "P": P',
             '"F": P, "G": G_f + G_i + G_g, "P": block(f, eye)',
             "F and P stand in each other's place.",
             "Which of the two derivatives is that of c_t, and which that of h_t?"),
        Slip("g_forgotten_too", "G_f + G_i + G_g", "f[..., None] * (G_f + G_i + G_g)",
             "G is multiplied by the forget gate, which keeps what was there before.",
             "Does the forget gate of step t act on what step t adds?"),
        Slip("output_gate_in_g", "G_f + G_i + G_g", "G_f + G_i + G_g + Q",
             "G contains the way through the output gate; that gate does not enter the cell.",
             "Which gates enter the equation of the cell?"),
    ), *PRODUCTS),
)

FOUR_TERM = Exercise(
    id="11.four_term",
    title="One step back, all four terms",
    points=2,
    section="2 One step back: four terms",
    function="four_term",
    builds_on=("jacobian_blocks",),
    items=("S4.40", "S4.42"),
    answers=("flow.four_term",),
    outputs=("A",),
    instance=_run,
    reference=lambda params, run: {"A": flow.four_term(params, run)},
    asks="Compare the first step with the others: what can c_0 reach, and what can c_1 reach besides?",
    slips=(
        Slip("first_step_with_p_1", "A[1:] += G[1:] @ P[:-1]", "A += G @ np.concatenate([P[:1], P[:-1]])",
             "At t = 1 the path through h_0 is counted, with the P of step 1; h_0 does not depend on "
             "c_0.",
             "Through which state does c_0 reach c_1 besides the forget gate?"),
        Slip("forget_gate_only", 'A[1:] += G[1:] @ P[:-1]', "pass",
             "A is F alone: c_{t-1} is taken to act through the forget gate's product only.",
             "Does h_{t-1} stay put when c_{t-1} changes?"),
        Slip("f_overwritten", "A[1:] +=", "A[1:] =",
             "From step 2 on A lacks F, the direct path from c_{t-1} to c_t.",
             "How many paths lead from c_{t-1} to c_t?"),
        Slip("subtracted", "A[1:] +=", "A[1:] -=",
             "The path through h_{t-1} is subtracted from F.",
             "Do the effects of two paths to the same place add up?"),
        Slip("p_of_the_same_step", "P[:-1]", "P[1:]",
             "P is that of step t: it says how c_t moves h_t, one step too late.",
             "Which h enters the gates of step t, and which cell does it show?"),
        Slip("all_of_one_step", "A[1:] += G[1:] @ P[:-1]", "A += G @ P",
             "G and P of the same step are joined, at step 1 too: P_t comes after G_t, not before it.",
             "Which h enters the gates of step t, and which cell does it show?"),
        Slip("transposed", "return A", "return A.swapaxes(-1, -2)",
             "A is transposed: it has its input in the rows.",
             "Row i for c_t, column j for c_{t-1}: which was moved?"),
        Slip("shift_on_the_wrong_array", "G[1:] @ P[:-1]", "G[:-1] @ P[1:]",
             "G is that of step t-1 and P that of step t: the shift sits on the wrong array.",
             "Which h enters the gates of step t, and which cell does it show?"),
        Slip("g_of_the_step_before", "G[1:] @", "G[:-1] @",
             "G is that of step t-1, so both factors belong to the step before.",
             "At which step is h_{t-1} read?"),
        Slip("order_reversed", "G[1:] @ P[:-1]", "P[:-1] @ G[1:]",
             "The two factors stand in the opposite order: P multiplies the rows of G.",
             "Which of the two happens first, and on which side does the earlier factor stand?"),
        Slip("elementwise", "G[1:] @ P[:-1]", "G[1:] * P[:-1]",
             "G and P are multiplied entry by entry: all that is off the diagonal is lost.",
             "Which product joins two Jacobians?"),
        Slip("p_missing", "G[1:] @ P[:-1]", "G[1:]",
             "A is F + G: how h_{t-1} follows c_{t-1} is missing.",
             "By how much does h_{t-1} move when c_{t-1} does?"),
        Slip("g_transposed", "G[1:] @", "G[1:].swapaxes(-1, -2) @",
             "G is transposed where it meets P.",
             "Which index of G is summed over?"),
        Slip("q_for_p", 'blocks["P"]', 'blocks["Q"]',
             "G is multiplied by Q, which says how h_{t-1} follows h_{t-2}.",
             "Which block says how h follows the cell of its own step?"),
        Slip("h_0_moves", "A[1:] += G[1:] @ P[:-1]", "A += G @ np.roll(P, 1, axis=0)",
             "At step 1 there is a second term, and the P in it is that of the last step.",
             "What does P[-1] give in Python, and did c_0 make h_0?"),
        Slip("previous_f_too", "G[1:] @ P[:-1]", 'G[1:] @ P[:-1] @ blocks["F"][:-1]',
             "The second term has a factor F_{t-1} too many: it begins at c_{t-2}.",
             "At which cell does the path begin, and how many steps is it long?"),
        Slip("q_added_to_p", "G[1:] @ P[:-1]", 'G[1:] @ (P[:-1] + blocks["Q"][:-1])',
             "Between G and the old cell stands P + Q; Q belongs to the state before, which is no "
             "function of c_{t-1} within this step.",
             "How does h_{t-1} depend on c_{t-1}, when the gates of step t-1 are held?"),
        Slip("f_of_the_step_before", 'blocks["F"].copy()',
             'np.concatenate([blocks["F"][:1], blocks["F"][:-1]])',
             "F is that of the step before; step 1 has its own.",
             "Which forget gate lies between c_{t-1} and c_t?"),
        Slip("first_step_missing", "A[1:] += G[1:] @ P[:-1]", "A[1:] += G[1:] @ P[:-1]; A[0] = 0",
             "The first entry is zero; step 1 has a forget gate too.",
             "What is dc_1/dc_0 when h_0 is held?"),
        Slip("f_times_the_rest", "A[1:] += G[1:] @ P[:-1]", "A[1:] = A[1:] @ G[1:] @ P[:-1]",
             "F multiplies the way through h_{t-1}; two ways side by side should be added.",
             "Are two ways side by side added or multiplied?"),
        Slip("counted_twice", "A[1:] += G[1:] @ P[:-1]", "A[1:] += 2 * G[1:] @ P[:-1]",
             "The way through h_{t-1} is counted twice.",
             "How many ways lead from c_{t-1} to c_t past the forget gate?"),
        Slip("last_p_throughout", "G[1:] @ P[:-1]", "G[1:] @ P[-1]",
             "P is that of the last step throughout.",
             "Which cell does h_{t-1} show?"),
        Slip("g_added", "G[1:] @ P[:-1]", "G[1:] + P[:-1]",
             "G and P are added; they stand one behind the other on the same way.",
             "Are the steps of one way added or multiplied?"),
        Slip("h_0_from_c_0", "A[1:] += G[1:] @ P[:-1]",
             "first = run.o[:1, ..., None] * (1 - np.tanh(run.c[:1, ..., None]) ** 2) * "
             "np.eye(P.shape[-1])\n"
             "    A += G @ np.concatenate([first, P[:-1]])",
             "Step 1 has the second route as well, as if h_0 were computed from c_0.",
             "Which derivative has h_0, which is given, with respect to c_0?"),
    ),
)

JOINT = Exercise(
    id="11.joint_jacobian",
    title="The Jacobian of the pair",
    points=2,
    section="4 The state is a pair",
    function="joint_jacobian",
    builds_on=("jacobian_blocks",),
    items=("S4.43",),
    answers=("flow.joint_jacobians",),
    outputs=("M",),
    instance=_run,
    reference=lambda params, run: {"M": flow.joint_jacobians(params, run)},
    asks="Look at the four quarters of M one by one: which of them is the first that differs?",
    slips=(
        Slip("lower_quarters_exchanged", "[P @ F, P @ G + Q]", "[P @ G + Q, P @ F]",
             "The two lower quarters are in each other's place.",
             "Whose columns stand on the left in the upper half?"),
        Slip("lower_half_not_substituted", "[P @ F, P @ G + Q]", "[P, Q]",
             "The lower half holds P and Q: they are for dc_t, and the columns of M for dc_{t-1}.",
             "dh_t = P dc_t + Q dh_{t-1}: what is dc_t, written by what stood before the step?"),
        Slip("q_missing", "[P @ F, P @ G + Q]", "[P @ F, P @ G]",
             "The lower right quarter lacks Q: the path through the output gate.",
             "Can h_{t-1} change h_t without changing c_t?"),
        Slip("only_q", "[P @ F, P @ G + Q]", "[P @ F, Q]",
             "The lower right quarter is Q alone: the path from h_{t-1} through the new cell is missing.",
             "Which gates besides the output gate read h_{t-1}?"),
        Slip("cell_does_not_reach_h", "[P @ F, P @ G + Q]", "[0 * F, P @ G + Q]",
             "The lower left quarter is zero: c_{t-1} is taken to have no effect on h_t.",
             "c_{t-1} is kept in c_t; does h_t show c_t?"),
        Slip("q_subtracted", "P @ G + Q]", "P @ G - Q]",
             "In the lower right quarter Q is subtracted.",
             "Do the effects of two paths to the same place add up?"),
        Slip("order_reversed", "P @ G + Q]", "G @ P + Q]",
             "In the lower right quarter P and G stand in the opposite order.",
             "Which of the two happens first, and on which side does the earlier factor stand?"),
        Slip("p_missing_left", "[P @ F, P @ G + Q]", "[F, P @ G + Q]",
             "The lower left quarter is F: how h_t follows c_t is missing there.",
             "F leads to c_t; which factor leads from there to h_t?"),
        Slip("p_missing_right", "P @ G + Q]", "G + Q]",
             "In the lower right quarter G is not multiplied by P.",
             "G leads to c_t; which factor leads from there to h_t?"),
        Slip("p_of_the_step_before", "np.concatenate([P @ F, P @ G + Q], axis=-1)",
             "np.concatenate([np.roll(P, 1, 0) @ F, np.roll(P, 1, 0) @ G + Q], axis=-1)",
             "The lower half is formed with P of step t-1.",
             "Which cell does h_t show, c_t or c_{t-1}?"),
        Slip("g_left_out", "np.concatenate([F, G], axis=-1)", "np.concatenate([F, 0 * G], axis=-1)",
             "The upper right quarter is zero: h_{t-1} is taken to have no effect on the cell.",
             "Which of the three gates and the candidate act on c_t, and what do they read?"),
        Slip("four_term_on_top", "np.concatenate([F, G], axis=-1)",
             "np.concatenate([np.concatenate([F[:1], F[1:] + G[1:] @ P[:-1]]), G], axis=-1)",
             "The upper left quarter is the four-term A: there h_{t-1} moves along with c_{t-1}.",
             "In M the two columns are for c_{t-1} and h_{t-1}: is the one held while the other moves?"),
        Slip("order_h_c", "return np.concatenate([top, bottom], axis=-2)",
             "return np.roll(np.concatenate([top, bottom], axis=-2), F.shape[-1], axis=(-1, -2))",
             "The order is (h, c): the quarters are right, but exchanged crosswise.",
             "Which of the two comes first in the pair?"),
        Slip("rows_exchanged", "np.concatenate([top, bottom], axis=-2)",
             "np.concatenate([bottom, top], axis=-2)",
             "The upper and the lower half are exchanged.",
             "Which rows are for c_t?"),
        Slip("transposed", "return np.concatenate([top, bottom], axis=-2)",
             "return np.concatenate([top, bottom], axis=-2).swapaxes(-1, -2)",
             "M is transposed: it has its inputs in the rows.",
             "Row i for the output, column j for the input: where does c_t stand?"),
        Slip("corners_exchanged", "return np.concatenate([top, bottom], axis=-2)",
             "return np.block([[F, P @ F], [G, P @ G + Q]])",
             "The upper right and the lower left quarter have changed places.",
             "Row i for the output, column j for the input: in which quarter does h_{t-1} act on c_t?"),
        Slip("p_of_the_step_before_but_the_first", "[P @ F, P @ G + Q]",
             "[np.concatenate([P[:1], P[:-1]]) @ F, np.concatenate([P[:1], P[:-1]]) @ G + Q]",
             "The lower half has the P of the step before, step 1 its own; h_t shows the new cell.",
             "Which cell does h_t show?"),
        Slip("p_in_the_top", "np.concatenate([F, G], axis=-1)", "np.concatenate([F, G @ P], axis=-1)",
             "In the upper half G is multiplied by P: the pair moves h_{t-1} itself.",
             "Which two quantities does the vector hold that M multiplies?"),
        Slip("q_on_the_left", "[P @ F, P @ G + Q]", "[P @ F + Q, P @ G]",
             "Q stands in the column of the cell; it is for h_{t-1}.",
             "Which of the two old states does the output gate read?"),
        Slip("left_not_substituted", "[P @ F, P @ G + Q]", "[P, P @ G + Q]",
             "The lower left quarter is P: that is for c_t, not for c_{t-1}.",
             "Put the first equation into the second: what multiplies c_{t-1}, and what h_{t-1}?"),
        Slip("g_and_q_exchanged", 'blocks[name] for name in ("F", "G", "P", "Q")',
             'blocks[name] for name in ("F", "Q", "P", "G")',
             "G and Q stand in each other's place.",
             "Which of the two is for c_t, and which for h_t?"),
        Slip("elementwise", "P @ G + Q]", "P * G + Q]",
             "P and G are multiplied entry by entry; P is diagonal, so only the diagonal is left.",
             "Which product does the chain rule ask for?"),
        Slip("q_multiplied", "P @ G + Q]", "P @ (G + Q)]",
             "P multiplies Q as well; Q leads to h_t already.",
             "Which quantity does Q move?"),
        Slip("copied_from_the_left", "P @ G + Q]", "P @ F + Q]",
             "The lower right quarter has F, a copy of the left one.",
             "Put the first equation into the second: what multiplies c_{t-1}, and what h_{t-1}?"),
        Slip("f_everywhere_above", "np.concatenate([F, G], axis=-1)", "np.concatenate([F, F], axis=-1)",
             "The upper right quarter is a copy of F.",
             "How does c_t depend on h_{t-1}?"),
    ),
)

DERIVATIVE = Exercise(
    id="11.cell_derivative",
    title="Many steps back: dc_t/dc_k",
    points=3,
    section="5 Many steps back",
    function="cell_derivative",
    builds_on=("jacobian_blocks", "joint_jacobian"),
    items=("S4.43",),
    answers=("flow.cell_derivative",),
    outputs=("derivative",),
    instance=_span,
    reference=lambda params, run, t, k: {"derivative": flow.cell_derivative(params, run, t, k)},
    asks="Follow a change of c_k by hand: what of h has moved at the start, and what after one step?",
    slips=(
        Slip("p_of_the_next_step_for_h_0_too", "P[k - 1] if k else 0 * eye", "P[k]",
             "h_k moves with P of step k + 1, and h_0 moves as well; P of step k has the index k - 1.",
             "blocks has T entries and c has T + 1: which entry belongs to step k?"),
        Slip("h_k_held", "P[k - 1] if k else 0 * eye", "0 * eye",
             "h_k is held while c_k moves: that is the state derivative, the product's upper left quarter.",
             "When c_k moves and its output gate is held, does h_k stay put?"),
        Slip("h_0_moves", "P[k - 1] if k else 0 * eye", "P[k - 1]",
             "For k = 0 the derivative contains a P, that of the last step: h_0 is moved along with c_0.",
             "What does index -1 mean in Python, and is h_0 computed from c_0?"),
        Slip("p_one_step_late", "P[k - 1] if k", "P[k] if k",
             "P is that of step k+1: h_k is taken to follow a cell that comes after it.",
             "At which index does step k stand?"),
        Slip("h_moves_as_the_cell", "P[k - 1] if k else", "eye if k else",
             "h_k is moved by as much as c_k: its output gate and tanh are missing.",
             "By how much does h_k = o ⊙ tanh(c_k) move when c_k does?"),
        Slip("product_reversed", "in range(k, t)", "in reversed(range(k, t))",
             "The factors stand in the opposite order: the latest step acts first.",
             "Which step does a change of c_k meet first?"),
        Slip("last_factor_missing", "in range(k, t)", "in range(k, t - 1)",
             "There is one factor too few: the product ends at c_{t-1}.",
             "How many steps lie between c_k and c_t?"),
        Slip("first_factor_missing", "in range(k, t)", "in range(k + 1, t)",
             "The factor of step k+1 is missing.",
             "At which index stands the step that leads away from c_k?"),
        Slip("one_factor_too_many", "in range(k, t)", "in range(max(k - 1, 0), t)",
             "There is one factor too many: that of step k, which leads to c_k and not away from it.",
             "How many steps lie between c_k and c_t?"),
        Slip("product_of_f", "moved = M[s] @ moved", 'moved = blocks["F"][s] @ moved[:, :H]',
             "It is the product of the forget gates alone.",
             "On how many of the steps in between can h act on the cell?"),
        Slip("product_of_four_terms", "moved = M[s] @ moved",
             "moved = M[s] @ moved; moved[:, H:] = P[s] @ moved[:, :H]",
             "It is the product of the four-term matrices: all paths through the cell at every step.",
             "Can a change go from one h to the next without touching the cell?"),
        Slip("h_half_returned", "return moved[:, :H]", "return moved[:, H:]",
             "What is returned is dh_t/dc_k, the lower half.",
             "Which rows of the pair are the cell's?"),
        Slip("halves_added", "return moved[:, :H]", "return moved[:, :H] + moved[:, H:]",
             "The changes of c_t and of h_t are added together.",
             "Of which of the two is the derivative asked for?"),
        Slip("m_transposed", "moved = M[s] @ moved", "moved = M[s].swapaxes(-1, -2) @ moved",
             "Every M is transposed.",
             "M has its output in the rows: on which side does the change before the step stand?"),
        Slip("transposed", "return moved[:, :H]", "return moved[:, :H].swapaxes(-1, -2)",
             "The result is transposed: it has its input in the rows.",
             "Row i for c_t, column j for c_k: which was moved?"),
        Slip("by_the_state", "np.concatenate([eye, P[k - 1] if k else 0 * eye], axis=-2)",
             "np.concatenate([0 * eye, eye], axis=-2)",
             "The result is dc_t/dh_k: the state is moved, and the cell is held.",
             "Which of the two quantities of step k is moved?"),
        Slip("one_step_early", "M[s] @ moved", "M[s - 1] @ moved",
             "The factors are those of one step before: M_{t-1} … M_k, with M_T for a step 0.",
             "M has T entries: at which index does that of step s stand?"),
        Slip("one_jacobian_to_the_power", "M[s] @ moved", "M[t - 1] @ moved",
             "The Jacobian of step t is used at every step.",
             "Do all steps have the same gates?"),
        Slip("first_jacobian_to_the_power", "M[s] @ moved", "M[k] @ moved",
             "The Jacobian of step k + 1 is used at every step.",
             "Do all steps have the same gates?"),
        Slip("only_the_last_step", "moved = M[s] @ moved\n",
             "moved = M[s] @ np.concatenate([eye, P[k - 1] if k else 0 * eye], axis=-2)\n",
             "Only the last step's factor is left: each replaces the one before.",
             "What does a product do with its earlier factors?"),
        Slip("factors_added", "moved = M[s] @ moved\n", "moved = moved + M[s] @ moved\n",
             "At each step the old value is added: every factor is M + 1.",
             "Are the steps of one way added or multiplied?"),
        Slip("identity_subtracted", "return moved[:, :H]", "return moved[:, :H] - eye",
             "The identity is subtracted from the derivative.",
             "What is the derivative of c_k with respect to itself?"),
        Slip("p_as_the_start", "np.concatenate([eye, P[k - 1] if k else 0 * eye], axis=-2)",
             "np.concatenate([P[k - 1] if k else 0 * eye, eye], axis=-2)",
             "The two halves of the start are exchanged: P stands with the cell, the identity with "
             "the state.",
             "When c_k moves by a little, by how much does c_k move, and by how much h_k?"),
        Slip("factors_one_step_late", "M[s] @ moved", "M[min(s + 1, len(M) - 1)] @ moved",
             "Every factor is the Jacobian of the step after; at the last step, its own.",
             "M has its first entry at index 0: which index has the Jacobian of step s?"),
        Slip("factors_one_step_late_and_round", "M[s] @ moved", "M[(s + 1) % len(M)] @ moved",
             "Every factor is the Jacobian of the step after; at the last step, that of step 1.",
             "M has its first entry at index 0: which index has the Jacobian of step s?"),
    ),
)

GAP = Exercise(
    id="11.lag_two_gap",
    title="What two four-term factors miss",
    points=2,
    section="6 What the product of four terms misses",
    function="lag_two_gap",
    builds_on=("jacobian_blocks",),
    items=("S4.43",),
    answers=("flow.cell_derivative", "flow.four_term", "flow.jacobian_blocks"),
    outputs=("gap",),
    instance=_late_step,
    reference=_gap,
    asks="Name the path that is missing, arrow by arrow, from c_{t-2} on: which block belongs to each arrow?",
    slips=(
        Slip("factors_of_one_step", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t - 1] @ Q[t - 1] @ P[t - 1]",
             "All three factors are those of step t.",
             "How many steps does the path span, and which block belongs to which?"),
        Slip("one_step_late", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t] @ Q[t - 1] @ P[t - 2]",
             "All three factors are taken one step too late.",
             "At which index does step t stand?"),
        Slip("q_of_step_t", "Q[t - 2]", "Q[t - 1]",
             "Q is that of step t: it leads to h_t, which the cell c_t does not read.",
             "Between which two steps does the path go from h to h?"),
        Slip("p_of_step_t_1", "P[t - 3]", "P[t - 2]",
             "P is that of step t-1: the path begins at c_{t-1}.",
             "At which cell does a path of two steps begin?"),
        Slip("order_reversed", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "P[t - 3] @ Q[t - 2] @ G[t - 1]",
             "The three factors stand in the opposite order.",
             "Which of the three happens first, and on which side does it stand?"),
        Slip("q_missing", "Q[t - 2] @ ", "",
             "The factor Q is missing: how one h acts on the next.",
             "How does the change get from h_{t-2} to h_{t-1}?"),
        Slip("p_missing", " @ P[t - 3]", "",
             "The factor P is missing: the result belongs to h_{t-2}, not to c_{t-2}.",
             "By how much does h_{t-2} move when c_{t-2} does?"),
        Slip("g_missing", "G[t - 1] @ ", "",
             "The factor G is missing: the result belongs to h_{t-1}, not to c_t.",
             "How does the change get from h_{t-1} to c_t?"),
        Slip("through_the_cell_too", "Q[t - 2] @ P[t - 3]", "(P[t - 2] @ G[t - 2] + Q[t - 2]) @ P[t - 3]",
             "Besides Q the middle factor contains P G: that path passes through c_{t-1} and is in the "
             "product already.",
             "Which of the two paths from h_{t-2} to h_{t-1} avoids the cell?"),
        Slip("derivative_itself", "return G[t - 1] @ Q[t - 2] @ P[t - 3]",
             "return cell_derivative(params, run, t, t - 2)",
             "It is the whole derivative: the product has not been subtracted.",
             "A gap lies between two things: which is the second?"),
        Slip("factors_exchanged", "return G[t - 1] @ Q[t - 2] @ P[t - 3]",
             "A = four_term(params, run); "
             "return cell_derivative(params, run, t, t - 2) - A[t - 2] @ A[t - 1]",
             "The product that is subtracted has its two factors in the opposite order.",
             "On which side does the later step stand?"),
        Slip("one_factor_twice", "return G[t - 1] @ Q[t - 2] @ P[t - 3]",
             "A = four_term(params, run); "
             "return cell_derivative(params, run, t, t - 2) - A[t - 1] @ A[t - 1]",
             "The product that is subtracted has the factor of step t twice.",
             "Over which two steps does a path from c_{t-2} to c_t lead?"),
        Slip("state_derivative_for_node", "return G[t - 1] @ Q[t - 2] @ P[t - 3]",
             "A = four_term(params, run); M = joint_jacobian(params, run); "
             "return (M[t - 1] @ M[t - 2])[:, :len(A[0, 0]), :len(A[0, 0])] - A[t - 1] @ A[t - 2]",
             "The product is subtracted from the state derivative, in which h_{t-2} is held.",
             "When c_{t-2} moves, does h_{t-2} stay put?"),
        Slip("sign", "return G[t - 1]", "return -G[t - 1]",
             "The sign is the opposite: the product less the derivative.",
             "Which is subtracted from which?"),
        Slip("through_the_cell", "G[t - 1] @ Q[t - 2] @ P[t - 3]",
             "G[t - 1] @ P[t - 2] @ G[t - 2] @ P[t - 3]",
             "This is the route through h_{t-1} and c_{t-1}; it is in the product of the two "
             "four-term matrices already.",
             "Which route leads from c_{t-2} to c_t and meets no cell between?"),
        Slip("derivative_less_forget_gates", "G[t - 1] @ Q[t - 2] @ P[t - 3]",
             'cell_derivative(params, run, t, t - 2) - blocks["F"][t - 1] @ blocks["F"][t - 2]',
             "From the derivative the product of the forget gates is subtracted, in the place of the "
             "product of the four-term matrices.",
             "Which terms has a four-term matrix besides the forget gate?"),
        Slip("four_term_product", "return G[t - 1] @ Q[t - 2] @ P[t - 3]",
             "A = four_term(params, run); return A[t - 1] @ A[t - 2]",
             "The result is the product of the two four-term matrices; what it lacks was asked for.",
             "Which route leads from c_{t-2} to c_t and meets no cell between?"),
        Slip("g_of_the_step_before", "G[t - 1] @", "G[t - 2] @",
             "G is that of step t-1; it leads into c_t.",
             "Into which cell does the route lead?"),
        Slip("transposed", "return G[t - 1] @ Q[t - 2] @ P[t - 3]",
             "return (G[t - 1] @ Q[t - 2] @ P[t - 3]).swapaxes(-1, -2)",
             "The result is transposed.",
             "Entry [i, j] is for output i and input j: where does c_{t-2} stand?"),
        Slip("all_of_one_step_back", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t - 2] @ Q[t - 2] @ P[t - 2]",
             "All three factors are those of step t-1; each of the three belongs to a step of its own.",
             "Which step does each arrow of the route belong to?"),
        Slip("elementwise", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t - 1] * Q[t - 2] @ P[t - 3]",
             "G and Q are multiplied entry by entry.",
             "Which product does the chain rule ask for?"),
        Slip("q_and_g_exchanged", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "Q[t - 1] @ G[t - 2] @ P[t - 3]",
             "The route leads through the cell first and then through the output gate: G and Q are "
             "exchanged.",
             "Which route leads from c_{t-2} to c_t and meets no cell between?"),
        Slip("with_the_first_route_too", "G[t - 1] @ Q[t - 2] @ P[t - 3]",
             'G[t - 1] @ (Q[t - 2] @ P[t - 3] + P[t - 2] @ blocks["F"][t - 2])',
             "A route through the old cell and its forget gate is added; it is in the product already.",
             "Which route leads from c_{t-2} to c_t and meets no cell between?"),
        Slip("f_for_q", "G[t - 1] @ Q[t - 2] @ P[t - 3]", 'G[t - 1] @ blocks["F"][t - 2] @ P[t - 3]',
             "F stands in the place of Q.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("g_for_q", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t - 1] @ G[t - 2] @ P[t - 3]",
             "G stands in the place of Q.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("p_for_q", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t - 1] @ P[t - 2] @ P[t - 3]",
             "P stands in the place of Q.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("f_for_g", "G[t - 1] @ Q[t - 2] @ P[t - 3]", 'blocks["F"][t - 1] @ Q[t - 2] @ P[t - 3]',
             "F stands in the place of G.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("q_for_g", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "Q[t - 1] @ Q[t - 2] @ P[t - 3]",
             "Q stands in the place of G.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("f_for_p", "G[t - 1] @ Q[t - 2] @ P[t - 3]", 'G[t - 1] @ Q[t - 2] @ blocks["F"][t - 3]',
             "F stands in the place of P.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("q_for_p", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t - 1] @ Q[t - 2] @ Q[t - 3]",
             "Q stands in the place of P.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("g_for_p", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "G[t - 1] @ Q[t - 2] @ G[t - 3]",
             "G stands in the place of P.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
        Slip("p_for_g", "G[t - 1] @ Q[t - 2] @ P[t - 3]", "P[t - 1] @ Q[t - 2] @ P[t - 3]",
             "P stands in the place of G.",
             "Which route leaves c_{t-2}, goes from state to state and ends in c_t, and which block is "
             "each of its steps?"),
    ),
)

REFUTE_SIGN = Exercise(
    id="11.refute_sign",
    title="Refute: the factor is above 1 or in [0, 1]",
    points=1,
    section="3 Is it at least a number between 0 and 1?",
    function="negative_factor",
    items=("S4.40", "S4.44", "S4.45"),
    outputs=("negative_factor",),
    kind="value",
    verify=_refute_sign,
)

REFUTE_RAISING = Exercise(
    id="11.refute_raising",
    title="Refute: more f, closer to 1",
    points=1,
    section="8 Does raising f help?",
    function="away_from_one",
    items=("S4.46",),
    outputs=("away_from_one",),
    kind="value",
    verify=_refute_raising,
)

REFUTE_TAME = Exercise(
    id="11.refute_tame",
    title="Refute: an LSTM cannot explode",
    points=1,
    section="7 Growth without end",
    function="exploding",
    items=("S4.45", "S4.48"),
    outputs=("exploding",),
    kind="value",
    verify=_refute_tame,
)

EXERCISES = (BLOCKS, FOUR_TERM, REFUTE_SIGN, JOINT, DERIVATIVE, GAP, REFUTE_TAME, REFUTE_RAISING)
