"""Lesson 07: how far Jacobians stretch, and what eigenvalues say about that and what not."""

import numpy as np

from rnnlib import flow, paths, rnn

from .. import compare
from ..errors import Unreadable
from ..outputs import read_outputs
from . import Exercise, Slip
from .draws import either_sign
from .families import tanh_slopes

SIZES = (4, 5, 3)  # H
SHAPES = ((4, 2, 3), (5, 3, 2), (4, 3, 3))  # T, B, H
PHIS = ("sigmoid", "tanh", "relu", "sigmoid", "tanh", "identity")
LARGEST = 1000  # entry of a counterexample
LONG = (100, 1000)  # inputs of a run that shows what happens eventually


def _drawn(key, seed, fits):
    """A Gaussian matrix that fits, scaled to a spectral radius between 0.9 and 1.3."""
    rng = np.random.default_rng([key, seed])
    H = SIZES[seed % 3]
    while True:
        W = rng.normal(size=(H, H))
        if fits(W, seed):
            return W * rng.uniform(0.9, 1.3) / flow.spectral_radius(W)


def _non_normal(W):
    return np.linalg.norm(W, 2) > 1.2 * flow.spectral_radius(W)


def _iterable(W, seed):
    """Power iteration converges quickly with W.T W, and with W alone to its largest eigenvalue."""
    singular = np.linalg.svd(W, compute_uv=False)
    values = sorted(np.linalg.eigvals(W), key=abs)
    apart = singular[1] < 0.85 * singular[0] and abs(values[-2]) < 0.85 * abs(values[-1])
    return _non_normal(W) and apart and abs(values[-1].imag) < 1e-12


def _for_the_radius(W, values, seed):
    """The largest modulus belongs to a pair, to a negative number, to a pair left of zero.

    The pair has the largest real part by modulus too, so that no wrong reading meets the modulus
    of another eigenvalue.  Nor does NumPy list the largest first or, with more than three, last.
    """
    order = np.abs(values).argsort()
    largest = values[order[-1]]
    ends = np.abs(values[[0, -1]] if len(W) > 3 else values[:1]) / abs(largest)
    if ends.max() > 0.9 or (len(W) > 3 and ends[0] < 1.1 * np.abs(values).min() / abs(largest)):
        return False
    if seed % 3 == 1:
        fits = largest.real < 0 == largest.imag and abs(values[order[-2]]) < 0.9 * abs(largest)
        return fits and values.real.max() > 0.1 * abs(largest) and _non_normal(W)
    others = np.delete(values, order[-2:])
    apart = np.abs(others).max() < 0.9 * abs(largest.real) and abs(largest.imag) > 0.3 * abs(largest)
    return apart and (largest.real > 0) == (seed % 3 == 0) and _non_normal(W)


def _matrix(seed):
    return (_drawn(701, seed, _iterable),)


def _matrix_for_radius(seed):
    rng = np.random.default_rng([702, seed])
    H = SIZES[seed % 3]
    while True:
        many = rng.normal(size=(50, H, H))  # few fit, and eigenvalues are found faster of many at once
        for W, values in zip(many, np.linalg.eigvals(many)):
            if _for_the_radius(W, values, seed):
                return (W * rng.uniform(0.9, 1.3) / np.abs(values).max(),)


def _matrix_and_power(seed):
    return _drawn(703, seed, lambda W, _: _non_normal(W)), (4, 6, 5)[seed % 3]


def _matrix_phi_and_number(seed):
    W = _drawn(704, seed, lambda W, _: _non_normal(W))
    return W, PHIS[seed % 6], (3, 5, 4)[seed % 3]


def _jacobians(seed):
    """The third of them has so many steps that its product is below the smallest float."""
    rng = np.random.default_rng([705, seed])
    T, H = ((5, 3), (6, 4), (60, 3))[seed % 3]
    J = rng.normal(size=(T, H, H))
    return (J * (rng.uniform(0.7, 1.2) if T < 10 else 1e-6),)


def _jacobians_for_the_spectrum(seed):
    """Exponents that are well apart: where they nearly agree, wrong orders give nearly the same.

    In the short products they do not come out of the decompositions with the largest first.
    """
    T, H = ((7, 3), (6, 4), (20, 3))[seed % 3]
    for attempt in range(10_000):
        J = np.random.default_rng([707, seed, attempt]).normal(size=(T, H, H))
        found = flow.lyapunov_spectrum(J)
        apart = -np.diff(found).max() > 0.1 and np.abs(found).min() > 0.05
        if apart and (T > 10 or np.abs(_stretches(J)[0] - found[0]) > 0.1):
            return (J if T < 10 else 1e-12 * J,)
    raise AssertionError("no Jacobians whose exponents are apart")


def _stretches(J):
    """(n,) mean ln |R_t[i, i]| in the order in which the decompositions give them."""
    basis, logs = np.eye(J.shape[-1]), 0.0
    for J_t in J:
        basis, stretched = np.linalg.qr(J_t @ basis)
        logs = logs + np.log(np.abs(np.diag(stretched)))
    return logs / len(J)


def _states_and_adjoints(seed):
    """A tanh run whose states are not saturated, and adjoints at every step."""
    rng = np.random.default_rng([706, seed])
    T, B, H = SHAPES[seed % 3]
    D = 4
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.3,
        "W_h": rng.normal(size=(H, H)),
        "b_h": rng.normal(size=H) * 0.2,
    }
    params["W_h"] *= 1.5 / np.linalg.norm(params["W_h"], 2)
    h0 = either_sign(rng, 0.3, 0.8, (B, H))
    run = rnn.forward(params, rng.normal(size=(T, B, D)), h0)
    dh = either_sign(rng, 0.4, 1.2, (T, B, H))
    return params, run.h, dh


def _contribution_reference(params, h, dh):
    T, B, H = dh.shape
    x = np.ones((T, B, len(params["W_x"])))  # does not enter the terms of W_h
    run = rnn.Run(x, np.arctanh(h[1:]), h, "tanh")
    parts = np.zeros((T, H, H))
    for t in range(1, T + 1):
        for k, term in enumerate(paths.path_terms(params, run, dh, t)["W_h"], start=1):
            parts[t - k] += term
    return {"C": parts}


def _measured_norm(function, arguments):
    """Calls the function; a number far too large for a norm of W is said in words."""
    returned = function(*arguments)
    norm = compare.to_array(read_outputs(returned, ("norm",))[0].get("norm"))
    if norm is not None and norm.ndim == 0 and not abs(norm) < 1e4 * np.linalg.norm(arguments[0]):
        raise Unreadable(f"returned {norm:.2g}: perhaps v is never divided by its length")
    return returned


def _real_radius(function, arguments):
    """Calls the function; a complex result is said in words."""
    returned = function(*arguments)
    if np.iscomplexobj(read_outputs(returned, ("radius",))[0].get("radius")):
        raise Unreadable("returned a complex value, expected a real number: take the modulus")
    return returned


def _finite_rate(function, arguments):
    """Calls the function; a product that left the range of floats is said in words."""
    returned = function(*arguments)
    rate = compare.to_array(read_outputs(returned, ("rate",))[0].get("rate"))
    if rate is not None and rate.ndim == 0 and not np.isfinite(rate):
        steps = len(arguments[0])
        raise Unreadable(f"returned {rate} for {steps} steps: the product has left the range of floats")
    return returned


def _finite_spectrum(function, arguments):
    """Calls the function; exponents that are not numbers are said in words."""
    returned = function(*arguments)
    found = compare.to_array(read_outputs(returned, ("exponents",))[0].get("exponents"))
    if found is not None and found.dtype.kind == "f" and not np.isfinite(found).all():
        raise Unreadable(
            f"returned {np.count_nonzero(~np.isfinite(found))} exponents that are no finite number: "
            "a logarithm of a negative number, or a product that has left the range of floats"
        )
    return returned


def _read(answer, *names):
    """The entries of a dict answer; raises ValueError with a sentence when some are missing."""
    if not isinstance(answer, dict):
        raise ValueError(f"expected a dict with the keys {', '.join(names)}")
    missing = [name for name in names if name not in answer]
    if missing:
        raise ValueError(f"the dict has no {missing[0]!r}; expected the keys {', '.join(names)}")
    return [answer[name] for name in names]


def _several(answer, **conditions):
    """What is wrong with the entries of a dict answer, one sentence for each; None if nothing."""
    try:
        values = _read(answer, *conditions)
    except ValueError as error:
        return str(error)
    problems = []
    for value, (name, problem_of) in zip(values, conditions.items()):
        try:
            problem = problem_of(value)
        except (ValueError, TypeError) as error:  # it does not have the form asked for
            problem = str(error)
        if problem:
            problems.append(f"{name}: {problem}")
    return ". ".join(problems) or None


def _square(value, size=None):
    try:
        W = np.asarray(value, float)
    except (ValueError, TypeError):
        raise ValueError("a matrix cannot be read as rows of numbers, all of the same length") from None
    wanted = f"{size} by {size}" if size else "square"
    if W.ndim != 2 or W.shape[0] != W.shape[1] or (size and len(W) != size) or not 0 < len(W) <= 200:
        raise ValueError(f"a matrix has shape {W.shape}, expected it to be {wanted}")
    if not np.isfinite(W).all() or abs(W).max() > LARGEST:
        raise ValueError(f"a matrix has an entry that is not between -{LARGEST} and {LARGEST}")
    return W


def _pair(value, what):
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(f"expected a pair {what}")
    return value


def _transient(value):
    A = _square(value)
    rho, norm = flow.spectral_radius(A), np.linalg.norm(np.linalg.matrix_power(A, 5), 2)
    if rho > 0.5 + 1e-3:
        return f"the spectral radius is {rho:.3g}, more than 0.5"
    return None if norm >= 10 else f"the fifth power has the norm {norm:.3g}, less than 10"


def _negative(value):
    A = _square(value)
    values = np.linalg.eigvals(A)
    if abs(values.imag).max() > 1e-6:
        return "some eigenvalues are complex"
    if values.real.max() >= 1:
        return f"the largest eigenvalue is {values.real.max():.3g}, not below 1"
    norm = np.linalg.norm(np.linalg.matrix_power(A, 20), 2)
    return None if norm >= 1000 else f"the twentieth power has the norm {norm:.3g}, less than 1000"


def _held_jacobian(value, size=None):
    """(W_h, a, J) of a tanh step whose pre-activations are a."""
    W_h, a = _pair(value, "(W_h, a)")
    W_h, a = _square(W_h, size), np.asarray(a, float)
    if a.shape != W_h.shape[:1] or not np.isfinite(a).all():
        raise ValueError(f"a has shape {a.shape}, expected {len(W_h)} finite numbers, one for each unit")
    return W_h, a, (1 - np.tanh(a) ** 2)[:, None] * W_h.T


def _above_one(value):
    W_h, a, J = _held_jacobian(value)
    if abs(W_h).max() > 0.9:
        return f"W_h has an entry of modulus {abs(W_h).max():.3g}, more than 0.9"
    if abs(a).min() < 0.5:
        return f"a has an entry of modulus {abs(a).min():.3g}, less than 0.5"
    norm = np.linalg.norm(J, 2)
    return None if norm > 1 else f"the Jacobian has the norm {norm:.3g}, not above 1"


def _exponent(value):
    if not isinstance(value, (tuple, list)) or len(value) != 3:
        raise ValueError("expected a tuple (W_h, k, t) for the exponent")
    W_h, k, t = value
    W_h = _square(W_h)
    if int(k) != k or int(t) != t or not 1 <= k < t <= 50:
        return f"k = {k} and t = {t}, expected whole numbers with 1 <= k < t <= 50"
    norm = np.linalg.norm(np.linalg.matrix_power(W_h.T, int(t - k) + 1), 2)
    printed = np.linalg.norm(W_h, 2) ** int(t - k)
    if norm > printed * (1 + 1e-9):
        return None
    return f"the norm of the product is {norm:.3g}, and the printed bound is {printed:.3g}"


def _alternating(first, second):
    product = np.eye(2)
    for _ in range(10):
        product = second @ first @ product
    return np.linalg.norm(product, 2)


def _explodes(value):
    A, B = (_square(W, 2) for W in _pair(value, "(A, B)"))
    rho, norm = max(flow.spectral_radius(A), flow.spectral_radius(B)), _alternating(A, B)
    if rho > 0.9 + 1e-3:
        return f"one spectral radius is {rho:.3g}, more than 0.9"
    return None if norm >= 1000 else f"after 20 steps the norm is {norm:.3g}, less than 1000"


def _vanishes(value):
    A, B = (_square(W, 2) for W in _pair(value, "(A, B)"))
    rho, norm = min(flow.spectral_radius(A), flow.spectral_radius(B)), _alternating(A, B)
    if rho < 1.1 - 1e-9:
        return f"one spectral radius is {rho:.3g}, less than 1.1"
    return None if norm <= 1e-3 else f"after 20 steps the norm is {norm:.3g}, more than 0.001"


def _held(value):
    W_h, _, J = _held_jacobian(value, 2)
    rho = flow.spectral_radius(W_h)
    if rho > 0.9 + 1e-3:
        return f"the spectral radius of W_h is {rho:.3g}, more than 0.9"
    norm = np.linalg.norm(np.linalg.matrix_power(J, 20), 2)
    return None if norm >= 1000 else f"the twentieth power of J has the norm {norm:.3g}, less than 1000"


def _factors(value, steps):
    """(w, factors J_t) of one tanh unit, from (w, x, h_0)."""
    if not isinstance(value, (tuple, list)) or len(value) != 3:
        raise ValueError("expected a tuple (w, x, h_0)")
    w, x, h = value
    if np.ndim(x) != 1:
        raise ValueError("x is no list of numbers")
    w, h, x = float(w), float(h), [float(x_t) for x_t in x]
    if not steps[0] <= len(x) <= steps[1]:
        wanted = f"{steps[0]}" if steps[0] == steps[1] else f"{steps[0]} to {steps[1]}"
        raise ValueError(f"x has {len(x)} inputs, expected {wanted}")
    if not np.isfinite([w, h, *x]).all():
        raise ValueError("w, h_0 and the inputs have to be finite numbers")
    J = []
    for x_t in x:
        h = np.tanh(w * h + x_t)
        J.append(w * (1 - h**2))
    return w, np.array(J)


def _one_unit_vanishes(value):
    w, J = _factors(value, (50, 50))
    size = abs(np.prod(J))
    if w < 5:
        return f"w is {w:.3g}, less than 5"
    if size <= 1e-10:
        return None
    return f"the product of the 50 factors has the modulus {size:.3g}, more than 1e-10"


def _mixed(value):
    """Ten of each kind in the last half: a run that settles, or is pushed once at its end, has not."""
    _, J = _factors(value, LONG)
    last = J[len(J) // 2 :]
    above, between = np.sum(last > 1), np.sum((last >= 0) & (last <= 1))
    if min(above, between) >= 10:
        return None
    return (
        f"of the last {len(last)} factors {above} are above 1 and {between} lie between 0 and 1, "
        "expected at least 10 of each kind"
    )


def _all_negative(value):
    _, J = _factors(value, LONG)
    if (J < 0).all():
        return None
    if (J <= 0).all():
        return "some factors are zero: the unit is so saturated that its slope rounds to 0"
    return f"the largest factor is {J.max():.3g}, not below 0"


SPECTRAL_NORM = Exercise(
    id="07.spectral_norm",
    title="The 2-norm by power iteration",
    points=2,
    section="1 How far can one step stretch?",
    function="spectral_norm",
    items=("S4.21", "S4.31", "S4.32"),
    answers=("flow.spectral_norm",),
    outputs=("norm",),
    instance=_matrix,
    reference=lambda W: {"norm": np.array(flow.spectral_norm(W))},
    call=_measured_norm,
    asks="After how many rounds does the sixth digit stand still, and is v a unit vector at the end?",
    slips=(
        Slip("transpose_missing", "W.T @ (W @ v)", "W @ v",
             "The result is the modulus of the largest eigenvalue, as from an iteration with W alone.",
             "Which matrix has the squared singular values as its eigenvalues?"),
        Slip("square_root_missing", "return np.linalg.norm(W @ v)", "return np.linalg.norm(W.T @ (W @ v))",
             "The result is the square of the 2-norm, an eigenvalue of the transpose times the matrix.",
             "By how much does one step with W stretch v, and by how much a step with both matrices?"),
        Slip("frobenius", "return np.linalg.norm(W @ v)", "return np.linalg.norm(W)",
             "The result is the Frobenius norm, the root of the sum of all squared entries.",
             "Which norm does NumPy take of a matrix when nothing else is said?"),
        Slip("left_vector", "W.T @ (W @ v)", "W @ (W.T @ v)",
             "The direction found is stretched most by the transpose, and then W is applied to it.",
             "Which of the two has to act first, if the direction is to be the one that W stretches most?"),
        Slip("largest_entry", "return np.linalg.norm(W @ v)", "return np.abs(W).max()",
             "The result is the largest entry of the matrix.",
             "Can several small entries in a row stretch a vector together?"),
        Slip("column_sums", "return np.linalg.norm(W @ v)", "return np.linalg.norm(W, 1)",
             "The result is the largest column sum: it measures vectors by the sum of their entries.",
             "By which length are vectors measured in the definition?"),
        Slip("row_sums", "return np.linalg.norm(W @ v)", "return np.linalg.norm(W, np.inf)",
             "The result is the largest row sum: the norm that belongs to the largest entry of a vector.",
             "By which length are vectors measured in the definition?"),
        Slip("smallest_singular_value", "return np.linalg.norm(W @ v)",
             "return np.linalg.svd(W, compute_uv=False)[-1]",
             "The result is the smallest singular value: the stretch of the least stretched direction.",
             "In which order does NumPy return singular values?"),
        Slip("rayleigh_quotient", "return np.linalg.norm(W @ v)", "return v @ W @ v",
             "The result is v W v, the quotient whose limit is an eigenvalue; v is a singular vector here.",
             "How long is W v when v is a unit vector that W stretches most?"),
        Slip("last_product_transposed", "return np.linalg.norm(W @ v)", "return np.linalg.norm(W.T @ v)",
             "The last product is formed with the transpose of W, for which v is not the most "
             "stretched vector.",
             "v is the limit of an iteration with the transpose of W times W: which of the two "
             "stretches v most?"),
        Slip("root_taken", "return np.linalg.norm(W @ v)", "return np.sqrt(np.linalg.norm(W @ v))",
             "The result is the root of the 2-norm.",
             "How long is W v: is that already the singular value, or its square?"),
        Slip("largest_entry_of_the_image", "return np.linalg.norm(W @ v)", "return np.abs(W @ v).max()",
             "The result is the largest entry of W v; its length was asked for.",
             "Which norm of W v measures the stretching?"),
        Slip("sum_of_absolute_values", "return np.linalg.norm(W @ v)", "return np.abs(W @ v).sum()",
             "The result is the sum of the absolute values of W v; its length was asked for.",
             "Which norm of W v measures the stretching?"),
        Slip("singular_values_added", "return np.linalg.norm(W @ v)",
             "return np.linalg.svd(W, compute_uv=False).sum()",
             "The result is the sum of all singular values.",
             "How many directions can one vector have?"),
        Slip("one_round", "range(200)", "range(1)",
             "The power iteration stops after one round: it has not converged.",
             "How far is the vector from the leading direction after so many rounds, if two singular "
             "values are close?"),
    ),
)

NORM_BOUND = Exercise(
    id="07.norm_bound",
    title="The theorem's bound",
    points=2,
    section="2 The theorem",
    function="norm_bound",
    builds_on=("spectral_norm",),
    items=("S4.25", "S4.31", "S4.33", "S4.34", "S4.35"),
    answers=("flow.norm_bound",),
    outputs=("bound",),
    instance=_matrix_phi_and_number,
    reference=lambda W, phi, n: {"bound": np.array(flow.norm_bound(W, phi, n))},
    asks="Is your result right for n = 1? And for n = 2?",
    slips=(
        Slip("slope_outside_the_power", "(gamma * sigma) ** n", "gamma * sigma**n",
             "For the logistic function the bound is too large: the slope is there once, not for every step.",
             "How many diagonal matrices of slopes stand in the product?"),
        Slip("slope_forgotten", "gamma * sigma", "sigma",
             "For the logistic function the bound is too large: it holds the weights only.",
             "What is the steepest slope of the logistic function?"),
        Slip("half_for_the_logistic", "0.25 if", "0.5 if",
             "For the logistic function the slope's bound is taken as one half, its value at zero.",
             "At zero the logistic function has the value one half; what is its slope there?"),
        Slip("one_factor_missing", "** n", "** (n - 1)",
             "The exponent is n - 1: one Jacobian is not counted.",
             "Does the first of the n Jacobians stretch as well?"),
        Slip("one_factor_too_many", "** n", "** (n + 1)",
             "The exponent is n + 1: one Jacobian too many is counted.",
             "What should the bound be for no Jacobian at all?"),
        Slip("eigenvalue", "np.linalg.norm(W, 2)", "np.abs(np.linalg.eigvals(W)).max()",
             "The weights enter with their spectral radius, which a single step may exceed.",
             "Which number bounds the stretch of every direction?"),
        Slip("frobenius", "np.linalg.norm(W, 2)", "np.linalg.norm(W)",
             "The weights enter with the Frobenius norm: a bound too, but larger than the theorem's.",
             "Which norm does NumPy take of a matrix when nothing else is said?"),
        Slip("norm_of_the_power", "(gamma * sigma) ** n",
             "gamma**n * np.linalg.norm(np.linalg.matrix_power(W, n), 2)",
             "The weights enter with the norm of their power. Between two factors W_h the slopes stand, "
             "so that power never occurs.",
             "Can the slopes undo what two matrices would cancel between them?"),
        Slip("slopes_only", "gamma * sigma", "gamma",
             "The bound holds the slopes only: no weight is in it.",
             "Which part of a Jacobian can stretch?"),
        Slip("times_not_power", "(gamma * sigma) ** n", "(gamma * sigma) * n",
             "One step's bound is multiplied by the number of steps.",
             "Do the factors of a chain add up?"),
        Slip("slope_divides", "gamma * sigma", "sigma / gamma",
             "For the logistic function the bound is too large: its slope divides.",
             "Does a small slope make a step larger or smaller?"),
        Slip("slopes_exchanged", '0.25 if phi == "sigmoid" else 1.0', '1.0 if phi == "sigmoid" else 0.25',
             "The two bounds on the slope are exchanged: 1 for the logistic function and 1/4 for the "
             "others.",
             "Which of the curves is the steepest at zero?"),
        Slip("quarter_for_every_activation", '0.25 if phi == "sigmoid" else 1.0', "0.25",
             "The slope is bounded by 1/4 for every activation.",
             "How steep is tanh at zero, and how steep is ReLU?"),
        Slip("norm_squared", "np.linalg.norm(W, 2)", "np.linalg.norm(W, 2) ** 2",
             "The 2-norm is squared: it is the eigenvalue of the transpose times W, without the root.",
             "Of which matrix is the largest singular value an eigenvalue, and of which is its square?"),
        Slip("column_sums", "np.linalg.norm(W, 2)", "np.linalg.norm(W, 1)",
             "The bound is formed with the largest column sum, the 1-norm.",
             "Which norm of a matrix says how far it stretches a vector at most?"),
        Slip("row_sums", "np.linalg.norm(W, 2)", "np.linalg.norm(W, np.inf)",
             "The bound is formed with the largest row sum, the norm for the largest entry of a vector.",
             "Which norm of a matrix says how far it stretches a vector at most?"),
        Slip("largest_entry", "np.linalg.norm(W, 2)", "np.abs(W).max()",
             "The bound is formed with the largest entry of W.",
             "Which norm of a matrix says how far it stretches a vector at most?"),
        Slip("smallest_singular_value", "np.linalg.norm(W, 2)", "np.linalg.norm(W, -2)",
             "The bound is formed with the smallest singular value.",
             "Is a bound from above to hold for the most stretched vector or for the least?"),
        Slip("single_step", "(gamma * sigma) ** n", "gamma * sigma",
             "The bound is that of one step, whatever n is.",
             "How many Jacobians does the product have?"),
        Slip("never_above_one", "(gamma * sigma) ** n", "min(1.0, gamma * sigma) ** n",
             "The bound never exceeds 1: a norm above 1 is replaced by 1.",
             "What does the bound say about a matrix whose norm is 2?"),
        Slip("power_of_the_slope_only", "(gamma * sigma) ** n", "gamma**n * sigma",
             "The norm of W is not raised to the power n; each of the n factors contains it.",
             "How often does W stand in a product of n Jacobians?"),
    ),
)

SPECTRAL_RADIUS = Exercise(
    id="07.spectral_radius",
    title="The spectral radius",
    points=1,
    section="3 What eigenvalues do know",
    function="spectral_radius",
    items=("S4.24",),
    answers=("flow.spectral_radius",),
    outputs=("radius",),
    instance=_matrix_for_radius,
    reference=lambda W: {"radius": np.array(flow.spectral_radius(W))},
    call=_real_radius,
    asks="Print all eigenvalues of one matrix: which of them has the largest modulus?",
    slips=(
        Slip("largest_real_part", "np.abs(np.linalg.eigvals(W)).max()", "np.linalg.eigvals(W).real.max()",
             "The result is the largest real part: negative and complex eigenvalues are passed over.",
             "By how much does a step along the eigenvalue -2 stretch?"),
        Slip("modulus_of_real_part", "np.abs(np.linalg.eigvals(W)).max()",
             "np.abs(np.linalg.eigvals(W).real).max()",
             "The imaginary parts are dropped before the modulus is taken; a pair is then too small.",
             "A rotation has eigenvalues with a small real part: does it shrink anything?"),
        Slip("imaginary_part", "np.abs(np.linalg.eigvals(W)).max()",
             "np.abs(np.linalg.eigvals(W).imag).max()",
             "Only the imaginary parts are compared: a real eigenvalue counts as zero.",
             "What is the modulus of u + iv?"),
        Slip("singular_value", "np.abs(np.linalg.eigvals(W)).max()", "np.linalg.norm(W, 2)",
             "The result is the largest singular value, not the largest modulus of an eigenvalue.",
             "Which of the two numbers bounds a single step, and which one decides in the long run?"),
        Slip("symmetric", "np.linalg.eigvals(W)", "np.linalg.eigvalsh(W)",
             "The eigenvalues are those of a symmetric matrix: only the lower half of W was used.",
             "What does the h in the name of that NumPy function stand for?"),
        Slip("modulus_of_the_largest_real_part", "np.abs(np.linalg.eigvals(W)).max()",
             "np.abs(max(np.linalg.eigvals(W), key=lambda v: v.real))",
             "The eigenvalue with the largest real part is chosen first, and its modulus taken afterwards.",
             "An eigenvalue far left of zero: can it be the one with the largest modulus?"),
        Slip("first_of_the_list", "np.abs(np.linalg.eigvals(W)).max()", "np.abs(np.linalg.eigvals(W)[0])",
             "The result is the modulus of the first eigenvalue of NumPy's list.",
             "In which order does NumPy list the eigenvalues?"),
        Slip("last_of_the_list", "np.abs(np.linalg.eigvals(W)).max()", "np.abs(np.linalg.eigvals(W)[-1])",
             "The result is the modulus of the last eigenvalue of NumPy's list.",
             "In which order does NumPy list the eigenvalues?"),
        Slip("smallest", "np.abs(np.linalg.eigvals(W)).max()", "np.abs(np.linalg.eigvals(W)).min()",
             "The result is the smallest modulus: the direction that dies out first.",
             "Which eigenvalue is left over after many steps?"),
        Slip("all_of_them", "np.abs(np.linalg.eigvals(W)).max()", "np.abs(np.linalg.det(W))",
             "The result is the product of all moduli, the modulus of the determinant.",
             "How many eigenvalues decide in the long run?"),
        Slip("mean_modulus", "np.abs(np.linalg.eigvals(W)).max()", "np.abs(np.linalg.eigvals(W)).mean()",
             "The result is the mean of the moduli.",
             "After many steps, do the directions average out, or does one of them win?"),
        Slip("squared_modulus", "np.abs(np.linalg.eigvals(W)).max()",
             "(np.abs(np.linalg.eigvals(W)) ** 2).max()",
             "The result is the square of the largest modulus.",
             "Where is the root that belongs to the modulus of a complex number?"),
        Slip("of_the_gram_matrix", "np.abs(np.linalg.eigvals(W)).max()",
             "np.abs(np.linalg.eigvals(W.T @ W)).max()",
             "The result belongs to the transpose times W: it is the square of the 2-norm.",
             "Of which matrix are the eigenvalues asked for?"),
        Slip("of_the_symmetric_part", "np.abs(np.linalg.eigvals(W)).max()",
             "np.abs(np.linalg.eigvalsh((W + W.T) / 2)).max()",
             "The result belongs to the symmetric part of W, the mean of W and its transpose.",
             "Has W the same eigenvalues as its symmetric part?"),
        Slip("moduli_added", "np.abs(np.linalg.eigvals(W)).max()", "np.abs(np.linalg.eigvals(W)).sum()",
             "The moduli of all eigenvalues are added up.",
             "Which single eigenvalue decides in the end?"),
        Slip("trace", "np.abs(np.linalg.eigvals(W)).max()", "abs(np.trace(W))",
             "The result is the modulus of the trace, the sum of all eigenvalues.",
             "Can two eigenvalues cancel in a sum, although both are large?"),
        Slip("frobenius", "np.abs(np.linalg.eigvals(W)).max()", "np.linalg.norm(W)",
             "The result is the Frobenius norm.",
             "Is the radius a norm, or is it made from eigenvalues?"),
        Slip("largest_entry", "np.abs(np.linalg.eigvals(W)).max()", "np.abs(W).max()",
             "The result is the largest entry of W; that is not its largest eigenvalue.",
             "Of which numbers is the largest modulus asked for?"),
        Slip("root_taken", "np.abs(np.linalg.eigvals(W)).max()",
             "np.sqrt(np.abs(np.linalg.eigvals(W)).max())",
             "The result is the root of the radius, as if the eigenvalues were those of the transpose "
             "times W.",
             "Of which matrix have you taken the eigenvalues?"),
    ),
)

POWER_NORMS = Exercise(
    id="07.power_norms",
    title="Norms of the powers",
    points=2,
    section="3 What eigenvalues do know",
    function="power_norms",
    items=("S4.24",),
    answers=("flow.power_norms",),
    outputs=("norms",),
    instance=_matrix_and_power,
    reference=lambda W, n: {"norms": flow.power_norms(W, n)},
    asks="Which entry is the first to differ: that of the power 0, of the power 1, or a later one?",
    slips=(
        Slip("entrywise_powers", "return np.array(norms)",
             "return np.array([np.linalg.norm(W**m, 2) for m in range(n + 1)])",
             "The powers are taken entry by entry; already the power 0 is a matrix full of ones.",
             "Which of NumPy's operators multiplies matrices?"),
        Slip("entrywise_product", "power @ W", "power * W",
             "The factors are multiplied entry by entry: of the identity, only the diagonal is left.",
             "Which of NumPy's operators multiplies matrices?"),
        Slip("norm_to_the_power", "return np.array(norms)",
             "return np.linalg.norm(W, 2) ** np.arange(n + 1)",
             "These are the powers of the norm, not the norms of the powers; both agree at 0 and 1 only.",
             "Is the direction that W stretches most also the one that it maps that direction to?"),
        Slip("radius_to_the_power", "return np.array(norms)",
             "return np.abs(np.linalg.eigvals(W)).max() ** np.arange(n + 1)",
             "These are the powers of the spectral radius, which say nothing about a single step.",
             "At the power 1, what should stand there?"),
        Slip("frobenius", "return np.array(norms)",
             "return np.array([np.linalg.norm(np.linalg.matrix_power(W, m)) for m in range(n + 1)])",
             "These are Frobenius norms; even the identity's is not 1.",
             "By how much does the identity stretch a vector?"),
        Slip("frobenius_after_the_first", "np.linalg.norm(power, 2)", "np.linalg.norm(power)",
             "From the power 1 on these are Frobenius norms.",
             "Which norm does NumPy take of a matrix when nothing else is said?"),
        Slip("one_power_late", "power = power @ W\n        norms.append(np.linalg.norm(power, 2))",
             "norms.append(np.linalg.norm(power, 2))\n        power = power @ W",
             "Entry 1 is the norm of the identity again: each norm is taken before its multiplication.",
             "Which power does the list hold after the first round?"),
        Slip("one_power_early", "return np.array(norms)",
             "return np.array([np.linalg.norm(np.linalg.matrix_power(W, m + 1), 2) for m in range(n + 1)])",
             "The list starts with the norm of W itself: every entry belongs to one power more.",
             "What is W to the power 0?"),
        Slip("repeated_squaring", "power @ W", "(W if len(norms) == 1 else power @ power)",
             "From the power 3 on the exponents are too large: each round squares the matrix before it.",
             "By what is the current power multiplied in each round?"),
        Slip("largest_entry", "np.linalg.norm(power, 2)", "np.abs(power).max()",
             "From the power 1 on these are the largest entries of the powers.",
             "Can several small entries in a row stretch a vector together?"),
        Slip("identity_has_norm_zero", "[1.0]", "[0.0]",
             "norms[0] is 0; it is the norm of the identity.",
             "How far does the identity stretch a vector?"),
        Slip("column_sums", "np.linalg.norm(power, 2)", "np.linalg.norm(power, 1)",
             "The norms are largest column sums.",
             "Which norm does the argument 2 of np.linalg.norm give?"),
        Slip("row_sums", "np.linalg.norm(power, 2)", "np.linalg.norm(power, np.inf)",
             "The norms are largest row sums.",
             "Which norm does the argument 2 of np.linalg.norm give?"),
        Slip("norms_squared", "np.linalg.norm(power, 2)", "np.linalg.norm(power, 2) ** 2",
             "The norms are squared: they are eigenvalues of the transpose times the power.",
             "Is a singular value an eigenvalue of that product, or the root of one?"),
        Slip("roots_taken", "np.linalg.norm(power, 2)", "np.linalg.norm(power, 2) ** (1 / len(norms))",
             "Of each norm the root of its own order is taken: these are mean factors of a step.",
             "Is the size after m steps asked for, or the mean growth of a step?"),
        Slip("logarithms", "return np.array(norms)", "return np.log(norms)",
             "The result holds logarithms of the norms.",
             "What should stand at index 0, for the identity?"),
        Slip("smallest_singular_value", "np.linalg.norm(power, 2)", "np.linalg.norm(power, -2)",
             "The entries are smallest singular values: how far the least stretched vector is stretched.",
             "Does a norm speak of the most or of the least stretched vector?"),
        Slip("gram_matrix_powers", "power @ W", "power @ (W.T @ W)",
             "The powers are those of the transpose times W.",
             "Which matrix does a linear network apply at every step?"),
        Slip("sums_of_powers", "norms.append(np.linalg.norm(power, 2))",
             "norms.append(norms[-1] + np.linalg.norm(power, 2))",
             "Each entry is the sum of all norms up to its power.",
             "Is one power asked for, or all of them together?"),
    ),
)

REFUTE_BOUNDS = Exercise(
    id="07.refute_bounds",
    title="Refute: two printed bounds",
    points=2,
    section="4 Refute it: two printed bounds",
    function="bounds",
    items=("S4.17", "S4.18", "S4.34"),
    outputs=("bounds",),
    kind="value",
    verify=lambda answer: _several(answer, one=_above_one, exponent=_exponent),
)

REFUTE_EIGENVALUES = Exercise(
    id="07.refute_eigenvalues",
    title="Refute: the eigenvalue as a bound",
    points=2,
    section="5 Refute it: the eigenvalue as a bound",
    function="eigen",
    items=("S4.24", "S4.32", "S4.52"),
    outputs=("eigen",),
    kind="value",
    verify=lambda answer: _several(answer, transient=_transient, negative=_negative),
)

REFUTE_PRODUCTS = Exercise(
    id="07.refute_products",
    title="Refute: eigenvalues decide for products",
    points=3,
    section="6 Refute it: eigenvalues of different matrices",
    function="products",
    items=("S4.24", "S4.25"),
    outputs=("products",),
    kind="value",
    verify=lambda answer: _several(answer, explodes=_explodes, vanishes=_vanishes, held=_held),
)

GROWTH_RATE = Exercise(
    id="07.growth_rate",
    title="The growth rate of a product",
    points=3,
    section="7 The growth rate",
    function="growth_rate",
    items=("S4.16", "S4.17", "S4.23", "S4.27"),
    answers=("flow.growth_rate",),
    outputs=("rate",),
    instance=_jacobians,
    reference=lambda J: {"rate": np.array(flow.growth_rate(J))},
    call=_finite_rate,
    asks="Try it with a single Jacobian, then with two: at which number of factors does it go wrong?",
    slips=(
        Slip("ascending", "J_t @ product", "product @ J_t",
             "The latest Jacobian stands on the right: the product is taken in the wrong order.",
             "Which Jacobian acts first on a change of the initial state, and on which side does it stand?"),
        Slip("mean_of_logs", "return log_size / len(J)",
             "return np.mean([np.log(np.linalg.norm(A, 2)) for A in J])",
             "The result is the mean of the single steps' logarithms: the norm of a product is taken as the "
             "product of the norms.",
             "Does the direction that one step stretches most arrive at the next step's best direction?"),
        Slip("mean_of_radii", "return log_size / len(J)",
             "return np.mean([np.log(np.abs(np.linalg.eigvals(A)).max()) for A in J])",
             "The result comes from the single steps' eigenvalues: as if all shared their eigenvectors.",
             "What did two matrices of spectral radius zero do, taken in turn?"),
        Slip("radius_of_product", "return log_size / len(J)",
             "return (log_size + np.log(np.abs(np.linalg.eigvals(product)).max())) / len(J)",
             "The result is the logarithm of the product's spectral radius; the norm is asked for.",
             "Which of the two says how far a vector can be stretched?"),
        Slip("not_divided", "return log_size / len(J)", "return log_size",
             "The result is the logarithm for the whole sequence: it is not divided by the number of steps.",
             "Two sequences of different length: what makes their numbers comparable?"),
        Slip("one_step_less", "/ len(J)", "/ (len(J) - 1)",
             "The sum is divided by T - 1, although T Jacobians were multiplied.",
             "How many factors does the product have?"),
        Slip("no_logarithm", "return log_size / len(J)", "return np.exp(log_size / len(J))",
             "The result is the mean factor of a step; its logarithm is the rate.",
             "For which value of the rate does a gradient neither grow nor shrink?"),
        Slip("first_missing", "for J_t in J:", "for J_t in J[1:]:",
             "The first Jacobian is not in the product.",
             "Where does the product start, before the first factor has come?"),
        Slip("last_missing", "for J_t in J:", "for J_t in J[:-1]:",
             "The last Jacobian is not in the product.",
             "Which is the last step that the loop visits?"),
        Slip("only_the_last_size", "log_size += np.log(size)", "log_size = np.log(size)",
             "Only the last step's logarithm is left: the earlier ones are overwritten.",
             "What becomes of what was divided out in the steps before?"),
        Slip("frobenius", "np.linalg.norm(product, 2)", "np.linalg.norm(product)",
             "The product's size is measured by the Frobenius norm.",
             "Which norm does NumPy take of a matrix when nothing else is said?"),
        Slip("base_ten", "np.log(size)", "np.log10(size)",
             "The logarithm has the base 10; the rate is asked for in natural logarithms.",
             "Which power of which number gives the mean factor of a step?"),
        Slip("base_two", "np.log(size)", "np.log2(size)",
             "The logarithm has the base 2; the rate is asked for in natural logarithms.",
             "Which power of which number gives the mean factor of a step?"),
        Slip("squared_size", "np.log(size)", "np.log(size**2)",
             "The result is twice the rate, the logarithm of the squared norm.",
             "Which of the two grows by what is divided out, the norm or its square?"),
        Slip("one_step_more", "/ len(J)", "/ (len(J) + 1)",
             "The sum is divided by T + 1; there are T factors.",
             "How many Jacobians lie between h_0 and h_T?"),
        Slip("divided_by_the_units", "/ len(J)", "/ len(J[0])",
             "The sum is divided by the number of units; the rate is one of a step.",
             "Over what does the mean of a growth rate run?"),
        Slip("determinant", "return log_size / len(J)", "return np.linalg.slogdet(J)[1].mean()",
             "The rate is that of the determinant, a volume: it is the sum of the growth rates of all "
             "directions.",
             "Does the determinant say how long the most stretched vector becomes?"),
        Slip("entrywise_product", "J_t @ product", "J_t * product",
             "The Jacobians are multiplied entry by entry.",
             "Which product does the chain rule ask for?"),
        Slip("mean_jacobian", "return log_size / len(J)", "return np.log(np.linalg.norm(J.mean(axis=0), 2))",
             "The Jacobians are averaged before the norm is taken: it is the rate of a mean step.",
             "What does the chain rule do with the Jacobians of the steps?"),
        Slip("logarithm_of_the_mean", "return log_size / len(J)",
             "return np.log(np.mean([np.linalg.norm(A, 2) for A in J]))",
             "The result is the logarithm of the mean norm of a single step.",
             "Does a product of matrices grow by the product of their norms?"),
        Slip("smallest_singular_value", "np.linalg.norm(product, 2)", "np.linalg.norm(product, -2)",
             "The size of the product is its smallest singular value: the rate of the least stretched "
             "vector.",
             "Does a norm speak of the most or of the least stretched vector?"),
    ),
)

LYAPUNOV = Exercise(
    id="07.lyapunov_spectrum",
    title="The Lyapunov spectrum",
    points=3,
    section="8 The limit: Lyapunov exponents",
    function="lyapunov_spectrum",
    items=("S4.21", "S4.27"),
    answers=("flow.lyapunov_spectrum",),
    outputs=("exponents",),
    instance=_jacobians_for_the_spectrum,
    reference=lambda J: {"exponents": flow.lyapunov_spectrum(J)},
    call=_finite_spectrum,
    step="i",
    asks="Do your exponents add up to the mean of the logarithms of the determinants' moduli?",
    slips=(
        Slip("basis_forgotten", "J_t @ Q)", "J_t)",
             "Every Jacobian is decomposed alone: the basis does not go along from step to step, or stands "
             "on the left, where the triangular factor does not notice it.",
             "The basis holds directions of the state before the step; from which side does a Jacobian act "
             "on them?"),
        Slip("triangular_factor_goes_on", "J_t @ Q)", "J_t @ (Q if np.ndim(log_sizes) == 0 else R))",
             "From the second step on the triangular factor is what goes on, not the orthogonal one.",
             "Which of the two factors has columns of length 1?"),
        Slip("product_goes_on", "Q, R = np.linalg.qr(J_t @ Q)",
             "Q = J_t @ Q\n        R = np.linalg.qr(Q)[1]",
             "What goes on is the product itself, so each step counts all earlier ones once more.",
             "What has to be taken out of the columns before the next step?"),
        Slip("jacobians_transposed", "J_t @ Q)", "J_t.T @ Q)",
             "Every Jacobian is transposed.",
             "Which index of J_t belongs to the state before the step?"),
        Slip("ascending", "for J_t in J:", "for J_t in J[::-1]:",
             "The Jacobians are taken from the last to the first.",
             "Which step acts first on a change of the initial state?"),
        Slip("adjoint_order", "for J_t in J:", "for J_t in J[::-1].swapaxes(1, 2):",
             "The exponents are those of the way back: transposed Jacobians, from the last to the first. In "
             "the limit both are the same, for a finite number of steps they are not.",
             "Does the exercise let the basis go forward or back in time?"),
        Slip("smallest_first", "np.sort(log_sizes / len(J))[::-1]", "np.sort(log_sizes / len(J))",
             "The exponents stand in reverse: the smallest comes first.",
             "Which exponent is called the top one?"),
        Slip("not_sorted", "np.sort(log_sizes / len(J))[::-1]", "log_sizes / len(J)",
             "The values are right and their order is not: they are not sorted.",
             "After how many steps do the decompositions themselves give the largest first?"),
        Slip("not_divided", "log_sizes / len(J)", "log_sizes",
             "The sums are not divided by the number of steps.",
             "Two sequences of different length: what makes their numbers comparable?"),
        Slip("one_step_less", "/ len(J)", "/ (len(J) - 1)",
             "The sums are divided by T - 1, although there are T decompositions.",
             "How many steps has each sum?"),
        Slip("one_step_more", "/ len(J)", "/ (len(J) + 1)",
             "The sums are divided by T + 1, although there are T decompositions.",
             "How many steps has each sum?"),
        Slip("divided_by_the_units", "/ len(J)", "/ len(J[0])",
             "The sums are divided by the number of units.",
             "Over what is each exponent a mean?"),
        Slip("only_the_last_step", "log_sizes = log_sizes + ", "log_sizes = ",
             "Only the last step's logarithms are left: the earlier ones are overwritten.",
             "What becomes of the sizes of the steps before?"),
        Slip("no_logarithm", "return np.sort(log_sizes / len(J))[::-1]",
             "return np.exp(np.sort(log_sizes / len(J))[::-1])",
             "These are the mean factors of a step; their logarithms are the exponents.",
             "Which exponent has a direction that keeps its length?"),
        Slip("mean_of_sizes", "return np.sort(log_sizes / len(J))[::-1]",
             "Q, sizes = np.eye(len(J[0])), []\n"
             "    for A in J:\n"
             "        Q, R = np.linalg.qr(A @ Q)\n"
             "        sizes.append(np.abs(np.diag(R)))\n"
             "    return np.sort(np.log(np.mean(sizes, axis=0)))[::-1]",
             "The logarithm is taken of the mean size; what adds up along the product is logarithms.",
             "A direction doubled by one step and halved by the next: what is its rate?"),
        Slip("singular_values_of_steps", "return np.sort(log_sizes / len(J))[::-1]",
             "return np.log(np.linalg.svd(J, compute_uv=False)).mean(axis=0)",
             "These are the means of the single steps' singular values, as if every step found its best "
             "directions again.",
             "Do the directions that one step stretches most arrive at the next step's best directions?"),
        Slip("eigenvalues_of_steps", "return np.sort(log_sizes / len(J))[::-1]",
             "return np.sort(np.log(np.abs(np.linalg.eigvals(J))).mean(axis=0))[::-1]",
             "These come from the single steps' eigenvalues, as if all steps shared their eigenvectors.",
             "What did two matrices of spectral radius zero do, taken in turn?"),
        Slip("singular_values_of_product", "return np.sort(log_sizes / len(J))[::-1]",
             "scale = np.abs(J).max()\n"
             "    product = np.linalg.multi_dot(J[::-1] / scale)\n"
             "    found = np.linalg.svd(product, compute_uv=False)\n"
             "    return np.log(np.maximum(found, 1e-300)) / len(J) + np.log(scale)",
             "These are the logarithms of the product's singular values. In the limit they are the same; for "
             "a finite number of steps they are not, and the small ones drown in rounding.",
             "What becomes of the columns of a long product, if nothing keeps them apart?"),
        Slip("all_entries", "np.diag(R)", "np.sum(R, axis=1)",
             "The rows of the triangular factor are summed; a direction's own size is one entry of it.",
             "What do the entries above the diagonal say?"),
        Slip("column_norms", "np.abs(np.diag(R))", "np.linalg.norm(R, axis=0)",
             "The lengths of the columns are taken, in which the directions before are still contained.",
             "Which part of a new column is left after the directions before it have been taken out?"),
        Slip("base_ten", "np.log(", "np.log10(",
             "The logarithm has the base 10; the exponents are asked for in natural logarithms.",
             "Which power of which number gives the mean factor of a step?"),
        Slip("base_two", "np.log(", "np.log2(",
             "The logarithm has the base 2; the exponents are asked for in natural logarithms.",
             "Which power of which number gives the mean factor of a step?"),
        Slip("first_missing", "for J_t in J:", "for J_t in J[1:]:",
             "The first Jacobian is left out.",
             "Where does the basis stand before the first step?"),
        Slip("last_missing", "for J_t in J:", "for J_t in J[:-1]:",
             "The last Jacobian is left out.",
             "Which is the last step that the loop visits?"),
        Slip("basis_transposed", "J_t @ Q)", "J_t @ Q.T)",
             "The basis goes on as its transpose: its directions stand in the rows.",
             "In which of the two, rows or columns of Q, do the new directions stand?"),
        Slip("columns_only_normalised", "Q, R = np.linalg.qr(J_t @ Q)",
             "Q = J_t @ Q\n        R = np.diag(np.linalg.norm(Q, axis=0))\n        Q = Q / np.diag(R)",
             "The columns of the basis are given the length 1 and are not made perpendicular, so all "
             "of them turn towards the fastest direction.",
             "What keeps the second direction from turning into the first?"),
        Slip("sorted_by_size", "np.sort(log_sizes / len(J))[::-1]",
             "np.array(sorted(log_sizes / len(J), key=abs, reverse=True))",
             "The exponents are sorted by their absolute values.",
             "Which exponent is larger, 0.1 or -2?"),
        Slip("sorted_at_every_step", "np.log(np.abs(np.diag(R)))",
             "np.sort(np.log(np.abs(np.diag(R))))[::-1]",
             "The logarithms are sorted at every step, so a sum mixes several directions.",
             "Does the same entry of the diagonal belong to the same direction at every step?"),
        Slip("of_the_basis", "np.log(np.abs(np.diag(R)))", "np.log(np.abs(np.diag(Q)))",
             "The sizes are read from the diagonal of Q; lengths of its columns are always 1.",
             "Which of the two factors of the decomposition holds the lengths?"),
        Slip("eigenvalues_of_product", "return np.sort(log_sizes / len(J))[::-1]",
             "product = np.eye(len(J[0]))\n"
             "    for J_t in J:\n"
             "        product = J_t @ product\n"
             "    return np.sort(np.log(np.abs(np.linalg.eigvals(product))))[::-1] / len(J)",
             "The exponents are those of the eigenvalues of the whole product.",
             "Does an eigenvalue say how much the longest axis of an ellipsoid grows, if no step repeats "
             "the one before?"),
    ),
)

REFUTE_ONE_UNIT = Exercise(
    id="07.refute_one_unit",
    title="Refute: large weights explode, factors end on one side",
    points=3,
    section="9 Refute it: one unit is enough",
    function="units",
    items=("S4.25", "S4.27", "S4.44"),
    outputs=("units",),
    kind="value",
    verify=lambda answer: _several(
        answer, vanishes=_one_unit_vanishes, mixed=_mixed, negative=_all_negative
    ),
)

CONTRIBUTION = Exercise(
    id="07.contribution_by_lag",
    title="The gradient, sorted by lag",
    points=4,
    section="12 What vanishes is the part from far away",
    function="contribution_by_lag",
    items=("S1.10", "S4.22", "S4.29", "S4.50"),
    answers=("paths.path_terms", "truncated.window", "truncated.chunks"),
    outputs=("C",),
    instance=_states_and_adjoints,
    reference=_contribution_reference,
    asks="Is entry 0 right, which has no Jacobian in it? And entry 1, which has one?",
    slips=(
        Slip("weights_not_transposed", "W_h.T", "W_h",
             "From lag 1 on the adjoint is sent back with W_h instead of its transpose.",
             "W_h leads from the rows to the columns; which way does an adjoint travel?"),
        Slip("slope_missing_on_the_way", "felt = da[1:] @", "felt = felt[1:] @",
             "From lag 1 on the slope is missing from every Jacobian: the adjoint skips the activation.",
             "Which two factors make up one Jacobian?"),
        Slip("slope_after_the_matrix", "felt = da[1:] @ W_h.T",
             "felt = felt[1:] @ W_h.T * slope[1 : len(felt)]",
             "From lag 1 on the two parts of each Jacobian are exchanged: first the weights, then the slope.",
             "Going back from a state, what comes first: the activation or the matrix?"),
        Slip("slope_twice", "felt = da[1:] @ W_h.T", "felt = da[1:] @ W_h.T * slope[: len(da) - 1]",
             "From lag 1 on a slope too many is in each term: an adjoint of a state has been multiplied by "
             "that state's slope already.",
             "How often does a path pass the activation of one step?"),
        Slip("slope_missing", "da = felt * slope[: len(felt)]", "da = felt",
             "The slopes are missing at every step, already at lag 0.",
             "What stands between a state and its pre-activation?"),
        Slip("slope_missing_at_the_end", "h[: len(da)], da))", "h[: len(da)], felt))",
             "The last slope is missing: between the state h_k and the use of the matrix at step k.",
             "Which factor of the term belongs to the activation at step k itself?"),
        Slip("slope_of_the_state", "1 - h[1:] ** 2", "1 - h[1:]",
             "The slope is 1 - h where it should be the derivative of tanh.",
             "How is the slope of tanh read off its value?"),
        Slip("slope_one_step_early", "1 - h[1:] ** 2", "1 - h[:-1] ** 2",
             "Each slope comes from the state before its step.",
             "Which state did the activation of step t make, and in which row of h does it stand?"),
        Slip("state_after_the_step", "h[: len(da)]", "h[1 : len(da) + 1]",
             "The outer products use the state that the step made, not the one that it read.",
             "By which state is the matrix multiplied at step k?"),
        Slip("outer_transposed", '"tbm,tbn->mn"', '"tbm,tbn->nm"',
             "Every entry is transposed: the adjoint stands in the rows.",
             "Which index of W_h belongs to the unit that is read?"),
        Slip("slopes_from_the_wrong_end", "slope[: len(felt)]", "slope[-len(felt) :]",
             "From lag 1 on the slopes are those of later steps: after a shift the adjoints belong to "
             "the first steps.",
             "After one round, to which steps do the remaining adjoints belong?"),
        Slip("states_from_the_wrong_end", "h[: len(da)], da", "h[-1 - len(da) : -1], da",
             "From lag 1 on the states are those of later steps: the term is put down at the step where "
             "its loss is, not where its path ends.",
             "A path of lag 1 from the loss at step t: at which step does it use the matrix?"),
        Slip("wrapped_around", "felt = da[1:] @ W_h.T", "felt = np.roll(da, -1, axis=0) @ W_h.T",
             "From lag 1 on adjoints that have passed step 1 come in again at step T.",
             "How many of the T losses still have a path after one round?"),
        Slip("not_shifted", "felt = da[1:] @ W_h.T", "felt = da @ W_h.T",
             "The adjoints never move to the step before: every Jacobian of a path is that of the same step.",
             "To which step does an adjoint belong after it has crossed one Jacobian?"),
        Slip("last_row_dropped", "felt = da[1:] @ W_h.T", "felt = (da @ W_h.T)[:-1]",
             "The rows are shifted the wrong way: a row at step k must move to k - 1, so the "
             "first drops out.",
             "Which of the T rows has no step before it to go to?"),
        Slip("new_adjoints_every_round", "felt = da[1:] @ W_h.T",
             "felt = da[1:] @ W_h.T + dh[: len(da) - 1]",
             "From lag 1 on losses come in again at every round: each entry holds the shorter lags as well.",
             "How many Jacobians has an adjoint crossed that enters in the second round?"),
        Slip("running_sums", "return np.array(parts)", "return np.cumsum(parts, axis=0)",
             "Each entry is the sum of all lags up to its own: a truncated gradient.",
             "Which entry would the differences of neighbouring entries be?"),
        Slip("lags_reversed", "return np.array(parts)", "return np.array(parts[::-1])",
             "The entries stand in reverse: the longest lag comes first.",
             "How many Jacobians should the entry with the index 0 have?"),
        Slip("first_instance_only", "h[: len(da)], da)", "h[: len(da), :1], da[:, :1])",
             "Only the first instance of the batch is in the entries.",
             "Which axis of the arrays holds the instances, and what becomes of it?"),
        Slip("mean_over_batch", '"tbm,tbn->mn", h[: len(da)], da)',
             '"tbm,tbn->mn", h[: len(da)], da) / dh.shape[1]',
             "Every entry is divided by the size of the batch.",
             "Are the losses of the instances summed or averaged here?"),
        Slip("mean_over_steps", '"tbm,tbn->mn", h[: len(da)], da)',
             '"tbm,tbn->mn", h[: len(da)], da) / len(da)',
             "Every entry is divided by the number of its terms: it is their mean, not their sum.",
             "Do the terms of one lag have to add up to a part of the gradient?"),
        Slip("last_loss_only", "parts, felt = [], dh",
             "parts, felt = [], dh * (np.arange(len(dh)) == len(dh) - 1)[:, None, None]",
             "Only the loss of the last step is followed back.",
             "At which steps does an adjoint come in from outside?"),
        Slip("by_step_of_use", "return np.array(parts)",
             "T, J = len(dh), slope[..., None] * W_h.T\n"
             "    u = dh.copy()\n"
             "    for k in range(T - 2, -1, -1):\n"
             "        u[k] += np.einsum('bi,bij->bj', u[k + 1], J[k + 1])\n"
             "    return np.einsum('tbm,tbn->tmn', h[:-1], u * slope)",
             "The entries are sorted by the step of use, not by lag: entry k-1 holds all paths that end at "
             "step k.",
             "Which number do all paths of one entry have in common?"),
        Slip("by_step_of_loss", "return np.array(parts)",
             "T, sums = len(dh), []\n"
             "    for t in range(T):\n"
             "        u, total = dh[t], 0\n"
             "        for k in range(t, -1, -1):\n"
             "            v = u * slope[k]\n"
             "            total, u = total + h[k].T @ v, v @ W_h.T\n"
             "        sums.append(total)\n"
             "    return np.array(sums)",
             "The entries are sorted by the step of the loss, not by lag: each is the gradient of one loss.",
             "Which number do all paths of one entry have in common?"),
        Slip("first_use_only", "parts.append(np.einsum(\"tbm,tbn->mn\", h[: len(da)], da))",
             "parts.append(h[0].T @ da[0])",
             "Each entry holds one term only, that of the use at step 1.",
             "How many pairs of a loss and a use have the same lag?"),
        *tanh_slopes("1 - h[1:] ** 2", "h[1:]", "h"),
        Slip("slope_activated_twice", "1 - h[1:] ** 2", "1 - np.tanh(h[1:]) ** 2",
             "The slope is formed with tanh of the state, which has been through tanh already.",
             "What is the derivative of tanh, in terms of its value?"),
        Slip("counted_from_one", "return np.array(parts)", "return np.array([0 * parts[0], *parts[:-1]])",
             "Entry l holds the part of lag l - 1, entry 0 is zero and the last lag is missing.",
             "Which lag has the use of W_h at the very step of the loss?"),
        Slip("lag_zero_missing", "return np.array(parts)", "return np.array([*parts[1:], 0 * parts[0]])",
             "Entry l holds the part of lag l + 1: the use at the step of the loss itself is missing.",
             "Which lag has the use of W_h at the very step of the loss?"),
        Slip("all_losses_added_first", "parts, felt = [], dh",
             "parts, felt = [], np.cumsum(dh[::-1], axis=0)[::-1]",
             "Each step starts from the sum of its own dh and all later ones, as if they reached it "
             "unchanged.",
             "Which Jacobians lie between a loss and an earlier step?"),
        Slip("sums_before_products", '"tbm,tbn->mn"', '"tbm,sbn->mn"',
             "The states and the adjoints are added up over time before they are multiplied.",
             "Which state belongs to which adjoint in the sum over the uses?"),
    ),
)

EXERCISES = (
    SPECTRAL_NORM,
    NORM_BOUND,
    SPECTRAL_RADIUS,
    POWER_NORMS,
    REFUTE_BOUNDS,
    REFUTE_EIGENVALUES,
    REFUTE_PRODUCTS,
    GROWTH_RATE,
    LYAPUNOV,
    REFUTE_ONE_UNIT,
    CONTRIBUTION,
)
