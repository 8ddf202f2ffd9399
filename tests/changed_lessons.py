"""A lesson that changes after it was graded, as `build` changes it, and marks by hand that have to stay."""

import json

from class_tools import NAME, cell, notebook

from autograder.grading.course import Course

DROPPED = ("total_by_paths", "check_total_by_paths")


def without(nb, *grade_ids):
    kept = [c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") not in grade_ids]
    return nb | {"cells": kept}


def release(root, change):
    """Changes the source and the release of a course alike, as `build` makes them."""
    for folder in ("solutions", "notebooks"):
        path = root / folder / NAME / f"{NAME}.ipynb"
        path.write_text(json.dumps(change(notebook(folder))), encoding="utf-8")


def with_points(points):
    def change(nb):
        cell(nb, "check_scalar_bptt")["metadata"]["nbgrader"]["points"] = points
        return nb

    return change


def mark_by_hand(root, student, points):
    from nbgrader.api import Gradebook

    with Gradebook(Course.load(root).config.CourseDirectory.db_url) as gradebook:
        (sent,) = gradebook.find_submission(NAME, student).notebooks
        (grade,) = [grade for grade in sent.grades if grade.needs_manual_grade]
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()
