"""Lesson 04: the reverse sweep, on a ReLU network that reads one sequence at a time."""

from fractions import Fraction
from functools import lru_cache

import numpy as np

from rnnlib import paths, rnn

from . import Exercise, Slip
from .draws import either_sign
from .families import subtracted
from .forward_slips import ForwardCode, forward_slips
from .sweep import LONG, Loud, Sweep, Unrolled
from .sweep_slips import SweepCode, with_sweep


def _sizes(seed):
    """T, D, H: all distinct twice, then D = H, where a transposed result has the right shape."""
    return ((5, 3, 4), (6, 2, 5), (4, 4, 4))[seed % 3]


LONG_SIZES = (LONG, 3, 4)


def _jacobians(seed, sizes=None):
    """J (T, H, H), not symmetric, and adjoints from outside dh (T, H)."""
    rng = np.random.default_rng([401, seed])
    T, _, H = sizes or _sizes(seed)
    return rng.normal(size=(T, H, H)) * 0.9 / np.sqrt(H), either_sign(rng, 0.3, 1.2, (T, H))


def _adjoints_by_paths(J, dh):
    """The double sum, sorted by use: for every k the losses at all steps t >= k."""
    T, H = dh.shape
    total = np.zeros((T + 1, H))
    for k in range(T + 1):
        for t in range(max(k, 1), T + 1):
            total[k] += dh[t - 1] @ paths.transition(J[:, None], t, k)[0]
    return {"dh_total": total}


def _system(seed, sizes=None):
    """A copy of the network of this seed, which is searched for only once."""
    params, x, h0 = _network_of(seed, sizes)
    return {name: value.copy() for name, value in params.items()}, x.copy(), h0.copy()


@lru_cache(maxsize=256)
def _network_of(seed, sizes=None):
    """params, x, h0 of a network no unit of which is near the kink, with mixed masks."""
    rng = np.random.default_rng([402, seed])
    T, D, H = sizes or _sizes(seed)
    while True:
        params = {
            "W_x": either_sign(rng, 0.2, 0.9, (D, H)),
            "W_h": rng.normal(size=(H, H)) * 1.2 / np.sqrt(H),
            "b_h": either_sign(rng, 0.1, 0.5, H),
        }
        x, h0 = either_sign(rng, 0.3, 1.2, (T, D)), either_sign(rng, 0.3, 0.9, H)
        if T >= LONG:
            _draw_mixed_steps(rng, params, x, h0)
        if _is_mixed(_pre_activations(params, x, h0)):
            return params, x, h0


def _pre_activations(params, x, h):
    """As `rnn.forward` has them, without looking at each array of the many networks that are tried."""
    a = np.empty((len(x), len(h)))
    for t, x_t in enumerate(x):
        a[t] = x_t @ params["W_x"] + h @ params["W_h"] + params["b_h"]
        h = np.maximum(a[t], 0)
    return a


def _draw_mixed_steps(rng, params, x, h):
    """Draws inputs anew where a step is not mixed, a few times each; whole sequences at once take long."""
    for t in range(len(x)):
        for _ in range(20):
            a = x[t] @ params["W_x"] + h @ params["W_h"] + params["b_h"]
            if _is_mixed(a[None]):
                break
            x[t] = either_sign(rng, 0.3, 1.2, x.shape[1])
        h = np.maximum(a, 0)


def _is_mixed(a):
    """Whether no unit is near the kink and two are active at a step; of few steps never all, or the same."""
    active = a > 0
    count, changes = active.sum(axis=1), (active[1:] != active[:-1]).any(axis=1)
    lively = np.abs(a).min() > 1e-2 and count.min() >= 2
    return lively and (len(a) in (1, LONG) or (count.max() < a.shape[1] and changes.all()))


def _run(params, x, h0):
    return rnn.forward(params, x[:, None], h0[None], phi="relu")


def _forward_reference(params, x, h0):
    run = _run(params, x, h0)
    return {"a": run.a[:, 0], "h": run.h[:, 0]}


def _states_and_adjoints(seed, sizes=None):
    params, x, h0 = _system(seed, sizes)
    rng = np.random.default_rng([403, seed])
    return params, x, _run(params, x, h0).h[:, 0], either_sign(rng, 0.4, 1.3, (len(x), len(h0)))


def _backward_reference(params, x, h, dh):
    grads = rnn.backward(params, _run(params, x, h[0]), dh[:, None])
    return {**grads, "x": grads["x"][:, 0], "h0": grads["h0"][0]}


def _copies(seed, sizes=None):
    """A copy of the matrices, states and adjoints of this seed, searched for only once."""
    return tuple(array.copy() for array in _copies_of(seed, sizes))


@lru_cache(maxsize=256)
def _copies_of(seed, sizes=None):
    """T different matrices, the states that a network with them has, and adjoints."""
    rng = np.random.default_rng([404, seed])
    T, _, H = sizes or _sizes(seed)
    while True:
        copies = rng.normal(size=(T, H, H)) * 1.2 / np.sqrt(H)
        fed, h = either_sign(rng, 0.3, 1.2, (T, H)), [either_sign(rng, 0.3, 0.9, H)]
        for t in range(T):
            while T >= LONG and not _is_mixed(h[-1:] @ copies[t] + fed[t]):  # all of them at once take long
                copies[t], fed[t] = rng.normal(size=(H, H)) * 1.2 / np.sqrt(H), either_sign(rng, 0.3, 1.2, H)
            h.append(np.maximum(h[-1] @ copies[t] + fed[t], 0))
        if _is_mixed(np.array([s @ copy + feed for s, copy, feed in zip(h, copies, fed)])):
            return copies, np.array(h), either_sign(rng, 0.4, 1.3, (T, H))


def _copies_reference(W_copies, h, dh):
    """Every path that begins at the use of copy k, from all losses t >= k."""
    J = (h[1:, :, None] > 0) * W_copies.transpose(0, 2, 1)
    da = _adjoints_by_paths(J, dh)["dh_total"][1:] * (h[1:] > 0)
    return {"W_copies": np.einsum("tm,tn->tmn", h[:-1], da)}


def _mask(seed):
    """A mask (T, H): a unit never active, one only at the first step, one only at the last."""
    rng = np.random.default_rng([405, seed])
    T, H = ((6, 7), (8, 6), (6, 6))[seed % 3]
    while True:
        mask = rng.random((T, H)) < 0.4
        first, last, dead, always = rng.choice(H, 4, replace=False)
        mask[:, [first, last, dead]], mask[0, first], mask[-1, last] = False, True, True
        mask[:, always] = True
        settled = np.zeros(H, bool)
        settled[[first, last, dead, always]] = True
        if (mask[:, ~settled].sum(axis=0) >= 1).all() and (mask[1:, ~settled].sum(axis=0) <= 2).all():
            return (mask,)


def _zeros_reference(mask):
    T, H = mask.shape
    zero = np.ones((H, H), bool)
    for t in range(1, T):
        zero[np.ix_(mask[t - 1], mask[t])] = False
    return {"dead": np.array([not any(unit) for unit in mask.T]), "W_h": zero}


def _column_system(seed, sizes=None):
    """The handwritten solution's arrays: weights that act from the left, outputs y_0 .. y_T."""
    params, x, h0 = _system(seed, sizes)
    rng = np.random.default_rng([406, seed])
    K = (2, 3, 4)[seed % 3]
    P = {
        "W_hh": params["W_h"].T.copy(),
        "W_hx": params["W_x"].T.copy(),
        "b_h": params["b_h"],
        "W_yh": either_sign(rng, 0.2, 0.9, (K, len(h0))),
    }
    return P, x, _run(params, x, h0).h[:, 0], either_sign(rng, 0.4, 1.3, (len(x) + 1, K))


def _column_reference(P, x, h, ybar):
    """The handwritten solution's equations, completed, on columns."""
    grads = {name: np.zeros_like(value) for name, value in P.items()}
    xbar, future = np.zeros_like(x), np.zeros_like(h[0])
    for t in range(len(x), -1, -1):
        hbar = P["W_yh"].T @ ybar[t] + future
        grads["W_yh"] += ybar[t][:, None] * h[t][None, :]
        if t == 0:
            return {**grads, "x": xbar, "h0": hbar}
        abar = np.where(h[t] > 0, hbar, 0)
        grads["W_hh"] += abar[:, None] * h[t - 1][None, :]
        grads["W_hx"] += abar[:, None] * x[t - 1][None, :]
        grads["b_h"] += abar
        xbar[t - 1], future = P["W_hx"].T @ abar, P["W_hh"].T @ abar


def _network():
    """The network of the lesson's text: params, x (T, D), h0 (H,)."""
    rng = np.random.default_rng(171)
    params = {
        "W_x": rng.normal(size=(3, 5)),
        "W_h": 0.6 * rng.normal(size=(5, 5)),
        "b_h": 0.3 * rng.normal(size=5),
    }
    return params, rng.normal(size=(6, 3)), rng.uniform(0.2, 1.0, 5)


def _adjoints_answer(answer):
    """(problem, params, x, h, dh) for an answer that gives the adjoints of the lesson's network."""
    params, x, h0 = _network()
    dh, shape = np.array(answer, float), (len(x), len(h0))
    problem = None
    if dh.shape != shape:
        problem = f"has shape {dh.shape}, expected {shape}: one row of adjoints for each of the states h[1:]"
    elif not np.isfinite(dh).all() or np.abs(dh).max() > 1e6:
        problem = "contains NaN, infinity or entries above 1e6"
    return problem, params, x, _run(params, x, h0).h[:, 0], dh


def _refute_limits(answer):
    """Adjoints for which the sum that starts at t = 2 is zero and the gradient is not."""
    problem, params, x, h, dh = _adjoints_answer(answer)
    if problem:
        return problem
    right = _backward_reference(params, x, h, dh)["W_h"]
    printed = _backward_reference(params, x, h, np.concatenate([0 * dh[:1], dh[1:]]))["W_h"]
    if np.abs(right).max() < 0.1:
        return f"the gradient's largest entry is {np.abs(right).max():.2g}, and should be at least 0.1"
    if np.abs(printed).max() > 1e-12:
        return f"the sum with the printed limits has an entry of size {np.abs(printed).max():.2g}, not zero"
    return None


def _printed_update(x, h):
    """What the handwritten update lines give: the slope without the adjoint from upstream."""
    mask = (h[1:] > 0).astype(float)
    return {"W_x": x.T @ mask, "W_h": h[:-1].T @ mask, "b_h": mask.sum(axis=0)}


def _refute_upstream(answer):
    """Adjoints for which a step along the printed update increases the loss."""
    problem, params, x, h, dh = _adjoints_answer(answer)
    if problem:
        return problem
    right, printed = _backward_reference(params, x, h, dh), _printed_update(x, h)
    along = sum(float(np.sum(right[name] * printed[name])) for name in printed)
    if along < -1e-6:
        return None
    return (
        f"the gradient times the printed update is {along:.3g}, not negative: a small step against the "
        "update does not increase the loss"
    )


def _refute_kink(answer):
    """A point that is not the kink, and a step for which the quotient is off by 0.4 there."""
    a, step = map(float, answer)
    if not np.isfinite(a) or not 0 < step <= 1e-3:
        return "expected a finite a, and a step above 0 and at most 1e-3"
    if a == 0:
        return "a is the kink itself; the claim allows for that one point"
    # in fractions: a step that is lost beside a large a would make a quotient of rounding alone
    above, below = Fraction(a) + Fraction(step), Fraction(a) - Fraction(step)
    quotient = float((max(above, 0) - max(below, 0)) / (above - below))
    off = abs(quotient - (a > 0))
    if off >= 0.4:
        return None
    return f"the quotient is {quotient:.3g} and the derivative {int(a > 0)}: off by {off:.2g}, not by 0.4"


TOTAL = Exercise(
    id="04.total_adjoints",
    title="Gather the losses of all later steps",
    points=2,
    section="1 Two sums, swapped",
    function="total_adjoints",
    items=("S2.3", "S4.19"),
    answers=("rnn.sweep",),
    outputs=("dh_total",),
    instance=_jacobians,
    reference=_adjoints_by_paths,
    sweep=Sweep((1,), long=lambda number: _jacobians(number, LONG_SIZES)),
    backward=True,
    asks="The sweep comes from the last step: which row is the first to differ on that way, and what is "
    "that state used by?",
    slips=(
        Slip("no_carry", "dh_total[t - 1] += dh_total[t] @ J[t - 1]", "pass",
             "dh_total repeats dh: every state is told of its own loss only.",
             "Through which other state does h_{t-1} reach the loss?"),
        Slip("one_step_only", "dh_total[t] @ J[t - 1]", "dh[t - 1] @ J[t - 1]",
             "dh_total reaches one step ahead and no further: what is carried is the outside part of step t, "
             "not its total. A loop that runs from the first step to the last does the same.",
             "The loss of step 3 depends on h_1; in which row has it to be collected before?"),
        Slip("jacobian_transposed", "dh_total[t] @ J[t - 1]", "J[t - 1] @ dh_total[t]",
             "dh_total is carried with J on the wrong side: an adjoint is a row, and meets the rows of J.",
             "J[i, j] says how h_t[i] moves with h_{t-1}[j]: over which of the two indices is the sum?"),
        Slip("jacobian_one_step_early", "dh_total[t] @ J[t - 1]", "dh_total[t] @ J[t - 2]",
             "dh_total takes each step back with the Jacobian of the step before.",
             "Which Jacobian stands between h_t and h_{t-1}?"),
        Slip("carry_missing_jacobian", "dh_total[t] @ J[t - 1]", "dh_total[t]",
             "dh_total adds up the later adjoints as they are: nothing is multiplied by a Jacobian.",
             "Does a change of h_{t-1} arrive at h_t in full?"),
        Slip("overwritten", "dh_total[t - 1] += dh", "dh_total[t - 1] = dh",
             "dh_total holds the last step's loss alone: the outside part of the earlier states is replaced.",
             "h_{t-1} is used twice; what is done with the two parts?"),
        Slip("carry_subtracted", "dh_total[t - 1] += dh", "dh_total[t - 1] -= dh",
             "dh_total has the carried part with the wrong sign.",
             "Two routes to the same loss: add or subtract?"),
        Slip("last_step_skipped", "range(len(dh), 0, -1)", "range(len(dh) - 1, 0, -1)",
             "dh_total is never carried out of the last state: its loss stays at step T.",
             "Which is the first step back that the loop takes?"),
        Slip("initial_state_skipped", "range(len(dh), 0, -1)", "range(len(dh), 1, -1)",
             "dh_total of the initial state is zero: the sweep stops one step early.",
             "Which Jacobian leads from h_1 to h_0?"),
        Slip("diagonal_of_the_jacobian", "dh_total[t] @ J[t - 1]", "dh_total[t] * np.diag(J[t - 1])",
             "dh_total is carried unit by unit: of J only the diagonal is used.",
             "Can one unit of h_{t-1} reach another unit of h_t?"),
        Slip("shifted_by_one", "[np.zeros_like(dh[:1]), dh]", "[dh, np.zeros_like(dh[:1])]",
             "dh_total has every outside part one state too early, the first one at h_0.",
             "dh has T rows and there are T + 1 states: which state has no row?"),
        Slip("outside_taken_as_ones", "[np.zeros_like(dh[:1]), dh]",
             "[np.zeros_like(dh[:1]), np.ones_like(dh)]",
             "dh_total does not depend on dh: the outside parts are taken as ones.",
             "Which argument says how each loss changes with its state?"),
        Slip("jacobian_one_step_early_down_to_h1", "J[t - 1]", "J[max(t - 2, 0)]",
             "The steps back from h_T to h_1 use the Jacobian of the step before; only that to h_0 is right.",
             "J has T matrices: which one maps a change of h_{t-1} to one of h_t?"),
        Slip("jacobian_transposed_down_to_h1", "dh_total[t] @ J[t - 1]",
             "(J[t - 1] @ dh_total[t] if t > 1 else dh_total[t] @ J[0])",
             "In the steps back from h_T to h_1 the Jacobian stands on the wrong side; that to h_0 is right.",
             "An adjoint is a row: which index of J_t does it meet?"),
        Slip("first_loss_at_h0", "np.zeros_like(dh[:1]), dh", "dh[:1], dh",
             "h_0 gets dh[0] as well, which is the adjoint of h_1.",
             "Which loss reads h_0 directly?"),
        Slip("all_earlier_get_the_carry", "dh_total[t - 1] += dh", "dh_total[:t] += dh",
             "What is passed back is added to all earlier states at once.",
             "Past which state does a change of h_{t-2} reach h_t?"),
        Slip("carry_halved", "dh_total[t] @ J[t - 1]", "dh_total[t] @ J[t - 1] / 2",
             "What is passed back is halved at every step.",
             "If h_t moves by 1, does each route change the loss by its whole share or by half?"),
        Slip("last_loss_twice", "dh_total = np.concatenate([np.zeros_like(dh[:1]), dh])",
             "dh_total = np.concatenate([np.zeros_like(dh[:1]), dh])\n    dh_total[-1] *= 2",
             "The last step's loss enters twice.",
             "What lies to the right of the last step?"),
        Slip("first_jacobian_for_all", "J[t - 1]", "J[0]",
             "Every step back uses the first Jacobian.",
             "Which Jacobian takes h_{t-1} to h_t, and where does it stand in J?"),
        Slip("last_jacobian_for_all", "J[t - 1]", "J[-1]",
             "Every step back uses the last Jacobian.",
             "Which Jacobian takes h_{t-1} to h_t, and where does it stand in J?"),
        Slip("jacobian_one_step_late", "J[t - 1]", "J[t % len(J)]",
             "Every step back uses the Jacobian of the step after it; the last one, that of step 1.",
             "Which Jacobian takes h_{t-1} to h_t, and where does it stand in J?"),
        Slip("own_losses_twice", "dh_total[t] @ J[t - 1]",
             "dh_total[t] @ J[t - 1] + (dh[t - 2] if t > 1 else 0)",
             "Each state's own dh is added once more, except at the last step.",
             "How often is each dh in the totals already, before the loop begins?"),
        Slip("reversed", "return dh_total", "return dh_total[::-1]",
             "The totals stand in the opposite order: the first entry is that of h_T.",
             "In which order does the loop make the totals, and in which are they to be returned?"),
        Slip("columns_summed", "dh_total[t] @ J[t - 1]", "dh_total[t] * J[t - 1].sum(axis=0)",
             "The adjoint is multiplied, entry by entry, by the column sums of the Jacobian.",
             "A row vector times a matrix: which index is summed over?"),
        Slip("rows_summed", "dh_total[t] @ J[t - 1]", "dh_total[t] * J[t - 1].sum(axis=1)",
             "The adjoint is multiplied, entry by entry, by the row sums of the Jacobian.",
             "A row vector times a matrix: which index is summed over?"),
        Slip("shifted_by_one_with_the_last", "[np.zeros_like(dh[:1]), dh]", "[dh, dh[-1:]]",
             "Each dh stands one place too early: dh[0] belongs to h_1, not to h_0.",
             "dh has T entries, the totals have T + 1: to which state does the first one belong?"),
        Slip("jacobian_squared", "dh_total[t] @ J[t - 1]", "dh_total[t] @ J[t - 1] @ J[t - 1]",
             "What is passed back goes through the Jacobian twice.",
             "Which Jacobian takes h_{t-1} to h_t, and where does it stand in J?"),
    ),
)

REFUTE_LIMITS = Exercise(
    id="04.refute_limits",
    title="Refute: the printed limits of the double sum",
    points=1,
    section="1 Two sums, swapped",
    function="unheard",
    items=("S4.19",),
    outputs=("unheard",),
    kind="value",
    verify=_refute_limits,
)

FORWARD = Exercise(
    id="04.relu_forward",
    title="Run the ReLU network",
    points=1,
    section="2 A network that switches",
    function="relu_forward",
    items=("S2.1", "S2.2"),
    answers=("rnn.forward",),
    outputs=("a", "h"),
    instance=_system,
    reference=_forward_reference,
    loud=Loud(((1, 30),), ("a", "h")),
    asks="At which step does the first difference appear, and what does that step add?",
    slips=(
        Slip("leaky_by_a_tenth",
             "np.maximum(a[t - 1], 0)",
             "np.where(a[t - 1] > 0, a[t - 1], 0.1 * a[t - 1])",
             "Negative pre-activations are multiplied by 0.1: that is a leaky ReLU.",
             "What does max(a, 0) give for a = -1?"),
        Slip("leaky", "np.maximum(a[t - 1], 0)", "np.where(a[t - 1] > 0, a[t - 1], 0.01 * a[t - 1])",
             "Negative pre-activations are multiplied by 0.01: that is a leaky ReLU.",
             "What does max(a, 0) give for a = -1?"),
        Slip("initial_state_dropped", "h[0] = h0", "h[0] = 0.0",
             "h[0] is 0: the initial state that was passed in is never used.",
             "Which entry of h should hold h0?"),
        Slip("recurrent_matrix_transposed", 'h[t - 1] @ params["W_h"]', 'params["W_h"] @ h[t - 1]',
             "a differs from step 1 on: the recurrent matrix acts from the left, on a column.",
             "In row notation, on which side of W_h does the state stand?"),
        Slip("bias_missing", ' + params["b_h"]', "",
             "a misses the bias at every step.",
             "What is a_t when the input and the state are zero?"),
        Slip("bias_after_activation", "np.maximum(a[t - 1], 0)",
             'np.maximum(a[t - 1] - params["b_h"], 0) + params["b_h"]',
             "h has the bias added after the activation.",
             "Is the bias part of a_t, or of h_t?"),
        Slip("no_activation", "h[t] = np.maximum(a[t - 1], 0)", "h[t] = a[t - 1]",
             "h equals a: negative values pass, the activation is never applied.",
             "Can a state of this network be negative?"),
        Slip("absolute_value", "np.maximum(a[t - 1], 0)", "np.abs(a[t - 1])",
             "h is the absolute value of a: where a is negative, its size gets through.",
             "What should a unit with a = -2 pass on?"),
        Slip("kept_where_negative", "np.maximum(a[t - 1], 0)", "np.minimum(a[t - 1], 0)",
             "h keeps the negative part of a and cuts off the positive one.",
             "What should a unit with a = 2 pass on?"),
        Slip("tanh_activation", "np.maximum(a[t - 1], 0)", "np.tanh(a[t - 1])",
             "h is the tanh of a: the activation of the earlier lessons.",
             "Which function is flat on the left and has slope 1 on the right?"),
        Slip("mask_in_place_of_state", "np.maximum(a[t - 1], 0)", "(a[t - 1] > 0) * 1.0",
             "h holds ones and zeros: whether a unit is active, not how strongly.",
             "What should a unit with a = 2 pass on, and what one with a = 5?"),
        Slip("state_stuck_at_h0", "h[t - 1] @", "h[0] @",
             "a is right at step 1 only: every step is fed the initial state.",
             "Which state does step t read, and where did step t - 1 put it?"),
        Slip("recurrence_missing", ' + h[t - 1] @ params["W_h"]', "",
             "a holds the input and the bias only: no state reaches the next step.",
             "If every step sees its input alone, what does h[2] know of x[0]?"),
        subtracted("bias_subtracted", '+ params["b_h"]', '- params["b_h"]', "The bias"),
        subtracted("recurrence_subtracted", '"W_x"] + h', '"W_x"] - h', "The state's term h_{t-1} W_h"),
        subtracted("input_subtracted", "a[t - 1] = x", "a[t - 1] = -x", "The input's term x_t W_x"),
        *forward_slips(ForwardCode(
            x='x[t - 1] @ params["W_x"]', x_early='x[t - 2] @ params["W_x"]', x_first='x[0] @ params["W_x"]',
            state='h[t - 1] @ params["W_h"]', bare="h[t - 1]",
            previous='(a[t - 2] if t > 1 else h0) @ params["W_h"]', act="np.maximum(a[t - 1], 0)",
            name="ReLU",
        )),
        Slip("a_is_the_state", "h[t] = np.maximum(a[t - 1], 0)",
             "a[t - 1] = np.maximum(a[t - 1], 0)\n        h[t] = a[t - 1]",
             "a holds the states: negative sums are zero there already.",
             "On which side of ReLU does a_t stand?"),
        Slip("initial_state_activated", "h[0] = h0", "h[0] = np.maximum(h0, 0)",
             "The initial state passes through ReLU; it is a given.",
             "Through which function did h_0 come about?"),
        Slip("state_two_back", "h[t - 1] @", "h[t - 2] @",
             "The recurrence reads the state two steps back; at step 1, by a negative index, the last one.",
             "Which state does step t read?"),
        Slip("bias_twice", '+ params["b_h"]', '+ 2 * params["b_h"]',
             "The bias is added twice.",
             "Into how many places of a_t does b_h enter?"),
        Slip("recurrence_and_bias_missing", '+ h[t - 1] @ params["W_h"] + params["b_h"]', "+ 0",
             "The recurrent term and the bias are missing: only the input is left.",
             "Which three terms make a_t?"),
        Slip("cut_off_at_1", "np.maximum(a[t - 1], 0)", "np.minimum(np.maximum(a[t - 1], 0), 1)",
             "The state is cut off at 1.",
             "Does ReLU have an upper limit?"),
        Slip("elu_activation", "np.maximum(a[t - 1], 0)",
             "np.where(a[t - 1] > 0, a[t - 1], np.exp(a[t - 1]) - 1)",
             "The activation is ELU: negative sums become exp(a) - 1.",
             "What does ReLU give for a negative sum?"),
        Slip("input_after_relu", "h[t] = np.maximum(a[t - 1], 0)",
             'h[t] = x[t - 1] @ params["W_x"] + np.maximum(h[t - 1] @ params["W_h"] + params["b_h"], 0)',
             "The input is added behind ReLU; it belongs inside.",
             "Of which sum does ReLU take the positive part?"),
    ),
)

REFUTE_KINK = Exercise(
    id="04.refute_kink",
    title="Refute: only the kink itself is in the way",
    points=1,
    section="2 A network that switches",
    function="near_the_kink",
    items=("S2.2",),
    outputs=("near_the_kink",),
    kind="value",
    verify=_refute_kink,
)

BACKWARD = Exercise(
    id="04.relu_backward",
    title="The reverse sweep of the ReLU network",
    points=4,
    section="3 The sweep, line by line",
    function="relu_backward",
    items=("S2.4", "S2.5", "S2.7", "S2.9", "S2.10", "S2.11"),
    answers=("rnn.backward", "rnn.sweep", "rnn.gradients"),
    outputs=("W_x", "W_h", "b_h", "x", "h0"),
    instance=_states_and_adjoints,
    reference=_backward_reference,
    sweep=Sweep((3,), long=lambda number: _states_and_adjoints(number, LONG_SIZES)),
    backward=True,
    asks="The sweep comes from the last step: at which row of x does it go wrong first on that way, and "
    "what happens at that step?",
    asks_of="x",
    slips=with_sweep((
        Slip("h0_with_a_loss", '"h0": future', '"h0": future + dh[0]',
             "h0 holds dh[0] as well; h_0 has no loss of its own, dh[0] belongs to h_1.",
             "dh has T entries and h has T + 1: to which state does the first one belong?"),
        Slip("no_carry", "dh_total = dh[t - 1] + future", "dh_total = dh[t - 1]",
             "Only the paths of length zero are there: nothing flows from step t+1 back to t.",
             "Which two places use h[t]?"),
        Slip("only_carry", "dh_total = dh[t - 1] + future",
             "dh_total = dh[t - 1] if t == len(x) else future",
             "Only the last state's outside adjoint is counted: those of the earlier states never join in.",
             "At how many steps does the loss look at the state?"),
        Slip("upstream_ones", "dh[t - 1] + future", "1.0 + future",
             "The outside adjoints are taken as 1: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("outside_of_the_step_before", "dh[t - 1] + future", "dh[t - 2] + future",
             "Every state is given the outside adjoint of the state before it.",
             "dh has no row for h_0: in which row is that of h_t?"),
        Slip("mask_missing", "da = mask[t - 1] * dh_total", "da = dh_total",
             "The mask is missing at every step: the adjoint passes units that are switched off.",
             "What does h_t do when the a_t of an inactive unit moves a little?"),
        Slip("upstream_missing", "da = mask[t - 1] * dh_total", "da = mask[t - 1] * np.ones_like(dh_total)",
             "The adjoint of a_t is the mask alone: the factor that comes from upstream is missing, "
             "and the loss plays no part.",
             "The slope is one factor of the chain rule; which is the other?"),
        Slip("mask_of_previous_state", "h[1:] > 0", "h[:-1] > 0",
             "The mask is that of the state each step reads, one step too early.",
             "Which state is the output of step t's ReLU?"),
        Slip("mask_inverted", "h[1:] > 0", "h[1:] <= 0",
             "The mask is inverted: adjoints pass the inactive units and stop at the active ones.",
             "On which side of 0 does ReLU have slope 1?"),
        Slip("state_in_place_of_mask", "mask = h[1:] > 0", "mask = h[1:]",
             "The slope is taken as the state itself; for an active unit it is 1, however strong.",
             "When a = 3, by how much does ReLU(a) move if a moves by 1?"),
        Slip("slope_of_tanh", "mask = h[1:] > 0", "mask = 1 - h[1:] ** 2",
             "The slope is 1 - h²: that belongs to tanh.",
             "Which values can the slope of ReLU take?"),
        Slip("sign_of_the_adjoint", "da = mask[t - 1] * dh_total", "da = np.maximum(dh_total, 0)",
             "The ReLU is applied to the adjoint: negative adjoints are cut off, whatever the unit did.",
             "Is it a_t or its adjoint whose sign decides what passes?"),
        Slip("carry_without_mask", 'future = da @ params["W_h"].T', 'future = dh_total @ params["W_h"].T',
             "The step back to h_{t-1} starts from the adjoint of h_t, past the mask.",
             "On the way forward h_{t-1} meets W_h, and then? Walk it backward."),
        Slip("carry_not_transposed", 'future = da @ params["W_h"].T', 'future = da @ params["W_h"]',
             "The step back to h_{t-1} multiplies by W_h as the forward pass does, not by its transpose.",
             "a[n] contains h[m] W_h[m, n]: over which index is summed to get back to h[m]?"),
        Slip("carry_without_matrix", 'future = da @ params["W_h"].T', "future = da",
             "The step back from a_t to h_{t-1} misses W_h.",
             "Which matrix did h_{t-1} pass on the way forward?"),
        Slip("carry_added", 'future = da @ params["W_h"].T', 'future = future + da @ params["W_h"].T',
             "What arrives from the future is kept and added again at every earlier step.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        Slip("w_h_reads_new_state", "np.outer(h[t - 1], da)", "np.outer(h[t], da)",
             "W_h is formed with h_t, the state the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("w_h_transposed", "np.outer(h[t - 1], da)", "np.outer(da, h[t - 1])",
             "W_h is transposed: rows and columns have changed places, which its square shape hides.",
             "W_h[m, n] joins which unit of h_{t-1} to which of a_t?"),
        Slip("w_h_past_the_mask", "np.outer(h[t - 1], da)", "np.outer(h[t - 1], dh_total)",
             "W_h is formed with the adjoint of h_t; it is used in a_t, on the other side of the mask.",
             "Which adjoint belongs to the place where W_h is used?"),
        Slip("w_x_past_the_mask", "np.outer(x[t - 1], da)", "np.outer(x[t - 1], dh_total)",
             "W_x is formed with the adjoint of h_t; it is used in a_t, on the other side of the mask.",
             "Which adjoint belongs to the place where W_x is used?"),
        Slip("b_h_past_the_mask", 'grads["b_h"] += da', 'grads["b_h"] += dh_total',
             "b_h adds up the adjoints of h_t; it is used in a_t, on the other side of the mask.",
             "Does the bias of a unit that is switched off matter at that step?"),
        Slip("w_h_upstream_missing", "np.outer(h[t - 1], da)", "np.outer(h[t - 1], mask[t - 1])",
             "W_h is formed with the mask alone: the adjoint from upstream is missing, and the loss plays "
             "no part.",
             "Would this array change if the loss were doubled?"),
        Slip("w_x_upstream_missing", "np.outer(x[t - 1], da)", "np.outer(x[t - 1], mask[t - 1])",
             "W_x is formed with the mask alone: the adjoint from upstream is missing, and the loss plays "
             "no part.",
             "Would this array change if the loss were doubled?"),
        Slip("b_h_upstream_missing", 'grads["b_h"] += da', 'grads["b_h"] += mask[t - 1]',
             "b_h counts the steps at which each unit is active: the adjoint from upstream is missing.",
             "Would these whole numbers change if the loss were doubled?"),
        Slip("both_index_versions", "np.outer(h[t - 1], da)",
             "np.outer(h[t - 1], da) * (1 if t == len(x) else 2)",
             "W_h has every use but the last twice: two lines that are one and the same, with the index "
             "shifted, are both executed.",
             "Write both lines out for T = 2: which of their terms are different ones?"),
        Slip("w_h_overwritten", 'grads["W_h"] += np', 'grads["W_h"] = np',
             "W_h holds one step's part only: each step overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("w_x_overwritten", 'grads["W_x"] += np', 'grads["W_x"] = np',
             "W_x holds one step's part only: each step overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("b_h_overwritten", 'grads["b_h"] += da', 'grads["b_h"] = da',
             "b_h holds one step's part only: each step overwrites the one before.",
             "How often is b_h used, and what happens to the parts of its gradient?"),
        Slip("b_h_averaged", 'grads["b_h"] += da', 'grads["b_h"] += da / len(x)',
             "b_h is the mean over the steps; the loss is a sum.",
             "If the same step came twice, should its part count once or twice?"),
        Slip("x_past_the_mask", '= da @ params["W_x"].T', '= dh_total @ params["W_x"].T',
             "x is passed back from the adjoint of h_t, past the mask.",
             "Does an input reach a unit that is switched off?"),
        Slip("x_collects_the_sum", 'grads["x"][t - 1] = da', 'grads["x"] += da',
             "Every row of x holds the sum over all steps.",
             "W_x is shared by all steps; is x_t?"),
        Slip("x_reversed", "{**grads, ", '{**grads, "x": grads["x"][::-1], ',
             "x stands in the opposite order: its first row is that of step T.",
             "In which order does the sweep make the rows of x, and in which are they to be returned?"),
        Slip("h0_is_the_adjoint_of_h1", '"h0": future', '"h0": dh_total',
             "h0 holds the adjoint of h_1: the last step back, through the mask and W_h, is missing.",
             "Which step lies between h_0 and h_1?"),
        Slip("h0_is_adjoint_of_a1", '"h0": future', '"h0": da',
             "h0 holds the adjoint of a_1: the last product is missing.",
             "Which matrix does h_0 pass on its way into a_1?"),
        Slip("first_step_skipped", "range(len(x), 0, -1)", "range(len(x), 1, -1)",
             "The sweep stops before step 1: x is zero there, and h0 is what step 2 hands back.",
             "Which is the last step the loop visits?"),
        Slip("first_step_never_reached", "        dh_total = ",
             "        dh, future = dh * (t > 1), future * (t > 1)\n        dh_total = ",
             "Step 1 adds nothing: x is zero there, and h0 stays zero.",
             "Which numbers does your loop variable take, and which is the last?"),
        Slip("last_step_skipped", "range(len(x), 0, -1)", "range(len(x) - 1, 0, -1)",
             "The sweep begins at step T - 1: the loss on the last state never enters.",
             "Which is the first step the loop visits?"),
        Slip("runs_forward", "range(len(x), 0, -1)", "range(1, len(x) + 1)",
             "The loop runs from the first step to the last: adjoints travel the wrong way.",
             "Which must be known first, the adjoint of h_t or that of h_{t+1}?"),
        Slip("upstream_one_step_late", "dh[t - 1] + future", "(dh[t] if t < len(x) else 0) + future",
             "Each state gets the dh of the step after it: the last gets none, and dh[0] is not used.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h_t?"),
        Slip("mask_on_own_loss_only", "da = mask[t - 1] * dh_total",
             "da = mask[t - 1] * dh[t - 1] + future",
             "The mask of ReLU multiplies the step's own dh only, not what comes from later steps.",
             "Which of the two routes out of h_t lies behind the ReLU of step t?"),
        Slip("mask_on_carry_only", "da = mask[t - 1] * dh_total",
             "da = dh[t - 1] + mask[t - 1] * future",
             "The mask of ReLU multiplies what comes from later steps only, not the step's own dh.",
             "Which of the two routes out of h_t lies behind the ReLU of step t?"),
        Slip("mask_of_the_upstream", "mask = h[1:] > 0", "mask = dh > 0",
             "The mask is made of the signs of dh; it belongs to the state.",
             "What decides whether a unit passes an adjoint on: a number of the forward pass or one of the "
             "backward pass?"),
        Slip("mask_of_the_next_state", "da = mask[t - 1] * dh_total", "da = mask[t % len(x)] * dh_total",
             "The mask is that of the state one step later; at the last step, that of step 1.",
             "Which state is the output of step t's ReLU?"),
        Slip("mask_on_carry_only_but_the_last", "da = mask[t - 1] * dh_total",
             "da = mask[t - 1] * future + dh[t - 1] * (mask[t - 1] if t == len(x) else 1)",
             "Before the last step, the mask of ReLU multiplies what comes from later steps only, not the "
             "step's own dh.",
             "Which of the two routes out of h_t lies behind the ReLU of step t?"),
        Slip("leaky_by_a_tenth", "mask = h[1:] > 0", "mask = np.where(h[1:] > 0, 1.0, 0.1)",
             "Inactive units pass a tenth on, as in a leaky ReLU.",
             "How steep is ReLU where its sum is negative?"),
        Slip("slope_of_logistic", "mask = h[1:] > 0", "mask = h[1:] * (1 - h[1:])",
             "The slope is that of a logistic function, h (1 - h).",
             "How steep is ReLU where its sum is positive?"),
        Slip("h0_with_the_last_loss", '"h0": future', '"h0": future + dh[-1]',
             "h0 holds dh[-1] as well, the adjoint of the last state: a negative index takes it from the "
             "end.",
             "Does h_0 have a loss of its own, and which entry of dh would that be?"),
        Slip("h0_masked", '"h0": future', '"h0": future * (h[0] > 0)',
             "h0 is masked: h_0 is no output of a ReLU.",
             "Through which function did h_0 come about?"),
        Slip("own_loss_passed_on", 'future = da @ params["W_h"].T',
             'future = da @ params["W_h"].T + dh[t - 1]',
             "Each step's own dh is passed back once more, past the step.",
             "On which route does the loss of step t reach h_{t-1}?"),
        Slip("truncated_after_one_hop", 'future = da @ params["W_h"].T',
             'future = (mask[t - 1] * dh[t - 1]) @ params["W_h"].T',
             "What is passed back is the step's own loss only: everything ends after one hop.",
             "Which adjoint of h_t has to travel on to h_{t-1}?"),
        Slip("carry_negative", 'future = da @ params["W_h"].T', 'future = -da @ params["W_h"].T',
             "What is passed back has the wrong sign at every step.",
             "By how much does a_t move when h_{t-1} moves by 1?"),
        Slip("w_h_immediate_only", "np.outer(h[t - 1], da)", "np.outer(h[t - 1], mask[t - 1] * dh[t - 1])",
             "W_h holds each step's own loss only; what comes from later steps is missing there.",
             "Does a later loss depend on what step t does?"),
        Slip("w_x_immediate_only", "np.outer(x[t - 1], da)", "np.outer(x[t - 1], mask[t - 1] * dh[t - 1])",
             "W_x holds each step's own loss only; what comes from later steps is missing there.",
             "Does a later loss depend on what step t does?"),
        Slip("b_h_immediate_only", 'grads["b_h"] += da', 'grads["b_h"] += mask[t - 1] * dh[t - 1]',
             "b_h holds each step's own loss only; what comes from later steps is missing there.",
             "Does a later loss depend on what step t does?"),
        Slip("x_without_later_steps", '= da @ params["W_x"].T',
             '= (mask[t - 1] * dh[t - 1]) @ params["W_x"].T',
             "x holds each step's own loss only; what comes from later steps is missing there.",
             "Which losses does x_1 reach?"),
        Slip("b_h_one_number", 'grads["b_h"] += da', 'grads["b_h"] += da.sum()',
             "Every entry of b_h is the same: the sum runs over the hidden units.",
             "Each unit has its own bias: is there anything to sum over within one step?"),
        Slip("w_h_masked_state", "np.outer(h[t - 1], da)", "np.outer(h[t - 1] > 0, da)",
             "W_h is formed with the mask of the previous state in the place of the state.",
             "Which number does W_h multiply on the way forward?"),
        Slip("first_use_missing",
             'grads["W_x"] += np.outer(x[t - 1], da)\n        grads["W_h"] += np.outer(h[t - 1], '
             'da)\n        grads["b_h"] += da\n        grads["x"][t - 1] = da @ params["W_x"].T\n',
             'grads["W_x"] += np.outer(x[t - 1], da) * (t > 1)\n        grads["W_h"] += np.outer(h[t - 1], '
             'da) * (t > 1)\n        grads["b_h"] += da * (t > 1)\n        grads["x"][t - 1] = da @ '
             'params["W_x"].T * (t > 1)\n',
             "W_x, W_h, b_h and x miss the use at step 1; what goes back to h0 passes through it.",
             "Which numbers does your loop variable take where the gradients are formed?"),
        Slip("clipped_at_1", "dh[t - 1] + future", "dh[t - 1] + np.clip(future, -1, 1)",
             "What comes from later steps is clipped to ±1 at every step, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
        Slip("clipped_at_0_5", "dh[t - 1] + future", "dh[t - 1] + np.clip(future, -0.5, 0.5)",
             "What comes from later steps is clipped to ±0.5 at every step, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
    ), SweepCode(
        length="len(x)", w_x="np.outer(x[t - 1], da)", w_h="np.outer(h[t - 1], da)", x='grads["x"][t - 1] = ',
        h0='"h0": future', batch=False,
    ), but=("seeded_with_ones", "x_holds_the_sum", "h0_is_adjoint_of_h1", "w_h_sees_new_state")),
)

REFUTE_UPSTREAM = Exercise(
    id="04.refute_upstream",
    title="Refute: the printed update lines",
    points=1,
    section="4 Refute it: an update without a loss",
    function="uphill",
    items=("S2.10",),
    outputs=("uphill",),
    kind="value",
    verify=_refute_upstream,
)

COPIES = Exercise(
    id="04.copies_backward",
    title="A copy of the matrix for every step",
    points=3,
    section="5 One matrix, T uses",
    function="copies_backward",
    items=("S2.8", "S4.5"),
    answers=("rnn.sweep", "paths.path_terms"),
    outputs=("W_copies",),
    instance=_copies,
    reference=_copies_reference,
    sweep=Sweep((2,), long=lambda number: _copies(number, LONG_SIZES)),
    backward=True,
    asks="Start from the last copy: which is the first to be wrong on that way, and through which "
    "matrices does the loss reach it?",
    slips=with_sweep((
        Slip("carried_through_the_next_copy", "W_copies[t - 1].T", "W_copies[min(t, len(dh) - 1)].T",
             "Each step back uses the copy of the step after.",
             "Which copy leads from h_{t-1} to h_t?"),
        Slip("no_carry", "dh[t - 1] + future", "dh[t - 1]",
             "W_copies holds paths of length zero only: each copy counts its own step's loss alone.",
             "By which later steps is the state of step t read?"),
        Slip("only_carry", "dh[t - 1] + future", "(dh[t - 1] if t == len(dh) else future)",
             "W_copies counts the last loss only: the outside adjoints of the earlier states are left out.",
             "At how many steps does the loss look at the state?"),
        Slip("upstream_ones", "dh[t - 1] + future", "1.0 + future",
             "W_copies does not depend on dh: the outside adjoints are taken as 1.",
             "What does dh tell you that an array of ones does not?"),
        Slip("mask_missing", "da = (h[t] > 0) *", "da =",
             "W_copies lets adjoints pass units that are switched off: the mask is missing.",
             "Which factor lies between h_t and a_t?"),
        Slip("mask_of_previous_state", "(h[t] > 0)", "(h[t - 1] > 0)",
             "W_copies is formed with the mask of the state each step reads, one step too early.",
             "Which state is the output of step t's ReLU?"),
        Slip("carried_through_the_first_copy", "da @ W_copies[t - 1].T", "da @ W_copies[0].T",
             "W_copies is right for the last step only: every step back goes through the first copy.",
             "Which copy did the state pass on its way into step t?"),
        Slip("carried_through_the_previous_copy", "da @ W_copies[t - 1].T", "da @ W_copies[t - 2].T",
             "W_copies is right for the last step only: the step back takes the copy of the step before.",
             "Which copy stands in a_t?"),
        Slip("carried_through_the_mean", "da @ W_copies[t - 1].T", "da @ W_copies.mean(axis=0).T",
             "W_copies is right for the last step only: every step back goes through the mean copy.",
             "Each step had a matrix of its own on the way forward; which one on the way back?"),
        Slip("carry_not_transposed", "da @ W_copies[t - 1].T", "da @ W_copies[t - 1]",
             "W_copies is right for the last step only: the step back misses the transpose.",
             "a[n] contains h[m] W[m, n]: over which index is summed to get back to h[m]?"),
        Slip("carry_without_mask", "future = da @", "future = (dh[t - 1] + future) @",
             "W_copies is right for the last step only: the step back skips the mask.",
             "On the way forward h_{t-1} meets its matrix, and then? Walk it backward."),
        Slip("carry_without_matrix", "da @ W_copies[t - 1].T", "da",
             "W_copies is right for the last step only: the step back misses the matrix.",
             "Which matrix did h_{t-1} pass on the way forward?"),
        Slip("carry_added", "future = da @", "future = future + da @",
             "What arrives from the future is kept and added again at every earlier copy.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        Slip("transposed", "np.outer(h[t - 1], da)", "np.outer(da, h[t - 1])",
             "W_copies holds every gradient transposed.",
             "Entry [m, n] joins which unit of h_{t-1} to which of a_t?"),
        Slip("reads_new_state", "np.outer(h[t - 1], da)", "np.outer(h[t], da)",
             "W_copies is formed with h_t, the state the step produces, in place of the one it reads.",
             "Which state stands beside the matrix in a_t?"),
        Slip("all_hold_the_sum", "own[t - 1] = np", "own += np",
             "Every copy holds the sum over all steps: that is the shared matrix's gradient.",
             "Does the copy of step 1 take part in step 3?"),
        Slip("summed_from_the_end", "own[t - 1] = np", "own[:t] += np",
             "Each copy holds its own part and those of all later copies.",
             "Does the copy of step 1 take part in step 3?"),
        Slip("first_copy_skipped", "range(len(dh), 0, -1)", "range(len(dh), 1, -1)",
             "The first copy's gradient is zero: the sweep stops before step 1.",
             "Which is the last step the loop visits?"),
        Slip("runs_forward", "range(len(dh), 0, -1)", "range(1, len(dh) + 1)",
             "The loop runs from the first copy to the last: adjoints travel the wrong way.",
             "Which must be known first, the adjoint of h_t or that of h_{t+1}?"),
        Slip("mask_inverted", "(h[t] > 0)", "(h[t] <= 0)",
             "The mask is turned round: inactive units pass the adjoint on.",
             "How steep is ReLU where its sum is negative?"),
        Slip("state_in_place_of_mask", "(h[t] > 0)", "h[t]",
             "The state itself multiplies the adjoint in the place of the mask.",
             "How steep is ReLU where its sum is positive?"),
        Slip("slope_of_tanh", "(h[t] > 0)", "(1 - h[t] ** 2)",
             "The slope is that of tanh, 1 - h².",
             "How steep is ReLU where its sum is positive?"),
        Slip("mask_of_the_upstream", "(h[t] > 0)", "(dh[t - 1] > 0)",
             "The mask is made of the signs of dh; it belongs to the state.",
             "What decides whether a unit passes an adjoint on: a number of the forward pass or one of the "
             "backward pass?"),
        Slip("mask_on_own_loss_only", "(h[t] > 0) * (dh[t - 1] + future)", "(h[t] > 0) * dh[t - 1] + future",
             "The mask of ReLU multiplies the step's own dh only, not what comes from later steps.",
             "Which of the two routes out of h_t lies behind the ReLU of step t?"),
        Slip("mask_on_carry_only", "(h[t] > 0) * (dh[t - 1] + future)", "dh[t - 1] + (h[t] > 0) * future",
             "The mask of ReLU multiplies what comes from later steps only, not the step's own dh.",
             "Which of the two routes out of h_t lies behind the ReLU of step t?"),
        Slip("past_the_mask", "np.outer(h[t - 1], da)", "np.outer(h[t - 1], dh[t - 1] + future)",
             "The copies are formed with the adjoint of h_t: the mask is left out there.",
             "Which of the two adjoints belongs to the place where the copy is used?"),
        Slip("state_two_back", "np.outer(h[t - 1], da)", "np.outer(h[t - 2], da)",
             "Each copy is formed with the state before the one the step reads; the first with the last "
             "one.",
             "Where in h is the state that step t reads?"),
        Slip("initial_state_for_all", "np.outer(h[t - 1], da)", "np.outer(h[0], da)",
             "Every copy is formed with the initial state.",
             "Which state does step 3 read?"),
        Slip("reversed", "own[t - 1] = ", "own[-t] = ",
             "The copies stand in the opposite order: the first entry is that of step T.",
             "In which order does the sweep make the entries, and in which are they to be returned?"),
        Slip("stored_one_early", "own[t - 1] = ", "own[t - 2] = ",
             "Every gradient stands one place too early; the first step's lies at the end.",
             "Which copy does step t use?"),
        Slip("last_step_skipped", "range(len(dh), 0, -1)", "range(len(dh) - 1, 0, -1)",
             "The sweep begins one step early: the last copy's gradient is zero, and the last loss never "
             "enters.",
             "Which is the first index the loop visits?"),
        Slip("summed_from_the_start", "own[t - 1] = np", "own[t - 1 :] += np",
             "Each copy holds the sum over its own step and all earlier ones.",
             "How many steps use one copy?"),
    ), SweepCode(batch=False)),
)

ZEROS = Exercise(
    id="04.certain_zeros",
    title="What the mask alone decides",
    points=2,
    section="6 What the mask decides",
    function="certain_zeros",
    items=("S2.6",),
    outputs=("dead", "W_h"),
    instance=_mask,
    reference=_zeros_reference,
    asks="Take one entry [m, n] that differs: is there a step that reads a state of m above zero while n "
    "is active?",
    asks_of="W_h",
    slips=(
        Slip("one_of_the_two_active",
             "~(mask[:-1].T @ mask[1:])",
             "~(mask[:-1, :, None] | mask[1:, None, :]).any(axis=0)",
             "An entry of W_h counts as reached as soon as one of its two units is active; both have "
             "to be.",
             "h_{t-1}[m] da_t[n] is a product: when is it different from zero?"),
        Slip("active_in_place_of_dead", "~mask.any(axis=0)", "mask.any(axis=0)",
             "dead is true for the units that are active at some step.",
             "What does a dead unit do at every step?"),
        Slip("inactive_once_is_dead", "~mask.any(axis=0)", "~mask.all(axis=0)",
             "dead is true for every unit that is inactive at least once.",
             "A unit sleeps at one step and works at another: is its bias gradient zero?"),
        Slip("dead_at_the_last_step", "~mask.any(axis=0)", "~mask[-1]",
             "dead looks at the last step only.",
             "How many steps add to the bias gradient?"),
        Slip("transposed", "mask[:-1].T @ mask[1:]", "mask[1:].T @ mask[:-1]",
             "W_h is transposed: the unit of step t-1 and that of step t have changed places.",
             "Entry [m, n]: which of the two units acts at step t-1, which at step t?"),
        Slip("same_step", "mask[:-1].T @ mask[1:]", "mask.T @ mask",
             "W_h asks for both units at the same step; the matrix joins a step to the next.",
             "Which state stands beside W_h in a_t?"),
        Slip("columns_only", "~(mask[:-1].T @ mask[1:])", "np.tile(~mask.any(axis=0), (mask.shape[1], 1))",
             "W_h is zero in the columns of dead units, and nowhere else.",
             "A product of two factors is zero if either is; which is the other one?"),
        Slip("outside_product_of_lives", "~(mask[:-1].T @ mask[1:])",
             "~np.outer(mask[:-1].any(axis=0), mask[1:].any(axis=0))",
             "W_h asks whether both units are active at some step, not whether one follows the other.",
             "Unit m works at step 1 only, unit n at step 5 only: does the entry [m, n] ever matter?"),
        Slip("not_zero_in_place_of_zero", "~(mask[:-1].T @ mask[1:])", "mask[:-1].T @ mask[1:]",
             "W_h is true where the gradient can be different from zero.",
             "Which entries are asked for, those that are zero or those that need not be?"),
        Slip("dead_rows_and_columns", "~(mask[:-1].T @ mask[1:])",
             "~np.outer(mask.any(axis=0), mask.any(axis=0))",
             "In W_h only the rows and columns of dead units are marked: pairs that are never active one "
             "after the other are missing.",
             "Two units are each active at some step: does W_h's entry between them need more than that?"),
        Slip("only_between_dead_units", "~(mask[:-1].T @ mask[1:])",
             "np.outer(~mask.any(axis=0), ~mask.any(axis=0))",
             "In W_h only the entries between two dead units are marked: one of the two being dead is "
             "enough.",
             "When is the product of h_{t-1} of one unit and the adjoint of another certainly zero, at one "
             "step and at all?"),
        Slip("rows_only", "~(mask[:-1].T @ mask[1:])",
             "np.tile(~mask.any(axis=0)[:, None], (1, mask.shape[1]))",
             "In W_h only the rows of dead units are marked.",
             "When is the product of h_{t-1} of one unit and the adjoint of another certainly zero, at one "
             "step and at all?"),
        Slip("zero_at_one_step_is_enough", "~(mask[:-1].T @ mask[1:])",
             "~(mask[:-1, :, None] & mask[1:, None, :]).all(axis=0)",
             "In W_h an entry counts as zero if it gets nothing at some step; it has to get nothing at "
             "every step.",
             "When is the product of h_{t-1} of one unit and the adjoint of another certainly zero, at one "
             "step and at all?"),
        Slip("two_steps_apart", "~(mask[:-1].T @ mask[1:])", "~(mask[:-2].T @ mask[2:])",
             "In W_h pairs are looked up two steps apart.",
             "How many steps lie between the state that W_h reads and the one that it makes?"),
        Slip("both_inactive_at_once", "~(mask[:-1].T @ mask[1:])", "(~mask[:-1]).T @ ~mask[1:]",
             "In W_h an entry is marked where both units are inactive one after the other at some step.",
             "When is the product of h_{t-1} of one unit and the adjoint of another certainly zero, at one "
             "step and at all?"),
        Slip("dead_without_the_first_step", "~mask.any(axis=0)", "~mask[1:].any(axis=0)",
             "dead leaves the first step out.",
             "Over which steps does a unit have to be inactive to be dead?"),
        Slip("dead_without_the_last_step", "~mask.any(axis=0)", "~mask[:-1].any(axis=0)",
             "dead leaves the last step out.",
             "Over which steps does a unit have to be inactive to be dead?"),
        Slip("dead_at_the_first_step", "~mask.any(axis=0)", "~mask[0]",
             "dead looks at the first step only.",
             "Over which steps does a unit have to be inactive to be dead?"),
    ),
)

COLUMN = Exercise(
    id="04.column_backward",
    title="The column form, completed",
    points=3,
    section="7 The same in columns",
    function="column_backward",
    builds_on=("relu_backward",),
    items=("S2.1", "S2.4", "S2.11"),
    outputs=("W_hh", "W_hx", "b_h", "W_yh", "x", "h0"),
    instance=_column_system,
    reference=_column_reference,
    sweep=Sweep(
        (3,),
        lambda number: _column_system(number, LONG_SIZES),
        lambda *given: Unrolled(len(given[1]), _column_reference, given),
        still=("W_yh",),
    ),
    backward=True,
    asks="Which of the six stand beside an arrow that you turned round, and is each turned back?",
    slips=(
        Slip("recurrent_matrix_as_it_is", 'P["W_hh"].T', 'P["W_hh"]',
             "On the way back the recurrent matrix acts the wrong way round, as it does when it goes into "
             "the row form untransposed; its square shape hides that.",
             "W_hh acts from the left; what acts from the right and does the same?"),
        Slip("w_hh_not_turned_back", 'g["W_h"].T', 'g["W_h"]',
             "W_hh is transposed, as it is when it is left in the row form.",
             "An adjoint has the shape of its matrix, and its orientation too: which is that of W_hh?"),
        Slip("first_output_forgotten", 'g["h0"] + felt[0]', 'g["h0"]',
             "h0 misses the part of its own output y_0.",
             "Which two places use h_0 in this system?"),
        Slip("h0_only_its_output", 'g["h0"] + felt[0]', "felt[0]",
             "h0 holds the part of its own output y_0 only.",
             "Which two places use h_0 in this system?"),
        Slip("outputs_one_step_late", "felt[1:]", "felt[:-1]",
             "Every state is given the adjoint of the output before: y_t is taken to show h_{t+1}.",
             "Here y_t reads h_t, and the first output reads h_0; which rows belong to h_1, …, h_T?"),
        Slip("w_yh_without_first_output", "ybar.T @ h", "ybar[1:].T @ h[1:]",
             "W_yh misses the part of y_0.",
             "How many outputs does this system have?"),
        Slip("w_yh_of_next_state", "ybar.T @ h", "ybar[:-1].T @ h[1:]",
             "W_yh pairs each output with the state after it.",
             "Which state does y_t read here?"),
        Slip("w_yh_last_output_only", "ybar.T @ h", "np.outer(ybar[-1], h[-1])",
             "W_yh holds the last output's part only.",
             "How often is W_yh used?"),
        Slip("w_yh_averaged", "ybar.T @ h", "ybar.T @ h / len(h)",
             "W_yh is the mean over the outputs; the loss is a sum.",
             "How often is W_yh used, and what happens to the parts of its gradient?"),
        Slip("w_hx_not_turned_back", 'g["W_x"].T', 'g["W_x"]',
             "W_hx is transposed, as it is when it is left in the row form.",
             "An adjoint has the shape of its matrix, and its orientation too: which is that of W_hx?"),
        Slip("w_yh_transposed", "ybar.T @ h", "h.T @ ybar",
             "W_yh is transposed: its rows are numbered by the states.",
             "W_yh acts from the left: do its rows belong to the outputs or to the states?"),
        Slip("last_output_only", "felt[1:]", "felt[1:] * (np.arange(1, len(h)) == len(x))[:, None]",
             "The states h_1, …, h_T hear of the last output only.",
             "Which of the outputs does the loss read?"),
        Slip("b_h_averaged", 'g["b_h"], "W_yh"', 'g["b_h"] / len(x), "W_yh"',
             "b_h is the mean over the steps; the bias is used at every one of them.",
             "How often is b_h used, and what happens to the parts of its gradient?"),
        Slip("output_matrix_masked", 'felt = ybar @ P["W_yh"]', 'felt = (h > 0) * (ybar @ P["W_yh"])',
             "The outputs' adjoints pass a mask on the way to the state, in addition to the one after it.",
             "Between y_t and h_t, is there an activation?"),
        Slip("h0_output_subtracted", 'g["h0"] + felt[0]', 'g["h0"] - felt[0]',
             "What the first output adds to h0 is subtracted.",
             "Each of the T + 1 states has an output: what does each output add here?"),
        Slip("h0_with_the_second_output", 'g["h0"] + felt[0]', 'g["h0"] + felt[1]',
             "h0 gets the adjoint of the output of h_1 in the place of its own.",
             "Each of the T + 1 states has an output: what does each output add here?"),
        Slip("h0_with_the_last_output", 'g["h0"] + felt[0]', 'g["h0"] + felt[-1]',
             "h0 gets the adjoint of the last output in the place of its own.",
             "Each of the T + 1 states has an output: what does each output add here?"),
        Slip("w_yh_first_output_only", "ybar.T @ h", "np.outer(ybar[0], h[0])",
             "W_yh counts the first output only.",
             "Each of the T + 1 states has an output: what does each output add here?"),
        Slip("w_yh_without_last_output", "ybar.T @ h", "ybar[:-1].T @ h[:-1]",
             "W_yh misses the last output.",
             "Each of the T + 1 states has an output: what does each output add here?"),
        Slip("w_yh_product_of_sums", "ybar.T @ h", "np.outer(ybar.sum(axis=0), h.sum(axis=0))",
             "W_yh is the product of two sums; it is the sum of the products.",
             "With which state is each output's adjoint multiplied?"),
        Slip("w_yh_of_previous_state", "ybar.T @ h", "ybar[1:].T @ h[:-1]",
             "W_yh pairs each output with the state before it.",
             "Which state does output t read?"),
        Slip("outputs_taken_as_ones", "felt = ybar @ P", "felt = np.ones_like(ybar) @ P",
             "The adjoints of the outputs are taken as 1 where they enter the states.",
             "What does ybar tell you that an array of ones does not?"),
        Slip("last_output_for_all", "felt[1:]", "0 * felt[1:] + felt[-1]",
             "Every state gets the adjoint of the last output.",
             "Each of the T + 1 states has an output: what does each output add here?"),
        Slip("first_output_only", "felt[1:]", "0 * felt[1:]",
             "No output but the first adds to the sweep.",
             "Each of the T + 1 states has an output: what does each output add here?"),
        Slip("output_matrix_negative", "felt = ybar @ P", "felt = -ybar @ P",
             "The outputs' adjoints enter the states with the wrong sign.",
             "By how much does an output move when its state moves by 1?"),
        Slip("b_h_negative", '"b_h": g["b_h"], ', '"b_h": -g["b_h"], ',
             "b_h has the wrong sign.",
             "By how much does a_t move when b_h moves by 1?"),
        Slip("recurrent_matrix_never_turned",
             'rows = {"W_x": P["W_hx"].T, "W_h": P["W_hh"].T, "b_h": P["b_h"]}\n    felt = ybar @ '
             'P["W_yh"]\n    g = relu_backward(rows, x, h, felt[1:])\n    weights = {"W_hh": g["W_h"].T,',
             'rows = {"W_x": P["W_hx"].T, "W_h": P["W_hh"], "b_h": P["b_h"]}\n    felt = ybar @ '
             'P["W_yh"]\n    g = relu_backward(rows, x, h, felt[1:])\n    weights = {"W_hh": g["W_h"],',
             "W_hh goes into the rows version as it is, and its gradient comes back as it is: it needs a "
             "transpose on both ways.",
             "W_hh is square, so no shape tells: which of its indices belongs to the state that is read?"),
    ),
)

EXERCISES = (
    TOTAL, REFUTE_LIMITS, FORWARD, REFUTE_KINK, BACKWARD, REFUTE_UPSTREAM, COPIES, ZEROS, COLUMN,
)
