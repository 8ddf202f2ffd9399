"""Lesson 02: the softmax, four losses with their gradients, and back through the output layer."""

import numpy as np

from rnnlib import losses, readout, rnn

from .. import compare
from ..outputs import read_outputs
from . import Exercise, Slip
from .draws import either_sign
from .families import tanh_slopes
from .sweep import LONG, Sweep

NOT_FINITE = -9.0  # stands for NaN and infinity at logits of 1e4, so that overflow can be named


def _sizes(seed):
    return ((5, 3, 4), (4, 2, 5), (4, 4, 4))[seed % 3]


def _logits(seed):
    """Ordinary logits, and large ones: rows shifted by ±1e4, rows spread over ±1e4."""
    T, B, K = _sizes(seed)
    rng = np.random.default_rng([201, seed])
    o = np.round(64 * 1.2 * rng.normal(size=(T, B, K))) / 64  # exact in single precision, large or not
    row = np.arange(T * B).reshape(T, B, 1) % 4
    large = np.where(row == 3, np.round(1e4 * o), o + np.array([1e4, -1e4, 0, 0])[row])
    return o, large


def _soft_targets(seed):
    """Targets from 0 up: rows sum to anything but 1, one is one-hot and one all zero."""
    T, B, K = _sizes(seed)
    rng = np.random.default_rng([202, seed])
    y = rng.uniform(0.1, 1, (T, B, K))
    y *= rng.uniform(0.5, 0.8, (T, B, 1)) * rng.choice([1, 2.5], (T, B, 1)) / y.sum(axis=-1, keepdims=True)
    y[0, 0], y[1, 0] = np.eye(K)[1], 0.0
    return y


def _yes_no_targets(seed):
    rng = np.random.default_rng([203, seed])
    y = rng.uniform(0.05, 0.95, _sizes(seed))
    y[0, 0, :2], y[-1, -1, :2] = (0, 1), (1, 0)
    return y


def _prediction(seed):
    rng = np.random.default_rng([204, seed])
    return (losses.softmax(1.2 * rng.normal(size=(4, 5, 3)[seed % 3])),)


def _measurements(seed):
    T, B, K = _sizes(seed)
    rng = np.random.default_rng([205, seed])
    return 0.8 * rng.normal(size=(T, B, K)), rng.uniform(-0.9, 0.9, (T, B, K))


def _readout_instance(seed, sizes=None):
    """A run with non-zero initial states, and adjoints whose rows do not sum to zero."""
    T, B, D, H, K = sizes or ((5, 3, 2, 4, 6), (4, 2, 6, 3, 5), (4, 4, 4, 4, 4))[seed % 3]
    rng = np.random.default_rng([206, seed])
    cell = {"W_x": rng.normal(size=(D, H)) / 2, "W_h": rng.normal(size=(H, H)) / 2, "b_h": rng.normal(size=H)}
    params = {"W_y": rng.normal(size=(H, K)), "b_y": rng.normal(size=K)}
    run = rnn.forward(cell, rng.normal(size=(T, B, D)), rng.uniform(0.3, 0.9, (B, H)))
    do = either_sign(rng, 0.3, 1.2, (T, B, K))
    return params, run.h, do


def _readout_reference(params, h, do):
    return readout.backward(params, h[1:], do)


def _finite(value):
    """The value as an array in which NaN and infinity are a number that no right answer has."""
    array = compare.to_array(value)
    return value if array is None else np.where(np.isfinite(array), array, NOT_FINITE)


def _softmax_both(function, arguments):
    ordinary, large = (read_outputs(function(o), ("yhat",))[0].get("yhat") for o in arguments)
    return {"yhat": ordinary, "at 1e4": None if large is None else _finite(large)}


def _softmax_reference(o, large):
    return {"yhat": losses.softmax(o), "at 1e4": losses.softmax(large)}


def _loss_both(function, arguments):
    """Loss and gradient at ordinary and at large logits."""
    o, large, y = arguments
    made = {}
    for where, logits, targets in (("", o, y.copy()), (" at 1e4", large, y)):
        given, _ = read_outputs(function(logits, targets), ("loss", "do"))
        made |= {name + where: _finite(value) if where else value for name, value in given.items()}
    return made


def _loss_reference(loss_function):
    def reference(o, large, y):
        return _loss_both(loss_function, (o, large, y))

    return reference


def _squared_both(function, arguments):
    """Loss and gradient with a linear and with a tanh output."""
    o, y = arguments
    made = {}
    for phi, outputs, targets in (("identity", o.copy(), y.copy()), ("tanh", o, y)):
        given, _ = read_outputs(function(outputs, targets, phi), ("loss", "do"))
        made |= {f"{name}, {phi}": value for name, value in given.items()}
    return made


def _squared_reference(o, y):
    return _squared_both(losses.squared_error, (o, y))


def _cosine(a, b):
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / size) if size else 0.0


def _refute_entropy(answer):
    """An entropy within 2 % of the loss whose gradient points away from the loss's."""
    o, k = answer
    o = np.asarray(o, float)
    if o.ndim != 1 or len(o) < 2:
        return f"the logits have shape {o.shape}, expected one list of 2 or more"
    if not np.isfinite(o).all():
        return "the logits contain NaN or infinity"
    if k != int(k) or not 0 <= k < len(o):
        return f"{k} is no class: with {len(o)} logits they are 0 to {len(o) - 1}"
    shares = losses.softmax(o)
    if shares.min() < 1e-12:
        return "a share is nearly zero; take logits that are closer together"
    entropy = -(shares * np.log(shares)).sum()
    loss, do = losses.softmax_cross_entropy(o, np.eye(len(o))[int(k)])
    if abs(entropy - loss) > 0.02 * loss:
        return f"the entropy is {entropy:.3g} and the loss {loss:.3g}: further apart than 2 %"
    cosine = _cosine(do, -shares * (np.log(shares) + entropy))
    if not cosine < -0.1:
        return f"the cosine between the gradients is {cosine:.2g}, expected below -0.1"
    return None


def _refute_transposed(answer):
    """States and adjoints for which the transposed gradient of W_y points uphill."""
    h, do = (np.asarray(rows, float) for rows in answer)
    if h.ndim != 2 or h.shape != do.shape or not h.size:
        return f"h has shape {h.shape} and do {do.shape}, expected two lists of T rows of equal length"
    if not (np.isfinite(h).all() and np.isfinite(do).all()):
        return "contains NaN or infinity"
    cosine = _cosine(h.T @ do, do.T @ h)
    if cosine < -1e-6:
        return None
    return f"the cosine between the printed and the true gradient is {cosine + 0.0:.2g}, expected below 0"


SOFTMAX = Exercise(
    id="02.softmax",
    title="Softmax",
    points=1,
    section="2 Softmax",
    function="softmax",
    items=("S1.1", "S4.3"),
    answers=("losses.softmax",),
    outputs=("yhat", "at 1e4"),
    instance=_logits,
    reference=_softmax_reference,
    call=_softmax_both,
    asks="Does every row of your result sum to one, and is every entry finite at logits of 1e4? "
    "(At 1e4, NaN and infinity are counted as the number -9.)",
    slips=(
        Slip("scaled_in_place_of_shifted",
             "o - o.max(axis=-1, keepdims=True)",
             "o / np.abs(o).max(axis=-1, keepdims=True)",
             "The logits are divided by the largest; only a shift leaves the softmax as it is.",
             "Is exp(o / m) / Σ exp(o / m) the same as without m? And exp(o - m) / Σ exp(o - m)?"),
        Slip("overflow", "o - o.max(axis=-1, keepdims=True)", "o",
             "At 1e4 exp is infinite or zero, and the quotient is NaN.",
             "Which number can you subtract from a row of logits without changing its softmax?"),
        Slip("one_shift_for_all", "o.max(axis=-1, keepdims=True)", "o.max()",
             "All rows are shifted by the largest logit of the whole array: at 1e4 every power in the low "
             "rows becomes zero.",
             "After your shift, what is the largest logit of a row that lay at -1e4?"),
        Slip("divided_by_everything", "e.sum(axis=-1, keepdims=True)", "e.sum()",
             "The whole array sums to one, not each row.",
             "Among how many classes are the shares of one prediction divided?"),
        Slip("divided_over_the_batch", "e.sum(axis=-1, keepdims=True)", "e.sum(axis=-2, keepdims=True)",
             "Shares are taken among the instances of the batch, not among the classes.",
             "Which axis numbers the classes?"),
        Slip("divided_over_time", "e.sum(axis=-1, keepdims=True)", "e.sum(axis=0, keepdims=True)",
             "Shares are taken among the entries of the first axis, not among the classes.",
             "Which axis numbers the classes?"),
        Slip("not_divided", "return e / e.sum(axis=-1, keepdims=True)", "return e",
             "The largest entry of every row is 1: the powers are not divided by their sum.",
             "What turns positive numbers into shares of one?"),
        Slip("no_power", "np.exp(o - o.max(axis=-1, keepdims=True))", "o",
             "Logits are divided by their sum as they are: some shares are negative or above one.",
             "What makes every logit positive before it becomes a share?"),
        Slip("logistic", "return e / e.sum(axis=-1, keepdims=True)", "return 0.5 * (1 + np.tanh(0.5 * o))",
             "This is the logistic function of each logit by itself.",
             "What do the entries of one row of your result add up to?"),
        Slip("logarithm", "return e / e.sum(axis=-1, keepdims=True)",
             "return o - o.max(axis=-1, keepdims=True) - np.log(e.sum(axis=-1, keepdims=True))",
             "These are the logarithms of the shares.",
             "Which sign does a share have, and which do your entries have?"),
        Slip("over_the_first_axis",
             "e = np.exp(o - o.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)",
             "e = np.exp(o - o.max(axis=0, keepdims=True))\n    return e / e.sum(axis=0, keepdims=True)",
             "Maximum and sum run over the first axis, time; the classes lie along the last one.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("over_the_batch",
             "e = np.exp(o - o.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)",
             "e = np.exp(o - o.max(axis=-2, keepdims=True))\n    return e / e.sum(axis=-2, keepdims=True)",
             "Maximum and sum run over the batch; the classes lie along the last axis.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("over_everything",
             "e = np.exp(o - o.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)",
             "e = np.exp(o - o.max())\n    return e / e.sum()",
             "Maximum and sum run over all entries: the whole array adds up to 1.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("overflow_and_divided_by_everything",
             "e = np.exp(o - o.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)",
             "e = np.exp(o)\n    return e / e.sum()",
             "The sum runs over all entries, and large logits overflow as nothing is subtracted first.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("overflow_and_over_the_first_axis",
             "e = np.exp(o - o.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)",
             "e = np.exp(o)\n    return e / e.sum(axis=0)",
             "The sum runs over the first axis, time, and large logits overflow as nothing is subtracted "
             "first.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("exponent_negative", "np.exp(o - o.max(axis=-1, keepdims=True))",
             "np.exp(o.min(axis=-1, keepdims=True) - o)",
             "The exponent has the wrong sign: the smallest logit gets the largest share.",
             "Which class should get the largest share, that of the largest logit or of the smallest?"),
        Slip("divided_by_the_euclidean_norm", "e.sum(axis=-1, keepdims=True)",
             "np.linalg.norm(e, axis=-1, keepdims=True)",
             "The powers are divided by their Euclidean norm; their squares add up to 1.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("divided_by_the_mean", "e.sum(axis=-1, keepdims=True)", "e.mean(axis=-1, keepdims=True)",
             "The powers are divided by their mean: the shares add up to the number of classes.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("applied_twice", "return e / e.sum(axis=-1, keepdims=True)",
             "p = np.exp(e / e.sum(axis=-1, keepdims=True))\n    return p / p.sum(axis=-1, keepdims=True)",
             "The softmax is applied twice: to the logits and then to the shares.",
             "What goes into the exponential, logits or shares?"),
        Slip("base_2", "np.exp(o", "np.exp2(o",
             "The powers have the base 2 in the place of e.",
             "Which function's derivative is the function itself?"),
        Slip("logits_limited", "np.exp(o - o.max(axis=-1, keepdims=True))", "np.exp(np.clip(o, -500, 500))",
             "The logits are limited to an interval: all that lie beyond it on the same side get the same "
             "share.",
             "Which number may be subtracted from every logit without a change of the shares?"),
    ),
)

JACOBIAN = Exercise(
    id="02.softmax_jacobian",
    title="The Jacobian of the softmax",
    points=2,
    section="3 The Jacobian of the softmax",
    function="softmax_jacobian",
    items=("S4.3", "S1.3"),
    answers=("losses.softmax_jacobian",),
    outputs=("J",),
    instance=_prediction,
    reference=lambda yhat: {"J": losses.softmax_jacobian(yhat)},
    asks="Do the rows of your matrix sum to zero? Compare the diagonal first, then the rest.",
    slips=(
        Slip("elementwise", "np.diag(yhat) - np.outer(yhat, yhat)", "np.diag(yhat * (1 - yhat))",
             "Everything off the diagonal is zero: the softmax is treated as if it worked entry by entry.",
             "When one logit grows, what happens to the other shares?"),
        Slip("numerator_only", "np.diag(yhat) - np.outer(yhat, yhat)", "np.diag(yhat)",
             "Only the derivative of the numerator is there: the sum below is held fixed.",
             "Does the denominator of a share contain the logit by which you differentiate?"),
        Slip("denominator_only", "np.diag(yhat) - np.outer(yhat, yhat)", "-np.outer(yhat, yhat)",
             "The diagonal misses a term: only the derivative of the denominator is there.",
             "For i = j, what else in the quotient depends on the logit?"),
        Slip("plus", "np.diag(yhat) - np.outer(yhat, yhat)", "np.diag(yhat) + np.outer(yhat, yhat)",
             "The outer product enters with the wrong sign: all shares grow together.",
             "If one share grows, can all others grow too?"),
        Slip("sign", "np.diag(yhat) - np.outer(yhat, yhat)", "np.outer(yhat, yhat) - np.diag(yhat)",
             "Every entry has the opposite sign.",
             "Does a share grow or shrink when its own logit grows?"),
        Slip("row_for_outer", "np.outer(yhat, yhat)", "yhat",
             "Off the diagonal each entry is a share, not a product of two.",
             "How many factors does the formula have off the diagonal?"),
        Slip("identity_for_diag", "np.diag(yhat)", "np.eye(len(yhat))",
             "The diagonal begins with 1 where it should begin with the share.",
             "In the formula, what multiplies the bracket that says i = j?"),
        Slip("softmax_again", "np.diag(yhat) - np.outer(yhat, yhat)",
             "(lambda s: np.diag(s) - np.outer(s, s))(np.exp(yhat) / np.exp(yhat).sum())",
             "The matrix belongs to softmax(yhat): the softmax is applied to what has been through it.",
             "Are logits passed in, or shares?"),
        Slip("square_subtracted_twice", "np.diag(yhat)", "np.diag(yhat * (1 - yhat))",
             "On the diagonal the square of each share is subtracted twice.",
             "What does the outer product hold on its diagonal?"),
        Slip("rows_for_diag", "np.diag(yhat)", "yhat",
             "The shares are added to every row; they belong on the diagonal only.",
             "For i = j and for i ≠ j: which two cases does the quotient rule give?"),
        Slip("plus_off_the_diagonal", "np.diag(yhat) - np.outer(yhat, yhat)",
             "np.diag(yhat - 2 * yhat**2) + np.outer(yhat, yhat)",
             "Off the diagonal the sign is wrong: the diagonal is right.",
             "If one logit grows, do the other shares grow or shrink?"),
        Slip("plus_and_diagonal_slope", "np.diag(yhat) - np.outer(yhat, yhat)",
             "np.diag(yhat * (1 - yhat)) + np.outer(yhat, yhat)",
             "The outer product is added to the slopes on the diagonal; it should be subtracted from the "
             "shares.",
             "For i = j and for i ≠ j: which two cases does the quotient rule give?"),
        Slip("outer_with_complement", "np.diag(yhat) - np.outer(yhat, yhat)", "np.outer(yhat, 1 - yhat)",
             "Every entry is yhat_i (1 - yhat_j), which holds on the diagonal only.",
             "For i = j and for i ≠ j: which two cases does the quotient rule give?"),
        Slip("inner_for_outer", "np.outer(yhat, yhat)", "yhat @ yhat",
             "A single number, the inner product of the shares, is subtracted everywhere.",
             "Which product of two vectors is a matrix?"),
        Slip("elementwise_for_outer", "np.outer(yhat, yhat)", "yhat * yhat",
             "The squares of the shares are subtracted from every row; yhat_i yhat_j is a matrix.",
             "Which product of two vectors is a matrix?"),
        Slip("of_the_logarithm", "np.diag(yhat) - np.outer(yhat, yhat)",
             "np.eye(len(yhat)) - np.ones_like(yhat)[:, None] * yhat",
             "This is the Jacobian of log softmax: the factor yhat_i is missing.",
             "d log y is dy over y: which of the two does J hold?"),
        Slip("outer_of_roots", "np.outer(yhat, yhat)", "np.outer(np.sqrt(yhat), np.sqrt(yhat))",
             "The outer product is made of the roots of the shares.",
             "For i = j and for i ≠ j: which two cases does the quotient rule give?"),
        Slip("doubled_outer", "np.outer(yhat, yhat)", "2 * np.outer(yhat, yhat)",
             "The outer product is subtracted twice.",
             "If all logits grow alike, what happens to the shares, and to the row sums of J?"),
    ),
)

CROSS_ENTROPY = Exercise(
    id="02.softmax_cross_entropy",
    title="Softmax and cross-entropy",
    points=4,
    section="4 Cross-entropy",
    function="softmax_cross_entropy",
    builds_on=("softmax",),
    items=("S0.3", "S1.2", "S1.3", "S4.10"),
    answers=("losses.softmax_cross_entropy", "losses.softmax"),
    outputs=("loss", "do", "loss at 1e4", "do at 1e4"),
    instance=lambda seed: (*_logits(seed), _soft_targets(seed)),
    reference=_loss_reference(losses.softmax_cross_entropy),
    call=_loss_both,
    asks="Take one row: is its loss right, and does its part of do sum to zero? "
    "(At 1e4, NaN and infinity count as -9.)",
    slips=(
        Slip("logarithm_without_its_derivative",
             "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "softmax(o) * ((y * softmax(o)).sum(axis=-1, keepdims=True) - y)",
             "do misses the derivative of the logarithm: -y meets the Jacobian of the softmax where "
             "-y/yhat belongs.",
             "What is the derivative of -y log(yhat) with respect to yhat?"),
        Slip("loss_not_finite", "z = o - o.max(axis=-1, keepdims=True)", "z = o",
             "The loss at 1e4 is infinite or NaN: a power overflows, or a logarithm meets a share of zero.",
             "Can log of the share be written without computing the share?"),
        Slip("overflow", "z = o - o.max(axis=-1, keepdims=True)",
             "z, softmax = o, lambda o: np.exp(o) / np.exp(o).sum(axis=-1, keepdims=True)",
             "Loss and do are NaN at 1e4: the powers overflow before anything is divided.",
             "What can be subtracted from a row of logits before the power is taken?"),
        Slip("small_number_in_log", "loss = (y * (log_sum - z)).sum()",
             "loss = -(y * np.log(np.exp(z - log_sum) + 1e-12)).sum()",
             "The loss at 1e4 is too small: a small number inside the logarithm limits it.",
             "What is the true logarithm of a share of e to the minus 10000?"),
        Slip("targets_taken_to_sum_to_1", "y.sum(axis=-1, keepdims=True) * softmax(o) - y", "softmax(o) - y",
             "do is prediction minus target: right only in rows whose targets sum to one.",
             "In the product of the first two factors, where does the sum over the targets come from?"),
        Slip("elementwise", "y.sum(axis=-1, keepdims=True) * softmax(o) - y", "y * (softmax(o) - 1)",
             "do knows the target's own logit only: the softmax is treated entry by entry, and classes with "
             "target zero get no gradient.",
             "Does the loss depend on the logit of a class whose target is zero?"),
        Slip("gradient_by_prediction", "y.sum(axis=-1, keepdims=True) * softmax(o) - y", "-y / softmax(o)",
             "do is the derivative with respect to the prediction: the softmax has not been passed.",
             "Which Jacobian lies between the prediction and the logits?"),
        Slip("do_sign", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "y - y.sum(axis=-1, keepdims=True) * softmax(o)",
             "do has the opposite sign: it points downhill, the way a step goes.",
             "If the logit of the right class grows, does the loss grow or shrink?"),
        Slip("do_is_the_prediction", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "y.sum(axis=-1, keepdims=True) * softmax(o)",
             "do misses the target: it is the same whichever class is right.",
             "By which of its terms does the gradient know the right class?"),
        Slip("sum_of_all_targets", "y.sum(axis=-1, keepdims=True)", "y.sum()",
             "In do every row is weighted with the sum of all targets, not with its own.",
             "Can the targets of one step change the gradient of another?"),
        Slip("entropy", "loss = (y * (log_sum - z)).sum()",
             "loss = -(np.exp(z - log_sum) * (z - log_sum)).sum()",
             "The loss is the entropy of the prediction: the target does not occur in it.",
             "What does the loss become when the targets change and the logits do not?"),
        Slip("entropy_and_its_gradient",
             "loss = (y * (log_sum - z)).sum()\n    do = y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "p, q = softmax(o), z - log_sum\n    row = -(p * q).sum(axis=-1, keepdims=True)\n"
             "    loss, do = row.sum(), -p * (q + row)",
             "Loss and do belong to the entropy of the prediction: the target occurs in neither.",
             "What do they become when the targets change and the logits do not?"),
        Slip("loss_sign", "loss = (y * (log_sum - z)).sum()", "loss = (y * (z - log_sum)).sum()",
             "The loss has the opposite sign.",
             "Which sign does the logarithm of a share have?"),
        Slip("loss_averaged", "loss = (y * (log_sum - z)).sum()", "loss = (y * (log_sum - z)).mean()",
             "The loss is an average over all entries, while a sum is asked for.",
             "By how much would a gradient be off that belongs to this average?"),
        Slip("loss_over_the_batch", "loss = (y * (log_sum - z)).sum()",
             "loss = (y * (log_sum - z)).sum() / o.shape[1]",
             "The loss is divided by the size of the batch; a sum is asked for.",
             "Do your loss and your do belong to the same reduction?"),
        Slip("loss_over_the_rows", "loss = (y * (log_sum - z)).sum()",
             "loss = (y * (log_sum - z)).sum(axis=-1).mean()",
             "The loss is divided by the number of rows, steps times instances; a sum is asked for.",
             "Do your loss and your do belong to the same reduction?"),
        Slip("both_over_the_batch", "return loss, do", "return loss / o.shape[1], do / o.shape[1]",
             "Loss and do are divided by the size of the batch; the sum is asked for.",
             "By which number would you have to multiply both?"),
        Slip("one_sum_for_all_rows", "np.exp(z).sum(axis=-1, keepdims=True)", "np.exp(z).sum()",
             "The loss divides every row by the sum over the whole array.",
             "Among which entries are the shares of one prediction divided?"),
        Slip("softmax_over_the_first_axis",
             "z = o - o.max(axis=-1, keepdims=True)\n"
             "    log_sum = np.log(np.exp(z).sum(axis=-1, keepdims=True))",
             "z = o - o.max(axis=0, keepdims=True)\n    e = np.exp(z)\n"
             "    log_sum = np.log(e.sum(axis=0, keepdims=True))\n"
             "    softmax = lambda o: e / e.sum(axis=0, keepdims=True)",
             "Loss and do divide each power by a sum over the first axis, not by that over the classes.",
             "Which axis numbers the classes, and among what are the shares of one prediction divided?"),
        Slip("target_and_prediction_exchanged", "loss = (y * (log_sum - z)).sum()",
             "loss = -(np.exp(z - log_sum) * np.log(y + 1e-12)).sum()",
             "The loss weighs the logarithm of the target with the prediction: the two have changed places.",
             "The loss should be large where a likely target is given a small share: which of the two "
             "stands inside the logarithm?"),
        Slip("softmax_passed_twice", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "(y.sum(axis=-1, keepdims=True) * softmax(o) - y) * softmax(o) * (1 - softmax(o))",
             "do carries a slope of the softmax as well: the difference has passed it already.",
             "Is the difference the derivative with respect to the prediction, or to the logit?"),
        Slip("target_class_only", "loss = (y * (log_sum - z)).sum()",
             "loss = np.take_along_axis(log_sum - z, y.argmax(axis=-1)[..., None], axis=-1).sum()",
             "The loss counts the largest target of each row and as a whole: soft targets are not weighed.",
             "What does a target of one half contribute?"),
        Slip("target_subtracted_for_every_class", "softmax(o) - y", "softmax(o) - y.shape[-1] * y",
             "The target is subtracted K times, once for every class.",
             "The loss is a sum over classes; how often does each o_k occur beside its own target?"),
        Slip("do_is_the_softmax", "y.sum(axis=-1, keepdims=True) * softmax(o) - y", "softmax(o)",
             "do is the softmax itself; the target is missing.",
             "Would the gradient vanish if the prediction were right?"),
        Slip("loss_is_the_logarithm_of_the_sum", "(y * (log_sum - z)).sum()", "log_sum.sum()",
             "The loss is the logarithm of the sum alone; the target and its logit are missing.",
             "Would the loss change if another class were the target?"),
        Slip("targets_taken_to_be_one_hot", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "softmax(o) - np.eye(y.shape[-1])[y.argmax(axis=-1)]",
             "do uses only the class with the largest target, as if every row of y were one-hot.",
             "Where does do use the smaller entries of y?"),
        Slip("class_of_the_target_only_in_both",
             "loss = (y * (log_sum - z)).sum()\n    do = y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "hot = np.eye(y.shape[-1])[y.argmax(axis=-1)]\n    loss = (hot * (log_sum - z)).sum()\n    do "
             "= softmax(o) - hot",
             "Only the class with the largest target counts, as if every row of y were one-hot.",
             "Where do the smaller entries of y enter?"),
        Slip("do_over_the_batch", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "(y.sum(axis=-1, keepdims=True) * softmax(o) - y) / o.shape[1]",
             "do is divided by the batch size; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("do_averaged", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "(y.sum(axis=-1, keepdims=True) * softmax(o) - y) / o.size",
             "do is divided by the number of all entries; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("do_over_the_rows", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "(y.sum(axis=-1, keepdims=True) * softmax(o) - y) / (o.shape[0] * o.shape[1])",
             "do is divided by the number of rows, steps times instances; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_over_the_rows", "return loss, do",
             "return loss / (o.shape[0] * o.shape[1]), do / (o.shape[0] * o.shape[1])",
             "Loss and do are divided by the number of rows, steps times instances; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_averaged", "return loss, do", "return loss / o.size, do / o.size",
             "Loss and do are divided by the number of all entries; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_over_time", "return loss, do", "return loss / o.shape[0], do / o.shape[0]",
             "Loss and do are divided by the number of steps; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_halved", "return loss, do", "return loss / 2, do / 2",
             "Loss and do have the factor 1/2 of the squared error.",
             "Which loss has a square whose factor 2 a half is to cancel?"),
        Slip("logistic_for_softmax", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "0.5 * (1 + np.tanh(0.5 * o)) - y",
             "do is made with the logistic function, entry by entry; it belongs to the binary "
             "cross-entropy.",
             "Do the shares of a row depend on each other?"),
        Slip("log_sum_for_every_class", "(y * (log_sum - z))", "(log_sum - y * z)",
             "The logarithm of the sum is counted for every class; it is not multiplied by the target.",
             "For a class with target 0, what does it add to the loss?"),
        Slip("denominator_forgotten", "(y * (log_sum - z))", "(y * -z)",
             "The logarithm of the sum is missing in the loss: only the shifted logits are left.",
             "log softmax is a difference: of what?"),
        Slip("logarithm_forgotten", "loss = (y * (log_sum - z)).sum()", "loss = -(y * softmax(o)).sum()",
             "The loss has the prediction in the place of its logarithm.",
             "If the right class gets the share 1, what should the loss be?"),
        Slip("squared_error_through_softmax", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "(softmax(o) * ((softmax(o) - y) - (softmax(o) * (softmax(o) - y)).sum(axis=-1, "
             "keepdims=True)))",
             "do is softmax(o) - y multiplied by the Jacobian of softmax: that is the gradient of the "
             "squared error.",
             "In softmax(o) - y, is the Jacobian of softmax contained already?"),
        Slip("logits_for_predictions", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "y.sum(axis=-1, keepdims=True) * o - y",
             "do is made of the logits in the place of the predictions.",
             "Which function lies between o and yhat?"),
        Slip("shares_divided_by_everything", "y.sum(axis=-1, keepdims=True) * softmax(o) - y",
             "y.sum(axis=-1, keepdims=True) * np.exp(o - o.max()) / np.exp(o - o.max()).sum() - y",
             "The predictions in do are divided by the sum over all entries of the array.",
             "Along which axis do the classes lie, and which numbers are to add up to 1?"),
        Slip("maximum_not_added_back", "(y * (log_sum - z))", "(y * (log_sum - o))",
             "loss takes the logits as they are from the logarithm of a sum that was formed with the "
             "largest one subtracted.",
             "If 1 is added to all logits of a row, what happens to each of the two numbers?"),
        Slip("maximum_added_back_once_more", "(y * (log_sum - z))",
             "(y * (log_sum + o.max(axis=-1, keepdims=True) - z))",
             "loss adds the largest logit to the logarithm of the sum and takes the shifted logits from "
             "it.",
             "If 1 is added to all logits of a row, what happens to each of the two numbers?"),
    ),
)

SIGMOID = Exercise(
    id="02.sigmoid_cross_entropy",
    title="Logistic outputs and cross-entropy",
    points=2,
    section="6 Logistic outputs",
    function="sigmoid_cross_entropy",
    items=("S0.3",),
    answers=("losses.sigmoid_cross_entropy", "activations._sigmoid"),
    outputs=("loss", "do", "loss at 1e4", "do at 1e4"),
    instance=lambda seed: (*_logits(seed), _yes_no_targets(seed)),
    reference=_loss_reference(losses.sigmoid_cross_entropy),
    call=_loss_both,
    asks="Compare loss and do for one entry, once with target 0 and once with target 1. "
    "(At 1e4, NaN and infinity count as -9.)",
    slips=(
        Slip("loss_not_finite", "np.maximum(o, 0) + np.log1p(np.exp(-np.abs(o)))", "np.log(1 + np.exp(o))",
             "The loss at 1e4 is infinite or NaN: a power overflows, or a logarithm meets a zero.",
             "How can the logarithm be written so that no power exceeds one?"),
        Slip("second_term_missing", "(softplus - y * o)", "(y * (softplus - o))",
             "The loss misses the term with 1 - y: a wrong yes costs nothing.",
             "What does an output of nearly 1 cost when its target is 0?"),
        Slip("second_term_missing_in_both",
             "loss = (softplus - y * o).sum()\n    do = 0.5 * (1 + np.tanh(0.5 * o)) - y",
             "loss = (y * (softplus - o)).sum()\n    do = y * (0.5 * (1 + np.tanh(0.5 * o)) - 1)",
             "Loss and do miss the term with 1 - y: outputs whose target is 0 do not count.",
             "What does an output of nearly 1 cost when its target is 0?"),
        Slip("slope_left", "do = 0.5 * (1 + np.tanh(0.5 * o)) - y",
             "yhat = 0.5 * (1 + np.tanh(0.5 * o))\n    do = (yhat - y) * yhat * (1 - yhat)",
             "do carries the slope of the logistic function: that would belong to the squared error.",
             "Which denominator does the derivative with respect to the prediction have?"),
        Slip("gradient_by_prediction", "do = 0.5 * (1 + np.tanh(0.5 * o)) - y",
             "yhat = 0.5 * (1 + np.tanh(0.5 * o))\n    do = (yhat - y) / (yhat * (1 - yhat))",
             "do is the derivative with respect to the prediction: the logistic function is not passed.",
             "Which slope lies between the prediction and the logit?"),
        Slip("do_sign", "0.5 * (1 + np.tanh(0.5 * o)) - y", "y - 0.5 * (1 + np.tanh(0.5 * o))",
             "do has the opposite sign: it points downhill, the way a step goes.",
             "With target 1, does the loss grow or shrink when the logit grows?"),
        Slip("softmax_for_logistic", "0.5 * (1 + np.tanh(0.5 * o)) - y", "softmax(o) - y",
             "do is formed with a softmax: the outputs compete for one yes.",
             "Can two of these outputs be nearly 1 at once?"),
        Slip("tanh_for_logistic", "0.5 * (1 + np.tanh(0.5 * o)) - y", "np.tanh(o) - y",
             "do is formed with tanh, whose values lie between -1 and 1.",
             "What should a prediction be when its logit is 0?"),
        Slip("tanh_of_the_whole_logit", "np.tanh(0.5 * o)", "np.tanh(o)",
             "do is too steep: it is formed with the logistic function of twice the logit.",
             "What stands inside the tanh in the safe form of the logistic function?"),
        Slip("loss_sign", "(softplus - y * o)", "(y * o - softplus)",
             "The loss has the opposite sign.",
             "Can a cross-entropy be negative?"),
        Slip("loss_averaged", "(softplus - y * o).sum()", "(softplus - y * o).mean()",
             "The loss is an average over all entries, while a sum is asked for.",
             "By how much would a gradient be off that belongs to this average?"),
        Slip("loss_over_the_batch", "(softplus - y * o).sum()", "(softplus - y * o).sum() / o.shape[1]",
             "The loss is divided by the size of the batch; a sum is asked for.",
             "Do your loss and your do belong to the same reduction?"),
        Slip("both_over_the_batch", "return loss, do", "return loss / o.shape[1], do / o.shape[1]",
             "Loss and do are divided by the size of the batch; the sum is asked for.",
             "By which number would you have to multiply both?"),
        Slip("modulus_for_maximum", "np.maximum(o, 0)", "np.abs(o)",
             "|o| stands in the place of max(o, 0): negative logits cost too much.",
             "For a negative logit, which of its two parts is left of the loss?"),
        Slip("modulus_forgotten", "np.exp(-np.abs(o))", "np.exp(-o)",
             "In the exponent o has lost its modulus: negative logits are counted twice, and large ones "
             "overflow.",
             "For a negative logit, which of its two parts is left of the loss?"),
        Slip("maximum_only", "np.maximum(o, 0) + np.log1p(np.exp(-np.abs(o)))", "np.maximum(o, 0)",
             "The logarithm is missing: only max(o, 0) is left of log(1 + exp o).",
             "At o = 0, what is log(1 + exp o)?"),
        Slip("logarithm_only", "np.maximum(o, 0) + np.log1p(np.exp(-np.abs(o)))",
             "np.log1p(np.exp(-np.abs(o)))",
             "max(o, 0) is missing: only the logarithm is left.",
             "For a large positive logit, what does log(1 + exp o) come to?"),
        Slip("maximum_of_the_other_side", "np.maximum(o, 0)", "np.maximum(-o, 0)",
             "max(-o, 0) stands in the place of max(o, 0): that is log(1 + exp(-o)).",
             "Which of 1 + exp(o) and 1 + exp(-o) goes with the term - y o?"),
        Slip("first_term_missing", "(softplus - y * o)", "((1 - y) * softplus)",
             "The term y log p of the loss is missing.",
             "Which of the two terms is left where y is 1?"),
        Slip("target_term_added", "(softplus - y * o)", "(softplus + y * o)",
             "y o is added in the loss; it should be subtracted.",
             "If y is 1 and the logit grows, should the loss grow?"),
        Slip("target_exchanged_in_loss", "(softplus - y * o)", "(softplus - (1 - y) * o)",
             "In the loss, y and 1 - y stand in each other's place.",
             "If y is 1 and the logit grows, should the loss grow?"),
        Slip("target_exchanged_in_do", "0.5 * (1 + np.tanh(0.5 * o)) - y",
             "0.5 * (1 + np.tanh(0.5 * o)) - (1 - y)",
             "In do, y and 1 - y stand in each other's place.",
             "Where the prediction equals the target, what should do be?"),
        Slip("target_exchanged", "softplus = np", "y = 1 - y\n    softplus = np",
             "y and 1 - y stand in each other's place, in the loss and in do.",
             "Where the prediction equals the target, what should do be?"),
        Slip("prediction_for_logit", "(softplus - y * o)", "(softplus - y * 0.5 * (1 + np.tanh(0.5 * o)))",
             "The loss subtracts y times the prediction in the place of y times the logit.",
             "Which term does log p leave when it is written with the logit?"),
        Slip("second_term_missing_in_do", "0.5 * (1 + np.tanh(0.5 * o)) - y",
             "y * (0.5 * (1 + np.tanh(0.5 * o)) - 1)",
             "do is the derivative of the term y log p only.",
             "What does an entry with y = 0 add to the loss, and to do?"),
        Slip("do_is_the_prediction", "0.5 * (1 + np.tanh(0.5 * o)) - y", "0.5 * (1 + np.tanh(0.5 * o))",
             "do is the prediction: the target is not subtracted.",
             "Where the prediction equals the target, what should do be?"),
        Slip("do_averaged", "0.5 * (1 + np.tanh(0.5 * o)) - y", "(0.5 * (1 + np.tanh(0.5 * o)) - y) / o.size",
             "do is divided by the number of all entries; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("do_over_the_batch", "0.5 * (1 + np.tanh(0.5 * o)) - y",
             "(0.5 * (1 + np.tanh(0.5 * o)) - y) / o.shape[1]",
             "do is divided by the batch size; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_averaged", "return loss, do", "return loss / o.size, do / o.size",
             "Loss and do are divided by the number of all entries; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_over_the_rows", "return loss, do",
             "return loss / (o.shape[0] * o.shape[1]), do / (o.shape[0] * o.shape[1])",
             "Loss and do are divided by the number of rows, steps times instances; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("small_number_in_log", "loss = (softplus - y * o).sum()",
             "p = 0.5 * (1 + np.tanh(0.5 * o))\n    loss = -(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - "
             "p + 1e-12)).sum()",
             "A small number is added inside the logarithm: the loss of large logits is cut off.",
             "By how much should the loss grow when a wrong logit of 100 becomes 1000?"),
        Slip("second_term_missing_and_small_number", "loss = (softplus - y * o).sum()",
             "p = 0.5 * (1 + np.tanh(0.5 * o))\n    loss = -(y * np.log(p + 1e-12)).sum()",
             "The term (1 - y) log(1 - p) is missing, and a small number inside the logarithm cuts the "
             "loss of large logits off.",
             "What does an entry with y = 0 add to the loss?"),
        Slip("second_term_missing_and_clipped", "loss = (softplus - y * o).sum()",
             "loss = -(y * np.log(np.maximum(1 / (1 + np.exp(-o)), 1e-300))).sum()",
             "The term (1 - y) log(1 - p) is missing, and clipping p cuts the loss of large logits off.",
             "What does an entry with y = 0 add to the loss?"),
    ),
)

SQUARED = Exercise(
    id="02.squared_error",
    title="Squared error",
    points=2,
    section="7 Squared error",
    function="squared_error",
    items=("S0.3",),
    answers=("losses.squared_error",),
    outputs=("loss, identity", "do, identity", "loss, tanh", "do, tanh"),
    instance=_measurements,
    reference=_squared_reference,
    call=_squared_both,
    asks="Which of the two activations differs? Compare the prediction first, then the slope.",
    slips=(
        Slip("slope_missing", "error * slope", "error",
             "do, tanh misses the slope of the activation.",
             "What lies between the prediction and o?"),
        Slip("slope_of_the_preactivation", "1 - yhat**2", "1 - o**2",
             "do, tanh: the slope is 1 - o²; that formula takes the activation's output, not its input.",
             "tanh'(o) = 1 - (?)²: is the bracket o or the prediction?"),
        Slip("slope_activated_twice", "1 - yhat**2", "1 - np.tanh(yhat) ** 2",
             "do, tanh: the slope is taken at the prediction, as if it were the logit.",
             "Has the prediction been through tanh already?"),
        Slip("slope_not_squared", "1 - yhat**2", "1 - yhat",
             "do, tanh: the slope is 1 minus the prediction, without the square.",
             "How steep is tanh far on the negative side?"),
        Slip("slope_of_logistic", "1 - yhat**2", "yhat * (1 - yhat)",
             "do, tanh: the slope is that of the logistic function.",
             "What is the slope of tanh at 0?"),
        Slip("tanh_ignored",
             'np.tanh(o) if phi == "tanh" else o\n    slope = 1 - yhat**2 if phi == "tanh" else 1.0',
             "o\n    slope = 1.0",
             "With tanh nothing changes: the prediction is o itself for both activations.",
             "What is the prediction when phi is tanh?"),
        Slip("half_missing", "0.5 * (error**2).sum()", "(error**2).sum()",
             "The losses are twice as large: the half in front of the square is missing.",
             "Differentiate your loss: which factor comes down from the square?"),
        Slip("do_doubled", "error * slope", "2 * error * slope",
             "do is twice as large: the 2 that comes down from the square meets no half.",
             "What does the half in front of the square do to its derivative?"),
        Slip("no_half_at_all", "0.5 * (error**2).sum(), error * slope", "(error**2).sum(), 2 * error * slope",
             "Loss and do are both twice as large: they belong to the squared error without the half.",
             "Which factor stands in front of the sum in the lesson's loss?"),
        Slip("do_sign", "error * slope", "-error * slope",
             "do has the opposite sign: it points downhill, the way a step goes.",
             "If the prediction is above the target and grows, does the loss grow?"),
        Slip("loss_averaged", "(error**2).sum()", "(error**2).mean()",
             "The loss is an average over all entries, while a sum is asked for.",
             "By how much would a gradient be off that belongs to this average?"),
        Slip("loss_over_the_batch", "(error**2).sum()", "(error**2).sum() / o.shape[1]",
             "The loss is divided by the size of the batch; a sum is asked for.",
             "Do your loss and your do belong to the same reduction?"),
        Slip("not_squared", "(error**2).sum()", "np.abs(error).sum()",
             "The loss sums the sizes of the errors, not their squares.",
             "Whose derivative is the error itself?"),
        *tanh_slopes("1 - yhat**2", "yhat", "yhat", known=("of_logistic",)),
        Slip("slope_for_both", '1 - yhat**2 if phi == "tanh" else 1.0', "1 - yhat**2",
             "The slope of tanh is used for the identity, too.",
             "What is the derivative of the identity?"),
        Slip("tanh_for_both",
             'np.tanh(o) if phi == "tanh" else o\n    slope = 1 - yhat**2 if phi == "tanh" else 1.0',
             "np.tanh(o)\n    slope = 1 - yhat**2",
             "tanh is applied whatever phi says.",
             "What is yhat where phi is the identity?"),
        Slip("condition_turned_round", "    yhat = np",
             '    phi = "identity" if phi == "tanh" else "tanh"\n    yhat = np',
             "The two activations stand in each other's place.",
             "What is yhat where phi is the identity?"),
        Slip("error_before_tanh", "error = yhat - y", "error = o - y",
             "The error is taken before the activation: o - y in the place of yhat - y.",
             "With what does the loss compare the target?"),
        Slip("norm_for_square", "0.5 * (error**2).sum()", "0.5 * np.sqrt((error**2).sum())",
             "The root of the sum of squares is taken: half the norm, not half its square.",
             "In 1/2 Σ (yhat - y)², what is squared, and what is added up?"),
        Slip("square_of_the_sum", "(error**2).sum()", "error.sum() ** 2",
             "The errors are added up before they are squared: errors of opposite sign cancel.",
             "In 1/2 Σ (yhat - y)², what is squared, and what is added up?"),
        Slip("root_for_square", "0.5 * (error**2).sum()", "np.sqrt((error**2).sum())",
             "The loss is the norm of the error; half of its square is asked for.",
             "In 1/2 Σ (yhat - y)², what is squared, and what is added up?"),
        Slip("do_over_the_batch", "error * slope", "error * slope / o.shape[1]",
             "do is divided by the batch size; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("do_averaged", "error * slope", "error * slope / o.size",
             "do is divided by the number of all entries; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_over_the_batch", "0.5 * (error**2).sum(), error * slope",
             "0.5 * (error**2).sum() / o.shape[1], error * slope / o.shape[1]",
             "Loss and do are divided by the batch size; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("both_averaged", "0.5 * (error**2).sum(), error * slope",
             "0.5 * (error**2).mean(), error * slope / o.size",
             "Loss and do are divided by the number of all entries; the loss is a sum.",
             "Is the loss divided by anything?"),
        Slip("mean_square_error", "0.5 * (error**2).sum(), error * slope",
             "(error**2).mean(), 2 * error * slope / o.size",
             "This is the mean of the squares without 1/2, and its gradient: the loss is half a sum.",
             "Is the loss divided by anything?"),
        Slip("slope_squared", "error * slope", "error * slope**2",
             "do is multiplied by the slope twice.",
             "How often does o pass through the activation?"),
        Slip("slope_divides", "error * slope", "error / slope",
             "The slope divides in do; it should multiply.",
             "If o moves by 1, by how much does yhat move?"),
        Slip("do_is_the_slope", "error * slope", "slope + 0 * error",
             "do is the slope alone: the error is missing.",
             "What is the derivative of the square, before the chain rule goes on to o?"),
        Slip("slope_in_the_loss", "0.5 * (error**2).sum(), error * slope",
             "0.5 * ((error * slope) ** 2).sum(), error * slope",
             "The loss is made of the errors times the slope.",
             "In 1/2 Σ (yhat - y)², what is squared, and what is added up?"),
        Slip("fourth_power", "0.5 * (error**2).sum()", "0.5 * ((error**2) ** 2).sum()",
             "The error is squared twice in the loss.",
             "In 1/2 Σ (yhat - y)², what is squared, and what is added up?"),
        Slip("error_without_target", "error = yhat - y", "error = yhat",
             "The target is missing: the error is the prediction.",
             "Where the prediction equals the target, what should do be?"),
        Slip("target_added", "error = yhat - y", "error = yhat + y",
             "The target is added to the prediction; it should be subtracted.",
             "Where the prediction equals the target, what should do be?"),
        Slip("do_of_the_logit", "error * slope", "(o - y) * slope",
             "do is formed with o - y: the target is compared with the logit in the place of the "
             "prediction.",
             "Which of the two, o or yhat, stands in the loss beside y?"),
        Slip("do_of_the_prediction", "error * slope", "yhat * slope",
             "do is formed with the prediction alone; the target is not subtracted.",
             "What is the derivative of ½(ŷ - y)² with respect to ŷ?"),
    ),
)

READOUT = Exercise(
    id="02.readout_backward",
    title="Back through the output layer",
    points=3,
    section="8 Back through the output layer",
    function="readout_backward",
    items=("S0.3", "S1.3", "S1.4", "S4.11", "S4.12"),
    answers=("readout.backward",),
    outputs=("W_y", "b_y", "h"),
    instance=_readout_instance,
    reference=_readout_reference,
    sweep=Sweep(
        (2,), long=lambda number: _readout_instance(number, (LONG, 3, 2, 4, 5)), batch=1, recurrent=False
    ),
    asks="Take one step and one instance by itself: what does it add to each of the three outputs?",
    slips=(
        Slip("transposed", "h[t].T @ do[t - 1]", "do[t - 1].T @ h[t]",
             "W_y is transposed: the factors of the outer product have changed places.",
             "Which index of W_y belongs to the state, the first or the second?"),
        Slip("previous_state", "h[t].T @ do[t - 1]", "h[t - 1].T @ do[t - 1]",
             "W_y is formed with the state before each step: the output of step 1 meets the initial state.",
             "h has T + 1 entries; which of them did the first output read?"),
        Slip("initial_state_for_all", "h[t].T @ do[t - 1]", "h[0].T @ do[t - 1]",
             "W_y is formed with the initial state at every step.",
             "Which state did each output read?"),
        Slip("last_step_only", "sum(h[t].T @ do[t - 1] for t in steps)", "h[len(do)].T @ do[-1]",
             "W_y holds the last step's part only.",
             "At how many steps is W_y used, and what happens to the parts of its gradient?"),
        Slip("first_step_only", "sum(h[t].T @ do[t - 1] for t in steps)", "h[1].T @ do[0]",
             "W_y holds the first step's part only.",
             "At how many steps is W_y used, and what happens to the parts of its gradient?"),
        Slip("first_step_skipped", "for t in steps)", "for t in steps[1:])",
             "W_y misses the part of step 1.",
             "With which t does your sum begin, and where does the output of step 1 stand?"),
        Slip("last_step_skipped", "for t in steps)", "for t in steps[:-1])",
             "W_y misses the part of the last step.",
             "With which t does your sum end?"),
        Slip("product_of_sums", "sum(h[t].T @ do[t - 1] for t in steps)",
             "np.outer(h[1:].sum(axis=(0, 1)), do.sum(axis=(0, 1)))",
             "W_y is a product of two sums: states and adjoints are added up before they are multiplied.",
             "Should the state of one step meet the adjoint of another?"),
        Slip("batch_summed_before", "h[t].T @ do[t - 1]", "np.outer(h[t].sum(axis=0), do[t - 1].sum(axis=0))",
             "W_y mixes the instances: states and adjoints are summed over the batch, then multiplied.",
             "Should the state of one instance meet the adjoint of another?"),
        Slip("all_states_so_far", "h[t].T @ do[t - 1]", "h[1 : t + 1].sum(axis=0).T @ do[t - 1]",
             "W_y pairs every output with all states up to its own step, as if W_y had a recursion.",
             "Does o_t read any state but that of its own step?"),
        Slip("w_y_averaged_over_steps", "sum(h[t].T @ do[t - 1] for t in steps)",
             "sum(h[t].T @ do[t - 1] for t in steps) / len(do)",
             "W_y is divided by the number of steps.",
             "Is the loss a sum or an average over the steps?"),
        Slip("w_y_averaged_over_batch", "sum(h[t].T @ do[t - 1] for t in steps)",
             "sum(h[t].T @ do[t - 1] for t in steps) / do.shape[1]",
             "W_y is divided by the size of the batch.",
             "If the loss were an average over the batch, where would that show already?"),
        Slip("upstream_ones", "h[t].T @ do[t - 1]", "h[t].T @ np.ones_like(do[t - 1])",
             "The columns of W_y are all the same: the adjoints of the outputs are taken as 1.",
             "What does do tell you that ones do not?"),
        Slip("first_instance_only", "h[t].T @ do[t - 1]", "h[t, :1].T @ do[t - 1, :1]",
             "W_y holds the first instance's part only.",
             "Do the other instances of the batch use W_y too?"),
        Slip("state_activated", "h[t].T @ do[t - 1]", "np.tanh(h[t]).T @ do[t - 1]",
             "W_y is formed with tanh of the state: the activation is applied a second time.",
             "Has tanh acted already when h is stored?"),
        Slip("state_slope_in_w_y", "h[t].T @ do[t - 1]", "(1 - h[t] ** 2).T @ do[t - 1]",
             "W_y is formed with the slope of the state in place of the state.",
             "What multiplies W_y on the way to o_t?"),
        Slip("bias_per_instance", "do.sum(axis=(0, 1))", "do.sum(axis=0)",
             "b_y has a row for every instance: it is summed over the steps only.",
             "The bias was broadcast along which axes?"),
        Slip("bias_per_step", "do.sum(axis=(0, 1))", "do.sum(axis=1)",
             "b_y has a row for every step: it is summed over the batch only.",
             "The bias was broadcast along which axes?"),
        Slip("bias_over_classes", "do.sum(axis=(0, 1))", "do.sum(axis=(0, 2))",
             "b_y is summed over the classes, and one entry for each instance is left.",
             "How many entries does the bias have, and what do they stand for?"),
        Slip("bias_averaged", "do.sum(axis=(0, 1))", "do.mean(axis=(0, 1))",
             "b_y is an average over steps and instances.",
             "What does a row that was copied many times collect on the way back?"),
        Slip("bias_over_the_batch_size", "do.sum(axis=(0, 1))", "do.mean(axis=1).sum(axis=0)",
             "b_y is averaged over the batch and summed over the steps.",
             "Are instances and steps treated alike in the loss?"),
        Slip("bias_last_step", "do.sum(axis=(0, 1))", "do[-1].sum(axis=0)",
             "b_y holds the last step's part only.",
             "At how many steps is the bias added?"),
        Slip("h_without_w_y", 'do @ params["W_y"].T', "do",
             "h is do itself: W_y has not been passed.",
             "By how much does an output move when a state moves by 1?"),
        Slip("h_through_tanh", 'do @ params["W_y"].T', 'do @ params["W_y"].T * (1 - h[1:] ** 2)',
             "h holds the adjoints of the pre-activations: the slope of tanh is on it already.",
             "Does tanh lie between a state and its output, or before the state?"),
        Slip("h_of_all_later", 'do @ params["W_y"].T',
             'np.cumsum((do @ params["W_y"].T)[::-1], axis=0)[::-1]',
             "h adds up the outputs of all later steps: each state should hear its own output here.",
             "Does h_t enter a later output directly, or through later states?"),
        Slip("h_the_same_for_all", 'do @ params["W_y"].T',
             'np.broadcast_to(do.sum(axis=0) @ params["W_y"].T, h[1:].shape)',
             "h is the same at every step: the outputs' adjoints are summed over time first.",
             "Is a state, like W_y, used at every step?"),
        Slip("h_reversed", 'do @ params["W_y"].T', '(do @ params["W_y"].T)[::-1]',
             "h stands in the opposite order: its first entry is that of step T.",
             "In which order are the entries of h made, and in which are they to be returned?"),
        Slip("h_over_the_batch", 'do @ params["W_y"].T', 'do @ params["W_y"].T / do.shape[1]',
             "h is divided by the size of the batch.",
             "If the loss were an average over the batch, where would that show already?"),
        Slip("h_with_initial_state", 'dh = do @ params["W_y"].T',
             'dh = np.concatenate([np.zeros_like(h[:1]), do @ params["W_y"].T])',
             "h has T + 1 entries: the initial state was given one, though no output reads it.",
             "For which states are adjoints asked?"),
        Slip("do_one_early", "h[t].T @ do[t - 1]", "h[t].T @ do[t - 2]",
             "W_y pairs each state with the do of the step before; the first, by a negative index, with "
             "the last.",
             "h has T + 1 entries, do has T: which two belong to each other?"),
        Slip("paired_in_reverse", "h[t].T @ do[t - 1]", "h[t].T @ do[-t]",
             "W_y pairs the first state with the last do, and so on.",
             "h has T + 1 entries, do has T: which two belong to each other?"),
        Slip("initial_state_counted", "sum(h[t].T @ do[t - 1] for t in steps)",
             "sum(h[t].T @ do[t - 1] for t in steps) + h[0].T @ do[0]",
             "W_y counts the initial state as well; no output reads it.",
             "Which is the first state that an output reads?"),
        Slip("w_y_negative", "sum(h[t].T @ do[t - 1] for t in steps)",
             "-sum(h[t].T @ do[t - 1] for t in steps)",
             "W_y has the wrong sign.",
             "By how much does o_t move when W_y moves by 1?"),
        Slip("w_y_through_tanh", "h[t].T @ do[t - 1]", "(h[t] * (1 - h[t] ** 2)).T @ do[t - 1]",
             "In W_y each state is multiplied by the slope of tanh; the output is linear in the state.",
             "Which function lies between h_t W_y and o_t?"),
        Slip("last_do_for_all", "h[t].T @ do[t - 1]", "h[t].T @ do[-1]",
             "W_y pairs every state with the last do.",
             "h has T + 1 entries, do has T: which two belong to each other?"),
        Slip("last_state_for_all", "h[t].T @ do[t - 1]", "h[-1].T @ do[t - 1]",
             "W_y pairs every do with the last state.",
             "h has T + 1 entries, do has T: which two belong to each other?"),
        Slip("bias_one_number", "do.sum(axis=(0, 1))", "do.sum() * np.ones(do.shape[2])",
             "Every entry of b_y is the same: the sum runs over the classes too.",
             "Each class has its own bias: which axis must be left?"),
        Slip("bias_first_step", "do.sum(axis=(0, 1))", "do[0].sum(axis=0)",
             "b_y counts the first step only.",
             "At how many steps is b_y added?"),
        Slip("bias_first_instance", "do.sum(axis=(0, 1))", "do[:, 0].sum(axis=0)",
             "b_y counts the first instance only.",
             "To how many rows is b_y added at each step?"),
        Slip("bias_over_the_steps", "do.sum(axis=(0, 1))", "do.mean(axis=0).sum(axis=0)",
             "b_y is averaged over the steps; the loss is a sum.",
             "Is the loss divided by T anywhere?"),
        Slip("bias_through_weights", "do.sum(axis=(0, 1))", 'do.sum(axis=(0, 1)) * params["b_y"]',
             "b_y's gradient is multiplied by b_y itself.",
             "By how much does o_t move when b_y moves by 1?"),
        Slip("h_of_the_last_step_only", 'do @ params["W_y"].T',
             '(do @ params["W_y"].T) * (np.arange(1, len(h)) == len(do))[:, None, None]',
             "h is zero except at the last step.",
             "Which states do the outputs read?"),
        Slip("h_of_all_earlier", 'do @ params["W_y"].T', 'np.cumsum(do @ params["W_y"].T, axis=0)',
             "h holds the sum over all steps so far; each state is read by one output.",
             "By how many outputs is h_t read here?"),
        Slip("h_summed_over_the_batch", 'do @ params["W_y"].T',
             'do.sum(axis=1, keepdims=True) @ params["W_y"].T + np.zeros_like(h[1:])',
             "h is summed over the batch: every instance gets the sum of all.",
             "Does each instance of the batch have states of its own?"),
        Slip("h_one_late", 'do @ params["W_y"].T', 'np.roll(do @ params["W_y"].T, 1, axis=0)',
             "h stands one place too late; the last step's lies at the beginning.",
             "h has T + 1 entries, do has T: which two belong to each other?"),
        Slip("h_times_the_state", 'do @ params["W_y"].T', 'do @ params["W_y"].T * h[1:]',
             "h is multiplied by the state itself.",
             "By how much does o_t move when h_t moves by 1?"),
        Slip("h_negative", 'do @ params["W_y"].T', '-do @ params["W_y"].T',
             "h has the wrong sign.",
             "By how much does o_t move when h_t moves by 1?"),
    ),
)

REFUTE_ENTROPY = Exercise(
    id="02.refute_entropy",
    title="Refute: a loss with a harmless value",
    points=1,
    section="5 Refute it: the lost hat",
    function="harmless",
    items=("S1.2",),
    outputs=("harmless",),
    kind="value",
    verify=_refute_entropy,
)

REFUTE_TRANSPOSED = Exercise(
    id="02.refute_transposed",
    title="Refute: the transposed gradient does no harm",
    points=1,
    section="9 Refute it: the transposed gradient",
    function="uphill",
    items=("S4.11",),
    outputs=("uphill",),
    kind="value",
    verify=_refute_transposed,
)

EXERCISES = (
    SOFTMAX, JACOBIAN, CROSS_ENTROPY, REFUTE_ENTROPY, SIGMOID, SQUARED, READOUT, REFUTE_TRANSPOSED,
)
