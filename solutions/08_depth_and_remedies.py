# %% [markdown]
# # 08 · Depth in general, and remedies
#
# *This lesson is optional: the core lessons do not depend on it.*
#
# **After this lesson you can** pass a gradient back through a deep feed-forward network; show that
# an unrolled recurrent network is such a network with tied weights; say what four initialisers keep
# constant, and what a penalty on the weights does to the gradient; and clip a gradient in two ways,
# knowing what each of them changes.
#
# about 180 minutes · difficulty ●●○ · before it: 05, 07
#
# Lesson 07 found out why gradients vanish and explode: they are products of many matrices. Time
# plays no part in this reason. So this lesson asks one question about networks in general:
#
# > **How much of the gradient reaches the first layer, and which factor of the product can you
# change so that neither too little nor too much arrives?**
#
# The first half of the question is a measurement. Sections 1 to 3 measure it, for layers and for
# steps: its name is the *gain*. The second half has four well-known answers. Each of them changes
# another part of the product, and you measure what it does to the gain:
#
# | remedy | what it changes | section |
# |---|---|---|
# | ReLU | the slopes | 4 |
# | an initialiser | the weights, before training | 5 |
# | a penalty | the weights, during training | 6 |
# | clipping | the finished gradient | 7 |
#
# In section 8 you compare the four answers.
#
# *The article*, below, is a public article on back-propagation through time and the LSTM, with a
# list of references of its own. It names the remedies but gives no formulas for them. The papers
# that do are listed at the end of this lesson.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $L$ | | number of layers; $\mathcal L$ is the loss |
# | $W_\ell, b_\ell$ | `params["W1"]`, `params["b1"]`, … | weights $(n_{\ell-1}, n_\ell)$ and biases $(n_\ell,)$ of layer $\ell = 1, \dots, L$ |
# | $h_\ell$ | `h[l]`, `(B, n_l)` | output of layer $\ell$, a row per instance; `h[0]` is the input $x$ |
# | $a_\ell = h_{\ell-1} W_\ell + b_\ell$ | | pre-activation of layer $\ell$; $h_\ell = \phi(a_\ell)$ with the activation $\phi$ |
# | $\bar h_\ell$, $\bar a_\ell$ | `dh`, `da` | gradient of the loss with respect to $h_\ell$ and to $a_\ell$ (adjoints) |
# | $J_\ell = \partial h_\ell / \partial h_{\ell-1}$ | | Jacobian of a layer, numerator layout: $[i,j] = \partial h_\ell[i] / \partial h_{\ell-1}[j]$ |
# | $\lVert v \rVert$ | `np.linalg.norm(v)` | root of the sum of the squares of all entries |
# | $\lVert A \rVert_2$ | `np.linalg.norm(A, 2)` | 2-norm of a matrix, its largest singular value |
# | $\gamma_\phi = \sup \lvert \phi' \rvert$ | | the steepest slope of the activation |
# | gain | | $\lVert \bar h_0 \rVert / \lVert \bar h_L \rVert$: the factor by which the norm of the gradient changes from output to input |

# %%
import numpy as np

from autograder import check, recap
from rnnlib import activations, flow, lstm, mlp, numgrad, plots, regularisers, rnn, training

DEPTH, WIDTH = 50, 100  # layers and units of the deep networks below
rng = np.random.default_rng(8)
for name, phi in activations.ACTIVATIONS.items():
    a = np.array([-2.0, 0.5])
    print(f"{name:9s} value {phi.value(a).round(3)}  slope {phi.slope(phi.value(a)).round(3)}")
plots.show(
    plots.unrolled(4, names=("x", "h", "o"), weights=("W_x", "W_h", "W_y")),
    "A recurrent network unrolled over four steps: the same matrix W_h leads from each state to "
    "the next, and each step has an input of its own.",
)


# %% [markdown] tags=["S1.11"]
# ## 1 Layers in place of steps
#
# In the unrolled network above, every arrow from left to right has the same matrix $W_h$. Now give
# each of these arrows its own matrix, and let an input enter only at the left end. The result is a
# deep feed-forward network. It has layers instead of steps, and each layer has its own weights:
#
# $$h_0 = x, \qquad a_\ell = h_{\ell-1} W_\ell + b_\ell, \qquad h_\ell = \phi(a_\ell), \qquad \ell = 1, \dots, L .$$
#
# The widths $n_0, \dots, n_L$ may all differ. The rows are instances, as before.
#
# The activation is given by its name. `activations.get(phi).value` is the function itself; the cell
# above has called it for each name. `activations.get(phi).slope` is its derivative. It takes the
# **output** of the activation as its argument: for tanh it computes $1 - h^2$ from $h$.
#
# **Exercise 1 ●○○ · 8 min.** Run a batch through all layers. `params` holds `"W1"`, `"b1"`, `"W2"`,
# `"b2"`, … up to layer $L$, so it has $2L$ entries. `x` is $(B, n_0)$, and `phi` is `"tanh"`,
# `"sigmoid"` or `"relu"`, the same in every layer. Return the **list** `[x, h_1, …, h_L]` of $L+1$
# arrays.

# %% nbgrader={"grade": false, "grade_id": "mlp_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mlp_forward(params, x, phi):
    """Returns the list [h_0, h_1, ..., h_L]: the input, then the output of every layer."""
    ### BEGIN SOLUTION
    f = activations.get(phi).value
    h = [x]
    for layer in range(1, len(params) // 2 + 1):
        a = h[-1] @ params[f"W{layer}"] + params[f"b{layer}"]
        h.append(f(a))
    return h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_mlp_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.mlp_forward", mlp_forward)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# It is the loop of a recurrent network. The weights that were the same at every step now have a
# number.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $h_\ell = \phi(h_{\ell-1} W_\ell + b_\ell)$. Make the names with an f-string: `f"W{3}"` is `"W3"`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start a list with the input. Let a number run from 1 to half the length of `params`, both
# included. Each time, multiply the last entry of the list by the weights of this layer, add its
# bias, apply the activation's value, and append the result.
#
# </details>

# %% [markdown] tags=["S1.11", "S4.28"]
# ## 2 The way back through the layers
#
# The loss is computed from the last layer, which gives $\bar h_L$. From there on, each layer uses
# the same formulas as a step:
#
# $$\bar a_\ell = \bar h_\ell \odot \phi'(a_\ell), \qquad \bar W_\ell = h_{\ell-1}^\top \bar a_\ell, \qquad
#   \bar b_\ell = \text{sum of the rows of } \bar a_\ell, \qquad \bar h_{\ell-1} = \bar a_\ell W_\ell^\top .$$
#
# Two things are simpler than in lesson 05. Each layer has its own weights, so no gradient is a sum
# over layers. And there is only one loss, at the last layer, so no adjoint from outside is added on
# the way. For one instance the row is multiplied by one Jacobian after the other:
#
# $$\bar h_0 = \bar h_L\, J_L\, J_{L-1} \cdots J_1, \qquad J_\ell = \mathrm{diag}(\phi'(a_\ell))\, W_\ell^\top ,$$
#
# with the last layer on the left. This is the product of lesson 07, with a different
# matrix in every factor. Everything that lesson 07 proved with norms holds here: $\lVert
# J_\ell \rVert_2 \le \gamma_\phi \lVert W_\ell \rVert_2$.
#
# **Exercise 2 ●●○ · 20 min.** Write `mlp_backward`. `h` is the list that `mlp_forward` returned,
# `dh` is $\bar h_L$, shape $(B, n_L)$, and `phi` is the activation's name. Return a dict with
# `"W1"`, `"b1"`, …, each with the shape of its parameter, and `"x"`, the gradient $\bar h_0$ with
# respect to the input, $(B, n_0)$.
#
# **Exercise 3 ●○○ · 5 min.** Write `gain` in the same cell. Run the network on `x`, pass `dh` back
# to the input, and return the number $\lVert \bar h_0 \rVert / \lVert \bar h_L \rVert$. Each norm
# is taken over all entries of the whole batch. The cell below the hints calls it for networks of 50
# layers.

# %% nbgrader={"grade": false, "grade_id": "mlp_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mlp_backward(params, h, dh, phi):
    """Returns {"W1", "b1", ..., "x"}, the gradient of the loss."""
    ### BEGIN SOLUTION
    slope, grads = activations.get(phi).slope, {}
    for layer in range(len(h) - 1, 0, -1):
        da = dh * slope(h[layer])
        grads[f"W{layer}"] = h[layer - 1].T @ da
        grads[f"b{layer}"] = da.sum(axis=0)
        dh = da @ params[f"W{layer}"].T
    grads["x"] = dh
    return grads
    ### END SOLUTION


def gain(params, x, dh, phi):
    """Returns the norm of the input's gradient divided by the norm of dh, a number."""
    ### BEGIN SOLUTION
    dx = mlp_backward(params, mlp_forward(params, x, phi), dh, phi)["x"]
    return np.linalg.norm(dx) / np.linalg.norm(dh)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_mlp_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.mlp_backward", mlp_backward)

# %% nbgrader={"grade": true, "grade_id": "check_gain", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.gain", gain)


# %% [markdown]
# For `mlp_backward`:
#
# <details><summary>Hint 1 · a nudge</summary>
#
# One array is passed back from the last layer to the input. At each layer, multiply it by the slope
# first, then by the weights.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Use the four formulas of the text, for $\ell = L, \dots, 1$. The slope of layer $\ell$ is computed
# from `h[l]`, which this layer produced. The gradient of the weights needs `h[l-1]`, which this
# layer read.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Let the number of the layer run down from `len(h) - 1` to 1. Multiply the array by the slope of
# that layer's output. Store a product of two matrices under `"W…"` and a sum over axis 0 under
# `"b…"`. Then multiply from the right by the layer's transposed weights. The array that remains at
# the end belongs to `"x"`.
#
# </details>
#
# ---
#
# For `gain`:
#
# <details><summary>Hint 1 · a nudge</summary>
#
# You have already written both functions that it needs.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\lVert \bar x \rVert / \lVert \bar h_L \rVert$, and $\bar x$ is one of the entries that
# `mlp_backward` returns.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Run forward and backward, take the entry `"x"`, and divide its `np.linalg.norm` by that of `dh`.
# Without further arguments this function takes all entries.
#
# </details>
#
# ---
#
# **Predict first.** The next cell fills a table of gains over 50 layers: three activations, and
# normal weights of four sizes. In which fields will the gradient arrive with about its original
# norm?

# %% tags=["raises-exception", "shows-answers"]
def measured_gain(params, x, dh, phi):
    try:
        return gain(params, x, dh, phi)
    except NotImplementedError:  # exercise 3 is still open
        back = mlp.backward(params, mlp.forward(params, x, phi), dh)["x"]
        return np.sqrt(np.sum(back**2) / np.sum(dh**2))


names, scales = ("sigmoid", "tanh", "relu"), (0.5, 1.0, 2**0.5, 2.0)
table = np.zeros((3, 4))
for (i, j), _ in np.ndenumerate(table):
    deep = mlp.init([WIDTH] * (DEPTH + 1), np.random.default_rng(3), scales[j])
    ends = np.random.default_rng(4).normal(size=(2, 20, WIDTH))
    table[i, j] = np.log10(measured_gain(deep, *ends, names[i])).round(1) + 0.0
title = "$\\log_{10}$ gain, 50 layers"
figure = plots.heatmap(table, "scale of the weights", "", title, numbers=".1f")
figure.axes[0].set_xticks(range(4), ["0.5", "1", "√2", "2"])
figure.axes[0].set_yticks(range(3), names)
rows = "; ".join(f"{n}: {', '.join(f'{v:.1f}' for v in row)}" for n, row in zip(names, table))
plots.show(figure, f"Logarithm of the gain over 50 layers, scales 0.5, 1, √2, 2. {rows}.")


# %% [markdown] tags=["S4.50", "S4.28", "S4.30"]
# **How much arrives without a remedy?** In most fields far too little or far too much. The weights
# are normal with the standard deviation $s / \sqrt{100}$ for a scale $s$, and there is no
# recurrence anywhere. The fields show exponents: at $-10$ the norm of the gradient at the input is
# $10^{-10}$ times its original norm. With the logistic function nearly the whole gradient is lost
# at these four scales, because its slope is at most 1/4. It would need weights that are several
# times larger. For the other two the result depends on the scale, and only a narrow range of scales
# keeps the gradient.
#
# ## 3 An unrolled network is a deep one with tied weights
#
# Now set $W_\ell = W_h$ in every layer. Layer $\ell$ becomes step $t$:
# $h_t = \tanh(h_{t-1} W_h + b_t)$. The input of the network is $h_0$. And where are the inputs
# $x_t$? For one given sequence they are constants, so they can be part of the bias:
#
# $$b_t = x_t W_x + b_h, \qquad\text{a different bias in every layer.}$$
#
# So a recurrent network over $T$ steps **is** a feed-forward network with $T$ layers whose weights
# are tied. Its gradient follows from the rule for shared parameters (lesson 04, section 5): give
# each layer its own copy, differentiate with respect to each copy, and add the gradients. $W_h$ has
# $T$ copies. $b_h$ and $W_x$ occur in every $b_t$.
#
# This also explains why recurrent networks have the problem more often. A network for sequences of
# 100 steps is a network of 100 layers, whether you wanted a deep network or not. Tying the weights
# has a second effect. Untied layers each draw new weights, and over many layers large and small
# factors average out. A matrix that recurs is drawn once, and it has the same effect on the
# gradient a hundred times. Per layer the typical gain is nearly the same for both; what differs is
# the *spread*. The second figure below the hints compares the two at the same depth, width and
# scale.
#
# **Exercise 4 ●●● · 25 min.** Compute the gradient of a tanh network with your two functions, and
# without a sweep through time of your own. There is one sequence: `x` is $(T, D)$, `h0` is $(H,)$,
# and `params` has `"W_x"` $(D,H)$, `"W_h"` $(H,H)$, `"b_h"` $(H,)$. The loss reads only the last
# state: `dh`, shape $(H,)$, is $\bar h_T$. Return a dict with the states `"h"`, shape $(T+1, H)$,
# and the gradients `"W_x"`, `"W_h"`, `"b_h"` and `"h0"`. Each gradient has the shape of its array.
# (`v[None]` makes a batch of one.)

# %% nbgrader={"grade": false, "grade_id": "rnn_as_mlp", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_as_mlp(params, x, h0, dh):
    """Returns {"h": states, "W_x", "W_h", "b_h", "h0": gradients}, by way of a tied network."""
    ### BEGIN SOLUTION
    layers, tied = range(1, len(x) + 1), {}
    for t in layers:
        tied[f"W{t}"] = params["W_h"]
        tied[f"b{t}"] = x[t - 1] @ params["W_x"] + params["b_h"]
    h = mlp_forward(tied, h0[None], "tanh")
    grads = mlp_backward(tied, h, dh[None], "tanh")
    db = np.vstack([grads[f"b{t}"] for t in layers])
    dW_h = sum(grads[f"W{t}"] for t in layers)
    found = {"W_x": x.T @ db, "W_h": dW_h, "b_h": db.sum(axis=0)}
    return found | {"h": np.concatenate(h), "h0": grads["x"][0]}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_rnn_as_mlp", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.rnn_as_mlp", rnn_as_mlp)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# First build the `params` of a deep network with $T$ layers. What are its weights, what are its
# biases, and what is its input?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar W_h = \sum_t \bar W_t$ and $\bar b_h = \sum_t \bar b_t$. And since
# $b_t = x_t W_x + b_h$, each layer adds $x_t \otimes \bar b_t$ to $\bar W_x$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Fill `"W1"`, `"b1"`, … in one loop: the weights are always the recurrent matrix, and the bias is
# computed from the input of that step. Call your forward function with a batch of one, and your
# backward function with `dh` as one row. Collect the $T$ gradients of the biases in an array
# $(T, H)$. The sum of its rows is the gradient of the bias. Multiply it by `x` transposed from the
# left to get the gradient of the input weights. The states are a list of arrays $(1, H)$, which you
# have to join.
#
# </details>

# %% tags=["shows-answers"]
def gain_100_steps(W_h, phi, draw):
    run_rng = np.random.default_rng([draw, 1])
    p = {"W_x": 0.05 * run_rng.normal(size=(5, len(W_h))), "W_h": W_h}
    h0, last = run_rng.normal(size=(2, 4, len(W_h)))
    run = rnn.forward(p, run_rng.normal(size=(100, 4, 5)), h0, phi)
    dh = np.concatenate([np.zeros_like(run.a[1:]), last[None]])
    return np.log10(np.linalg.norm(rnn.backward(p, run, dh)["h0"]) / np.linalg.norm(dh))


labels, logs = ("×0.5", "×1", "×√2", "×2", "orthogonal", "identity"), []
for draw in range(7):
    normal = np.random.default_rng(draw).normal(size=(50, 50)) / np.sqrt(50)
    Q = training.orthogonal(50, np.random.default_rng(draw))
    tried = (*(s * normal for s in (0.5, 1, 2**0.5, 2)), Q, np.eye(50))
    logs.append([[gain_100_steps(W, phi, draw) for W in tried] for phi in ("tanh", "relu")])
middle, spread = np.median(logs, axis=0), np.ptp(logs, axis=0)
figure = plots.heatmap(middle, "recurrent matrix", "", "$\\log_{10}$ gain", numbers=".1f")
figure.axes[0].set_xticks(range(6), labels, fontsize=8)
figure.axes[0].set_yticks(range(2), ("tanh", "relu"))
cells = "; ".join(f"{n}: {a:.1f} | {b:.1f}" for n, a, b in zip(labels, *middle))
plots.show(figure, f"Median logarithm of the gain over 100 steps, tanh | relu. {cells}.")
print(f"between draws it varies by {spread.min():.1f} to {spread.max():.1f} powers of ten")


# %%
def log_gains(draw, tied, depth=100, n=50):
    """log10 of the gain, linear and with tanh; no biases, weights of variance 1/n."""
    rng = np.random.default_rng([draw, tied])
    W = rng.normal(size=(1 if tied else depth, n, n)) / np.sqrt(n)
    W, (x, dh), found = np.broadcast_to(W, (depth, n, n)), rng.normal(size=(2, n)), []
    for phi in (activations.get("identity"), activations.get("tanh")):
        h, back = [x], dh
        for W_l in W:
            h.append(phi.value(h[-1] @ W_l))
        for W_l, h_l in zip(W[::-1], h[:0:-1]):
            back = (back * phi.slope(h_l)) @ W_l.T
        found.append(np.log10(np.linalg.norm(back) / np.linalg.norm(dh)))
    return found


found = {name: np.array([log_gains(n, name == "tied") for n in range(200)]).T
         for name in ("tied", "untied")}  # a row of 200 draws for linear, one for tanh

# %%
curves, share = {}, np.linspace(0, 100, 200)
for name, rows in found.items():
    for phi, row in zip(("linear", "tanh"), rows):
        curves[f"{phi}, {name}"] = np.sort(row)
        print(f"{phi} {name}: median gain {10 ** np.median(row):.2g}, standard deviation "
              f"{row.std():.2f} powers of ten, mean squared gain {np.mean(100**row):.2g}")
spreads = "; ".join(f"{name} from {c[0]:.1f} to {c[-1]:.1f}" for name, c in curves.items())
plots.show(
    plots.lines(share, curves, "share of the draws below, %", "$\\log_{10}$ gain, 100 layers"),
    f"Logarithm of the gain over 100 layers of 50 units, 200 draws in ascending order: {spreads}.")

# %% [markdown] tags=["S4.30"]
# **How much arrives in a recurrent network?** The first figure is the same table for a recurrent
# network of 50 units over 100 steps with small inputs. Each field is the median of seven draws. In
# the columns with a factor, the standard deviation of the weights is this factor times
# $1/\sqrt{50}$. Two columns are new: a random orthogonal matrix and the identity matrix. Compare
# the two rows. With the identity, ReLU keeps more than tanh. With random matrices, ReLU makes the
# gradient vanish faster where tanh makes it vanish, and explode faster where tanh makes it explode.
# The printed line says how much the draws of one field differ.
#
# The second figure shows why the draws differ so much. At the same depth, width and scale, nine in
# ten untied networks lie within two powers of ten of each other. Of the tied linear networks, some
# lose the gradient and some multiply it by thousands, because the same matrix acts a hundred times.
# Saturation limits the largest gains of the tied tanh networks, but their spread is still much
# larger. In the linear network the mean of the *squared* gain is near 1 for untied layers. For tied
# layers it is enormous, because of a few draws; section 5 returns to this.
#
# ## 4 Is ReLU a remedy?
#
# **The first remedy changes the slopes.** The article proposes ReLU: its derivative is 0 or 1, so
# it does not shrink the gradient as tanh does. This is partly right. On a path on which every unit
# is active, all slopes are 1. But an inactive unit has the slope 0. About half of the units are
# inactive, and these can be different units at each step. So, as in section 3, the matrix decides
# how much of the gradient arrives.
#
# **Exercise 5 ●●○ · 12 min · refute it.** Claim: *with ReLU the gradient vanishes less than with
# tanh, whatever the matrix.* Take a network without inputs and biases, $h_t = \phi(h_{t-1} W_h)$,
# for 20 steps. Give a tuple `(W_h, h0)` of lists: an **orthogonal** matrix, at least 2 × 2, and an
# initial state with one entry per unit. Orthogonal means that no entry of $W_h^\top W_h$ differs by
# more than $10^{-6}$ from that of the identity. So compute roots and sines with NumPy rather than
# round them. Let $G = \lVert d h_{20} / d h_0 \rVert_2$. There are three conditions: no entry of
# $h_0 W_h$ is closer to 0 than 0.001; $G \ge 0.1$ with tanh; $G \le 0.001$ with ReLU. Any valid
# counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "relu_loses", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
relu_loses = None  # (W_h, h0)
### BEGIN SOLUTION
relu_loses = ([[-1, 0], [0, -1]], [0.1, 0.2])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_relu", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.refute_relu", relu_loses)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# When is the gradient of a ReLU network exactly zero? And when is tanh almost the identity?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $d h_{20}/d h_0 = J_{20} \cdots J_1$ with $J_t = \mathrm{diag}(\phi'(a_t))\, W_h^\top$. If all
# entries of $a_1$ are negative, what is $J_1$ for ReLU? For small $a$, what is it for tanh?
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Reflections and rotations are orthogonal. Find one that maps a small initial state with positive
# entries to negative ones. Keep this state so small that $1 - h^2$ stays close to 1 for 20 steps.
#
# </details>

# %% [markdown] tags=["S4.30"]
# ## 5 A good start
#
# **The second remedy changes the weights before training.** If a signal is to survive many layers,
# it must neither grow nor shrink in *one* layer. Suppose the entries of $W$ are independent of each
# other **and of $h$**, with mean 0 and variance $v$. Each entry of $h W$ is a sum of $n_\text{in}$
# terms, so its mean square is $n_\text{in}\, v$ times the mean square of an entry of $h$. On the
# way back, each entry of $\bar a\, W^\top$ is a sum of $n_\text{out}$ terms, and the factor is
# $n_\text{out}\, v$. Both factors should be near 1. The slopes are further factors, not yet counted
# here.
#
# Note the second half of the supposition. If each layer has its own matrix, $h_{\ell-1}$ was
# computed without $W_\ell$, and at the start of training the supposition holds. If one $W_h$
# recurs, $h_{t-1}$ was computed *with* it, and from the second step on the argument no longer
# holds. The linear lines printed in section 3 had $v = 1/n$, so the argument predicts a factor of 1
# in each layer. With untied layers the mean squared gain stays near 1; with tied layers it does
# not. For a recurrent matrix, orthogonal and identity matrices (the last two rows of the table
# below) are safer, because they limit the factor in *every* direction and not only on average.
#
# There are four common proposals for a matrix of shape $(n_\text{in}, n_\text{out})$:
#
# | name | from | what it is | what it keeps |
# |---|---|---|---|
# | `he` | He et al. (2015) | normal, $v = 2 / n_\text{in}$ | the size of ReLU's states: the 2 makes up for the inactive half |
# | `xavier` | Glorot and Bengio (2010) | normal, $v = 2 / (n_\text{in} + n_\text{out})$ | a compromise between forward and backward, slopes near 1 |
# | `orthogonal` | Saxe et al. (2014) | orthonormal columns (rows, if $n_\text{in} < n_\text{out}$) | all lengths and angles, if square |
# | `identity` | Le et al. (2015), for recurrent ReLU networks | ones on the diagonal | the value of each unit, if square |
#
# Each is multiplied by a number `scale`, normally 1.
#
# **Exercise 6 ●●○ · 20 min.** Write the four initialisers. To make the results comparable, the
# random numbers are given: `z` is a matrix $(n_\text{in}, n_\text{out})$ of standard normal numbers
# (mean 0, variance 1). Return a matrix of the same shape. `he` and `xavier` rescale `z`.
# `orthogonal` orthonormalises it: its columns span the same space as the columns of `z`, or, if
# there are fewer rows than columns, its rows span the same space as the rows of `z`. Any
# orthonormal basis of that space is right. `np.linalg.qr(z)` returns two matrices $Q$ and $R$ with
# $z = QR$; if $z$ has at least as many rows as columns, the columns of $Q$ are orthonormal.
# `identity` uses only the shape of `z`. The function `initialisers` at the end is given; it
# collects the four.

# %% nbgrader={"grade": false, "grade_id": "initialisers", "locked": false, "schema_version": 3, "solution": true, "task": false}
def he(z, scale):
    ### BEGIN SOLUTION
    return scale * z * np.sqrt(2 / len(z))
    ### END SOLUTION


def xavier(z, scale):
    ### BEGIN SOLUTION
    return scale * z * np.sqrt(2 / sum(z.shape))
    ### END SOLUTION


def orthogonal(z, scale):
    ### BEGIN SOLUTION
    Q, _ = np.linalg.qr(z if len(z) >= z.shape[1] else z.T)
    return scale * (Q if Q.shape == z.shape else Q.T)
    ### END SOLUTION


def identity(z, scale):
    ### BEGIN SOLUTION
    return scale * np.eye(*z.shape)
    ### END SOLUTION


def initialisers(z, scale):  # given: leave it as it is
    found = {"he": he(z, scale), "xavier": xavier(z, scale)}
    return found | {"orthogonal": orthogonal(z, scale), "identity": identity(z, scale)}


# %% nbgrader={"grade": true, "grade_id": "check_initialisers", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.initialisers", initialisers)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# If $z$ has the variance 1, which variance has $s z$? For the third initialiser, use the
# decomposition named in the text.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The variance of $s z$ is $s^2$, so $s$ is the *root* of the table's $v$. The argument `scale` is a
# further factor. If $z$ has fewer rows than columns, note that the columns of $z^\top$ are the rows
# of $z$, and that $z^\top$ has at least as many rows as columns.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# `len(z)` is the number of inputs, and the sum of `z.shape` is that of inputs and outputs. If `z`
# has more columns than rows, decompose its transpose, and transpose the first factor back. `np.eye`
# takes two sizes.
#
# </details>
#
# ---
#
# **Predict first.** The next cell draws the gradient norm at each of 50 layers, for the four
# initialisers, once with tanh and once with ReLU. Which initialiser will keep most of the gradient
# with tanh? And with ReLU?

# %% tags=["shows-answers"]
draws = {"he": training.he, "xavier": training.xavier, "orthogonal": training.orthogonal}
draws["identity"] = training.identity
for phi in ("tanh", "relu"):
    curves = {}
    for name, draw in draws.items():
        start = np.random.default_rng(5)
        deep = {f"W{n}": draw((WIDTH, WIDTH), start) for n in range(1, DEPTH + 1)}
        run = mlp.forward(deep, start.normal(size=(20, WIDTH)), phi)
        da, _ = mlp.adjoints(deep, run, start.normal(size=(20, WIDTH)))
        curves[name] = [np.linalg.norm(row) / np.linalg.norm(da[-1]) for row in da]
    ends = ", ".join(f"{name} {curve[0]:.1e}" for name, curve in curves.items())
    plots.show(
        plots.lines(range(1, DEPTH + 1), curves, "layer", "gradient norm", f"{phi} layers", "y"),
        f"Norm of the adjoints of the pre-activations of 50 {phi} layers, relative to the "
        f"last layer. At the first layer: {ends}.",
    )
    print(f"{phi}, layer 1: {ends}")


# %% [markdown] tags=["S4.30"]
# **How much arrives with a good initialiser?** Read each curve from right to left; the printed
# lines say where it ends. Among the three random initialisers, `he` suits ReLU and is too large for
# tanh. `xavier` and `orthogonal` lose some of the gradient with tanh and nearly all of it with
# ReLU. So the right scale depends on the slopes. `identity` comes closest to keeping the gradient
# with both activations, because at the start each layer does little more than pass on its input.
# But an initialiser acts only at the start. Training changes the weights, and nothing keeps them
# near their initial values.
#
# ## 6 Penalties: the wrong one and a better one
#
# **The third remedy changes the weights during training.** A penalty is added to the loss and keeps
# the weights within limits. The article lists regularisation among the remedies. The usual penalty
# is L2, $\tfrac{\lambda}{2} \sum_{m,n} W_h[m,n]^2$. Its gradient moves each weight towards zero, so
# the bound $\gamma_\phi \lVert W_h \rVert_2$ of lesson 07 becomes smaller. That helps against
# *exploding* gradients. It makes vanishing gradients worse.
#
# Against both, you need a penalty on the *change* of the norm. Let $\bar h_t$ be the total adjoint
# of the state at step $t$. Step $t$ takes it back to $\bar h_t J_t$. Pascanu, Mikolov and Bengio
# (2013) proposed
#
# $$\Omega = \sum_{t=1}^{T} \left( \frac{\lVert \bar h_t\, J_t \rVert}{\lVert \bar h_t \rVert} - 1 \right)^2, \qquad
#   \bar h_t J_t = \big(\bar h_t \odot (1 - h_t^2)\big)\, W_h^\top .$$
#
# This penalty is zero if every step keeps the norm of the adjoint that is actually passed back
# through it. Other directions may shrink.
#
# To train with $\Omega$ you need its gradient. The states $h_t$ and the adjoints $\bar h_t$
# also depend on $W_h$, so the whole gradient would need second derivatives. The paper takes
# only the **immediate** derivative: it treats all $h_t$ and $\bar h_t$ as constants. With
# $d_t = \bar h_t \odot (1 - h_t^2)$ and $v_t = d_t W_h^\top$, so that $v_t = \bar h_t J_t$,
# entry $[m,n]$ is
#
# $$\frac{\partial^{+} \Omega}{\partial W_h}[m,n] = \sum_{t=1}^{T}
#   2 \left( \frac{\lVert v_t \rVert}{\lVert \bar h_t \rVert} - 1 \right)
#   \frac{v_t[m]\; d_t[n]}{\lVert v_t \rVert\, \lVert \bar h_t \rVert} .$$
#
# `rnnlib.regularisers.omega` returns both the value and this derivative. The cells below the hints
# apply the penalties, and compare the derivative with a numerical one of *your* $\Omega$.
#
# **Predict first.** Three penalties act on networks whose gradients vanish: L2, $\Omega$, and
# $\tfrac14 \lVert W_h W_h^\top - I \rVert^2$, which is zero for an orthogonal matrix. L2 lowers the
# gain. Which of the other two raises it more?
#
# **Exercise 7 ●●○ · 15 min.** Write two functions. `l2_gradient` returns the gradient of the L2
# penalty with respect to $W_h$, shape $(H,H)$; `lam` is $\lambda$. `omega_penalty` returns the
# number $\Omega$ for a tanh network and one sequence. `h` holds the states, shape $(T+1, H)$, and
# `dh_total` the rows $\bar h_1, \dots, \bar h_T$, shape $(T, H)$, so $\bar h_t$ is `dh_total[t-1]`.
# The function `penalties` is given.

# %% nbgrader={"grade": false, "grade_id": "penalties", "locked": false, "schema_version": 3, "solution": true, "task": false}
def l2_gradient(W_h, lam):
    """Returns the gradient of lam / 2 times the sum of squares, (H, H)."""
    ### BEGIN SOLUTION
    return lam * W_h
    ### END SOLUTION


def omega_penalty(W_h, h, dh_total):
    """Returns the sum over steps of (length after / length before - 1) squared, a number."""
    ### BEGIN SOLUTION
    omega = 0.0
    for t in range(1, len(h)):
        row = dh_total[t - 1]
        back = (row * (1 - h[t] ** 2)) @ W_h.T
        omega += (np.linalg.norm(back) / np.linalg.norm(row) - 1) ** 2
    return omega
    ### END SOLUTION


def penalties(W_h, lam, h, dh_total):  # given: leave it as it is
    return {"l2": l2_gradient(W_h, lam), "omega": omega_penalty(W_h, h, dh_total)}


# %% nbgrader={"grade": true, "grade_id": "check_penalties", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.penalties", penalties)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The first is the derivative of a square, entry by entry. For the second, write a loop over the
# steps and compare two norms in each.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\frac{\partial}{\partial w} \frac{\lambda}{2} w^2 = \lambda w$. In $\Omega$ the slope of step
# $t$ is that of $h_t$, which is `h[t]`, and the row is $\bar h_t$, which is `dh_total[t-1]`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start a sum at zero. For `t` from 1 to $T$, take the row. Multiply it by the slopes, and then by
# the transposed matrix. Divide the norm after by the norm before. Subtract one, square, and add to
# the sum.
#
# </details>

# %% tags=["shows-answers"]
def adjoints(W_h, x, last):
    """(params, run, total adjoints) of a tanh network whose loss is at its last state."""
    params = {"W_x": np.eye(len(W_h)), "W_h": W_h}
    run, rows = rnn.forward(params, x), [last]
    for h in run.h[:1:-1]:
        rows.insert(0, (rows[0] * (1 - h**2)) @ W_h.T)
    return params, run, np.array(rows)


pulls = {"L2": lambda W, *_: regularisers.l2({"W_h": W}, 1.0)[1]["W_h"],
         "orthogonality": lambda W, *_: (W @ W.T - np.eye(20)) @ W,
         "omega": lambda W, *a_run: regularisers.omega(*a_run)[1]["W_h"]}
kept = {name: np.zeros((10, 31)) for name in pulls}  # 10 networks, before each of 31 steps
for name, seed in [(name, seed) for name in pulls for seed in range(10)]:
    rng = np.random.default_rng(seed)
    W, x, last = (rng.normal(size=size) for size in ((20, 20), (30, 1, 20), (1, 20)))
    W, x = 0.5 * W / np.sqrt(20), 0.3 * x
    for step in range(31):
        a_run = adjoints(W, x, last)
        kept[name][seed, step] = np.linalg.norm(a_run[2][0]) / np.linalg.norm(last)
        W = W - 0.05 * pulls[name](W, *a_run)

# %% tags=["raises-exception", "shows-answers"]
curves = {name: np.median(gains, axis=0) for name, gains in kept.items()}
plots.show(
    plots.lines(range(31), curves, "step of gradient descent", "gain over 29 steps", log="y"),
    f"Median gain of ten networks over 29 steps while a penalty acts: {curves['L2'][0]:.0e}, then "
    + ", ".join(f"{curve[-1]:.0e} with {name}" for name, curve in curves.items()) + ".")
for name, gains in kept.items():
    print(f"{name}: gain {gains[:, -1].min():.0e} to {gains[:, -1].max():.0e} after 30 steps")
params, run, rows = adjoints(W, x, last)  # of the last network of the loop
value, gradient = regularisers.omega(params, run, rows)
try:
    yours = [omega_penalty(W, run.h[:, 0], rows[:, 0]), numgrad.central_difference(
        lambda W_h: omega_penalty(W_h, run.h[:, 0], rows[:, 0]), W)]
    off = abs(yours[1] - gradient["W_h"]).max() / abs(gradient["W_h"]).max()
    print(f"omega: yours {yours[0]:.6f}, the library's {value:.6f}; derivative: {off:.0e} apart")
except NotImplementedError:
    print("omega_penalty (exercise 7) is still open")


# %% [markdown] tags=["S4.49", "S4.48"]
# **How much arrives with a penalty?** The figure shows gradient descent on a penalty alone, for ten
# networks whose gradients vanish at the start. L2 shrinks the gradient along with the weights. The
# curve "orthogonality" belongs to $\tfrac14 \lVert W W^\top - I \rVert^2$, which is small when
# $\lVert v W \rVert \approx \lVert v \rVert$ for *every* row vector $v$. Its gradient is one line
# of code, and the gain rises. But this penalty does not contain the slopes, and even at its minimum
# they still shrink the gradient. $\Omega$ contains the slopes and demands less: after a few steps,
# the rows that are actually passed back keep a good part of their norm.
#
# ## 7 Clipping
#
# **The fourth remedy changes the finished gradient.** Against exploding gradients this is the
# simplest remedy, and it works for any network. Lesson 07 shows the reason in its section 11: on a
# cliff of the loss the direction of the gradient is useful, but its length is not. LSTMs need
# clipping too: the second figure below the hints shows some whose gradients grow on the way back.
# (Lessons 09 to 11 explain the LSTM. Here you only need to know that its state also passes from
# step to step, and that a large *forget bias* makes it keep its content.) The article names
# clipping but does not define it. There are two definitions, and they differ.
#
# **By global norm.** Let $\lVert g \rVert$ be the norm over *all* arrays of the gradient together.
# If it is larger than $c$, multiply every array by the same number, so that the norm becomes $c$.
# Otherwise change nothing:
#
# $$g \leftarrow g \cdot \min\Big(1, \frac{c}{\lVert g \rVert}\Big) .$$
#
# All arrays are multiplied by one factor, so the direction does not change.
#
# **By value.** Every single entry is limited to the interval from $-c$ to $c$. Large entries shrink
# and small ones do not, so the direction changes.
#
# **Exercise 8 ●○○ · 10 min.** Write `clip_by_global_norm`. `grads` is a dict of arrays, `c` a
# positive number. Return a new dict with the same names and shapes. A gradient that is zero
# everywhere stays zero.
#
# **Exercise 9 ●○○ · 5 min.** Write `clip_by_value` in the same cell, with the same arguments.

# %% nbgrader={"grade": false, "grade_id": "clip_by_global_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_by_global_norm(grads, c):
    """Returns a new dict: all arrays times min(1, c / norm), norm taken over all of them."""
    ### BEGIN SOLUTION
    norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    factor = c / max(norm, c)
    return {name: factor * g for name, g in grads.items()}
    ### END SOLUTION


def clip_by_value(grads, c):
    """Returns a new dict: every entry limited to the interval from -c to c."""
    ### BEGIN SOLUTION
    return {name: np.clip(g, -c, c) for name, g in grads.items()}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_clip_by_global_norm", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.clip_by_global_norm", clip_by_global_norm)

# %% nbgrader={"grade": true, "grade_id": "check_clip_by_value", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.clip_by_value", clip_by_value)

# %% [markdown]
# For `clip_by_global_norm`:
#
# <details><summary>Hint 1 · a nudge</summary>
#
# If the gradient has five arrays, how many norms do you need, and how many factors?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\lVert g \rVert^2$ is the sum of the squares of all entries of all arrays.
# $\min(1, c/\lVert g \rVert)$ equals $c / \max(\lVert g \rVert, c)$, which never divides by zero.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Add up the sums of squares of all arrays, then take one root. Compute one factor. Then multiply
# each array by it in a dict comprehension.
#
# </details>
#
# ---
#
# For `clip_by_value`:
#
# <details><summary>Hint 1 · a nudge</summary>
#
# Treat each entry separately. What happens to an entry within the limits, and to one outside?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $g_i \leftarrow \min(\max(g_i, -c), c)$: large negative entries are limited as well.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Write a dict comprehension over names and arrays, with `np.clip`, a lower and an upper limit.
#
# </details>

# %% tags=["shows-answers"]
g = {"g": np.array([10, 0.1, 0.1])}
ways = (g, training.clip_by_global_norm(g, 1.0), training.clip_by_value(g, 1.0))
names = ("gradient", "by norm", "by value")
bars = {name: way["g"] / np.linalg.norm(way["g"]) for name, way in zip(names, ways)}
turned = [bars["gradient"] @ bars[name] for name in names]
plots.show(
    plots.paired_bars(bars, "entry", "share of the length", "direction, clipped at c = 1"),
    f"Direction of (10, 0.1, 0.1) and of its two clipped versions: the cosine with the "
    f"gradient is {turned[1]:.3f} by norm and {turned[2]:.3f} by value.")

# %% tags=["shows-answers"]
H, curves = 10, {}
for scale in (0.5, 8.0):
    grown = np.zeros((40, 250))  # 40 draws of the recurrent weights
    for draw, p in enumerate(lstm.init(3, H, np.random.default_rng(1), forget=5.0) for _ in grown):
        rng, row = np.random.default_rng(draw), np.ones(2 * H) / np.sqrt(2 * H)
        p["W_h"] = scale * rng.normal(size=(H, 4 * H)) / np.sqrt(H)
        run = lstm.forward(p, rng.normal(size=(250, 1, 3)))
        for back, J in enumerate(flow.joint_jacobians(p, run)[::-1, 0]):
            grown[draw, back] = np.linalg.norm(row := row @ J)
    curves[f"scale {scale:g}: median"], curves["90 % below" + " " * len(curves)] = np.quantile(
        grown, [0.5, 0.9], axis=0)
last = ", ".join(f"{name.strip()} {curve[-1]:.1e}" for name, curve in curves.items())
plots.show(plots.lines(range(1, 251), curves, "steps back", "gradient norm", log="y"),
           f"Gradient norm of 40 LSTMs with forget bias 5, 250 steps back. At the end: {last}.")

# %% [markdown] tags=["S4.49"]
# **What does clipping change?** If the direction is kept, the bars of a clipped gradient are as
# high as those of the gradient. Clipping by norm keeps it. Clipping by value makes the small
# entries ten times as large in relation to the first one, because it shortens only the first one.
# The curves belong to LSTMs with recurrent weights of two sizes, 40 draws of each. "90 % below"
# marks the norm below which 90 % of the draws lie. With small weights, the gradient roughly keeps
# its norm over all steps. With large weights, it grows by powers of ten in most draws: such an LSTM
# needs clipping. Clipping does not change how much of the gradient reaches the first step. It only
# limits the length of the update.
#
# **Exercise 10 ●●○ · 10 min · refute it.** In the example with the bars, the angle between the
# gradient and its version clipped by value is small, and the clipped gradient is about as long as
# $c$. One might conclude: *clipping by value at $c$ gives a step of about the length $c$, in
# about the same direction.* Refute both halves with one example. Give a tuple `(g, c)`: a list of
# numbers and a positive number. Let $k$ be `g` clipped by value at `c`. There are two conditions:
# $\lVert k \rVert > 2c$, and the cosine $\dfrac{g \cdot k}{\lVert g \rVert \lVert k \rVert}$ is
# below 0.5, an angle of more than 60°. Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "clipped_askew", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
clipped_askew = None  # (g, c)
### BEGIN SOLUTION
clipped_askew = ([1000, 1, 1, 1, 1, 1], 1.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_clipping", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("08.refute_clipping", clipped_askew)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# How long can a list of $n$ numbers be, if each of them is at most $c$? And for which gradient does
# clipping change the direction most?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# If all $n$ entries end at $c$, then $\lVert k \rVert = c \sqrt n$. If one entry of $g$ is much
# larger than all others together, the cosine is close to $k_1 / \lVert k \rVert$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take one huge entry, and several that are exactly as large as the limit. How many do you need for
# $\sqrt n > 2$?
#
# </details>

# %% [markdown] tags=["S4.30", "S4.49"]
# ## 8 What each remedy does
#
# **Exercise 11 ●●○ · 20 min · graded by hand.** (a) Show that one step of gradient descent with the
# learning rate $\eta$ on the L2 penalty alone multiplies $W_h$ by $1 - \eta\lambda$, and that in a
# linear network ($\phi(a) = a$) the product of $n$ Jacobians is multiplied by
# $(1 - \eta\lambda)^n$. (b) A gradient $g$ is clipped by value and becomes $k$. Show that
# $g \cdot k > 0$ if $g \ne 0$, so that a small step along $-k$ still goes downhill. (c) Now answer
# the question of this lesson. Which of the remedies act against vanishing gradients, and which
# against exploding ones? Why can clipping not help against vanishing? (If you learn alone: a model
# answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **(a)** The penalty's gradient is $\lambda W_h$, so the step gives
# $W_h - \eta\lambda W_h = (1 - \eta\lambda) W_h$. In a linear network all slopes are 1 and
# every Jacobian is $W_h^\top$. A product of $n$ of them is $(W_h^\top)^n$, which becomes
# $(1 - \eta\lambda)^n (W_h^\top)^n$. For $0 < \eta\lambda < 1$ that is smaller, exponentially
# in $n$. ∎
#
# **(b)** Entry by entry, $k_i$ has the sign of $g_i$, and it is zero only if $g_i$ is, since
# $c > 0$. So $g_i k_i \ge 0$ with equality only for $g_i = 0$. If $g \ne 0$, one of the terms
# of $g \cdot k = \sum_i g_i k_i$ is positive and none is negative. Along $-k$ the loss changes
# at the rate $-g \cdot k < 0$. ∎
#
# **(c)** A good initialisation acts against both, at the start of training. A norm-preserving
# penalty acts against both, all the time. ReLU has slopes of 1 on active paths, which helps
# against vanishing if the matrix is right, and does nothing against exploding. L2 lowers the
# bound on the Jacobians: against exploding only. Clipping acts on the finished gradient:
# against exploding only. It cannot help against vanishing, because the contributions of long
# lags are already missing from the sum. To multiply the sum by a larger number would enlarge
# the short lags as well, and leave the proportion as it is.

# %% [markdown]
# ## Recap
#
# - A deep network's gradient is a product of one Jacobian per layer. It can vanish without any
#   recurrence in time.
# - An unrolled recurrent network is a deep network with tied weights; each step's input is part of
#   a bias.
# - The right scale of the weights depends on the slopes. ReLU alone is no remedy.
# - L2 shrinks the weights, and the gradient with them. A norm-preserving penalty does not.
# - Clipping by norm keeps the direction. Clipping by value changes it, and its result can be longer
#   than $c$.
#
# All these remedies leave the network itself as it is. Lesson 09 changes the network.

# %%
recap("08", globals())

# %% [markdown]
# ## Sources
#
# - X. Glorot and Y. Bengio (2010), Understanding the difficulty of training deep feedforward neural
#   networks, *AISTATS*, PMLR 9, 249–256.
#   [proceedings.mlr.press](https://proceedings.mlr.press/v9/glorot10a.html)
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), On the difficulty of training recurrent neural
#   networks, *ICML*, PMLR 28(3), 1310–1318: clipping by norm, and $\Omega$.
#   [arXiv:1211.5063](https://arxiv.org/abs/1211.5063)
# - A. M. Saxe, J. L. McClelland and S. Ganguli (2014), Exact solutions to the nonlinear dynamics of
#   learning in deep linear neural networks, *ICLR*.
#   [arXiv:1312.6120](https://arxiv.org/abs/1312.6120)
# - K. He, X. Zhang, S. Ren and J. Sun (2015), Delving deep into rectifiers: surpassing human-level
#   performance on ImageNet classification, *ICCV*.
#   [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# - Q. V. Le, N. Jaitly and G. E. Hinton (2015), A simple way to initialize recurrent networks of
#   rectified linear units. [arXiv:1504.00941](https://arxiv.org/abs/1504.00941)
