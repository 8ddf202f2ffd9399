# %% [markdown]
# # 05 · Back-propagation through time, in matrices
#
# **After this lesson you can** write the forward and the backward pass of a recurrent network
# for a whole minibatch, also for sequences of different lengths; say where every transpose in it
# comes from; prove that the sweep adds up all paths; and check the whole network, readout and loss
# included.
#
# about 165 minutes · difficulty ●●● · before it: 02, 03, 04
#
# Everything so far comes together here: the output layer of lesson 02, the paths of lesson 03,
# the adjoints of lesson 04. What is new is small and is the source of most mistakes: many
# instances at once, biases, and matrices whose transposes have the right shape by accident.
#
# ### Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $T, B, D, H, K$ | | steps, instances, inputs, hidden units, outputs |
# | $X_t$ | `x[t-1]`, `x` is `(T,B,D)` | input at step $t = 1, \dots, T$; a row per instance, $x_t$ is one row |
# | $A_t$ | `a[t-1]`, `a` is `(T,B,H)` | pre-activation |
# | $H_t$ | `h[t]`, `h` is `(T+1,B,H)` | hidden state; `h[0]` is the initial state $H_0$ |
# | $O_t$ | `o[t-1]`, `o` is `(T,B,K)` | output, before the softmax |
# | $W_x, W_h, b_h$ | `(D,H)`, `(H,H)`, `(H,)` | parameters of the recurrent layer |
# | $W_y, b_y$ | `(H,K)`, `(K,)` | parameters of the readout |
# | $\phi$ | | activation of the hidden units, here $\tanh$ |
# | $J_t$ | | step Jacobian of one instance, $J_t[i,j] = \partial h_t[i] / \partial h_{t-1}[j]$ |
# | $\bar H_t^{\text{out}}$ | `dh[t-1]`, `dh` is `(T,B,H)` | adjoint of $H_t$ **from outside**: the derivative of the loss with respect to $H_t$, later steps not counted |
# | $\bar H_t$ | `dh_total` | the full adjoint of $H_t$, later steps included |
# | $\bar A_t$ | `da` | adjoint of the pre-activation |
# | $u \otimes v$ | `np.outer(u, v)` | outer product of two rows, $u^\top v$ |

# %% tags=["shows-answers"]
import numpy as np

from autograder import check, recap
from rnnlib import gru, losses, lstm, numgrad, paths, plots, readout, rnn, sequence

steps, batch, inputs, units, classes = 6, 3, 4, 5, 7  # T, B, D, H, K
rng = np.random.default_rng(10)
weights = {
    "W_x": rng.normal(size=(inputs, units)) * 0.5,
    "W_h": rng.normal(size=(units, units)) * 0.6,
    "b_h": rng.normal(size=units) * 0.3,
}
top = {"W_y": rng.normal(size=(units, classes)), "b_y": rng.normal(size=classes)}
x, h0 = rng.normal(size=(steps, batch, inputs)), rng.normal(size=(batch, units)) * 0.5
y = np.eye(classes)[rng.integers(classes, size=(steps, batch))]  # one target class each
run = rnn.forward(weights, x, h0)  # a finished run, to try your functions on
print(run._fields, run.h.shape)

# %% [markdown] tags=["S0.1", "S4.1", "S4.2", "S4.6", "S4.8", "S4.9"]
# ## 1 One network, three spellings
#
# Stripped of everything else, a recurrent network is a *dynamical system*: a **state** that a map
# $F$ takes from step to step, $s_t = F(x_t, s_{t-1})$, and a map $G$ that reads the output off the
# state, $\hat y_t = G(s_t)$. The same $F$ and $G$ serve every step. Cells differ in what the state
# is and in $F$:
#
# | cell | state $s_t$ | $F$ takes $x_t$, $s_{t-1}$ to | lesson |
# |---|---|---|---|
# | RNN | $h_t$ | $\tanh(x_t W_x + h_{t-1} W_h + b_h)$ | this one |
# | LSTM | $(c_t, h_t)$ | $c_t = f_t \odot c_{t-1} + i_t \odot g_t,\ \ h_t = o_t \odot \tanh c_t$; the gates $i_t, f_t, o_t$ and $g_t$ read $x_t, h_{t-1}$ | 10 |
# | GRU | $h_t$ | $(1 - z_t) \odot n_t + z_t \odot h_{t-1}$; $z_t$, $n_t$ and a further gate in $n_t$ read $x_t, h_{t-1}$ | 12 |
#
# For all three $G$ is the readout, $\phi_y(h_t W_y + b_y)$. A state is what has to be handed on, and
# nothing else is needed of the past. The code below tests that: it runs each cell step by step and
# hands on the state alone, and for the LSTM once more $h_t$ without $c_t$.
#
# **Columns.** Textbooks take one instance and write it as a column. This lesson corrects two
# sources that do so. One is a table of notes on the general network, which stores the matrices so
# that they act from the left: $h_t = \phi(W_h h_{t-1} + W_x x_t + b_h)$. The other is a public
# article on back-propagation through time, with a list of references of its own. It stores the
# matrices the other way round and transposes: $h_t = \phi(W_x^\top x_t + W_h^\top h_{t-1} + b_h)$.
#
# **Rows.** Transpose the article's equation. With $(M v)^\top = v^\top M^\top$ the transposes
# vanish, and the arrays stay as they are: $h_t = \phi(x_t W_x + h_{t-1} W_h + b_h)$.
#
# **Minibatch.** Put $B$ such rows under each other. No row looks at another one, and the bias
# is added to each of them:
#
# $$A_t = X_t W_x + H_{t-1} W_h + b_h, \qquad H_t = \tanh(A_t), \qquad O_t = H_t W_y + b_y .$$
#
# Check the shapes once: $(B,D)(D,H)$ and $(B,H)(H,H)$ are both $(B,H)$, and $(H,)$ is broadcast
# over the rows. At step 1 there is no previous state, so $H_0$ has to be given: zeros by
# default, or learned (section 8). Steps run from 1 to $T$, states from 0 to $T$.

# %% tags=["shows-answers"]
cells = {"RNN": (rnn.init, rnn.forward), "GRU": (gru.init, gru.forward)}
cells["LSTM"] = (lstm.init, lstm.forward)
for name, handed_on in (("RNN", "h"), ("GRU", "h"), ("LSTM", "ch"), ("LSTM", "h")):
    init, forward = cells[name]
    p, state = init(inputs, units, np.random.default_rng(1)), {}
    for x_t in x:
        step = forward(p, x_t[None], **state)
        state = {f"{part}0": getattr(step, part)[-1] for part in handed_on}
    gap = abs(state["h0"] - forward(p, x).h[-1]).max()
    print(f"{name}, {' and '.join(handed_on)} handed on: off from one run by {gap:.0e}")
# the first step of the first instance, as the article writes it
column = weights["W_x"].T @ x[0, 0] + weights["W_h"].T @ h0[0] + weights["b_h"]
gap = abs(np.tanh(column) - run.h[1, 0]).max()
print(f"column form against row form, largest difference: {gap:.0e}")
plots.show(
    plots.unrolled(4, names=("X", "H", "O"), weights=("W_x", "W_h", "W_y")),
    "The network unrolled over four steps: states H_0 to H_4 joined by W_h, "
    "an input X below each entering through W_x, an output O above each through W_y.",
)


# %% [markdown]
# **Exercise 1 ●○○ · 8 min.** Write the forward pass for a minibatch. `params` is a dict with
# `"W_x"`, `"W_h"`, `"b_h"`; `x` is $(T,B,D)$ and `h0` is $(B,H)$. Return the two arrays `a` and
# `h`, in this order. Only the steps need a loop.

# %% nbgrader={"grade": false, "grade_id": "rnn_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_forward(params, x, h0):
    """Returns a (T, B, H) and h (T + 1, B, H), which starts with h0."""
    ### BEGIN SOLUTION
    a, h = [], [h0]
    for x_t in x:
        a.append(x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b_h"])
        h.append(np.tanh(a[-1]))
    return np.array(a), np.array(h)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_rnn_forward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.rnn_forward", rnn_forward)


# %% [markdown] tags=["S4.5"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The rows never meet, so a matrix product does all instances at once. The steps wait for each
# other.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $A_t = X_t W_x + H_{t-1} W_h + b_h$ in this order of factors. In code `x[t-1]` is $X_t$, and
# the result of step $t$ belongs into `a[t-1]` and `h[t]`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Keep a list of states that holds `h0` at first, and an empty list of pre-activations. For each
# input in `x` append the pre-activation, made from this input and the newest state, then its
# hyperbolic tangent. Turn both lists into arrays.
#
# </details>
#
# ## 2 Shared weights
#
# The unrolled picture has $T$ copies of the network and one set of parameters. So their number
# does not depend on the length of the sequence, and one network can read sequences of any
# length. A feed-forward network of the same depth would have a set of its own for every layer.
#
# **Exercise 2 ●○○ · 5 min.** Count. Return a dict of two numbers: `"shared"`, the entries of
# $W_x$, $W_h$, $b_h$, $W_y$, $b_y$ together; and `"unshared"`, what there would be if each of
# the $T$ steps had its own copy of all five.

# %% nbgrader={"grade": false, "grade_id": "parameter_counts", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parameter_counts(T, D, H, K):
    """Returns {"shared": number, "unshared": number}."""
    ### BEGIN SOLUTION
    layer = (D + H + 1) * H
    head = (H + 1) * K
    return {"shared": layer + head, "unshared": T * (layer + head)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_parameter_counts", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.parameter_counts", parameter_counts)


# %% [markdown] tags=["S4.7"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The notation table has the five shapes. The article gives two of them wrongly, so do not count
# from memory.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# An array of shape $(m, n)$ has $mn$ entries, one of shape $(n,)$ has $n$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Add five products for the first number. The second is the first, once per step.
#
# </details>
#
# ## 3 One stacked matrix
#
# The two products can be made in one. Put $X_t$ and $H_{t-1}$ side by side, and the two
# matrices on top of each other:
#
# $$X_t W_x + H_{t-1} W_h = [X_t \;\; H_{t-1}] \, W, \qquad
#   W = \begin{bmatrix} W_x \\ W_h \end{bmatrix} \text{ of shape } (D+H,\; H).$$
#
# What stands side by side on the left has to stand in the same order from top to bottom on the
# right. The gradient needs no new thought. It is stacked in the same way, because its first $D$
# rows meet $X_t$ and the others $H_{t-1}$:
#
# $$\bar W = \sum_t [X_t \;\; H_{t-1}]^\top \bar A_t, \qquad [\bar X_t \;\; \bar H_{t-1}] = \bar A_t W^\top .$$
#
# (In the second equation $\bar H_{t-1}$ is only what arrives *through step $t$*.)
#
# **Exercise 3 ●○○ · 10 min.** Build $W$, and run the network with it, one matrix product per
# step. Return a dict with `"W"`, shape $(D+H, H)$, and the states `"h"`, shape $(T+1, B, H)$.

# %% nbgrader={"grade": false, "grade_id": "stacked_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stacked_forward(params, x, h0):
    """Returns {"W": (D + H, H), "h": (T + 1, B, H)}."""
    ### BEGIN SOLUTION
    W = np.concatenate([params["W_x"], params["W_h"]])
    h = [h0]
    for x_t in x:
        both = np.concatenate([x_t, h[-1]], axis=1)
        h.append(np.tanh(both @ W + params["b_h"]))
    return {"W": W, "h": np.array(h)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_stacked_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.stacked_forward", stacked_forward)

# %% [markdown] tags=["S4.7"]
# <details><summary>Hint 1 · a nudge</summary>
#
# `np.concatenate` joins arrays along an axis that exists already. Which axis is it for the
# matrices, and which for the rows?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $W$ is $(D+H, H)$: joined along axis 0. $[X_t \; H_{t-1}]$ is $(B, D+H)$: joined along axis 1.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Join the two matrices once, before the loop. In the loop join the input and the newest state
# along the last axis, multiply by the stacked matrix, add the bias, and append the hyperbolic
# tangent.
#
# </details>
#
# ---
#
# ### Would NumPy have complained?
#
# The article prints the stack with the wrong partner: $W_x$ over $W_y$. "Such a slip is
# harmless," one might say. "The shapes do not fit, so it cannot run." With $H \ne K$ that is
# true.
#
# **Exercise 4 ●○○ · 8 min · refute it.** Find a network in which the printed stack runs without
# any error and is wrong. Give a tuple `(W_x, W_h, W_y, x, h0)` of nested lists: three matrices,
# one input row with $D$ entries and one initial state with $H$. Stacking $W_x$ over $W_y$ must
# give the shape $(D+H, H)$ that the article announces. The first state, computed with it
# (without bias), must differ from the true one by more than 0.1 in some unit. Any valid
# counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "silent_stack", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
silent_stack = None  # (W_x, W_h, W_y, x, h0)
### BEGIN SOLUTION
silent_stack = ([[1.0, 0.0]], [[0.5, 0.0], [0.0, 0.5]], [[0, 0], [0, -1]], [0.3], [1, 1])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_stack", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.refute_stack", silent_stack)

# %% [markdown] tags=["S4.22"]
# <details><summary>Hint 1 · a nudge</summary>
#
# For which $K$ does $W_y$ have as many columns as $W_x$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The two first states are $\tanh(x W_x + h_0 W_h)$ and $\tanh(x W_x + h_0 W_y)$. What makes the
# second term matter?
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take $D = 1$ and $H = K = 2$, a non-zero $h_0$, and a $W_y$ that is far from $W_h$. Keep the
# numbers small, so that $\tanh$ does not flatten the difference.
#
# </details>
#
# ## 4 One step back: where the transpose comes from
#
# Take one instance and one step, entry by entry. Unit $i$ of the new state is
# $h_t[i] = \phi(a_t[i])$, with $a_t[i] = \dots + \sum_j h_{t-1}[j]\, W_h[j, i]$. Unit $j$ of
# the old state therefore reaches it through the entry $W_h[j,i]$, first index old, second index
# new:
#
# $$J_t[i,j] = \frac{\partial h_t[i]}{\partial h_{t-1}[j]} = \phi'(a_t[i])\, W_h[j,i], \qquad
#   J_t = \mathrm{diag}(\phi'(a_t))\, W_h^\top .$$
#
# That is the transpose. A row of adjoints meets $J_t$ from the left: what arrives at $h_{t-1}$
# through step $t$ is $\bar h_t J_t$. For a whole batch, row under row, the same thing reads
#
# $$(\bar H_t \odot \phi'(A_t))\, W_h^\top .$$
#
# The article starts from the column form with $W_h^\top h_{t-1}$, which is ours transposed, and
# then prints the Jacobian $\mathrm{diag}(\phi'(a_t))\, W_h$, without the transpose. $W_h$ is
# square, so no shape objects, whatever sizes are chosen. Only the values can tell, and not
# always.
#
# **Exercise 5 ●●○ · 10 min · refute it.** Give two square matrices as a tuple `(loud, silent)`
# of nested lists. For `loud` the printed Jacobian must be off by more than the norm of the true
# one at $a_t = 0$ (where $\phi' = 1$), in the Frobenius norm, the root of the sum of squares.
# For `silent`, which must have an entry off the diagonal, it must be right at *every* $a_t$, so
# that a gradient check on this matrix would accept a wrong formula.

# %% nbgrader={"grade": false, "grade_id": "two_matrices", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_matrices = None  # (loud, silent)
### BEGIN SOLUTION
two_matrices = ([[0, 1], [-1, 0]], [[0.3, 0.8], [0.8, -0.5]])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_jacobian", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.refute_jacobian", two_matrices)

# %% [markdown] tags=["S4.13", "S4.14", "S4.15", "S4.20", "S4.51"]
# <details><summary>Hint 1 · a nudge</summary>
#
# What has to be true of a matrix for its transpose to make no difference? And what for it to
# make the greatest?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# At $a_t = 0$ the error is $\lVert W - W^\top \rVert$, to be compared with
# $\lVert W^\top \rVert$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# $W = W^\top$ makes the first zero. $W = -W^\top$ makes it twice the second. Two rows and two
# columns are enough for both.
#
# </details>
#
# ## 5 All paths of one loss
#
# Now several steps. A change of $h_k$ reaches $h_t$ through all steps between them, and lesson
# 03 showed the order of the factors: the latest step stands on the left.
#
# $$\frac{d h_t}{d h_k} = J_{t:k} = J_t\, J_{t-1} \cdots J_{k+1}, \qquad\text{for example}\qquad
#   \frac{d h_3}{d h_1} = J_3 J_2 .$$
#
# That is $t-k$ factors. The article writes $\prod_{j=k}^{t} \partial h_{j+1}/\partial h_j$. It
# works on the loss of step $t+1$, so this product runs from $h_k$ to $h_{t+1}$ and has $t-k+1$
# factors. If no order is stated, read it as descending. The shift $t+1 \to t$ only renames the
# steps. In three other places the article's derivation differs from ours: its Jacobian lacks the
# transpose (section 4), it sets single terms equal to the gradient (below), and its sum over the
# losses leaves out the first (section 7).
#
# The loss of step $t$ reaches the use of $W_h$ at step $k$ along exactly one path. With
# $\bar h_t^{\text{out}} = \bar o_t W_y^\top$,
#
# $$\frac{dL_t}{dW_h} = \sum_{k=1}^{t} h_{k-1} \otimes \Big[\big(\bar h_t^{\text{out}} J_{t:k}\big) \odot \phi'(a_k)\Big], \qquad
#   \frac{dL_t}{dW_x} = \sum_{k=1}^{t} x_k \otimes \Big[\big(\bar h_t^{\text{out}} J_{t:k}\big) \odot \phi'(a_k)\Big].$$
#
# Each term is one **immediate** derivative, $\partial^{+} h_k / \partial W$ with $h_{k-1}$ held
# fixed, carried on to the loss by Jacobians. The term $k = t$ has none of them. The term
# $k = t-1$ has one, and it is *added*: the article prints the first, then the second, each
# after an equals sign, as if they were two values of one derivative. For $W_x$ it prints one
# term and then two. Neither is the gradient until all terms are added.
#
# Below, the row of the heatmap is a loss, the column a state, and the number says how much of
# the loss arrives there: $\lVert \bar H_t^{\text{out}} J_{t:s} \rVert$. The curves keep the
# newest terms only.
#
# The cell after it puts numbers to the article's indices. It takes each of the two terms alone
# for the gradient; it adds the double sum once with the article's indices and once with ours; and
# it tells $L_{t+1}$, which the article introduces as the *output* of step $t+1$, from that output.
# Last, the article numbers its first step $t = 0$ and begins its sums at $t = 1$. Taken at its
# word, the network never reads the first input. The last line says what that does to the gradient.

# %% tags=["shows-answers"]
_, do = losses.softmax_cross_entropy(readout.forward(top, run.h[1:]), y)
dh = readout.backward(top, run.h[1:], do)["h"]
J, arrives, errors = paths.step_jacobians(weights, run), np.full((steps, steps + 1), np.nan), {}
for t, s in zip(*np.tril_indices(steps, 1, steps + 1)):
    row = np.einsum("bi,bij->bj", dh[t], paths.transition(J, t + 1, s))
    arrives[t, s] = np.linalg.norm(row)
plots.show(
    plots.heatmap(arrives, "state s", "loss of step t", first=(0, 1), numbers=".2f"),
    "Norm of the adjoint that the loss of step t sends to the state s: positive on and "
    "left of the diagonal s = t, back to the initial state; blank for s > t.",
)
for name, terms in paths.path_terms(weights, run, dh, steps).items():
    sums = np.cumsum(terms[::-1], axis=0)  # newest term first
    gaps = np.linalg.norm(sums - sums[-1], axis=(1, 2))
    errors[f"${name}$"] = gaps / np.linalg.norm(sums[-1])
plots.show(
    plots.lines(range(1, steps + 1), errors, "terms kept", "relative error", marker="o"),
    "Relative error of the last loss's gradient by W_x and by W_h against the number of "
    "terms kept: it is zero only when all six are.",
)


# %% tags=["shows-answers"]
def relative(gap, to):
    return np.linalg.norm(gap) / np.linalg.norm(to)


terms = [paths.path_terms(weights, run, dh, t)["W_h"] for t in range(1, steps + 1)]
for k in (steps, steps - 1):
    true = terms[-1].sum(axis=0)
    off = relative(terms[-1][k - 1] - true, true)
    print(f"term k = {k} alone, as the gradient of the last loss by W_h: off by {off:.2f}")
ours = sum(terms[t - 1][k - 1] for t in range(1, steps + 1) for k in range(1, t + 1))
article = sum(terms[t][k - 1] for t in range(steps) for k in range(1, t + 2))
gap = abs(article - ours).max()
print(f"double sum for L_(t+1) from t = 0, and for L_t from t = 1: differ by {gap:.0e}")
o_2 = readout.forward(top, run.h[2:3])[0]
print(f"step 2: its output {o_2.shape}, its loss {losses.softmax_cross_entropy(o_2, y[1])[0]:.2f}")
whole, each = {**weights, **top}, losses.softmax_cross_entropy
full, skipped = (
    sequence.loss_and_grads(rnn, whole, x[first:], y[first:], each, h0=h0)[1]["W_x"]
    for first in (0, 1)
)
print(f"first input never read: gradient by W_x off by {relative(skipped - full, full):.2f}")


# %% [markdown] tags=["S0.2", "S4.9", "S4.15", "S4.20"]
# **What you just saw.** From state to state, the adjoint in a row changes by one Jacobian. On
# the way back it may grow as well as shrink. The curves come down to zero with the last term
# and not before: one term is not the gradient, and two are not.
#
# ## 6 The sweep
#
# The total loss adds all $L_t$, so its gradient is a double sum over $1 \le k \le t \le T$.
# Lesson 04 swapped the sums: gather, for each $k$, everything that arrives from the right. For
# a batch this gives the whole backward pass. Start with $\bar A_{T+1} = 0$ and walk from
# $t = T$ down to 1:
#
# $$\bar H_t = \bar H_t^{\text{out}} + \bar A_{t+1} W_h^\top, \qquad \bar A_t = \bar H_t \odot (1 - H_t^2) .$$
#
# Every array that the forward pass used gets its share from $\bar A_t$. The rule for a product
# $P = Q R$ is $\bar Q = \bar P R^\top$ and $\bar R = Q^\top \bar P$; for a bias that was
# broadcast over rows, the rows are summed. With $A_t = X_t W_x + H_{t-1} W_h + b_h$:
#
# | used at step $t$ | its adjoint |
# |---|---|
# | $X_t$ | $\bar X_t = \bar A_t W_x^\top$ |
# | $W_x$ | $\bar W_x \mathrel{+}= X_t^\top \bar A_t$ |
# | $W_h$ | $\bar W_h \mathrel{+}= H_{t-1}^\top \bar A_t$ |
# | $b_h$ | $\bar b_h \mathrel{+}=$ sum of the rows of $\bar A_t$ |
# | $H_{t-1}$ | $\bar A_t W_h^\top$, passed on to step $t-1$ |
#
# The parameters are used at every step, so their gradients grow by a part per step. The product
# $X_t^\top \bar A_t$ sums over the instances by itself. $X_t$ is used once, so it is stored.
# What step 1 passes on belongs to the initial state: $\bar H_0 = \bar A_1 W_h^\top$.
#
# **Exercise 6 ●●● · 35 min.** Write it. `x` is $(T,B,D)$; `h` is $(T+1,B,H)$, the states of the
# forward pass; `dh` is $(T,B,H)$, with $\bar H_t^{\text{out}}$ in `dh[t-1]`. Return a dict with
# `"W_x"`, `"W_h"`, `"b_h"`, `"x"`, `"h0"`, each shaped like what it belongs to. Leave the
# arguments unchanged. The activation is $\tanh$.

# %% nbgrader={"grade": false, "grade_id": "rnn_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_backward(params, x, h, dh):
    """Returns {"W_x", "W_h", "b_h", "x", "h0"}, the gradient of L."""
    ### BEGIN SOLUTION
    W_x, W_h = params["W_x"], params["W_h"]
    dW_x, dW_h = np.zeros_like(W_x), np.zeros_like(W_h)
    db_h, dx = np.zeros_like(params["b_h"]), np.zeros_like(x)
    future = np.zeros_like(h[0])
    for t in range(len(x), 0, -1):
        dh_total = dh[t - 1] + future
        da = dh_total * (1 - h[t] ** 2)
        dW_x += x[t - 1].T @ da
        dW_h += h[t - 1].T @ da
        db_h += da.sum(axis=0)
        dx[t - 1] = da @ W_x.T
        future = da @ W_h.T
    return {"W_x": dW_x, "W_h": dW_h, "b_h": db_h, "x": dx, "h0": future}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_rnn_backward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.rnn_backward", rnn_backward)


# %% [markdown] tags=["S0.2", "S0.3", "S4.7", "S4.11", "S4.12"]
# <details><summary>Hint 1 · a nudge</summary>
#
# One array of shape $(B,H)$ travels from right to left: what the later steps have to say about
# the current state. Draw one copy of the network, put a gradient on every arrow, and only then
# write.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Per step, in this order: complete $\bar H_t$ from `dh` and what arrived; multiply by the
# slope, which is read off the state that the step *produced*; give the five arrays of the table
# their share, one of them by passing it on.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make arrays of zeros for three parameters, for `x`, and for what arrives from the right. Loop
# over the step's number `t` from $T$ down to 1: it reads the input at index `t-1` and the state
# at index `t-1`, and it made the state at index `t`. The three parameters use `+=`, the input's
# entry uses `=`. What is left over after the loop is the gradient of the initial state.
#
# </details>
#
# ## 7 The whole network
#
# The sweep does not ask where `dh` comes from. In the whole network it comes from the readout,
# which needs no recursion: $H_t$ does not depend on $W_y$. With the cross-entropy of a softmax
# and targets that sum to 1, as in lesson 02,
#
# $$\bar O_t = \hat Y_t - Y_t, \qquad \bar W_y = \sum_t H_t^\top \bar O_t, \qquad
#   \bar b_y = \sum_t \text{rows of } \bar O_t, \qquad \bar H_t^{\text{out}} = \bar O_t W_y^\top .$$
#
# Five parameters, one call: $\theta \in \{W_x, W_h, b_h, W_y, b_y\}$ and
# $L(\theta) = \sum_t L_t$. The cell below puts **your** backward pass under the library's
# readout and compares the result with measured derivatives of the loss. Then it shows three
# facts as numbers, with the library's. The sweep is linear in `dh`, so $T$ sweeps, one for each
# step's loss alone, add up to one sweep for all. The article's sum over $L_{t+1}$ with
# $t = 1, \dots, T-1$ never contains $L_1$. And the stacked gradient is the stack of the
# gradients.

# %% tags=["raises-exception", "shows-answers"]
def loss(p):
    h = rnn.forward({n: p[n] for n in weights}, p["x"], p["h0"]).h
    return losses.softmax_cross_entropy(readout.forward({n: p[n] for n in top}, h[1:]), y)[0]


full, head = rnn.backward(weights, run, dh), readout.backward(top, run.h[1:], do)
try:
    grads = rnn_backward(weights, x, run.h, dh)
except NotImplementedError:
    print("Exercise 6 is still open: this is the library's own gradient.")
    grads = full
point = {**weights, **top, "x": x, "h0": h0}
print(numgrad.check_gradient(loss, grads | {"W_y": head["W_y"], "b_y": head["b_y"]}, point))
alone = [rnn.backward(weights, run, dh * (np.arange(steps) == t)[:, None, None])["W_h"]
         for t in range(steps)]
print(f"T sweeps against one: {relative(sum(alone) - full['W_h'], full['W_h']):.0e}")
print(f"without the first loss: {relative(alone[0], full['W_h']):.2f} of the norm is missing")
stack = rnn.pack(weights)["W"]
measured = numgrad.complex_step(lambda W: loss({**point, **rnn.unpack({"W": W})}), stack)
print(f"stacked gradient: {relative(rnn.pack(full)['W'] - measured, measured):.0e}")


# %% [markdown] tags=["S4.6"]
# ### A batch is B single runs
#
# No row of the forward pass looks at another row. So a minibatch is $B$ networks side by side
# that share their weights, and each instance could have been run alone, in a batch of one.
# Sharing has the usual consequence. What belongs to an instance, $\bar X$ and $\bar H_0$, is
# the instance's own. What is shared adds up. With a loss averaged over the batch, every one of
# these numbers is divided by $B$; in this course losses are sums.
#
# **Exercise 7 ●●○ · 12 min.** Compute the gradient of a batch by calling your `rnn_backward`
# once per instance, with arrays whose batch axis has length 1. Return the same dict, with the
# same shapes, as `rnn_backward` does for the whole batch.

# %% nbgrader={"grade": false, "grade_id": "one_by_one", "locked": false, "schema_version": 3, "solution": true, "task": false}
def one_by_one(params, x, h, dh):
    """Returns {"W_x", "W_h", "b_h", "x", "h0"}, from B runs of one instance each."""
    ### BEGIN SOLUTION
    parts = []
    for b in range(x.shape[1]):
        one = slice(b, b + 1)
        parts.append(rnn_backward(params, x[:, one], h[:, one], dh[:, one]))
    grads = {name: sum(part[name] for part in parts) for name in params}
    grads["x"] = np.concatenate([part["x"] for part in parts], axis=1)
    grads["h0"] = np.concatenate([part["h0"] for part in parts])
    return grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_one_by_one", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.one_by_one", one_by_one)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Which of the five outputs has a batch axis, and where? Those are put side by side. The others
# are added.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar W = \sum_b \bar W^{(b)}$ for the three parameters. `x` has its batch axis in second
# place, `h0` in first place.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# `x[:, b:b+1]` keeps the axis that `x[:, b]` would drop. Collect one dict per instance. Then
# sum over the dicts for the parameters' names, and use `np.concatenate` along the batch axis
# for the other two.
#
# </details>
#
# ---
#
# ### Sequences of different lengths
#
# The sequences of a batch are seldom equally long. The shorter ones are **padded**: zeros fill their
# inputs up to the common length $T$. Zeros are not enough, since $W_h$ and $b_h$ would go on moving
# the state. So a **mask** comes with them, $m_t \in \{0, 1\}$ for every step and instance, which is 1
# where the step is real. At a padded step the state is *carried through*:
#
# $$H_t = m_t \odot \tanh(X_t W_x + H_{t-1} W_h + b_h) + (1 - m_t) \odot H_{t-1} .$$
#
# ($m_t$ is a column here: one number for each row.) The last state $H_T$ is then the last *real*
# state of every instance, and a loss can read them all at once. Going back, ask again which places
# use an array, and how: $A_t$ is used at real steps only, and $H_{t-1}$ is now used twice.
#
# **Exercise 8 ●●○ · 15 min.** Extend your sweep. `mask` is $(T,B)$, of zeros and ones; `h` holds the
# states of the masked forward pass above; `dh` holds adjoints from outside for *all* steps, padded
# ones included. Return the same dict as `rnn_backward`. The padding need not stand at the end, and
# the inputs of padded steps need not be zero. None of that matters if the sweep is right.

# %% nbgrader={"grade": false, "grade_id": "masked_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_backward(params, x, h, dh, mask):
    """mask (T, B).  Returns {"W_x", "W_h", "b_h", "x", "h0"}, the gradient of L."""
    ### BEGIN SOLUTION
    W_x, W_h = params["W_x"], params["W_h"]
    dW_x, dW_h = np.zeros_like(W_x), np.zeros_like(W_h)
    db_h, dx = np.zeros_like(params["b_h"]), np.zeros_like(x)
    future = np.zeros_like(h[0])
    for t in range(len(x), 0, -1):
        real = mask[t - 1][:, None]
        dh_total = dh[t - 1] + future
        da = real * dh_total * (1 - h[t] ** 2)
        dW_x += x[t - 1].T @ da
        dW_h += h[t - 1].T @ da
        db_h += da.sum(axis=0)
        dx[t - 1] = da @ W_x.T
        future = da @ W_h.T + (1 - real) * dh_total
    return {"W_x": dW_x, "W_h": dW_h, "b_h": db_h, "x": dx, "h0": future}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_masked_backward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.masked_backward", masked_backward)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two lines of your `rnn_backward` change. Take an instance whose step $t$ is padded: which function
# of $H_{t-1}$ is $H_t$ there, and what is its derivative?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar A_t = m_t \odot \bar H_t \odot (1 - H_t^2)$, and what step $t$ passes on to $H_{t-1}$ is
# $\bar A_t W_h^\top + (1 - m_t) \odot \bar H_t$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Take the row of the mask that belongs to the step and give it a second axis with `[:, None]`. The
# adjoint of the pre-activation is multiplied by it. What travels on gets a second addend: the full
# adjoint of the state, in the rows where the mask is zero.
#
# </details>
#
# ---
#
# **Look at this.** Three sequences of 6, 4 and 2 steps, and a loss that reads $H_T$ alone. Each field
# is the norm of the adjoint of one state, measured by complex step. Read a row from right to left:
# across the padding the adjoint travels unchanged, and it meets its first Jacobian where its own
# sequence ends. Below the figure, the padded batch beside three runs of their own lengths; and what
# happens without a mask, when the padding is only zeros.

# %% tags=["shows-answers"]
def masked_states(p, x, h0, mask):
    h = [h0]
    for x_t, real in zip(x, mask[..., None]):
        h.append(np.where(real, rnn.forward(p, x_t[None], h[-1]).h[1], h[-1]))
    return np.array(h)


lengths, reads = np.array([6, 4, 2]), dh[-1]
mask = np.arange(steps)[:, None] < lengths
padded = x * mask[..., None]
h, sizes = masked_states(weights, padded, h0, mask), np.zeros((batch, steps + 1))
for t in range(steps + 1):
    def rest(state, t=t):
        return (masked_states(weights, padded[t:], state, mask[t:])[-1] * reads).sum()

    sizes[:, t] = np.linalg.norm(numgrad.complex_step(rest, h[t]), axis=1)
plots.show(
    plots.heatmap(sizes, "state t", "instance", first=(0, 1), numbers=".2f"),
    "Norm of the adjoint of every state, three instances downward, states 0 to 6 to the right: in "
    "the second row the last three fields are equal, in the third row the last five.",
)

# %% tags=["shows-answers"]
ends, true = [], 0.0
for b, n in enumerate(lengths):
    alone = rnn.forward(weights, x[:n, [b]], h0[[b]])
    ends.append(alone.h[-1, 0])
    last = (np.arange(n) == n - 1)[:, None, None] * reads[[b]]
    true = true + rnn.backward(weights, alone, last)["W_h"]
print(f"masked batch: last states off from the runs alone by {abs(h[-1] - ends).max():.0e}")


def end_loss(W_h, mask):
    return (masked_states({**weights, "W_h": W_h}, padded, h0, mask)[-1] * reads).sum()


for kind, kept in {"with the mask": mask, "zeros, no mask": np.ones_like(mask)}.items():
    gradient = numgrad.complex_step(lambda W, kept=kept: end_loss(W, kept), weights["W_h"])
    print(f"{kind}: gradient by W_h off by {relative(gradient - true, true):.1e}")


# %% [markdown] tags=["S4.9"]
# ## 8 A learned initial state
#
# Zeros are a choice, not a law. The initial state can be learned like a weight: one row $h_0$
# of $H$ numbers that *every* sequence starts from. In the forward pass it is copied to all $B$
# rows of $H_0$, which is again a sharing, and you know what sharing does to a gradient.
#
# **Exercise 9 ●●○ · 10 min.** `h0` is now one row of shape $(H,)$, and no states are given. Run
# the network from it for all instances, sweep back, and return the gradient of this row, shape
# $(H,)$. You may call your functions of exercises 1 and 6.
#
# Below the hints, a second network starts from a state that is kept secret, and the task is to
# reproduce its states from the same inputs with the same weights. Started from zero, the loss
# stays where it is. With a gradient for $h_0$ and plain gradient descent the secret is found,
# here with a single instance.

# %% nbgrader={"grade": false, "grade_id": "shared_h0", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shared_h0(params, x, h0, dh):
    """Returns the gradient of the initial state (H,) that all instances share."""
    ### BEGIN SOLUTION
    start = np.tile(h0, (x.shape[1], 1))
    _, h = rnn_forward(params, x, start)
    return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_shared_h0", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.shared_h0", shared_h0)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two steps are new: one before the forward pass, which makes many rows out of one, and one
# after the backward pass, which undoes it.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# If $H_0 = \mathbf{1}\, h_0$, a column of $B$ ones times the row, then
# $\bar h_0 = \mathbf{1}^\top \bar H_0$. It is the rule of the bias.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Copy the row $B$ times, for example with `np.tile` or `np.broadcast_to`. Run, sweep, and take
# the output `"h0"` of the sweep. It has one row for each instance.
#
# </details>

# %% tags=["shows-answers"]
secret, first = np.array([[0.9, -0.8, 0.7, -0.9, 0.6]]), x[:, :1]
target = rnn.forward(weights, first, secret).h
guess, curve = np.zeros((1, units)), []
for _ in range(300):
    mine = rnn.forward(weights, first, guess)
    gap = (mine.h - target)[1:]
    curve.append(0.5 * np.sum(gap**2))
    guess = guess - 0.3 * rnn.backward(weights, mine, gap)["h0"]
curves = {"learned $h_0$": curve, "$h_0 = 0$": np.full(300, curve[0])}
plots.show(
    plots.lines(range(300), curves, "training step", "loss", log="y"),
    "Loss against training step, logarithmic: constant with an initial state of zero, "
    "falling by orders of magnitude where the initial state is learned.",
)
start, end = np.linalg.norm(secret), np.linalg.norm(guess - secret)
print(f"distance to the secret state: {start:.3f} -> {end:.3f}")

# %% [markdown] tags=["S4.15"]
# ## 9 Why the sweep is right
#
# **Exercise 10 ●●● · 20 min · graded by hand.** Section 5 has a sum over paths, section 6 a
# sweep. Prove that they give the same $dL/dW_h$, for one instance and any differentiable
# $\phi$. Show first, by induction from $k = T$ downward, that the sweep's
#
# $$\bar a_k \quad\text{equals}\quad \sum_{t=k}^{T} \big(\bar h_t^{\text{out}} J_{t:k}\big) \odot \phi'(a_k) .$$
#
# State what $J_{T:T}$ is, say where $W_h^\top$ goes in the induction step, and at the end which
# two sums have changed places. (If you learn alone: a model answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Start.** For $k = T$ the sum has one term with $J_{T:T} = I$, the empty product:
# $\bar h_T^{\text{out}} \odot \phi'(a_T)$. The sweep begins with $\bar a_{T+1} = 0$, so it has
# the same.
#
# **Assumption.** The claim holds for $k+1$. For a row $v$, $v \odot \phi'(a)$ is
# $v\,\mathrm{diag}(\phi'(a))$.
#
# **Step.** The sweep passes on
# $\bar a_{k+1} W_h^\top = \sum_{t=k+1}^{T} \bar h_t^{\text{out}} J_{t:k+1}\,\mathrm{diag}(\phi'(a_{k+1}))\, W_h^\top$.
# The last two factors are $J_{k+1}$: that is where $W_h^\top$ goes. Since
# $J_{t:k+1} J_{k+1} = J_{t:k}$, what is passed on is
# $\sum_{t=k+1}^{T} \bar h_t^{\text{out}} J_{t:k}$. Adding
# $\bar h_k^{\text{out}} = \bar h_k^{\text{out}} J_{k:k}$ supplies the term $t = k$, and the
# factor $\phi'(a_k)$ completes the claim for $k$.
#
# **Conclusion.** The sweep's gradient is
# $\sum_{k=1}^{T} h_{k-1} \otimes \bar a_k = \sum_{k=1}^{T} \sum_{t=k}^{T} h_{k-1} \otimes [(\bar h_t^{\text{out}} J_{t:k}) \odot \phi'(a_k)]$.
# Both orders run over all pairs $1 \le k \le t \le T$, so the sums may change places:
# $\sum_{t=1}^{T} \sum_{k=1}^{t}$ of the same terms, which is $\sum_t dL_t/dW_h$. ∎

# %% [markdown]
# ## 10 It works: your network writes
#
# So far your two functions have met small random arrays. Here they learn something. The text to learn is
# that of the help pages that Python carries, in lower case: about 330,000 characters. (Where Python
# comes without them, docstrings of its library take their place.) One paragraph in ten is **held out**:
# the network is never trained on it.
#
# The network reads a character and predicts the next one. Each $x_t$ is a row with a single 1, in the
# column of the character. The readout and the softmax give every character a probability. The loss is
# $-\log_2$ of the probability of the character that came, averaged over the steps. Its unit is **bits per
# character**. It is the cross-entropy of lesson 02, divided by $\ln 2$ and by the number of steps.
#
# Three models to compare with. The first gives all characters the same probability and needs about 6.1
# bits. The second, a *bigram* model, has counted how often each character follows each other one. It
# needs about 3.6. The third, a *trigram* model, counts what follows each pair, and needs about 2.7.
#
# **Predict first.** Your network gets 128 units and 1,500 training steps, each on 32 random pieces of 30
# characters. Which of the three does it beat on the held-out text?
#
# The training takes about ten seconds, and it is not graded. Before it starts, your gradient is compared
# with slopes that are measured on a small network. **Read that line.** If your backward pass is wrong,
# the line says so, and the network is trained all the same. Then look at what a wrong gradient learns.
# The ■ button stops the training; what was learned until then is kept.

# %% tags=["shows-answers"]
from rnnlib import language


class MyRNN:
    """Your two functions, in the form that `language.fit` takes."""

    init = rnn.init

    def forward(params, x, h0):
        return rnn.Run(x, *rnn_forward(params, x, h0), "tanh")

    def backward(params, run, dh):
        return rnn_backward(params, run.x, run.h, dh)


corpus = language.python_text()
levels = {"bigram": language.ngram_bits(corpus, 2), "trigram": language.ngram_bits(corpus, 3)}
print(f"{len(corpus.train):,} characters of {corpus.source}, {len(corpus.held_out):,} held out")

# %% tags=["raises-exception", "shows-answers"]
error = language.slope_error(MyRNN, corpus, np.random.default_rng(0))
says = "it is right" if error < 0.01 else "IT IS WRONG: find out why before you trust what follows"
print(f"your gradient is off by {100 * error:.2g} %: {says}")
fitted = language.fit(MyRNN, corpus, 128, steps=1500, lr=0.01)
scores = {"your RNN": fitted.bits, **levels}
all_bits = "; ".join(f"{name} {bits:.2f}" for name, bits in scores.items())
print(f"bits per character, held out: {all_bits}")
plots.show(
    plots.learning_curves({"your RNN": fitted.curve}, levels, "bits per character"),
    f"Bits per character against training step; your RNN ends at {fitted.curve[-50:].mean():.2f}, "
    f"the bigram model has {levels['bigram']:.2f}, the trigram model {levels['trigram']:.2f}.",
)
print(language.write(MyRNN, fitted.params, corpus, 400))

# %% [markdown]
# With a right gradient the network needs 2.2 to 2.4 bits, whichever of five seeds it starts from. That is
# less than the trigram model needs, so its state keeps more than two characters. Much of what it writes
# is made of words, and the sentences mean nothing. Try more steps, more units, another `seed=`.
#
# **Now break it.** In your sweep leave out the transpose of $W_h$, and run your function and the last cell
# again. The network ends at about 3.2 bits, worse than the trigram model. Then put the transpose back
# and leave out what arrives from later steps. The network ends at about 2.6 bits, and it still writes
# words. The loss falls in both runs. Only the first line tells that the gradient is off, by 106 % and by
# 81 %. Mend your function before you go on.
#
# The text is cut into pieces of 30 characters, and no gradient crosses a cut. Lesson 06 asks what that
# costs. Lesson 10 trains an LSTM on the same text.

# %% [markdown]
# ## Recap
#
# - A minibatch is a stack of rows that share their weights; only the steps need a loop.
# - $J_t = \mathrm{diag}(\phi'(a_t))\,W_h^\top$: the transpose is invisible to shapes, and to
#   symmetric matrices.
# - One array travels backward. It goes through the slope first, then through $W_h^\top$.
# - What is used often is summed: weights over steps and instances, a bias and a shared $h_0$
#   over rows.
# - Padding: carry the state through, zero the adjoint of $A_t$, and carry the adjoint of the state.
# - The readout has no recursion; all it does for the sweep is to supply `dh`.
#
# ### Sources
#
# - Elman, J. L. (1990). Finding structure in time. *Cognitive Science* 14(2), 179–211.
#   [doi:10.1207/s15516709cog1402_1](https://doi.org/10.1207/s15516709cog1402_1). *For:* the simple
#   recurrent network.
# - Werbos, P. J. (1990). Backpropagation through time: what it does and how to do it. *Proceedings
#   of the IEEE* 78(10), 1550–1560. [doi:10.1109/5.58337](https://doi.org/10.1109/5.58337). *For:*
#   its gradient by one sweep.
# - Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. *Neural Computation* 9(8),
#   1735–1780. [doi:10.1162/neco.1997.9.8.1735](https://doi.org/10.1162/neco.1997.9.8.1735). *For:*
#   the LSTM; with forget gates in lesson 10.
# - Cho, K., van Merriënboer, B., Gulcehre, C., Bahdanau, D., Bougares, F., Schwenk, H. and Bengio,
#   Y. (2014). Learning phrase representations using RNN encoder–decoder for statistical machine
#   translation. *Proceedings of EMNLP 2014*, 1724–1734.
#   [arXiv:1406.1078](https://arxiv.org/abs/1406.1078). *For:* the GRU.
# - Sutskever, I., Vinyals, O. and Le, Q. V. (2014). Sequence to sequence learning with neural
#   networks. *Advances in Neural Information Processing Systems* 27.
#   [arXiv:1409.3215](https://arxiv.org/abs/1409.3215). *For:* sequences of different lengths in one
#   batch, and why to group them.
# - Goodfellow, I., Bengio, Y. and Courville, A. (2016). *Deep Learning*, chapter 10. MIT Press.
#   [deeplearningbook.org](https://www.deeplearningbook.org). *For:* recurrent networks in general.
#
# ### Your functions
#
# Below, each of your functions beside the reference.

# %%
recap("05", globals())
