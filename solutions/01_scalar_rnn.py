# %% [markdown]
# # 01 · The scalar RNN
#
# **After this lesson you can** tell an immediate from a total derivative; derive $\dfrac{ds_k}{dW}$
# as a sum over paths, as a recursion and as a reverse sweep; write code for all three; and say why
# they agree.
#
# about 120 minutes · difficulty ●●○ · before it: 00, the chain rule
#
# A recurrent network uses the same weight at every step. This one fact causes everything that is
# difficult about its gradient. In this lesson every quantity is a plain number, so no shape can be
# wrong, and you can concentrate on the idea.

# %% [markdown]
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $x_t$ | `run.x[t-1]` | input at step $t = 1, \dots, T$ |
# | $a_t = U x_t + W s_{t-1}$ | `run.a[t-1]` | pre-activation |
# | $s_t = f(a_t)$ | `run.s[t]` | state; `run.s[0]` is the initial state $s_0$ |
# | $o_t = V s_t$ | `run.o[t-1]` | output |
# | $\dfrac{\partial^{+} s_t}{\partial W}$ | `immediate` | **immediate** derivative: the use of $W$ at step $t$ alone, $s_{t-1}$ held fixed |
# | $\dfrac{d s_t}{d W}$ | `total` | **total** derivative: every use of $W$ up to step $t$ |
# | $J_t = \dfrac{\partial s_t}{\partial s_{t-1}}$ | `J[t-1]`, for you to compute | how a change of one state reaches the next |
# | $\bar v = \dfrac{d L}{d v}$ | `dv` | adjoint: the derivative of the loss with respect to $v$ over all paths, later steps included; lesson 00 writes $\partial L / \partial v$ |
# | $\theta$ | `"U"` or `"W"` | stands for $U$ or $W$, the two parameters on which the states depend |
#
# `run` is a finished forward pass. The next cell makes one; its field `run.phi` is the activation $f$.
#
# Arrays over steps have $T$ entries, and the entry of step $t$ has the index $t-1$. Only the array
# of states has $T+1$ entries, because it also contains the initial state. The activation is
# $f = \tanh$ throughout.

# %% tags=["shows-answers"]
import numpy as np

from autograder import check, recap
from rnnlib import losses, numgrad, paths, plots, scalar

params = {"U": 0.8, "W": -0.9, "V": 1.2}
x = np.array([0.6, -0.4, 0.9, 0.3, -0.7])
s0 = 0.5
run = scalar.forward(params, x, s0)  # a finished run, to try your functions on
print(run._fields, "T =", len(x))

# %% [markdown] tags=["S3.1"]
# ## 1 The network
#
# At each step the network adds the weighted input to its own weighted previous state, and applies
# $\tanh$ to the sum:
#
# $$a_t = U x_t + W s_{t-1}, \qquad s_t = \tanh(a_t), \qquad o_t = V s_t .$$
#
# To *unroll* the network means to draw one copy of it per step, from left to right. The copies
# share their weights: there is only one $W$, and it is used $T$ times.

# %%
plots.show(
    plots.unrolled(4),
    "The network unrolled over four steps: states s_0 to s_4 joined by W, "
    "an input below each entering through U, an output above each through V.",
)


# %% [markdown]
# **Exercise 1 ●○○ · 5 min.** Write the forward pass. `params` is a dict with the numbers `"U"`,
# `"W"`, `"V"`; `x` has $T$ entries; `s0` is a number. Return the three arrays `a`, `s`, `o`, in
# this order. The array `s` has $T+1$ entries and starts with `s0`.

# %% nbgrader={"grade": false, "grade_id": "scalar_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scalar_forward(params, x, s0):
    """Returns a (T,), s (T + 1,) that starts with s0, and o (T,)."""
    ### BEGIN SOLUTION
    U, W, V = params["U"], params["W"], params["V"]
    T = len(x)
    a, s = np.zeros(T), np.zeros(T + 1)
    s[0] = s0
    for t in range(1, T + 1):
        a[t - 1] = U * x[t - 1] + W * s[t - 1]
        s[t] = np.tanh(a[t - 1])
    o = V * s[1:]
    return a, s, o
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_scalar_forward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.scalar_forward", scalar_forward)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Each state depends on the one before it, so compute the states one after another. The outputs do
# not depend on each other.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# In the course's indices, step $t$ reads `x[t-1]` and `s[t-1]`, and it writes `a[t-1]` and `s[t]`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make two arrays of zeros, of lengths $T$ and $T+1$. Write the initial state into the first entry
# of the second array. Loop over $t$ from 1 to $T$: compute the pre-activation from the equation,
# then its hyperbolic tangent. After the loop, the outputs are `V` times all states except the
# initial one.
#
# </details>

# %% [markdown]
# **How $W$ changes the memory.** The figure shows the states for the same five inputs and three
# recurrent weights. A positive $W$ makes each state follow the sign of the state before. A negative
# $W$ pushes it towards the opposite sign. With $W = 0$ a state depends on the newest input only. So
# $W$ decides how strongly the past influences the state, and training needs the derivative with
# respect to $W$ to adjust it.

# %% tags=["shows-answers"]
states = {
    f"W = {W:+.1f}": scalar.forward({**params, "W": W}, x, s0).s for W in (0.9, 0.0, -0.9)
}
plots.show(
    plots.lines(range(6), states, "step t", "state $s_t$", marker="o"),
    "The states over five steps for three recurrent weights: "
    "they differ from the first step on.",
)


# %% [markdown] tags=["S3.5"]
# ## 2 One step: the immediate derivative
#
# $W$ influences $s_t$ along two routes. The direct route exists because $a_t$ contains $W s_{t-1}$.
# The indirect route exists because $s_{t-1}$ was itself computed with $W$. Take the direct route
# first: hold $s_{t-1}$ fixed, as if it were an input, and differentiate
# $s_t = f(U x_t + W s_{t-1})$:
#
# $$\frac{\partial^{+} s_t}{\partial W} = f'(a_t)\, s_{t-1}, \qquad
#   \frac{\partial^{+} s_t}{\partial U} = f'(a_t)\, x_t .$$
#
# The plus sign marks a derivative that counts only this step's use of the parameter. It is called
# the **immediate** derivative.
#
# You need no second call of $\tanh$ to compute the slope. Since $\tanh'(a) = 1 - \tanh^2(a)$, the
# slope follows from the state that the step produced: $f'(a_t) = 1 - s_t^2$.

# %% [markdown]
# **Exercise 2 ●○○ · 8 min.** Given a finished run, return both immediate derivatives for all
# steps: a dict with `"U"` and `"W"`, each of shape $(T,)$. The fields of `run` are those of the
# notation table.

# %% nbgrader={"grade": false, "grade_id": "immediate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def immediate(params, run):
    """Returns {"U": (T,), "W": (T,)}, entry t-1 for the use at step t."""
    ### BEGIN SOLUTION
    slope = 1 - run.s[1:] ** 2
    return {"U": slope * run.x, "W": slope * run.s[:-1]}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_immediate", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.immediate", immediate)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You need no loop, because the immediate derivative of one step does not depend on any other step.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $f'(a_t) = 1 - s_t^2$ for $t = 1, \dots, T$. These states are the array of states without its
# first entry. The states that the steps *read* are the array without its last entry.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute one array of slopes from `run.s[1:]`. For $U$ multiply it by the inputs. For $W$ multiply
# it by the states from `run.s[0]` up to the last but one.
#
# </details>

# %% [markdown]
# **Is this the whole derivative?** Your function counts one of two routes. The cell below changes
# $W$ a little, measures how each state really changes, and draws this measured derivative beside
# the immediate one.
#
# **Predict first.** At which step must the two agree, and why?

# %% tags=["shows-answers"]
direct = scalar.immediate(params, run)["W"]


def states_for(W):
    return scalar.forward({**params, "W": W}, x, s0).s[1:]


measured = numgrad.complex_step(states_for, params["W"])
bars = {"immediate": direct, "measured": measured}
plots.show(
    plots.paired_bars(bars, "step t", "$ds_t / dW$"),
    "Immediate and measured derivative of each state with respect to W: "
    "equal at step 1, nearly equal at step 4, different at the others.",
)


# %% [markdown] tags=["S0.5", "S3.3", "S3.4", "S3.5"]
# ## 3 All steps: the recursion
#
# Now add the second route. When $W$ changes, $s_{t-1}$ changes too, at the rate
# $\dfrac{ds_{t-1}}{dW}$. A change of $s_{t-1}$ is passed on to $s_t$ with the factor
#
# $$J_t = \frac{\partial s_t}{\partial s_{t-1}} = f'(a_t)\, W .$$
#
# The total derivative is the sum of the two routes:
#
# $$\boxed{\;\frac{ds_t}{dW} = \frac{\partial^{+} s_t}{\partial W} + J_t\, \frac{ds_{t-1}}{dW}\;}
#   \qquad \frac{ds_0}{dW} = 0 .$$
#
# The recursion starts at zero because $s_0$ is given and was not computed with $W$. ($s_0$ may be
# learned. Then it has a gradient of its own, but it still does not depend on $W$.) So at the first
# step the immediate and the total derivative are the same number: that is why the two bars at step
# 1 agree. (At step 4 they look equal by chance: there $ds_3/dW$ is nearly zero, 0.0008.) If
# moreover $s_0 = 0$, both are zero: $\partial^{+}s_1/\partial W = f'(a_1)\, s_0$.
#
# The same argument holds for $U$. The input $x_t$ does not depend on $U$, but $s_{t-1}$ does.

# %% [markdown]
# **Exercise 3 ●●○ · 15 min.** Compute the total derivatives of all states with this recursion.
# Return a dict with `"U"` and `"W"`, each $(T,)$. Entry $t-1$ of each array holds $ds_t/d\theta$,
# where $\theta$ is $U$ or $W$. You may call your `immediate`.

# %% nbgrader={"grade": false, "grade_id": "total_by_recursion", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total_by_recursion(params, run):
    """Returns {"U": (T,), "W": (T,)}, entry t-1 the total derivative of s_t."""
    ### BEGIN SOLUTION
    T = len(run.x)
    slope = 1 - run.s[1:] ** 2
    J = slope * params["W"]
    now = immediate(params, run)
    total = {}
    for name in ("U", "W"):
        d = np.zeros(T + 1)
        for t in range(1, T + 1):
            d[t] = now[name][t - 1] + J[t - 1] * d[t - 1]
        total[name] = d[1:]
    return total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_total_by_recursion", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.total_by_recursion", total_by_recursion)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Each step adds two terms. You have the first one from exercise 2. The second one uses the total
# derivative that the step before has just computed.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The factor between the two steps is $J_t = (1 - s_t^2)\, W$, for $U$ as well as for $W$. It
# describes how a change of the *state* is passed on, whichever parameter caused the change.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For each of the two names make an array `d` of $T+1$ zeros; `d[t]` will hold the total derivative
# of $s_t$. Loop over $t$ from 1 to $T$. Set `d[t]` to the immediate derivative of that step plus
# the factor $J_t$ of that step times `d[t-1]`. Return the array without `d[0]`.
#
# </details>

# %% [markdown]
# **The recursion equals the measurement.** The first line below computes $ds_2/dW$ by hand from the
# immediate derivatives and $J_2$ (the library's `scalar.slopes` returns the factors $J_t$). The
# second line compares all steps with the measurement: they agree to rounding. The recursion runs in
# the same direction as the network, so you can compute it while the network runs. In matrix form
# this method is called *real-time recurrent learning* (Williams and Zipser, 1989).

# %% tags=["shows-answers"]
total = scalar.total(params, run)["W"]
by_hand = direct[1] + scalar.slopes(params, run)[1] * direct[0]
print(f"ds_2/dW by hand {by_hand:.12f}, by recursion {total[1]:.12f}")
print(f"all steps, largest difference from the measured: {abs(total - measured).max():.1e}")

# %% [markdown]
# ### Is $U$ the easy one?
#
# The induction of section 4 comes from a set of lecture slides on the scalar RNN. The slides call
# the derivative with respect to $W$ the difficult one. They do not mention the derivative with
# respect to $U$, as if the immediate derivative $f'(a_t)\,x_t$ were already the total one. If that
# were right, the two derivatives would be equal, and so would at least have the same sign.
#
# **Exercise 4 ●○○ · 8 min · refute it.** Find a network and an input for which, at some step, the
# immediate and the total derivative with respect to $U$ have *opposite signs*. Give a tuple
# `(U, W, x, s0)`, where `x` is a list of inputs. Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "counterexample", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
counterexample = None  # (U, W, x, s0)
### BEGIN SOLUTION
counterexample = (0.5, 0.9, [2.0, -0.1], 0.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_immediate", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.refute_immediate", counterexample)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two steps are enough. The first input should influence the second state strongly, and the second
# input only weakly.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\dfrac{ds_2}{dU} = f'(a_2)\Big(x_2 + W \dfrac{ds_1}{dU}\Big)$ has the sign of the bracket. The
# immediate derivative has the sign of $x_2$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take $U = 1$, $s_0 = 0$ and $W$ near 1. Take $x_1$ positive, but small enough that $\tanh$ does
# not saturate. Take $x_2$ negative and close to zero.
#
# </details>

# %% [markdown] tags=["S0.7", "S3.4", "S3.6", "S3.7"]
# ## 4 The sum over paths
#
# Insert the recursion into itself. Write $\partial^{+}s_i$ for $\partial^{+}s_i/\partial W$. Since
# $ds_0/dW = 0$, the first step gives $ds_1/dW = \partial^{+}s_1$. Two steps give
#
# $$\frac{ds_2}{dW} = \partial^{+}s_2 + J_2\, \partial^{+}s_1 ,$$
#
# and three give
#
# $$\frac{ds_3}{dW} = \partial^{+}s_3 + J_3\,\Big(\partial^{+}s_2 + J_2\,\partial^{+}s_1\Big)
#   = \partial^{+}s_3 + J_3\,\partial^{+}s_2 + J_3 J_2\,\partial^{+}s_1 .$$
#
# Each term is one **path**. It begins where $W$ is used at step $i$. The change that this use makes
# then passes through the states up to step $k$. In general
#
# $$\boxed{\;\frac{ds_k}{dW} = \sum_{i=1}^{k} \Big(\prod_{j=i+1}^{k} J_j\Big)\,
#   \frac{\partial^{+} s_i}{\partial W}\;}$$
#
# The product from $i+1$ to $k$ has $k-i$ factors. For $i = k$ it has none, and an empty product
# is 1. Along a path, $W$ is differentiated exactly once: at the beginning of the path, where $W$
# is used as a parameter. The factors $W$ inside the $J_j$ only pass the change on; they are not
# differentiated here.

# %%
plots.show(
    plots.unrolled(4, lit=(2, 4)),
    "One path lit in the unrolled network: W is used at step 2, "
    "and the change passes through J_3 and J_4 to the state s_4.",
)


# %% [markdown]
# **Exercise 5 ●●○ · 15 min.** Compute $ds_k/dU$ and $ds_k/dW$ as this sum, for one given step $k$
# between 1 and $T$. Return a dict of two numbers. Compute every product explicitly, without the
# recursion.

# %% nbgrader={"grade": false, "grade_id": "total_by_paths", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total_by_paths(params, run, k):
    """Returns {"U": number, "W": number}: the derivatives of s_k, path by path."""
    ### BEGIN SOLUTION
    slope = 1 - run.s[1:] ** 2
    J = slope * params["W"]
    now = immediate(params, run)
    total = {"U": 0.0, "W": 0.0}
    for name in total:
        for i in range(1, k + 1):
            path = now[name][i - 1]
            for j in range(i + 1, k + 1):
                path = path * J[j - 1]
            total[name] += path
    return total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_total_by_paths", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.total_by_paths", total_by_paths)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Use two nested loops. The outer loop runs over the step where the path begins, the inner loop over
# the steps that follow on the path.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The path that begins at step $i$ has the factors $J_{i+1}, J_{i+2}, \dots, J_k$. Write down the
# indices for $k = 3$ before you write the `range`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For each name start a sum at zero. For each `i` from 1 to `k`, start with the immediate derivative
# of step `i`. Multiply it by `J[j-1]` for every `j` from `i+1` up to and including `k`. Add the
# result to the sum.
#
# </details>

# %% [markdown]
# **Which paths contribute how much?** Each bar consists of the path terms of one state. Positive
# terms are stacked upwards and negative ones downwards; the dot marks their sum, the total
# derivative. Follow one colour, that is one use of $W$, from left to right: at each step its term
# is multiplied by one more factor $J_j$. Where these factors are smaller than one in size, the term
# shrinks. Lesson 07 examines what happens to them over a hundred steps.

# %% tags=["shows-answers"]
terms = [scalar.path_terms(params, run, k) for k in range(1, 6)]
plots.show(
    plots.stacked_paths(terms, total, "$ds_k / dW$"),
    "For each step k a bar made of its k path terms, coloured by the step "
    "where W is used; a dot marks their sum, the total derivative.",
)

# %% [markdown]
# For small $k$ a computer algebra system can compute both sides with symbols in place of numbers.
# If the difference is zero, the formula holds for *all* parameters and inputs, for this $k$.

# %%
try:
    import sympy as sp
except ImportError:
    print("This cell needs SymPy: %pip install sympy. Nothing below depends on it.")
else:
    U, W, s_0 = sp.symbols("U W s_0")
    prev = sp.Symbol("s")  # the previous state, held fixed
    s, now, J = [s_0], [], []
    for x_t in sp.symbols("x_1:5"):
        step = sp.tanh(U * x_t + W * prev)
        now.append(sp.diff(step, W).subs(prev, s[-1]))
        J.append(sp.diff(step, prev).subs(prev, s[-1]))
        s.append(step.subs(prev, s[-1]))
    for k in range(1, 5):
        path_sum = sum(sp.prod(J[i:k]) * now[i - 1] for i in range(1, k + 1))
        print(f"k = {k}: path sum minus derivative =", sp.expand(sp.diff(s[k], W) - path_sum))


# %% [markdown]
# **Exercise 6 ●●○ · 15 min · graded by hand.** These four cases are no proof. Prove by induction
# that the sum over paths holds for every $k \ge 1$. State the base case, and what the empty product
# means there. State what you assume for $k$. Then do the step to $k+1$, and say in words what each
# of its two parts does to the paths. (If you learn alone: a model answer is in `solutions/`.)
#
# <details><summary>A nudge</summary>
#
# Apply the recursion of section 3 once, to $s_{k+1}$, and insert the assumption for $s_k$.
#
# </details>

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **Base case.** For $k = 1$ the sum has the single term $i = 1$ with an empty product, 1, so it says
# $ds_1/dW = \partial^{+}s_1/\partial W$. The recursion says the same, since $ds_0/dW = 0$.
#
# **Assumption.** For some $k \ge 1$: $\dfrac{ds_k}{dW} = \sum_{i=1}^{k} \big(\prod_{j=i+1}^{k} J_j\big)\,\partial^{+}s_i$.
#
# **Step.** The recursion gives $\dfrac{ds_{k+1}}{dW} = \partial^{+}s_{k+1} + J_{k+1}\dfrac{ds_k}{dW}$.
# Insert the assumption and move $J_{k+1}$ under the sum:
# $\dfrac{ds_{k+1}}{dW} = \partial^{+}s_{k+1} + \sum_{i=1}^{k} \big(\prod_{j=i+1}^{k+1} J_j\big)\,\partial^{+}s_i$.
# The first part is the term $i = k+1$ with its empty product: the new path, of length zero. The
# second part makes every old path one step longer. Together they are the sum for $k+1$. ∎

# %% [markdown] tags=["S3.3"]
# ## 5 The reverse sweep
#
# The loss depends on all outputs, $L(o_1, \dots, o_T)$, and training needs $dL/dW$, $dL/dU$ and
# $dL/dV$ at once. Only $V$ is simple. The state $s_t$ does not depend on $V$, so
# $\dfrac{dL}{dV} = \sum_t \bar o_t\, s_t$ with $\bar o_t = \partial L/\partial o_t$. For $W$ and
# $U$ you could insert the total derivatives into the chain rule, one parameter at a time. It is
# cheaper to start from the loss and ask: *what is the derivative of $L$ with respect to the state
# $s_t$, over all paths?* This derivative is the adjoint $\bar s_t$.
#
# In the unrolled network, $s_t$ is used twice: its own output uses it, $o_t = V s_t$, and the next
# step uses it in $a_{t+1}$. Each use adds one term:
#
# $$\bar s_t = V\,\bar o_t + W\,\bar a_{t+1}, \qquad \bar a_t = f'(a_t)\,\bar s_t, \qquad
#   \bar a_{T+1} = 0 .$$
#
# Compute these from $t = T$ down to 1. No step follows the last one, so $\bar a_{T+1} = 0$. No
# output uses $s_0$, so $\bar s_0$ below has one term only. The use of $W$ *at step $t$* influences
# the loss only through $s_t$. So this use contributes $\bar s_t\,\dfrac{\partial^{+} s_t}{\partial
# W} = \bar s_t\, f'(a_t)\, s_{t-1} = \bar a_t\, s_{t-1}$, and the gradient is the sum over all
# uses. The other gradients follow in the same way:
#
# $$\frac{dL}{dW} = \sum_{t} \bar a_t\, s_{t-1}, \qquad \frac{dL}{dU} = \sum_{t} \bar a_t\, x_t,
#   \qquad \bar x_t = U\,\bar a_t, \qquad \bar s_0 = W\,\bar a_1 .$$
#
# This is *back-propagation through time* (Werbos, 1990).

# %% [markdown]
# **Exercise 7 ●●● · 25 min.** Write the reverse sweep. `do` holds the adjoints $\bar o_t$, shape
# $(T,)$. Return a dict with the numbers `"U"`, `"W"`, `"V"`, `"s0"` and the array `"x"` of shape
# $(T,)$.

# %% nbgrader={"grade": false, "grade_id": "scalar_bptt", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scalar_bptt(params, run, do):
    """Returns {"U", "W", "V", "s0": numbers, "x": (T,)}, the gradient of L."""
    ### BEGIN SOLUTION
    U, W, V = params["U"], params["W"], params["V"]
    T = len(run.x)
    slope = 1 - run.s[1:] ** 2
    grads = {"U": 0.0, "W": 0.0, "V": 0.0, "x": np.zeros(T), "s0": 0.0}
    ds = 0.0
    for t in range(T - 1, -1, -1):
        ds = ds + V * do[t]
        da = ds * slope[t]
        grads["U"] += da * run.x[t]
        grads["W"] += da * run.s[t]
        grads["V"] += do[t] * run.s[t + 1]
        grads["x"][t] = da * U
        ds = da * W
    grads["s0"] = ds
    return grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_scalar_bptt", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.scalar_bptt", scalar_bptt)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# One number is passed back from step to step: the derivative of all later losses with respect to
# the current state. At each step the contribution of this step's output is added to it.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# At each step, in this order: add the two terms of $\bar s_t$; multiply by the slope to get
# $\bar a_t$; add to the sums of the parameters; pass $W \bar a_t$ back to the step before. The
# number that step 1 passes back is $\bar s_0$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start with a `ds` of zero and loop over array indices `t` from $T-1$ down to 0 (so `t` is the
# step's number minus one). That step reads the state `run.s[t]` and produces `run.s[t+1]`. Inside
# the loop: add $V$ times the adjoint of the output to `ds`; set `da` to `ds` times the slope;
# update four sums and one entry of `"x"`; then set `ds` to `da` times the recurrent weight.
#
# </details>

# %% [markdown]
# **Why the sweep gives the same gradient.** Written out, the gradient is a double sum over outputs
# $t$ and uses $i \le t$:
#
# $$\frac{dL}{dW} = \sum_{t=1}^{T}\sum_{i=1}^{t} V\bar o_t \Big(\prod_{j=i+1}^{t} J_j\Big)\,\partial^{+}s_i .$$
#
# Sort the terms by $t$, and you get one total derivative per output, as in section 4. Sort them by
# $i$ instead. Then all terms with the same $i$ share the factor $\partial^{+}s_i$. The sum of what
# multiplies it is one number, $\bar s_i = \sum_{t=i}^{T} V\bar o_t \prod_{j=i+1}^{t} J_j$. This is
# the adjoint that the sweep of this section computes. Both orders add the same terms, so they give
# the same gradient. The cell below compares the library's sweep with a measurement that uses
# neither formula. It changes the parameters and inputs a little and measures the squared error of
# the outputs (lesson 02). All arrays are changed together in one random direction, so every line
# shows the same error.

# %% tags=["shows-answers"]
y = np.array([0.2, -0.5, 0.8, 0.1, -0.3])
inputs = {**params, "x": x, "s0": np.array(s0)}


def loss(p):
    weights = {name: p[name] for name in ("U", "W", "V")}
    return losses.squared_error(scalar.forward(weights, p["x"], p["s0"]).o, y)[0]


_, do = losses.squared_error(run.o, y)
print(numgrad.check_gradient(loss, scalar.backward(params, run, do), inputs))

# %% [markdown]
# **What the three methods cost.** Let every step have an output. Count the multiplications by a
# factor $J_j$ that the gradient with respect to one parameter needs. The path sum computes every
# product from the beginning; the recursion and the sweep reuse what they have already computed. The
# recursion has to run once for each parameter, while one sweep serves all parameters. With matrices
# the difference is much larger: lesson 06.

# %%
T = np.arange(2, 101)
count = {
    "sum over paths": [sum(k - i for k in range(t + 1) for i in range(1, k + 1)) for t in T],
    "recursion or sweep": T - 1,
}
plots.show(
    plots.lines(T, count, "sequence length T", "multiplications", log="y"),
    "Multiplications against sequence length on a logarithmic scale: the path sum "
    "rises far above the recursion and the sweep.",
)

# %% [markdown] tags=["S3.2"]
# ## 6 What carries over to matrices
#
# The slides promise that the scalar formulas carry over to vectors of states. The structure does
# carry over: the derivative is a sum over paths, and each path is a product of *Jacobians* (each
# factor $J_t$ becomes a matrix of derivatives) and one immediate derivative. But numbers commute,
# and two places in this lesson used that. We wrote $J_3 J_2$ and could have written $J_2 J_3$; and
# in the sweep we wrote $W\,\bar a_{t+1}$ and could have written $\bar a_{t+1} W$. For matrices the
# order of the factors on a path is fixed, **latest step on the left**: $J_k J_{k-1} \cdots
# J_{i+1}$.

# %% tags=["shows-answers"]
rng = np.random.default_rng(0)
J = rng.normal(size=(5, 3, 3))
late_left = paths.transition(J[:, None], 5, 0)[0]  # J_5 J_4 J_3 J_2 J_1
early_left = J[0] @ J[1] @ J[2] @ J[3] @ J[4]
gap = np.linalg.norm(early_left - late_left) / np.linalg.norm(late_left)
print(f"five random Jacobians in the wrong order: off by {gap:.2f} of the norm")

# %% [markdown] tags=["S3.1"]
# ## 7 Refute it
#
# The same slides give this scalar network the output $o_t = \mathrm{softmax}(V s_t)$. Train it with
# the usual loss for a softmax, the cross-entropy $-\sum_t y_t \log o_t$ with targets $y_t = 1$. It
# seems obvious that this loss depends on the weights.
#
# **Exercise 8 ●○○ · 5 min.** Refute that. Give two triples `(U, W, V)` in which each of the three
# weights differs by at least 1, and for which the slides' model has exactly the same loss and a
# gradient of exactly zero, on any inputs.

# %% nbgrader={"grade": false, "grade_id": "two_networks", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_networks = None  # ((U, W, V), (U, W, V))
### BEGIN SOLUTION
two_networks = ((0.5, -0.5, 1.0), (2.0, 1.5, -3.0))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_softmax", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.refute_softmax", two_networks)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Compute the softmax of a list with one entry.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\mathrm{softmax}(z)_1 = \dfrac{e^{z_1}}{\sum_{k=1}^{1} e^{z_k}}$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Try two triples that are far apart. Which of them could fail?
#
# </details>

# %% [markdown]
# **Why every triple works.** A softmax divides a total of one among $K$ outputs. With $K = 1$ the
# only output is always 1, whatever the weights are. A gradient check accepts this model, because
# its gradient *is* zero. So a correct gradient is necessary, but it does not make a model useful.
# In the scalar case leave the output linear, as in this lesson; the softmax follows in lesson 02,
# for $K \ge 2$.

# %% [markdown]
# ## Recap
#
# - The **immediate** derivative counts one use of a parameter. The **total** derivative counts all
#   of them.
# - The recursion, the path sum and the reverse sweep add the same terms in different orders.
# - A change of the state is passed on with the factor $J_t = f'(a_t)\,W$, whichever parameter
#   caused the change.
# - Every state depends recursively on $W$ and on $U$; no state depends on $V$.
#
# ### Sources
#
# - Elman, J. L. (1990). Finding structure in time. *Cognitive Science* 14(2), 179–211.
#   [doi:10.1207/s15516709cog1402_1](https://doi.org/10.1207/s15516709cog1402_1). *For:* the simple
#   recurrent network.
# - Rumelhart, D. E., Hinton, G. E. and Williams, R. J. (1986). Learning representations by
#   back-propagating errors. *Nature* 323, 533–536.
#   [doi:10.1038/323533a0](https://doi.org/10.1038/323533a0). *For:* the reverse sweep, in layers;
#   networks in time are unrolled there already.
# - Werbos, P. J. (1990). Backpropagation through time: what it does and how to do it. *Proceedings
#   of the IEEE* 78(10), 1550–1560. [doi:10.1109/5.58337](https://doi.org/10.1109/5.58337). *For:*
#   the sweep of section 5, and its name.
# - Williams, R. J. and Zipser, D. (1989). A learning algorithm for continually running fully
#   recurrent neural networks. *Neural Computation* 1(2), 270–280.
#   [doi:10.1162/neco.1989.1.2.270](https://doi.org/10.1162/neco.1989.1.2.270). *For:* the recursion
#   of section 3.
# - Pascanu, R., Mikolov, T. and Bengio, Y. (2013). On the difficulty of training recurrent neural
#   networks. *Proceedings of the 30th International Conference on Machine Learning*, PMLR 28(3),
#   1310–1318. [arXiv:1211.5063](https://arxiv.org/abs/1211.5063). *For:* the notation
#   $\partial^{+}$ for the immediate derivative, and the gradient as a sum over paths.
#
# ### Your functions
#
# The cell below shows each of your functions beside the reference.

# %%
recap("01", globals())
