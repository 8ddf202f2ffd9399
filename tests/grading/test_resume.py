"""Grading that is killed at any moment continues, and ends in the same gradebook."""

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial

import pytest
from class_tools import MODE, NAME, command, copy_course, notebook, solved, submit
from nbgrader.api import Gradebook

from autograder import cli
from autograder.authoring import sample_class
from autograder.grading import registration
from autograder.sandbox import reduced_rnnlib

FORK = multiprocessing.get_context("fork")
MARKS = {"runs": "*/*.json.gz", "results": "*/*.json", "autograded": "*/*/*.ipynb"}


def hand_in(course, copies):
    """A class of the sample's quick submissions, several times over."""
    sample_class.write_class(course, course / "sample")
    made = sorted(
        path for path in (course / "sample").iterdir() if path.name != "student-04"
    )  # no endless loop
    for n in range(copies):
        source = made[n % len(made)]
        shutil.copytree(source, course / "gradebook" / "submitted" / f"{n:03}-{source.name}")
    shutil.rmtree(course / "sample")


def grades(course):
    """{student: {exercise: (automatic, manual, maximum)}} of the whole gradebook."""
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, grade.manual_score, grade.max_score)
                for n in submission.notebooks
                for grade in n.grades
            }
            for submission in gradebook.assignment_submissions(NAME)
        }


def start(course, prepare=None):
    """Grades in a process of its own, whose sandboxes name a folder of the course in their arguments.

    It is forked from this one, which has nbgrader imported.  prepare: is called there before.
    """
    scratch = course / "scratch"
    scratch.mkdir(exist_ok=True)
    running = FORK.Process(target=_grade, args=(course, scratch, prepare))
    running.start()
    return running


def _grade(course, scratch, prepare):
    os.setsid()
    os.chdir(course)
    tempfile.tempdir = os.environ["TMPDIR"] = str(scratch)
    reduced_rnnlib._make_folder.cache_clear()
    if prepare:
        prepare()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        with contextlib.redirect_stderr(nowhere):
            sys.exit(cli.main(["grade", NAME, "--sandbox", MODE]))


def processes_of(course):
    """The arguments of all processes that name the course's folder, as its sandboxes do."""
    said = subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in said.splitlines() if str(course) in line and "ps -ww" not in line]


def kill(running):
    try:
        os.killpg(running.pid, signal.SIGKILL)
    except ProcessLookupError:  # it has not made a group of its own yet, or has ended
        running.kill()
    running.join()


def count(course, place):
    """How many submissions have left a mark at a place of the gradebook's folder."""
    return len(list((course / "gradebook" / place).glob(MARKS[place])))


def killed_when(course, place, number):
    """Starts grading and kills it as soon as so many submissions have come to a place.

    Returns how many it were, and whether processes were seen that name the course.
    """
    running, seen = start(course), False
    try:
        while count(course, place) < number:
            assert running.is_alive(), f"grading ended before {number} were in {place}"
            seen = seen or bool(processes_of(course))
            time.sleep(0.005)
    finally:
        kill(running)
    assert running.exitcode == -signal.SIGKILL
    return count(course, place), seen


def ends_before(part, number):
    """Makes this process kill its group just before it puts the n-th file at a path with this part."""
    done = 0

    def deadly(function):
        def called(source, target, *more):
            nonlocal done
            done += part in str(target)
            if done == number:
                os.killpg(0, signal.SIGKILL)
            return function(source, target, *more)

        return called

    os.replace, shutil.move = deadly(os.replace), deadly(shutil.move)


def killed_before(course, part, number):
    """Kills grading, helpers and all, just before it puts its n-th file at a path with this part."""
    running = start(course, partial(ends_before, part, number))
    running.join(600)
    kill(running)
    assert running.exitcode == -signal.SIGKILL, f"{part} was not reached {number} times"


def ends_while_registering(seconds):
    """Makes this process kill its group so long after it has begun to register the lesson."""
    begin = registration.GenerateAssignment.start

    def deadly(converter):
        threading.Timer(seconds, os.killpg, (0, signal.SIGKILL)).start()
        return begin(converter)

    registration.GenerateAssignment.start = deadly


def killed_while_registering(course, seconds):
    """Kills grading so long after it has begun to register the lesson.

    That it begins to is also a sign that no kill before this one came too late.
    """
    running = start(course, partial(ends_while_registering, seconds))
    running.join(600)
    kill(running)
    assert running.exitcode == -signal.SIGKILL, "grading ended before it registered the lesson"


def must_end_alike(folder, copies, kills, registering=(), at_the_end=()):
    """Kills grading at these moments, then lets it end: the gradebook is that of an undisturbed run.

    kills: (place, number of submissions there), or (part of a path, which file), in the order in which they
    are reached.  registering: seconds after that began.  at_the_end: as `kills`, when all are recorded.
    """
    calm, restless = folder / "calm", folder / "restless"
    for course in (calm, restless):
        course.mkdir()
        hand_in(copy_course(course, registered=not registering), copies)
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=calm)
    (restless / "gradebook").mkdir(exist_ok=True)
    shutil.copy(calm / "gradebook" / "seeds.json", restless / "gradebook" / "seeds.json")
    for seconds in registering:
        killed_while_registering(restless, seconds)
    seen = []
    for place, number in kills:
        if place not in MARKS:
            killed_before(restless, place, number)
            continue
        found, at_work = killed_when(restless, place, number)
        assert number <= found <= copies
        seen.append(at_work)
    assert MODE == "none" or any(seen)  # or looking for them in the end would prove nothing
    assert count(restless, "autograded") < copies  # or nothing was left to be done
    for part, number in at_the_end:
        killed_before(restless, part, number)
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=restless)
    assert grades(restless) == grades(calm)
    tables = [(c / "gradebook" / "reports" / NAME / "report.csv").read_text() for c in (calm, restless)]
    assert tables[0] == tables[1]
    assert len(grades(calm)) == copies
    left = [path.name for path in (restless / "gradebook").iterdir()]
    assert not [name for name in left if name.startswith(("staging", "registering"))]
    assert not list((restless / "gradebook").rglob("part-*"))
    for kept, suffix in (("results", ".json"), ("runs", ".json.gz")):
        assert all(path.name.endswith(suffix) for path in (restless / "gradebook" / kept / NAME).iterdir())
    time.sleep(0.5)
    assert not processes_of(restless)


def test_killed_at_chosen_moments_it_continues_to_the_same_grades(tmp_path):
    must_end_alike(tmp_path, 5, [("runs", 1), ("/autograded/", 2)], at_the_end=[("report.html", 1)])


def test_a_changed_submission_is_graded_anew_and_keeps_its_manual_mark(course):
    submit(course, "one", notebook("notebooks"))
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        gradebook.find_grade("proof", NAME, NAME, "one").manual_score = 2.5
        gradebook.db.commit()
    before = grades(course)["one"]
    shutil.rmtree(course / "gradebook" / "submitted" / "one")
    submit(course, "one", solved())
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    after = grades(course)["one"]
    assert before["check_immediate"][0] == 0 and after["check_immediate"][0] == 2
    assert after["proof"][1] == 2.5


@pytest.mark.long
def test_two_hundred_submissions(course):
    hand_in(course, 200)
    said = command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course, limit=900)
    found = grades(course)
    assert len(found) == 200 and "200/200" in said
    by_kind = {}
    for student, row in found.items():
        by_kind.setdefault(student[4:], []).append(row)
    assert len(by_kind) == 9
    for rows in by_kind.values():
        assert all(row == rows[0] for row in rows)


@pytest.mark.slow  # its start alone costs as much as grading a class; local engines are in every run
def test_a_dask_cluster_gives_the_same_grades(tmp_path):
    pytest.importorskip("distributed", reason="the optional engine needs distributed")
    local, dask = tmp_path / "local", tmp_path / "dask"
    for folder, engine in ((local, "local"), (dask, "dask")):
        folder.mkdir()
        hand_in(copy_course(folder), 4)
        if folder is dask:
            shutil.copy(local / "gradebook" / "seeds.json", dask / "gradebook" / "seeds.json")
        command("autograder", "grade", NAME, "--sandbox", MODE, "--engine", engine, "--jobs", "2", cwd=folder)
    assert grades(local) == grades(dask)


def test_an_engine_that_does_not_exist_is_named(course):
    submit(course, "one", solved())
    said = command("autograder", "grade", NAME, "--engine", "cloud", cwd=course, code=1)
    assert "engine is 'cloud', expected local, dask or dask:ADDRESS" in said


def test_seeds_that_are_made_at_the_same_time_are_all_kept(tmp_path):
    """Two assignments that are begun together."""
    program = (
        "import sys; from pathlib import Path; from autograder.grading.result_store import Store;"
        "print(Store(Path(sys.argv[1]), sys.argv[2]).secret)"
    )
    names = [f"{n:02}" for n in range(4)]
    made = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path, name], stdout=subprocess.PIPE, text=True)
        for name in names
    ]
    printed = {name: process.communicate()[0].strip() for name, process in zip(names, made)}
    assert json.loads((tmp_path / "seeds.json").read_text()) == printed


def test_killed_while_the_lesson_was_registered_it_is_registered_anew(tmp_path):
    """nbgrader commits cell by cell: a kill leaves the notebook without some of its sources."""
    course = copy_course(tmp_path)
    hand_in(course, 1)
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    whole = grades(course)
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        for submission in list(gradebook.assignment_submissions(NAME)):
            gradebook.remove_submission(NAME, submission.student.id)
        for cell in list(gradebook.find_notebook(NAME, NAME).source_cells)[2:]:
            gradebook.db.delete(cell)
        gradebook.db.commit()
    shutil.rmtree(course / "gradebook" / "autograded")
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    assert grades(course) == whole
