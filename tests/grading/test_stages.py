"""Results in two stages: what is edited decides who is run again and who is judged again."""

import compileall
import json
import multiprocessing
import os
import py_compile
import shutil
import sys
import traceback
from pathlib import Path

import pytest
from class_tools import NAME, cell, notebook, solved, submit
from tests_root import ROOT

from autograder.exercises import sources
from autograder.grading import keys
from autograder.sandbox import reduced_rnnlib

FORK = multiprocessing.get_context("fork")


def grade_by_hand(root):
    """How many submissions are run and judged, their points and digests, by the packages in a course."""
    from autograder.grading import grade_submission
    from autograder.grading.course import Course

    assert Path(grade_submission.__file__).is_relative_to(root)
    done = {"run": 0, "judged": 0}

    def noting(what, function):
        def noted(*arguments):
            done[what] += 1
            return function(*arguments)

        return noted

    grade_submission.run_submission = noting("run", grade_submission.run_submission)
    grade_submission.judge_submission = noting("judged", grade_submission.judge_submission)
    course = Course.load(root)
    store, released, results = course.store(NAME), course.released(NAME), {}
    for student, folder in course.submissions(NAME).items():
        seed = store.seed_of(student)
        task = grade_submission.prepare_task(folder, NAME, released, seed, "none", course.limits)
        results[student] = grade_submission.result_of(task, grade_submission.grade_from_store(task, store))
    points = {name: sum(mark.points for mark in result.marks.values()) for name, result in results.items()}
    digests = {name: result.submission for name, result in results.items()}
    return done | {"points": points, "digests": digests}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of the course with its packages, so that their files can be edited; two submissions."""
    root = tmp_path_factory.mktemp("clone")
    for name in ("autograder", "rnnlib", "solutions", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "bank"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    # an edit of equal size may be of the same second, so the sources are compared and not their dates
    compiled = py_compile.PycInvalidationMode.CHECKED_HASH
    compileall.compile_dir(root / "autograder", quiet=2, invalidation_mode=compiled)
    compileall.compile_dir(root / "rnnlib", quiet=2, invalidation_mode=compiled)
    submit(root, "one", solved())
    submit(root, "two", notebook("notebooks"))
    assert graded(root)["run"] == 2
    return root


def graded(root):
    """How many submissions a grading of the clone runs and judges, the points and the digests.

    In a process forked from this one, which has all other packages imported, and there the clone's anew.
    """
    mine, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_grade_anew, args=(root, theirs))
    process.start()
    theirs.close()
    try:
        found = mine.recv()
    except EOFError:
        found = "it ended before it said anything"
    process.join()
    assert isinstance(found, dict), found
    return found


def _grade_anew(root, connection):
    try:
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        os.chdir(root)
        sys.path.insert(0, str(root))
        for name in [name for name in sys.modules if name.partition(".")[0] in ("autograder", "rnnlib")]:
            del sys.modules[name]
        connection.send(grade_by_hand(root))
    except BaseException:
        connection.send(traceback.format_exc())


def edited(root, *edits):
    """Edits files of the clone, grades, and puts the files back.  An edit: (file, old, new)."""
    before = {place: (root / place).read_text(encoding="utf-8") for place, _, _ in edits}
    try:
        for place, old, new in edits:
            text = (root / place).read_text(encoding="utf-8")
            assert text.count(old) >= 1, place
            (root / place).write_text(text.replace(old, new, 1), encoding="utf-8")
        return graded(root)
    finally:
        for place, text in before.items():
            (root / place).write_text(text, encoding="utf-8")


NOTHING, JUDGED, RUN = (0, 0), (0, 2), (2, 2)
LESSON01 = "autograder/exercises/lesson01.py"
HARMLESS = [
    ("autograder/feedback/card.py", "border-radius:4px", "border-radius:5px"),
    ("autograder/feedback/card.py", '"partly right"', '"half right"'),
    ("autograder/grading/templates/report.html", "Needs review", "To be looked at"),
    ("autograder/exercises/lesson05.py", "not used", "unused"),
    ("solutions/05_matrix_bptt.py", "the", "this"),
    ("solutions/01_scalar_rnn.py", "The scalar RNN", "A scalar RNN"),
    (LESSON01, "\n\n\n", "\n\n\n# a remark\n"),
    ("rnnlib/plots.py", '"""', '"""The '),
]
EDITS = {
    "the words of a slip": (LESSON01, "nothing flows", "not much flows", JUDGED),
    "a law": ("autograder/diagnosis/laws.py", "FACTORS = (-1.0, ", "FACTORS = (-1.0, 3.0, ", JUDGED),
    "how a return value is read": ("autograder/outputs.py", "perhaps a return", "maybe a return", JUDGED),
    "the tolerance": ("autograder/compare.py", "TOLERANCE = 1e-4", "TOLERANCE = 1.1e-4", JUDGED),
    "the lesson's solution": (
        "solutions/01_scalar_rnn.py",
        "### BEGIN SOLUTION",
        "### BEGIN SOLUTION\n    # in one line",
        JUDGED,
    ),
    "the worker": ("autograder/worker/cells.py", '"""', '"""It ', RUN),
    "the walls": ("autograder/sandbox/bubblewrap.py", "sandbox", "walled", RUN),
    "the library beside student code": ("rnnlib/rnn.py", '"""', '"""The ', RUN),
    "a limit": ("nbgrader_config.py", "c.Grade.cell_seconds = 20", "c.Grade.cell_seconds = 21", RUN),
    # other instances: the stored run was asked something else, and says so
    "the instances": (LESSON01, "rng = np.random.default_rng([", "rng = np.random.default_rng([7, ", RUN),
}


def test_what_no_number_and_no_verdict_depends_on_has_nothing_run_or_judged_again(clone):
    """A card's wording and style are made when a result is recorded."""
    done = edited(clone, *HARMLESS)
    assert (done["run"], done["judged"]) == NOTHING, done


IN_EVERY_RUN = ("a law", "the worker", "the instances")


@pytest.mark.parametrize(
    "what", [what if what in IN_EVERY_RUN else pytest.param(what, marks=pytest.mark.slow) for what in EDITS]
)
def test_an_edit_has_the_due_submissions_run_or_judged_again(clone, what):
    *edit, (run, judged) = EDITS[what]
    done = edited(clone, edit)
    assert (done["run"], done["judged"]) >= (run, judged) and done["run"] == run, done
    assert (done["judged"] > 0) == (judged > 0), done
    assert done["points"] == {"one": 15.0, "two": 0.0}


@pytest.fixture
def versions(tmp_path, monkeypatch):
    """(of what runs, of what judges) lesson 01 in a copy of the packages, computed without grading."""
    for name in ("autograder", "rnnlib", "solutions"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "bank", "0*_*")
        )
    for name in ("01_scalar_rnn.py", "05_matrix_bptt.py"):
        shutil.copy(ROOT / "solutions" / name, tmp_path / "solutions")
    monkeypatch.setattr(keys, "PACKAGE", tmp_path / "autograder")
    monkeypatch.setattr(reduced_rnnlib, "RNNLIB", tmp_path / "rnnlib")
    monkeypatch.setattr(sources, "FOLDER", tmp_path / "solutions")
    kept = keys._runner_version, keys._judge_version, sources.code_cells

    def found():
        for function in kept:
            function.cache_clear()
        return keys._runner_version("01"), keys._judge_version("01")

    yield tmp_path, found
    for function in kept:
        function.cache_clear()


def test_every_edit_changes_the_version_of_what_it_is_part_of(versions):
    root, found = versions
    before = found()
    for what, (place, old, new, due) in EDITS.items():
        if (root / place).exists():  # the course's limits are no part of the packages
            text = (root / place).read_text(encoding="utf-8")
            (root / place).write_text(text.replace(old, new, 1), encoding="utf-8")
            runner, judge = (a != b for a, b in zip(before, found()))
            # other instances change the judge alone, and thereby what a run is asked
            assert runner == (due == RUN and what != "the instances"), what
            assert judge or runner, what
            (root / place).write_text(text, encoding="utf-8")
    assert found() == before
    for place, old, new in HARMLESS:
        text = (root / place).read_text(encoding="utf-8")
        (root / place).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert found() == before


def test_points_change_without_running_or_judging_anything(clone):
    done = edited(clone, (LESSON01, "points=2,", "points=3,"))
    assert (done["run"], done["judged"]) == NOTHING
    assert done["points"] == {"one": 16.0, "two": 0.0}


def test_only_the_submission_that_changed_is_run(clone):
    path = clone / "gradebook" / "submitted" / "one" / NAME / f"{NAME}.ipynb"
    before = path.read_text(encoding="utf-8")
    nb = json.loads(before)
    answer = cell(nb, "immediate")
    answer["source"] = "".join(answer["source"]) + "\n# mine"
    path.write_text(json.dumps(nb), encoding="utf-8")
    first = graded(clone)
    assert (first["run"], first["judged"]) == (1, 1)
    cell(nb, "proof")["source"] = "By induction."  # a text has to be recorded, but nothing runs
    path.write_text(json.dumps(nb), encoding="utf-8")
    done = graded(clone)
    path.write_text(before, encoding="utf-8")
    assert (done["run"], done["judged"]) == NOTHING
    assert done["digests"]["one"] != first["digests"]["one"]
    assert done["digests"]["two"] == first["digests"]["two"]


def test_a_damaged_file_of_either_stage_is_made_anew(clone):
    shutil.rmtree(clone / "gradebook" / "results")
    shutil.rmtree(clone / "gradebook" / "runs")
    assert graded(clone)["run"] == 2
    for folder, times in (("results", JUDGED), ("runs", NOTHING)):
        for path in (clone / "gradebook" / folder / NAME).iterdir():
            path.write_bytes(path.read_bytes()[:100])
        done = graded(clone)
        assert (done["run"], done["judged"]) == times and done["points"] == {"one": 15.0, "two": 0.0}
    for path in (clone / "gradebook" / "results" / NAME).iterdir():
        path.unlink()
    assert (graded(clone)["run"], graded(clone)["run"]) == (2, 0)
