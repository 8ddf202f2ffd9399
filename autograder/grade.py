"""Grading with nbgrader: a preprocessor in place of its `Execute`, and a parallel run over a class.

`nbgrader autograde`, formgrader's button and `autograder grade` all end here.  Results are kept
by content (`store`), so an interrupted run continues, and a submission that did not change is not
run again.
"""

import json
import logging
import os
import shutil
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float
from traitlets.config import Config

from . import execution
from .notebook import SEED
from .preflight import preflight
from .store import Store

log = logging.getLogger(__name__)

CELL_TIMEOUT = 20.0  # seconds; `check` itself stops a student's function earlier


class GradingError(Exception):
    """Grading cannot go on; the message says what is missing."""


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


@dataclass(frozen=True)
class Course:
    """An nbgrader course on disk: its root and its configuration."""

    root: Path
    config: Config

    @classmethod
    def load(cls, root, home=None, submitted=None):
        """The course at `root`; `home` moves all that grading makes, `submitted` the submissions."""
        root = Path(root).resolve()
        if not (root / "nbgrader_config.py").exists():
            raise GradingError(f"no nbgrader_config.py in {root}; run this in the course's folder")
        app = NbGrader()
        app.config_file_paths[:] = [str(root)]
        app.load_config_file()
        config = Config(app.config)
        config.CourseDirectory.root = str(root)
        if home is not None:
            home = Path(home).resolve()
            home.mkdir(parents=True, exist_ok=True)
            config.CourseDirectory.db_url = f"sqlite:///{home / 'gradebook.db'}"
            for step in ("submitted", "autograded", "feedback"):
                config.CourseDirectory[f"{step}_directory"] = str(home / step)
        if submitted is not None:
            config.CourseDirectory.submitted_directory = str(Path(submitted).resolve())
        _put_alembic_on_path()
        return cls(root, config)

    @classmethod
    def of(cls, resources):
        """The course a converter works on: nbgrader runs its converters in the course's root."""
        config = Config()
        config.CourseDirectory.db_url = resources["nbgrader"]["db_url"]
        return cls(Path.cwd(), config)

    @property
    def home(self):
        """The folder of the gradebook; with a database elsewhere, `gradebook`."""
        url = self.config.CourseDirectory.db_url
        if not url.startswith("sqlite:///"):
            return self.root / "gradebook"
        return (self.root / url.removeprefix("sqlite:///")).parent

    def store(self, assignment):
        return Store(self.home, assignment)

    def directory(self, **traits):
        """nbgrader's view of the course."""
        return CourseDirectory(config=self.config, **traits)

    def released(self, assignment):
        """The released notebook as JSON."""
        path = self.root / "notebooks" / assignment / f"{assignment}.ipynb"
        if not path.exists():
            known = sorted(p.parent.name for p in self.root.glob("notebooks/*/*.ipynb"))
            raise GradingError(f"no assignment {assignment!r}; there are {', '.join(known) or 'none'}")
        return json.loads(path.read_text(encoding="utf-8"))

    def submissions(self, assignment):
        """{student: path of the submitted notebook}, in alphabetical order."""
        folder = self.root / self.config.CourseDirectory.submitted_directory
        found = sorted(folder.glob(f"*/{assignment}/{assignment}.ipynb"))
        return {path.parent.parent.name: path for path in found}


def register(assignment, student=None, notebooks=None, course=None):
    """Makes sure that the gradebook knows the assignment; nbgrader calls it before it grades.

    On a fresh clone the released notebooks exist already, and `nbgrader generate_assignment`
    skips them and leaves the gradebook empty.
    """
    course = course or Course.load(Path.cwd())
    course.released(assignment)
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        try:
            gradebook.find_notebook(assignment, assignment)
            return
        except MissingEntry:
            pass
    scratch = course.home / "registering"
    config = Config(course.config)
    config.CourseDirectory.release_directory = str(scratch)
    config.CourseDirectory.assignment_id = assignment
    try:
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=_quiet()).start()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


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
    store.seed  # made before the threads ask for it
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
            Autograde(coursedir=CourseDirectory(config=config), config=config, force=True, log=_quiet()).start()
    except Exception:
        log.exception("%s: nbgrader could not record the result", student)
        return False
    return True


def _quiet():
    """A logger for nbgrader that keeps its progress to itself."""
    silent = logging.Logger("nbgrader", logging.CRITICAL)
    silent.addHandler(logging.NullHandler())
    return silent


def _put_alembic_on_path():
    """nbgrader calls the program `alembic`; without it, it leaves a half-made database."""
    if shutil.which("alembic") is None:
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
