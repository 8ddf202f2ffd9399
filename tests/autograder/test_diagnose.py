"""What `diagnose` and `check` do with right answers in other styles, and with anything else."""

import time
import types

import numpy as np
import pytest

from autograder import CheckFailed, check, diagnose, sample, solutions
from autograder.exercises import every, exercise
from rnnlib import numgrad, scalar


def compiled(source, extra=()):
    namespace = {"np": np, **dict(extra)}
    exec(source, namespace)
    return next(v for k, v in reversed(namespace.items()) if isinstance(v, types.FunctionType))


STYLES = {
    "01.scalar_forward": [
        compiled(sample.PLAIN_PYTHON["scalar_forward"]),
        lambda p, x, s0: scalar.forward(p, x, s0),
        lambda p, x, s0: list(scalar.forward(p, x, s0)[1:4]),
        lambda p, x, s0: [field.tolist() for field in scalar.forward(p, x, s0)[1:4]],
        lambda p, x, s0: scalar.forward(
            {k: np.float32(v) for k, v in p.items()}, x.astype("f4"), np.float32(s0)
        ),
    ],
    "01.immediate": [
        compiled(sample.PLAIN_PYTHON["immediate"]),
        compiled(sample.SINGLE_PRECISION["immediate"]),
        lambda p, run: {"W": run.s[:-1] / np.cosh(run.a) ** 2, "U": run.x / np.cosh(run.a) ** 2},
        lambda p, run: ((1 - np.tanh(run.a) ** 2) * run.x, (1 - np.tanh(run.a) ** 2) * run.s[:-1]),
        lambda p, run: {
            "U": numgrad.complex_step(lambda u: np.tanh(u * run.x + p["W"] * run.s[:-1]), p["U"]),
            "W": numgrad.complex_step(lambda w: np.tanh(p["U"] * run.x + w * run.s[:-1]), p["W"]),
            "note": "an extra key",
        },
    ],
    "01.total_by_recursion": [
        compiled(sample.PLAIN_PYTHON["total_by_recursion"]),
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
        compiled(sample.SINGLE_PRECISION["total_by_paths"], {"immediate": scalar.immediate}.items()),
        lambda p, run, k: {n: scalar.path_terms(p, run, k, n).sum() for n in "UW"},
        lambda p, run, k: tuple(scalar.total(p, run)[n][k - 1] for n in "UW"),
        lambda p, run, k: {n: float(scalar.total(p, run)[n][k - 1]) for n in "WU"},
        lambda p, run, k: {n: np.float32(scalar.total(p, run)[n][k - 1]) for n in "UW"},
    ],
    "01.scalar_bptt": [
        compiled(sample.PLAIN_PYTHON["scalar_bptt"]),
        compiled(sample.SINGLE_PRECISION["scalar_bptt"]),
        scalar.backward,
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
    "00.central_difference": [
        numgrad.central_difference,
        lambda f, x, h: [
            [
                (
                    f(x + h * (np.arange(x.size) == i).reshape(x.shape))
                    - f(x - h * (np.arange(x.size) == i).reshape(x.shape))
                )
                / 2
                / h
                for i in range(j * x.shape[1], (j + 1) * x.shape[1])
            ]
            for j in range(x.shape[0])
        ],
        lambda f, x, h: numgrad.central_difference(f, x, h).astype("f4"),
        lambda f, x, h: np.reshape(
            [(f(x + d) - f(x - d)) / (2 * h) for d in h * np.eye(x.size).reshape(-1, *x.shape)], x.shape
        ),
        lambda f, x, h: {"gradient": numgrad.central_difference(f, x, h)},
    ],
    "00.complex_step": [
        numgrad.complex_step,
        lambda f, x: np.reshape(
            [f(x + 1e-20j * d).imag / 1e-20 for d in np.eye(x.size).reshape(-1, *x.shape)], x.shape
        ),
        lambda f, x: {"gradient": numgrad.complex_step(f, x)},
        lambda f, x: numgrad.complex_step(f, x).astype("f4"),
        lambda f, x: numgrad.complex_step(f, x).tolist(),
    ],
    "00.relative_error": [
        lambda a, b: float(np.max(np.abs(a - b)) / np.max(np.abs([a, b]))) if np.any(a) or np.any(b) else 0,
        lambda a, b: np.float32(np.abs(a - b).max() / (max(abs(a).max(), abs(b).max()) or 1)),
        lambda a, b: np.array(np.abs(a - b).max() / (max(abs(a).max(), abs(b).max()) or 1)),
        lambda a, b: (
            np.linalg.norm((a - b).ravel(), np.inf) / (np.linalg.norm(np.r_[a, b].ravel(), np.inf) or 1.0)
        ),
        lambda a, b: 0.0 if (a == b).all() else np.abs(b - a).max() / np.maximum(abs(a), abs(b)).max(),
    ],
    "00.gradient_check": [
        lambda f, g, x: np.allclose(g, numgrad.complex_step(f, x), rtol=1e-6, atol=1e-8 * abs(g).max()),
        lambda f, g, x: bool(numgrad.check_gradient(lambda p: f(p["x"]), {"x": g}, {"x": x}).ok),
        lambda f, g, x: int(np.linalg.norm(g - numgrad.complex_step(f, x)) < 1e-5 * np.linalg.norm(g)),
        lambda f, g, x: np.bool_(abs(g - numgrad.central_difference(f, x, 1e-5)).max() < 1e-6 * abs(g).max()),
        lambda f, g, x: all(abs(g - numgrad.complex_step(f, x)).ravel() < 1e-9 * abs(g).max()),
    ],
}


@pytest.mark.parametrize("exercise_id", STYLES)
def test_every_correct_style_passes(exercise_id):
    assert len(STYLES[exercise_id]) >= 5
    for n, function in enumerate(STYLES[exercise_id]):
        for seed in (None, *range(10, 20)):
            verdict = diagnose(exercise_id, function, seed)
            assert verdict.correct, (n, seed, verdict)


def test_every_function_exercise_has_styles():
    graded = {e.id for e in every().values() if e.kind == "function" and e.points}
    assert graded == set(STYLES)


def test_notes_cost_nothing():
    right = solutions.variant(exercise("01.immediate"))

    def mutating(params, run):
        result = right(params, run)
        run.x[:] = 0
        params["U"] = 0.0
        return result

    verdict = diagnose("01.immediate", mutating)
    assert verdict.correct and any("modifies its arguments" in note for note in verdict.notes)
    single = diagnose("01.immediate", lambda p, r: {k: v.astype("f4") for k, v in right(p, r).items()})
    assert single.correct and any("single precision" in note for note in single.notes)
    extra = diagnose("01.immediate", lambda p, r: right(p, r) | {"note": 1})
    assert extra.correct and "extra outputs ignored: note" in extra.notes


class Lying(np.ndarray):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return np.zeros(self.shape)

    def __abs__(self):
        return np.zeros(self.shape)


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda p, r: None, "returned None"),
        (lambda p, r: 3.0, "expected a dict with the keys U, W"),
        (lambda p, r: "text", "expected a dict with the keys U, W"),
        (lambda p, r: {}, "U missing"),
        (lambda p, r: {"U": r.x}, "W missing"),
        (lambda p, r: {"U": r.x[:-1], "W": r.x}, "has shape"),
        (lambda p, r: {"U": r.x[None], "W": r.x}, "has shape (1, "),
        (lambda p, r: {"U": r.x * np.nan, "W": r.x}, "contains NaN"),
        (lambda p, r: {"U": [None] * len(r.x), "W": r.x}, "expected numbers"),
        (lambda p, r: {"U": np.array([object()] * len(r.x)), "W": r.x}, "expected numbers"),
        (lambda p, r: {"U": r.x + 0j, "W": r.x}, "expected numbers"),
        (lambda p, r: {"U": np.zeros((4000, 4000)), "W": r.x}, "expected numbers"),
        (lambda p: {}, "TypeError"),
        (lambda p, r: r.nothing, "AttributeError"),
        (lambda p, r: 1 / 0, "ZeroDivisionError: division by zero in line"),
        (lambda p, r: exit(), "SystemExit"),
        (lambda p, r: (_ for _ in ()).throw(MemoryError()), "MemoryError"),
    ],
)
def test_whatever_comes_back_becomes_a_sentence(answer, words):
    verdict = diagnose("01.immediate", answer)
    assert not verdict.correct and verdict.score == 0 and verdict.slips == ()
    assert words in verdict.message


def test_an_array_that_lies_is_not_believed():
    def lying(params, run):
        return {name: np.zeros_like(run.x).view(Lying) for name in ("U", "W")}

    assert not diagnose("01.immediate", lying).correct


def test_recursion_loops_and_printing_end_well(capfd):
    def deep(params, run):
        return deep(params, run)

    def endless(params, run):
        i = 0
        while True:
            try:
                i += 1
            except Exception:
                i = 0

    def loud(params, run):
        import sys
        import warnings

        print("out" * 1000)
        print("err" * 1000, file=sys.stderr)
        warnings.warn("a warning", stacklevel=1)
        return scalar.immediate(params, run)

    assert any("it printed outout" in note for note in diagnose("01.immediate", loud).notes)
    assert "RecursionError" in diagnose("01.immediate", deep).message
    start = time.monotonic()
    verdict = diagnose("01.immediate", endless)
    assert verdict.status == "timeout" and "Did not return within" in verdict.message
    assert time.monotonic() - start < 60
    assert diagnose("01.immediate", loud).correct
    assert capfd.readouterr() == ("", "")


def test_unanswered_is_told_from_wrong():
    def immediate(params, run):
        raise NotImplementedError()

    def total_by_recursion(params, run):
        return immediate(params, run)

    assert diagnose("01.immediate", immediate).status == "unanswered"
    verdict = diagnose("01.total_by_recursion", total_by_recursion)
    assert verdict.status == "unanswered" and "calls immediate" in verdict.message
    assert diagnose("01.refute_softmax", None).status == "unanswered"


def test_wrong_calls_say_what_exists():
    with pytest.raises(ValueError, match="no exercise '99.x'; there are .*01.immediate"):
        check("99.x", scalar.immediate)
    with pytest.raises(TypeError, match="answered with a function, immediate, but a value of type float"):
        check("01.immediate", 3.0)
    with pytest.raises(TypeError, match="answered with a value, counterexample, but a function came"):
        check("01.refute_immediate", scalar.immediate)
    with pytest.raises(TypeError, match="expected a string like"):
        check(1, scalar.immediate)


def test_check_returns_points_that_nbgrader_reads(capfd):
    points = check("01.immediate", scalar.immediate)
    assert type(points) is float and points == 2.0
    half = check(
        "01.total_by_recursion", lambda p, r: scalar.total(p, r) | {"U": scalar.immediate(p, r)["U"]}
    )
    assert type(half) is float and half == 1.5
    with pytest.raises(CheckFailed, match="0 of 2 points"):
        check("01.immediate", lambda p, r: {"U": r.x, "W": r.x})
    assert check("00.leaky_backward", solutions.variant(exercise("00.leaky_backward"))) is None
    assert capfd.readouterr().err == ""


VALUES = {
    "00.shapes": (
        [
            {
                "W_x": (4, 5),
                "W_h": (5, 5),
                "b_h": (5,),
                "W_y": (5, 7),
                "b_y": [7],
                "x": (6, 3, 4),
                "h": np.array([7, 3, 5]),
                "o": (6, 3, 7),
            }
        ],
        [{}, [], 0, {"W_x": (5, 4)}, "shapes"],
    ),
    "00.best_step": ([1e-5, 6e-6, np.float64(2e-6)], [0, -1, 1e-1, 1e-12, "small", float("nan"), [1, 2]]),
    "00.refute_elementwise": (
        [([0, 1], [0, 2]), (np.array([1.0, 2, 3]), [1, 2, 4])],
        [
            ([0, 1], [0, 1]),
            ([0], [0]),
            ([1, 2], [3, 4]),
            1,
            ([0, 1], [0, 1, 2]),
            ([0, np.inf], [0, 1]),
            ([0, 0], [0, 0]),
        ],
    ),
    "01.refute_immediate": (
        [(0.5, 0.9, [2.0, -0.1], 0.0), (1, -1, [0.5, 0.1, 0.02], 0.3)],
        [(1, 0, [1.0, 2.0], 0.0), (1, 0.5, [1.0], 0.0), 5, (0, 0, [0.0], 0), (1, 1, [], 0)],
    ),
    "01.refute_softmax": (
        [((0, 0, 0), (1, 1, 1)), ((-5, 3, 100), (7, 9, -100))],
        [((0, 0, 0), (0, 0, 0)), ((0, 0, 0), (2, 2, 0.5)), ((0, 0),), "yes", ((0, 0, 0), (1, 1, np.inf))],
    ),
}


@pytest.mark.parametrize("exercise_id", VALUES)
def test_any_valid_value_passes_and_no_other(exercise_id):
    right, wrong = VALUES[exercise_id]
    for answer in right:
        assert diagnose(exercise_id, answer).correct, answer
    for answer in wrong:
        verdict = diagnose(exercise_id, answer)
        assert not verdict.correct and verdict.message, answer


def test_every_value_exercise_is_tested():
    assert set(VALUES) == {e.id for e in every().values() if e.kind == "value"}
