"""Grading with nbgrader: a preprocessor in place of its `Execute`, and a parallel run over a class.

`nbgrader autograde`, formgrader's button and `autograder grade` all end here.  Results are kept
by content (`store`), so an interrupted run continues, and a submission that did not change is not
run again.
"""

import json
import logging
import os
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed

import nbformat
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float
from traitlets.config import Config

from . import execution
from .course import Course, GradingError, register, silent_log
from .notebook import SEED
from .preflight import preflight

log = logging.getLogger(__name__)

CELL_TIMEOUT = 20.0  # seconds; `check` itself stops a student's function earlier


class Preflight(NbGraderPreprocessor):
    """First of the sanitizing steps: see `preflight`."""

    def preprocess(self, nb, resources):
        course = Course.of(resources)
        released = course.released(resources["nbgrader"]["assignment"])
        repaired, remarks = preflight(json.loads(nbformat.writes(nb)), released)
        for remark in remarks:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], remark)
        return as_node(repaired), resources


class Grade(NbGraderPreprocessor):
    """In place of nbgrader's Execute: outputs from the store, or from a run of the notebook."""

    timeout = Float(CELL_TIMEOUT, help="Seconds for each cell.").tag(config=True)

    def preprocess(self, nb, resources):
        store = Course.of(resources).store(resources["nbgrader"]["assignment"])
        result = grade_notebook(nb, store, self.timeout)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell, outputs in zip(code, result["outputs"], strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
        return nb, resources


def as_node(notebook):
    """A notebook's JSON as nbformat's node, with sources as single strings."""
    return nbformat.reads(json.dumps(notebook), as_version=4)


def grade_notebook(nb, store, timeout=CELL_TIMEOUT, remarks=()):
    """The result of a repaired notebook: from `store` if it is there, else from a run of a copy."""
    key = store.key(nb)
    result = store.read(key)
    if result is None:
        run = as_node(json.loads(nbformat.writes(nb)))
        seconds = execution.execute(run, timeout, {SEED: str(store.seed)})
        result = {
            "key": key,
            "seconds": round(seconds, 2),
            "remarks": list(remarks),
            "cells": execution.settle(run),
            "outputs": [cell.outputs for cell in run.cells if cell.cell_type == "code"],
        }
        store.write(key, result)
    return result


def grade_class(course, assignment, student=None, jobs=None, progress=lambda done: done):
    """Grades every submission (or one student's) and records it; {student: result or None}.

    jobs: notebooks to run at the same time, by default one per core.  progress: wraps the
    iterator of finished runs.
    """
    released = course.released(assignment)
    submissions = course.submissions(assignment)
    if student is not None:
        if student not in submissions:
            raise GradingError(f"no submission of {student!r}; there are {', '.join(submissions) or 'none'}")
        submissions = {student: submissions[student]}
    if not submissions:
        where = course.config.CourseDirectory.submitted_directory
        raise GradingError(f"no submissions in {where}; expected STUDENT/{assignment}/{assignment}.ipynb")
    register(assignment, course=course)
    store = course.store(assignment)
    results = dict.fromkeys(submissions)
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        running = {pool.submit(_run, path, released, store): name for name, path in submissions.items()}
        for future in progress(as_completed(running)):
            name = running[future]
            try:
                result = future.result()
            except Exception as error:  # one unreadable file must not stop the class
                log.error("%s: %s: %s", name, type(error).__name__, error)
                continue
            if _is_recorded(course, assignment, name, result) or _record(course, assignment, name):
                store.set_graded(name, result["key"])
                results[name] = result
    return results


def _run(path, released, store):
    """The result of one submitted file; runs in a thread, the notebook in a process of its own."""
    submitted = json.loads(path.read_text(encoding="utf-8"))
    repaired, remarks = preflight(submitted, released)
    return grade_notebook(as_node(repaired), store, remarks=remarks)


def _is_recorded(course, assignment, student, result):
    autograded = course.root / course.config.CourseDirectory.autograded_directory / student / assignment
    return course.store(assignment).graded().get(student) == result["key"] and autograded.exists()


def _record(course, assignment, student):
    """Lets nbgrader write its autograded copy and gradebook row from the store; True if it did."""
    config = Config(course.config)
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.student_id = student
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own use of it
            Autograde(
                coursedir=CourseDirectory(config=config), config=config, force=True, log=silent_log()
            ).start()
    except Exception:
        log.exception("%s: nbgrader could not record the result", student)
        return False
    return True
