"""Due dates: one student's extension, and late penalties of what is marked by hand afterwards."""

import shutil
from datetime import datetime

import pytest
from class_tools import MODE, NAME, command, copy_course, solved, submit
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc

from autograder.errors import GradingError
from autograder.grading import late_penalties
from autograder.grading.course import Course
from autograder.grading.extensions import extend, may_be_late
from autograder.grading.grades import read_cells, read_grades
from autograder.grading.kept import COLLECTED, EXTENSIONS, read_kept, write_kept
from autograder.grading.timestamps import is_date, read_date


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """One in time, one late; both marked by hand after they were graded."""
    times = {"ada": "2026-03-01 10:00:00 UTC", "bob": "2026-03-03 10:00:00 UTC"}
    root = late_course(tmp_path_factory.mktemp("dates"), times)
    assert not may_be_late(Course.load(root), NAME)
    grade(root)
    with Gradebook(f"sqlite:///{root}/gradebook/gradebook.db") as gradebook:
        for sent in gradebook.assignment_submissions(NAME):
            for given in sent.notebooks[0].grades:
                if given.needs_manual_grade:
                    given.manual_score, given.needs_manual_grade = 2.5, False
        gradebook.db.commit()
    return root


def late_course(folder, times):
    """A course in which a late submission earns nothing, with right ones of these recorded times."""
    root = copy_course(folder)
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    for student, time in times.items():
        submit(root, student, solved())
        (root / "gradebook" / "submitted" / student / NAME / "timestamp.txt").write_text(time)
    records = {student: {"digests": [], "time": time} for student, time in times.items()}
    write_kept(root / "gradebook", COLLECTED, {NAME: records})
    with Gradebook(f"sqlite:///{root}/gradebook/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-03-02 12:00")
    return root


def grade(root):
    return command("autograder", "grade", NAME, "--sandbox", MODE, cwd=root)


def scores(root):
    return {student: grade.score for student, grade in read_grades(Course.load(root))[NAME].items()}


def test_marks_by_hand_do_not_escape_the_penalty_and_an_extension_lifts_it(course):
    assert scores(course) == {"ada": 17.5, "bob": 2.5}  # as nbgrader leaves it
    before = {path: path.stat().st_mtime_ns for path in (course / "gradebook" / "runs").rglob("*.gz")}
    shutil.copy(course / "gradebook" / "gradebook.db", course / "marked.db")
    said = command("autograder", "export", NAME, "--to", "csv", cwd=course)
    assert "bob: the late penalty is 17.5 now, 15 before" in said
    assert scores(course) == {"ada": 17.5, "bob": 0.0}
    shutil.copy(course / "marked.db", course / "gradebook" / "gradebook.db")
    assert "bob: the late penalty is 17.5 now, 15 before" in log_of(course)
    assert scores(course) == {"ada": 17.5, "bob": 0.0}
    said = command("autograder", "extend", "bob", NAME, "2026-03-03 12:00 Europe/Berlin", cwd=course)
    assert "until 2026-03-03 11:00:00 UTC" in said and "the class until 2026-03-02 12:00:00 UTC" in said
    grade(course)
    assert scores(course) == {"ada": 17.5, "bob": 17.5}
    command("nbgrader", "autograde", NAME, "--force", cwd=course)  # its row is written anew
    assert scores(course) == {"ada": 17.5, "bob": 17.5}
    command("autograder", "extend", "bob", NAME, "2026-03-03 09:59", cwd=course)  # a minute too early
    grade(course)
    assert scores(course)["bob"] == 0.0
    command("autograder", "extend", "bob", NAME, "none", cwd=course)
    grade(course)
    assert scores(course)["bob"] == 0.0 and read_kept(course / "gradebook", EXTENSIONS)[NAME] == {}
    assert {path: path.stat().st_mtime_ns for path in before} == before  # nothing was run again


def test_the_date_of_an_earlier_submission_is_not_that_of_a_later_one(tmp_path):
    """By `grade` and by nbgrader alone; where no date counts, there is no penalty."""
    root = late_course(tmp_path, {"bob": "2026-03-03 10:00:00 UTC", "eve": "2026-03-03 10:00:00 UTC"})
    grade(root)
    assert scores(root) == {"bob": 0.0, "eve": 0.0}
    date = root / "gradebook" / "submitted" / "bob" / NAME / "timestamp.txt"
    date.write_text("2026-03-03 11:00:00 UTC")  # which agrees with no record
    (root / "gradebook" / "submitted" / "eve" / NAME / "timestamp.txt").unlink()
    command("nbgrader", "autograde", NAME, "--student", "eve", "--force", cwd=root)
    assert scores(root) == {"bob": 0.0, "eve": 15.0}
    grade(root)
    assert scores(root) == {"bob": 15.0, "eve": 15.0}
    with Gradebook(f"sqlite:///{root}/gradebook/gradebook.db") as gradebook:
        assert [s.timestamp for s in gradebook.assignment_submissions(NAME)] == [None, None]


def log_of(course):
    """What `grade` says of penalties."""
    import logging

    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logging.getLogger("autograder.grading.grade").addHandler(handler)
    try:
        grade(course)
    finally:
        logging.getLogger("autograder.grading.grade").removeHandler(handler)
    return said


@pytest.mark.parametrize(
    "student, date, said",
    [
        ("zoe", "2026-03-03", "nobody in the class"),
        ("ada", "soon", "is no date"),
        ("ada", "10:00", "is no date"),
        ("ada", "2026-03-08 23:59 Europe/Berln", "is no date of a known zone"),
        ("ada", "2026-03-01", "is before the due date"),
        ("ada", "none", "has no extension"),
    ],
)
def test_an_extension_that_makes_no_sense_is_refused(course, student, date, said):
    before = read_kept(course / "gradebook", EXTENSIONS)
    with pytest.raises(GradingError, match=said):
        extend(Course.load(course), student, NAME, date)
    assert read_kept(course / "gradebook", EXTENSIONS) == before


@pytest.mark.parametrize(
    "text, hour, is_read_by_nbgrader",
    [
        ("2026-03-08 23:00", 23, True),
        ("2026-03-08 23:00:00.000 UTC", 23, True),
        ("2026-03-08 23:00 Europe/Berlin", 22, True),
        ("2026-03-08T23:00+01:00", 22, True),
        ("2026-03-08 23:00 Z", 23, True),
        ("Sun, 8 Mar 2026 23:00:00 +0100", 22, True),
        ("2026-03-08 23:00 +01:00", 22, False),
        ("2026-03-08 23:00 +0100", 22, False),
        ("2026-03-08 11:00 PM", 23, False),
        ("2026-03-08 11:00 pm Europe/Berlin", 22, False),
        ("2026-03-08 23:00 Mars", None, False),
        ("2026-03-08 23:00 MARS", None, False),
        ("2026-03-08 23:00 CEST", None, False),
        ("2026-03-08 23:00 UTC+1", None, False),
        ("2026-03-08 23:00 UTC +0100", None, False),
        ("2026-03-08 23:00 3600", None, False),
        ("2026-03-08 23:00 +0199", None, False),
        ("2026-03-08 23:00 +9900", None, False),
        ("2026-03-08 23:00 PM", None, False),
    ],
)
def test_a_date_is_what_it_says_and_believed_where_nbgrader_reads_it_so(text, hour, is_read_by_nbgrader):
    meant = read_date(text)
    assert meant == (None if hour is None else datetime(2026, 3, 8, hour))
    assert is_date(text) == is_read_by_nbgrader
    assert not is_read_by_nbgrader or parse_utc(text) == meant


def test_an_extension_is_until_what_was_said(course):
    loaded = Course.load(course)
    try:
        assert "until 2026-03-08 22:59:00 UTC" in extend(loaded, "ada", NAME, "2026-03-08 23:59 +0100")
        assert "until 2026-03-08 23:59:00 UTC" in extend(loaded, "ada", NAME, "2026-03-08 11:59 PM")
    finally:
        extend(loaded, "ada", NAME, "none")


def test_without_a_due_date_there_is_nothing_to_extend(course):
    with pytest.raises(GradingError, match="has no due date"):
        extend(Course.load(course), "ada", other_lesson(course), "2026-03-03")


def other_lesson(course):
    return next(name for name in Course.load(course).assignments if name != NAME)


def test_the_cells_are_those_of_nbgrader(course):
    found = read_cells(Course.load(course), NAME)
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        assert found == {
            sent.student.id: {
                g.name: (g.score, g.max_score, g.needs_manual_grade, g.manual_score is not None)
                for n in sent.notebooks
                for g in n.grades
            }
            for sent in gradebook.assignment_submissions(NAME)
        }
    assert sum(cell.score for cell in found["ada"].values()) == 17.5


def test_a_damaged_file_of_records_is_named(course):
    path = course / "gradebook" / "extensions.json"
    kept = path.read_text()
    path.write_text("{")
    try:
        assert "extensions.json cannot be read" in command("autograder", "grade", NAME, cwd=course, code=1)
    finally:
        path.write_text(kept)


@pytest.mark.filterwarnings("ignore:Object of type")
def test_one_transaction_holds_many_penalties(tmp_path, monkeypatch):
    """A class that is late as a whole, as by a wrong due date, is counted in time."""
    root, opened = copy_course(tmp_path), []
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    with Gradebook(f"sqlite:///{root}/gradebook/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2026-03-02 12:00")
        for student in ("ada", "bob", "cyd"):
            gradebook.add_student(student)
            gradebook.add_submission(NAME, student, timestamp="2026-03-03 12:00:00 UTC")
    opens = Gradebook.__init__
    monkeypatch.setattr(Gradebook, "__init__", lambda *given: opened.append(1) or opens(*given))
    monkeypatch.setattr(late_penalties, "TOGETHER", 2)
    assert late_penalties.bring_up_to_date(Course.load(root), NAME) == {}  # nothing was earned
    assert len(opened) == 1
    with Gradebook(f"sqlite:///{root}/gradebook/gradebook.db") as gradebook:
        sent = gradebook.assignment_submissions(NAME)
        assert [s.notebooks[0].late_submission_penalty for s in sent] == [0.0, 0.0, 0.0]
