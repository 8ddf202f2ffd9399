"""Lesson 03: matrix back-propagation through time as a sum over paths, one sequence in rows."""

import numpy as np

from rnnlib import losses, paths, readout, rnn, scalar

from .. import compare
from ..errors import Unreadable
from ..outputs import read_outputs
from . import Exercise, Slip
from .draws import either_sign
from .families import subtracted, tanh_slopes
from .forward_slips import ForwardCode, forward_slips
from .sweep import LONG, Loud, Sweep

SIZES = ((4, 2, 6, 3), (5, 4, 3, 2), (4, 3, 3, 3))  # T, D, H, K


def _system(seed, sizes=None):
    """Parameters, inputs and initial state of one sequence; states that are not saturated."""
    rng = np.random.default_rng([301, seed])
    T, D, H, K = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.45 / np.sqrt(D),
        "W_h": rng.normal(size=(H, H)),
        "W_y": rng.normal(size=(H, K)),
    }
    params["W_h"] *= 1.5 / np.linalg.norm(params["W_h"], 2)
    signs = rng.choice([-1.0, 1.0], (T, D))
    return params, rng.uniform(0.4, 1.2, (T, D)) * signs, rng.uniform(0.3, 0.8, H)


def _weights(params):
    return {name: params[name] for name in ("W_x", "W_h")}


def _run(params, x, h):
    """The states as rnnlib's Run of a batch of one."""
    return rnn.Run(x[:, None], np.arctanh(h[1:, None]), h[:, None], "tanh")


def _states(seed, sizes=None):
    params, x, h0 = _system(seed, sizes)
    return params, x, rnn.forward(_weights(params), x[:, None], h0[None]).h[:, 0]


def _params_and_states(seed):
    params, _, h = _states(seed)
    return params, h


def _states_and_adjoints(seed, sizes=None):
    params, x, h = _states(seed, sizes)
    rng = np.random.default_rng([302, seed])
    dh = either_sign(rng, 0.4, 1.2, h[1:].shape)
    return params, x, h, dh


def _forward_reference(params, x, h0):
    run = rnn.forward(_weights(params), x[:, None], h0[None])
    o = readout.forward({"W_y": params["W_y"]}, run.h[1:])[:, 0]
    return {"a": run.a[:, 0], "h": run.h[:, 0], "o": o, "yhat": losses.softmax(o)}


def _all_jacobians(params, h):
    x = np.ones((len(h) - 1, len(params["W_x"])))  # does not enter the Jacobians
    return paths.step_jacobians(_weights(params), _run(params, x, h))


def _jacobian_reference(params, h):
    return {"J": _all_jacobians(params, h)[:, 0]}


def _jacobian_at_every_t(function, arguments):
    params, h = arguments
    return {"J": [_single(function(params, h, t), "J") for t in range(1, len(h))]}


def _transition_reference(params, h):
    J, T = _all_jacobians(params, h), len(h) - 1
    return {"J": np.array([paths.transition(J, t, k)[0] for t, k in _pairs(T)])}


def _transition_at_every_pair(function, arguments):
    params, h = arguments
    return {"J": [_single(function(params, h, t, k), "J") for t, k in _pairs(len(h) - 1)]}


def _which_t(arguments, n):
    return f"t = {n + 1}"


def _which_pair(arguments, n):
    t, k = _pairs(len(arguments[1]) - 1)[n]
    return f"t = {t}, k = {k}"


def _pairs(T):
    """All t, k with 0 <= k <= t <= T, t = k = 0 left out."""
    return [(t, k) for t in range(1, T + 1) for k in range(t + 1)]


def _single(returned, name):
    return read_outputs(returned, (name,))[0].get(name)


def _terms_reference(params, x, h, dh):
    run = _run(params, x, h)
    every = [paths.path_terms(_weights(params), run, dh[:, None], t) for t in range(1, len(x) + 1)]
    return {name: np.array([_padded(terms[name], len(x)) for terms in every]) for name in ("W_x", "W_h")}


def _terms_at_every_t(function, arguments):
    """Calls at every t; what comes back is padded with zeros to T terms."""
    params, x, h, dh = arguments
    T, every = len(x), []
    for t in range(1, T + 1):
        terms, _ = read_outputs(function(params, x, h, dh, t), ("W_x", "W_h"))
        for name, value in terms.items():
            array = compare.to_array(value)
            if array is None or array.ndim != 3 or len(array) != t:
                found = "no array of numbers" if array is None else f"shape {array.shape}"
                wanted = f"expected {t} matrices, one for each use"
                raise Unreadable(f"returned {name} with {found} at t = {t}, {wanted}")
            terms[name] = _padded(array, T)
        every.append(terms)
    return {name: [terms[name] for terms in every] for name in every[0]}


def _padded(terms, T):
    return np.concatenate([terms, np.zeros((T - len(terms), *terms.shape[1:]))])


def _contributions(params, x, h, dh):
    """((T, T, H, H), "W_h"): what the loss at step t gives through the use of W_h at step s."""
    return _terms_reference(params, x, h, dh)["W_h"], "W_h"


def _gradient_reference(params, x, h, dh):
    grads = rnn.backward(_weights(params), _run(params, x, h), dh[:, None])
    return {name: grads[name] for name in ("W_x", "W_h")}


def _refute_order(answer):
    """A matrix and two states whose step Jacobians, exchanged, differ by the product's own norm."""
    W_h, *states = (np.asarray(value, float) for value in answer)
    if W_h.ndim != 2 or W_h.shape[0] != W_h.shape[1] or len(W_h) < 2:
        return f"W_h has shape {W_h.shape}, expected a square matrix, at least 2 by 2"
    if len(states) != 2 or any(h.shape != W_h.shape[:1] for h in states):
        return f"expected two states with {len(W_h)} entries each after W_h"
    if not all(np.isfinite(v).all() for v in (W_h, *states)) or any((abs(h) >= 1).any() for h in states):
        return "the states have to lie strictly between -1 and 1, and W_h has to be finite"
    J_1, J_2 = ((1 - h**2)[:, None] * W_h.T for h in states)
    size, gap = np.linalg.norm(J_2 @ J_1), np.linalg.norm(J_1 @ J_2 - J_2 @ J_1)
    rounding = 1e-9 * np.linalg.norm(J_1) * np.linalg.norm(J_2)
    if gap > rounding and gap >= size:
        return None
    if gap <= rounding:
        return "here both orders give the same product"
    return f"the products differ by {gap:.3g}, and J_2 J_1 has the norm {size:.3g}"


def _refute_overcount(answer):
    """A one-unit network whose true and over-counted derivatives with respect to w_h have opposite signs."""
    w_x, w_h, x, h_0 = answer
    if not 2 <= len(x) <= 100:
        return f"x has {len(x)} inputs, expected 2 to 100"
    params = {"U": float(w_x), "W": float(w_h), "V": 1.0}
    run = scalar.forward(params, [float(v) for v in x], float(h_0))
    total, J, T = scalar.total(params, run)["W"], scalar.slopes(params, run), len(x)
    addends = [np.prod(J[k:]) * total[k - 1] for k in range(1, T + 1)]
    true, counted = total[-1], sum(addends)
    smallest = 1e-9 * sum(map(abs, addends))
    if true * counted < 0 and min(abs(true), abs(counted)) > smallest:
        return None
    return f"the true derivative is {true:.3g}, the over-counted sum {counted:.3g}: no opposite signs"


FORWARD = Exercise(
    id="03.forward",
    title="Run the network in rows",
    points=1,
    section="1 The network in rows",
    function="forward",
    items=("S1.1", "S1.5"),
    answers=("rnn.forward",),
    outputs=("a", "h", "o", "yhat"),
    instance=_system,
    reference=_forward_reference,
    loud=Loud(((1, 30),), ("a",)),
    asks="Which of the four arrays goes wrong first, and what does that step read?",
    slips=(
        Slip("initial_state_dropped", "h[0] = h0", "h[0] = 0.0",
             "h[0] is zero: the initial state that was passed in is never used.",
             "Which row of h should hold h0?"),
        Slip("recurrence_missing", "x[t - 1] @ W_x + h[t - 1] @ W_h", "x[t - 1] @ W_x",
             "a holds only the input's part: no state reaches the next step.",
             "If every step sees its input alone, what does h[2] know of x[0]?"),
        Slip("column_side", "h[t - 1] @ W_h", "W_h @ h[t - 1]",
             "a differs from step 1 on: W_h stands on the left of the state, which transposes it.",
             "In this lesson a state is a row; on which side of it does its matrix stand?"),
        Slip("state_stuck_at_h0", "h[t - 1] @ W_h", "h[0] @ W_h",
             "a is right at step 1 only: every step is fed the initial state.",
             "Which state does step t read, and where did step t - 1 put it?"),
        Slip("state_two_back", "h[t - 1] @ W_h", "h[t - 2] @ W_h",
             "a differs from step 1 on: each step reads the state before the previous one.",
             "h has T + 1 rows and row 0 is the initial state: where does h_{t-1} stand?"),
        Slip("no_activation", "h[t] = np.tanh(a[t - 1])", "h[t] = a[t - 1]",
             "h equals a: the activation is never applied.",
             "What keeps the states between -1 and 1?"),
        Slip("logistic_activation", "np.tanh(a[t - 1])", "1 / (1 + np.exp(-a[t - 1]))",
             "h is the logistic function of a, not its tanh.",
             "Two sources use one letter for two activations; which does this network have?"),
        Slip("output_one_step_late", "o = h[1:] @ W_y", "o = h[:-1] @ W_y",
             "o is read from the state before each step: o_1 shows h_0.",
             "Which state does o_t see, in the equation and in your slice?"),
        Slip("output_from_preactivation", "o = h[1:] @ W_y", "o = a @ W_y",
             "o is formed from the pre-activations; tanh is skipped on the way out.",
             "What does W_y multiply in o_t = h_t W_y?"),
        Slip("output_activated", "o = h[1:] @ W_y", "o = np.tanh(h[1:]) @ W_y",
             "o is formed from tanh(h): the activation is applied a second time.",
             "Has tanh acted already when h_t is stored?"),
        Slip("softmax_over_time", "yhat = e / e.sum(axis=1, keepdims=True)",
             "e = np.exp(o - o.max(axis=0)); yhat = e / e.sum(axis=0)",
             "yhat adds up to 1 over the steps, not over the outputs of one step.",
             "Which axis holds the alternatives between which one step decides?"),
        Slip("softmax_over_everything", "yhat = e / e.sum(axis=1, keepdims=True)",
             "e = np.exp(o - o.max()); yhat = e / e.sum()",
             "yhat adds up to 1 over the whole sequence.",
             "How many predictions does the network make, and what does each add up to?"),
        Slip("softmax_missing", "yhat = e / e.sum(axis=1, keepdims=True)", "yhat = o",
             "yhat equals the logits: the softmax is never applied.",
             "What do the entries of a prediction add up to?"),
        Slip("logistic_output", "yhat = e / e.sum(axis=1, keepdims=True)", "yhat = 1 / (1 + np.exp(-o))",
             "yhat is the logistic function of each logit; its rows do not add up to 1.",
             "Does one logit of a softmax matter for the other outputs?"),
        subtracted("recurrence_subtracted", "@ W_x + h", "@ W_x - h", "The state's term h_{t-1} W_h"),
        subtracted("input_subtracted", "a[t - 1] = x", "a[t - 1] = -x", "The input's term x_t W_x"),
        *forward_slips(ForwardCode(
            x="x[t - 1] @ W_x", x_early="x[t - 2] @ W_x", x_first="x[0] @ W_x", state="h[t - 1] @ W_h",
            bare="h[t - 1]", previous="(a[t - 2] if t > 1 else h0) @ W_h",
        )),
        Slip("output_squashed", "o = h[1:] @ W_y", "o = np.tanh(h[1:] @ W_y)",
             "The logits pass through tanh; they are linear in the state.",
             "Which function stands between h_t W_y and o_t?"),
        Slip("divided_by_everything", "yhat = e / e.sum(axis=1, keepdims=True)", "yhat = e / e.sum()",
             "The softmax divides by the sum over all steps: the whole array adds up to 1.",
             "Which numbers are to add up to 1: the classes of one step, or something else?"),
        Slip("divided_over_time", "yhat = e / e.sum(axis=1, keepdims=True)", "yhat = e / e.sum(axis=0)",
             "The softmax divides by the sum over the steps; the classes of each step should add up to 1.",
             "Which numbers are to add up to 1: the classes of one step, or something else?"),
        Slip("not_divided", "yhat = e / e.sum(axis=1, keepdims=True)", "yhat = e",
             "The powers are not divided by their sum.",
             "Which numbers are to add up to 1: the classes of one step, or something else?"),
        Slip("softmax_twice", "yhat = e / e.sum(axis=1, keepdims=True)",
             "p = np.exp(e / e.sum(axis=1, keepdims=True))\n    yhat = p / p.sum(axis=1, keepdims=True)",
             "The softmax is applied twice: to the logits and then to the shares.",
             "What goes into the exponential, logits or shares?"),
        Slip("log_softmax", "yhat = e / e.sum(axis=1, keepdims=True)",
             "yhat = np.log(e / e.sum(axis=1, keepdims=True))",
             "yhat holds the logarithms of the shares.",
             "Which numbers are to add up to 1: the classes of one step, or something else?"),
        Slip("largest_class_only", "yhat = e / e.sum(axis=1, keepdims=True)", "yhat = (e == 1).astype(float)",
             "yhat is 1 for the class with the largest logit and 0 else.",
             "Is the share of the second-largest logit zero?"),
        Slip("a_is_the_state", "a[t - 1] = x[t - 1] @ W_x + h[t - 1] @ W_h\n        h[t] = np.tanh(a[t - 1])",
             "h[t] = np.tanh(x[t - 1] @ W_x + h[t - 1] @ W_h)\n        a[t - 1] = h[t]",
             "a holds the states: the tanh is applied to it already.",
             "On which side of the activation does h_t stand, and on which a_t?"),
        Slip("tanh_in_a_and_again", "x[t - 1] @ W_x + h[t - 1] @ W_h",
             "np.tanh(x[t - 1] @ W_x + h[t - 1] @ W_h)",
             "a has passed through tanh already, and the state passes through it once more.",
             "On which side of the activation does h_t stand, and on which a_t?"),
        Slip("input_after_tanh", "h[t] = np.tanh(a[t - 1])",
             "h[t] = x[t - 1] @ W_x + np.tanh(h[t - 1] @ W_h)",
             "Only the recurrent term passes through tanh on its way to the state; the input is added "
             "behind it.",
             "Of which sum is the state the tanh?"),
        Slip("output_weights_inside_tanh", "o = h[1:] @ W_y", "o = np.tanh(a @ W_y)",
             "o is the tanh of a W_y: W_y stands inside the activation.",
             "In which order do the activation and W_y come between a_t and o_t?"),
    ),
)

JACOBIAN = Exercise(
    id="03.step_jacobian",
    title="The Jacobian of one step",
    points=2,
    section="2 One step back: the Jacobian",
    function="step_jacobian",
    items=("S3.2", "S4.14"),
    answers=("paths.step_jacobians",),
    outputs=("J",),
    instance=_params_and_states,
    reference=_jacobian_reference,
    call=_jacobian_at_every_t,
    which_call=_which_t,
    asks="Compare a single entry with the formula: which slope and which weight does it hold?",
    slips=(
        Slip("weights_not_transposed", 'params["W_h"].T', 'params["W_h"]',
             "J is diag(slope) times W_h: the matrix is not transposed.",
             "Entry [i, j] belongs to h_t[i] and h_{t-1}[j]; which entry of W_h leads from j to i?"),
        Slip("slope_on_columns", "slope[:, None]", "slope",
             "Each column of J is multiplied by a slope; the slopes belong to the new state's entries.",
             "A diagonal matrix on the left: does it multiply rows or columns?"),
        Slip("other_layout", 'slope[:, None] * params["W_h"].T', 'params["W_h"] * slope',
             "J is transposed: its rows belong to h_{t-1} and its columns to h_t.",
             "Numerator layout: which of the two states do the rows belong to?"),
        Slip("slope_missing", "slope = 1 - h[t] ** 2", "slope = np.ones_like(h[t])",
             "J is the transposed matrix alone: the slope of tanh is missing.",
             "What lies between a_t and h_t?"),
        Slip("weights_missing", 'slope[:, None] * params["W_h"].T', "np.diag(slope)",
             "J holds the slopes on its diagonal and no weights.",
             "How does h_{t-1} get into a_t?"),
        Slip("slope_of_previous_state", "1 - h[t] ** 2", "1 - h[t - 1] ** 2",
             "The slope is taken at h_{t-1}, the state the step reads.",
             "Which state is the output of step t's tanh?"),
        Slip("slope_activated_twice", "1 - h[t] ** 2", "1 - np.tanh(h[t]) ** 2",
             "The slope is 1 - tanh(h)²: tanh is applied to a value that has been through it.",
             "What do the rows of h hold already?"),
        Slip("slope_not_squared", "1 - h[t] ** 2", "1 - h[t]",
             "The slope is 1 - h, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("slope_of_logistic", "1 - h[t] ** 2", "h[t] * (1 - h[t])",
             "The slope is h(1 - h): that belongs to the logistic function.",
             "Which activation does this network use?"),
        Slip("slope_inverted", "1 - h[t] ** 2", "1 / (1 - h[t] ** 2)",
             "The weights are divided by the slope: that is the derivative of the inverse function.",
             "Is h_t a function of a_t, or a_t one of h_t?"),
        *tanh_slopes("1 - h[t] ** 2", "h[t]", "h_t", known=("of_logistic",)),
        Slip("slope_of_preactivation", "1 - h[t] ** 2", "1 - np.arctanh(h[t]) ** 2",
             "The slope is 1 - a²; that formula takes the activation's output.",
             "tanh'(a) = 1 - (?)²: is the bracket a_t or h_t?"),
        Slip("slope_two_steps_early", "1 - h[t] ** 2", "1 - h[t - 2] ** 2",
             "The slope is taken at h_{t-2}, two steps too early; at step 1 at the last state.",
             "Which state is the output of step t's tanh?"),
        Slip("slope_squared", 'slope[:, None] * params["W_h"].T', 'slope[:, None] ** 2 * params["W_h"].T',
             "The slope stands in J twice.",
             "How often does h_{t-1} pass through the tanh of step t?"),
        Slip("slope_on_both_sides", 'slope[:, None] * params["W_h"].T',
             'slope[:, None] * params["W_h"].T * slope',
             "The rows and the columns of the weights are multiplied by the slope.",
             "J[i, j]: which index belongs to the state of step t, and which to the one before?"),
        Slip("identity_added", 'slope[:, None] * params["W_h"].T',
             'slope[:, None] * params["W_h"].T + np.eye(len(slope))',
             "The identity is added, as for a residual connection.",
             "Does h_{t-1} enter h_t in any other way than through W_h?"),
        Slip("state_for_slope", "slope = 1 - h[t] ** 2", "slope = h[t]",
             "The state stands in the place of the slope of tanh.",
             "By how much does h_t move when a_t moves by 1?"),
        Slip("slope_added", 'slope[:, None] * params["W_h"].T', 'slope[:, None] + params["W_h"].T',
             "The slope is added to the weights; it should multiply them.",
             "Two functions in a row: do their derivatives add or multiply?"),
    ),
)

TRANSITION = Exercise(
    id="03.transition",
    title="The product of Jacobians",
    points=2,
    section="3 Many steps back: order",
    function="transition",
    builds_on=("step_jacobian",),
    items=("S1.8", "S3.2", "S4.15", "S4.16", "S4.17"),
    answers=("paths.transition",),
    outputs=("J",),
    instance=_params_and_states,
    reference=_transition_reference,
    call=_transition_at_every_pair,
    which_call=_which_pair,
    asks="Compare t = k, where there is no factor, then t = k + 2, where there are two: which, and in "
    "which order?",
    slips=(
        Slip("ascending", "step_jacobian(params, h, s) @ J", "J @ step_jacobian(params, h, s)",
             "Right for one factor and wrong from two on: the earliest Jacobian stands on the left.",
             "A change of h_k passes step k+1 first; in J v, which factor of J meets v first?"),
        Slip("factor_too_many", "range(k + 1, t + 1)", "range(k, t + 1)",
             "Every product has one factor too many: it contains J_k.",
             "How many steps are there from h_k to h_t - and for t = k?"),
        Slip("factor_too_few", "range(k + 1, t + 1)", "range(k + 1, t)",
             "Every product ends one step early: J_t is missing.",
             "Which Jacobian takes the last step, into h_t?"),
        Slip("factors_one_early", "range(k + 1, t + 1)", "range(k, t)",
             "The factors are J_k to J_{t-1}, each one step too early.",
             "Which Jacobian leads from h_k to h_{k+1}?"),
        Slip("always_from_the_start", "range(k + 1, t + 1)", "range(1, t + 1)",
             "Every product goes back to h_0, whatever k is.",
             "At which state does the path begin?"),
        Slip("always_to_the_end", "range(k + 1, t + 1)", "range(k + 1, len(h))",
             "Every product runs on to the last step T, whatever t is.",
             "At which state does the path end?"),
        Slip("factors_added", "J = step_jacobian(params, h, s) @ J", "J = step_jacobian(params, h, s) + J",
             "The Jacobians along the path are added.",
             "Two linear maps one after the other: is that their sum?"),
        Slip("elementwise", "step_jacobian(params, h, s) @ J", "step_jacobian(params, h, s) * J",
             "The Jacobians are multiplied entry by entry.",
             "A change of one unit reaches all units of the next state; where does the sum over them occur?"),
        Slip("same_factor", "step_jacobian(params, h, s)", "step_jacobian(params, h, t)",
             "All factors are the same J_t: a power of one Jacobian.",
             "Do all steps have the same slopes?"),
        Slip("factors_transposed", "step_jacobian(params, h, s) @ J", "step_jacobian(params, h, s).T @ J",
             "Every factor is transposed, while the order has stayed.",
             "Transposing a product turns its order round; was only one of the two done?"),
        Slip("transposed", "J = step_jacobian(params, h, s) @ J", "J = J @ step_jacobian(params, h, s).T",
             "The product is transposed: its rows belong to h_k.",
             "Which state do the rows of J_{t:k} belong to?"),
        Slip("last_factor_only", "step_jacobian(params, h, s) @ J", "step_jacobian(params, h, s)",
             "Only the last factor is left: each overwrites the product before it.",
             "What happens to the factors of the earlier steps?"),
        Slip("no_identity", "    return J", "    return J if t > k else np.zeros_like(J)",
             "J is right for t > k only: a product of no factors is the identity.",
             "What does J_{k:k} have to be, so that J_{k+1:k} is one step Jacobian?"),
        Slip("starts_from_ones", "np.eye(h.shape[1])", "np.ones((h.shape[1], h.shape[1]))",
             "The product starts from a matrix of ones.",
             "Which matrix changes nothing when it is multiplied?"),
        Slip("one_factor_too_many", "range(k + 1, t + 1)", "range(max(k, 1), t + 1)",
             "One Jacobian too many stands in the product: that of step k.",
             "The step from h_k: is it step k or step k + 1?"),
        Slip("first_factor_missing", "range(k + 1, t + 1)", "range(k + 2, t + 1)",
             "The product starts one step late: J_{k+1} is missing.",
             "From h_k to h_t, which steps does the product go through?"),
        Slip("first_factor_for_all", "step_jacobian(params, h, s)", "step_jacobian(params, h, k + 1)",
             "The factors are all the same J_{k+1}.",
             "Do all steps have the same slopes?"),
        Slip("weights_only", "step_jacobian(params, h, s) @ J", 'params["W_h"].T @ J',
             "The factors are the weights alone: the slopes of tanh are missing.",
             "What lies between a_s and h_s?"),
        Slip("slopes_and_weights_apart", "return J",
             "return np.prod(1 - h[k + 1 : t + 1] ** 2, axis=0)[:, None] * "
             'np.linalg.matrix_power(params["W_h"].T, t - k)',
             "The slopes of all steps are multiplied first, and then a power of the weights: the two do "
             "not commute.",
             "Between two multiplications by W_h, what happens to the adjoint?"),
        Slip("kept_and_added", "J = step_jacobian(params, h, s) @ J",
             "J = J + step_jacobian(params, h, s) @ J",
             "Every product is added to the one before; it should take its place.",
             "Is there a way from h_{s-1} past h_s?"),
        Slip("always_the_identity", "range(k + 1, t + 1)", "range(t + 1, k + 1)",
             "The loop is empty, as t and k stand in each other's place: the identity comes back.",
             "Which of the two is larger, t or k?"),
        Slip("first_factor_only", "J = step_jacobian(params, h, s) @ J",
             "J = J if s > k + 1 else step_jacobian(params, h, s) @ J",
             "Only the first factor J_{k+1} is left.",
             "From h_k to h_t, which steps does the product go through?"),
        Slip("averaged", "return J", "return J / max(1, t - k)",
             "The product is divided by the number of hops.",
             "Is there a sum in J_{t:k} whose mean could be taken?"),
        Slip("starts_from_the_first_jacobian", "J = np.eye(h.shape[1])",
             "J = step_jacobian(params, h, k + 1) if t > k else np.eye(h.shape[1])",
             "J_{k+1} stands in the product twice: the loop begins with it, and starts from it.",
             "With t = k + 1, how many factors are there?"),
        Slip("factors_one_early_without_h_0", "range(k + 1, t + 1)", "range(max(k, 1), t)",
             "The product runs over steps k to t - 1, from 1 on; those from k + 1 to t are asked for.",
             "Which steps lie between h_k and h_t?"),
        Slip("last_factor_twice", "    return J",
             "    return step_jacobian(params, h, t) @ J if t > k else J",
             "The Jacobian of step t stands in the product twice.",
             "How often does a path from h_k to h_t pass step t?"),
    ),
)

TERMS = Exercise(
    id="03.path_terms",
    title="The path terms of one loss",
    points=4,
    section="4 The paths of one loss",
    function="path_terms",
    builds_on=("step_jacobian", "transition"),
    items=("S1.6", "S1.9", "S4.13", "S4.14"),
    answers=("paths.path_terms",),
    outputs=("W_x", "W_h"),
    instance=_states_and_adjoints,
    reference=_terms_reference,
    call=_terms_at_every_t,
    which_call=_which_t,
    asks="Take t = 1, where there is one term and no Jacobian. If it is right, compare t = 2, then t = 3.",
    slips=(
        Slip("adjoints_summed_without_hops",
             "dh[t - 1] @ transition(params, h, t, k)",
             "dh[k - 1 : t].sum(axis=0)",
             "The adjoints of several steps are added as they are: none has been passed back to step "
             "k.",
             "What lies between h_t and h_k, and which losses does this exercise ask for?"),
        Slip("no_transition", "dh[t - 1] @ transition(params, h, t, k)", "dh[t - 1]",
             "Only the terms k = t are right: the row never travels back to h_k.",
             "Does the loss at step t depend on h_k directly when k is earlier than t?"),
        Slip("transition_ascending", "transition(params, h, t, k)",
             "np.linalg.multi_dot([np.eye(h.shape[1]), np.eye(h.shape[1]), "
             "*[step_jacobian(params, h, s) for s in range(k + 1, t + 1)]])",
             "From two Jacobians on, a path takes them in the wrong order: the earliest stands on the left.",
             "The row from the loss meets the Jacobians on its way back: which one first?"),
        Slip("one_hop_too_many", "transition(params, h, t, k)", "transition(params, h, t, k - 1)",
             "Every term has one Jacobian too many: the row is carried on to h_{k-1}.",
             "W_h is used at step k; which state is the first that this use changes?"),
        Slip("transition_on_columns", "dh[t - 1] @ transition(params, h, t, k)",
             "transition(params, h, t, k) @ dh[t - 1]",
             "The terms with k < t differ: the Jacobians act on the adjoint from the wrong side.",
             "An adjoint is a row here; which index of the Jacobian has to meet it?"),
        Slip("adjoint_of_step_k", "reach = dh[t - 1]", "reach = dh[k - 1]",
             "Each term starts from the adjoint of step k: losses other than L_t enter.",
             "Whose gradient is this, and which row of dh did that loss send?"),
        Slip("adjoints_summed", "reach = dh[t - 1]", "reach = dh[:t].sum(axis=0)",
             "Every term starts from the sum of all adjoints up to t.",
             "How many losses does this function ask about?"),
        Slip("upstream_ones", "reach = dh[t - 1]", "reach = np.ones_like(h[0])",
             "The row from the loss is taken as ones: dh is not used.",
             "What does dh tell you that a vector of ones does not?"),
        Slip("slope_missing", "da = reach * slope[k - 1]", "da = reach",
             "Every term misses the slope at step k: it stops at h_k, on the wrong side of tanh.",
             "The matrix is used inside a_k; what lies between a_k and h_k?"),
        Slip("slope_of_step_t", "slope[k - 1]", "slope[t - 1]",
             "The terms with k < t use the slope of step t.",
             "Where is the matrix used, and which tanh comes right after that?"),
        Slip("slope_of_previous_state", "1 - h[1:] ** 2", "1 - h[:-1] ** 2",
             "The slope is taken at h_{k-1}, the state the step reads.",
             "Which state is the output of step k's tanh?"),
        Slip("slope_activated_twice", "1 - h[1:] ** 2", "1 - np.tanh(h[1:]) ** 2",
             "The slope is 1 - tanh(h)²: tanh is applied to a value that has been through it.",
             "What do the rows of h hold already?"),
        Slip("slope_not_squared", "1 - h[1:] ** 2", "1 - h[1:]",
             "The slope is 1 - h, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("new_state", "np.outer(h[k - 1], da)", "np.outer(h[k], da)",
             "W_h is formed with h_k, the state the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_k?"),
        Slip("state_of_step_t", "np.outer(h[k - 1], da)", "np.outer(h[t - 1], da)",
             "All terms of W_h are formed with the state that step t reads.",
             "Each term belongs to another use of W_h; what did that use multiply?"),
        Slip("input_of_step_t", "np.outer(x[k - 1], da)", "np.outer(x[t - 1], da)",
             "All terms of W_x are formed with the input of step t.",
             "Each term belongs to another use of W_x; what did that use multiply?"),
        Slip("w_h_transposed", "np.outer(h[k - 1], da)", "np.outer(da, h[k - 1])",
             "W_h is transposed: the outer product is the wrong way round, and a square matrix hides it.",
             "Which index of W_h belongs to the state that is read?"),
        Slip("w_h_from_inputs_slope", 'terms["W_h"].append(np.outer(h[k - 1], da))',
             'terms["W_h"].append(np.outer(h[k - 1], reach))',
             "W_h misses the slope at step k: it is formed with what arrives at h_k, this side of tanh.",
             "Both matrices are used at the same place; which row arrives there?"),
        Slip("w_x_without_slope", 'terms["W_x"].append(np.outer(x[k - 1], da))',
             'terms["W_x"].append(np.outer(x[k - 1], reach))',
             "W_x misses the slope at step k: it is formed with what arrives at h_k, this side of tanh.",
             "Both matrices are used at the same place; which row arrives there?"),
        Slip("latest_first", "for k in range(1, t + 1)", "for k in range(t, 0, -1)",
             "The terms are right and stand in the opposite order: the latest use comes first.",
             "Which use of the matrix belongs to entry 0?"),
        Slip("total_derivative", "np.array(term)", "np.cumsum(term, axis=0)",
             "Each entry holds all earlier terms as well: the last factor is a total derivative of h_k.",
             "The total derivative of h_k knows of all earlier uses; how many uses is a term for?"),
        Slip("hop_weights_only", "transition(params, h, t, k)",
             'np.linalg.matrix_power(params["W_h"].T, t - k)',
             "The terms with k < t travel through the weights alone: no slopes between h_t and h_k.",
             "Each step on the way has a tanh; what does it do to the row?"),
        *tanh_slopes("1 - h[1:] ** 2", "h[1:]", "h_k"),
        Slip("slope_of_preactivation", "1 - h[1:] ** 2", "1 - np.arctanh(h[1:]) ** 2",
             "The slope is 1 - a²; that formula takes the activation's output.",
             "tanh'(a) = 1 - (?)²: is the bracket a_k or h_k?"),
        Slip("adjoint_of_the_last_step", "reach = dh[t - 1]", "reach = dh[-1]",
             "Every term begins with the dh of the last step T, whatever t is.",
             "Of which loss are these the terms?"),
        Slip("adjoint_of_the_step_before", "reach = dh[t - 1]", "reach = dh[t - 2]",
             "Every term begins with the dh of the step before; at t = 1 with the last one.",
             "dh has T entries: which one belongs to h_t?"),
        Slip("one_hop_too_few", "transition(params, h, t, k)", "transition(params, h, t, min(k + 1, t))",
             "Every path has one hop too few: it ends at h_{k+1}.",
             "Walk from L_t back to the use at step k: which factors does the path pass, in which order?"),
        Slip("transition_from_the_start", "transition(params, h, t, k)", "transition(params, h, t, 0)",
             "Every path goes back to h_0, whatever k is.",
             "Walk from L_t back to the use at step k: which factors does the path pass, in which order?"),
        Slip("transition_from_the_last_step", "transition(params, h, t, k)",
             "transition(params, h, len(x), k)",
             "Every path begins at the last step T, whatever t is.",
             "Of which loss are these the terms?"),
        Slip("powers_of_the_last_jacobian", "transition(params, h, t, k)",
             "np.linalg.matrix_power(step_jacobian(params, h, t), t - k)",
             "All hops of a path have the same Jacobian, that of step t.",
             "Do all steps have the same slopes?"),
        Slip("one_hop_for_all", "transition(params, h, t, k)",
             "(step_jacobian(params, h, t) if k < t else np.eye(h.shape[1]))",
             "Every path has at most one hop.",
             "Walk from L_t back to the use at step k: which factors does the path pass, in which order?"),
        Slip("slope_twice", "reach * slope[k - 1]", "reach * slope[k - 1] ** 2",
             "The slope of step k is there twice.",
             "Walk from L_t back to the use at step k: which factors does the path pass, in which order?"),
        Slip("input_one_early", "np.outer(x[k - 1], da)", "np.outer(x[k - 2], da)",
             "W_x is formed with the input of the step before; at step 1, with that of step T.",
             "Which entry of x does step k read?"),
        Slip("state_two_back", "np.outer(h[k - 1], da)", "np.outer(h[k - 2], da)",
             "W_h is formed with the state before the one the step reads; at step 1 with the last one.",
             "Where in h is the state that step k reads?"),
        Slip("initial_state_for_all", "np.outer(h[k - 1], da)", "np.outer(h[0], da)",
             "W_h is formed with the initial state in every term.",
             "Which state does step 3 read?"),
        Slip("all_hold_the_sum", "np.array(term)", "np.zeros_like(term) + np.sum(term, axis=0)",
             "Every entry holds the sum of all terms.",
             "How many uses does one entry stand for?"),
        Slip("summed_from_the_end", "np.array(term)", "np.cumsum(term[::-1], axis=0)[::-1]",
             "Each entry holds the sum of its own term and of those after it.",
             "How many uses does one entry stand for?"),
        Slip("state_for_slope", "slope = 1 - h[1:] ** 2", "slope = h[1:]",
             "The state stands in the place of the slope of tanh.",
             "By how much does h_k move when a_k moves by 1?"),
    ),
)

GRADIENT = Exercise(
    id="03.gradient_by_paths",
    title="The gradient as a double sum",
    points=3,
    section="5 The gradient of the whole sequence",
    function="gradient_by_paths",
    builds_on=("step_jacobian", "transition", "path_terms"),
    items=("S1.7", "S1.8", "S1.9", "S4.15", "S4.53"),
    answers=("rnn.backward", "rnn.sweep", "rnn.gradients", "paths.path_terms"),
    outputs=("W_x", "W_h"),
    instance=_states_and_adjoints,
    reference=_gradient_reference,
    sweep=Sweep((3,), long=lambda number: _states_and_adjoints(number, (LONG, 2, 4, 3))),
    spectrum=_contributions,
    backward=True,
    asks="Which pairs of a loss t and a use k does your double sum hold, and how often each?",
    slips=(
        Slip("overwritten", "grads[name] += terms", "grads[name] = terms",
             "Only the last loss is in the gradient, as if each loss overwrote the one before.",
             "The loss of the sequence is a sum; what happens to the gradients of its parts?"),
        Slip("immediate_only", "terms[name].sum(axis=0)", "terms[name][-1]",
             "Only paths of length zero are there: each loss counts the use at its own step alone.",
             "Does L_t depend on the use of the matrix at an earlier step?"),
        Slip("one_hop_only", "terms[name].sum(axis=0)", "terms[name][-2:].sum(axis=0)",
             "Each loss goes back one step and no further: the longer paths are missing.",
             "At which step does the inner sum begin?"),
        Slip("longest_only", "terms[name].sum(axis=0)", "terms[name][0]",
             "Each loss counts the use at step 1 alone.",
             "How many uses of the matrix come before a loss at step t?"),
        Slip("own_use_missing", "terms[name].sum(axis=0)", "terms[name][:-1].sum(axis=0)",
             "The use at the loss's own step is missing: the inner sum ends at t - 1.",
             "May a path begin at the step where it ends?"),
        Slip("first_use_missing", "terms[name].sum(axis=0)", "terms[name][1:].sum(axis=0)",
             "The use at step 1 is missing from every loss.",
             "At which step is the matrix used for the first time?"),
        Slip("first_loss_missing", "range(1, T + 1)", "range(2, T + 1)",
             "L_1 is missing from the sum over the losses.",
             "At which step is the first loss, once the steps count from 1?"),
        Slip("last_loss_missing", "range(1, T + 1)", "range(1, T)",
             "The last loss is missing from the sum.",
             "Which is the last value of t that the loop visits?"),
        Slip("averaged_over_uses", "terms[name].sum(axis=0)", "terms[name].mean(axis=0)",
             "Each loss contributes the mean of its terms: the uses are averaged, not added.",
             "When one number is used five times and moves, do its effects add up or average out?"),
        Slip("counted_twice", "terms[name].sum(axis=0)",
             "np.cumsum(terms[name], axis=0).sum(axis=0)",
             "Paths are counted more than once, older ones more often: two total derivatives are multiplied.",
             "Which of the factors of a path is immediate?"),
        Slip("w_x_not_recursive", "terms[name].sum(axis=0)",
             '(terms[name].sum(axis=0) if name == "W_h" else terms[name][-1])',
             "W_x holds paths of length zero only, while W_h is right: W_x was taken to have no recursion.",
             "x_t does not depend on W_x, but does h_{t-1}?", alone=True),
        Slip("earlier_losses_counted_again", "grads[name] += terms[name].sum(axis=0)",
             "grads[name] += grads[name] + terms[name].sum(axis=0)",
             "Earlier losses count again at every step: what was summed so far is added to itself.",
             "How often should the gradient of L_1 be in the result?"),
        Slip("subtracted", "grads[name] += terms", "grads[name] -= terms",
             "The gradient has the opposite sign: it is the direction of descent.",
             "Is the gradient asked for, or the step that an optimiser takes?"),
        Slip("averaged_over_time", "return grads", "return {name: g / T for name, g in grads.items()}",
             "The gradient is divided by T: it is that of the mean loss.",
             "Is the loss of the sequence the sum or the mean of its parts?"),
        Slip("w_h_not_recursive", "terms[name].sum(axis=0)",
             '(terms[name].sum(axis=0) if name == "W_x" else terms[name][-1])',
             "W_h holds each step's own use only; W_x has all of them.",
             "Which losses add to the gradient, and which uses does each of them reach?"),
        Slip("last_loss_again_and_again", "path_terms(params, x, h, dh, t)",
             "path_terms(params, x, h, dh, T)",
             "The last loss is counted T times, the others are not.",
             "Which losses add to the gradient, and which uses does each of them reach?"),
        Slip("first_loss_only", "range(1, T + 1)", "range(1, 2)",
             "Only the first loss is counted.",
             "Which losses add to the gradient, and which uses does each of them reach?"),
        Slip("each_loss_counted_t_times", "grads[name] += terms[name].sum(axis=0)",
             "grads[name] += t * terms[name].sum(axis=0)",
             "The loss of step t is counted t times.",
             "How often does L_t stand in L_1 + ... + L_T?"),
        Slip("starts_from_ones", "np.zeros_like(params[name])", "np.ones_like(params[name])",
             "The sums start from ones in the place of zeros.",
             "What is a sum with no terms?"),
        Slip("starts_from_the_weights", "np.zeros_like(params[name])", "params[name].copy()",
             "The sums start from the weights in the place of zeros.",
             "What is a sum with no terms?"),
        Slip("all_but_the_own_use_twice", "terms[name].sum(axis=0)",
             "(2 * terms[name].sum(axis=0) - terms[name][-1])",
             "Every use but the own one is counted twice.",
             "Which losses add to the gradient, and which uses does each of them reach?"),
        Slip("doubled", "grads[name] += terms[name].sum(axis=0)",
             "grads[name] += 2 * terms[name].sum(axis=0)",
             "Every term is counted twice.",
             "Is there a square in the formula whose 2 would come down?"),
        Slip("uses_after_the_loss_too",
             "terms = path_terms(params, x, h, dh, t)\n"
             "        for name in grads:\n"
             "            grads[name] += terms[name].sum(axis=0)",
             "for k in range(1, T + 1):\n"
             "            J = transition(params, h, max(t, k), min(t, k))\n"
             "            da = dh[t - 1] @ J * (1 - h[k] ** 2)\n"
             '            grads["W_x"] += np.outer(x[k - 1], da)\n'
             '            grads["W_h"] += np.outer(h[k - 1], da)',
             "Every loss is paired with every use, also with those that come after it.",
             "Can a weight's use at step 5 change the loss of step 3?"),
        Slip("uses_after_the_loss_only",
             "terms = path_terms(params, x, h, dh, t)\n"
             "        for name in grads:\n"
             "            grads[name] += terms[name].sum(axis=0)",
             "for k in range(t, T + 1):\n"
             "            J = transition(params, h, max(t, k), min(t, k))\n"
             "            da = dh[t - 1] @ J * (1 - h[k] ** 2)\n"
             '            grads["W_x"] += np.outer(x[k - 1], da)\n'
             '            grads["W_h"] += np.outer(h[k - 1], da)',
             "Every loss is paired with the uses at its own step and after it, in the place of those "
             "before.",
             "Can a weight's use at step 5 change the loss of step 3?"),
    ),
)

REFUTE_ORDER = Exercise(
    id="03.refute_order",
    title="Refute: the order is a small correction",
    points=1,
    section="3 Many steps back: order",
    function="two_orders",
    items=("S3.2", "S4.17"),
    outputs=("two_orders",),
    kind="value",
    verify=_refute_order,
)

REFUTE_OVERCOUNT = Exercise(
    id="03.refute_overcount",
    title="Refute: over-counting points the right way",
    points=1,
    section="6 Why the last factor is immediate",
    function="wrong_way",
    items=("S1.8", "S4.53"),
    outputs=("wrong_way",),
    kind="value",
    verify=_refute_overcount,
)

EXERCISES = (FORWARD, JACOBIAN, TRANSITION, REFUTE_ORDER, TERMS, GRADIENT, REFUTE_OVERCOUNT)
