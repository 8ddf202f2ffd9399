"""Helper processes: what is too much for one ends there, and costs the submission that it was about."""

import os
import signal
import subprocess
import sys
import time

import pytest
from class_tools import MODE, NAME, solved, submit, total
from nbgrader.api import Gradebook

from autograder.errors import GradingError
from autograder.grading import nbgrader_hooks, reading, recording, submission_files
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.grading.helper import Failed, Helper, TooMuch

MB = 2**20


def fill(size):
    return len(bytearray(size * MB))


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def refuse():
    raise GradingError("there is no gradebook")


def divide(a, b):
    return a / b


def loop():
    time.sleep(600)


FUNCTIONS = {f.__name__: f for f in (fill, die, refuse, divide, loop, os.getpid)}


@pytest.fixture(scope="module")
def helper():
    with Helper(FUNCTIONS, 100 * MB, lambda: None) as made:
        yield made


def test_it_calls_in_another_process_that_stays(helper):
    assert helper.call("divide", 1, 4, seconds=5) == 0.25
    assert helper.call("getpid", seconds=5) == helper.call("getpid", seconds=5) != os.getpid()


@pytest.mark.parametrize(
    "name, arguments, said",
    [
        ("loop", (), "took more than 0.3 s"),
        ("fill", (200,), "took more memory than it may"),
        ("die", (), "ended its process"),
    ],
)
def test_what_is_too_much_costs_one_call(helper, name, arguments, said):
    before = helper.call("getpid", seconds=5)
    with pytest.raises(TooMuch, match=said):
        helper.call(name, *arguments, seconds=0.3 if name == "loop" else 5)
    start = time.monotonic()
    assert helper.call("getpid", seconds=5) != before
    assert time.monotonic() - start < 2


def test_where_the_process_that_stands_by_is_gone_no_argument_is_blamed():
    with Helper(FUNCTIONS, 100 * MB, lambda: None) as made:
        with pytest.raises(TooMuch):
            made.call("die", seconds=5)
        os.kill(made._standing_by, signal.SIGKILL)
        with pytest.raises(GradingError, match="a process that grading needs has ended"):
            made.call("getpid", seconds=5)


def test_a_signal_to_the_whole_group_does_not_end_what_is_being_recorded(helper):
    pid = helper.call("getpid", seconds=5)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(pid, number)
        os.kill(helper._standing_by, number)
    assert helper.call("getpid", seconds=5) == pid


def test_within_its_limits_it_is_not_ended(helper):
    assert helper.call("fill", 50, seconds=5) == 50 * MB


def test_errors_are_told_and_sentences_come_as_they_are(helper):
    with pytest.raises(Failed, match="ZeroDivisionError: float division by zero"):
        helper.call("divide", 1.0, 0, seconds=5)
    with pytest.raises(GradingError, match="^there is no gradebook$"):
        helper.call("refuse", seconds=5)


PARENT = """
import os, sys, time
from autograder.grading.helper import Helper

with Helper({"pid": os.getpid, "sleep": time.sleep}, 10**8, lambda: None) as helper:
    print(helper._standing_by, helper.call("pid", seconds=5), flush=True)
    helper.call("sleep", 60, seconds=60)
"""


def test_a_helper_ends_with_the_one_that_it_helps():
    grader = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    pids = list(map(int, grader.stdout.readline().split()))
    assert len(pids) == 2 and all(os.path.exists(f"/proc/{pid}") for pid in pids)
    grader.kill()  # which it cannot tell anybody
    grader.wait()
    ends = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in pids):
        assert time.monotonic() < ends
        time.sleep(0.01)


HOW = {
    "kills itself": (die, "recording it ended its process"),
    "takes all memory": (lambda: fill(1000), "MemoryError"),
    "never ends": (loop, "recording it took more than 6 s"),
}


def scores(course):
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        return {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}


@pytest.fixture
def three(course):
    for student in ("a", "b", "c"):
        submit(course, student, solved())
    return Course.load(course)


@pytest.mark.parametrize(
    "how", [how if how == "kills itself" else pytest.param(how, marks=pytest.mark.slow) for how in HOW]
)
def test_one_that_cannot_be_recorded_keeps_nobody_else_out_of_the_gradebook(three, how, monkeypatch):
    what, said = HOW[how]
    save = nbgrader_hooks.SaveGrades.preprocess

    def odd(self, nb, resources):
        if resources["nbgrader"]["student"] == "b":
            what()
        return save(self, nb, resources)

    with monkeypatch.context() as patch:
        patch.setattr(nbgrader_hooks.SaveGrades, "preprocess", odd)
        patch.setattr(recording, "SECONDS", 6.0)
        patch.setattr(recording, "EACH", 0.0)
        results = grade_class(three, NAME, Options(walls=MODE))
    assert said in results["b"].reason and not results["b"].marks
    assert total(results["a"]) == total(results["c"]) == 15
    assert {"a": 15, "c": 15}.items() <= scores(three).items()
    assert not list(three.home.glob("staging-*"))
    grade_class(three, NAME, Options(walls=MODE))  # the next run makes up for it
    assert scores(three) == {"a": 15, "b": 15, "c": 15}


def test_a_process_that_was_filled_by_large_submissions_is_not_kept(three, monkeypatch):
    folder = three.submissions(NAME)["a"]
    with reading.Reader(three, NAME, MODE) as reader, recording.Recorder(three, NAME) as recorder:
        for large, is_kept in ((2**20, True), (-1, False)):
            monkeypatch.setattr(reading, "LARGE", large)
            monkeypatch.setattr(recording, "LARGE", large)
            assert reader.task_of("a", folder).submission.notebook and bool(reader._working) == is_kept
            assert recorder.record({}) == {} and bool(recorder._working) == is_kept


def test_what_ended_the_reading_once_is_read_again(three, monkeypatch, tmp_path):
    """The machine may be at fault, or somebody who ended a process."""
    find, first = submission_files.find_notebook, tmp_path / "first"

    def odd(folder, *more):
        if folder.parent.name == "b" and not first.exists():
            first.touch()
            die()
        return find(folder, *more)

    monkeypatch.setattr(submission_files, "find_notebook", odd)
    results = grade_class(three, NAME, Options(walls=MODE))
    assert first.exists() and {name: total(result) for name, result in results.items()} == dict.fromkeys(
        "abc", 15
    )


@pytest.mark.parametrize(
    "what, said",
    [
        (die, "ended its process"),
        pytest.param(lambda: fill(1000), "memory", marks=pytest.mark.slow),
        pytest.param(loop, "took more than 3 s", marks=pytest.mark.slow),
    ],
)
def test_one_that_cannot_be_read_is_told_and_the_others_are_graded(three, what, said, monkeypatch):
    find = submission_files.find_notebook

    def odd(folder, *more):
        if folder.parent.name == "b":
            what()
        return find(folder, *more)

    monkeypatch.setattr(submission_files, "find_notebook", odd)
    monkeypatch.setattr(reading, "SECONDS", 3.0)
    results = grade_class(three, NAME, Options(walls=MODE))
    assert total(results["a"]) == total(results["c"]) == 15 and total(results["b"]) == 0
    summaries = {mark.summary for mark in results["b"].marks.values()}
    assert len(summaries) == 1 and "it cannot be read: reading it " in summaries.copy().pop()
    assert said in summaries.pop()
    assert scores(three) == {"a": 15, "b": 0, "c": 15}
