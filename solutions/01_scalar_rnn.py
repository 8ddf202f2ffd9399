# %% [markdown]
# # 01 · The scalar RNN
#
# **After this lesson you can** tell an immediate from a total derivative; derive
# $\dfrac{ds_k}{dW}$ as a sum over paths, as a recursion and as a reverse sweep; code all three;
# and say why they agree.
#
# about 120 minutes · difficulty ●●○ · before it: 00, the chain rule
#
# A recurrent network uses the same weight at every step, and everything that is hard about its
# gradient comes from that. This lesson makes every quantity a plain number. There are no shapes
# to get wrong, so what remains is the idea.

# %% [markdown]
# ### Notation
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
# | $\bar v = \dfrac{d L}{d v}$ | `dv` | adjoint: the derivative of the loss with respect to $v$ over all paths, later steps included |
# | $\theta$ | `"U"` or `"W"` | either of the two parameters that move the state |
#
# Arrays over steps have $T$ entries, so step $t$ stands at index $t-1$. Only the states have
# $T+1$, because the initial one is among them. The activation is $f = \tanh$ throughout.

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
# At each step the network mixes the new input with its own previous state and squashes the sum:
#
# $$a_t = U x_t + W s_{t-1}, \qquad s_t = \tanh(a_t), \qquad o_t = V s_t .$$
#
# Writing one copy of the network per step, from left to right, is called *unrolling* it. The
# copies share their weights: there is one $W$, used $T$ times.

# %%
plots.show(
    plots.unrolled(4),
    "The network unrolled over four steps: states s_0 to s_4 joined by W, "
    "an input below each entering through U, an output above each through V.",
)


# %% [markdown]
# **Exercise 1 ●○○ · 5 min.** Write the forward pass. `params` is a dict with the numbers `"U"`,
# `"W"`, `"V"`; `x` has $T$ entries; `s0` is a number. Return the three arrays `a`, `s`, `o`, in
# this order; `s` has $T+1$ entries and starts with `s0`.

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


# %% nbgrader={"grade": true, "grade_id": "check_scalar_forward", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.scalar_forward", scalar_forward)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The states depend on each other, so they have to come one after the other. The outputs do not.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With the course's indices, step $t$ fills `a[t-1]` and `s[t]`, and it reads `x[t-1]` and
# `s[t-1]`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make two arrays of zeros, of lengths $T$ and $T+1$. Put the initial state into the second. Loop
# over $t$ from 1 to $T$: first the pre-activation from the equation, then its hyperbolic tangent.
# After the loop, the outputs are `V` times all states but the initial one.
#
# </details>

# %% [markdown]
# **Look at this.** The same five inputs, three recurrent weights. With a positive $W$ the
# state remembers the sign of what came before; with a negative one it swings against it; with
# $W = 0$ it forgets at once. How strongly the past is felt is what $W$ decides, and that is why
# we want the derivative with respect to $W$.

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
# $W$ reaches $s_t$ along two routes: directly, because $a_t$ contains $W s_{t-1}$; and indirectly,
# because $s_{t-1}$ was itself computed with $W$. Take the direct route first. Hold $s_{t-1}$ fixed
# as if it were an input, and differentiate $s_t = f(U x_t + W s_{t-1})$:
#
# $$\frac{\partial^{+} s_t}{\partial W} = f'(a_t)\, s_{t-1}, \qquad
#   \frac{\partial^{+} s_t}{\partial U} = f'(a_t)\, x_t .$$
#
# The plus marks a derivative that looks at this step's use of the parameter only. It is called the
# **immediate** derivative.
#
# The slope needs no second call of $\tanh$. Since $\tanh'(a) = 1 - \tanh^2(a)$, it can be read off
# the state that the step produced: $f'(a_t) = 1 - s_t^2$.

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


# %% nbgrader={"grade": true, "grade_id": "check_immediate", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.immediate", immediate)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# No loop is needed: no step asks about another one.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $f'(a_t) = 1 - s_t^2$ for $t = 1, \dots, T$, which is the array of states without its first
# entry. The states that the steps *read* are the array without its last entry.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# One array of slopes from `run.s[1:]`. Multiply it by the inputs for $U$, and by the states that
# begin with `run.s[0]` and leave out the last for $W$.
#
# </details>

# %% [markdown]
# **What you just wrote** is only half of the truth. Nudge $W$ and measure how the states really move:
# at step 1 the measured derivative equals the immediate one, and after that the two part.

# %% tags=["shows-answers"]
direct = scalar.immediate(params, run)["W"]


def states_for(W):
    return scalar.forward({**params, "W": W}, x, s0).s[1:]


measured = numgrad.complex_step(states_for, params["W"])
bars = {"immediate": direct, "measured": measured}
plots.show(
    plots.paired_bars(bars, "step t", "derivative of $s_t$ by W"),
    "Immediate and measured derivative of each state by W: "
    "equal at step 1, different afterwards.",
)


# %% [markdown] tags=["S0.5", "S3.3", "S3.4", "S3.5"]
# ## 3 All steps: the recursion
#
# Now add the second route. When $W$ moves, $s_{t-1}$ moves too, by $\dfrac{ds_{t-1}}{dW}$, and a
# change of $s_{t-1}$ reaches $s_t$ with the factor
#
# $$J_t = \frac{\partial s_t}{\partial s_{t-1}} = f'(a_t)\, W .$$
#
# Two routes, one sum:
#
# $$\boxed{\;\frac{ds_t}{dW} = \frac{\partial^{+} s_t}{\partial W} + J_t\, \frac{ds_{t-1}}{dW}\;}
#   \qquad \frac{ds_0}{dW} = 0 .$$
#
# The recursion starts at zero because $s_0$ is given: it was not computed with $W$. (It may be
# learned, and then it has a gradient of its own, but it still does not depend on $W$.) So at the
# first step immediate and total derivative are the same number. If moreover $s_0 = 0$, both vanish:
# $\partial^{+}s_1/\partial W = f'(a_1)\, s_0$.
#
# For $U$ the story is the same. The input $x_t$ does not depend on $U$, but $s_{t-1}$ does.

# %% [markdown]
# **Exercise 3 ●●○ · 15 min.** Compute the total derivatives of all states by this recursion. Return
# a dict with `"U"` and `"W"`, each $(T,)$, entry $t-1$ holding $ds_t/d\theta$. You may call your
# `immediate`.

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


# %% nbgrader={"grade": true, "grade_id": "check_total_by_recursion", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.total_by_recursion", total_by_recursion)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# At each step two things are added: something you have from exercise 2, and something the previous
# step has just computed.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The factor between the two steps is $J_t = (1 - s_t^2)\, W$, for $U$ as well as for $W$: it is the
# *state* that travels, whatever moved it.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For each of the two names keep an array `d` of $T+1$ zeros, where `d[t]` is to become the total
# derivative of $s_t$. Walk $t$ from 1 to $T$ and set `d[t]` to the immediate derivative of that
# step plus that step's Jacobian times `d[t-1]`. Leave out `d[0]` when you return.
#
# </details>

# %% [markdown]
# **What you just saw.** The recursion gives what was measured, digit for digit. It runs in the same
# direction as the network, so it can be computed while the network runs; in matrix form this is
# *real-time recurrent learning* (Williams and Zipser, 1989).

# %% tags=["shows-answers"]
total = scalar.total(params, run)["W"]
by_hand = direct[1] + scalar.slopes(params, run)[1] * direct[0]
print(f"ds_2/dW by hand {by_hand:.12f}, by recursion {total[1]:.12f}")
print(f"all steps, largest difference from the measured: {abs(total - measured).max():.1e}")

# %% [markdown]
# ### Is $U$ the easy one?
#
# A set of lecture slides on the scalar RNN, the source of this lesson's induction, calls the
# derivative by $W$ the difficult one and says nothing of $U$, as if $f'(a_t)\,x_t$ were the whole of
# it. If that were right, the immediate derivative by $U$ would at least have the sign of the total
# one.
#
# **Exercise 4 ●○○ · 8 min · refute it.** Find a network and an input for which, at some step, the
# immediate and the total derivative by $U$ have *opposite signs*. Give a tuple
# `(U, W, x, s0)`, where `x` is a list of inputs. Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "counterexample", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
counterexample = None  # (U, W, x, s0)
### BEGIN SOLUTION
counterexample = (0.5, 0.9, [2.0, -0.1], 0.0)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_immediate", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.refute_immediate", counterexample)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two steps are enough. The first should leave a strong mark, the second a faint one.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\dfrac{ds_2}{dU} = f'(a_2)\Big(x_2 + W \dfrac{ds_1}{dU}\Big)$ has the sign of the bracket; the
# immediate derivative has the sign of $x_2$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take $W$ near 1, $x_1$ positive and not so large that $\tanh$ saturates, and $x_2$ negative but
# close to zero.
#
# </details>

# %% [markdown] tags=["S0.7", "S3.4", "S3.6", "S3.7"]
# ## 4 The sum over paths
#
# Put the recursion into itself. With $\partial^{+}s_i$ short for $\partial^{+}s_i/\partial W$, two
# steps give
#
# $$\frac{ds_2}{dW} = \partial^{+}s_2 + J_2\, \partial^{+}s_1 ,$$
#
# and three give
#
# $$\frac{ds_3}{dW} = \partial^{+}s_3 + J_3\,\Big(\partial^{+}s_2 + J_2\,\partial^{+}s_1\Big)
#   = \partial^{+}s_3 + J_3\,\partial^{+}s_2 + J_3 J_2\,\partial^{+}s_1 .$$
#
# Each addend is one **path**: $W$ is used at step $i$, and the change it makes travels through the
# states up to step $k$. In general
#
# $$\boxed{\;\frac{ds_k}{dW} = \sum_{i=1}^{k} \Big(\prod_{j=i+1}^{k} J_j\Big)\,
#   \frac{\partial^{+} s_i}{\partial W}\;}$$
#
# where the product from $i+1$ to $k$ has $k-i$ factors, and for $i = k$ none: an empty product is 1.
# A path takes $W$ once, as a parameter, at its beginning. The factors $W$ inside the $J_j$ only carry
# the change on; they are not differentiated here.

# %%
plots.show(
    plots.unrolled(4, lit=(2, 4)),
    "One path lit in the unrolled network: W is used at step 2, "
    "and the change travels through J_3 and J_4 to the state s_4.",
)


# %% [markdown]
# **Exercise 5 ●●○ · 15 min.** Compute $ds_k/dU$ and $ds_k/dW$ as this sum, for one given step $k$
# between 1 and $T$. Return a dict of two numbers. Write the products out: no recursion this time.

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


# %% nbgrader={"grade": true, "grade_id": "check_total_by_paths", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.total_by_paths", total_by_paths)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two loops, one inside the other: the outer one over the step where the path begins, the inner one
# over the steps it travels.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The path that begins at $i$ has the factors $J_{i+1}, J_{i+2}, \dots, J_k$. Write the indices of
# $k = 3$ on paper before you write the `range`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For each name start a sum at zero. For each `i` from 1 to `k`, start with the immediate derivative
# of step `i`, multiply it by `J[j-1]` for every `j` above `i` up to `k` included, and add the result
# to the sum.
#
# </details>

# %% [markdown]
# **Look at this.** Every bar is cut into its paths. The longer a path, the more factors
# $J_j$ it carries; where these are smaller than one in size, old uses of $W$ fade. Lesson 07 is
# about what becomes of this over a hundred steps.

# %% tags=["shows-answers"]
terms = [scalar.path_terms(params, run, k) for k in range(1, 6)]
plots.show(
    plots.stacked_paths(terms, total, "derivative of $s_k$ by W"),
    "For each step k a bar made of its k path terms, coloured by the step "
    "where W is used; a dot marks their sum, the total derivative.",
)

# %% [markdown]
# For small $k$ a computer algebra system can carry out both sides with symbols in place of numbers.
# A difference of zero is then zero for *all* parameters and inputs, for this $k$.

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
# **Exercise 6 ●●○ · 15 min · graded by hand.** That is four cases, not a proof. Prove by induction
# that the sum over paths holds for every $k \ge 1$. State the base case, including what the empty
# product means there; state what you assume for $k$; then do the step to $k+1$, and say in words
# what each of its two parts does to the paths. (If you learn alone: a model answer is in
# `solutions/`.)
#
# <details><summary>A nudge</summary>
#
# Apply the recursion of section 3 once, to $s_{k+1}$, and insert what you assume for $s_k$.
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
# The loss depends on all outputs, $L(o_1, \dots, o_T)$, and training needs $dL/dW$, $dL/dU$, $dL/dV$ at
# once. Only $V$ is simple: $s_t$ does not depend on it, so
# $\dfrac{dL}{dV} = \sum_t \bar o_t\, s_t$ with $\bar o_t = \partial L/\partial o_t$. For the others
# one could put the total derivatives into the chain rule, parameter by parameter. It is cheaper to
# ask the question from the loss's end: *what is the derivative of $L$ with respect to the state
# $s_t$, over all paths?* Call the answer the adjoint $\bar s_t$.
#
# In the unrolled network $s_t$ is used twice: by its own output, $o_t = V s_t$, and by the next
# step, through $a_{t+1}$. So
#
# $$\bar s_t = V\,\bar o_t + W\,\bar a_{t+1}, \qquad \bar a_t = f'(a_t)\,\bar s_t, \qquad
#   \bar a_{T+1} = 0 .$$
#
# Walk from $t = T$ down to 1. The loss feels the use of $W$ *at step $t$* through $s_t$ only, so that use
# contributes $\bar s_t\,\dfrac{\partial^{+} s_t}{\partial W} = \bar s_t\, f'(a_t)\, s_{t-1} =
# \bar a_t\, s_{t-1}$, and the gradient is the sum over all uses. The same for the others:
#
# $$\frac{dL}{dW} = \sum_{t} \bar a_t\, s_{t-1}, \qquad \frac{dL}{dU} = \sum_{t} \bar a_t\, x_t,
#   \qquad \bar x_t = U\,\bar a_t, \qquad \bar s_0 = W\,\bar a_1 .$$
#
# This is *back-propagation through time* (Werbos, 1990).

# %% [markdown]
# **Exercise 7 ●●● · 25 min.** Write the sweep. `do` holds the adjoints $\bar o_t$, shape $(T,)$.
# Return a dict with the numbers `"U"`, `"W"`, `"V"`, `"s0"` and the array `"x"` of shape $(T,)$.

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


# %% nbgrader={"grade": true, "grade_id": "check_scalar_bptt", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("01.scalar_bptt", scalar_bptt)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# One number travels from right to left: what the future has to say about the current state. At each
# step it is joined by what the present output has to say.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Per step, in this order: complete $\bar s_t$; multiply by the slope to get $\bar a_t$; add to the
# parameters' sums; pass $W \bar a_t$ on to the left. What is passed on by step 1 is $\bar s_0$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start with a `ds` of zero and loop over array indices `t` from $T-1$ down to 0 (so `t` is one less than
# the step's number). That step reads the state `run.s[t]` and produces `run.s[t+1]`. Inside: `ds` grows by $V$ times
# the output's adjoint; `da` is `ds` times the slope; four sums and one entry of `"x"`; then `ds`
# becomes `da` times the recurrent weight.
#
# </details>

# %% [markdown]
# **What you just saw.** Written out, the gradient is a double sum over outputs $t$ and uses $i \le t$:
#
# $$\frac{dL}{dW} = \sum_{t=1}^{T}\sum_{i=1}^{t} V\bar o_t \Big(\prod_{j=i+1}^{t} J_j\Big)\,\partial^{+}s_i .$$
#
# Sort it by $t$, and you get one total derivative per output: section 4. Sort it by $i$, and everything
# to the right of step $i$ has been gathered in one number, $\bar s_i$, before it meets the use of $W$:
# section 5. The same terms, added in another order, so the same gradient. The check below needs
# neither route: it nudges the parameters.

# %% tags=["shows-answers"]
y = np.array([0.2, -0.5, 0.8, 0.1, -0.3])
inputs = {**params, "x": x, "s0": np.array(s0)}


def loss(p):
    weights = {name: p[name] for name in ("U", "W", "V")}
    return losses.squared_error(scalar.forward(weights, p["x"], p["s0"]).o, y)[0]


_, do = losses.squared_error(run.o, y)
print(numgrad.check_gradient(loss, scalar.backward(params, run, do), inputs))

# %% [markdown]
# **Three routes, three prices.** Count how often a factor $J_j$ is multiplied for one parameter. The
# path sum writes out every product; the recursion and the sweep reuse what they have. The recursion
# has to be run once for each parameter, the sweep serves them all. With matrices the difference will
# be much larger: lesson 06.

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
# The slides promise that the scalar formulas carry over to vectors of states. The structure does: a
# sum over paths, each a product of Jacobians and one immediate derivative. But two places in this
# lesson used that numbers commute: we wrote $J_3 J_2$ and could have written $J_2 J_3$; and in the
# sweep we multiplied by $W$ from whichever side was convenient. With matrices the order of a path is
# fixed, **latest step on the left**: $J_k J_{k-1} \cdots J_{i+1}$.

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
# the usual loss for a softmax, the cross-entropy $-\sum_t y_t \log o_t$ with targets $y_t = 1$: surely
# the loss depends on the weights?
#
# **Exercise 8 ●○○ · 5 min.** Refute that. Give two triples `(U, W, V)` in which each of the three
# weights differs by at least 1, and for which the printed model has exactly the same loss and a
# gradient of exactly zero, on any inputs.

# %% nbgrader={"grade": false, "grade_id": "two_networks", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_networks = None  # ((U, W, V), (U, W, V))
### BEGIN SOLUTION
two_networks = ((0.5, -0.5, 1.0), (2.0, 1.5, -3.0))
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_softmax", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
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
# How much can go wrong when you simply try two triples far apart?
#
# </details>

# %% [markdown]
# **What you just saw.** A softmax shares out a total of one among $K$ outputs; with $K = 1$ there is
# nothing to share. A gradient check would have passed this model without complaint: its gradient
# *is* zero. Correct gradients are necessary, not sufficient. In the scalar case leave the output
# linear, as this lesson did; softmax comes in lesson 02, for $K \ge 2$.

# %% [markdown]
# ## Recap
#
# - The **immediate** derivative sees one use of a parameter; the **total** one sees them all.
# - Recursion, path sum and reverse sweep add the same terms in different orders.
# - What travels between steps is $J_t = f'(a_t)\,W$, whichever parameter moved the state.
# - Every state depends recursively on $W$ and on $U$; none depends on $V$.
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
#   1310–1318. [arXiv:1211.5063](https://arxiv.org/abs/1211.5063). *For:* writes the immediate
#   derivative as $\partial^{+}$, and the gradient as a sum over paths.
#
# ### Your functions
#
# Below, each of your functions beside the reference.

# %%
recap("01", globals())
