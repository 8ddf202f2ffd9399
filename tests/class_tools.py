"""A course folder of its own for grading tests, and submissions to put into it."""

import atexit
import csv
import fcntl
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

import pytest
from tests_root import ROOT

from autograder import cli
from autograder.authoring import sample_class
from autograder.grading.course import Course
from autograder.grading.grade_submission import cell_outputs, grade_one, result_of, task_of
from autograder.grading.submission import parse_notebook
from autograder.sandbox import bubblewrap
from autograder.sandbox.limits import Limits

NAME = sample_class.ASSIGNMENT
SHARED = "UNROLLED_TESTS_SHARED"  #: where all processes of a run of the tests keep what they share
MODE = "none" if bubblewrap.walls_problem() else "bwrap"


def copy_course(folder, registered=True):
    """What a fresh clone holds of the course, without the packages.

    registered: with a gradebook that knows the assignment NAME, as after its first grading.  Making
    one costs more than all else that a test does: nbgrader has another process make the database.
    """
    _copy_clone(folder)
    if registered:
        put_gradebook(folder / "gradebook")
    return folder


def put_gradebook(home):
    """Puts a gradebook that knows NAME into a new folder."""
    home.mkdir()
    shutil.copy(_registered_gradebook(), home)


@cache
def _registered_gradebook():
    """The path of a gradebook that knows NAME, made once by all processes of the tests."""
    # imported once: the helper of each grading is forked from this process
    from autograder.grading import gradebook  # noqa: F401
    from autograder.grading.registration import register

    if SHARED in os.environ:
        shared = Path(os.environ[SHARED])
    else:
        shared = Path(tempfile.mkdtemp(prefix="registered-"))
        atexit.register(shutil.rmtree, shared, ignore_errors=True)
    path = shared / "registered" / "gradebook" / "gradebook.db"
    with open(shared / "registering", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _copy_clone(shared / "registered")
            register(NAME, course=Course.load(shared / "registered"))
    return path


def _copy_clone(folder):
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "rubrics.md", folder / "docs")


def command(*arguments, cwd, code=0, limit=300, path=None, apart=False):
    """Runs a program of this environment; asserts its exit code and returns its output.

    The course's own program and nbgrader run in this process, where nbgrader is imported only once;
    with `apart`, or another PATH, in one of their own as they do for everybody else.
    """
    if path is None and not apart:
        returned, said = _in_this_process(PROGRAMS[arguments[0]], list(arguments[1:]), cwd)
        assert returned == code, said
        return said
    environment = {
        **os.environ,
        "PATH": path or f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=limit,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def grading_until(course, words, walls):
    """(process, what it has said) of a `grade` in a group of its own that has just shown the words."""
    running = subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", NAME, "--sandbox", walls, "--jobs", "2"],
        cwd=course,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a run of the tests in the background passes on that it is to ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    said = ""
    while words not in said:
        said += running.stderr.read(1)
        assert running.poll() is None, said
    return running, said


def _in_this_process(program, arguments, cwd):
    """(exit code, output) of a program that is a function of its arguments."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        patch.setenv("COLUMNS", "120")
        try:
            returned = program(arguments)
        except SystemExit as end:  # how argparse refuses a wrong call, and nbgrader all that fails
            returned = end.code
    return returned or 0, out.getvalue() + err.getvalue()


def _nbgrader(arguments):
    """nbgrader's own application, which is made anew as in a process of its own."""
    from nbgrader.apps import NbGraderApp
    from traitlets.config import Application

    try:
        NbGraderApp.launch_instance(argv=arguments)
    finally:  # the command's own application is another, with the options of this call
        while Application.initialized():
            type(Application.instance()).clear_instance()


PROGRAMS = {"autograder": cli.main, "nbgrader": _nbgrader}


@contextmanager
def formgrader_server(course):
    """A Jupyter server with formgrader, on loopback; gives a function from a path to the answer's text."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTER_CONFIG_DIR": str(course / "config"),
    }
    arguments = [
        "-m",
        "jupyter",
        "server",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.token=t",
        "--ServerApp.disable_check_xsrf=True",
    ]
    server = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=course,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def call(path, method="GET"):
        address = f"http://127.0.0.1:{port}/formgrader/{path}?token=t"
        with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=120) as answer:
            return answer.read().decode()

    call.address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                call("api/assignments")
                break
            except OSError:
                time.sleep(0.5)
        yield call
    finally:
        server.terminate()
        server.wait(30)


def use_exchange(root):
    """Gives a course an exchange of its own, which nobody else's submissions are in."""
    with open(root / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"\nc.Exchange.root = {str(root / 'exchange')!r}\n")


def record_in_exchange(root, student, date, secret):
    """What `nbgrader submit` leaves there of a submission of NAME."""
    folder = root / "exchange" / "unrolled" / "inbound" / f"{student}+{NAME}+{date}+cmFuZG9t"
    folder.mkdir(parents=True)
    (folder / "submission_secret.txt").write_text(secret)


def notebook(folder="solutions"):
    return json.loads((ROOT / folder / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))


def cell(nb, grade_id):
    return next(c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def submit(folder, student, nb, home="gradebook"):
    path = folder / home / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(nb if isinstance(nb, str) else json.dumps(nb), encoding="utf-8")


def solved():
    """A submission with every answer right: the release, with the solutions filled in."""
    nb, answers = notebook("notebooks"), notebook()
    for c in nb["cells"]:
        if c["metadata"].get("nbgrader", {}).get("solution"):
            c["source"] = cell(answers, c["metadata"]["nbgrader"]["grade_id"])["source"]
    return nb


def code(source, **metadata):
    return {
        "cell_type": "code",
        "id": "added",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def before(nb, grade_id, new):
    nb["cells"].insert(nb["cells"].index(cell(nb, grade_id)), new)
    return nb


def graded(nb, name=NAME, seed=5, walls="none", limits=None):
    """(outputs of each code cell, marks by grade_id) of a notebook that is graded in this process."""
    released = json.loads((ROOT / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    made = parse_notebook(json.dumps(nb).encode(), released)
    task = task_of(made, released, seed, walls, limits or Limits())
    _, judged = grade_one(task)
    return cell_outputs(made.notebook, judged), result_of(task, judged).marks


def total(result):
    """All points of a result."""
    return sum(mark.points for mark in result.marks.values())


def reported(root, home="gradebook"):
    """{student: points} as the report has them."""
    with open(root / home / "reports" / NAME / "report.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row["total"] for row in csv.DictReader(file)}


def exported(root):
    """{student: score} as `nbgrader export` writes it."""
    command("nbgrader", "export", "--to", str(root / "grades.csv"), cwd=root)
    with open(root / "grades.csv", newline="", encoding="utf-8") as file:
        return {r["student_id"]: float(r["score"]) for r in csv.DictReader(file) if r["assignment"] == NAME}
