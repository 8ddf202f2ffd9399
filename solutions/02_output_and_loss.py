# %% [markdown]
# # 02 · The output layer and its loss
#
# **After this lesson you can** write a softmax and its loss that work even for logits of ten
# thousand; derive the adjoint of the outputs for four pairs of output and loss; pass it back
# through the output layer of a batch; and say why this layer needs no recursion.
#
# about 120 minutes · difficulty ●●○ · before it: 00, 01
#
# Every gradient of a recurrent network begins at its outputs. This lesson covers that beginning. It
# is the easiest part of the network, so it is a good place to practise getting every sign, every
# sum and every shape right.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $h_t$ | `h[t]` of `(T+1,B,H)` | state after step $t$; every instance is a row; `h[0]` is the initial state |
# | $o_t = h_t W_y + b_y$ | `o[t-1]` of `(T,B,K)` | output of step $t$; before a softmax its entries are called *logits* |
# | $\phi_y$ | | activation of the output: softmax, logistic, identity or tanh |
# | $\hat y_t$ | `yhat` | **prediction**, $\phi_y(o_t)$ |
# | $y_t$ | `y`, shaped like `o` | **target** |
# | $L = \sum_t L_t$ | `loss` | the loss, one number |
# | $\bar o_t = \partial L / \partial o_t$ | `do`, shaped like `o` | adjoint of the output |
# | $u \otimes v = u^\top v$ | `np.outer(u, v)` | outer product of two rows, $[i, j] = u_i v_j$ |
#
# This lesson and the next follow a set of lecture slides on the network with row vectors, $\tanh$
# and softmax, and no biases. Their notation is the other way round: they call the target $\hat y$
# and the prediction $y$. If you mix up the two, you take the logarithm of a target that is zero;
# the last line of the cell below shows the result. As in lesson 00, *the article* is a public
# article on recurrent networks. This lesson corrects some of its formulas.

# %% tags=["shows-answers"]
import numpy as np

from autograder import check, recap
from rnnlib import losses, numgrad, plots, readout, rnn

rng = np.random.default_rng(11)
T, B, D, H, K = 5, 3, 2, 4, 6
cell = {"W_x": rng.normal(size=(D, H)), "W_h": rng.normal(size=(H, H)) / 2}
head = {"W_y": rng.normal(size=(H, K)) / 3, "b_y": rng.normal(size=K) / 3}
x, h0 = rng.normal(size=(T, B, D)), rng.normal(size=(B, H)) / 2
h = rnn.forward(cell, x, h0).h  # T + 1 states, the first is h0
o = readout.forward(head, h[1:])  # T outputs
y = np.eye(K)[rng.integers(K, size=(T, B))]  # one class of K is right: one-hot rows
print("h", h.shape, " o", o.shape, " y", y.shape)
yhat = losses.softmax(o)
with np.errstate(divide="ignore"):
    swapped = -(yhat * np.log(y)).sum()
print(f"loss {-(y * np.log(yhat)).sum():.2f}; with prediction and target exchanged: {swapped}")

# %% [markdown] tags=["S1.1"]
# ## 1 The network and its outputs
#
# The network of the slides, written in rows, has three matrices and no biases:
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h), \qquad o_t = h_t W_y, \qquad \hat y_t = \mathrm{softmax}(o_t),$$
#
# with $W_x$ of shape $(D, H)$, $W_h$ of $(H, H)$ and $W_y$ of $(H, K)$. We add the bias $b_y$ of
# shape $(K,)$ to the output. Lesson 03 covers the states. In this lesson the states are given. In
# the figure only the arrows from the states $h_t$ up to the outputs $o_t$ matter.

# %%
plots.show(
    plots.unrolled(4, names=("x", "h", "o"), weights=("W_x", "W_h", "W_y")),
    "The network unrolled over four steps: inputs x_t enter the states h_t through W_x, "
    "the states are joined by W_h, and each state gives one output o_t through W_y.",
)


# %% [markdown] tags=["S4.3", "S1.1"]
# ## 2 Softmax
#
# A softmax turns a row of $K$ logits into shares that add up to one:
#
# $$\hat y_k = \frac{e^{o_k}}{\sum_{j=1}^{K} e^{o_j}} .$$
#
# On paper this formula is complete. In a computer $e^{o}$ overflows to infinity above $o \approx
# 710$, and infinity divided by infinity is NaN. A learning rate that is too large is enough to
# produce such logits. You can avoid the overflow. Add the same number $c$ to every logit of a row.
# Then numerator and denominator both get a factor $e^{c}$, and it cancels. **The softmax does not
# change when a row is shifted.** So shift each row until its largest logit is 0. Then every power
# is at most 1 and one of them is exactly 1, so the sum can be neither infinite nor zero.
#
# **Exercise 1 ●○○ · 8 min.** Return the softmax of `o` over its **last** axis, whatever axes stand
# before it. The check uses logits of ten thousand, of both signs, in different rows of the same
# array. With `keepdims=True`, a sum or maximum over an axis keeps this axis, with length 1.

# %% nbgrader={"grade": false, "grade_id": "softmax", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax(o):
    """o (..., K).  Returns the predictions, shaped like o."""
    ### BEGIN SOLUTION
    e = np.exp(o - o.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_softmax", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.softmax", softmax)


# %% [markdown] tags=["S4.3"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Each row goes through three operations: a shift, a power, a division. None of them uses another
# row.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $m = \max_j o_j$ of the row: $\hat y_k = e^{o_k - m} \big/ \sum_j e^{o_j - m}$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Take the maximum over the last axis and keep the axis, so that you can subtract it from every
# logit of its row. Exponentiate. Divide by the sum over the same axis, which you keep in the same
# way.
#
# </details>
#
# ## 3 The Jacobian of the softmax
#
# A hidden activation acts entry by entry, so its derivative is one slope for each entry. The
# article says the same of the softmax. Lesson 00 refuted this: each share depends on all logits,
# through the sum. So the derivative is a full matrix. Differentiate the quotient. The numerator
# depends on $o_j$ only if $i = j$; the denominator always depends on it:
#
# $$\frac{\partial \hat y_i}{\partial o_j}
#   = \frac{[i = j]\, e^{o_i}}{\sum_k e^{o_k}} - \frac{e^{o_i}\, e^{o_j}}{\big(\sum_k e^{o_k}\big)^2}
#   = [i = j]\,\hat y_i - \hat y_i\, \hat y_j ,$$
#
# where $[i = j]$ is 1 if the two are equal and 0 otherwise. In matrices:
# $\operatorname{diag}(\hat y) - \hat y \otimes \hat y$.
#
# **Exercise 2 ●○○ · 8 min.** `yhat` is one prediction, a row of $K$ shares. Return the $(K, K)$
# matrix.

# %% nbgrader={"grade": false, "grade_id": "softmax_jacobian", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_jacobian(yhat):
    """yhat (K,).  Returns (K, K), [i, j] the derivative of yhat_i with respect to o_j."""
    ### BEGIN SOLUTION
    return np.diag(yhat) - np.outer(yhat, yhat)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_softmax_jacobian", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.softmax_jacobian", softmax_jacobian)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# You get the prediction and not the logits. The formula needs nothing else.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# For $K = 2$:
# $\begin{pmatrix} \hat y_1 - \hat y_1^2 & -\hat y_1 \hat y_2 \\ -\hat y_2 \hat y_1 & \hat y_2 - \hat y_2^2 \end{pmatrix}$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# NumPy has a function that puts a row on the diagonal of a matrix of zeros, and another one for the
# outer product. Subtract the second result from the first.
#
# </details>
#
# ---
#
# **Which directions does the softmax lose?** Each column of the figure shows what happens when
# one logit rises: its own share grows, and all other shares shrink. Each column sums to zero,
# because the shares always sum to one. Each row also sums to zero, because a common shift of all
# logits changes nothing. So the Jacobian maps the constant direction to zero, and its rank is *at
# most* $K - 1$. Does it map any other direction to zero? Entry $i$ of the Jacobian times $v$ is
# $\hat y_i\,(v_i - \hat y \cdot v)$. No share is zero, so all entries are zero only if every
# $v_i$ is the same number $\hat y \cdot v$. So only constant directions are lost, and the rank is
# exactly $K - 1$. The last line of the output compares two parts of the Jacobian: the diagonal,
# which is the slope $\hat y_k (1 - \hat y_k)$ of each entry alone, and the rest, which a
# derivative taken entry by entry would leave out.

# %% tags=["shows-answers"]
shares = losses.softmax(o[0, 0])
J = losses.softmax_jacobian(shares)
plots.show(
    plots.heatmap(J, "logit j", "share i", "d share i / d logit j", numbers=".2f"),
    "Jacobian of a softmax over six classes: positive numbers on the diagonal, "
    "small negative ones everywhere else.",
)
lost = np.linalg.svd(J)[2][-1]  # the direction that the Jacobian shrinks most
print(f"largest row sum {abs(J.sum(axis=1)).max():.0e}; the lost direction: {lost.round(3)}")
rows = losses.softmax(np.random.default_rng(0).normal(size=(1000, K)))
ranks = [np.linalg.matrix_rank(losses.softmax_jacobian(row)) for row in rows]
print(f"rank {np.linalg.matrix_rank(J)} of {K}; of 1000 random rows: {min(ranks)} to {max(ranks)}")
diagonal = np.diag(np.diag(J))
print(f"norm of the diagonal {np.linalg.norm(diagonal):.2f}, ", end="")
print(f"of the rest {np.linalg.norm(J - diagonal):.2f}")


# %% [markdown] tags=["S1.2", "S1.3", "S4.10"]
# ## 4 Cross-entropy
#
# The loss that is used with a softmax compares the shares with a target:
#
# $$L_t = -\sum_{k=1}^{K} y_{t,k} \log \hat y_{t,k}, \qquad L = \sum_{t=1}^{T} L_t,$$
#
# summed over the instances of the batch as well. The article writes $-y \log \hat y$, without sums.
# That expression is one number for every step, instance and class: an array, and not yet a loss.
# You have to say which sum or mean you take, because the gradient depends on it.
#
# **Do not take the logarithm of a softmax.** A computer stores a very small share as 0, and its
# logarithm is minus infinity. Simplify the logarithm on paper first: with $m$ the largest logit of
# the row,
#
# $$\log \hat y_k = (o_k - m) - \log \sum_{j} e^{o_j - m} .$$
#
# **Three factors.** The chain rule from one step's loss to the matrix $W_y$ has three factors. The
# last one is the derivative of the logits with respect to the matrix. It contains the state $h_t$
# and follows in section 8. The other two are
#
# $$\frac{\partial L_t}{\partial \hat y_t} = -\frac{y_t}{\hat y_t}, \qquad
#   \frac{\partial \hat y_t}{\partial o_t} = \operatorname{diag}(\hat y_t) - \hat y_t \otimes \hat y_t ,$$
#
# and their product is short. (You derive it in exercise 4; until then, take it as given.)
#
# $$\boxed{\;\bar o_t = \Big(\sum_{k} y_{t,k}\Big)\, \hat y_t - y_t\;}$$
#
# If the targets of a row sum to one, the bracket is 1 and the result is prediction minus target. If
# the target is a row of zeros, the step does not count: it has no loss and no gradient.
#
# **Exercise 3 ●●○ · 20 min.** Return the loss, summed over everything, and `do`, shaped like `o`.
# The targets can be any numbers from 0 up: one-hot, soft, not summing to one, all zero. The logits
# can be as large as ten thousand. You may call your `softmax`.

# %% nbgrader={"grade": false, "grade_id": "softmax_cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def softmax_cross_entropy(o, y):
    """o, y (..., K).  Returns (loss, do): a number, and an array shaped like o."""
    ### BEGIN SOLUTION
    z = o - o.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=-1, keepdims=True))
    loss = (y * (log_sum - z)).sum()
    do = y.sum(axis=-1, keepdims=True) * softmax(o) - y
    return loss, do
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_softmax_cross_entropy", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.softmax_cross_entropy", softmax_cross_entropy)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Compute the loss from the logarithms of the shares and never from the shares. Compute the gradient
# from the shares.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $z = o - m$ and $\ell = \log\sum_j e^{z_j}$, row by row: $L = \sum y_k\,(\ell - z_k)$ over
# everything. In `do` the factor in front of $\hat y$ is one number for each row.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Shift the rows as in exercise 1. Take the logarithm of the sum of the powers, and keep the last
# axis. Subtract the shifted logits from this logarithm, multiply by the targets, and sum: this is
# the loss. For `do`, sum the targets over the last axis and keep this axis. Multiply by your
# softmax, and subtract the targets.
#
# </details>
#
# ---
#
# **Sum or mean?** You can sum a loss, divide it by the size of the batch, or divide it by the
# number of instances and steps. The cell measures the gradient of each version by complex step. For
# each version the cell prints the smallest and the largest ratio of `do`, which belongs to the sum,
# to the measured gradient. The gradient is divided by the same number as the loss. So if you check
# a gradient against the wrong version of the loss, the two differ by a constant factor. In this
# course a loss is a sum unless `reduction="mean"` says otherwise: then it is divided by $B$, so
# that the losses of the steps still add up. The last lines test three formulas for `do`, with targets
# that sum to 1.1: the
# softmax taken entry by entry, which gives $y_k\,(\hat y_k - 1)$; prediction minus target; and the
# boxed formula.
#
# **Predict first.** The boxed formula is right. Is the relative error of each of the other two
# nearer to 4 % or to 40 %?

# %% tags=["shows-answers"]
total, do = losses.softmax_cross_entropy(o, y)
print("without sums:", (-y * np.log(losses.softmax(o))).shape, "numbers")
reductions = {
    "sum": lambda o: losses.softmax_cross_entropy(o, y)[0],
    "divided by B": lambda o: losses.softmax_cross_entropy(o, y, reduction="mean")[0],
    "divided by B T": lambda o: losses.softmax_cross_entropy(o, y)[0] / (B * T),
}
for label, reduced in reductions.items():
    ratio = do / numgrad.complex_step(reduced, o)
    print(f"{label}: loss {reduced(o):.3f}, do of the sum is {ratio.min():.6f} "
          f"to {ratio.max():.6f} times its gradient")

soft, shares = 1.1 * y, losses.softmax(o)
true = numgrad.complex_step(lambda o: losses.softmax_cross_entropy(o, soft)[0], o)
claims = {
    "entry by entry": soft * (shares - 1),
    "prediction minus target": shares - soft,
    "boxed formula": losses.softmax_cross_entropy(o, soft)[1],
}
for label, claim in claims.items():
    print(f"{label}: off by {np.linalg.norm(claim - true) / np.linalg.norm(true):.1e}")

# %% [markdown] tags=["S0.3", "S1.3", "S1.4"]
# **Exercise 4 ●●○ · 15 min · graded by hand.** For one row: (a) multiply the row $-y/\hat y$ by the
# Jacobian of section 3 and derive the boxed formula. (b) Say in which step you would use $\sum_k
# y_k = 1$. (c) $h_t$ was computed with $W_x$ and $W_h$, which were also used at all earlier steps.
# Say why the gradient of $L_t$ with respect to $W_y$ nevertheless needs no sum over earlier steps.
# (If you learn alone: a model answer is in `solutions/`.)
#
# <details><summary>A nudge</summary>
#
# Write out entry $j$ of the product and split the sum over $i$ into the two parts of the Jacobian.
#
# </details>

# %% [markdown] nbgrader={"grade": true, "grade_id": "three_factors", "locked": false, "points": 3, "schema_version": 3, "solution": true, "task": false}
# **(a)** Entry $j$ of the product is
#
# $$\bar o_j = \sum_i \Big(-\frac{y_i}{\hat y_i}\Big)\big([i=j]\,\hat y_i - \hat y_i \hat y_j\big)
#   = -\sum_i y_i\,[i=j] + \sum_i y_i\,\hat y_j .$$
#
# The first sum is $y_j$, the second $\big(\sum_i y_i\big)\,\hat y_j$: the boxed formula. The shares $\hat y_i$ cancel, so nothing is divided by a small number.
#
# **(b)** Only in the last step, where $\sum_i y_i$ is replaced by 1. Without it the factor stays.
#
# **(c)** A sum over earlier steps appears where a parameter changes a state, because later steps
# then carry the change on. $W_y$ enters only $o_t = h_t W_y + b_y$, after the state; $h_t$ does not
# depend on $W_y$ at all, $\partial h_t/\partial W_y = 0$. So the total and the immediate derivative
# of $o_t$ with respect to $W_y$ are the same, and $L_t$ contributes one term,
# $h_t \otimes \bar o_t$. The history of the state determines the *value* of $h_t$ and adds no
# further path to $W_y$.

# %% [markdown] tags=["S1.2"]
# ## 5 Refute it: the lost hat
#
# In a scanned copy of the slides, the mark that distinguishes prediction from target is missing in
# the loss. In the notation of this lesson, the copy reads $-\sum_k \hat y_k \log \hat y_k$, with
# the *prediction* in both places. This is the entropy of the prediction. The values are of the same
# size as the loss, so a printout looks harmless. One might hope that the gradient of the entropy
# still lowers the loss.
#
# **Exercise 5 ●●○ · 10 min · refute it.** Give a tuple `(o, k)`: a list of two or more logits, and
# the number of the right class, counted from 0. The entropy has to agree with the true loss within
# 2 %. Even so, a small step against the gradient of the entropy has to **raise** the true loss: the
# two gradients with respect to the logits must have a cosine below $-0.1$.

# %% nbgrader={"grade": false, "grade_id": "harmless", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
harmless = None  # ([o_0, o_1, ...], k)
### BEGIN SOLUTION
harmless = (list(np.log([0.51, 0.39, 0.10])), 1)
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_entropy", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.refute_entropy", harmless)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The entropy is large when the network is unsure. If the network becomes surer, which class gets
# the larger share?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The logarithms of the shares are possible logits for these shares. You need $-\log \hat y_k$ near
# the entropy, and another class with a larger share than $k$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Take two classes with nearly equal shares, and make the share of the wrong class slightly larger.
# If the two logits differ by a small $\delta$, the loss is larger than the entropy by about $\delta
# / 2$, and both are near $\log 2 \approx 0.69$.
#
# </details>
#
# ---
#
# **Why the entropy misleads.** The entropy does not depend on the target. A step against its
# gradient makes the network surer of its prediction, whether this is right or wrong. In the figure,
# with two classes, the curves meet at one half. To the left of this point their slopes have
# opposite signs. The cell then prints loss, entropy and the cosine between the two gradients of
# $W_y$ for the network of this lesson.

# %% tags=["shows-answers"]
p = np.linspace(0.02, 0.98, 97)
curves = {"true loss": -np.log(p), "entropy": -p * np.log(p) - (1 - p) * np.log(1 - p)}
plots.show(
    plots.lines(p, curves, "share of the right class", "value"),
    "True loss and entropy against the share of the right class: the loss always falls, "
    "the entropy rises up to one half and falls after it.",
)


def entropy(W_y):
    shares = losses.softmax(h[1:] @ W_y + head["b_y"])
    return -(shares * np.log(shares)).sum()


wrong = numgrad.complex_step(entropy, head["W_y"])
right = readout.backward(head, h[1:], do)["W_y"]
cosine = (wrong * right).sum() / np.linalg.norm(wrong) / np.linalg.norm(right)
print(f"our network: loss {total:.2f}, entropy {entropy(head['W_y']):.2f}")
print(f"gradients of W_y: cosine {cosine:.2f}")


# %% [markdown] tags=["S0.3"]
# ## 6 Logistic outputs
#
# Other tasks need other outputs, but the method is the same: multiply the derivative of the loss
# with respect to the prediction by the derivative of the prediction. For an activation that acts
# entry by entry, the Jacobian is only a slope,
# $\bar o = \dfrac{\partial L}{\partial \hat y} \odot \phi_y'(o)$, where $\odot$ multiplies entry by
# entry.
#
# If several of $K$ properties can hold at the same time, every output is a separate yes or no:
# $\hat y = \sigma(o) = 1/(1 + e^{-o})$ with targets between 0 and 1, and
#
# $$L = -\sum \big[\, y \log \hat y + (1-y) \log(1-\hat y) \,\big],$$
#
# $$\frac{\partial L}{\partial \hat y} = \frac{\hat y - y}{\hat y\,(1-\hat y)}, \qquad
#   \sigma'(o) = \hat y\,(1-\hat y) .$$
#
# Their product is again $\bar o = \hat y - y$, this time for any target. The loss needs the same
# care as before, because both logarithms can have the argument zero. Use
# $-\log\sigma(o) = \log(1+e^{-o})$ and $-\log(1-\sigma(o)) = \log(1+e^{o})$. They differ by $o$, so
#
# $$L = \sum \big[\, \log(1+e^{o}) - y\,o \,\big],$$
#
# $$\log(1+e^{o}) = \max(o, 0) + \log\big(1 + e^{-|o|}\big) .$$
#
# The last form cannot overflow. `np.log1p(u)` computes $\log(1+u)$ and is accurate for small $u$
# too. For the logistic function itself, $\sigma(o) = \tfrac12\big(1 + \tanh \tfrac{o}{2}\big)$
# works for every $o$.
#
# **Exercise 6 ●●○ · 12 min.** Return the loss, summed over everything, and `do`.

# %% nbgrader={"grade": false, "grade_id": "sigmoid_cross_entropy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sigmoid_cross_entropy(o, y):
    """o, y (..., K).  Returns (loss, do): a number, and an array shaped like o."""
    ### BEGIN SOLUTION
    softplus = np.maximum(o, 0) + np.log1p(np.exp(-np.abs(o)))
    loss = (softplus - y * o).sum()
    do = 0.5 * (1 + np.tanh(0.5 * o)) - y
    return loss, do
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_sigmoid_cross_entropy", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.sigmoid_cross_entropy", sigmoid_cross_entropy)


# %% [markdown] tags=["S0.3"]
# <details><summary>Hint 1 · a nudge</summary>
#
# No entry depends on another one here. The only sum is the one at the end.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Take the form of the loss that contains a single logarithm, and replace this logarithm by the form
# that cannot overflow.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Add the larger of logit and zero, entry by entry, to `log1p` of the power of minus the absolute
# logit. Subtract target times logit, and sum. For `do`, compute the logistic function from the
# hyperbolic tangent of half the logit, and subtract the target.
#
# </details>
#
# ## 7 Squared error
#
# If the target is a measurement, compare it directly, $L = \tfrac12 \sum (\hat y - y)^2$, with
# $\hat y = o$ or, for targets between $-1$ and $1$, $\hat y = \tanh(o)$. Then
#
# $$\bar o = (\hat y - y)\,\phi_y'(o), \qquad \phi_y' = 1 \ \text{ or } \ 1 - \hat y^2 .$$
#
# The factor one half cancels the 2 of the square. Unlike in section 6, the slope does not cancel:
# it stays in the gradient.
#
# **Exercise 7 ●○○ · 8 min.** Return the loss and `do`, for `phi` equal to `"identity"` or `"tanh"`.

# %% nbgrader={"grade": false, "grade_id": "squared_error", "locked": false, "schema_version": 3, "solution": true, "task": false}
def squared_error(o, y, phi):
    """o, y (..., K); phi "identity" or "tanh".  Returns (loss, do)."""
    ### BEGIN SOLUTION
    yhat = np.tanh(o) if phi == "tanh" else o
    slope = 1 - yhat**2 if phi == "tanh" else 1.0
    error = yhat - y
    return 0.5 * (error**2).sum(), error * slope
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_squared_error", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.squared_error", squared_error)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Compute the prediction first. Then compute the slope from it.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# With $e = \hat y - y$: $L = \tfrac12 \sum e^2$ and $\bar o = e \odot \phi_y'$, entry by entry.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Use two cases to compute the prediction and the slope. The rest is the same for both: half the sum
# of the squared differences, and the differences times the slope.
#
# </details>
#
# ---
#
# **Why a saturating output needs its own loss.** The figure shows the adjoint of an output for the
# target 1. With the logistic output and its cross-entropy, the adjoint grows with the error, up to
# 1 in size. With the tanh output and the squared error, the adjoint is nearly zero where the error
# is largest, because the slope is nearly zero there. So pair a saturating output with the loss that
# cancels its slope.

# %% tags=["shows-answers"]
logit = np.linspace(-6, 6, 121)
pull = {
    "logistic, cross-entropy": [
        losses.sigmoid_cross_entropy(np.array([v]), np.ones(1))[1][0] for v in logit
    ],
    "tanh, squared error": [
        losses.squared_error(np.array([v]), np.ones(1), "tanh")[1][0] for v in logit
    ],
}
plots.show(
    plots.lines(logit, pull, "output o", "adjoint of o", "target 1"),
    "Adjoint of an output against its value for the target 1: with cross-entropy it goes to "
    "minus one on the wrong side, with tanh and squared error it goes back to zero there.",
)


# %% [markdown] tags=["S0.3", "S1.3", "S4.11", "S4.12"]
# ## 8 Back through the output layer
#
# The rest of the network depends on the loss only through `do`. Take one instance. Entry $(m,
# n)$ of $W_y$ enters only $o_{t,n}$, multiplied by $h_{t,m}$. So the derivative of $L_t$ with
# respect to this entry is $h_{t,m}\,\bar o_{t,n}$. All entries together are the outer product
# $h_t \otimes \bar o_t$, of shape $(H, K)$ like $W_y$ itself. (The article writes $\partial
# o_t/\partial W_y = h_t$. This is an abbreviation. The full derivative of a row with respect to
# a matrix has three indices, and only its product with $\bar o_t$ has $h_t$ as a factor. The
# end of this section measures it.)
#
# Every step and every instance uses the same $W_y$, so their contributions are added. Let $H_t$ of
# shape $(B, H)$ and $\bar O_t$ of shape $(B, K)$ hold the rows $h_t$ and $\bar o_t$ of all
# instances. Then one matrix product computes the sum over the batch:
#
# $$\frac{dL}{dW_y} = \sum_{t=1}^{T} H_t^\top \bar O_t, \qquad
#   \frac{dL}{db_y} = \sum_{t=1}^{T} \sum_{b=1}^{B} \bar o_{t,b}, \qquad
#   \bar H_t^{\text{out}} = \bar O_t W_y^\top .$$
#
# The bias is one row that was *broadcast* to every instance and step. On the way back, broadcasting
# becomes a sum. The third formula is the derivative with respect to each state through its own
# output only. The contributions of later steps are the subject of the next lessons.
#
# **Exercise 8 ●●○ · 15 min.** `params` has `"W_y"` and `"b_y"`; `h` has $T+1$ states, and no output
# reads the first, which is the initial state; `do` has $T$ entries. Return a dict with `"W_y"`,
# `"b_y"` and `"h"`. The last has shape $(T,B,H)$ and holds the adjoints of $h_1$ to $h_T$.

# %% nbgrader={"grade": false, "grade_id": "readout_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def readout_backward(params, h, do):
    """h (T+1,B,H), do (T,B,K).  Returns {"W_y": (H,K), "b_y": (K,), "h": (T,B,H)}."""
    ### BEGIN SOLUTION
    steps = range(1, len(do) + 1)
    W_y = sum(h[t].T @ do[t - 1] for t in steps)
    b_y = do.sum(axis=(0, 1))
    dh = do @ params["W_y"].T
    return {"W_y": W_y, "b_y": b_y, "h": dh}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_readout_backward", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.readout_backward", readout_backward)


# %% [markdown] tags=["S1.4"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Write the shapes of the factors below each formula. They fit in only one order.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# The output of step $t$ has its adjoint in `do[t-1]`; the state from which it was computed is
# `h[t]`.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# For $t$ from 1 to $T$ add up the transposed states times the adjoints of that step. For the bias,
# sum over the first two axes. For the states, multiply all adjoints by the transposed matrix at
# once: NumPy multiplies the last two axes and keeps the first one.
#
# </details>
#
# ---
#
# **The output layer needs no backward loop.** $W_y$ changes no state, so no adjoint has to be
# passed from step to step. Even so, the loss of step $t$ does not depend on step $t$ alone: through
# the states it depends on every earlier input. The figure shows the norms of two derivatives,
# measured by complex step: that of the loss $L_t$ with respect to the first input $x_1$, and that
# of the state $h_t$ with respect to $W_y$. The second cell measures $\partial o_1/\partial W_y$ for
# one instance. It prints the shape, the number of entries that are not zero, and the product with
# $\bar o_1$.

# %% tags=["shows-answers"]
def states_and_losses(x_1, W_y):
    """The states h_1 to h_T, and the losses L_1 to L_T."""
    h = rnn.forward(cell, np.concatenate([x_1[None], x[1:]]), h0).h[1:]
    o = h @ W_y + head["b_y"]
    return h, np.array([losses.softmax_cross_entropy(o[t], y[t])[0] for t in range(T)])


def sizes(derivatives):
    return [np.linalg.norm(d) for d in derivatives]


W_y = head["W_y"]
by_x_1 = numgrad.complex_step(lambda v: states_and_losses(v, W_y)[1], x[0])
by_W_y = numgrad.complex_step(lambda W: states_and_losses(x[0], W)[0], W_y)
bars = {"$dL_t / dx_1$": sizes(by_x_1), "$dh_t / dW_y$": sizes(by_W_y)}
plots.show(
    plots.paired_bars(bars, "step t", "norm of the derivative"),
    "Norm of two derivatives for each step. That of the loss with respect to the first input "
    "is above zero at every step, that of the state with respect to W_y is exactly zero.",
)
print("largest derivative of a state with respect to W_y:", max(sizes(by_W_y)))

# %% tags=["shows-answers"]
full = numgrad.complex_step(lambda W: h[1, 0] @ W + head["b_y"], head["W_y"])
filled = np.count_nonzero(full)
print(f"derivative of one output with respect to W_y: {full.shape}, {filled} of {full.size} filled")
gap = abs(np.tensordot(do[0, 0], full, 1) - np.outer(h[1, 0], do[0, 0])).max()
print(f"its product with the adjoint, off from the outer product by {gap:.0e}")

# %% [markdown] tags=["S4.11"]
# ## 9 Refute it: the transposed gradient
#
# The article prints the gradient of $W_y$ with the factors exchanged, $\sum_t \bar o_t \otimes
# h_t$. Its shape is $(K, H)$, which is wrong, and NumPy would report it. But if $K = H$, there is
# no error message. For a single step of one instance you can even show that a small step against
# this transposed gradient lowers the loss, or at worst leaves it unchanged to first order. The
# reason: the sum of products of its entries with those of the true gradient is $(h_t \cdot \bar
# o_t)^2$, which is never negative. So one might think that the mistake does no harm.
#
# **Exercise 9 ●●○ · 12 min.** Refute that for a sequence. Give a tuple `(h, do)` of two lists of
# rows, one instance only: $T$ states $h_1$ to $h_T$ and $T$ adjoints $\bar o_1$ to $\bar o_T$, all
# rows of the same length $H = K$. A small step of $W_y$ against the printed gradient has to
# **raise** the loss: the sum of products of its entries with those of the true gradient is
# negative. (With a squared error any $\bar o_t$ can occur.)

# %% nbgrader={"grade": false, "grade_id": "uphill", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
uphill = None  # (h, do), each a list of T rows
### BEGIN SOLUTION
uphill = ([[1.0, 0.0], [0.0, 1.0]], [[0.0, -1.0], [1.0, 0.0]])
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_transposed", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("02.refute_transposed", uphill)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Two steps and two units are enough. Let the adjoints of the two steps differ from zero in
# different entries.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# For two steps the sum of products is
# $(h_1 \cdot \bar o_1)^2 + (h_2 \cdot \bar o_2)^2 + 2\,(h_1 \cdot \bar o_2)(h_2 \cdot \bar o_1)$.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Choose the two unit rows as states. Make each adjoint orthogonal to its own state, and let the
# last two factors of the equation have opposite signs. What does the true gradient then look like?
#
# </details>
#
# ## Recap
#
# - Shift each row by its largest logit. Take the logarithm on paper, and never compute the
#   logarithm of a softmax.
# - The softmax has a full Jacobian of rank $K-1$. Together with its loss it simplifies to
#   $(\sum y)\,\hat y - y$.
# - A loss whose value looks right can have a gradient that points the wrong way.
# - The gradient of $W_y$ is $\sum_t H_t^\top \bar O_t$, that of the bias is the sum over steps and
#   instances, and that of each state is $\bar O_t W_y^\top$. No recursion is needed, because no
#   state depends on $W_y$.
# - When $H = K$, shapes prove nothing.
#
# ### Sources
#
# - Bridle, J. S. (1990). Probabilistic interpretation of feedforward classification network
#   outputs, with relationships to statistical pattern recognition. In Fogelman Soulié, F. and
#   Hérault, J. (eds.), *Neurocomputing: Algorithms, Architectures and Applications*, 227–236.
#   Springer. *For:* the softmax, its name, and its Jacobian.
# - Solla, S. A., Levin, E. and Fleisher, M. (1988). Accelerated learning in layered neural
#   networks. *Complex Systems* 2(6), 625–640. *For:* cross-entropy against squared error.
# - Bishop, C. M. (2006). *Pattern Recognition and Machine Learning*, chapters 4 and 5. Springer.
#   *For:* why prediction minus target is left for each matched pair of output and loss.
# - Goodfellow, I., Bengio, Y. and Courville, A. (2016). *Deep Learning*, chapter 6. MIT Press.
#   [deeplearningbook.org](https://www.deeplearningbook.org). *For:* output units, and stable
#   logarithms.
#
# ### Your functions
#
# Below, each of your functions beside the reference.

# %%
recap("02", globals())
