"""Lesson 08: deep feed-forward networks, tied weights, initialisers, penalties, clipping."""

import numpy as np

from rnnlib import mlp, rnn

from .. import compare
from ..errors import Unreadable
from ..outputs import read_outputs
from . import Exercise, Slip
from .draws import either_sign
from .families import tanh_slopes
from .sweep import LONG, Loud, Sweep, Unrolled

PHI = ("tanh", "sigmoid", "relu")
WIDTHS = ((3, 4, 6, 5, 2, 7), (2, 5, 3, 6, 4, 7), (4, 4, 4, 4, 4, 4))  # B, n_0, ..., n_4
SIZES = ((5, 3, 4), (4, 2, 5), (4, 4, 4))  # T, D, H
SHAPES = ((6, 4), (3, 5), (4, 4))
PARAMETERS = ("W1", "b1", "W2", "b2", "W3", "b3", "W4", "b4")


def _network(seed):
    """(params, x, phi): four layers; for ReLU some units active, some not, none near its kink."""
    phi = PHI[seed % 3]
    B, *n = WIDTHS[seed % 3]
    for attempt in range(10_000):
        rng = np.random.default_rng([801, seed, attempt])
        params, x = {}, either_sign(rng, 0.3, 1.2, (B, n[0]))
        for layer in range(1, 5):
            params[f"W{layer}"] = 1.1 * rng.normal(size=(n[layer - 1], n[layer])) / np.sqrt(n[layer - 1])
            params[f"b{layer}"] = either_sign(rng, 0.2, 0.5, n[layer])
        if phi != "relu" or _is_lively(params, x):
            return params, x, phi
    raise AssertionError("no ReLU network with active and silent units in every layer")


def _is_lively(params, x):
    a = np.array(mlp.forward(params, x, "relu").a)
    active = (a > 0).mean(axis=(1, 2))
    paths = (a > 0).any(axis=2).all()  # no instance dies out on the way
    return abs(a).min() > 0.02 and paths and active.min() >= 0.4 and active.max() < 0.9


def _list_of_layers(function, arguments):
    """The list of L + 1 arrays, as one output a layer."""
    returned = function(*arguments)
    layers = len(arguments[0]) // 2
    if not isinstance(returned, (list, tuple, np.ndarray)):
        kind = type(returned).__name__
        raise Unreadable(f"returned a value of type {kind}, expected a list of arrays")
    if isinstance(returned, np.ndarray) and returned.ndim < 3 and returned.dtype != object:
        wanted = f"expected a list of {layers + 1}: the input and {layers} layers"
        raise Unreadable(f"returned one array of shape {returned.shape}, {wanted}")
    if len(returned) != layers + 1:
        wanted = f"expected {layers + 1}: the input and {layers} layers"
        raise Unreadable(f"returned {len(returned)} arrays, {wanted}")
    return {f"h{n}": value for n, value in enumerate(returned)}


def _forward_reference(params, x, phi):
    return {f"h{n}": value for n, value in enumerate(mlp.forward(params, x, phi).h)}


def _states_and_adjoint(seed):
    params, x, phi = _network(seed)
    h = mlp.forward(params, x, phi).h
    dh = either_sign(np.random.default_rng([802, seed]), 0.3, 1.2, h[-1].shape)
    return params, h, dh, phi


def _backward_reference(params, h, dh, phi):
    return mlp.backward(params, mlp.forward(params, h[0], phi), dh)


def _input_and_adjoint(seed):
    params, h, dh, phi = _states_and_adjoint(seed)
    return params, h[0], dh, phi


def _gain_reference(params, x, dh, phi):
    back = mlp.backward(params, mlp.forward(params, x, phi), dh)["x"]
    return {"gain": np.linalg.norm(back) / np.linalg.norm(dh)}


def _sequence(seed, sizes=None):
    rng = np.random.default_rng([803, seed])
    T, D, H = sizes or SIZES[seed % 3]
    params = {
        "W_x": rng.normal(size=(D, H)) * 0.4,
        "W_h": rng.normal(size=(H, H)),
        "b_h": either_sign(rng, 0.2, 0.5, H),
    }
    params["W_h"] *= 1.4 / np.linalg.norm(params["W_h"], 2)
    x, h0 = either_sign(rng, 0.3, 1.0, (T, D)), either_sign(rng, 0.3, 0.8, H)
    return params, x, h0, either_sign(rng, 0.3, 1.2, H)


def _tied_reference(params, x, h0, dh):
    h = rnn.forward(params, x[:, None], h0[None]).h[:, 0]
    outside = np.zeros_like(h[1:])
    outside[-1] = dh
    return {"h": h, **_tied_gradients(params, x, h, outside)}


def _tied_gradients(params, x, h, dh):
    grads = rnn.backward(params, rnn.forward(params, x[:, None], h[:1]), dh[:, None])
    return {**{name: grads[name] for name in params}, "h0": grads["h0"][0]}


def _unroll_tied(params, x, h0, dh):
    h = rnn.forward(params, x[:, None], h0[None]).h[:, 0]
    outside = np.zeros_like(h[1:])
    outside[-1] = dh
    return Unrolled(len(x), _tied_gradients, (params, x, h, outside))


def _normals(seed):
    rng = np.random.default_rng([804, seed])
    scale = rng.choice([rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5)])
    return rng.normal(size=SHAPES[seed % 3]), float(scale)


def _initial(function, arguments):
    """Any orthonormal basis counts, so `orthogonal` is judged by how it projects z."""
    z, scale = arguments
    outputs, _ = read_outputs(function(z, scale), ("he", "xavier", "orthogonal", "identity"))
    M = compare.to_array(outputs.get("orthogonal"))
    if M is not None and M.shape == z.shape:
        outputs["orthogonal"] = _projected(M, z)
    return outputs


def _projected(M, z):
    """M Mᵀ z √k / ‖M‖ (z Mᵀ M if wide): s z exactly if M is s times an orthonormal basis of z's span."""
    size = np.linalg.norm(M) / min(z.shape) ** 0.5 or 1.0
    return M @ (M.T @ z) / size if len(z) >= z.shape[1] else (z @ M.T) @ M / size


def _initial_reference(z, scale):
    """By the singular value decomposition, whose U Vᵀ is the orthogonal matrix nearest to z."""
    n_in, n_out = z.shape
    U, _, Vt = np.linalg.svd(z, full_matrices=False)
    return {
        "he": z * scale * (2 / n_in) ** 0.5,
        "xavier": z * scale * (2 / (n_in + n_out)) ** 0.5,
        "orthogonal": _projected(scale * U @ Vt, z),
        "identity": scale * np.eye(n_in, n_out),
    }


def _states_to_penalise(seed):
    """(W_h, lam, h, dh_total): on the way back some rows grow and some shrink, by up to the same factor."""
    params, x, h0, _ = _sequence(seed)
    rng = np.random.default_rng([805, seed])
    h = rnn.forward(params, x[:, None], h0[None]).h[:, 0]
    lam, rows = float(rng.uniform(0.2, 0.8)), either_sign(rng, 0.3, 1.5, x.shape[:1] + h0.shape)
    back = rows * (1 - h[1:] ** 2) @ params["W_h"].T
    growth = np.linalg.norm(back, axis=1) / np.linalg.norm(rows, axis=1)
    return params["W_h"] / np.sqrt(growth.min() * growth.max()), lam, h, rows


def _penalty_reference(W_h, lam, h, dh_total):
    omega = 0.0
    for state, row in zip(h[1:], dh_total):
        J = np.diag(1 - state**2) @ W_h.T
        omega += ((row @ J @ J.T @ row) ** 0.5 / (row @ row) ** 0.5 - 1) ** 2
    return {"l2": lam * W_h, "omega": omega}


def _gradient(seed):
    """A gradient of three arrays that is too long; on the second instance one that is not."""
    rng = np.random.default_rng([806, seed])
    _, D, H = SIZES[seed % 3]
    grads = {"W_x": rng.normal(size=(D, H)), "W_h": 2 * rng.normal(size=(H, H)), "b_h": rng.normal(size=H)}
    return grads, float(_norm(grads) * rng.uniform(*((0.05, 0.1), (1.1, 1.5), (0.06, 0.12))[seed % 3]))


def _gradient_by_value(seed):
    """Some entries of every array are too large, of both signs, and some are not."""
    grads, _ = _gradient(seed)
    for g in grads.values():
        low, high, small = g.flat[:3]
        g.flat[:3] = -abs(low) - 1.5, abs(high) + 1.5, 0.3 * np.sign(small)
    return grads, float(np.random.default_rng([808, seed]).uniform(0.7, 1.3))


def _norm(grads):
    """The norm over all arrays."""
    return np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))


def _norm_reference(grads, c):
    norm = _norm(grads)
    return {name: g * min(1.0, c / norm) for name, g in grads.items()}


def _value_reference(grads, c):
    return {name: np.minimum(np.maximum(g, -c), c) for name, g in grads.items()}


def _refute_relu(answer):
    """An orthogonal matrix and a start whose gradient dies with ReLU and survives with tanh."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return "expected a tuple (W_h, h0)"
    try:
        W, h0 = (np.asarray(value, float) for value in answer)
    except (ValueError, TypeError):
        return "W_h cannot be read as rows of numbers, all of the same length, or h0 not as a list of numbers"
    if W.ndim != 2 or W.shape[0] != W.shape[1] or not 2 <= len(W) <= 100:
        return f"W_h has shape {W.shape}, expected a square matrix, at least 2 by 2"
    if h0.shape != W.shape[:1]:
        return f"h0 has shape {h0.shape}, expected {len(W)} numbers, one per unit"
    if not np.isfinite(W).all() or not np.isfinite(h0).all():
        return "W_h and h0 have to be finite"
    off = np.abs(W.T @ W - np.eye(len(W))).max()
    if off > 1e-6:
        return f"W_h is not orthogonal: an entry of its transpose times itself is off by {off:.2g}"
    nearest = np.abs(h0 @ W).min()
    if nearest < 1e-3:
        return f"an entry of h0 W_h is only {nearest:.2g} from 0, where ReLU has its kink"
    gains = {}
    for name, value, slope in (
        ("tanh", np.tanh, lambda a: 1 - np.tanh(a) ** 2),
        ("ReLU", lambda a: np.maximum(a, 0), lambda a: (a > 0).astype(float)),
    ):
        h, product = h0, np.eye(len(W))
        for _ in range(20):
            a = h @ W
            product, h = slope(a)[:, None] * W.T @ product, value(a)
        gains[name] = np.linalg.norm(product, 2)
    if gains["tanh"] < 0.1:
        return f"with tanh the norm after 20 steps is {gains['tanh']:.2g}, not 0.1 or more"
    if gains["ReLU"] > 1e-3:
        return f"with ReLU the norm after 20 steps is {gains['ReLU']:.2g}, not 0.001 or less"
    return None


def _refute_clipping(answer):
    """A gradient that clipping by value leaves longer than 2c and turns by more than 60 degrees."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2 or np.ndim(answer[1]):
        return "expected a tuple (g, c): a list of numbers, and a number"
    try:
        g, c = np.asarray(answer[0], float), float(answer[1])
    except (ValueError, TypeError):
        return "g cannot be read as a list of numbers, or c not as a number"
    if g.ndim != 1 or not 1 <= len(g) <= 10_000:
        return f"g has shape {g.shape}, expected a list of numbers"
    if not np.isfinite(g).all() or abs(g).max() > 1e100 or not np.isfinite(c):
        return "g and c have to be finite, and no entry larger than 1e100"
    if not c > 0 or not g.any():
        return "c has to be positive, and g not zero"
    clipped = np.clip(g, -c, c)
    length = np.linalg.norm(clipped)
    cosine = (g / np.linalg.norm(g)) @ clipped / length
    if not length > 2 * c * (1 + 1e-9):
        return f"the clipped gradient has {length / c:.3g} times the length c, not more than 2 times"
    return None if cosine < 0.5 else f"the cosine is {cosine:.3f}, not below 0.5"


FORWARD = Exercise(
    id="08.mlp_forward",
    title="Run a deep network",
    points=1,
    section="1 Layers in place of steps",
    function="mlp_forward",
    items=("S1.11",),
    answers=("mlp.forward",),
    outputs=("h0", "h1", "h2", "h3", "h4"),
    instance=_network,
    reference=_forward_reference,
    loud=Loud(((1, 15),), ("h0",)),
    call=_list_of_layers,
    asks="Which is the first layer that differs, and what does that layer read?",
    slips=(
        Slip("slope_in_place_of_value", "activations.get(phi).value", "activations.get(phi).slope",
             "The slope of the activation is applied in the place of the activation.",
             "Which of the two functions of an activation makes a layer's output?"),
        Slip("bias_missing", ' + params[f"b{layer}"]', "",
             "h is formed without the biases, from layer 1 on.",
             "What is added to the product in every layer?"),
        Slip("bias_after_activation", "h.append(f(a))",
             'h.append(f(a - params[f"b{layer}"]) + params[f"b{layer}"])',
             "The bias is added behind the activation; it belongs to the pre-activation.",
             "What does phi act on in the formula, the product alone or the sum?"),
        Slip("bias_subtracted", ' + params[f"b{layer}"]', ' - params[f"b{layer}"]',
             "The biases enter with the wrong sign.",
             "Is the bias added or subtracted?"),
        Slip("no_activation", "h.append(f(a))", "h.append(a)",
             "h holds the pre-activations: the activation is never applied.",
             "A chain of linear layers is a linear map: what stands between two layers?"),
        Slip("always_tanh", "f = activations.get(phi).value", "f = np.tanh",
             "h is made with tanh, whatever phi says.",
             "Where does the argument phi enter?"),
        Slip("last_layer_linear", "h.append(f(a))",
             "h.append(f(a) if layer < len(params) // 2 else a)",
             "The last layer is left without an activation.",
             "Does the definition make an exception for layer L?"),
        Slip("first_layer_linear", "h.append(f(a))", "h.append(f(a) if layer > 1 else a)",
             "The first layer is left without an activation.",
             "Does the definition make an exception for layer 1?"),
        Slip("input_activated", "h = [x]", "h = [f(x)]",
             "The input has been through the activation before layer 1.",
             "What is h_0?"),
        Slip("pre_activations_returned", "return h",
             'return [x, *(v @ params[f"W{n}"] + params[f"b{n}"] for n, v in enumerate(h[:-1], 1))]',
             "h holds what goes into the activation of each layer, not what comes out of it.",
             "Which of the two does the next layer read, and which one is in your list?"),
        Slip("activated_twice", "h.append(f(a))", "h.append(f(f(a)))",
             "The activation is applied twice in every layer.",
             "How often does phi stand in the formula of a layer?"),
        Slip("always_relu", "f = activations.get(phi).value", 'f = activations.get("relu").value',
             "Every network is run with ReLU: the argument phi changes nothing.",
             "What is the argument phi for?"),
        Slip("always_logistic", "f = activations.get(phi).value", 'f = activations.get("sigmoid").value',
             "Every network is run with the logistic function: the argument phi changes nothing.",
             "What is the argument phi for?"),
        Slip("bias_in_layer_1_only", 'h[-1] @ params[f"W{layer}"] + params[f"b{layer}"]',
             'h[-1] @ params[f"W{layer}"] + (params["b1"] if layer == 1 else 0)',
             "Only the first layer has its bias.",
             "How many layers have a bias?"),
        Slip("input_added_again", "h.append(f(a))",
             "h.append(f(a) + (h[-1] if h[-1].shape == a.shape else 0))",
             "A layer's input is added to its output where the widths agree, as in a residual network.",
             "Which terms does the equation of a layer have?"),
        Slip("bias_doubled", ' + params[f"b{layer}"]', ' + 2 * params[f"b{layer}"]',
             "The bias is added twice.",
             "How often does the bias stand in the equation of a layer?"),
        Slip("weights_subtracted", "a = h[-1] @", "a = -h[-1] @",
             "The product with the weights has the wrong sign.",
             "Which signs do the terms of a pre-activation have?"),
    ),
)

BACKWARD = Exercise(
    id="08.mlp_backward",
    title="Back through the layers",
    points=4,
    section="2 The way back through the layers",
    function="mlp_backward",
    items=("S1.11", "S4.28"),
    answers=("mlp.backward", "mlp.adjoints"),
    outputs=(*PARAMETERS, "x"),
    instance=_states_and_adjoint,
    reference=_backward_reference,
    sweep=Sweep((2,), batch=0, layers={**{name: 4 - int(name[1]) for name in PARAMETERS}, "x": 4}),
    backward=True,
    asks="Begin with the last layer, which is made first: is its weights' gradient right, and its bias's?",
    slips=(
        # the slope
        Slip("top_weights_without_slope",
             "h[layer - 1].T @ da",
             "h[layer - 1].T @ (dh if layer == len(h) - 1 else da)",
             "The weights of the last layer are formed with dh: the slope of that layer is missing.",
             "Which of the two adjoints of a layer belongs to the place where its weights are?", alone=True),
        Slip("top_bias_without_slope", "da.sum(axis=0)", "(dh if layer == len(h) - 1 else da).sum(axis=0)",
             "The bias of the last layer is the sum of dh: the slope of that layer is missing.",
             "Which of the two adjoints of a layer belongs to the place where its bias is?", alone=True),
        Slip("slope_missing", "da = dh * slope(h[layer])", "da = dh",
             "The slope of the activation is missing in every layer.",
             "What lies between a and h in each layer?"),
        Slip("slope_missing_at_the_top", "da = dh * slope(h[layer])",
             "da = dh * (slope(h[layer]) if layer < len(h) - 1 else 1)",
             "The last layer's slope is missing: dh was taken for the gradient with respect to a_L.",
             "Is dh given for h_L or for a_L?"),
        Slip("slope_missing_in_layer_1", "da = dh * slope(h[layer])",
             "da = dh * (slope(h[layer]) if layer > 1 else 1)",
             "W1, b1 and x lack the slope of layer 1.",
             "Does the first layer have an activation, too?"),
        Slip("slope_activated_twice", "slope(h[layer])", "slope(activations.get(phi).value(h[layer]))",
             "The slope is taken of phi(h): the activation is applied to a value that has been through it.",
             "Which does the slope function want, the pre-activation or the output?"),
        Slip("slope_of_the_pre_activation", "slope(h[layer])",
             'slope(h[layer - 1] @ params[f"W{layer}"] + params[f"b{layer}"])',
             "The slope function was given the pre-activation; it takes the output.",
             "For tanh it computes 1 - h²: which of the layer's two arrays is h?"),
        Slip("slope_squared", "slope(h[layer])", "slope(h[layer]) ** 2",
             "The slope of every layer enters twice.",
             "How often is the activation applied in a layer?"),
        Slip("slope_always_tanh", "slope(h[layer])", "(1 - h[layer] ** 2)",
             "The slope is 1 - h², whatever phi says: that belongs to tanh.",
             "Where does the argument phi enter?"),
        Slip("slope_always_logistic", "slope(h[layer])", "(h[layer] * (1 - h[layer]))",
             "The slope is h(1 - h), whatever phi says: that belongs to the logistic function.",
             "Where does the argument phi enter?"),
        Slip("slope_always_relu", "slope(h[layer])", "(h[layer] > 0)",
             "The slope is 1 where h is positive and else 0, whatever phi says: that belongs to ReLU.",
             "Where does the argument phi enter?"),
        Slip("slope_of_the_adjoint", "slope(h[layer])", "slope(dh)",
             "The slope is taken at the gradient that arrives, in place of the layer's output.",
             "Does the slope of a layer depend on the loss?"),
        Slip("value_in_place_of_slope", "activations.get(phi).slope", "activations.get(phi).value",
             "The gradient is multiplied by a value of the activation, in place of its slope.",
             "What does the chain rule want of phi?"),
        # the carry
        Slip("seeded_with_ones", "grads = activations.get(phi).slope, {}",
             "grads, dh = activations.get(phi).slope, {}, np.ones_like(dh)",
             "The sweep starts from ones: the gradient of the loss with respect to h_L is not used.",
             "What is the argument dh for?"),
        Slip("carry_skips_the_slope", 'dh = da @ params', 'dh = dh @ params',
             "What each layer passes on to the one below has skipped the slope.",
             "In which order does the gradient pass the activation and the weights?"),
        Slip("carry_averaged", '@ params[f"W{layer}"].T', '@ params[f"W{layer}"].T / len(da)',
             "What is passed on is divided by the size of the batch at every layer.",
             "Is the loss divided by B anywhere?"),
        # the parameters
        Slip("weights_from_state_adjoint", "h[layer - 1].T @ da", "h[layer - 1].T @ dh",
             "The weights' gradients are formed with the gradient with respect to h_l; weights enter a_l.",
             "On which side of the activation do the weights stand?"),
        Slip("biases_from_state_adjoint", "da.sum(axis=0)", "dh.sum(axis=0)",
             "The biases' gradients are formed with the gradient with respect to h_l; biases enter a_l.",
             "On which side of the activation does the bias stand?"),
        Slip("weights_see_their_own_output", "h[layer - 1].T @ da", "h[layer].T @ da",
             "The weights' gradients are formed with the layer's output in place of its input.",
             "Which of the two states is multiplied by W_l?"),
        Slip("weights_transposed", "h[layer - 1].T @ da", "da.T @ h[layer - 1]",
             "The weights' gradients are transposed.",
             "What numbers the rows of W_l, its inputs or its outputs?"),
        Slip("weights_averaged", "h[layer - 1].T @ da", "h[layer - 1].T @ da / len(da)",
             "The weights' gradients are averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("biases_averaged", "da.sum(axis=0)", "da.mean(axis=0)",
             "The biases' gradients are averaged over the batch; the loss is a sum.",
             "Is the loss divided by B anywhere?"),
        Slip("biases_over_the_units", "da.sum(axis=0)", "da.sum(axis=1)",
             "The biases' gradients are summed over the units, not over the instances.",
             "Each unit has its own bias: which axis must be left?"),
        Slip("biases_first_instance", "da.sum(axis=0)", "da[0]",
             "The biases hear of the first instance only.",
             "To how many rows does the forward pass add a bias?"),
        Slip("biases_not_summed", "da.sum(axis=0)", "da",
             "The biases' gradients have a row for each instance.",
             "How many numbers does a bias have, and how many rows is it added to?"),
        # the input
        Slip("x_is_adjoint_of_a1", 'grads["x"] = dh', 'grads["x"] = da',
             "x holds the gradient with respect to a_1: the last product is missing.",
             "What does the input pass on its way to the first pre-activation?"),
        Slip("x_with_a_slope", 'grads["x"] = dh', 'grads["x"] = dh * slope(h[0])',
             "x has been multiplied by a slope too many.",
             "Has the input itself been through an activation?"),
        Slip("x_summed", 'grads["x"] = dh', 'grads["x"] = dh.sum(axis=0)',
             "x is summed over the instances, as if they shared one input.",
             "How many inputs does a batch have?"),
        Slip("relu_slope_is_the_value", "da = dh * slope(h[layer])",
             'da = dh * (h[layer] if phi == "relu" else slope(h[layer]))',
             "The slope of ReLU is taken to be its value; with the other activations all is right.",
             "How steep is ReLU at 3?"),
        Slip("relu_slope_one_everywhere", "da = dh * slope(h[layer])",
             'da = dh * (1 if phi == "relu" else slope(h[layer]))',
             "The slope of ReLU is 1 for every unit, also where the unit is silent; a value of ReLU "
             "is never below zero.",
             "How does a unit that is silent differ from an active one, in its value h?"),
        Slip("tanh_slope_not_squared", "da = dh * slope(h[layer])",
             'da = dh * (1 - h[layer] if phi == "tanh" else slope(h[layer]))',
             "The slope of tanh is taken as 1 - h, without the square.",
             "What is the derivative of tanh, in terms of its value?"),
        Slip("tanh_slope_with_plus", "da = dh * slope(h[layer])",
             'da = dh * (1 + h[layer] ** 2 if phi == "tanh" else slope(h[layer]))',
             "The slope of tanh is taken as 1 + h², with the wrong sign.",
             "Where is tanh at its steepest, and how steep is it there?"),
        Slip("logistic_slope_half", "da = dh * slope(h[layer])",
             'da = dh * (1 - h[layer] if phi == "sigmoid" else slope(h[layer]))',
             "The slope of the logistic function is taken as 1 - h; its factor h is missing.",
             "What is the slope of the logistic function, in terms of its value?"),
        Slip("logistic_slope_is_the_value", "da = dh * slope(h[layer])",
             'da = dh * (h[layer] if phi == "sigmoid" else slope(h[layer]))',
             "The slope of the logistic function is taken as its value; the factor 1 - h is missing.",
             "What is the slope of the logistic function, in terms of its value?"),
        Slip("slope_of_the_layer_below", "da = dh * slope(h[layer])",
             "da = dh * (slope(h[layer - 1]) if h[layer - 1].shape == dh.shape else slope(h[layer]))",
             "The slope is taken at the values of the layer below where the widths agree.",
             "Which values did this layer's activation make?"),
        Slip("weights_first_instance", "h[layer - 1].T @ da", "h[layer - 1][:1].T @ da[:1]",
             "The weights count the first instance only.",
             "How many instances does each weight multiply?"),
        Slip("biases_one_number", "da.sum(axis=0)", "da.sum()",
             "Every entry of a bias is the same: the sum runs over the columns too.",
             "Each column has its own bias: which axis must be left?"),
        Slip("biases_last_instance", "da.sum(axis=0)", "da[-1]",
             "The biases count the last instance only: each instance replaces the one before.",
             "What happens to the shares of the other instances?"),
        Slip("carry_summed_over_batch", 'dh = da @ params[f"W{layer}"].T',
             'dh = np.ones_like(h[layer - 1]) * (da @ params[f"W{layer}"].T).sum(axis=0)',
             "What goes to the layer below is summed over the batch: every instance gets the sum of all.",
             "Is a state shared by the instances, as a weight is?"),
        Slip("loss_at_every_layer", 'dh = da @ params[f"W{layer}"].T',
             "top = dh if layer == len(h) - 1 else top\n"
             '        dh = da @ params[f"W{layer}"].T\n'
             "        dh = dh + top if dh.shape == top.shape else dh",
             "The adjoint of the last layer is added again at every layer of its width, as if each had a "
             "loss of its own.",
             "By how many ways does a hidden layer reach the loss?"),
    ),
)

GAIN = Exercise(
    id="08.gain",
    title="What remains at the input",
    points=1,
    section="2 The way back through the layers",
    function="gain",
    builds_on=("mlp_forward", "mlp_backward"),
    items=("S4.28",),
    answers=("mlp.forward", "mlp.backward", "mlp.adjoints"),
    outputs=("gain",),
    instance=_input_and_adjoint,
    reference=_gain_reference,
    asks="Which two arrays are compared, and over which of their entries does each norm run?",
    slips=(
        Slip("upside_down", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(dh) / np.linalg.norm(dx)",
             "The quotient is upside down: it is large where the gradient vanishes.",
             "Should the gain be below or above 1 when the input receives less than came in at the top?"),
        Slip("not_divided", "np.linalg.norm(dx) / np.linalg.norm(dh)", "np.linalg.norm(dx)",
             "This is the norm at the input alone; the norm of dh is missing.",
             "If dh is doubled, should the gain change?"),
        Slip("squared", "np.linalg.norm(dx) / np.linalg.norm(dh)", "np.sum(dx**2) / np.sum(dh**2)",
             "This is the square of the gain.",
             "What does a norm do after adding the squares?"),
        Slip("of_the_weights", 'dh, phi)["x"]', 'dh, phi)["W1"]',
             "The norm is that of the gradient with respect to W1, not to the input.",
             "Which entry of the returned dict belongs to h_0?"),
        Slip("of_the_states", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(mlp_forward(params, x, phi)[-1]) / np.linalg.norm(x)",
             "This compares the states, on the way forward; the gain is about the way back.",
             "Which two gradients does the gain compare?"),
        Slip("spectral_norm", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(dx, 2) / np.linalg.norm(dh, 2)",
             "The norms are largest singular values; here they are roots of sums of squares.",
             "What does the second argument of np.linalg.norm change for a matrix?"),
        Slip("averaged_over_the_batch", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.mean(np.linalg.norm(dx, axis=1) / np.linalg.norm(dh, axis=1))",
             "There is a quotient for each instance, and then their mean.",
             "Does the text take one norm for the batch, or one for each row?"),
        Slip("largest_entries", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.abs(dx).max() / np.abs(dh).max()",
             "The largest entries are compared, in place of the norms.",
             "Which norm does the notation table name?"),
        Slip("root_mean_squares", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.sqrt(np.mean(dx**2)) / np.sqrt(np.mean(dh**2))",
             "The quotient is one of root mean squares; a norm does not divide by the number of entries.",
             "Do dx and dh have the same number of entries?"),
        Slip("sums_of_absolute_values", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "abs(dx).sum() / abs(dh).sum()",
             "The lengths are sums of absolute values.",
             "Which norm is asked for?"),
        Slip("difference", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(dx) - np.linalg.norm(dh)",
             "The result is the difference of the two lengths.",
             "Which result should mean that the length has not changed?"),
        Slip("logarithm", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.log(np.linalg.norm(dx) / np.linalg.norm(dh))",
             "The result is the logarithm of the quotient.",
             "Which result should mean that the length has not changed?"),
        Slip("first_instance", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(dx[0]) / np.linalg.norm(dh[0])",
             "The quotient is that of the first instance.",
             "Over which entries do the two norms run?"),
        Slip("of_one_layer", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "(np.linalg.norm(dx) / np.linalg.norm(dh)) ** (1 / (len(params) // 2))",
             "The result is the mean factor of one layer: a root was taken.",
             "Is the gain of one layer asked for, or that of all?"),
        Slip("root_taken", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.sqrt(np.linalg.norm(dx) / np.linalg.norm(dh))",
             "The result is the root of the quotient.",
             "Has np.linalg.norm taken its root already?"),
        Slip("multiplied", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(dx) * np.linalg.norm(dh)",
             "The two lengths are multiplied.",
             "If dh is doubled, should the gain change?"),
        Slip("sums", "np.linalg.norm(dx) / np.linalg.norm(dh)", "dx.sum() / dh.sum()",
             "The entries are added with their signs; that is no length.",
             "Can the sum of the entries be zero although the gradient is not?"),
        Slip("over_the_input", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(dx) / np.linalg.norm(x)",
             "The gradient's length is divided by that of the input x, in the place of dh's.",
             "Which two adjoints are compared, and where does each of them stand?"),
        Slip("of_the_states_upside_down", "np.linalg.norm(dx) / np.linalg.norm(dh)",
             "np.linalg.norm(dx) / np.linalg.norm(mlp_forward(params, x, phi)[-1])",
             "The gradient's length is divided by that of the last layer's values, in the place of dh's.",
             "Which two adjoints are compared, and where does each of them stand?"),
    ),
)

TIED = Exercise(
    id="08.rnn_as_mlp",
    title="A recurrent network as a tied one",
    points=3,
    section="3 An unrolled network is a deep one with tied weights",
    function="rnn_as_mlp",
    builds_on=("mlp_forward", "mlp_backward"),
    items=("S4.50",),
    answers=("rnn.forward", "rnn.backward", "rnn.sweep", "paths.path_terms", "truncated.window",
             "mlp.forward", "mlp.backward", "mlp.adjoints"),
    outputs=("h", "W_x", "W_h", "b_h", "h0"),
    instance=_sequence,
    reference=_tied_reference,
    sweep=Sweep((3,), lambda number: _sequence(number, (LONG, 3, 4)), _unroll_tied, beside=("h",)),
    backward=True,
    asks="Are the states right? If so, the tied network is right, and the question is what is added up.",
    slips=(
        # the tied network
        Slip("product_of_sums", "x.T @ db", "np.outer(x.sum(axis=0), db.sum(axis=0))",
             "W_x is the product of two sums; it is the sum of the products of every step.",
             "Does Σ a_t b_t equal (Σ a_t)(Σ b_t)?"),
        Slip("inputs_missing", 'x[t - 1] @ params["W_x"] + params["b_h"]', 'params["b_h"]',
             "h differs from step 1 on: the inputs are not in the biases.",
             "What besides W_h and h_{t-1} enters a_t?"),
        Slip("bias_missing", 'x[t - 1] @ params["W_x"] + params["b_h"]', 'x[t - 1] @ params["W_x"]',
             "h differs from step 1 on: b_h is in none of the layers.",
             "What besides the input belongs to the bias of a layer?"),
        Slip("same_input_everywhere", 'x[t - 1] @ params["W_x"]', 'x[0] @ params["W_x"]',
             "h is right for one step: every layer is given the first input.",
             "Which entry of x does layer t read?"),
        Slip("input_one_early", 'x[t - 1] @ params["W_x"]', 'x[t - 2] @ params["W_x"]',
             "h differs from step 1 on: each layer reads the input of the step before.",
             "Rows of x are numbered from 0, layers from 1: which belong together?"),
        Slip("inputs_reversed", 'x[t - 1] @ params["W_x"]', 'x[-t] @ params["W_x"]',
             "The inputs enter in reverse order.",
             "Which input does the first layer read?"),
        Slip("recurrent_matrix_transposed", '= params["W_h"]', '= params["W_h"].T',
             "The layers multiply by the transpose of W_h.",
             "States are rows: in h W, is the matrix transposed?"),
        Slip("starts_from_zeros", "h0[None]", "np.zeros_like(h0)[None]",
             "h starts from zeros: the initial state that was passed in is not used.",
             "What is the input of the tied network?"),
        Slip("relu_layers", 'h0[None], "tanh"', 'h0[None], "relu"',
             "The forward pass was run with ReLU; the recurrent network has tanh.",
             "Which activation do the formulas of this section use?"),
        # what is added up
        Slip("slopes_of_another_activation", 'dh[None], "tanh"', 'dh[None], "sigmoid"',
             "W_x, W_h, b_h and h0 are formed with h(1 - h): that is the slope of another activation.",
             "Do the forward and the backward pass get the same phi?"),
        Slip("w_h_last_copy", 'sum(grads[f"W{t}"] for t in layers)', 'grads[f"W{t}"]',
             "W_h holds the part of the last layer only.",
             "How many copies of W_h are there, and what happens to their gradients?"),
        Slip("w_h_first_copy", 'sum(grads[f"W{t}"] for t in layers)', 'grads["W1"]',
             "W_h holds the part of the first layer only.",
             "How many copies of W_h are there, and what happens to their gradients?"),
        Slip("w_h_averaged", 'sum(grads[f"W{t}"] for t in layers)',
             'sum(grads[f"W{t}"] for t in layers) / len(x)',
             "W_h is averaged over the layers.",
             "If a shared number changes by one unit, by how much does each copy change?"),
        Slip("w_h_first_layer_left_out", 'sum(grads[f"W{t}"] for t in layers)',
             'sum(grads[f"W{t}"] for t in layers if t > 1)',
             "W_h lacks the part of the first layer.",
             "Is h_0 zero here, and is it multiplied by W_h?"),
        Slip("b_h_last_copy", "db.sum(axis=0)", "db[-1]",
             "b_h holds the part of the last layer only.",
             "In how many of the layers' biases does b_h stand?"),
        Slip("b_h_averaged", "db.sum(axis=0)", "db.mean(axis=0)",
             "b_h is averaged over the layers.",
             "If a shared number changes by one unit, by how much does each copy change?"),
        Slip("b_h_over_the_units", "db.sum(axis=0)", "db.sum(axis=1)",
             "b_h is summed over the units, not over the layers.",
             "Each unit has its own bias: which axis must be left?"),
        Slip("w_x_last_step", "x.T @ db", "np.outer(x[-1], db[-1])",
             "W_x holds the part of the last step only.",
             "In how many of the layers' biases does W_x stand?"),
        Slip("w_x_averaged", "x.T @ db", "x.T @ db / len(x)",
             "W_x is averaged over the layers.",
             "If a shared number changes by one unit, by how much does each copy change?"),
        Slip("w_x_transposed", "x.T @ db", "db.T @ x",
             "W_x is the transpose of its gradient.",
             "What numbers the rows of W_x, inputs or units?"),
        Slip("w_x_inputs_reversed", "x.T @ db", "x[::-1].T @ db",
             "W_x is formed with the inputs in reverse order.",
             "Which input stands in the bias of layer 1?"),
        Slip("bias_in_layer_1_only", 'x[t - 1] @ params["W_x"] + params["b_h"]',
             'x[t - 1] @ params["W_x"] + params["b_h"] * (t == 1)',
             "The bias b_h enters layer 1 only.",
             "How often does the network add its bias?"),
        Slip("input_in_layer_1_only", 'x[t - 1] @ params["W_x"] + params["b_h"]',
             'x[t - 1] @ params["W_x"] * (t == 1) + params["b_h"]',
             "The inputs after the first are never read.",
             "Which input does layer t read?"),
        Slip("loss_at_every_state", 'grads = mlp_backward(tied, h, dh[None], "tanh")',
             'grads = mlp_backward(tied, h, dh[None], "tanh")\n    for n in range(1, len(x)):\n'
             '        earlier = mlp_backward(tied, h[: n + 1], dh[None], "tanh")\n'
             "        grads |= {name: grads[name] + more for name, more in earlier.items()}",
             "dh enters at every step; the loss reads the last state only.",
             "Which states does the loss read here?"),
        Slip("loss_at_every_state_and_h0", 'grads = mlp_backward(tied, h, dh[None], "tanh")',
             'grads = mlp_backward(tied, h, dh[None], "tanh")\n    for n in range(1, len(x)):\n'
             '        earlier = mlp_backward(tied, h[: n + 1], dh[None], "tanh")\n'
             "        grads |= {name: grads[name] + more for name, more in earlier.items()}\n"
             '    grads["x"] = grads["x"] + dh',
             "dh enters at every state, h0 among them; the loss reads the last state only.",
             "Which states does the loss read here?"),
        Slip("h0_is_adjoint_of_a1", 'grads["x"][0]', 'grads["b1"]',
             "h0 holds the adjoint of the first pre-activation: the product with W_h is missing.",
             "What lies between h0 and the first pre-activation?"),
        Slip("b_h_first_copy", "db.sum(axis=0)", "db[0]",
             "b_h is the share of layer 1.",
             "How many layers add the bias?"),
        Slip("w_x_first_step", "x.T @ db", "np.outer(x[0], db[0])",
             "W_x has the share of step 1 only.",
             "How many steps use W_x?"),
        Slip("w_x_input_one_early", "x.T @ db", "np.roll(x, 1, axis=0).T @ db",
             "W_x is formed with the input of the step before; at step 1, with that of step T.",
             "Which entry of x does step t read?"),
        Slip("w_h_sees_new_state", 'sum(grads[f"W{t}"] for t in layers)', "np.concatenate(h[1:]).T @ db",
             "W_h is formed with the state that the step produces, in place of the one it reads.",
             "Which state stands beside W_h in the pre-activation?"),
        Slip("w_h_product_of_sums", 'sum(grads[f"W{t}"] for t in layers)',
             "np.outer(np.concatenate(h[:-1]).sum(axis=0), db.sum(axis=0))",
             "W_h is a product of sums: the states and the adjoints are added up before they are "
             "multiplied.",
             "Which state belongs to which adjoint?"),
        Slip("w_h_last_layer_left_out", 'sum(grads[f"W{t}"] for t in layers)',
             'sum(grads[f"W{t}"] for t in layers if t < len(x))',
             "W_h lacks the share of the last layer.",
             "How many layers use W_h?"),
        Slip("w_h_of_the_sum", 'sum(grads[f"W{t}"] for t in layers)', 'len(x) * grads["W1"]',
             "W_h is T times the share of layer 1, as if all layers had the same share.",
             "Do all copies of W_h read the same state?"),
    ),
)

REFUTE_RELU = Exercise(
    id="08.refute_relu",
    title="Refute: ReLU always vanishes less",
    points=1,
    section="4 Is ReLU a remedy?",
    function="relu_loses",
    items=("S4.30",),
    outputs=("relu_loses",),
    kind="value",
    verify=_refute_relu,
)

HE, XAVIER = "np.sqrt(2 / len(z))", "np.sqrt(2 / sum(z.shape))"
INITIALISERS = Exercise(
    id="08.initialisers",
    title="Four ways to start",
    points=3,
    section="5 A good start",
    function="initialisers",
    items=("S4.30",),
    answers=("initialisers.he", "initialisers.xavier", "initialisers.orthogonal", "initialisers.identity"),
    outputs=("he", "xavier", "orthogonal", "identity"),
    instance=_normals,
    reference=_initial_reference,
    call=_initial,
    asks="Take the scale 3 and a large z, higher than wide: which variance should the first two have, "
    "which length the third's columns, and which diagonal the fourth?",
    slips=(
        Slip("orthogonal_columns_normalised",
             "Q, _ = np.linalg.qr(z if len(z) >= z.shape[1] else z.T)",
             "Q = z if len(z) >= z.shape[1] else z.T\n    Q = Q / np.linalg.norm(Q, axis=0)",
             "The columns have length 1, but they are not orthogonal to each other.",
             "What is QᵀQ if only the lengths of the columns are right?"),
        Slip("he_by_the_outputs", HE, "np.sqrt(2 / z.shape[1])",
             "he uses the number of outputs where the table has the number of inputs.",
             "How many terms does each entry of h W add up?"),
        Slip("he_variance_for_deviation", HE, "(2 / len(z))",
             "he multiplies by the variance; a factor s changes the variance by s².",
             "Which factor turns the variance 1 into v?"),
        Slip("he_without_the_two", HE, "np.sqrt(1 / len(z))",
             "he lacks the 2 that makes up for the silenced half.",
             "For which activation is this initialiser made?"),
        Slip("he_divides", HE, "np.sqrt(len(z) / 2)",
             "he multiplies by the root of half the number of inputs; more inputs ask for smaller weights.",
             "Should a layer with more inputs have larger or smaller weights?"),
        Slip("he_scale_inside", f"scale * z * {HE}", "z * np.sqrt(2 * scale / len(z))",
             "he has the scale inside the root: it multiplies the variance, not the matrix.",
             "If all entries are doubled, by how much does the variance grow?"),
        Slip("he_scale_missing", f"scale * z * {HE}", f"z * {HE}",
             "he does not use the scale.",
             "What is the second argument for?"),
        Slip("xavier_variance_for_deviation", XAVIER, "(2 / sum(z.shape))",
             "xavier multiplies by the variance; a factor s changes the variance by s².",
             "Which factor turns the variance 1 into v?"),
        Slip("xavier_without_the_two", XAVIER, "np.sqrt(1 / sum(z.shape))",
             "xavier lacks the 2: the mean of the two sizes became their sum.",
             "If inputs and outputs are equally many, n of each, which variance does the table ask for?"),
        Slip("xavier_limit_of_the_uniform", XAVIER, "np.sqrt(6 / sum(z.shape))",
             "xavier has a 6 for the 2: that is the limit of the uniform version, not a deviation.",
             "Is z drawn from a uniform or a normal distribution?"),
        Slip("xavier_by_the_inputs", XAVIER, "np.sqrt(1 / len(z))",
             "xavier uses the number of inputs only.",
             "Between which two demands is it a compromise?"),
        Slip("xavier_by_the_product", XAVIER, "np.sqrt(2 / z.size)",
             "xavier divides by the product of the two sizes in place of their sum.",
             "How do the two sizes enter in the table?"),
        Slip("xavier_scale_inside", f"scale * z * {XAVIER}", "z * np.sqrt(2 * scale / sum(z.shape))",
             "xavier has the scale inside the root: it multiplies the variance, not the matrix.",
             "If all entries are doubled, by how much does the variance grow?"),
        Slip("xavier_scale_missing", f"scale * z * {XAVIER}", f"z * {XAVIER}",
             "xavier does not use the scale.",
             "What is the second argument for?"),
        Slip("orthogonal_only_normalised", "scale * (Q if Q.shape == z.shape else Q.T)",
             "scale * z / np.linalg.norm(z, axis=0)",
             "The columns of orthogonal have the length 1, but they are not perpendicular.",
             "What does the product of its transpose and the matrix look like, off the diagonal?"),
        Slip("orthogonal_rows_normalised", "scale * (Q if Q.shape == z.shape else Q.T)",
             "scale * z / np.linalg.norm(z, axis=1, keepdims=True)",
             "The rows of orthogonal have the length 1, but they are not perpendicular.",
             "What does the product of the matrix and its transpose look like, off the diagonal?"),
        Slip("orthogonal_is_the_identity", "scale * (Q if Q.shape == z.shape else Q.T)",
             "scale * np.eye(*z.shape)",
             "orthogonal is the identity: orthogonal, but not made from z.",
             "Which span are its columns or rows to have?"),
        Slip("orthogonal_scaled_by_the_norm", "scale * (Q if Q.shape == z.shape else Q.T)",
             "scale * z / np.linalg.norm(z, 2)",
             "orthogonal is z divided by its largest singular value; only that one is now 1.",
             "How many singular values of an orthogonal matrix are 1?"),
        Slip("orthogonal_is_the_triangle", "Q, _ = ", "_, Q = ",
             "orthogonal is built from the triangular factor of the decomposition.",
             "Which of the two factors has orthonormal columns?"),
        Slip("orthogonal_wide_matrix", "z if len(z) >= z.shape[1] else z.T", "z",
             "orthogonal has the wrong shape where z is wider than high.",
             "How many orthonormal columns of length 3 can there be?"),
        Slip("orthogonal_scale_missing", "scale * (Q if", "(Q if",
             "orthogonal does not use the scale.",
             "What is the second argument for?"),
        Slip("identity_square", "np.eye(*z.shape)", "np.eye(len(z))",
             "identity is square although z is not.",
             "Which shape has the layer's weight matrix?"),
        Slip("identity_of_ones", "np.eye(*z.shape)", "np.ones(z.shape)",
             "identity is full of ones: every unit gets the sum of all inputs.",
             "Where are the ones of an identity matrix?"),
        Slip("identity_from_z", "scale * np.eye(*z.shape)", "scale * z",
             "identity holds the numbers of z; only the shape of z should enter.",
             "What stands on the diagonal of an identity matrix, and what beside it?"),
        Slip("identity_scale_missing", "scale * np.eye", "np.eye",
             "identity does not use the scale.",
             "What is the second argument for?"),
        Slip("he_is_xaviers", "np.sqrt(2 / len(z))", "np.sqrt(2 / (len(z) + z.shape[1]))",
             "he counts inputs and outputs: that is Xavier's rule.",
             "Which of the two rules looks at one side of the layer only?"),
        Slip("he_limit_of_the_uniform", "np.sqrt(2 / len(z))", "np.sqrt(6 / len(z))",
             "he has the factor √6, the limit of a uniform distribution; z is Gaussian.",
             "Which variance has a uniform number between -a and a?"),
        Slip("he_root_of_the_two_only", "np.sqrt(2 / len(z))", "np.sqrt(2) / len(z)",
             "In he the root is taken of the 2 alone.",
             "Which variance is wanted, and which deviation follows from it?"),
        Slip("he_by_all_entries", "np.sqrt(2 / len(z))", "np.sqrt(2 / z.size)",
             "he divides by the number of all entries of z.",
             "How many products does one unit add up?"),
        Slip("he_factor_squared", "np.sqrt(2 / len(z))", "2 / np.sqrt(len(z))",
             "In he the 2 stands outside the root.",
             "Which variance is wanted, and which deviation follows from it?"),
        Slip("xavier_is_hes", "np.sqrt(2 / sum(z.shape))", "np.sqrt(2 / z.shape[0])",
             "xavier counts the inputs only: that is He's rule.",
             "Which two directions does Xavier's rule want to serve?"),
        Slip("xavier_by_the_outputs", "np.sqrt(2 / sum(z.shape))", "np.sqrt(1 / z.shape[1])",
             "xavier counts the outputs only.",
             "Which two directions does Xavier's rule want to serve?"),
        Slip("xavier_root_of_the_two_only", "np.sqrt(2 / sum(z.shape))", "np.sqrt(2) / sum(z.shape)",
             "In xavier the root is taken of the 2 alone.",
             "Which variance is wanted, and which deviation follows from it?"),
        Slip("xavier_divides", "np.sqrt(2 / sum(z.shape))", "np.sqrt(sum(z.shape) / 2)",
             "The factor of xavier is upside down.",
             "Should a unit with more inputs get larger weights or smaller ones?"),
        Slip("orthogonal_scaled_twice", "scale * (Q if", "scale**2 * (Q if",
             "orthogonal has the square of the scale.",
             "How long should a row or column be?"),
        Slip("identity_scale_added", "scale * np.eye(*z.shape)", "scale + np.eye(*z.shape)",
             "In identity the scale is added, also beside the diagonal.",
             "What stands beside the diagonal of an identity matrix?"),
    ),
)

ROOT = "(np.linalg.norm(back) / np.linalg.norm(row) - 1) ** 2"
PENALTIES = Exercise(
    id="08.penalties",
    title="Two penalties",
    points=2,
    section="6 Penalties: the wrong one and a better one",
    function="penalties",
    items=("S4.30",),
    answers=("regularisers.l2", "regularisers.omega"),
    outputs=("l2", "omega"),
    instance=_states_to_penalise,
    reference=_penalty_reference,
    asks="For l2, differentiate λ/2 w² for one weight: what stands in front of w? For omega, take a single "
    "step: which row and which slope enter, and what is compared?",
    slips=(
        Slip("l2_doubled", "return lam * W_h", "return 2 * lam * W_h",
             "l2 is twice the gradient: the half in front of the penalty is forgotten.",
             "What is the half in the penalty for?"),
        Slip("l2_lambda_missing", "return lam * W_h", "return W_h",
             "l2 does not use lambda.",
             "How does the gradient change when the penalty is made twice as strong?"),
        Slip("l2_lambda_squared", "return lam * W_h", "return lam**2 * W_h",
             "l2 has the square of lambda; only the weight is squared in the penalty.",
             "By which of the two, lambda or the weight, is the penalty differentiated?"),
        Slip("l2_halved", "return lam * W_h", "return lam / 2 * W_h",
             "l2 is half the gradient: the 2 that comes down from the square is missing.",
             "What is the derivative of w²?"),
        Slip("l2_is_the_value", "return lam * W_h", "return lam / 2 * np.sum(W_h**2)",
             "l2 is the penalty itself, a number; its gradient has one entry for each weight.",
             "Which shape has the gradient with respect to a matrix?"),
        Slip("l2_of_l1", "return lam * W_h", "return lam * np.sign(W_h)",
             "l2 pulls every weight with the same force: that belongs to a sum of absolute values.",
             "Does the derivative of w² depend on the size of w?"),
        Slip("l2_is_the_step", "return lam * W_h", "return W_h - lam * W_h",
             "l2 is the matrix after a step of gradient descent; the gradient itself was asked for.",
             "What would you subtract from the weights?"),
        Slip("l2_of_the_norm", "return lam * W_h", "return lam * W_h / np.linalg.norm(W_h)",
             "l2 is the gradient of the norm; the penalty contains its square.",
             "Is a root taken anywhere in the penalty?"),
        Slip("l2_squared", "return lam * W_h", "return lam * W_h**2",
             "l2 has the squares of the weights, which are never negative.",
             "Which way should a negative weight be pulled?"),
        Slip("omega_slope_missing", "(row * (1 - h[t] ** 2))", "row",
             "omega takes the row through the weights only; the slope is missing.",
             "Of which two factors does J_t consist?"),
        Slip("omega_slope_of_previous_state", "1 - h[t] ** 2", "1 - h[t - 1] ** 2",
             "omega takes the slope at the state that the step reads.",
             "Which state is the output of step t's tanh?"),
        Slip("omega_slope_twice", "1 - h[t] ** 2", "1 - np.tanh(h[t]) ** 2",
             "omega takes the slope of tanh(h): tanh is applied to a value that has been through it.",
             "What does h hold already?"),
        Slip("omega_not_transposed", "@ W_h.T", "@ W_h",
             "omega multiplies the row by W_h in place of its transpose.",
             "On the way back, does a row meet the matrix or its transpose?"),
        Slip("omega_upside_down", "np.linalg.norm(back) / np.linalg.norm(row)",
             "np.linalg.norm(row) / np.linalg.norm(back)",
             "The quotient in omega is upside down.",
             "Which of the two lengths comes after the step back?"),
        Slip("omega_difference", "np.linalg.norm(back) / np.linalg.norm(row) - 1",
             "np.linalg.norm(back) - np.linalg.norm(row)",
             "omega squares the difference of the lengths, so it depends on how long the rows are.",
             "If the loss is doubled, should the penalty change?"),
        Slip("omega_target_missing", "np.linalg.norm(row) - 1", "np.linalg.norm(row)",
             "omega is a sum of squared quotients: the 1 that they should reach is missing.",
             "For which length after the step is the penalty to be zero?"),
        Slip("omega_not_squared", ROOT, "np.linalg.norm(back) / np.linalg.norm(row) - 1",
             "The addends of omega are not squared, so growth at one step pays for loss at another.",
             "Can the sum be zero although no step keeps the length?"),
        Slip("omega_squared_quotient", ROOT, "(np.sum(back**2) / np.sum(row**2) - 1) ** 2",
             "omega compares squared lengths.",
             "What does a norm do after adding the squares?"),
        Slip("omega_absolute", ROOT, "abs(np.linalg.norm(back) / np.linalg.norm(row) - 1)",
             "omega adds up absolute values in place of squares.",
             "Which power stands outside the bracket?"),
        Slip("omega_with_a_root", "return omega", "return np.sqrt(omega)",
             "omega is the root of the sum.",
             "Is a root taken outside the sum in the definition?"),
        Slip("omega_averaged", "return omega", "return omega / (len(h) - 1)",
             "omega is a mean over the steps; the definition is a sum.",
             "Is there a T in the denominator of the definition?"),
        Slip("omega_one_step_only", "omega += ", "omega = ",
             "omega holds the last step's addend only.",
             "What happens to the addends of the other steps?"),
        Slip("omega_last_step_missing", "range(1, len(h))", "range(1, len(h) - 1)",
             "omega lacks the addend of the last step.",
             "h has T + 1 rows: which is the last step?"),
        Slip("omega_of_the_matrix", "np.linalg.norm(back) / np.linalg.norm(row)",
             "np.linalg.norm((1 - h[t] ** 2)[:, None] * W_h.T, 2)",
             "omega compares the norm of the whole Jacobian with 1; the row that travels does not enter.",
             "Is the row stretched as much as the most stretched direction?"),
        *tanh_slopes("(1 - h[t] ** 2)", "h[t]", "h", known=("negative",)),
        Slip("omega_row_of_the_step_before", "row = dh_total[t - 1]", "row = dh_total[t - 2]",
             "omega takes the row of the step before; at step 1, by a negative index, that of step T.",
             "h has T + 1 entries and dh_total has T: which row is the adjoint of h_t?"),
        Slip("omega_slope_after_the_matrix", "back = (row * (1 - h[t] ** 2)) @ W_h.T",
             "back = row @ W_h.T * (1 - h[t - 1] ** 2)",
             "In omega the row meets the weights first and then the slope of the state that the step "
             "reads.",
             "On the way back through tanh(h W_h + …), what is met first?"),
        Slip("omega_slope_of_the_new_state_last", "back = (row * (1 - h[t] ** 2)) @ W_h.T",
             "back = row @ W_h.T * (1 - h[t] ** 2)",
             "In omega the row meets the weights first and the slope last.",
             "On the way back through tanh(h W_h + …), what is met first?"),
        Slip("omega_first_step_missing", "range(1, len(h))", "range(2, len(h))",
             "omega lacks the addend of step 1.",
             "h has T + 1 rows: which is the first step?"),
        Slip("omega_of_logarithms", "omega += (np.linalg.norm(back) / np.linalg.norm(row) - 1) ** 2",
             "omega += np.log(np.linalg.norm(back) / np.linalg.norm(row)) ** 2",
             "omega adds up squared logarithms of the quotients.",
             "How is the deviation from 1 measured in the definition?"),
        Slip("omega_of_successive_adjoints", "np.linalg.norm(back) / np.linalg.norm(row)",
             "(np.linalg.norm(dh_total[t - 2]) / np.linalg.norm(row) if t > 1 else 1)",
             "omega compares the full adjoints of neighbouring steps; in those the losses from "
             "outside stand too.",
             "Which part of the adjoint of h_{t-1} has come through the step?"),
        Slip("omega_square_of_the_sum", "return omega",
             "return sum(\n"
             "        np.linalg.norm((r * (1 - s**2)) @ W_h.T) / np.linalg.norm(r) - 1 for r, s in "
             "zip(dh_total, h[1:])\n    ) ** 2",
             "omega adds up the deviations first and squares their sum, so growth at one step pays "
             "for loss at another.",
             "Can the sum be zero although no step keeps the length?"),
        Slip("omega_overshoot_only", "(np.linalg.norm(back) / np.linalg.norm(row) - 1) ** 2",
             "max(0, np.linalg.norm(back) / np.linalg.norm(row) - 1) ** 2",
             "omega counts only the steps at which the row grows.",
             "Should a row that vanishes be penalised?"),
        Slip("omega_without_the_weights", "back = (row * (1 - h[t] ** 2)) @ W_h.T",
             "back = row * (1 - h[t] ** 2)",
             "omega takes the row through the slope only; the product with the weights is missing.",
             "Of which two factors does J_t consist?"),
        Slip("omega_1_subtracted_first", "(np.linalg.norm(back) / np.linalg.norm(row) - 1) ** 2",
             "((np.linalg.norm(back) - 1) / np.linalg.norm(row)) ** 2",
             "omega subtracts 1 from the length after the step, before it is divided by the length "
             "before.",
             "Which quotient is to be 1, and what is subtracted from it?"),
        Slip("omega_1_subtracted_in_the_denominator",
             "(np.linalg.norm(back) / np.linalg.norm(row) - 1) ** 2",
             "(np.linalg.norm(back) / (np.linalg.norm(row) - 1)) ** 2",
             "omega subtracts 1 from the length before the step, in the denominator.",
             "Which quotient is to be 1, and what is subtracted from it?"),
    ),
)

NORM = "np.sqrt(sum(np.sum(g**2) for g in grads.values()))"
CLIP_NORM = Exercise(
    id="08.clip_by_global_norm",
    title="Clip by global norm",
    points=1,
    section="7 Clipping",
    function="clip_by_global_norm",
    items=("S4.49", "S4.48"),
    answers=("training.clip_by_global_norm", "training.global_norm"),
    outputs=("W_x", "W_h", "b_h"),
    instance=_gradient,
    reference=_norm_reference,
    asks="Compute the norm over all arrays before and after: was it larger than c, and what is it now?",
    slips=(
        Slip("unchanged", "c / max(norm, c)", "1.0",
             "The gradient comes back as it went in, also where it is longer than c.",
             "Which norm should a long gradient have afterwards?"),
        Slip("each_array_alone", "factor * g for name", "c / max(np.linalg.norm(g), c) * g for name",
             "Each array is clipped by its own norm, so the arrays are turned against each other.",
             "How many norms does the word global allow?"),
        Slip("always_rescaled", "c / max(norm, c)", "c / norm",
             "Short gradients are stretched to the norm c; they should stay as they are.",
             "What does the minimum in the formula do when the norm is below c?"),
        Slip("only_lengthened", "c / max(norm, c)", "c / min(norm, c)",
             "Long gradients are left as they are, and short ones are stretched.",
             "For which gradients is the factor to be 1?"),
        Slip("root_missing", NORM, "sum(np.sum(g**2) for g in grads.values())",
             "The norm is missing its root: the sum of squares is compared with c.",
             "What does a norm do after adding the squares?"),
        Slip("norms_added", NORM, "sum(np.linalg.norm(g) for g in grads.values())",
             "The norms of the arrays are added; the norm over all entries is shorter than that.",
             "The two sides of a right angle have lengths 3 and 4; how long is the third?"),
        Slip("sum_of_absolute_values", NORM, "sum(np.sum(abs(g)) for g in grads.values())",
             "The norm is a sum of absolute values, in place of the root of the sum of squares.",
             "Which norm does the notation table name?"),
        Slip("largest_entry", NORM, "max(np.max(abs(g)) for g in grads.values())",
             "The largest entry is compared with c, in place of the norm.",
             "Which norm does the notation table name?"),
        Slip("mean_square", NORM,
             "np.sqrt(np.mean(np.concatenate([g.ravel() for g in grads.values()]) ** 2))",
             "The norm is the root of a mean of squares, in place of their sum.",
             "Does a norm depend on the number of entries?"),
        Slip("divided_only", "c / max(norm, c)", "1 / max(norm, c)",
             "Gradients that are too long come out with the norm 1 in place of c.",
             "Which norm should a long gradient have afterwards?"),
        Slip("by_value", "factor * g for name", "np.clip(g, -c, c) for name",
             "Single entries are limited: that is clipping by value.",
             "Do all entries shrink by the same factor?"),
        Slip("first_array_only", NORM, "np.linalg.norm(next(iter(grads.values())))",
             "The norm is that of the first array alone.",
             "Over which arrays does the global norm run?"),
        Slip("upside_down", "c / max(norm, c)", "max(norm, c) / c",
             "The factor is upside down: gradients that are too long become longer.",
             "Is the factor of a gradient that is too long above 1 or below?"),
        Slip("long_dropped", "c / max(norm, c)", "1.0 * (norm <= c)",
             "Gradients that are too long have become zero.",
             "Which norm should a long gradient have afterwards?"),
        Slip("norms_averaged", "np.sqrt(sum(np.sum(g**2) for g in grads.values()))",
             "np.mean([np.linalg.norm(g) for g in grads.values()])",
             "The norms of the arrays are averaged.",
             "Over which entries does the global norm run?"),
        Slip("largest_norm", "np.sqrt(sum(np.sum(g**2) for g in grads.values()))",
             "max(np.linalg.norm(g) for g in grads.values())",
             "The largest of the arrays' norms is compared with c.",
             "How many norms does the word global allow?"),
        Slip("last_array_only", "np.sqrt(sum(np.sum(g**2) for g in grads.values()))",
             "np.linalg.norm(list(grads.values())[-1])",
             "The norm is that of the last array: each array replaces the one before.",
             "Over which arrays does the global norm run?"),
        Slip("spectral_norms", "np.sqrt(sum(np.sum(g**2) for g in grads.values()))",
             "np.sqrt(sum(np.linalg.norm(g, 2) ** 2 for g in grads.values()))",
             "Of each matrix the 2-norm, its largest singular value, enters.",
             "Does every entry of a gradient count in its length?"),
        Slip("factor_squared", "c / max(norm, c)", "(c / max(norm, c)) ** 2",
             "The factor is squared: long gradients become too short.",
             "Which norm should a long gradient have afterwards?"),
        Slip("squares_averaged", "np.sqrt(sum(np.sum(g**2) for g in grads.values()))",
             "np.sqrt(sum(np.mean(g**2) for g in grads.values()))",
             "In each array the squares are averaged, so large arrays count less.",
             "Does a norm depend on the number of entries?"),
        Slip("long_made_unit", "c / max(norm, c)", "1 / norm if norm > c else 1.0",
             "Gradients that are too long get the length 1 in the place of c.",
             "Which length is a gradient to have that was longer than c?"),
    ),
)

CLIP = "np.clip(g, -c, c)"
CLIP_VALUE = Exercise(
    id="08.clip_by_value",
    title="Clip by value",
    points=1,
    section="7 Clipping",
    function="clip_by_value",
    items=("S4.49",),
    answers=("training.clip_by_value",),
    outputs=("W_x", "W_h", "b_h"),
    instance=_gradient_by_value,
    reference=_value_reference,
    asks="Take one array: what has become of its large positive, its large negative and its small entries?",
    slips=(
        Slip("unchanged", CLIP, "g",
             "The gradient comes back as it went in.",
             "Where does an entry of 10 end if c is 1?"),
        Slip("only_from_above", CLIP, "np.minimum(g, c)",
             "Large positive entries are limited, large negative ones are not.",
             "What is the lower end of the interval?"),
        Slip("only_from_below", CLIP, "np.maximum(g, -c)",
             "Large negative entries are limited, large positive ones are not.",
             "What is the upper end of the interval?"),
        Slip("negative_lost", CLIP, "np.clip(g, 0, c)",
             "Negative entries have become zero.",
             "What is the lower end of the interval?"),
        Slip("sign_lost", CLIP, "np.minimum(abs(g), c)",
             "All entries are positive: the sign is lost.",
             "Which way should a large negative entry point after clipping?"),
        Slip("large_removed", CLIP, "np.where(abs(g) <= c, g, 0.0)",
             "Entries that are too large have become zero.",
             "Where does an entry of 10 end if c is 1?"),
        Slip("all_to_the_limit", CLIP, "c * np.sign(g)",
             "Every entry has the size c, the small ones too.",
             "What happens to an entry that is smaller than c?"),
        Slip("only_the_large_left", CLIP, "np.where(abs(g) > c, c * np.sign(g), 0.0)",
             "Small entries have become zero.",
             "What happens to an entry that is smaller than c?"),
        Slip("scaled_by_the_largest", CLIP, "g * min(1, c / np.abs(g).max())",
             "Each array is multiplied by one factor, so that its largest entry becomes c.",
             "Do small entries change?"),
        Slip("soft", CLIP, "c * np.tanh(g / c)",
             "Entries are bent towards the limit, so small ones change, too.",
             "What happens to an entry that is smaller than c?"),
        Slip("by_norm", CLIP, "c / max(c, np.sqrt(sum(np.sum(v**2) for v in grads.values()))) * g",
             "All entries shrink by the same factor: that is clipping by global norm.",
             "Do small entries change?"),
        Slip("limited_to_one", CLIP, "np.clip(g, -1, 1)",
             "Entries are limited to 1, whatever c is.",
             "Where does the argument c enter?"),
        Slip("limit_without_sign", "np.clip(g, -c, c)", "np.where(abs(g) > c, c, g)",
             "Large negative entries have become +c: their sign is lost.",
             "Which way should a large negative entry point after clipping?"),
        Slip("limits_exchanged", "np.clip(g, -c, c)", "np.minimum(np.maximum(g, c), -c)",
             "Every entry is -c: the lower and the upper limit are exchanged.",
             "What does np.clip take as its second argument, and what as its third?"),
        Slip("maximum_for_minimum", "np.clip(g, -c, c)", "np.maximum(g, c)",
             "No entry is below c: the smaller ones have been raised to c.",
             "Which of two numbers does a limit from above keep?"),
        Slip("by_norm_of_each_array", "np.clip(g, -c, c)", "c / max(c, np.linalg.norm(g)) * g",
             "Each array is shrunk to the norm c as a whole.",
             "Do small entries change?"),
        Slip("divided_by_c", "np.clip(g, -c, c)", "np.clip(g / c, -1, 1)",
             "The entries are divided by c before they are limited to 1.",
             "Where does an entry end that is smaller than c?"),
        Slip("excess_subtracted", "np.clip(g, -c, c)", "np.where(abs(g) > c, g - c * np.sign(g), g)",
             "From large entries c is subtracted.",
             "Where does an entry of 10 end if c is 1?"),
        Slip("shrunk_towards_zero", "np.clip(g, -c, c)", "np.sign(g) * np.maximum(abs(g) - c, 0)",
             "From every entry c is subtracted, and small ones become zero: that is soft thresholding.",
             "Do small entries change?"),
        Slip("times_c", "np.clip(g, -c, c)", "c * np.clip(g, -1, 1)",
             "The entries are limited to 1 and then multiplied by c.",
             "What happens to an entry that is smaller than c?"),
    ),
)

REFUTE_CLIPPING = Exercise(
    id="08.refute_clipping",
    title="Refute: clipping by value hardly turns the gradient",
    points=1,
    section="7 Clipping",
    function="clipped_askew",
    items=("S4.49",),
    outputs=("clipped_askew",),
    kind="value",
    verify=_refute_clipping,
)

EXERCISES = (
    FORWARD, BACKWARD, GAIN, TIED, REFUTE_RELU, INITIALISERS, PENALTIES, CLIP_NORM, CLIP_VALUE,
    REFUTE_CLIPPING,
)  # fmt: skip
