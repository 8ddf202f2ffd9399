# %% [markdown]
# # 00 · Checking gradients
#
# **After this lesson you can** measure a gradient in two ways, say how far each can be trusted, and
# write a check that refuses a wrong gradient, even one that is nearly right.
#
# about 45 minutes · difficulty ●○○ · before it: derivatives, the chain rule, NumPy arrays
#
# **Why recurrent networks, and why their gradients?** A recurrent network reads a sequence one element
# at a time and keeps what it has read in a state. The state has a fixed size, so the network can read a
# text, a sound or a year of measurements with the same few matrices. To train it, you need to know how
# the loss at the end depends on each use of these matrices, up to the very first step. That dependence
# is a gradient through many steps. Such a gradient is where recurrent networks fail: it vanishes, or
# explodes, or is computed wrongly, and the loss may fall all the same. In lesson 05 your own gradient
# will train a network that writes text. (*Start here* says more about what such networks are for.)
#
# Everything in this course is a gradient that you write yourself. So the first thing to learn is how
# to find out that one is wrong.

# %%
import numpy as np

from autograder import check, recap
from rnnlib import activations, losses, numgrad, plots


# %% [markdown]
# ## 1 Break something
#
# Here is a complete backward pass, and it is right. It belongs to a *leaky integrator*, a small
# recurrent network that moves its state a fraction $\alpha$ of the way at every step:
#
# $$h_t = (1-\alpha)\,h_{t-1} + \alpha \tanh(x_t W_x + h_{t-1} W_h + b).$$
#
# A *backward pass* computes how a loss changes with everything that went into it; arrays called `dv`
# hold that for `v`. You do not have to understand it yet, and the letters in its first line are
# explained in section 2. Run the cell and the check below it. **Then break a line, any line, and run
# both again.** Some ideas: drop `+ carry`; write `W_h` for `W_h.T`; turn a `+=` into
# `=`; let the loop begin at 1; forget `alpha`. Put the line back before you go on.

# %%
def leaky_backward(params, x, h, dh, alpha=0.6):
    """x (T,B,D), h (T+1,B,H); dh (T,B,H): the adjoint of each state, later steps not counted."""
    W_x, W_h, b = params["W_x"], params["W_h"], params["b"]
    T = len(x)
    grads = {name: np.zeros_like(value) for name, value in params.items()}
    grads["x"], carry = np.zeros_like(x), np.zeros_like(h[0])
    for t in reversed(range(T)):
        m = np.tanh(x[t] @ W_x + h[t] @ W_h + b)
        dh_total = dh[t] + carry
        da = alpha * dh_total * (1 - m * m)
        grads["W_x"] += x[t].T @ da
        grads["W_h"] += h[t].T @ da
        grads["b"] += da.sum(axis=0)
        grads["x"][t] = da @ W_x.T
        carry = (1 - alpha) * dh_total + da @ W_h.T
    grads["h0"] = carry
    return grads


# %%
check("00.leaky_backward", leaky_backward)


# %% [markdown]
# The card says which outputs differ and by how much; where the numbers fit a known mistake, it names
# it and asks a question. If `W_h` is wrong because some of its **paths** are missing or counted with
# another weight, unfold *The paths* on the card: row $t$ is the loss at step $t$, column $s$ the use of
# the matrix at step $s$, and a full gradient has a 1 on and below the diagonal.
#
# Below is the card for a gradient in which nothing flows back in time: every step is treated as a
# sequence of its own. (The function that does this is not worth reading.)

# %%
def without_carry(params, x, h, dh):
    alone = [
        leaky_backward(params, x[t : t + 1], h[t : t + 2], dh[t : t + 1]) for t in range(len(x))
    ]
    total = {name: sum(step[name] for step in alone) for name in params}
    total["x"] = np.concatenate([step["x"] for step in alone])
    return {**total, "h0": alone[0]["h0"]}


check("00.leaky_backward", without_carry)

# %% [markdown]
# ### Would you have noticed?
#
# Train two copies of the network on the same task, one with the right gradient and one with the wrong
# one. (The task: imitate another leaky integrator. The loss: half the mean squared difference of the
# states.)

# %%
rng = np.random.default_rng(0)
x, h0 = rng.normal(size=(20, 16, 3)), np.zeros((16, 5))


def random_params():
    shapes = {"W_x": (3, 5), "W_h": (5, 5), "b": (5,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def leaky_forward(params, x, h0, alpha=0.6):
    h = [h0]
    for x_t in x:
        a = x_t @ params["W_x"] + h[-1] @ params["W_h"] + params["b"]
        h.append((1 - alpha) * h[-1] + alpha * np.tanh(a))
    return np.array(h)


target, start = leaky_forward(random_params(), x, h0), random_params()


# %%
def train(backward, steps=300, rate=5.0):
    params, curve = dict(start), []
    for _ in range(steps):
        h = leaky_forward(params, x, h0)
        dh = (h - target)[1:] / h[1:].size
        curve.append(0.5 * np.sum(dh * (h - target)[1:]))
        grads = backward(params, x, h, dh)
        params = {name: params[name] - rate * grads[name] for name in params}
    return np.array(curve)


curves = {"right gradient": train(leaky_backward), "wrong gradient": train(without_carry)}
plots.show(
    plots.lines(np.arange(300), curves, "training step", "loss", log="y"),
    "Training loss with the right and with the wrong gradient: both fall, "
    "the wrong one less far.",
)
for name, curve in curves.items():
    print(f"{name}: {curve[0]:.4f} -> {curve[-1]:.4f}")

# %% [markdown]
# Both losses fall. A wrong gradient often still points downhill; it only points worse. **A falling
# loss proves nothing about the gradient.** So we check it with numbers.

# %% [markdown] tags=["S4.8"]
# ## 2 Conventions
#
# | symbol | array, shape | what it is |
# |---|---|---|
# | $T, B, D, H, K$ | | steps, instances in a batch, inputs, hidden units, outputs |
# | $x_t$, or $X_t$ for a batch | `x[t-1]` of `(T,B,D)` | input at step $t = 1, \dots, T$; every instance is a row |
# | $H_t$ | `h[t]` of `(T+1,B,H)` | hidden state, `h[0]` the initial one |
# | $A_t = X_t W_x + H_{t-1} W_h + b_h$ | `a[t-1]` | pre-activation; $H_t = \phi(A_t)$ |
# | $O_t = H_t W_y + b_y$ | `o[t-1]` of `(T,B,K)` | output |
# | $\bar v = \partial L / \partial v$ | `dv`, shaped like `v` | adjoint of $v$: the derivative of the loss with respect to $v$, over all paths |
#
# (One name is misleading: the `dh` that is passed *into* a backward pass is what reaches the states
# from outside, without the later steps. Inside, the full adjoint is `dh_total`.)
#
# Two habits follow. A gradient has the shape of the thing it belongs to. And we test with sizes that
# are **all different**, so that a transposed result cannot have the right shape by accident. Only
# $W_h$ is square whatever we do; there the numbers have to tell.
#
# **Exercise 1 ●○○ · 3 min.** Some of the formulas that this course corrects come from a public
# article on recurrent networks, which has a list of references of its own. *The article* prints
# $W_y$ with $n \times n$ entries, $b_y$ with $n$ and the outputs as $m \times n$, where $n$ is the
# number of hidden units and $m$ the batch. That is right only if $K = H$. Give the shapes as
# tuples, for $T=6,\ B=3,\ D=4,\ H=5,\ K=7$.

# %% nbgrader={"grade": false, "grade_id": "shapes", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
shapes = None  # {"W_x": (…), "W_h": …, "b_h": …, "W_y": …, "b_y": …, "x": …, "h": …, "o": …}
### BEGIN SOLUTION
shapes = {
    "W_x": (4, 5), "W_h": (5, 5), "b_h": (5,), "W_y": (5, 7), "b_y": (7,),
    "x": (6, 3, 4), "h": (7, 3, 5), "o": (6, 3, 7),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_shapes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.shapes", shapes)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# For a product of matrices to exist, the inner sizes have to agree.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $X_t$ is $(B, D)$ and $A_t$ is $(B, H)$, so $W_x$ is $(D, H)$. Go on like this.
#
# </details>
# <details><summary>Hint 3 · almost the answer</summary>
#
# A bias has one entry per column of what it is added to; as a tuple with one entry, `(5,)` has a
# comma. Three arrays begin with the time axis, one of them with $T+1$.
#
# </details>

# %% [markdown] tags=["S4.4", "S4.26"]
# ## 3 Activations and their slopes
#
# Hidden units are squashed one by one: $h = \phi(a)$, entry by entry. The usual choices saturate:
# far from zero the function is flat and its slope nearly zero. Each slope can be read off the
# *output*: $\tanh' = 1 - h^2$, and for the logistic function $\sigma' = h(1-h)$. So a backward
# pass can do without $a$.

# %% tags=["shows-answers"]
a = np.linspace(-5, 5, 201)
functions = (activations.tanh, activations.sigmoid, activations.relu)
slopes = {phi.name: phi.slope(phi(a)) for phi in functions}
plots.show(
    plots.lines(a, slopes, "pre-activation a", "slope"),
    "Slopes of tanh, logistic function and ReLU: tanh reaches 1 at zero, "
    "the logistic function a quarter, both fall to zero on either side; "
    "ReLU jumps from 0 to 1.",
)
for phi in functions:
    z = a + 1e-9  # just beside the kink of ReLU
    measured = numgrad.complex_step(lambda z, phi=phi: phi(z).sum(), z)
    gap = abs(measured - phi.slope(phi(z))).max()
    print(f"{phi.name}: largest slope {slopes[phi.name].max():g}, off the measured by {gap:.0e}")


# %% [markdown]
# Read the largest slope of tanh: it *is* 1, at $a = 0$, and below 1 everywhere else. The article
# first says that it is always less than one. That fails only at $a = 0$; lesson 07 shows why this
# one point matters.

# %% [markdown]
# ## 4 Two difference quotients
#
# A derivative is a limit, and a computer must stop at a finite step. Expand $f$ around $x$:
#
# $$f(x \pm h) = f(x) \pm h f'(x) + \tfrac{h^2}{2} f''(x) \pm \tfrac{h^3}{6} f'''(x) + \dots$$
#
# The **forward difference** $\dfrac{f(x+h) - f(x)}{h}$ is off by about $\tfrac h2 f''$. In the
# **central difference** the even terms cancel:
#
# $$\frac{f(x+h) - f(x-h)}{2h} = f'(x) + \tfrac{h^2}{6} f'''(x) + \dots$$
#
# For a function of many entries, move one entry at a time and leave the others where they are.
#
# **Exercise 2 ●○○ · 6 min.** `f` takes an array and returns a number; `x` is an array of any shape.
# Return the central difference with the given step for every entry, in an array shaped like `x`.
# `np.ndindex(x.shape)` walks through all indices. Leave `x` itself unchanged.

# %% nbgrader={"grade": false, "grade_id": "central_difference", "locked": false, "schema_version": 3, "solution": true, "task": false}
def central_difference(f, x, step):
    """The gradient of f at x, an array shaped like x."""
    ### BEGIN SOLUTION
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[index] = step
        gradient[index] = (f(x + e) - f(x - e)) / (2 * step)
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_central_difference", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.central_difference", central_difference)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two evaluations of `f` per entry. What differs between the two points, and what between entries?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Let $e$ be zero except for `step` at the index in question: $\big(f(x+e) - f(x-e)\big) / (2\cdot$ `step`$)$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make the result with `np.zeros_like(x)`. In the loop over indices make a *fresh* array of zeros,
# set one entry to the step, and store the quotient under the same index.
#
# </details>

# %% [markdown]
# ## 5 How small a step?
#
# The smaller the step, the smaller the term $\tfrac{h^2}{6} f'''$. But $f(x+h)$ and $f(x-h)$ then
# agree in most of their digits, and the subtraction leaves only the rounding of the last ones,
# magnified by $1/(2h)$. Two errors, one falling and one rising: on logarithmic axes they make a V.
# Below, for $f(x) = e^{\sin x}$ at $x = 1$.

# %%
def f(x):
    return np.exp(np.sin(x))


steps = np.logspace(-12, 0, 241)
exact = np.exp(np.sin(1)) * np.cos(1)
error = {
    "forward difference": [abs((f(1 + h) - f(1)) / h - exact) for h in steps],
    "central difference": [abs((f(1 + h) - f(1 - h)) / (2 * h) - exact) for h in steps],
}
plots.show(
    plots.lines(steps, error, "step h", "error", log="xy"),
    "Error against step on logarithmic axes: a V for each quotient. "
    "The central one reaches lower, at a larger step.",
)

# %% [markdown]
# **Exercise 3 ●○○ · 2 min.** Read the best step for the *central* difference off the figure. Any step
# at which its error is below $10^{-9}$ will do.

# %% nbgrader={"grade": false, "grade_id": "best_step", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
best_step = None
### BEGIN SOLUTION
best_step = 1e-5
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_best_step", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.best_step", best_step)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# There are two V's. Take the lowest point of the deeper one.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With machine precision $\varepsilon$ the two errors are about $h^2$ and $\varepsilon / h$; they are
# equal when $h^3 = \varepsilon$.
#
# </details>
# <details><summary>Hint 3 · almost the number</summary>
#
# `np.finfo(float).eps` is $\varepsilon$ for 64-bit numbers; take its cube root.
#
# </details>

# %% [markdown]
# ## 6 The complex step
#
# The V has a cause, the subtraction, and there is a way around it (Squire and Trapp, 1998). Move $x$
# not along the real axis but at a right angle to it:
#
# $$f(x + ih) = f(x) + ih f'(x) - \tfrac{h^2}{2} f''(x) - \dots
#   \quad\Longrightarrow\quad f'(x) = \frac{\operatorname{Im} f(x + ih)}{h} + O(h^2).$$
#
# Nothing is subtracted, so nothing is lost, and $h$ can be $10^{-30}$: the second term is then far
# below rounding. In NumPy `1j` is the imaginary unit and `z.imag` the imaginary part. The price is
# that $f$, real for real $x$, must compute on complex numbers and be *analytic*, which means that the
# expansion above holds for complex steps as well. `abs`, `np.conj`, `.real` and norms are not, and
# give a wrong answer without a word.
#
# **Exercise 4 ●●○ · 5 min.** The same gradient by complex step, with $h = 10^{-30}$.

# %% nbgrader={"grade": false, "grade_id": "complex_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def complex_step(f, x):
    """The gradient of f at x, an array of real numbers shaped like x."""
    ### BEGIN SOLUTION
    h = 1e-30
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[index] = h
        gradient[index] = f(x + 1j * e).imag / h
    return gradient
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_complex_step", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.complex_step", complex_step)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# One evaluation per entry this time, and the step no longer appears on both sides of $x$.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\operatorname{Im} f(x + i e) / h$, where $e$ is zero except for $h$ at one index.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Take your exercise 2. The point becomes `x` plus `1j` times `e`, the difference becomes an imaginary
# part, and the denominator loses its 2.
#
# </details>

# %% [markdown]
# **Look at the numbers**: the smallest error of each curve in section 5, and the complex step's.

# %%
best = {name: min(errors) for name, errors in error.items()}
best["complex step"] = abs(f(1 + 1e-30j).imag / 1e-30 - exact)
for name, value in best.items():
    print(f"{name:20s} error {value:.0e}")


# %% [markdown]
# ## 7 When are two gradients equal?
#
# Never to the last digit: even right code rounds. So we ask for the difference in relation to the
# size of the numbers, and the question is *whose* size. Entry by entry is a trap. If one entry of
# the true gradient happens to be $10^{-12}$, its rounding error may be as large as itself, and a
# right gradient fails. Measure against the **largest** entry of the two arrays:
#
# $$\mathrm{err}(a, b) = \frac{\max_i |a_i - b_i|}{\max\big(\max_i |a_i|,\; \max_i |b_i|\big)},
#   \qquad \mathrm{err}(0, 0) = 0 .$$
#
# **Exercise 5 ●○○ · 4 min.** Write it.

# %% nbgrader={"grade": false, "grade_id": "relative_error", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relative_error(a, b):
    """The largest difference relative to the largest entry; 0 if both arrays are zero."""
    ### BEGIN SOLUTION
    largest = max(np.abs(a).max(), np.abs(b).max())
    if largest == 0:
        return 0.0
    return np.abs(a - b).max() / largest
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_relative_error", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.relative_error", relative_error)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two maxima, and one case in which the quotient would be zero by zero.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Swapping $a$ and $b$ must not change the result; nor must multiplying both by the same number.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# First the denominator: the larger of the two arrays' largest absolute entries. If it is zero,
# return zero at once.
#
# </details>

# %% [markdown]
# ## 8 A gradient check
#
# Now put the pieces together. A check that accepts a right gradient is easy to write; what counts is
# that it **refuses** wrong ones. Yours will meet a right gradient and five wrong ones, of a recurrent
# network's matrix: transposed; with a factor missing; too large by one part in ten thousand; with
# one time step left out; with one step counted twice.
#
# **Exercise 6 ●●○ · 6 min.** `f` takes an array and returns a number, `grad` is what somebody claims to
# be its gradient at `x`. Return `True` if the claim holds and `False` if not. Choose your method and
# your tolerance; the losses will come in very different sizes, some of them tiny.

# %% nbgrader={"grade": false, "grade_id": "gradient_check", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_check(f, grad, x):
    """True if grad is the gradient of f at x, else False."""
    ### BEGIN SOLUTION
    numeric = central_difference(f, x, 1e-5)
    return relative_error(grad, numeric) < 1e-6
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_gradient_check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.gradient_check", gradient_check)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You have written everything it needs.
#
# </details>
# <details><summary>Hint 2 · the reasoning</summary>
#
# The tolerance must lie above the error of your numerical gradient, or right gradients fail, and
# below the smallest fault, or that one passes. Between section 5 and the list of faults there is a
# lot of room.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute a numerical gradient with the best step from exercise 3, and compare the two arrays with
# exercise 5.
#
# </details>

# %% [markdown]
# **What you just saw.** `rnnlib.numgrad.check_gradient` does the same for many arrays at once, and
# says in which one, and where in it, the difference is. Below, one entry is wrong by one part in a
# hundred, but in relation to the whole array that is much less. This is the price of measuring by the
# largest entry: a mistake in small entries looks small. So choose a tolerance far below any plausible
# error.

# %% tags=["shows-answers"]
W = np.random.default_rng(1).normal(size=(20, 30))
claim = 1 - np.tanh(W) ** 2
claim[4, 7] *= 1.01
report = numgrad.check_gradient(lambda p: np.tanh(p["W"]).sum(), {"W": claim}, {"W": W})
print(report)

# %% [markdown]
# **Exercise 7 ●○○ · 3 min · graded by hand.** In at most five sentences: why does the error of the
# central difference *rise* when the step becomes very small, and why does that of the complex step
# not? (If you learn alone: a model answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "explain", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# The values $f(x+h)$ and $f(x-h)$ are each rounded to about sixteen digits. When $h$ is small they
# agree in most of these, so their difference keeps few correct digits, and dividing by $2h$ magnifies
# the rounding error, which is about $\varepsilon/h$. The complex step takes no difference: the
# derivative is the whole imaginary part, which is computed to full relative precision however small
# $h$ is. So only the truncation error $O(h^2)$ is left, and it vanishes.

# %% [markdown] tags=["S4.3"]
# ## 9 Refute it
#
# Hidden activations act entry by entry. The article says the same of the output activation, and
# adds that it is usually a softmax, which turns a row $o$ of numbers, the *logits*, into shares of one:
# $\hat y_k = e^{o_k} / \sum_j e^{o_j}$. If both were so, entry $k$ of the output could depend on nothing
# but logit $k$.
#
# **Exercise 8 ●○○ · 2 min.** Refute it. Give two lists of logits, equally long, that agree in at least
# one entry, and whose softmax differs in that same entry.

# %% nbgrader={"grade": false, "grade_id": "two_logits", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_logits = None  # ([...], [...])
### BEGIN SOLUTION
two_logits = ([0.0, 1.0], [0.0, 3.0])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_elementwise", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.refute_elementwise", two_logits)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The softmax divides by a sum.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Which logits appear in the formula for $\hat y_k$?
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Two logits each. Keep the first; raise the second.
#
# </details>

# %% [markdown]
# **What you just saw**: the derivative of the softmax is a full matrix,
# $\operatorname{diag}(\hat y) - \hat y^\top \hat y$ for a row $\hat y$. Its rows sum to zero, and its
# entries off the diagonal are not small.

# %% tags=["shows-answers"]
yhat = losses.softmax(np.array([0.5, -0.3, 1.0]))
print(np.round(losses.softmax_jacobian(yhat), 3))

# %% [markdown]
# ## Recap
#
# - A falling loss proves nothing about the gradient.
# - Central differences lose digits at every step, fewest near $\varepsilon^{1/3}$; the complex step
#   loses none, if $f$ is analytic.
# - Compare with the largest entry, and choose a tolerance between the method's error and the smallest
#   fault.
# - A check is worth what it refuses.
#
# ### Sources
#
# - Squire, W. and Trapp, G. (1998). Using complex variables to estimate derivatives of real
#   functions. *SIAM Review* 40(1), 110–112.
#   [doi:10.1137/S003614459631241X](https://doi.org/10.1137/S003614459631241X). *For:* the complex
#   step.
# - Martins, J. R. R. A., Sturdza, P. and Alonso, J. J. (2003). The complex-step derivative
#   approximation. *ACM Transactions on Mathematical Software* 29(3), 245–262.
#   [doi:10.1145/838250.838251](https://doi.org/10.1145/838250.838251). *For:* the same in practice,
#   and which functions it holds for.
# - Higham, N. J. (2002). *Accuracy and Stability of Numerical Algorithms*, 2nd edition. SIAM.
#   [doi:10.1137/1.9780898718027](https://doi.org/10.1137/1.9780898718027). *For:* rounding, and why
#   a difference loses digits.
# - Griewank, A. and Walther, A. (2008). *Evaluating Derivatives: Principles and Techniques of
#   Algorithmic Differentiation*, 2nd edition. SIAM.
#   [doi:10.1137/1.9780898717761](https://doi.org/10.1137/1.9780898717761). *For:* derivatives of
#   programs, exactly.
# - Baydin, A. G., Pearlmutter, B. A., Radul, A. A. and Siskind, J. M. (2018). Automatic
#   differentiation in machine learning: a survey. *Journal of Machine Learning Research* 18(153),
#   1–43. [arXiv:1502.05767](https://arxiv.org/abs/1502.05767). *For:* how today's libraries do it.
#
# ### Your functions
#
# Below, each of your functions beside the reference.

# %%
recap("00", globals())
