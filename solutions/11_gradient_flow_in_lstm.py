# %% [markdown]
# # 11 · How gradients really travel in an LSTM
#
# **After this lesson you can** say which of three derivatives someone means by
# $\partial c_t / \partial c_{t-1}$; write the four blocks of an LSTM's step and combine them; show
# which paths are missing from the statement "it is just the forget gate", and which from the
# formula with four terms; and make an LSTM explode, then train it all the same.
#
# about 180 minutes · difficulty ●●● · before it: 05, 07 and 10
#
# *The article* in this lesson is a public article on back-propagation through time, vanishing
# gradients and the LSTM; it has its own list of references. Its formula for the LSTM contains more
# than the forget gate, and this lesson adds the paths that are still missing from it. The papers
# named here are listed at the end, under Sources.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $i_t, f_t, o_t$ | `run.i[t-1]`, `run.f[t-1]`, `run.o[t-1]` of `(T,B,H)` | input, forget and output gate; each is $\sigma(x_t W_{x\bullet} + h_{t-1} W_{h\bullet} + b_\bullet)$, where the dot stands for the gate's letter, as in $W_{xf}$ |
# | $g_t$ | `run.g[t-1]` of `(T,B,H)` | candidate, $\tanh$ of a sum of the same form, with its own weights |
# | $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ | `run.c[t]` of `(T+1,B,H)` | cell; `run.c[0]` is the initial one |
# | $h_t = o_t \odot \tanh c_t$ | `run.h[t]` of `(T+1,B,H)` | hidden state; `run.h[0]` is the initial one |
# | $W_{hi}, W_{hf}, W_{hg}, W_{ho}$ | columns of `params["W_h"]`, `(H,4H)` | recurrent weights, packed in the order i, f, g, o |
# | $F_t, G_t, P_t, Q_t$ | `(T,B,H,H)` each, step $t$ at index $t-1$ | the four blocks of one step, section 1 |
# | $A_t = F_t + G_t P_{t-1}$ | `(T,B,H,H)` | the derivative one step back, section 2 |
# | $M_t$ | `(T,B,2H,2H)` | Jacobian of the pair $(c, h)$, section 4 |
# | $\partial$, $d$ | | derivative with respect to one argument, the others held; total derivative, along all paths |
#
# Steps are numbered from 1. In every Jacobian, entry `[i, j]` belongs to output $i$ and input $j$.
# In a product the latest step stands on the left.

# %%
import numpy as np

from autograder import check, recap
from rnnlib import flow, losses, lstm, paths, plots, rnn, scalar, sequence, tasks, training


def system(scale, seed=0, T=20, H=5, D=4, forget=0.0, B=1):
    """An LSTM with random weights, the recurrent ones of size `scale`, and a finished run."""
    rng = np.random.default_rng(seed)
    W_x, W_h = rng.normal(size=(D, 4 * H)), rng.normal(size=(H, 4 * H))
    b = np.repeat([0.0, forget, 0.0, 0.0], H)  # the gates in the order i, f, g, o
    params = {"W_x": W_x / np.sqrt(D), "W_h": scale * W_h / np.sqrt(H), "b": b}
    h0, c0 = 0.5 * rng.normal(size=(2, B, H))
    return params, lstm.forward(params, rng.normal(size=(T, B, D)), h0, c0)


def relative(guess, true):
    return np.linalg.norm(guess - true) / np.linalg.norm(true)


params, run = system(3.0, seed=26, T=8)
print({name: array.shape for name, array in run._asdict().items()})


# %% [markdown] tags=["S4.40"]
# ## 1 What is held?
#
# "In an LSTM the derivative of the cell with respect to the cell before is the forget gate, $f_t$;
# in the first LSTM of 1997, which had no forget gate, it is 1." You can read this sentence in many
# places. To see whether it is true, look at the step:
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh c_t .$$
#
# The sentence is true if $f_t$, $i_t$ and $g_t$ are constants. But they depend on $h_{t-1}$, and
# $h_{t-1} = o_{t-1} \odot \tanh c_{t-1}$ depends on the cell $c_{t-1}$. (The article says once that
# the gates are functions of $c_t$. They are not: they are computed before $c_t$.) So you have to
# say what is held fixed when $c_{t-1}$ changes. Take the simple case first: change either $c_{t-1}$
# or $h_{t-1}$, and hold the other fixed.
#
# | block | what changes | what is held fixed |
# |---|---|---|
# | $F_t = \partial c_t / \partial c_{t-1}$ | the old cell | $h_{t-1}$, so all gates and $g_t$ |
# | $G_t = \partial c_t / \partial h_{t-1}$ | the old hidden state | $c_{t-1}$ |
# | $P_t = \partial h_t / \partial c_t$ | the new cell | $o_t$ |
# | $Q_t = \partial h_t / \partial h_{t-1}$ | the old hidden state | $c_t$, so only $o_t$ changes |
#
# $F_t = \mathrm{diag}(f_t)$: for *this* derivative the popular sentence is exact. $G_t$ has three
# terms, because $h_{t-1}$ influences $c_t$ through $f_t$, through $i_t$ and through $g_t$. Take the
# term through $f_t$. The pre-activation is $a_f = h_{t-1} W_{hf} + \dots$, so
# $\partial a_f[i] / \partial h_{t-1}[j] = W_{hf}[j, i]$, transposed as in lesson 03. The slope of
# $\sigma$ is $f(1-f)$, and $f_t$ is multiplied by $c_{t-1}$:
#
# $$G_t = \underbrace{\mathrm{diag}\big(c_{t-1} \odot f_t \odot (1-f_t)\big) W_{hf}^{\top}}_{\text{through } f_t}
# + (\text{through } i_t) + (\text{through } g_t) .$$
#
# **Exercise 1 ●●○ · 25 min.** Write all four blocks, for all steps and instances. `params` has
# `"W_x"` $(D, 4H)$, `"W_h"` $(H, 4H)$ and `"b"` $(4H,)$. `run` has the fields `x`, `i`, `f`, `g`,
# `o`, `c`, `h` of the table. Return a dict with the keys `"F"`, `"G"`, `"P"`, `"Q"`, each of shape
# `(T,B,H,H)`. Return the diagonal blocks as full matrices, too.

# %% nbgrader={"grade": false, "grade_id": "jacobian_blocks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def jacobian_blocks(params, run):
    """Returns {"F": …, "G": …, "P": …, "Q": …}, each (T, B, H, H)."""
    ### BEGIN SOLUTION
    def block(slope, W):
        return slope[..., None] * W.T

    W_i, W_f, W_g, W_o = np.split(params["W_h"], 4, axis=1)
    c, tanh_c = run.c[:-1], np.tanh(run.c[1:])
    i, f, g, o, eye = run.i, run.f, run.g, run.o, np.eye(run.c.shape[-1])
    G_f = block(c * f * (1 - f), W_f)
    G_i = block(g * i * (1 - i), W_i)
    G_g = block(i * (1 - g**2), W_g)
    P = block(o * (1 - tanh_c**2), eye)
    Q = block(tanh_c * o * (1 - o), W_o)
    return {"F": block(f, eye), "G": G_f + G_i + G_g, "P": P, "Q": Q}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_jacobian_blocks", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.jacobian_blocks", jacobian_blocks)


# %% [markdown] tags=["S4.42"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Every block consists of one number per unit $i$, multiplied by a matrix: the identity, or a
# transposed part of $W_h$. Only $G$ is a sum of three such products.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Through $i_t$: the slope of $\sigma$, times $g_t$, by which $i_t$ is multiplied. Through $g_t$:
# the slope $1 - g_t^2$ of tanh, times the factor of $g_t$ in the cell. $P_t$: $o_t$ times the slope
# of tanh at $c_t$, which is $1 - \tanh^2 c_t$. $Q_t$: the slope of $\sigma$ at $o_t$, times the
# factor of $o_t$ in the hidden state.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# `np.split` cuts the recurrent weights into four parts along the columns, in the order i, f, g, o.
# With `[..., None]` an array $(T, B, H)$ becomes a column for every step and instance. Multiply a
# transposed weight, or `np.eye(H)`, by this column. `run.c[:-1]` are the cells before the steps,
# `run.c[1:]` those after them.
#
# </details>
#
# ## 2 One step back: four terms
#
# Now hold only what was computed before $c_{t-1}$: change $c_{t-1}$ and let everything that depends
# on it change as well. Two paths lead from $c_{t-1}$ to $c_t$. One is direct: $F_t$. The other goes
# through $h_{t-1}$, which depends on the cell: first $P_{t-1}$, from $c_{t-1}$ to $h_{t-1}$, then
# $G_t$, from $h_{t-1}$ to $c_t$. The contributions of the two paths are added:
#
# $$\boxed{\;A_t = \frac{d c_t}{d c_{t-1}} = F_t + G_t P_{t-1}\;} \qquad (t \ge 2).$$
#
# $G_t$ has three terms, so written out this is the article's **formula with four terms**. At
# $t = 1$ the second path does not exist, because $h_0$ is an input and is not computed from $c_0$:
# $A_1 = F_1$.
#
# For its LSTM the article refers to a paper in which the LSTM has **peepholes** (lesson 10). But
# the article's own formula has no terms for peepholes. With peepholes the gates depend on the cells
# directly, so two blocks get additional terms:
#
# $$F_t = \mathrm{diag}\big(f_t + c_{t-1} \odot f_t \odot (1-f_t) \odot p_f + g_t \odot i_t \odot (1-i_t) \odot p_i\big),$$
#
# $$P_t = \mathrm{diag}\big(o_t \odot (1-\tanh^2 c_t) + \tanh(c_t) \odot o_t \odot (1-o_t) \odot p_o\big),$$
#
# where $p_i$, $p_f$, $p_o$ are the peephole weights of lesson 10, section 8.
#
# The printout below the figures shows how large the error of the formula without these terms is.
# The exercises have no peepholes.
#
# **Exercise 2 ●○○ · 12 min.** Return $A_t$ for all steps, shape `(T,B,H,H)`. Call your
# `jacobian_blocks`.

# %% nbgrader={"grade": false, "grade_id": "four_term", "locked": false, "schema_version": 3, "solution": true, "task": false}
def four_term(params, run):
    """Returns A (T, B, H, H), A[t - 1] the derivative dc_t/dc_{t-1}."""
    ### BEGIN SOLUTION
    blocks = jacobian_blocks(params, run)
    G, P, A = blocks["G"], blocks["P"], blocks["F"].copy()
    A[1:] += G[1:] @ P[:-1]
    return A
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_four_term", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.four_term", four_term)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The hidden state that enters step $t$ was computed at step $t-1$. Which of your arrays do you have
# to shift by one step relative to the others?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# In array indices: $A$ at index 0 is $F$ at index 0. At every later index $n$, $A$ is the sum of
# $F$ at $n$ and the matrix product of $G$ at $n$ and $P$ at $n-1$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Copy `F` first, so that `+=` changes nothing else. Then multiply all `G` except the first by all
# `P` except the last, and add the products to all steps except the first. `@` multiplies the last
# two axes.
#
# </details>
#
# ---
#
# **Which of the four terms matter?** The figures show one unit $u$ of a small network, step by
# step. The bars are the entries $[u, u]$ of $F_t$ and of the paths through $f_t$, $i_t$ and
# $g_t$, stacked up or down by their sign. The dot is the true $d c_t[u] / d c_{t-1}[u]$. There
# are four views. "1997, truncated" is the gradient of the first LSTM: that LSTM has no forget
# gate, and its training rule ignores every path through a gate, so each factor is the constant 1.
# "f only" keeps the forget gate. "Four terms" is the formula above, and "joint" uses the joint
# Jacobian of section 4. For a lag above 1, `bars(view, lag)` multiplies the terms of step $t$ by
# the $A$ of the steps before, back to step $t - \text{lag} + 1$; section 6 returns to this.
#
# **Predict first.** In which of the four figures will the bars reach the dots at every step?
#
# The printout below the figures compares several readings of the printed formula, and applies it to
# LSTMs with peepholes.

# %% tags=["shows-answers"]
VIEWS = {"1997, truncated": 0, "f only": 1, "four terms": 4, "joint": 5}  # how many parts
NAMES = ("$F_t$", "through f", "through i", "through g", "from h to h, past the cell")
T, H, unit = *run.i.shape[::2], 2
F, G, P, Q = (block[:, 0] for block in flow.jacobian_blocks(params, run))
A, one_gate = flow.four_term(params, run)[:, 0], []
for gate in (1, 0, 2):  # f, i, g: all recurrent weights zero but those of one gate
    mask = np.repeat(np.arange(4) == gate, H)
    only = flow.jacobian_blocks({**params, "W_h": params["W_h"] * mask}, run)
    one_gate.append(only[1][:, 0])


def parts(t, lag):
    """dc_t/dc_{t-lag} in five parts: the four terms of step t, and what they miss."""
    rest = np.eye(H)
    for s in range(t - lag, t - 1):
        rest = A[s] @ rest
    terms = [F[t - 1] @ rest, *(part[t - 1] @ P[t - 2] @ rest for part in one_gate)]
    missed = flow.cell_derivative(params, run, t, t - lag)[0] - sum(terms)
    return np.array([part[unit, unit] for part in (*terms, missed)])


# %% tags=["shows-answers"]
def bars(view, lag=1):
    steps, n = range(lag + 1, T + 1), VIEWS[view]
    every = np.array([parts(t, lag) for t in steps])
    rows, true, names = every[:, :n], every.sum(axis=1), NAMES[:n]
    if n < 2:  # one factor for each step: 1, or the forget gate
        rows = np.array([[np.prod(run.f[t - lag : t, 0, unit]) ** n] for t in steps])
        names = ["product of f" if n else "1"]
    label, error = f"$dc_t/dc_{{t-{lag}}}$, unit {unit}", relative(rows.sum(axis=1), true)
    figure = plots.stacked_parts(steps, rows, true, names, label, view)
    plots.show(figure, f"Stacked bars over t, {view}, lag {lag}: {error:.0%} off the true dots.")


for view in VIEWS:
    bars(view)

# %% tags=["shows-answers"]
# The article prints the four terms without diag and without transposes. Several readings of it:
bare = {**params, "W_h": np.hstack([W.T for W in np.split(params["W_h"], 4, axis=1)])}
readings = {
    "as above": A[1:],
    "W_h not transposed": F[1:] + flow.jacobian_blocks(bare, run)[1][1:, 0] @ P[:-1],
    "the last factor on the rows": F[1:] + P[:-1] @ G[1:],
    "f_t added to every entry": F[1:].sum(axis=2, keepdims=True) + G[1:] @ P[:-1],
}
for name, matrices in readings.items():
    print(f"{name}: off by {relative(matrices, A[1:]):.2g}")
printed, extended = [], []  # on LSTMs with peepholes: as printed, and with the two more terms
for seed in range(50):
    rng, (plain, _) = np.random.default_rng(seed), system(1.0, seed)
    looking = plain | {name: 0.6 * rng.normal(size=5) for name in ("p_i", "p_f", "p_o")}
    went = lstm.forward(looking, rng.normal(size=(20, 1, 4)))
    true = np.array([flow.cell_derivative(looking, went, t, t - 1) for t in range(2, 21)])
    printed.append(relative(flow.four_term(plain, went)[1:], true))
    extended.append(relative(flow.four_term(looking, went)[1:], true))
print(f"peepholes: off by {min(printed):.2g} to {max(printed):.2g}; extended {max(extended):.0e}")


# %% [markdown] tags=["S4.40", "S4.44", "S4.45"]
# ## 3 Is it at least a number between 0 and 1?
#
# The article compares two networks. In a plain RNN, it says, the factors $\partial h_t / \partial
# h_{t-1}$ will **eventually** all be above 1 or all be in $[0, 1]$, so their product goes to
# infinity or to zero. In an LSTM, the factors $\partial c_t / \partial c_{t-1}$ can be above 1 at
# one step and in $[0, 1]$ at the next, so their product is not guaranteed to go to infinity or to
# zero. The first half of this argument already fails for one unit with noise as input. The cell
# below runs it for 500 steps. It drops the first 250, because "eventually" allows for a start. In
# the rest it counts how often the factor is above 1, in $[0, 1]$, or negative.

# %% tags=["shows-answers"]
def late_shares(w, seed):
    """Shares above 1, in [0, 1] and below 0 of the factors of the last 250 of 500 steps."""
    weights, noise = {"U": 1.0, "W": w, "V": 1.0}, np.random.default_rng(seed).normal(size=500)
    s = scalar.slopes(weights, scalar.forward(weights, noise))[250:]
    return np.mean(s > 1), np.mean((s >= 0) & (s <= 1)), np.mean(s < 0)


for w in (1.8, -1.8):
    shares = np.array([late_shares(w, seed) for seed in range(50)])
    low, high = shares.min(axis=0), shares.max(axis=0)
    said = ", ".join(
        f"{a:.0%} to {b:.0%} {where}"
        for a, b, where in zip(low, high, ("above 1", "in [0, 1]", "negative"))
    )
    print(f"plain RNN, w = {w}, 50 sequences: {said}")
diagonal = np.diagonal(flow.four_term(*system(4.0, T=100, H=10, B=20)), axis1=-2, axis2=-1)
print(f"LSTM, recurrent scale 4: {np.mean(diagonal < 0):.0%} of the diagonal of A_t negative")

# %% [markdown] tags=["S4.45"]
# The last printed line concerns the second half of the argument: are the factors of an LSTM always
# "above 1 or in $[0, 1]$"? In that random LSTM some diagonal entries of $A_t$ are negative. One
# unit is enough to show it:
#
# **Exercise 3 ●●○ · 12 min · refute it.** Find an LSTM with one unit whose factor $d c_2 / d c_1$
# is neither: it has to be $-0.1$ or less. The unit has no input and starts from $h_0 = c_0 = 0$.
# Give a pair `negative_factor = (W_h, b)` of two lists of four numbers each, in the order i, f, g,
# o. No number may be larger than 20 in size. `([0, 0, 1, 0], [1, 1, 0, 1])` has the right form, but
# its factor is above 0. Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "negative_factor", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
negative_factor = None  # ([i, f, g, o], [i, f, g, o])
### BEGIN SOLUTION
negative_factor = ([0, 0, -3, 0], [2, -1, 0, 2])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_sign", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.refute_sign", negative_factor)


# %% [markdown] tags=["S4.43"]
# <details><summary>Hint 1 · a nudge</summary>
#
# $f$ is never negative. Which of the other three terms can be negative, and what determines its
# sign?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# For one unit: $f_2 + \big[c_1 f_2 (1-f_2)\, w_f + g_2 i_2 (1-i_2)\, w_i + i_2 (1-g_2^2)\,
# w_g\big]\, o_1 (1 - \tanh^2 c_1)$, where $w_i, w_f, w_g$ are the first three entries of `W_h`.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Set $b_g$ to zero. Then the cell stays at zero, and only the first and the last term remain. Open
# the input gate and the output gate with their biases, keep the forget gate low, and choose the
# sign of $w_g$ that you need.
#
# </details>
#
# ## 4 The state is a pair
#
# Two steps back there is a further path. $c_{t-2}$ changes $h_{t-2}$. This changes not only
# $c_{t-1}$ but also $o_{t-1}$, and through $o_{t-1}$ it changes $h_{t-1}$ without passing through
# the cell. The state of a network is everything that one step passes to the next. Here it is the
# pair $(c_t, h_t)$, so combine the four blocks for the pair. If both $h$ and $c$ change,
#
# $$dc_t = F_t\, dc_{t-1} + G_t\, dh_{t-1}, \qquad dh_t = P_t\, dc_t + Q_t\, dh_{t-1} .$$
#
# The right side of the second equation contains $dc_t$, which belongs to the new pair. Replace it
# by the first equation, and you get the $2H \times 2H$ **joint Jacobian**
#
# $$\begin{pmatrix} dc_t \\ dh_t \end{pmatrix} = M_t \begin{pmatrix} dc_{t-1} \\ dh_{t-1} \end{pmatrix},
# \qquad M_t = \begin{pmatrix} \cdot & \cdot \\ \cdot & \cdot \end{pmatrix} .$$
#
# **Exercise 4 ●●○ · 15 min.** Find the four quarters, and return $M_t$ for all steps, shape
# `(T,B,2H,2H)`. The cell comes first, then the hidden state, both in the rows (outputs) and in the
# columns (inputs). Call your `jacobian_blocks`.

# %% nbgrader={"grade": false, "grade_id": "joint_jacobian", "locked": false, "schema_version": 3, "solution": true, "task": false}
def joint_jacobian(params, run):
    """Returns M (T, B, 2H, 2H), M[t - 1] = d(c_t, h_t) / d(c_{t-1}, h_{t-1})."""
    ### BEGIN SOLUTION
    blocks = jacobian_blocks(params, run)
    F, G, P, Q = (blocks[name] for name in ("F", "G", "P", "Q"))
    top = np.concatenate([F, G], axis=-1)
    bottom = np.concatenate([P @ F, P @ G + Q], axis=-1)
    return np.concatenate([top, bottom], axis=-2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_joint_jacobian", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.joint_jacobian", joint_jacobian)


# %% [markdown] tags=["S4.40", "S4.43"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The upper half is the first equation, unchanged. For the lower half, collect the factors of
# $dc_{t-1}$ and the factors of $dh_{t-1}$.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $dh_t = P_t\,(F_t\, dc_{t-1} + G_t\, dh_{t-1}) + Q_t\, dh_{t-1}$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Join the quarters of the upper half along the last axis, then those of the lower half. Then join
# the two halves along the last axis but one. `np.block` with a list of two lists does all three at
# once.
#
# </details>
#
# ## 5 Many steps back
#
# For the pair the result of lesson 03 holds: the product $M_t M_{t-1} \cdots M_{k+1}$ carries a
# change from step $k$ to step $t$. The question of section 1 remains: what changes at the start?
# Three different quantities are called $\partial c_t / \partial c_k$:
#
# 1. The **state derivative**: $h_k$ is held fixed. The start is
#    $\begin{pmatrix} I \\ 0 \end{pmatrix}$, and the result is the upper left quarter of the
#    product; for one step it is $F_t$.
# 2. The **node derivative**: $c_k$ changes, and $h_k = o_k \odot \tanh c_k$ changes with it. Only
#    $o_k$ is held fixed, because it was computed before $c_k$. Back-propagation through the node
#    $c_k$ computes this derivative. The start is $\begin{pmatrix} I \\ P_k \end{pmatrix}$; for one
#    step the result is $A_t$.
# 3. The **product of four-term matrices** $A_t A_{t-1} \cdots A_{k+1}$: you get it if you multiply
#    the article's formula step by step. Section 6 asks whether it equals the node derivative.
#
# So the node derivative for $k \ge 1$ is
#
# $$\frac{d c_t}{d c_k} = \begin{pmatrix} I & 0 \end{pmatrix} M_t M_{t-1} \cdots M_{k+1}
# \begin{pmatrix} I \\ P_k \end{pmatrix} .$$
#
# **Exercise 5 ●●● · 20 min.** Return the node derivative for given $0 \le k \le t \le T$, shape
# `(B,H,H)`. It is the identity where $t = k$. For $k = 0$ start from
# $\begin{pmatrix} I \\ 0 \end{pmatrix}$, since $h_0$ is not computed from $c_0$. Call your earlier
# functions.

# %% nbgrader={"grade": false, "grade_id": "cell_derivative", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cell_derivative(params, run, t, k):
    """Returns dc_t/dc_k (B, H, H); h_k moves with c_k, but h_0 does not with c_0."""
    ### BEGIN SOLUTION
    blocks, M = jacobian_blocks(params, run), joint_jacobian(params, run)
    P, H = blocks["P"], run.c.shape[-1]
    eye = np.broadcast_to(np.eye(H), P[0].shape)
    moved = np.concatenate([eye, P[k - 1] if k else 0 * eye], axis=-2)
    for s in range(k, t):
        moved = M[s] @ moved
    return moved[:, :H]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_cell_derivative", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.cell_derivative", cell_derivative)

# %% [markdown] tags=["S4.40", "S4.43"]
# <details><summary>Hint 1 · a nudge</summary>
#
# You need no product of whole matrices. Multiply the two stacked blocks of the start by one
# Jacobian after the other, and take the part you need at the end.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The start has $2H$ rows and $H$ columns. $M_{k+1}$ is applied first and $M_t$ last, each from the
# left. Step $s$ has the index $s-1$ in $M$ and in $P$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Stack an identity of shape $(B,H,H)$ on top of $P_k$, or on top of zeros for $k = 0$, along the
# last axis but one. Let the array index run from $k$ to $t-1$, and each time multiply by `M` at
# this index from the left. Return the first $H$ rows of every instance.
#
# </details>
#
# ---
#
# **How wrong are the two shortcuts?** The heatmaps show the relative error of each shortcut for
# random networks with recurrent weights of a given scale. The true value is the node derivative,
# computed with the joint Jacobian. "$f$ only" is the product of the forget gates. At scale 0 it is
# exact, and at scale 0.01 its error is between 0.4 and 4 percent, so a test on a freshly
# initialised network with small weights will not reveal the error. A third heatmap, for the joint
# Jacobian, would show nothing but rounding errors; the cell after exercise 7 measures them.

# %% tags=["shows-answers"]
SCALES, LAGS = (0, 0.01, 0.1, 0.25, 0.5, 1, 2, 4), (1, 2, 5, 10)


def shortcuts(scale, lag, seeds=20, t=20):
    """Mean relative errors, in %, of the products of f and of A against dc_t/dc_{t-lag}."""
    errors = []
    for p, r in (system(scale, seed) for seed in range(seeds)):
        true = flow.cell_derivative(p, r, t, t - lag)[0]
        latest_first = flow.four_term(p, r)[t - lag : t, 0][::-1]
        by_A = np.linalg.multi_dot([np.eye(5), *latest_first])
        by_f = np.diag(r.f[t - lag : t, 0].prod(axis=0))
        errors.append([relative(guess, true) for guess in (by_f, by_A)])
    return np.round(100 * np.mean(errors, axis=0), 4)


table = np.array([[shortcuts(scale, lag) for lag in LAGS] for scale in SCALES])
for n, name in enumerate(("f only", "product of four-term matrices")):
    labels = "lag", "recurrent scale", f"{name}, error in %"
    figure = plots.heatmap(table[..., n], *labels, numbers=".2g")
    figure.axes[0].set(xticklabels=LAGS, yticklabels=SCALES)
    last = ", ".join(f"{error:.1f}" for error in table[5, :, n])
    plots.show(figure, f"Heatmap, error of {name} by scale and lag; in % at scale 1: {last}.")


# %% [markdown] tags=["S4.43"]
# ## 6 What the product of four terms misses
#
# At lag 1 the second heatmap is zero. At larger lags it is positive, except at scale 0. The article
# says that to go $k$ steps back, you multiply the formula $k$ times. That is exact for $k = 1$. For
# $k = 2$, count the paths from $c_{t-2}$ to $c_t$. $A_t A_{t-1}$ contains all paths that pass
# through $c_{t-1}$. One path remains: it leads from one hidden state to the next and does not pass
# through the cell.
#
# **Exercise 6 ●●○ · 15 min.** Return the gap $\dfrac{d c_t}{d c_{t-2}} - A_t A_{t-1}$ for a given
# $t$ with $3 \le t \le T$, shape `(B,H,H)`. You can measure the gap with the functions that you
# have, or you can find the product of three blocks that is equal to the gap. If you have time, do
# both and compare; the check accepts either. (For $t = 2$ there is no gap, because $h_0$ is not
# computed from $c_0$.)

# %% nbgrader={"grade": false, "grade_id": "lag_two_gap", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lag_two_gap(params, run, t):
    """Returns dc_t/dc_{t-2} less the product of two four-term matrices, (B, H, H)."""
    ### BEGIN SOLUTION
    blocks = jacobian_blocks(params, run)
    G, P, Q = blocks["G"], blocks["P"], blocks["Q"]
    return G[t - 1] @ Q[t - 2] @ P[t - 3]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lag_two_gap", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.lag_two_gap", lag_two_gap)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Draw $c$ and $h$ of the three steps $t-2$, $t-1$, $t$, and an arrow for each of $F, G, P, Q$.
# Which path from $c_{t-2}$ to $c_t$ does not pass through $c_{t-1}$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $c_{t-2} \to h_{t-2} \to h_{t-1} \to c_t$. For each arrow, ask which block it is, and of which
# step. $P$ belongs to the step of its cell. $G$ and $Q$ have the number of the step to which they
# lead.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Join three arrays with `@`, the latest on the left, each at a different index: step $s$ has the
# index $s-1$. Or measure: subtract the product of the four-term matrices of the steps $t$ and $t-1$
# from the node derivative from $t-2$ to $t$.
#
# </details>
#
# ---
#
# **Exercise 7 ●●● · 25 min · graded by hand.** Prove for $t \ge 3$ that the gap $\dfrac{d c_t}{d
# c_{t-2}} - A_t A_{t-1}$ is the product of three blocks that you found in exercise 6. Start from
# $dc_{t-2} = I$ and $dh_{t-2} = P_{t-2}$, and carry both through two steps. Then name a condition
# on the weights under which the product of the $A$'s is the derivative at *every* lag, and say why.
# (If you learn alone: a model answer is in `solutions/`.)
#
# <details><summary>The formula to prove</summary>
#
# $$\frac{d c_t}{d c_{t-2}} = A_t A_{t-1} + G_t\, Q_{t-1}\, P_{t-2} .$$
#
# </details>
# <details><summary>A nudge</summary>
#
# For the second part, examine $r_s = dh_s - P_s\, dc_s$: the part of the change of $h_s$ that does
# not come through $c_s$. Which terms produce it, and what is its value at the start?
#
# </details>

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Step $t-1$.** $dc_{t-1} = F_{t-1} I + G_{t-1} P_{t-2} = A_{t-1}$. And
# $dh_{t-1} = P_{t-1}\, dc_{t-1} + Q_{t-1}\, dh_{t-2} = P_{t-1} A_{t-1} + Q_{t-1} P_{t-2}$.
#
# **Step $t$.**
# $dc_t = F_t\, dc_{t-1} + G_t\, dh_{t-1} = F_t A_{t-1} + G_t P_{t-1} A_{t-1} + G_t Q_{t-1} P_{t-2}$.
# The first two terms are $(F_t + G_t P_{t-1}) A_{t-1} = A_t A_{t-1}$. The third is the gap. ∎
#
# **Every lag.** With $r_s = dh_s - P_s\, dc_s$ the two equations become
# $dc_s = A_s\, dc_{s-1} + G_s\, r_{s-1}$ and
# $r_s = Q_s\, dh_{s-1} = Q_s P_{s-1}\, dc_{s-1} + Q_s\, r_{s-1}$. At the start $r_k = 0$. If
# $W_{ho} = 0$, then $Q_s = 0$ at every step, so $r_s = 0$ stays, and $dc_s = A_s\, dc_{s-1}$
# throughout: the product is exact. Otherwise $r$ is fed by $Q_s P_{s-1}\, dc_{s-1}$ and enters
# the cell one step later by $G$. What the product misses are exactly the paths that go at least
# once from $h_{s-1}$ through the output gate to $h_s$.

# %% tags=["shows-answers"]
# The gap and the joint Jacobian, both measured; then the bars of section 2 at lag 2.
measured = flow.cell_derivative(params, run, T, T - 2)[0] - A[-1] @ A[-2]
formula = np.linalg.multi_dot([G[T - 1], Q[T - 2], P[T - 3]])
error = np.linalg.norm(formula - measured) / np.linalg.norm(measured)
print(f"gap at t = {T}: the formula is off by {error:.0e} of it")
columns = []  # by complex step: c_1 moves, and h_1 = o_1 tanh(c_1) with it
for e in np.eye(H):
    c1 = run.c[1, 0] + 1e-20j * e
    h1 = run.o[0, 0] * np.tanh(c1)
    columns.append(lstm.forward(params, run.x[1:], h1[None], c1[None]).c[-1, 0].imag / 1e-20)
off = abs(flow.cell_derivative(params, run, T, 1)[0] - np.array(columns).T).max()
print(f"joint Jacobian, lag {T - 1}: off by {off / np.max(np.abs(columns)):.0e}")
for view in ("four terms", "joint"):
    bars(view, lag=2)
try:  # an extra: a switch; without ipywidgets, call bars("joint", 3) yourself
    from ipywidgets import interact
except ImportError:
    pass
else:
    interact(bars, view=list(VIEWS), lag=[1, 2, 3])

# %% [markdown] tags=["S4.41", "S4.45", "S4.46", "S4.48"]
# ## 7 Growth without end
#
# The value of the forget gate still matters. If only $f$ acted, a cell would keep $f^n$ of itself
# after $n$ steps, much more than a product of saturated tanh slopes leaves. The bias
# $b_f = \ln \frac{f}{1-f}$ sets $f$ at the start of training, as in lesson 10. The first printed
# lines below give this bias for three values of $f$, and the slope $f(1-f)$ of the gate, which
# section 8 needs.
#
# What about "the product is not guaranteed to go to zero or infinity"? The sentence is true. But it
# does not distinguish the LSTM from the plain RNN, whose factors vary in the same way (section 3).
# Suppose that the inputs are drawn from one distribution at every step. Then the **growth rate**
# $r_T = \tfrac1T \ln \lVert M_T \cdots M_1 \rVert_2$ of lesson 07 tends to one number $\lambda_1$,
# the same for almost every sequence (Furstenberg and Kesten, 1960): the largest **Lyapunov
# exponent** of the network. If $\lambda_1$ is not 0, the product decays or grows exponentially. It
# may be 0: a product of random orthogonal matrices keeps its norm. All this holds for both
# networks. The first cell below measures both rates on eight sequences, and the eight values
# approach each other. So LSTM and RNN both have a growth rate, and the LSTM's advantage lies in the
# *value* of its rate.
#
# The figure shows how weights and biases change this rate, for eight random networks at each point.
# The rate is given in **nats** per step: a rate of $r$ nats multiplies the norm by $e^r$ at each
# step. With weak recurrent weights, a larger forget bias raises the rate towards zero. With strong
# weights the rate is about zero already at a bias of 0, above zero in some networks and below in
# others; with a large bias most rates are above zero.

# %% tags=["shows-answers"]
for f in (0.95, 0.99, 0.999):
    kept = ", ".join(f"{f**n:.2g} after {n}" for n in (10, 50, 100))
    print(f"f = {f}: keeps {kept}; bias {np.log(f / (1 - f)):.2f}; f (1 - f) = {f * (1 - f):.4f}")
W = {"W_x": np.eye(4, 10), "W_h": 1.4 * np.random.default_rng(0).normal(size=(10, 10)) / 10**0.5}
for n in (25, 100, 400):  # one LSTM and one plain RNN, each on eight sequences of noise
    gated, long_run = system(2.0, T=n, H=10, forget=2.0, B=8)
    plain = rnn.forward(W, np.random.default_rng(1).normal(size=(n, 8, 4)))
    J, M = paths.step_jacobians(W, plain), flow.joint_jacobians(gated, long_run)
    r = {"LSTM": flow.growth_rate(M), "RNN": flow.growth_rate(J)}
    print(f"T = {n}:", ", ".join(f"{m} {v.min():+.3f} to {v.max():+.3f}" for m, v in r.items()))


# %% tags=["shows-answers"]
def growth(scale, forget):
    """Growth rates over 300 steps of eight LSTMs, (8,)."""
    M = [flow.joint_jacobians(*system(scale, seed, 300, 10, forget=forget)) for seed in range(8)]
    return flow.growth_rate(np.concatenate(M, axis=1))


biases = np.arange(-1, 5)
rates = {scale: np.array([growth(scale, b) for b in biases]) for scale in (0.5, 2.0, 6.0)}
samples = {f"recurrent scale {scale:g}": r for scale, r in rates.items()}
samples["ln f, f from the bias alone"] = -np.log1p(np.exp(-biases))[:, None]
middle = {name: np.median(r, axis=1) for name, r in samples.items()}
ends = "; ".join(f"{name}: {r[0]:+.2f} to {r[-1]:+.3f}" for name, r in middle.items())
plots.show(
    plots.medians(biases, samples, "forget bias", "growth rate in nats per step"),
    f"Growth rate against the forget bias, median and range of 8 networks. {ends}.",
)
for scale, r in rates.items():
    shares = ", ".join(f"{share:.0%}" for share in np.mean(r > 0, axis=1))
    print(f"recurrent scale {scale:g}: networks with a rate above zero, bias by bias: {shares}")

# %% [markdown]
# An LSTM is useful because its rate can be near zero: at $-0.01$ nats per step, the norm falls by a
# factor of $e$ in a hundred steps. A rate above zero means an explosion, slow or fast. A common
# claim says: "An LSTM cannot explode, because its cell is bounded and $f$ is below 1."
#
# **Exercise 8 ●●○ · 12 min · refute it.** Find an LSTM with one unit for which $d c_{50} / d c_1$
# is at least 1000 in size. As before, the unit has no input and $h_0 = c_0 = 0$. Give a pair
# `exploding = (W_h, b)` of two lists of four numbers in the order i, f, g, o, none larger than 20
# in size.

# %% nbgrader={"grade": false, "grade_id": "exploding", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
exploding = None  # ([i, f, g, o], [i, f, g, o])
### BEGIN SOLUTION
exploding = ([0, 0, 2, 0], [3, 3, 0, 3])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_tame", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.refute_tame", exploding)

# %% [markdown] tags=["S4.46"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Make all of the 49 factors equal. Under which condition does the cell stay at $c = 0$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $b_g = 0$ the cell and the hidden state stay at zero, and $Q_t = 0$. Every factor is then
# $f + i\, w_g\, o$, and the biases determine the gates.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# $49 \ln(\text{factor})$ has to exceed $\ln 1000$. If the gates are nearly open, the factor is
# slightly less than $1 + w_g$.
#
# </details>
#
# ## 8 Does raising f help?
#
# The article concludes: if the gradient vanishes, the network raises $f$, and this moves the
# derivative towards 1. There are two objections. First, $f$ cannot be set directly. It is a
# function, $\sigma(\dots)$, and its own weights learn through the slope $f(1-f)$. The printout in
# section 7 shows that this slope goes to zero as $f$ goes to 1. Second, $dc_t / dc_{t-1}$ has three
# terms besides $f$, and raising $f$ can change them too.
#
# **Exercise 9 ●●○ · 15 min · refute it.** Find an LSTM with one unit whose $d c_2 / d c_1$ is below
# 1, and moves *away* from 1 when you add 1 to $b_f$. In numbers: $f_2$ has to rise, and the
# distance of the derivative from 1 has to grow by at least 0.05. The form is the same:
# `away_from_one = (W_h, b)`, with the lower $b_f$ in it. The derivative may overshoot 1, or it may
# fall.

# %% nbgrader={"grade": false, "grade_id": "away_from_one", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
away_from_one = None  # ([i, f, g, o], [i, f, g, o])
### BEGIN SOLUTION
away_from_one = ([0, -8, 0, 0], [3, 3, 2, 3])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_raising", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("11.refute_raising", away_from_one)


# %% [markdown] tags=["S4.48"]
# <details><summary>Hint 1 · a nudge</summary>
#
# For the easy answer, take a derivative just below 1. What happens to it when $f$ rises by 0.2?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $b_g = 0$ the factor is $f + i\, w_g\, o$, as in exercise 8. It is more surprising that the
# derivative can fall. Choose $c_1$ close to 1 and $w_f$ strongly negative. Choose $b_f$ positive
# and so large that $f_2 = \sigma(b_f + w_f h_1)$ is small but not zero, about 0.02 to 0.3. Then
# $c_1 f_2 (1 - f_2)\, w_f\, o_1 (1 - \tanh^2 c_1)$ falls faster than $f_2$ rises.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Choose $b_f$ negative enough that $f$ is about a quarter. Set $i$ and $o$ with their biases, and
# choose $w_g$ so that the factor is slightly below 1. Then compute the factor again with $b_f + 1$.
#
# </details>
#
# ## 9 An explosion, tamed
#
# How can you train a network whose gradient explodes? The usual remedy is **clipping** (lesson 08).
# Let $\nabla$ be the gradient with respect to all parameters together. If its norm exceeds a
# threshold, multiply the gradient by the threshold divided by $\lVert \nabla \rVert$. The direction
# does not change. The example is an LSTM with large recurrent weights. At each step it has to
# repeat the input of two steps before. The first cell prints the norm of its gradient for longer
# and longer sequences. The second cell trains the network twice, from the same start and on the
# same data: once without clipping and once with a threshold of 0.5. The loss is moderate at the
# start, but the gradient is large. Without clipping, the first step moves the parameters to a
# region where most gates are saturated, and they stay there. Clipping limits the length of the step
# and changes nothing else. The gradient of an exploding network remains an unreliable direction,
# but small steps are enough to leave the region where the gradient explodes.

# %% tags=["shows-answers"]
def echo(p, rng, n=100, lag=2):
    x = rng.normal(size=(n, 8, 1))
    y = np.concatenate([np.zeros((lag, 8, 1)), x[:-lag]])
    return sequence.loss_and_grads(lstm, p, x, y, mean_loss)


def mean_loss(o, y):
    return np.mean((o - y) ** 2) / 2, (o - y) / y.size


def start():
    (p, _), rng = system(5.0, seed=11, H=10, D=1, forget=1.0), np.random.default_rng(11)
    return {**p, "W_y": rng.normal(size=(10, 1)) / 3}, rng


for n in (25, 50, 100, 200):
    p, rng = start()
    g = echo(p, rng, n)[1]
    norm = training.global_norm({name: g[name] for name in p})
    print(f"T = {n}: norm of the gradient {norm:.3g}")

# %% tags=["shows-answers"]
curves = {}
for name, clip in {"no clipping": None, "clipped at 0.5": 0.5}.items():
    p, rng = start()
    trained = training.train(lambda p, r=rng: echo(p, r), p, 150, training.SGD(0.5), clip)
    curves[name] = trained.losses
    below = {key: trained.params[key] for key in ("W_x", "W_h", "b")}
    after = lstm.forward(below, rng.normal(size=(100, 8, 1)))
    saturated = np.mean([abs(gate - 0.5) > 0.48 for gate in (after.i, after.f, after.o)])
    rate = flow.growth_rate(flow.joint_jacobians(below, after)).mean()
    print(f"{name}: {saturated:.0%} of the gates near 0 or 1, growth rate {rate:+.3f}")
ends = "; ".join(f"{name}: {np.mean(c[-20:]):.2g} at the end" for name, c in curves.items())
plots.show(
    plots.lines(range(150), curves, "training step", "loss", log="y"),
    f"Loss in training, logarithmic, without and with clipping. {ends}.",
)


# %% [markdown] tags=["S4.47"]
# ## 10 Who opens the gates?
#
# All gates are functions of $x_t$ and $h_{t-1}$, and their weights are learned. So the network
# itself learns what to keep: this is the correct part of the article's argument. The cells below
# test it. The network has two inputs. At the first step, the first input is a cue, $+1$ or $-1$;
# later it is 0. The second input carries noise. At the end the network has to output the cue. Six
# networks are trained in each of three settings, with the same six seeds: short sequences with all
# forget gates near $\tfrac12$, longer sequences (30 steps instead of 20) with the same gates, and
# these longer sequences with a forget bias chosen for the lag. For each network we record three
# things. The first is the loss. The second is the **cue's share** of the gradient before training:
# the norm of $\bar x_1$ relative to the norm of all $\bar x_t$. The third is the mean forget gate,
# before and after training, of the unit in which it rises most.

# %%
def cue_and_noise(n, rng):
    x = rng.normal(size=(n, 16, 2)) * [0, 0.5]
    x[0, :, 0] = rng.choice([-1.0, 1.0], 16)
    return x


def gradient(p, x):
    loss = tasks.at_last(lambda o, y: losses.squared_error(o, y, reduction="mean"))
    return sequence.loss_and_grads(lstm, p, x, x[0, :, :1], loss)


def recall(n, forget, seed, steps=150, H=8):
    """Losses, the cue's first share of the gradient, one unit's forget gate before and after."""
    rng = np.random.default_rng(seed)
    p = {**lstm.init(2, H, rng, forget), "W_y": 0.3 * rng.normal(size=(H, 1))}
    x = cue_and_noise(n, rng)
    dx = np.linalg.norm(gradient(p, x)[1]["x"], axis=(1, 2))
    step = lambda p: gradient(p, cue_and_noise(n, rng))
    end = training.train(step, p, steps, training.Adam(0.01), 1.0, progress=False)
    runs = [sequence.forward(lstm, q, x)[0] for q in (p, end.params)]
    f = np.array([run.f[1:].mean(axis=(0, 1)) for run in runs])
    return end.losses, dx[0] / np.linalg.norm(dx), f[:, np.argmax(f[1] - f[0])]


# %% tags=["shows-answers"]
SETTINGS = {"T = 20, b = 0": (20, 0.0), "T = 30, b = 0": (30, 0.0)}
SETTINGS["T = 30, b for the lag"] = 30, training.forget_bias(30)
seeds, learned = range(6), {}
curves = {}
for name, setting in SETTINGS.items():
    runs = [recall(*setting, seed) for seed in seeds]
    curves[name] = [(range(len(curve)), curve) for curve, _, _ in runs]
    ends = np.array([np.mean(curve[-10:]) for curve, _, _ in runs])
    shares, f = np.array([run[1] for run in runs]), np.median([run[2] for run in runs], axis=0)
    learned[name] = f"{np.sum(ends < 0.05)} of 6"
    print(f"{name}: learned by {learned[name]}, loss {ends.min():.2g} to {ends.max():.2g}")
    print(f"    the unit's forget gate, median: {f[0]:.2f} -> {f[1]:.2f}")
    for kind, some in (("learned", shares[ends < 0.05]), ("did not", shares[ends >= 0.05])):
        if len(some):
            print(f"    cue's share of those that {kind}: {some.min():.0e} to {some.max():.0e}")
said = "; ".join(f"{name}: learned by {n}" for name, n in learned.items())
figure = plots.repeated_lines(curves, "training step", "loss")
plots.show(figure, f"Loss of the recall task, logarithmic, six seeds a setting. {said}.")

# %% [markdown] tags=["S4.47"]
# **Why the forget bias decides here.** Between settings, success depends on the cue's share of the
# gradient before training. With half-open gates and long sequences hardly any of the gradient
# belongs to the cue, and training fails. A forget bias chosen for the lag changes that: the gates
# are open from the start, and training changes them little. Within one setting the share does not
# decide. In the first setting, the networks that learned and those that did not have overlapping
# ranges.
#
# ## Recap
#
# - "The derivative is $f$" is exact for one step with $h_{t-1}$ held fixed. With recurrent weights
#   into $i$, $f$ or $g$ it is in general not exact in any other case.
# - The node derivative one step back is $A_t = F_t + G_t P_{t-1}$, four terms.
# - Further back you need the pair $(c, h)$. The product of the $A$'s misses the paths through the
#   output gate, at lag 2 exactly $G_t Q_{t-1} P_{t-2}$.
# - Even the diagonal entries of $A_t$ can be negative. Varying factors do not distinguish an LSTM
#   from a plain RNN: both have a growth rate that tends to a Lyapunov exponent, and unless that is
#   0 the product decays or grows exponentially.
# - A larger forget bias raises the growth rate. With weak recurrent weights this moves the rate
#   towards zero; with strong ones the rate can pass zero. So LSTMs can explode, and clipping limits
#   the step.
#
# ## Sources
#
# - Hochreiter and Schmidhuber (1997): Long short-term memory. *Neural Computation* 9(8).
#   [doi:10.1162/neco.1997.9.8.1735](https://doi.org/10.1162/neco.1997.9.8.1735). Where the
#   derivative 1 comes from: a gradient that is cut on purpose.
# - Gers and Schmidhuber (2000): Recurrent nets that time and count. *IJCNN 2000*. Peepholes.
# - Graves and Schmidhuber (2005): Framewise phoneme classification with bidirectional LSTM and
#   other neural network architectures. *Neural Networks* 18(5–6).
#   [doi:10.1016/j.neunet.2005.06.042](https://doi.org/10.1016/j.neunet.2005.06.042). The full
#   gradient of the LSTM with peepholes.
# - Furstenberg and Kesten (1960): Products of random matrices. *The Annals of Mathematical
#   Statistics* 31(2). [doi:10.1214/aoms/1177705909](https://doi.org/10.1214/aoms/1177705909). The
#   growth rate has a limit.
# - Pascanu, Mikolov and Bengio (2013): On the difficulty of training recurrent neural networks.
#   *ICML 2013*. [arXiv:1211.5063](https://arxiv.org/abs/1211.5063). Growth rates of plain RNNs, and
#   clipping.
# - Greff, Srivastava, Koutník, Steunebrink and Schmidhuber (2017): LSTM: a search space odyssey.
#   *IEEE Transactions on Neural Networks and Learning Systems* 28(10).
#   [arXiv:1503.04069](https://arxiv.org/abs/1503.04069). The LSTM with peepholes, and its gradients.
#
# Below, each of your functions beside the reference.

# %%
recap("11", globals())
