"""Makes this folder an nbgrader course: solutions are the source, notebooks the release."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader provides it

gradebook = Path(__file__).resolve().parent / "gradebook"
gradebook.mkdir(exist_ok=True)  # SQLite does not make the folder of its file

# nbgrader calls the program alembic; where it is not found, a half-made database stays behind
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

c.CourseDirectory.course_id = "unrolled"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "gradebook/submitted"
c.CourseDirectory.autograded_directory = "gradebook/autograded"
c.CourseDirectory.feedback_directory = "gradebook/feedback"
c.CourseDirectory.db_url = f"sqlite:///{gradebook / 'gradebook.db'}"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".pytest_cache", "feedback", ".*"]

# Execution is replaced so that a cell without output, a dead kernel or an endless loop scores 0;
# late penalties, manual marks, regrading and feedback stay nbgrader's own.
c.Autograde.pre_convert_hook = "autograder.course.register"
c.Autograde.sanitize_preprocessors = [
    "autograder.grade.Preflight",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Grade.timeout = 20  # seconds for each cell
c.Autograde.autograde_preprocessors = [
    "autograder.grade.Grade",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
