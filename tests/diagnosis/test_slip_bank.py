"""The bank: arrays that stand in for the solutions on the public seeds."""

import shutil

import numpy as np
import pytest

from autograder import compare, diagnose
from autograder.diagnosis import match_slips, slip_bank
from autograder.exercises import all_exercises, find_exercise, sources
from autograder.exercises.instances import instances_and_references

BANKED = [e for e in all_exercises().values() if e.slips]


@pytest.fixture
def without_sources(monkeypatch, tmp_path):
    """A function that writes the bank of some exercises and takes the solutions away."""

    def take_away(*exercises):
        match_slips.write_bank(exercises, tmp_path)
        monkeypatch.setattr(match_slips, "BANK", tmp_path)
        monkeypatch.setattr(sources, "code_cells", lambda lesson: None)

    return take_away


@pytest.mark.parametrize("e", BANKED, ids=lambda e: e.id)
def test_what_is_stored_is_what_the_slips_give(e, tmp_path):
    match_slips.write_bank([e], tmp_path)
    assert (tmp_path / f"{e.id}.npz").stat().st_size <= 400_000
    stored, references = slip_bank.read_bank(tmp_path, e.id), instances_and_references(e.id, 0)[1]
    assert {slip for owner, slip in stored if owner == e.id} == {slip.id for slip in e.slips}
    for (owner_id, slip_id), parts in stored.items():
        owner = find_exercise(owner_id)
        slip = next(slip for slip in owner.slips if slip.id == slip_id)
        for part, made, reference in zip(parts, match_slips.slip_outputs(e, slip, 0, owner), references):
            assert set(part) == match_slips.changed_outputs(made, reference)
            for name, array in part.items():
                assert array is made.get(name) is None or compare.same(array, made[name])


@pytest.mark.parametrize("exercise_id", ["05.rnn_backward", "10.lstm_backward", "02.squared_error"])
def test_slips_are_named_from_the_bank(exercise_id, without_sources):
    e = find_exercise(exercise_id)
    wrong = {slip.id: sources.solution_variant(e, slip) for slip in e.slips}
    right = sources.solution_variant(e)
    without_sources(e)
    assert diagnose(e.id, right).correct
    for slip_id, function in wrong.items():
        assert diagnose(e.id, function).slips == (slip_id,)
    other_seed = diagnose(e.id, wrong[e.slips[0].id], 5)
    assert not other_seed.correct and other_seed.slips == ()


def test_slips_of_earlier_exercises_are_in_the_bank(without_sources):
    e, earlier = find_exercise("03.gradient_by_paths"), find_exercise("03.step_jacobian")
    wrong = sources.solution_variant(e, earlier.slips[0], earlier)
    without_sources(e)
    assert diagnose(e.id, wrong).slips == (f"{earlier.id}:{earlier.slips[0].id}",)


def test_nothing_is_named_without_a_bank(without_sources):
    e = find_exercise("05.rnn_backward")
    wrong = sources.solution_variant(e, e.slips[0])
    without_sources()
    verdict = diagnose(e.id, wrong)
    assert not verdict.correct and verdict.slips == () and verdict.message


def test_a_first_check_believes_the_bank_only_if_it_is_of_today_s_source(tmp_path, monkeypatch):
    e = find_exercise("05.rnn_backward")
    wrong = sources.solution_variant(e, e.slips[0])
    monkeypatch.setattr(match_slips, "BANK", tmp_path)
    ran: list[int] = []
    run = match_slips._run_slip
    monkeypatch.setattr(match_slips, "_run_slip", lambda *asked: ran.append(asked[-1]) or run(*asked))
    assert diagnose(e.id, wrong).slips == (e.slips[0].id,)
    assert len(ran) > len(e.slips)  # the control: without a bank all slips are run

    match_slips.write_bank([e], tmp_path)
    ran.clear()
    assert diagnose(e.id, wrong).slips == (e.slips[0].id,)
    assert all(i >= match_slips.SMALL for i in ran)  # on the long and the loud instance alone
    ran.clear()
    assert diagnose(e.id, wrong, 5).slips == (e.slips[0].id,) and len(ran) > len(e.slips)


def test_a_stale_bank_names_nothing_false(tmp_path, monkeypatch):
    """Its numbers say that the second slip gives what the first one gives, as before an edit of both."""
    e = find_exercise("05.rnn_backward")
    first, second = e.slips[:2]
    made = {(e.id, second.id): match_slips.slip_outputs(e, first, 0)}
    right = instances_and_references(e.id, 0)[1]
    monkeypatch.setattr(match_slips, "BANK", tmp_path)
    slip_bank.write_bank(tmp_path, e.id, made, right, "of other sources")
    assert diagnose(e.id, sources.solution_variant(e, first)).slips == (first.id,)
    slip_bank.write_bank(tmp_path, e.id, made, right, sources.digest(e.lesson))
    assert second.id in diagnose(e.id, sources.solution_variant(e, first)).slips  # the control


def test_what_the_numbers_depend_on_is_in_the_digest(tmp_path, monkeypatch):
    copy = tmp_path / "solutions"
    shutil.copytree(sources.FOLDER, copy, ignore=shutil.ignore_patterns("*.ipynb"))
    before = {lesson: sources.digest(lesson) for lesson in ("05", "06")}
    monkeypatch.setattr(sources, "FOLDER", copy)
    sources._digest.cache_clear()
    assert before == {lesson: sources.digest(lesson) for lesson in ("05", "06")}
    edited = next(copy.glob("05_*.py"))
    edited.write_text(edited.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    sources._digest.cache_clear()
    assert sources.digest("05") != before["05"] and sources.digest("06") == before["06"]
    sources._digest.cache_clear()


def test_every_kind_of_output_survives(tmp_path):
    right = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(2.0)}
    cases = [
        {"a": right["a"], "b": right["b"]},
        {"a": right["a"] * 1e300, "b": np.array(-1.0)},
        {"a": np.array([[0.0, np.nan, np.inf], [1, 2, 3]]), "b": right["b"]},
        {"a": np.array(7.0), "b": np.array(np.nan)},
        {"a": right["a"].T, "b": np.zeros(2)},
        {"a": np.zeros((2, 3))},
    ]
    made = {("x.y", f"slip{n}"): [case] * 3 for n, case in enumerate(cases)}
    slip_bank.write_bank(tmp_path, "x.y", made | {("x.z", "raises"): None}, [right] * 3)
    stored = slip_bank.read_bank(tmp_path, "x.y")
    assert set(stored) == set(made)
    for parts, case in zip(stored.values(), cases):
        for part in parts:
            outputs = {**right, **part}
            assert all(compare.same(outputs[name], case[name]) for name in case)
            assert [name for name in outputs if outputs[name] is None] == [n for n in right if n not in case]


@pytest.mark.parametrize("content", ["earlier", "cut short", "nothing"])
def test_a_bank_of_an_earlier_version_or_damaged_counts_as_none(content, tmp_path):
    e = find_exercise("01.immediate")
    match_slips.write_bank([e], tmp_path)
    path = tmp_path / f"{e.id}.npz"
    assert slip_bank.read_bank(tmp_path, e.id)
    if content == "earlier":
        np.savez_compressed(path, labels=np.zeros(3))
    else:
        path.write_bytes(path.read_bytes()[: 200 if content == "cut short" else 0])
    slip_bank._load.cache_clear()
    assert slip_bank.read_bank(tmp_path, e.id) == {}
