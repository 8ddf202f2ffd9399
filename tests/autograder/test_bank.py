"""The bank: arrays that stand in for the solutions on the public seeds."""

import numpy as np
import pytest

from autograder import bank, diagnose, judge, slips, solutions
from autograder.exercises import every, exercise
from autograder.trial import setting

BANKED = [e for e in every().values() if e.slips]


@pytest.fixture
def without_sources(monkeypatch, tmp_path):
    """A function that writes the bank of some exercises and takes the solutions away."""

    def take_away(*exercises):
        slips.write_bank(exercises, tmp_path)
        monkeypatch.setattr(slips, "BANK", tmp_path)
        monkeypatch.setattr(solutions, "cells", lambda lesson: None)

    slips.outputs_of.cache_clear()
    yield take_away
    slips.outputs_of.cache_clear()


@pytest.mark.parametrize("e", BANKED, ids=lambda e: e.id)
def test_what_is_stored_is_what_the_slips_give(e, tmp_path):
    slips.write_bank([e], tmp_path)
    assert (tmp_path / f"{e.id}.npz").stat().st_size <= 300_000
    stored, references = bank.read(tmp_path, e.id), setting(e.id, 0)[1]
    assert {slip for owner, slip in stored if owner == e.id} == {slip.id for slip in e.slips}
    for (owner, slip_id), parts in stored.items():
        for part, made, reference in zip(parts, slips.outputs_of(e.id, slip_id, 0, owner), references):
            assert set(part) == slips.changes(made, reference)
            for name, array in part.items():
                assert array is made.get(name) is None or judge.same(array, made[name])


@pytest.mark.parametrize("exercise_id", ["05.rnn_backward", "10.lstm_backward", "02.squared_error"])
def test_slips_are_named_from_the_bank(exercise_id, without_sources):
    e = exercise(exercise_id)
    wrong = {slip.id: solutions.variant(e, slip) for slip in e.slips}
    right = solutions.variant(e)
    without_sources(e)
    assert diagnose(e.id, right).correct
    for slip_id, function in wrong.items():
        assert diagnose(e.id, function).slips == (slip_id,)
    other_seed = diagnose(e.id, wrong[e.slips[0].id], 5)
    assert not other_seed.correct and other_seed.slips == ()


def test_slips_of_earlier_exercises_are_in_the_bank(without_sources):
    e, earlier = exercise("03.gradient_by_paths"), exercise("03.step_jacobian")
    wrong = solutions.variant(e, earlier.slips[0], earlier)
    without_sources(e)
    assert diagnose(e.id, wrong).slips == (f"{earlier.id}:{earlier.slips[0].id}",)


def test_nothing_is_named_without_a_bank(without_sources):
    e = exercise("05.rnn_backward")
    wrong = solutions.variant(e, e.slips[0])
    without_sources()
    verdict = diagnose(e.id, wrong)
    assert not verdict.correct and verdict.slips == () and verdict.message


def test_every_kind_of_output_survives(tmp_path):
    right = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(2.0)}
    cases = [
        {"a": right["a"], "b": right["b"]},
        {"a": right["a"] * 1e300, "b": np.array(-1.0)},
        {"a": np.array([[0.0, np.nan, np.inf], [1, 2, 3]]), "b": right["b"]},
        {"a": right["a"].T, "b": np.zeros(2)},
        {"a": np.zeros((2, 3))},
    ]
    made = {("x.y", f"slip{n}"): [case] * 3 for n, case in enumerate(cases)}
    bank.write(tmp_path, "x.y", made | {("x.z", "raises"): None}, [right] * 3)
    stored = bank.read(tmp_path, "x.y")
    assert set(stored) == set(made)
    for parts, case in zip(stored.values(), cases):
        for part in parts:
            outputs = {**right, **part}
            assert all(judge.same(outputs[name], case[name]) for name in case)
            assert [name for name in outputs if outputs[name] is None] == [n for n in right if n not in case]
