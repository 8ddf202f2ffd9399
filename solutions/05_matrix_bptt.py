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
# This lesson combines what you have built so far: the output layer of lesson 02, the paths of
# lesson 03 and the adjoints of lesson 04. Three things need care: many instances at once, a bias
# that is broadcast to all of them, and matrices whose transposes have the right shape by accident.
# They are small, but most mistakes in a backward pass come from them.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $T, B, D, H, K$ | | steps, instances, inputs, hidden units, outputs |
# | $X_t$ | `x[t-1]`, `x` is `(T,B,D)` | input at step $t = 1, \dots, T$; a row per instance, $x_t$ is one row |
# | $A_t$ | `a[t-1]`, `a` is `(T,B,H)` | pre-activation |
# | $H_t$ | `h[t]`, `h` is `(T+1,B,H)` | hidden state; `h[0]` is the initial state $H_0$ |
# | $O_t$ | `o[t-1]`, `o` is `(T,B,K)` | output, before the softmax |
# | $W_x, W_h, b_h$ | `(D,H)`, `(H,H)`, `(H,)` | parameters of the recurrent layer |
# | $W_y, b_y$ | `(H,K)`, `(K,)` | parameters of the *readout*, the output layer of lesson 02 |
# | $\phi$ | | activation of the hidden units, here $\tanh$ |
# | $J_t$ | | step Jacobian of one instance, $J_t[i,j] = \partial h_t[i] / \partial h_{t-1}[j]$ |
# | $\bar H_t^{\text{out}}$ | `dh[t-1]`, `dh` is `(T,B,H)` | adjoint of $H_t$ **from outside**: the derivative of the loss with respect to $H_t$, later steps not counted |
# | $\bar H_t$ | `dh_total` | the full adjoint of $H_t$, later steps included |
# | $\bar A_t$ | `da` | adjoint of the pre-activation |
# | $u \otimes v$ | `np.outer(u, v)` | outer product of two rows, $u^\top v$ |

# %% tags=["shows-answers"]
import sys

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
# In general terms, a recurrent network is a *dynamical system*. It has a **state**, and a map $F$
# that computes each state from the input and the state before it: $s_t = F(x_t, s_{t-1})$. A second
# map $G$ computes the output from the state: $\hat y_t = G(s_t)$. Every step uses the same $F$ and
# the same $G$. A state together with its map $F$ is called a *cell*. The table shows three cells.
# Here you need only the column of states; the lessons named on the right explain the formulas:
#
# | cell | state $s_t$ | $F$ takes $x_t$, $s_{t-1}$ to | lesson |
# |---|---|---|---|
# | RNN | $h_t$ | $\tanh(x_t W_x + h_{t-1} W_h + b_h)$ | this one |
# | LSTM | $(c_t, h_t)$ | $c_t = f_t \odot c_{t-1} + i_t \odot g_t,\ \ h_t = o_t \odot \tanh c_t$; the gates $i_t, f_t, o_t$ and $g_t$ read $x_t, h_{t-1}$ | 10 |
# | GRU | $h_t$ | $(1 - z_t) \odot n_t + z_t \odot h_{t-1}$; $z_t$, $n_t$ and a further gate in $n_t$ read $x_t, h_{t-1}$ | 12 |
#
# For all three cells $G$ is the readout, $\phi_y(h_t W_y + b_y)$, where $\phi_y$ is the activation
# of the output. The state is everything that a step has to pass to the next one: if you know the
# state, you need nothing else from the past. The code below tests this claim. It runs each cell one
# step at a time and passes on only the state. Then it runs the LSTM once more and passes on $h_t$
# without $c_t$.
#
# **Predict first.** Which of the four runs will differ from a run in one go? The number at the end
# of each printed line gives the answer.
#
# **Columns.** Textbooks usually take one instance and write it as a column. This lesson corrects
# two sources that do so. One is a table of notes on the general network. It stores the matrices so
# that they multiply from the left: $h_t = \phi(W_h h_{t-1} + W_x x_t + b_h)$. The other is a public
# article on back-propagation through time, with a list of references of its own. It stores the
# matrices the other way round and therefore transposes them:
# $h_t = \phi(W_x^\top x_t + W_h^\top h_{t-1} + b_h)$.
#
# **Rows.** Now transpose both sides of the article's equation. Because
# $(M v)^\top = v^\top M^\top$, the transposes disappear, and the matrices are stored exactly as
# before: $h_t = \phi(x_t W_x + h_{t-1} W_h + b_h)$.
#
# **Minibatch.** Stack $B$ such rows into a matrix. The rows do not interact, and the bias is added
# to each of them:
#
# $$A_t = X_t W_x + H_{t-1} W_h + b_h, \qquad H_t = \tanh(A_t), \qquad O_t = H_t W_y + b_y .$$
#
# Check the shapes once: $(B,D)(D,H)$ and $(B,H)(H,H)$ are both $(B,H)$, and the bias of shape
# $(H,)$ is broadcast over the rows. Step 1 has no previous state, so $H_0$ has to be given. It is
# zero by default, or it is learned (section 8). The steps are numbered from 1 to $T$, and the
# states from 0 to $T$.

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
# `h`, in this order. You need a loop over the steps, but none over the instances.

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


# %% nbgrader={"grade": true, "grade_id": "check_rnn_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.rnn_forward", rnn_forward)


# %% [markdown] tags=["S4.5"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The rows do not interact, so one matrix product computes all instances at once. The steps do
# depend on each other, so they are computed one after another.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $A_t = X_t W_x + H_{t-1} W_h + b_h$, with the factors in this order. In code `x[t-1]` is $X_t$,
# and the result of step $t$ is stored in `a[t-1]` and `h[t]`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start with a list of states that contains `h0`, and an empty list of pre-activations. For each
# input in `x`, compute the pre-activation from this input and the newest state, and append it. Then
# append its hyperbolic tangent to the states. At the end turn both lists into arrays.
#
# </details>
#
# ## 2 Shared weights
#
# The unrolled picture shows $T$ copies of the network, but all copies use one set of parameters. So
# the number of parameters does not depend on the length of the sequence, and the same network can
# read sequences of any length. A feed-forward network of the same depth would need separate
# parameters for every layer.
#
# **Exercise 2 ●○○ · 5 min.** Count the parameters. Return a dict of two numbers. `"shared"` is the
# number of entries of $W_x$, $W_h$, $b_h$, $W_y$, $b_y$ together. `"unshared"` is the number of
# entries if each of the $T$ steps had its own copy of all five.

# %% nbgrader={"grade": false, "grade_id": "parameter_counts", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parameter_counts(T, D, H, K):
    """Returns {"shared": number, "unshared": number}."""
    ### BEGIN SOLUTION
    layer = (D + H + 1) * H
    head = (H + 1) * K
    return {"shared": layer + head, "unshared": T * (layer + head)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_parameter_counts", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.parameter_counts", parameter_counts)


# %% [markdown] tags=["S4.7"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The notation table lists the five shapes. Do not take them from the article: it gives two of them
# wrongly.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# An array of shape $(m, n)$ has $mn$ entries, and one of shape $(n,)$ has $n$ entries.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# The first number is a sum of five terms, one for each array. The second number is $T$ times the
# first.
#
# </details>
#
# ## 3 One stacked matrix
#
# One matrix product can replace the two products. Put $X_t$ and $H_{t-1}$ side by side, and put
# $W_x$ on top of $W_h$:
#
# $$X_t W_x + H_{t-1} W_h = [X_t \;\; H_{t-1}] \, W, \qquad
#   W = \begin{bmatrix} W_x \\ W_h \end{bmatrix} \text{ of shape } (D+H,\; H).$$
#
# The order from left to right on the left side has to match the order from top to bottom on the
# right side. The gradient is stacked in the same way. It follows from lesson 04, with the rows of a
# batch stacked as in lesson 02 (section 6 gives the whole sweep). The first $D$ rows of $\bar W$
# belong to $X_t$, and the other rows to $H_{t-1}$:
#
# $$\bar W = \sum_t [X_t \;\; H_{t-1}]^\top \bar A_t, \qquad [\bar X_t \;\; \bar H_{t-1}] = \bar A_t W^\top .$$
#
# (In the second equation $\bar H_{t-1}$ is only the part of the adjoint that arrives *through step
# $t$*.)
#
# **Exercise 3 ●○○ · 10 min.** Build $W$ and run the network with it, using one matrix product per
# step. `np.concatenate([P, Q], axis=0)` puts the array $P$ on top of $Q$; with `axis=1` it puts
# them side by side. Return a dict with `"W"`, shape $(D+H, H)$, and the states `"h"`, shape
# $(T+1, B, H)$.

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


# %% nbgrader={"grade": true, "grade_id": "check_stacked_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.stacked_forward", stacked_forward)

# %% [markdown] tags=["S4.7"]
# <details><summary>Hint 1 · a nudge</summary>
#
# `np.concatenate` joins arrays along an existing axis. Along which axis do you join the two
# matrices, and along which the input and the state?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $W$ has shape $(D+H, H)$, so the matrices are joined along axis 0. $[X_t \; H_{t-1}]$ has shape
# $(B, D+H)$, so its parts are joined along axis 1.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Join the two matrices once, before the loop. In the loop, join the input and the newest state
# along the last axis. Multiply by the stacked matrix, add the bias, and append the hyperbolic
# tangent to the states.
#
# </details>
#
# ---
#
# ### Would NumPy have complained?
#
# The article stacks the wrong matrices: it prints $W_x$ over $W_y$ instead of $W_x$ over $W_h$. You
# could call this mistake harmless, because the shapes do not fit and the code cannot run. With
# $H \ne K$ that is true.
#
# **Exercise 4 ●○○ · 8 min · refute it.** Find a network in which the printed stack runs without an
# error and gives a wrong state. Give a tuple `(W_x, W_h, W_y, x, h0)` of nested lists: three
# matrices, one input row with $D$ entries and one initial state with $H$ entries. $W_x$ stacked
# over $W_y$ must have the shape $(D+H, H)$ that the article states. The first state computed with
# this stack (without bias) must differ from the true first state by more than 0.1 in some unit. Any
# valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "silent_stack", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
silent_stack = None  # (W_x, W_h, W_y, x, h0)
### BEGIN SOLUTION
silent_stack = ([[1.0, 0.0]], [[0.5, 0.0], [0.0, 0.5]], [[0, 0], [0, -1]], [0.3], [1, 1])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_stack", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.refute_stack", silent_stack)

# %% [markdown] tags=["S4.22"]
# <details><summary>Hint 1 · a nudge</summary>
#
# For which $K$ does $W_y$ have as many columns as $W_x$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The two candidates for the first state are $\tanh(x W_x + h_0 W_h)$ and $\tanh(x W_x + h_0 W_y)$.
# How do you choose $h_0$ and $W_y$ so that their second terms differ clearly?
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take $D = 1$ and $H = K = 2$, a non-zero $h_0$, and a $W_y$ that is far from $W_h$. Keep the
# numbers small: where $\tanh$ saturates, even a large difference of its arguments hardly changes
# its value.
#
# </details>
#
# ## 4 One step back: where the transpose comes from
#
# Take one instance and one step, and look at single entries. Unit $i$ of the new state is
# $h_t[i] = \phi(a_t[i])$, with $a_t[i] = \dots + \sum_j h_{t-1}[j]\, W_h[j, i]$. So unit $j$ of the
# old state influences unit $i$ of the new state through the entry $W_h[j,i]$. Its first index is
# the old unit, its second index the new one:
#
# $$J_t[i,j] = \frac{\partial h_t[i]}{\partial h_{t-1}[j]} = \phi'(a_t[i])\, W_h[j,i], \qquad
#   J_t = \mathrm{diag}(\phi'(a_t))\, W_h^\top .$$
#
# This is where the transpose comes from: $J_t$ has the new unit as its first index, $W_h$ has it as
# its second. To go back one step, multiply the row of adjoints by $J_t$ from the right. The part of
# the adjoint that reaches $h_{t-1}$ through step $t$ is $\bar h_t J_t$. For a whole batch, with one
# row per instance, the same product reads
#
# $$(\bar H_t \odot \phi'(A_t))\, W_h^\top .$$
#
# The article starts from the column form with $W_h^\top h_{t-1}$, which is the transpose of ours.
# It then prints the Jacobian $\mathrm{diag}(\phi'(a_t))\, W_h$, without the transpose. Because
# $W_h$ is square, no choice of sizes produces a shape error. Only the values show the mistake, and
# for some matrices not even they do.
#
# **Exercise 5 ●●○ · 10 min · refute it.** Give two square matrices as a tuple `(loud, silent)` of
# nested lists. Take `loud` so that the printed Jacobian has a large error at $a_t = 0$ (where
# $\phi' = 1$): the error must be larger than the norm of the true Jacobian. The norm is the
# Frobenius norm, the root of the sum of squares. Take `silent` so that the printed Jacobian is
# right at *every* $a_t$, although `silent` has an entry off the diagonal. A gradient check on this
# matrix would accept a wrong formula.

# %% nbgrader={"grade": false, "grade_id": "two_matrices", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_matrices = None  # (loud, silent)
### BEGIN SOLUTION
two_matrices = ([[0, 1], [-1, 0]], [[0.3, 0.8], [0.8, -0.5]])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_jacobian", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.refute_jacobian", two_matrices)

# %% [markdown] tags=["S4.13", "S4.14", "S4.15", "S4.20", "S4.51"]
# <details><summary>Hint 1 · a nudge</summary>
#
# For which matrices does transposing change nothing? For which matrices does it change the most?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# At $a_t = 0$ the error is $\lVert W - W^\top \rVert$. Compare it with $\lVert W^\top \rVert$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# If $W = W^\top$, the error is zero. If $W = -W^\top$, the error is twice the norm of the true
# Jacobian. For both, two rows and two columns are enough.
#
# </details>
#
# ## 5 All paths of one loss
#
# Now consider several steps. A change of $h_k$ influences $h_t$ through all the steps between them.
# Lesson 03 showed the order of the factors: the Jacobian of the latest step stands on the left.
#
# $$\frac{d h_t}{d h_k} = J_{t:k} = J_t\, J_{t-1} \cdots J_{k+1}, \qquad\text{for example}\qquad
#   \frac{d h_3}{d h_1} = J_3 J_2 .$$
#
# This product has $t-k$ factors. The article writes
# $\prod_{j=k}^{t} \partial h_{j+1}/\partial h_j$. It works on the loss of step $t+1$, so its
# product runs from $h_k$ to $h_{t+1}$ and has $t-k+1$ factors. It does not state the order of the
# factors; read it as descending. The shift $t+1 \to t$ only renames the steps. In three other
# places the article's derivation differs from ours. Its Jacobian lacks the transpose (section 4),
# it sets single terms equal to the gradient (below), and its sum over the losses leaves out the
# first one (section 7).
#
# From the use of $W_h$ at step $k$, exactly one path leads to the loss of step $t$. With
# $\bar h_t^{\text{out}} = \bar o_t W_y^\top$,
#
# $$\frac{dL_t}{dW_h} = \sum_{k=1}^{t} h_{k-1} \otimes \Big[\big(\bar h_t^{\text{out}} J_{t:k}\big) \odot \phi'(a_k)\Big], \qquad
#   \frac{dL_t}{dW_x} = \sum_{k=1}^{t} x_k \otimes \Big[\big(\bar h_t^{\text{out}} J_{t:k}\big) \odot \phi'(a_k)\Big].$$
#
# Each term is an **immediate** derivative, $\partial^{+} h_k / \partial W$ with $h_{k-1}$ held
# fixed, multiplied by the Jacobians that lead from $h_k$ to the loss. The term $k = t$ contains no
# Jacobian. The term $k = t-1$ contains one, and it is *added* to the term $k = t$. The article
# instead prints the first term, then the second, each after an equals sign, as if both were values
# of the same derivative. For $W_x$ it prints one term and then two. None of these is the gradient:
# the gradient is the sum of all terms.
#
# The heatmap below has a row for each loss and a column for each state. The number in a field is
# the norm of the adjoint that this loss sends to this state, over all instances. For one instance
# this adjoint is $\bar h_t^{\text{out}} J_{t:s}$. The second figure keeps only the newest terms of
# the last loss's gradient and shows the error that remains.
#
# **Predict first.** Do the numbers in a row of the heatmap always shrink from right to left?
#
# The cell after the figures puts numbers to the article's indices. First, it takes each of the two
# terms alone for the gradient. Second, it computes the double sum with the article's indices and
# with ours. Third, it compares $L_{t+1}$ with the output of step $t+1$, because the article
# introduces $L_{t+1}$ as that *output*. Last, the article numbers its first step $t = 0$ but begins
# its sums at $t = 1$. Read literally, the network never reads the first input, and the loss of that
# step is not counted. The last line shows what that does to the gradient.

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
    "Relative error of the last loss's gradient with respect to W_x and W_h against the "
    "number of terms kept: it is zero only when all six are.",
)


# %% tags=["shows-answers"]
def relative(gap, to):
    return np.linalg.norm(gap) / np.linalg.norm(to)


terms = [paths.path_terms(weights, run, dh, t)["W_h"] for t in range(1, steps + 1)]
for k in (steps, steps - 1):
    true = terms[-1].sum(axis=0)
    off = relative(terms[-1][k - 1] - true, true)
    print(f"term k = {k} alone, as the last loss's gradient of W_h: off by {off:.2f}")
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
print(f"first input never read: gradient of W_x off by {relative(skipped - full, full):.2f}")


# %% [markdown] tags=["S0.2", "S4.9", "S4.15", "S4.20"]
# **What the two figures show.** Moving one state to the left in a row multiplies the adjoint by one
# more Jacobian. This can make the adjoint larger as well as smaller: for the loss of step 5 it
# grows from 2.30 at state 4 to 2.52 at state 3. The two error curves reach zero only when the last
# term is added. So one term is not the gradient, and two terms are not either.
#
# ## 6 The sweep
#
# The total loss is the sum of all $L_t$, so its gradient is a double sum over
# $1 \le k \le t \le T$. Lesson 04 swapped the two sums: for each $k$, first add up everything that
# arrives from later steps. For a batch, this idea gives the whole backward pass. Start with
# $\bar A_{T+1} = 0$ and go from $t = T$ down to 1:
#
# $$\bar H_t = \bar H_t^{\text{out}} + \bar A_{t+1} W_h^\top, \qquad \bar A_t = \bar H_t \odot (1 - H_t^2) .$$
#
# Every array that the forward pass used receives its part of the gradient from $\bar A_t$. For a
# product $P = Q R$ the rule is $\bar Q = \bar P R^\top$ and $\bar R = Q^\top \bar P$; section 8 of
# lesson 02 has both for $O_t = H_t W_y$. For a bias that was broadcast over the rows, the rows are
# summed. Applied to $A_t = X_t W_x + H_{t-1} W_h + b_h$:
#
# | used at step $t$ | its adjoint |
# |---|---|
# | $X_t$ | $\bar X_t = \bar A_t W_x^\top$ |
# | $W_x$ | $\bar W_x \mathrel{+}= X_t^\top \bar A_t$ |
# | $W_h$ | $\bar W_h \mathrel{+}= H_{t-1}^\top \bar A_t$ |
# | $b_h$ | $\bar b_h \mathrel{+}=$ sum of the rows of $\bar A_t$ |
# | $H_{t-1}$ | $\bar A_t W_h^\top$, passed on to step $t-1$ |
#
# The parameters are used at every step, so each step adds its part to their gradients. The product
# $X_t^\top \bar A_t$ already sums over the instances. $X_t$ is used at one step only, so its
# adjoint is stored and not added to anything. The adjoint that step 1 passes back belongs to the
# initial state: $\bar H_0 = \bar A_1 W_h^\top$.
#
# **Exercise 6 ●●● · 35 min.** Write the backward pass. `x` is $(T,B,D)$; `h` is $(T+1,B,H)$, the
# states of the forward pass; `dh` is $(T,B,H)$, with $\bar H_t^{\text{out}}$ in `dh[t-1]`. Return a
# dict with `"W_x"`, `"W_h"`, `"b_h"`, `"x"`, `"h0"`. Each entry has the shape of the array whose
# gradient it is. Leave the arguments unchanged. The activation is $\tanh$.

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


# %% nbgrader={"grade": true, "grade_id": "check_rnn_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.rnn_backward", rnn_backward)


# %% [markdown] tags=["S0.2", "S0.3", "S4.7", "S4.11", "S4.12"]
# <details><summary>Hint 1 · a nudge</summary>
#
# One array of shape $(B,H)$ is passed back from step to step: the derivative of all later losses
# with respect to the current state. Draw one copy of the network and write the adjoint beside every
# arrow before you write code.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# At each step, in this order: add `dh` and the array passed back, which completes $\bar H_t$;
# multiply by the slope of $\tanh$, computed from the state that this step *produced*; then compute
# the five rows of the table. The last row is passed back to the step before.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make arrays of zeros for the three parameters, for `x`, and for the array that is passed back.
# Loop over the step number `t` from $T$ down to 1. Step `t` reads the input at index `t-1` and the
# state at index `t-1`, and produces the state at index `t`. The three parameters use `+=`, the
# entry of the input uses `=`. The array passed back by the last round of the loop is the gradient
# of the initial state.
#
# </details>
#
# ## 7 The whole network
#
# The backward pass works for any `dh`, wherever it comes from. In the whole network `dh` comes from
# the readout. The readout needs no recursion, because $H_t$ does not depend on $W_y$. With the
# cross-entropy of a softmax and targets that sum to 1, as in lesson 02,
#
# $$\bar O_t = \hat Y_t - Y_t, \qquad \bar W_y = \sum_t H_t^\top \bar O_t, \qquad
#   \bar b_y = \sum_t \text{rows of } \bar O_t, \qquad \bar H_t^{\text{out}} = \bar O_t W_y^\top .$$
#
# The cell below puts **your** backward pass behind the library's readout and compares the result
# with measured derivatives of the loss. Then it shows three facts as numbers, computed with the
# library's backward pass. First, the backward pass is linear in `dh`: the sum of $T$ sweeps, one
# for each step's loss alone, equals one sweep for all losses. Second, the article's sum over
# $L_{t+1}$ with $t = 1, \dots, T-1$ never contains $L_1$. Third, the gradient of the stacked matrix
# is the stack of the two gradients.

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
# In the forward pass, no row depends on another row. So a minibatch is $B$ networks that run side
# by side and share their weights. Each instance could have been run alone, in a batch of one. This
# decides how the gradients combine. The arrays that belong to one instance, $\bar X$ and
# $\bar H_0$, are the same as in a run of this instance alone. The gradients of the shared
# parameters are sums over the instances. If the loss is averaged over the batch, each of these
# numbers is divided by $B$; in this course losses are sums.
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


# %% nbgrader={"grade": true, "grade_id": "check_one_by_one", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.one_by_one", one_by_one)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Which of the five outputs have a batch axis, and at which position? Join those along the batch
# axis. Add the others.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar W = \sum_b \bar W^{(b)}$ for the three parameters. The batch axis of `x` is its second axis,
# that of `h0` is its first.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# `x[:, b:b+1]` keeps the batch axis, while `x[:, b]` would drop it. Collect one dict per instance.
# Then sum over the dicts for each parameter, and use `np.concatenate` along the batch axis for the
# other two.
#
# </details>
#
# ---
#
# ### Sequences of different lengths
#
# The sequences of a batch rarely have the same length. The shorter ones are **padded**:
# zeros extend their inputs to the common length $T$. Zeros alone are not enough, because
# $W_h$ and $b_h$ would still change the state at the padded steps. So every step and
# instance gets a **mask**, $m_t \in \{0, 1\}$, which is 1 where the step is real. (It has
# nothing to do with the mask of lesson 04, which marks active units.) At a padded step the
# old state is *carried through*:
#
# $$H_t = m_t \odot \tanh(X_t W_x + H_{t-1} W_h + b_h) + (1 - m_t) \odot H_{t-1} .$$
#
# (Here $m_t$ is a column: one number for each row.) As a result, the last state $H_T$ is the last
# *real* state of every instance, and a loss can read all of them at once. For the backward pass,
# ask again where each array is used, and how. $A_t$ is used at real steps only, and $H_{t-1}$ is
# now used twice.
#
# **Exercise 8 ●●○ · 15 min.** Extend your backward pass to masked sequences. `mask` is $(T,B)$, of
# zeros and ones; `h` holds the states of the masked forward pass above; `dh` holds adjoints from
# outside for *all* steps, padded ones included. Return the same dict as `rnn_backward`. The padding
# may stand anywhere, and the inputs of padded steps may differ from zero. A correct backward pass
# gives the right gradient in all these cases.

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


# %% nbgrader={"grade": true, "grade_id": "check_masked_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.masked_backward", masked_backward)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two lines of your `rnn_backward` change. Take an instance whose step $t$ is padded. Which function
# of $H_{t-1}$ is $H_t$ at this step, and what is its derivative?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar A_t = m_t \odot \bar H_t \odot (1 - H_t^2)$. Step $t$ passes
# $\bar A_t W_h^\top + (1 - m_t) \odot \bar H_t$ back to $H_{t-1}$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Take the row of the mask for this step and give it a second axis with `[:, None]`. Multiply the
# adjoint of the pre-activation by it. The array that is passed back gets a second term: the full
# adjoint of the state, in the rows where the mask is zero.
#
# </details>
#
# ---
#
# **How padding changes the adjoints.** The figure shows three sequences of 6, 4 and 2 steps, and a
# loss that reads only $H_T$. Each field is the norm of the adjoint of one state, measured by
# complex step. Read a row from right to left. Across the padding the adjoint stays the same. It is
# multiplied by a Jacobian for the first time where its own sequence ends. The numbers below the
# figure compare the padded batch with three runs of the sequences alone. The last line shows the
# error without a mask, when the padding is only zeros.

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
    print(f"{kind}: gradient of W_h off by {relative(gradient - true, true):.1e}")


# %% [markdown] tags=["S4.9"]
# ## 8 A learned initial state
#
# The initial state need not be zero. It can be learned like a weight: one row $h_0$ of $H$ numbers
# with which *every* sequence starts. The forward pass copies this row to all $B$ rows of $H_0$. So
# the row is shared by the instances, and you know what sharing does to a gradient.
#
# **Exercise 9 ●●○ · 10 min.** Now `h0` is one row of shape $(H,)$, and no states are given. Run the
# network from this row for all instances, run the backward pass, and return the gradient with
# respect to the row, shape $(H,)$. You may call your functions of exercises 1 and 6.
#
# The cell below the hints gives an example. A second network with the same weights starts from a
# secret state, and the task is to reproduce its states from the same inputs. If the initial state
# is fixed at zero, the loss cannot fall. With the gradient with respect to $h_0$, plain gradient
# descent finds the secret state, here from a single instance.

# %% nbgrader={"grade": false, "grade_id": "shared_h0", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shared_h0(params, x, h0, dh):
    """Returns the gradient of the initial state (H,) that all instances share."""
    ### BEGIN SOLUTION
    start = np.tile(h0, (x.shape[1], 1))
    _, h = rnn_forward(params, x, start)
    return rnn_backward(params, x, h, dh)["h0"].sum(axis=0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_shared_h0", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("05.shared_h0", shared_h0)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You need two new steps. Before the forward pass, copy the row once for each instance. After the
# backward pass, combine the adjoints of the copies.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# If $H_0 = \mathbf{1}\, h_0$, a column of $B$ ones times the row, then
# $\bar h_0 = \mathbf{1}^\top \bar H_0$. This is the same rule as for a bias.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Copy the row $B$ times, for example with `np.tile` or `np.broadcast_to`. Run forward and backward,
# and take the output `"h0"` of the backward pass. It has one row for each instance.
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
# **Exercise 10 ●●● · 20 min · graded by hand.** Section 5 gives the gradient as a sum over paths,
# section 6 as a backward sweep. Prove that both give the same $dL/dW_h$, for one instance and any
# differentiable $\phi$. First show by induction, from $k = T$ downward, that the sweep's
#
# $$\bar a_k \quad\text{equals}\quad \sum_{t=k}^{T} \big(\bar h_t^{\text{out}} J_{t:k}\big) \odot \phi'(a_k) .$$
#
# State what $J_{T:T}$ is. Say where $W_h^\top$ goes in the induction step. At the end, say which
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
# So far your `rnn_forward` and `rnn_backward` have met small random arrays. Here they train a
# network on a text. The text is that of the help pages that Python carries, in lower case: about
# 330,000 characters. (Where Python comes without them, docstrings of its library take their place.)
# One paragraph in ten is **held out**: the network is never trained on it.
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
# The training takes about ten seconds, and it is not graded. In a browser, where NumPy is slower,
# it makes 300 steps instead of 1,500, and all networks end at more bits than named below. Before it
# starts, your gradient is compared with slopes that are measured on a small network. **Read that
# line.** If your backward pass is wrong, the line says so, and the network is trained all the same.
# In that case, look at what the network learns from a wrong gradient. The ■ button stops the
# training; what was learned until then is kept.

# %% tags=["shows-answers"]
from rnnlib import language


class MyRNN:
    """Your two functions, in the form that `language.fit` takes."""

    init = rnn.init

    def forward(params, x, h0):
        return rnn.Run(x, *rnn_forward(params, x, h0), "tanh")

    def backward(params, run, dh):
        return rnn_backward(params, run.x, run.h, dh)


STEPS = 300 if sys.platform == "emscripten" else 1500  # a browser is slow
corpus = language.python_text()
levels = {"bigram": language.ngram_bits(corpus, 2), "trigram": language.ngram_bits(corpus, 3)}
print(f"{len(corpus.train):,} characters of {corpus.source}, {len(corpus.held_out):,} held out")

# %% tags=["raises-exception", "shows-answers"]
error = language.slope_error(MyRNN, corpus, np.random.default_rng(0))
says = "it is right" if error < 0.01 else "IT IS WRONG: find out why before you trust what follows"
print(f"your gradient is off by {100 * error:.2g} %: {says}")
fitted = language.fit(MyRNN, corpus, 128, steps=STEPS, lr=0.01)
plots.show_learning({"your RNN": fitted}, levels)
print(language.write(MyRNN, fitted.params, corpus, 400))

# %% [markdown]
# With a right gradient the network needs 2.2 to 2.4 bits, whichever of five seeds it starts from. That is
# less than the trigram model needs, so its state keeps more than two characters. Much of what it writes
# is made of words, and the sentences mean nothing. Try more steps, more units, another `seed=`.
#
# **Now break it.** In your sweep leave out the transpose of $W_h$, and run the cell of exercise 6
# and the training cell again. The network ends at about 3.2 bits, worse than the trigram model.
# Then put the transpose back and leave out what arrives from later steps. The network ends at about
# 2.6 bits, and it still writes words. The loss falls in both runs. Only the first printed line
# shows that the gradient is off, by 106 % and by 81 %. Restore the right version of your function
# before you go on.
#
# The text is cut into pieces of 30 characters, and no gradient crosses a cut. Lesson 06 asks what that
# costs. Lesson 10 trains an LSTM on the same text.

# %% [markdown]
# ## Recap
#
# - A minibatch is a stack of rows that share their weights. You need a loop over the steps only.
# - $J_t = \mathrm{diag}(\phi'(a_t))\,W_h^\top$. No shape reveals a missing transpose, and for a
#   symmetric matrix no number does.
# - One array is passed back from step to step. It is multiplied by the slope first, then by
#   $W_h^\top$.
# - A variable that is used several times receives a sum: the weights over steps and instances, a
#   bias and a shared $h_0$ over the rows.
# - At padded steps the state is carried through. The adjoint of $A_t$ is zero there, and the
#   adjoint of the state is carried through.
# - The readout has no recursion. Its only contribution to the backward sweep is `dh`.
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
