"""What is known of an exercise's passes, so that one can be made that goes wrong on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..compare import Reference


class Unrolled(NamedTuple):
    """A backward pass whose arguments can be cut along time.

    An array among them (a field of a Run included) whose first axis counts the steps, or the states with
    the initial one, is cut; whatever else there is belongs to every step.
    """

    steps: int
    backward: Callable[..., Reference]  #: the gradients, from `arguments` or a part of them
    arguments: tuple[Any, ...]  #: adjoints stand where they stand among the exercise's arguments


@dataclass(frozen=True)
class Sweep:
    """How the adjoints of a backward pass come in, and where they go."""

    #: positions of the arguments that are adjoints from outside
    adjoints: tuple[int, ...]
    #: makes the arguments of a call with `LONG` steps from a number; None where there are no steps
    long: Callable[[int], tuple[Any, ...]] | None = None
    #: the backward pass in a form that can be cut, from the function's arguments; None where the
    #: reference has it, as its arguments hold all states
    unroll: Callable[..., Unrolled] | None = None
    #: the axis of the adjoints that counts the instances of the batch; None where there is one only
    batch: int | None = None
    #: whether adjoints travel from step to step
    recurrent: bool = True
    #: outputs that get nothing of what travels
    still: tuple[str, ...] = ()
    #: outputs that all instances of a batch share, though they are adjoints of a state
    shared: tuple[str, ...] = ()
    #: outputs with a part for every step, beside x, h and what else always has one
    by_step: tuple[str, ...] = ()
    #: outputs that are no gradients
    beside: tuple[str, ...] = ()
    #: of a net without steps: through how many layers an output's adjoint travels
    layers: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Loud:
    """How a forward pass is made to give numbers that an answer may cut."""

    #: (position, times) of the arguments that are made larger; not so much that a logistic function or a
    #: tanh that is made of powers overflows in single precision
    arguments: tuple[tuple[int, float], ...]
    #: the outputs that grow with them
    outputs: tuple[str, ...]


LONG = 13  # steps of a long instance
