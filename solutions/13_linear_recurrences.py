# %% [markdown]
# # 13 · Recurrences whose derivative really is the gate
#
# *This lesson is optional: the core lessons do not depend on it.*
#
# **After this lesson you can** say for which networks the sentence "the derivative is the gate" is
# true, and what these networks give up for it; write the backward pass of a linear recurrence as a
# scan in the other direction, and combine its steps as a tree; differentiate a gated unit of this
# kind and one with a complex diagonal, by hand; and show why a gradient can explode although no
# factor exceeds 1.
#
# about 180 minutes · difficulty ●●● · before it: 05, 07, 10, 11; for the comparisons: 12
#
# The papers named in this lesson are listed at the end, under Sources, or have a link where they
# are named.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $T, B, D, H$ | | steps, instances, inputs, hidden units |
# | $x_t$ | `x[t-1]`, `x` is `(T,B,D)` | input at step $t = 1, \dots, T$; rows are instances |
# | $a_t, b_t$ | `a[t-1]`, `b[t-1]` of `(T,B,H)` | factor and added term of step $t$ |
# | $h_t$ | `h[t]`, `h` is `(T+1,B,H)` | state; `h[0]` is the initial one |
# | $z_t, n_t$ | `z[t-1]`, `n[t-1]` of `(T,B,H)` | gate, between 0 and 1, and candidate; packed in the order z, n |
# | $\lambda$, $\gamma$ | `run.lam`, `run.gamma` of `(H,)` | complex factor of section 6, and the scale of its input |
# | $\nu, \theta$ | `params["nu"]`, `params["theta"]` of `(H,)` | the two real parameters of $\lambda$: $\lambda = e^{-e^{\nu} + i\theta}$ |
# | $v^*$ | `v.conj()` | complex conjugate |
# | $\bar v$ | `dv` | adjoint of $v$: the gradient of the loss $L$ with respect to $v$ |
# | $\bar h_t^{\text{out}}$, $\bar h_t$ | `dh[t-1]`, `dh_total` | adjoint of $h_t$ without the later steps; the full one |
# | $\odot$ | `*` | entry by entry |

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: more threads are slower

import numpy as np

from autograder import check, recap
from rnnlib import flow, gru, linear, lru, lstm, min_gru, plots, training
from rnnlib.activations import sigmoid


def relative(guess, true):
    return np.linalg.norm(guess - true) / np.linalg.norm(true)


rng = np.random.default_rng(13)
a, b = rng.uniform(0.5, 1.0, (8, 3, 4)), rng.normal(size=(8, 3, 4))
h0, dh = rng.normal(size=(3, 4)), rng.normal(size=(8, 3, 4))
print({"a": a.shape, "b": b.shape, "h0": h0.shape, "dh": dh.shape})


# %% [markdown] tags=["S4.40"]
# ## 1 Take the state out of the gates
#
# "In an LSTM the derivative of the cell with respect to the cell before is the forget gate." Lesson
# 11 showed which paths are missing from this sentence. The gates depend on $h_{t-1}$, and $h_{t-1}$
# depends on the cell $c_{t-1}$. So there is a second path from cell to cell, $G_t P_{t-1}$, and at
# greater lags there are more.
#
# You can make the sentence true by changing the network. At each step the state is multiplied by a
# factor $a_t$, and a term $b_t$ is added. Both may be any functions of the *inputs*, but not of a
# state:
#
# $$\boxed{\;h_t = a_t \odot h_{t-1} + b_t\;} \qquad a_t, b_t \text{ do not depend on any } h .$$
#
# The inputs may influence $a_t$ and $b_t$ through any nonlinear function. The state enters
# linearly, and each unit separately. So the derivative of one step is
# $\partial h_t / \partial h_{t-1} = \mathrm{diag}(a_t)$, and there is no other path. Over many
# steps the diagonal matrices are multiplied:
#
# $$\frac{d h_t}{d h_k} = \mathrm{diag}(a_t \odot a_{t-1} \odot \dots \odot a_{k+1}) .$$
#
# **Exercise 1 ●○○ · 5 min.** Run the recurrence. `a` and `b` are `(T,B,H)`, `h0` is `(B,H)`. Return
# the states `h`, `(T+1,B,H)`, which start with `h0`.

# %% nbgrader={"grade": false, "grade_id": "scan_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scan_forward(a, b, h0):
    """Returns h (T+1, B, H) with h[0] = h0."""
    ### BEGIN SOLUTION
    h = [h0]
    for a_t, b_t in zip(a, b):
        h.append(a_t * h[-1] + b_t)
    return np.stack(h)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_scan_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("13.scan_forward", scan_forward)


# %% [markdown] tags=["S4.40"]
# <details><summary>Hint 1 · a nudge</summary>
#
# It is the shortest forward pass of this course: it has no weights and no activation.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# For $t = 1, \dots, T$: multiply the state before by the factor of step $t$, and add the term of
# step $t$. Both have the index $t-1$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start a list with the initial state. Loop over pairs of factor and added term, and append one new
# state at each step. Turn the list into an array.
#
# </details>
#
# ## 2 The way back is a recurrence, too
#
# A state $h_t$ is used twice: by the loss, and by step $t+1$, which multiplies it by $a_{t+1}$. So
#
# $$\bar h_T = \bar h_T^{\text{out}}, \qquad
#   \bar h_t = a_{t+1} \odot \bar h_{t+1} + \bar h_t^{\text{out}} \quad (t = T-1, \dots, 1) .$$
#
# Compare this with section 1. It is the same recurrence, but it runs from the last step to the
# first, its added terms are the adjoints from outside, and its factors are shifted by one step. A
# recurrence of this form is called a **scan**. The adjoints of $a_t$ and $b_t$ follow entry by
# entry: $a_t$ is multiplied by $h_{t-1}$, and $b_t$ is added.
#
# **Exercise 2 ●●○ · 15 min.** Write the backward pass. `a` is `(T,B,H)`, `h` are the states
# `(T+1,B,H)` of the forward pass, and `dh` is `(T,B,H)`. Return a dict with `"a"` and `"b"`, both
# `(T,B,H)`, and `"h0"`, `(B,H)`.

# %% nbgrader={"grade": false, "grade_id": "scan_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scan_backward(a, h, dh):
    """Returns {"a": (T, B, H), "b": (T, B, H), "h0": (B, H)}, the gradient of L."""
    ### BEGIN SOLUTION
    da, db, future = np.zeros_like(a), np.zeros_like(a), np.zeros_like(dh[0])
    for t in range(len(a), 0, -1):
        dh_total = dh[t - 1] + future
        da[t - 1] = dh_total * h[t - 1]
        db[t - 1] = dh_total
        future = a[t - 1] * dh_total
    return {"a": da, "b": db, "h0": future}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_scan_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("13.scan_backward", scan_backward)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# It is the sweep of lesson 05 without weights. What does step $t$ pass back to step $t-1$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar a_t = \bar h_t \odot h_{t-1}$, $\;\bar b_t = \bar h_t$, and step $t$ passes
# $a_t \odot \bar h_t$ back to $h_{t-1}$. What step 1 passes back is $\bar h_0$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make zeros for the two arrays and for the array that is passed back. Let `t` run from $T$ down to 1.
# The full adjoint is `dh` at index `t-1` plus the array passed back. Store the adjoints of the
# factor and of the added term at index `t-1`, and replace the array that is passed back. After the
# loop it is the gradient of the initial state.
#
# </details>
#
# ## 3 The same numbers as a tree
#
# The loop above takes $T$ steps, one after the other. Is that necessary? Look at two steps in a
# row:
#
# $$h_{t+1} = a_{t+1} \odot (a_t \odot h_{t-1} + b_t) + b_{t+1}
#   = (a_{t+1} \odot a_t) \odot h_{t-1} + (a_{t+1} \odot b_t + b_{t+1}) .$$
#
# Two steps together have the form of one step. The pair $(a, b)$ followed by $(a', b')$ is
# $(a' \odot a,\; a' \odot b + b')$. This operation is **associative** (you prove it in
# exercise 5), so you may combine neighbours in any order. You can combine all pairs of
# neighbours at once, then pairs of pairs, and so on. Call a step complete when its pair
# covers all steps from the first one on. In a second phase, each step that is not yet
# complete is combined with the complete one before it. This is the parallel prefix sum of
# [Blelloch (1990)](https://www.cs.cmu.edu/~guyb/papers/Ble93.pdf); Martin and Cundy (2018)
# used it to train recurrent networks.
#
# In the code below, `rounds` lists the pairs that are combined in each round. No pair of a round
# needs a result of the same round.
#
# **Predict first.** A loop over 16,384 steps needs 16,384 rounds. Roughly how many does the tree
# need? The last figure of this section gives the answer.

# %%
def rounds(steps):
    """The pairs (i, j) of each round: what stands at j takes what stands at i before it."""
    if len(steps) == 1:
        return []
    first, second = steps[::2], steps[1::2]
    down = list(zip(second, first[1:]))
    return [list(zip(first, second)), *rounds(second), *([down] if down else [])]


def combine(earlier, later):
    return later[0] * earlier[0], later[0] * earlier[1] + later[1]


def tree_scan(a, b, h0):
    parts = list(zip(a, b))
    for pairs in rounds(range(len(a))):
        for i, j in pairs:
            parts[j] = combine(parts[i], parts[j])
    return np.array([h0, *(factor * h0 + addend for factor, addend in parts)])


# %% tags=["shows-answers"]
figure = plots.combination_tree(rounds(range(8)), 8)
depth, pairs = len(rounds(range(8))), sum(map(len, rounds(range(8))))
plots.show(
    figure,
    f"Tree of a scan over 8 steps: {pairs} combinations in {depth} rounds. First neighbours, then "
    "pairs of pairs up to step 8, then back down to the steps in between.",
)
one_by_one = linear.forward(a, b, h0)
as_a_tree = linear.forward(a, b, h0, tree=True)
print(f"states: the tree is off by {relative(tree_scan(a, b, h0), one_by_one.h):.0e}")
there, back = linear.backward(one_by_one, dh), linear.backward(as_a_tree, dh, tree=True)
for name in there:
    print(f"gradient of {name}: the tree is off by {relative(back[name], there[name]):.0e}")

# %%
lengths = 2 ** np.arange(1, 15)
trees = [rounds(range(T)) for T in lengths]
counts = {"one after the other": lengths, "tree": np.array([len(tree) for tree in trees])}
made = np.array([sum(map(len, tree)) for tree in trees])
last = f"at T = {lengths[-1]}: {lengths[-1]} one after the other, {counts['tree'][-1]} in the tree"
plots.show(
    plots.lines(lengths, counts, "T", "rounds in a row", log="xy"),
    f"Rounds that have to wait for each other against T, both logarithmic; {last}.",
)
print(f"{last}; combinations made per step: {made[-1] / lengths[-1]:.2f}")


# %% [markdown] tags=["S4.40"]
# **Fewer rounds, more work.** The tree gives the same states and the same gradient, but for
# rounding. It makes nearly two combinations per step, and each costs three operations instead of
# two. In return the number of rounds grows only like $2 \log_2 T$. On a machine that computes all
# pairs of a round at once, the number of rounds decides. NumPy does not do that, so here the tree
# is no faster.
#
# You cannot combine the steps of an LSTM like this, because two of its steps in a row do not have
# the form of one step. The backward pass of *any* network is linear in the adjoints, so you could
# scan it with whole Jacobians. But this helps little, because each product of two dense matrices
# costs $H^3$.
#
# ## 4 A gated unit of this kind
#
# Feng et al. (2024) took the GRU and removed every dependence of its gates on the state: the new
# unit has no reset gate and no $W_h$. It is called the **minimal GRU**:
#
# $$z_t = \sigma(x_t W_{xz} + b_z), \qquad n_t = x_t W_{xn} + b_n, \qquad
#   h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1} .$$
#
# As in lesson 12, $z$ is the share that is kept; the paper writes $z$ for our $1 - z$. The
# candidate has no tanh. It does not need one, because a weighted mean of bounded candidates is
# bounded.
#
# **Exercise 3 ●○○ · 8 min.** Run the minimal GRU. `params` holds `"W_x"` $(D,2H)$ and `"b"`
# $(2H,)$, with the columns in the order z, n. `x` is `(T,B,D)`, `h0` is `(B,H)`, and
# `sigmoid.value(a)` is $\sigma(a)$. Return a dict with `"z"`, `"n"`, both `(T,B,H)`, and `"h"`,
# `(T+1,B,H)`. Call your `scan_forward`.

# %% nbgrader={"grade": false, "grade_id": "min_gru_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def min_gru_forward(params, x, h0):
    """Returns {"z": (T, B, H), "n": (T, B, H), "h": (T+1, B, H)}."""
    ### BEGIN SOLUTION
    H = h0.shape[1]
    a = x @ params["W_x"] + params["b"]
    z, n = sigmoid.value(a[:, :, :H]), a[:, :, H:]
    return {"z": z, "n": n, "h": scan_forward(z, (1 - z) * n, h0)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_min_gru_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("13.min_gru_forward", min_gru_forward)


# %% [markdown] tags=["S4.47"]
# <details><summary>Hint 1 · a nudge</summary>
#
# You can compute the gates and candidates of all steps without a loop. What are the factor and the
# added term of section 1 here?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The factor is $z_t$, the added term $(1 - z_t) \odot n_t$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute one product with `W_x` for all steps, and add the bias. Apply the logistic function to the
# first $H$ columns, and leave the others as they are. Then call your scan once.
#
# </details>
#
# ---
#
# **Exercise 4 ●●○ · 20 min.** Now write its backward pass. `run` has the fields `x`, `z`, `n`, `h`
# of the notation table; `params` is as before, and `dh` is `(T,B,H)`. Return a dict with `"W_x"`,
# `"b"`, `"x"`, `"h0"`. Each entry has the shape of the array whose gradient it is. Your
# `scan_backward` gives the adjoints of the factors and of the added terms. Note that $z_t$ occurs
# both in the factor and in the added term.

# %% nbgrader={"grade": false, "grade_id": "min_gru_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def min_gru_backward(params, run, dh):
    """Returns {"W_x", "b", "x", "h0"}, the gradient of L."""
    ### BEGIN SOLUTION
    z, n = run.z, run.n
    back = scan_backward(z, run.h, dh)
    dz = back["a"] - back["b"] * n
    da = np.concatenate([dz * z * (1 - z), back["b"] * (1 - z)], axis=2)
    return {
        "W_x": np.einsum("tbd,tbh->dh", run.x, da), "b": da.sum(axis=(0, 1)),
        "x": da @ params["W_x"].T, "h0": back["h0"],
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_min_gru_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("13.min_gru_backward", min_gru_backward)


# %% [markdown] tags=["S4.40", "S4.47"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The scan is the only part that depends on time. The rest is a layer that is applied to all steps
# at once, as in lesson 02.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $\bar a_t$ and $\bar b_t$ from the scan: $\bar z_t = \bar a_t - \bar b_t \odot n_t$ and
# $\bar n_t = \bar b_t \odot (1 - z_t)$. Multiply $\bar z_t$ by the slope of the logistic function,
# $z_t \odot (1 - z_t)$. Then compute the three gradients of a layer. Sum over steps and instances
# where they share a parameter.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Call the scan with the gates, the states and `dh`. Join the adjoints of the two pre-activations
# along the last axis. `np.einsum("tbd,tbh->dh", ...)` multiplies $x_t^\top$ by the joined adjoints
# of step $t$ and sums over all steps and instances. The gradient of the bias is a sum over two
# axes, and that of `x` is a product with a transposed matrix.
#
# </details>
#
# ## 5 Is the derivative the gate now?
#
# Repeat the comparison of lesson 11. The networks are random, with recurrent weights of scale 1,
# and there are five formulas for the derivative from state to state. For the LSTM these are the
# product of the forget gates, the product of the four-term matrices, and the joint Jacobian. For
# the GRU and for the minimal GRU it is the product of the update gates. The true derivative is
# measured by complex step: the code changes one state and repeats the rest of the run. For the LSTM
# the state that is changed is its cell $c_k$, and $h_k$ changes with it.
#
# **Predict first.** Which of the five formulas will be exact?

# %%
def moved(cell, params, run, t, k):
    """dstate_t/dstate_k (H, H) of instance 0, measured; an LSTM's h_k moves with its cell."""
    H = run.h.shape[2]
    node = (run.c if cell is lstm else run.h)[k, 0] + 1e-20j * np.eye(H)  # row j: unit j moves
    x = np.repeat(run.x[k:t, :1], H, axis=1)
    if cell is lstm:
        after = lstm.forward(params, x, run.o[k - 1, 0] * np.tanh(node), node).c
    else:
        after = cell.forward(params, x, node).h
    return after[-1].imag.T / 1e-20


def networks(seed, D=4, H=5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(20, 1, D))
    for cell, blocks in ((lstm, 4), (gru, 3), (min_gru, 2)):
        W_x, W_h = rng.normal(size=(D, blocks * H)), rng.normal(size=(H, blocks * H))
        params = {"W_x": W_x / np.sqrt(D), "W_h": W_h / np.sqrt(H), "b": np.zeros(blocks * H)}
        if cell is min_gru:
            del params["W_h"]
        yield cell, params, cell.forward(params, x)


# %% tags=["shows-answers"]
def guesses(cell, params, run, t, k):
    """{name: a guess at dstate_t/dstate_k}."""
    if cell is not lstm:
        name = "GRU, product of z" if cell is gru else "minimal GRU, product of z"
        return {name: np.diag(run.z[k:t, 0].prod(axis=0))}
    A = flow.four_term(params, run)[k:t, 0]
    return {
        "LSTM, product of f": np.diag(run.f[k:t, 0].prod(axis=0)),
        "LSTM, product of A": np.linalg.multi_dot([np.eye(A.shape[1]), *A[::-1]]),
        "LSTM, joint Jacobian": flow.cell_derivative(params, run, t, k)[0],
    }


LAGS, errors = (1, 2, 5, 10), {}
for seed in range(20):
    for cell, params, run in networks(seed):
        for lag in LAGS:
            true = moved(cell, params, run, 20, 20 - lag)
            for name, guess in guesses(cell, params, run, 20, 20 - lag).items():
                errors.setdefault(name, {}).setdefault(lag, []).append(relative(guess, true))

# %% tags=["shows-answers"]
table = np.array([[100 * np.mean(errors[name][lag]) for lag in LAGS] for name in errors])
figure = plots.heatmap(table, "lag", "", "error of the guess, in %", numbers=".2g")
figure.axes[0].set(xticklabels=LAGS, yticklabels=list(errors))
said = "; ".join(f"{name} {row[-1]:.2g}" for name, row in zip(errors, table))
plots.show(figure, f"Heatmap, error of five guesses by lag, in percent. At lag 10: {said}.")

# %% [markdown] tags=["S4.40"]
# **Which formulas are exact?** Two of the five rows are zero but for rounding. The LSTM needs the
# joint Jacobian, a product of matrices of twice the size. For the minimal GRU a product of
# *numbers* is exact, at every lag. What does this cost? No state can influence what happens to a
# state. Whether a unit keeps its value depends only on the current input, and never on earlier
# inputs. Stacking such layers returns some of this ability, because the input of the second layer
# is the state of the first.
#
# **Exercise 5 ●●○ · 20 min · graded by hand.** Prove, on paper and then here:
#
# 1. Combining steps is associative: let $(a, b)$ followed by $(a', b')$ be
#    $(a' \odot a,\; a' \odot b + b')$. Then three steps in a row give the same pair in either order
#    of combination. Is the operation commutative, too?
# 2. $\dfrac{d h_t}{d h_k} = \mathrm{diag}(a_t \odot \dots \odot a_{k+1})$ for $t \ge k$, by
#    induction on $t$. Say where you use that neither $a$ nor $b$ depends on a state.
# 3. Take one unit, $h_t = (1 - z_t)\, n_t + z_t h_{t-1}$, with $z_t = \sigma(x_t w_x + h_{t-1}
#    w_h)$ and $n_t$ a function of $x_t$ only. Write $\partial h_t / \partial h_{t-1}$. Which term
#    is added to $z_t$, and when is it zero?
#
# (If you learn alone: a model answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **1.** Combine $(a, b)$ and $(a', b')$ first, then with $(a'', b'')$: the factor is
# $a'' \odot (a' \odot a)$, the addend $a'' \odot (a' \odot b + b') + b''$. Combine the last two first:
# $(a'' \odot a',\; a'' \odot b' + b'')$; with $(a, b)$ before it the factor is
# $(a'' \odot a') \odot a$ and the addend $(a'' \odot a') \odot b + a'' \odot b' + b''$. Both are the same.
# (Shorter: each pair stands for the map $h \mapsto a \odot h + b$, and composing maps is associative.) It
# is not commutative: the addends $a' \odot b + b'$ and $a \odot b' + b$ differ in general, for instance
# for $a = 1$, $b = 1$, $a' = 0$, $b' = 0$.
#
# **2.** For $t = k$ both sides are the identity: the empty product. Suppose it holds for $t-1$. By the
# chain rule $\frac{d h_t}{d h_k} = \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d h_k}$ plus what
# reaches $h_t$ through $a_t$ and $b_t$. These do not depend on $h_k$, because they read no state: this is
# the place. And $\partial h_t / \partial h_{t-1} = \mathrm{diag}(a_t)$. The product of two diagonal matrices
# is the diagonal matrix of the products. ∎
#
# **3.** $h_t = (1 - z_t)\, n_t + z_t h_{t-1}$ gives
# $\partial h_t / \partial h_{t-1} = z_t + (h_{t-1} - n_t)\, z_t (1 - z_t)\, w_h$. The second term is zero
# if $w_h = 0$; or, at a single step, if $h_{t-1} = n_t$; it is small where the gate is nearly open or nearly
# closed.

# %% [markdown] tags=["S4.40"]
# ## 6 A complex diagonal
#
# A recurrence without gates is simpler still: $a_t = \lambda$ at every step. Does a diagonal lose
# anything compared with a matrix $W_h$? For a *linear* network it does not. If $W_h = V \Lambda
# V^{-1}$, then the states $h_t V$ follow a diagonal recurrence with the eigenvalues as factors. But
# the eigenvalues of a real matrix can be complex; those that are come in conjugate pairs. The next
# cell computes such a network in both forms. Its figure shows what a complex factor can do: the
# real part of its powers oscillates.

# %%
rng = np.random.default_rng(6)
W_h, W_x = 0.4 * rng.normal(size=(5, 5)), rng.normal(size=(4, 5))
x, states = rng.normal(size=(30, 2, 4)), [np.zeros((2, 5))]
for x_t in x:
    states.append(x_t @ W_x + states[-1] @ W_h)
eigenvalues, V = np.linalg.eig(W_h)
print("eigenvalues:", np.round(eigenvalues, 2))
h = np.zeros((2, 5), complex)
for x_t in x:
    h = eigenvalues * h + x_t @ W_x @ V
print(f"h_T, transformed back, is off by {relative(h @ np.linalg.inv(V), states[-1]):.0e}")
steps = np.arange(80)
pictures = {f"$\\theta$ = {phase}": (0.97 * np.exp(1j * phase)) ** steps for phase in (0, 0.1, 0.4)}
curves = {name: values.real for name, values in pictures.items()}
plots.show(
    plots.lines(steps, curves, "steps since an input", r"real part of $\lambda^k$"),
    "Real part of the k-th power of three numbers of modulus 0.97: with angle 0 it decays, with "
    f"angles 0.1 and 0.4 it oscillates; all lie within plus or minus {0.97 ** 79:.2f} in the end.",
)


# %% [markdown] tags=["S4.40"]
# The **linear recurrent unit** (LRU; Orvieto et al., 2023) is such a diagonal recurrence with
# learned factors:
#
# $$h_t = \lambda \odot h_{t-1} + \gamma \odot u_t, \quad u_t = x_t W, \quad
#   \lambda = \exp(-e^{\nu} + i\theta), \quad \gamma = \sqrt{1 - |\lambda|^2}, \quad W = W_{\text{re}} + i\, W_{\text{im}} .$$
#
# All parameters are real. $|\lambda| = \exp(-e^{\nu})$ is below 1 for every $\nu$, and $\theta$ is
# the angle by which each step rotates a state. Section 7 shows the purpose of $\gamma$. (In the
# paper $\gamma$ is a parameter that starts with this value. Here it remains this function of
# $\nu$.) The next layer reads $\mathrm{Re}(h_t W_y)$, or the two parts of $h_t$ side by side, which
# is equivalent.
#
# **A convention.** $L$ is real, and a state is $h = p + iq$. We store both real derivatives in one
# number:
#
# $$\bar h = \frac{\partial L}{\partial p} + i\, \frac{\partial L}{\partial q},
#   \qquad\text{so that}\qquad dL = \mathrm{Re}(\bar h^*\, dh) .$$
#
# PyTorch stores gradients in this way; JAX's `grad` returns the conjugate. Every rule follows from
# $dL = \mathrm{Re}(\bar h^* dh)$. Take $w = c\, v$ with a complex constant $c$. Then
# $\mathrm{Re}(\bar w^* c\, dv) = \mathrm{Re}\big((c^* \bar w)^* dv\big)$, so
#
# $$\boxed{\;w = c\, v \;\Rightarrow\; \bar v = c^*\, \bar w\;}$$
#
# In words: **if you multiply by a factor on the way forward, you multiply by its conjugate on the
# way back**. If $r$ is real and $w = c\, r$, then $dL = \mathrm{Re}(\bar w^* c)\, dr$, so
# $\bar r = \mathrm{Re}(\bar w^* c)$. The cell below tests the rule.

# %%
def loss(w):
    return w.real**3 + 2 * w.real * w.imag


c, v, step = 0.6 - 1.1j, 0.8 + 0.5j, 1e-6
w = c * v
w_bar = (3 * w.real**2 + 2 * w.imag) + 1j * (2 * w.real)  # both derivatives of the loss
slopes = [(loss(c * (v + d)) - loss(c * (v - d))) / (2 * step) for d in (step, 1j * step)]
print(f"measured, to the real and to the imaginary part: {slopes[0]:+.5f}, {slopes[1]:+.5f}")
for name, guess in {"with the conjugate": c.conjugate() * w_bar, "without": c * w_bar}.items():
    print(f"{name}: {guess.real:+.5f}, {guess.imag:+.5f}")


# %% [markdown] tags=["S4.40"]
# **Exercise 6 ●●● · 40 min.** Write the backward pass of the LRU. `params` holds `"nu"` and `"theta"`,
# $(H,)$, and `"W_re"`, `"W_im"`, $(D,H)$, all real. `run` has the fields `x` $(T,B,D)$, real; `lam` and
# `gamma`, $(H,)$; `u` $(T,B,H)$ and `h` $(T+1,B,H)$, complex. `dh` $(T,B,H)$ is complex, in the convention
# above. Return a dict with `"nu"`, `"theta"`, `"W_re"`, `"W_im"`, `"x"`, and the two parts of $\bar h_0$
# as `"h0_re"` and `"h0_im"`, $(B,H)$; all of them are real arrays.
#
# Proceed in this order. First run the scan. From it compute $\bar h_0$, $\bar u_t$, and the
# adjoints of $\lambda$ and of $\gamma$, which all steps and instances share. Then compute the
# adjoints of $W$ and $x$, and at last those of $\nu$ and $\theta$. Note that two paths lead from
# $\nu$ to the states. An array of zeros that is to hold complex numbers must be complex itself, as
# `np.zeros_like(dh)` is: a real array drops the imaginary part of everything that you write into
# it.

# %% nbgrader={"grade": false, "grade_id": "lru_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lru_backward(params, run, dh):
    """Returns {"nu", "theta", "W_re", "W_im", "x", "h0_re", "h0_im"}, real arrays."""
    ### BEGIN SOLUTION
    lam, gamma, decay = run.lam, run.gamma, np.exp(params["nu"])
    dlam, dgamma, du, future = 0, 0, np.zeros_like(run.u), np.zeros_like(run.h[0])
    for t in range(len(dh), 0, -1):
        dh_total = dh[t - 1] + future
        dlam = dlam + (dh_total * run.h[t - 1].conj()).sum(axis=0)
        dgamma = dgamma + (dh_total.conj() * run.u[t - 1]).real.sum(axis=0)
        du[t - 1] = gamma * dh_total
        future = lam.conj() * dh_total
    turned = dlam * lam.conj()
    dnu = -decay * turned.real + dgamma * abs(lam) ** 2 * decay / gamma
    return {
        "nu": dnu, "theta": turned.imag,
        "W_re": np.einsum("tbd,tbh->dh", run.x, du.real),
        "W_im": np.einsum("tbd,tbh->dh", run.x, du.imag),
        "x": du.real @ params["W_re"].T + du.imag @ params["W_im"].T,
        "h0_re": future.real, "h0_im": future.imag,
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lru_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("13.lru_backward", lru_backward)

# %% [markdown] tags=["S4.40"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The scan is that of exercise 2 with two conjugates: one at the factor that multiplies the array
# passed back, and one at the state in $\bar\lambda$.
#
# </details>
# <details><summary>Hint 2 · the equations</summary>
#
# $\bar h_t = \bar h_t^{\text{out}} + \lambda^* \odot \bar h_{t+1}$;
# $\;\bar\lambda = \sum \bar h_t \odot h_{t-1}^*$;
# $\;\bar\gamma = \sum \mathrm{Re}(\bar h_t^* \odot u_t)$; $\;\bar u_t = \gamma \odot \bar h_t$.
# Since $x$ is real, the real part of $u$ depends only on $W_{\text{re}}$ and the imaginary part
# only on $W_{\text{im}}$. Insert $d\lambda = \lambda\,(-e^{\nu} d\nu + i\, d\theta)$ into
# $dL = \mathrm{Re}(\bar\lambda^* d\lambda)$: this gives
# $-e^{\nu}\, \mathrm{Re}(\bar\lambda \lambda^*)$ for $\nu$ and $\mathrm{Im}(\bar\lambda \lambda^*)$
# for $\theta$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For the second path, from $\nu$ through $\gamma$, use $\gamma^2 = 1 - e^{-2 e^{\nu}}$, so
# $2 \gamma\, d\gamma = 2 e^{\nu} |\lambda|^2 d\nu$. In the loop, four lines follow the full
# adjoint: add to $\bar\lambda$ and to $\bar\gamma$ (sums over the instances), store $\bar
# u_t$, and compute the array that is passed back. After the loop multiply $\bar\lambda$ by
# the conjugate of `lam` and take its real and its imaginary part. For $W$, use `.real` and
# `.imag` of `du`, each with `np.einsum("tbd,tbh->dh", ...)`. For `x`, multiply them by the
# transposed weights and add the two products.
#
# </details>
#
# ## 7 What $|\lambda| \to 1$ does to the parameters
#
# No factor is above 1, so the gradient from state to state can only shrink. Can any other gradient
# explode? Write out the state. With one unit and $h_0 = 0$,
#
# $$h_T = \sum_{k \ge 0} \lambda^k\, \gamma u_{T-k}, \qquad
#   \frac{\partial h_T}{\partial \lambda} = \sum_{k \ge 1} k\, \lambda^{k-1}\, \gamma u_{T-k} .$$
#
# $\lambda$ is used at every step: the input $k$ steps before the end is multiplied by it $k$ times.
# When $|\lambda|$ is close to 1, inputs from about $1/(1 - |\lambda|)$ steps contribute, each with
# a factor $k$. For inputs that are white noise the sums of squares give, for $\gamma = 1$,
#
# $$\mathrm{E}|h_T|^2 \propto \sum_k |\lambda|^{2k} = \frac{1}{1 - |\lambda|^2}, \qquad
#   \mathrm{E}\left|\frac{\partial h_T}{\partial \lambda}\right|^2 \propto \sum_k k^2 |\lambda|^{2(k-1)}
#   = \frac{1 + |\lambda|^2}{(1 - |\lambda|^2)^3} .$$
#
# So the state grows like $(1-|\lambda|)^{-1/2}$ and the gradient of $\lambda$ like
# $(1-|\lambda|)^{-3/2}$. With $\gamma = \sqrt{1 - |\lambda|^2}$ at the input, the state keeps its
# size and both exponents change by one half. For $\nu$ there is one more factor:
# $|d\lambda/d\nu| = e^{\nu} |\lambda|$, and $e^{\nu} = -\ln|\lambda| \approx 1 - |\lambda|$. So the
# double exponential removes a whole power. For $\theta$ there is no such factor:
# $|d\lambda/d\theta| = |\lambda|$. The cell below measures all these exponents on
# $L = \mathrm{Re}\, h_T$. Its units share nothing, and each reads its own noise.

# %% tags=["shows-answers"]
REPEATS, distance = 32, np.geomspace(0.1, 2e-3, 8)  # of |lambda| from 1
H = REPEATS * len(distance)
units = {"nu": np.log(-np.log(1 - np.repeat(distance, REPEATS))), "theta": np.full(H, 0.5)}
units |= {"W_re": np.eye(H), "W_im": np.zeros((H, H))}
noise = np.random.default_rng(7).normal(size=(3000, 1, H))
last = np.zeros((3000, 1, H), complex)
last[-1] = 1  # L is the real part of every h_T
sizes = {}
for said, normalise in (("$\\gamma$ = 1", False), ("normalised", True)):
    run = lru.forward(units, noise, normalise=normalise)
    back = lru.backward(units, run, last)
    found = {"state": run.h[-1], r"$\theta$": back["theta"], r"$\nu$": back["nu"]}
    for name, values in found.items():
        squares = np.abs(values.reshape(len(distance), REPEATS)) ** 2
        sizes[f"{name}, {said}"] = np.sqrt(squares.mean(axis=1))
print(f"largest |dh_T/dh_0|: {np.exp(-3000 * np.exp(units['nu'])).max():.1e}")

# %% tags=["shows-answers"]
fits = {name: np.polyfit(np.log(distance), np.log(size), 1)[0] for name, size in sizes.items()}
for name, exponent in fits.items():
    print(f"{name}: grows like (1 - |lambda|)^{exponent:+.2f}".replace("$", "").replace("\\", ""))
said = "; ".join(f"{name} {exponent:+.2f}" for name, exponent in fits.items())
said = said.replace("$", "").replace("\\", "")
figure = plots.lines(distance, sizes, r"$1 - |\lambda|$", "root mean square", log="xy")
figure.axes[0].legend(frameon=False, loc=(1.01, 0.2))
alt = "Sizes of states and of gradients against 1 - |lambda|, both logarithmic. Exponents"
plots.show(figure, f"{alt}: {said}.")

# %% [markdown] tags=["S4.40"]
# **Vanishing and exploding at the same time.** The gradient from $h_0$ to $h_T$ has vanished, and
# at the same time the gradient of $\theta$ has exploded. Normalising the input keeps the states at
# one size and brings each exponent closer to zero by one half. Together with the double exponential
# it solves the problem for $\nu$: the gradient of $\nu$ keeps its size for any length of memory.
# The gradient of the angle $\theta$ still grows like $1/(1 - |\lambda|)$, because over a longer
# memory the same change of the angle rotates an old input further. Zucchet and Orvieto (2024) call
# this the curse of memory, and discuss how gates and parametrisations act against it.
#
# ### Refute it: below 1, nothing explodes
#
# A common claim says: "With $|\lambda| < 1$ gradients can vanish, but they cannot explode."
#
# **Exercise 7 ●●○ · 10 min · refute it.** Take one real unit, $h_t = \lambda h_{t-1} + x_t$ with
# $h_0 = 0$. Give a pair `lam_and_x = (lam, x)`: a number with $|\lambda| < 1$ and a list of inputs,
# none larger than 1 in size. $|\partial h_T / \partial h_0|$ must be below $0.01$, so that it has
# vanished, and $|\partial h_T / \partial \lambda|$ must be above $1000$. Any valid pair passes.

# %% nbgrader={"grade": false, "grade_id": "lam_and_x", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
lam_and_x = None  # (lam, [x_1, ..., x_T])
### BEGIN SOLUTION
lam_and_x = (0.99, [1.0] * 1000)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_bounded", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("13.refute_bounded", lam_and_x)

# %% [markdown] tags=["S4.40", "S4.47"]
# <details><summary>Hint 1 · a nudge</summary>
#
# For which inputs do all terms of the second sum of section 7 have the same sign, so that none
# cancel?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $x_t = 1$ and large $T$, $\sum_k k \lambda^{k-1}$ comes close to $1/(1-\lambda)^2$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# $1/(1-\lambda)^2$ has to be above 1000, with some margin. Then choose $T$ so that $\lambda^T$ is
# below $0.01$. Inputs of one size and one sign are enough.
#
# </details>
#
# ## 8 A thousand steps
#
# Set the gates of three networks so that, according to their biases, they keep half of a state over
# 1000 steps (lesson 10, section 6). Start a gradient at the last state, and measure how much of it
# arrives $k$ steps before. The figure compares this with the product of the gates. For the LSTM the
# state is the cell, with $h_k$ held fixed, so that one step is exactly $f$. The LRU needs no
# measurement: its gradient is $|\lambda|^k$.

# %%
T, B, D, H = 1000, 4, 4, 32
rng = np.random.default_rng(8)
x, top = rng.normal(size=(T, B, D)), rng.normal(size=(B, H))
LONG = (1, 10, 100, 300, 600, 800, 900, 950, 1000)


def arrived(cell, params, k):
    """Norms of what arrives k steps back and of what the gates predict, and its error."""
    run, s = cell.forward(params, x), T - k
    at = (run.h[s], run.c[s]) if cell is lstm else (run.h[s],)
    tail, dh = cell.forward(params, x[s:], *at), np.zeros((k, B, H))
    if cell is lstm:
        back, gate = lstm.backward(params, tail, dh, top)["c0"], run.f
    else:
        dh[-1] = top
        back, gate = cell.backward(params, tail, dh)["h0"], run.z
    guess = top * gate[s:].prod(axis=0)
    sizes = (np.linalg.norm(array) / np.linalg.norm(top) for array in (back, guess))
    return *sizes, relative(guess, back)


# %% tags=["shows-answers"]
curves, keep = {}, training.forget_bias(T)
for name, cell in (("LSTM", lstm), ("GRU", gru), ("minimal GRU", min_gru)):
    params = cell.init(D, H, np.random.default_rng(0))
    params["b"].reshape(-1, H)[0 if cell is min_gru else 1] = keep  # the gate's row of the biases
    found = np.array([arrived(cell, params, k) for k in LONG])
    curves[f"{name}, measured"], curves[f"{name}, product of gates"] = found[:, 0], found[:, 1]
    ratio = f"{found[-1, 0] / found[-1, 1]:.4g} times what the gates predict"
    print(f"{name}: at lag 1000 there arrives {ratio}; they are off by {found[-1, 2]:.1e} of it")
figure = plots.lines(LONG, curves, "lag k", "gradient that arrives", log="y")
for line, colour in zip(figure.axes[0].lines, np.repeat(plots.COLOURS[:3], 2)):
    line.set(color=colour, linestyle="--" if "product" in line.get_label() else "-")
figure.axes[0].legend(frameon=False)
said = "; ".join(f"{name} {values[-1]:.2g}" for name, values in curves.items())
plots.show(figure, f"Gradient that arrives k steps back, logarithmic. At lag 1000: {said}.")

# %% [markdown] tags=["S4.40", "S4.47"]
# **What the gates predict and what arrives.** All three products of gates predict that about half
# of the gradient is left. For the minimal GRU the prediction is right. For the GRU the size is
# nearly right, but the gradient as a vector is off by a third of its size. In the LSTM the gradient
# that arrives is more than a thousand times as large, because the other paths multiply. Most of
# that happens in the first hundred steps, where the cells are still small and tanh is steep. Later
# the cells are large and tanh is flat, so the other paths contribute little. So the gates alone do
# not decide whether an LSTM with open gates keeps, loses or enlarges a gradient.
#
# A gradient that arrives does not guarantee that the network learns. A gate that keeps half of a
# state over 1000 steps admits only a share of $1 - z$ of each input, here about $0.0007$. And the
# repository's `benchmarks/README.md` shows what the backward pass costs at this length.
#
# ## 9 Where S4, S5 and Mamba stand
#
# - **S4** (Gu, Goel and Ré, 2022) is a linear recurrence with constant factors: one small complex
#   system for each input channel. Its parameters come from the discretisation of a differential
#   equation that is designed to remember. It trains as one long convolution.
# - **S5** ([Smith, Warrington and Linderman, 2023](https://arxiv.org/abs/2208.04933)) replaces the
#   many small systems by a single one with a complex diagonal, and runs it with the scan of section 3.
# - **Mamba** (Gu and Dao, 2023) lets factor and added term depend on the input, as the gates of
#   section 4 do. This rules out the convolution, but the scan still works.
#
# In all three the derivative from state to state is a product of known factors. The care goes into
# the parametrisation of these factors.
#
# ## Recap
#
# - If factors and added terms depend on no state, the derivative from state to state is the product
#   of the factors, exactly and at every lag.
# - The backward pass of a scan is a scan in reverse, shifted by one step. Both can be combined as a
#   tree, in about $2 \log_2 T$ rounds; the steps of an LSTM cannot.
# - In return, what a unit keeps depends on inputs only, never on the state.
# - With complex numbers, a factor of the forward pass becomes its conjugate in the backward pass.
# - $|\lambda| < 1$ keeps the gradient of the state from exploding, but not that of the parameters.
#   Normalising the input and the double exponential keep the gradient of the modulus at one size;
#   that of the angle still grows.
#
# ## Sources
#
# - Martin and Cundy (2018): Parallelizing linear recurrent neural nets over sequence length. *ICLR 2018*.
#   [arXiv:1709.04057](https://arxiv.org/abs/1709.04057). The scan, forward and backward.
# - Feng, Tung, Ahmed, Bengio and Hajimirsadeghi (2024): Were RNNs all we needed?
#   [arXiv:2410.01201](https://arxiv.org/abs/2410.01201). The minimal GRU.
# - Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu and De (2023): Resurrecting recurrent neural networks for
#   long sequences. *ICML 2023*. [arXiv:2303.06349](https://arxiv.org/abs/2303.06349). The LRU.
# - Zucchet and Orvieto (2024): Recurrent neural networks: vanishing and exploding gradients are not the end of
#   the story. *NeurIPS 2024*. [arXiv:2405.21064](https://arxiv.org/abs/2405.21064). The curse of memory.
# - Gu, Goel and Ré (2022): Efficiently modeling long sequences with structured state spaces. *ICLR 2022*.
#   [arXiv:2111.00396](https://arxiv.org/abs/2111.00396). S4.
# - Gu and Dao (2023): Mamba: linear-time sequence modeling with selective state spaces.
#   [arXiv:2312.00752](https://arxiv.org/abs/2312.00752). Gates that read the input.
#
# Below, each of your functions beside the reference.

# %%
recap("13", globals())
