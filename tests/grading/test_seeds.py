"""Secret seeds: one for every student, which no edit, no other student and no accident changes."""

import json
import logging

import pytest
from class_tools import MODE, NAME, copy_course, solved, submit, total

from autograder.grading.course import Course
from autograder.grading.grade_submission import grade_from_store, prepare_task, result_of
from autograder.grading.result_store import Store
from autograder.grading.seeds import student_seed


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, NAME)


def test_every_student_has_a_seed_that_stays(store):
    names = ["a", "b", "A", "zoë", "a first"]
    found = [store.seed_of(name) for name in names]
    assert len(set(found)) == len(names)
    assert found == [Store(store.home, NAME).seed_of(name) for name in names]
    assert Store(store.home, "02_output_and_loss").seed_of("a") not in found
    assert all(seed.bit_length() > 100 for seed in found)  # nobody tries them all out


def test_the_seed_is_in_none_of_what_others_have(store):
    """It follows from the secret, and the secret does not follow from it."""
    assert student_seed("s" * 64, "a") == student_seed("s" * 64, "a") != student_seed("t" * 64, "a")
    assert store.secret not in str(store.seed_of("a"))


def test_a_number_of_the_version_before_serves_as_the_secret(store):
    (store.home / "seeds.json").write_text(json.dumps({NAME: 123456789}))
    assert store.seed_of("a") == student_seed("123456789", "a")
    Store(store.home, "02_output_and_loss").seed_of("a")
    assert json.loads((store.home / "seeds.json").read_text())[NAME] == 123456789


@pytest.mark.parametrize(
    "content", ["", '{"01_scalar_rnn": 12', "[]", '{"01_scalar_rnn": null}', '{"01_scalar_rnn": ""}', "\x00"]
)
def test_damaged_seeds_are_put_aside_and_said(store, content, caplog):
    (store.home / "seeds.json").write_text(content)
    with caplog.at_level(logging.WARNING):
        seed = store.seed_of("a")
    assert "held no seeds" in caplog.text and "every submission is run anew" in caplog.text
    assert (store.home / "seeds.json.damaged").read_text() == content
    assert Store(store.home, NAME).seed_of("a") == seed


@pytest.mark.parametrize("lost", ["seeds.json", "seeds-copy.json"])
@pytest.mark.parametrize("content", [None, "", '{"01_scalar_rnn": 12', "{}"])
def test_one_of_two_files_of_seeds_may_be_lost(store, lost, content, caplog):
    seed = store.seed_of("a")
    path = store.home / lost
    path.unlink()
    if content is not None:
        path.write_text(content)
    with caplog.at_level(logging.WARNING):
        assert Store(store.home, NAME).seed_of("a") == seed
    assert ("taken from" in caplog.text) == (lost == "seeds.json" and content != "{}")
    found = [json.loads((store.home / name).read_text()) for name in ("seeds.json", "seeds-copy.json")]
    assert found[0] == found[1] and NAME in found[0]


def test_where_both_files_of_seeds_are_lost_they_are_new(store):
    seed = store.seed_of("a")
    for name in ("seeds.json", "seeds-copy.json"):
        (store.home / name).write_text("")
    assert Store(store.home, NAME).seed_of("a") != seed


def test_seeds_that_somebody_put_there_win(store):
    store.seed_of("a")
    (store.home / "seeds.json").write_text(json.dumps({NAME: "t" * 64}))
    assert Store(store.home, NAME).seed_of("a") == student_seed("t" * 64, "a")
    assert json.loads((store.home / "seeds-copy.json").read_text()) == {NAME: "t" * 64}


def test_a_class_graded_by_the_version_before_is_run_anew_and_then_never_again(tmp_path, monkeypatch):
    """Its runs were stored under one seed that all had."""
    root = copy_course(tmp_path)
    submit(root, "one", solved())
    submit(root, "two", solved())
    course = Course.load(root)
    course.home.mkdir(exist_ok=True)
    (course.home / "seeds.json").write_text(json.dumps({NAME: 77}))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "seed_of", lambda self, student: 77)
        assert graded(course) == [15, 15]
    runs = stored_runs(course)
    assert len(runs) == 1  # equal submissions shared a run
    for judged in (course.home / "results" / NAME).iterdir():
        judged.write_text("[1, 2]")  # damaged: JSON, but no verdicts
    assert graded(course) == [15, 15]
    again = stored_runs(course)
    assert len(again - runs) == 2
    assert graded(course) == [15, 15] and stored_runs(course) == again


def graded(course):
    """The points of the class."""
    store, released = course.store(NAME), course.released(NAME)
    points = []
    for student, folder in course.submissions(NAME).items():
        task = prepare_task(folder, NAME, released, store.seed_of(student), MODE, course.limits)
        points.append(total(result_of(task, grade_from_store(task, store))))
    return points


def stored_runs(course):
    return {path.name for path in (course.home / "runs" / NAME).iterdir()}
