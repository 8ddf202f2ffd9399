"""Two mistakes at once are named when they give every number, and nothing else is ever called that."""

import re
import warnings
from itertools import combinations

import numpy as np
import pytest

from autograder import compare, diagnose
from autograder.diagnosis import explain, facts, match_pairs, match_slips
from autograder.diagnosis.explain import TWO
from autograder.diagnosis.trial import Trial
from autograder.errors import PassageError
from autograder.exercises import all_exercises, find_exercise, sources
from autograder.exercises.instances import instances_and_references

RNN, LSTM = find_exercise("05.rnn_backward"), find_exercise("10.lstm_backward")
GRADIENTS = [
    "04.relu_backward",
    "05.rnn_backward",
    "09.lstm97_backward",
    "10.lstm_backward",
    "12.gru_backward",
]


def slip_of(e, slip_id):
    return next(slip for slip in e.slips if slip.id == slip_id)


def both(e, *ids):
    return sources.solution_variant(e, tuple(slip_of(e, slip_id) for slip_id in ids))


@pytest.mark.parametrize(
    "e, ids",
    [
        (RNN, ("no_carry", "w_h_overwritten")),
        (RNN, ("upstream_ones", "w_x_overwritten")),
        (LSTM, ("forget_sees_new_cell", "w_h_overwritten")),
        (LSTM, ("forget_sees_new_cell", "candidate_by_sigma")),
    ],
    ids=lambda value: value if isinstance(value, tuple) else value.id,
)
def test_two_slips_are_named_together(e, ids):
    for seed in (None, 6):
        verdict = diagnose(e.id, both(e, *ids), seed)
        assert set(verdict.slips) == set(ids) and verdict.message.startswith(TWO)
        for slip_id in ids:
            assert (
                slip_of(e, slip_id).says in verdict.message and slip_of(e, slip_id).asks in verdict.question
            )


@pytest.mark.parametrize(
    "exercise_id", [*GRADIENTS[:3], *(pytest.param(name, marks=pytest.mark.slow) for name in GRADIENTS[3:])]
)
def test_what_is_said_of_a_sample_of_pairs_gives_their_numbers(exercise_id, thorough):
    """No name is false: what is named agrees on all it changes, or on all but one that is said to differ."""
    e = find_exercise(exercise_id)
    sample = list(combinations(e.slips, 2))
    named, made_at_all = 0, 0
    rng = np.random.default_rng(7)
    for n in rng.choice(len(sample), 25 if thorough else 10, replace=False):
        try:
            function = sources.solution_variant(e, sample[n])
        except PassageError:
            continue
        made_at_all += 1  # others change the same passage
        verdict = diagnose(e.id, function, int(n))
        said = set(verdict.slips)
        both = {slip.id for slip in sample[n]}
        named += both <= said or bool(both & said and verdict.laws)  # one may be told as a law
        if not verdict.message.startswith(TWO):
            instances, references = instances_and_references(e.id, int(n))
            answers = [match_slips.run_variant(e, function, a) for a in instances]
            for slip_id in said:
                made = match_slips.slip_outputs(e, slip_of(e, slip_id), int(n))
                changed = [match_slips.changed_outputs(m, r) for m, r in zip(made, references)]
                off = {
                    name
                    for m, answer, names in zip(made, answers, changed)
                    for name in names
                    if not compare.same(m[name], answer[name])
                }
                assert len(off) <= 1, (slip_id, sample[n])
                by_law = " ".join(verdict.laws)
                told = {name for name in off if re.search(rf"\b{name}\b", by_law)}
                told |= {name for name in off if re.search(rf"\b{name} (differs|is)\b", verdict.message)}
                assert told == off, verdict
    assert made_at_all >= 5 and named >= 0.6 * made_at_all


def test_a_third_mistake_takes_the_name_away():
    ids = ("no_carry", "w_h_overwritten")
    assert set(diagnose(RNN.id, both(RNN, *ids)).slips) == set(ids)
    third = diagnose(RNN.id, both(RNN, *ids, "b_h_one_number"))
    assert not set(ids) <= set(third.slips) and TWO not in third.message
    two = both(RNN, *ids)

    def and_noise(*arguments):
        found = two(*arguments)
        return found | {"x": found["x"] * (1 + 1e-3 * np.arange(found["x"].size).reshape(found["x"].shape))}

    noisy = diagnose(RNN.id, and_noise)
    assert not set(ids) <= set(noisy.slips) and TWO not in noisy.message


def test_a_pair_has_to_hold_on_every_instance():
    two, right = both(RNN, "no_carry", "w_h_overwritten"), sources.solution_variant(RNN)
    for wrong_at in {len(arguments[1]) for arguments in RNN.instances()}:

        def sometimes(params, x, h, dh, wrong_at=wrong_at):
            return (two if len(x) == wrong_at else right)(params, x, h, dh)

        assert TWO not in diagnose(RNN.id, sometimes).message


def test_fewer_mistakes_are_preferred_where_both_explain():
    """Single slips of four outputs fit as well; two slips explain the fifth too."""
    verdict = diagnose(RNN.id, both(RNN, "carry_forgotten", "b_h_first_instance"))
    assert set(verdict.slips) == {"carry_forgotten", "b_h_first_instance"}


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda g, x: g / x.shape[1], "W_x is divided by x.shape[1], the batch size B"),
        (lambda g, x: -g, "W_x is right but for the sign"),
        (lambda g, x: 2 * g, "W_x is 2 times what is expected"),
    ],
)
def test_a_slip_and_a_law(change, words):
    no_carry = sources.solution_variant(RNN, slip_of(RNN, "no_carry"))

    def rnn_backward(params, x, h, dh):
        found = no_carry(params, x, h, dh)
        return found | {"W_x": change(found["W_x"], x)}

    verdict = diagnose(RNN.id, rnn_backward, 3)
    assert "no_carry" in verdict.slips and words in verdict.message
    assert slip_of(RNN, "no_carry").says in verdict.message


def test_a_factor_without_a_reason_is_no_second_mistake():
    no_carry = sources.solution_variant(RNN, slip_of(RNN, "no_carry"))

    def rnn_backward(params, x, h, dh):
        found = no_carry(params, x, h, dh)
        return found | {"W_x": 1.37 * found["W_x"]}

    verdict = diagnose(RNN.id, rnn_backward)
    assert "1.37" not in verdict.message and TWO not in verdict.message


SLIPPED = [e.id for e in all_exercises().values() if e.kind == "function" and e.slips]
SELDOM = {name for n, name in enumerate(SLIPPED) if n % 4} - set(GRADIENTS)


@pytest.mark.parametrize(
    "exercise_id",
    [pytest.param(name, marks=[pytest.mark.slow] if name in SELDOM else []) for name in SLIPPED],
)
def test_noise_and_halves_get_no_name(exercise_id, thorough):
    e, rng = find_exercise(exercise_id), np.random.default_rng(1)
    instances, references = instances_and_references(e.id, 2)
    if e.gate is not None:
        return
    changes = (
        lambda a: rng.normal(size=a.shape),
        lambda a: a + 1e-2 * np.abs(a).max(initial=1) * rng.normal(size=a.shape),
        lambda a: a * rng.uniform(0.5, 2),
        lambda a: np.where(rng.random(a.shape) < 0.5, a, 0.3),
    )
    # two of them in turn, as a search for pairs takes long
    for change in changes if thorough else changes[SLIPPED.index(exercise_id) // 4 % 2 :: 2]:
        answers = [{name: change(np.asarray(a, float)) for name, a in r.items()} for r in references]
        trial = Trial(e, 2, instances, references, answers, ())
        assert match_pairs.find_pairs(trial, list(references[0])) == []
        assert match_pairs.find_slips_with_law(trial, list(references[0])) == []


def pairs_where_all_fit(e, make, monkeypatch):
    """The pairs that are found for answers made of the right ones, if every pair gave just these numbers."""
    monkeypatch.setattr(match_pairs, "_outputs_like_the_student_s", lambda trial, _: list(trial.answers))
    instances, references = instances_and_references(e.id, 2)
    answers = tuple({n: make(np.asarray(a, float)) for n, a in r.items()} for r in references)
    return match_pairs.find_pairs(Trial(e, 2, instances, references, answers, ()), list(references[0]))


def test_one_number_everywhere_is_no_pair(monkeypatch):
    """Such as zeros, which any unfinished answer gives."""
    rng = np.random.default_rng(3)
    assert pairs_where_all_fit(RNN, np.zeros_like, monkeypatch) == []
    assert pairs_where_all_fit(RNN, np.ones_like, monkeypatch) == []
    assert pairs_where_all_fit(RNN, lambda a: rng.normal(size=a.shape), monkeypatch)  # the control


def test_nan_and_infinity_bring_no_warnings_and_keep_the_question():
    right = sources.solution_variant(RNN)
    for value in (np.nan, np.inf, -np.inf):

        def rnn_backward(*arguments, value=value):
            found = right(*arguments)
            found["W_h"][0, 0] = value
            return found

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            verdict = diagnose(RNN.id, rnn_backward)
        assert verdict.question == RNN.asks and facts.NOT_FINITE in verdict.message
    missing = diagnose(RNN.id, lambda *a: {k: v for k, v in right(*a).items() if k != "W_h"})
    assert missing.question == "" and "missing" in missing.message


def test_arrays_that_are_not_finite_in_the_same_places_agree():
    a = np.array([1.0, np.nan, np.inf, -np.inf])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compare.same(a, a) and compare.same(a, a + [1e-6, 0, 0, 0])
        assert not compare.same(a, -a) and not compare.same(a, [1.0, np.nan, np.inf, 0.0])
        assert not compare.same(a, [2.0, np.nan, np.inf, -np.inf]) and not compare.same(a, a[:3])
        assert not compare.same([1e308], [-1e308]) and compare.relative_error(a, a) == np.inf


def test_a_slip_that_makes_nan_is_named(monkeypatch):
    e = find_exercise("05.rnn_backward")
    poison = slip_of(e, "no_carry")
    broken = type(poison)(
        "divides_by_zero", "db_h, dx = ", "dW_x = dW_x / 0\n    db_h, dx = ", "By zero.", "?"
    )
    monkeypatch.setitem(vars(e), "slips", (*e.slips, broken))
    verdict = diagnose(e.id, sources.solution_variant(e, broken), 4)
    assert verdict.slips == ("divides_by_zero",)


def test_zeros_are_no_misunderstanding_though_a_slip_gives_them(monkeypatch):
    """Any unfinished answer has them."""
    one = slip_of(RNN, "no_carry")
    for seed, name, value, slips in ((14, "zero", "0 * dW_x", ()), (15, "squared", "dW_x**2", ("squared",))):
        made = type(one)(name, '"W_x": dW_x', f'"W_x": {value}', "Changed.", "?")
        monkeypatch.setitem(vars(RNN), "slips", (*RNN.slips, made))
        assert diagnose(RNN.id, sources.solution_variant(RNN, made), seed).slips == slips
        monkeypatch.undo()


def test_a_slip_that_raises_does_not_stop_the_diagnosis(monkeypatch):
    e = find_exercise("05.rnn_backward")
    one = slip_of(e, "no_carry")
    broken = type(one)("raises", "db_h, dx = ", "raise KeyError\n    db_h, dx = ", "Raises.", "?")
    monkeypatch.setitem(vars(e), "slips", (broken, *e.slips))
    assert diagnose(e.id, sources.solution_variant(e, one), 5).slips == ("no_carry",)
    with pytest.raises(RuntimeError, match="slip raises cannot be run"):
        match_slips.slip_outputs(e, broken, 5)


def test_a_slip_that_says_the_rest_is_right_is_neither_of_two():
    """Its words would be wrong, though with a law or with the other slip it gives every number."""
    first_use = slip_of(RNN, "w_h_first_use_missing")
    assert first_use.alone and diagnose(RNN.id, sources.solution_variant(RNN, first_use)).slips == (
        first_use.id,
    )
    slipped = sources.solution_variant(RNN, first_use)
    with_law = diagnose(RNN.id, lambda *a: (lambda g: g | {"x": 2 * g["x"]})(slipped(*a)), 6)
    assert with_law.slips == () and "x is 2 times what is expected" in with_law.message
    assert diagnose(RNN.id, both(RNN, "w_x_overwritten", first_use.id), 6).slips == ("w_x_overwritten",)


def test_one_slip_for_all_outputs_but_one_is_told_with_what_is_left():
    slipped = sources.solution_variant(RNN, slip_of(RNN, "w_h_not_transposed"))

    def with_h0(change):
        return lambda *a: (lambda g: g | {"h0": change(g["h0"])})(slipped(*a))

    zero = diagnose(RNN.id, with_h0(np.zeros_like))
    assert zero.slips == ("w_h_not_transposed",) and "h0 is zero in every entry" in zero.message
    noisy = diagnose(RNN.id, with_h0(lambda h0: h0 + 1))
    assert noisy.slips == ("w_h_not_transposed",) and "h0 differs as well" in noisy.message
    two_left = diagnose(RNN.id, lambda *a: (lambda g: g | {"h0": g["h0"] + 1, "x": g["x"] + 1})(slipped(*a)))
    assert two_left.slips == ()
    right = sources.solution_variant(RNN)  # and of a single wrong output nothing of the kind is said
    assert diagnose(RNN.id, lambda *a: (lambda g: g | {"h0": g["h0"] + 1})(right(*a))).slips == ()


@pytest.mark.parametrize("number, named", [(1, True), (3, True), (4, False)])
def test_of_many_pairs_that_fit_none_is_told(number, named, monkeypatch):
    pairs = list(zip(RNN.slips[:number], RNN.slips[number:]))
    monkeypatch.setattr(match_pairs, "find_pairs", lambda trial, wrong: pairs)
    assert (explain._two_slips(None, ["W_h"]) is not None) == named


@pytest.mark.parametrize("others, slips", [(("x",), ("w_h_overwritten",)), (("x", "W_x", "b_h"), ())])
def test_a_slip_is_not_named_where_of_most_that_is_wrong_nothing_would_be_said(others, slips):
    slipped = sources.solution_variant(RNN, slip_of(RNN, "w_h_overwritten"))

    def rnn_backward(*arguments):
        found = slipped(*arguments)
        return found | {name: np.cumsum(found[name] + 0.3, axis=0) for name in others}

    assert diagnose(RNN.id, rnn_backward, 9).slips == slips
