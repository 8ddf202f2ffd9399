"""Grading with nbgrader: what takes the place of its `Execute`, and a parallel run over a class.

`nbgrader autograde`, formgrader's button and `autograder grade` all end here.  Results are kept
by content (`store`), so an interrupted run continues, and a submission that did not change is not
run again.  Student code runs in a sandbox of its own; the gradebook has one writer, this process.
"""

import copy
import json
import logging
import os
import shutil
import signal
import tempfile
import threading
import warnings
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path

import nbformat
import nbgrader.api
from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Enum, Float

from . import diagnosis, engine, execution, sandbox
from . import submission as submissions
from .course import Course, GradingError, register, silent_log
from .remote import Infrastructure, Limits
from .report import REVIEW

log = logging.getLogger(__name__)


class Exporter(NotebookExporter):
    """Reads any file that was handed in: repaired, or replaced by the release with the reason."""

    def from_file(self, file_stream, resources=None, **more):
        try:
            data = file_stream.read(submissions.MOST_BYTES + 1).encode()
        except UnicodeDecodeError:
            data = b"\xff"
        released = Course.of(resources).released(resources["nbgrader"]["assignment"])
        submission = submissions.parse(data, released)
        for remark in [*submission.remarks, submission.unreadable]:
            if remark:
                self.log.warning("%s: %s", resources["nbgrader"]["student"], remark)
        return self.from_notebook_node(as_node(submission.notebook), resources=resources, **more)


class Grade(NbGraderPreprocessor):
    """In place of nbgrader's Execute: outputs from the store, or from a run in a sandbox."""

    sandbox = Enum(sandbox.MODES, "auto", help="The walls around student code.").tag(config=True)
    cell_seconds = Float(Limits().cell, help="Seconds for each cell.").tag(config=True)
    run_seconds = Float(Limits().run, help="Seconds for all cells of a notebook.").tag(config=True)
    answer_seconds = Float(Limits().answer, help="Seconds for all calls of an answer.").tag(config=True)

    @property
    def limits(self):
        return Limits(self.cell_seconds, self.run_seconds, self.answer_seconds)

    def preprocess(self, nb, resources):
        course, names = Course.of(resources), resources["nbgrader"]
        released, store = course.released(names["assignment"]), course.store(names["assignment"])
        notebook = json.loads(nbformat.writes(nb))
        submission = submissions.parse(json.dumps(notebook).encode(), released)
        directory = self.parent.parent.coursedir  # this belongs to an exporter, that to Autograde
        folder = directory.format_path(directory.submitted_directory, names["student"], names["assignment"])
        read = submissions.read(folder, names["assignment"], released)
        submission = submission._replace(files=read.files, remarks=read.remarks)
        key = store.key(submission, self.sandbox, self.limits)
        result = store.read(key)
        if result is None:
            result = grade_one(submission, released, store.seed, self.sandbox, self.limits)
            store.write(key, result)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell, outputs in zip(code, result["outputs"], strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
        resources["unrolled"] = {"key": key, **_light(result)}
        return nb, resources


class SaveGrades(SaveAutoGrades):
    """nbgrader's own, and the mark "needs a manual grade" where a run gave nothing to grade.

    The notebook then holds the result that the gradebook has: `Course.graded` reads it there,
    whichever program graded last.
    """

    def preprocess(self, nb, resources):
        nb, resources = super().preprocess(nb, resources)
        nb.metadata["unrolled"] = nbformat.from_dict(resources["unrolled"])
        return nb, resources

    def _add_score(self, cell, resources):
        super()._add_score(cell, resources)
        if any(_record_of(output).get("status") in REVIEW for output in cell.get("outputs", [])):
            names = (self.notebook_id, self.assignment_id, self.student_id)
            grade = self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], *names)
            grade.needs_manual_grade = True
            self.gradebook.db.commit()


def _record_of(output):
    return output.get("metadata", {}).get("unrolled", {})


def as_node(notebook):
    """A notebook's JSON as nbformat's node, with sources as single strings."""
    cells = [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]
    return nbformat.from_dict({**notebook, "cells": cells})


def grade_one(submission, released, seed, mode="auto", limits=None):
    """Runs and judges one submission; a dict that JSON can hold.  Writes nothing.

    Raises sandbox.Unavailable or remote.Infrastructure, neither of which says anything about it.
    """
    if submission.unreadable:
        result, mode = _nothing_to_run(submission), ""
    else:
        mode = sandbox.choose(mode)
        with _files(submission.files) as files:
            result = execution.execute(submission.notebook, released, seed, mode, limits, files)
    return result | {"remarks": list(submission.remarks), "sandbox": mode}


def _nothing_to_run(submission):
    """The result of a file that is no notebook: no points, with the reason on every check."""
    records, outputs = {}, []
    for cell in submission.notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        found = execution.check_of(cell)
        outputs.append([])
        if found:
            exercise, grade_id = found
            says = f"Not graded: {submission.unreadable}."
            verdict = diagnosis.failed(exercise, "unreadable", says)
            outputs[-1], records[grade_id] = execution.check_outputs(exercise, verdict)
    return {"cells": records, "outputs": outputs, "seconds": 0.0}


def _files(files):
    """A folder with copies of `files`, gone afterwards; None when there are none."""
    if not files:
        return nullcontext()
    made = tempfile.TemporaryDirectory()
    submissions.copy_files(files, made.name)
    return made


def grade_class(
    course,
    assignment,
    students=None,
    jobs=None,
    mode=None,
    where="local",
    again=False,
    begin=lambda total: None,
    progress=lambda student, result: None,
):
    """Grades every submission (or these students') and records it; {student: result}.

    jobs: submissions to run at the same time, by default one per core.  mode: the sandbox, by
    default what nbgrader_config.py says.
    where: the engine, see `engine.executor`.  again: whether to run also what has a result.
    begin(number of submissions): called when all is in order; progress(student, result): as they
    finish.  The results come without the cells' outputs, so that memory does not grow with them;
    one without `cells` has the `reason`.
    """
    released = course.released(assignment)
    folders = course.submissions(assignment)
    if not folders:
        kept = course.config.CourseDirectory.submitted_directory
        raise GradingError(f"no submissions in {kept}; expected STUDENT/{assignment}/{assignment}.ipynb")
    for student in students or ():
        if student not in folders:
            raise GradingError(f"no submission of {student!r}; there are {', '.join(folders)}")
    folders = {student: folders[student] for student in students or folders}
    course.must_be_writable()
    jobs, settings = jobs or os.cpu_count() or 1, Grade(config=course.config)
    limits = settings.limits
    mode = sandbox.choose(mode or settings.sandbox) if where == "local" else mode or settings.sandbox
    store = course.store(assignment)
    results = dict.fromkeys(folders)
    with store.alone(), engine.executor(where, jobs) as pool:
        begin(len(folders))
        with _to_its_end():
            register(assignment, course=course)

        def run(submission):
            return pool.submit(grade_one, submission, released, store.seed, mode, limits)

        def key_of(submission):
            return store.key(submission, mode, limits)

        for batch in _finished(run, key_of, folders, assignment, released, store, again, 3 * jobs):
            with _to_its_end():
                wanted = {
                    name: {"key": key, **result} for name, (key, result) in batch.items() if result["cells"]
                }
                unrecorded = [name for name in wanted if course.graded(assignment, name) != wanted[name]]
                _record(course, assignment, {name: folders[name] for name in unrecorded}, released, mode)
                for name, (key, result) in batch.items():
                    if name in unrecorded:  # of two that are equal, either's run may be the one recorded
                        result = course.graded(assignment, name)
                        if result is None or result["key"] != key:
                            result = no_result("nbgrader could not record it")
                    results[name] = result
                    progress(name, result)
    return results


def no_result(reason):
    return {"cells": {}, "remarks": [], "seconds": 0.0, "sandbox": "", "reason": reason}


@contextmanager
def _to_its_end():
    """Ctrl-C comes after the block: what is being recorded is recorded in full.

    Blocked, it does not reach programs started here either, such as nbgrader's alembic; the handler
    is for when another thread takes the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(True))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def _finished(run, key_of, folders, assignment, released, store, again, most):
    """Yields {student: (key, result)} as runs finish; at most `most` wait at any time."""
    waiting, running = iter(folders.items()), {}
    while True:
        batch = {}
        while len(running) + len(batch) < most and (item := next(waiting, None)) is not None:
            name, folder = item
            submission = submissions.read(folder, assignment, released)
            key = key_of(submission)
            if not again and (known := store.read(key)) is not None:
                batch[name] = key, _light(known)
            else:
                running[run(submission)] = name, key
        if not running and not batch:
            return
        done = wait(running, timeout=0 if batch else None, return_when=FIRST_COMPLETED).done
        for future in done:
            name, key = running.pop(future)
            try:
                result = future.result()
                store.write(key, result)
                batch[name] = key, _light(result)
            except sandbox.Unavailable:
                raise
            except (Infrastructure, Exception) as error:  # nothing is known; the others go on
                batch[name] = key, no_result(f"{type(error).__name__}: {error}")
        if batch:
            yield batch


def _light(result):
    return {name: value for name, value in result.items() if name != "outputs"}


def _record(course, assignment, folders, released, mode):
    """Lets nbgrader write its autograded copies and gradebook rows from the store.

    nbgrader reads from a staging folder with repaired notebooks under the expected names, so that
    no file of one student can stop the others.
    """
    if not folders:
        return
    staging = Path(tempfile.mkdtemp(prefix="staging-", dir=course.home))
    config = copy.deepcopy(course.config)
    config.CourseDirectory.assignment_id = assignment
    config.CourseDirectory.submitted_directory = str(staging)
    config.Grade.sandbox = mode  # results are kept under it
    config.Autograde.pre_convert_hook = None  # the assignment is registered
    config.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors.OverwriteCells"]  # the rest is done
    try:
        for student, folder in folders.items():
            _stage(staging / student / assignment, folder, assignment, released)
        with warnings.catch_warnings(), _one_engine():
            warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own use of it
            Autograde(
                coursedir=CourseDirectory(config=config), config=config, force=True, log=silent_log()
            ).start()
    except NbGraderException as error:  # it has gone on with the others
        log.error("nbgrader: %s", error)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _one_engine():
    """Lets nbgrader keep one SQLAlchemy engine a database.

    It makes a new one for every access, a dozen for each submission, and each of them compiles
    all its statements again: a quarter of the time of recording.
    """
    make = nbgrader.api.create_engine
    nbgrader.api.create_engine = _engine
    try:
        yield
    finally:
        nbgrader.api.create_engine = make


_engine = cache(nbgrader.api.create_engine)


def _stage(target, folder, assignment, released):
    submission = submissions.read(folder, assignment, released)
    target.mkdir(parents=True)
    submissions.copy_files(submission.files, target)
    (target / f"{assignment}.ipynb").write_text(json.dumps(submission.notebook), encoding="utf-8")
    stamp = folder / "timestamp.txt"
    if stamp.is_file() and not stamp.is_symlink():
        shutil.copyfile(stamp, target / "timestamp.txt")
