"""Folders that lie, stop or mislead: each has a reason of its own, and the others are graded as ever.

One class, graded by `grade` and by the plain `nbgrader autograde`.  The mutants of `submission_files`,
`nbgrader_hooks` and `submission` take each layer away.
"""

import json
import os

import pytest
from class_tools import MODE, NAME, cell, command, copy_course, notebook, total, use_exchange
from hostile_folders import CLASS, STRAYS, link_to_everything
from nbgrader.api import Gradebook

from autograder.grading import class_table, report
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.grading.submission_files import (
    MOST_FILES,
    MOST_LOOKED_AT,
    beginning,
    list_files,
    misplaced_notebooks,
)
from autograder.wording import name_problem


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    root = copy_course(tmp_path_factory.mktemp("folders"))
    use_exchange(root)
    for student, (hand_in, *_) in CLASS.items():
        hand_in(root, student)
    for hand_in, _ in STRAYS.values():
        hand_in(root, root / "gradebook" / "submitted")
    link_to_everything(root, root / "gradebook" / "submitted")
    return root


@pytest.fixture(scope="module")
def graded(handed_in):
    course = Course.load(handed_in)
    return course, grade_class(course, NAME, Options(walls=MODE))


@pytest.fixture(scope="module")
def autograded(graded):
    """The same class by nbgrader alone, into a gradebook of its own; what it said."""
    gradebook = graded[0].home
    for made in ("gradebook.db", "autograded"):
        os.rename(gradebook / made, gradebook / f"{made}-of-grade")
    said = command("nbgrader", "autograde", NAME, cwd=graded[0].root, apart=True)
    for made in ("gradebook.db", "autograded"):
        os.rename(gradebook / made, gradebook / f"{made}-of-nbgrader")
        os.rename(gradebook / f"{made}-of-grade", gradebook / made)
    return said


def rows(path):
    """{student: (score, which answers a person is asked about, when it was handed in)}."""
    with Gradebook(f"sqlite:///{path}") as gradebook:
        return {
            s.student.id: (
                s.score,
                {g.name for n in s.notebooks for g in n.grades if g.needs_manual_grade},
                s.timestamp,
            )
            for s in gradebook.assignment_submissions(NAME)
        }


@pytest.mark.parametrize("student", CLASS)
def test_it_scores_what_it_is_worth_and_says_why(graded, student):
    _, points, said = CLASS[student]
    result = graded[1][student]
    assert total(result) == points
    summaries = [mark.summary for mark in result.marks.values()] if points == 0 else []
    assert any(said in line for line in [*result.remarks, *summaries, ""])


@pytest.mark.parametrize("name", STRAYS)
def test_what_is_no_submission_is_told(graded, name):
    result = graded[1][name]
    assert result.marks == {} and STRAYS[name][1] in result.reason


def test_nothing_else_is_in_the_results(graded):
    assert set(graded[1]) == {*CLASS, *STRAYS}


def test_the_gradebook_has_everybody_and_their_dates(graded):
    found = rows(graded[0].home / "gradebook.db")
    assert {student: row[0] for student, row in found.items()} == {s: row[1] for s, row in CLASS.items()}
    dated = {student: row[2].year for student, row in found.items() if row[2]}
    assert dated == {"collected": 2024}
    every = set(cells_that_are_graded())
    reviewed = {student for student, row in found.items() if row[1] == every}
    assert {"copy", "mallory", "many", "large"} <= reviewed and found["twice"][1] == set()


def cells_that_are_graded():
    for c in notebook("notebooks")["cells"]:
        graded = c["metadata"].get("nbgrader", {})
        if graded.get("grade"):
            yield graded["grade_id"]


@pytest.mark.slow
def test_nbgrader_alone_gives_the_same(graded, autograded):
    mine = rows(graded[0].home / "gradebook.db")
    theirs = rows(graded[0].home / "gradebook.db-of-nbgrader")
    assert theirs == mine
    assert "the name of the folder al ice holds control characters; rename it" in autograded
    assert "\x1b[2J" not in autograded


@pytest.mark.parametrize(
    "made", ["autograded", pytest.param("autograded-of-nbgrader", marks=pytest.mark.slow)]
)
def test_no_link_is_copied(graded, request, made):
    home = graded[0].home
    if made != "autograded":
        request.getfixturevalue("autograded")
    assert sorted(p.name for p in (home / made / "links" / NAME).iterdir()) == [f"{NAME}.ipynb"]
    assert sorted(p.name for p in (home / made / "nick" / NAME).iterdir()) == [f"{NAME}.ipynb"]
    kept = json.loads((home / made / "nick" / NAME / f"{NAME}.ipynb").read_text())
    assert "raise NotImplementedError" in "".join(cell(kept, "immediate")["source"])


def test_the_report_lists_what_is_to_be_looked_at(graded):
    page = report.render_page(class_table.report_rows(graded[1], {}), NAME)
    review = page.split("Needs review")[1].split("</ul>")[0]
    assert "but 01_scalar_rnn (1).ipynb has: please look" in review and "copy, scalar_forward" in review
    assert "twice" not in review


def test_a_device_is_tried_where_one_can_be_made():
    if "device" not in CLASS:
        pytest.skip("this user may not make devices")


def test_a_file_that_becomes_something_else_meanwhile_stops_nobody(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert beginning(tmp_path / "pipe") == b""
    (tmp_path / "link").symlink_to(__file__)
    with pytest.raises(OSError):
        beginning(tmp_path / "link")


def test_the_time_for_a_folder_is_bounded_whatever_lies_there(tmp_path):
    for n in range(MOST_LOOKED_AT + 100):
        (tmp_path / f"{n}").symlink_to("nowhere")
    files, remarks = list_files(tmp_path)
    assert files == {} and len(remarks) == MOST_LOOKED_AT + 1
    assert remarks[-1] == f"there are more than {MOST_FILES} files; not all were looked at"


def test_another_lesson_s_notebooks_are_where_they_should_be(handed_in):
    found = misplaced_notebooks(
        handed_in / "gradebook" / "submitted", "05_matrix_bptt", [NAME, "05_matrix_bptt"]
    )
    assert f"{NAME}/alice" not in found and "alice" not in found


def test_a_name_that_nbgrader_takes_for_a_pattern_is_told():
    """nbgrader would look for folders that fit it, and never come to this one."""
    assert "takes for the beginning of a pattern" in name_problem("[a-z]*")
    assert not name_problem("a*") and not name_problem("{a}")
