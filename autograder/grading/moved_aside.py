"""Submissions that collecting had moved aside, to put newer ones in their place, when it was killed."""

import os
import shutil

from .course import Course

# How the folder begins that holds them, as old/STUDENT/ASSIGNMENT.  It lies among the submissions, which may
# be on another disk than the gradebook, and who looks for submissions passes over it.
SCRATCH = ".collecting-"


def put_back(course: Course) -> None:
    """Puts back what has nothing newer in its place, and removes the rest, while nobody collects."""
    for scratch in course.submitted.glob(f"{SCRATCH}*"):
        for aside in scratch.glob("old/*/*"):
            target = course.submitted / aside.parent.name / aside.name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                os.rename(aside, target)
        shutil.rmtree(scratch, ignore_errors=True)
