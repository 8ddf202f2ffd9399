"""What nbgrader calls while it autogrades: reading any file, results in place of Execute, marks for a person.

`nbgrader_config.py` names these three; so `nbgrader autograde`, formgrader's button and
`autograder grade` all grade alike.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters import base
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import parse_utc
from traitlets import Bool, Dict, Enum, Float

from ..errors import GradingError, InUse
from ..results import Result, Status
from ..sandbox import bubblewrap
from ..sandbox.limits import Limits
from ..wording import holds_control_characters, name_problem, plain
from .course import SEARCH_SECONDS, Course
from .grade_submission import Task, cell_outputs, grade_from_store, prepare_task, result_of
from .line_search import with_lines
from .lines_of_class import LineStore, locate_now
from .names import Names
from .notebook_nodes import as_node
from .result_store import Store
from .submission_files import kind_of
from .timestamps import Believed, read_timestamp


class Exporter(NotebookExporter):
    """Reads any file that was handed in: repaired, or replaced by the release with the reason."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        parent: Any = self.parent
        if parent is not None:
            course = Course.from_converter(parent)
            read_dates_or_none(parent.coursedir, course.believed)
            take_files_only(parent)
            keep_others_out(parent, course)

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **more: Any
    ) -> tuple[Any, dict[str, Any]]:
        """As `from_file`, without opening what is no file: nobody may ever write into a FIFO."""
        if kind_of(Path(filename)):
            return self.from_file(None, resources=resources, **more)
        made: tuple[Any, dict[str, Any]] = super().from_filename(filename, resources=resources, **more)
        return made

    def from_file(
        self, file_stream: Any, resources: dict[str, Any] | None = None, **more: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The notebook of a submission, as nbgrader goes on with it."""
        parent: Any = self.parent
        if not parent._sanitizing:  # nbgrader's second reading, of what the first one wrote
            read: tuple[Any, dict[str, Any]] = super().from_file(file_stream, resources=resources, **more)
            return read
        assert resources is not None  # nbgrader says there what it is converting
        submission = _task(parent, resources, "auto", Limits()).submission
        for remark in [*submission.remarks, submission.unreadable]:
            if remark:
                self.log.warning("%s: %s", resources["nbgrader"]["student"], remark)
        node = as_node(submission.notebook)
        made: tuple[Any, dict[str, Any]] = self.from_notebook_node(node, resources=resources, **more)
        return made


def read_dates_or_none(directory: Any, believed: Believed) -> None:
    """Replaces nbgrader's reading of a timestamp.txt, which gives up the submission if it holds no date.

    directory: nbgrader's CourseDirectory.  believed: which of them count.  What is said of one is said once.
    """

    @cache
    def timestamp(folder: str) -> Any:
        said, remarks = read_timestamp(Path(folder), believed)
        for remark in remarks:
            directory.log.warning("%s: %s", folder, remark)
        return parse_utc(said) if said else None

    directory.get_existing_timestamp = timestamp


def keep_others_out(autograde: Any, course: Course) -> None:
    """Has nbgrader's Autograde wait for a `grade` of the same gradebook, and refuse where that goes on."""
    convert = autograde.convert_notebooks

    def convert_alone() -> None:
        try:
            with course.alone(autograde.coursedir.assignment_id):
                convert()
        except InUse as error:
            autograde.log.error(str(error))
            raise NbGraderException(str(error)) from None

    autograde.convert_notebooks = convert_alone


def take_files_only(autograde: Any) -> None:
    """Has nbgrader's Autograde pass over what would stop it for everybody, or for a student for no reason.

    These are folders whose names its patterns do not match, notebooks beside the one that is asked for,
    and links, FIFOs and devices among the other files, which it would copy.
    """
    for folder, notebooks in list(autograde.assignments.items()):
        student, assignment = Path(folder).parent.name, Path(folder).name
        problem = name_problem(student)
        if problem:
            autograde.log.error("the name of the folder %s %s; rename it", plain(student), problem)
            del autograde.assignments[folder]
        else:
            shown = [path for path in notebooks if not holds_control_characters(path)]
            expected = [path for path in shown if Path(path).stem == assignment]
            autograde.assignments[folder] = expected or shown
    begin = autograde.init_assignment

    def begin_with_files_only(assignment_id: str, student_id: str) -> None:
        find = base.find_all_files

        def files(path: str, exclude: list[str] | None = None) -> list[str]:
            if Path(path).is_symlink() or Path(path).parent.is_symlink():
                return []
            return [
                found
                for found in find(path, exclude)
                if not kind_of(Path(found)) and not holds_control_characters(found)
            ]

        base.find_all_files = files
        try:
            begin(assignment_id, student_id)
        finally:
            base.find_all_files = find

    autograde.init_assignment = begin_with_files_only


def _task(converter: Any, resources: dict[str, Any], walls: str, limits: Limits) -> Task:
    """The task of what nbgrader's converter is converting."""
    names, directory = resources["nbgrader"], converter.coursedir
    course, assignment = Course.from_converter(converter), names["assignment"]
    folder = directory.format_path(directory.submitted_directory, names["student"], assignment)
    seed = course.store(assignment).seed_of(names["student"])
    released = course.released(assignment)
    task = prepare_task(Path(folder), assignment, released, seed, walls, limits, course.believed)
    return replace(task, follow_through=course.follow_through)


class Grade(NbGraderPreprocessor):
    """In place of nbgrader's Execute: outputs from the store, or from a run in a sandbox."""

    sandbox = Enum(bubblewrap.MODES, "auto", help="The walls around student code.").tag(config=True)
    cell_seconds = Float(Limits().cell, help="Seconds of work for each cell.").tag(config=True)
    run_seconds = Float(Limits().run, help="Seconds for all cells of a notebook.").tag(config=True)
    answer_seconds = Float(Limits().answer, help="Seconds of work for an answer's calls.").tag(config=True)
    believe_timestamps = Bool(
        False, help="Whether every timestamp.txt counts, also where nbgrader's exchange has no record of it."
    ).tag(config=True)
    follow_through = Float(
        1.0, help="The share of its points that an answer earns which is right given right earlier ones."
    ).tag(config=True)
    search_seconds = Float(
        SEARCH_SECONDS, help="Seconds for the lines of a class's wrong answers; 0: none is looked for."
    ).tag(config=True)
    results = Dict(help="Results whose verdicts are stored already, by student.").tag(config=True)

    @property
    def limits(self) -> Limits:
        """The limits of time that are configured."""
        return Limits(self.cell_seconds, self.run_seconds, self.answer_seconds)

    def _known(self, store: Store) -> LineStore:
        """What is known of lines, for as long as nbgrader grades one class."""
        autograde: Any = self.parent.parent
        if getattr(autograde, "lines_known", None) is None:
            autograde.lines_known = LineStore(store, self.search_seconds)
        known: LineStore = autograde.lines_known
        return known

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Fills in the outputs of the code cells."""
        names = resources["nbgrader"]
        store = Course.from_resources(resources).store(names["assignment"])
        stored, given_names = self.results.get(names["student"]), Names.read(store.home)
        if stored is None:
            # this belongs to an exporter, that to Autograde
            task = _task(self.parent.parent, resources, self.sandbox, self.limits)
            judged = grade_from_store(task, store)
            judged = with_lines(judged, locate_now(self._known(store), task, judged))
            result = result_of(task, judged, given_names)
        else:
            result = Result.from_json(stored)
            found = store.read_judged(result.key)
            if found is None:
                raise GradingError(f"the verdicts on {names['student']} are not stored any more; grade again")
            judged = with_lines(found, {grade_id: mark.repair for grade_id, mark in result.marks.items()})
        resources["unrolled"] = result
        shown = cell_outputs(nb, judged, self.follow_through, given_names)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell, outputs in zip(code, shown, strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
        return nb, resources


class SaveGrades(SaveAutoGrades):
    """nbgrader's own, and the mark "needs a manual grade" where nothing was found to grade.

    The notebook then holds the result that the gradebook has: `Course.graded` reads it there,
    whichever program graded last.
    """

    def preprocess(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Stores the grades and, in the notebook, the result that they come from."""
        nb, resources = super().preprocess(nb, resources)
        nb.metadata["unrolled"] = nbformat.from_dict(resources["unrolled"].to_json())
        return nb, resources

    def _add_score(self, cell: Any, resources: dict[str, Any]) -> None:
        super()._add_score(cell, resources)
        grade_id, outputs = cell.metadata["nbgrader"]["grade_id"], cell.get("outputs", [])
        marks = [output.get("metadata", {}).get("unrolled", {}) for output in outputs]
        nothing = any(Status(mark["status"]).needs_a_person for mark in marks if "status" in mark)
        if nothing or grade_id in resources["unrolled"].review:
            names = (self.notebook_id, self.assignment_id, self.student_id)
            grade = self.gradebook.find_grade(grade_id, *names)
            grade.needs_manual_grade = True
            self.gradebook.db.commit()
