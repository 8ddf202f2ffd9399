"""An appeal: one answer is run once more on its student's own seed, and the numbers are shown.

Writes nothing.  What is shown is for the grader: it holds secret inputs' results and the right ones.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..answers import RecordedAnswer
from ..compare import Array, Reference, to_array
from ..diagnosis import facts
from ..errors import GradingError, Infrastructure, TimeLimitExceeded
from ..exercises import Arguments, Exercise, find_exercise
from ..exercises.instances import call_answer, copied, every_instance_and_reference
from ..outputs import read_outputs
from ..results import Mark, Output
from ..sandbox.bubblewrap import choose_walls
from ..wording import index_text, plain
from .course import Course
from .grade_submission import Task, grade_one, prepare_task, result_of
from .names import Names
from .recorded_answers import recorded_answer
from .run_submission import Step, lines_of, plan_steps

MOST_ENTRIES = 4  # of an array that differs, those that differ most


class Replay(NamedTuple):
    """What came of one answer now, and what the gradebook has of it."""

    lines: list[str]  #: for a terminal
    mark: Mark
    recorded: Mark | None  #: None where nothing is recorded

    @property
    def agrees(self) -> bool:
        """Whether the gradebook has the points that were earned now."""
        return self.recorded is not None and abs(self.recorded.points - self.mark.points) < 1e-9


def replay(course: Course, student: str, exercise_id: str, walls: str | None = None) -> Replay:
    """Runs a student's submission again and judges one exercise of it, on the student's own seed.

    walls: as for `grade.Options`.  Raises GradingError where there is no such submission or exercise, or
    where the submission cannot be read or run.
    """
    try:
        exercise = find_exercise(exercise_id)
    except ValueError as error:
        raise GradingError(str(error)) from None
    assignment = course.assignment(exercise.id.split(".")[0])
    task = _task(course, assignment, student, choose_walls(walls or course.walls))
    step = _step(task, exercise)
    try:
        run, judged = grade_one(task)
    except Infrastructure as error:
        raise GradingError(f"the submission of {student} could not be run: {error}; try again") from None
    assert run is not None  # there is one of every submission that can be read
    conversation = run.conversations.get(step.index)
    head = f"{exercise.id} of {plain(student)}, as handed in for {assignment}"
    lines = [head, "", *_numbers_of(task, exercise, conversation)]
    mark = result_of(task, judged, Names.read(course.home)).marks[step.grade_id]
    graded = course.graded(assignment, student)
    recorded = graded.marks.get(step.grade_id) if graded else None
    kept = f"{recorded.points:g} of {recorded.max:g} points" if recorded else "nothing yet"
    lines += ["", f"now:       {mark.points:g} of {mark.max:g} points: {plain(mark.summary)}"]
    lines += [f"gradebook: {kept} (marks by hand come on top)"]
    return Replay(lines, mark, recorded)


def _task(course: Course, assignment: str, student: str, walls: str) -> Task:
    folders = course.submissions(assignment)
    if student not in folders:
        raise GradingError(
            f"no submission of {student!r} for {assignment}; there are {', '.join(folders) or 'none'}"
        )
    seed, believed = course.store(assignment).seed_of(student), course.believed
    released = course.released(assignment)
    task = prepare_task(folders[student], assignment, released, seed, walls, course.limits, believed)
    task = replace(task, follow_through=course.follow_through)
    if task.submission.unreadable:
        raise GradingError(f"the submission of {student} cannot be graded: {task.submission.unreadable}")
    return task


def _step(task: Task, exercise: Exercise) -> Step:
    steps = plan_steps(task.submission.notebook, task.released)
    found = [step for step in steps if step.exercise == exercise.id]
    if not found:
        raise GradingError(f"this release has no check of {exercise.id}")
    return found[0]


def _numbers_of(task: Task, exercise: Exercise, conversation: Any) -> Iterator[str]:
    """Lines about everything that the answer returned."""
    if conversation is None:
        yield "Its check was not reached: a cell above ended the process, or took too long."
        return
    written = lines_of(task.submission.notebook)
    answer = recorded_answer(conversation, written)
    if answer.known == "value":
        yield f"It is a value: {plain(repr(answer.value))}"
        return
    if answer.known != "function":
        yield "There was no function to call." if answer.known == "missing" else "Its process had ended."
        return
    for number, (title, seed) in enumerate((("the public instances", 0), ("the student's own", task.seed))):
        if number >= len(conversation.rounds):
            yield f"On {title} it was not called."
            return
        # as if it were the first round, so that errors have their words
        once = recorded_answer(replace(conversation, rounds=[conversation.rounds[number]]), written)
        yield f"On {title}:"
        yield from _round(exercise, once, *every_instance_and_reference(exercise.id, seed))


def _round(
    exercise: Exercise,
    answer: RecordedAnswer,
    instances: tuple[Arguments, ...],
    references: tuple[Reference, ...],
) -> Iterator[str]:
    answer.begin_round(private=False)
    for number, (arguments, reference) in enumerate(zip(instances, references), start=1):
        try:
            given, _ = read_outputs(call_answer(exercise, answer, copied(arguments)), exercise.outputs)
        except TimeLimitExceeded:
            yield f"  {number}  did not return in time"
            return
        except Exception as error:
            yield f"  {number}  {plain(str(error) or type(error).__name__)}"
            return
        for name, want in reference.items():
            output = facts.judge_output(given.get(name), want)
            yield f"  {number}  {name:<8} {_said(output, to_array(given.get(name)), np.asarray(want))}"


def _said(output: Output, got: Array | None, want: np.ndarray[Any, Any]) -> str:
    """One output in a line: how far it is off, and the entries that differ most."""
    if output.ok:
        return f"right, to a relative {output.error:.1e}"
    if got is None or got.shape != want.shape or not np.isfinite(output.error):
        return plain(output.note)
    order = np.argsort(-np.abs(got - want), axis=None, kind="stable")[:MOST_ENTRIES]
    entries = (np.unravel_index(at, want.shape) for at in order)
    told = (f"{index_text(tuple(map(int, at)))} {got[at]:.6g} for {want[at]:.6g}" for at in entries)
    return f"differs by a relative {output.error:.1e}: {', '.join(told)}"
