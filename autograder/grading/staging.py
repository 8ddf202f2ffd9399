"""What nbgrader records: submissions in folders of their own, under the names that it expects."""

import json
import os
import re
from pathlib import Path

from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from .notebook_nodes import as_node
from .submission import Submission
from .submission_files import copy_files


def stage(target: Path, submission: Submission, assignment: str) -> None:
    """Writes a submission as nbgrader expects it into the folder `target`."""
    target.mkdir(parents=True)
    copy_files(submission.files, target)
    as_node(submission.notebook)  # or nbgrader would stop at it
    (target / f"{assignment}.ipynb").write_text(json.dumps(submission.notebook), encoding="utf-8")
    if submission.timestamp:
        (target / "timestamp.txt").write_text(submission.timestamp, encoding="utf-8")


class StagingDirectory(CourseDirectory):
    """nbgrader's own, for staging folders: of a path it escapes the course's folder alone.

    With a parenthesis above a staging folder its expressions would match no submission.
    """

    def format_path(
        self, nbgrader_step: str, student_id: str, assignment_id: str, escape: bool = False
    ) -> str:
        """The folder of a student's assignment; escape: with expressions for these two."""
        if not escape:
            return str(super().format_path(nbgrader_step, student_id, assignment_id))
        return os.path.sep.join([re.escape(nbgrader_step), student_id, assignment_id])


class AutogradeStaged(Autograde):
    """nbgrader's own, on what is staged, which it would look for with a pattern: brackets are part of one."""

    def init_notebooks(self) -> None:
        """Finds the staged notebooks."""
        name = self.coursedir.assignment_id
        folders = sorted(Path(self.coursedir.submitted_directory).glob(f"*/{name}"))
        self.assignments = {str(folder): [str(folder / f"{name}.ipynb")] for folder in folders}
