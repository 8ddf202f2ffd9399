"""One class of thousands, graded once and watched from outside: its marks, time and memory."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from class_tools import MODE, NAME
from session_memory import held_by_session
from test_resume import grades

from benchmarks.grading import course_of_copies
from benchmarks.measure import pace

KINDS = 9  # the sample class without the endless loop
STRETCHES = 10


def graded(folder, count):
    """Grades `count` copies of the sample class; returns the figures as a sentence.

    Every copy has to get the marks of the submission that it is one of, in a small class.
    """
    few, large = course_of_copies(folder / "few", KINDS), course_of_copies(folder / "large", count)
    with open(folder / "said", "w+") as said:
        _started(few, said).wait()
        began = time.perf_counter()
        grader = _started(large, said)
        samples = list(_samples(grader, large))
        took = time.perf_counter() - began
        said.seek(0)
        assert grader.returncode == 0, said.read()[-2000:]
    alone, marks = grades(few), grades(large)
    assert len(alone) == KINDS and len({str(found) for found in alone.values()}) > 5, alone
    expected = {f"{n:04}": alone[f"{n % KINDS:04}"] for n in range(count)}
    most = max(largest for *_, largest in samples)
    report = large / "gradebook" / "reports" / NAME / "report.html"
    figures = (
        f"{count} submissions, every mark as in a class of {KINDS}, in {took:.0f} s, "
        f"{took / count:.2f} s each; by stretches {_stretches(samples, count)}; "
        f"report.html has {report.stat().st_size / 1e6:.1f} MB"
    )
    wrong = {s: (marks.get(s), found) for s, found in expected.items() if marks.get(s) != found}
    assert not wrong and len(marks) == count, f"{wrong} of {figures}"
    assert 50 < most < 500, figures
    return figures


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
        yield time.perf_counter() - began, number, pace(), max(held_by_session(grader.pid), default=0)
        time.sleep(10)


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
