"""A class of submissions that break, cheat or spy, among honest ones, graded in one run.

The class is of those whose test is to be run: every third one, and all that show what a layer is for or tell
secrets; the others are slow.  With UNROLLED_LONG in the environment, as `python -m tests.long` sets it, the
folders and texts of `hostile_folders` and `html_vectors` are in the class too, and nbgrader alone runs
everything anew.
"""

import json
import os
import socket
import subprocess
import tempfile

import hostile_folders
import numpy as np
import pytest
import wall_attacks
from class_tools import NAME, code, command, copy_course, notebook, solved, submit, total, use_exchange
from class_tools import graded as graded_here
from hostile_submissions import ALL, Hostile
from hostile_submissions import HOSTILE as FIRST
from html_vectors import hostile as texts_that_would_run
from layered_submissions import LAYERED, MARK, harm, without
from secret_attacks import POINTS
from secret_attacks import hostile as functions_that_tell

from autograder.exercises import find_exercise
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.grading.grade_submission import cell_outputs, grade_one, prepare_task, result_of
from autograder.sandbox import bubblewrap, client, reduced_rnnlib
from autograder.sandbox.limits import Limits

pytestmark = pytest.mark.skipif(
    bool(bubblewrap.walls_problem()), reason=f"no sandbox here: {bubblewrap.walls_problem()}"
)


def attacks_on_the_walls():
    """All of `wall_attacks`; each that succeeds shows a mark."""
    nb = solved()
    nb["cells"].append(code(wall_attacks.numbers()))
    for attack in wall_attacks.ATTACKS.values():
        body, _, last = f"\n{attack.source}".rpartition("\n")
        nb["cells"].append(code(f"{body}\nprint({MARK[:4]!r} {MARK[4:]!r} if ({last}) is True else 'held')"))
    return nb


LONG = "UNROLLED_LONG" in os.environ
HOSTILE = FIRST | {name: layered.hostile for name, layered in LAYERED.items()}
HOSTILE |= {
    "attacks on the walls": Hostile(attacks_on_the_walls, ALL, shows="held"),
    # beside the five there are two values
    "functions that tell": Hostile(functions_that_tell, sum(POINTS.values()) + 2),
}
HOSTILE |= {"texts that would run": Hostile(texts_that_would_run, ALL)} if LONG else {}
FOLDERS = hostile_folders.CLASS if LONG else {}
ASKED = ("os._exit in a function", "segfault in a cell", "no JSON", "endless function")
TELLING = [name for name in FIRST if "secret input" in name]
EVERY_RUN = {*list(FIRST)[::3], *(HOSTILE.keys() - FIRST.keys()), *ASKED, *TELLING}
HONEST = ("a first", "g", "m in the middle", "t", "zoë last")


@pytest.fixture(scope="module")
def hostile(request, thorough):
    """Those whose test is to be run."""
    tests = [item for item in request.session.items if item.originalname == "test_it_scores_what_it_is_worth"]
    names = {item.callspec.params["name"] for item in tests if thorough or "slow" not in item.keywords}
    return {name: made for name, made in HOSTILE.items() if name in names}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, hostile):
    """The class after grading: its course, the results, and what was there before and after."""
    root = copy_course(tmp_path_factory.mktemp("hostile"))
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write("\nc.Grade.cell_seconds = 2\nc.Grade.answer_seconds = 1\n")
        # lines are looked for, but not long: tests/grading/test_line_search.py has what that must bear
        config.write("" if LONG else "c.Grade.search_seconds = 3\n")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0)
    for name, made in hostile.items():
        _hand_in(root, name, made, listener.getsockname()[1])
    for name in HONEST:
        submit(root, name, solved())
    use_exchange(root)
    for name, (hand_in, *_) in FOLDERS.items():
        hand_in(root, name)
    for hand_in, _ in hostile_folders.STRAYS.values() if LONG else ():
        hand_in(root, root / "gradebook" / "submitted")
    scratch = tmp_path_factory.mktemp("temporary")
    keys = tagged_keys()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_TEST", "seen")
        patch.setattr(tempfile, "tempdir", str(scratch))
        patch.setattr(client, "END_SECONDS", 5.0)
        reduced_rnnlib._make_folder.cache_clear()
        course = Course.load(root)
        with wall_attacks.other_side():
            results = grade_class(course, NAME, Options(jobs=4))  # most of its time is waiting
    reduced_rnnlib._make_folder.cache_clear()
    return course, results, (scratch, keys), listener


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


def outputs(course, student, made="autograded"):
    """Those of the code cells in the notebook that nbgrader has."""
    path = course.home / made / student / NAME / f"{NAME}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [c["outputs"] for c in cells if c["cell_type"] == "code"]


def test_the_suite_is_large_enough():
    assert len(FIRST) >= 100 and len(LAYERED) >= 15


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in EVERY_RUN else [pytest.mark.slow]) for name in HOSTILE]
)
def test_it_scores_what_it_is_worth(graded, name):
    course, results, *_ = graded
    assert harm(HOSTILE[name], results[name], outputs(course, name)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERED)
def test_it_does_harm_where_the_layer_is_missing_that_stops_it(name, tmp_path):
    layered = LAYERED[name]
    _hand_in(tmp_path, name, layered.hostile, 0)
    with without(layered.layer):
        found = alone(tmp_path / "gradebook" / "submitted" / name / NAME)
    assert harm(layered.hostile, *found) != ""
    assert harm(layered.hostile, *alone(tmp_path / "gradebook" / "submitted" / name / NAME)) == ""


def alone(folder):
    """(result, outputs of the code cells) of one submission, graded in this process."""
    task = prepare_task(folder, NAME, notebook("notebooks"), 5, "bwrap", Limits())
    _, judged = grade_one(task)
    return result_of(task, judged), cell_outputs(task.submission.notebook, judged)


@pytest.mark.parametrize("name", HONEST)
def test_the_neighbours_get_all_their_points(graded, name):
    assert total(graded[1][name]) == ALL


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_scores_what_it_is_worth(graded, name):
    assert total(graded[1][name]) == FOLDERS[name][1]


def test_nothing_outlives_it(graded):
    scratch, keys = graded[2]
    nothing_is_left(scratch, keys)
    # what the next run uses again: the library for answers, and that for the search
    assert all(path.name.startswith("unrolled-") for path in scratch.iterdir())
    assert sorted((path / "search").exists() for path in scratch.iterdir()) == [False, True]


def tagged_keys():
    """The kernel's keys that attacks have made; the tests of the walls leave some where a wall is missing."""
    with open("/proc/keys", encoding="ascii") as keys:
        return {line.split()[0] for line in keys if wall_attacks.TAG in line}


def nothing_is_left(scratch, keys):
    """No process of a sandbox, whose command names the library in the run's own folder, and no new key."""
    said = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    assert "ps -ww" in said and str(scratch) not in said
    assert tagged_keys() <= keys


def test_nobody_reached_the_network(graded):
    with pytest.raises(BlockingIOError):
        graded[-1].accept()


def test_no_secret_input_is_shown(graded, hostile):
    nothing_secret_is_shown(graded[0], "autograded", hostile)


def nothing_secret_is_shown(course, made, names):
    exercise = find_exercise("01.scalar_bptt")
    for name in names:
        instances = exercise.instances(course.store(NAME).seed_of(name))
        secret = [f"{abs(x):.15f}" for arguments in instances for x in np.ravel(arguments[2])]
        assert len(secret) >= 10
        shown = json.dumps(outputs(course, name, made))
        # with the point, or as the digits of an integer
        assert not [x for x in secret if x[:9] in shown or x.replace(".", "").lstrip("0")[:10] in shown], name


def test_where_nothing_came_back_a_person_is_asked(graded):
    from nbgrader.api import Gradebook

    course, results, *_ = graded
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        for name in ({*ASKED} & {*results}) | {"a first"}:
            submission = gradebook.find_submission_notebook(NAME, NAME, name)
            asked = {g.name for g in submission.grades if g.needs_manual_grade and g.name != "proof"}
            assert asked == {g for g, mark in results[name].marks.items() if mark.status.needs_a_person}


def test_the_gradebook_is_whole(graded):
    from nbgrader.api import Gradebook

    course, results, *_ = graded
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        rows = {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}
    want = {name: total(result) for name, result in results.items() if result.marks}
    assert set(rows) == set(want)
    assert rows == pytest.approx(want)


@pytest.mark.long
def test_nbgrader_alone_gives_everybody_the_same(graded, hostile, tmp_path, monkeypatch):
    """Stock `nbgrader autograde`, into a gradebook of its own: from what was stored, or from nothing."""
    from nbgrader.api import Gradebook

    course, results, *_ = graded
    aside = ["gradebook.db", "autograded", *(["runs", "results"] if LONG else [])]
    for made in aside:
        os.rename(course.home / made, course.home / f"{made}-of-grade")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("UNROLLED_TEST", "seen")
    try:
        with wall_attacks.other_side():
            command("nbgrader", "autograde", NAME, cwd=course.root, limit=3000, apart=True)
        with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
            rows = {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}
        mine = {name: course.graded(NAME, name) for name in rows}
    finally:
        for made in aside:
            os.rename(course.home / made, course.home / f"{made}-of-nbgrader")
            os.rename(course.home / f"{made}-of-grade", course.home / made)
    assert set(rows) == {name for name, result in results.items() if result.marks}
    assert rows == pytest.approx({name: total(result) for name, result in mine.items()})
    harmful = {
        name: harm(h, mine[name], outputs(course, name, "autograded-of-nbgrader"))
        for name, h in hostile.items()
    }
    assert set(harmful.values()) == {""}, harmful
    assert {rows[name] for name in HONEST} == {ALL}
    assert {name: rows[name] for name in FOLDERS} == {
        name: points for name, (_, points, _) in FOLDERS.items()
    }
    nothing_secret_is_shown(course, "autograded-of-nbgrader", hostile)
    nothing_is_left(tmp_path, graded[2][1])
    assert list(tmp_path.iterdir()) == []


def test_without_walls_the_network_is_there():
    """The control of the network's test: the same cell, outside a sandbox, gets through."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = json.dumps(HOSTILE["network"].make()).replace("PORT", str(listener.getsockname()[1]))
        graded_here(json.loads(made))
        listener.settimeout(0)
        listener.accept()
