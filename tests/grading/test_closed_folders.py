"""Folders of students that the grader may not open: each has a reason, and the others are graded as ever."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from class_tools import NAME, notebook
from ordinary_user import ordinary_rights, run_as_ordinary_user, user_problem
from tests_root import ROOT

from autograder.errors import GradingError
from autograder.grading.course import Course
from autograder.grading.grade import misplaced_notebooks
from autograder.grading.submission import read_submission
from autograder.lms.collect import _digests_on_disk, _keeps_out


@pytest.fixture
def course():
    """A course of which everybody may read all but what a test closes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        shutil.copytree(ROOT / "notebooks" / NAME, root / "notebooks" / NAME)
        shutil.copy(ROOT / "nbgrader_config.py", root)
        for student in ("ada", "bob", "cyd"):
            shutil.copytree(root / "notebooks" / NAME, root / "gradebook" / "submitted" / student / NAME)
        yield Course.load(root)


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o600])
def test_a_closed_folder_of_a_student_is_told_and_the_others_are_found(course, mode):
    (course.submitted / "bob").chmod(mode)
    (course.submitted / NAME).mkdir(mode)
    (course.submitted / "cyd").chmod(0o711)  # where the lesson's folder can be reached all the same
    with ordinary_rights():
        assert list(course.submissions(NAME)) == ["ada", "cyd"]
        closed = {name: f"the folder {name} cannot be read: Permission denied" for name in ("bob", NAME)}
        assert misplaced_notebooks(course, NAME) == closed


def test_a_closed_folder_of_a_lesson_is_an_unreadable_submission(course):
    folder, released = course.submissions(NAME)["bob"], notebook("notebooks")
    folder.chmod(0o000)
    with ordinary_rights():
        assert course.submissions(NAME)["bob"] == folder
        made = read_submission(folder, NAME, released)
    assert made.unreadable == f"the folder {NAME} cannot be read: Permission denied"


def test_a_closed_folder_of_all_submissions_is_named(course):
    course.submitted.chmod(0o000)
    with ordinary_rights(), pytest.raises(GradingError, match="submitted cannot be read"):
        course.submissions(NAME)


def test_collecting_leaves_alone_what_it_may_not_open(course):
    target = course.submitted / "bob" / NAME
    (target / f"{NAME}.ipynb").chmod(0o000)
    with ordinary_rights():
        assert _digests_on_disk(target) == ("cannot be read", "cannot be read")
    (course.submitted / "bob").chmod(0o000)
    with ordinary_rights():
        assert _digests_on_disk(target) == ("", "")
        assert "the folder bob cannot be read and written" in _keeps_out(target, False, None, {})


GRADE = f"""
import os, shutil, sys
sys.path.insert(0, "tests")
from class_tools import copy_course, solved, submit
from autograder import cli
from pathlib import Path
import tempfile

course = copy_course(Path(tempfile.mkdtemp()) / "course", registered=False)
for student in ("ada", "bob"):
    submit(course, student, solved())
(course / "gradebook" / "submitted" / "bob").chmod(0)
os.chdir(course)
print("exit", cli.main(["grade", "{NAME}", "--sandbox", "none"]))
"""


@pytest.mark.slow
def test_a_class_with_a_closed_folder_is_graded():
    if os.geteuid() == 0 and user_problem():
        pytest.skip(f"no other user here: {user_problem()}")
    done = run_as_ordinary_user([sys.executable, "-c", GRADE])
    assert "15/15" in done.stdout and "exit 0" in done.stdout, done.stdout + done.stderr
    assert "bob: not graded: the folder bob cannot be read: Permission denied" in done.stderr
