"""The demo: a sample class is made from the solutions and graded."""

from argparse import Namespace
from pathlib import Path

from ..grading.commands import grade_and_report, shown_path
from ..grading.course import Course
from ..grading.grade import Options
from ..sandbox import bubblewrap
from . import sample_class

NEXT = """next: open that report in a browser. Then
  python3 course.py lab    takes you to the first lesson, as a student sees it
  docs/instructors.md      leads from here to the grades of a class of yours"""


def demo(_: Namespace) -> int:
    """Grades the sample class, without walls where there can be none."""
    course = Course.load(Path.cwd(), home=Path("gradebook") / "demo")
    submitted = course.home / "submitted"
    if not submitted.exists():
        sample_class.write_class(course.root, submitted)
    print(f"Grading the sample class in {shown_path(submitted)} (delete the folder to have it made anew).")
    walls, problem = "auto", bubblewrap.walls_problem()
    if problem:
        walls = "none"
        print(f"Without a sandbox, as this class is harmless: {problem}")
    code = grade_and_report(course, sample_class.ASSIGNMENT, Options(walls=walls))
    print(NEXT)
    return code
