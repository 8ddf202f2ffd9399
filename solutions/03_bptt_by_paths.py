# %% [markdown]
# # 03 · Back-propagation through time, path by path
#
# **After this lesson you can** write the step Jacobian of a recurrent network in a fixed layout;
# multiply such Jacobians in the right order; write the gradient with respect to a shared matrix as
# a sum over paths; and say why the last factor of every path is an immediate derivative.
#
# about 150 minutes · difficulty ●●○ · before it: 01, 02, matrix products
#
# Lesson 01 derived the sum over paths for numbers, and numbers commute. Now the state is a row
# vector and the weights are matrices. The gradient is still a sum over paths. What is new is the
# order of the factors: you have to know which factor stands on which side.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $x_t$ | `x[t-1]`, shape $(D,)$ | input at step $t = 1, \dots, T$, a row |
# | $a_t = x_t W_x + h_{t-1} W_h$ | `a[t-1]`, $(H,)$ | pre-activation |
# | $h_t = \tanh(a_t)$ | `h[t]`, $(H,)$ | state; `h` has $T+1$ rows, `h[0]` is the initial state |
# | $o_t = h_t W_y$ | `o[t-1]`, $(K,)$ | logits |
# | $\hat y_t = \mathrm{softmax}(o_t)$ | `yhat[t-1]`, $(K,)$ | prediction; $y_t$ is the target |
# | $L_t$, $L = \sum_t L_t$ | | cross-entropy of step $t$, and of the sequence |
# | $\bar h^{\mathrm{out}}_t$ | `dh[t-1]`, $(H,)$ | $\partial L_t / \partial h_t$: the adjoint of $h_t$ **from outside**, through the output layer of step $t$ alone |
# | $J_t = \partial h_t / \partial h_{t-1}$ | | step Jacobian, $(H, H)$ |
# | $J_{t:k} = d h_t / d h_k$ | | product of $t-k$ step Jacobians, the latest on the left |
# | $\partial^{+}$, $d$ | | immediate derivative (one use of the matrix only), total derivative (all paths); a plain $\partial$ follows one step of the network, or one output layer, and no other state |
# | $u \otimes v$ | `np.outer(u, v)` | the matrix with the entries $u_m v_n$ |

# %% tags=["shows-answers"]
import numpy as np

from autograder import check, recap
from rnnlib import losses, paths, plots, readout, rnn

rng = np.random.default_rng(57)
T, D, H, K = 5, 3, 4, 2
weights = {"W_x": 0.6 * rng.normal(size=(D, H)), "W_h": 0.7 * rng.normal(size=(H, H))}
top = {"W_y": rng.normal(size=(H, K))}
params = {**weights, **top}
x, h0 = rng.normal(size=(T, D)), 0.5 * rng.normal(size=H)
y = np.eye(K)[rng.integers(K, size=T)]  # one target a step, one-hot

run = rnn.forward(weights, x[:, None], h0[None])  # rnnlib wants a batch; ours has one sequence
h = run.h[:, 0]
_, do = losses.softmax_cross_entropy(readout.forward(top, run.h[1:]), y[:, None])
dh = readout.backward(top, run.h[1:], do)["h"][:, 0]  # lesson 02: the output layer's part
print("x", x.shape, " h", h.shape, " dh", dh.shape)


# %% [markdown] tags=["S1.1", "S1.5"]
# ## 1 The network in rows
#
# This lesson follows the slides of lesson 02, which write every vector as a row. So a layer
# multiplies a *row by a matrix*. There are no biases:
#
# $$a_t = x_t W_x + h_{t-1} W_h, \qquad h_t = \tanh(a_t), \qquad \hat y_t = \mathrm{softmax}(h_t W_y).$$
#
# (The slides call the three matrices $W$, $U$, $V$, and use $\hat y$ for the target. In this course
# $\hat y$ is always the prediction.) If you insert each state into the next one, the third
# prediction becomes one nested expression:
#
# $$\hat y_3 = \mathrm{softmax}\Big(\tanh\big(x_3 W_x + \tanh(x_2 W_x + \tanh(x_1 W_x + h_0 W_h)\, W_h)\, W_h\big)\, W_y\Big).$$
#
# Count the factors: $W_h$ occurs three times, once for each step. In the copy of the slides that
# this course was written from, this line is damaged. In one version a $W_h$ is missing, and $W_y$
# stands inside the outermost $\tanh$. In another version the activation is called $\sigma$, which
# elsewhere means the logistic function, although the slides define it as $\tanh$. The cell below
# evaluates the line as printed above, and each of the three damaged readings. (For the reading with
# $W_y$ inside, it uses a square matrix in both places.)

# %% tags=["shows-answers"]
def third(W_mid=weights["W_h"], W_y=top["W_y"], phi=np.tanh, inside=False):
    W_x, W_h = weights.values()
    second = phi(x[1] @ W_x + phi(x[0] @ W_x + h0 @ W_h) @ W_mid)
    a = x[2] @ W_x + second @ W_h
    return losses.softmax(phi(a @ W_y) if inside else phi(a) @ W_y)


loop, square = losses.softmax(h[3] @ top["W_y"]), np.random.default_rng(0).normal(size=(H, H))
readings = {
    "as above": (third(), loop),
    "one W_h lost": (third(W_mid=np.eye(H)), loop),
    "sigma read as the logistic": (third(phi=lambda a: 1 / (1 + np.exp(-a))), loop),
    "W_y inside": (third(W_y=square, inside=True), third(W_y=square)),
}
for name, (got, want) in readings.items():
    gap = np.linalg.norm(got - want) / np.linalg.norm(want)
    print(f"nested, {name}: differs by {gap:.1e} of the norm")
plots.show(
    plots.unrolled(4, names=("x", "h", "o"), weights=("W_x", "W_h", "W_y")),
    "The network unrolled over four steps: states h_0 to h_4 joined by the same matrix W_h, "
    "inputs entering through W_x from below, logits leaving through W_y above.",
)


# %% [markdown]
# **Exercise 1 ●○○ · 12 min.** Write the forward pass for one sequence. `params` is a dict with the
# matrices `"W_x"` $(D, H)$, `"W_h"` $(H, H)$ and `"W_y"` $(H, K)$; `x` is $(T, D)$, `h0` is $(H,)$.
# Return the four arrays `a`, `h`, `o`, `yhat`, in this order. The softmax is that of lesson 02,
# applied to every step separately.

# %% nbgrader={"grade": false, "grade_id": "forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def forward(params, x, h0):
    """Returns a (T, H), h (T + 1, H) that starts with h0, o (T, K) and yhat (T, K)."""
    ### BEGIN SOLUTION
    W_x, W_h, W_y = params["W_x"], params["W_h"], params["W_y"]
    T, H = len(x), len(h0)
    a, h = np.zeros((T, H)), np.zeros((T + 1, H))
    h[0] = h0
    for t in range(1, T + 1):
        a[t - 1] = x[t - 1] @ W_x + h[t - 1] @ W_h
        h[t] = np.tanh(a[t - 1])
    o = h[1:] @ W_y
    e = np.exp(o - o.max(axis=1, keepdims=True))
    yhat = e / e.sum(axis=1, keepdims=True)
    return a, h, o, yhat
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("03.forward", forward)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# This is the loop of lesson 01. Only the products change: they are now products of a row and a
# matrix, so the order of the factors matters.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Step $t$ reads `x[t-1]` and `h[t-1]` and computes `a[t-1]` and `h[t]`. The row stands on the left
# of its matrix. After the loop, compute all logits at once from all states except the first.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make two arrays of zeros, $(T, H)$ and $(T+1, H)$, and write the initial state into row 0 of the
# second. In the loop, compute two products with `@`, add them, and apply the hyperbolic tangent.
# For the softmax, subtract the largest logit of each row, exponentiate, and divide each row by its
# own sum (`axis=1, keepdims=True`).
#
# </details>

# %% [markdown] tags=["S3.2", "S4.14"]
# ## 2 One step back: the Jacobian
#
# How does $h_t$ change when $h_{t-1}$ changes? Look at single entries. A change of $h_{t-1}[j]$
# changes $a_t[i]$ with the factor $W_h[j, i]$. A change of $a_t[i]$ changes $h_t[i]$ with the slope
# $\tanh'(a_t[i]) = 1 - h_t[i]^2$. So
#
# $$\frac{\partial h_t[i]}{\partial h_{t-1}[j]} = \big(1 - h_t[i]^2\big)\, W_h[j, i] .$$
#
# Now fix the layout for the whole course: **row $i$ for the output, column $j$ for the input.**
# This is called *numerator layout*. In this layout the formula reads
#
# $$\boxed{\;J_t = \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}\big(1 - h_t^2\big)\, W_h^{\top}\;}$$
#
# The transpose is necessary. The network multiplies $h_{t-1}$ by $W_h$ from the right, so the rows
# of $W_h$ belong to the *input*. In the Jacobian the columns belong to the input. To take a
# derivative back through the step, let $q$ be the derivative of a loss with respect to $h_t$. It is
# a row, and it stands to the left of $J_t$. The derivative with respect to $h_{t-1}$ is $q\, J_t$.
#
# **Exercise 2 ●●○ · 12 min.** Return $J_t$ for one step $t$ between 1 and $T$. `h` holds all states
# of a finished run, shape $(T+1, H)$; `params` is the dict of exercise 1.

# %% nbgrader={"grade": false, "grade_id": "step_jacobian", "locked": false, "schema_version": 3, "solution": true, "task": false}
def step_jacobian(params, h, t):
    """Returns J_t (H, H), with [i, j] the derivative of h_t[i] with respect to h_{t-1}[j]."""
    ### BEGIN SOLUTION
    slope = 1 - h[t] ** 2
    return slope[:, None] * params["W_h"].T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_step_jacobian", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("03.step_jacobian", step_jacobian)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You know both factors: one slope for each entry of the new state, and one weight for each pair of
# an old and a new entry.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# A diagonal matrix on the left multiplies the *rows*: row $i$ of $W_h^{\top}$ is multiplied by
# $1 - h_t[i]^2$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute the $H$ slopes from `h[t]`. Make them a column with `[:, None]`, so that NumPy multiplies
# row by row, and multiply the transposed recurrent matrix by this column. (`np.diag` and `@` give
# the same result with more work.)
#
# </details>

# %% [markdown] tags=["S3.2", "S4.15", "S4.16", "S4.17"]
# ## 3 Many steps back: order
#
# There are $t-k$ steps from $h_k$ to $h_t$, and each step has one Jacobian. So the derivative is a
# product of $t-k$ matrices. In numerator layout a *change* of a state is a column,
# $\delta h_t = J_t\, \delta h_{t-1}$, although the states themselves are rows. The earliest
# Jacobian is applied first, so it stands on the right:
#
# $$J_{t:k} = \frac{d h_t}{d h_k} = J_t\, J_{t-1} \cdots J_{k+1}, \qquad J_{t:t} = I .$$
#
# For example $J_{5:2} = J_5 J_4 J_3$: three steps, three factors, the latest on the left. The row
# $\bar h^{\mathrm{out}}_5$ goes back in time, so it is multiplied by the latest factor first: by
# $J_5$, then $J_4$, then $J_3$.
#
# **Exercise 3 ●●○ · 12 min.** Return $J_{t:k}$ for given $0 \le k \le t \le T$. You may call your
# `step_jacobian`.

# %% nbgrader={"grade": false, "grade_id": "transition", "locked": false, "schema_version": 3, "solution": true, "task": false}
def transition(params, h, t, k):
    """Returns J_{t:k} = dh_t/dh_k (H, H); the identity where t = k."""
    ### BEGIN SOLUTION
    J = np.eye(h.shape[1])
    for s in range(k + 1, t + 1):
        J = step_jacobian(params, h, s) @ J
    return J
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_transition", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("03.transition", transition)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# How many factors does $J_{4:4}$ have? Begin with that matrix, and let every step add one factor.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $J_{s:k} = J_s\, J_{s-1:k}$: each new factor is multiplied from the left. The first factor is
# $J_{k+1}$, the last is $J_t$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start from the identity of size $H$. Let $s$ run from $k+1$ to $t$, both included. Each time,
# multiply the Jacobian of step $s$ by the product so far, with `@` and the Jacobian on the left.
#
# </details>

# %% [markdown] tags=["S1.8"]
# **How far back does a loss reach?** Every loss depends on all earlier states:
# $\dfrac{d L_t}{d h_s} = \bar h^{\mathrm{out}}_t J_{t:s}$. This derivative is *total*, because it
# includes all the states between $s$ and $t$. Each field below shows its norm. At the right end of
# a row, at $s = t$, no Jacobian has been multiplied yet. Each field further to the left contains
# one more factor $J$.
#
# **Predict first.** Does the norm shrink at every step to the left, in every row? The figure gives
# the answer for this network. Read its numbers, because the colours do not show small differences.
# Lesson 07 asks under which condition the norm must shrink at every step.

# %% tags=["shows-answers"]
J = paths.step_jacobians(weights, run)
arrives = np.full((T, T + 1), np.nan)
for row in range(T):
    for s in range(row + 2):
        arrives[row, s] = np.linalg.norm(dh[row] @ paths.transition(J, row + 1, s)[0])
plots.show(
    plots.heatmap(arrives, "state $h_s$, s", "loss $L_t$, t", first=(0, 1), numbers=".2f"),
    "Heatmap of the norm of dL_t/dh_s for every loss t and state s up to t: "
    "the fields above the diagonal are empty, as no loss depends on a later state.",
)

# %% [markdown] tags=["S3.2", "S4.17"]
# ### Is the order a matter of taste?
#
# The slides print $\frac{\partial h^5}{\partial h^4}\frac{\partial h^4}{\partial h^3}\cdots$ beside
# a network written in rows. A public article on the subject, which this course calls *the article*,
# writes $\prod_j$ and does not state the order of the factors. Both are right in numerator layout
# with the latest factor on the left. In the other layout every factor is transposed, and then the
# order is reversed as well: $(AB)^{\top} = B^{\top} A^{\top}$. If you change only the layout or
# only the order, you get a different matrix. *How* different? One might expect that the same
# factors in another order give almost the same product.
#
# Before you test that, note that a product of matrices can be zero although no factor is. A matrix
# of which some power is zero is called **nilpotent**. Take $N \ne 0$ with $N^2 = 0$, for example
# $N = \begin{pmatrix} 0 & 1 \\ 0 & 0 \end{pmatrix}$.
#
# **Exercise 4 ●●○ · 12 min · refute it.** Find a recurrent matrix `W_h` (square, at least 2
# × 2) and two states $h_1, h_2$ with entries strictly between $-1$ and $1$, for which the
# error of the wrong product is **at least as large as the right product itself**: $\lVert
# J_1 J_2 - J_2 J_1 \rVert \ge \lVert J_2 J_1 \rVert$, and $J_1 J_2 \ne J_2 J_1$. The norm
# of a matrix is the root of the sum of its squared entries (`np.linalg.norm`). (With enough
# inputs a network can reach any two such states.) Give a tuple `(W_h, h_1, h_2)` of lists.
# Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "two_orders", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_orders = None  # (W_h, h_1, h_2)
### BEGIN SOLUTION
two_orders = ([[1.0, 1.0], [-1.0, -1.0]], [0.0, 0.0], [0.0, 0.9])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_order", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("03.refute_order", two_orders)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The two products differ only if the two states differ. Which products can be very small although
# their factors are not?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $D_t = \mathrm{diag}(1 - h_t^2)$ the two products are $D_2 W_h^{\top} D_1 W_h^{\top}$ and
# $D_1 W_h^{\top} D_2 W_h^{\top}$. For $h_1 = 0$ the first contains the square of $W_h^{\top}$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Some nilpotent 2 × 2 matrices contain no zero. Take one of them, let $h_1$ be zero, and choose
# $h_2$ so that one of its two units is saturated and the other is not.
#
# </details>

# %% tags=["shows-answers"]
# The derivative of h_5 with respect to h_0 on this lesson's network, in both orders, and with
# layout and order changed together; each compared with a complex step.
J_t = [None, *J[:, 0]]  # so that J_t[1] belongs to step 1
right = J_t[5] @ J_t[4] @ J_t[3] @ J_t[2] @ J_t[1]
wrong = J_t[1] @ J_t[2] @ J_t[3] @ J_t[4] @ J_t[5]
other_layout = (J_t[1].T @ J_t[2].T @ J_t[3].T @ J_t[4].T @ J_t[5].T).T


def last_state(start):
    return rnn.forward(weights, x[:, None], start[None]).h[-1, 0]


measured = np.array([last_state(h0 + 1e-20j * e).imag / 1e-20 for e in np.eye(H)]).T
products = {"latest left": right, "latest right": wrong, "layout and order": other_layout}
for name, product in products.items():
    error = np.linalg.norm(product - measured) / np.linalg.norm(measured)
    print(f"{name}: off by {error:.2g} of the measured dh_5/dh_0")

# %% [markdown] tags=["S1.6", "S4.13", "S4.14"]
# ## 4 The paths of one loss
#
# Take one loss, $L_t$. The matrix $W_h$ is used at each of the steps $k = 1, \dots, t$, and each
# use contributes one term to the gradient. To find the term of step $k$, go back from the loss to
# this use:
#
# 1. From $L_t$ to $h_t$: the row $\bar h^{\mathrm{out}}_t$.
# 2. From $h_t$ to $h_k$: the row becomes $\bar h^{\mathrm{out}}_t J_{t:k}$.
# 3. From $h_k$ to $a_k$: each entry is multiplied by its slope,
#    $(\bar h^{\mathrm{out}}_t J_{t:k}) \odot (1 - h_k^2)$.
# 4. From $a_k$ to the matrix: in $a_k[n] = \sum_m h_{k-1}[m]\, W_h[m, n] + \dots$ the entry
#    $W_h[m, n]$ is multiplied by $h_{k-1}[m]$, and it influences only $a_k[n]$.
#
# Points 3 and 4 are the **immediate** derivative $\partial^{+} h_k / \partial W_h$. As an array it
# has three indices, but you never need the whole array: multiplied by a row from the left, it
# becomes an outer product:
#
# $$\boxed{\;\text{term } k \text{ of } \frac{dL_t}{dW_h} \;=\; h_{k-1} \otimes
#   \big[(\bar h^{\mathrm{out}}_t J_{t:k}) \odot (1 - h_k^2)\big]\;}$$
#
# The term $k = t$ contains no Jacobian, the term $k = t-1$ contains one, and so on. The input
# matrix is used in the same pre-activation, so its term is the same with $x_k$ in place of
# $h_{k-1}$.

# %%
plots.show(
    plots.unrolled(5, lit=(2, 5), names=("x", "h", "o"), weights=("W_x", "W_h", "W_y")),
    "The term k = 2 of the loss at step 5, lit in the unrolled network: W_h is used at step 2, "
    "and the change passes through J_3, J_4 and J_5 to the state h_5.",
)


# %% [markdown]
# **Exercise 5 ●●● · 25 min.** Compute all terms of one loss $L_t$, for both matrices. `x` is
# $(T, D)$, `h` is $(T+1, H)$ with the initial state first, and `dh` is $(T, H)$: row $t-1$ is
# $\bar h^{\mathrm{out}}_t$, the derivative of $L_t$ with respect to $h_t$ through its own output
# layer. Return a dict with `"W_x"` of shape $(t, D, H)$ and `"W_h"` of shape $(t, H, H)$; entry
# $k-1$ is the term of the use at step $k$. You may call your `transition`.

# %% nbgrader={"grade": false, "grade_id": "path_terms", "locked": false, "schema_version": 3, "solution": true, "task": false}
def path_terms(params, x, h, dh, t):
    """Returns {"W_x": (t, D, H), "W_h": (t, H, H)}, entry k-1 for the use at step k."""
    ### BEGIN SOLUTION
    slope = 1 - h[1:] ** 2
    terms = {"W_x": [], "W_h": []}
    for k in range(1, t + 1):
        reach = dh[t - 1] @ transition(params, h, t, k)
        da = reach * slope[k - 1]
        terms["W_x"].append(np.outer(x[k - 1], da))
        terms["W_h"].append(np.outer(h[k - 1], da))
    return {name: np.array(term) for name, term in terms.items()}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_path_terms", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("03.path_terms", path_terms)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Write one loop over the step $k$ at which the matrix is used. Inside the loop follow the four
# points of the text in their order. The first three give a row of $H$ numbers, and only the last
# gives a matrix.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar h^{\mathrm{out}}_t$ depends only on $t$. The slope and the left side of the outer product
# depend only on $k$. $J_{t:k}$ connects the two. In the course's indices $\bar h^{\mathrm{out}}_t$
# is `dh[t-1]`, $h_k$ is `h[k]`, and $x_k$ is `x[k-1]`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For each `k` from 1 to `t`, multiply the row by the transition from `k` to `t` with `@`. Multiply
# the result by one minus the square of the state that step `k` produced. Then form two outer
# products with this row on the right. On the left stands, in one of them, the state that step `k`
# read, and in the other the input of step `k`. Collect the products in two lists, and turn the
# lists into arrays at the end.
#
# </details>

# %% [markdown] tags=["S1.6", "S4.14"]
# **Are the terms added, or are they equal?** The slides build up the gradient of $L_5$ with respect
# to the recurrent matrix from slide to slide: one term, two terms, up to five, with an equals sign
# each time. The article does the same with two terms on two lines. If the factors are immediate
# derivatives, only the full sum equals the gradient. The terms are *added*, and no single term is
# the gradient in another form. The bars show the error that remains after each term, once starting
# with the latest use and once with the oldest. One reading makes the slides' first line, the one
# with a single term, correct: take the *total* derivative $dh_5/dW_h$ as its last factor. Then this
# one term is exact, and no further term may be added. The output lists the same errors, then the
# error of the terms $k = 5$ and $k = 4$ if each is taken alone as the gradient. The last line tests
# the reading with the total derivative; `paths.rtrl` computes it by real-time recurrent learning,
# the recursion of lesson 01.

# %% tags=["shows-answers"]
terms = paths.path_terms(weights, run, dh[:, None], 5)["W_h"]


def errors_of_partial_sums(terms):
    total = terms.sum(axis=0)
    return [np.linalg.norm(s - total) / np.linalg.norm(total) for s in np.cumsum(terms, axis=0)]


bars = {"latest use first": errors_of_partial_sums(terms[::-1])}
bars["oldest use first"] = errors_of_partial_sums(terms)
for name, errors in bars.items():
    print(f"{name}: " + ", ".join(f"{error:.2g}" for error in errors))
true = terms.sum(axis=0)
k5, k4 = (np.linalg.norm(terms[k - 1] - true) / np.linalg.norm(true) for k in (5, 4))
print(f"each taken alone as the gradient: k = 5 is off by {k5:.2f}, k = 4 by {k4:.2f}")
one_term = np.einsum("i,imn->mn", dh[4], paths.rtrl(weights, run)["W_h"][4, 0])
gap = np.linalg.norm(one_term - true) / np.linalg.norm(true)
print(f"one term with the total derivative of h_5: off by {gap:.0e}")
plots.show(
    plots.paired_bars(bars, "number of terms in the sum", "error, relative to the gradient"),
    "Relative error of the sum with one to five path terms, for both orders of adding: "
    "it reaches zero only when all five terms are there.",
)


# %% [markdown] tags=["S1.7", "S1.9", "S4.15"]
# ## 5 The gradient of the whole sequence
#
# The gradient of one loss, written in one line, is
#
# $$\frac{dL_t}{dW_h} = \sum_{k=1}^{t} \frac{\partial L_t}{\partial \hat y_t}\,
#   \frac{\partial \hat y_t}{\partial h_t}\, \frac{d h_t}{d h_k}\,
#   \frac{\partial^{+} h_k}{\partial W_h},$$
#
# where the first two factors together are $\bar h^{\mathrm{out}}_t$. The loss of the sequence is
# the sum of the losses of its steps. So its gradient is a double sum over all pairs
# $1 \le k \le t \le T$. The same holds for $W_x$.
#
# (The article writes $t+1$ in place of $t$, because it counts its steps from zero. Check the limits
# when you rewrite such a sum: the first loss, $L_1$, must be included.)
#
# **Exercise 6 ●●○ · 12 min.** Compute the gradient of $L$ with respect to both matrices. The
# arguments are those of exercise 5 without $t$. Return a dict with `"W_x"` $(D, H)$ and `"W_h"`
# $(H, H)$. You may call your `path_terms`.

# %% nbgrader={"grade": false, "grade_id": "gradient_by_paths", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_by_paths(params, x, h, dh):
    """Returns {"W_x": (D, H), "W_h": (H, H)}, the gradient of L = L_1 + ... + L_T."""
    ### BEGIN SOLUTION
    T = len(x)
    grads = {name: np.zeros_like(params[name]) for name in ("W_x", "W_h")}
    for t in range(1, T + 1):
        terms = path_terms(params, x, h, dh, t)
        for name in grads:
            grads[name] += terms[name].sum(axis=0)
    return grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_gradient_by_paths", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("03.gradient_by_paths", gradient_by_paths)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# There are two sums. You write one of them as a loop. The other one is a sum over an axis of the
# arrays that `path_terms` returns.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\dfrac{dL}{dW} = \sum_{t=1}^{T} \sum_{k=1}^{t} (\text{term } k \text{ of } L_t)$. The terms of
# both matrices are those that exercise 5 returns.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make two arrays of zeros with the shapes of the two weight matrices. For each `t` from 1 to $T$,
# compute the terms of that loss, sum them along the first axis, and add the sum to the array of the
# same name.
#
# </details>

# %% [markdown] tags=["S1.8", "S4.15", "S4.53"]
# ## 6 Why the last factor is immediate
#
# The slides and the article write the last factor as $\partial h_k / \partial W_h$, with the same
# symbol $\partial$ as every other factor. The slides then shorten the line to
#
# $$\frac{\partial L_t}{\partial \hat y_t} \sum_{k=1}^{t} \frac{\partial \hat y_t}{\partial h_k}\,
#   \frac{\partial h_k}{\partial W_h} .$$
#
# The symbol $\partial$ has two meanings in this line. The first factor in the sum is *total*: it
# includes all states between $h_k$ and $h_t$, as in the heatmap. The second factor has to be
# *immediate*: it counts the use of $W_h$ at step $k$ alone. (A reader of the article pointed this
# out, correctly.) If you put $d h_k / d W_h$ in its place, each term also contains all the paths
# that reach $h_k$ from earlier steps, and the sum already contains these paths. The cell below
# computes this wrong sum for $L_5$ from the exact total derivatives. Then it finds out, by least
# squares, how often the wrong sum contains each of the five terms.

# %% tags=["shows-answers"]
total = paths.rtrl(weights, run)["W_h"][:, 0]  # dh_k[i]/dW_h[m, n] as (T, H, H, H)
felt_at = [dh[4] @ paths.transition(J, 5, k)[0] for k in (1, 2, 3, 4, 5)]
both_total = np.einsum("kj,kjmn->mn", felt_at, total)
error = np.linalg.norm(both_total - true) / np.linalg.norm(true)
counts, *_ = np.linalg.lstsq(terms.reshape(5, -1).T, both_total.ravel(), rcond=None)
norms = [np.linalg.norm(sum_) for sum_ in (both_total, true)]
print(f"norm {norms[0]:.3f} instead of {norms[1]:.3f}, error {error:.2f}")
plots.show(
    plots.paired_bars(
        {"wrong sum": counts, "gradient": np.ones(5)}, "use of $W_h$ at step k", "times counted"
    ),
    "How often each use of W_h is counted in the sum with total derivatives: five times at "
    "step 1, down to once at step 5; in the gradient each is counted once.",
)

# %% [markdown]
# **Exercise 7 ●●○ · 15 min · refute it.** One might think that counting a path more than once makes
# the gradient too large but keeps its sign, so that training still works. Refute that with a
# network of one unit, $h_t = \tanh(w_x x_t + w_h h_{t-1})$. Find numbers for which the true
# derivative $dh_T/dw_h$ and the over-counted sum $\sum_{k=1}^{T} J_{T:k}\, \dfrac{d h_k}{d w_h}$
# have **opposite signs**; $T$ is the number of inputs. Give a tuple `(w_x, w_h, x, h_0)`, where `x`
# is a list of at least two inputs. Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "wrong_way", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
wrong_way = None  # (w_x, w_h, x, h_0)
### BEGIN SOLUTION
wrong_way = (1.0, -1.0, [1.87, 0.0], 1.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_overcount", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("03.refute_overcount", wrong_way)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two steps are enough. The sum must have two terms of different signs, and counting one of them
# twice must change the sign of the sum.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# For $T = 2$, divide both by their common factor, the slope $1 - h_2^2$, which is positive. Then
# the true derivative is $h_1 + w_h (1 - h_1^2)\, h_0$, and the over-counted sum is $h_1 + 2\, w_h
# (1 - h_1^2)\, h_0$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Choose $w_h = -1$ and $h_0 = 1$. For which states $h_1$ is $h_1$ larger than $1 - h_1^2$, but
# smaller than twice that? Then choose the first input so that the network reaches such a state
# (`np.arctanh` is the inverse of `np.tanh`; the second input can be any number). Or let a short
# loop try random numbers.
#
# </details>

# %% [markdown] tags=["S3.2"]
# **Exercise 8 ●●○ · 20 min · graded by hand.** (a) Prove what the last figure shows: if the last
# factor is the total derivative $dh_k/dW_h$, then the sum for $L_t$ contains the use of $W_h$ at
# step $i$ exactly $t - i + 1$ times. (b) The slides of lesson 01 promise that the formulas for one
# unit carry over to vectors. Name two places in the calculation of lesson 01 (see its section 6)
# that exchange two numbers whose matrices must not be exchanged, and say what stands there for
# matrices. (If you learn alone: a model answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **(a)** The total derivative is itself a sum over paths:
# $\dfrac{dh_k}{dW_h} = \sum_{i=1}^{k} J_{k:i}\, \partial^{+}h_i$, with $\partial^{+}h_i$ short for the
# immediate derivative with respect to $W_h$. Insert it into the wrong sum. Since $J_{t:k}\,J_{k:i} = J_{t:i}$,
# $$\sum_{k=1}^{t} \bar h^{\mathrm{out}}_t J_{t:k} \sum_{i=1}^{k} J_{k:i}\, \partial^{+}h_i
#   = \sum_{i=1}^{t} \sum_{k=i}^{t} \bar h^{\mathrm{out}}_t J_{t:i}\, \partial^{+}h_i .$$
# The addend no longer depends on $k$, and $k$ runs from $i$ to $t$. So the use at step $i$ is counted
# $t - i + 1$ times: once for every state $h_k$ on its way to $h_t$. With $\partial^{+}h_k$ in place of the
# total derivative the inner sum has the one addend $i = k$, and each use is counted once. ∎
#
# **(b)** First, the product of the factors between two steps: $J_3 J_2$ could have been written
# $J_2 J_3$. Now the latest factor stands on the left, and in the induction step the new factor
# $J_{k+1}$ is multiplied from the left. Secondly, in the reverse sweep the adjoint was multiplied by $W$
# and the slope in any order. Now the adjoint is a row: it is first multiplied by the slopes, entry by
# entry, and then by $W_h^{\top}$ from the right; and a product of adjoint and state, once a number, has
# become an outer product with the state on the left.

# %% [markdown]
# ## Recap
#
# - The layout is the same in the whole course: $J_t = \mathrm{diag}(1 - h_t^2)\,W_h^{\top}$, with
#   the output in the rows.
# - $J_{t:k} = J_t \cdots J_{k+1}$ has $t-k$ factors, the latest on the left. Another order gives
#   another matrix.
# - A term of the gradient is an outer product of the state that step $k$ read and the derivative of
#   the loss with respect to $a_k$.
# - All terms are added, and each path is counted once. The last factor is immediate; the factor
#   $dh_t/dh_k$ before it is total.
#
# The path sum needs a product of Jacobians for every pair of steps. Lesson 04 adds the same terms
# in another order, and one backward sweep is enough.
#
# ### Sources
#
# - Werbos, P. J. (1990). Backpropagation through time: what it does and how to do it. *Proceedings
#   of the IEEE* 78(10), 1550–1560. [doi:10.1109/5.58337](https://doi.org/10.1109/5.58337). *For:*
#   back-propagation through time.
# - Pascanu, R., Mikolov, T. and Bengio, Y. (2013). On the difficulty of training recurrent neural
#   networks. *Proceedings of the 30th International Conference on Machine Learning*, PMLR 28(3),
#   1310–1318. [arXiv:1211.5063](https://arxiv.org/abs/1211.5063). *For:* the sum over paths, with
#   immediate derivatives.
# - Williams, R. J. and Zipser, D. (1995). Gradient-based learning algorithms for recurrent networks
#   and their computational complexity. In Chauvin, Y. and Rumelhart, D. E. (eds.),
#   *Backpropagation: Theory, Architectures, and Applications*, 433–486. Erlbaum. *For:* the
#   gradient of a recurrent network by several routes.
# - Magnus, J. R. and Neudecker, H. (2019). *Matrix Differential Calculus with Applications in
#   Statistics and Econometrics*, 3rd edition. Wiley. *For:* layouts of derivatives, and why one has
#   to choose.
#
# ### Your functions
#
# Below, each of your functions beside the reference.

# %%
recap("03", globals())
