"""What `diagnose` and `check` do with right answers in other styles, and with anything else."""

import time

import numpy as np
import pytest
from answers import ANSWERS, STYLES

from autograder import CheckFailed, check, diagnose
from autograder.diagnosis import diagnose as diagnosing
from autograder.exercises import all_exercises, find_exercise, sources
from rnnlib import scalar

VALUES = {k: v for lesson in ANSWERS for k, v in getattr(lesson, "VALUES", {}).items()}


@pytest.mark.parametrize("exercise_id", STYLES)
def test_every_correct_style_passes(exercise_id, seeds_of):
    assert len(STYLES[exercise_id]) >= 5
    for n, function in enumerate(STYLES[exercise_id]):
        for seed in seeds_of(n):
            verdict = diagnose(exercise_id, function, seed)
            assert verdict.correct, (n, seed, verdict)


def test_every_function_exercise_has_styles():
    graded = {e.id for e in all_exercises().values() if e.kind == "function" and e.points}
    assert graded == set(STYLES)


def test_notes_cost_nothing():
    right = sources.solution_variant(find_exercise("01.immediate"))

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


@pytest.mark.parametrize("change, correct", [(1.0, True), (1.01, False)])
def test_right_numbers_are_right_as_objects_too(change, correct):
    right = sources.solution_variant(find_exercise("01.immediate"))

    def as_objects(params, run):
        return {name: (change * g).astype(object) for name, g in right(params, run).items()}

    assert diagnose("01.immediate", as_objects).correct is correct


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
        (lambda p, r: {"U": r.x + 0.3}, "W missing"),
        (lambda p, r: {"U": r.x[:-1], "W": r.x}, "has shape"),
        (lambda p, r: {"U": r.x[None], "W": r.x}, "has shape (1, "),
        (lambda p, r: {"U": r.x * np.nan, "W": r.x}, "contains NaN"),
        (lambda p, r: {"U": [None] * len(r.x), "W": r.x}, "expected real numbers"),
        (lambda p, r: {"U": np.array([object()] * len(r.x)), "W": r.x}, "expected real numbers"),
        (lambda p, r: {"U": r.x + 0j, "W": r.x}, "expected real numbers"),
        (lambda p, r: {"U": np.zeros((4000, 4000)), "W": r.x}, "has shape (4000, 4000), expected (5,)"),
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


def test_recursion_loops_and_printing_end_well(capfd, monkeypatch):
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
    monkeypatch.setattr(diagnosing, "TIME_LIMIT", 0.5)
    start = time.monotonic()
    verdict = diagnose("01.immediate", endless)
    assert verdict.status == "timeout" and "Did not return within 0.5 s" in verdict.message
    assert time.monotonic() - start < 60
    monkeypatch.undo()
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
    with pytest.raises(ValueError, match="no exercise '99.x': this copy of the course has lessons 00 to"):
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
    assert check("00.leaky_backward", sources.solution_variant(find_exercise("00.leaky_backward"))) is None
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("exercise_id", VALUES)
def test_any_valid_value_passes_and_no_other(exercise_id):
    right, wrong = VALUES[exercise_id]
    for answer in right:
        assert diagnose(exercise_id, answer).correct, answer
    for answer in wrong:
        verdict = diagnose(exercise_id, answer)
        assert not verdict.correct and verdict.message, answer


def test_every_value_exercise_is_tested():
    assert set(VALUES) == {e.id for e in all_exercises().values() if e.kind == "value"}


def test_a_bias_with_an_axis_too_many_costs_that_output_and_no_other():
    e = find_exercise("05.rnn_backward")
    right = sources.solution_variant(e)

    def rnn_backward(params, x, h, dh):
        grads = right(params, x, h, dh)
        return {**grads, "b_h": grads["b_h"][None]}

    verdict = diagnose(e.id, rnn_backward)
    assert [name for name, output in verdict.outputs.items() if not output.ok] == ["b_h"]
    assert "has shape (1, " in verdict.outputs["b_h"].note and verdict.score == 0.8 and not verdict.slips


def test_of_a_secret_seed_no_exercise_is_given_what_another_asks_for():
    """scalar_forward's outputs are an argument of immediate."""
    asked, given = find_exercise("01.scalar_forward"), find_exercise("01.immediate")
    for seed, shared in ((None, True), (0, True), (5, False)):
        outputs = [asked.reference(*arguments) for arguments in asked.instances(seed)]
        inputs = [run for _, run in given.instances(seed)]
        assert all(np.array_equal(o["s"], run.s) for o, run in zip(outputs, inputs)) is shared


def test_counting_the_calls_is_no_gradient_check():
    calls = []

    def every_sixth(f, grad, x):
        calls.append(0)
        return len(calls) % 6 == 1

    for seed in (None, 1, 2, 77):
        verdict = diagnose("00.gradient_check", every_sixth, seed)
        assert not verdict.correct and verdict.slips == ()


def test_other_keys_than_expected_are_named():
    def rnn_backward(*arguments):
        right = sources.solution_variant(find_exercise("05.rnn_backward"))
        return {f"d{name}": value for name, value in right(*arguments).items()}

    verdict = diagnose("05.rnn_backward", rnn_backward)
    keys = "dW_x, dW_h, db_h, dx, dh0; expected W_x, W_h, b_h, x, h0"
    assert (
        verdict.message == f"rnn_backward returned a dict with the keys {keys}." and verdict.status == "form"
    )


@pytest.mark.parametrize("error, said", [(3e-8, True), (2e-9, False)])
def test_single_precision_is_spoken_of_where_it_could_be(error, said):
    right = sources.solution_variant(find_exercise("05.rnn_backward"))

    def rnn_backward(*arguments):
        return {name: value * (1 + error) for name, value in right(*arguments).items()}

    verdict = diagnose("05.rnn_backward", rnn_backward)
    assert verdict.correct and any("single precision" in note for note in verdict.notes) is said
