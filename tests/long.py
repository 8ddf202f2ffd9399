"""What takes too long for every commit: `python -m tests.long [NAME …]`, by hand before a release.

Each part asserts; its figures go to standard output.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "grading")]


def fifty_kills():
    """More than fifty kills of one grading at chosen moments end in the gradebook of an undisturbed run."""
    import test_resume

    copies = 120
    registering = [0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2]
    kills = [("runs", n) for n in range(1, 16)] + [("results", n) for n in range(16, 31)]
    kills += [("/autograded/", n) for n in (1, 2, 3, 5)]  # while recording: a copy is about to take its place
    kills += [("autograded", n) for n in range(45, 55)]
    report = [("report.csv", 1), ("report.html", 1)]
    with tempfile.TemporaryDirectory() as folder:
        test_resume.must_end_alike(Path(folder), copies, kills, registering, report)
    number = len(kills) + len(registering) + len(report)
    return (
        f"{number} kills ({len(registering)} while registering, 30 while running, 14 while recording, "
        f"{len(report)} while writing the report), {copies} submissions: the same gradebook"
    )


def heavy(course):
    """Hands in what is made to fill the grader's memory; {student: points} of all."""
    import json

    from class_tools import cell, solved, submit

    def answered(source):
        made = solved()
        cell(made, "scalar_bptt")["source"] = source
        return made

    def with_more(more):
        made = solved()
        made["cells"].append({"cell_type": "markdown", "metadata": {}, "source": ""} | more)
        return made

    pictures = {f"{n}.png": {"image/png": ""} for n in range(600_000)}
    large = "def scalar_bptt(params, run, do):\n    return {n: np.ones(240_000) for n in ('U', 'V')}\n"
    chatty = (
        "def scalar_bptt(params, run, do):\n    return {str(n): 'x' * 90_000 for n in range(20)} | {'U': 0}\n"
    )
    submissions = {
        "attachments": (with_more({"attachments": pictures}), 0),
        "code": (with_more({"cell_type": "code", "source": "x = [1]\n" * 2_000_000}), 0),
        "short lines": (with_more({"cell_type": "code", "source": "a\n" * 504_000}), 0),
        **{f"lines {n}": (with_more({"cell_type": "code", "source": "a\n" * 13_000}), 15) for n in range(4)},
        "deep": (json.dumps(solved()).replace('"cells": [', '"cells": [' + "[[]]," * 3_000_000, 1), 0),
        **{f"text {n}": (with_more({"source": "words " * 1_600_000}), 15) for n in range(6)},
        "long text": (with_more({"source": "words " * 3_000_000}), 0),
        **{f"large {n}": (answered(large), 11) for n in range(6)},
        **{f"chatty {n}": (answered(chatty), 11) for n in range(6)},
        "honest": (solved(), 15),
    }
    for student, (made, _) in submissions.items():
        submit(course, student, made)
    return {student: points for student, (_, points) in submissions.items()}


def memory():
    """Whatever is handed in, the grader and its helpers together stay below 500 MB."""
    import os
    import subprocess

    from class_tools import MODE, NAME, copy_course
    from nbgrader.api import Gradebook
    from session_memory import held_by_session

    most = {"together": 0, "one": 0}
    with tempfile.TemporaryDirectory() as folder:
        course = copy_course(Path(folder))
        points = heavy(course)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        arguments = ["-m", "autograder", "grade", NAME, "--sandbox", MODE, "--jobs", "2"]
        grader = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=course,
            env={**os.environ, "PATH": path},
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # the sandboxes have sessions of their own
        )
        while grader.poll() is None:
            held = list(held_by_session(grader.pid))
            most = {"together": max(most["together"], sum(held)), "one": max(most["one"], *held, 0)}
            time.sleep(0.02)
        with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
            rows = {s.student.id: s.score for s in gradebook.assignment_submissions(NAME)}
    assert grader.returncode == 0 and rows == points, {s: p for s, p in rows.items() if p != points[s]}
    assert 50 < most["together"] < 500, most  # of a grader that was seen at all
    return f"at most {most['together']:.0f} MB together, {most['one']:.0f} MB in one process"


def thousands():
    """A class of 5,000 gets the marks of a class of ten, at an even pace and in bounded memory: one hour."""
    from large_class import graded

    with tempfile.TemporaryDirectory() as folder:
        return graded(Path(folder), int(os.environ.get("UNROLLED_CLASS_SIZE", 5000)))


def styles():
    """Every correct style of every exercise is accepted on fifty seeds."""
    from answers import STYLES

    from autograder import diagnose

    found = 0
    for exercise_id, functions in STYLES.items():
        for function in functions:
            for seed in range(1000, 1050):
                verdict = diagnose(exercise_id, function, seed)
                assert verdict.correct, (exercise_id, seed, verdict.message)
                found += 1
    return f"{found} judgements of right answers, none refused"


LONG = ["-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--slow", "--long"]


def _run_tests(*arguments, **variables):
    """What pytest says last of these tests, those that are long among them; they have to pass."""
    done = subprocess.run(
        [sys.executable, *LONG, *arguments], env={**os.environ, **variables}, capture_output=True, text=True
    )
    return _passed(done)


def large():
    """A class of two hundred, and a disk that is full at more moments."""
    return _run_tests("-m", "long", "tests/grading")


def kernels():
    """The wheel's lesson 01 in a kernel of every Python that is supported."""
    return _run_tests("-k", "lesson_01_runs_in_a_kernel", "tests/packaging/test_installed.py")


def environments():
    """environment.yml, as Binder's own code reads it and installed as conda does."""
    return _run_tests("-m", "long", "tests/packaging")


def characters():
    """What the lessons say of their networks that write text, over five seeds."""
    return _run_tests("tests/lessons/test_characters.py")


def lessons():
    """The longest lessons as released, in a kernel, and lesson 12 solved with all its batches."""
    return _run_tests("tests/test_lessons.py", "-k", "in_a_kernel or runs_cleanly")


def hook():
    """Every single edit of lesson 00's hook that changes the numbers has a slip, a law or its line."""
    return _run_tests("tests/diagnosis/test_hook.py")


def page():
    """docs/diagnosis.md is what a run gives, over fifty seeds too, and tells of no false name."""
    return _run_tests(
        "-m", "long", "tests/diagnosis/test_diagnosis_page.py", "tests/diagnosis/test_corruptions.py"
    )


def term():
    """A term of which every command is killed at several moments: in the end all places agree."""
    return _run_tests("-m", "long", "tests/lms")


def browsers():
    """Every lesson in the edition for browsers, and the website in every width and theme, in Chromium."""
    files = ("test_lite_in_browser", "test_lessons_in_browser", "test_site")
    return _run_tests(*(f"tests/authoring/{name}.py" for name in files))


def handout():
    """Every lesson, in an environment that has nothing but what `pip install` makes of a handout."""
    return _run_tests("tests/packaging/test_handout_installed.py")


def gradescope():
    """Hostile submissions by the scripts of the zip for Gradescope, with walls and without."""
    return _run_tests("tests/packaging/test_gradescope_container.py")


HOSTILES = "tests/sandbox/test_hostile.py"


def hostile_class():
    """All that breaks, cheats or spies, in one class: by `grade`, and anew by nbgrader alone."""
    return _run_tests(HOSTILES, UNROLLED_LONG="1")


def hostile_class_of_an_ordinary_user():
    """The same, graded by somebody who is not root."""
    from ordinary_user import run_as_ordinary_user

    return _passed(run_as_ordinary_user(["env", "UNROLLED_LONG=1", sys.executable, *LONG, HOSTILES], 3600))


def _passed(done):
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout.strip().splitlines()[-1]


PARTS = {
    "kills": fifty_kills,
    "memory": memory,
    "thousands": thousands,
    "styles": styles,
    "large": large,
    "kernels": kernels,
    "environments": environments,
    "characters": characters,
    "lessons": lessons,
    "hook": hook,
    "page": page,
    "term": term,
    "browsers": browsers,
    "handout": handout,
    "gradescope": gradescope,
    "hostile": hostile_class,
    "ordinary": hostile_class_of_an_ordinary_user,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=", ".join(PARTS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; expected some of {', '.join(PARTS)}")
    for name in arguments.parts or PARTS:
        began = time.process_time(), time.perf_counter()
        said = PARTS[name]()
        print(f"{name}: {said} ({time.perf_counter() - began[1]:.0f} s)", flush=True)
