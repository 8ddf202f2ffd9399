"""Grading with nbgrader: what takes the place of its `Execute`, and a parallel run over a class.

`nbgrader autograde`, formgrader's button and `autograder grade` all end here.  Results are kept
by content (`store`), so an interrupted run continues, and a submission that did not change is not
run again.  Student code runs in a sandbox of its own; the gradebook has one writer, this process.
"""

import json
import logging
import os
import signal
import tempfile
import threading
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager, nullcontext

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Dict, Enum, Float

from . import diagnosis, engine, execution, folders, sandbox
from . import submission as submissions
from .course import Course, GradingError, register
from .record import record
from .remote import Infrastructure, Limits
from .report import REVIEW

log = logging.getLogger(__name__)


class Exporter(NotebookExporter):
    """Reads any file that was handed in: repaired, or replaced by the release with the reason."""

    def __init__(self, **more):
        super().__init__(**more)
        if self.parent is not None:
            self.parent.coursedir.get_existing_timestamp = _date_or_none(self.parent.coursedir)

    def from_file(self, file_stream, resources=None, **more):
        if not self.parent._sanitizing:  # nbgrader's second reading, of what the first one wrote
            return super().from_file(file_stream, resources=resources, **more)
        submission, _ = _handed_in(self.parent.coursedir, resources, "auto", Limits())
        for remark in [*submission.remarks, submission.unreadable]:
            if remark:
                self.log.warning("%s: %s", resources["nbgrader"]["student"], remark)
        node = submissions.as_node(submission.notebook)
        return self.from_notebook_node(node, resources=resources, **more)


def _date_or_none(directory):
    """nbgrader's reading of a timestamp.txt, which gives up the submission if it holds no date."""
    read = directory.get_existing_timestamp

    def timestamp(folder):
        try:
            return read(folder)
        except Exception:  # of many kinds, as it may hold anything
            directory.log.warning("%s: timestamp.txt holds no date; graded without lateness", folder)
            return None

    return timestamp


def _handed_in(directory, resources, mode, limits):
    """(submission, key) of what nbgrader is converting."""
    names = resources["nbgrader"]
    course, assignment = Course.of(resources), names["assignment"]
    folder = directory.format_path(directory.submitted_directory, names["student"], assignment)
    store = course.store(assignment)
    return _prepared(folder, assignment, course.released(assignment), lambda s: store.key(s, mode, limits))


def _prepared(folder, assignment, released, key_of):
    """(submission, its key in the store); never raises for what was handed in."""
    submission = submissions.read(folder, assignment, released)
    try:
        return submission, key_of(submission)
    except Exception as error:  # such as a file that went away meanwhile
        reason = f"it cannot be read: {type(error).__name__}: {error}"
        submission = submissions.unreadable(released, reason)
        return submission, key_of(submission)


class Grade(NbGraderPreprocessor):
    """In place of nbgrader's Execute: outputs from the store, or from a run in a sandbox."""

    sandbox = Enum(sandbox.MODES, "auto", help="The walls around student code.").tag(config=True)
    cell_seconds = Float(Limits().cell, help="Seconds for each cell.").tag(config=True)
    run_seconds = Float(Limits().run, help="Seconds for all cells of a notebook.").tag(config=True)
    answer_seconds = Float(Limits().answer, help="Seconds for all calls of an answer.").tag(config=True)
    keys = Dict(help="Keys of results that are there already, by student.").tag(config=True)

    @property
    def limits(self):
        return Limits(self.cell_seconds, self.run_seconds, self.answer_seconds)

    def preprocess(self, nb, resources):
        course, names = Course.of(resources), resources["nbgrader"]
        store, key = course.store(names["assignment"]), self.keys.get(names["student"])
        if key is None:
            # this belongs to an exporter, that to Autograde
            directory = self.parent.parent.coursedir
            submission, key = _handed_in(directory, resources, self.sandbox, self.limits)
        result = store.read(key)
        if result is None:
            released = course.released(names["assignment"])
            result = grade_one(submission, released, store.seed, self.sandbox, self.limits)
            store.write(key, result)
        resources["unrolled"] = {"key": key, **_light(result)}
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell, outputs in zip(code, result["outputs"], strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
        return nb, resources


class SaveGrades(SaveAutoGrades):
    """nbgrader's own, and the mark "needs a manual grade" where nothing was found to grade.

    The notebook then holds the result that the gradebook has: `Course.graded` reads it there,
    whichever program graded last.
    """

    def preprocess(self, nb, resources):
        nb, resources = super().preprocess(nb, resources)
        result = resources["unrolled"]  # as pairs, for nbformat sorts what has names
        nb.metadata["unrolled"] = nbformat.from_dict(result | {"cells": list(result["cells"].items())})
        return nb, resources

    def _add_score(self, cell, resources):
        super()._add_score(cell, resources)
        grade_id, outputs = cell.metadata["nbgrader"]["grade_id"], cell.get("outputs", [])
        nothing = any(_record_of(output).get("status") in REVIEW for output in outputs)
        if nothing or grade_id in resources["unrolled"]["review"]:
            names = (self.notebook_id, self.assignment_id, self.student_id)
            grade = self.gradebook.find_grade(grade_id, *names)
            grade.needs_manual_grade = True
            self.gradebook.db.commit()


def _record_of(output):
    return output.get("metadata", {}).get("unrolled", {})


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
    result |= {"remarks": submission.remarks, "review": submission.review, "sandbox": mode}
    # what was printed may hold halves of characters, which no file in UTF-8 can
    return json.loads(json.dumps(result, ensure_ascii=False).encode("utf-8", "replace"))


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
    folders.copy_files(files, made.name)
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
    folders, strays = _folders(course, assignment, students)
    course.must_be_writable()
    jobs, settings = jobs or os.cpu_count() or 1, Grade(config=course.config)
    limits = settings.limits
    mode = sandbox.choose(mode or settings.sandbox) if where == "local" else mode or settings.sandbox
    store = course.store(assignment)
    results = dict.fromkeys(folders)
    for name, reason in strays.items():
        log.error("%s: not graded: %s", name, reason)
    with store.alone(), engine.executor(where, jobs) as pool:
        begin(len(folders))
        with _to_its_end():
            register(assignment, course=course)

        def run(submission):
            return pool.submit(grade_one, submission, released, store.seed, mode, limits)

        def prepared(folder):
            return _prepared(folder, assignment, released, lambda s: store.key(s, mode, limits))

        for batch in _finished(run, prepared, folders, store, again, 3 * jobs):
            with _to_its_end():
                unrecorded = {
                    name: (submission, key)
                    for name, (submission, key, result) in batch.items()
                    if result["cells"] and course.graded(assignment, name) != {"key": key, **result}
                }
                failed = record(course, assignment, unrecorded)
                for name, (_, _, result) in batch.items():
                    if name in failed:
                        reason = f"not recorded, what the gradebook had is kept: {failed[name]}"
                        log.error("%s: %s", name, reason)
                        result = no_result(reason)
                    elif name in unrecorded:  # of two that are equal, either's run may be the recorded one
                        result = course.graded(assignment, name)
                    results[name] = result
                    progress(name, result)
    return results | no_results(strays)


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


def _folders(course, assignment, students):
    """({student: folder of a submission}, {student: why there is none, where something was found})."""
    folders, strays = course.submissions(assignment), misplaced(course, assignment)
    there = ", ".join(folders) or "none"
    if students:
        strays = {name: why for name, why in strays.items() if name in students}
    for student in students or ():
        if student not in folders:
            raise GradingError(
                "; ".join([f"no submission of {student!r}; there are {there}", *strays.values()])
            )
    if not folders:
        kept = course.config.CourseDirectory.submitted_directory
        says = f"no submissions in {kept}; expected STUDENT/{assignment}/{assignment}.ipynb"
        raise GradingError("; ".join([says, *strays.values()]))
    return {student: folders[student] for student in students or folders}, strays


def misplaced(course, assignment):
    """{student: what is wrong}: notebooks that lie where no submission of this assignment is."""
    known = [path.parent.name for path in course.root.glob("notebooks/*/*.ipynb")]
    submitted = course.root / course.config.CourseDirectory.submitted_directory
    return folders.misplaced(submitted, assignment, known)


def no_results(reasons):
    """What stands in the report for those of whom only a sentence is known, {student: sentence}."""
    return {name: no_result(reason) for name, reason in reasons.items()}


def no_result(reason):
    return {"cells": {}, "remarks": [], "review": [], "seconds": 0.0, "sandbox": "", "reason": reason}


def _finished(run, prepared, folders, store, again, most):
    """Yields {student: (submission, key, result)} as runs finish; at most `most` wait."""
    waiting, running = iter(folders.items()), {}
    while True:
        batch = {}
        while len(running) + len(batch) < most and (item := next(waiting, None)) is not None:
            name, folder = item
            submission, key = prepared(folder)
            if not again and (known := store.read(key)) is not None:
                batch[name] = submission, key, _light(known)
            else:
                running[run(submission)] = name, submission, key
        if not running and not batch:
            return
        done = wait(running, timeout=0 if batch else None, return_when=FIRST_COMPLETED).done
        for future in done:
            name, submission, key = running.pop(future)
            try:
                result = future.result()
                store.write(key, result)
                batch[name] = submission, key, _light(result)
            except sandbox.Unavailable:
                raise
            except (Infrastructure, Exception) as error:  # nothing is known; the others go on
                log.error("%s: not graded: %s: %s", name, type(error).__name__, error)
                batch[name] = submission, key, no_result(f"{type(error).__name__}: {error}")
        if batch:
            yield batch


def _light(result):
    return {name: value for name, value in result.items() if name != "outputs"}
