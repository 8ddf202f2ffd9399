"""Lesson 01: the scalar RNN, its total derivative by recursion, by paths, and in reverse."""

import numpy as np

from rnnlib import losses, scalar

from ..outputs import read_outputs
from . import Exercise, Slip
from .draws import either_sign
from .families import subtracted
from .sweep import LONG, Loud, Sweep


def _system(seed, steps=None):
    """Parameters, inputs and initial state: T from 4 to 6 or as given, everything away from zero."""
    rng = np.random.default_rng([101, seed])
    T = steps or (5, 6, 4)[seed % 3]

    def away(size=None, low=0.45, high=0.95):
        return either_sign(rng, low, high, size)

    params = {"U": float(away()), "W": float(away(low=0.7, high=1.1)), "V": float(away())}
    return params, away(T, 0.3, 1.2), float(away())


def _run(seed, steps=None):
    params, x, s0 = _system(seed, steps)
    return params, scalar.forward(params, x, s0)


def _run_and_adjoints(seed, steps=None):
    params, run = _run(seed, steps)
    do = np.random.default_rng([102, seed]).uniform(0.4, 1.2, len(run.x))
    return params, run, do * np.where(np.arange(len(do)) % 2, -1.0, 1.0)


def _forward_reference(params, x, s0):
    run = scalar.forward(params, x, s0)
    return {"a": run.a, "s": run.s, "o": run.o}


def _at_every_k(function, arguments):
    """Calls a function of k at every step, so that k = 1 and the empty product are in it."""
    params, run = arguments
    totals = [read_outputs(function(params, run, k), ("U", "W"))[0] for k in range(1, len(run.x) + 1)]
    return {name: [total[name] for total in totals] for name in totals[0]}


def _softmax_scalar(params, x, y):
    run = scalar.forward(params, x)
    loss, do = losses.softmax_cross_entropy(run.o[:, None], np.asarray(y, float)[:, None])
    return float(loss), scalar.backward(params, run, do[:, 0])


def _refute_softmax(answer):
    """Two parameter sets, far apart, that the printed model cannot tell apart."""
    if len(answer) != 2 or any(len(params) != 3 for params in answer):
        return "expected two triples (U, W, V)"
    first, second = (dict(zip("UWV", map(float, params))) for params in answer)
    if not all(np.isfinite(v) for p in (first, second) for v in p.values()):
        return "contains NaN or infinity"
    if any(abs(first[n] - second[n]) < 1 for n in "UWV"):
        return "each of U, W and V has to differ by at least 1 between the two triples"
    x, y = np.array([0.5, -1.0, 2.0]), np.ones(3)
    one, two = _softmax_scalar(first, x, y), _softmax_scalar(second, x, y)
    if one[0] != two[0] or any(np.any(g) for g in (*one[1].values(), *two[1].values())):
        return f"the losses are {one[0]:.3g} and {two[0]:.3g}"
    return None


def _refute_immediate(answer):
    """A run in which ∂⁺s_t/∂U and ds_t/dU have opposite signs at some step."""
    U, W, x, s0 = answer
    params = {"U": float(U), "W": float(W), "V": 1.0}
    run = scalar.forward(params, x, float(s0))
    now, total = scalar.immediate(params, run)["U"], scalar.total(params, run)["U"]
    if np.any(np.sign(now) * np.sign(total) < 0):
        return None
    pairs = ", ".join(f"{a:.2g} and {b:.2g}" for a, b in zip(now, total))
    return f"immediate and total for U are {pairs}: at no step do they have opposite signs"


FORWARD = Exercise(
    id="01.scalar_forward",
    title="Run the network",
    points=1,
    section="1 The network",
    function="scalar_forward",
    items=("S3.1",),
    answers=("scalar.forward", "rnn.forward"),
    outputs=("a", "s", "o"),
    instance=_system,
    reference=_forward_reference,
    loud=Loud(((1, 30),), ("a",)),
    asks="At which step does the first difference appear, and what does that step add?",
    slips=(
        Slip("initial_state_dropped", "s[0] = s0", "s[0] = 0.0",
             "s[0] is 0: the initial state that was passed in is never used.",
             "Which entry of s should hold s0?"),
        Slip("weights_swapped", "U * x[t - 1] + W * s[t - 1]", "W * x[t - 1] + U * s[t - 1]",
             "a differs from the first step on: U and W have changed places.",
             "Which of the two weights meets the input?"),
        Slip("recurrence_missing", "U * x[t - 1] + W * s[t - 1]", "U * x[t - 1]",
             "a holds only the input's part: no state reaches the next step.",
             "If every step sees its input alone, what does s[2] know of x[0]?"),
        Slip("state_stuck_at_s0", "W * s[t - 1]", "W * s[0]",
             "a is right at step 1 only: every step is fed the initial state.",
             "Which state does step t read, and where did step t - 1 put it?"),
        Slip("state_two_back", "W * s[t - 1]", "W * s[t - 2]",
             "a differs from step 1 on: each step reads the state before the previous one.",
             "s has T + 1 entries and s[0] is the initial state: where does s_{t-1} stand?"),
        Slip("no_activation", "s[t] = np.tanh(a[t - 1])", "s[t] = a[t - 1]",
             "s equals a: the activation is never applied.",
             "What keeps the states between -1 and 1?"),
        Slip("logistic_activation", "np.tanh(a[t - 1])", "1 / (1 + np.exp(-a[t - 1]))",
             "s is the logistic function of a, not its tanh.",
             "What value should a state have when its pre-activation is 0?"),
        Slip("output_one_step_late", "V * s[1:]", "V * s[:-1]",
             "o is read from the state before each step: o_1 shows s_0.",
             "Which state does o_t see, in the equation and in your slice?"),
        Slip("output_from_preactivation", "V * s[1:]", "V * a",
             "o is V times the pre-activation; the activation is skipped on the way out.",
             "What does V multiply in o_t = V s_t?"),
        Slip("output_activated", "V * s[1:]", "V * np.tanh(s[1:])",
             "o is V times tanh(s): the activation is applied a second time.",
             "Has tanh acted already when s_t is stored?"),
        Slip("output_without_v", "o = V * s[1:]", "o = s[1:]",
             "o equals the states: V is missing.",
             "What is between the state and the output?"),
        subtracted("recurrence_subtracted", "x[t - 1] + W *", "x[t - 1] - W *", "The state's term W s_{t-1}"),
        subtracted("input_subtracted", "a[t - 1] = U", "a[t - 1] = -U", "The input's term U x_t"),
    ),
)

IMMEDIATE = Exercise(
    id="01.immediate",
    title="Immediate derivatives",
    points=2,
    section="2 One step: the immediate derivative",
    function="immediate",
    items=("S3.5",),
    answers=("scalar.immediate",),
    outputs=("U", "W"),
    instance=_run,
    reference=scalar.immediate,
    asks="Which of the factors in ∂⁺s_t/∂W = f'(a_t) s_{t-1} can you compare on its own?",
    asks_of="W",
    slips=(
        Slip("slope_missing", "slope = 1 - run.s[1:] ** 2", "slope = np.ones_like(run.x)",
             "U and W miss the factor f'(a_t): the activation is treated as the identity.",
             "s_t = f(a_t): what does the chain rule put in front of ∂⁺a_t/∂W?"),
        Slip("slope_of_preactivation", "1 - run.s[1:] ** 2", "1 - run.a ** 2",
             "The slope is 1 - a²; that formula takes the activation's output, not its input.",
             "tanh'(a) = 1 - (?)²: is the bracket a_t or s_t?"),
        Slip("slope_activated_twice", "1 - run.s[1:] ** 2", "1 - np.tanh(run.s[1:]) ** 2",
             "The slope is 1 - tanh(s)²: tanh is applied to a value that has been through it.",
             "What does run.s hold already?"),
        Slip("slope_of_previous_state", "1 - run.s[1:] ** 2", "1 - run.s[:-1] ** 2",
             "The slope is taken at s_{t-1}, one step too early.",
             "Which state is the output of step t's tanh?"),
        Slip("slope_not_squared", "1 - run.s[1:] ** 2", "1 - run.s[1:]",
             "The slope is 1 - s, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("slope_of_logistic", "1 - run.s[1:] ** 2", "run.s[1:] * (1 - run.s[1:])",
             "The slope is s(1 - s): that belongs to the logistic function.",
             "Which activation does this network use?"),
        Slip("w_sees_new_state", "slope * run.s[:-1]", "slope * run.s[1:]",
             "W is multiplied by s_t, the state the step produces, in place of the one it reads.",
             "Which state stands beside W in a_t?"),
        Slip("w_is_the_jacobian", "slope * run.s[:-1]", 'slope * params["W"]',
             "W holds f'(a_t) W: that is ∂s_t/∂s_{t-1}, the derivative by the state.",
             "a_t = U x_t + W s_{t-1}: by which of the two factors is the derivative asked?"),
        Slip("u_is_the_input_jacobian", "slope * run.x", 'slope * params["U"]',
             "U holds f'(a_t) U: that is ∂s_t/∂x_t, the derivative by the input.",
             "In U x_t, what remains when the derivative is by U?"),
        Slip("weight_on_top_w", "slope * run.s[:-1]", 'slope * run.s[:-1] * params["W"]',
             "W carries a factor W too many.",
             "a_t contains W s_{t-1} once: what does differentiating by W leave of it?"),
        Slip("weight_on_top_u", "slope * run.x", 'slope * run.x * params["U"]',
             "U carries a factor U too many.",
             "a_t contains U x_t once: what does differentiating by U leave of it?"),
        Slip("names_swapped", '{"U": slope * run.x, "W": slope * run.s[:-1]}',
             '{"W": slope * run.x, "U": slope * run.s[:-1]}',
             "U and W have changed places.",
             "Which of the two parameters multiplies the input?"),
    ),
)

RECURSION = Exercise(
    id="01.total_by_recursion",
    title="Total derivative by recursion",
    points=3,
    section="3 All steps: the recursion",
    function="total_by_recursion",
    builds_on=("immediate",),
    items=("S0.5", "S3.3", "S3.4",),
    answers=("scalar.total", "scalar.slopes",),
    outputs=("U", "W"),
    instance=_run,
    reference=scalar.total,
    step="t",
    asks="At which step does the first difference appear, and what does that step add?",
    slips=(
        Slip("jacobian_on_the_immediate",
             "now[name][t - 1] + J[t - 1] * d[t - 1]",
             "J[t - 1] * now[name][t - 1] + d[t - 1]",
             "J multiplies the immediate derivative; it belongs to what is carried over from s_{t-1}.",
             "Which of the two terms comes through s_{t-1}?"),
        Slip("no_recursion", "now[name][t - 1] + J[t - 1] * d[t - 1]", "now[name][t - 1]",
             "U and W are the immediate derivatives: what earlier steps contribute is missing.",
             "Does s_{t-1} stay put when W changes?"),
        Slip("u_not_recursive", "now[name][t - 1] + J[t - 1] * d[t - 1]",
             'now[name][t - 1] + (J[t - 1] * d[t - 1] if name == "W" else 0.0)',
             "U is immediate while W is total: only W was taken to be recursive.",
             "x_t does not depend on U, but does s_{t-1}?", alone=True),
        Slip("immediate_only_once", "now[name][t - 1] + J[t - 1] * d[t - 1]",
             "(now[name][0] if t == 1 else 0.0) + J[t - 1] * d[t - 1]",
             "From step 2 on only the carried part is there: the immediate derivative is added once.",
             "How many times does the network use W in T steps?"),
        Slip("one_step_back_only", "J[t - 1] * d[t - 1]",
             "(J[t - 1] * now[name][t - 2] if t > 1 else 0.0)",
             "The sum stops one step back: what is carried is the previous step's immediate derivative, "
             "not its total.",
             "ds_3/dW should contain the use of W at step 1; through which term does it come?"),
        Slip("jacobian_without_slope", 'J = slope * params["W"]', 'J = np.full_like(slope, params["W"])',
             "∂s_t/∂s_{t-1} is taken as W alone, without f'(a_t).",
             "s_t = f(a_t): which factor lies between s_t and a_t?"),
        Slip("jacobian_without_w", 'J = slope * params["W"]', "J = slope",
             "∂s_t/∂s_{t-1} is taken as f'(a_t) alone, without W.",
             "By how much does a_t move when s_{t-1} moves by 1?"),
        Slip("jacobian_is_u", 'J = slope * params["W"]', 'J = slope * params["U"]',
             "∂s_t/∂s_{t-1} is formed with U; the state enters through W.",
             "Which weight does s_{t-1} pass on its way to a_t?"),
        Slip("jacobian_one_step_early", "J[t - 1] * d[t - 1]", "J[t - 2] * d[t - 1]",
             "The carried part uses the previous step's Jacobian J_{t-1}.",
             "Which step leads from s_{t-1} to s_t?"),
        Slip("jacobian_per_parameter", "J[t - 1] * d[t - 1]",
             "slope[t - 1] * params[name] * d[t - 1]",
             "U is carried with the factor f'(a_t) U; what travels between steps is the state, through W.",
             "Whichever parameter moved s_{t-1}: through which weight does it reach a_t?"),
        Slip("starts_at_step_2", "for t in range(1, T + 1)", "for t in range(2, T + 1)",
             "Step 1 is left at zero, and what it would pass on is missing everywhere.",
             "Is ds_1/dW zero, or ds_0/dW?"),
        Slip("starts_at_one", "d = np.zeros(T + 1)", "d = np.ones(T + 1)",
             "The recursion starts from 1 in place of 0.",
             "Does s_0 depend on the parameter?"),
        Slip("shifted_by_one", "total[name] = d[1:]", "total[name] = d[:-1]",
             "Every entry is that of the step before: the first is ds_0/dθ.",
             "Which entry of your array is the derivative of s_1?"),
        Slip("jacobian_missing", "J[t - 1] * d[t - 1]", "d[t - 1]",
             "The derivatives are added up without ∂s_t/∂s_{t-1} between them.",
             "Does a change of s_{t-1} arrive at s_t in full?"),
        Slip("jacobian_on_both", "now[name][t - 1] + J[t - 1] * d[t - 1]",
             "J[t - 1] * (now[name][t - 1] + d[t - 1])",
             "The immediate derivative is multiplied by ∂s_t/∂s_{t-1} too.",
             "Which of the two addends has to travel from step t-1 to step t?"),
        Slip("carry_subtracted", "now[name][t - 1] + J[t - 1] * d[t - 1]",
             "now[name][t - 1] - J[t - 1] * d[t - 1]",
             "The carried part has the wrong sign.",
             "The chain rule for two routes: add or subtract?"),
    ),
)

PATHS = Exercise(
    id="01.total_by_paths",
    title="Total derivative as a sum over paths",
    points=3,
    section="4 The sum over paths",
    function="total_by_paths",
    builds_on=("immediate",),
    items=("S0.7", "S3.6", "S3.7",),
    answers=("scalar.path_terms",),
    outputs=("U", "W"),
    instance=_run,
    reference=scalar.total,
    call=_at_every_k,
    step="k",
    asks="Take the first k that differs: which paths end there, and which of them does your sum hold?",
    slips=(
        Slip("factor_too_many", "for j in range(i + 1, k + 1)", "for j in range(i, k + 1)",
             "Every path has one factor too many: the product starts at J_i.",
             "From s_i to s_k, how many steps are there - and for i = k?"),
        Slip("factor_too_few", "for j in range(i + 1, k + 1)", "for j in range(i + 1, k)",
             "Every path ends one step early: J_k is missing from the products.",
             "Which Jacobian takes the last step, into s_k?"),
        Slip("factors_one_early", "for j in range(i + 1, k + 1)", "for j in range(i, k)",
             "Every path has the factors J_i to J_{k-1}, each one step too early.",
             "Which Jacobian takes s_i to s_{i+1}?"),
        Slip("factors_added", "path = path * J[j - 1]", "path = path + J[j - 1]",
             "The Jacobians along a path are added.",
             "Two gears in a row: do their ratios add or multiply?"),
        Slip("last_use_missing", "for i in range(1, k + 1)", "for i in range(1, k)",
             "The path of length zero is missing: W's use at step k itself.",
             "A path may begin at the step where it ends: is that use in your sum?"),
        Slip("first_use_missing", "for i in range(1, k + 1)", "for i in range(2, k + 1)",
             "The longest path is missing: the use at step 1.",
             "At which step is the parameter used for the first time?"),
        Slip("overwritten", "total[name] += path", "total[name] = path",
             "Only one path is left: each overwrites the one before.",
             "The derivative is a sum over the uses; where is the sum?"),
        Slip("multiplied_jacobian_of_i", "path = path * J[j - 1]", "path = path * J[i - 1]",
             "The factors of a path are all the same J_i.",
             "Do all steps have the same slope f'(a_j)?"),
        Slip("ends_at_last_step", "for j in range(i + 1, k + 1)", "for j in range(i + 1, len(J) + 1)",
             "Every path runs on to the last step T, whatever k is.",
             "ds_k/dW: where does the path end?"),
        Slip("jacobian_without_slope", 'J = slope * params["W"]', 'J = np.full_like(slope, params["W"])',
             "The factors are W alone, without f'(a_j).",
             "s_j = f(a_j): which factor lies between s_j and a_j?"),
        Slip("jacobian_without_w", 'J = slope * params["W"]', "J = slope",
             "The factors are f'(a_j) alone, without W.",
             "By how much does a_j move when s_{j-1} moves by 1?"),
        Slip("no_factors", "path = path * J[j - 1]", "pass",
             "The immediate derivatives are added up as they are: no path is carried to step k.",
             "What happens to a change of s_i on its way to s_k?"),
        Slip("counted_twice", "now = immediate(params, run)", "now = total_by_recursion(params, run)",
             "Paths are counted more than once: each product is multiplied by a total derivative.",
             "A total derivative holds all earlier paths already; which derivative closes a single path?"),
    ),
)

BPTT = Exercise(
    id="01.scalar_bptt",
    title="The reverse sweep",
    points=4,
    section="5 The reverse sweep",
    function="scalar_bptt",
    items=("S3.1", "S3.7",),
    answers=("scalar.backward", "rnn.backward", "rnn.sweep", "rnn.gradients", "paths.path_terms"),
    outputs=("U", "W", "V", "x", "s0"),
    instance=_run_and_adjoints,
    reference=scalar.backward,
    sweep=Sweep((2,), long=lambda number: _run_and_adjoints(number, LONG), still=("V",)),
    step="t",
    backward=True,
    asks="The sweep comes from the last step: at which step does x go wrong first on that way, "
    "and what happens there?",
    asks_of="x",
    slips=(
        Slip("x_of_the_last_loss",
             'grads["x"][t] = da * U',
             'last = slope[t] * (V * do[-1] if t == T - 1 else last * W)\n        grads["x"][t] = last '
             "* U",
             "x holds the paths of the last loss only: each loss overwrites what the one before has "
             "left there.",
             "How many losses does x_1 reach, and what happens to the part of each?"),
        Slip("parameters_first_use_missing",
             'grads["U"] += da * run.x[t]\n        grads["W"] += da * run.s[t]',
             'grads["U"] += da * run.x[t] * (t > 0)\n        grads["W"] += da * run.s[t] * (t > 0)',
             "U and W miss their use at step 1; the sweep itself goes through it.",
             "Which numbers does your loop variable take where U and W are added up?", alone=True),
        Slip("s0_with_a_loss", 'grads["s0"] = ds', 'grads["s0"] = ds + V * do[0]',
             "s0 gets the adjoint of an output as well; no output reads s_0.",
             "Which is the first state that an output reads?"),
        Slip("no_carry", "ds = ds + V * do[t]", "ds = V * do[t]",
             "U, W, x and s0 hold paths of length zero only: nothing flows from step t+1 back to t.",
             "s_t is used twice in the unrolled network; by what, besides the output o_t?"),
        Slip("only_carry", "ds = ds + V * do[t]", "ds = V * do[t] if t == T - 1 else ds",
             "Only the last output's loss is counted: the earlier outputs' own adjoints are missing.",
             "Does o_t depend on s_t at every step, or at the last one only?"),
        Slip("output_weight_missing", "ds = ds + V * do[t]", "ds = ds + do[t]",
             "do enters the state without V.",
             "o_t = V s_t: by how much does o_t move when s_t moves by 1?"),
        Slip("carry_without_w", "ds = da * W", "ds = da",
             "The step back from a_t to s_{t-1} misses W.",
             "Which weight did s_{t-1} pass on the way forward?"),
        Slip("carry_without_slope", "ds = da * W", "ds = ds * W",
             "The step back skips the slope f'(a_t): the adjoint of s_t is carried where that of a_t "
             "belongs.",
             "On the way forward s_{t-1} passes W, and then? Walk it backward."),
        Slip("carry_through_u", "ds = da * W", "ds = da * U",
             "The step back goes through U; the state entered through W.",
             "Which weight stands beside s_{t-1}?"),
        Slip("carry_added", "ds = da * W", "ds = ds + da * W",
             "What is passed back is added to the adjoint of s_t in place of replacing it.",
             "Is there a path from s_{t-1} to s_{t+1} that does not pass through s_t?"),
        Slip("w_from_state_adjoint", 'grads["W"] += da * run.s[t]', 'grads["W"] += ds * run.s[t]',
             "W is formed with the adjoint of s_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where W is used?"),
        Slip("u_from_state_adjoint", 'grads["U"] += da * run.x[t]', 'grads["U"] += ds * run.x[t]',
             "U is formed with the adjoint of s_t; it enters a_t, on the other side of the slope.",
             "Which of the two adjoints belongs to the place where U is used?"),
        Slip("do_of_the_step_before", "ds + V * do[t]", "ds + V * do[t - 1]",
             "The state of a step gets the adjoint of the output of the step before.",
             "Which output is computed from the state of step t?"),
        Slip("slope_missing", "da = ds * slope[t]", "da = ds",
             "The slope f'(a_t) is missing at every step.",
             "What lies between s_t and a_t?"),
        Slip("slope_of_previous_state", "slope = 1 - run.s[1:] ** 2", "slope = 1 - run.s[:-1] ** 2",
             "The slope is taken at s_{t-1}, one step too early.",
             "Which state is the output of step t's tanh?"),
        Slip("slope_of_preactivation", "slope = 1 - run.s[1:] ** 2", "slope = 1 - run.a ** 2",
             "The slope is 1 - a²; that formula takes the activation's output.",
             "tanh'(a) = 1 - (?)²: is the bracket a_t or s_t?"),
        Slip("slope_activated_twice", "slope = 1 - run.s[1:] ** 2", "slope = 1 - np.tanh(run.s[1:]) ** 2",
             "The slope is 1 - tanh(s)²: tanh is applied to a value that has been through it.",
             "What does run.s hold already?"),
        Slip("slope_not_squared", "slope = 1 - run.s[1:] ** 2", "slope = 1 - run.s[1:]",
             "The slope is 1 - s, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("w_overwritten", 'grads["W"] += da * run.s[t]', 'grads["W"] = da * run.s[t]',
             "W holds one step's part only: each step overwrites the one before.",
             "How often is W used, and what happens to the parts of its gradient?"),
        Slip("u_overwritten", 'grads["U"] += da * run.x[t]', 'grads["U"] = da * run.x[t]',
             "U holds one step's part only: each step overwrites the one before.",
             "How often is U used, and what happens to the parts of its gradient?"),
        Slip("v_overwritten", 'grads["V"] += do[t] * run.s[t + 1]', 'grads["V"] = do[t] * run.s[t + 1]',
             "V holds one step's part only: each step overwrites the one before.",
             "How often is V used, and what happens to the parts of its gradient?"),
        Slip("w_sees_new_state", 'grads["W"] += da * run.s[t]', 'grads["W"] += da * run.s[t + 1]',
             "W is multiplied by s_t, the state the step produces, in place of the one it reads.",
             "Which state stands beside W in a_t?"),
        Slip("v_sees_previous_state", "do[t] * run.s[t + 1]", "do[t] * run.s[t]",
             "V is multiplied by s_{t-1}; the output of step t reads s_t.",
             "Which entry of run.s is s_t?"),
        Slip("v_gets_the_state_adjoint", 'grads["V"] += do[t] * run.s[t + 1]',
             'grads["V"] += ds * run.s[t + 1]',
             "V is multiplied by the adjoint of the state; V has no recursion.",
             "Does s_t depend on V? What then reaches V from later steps?"),
        Slip("x_reversed", "    return grads", '    grads["x"] = grads["x"][::-1]\n    return grads',
             "x stands in the opposite order: its first entry is that of step T.",
             "In which order does the sweep make the entries of x, and in which are they to be returned?"),
        Slip("x_through_w", "da * U", "da * W",
             "x is passed back through W; the input entered through U.",
             "Which weight stands beside x_t?"),
        Slip("x_without_u", 'grads["x"][t] = da * U', 'grads["x"][t] = da',
             "x holds the adjoint of a_t: the factor U is missing.",
             "By how much does a_t move when x_t moves by 1?"),
        Slip("s0_without_w", 'grads["s0"] = ds', 'grads["s0"] = da',
             "s0 holds the adjoint of a_1: the last step back, through W, is missing.",
             "Which step lies between a_1 and s_0?"),
        Slip("first_step_skipped", "range(T - 1, -1, -1)", "range(T - 1, 0, -1)",
             "The sweep stops before step 1: x is zero there, and s0 is what step 2 hands back.",
             "Which is the last index the loop visits?"),
        Slip("first_step_never_reached", 'grads["U"] += ', 'da = da * (t > 0)\n        grads["U"] += ',
             "Step 1 adds nothing to U, W and x, and s0 stays zero.",
             "Which numbers does your loop variable take, and which is the last?"),
        Slip("first_step_never_reached_nor_v",
             'grads["U"] += ', 'da, do = da * (t > 0), do * (t > 0)\n        grads["U"] += ',
             "Step 1 adds nothing, not even to V, and s0 stays zero.",
             "Which numbers does your loop variable take, and which is the last?"),
        Slip("last_step_skipped", "range(T - 1, -1, -1)", "range(T - 2, -1, -1)",
             "The sweep starts one step early: the last output's loss never enters.",
             "Which is the first index the loop visits?"),
        Slip("runs_forward", "range(T - 1, -1, -1)", "range(T)",
             "The loop runs from the first step to the last: adjoints travel the wrong way.",
             "Which must be known first, the adjoint of s_t or that of s_{t+1}?"),
        Slip("upstream_ones", "ds = ds + V * do[t]", "ds = ds + V",
             "The adjoints of the outputs are taken as 1 in ds: do is not used there.",
             "What does do tell you that a vector of ones does not?"),
        Slip("passed_back_twice", "ds = da * W", "ds = ds - V * do[t] + da * W",
             "What is passed back is added to what came from later steps in place of replacing it.",
             "Is there a path from s_{t-1} to s_{t+1} that does not pass through s_t?"),
        Slip("s0_one_step_short", 'ds = da * W\n    grads["s0"] = ds',
             'total = ds\n        ds = da * W\n    grads["s0"] = total',
             "s0 holds the adjoint of s_1: the last step back is missing.",
             "Which step lies between s_1 and s_0?"),
        Slip("slope_on_own_loss_only", "ds = ds + V * do[t]\n        da = ds * slope[t]",
             "da = ds + V * do[t] * slope[t]",
             "The slope of tanh multiplies the step's own loss only, not what comes from later steps.",
             "Which of the two routes out of s_t lies behind the tanh of step t?"),
        Slip("upstream_one_step_late", "ds + V * do[t]", "ds + V * (do[t + 1] if t + 1 < T else 0.0)",
             "Each state gets the do of the step after it: the last gets none, and do[0] is not used "
             "in the sweep.",
             "do has T entries and s has T + 1: which entry of do belongs to s_t?"),
    ),
)

REFUTE_IMMEDIATE = Exercise(
    id="01.refute_immediate",
    title="Refute: the immediate derivative will do for U",
    points=1,
    section="3 All steps: the recursion",
    function="counterexample",
    items=("S3.3",),
    outputs=("counterexample",),
    kind="value",
    verify=_refute_immediate,
)

REFUTE_SOFTMAX = Exercise(
    id="01.refute_softmax",
    title="Refute: the softmax of a scalar",
    points=1,
    section="7 Refute it",
    function="two_networks",
    items=("S3.1",),
    outputs=("two_networks",),
    kind="value",
    verify=_refute_softmax,
)

EXERCISES = (FORWARD, IMMEDIATE, RECURSION, REFUTE_IMMEDIATE, PATHS, BPTT, REFUTE_SOFTMAX)
