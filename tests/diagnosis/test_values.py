"""Values of extreme scale and size: NaN compares with nothing, and no answer is right because of rounding."""

import time

import numpy as np
import pytest
from answers import ANSWERS

from autograder import diagnose
from autograder.diagnosis import facts
from autograder.exercises import all_exercises

VALUES = {k: v for lesson in ANSWERS for k, v in getattr(lesson, "VALUES", {}).items()}
SCALES = (1e-300, 1e-12, 1e-6, 1e6, 1e10, 1e50, 1e99, 1e150, 1e300)


def scaled(value, factor):
    if isinstance(value, dict):
        return {key: scaled(part, factor) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(scaled(part, factor) for part in value)
    return value * factor if isinstance(value, (np.ndarray, float, int)) else value


@pytest.mark.parametrize("size", [1e10, 1e13, 1e20, 1e99])
def test_a_smallest_singular_value_of_one_is_not_taken_for_zero(size):
    for entries in (np.full((2, 2), size), -np.full((3, 3), size), np.diag([size, 2.0])):
        assert not diagnose("06.refute_self_reference", entries).correct
    assert diagnose("06.refute_self_reference", np.diag([1e6, 1.0])).correct
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 50)))[0]
    shared = turned @ np.diag([1.0, *np.linspace(2, 900, 49)]) @ turned.T
    assert diagnose("06.refute_self_reference", shared).correct
    assert not diagnose("06.refute_self_reference", 1.001 * shared).correct


@pytest.mark.parametrize("exercise_id", VALUES)
def test_numbers_beyond_any_use_are_refused_in_words(exercise_id):
    right, wrong = VALUES[exercise_id]
    for factor in SCALES:
        for answer in (*right, *wrong):
            try:
                large = scaled(answer, factor)
            except Exception:  # a wrong answer that is made of no numbers
                continue
            with np.errstate(all="ignore"):
                verdict = diagnose(exercise_id, large)
            assert verdict.correct or verdict.message
            if facts.excess(large):
                assert not verdict.correct and facts.excess(large) in verdict.message


def test_what_overflows_is_not_right():
    loud = np.array([[1.0, 1.0], [0.5, 1.0]])  # its Jacobian is off by less than its norm
    silent = np.array([[0.0, 1.0], [1.0, 0.0]])
    for factor in (1.0, 1e99, 1e200, 1e300):
        assert not diagnose("05.refute_jacobian", (factor * loud, silent)).correct
    for factor in (1e160, 1e300):
        assert not diagnose("10.refute_product", (factor * np.ones(4), np.ones(4), 1.0)).correct


@pytest.mark.parametrize(("a", "step"), [(1e6, 1e-12), (1.0, 1e-17), (-3e5, 1e-11), (1e99, 1e-3)])
def test_a_quotient_of_rounding_alone_is_no_kink(a, step):
    in_floats = (max(a + step, 0.0) - max(a - step, 0.0)) / (2 * step)
    assert a < 0 or abs(in_floats - 1) > 0.15  # what the floats would say
    verdict = diagnose("04.refute_kink", (a, step))
    assert not verdict.correct and f"off by {0:g}" in verdict.message
    assert diagnose("04.refute_kink", (step / 10, step)).correct


def test_a_slope_that_no_complex_step_resolves_has_its_sign():
    steep = ([0.0, 0.0, 5e50, 0.0], [3e50, 3e50, 0.0, 3e50], 0.0)  # dc_2/dc_0 is 5e50 there
    verdict = diagnose("10.refute_product", steep)
    assert not verdict.correct and "5e+50" in verdict.message
    falling = ([0.0, 0.0, -5e50, 0.0], *steep[1:])
    assert diagnose("10.refute_product", falling).correct


@pytest.mark.parametrize("exercise_id", [e.id for e in all_exercises().values() if e.kind == "value"])
def test_a_matrix_of_a_thousand_rows_is_refused_at_once(exercise_id):
    matrix = np.random.default_rng(0).normal(size=(1000, 1000))
    for answer in (matrix, (matrix, matrix), (matrix, matrix[0]), {"W_h": matrix}, matrix.tolist()):
        start = time.process_time()
        verdict = diagnose(exercise_id, answer)
        assert verdict.message == "holds more than 20000 numbers; fewer are enough"
        assert time.process_time() - start < 0.2


def test_an_answer_of_a_usual_size_has_no_excess():
    assert facts.excess(([np.ones((100, 100))] * 2, "text", None)) == ""
    assert facts.excess([1e100, -1e100, np.inf, np.nan]) == ""
    assert "beyond 1e+100" in facts.excess({"a": [1, (2.0, -1.01e100)]})
    assert "beyond 1e+100" in facts.excess(10**101) and "beyond" in facts.excess(np.array([10**101, 1]))
    assert "more than 20000" in facts.excess([[0.0] * 200] * 101)
