# %% [markdown]
# # 00 · Checking gradients
#
# **After this lesson you can** measure a gradient in two ways, say how far you can trust each of
# them, and write a check that refuses a wrong gradient, even one that is nearly right.
#
# about 45 minutes · difficulty ●○○ · before it: derivatives, the chain rule, NumPy arrays
#
# **Why recurrent networks, and why their gradients?** A recurrent network reads a sequence one
# element at a time and keeps what it has read in a state. The state has a fixed size, so the
# network can read a text, a sound or a year of measurements with the same few matrices. To train
# it, you need to know how the loss at the end depends on each use of these matrices, back to the
# use at the very first step. That dependence is a gradient through many steps. Such a gradient is
# where recurrent networks fail: it vanishes, or explodes, or is computed wrongly, and the loss may
# fall all the same. In lesson 05 your own gradient will train a network that writes text. (*Start
# here* says more about what such networks are for.)
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
# Here is a complete and correct backward pass. It belongs to a *leaky integrator*, a small
# recurrent network. At every step its state moves a fraction $\alpha$ of the way towards a new
# value:
#
# $$h_t = (1-\alpha)\,h_{t-1} + \alpha \tanh(x_t W_x + h_{t-1} W_h + b).$$
#
# A *backward pass* computes the derivative of a loss with respect to every array that went into it.
# The array `dv` holds the derivative with respect to `v`. You do not have to understand the code
# yet; section 2 explains the letters in its first line. Run the cell and the check below it. **Then
# break a line, any line, and run both again.** Some ideas: drop `+ carry`; write `W_h` for `W_h.T`;
# turn a `+=` into `=`; let the loop begin at 1; forget `alpha`. Restore the line before you go on.

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
# The card says which outputs are wrong and how large the error is. If the numbers fit a known
# mistake, the card names it and asks a question. A **path** leads from one use of `W_h`, at a step
# $s$, to the loss at the same or a later step $t$. The gradient of `W_h` is the sum over all paths.
# If it is wrong, paths may be missing or have a wrong weight. Then unfold *The paths* on the card:
# row $t$ belongs to the loss at step $t$, and column $s$ to the use of the matrix at step $s$. A
# complete gradient has a 1 on and below the diagonal.
#
# The next cell shows the card for a gradient that passes nothing back in time: it treats every step
# as a separate sequence. (You can skip the code of this function.)
#
# **Predict first.** Which fields of *The paths* will contain a 1?

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
# Only the diagonal holds ones: each loss reaches only the use of `W_h` at its own step.
#
# ### Would you have noticed?
#
# Train two copies of the network on the same task, one with the right gradient and one with the
# wrong gradient. (The task is to imitate another leaky integrator. The loss is half the mean
# squared difference of the states.)
#
# **Predict first.** Will the loss of the second copy fall?

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
# Both losses fall. A wrong gradient often still points downhill, but in a worse direction. **A
# falling loss proves nothing about the gradient.** So we check the gradient with numbers.

# %% [markdown] tags=["S4.8"]
# ## 2 Conventions
#
# | symbol | array, shape | what it is |
# |---|---|---|
# | $T, B, D, H, K$ | | numbers of steps, of instances in a batch, of inputs per step, of hidden units, of outputs per step |
# | $x_t$, or $X_t$ for a batch | `x[t-1]` of `(T,B,D)` | input at step $t = 1, \dots, T$; every instance is a row |
# | $H_t$ | `h[t]` of `(T+1,B,H)` | hidden state, `h[0]` the initial one |
# | $A_t = X_t W_x + H_{t-1} W_h + b_h$ | `a[t-1]` | pre-activation; $H_t = \phi(A_t)$ with an activation $\phi$ (section 3) |
# | $O_t = H_t W_y + b_y$ | `o[t-1]` of `(T,B,K)` | output |
# | $\bar v = \partial L / \partial v$ | `dv`, shaped like `v` | adjoint of $v$: the derivative of the loss with respect to $v$, over all paths |
#
# (One name can mislead you. The `dh` that is passed *into* a backward pass is not the full adjoint
# of the states. It is their *adjoint from outside*: it counts how the loss depends on each state
# directly, without the paths through later states. Inside the function, the full adjoint is called
# `dh_total`.)
#
# This course has two habits. First, a gradient has the shape of the array it belongs to. Second, we
# test with sizes that are **all different**, so that a transposed result cannot have the right
# shape by accident. Only $W_h$ is always square; there only the numbers can show a mistake.
#
# **Exercise 1 ●○○ · 3 min.** This course corrects some formulas of a public article on recurrent
# networks, which has a list of references of its own. All lessons call it *the article*. It prints $W_y$ with $n \times n$ entries, $b_y$ with
# $n$ entries and the outputs as $m \times n$, where $n$ is the number of hidden units and $m$ the
# size of the batch. That is right only if $K = H$. Give the right shapes as tuples, for $T=6,\
# B=3,\ D=4,\ H=5,\ K=7$.

# %% nbgrader={"grade": false, "grade_id": "shapes", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
shapes = None  # {"W_x": (…), "W_h": …, "b_h": …, "W_y": …, "b_y": …, "x": …, "h": …, "o": …}
### BEGIN SOLUTION
shapes = {
    "W_x": (4, 5), "W_h": (5, 5), "b_h": (5,), "W_y": (5, 7), "b_y": (7,),
    "x": (6, 3, 4), "h": (7, 3, 5), "o": (6, 3, 7),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_shapes", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.shapes", shapes)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# A product of two matrices exists only if their inner sizes agree.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $X_t$ is $(B, D)$ and $A_t$ is $(B, H)$, so $W_x$ is $(D, H)$. Find the other shapes in the same
# way.
#
# </details>
# <details><summary>Hint 3 · almost the answer</summary>
#
# A bias has one entry for each column of the array to which it is added. A tuple with one entry
# needs a comma, as in `(5,)`. Three arrays begin with the time axis, and one of these has $T+1$
# entries along it.
#
# </details>

# %% [markdown] tags=["S4.4", "S4.26"]
# ## 3 Activations and their slopes
#
# A hidden activation acts on each unit separately: $h = \phi(a)$, entry by entry. Tanh and the
# logistic function $\sigma(a) = 1/(1 + e^{-a})$ *saturate*: far from zero the function is flat and
# its slope nearly zero. $\mathrm{ReLU}(a) = \max(0, a)$ is flat only below zero. You can compute
# each slope from the *output*: $\tanh' = 1 - h^2$, $\sigma' = h(1-h)$, and for ReLU 1 where $h > 0$
# and 0 elsewhere. So a backward pass does not need $a$. The cell below draws the slopes and
# compares them with measured ones. Section 6 explains how it measures.

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
# Look at the largest slope of tanh in the figure: it *is* 1, at $a = 0$. Everywhere else the slope
# is below 1. The article first says that the slope is always less than one. That is wrong only at
# $a = 0$, but lesson 07 shows why this one point matters.

# %% [markdown]
# ## 4 Two difference quotients
#
# A derivative is a limit, but a computer has to stop at a finite step. From here on $h$ is this
# step, a small positive number, and not a hidden state. Expand $f$ around $x$:
#
# $$f(x \pm h) = f(x) \pm h f'(x) + \tfrac{h^2}{2} f''(x) \pm \tfrac{h^3}{6} f'''(x) + \dots$$
#
# The **forward difference** $\dfrac{f(x+h) - f(x)}{h}$ has an error of about $\tfrac h2 f''$. In
# the **central difference** the even terms cancel:
#
# $$\frac{f(x+h) - f(x-h)}{2h} = f'(x) + \tfrac{h^2}{6} f'''(x) + \dots$$
#
# If a function has an array as its argument, change one entry at a time and keep the others fixed.
#
# **Exercise 2 ●○○ · 6 min.** `f` takes an array and returns a number; `x` is an array of any shape.
# Return the central difference with the given step for every entry, in an array shaped like `x`.
# `np.ndindex(x.shape)` gives all indices, one after another. Leave `x` itself unchanged.

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


# %% nbgrader={"grade": true, "grade_id": "check_central_difference", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.central_difference", central_difference)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You need two evaluations of `f` per entry. How do the two points differ from each other? And what
# changes from one entry to the next?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Let $e$ be zero except for `step` at one index. The entry at this index is
# $\big(f(x+e) - f(x-e)\big) / (2\cdot$ `step`$)$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Make the result with `np.zeros_like(x)`. In the loop over the indices, make a *new* array of zeros
# each time and set one of its entries to the step. Store the quotient at the same index of the
# result.
#
# </details>

# %% [markdown]
# ## 5 How small a step?
#
# A smaller step makes the term $\tfrac{h^2}{6} f'''$ smaller. But then $f(x+h)$ and $f(x-h)$ agree
# in most of their digits. Their difference contains little more than rounding errors, and these are
# multiplied by $1/(2h)$. So one error falls and the other one rises, and on logarithmic axes their
# sum has the form of a V. The figure shows it for $f(x) = e^{\sin x}$ at $x = 1$.

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
# **Exercise 3 ●○○ · 2 min.** Find the best step for the *central* difference in the figure. Any
# step at which its error is below $10^{-9}$ passes.

# %% nbgrader={"grade": false, "grade_id": "best_step", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
best_step = None
### BEGIN SOLUTION
best_step = 1e-5
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_best_step", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.best_step", best_step)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The figure shows two V's. Take the lowest point of the deeper one.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With machine precision $\varepsilon$ the two errors are about $h^2$ and $\varepsilon / h$. They
# are equal when $h^3 = \varepsilon$.
#
# </details>
# <details><summary>Hint 3 · almost the number</summary>
#
# `np.finfo(float).eps` is $\varepsilon$ for 64-bit numbers. Take its cube root.
#
# </details>

# %% [markdown]
# ## 6 The complex step
#
# The error rises for small steps because of the subtraction, and you can avoid the subtraction
# (Squire and Trapp, 1998). Change $x$ in the imaginary direction instead of along the real axis:
#
# $$f(x + ih) = f(x) + ih f'(x) - \tfrac{h^2}{2} f''(x) - \dots
#   \quad\Longrightarrow\quad f'(x) = \frac{\operatorname{Im} f(x + ih)}{h} + O(h^2).$$
#
# Nothing is subtracted, so no digits are lost. $h$ can be as small as $10^{-30}$, and then the term
# $O(h^2)$ is far below the rounding error. In NumPy `1j` is the imaginary unit and `z.imag` the
# imaginary part. The method has a condition. The function $f$, real for real $x$, must accept
# complex numbers, and it must be *analytic*, which means that the expansion above holds for complex
# steps as well. `abs`, `np.conj`, `.real` and norms are not analytic. With them the complex step
# gives a wrong answer without a warning.
#
# **Exercise 4 ●●○ · 5 min.** Compute the gradient of exercise 2 by the complex step, one entry at a
# time, with $h = 10^{-30}$. Return an array of real numbers.

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


# %% nbgrader={"grade": true, "grade_id": "check_complex_step", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.complex_step", complex_step)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You need only one evaluation per entry, because nothing is subtracted: the imaginary part of one
# value already contains the derivative.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\operatorname{Im} f(x + i e) / h$, where $e$ is zero except for $h$ at one index.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start from your exercise 2. The point becomes `x` plus `1j` times `e`. The difference becomes an
# imaginary part, and the 2 in the denominator disappears.
#
# </details>

# %% [markdown]
# **How exact is each method?** The cell prints the smallest error of each curve in section 5, and
# the error of the complex step. The curves are jagged near their lowest points, so their smallest
# errors are partly luck. An error of `0e+00` means that no digit differs from the exact derivative.

# %%
best = {name: min(errors) for name, errors in error.items()}
best["complex step"] = abs(f(1 + 1e-30j).imag / 1e-30 - exact)
for name, value in best.items():
    print(f"{name:20s} error {value:.0e}")


# %% [markdown]
# ## 7 When are two gradients equal?
#
# Two computed gradients never agree to the last digit, because even right code rounds. So we
# compare their difference with the size of the numbers. But *which* size? Relative errors of single
# entries do not work. If one entry of the true gradient happens to be $10^{-12}$, its rounding
# error may be as large as the entry itself, and the check would refuse a right gradient. Compare
# with the
# **largest** entry of the two arrays instead:
#
# $$\mathrm{err}(a, b) = \frac{\max_i |a_i - b_i|}{\max\big(\max_i |a_i|,\; \max_i |b_i|\big)},
#   \qquad \mathrm{err}(0, 0) = 0 .$$
#
# **Exercise 5 ●○○ · 4 min.** Write this function.

# %% nbgrader={"grade": false, "grade_id": "relative_error", "locked": false, "schema_version": 3, "solution": true, "task": false}
def relative_error(a, b):
    """The largest difference relative to the largest entry; 0 if both arrays are zero."""
    ### BEGIN SOLUTION
    largest = max(np.abs(a).max(), np.abs(b).max())
    if largest == 0:
        return 0.0
    return np.abs(a - b).max() / largest
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_relative_error", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.relative_error", relative_error)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Compute two maxima, and treat the case in which you would divide zero by zero.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# If you exchange $a$ and $b$, the result must not change. If you multiply both by the same number,
# it must not change either.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute the denominator first: the largest absolute entry of each array, and the larger of these
# two. If it is zero, return zero at once.
#
# </details>

# %% [markdown]
# ## 8 A gradient check
#
# Now combine the parts. It is easy to write a check that accepts a right gradient. The difficult
# part is that it has to **refuse** wrong ones. Your check will get one right gradient of a
# recurrent network's matrix and five wrong ones: transposed; with a factor missing; too large by
# one part in ten thousand; with one time step left out; with one step counted twice.
#
# **Exercise 6 ●●○ · 6 min.** `f` takes an array and returns a number, and `grad` is supposed to be
# its gradient at `x`. Return `True` if it is and `False` if not. You choose the method and the
# tolerance. The losses differ very much in size, and some of them are tiny.

# %% nbgrader={"grade": false, "grade_id": "gradient_check", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_check(f, grad, x):
    """True if grad is the gradient of f at x, else False."""
    ### BEGIN SOLUTION
    numeric = central_difference(f, x, 1e-5)
    return relative_error(grad, numeric) < 1e-6
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_gradient_check", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.gradient_check", gradient_check)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You have already written every function that it needs.
#
# </details>
# <details><summary>Hint 2 · the reasoning</summary>
#
# The tolerance must be larger than the error of your numerical gradient, or right gradients fail.
# It must be smaller than the smallest mistake, or this mistake passes. Compare the errors in
# section 5 with the list of mistakes: there is a lot of room between them.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Compute a numerical gradient with the best step from exercise 3, and compare the two arrays with
# your function of exercise 5.
#
# </details>

# %% [markdown]
# **A mistake in a small entry looks small.** `rnnlib.numgrad.check_gradient` does the same as your
# check for many arrays at once. It also reports which array is wrong, and at which entry. In the
# cell below, one entry is wrong by one part in a hundred. Relative to the largest entry of the
# array the error is much smaller. This is the price of comparing with the largest entry. So choose
# a tolerance far below the relative error of any plausible mistake.

# %% tags=["shows-answers"]
W = np.random.default_rng(1).normal(size=(20, 30))
claim = 1 - np.tanh(W) ** 2
claim[4, 7] *= 1.01
report = numgrad.check_gradient(lambda p: np.tanh(p["W"]).sum(), {"W": claim}, {"W": W})
print(report)

# %% [markdown]
# **Exercise 7 ●○○ · 3 min · graded by hand.** Answer in at most five sentences. Why does the error
# of the central difference *rise* when the step becomes very small? Why does the error of the
# complex step not rise? (If you learn alone: a model answer is in `solutions/`.)

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
# adds that it is usually a softmax. A softmax turns a row $o$ of numbers, the *logits*, into shares
# that add up to one: $\hat y_k = e^{o_k} / \sum_j e^{o_j}$. If both statements were right, entry
# $k$ of the output could depend only on logit $k$.
#
# **Exercise 8 ●○○ · 2 min.** Refute it. Give two lists of logits of the same length that agree in
# at least one entry, and whose softmax differs in that same entry.

# %% nbgrader={"grade": false, "grade_id": "two_logits", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
two_logits = None  # ([...], [...])
### BEGIN SOLUTION
two_logits = ([0.0, 1.0], [0.0, 3.0])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_elementwise", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("00.refute_elementwise", two_logits)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The softmax divides by a sum.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Which logits occur in the formula for $\hat y_k$?
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Use two logits in each list. Keep the first one and raise the second.
#
# </details>

# %% [markdown]
# **The derivative of a softmax is a full matrix**:
# $\operatorname{diag}(\hat y) - \hat y^\top \hat y$ for a row $\hat y$. The cell prints one. Its
# rows sum to zero, and its entries off the diagonal are not small.

# %% tags=["shows-answers"]
yhat = losses.softmax(np.array([0.5, -0.3, 1.0]))
print(np.round(losses.softmax_jacobian(yhat), 3))

# %% [markdown]
# ## Recap
#
# - A falling loss proves nothing about the gradient.
# - Central differences lose digits at every step size, fewest near $\varepsilon^{1/3}$; the complex
#   step loses none, if $f$ is analytic.
# - Compare with the largest entry, and choose a tolerance between the error of the method and the
#   smallest mistake.
# - A check is only as good as the mistakes it refuses.
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
# The cell below shows each of your functions beside the reference.

# %%
recap("00", globals())
