"""One class of thousands, graded once and watched from outside: its marks, time and memory."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from class_tools import MODE, NAME, copy_course
from nbgrader.api import Gradebook

from autograder.authoring import sample_class
from benchmarks.measure import pace

ENDLESS = "student-04"  # ten seconds each would be all that is measured
STRETCHES = 10


def graded(folder, count):
    """Grades `count` copies of the sample class; returns the figures as a sentence.

    Every copy has to get the marks of the submission that it is one of, in a class of ten.
    """
    ten, large = copy_course(folder / "ten"), copy_course(folder / "large")
    sample_class.write_class(large, large / "sample")
    made = sorted(path for path in (large / "sample").iterdir() if path.name != ENDLESS)
    for n, source in enumerate(made):
        _hand_in(source, ten, n)
    for n in range(count):
        _hand_in(made[n % len(made)], large, n)
    shutil.rmtree(large / "sample")
    with open(folder / "said", "w+") as said:
        _started(ten, said).wait()
        began = time.perf_counter()
        grader = _started(large, said)
        samples = list(_samples(grader, large))
        took = time.perf_counter() - began
        said.seek(0)
        assert grader.returncode == 0, said.read()[-2000:]
    alone, marks = _marks(ten), _marks(large)
    assert len(alone) == len(made) and len({str(found) for found in alone.values()}) > 5, alone
    expected = {f"{n:05}": alone[f"{n % len(made):05}"] for n in range(count)}
    most = max(largest for *_, largest in samples)
    report = large / "gradebook" / "reports" / NAME / "report.html"
    figures = (
        f"{count} submissions, every mark as in a class of {len(made)}, in {took:.0f} s, "
        f"{took / count:.2f} s each; by stretches {_stretches(samples, count)}; "
        f"report.html has {report.stat().st_size / 1e6:.1f} MB"
    )
    wrong = {s: (marks.get(s), found) for s, found in expected.items() if marks.get(s) != found}
    assert not wrong and len(marks) == count, f"{wrong} of {figures}"
    assert 50 < most < 500, figures
    return figures


def _hand_in(source, course, n):
    target = course / "gradebook" / "submitted" / f"{n:05}"
    shutil.copytree(source, target)
    path = target / NAME / f"{NAME}.ipynb"
    made = json.loads(path.read_text(encoding="utf-8"))
    made["cells"][-1]["source"] = f"# {n}"  # no two alike, as nothing is run twice
    path.write_text(json.dumps(made), encoding="utf-8")


def _started(course, said):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [sys.executable, "-m", "autograder", "grade", NAME, "--sandbox", MODE],
        cwd=course,
        env={**os.environ, "PATH": path},
        stdout=said,
        stderr=said,
        start_new_session=True,
    )


def _samples(grader, course):
    """(seconds, submissions recorded, pace, megabytes of the largest process), every ten seconds."""
    began, recorded = time.perf_counter(), course / "gradebook" / "autograded"
    while grader.poll() is None:
        number = len(os.listdir(recorded)) if recorded.exists() else 0
        yield time.perf_counter() - began, number, pace(), max(_resident(grader.pid), default=0)
        time.sleep(10)


def _resident(session):
    """Resident megabytes of each process in a session."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == session:
            yield int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _stretches(samples, count):
    """Of each tenth of the class: seconds a submission, the machine's pace (ms), the largest process."""
    rows = []
    for k in range(STRETCHES):
        within = [s for s in samples if count * k / STRETCHES <= s[1] < count * (k + 1) / STRETCHES]
        if len(within) > 1:
            (start, first, *_), (end, last, *_) = within[0], within[-1]
            each = (end - start) / max(1, last - first)
            slow = statistics.median(sample[2] for sample in within)
            rows.append(f"{each:.2f} s ({slow:.1f} ms, {max(s[3] for s in within):.0f} MB)")
    return ", ".join(rows)


def _marks(course):
    """{student: {exercise: points}} of the whole gradebook."""
    with Gradebook(f"sqlite:///{course}/gradebook/gradebook.db") as gradebook:
        return {
            submission.student.id: {
                grade.name: grade.score for made in submission.notebooks for grade in made.grades
            }
            for submission in gradebook.assignment_submissions(NAME)
        }
