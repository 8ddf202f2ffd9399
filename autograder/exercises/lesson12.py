"""Lesson 12: the two gated recurrent units, the Reber margin, and ten corrected errata."""

import numpy as np

from rnnlib import gru, losses, paths, rnn

from . import Exercise, Slip
from .expressions import Product, Sum, with_expressions
from .families import subtracted
from .sweep import LONG, Loud, Sweep, Unrolled
from .sweep_slips import SweepCode, with_sweep

SIZES = ((5, 3, 2, 4), (4, 2, 5, 3), (4, 3, 3, 3))  # T, B, D, H


def _reset(seed):
    """Both variants among the instances of a seed; the square one takes turns."""
    return ("after", "before", ("after", "before")[seed // 3 % 2])[seed % 3]


def _network(seed, sizes=None):
    """(params, x, h0, reset): nothing zero; b_hn is there in both variants."""
    rng = np.random.default_rng([1201, seed])
    T, B, D, H = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, 3 * H)) * 0.6,
        "W_h": rng.normal(size=(H, 3 * H)) * 0.8,
        "b": rng.normal(size=3 * H) * 0.4,
        "b_hn": rng.normal(size=H) * 0.6,
    }
    return params, rng.normal(size=(T, B, D)), rng.uniform(-0.9, 0.9, (B, H)), _reset(seed)


def _for(reset, params):
    """The parameters that the library takes: no b_hn with reset="before"."""
    return {name: value for name, value in params.items() if reset == "after" or name != "b_hn"}


def _run(seed, sizes=None):
    params, x, h0, reset = _network(seed, sizes)
    run = gru.forward(_for(reset, params), x, h0, reset)
    return params, run if reset == "after" else run._replace(u=np.zeros_like(run.n))


def _run_and_adjoints(seed, sizes=None):
    params, run = _run(seed, sizes)
    return params, run, np.random.default_rng([1202, seed]).normal(size=run.n.shape)


def _forward_reference(params, x, h0, reset):
    run = gru.forward(_for(reset, params), x, h0, reset)
    return {name: getattr(run, name) for name in ("r", "z", "n", "h")}


def _backward_reference(params, run, dh):
    if run.reset == "before":
        run = run._replace(u=None)
    grads = gru.backward(_for(run.reset, params), run, dh)
    return {"b_hn": np.zeros_like(params["b_hn"]), **grads}


def _jacobian_reference(params, run):
    """Row i is what one backward step gives for the adjoint e_i; all steps as one batch."""
    T, B, H = run.n.shape
    weights = _for(run.reset, params)
    steps = gru.forward(weights, run.x.reshape(1, T * B, -1), run.h[:-1].reshape(T * B, H), run.reset)
    rows = [gru.backward(weights, steps, np.tile(e, (1, T * B, 1)))["h0"] for e in np.eye(H)]
    return {"J": np.stack(rows, axis=1).reshape(T, B, H, H)}


def _predictions(seed):
    """(o, y): legal symbols of strings of different lengths, with zeros after their ends."""
    rng = np.random.default_rng([1203, seed])
    T, B, K = ((6, 4, 7), (5, 3, 6), (4, 4, 4))[seed % 3]
    y = np.zeros((T, B, K))
    for b in range(B):
        for t in range(T - b % (T - 2)):
            legal = rng.choice(K, 1 + (t + b) % 2, replace=False)
            y[t, b, legal] = 1 / len(legal)
    o = rng.normal(size=y.shape) + 1.5 * (y > 0)
    o[-1, 0] = rng.normal(size=K) - 3 * (y[-1, 0] > 0)  # the longest fails at step T
    o[:, 1] = 0.2 * rng.normal(size=(T, K)) + 4 * (y[:, 1] > 0)  # a short one is known throughout,
    o[y[:, 1].any(axis=1).sum() - 1, 1] /= 3  # its last legal step being the least sure
    return o, y


def _margin_reference(o, y):
    p, margin = losses.softmax(o), np.full(y.shape[1], np.inf)
    for t, b in np.ndindex(y.shape[:2]):
        legal = y[t, b] > 0
        if legal.any():
            margin[b] = min(margin[b], p[t, b][legal].min() - p[t, b][~legal].max())
    return {"margin": margin}


def _system(seed, sizes=None):
    """(params, x, h, o, y, dh, k): one instance; the targets' rows do not sum to 1."""
    rng = np.random.default_rng([1204, seed])
    T, D, H, K, k = sizes or ((6, 3, 4, 5, 2), (5, 4, 3, 6, 1), (6, 4, 4, 4, 3))[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.6,
        "W_h": rng.normal(size=(H, H)) * 0.6,
        "b_h": rng.normal(size=H) * 0.3,
    }
    run = rnn.forward(params, rng.normal(size=(T, 1, D)), rng.uniform(-0.7, 0.7, (1, H)))
    o, y, dh = rng.normal(size=(T, K)), rng.uniform(0.1, 0.9, (T, K)), rng.normal(size=(T, H))
    return params, run.x[:, 0], run.h[:, 0], o, y, dh, k


def _corrections_reference(params, x, h, o, y, dh, k):
    run = rnn.forward(params, x[:, None], h[:1])
    J, T = paths.step_jacobians(params, run), len(x)
    loss, do = losses.softmax_cross_entropy(o, y)
    gamma = np.linalg.svd(params["W_h"], compute_uv=False)[0]
    grads = rnn.backward(params, run, dh[:, None])
    return {
        "loss": loss,
        "do": do,
        "dW_y": sum(np.outer(h_t, do_t) for h_t, do_t in zip(h[1:], do)),
        "gamma": gamma,
        "bound": gamma ** (T - k),
        "J": J[-1, 0],
        "chain": paths.transition(J, T, k)[0],
        "dW_h": grads["W_h"],
        "dW_x": grads["W_x"],
        "dh_db": paths.rtrl(params, run)["b_h"][-1, 0],
    }


def _unroll_corrections(params, x, *given):
    """Of the ten outputs the two that a sweep gives."""

    def backward(params, x, h, o, y, dh, k):
        grads = rnn.backward(params, rnn.forward(params, x[:, None], h[:1]), dh[:, None])
        return {"dW_h": grads["W_h"], "dW_x": grads["W_x"]}

    return Unrolled(len(x), backward, (params, x, *given))


def _refute_same(answer):
    """Recurrent weights and a state for which the two GRUs take different first steps."""
    W_h, h0 = (np.asarray(part, float) for part in answer)
    if h0.ndim != 1 or not 1 <= len(h0) <= 50 or W_h.shape != (len(h0), 3 * len(h0)):
        return f"W_h has shape {W_h.shape} and h0 {h0.shape}, expected (H, 3H) and (H,)"
    if not (np.isfinite(W_h).all() and np.isfinite(h0).all()):
        return "contains NaN or infinity"
    params = {"W_x": np.zeros((1, W_h.shape[1])), "W_h": W_h}
    after, before = (gru.forward(params, np.zeros((1, 1, 1)), h0[None], v).h[1, 0] for v in gru.RESET)
    gap = np.abs(after - before).max()
    hint = "; with one unit they always agree" if len(h0) == 1 else ""
    return None if gap > 0.1 else f"the two first states differ by {gap:.2g}, not by more than 0.1{hint}"


def _refute_factor(answer):
    """Two scalar GRUs: one whose first factor is below -0.5, one whose first factor is above 2."""
    factors = []
    for name, four in zip(("negative", "large"), answer, strict=True):
        four = np.asarray(four, float)
        if four.shape != (4,) or not np.isfinite(four).all():
            if four.shape == (4,):
                return f"{name} contains NaN or infinity"
            return f"{name} has shape {four.shape}, expected four finite numbers: w_r, w_z, w_n, h0"
        params = {"W_x": np.zeros((1, 3)), "W_h": four[None, :3]}
        run = gru.forward(params, np.zeros((1, 1, 1)), four[None, 3:])
        factors.append(gru.backward(params, run, np.ones((1, 1, 1)))["h0"].item())
    if not factors[0] < -0.5:
        return f"for negative the factor is {factors[0]:.3g}, not below -0.5"
    return None if factors[1] > 2 else f"for large the factor is {factors[1]:.3g}, not above 2"


FORWARD = Exercise(
    id="12.gru_forward",
    title="Run both GRUs",
    points=2,
    section="1 Two gates",
    function="gru_forward",
    items=("S4.1", "S4.54", "S4.30"),
    answers=("gru.forward",),
    outputs=("r", "z", "n", "h"),
    instance=_network,
    reference=_forward_reference,
    loud=Loud(((2, 20),), ("h",)),
    step="t",
    asks="At step 1 all four arrays come from x, h0 and the weights alone: which of them is right there?",
    slips=(
        Slip("reset_by_z_after", "r[-1] * (h[-1] @ W_hn", "z[-1] * (h[-1] @ W_hn",
             'With reset="after", the update gate multiplies what the candidate reads of the state; '
             "the reset gate should.",
             "Which gate decides what the candidate hears of the past?"),
        Slip("reset_by_z_before", "(r[-1] * h[-1]) @ W_hn", "(z[-1] * h[-1]) @ W_hn",
             'With reset="before", the update gate multiplies the state that the candidate reads; the '
             "reset gate should.",
             "Which gate decides what the candidate hears of the past?"),
        Slip("gates_exchanged", "r.append(gates[:, :H])\n        z.append(gates[:, H:])",
             "r.append(gates[:, H:])\n        z.append(gates[:, :H])",
             "r holds the update gate and z the reset gate: the packed columns are read in the order z, r.",
             "In which order does the text pack the three blocks of columns?"),
        Slip("always_after", 'if reset == "after"', "if True",
             'With reset="before" the reset gate still acts behind the product; the argument is not used.',
             "What does your function do differently when reset changes?"),
        Slip("always_before", 'if reset == "after"', "if False",
             'With reset="after" the reset gate still acts on the state; the argument is not used.',
             "What does your function do differently when reset changes?"),
        Slip("variants_exchanged", 'if reset == "after"', 'if reset != "after"',
             "The two variants are exchanged.",
             "After or before what does the reset gate act, in each of the two names?"),
        Slip("b_hn_missing", '@ W_hn + params["b_hn"])', "@ W_hn)",
             'n lacks b_hn with reset="after".',
             "Which of the four parameters have you not used?"),
        Slip("b_hn_outside", 'r[-1] * (h[-1] @ W_hn + params["b_hn"])',
             'r[-1] * (h[-1] @ W_hn) + params["b_hn"]',
             "b_hn is added outside the bracket: the reset gate does not multiply it.",
             "What exactly stands in the bracket that r multiplies?"),
        Slip("reset_ignored_after", 'r[-1] * (h[-1] @ W_hn + params["b_hn"])',
             '(h[-1] @ W_hn + params["b_hn"])',
             'With reset="after" the reset gate never acts on the candidate.',
             "Which of the two gates is computed and not used?"),
        Slip("reset_ignored_before", "(r[-1] * h[-1]) @ W_hn", "h[-1] @ W_hn",
             'With reset="before" the reset gate never acts on the candidate.',
             "Which of the two gates is computed and not used?"),
        Slip("b_hn_before_too", "(r[-1] * h[-1]) @ W_hn", '(r[-1] * h[-1]) @ W_hn + params["b_hn"]',
             'With reset="before" b_hn is added too.',
             "In which of the two formulas of the candidate does b_hn stand?"),
        Slip("other_convention", "(1 - z[-1]) * n[-1] + z[-1] * h[-1]",
             "z[-1] * n[-1] + (1 - z[-1]) * h[-1]",
             "z weighs the candidate in place of the old state: the other convention in the literature.",
             "In this course, if z were 1, which of the two would be kept?"),
        Slip("nothing_forgotten", "(1 - z[-1]) * n[-1] + z[-1] * h[-1]", "n[-1] + z[-1] * h[-1]",
             "The candidate enters with weight 1: the factor 1 - z is missing.",
             "The new state is a mean of two: what do the weights add up to?"),
        Slip("nothing_kept", "(1 - z[-1]) * n[-1] + z[-1] * h[-1]", "(1 - z[-1]) * n[-1]",
             "The old state is not carried on: h holds the candidate's share only.",
             "What is the other addend of h?"),
        Slip("candidate_logistic", "np.tanh(", "sigmoid.value(",
             "n is the logistic function of its pre-activation.",
             "Can a state of yours become negative?"),
        Slip("candidate_linear", "np.tanh(", "(",
             "n is its own pre-activation: tanh is not applied.",
             "What keeps the candidate between -1 and 1?"),
        Slip("gates_by_tanh", "gates = sigmoid.value(", "gates = np.tanh(",
             "r and z go through tanh, so that they can be negative.",
             "Between which two values should a gate lie?"),
        Slip("initial_state_dropped", "[h0]", "[np.zeros_like(h0)]",
             "h[0] is 0: the initial state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        Slip("bias_missing", ' + params["b"]:', ":",
             "All gates and the candidate lack the bias b.",
             "Which of the four parameters have you not used?"),
        Slip("gates_without_state", " + h[-1] @ W_rz", "",
             "r and z see the input only.",
             "Should a gate know what is in the state that it guards?"),
        Slip("gates_w_h_swapped", "h[-1] @ W_rz", "h[-1] @ np.hstack([W_rz[:, H:], W_rz[:, :H]])",
             "r and z use each other's recurrent weights, while their input weights are in place.",
             "Which columns of W_h belong to which gate?"),
        subtracted("bias_subtracted", '"W_x"] + params["b"]', '"W_x"] - params["b"]', "The bias b"),
        subtracted("recurrence_subtracted_in_the_gates", "+ h[-1] @ W_rz", "- h[-1] @ W_rz",
                   "In both gates, the state's term"),
        subtracted("past_subtracted", "H :] + past", "H :] - past", "In the candidate, the state's term"),
        subtracted("kept_state_subtracted", "+ z[-1] * h[-1])", "- z[-1] * h[-1])",
                   "What is kept of the old state, z_t h_{t-1},"),
        Slip("kept_with_plus", "(1 - z[-1]) * n[-1]", "(1 + z[-1]) * n[-1]",
             "The candidate enters with 1 + z_t in place of 1 - z_t.",
             "What do the two shares of h_t add up to?"),
    ),
)

REFUTE_SAME = Exercise(
    id="12.refute_same",
    title="Refute it: it does not matter where the gate stands",
    points=1,
    section="Refute it: the same network twice",
    function="two_grus",
    kind="value",
    items=("S4.54",),
    outputs=("two_grus",),
    verify=_refute_same,
)

AFTER = "du = da_n * r"
UPDATE = "h_t = (1 - z_t) n_t + z_t h_{t-1}: what is its derivative with respect to "
OWN = {"dh[t - 1]": "the adjoint from outside alone", "future": "the carry alone"}
PRODUCTS = (
    Product(
        "z", "dh_total * (h_prev - n) * z * (1 - z)", "The block of z", f"{UPDATE}z_t?",
        {"dh_total": "dh_total, the adjoint of h_t", "(h_prev - n)": "h_{t-1} - n_t", "z": "z_t",
         "(1 - z)": "1 - z_t"},
        {
            "h_{t-1} - n_t": ("(h_prev - n)", {
                "n": "n_t", "(h_prev + n)": "h_{t-1} + n_t", "(run.h[t] - h_prev)": "h_t - h_{t-1}",
                "(r * h_prev - n)": "r_t h_{t-1} - n_t",
            }),
            "z_t (1 - z_t)": ("z * (1 - z)", {
                "r * (1 - r)": "r_t (1 - r_t)", "n * (1 - n)": "n_t (1 - n_t)", "(1 - n ** 2)": "1 - n_t²",
                "z * (1 + z)": "z_t (1 + z_t)",
            }),
            "the adjoint of h_t": ("dh_total", OWN),
        },
        sign=False,
    ),
    Product(
        "n", "dh_total * (1 - z) * (1 - n ** 2)", "The block of n", f"{UPDATE}n_t?",
        {"dh_total": "dh_total, the adjoint of h_t", "(1 - z)": "1 - z_t", "(1 - n ** 2)": "1 - n_t²"},
        {
            "1 - z_t": ("(1 - z)", {"r": "r_t", "(1 - r)": "1 - r_t", "z * (1 - z)": "z_t (1 - z_t)"}),
            "1 - n_t²": ("(1 - n ** 2)", {
                "(1 + n ** 2)": "1 + n_t²", "n ** 2": "n_t²",
                "(1 - h_prev ** 2)": "1 - h_{t-1}²", "z * (1 - z)": "z_t (1 - z_t)",
            }),
            "the adjoint of h_t": ("dh_total", OWN),
        },
    ),
    Product(
        "r", "dr * r * (1 - r)", "The block of r",
        "r_t reaches h_t through n_t only: which factors lie on the way from n_t's pre-activation to r_t's?",
        {"dr": "dr, the adjoint of r_t", "r": "r_t", "(1 - r)": "1 - r_t"},
        {
            "r_t (1 - r_t)": ("r * (1 - r)", {
                "z * (1 - z)": "z_t (1 - z_t)", "(1 - n ** 2)": "1 - n_t²", "r * (1 + r)": "r_t (1 + r_t)",
            }),
            "the adjoint of r_t": ("dr", {
                "da_n": "the adjoint of n_t's pre-activation", "dh_total": "the adjoint of h_t",
            }),
        },
    ),
    Sum(
        "carry", "dh_total * z + inner + da_rz @ W_rz.T", "What is passed back to h_{t-1}",
        "By which routes does h_{t-1} reach h_t: directly, through the candidate, through the gates?",
        {"dh_total * z": "the direct way", "inner": "the way through the candidate",
         "da_rz @ W_rz.T": "the way through the gates"},
    ),
)

BACKWARD = Exercise(
    id="12.gru_backward",
    title="Back through both GRUs",
    points=4,
    section="2 The sweep",
    function="gru_backward",
    items=("S4.54",),
    answers=("gru.backward", "gru.sweep_after", "gru.sweep_before", "gru.output_slopes"),
    outputs=("W_x", "W_h", "b", "b_hn", "x", "h0"),
    gates="rzn",
    instance=_run_and_adjoints,
    reference=_backward_reference,
    sweep=Sweep((2,), long=lambda number: _run_and_adjoints(number, (LONG, 3, 2, 4)), batch=1),
    step="t",
    backward=True,
    asks="Take T = 1 and a dh with a single entry: which outputs are wrong there already, and which of the "
    "blocks r, z and n, or what else, is each of them made from? If none is, what is new with T = 2?",
    slips=with_sweep(with_expressions((
        # what travels
        Slip("no_carry", "dh[t - 1] + future", "dh[t - 1]",
             "Every step counts its own dh only: nothing flows from step t+1 back to t.",
             "By how many routes does h_t reach the later steps?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(dh) else future)",
             "Only the last step's loss is counted: the other steps' own adjoints are missing.",
             "Does the loss read h_t at every step, or at the last one only?"),
        Slip("upstream_ones", "dh[t - 1] + future", "np.ones_like(dh[t - 1]) + future",
             "The adjoints from outside are taken as 1 at every step: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("carry_without_skip", "dh_total * z + inner", "inner",
             "What is passed back lacks the direct way: h_{t-1} enters h_t itself, weighted by z.",
             "In the formula of h_t, where does h_{t-1} stand outside every σ and tanh?"),
        Slip("carry_skip_unweighted", "dh_total * z + inner", "dh_total + inner",
             "The direct way carries the adjoint in full: its weight z is missing.",
             "With which weight does h_{t-1} enter h_t?"),
        Slip("carry_skip_of_candidate", "dh_total * z + inner", "dh_total * (1 - z) + inner",
             "The direct way is weighted by 1 - z, which belongs to the candidate.",
             "If z is 1, does h_{t-1} pass in full or not at all?"),
        Slip("carry_without_gates", "+ inner + da_rz @ W_rz.T", "+ inner",
             "What is passed back misses the ways through the two gates.",
             "Which lines of the forward pass multiply h_{t-1} by W_h?"),
        Slip("carry_without_candidate", "dh_total * z + inner + ", "dh_total * z + ",
             "What is passed back misses the way through the candidate.",
             "Which lines of the forward pass multiply h_{t-1} by W_h?"),
        Slip("carry_direct_only", "dh_total * z + inner + da_rz @ W_rz.T", "dh_total * z",
             "Only the direct way is passed back; the gates and the candidate read h_{t-1} too.",
             "Four ways lead from h_{t-1} to h_t: which are they?"),
        Slip("carry_gates_not_transposed", "da_rz @ W_rz.T",
             "da_rz[:, :H] @ W_rz[:, :H] + da_rz[:, H:] @ W_rz[:, H:]",
             "The way back through the gates uses W_h where its transpose belongs.",
             "W_h[j, i] leads from which unit to which? Walk it the other way."),
        Slip("carry_piles_up", "future = dh_total * z", "future = future + dh_total * z",
             "What is passed back is added to what came from later steps in place of replacing it.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        # the update gate
        Slip("z_sign", "(h_prev - n) * z", "(n - h_prev) * z",
             "The z block has the wrong sign, and with it what is passed back.",
             "If z grows, does h_t move towards the old state or towards the candidate?"),
        Slip("z_without_candidate", "(h_prev - n) * z", "h_prev * z",
             "The z block counts the old state only; z also weighs the candidate, by 1 - z.",
             "How often does z stand in the formula of h_t?"),
        Slip("z_new_state", "(h_prev - n) * z", "(run.h[t] - n) * z",
             "The z block takes h_t, the state the step produces, for the one it reads.",
             "Which state does z multiply?"),
        Slip("z_without_slope", "(h_prev - n) * z * (1 - z)", "(h_prev - n)",
             "The z block stops at the gate: the slope of its logistic function is missing.",
             "What lies between z and its pre-activation?"),
        Slip("z_slope_of_tanh", "(h_prev - n) * z * (1 - z)", "(h_prev - n) * (1 - z ** 2)",
             "The z block has the slope of tanh.",
             "Which function makes z from its pre-activation?"),
        Slip("other_convention",
             "run.z[t - 1], run.n[t - 1]\n        dh_total = dh[t - 1] + future\n"
             "        da_z = dh_total * (h_prev - n)",
             "1 - run.z[t - 1], run.n[t - 1]\n        dh_total = dh[t - 1] + future\n"
             "        da_z = dh_total * (n - h_prev)",
             "z and 1 - z stand in each other's place throughout: this sweep belongs to a network in which z "
             "weighs the candidate.",
             "In this course, if z were 1, which of the two would be kept?"),
        Slip("kept_before_the_blocks",
             "(h_prev - n) * z * (1 - z)\n        da_n = dh_total * (1 - z)",
             "(h_prev - n) * z * z * (1 - z)\n        da_n = dh_total * z * (1 - z)",
             "The z and n blocks hear the adjoint of h_t after z has scaled it; so scaled it belongs to the "
             "direct way to h_{t-1} only.",
             "When is the adjoint multiplied by z, and do two of your names hold one array?"),
        # the candidate
        Slip("n_without_weight", "dh_total * (1 - z) * (1", "dh_total * (1",
             "The n block lacks the weight 1 - z with which the candidate enters.",
             "How much of n gets into h_t when z is close to 1?"),
        Slip("n_weighted_by_z", "dh_total * (1 - z) * (1", "dh_total * z * (1",
             "The n block is weighted by z, which belongs to the old state.",
             "How much of n gets into h_t when z is close to 1?"),
        Slip("n_without_slope", "(1 - z) * (1 - n ** 2)", "(1 - z)",
             "The n block lacks the slope of tanh.",
             "What lies between n and its pre-activation?"),
        Slip("n_slope_not_squared", "(1 - n ** 2)", "(1 - n)",
             "The n block has the slope 1 - n, without the square.",
             "At pre-activation 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("n_slope_square_outside", "(1 - n ** 2)", "((1 - n) ** 2)",
             "The n block has the slope (1 - n)²: the whole bracket is squared.",
             "Is tanh equally steep at a and at -a? Is your slope the same at n and at -n?"),
        Slip("n_slope_of_logistic", "(1 - n ** 2)", "(n * (1 - n))",
             "The n block has the slope of the logistic function.",
             "Which function makes n from its pre-activation?"),
        Slip("n_slope_of_state", "(1 - n ** 2)", "(1 - run.h[t] ** 2)",
             "The slope in the n block is taken at h_t; tanh was applied to make n.",
             "What is the output of tanh here?"),
        # the reset gate
        Slip("r_without_slope", "dr * r * (1 - r)", "dr",
             "The r block stops at the gate: the slope of its logistic function is missing.",
             "What lies between r and its pre-activation?"),
        Slip("r_slope_of_tanh", "dr * r * (1 - r)", "dr * (1 - r ** 2)",
             "The r block has the slope of tanh.",
             "Which function makes r from its pre-activation?"),
        Slip("r_ignored", "dr * r * (1 - r)", "0 * dr",
             "The r block is zero: r was treated as a constant.",
             "Does the reset gate depend on h_{t-1} and on weights?"),
        Slip("after_r_sees_state", "da_n * run.u[t - 1]", "da_n * h_prev",
             'With reset="after" the r block is formed with h[t-1]; r multiplies the product u.',
             "What stands in the bracket that r multiplies in this variant?"),
        Slip("after_r_without_b_hn", "da_n * run.u[t - 1]", "da_n * (h_prev @ W_hn)",
             'With reset="after" the r block lacks b_hn, which stands in the bracket with the product.',
             "What stands in the bracket that r multiplies in this variant?"),
        Slip("after_u_not_reset", AFTER, "du = da_n",
             'With reset="after" the adjoint of u lacks the factor r.',
             "By what is u multiplied on its way into the candidate?"),
        Slip("after_u_by_update_gate", AFTER, "du = da_n * z",
             "With reset=\"after\", what goes back to h_{t-1} W_hn is multiplied by z_t in the place of r_t.",
             "Which gate multiplies h_{t-1} W_hn + b_hn in the pre-activation of n_t?"),
        Slip("after_b_hn_not_reset", "du.sum(axis=0)", "da_n.sum(axis=0)",
             "b_hn lacks the reset gate: it was treated like the bias b.",
             "Does b_hn stand inside or outside the bracket that r multiplies?"),
        Slip("after_b_hn_overwritten", 'grads["b_hn"] += du', 'grads["b_hn"] = du',
             "b_hn holds one step's part only: each step overwrites the one before.",
             "How often is b_hn used?"),
        Slip("after_w_hn_not_reset", "h_prev.T @ du", "h_prev.T @ da_n",
             'With reset="after" the n block of W_h lacks the reset gate.',
             "Which adjoint belongs to the product of h_{t-1} and W_hn?"),
        Slip("before_w_hn_state_not_reset", "(r * h_prev).T @ da_n", "h_prev.T @ da_n",
             'With reset="before" the n block of W_h is formed with h[t-1]; W_hn met the reset state.',
             "What does W_hn multiply in this variant?"),
        Slip("before_state_not_reset", "dq * h_prev, dq * r", "dq * h_prev, dq",
             'With reset="before" what is passed back through the candidate lacks r.',
             "The product r ⊙ h_{t-1} has two factors: what does each of them get?"),
        Slip("before_r_sees_itself", "dq * h_prev, dq * r", "dq * r, dq * r",
             'With reset="before" the r block is formed with r; r was multiplied by h[t-1].',
             "The product r ⊙ h_{t-1} has two factors: what does each of them get?"),
        Slip("before_w_hn_not_transposed", "da_n @ W_hn.T", "da_n @ W_hn",
             'With reset="before" the way back through the candidate uses W_hn, not its transpose.',
             "W_hn[j, i] leads from which unit to which? Walk it the other way."),
        Slip("after_w_hn_not_transposed", "du @ W_hn.T", "du @ W_hn",
             'With reset="after" the way back through the candidate uses W_hn, not its transpose.',
             "W_hn[j, i] leads from which unit to which? Walk it the other way."),
        Slip("always_after", 'if run.reset == "after"', "if True",
             'With reset="before" the way through the candidate is still that of "after".',
             "What does your function do differently when run.reset changes?"),
        Slip("always_before", 'if run.reset == "after"', "if False",
             'With reset="after" the way through the candidate is still that of "before".',
             "What does your function do differently when run.reset changes?"),
        Slip("state_of_the_wrong_step", "run.h[t - 1], run.r[t - 1]", "run.h[t], run.r[t - 1]",
             "Wherever the old state belongs stands h_t, the state that the step produces.",
             "h has one entry more than r, z and n: at which index is the state that step t reads?"),
        Slip("before_r_not_through_w_hn", "dq * h_prev, dq * r", "da_n * h_prev, dq * r",
             'With reset="before" the r block takes the adjoint behind W_hn, not the one in front of it.',
             "What lies between the product of r and h_{t-1} and the pre-activation of n?"),
        Slip("after_carry_not_reset", "du @ W_hn.T", "da_n @ W_hn.T",
             'With reset="after" what is passed back through the candidate lacks r.',
             "Which adjoint belongs to the product of h_{t-1} and W_hn?"),
        Slip("w_h_like_w_x", "np.hstack([h_prev.T @ da_rz, dW_hn])", "h_prev.T @ da",
             "The n block of W_h is formed like the other two: the reset gate is not in it.",
             "Do all three blocks of W_h meet the same state, and do all feed the pre-activation directly?"),
        Slip("n_like_the_gates",
             'np.hstack([h_prev.T @ da_rz, dW_hn])\n        grads["b"] += da.sum(0)\n'
             "        future = dh_total * z + inner + da_rz @ W_rz.T",
             'h_prev.T @ da\n        grads["b"] += da.sum(0)\n        future = dh_total * z + da @ W_h.T',
             "The n block goes to W_h and back to h_{t-1} like the other two: the reset gate is in neither.",
             "Do all three blocks of W_h meet the same state, and do all feed the pre-activation directly?"),
        # the parameters and the ends
        Slip("blocks_exchanged", "da_rz = np.hstack([dr * r * (1 - r), da_z])",
             "da_rz = np.hstack([da_z, dr * r * (1 - r)])",
             "The r and z blocks are exchanged: the columns are packed in the order z, r, n.",
             "In which order does the text pack the three blocks of columns?"),
        Slip("w_x_overwritten", 'grads["W_x"] += ', 'grads["W_x"] = ',
             "W_x holds one step's part only: each step overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("w_h_overwritten", 'grads["W_h"] += ', 'grads["W_h"] = ',
             "W_h holds one step's part only: each step overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("b_overwritten", 'grads["b"] += ', 'grads["b"] = ',
             "b holds one step's part only: each step overwrites the one before.",
             "How often is b used, and what happens to the parts of its gradient?"),
        Slip("w_h_sees_new_state", "h_prev.T @ da_rz", "run.h[t].T @ da_rz",
             "The r and z blocks of W_h are formed with h_t, the state the step produces.",
             "Which state do the gates of step t read?"),
        Slip("b_averaged", "da.sum(0)", "da.mean(0)",
             "b is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("x_reversed", '"x": dx,', '"x": dx[::-1],',
             "x stands in the opposite order: its first entry is that of step T.",
             "In which order does the sweep make the entries of x, and in which are they to be returned?"),
        Slip("x_holds_the_sum", "dx[t - 1] = ", "dx += ",
             "Every entry of x holds the sum over all steps: x was treated like a shared weight.",
             "How many steps read x_t?"),
        Slip("h0_is_adjoint_of_h1", '"h0": future', '"h0": dh_total',
             "h0 holds the adjoint of h[1]: the last step back is missing.",
             "Which step lies between h[1] and h[0]?"),
        Slip("first_step_skipped", "range(len(dh), 0, -1)", "range(len(dh), 1, -1)",
             "The sweep stops before step 1: x is zero there, and h0 is what step 2 hands back.",
             "Which is the last step that the loop visits?"),
        Slip("first_step_never_reached", "        dh_total = ",
             "        dh, future = dh * (t > 1), future * (t > 1)\n        dh_total = ",
             "Step 1 adds nothing: x is zero there, and h0 stays zero.",
             "Which numbers does your loop variable take, and which is the last?"),
        Slip("last_step_skipped", "range(len(dh), 0, -1)", "range(len(dh) - 1, 0, -1)",
             "The sweep begins at step T - 1: the last step's loss never enters.",
             "Which is the first step that the loop visits?"),
        Slip("runs_forward", "range(len(dh), 0, -1)", "range(1, len(dh) + 1)",
             "The loop runs from the first step to the last: adjoints travel the wrong way.",
             "Which must be known first, the adjoint of h_t or that of h_{t+1}?"),
        Slip("old_state_missing_in_z", "(h_prev - n)", "(-n)",
             "The block of z misses the old state: of h_{t-1} - n_t only -n_t is there.",
             "h_t = (1 - z_t) n_t + z_t h_{t-1}: what is its derivative with respect to z_t?"),
        Slip("reset_gate_not_passed_back", "+ da_rz @ W_rz.T", "+ da_z @ W_rz[:, H:].T",
             "The way back to h_{t-1} through the reset gate is missing.",
             "Which gates read h_{t-1}?"),
        Slip("update_gate_not_passed_back", "+ da_rz @ W_rz.T", "+ da_rz[:, :H] @ W_rz[:, :H].T",
             "The way back to h_{t-1} through the update gate is missing.",
             "Which gates read h_{t-1}?"),
        Slip("direct_way_of_own_loss", "dh_total * z + inner", "dh[t - 1] * z + inner",
             "The direct way back, through z_t, takes the step's own dh only: what later steps pass "
             "back is not on it.",
             "Two arrays meet in h_t on the way back; which of them goes on to h_{t-1}?"),
        Slip("b_hn_in_the_other_variant", "(r * h_prev).T @ da_n",
             '(r * h_prev).T @ da_n\n            grads["b_hn"] += da_n.sum(axis=0)',
             "b_hn gets a gradient with reset=\"before\", where no formula has it.",
             "In which of the two variants does b_hn stand?"),
        Slip("reset_gate_on_every_candidate_gradient", "np.hstack([da_rz, da_n])",
             'np.hstack([da_rz, du if run.reset == "after" else da_n])',
             "With reset=\"after\" the candidate's columns of W_x, b and x are multiplied by the reset "
             "gate.",
             "Which terms of the candidate's pre-activation does r_t multiply?"),
        Slip("candidate_activated_twice", "(1 - n ** 2)", "(1 - np.tanh(n) ** 2)",
             "The slope of the candidate is taken at tanh(n): n is a tanh already.",
             "tanh'(a) = 1 - tanh(a)²: which array holds tanh(a)?"),
    ), *PRODUCTS), SweepCode(
        w_x="run.x[t - 1].T @ da", b="da.sum(0)", x="dx[t - 1] = ", h0='"h0": future',
    )),
)

JACOBIAN = Exercise(
    id="12.gru_step_jacobian",
    title="The step Jacobian of a GRU",
    points=2,
    section="3 From state to state",
    function="gru_step_jacobian",
    items=("S4.54", "S4.47"),
    answers=("gru.backward", "gru.sweep_after", "gru.sweep_before", "gru.output_slopes"),
    outputs=("J",),
    instance=_run,
    reference=_jacobian_reference,
    asks="The entries off the diagonal come from three of the four ways: which of the three can you switch "
    "off by a choice of weights, and is J right then?",
    slips=(
        Slip("before_like_after",
             "inner = W_hn.T @ reset",
             "inner = r[..., None] * W_hn.T + q_slope[..., None] * W_hr.T",
             'With reset="before", J has the formula of the other variant: r and its slope stand '
             "behind W_hn.",
             "Does the reset gate act on h_{t-1} or on its product with W_hn?"),
        Slip("only_the_direct_way", "return keep + by_z + slope * inner", "return keep + 0 * by_z",
             "J is diag(z): the gates and the candidate are treated as constants.",
             "Does z depend on h_{t-1}? Does n?"),
        Slip("direct_way_missing", "return keep + by_z", "return by_z",
             "J lacks the direct way from h_{t-1} into h_t.",
             "Where in the formula of h_t does h_{t-1} stand outside every σ and tanh?"),
        Slip("update_gate_constant", "return keep + by_z + slope", "return keep + slope",
             "J lacks the way through the update gate: z is treated as a constant.",
             "Does z depend on h_{t-1}?"),
        Slip("candidate_constant", "by_z + slope * inner", "by_z",
             "J lacks the way through the candidate: n is treated as a constant.",
             "Does n depend on h_{t-1}?"),
        Slip("reset_gate_constant_after", "r[..., None] * W_hn.T + u_slope[..., None] * W_hr.T",
             "r[..., None] * W_hn.T",
             'With reset="after" J treats the reset gate as a constant.',
             "Does r depend on h_{t-1}?"),
        Slip("reset_gate_constant_before",
             "r[..., None] * np.eye(H) + q_slope[..., None] * W_hr.T", "r[..., None] * np.eye(H)",
             'With reset="before" J treats the reset gate as a constant.',
             "Does r depend on h_{t-1}?"),
        Slip("update_sign", "(h_prev - n) * z", "(n - h_prev) * z",
             "In J the way through the update gate has the wrong sign.",
             "If z grows, does h_t move towards the old state or towards the candidate?"),
        Slip("update_sees_old_state_only", "(h_prev - n) * z", "h_prev * z",
             "In J the way through the update gate forgets the candidate, which z weighs too, by 1 - z.",
             "How often does z stand in the formula of h_t?"),
        Slip("update_w_not_transposed", "[..., None] * W_hz.T", "[..., None] * W_hz",
             "In J the way through the update gate has W_hz in place of its transpose.",
             "a_z[i] contains h_{t-1}[j] W_hz[?, ?]: which index comes first?"),
        Slip("candidate_w_not_transposed_after", "r[..., None] * W_hn.T", "r[..., None] * W_hn",
             'With reset="after" the way through the candidate has W_hn in place of its transpose.',
             "u[i] contains h_{t-1}[j] W_hn[?, ?]: which index comes first?"),
        Slip("candidate_w_not_transposed_before", "W_hn.T @ reset", "W_hn @ reset",
             'With reset="before" the way through the candidate has W_hn in place of its transpose.',
             "a_n[i] contains the reset state's unit j times W_hn[?, ?]: which index comes first?"),
        Slip("reset_on_the_wrong_side_after", "r[..., None] * W_hn.T", "r[..., None, :] * W_hn.T",
             'With reset="after" r multiplies the columns of the transposed W_hn: that is the other variant.',
             "Does r act on the units that the product reads, or on those that it makes?"),
        Slip("candidate_without_weight", "((1 - z) * (1 - n**2))", "(1 - n**2)",
             "In J the way through the candidate lacks the weight 1 - z.",
             "How much of n gets into h_t when z is close to 1?"),
        Slip("candidate_without_slope", "((1 - z) * (1 - n**2))", "(1 - z)",
             "In J the way through the candidate lacks the slope of tanh.",
             "What lies between n and its pre-activation?"),
        Slip("direct_way_of_candidate", "z[..., None] * np.eye(H)", "(1 - z)[..., None] * np.eye(H)",
             "The direct way in J is weighted by 1 - z, which belongs to the candidate.",
             "If z is 1, does h_{t-1} pass in full or not at all?"),
        Slip("nothing_transposed", 'np.split(params["W_h"], 3, axis=1)',
             '(W.T for W in np.split(params["W_h"], 3, axis=1))',
             "In J all three blocks of W_h stand untransposed.",
             "a_z[i] contains h_{t-1}[j] W_hz[?, ?]: which index comes first?"),
        Slip("candidate_w_not_transposed", 'np.split(params["W_h"], 3, axis=1)',
             'np.split(params["W_h"], 3, axis=1); W_hn = W_hn.T',
             "In both variants the way through the candidate has W_hn in place of its transpose.",
             "a_n[i] contains the unit j that the product reads, times W_hn[?, ?]: which index comes first?"),
        Slip("transposed", "return keep + by_z + slope * inner",
             "return (keep + by_z + slope * inner).swapaxes(-1, -2)",
             "J is transposed: it has its inputs in the rows.",
             "Row i for h_t, column j for h_{t-1}: which was moved?"),
        Slip("order_z_r_n", "W_hr, W_hz, W_hn =", "W_hz, W_hr, W_hn =",
             "J takes the two gates' recurrent weights for each other: the order z, r, n.",
             "In which order does the text pack the three blocks of columns?"),
        Slip("always_after", 'if run.reset == "after"', "if True",
             'With reset="before" the way through the candidate is still that of "after".',
             "What does your function do differently when run.reset changes?"),
        Slip("always_before", 'if run.reset == "after"', "if False",
             'With reset="after" the way through the candidate is still that of "before".',
             "What does your function do differently when run.reset changes?"),
        Slip("bracket_on_the_wrong_side", "W_hn.T @ reset", "reset @ W_hn.T",
             'With reset="before" the reset state\'s Jacobian stands on the left of the transposed W_hn.',
             "Which of the two happens first, and on which side does the earlier factor stand?"),
        Slip("state_after_the_step", "run.h[:-1], run.r", "run.h[1:], run.r",
             "J is formed with h_t, the state that the step produces, in place of the one it reads.",
             "h has one entry more than r, z and n: at which index is the state that step t reads?"),
        Slip("b_hn_missing", "run.u * r", "(h_prev @ W_hn) * r",
             'With reset="after" the way through the reset gate lacks b_hn, which r multiplies too.',
             "What stands in the bracket that r multiplies?"),
    ),
)

REFUTE_FACTOR = Exercise(
    id="12.refute_factor",
    title="Refute it: factors of a gated network",
    points=1,
    section="Refute it: what a gate can do",
    function="two_factors",
    kind="value",
    items=("S4.47", "S4.54"),
    outputs=("two_factors",),
    verify=_refute_factor,
)

MARGIN = Exercise(
    id="12.reber_margin",
    title="Does the network know the grammar?",
    points=2,
    section="5 Strings with a memory",
    function="reber_margin",
    outputs=("margin",),
    instance=_predictions,
    reference=_margin_reference,
    asks="Take one string and one step: which entries of o are legal there, and what is the margin of "
    "this step alone?",
    slips=(
        Slip("extremes_of_all_steps",
             "return steps.min(axis=0)",
             "return lowest.min(axis=0) - np.where(y.any(axis=2), highest, -np.inf).max(axis=0)",
             "The lowest legal and the highest illegal probability are taken over all steps, each by "
             "itself; the margin belongs to a step.",
             "Must a legal symbol be likelier than the illegal ones of the same step, or of any step?"),
        Slip("logits", "p = losses.softmax(o)", "p = o",
             "The margin is formed from o itself, not from probabilities.",
             "What turns outputs into probabilities?"),
        Slip("best_step", "steps.min(axis=0)", "np.where(np.isinf(steps), -np.inf, steps).max(axis=0)",
             "The margin is that of each string's best step.",
             "If a network is wrong at one step, should the string count as known?"),
        Slip("mean_of_steps", "steps.min(axis=0)",
             "np.nanmean(np.where(np.isinf(steps), np.nan, steps), axis=0)",
             "The margin is a mean over the steps: a good step makes up for a bad one.",
             "If a network is wrong at one step, should the string count as known?"),
        Slip("ended_steps_zero", "lowest - highest, np.inf)", "lowest - highest, 0)",
             "Steps after a string's end count with a margin of 0: no shorter string can be known.",
             "Whose minimum should a step that does not count change?"),
        Slip("last_legal_step_ignored", "steps.min(axis=0)",
             "np.where(np.concatenate([y[1:], 0 * y[:1]]).any(axis=2), steps, np.inf).min(axis=0)",
             "The last step of every string is left out.",
             "Is the last prediction that a string asks for its easiest, or may it be the worst?"),
        Slip("last_array_step_dropped", "steps.min(axis=0)", "steps[:-1].min(axis=0)",
             "Step T is left out: strings as long as the array lose their last step.",
             "How many rows of o belong to the longest string?"),
        Slip("first_step_only", "steps.min(axis=0)", "steps[0]",
             "The margin is that of the first step only.",
             "How many predictions does a string ask for?"),
        Slip("likeliest_legal", "np.where(y > 0, p, np.inf).min(axis=2)",
             "np.where(y > 0, p, -np.inf).max(axis=2)",
             "Of the legal symbols the likeliest is taken: a network that knows one of two would pass.",
             "Which of the legal symbols is the hardest to get above the illegal ones?"),
        Slip("unlikeliest_illegal", "np.where(y > 0, -np.inf, p).max(axis=2)",
             "np.where(y > 0, np.inf, p).min(axis=2)",
             "Of the illegal symbols the least likely is taken.",
             "Which of the illegal symbols is the most dangerous one?"),
        Slip("legal_averaged", "np.where(y > 0, p, np.inf).min(axis=2)",
             "np.where(y.any(axis=2), (p * (y > 0)).sum(axis=2) / ((y > 0).sum(axis=2) + 1e-300), np.inf)",
             "The legal symbols are averaged; one of them may still lie below an illegal one.",
             "Which of the legal symbols is the hardest to get above the illegal ones?"),
        Slip("legal_summed", "np.where(y > 0, p, np.inf).min(axis=2)",
             "np.where(y.any(axis=2), (p * (y > 0)).sum(axis=2), np.inf)",
             "The legal symbols are added up; one of them may still lie below an illegal one.",
             "Which of the legal symbols is the hardest to get above the illegal ones?"),
        Slip("illegal_summed", "np.where(y > 0, -np.inf, p).max(axis=2)", "(p * (y == 0)).sum(axis=2)",
             "The illegal symbols are added up; each of them has to be compared alone.",
             "Which of the illegal symbols is the most dangerous one?"),
        Slip("softmax_over_time", "losses.softmax(o)", "np.exp(o) / np.exp(o).sum(axis=0)",
             "The probabilities sum to 1 over the steps.",
             "What do the probabilities of one step and one string sum to?"),
        Slip("sign", "lowest - highest", "highest - lowest",
             "The difference is taken the other way round: what should be the smallest is the largest.",
             "Should a network that knows the grammar get a positive or a negative number?"),
    ),
)

PRINTED = {
    "loss": ("-(y * np.log(yhat)).sum()", "-(yhat * np.log(yhat)).sum()",
             "loss is the entropy of the prediction, as printed: the targets are not in it.",
             "Which of the two, prediction or target, stands before the logarithm?"),
    "do": ("y.sum(axis=1, keepdims=True) * yhat - y", "yhat - y",
           "do is right for targets that sum to 1 only, as printed; these do not.",
           "In the derivative of -Σ_k y_k log ŷ_k, what multiplies ŷ?"),
    "dW_y": ("h[1:].T @ do", "do.T @ h[1:]",
             "dW_y has its factors in the printed order: it is the transpose.",
             "Which index of W_y numbers the hidden units?"),
    "gamma": ("np.linalg.norm(W_h, 2)", "abs(np.linalg.eigvals(W_h)).max()",
              "gamma is the largest eigenvalue in modulus, as printed.",
              "Which number bounds the length of v W for every v: can a matrix with eigenvalues 0 stretch?"),
    "bound": ("gamma ** (T - k)", "gamma ** (T - k - 1)",
              "bound has one factor too few, as printed.",
              "How many steps lie between h_k and h_T?"),
    "J": ('"J": J[-1]', '"J": slope[-1][:, None] * W_h',
          "J has W_h without its transpose, as printed.",
          "In a_t[i], which index of W_h belongs to h_{t-1}[j]?"),
    "chain": ("J_t @ chain if", "chain @ J_t if",
              "chain multiplies in ascending order, as printed.",
              "Which Jacobian meets the change of h_k first?"),
    "dW_h": ("h[:-1].T @ da", "h[:-1].T @ slope",
             "dW_h does not contain the adjoint of the state, as printed: no loss is in it.",
             "If dh were zero, what should dW_h be?"),
    "dW_x": ("x.T @ da", "x.T @ (dh * slope)",
             "dW_x holds the immediate terms only, as if W_x had no recursion.",
             "x_1 does not depend on W_x, but does the state that step 2 reads?"),
    "dh_db": ("np.diag(slope[t]) + J_t @ dh_db",
              "np.diag(slope[t]) + J_t @ np.diag(slope[t - 1]) * (t > 0)",
              "dh_db ends after two immediate terms, as printed.",
              "Along which path does the bias used at step 1 reach h_T?"),
}

CORRECTIONS = Exercise(
    id="12.corrected",
    title="Ten errata, corrected",
    points=5,
    section="6 Ten errata",
    function="corrected",
    items=("S0.7", "S1.2", "S2.7", "S3.2", "S3.3", "S4.11", "S4.17", "S4.22", "S4.32", "S4.34"),
    outputs=tuple(PRINTED),
    instance=_system,
    reference=_corrections_reference,
    sweep=Sweep(
        (5,), lambda number: _system(number, (LONG, 3, 4, 5, 2)), _unroll_corrections,
        beside=tuple(name for name in PRINTED if name not in ("dW_h", "dW_x")),
    ),
    asks="Take T = 2 and k = 1 and write the first of the wrong quantities out: what stands there?",
    slips=(
        *(Slip(f"printed_{name}", *passages) for name, passages in PRINTED.items()),
        Slip("loss_without_minus", "-(y * np.log(yhat)).sum()", "(y * np.log(yhat)).sum()",
             "loss has the wrong sign.",
             "Is the logarithm of a probability positive or negative?"),
        Slip("loss_mean_over_steps", "-(y * np.log(yhat)).sum()", "-(y * np.log(yhat)).sum() / T",
             "loss is a mean over the steps; it should be a sum.",
             "Is the loss divided by T anywhere?"),
        Slip("loss_mean_over_entries", "-(y * np.log(yhat)).sum()", "-(y * np.log(yhat)).mean()",
             "loss is a mean over all entries; it should be a sum.",
             "Is the loss divided by the number of entries anywhere?"),
        Slip("dW_y_old_state", "h[1:].T @ do", "h[:-1].T @ do",
             "dW_y is formed with the states before the steps.",
             "Which state does o_t show?"),
        Slip("dW_y_on_printed_do", "h[1:].T @ do", "h[1:].T @ (yhat - y)",
             "dW_y is built on the printed do, which holds for targets that sum to 1 only.",
             "Which of your own ten quantities does dW_y contain?"),
        Slip("bound_of_the_eigenvalue", "gamma ** (T - k)",
             "abs(np.linalg.eigvals(W_h)).max() ** (T - k)",
             "bound is a power of the largest eigenvalue in modulus, and not of gamma.",
             "Of which number have you just said that it bounds one step?"),
        Slip("dW_h_immediate", "h[:-1].T @ da", "h[:-1].T @ (dh * slope)",
             "dW_h holds the immediate terms only: later steps do not reach the state.",
             "Does dh hold the whole adjoint of h_t, or only what comes from outside?"),
        Slip("sweep_missing", "da[t - 1] += (da[t] @ W_h.T) * slope[t - 1]", "pass",
             "dW_h and dW_x hold the immediate terms only: nothing is carried from step to step.",
             "Does dh hold the whole adjoint of h_t, or only what comes from outside?"),
        Slip("do_sum_of_all_steps", "y.sum(axis=1, keepdims=True)", "y.sum()",
             "do takes the sum of the targets over all steps.",
             "To which step does the row of do belong?"),
        Slip("gamma_frobenius", "np.linalg.norm(W_h, 2)", "np.linalg.norm(W_h)",
             "gamma is the Frobenius norm: a bound, but not the smallest one.",
             "What does a matrix do to the vector that it stretches most?"),
        Slip("bound_one_too_many", "gamma ** (T - k)", "gamma ** (T - k + 1)",
             "bound has one factor too many: here the product runs from h_k to h_T.",
             "How many steps lie between h_k and h_T?"),
        Slip("chain_one_more_step", "if t >= k", "if t >= k - 1",
             "chain starts one step too early: it is dh_T/dh_{k-1}.",
             "Which Jacobian leads away from h_k?"),
        Slip("chain_one_step_less", "if t >= k", "if t > k",
             "chain starts one step too late: it is dh_T/dh_{k+1}.",
             "Which Jacobian leads away from h_k?"),
        Slip("dW_h_new_state", "h[:-1].T @ da", "h[1:].T @ da",
             "dW_h is formed with the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("carry_w_not_transposed", "da[t] @ W_h.T", "da[t] @ W_h",
             "dW_h and dW_x come from a sweep with W_h where its transpose belongs.",
             "W_h[j, i] leads from which unit to which? Walk it the other way."),
        Slip("carry_without_slope", "(da[t] @ W_h.T) * slope[t - 1]", "da[t] @ W_h.T",
             "dW_h and dW_x come from a sweep in which what is carried gets past the slope.",
             "By which door does the later steps' share reach a_{t-1}?"),
        Slip("dh_db_immediate", "np.diag(slope[t]) + J_t @ dh_db", "np.diag(slope[t])",
             "dh_db is the immediate derivative of the last step.",
             "Does h_{T-1} stay put when the bias changes?"),
    ),
)

EXERCISES = (FORWARD, REFUTE_SAME, BACKWARD, JACOBIAN, REFUTE_FACTOR, MARGIN, CORRECTIONS)
