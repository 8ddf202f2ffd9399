"""Makes this folder an nbgrader course: solutions are the source, notebooks the release."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from autograder.errors import GradingError
from autograder.grading.class_folder import class_folder, for_class

c = get_config()  # noqa: F821 - nbgrader provides it

try:
    kept = class_folder()  # "gradebook"; with UNROLLED_CLASS=b "gradebook/class-b"
except GradingError as error:  # which nbgrader would log, to go on without this file
    sys.exit(f"{Path(__file__).name}: {error}")
gradebook = Path(__file__).resolve().parent / kept
with suppress(OSError):  # whoever writes there says why it cannot
    gradebook.mkdir(parents=True, exist_ok=True)  # SQLite does not make the folder of its file

# nbgrader calls the program alembic; where it is not found, a half-made database stays behind
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

c.CourseDirectory.course_id = for_class("unrolled")
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = str(kept / "submitted")
c.CourseDirectory.autograded_directory = str(kept / "autograded")
c.CourseDirectory.feedback_directory = str(kept / "feedback")
# or PostgreSQL, with a database for each class: f"postgresql://HOST/{for_class('unrolled')}"
c.CourseDirectory.db_url = f"sqlite:///{gradebook / 'gradebook.db'}"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache", "feedback", ".*"]

# nbgrader's own steps, but for the one that keeps the cells: a lesson may change after it was graded.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "autograder.grading.cells_in_line.SaveChangedCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Reading and execution are replaced: any file can be read, student code runs in a sandbox, and
# points come from outside it; late penalties, manual marks, regrading and feedback stay nbgrader's.
c.Autograde.exporter_class = "autograder.grading.nbgrader_hooks.Exporter"
c.Autograde.pre_convert_hook = "autograder.grading.registration.register"
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Grade.sandbox = "auto"  # or "none": no walls, only for submissions that you trust
c.Grade.cell_seconds = 20
c.Grade.follow_through = 1  # of the points of what is right given right earlier answers; 0: none
c.Grade.search_seconds = 120  # for the lines of a class's wrong answers; 0: none is looked for
c.Autograde.autograde_preprocessors = [
    "autograder.grading.nbgrader_hooks.Grade",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "autograder.grading.nbgrader_hooks.SaveGrades",
    "autograder.grading.late_penalties.AssignLatePenalties",
    "autograder.grading.rubrics.ShowRubrics",  # for formgrader; the feedback goes without
]
# What a student wrote stays text in formgrader and in the feedback: nothing in it runs.
c.HTMLExporter.filters = {
    "markdown2html": "autograder.grading.clean_html.markdown2html",
    "highlight_code": "autograder.grading.clean_html.highlight_code",
    "clean_html": "autograder.grading.clean_html.as_written",  # raw cells
}
c.GenerateFeedback.force = True  # or a page would go on showing the card of an earlier grading
c.GenerateFeedback.preprocessors = [
    "autograder.grading.rubrics.HideRubrics",
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
