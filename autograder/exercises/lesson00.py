"""Lesson 00: difference quotients, the complex step, and a check that refuses what is wrong."""

import numpy as np

from rnnlib import numgrad

from . import Exercise, Slip, leaky
from .families import subtracted, tanh_slopes
from .sweep import LONG, Sweep


def _function(seed, rate):
    """A smooth scalar function of a (3, 4), (4, 2) or (3, 3) array, and the point.

    rate: the typical rate of change, so large that the error of the steps to be told apart shows.
    """
    rng = np.random.default_rng([2, seed])
    shape = ((3, 4), (4, 2), (3, 3))[seed % 3]
    A, c = rng.normal(size=(5, *shape)) * rate, rng.uniform(0.5, 1.5, 5)

    def f(x):
        return np.sum(c * np.sin(np.tensordot(A, x, axes=x.ndim)))

    return f, rng.normal(size=shape) * 0.7


def _difference_instance(seed):
    return *_function(seed, 4.0), (0.2, 0.3, 0.25)[seed % 3]


def _pairs(seed):
    rng = np.random.default_rng([3, seed])
    b = rng.normal(size=((3, 4), (5, 2), (3, 3))[seed % 3])
    b.flat[:4] = np.array([0.0, 1.0, -4.0, 2.0]) * rng.uniform(0.95, 1.05, 4)
    a = b + rng.normal(size=b.shape) * 0.3
    # a sign, a scale and a modulus that differ
    a.flat[1:4] = np.array([-1.0, -5.0, 0.3]) * rng.uniform(0.95, 1.05, 3)
    return (a, b)


def _relative_errors(function, arguments):
    a, b = arguments
    zero = np.zeros_like(b)
    return {
        "different": function(a.copy(), b.copy()),
        "other way round": function(b.copy(), a.copy()),
        "one is zero": function(zero.copy(), b.copy()),
        "both are zero": function(zero.copy(), zero.copy()),
        "tiny": function(1e-12 * a, 1e-12 * b),
    }


def _relative_error(a, b):
    scale = np.abs([a, b]).max()
    return np.abs(np.subtract(a, b)).max() / scale if scale > 0 else 0.0


FAULTS = ("transposed", "factor missing", "off by 1e-4", "step missing", "counted twice")


def _gradients_to_check(seed):
    """(f, x, gradients): a loss of the leaky integrator's W_h, the right gradient and five wrong."""
    params, x, h, dh = leaky.instance(3 * seed + 2, (2, 3, 4, 2))  # small: it is evaluated often
    dh = dh * (1e-9, 1.0, 1e3)[seed % 3]
    per_path, _ = leaky.contributions(params, x, h, dh)
    per_use = per_path.sum(axis=0)
    right = per_use.sum(axis=0)

    def f(W_h):
        return np.sum(leaky.states({**params, "W_h": W_h}, x, h[0])[1:] * dh)

    gradients = {
        "right": right,
        "transposed": right.T,
        "factor missing": right / leaky.ALPHA,
        "off by 1e-4": right * (1 + 1e-4),
        "step missing": right - per_use[1],
        "counted twice": right + per_use[1],
    }
    order = np.random.default_rng([4, seed]).permutation(list(gradients))  # or counting calls would do
    return f, params["W_h"], {name: gradients[name] for name in map(str, order)}


def _check_all(function, arguments):
    f, x, gradients = arguments
    return {name: bool(function(f, gradient.copy(), x.copy())) for name, gradient in gradients.items()}


def _accepted_or_refused(name, ok):
    return "accepted" if ok == (name == "right") else "refused"


def _verdicts(f, x, gradients):
    return {name: float(name == "right") for name in gradients}


def _best_step(answer):
    """Within a factor of ten of the smallest error of the lesson's own function."""
    step = float(answer)
    if not np.isfinite(step) or step <= 0:
        return f"is {step:g}, expected a positive step"

    def error(h):
        return abs((np.exp(np.sin(1 + h)) - np.exp(np.sin(1 - h))) / (2 * h) - np.exp(np.sin(1)) * np.cos(1))

    least = min(error(h) for h in np.logspace(-12, 0, 241))
    if error(step) > max(1e-9, 10 * least):
        return f"{step:g} has an error of {error(step):.1e}; the lowest part of the curve lies below 1e-09"
    return None


def _shapes(answer):
    """The shapes of the notation table, for sizes that are all different."""
    T, B, D, H, K = 6, 3, 4, 5, 7
    want = {
        "W_x": (D, H), "W_h": (H, H), "b_h": (H,), "W_y": (H, K), "b_y": (K,),
        "x": (T, B, D), "h": (T + 1, B, H), "o": (T, B, K),
    }
    if not isinstance(answer, dict):
        return f"is {type(answer).__name__}, expected a dict"
    wrong = [name for name in want if tuple(np.atleast_1d(answer.get(name, ()))) != want[name]]
    return f"differs for {', '.join(wrong)}" if wrong else None


def _refute_elementwise(answer):
    """Two logit vectors with one entry in common whose softmax differs there."""
    first, second = (np.asarray(o, float) for o in answer)
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        return f"has shapes {first.shape} and {second.shape}, expected two lists, equally long, of 2 or more"
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return "contains NaN or infinity"

    def softmax(o):
        return np.exp(o - o.max()) / np.exp(o - o.max()).sum()

    same = first == second
    if not same.any():
        return "the two vectors have no entry in common"
    if np.abs(softmax(first) - softmax(second))[same].max() > 1e-6:
        return None
    return "where the logits agree, so do the outputs"


LEAKY = Exercise(
    id="00.leaky_backward",
    title="Break a line, then read the card",
    points=0,
    section="1 Break something",
    function="leaky_backward",
    outputs=("W_x", "W_h", "b", "x", "h0"),
    instance=leaky.instance,
    reference=leaky.gradients,
    sweep=Sweep((3,), long=lambda number: leaky.instance(number, (LONG, 2, 3, 4)), batch=1),
    spectrum=leaky.contributions,
    backward=True,
    asks="The loop comes from the last step: at which step does x go wrong first on that way, "
    "and what happens there?",
    asks_of="x",
    slips=(
        Slip("no_carry", "dh_total = dh[t] + carry", "dh_total = dh[t]",
             "W_x, W_h, b, x and h0 hold the gradient of each step's own loss only: nothing flows back "
             "from step to step.",
             "A state is used by the loss and by the next step; which of the two is left?"),
        Slip("carry_forgotten", "        carry = (1 - alpha) * dh_total + da @ W_h.T", "        pass",
             "Nothing is passed back from step to step: h0 stays zero, and W_x, W_h, b and x hold "
             "the gradient of each step's own loss only.",
             "A state is used by the loss and by the next step; where is the second use in your loop?"),
        Slip("only_carry", "dh_total = dh[t] + carry", "dh_total = dh[t] if t == T - 1 else carry",
             "Only the last step's loss is counted: the dh of the other steps is missing.",
             "Does the loss read the state of every step?"),
        Slip("leak_not_carried", "carry = (1 - alpha) * dh_total + da @ W_h.T", "carry = da @ W_h.T",
             "The direct term of the step back, (1 - alpha) from h_t to h_{t-1}, is missing.",
             "h_{t-1} enters h_t in two terms; which of them does the step back leave out?"),
        Slip("weights_not_carried", "carry = (1 - alpha) * dh_total + da @ W_h.T",
             "carry = (1 - alpha) * dh_total",
             "The term of the step back through W_h is missing; only the leak is left.",
             "h_{t-1} enters h_t in two terms; which of them does the step back leave out?"),
        Slip("leak_on_everything", "(1 - alpha) * dh_total + da @ W_h.T",
             "(1 - alpha) * (dh_total + da @ W_h.T)",
             "The term of the step back through W_h has the factor 1 - alpha as well.",
             "Which of the two terms of h_t does 1 - alpha multiply?"),
        Slip("w_h_not_transposed", "da @ W_h.T", "da @ W_h",
             "The step back uses W_h where its transpose belongs.",
             "h_{t-1} W_h: which index of W_h meets h_{t-1}, and which does da meet?"),
        Slip("alpha_missing", "da = alpha * dh_total * (1 - m * m)", "da = dh_total * (1 - m * m)",
             "The factor alpha between h_t and tanh is missing.",
             "By how much does h_t move when the tanh moves by 1?"),
        Slip("slope_missing", "da = alpha * dh_total * (1 - m * m)", "da = alpha * dh_total",
             "The slope of tanh is missing at every step.",
             "What lies between m and the sum that it is made from?"),
        Slip("slope_of_state", "(1 - m * m)", "(1 - h[t + 1] * h[t + 1])",
             "The slope is taken at the state that the step produces, which is only partly a tanh.",
             "Which array holds the output of this step's tanh, and is a state that output?"),
        Slip("slope_of_previous_state", "(1 - m * m)", "(1 - h[t] * h[t])",
             "The slope is taken at the state that the step reads: that is no tanh, and one step too early.",
             "Which array holds the output of this step's tanh, and is a state that output?"),
        Slip("loss_leaks", "dh_total = dh[t] + carry", "dh_total = (1 - alpha) * dh[t] + carry",
             "The adjoint dh of each state has a factor 1 - alpha.",
             "Between the loss and h_t, is there a leak?"),
        Slip("leak_in_full", "(1 - alpha) * dh_total", "dh_total",
             "The direct term of the step back has the factor 1; it should have 1 - alpha.",
             "By how much does h_t move when h_{t-1} moves by 1 and the tanh stays put?"),
        Slip("leak_is_alpha", "(1 - alpha) * dh_total", "alpha * dh_total",
             "The direct term of the step back has the factor alpha in place of 1 - alpha.",
             "Which of the two fractions stands before h_{t-1}?"),
        Slip("carry_piles_up", "        carry = (1 - alpha)", "        carry += (1 - alpha)",
             "What is passed back is added to what came from later steps in place of replacing it.",
             "Is there a path from h_{t-1} to h_{t+1} that does not pass through h_t?"),
        Slip("carry_subtracted", "dh[t] + carry", "dh[t] - carry",
             "What comes from later steps is subtracted.",
             "Two routes to the loss: add or subtract?"),
        Slip("bias_forgotten", " + h[t] @ W_h + b)", " + h[t] @ W_h)",
             "The tanh is recomputed without the bias.",
             "Is m the number that the forward pass saw?"),
        Slip("w_h_gradient_transposed", 'grads["W_h"] += h[t].T @ da', 'grads["W_h"] += da.T @ h[t]',
             "W_h is the transpose of its gradient; it is square, so no shape gives that away.",
             "Row or column: where does the index of h_{t-1} stand in W_h?"),
        Slip("b_one_number", "da.sum(axis=0)", "da.sum()",
             "Every entry of b is the same: the sum runs over the hidden units too.",
             "Each unit has its own bias: which axis must be left?"),
        Slip("runs_forward", "reversed(range(T))", "range(T)",
             "The loop runs from the first step to the last: what is passed on goes to the wrong neighbour.",
             "Which must be known first, the adjoint of h_t or that of h_{t+1}?"),
        Slip("slope_not_squared", "(1 - m * m)", "(1 - m)",
             "The slope is 1 - m, without the square.",
             "At a = 0 the slope of tanh is 1; how fast does it fall to either side?"),
        Slip("slope_square_outside", "(1 - m * m)", "((1 - m) * (1 - m))",
             "The slope is (1 - m)²: the whole bracket is squared.",
             "Is tanh equally steep at a and at -a? Is your slope the same at m and at -m?"),
        Slip("slope_activated_twice", "(1 - m * m)", "(1 - np.tanh(m) * np.tanh(m))",
             "The slope is 1 - tanh(m)²: tanh is applied to a value that has been through it.",
             "What does m hold already?"),
        Slip("alpha_exchanged", "T = len(x)", "T, alpha = len(x), 1 - alpha",
             "alpha and 1 - alpha stand in each other's place throughout.",
             "Which of the two fractions stands before h_{t-1}, and which before the tanh?"),
        Slip("x_reversed", "    return grads", '    grads["x"] = grads["x"][::-1]\n    return grads',
             "x stands in the opposite order: its first entry is that of step T.",
             "In which order does the loop make the entries of x, and in which are they to be returned?"),
        Slip("w_h_sees_new_state", 'grads["W_h"] += h[t].T @ da', 'grads["W_h"] += h[t + 1].T @ da',
             "W_h is multiplied by the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in the formula?"),
        Slip("w_h_overwritten", 'grads["W_h"] += h[t].T @ da', 'grads["W_h"] = h[t].T @ da',
             "W_h holds one step's part only: each step overwrites the one before.",
             "How often is W_h used, and what happens to the parts of its gradient?"),
        Slip("w_x_overwritten", 'grads["W_x"] += x[t].T @ da', 'grads["W_x"] = x[t].T @ da',
             "W_x holds one step's part only: each step overwrites the one before.",
             "How often is W_x used, and what happens to the parts of its gradient?"),
        Slip("b_overwritten", 'grads["b"] += da.sum(axis=0)', 'grads["b"] = da.sum(axis=0)',
             "b holds one step's part only: each step overwrites the one before.",
             "How often is b used, and what happens to the parts of its gradient?"),
        Slip("b_averaged", "da.sum(axis=0)", "da.mean(axis=0)",
             "b is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("h0_one_step_short", 'grads["h0"] = carry', 'grads["h0"] = dh_total',
             "h0 holds the adjoint of h_1: the last step back is missing.",
             "Which step lies between h_1 and h_0?"),
        Slip("first_step_skipped", "reversed(range(T))", "reversed(range(1, T))",
             "The loop stops before the first step: x is zero there, and h0 is what step 2 hands back.",
             "Which is the last index the loop visits?"),
        Slip("last_step_skipped", "reversed(range(T))", "reversed(range(T - 1))",
             "The loop begins one step before the last: the last step's loss never enters.",
             "Which is the first index the loop visits?"),
        # what is passed back
        Slip("weights_pass_the_state_adjoint", "+ da @ W_h.T", "+ dh_total @ W_h.T",
             "The way back through W_h starts from the adjoint of the state; alpha and the slope of tanh, "
             "which lie between the two, are left out.",
             "Which number does W_h feed into, the state or the sum inside tanh?"),
        Slip("weights_carry_subtracted", "+ da @ W_h.T", "- da @ W_h.T",
             "What comes back through W_h is subtracted; it should be added.",
             "h_{t-1} enters h_t twice; do the two gradients add up or cancel?"),
        Slip("leak_carry_negative", "(1 - alpha) * dh_total + da", "(alpha - 1) * dh_total + da",
             "The direct way back carries alpha - 1: it has the wrong sign.",
             "By how much does h_t move when h_{t-1} moves by 1 and the tanh stays put?"),
        Slip("leak_with_plus", "(1 - alpha) * dh_total + da", "(1 + alpha) * dh_total + da",
             "The direct way back carries 1 + alpha in place of 1 - alpha.",
             "By how much does h_t move when h_{t-1} moves by 1 and the tanh stays put?"),
        Slip("leak_of_own_loss", "(1 - alpha) * dh_total + da", "(1 - alpha) * dh[t] + da",
             "The direct way back carries the step's own loss only; what came from later steps ends there.",
             "Which adjoint of h_t is complete: dh[t], or dh[t] with the carry?"),
        Slip("leak_of_carry", "(1 - alpha) * dh_total + da", "(1 - alpha) * carry + da",
             "The direct way back carries what came from later steps; the step's own loss is left out of it.",
             "Which adjoint of h_t is complete: the carry, or dh[t] with the carry?"),
        Slip("leak_of_pre_activation", "(1 - alpha) * dh_total + da", "(1 - alpha) * da + da",
             "The direct way back starts from da; that way leads past tanh.",
             "Does 1 - alpha stand inside tanh or outside it?"),
        Slip("weights_carry_alpha_twice", "da @ W_h.T\n    grads", "alpha * da @ W_h.T\n    grads",
             "What comes back through W_h carries the factor alpha twice.",
             "Which factors does da hold already?"),
        # what comes from outside
        Slip("upstream_one_step_early", "dh[t] + carry", "dh[t - 1] + carry",
             "Each state gets the loss of the step before, and step 1, by a negative index, that of step T.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h_{t+1}?"),
        Slip("upstream_of_last_step", "dh[t] + carry", "dh[T - 1] + carry",
             "Every state gets the loss of the last step.",
             "Does each state have a loss of its own?"),
        Slip("starts_from_ones", "carry = np.zeros_like(x), np.zeros_like(h[0])",
             "carry = np.zeros_like(x), np.ones_like(h[0])",
             "The sweep starts with ones: the last state gets a gradient that no loss has.",
             "What follows after the last step?"),
        Slip("gradients_start_from_ones", "np.zeros_like(value)", "np.ones_like(value)",
             "W_x, W_h and b are too large by 1 in every entry: the sums start from ones.",
             "What is a sum before its first term is added?"),
        Slip("adjoint_not_used", "da = alpha * dh_total *", "da = alpha *",
             "da holds alpha and the slope only: the adjoint of the state is not a factor of it.",
             "What does the chain rule multiply the slope with?"),
        Slip("adjoint_added", "alpha * dh_total * (1 - m * m)", "alpha + dh_total * (1 - m * m)",
             "alpha is added where it is a factor.",
             "If both adjoints were zero, would your gradient be zero?"),
        Slip("own_loss_left_out_of_da", "alpha * dh_total *", "alpha * carry *",
             "da holds what comes from later steps only; the step's own loss does not reach the parameters.",
             "Which adjoint of h_t is complete: the carry, or dh[t] with the carry?"),
        # slopes
        *tanh_slopes("(1 - m * m)", "m", "m"),
        Slip("parentheses_missing", "dh_total * (1 - m * m)", "dh_total * 1 - m * m",
             "m² is subtracted from a product in place of scaling it: parentheses are missing.",
             "If both adjoints were zero, would your gradient be zero?"),
        Slip("alpha_twice", "da = alpha * dh_total", "da = alpha * alpha * dh_total",
             "da carries the factor alpha twice.",
             "By how much does h_t move when the tanh moves by 1?"),
        Slip("alpha_inside_the_slope", "alpha * dh_total * (1 - m * m)", "dh_total * (1 - (alpha * m) ** 2)",
             "The slope is taken at alpha times m; alpha is a factor outside of it.",
             "Of which value is 1 minus its square the slope of tanh?"),
        # the tanh that is computed again
        Slip("tanh_missing", "m = np.tanh(x[t] @ W_x + h[t] @ W_h + b)", "m = x[t] @ W_x + h[t] @ W_h + b",
             "m holds the pre-activation: the tanh is missing where m is computed again.",
             "1 - m² is the slope of tanh in terms of which number?"),
        Slip("sine_for_tanh", "np.tanh(x", "np.sin(x",
             "m is a sine; the forward pass has tanh.",
             "1 - m² is the slope of which function, in terms of its value?"),
        Slip("alpha_fixed", "T = len(x)", "T, alpha = len(x), 0.5",
             "alpha is set to 0.5; the value that was passed in is not used.",
             "What is the default of the argument alpha?"),
        Slip("new_state_in_tanh", "h[t] @ W_h + b", "h[t + 1] @ W_h + b",
             "The tanh is computed again from the state that the step produces, not from the one it reads.",
             "Which state stands beside W_h in the formula?"),
        Slip("input_one_early_in_tanh", "np.tanh(x[t] @", "np.tanh(x[t - 1] @",
             "The tanh is computed again from the input of the step before.",
             "Which input stands beside W_x in the formula?"),
        Slip("input_forgotten", "x[t] @ W_x + h[t] @ W_h", "h[t] @ W_h",
             "The tanh is computed again without the input.",
             "Is m the number that the forward pass saw?"),
        Slip("recurrence_forgotten", "x[t] @ W_x + h[t] @ W_h + b", "x[t] @ W_x + b",
             "The tanh is computed again without the previous state.",
             "Is m the number that the forward pass saw?"),
        Slip("w_h_transposed_in_tanh", "h[t] @ W_h + b", "h[t] @ W_h.T + b",
             "The tanh is computed again with the transpose of W_h.",
             "Is m the number that the forward pass saw?"),
        subtracted("input_subtracted", "np.tanh(x[t] @", "np.tanh(-x[t] @", "Inside tanh, the input's term"),
        subtracted("recurrence_subtracted", "W_x + h[t] @", "W_x - h[t] @", "Inside tanh, the state's term"),
        subtracted("bias_subtracted", "W_h + b)", "W_h - b)", "Inside tanh, the bias"),
        # the four products
        Slip("slope_divides", "dh_total * (1 - m * m)", "dh_total / (1 - m * m)",
             "da is divided by the slope of tanh; the chain rule multiplies by it.",
             "How does dL/da follow from dL/dm and dm/da?"),
        Slip("slope_one_over_the_square", "(1 - m * m)", "(1 / (m * m))",
             "The slope of tanh is taken to be one divided by the square of m.",
             "What is the derivative of tanh, written with its value m?"),
        Slip("alpha_of_another_cell", "alpha=0.6", "alpha=1.6",
             "The gradients are those of a cell with alpha = 1.6.",
             "What is the default of the argument alpha?"),
        Slip("recurrent_weights_forgotten", " + h[t] @ W_h + b)", " + h[t] + b)",
             "The state enters tanh as it is: the product with W_h is missing.",
             "Which matrix stands between h_{t-1} and the pre-activation?"),
        Slip("x_from_bias", "da @ W_x.T", "b @ W_x.T",
             "x is computed from the bias b in the place of an adjoint.",
             "Which adjoint does the pre-activation hand to x_t through W_x?"),
        Slip("w_x_from_state_adjoint", "x[t].T @ da", "x[t].T @ dh_total",
             "W_x is formed with the adjoint of the state; W_x acts inside tanh.",
             "Between h_t and W_x stand alpha and tanh: which adjoint lies behind both?"),
        Slip("w_h_from_state_adjoint", "h[t].T @ da", "h[t].T @ dh_total",
             "W_h is formed with the adjoint of the state; W_h acts inside tanh.",
             "Between h_t and W_h stand alpha and tanh: which adjoint lies behind both?"),
        Slip("b_from_state_adjoint", "da.sum(axis=0)", "dh_total.sum(axis=0)",
             "b is formed with the adjoint of the state; b acts inside tanh.",
             "Between h_t and b stand alpha and tanh: which adjoint lies behind both?"),
        Slip("x_from_state_adjoint", "da @ W_x.T", "dh_total @ W_x.T",
             "x is formed with the adjoint of the state; x_t acts inside tanh.",
             "Between h_t and x_t stand alpha and tanh: which adjoint lies behind both?"),
        Slip("w_x_input_one_early", "x[t].T @ da", "x[t - 1].T @ da",
             "W_x is multiplied by the input of the step before.",
             "Which input stands beside W_x in the formula?"),
        Slip("w_h_two_back", "h[t].T @ da", "h[t - 1].T @ da",
             "W_h is multiplied by the state two steps back, at step 1, by a negative index, by the last.",
             "Which state stands beside W_h in the formula?"),
        Slip("x_stored_one_early", 'grads["x"][t] =', 'grads["x"][t - 1] =',
             "x stands one place too early, and step 1's entry in the last place.",
             "At which index does the loop find the input of this step?"),
        Slip("w_x_averaged", "x[t].T @ da", "x[t].T @ da / len(da)",
             "W_x is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("w_h_averaged", "h[t].T @ da", "h[t].T @ da / len(da)",
             "W_h is averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("b_first_instance", "da.sum(axis=0)", "da[0]",
             "b counts the first instance only.",
             "The forward pass adds b to how many rows?"),
        Slip("w_h_sees_h0_only", "h[t].T @ da", "h[0].T @ da",
             "W_h is formed with the initial state at every step.",
             "Which state does step 3 read?"),
        Slip("w_h_formed_with_the_tanh", "h[t].T @ da", "m.T @ da",
             "W_h is formed with the tanh of the same step, in the place of the state that the step reads.",
             "Which array does W_h multiply on the way forward?"),
        Slip("x_holds_the_sum", 'grads["x"][t] = da', 'grads["x"] += da',
             "Every entry of x holds the sum over all steps: x was treated like a shared weight.",
             "How many steps read x_t?"),
        Slip("h0_with_a_loss", 'grads["h0"] = carry', 'grads["h0"] = carry + dh[0]',
             "h0 holds dh[0] as well; h_0 has no loss of its own, dh[0] belongs to h_1.",
             "dh has T entries and h has T + 1: to which state does the first one belong?"),
        Slip("h0_with_the_last_loss", 'grads["h0"] = carry', 'grads["h0"] = carry + dh[-1]',
             "h0 holds dh[-1] as well, the adjoint of the last state: a negative index takes it from the "
             "end.",
             "Does h_0 have a loss of its own, and which entry of dh would that be?"),
        Slip("h0_summed_over_batch", 'grads["h0"] = carry',
             'grads["h0"] = np.zeros_like(carry) + carry.sum(axis=0)',
             "h0 is summed over the batch: every instance gets the sum of all.",
             "Does each instance of the batch have an initial state of its own?"),
        Slip("h0_is_adjoint_of_a1", 'grads["h0"] = carry', 'grads["h0"] = da',
             "h0 holds the adjoint of the first sum inside tanh: the last step back is missing.",
             "Which two terms lie between that sum and h_0?"),
        Slip("upstream_one_step_late", "dh[t] + carry", "(dh[t + 1] if t + 1 < T else 0) + carry",
             "Each state gets the dh of the step after it: the last gets none, and dh[0] is not used.",
             "dh has T entries and h has T + 1: which entry of dh belongs to h_t?"),
        Slip("upstream_ones", "dh[t] + carry", "1.0 + carry",
             "The adjoint from outside is taken as 1 at every step: dh is not used.",
             "What does dh tell you that an array of ones does not?"),
        Slip("carry_halved", "dh[t] + carry", "(dh[t] + carry) / 2",
             "At every step the two routes are averaged in place of added.",
             "If h_t moves by 1, does each route change the loss by its whole share or by half?"),
        Slip("starts_from_last_dh", "carry = np.zeros_like(x), np.zeros_like(h[0])",
             "carry = np.zeros_like(x), dh[-1].copy()",
             "The last step's loss enters twice: the sweep starts with dh[-1] and then adds it.",
             "What lies to the right of the last step?"),
        Slip("own_loss_passed_on", "+ da @ W_h.T", "+ da @ W_h.T + dh[t]",
             "Each step's own dh is passed back once more, past the step.",
             "On which route does the loss of step t reach h_{t-1}?"),
        Slip("slope_on_own_loss_only", "alpha * dh_total * (1 - m * m)",
             "alpha * (dh[t] * (1 - m * m) + carry)",
             "The slope of tanh multiplies the step's own loss only, not what comes from later steps.",
             "Which of the two routes out of h_t lies behind the tanh of step t?"),
        Slip("slope_on_carry_only", "alpha * dh_total * (1 - m * m)", "alpha * (dh[t] + carry * (1 - m * m))",
             "The slope of tanh multiplies what comes from later steps only, not the step's own loss.",
             "Which of the two routes out of h_t lies behind the tanh of step t?"),
        Slip("leak_through_the_slope", "(1 - alpha) * dh_total + da",
             "(1 - alpha) * dh_total * (1 - m * m) + da",
             "The direct term of the step back is multiplied by the slope of tanh; it passes outside of "
             "the tanh.",
             "Which of the two terms of h_t stands inside the tanh?"),
        Slip("weights_carry_without_alpha", "da @ W_h.T\n    grads", "da / alpha @ W_h.T\n    grads",
             "What comes back through W_h misses the factor alpha.",
             "By how much does h_t move when the tanh moves by 1?"),
        Slip("carry_slope_twice", "da @ W_h.T\n    grads", "(da * (1 - m * m)) @ W_h.T\n    grads",
             "What comes back through W_h is multiplied by the slope of tanh twice.",
             "How often does h_{t-1} pass through the tanh of step t?"),
        Slip("slope_of_the_adjoint", "(1 - m * m)", "(1 - dh_total * dh_total)",
             "The slope is made of the adjoint: 1 - dh², in the place of 1 - m².",
             "Which number on the way forward does the slope of tanh depend on?"),
        Slip("first_use_missing",
             'grads["W_x"] += x[t].T @ da\n        grads["W_h"] += h[t].T @ da\n        grads["b"] += '
             'da.sum(axis=0)\n        grads["x"][t] = da @ W_x.T\n',
             'grads["W_x"] += x[t].T @ da * (t > 0)\n        grads["W_h"] += h[t].T @ da * (t > '
             '0)\n        grads["b"] += da.sum(axis=0) * (t > 0)\n        grads["x"][t] = da @ W_x.T * (t '
             "> 0)\n",
             "W_x, W_h, b and x miss the use at step 1; what goes back to h0 passes through it.",
             "Which numbers does your loop variable take where the gradients are formed?"),
        Slip("clipped_at_1", "dh[t] + carry", "dh[t] + np.clip(carry, -1, 1)",
             "What comes from later steps is clipped to ±1 at every step, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
        Slip("clipped_at_0_5", "dh[t] + carry", "dh[t] + np.clip(carry, -0.5, 0.5)",
             "What comes from later steps is clipped to ±0.5 at every step, which changes the gradient.",
             "Is the clipped number still the derivative of the loss?"),
    ),
)

SHAPES = Exercise(
    id="00.shapes",
    title="Shapes",
    points=1,
    section="2 Conventions",
    function="shapes",
    items=("S4.8",),
    outputs=("shapes",),
    kind="value",
    verify=_shapes,
)

DIFFERENCE = Exercise(
    id="00.central_difference",
    title="The central difference",
    points=2,
    section="4 Two difference quotients",
    function="central_difference",
    answers=("numgrad.central_difference",),
    outputs=("gradient",),
    instance=_difference_instance,
    reference=lambda f, x, step: {"gradient": numgrad.central_difference(f, x, step)},
    slips=(
        Slip("forward_difference", "(f(x + e) - f(x - e)) / (2 * step)", "(f(x + e) - f(x)) / step",
             "This is the forward difference: it looks to one side of x only.",
             "Which of its two errors does looking to both sides cancel?"),
        Slip("backward_difference", "(f(x + e) - f(x - e)) / (2 * step)", "(f(x) - f(x - e)) / step",
             "This is the backward difference: it looks to one side of x only.",
             "Which of its two errors does looking to both sides cancel?"),
        Slip("half_the_distance", "(2 * step)", "step",
             "Every entry is twice too large.",
             "How far apart are the two points at which f is evaluated?"),
        Slip("half_too_small", "(2 * step)", "(4 * step)",
             "Every entry is twice too small.",
             "How far apart are the two points at which f is evaluated?"),
        Slip("parentheses", "/ (2 * step)", "/ 2 * step",
             "The difference is multiplied by the step: / 2 * step is not / (2 * step).",
             "In which order does Python work through a / 2 * b?"),
        Slip("first_entry_only", "    return gradient", "        return gradient",
             "Only the first entry is there; all others are still zero.",
             "How often does your loop go round before it returns?"),
        Slip("sign", "f(x + e) - f(x - e)", "f(x - e) - f(x + e)",
             "Every entry has the wrong sign.",
             "If f grows to the right, which of the two values is the larger?"),
        Slip("step_ignored", "e[index] = step", "e[index] = 1e-5",
             "The step that was passed in is not the one by which x moves.",
             "Where does step appear in your quotient, and where in the points?"),
        Slip("rows_for_entries", "np.ndindex(x.shape)", "range(len(x))",
             "Whole rows of x move together: every row of the result repeats one number.",
             "x has two axes: over which of its entries does your loop run?"),
        Slip("all_entries_at_once", "e[index] = step", "e[:] = step",
             "All entries of x move together, so every entry of the result is the same number.",
             "A gradient has one number per entry: what must stay still while one moves?"),
        Slip("moves_add_up", "        e = np.zeros_like(x)\n        e[index] = step",
             "        e = np.zeros_like(x) if index == (0, 0) else e\n        e[index] = step",
             "The first entry is right and later ones are not: earlier entries are still moved.",
             "Is x back in its place before the next entry moves?"),
        Slip("second_difference", "(f(x + e) - f(x - e)) / (2 * step)",
             "(f(x + e) - 2 * f(x) + f(x - e)) / step**2",
             "This is the second difference: it approximates the second derivative.",
             "Which value of f cancels in the central difference?"),
        Slip("half_the_forward_difference", "(f(x + e) - f(x - e)) / (2 * step)",
             "(f(x + e) - f(x)) / (2 * step)",
             "One of the two points is x itself, and yet the difference is divided by two steps.",
             "How far apart are the two points at which f is evaluated?"),
        Slip("half_the_backward_difference", "(f(x + e) - f(x - e)) / (2 * step)",
             "(f(x) - f(x - e)) / (2 * step)",
             "One of the two points is x itself, and yet the difference is divided by two steps.",
             "How far apart are the two points at which f is evaluated?"),
        Slip("sum_of_both_sides", "f(x + e) - f(x - e)", "f(x + e) + f(x - e)",
             "The values on the two sides are added; the slope is in their difference.",
             "Where f is constant, what should come out?"),
        Slip("modulus_taken", "(f(x + e) - f(x - e)) / (2 * step)", "abs(f(x + e) - f(x - e)) / (2 * step)",
             "Every entry has lost its sign: a modulus is taken.",
             "Can a derivative be negative?"),
        Slip("not_divided", "(f(x + e) - f(x - e)) / (2 * step)", "f(x + e) - f(x - e)",
             "The difference is not divided by the distance of the two points.",
             "How far apart are the two points at which f is evaluated?"),
        Slip("divided_by_2_only", "/ (2 * step)", "/ 2",
             "The difference is divided by 2; the step is missing below.",
             "How far apart are the two points at which f is evaluated?"),
        Slip("step_squared_below", "/ (2 * step)", "/ (2 * step**2)",
             "The difference is divided by the square of the step.",
             "If f is linear, should the quotient depend on the step?"),
        Slip("moved_by_half_a_step", "e[index] = step", "e[index] = step / 2",
             "x moves by half a step to each side, but the difference is divided by two whole steps.",
             "How far apart are the two points at which f is evaluated?"),
        Slip("half_a_step_each_way",
             "e[index] = step\n        gradient[index] = (f(x + e) - f(x - e)) / (2 * step)",
             "e[index] = step / 2\n        gradient[index] = (f(x + e) - f(x - e)) / step",
             "x moves by half a step to each side: this is the central difference for step / 2.",
             "Between x and each of the two points, how far is it to be?"),
        Slip("five_points", "(f(x + e) - f(x - e)) / (2 * step)",
             "(8 * (f(x + e) - f(x - e)) - f(x + 2 * e) + f(x - 2 * e)) / (12 * step)",
             "This is the formula of fourth order, with two points on each side.",
             "How many values of f does the central difference of this section use?"),
        Slip("step_times_the_entry", "e[index] = step", "e[index] = step * x[index]",
             "The step is relative to the entry where x moves, and absolute where the difference is "
             "divided.",
             "By how much does this entry of x move, and by what is divided?"),
        Slip("columns_for_entries", "np.ndindex(x.shape)", "[(slice(None), j) for j in range(x.shape[1])]",
             "Whole columns of x move together: every column of the result repeats one number.",
             "x has two axes: over which of its entries does your loop run?"),
        Slip("x_stays_moved", "gradient[index] = (f(x + e) - f(x - e)) / (2 * step)",
             "gradient[index] = (f(x + e) - f(x - e)) / (2 * step)\n        x = x - e",
             "The first entry is right and later ones are not: earlier entries of x have stayed one step "
             "down.",
             "Is x back in its place before the next entry moves?"),
    ),
)

COMPLEX = Exercise(
    id="00.complex_step",
    title="The complex step",
    points=2,
    section="6 The complex step",
    function="complex_step",
    answers=("numgrad.complex_step",),
    outputs=("gradient",),
    instance=lambda seed: _function(seed, 600.0),
    reference=lambda f, x: {"gradient": numgrad.complex_step(f, x)},
    slips=(
        Slip("modulus_taken", "f(x + 1j * e).imag / h", "abs(f(x + 1j * e).imag) / h",
             "Every entry has lost its sign: a modulus is taken.",
             "Can a derivative be negative?"),
        Slip("not_divided", "f(x + 1j * e).imag / h", "f(x + 1j * e).imag",
             "The imaginary part is not divided by the step.",
             "Im f(x + ih) is h times something: what?"),
        Slip("halved", "f(x + 1j * e).imag / h", "f(x + 1j * e).imag / (2 * h)",
             "Every entry is half of what it should be.",
             "How many times is h in the imaginary part? There is no second point here."),
        Slip("real_part_divided", "f(x + 1j * e).imag / h", "f(x + 1j * e).real / h",
             "This is the real part over the step: the value of f, not its slope.",
             "In f(x) + ih f'(x) + …, which part holds the derivative?"),
        Slip("real_part", "f(x + 1j * e).imag / h", "f(x + 1j * e).real",
             "This is the real part: the value of f, not its slope.",
             "In f(x) + ih f'(x) + …, which part holds the derivative?"),
        Slip("rows_for_entries", "np.ndindex(x.shape)", "range(len(x))",
             "Whole rows of x move together: every row of the result repeats one number.",
             "x has two axes: over which of its entries does your loop run?"),
        Slip("all_entries_at_once", "e[index] = h", "e[:] = h",
             "All entries of x move together, so every entry of the result is the same number.",
             "A gradient has one number per entry: what must stay still while one moves?"),
        Slip("sign", "x + 1j * e", "x - 1j * e",
             "Every entry has the wrong sign.",
             "To which side of the real axis does x move?"),
        Slip("step_of_a_hundredth", "h = 1e-30", "h = 1e-2",
             "The step is 0.01, as large as for a difference quotient: its error shows where f bends.",
             "The error of the complex step grows with h²: what keeps you from a far smaller h, where "
             "nothing is subtracted?"),
        Slip("step_of_a_thousandth", "h = 1e-30", "h = 1e-3",
             "The step is 0.001, as large as for a difference quotient: its error shows where f bends.",
             "The error of the complex step grows with h²: what keeps you from a far smaller h, where "
             "nothing is subtracted?"),
        Slip("steps_add_up", "        e = np.zeros_like(x)\n        e[index] = h",
             "        e = np.zeros_like(x) if index == (0, 0) else e\n        e[index] = h",
             "The imaginary step of earlier entries stays in place, so each entry is the sum of the "
             "gradient up to it.",
             "Is x real again before the next entry moves?"),
        Slip("doubled", "f(x + 1j * e).imag / h", "(f(x + 1j * e) - f(x - 1j * e)).imag / h",
             "Every entry is twice too large: a second point is subtracted and not counted below.",
             "How far apart are the two points along the imaginary axis?"),
        Slip("modulus_of_f", "f(x + 1j * e).imag / h", "abs(f(x + 1j * e)) / h",
             "This is the modulus of f over the step; the derivative is in the imaginary part.",
             "In f(x) + ih f'(x) + …, which part holds the derivative?"),
        Slip("first_entry_only", "    return gradient", "        return gradient",
             "Only the first entry is there; all others are still zero.",
             "How often does your loop go round before it returns?"),
        Slip("columns_for_entries", "np.ndindex(x.shape)", "[(slice(None), j) for j in range(x.shape[1])]",
             "Whole columns of x move together: every column of the result repeats one number.",
             "x has two axes: over which of its entries does your loop run?"),
        Slip("real_difference", "f(x + 1j * e).imag / h", "(f(x + 1j * e) - f(x)).real / h",
             "The result is a difference of real parts; an imaginary step leaves nothing of it but "
             "rounding.",
             "In which part of f(x + ih) does the derivative stand to first order?"),
    ),
)

RELATIVE = Exercise(
    id="00.relative_error",
    title="How far apart are two arrays?",
    points=1,
    section="7 When are two gradients equal?",
    function="relative_error",
    outputs=("different", "other way round", "one is zero", "both are zero", "tiny"),
    instance=_pairs,
    call=_relative_errors,
    reference=lambda a, b: _relative_errors(_relative_error, (a, b)),
    slips=(
        Slip("elementwise", "np.abs(a - b).max() / largest",
             "np.max(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300))",
             "The error is taken entry by entry: one tiny entry decides, however right the rest is.",
             "By what should the difference of a small entry be measured?"),
        Slip("absolute", "np.abs(a - b).max() / largest", "np.abs(a - b).max()",
             "The error is absolute: it depends on the units of the loss.",
             "Two arrays of size 1e-12 that disagree: is their difference small?"),
        Slip("no_absolute_value", "np.abs(a - b).max() / largest", "(a - b).max() / largest",
             "Differences of one sign only are seen.",
             "What if b is larger than a everywhere?"),
        Slip("mean_difference", "np.abs(a - b).max() / largest", "np.abs(a - b).mean() / largest",
             "The differences are averaged: one wrong entry drowns among many.",
             "Should a hundred right entries excuse a wrong one?"),
        Slip("only_one_scale", "largest = max(np.abs(a).max(), np.abs(b).max())", "largest = np.abs(b).max()",
             "Only one of the two arrays sets the scale.",
             "Is the error of a against b the error of b against a?"),
        Slip("only_the_other_scale", "largest = max(np.abs(a).max(), np.abs(b).max())",
             "largest = np.abs(a).max()",
             "Only one of the two arrays sets the scale.",
             "Is the error of a against b the error of b against a?"),
        Slip("padded", "np.abs(a - b).max() / largest", "np.abs(a - b).max() / (largest + 1e-8)",
             "Something small is added below: arrays that are smaller than it look equal.",
             "Two arrays of size 1e-12 that disagree: what does your error say?"),
        Slip("sum_of_scales", "largest = max(np.abs(a).max(), np.abs(b).max())",
             "largest = np.abs(a).max() + np.abs(b).max()",
             "The scale is the sum of both largest entries, so errors come out about half.",
             "If b is zero everywhere, what should the error be?"),
        Slip("largest_signed_entry", "largest = max(np.abs(a).max(), np.abs(b).max())",
             "largest = max(a.max(), b.max())",
             "The scale is the largest entry with its sign: large negative entries do not count.",
             "If all entries of both arrays are negative, what is your scale?"),
        Slip("norm_over_largest", "np.abs(a - b).max() / largest", "np.linalg.norm(a - b) / largest",
             "The Euclidean norm of the difference is divided by a largest entry: two different norms are "
             "mixed.",
             "If b is zero everywhere, what should the error be?"),
        Slip("both_norms",
             "largest = max(np.abs(a).max(), np.abs(b).max())\n    if largest == 0:\n        return "
             "0.0\n    return np.abs(a - b).max() / largest",
             "largest = max(np.linalg.norm(a), np.linalg.norm(b))\n    if largest == 0:\n        return "
             "0.0\n    return np.linalg.norm(a - b) / largest",
             "Difference and scale are Euclidean norms, of all entries together.",
             "Which single difference and which single entry does the docstring ask for?"),
        Slip("sum_of_differences", "np.abs(a - b).max() / largest", "np.abs(a - b).sum() / largest",
             "The differences of all entries are added up; the largest one is asked for.",
             "Should an array with more entries have a larger error?"),
        Slip("difference_of_moduli", "np.abs(a - b).max() / largest",
             "np.abs(np.abs(a) - np.abs(b)).max() / largest",
             "The moduli of the entries are compared: a wrong sign is not seen.",
             "What is the error of -b against b?"),
        Slip("difference_of_maxima", "np.abs(a - b).max() / largest",
             "abs(np.abs(a).max() - np.abs(b).max()) / largest",
             "Only the two largest entries are compared, not each entry with its partner.",
             "What is the error of an array against its transpose?"),
        Slip("squared_differences", "np.abs(a - b).max() / largest", "((a - b) ** 2).max() / largest",
             "The differences are squared, the scale is not.",
             "If both arrays are multiplied by 10, what happens to your error?"),
        Slip("smaller_scale", "largest = max(np.abs(a).max(), np.abs(b).max())",
             "largest = min(np.abs(a).max(), np.abs(b).max())",
             "The smaller of the two largest entries is the scale.",
             "If one array is zero everywhere, what do you divide by?"),
        Slip("mean_of_scales", "largest = max(np.abs(a).max(), np.abs(b).max())",
             "largest = (np.abs(a).max() + np.abs(b).max()) / 2",
             "The scale is the mean of both largest entries.",
             "If b is zero everywhere, what should the error be?"),
        Slip("scale_is_a_mean", "largest = max(np.abs(a).max(), np.abs(b).max())",
             "largest = max(np.abs(a).mean(), np.abs(b).mean())",
             "The scale is a mean over the entries, the largest one is asked for.",
             "If b is zero everywhere, what should the error be?"),
        Slip("scale_at_least_1", "largest = max(np.abs(a).max(), np.abs(b).max())",
             "largest = max(1.0, np.abs(a).max(), np.abs(b).max())",
             "The scale is never below 1: for small arrays the error is absolute.",
             "Two arrays of size 1e-12 that disagree: what does your error say?"),
        Slip("zeros_divided", "if largest == 0:", "if False:",
             "Where both arrays are zero, 0 is divided by 0.",
             "What is the error of an array of zeros against itself?"),
        Slip("sum_of_norms",
             "largest = max(np.abs(a).max(), np.abs(b).max())\n"
             "    if largest == 0:\n"
             "        return 0.0\n"
             "    return np.abs(a - b).max() / largest",
             "largest = np.linalg.norm(a) + np.linalg.norm(b)\n"
             "    if largest == 0:\n"
             "        return 0.0\n"
             "    return np.linalg.norm(a - b) / largest",
             "Euclidean norms stand in the place of largest moduli, and the two of a and b are added.",
             "Which size of an array is asked for, and is the larger of two meant or their sum?"),
        Slip("sums_of_moduli",
             "largest = max(np.abs(a).max(), np.abs(b).max())\n"
             "    if largest == 0:\n"
             "        return 0.0\n"
             "    return np.abs(a - b).max() / largest",
             "largest = np.abs(a).sum() + np.abs(b).sum()\n"
             "    if largest == 0:\n"
             "        return 0.0\n"
             "    return np.abs(a - b).sum() / largest",
             "Sums of moduli stand in the place of largest ones, and the two of a and b are added.",
             "Which size of an array is asked for, and is the larger of two meant or their sum?"),
    ),
)

CHECK = Exercise(
    id="00.gradient_check",
    title="A check that refuses",
    points=4,
    section="8 A gradient check",
    function="gradient_check",
    builds_on=("relative_error",),
    answers=("numgrad.check_gradient",),
    outputs=("right", *FAULTS),
    gate="right",
    instance=_gradients_to_check,
    call=_check_all,
    reference=_verdicts,
    phrase=_accepted_or_refused,
    slips=(
        Slip("accepts_everything", "relative_error(grad, numeric) < 1e-6", "True",
             "Everything is accepted. If a number is returned: every number but 0 counts as True.",
             "What does a gradient have to do for your check to refuse it?"),
        Slip("refuses_everything", "relative_error(grad, numeric) < 1e-6", "False",
             "Everything is refused, the right gradient too.",
             "How exact is your numerical gradient, and does your tolerance leave it that room?"),
        Slip("the_wrong_way_round", "relative_error(grad, numeric) < 1e-6",
             "relative_error(grad, numeric) > 1e-6",
             "The right gradient is refused and the wrong ones are accepted.",
             "Is a large error a reason to accept?"),
        Slip("absolute_tolerance", "relative_error(grad, numeric) < 1e-6",
             "np.abs(grad - numeric).max() < 1e-6",
             "The tolerance is absolute: a small loss gets every fault past it, or a large one nothing.",
             "Multiply the loss by 1e-6: should a fault become acceptable?"),
        Slip("too_loose", "relative_error(grad, numeric) < 1e-6", "relative_error(grad, numeric) < 1e-3",
             "A gradient that is off by 1e-4 passes: the tolerance is far above the method's own error.",
             "How exact is your numerical gradient, and how much room does it need?"),
        Slip("compares_one_number", "relative_error(grad, numeric) < 1e-6",
             "abs(np.linalg.norm(grad) / np.linalg.norm(numeric) - 1) < 1e-6",
             "A single number is compared, such as the norm or the sum: a transposed gradient has "
             "the same one.",
             "Name two different arrays with the same norm."),
        Slip("compares_directions", "relative_error(grad, numeric) < 1e-6",
             "np.sum(grad * numeric) / np.linalg.norm(grad) / np.linalg.norm(numeric) > 1 - 1e-9",
             "Only the directions are compared: any positive factor passes.",
             "Does a gradient that is twice too long train the same network?"),
        Slip("any_entry_is_enough", "relative_error(grad, numeric) < 1e-6",
             "np.isclose(grad, numeric, rtol=1e-6, atol=1e-9).any()",
             "A gradient is accepted as soon as one of its entries is right.",
             "Does one entry say anything about the others?"),
    ),
)

STEP = Exercise(
    id="00.best_step",
    title="The best step",
    points=1,
    section="5 How small a step?",
    function="best_step",
    outputs=("best_step",),
    kind="value",
    verify=_best_step,
)

REFUTE = Exercise(
    id="00.refute_elementwise",
    title="Refute: the output activation is elementwise",
    points=1,
    section="9 Refute it",
    function="two_logits",
    items=("S4.3",),
    answers=("losses.softmax_jacobian",),
    outputs=("two_logits",),
    kind="value",
    verify=_refute_elementwise,
)

EXERCISES = (LEAKY, SHAPES, DIFFERENCE, STEP, COMPLEX, RELATIVE, CHECK, REFUTE)
