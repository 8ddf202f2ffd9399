# %% [markdown]
# # 09 · The constant error carousel
#
# *This lesson is optional: the core lessons do not depend on it.*
#
# **After this lesson you can** run the first LSTM cell, the one of 1997, forward and backward; say
# in which sense its gradient is constant, and in which it is not; distinguish a truncated gradient
# from the gradient of the loss, and check each of them; and compute a bound for the state of a cell
# with a forget gate.
#
# about 150 minutes · difficulty ●●○ · before it: 05 and 07
#
# Suppose that a network has to remember one bit for 100 steps. If each step multiplies the gradient
# by 0.9, then 0.00003 of it arrives: too little to learn from. If each step multiplies it by 1.1,
# it arrives almost 14,000 times as large. Only a factor of 1 preserves the size of the gradient.
# Lesson 07 showed how hard it is to keep the factor near 1: gradients in recurrent networks vanish
# or explode exponentially (Hochreiter 1991), and a state that withstands noise loses its gradient
# (Bengio, Simard and Frasconi 1994).
#
# The LSTM of 1997 was the first network built around that factor of 1. The LSTM in use today (lesson
# 10) is this network with one gate more, so it is easier to understand after the old one. This
# lesson derives the gradients of the old network. It asks whether the error that is passed back is
# really constant, as the name *constant error carousel* says.
#
# *The paper*, below, is Hochreiter and Schmidhuber (1997). *The article* is a public article on
# back-propagation through time and the LSTM, with nine numbered references of its own. The sources
# are listed with links at the end.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $T, B, D, H$ | | steps, instances, inputs, units |
# | $x_t$ | `x[t-1]`, `x` is `(T,B,D)` | input at step $t = 1, \dots, T$; rows are instances |
# | $i_t, o_t$ | `i[t-1]`, `o[t-1]`, each `(T,B,H)` | input gate and output gate, between 0 and 1 |
# | $g_t$ | `g[t-1]`, `(T,B,H)` | candidate: the value that may be added to the cell |
# | $c_t$ | `c[t]`, `c` is `(T+1,B,H)` | cell state; `c[0]` is the initial one |
# | $h_t$ | `h[t]`, `h` is `(T+1,B,H)` | hidden state; `h[0]` is the initial one |
# | $W_x, W_h, b$ | `(D,3H)`, `(H,3H)`, `(3H,)` | parameters, three blocks of $H$ columns side by side, in the order $i, g, o$ |
# | $W_{hi}, W_{hg}, W_{ho}$ | | the three blocks of $W_h$; the same for $W_x$ and $b$ |
# | $G, K$ | | squashing functions of the candidate and of the cell |
# | $\sigma$ | | the logistic function, $\sigma(a) = 1 / (1 + e^{-a})$ |
# | $\bar h_t^{\text{out}}$ | `dh[t-1]` of `(T,B,H)` | adjoint of $h_t$ **from outside**: from the loss of step $t$ alone, later steps not counted |
# | $\bar h_t$ | `dh_total` | full adjoint of $h_t$, later steps included (from section 4 on) |
# | $\bar c_t$, $\bar a_t$ | `dc`, `da` | adjoints of the cell and of the pre-activations |
# | $\bar c_{T+1}$ | `dc_T`, `(B,H)` | adjoint of the last cell from outside |

# %% tags=["shows-answers"]
import numpy as np

from autograder import check, recap
from rnnlib import flow, lstm, lstm97, numgrad, plots

steps, batch, inputs, units = 6, 3, 2, 4  # T, B, D, H
rng = np.random.default_rng(9)
weights = {
    "W_x": rng.normal(size=(inputs, 3 * units)) * 0.8,
    "W_h": rng.normal(size=(units, 3 * units)) * 0.8,
    "b": rng.normal(size=3 * units) * 0.4,
}
x = rng.normal(size=(steps, batch, inputs))
h0, c0 = rng.normal(size=(2, batch, units)) * 0.5
dh = rng.normal(size=(steps, batch, units))  # a loss's adjoints, one for every state
run = lstm97.forward(weights, x, h0, c0, squash="1997")  # a finished run to look at
print(run._fields, run.c.shape)


# %% [markdown] tags=["S4.36", "S4.52"]
# ## 1 A cell that only adds
#
# In the network of lesson 05, every step computes a completely new state, with a matrix and a
# squashing function. Hochreiter and Schmidhuber (1997) gave each unit a **cell** whose state is not
# computed anew. A step only adds to it:
#
# $$c_t = c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot K(c_t) .$$
#
# The gates and the candidate depend on the input and the previous hidden state, as always:
#
# $$a_t = x_t W_x + h_{t-1} W_h + b, \qquad
#   i_t = \sigma(a_{t,i}), \quad g_t = G(a_{t,g}), \quad o_t = \sigma(a_{t,o}),$$
#
# where $a_{t,i}$ is the first block of $H$ columns of $a_t$, $a_{t,g}$ the second, and $a_{t,o}$
# the third. The paper, and the article after it, write $s_c$ for $c$, $y^{in}$ for $i$, $y^{out}$
# for $o$, and start from $s_c(0) = 0$. There is **no forget gate**: Gers, Schmidhuber and Cummins
# (2000) added it, and lesson 10 uses it. (The article links to the paper of 1997 in its text, but
# its list of references names a later paper, of 2005. So ask of every formula which kind of LSTM
# cell it describes.)
#
# Two pairs of squashing functions are in use:
#
# | `squash` | $G(a)$ | $K(c)$ |
# |---|---|---|
# | `"tanh"` | $\tanh a$ | $\tanh c$ |
# | `"1997"` | $4\sigma(a) - 2$, between $-2$ and 2 | $2\sigma(c) - 1$, between $-1$ and 1 |
#
# Since $2\sigma(a) - 1 = \tanh(a/2)$, both pairs have the form $G(a) = p \tanh(a/p)$ and
# $K(c) = \tanh(c/p)$, with $p = 1$ or $p = 2$.
#
# **Exercise 1 ●●○ · 15 min.** Write the forward pass. `params` is a dict with `"W_x"`, `"W_h"`,
# `"b"`; `x` is $(T,B,D)$; `h0` and `c0` are $(B,H)$; `squash` is one of the two strings. Return a
# dict with `"i"`, `"g"`, `"o"`, each $(T,B,H)$, and `"c"`, `"h"`, each $(T+1,B,H)$, which start
# with `c0` and `h0`.
#
# The code cell below the hints draws the squashing functions. Then it runs the network with each of
# the two pairs, with the same weights. **Predict first.** Will the states of the two runs be nearly
# the same?

# %% nbgrader={"grade": false, "grade_id": "lstm97_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm97_forward(params, x, h0, c0, squash):
    """Returns {"i", "g", "o"}, each (T, B, H), and {"c", "h"}, each (T + 1, B, H)."""
    ### BEGIN SOLUTION
    p = {"tanh": 1, "1997": 2}[squash]
    gates, c, h = [], [c0], [h0]
    for x_t in x:
        all_three = x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b"]
        a_i, a_g, a_o = np.split(all_three, 3, axis=1)
        i, o = 1 / (1 + np.exp(-a_i)), 1 / (1 + np.exp(-a_o))
        g = p * np.tanh(a_g / p)
        c.append(c[-1] + i * g)
        h.append(o * np.tanh(c[-1] / p))
        gates.append([i, g, o])
    i, g, o = np.array(gates).swapaxes(0, 1)
    return {"i": i, "g": g, "o": o, "c": np.array(c), "h": np.array(h)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lstm97_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.lstm97_forward", lstm97_forward)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# One matrix product computes all three blocks. Then apply the logistic function to two of them, and
# $G$ to the third.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Compute $c_t = c_{t-1} + i_t \odot g_t$ first, then $h_t = o_t \odot \tanh(c_t / p)$, with the
# *new* cell state. `np.split(array, 3, axis=1)` cuts an array into three blocks of columns.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Look up $p$ for the string. Keep a list of cell states that starts with `c0`, a list of hidden
# states that starts with `h0`, and three empty lists. At each step, compute the pre-activations
# from the input and the newest hidden state, split them, and apply the squashing functions. Append
# the sum to the cell states, and then append the hidden state that follows from it. At the end turn
# the lists into arrays.
#
# </details>

# %% tags=["shows-answers"]
a = np.linspace(-6, 6, 121)
logistic = 1 / (1 + np.exp(-a))
curves = {
    "G and K, tanh": np.tanh(a),
    "G, 1997": 4 * logistic - 2,
    "K, 1997": 2 * logistic - 1,
}
plots.show(
    plots.lines(a, curves, "a (or c)", "value"),
    "The squashing functions: tanh between -1 and 1, the candidate of 1997 between -2 and 2 "
    "with the same slope at zero, and the cell's of 1997 between -1 and 1 with half that slope.",
)
middle, gap = len(a) // 2, abs(2 * logistic - 1 - np.tanh(a / 2)).max()
for name, curve in curves.items():
    slope = np.gradient(curve, a)[middle]
    print(f"{name}: largest value {curve.max():.2f}, slope at zero about {slope:.2f}")
print(f"2σ(a) - 1 against tanh(a/2): {gap:.0e}")
by_tanh = lstm97.forward(weights, x, h0, c0, squash="tanh").h  # the same weights, the other cell
gaps = np.linalg.norm(by_tanh - run.h, axis=(1, 2)) / np.linalg.norm(run.h, axis=(1, 2))
print(f"same weights in both cells: states {gaps[1:].min():.0%} to {gaps.max():.0%} apart")


# %% [markdown] tags=["S4.36"]
# **The two cells are not interchangeable.** The candidate of 1997 can add twice as much to the cell
# at a step. Its slope at zero equals that of $\tanh$. $K$ of 1997 is flatter, so the cell can grow
# twice as large before $K$ saturates. The last line printed compares the states of the two runs:
# with the same weights they differ considerably. So weights trained with one pair of functions do
# not fit the other pair.
#
# ## 2 Slopes from values
#
# The backward pass needs four slopes. For the two gates you know the slope in terms of the value:
# $\sigma' = i (1 - i)$, and the same with $o$. For the candidate you also want it in terms of the
# value $g$, because the run does not store the pre-activations. With $g = p \tanh(a/p)$, the
# derivative of $\tanh$ is $1 - \tanh^2(a/p)$, and $\tanh(a/p)$ is $g/p$. The factor $p$ in front
# and the $1/p$ from the inner derivative cancel. $K$ has no factor in front, so its slope keeps the
# $1/p$.
#
# **Exercise 2 ●○○ · 10 min.** `g` holds values of $G$, `c` holds cell states, both $(T,B,H)$, and
# `squash` is `"tanh"` or `"1997"`. Return a dict with two entries. `"G"` is the slope $G'(a)$ where
# $G(a) = g$, and `"K"` is the slope $K'(c)$.

# %% nbgrader={"grade": false, "grade_id": "squash_slopes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def squash_slopes(g, c, squash):
    """Returns {"G": G'(a), from g = G(a); "K": K'(c)}, each (T, B, H)."""
    ### BEGIN SOLUTION
    p = {"tanh": 1, "1997": 2}[squash]
    return {"G": 1 - (g / p) ** 2, "K": (1 - np.tanh(c / p) ** 2) / p}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_squash_slopes", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.squash_slopes", squash_slopes)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# One of the two arguments is already the value of its squashing function. Which one?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $G'(a) = 1 - \tanh^2(a/p)$ and $K'(c) = \tfrac1p \big(1 - \tanh^2(c/p)\big)$. Check with the
# figure: at $g = 0$ and $c = 0$ the slopes are 1 and $1/p$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For the candidate, divide `g` by $p$, square, and subtract from one. For the cell, apply the
# hyperbolic tangent to `c` divided by $p$, square, subtract from one, and divide by $p$.
#
# </details>

# %% [markdown] tags=["S4.37"]
# ## 3 The constant error carousel
#
# Which paths lead from $c_{t-1}$ to $c_t$? One is the sum itself, with derivative 1. The other is a
# detour: $h_{t-1}$ is computed from $c_{t-1}$, and a change of $h_{t-1}$ changes the gate $i_t$ and
# the candidate $g_t$. For one instance, with the later step on the left as always, and for
# $t \ge 2$,
#
# $$\frac{d c_t}{d c_{t-1}} = I + \Big[ \mathrm{diag}(g_t\, i_t (1 - i_t))\, W_{hi}^\top
#   + \mathrm{diag}(i_t\, G'(a_{t,g}))\, W_{hg}^\top \Big]\,
#   \mathrm{diag}(o_{t-1} K'(c_{t-1})) .$$
#
# (At $t = 1$ the derivative is $I$: $h_0$ is given, and does not change with $c_0$.) This formula
# covers one step. Over several steps there is another path, from $h$ to $h$ through the output
# gate. So the full derivative is not the product of these matrices; section 5 uses the pair
# $(c, h)$.
#
# Only the first term is $I$. Why, then, is the error called *constant*? Because of a decision about
# the backward pass. In the paper's **truncated gradient**, the $h_{t-1}$ that enters the gates and
# the candidate is treated as a constant. Then the bracket is zero, and the following holds exactly,
# for every $t$ and every $k \le t$ and for any weights. (Here $d$ marks the full derivative and
# $\partial$ the truncated one.)
#
# $$\frac{\partial c_t}{\partial c_{t-1}} = I, \qquad
#   \frac{\partial c_t}{\partial c_{k}} = I \qquad \text{(truncated)} .$$
#
# So an adjoint that has reached the cell is passed back from step to step unchanged: this is the
# **constant error carousel**. The forward pass is the same as before; only the derivative is
# different.

# %%
plots.show(
    plots.carousel(4),
    "The cell over four steps: c_0 to c_4 in a row, joined by arrows of weight 1, inputs "
    "entering from below through i and g, hidden states h above read out through o; dashed "
    "arrows lead from each h to the next c and to the next h: truncation cuts those.",
)


# %% [markdown] tags=["S4.37"]
# **Which arrows does truncation cut?** The dashed ones. (To keep the figure simple, it leaves out
# $h_0$ and the arrows from $x_t$ to the output gate.) Follow the solid arrows backward. At every
# step an adjoint enters the row of cells from $h_t$ above it, and on its way to the left it does
# not change. At each cell it also contributes to the adjoints of the gate and the candidate below,
# and through them to the gradients of the weights.
#
# So the truncated backward pass needs only a running sum. Start from the last step, with
# $\bar c_{T+1}$ the adjoint `dc_T` of the last cell from outside:
#
# $$\bar c_t = \bar c_{t+1} + \bar h_t^{\text{out}} \odot o_t \odot K'(c_t),$$
#
# $$\bar a_{t,i} = \bar c_t \odot g_t \odot i_t (1 - i_t), \qquad
#   \bar a_{t,g} = \bar c_t \odot i_t \odot G'(a_{t,g}), \qquad
#   \bar a_{t,o} = \bar h_t^{\text{out}} \odot K(c_t) \odot o_t (1 - o_t) .$$
#
# Note that $\bar h_t^{\text{out}}$ appears here and not $\bar h_t$: with the dashed arrows cut, no
# adjoint reaches $h_t$ from later steps. The gradients of the parameters follow as in lesson 05:
# $\bar W_x = \sum_t x_t^\top \bar a_t$, $\bar W_h = \sum_t h_{t-1}^\top \bar a_t$, $\bar b$ is the
# sum of all rows of all $\bar a_t$, and $\bar x_t = \bar a_t W_x^\top$. The initial cell has the
# same adjoint as the first one: $\bar c_0 = \bar c_1$. $h_0$ is a constant and has no gradient.
#
# **Exercise 3 ●●○ · 25 min.** Write the truncated backward pass. `run` has the fields `x`, `i`,
# `g`, `o`, `c`, `h` of the table and `squash`, one of the two strings; `dh` is $(T,B,H)$ and `dc_T`
# is $(B,H)$. Return a dict with `"W_x"`, `"W_h"`, `"b"`, `"x"`, `"c0"`. Each entry has the shape of
# the array whose gradient it is. You may call your `squash_slopes`.

# %% nbgrader={"grade": false, "grade_id": "lstm97_backward_truncated", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm97_backward_truncated(params, run, dh, dc_T):
    """Returns {"W_x", "W_h", "b", "x", "c0"}, the truncated gradient."""
    ### BEGIN SOLUTION
    slope = squash_slopes(run.g, run.c[1:], run.squash)
    dc = dc_T + np.cumsum((dh * run.o * slope["K"])[::-1], axis=0)[::-1]
    da_i = dc * run.g * run.i * (1 - run.i)
    da_g = dc * run.i * slope["G"]
    da_o = dh * run.h[1:] * (1 - run.o)
    da = np.concatenate([da_i, da_g, da_o], axis=2)
    return {
        "W_x": np.einsum("tbd,tbn->dn", run.x, da),
        "W_h": np.einsum("tbj,tbn->jn", run.h[:-1], da),
        "b": da.sum(axis=(0, 1)),
        "x": da @ params["W_x"].T,
        "c0": dc[0],
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lstm97_backward_truncated", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.lstm97_backward_truncated", lstm97_backward_truncated)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Forget the weights and the gates for a moment. How do you get $\bar c_t$ from the adjoints that
# enter at the steps $t, t+1, \dots, T$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar c_t = \bar c_{T+1} + \sum_{s=t}^{T} \bar h_s^{\text{out}} \odot o_s \odot K'(c_s)$, a sum
# that starts at the end. You need not compute $K(c_t)$ again: it is a factor in
# $h_t = o_t \odot K(c_t)$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute the terms that enter the cells at all steps at once. Then either go from the last step to
# the first and add them up, or use `np.cumsum` on the reversed array. Compute three products for
# the three blocks, and join them side by side in the order of the columns. For the parameters, sum
# over steps and instances.
#
# </details>

# %% [markdown] tags=["S4.37"]
# ### Refute it: nothing flows to the gates
#
# The article explains the carousel in this way: because of truncation, no gradient flows back to
# the input gate and to the candidate. Read literally, this means that the truncated gradient would
# never train $W_{hi}$, $W_{hg}$ and their biases. But truncation cuts the paths *through* the gates
# to $h_{t-1}$, and not the paths *to* the gates.
#
# **Exercise 4 ●●○ · 12 min · refute it.** Give a cell with one unit whose gates do get a truncated
# gradient. The form is a tuple `(W_h, b, h0, c0)`: `W_h` and `b` are lists of three numbers, in the
# order $i, g, o$; `h0` and `c0` are numbers. The cell runs three steps with $\tanh$ and without an
# input ($x_t = 0$), and the loss is $h_1 + h_2 + h_3$. Four entries of the truncated gradient
# belong to $i$ and $g$, two of `W_h` and two of `b`. All four must be at least 0.1 in absolute
# value. `([0.5, 0.5, 0.5], [0, 0, 0], 0.3, 0.0)` has the right form. To measure an attempt, call
# `truncated(*still_learning)` in a cell of your own: it returns two rows of three numbers, the
# truncated gradients with respect to `W_h` and `b`. Your `lstm97_backward_truncated` computes them,
# with a `dh` of ones and a `dc_T` of zero.

# %% nbgrader={"grade": false, "grade_id": "still_learning", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
def truncated(W_h, b, h0, c0):
    params = {"W_x": np.zeros((1, 3)), "W_h": np.array([W_h], float), "b": np.array(b, float)}
    start = np.full((1, 1), float(h0)), np.full((1, 1), float(c0))
    tried = lstm97.forward(params, np.zeros((3, 1, 1)), *start)
    grads = lstm97_backward_truncated(params, tried, np.ones((3, 1, 1)), np.zeros((1, 1)))
    return grads["W_h"][0], grads["b"]


still_learning = None  # (W_h, b, h0, c0)
### BEGIN SOLUTION
still_learning = ([0.0, 0.0, 0.0], [0.0, 0.5, 2.0], 2.0, -0.5)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_gates", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.refute_gates", still_learning)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Which factors does $\bar a_{t,i}$ contain, and when is each of them small? With an open output
# gate and a cell near zero, a large adjoint enters the cell.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\bar b_i = \sum_t \bar c_t\, g_t\, i_t (1 - i_t)$. The entry of $W_{hi}$ has the additional
# factor $h_{t-1}$ in each term.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Recurrent weights of zero are allowed; then the gates are constant. Take $b_i = 0$, a candidate
# that is not near zero, a large $b_o$, and an $h_0$ that is not small. Start the cell on the other
# side of zero, so that it stays near zero.
#
# </details>

# %% [markdown] tags=["S4.37"]
# ## 4 The full gradient
#
# Now restore the dashed arrows. As in lesson 05, $h_{t}$ is used twice: by the loss of its own
# step, and by the gates and the candidate of the next step. The second use adds the term that
# lesson 05 passes back from step to step:
#
# $$\bar h_t = \bar h_t^{\text{out}} + \bar a_{t+1} W_h^\top, \qquad \bar a_{T+1} = 0 .$$
#
# All three blocks of $\bar a_{t+1}$ contribute, that of the output gate too. Replace $\bar
# h_t^{\text{out}}$ in section 3 by the full $\bar h_t$. You may call it `dh_total`. Now $\bar c_t$
# depends on $\bar h_t$, and $\bar h_t$ on $\bar a_{t+1}$, so you need a loop over the steps.
# Everything else is the same: the adjoint $\bar c_{t+1}$ of the carousel is still passed back
# unchanged. At the beginning, $\bar h_0 = \bar a_1 W_h^\top$.
#
# **Exercise 5 ●●● · 30 min.** Write the full backward pass, with the same arguments as in exercise 3.
# Return a dict with `"W_x"`, `"W_h"`, `"b"`, `"x"`, `"h0"`, `"c0"`. Leave the arguments unchanged.
#
# The cell below the hints checks the library's two gradients, each against the measured derivatives
# of the loss. Then it checks the truncated gradient once more, against the loss of a network whose
# gates and candidate read a stored copy of the states $h$ as if it were an input. **Predict
# first.** Which of the three checks will pass?

# %% nbgrader={"grade": false, "grade_id": "lstm97_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm97_backward(params, run, dh, dc_T):
    """Returns {"W_x", "W_h", "b", "x", "h0", "c0"}, the full gradient."""
    ### BEGIN SOLUTION
    slope = squash_slopes(run.g, run.c[1:], run.squash)
    grads = {n: np.zeros_like(v) for n, v in params.items()} | {"x": np.zeros_like(run.x)}
    future, dc = np.zeros_like(dc_T), dc_T
    for t in range(len(run.x), 0, -1):
        i, g, o = run.i[t - 1], run.g[t - 1], run.o[t - 1]
        dh_total = dh[t - 1] + future
        dc = dc + dh_total * o * slope["K"][t - 1]
        da_i, da_g = dc * g * i * (1 - i), dc * i * slope["G"][t - 1]
        da_o = dh_total * run.h[t] * (1 - o)
        da = np.concatenate([da_i, da_g, da_o], axis=1)
        grads["W_x"] += run.x[t - 1].T @ da
        grads["W_h"] += run.h[t - 1].T @ da
        grads["b"] += np.sum(da, axis=0)
        grads["x"][t - 1] = da @ params["W_x"].T
        future = da @ params["W_h"].T
    return grads | {"h0": future, "c0": dc}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lstm97_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.lstm97_backward", lstm97_backward)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two arrays of shape $(B,H)$ are passed back from step to step: one in the row of cells, one in the
# row of hidden states. Draw one step with both, and find out in which order you have to complete
# them.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# At each step: compute $\bar h_t$ from `dh` and the array passed back; then $\bar c_t$, to which
# $\bar h_t$ contributes; then the three blocks of $\bar a_t$; then the parameters, the input, and
# $\bar a_t W_h^\top$ for the step before.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start with zeros as the array passed back along $h$, and with `dc_T` as the one passed back along
# $c$. Loop over the step number from $T$ down to 1. The gates and slopes of this step have the
# index `t-1`, its new states the index `t`, and the hidden state that it reads the index `t-1`. Add
# to the array of the cell and pass it on; replace the array of the hidden state. After the loop,
# the two arrays are the gradients of the initial states.
#
# </details>

# %% tags=["shows-answers"]
rng = np.random.default_rng(9)  # new data, whatever the names have held meanwhile
x, dh = rng.normal(size=(steps, batch, inputs)), rng.normal(size=(steps, batch, units))
h0, c0 = rng.normal(size=(2, batch, units)) * 0.5
run = lstm97.forward(weights, x, h0, c0, squash="1997")


def loss(p):
    """The states, weighed with dh: a loss whose adjoints from outside are dh."""
    parameters = {name: p[name] for name in weights}
    return (lstm97.forward(parameters, p["x"], p["h0"], p["c0"], "1997").h[1:] * dh).sum()


def recorded(p):
    """The same, but the gates read a recording of h as if it were a second input."""
    both = {"W_x": np.concatenate([p["W_x"], p["W_h"]]), "W_h": 0 * p["W_h"], "b": p["b"]}
    heard = np.concatenate([p["x"], run.h[:-1]], axis=2)
    return (lstm97.forward(both, heard, h0, p["c0"], "1997").h[1:] * dh).sum()


point = {**weights, "x": x, "h0": h0, "c0": c0}
full, cut = (lstm97.backward(weights, run, dh, truncated=flag) for flag in (False, True))
cut.pop("h0")  # a constant here: it has no truncated gradient
for name, (f, gradient) in {"full gradient, loss": (loss, full),
    "truncated gradient, loss": (loss, cut),
    "truncated gradient, recording": (recorded, cut)}.items():
    print(f"{name}\n{numgrad.check_gradient(f, gradient, point)}\n")


# %% [markdown] tags=["S4.37"]
# **Why the truncated gradient fails the check.** The full gradient passes. The truncated one fails
# in every array, although its code contains no mistake. A numerical derivative, by finite
# differences or by a complex step, measures how the *loss* changes, and the loss changes along all
# arrows. So neither agreement nor disagreement with it says anything about a truncated gradient.
# The truncated gradient is the exact gradient of another quantity: the loss of a network whose
# gates and candidate read a recording of $h$, made with the present weights and then held fixed.
# The check against that network passes.
#
# ## 5 Fifty steps back
#
# The name raises a question: is the error really constant? The cell below measures it for random
# cells over many steps. Each curve shows $\| d c_T / d c_k \|_2$ against the lag $T - k$, along all
# arrows: $c_k$ changes, $h_k$ changes with it, and so does everything later. Each scale of the
# recurrent weights has its own curve, and each point is the median of twenty cells with random
# weights. The truncated derivative is the identity, so its norm is 1 at every lag.

# %% tags=["shows-answers"]
def norms_by_lag(scale, seed, T=51, D=4, H=5):
    """‖dc_T/dc_k‖₂ for the lags 1, 2, …: all paths, h_k moving along with c_k."""
    rng = np.random.default_rng(seed)
    p = {"W_x": rng.normal(size=(D, 3 * H)) / np.sqrt(D)}
    p["W_h"] = rng.normal(size=(H, 3 * H)) * scale / np.sqrt(H)
    r = lstm97.forward(p, rng.normal(size=(T, 1, D)))
    M, P = flow.joint_jacobians(p, r)[:, 0], flow.jacobian_blocks(p, r)[2][:, 0]
    row, norms = np.eye(H, 2 * H), []
    for M_next, P_k in zip(M[:0:-1], P[-2::-1]):  # k = T-1, …, 1
        row = row @ M_next
        norms.append(np.linalg.norm(row[:, :H] + row[:, H:] @ P_k, 2))
    return norms


curves = {f"full, scale {scale}": np.median([norms_by_lag(scale, n) for n in range(20)], axis=0)
          for scale in (0.1, 0.5, 1, 2, 4)}
at_50 = ", ".join(f"{curve[-1]:.1f}" for curve in curves.values())
curves["truncated"] = np.ones(50)
text = f"Norm of dc_T/dc_k against the lag, logarithmic: truncated 1, full at lag 50 {at_50}."
plots.show(plots.lines(range(1, 51), curves, "lag", "norm of $dc_T/dc_k$", log="y"), text)
print("full, lag 50:", at_50)


# %% [markdown] tags=["S4.37"]
# **The error is constant only in the truncated sense.** One step back, the detour hardly matters.
# Fifty steps back the full derivative has grown, for small as well as for large recurrent weights.
#
# **Exercise 6 ●●○ · 15 min · refute it.** "The gradient of the 1997 cell neither explodes nor
# vanishes." Refute both halves with the full derivative. Give a tuple `(grows, fades)`. Each is a
# cell with one unit in the form `(W_h, b, c0)`: `W_h` and `b` are lists of three numbers, in the
# order $i, g, o$, and `c0` is a number. Both run 50 steps with $\tanh$, without an input, from
# $h_0 = 0$. With $h_0$ held fixed, $|d c_{50} / d c_0|$ must be at least 100 for `grows` and at
# most 0.01 for `fades`. `(([0.5, 0.5, 0.5], [0, 0, 0], 0.1), ([1, 1, 1], [0, 0, 0], 0.1))` has the
# right form. To measure an attempt, call `dc50_dc0(*two_cells[0])` in a cell of your own: it gives
# your `lstm97_backward` a `dh` of zeros and a `dc_T` of one, and returns the output `"c0"`.

# %% nbgrader={"grade": false, "grade_id": "two_cells", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
def dc50_dc0(W_h, b, start):
    params = {"W_x": np.zeros((1, 3)), "W_h": np.array([W_h], float), "b": np.array(b, float)}
    fifty = lstm97.forward(params, np.zeros((50, 1, 1)), c0=np.full((1, 1), float(start)))
    return lstm97_backward(params, fifty, np.zeros((50, 1, 1)), np.ones((1, 1)))["c0"].item()


two_cells = None  # (grows, fades)
### BEGIN SOLUTION
two_cells = (([0, 4, 0], [0, 0, 0], 0), ([0, -2, 0], [0, 0, 0], 0))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_constant", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.refute_constant", two_cells)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Is there a cell whose state never changes, so that every step has the same derivative?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Without biases, $c_0 = 0$ stays 0: then $g_t = 0$, $h_t = 0$, and $i_t = o_t = \tfrac12$. Insert
# this into the formula of section 3, with one unit.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# For this cell each step multiplies by $1 + \tfrac14 W_{hg}$, except the first one, because $h_0$
# is held fixed. Here you may multiply the factors: with $c = 0$ there is no path from $h$ to $h$
# through the output gate. Which weight makes a factor 2? Which makes it one half?
#
# </details>

# %% [markdown] tags=["S4.38", "S4.52"]
# ## 6 A cell that cannot forget
#
# Write out the sum: $c_t = c_0 + \sum_{s \le t} i_s \odot g_s$. If candidate and gate stay away
# from zero and the candidate keeps its sign, no part of the sum ever disappears, and $|c_t|$ grows
# linearly, without bound. This has two bad consequences. First, $K$ saturates, so $h_t$ no longer
# shows what happens in the cell. Second, an adjoint enters the cell with the factor $K'(c_t)$,
# which goes to zero: the carousel still passes adjoints back unchanged, but hardly any adjoint
# enters it. Setting the cell to zero before every sequence hides the problem while sequences are
# short. In a stream without an end there is no such point at which the cell could be set to zero.
#
# The sign need not be constant. Let $i_s g_s$ have a fixed size and a random sign, plus and minus
# equally likely. Then the terms of $c_t^2$ that contain two different steps cancel on average, and
# with $c_0 = 0$ the mean of $c_t^2$ is $t\,(i g)^2$. So the cell is a random walk: its root mean
# square is $i\,|g| \sqrt t$.
#
# A **forget gate** $f_t$ between 0 and 1 reduces the old state at each step (Gers, Schmidhuber and
# Cummins, 2000, who wanted to process streams without an end):
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t .$$
#
# Then there is a bound. Let $i_{\max}$ and $f_{\max}$ be the largest values of the gates over
# all steps, instances and units, and $g_{\max}$ the largest $|g|$. If $f_{\max} < 1$ and $|c_0|$
# is not larger than
#
# $$M = \frac{i_{\max}\; g_{\max}}{1 - f_{\max}}, \qquad\text{then}\qquad |c_t| \le M
#   \text{ for all } t .$$
#
# **Exercise 7 ●●○ · 12 min.** `i`, `f`, `g` are $(T,B,H)$, the values of the gates and the
# candidate at all steps, and `c0` is $(B,H)$. Return a dict: `"without"` and `"with"`, the cell
# states without and with the forget gate, each $(T+1,B,H)$ and starting with `c0`; and `"bound"`,
# the number $M$.
#
# The cells below the hints draw both cells under a constant drive, and the old cell also in 1,000
# runs with a drive of random sign. Then they draw the factor $K'(c_t)$ for the same runs.

# %% nbgrader={"grade": false, "grade_id": "cell_bound", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cell_bound(i, f, g, c0):
    """Returns {"without": (T + 1, B, H), "with": (T + 1, B, H), "bound": number}."""
    ### BEGIN SOLUTION
    adds_up, forgets = [c0], [c0]
    for i_t, f_t, g_t in zip(i, f, g):
        adds_up.append(adds_up[-1] + i_t * g_t)
        forgets.append(f_t * forgets[-1] + i_t * g_t)
    bound = i.max() * abs(g).max() / (1 - f.max())
    return {"without": np.array(adds_up), "with": np.array(forgets), "bound": bound}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_cell_bound", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.cell_bound", cell_bound)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The two cells differ in one factor. Which of the three quantities in the bound can be negative?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The forget gate multiplies only the old state, not the new term. Take the three maxima separately,
# each over its whole array.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make two lists that both start with `c0`. Loop over the three arrays together, append the two new
# states, and turn the lists into arrays. For $M$ take the largest entries of `i`, of the absolute
# value of `g`, and of `f`.
#
# </details>

# %% tags=["shows-answers"]
n, one = 400, np.ones((400, 1, 1))
b_i, b_f, b_g, b_o = 1.0, 2.0, 1.0, 0.0
old = {"W_x": np.zeros((1, 3)), "W_h": np.zeros((1, 3)), "b": np.array([b_i, b_g, b_o])}
new = {"W_x": np.zeros((1, 4)), "W_h": np.zeros((1, 4)), "b": np.array([b_i, b_f, b_g, b_o])}
signs = np.random.default_rng(9).choice([-1, 1], (n, 1000, 1))  # 1,000 sequences, not one
mixed = {"W_x": np.array([[0, b_g, 0]]), "W_h": old["W_h"], "b": np.array([b_i, 0, b_o])}
drive, modern = lstm97.forward(old, one), lstm.forward(new, one)
walks = lstm97.forward(mixed, signs)
M = modern.i.max() * abs(modern.g).max() / (1 - modern.f.max())
cells = {"no forget gate": drive.c[1:, 0, 0],
         "forget gate": modern.c[1:, 0, 0],
         "random signs: RMS": np.sqrt((walks.c[1:] ** 2).mean(axis=(1, 2))),
         r"$i\,|g|\,\sqrt{t}$": (drive.i * drive.g)[0, 0, 0] * np.sqrt(np.arange(1, n + 1)),
         "bound M": np.full(n, M)}
ends = ", ".join(f"{name} {c[-1]:.1f}" for name, c in cells.items())
plots.show(plots.lines(range(1, n + 1), cells, "step t", "$c_t$", log="xy"),
           f"Cell against step, both axes logarithmic; at the last step: {ends}.")

# %% tags=["shows-answers"]
farthest = abs(walks.c).max(axis=(0, 2))
print(f"random signs, largest |c| within {n} steps: median {np.median(farthest):.1f}, "
      f"above 3 in {np.mean(farthest > 3):.0%} of the sequences")
slopes = {"no forget gate": np.cosh(drive.c[1:, 0, 0]) ** -2,
          "forget gate": np.cosh(modern.c[1:, 0, 0]) ** -2,
          "random signs: median": np.median(np.cosh(walks.c[1:, :, 0]) ** -2, axis=1)}
ends = ", ".join(f"{name} {slope[-1]:.0e}" for name, slope in slopes.items())
figure = plots.lines(range(1, n + 1), slopes, "step t", "$K'(c_t)$", log="y")
figure.axes[0].set_ylim(1e-12, 2)
plots.show(figure, f"Slope of tanh at the cell state, logarithmic; at the last step: {ends}.")

# %% [markdown] tags=["S4.38"]
# **Without a forget gate the cell grows, with one it converges.** Under a constant drive the old
# cell grows in proportion to $t$. Once $\tanh$ is saturated, the slope of $K$ falls by nearly the
# same factor at every step. With the forget gate the cell converges. Gates and candidate are constant here, so its limit is the
# bound itself. The slope of $K$ then stops falling. It is small, because $\tanh$ is already
# saturated at this bound. With random signs the old cell grows like $\sqrt t$: slower, but it
# saturates all the same, in nearly every sequence.
#
# ### Refute it: a bound without its condition
#
# People often quote the bound without its condition: "with a forget gate, $|c_t| \le M$ always."
#
# **Exercise 8 ●○○ · 8 min · refute it.** Give a tuple `(i, f, g, c0)` of four numbers: gates and
# candidate that are the same at every step, and the initial cell. The gates must lie strictly
# between 0 and 1 and the candidate strictly between $-1$ and 1. For 20 steps, $t = 1$ to 20,
# $|c_t|$ must be larger than $M = i\,|g| / (1 - f)$ by at least 0.1.

# %% nbgrader={"grade": false, "grade_id": "above_the_bound", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
above_the_bound = None  # (i, f, g, c0)
### BEGIN SOLUTION
above_the_bound = (0.5, 0.9, 0.2, 20.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_bound", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("09.refute_bound", above_the_bound)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Which of the four numbers does not occur in $M$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With constant gates, $c_t - M^\ast = f\,(c_{t-1} - M^\ast)$, where $M^\ast = i g / (1 - f)$. The
# distance shrinks by the factor $f$ at each step.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take a positive candidate. After 20 steps the distance is $f^{20}\,(c_0 - M)$, and it must still
# be at least 0.1. Take a forget gate near 1, which keeps most of the distance, or start far above.
#
# </details>

# %% [markdown] tags=["S4.38"]
# ## 7 Why the bound holds
#
# **Exercise 9 ●●○ · 15 min · graded by hand.** Prove the bound of section 6 for one unit: if
# $f_{\max} < 1$ and $|c_0| \le M$, then $|c_t| \le M$ for all $t$. Use induction. Say where the
# proof needs $|c_0| \le M$, and how $|c_t| - M$ develops if this condition does not hold. Then say
# in one or two sentences why $\partial c_t / \partial c_{t-1} = 1$ holds for the 1997 cell in the
# truncated sense, and why no such constant holds in the full sense. (If you learn alone: a model
# answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Start.** $|c_0| \le M$ is assumed, and this is the only place where it is needed.
#
# **Step.** Let $|c_{t-1}| \le M$. By the triangle inequality, and since $0 < f_t \le f_{\max}$
# and $0 < i_t \le i_{\max}$,
# $|c_t| \le f_t |c_{t-1}| + i_t |g_t| \le f_{\max} M + i_{\max} g_{\max}$. By the definition of
# $M$ the last term is $(1 - f_{\max}) M$, so the sum is $M$. ∎
#
# **Without the condition** the same estimate gives
# $|c_t| - M \le f_{\max} |c_{t-1}| + (1 - f_{\max}) M - M = f_{\max} (|c_{t-1}| - M)$. As long as
# the excess is positive it shrinks at least by the factor $f_{\max}$ at each step, so the cell
# approaches the bound from above, or falls below it.
#
# **Carousel.** If $h_{t-1}$ is a constant for the gates, $i_t g_t$ does not depend on $c_{t-1}$,
# and the derivative of $c_{t-1} + i_t g_t$ is 1. In fact $h_{t-1} = o_{t-1} K(c_{t-1})$ moves
# with $c_{t-1}$, and with it $i_t$ and $g_t$: the second term depends on the weights and on the
# states, and can have either sign.

# %% [markdown]
# ## Recap
#
# - The 1997 cell adds: $c_t = c_{t-1} + i_t \odot g_t$, $h_t = o_t \odot K(c_t)$.
# - The truncated gradient treats the $h_{t-1}$ in the gates as a constant. Then $\partial c_t
#   / \partial c_k = I$ exactly, and the truncated backward pass is a running sum.
# - The truncated gradient still trains the weights of the gates; it cuts only the paths through the
#   gates.
# - The full derivative has a detour through $h$, and it can grow or fade exponentially.
# - A truncated gradient is not the derivative of the loss. Check it against a network that reads a
#   recording.
# - Without a forget gate the cell grows without bound: like $t$ under a constant drive, like
#   $\sqrt t$ with random signs. With a forget gate, $|c_t| \le M$, if the cell starts within this
#   bound.
#
# Below, each of your functions beside the reference.

# %%
recap("09", globals())

# %% [markdown]
# ## Sources
#
# - S. Hochreiter (1991), *Untersuchungen zu dynamischen neuronalen Netzen*, diploma thesis,
#   Technische Universität München: the analysis that the paper starts from.
# - Y. Bengio, P. Simard and P. Frasconi (1994), Learning long-term dependencies with gradient
#   descent is difficult, *IEEE Transactions on Neural Networks* 5(2), 157–166.
#   [doi:10.1109/72.279181](https://doi.org/10.1109/72.279181)
# - S. Hochreiter and J. Schmidhuber (1997), Long short-term memory, *Neural Computation* 9(8),
#   1735–1780. [doi:10.1162/neco.1997.9.8.1735](https://doi.org/10.1162/neco.1997.9.8.1735)
# - F. A. Gers, J. Schmidhuber and F. Cummins (2000), Learning to forget: continual prediction with
#   LSTM, *Neural Computation* 12(10), 2451–2471.
#   [doi:10.1162/089976600300015015](https://doi.org/10.1162/089976600300015015)
