"""Slips that recur from exercise to exercise: code and words are made together.

A member differs from its siblings only in passages and in names, so that exercises which are alike know
the same mistakes by the same words.
"""

from . import Slip

LOGISTIC = "Which function makes a gate, and what is its slope in terms of its value?"


def subtracted(id: str, right: str, wrong: str, what: str, asks: str = "") -> Slip:
    """A term of a sum that has the wrong sign; what: the term in words."""
    return Slip(
        id, right, wrong, f"{what} is subtracted; it should be added.",
        asks or "Which signs do the terms of this sum have in the formula?",
    )  # fmt: skip


def tanh_slopes(passage: str, value: str, words: str, known: tuple[str, ...] = ()) -> tuple[Slip, ...]:
    """Wrong slopes of tanh, written with its value.

    passage: the right slope; value: the code of the value; words: what the value is called; known:
    endings of ids that the exercise has already, in words of its own.
    """
    asks = f"What is the derivative of tanh, in terms of {words}?"
    members = {
        "with_plus": (f"(1 + {value} * {value})", f"1 + {words}², with the wrong sign"),
        "negative": (f"({value} * {value} - 1)", f"{words}² - 1: it has the wrong sign"),
        "is_the_square": (f"{value} * {value}", f"{words}²; the 1 that it is subtracted from is missing"),
        "of_logistic": (f"{value} * (1 - {value})", f"{words} (1 - {words}), that of a logistic function"),
        "divided": (f"(1 / (1 + {value} * {value}))", f"1 / (1 + {words}²), that of the arctangent"),
        "of_the_square": (f"(1 - 2 * {value})", f"1 - 2 {words}: the square was differentiated once more"),
    }
    return tuple(
        Slip(f"slope_{end}", passage, wrong, f"The slope of tanh is taken as {says}.", asks)
        for end, (wrong, says) in members.items()
        if end not in known
    )


def recomputed_slopes(right: str, form: str, x: str, h: str, b: str) -> tuple[Slip, ...]:
    """Slopes of tanh from a pre-activation that is computed again without one of its terms.

    right: the right slope; form: the slope with {} for the pre-activation; x, h, b: its terms.
    """
    asks = "Which three terms make the pre-activation, and is h_t, which has been through tanh, not at hand?"
    members = {
        "recurrence": (f"{x} + {b}", "what the previous state contributes"),
        "input": (f"{h} + {b}", "what the input contributes"),
        "bias": (f"{x} + {h}", "the bias"),
    }
    return tuple(
        Slip(f"slope_recomputed_without_{end}", right, form.format(sum_),
             f"The slope is that of a pre-activation which misses {says}.", asks)
        for end, (sum_, says) in members.items()
    )  # fmt: skip


def tanh_with_plus(id: str, right: str, slope: str) -> Slip:
    """A slope of tanh that adds the square; slope: what it becomes, in words."""
    return Slip(
        id, right, right.replace("(1 -", "(1 +"), f"{slope}, with the wrong sign.",
        "Where is tanh at its steepest, and how steep is it there?",
    )  # fmt: skip


def gate_slopes(gate: str, name: str, adjoint: str, value: str) -> tuple[Slip, ...]:
    """Wrong slopes of a logistic gate in a backward pass.

    gate: "input"; name: "i_t"; adjoint: the code of the gate's own adjoint; value: that of its value.
    """
    right = f"{adjoint} * {value} * (1 - {value})"
    return (
        Slip(f"{gate}_slope_half", right, f"{adjoint} * (1 - {value})",
             f"The slope of the {gate} gate is 1 - {name}; its factor {name} is missing.", LOGISTIC),
        Slip(f"{gate}_slope_is_the_gate", right, f"{adjoint} * {value}",
             f"The slope of the {gate} gate is taken as {name} itself; its factor 1 - {name} is missing.",
             LOGISTIC),
        Slip(f"{gate}_slope_with_plus", right, f"{adjoint} * {value} * (1 + {value})",
             f"The slope of the {gate} gate is {name} (1 + {name}), with the wrong sign.", LOGISTIC),
        Slip(f"{gate}_slope_activated_twice", right, f"{adjoint} * 1 / (1 + np.exp(-{value}))",
             f"The slope of the {gate} gate is taken as σ({name}): the logistic function itself, of a value "
             "that has been through it.", LOGISTIC),
    )  # fmt: skip


def itself(gate: str, name: str, right: str, wrong: str) -> Slip:
    """A gate's adjoint that is the cell's times the gate, with no slope and no neighbour."""
    return Slip(
        f"{gate.replace(' ', '_')}_is_multiplied_with_itself", right, wrong,
        f"The adjoint of the {gate} is the cell's times {name} itself: what {name} multiplies, and the "
        "slope, are missing.",
        f"What stands beside {name} in the forward pass?",
    )  # fmt: skip


def orders(gate: str, right: str, what: str) -> tuple[Slip, ...]:
    """Packings of an LSTM that other courses use, where the weights have the order i, f, g, o.

    gate: the code of a gate's block, "da_{}"; right: the passage with the blocks in their order; what: the
    blocks in words.
    """
    found = []
    for order in ("fiog", "fgio"):
        wrong = right
        for n, now in enumerate("ifgo"):
            wrong = wrong.replace(gate.format(now), f"<{n}>")
        for n, name in enumerate(order):
            wrong = wrong.replace(f"<{n}>", gate.format(name))
        found.append(
            Slip(f"order_{'_'.join(order)}", right, wrong,
                 f"The {what} are taken in the order {', '.join(order)}; the weights are not.",
                 "In which order does this lesson pack the four blocks?")
        )  # fmt: skip
    return tuple(found)
