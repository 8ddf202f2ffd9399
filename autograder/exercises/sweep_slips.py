"""Slips that every backward sweep over time can have: what goes in, what is added up, where it is stored.

An exercise says by which passages its solution does each; it then knows what its siblings know, by the same
words.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from . import Slip

UPSTREAM = "dh has T entries and h has T + 1: which entry of dh belongs to h_t?"
SUMMED = "Is the loss divided by B anywhere?"


class SweepCode(NamedTuple):
    """The passages of a sweep, each of which stands exactly once in the solution; "" where it has none."""

    upstream: str = "dh[t - 1] + future"  #: the adjoint from outside, and what later steps pass back
    length: str = "len(dh)"  #: the number of steps
    w_x: str = ""  #: the input times the adjoint, "x[t - 1].T @ da"
    w_h: str = ""  #: the state times the adjoint, "h[t - 1].T @ da"
    bias: str = "b"  #: its name
    b: str = ""  #: the adjoint summed over the batch, "da.sum(axis=0)"
    da: str = "da"  #: the adjoint in these three
    x: str = ""  #: where x is stored, "dx[t - 1] = "
    h0: str = ""  #: where h0 is returned, '"h0": future'
    carry: str = ""  #: what goes on to the state before, "future = da @ W_h.T"
    batch: bool = True  #: whether there is a batch to sum over


def with_sweep(slips: Sequence[Slip], code: SweepCode, but: Sequence[str] = ()) -> tuple[Slip, ...]:
    """An exercise's slips and those of its sweep, without what it has words of its own for.

    but: ids of what it has under another name, of another passage.
    """
    known, ids = {(slip.right, slip.wrong) for slip in slips}, {*but, *(slip.id for slip in slips)}
    members = (*_upstream(code), *_carry(code), *_parameters(code), *_ends(code))
    return (*slips, *(s for s in members if s.id not in ids and (s.right, s.wrong) not in known))


def _upstream(code: SweepCode) -> Iterator[Slip]:
    right = code.upstream
    yield Slip("upstream_one_step_early", right, "dh[t - 2] + future",
               "Each state gets the dh of the step before; step 1, by a negative index, that of step T.",
               UPSTREAM)
    yield Slip("upstream_one_step_late", right, f"(dh[t] if t < {code.length} else 0) + future",
               "Each state gets the dh of the step after it: the last gets none, and dh[0] is not used.",
               UPSTREAM)
    yield Slip("upstream_of_last_step", right, "dh[-1] + future",
               "Every state gets the dh of the last step, again and again.",
               "What reaches h[1] from outside, and where does it stand in dh?")
    yield Slip("carry_subtracted", right, "dh[t - 1] - future",
               "What comes from later steps is subtracted.",
               "Two routes to the loss: add or subtract?")
    yield Slip("carry_halved", right, "(dh[t - 1] + future) / 2",
               "At every step the two routes are averaged in place of added.",
               "If h_t moves by 1, does each route change the loss by its whole share or by half?")
    yield Slip("starts_from_last_dh", right, f"dh[t - 1] + future + (dh[-1] if t == {code.length} else 0)",
               "The last step's loss enters twice: the sweep starts with dh[-1] and then adds it.",
               "What lies to the right of the last step?")
    yield Slip("starts_from_ones", right, f"dh[t - 1] + future + (t == {code.length})",
               "The sweep starts from an array of ones, as if a step T+1 had passed that on.",
               "What lies to the right of the last step?")
    yield Slip("seeded_with_ones", right, "np.ones_like(future)",
               "The adjoint of every state is taken as 1: neither dh nor what comes from later steps is "
               "used.",
               "Which two gradients add up to the adjoint of h_t?")


def _carry(code: SweepCode) -> Iterator[Slip]:
    if code.carry:
        right, passed = code.carry, code.carry.removeprefix("future = ")
        yield Slip("carry_with_own_loss", right, f"future = dh[t - 1] + {passed}",
                   "The dh of a step is passed on to the state before it as well, by no Jacobian.",
                   "By which ways does h_{t-1} reach the loss of step t?")
        yield Slip("carry_with_own_adjoint", right, f"future = dh_total + {passed}",
                   "The adjoint of h_t itself is passed on besides what came through the step, as if h_t "
                   "contained h_{t-1} as it is.",
                   "Which terms of step t's equations contain h_{t-1}?")
        yield Slip("carry_clipped", right, f"future = np.clip({passed}, -1, 1)",
                   "What is passed back is limited to the interval from -1 to 1 at every step: the sweep is "
                   "clipped from within.",
                   "Is a gradient clipped while it is computed, or afterwards?")


def _parameters(code: SweepCode) -> Iterator[Slip]:
    if code.w_x:
        right = code.w_x
        yield Slip("w_x_input_one_early", right, right.replace("[t - 1]", "[t - 2]", 1),
                   "W_x is formed with the input of the step before; at step 1, with that of step T.",
                   "Which entry of x does step t read?")
        if code.batch:
            yield Slip("w_x_averaged", right, f"{right} / len({code.da})",
                       "W_x is averaged over the batch; the loss is a sum.", SUMMED)
    if code.w_h:
        right = code.w_h
        yield Slip("w_h_sees_new_state", right, right.replace("[t - 1]", "[t]", 1),
                   "W_h is formed with the state that the step produces, in place of the one it reads.",
                   "Which state stands beside W_h in the pre-activation?")
        yield Slip("w_h_two_back", right, right.replace("[t - 1]", "[t - 2]", 1),
                   "W_h is formed with the state before the one the step reads; at step 1 with the last one.",
                   "h has T + 1 entries and h[0] is the initial state: where is the state that step t "
                   "reads?")
        yield Slip("w_h_sees_h0_only", right, right.replace("[t - 1]", "[0]", 1),
                   "W_h is formed with the initial state at every step.",
                   "Which state does step 3 read?")
        if code.batch:
            yield Slip("w_h_averaged", right, f"{right} / len({code.da})",
                       "W_h is averaged over the batch; the loss is a sum.", SUMMED)
        yield Slip("w_h_first_use_missing", right, f"{right} * (t > 1)",
                   "The use of W_h at step 1 is missing, as if the initial state were always zero.",
                   "Is h[0] zero here, and is it multiplied by W_h?", alone=True)
    if code.b:
        name, right = code.bias, code.b
        yield Slip(f"{name}_averaged", right, f"{code.da}.mean(axis=0)",
                   f"{name} is averaged over the batch; the loss is a sum.", SUMMED)
        yield Slip(f"{name}_one_number", right, f"{code.da}.sum()",
                   f"Every entry of {name} is the same: the sum runs over the columns too.",
                   "Each column has its own bias: which axis must be left?")
        yield Slip(f"{name}_first_instance", right, f"{code.da}[0]",
                   f"{name} counts the first instance only.",
                   f"The forward pass adds {name} to how many rows?")


def _ends(code: SweepCode) -> Iterator[Slip]:
    if code.x:
        yield Slip("x_holds_the_sum", code.x, code.x.replace("[t - 1] =", "[:] +="),
                   "Every entry of x holds the sum over all steps: x was treated like a shared weight.",
                   "How many steps read x_t?")
        yield Slip("x_stored_one_early", code.x, code.x.replace("[t - 1]", "[t - 2]"),
                   "Every entry of x stands one place too early; the first step's lies at the end.",
                   "Which entry of x does step t read?")
        yield Slip("x_reversed", code.x, code.x.replace("[t - 1]", "[-t]"),
                   "x stands in the opposite order: its first entry is that of step T.",
                   "In which order does the sweep make the entries of x, and in which are they to "
                   "be returned?")
    if code.h0:
        yield Slip("h0_is_adjoint_of_h1", code.h0, code.h0.replace("future", "dh_total"),
                   "h0 holds the adjoint of h[1]: the last step back is missing.",
                   "Which step lies between h[1] and h[0]?")
        yield Slip("h0_with_a_loss", code.h0, code.h0.replace("future", "future + dh[0]"),
                   "h0 holds dh[0] as well; h_0 has no loss of its own, dh[0] belongs to h_1.",
                   "dh has T entries and h has T + 1: to which state does the first one belong?")
        if code.batch:
            yield Slip("h0_summed_over_batch", code.h0,
                       code.h0.replace("future", "np.zeros_like(future) + future.sum(axis=0)"),
                       "h0 is summed over the batch: every instance gets the sum of all.",
                       "Does each instance of the batch have an initial state of its own?")
