# %% [markdown]
# # 04 · Adjoints: the reverse sweep of a ReLU network
#
# **After this lesson you can** turn a sum over paths into one sweep from the last step to the
# first; write that sweep for a ReLU network; say why the gradient of a shared matrix is a sum; tell
# from the mask alone which gradients are zero; and translate between rows and columns.
#
# about 150 minutes · difficulty ●●○ · before it: 01, 03
#
# This lesson works with one sequence at a time, and every vector is a row. Batches follow in lesson 05.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $x_t$ | `x[t-1]` of `(T,D)` | input at step $t = 1, \dots, T$ |
# | $a_t = x_t W_x + h_{t-1} W_h + b_h$ | `a[t-1]` of `(T,H)` | pre-activation |
# | $h_t = \phi(a_t)$ | `h[t]` of `(T+1,H)` | state; `h[0]` is the initial one; $\phi$ is the activation |
# | $J_t = \mathrm{diag}(\phi'(a_t))\, W_h^\top$ | `J[t-1]` of `(T,H,H)` | step Jacobian, `[i, j]` $= \partial h_t[i] / \partial h_{t-1}[j]$ |
# | $J_{t:k} = J_t J_{t-1} \cdots J_{k+1}$ | | derivative of $h_t$ with respect to $h_k$, latest step on the left; $J_{t:t} = I$ |
# | $\bar v = \dfrac{dL}{dv}$ | `dv` | adjoint of $v$: same shape as $v$ |
# | $\bar h_t^{\,\mathrm{out}}$ | `dh[t-1]` of `(T,H)` | adjoint of $h_t$ **from outside**: the derivative of its own loss $L_t$ alone |
# | $\bar h_t$ | `dh_total` | the **total** adjoint: the derivative of its own loss and of all later ones |
# | $\odot$, $u \otimes v$ | `*`, `np.outer(u, v)` | elementwise product; outer product $u^\top v$ of two rows |

# %% tags=["shows-answers"]
import numpy as np

from autograder import check, recap
from rnnlib import activations, numgrad, paths, plots, rnn

T, D, H = 6, 3, 5
rng = np.random.default_rng(171)
params = {
    "W_x": rng.normal(size=(D, H)),
    "W_h": 0.6 * rng.normal(size=(H, H)),
    "b_h": 0.3 * rng.normal(size=H),
}
x, h0 = rng.normal(size=(T, D)), rng.uniform(0.2, 1.0, H)
dh = rng.normal(size=(T, H))  # the adjoints that come from outside
run = rnn.forward(params, x[:, None], h0[None], phi="relu")  # rnnlib wants a batch: B = 1
a, h = run.a[:, 0], run.h[:, 0]
print("a", a.shape, " h", h.shape, " smallest |a|:", round(np.abs(a).min(), 3))


# %% [markdown] tags=["S4.19", "S2.3"]
# ## 1 Two sums, swapped
#
# Lesson 03 wrote the gradient as a sum over paths: each loss $L_t$ contributes one term for every
# use of the matrix at a step $k \le t$. With $L = L_1 + \dots + L_T$ this is a double sum,
#
# $$\frac{dL}{dW_h} = \sum_{t=1}^{T}\ \sum_{k=1}^{t}\ h_{k-1} \otimes
#   \Big[\big(\bar h_t^{\,\mathrm{out}} J_{t:k}\big) \odot \phi'(a_k)\Big] .$$
#
# The pairs $(t, k)$ form a triangle. So far we added its terms row by row: all uses for one loss.
# We may also add them column by column: all losses for one use. The state $h_{k-1}$ and the slope
# $\phi'(a_k)$ do not depend on $t$, so they can be moved out of the inner sum:
#
# $$\frac{dL}{dW_h} = \sum_{k=1}^{T}\ h_{k-1} \otimes \big[\, \bar h_k \odot \phi'(a_k) \,\big],
#   \qquad \bar h_k = \sum_{t=k}^{T} \bar h_t^{\,\mathrm{out}} J_{t:k} .$$
#
# The vector $\bar h_k$ is the derivative of the whole loss with respect to $h_k$, over all paths:
# its adjoint. Now separate the term $t = k$ from the others. All other terms end with the same
# factor, since $J_{t:k} = J_{t:k+1} J_{k+1}$. So
#
# $$\boxed{\;\bar h_k = \bar h_k^{\,\mathrm{out}} + \bar h_{k+1}\, J_{k+1}\;}
#   \qquad \bar h_T = \bar h_T^{\,\mathrm{out}} .$$
#
# This recursion is the reverse sweep. It needs no new idea: it is the double sum, added in the
# other order. Its two parts belong to the two places that use $h_k$: the loss of step $k$, and the
# next step.
#
# **Exercise 1 ●●○ · 12 min.** Compute all total adjoints with this recursion. `J` has shape
# `(T,H,H)`, `dh` has shape `(T,H)`. Return an array `(T+1,H)` whose entry `t` is $\bar h_t$. Entry
# 0 belongs to the initial state, which has no adjoint from outside. An adjoint is a row, and $J$
# stands on its right. Leave `dh` unchanged.

# %% nbgrader={"grade": false, "grade_id": "total_adjoints", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total_adjoints(J, dh):
    """J (T,H,H), dh (T,H) on the states h[1:].  Returns the totals (T+1,H) on h[0] .. h[T]."""
    ### BEGIN SOLUTION
    dh_total = np.concatenate([np.zeros_like(dh[:1]), dh])
    for t in range(len(dh), 0, -1):
        dh_total[t - 1] += dh_total[t] @ J[t - 1]
    return dh_total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_total_adjoints", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.total_adjoints", total_adjoints)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# For which state do you know the total adjoint at once? Which state needs it next?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $t$ in place of $k+1$: $\bar h_{t-1} = \bar h_{t-1}^{\,\mathrm{out}} + \bar h_t J_t$, for
# $t = T, T-1, \dots, 1$. The Jacobian $J_t$ has the index $t-1$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make the result from one row of zeros followed by a copy of `dh`. Row `t` then already holds the
# adjoint of $h_t$ from outside. Let $t$ run from $T$ down to 1, and add the product of row `t` with
# the Jacobian of that step to row `t-1`.
#
# </details>
#
# ---
#
# **The triangle of terms.** The figure shows the double sum for the network set up at the top. Each
# field is the norm of one term. A column belongs to one use of the matrix, and the sweep computes
# the sum of its terms. A row belongs to one loss: the further left a field is, the further back in
# time the use lies.
#
# **Predict first.** You can add the triangle row by row or column by column. By how much do the two
# results differ? The two printed lines give the answer.

# %% tags=["shows-answers"]
terms = np.full((T, T, H, H), np.nan)  # [t-1, k-1]: the loss at step t, the use at step k
for t in range(T):
    terms[t, : t + 1] = paths.path_terms(params, run, dh[:, None], t + 1)["W_h"]
sizes = np.linalg.norm(terms, axis=(2, 3))
plots.show(
    plots.heatmap(sizes, "use of the matrix at step k", "loss at step t", numbers=".2f"),
    "A triangle of fields, losses t downward and uses k to the right, each with the norm of "
    "its term in the double sum; above the diagonal there is nothing.",
)
by_loss, by_use = np.nansum(terms, axis=1), np.nansum(terms, axis=0)
right = rnn.backward(params, run, dh[:, None])
for name, parts in {"by loss": by_loss, "by use": by_use}.items():
    gap = abs(parts.sum(axis=0) - right["W_h"]).max()
    print(f"{name}: the sum differs from the gradient by {gap:.0e}")

# %% [markdown]
# ### The limits of the double sum
#
# A public article on back-propagation through time writes its terms for the loss $L_{t+1}$, with
# $k$ from 1 to $t+1$, and sums over $t$ from 1. The last loss of the sequence then belongs to
# $t = T-1$. The first loss, $L_1$, belongs to $t = 0$, so the sum leaves it out. (A sum up to
# $t = T$ would need a loss $L_{T+1}$, which does not exist.) Since only one of many losses is
# missing, one might expect a sum that is nearly right.
#
# **Exercise 2 ●○○ · 6 min · refute it.** Give adjoints from outside, an array of shape
# $(T, H) = (6, 5)$ for the network at the top. The sum with the printed limits $t = 1, \dots, T-1$
# must be exactly zero, while the true gradient with respect to $W_h$ has an entry of at least 0.1
# in size.

# %% nbgrader={"grade": false, "grade_id": "unheard", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
unheard = None  # an array of shape (6, 5)
### BEGIN SOLUTION
unheard = np.zeros((T, H))
unheard[0] = 1.0
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_limits", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.refute_limits", unheard)


# %% [markdown] tags=["S2.1", "S2.2"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Which loss does not occur in the printed sum?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Row $t$ of your array is $\bar h_t^{\,\mathrm{out}} = \partial L_t / \partial h_t$. A row of
# zeros is a step without a loss.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Use zeros everywhere, except in the one row that belongs to the missing loss.
#
# </details>
#
# ## 2 A network that switches
#
# Everything so far holds for any activation $\phi$. For the rest of this lesson $\phi$ is the
# *rectified linear unit*,
#
# $$\mathrm{ReLU}(a) = \max(a, 0), \qquad
#   \mathrm{ReLU}'(a) = \begin{cases} 1 & a > 0 \\ 0 & a < 0 \end{cases}$$
#
# Its slope is 1 or 0, like a switch. A unit is *active* at step $t$ when $a_t > 0$. The array of
# all these slopes is called the **mask**. At $a = 0$ the derivative does not exist; by convention
# the mask is 0 there.
#
# **Exercise 3 ●○○ · 6 min.** Write the forward pass. `params` has `"W_x"` $(D,H)$, `"W_h"`
# $(H,H)$ and `"b_h"` $(H,)$; `x` is $(T,D)$ and `h0` is $(H,)$. Return `a` $(T,H)$ and `h`
# $(T+1,H)$, in this order.

# %% nbgrader={"grade": false, "grade_id": "relu_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relu_forward(params, x, h0):
    """x (T,D), h0 (H,).  Returns a (T,H), h (T+1,H) that starts with h0."""
    ### BEGIN SOLUTION
    a, h = np.zeros((len(x), len(h0))), np.zeros((len(x) + 1, len(h0)))
    h[0] = h0
    for t in range(1, len(x) + 1):
        a[t - 1] = x[t - 1] @ params["W_x"] + h[t - 1] @ params["W_h"] + params["b_h"]
        h[t] = np.maximum(a[t - 1], 0)
    return a, h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_relu_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.relu_forward", relu_forward)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# This is lesson 01 with vectors. Where a weight was multiplied by a number, a row is now multiplied
# by a matrix on its right.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Write $a_t = x_t W_x + h_{t-1} W_h + b_h$ to index $t-1$ of `a`, and $h_t = \max(a_t, 0)$ to index
# $t$ of `h`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make two arrays of zeros, with $T$ and $T+1$ rows, and write the initial state into row 0 of the
# second. In the loop, multiply a row of `x` by one matrix and the previous row of `h` by the other,
# and add both and the bias. Then take NumPy's elementwise maximum with zero.
#
# </details>
#
# ---
#
# **When is each unit active?** The figure shows the mask of the network at the top. A 1 marks an
# active unit. Units switch on and off from step to step, so each step has its own Jacobian,
# although $W_h$ stays the same. One unit is inactive at every step; section 6 returns to it.

# %% tags=["shows-answers"]
mask = a > 0
plots.show(
    plots.heatmap(mask.T, "step t", "unit", "1 where a unit is active", numbers=".0f"),
    "Masks over time: units downward, steps 1 to 6 to the right; most units switch on or off, "
    "and unit 3 is inactive at every step.",
)
print("steps at which each unit is active:", mask.sum(axis=0))

# %% [markdown]
# ### Near the kink
#
# Write $\varepsilon$ for the step of the central difference (lesson 00 called it $h$, which is the
# state here). At $a = 0$ this difference gives
# $\dfrac{\mathrm{ReLU}(\varepsilon) - \mathrm{ReLU}(-\varepsilon)}{2\varepsilon} = \dfrac{1}{2}$
# for every $\varepsilon$. This is the mean of the two slopes, and equal to neither. That looks
# harmless: a pre-activation is never *exactly* zero, and everywhere else ReLU is a straight line,
# for which a difference quotient is exact.
#
# **Exercise 4 ●○○ · 5 min · refute it.** Give a pair `(a, step)` with $a \ne 0$ and
# $0 < \mathtt{step} \le 10^{-3}$, for which the central difference of ReLU at $a$ differs from
# $\mathrm{ReLU}'(a)$ by at least 0.4.

# %% nbgrader={"grade": false, "grade_id": "near_the_kink", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
near_the_kink = None  # (a, step)
### BEGIN SOLUTION
near_the_kink = (-1e-6, 1e-5)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_kink", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.refute_kink", near_the_kink)


# %% [markdown] tags=["S2.3", "S2.4", "S2.5", "S2.7", "S2.9", "S2.10", "S2.11"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The quotient evaluates the function at two points. Where do they lie?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# For $|a| < \varepsilon$ the quotient is $(a + \varepsilon) / 2\varepsilon$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take the best step of lesson 00, about $6 \cdot 10^{-6}$, and choose $a$ ten times smaller.
#
# </details>
#
# ---
#
# So you can trust a check by differences only if every pre-activation is further from zero than the
# step can move it. The checks of this lesson use networks in which every $|a|$ is above $10^{-2}$.
#
# ## 3 The sweep, line by line
#
# Now divide the recursion of section 1 into the operations of the network. Each operation has a
# rule of its own for the way back.
#
# - $h_t$ is used twice, by its own loss and by step $t+1$:
#   $\ \bar h_t = \bar h_t^{\,\mathrm{out}} + \bar a_{t+1} W_h^\top$, without the second term at
#   $t = T$.
# - $h_t = \mathrm{ReLU}(a_t)$ acts on each unit separately:
#   $\ \bar a_t = \mathrm{mask}_t \odot \bar h_t$.
# - $a_t$ uses each parameter once: $\bar W_x \mathrel{+}= x_t \otimes \bar a_t$, $\ \bar
#   W_h \mathrel{+}= h_{t-1} \otimes \bar a_t$, $\ \bar b_h \mathrel{+}= \bar a_t$. All
#   three gradients start at zero.
# - $x_t$ is used by this step only: $\ \bar x_t = \bar a_t W_x^\top$. The adjoint that step 1
#   passes back is $\bar h_0 = \bar a_1 W_h^\top$.
#
# The term from later steps, $\bar a_{t+1} W_h^\top$, equals $\bar h_{t+1} J_{t+1}$ of section 1:
# first the mask, then $W_h^\top$. Multiplying by $\mathrm{diag}(\mathrm{mask})$ is the same as
# $\odot$ with the mask, so you need not build the diagonal matrix.
#
# The adjoints `dh` come from outside. For an output $o_t = h_t W_y$, lesson 02 gives
# $\bar h_t^{\,\mathrm{out}} = \bar o_t W_y^\top$. The sweep works for any `dh`.
#
# **Exercise 5 ●●● · 30 min.** Write the sweep. `h` holds the states, `dh` the adjoints from outside
# on `h[1:]`. You do not get the pre-activations, and you do not need them: a unit is active when
# its state is above zero. Return a dict with `"W_x"`, `"W_h"`, `"b_h"`, `"x"` and `"h0"`. Each
# entry has the shape of the array whose gradient it is.

# %% nbgrader={"grade": false, "grade_id": "relu_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relu_backward(params, x, h, dh):
    """x (T,D), h (T+1,H), dh (T,H) on h[1:].  Returns {"W_x", "W_h", "b_h", "x", "h0"}."""
    ### BEGIN SOLUTION
    mask = h[1:] > 0
    grads = {name: np.zeros(np.shape(params[name])) for name in ("W_x", "W_h", "b_h")}
    grads["x"] = np.zeros(x.shape)
    future = np.zeros(h.shape[1])
    for t in range(len(x), 0, -1):
        dh_total = dh[t - 1] + future
        da = mask[t - 1] * dh_total
        grads["W_x"] += np.outer(x[t - 1], da)
        grads["W_h"] += np.outer(h[t - 1], da)
        grads["b_h"] += da
        grads["x"][t - 1] = da @ params["W_x"].T
        future = da @ params["W_h"].T
    return {**grads, "h0": future}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_relu_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.relu_backward", relu_backward)

# %% [markdown] tags=["S2.3"]
# <details><summary>Hint 1 · a nudge</summary>
#
# One row is passed back from step to step: the derivative of all later losses with respect to the
# current state. At each step, add the adjoint from outside to it. Then go back through the
# operations of the step.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# At each step, in this order: add the two terms of $\bar h_t$; multiply by the mask to get
# $\bar a_t$; add to three gradients; store $\bar x_t$; compute $\bar a_t W_h^\top$, which is passed
# back to $h_{t-1}$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compare `h[1:]` with zero to get the mask; its row for step $t$ has the index $t-1$. Start with a
# row of zeros as the array that is passed back, and count $t$ from $T$ down to 1. The step reads
# `x[t-1]` and `h[t-1]`. In both outer products the array that was read stands on the left, and `da`
# on the right. After the loop the array that is passed back is $\bar h_0$.
#
# </details>
#
# ---
#
# **What the mask does to an adjoint.** The figure shows $\bar a_t$ for the network at the top.
# Blank fields are exactly zero. Compare them with the mask: an inactive unit replaces the adjoint
# that arrives by zero, and an active unit passes it back unchanged. (The library returns $\bar x_t$
# and not $\bar a_t$. So the cell gives every unit one more input, with weight 1. These inputs are
# zero, so no state changes. Their adjoints are $\bar a_t$.)
#
# The lines below the figure show what an adjoint *is*, for every array of the network. It has one
# number for each entry of the array, so it has the same shape. The number is the derivative of the
# loss with respect to that entry. The column on the right measures this derivative with a complex
# step in one entry. (ReLU decides by the real part which units are active, and is linear after
# that.)

# %% tags=["shows-answers"]
wide = {**params, "W_x": np.concatenate([params["W_x"], np.eye(H)])}
fed = np.concatenate([x, np.zeros((T, H))], axis=1)[:, None]
wide_run = rnn.forward(wide, fed, h0[None], phi="relu")
felt_of_a = rnn.backward(wide, wide_run, dh[:, None])["x"][:, 0, D:]
shown = np.where(felt_of_a == 0, np.nan, felt_of_a).T
plots.show(
    plots.heatmap(shown, "step t", "unit", "adjoint of $a_t$", numbers="+.2f", cmap="cividis"),
    "The adjoints of the pre-activations over units and steps: blank exactly where the mask is "
    "zero, positive and negative numbers elsewhere.",
)


def loss(p):
    weights = {name: p[name] for name in params}
    return np.sum(rnn.forward(weights, p["x"], p["h0"], phi="relu").h[1:, 0] * dh)


point = {**params, "x": run.x, "h0": h0[None]}
print(numgrad.check_gradient(loss, right, point))
for name, value in point.items():
    e = (np.arange(value.size) == value.size - 1).reshape(value.shape)
    moved = loss({**point, name: value + 1e-30j * e}).imag / 1e-30
    print(f"{name:4s}{value.shape!s:11s} its adjoint {right[name].shape!s:11s}"
          f"last entry {right[name].flat[-1]:+.6f}, measured {moved:+.6f}")

# %% [markdown] tags=["S2.7", "S2.10"]
# ## 4 Refute it: an update without a loss
#
# A page of handwriting solves this network with adjoints, for one instance in columns. Its adjoint
# of the state is right. In the copy that this course was written from, the updates then read
#
# $$\bar W_h \mathrel{+}= h_{t-1} \otimes \mathrm{ReLU}'(a_t), \qquad
#   \bar W_x \mathrel{+}= x_t \otimes \mathrm{ReLU}'(a_t), \qquad
#   \bar b_h \mathrel{+}= \mathrm{ReLU}'(a_t) .$$
#
# (The columns of the page are written as rows here. It is no longer possible to tell whether the
# page or the copy lost a factor, so nobody is blamed; we examine the lines as they stand.) These
# updates contain the slope but not the adjoint $\bar h_t$, the *upstream factor*. The bias gradient
# becomes a row of whole numbers: it counts at how many steps each unit is active. The shapes are
# right, and the numbers look plausible. One might expect that a step of gradient descent along
# these arrays at least reduces the loss.
#
# **Exercise 6 ●●○ · 10 min.** Refute that. Give adjoints from outside, of shape $(6, 5)$, for the
# network at the top, for which a small step of descent along the three printed arrays *increases*
# the loss. In numbers: the sum of all entries of (true gradient) $\odot$ (printed update), over the
# three parameters, is negative. (A step of size $\eta$ against the update changes the loss by
# $-\eta$ times this sum, to first order.)

# %% nbgrader={"grade": false, "grade_id": "uphill", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
uphill = None  # an array of shape (6, 5)
### BEGIN SOLUTION
uphill = np.zeros((T, H))
uphill[0] = -1.0
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_upstream", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.refute_upstream", uphill)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# What happens to the true gradient when all of `dh` changes its sign? And what happens to the
# printed update?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Write $d$ for the array `dh`, $g(d)$ for the true gradient, $p$ for the printed update, and
# $\langle g, p\rangle$ for the sum of all entries of $g \odot p$. The gradient is linear in $d$,
# and $p$ does not depend on $d$. So $\langle g(-d), p\rangle = -\langle g(d), p\rangle$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Try any array. If it fails, take its negative.
#
# </details>
#
# ---
#
# **How large are the errors?** An update that does not contain the loss points downhill only by
# chance. The cell below evaluates that update and the first four mistakes of the list below on the
# network at the top, and compares each with the true gradient. Its last line tests the fifth.
#
# - *Mask dropped* replaces $\bar a_t$ by $\bar h_t$.
# - *Both index versions*: the solution prints the update once for step $t+1$ and once for step $t$.
#   These are the same terms with a shifted index, so a program must use only one of the two. If it
#   executes both, it counts every use twice except the last. Where the terms of different uses have
#   opposite signs, the result is far from any multiple of the gradient.
# - *Double sum without $L_1$* is the sum of section 1 with the printed limits.
# - *One dot for two products*: the page writes the same dot for the matrix product and for the
#   elementwise product. If you exchange the two, both still run. The matrix product of mask and
#   adjoint is a single number, which NumPy broadcasts to all units without a warning. The
#   elementwise product of $W_h^\top$ and the adjoint is a matrix.
# - *Outputs that lag*: in the page's numbering $x_t$ produces $h_{t+1}$, but $y_t$ is read from
#   $h_t$ (section 7). So $y_t$ does not depend on $x_t$, and this derivative is exactly zero.

# %% tags=["shows-answers"]
def error(printed, name):
    return np.linalg.norm(printed - right[name]) / np.linalg.norm(right[name])


reads = {"W_x": x, "W_h": h[:-1], "b_h": np.ones((T, 1))}
for name, read in reads.items():
    printed = np.squeeze(read.T @ mask)
    print(f"upstream factor missing, {name}: relative error {error(printed, name):.2f}")
print("printed b_h", mask.sum(axis=0), " true b_h", right["b_h"].round(2))
no_mask = rnn.backward(params, run._replace(phi="identity"), dh[:, None])
print(f"mask dropped, h0: {error(no_mask['h0'], 'h0'):.2f}")
twice = 2 * right["W_h"] - by_use[-1]
print(f"both index versions executed, W_h: {error(twice, 'W_h'):.2f}")
print(f"double sum without L_1, W_h: {error(by_loss[1:].sum(axis=0), 'W_h'):.2f}")
arrives = dh + np.concatenate([felt_of_a[1:] @ params["W_h"].T, np.zeros((1, H))])
print(f"a matrix product for mask and adjoint, b_h: {error(np.sum(mask * arrives), 'b_h'):.2f};",
      f"W_h^T and the adjoint entry by entry: {(params['W_h'].T * felt_of_a[0]).shape}")
states = numgrad.complex_step(lambda v: rnn.forward(params, v[:, None], h0[None], "relu").h, x)
own, later = (max(abs(states[t + n, 0, :, t]).max() for t in range(T)) for n in (0, 1))
print(f"largest derivative with respect to the page's x_t: of h_t, which y_t reads, {own};",
      f"of h_(t+1) {later}")


# %% [markdown] tags=["S2.8", "S4.5"]
# ## 5 One matrix, T uses
#
# Why do the gradients use $\mathrel{+}=$? Give every step its own copy of the matrix,
# $W^{(1)}, \dots, W^{(T)}$. The network is then an ordinary deep network with one layer per step:
#
# $$a_t = x_t W_x + h_{t-1} W^{(t)} + b_h .$$
#
# Each copy is used once, so its gradient is one outer product. Sharing means that all copies equal
# one $W_h$. When $W_h$ changes, all copies change by the same amount, and by the chain rule their
# effects on the loss add up:
#
# $$\frac{dL}{dW_h} = \sum_{t=1}^{T} \frac{dL}{dW^{(t)}} .$$
#
# **Exercise 7 ●●○ · 20 min.** Compute the gradients of the copies. The copies may all be
# *different*. `W_copies` has shape `(T,H,H)`, and its entry `t-1` is the matrix of step $t$; `h`
# holds the states of the network with these copies; `dh` holds the adjoints from outside. Return an
# array `(T,H,H)`.

# %% nbgrader={"grade": false, "grade_id": "copies_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def copies_backward(W_copies, h, dh):
    """W_copies (T,H,H), h (T+1,H), dh (T,H).  Returns (T,H,H), the gradient of every copy."""
    ### BEGIN SOLUTION
    own = np.zeros(W_copies.shape)
    future = np.zeros(h.shape[-1])
    for t in range(len(dh), 0, -1):
        da = (h[t] > 0) * (dh[t - 1] + future)
        own[t - 1] = np.outer(h[t - 1], da)
        future = da @ W_copies[t - 1].T
    return own
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_copies_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.copies_backward", copies_backward)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# It is the sweep of exercise 5 with fewer gradients. Two of its lines change.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar a_t = \mathrm{mask}_t \odot (\bar h_t^{\,\mathrm{out}} + \bar a_{t+1} {W^{(t+1)}}^\top)$,
# and the gradient of $W^{(t)}$ is $h_{t-1} \otimes \bar a_t$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make an array of zeros with the shape of the copies, and a row of zeros as the array that is
# passed back. Let `t` run from $T$ down to 1. Each step writes one entry of the result, without
# adding. It multiplies `da` by the transpose of its own copy, and passes the product back.
#
# </details>
#
# ---
#
# **Shared gradient and gradients of the copies.** The cell below sets all copies to the same $W_h$
# and measures the gradient of each by complex step. Each gradient equals a column of the triangle
# in section 1: all losses for one use. Their sum is the shared gradient. If each copy were updated
# with its own gradient, the copies would become different. To keep them equal, add the gradients
# first and then update. What sharing saves is parameters: there are $DH + H^2 + H$ of them, for any
# length of the sequence. The last line counts them, and compares with a network in which every step
# has its own copy of all three parameters.

# %% tags=["shows-answers"]
def loss_of_copies(W_copies):
    state, total = h0, 0.0
    for x_t, copy, dh_t in zip(x, W_copies, dh):
        state = activations.relu(x_t @ params["W_x"] + state @ copy + params["b_h"])
        total = total + np.sum(state * dh_t)
    return total


measured = numgrad.complex_step(loss_of_copies, np.array([params["W_h"]] * T))
bars = {
    "measured on the copy": np.linalg.norm(measured, axis=(1, 2)),
    "column of the triangle": np.linalg.norm(by_use, axis=(1, 2)),
}
plots.show(
    plots.paired_bars(bars, "copy of step t", "norm of its gradient"),
    "The norm of the gradient of each of the six copies of the recurrent matrix, unequal from "
    "step to step, beside the norm of the column of path terms: equal bars.",
)
gap = abs(measured.sum(axis=0) - right["W_h"]).max()
print(f"sum of the copies' gradients minus the shared gradient: {gap:.0e}")
n = rnn.n_params(params)
print(f"parameters for {T} steps: {n} when shared, {n * T} when every step has copies")


# %% [markdown] tags=["S2.6"]
# ## 6 What the mask decides
#
# For ReLU the mask determines where a gradient *can* differ from zero, before you know the loss. In
# $\bar a_t = \mathrm{mask}_t \odot \bar h_t$ an inactive unit gets a zero. A unit that is inactive
# at every step is called *dead*. The gradients of its bias, its column of $W_x$ and its column of
# $W_h$ are exactly zero. So training on this sequence never changes its own weights, and only
# changes of other units could make it active again.
#
# For $W_h$ the mask determines more. The entry $[m, n]$ of its gradient is the sum of
# $h_{t-1}[m]\,\bar a_t[n]$ over the steps. An inactive unit makes this product zero on either side:
# unit $n$ has no adjoint when it is inactive, and the state of unit $m$ is zero when it is
# inactive.
#
# **Exercise 8 ●●○ · 15 min.** `mask` is a boolean array $(T,H)$, and the network started from
# $h_0 = 0$. Return a dict of two boolean arrays. `"dead"` $(H,)$ is true for dead units. `"W_h"`
# $(H,H)$ is true for the entries of $\bar W_h$ that are zero **for every loss**.

# %% nbgrader={"grade": false, "grade_id": "certain_zeros", "locked": false, "schema_version": 3, "solution": true, "task": false}
def certain_zeros(mask):
    """mask (T,H), True where a unit is active.  Returns {"dead": (H,), "W_h": (H,H)}."""
    ### BEGIN SOLUTION
    mask = np.asarray(mask, bool)
    unreached = ~(mask[:-1].T @ mask[1:])
    return {"dead": ~mask.any(axis=0), "W_h": unreached}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_certain_zeros", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.certain_zeros", certain_zeros)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# A sum is certainly zero if every term has a factor that is zero.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The term of step $t \ge 2$ can differ from zero if unit $m$ was active at step $t-1$ and unit $n$
# is active at step $t$. Step 1 reads the state $h_0 = 0$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start from a matrix that is true everywhere. For each step from the second on, set an entry to
# false if the unit of its row was active one step before and the unit of its column is active now.
# Without a loop: the product of two boolean matrices is true where some step makes both true.
#
# </details>
#
# ---
#
# **Which entries of the gradient are zero?** The figure shows the gradient with respect to $W_h$ of
# the network at the top, restarted from $h_0 = 0$. Blank fields are exactly zero. Unit 3 is dead.
# Its column is blank, because its pre-activation has no adjoint, and its row is blank, because its
# state is zero. The other blank fields connect two units that are both alive. The mask below the
# figure shows the reason: whenever unit $m$ is active, unit $n$ is inactive one step later. (In the
# column form of section 7 the matrices are transposed: there, a dead unit makes a *row* zero in the
# gradient of the recurrent matrix.)

# %% tags=["shows-answers"]
from_zero = rnn.forward(params, x[:, None], None, phi="relu")
gradients = rnn.backward(params, from_zero, dh[:, None])
gradient, dead = gradients["W_h"], gradients["b_h"] == 0
shown = np.where(gradient == 0, np.nan, gradient)
plots.show(
    plots.heatmap(shown, "n, of $a_t$", "m, of $h_{t-1}$", numbers="+.2f", cmap="cividis"),
    "The gradient with respect to W_h, five by five: row 3 and column 3 are blank, "
    "because unit 3 is dead, and a few more fields.",
)
print("dead unit:", 1 + np.flatnonzero(dead))
for m, n in np.argwhere((gradient == 0) & ~dead[:, None] & ~dead):
    print(f"blank between two active units: row {m + 1}, column {n + 1}")
print("the mask from h_0 = 0, units downward:")
print((from_zero.a[:, 0] > 0).T.astype(int))


# %% [markdown] tags=["S2.1", "S2.3", "S2.4", "S2.11"]
# ## 7 The same in columns
#
# The handwritten solution writes vectors as columns, its matrices multiply from the left, and its
# time index is shifted:
#
# $$\hat h_{t+1} = W_{hh} h_t + W_{hx} x_t + b_h, \qquad
#   h_{t+1} = \mathrm{ReLU}(\hat h_{t+1}), \qquad y_t = W_{yh} h_t .$$
#
# Here $\hat h_t$ is the pre-activation, our $a_t$. Transposing turns columns into rows: $W_{hh} =
# W_h^\top$, $W_{hx} = W_x^\top$, $W_{yh} = W_y^\top$. The shift only changes names. Its inputs are
# $x_0, \dots, x_{T-1}$, so its $x_t$ is the $x_{t+1}$ of this course, and both have the index `t`
# in the same array. There is one real difference: its outputs are $y_0, \dots, y_T$. The first
# output is computed from the initial state, before any input. The output $y_t$ does not depend on
# $x_t$, and no output would depend on an $x_T$.
#
# In its letters the sweep reads $\bar h_t = W_{yh}^\top \bar y_t + W_{hh}^\top \bar{\hat h}_{t+1}$
# and $\bar{\hat h}_t = \mathrm{ReLU}'(\hat h_t) \odot \bar h_t$. The solution stops after the
# gradients of $W_{hh}$, $W_{hx}$ and $b_h$. It leaves out $\bar W_{yh} = \sum_t \bar y_t\,
# h_t^\top$, $\ \bar x_t = W_{hx}^\top \bar{\hat h}_{t+1}$, $\ \bar h_0$, and the start of the
# sweep: $\bar h_T = W_{yh}^\top \bar y_T$.
#
# **Exercise 9 ●●○ · 20 min.** Complete the solution. `P` has `"W_hh"` $(H,H)$, `"W_hx"` $(H,D)$,
# `"b_h"` $(H,)$, `"W_yh"` $(K,H)$, where $K$ is the number of outputs. In the arrays `x` $(T,D)$,
# `h` $(T+1,H)$ and `ybar` $(T+1,K)$ the first index is time. Return a dict with `"W_hh"`, `"W_hx"`,
# `"b_h"`, `"W_yh"`, `"x"`, `"h0"`. Each entry has the shape of the array whose gradient it is. You
# may translate and call your `relu_backward`, or write the sweep again in columns.

# %% nbgrader={"grade": false, "grade_id": "column_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def column_backward(P, x, h, ybar):
    """x (T,D), h (T+1,H), ybar (T+1,K).  Returns gradients named as P, and "x" and "h0"."""
    ### BEGIN SOLUTION
    rows = {"W_x": P["W_hx"].T, "W_h": P["W_hh"].T, "b_h": P["b_h"]}
    felt = ybar @ P["W_yh"]
    g = relu_backward(rows, x, h, felt[1:])
    weights = {"W_hh": g["W_h"].T, "W_hx": g["W_x"].T, "b_h": g["b_h"], "W_yh": ybar.T @ h}
    return {**weights, "x": g["x"], "h0": g["h0"] + felt[0]}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_column_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("04.column_backward", column_backward)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Translate the arguments, call the function you have, and translate its results back. Then ask
# which gradients `relu_backward` does not compute.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# In rows $\bar h_t^{\,\mathrm{out}} = \bar y_t W_{yh}$, for $t = 0, \dots, T$. The row of $h_0$
# does not fit into `dh`; add it at the end. The adjoint of a transposed matrix is the transposed
# adjoint.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make a dict with the row names and the two transposed matrices. Compute all adjoints from outside
# in one product of `ybar` with the output matrix. Rows 1 to $T$ are the `dh` of exercise 5; add row
# 0 to the `"h0"` that you get back. Transpose two of the gradients. The gradient of the output
# matrix is a single product of `ybar`, transposed, with the states.
#
# </details>
#
# ### In your own words
#
# **Exercise 10 ●●○ · 15 min · graded by hand.** (a) Prove that the gradient of a shared matrix is
# the sum of the gradients of its copies, for any differentiable $L(W^{(1)}, \dots, W^{(T)})$. (b) A
# program assigns where it should add, so that only the contribution of the step visited last
# remains. Which step is that, and what does its gradient say about the sequence? (c) Another
# program executes the update in both index versions. Express its result in terms of the true
# gradient. Does a small step against this result always reduce the loss? (If you learn alone: a
# model answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# (a) Let $W^{(t)} = W$ for all $t$, and move $W$ by $\varepsilon E$ with any matrix $E$. Every
# copy moves by $\varepsilon E$. To first order $L$ changes by the sum of what the copies do
# alone, all taken at the point where the copies are equal:
#
# $$\varepsilon \sum_t \langle \partial L/\partial W^{(t)}, E \rangle =
#   \varepsilon\, \big\langle \sum_t \partial L/\partial W^{(t)}, E \big\rangle .$$
#
# The gradient with respect to $W$ is the one matrix $G$ for which this change is
# $\varepsilon \langle G, E \rangle$ for every $E$, so $G = \sum_t \partial L/\partial W^{(t)}$. ∎
#
# (b) The sweep visits step 1 last, so $h_0 \otimes \bar a_1$ is left. It holds all losses,
# through $\bar a_1$, but only the use at step 1: what the later uses of the matrix do is
# missing. With $h_0 = 0$ it is zero.
#
# (c) Every use except the last is counted twice: the array is $2G - h_{T-1} \otimes \bar a_T$.
# Where the last use is a small part of $G$, this is nearly $2G$, and the loss falls. Where the uses
# cancel each other in $G$, the remaining term can be larger than $G$, and the array may even point
# uphill. Any array with a positive inner product with $G$ lowers the loss, so a falling loss cannot
# expose this mistake. A numerical check can.

# %% [markdown]
# ## Recap
#
# - The double sum over losses and uses, sorted by use, is the reverse sweep.
# - An adjoint has the shape of its array. The adjoint of a state is a sum over all places that use
#   the state.
# - ReLU passes an adjoint back unchanged or replaces it by zero. The mask decides which, not the
#   sign of the adjoint.
# - The gradient of a shared parameter is the sum of the gradients of its copies. Each use is added
#   once.
# - Rows or columns, shifted or not: the numbers are the same, transposed and with other names.
#
# ### Sources
#
# - Rumelhart, D. E., Hinton, G. E. and Williams, R. J. (1986). Learning representations by
#   back-propagating errors. *Nature* 323, 533–536.
#   [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0). *For:* adjoints, from layer to layer.
# - Griewank, A. and Walther, A. (2008). *Evaluating Derivatives: Principles and Techniques of
#   Algorithmic Differentiation*, 2nd edition. SIAM.
#   [doi:10.1137/1.9780898717761](https://doi.org/10.1137/1.9780898717761). *For:* adjoints of any
#   program, written with a bar as here.
# - Nair, V. and Hinton, G. E. (2010). Rectified linear units improve restricted Boltzmann machines.
#   *Proceedings of the 27th International Conference on Machine Learning*, 807–814. *For:* the
#   rectified linear unit in networks.
# - Glorot, X., Bordes, A. and Bengio, Y. (2011). Deep sparse rectifier neural networks.
#   *Proceedings of the 14th International Conference on Artificial Intelligence and Statistics*,
#   PMLR 15, 315–323. *For:* its zeros, and what they do to gradients.
# - Le, Q. V., Jaitly, N. and Hinton, G. E. (2015). A simple way to initialize recurrent networks of
#   rectified linear units. [arXiv:1504.00941](https://arxiv.org/abs/1504.00941). *For:* recurrent
#   networks made of such units.
#
# ### Your functions
#
# Below, each of your functions beside the reference.

# %%
recap("04", globals())
