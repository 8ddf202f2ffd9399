# %% [markdown]
# # 10 · The LSTM: every gradient of the gated cell
#
# **After this lesson you can** write an LSTM with a forget gate, forward and backward, for a whole
# minibatch; say which two paths lead back from step to step, and what goes wrong if you leave one
# out; set a forget gate for a desired memory; and exchange weights with other libraries.
#
# about 180 minutes · difficulty ●●● · before it: 05; 09 helps
#
# Each single derivative in this lesson needs nothing beyond the product rule. The difficulty is to
# keep order: there are three gates and a candidate, two states, and many places where a wrong array has the right
# shape. So you write the gradient in small steps: one step forward, one step back, and then the
# whole sweep.
#
# *The article* in this lesson is a public article on back-propagation through time, vanishing
# gradients and the LSTM; it has its own list of references. The papers named here are listed at the
# end, under Sources.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $T, B, D, H$ | | steps, instances, inputs, units |
# | $x_t$ | `x[t-1]`, `x` is `(T,B,D)` | input at step $t = 1, \dots, T$; rows are instances |
# | $i_t, f_t, o_t$ | `i[t-1]`, …, each `(T,B,H)` | input, forget and output gate, between 0 and 1 |
# | $g_t$ | `g[t-1]`, `(T,B,H)` | candidate, between $-1$ and 1 |
# | $c_t$ | `c[t]`, `c` is `(T+1,B,H)` | cell; `c[0]` is the initial cell |
# | $h_t$ | `h[t]`, `h` is `(T+1,B,H)` | hidden state; `h[0]` is the initial one |
# | $W_x, W_h, b$ | `(D,4H)`, `(H,4H)`, `(4H,)` | parameters; four blocks of columns, in the order $i, f, g, o$ |
# | $\theta$ | `params` | all parameters together, $(W_x, W_h, b)$ |
# | $\bar h_t^{\text{out}}$ | `dh[t-1]`, `dh` is `(T,B,H)` | adjoint of $h_t$ **from outside**: the derivative of the loss with respect to $h_t$, later steps not counted |
# | $\bar h_t, \bar c_t$ | `dh_total`, `dc` | full adjoints of $h_t$ and $c_t$, later steps included (when `dc` is passed to exercise 4, it is not complete yet) |
# | $\bar c_T^{\text{out}}$ | `dc_T`, `(B,H)` | adjoint of the last cell from outside |
# | $\bar a_t$ | `da`, `(B,4H)`; of all steps `(T,B,4H)` | adjoint of the four pre-activations, packed like them |
# | $p_i, p_f, p_o$ | each `(H,)` | peephole weights (section 8) |
# | $\odot$ | `*` | product entry by entry |

# %% tags=["shows-answers"]
import sys

import numpy as np

from autograder import check, recap
from rnnlib import initialisers, lstm, numgrad, plots

steps, batch, inputs, units = 6, 3, 4, 5  # T, B, D, H
rng = np.random.default_rng(10)
weights = {
    "W_x": rng.normal(size=(inputs, 4 * units)) * 0.5,
    "W_h": rng.normal(size=(units, 4 * units)) * 0.6,
    "b": rng.normal(size=4 * units) * 0.3,
}
x = rng.normal(size=(steps, batch, inputs))
h0, c0 = rng.uniform(-0.5, 0.5, (batch, units)), rng.normal(size=(batch, units))
dh, dc_T = rng.normal(size=(steps, batch, units)), rng.normal(size=(batch, units))
run = lstm.forward(weights, x, h0, c0)  # a finished run, to try your functions on
print({name: value.shape for name, value in run._asdict().items()})

# %% [markdown] tags=["S4.39"]
# ## 1 The cell, its three gates and the candidate
#
# The cell of 1997 (Hochreiter and Schmidhuber) can add to its content but cannot forget:
# $c_t = c_{t-1} + i_t \odot g_t$. In 2000 Gers, Schmidhuber and Cummins added a **forget gate**.
# The article describes this cell but does not print how its gates are computed, so here are all
# equations. First compute four pre-activations of the same form, then apply four activations:
#
# $$[a_i \;\; a_f \;\; a_g \;\; a_o] = x_t W_x + h_{t-1} W_h + b,$$
#
# $$i_t = \sigma(a_i), \quad f_t = \sigma(a_f), \quad g_t = \tanh(a_g), \quad o_t = \sigma(a_o),$$
#
# with the logistic function $\sigma(a) = 1/(1+e^{-a})$. Then compute the two states:
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t) .$$
#
# The state of this network is the **pair** $(c_t, h_t)$. Both parts are passed to the next step,
# but they are used differently. $c_{t-1}$ enters through one product with a gate, while $h_{t-1}$
# enters all four pre-activations. The first figure shows one step. The second figure shows three
# steps and every path from one step to the next. The gradient goes back along the same paths.

# %%
plots.show(
    plots.lstm_cell(),
    "One step of an LSTM. The input x_t and the state h_(t-1) join on one line below, which "
    "reaches all four units: the forget gate f, the input gate i, the candidate g and the output "
    "gate o. Along the top the cell c_(t-1) is multiplied by f, then the product of i and g is "
    "added, which gives c_t. A branch of c_t goes through tanh, is multiplied by o, and is h_t.",
)
plots.show(
    plots.lstm_paths(3),
    "Paths through three steps of an LSTM. Along the middle row each cell c leads to the next "
    "through the forget gate f, and up to its state h through tanh and the output gate. Each h "
    "leads to the next cell through the gates i, f, g, and to the next h through the output "
    "gate. Each input x, at the bottom, leads to its cell through i, f, g and to its h through o.",
)


# %% [markdown]
# **Exercise 1 ●○○ · 12 min.** Write one step. `params` is a dict with `"W_x"` $(D,4H)$, `"W_h"`
# $(H,4H)$ and `"b"` $(4H,)$; `x_t` is $(B,D)$, `h_prev` and `c_prev` are $(B,H)$. The first $H$ of
# the $4H$ columns belong to $i$, the next to $f$, then $g$, then $o$. (`np.split(P, n, axis=1)`
# cuts an array $P$ into $n$ equal blocks of columns.) Return a dict with `"i"`, `"f"`, `"g"`,
# `"o"`, `"c"`, `"h"`, all $(B,H)$: the gates and the candidate after their activations, and the two
# new states.

# %% nbgrader={"grade": false, "grade_id": "lstm_step_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_step_forward(params, x_t, h_prev, c_prev):
    """Returns {"i", "f", "g", "o", "c", "h"} of one step, all (B, H)."""
    ### BEGIN SOLUTION
    a = x_t @ params["W_x"] + h_prev @ params["W_h"] + params["b"]
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    i, f, o = (1 / (1 + np.exp(-v)) for v in (a_i, a_f, a_o))
    g = np.tanh(a_g)
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return {"i": i, "f": f, "g": g, "o": o, "c": c, "h": h}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lstm_step_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.lstm_step_forward", lstm_step_forward)


# %% [markdown] tags=["S4.1", "S4.39"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Compute all four pre-activations at once, as a sum of two products and a bias. Split this sum into
# its four parts afterwards.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Let $a$ have the shape $(B,4H)$. Its columns $0$ to $H-1$ are $a_i$, and its columns from $3H$ to
# $4H-1$ are $a_o$. The hyperbolic tangent is used twice: for the candidate, and for the cell when
# the hidden state is computed.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# `np.split` with 4 parts along axis 1 cuts the sum into its blocks. Apply $\sigma$ to three of them
# and `np.tanh` to the third one. The new cell is a sum of two products, and the hidden state is one
# product. Return the six arrays in a dict.
#
# </details>
#
# ## 2 A whole sequence
#
# Lesson 05 wrote a recurrent network as a dynamical system. Let $s_t$ stand for **everything** that
# one step passes to the next one, and $\theta$ for the parameters. Then the system reads
#
# $$s_t = F_\theta(x_t, s_{t-1}) .$$
#
# For the tanh network $s_t = h_t$. For the LSTM $s_t = (c_t, h_t)$, $\theta = (W_x, W_h, b)$, and
# $F_\theta$ is the six equations of section 1: your function of exercise 1. The output layer reads
# only $h_t$, one half of the state. To run a sequence, apply $F_\theta$ again and again. So step
# $t$ reads the two states that step $t-1$ has computed.
#
# **Exercise 2 ●○○ · 8 min.** Run a sequence. `x` is $(T,B,D)$, `h0` and `c0` are $(B,H)$. Return a
# dict with `"i"`, `"f"`, `"g"`, `"o"`, each $(T,B,H)$, and `"c"`, `"h"`, each $(T+1,B,H)$ and
# starting with the initial state. You may call your function of exercise 1.
#
# The cell below the hints runs an LSTM of one unit whose weights were chosen by hand. It has three
# inputs: "write", the value, and "read". A value of 1.5 is written at step 4 and a value of $-1$ at
# step 13; the cell is read at steps 9, 19 and 21.
#
# **Predict first.** At which steps is each of the three gates open? Is the stored number still
# exactly the same after eight steps?

# %% nbgrader={"grade": false, "grade_id": "lstm_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_forward(params, x, h0, c0):
    """Returns {"i", "f", "g", "o"}, each (T, B, H), and {"c", "h"}, each (T + 1, B, H)."""
    ### BEGIN SOLUTION
    run = {"i": [], "f": [], "g": [], "o": [], "c": [c0], "h": [h0]}
    for x_t in x:
        step = lstm_step_forward(params, x_t, run["h"][-1], run["c"][-1])
        for name, values in run.items():
            values.append(step[name])
    return {name: np.array(values) for name, values in run.items()}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lstm_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.lstm_forward", lstm_forward)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You need six lists. Two of them already contain one entry when the loop begins.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Step $t$ reads `x[t-1]`, $h_{t-1}$ and $c_{t-1}$. The last two are the newest entries in the lists
# for the two states.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make a dict of six lists, with the initial states in two of them. For each input, call the step
# with the last entries of these two lists. Append each of the six results to the list of the same
# name. At the end turn the lists into arrays.
#
# </details>

# %% tags=["shows-answers"]
by_hand = {  # columns i, f, g, o; rows write, value, read
    "W_x": np.array([[12.0, -12.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 12.0]]),
    "W_h": np.zeros((1, 4)),
    "b": np.array([-6.0, 6.0, 0.0, -6.0]),
}
signal = np.zeros((24, 1, 3))
signal[3, 0, :2], signal[12, 0, :2] = (1, 1.5), (1, -1)  # two values are written,
signal[[8, 18, 20], 0, 2] = 1  # and read later
show = lstm.forward(by_hand, signal)
curves = {f"${name}_t$": getattr(show, name)[-24:, 0, 0] for name in "ifoch"}
figure = plots.lines(range(1, 25), curves, "step t", "value", marker="o")
figure.axes[0].legend(frameon=False, bbox_to_anchor=(1, 1))
plots.show(
    figure,
    "Gates, cell and state of one unit over 24 steps. At steps 4 and 13 the input gate opens "
    f"and the forget gate shuts; the cell takes the values {show.c[4, 0, 0]:.2f} and "
    f"{show.c[13, 0, 0]:.2f} and keeps them. The state is near zero except at steps 9, 19 and "
    "21, when the output gate opens.",
)
print(f"kept from step 4 to step 12: {show.c[12, 0, 0] / show.c[4, 0, 0]:.3f} of the cell")

# %% [markdown] tags=["S4.39"]
# **What each gate does.** The input gate lets a value into the cell. The forget gate keeps the
# content of the cell or clears it. The output gate makes the content visible in $h$. The cell keeps
# a number over many steps at which nothing is read. At step 4 the cell takes $0.90$ and not $1.5$,
# because the candidate is $\tanh(1.5) \approx 0.905$. The number shrinks slightly, because no gate
# is ever fully open: $\sigma(6)$ is a little below 1, and the cell loses the difference at every
# step.
#
# ### What does a gate know?
#
# When the article differentiates the cell, it says that $f_t$, $i_t$ and the candidate are
# *functions of $C_t$*. But the equations compute them before $c_t$, from $x_t$ and $h_{t-1}$.
# (Later the article says $C_{t-1}$. That is closer: $c_{t-1}$ influences the gates through
# $h_{t-1}$. But $c_{t-1}$ alone does not determine the gates, because $h_{t-1}$ also depends on
# $o_{t-1}$.) A function gives one value for one argument. So you can refute the claim with two
# pasts that lead to the same $c_t$ but to different gates.
#
# **Exercise 3 ●●○ · 10 min · refute it.** Take one unit, no input, no bias, and set all four entries
# of $W_h$ to 1. Then all four pre-activations equal $h_{t-1}$, so $f_t = i_t = \sigma(h_{t-1})$ and
# $g_t = \tanh(h_{t-1})$. Give two pasts `two_pasts = ((h_prev, c_prev), (h_prev, c_prev))`, four
# numbers, with each `h_prev` strictly between $-1$ and 1. The two new cells $c_t$ must agree to
# $10^{-6}$, and the two forget gates must differ by more than 0.1. Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "two_pasts", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_pasts = None  # ((h_prev, c_prev), (h_prev, c_prev))
### BEGIN SOLUTION
gate = 1 / (1 + np.exp(-0.5))
two_pasts = ((0.0, 2.0), (0.5, 1 / gate - np.tanh(0.5)))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_gates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.refute_gates", two_pasts)


# %% [markdown] tags=["S4.39"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Each past consists of two numbers. Choose one of them freely, and use the other one to reach the
# cell value you want.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Choose a value for $c_t$, and two different values of $h_{t-1}$. Each of them determines $f_t$,
# $i_t$, $g_t$. Then $c_t = f_t\, c_{t-1} + i_t\, g_t$ is one equation for $c_{t-1}$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# $h_{t-1} = 0$ and $c_{t-1} = 2$ give $f_t = 1/2$, $g_t = 0$ and $c_t = 1$. Now take another
# $h_{t-1}$, far enough from 0 that the gates differ. Solve for $c_{t-1}$ with Python, so that six
# digits are right.
#
# </details>
#
# ## 3 One step back
#
# Two adjoints arrive at step $t$. $\bar h_t$ is complete. The adjoint that arrives for $c_t$ comes
# from later steps only, so it is *not* complete. The reason is that $c_t$ is used twice: by the
# next step, and by $h_t$. The adjoint of a variable that is used twice is the sum of two terms. So
# the first thing to do is to add the second term:
#
# $$\bar c_t \mathrel{+}= \bar h_t \odot o_t \odot (1 - \tanh^2 c_t) .$$
#
# Here $\tanh^2 c_t$ means $(\tanh c_t)^2$: the value of the function is squared, not its argument.
# Each of the four arrays $i_t, f_t, g_t, o_t$ is a factor in exactly one product of the forward
# pass. Its adjoint is the adjoint of this product times the other factor. Then multiply by the
# slope of its activation to get the adjoint of its pre-activation. The slope is written in terms of
# the value:
#
# | array | its adjoint | times the slope |
# |---|---|---|
# | $i_t$ | $\bar c_t \odot g_t$ | $i_t (1 - i_t)$ |
# | $f_t$ | $\bar c_t \odot c_{t-1}$ | $f_t (1 - f_t)$ |
# | $g_t$ | $\bar c_t \odot i_t$ | $1 - g_t^2$ |
# | $o_t$ | $\bar h_t \odot \tanh c_t$ | $o_t (1 - o_t)$ |
#
# The output gate differs from the others. It acts after the cell, so its adjoint contains
# $\bar h_t$. The other three act on the cell, so their adjoints contain $\bar c_t$. Put the four
# results side by side, in the order of the rows, which is also the order of the weights. This gives
# $\bar a_t$, of shape $(B,4H)$. The rest is as in lesson 05: a product $P = QR$ has
# $\bar Q = \bar P R^\top$ and $\bar R = Q^\top \bar P$, and for a bias the rows are summed.
# Finally, the step passes $\bar c_t \odot f_t$ back to $c_{t-1}$.
#
# **Exercise 4 ●●○ · 25 min.** Write one step back. `step` is a dict with the arrays of the forward
# pass: `"x"` $(B,D)$, `"h_prev"`, `"c_prev"`, `"i"`, `"f"`, `"g"`, `"o"`, and the new `"c"`, all
# $(B,H)$. `dh_total` is $\bar h_t$, and `dc` is the adjoint of $c_t$ from later steps, both
# $(B,H)$. Return a dict with `"W_x"`, `"W_h"`, `"b"`, `"x"`, `"h_prev"`, `"c_prev"`: this step's
# contribution to each gradient. Each entry has the shape of the array whose gradient it is. Leave
# the arguments unchanged.

# %% nbgrader={"grade": false, "grade_id": "lstm_step_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_step_backward(params, step, dh_total, dc):
    """Returns {"W_x", "W_h", "b", "x", "h_prev", "c_prev"}, what one step contributes."""
    ### BEGIN SOLUTION
    x, h_prev, c_prev = step["x"], step["h_prev"], step["c_prev"]
    i, f, g, o, c = (step[name] for name in "ifgoc")
    tanh_c = np.tanh(c)
    dc = dc + dh_total * o * (1 - tanh_c**2)
    da_i = dc * g * i * (1 - i)
    da_f = dc * c_prev * f * (1 - f)
    da_g = dc * i * (1 - g**2)
    da_o = dh_total * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    grads = {"W_x": x.T @ da, "W_h": h_prev.T @ da, "b": da.sum(axis=0)}
    dx, dh_prev = da @ params["W_x"].T, da @ params["W_h"].T
    return {**grads, "x": dx, "h_prev": dh_prev, "c_prev": dc * f}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lstm_step_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.lstm_step_backward", lstm_step_backward)


# %% [markdown] tags=["S4.39", "S4.41"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Complete the adjoint of the cell before you use it. Write `dc = dc + …` and not `dc += …`, because
# the second form changes the caller's array.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# In each row of the table above, multiply the entries of the second and the third column: a product
# of three or four arrays. Each product is one block of $\bar a_t$. Then $\bar x_t = \bar a_t
# W_x^\top$, $\bar h_{t-1} = \bar a_t W_h^\top$, $\bar W_x = x_t^\top \bar a_t$, $\bar W_h =
# h_{t-1}^\top \bar a_t$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute $\tanh(c_t)$ once, because you need it twice. Add the second term to the adjoint of the
# cell. Form the four blocks, each $(B,H)$, and join them along axis 1 in the order of the weights.
# For the two matrices, multiply the transposed array that the step read by these blocks. For the
# bias, sum over axis 0. For the input and the hidden state, multiply the blocks by a transposed
# matrix. The last entry is one product with a gate.
#
# </details>
#
# ## 4 The sweep
#
# Two arrays are passed back from step to step, one along $h$ and one along $c$. At the end of the
# sequence the first is zero and the second is $\bar c_T^{\text{out}}$. Go from $t = T$ down to 1:
#
# $$\bar h_t = \bar h_t^{\text{out}} + \bar a_{t+1} W_h^\top, \qquad
#   \bar c_t = \bar c_{t+1} \odot f_{t+1} + \bar h_t \odot o_t \odot (1 - \tanh^2 c_t) .$$
#
# At $t = T$ there is no later step. There $\bar a_{T+1} W_h^\top$ is 0, and $\bar c_T^{\text{out}}$
# takes the place of $\bar c_{T+1} \odot f_{T+1}$.
#
# At each step the four blocks of $\bar a_t$ follow as in section 3. The parameters are used at
# every step, so the contributions of all steps are added. The adjoints that step 1 passes back
# belong to the initial states: $\bar h_0 = \bar a_1 W_h^\top$ and $\bar c_0 = \bar c_1 \odot f_1$.
#
# **Exercise 5 ●●● · 40 min.** Write the sweep. `run` is what `rnnlib.lstm.forward` returns, a named
# tuple with the fields `x`, `i`, `f`, `g`, `o`, `c`, `h` as in the notation table (`run.f[t-1]` is
# $f_t$, `run.c[t]` is $c_t$). `dh` is $(T,B,H)$, `dc_T` is $(B,H)$. They are the adjoints from
# outside of the loss
#
# $$L = \sum_t \langle \bar h_t^{\text{out}}, h_t \rangle + \langle \bar c_T^{\text{out}}, c_T \rangle ,$$
#
# where $\langle P, Q \rangle$ is the sum of all entries of $P \odot Q$. Return the gradient of $L$,
# a dict with `"W_x"`, `"W_h"`, `"b"`, `"x"`, `"h0"`, `"c0"`. Each entry has the shape of the array
# whose gradient it is. Leave the arguments unchanged. You may call your function of exercise 4, or
# write the step again.

# %% nbgrader={"grade": false, "grade_id": "lstm_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_backward(params, run, dh, dc_T):
    """Returns {"W_x", "W_h", "b", "x", "h0", "c0"}, the gradient of L."""
    ### BEGIN SOLUTION
    x, i, f, g, o, c, h = run
    W_x, W_h = params["W_x"], params["W_h"]
    dW_x, dW_h = np.zeros_like(W_x), np.zeros_like(W_h)
    db, dx = np.zeros_like(params["b"]), np.zeros_like(x)
    future, dc = np.zeros_like(h[0]), dc_T.copy()
    for t in range(len(x), 0, -1):
        tanh_c = np.tanh(c[t])
        dh_total = dh[t - 1] + future
        dc = dc + dh_total * o[t - 1] * (1 - tanh_c**2)
        da_i = dc * g[t - 1] * i[t - 1] * (1 - i[t - 1])
        da_f = dc * c[t - 1] * f[t - 1] * (1 - f[t - 1])
        da_g = dc * i[t - 1] * (1 - g[t - 1] ** 2)
        da_o = dh_total * tanh_c * o[t - 1] * (1 - o[t - 1])
        da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
        dW_x += x[t - 1].T @ da
        dW_h += h[t - 1].T @ da
        db += da.sum(axis=0)
        dx[t - 1] = da @ W_x.T
        future = da @ W_h.T
        dc = dc * f[t - 1]
    return {"W_x": dW_x, "W_h": dW_h, "b": db, "x": dx, "h0": future, "c0": dc}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lstm_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.lstm_backward", lstm_backward)


# %% [markdown] tags=["S4.39"]
# <details><summary>Hint 1 · a nudge</summary>
#
# It is exercise 4 in a loop, and two arrays are passed from one round to the next. In the second
# figure of section 1, two arrows leave each $c$ except the first and the last. Each $h$ between the
# first and the last has three uses: two arrows and the loss. On the way back, each use contributes
# one term.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# At each step, in this order: complete $\bar h_t$; complete $\bar c_t$; form the four blocks; add
# to the gradients of $W_x$, $W_h$, $b$ and store that of $x_t$; pass $\bar a_t W_h^\top$ and
# $\bar c_t \odot f_t$ back to step $t-1$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make arrays of zeros for the three parameters and for `x`, and a *copy* of `dc_T`. Loop over the
# step number `t` from $T$ down to 1. The gates and inputs of this step have the index `t-1`. The
# states that the step read have the index `t-1`, too. The states that it computed have the index
# `t`. The parameters use `+=`, the entry of the input uses `=`. Multiply the adjoint of the cell by
# the forget gate last, after you have formed the four blocks.
#
# </details>
#
# ### Check it, then break it
#
# The cell below compares **your** backward pass with measured derivatives of the loss $L$. The cell
# after it runs the library's sweep three times and leaves out one part each time: the adjoint
# passed back along $h$, the adjoint `dc_T`, or all of `dh` except its last entry. For each of the
# six outputs, the bars show the relative error that results.

# %% tags=["raises-exception", "shows-answers"]
def loss(p):
    mine = lstm.forward({n: p[n] for n in weights}, p["x"], p["h0"], p["c0"])
    return (mine.h[1:] * dh).sum() + (mine.c[-1] * dc_T).sum()


full = lstm.backward(weights, run, dh, dc_T)
try:
    grads = lstm_backward(weights, run, dh, dc_T)
except NotImplementedError:
    print("Exercise 5 is still open: this is the library's own gradient.")
    grads = full
print(numgrad.check_gradient(loss, grads, {**weights, "x": x, "h0": h0, "c0": c0}))

# %% tags=["shows-answers"]
last_only = dh * (np.arange(steps) == steps - 1)[:, None, None]
no_way_back = {**weights, "W_h": 0 * weights["W_h"]}
broken = {
    "nothing handed back along $h$": lstm.backward(no_way_back, run, dh, dc_T),
    "dc_T ignored": lstm.backward(weights, run, dh),
    "only the last step's loss": lstm.backward(weights, run, last_only, dc_T),
}
errors = {
    how: [np.linalg.norm(wrong[n] - full[n]) / np.linalg.norm(full[n]) for n in full]
    for how, wrong in broken.items()
}
figure = plots.paired_bars(errors, "output", "relative error")
figure.axes[0].set(xticks=range(1, 7), xticklabels=full, ylim=(0, 1.5))
said = "; ".join(f"{how}: {min(e):.2f} to {max(e):.2f}" for how, e in errors.items())
plots.show(
    figure, f"Relative error of six outputs, least to most, when three things are left out: {said}."
)

# %% [markdown] tags=["S4.41"]
# **Every output depends on both adjoints.** In each of the three cases all six outputs are wrong,
# because the adjoints of the states are computed first and everything else is computed from them.
# Ignoring `dc_T` barely changes $\bar h_0$ and $\bar c_0$: the part that comes from the end of the
# sequence has become small on its way back. No shape reveals a mistake: each of the three versions
# returns six arrays that look like a gradient.
#
# ## 5 Two paths back
#
# Along $c$ the adjoint is multiplied by one gate per step, entry by entry. For this reason the
# article first says that the derivative from cell to cell is a product of forget gates; later it
# prints a longer formula. The short formula holds only if $h$ does not change. But $c_{t-1}$
# changes $h_{t-1}$, this changes $i_t$, $f_t$ and $g_t$, and these change $c_t$. In the second
# figure of section 1 this path is the arrow up from $c_{t-1}$ to $h_{t-1}$, followed by the slanted
# arrow down to $c_t$.
#
# The cell below makes a longer run with a loss that reads only the last state, and follows
# $\bar c_t$ from there back to the first step. One curve contains both paths, the other only the
# forget gates. To get the adjoint at step $t$, the cell cuts the sequence after this step and asks
# the library for the gradient with respect to the initial states of the rest. So `first` holds the
# derivatives of the loss with respect to $c_t$ and $h_t$. Since $h_t$ is computed from $c_t$, the
# second is multiplied by $\partial h_t / \partial c_t$ (`dh_dc`) and added to the first.

# %% tags=["shows-answers"]
length, cells = 50, 16
big = lstm.init(inputs, cells, rng) | {"W_h": rng.normal(size=(cells, 4 * cells)) * 0.5}
long = lstm.forward(big, rng.normal(size=(length, 1, inputs)))
end, (_, dh_dc, _) = np.zeros((length, 1, cells)), lstm.slopes(big, long)
end[-1] = rng.normal(size=cells)
norms = {"both paths": [], "forget gates only": []}
for t in range(1, length):
    rest = lstm.Run(*(field[t:] for field in long))
    for path, gain in zip(norms, (1, 0)):  # gain 0: nothing comes back through W_h
        first = lstm.backward({**big, "W_h": gain * big["W_h"]}, rest, end[t:])
        norms[path].append(np.linalg.norm(first["c0"] + first["h0"] * dh_dc[t - 1]))
change = {path: f"{norm[0] / norm[-1]:.1e}" for path, norm in norms.items()}
plots.show(
    plots.lines(range(1, length), norms, "step t", "norm of the cell's adjoint", log="y"),
    "Norm of the adjoint of the cell c_t against t, logarithmic, for a loss on the last of "
    f"{length} states. From step {length - 1} back to step 1 it changes by: {change}.",
)
print(change)


# %% [markdown] tags=["S4.41"]
# **How much of the gradient takes the second path?** The two curves separate within the first steps
# back. Along the forget gates alone, less than a millionth arrives at step 1. Of the full adjoint
# about a third arrives, in this network with large recurrent weights. So nearly all of it came
# along the other path. With other weights the full adjoint may shrink or grow. The factors of the
# other path are matrices and not gates; lesson 11 examines them.
#
# **Exercise 6 ●●○ · 15 min · refute it.** If the derivative $dc_T/dc_0$ were the product of the
# forget gates between the two, it could never be negative. Find an LSTM of one unit in which
# $dc_2/dc_0$ is below $-0.1$. There is no input, and $h_0 = 0$ is held fixed. Give
# `one_unit = (w, b, c0)`: `w` is a list of the four entries of $W_h$ and `b` a list of the four
# biases, both in the order $i, f, g, o$, and `c0` is a number. Any valid counterexample passes. To
# measure an attempt, call `dc2_dc0(*one_unit)` in a cell of your own. It runs two steps, gives your
# `lstm_backward` a `dh` of zeros and a `dc_T` of one, and returns the output `"c0"`.

# %% nbgrader={"grade": false, "grade_id": "one_unit", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
def dc2_dc0(w, b, start):
    params = {"W_x": np.zeros((1, 4)), "W_h": np.array([w], float), "b": np.array(b, float)}
    two = lstm.forward(params, np.zeros((2, 1, 1)), c0=np.full((1, 1), float(start)))
    return lstm_backward(params, two, np.zeros((2, 1, 1)), np.ones((1, 1)))["c0"].item()


one_unit = None  # (w, b, c0)
### BEGIN SOLUTION
one_unit = ([0, 0, -5, 0], [3, 3, 0, 3], 0.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_product", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.refute_product", one_unit)


# %% [markdown] tags=["S4.41"]
# <details><summary>Hint 1 · a nudge</summary>
#
# $c_1$ influences $c_2$ along two paths. The path through the forget gate is positive. Make the
# other one negative and larger in size.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The other path goes through $h_1 = o_1 \tanh(c_1)$ into a pre-activation of step 2. Through the
# candidate alone it contributes $i_2 (1 - g_2^2)\, w_g\, o_1 (1 - \tanh^2 c_1)$, where $w_g$ is the
# third entry of `w`.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Open the gates with positive biases, so that $i_2$ and $o_1$ are near 1. Keep $c_0$ and the
# candidate's bias at 0, so that both slopes are exactly 1. Then only $w_g$ is left to choose.
#
# </details>
#
# ## 6 How long does a cell remember?
#
# Along its own path, the cell is multiplied by a forget gate at every step. If the gate stays at
# $f$, the share $f^n$ remains after $n$ steps. In a plain network the factor of each step contains
# $\tanh'$ instead, which is small where a unit is saturated. A forget gate near 1 loses much less.
# You can set its value at the start, and training can change it, with one number: the bias $b_f$.
#
# The *half-life* is the $n$ with $f^n = 1/2$. It need not be a whole number. Suppose that the gate
# depends only on its bias (the second block of $b$). Then $f = \sigma(b_f)$, so you can compute a
# bias to start from for any half-life you want.
#
# **Exercise 7 ●○○ · 8 min.** Return this bias, a number, for a given `half_life` in steps. First
# find the $f$ of which one half remains after that many steps. Then find the bias for which
# $\sigma$ has this value.
#
# **Predict first.** A forget gate of 0.95 seems to keep nearly everything. Which share of the cell
# remains after 100 steps? The first printed line below the hints gives the answer.

# %% nbgrader={"grade": false, "grade_id": "forget_bias", "locked": false, "schema_version": 3, "solution": true, "task": false}
def forget_bias(half_life):
    """Returns b with sigmoid(b) ** half_life = 1/2."""
    ### BEGIN SOLUTION
    f = 0.5 ** (1 / half_life)
    return np.log(f / (1 - f))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_forget_bias", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.forget_bias", forget_bias)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Solve two equations, one after the other. The first contains a power, the second an exponential
# function.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Solve $f^{n} = \tfrac12$ with a root. $f = 1/(1+e^{-b})$ gives $e^{b} = f/(1-f)$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Raise one half to the power of one over the half-life. Divide the result by one minus the result,
# and take the logarithm.
#
# </details>

# %% tags=["shows-answers"]
n, f, longest = np.arange(101), 0.95, 100
kept = {f"$f = {gate}$": gate**n for gate in (0.5, 0.9, 0.95, 0.99)}
kept[r"$\tanh'(1)$"] = (1 - np.tanh(1) ** 2) ** n
b_f = initialisers.chrono_bias(longest, 1000, np.random.default_rng(10))  # for 1000 units
gates = 1 / (1 + np.exp(-b_f))
kept["chrono"] = np.mean(gates ** n[:, None], axis=1).round(2)
at = ", ".join(f"{f**k:.2g} after {k}" for k in (10, 50, 100))
life, bias = np.log(0.5) / np.log(f), np.log(f) - np.log(1 - f)
figure = plots.lines(n, kept, "steps n", "share that is left", log="y")
figure.axes[0].set_ylim(1e-6, 1.5)
text = f"Share left against steps, logarithmic. One gate gives a straight line; {f} leaves {at}. "
plots.show(figure, text + "A tanh at 1 falls fastest. The mean over many gates bends upward.")
print(f"f = {f}: left {at}; half-life {life:.1f} steps, bias {bias:.2f}")
lives = np.percentile(np.log(0.5) / np.log(gates), [0, 25, 50, 75, 100]).round()
left = kept["chrono"][[10, 50, 100]]
print("chrono: half-lives of", *lives, "steps; mean left after 10, 50, 100 steps:", *left)
slow = 1 - gates.max()  # if g stays at 1, c approaches i / (1 - f)
print(f"slowest cell fills to {slow / slow:.0f} with i = 1 - f, to {0.5 / slow:.0f} with i = 1/2")


# %% [markdown] tags=["S4.39", "S4.41"]
# **How fast does a gate forget?** A gate of 0.95 seems to keep nearly everything. But its half-life
# is the number printed above, and after 100 steps almost nothing remains. On the logarithmic axis
# its curve is a straight line, so this memory also fades exponentially. Unlike $\tanh'$, a gate
# lets you choose the rate.
#
# One bias suits one lag. If you do not know the lag, **chrono initialisation** (Tallec and
# Ollivier, 2018) distributes the units over all lags up to a longest one, $T_{\max}$: each unit
# draws $u$ uniformly from $[1, T_{\max} - 1]$ and starts with $b_f = \ln u$. If the gates depend
# only on their biases, $1/(1-f) = 1 + u$. This number is the unit's *time scale* in steps: for a
# large $u$, about $1/e$ of the cell remains after that many steps. The half-life is about 0.7
# times as long. The unit also starts with $b_i = -b_f$, so that $i = 1 - f$. Its cell is then a
# running *mean* of its candidates, so it stays between $-1$ and 1 even if the memory is long. The
# second printed line has the half-lives for $T_{\max} = 100$: the smallest, the quartiles and the
# largest. The third line shows the value that the slowest cell approaches if its candidate stays
# at 1: once with $i = 1 - f$ and once with $i = 1/2$. `initialisers.chrono_bias` of `rnnlib`
# draws the $b_f$.
#
# ## 7 Packed weights and their orders
#
# You can store the weights of the gates and the candidate as four matrices, or pack them into one matrix, as in this lesson. Then
# one product computes all four. But packing needs a convention: **which block belongs to which
# gate**. The shapes do not show it.
#
# | where | order | how it is stored |
# |---|---|---|
# | this course, Keras | $i, f, g, o$ | packed; Keras calls the candidate $c$ |
# | PyTorch | $i, f, g, o$ | packed and transposed; two biases, which are added |
# | CS231n | $i, f, o, g$ | packed, as here |
# | deeplearning.ai | $f, i, g, o$ | four matrices, named in this order; the candidate is called $c$ |
# | ONNX | $i, o, f, g$ | packed and transposed; two biases; the candidate is called $c$ |
#
# A network that gets its weights in the wrong order runs without an error, and computes something
# else.
#
# **Exercise 8 ●●○ · 12 min.** Write the converter. `W` has $4H$ entries along its **last** axis: it
# may be a matrix $(D,4H)$, or a bias $(4H,)$. `order_from` and `order_to` are strings that contain
# each of the letters `i`, `f`, `g`, `o` once. The blocks of `W` have the first order, and those of
# the result have the second. Return a new array of the same shape. The $H$ columns of a gate stay
# together and keep their order.

# %% nbgrader={"grade": false, "grade_id": "reorder_gates", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reorder_gates(W, order_from, order_to):
    """Returns W (..., 4H) with its four blocks moved from one order to the other."""
    ### BEGIN SOLUTION
    blocks = dict(zip(order_from, np.split(W, 4, axis=-1)))
    return np.concatenate([blocks[gate] for gate in order_to], axis=-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_reorder_gates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.reorder_gates", reorder_gates)


# %% [markdown] tags=["S4.39"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Cut the array into four named blocks. Then join the blocks in the other order.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Block $k$ of the result belongs to the gate `order_to[k]`. In `W` this gate is the block with the
# number `order_from.index(order_to[k])`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# `np.split` into 4 parts along axis $-1$ works for a matrix and for a bias. Make a dict of these
# parts, with the letters of the first string as keys. Join the parts in the order of the second
# string's letters, along the same axis.
#
# </details>
#
# ## 8 Peepholes
#
# The output gate can be closed for a long time. Then $h$ contains no information about the cell, so
# the gates cannot depend on what is stored. **Peepholes** (Gers and Schmidhuber, 2000) give the
# gates direct access to the cell. Each gate gets one additional weight per unit, of shape $(H,)$.
# The gates $i$ and $f$ use the old cell, because the new one has not been computed yet; the output
# gate uses the new one:
#
# $$a_i = \dots + p_i \odot c_{t-1}, \qquad a_f = \dots + p_f \odot c_{t-1}, \qquad
#   a_o = \dots + p_o \odot c_t .$$
#
# **Exercise 9 ●●○ · 12 min.** Suppose that the sweep has already computed the adjoints of all
# pre-activations. `da` is $(T,B,4H)$, packed in the order $i, f, g, o$, with $\bar a_t$ in
# `da[t-1]`. `c` is $(T+1,B,H)$, with $c_t$ in `c[t]`. Return a dict with the gradients `"p_i"`,
# `"p_f"`, `"p_o"`, each $(H,)$. All steps and all instances share a peephole weight.

# %% nbgrader={"grade": false, "grade_id": "peephole_gradients", "locked": false, "schema_version": 3, "solution": true, "task": false}
def peephole_gradients(c, da):
    """Returns {"p_i", "p_f", "p_o"}, each (H,)."""
    ### BEGIN SOLUTION
    da_i, da_f, _, da_o = np.split(da, 4, axis=-1)
    return {
        "p_i": (da_i * c[:-1]).sum(axis=(0, 1)),
        "p_f": (da_f * c[:-1]).sum(axis=(0, 1)),
        "p_o": (da_o * c[1:]).sum(axis=(0, 1)),
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_peephole_gradients", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("10.peephole_gradients", peephole_gradients)

# %% [markdown] tags=["S4.39"]
# <details><summary>Hint 1 · a nudge</summary>
#
# A peephole weight acts like a bias that is multiplied by a cell. What is the gradient of a bias,
# and how does this factor change it?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar p_i = \sum_t \bar a_{i,t} \odot c_{t-1}$, summed over the instances too. The other two
# follow from their equations in the same way.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Cut `da` into four blocks along its last axis; you do not need the block of the candidate. All old
# cells together are `c` without its last entry, and all new cells are `c` without its first.
# Multiply, and sum over the first two axes.
#
# </details>
#
# ### The sweep with peepholes
#
# A peephole is an additional use of the cell, so the adjoint of the cell gets additional terms.
#
# **Exercise 10 ●●● · 20 min · graded by hand.** Derive the adjoints of $c_t$ and of $c_{t-1}$ for
# one step with peepholes. List every place where $c_t$ is used, at its own step and at step $t+1$.
# Write the contribution of each use, and add the contributions. Say why you need the adjoint of the
# output gate's pre-activation before $\bar c_t$ is complete, and why you cannot compute the other
# three before that. At the end, name the terms that a sweep without peepholes lacks. (If you learn
# alone: a model answer is in `solutions/`.)
#
# The cell below your answer compares the library's gradient with measured derivatives. Its last line
# shows, for 100 other input sequences, how large the error is if these terms are left out, and the
# cosine between the incomplete gradient and the gradient.

# %% [markdown] nbgrader={"grade": true, "grade_id": "peephole_sweep", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Uses of $c_t$.** At its own step: in $h_t = o_t \odot \tanh(c_t)$, with $o_t$ held; and in
# $a_{o,t}$, through $p_o \odot c_t$. At step $t+1$: in $c_{t+1}$, through $f_{t+1} \odot c_t$ with
# the gates held; in $a_{i,t+1}$ through $p_i$; in $a_{f,t+1}$ through $p_f$. That is five. The
# candidate has no peephole, and $h_t$ carries all other influence: it is counted in the first use.
#
# **Contributions.** From step $t+1$ comes
# $\bar c_{t+1} \odot f_{t+1} + \bar a_{i,t+1} \odot p_i + \bar a_{f,t+1} \odot p_f$. From step $t$
# comes $\bar h_t \odot o_t \odot (1 - \tanh^2 c_t) + \bar a_{o,t} \odot p_o$. Their sum is
# $\bar c_t$. One index lower, what step $t$ hands to $c_{t-1}$ is
# $\bar c_t \odot f_t + \bar a_{i,t} \odot p_i + \bar a_{f,t} \odot p_f$, and the uses at step
# $t-1$ are added there.
#
# **Order.** $a_{o,t}$ is computed after $c_t$, and reads it. So $\bar a_{o,t}$ is a part of
# $\bar c_t$ and comes first. It needs only $\bar h_t$: it is
# $\bar h_t \odot \tanh(c_t) \odot o_t (1 - o_t)$. The other three pre-activations make $c_t$, so
# their adjoints are made from $\bar c_t$ and need it complete.
#
# **Missing without peepholes.** $\bar a_o \odot p_o$ in $\bar c_t$, and
# $\bar a_i \odot p_i + \bar a_f \odot p_f$ in what is handed to $c_{t-1}$; and the three gradients
# of exercise 9. ∎

# %% tags=["shows-answers"]
rng = np.random.default_rng(10)  # new data, whatever the names have held meanwhile
x, dh = rng.normal(size=(steps, batch, inputs)), rng.normal(size=(steps, batch, units))
h0, c0, dc_T = rng.uniform(-0.5, 0.5, (batch, units)), *rng.normal(size=(2, batch, units))
looking = weights | {name: rng.normal(size=units) * 0.6 for name in ("p_i", "p_f", "p_o")}
peeped = lstm.forward(looking, x, h0, c0)
right = lstm.backward(looking, peeped, dh, dc_T)


def peephole_loss(p):
    mine = lstm.forward({n: p[n] for n in looking}, p["x"], p["h0"], p["c0"])
    return (mine.h[1:] * dh).sum() + (mine.c[-1] * dc_T).sum()


print(numgrad.check_gradient(peephole_loss, right, looking | {"x": x, "h0": h0, "c0": c0}))
off, cosine = [], []
for _ in range(100):  # other data; the sweep of section 4 on the same run
    went = lstm.forward(looking, rng.normal(size=x.shape), h0, c0)
    pair = [lstm.backward(p, went, dh, dc_T) for p in (looking, weights)]
    G, cut = (np.concatenate([grads[n].ravel() for n in weights]) for grads in pair)
    off.append(np.linalg.norm(cut - G) / np.linalg.norm(G))
    cosine.append(G @ cut / np.linalg.norm(G) / np.linalg.norm(cut))
print(f"terms left out: off by {min(off):.2f} to {max(off):.2f}, cosine {min(cosine):.3f} or more")

# %% [markdown]
# ## 9 It works: your LSTM writes
#
# In lesson 05 a recurrent network learned the help pages that Python carries. It read a character and
# predicted the next one, and its loss was counted in **bits per character** on paragraphs that were held
# out: $-\log_2$ of the probability of the character that came, on average. Now your `lstm_forward` and
# `lstm_backward` do the same, beside the network of lesson 05.
#
# The comparison is as fair as a short one can be. Both networks see the same text, 1,500 times 32
# pieces of 30 characters. The RNN has 128 units and 33,988 parameters, the LSTM 64 units and
# 38,468. The learning rates differ, 0.01 and 0.02, since each network gets the rate with which it
# ended at fewer bits.
#
# **Predict first.** By how much does the LSTM improve on the RNN: by a tenth of a bit, by half a bit, or
# by a whole one?
#
# The two trainings take about 25 seconds, and they are not graded. In a browser, where NumPy is
# slower, each makes 300 steps, and both end at more bits than named below. **Read the first line of
# the second cell**: it compares your gradient with measured slopes. If it says that the gradient is
# wrong, all that follows was computed with a wrong gradient.

# %% tags=["shows-answers"]
from rnnlib import language, rnn


class MyLSTM:
    """Your two functions, in the form that `language.fit` takes."""

    init = lstm.init

    def forward(params, x, h0, c0):
        return lstm.Run(x, **lstm_forward(params, x, h0, c0))

    def backward(params, run, dh):
        return lstm_backward(params, run, dh, np.zeros_like(dh[0]))


STEPS = 300 if sys.platform == "emscripten" else 1500  # a browser is slow
corpus = language.python_text()
levels = {"bigram": language.ngram_bits(corpus, 2), "trigram": language.ngram_bits(corpus, 3)}
print(f"{len(corpus.train):,} characters of {corpus.source}, {len(corpus.held_out):,} held out")

# %% tags=["raises-exception", "shows-answers"]
off = language.slope_error(MyLSTM, corpus, np.random.default_rng(0))
says = "it is right" if off < 0.01 else "IT IS WRONG: find out why before you trust what follows"
print(f"your gradient is off by {100 * off:.2g} %: {says}")
fitted = {"your LSTM": language.fit(MyLSTM, corpus, 64, steps=STEPS, lr=0.02)}
fitted["RNN of lesson 05"] = language.fit(rnn, corpus, 128, steps=STEPS, lr=0.01)
plots.show_learning(fitted, levels)
print(language.write(MyLSTM, fitted["your LSTM"].params, corpus, 400))

# %% [markdown]
# Over five seeds the LSTM needs 2.1 to 2.2 bits and the RNN 2.2 to 2.4, and the worst LSTM is
# better than the best RNN. So the gain is small, between 0.1 and 0.3 bits, and it is reliable. The
# learning rate is part of it. With 0.02 the RNN needs about as many bits as the trigram model. With
# 0.01 the LSTM keeps less than half of its lead over the RNN. All runs are listed in the repository's
# `benchmarks/README.md`. To predict text from pieces of 30 characters takes little memory. Lesson
# 11 asks what happens when more is needed.

# %% [markdown]
# ## Recap
#
# - The state is a pair. $c$ is passed on through one gate, $h$ through all four pre-activations.
# - At each step complete $\bar h_t$ first, then $\bar c_t$, then the four blocks, then the adjoints
#   that are passed back.
# - The adjoint of the output gate contains $\bar h_t$; the adjoints of the gates that act on the
#   cell contain $\bar c_t$.
# - Slopes are written in terms of values: $s(1-s)$ for a gate, $1 - g^2$ for the candidate, and
#   $1 - \tanh^2 c$ for the cell.
# - The product of forget gates is one path of two. The other one can be larger, and negative.
# - A forget gate has a half-life, and a bias sets it at the start.
# - The order of packed gates is a convention that no shape shows.
# - A peephole is one more use of the cell, so one more term in its adjoint. The cell after exercise
#   10 shows the error if you leave it out. The incomplete gradient still points in nearly the same
#   direction as the gradient (the cosine between them is close to 1), so the loss falls, and a
#   training curve does not show the error. The check does.
#
# ## Sources
#
# - Hochreiter and Schmidhuber (1997): Long short-term memory. *Neural Computation* 9(8).
#   [doi:10.1162/neco.1997.9.8.1735](https://doi.org/10.1162/neco.1997.9.8.1735). The cell without a
#   forget gate.
# - Gers, Schmidhuber and Cummins (2000): Learning to forget: continual prediction with LSTM.
#   *Neural Computation* 12(10).
#   [doi:10.1162/089976600300015015](https://doi.org/10.1162/089976600300015015). The forget gate.
# - Gers and Schmidhuber (2000): Recurrent nets that time and count. *IJCNN 2000*. Peepholes.
# - Tallec and Ollivier (2018): Can recurrent neural networks warp time? *ICLR 2018*.
#   [arXiv:1804.11188](https://arxiv.org/abs/1804.11188). Chrono initialisation.
# - Greff, Srivastava, Koutník, Steunebrink and Schmidhuber (2017): LSTM: a search space odyssey.
#   *IEEE Transactions on Neural Networks and Learning Systems* 28(10).
#   [arXiv:1503.04069](https://arxiv.org/abs/1503.04069). The equations with peepholes, and what
#   each part contributes.
#
# Below, each of your functions beside the reference.

# %%
recap("10", globals())
