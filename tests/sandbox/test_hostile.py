"""A class of submissions that break, cheat or spy, among honest ones, graded in one run."""

import json
import os
import socket
import subprocess
import tempfile

import numpy as np
import pytest
from class_tools import NAME, command, copy_course, solved, submit, total
from class_tools import graded as graded_here
from hostile_submissions import ALL, HOSTILE

from autograder.exercises import find_exercise
from autograder.grading.course import Course
from autograder.grading.grade import grade_class
from autograder.sandbox import bubblewrap, client, reduced_rnnlib

pytestmark = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)

HONEST = ("a first", "g", "m in the middle", "t", "zoë last")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class after grading: its course, the results, and what was there before and after."""
    root = copy_course(tmp_path_factory.mktemp("hostile"))
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("\nc.Grade.cell_seconds = 3\nc.Grade.answer_seconds = 2\n")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0)
    for name, hostile in HOSTILE.items():
        _hand_in(root, name, hostile, listener.getsockname()[1])
    for name in HONEST:
        submit(root, name, solved())
    scratch = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_TEST", "seen")
        patch.setattr(tempfile, "tempdir", str(scratch))
        patch.setattr(client, "END_SECONDS", 2.0)
        reduced_rnnlib._make_folder.cache_clear()
        course = Course.load(root)
        results = grade_class(course, NAME)
    reduced_rnnlib._make_folder.cache_clear()
    return course, results, scratch, listener


def _hand_in(root, name, hostile, port):
    made = hostile.make()
    folder = root / "gradebook" / "submitted" / name / NAME
    folder.mkdir(parents=True)
    if isinstance(made, dict):
        public = float(find_exercise("01.scalar_bptt").instance(0)[2][0])
        made = json.dumps(made).replace("PORT", str(port)).replace("PUBLIC", repr(public))
    data = made.encode() if isinstance(made, str) else made
    (folder / f"{NAME}.ipynb").write_bytes(data)
    for file, text in hostile.files.items():
        if text is None:
            (folder / file).symlink_to(root / "nbgrader_config.py")
        else:
            (folder / file).write_text(text)


def outputs(course, student):
    path = course.root / "gradebook" / "autograded" / student / NAME / f"{NAME}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_the_suite_is_large_enough():
    assert len(HOSTILE) >= 50


@pytest.mark.parametrize("name", HOSTILE)
def test_it_scores_what_it_is_worth(graded, name):
    _, results, *_ = graded
    result, hostile = results[name], HOSTILE[name]
    assert result is not None
    low, high = hostile.points if isinstance(hostile.points, tuple) else [hostile.points] * 2
    assert low - 1e-9 <= total(result) <= high + 1e-9, result.marks
    for grade_id, status in hostile.status.items():
        assert result.marks[grade_id].status == status, result.marks[grade_id]
    for mark in result.marks.values():
        assert mark.points == mark.max or mark.summary


@pytest.mark.parametrize("name", [name for name, hostile in HOSTILE.items() if hostile.shows])
def test_it_sees_what_it_may_see(graded, name):
    assert HOSTILE[name].shows in json.dumps(outputs(graded[0], name))


@pytest.mark.parametrize("name", HONEST)
def test_the_neighbours_get_all_their_points(graded, name):
    assert total(graded[1][name]) == ALL


def test_nothing_outlives_it(graded):
    said = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    # a sandbox names the library that it binds, which is in this run's own folder
    assert "ps -ww" in said and str(graded[2]) not in said
    assert [path.name[:9] for path in graded[2].iterdir()] == ["unrolled-"]  # what the next run uses again


def test_nobody_reached_the_network(graded):
    with pytest.raises(BlockingIOError):
        graded[-1].accept()


def test_no_secret_input_is_shown(graded):
    course = graded[0]
    exercise = find_exercise("01.scalar_bptt")
    for name in HOSTILE:
        instances = exercise.instances(course.store(NAME).seed_of(name))
        secret = [f"{abs(x):.15f}" for arguments in instances for x in np.ravel(arguments[2])]
        assert len(secret) >= 10
        shown = json.dumps(outputs(course, name))
        # with the point, or as the digits of an integer
        assert not [x for x in secret if x[:9] in shown or x.replace(".", "").lstrip("0")[:10] in shown], name


def test_where_nothing_came_back_a_person_is_asked(graded):
    from nbgrader.api import Gradebook

    course, results, *_ = graded
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        for name in (
            "os._exit in a function",
            "segfault in a cell",
            "no JSON",
            "endless function",
            "a first",
        ):
            submission = gradebook.find_submission_notebook(NAME, NAME, name)
            asked = {g.name for g in submission.grades if g.needs_manual_grade and g.name != "proof"}
            assert asked == {g for g, mark in results[name].marks.items() if mark.status.needs_a_person}


def test_the_gradebook_is_whole(graded):
    from nbgrader.api import Gradebook

    course, results, *_ = graded
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        rows = {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}
    want = {name: total(result) for name, result in results.items()}
    assert set(rows) == set(want)
    assert rows == pytest.approx(want)


@pytest.mark.slow
def test_nbgrader_alone_gives_everybody_the_same(graded):
    """Stock `nbgrader autograde`, into a gradebook of its own, from what was stored."""
    from nbgrader.api import Gradebook

    course, results, *_ = graded
    for made in ("gradebook.db", "autograded"):
        os.rename(course.home / made, course.home / f"{made}-of-grade")
    try:
        command("nbgrader", "autograde", NAME, cwd=course.root, limit=1200, apart=True)
        with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
            rows = {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}
    finally:
        for made in ("gradebook.db", "autograded"):
            os.rename(course.home / made, course.home / f"{made}-of-nbgrader")
            os.rename(course.home / f"{made}-of-grade", course.home / made)
    assert rows == pytest.approx({name: total(result) for name, result in results.items()})


def test_without_walls_the_network_is_there():
    """The control of the network's test: the same cell, outside a sandbox, gets through."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = json.dumps(HOSTILE["network"].make()).replace("PORT", str(listener.getsockname()[1]))
        graded_here(json.loads(made))
        listener.settimeout(0)
        listener.accept()
