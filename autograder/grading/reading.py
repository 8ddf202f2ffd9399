"""Reading what was handed in, in a helper process: no file stops the grader or fills its memory."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .course import Course
from .grade_submission import Task, prepare_task, task_of
from .helper import LARGE, Failed, Helper, TooMuch, Unexplained
from .submission import unreadable_submission

SECONDS = 20.0
MEMORY = 192 * 2**20  # bytes beyond what it begins with


class Reader(Helper):
    """Makes tasks of students' folders; to be entered before any thread is started."""

    def __init__(self, course: Course, assignment: str, walls: str) -> None:
        self._released: dict[str, Any] = course.released(assignment)
        self._seed_of: Callable[[str], int] = course.store(assignment).seed_of
        self._walls, self._limits, self._follow = walls, course.limits, course.follow_through
        self._believed, self._assignment = course.believed, assignment
        super().__init__({"read": self._read}, MEMORY, lambda: None)

    def task_of(self, student: str, folder: Path) -> Task:
        """The task that a student's folder is; one without answers where reading takes too much."""
        seed = self._seed_of(student)
        try:
            try:
                task: Task = self.call("read", folder, seed, seconds=SECONDS)
            except Unexplained:  # such as by a disk that did not answer
                task = self.call("read", folder, seed, seconds=SECONDS)
            if task.submission.size > LARGE:
                self.renew()
            return replace(task, released=self._released, follow_through=self._follow)
        except (TooMuch, Failed) as error:
            submission = unreadable_submission(self._released, f"it cannot be read: reading it {error}")
            return task_of(submission, self._released, seed, self._walls, self._limits)

    def _read(self, folder: Path, seed: int) -> Task:
        """In the helper: the task, without the release, which the grader has."""
        made = prepare_task(
            folder, self._assignment, self._released, seed, self._walls, self._limits, self._believed
        )
        return replace(made, released={})
