# %% [markdown]
# # 06 · Three routes, and a bounded look back
#
# *This lesson is optional: the core lessons do not depend on it.*
#
# **After this lesson you can** write the total derivative of a state with respect to a matrix as a
# tensor; say what forward accumulation, the sum over paths and the reverse sweep cost, in products
# and in memory; test a sweep with forward mode; write truncated back-propagation in its two
# meanings; and say what truncation loses.
#
# about 130 minutes · difficulty ●●● · before it: 03 and 05
#
# The network of lesson 05 learned to write from pieces of 30 characters. Why not from the whole
# text? A sweep needs the states of all its steps. For 300,000 characters and 128 units these states
# take 307 MB in double precision, and the sweep yields a single update of the parameters. On a
# stream that never ends the sweep cannot even begin. So the text was cut, and with it every path
# that crosses a cut. This lesson asks what each way to the gradient costs, and what is
# lost where a path is cut.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $x_t$ | `run.x[t-1]` of `(T,B,D)` | input at step $t = 1, \dots, T$; rows are instances |
# | $a_t = x_t W_x + h_{t-1} W_h + b_h$ | `run.a[t-1]` of `(T,B,H)` | pre-activation |
# | $h_t = \phi(a_t)$, here $\phi = \tanh$ | `run.h[t]` of `(T+1,B,H)` | state; `run.h[0]` is the initial one |
# | $J_t = \operatorname{diag}(\phi'(a_t))\, W_h^\top$ | `J[t-1]` of `(T,B,H,H)` | `[i, j]` is $\partial h_t[i] / \partial h_{t-1}[j]$ |
# | $\dfrac{\partial^{+} h_t}{\partial \theta}$ | | **immediate** derivative: the use of $\theta$ at step $t$ alone, $h_{t-1}$ held |
# | $\dfrac{d h_t}{d \theta}$ | | **total** derivative: every use up to step $t$ |
# | $\partial L_t / \partial h_t$ | `dh[t-1]` of `(T,B,H)` | the adjoint from outside: $L_t$ reads $h_t$ and no other state, so the derivative is an immediate one |
# | $\tau \ge 0$ | `tau` | window: the largest number of Jacobians between a loss and the use of a weight or of an input that is still kept. If the use at step 1 is kept, so is that of $h_0$, which is one more Jacobian away |
#
# Steps $t$ and $k$ are numbered from 1, and step $t$ has the index $t-1$.

# %%
import numpy as np

from autograder import check, recap
from rnnlib import checkpoint, paths, plots, rnn, training, truncated

T, B, D, H = 6, 2, 3, 4


def system(seed):
    """A small network, a finished run of it, and a loss's adjoints at every step."""
    rng = np.random.default_rng(seed)
    shapes = {"W_x": ((D, H), 0.6), "W_h": ((H, H), 0.6), "b_h": (H, 0.3)}
    params = {name: rng.normal(size=shape) * scale for name, (shape, scale) in shapes.items()}
    run = rnn.forward(params, rng.normal(size=(T, B, D)), rng.normal(size=(B, H)) * 0.5)
    return params, run, rng.normal(size=(T, B, H))


params, run, dh = system(14)


# %% [markdown] tags=["S0.4", "S0.5", "S0.6"]
# ## 1 Total and immediate, as tensors
#
# A recurrent parameter $\theta \in \{W_x, W_h, b_h\}$ influences the loss $L_t$ only through the
# state:
#
# $$\frac{dL_t}{d\theta} = \frac{\partial L_t}{\partial h_t}\,\frac{dh_t}{d\theta} .$$
#
# The first factor comes from the output layer, lesson 02. The second factor is a *total*
# derivative: $h_t$ depends on $\theta$ directly, and again through $h_{t-1}$. In lesson 01 this
# derivative was a number. Now $h_t$ has $H$ entries and $W_h$ has $H \times H$ entries, so the
# derivative has three axes: entry $[i, m, n]$ is $dh_t[i] / dW_h[m, n]$. Such an array is called
# a **third-order tensor**.
#
# Compute the immediate part first. $W_h[m, n]$ leads from unit $m$ of the old state to unit $n$ of
# the new one. With $h_{t-1}$ held fixed, it changes only the pre-activation $a_t[n]$, with the
# factor $h_{t-1}[m]$:
#
# $$\frac{\partial^{+} h_t[i]}{\partial W_h[m, n]} = \phi'(a_t)[i]\;\, h_{t-1}[m] \;\text{ if } i = n,
#   \text{ else } 0 .$$
#
# For $W_x$, replace $h_{t-1}[m]$ by $x_t[m]$. For $b_h$ there is no index $m$, and the factor is 1.
#
# **Exercise 1 ●●○ · 12 min.** Write the immediate derivatives of all steps and instances. `run` has
# the fields `x`, `a`, `h` of the table. Return a dict: `"W_h"` of shape `(T,B,H,H,H)`, `"W_x"` of
# `(T,B,H,D,H)`, `"b_h"` of `(T,B,H,H)`. Entry `[t-1, b, i, m, n]` belongs to step $t$ and instance
# $b$; `b_h` has no `m`. You may use loops over `t` and `b`. `np.einsum` multiplies arrays whose
# axes have names: `np.einsum("bi,bj->bij", u, v)` puts `u[b, i] * v[b, j]` at `[b, i, j]`. It sums
# over a letter that is missing after the arrow.

# %% nbgrader={"grade": false, "grade_id": "immediate_tensors", "locked": false, "schema_version": 3, "solution": true, "task": false}
def immediate_tensors(params, run):
    """Returns {"W_h": (T,B,H,H,H), "W_x": (T,B,H,D,H), "b_h": (T,B,H,H)}."""
    ### BEGIN SOLUTION
    slope = 1 - np.square(run.h[1:])
    diagonal = slope[..., None] * np.eye(slope.shape[-1])
    return {
        "W_h": np.einsum("tbin,tbm->tbimn", diagonal, run.h[:-1]),
        "W_x": np.einsum("tbin,tbm->tbimn", diagonal, run.x),
        "b_h": diagonal,
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_immediate_tensors", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("06.immediate_tensors", immediate_tensors)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The bias has the simplest of the three derivatives: a diagonal matrix per step and instance. The
# other two have one more axis.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\phi'(a_t) = 1 - h_t^2$. Entry $[i, n]$ of the matrix for the bias is $\phi'(a_t)[i]$ where
# $i = n$, and 0 elsewhere. Entry $[i, m, n]$ for $W_h$ is this number times $h_{t-1}[m]$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Multiply the slopes, with a new last axis, by the identity matrix: this is the result for `b_h`.
# For `W_h`, multiply it with one einsum: axes `tbin` for this result, axes `tbm` for the states
# that the steps read. Do the same with the inputs for `W_x`.
#
# </details>
#
# ---
#
# **How full are the two tensors?** The figures show the sizes of the derivatives of $h_3$, for one
# instance. Each unit $i$ has a row, and the pairs $(m, n)$ run along the other axis, $n$ fastest.
# Zeros are blank. In the immediate tensor at most $H^2$ of the $H^3$ entries can differ from zero.
#
# **Predict first.** How many entries of the *total* derivative will be blank at step 3?

# %% tags=["shows-answers"]
def immediate_of(name):
    """The total derivative of one-step runs, each started from the state before."""
    steps = [rnn.forward(params, run.x[t : t + 1], run.h[t]) for t in range(T)]
    return np.concatenate([paths.rtrl(params, step)[name] for step in steps])


now, total = immediate_of("W_h"), paths.rtrl(params, run)["W_h"]
for title, tensor in {"immediate": now[2, 0], "total": total[2, 0]}.items():
    flat = np.where(tensor == 0, np.nan, abs(tensor)).reshape(H, H * H)
    plots.show(
        plots.heatmap(flat, "entry (m, n) of $W_h$", "unit i of $h_3$", title),
        f"The {title} derivative of the third state with respect to W_h, units against weights: "
        f"{np.count_nonzero(tensor)} of {tensor.size} fields are filled.",
    )
    print(f"{title}: {np.count_nonzero(tensor)} of {tensor.size} entries are not zero")


# %% [markdown] tags=["S0.4", "S0.5"]
# ## 2 Forward in time
#
# Now add the second route. When $\theta$ changes, $h_{t-1}$ changes with its own total derivative,
# and $J_t$ passes this change on to $h_t$. As in lesson 01, and separately for $W_h$, $W_x$ and
# $b_h$:
#
# $$\boxed{\;\frac{dh_t}{d\theta} = \frac{\partial^{+} h_t}{\partial \theta}
#   + J_t\,\frac{dh_{t-1}}{d\theta}\;} \qquad \frac{dh_0}{d\theta} = 0 .$$
#
# (Some of the formulas that this lesson corrects come from scanned notes on the general network.
# The notes write states as columns. A scan loses indices, so nobody is to blame for the misprints,
# but a reader has to deal with them. The formula for $b_h$ in these notes ends in a derivative with
# respect to $W$. The shapes alone refute this formula: the derivative with respect to $b_h$ has two
# axes, and you cannot add an array with three axes to it.)
#
# The product sums over the units $j$ of the old state, and the axes of the parameter are not
# summed: $\sum_j J_t[i, j]\; dh_{t-1}[j] / dW_h[m, n]$. This method is called **real-time recurrent
# learning**, RTRL (Williams and Zipser, 1989). It runs together with the network, and all it stores
# of the past is one tensor for each parameter.
#
# **Exercise 2 ●●● · 18 min.** Write RTRL. Return the same dict as in exercise 1, with total
# derivatives. You may call your `immediate_tensors`. In `np.einsum`, `...` stands for any number of
# axes without names.

# %% nbgrader={"grade": false, "grade_id": "rtrl", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rtrl(params, run):
    """Returns {"W_h": (T,B,H,H,H), "W_x": (T,B,H,D,H), "b_h": (T,B,H,H)}."""
    ### BEGIN SOLUTION
    slope = 1 - np.square(run.h[1:])
    J = slope[..., None] * params["W_h"].T
    total = immediate_tensors(params, run)
    for tensor in total.values():
        for t in range(1, len(J)):
            tensor[t] += np.einsum("bij,bj...->bi...", J[t], tensor[t - 1])
    return total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_rtrl", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("06.rtrl", rtrl)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Your tensors from exercise 1 are already right at the first step. Which term is missing at the
# second step?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $J_t[i, j] = \phi'(a_t)[i]\; W_h[j, i]$, for every instance of the batch. All three parameters use
# the same $J_t$, because it passes on a change of the state, whichever parameter caused the change.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute all step Jacobians at once: slopes with a new last axis, times the transposed weight. Then
# let the array index run from 1 to $T-1$. Each time, multiply the Jacobian of the step, axes `bij`,
# by the tensor of the step before, axes `bj...`, and add the product to the tensor of the step.
#
# </details>
#
# ---
#
# **From tensors to a gradient.** Multiply the tensors by `dh` and sum over steps, instances and
# units: this gives the gradient. The cell does so with the immediate and with the total tensors,
# and compares both with the reverse sweep of lesson 05. The immediate tensors pass nothing from
# step to step, so their gradients of all three parameters are wrong.

# %% tags=["shows-answers"]
full = rnn.backward(params, run, dh)
for name, tensor in paths.rtrl(params, run).items():
    for kind, derivative in {"immediate": immediate_of(name), "total": tensor}.items():
        gap = np.einsum("tbi,tbi...->...", dh, derivative) - full[name]
        error = np.linalg.norm(gap) / np.linalg.norm(full[name])
        print(f"{name} from {kind:9s} off by {error:.2g}")

J = paths.step_jacobians(params, run)[-1, 0]  # of the last step, one instance
literal = np.linalg.solve(np.eye(H) - J, now[-1, 0].reshape(H, -1)).reshape(now[-1, 0].shape)
error = np.linalg.norm(literal - total[-1, 0]) / np.linalg.norm(total[-1, 0])
print(f"the recursion with the index lost, solved for dh_6/dW_h: off by {error:.2f}")

# %% [markdown] tags=["S0.5"]
# ### Refute it: the index that got lost
#
# In the scan of the notes, the recursion has the same step on both sides, as if
#
# $$\frac{dh_t}{d\theta} = \frac{\partial^{+} h_t}{\partial \theta} + J_t\,\frac{dh_{t}}{d\theta} .$$
#
# An index was lost there, most likely. Read literally, the formula is an equation for the unknown
# tensor. The last line that the cell above prints shows how large the error of its solution is. One
# might think that the equation at least always *has* a solution.
#
# **Exercise 3 ●○○ · 6 min.** Refute that. Give a matrix `W_h`, a list of rows of any size
# $H \ge 1$, for which the printed equation for $dh_t/dW_h$ has no solution at all. The activation
# is the identity, so $J_t = W_h^\top$, and no entry of $h_{t-1}$ is zero. Any valid matrix passes.

# %% nbgrader={"grade": false, "grade_id": "unsolvable", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
unsolvable = None  # [[...], ...]
### BEGIN SOLUTION
unsolvable = [[0.5, 0.5], [0.2, 0.8]]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_self_reference", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("06.refute_self_reference", unsolvable)

# %% [markdown] tags=["S0.7"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Bring both unknown tensors to the left side. For which matrices is the equation then not solvable?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $(I - W_h^\top)\,X = \partial^{+} h_t / \partial W_h$, and the columns of the right-hand side span
# all directions.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# $I - W_h^\top$ has to be singular, so one has to be an eigenvalue of $W_h$. Which very simple
# matrix has only the eigenvalue one?
#
# </details>
#
# ## 3 The sum over paths
#
# Insert the recursion into itself, as in lesson 01. Each time, an immediate derivative that is one
# step older appears, multiplied by one more factor $J$:
#
# $$\frac{dh_t}{dW_h} = \partial^{+} h_t + J_t\,\partial^{+} h_{t-1} + J_t J_{t-1}\,\partial^{+} h_{t-2}
#   + \dots = \sum_{k=1}^{t} J_t J_{t-1} \cdots J_{k+1}\; \frac{\partial^{+} h_k}{\partial W_h} .$$
#
# The latest step stands on the left. There are $t - k$ factors, and none for $k = t$. The proof is
# the induction of lesson 01; only the order of the factors is new. In the scan of the notes the
# expansion ends after two terms, as if the state two steps back were a constant. The cell below
# cuts the sum after one term, after two, and so on, and prints the error.

# %% tags=["shows-answers"]
plots.show(
    plots.unrolled(5, lit=(2, 5), names=("x", "h", "o"), weights=("W_x", "W_h", "W_y")),
    "One path lit in the unrolled network: W_h is used at step 2, "
    "and the change passes through J_3, J_4 and J_5 to the state h_5.",
)
steps = paths.step_jacobians(params, run)
terms = [
    np.einsum("bij,bjmn->bimn", paths.transition(steps, T, k), now[k - 1])
    for k in range(T, 0, -1)
]
for n in range(1, T + 1):
    error = np.linalg.norm(sum(terms[:n]) - total[-1]) / np.linalg.norm(total[-1])
    print(f"dh_{T}/dW_h from its latest {n} terms: off by {error:.2g}")


# %% [markdown] tags=["S0.8"]
# ## 4 Three routes, three prices
#
# All three routes give the same gradient, but they cost different amounts. Compare what each needs
# for $W_h$ and one instance. Count only the multiplications that carry a change from step to step:
# the products with $J_t$ or $W_h^\top$.
#
# | route | multiplications, about | must be kept |
# |---|---|---|
# | sum over paths, one loss at a time | $\tfrac12 T^2 H^2$ | all states |
# | forward accumulation, **RTRL** | $T H^4$ | one tensor of $H^3$ |
# | reverse sweep, **BPTT** | $T H^2$ | all states |
#
# In RTRL each of the $H^2$ weights has a column of $H$ entries that is multiplied by $J_t$: this
# costs $H^4$ per step. In the sweep a single row is multiplied by $W_h^\top$: this costs $H^2$ per
# step. The sum over paths starts such a row at every loss and multiplies each of these rows back to
# step 1. To compute the sum with a single reverse sweep is called *back-propagation through time*
# (Werbos, 1990).
#
# RTRL has one advantage: its memory does not grow with $T$. (`paths.rtrl` returns the tensors of
# all steps, so that you can examine them; the recursion itself needs only the latest.)
#
# **Checkpointing** reduces the memory that the sweep needs. Store only every $n$-th state. On the
# way back, take one segment of $n$ steps at a time: run forward through it once more, and then
# sweep back through it (Griewank, 1992; for recurrent networks Gruslys and others, 2016). At any
# time you hold the $T/n$ stored states and the $n$ states of one segment. This number is smallest
# for $n = \sqrt T$: then it is $2\sqrt T$ in place of $T$. The cost is a second forward pass.
# Nothing is cut off, so the gradient is the full one.
#
# The first cell below checks the middle column of the table by counting. It multiplies the arrays
# of each route by Jacobians whose entries count their multiplications. The second cell runs
# checkpointing.

# %%
class Counted(float):
    def __mul__(self, other):
        Counted.times += 1
        return float(self) * other


sizes, counted = (2, 5, 10), {"sum over paths": [], "RTRL": [], "sweep": []}
for (route, counts), power, starts in zip(counted.items(), (0, 2, 0), (range(1, 9), [8], [8])):
    for size in sizes:
        Counted.times, J = 0, np.frompyfunc(Counted, 1, 1)(np.ones((size, size)))
        for step in starts:  # one row, or a tensor with H * H columns
            carried = np.ones((size, size**power), object)
            for _ in range(step - 1):
                carried = J @ carried
        counts.append(Counted.times)
    at_500 = f"{counts[-1] * 50 ** (power + 2):.1e}"
    print(f"{route:14s} H = 2, 5, 10: {counts}; by the table's power, H = 500: {at_500}")
plots.show(
    plots.lines(sizes, counted, "hidden units H", "multiplications", log="xy", marker="o"),
    "Multiplications against hidden units, logarithmic, eight steps: RTRL climbs with the fourth "
    "power of H, the sum over paths and the sweep with the second, the sweep lowest.",
)

# %% tags=["shows-answers"]
long, rng = 400, np.random.default_rng(6)
stream, g = rng.normal(size=(long, B, D)), rng.normal(size=(long, B, H))
kept, segments = checkpoint.forward(params, stream, n=20), []


def outside(start, h):
    """The adjoints of one segment; notes how many states were made again for it."""
    segments.append(len(h))
    return g[start : start + len(h)]


gradient, plain = checkpoint.backward(params, kept, outside), rnn.forward(params, stream)
whole = rnn.backward(params, plain, g)
gap = max(np.linalg.norm(gradient[k] - whole[k]) / np.linalg.norm(whole[k]) for k in whole)
print(f"{len(plain.h)} states, or {len(kept.h)} kept and {max(segments)} at a time; "
      f"{sum(segments)} steps run again; gradients differ by {gap:.0e}")
n = np.arange(1, long + 1)
held = {"checkpoints and one segment": -(-long // n) + n, "all states": np.full(long, long)}
plots.show(
    plots.lines(n, held, "states from one checkpoint to the next, n", "states held", log="x"),
    "States held at a time against the distance of checkpoints, for 400 steps: a valley with its "
    "lowest point at 20, where 40 states are held in place of 400.",
)


# %% [markdown]
# ### Forward mode, and a test of the sweep
#
# RTRL follows every weight separately. Often one direction is enough: change all parameters, all
# inputs and the initial state together, along one given direction
# $v = (\delta W_x, \delta W_h, \delta b_h, \delta x, \delta h_0)$. By the product rule the states
# then change by
#
# $$\delta h_t = \phi'(a_t) \odot \big(x_t\,\delta W_x + \delta x_t\,W_x + h_{t-1}\,\delta W_h
#   + \delta h_{t-1}\,W_h + \delta b_h\big) .$$
#
# This is **forward mode**. Let $\mathcal J$ be the Jacobian of all states with respect to all of
# these arrays. Forward mode computes $\mathcal J v$ together with the network. It costs as much as
# a sweep and stores nothing of the past. RTRL is forward mode for all directions of a weight at
# once. The reverse sweep computes the other product: it takes adjoints $u$ as `dh` and returns
# $\mathcal J^{\top} u$. Neither of the two computes $\mathcal J$ itself. One identity relates them, where
# $\langle p, q \rangle$ is the sum of the products of corresponding entries of $p$ and $q$:
#
# $$\langle \mathcal J v,\; u \rangle = \langle v,\; \mathcal J^{\top} u \rangle .$$
#
# This is the **adjoint test**. Both sides are exact, so they have to agree to rounding. The test
# takes one pass in each direction, for any number of weights, and needs no step size. It misses a
# mistake only if the error is orthogonal to $v$; for this reason $v$ is drawn at random. The cell
# below applies the test to the library's sweep and to four sweeps with a mistake. (The sweep with a
# "window of 4 hops" leaves out the uses that are more than four Jacobians before the loss; section
# 5 explains it.)

# %% tags=["shows-answers"]
def tangent(params, run, v):
    """The change of the states (T, B, H) along the direction v, in forward mode."""
    dh, changes = v["h0"], []
    for x_t, h_prev, h_t, dx_t in zip(run.x, run.h, run.h[1:], v["x"]):
        da = x_t @ v["W_x"] + dx_t @ params["W_x"] + h_prev @ v["W_h"] + v["b_h"]
        dh = (1 - np.square(h_t)) * (da + dh @ params["W_h"])
        changes.append(dh)
    return np.array(changes)


rng = np.random.default_rng(5)
v = {name: rng.normal(size=np.shape(value)) for name, value in full.items()}
forward_side = np.sum(tangent(params, run, v) * dh)
sweeps = {"the sweep": full, "W_h transposed": {**full, "W_h": full["W_h"].T}}
sweeps["window of 4 hops"] = truncated.window(params, run, dh, T - 2)
sweeps["h0 forgotten"] = {**full, "h0": 0 * full["h0"]}
sweeps["b_h averaged over the batch"] = {**full, "b_h": full["b_h"] / B}
for name, g in sweeps.items():
    gap = abs(sum(np.sum(v[key] * g[key]) for key in v) - forward_side) / abs(forward_side)
    print(f"{name}: the two sides differ by {gap:.0e}")


# %% [markdown] tags=["S0.9"]
# ## 5 A window on the past
#
# For a sequence of a thousand steps even the sweep is long, and for an endless stream it can never
# begin. So people cut it off after a few steps. *Truncated back-propagation* has two different
# meanings.
#
# **(a) A window for every loss.** From each $L_t$, follow the paths back over at most $\tau$ hops,
# where a hop is one Jacobian:
#
# $$\sum_{k=1}^{t} \;\text{ becomes }\; \sum_{k=\max(1,\, t-\tau)}^{t} , \qquad
#   \min(t, \tau + 1) \text{ terms}.$$
#
# For this loss the state before the window is a constant. Only where $t - \tau \le 1$ is this state
# $h_0$. Then $h_0$ gets a gradient: the step from $h_0$ to $h_1$ is not counted as a further hop.
# (The notes use the letter $L$ for the loss, for the step and for the window, and their lower limit
# reads $\max(1, L - L)$. That is 1 for every $L$, so nothing is truncated. The last line that the
# first cell of section 6 prints shows how large this error is.)
#
# **(b) In chunks,** TBPTT$(k_1, k_2)$ with $k_1 \le k_2$. Make one sweep after every $k_1$ steps,
# and one more at $T$ if $T$ is not a multiple of $k_1$. The steps between two sweeps are a chunk.
# Each sweep takes the losses that no sweep has taken yet, and goes back through the last $k_2$
# steps. The state before these steps is a constant, unless it is $h_0$. (In this form, with these
# two letters, it is usually credited to Sutskever, 2013. Williams and Peng, 1990, have it as
# BPTT$(h;\, h')$, with $h$ for $k_2$ and $h'$ for $k_1$.)
#
# The figures show which paths remain: a 1 means that the loss at step $t$ contributes to the
# gradient of the input of step $s$.

# %% tags=["shows-answers"]
def surviving(gradient):
    kept = np.full((T, T), np.nan)
    for t in range(T):
        only = np.zeros_like(dh)
        only[t] = dh[t]  # a loss at one step alone
        reached = gradient(only)["x"].any(axis=(1, 2))
        kept[t, : t + 1] = reached[: t + 1]
    return kept


window = surviving(lambda only: truncated.window(params, run, only, 2))
in_chunks = surviving(lambda only: truncated.chunks(params, run, only, 2, 3))
for title, kept in {"(a) tau = 2": window, "(b) k1 = 2, k2 = 3": in_chunks}.items():
    plots.show(
        plots.paths_heatmap(kept, title),
        f"Paths kept by {title}, loss at step t against use at step s: "
        f"{int(np.nansum(kept))} of {T * (T + 1) // 2}, those nearest to the diagonal.",
    )


# %% [markdown]
# In (a) every loss reaches equally far back. In (b) the losses of a chunk share one sweep: the last
# of them reaches back through $k_2$ steps, the first through fewer. So for $k_1 > 1$, (b) is cheaper than (a)
# with $\tau = k_2 - 1$, but it loses more paths.
#
# **Exercise 4 ●●● · 20 min.** Write (a), for tanh. `dh` `(T,B,H)` holds the adjoints from outside.
# Return the dict of a backward pass: `"W_x"`, `"W_h"`, `"b_h"`, `"x"`, `"h0"`. Each entry has the
# shape of the array whose gradient it is; the gradients of the parameters are summed over the
# batch. One loop over losses and one over steps are enough. `tau` may be larger than the length of
# the sequence. If your `W_h` is wrong, the card can unfold a figure of the paths in it, for five
# steps and the $\tau$ of the first figure.

# %% nbgrader={"grade": false, "grade_id": "truncated_window", "locked": false, "schema_version": 3, "solution": true, "task": false}
def truncated_window(params, run, dh, tau):
    """Returns {"W_x", "W_h", "b_h", "x", "h0"}: paths of at most tau hops."""
    ### BEGIN SOLUTION
    slope = 1 - np.square(run.h[1:])
    grads = {n: np.zeros_like(p) for n, p in params.items()}
    grads |= {"x": np.zeros_like(run.x), "h0": np.zeros_like(run.h[0])}
    for t in range(1, len(dh) + 1):
        reach = dh[t - 1]
        first = max(1, t - tau)
        for k in range(t, first - 1, -1):
            da = reach * slope[k - 1]
            grads["W_x"] += run.x[k - 1].T @ da
            grads["W_h"] += run.h[k - 1].T @ da
            grads["b_h"] += da.sum(axis=0)
            grads["x"][k - 1] += da @ params["W_x"].T
            reach = da @ params["W_h"].T
        if first == 1:
            grads["h0"] += reach
    return grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_truncated_window", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("06.truncated_window", truncated_window)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Each loss starts a short reverse sweep of its own, with only its own adjoint in it. At which step
# does this sweep end?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Start with the row $\partial L_t / \partial h_t$. For $k = t, t-1, \dots, \max(1, t-\tau)$,
# multiply it by $\phi'(a_k) = 1 - h_k^2$. This gives the adjoint of $a_k$, from which you compute
# the contributions to the parameters and to $x_k$. Multiply by $W_h^\top$ to get the row for
# $h_{k-1}$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make zeros for all five outputs. Loop over $t$, take that row of `dh`, and find the first step of
# the window. Loop $k$ down from $t$ to this step. The three parameters and the row of the input use
# `+=`; the row that is passed back is replaced. After the inner loop, if the window has reached
# step 1, add the row that remains to the gradient of the initial state.
#
# </details>
#
# ---
#
# **Exercise 5 ●●● · 18 min.** Write (b). The arguments are the same, with `k1` and `k2` in place of
# `tau`, and the outputs are the same. The parameters do not change between sweeps; we only want the
# sum. For each sweep you have to decide three things: where it ends, where it begins, and which
# losses it takes.

# %% nbgrader={"grade": false, "grade_id": "truncated_chunks", "locked": false, "schema_version": 3, "solution": true, "task": false}
def truncated_chunks(params, run, dh, k1, k2):
    """Returns {"W_x", "W_h", "b_h", "x", "h0"}: a sweep of k2 steps after every k1."""
    ### BEGIN SOLUTION
    slope = 1 - np.square(run.h[1:])
    grads = {n: np.zeros_like(p) for n, p in params.items()}
    grads |= {"x": np.zeros_like(run.x), "h0": np.zeros_like(run.h[0])}
    for used in range(0, len(dh), k1):
        end = min(used + k1, len(dh))
        start = max(0, end - k2)
        reach = np.zeros_like(run.h[0])
        for s in range(end - 1, start - 1, -1):
            if s >= used:
                reach = reach + dh[s]
            da = reach * slope[s]
            grads["W_x"] += run.x[s].T @ da
            grads["W_h"] += run.h[s].T @ da
            grads["b_h"] += da.sum(axis=0)
            grads["x"][s] += da @ params["W_x"].T
            reach = da @ params["W_h"].T
        if start == 0:
            grads["h0"] += reach
    return grads
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_truncated_chunks", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("06.truncated_chunks", truncated_chunks)

# %% [markdown] tags=["S0.9"]
# <details><summary>Hint 1 · a nudge</summary>
#
# For $T = 5$, $k_1 = 2$, $k_2 = 3$ there are three sweeps. Write down the last step, the first step
# and the losses of each.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The sweep that ends at step $t$ visits $t, t-1, \dots, \max(1, t-k_2+1)$. It adds the adjoint from
# outside only at steps after the end of the previous sweep. At older steps it adds nothing.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Let the outer loop run over the number of steps whose losses are already used: 0, $k_1$, $2 k_1$,
# … below $T$. This number determines the end of the sweep, at most $T$, and its beginning, at least 0.
# Inside, write the sweep of lesson 05, but add the adjoint from outside only if its loss is new.
# Add the row that remains to `h0` only if the sweep has reached the beginning of the sequence.
#
# </details>
#
# ## 6 Does a longer window always help?
#
# Two identities connect the two meanings. (a) with $\tau$ equals (b) with $k_1 = 1$,
# $k_2 = \tau + 1$; and a window of $\tau = T - 1$ hops gives the full gradient. The cell below
# computes both.
#
# Between the shortest and the full window, you would expect the error to shrink as the window
# grows, although the list in section 3 already rises once, from one term to two. The cell measures
# the error in 300 networks with random weights, relative to the norm of the full gradient of $W_h$.
# It counts in how many of them some longer window is worse. The figure shows three networks: the
# first in which none is, and the first two in which one is.

# %% tags=["shows-answers"]
taus, errors = np.arange(T), []
for p, r, g in map(system, range(300)):
    whole = rnn.backward(p, r, g)["W_h"]
    gaps = [np.linalg.norm(truncated.window(p, r, g, tau)["W_h"] - whole) for tau in taus]
    errors.append(np.array(gaps) / np.linalg.norm(whole))
rises = (np.diff(errors, axis=1) > 1e-12).any(axis=1)
print(f"networks in which some longer window is worse: {rises.sum()} of {len(rises)}")
shown = (np.argmin(rises), *np.flatnonzero(rises)[:2])
curves = {f"network {seed}": errors[seed] for seed in shown}
plots.show(
    plots.lines(taus, curves, "window tau", "relative error of the gradient", marker="o"),
    "Error of the truncated gradient against the window: in one network it falls, in two it rises.",
)
two, all_hops = (truncated.window(params, run, dh, tau)["W_h"] for tau in (2, T - 1))
one_by_one = truncated.chunks(params, run, dh, 1, 3)["W_h"]
print(f"(a) tau = 2 and (b) k1 = 1, k2 = 3 differ by {abs(two - one_by_one).max():.0e}")
print(f"(a) tau = 5 and the full gradient differ by {abs(all_hops - full['W_h']).max():.0e}")
off = np.linalg.norm(all_hops - two) / np.linalg.norm(two)
limits = {max(1, L - L) for L in range(1, 100)}
print(f"max(1, L - L) for L = 1 to 99: {limits}; all hops are kept, not 2: off by {off:.2f}")

# %% [markdown]
# So a longer window can be worse, and random networks show it often enough. The terms that are left
# out are arrays with signs, so they can partly cancel each other. If the window then includes one
# of them, the others no longer cancel.
#
# **Exercise 6 ●●○ · 12 min · refute it.** "A longer window always gives a smaller error." Give a
# pair `(W_h, x)` for which one more hop makes the error larger at some window. `W_h` is a list of
# $H$ rows and `x` a list of $T$ rows with $H$ entries each. The network is
# $h_t = \tanh(x_t + h_{t-1} W_h)$ with $h_0 = 0$, and the error is that of the windowed sum of
# section 3 for $dh_T/dW_h$. $H = 1$ is allowed: `([[0.5]], [[1], [2], [3]])` has the right form.
# You may also search with random numbers.

# %% nbgrader={"grade": false, "grade_id": "longer_is_worse", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
longer_is_worse = None  # (W_h, x)
### BEGIN SOLUTION
longer_is_worse = ([[0.9]], [[1.0], [-1.2], [0.1], [0.0]])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_longer", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("06.refute_longer", longer_is_worse)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Take one unit and four steps. Since $h_0 = 0$, only the uses at steps 2, 3 and 4 count. Which of
# them are missing for the window $\tau = 0$, and which for $\tau = 1$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $\tau = 0$ the error is $|p_1 + p_2|$, with $\tau = 1$ it is $|p_2|$, where
# $p_1 = J_4 \,\phi'(a_3)\, h_2$ and $p_2 = J_4 J_3\, \phi'(a_2)\, h_1$. They should have
# opposite signs, and $|p_1|$ should be less than twice $|p_2|$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Choose a positive weight slightly below one. Then $h_1$ and $h_2$ need opposite signs. Take a
# positive first input, a negative second input whose size is only slightly larger than that of the
# value carried over, and two inputs near zero.
#
# </details>
#
# ---
#
# **Exercise 7 ●●○ · 12 min · graded by hand.** Write $r_\tau$ for the sum of all path terms
# with more than $\tau$ hops, so that the error of the window is $\|r_\tau\|$, and $p_\tau$ for
# the sum of those with exactly $\tau$ hops. Prove: the window $\tau$ has a larger error than
# the window $\tau - 1$ exactly when $2\langle r_\tau, p_\tau\rangle + \|p_\tau\|^2 < 0$.
#
# An average over data has two kinds of error. The first is noise, which falls as the data grow. The
# second is *bias*, a difference in the averaged quantity itself, which does not fall. Say in one or
# two sentences which of the two the truncated gradient has compared with the full one, and why. (If
# you learn alone: a model answer is in `solutions/`.)
#
# <details><summary>A nudge</summary>
#
# How do you get $r_{\tau-1}$ from $r_\tau$? Square its norm.
#
# </details>

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# The window $\tau$ keeps the terms of at most $\tau$ hops, so what it leaves out is $r_\tau$.
# The window $\tau - 1$ leaves out those of exactly $\tau$ hops as well:
# $r_{\tau-1} = r_\tau + p_\tau$. Hence
# $\|r_{\tau-1}\|^2 = \|r_\tau\|^2 + 2\langle r_\tau, p_\tau\rangle + \|p_\tau\|^2$. So
# $\|r_\tau\| > \|r_{\tau-1}\|$ holds exactly when
# $2\langle r_\tau, p_\tau\rangle + \|p_\tau\|^2 < 0$: the longer paths must point against
# $p_\tau$ strongly enough. ∎
#
# Averaging removes noise around the expectation. The expectation of the truncated gradient contains
# only the kept terms. The expectation of $r_\tau$ is missing from it, and in general it is not
# zero. The truncated gradient is biased, and more data only make the wrong mean more precise.

# %% [markdown]
# ### Truncation without a bias
#
# You can also cut at random. After every step back, drop the row that would be passed on; do this
# with probability $c$. If you keep the row, divide it by $1 - c$. A path of $k$ hops is then kept
# with probability $(1-c)^k$ and, if it is kept, has the weight $(1-c)^{-k}$. So its expectation is
# the path itself, and the expectation of this gradient is the full one: **randomised truncation**
# is unbiased (Tallec and Ollivier, 2017). The sweeps have finite length, $1/c$ steps on average
# where the sequence is long. The cost is variance: the square of a path's weight has the
# expectation $(1-c)^{-k}$, which grows exponentially with the number of hops.
#
# The cells below use twenty random networks and 2,000 draws for each. They compare the error of the
# average of $n$ draws with the error of a fixed window of one hop, both relative to the norm of the
# full gradient of $W_h$. The first error falls like $1/\sqrt n$, but it starts higher for larger
# $c$. The second error does not fall at all. (The numbers printed are the median over the networks
# and, in brackets, the smallest and the largest. For a comparison at equal cost take $c = 0.5$: in
# a long sequence its sweeps pass two steps on average, as many as a window of one hop.)

# %%
def random_truncation(params, run, dh, c, draws, rng):
    """The gradient of W_h (draws, H, H), cut after each step back with probability c."""
    later, gradient = np.zeros((draws, *dh[0].shape)), 0.0
    for t in range(len(dh) - 1, -1, -1):
        da = (dh[t] + later) * (1 - np.square(run.h[t + 1]))
        gradient = gradient + np.einsum("bm,dbn->dmn", run.h[t], da)
        goes_on = rng.random((draws, 1, 1)) >= c
        later = goes_on / (1 - c) * (da @ params["W_h"].T)
    return gradient


def errors_of_averages(seed, c, sizes, draws=2000):
    """Root mean square error of the mean of n draws, and the error of a window of one hop."""
    p, r, g = system(seed)
    whole, rng = rnn.backward(p, r, g)["W_h"], np.random.default_rng([7, seed])
    gaps = random_truncation(p, r, g, c, draws, rng) - whole
    means = [gaps.reshape(-1, n, gaps[0].size).mean(axis=1) for n in sizes]
    fixed = np.linalg.norm(truncated.window(p, r, g, 1)["W_h"] - whole)
    spread = [np.sqrt(np.mean(np.sum(mean**2, axis=1))) for mean in means]
    return np.array([*spread, fixed]) / np.linalg.norm(whole)


# %% tags=["shows-answers"]
sizes, networks, curves = (1, 4, 20, 100, 500, 2000), 20, {}
for c in (0.1, 0.3, 0.5):
    found = np.array([errors_of_averages(seed, c, sizes) for seed in range(networks)])
    curves[f"cut with c = {c}"] = np.median(found[:, :-1], axis=0)
    one, many, fixed = found[:, 0], found[:, -2], found[:, -1]
    print(f"c = {c}: one draw off by {np.median(one):.2f} ({one.min():.2f} to {one.max():.2f}),",
          f"the mean of 2000 by {np.median(many):.3f} ({many.min():.3f} to {many.max():.3f})")
print(f"window of one hop: {np.median(fixed):.2f} ({fixed.min():.2f} to {fixed.max():.2f})")
curves["window of one hop"] = np.full(len(sizes), np.median(fixed))
plots.show(
    plots.lines(sizes, curves, "gradients averaged", "relative error", log="xy", marker="o"),
    "Error of an average against the number of gradients in it, logarithmic: three falling lines "
    "for randomised truncation, higher for a larger c, and a level line for the fixed window.",
)

# %% [markdown] tags=["S0.10"]
# ## 7 Longer than the window
#
# So far, truncation gave an error of some size. Now it makes learning impossible. Let the loss be
# at step $T$ only. A path from it to the input $x_s$ has $T - s$ hops. So if $\tau < T - s$, the
# truncated gradient with respect to $x_s$ is not just small, it is **exactly zero**. For all other
# $s$ it equals the full gradient, since every path to $x_s$ from the one loss has the same number
# of hops. With a loss at *every* step this is different. An early input still gets the
# contributions of the losses within the window. The contributions of later losses are missing, but
# no number shows it. The next cell computes both cases for $x_1$.
#
# The cell after it trains on a task with a lag of seven. The first input is a cue, $+0.8$ or
# $-0.8$; the next seven inputs are noise. At step 8 the first hidden unit has to show the cue
# again, and the loss is half the mean squared difference. A network that always answers zero has
# the loss $\tfrac12 \cdot 0.8^2$. The cue enters through its own row of $W_x$, and this row starts
# at zero. If the window is too short, even by one hop, the gradient of this row is exactly zero, at
# every training step and for any data. So the row stays zero, and the network gets no information
# about the cue.

# %% tags=["shows-answers"]
last = np.zeros_like(dh)
last[-1] = dh[-1]
inputs = [truncated.window(params, run, last, tau)["x"] for tau in taus]
reach = np.linalg.norm(inputs, axis=(2, 3))
plots.show(
    plots.heatmap(reach, "input at step s", "window tau", first=(1, 0), numbers=".2f"),
    "Norm of the gradient of each input for windows of 0 to 5 hops, loss at step 6 only: "
    "zero in the upper left triangle, the same all the way down each column below it.",
)
print("first input, entries that are not zero:", *[np.count_nonzero(x[0]) for x in inputs])
every = [np.linalg.norm(truncated.window(params, run, dh, tau)["x"][0]) for tau in taus]
print("with a loss at every step, its norm:", *[f"{norm:.2f}" for norm in every])


# %% tags=["shows-answers"]
def recall(tau, n=8, batch=64, size=16, steps=150):
    rng, optimizer, curve = np.random.default_rng(0), training.Adam(0.01), []
    p = rnn.init(2, size, rng)
    p["W_x"][0] = 0  # the row of the cue
    for _ in range(steps):
        x = rng.normal(size=(n, batch, 2)) * [0, 1]
        x[0] = rng.choice([-0.8, 0.8], (batch, 1)) * [1, 0]
        r, g = rnn.forward(p, x), np.zeros((n, batch, size))
        g[-1, :, 0] = (r.h[-1, :, 0] - x[0, :, 0]) / batch
        curve.append(0.5 * batch * np.sum(g**2))
        p = optimizer.update(p, truncated.window(p, r, g, tau))
    return curve, abs(p["W_x"][0]).max()


found = {f"tau = {tau}": recall(tau) for tau in (3, 6, 7)}
plots.show(
    plots.lines(range(150), {n: c for n, (c, _) in found.items()}, "training step", "loss"),
    "Loss in training, lag 7, windows of 3, 6 and 7 hops: only with 7 it falls to zero.",
)
for name, (curve, weight) in found.items():
    print(f"{name}: last loss {curve[-1]:.3f}, largest weight of the cue {weight:.3g}")

# %% [markdown] tags=["S0.10"]
# A single hop decides. But be careful with the converse. If the row of the cue had not started at
# zero, some information about the cue could have reached the last state by chance, and an output
# layer could have learned to read it there. Truncation keeps the *recurrent part* from learning
# what to store; it does not rule out such luck.
#
# ## Recap
#
# - The total derivative of a state with respect to a matrix is a tensor with three axes; its
#   immediate part is sparse.
# - RTRL, the sum over paths and the reverse sweep give the same gradient. They cost $T H^4$,
#   $\tfrac12 T^2 H^2$ and $T H^2$ multiplications.
# - One pass of forward mode tests a sweep:
#   $\langle \mathcal J v, u \rangle = \langle v, \mathcal J^{\top} u \rangle$.
# - Checkpoints save memory and cost a second forward pass.
# - Truncation keeps $\tau$ hops for every loss, or sweeps $k_2$ steps after every $k_1$.
# - The truncated gradient is biased, and the bias need not shrink with every hop. If you cut at
#   random and reweight, it is unbiased but has a larger variance.
# - For a single loss at step $T$, an input before the window gets a gradient of exactly zero. With
#   a loss at every step its gradient lacks the contributions of the later losses, and no number
#   shows this.
#
# ### Sources
#
# - Williams, R. J. and Zipser, D. (1989). A learning algorithm for continually running fully
#   recurrent neural networks. *Neural Computation* 1(2), 270–280.
#   [doi:10.1162/neco.1989.1.2.270](https://doi.org/10.1162/neco.1989.1.2.270). *For:* RTRL.
# - Williams, R. J. and Peng, J. (1990). An efficient gradient-based algorithm for on-line training
#   of recurrent network trajectories. *Neural Computation* 2(4), 490–501.
#   [doi:10.1162/neco.1990.2.4.490](https://doi.org/10.1162/neco.1990.2.4.490). *For:*
#   BPTT$(h;\, h')$.
# - Sutskever, I. (2013). *Training Recurrent Neural Networks*. PhD thesis, University of Toronto.
#   *For:* truncation with $k_1$ and $k_2$.
# - Griewank, A. (1992). Achieving logarithmic growth of temporal and spatial complexity in reverse
#   automatic differentiation. *Optimization Methods and Software* 1(1), 35–54.
#   [doi:10.1080/10556789208805505](https://doi.org/10.1080/10556789208805505). *For:* checkpoints.
# - Gruslys, A., Munos, R., Danihelka, I., Lanctot, M. and Graves, A. (2016). Memory-efficient
#   backpropagation through time. *Advances in Neural Information Processing Systems* 29.
#   [arXiv:1606.03401](https://arxiv.org/abs/1606.03401). *For:* checkpoints for recurrent networks.
# - Tallec, C. and Ollivier, Y. (2017). Unbiasing truncated backpropagation through time.
#   [arXiv:1705.08209](https://arxiv.org/abs/1705.08209). *For:* randomised truncation.
#
# ### Your functions
#
# Below, each of your functions beside the reference.

# %%
recap("06", globals())
