"""Lesson 06: total Jacobians as tensors, and back-propagation with a bounded look back."""

import numpy as np

from rnnlib import paths, rnn, truncated

from . import Exercise, Slip
from .families import recomputed_slopes, tanh_slopes
from .sweep import LONG, Sweep

SIZES = ((5, 2, 3, 6), (6, 4, 2, 3), (4, 4, 4, 4))  # T, B, D, H
TENSOR_SIZES = ((4, 2, 3, 5), (5, 4, 2, 3), (3, 3, 3, 3))  # where three axes of units make large tensors
WINDOWS = (2, 1, 7)  # tau; the last is longer than the sequence
CHUNKS = ((2, 3), (2, 4), (3, 3))  # k1, k2; a shorter last chunk, two chunks that reach h0, detached chunks
# long sequences look back further than where other sweeps are cut; with k1 = 1 as far from every step
LONG_SIZES, LONG_WINDOW, LONG_CHUNKS = (LONG, 2, 3, 4), (10,), (1, 11)
NAMES = ("W_x", "W_h", "b_h", "x", "h0")


def _run(seed, sizes=None):
    """Parameters and a finished run of the tanh network: nothing zero, nothing saturated."""
    rng = np.random.default_rng([601, seed])
    T, B, D, H = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.6,
        "W_h": rng.normal(size=(H, H)) / np.sqrt(H),
        "b_h": rng.normal(size=H) * 0.3,
    }
    return params, rnn.forward(params, rng.normal(size=(T, B, D)), rng.normal(size=(B, H)) * 0.6)


def _with_adjoints(seed, sizes=None):
    params, run = _run(seed, sizes)
    return params, run, np.random.default_rng([602, seed]).normal(size=run.a.shape)


def _window_instance(seed):
    return *_with_adjoints(seed), WINDOWS[seed % 3]


def _chunks_instance(seed):
    return *_with_adjoints(seed), *CHUNKS[seed % 3]


def _immediate(params, run):
    """The total derivative of every step as if it were the first: its own use alone."""
    alone = [
        paths.rtrl(params, rnn.Run(run.x[t : t + 1], run.a[t : t + 1], run.h[t : t + 2], run.phi))
        for t in range(len(run.x))
    ]
    return {name: np.concatenate([step[name] for step in alone]) for name in ("W_h", "W_x", "b_h")}


def _contributions(params, run, dh, *_):
    """What the loss at step t gives through the use of W_h at step s."""
    T, H = len(dh), dh.shape[-1]
    parts = np.zeros((T, T, H, H))
    for t in range(1, T + 1):
        parts[t - 1, :t] = paths.path_terms(params, run, dh, t)["W_h"]
    return parts, "W_h"


def _refute_self_reference(answer):
    """A W_h with which X = I ⊗ h + W_hᵀ X has no solution, for the identity as activation."""
    W_h = np.asarray(answer, float)
    if W_h.ndim != 2 or W_h.shape[0] != W_h.shape[1] or not 1 <= len(W_h) <= 100:
        return f"has shape {W_h.shape}, expected (H, H)"
    if not np.isfinite(W_h).all():
        return "contains NaN or infinity"
    if np.abs(W_h).max() > 1e6:
        return "contains a number beyond a million; smaller ones are enough"
    stretch = np.linalg.svd(np.eye(len(W_h)) - W_h.T, compute_uv=False)
    # zero up to the rounding of a product, and of the decomposition, which grows with the largest value
    if stretch[-1] <= 1e-9 + 8 * len(W_h) * np.finfo(float).eps * stretch[0]:
        return None
    return f"I - J has an inverse (smallest singular value {stretch[-1]:.2g}): the equation can be solved"


def _window_errors(W_h, x):
    """Error of the windowed dh_T/dW_h relative to the full one, for tau = 0 … T-1."""
    W_h, x = np.asarray(W_h, float), np.asarray(x, float)
    params = {"W_x": np.eye(len(W_h)), "W_h": W_h}
    run = rnn.forward(params, x[:, None, :])
    now = _immediate({**params, "b_h": np.zeros(len(W_h))}, run)["W_h"]
    J = paths.step_jacobians(params, run)
    T = len(x)
    terms = [np.einsum("bij,bjmn->bimn", paths.transition(J, T, k), now[k - 1]) for k in range(T, 0, -1)]
    full, size = sum(terms), np.linalg.norm(sum(terms))
    if not size > 1e-9:
        return None
    return [np.linalg.norm(sum(terms[: tau + 1]) - full) / size for tau in range(T)]


def _refute_longer(answer):
    """A W_h and inputs for which some longer window has a larger error."""
    W_h, x = (np.atleast_2d(np.asarray(part, float)) for part in answer)
    if W_h.shape[0] != W_h.shape[1] or not 1 <= len(W_h) <= 12:
        return f"W_h has shape {W_h.shape}, expected (H, H) with H at most 12"
    if x.shape[1] != len(W_h) or not 1 <= len(x) <= 40:
        return f"x has shape {x.shape}, expected (T, {len(W_h)}) with T at most 40"
    if not (np.isfinite(W_h).all() and np.isfinite(x).all()):
        return "contains NaN or infinity"
    errors = _window_errors(W_h, x)
    if errors is None:
        return "the full derivative is zero, so there is no error to compare with"
    if any(later > earlier + 1e-6 for earlier, later in zip(errors, errors[1:])):
        return None
    shown = ", ".join(f"{error:.3f}" for error in errors[:8]) + (", …" if len(errors) > 8 else "")
    return f"the errors for tau = 0, 1, … are {shown}: they never rise"


# the slope, in the immediate tensors and in the truncated passes
SLOPES = (
    Slip("slope_of_previous_state", "np.square(run.h[1:])", "np.square(run.h[:-1])",
         "The slope is taken at h_{t-1}, one step too early.",
         "Which state is the output of step t's tanh?"),
    Slip("slope_of_preactivation", "np.square(run.h[1:])", "np.square(run.a)",
         "The slope is 1 - a²; that formula takes the activation's output.",
         "tanh'(a) = 1 - (?)²: is the bracket a_t or h_t?"),
    Slip("slope_not_squared", "np.square(run.h[1:])", "run.h[1:]",
         "The slope is 1 - h, without the square.",
         "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
)

IMMEDIATE = Exercise(
    id="06.immediate_tensors",
    title="Immediate derivatives as tensors",
    points=2,
    section="1 Total and immediate, as tensors",
    function="immediate_tensors",
    items=("S0.4", "S0.5", "S0.6"),
    answers=("paths.rtrl",),
    outputs=("W_h", "W_x", "b_h"),
    instance=_run,
    reference=_immediate,
    asks="Take one entry [t-1, b, i, m, n], or [t-1, b, i, n] of b_h: is n equal to i there, and what "
    "stands in it if so?",
    slips=(
        Slip("slope_missing", "slope = 1 - np.square(run.h[1:])", "slope = np.ones_like(run.a)",
             "W_h, W_x and b_h miss the factor φ'(a_t): the activation is treated as the identity.",
             "h_t = φ(a_t): what does the chain rule put in front of ∂⁺a_t/∂W_h?"),
        *SLOPES,
        Slip("slope_of_logistic", "1 - np.square(run.h[1:])", "run.h[1:] * (1 - run.h[1:])",
             "The slope is h(1 - h): that belongs to the logistic function.",
             "Which activation does this network use?"),
        Slip("w_h_sees_h0_only", "diagonal, run.h[:-1])", "diagonal, np.broadcast_to(run.h[0], run.a.shape))",
             "W_h is multiplied by the initial state at every step.",
             "Which state does step 3 read?"),
        Slip("w_x_input_one_early", "diagonal, run.x)", "diagonal, np.roll(run.x, 1, axis=0))",
             "W_x is multiplied by the input of the step before; at step 1, by that of step T.",
             "Which entry of x does step t read?"),
        Slip("w_h_sees_new_state", "diagonal, run.h[:-1])", "diagonal, run.h[1:])",
             "W_h is multiplied by h_t, the state the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("not_diagonal", "slope[..., None] * np.eye(slope.shape[-1])",
             "slope[..., None] * np.ones((slope.shape[-1], slope.shape[-1]))",
             "No entry is zero: every column n of a weight moves every unit i.",
             "Into which pre-activation does the entry W_h[m, n] go?"),
        Slip("w_h_is_the_step_jacobian", 'np.einsum("tbin,tbm->tbimn", diagonal, run.h[:-1])',
             'np.einsum("tbi,mn,tbm->tbimn", slope, params["W_h"], run.h[:-1])',
             "W_h carries the weight itself as a factor, in every column.",
             "a_t contains h_{t-1} W_h once: what does differentiating with respect to W_h leave of it?"),
        Slip("w_h_axes_exchanged", '"tbin,tbm->tbimn", diagonal, run.h[:-1]',
             '"tbim,tbn->tbimn", diagonal, run.h[:-1]',
             "W_h has its last two axes exchanged: the slope sits at i = m. That is the column form.",
             "In row form, h W_h: does W_h[m, n] lead from unit m to n, or from n to m?"),
        Slip("b_h_without_slope", '"b_h": diagonal',
             '"b_h": np.ones_like(diagonal) * np.eye(slope.shape[-1])',
             "b_h is the identity: the slope is missing there.",
             "By how much does h_t move when a_t does?"),
        Slip("b_h_not_diagonal", '"b_h": diagonal', '"b_h": slope[..., None] + 0 * diagonal',
             "b_h has entries off the diagonal: every bias moves every unit.",
             "Which units does the bias of unit n reach within one step?"),
        *tanh_slopes("1 - np.square(run.h[1:])", "run.h[1:]", "h_t", known=("of_logistic",)),
        *recomputed_slopes("np.square(run.h[1:])", "np.square(np.tanh({}))", 'run.x @ params["W_x"]',
                           'run.h[:-1] @ params["W_h"]', 'params["b_h"]'),
        Slip("slope_activated_twice", "np.square(run.h[1:])", "np.square(np.tanh(run.h[1:]))",
             "The slope is 1 - tanh(h)²: tanh is applied to a value that has been through it.",
             "What does run.h hold already?"),
        Slip("w_h_two_back", "diagonal, run.h[:-1])", "diagonal, run.h[np.arange(len(run.x)) - 1])",
             "W_h is formed with the state before the one the step reads; at step 1 with the last one.",
             "Where in h is the state that step t reads?"),
        Slip("w_h_sees_pre_activation", "diagonal, run.h[:-1])", "diagonal, run.a)",
             "W_h is formed with the pre-activation a_t in the place of the state that the step reads.",
             "Which array does the parameter multiply at step t?"),
        Slip("w_h_without_slope", "diagonal, run.h[:-1])",
             "np.eye(slope.shape[-1]) + 0 * diagonal, run.h[:-1])",
             "W_h misses the slope of tanh.",
             "What lies between a_t and h_t?"),
        Slip("w_x_without_slope", "diagonal, run.x)", "np.eye(slope.shape[-1]) + 0 * diagonal, run.x)",
             "W_x misses the slope of tanh.",
             "What lies between a_t and h_t?"),
        Slip("w_x_sees_first_input_only", "diagonal, run.x)", "diagonal, 0 * run.x + run.x[0])",
             "W_x is formed with the first input at every step.",
             "Which array does the parameter multiply at step t?"),
        Slip("w_h_slope_twice", '"W_h": np.einsum("tbin,tbm->tbimn", diagonal,',
             '"W_h": np.einsum("tbin,tbm->tbimn", diagonal**2,',
             "W_h has the slope of tanh twice.",
             "How often does the product with W_h pass through tanh at one step?"),
        Slip("w_h_not_diagonal", '"W_h": np.einsum("tbin,tbm->tbimn", diagonal,',
             '"W_h": np.einsum("tbi,tbn,tbm->tbimn", slope, slope,',
             "W_h is formed with an outer product of slopes in the place of their diagonal: a weight "
             "reaches every unit.",
             "Which unit does the weight from m to n reach at once?"),
        Slip("added_up_over_the_steps", "diagonal = slope[..., None] * np.eye(slope.shape[-1])",
             "diagonal = np.cumsum(slope[..., None] * np.eye(slope.shape[-1]), axis=0)",
             "The slopes are added up over the steps.",
             "With the state before held still, which step's slope matters?"),
        Slip("weights_on_top", "diagonal = slope[..., None] * np.eye(slope.shape[-1])",
             'diagonal = slope[..., None] * params["W_h"].T',
             "The step Jacobian stands in the place of the diagonal of slopes: W_h is there once too often.",
             "With the state before held still, does a change of the parameter pass W_h at this step?"),
        Slip("b_h_sees_the_state", '"b_h": diagonal', '"b_h": diagonal * run.h[:-1, :, None]',
             "b_h is multiplied by the previous state, as W_h is.",
             "Which number does b_h multiply?"),
    ),
)

RTRL = Exercise(
    id="06.rtrl",
    title="Total Jacobians, forward in time",
    points=3,
    section="2 Forward in time",
    function="rtrl",
    builds_on=("immediate_tensors",),
    items=("S0.4", "S0.5", "S0.6", "S0.8"),
    answers=("paths.rtrl", "paths.step_jacobians"),
    outputs=("W_h", "W_x", "b_h"),
    instance=lambda seed: _run(seed, TENSOR_SIZES[seed % 3]),
    reference=paths.rtrl,
    asks="At which step does the first difference appear, and what does that step add?",
    slips=(
        Slip("no_recursion", 'tensor[t] += np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])', "pass",
             "W_h, W_x and b_h are the immediate derivatives: what earlier steps contribute is missing.",
             "Does h_{t-1} stay put when a weight changes?"),
        Slip("only_w_h_recursive", "tensor in total.values()", 'tensor in (total["W_h"],)',
             "W_x and b_h are immediate while W_h is total: only W_h was taken to be recursive.",
             "x_t does not depend on W_x, but does h_{t-1}?", alone=True),
        Slip("only_weights_recursive", "tensor in total.values()", 'tensor in (total["W_h"], total["W_x"])',
             "b_h is immediate while the others are total.",
             "By which route does the bias used at step 1 reach h_3?", alone=True),
        Slip("carries_the_immediate", "range(1, len(J))", "range(len(J) - 1, 0, -1)",
             "From step 3 on something is missing: each step carries the immediate derivative of the step "
             "before, not its total.",
             "Which tensor must be complete before step t can carry it on?"),
        Slip("immediate_overwritten", "tensor[t] += np.einsum", "tensor[t] = np.einsum",
             "From step 2 on only the carried part is there: the step's own use is overwritten.",
             "How many times does the network use W_h in T steps?"),
        Slip("self_reference", "J[t], tensor[t - 1])", "J[t], tensor[t])",
             "Each step carries its own derivative, not that of the step before.",
             "Whose change arrives at h_t through J_t?"),
        Slip("jacobian_of_the_step_before", "J[t], tensor[t - 1])", "J[t - 1], tensor[t - 1])",
             "The carried part uses J_{t-1}: its slope is that of h_{t-1}, one step too early.",
             "Which Jacobian leads from h_{t-1} to h_t?"),
        Slip("jacobian_transposed", '"bij,bj...->bi..."', '"bji,bj...->bi..."',
             "The Jacobian is transposed where it meets the earlier derivative.",
             "J[i, j] = ∂h_t[i]/∂h_{t-1}[j]: which of the two indices is summed over?"),
        Slip("w_h_not_transposed", 'params["W_h"].T', 'params["W_h"]',
             "J is formed with W_h in place of its transpose.",
             "a_t[i] contains h_{t-1}[j] W_h[?, ?]: which index comes first?"),
        Slip("slope_on_the_wrong_side", "slope[..., None] * params", "slope[..., None, :] * params",
             "In J the slope multiplies the columns: unit j's slope, not unit i's.",
             "Whose activation lies between a_t[i] and h_t[i]?"),
        Slip("jacobian_without_slope", "J = slope[..., None] * params",
             "J = np.ones_like(slope)[..., None] * params",
             "J is the weight alone: the slope φ'(a_t) is missing.",
             "What lies between h_t and a_t?"),
        Slip("slope_of_preactivation", "slope = 1 - np.square(run.h[1:])", "slope = 1 - np.square(run.a)",
             "The slope in J is 1 - a²; that formula takes the activation's output.",
             "tanh'(a) = 1 - (?)²: is the bracket a_t or h_t?"),
        Slip("slope_not_squared", "slope = 1 - np.square(run.h[1:])", "slope = 1 - run.h[1:]",
             "The slope in J is 1 - h, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("first_carry_skipped", "range(1, len(J))", "range(2, len(J))",
             "Nothing is carried from step 1 to step 2.",
             "Which is the first step that has a step before it?"),
        Slip("last_step_left_out", "range(1, len(J))", "range(1, len(J) - 1)",
             "The last step is immediate: nothing is carried into it.",
             "Which is the last index the loop visits?"),
        Slip("summed_without_jacobian", 'np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])', "tensor[t - 1]",
             "The derivatives are added up with no Jacobian between them.",
             "Does a change of h_{t-1} arrive at h_t in full, and in the same units?"),
        Slip("carry_subtracted", "tensor[t] += np.einsum", "tensor[t] -= np.einsum",
             "The carried part has the wrong sign.",
             "The chain rule for two routes: add or subtract?"),
        *tanh_slopes("1 - np.square(run.h[1:])", "run.h[1:]", "h_t", known=("negative",)),
        *recomputed_slopes("np.square(run.h[1:])", "np.square(np.tanh({}))", 'run.x @ params["W_x"]',
                           'run.h[:-1] @ params["W_h"]', 'params["b_h"]'),
        Slip("slope_activated_twice", "np.square(run.h[1:])", "np.square(np.tanh(run.h[1:]))",
             "The slope in the Jacobian is 1 - tanh(h)²: tanh is applied to a value that has been through "
             "it.",
             "What does run.h hold already?"),
        Slip("jacobian_without_w", 'slope[..., None] * params["W_h"].T',
             "slope[..., None] * np.eye(slope.shape[-1])",
             "The Jacobian is the slope alone: W_h is missing.",
             "By how much does a_t move when h_{t-1} moves?"),
        Slip("jacobian_of_the_next_step", "J[t], tensor[t - 1])", "J[(t + 1) % len(J)], tensor[t - 1])",
             "What is carried into step t is multiplied by the Jacobian of step t+1.",
             "Which Jacobian takes h_{t-1} to h_t?"),
        Slip("jacobian_of_the_last_step", "J[t], tensor[t - 1])", "J[-1], tensor[t - 1])",
             "Every step uses the Jacobian of the last one.",
             "Which Jacobian takes h_{t-1} to h_t?"),
        Slip("jacobian_of_the_first_step", "J[t], tensor[t - 1])", "J[0], tensor[t - 1])",
             "Every step uses the Jacobian of the first one.",
             "Which Jacobian takes h_{t-1} to h_t?"),
        Slip("first_step_carried", "J[t], tensor[t - 1])", "J[t], tensor[0])",
             "Every step carries the tensor of step 1.",
             "Which addend belongs to step t itself, and which has to travel from step t-1?"),
        Slip("jacobian_on_both", 'tensor[t] += np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])',
             'tensor[t] = np.einsum("bij,bj...->bi...", J[t], tensor[t] + tensor[t - 1])',
             "The immediate part goes through the Jacobian as well.",
             "Which addend belongs to step t itself, and which has to travel from step t-1?"),
        Slip("jacobian_on_the_immediate", 'tensor[t] += np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])',
             'tensor[t] = np.einsum("bij,bj...->bi...", J[t], tensor[t]) + tensor[t - 1]',
             "The Jacobian multiplies the immediate part, and what is carried misses it.",
             "Which addend belongs to step t itself, and which has to travel from step t-1?"),
        Slip("diagonal_of_the_jacobian", 'np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])',
             'np.einsum("bii,bi...->bi...", J[t], tensor[t - 1])',
             "Only the diagonal of the Jacobian is used: unit i carries its own derivative alone.",
             "Along which weights does a change of unit 1 reach unit 2?"),
        Slip("carry_halved", 'np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])',
             'np.einsum("bij,bj...->bi...", J[t], tensor[t - 1]) / 2',
             "What is carried is halved at every step.",
             "Which addend belongs to step t itself, and which has to travel from step t-1?"),
        Slip("carry_doubled", 'np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])',
             '2 * np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])',
             "What is carried is counted twice.",
             "On how many ways does h_{t-1} enter h_t?"),
        Slip("w_h_not_recursive", "tensor in total.values()", 'tensor in (total["W_x"], total["b_h"])',
             "W_h is immediate only; the other two have the recursion.",
             "Does h_{t-1} depend on W_h?"),
        Slip("all_totals_carried", "tensor[t - 1])", "tensor[:t].sum(axis=0))",
             "The tensors of all earlier steps are carried, not the last one only.",
             "Does the tensor of step t-1 hold what came before it already?"),
        Slip("batch_averaged", 'np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])',
             'np.einsum("bij,bj...->bi...", J[t], tensor[t - 1]).mean(axis=0)',
             "What is carried is averaged over the batch.",
             "Does one instance's state depend on the state of another?"),
    ),
)


def _sweep_slips(at, h_new, h0_test, h0_first, pass_, part):
    """Slips of the lines that both truncated passes have in common, a `pass_` being a window or a sweep.

    at: the index of what the step reads, "k - 1".
    """
    h_prev = f"run.h[{at}]"
    return (
        Slip("carry_without_slope", 'reach = da @ params["W_h"].T', 'reach = reach @ params["W_h"].T',
             "The step back skips the slope: the adjoint of h_t is carried where that of a_t belongs.",
             "On the way forward h_{t-1} passes W_h, and then? Walk it backward."),
        Slip("carry_without_w_h", 'reach = da @ params["W_h"].T', "reach = da",
             "The step back from a_t to h_{t-1} misses W_h.",
             "Which weight did h_{t-1} pass on the way forward?"),
        Slip("carry_w_h_not_transposed", 'reach = da @ params["W_h"].T', 'reach = da @ params["W_h"]',
             "The step back uses W_h in place of its transpose.",
             "Forward, W_h[m, n] leads from unit m to unit n. And backward?"),
        Slip("slope_missing", "slope = 1 - np.square(run.h[1:])", "slope = np.ones_like(run.a)",
             "The slope φ'(a) is missing at every step.",
             "What lies between h_t and a_t?"),
        *SLOPES,
        Slip("w_h_from_state_adjoint", f'grads["W_h"] += {h_prev}.T @ da',
             f'grads["W_h"] += {h_prev}.T @ reach',
             "W_h is formed with the adjoint of h_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where W_h is used?"),
        Slip("w_h_sees_new_state", f'grads["W_h"] += {h_prev}.T', f'grads["W_h"] += {h_new}.T',
             "W_h is multiplied by h_t, the state the step produces, in place of the one it reads.",
             "Which state stands beside W_h in a_t?"),
        Slip("w_h_overwritten", 'grads["W_h"] += ', 'grads["W_h"] = ',
             f"W_h holds one {part}'s part only: each overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("w_x_overwritten", 'grads["W_x"] += ', 'grads["W_x"] = ',
             f"W_x holds one {part}'s part only: each overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("b_h_overwritten", 'grads["b_h"] += ', 'grads["b_h"] = ',
             f"b_h holds one {part}'s part only: each overwrites the one before.",
             "How often is b_h used, and what happens to the parts of its gradient?"),
        Slip("b_h_averaged", "da.sum(axis=0)", "da.mean(axis=0)",
             "b_h is averaged over the batch; the loss is a sum over it.",
             "Each instance adds its own part to the loss. What does that make of the bias?"),
        Slip("h0_from_first_window_only", f"if {h0_test}:", f"if {h0_first}:",
             f"h0 counts the first {pass_} only.",
             f"Can a later {pass_} reach back to step 1 as well?"),
        Slip("h0_from_every_window", f"if {h0_test}:", "if True:",
             f"h0 counts every {pass_}, also those that begin later than at step 1: states that are "
             "held constant pass their adjoint to it.",
             f"Where a {pass_} begins at step 3, which state stands before it?"),
        Slip("h0_without_w_h", 'grads["h0"] += reach', 'grads["h0"] += da',
             "h0 holds the adjoint of a_1: the last step back, through W_h, is missing.",
             "Which step lies between a_1 and h_0?"),
        Slip("h0_overwritten", 'grads["h0"] += reach', 'grads["h0"] = reach',
             f"h0 holds the part of one {pass_}: each overwrites the one before.",
             f"How many {pass_}s reach back to h_0?"),
        Slip("slope_activated_twice", "np.square(run.h[1:])", "np.square(np.tanh(run.h[1:]))",
             "The slope is 1 - tanh(h)²: tanh is applied to a value that has been through it.",
             "What does run.h hold already?"),
        Slip("slope_of_last_state", "np.square(run.h[1:])", "np.square(0 * run.h[1:] + run.h[-1])",
             "Every step has the slope at the last state.",
             "Which state is the output of step t's tanh?"),
        Slip("w_x_from_state_adjoint", f"run.x[{at}].T @ da", f"run.x[{at}].T @ reach",
             "W_x is formed with the adjoint of h_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where W_x is used?"),
        Slip("b_h_from_state_adjoint", "da.sum(axis=0)", "reach.sum(axis=0)",
             "b_h is formed with the adjoint of h_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where b_h is used?"),
        Slip("x_from_state_adjoint", 'da @ params["W_x"].T', 'reach @ params["W_x"].T',
             "x is formed with the adjoint of h_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where x enters?"),
        Slip("w_h_sees_h0_only", f"run.h[{at}].T @ da", "run.h[0].T @ da",
             "W_h is formed with the initial state at every step.",
             "Which state does step 3 read?"),
        Slip("w_h_two_back", f"run.h[{at}].T @ da", f"run.h[{at} - 1].T @ da",
             "W_h is formed with the state before the one the step reads; at step 1 with the last one.",
             "Where in h is the state that step t reads?"),
        Slip("w_h_gradient_transposed", f"run.h[{at}].T @ da", f"da.T @ run.h[{at}]",
             "W_h is the transpose of its gradient; it is square, so no shape gives that away.",
             "Row or column: where does the index of h_{t-1} stand in W_h?"),
        Slip("w_x_input_one_early", f"run.x[{at}].T @ da", f"run.x[{at} - 1].T @ da",
             "W_x is formed with the input of the step before; at step 1, with that of step T.",
             "Which entry of x does step t read?"),
        Slip("w_h_averaged", f"run.h[{at}].T @ da", f"run.h[{at}].T @ da / len(da)",
             "W_h is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("w_x_averaged", f"run.x[{at}].T @ da", f"run.x[{at}].T @ da / len(da)",
             "W_x is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("b_h_one_number", "da.sum(axis=0)", "da.sum()",
             "Every entry of b_h is the same: the sum runs over the hidden units too.",
             "Each unit has its own bias: which axis must be left?"),
        Slip("b_h_first_instance", "da.sum(axis=0)", "da[0]",
             "b_h counts the first instance only.",
             "The forward pass adds b_h to how many rows?"),
        Slip("carry_added", 'reach = da @ params["W_h"].T', 'reach = reach + da @ params["W_h"].T',
             "What is passed back is added to the adjoint of h_t in place of replacing it.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        Slip("carry_slope_twice", 'reach = da @ params["W_h"].T',
             f'reach = (da * slope[{at}]) @ params["W_h"].T',
             "What is passed back is multiplied by the slope of tanh twice.",
             "How often does h_{t-1} pass through the tanh of step t?"),
        Slip("carry_negative", 'reach = da @ params["W_h"].T', 'reach = -da @ params["W_h"].T',
             "What is passed back has the wrong sign at every step.",
             "By how much does a_t move when h_{t-1} moves by 1?"),
        Slip("x_holds_the_sum", f'grads["x"][{at}] += da', 'grads["x"] += da',
             "Every entry of x holds the sum over all steps: x was treated like a shared weight.",
             "How many steps read x_t?"),
        Slip("x_stored_one_early", f'grads["x"][{at}] += da', f'grads["x"][{at} - 1] += da',
             "Every entry of x stands one place too early; the first step's lies at the end.",
             "Which entry of x does step t read?"),
        Slip("x_reversed", "    return grads", '    grads["x"] = grads["x"][::-1]\n    return grads',
             "x stands in the opposite order: its first entry is that of step T.",
             "In which order do the steps stand in x, and in which are they to be returned?"),
        Slip("h0_summed_over_batch", 'grads["h0"] += reach', 'grads["h0"] += reach.sum(axis=0)',
             "h0 is summed over the batch: every instance gets the sum of all.",
             "Does each instance of the batch have an initial state of its own?"),
        Slip("h0_with_a_loss", "    return grads", '    grads["h0"] += dh[0]\n    return grads',
             "h0 holds dh[0] as well; h_0 has no loss of its own, dh[0] belongs to h_1.",
             "dh has T entries and h has T + 1: to which state does the first one belong?"),
        *tanh_slopes("1 - np.square(run.h[1:])", "run.h[1:]", "h_t"),
        *recomputed_slopes("np.square(run.h[1:])", "np.square(np.tanh({}))", 'run.x @ params["W_x"]',
                           'run.h[:-1] @ params["W_h"]', 'params["b_h"]'),
    )


WINDOW = Exercise(
    id="06.truncated_window",
    title="A window for every loss",
    points=4,
    section="5 A window on the past",
    function="truncated_window",
    items=("S0.7", "S0.9", "S0.10"),
    answers=("truncated.window", "truncated.chunks", "rnn.backward", "rnn.sweep", "paths.path_terms"),
    outputs=NAMES,
    instance=_window_instance,
    reference=truncated.window,
    sweep=Sweep((2,), long=lambda number: (*_with_adjoints(number, LONG_SIZES), *LONG_WINDOW), batch=1),
    spectrum=_contributions,
    backward=True,
    asks="Take a loss at one step t only. Which uses of the weights, and which inputs and initial state, "
    "should its window reach, and which does yours?",
    slips=(
        Slip("first_windows_skipped", "range(1, len(dh) + 1)", "range(tau + 1, len(dh) + 1)",
             "The losses of the first steps, whose windows begin before step 1, are left out.",
             "What is the window of the loss at step 1?"),
        Slip("chunks",
             "max(1, t - tau)",
             "max(1, len(dh) - ((len(dh) - t) // (tau + 1) + 1) * (tau + 1) + 1)",
             "One sweep is cut after every τ + 1 steps: these are chunks, not a window for every loss.",
             "How far back does the loss of the step after a cut reach?"),
        Slip("h0_left_over",
             'if first == 1:\n            grads["h0"] += reach',
             'grads["h0"] = reach',
             "h0 is what the last window leaves over, whether it begins at step 1 or not.",
             "The windows of which losses reach h_0?"),
        Slip("h0_of_the_last_loss", "if first == 1:", "if first == 1 and t == len(dh):",
             "h0 hears the last loss only; the losses before that reach it as well.",
             "The windows of which losses begin at step 1?"),
        Slip("no_hops", "first = max(1, t - tau)", "first = t",
             "Only the paths of length zero are there, whatever tau is.",
             "With tau = 2, which uses of W_h should the loss at step 5 reach?"),
        Slip("never_stops", "first = max(1, t - tau)", "first = 1",
             "This is the full gradient: tau is not used.",
             "At which step does the window of the loss at step t begin?"),
        Slip("one_hop_too_many", "max(1, t - tau)", "max(1, t - tau - 1)",
             "Every window is one step too long: tau + 1 hops.",
             "tau counts the Jacobians between the uses. How many uses are that?"),
        Slip("one_hop_too_few", "max(1, t - tau)", "max(1, t - tau + 1)",
             "Every window is one step too short: tau uses, and so tau - 1 hops.",
             "With tau = 0, how many terms should be left?"),
        Slip("one_window_for_all", "max(1, t - tau)", "max(1, len(dh) - tau)",
             "All losses share one window, the last tau + 1 steps: early losses are not counted at all.",
             "Does the window belong to the sequence, or to each loss?"),
        Slip("window_at_the_start", "max(1, t - tau)", "max(1, t - tau) if t <= tau + 1 else t",
             "From step tau + 2 on every window has a single use.",
             "How many hops does the window of a late loss have?"),
        Slip("only_last_loss", "for t in range(1, len(dh) + 1):", "for t in (len(dh),):",
             "Only the loss at the last step is followed back.",
             "At which steps is there a loss?"),
        Slip("last_loss_missing", "for t in range(1, len(dh) + 1):", "for t in range(1, len(dh)):",
             "The loss at the last step is not followed back.",
             "Which is the last step that your loop visits?"),
        Slip("first_loss_missing", "for t in range(1, len(dh) + 1):", "for t in range(2, len(dh) + 1):",
             "The loss at step 1 is not followed back.",
             "Which is the first step that your loop visits?"),
        Slip("own_step_missing", "for k in range(t, first - 1, -1):", "for k in range(t - 1, first - 1, -1):",
             "The use at step t itself is missing, and every adjoint arrives one step too early.",
             "At which step is the path of length zero?"),
        Slip("last_hop_missing", "for k in range(t, first - 1, -1):", "for k in range(t, first, -1):",
             "The earliest use of every window is missing.",
             "Which is the last k that your loop visits?"),
        Slip("upstream_ones", "reach = dh[t - 1]", "reach = np.ones_like(dh[t - 1])",
             "The adjoints from outside are taken as 1: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("dh_of_the_step_before", "reach = dh[t - 1]", "reach = dh[t - 2]",
             "The window of step t starts from the loss of the step before.",
             "Which entry of dh belongs to step t?"),
        Slip("later_losses_too", "reach = dh[t - 1]", "reach = dh[t - 1 :].sum(axis=0)",
             "The window of step t also starts from the losses of later steps.",
             "Which losses should travel in the window of L_t?"),
        Slip("x_overwritten", 'grads["x"][k - 1] += ', 'grads["x"][k - 1] = ',
             "x[t] holds the part of one loss: each overwrites the one before.",
             "How many windows contain step t?"),
        Slip("earlier_losses_too", 'reach = da @ params["W_h"].T',
             'reach = da @ params["W_h"].T + (k > 1) * dh[k - 2]',
             "The window of step t also takes up the losses of the earlier steps that it passes.",
             "Which losses should travel in the window of L_t?"),
        Slip("h0_one_hop_more", "if first == 1:", "if t - tau < 1:",
             "h0 misses the loss at step tau + 1, whose window just reaches step 1: reading h_0 there is "
             "counted as a hop of its own.",
             "With tau = 1, which is the earliest step in the window of L_2, and which state does it read?"),
        *_sweep_slips("k - 1", "run.h[k]", "first == 1", "t == 1", "window", "path"),
        Slip("upstream_of_last_step", "reach = dh[t - 1]", "reach = dh[-1]",
             "Every window starts from the dh of the last step.",
             "Which loss does the window of step t belong to?"),
        Slip("loss_over_the_steps", "reach = dh[t - 1]", "reach = dh[t - 1] / len(dh)",
             "Every gradient is divided by the number of steps; the loss is a sum.",
             "Is the loss divided by T anywhere?"),
        Slip("loss_over_the_batch", "reach = dh[t - 1]", "reach = dh[t - 1] / dh.shape[1]",
             "Every gradient is divided by the batch size; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("window_averaged", "reach = dh[t - 1]", "reach = dh[t - 1] / (tau + 1)",
             "Every loss is divided by the length of its window; the paths are added up.",
             "Does a longer window make the paths in it smaller?"),
        Slip("pieces_from_the_start", "max(1, t - tau)", "t - (t - 1) % (tau + 1)",
             "The sequence is cut into pieces of tau + 1 steps: a loss early in its piece looks back less "
             "than tau steps.",
             "How many steps back does every loss look, also the one after a cut?"),
        Slip("pieces_of_tau", "max(1, t - tau)", "t - (t - 1) % tau",
             "The sequence is cut into pieces of tau steps: a loss early in its piece looks back less "
             "than tau steps.",
             "How many steps back does every loss look, also the one after a cut?"),
        Slip("h0_of_one_window", "if first == 1:", "if t - tau == 1:",
             "h0 gets something only from the window that starts at step 1 without being cut short by it.",
             "Which windows end at h_0, also those that are shorter than tau?"),
    ),
)

CHUNK = Exercise(
    id="06.truncated_chunks",
    title="Truncation in chunks",
    points=4,
    section="5 A window on the past",
    function="truncated_chunks",
    items=("S0.9",),
    answers=("truncated.window", "truncated.chunks", "rnn.backward", "rnn.sweep", "paths.path_terms"),
    outputs=NAMES,
    instance=_chunks_instance,
    reference=truncated.chunks,
    sweep=Sweep((2,), long=lambda number: (*_with_adjoints(number, LONG_SIZES), *LONG_CHUNKS), batch=1),
    spectrum=_contributions,
    backward=True,
    asks="Write down the sweeps for T = 5, k1 = 2, k2 = 3: where does each end, where does it begin, "
    "and which losses does it take?",
    slips=(
        Slip("parameters_of_the_chunk_only",
             'grads["W_x"] += run.x[s].T @ da\n            grads["W_h"] += run.h[s].T @ da\n            '
             'grads["b_h"] += da.sum(axis=0)',
             'grads["W_x"] += run.x[s].T @ da * (s >= used)\n            grads["W_h"] += run.h[s].T @ '
             'da * (s >= used)\n            grads["b_h"] += da.sum(axis=0) * (s >= used)',
             "W_x, W_h and b_h count the steps of the chunk only; the sweep goes on k2 steps, and the "
             "parameters are used there too.",
             "k2 > k1: which uses of the weights lie on the paths of a sweep?", alone=True),
        Slip("h0_left_over",
             'if start == 0:\n            grads["h0"] += reach',
             'grads["h0"] = reach',
             "h0 is what the last sweep leaves over, whether it begins at step 1 or not.",
             "Which sweeps reach h_0?"),
        Slip("no_carry", "reach = reach + dh[s]", "reach = dh[s]",
             "A step with a loss of its own receives nothing from the step after it.",
             "A state is used twice in the unrolled network; by what, besides the loss at its step?"),
        Slip("losses_used_again", "if s >= used:", "if True:",
             "Losses are counted more than once: a sweep also takes those that an earlier one has used.",
             "In a sweep that begins before the last one ended, which losses are new?"),
        Slip("only_last_loss_of_a_chunk", "if s >= used:", "if s == end - 1:",
             "Each sweep takes the loss at its last step only.",
             "How many losses have come since the last sweep?"),
        Slip("first_loss_of_a_chunk_missing", "if s >= used:", "if s > used:",
             "Each sweep leaves out one loss: the earliest of those that no sweep has taken yet.",
             "With T = 5 and k1 = 2, which losses should the sweep that ends at step 4 take?"),
        Slip("carry_not_reset", "reach = np.zeros_like(run.h[0])",
             "reach = reach if used else np.zeros_like(run.h[0])",
             "A sweep starts from what the sweep before passed back last; it should start from nothing.",
             "At its last step, before it has taken a loss: what has reached this sweep?"),
        Slip("one_loss_used_again", "if s >= used:", "if s >= used - 1:",
             "Each sweep takes one loss too many: the last of the sweep before.",
             "The sweep before ended with which loss?"),
        Slip("k2_ignored", "start = max(0, end - k2)", "start = used",
             "Every sweep stops where the one before ended: k2 is not used.",
             "Through how many steps is a sweep to run?"),
        Slip("never_stops", "start = max(0, end - k2)", "start = 0",
             "This is the full gradient: every sweep runs back to step 1.",
             "Through how many steps is a sweep to run?"),
        Slip("one_step_too_many", "max(0, end - k2)", "max(0, end - k2 - 1)",
             "Every sweep is one step too long.",
             "A sweep that ends at step t and has k2 steps: which is its first?"),
        Slip("one_step_too_few", "max(0, end - k2)", "min(end - 1, max(0, end - k2 + 1))",
             "Every sweep is one step too short.",
             "A sweep that ends at step t and has k2 steps: which is its first?"),
        Slip("k2_from_the_chunks_start", "max(0, end - k2)", "max(0, used - k2)",
             "The k2 steps are counted from the beginning of the chunk, not from its end.",
             "The sweep at step t runs through the last k2 steps before what?"),
        Slip("last_chunk_dropped", "for used in range(0, len(dh), k1):",
             "for used in range(0, len(dh) - k1 + 1, k1):",
             "The last, shorter chunk is never swept: its losses are lost.",
             "T need not be a multiple of k1. What happens to the losses after the last full chunk?"),
        Slip("first_chunk_dropped", "for used in range(0, len(dh), k1):",
             "for used in range(k1, len(dh), k1):",
             "The first chunk is never swept: its losses are lost.",
             "Where does the first chunk begin?"),
        Slip("sweep_every_k2", "for used in range(0, len(dh), k1):",
             "for used in range(0, len(dh), k2):",
             "There is a sweep every k2 steps; some losses are never taken.",
             "Which of the two numbers says how often, and which how far?"),
        Slip("k1_and_k2_exchanged", "dh, k1, k2):", "dh, k2, k1):",
             "k1 and k2 are in each other's place: how often there is a sweep, and how far it runs.",
             "For k1 = 2 and k2 = 3, how many sweeps are there in 5 steps?"),
        Slip("only_last_chunk", "for used in range(0, len(dh), k1):",
             "for used in range(0, len(dh), k1)[-1:]:",
             "Only the last chunk is swept.",
             "How many sweeps are there in T steps?"),
        Slip("upstream_ones", "reach = reach + dh[s]", "reach = reach + np.ones_like(dh[s])",
             "The adjoints from outside are taken as 1: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("dh_of_the_step_before", "reach = reach + dh[s]", "reach = reach + dh[s - 1]",
             "Each state gets the dh of the step before.",
             "Which entry of dh belongs to the state that this step has made?"),
        Slip("x_overwritten", 'grads["x"][s] += ', 'grads["x"][s] = ',
             "x[t] holds the part of one sweep: each overwrites the one before.",
             "Can a step lie in more than one sweep?"),
        *_sweep_slips("s", "run.h[s + 1]", "start == 0", "used == 0", "sweep", "step"),
        Slip("upstream_of_last_step", "reach = reach + dh[s]", "reach = reach + dh[-1]",
             "Every state gets the dh of the last step, again and again.",
             "Which entry of dh belongs to the state that this step has made?"),
        Slip("upstream_of_the_chunks_end", "reach = reach + dh[s]", "reach = reach + dh[end - 1]",
             "Every state of a chunk gets the dh of the chunk's last step.",
             "Which entry of dh belongs to the state that this step has made?"),
        Slip("loss_subtracted", "reach = reach + dh[s]", "reach = reach - dh[s]",
             "Each state's own dh is subtracted; it should be added.",
             "Two routes to the loss: add or subtract?"),
        Slip("loss_over_the_batch", "reach = reach + dh[s]", "reach = reach + dh[s] / dh.shape[1]",
             "Every gradient is divided by the batch size; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("loss_over_the_chunk", "reach = reach + dh[s]", "reach = reach + dh[s] / k1",
             "Every gradient is divided by the length of a chunk; the loss is a sum.",
             "Is the loss divided by k1 anywhere?"),
        Slip("chunks_of_k2",
             "range(0, len(dh), k1):\n"
             "        end = min(used + k1, len(dh))\n"
             "        start = max(0, end - k2)",
             "range(0, len(dh), k2):\n"
             "        end = min(used + k2, len(dh))\n"
             "        start = used",
             "The sequence is cut into pieces of k2 steps that do not overlap; k1 has no part in it.",
             "After how many steps does a new sweep begin, and how many does it go back?"),
        Slip("chunks_of_k2_full_length",
             "range(0, len(dh), k1):\n"
             "        end = min(used + k1, len(dh))\n",
             "range(0, len(dh), k2):\n"
             "        end = min(used + k2, len(dh))\n",
             "A sweep begins after every k2 steps; k1 has no part in it.",
             "After how many steps does a new sweep begin, and how many does it go back?"),
    ),
)

REFUTE_SELF = Exercise(
    id="06.refute_self_reference",
    title="Refute: the recursion with the index lost",
    points=1,
    section="2 Forward in time",
    function="unsolvable",
    items=("S0.5",),
    outputs=("unsolvable",),
    kind="value",
    verify=_refute_self_reference,
)

REFUTE_LONGER = Exercise(
    id="06.refute_longer",
    title="Refute: a longer window is always better",
    points=1,
    section="6 Does a longer window always help?",
    function="longer_is_worse",
    items=("S0.9", "S0.10"),
    outputs=("longer_is_worse",),
    kind="value",
    verify=_refute_longer,
)

EXERCISES = (IMMEDIATE, RTRL, REFUTE_SELF, WINDOW, CHUNK, REFUTE_LONGER)
