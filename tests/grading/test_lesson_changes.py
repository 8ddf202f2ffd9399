"""A lesson that changes after it was graded: terminal, report and export agree, and marks by hand stay."""

import csv
import json
import re

import pytest
from changed_lessons import DROPPED, mark_by_hand, release, with_points, without
from class_tools import MODE, NAME, cell, command, copy_course, notebook, solved, submit

from autograder.errors import GradingError
from autograder.exercises import find_exercise
from autograder.grading.course import Course
from autograder.grading.registration import register


def graded_class(root):
    nb = solved()
    at = cell(nb, "scalar_bptt")
    text = "".join(at["source"])
    assert text.count('grads["x"][t] = da * U') == 1
    at["source"] = text.replace('grads["x"][t] = da * U', 'grads["x"][t] = da')
    submit(root, "ada", solved())
    submit(root, "bob", nb)
    grade(root)
    mark_by_hand(root, "ada", 2.5)
    return root


def grade(root):
    return command("autograder", "grade", NAME, "--sandbox", MODE, cwd=root)


def totals(root, said):
    """{student: (points, maximum)} as the terminal, the report and `nbgrader export` have them; they agree.

    Of the export the marks by hand and their maximum are taken off.
    """
    terminal = {
        name: (float(a), float(b)) for name, a, b in re.findall(r"^(\w+) .* ([\d.]+)/([\d.]+) ", said, re.M)
    }
    path = root / "gradebook" / "reports" / NAME / "report.csv"
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    reported = {row["student"]: (float(row["total"]), float(row["maximum"])) for row in rows}
    grades = {row["student"]: (float(row["grade"]), float(row["grade_maximum"])) for row in rows}
    command("nbgrader", "export", "--to", str(root / "grades.csv"), cwd=root)
    with open(root / "grades.csv", newline="", encoding="utf-8") as file:
        exported = {r["student_id"]: (float(r["score"]), float(r["max_score"])) for r in csv.DictReader(file)}
    assert terminal == reported and grades == exported
    hand = {"ada": 2.5, "bob": 0.0}
    assert {s: (score - hand[s], most - 3) for s, (score, most) in exported.items()} == reported
    return reported


@pytest.fixture
def course(tmp_path):
    return graded_class(copy_course(tmp_path))


def test_points_go_up_and_down_and_an_exercise_is_dropped_and_added_again(course, monkeypatch):
    exercise = find_exercise("01.scalar_bptt")
    assert totals(course, grade(course)) == {"ada": (15, 15), "bob": (14.2, 15)}
    for points in (6, 2):
        monkeypatch.setitem(vars(exercise), "points", points)
        release(course, with_points(points))
        made = {"ada": (11 + points, 11 + points), "bob": (11 + 0.8 * points, 11 + points)}
        assert totals(course, grade(course)) == made
    monkeypatch.undo()
    release(course, lambda nb: without(nb, *DROPPED))
    assert totals(course, grade(course)) == {"ada": (12, 12), "bob": (11.2, 12)}
    release(course, lambda nb: nb)
    assert totals(course, grade(course)) == {"ada": (15, 15), "bob": (14.2, 15)}
    command("nbgrader", "autograde", NAME, "--force", cwd=course)
    command("autograder", "report", NAME, cwd=course)
    assert "check_total_by_paths" in str(Course.load(course).graded(NAME, "bob").to_json())


def test_nbgraders_own_release_takes_a_change_and_the_notebook_stays(course):
    path = course / "notebooks" / NAME / f"{NAME}.ipynb"
    source = course / "solutions" / NAME / f"{NAME}.ipynb"
    source.write_text(json.dumps(without(notebook(), *DROPPED)), encoding="utf-8")
    command("nbgrader", "generate_assignment", NAME, "--force", cwd=course)
    assert "check_scalar_bptt" in path.read_text(encoding="utf-8")
    assert "check_total_by_paths" not in path.read_text(encoding="utf-8")
    assert totals(course, grade(course)) == {"ada": (12, 12), "bob": (11.2, 12)}


def test_points_change_before_anybody_has_handed_in(tmp_path, monkeypatch):
    root = copy_course(tmp_path)
    monkeypatch.setitem(vars(find_exercise("01.scalar_bptt")), "points", 6)
    release(root, with_points(6))
    register(NAME, course=Course.load(root))
    graded_class(root)
    assert totals(root, grade(root)) == {"ada": (17, 17), "bob": (15.8, 17)}


def test_a_source_that_cannot_be_registered_has_its_cause(tmp_path):
    root = copy_course(tmp_path, registered=False)
    path = root / "solutions" / NAME / f"{NAME}.ipynb"
    source = notebook("solutions")
    cell(source, "check_immediate")["metadata"]["nbgrader"]["grade_id"] = "check_scalar_forward"
    path.write_text(json.dumps(source))
    with pytest.raises(GradingError) as caught:
        register(NAME, course=Course.load(root))
    assert str(caught.value).startswith(f"{path.parent} cannot be registered: ")
    assert str(caught.value).endswith("Duplicate grade id: check_scalar_forward")
