"""What can go wrong with the products of an LSTM's backward pass, for the lessons that have them.

Of every gate: its factors forgotten, its slope that of another gate, what stands beside it taken from
elsewhere.  The products are those of Graves (2013, arXiv:1308.0850) and of the cell of 1997.
"""

from collections.abc import Mapping
from typing import NamedTuple

from .expressions import Product, Words

CELL = "c_t = f_t c_{t-1} + i_t g_t: what is the derivative of c_t with respect to "
STATE = "h_t = o_t tanh(c_t): what is the derivative of h_t with respect to "


class Names(NamedTuple):
    """The code of an LSTM's values at one step, in one of the solutions."""

    i: str
    f: str
    g: str
    o: str
    c_prev: str
    c: str
    tanh_c: str
    h_prev: str
    h: str
    square: str = "{0}**2"  #: how a square is written
    dc: str = "dc"  #: the adjoint of the cell
    dh: str = "dh_total"  #: the adjoint of the hidden state


def gate_products(names: Names, through_h: str, own: Words) -> tuple[Product, ...]:
    """The four products that make the blocks of i, f, g and o.

    through_h: the code of what comes into the cell through h_t; own: what may stand for the adjoint of h_t.
    """
    i, f, g, o, c_prev, c, tanh_c, h_prev, h, square, dc, dh = names
    slopes = {gate: f"{code} * (1 - {code})" for gate, code in (("i_t", i), ("f_t", f), ("o_t", o))}
    tanh_slope = f"(1 - {square.format(g)})"
    of_cell = {dh: "the adjoint of h_t", through_h: "what comes through h_t alone"}

    def slope(gate: str) -> Mapping[str, tuple[str, Words]]:
        others = {code: f"{name} (1 - {name})" for name, code in slopes.items() if name != gate}
        return {f"{gate} (1 - {gate})": (slopes[gate], others | {tanh_slope: "1 - g_t²"})}

    adjoint = {"the adjoint of c_t": (dc, of_cell)}
    return (
        Product(
            "i", f"{dc} * {g} * {slopes['i_t']}", "The block of i", f"{CELL}i_t?",
            {dc: "dc, the adjoint of c_t", g: "g_t", i: "i_t", f"(1 - {i})": "1 - i_t"},
            {
                "g_t": (f"* {g} *", {
                    f"* {i} *": "i_t", f"* {f} *": "f_t", f"* {o} *": "o_t", f"* {c} *": "c_t",
                    f"* {c_prev} *": "c_{t-1}", f"* {tanh_c} *": "tanh(c_t)",
                    f"* {h_prev} *": "h_{t-1}", f"* np.tanh({g}) *": "tanh(g_t)",
                }),
                **slope("i_t"), **adjoint,
            },
        ),
        Product(
            "f", f"{dc} * {c_prev} * {slopes['f_t']}", "The block of f", f"{CELL}f_t?",
            {dc: "dc, the adjoint of c_t", c_prev: "c_{t-1}", f: "f_t", f"(1 - {f})": "1 - f_t"},
            {
                "c_{t-1}": (f"* {c_prev} *", {
                    f"* {f} *": "f_t", f"* {g} *": "g_t", f"* {i} *": "i_t", f"* {tanh_c} *": "tanh(c_t)",
                    f"* {c} *": "c_t", f"* {h_prev} *": "h_{t-1}", f"* np.tanh({c_prev}) *": "tanh(c_{t-1})",
                }),
                **slope("f_t"), **adjoint,
            },
        ),
        Product(
            "g", f"{dc} * {i} * {tanh_slope}", "The block of g", f"{CELL}g_t?",
            {dc: "dc, the adjoint of c_t", i: "i_t", tanh_slope: "1 - g_t²"},
            {
                "i_t": (f"* {i} *", {
                    f"* {f} *": "f_t", f"* {o} *": "o_t", f"* {g} *": "g_t", f"* {c_prev} *": "c_{t-1}",
                    f"* (1 - {i}) *": "1 - i_t",
                }),
                "1 - g_t²": (tanh_slope, {
                    slopes["i_t"]: "i_t (1 - i_t)",
                    f"(1 - {square.format(tanh_c)})": "1 - tanh²(c_t)",
                    square.format(g): "g_t²",
                }),
                **adjoint,
            },
        ),
        Product(
            "o", f"{dh} * {tanh_c} * {slopes['o_t']}", "The block of o", f"{STATE}o_t?",
            {dh: "dh_total, the adjoint of h_t", tanh_c: "tanh(c_t)", o: "o_t", f"(1 - {o})": "1 - o_t"},
            {
                "tanh(c_t)": (f"* {tanh_c} *", {
                    f"* {h} *": "h_t", f"* {g} *": "g_t", f"* {c_prev} *": "c_{t-1}",
                    f"* np.tanh({c_prev}) *": "tanh(c_{t-1})", f"* np.tanh({tanh_c}) *": "tanh(tanh(c_t))",
                    f"* (1 - {square.format(tanh_c)}) *": "1 - tanh²(c_t)",
                }),
                **slope("o_t"), "the adjoint of h_t": (dh, {dc: "the adjoint of c_t", **own}),
            },
        ),
    )  # fmt: skip
