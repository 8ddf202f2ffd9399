"""A gradebook in PostgreSQL: everything works as with a file, and what does not is one sentence."""

import json
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from changed_lessons import DROPPED, mark_by_hand, release, with_points, without
from class_tools import (
    MODE,
    NAME,
    command,
    copy_course,
    exported,
    grading_until,
    notebook,
    reported,
    solved,
    submit,
)
from postgresql import postgresql

from autograder.errors import GradingError, InUse
from autograder.exercises import find_exercise
from autograder.grading import database, gradebook
from autograder.grading.class_folder import chosen_class
from autograder.grading.course import Course
from autograder.grading.gradebook_lock import wait_until_free
from autograder.grading.grades import read_grades

B = "gradebook/class-b"
SECRET = "hidden"


def with_url(root, url):
    """A course whose gradebook is a database."""
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"\nc.CourseDirectory.db_url = {url}\n")
    return root


def refused(url):
    with pytest.raises(GradingError) as caught, database.connected(url):
        pass
    assert SECRET not in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_driver_is_one_sentence(monkeypatch, tmp_path):
    url = f"postgresql://ada:{SECRET}@127.0.0.1:1/unrolled"
    for scheme, driver, package in (
        ("postgresql", "psycopg", "psycopg[binary]"),
        ("postgresql+psycopg2", "psycopg2", "psycopg2-binary"),
    ):
        monkeypatch.setitem(sys.modules, driver, None)
        said = refused(url.replace("postgresql", scheme))
        assert f"{scheme}://ada@127.0.0.1:1/unrolled needs the Python package {driver}" in said
        assert f"run `pip install '{package}'`" in said
    root = with_url(copy_course(tmp_path, registered=False), repr(url))
    submit(root, "ada", solved())
    for verb in (["grade", NAME], ["report"], ["forget", "ada"]):
        said = command("autograder", *verb, cwd=root, code=1)
        assert "run `pip install 'psycopg[binary]'`" in said and said.count("\n") == 1 and SECRET not in said
    with pytest.raises(GradingError, match="needs the Python package psycopg"):
        wait_until_free(Course.load(root))  # as nbgrader's own commands come to it


def test_what_cannot_be_reached_is_named_without_its_password():
    pytest.importorskip("psycopg")
    said = refused(f"postgresql://ada:{SECRET}@127.0.0.1:1/unrolled?connect_timeout=5")
    assert "the gradebook postgresql://ada@127.0.0.1:1/unrolled?connect_timeout=5 cannot be reached: " in said
    said = refused(f"postgres://ada:{SECRET}@127.0.0.1/unrolled")
    assert "'postgres://ada@127.0.0.1/unrolled', expected sqlite:///FILE or postgresql://" in said
    said = gradebook.UNREACHABLE.search(
        "Traceback …\nsqlalchemy.exc.OperationalError: (psycopg.OperationalError) server closed\nmore"
    )
    assert said and said[1] == "server closed"
    locked = "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked"
    assert not gradebook.UNREACHABLE.search(locked)


@pytest.fixture(scope="module")
def server():
    with postgresql("unrolled", "unrolled-b", "term", "goes", "empty") as running:
        yield running


@pytest.fixture(scope="module")
def course(server, tmp_path_factory):
    """A course with two classes, whose gradebooks are databases of one server; not graded."""
    root = copy_course(tmp_path_factory.mktemp("databases"), registered=False)
    with_url(root, 'f"' + server.url("{for_class('unrolled')}") + '"')
    for n in range(2):
        submit(root, f"s{n}", solved())
        submit(root, f"s{n}", notebook("notebooks"), home=B)
    return root


def another_clone(course, folder):
    """Another machine's folder of the same course, with the same database."""
    copy_course(folder, registered=False)
    (folder / "nbgrader_config.py").write_text((course / "nbgrader_config.py").read_text())
    submit(folder, "s0", solved())
    return folder


def grade(root, *more, **how):
    return command("autograder", "grade", NAME, "--sandbox", MODE, *more, cwd=root, **how)


@pytest.mark.slow  # a server, and grading many times
def test_a_grader_that_is_killed_leaves_no_lock_and_a_second_one_is_told(course, tmp_path, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0)
    clone = another_clone(course, tmp_path / "clone")
    running, said = grading_until(course, "starting", MODE)
    try:
        told = grade(clone, code=1)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert "another grading run is at work in the gradebook postgresql:///unrolled?" in told, (told, said)
    assert not (clone / "gradebook" / "autograded").exists()
    monkeypatch.undo()
    grade(course)
    assert exported(course) == dict.fromkeys(("s0", "s1"), 15)


@pytest.mark.slow
def test_two_classes_are_graded_at_once_while_somebody_marks_by_hand(course, server):
    from nbgrader.api import Gradebook

    grade(course)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(grade, course, "--again", *more, apart=True) for more in ((), ("--class", "b"))]
        marked = 0
        while marked < 2 or not all(one.done() for one in both):
            with Gradebook(server.url("unrolled")) as gradebook:
                grade_of = gradebook.find_grade("proof", NAME, NAME, f"s{marked % 2}")
                grade_of.manual_score, grade_of.needs_manual_grade = 1.5, False
                gradebook.db.commit()
            marked += 1
        for one in both:
            one.result()
    assert reported(course) == dict.fromkeys(("s0", "s1"), "15")
    assert reported(course, B) == dict.fromkeys(("s0", "s1"), "0")
    assert exported(course) == dict.fromkeys(("s0", "s1"), 16.5)
    with chosen_class("b"):
        assert exported(course) == dict.fromkeys(("s0", "s1"), 0)


@pytest.mark.slow
def test_a_term_goes_on_as_with_a_file(server, tmp_path, monkeypatch):
    course = with_url(copy_course(tmp_path, registered=False), repr(server.url("term")))
    for student in ("s0", "s1", "s2"):
        submit(course, student, solved())
    grade(course)
    (course / "students.csv").write_text("id,first_name,last_name\ns0,Ada,Lovelace\nlate,Zoë,Z\n")
    command("nbgrader", "db", "student", "import", "students.csv", cwd=course)
    assert Course.load(course).students()["late"] == ("Zoë", "Z")
    command("nbgrader", "autograde", NAME, "--force", cwd=course)
    mark_by_hand(course, "s1", 2.5)
    exercise = find_exercise("01.scalar_bptt")
    for points in (6, 2):
        monkeypatch.setitem(vars(exercise), "points", points)
        release(course, with_points(points))
        grade(course)
        agree(course, 11 + points)
    monkeypatch.undo()
    release(course, lambda nb: without(nb, *DROPPED))
    grade(course)
    agree(course, 12)
    release(course, lambda nb: nb)
    grade(course)
    agree(course, 15)
    assert "Zoë Z" in (course / "gradebook" / "reports" / NAME / "report.html").read_text(encoding="utf-8")
    assert "3 results" in command("autograder", "export", NAME, "--to", "gradescope", cwd=course)
    (course / "all").mkdir()
    (course / "all" / "late.ipynb").write_text(json.dumps(solved()), encoding="utf-8")
    said = command("autograder", "collect", "all", NAME, "--roster", "students.csv", cwd=course)
    assert "new: 1 (late)" in said
    command("nbgrader", "db", "assignment", "add", NAME, "--duedate", "2026-03-02", cwd=course)
    command("autograder", "extend", "late", NAME, "2026-03-09", cwd=course)
    said = command("autograder", "export", NAME, "--to", "canvas", cwd=course, code=1)
    assert "3 grades" in said and "without a result, so not exported: late" in said
    shutil.rmtree(course / "gradebook" / "submitted" / "late")
    assert "term.html" in command("autograder", "report", cwd=course)
    assert "4 of 4" in command("autograder", "replay", "s0", "01.scalar_bptt", "--sandbox", MODE, cwd=course)
    command("nbgrader", "generate_feedback", NAME, cwd=course)
    said = command("autograder", "forget", "s2", "--handed-in", cwd=course)
    assert "removed: the row of the gradebook" in said and "s2" not in Course.load(course).students()
    assert exported(course).keys() == {"s0", "s1", "late"}
    with Course.load(course).alone(NAME), pytest.raises(InUse), database.alone_in(url_of(course)):
        pass


def url_of(course):
    return Course.load(course).config.CourseDirectory.db_url


def agree(course, points):
    """Report, the tables and `nbgrader export` have the same grades."""
    found = read_grades(Course.load(course))[NAME]
    scores = {student: grade.score for student, grade in found.items()}
    assert exported(course) == scores | {"late": 0}  # who has handed in nothing
    assert {total for total in reported(course).values() if total} == {f"{points}"}
    assert found["s1"].score == points + 2.5 and {grade.maximum for grade in found.values()} == {points + 3}
    assert found["s0"].pending == ("proof",)


@pytest.mark.slow
def test_nothing_is_graded_in_an_empty_database(server, tmp_path):
    root = with_url(copy_course(tmp_path, registered=False), repr(server.url("empty")))
    assert read_grades(Course.load(root)) == {} and Course.load(root).students() == {}
    assert "nothing is graded yet" in command("autograder", "report", cwd=root, code=1)


@pytest.mark.slow
def test_a_server_that_goes_away_stops_the_grading_and_the_next_one_goes_on(server, tmp_path):
    root = with_url(copy_course(tmp_path, registered=False), repr(server.url("goes")))
    for n in range(4):
        submit(root, f"s{n}", solved())
    running, said = grading_until(root, "starting", MODE)
    server.stop()
    try:
        said += running.communicate(timeout=120)[1]
    finally:
        server.start()
    assert running.returncode == 1 and "Traceback" not in said, said
    told = said.splitlines()[-1]
    assert told.startswith("autograder: the gradebook postgresql:///goes?") and "cannot be reached: " in told
    assert told.endswith("; start again to continue")
    grade(root)
    assert exported(root) == {f"s{n}": 15 for n in range(4)}
