"""Lesson 13: the linear scan, the minimal GRU and the linear recurrent unit, forward and backward."""

import numpy as np

from rnnlib import linear, lru, min_gru

from . import Exercise, Slip
from .expressions import Product, with_expressions
from .families import subtracted
from .sweep import LONG, Loud, Sweep
from .sweep_slips import SweepCode, with_sweep

SIZES = ((5, 3, 4, 7), (4, 2, 3, 6), (6, 4, 4, 4))  # T, B, D, H: all distinct, twice, then B = D = H
LONG_SIZES = (LONG, 3, 2, 4)


def _generator(salt, seed):
    return np.random.default_rng([1300 + salt, seed])


def _recurrence(seed, sizes=None):
    """(a, b, h0): factors of both signs between 0.5 and 1.2 in size, so that far paths count."""
    rng = _generator(1, seed)
    T, B, _, H = sizes or SIZES[seed % 3]
    a = rng.uniform(0.5, 1.2, (T, B, H)) * rng.choice([-1.0, 1.0], (T, B, H), p=[0.25, 0.75])
    return a, rng.normal(size=(T, B, H)), rng.uniform(-0.9, 0.9, (B, H))


def _states_and_adjoints(seed, sizes=None):
    a, b, h0 = _recurrence(seed, sizes)
    dh = _generator(2, seed).normal(size=a.shape)
    return a, linear.forward(a, b, h0).h, dh


def _network(seed, sizes=None):
    """(params, x, h0) of a minimal GRU whose gates keep about two thirds."""
    rng = _generator(3, seed)
    T, B, D, H = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, 2 * H)) * 0.6,
        "b": np.concatenate([rng.uniform(0.3, 1.2, H), rng.normal(size=H) * 0.5]),
    }
    return params, rng.normal(size=(T, B, D)), rng.uniform(-0.9, 0.9, (B, H))


def _gated_run_and_adjoints(seed, sizes=None):
    params, x, h0 = _network(seed, sizes)
    run = min_gru.forward(params, x, h0)
    return params, run, _generator(4, seed).normal(size=run.z.shape)


def _complex_run_and_adjoints(seed, sizes=None):
    """(params, run, dh) of an LRU: |λ| between 0.5 and 0.9, λ far from both axes."""
    rng = _generator(5, seed)
    T, B, D, H = sizes or SIZES[seed % 3]
    params = {
        "nu": np.log(-np.log(rng.uniform(0.5, 0.9, H))),
        "theta": rng.uniform(0.3, 1.3, H) + np.pi / 2 * rng.integers(0, 2, H),
        "W_re": rng.normal(size=(D, H)) * 0.7,
        "W_im": rng.normal(size=(D, H)) * 0.7,
    }
    h0, dh = (rng.normal(size=(2, *shape)) for shape in ((B, H), (T, B, H)))
    run = lru.forward(params, rng.normal(size=(T, B, D)), h0[0] + 1j * h0[1])
    return params, run, (dh[0] + 1j * dh[1])


def _scan_reference(a, b, h0):
    return {"h": linear.forward(a, b, h0).h}


def _scan_backward_reference(a, h, dh):
    return linear.backward(linear.Run(a, np.zeros_like(a), h), dh)


def _gated_reference(params, x, h0):
    run = min_gru.forward(params, x, h0)
    return {"z": run.z, "n": run.n, "h": run.h}


def _complex_reference(params, run, dh):
    gradient = lru.backward(params, run, dh)
    h0 = gradient.pop("h0")
    return {**gradient, "h0_re": h0.real, "h0_im": h0.imag}


def _refute_bounded(answer):
    """A real λ and inputs with a vanishing gradient of the state and an exploding one of λ."""
    lam, x = (np.asarray(part, float) for part in answer)
    if lam.ndim != 0 or x.ndim != 1 or not 1 <= len(x) <= 100_000:
        return f"lam has shape {lam.shape} and x {x.shape}, expected a number and 1 to 100,000 numbers"
    if not (np.isfinite(lam) and np.isfinite(x).all()):
        return "contains NaN or infinity"
    if not abs(lam) < 1:
        return f"lam is {lam:.6g}, and the claim is about |lam| < 1"
    if np.abs(x).max() > 1:
        return f"the largest |x_t| is {np.abs(x).max():.3g}, and the claim is about inputs of at most 1"
    state, slope = 0.0, 0.0
    for value in x:
        state, slope = lam * state + value, state + lam * slope
    carried = abs(lam) ** len(x)
    if not carried < 0.01:
        return f"|dh_T/dh_0| is {carried:.3g}, not below 0.01: the gradient of the state has not vanished"
    return None if abs(slope) > 1000 else f"|dh_T/dlam| is {abs(slope):.4g}, not above 1000"


SCAN = Exercise(
    id="13.scan_forward",
    title="A linear recurrence",
    points=1,
    section="1 Take the state out of the gates",
    function="scan_forward",
    items=("S4.40",),
    answers=("linear.forward", "linear.scan", "linear.prefixes"),
    outputs=("h",),
    instance=_recurrence,
    reference=_scan_reference,
    loud=Loud(((1, 30), (2, 30)), ("h",)),
    step="t",
    asks="h[1] is made from a[0], b[0] and h0 alone: is it right?",
    slips=(
        Slip("initial_state_dropped", "[h0]", "[np.zeros_like(h0)]",
             "h[0] is 0: the initial state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        Slip("state_stuck_at_h0", "a_t * h[-1]", "a_t * h0",
             "h is right at step 1 only: every step is fed the initial state.",
             "Which state does step t read, and where did step t-1 put it?"),
        Slip("factor_on_the_addend", "a_t * h[-1] + b_t", "h[-1] + a_t * b_t",
             "The factor a multiplies the addend b, and the old state enters in full.",
             "Which of the two addends does a belong to?"),
        Slip("factor_on_both", "a_t * h[-1] + b_t", "a_t * (h[-1] + b_t)",
             "The factor a multiplies the addend b as well.",
             "If a were 0, what should be left of the new state?"),
        Slip("factor_missing", "a_t * h[-1]", "h[-1]",
             "The old state enters in full: h is a sum of the addends.",
             "Which argument have you not used?"),
        Slip("recurrence_missing", "a_t * h[-1] + b_t", "b_t",
             "h holds the addends only: no state reaches the next step.",
             "What does the second state know of h0?"),
        Slip("addend_missing", "a_t * h[-1] + b_t", "a_t * h[-1]",
             "h holds products of the factors and h0 only: b is not used.",
             "Where does something new enter?"),
        Slip("weighted_mean", "a_t * h[-1] + b_t", "a_t * h[-1] + (1 - a_t) * b_t",
             "b is weighted by 1 - a: that is a gated unit's candidate, and here b holds the weight already.",
             "What stands before b in the formula of this section?"),
        Slip("one_minus_a", "a_t * h[-1]", "(1 - a_t) * h[-1]",
             "The old state is weighted by 1 - a in place of a.",
             "If a were 1, which part of the old state should be kept?"),
        Slip("reversed_in_time", "zip(a, b)", "zip(a[::-1], b[::-1])",
             "The factors and addends are read from the last step to the first.",
             "Which entry of a belongs to step 1?"),
        Slip("factor_of_the_step_before", "zip(a, b)", "zip(np.roll(a, 1, axis=0), b)",
             "The factors are one step late: step t uses the factor of step t-1.",
             "At which index of a does the factor of step t stand?"),
        Slip("first_factor_throughout", "a_t * h[-1]", "a[0] * h[-1]",
             "Every step uses the factor of step 1.",
             "What changes from one round of the loop to the next?"),
        subtracted("addend_subtracted", "h[-1] + b_t", "h[-1] - b_t", "b_t"),
    ),
)

CARRY = "future = a[t - 1] * dh_total"

SCAN_BACKWARD = Exercise(
    id="13.scan_backward",
    title="Back through the recurrence",
    points=3,
    section="2 The way back is a recurrence, too",
    function="scan_backward",
    items=("S4.40",),
    answers=("linear.backward", "linear.adjoints"),
    outputs=("a", "b", "h0"),
    instance=_states_and_adjoints,
    reference=_scan_backward_reference,
    sweep=Sweep((2,), long=lambda number: _states_and_adjoints(number, LONG_SIZES), batch=1,
                by_step=("a", "b")),
    step="t",
    backward=True,
    asks="At t = T nothing has been passed back yet: are the last entries of a and b right? If so, what does "
    "step T-1 add?",
    slips=with_sweep((
        # what travels
        Slip("carry_counted_twice", "a[t - 1] * dh_total", "a[t - 1] * (dh_total + future)",
             "What came from later steps is handed on twice: the adjoint of h_t has it already.",
             "Which two parts make the adjoint of h_t, and what is it multiplied by?"),
        Slip("no_carry", "dh[t - 1] + future", "dh[t - 1]",
             "Every step has its own dh only: nothing flows from step t+1 back to t.",
             "By which line of the forward pass does h_t reach h_{t+1}?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(a) else future)",
             "Only the last step's loss arrives: the other steps' own adjoints are missing.",
             "Does the loss read h_t at every step, or at the last one only?"),
        Slip("upstream_ones", "dh[t - 1] + future", "np.ones_like(dh[t - 1]) + future",
             "The adjoints from outside are taken as 1 at every step: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("upstream_shifted", "dh[t - 1] + future", "dh[t % len(dh)] + future",
             "The adjoints from outside are one step off: step t uses dh of step t+1.",
             "At which index of dh does the adjoint of h_t stand?"),
        Slip("carry_without_factor", CARRY, "future = dh_total",
             "What is passed back lacks the factor a: the adjoints are plain sums.",
             "What multiplies h_{t-1} in the formula of h_t?"),
        Slip("carry_one_step_early", CARRY, "future = a[max(t - 2, 0)] * dh_total",
             "The scan is shifted by one: what goes from step t to t-1 has the factor of step t-1.",
             "Which step's factor multiplies h_{t-1} on the way to h_t?"),
        Slip("carry_one_step_late", CARRY, "future = a[min(t, len(a) - 1)] * dh_total",
             "The scan is shifted by one: what goes from step t to t-1 has the factor of step t+1.",
             "Which step's factor multiplies h_{t-1} on the way to h_t?"),
        Slip("carry_one_minus_a", CARRY, "future = (1 - a[t - 1]) * dh_total",
             "What is passed back is weighted by 1 - a in place of a.",
             "If a were 1, would all of the adjoint go back, or nothing?"),
        Slip("carry_of_own_adjoint", CARRY, "future = a[t - 1] * dh[t - 1]",
             "What is passed back comes from one later step only: the sum over the further ones is cut off.",
             "What have the steps after t sent, and where did you add it?"),
        Slip("carry_piles_up", CARRY, "future = future + a[t - 1] * dh_total",
             "What is passed back is added to what came from later steps in place of replacing it.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        Slip("carry_of_a_gradient", CARRY, "future = a[t - 1] * da[t - 1]",
             "What is passed back is the adjoint of a, and not that of the state.",
             "Which adjoint does h_{t-1} get its share of?"),
        Slip("forward_in_time", "range(len(a), 0, -1)", "range(1, len(a) + 1)",
             "The sweep runs from step 1 to step T, so each state gets the shares of earlier steps.",
             "Which of its neighbours does h_t depend on, and which depends on it?"),
        # a
        Slip("a_new_state", "dh_total * h[t - 1]", "dh_total * h[t]",
             "a is formed with the state that the step makes, in place of the one it reads.",
             "Which state does the factor of step t multiply, and at which index of h does it stand?"),
        Slip("a_of_own_adjoint", "dh_total * h[t - 1]", "dh[t - 1] * h[t - 1]",
             "a has the immediate part only: later steps do not count.",
             "If the factor of step 1 changes, does only h_1 change?"),
        Slip("a_with_h0", "dh_total * h[t - 1]", "dh_total * h[0]",
             "a is formed with the initial state at every step.",
             "Which state does the factor of step t multiply?"),
        Slip("a_without_state", "dh_total * h[t - 1]", "dh_total",
             "a lacks the state that the factor multiplies.",
             "If h_{t-1} were 0, how much would the factor of step t matter?"),
        Slip("a_with_carry", "dh_total * h[t - 1]", "future * h[t - 1]",
             "a is formed with what later steps sent, without the step's own dh.",
             "Does the loss read h_t itself?"),
        # b and h0
        Slip("b_of_own_adjoint", "db[t - 1] = dh_total", "db[t - 1] = dh[t - 1]",
             "b has the immediate part only: later steps do not count.",
             "If b changes at step 1, does only h_1 change?"),
        Slip("b_times_factor", "db[t - 1] = dh_total", "db[t - 1] = a[t - 1] * dh_total",
             "b is multiplied by a once: that is the adjoint of the state before.",
             "What multiplies b in the formula of h_t?"),
        Slip("b_piles_up", "db[t - 1] = dh_total", "db[t - 1] = dh_total + (db[t] if t < len(a) else 0)",
             "b sums the adjoints of all later states: each step has an addend of its own.",
             "Is b shared by the steps, like a weight?"),
        Slip("h0_without_factor", '"h0": future', '"h0": dh_total',
             "h0 is the adjoint of h_1: the factor of step 1 is missing.",
             "Which step lies between h_0 and h_1?"),
        Slip("h0_of_first_loss", '"h0": future', '"h0": a[0] * dh[0]',
             "h0 has the share of the first step's loss only.",
             "Which losses does h_0 reach?"),
        Slip("last_step_left_out", "range(len(a), 0, -1)", "range(len(a) - 1, 0, -1)",
             "The sweep starts at step T-1: the last step is left out.",
             "At which index do a and dh of step T stand?"),
        Slip("first_step_left_out", "range(len(a), 0, -1)", "range(len(a), 1, -1)",
             "The sweep ends at step 2: the first step is left out.",
             "How many steps lie between h_0 and h_T?"),
    ), SweepCode(h0='"h0": future')),
)

GATED = Exercise(
    id="13.min_gru_forward",
    title="Run the minimal GRU",
    points=1,
    section="4 A gated unit of this kind",
    function="min_gru_forward",
    builds_on=("scan_forward",),
    items=("S4.47",),
    answers=("min_gru.forward",),
    outputs=("z", "n", "h"),
    instance=_network,
    reference=_gated_reference,
    loud=Loud(((1, 10), (2, 30)), ("n", "h")),
    step="t",
    asks="z and n need no loop and no state: which of them is right?",
    slips=(
        Slip("blocks_exchanged", "sigmoid.value(a[:, :, :H]), a[:, :, H:]",
             "sigmoid.value(a[:, :, H:]), a[:, :, :H]",
             "z is made from the candidate's columns and n from the gate's: the columns are read in "
             "the order n, z.",
             "In which order does the text pack the two blocks of columns?"),
        Slip("gate_is_linear", "sigmoid.value(a[:, :, :H])", "a[:, :, :H]",
             "z is its own pre-activation: the logistic function is not applied.",
             "Between which two values should a gate lie?"),
        Slip("gate_by_tanh", "sigmoid.value(a[:, :, :H])", "np.tanh(a[:, :, :H])",
             "z goes through tanh, so that it can be negative.",
             "Between which two values should a gate lie?"),
        Slip("candidate_by_tanh", "a[:, :, H:]\n", "np.tanh(a[:, :, H:])\n",
             "n goes through tanh, as in a GRU; here the candidate is linear.",
             "What does the formula of n apply to x_t W_xn + b_n?"),
        Slip("candidate_by_sigmoid", "a[:, :, H:]\n", "sigmoid.value(a[:, :, H:])\n",
             "n goes through the logistic function; here the candidate is linear.",
             "What does the formula of n apply to x_t W_xn + b_n?"),
        Slip("bias_missing", ' + params["b"]', "",
             "z and n lack the bias.",
             "Which of the two parameters have you not used?"),
        Slip("other_convention", "scan_forward(z, (1 - z) * n, h0)", "scan_forward(1 - z, z * n, h0)",
             "z weighs the candidate in place of the old state: the convention of the paper.",
             "In this course, if z were 1, which of the two would be kept?"),
        Slip("candidate_in_full", "scan_forward(z, (1 - z) * n, h0)", "scan_forward(z, n, h0)",
             "The candidate enters with weight 1: the factor 1 - z is missing.",
             "The new state is a mean of two: what do the weights add up to?"),
        Slip("candidate_weighted_by_z", "scan_forward(z, (1 - z) * n, h0)", "scan_forward(z, z * n, h0)",
             "The candidate is weighted by z, like the old state.",
             "The new state is a mean of two: what do the weights add up to?"),
        Slip("old_state_in_full", "scan_forward(z, (1 - z) * n, h0)",
             "scan_forward(np.ones_like(z), (1 - z) * n, h0)",
             "The old state enters with weight 1: nothing is forgotten.",
             "The new state is a mean of two: what do the weights add up to?"),
        Slip("initial_state_dropped", "(1 - z) * n, h0)", "(1 - z) * n, np.zeros_like(h0))",
             "h[0] is 0: the initial state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        subtracted("bias_subtracted", '+ params["b"]', '- params["b"]', "The bias"),
    ),
)

INTO_Z, INTO_N = "dz * z * (1 - z)", 'back["b"] * (1 - z)'

STEP_ASKS = "h_t = z_t h_{t-1} + (1 - z_t) n_t: what is its derivative with respect to "
GATED_PRODUCTS = (
    Product(
        "z", "dz * z * (1 - z)", "The block of z", f"{STEP_ASKS}z_t, and what is σ's slope there?",
        {"dz": "dz, the adjoint of z_t", "z": "z_t", "(1 - z)": "1 - z_t"},
        {"z_t (1 - z_t)": ("z * (1 - z)", {"z * (1 + z)": "z_t (1 + z_t)", "n * (1 - n)": "n_t (1 - n_t)"})},
        sign=False,
    ),
    Product(
        "n", 'back["b"] * (1 - z)', "The block of n", f"{STEP_ASKS}n_t?",
        {'back["b"]': "that the scan passes back"},
        {"1 - z_t": ("(1 - z)", {"n": "n_t", "z * (1 - z)": "z_t (1 - z_t)", "(1 + z)": "1 + z_t"})},
    ),
)

GATED_BACKWARD = Exercise(
    id="13.min_gru_backward",
    title="Back through the minimal GRU",
    points=3,
    section="4 A gated unit of this kind",
    function="min_gru_backward",
    builds_on=("scan_backward",),
    items=("S4.47",),
    answers=("min_gru.backward",),
    outputs=("W_x", "b", "x", "h0"),
    gates="zn",
    instance=_gated_run_and_adjoints,
    reference=min_gru.backward,
    sweep=Sweep((2,), long=lambda number: _gated_run_and_adjoints(number, LONG_SIZES), batch=1),
    step="t",
    backward=True,
    asks="b has two blocks: is the wrong one that of z or that of n? With T = 1 and h0 = 0, which of your "
    "terms are left?",
    slips=with_expressions((
        # the gate
        Slip("z_without_candidate", 'back["a"] - back["b"] * n', 'back["a"]',
             "The z block has the old state's share only; z also weighs the candidate, by 1 - z.",
             "How often does z stand in the formula of h_t?"),
        Slip("z_sign_of_candidate", 'back["a"] - back["b"] * n', 'back["a"] + back["b"] * n',
             "In the z block the candidate's share has the wrong sign.",
             "What is the derivative of 1 - z with respect to z?"),
        Slip("z_candidate_only", 'back["a"] - back["b"] * n', '-back["b"] * n',
             "The z block has the candidate's share only; z also weighs the old state.",
             "How often does z stand in the formula of h_t?"),
        Slip("z_candidate_weighted", 'back["a"] - back["b"] * n', 'back["a"] - back["b"] * (1 - z) * n',
             "In the z block the candidate's share has a factor 1 - z too many.",
             "b is (1 - z) n: what is its derivative with respect to z?"),
        Slip("z_new_state", 'back["a"] - back["b"] * n', 'back["b"] * (run.h[1:] - n)',
             "The z block takes h_t, the state that the step makes, for the one it reads.",
             "Which state does z multiply?"),
        Slip("z_without_slope", INTO_Z, "dz",
             "The z block stops at the gate: the slope of the logistic function is missing.",
             "What lies between z and its pre-activation?"),
        Slip("z_half_the_slope", INTO_Z, "dz * z",
             "The z block has z for the slope of the logistic function.",
             "How steep is the logistic function where it is close to 1?"),
        Slip("z_one_minus_only", INTO_Z, "dz * (1 - z)",
             "The z block has 1 - z for the slope of the logistic function.",
             "How steep is the logistic function where it is close to 0?"),
        Slip("z_slope_of_tanh", INTO_Z, "dz * (1 - z**2)",
             "The z block has the slope of tanh.",
             "Which function makes z from its pre-activation?"),
        # the candidate
        Slip("n_without_weight", INTO_N + "]", 'back["b"]]',
             "The n block lacks the weight 1 - z with which the candidate enters.",
             "How much of n gets into h_t when z is close to 1?"),
        Slip("n_weighted_by_z", INTO_N + "]", 'back["b"] * z]',
             "The n block is weighted by z, which belongs to the old state.",
             "How much of n gets into h_t when z is close to 1?"),
        Slip("n_slope_of_tanh", INTO_N + "]", 'back["b"] * (1 - z) * (1 - n**2)]',
             "The n block has the slope of tanh, which this unit does not apply.",
             "What lies between n and its pre-activation here?"),
        Slip("n_of_own_adjoint", INTO_N + "]", "dh * (1 - z)]",
             "The n block has the step's own dh only: later steps do not count.",
             "If n changes at step 1, does only h_1 change?"),
        # both
        Slip("no_carry", 'back = scan_backward(z, run.h, dh)',
             'back = {"a": dh * run.h[:-1], "b": dh, "h0": z[0] * dh[0]}',
             "Every step has its own dh only: nothing flows from step t+1 back to t.",
             "Which function of yours adds up what the later steps send?"),
        Slip("other_convention", "scan_backward(z, run.h, dh)", "scan_backward(1 - z, run.h, dh)",
             "What is passed back is weighted by 1 - z, which belongs to the candidate.",
             "If z is 1, does h_{t-1} pass in full or not at all?"),
        Slip("blocks_exchanged", f"[{INTO_Z}, {INTO_N}]", f"[{INTO_N}, {INTO_Z}]",
             "The blocks of z and n are exchanged, and x is made with each other's weights.",
             "In which order does the text pack the two blocks of columns?"),
        # sums
        Slip("weights_of_last_step", '"tbd,tbh->dh", run.x, da', '"tbd,tbh->dh", run.x[-1:], da[-1:]',
             "W_x has the last step's share only.",
             "Over what does the gradient of a shared weight sum?"),
        Slip("weights_of_first_instance", '"tbd,tbh->dh", run.x, da',
             '"tbd,tbh->dh", run.x[:, :1], da[:, :1]',
             "W_x has the first instance's share only.",
             "Over what does the gradient of a shared weight sum?"),
        Slip("input_of_the_step_before", '"tbd,tbh->dh", run.x, da',
             '"tbd,tbh->dh", run.x[:-1], da[1:]',
             "W_x pairs each step with the input of the step before.",
             "Which input does step t read, and at which index of x does it stand?"),
        Slip("x_through_the_candidate_only", 'da @ params["W_x"].T',
             'da[:, :, z.shape[2]:] @ params["W_x"].T[z.shape[2]:]',
             "x has the way through the candidate only.",
             "Which lines of the forward pass read x_t?"),
        Slip("x_through_the_gate_only", 'da @ params["W_x"].T',
             'da[:, :, :z.shape[2]] @ params["W_x"].T[:z.shape[2]]',
             "x has the way through the gate only.",
             "Which lines of the forward pass read x_t?"),
        Slip("h0_without_gate", '"h0": back["h0"]', '"h0": back["b"][0]',
             "h0 is the adjoint of h_1: the gate of step 1 is missing.",
             "Which step lies between h_0 and h_1?"),
        Slip("gate_with_opposite_sign", 'dz = back["a"] - back["b"] * n',
             'dz = back["b"] * n - back["a"]',
             "The block of z has the opposite sign.",
             "h_t = z_t h_{t-1} + (1 - z_t) n_t: what is its derivative with respect to z_t?"),
    ), *GATED_PRODUCTS),
)

GAMMA_WAY = " + dgamma * abs(lam) ** 2 * decay / gamma"
X_AND_H0 = (
    '"x": du.real @ params["W_re"].T + du.imag @ params["W_im"].T,\n        "h0_re": future.real, "h0_im":'
)

COMPLEX_BACKWARD = Exercise(
    id="13.lru_backward",
    title="Back through a complex diagonal",
    points=4,
    section="6 A complex diagonal",
    function="lru_backward",
    items=("S4.40",),
    answers=("lru.backward",),
    outputs=("nu", "theta", "W_re", "W_im", "x", "h0_re", "h0_im"),
    instance=_complex_run_and_adjoints,
    reference=_complex_reference,
    sweep=Sweep((2,), long=lambda number: _complex_run_and_adjoints(number, LONG_SIZES), batch=1),
    step="t",
    backward=True,
    asks="h0 needs the scan alone, W and x the scan and gamma, nu and theta all of it: which is the first "
    "that is wrong? With T = 1, is it still?",
    slips=(
        # what travels
        Slip("no_carry", "dh[t - 1] + future", "dh[t - 1]",
             "Every step has its own dh only: nothing flows from step t+1 back to t.",
             "By which line of the forward pass does h_t reach h_{t+1}?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(dh) else future)",
             "Only the last step's loss arrives: the other steps' own adjoints are missing.",
             "Does the loss read h_t at every step, or at the last one only?"),
        Slip("upstream_shifted", "dh[t - 1] + future", "dh[t % len(dh)] + future",
             "The scan is shifted by one: step t uses dh of step t+1.",
             "At which index of dh does the adjoint of h_t stand?"),
        Slip("adjoint_conjugated", "dh[t - 1] + future", "dh[t - 1].conj() + future",
             "The adjoints from outside are conjugated: that is the convention with a minus before i.",
             "With which sign does the derivative with respect to Im h stand in dh?"),
        Slip("adjoint_parts_exchanged", "dh[t - 1] + future", "1j * dh[t - 1].conj() + future",
             "The adjoints from outside have their real and imaginary parts exchanged.",
             "Which part of dh is the derivative with respect to Re h?"),
        Slip("adjoint_real_part", "dh[t - 1] + future", "dh[t - 1].real + future",
             "The imaginary part of dh is not used.",
             "Does the loss see only the real part of a state?"),
        Slip("real_adjoints", "dh[t - 1] + future", "(dh[t - 1] + future).real",
             "The full adjoints have lost their imaginary parts: the array that holds them is real, or only "
             ".real is kept.",
             "Of which dtype is an array of zeros if you do not say?"),
        Slip("carry_without_conjugate", "future = lam.conj() * dh_total", "future = lam * dh_total",
             "What is passed back is multiplied by λ, where its conjugate belongs.",
             "h_{t-1} is turned by θ on the way forward; which way does the adjoint have to be turned?"),
        Slip("carry_size_only", "future = lam.conj() * dh_total", "future = abs(lam) * dh_total",
             "What is passed back is shrunk by |λ| and not turned.",
             "What does a multiplication by λ do besides changing the length?"),
        Slip("carry_without_lambda", "future = lam.conj() * dh_total", "future = dh_total",
             "What is passed back lacks λ: the adjoints are plain sums.",
             "What multiplies h_{t-1} in the formula of h_t?"),
        Slip("carry_with_gamma", "future = lam.conj() * dh_total", "future = gamma * lam.conj() * dh_total",
             "What is passed back is multiplied by γ, which belongs to the input.",
             "What multiplies h_{t-1} in the formula of h_t?"),
        Slip("last_step_left_out", "range(len(dh), 0, -1)", "range(len(dh) - 1, 0, -1)",
             "The sweep starts at step T-1: the last step is left out.",
             "At which index does dh of step T stand?"),
        Slip("first_step_left_out", "range(len(dh), 0, -1)", "range(len(dh), 1, -1)",
             "The sweep ends at step 2: the first step is left out.",
             "How many steps lie between h_0 and h_T?"),
        # λ
        Slip("lambda_without_conjugate", "run.h[t - 1].conj()", "run.h[t - 1]",
             "nu and theta are formed with the state, where its conjugate belongs.",
             "λ multiplies h_{t-1} on the way forward: what multiplies the adjoint on the way back?"),
        Slip("lambda_new_state", "run.h[t - 1].conj()", "run.h[t].conj()",
             "nu and theta are formed with the state that the step makes, in place of the one it reads.",
             "Which state does λ multiply, and at which index of h does it stand?"),
        Slip("lambda_of_own_adjoint", "(dh_total * run.h[t - 1]", "(dh[t - 1] * run.h[t - 1]",
             "nu and theta have λ's immediate part only: later steps do not count.",
             "If λ changes at step 1, does only h_1 change?"),
        Slip("lambda_overwritten", "dlam = dlam + (", "dlam = (",
             "nu and theta have λ's share of step 1 only: each step replaces the one before.",
             "How many steps use λ, and what happens to their shares?"),
        Slip("turned_without_conjugate", "dlam * lam.conj()", "dlam * lam",
             "nu and theta multiply the adjoint of λ by λ, where its conjugate belongs.",
             "dλ is λ times something: what stands beside the adjoint on the way back?"),
        Slip("turned_missing", "dlam * lam.conj()", "dlam",
             "nu and theta lack λ: they are formed from the adjoint of λ as it is.",
             "What is the derivative of exp(v) with respect to v?"),
        Slip("conjugates_missing_everywhere",
             "run.h[t - 1].conj()).sum(axis=0)\n        "
             "dgamma = dgamma + (dh_total.conj() * run.u[t - 1]).real.sum(axis=0)\n        "
             "du[t - 1] = gamma * dh_total\n        future = lam.conj() * dh_total\n    "
             "turned = dlam * lam.conj()",
             "run.h[t - 1]).sum(axis=0)\n        "
             "dgamma = dgamma + (dh_total * run.u[t - 1]).real.sum(axis=0)\n        "
             "du[t - 1] = gamma * dh_total\n        future = lam * dh_total\n    turned = dlam * lam",
             "There is no conjugate anywhere: this sweep is right for real numbers only.",
             "In dL = Re(z̄* dz), which of the two factors is conjugated?"),
        # ν and θ
        Slip("nu_theta_exchanged",
             '-decay * turned.real' + GAMMA_WAY + '\n    return {\n        "nu": dnu, "theta": turned.imag',
             '-decay * turned.imag' + GAMMA_WAY + '\n    return {\n        "nu": dnu, "theta": turned.real',
             "nu and theta have taken each other's part: real and imaginary are exchanged.",
             "Which of the two changes the size of λ, and which turns it?"),
        Slip("theta_from_real_part", "turned.imag", "turned.real",
             "theta is a real part, where an imaginary part belongs.",
             "In which direction does λ move when θ grows?"),
        Slip("theta_sign", "turned.imag", "-turned.imag",
             "theta has the wrong sign.",
             "What is the real part of the conjugate of v times i?"),
        Slip("nu_from_imaginary_part", "-decay * turned.real", "-decay * turned.imag",
             "nu has λ's share from the imaginary part, where the real part belongs.",
             "In which direction does λ move when ν grows?"),
        Slip("nu_without_decay", "-decay * turned.real", "-turned.real",
             "In nu the way through λ lacks the factor exp(ν).",
             "How many exponentials lie between ν and |λ|?"),
        Slip("nu_sign", "-decay * turned.real", "decay * turned.real",
             "In nu the way through λ has the wrong sign.",
             "If ν grows, does |λ| grow?"),
        Slip("nu_without_gamma", GAMMA_WAY, "",
             "nu has the way through λ only; γ is made from ν, too.",
             "By how many ways does ν reach the states?"),
        Slip("nu_gamma_only", "-decay * turned.real + dgamma", "dgamma",
             "nu has the way through γ only; λ is made from ν, too.",
             "By how many ways does ν reach the states?"),
        Slip("gamma_slope_sign", GAMMA_WAY, GAMMA_WAY.replace("+", "-", 1),
             "In nu the way through γ has the wrong sign.",
             "If ν grows, |λ| falls: does γ grow or fall?"),
        Slip("gamma_slope_not_squared", "abs(lam) ** 2 * decay", "abs(lam) * decay",
             "In nu the slope of γ has |λ| where |λ|² belongs.",
             "γ² is 1 - |λ|²: what is its slope with respect to |λ|, and that of |λ| with respect to ν?"),
        Slip("gamma_slope_without_division", " * decay / gamma", " * decay",
             "In nu the way through γ has γ once too often: its slope lacks the division by γ, or its "
             "adjoint contains γ.",
             "What is the derivative of a square root, and what does γ multiply in the formula of h_t?"),
        Slip("gamma_without_conjugate", "(dh_total.conj() * run.u[t - 1])", "(dh_total * run.u[t - 1])",
             "In nu the adjoint of γ is formed without a conjugate.",
             "In dL = Re(z̄* dz), which of the two factors is conjugated?"),
        Slip("gamma_overwritten", "dgamma = dgamma + (", "dgamma = (",
             "In nu the way through γ has the share of step 1 only: each step replaces the one before.",
             "How many steps use γ, and what happens to their shares?"),
        # W and x
        Slip("input_without_gamma", "du[t - 1] = gamma * dh_total", "du[t - 1] = dh_total",
             "W and x lack γ.",
             "What multiplies x_t W in the formula of h_t?"),
        Slip("real_input_adjoints", "du[t - 1] = gamma * dh_total", "du[t - 1] = (gamma * dh_total).real",
             "W and x are formed from real parts only: the array of the adjoints of u is real, or only "
             ".real is kept.",
             "Of which dtype is an array of zeros if you do not say?"),
        Slip("input_one_step_further", "du[t - 1] = gamma * dh_total",
             "du[t - 1] = gamma * lam.conj() * dh_total",
             "W and x are formed with the adjoint of h_{t-1}: they are one step too far back.",
             "Which state does x_t enter?"),
        Slip("input_of_own_adjoint", "du[t - 1] = gamma * dh_total", "du[t - 1] = gamma * dh[t - 1]",
             "W and x have the immediate part only: later steps do not count.",
             "If x_1 changes, does only h_1 change?"),
        Slip("weights_exchanged",
             'run.x, du.real),\n        "W_im": np.einsum("tbd,tbh->dh", run.x, du.imag)',
             'run.x, du.imag),\n        "W_im": np.einsum("tbd,tbh->dh", run.x, du.real)',
             "W_re and W_im are exchanged: each is made from the other's part.",
             "Which part of u does W_re make?"),
        Slip("x_real_part_only", ' + du.imag @ params["W_im"].T', "",
             "x has the way through W_re only.",
             "Which parts of u does x_t reach?"),
        Slip("x_without_conjugate", ' + du.imag @ params["W_im"].T', ' - du.imag @ params["W_im"].T',
             "x has a minus between its two parts: that is the product without a conjugate.",
             "x is real and makes Re u and Im u: how do gradients by two ways combine?"),
        Slip("results_conjugated",
             f"run.x, du.imag),\n        {X_AND_H0} future.imag",
             f"run.x, -du.imag),\n        {X_AND_H0} -future.imag",
             "W_im and h0_im have the wrong sign: the results are in the convention with a minus before i.",
             "With which sign does the derivative with respect to an imaginary part stand in an adjoint?"),
        # h0
        Slip("h0_without_lambda", '"h0_re": future.real, "h0_im": future.imag',
             '"h0_re": dh_total.real, "h0_im": dh_total.imag',
             "h0 is the adjoint of h_1: the factor of step 1 is missing.",
             "Which step lies between h_0 and h_1?"),
        Slip("h0_parts_exchanged", '"h0_re": future.real, "h0_im": future.imag',
             '"h0_re": future.imag, "h0_im": future.real',
             "h0_re and h0_im are exchanged.",
             "Which part of an adjoint is the derivative with respect to the real part?"),
    ),
)

REFUTE_BOUNDED = Exercise(
    id="13.refute_bounded",
    title="Refute it: nothing can explode",
    points=1,
    section="Refute it: below 1, nothing explodes",
    function="lam_and_x",
    kind="value",
    items=("S4.40",),
    outputs=("lam_and_x",),
    verify=_refute_bounded,
)

EXERCISES = (SCAN, SCAN_BACKWARD, GATED, GATED_BACKWARD, COMPLEX_BACKWARD, REFUTE_BOUNDED)
