"""`autograder replay` shows a student's own numbers; `autograder forget` removes all that is kept of one."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from class_tools import MODE, NAME, before, cell, code, command, copy_course, notebook, solved, submit
from nbgrader.api import Gradebook

from autograder.errors import Infrastructure
from autograder.exercises.instances import every_instance_and_reference
from autograder.grading import forget as forgetting
from autograder.grading import replay
from autograder.grading.course import Course

WRONG = "def scalar_bptt(params, run, do):\n    return {'U': 0.0, 'W': 0.0}\n"


def stored(course):
    kept = course / "gradebook"
    return {path for place in ("runs", "results") for path in (kept / place / NAME).iterdir()}


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A class of three, graded: one is right, one wrong in one exercise, one ends its process there."""
    course = copy_course(tmp_path_factory.mktemp("appeals"))
    wrong, ended = solved(), solved()
    cell(wrong, "scalar_bptt")["source"] = WRONG
    before(ended, "scalar_bptt", code("import os; os._exit(0)"))
    for student, nb in (("annika-s", solved()), ("benno-t", wrong), ("cleo-u", ended)):
        submit(course, student, nb)
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    return course


def replayed(course, student, *more, code=0):
    return command(
        "autograder", "replay", student, "01.scalar_bptt", "--sandbox", MODE, *more, cwd=course, code=code
    )


def test_a_replay_that_could_not_run_is_a_sentence(three, monkeypatch):
    def slept(task):
        raise Infrastructure("no answer within 60 s")

    monkeypatch.setattr(replay, "grade_one", slept)
    said = replayed(three, "benno-t", code=1)
    assert said == (
        "autograder: the submission of benno-t could not be run: no answer within 60 s; try again\n"
    )


def test_a_replay_shows_the_numbers_of_the_student_s_own_seed(three):
    seed = Course.load(three).store(NAME).seed_of("benno-t")
    wanted = every_instance_and_reference("01.scalar_bptt", seed)[1]
    kept = stored(three)
    said = replayed(three, "benno-t")
    own = said.split("On the student's own:")[1]
    for number, reference in enumerate(wanted, start=1):
        for name in ("U", "W", "x"):
            line = next(line for line in own.splitlines() if line.split()[:2] == [str(number), name])
            if name == "x":
                assert line.endswith(" missing")
                continue
            right = reference[name]
            assert "differs by a relative 1.0e+00" in line and f"0 for {np.ravel(right)[0]:.6g}" in line
    other = every_instance_and_reference(
        "01.scalar_bptt", Course.load(three).store(NAME).seed_of("annika-s")
    )[1]
    assert f"0 for {np.ravel(other[0]['W'])[0]:.6g}" not in said  # nobody else's
    assert "now:       0 of 4 points" in said and "gradebook: 0 of 4 points" in said
    assert stored(three) == kept


def test_a_right_answer_is_right_and_one_that_was_not_reached_is_said(three):
    said = replayed(three, "annika-s")
    assert "differs" not in said and said.count("right, to a relative") >= 6 and "now:       4 of 4" in said
    assert "Its check was not reached" in replayed(three, "cleo-u")


def test_a_replay_says_where_the_gradebook_has_other_points(three):
    path = three / "gradebook" / "submitted" / "benno-t" / NAME / f"{NAME}.ipynb"
    handed_in = path.read_text(encoding="utf-8")
    path.write_text(json.dumps(solved()), encoding="utf-8")
    said = replayed(three, "benno-t", code=1)
    path.write_text(handed_in, encoding="utf-8")
    assert "now:       4 of 4 points" in said and "gradebook: 0 of 4 points" in said


@pytest.mark.parametrize(
    "student, exercise, words",
    [
        ("dora", "01.scalar_bptt", "no submission of 'dora' for 01_scalar_rnn; there are annika-s"),
        ("annika-s", "01.nothing", "no exercise '01.nothing'; there are"),
        ("annika-s", "88.x", "no exercise '88.x'"),
        ("zed", "01.scalar_bptt", "the submission of zed cannot be graded: the file is no JSON"),
    ],
)
def test_a_replay_of_what_is_not_there_is_refused(course, student, exercise, words):
    submit(course, "annika-s", notebook("notebooks"))
    submit(course, "zed", "no notebook")
    assert words in command("autograder", "replay", student, exercise, cwd=course, code=1)


def names_in(course):
    """{student: what of a class's folder names or holds it}, the handed in apart."""
    found = {}
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        rows = {s.id for s in gradebook.students}
        graded = {s.student.id for s in gradebook.assignment_submissions(NAME)}
    assert rows == graded
    for student in ("annika-s", "benno-t", "cleo-u"):
        paths = [path for path in (course / "gradebook").rglob(student) if "submitted" not in path.parts]
        texts = [path for path in (course / "gradebook").rglob("report.*") if student in path.read_text()]
        inside = [
            path for path in (course / "gradebook").glob("*.db") if student.encode() in path.read_bytes()
        ]
        found[student] = {*paths, *texts, *inside, *(row for row in rows if row == student)}
    return found


def test_forgetting_removes_all_that_is_kept_of_one_and_nothing_of_others(three):
    command("nbgrader", "generate_feedback", NAME, cwd=three)
    command("autograder", "export", NAME, "--to", "gradescope", cwd=three)
    with Gradebook(f"sqlite:///{three}/gradebook/gradebook.db") as gradebook:
        gradebook.find_comment("proof", NAME, NAME, "benno-t").manual_comment = "a long comment " * 10_000
        gradebook.db.commit()
    (three / "gradebook" / "reports" / ".DS_Store").write_text("a file, and no lesson's folder")
    aside = three / "gradebook" / "submitted" / ".collecting-killed" / "old" / "benno-t" / "00_of_another"
    aside.mkdir(parents=True)
    before_, kept = names_in(three), stored(three)
    assert len(before_["benno-t"]) == 7
    said = command("autograder", "forget", "benno-t", cwd=three)
    with closing(sqlite3.connect(three / "gradebook" / "gradebook.db")) as database:
        unused = database.execute("PRAGMA freelist_count").fetchone()[0]
    assert unused == 0  # pages in which the comment could still be read
    after = names_in(three)
    assert before_ | {"benno-t": set()} == after
    assert len(kept) == 6 and len(stored(three)) == 4 and stored(three) < kept
    for part in (
        "the row of the gradebook",
        f"stored runs and verdicts of {NAME}",
        "autograded/benno-t",
        "feedback/benno-t",
    ):
        assert f"removed: {part}" in said.replace("gradebook/", "") + said
    assert "not removed: gradebook/submitted/benno-t" in said
    assert (three / "gradebook" / "submitted" / "benno-t").is_dir()
    said = command("autograder", "forget", "benno-t", "--handed-in", cwd=three)
    assert "removed: gradebook/submitted/benno-t" in said
    assert not (three / "gradebook" / "submitted" / "benno-t").exists()
    assert not aside.parents[2].exists()  # nor will it be put back
    assert "nothing is kept of 'benno-t'" in command("autograder", "forget", "benno-t", cwd=three, code=1)
    table = command("autograder", "grade", NAME, "--sandbox", MODE, cwd=three)
    assert "annika-s" in table and "benno-t" not in table and len(stored(three)) == 4


@pytest.mark.parametrize("student", ["..", "../annika-s", "nobody", "", "."])
def test_what_is_no_student_is_not_forgotten(course, student):
    submit(course, "annika-s", notebook("notebooks"))
    (course / "gradebook" / "autograded").mkdir()
    before_ = sorted(path for path in course.rglob("*") if path.is_file())
    said = command("autograder", "forget", student, "--handed-in", cwd=course, code=1)
    assert ("nothing is kept of" if student == "nobody" else "is no student's id") in said
    after = sorted(path for path in course.rglob("*") if path.is_file() and path.name != "grading.lock")
    assert after == before_


def test_a_gradebook_that_cannot_be_written_anew_is_said(course, monkeypatch):
    def full(_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(forgetting, "closing", full)
    said = command("autograder", "forget", "nobody", cwd=course, code=1)
    assert "still holds removed pages" in said and "disk is full" in said and "start again" in said


@pytest.mark.parametrize("moment", ["_pages", "_remove_rows", "_vacuum"])
def test_forgetting_that_was_interrupted_is_ended_by_another(course, monkeypatch, moment):
    place = course / "gradebook" / "gradebook.db"
    with Gradebook(f"sqlite:///{place}") as gradebook:
        gradebook.add_student("benno-t", first_name="Benno " * 2000)
    reported = course / "gradebook" / "reports" / NAME / "report.csv"
    reported.parent.mkdir(parents=True)
    reported.write_text("student\nbenno-t\n")

    def stopped(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, moment, stopped)
        with pytest.raises(KeyboardInterrupt):
            forgetting.forget(Course.load(course), "benno-t")
    command("autograder", "forget", "benno-t", cwd=course, code=int(moment == "_vacuum"))
    assert b"benno-t" not in place.read_bytes() and b"Benno" not in place.read_bytes()
    assert not reported.exists()
