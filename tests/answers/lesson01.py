"""Lesson 01: correct answers in other styles, and values that hold and that do not."""

import types

import numpy as np

from autograder.authoring import sample_class
from rnnlib import numgrad, scalar


def compiled(source, extra=()):
    namespace = {"np": np, **dict(extra)}
    exec(source, namespace)
    return next(v for k, v in reversed(namespace.items()) if isinstance(v, types.FunctionType))


def bptt_from_adjoints(p, run, do, da):
    return {
        "U": da @ run.x,
        "W": da @ run.s[:-1],
        "V": do @ run.s[1:],
        "x": p["U"] * da,
        "s0": p["W"] * da[0],
    }


def bptt_products_last(p, run, do):
    """Only the recurrence in a loop."""
    slope, da, carry = np.cosh(run.a) ** -2.0, np.zeros_like(do), 0.0
    for t in reversed(range(len(do))):
        da[t] = slope[t] * (p["V"] * do[t] + carry)
        carry = p["W"] * da[t]
    return bptt_from_adjoints(p, run, do, da)


def bptt_by_a_linear_system(p, run, do):
    """All adjoints at once, from the triangular system that the recursion solves."""
    slope = 1 - run.s[1:] ** 2
    ds = np.linalg.solve(np.eye(len(do)) - np.diag(p["W"] * slope[1:], 1), p["V"] * do)
    return bptt_from_adjoints(p, run, do, ds * slope)


def bptt_forward_in_time(p, run, do):
    """The totals of exercise 3 for the parameters; every input and s0 as paths of its own."""
    total, slope = scalar.total(p, run), 1 - run.s[1:] ** 2
    felt, jacobian = p["V"] * do, p["W"] * slope
    da = [
        slope[k] * sum(felt[t] * np.prod(jacobian[k + 1 : t + 1]) for t in range(k, len(do)))
        for k in range(len(do))
    ]
    rest = bptt_from_adjoints(p, run, do, np.array(da))
    return {**rest, "U": felt @ total["U"], "W": felt @ total["W"]}


def bptt_recursive(p, run, do, t=None, carry=0.0):
    t = len(do) if t is None else t
    if t == 0:
        return {"U": 0.0, "W": 0.0, "V": 0.0, "x": [], "s0": carry}
    da = (p["V"] * do[t - 1] + carry) * (1 - run.s[t]) * (1 + run.s[t])
    g = bptt_recursive(p, run, do, t - 1, p["W"] * da)
    return {
        "U": g["U"] + da * run.x[t - 1],
        "W": g["W"] + da * run.s[t - 1],
        "V": g["V"] + do[t - 1] * run.s[t],
        "x": [*g["x"], p["U"] * da],
        "s0": g["s0"],
    }


def bptt_in_place(p, run, do):
    ds = p["V"] * do
    for t in range(len(do) - 1, -1, -1):
        ds[t] *= 1 - run.s[t + 1] ** 2
        if t:
            ds[t - 1] += p["W"] * ds[t]
    g = bptt_from_adjoints(p, run, do, ds)
    return [g[name] for name in ("U", "W", "V", "x", "s0")]


STYLES = {
    "01.scalar_forward": [
        compiled(sample_class.PLAIN_PYTHON["scalar_forward"]),
        lambda p, x, s0: scalar.forward(p, x, s0),
        lambda p, x, s0: list(scalar.forward(p, x, s0)[1:4]),
        lambda p, x, s0: [field.tolist() for field in scalar.forward(p, x, s0)[1:4]],
        lambda p, x, s0: scalar.forward(
            {k: np.float32(v) for k, v in p.items()}, x.astype("f4"), np.float32(s0)
        ),
    ],
    "01.immediate": [
        compiled(sample_class.PLAIN_PYTHON["immediate"]),
        compiled(sample_class.SINGLE_PRECISION["immediate"]),
        lambda p, run: {"W": run.s[:-1] / np.cosh(run.a) ** 2, "U": run.x / np.cosh(run.a) ** 2},
        lambda p, run: ((1 - np.tanh(run.a) ** 2) * run.x, (1 - np.tanh(run.a) ** 2) * run.s[:-1]),
        lambda p, run: {
            "U": numgrad.complex_step(lambda u: np.tanh(u * run.x + p["W"] * run.s[:-1]), p["U"]),
            "W": numgrad.complex_step(lambda w: np.tanh(p["U"] * run.x + w * run.s[:-1]), p["W"]),
            "note": "an extra key",
        },
    ],
    "01.total_by_recursion": [
        compiled(sample_class.PLAIN_PYTHON["total_by_recursion"]),
        scalar.total,
        lambda p, run: {
            n: [scalar.path_terms(p, run, k, n).sum() for k in range(1, len(run.x) + 1)] for n in "UW"
        },
        lambda p, run: {
            n: np.linalg.solve(np.eye(len(run.x)) - np.diag(scalar.slopes(p, run)[1:], -1), d)
            for n, d in scalar.immediate(p, run).items()
        },
        lambda p, run: {n: v.astype("f4") for n, v in scalar.total(p, run).items()},
    ],
    "01.total_by_paths": [
        compiled(sample_class.SINGLE_PRECISION["total_by_paths"], {"immediate": scalar.immediate}.items()),
        lambda p, run, k: {n: scalar.path_terms(p, run, k, n).sum() for n in "UW"},
        lambda p, run, k: tuple(scalar.total(p, run)[n][k - 1] for n in "UW"),
        lambda p, run, k: {n: float(scalar.total(p, run)[n][k - 1]) for n in "WU"},
        lambda p, run, k: {n: np.float32(scalar.total(p, run)[n][k - 1]) for n in "UW"},
    ],
    "01.scalar_bptt": [
        compiled(sample_class.PLAIN_PYTHON["scalar_bptt"]),
        compiled(sample_class.SINGLE_PRECISION["scalar_bptt"]),
        scalar.backward,
        bptt_products_last,
        bptt_by_a_linear_system,
        bptt_forward_in_time,
        bptt_recursive,
        bptt_in_place,
        lambda p, run, do: tuple(scalar.backward(p, run, do)[n] for n in ("U", "W", "V", "x", "s0")),
        lambda p, run, do: {
            n: numgrad.complex_step(
                lambda v, n=n: (
                    scalar.forward(
                        {m: v if m == n else p[m] for m in "UWV"},
                        v if n == "x" else run.x,
                        v if n == "s0" else run.s[0],
                    ).o
                    * do
                ).sum(),
                run.x if n == "x" else run.s[0] if n == "s0" else p[n],
            )
            for n in ("U", "W", "V", "x", "s0")
        },
    ],
}

# (answers that hold, answers that do not)
VALUES = {
    "01.refute_immediate": (
        [(0.5, 0.9, [2.0, -0.1], 0.0), (1, -1, [0.5, 0.1, 0.02], 0.3)],
        [(1, 0, [1.0, 2.0], 0.0), (1, 0.5, [1.0], 0.0), 5, (0, 0, [0.0], 0), (1, 1, [], 0)],
    ),
    "01.refute_softmax": (
        [((0, 0, 0), (1, 1, 1)), ((-5, 3, 100), (7, 9, -100))],
        [((0, 0, 0), (0, 0, 0)), ((0, 0, 0), (2, 2, 0.5)), ((0, 0),), "yes", ((0, 0, 0), (1, 1, np.inf))],
    ),
}
