"""What nbgrader calls while it autogrades: reading any file, results in place of Execute, marks for a person.

`nbgrader_config.py` names these three; so `nbgrader autograde`, formgrader's button and
`autograder grade` all grade alike.
"""

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Dict, Enum, Float

from ..results import Result, Status
from ..sandbox import bubblewrap
from ..sandbox.limits import Limits
from .course import Course
from .grade_submission import cell_outputs, grade_from_store, prepare, result_of
from .notebook_nodes import as_node


class Exporter(NotebookExporter):
    """Reads any file that was handed in: repaired, or replaced by the release with the reason."""

    def __init__(self, **more):
        super().__init__(**more)
        if self.parent is not None:
            read_dates_or_none(self.parent.coursedir)

    def from_file(self, file_stream, resources=None, **more):
        if not self.parent._sanitizing:  # nbgrader's second reading, of what the first one wrote
            return super().from_file(file_stream, resources=resources, **more)
        submission = _task(self.parent.coursedir, resources, "auto", Limits()).submission
        for remark in [*submission.remarks, submission.unreadable]:
            if remark:
                self.log.warning("%s: %s", resources["nbgrader"]["student"], remark)
        return self.from_notebook_node(as_node(submission.notebook), resources=resources, **more)


def read_dates_or_none(directory):
    """Replaces nbgrader's reading of a timestamp.txt, which gives up the submission if it holds no date."""
    read = directory.get_existing_timestamp

    def timestamp(folder):
        try:
            return read(folder)
        except Exception:  # of many kinds, as it may hold anything
            directory.log.warning("%s: timestamp.txt holds no date; graded without lateness", folder)
            return None

    directory.get_existing_timestamp = timestamp


def _task(directory, resources, walls, limits):
    """The task of what nbgrader is converting."""
    names = resources["nbgrader"]
    course, assignment = Course.of(resources), names["assignment"]
    folder = directory.format_path(directory.submitted_directory, names["student"], assignment)
    seed = course.store(assignment).seed
    return prepare(folder, assignment, course.released(assignment), seed, walls, limits)


class Grade(NbGraderPreprocessor):
    """In place of nbgrader's Execute: outputs from the store, or from a run in a sandbox."""

    sandbox = Enum(bubblewrap.MODES, "auto", help="The walls around student code.").tag(config=True)
    cell_seconds = Float(Limits().cell, help="Seconds for each cell.").tag(config=True)
    run_seconds = Float(Limits().run, help="Seconds for all cells of a notebook.").tag(config=True)
    answer_seconds = Float(Limits().answer, help="Seconds for all calls of an answer.").tag(config=True)
    results = Dict(help="Results whose verdicts are stored already, by student.").tag(config=True)

    @property
    def limits(self):
        return Limits(self.cell_seconds, self.run_seconds, self.answer_seconds)

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        store, stored = Course.of(resources).store(names["assignment"]), self.results.get(names["student"])
        if stored is None:
            # this belongs to an exporter, that to Autograde
            task = _task(self.parent.parent.coursedir, resources, self.sandbox, self.limits)
            judged = grade_from_store(task, store)
            result = result_of(task, judged)
        else:
            result = Result.from_json(stored)
            judged = store.read_judged(result.key)
        resources["unrolled"] = result
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell, outputs in zip(code, cell_outputs(nb, judged), strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
        return nb, resources


class SaveGrades(SaveAutoGrades):
    """nbgrader's own, and the mark "needs a manual grade" where nothing was found to grade.

    The notebook then holds the result that the gradebook has: `Course.graded` reads it there,
    whichever program graded last.
    """

    def preprocess(self, nb, resources):
        nb, resources = super().preprocess(nb, resources)
        nb.metadata["unrolled"] = nbformat.from_dict(resources["unrolled"].to_json())
        return nb, resources

    def _add_score(self, cell, resources):
        super()._add_score(cell, resources)
        grade_id, outputs = cell.metadata["nbgrader"]["grade_id"], cell.get("outputs", [])
        marks = [output.get("metadata", {}).get("unrolled", {}) for output in outputs]
        nothing = any(Status(mark["status"]).needs_a_person for mark in marks if "status" in mark)
        if nothing or grade_id in resources["unrolled"].review:
            names = (self.notebook_id, self.assignment_id, self.student_id)
            grade = self.gradebook.find_grade(grade_id, *names)
            grade.needs_manual_grade = True
            self.gradebook.db.commit()
