# %% [markdown]
# # 07 · Vanishing and exploding gradients
#
# **After this lesson you can** measure how far a matrix can stretch a vector, once and many times;
# state and prove when the gradient of a recurrent network must vanish; refute popular statements
# about eigenvalues with small matrices; measure all growth rates of a product, and name their
# limits; say what it costs a memory to withstand noise; and sort the parts of a gradient according
# to the number of steps they have passed.
#
# about 210 minutes · difficulty ●●● · before it: 03, 05
#
# The lesson begins with the theorem and its proof. Then come statements that sound like the theorem
# and are printed in many places, but are wrong: you find the counterexamples. The last part shows
# two reasons why all this matters for learning. A robust memory has a price, and a steep loss can
# ruin a step of gradient descent.
#
# Hochreiter (1991) and Bengio, Simard and Frasconi (1994) showed that gradients in recurrent
# networks shrink or grow exponentially. Below, *the article* is a public article on
# back-propagation through time and the LSTM, with a list of nine references of its own. The papers
# that this lesson uses are listed at its end.
#
# ## Notation
#
# | symbol | in code | what it is |
# |---|---|---|
# | $a_t = x_t W_x + h_{t-1} W_h + b_h$ | `run.a[t-1]` of $(T,B,H)$ | pre-activation; rows are instances |
# | $h_t = \phi(a_t)$ | `h[t]` of $(T+1,B,H)$ | state, $t = 0, \dots, T$; `h[0]` is the initial one |
# | $J_t = \operatorname{diag}(\phi'(a_t))\, W_h^{\top}$ | $(H,H)$ | step Jacobian $\partial h_t / \partial h_{t-1}$, of one instance |
# | $J_{t:k} = J_t \cdots J_{k+1}$ | | $d h_t / d h_k$: $t-k$ factors, the latest on the left; $J_{k:k} = I$ |
# | $\lVert v \rVert$, $\lVert A \rVert_2$ | `np.linalg.norm(A, 2)` | length of a vector; 2-norm (spectral norm) of a matrix |
# | $\sigma_{\max}(A) = \lVert A \rVert_2$ | | largest singular value of $A$ |
# | $\rho(A)$ | | spectral radius: the largest *modulus* of an eigenvalue |
# | $\gamma_\phi = \sup \lvert \phi' \rvert$ | | the steepest slope of the activation |
# | $r_T$; $\lambda_1 \ge \dots \ge \lambda_H$ | | growth rate of $T$ steps; Lyapunov exponents (section 8). Before section 7, $\lambda$ is an eigenvalue |
# | $L = L_1 + \dots + L_T$ | | the loss: the sum of the losses at the single steps |
# | $\bar h^{\mathrm{out}}_t$ | `dh[t-1]` of $(T,B,H)$ | adjoint of $h_t$ from outside: from the loss $L_t$ alone |
# | $\ell = t-k$, $C_\ell$ | `C[l]` of $(T,H,H)$ | lag; the part of $dL/dW_h$ whose paths contain $\ell$ Jacobians |
# | $u \otimes v$, $u \odot v$ | `np.outer(u, v)`, `u * v` | the matrix of all products $u_m v_n$; the products entry by entry |

# %%
import numpy as np

from autograder import check, recap
from rnnlib import activations, flow, paths, plots, rnn

rng = np.random.default_rng(5)
H = 30
gaussian = rng.normal(size=(H, H))
gaussian /= np.abs(np.linalg.eigvals(gaussian)).max()  # now its spectral radius is 1


def driven_run(W_h, T, seed=3):
    """A tanh network run over T random inputs: its parameters, its run and its Jacobians."""
    rng = np.random.default_rng(seed)
    params = {"W_x": np.eye(len(W_h)), "W_h": W_h}
    x = 0.5 * rng.normal(size=(T, 1, len(W_h)))
    run = rnn.forward(params, x, 0.1 * rng.normal(size=(1, len(W_h))))
    return params, run, paths.step_jacobians(params, run)[:, 0]


for name in ("tanh", "sigmoid", "relu", "identity"):
    act, a = activations.get(name), np.linspace(-4, 4, 801)
    slopes = act.slope(act(a))
    print(f"{name:8s} slopes from {slopes.min():.4f} to {slopes.max():.4f}, gamma = {act.sup}")


# %% [markdown] tags=["S4.4", "S4.21", "S4.22", "S4.26", "S4.31", "S4.33", "S4.50"]
# ## 1 How far can one step stretch?
#
# A change $\delta h_{t-1}$ of the state becomes $\delta h_t = J_t\, \delta h_{t-1}$, and the
# gradient goes back through the same matrix. The unrolled network is as deep as the sequence is
# long, and every layer has the same weights. So first ask what one such factor can do. It consists
# of two parts:
#
# $$J_t = \operatorname{diag}\big(\phi'(a_t)\big)\, W_h^{\top} .$$
#
# The **slopes** can only shrink a change, at least for the usual activations. The common hidden
# activations, tanh and logistic, saturate: far from zero they are nearly constant. The first cell
# prints the range of their slopes. $\tanh'$ is above 0 and **at most** 1, and it equals 1 at zero.
# (So the article is not right where it says "always less than 1".) The logistic slope is never
# larger than a quarter. Far from zero both slopes go to 0. The second cell after exercise 1 prints
# how fast they do, and measures the two parts along a run.
#
# The **weights** can stretch a change. The largest factor by which a matrix $A$ stretches a vector
# is its 2-norm:
#
# $$\lVert A \rVert_2 = \max_{v \ne 0} \frac{\lVert A v \rVert}{\lVert v \rVert}
#   = \sigma_{\max}(A) = \sqrt{\lambda_{\max}(A^{\top} A)} .$$
#
# Three rules follow from this definition:
# $\lVert AB \rVert_2 \le \lVert A \rVert_2 \lVert B \rVert_2$;
# $\lVert A^{\top} \rVert_2 = \lVert A \rVert_2$, because $A^{\top} A$ and $A A^{\top}$ have the
# same eigenvalues; and for a diagonal matrix it is the largest modulus on the diagonal.
#
# How do you compute it? $A^{\top} A$ is symmetric, and its eigenvalues are the squared singular
# values of $A$. Multiply any vector by $A^{\top} A$ again and again. The component along the
# eigenvector with the largest eigenvalue grows fastest, and after some rounds the others no longer
# matter. Divide by the length after each round, or the numbers overflow. This method is called
# **power iteration**.
#
# **Exercise 1 ●●○ · 12 min.** `W` is a square matrix $(H, H)$. Return the number
# $\lVert W \rVert_2$, correct to six digits, by power iteration. Start from a random vector, which
# has a component in every direction, and use only products with `W` and with `W.T`. (NumPy's
# `np.linalg.norm(W, 2)` passes as well, but then you do not see how the number is found.)

# %% nbgrader={"grade": false, "grade_id": "spectral_norm", "locked": false, "schema_version": 3, "solution": true, "task": false}
def spectral_norm(W):
    """Returns the largest singular value of W (H, H), a number."""
    ### BEGIN SOLUTION
    v = np.random.default_rng(0).normal(size=len(W))
    for _ in range(200):
        v = W.T @ (W @ v)
        v /= np.linalg.norm(v)
    return np.linalg.norm(W @ v)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_spectral_norm", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.spectral_norm", spectral_norm)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# The loop finds a direction, but not yet the number. Once you have the direction that is stretched
# most, how do you measure by how much it is stretched?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $v \leftarrow W^{\top} (W v)$, then $v \leftarrow v / \lVert v \rVert$. When $v$ no longer
# changes, $\lVert W v \rVert$ is the answer.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Draw a normal vector of length $H$. Repeat some hundred times: apply the matrix, apply its
# transpose, and divide by the norm of the vector. After the loop return the norm of the matrix
# times the vector.
#
# </details>

# %%
# Stretch against direction for a 2 x 2 matrix; the largest is the 2-norm.
W = np.array([[0.9, 1.6], [0.0, 0.7]])
degrees = np.arange(181)
directions = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
stretch = np.linalg.norm(W @ directions, axis=0)
sigma, rho = np.linalg.norm(W, 2), np.abs(np.linalg.eigvals(W)).max()
print(f"largest stretch {stretch.max():.3f} at {degrees[stretch.argmax()]} degrees")
print(f"largest singular value {sigma:.3f}, largest eigenvalue {rho:.3f}")
level = np.ones(len(degrees))
curves = {"stretch $|Wv|$": stretch, r"$\sigma_{max}$": sigma * level, r"$\rho$": rho * level}
plots.show(
    plots.lines(degrees, curves, "direction of v, degrees", "factor"),
    f"Stretch of a unit vector against its direction: between {stretch.min():.2f} and "
    f"{stretch.max():.2f}. The singular value {sigma:.2f} touches the curve from above, "
    f"the largest eigenvalue {rho:.2f} does not bound it.",
)

# %% tags=["shows-answers"]
# Slopes far from zero, then the two parts of a Jacobian along a run of 100 steps.
for name in ("tanh", "sigmoid"):
    act = activations.get(name)
    far = [f"a = {a}: {act.slope(act(np.array(float(a)))):.1e}" for a in (0, 2, 5, 10)]
    print(f"{name:7s} slope at", *far, sep="  ")
for scale in (0.4, 1.2, 3.0):
    params, run, J = driven_run(scale * gaussian, 100)
    slopes = activations.get("tanh").slope(run.h[1:, 0])  # (T, H)
    weights, sizes = np.linalg.norm(params["W_h"], 2), np.linalg.norm(J, 2, axis=(1, 2))
    print(f"scale {scale}: weights {weights:.2f}, slopes on average {slopes.mean():.2f}, "
          f"largest of a step {slopes.max(axis=1).mean():.2f}; Jacobian {sizes.mean():.2f} on "
          f"average, never above their product: {(sizes <= weights * slopes.max(axis=1)).all()}")
nudged = run.a[:, 0, None, :] + 1e-30j * params["W_h"]  # entry j: h_{t-1}[j] is changed
measured = np.imag(np.tanh(nudged)).swapaxes(1, 2) / 1e-30  # (T, H, H), [i, j] as in J
wrong = slopes[:, :, None] * params["W_h"]  # not transposed
for name, tried in {"W_h transposed": J, "W_h as it is": wrong}.items():
    off = np.linalg.norm(tried - measured, axis=(1, 2)) / np.linalg.norm(measured, axis=(1, 2))
    print(f"J_t with {name} against a complex step: {off.min():.1e} to {off.max():.1e} off")


# %% [markdown] tags=["S4.16", "S4.23", "S4.25", "S4.33", "S4.34", "S4.35"]
# ## 2 The theorem
#
# Now many steps. From $h_k$ to $h_t$,
#
# $$\frac{d h_t}{d h_k} = J_t\, J_{t-1} \cdots J_{k+1}, \qquad
#   J_j = \operatorname{diag}(\phi'(a_j))\, W_h^{\top} .$$
#
# There are $n = t-k$ factors, one for each step. For each factor the rules of section 1 give
# $\lVert J_j \rVert_2 \le \gamma_\phi\, \sigma_{\max}(W_h)$, whatever the states are. From this
# follows a statement about any number of steps.
#
# **Theorem.**
#
# $$\boxed{\;\lVert J_{t:k} \rVert_2 \le \big(\gamma_\phi\, \sigma_{\max}(W_h)\big)^{t-k}\;}$$
#
# - $\gamma_\phi\, \sigma_{\max}(W_h) < 1$ is **sufficient** for vanishing: the product of $n$
#   Jacobians then shrinks at least as fast as $(\gamma_\phi\, \sigma_{\max})^n$. A contribution to
#   the gradient from $n$ steps back also contains a state and an adjoint from outside. Where these
#   are bounded, it is at most a constant times that power.
# - $\gamma_\phi\, \sigma_{\max}(W_h) > 1$ is **necessary** for exploding. It is not sufficient: if
#   an upper bound grows, the product below it need not grow.
#
# The theorem is in the paper by Pascanu, Mikolov and Bengio (2013). Its published version states it
# with the largest *singular value* for the nonlinear network, and with the spectral radius for the
# linear one. The arXiv version, which the article cites, still writes an eigenvalue, and so does the
# article. Section 5 counts how often the bound is then wrong.
#
# **Exercise 2 ●●○ · 8 min.** Return the bound for a product of `n` step Jacobians, a number. `W` is
# $W_h$; `phi` is a string, one of `"tanh"`, `"sigmoid"` (the logistic function), `"relu"`,
# `"identity"`. You may call your `spectral_norm`. From here on you may also use NumPy's
# `np.linalg.norm(A, 2)`, with the 2.

# %% nbgrader={"grade": false, "grade_id": "norm_bound", "locked": false, "schema_version": 3, "solution": true, "task": false}
def norm_bound(W, phi, n):
    """Returns the largest 2-norm that n Jacobians can reach by the theorem, a number."""
    ### BEGIN SOLUTION
    gamma = 0.25 if phi == "sigmoid" else 1.0
    sigma = np.linalg.norm(W, 2)
    return (gamma * sigma) ** n
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_norm_bound", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.norm_bound", norm_bound)


# %% [markdown] tags=["S4.25", "S4.31"]
# <details><summary>Hint 1 · a nudge</summary>
#
# The slopes contribute one number and the weights another. How often does each of them occur in the
# product?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Each of the $n$ factors contributes $\gamma_\phi$ and $\sigma_{\max}$ once. The table under the
# first cell lists the four values of $\gamma_\phi$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Choose the steepest slope by its name: a quarter for the logistic function and 1 for the other
# three. Multiply it by the largest singular value, and raise the product to the power $n$.
#
# </details>
#
# ---
#
# **Exercise 3 ●●○ · 20 min · graded by hand.** (a) Prove the theorem from the three rules of
# section 1. (b) Derive both consequences from it: why the condition "smaller than 1" is sufficient
# for vanishing, and why the condition "larger than 1" is necessary for exploding. (c) For each of
# the two statements, give an example which shows that its converse is false. If you find none yet,
# come back after section 9. (If you learn alone: a model answer is in `solutions/`.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "proof", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# **(a)** For one factor the first rule gives
# $$\lVert J_j \rVert_2 \le \lVert \operatorname{diag}(\phi'(a_j)) \rVert_2\,
#   \lVert W_h^{\top} \rVert_2 .$$
# The first norm on the right is the largest modulus of a slope, at most $\gamma_\phi$ (third
# rule), the second is $\sigma_{\max}(W_h)$ (second rule). The product $J_{t:k}$ has $t-k$
# factors; applying the first rule $t-k-1$ times,
# $$\lVert J_{t:k} \rVert_2 \le \prod_{j=k+1}^{t} \lVert J_j \rVert_2
#   \le (\gamma_\phi\, \sigma_{\max}(W_h))^{t-k} .$$
# For $t = k$ both sides are 1. ∎
#
# **(b)** Put $\gamma = \gamma_\phi\, \sigma_{\max}(W_h)$. If $\gamma < 1$, then $\gamma^{n} \to 0$,
# and the norm is at most $\gamma^n$, so it goes to zero at least as fast. If the norms are not
# bounded, then $\gamma^n$ is not bounded either, so $\gamma > 1$. The second statement says:
# exploding implies $\gamma > 1$.
#
# **(c)** Vanishing does not imply $\gamma < 1$: a linear network with
# $W_h = \begin{pmatrix}.5 & 10\\ 0 & .5\end{pmatrix}$ has $\gamma > 10$ and its products vanish.
# And $\gamma > 1$ does not imply exploding. The same matrix shows it, and so does one tanh unit
# with weight 2: its state settles where the slope is small, so that every later factor is below 1.

# %% [markdown] tags=["S4.24"]
# ## 3 What eigenvalues do know
#
# In the first figure of section 1 the largest eigenvalue is no bound for the stretch of one step.
# What do the eigenvalues determine, then?
#
# Take a linear network. There $J_t = W_h^{\top}$ at every step, whatever the inputs are: one
# constant matrix. A change along an eigenvector is multiplied by the same $\lambda$ at every step,
# so by $\lambda^n$ after $n$ steps. For all other directions, and for matrices with too few
# eigenvectors, there is Gelfand's formula: $\lVert A^n \rVert_2^{1/n} \to \rho(A)$. So in the long
# run the eigenvalues decide:
#
# $$\lVert A^n \rVert_2 \to 0 \;\text{ exactly if }\; \rho(A) < 1, \qquad
#   \lVert A^n \rVert_2 \to \infty \;\text{ if }\; \rho(A) > 1, \qquad
#   \rho(A) = \max_i \lvert \lambda_i \rvert .$$
#
# Note the bars in $\lvert \lambda_i \rvert$. An eigenvalue may be negative, or one of a complex
# pair, so you have to take its modulus. The article argues with eigenvalues ordered by size and
# with one eigenvector for each. The result needs neither. Moreover, most real matrices have complex
# eigenvalues and eigenvectors; the cell after exercise 5 counts how rarely all of them are real.
#
# **Exercise 4 ●○○ · 5 min.** Return the number $\rho(W)$ of a square matrix.
# `np.linalg.eigvals(W)` gives all eigenvalues, in no particular order, as complex numbers
# where some are complex.

# %% nbgrader={"grade": false, "grade_id": "spectral_radius", "locked": false, "schema_version": 3, "solution": true, "task": false}
def spectral_radius(W):
    """Returns the largest modulus of an eigenvalue of W (H, H), a number."""
    ### BEGIN SOLUTION
    return np.abs(np.linalg.eigvals(W)).max()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_spectral_radius", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.spectral_radius", spectral_radius)


# %% [markdown] tags=["S4.24"]
# <details><summary>Hint 1 · a nudge</summary>
#
# A step with the eigenvalue $-2$ stretches more than one with $1$. What about the eigenvalue $2i$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\lvert u + iv \rvert = \sqrt{u^2 + v^2}$, and $\rho$ is the largest of these.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# NumPy's absolute value also gives the modulus of complex numbers. Apply it to all eigenvalues, and
# return the maximum.
#
# </details>
#
# ---
#
# **Exercise 5 ●○○ · 8 min.** Compute how the powers of a matrix grow or shrink. Return the norms
# $\lVert W^0 \rVert_2, \lVert W^1 \rVert_2, \dots, \lVert W^n \rVert_2$ as an array of shape
# $(n+1,)$. The powers are matrix powers; $W^0$ is the identity.

# %% nbgrader={"grade": false, "grade_id": "power_norms", "locked": false, "schema_version": 3, "solution": true, "task": false}
def power_norms(W, n):
    """Returns (n + 1,): the 2-norms of W to the powers 0, 1, ..., n."""
    ### BEGIN SOLUTION
    power, norms = np.eye(len(W)), [1.0]
    for _ in range(n):
        power = power @ W
        norms.append(np.linalg.norm(power, 2))
    return np.array(norms)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_power_norms", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.power_norms", power_norms)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Is $\lVert W^2 \rVert_2$ the square of $\lVert W \rVert_2$? Is `W ** 2` the matrix $W^2$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $W^{m} = W^{m-1}\, W$, starting from the identity, whose norm is 1.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Keep the current power and a list of norms. In a loop over $n$ rounds, multiply the power by the
# matrix with `@` and append its 2-norm. Return the list as an array.
#
# </details>

# %% tags=["shows-answers"]
# Transient growth: the eigenvalue is 1/2, twice, and the powers grow before they decay.
jordan = np.array([[0.5, 10.0], [0.0, 0.5]])
n = np.arange(21)
norms = [np.linalg.norm(np.linalg.matrix_power(jordan, m), 2) for m in n]
print(*(f"n = {m}: {norms[m]:.3g}" for m in (0, 1, 2, 3, 5, 10, 20)), sep="   ")
curves = {"norm of the power": norms, r"$\rho^n$": 0.5**n}
figure = plots.lines(n, curves, "n", "factor after n steps", log="y", marker="o")
figure.axes[0].set_xticks(n[::5])
plots.show(
    figure,
    f"Transient growth: the norm of the n-th power of [[0.5, 10], [0, 0.5]] is {norms[1]:.2f} "
    f"after one step, {norms[5]:.2g} after 5 and {norms[20]:.1g} after 20 steps. The powers of "
    f"the spectral radius 0.5 lie far below it: {0.5**5:.2g} after five steps.",
)
spectra = np.linalg.eigvals(np.random.default_rng(1).normal(size=(4000, 5, 5)))
share = np.mean((abs(spectra.imag) < 1e-12).all(axis=1))
print(f"5 x 5 Gaussian matrices, all eigenvalues real: {share:.1%} of the draws;", end=" ")
print(f"known exact value 2^-5 = {2.0**-5:.3%}")

# %% tags=["shows-answers"]
# Product, bound and rho^n for W_h = scale * gaussian, so that rho(W_h) is the scale.
n, scales, sigma, curves = np.arange(31), (0.4, 1.2, 3.0), np.linalg.norm(gaussian, 2), {}
for scale in scales:
    J = driven_run(scale * gaussian, 30)[2][:, None]
    steps = [paths.transition(J, m, 0)[0] for m in n]
    curves[f"scale {scale}"] = norms = np.linalg.norm(steps, 2, axis=(1, 2))
    ends = norms[-1], (scale * sigma) ** 30, scale**30
    print(f"scale {scale}, n = 30: norm {ends[0]:.2g}, bound {ends[1]:.2g}, rho^n {ends[2]:.2g}")
title = r"dashed: $(\gamma_\phi \sigma_{max})^n$, dotted: $\rho^n$"
figure = plots.lines(n, curves, "number of Jacobians n", "norm of the product", title, "y")
for scale, colour in zip(scales, plots.COLOURS):
    figure.axes[0].plot(n, (scale * sigma) ** n, "--", n, scale**n, ":", color=colour, lw=1)
at_end = ", ".join(f"{curve[-1]:.1e} for {name}" for name, curve in curves.items())
plots.show(figure, f"Norm of the product of n Jacobians; at n = 30: {at_end}, rho^n above each.")
J = driven_run(0.9 * gaussian, 6)[2]
sizes, radii = np.linalg.norm(J, 2, axis=(1, 2)), abs(np.linalg.eigvals(J)).max(axis=1)
six = np.linalg.multi_dot(J[::-1])
print(f"rho(W_h) = 0.9: {np.sum(sizes > 1)} of {len(J)} steps have a norm above 1")
print(f"norm of the product {np.linalg.norm(six, 2):.3f}, product of norms {sizes.prod():.3f}")
print(f"rho of product {max(abs(np.linalg.eigvals(six))):.3f}, product of rhos {radii.prod():.3f}")

# %% [markdown] tags=["S4.17", "S4.18", "S4.34"]
# **What the bound and the eigenvalue say about three networks.** The theorem's bound (dashed) holds
# for each network. But only at the smallest scale does the bound prove that the product vanishes.
# At the middle scale the bound explodes while the product vanishes: a bound above 1 forces nothing.
# The powers of $\rho(W_h)$ (dotted) are no bound, because after one and after two steps the product
# is above them. They are no prediction either: after 30 steps they are too large at all three
# scales, because they do not contain the slopes.
#
# ## 4 Refute it: two printed bounds
#
# **The bound of 1.** The article says that the 2-norm of the Jacobian is at most 1, because the
# activation maps into $[-1, 1]$. But a function with small *values* can have large *slopes*, and
# the Jacobian multiplies the slopes by the weights.
#
# **The exponent.** The article writes the product as
# $\prod_{j=k}^{t} \partial h_{j+1} / \partial h_j$ and gives $\gamma^{\,t-k}$ as its bound. Count
# the factors of the product.
#
# **Exercise 6 ●●○ · 12 min · refute it.** Give `bounds`, a dict of two tuples:
#
# - `bounds["one"] = (W_h, a)`: a square matrix whose entries all lie between $-0.9$ and $0.9$, and
#   a row of pre-activations (a list of $H$ numbers), each of modulus at least 0.5. The Jacobian of
#   this tanh step, $\operatorname{diag}(1 - \tanh^2 a)\, W_h^{\top}$, must have a 2-norm above 1.
# - `bounds["exponent"] = (W_h, k, t)` with steps $1 \le k < t \le 50$: in the *linear* network with
#   this matrix every Jacobian is $W_h^{\top}$, and $\gamma = \lVert W_h \rVert_2$. The norm of
#   $d h_{t+1} / d h_k$ must exceed $\gamma^{\,t-k}$.
#
# Entries up to 1000; any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "bounds", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
bounds = None  # {"one": (W_h, a), "exponent": (W_h, k, t)}
### BEGIN SOLUTION
bounds = {"one": (np.full((3, 3), 0.9), [0.5, 0.5, 0.5]), "exponent": ([[1.5]], 2, 5)}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_bounds", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.refute_bounds", bounds)

# %% [markdown] tags=["S4.24", "S4.32", "S4.52"]
# <details><summary>Hint 1 · a nudge</summary>
#
# No entry may be large, but you may use as *many* units as you like. And how many steps lie between
# $h_k$ and $h_{t+1}$?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# A matrix of $H \times H$ equal entries $w$ has the norm $H\, \lvert w \rvert$. The product
# has $t - k + 1$ factors; for a multiple of the identity its norm is exactly the power.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Compute the slope at one half and multiply it by 0.9. How many units does a matrix of equal
# entries then need? For the second part one unit is enough. Must its weight be above or below 1 for
# the missing factor to matter?
#
# </details>
#
# ## 5 Refute it: the eigenvalue as a bound
#
# The matrix of the first figure in section 3 is *non-normal*: its eigenvectors are far from
# orthogonal (here there is only one), and a change can grow tenfold before it decays. For such
# matrices two statements of the article are wrong.
#
# 1. The article bounds every step by a number $\gamma_W$ that it calls the largest eigenvalue of
#    $W_h$, and cites the paper whose published version has the singular value. With
#    $\gamma_W = \rho(W_h)$ it would follow that $\lVert W_h^n \rVert_2 \le \rho(W_h)^n$. Even a
#    single step can violate this: in the last lines printed before section 4 all steps have a norm
#    above 1, although $\rho(W_h)$ is below 1.
# 2. The article compares the largest eigenvalue itself with 1, and not its modulus: if it is below
#    1, the article says, the gradient vanishes.
#
# **Exercise 7 ●●○ · 12 min · refute it.** Give `eigen`, a dict of two square matrices (nested
# lists or arrays, entries between $-1000$ and $1000$):
#
# - `eigen["transient"]` has $\rho \le 0.5$, but its **fifth** power has a 2-norm of at least 10;
# - `eigen["negative"]` has only real eigenvalues, all of them below 1, but its **twentieth** power
#   has a norm of at least 1000.
#
# Any valid counterexample passes.

# %% nbgrader={"grade": false, "grade_id": "eigen", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
eigen = None  # {"transient": A, "negative": B}
### BEGIN SOLUTION
eigen = {"transient": [[0.5, 100.0], [0.0, 0.5]], "negative": [[-1.5, 0.0], [0.0, 0.3]]}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_eigenvalues", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.refute_eigenvalues", eigen)

# %% [markdown] tags=["S4.24", "S4.25"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Section 3 shows powers that grow before they decay. Which entry of the matrix makes them grow? For
# the second matrix: which numbers below 1 have large powers?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $$\begin{pmatrix}\lambda & c\\ 0 & \lambda\end{pmatrix}^{n}
#   = \begin{pmatrix}\lambda^n & n \lambda^{n-1} c\\ 0 & \lambda^n\end{pmatrix}$$
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# Keep both eigenvalues at one half, and enlarge the entry in the corner until $5 \cdot 0.5^4\, c$
# exceeds ten. For the second matrix take a negative number. How large must its modulus be for its
# twentieth power to exceed a thousand?
#
# </details>

# %% tags=["shows-answers"]
# How often the eigenvalue fails: both readings of the bound, counted over 400 networks.
draws, over, above, cases = np.random.default_rng(7), {"singular": 0, "eigen": 0}, 0, 0
for seed in range(400):
    W_h = draws.normal(size=(4, 4)) * draws.uniform(0.1, 0.8)
    rho, J = flow.spectral_radius(W_h), driven_run(W_h, 8, seed)[2][:, None]
    for n in range(1, 9):
        norm = np.linalg.norm(paths.transition(J, n, 0)[0], 2)
        over["singular"] += norm > flow.norm_bound(W_h, "tanh", n) * (1 + 1e-12)
        over["eigen"] += norm > rho**n
        cases += 1
    held = driven_run(0.9 / rho * W_h, 8, seed)[2]  # now rho(W_h) = 0.9
    above += (np.linalg.norm(held, 2, axis=(1, 2)) > 1).mean() / 400
print(f"of {cases:,} products of 1 to 8 Jacobians, above the bound: {over['singular']} with the "
      f"singular value, {over['eigen']:,} with the eigenvalue")
print(f"with rho(W_h) = 0.9, single Jacobians with a norm above 1: {above:.0%}")

# %% [markdown] tags=["S4.24", "S4.25"]
# ## 6 Refute it: eigenvalues of different matrices
#
# For one constant matrix the spectral radius decides in the long run. The article applies this to a
# product of *different* Jacobians, as if all of them had the same eigenvectors. The last lines
# printed before section 4 show one run: the norm of the product is neither the product of the
# single spectral radii nor the product of the single norms. Does a product of matrices with small
# eigenvalues have small eigenvalues?
#
# **Exercise 8 ●●● · 20 min · refute it.** Give `products`, a dict of three pairs. All matrices are
# $2 \times 2$, with entries between $-1000$ and $1000$:
#
# - `products["explodes"] = (A, B)`: $\rho(A) \le 0.9$ and $\rho(B) \le 0.9$. Alternate the two for
#   20 steps, $J_1 = A$, $J_2 = B$, $J_3 = A$, …: the product $J_{20} \cdots J_1$ must have a norm
#   of at least 1000.
# - `products["vanishes"] = (A, B)`: both have a spectral radius of at least 1.1, and the norm after
#   20 steps must be at most 0.001.
# - `products["held"] = (W_h, a)`: $\rho(W_h) \le 0.9$. The inputs of a tanh network keep its two
#   pre-activations at the row `a` at every step, so every Jacobian is
#   $J = \operatorname{diag}(1 - \tanh^2 a)\, W_h^{\top}$, and no slope exceeds 1. Even so,
#   $\lVert J^{20} \rVert_2$ must be at least 1000.

# %% nbgrader={"grade": false, "grade_id": "products", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
products = None  # {"explodes": (A, B), "vanishes": (A, B), "held": (W_h, a)}
### BEGIN SOLUTION
products = {
    "explodes": ([[0.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [2.0, 0.0]]),
    "vanishes": ([[1.5, 0.0], [0.0, 0.1]], [[0.1, 0.0], [0.0, 1.5]]),
    "held": ([[2.0, -2.0], [2.0, -2.0]], [0.0, 5.0]),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_products", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.refute_products", products)


# %% [markdown] tags=["S4.16", "S4.17", "S4.23", "S4.27"]
# <details><summary>Hint 1 · a nudge</summary>
#
# Some matrices are not zero, but their square is zero (nilpotent matrices, lesson 03). And a
# direction that one matrix stretches can be shrunk by the other.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $\begin{pmatrix}0 & c\\ 0 & 0\end{pmatrix}$ has the spectral radius 0. Multiply it by its own
# transpose. A row of slopes $(1, s)$ with small $s$ makes the second row of $W_h^{\top}$ almost
# zero. What are the eigenvalues of the resulting matrix?
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# First pair: one entry above the diagonal, one below. Second pair: two diagonal matrices that are
# large in different places. Third pair: a matrix $W_h^{\top}$ with a constant first row and its
# negative in the second; its trace and its determinant are zero. Saturate the unit that cancels the
# other one. Then $J$ has one large eigenvalue. How large must it be for its twentieth power to
# exceed a thousand?
#
# </details>
#
# ## 7 The growth rate
#
# Neither the norms nor the eigenvalues of the factors determine how a product grows. So measure the
# product itself:
#
# $$r_T = \frac{1}{T} \ln \lVert J_T \cdots J_1 \rVert_2 .$$
#
# This number describes these $T$ steps: on average each step multiplies by $e^{r_T}$. If it is
# negative, the $T$ steps together shrink every change. If it is positive, they stretch some change.
# Over many steps the product becomes too small or too large for a floating-point number. So divide
# it by its norm after every step, and add up the logarithms of these norms.
#
# **Exercise 9 ●●○ · 12 min.** `J` has shape $(T, H, H)$; entry $t-1$ is the Jacobian of step $t$.
# Return the number $r_T$. One of the tests has several hundred steps, and the entries of its
# product are smaller than the smallest float.

# %% nbgrader={"grade": false, "grade_id": "growth_rate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def growth_rate(J):
    """Returns (1/T) ln of the 2-norm of J_T ... J_1, a number."""
    ### BEGIN SOLUTION
    log_size, product = 0.0, np.eye(len(J[0]))
    for J_t in J:
        product = J_t @ product
        size = np.linalg.norm(product, 2)
        log_size += np.log(size)
        product = product / size
    return log_size / len(J)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_growth_rate", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.growth_rate", growth_rate)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# Each new Jacobian is multiplied from the left. The norm of the whole product is the product of all
# the norms you divided by, times the norm of the matrix that remains.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $P_t = J_t P_{t-1} / s_t$ with $s_t = \lVert J_t P_{t-1} \rVert_2$ and $P_0 = I$. Then
# $\ln \lVert J_T \cdots J_1 \rVert_2 = \ln s_1 + \dots + \ln s_T$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start from the identity and a sum of zero. For each Jacobian, from the first to the last, multiply
# the current matrix by it from the left and compute the 2-norm. Add the logarithm of this norm to
# the sum, and divide the matrix by the norm. At the end divide the sum by the number of steps.
#
# </details>
#
# ---
#
# **Growth rate against the scale of the weights.** The next cell multiplies two matrices by scales
# from 0.3 to 10 and measures the growth rate over 100 driven steps. One is the random matrix, the
# other is the identity. At each scale both have the same spectral radius.
#
# **Predict first.** Do both growth rates rise with the scale?

# %% tags=["shows-answers"]
# Growth rates over a sweep of scales: a random matrix, and a multiple of the identity.
scales = np.array([0.3, 0.5, 0.7, 0.9, 1.2, 1.5, 2, 3, 5, 7, 10])
rates = {"random": [], "identity": []}
for scale in scales:
    for label, W_h in zip(rates, (gaussian, np.eye(H))):
        rates[label].append(flow.growth_rate(driven_run(scale * W_h, 100)[2]))
shown = [np.flatnonzero(scales == scale)[0] for scale in (0.5, 0.9, 1.5, 3, 10)]
for label, rate in rates.items():
    print(label, *(f"  scale {scales[i]:g}: {rate[i]:+.2f}" for i in shown))
random, scaled = rates.values()
rates["zero"] = 0 * scales
figure = plots.lines(scales, rates, "scale of $W_h$", "growth rate per step", log="x")
figure.axes[0].set_ylim(-2, 1)
plots.show(
    figure,
    f"Growth rate against scale: the random matrix rises from {random[0]:.2f} to "
    f"{random[-1]:+.2f}, above zero for large scales; the multiple of the identity comes no "
    f"nearer to zero than {max(scaled):.2f} and leaves the figure, down to {scaled[-1]:.1f}.",
)


# %% [markdown] tags=["S4.21", "S4.27"]
# **The identity never explodes.** The product of the random matrix grows when its scale is large.
# The multiple of the identity has the same $\rho$, but its product never grows. Its growth rate
# comes nearest to zero between the scales 0.9 and 1.5; from about 1.5 on, the larger the scale, the
# faster its gradient vanishes. The reason is saturation: a large weight makes the state large, and
# the slope small.
#
# ## 8 The limit: Lyapunov exponents
#
# The sign of $r_T$ tells you what $T$ steps of one run have done. It does not yet characterise the
# network. For that, let $T$ grow. Suppose that the statistics of the Jacobians do not change over
# time and that averages over one long run equal averages over all runs (the Jacobians are
# stationary and ergodic). Suppose also that $\ln^{+} \lVert J_t \rVert_2$ has a finite mean, where
# $\ln^{+} x = \max(\ln x, 0)$. Then with probability one $r_T$ tends to a limit, and the limit is
# the same for every run (Furstenberg and Kesten, 1960):
#
# $$r_T \;\longrightarrow\; \lambda_1 \qquad (T \to \infty) .$$
#
# The limit $\lambda_1$ is the **top Lyapunov exponent**. It decides in the long run: if
# $\lambda_1 < 0$ the gradient vanishes, if $\lambda_1 > 0$ it explodes. It can also be 0: a product
# of orthogonal matrices keeps every length, whatever the number of factors. (A network whose state
# ends near one of several points, such as the unit of section 10, has one limit for each point.)
#
# $\lambda_1$ belongs to the directions that are stretched most. The other directions have growth
# rates of their own, $\lambda_1 \ge \lambda_2 \ge \dots \ge \lambda_H$: the **Lyapunov spectrum**.
# You cannot read it off the product, because after some steps all columns of the product point in
# nearly the same direction. So multiply an orthonormal basis by the Jacobians instead, and make it
# orthonormal again after every step with a QR decomposition (Benettin et al., 1980):
#
# $$Q_t\, R_t = J_t\, Q_{t-1}, \qquad Q_0 = I, \qquad
#   \lambda_i \approx \frac1T \sum_{t=1}^{T} \ln \big\lvert R_t[i,i] \big\rvert .$$
#
# A QR decomposition writes a matrix as the product of an orthogonal matrix, here $Q_t$, and an
# upper triangular matrix, here $R_t$. The entry $R_t[i,i]$ is, up to its sign, the factor by which
# step $t$ stretches the $i$-th direction, after the components along the directions before it have
# been removed. (For one constant matrix the exponents are the logarithms of the moduli of its
# eigenvalues. So section 3 is a special case, and Lyapunov exponents take the place of eigenvalues
# when the matrix changes at every step.)
#
# You can check the measured exponents. The determinant of a product is the product of the
# determinants, and the determinant of $Q_t$ is $\pm 1$. So for every $T$ the exponents add up to
# the mean of $\ln \lvert \det J_t \rvert$. In this sum the two parts of a Jacobian are separated:
#
# $$\sum_{i=1}^{H} \lambda_i \;=\; \underbrace{\ln \lvert \det W_h \rvert}_{\text{weights}} \;+\;
#   \underbrace{\frac1T \sum_{t=1}^{T} \sum_{i=1}^{H} \ln \phi'(a_t[i])}_{\text{slopes}} .$$
#
# **Exercise 10 ●●○ · 15 min.** `J` is as in exercise 9. Return the $H$ exponents as an array of
# shape $(H,)$, the largest first. `np.linalg.qr(A)` returns $Q$ and $R$. The diagonal of $R$ may
# contain negative numbers, so take moduli.

# %% nbgrader={"grade": false, "grade_id": "lyapunov_spectrum", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lyapunov_spectrum(J):
    """Returns (H,): the growth rates of all directions, the largest first."""
    ### BEGIN SOLUTION
    Q, log_sizes = np.eye(len(J[0])), 0.0
    for J_t in J:
        Q, R = np.linalg.qr(J_t @ Q)
        log_sizes = log_sizes + np.log(np.abs(np.diag(R)))
    return np.sort(log_sizes / len(J))[::-1]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_lyapunov_spectrum", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.lyapunov_spectrum", lyapunov_spectrum)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# It is the loop of exercise 9. You now measure $H$ stretches per step where you measured one norm,
# and you pass on an orthonormal basis where you passed on the divided product.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $J_t Q_{t-1} = Q_t R_t$: pass the new $Q$ on to the next step, and add
# $\ln \lvert R_t[i,i] \rvert$ to the $i$-th sum. Divide all sums by $T$ at the end.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Start from the identity and an array of zeros. For each Jacobian, from the first to the last,
# multiply it by the basis on its right and decompose the product. The orthogonal factor is the new
# basis. Add the logarithms of the moduli on the diagonal of the triangular factor to the array. At
# the end divide by the number of steps, sort, and reverse the order.
#
# </details>

# %% tags=["shows-answers"]
# Rates after T steps, 200 random networks of 8 units, rho(W_h) = 1.5.
J = []
for seed in range(200):
    W_h = np.random.default_rng(seed).normal(size=(8, 8))
    J.append(driven_run(1.5 / flow.spectral_radius(W_h) * W_h, 500, seed)[2])
J, steps, rates = np.stack(J, axis=1), np.array([5, 10, 20, 50, 100, 200]), []
for T in steps:  # J is (T, B, H, H): the networks side by side
    rates.append(flow.growth_rate(J[:T]))
    print(f"T = {T:3d}: mean rate {rates[-1].mean():+.3f}, above zero in "
          f"{(rates[-1] > 0).mean():.1%} of the networks")
tops = flow.lyapunov_spectrum(J)[:, 0]
print(f"top exponent from 500 steps: mean {tops.mean():+.3f}, largest {tops.max():+.3f}")
low, middle, high = np.quantile(rates, [0.05, 0.5, 0.95], axis=1)
curves = {"95 % of the networks below": high, "median": middle, "5 % below": low}
curves["zero"] = np.zeros(len(steps))
plots.show(
    plots.lines(steps, curves, "number of steps T", "growth rate $r_T$", log="x", marker="o"),
    f"Growth rate of 200 networks against T: the median falls from {middle[0]:+.2f} at T = 5, "
    f"where {np.mean(rates[0] > 0):.0%} are above zero, to {middle[-1]:+.2f} at T = {steps[-1]}.")

# %% tags=["shows-answers"]
# Slopes against weights: the whole spectrum of the driven networks, and its sum.
curves = {}
for scale in (0.4, 1.2, 3.0):
    params, run, J = driven_run(scale * gaussian, 500)
    curves[f"scale {scale}"] = spectrum = flow.lyapunov_spectrum(J)
    weights = np.linalg.slogdet(params["W_h"])[1] / H
    slopes = np.log(1 - run.h[1:] ** 2).mean()
    print(f"scale {scale}: mean exponent {spectrum.mean():+.3f} = weights {weights:+.3f} "
          f"+ slopes {slopes:+.3f}; above zero {np.sum(spectrum > 0)} of {H}")
tops = ", ".join(f"{curve[0]:+.2f} for {name}" for name, curve in curves.items())
curves["zero"] = np.zeros(H)
plots.show(
    plots.lines(np.arange(1, H + 1), curves, "i", r"exponent $\lambda_i$ per step"),
    f"Lyapunov spectra of three networks of {H} units, falling with i. Largest: {tops}.",
)

# %% [markdown] tags=["S4.25", "S4.27", "S4.44"]
# **Short runs mislead.** In the first figure, most of these networks have a growth rate above zero
# after five steps, and you would conclude that their gradients explode. After 200 steps no growth
# rate is above zero: the gradients vanish. The second figure shows that a spectrum is a whole
# curve, and only its left end decides whether the gradient explodes. Even where it explodes, most
# directions shrink. The printed means (the two sums divided by $H$) show two opposing effects.
# Larger weights increase the exponents; but they also make the states larger and the slopes
# smaller, which decreases the exponents. From scale 0.4 to scale 1.2 the first effect is larger and
# the mean exponent rises; from 1.2 to 3.0 the second is larger and the mean exponent falls.
#
# ## 9 Refute it: one unit is enough
#
# If the matrix is small enough, the gradient vanishes; that is the theorem. If it is large, the
# weights and the saturation act against each other, and the result depends on the matrix, as you
# saw. So these statements of the article are wrong, already for $h_t = \tanh(w h_{t-1} + x_t)$,
# where $J_t = w\,(1 - h_t^2)$ is a number:
#
# 1. If the weight is too large, the derivative goes to infinity; if the largest eigenvalue
#    exceeds 1, it explodes.
# 2. In a plain RNN the factors will *eventually* be either always above 1, or always between
#    0 and 1.
#
# Note the word "eventually". A unit without inputs does settle in the end, and then a positive
# factor stays on one side of 1. So a counterexample with a positive weight needs inputs that
# continue.
#
# **Exercise 11 ●●○ · 15 min · refute it.** Give `units`, a dict of three tuples `(w, x, h_0)`,
# each with a number, a list of inputs and a number:
#
# - `units["vanishes"]`, against statement 1: $w \ge 5$ and 50 inputs; the product of the 50 factors
#   has a modulus of at most $10^{-10}$;
# - `units["mixed"]`, against statement 2: 100 to 1000 inputs; in the **last half** of the run at
#   least ten factors are above 1, and at least ten lie between 0 and 1;
# - `units["negative"]`, also against statement 2: 100 to 1000 inputs; every factor is below 0.

# %% nbgrader={"grade": false, "grade_id": "units", "locked": false, "schema_version": 3, "solution": true, "task": false} tags=["raises-exception"]
units = None  # {"vanishes": (w, x, h_0), "mixed": ..., "negative": ...}
### BEGIN SOLUTION
units = {
    "vanishes": (5.0, [0.0] * 50, 0.5),
    "mixed": (1.8, [2.0, -2.0, 0.0, 0.0] * 25, 0.1),
    "negative": (-1.8, [0.0] * 100, 0.1),
}
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check_refute_one_unit", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.refute_one_unit", units)


# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# If there is no input, to which value does the state of such a unit converge? What is the slope
# there?
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# $J_t = w\,(1 - h_t^2)$. The bracket is between 0 and 1. So the factor has the sign of $w$, and its
# size depends on how far the state is from zero.
#
# </details>
# <details><summary>Hint 3 · almost the numbers</summary>
#
# First: use inputs of zero and any start except zero, and let the state settle. Second: take a
# weight between 1 and 2. A state close to zero gives a factor above 1. Then one input moves the
# state away from zero, and another one brings it back. Repeat the same few inputs again and again.
# Third: which sign must the weight have, and how large may the state become before its slope rounds
# to zero?
#
# </details>

# %% [markdown] tags=["S4.29"]
# ## 10 What a robust memory costs
#
# The unit with $w = 2$ and no inputs settles at one of two states, near $+0.96$ or near $-0.96$. So
# it stores one bit: the sign of its first state. Bengio, Simard and Frasconi (1994) call this
# *latching*, and they asked what it costs.
#
# Let every input be noise, any number between $-0.5$ and $0.5$. If $h_{t-1} \ge 0.8$, then
# $a_t \ge 2 \cdot 0.8 - 0.5 = 1.1$, and $\tanh 1.1$ is above $0.8$. So the state stays in
# $[0.8, 1]$ forever, whatever the noise is: the bit is safe. But on this interval every factor is
# at most $2\,(1 - 0.8^2) = 0.72$, so
#
# $$\Big\lvert \frac{d h_T}{d h_0} \Big\rvert \le 0.72^{\,T} .$$
#
# The two facts have the same cause. The memory withstands noise because each step brings different
# states closer together, so a disturbance dies out. The derivative measures how a small difference
# between two states develops, and this difference dies out as well. Bengio, Simard and Frasconi
# prove it for every recurrent network: where the state can be held against noise, the map
# contracts, and there $d h_T / d h_0$ vanishes exponentially. The cell below runs 2,000 noisy
# sequences for each of many weights.
#
# **Predict first.** Is there a weight that keeps the bit in nearly every run and also keeps most of
# the gradient at each step?

# %%
def noisy(w, runs=2000, T=100):
    """States (T + 1, runs) of h = tanh(w h + noise), noise in [-1/2, 1/2], from h_0 = 0.9."""
    noise = np.random.default_rng(10).uniform(-0.5, 0.5, (T, runs, 1))
    return rnn.forward({"W_x": np.eye(1), "W_h": np.full((1, 1), w)}, noise,
                       np.full((runs, 1), 0.9)).h[:, :, 0]


weights = np.array([0.5, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0])
kept, factor = np.zeros((2, len(weights)))
for n, w in enumerate(weights):
    h = noisy(w)
    logs = np.log(w * (1 - h[1:] ** 2)).sum(axis=0)  # ln of dh_T/dh_0, one for each run
    kept[n], factor[n] = (h[-1] > 0).mean(), np.exp(logs.mean() / len(h[1:]))
    if w in (0.9, 1.1, 1.5, 2.0):
        low, high = np.quantile(logs / np.log(10), [0.05, 0.95])
        print(f"w = {w}: bit kept in {kept[n]:.1%} of the runs; log10 dh_T/dh_0 from {low:.1f} to "
              f"{high:.1f}; lowest |h| {abs(h).min():.3f}")
print(f"bound for w = 2: log10 of 0.72^100 is {100 * np.log10(0.72):.1f}")
curves = {"share of runs that keep the bit": kept, "factor per step $e^r$": factor}
plots.show(plots.lines(weights, curves, "weight w", "", marker="o"),
           f"Bit kept after 100 steps: {kept[0]:.2f} at w = 0.5, {kept[-1]:.2f} at w = 3. Mean "
           f"factor per step: at most {factor.max():.2f}, at w = {weights[factor.argmax()]}.")


# %% [markdown] tags=["S4.35"]
# **No weight does both.** Where the gradient shrinks most slowly, the bit is lost: half of the runs
# keep it, as many as if you tossed a coin. Where every run keeps the bit, one step leaves less than
# a third of the gradient. A cell that keeps a bit *and* its gradient must not contract, and it must
# keep the noise out. The LSTM of lessons 09 to 11 is built for this: its state is carried over by
# addition, and gates control what is added.
#
# ## 11 The cliff
#
# Exploding gradients cause a different kind of damage. Give the same unit a bias in place of
# inputs, $h_t = \tanh(w h_{t-1} + b)$ with $h_0 = 0.5$, and let the target for $h_{50}$ be $0.7$.
# The loss $L = \tfrac12 (h_{50} - 0.7)^2$ depends on two numbers, so it can be drawn. Pascanu,
# Mikolov and Bengio (2013) drew such a surface for one logistic unit.

# %%
def cliff(w, b):
    """Loss after 50 steps and its gradient; w and b are arrays of one shape."""
    h, dh_dw, dh_db = np.full_like(w, 0.5), 0.0, 0.0
    for _ in range(50):  # total derivatives, forward in time as in lesson 01
        before, h = h, np.tanh(w * h + b)
        slope = 1 - h**2
        dh_dw, dh_db = slope * (before + w * dh_dw), slope * (1 + w * dh_db)
    return (h - 0.7) ** 2 / 2, (h - 0.7) * dh_dw, (h - 0.7) * dh_db


def descend(w, b, longest, lr=0.3):
    """One step of gradient descent, the gradient shortened to the length `longest`."""
    _, dw, db = cliff(w, b)
    length = lr * np.minimum(1, longest / np.maximum(np.hypot(dw, db), 1e-12))
    return w - length * dw, b - length * db


W, B = np.meshgrid(np.linspace(1, 5, 161), np.linspace(1, -2, 121))
loss, dw, db = cliff(W, B)
lengths = np.hypot(dw, db)
print(f"norm of the gradient on the grid: median {np.median(lengths):.2g}, "
      f"99 % below {np.quantile(lengths, 0.99):.2g}, largest {lengths.max():.3g}")

# %%
# The loss as colours, and one step from its steepest point, plain and shortened.
top = np.unravel_index(lengths.argmax(), lengths.shape)
start, names = (W[top], B[top]), ("weight w", "bias b", "loss after 50 steps")
moves = [(start, descend(*start, longest)) for longest in (np.inf, 1.0)]
far, near = (np.hypot(w - W[top], b - B[top]) for _, (w, b) in moves)
plots.show(plots.landscape(loss, W[0], B[:, 0], *names, moves),
           f"Loss over w and b: two plains with a steep wall between them. From the steepest "
           f"point a plain step (red) goes {far:.0f} far, out of the figure; a shortened step "
           f"goes {near:.1f} far and ends beside the wall.")

# %%
# 300 steps from every point of the grid where the gradient is among the longest 1 %.
edge = lengths >= np.quantile(lengths, 0.99)
for longest in (np.inf, 1.0):
    w, b, away = W[edge], B[edge], np.zeros(edge.sum())
    for _ in range(300):
        w, b = descend(w, b, longest)
        away = np.maximum(away, np.hypot(w - W[edge], b - B[edge]))
    learned = np.mean(cliff(w, b)[0] < 0.01)
    print(f"gradient at most {longest} long: {learned:.1%} of {len(w)} starts reach a loss below "
          f"0.01; the farthest goes {away.max():.2f} away from its start")


# %% [markdown] tags=["S1.10", "S4.29", "S4.50"]
# **One step can throw the parameters far away.** Below the wall the state settles at its lower
# value, above the wall at the upper one. On the wall itself the state stays near the point between
# the two values for a long time. There every factor $w\,(1 - h_t^2)$ is above 1, and the gradient
# contains the product of these factors. A step along this gradient, at the learning rate 0.3, moves
# the parameters far away, onto a plain where the gradient is nearly zero, and some of these runs
# have not returned after 300 steps. The *direction* of the gradient is useful: if a gradient longer
# than 1 is shortened to the length 1, all starts reach a small loss. This is **clipping**, and
# lesson 08 defines it.
#
# ## 12 What vanishes is the part from far away
#
# The unrolled network of lesson 03 shows that the older the use of a weight is, the more factors
# $J$ lie between this use and the loss. Sort the paths by their **lag** $\ell = t - k$, the number
# of Jacobians in them:
#
# $$\frac{dL}{dW_h} = \sum_{\ell=0}^{T-1} C_\ell, \qquad C_\ell = \sum_{t-k=\ell}
#   h_{k-1} \otimes \big[(\bar h^{\mathrm{out}}_t\, J_{t:k}) \odot \phi'(a_k)\big] ,$$
#
# where the second sum runs over all pairs $1 \le k \le t \le T$ with this lag. "The gradient
# vanishes" means that $C_\ell$ vanishes for large $\ell$. The gradient itself need not vanish.
# $C_0$ contains no $J$ at all, only the slope $\phi'(a_t)$, which is small where a unit is
# saturated. So the network still learns, but only from what happened a few steps before.
#
# You need no product of Jacobians to compute $C_\ell$. Send all adjoints back *together*, one step
# per round. After $\ell$ rounds each adjoint has been multiplied by $\ell$ Jacobians. Those that
# would have to go back beyond step 1 are dropped.
#
# **Exercise 12 ●●● · 25 min.** The network is a tanh network, and `params["W_h"]` is its recurrent
# matrix. `h` is $(T+1, B, H)$, all states; `dh` is $(T, B, H)$, and its row $t-1$ is
# $\bar h^{\mathrm{out}}_t$, from the loss at step $t$. Return an array of shape $(T, H, H)$ whose
# entry $\ell$ is $C_\ell$, summed over the batch. The sum over its first axis is the whole
# gradient.

# %% nbgrader={"grade": false, "grade_id": "contribution_by_lag", "locked": false, "schema_version": 3, "solution": true, "task": false}
def contribution_by_lag(params, h, dh):
    """Returns (T, H, H): entry l is the part of dL/dW_h that has crossed l Jacobians."""
    ### BEGIN SOLUTION
    W_h, slope = params["W_h"], 1 - h[1:] ** 2
    parts, felt = [], dh
    for lag in range(len(dh)):
        da = felt * slope[: len(felt)]
        parts.append(np.einsum("tbm,tbn->mn", h[: len(da)], da))
        felt = da[1:] @ W_h.T
    return np.array(parts)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check_contribution_by_lag", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["raises-exception"]
check("07.contribution_by_lag", contribution_by_lag)

# %% [markdown]
# <details><summary>Hint 1 · a nudge</summary>
#
# There are two ways. You can use the loops of lesson 03, one over $t$ and one over $k$, and add
# each term to the entry of its lag. Or you can shift the whole array of adjoints by one step per
# round.
#
# </details>
# <details><summary>Hint 2 · the equation</summary>
#
# Let $u^{(\ell)}_k$ be the gradient of $L_{k+\ell}$ with respect to $h_k$:
# $u^{(0)}_k = \bar h^{\mathrm{out}}_k$, and
# $u^{(\ell+1)}_{k-1} = \big(u^{(\ell)}_k \odot \phi'(a_k)\big)\, W_h^{\top}$. Then
# $C_\ell = \sum_k h_{k-1} \otimes \big(u^{(\ell)}_k \odot \phi'(a_k)\big)$.
#
# </details>
# <details><summary>Hint 3 · almost the code</summary>
#
# Keep an array that starts as `dh`. In each round, multiply it by the slopes of the steps
# $1, 2, \dots$ that it still contains. Form the outer products with the states *before* these steps
# and sum them over steps and batch: this is the entry of the round. Then drop the first row, and
# multiply the others by the transposed matrix. The array becomes one step shorter in every round.
#
# </details>

# %% tags=["shows-answers"]
# The gradient of the last loss alone, split by lag, for three scales.
T, curves = 60, {}
for scale in (0.4, 1.2, 3.0):
    params, run, _ = driven_run(scale * gaussian, T)
    dh = np.zeros((T, 1, H))
    dh[-1] = np.random.default_rng(8).normal(size=(1, H))
    terms = paths.path_terms(params, run, dh, T)["W_h"][::-1]  # the use at step T first
    curves[f"scale {scale}"] = np.linalg.norm(terms, axis=(1, 2))
    whole = np.linalg.norm(terms.sum(axis=0)) / curves[f"scale {scale}"][0]
    sizes = [f"lag {lag}: {curves[f'scale {scale}'][lag]:.1e}" for lag in (0, 10, 30, 59)]
    print(f"scale {scale}:", *sizes, f"  whole gradient / lag 0: {whole:.3g}")
plots.show(
    plots.lines(np.arange(T), curves, "lag: number of Jacobians", "norm of the term", log="y"),
    "Norm of the term of dL/dW_h against its lag, logarithmic axis. From lag 0 to lag 59: "
    + "; ".join(f"{name} from {c[0]:.1e} to {c[-1]:.1e}" for name, c in curves.items()),
)

# %% [markdown]
# **Which lags dominate?** At the smallest scale the term of lag 0 is nearly the whole gradient.
# This gradient is not small; it only lacks the contributions from long ago. At the largest scale
# the opposite happens: the oldest uses are so large that the recent ones no longer matter.
#
# ## Recap
#
# - The theorem: $n$ Jacobians stretch by at most $(\gamma_\phi\, \sigma_{\max}(W_h))^n$. That
#   $\gamma_\phi\, \sigma_{\max}(W_h)$ is below 1 is sufficient for vanishing; that it is above 1 is
#   necessary for exploding. Neither converse holds.
# - The spectral radius decides only for one constant matrix, and only in the long run.
# - Large weights need not make the gradient explode, because they also saturate the units. Measure
#   the growth rate of the product. Its limit for long runs, the top Lyapunov exponent, decides; the
#   rate after a few steps does not.
# - A memory that withstands noise contracts, so the gradient through it vanishes. Where products
#   explode, the loss has cliffs, and a plain step along the gradient goes too far.
# - Where the gradient vanishes, only the contributions with a long lag vanish. The whole gradient
#   usually does not.
#
# Lesson 08 examines depth in general and remedies. Lessons 09 to 11 examine the cell that was
# designed against vanishing gradients.

# %%
recap("07", globals())

# %% [markdown]
# ## Sources
#
# - S. Hochreiter (1991), *Untersuchungen zu dynamischen neuronalen Netzen*, diploma thesis,
#   Technische Universität München: the first analysis of vanishing gradients.
# - Y. Bengio, P. Simard and P. Frasconi (1994), Learning long-term dependencies with gradient
#   descent is difficult, *IEEE Transactions on Neural Networks* 5(2), 157–166.
#   [doi:10.1109/72.279181](https://doi.org/10.1109/72.279181)
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), On the difficulty of training recurrent neural
#   networks, *ICML*, PMLR 28(3), 1310–1318. [arXiv:1211.5063](https://arxiv.org/abs/1211.5063)
# - H. Furstenberg and H. Kesten (1960), Products of random matrices, *The Annals of Mathematical
#   Statistics* 31(2), 457–469.
#   [doi:10.1214/aoms/1177705909](https://doi.org/10.1214/aoms/1177705909)
# - G. Benettin, L. Galgani, A. Giorgilli and J.-M. Strelcyn (1980), Lyapunov characteristic
#   exponents for smooth dynamical systems and for Hamiltonian systems; a method for computing all
#   of them, *Meccanica* 15, 9–30.
#   [doi:10.1007/BF02128236](https://doi.org/10.1007/BF02128236)
