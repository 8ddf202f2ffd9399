"""Slips that every forward pass of a recurrent layer can have: what a step reads, and how it is activated."""

from collections.abc import Iterator
from typing import NamedTuple

from . import Slip

READS = "Which arrays does step t read, and at which index does each of them stand?"
PASSED = "How often does the sum pass through the activation on its way to the state?"


class ForwardCode(NamedTuple):
    """The passages of a forward pass, each of which stands exactly once in the solution; "" for none."""

    x: str  #: the input of a step, "x[t - 1] @"
    x_early: str  #: that of the step before, "x[t - 2] @"
    x_first: str = ""  #: that of the first step
    state: str = ""  #: the product with the state that is read, "h[t - 1] @ W_h"
    bare: str = ""  #: that state without its weights
    previous: str = ""  #: the same product with the pre-activation before
    act: str = "np.tanh(a[t - 1])"  #: the activation of the sum
    sum: str = "a[t - 1]"  #: the sum
    before: str = "h[t - 1]"  #: the state that is read, where the new one is made
    name: str = "tanh"  #: the activation
    s: str = "h"  #: the state's name in words
    w: str = "W_h"  #: that of its weights


def forward_slips(code: ForwardCode) -> Iterator[Slip]:
    """The members for whose passages the solution has a place."""
    yield Slip("input_one_early", code.x, code.x_early,
               "Every step reads the input of the step before; step 1, by a negative index, that of step T.",
               READS)
    if code.x_first:
        yield Slip("every_step_reads_the_first_input", code.x, code.x_first,
                   "Every step reads the first input.", READS)
    if code.bare:
        yield Slip("recurrence_without_weights", code.state, code.bare,
                   f"The previous state is added as it is: it is not multiplied by {code.w}.",
                   f"By how much does a_t move when {code.s}_{{t-1}} moves by 1?")
    if code.previous:
        yield Slip("pre_activation_carried", code.state, code.previous,
                   "From step 2 on the recurrence reads the pre-activation a_{t-1} in the place of the "
                   f"state {code.s}_{{t-1}}.",
                   f"On which side of the activation does {code.w} read?")
    yield Slip("old_state_added", code.act, f"{code.act} + {code.before}",
               "The old state is added to the new one, as in a residual network.",
               "By which of its two terms alone is the new state of this network made?")
    if code.name == "tanh":
        yield Slip("activated_twice", code.act, f"np.tanh({code.act})",
                   "The activation is applied twice to make the state.", PASSED)
        yield Slip("relu_activation", code.act, f"np.maximum({code.sum}, 0)",
                   "The activation is ReLU in the place of tanh.",
                   "Can a state of this network be negative?")
    else:
        yield Slip("logistic_activation", code.act, f"1 / (1 + np.exp(-{code.sum}))",
                   "The activation is the logistic function in the place of ReLU.",
                   "Which values can a state of this network take?")
        yield Slip("softplus_activation", code.act, f"np.log1p(np.exp({code.sum}))",
                   "The activation is softplus, the smooth form of ReLU.",
                   "What does ReLU give for a negative sum: exactly zero, or a little more?")
    yield Slip("averaged_with_old_state", code.act, f"({code.act} + {code.before}) / 2",
               "The new state is the mean of itself and the old one, as in a leaky integrator.",
               "Which share of the old state enters the new one past the activation?")
