# %% [markdown]
# # Start here
#
# This course is about one question: **how does the loss of a recurrent network depend on its
# parameters?** You derive the answer, code it in NumPy, and check it numerically. The answer is a
# gradient. Its computation is called *back-propagation through time*.
#
# This page says what recurrent networks are for, what the lessons contain and how long they take, and
# how checks and hints work. It ends with a sheet of formulas and a glossary, to come back to.
#
# ## 1 What recurrent networks are for
#
# Much data comes in order: the characters of a text, the samples of a sound, the daily levels of a
# river. Such sequences have different lengths, and what matters now may have come many elements
# earlier.
#
# A recurrent network reads one element at a time. After each element it updates a **state**, a vector of
# fixed size, by the same function with the same parameters:
#
# $$h_t = \phi(x_t W_x + h_{t-1} W_h + b_h) .$$
#
# Here $x_t$ is the element read at step $t$, and $h_t$ is the state after it. $W_x$, $W_h$ and $b_h$ are the
# parameters, and $\phi$ is a nonlinear function such as $\tanh$.
#
# The state is all that the network keeps of the past. So running it needs no more memory for a longer
# sequence, and one set of parameters serves every length. With such networks machines learned to
# recognise speech (Graves, Mohamed and Hinton 2013), to translate (Sutskever, Vinyals and Le 2014), and
# to forecast a river from the rain of the year before (Kratzert and others 2018).
#
# **After lesson 05 you train one yourself**, with the forward and the backward pass that you wrote. It
# learns to write text. After lesson 10 an LSTM does the same, after lesson 12 a GRU.
#
# ## 2 What remains of them
#
# Most large language models have no recurrent state. They use *attention* (Vaswani and others 2017),
# which reads all earlier elements again at every step. Attention trains faster, because training handles
# all elements of a sequence at once. But its memory grows with the length of the sequence. Where that is too
# expensive, recurrent networks are still in use, for example on a phone that recognises speech while you
# talk (He and others 2019). And new architectures such as Mamba (Gu and Dao 2023) have a recurrent state
# again. Lesson 13 derives the gradient of such a recurrence.
#
# What you learn about these gradients holds elsewhere, too. A gradient through a hundred steps contains
# products of up to a hundred Jacobians. It can vanish, explode, or be wrong without any error message. A
# deep feed-forward network has the same problem, and so has a program that simulates physics step by
# step. A recurrent network is a small system in which you can see all of it.

# %% [markdown]
# ## 3 The lessons
#
# | | lesson | hours | you write |
# |---|---|---|---|
# | 00 | [Checking gradients](../00_gradient_checking/00_gradient_checking.ipynb) | 0:45 | difference quotient, complex step, a check that refuses wrong gradients |
# | 01 | [The scalar RNN](../01_scalar_rnn/01_scalar_rnn.ipynb) | 2:00 | one gradient in three ways |
# | 02 | [Output and loss](../02_output_and_loss/02_output_and_loss.ipynb) | 2:00 | softmax, losses, the output layer |
# | 03 | [BPTT by paths](../03_bptt_by_paths/03_bptt_by_paths.ipynb) | 2:30 | step Jacobians, the gradient as a sum over paths |
# | 04 | [Adjoints](../04_adjoints_relu_rnn/04_adjoints_relu_rnn.ipynb) | 2:30 | the reverse sweep of a ReLU network |
# | 05 | [Matrix BPTT](../05_matrix_bptt/05_matrix_bptt.ipynb) | 2:45 | both passes for a minibatch; your network writes text |
# | 06 | [Truncated BPTT](../06_truncated_bptt/06_truncated_bptt.ipynb) (optional) | 2:10 | real-time recurrent learning, two kinds of truncation |
# | 07 | [Vanishing and exploding](../07_vanishing_exploding/07_vanishing_exploding.ipynb) | 3:30 | a bound, counterexamples, Lyapunov exponents |
# | 08 | [Depth and remedies](../08_depth_and_remedies/08_depth_and_remedies.ipynb) (optional) | 3:00 | deep feed-forward networks, initialisation, clipping |
# | 09 | [The constant error carousel](../09_constant_error_carousel/09_constant_error_carousel.ipynb) (optional) | 2:30 | the LSTM of 1997, in full and truncated |
# | 10 | [LSTM gradients](../10_lstm_gradients/10_lstm_gradients.ipynb) | 3:00 | both passes of the LSTM; it writes text |
# | 11 | [Gradient flow in the LSTM](../11_gradient_flow_in_lstm/11_gradient_flow_in_lstm.ipynb) | 3:00 | the derivative between two cell states, term by term |
# | 12 | [GRU and capstone](../12_gru_and_capstone/12_gru_and_capstone.ipynb) (optional) | 3:30 | both passes of the GRU; ten errata corrected |
# | 13 | [Linear recurrences](../13_linear_recurrences/13_linear_recurrences.ipynb) (optional) | 3:00 | the scan and its gradient, the minimal GRU |
#
# The hours are those for a reader who solves all exercises.
#
# **Three routes**
#
# - *An afternoon of reading.* Read 00, 01, 05, 07 and 10 without the exercises, with all cells run. That is
#   about 16,500 words, or four and a half hours at the pace of a text with formulas. Most figures come from
#   the library and need no answers of yours. You then know what the gradient is, why it vanishes, and what an LSTM
#   changes.
# - *The core, 22 hours.* All lessons that are not optional: 00–05, 07, 10 and 11. Each builds on those
#   before it.
# - *Everything, 36 hours.* In the order of the numbers. 06 needs 05, and 08 needs 07. 09 tells
#   where the LSTM comes from. 12 needs 10, and for its errata 06; 13 needs 10 and 11.
#
# **Before you begin** you need derivatives and the chain rule, matrix products, and NumPy arrays. No
# framework is used.

# %% [markdown]
# ## 4 How a lesson works
#
# **Run a cell** with Shift+Enter. Run the cells from top to bottom; each may need those above it. When names
# have got mixed up, restart the kernel and run all cells again.
#
# **An exercise** is a function with `raise NotImplementedError()` in it. Put your code there, run the cell,
# then run the check below. *Run All* passes over exercises that are not answered.
#
# **A check** calls your function on small inputs and compares what it returns with the right result. The
# card shows every output with ✓ or ✗. Where your numbers are those of a known mistake, the card names that
# mistake and asks a question. Check as often as you like. Nothing is sent anywhere.
#
# **Points** are given for each output that is right, so half an answer earns something. In a class the
# points that count come from grading, on inputs that nobody has seen. A function that only returns the
# numbers of the check earns nothing there. One answer in each lesson is text; a person grades it.
#
# **Hints** stand below each check, folded away. There are three: a nudge, the equation, almost the
# code. Open one, try again, then open the next. Cards fold away details in the same way. *Numbers
# that differ* lists the first wrong entries. *The paths* shows which paths are missing from the
# gradient of a recurrent matrix such as $W_h$.
#
# **The recap** at a lesson's end lists all its exercises. `progress()` shows the whole course. It reads what
# your checks have noted in `progress.json`, beside the lessons:

# %%
from autograder import progress

progress()

# %% [markdown]
# ### Where your work is kept
#
# *On your own machine*, in the folder `work/`. Nothing overwrites it. When a lesson has become newer,
# `python3 course.py lab --update` brings it with your answers.
#
# *In the browser* (an address with `/lite/`), in the storage of this browser. Nothing has to be installed,
# and nothing is sent anywhere. What you write is stored every few seconds, so it is still there after a
# reload or a restart. It is gone when you delete the data of this site, and a private window forgets it. **To
# download a lesson**, open it and choose *File → Download*; do so from time to time. `progress.json` is in the
# list of files on the left: choose *Download* in its context menu. NumPy is several times slower there. So
# some experiments take a smaller setting, and their text says so. A check ends a loop that has no end. When
# you run such a loop yourself, choose *Kernel → Restart Kernel*. A lesson that you have begun stays as it is
# when the course gets a newer one. The next cell names such lessons. Close them, then run
# `browser.newer_lessons(update=True)`: it brings the newer ones with your answers. Your old notebook is kept
# beside each of them.

# %%
from autograder import browser

browser.newer_lessons()  # anywhere else than in the browser it does nothing

# %% [markdown]
# *On Google Colab*, nowhere, unless you say so: Colab deletes everything when the session ends. The next cell
# asks for access to your Google Drive. It copies the lessons into the folder `unrolled` there, and never
# overwrites what is in it. Then open the lessons from Drive: Colab stores there what you change. Run the first
# cell of a lesson, which installs the course. To have your checks noted there as well, mount Drive first, with
# the folder icon on the left.
#
# *On Binder*, nowhere: download every lesson before you leave.

# %%
from autograder import colab

colab.keep_work()  # anywhere else than on Colab it does nothing

# %% [markdown]
# ## 5 Formulas and shapes
#
# Rows are instances: $x_t$ is a row of $D$ numbers, $h_t$ a row of $H$. $\bar v$ is the adjoint of
# $v$, $\partial L / \partial v$ over all paths, and has the shape of $v$. $\odot$ multiplies entry
# by entry. $\bar h_t^{\text{out}}$ is the part of $\bar h_t$ that comes from the output of step $t$
# alone.
#
# | sizes | in code | arrays | shape |
# |---|---|---|---|
# | steps, instances | `T, B` | inputs `x` | `(T, B, D)` |
# | inputs | `D` | states `h`, `h[0]` the initial one | `(T+1, B, H)` |
# | hidden units | `H` | `W_x`, `W_h`, `b_h` | `(D, H)`, `(H, H)`, `(H,)` |
# | outputs | `K` | `W_y`, `b_y` | `(H, K)`, `(K,)` |
#
# **Output layer and loss** (02), $o_t = h_t W_y + b_y$, $\hat y = \mathrm{softmax}(o)$,
# $L = -\sum_{t} \sum_k y_{t,k} \log \hat y_{t,k}$:
#
# $$\bar o_t = \hat y_t - y_t, \qquad \bar W_y = \sum_t h_t^\top \bar o_t, \qquad \bar b_y = \sum_t \bar o_t, \qquad \bar h_t^{\text{out}} = \bar o_t W_y^\top .$$
#
# **RNN** (05), $a_t = x_t W_x + h_{t-1} W_h + b_h$, $h_t = \tanh a_t$, from $t = T$ down to 1:
#
# $$\bar h_t = \bar h_t^{\text{out}} + \bar a_{t+1} W_h^\top, \qquad \bar a_t = \bar h_t \odot (1 - h_t^2), \qquad \bar a_{T+1} = 0,$$
#
# $$\bar W_x = \sum_t x_t^\top \bar a_t, \qquad \bar W_h = \sum_t h_{t-1}^\top \bar a_t, \qquad \bar b_h = \sum_t \bar a_t, \qquad \bar x_t = \bar a_t W_x^\top, \qquad \bar h_0 = \bar a_1 W_h^\top .$$
#
# **Paths** (03, 07), with the step Jacobian $J_t[i,j] = \partial h_t[i] / \partial h_{t-1}[j]$:
#
# $$J_t = \mathrm{diag}(1 - h_t^2)\, W_h^\top, \qquad \frac{\partial h_t}{\partial h_k} = J_t J_{t-1} \cdots J_{k+1}, \qquad \Big\| \frac{\partial h_t}{\partial h_k} \Big\| \le \| W_h \|^{\,t-k} .$$
#
# **LSTM** (10), gates packed in the order $i, f, g, o$, shapes `(D, 4H)`, `(H, 4H)`, `(4H,)`:
#
# $$i, f, o = \sigma(\cdot), \quad g = \tanh(\cdot), \qquad c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh c_t,$$
#
# $$\bar c_t = \bar h_t \odot o_t \odot (1 - \tanh^2 c_t) + \bar c_{t+1} \odot f_{t+1},$$
#
# $$\bar a_i = \bar c \odot g \odot i (1 - i), \quad \bar a_f = \bar c \odot c_{t-1} \odot f (1 - f),$$
#
# $$\bar a_g = \bar c \odot i \odot (1 - g^2), \quad \bar a_o = \bar h \odot \tanh c \odot o (1 - o) .$$
#
# **GRU** (12), packed $r, z, n$, reset before the product:
#
# $$h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}, \qquad n_t = \tanh\big(x_t W_{xn} + (r_t \odot h_{t-1}) W_{hn} + b_n\big) .$$
#
# **Is it right?** (00) Choose any array $v$ of the shape of the parameter $\theta$, and
# $\varepsilon$ about $10^{-5}$. If $v$ has a single 1, the right side is the central difference of
# lesson 00 for that entry:
#
# $$\sum \bar\theta \odot v \approx \frac{L(\theta + \varepsilon v) - L(\theta - \varepsilon v)}{2 \varepsilon} .$$

# %% [markdown]
# ## 6 Glossary
#
# The number is that of the lesson that explains the term.
#
# | term | what it means | |
# |---|---|---|
# | adjoint | the derivative of the loss with respect to a quantity, over all paths; written $\bar v$, `dv` | 00 |
# | adjoint from outside | the part of a state's adjoint that does not come from later steps: `dh[t-1]` | 00 |
# | backward pass | the computation of all adjoints, from the loss back to the parameters | 00 |
# | bits per character | $-\log_2$ of the probability given to the character that came, on average | 05 |
# | BPTT | back-propagation through time: the backward pass of a recurrent network | 01 |
# | cell state | the state $c_t$ of an LSTM: what the forget gate keeps of it, plus a new term (in 1997 it was only added to) | 09 |
# | clipping | shrinking a gradient that is longer than a limit | 08 |
# | complex step | the derivative, read off the imaginary part of one value after a tiny imaginary step; nothing is subtracted, so no digits are lost | 00 |
# | forget gate | the factor $f_t$ by which a cell state is multiplied at each step | 10 |
# | gate | a vector of numbers between 0 and 1 that multiplies another vector | 09 |
# | GRU | gated recurrent unit: a recurrent network with two gates and no cell state | 12 |
# | hidden state | what a recurrent network hands on from step to step, $h_t$ | 00 |
# | immediate derivative | the derivative through one use of a parameter, earlier states held constant | 01 |
# | Jacobian | the matrix of all derivatives of one vector with respect to another, row index for the first | 02 |
# | LSTM | long short-term memory: a recurrent network with gates and a cell state | 10 |
# | Lyapunov exponent | the long-run average of the logarithmic growth of a small change, per step | 07 |
# | mask | zeros and ones that mark which steps of a padded sequence are real | 05 |
# | minibatch | instances that are processed at once, each in a row of its own | 05 |
# | path | one way in which a parameter's use at step $k$ reaches the loss at step $t$ | 01 |
# | pre-activation | the sum $a_t$ before the nonlinear function is applied | 00 |
# | readout | the output layer, which maps each state to an output | 05 |
# | reverse sweep | BPTT as a loop from the last step to the first | 01 |
# | saturated | of a unit: in the flat part of its nonlinear function, where the slope is near 0 | 07 |
# | softmax | the function that turns $K$ numbers into probabilities | 02 |
# | spectral norm | the largest factor by which a matrix can stretch a vector, $\lVert W \rVert$ | 07 |
# | spectral radius | the largest absolute value of a matrix's eigenvalues | 07 |
# | total derivative | the derivative over all uses of a parameter up to a step | 01 |
# | truncated BPTT | a gradient that leaves out the paths longer than a window | 06 |
# | vanishing gradient | of a path: its contribution shrinks exponentially with its length | 07 |
#
# ### Sources
#
# - Graves, A., Mohamed, A. and Hinton, G. (2013). Speech recognition with deep recurrent neural networks.
#   *ICASSP 2013*. [arXiv:1303.5778](https://arxiv.org/abs/1303.5778). *For:* speech.
# - Sutskever, I., Vinyals, O. and Le, Q. V. (2014). Sequence to sequence learning with neural networks.
#   *Advances in Neural Information Processing Systems* 27.
#   [arXiv:1409.3215](https://arxiv.org/abs/1409.3215). *For:* translation.
# - Kratzert, F., Klotz, D., Brenner, C., Schulz, K. and Herrnegger, M. (2018). Rainfall–runoff modelling
#   using long short-term memory (LSTM) networks. *Hydrology and Earth System Sciences* 22, 6005–6022.
#   [doi:10.5194/hess-22-6005-2018](https://doi.org/10.5194/hess-22-6005-2018). *For:* rivers.
# - Vaswani, A., Shazeer, N., Parmar, N., Uszkoreit, J., Jones, L., Gomez, A. N., Kaiser, Ł. and Polosukhin,
#   I. (2017). Attention is all you need. *Advances in Neural Information Processing Systems* 30.
#   [arXiv:1706.03762](https://arxiv.org/abs/1706.03762). *For:* attention.
# - He, Y. and others (2019). Streaming end-to-end speech recognition for mobile devices. *ICASSP 2019*.
#   [arXiv:1811.06621](https://arxiv.org/abs/1811.06621). *For:* a device that listens.
# - Gu, A. and Dao, T. (2023). Mamba: linear-time sequence modeling with selective state spaces.
#   [arXiv:2312.00752](https://arxiv.org/abs/2312.00752). *For:* recurrent networks today.
