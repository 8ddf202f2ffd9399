"""A class that the version before follow-through has graded goes on with this one.

tests/class_of_the_version_before.py says how the zip was made.
"""

import json
import zipfile

import pytest
from class_tools import MODE, NAME, command, copy_course, exported, reported
from tests_root import ROOT

from autograder.grading.course import Course
from autograder.grading.grades import read_grades

ZIP = ROOT / "tests" / "grading" / "class_of_the_version_before.zip"
OLD_MARK = "followed"  # what no verdict of that version has


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = copy_course(tmp_path_factory.mktemp("before"), registered=False)
    zipfile.ZipFile(ZIP).extractall(root)
    return root


def test_its_grades_stay_until_it_is_graded_again_and_then_follow_through_counts(course):
    stored = [p.read_text() for p in (course / "gradebook" / "results" / NAME).glob("*.json")]
    assert len(stored) == 2 and not any(OLD_MARK in text for text in stored)  # it is of that version
    secrets = json.loads((course / "gradebook" / "seeds.json").read_text())
    before = exported(course)
    assert before["ada"] == 17.5 and 2.5 < before["bob"] < 15
    command("autograder", "report", NAME, cwd=course)
    assert reported(course)["ada"] == "15" and float(reported(course)["bob"]) == before["bob"]
    assert f"2 results in gradebook/exports/gradescope/{NAME}" in command(
        "autograder", "export", NAME, "--to", "gradescope", cwd=course
    )

    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    after = exported(course)
    assert after["ada"] == 17.5 and after["bob"] == 14 > before["bob"]  # one point of `immediate` is lost
    assert reported(course) == {"ada": "15", "bob": "14"}
    assert {s: grade.score for s, grade in read_grades(Course.load(course))[NAME].items()} == after
    mark = Course.load(course).graded(NAME, "bob").marks["check_total_by_recursion"]
    assert mark.given == ("immediate",) and mark.points == 3
    assert json.loads((course / "gradebook" / "seeds.json").read_text()) == secrets
    assert "given a right `immediate`" in command(
        "autograder", "replay", "bob", "01.total_by_recursion", "--sandbox", MODE, cwd=course
    )
