"""Bad days of a grader: each ends in a sentence, loses nothing, and the next run goes on."""

import ast
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from class_tools import (
    MODE,
    NAME,
    before,
    code,
    command,
    copy_course,
    grading_until,
    notebook,
    solved,
    submit,
)
from tests_root import ROOT

from autograder.errors import GradingError, Infrastructure
from autograder.grading import gradebook_lock
from autograder.grading.course import Course
from autograder.grading.grade import Options, grade_class
from autograder.sandbox import bubblewrap, client
from autograder.sandbox.limits import Limits

walls = pytest.mark.skipif(bool(bubblewrap.walls_problem()), reason="needs bubblewrap")
MB = 2**20


def stored(course):
    """{path: when it was written} of all stored runs and verdicts."""
    kept = course / "gradebook"
    return {path: path.stat().st_mtime_ns for path in [*kept.rglob("runs/*/*"), *kept.rglob("results/*/*")]}


def again(course):
    """Grades once more, which runs nothing anew."""
    were = stored(course)
    said = command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    assert {path: when for path, when in stored(course).items() if path in were} == were
    return said


# in a process of its own, as SQLite's own notes on locks would be copied into a grader's helper
OTHER = """
import sqlite3, sys

gradebook = sqlite3.connect(sys.argv[1], isolation_level=None)
gradebook.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def locked(course, monkeypatch):
    """A course of one submission, and what ends the other program that has its gradebook in a transaction."""
    submit(course, "one", solved())
    monkeypatch.setattr(gradebook_lock, "SOON", 0.2)
    arguments = [sys.executable, "-c", OTHER, course / "gradebook" / "gradebook.db"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        yield course, other.kill
        other.kill()


def test_a_locked_gradebook_is_said_and_the_next_run_records_what_was_run(locked, monkeypatch):
    course, free = locked
    monkeypatch.setattr(gradebook_lock, "WAIT", 0.5)
    said = command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course, code=1)
    assert "gradebook.db is locked by another program for more than 0.5 s; close the program" in said
    assert "0 of 1 are recorded; start again to continue" in said and "Traceback" not in said
    free()
    assert "15/15" in again(course)


@pytest.mark.slow
def test_a_gradebook_that_is_locked_for_a_moment_is_waited_for(locked):
    course, free = locked
    threading.Timer(1.5, free).start()
    assert grade_class(Course.load(course), NAME, Options(walls=MODE))["one"].marks


def test_whoever_waits_for_a_gradebook_says_so(locked, caplog):
    course, free = locked
    threading.Timer(0.6, free).start()
    gradebook_lock.wait_until_free(Course.load(course))
    assert "gradebook.db is locked by another program; waiting for up to 30 s" in caplog.text


def test_nbgrader_alone_beside_a_grading_says_so_and_changes_nothing(tmp_path):
    root = copy_course(tmp_path)
    submit(root, "honest", solved())
    made = root / "gradebook" / "autograded" / "honest"
    with Course.load(root).store(NAME).alone():
        said = command("nbgrader", "autograde", NAME, "--create", cwd=root, code=1)
        assert "another grading run is at work" in said and not made.exists()
    command("nbgrader", "autograde", NAME, "--create", cwd=root)
    assert made.exists(), "the control: nobody else is at work"


def test_a_gradebook_that_is_none_is_named(course):
    submit(course, "one", solved())
    path = course / "gradebook" / "gradebook.db"
    whole = path.read_bytes()
    path.write_bytes(b"this is no database" * 100)
    said = command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course, code=1)
    assert "gradebook.db cannot be read as a gradebook: file is not a database" in said
    path.write_bytes(whole)
    assert "15/15" in command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)


TRACEBACK = "Traceback (most recent call last):\n  File ...\n"
SQLITE = "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) "


@pytest.mark.parametrize(
    "said, stops",
    [
        (f"{SQLITE}database is locked\n[SQL: UPDATE grade SET ...]", "is locked by another program"),
        (f"{SQLITE}database or disk is full\n[SQL: INSERT ...]", "database or disk is full; make room"),
        ("OSError: [Errno 28] No space left on device: '/x'", "No space left on device; make room"),
        ("ValueError: database is locked", ""),
        ("There was an error processing assignment: /x/No space left on device/01", ""),
        ("ValueError: a cell says OSError: [Errno 28] No space left on device", ""),
    ],
)
def test_only_what_nobody_could_write_stops_the_class(course, said, stops):
    from autograder.grading.gradebook import _must_go_on

    if stops:
        with pytest.raises(GradingError, match=stops):
            _must_go_on([TRACEBACK + said], Course.load(course))
    else:
        _must_go_on([TRACEBACK + said], Course.load(course))


FULL = """
set -u
cp -r "$KEPT/." gradebook
dd if=/dev/zero of=gradebook/filler bs=64k 2> /dev/null
rm -f gradebook/part-*; truncate -s -{room} gradebook/filler
{grade}; echo "exit $?"
rm gradebook/filler
{grade}; echo "exit $?"
ls gradebook gradebook/results/* | grep -c part-
"""


@walls
@pytest.mark.slow
@pytest.mark.parametrize(
    "room", [0, 60_000, 400_000, *(pytest.param(n, marks=pytest.mark.long) for n in (20_000, 120_000))]
)
def test_a_full_disk_is_said_and_the_next_run_goes_on(tmp_path, room):
    """The gradebook's folder is a small file system in memory, first without room and then with."""
    course = copy_course(tmp_path)
    for n in range(3):
        submit(course, f"s{n}", solved())
    kept = tmp_path / "kept"
    shutil.move(course / "gradebook", kept)
    (course / "gradebook").mkdir()
    run = f"{sys.executable} -m autograder grade {NAME} --sandbox none"
    script = FULL.format(room=room, grade=run)
    done = subprocess.run(
        [
            "bwrap",
            "--dev-bind",
            "/",
            "/",
            "--size",
            str(8 * MB),
            "--tmpfs",
            course / "gradebook",
            "sh",
            "-c",
            script,
        ],
        cwd=course,
        env={
            **os.environ,
            "KEPT": str(kept),
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert "exit 1\n" in done.stdout or room, said  # with some room it may come to its end
    if "exit 1\n" in done.stdout:
        assert "No space left" in said or "database or disk is full" in said, said
    last = done.stdout.split("exit ")[-2:]
    assert last[0].count("15/15") == 3 and last[1].startswith("0\n"), said
    assert done.stdout.strip().endswith("\n0"), said


@pytest.mark.slow
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["one process", "the group"])
def test_a_signal_to_end_stops_as_ctrl_c_does(course, send):
    submit(course, "a", solved())
    submit(course, "b", before(solved(), "immediate", code("while True: pass")))
    running, said = grading_until(course, " 1/2 ", MODE)
    send(running.pid, signal.SIGTERM)
    said += "".join(running.communicate(timeout=60))
    assert running.returncode == 130 and "Traceback" not in said
    assert "stopped; 1 of 2 are recorded; start again to continue" in said
    ends = time.monotonic() + 5
    while subprocess.run(["pgrep", "-g", str(running.pid)], capture_output=True).stdout:  # its helpers
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_what_no_submission_has_any_more_is_removed_after_the_whole_class_was_graded(course):
    submit(course, "one", solved())
    submit(course, "two", notebook("notebooks"))
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    first = set(stored(course))
    path = course / "gradebook" / "submitted" / "one" / NAME / f"{NAME}.ipynb"
    path.write_text(json.dumps(before(solved(), "immediate", code("mine = 1"))), encoding="utf-8")
    command("autograder", "grade", NAME, "--sandbox", MODE, "--student", "one", cwd=course)
    both = set(stored(course))
    assert first < both and len(first) == 4 and len(both) == 6
    command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
    assert len(set(stored(course))) == 4 and len(set(stored(course)) & first) == 2
    again(course)


def test_feedback_after_grading_again_shows_the_new_card(course):
    """Also where there is no timestamp.txt by which nbgrader could tell what is newer."""
    submit(course, "one", notebook("notebooks"))
    page = course / "gradebook" / "feedback" / "one" / NAME / f"{NAME}.html"
    for nb, points in ((notebook("notebooks"), "0.0"), (solved(), "15.0")):
        path = course / "gradebook" / "submitted" / "one" / NAME / f"{NAME}.ipynb"
        path.write_text(json.dumps(nb), encoding="utf-8")
        command("autograder", "grade", NAME, "--sandbox", MODE, cwd=course)
        command("nbgrader", "generate_feedback", NAME, cwd=course)
        assert f"(Score: {points} /" in page.read_text(encoding="utf-8")


def test_no_limit_of_time_is_measured_by_a_clock_that_jumps():
    """The monotonic clock, and that of a process's work, go on as before when a clock is set."""
    rooms = [ROOT / "autograder" / room for room in ("grading", "sandbox", "worker")]
    asked = {
        node.attr
        for room in rooms
        for path in room.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("time", "datetime")
    }
    assert "monotonic" in asked and asked <= {"monotonic", "perf_counter", "process_time", "sleep"}


class Silent:
    """A sandbox of which nothing is heard."""

    def __init__(self, stream):
        self.stdout = self.out = stream


@pytest.mark.parametrize("asleep", [True, False])
def test_who_wakes_up_late_does_not_say_that_a_submission_took_too_long(asleep, monkeypatch):
    """As after a laptop's sleep: the sandbox slept as well, so it is run again."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        watch, now = client._Watch(Silent(ours), Limits(run=0.1)), time.monotonic()
        clock = iter([now, now, now + (400 if asleep else 1)])
        monkeypatch.setattr(client.time, "monotonic", lambda: next(clock))
        if asleep:
            with pytest.raises(Infrastructure, match="the machine stood still"):
                watch._wait()
        else:
            assert watch._wait() == []


SLEEPER = f"""
import sys
from autograder import cli
from autograder.sandbox import answer, client

client.STOOD_STILL = answer.STOOD_STILL = 1.0
sys.exit(cli.main(["grade", "{NAME}", "--sandbox", "{MODE}"]))
"""


def descendants(pid):
    """The ids of a process and of all that descend from it."""
    said = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = dict(map(int, line.split()) for line in said.splitlines())
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


@pytest.mark.slow
def test_a_machine_that_stands_still_costs_nobody_points(course):
    with open(course / "nbgrader_config.py", "a") as config:
        config.write("\nc.Grade.cell_seconds = 3\n")
    submit(course, "one", before(solved(), "immediate", code("import time; time.sleep(2)")))
    grader = subprocess.Popen(
        [sys.executable, "-c", SLEEPER], cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while len(descendants(grader.pid)) < (
        8 if MODE == "bwrap" else 7
    ):  # helpers, walls, supervisor and runner
        assert grader.poll() is None, grader.communicate()
        time.sleep(0.05)
    time.sleep(0.5)
    every = descendants(grader.pid)
    for pid in every:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(8)
    for pid in reversed(every):
        os.kill(pid, signal.SIGCONT)
    said = "".join(grader.communicate(timeout=120))
    assert grader.returncode == 0 and "15/15" in said, said
