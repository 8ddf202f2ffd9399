"""An nbgrader course on disk: where its files are, and that its gradebook knows the assignments."""

import copy
import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets.config import Config, PyFileConfigLoader

from .store import Store


class GradingError(Exception):
    """Grading cannot go on; the message says what is missing."""


@dataclass(frozen=True)
class Course:
    """An nbgrader course on disk: its root and its configuration."""

    root: Path
    config: Config

    @classmethod
    def load(cls, root, home=None, submitted=None):
        """The course at `root`; `home` moves all that grading makes.

        `submitted`: another folder of submissions, which has a gradebook of its own beside it, so
        that two classes never mix.
        """
        root = Path(root).resolve()
        if not (root / "nbgrader_config.py").exists():
            raise GradingError(f"no nbgrader_config.py in {root}; run this in the course's folder")
        app = NbGrader()
        app.config_file_paths[:] = [str(root)]
        app.load_config_file()
        config = Config(app.config)
        # nbgrader also reads the configuration of the working directory; this course's own wins
        config.merge(PyFileConfigLoader("nbgrader_config.py", str(root)).load_config())
        config.CourseDirectory.root = str(root)
        if submitted is not None:
            submitted = Path(submitted).resolve()
            if not submitted.is_dir():
                raise GradingError(f"{submitted} is no folder; expected one with STUDENT/ASSIGNMENT/ in it")
            own = submitted == (root / config.CourseDirectory.submitted_directory).resolve()
            home = None if own else submitted.with_name(f"{submitted.name}-graded")
        if home is not None:
            home = Path(home).resolve()
            home.mkdir(parents=True, exist_ok=True)
            config.CourseDirectory.db_url = f"sqlite:///{home / 'gradebook.db'}"
            for step in ("submitted", "autograded", "feedback"):
                config.CourseDirectory[f"{step}_directory"] = str(home / step)
        if submitted is not None:
            config.CourseDirectory.submitted_directory = str(submitted)
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

    def released(self, assignment):
        """The released notebook as JSON."""
        name = self.assignment(assignment)
        return json.loads((self.root / "notebooks" / name / f"{name}.ipynb").read_text(encoding="utf-8"))

    def assignment(self, name):
        """The assignment called "01_scalar_rnn", "01_scalar_rnn/" or "01"."""
        known = sorted(p.parent.name for p in self.root.glob("notebooks/*/*.ipynb"))
        bare = name.rstrip("/")
        found = [k for k in known if k == bare] or [k for k in known if k.split("_")[0] == bare]
        if len(found) != 1:
            raise GradingError(f"no assignment {name!r}; there are {', '.join(known) or 'none'}")
        return found[0]

    def submissions(self, assignment):
        """{student: folder of the submission}, in alphabetical order."""
        folder = self.root / self.config.CourseDirectory.submitted_directory
        found = sorted(path for path in folder.glob(f"*/{assignment}") if path.is_dir())
        names = {path.parent.name: path for path in found if not path.parent.name.startswith(".")}
        return {name: path for name, path in names.items() if is_text(name)}

    def graded(self, assignment, student):
        """The result that the gradebook's row came from, whichever program graded last; or None."""
        folder = self.root / self.config.CourseDirectory.autograded_directory / student / assignment
        try:
            notebook = json.loads((folder / f"{assignment}.ipynb").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # ValueError: killed while it was written
            return None
        result = notebook["metadata"].get("unrolled")
        return result and result | {"cells": dict(result["cells"])}

    def students(self):
        """{id: (first name, last name)} of all that the gradebook knows; a missing name is ""."""
        url = self.config.CourseDirectory.db_url
        if url.startswith("sqlite:///") and not (self.root / url.removeprefix("sqlite:///")).exists():
            return {}
        with Gradebook(url) as gradebook:
            return {s.id: (s.first_name or "", s.last_name or "") for s in gradebook.students}

    def must_be_writable(self):
        """Raises GradingError where grading could not write; half-way it would be hard to read."""
        self.home.mkdir(parents=True, exist_ok=True)
        for path in (self.home, *map(self.home.joinpath, ("gradebook.db", "results", "autograded"))):
            if path.exists() and not os.access(path, os.W_OK):
                raise GradingError(f"{path} cannot be written; grading keeps all that it makes there")


def register(assignment, student=None, notebooks=None, course=None):
    """Makes sure that the gradebook knows the assignment; nbgrader calls it before it grades.

    On a fresh clone the released notebooks exist already, and `nbgrader generate_assignment`
    skips them and leaves the gradebook empty.
    """
    course = course or Course.load(Path.cwd())
    released = course.released(assignment)
    _make_database(course)
    with Gradebook(course.config.CourseDirectory.db_url) as gradebook:
        try:
            if _is_whole(gradebook.find_notebook(assignment, assignment), released):
                return
        except MissingEntry:
            pass
    scratch = course.home / "registering"
    config = copy.deepcopy(course.config)
    config.CourseDirectory.release_directory = str(scratch)
    config.CourseDirectory.assignment_id = assignment
    try:
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=silent_log()).start()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _is_whole(row, released):
    """False where registering was killed: nbgrader commits cell by cell, and the sources last.

    With submissions it cannot have been, and nbgrader would not take a change of cells any more.
    """
    marks = [cell["metadata"].get("nbgrader") or {} for cell in released["cells"]]
    wanted = {mark["grade_id"] for mark in marks if mark.get("grade") or mark.get("solution")}
    return bool(row.submissions) or wanted <= {cell.name for cell in row.source_cells}


def _make_database(course):
    """Makes a new SQLite gradebook under another name first, so that none is ever half made."""
    url = course.config.CourseDirectory.db_url
    path = course.root / url.removeprefix("sqlite:///")
    if not url.startswith("sqlite:///") or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    with Gradebook(f"sqlite:///{scratch}"):
        pass
    os.replace(scratch, path)


def is_text(name):
    """Whether the name of a file, which may be any bytes, can be written down."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def is_date(text):
    """Whether nbgrader can read the text as the time of a submission."""
    try:
        return parse_utc(text) is not None
    except Exception:  # of many kinds, as the text may be anything
        return False


def listening_log():
    """(log, said): a logger for nbgrader that keeps its errors in the list `said`."""
    said = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: said.append(record.getMessage())
    log = logging.Logger("nbgrader")
    log.addHandler(handler)
    return log, said


def silent_log():
    """A logger for nbgrader that keeps its progress to itself."""
    silent = logging.Logger("nbgrader", logging.CRITICAL)
    silent.addHandler(logging.NullHandler())
    return silent
