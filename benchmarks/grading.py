"""From submitted folder to gradebook row: this course's grading beside stock nbgrader's execution.

Both grade copies of the same submissions in course folders of their own, in turns; what counts is
the time on the clock, as both are free to use all cores.  The sandbox is on.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.authoring import sample_class

from .measure import table

ROOT = Path(__file__).resolve().parent.parent
NAME = sample_class.ASSIGNMENT
STOCK = """
c.Autograde.pre_convert_hook = None
from nbgrader.converters import Autograde
from nbconvert.exporters import NotebookExporter
c.Autograde.exporter_class = NotebookExporter
c.Autograde.sanitize_preprocessors = Autograde.sanitize_preprocessors.default()
c.Autograde.autograde_preprocessors = Autograde.autograde_preprocessors.default()
"""
GOAL = 9
FOLLOW_THROUGH_GOAL = 1.1
NO_FOLLOW_THROUGH = "\nc.Grade.follow_through = 0\n"


def throughput(ours=200, stock=12, rounds=3):
    """The ratio of submissions a second of both for each of `rounds` turns, and their median."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            times = {}
            for who, count in (("stock", stock), ("ours", ours)):
                more = STOCK if who == "stock" else ""
                course = course_of_copies(Path(folder) / f"{who}{turn}", count, more)
                times[who] = _timed(course, who) / count
            ratios.append(times["stock"] / times["ours"])
    middle = statistics.median(ratios)
    median = f"{middle:.1f} (≥ {GOAL})" if middle >= GOAL else f"**{middle:.1f} (≥ {GOAL})**"
    rows = [*([turn, f"{ratio:.1f}"] for turn, ratio in enumerate(ratios, start=1)), ["median", median]]
    sizes = f"{ours} and {stock} submissions, {os.cpu_count()} cores"
    head = ["turn", f"throughput, ours / stock nbgrader ({sizes})"]
    return table(head, rows)


def follow_through(count=40, rounds=7):
    """Time of a class with second judgements / without them; a third of its students carried errors on."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            kinds = [("with", ""), ("without", NO_FOLLOW_THROUGH)]
            times = {}
            for name, more in kinds if turn % 2 else reversed(kinds):
                course = course_of_copies(Path(folder) / f"{name}{turn}", count, more)
                times[name] = _timed(course, "ours")
                shutil.rmtree(course)
            ratios.append(times["with"] / times["without"])
    middle = statistics.median(ratios)
    cell = f"{middle:.2f} (≤ {FOLLOW_THROUGH_GOAL})"
    shown = cell if middle <= FOLLOW_THROUGH_GOAL else f"**{cell}**"
    head = ["submissions", f"grading with / without follow-through, median of {rounds}", "from, to"]
    return table(head, [[count, shown, f"{min(ratios):.2f} to {max(ratios):.2f}"]])


def growth(counts=(50, 100, 200, 500, 1000)):
    """Time of a class relative to the smallest one's, per submission, and the parent's memory."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            course = course_of_copies(Path(folder) / str(count), count)
            seconds = _timed(course, "ours") / count
            rows.append([count, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss])
            shutil.rmtree(course)
    first = rows[0]
    return table(
        ["submissions", "time a submission / that at the top", "largest process so far / that at the top"],
        [[n, f"{seconds / first[1]:.2f}", f"{memory / first[2]:.2f}"] for n, seconds, memory in rows],
    )


def course_of_copies(folder, count, more=""):
    """A course folder with `count` submissions: the sample class without the endless loop."""
    folder.mkdir(parents=True)
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name / NAME, folder / name / NAME)
    shutil.copy(ROOT / "solutions" / f"{NAME}.py", folder / "solutions")
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8") + more
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    sample_class.write_class(folder, folder / "sample")
    made = sorted(path for path in (folder / "sample").iterdir() if path.name != "student-04")
    for n in range(count):
        target = folder / "gradebook" / "submitted" / f"{n:04}"
        shutil.copytree(made[n % len(made)], target)
        path = target / NAME / f"{NAME}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"][-1]["source"] = f"# {n}"  # no two alike, as nothing is run twice
        path.write_text(json.dumps(notebook), encoding="utf-8")
    shutil.rmtree(folder / "sample")
    _call(folder, "nbgrader", "generate_assignment", NAME, "--force")
    return folder


def _timed(course, who):
    start = time.perf_counter()
    _call(course, *(("nbgrader", "autograde") if who == "stock" else ("autograder", "grade")), NAME)
    return time.perf_counter() - start


def _call(course, *arguments):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=course,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
