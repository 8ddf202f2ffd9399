"""Folders that lie, stop or mislead: each has a reason of its own, and the others are graded as ever.

One class, graded by `grade` and by the plain `nbgrader autograde`.  The mutants of `submission_files`,
`nbgrader_hooks` and `submission` take each layer away.
"""

import json
import os
import shutil
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from class_tools import (
    MODE,
    NAME,
    cell,
    command,
    copy_course,
    notebook,
    record_in_exchange,
    solved,
    total,
    use_exchange,
)
from nbgrader.api import Gradebook

from autograder.grading import class_table, report
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.grading.submission import MOST_OVERLOOKED
from autograder.grading.submission_files import (
    MOST_BYTES,
    MOST_FILES,
    MOST_LOOKED_AT,
    list_files,
    misplaced_notebooks,
)
from autograder.wording import name_problem

ALL = 15
DATE = "2024-02-03 04:05:06 UTC"


def folder_of(root, student):
    folder = root / "gradebook" / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def honest(root, student, made=None):
    path = folder_of(root, student) / f"{NAME}.ipynb"
    path.write_text(json.dumps(made or solved()), encoding="utf-8")
    return path


def link_to_a_neighbour(root, student):
    folder = folder_of(root, student)
    folder.rmdir()
    folder.symlink_to(f"../alice/{NAME}")


def link_to_all_of_a_neighbour(root, student):
    (root / "gradebook" / "submitted" / student).symlink_to("alice")


def link_as_notebook(root, student):
    (folder_of(root, student) / f"{NAME}.ipynb").symlink_to(f"../../alice/{NAME}/{NAME}.ipynb")


def pipe_as_timestamp(root, student):
    os.mkfifo(honest(root, student).with_name("timestamp.txt"))


def endless_timestamp(root, student):
    honest(root, student).with_name("timestamp.txt").symlink_to("/dev/zero")


def pipe_as_notebook(root, student):
    os.mkfifo(folder_of(root, student) / f"{NAME}.ipynb")


def endless_device(path):
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero


def device_as_notebook(root, student):
    endless_device(folder_of(root, student) / f"{NAME}.ipynb")


def devices_beside(root, student):
    path = honest(root, student)
    for name in ("data.csv", "timestamp.txt"):
        endless_device(path.with_name(name))


def can_make_devices():
    """Whether this user may make one; most containers and all ordinary users may not."""
    with tempfile.TemporaryDirectory() as folder, suppress(OSError):
        endless_device(Path(folder, "zero"))
        with open(Path(folder, "zero"), "rb") as zero:
            return zero.read(1) == b"\0"
    return False


def socket_as_notebook(root, student):
    here = os.getcwd()
    os.chdir(folder_of(root, student))  # the path of a socket has to be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{NAME}.ipynb")
    finally:
        os.chdir(here)


def pipe_beside(root, student):
    os.mkfifo(honest(root, student).with_name("data.csv"))


def links_beside(root, student):
    path = honest(root, student)
    path.with_name("secrets.json").symlink_to(root / "nbgrader_config.py")
    path.with_name("outside").symlink_to(root / "gradebook")


def own_timestamp(root, student):
    honest(root, student).with_name("timestamp.txt").write_text(DATE)


def forged_timestamp(root, student):
    """With a secret of the student's own, and a record of somebody else's."""
    own_timestamp(root, student)
    (folder_of(root, student) / "submission_secret.txt").write_text("x" * 32)
    record_in_exchange(root, f"{student} too", DATE, "x" * 32)


def collected_timestamp(root, student):
    own_timestamp(root, student)
    (folder_of(root, student) / "submission_secret.txt").write_text("y" * 32)
    record_in_exchange(root, student, DATE, "y" * 32)


def filled_copy(root, student):
    honest(root, student, notebook("notebooks")).with_name(f"{NAME} (1).ipynb").write_text(
        json.dumps(solved())
    )


def untouched_twice(root, student):
    other = honest(root, student, notebook("notebooks")).with_name(f"{NAME}-Copy1.ipynb")
    other.write_text(json.dumps(notebook("notebooks")))


def one_filled_of_many(root, student):
    """More notebooks than are read, the filled one last."""
    path = honest(root, student, notebook("notebooks"))
    for n in range(MOST_OVERLOOKED + 1):
        made = solved() if n == MOST_OVERLOOKED else notebook("notebooks")
        path.with_name(f"{NAME} ({n}).ipynb").write_text(json.dumps(made))


def large_ones_beside(root, student):
    """Notebooks that are larger together than one may be."""
    path = honest(root, student, notebook("notebooks"))
    for n in range(2):
        made = notebook("notebooks")
        made["metadata"]["more"] = " " * (MOST_BYTES // 2)
        path.with_name(f"{NAME} ({n}).ipynb").write_text(json.dumps(made))


def merged(root, student):
    text = json.dumps(solved(), indent=1).splitlines()
    text[5:5] = ["<<<<<<< HEAD", text[4], "=======", text[5], ">>>>>>> 1f2e3d"]
    (folder_of(root, student) / f"{NAME}.ipynb").write_text("\n".join(text), encoding="utf-8")


# how each hands in, with the points and what has to be said
CLASS = {
    "alice": (honest, ALL, ""),
    "mallory": (link_to_a_neighbour, 0, f"{NAME} is a link, not a folder; links are not followed"),
    "nick": (link_to_all_of_a_neighbour, 0, "nick is a link, not a folder; links are not followed"),
    "link": (link_as_notebook, 0, f"{NAME}.ipynb is a link, not a file"),
    "pipe": (pipe_as_notebook, 0, f"{NAME}.ipynb is a FIFO, not a file"),
    "socket": (socket_as_notebook, 0, f"{NAME}.ipynb is a socket, not a file"),
    "stopped clock": (pipe_as_timestamp, ALL, "timestamp.txt holds no date"),
    "endless clock": (endless_timestamp, ALL, "timestamp.txt holds no date"),
    "own clock": (own_timestamp, ALL, "timestamp.txt agrees with no record of nbgrader's exchange"),
    "forged clock": (forged_timestamp, ALL, "timestamp.txt agrees with no record of nbgrader's exchange"),
    "collected": (collected_timestamp, ALL, ""),
    "data": (pipe_beside, ALL, "data.csv is a FIFO; left out"),
    "links": (links_beside, ALL, "secrets.json is a link; left out"),
    "copy": (filled_copy, 0, f"{NAME}.ipynb has no answers, but {NAME} (1).ipynb has: please look"),
    "twice": (untouched_twice, 0, f"not looked at: {NAME}-Copy1.ipynb"),
    "many": (one_filled_of_many, 0, "not all other notebooks were read: please look"),
    "large": (large_ones_beside, 0, "not all other notebooks were read: please look"),
    "merged": (merged, 0, "the file holds conflict markers of a merge, the first at line 6"),
    "zoë": (honest, ALL, ""),
}


if can_make_devices():
    CLASS |= {
        "device": (device_as_notebook, 0, f"{NAME}.ipynb is a device, not a file"),
        "devices": (devices_beside, ALL, "data.csv is a device; left out"),
    }


def lines_in_the_name(root, submitted):
    honest(root, "al\nice")


def escapes_in_the_name(root, submitted):
    honest(root, "al\x1b[2Jice")


def dots_as_name(root, submitted):
    honest(root, "...")


def flat(root, submitted):
    (submitted / "mine.ipynb").write_text(json.dumps(solved()))


def flat_archive(root, submitted):
    (submitted / "all.zip").write_bytes(b"PK")


def swapped(root, submitted):
    shutil.copytree(submitted / "alice" / NAME, submitted / NAME / "alice")


def pipe_as_student(root, submitted):
    os.mkfifo(submitted / "pipes")


def pipe_as_assignment(root, submitted):
    (submitted / "paul").mkdir()
    os.mkfifo(submitted / "paul" / NAME)


def link_to_everything(root, submitted):
    (submitted / "root").symlink_to("/")


STRAYS = {
    r"'al\nice'": (lines_in_the_name, "the name of the folder al ice holds control characters; rename it"),
    r"'al\x1b[2Jice'": (escapes_in_the_name, "the name of the folder al�[2Jice holds control characters"),
    "'...'": (dots_as_name, "the name of the folder ... begins with a dot, so it is passed over; rename it"),
    "mine.ipynb": (flat, f"mine.ipynb lies by itself, expected STUDENT/{NAME}/{NAME}.ipynb"),
    "all.zip": (flat_archive, "all.zip lies by itself, expected STUDENT"),
    f"{NAME}/alice": (
        swapped,
        f"found {NAME}/alice, expected STUDENT/{NAME}: the two are the wrong way round",
    ),
    "pipes": (pipe_as_student, f"pipes is a FIFO, expected a folder with {NAME} in it"),
    "paul": (pipe_as_assignment, f"paul/{NAME} is a FIFO, expected a folder"),
}


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
