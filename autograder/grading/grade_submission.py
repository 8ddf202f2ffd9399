"""One submission, from what was handed in to a result: run, judge, and show what came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..answers import RecordedAnswer
from ..errors import Infrastructure, StaleRun
from ..exercises import find_exercise
from ..exercises.check_cell import check_of, lesson_of
from ..feedback import card
from ..results import Result
from ..sandbox.limits import Limits
from ..sandbox.run import Ran
from .judge_submission import Judged, Outputs, error_output, judge_submission, judge_unreadable
from .keys import judged_key, run_key
from .names import NO_NAMES, Names
from .recorded_answers import RecordedAnswers
from .result_store import Store
from .run_submission import Step, given_cells, lines_of, plan_steps, run_submission
from .submission import Submission, read_submission, unreadable_submission
from .timestamps import NO_DATES, Believed


@dataclass(frozen=True)
class Task:
    """What is to be graded, under the names that its run and its verdicts are stored by."""

    submission: Submission
    released: dict[str, Any]
    seed: int
    walls: str  #: one of `bubblewrap.MODES`
    limits: Limits
    run_key: str
    judged_key: str
    follow_through: float = 1.0  #: see `feedback.card.mark_of`


class Graded(NamedTuple):
    """A submission that came out of its run: its task, and the result; without marks where it failed."""

    task: Task
    result: Result


def prepare_task(
    folder: str | Path,
    assignment: str,
    released: dict[str, Any],
    seed: int,
    walls: str,
    limits: Limits,
    believed: Believed = NO_DATES,
) -> Task:
    """The task that a student's folder is; raises nothing but MemoryError for what was handed in.

    believed: which timestamp.txt counts.
    """
    submission = read_submission(Path(folder), assignment, released, believed)
    try:
        return task_of(submission, released, seed, walls, limits)
    except MemoryError:
        raise
    except Exception as error:  # such as a file that went away meanwhile
        reason = f"it cannot be read: {type(error).__name__}: {error}"
        submission = unreadable_submission(released, reason)
        return task_of(submission, released, seed, walls, limits)


def task_of(submission: Submission, released: dict[str, Any], seed: int, walls: str, limits: Limits) -> Task:
    """The task of grading a submission that has been read."""
    lesson = lesson_of(released)
    key = run_key(submission, given_cells(released), lesson, seed, walls, limits)
    return Task(submission, released, seed, walls, limits, key, judged_key(key, lesson, submission))


def grade_one(task: Task, run: Ran | None = None) -> tuple[Ran | None, Judged]:
    """Runs and judges one submission; (the run, the verdicts).  Writes nothing.

    run: an earlier one, to be judged again; it is made anew where it does not hold what has to be
    known now.  A submission that cannot be read has none.  Raises errors.Unavailable or
    errors.Infrastructure, neither of which says anything about the submission.
    """
    notebook, files = task.submission.notebook, task.submission.files
    steps, written = plan_steps(notebook, task.released), lines_of(notebook)
    if task.submission.unreadable:
        return None, judge_unreadable(steps, task.submission.unreadable)
    if run is not None:
        try:
            return run, _judge(task, steps, run, RecordedAnswers(run.conversations, written))
        except StaleRun:
            pass
    run = run_submission(steps, lesson_of(task.released), files, task.seed, task.walls, task.limits)
    try:
        return run, _judge(task, steps, run, RecordedAnswers(run.conversations, written))
    except StaleRun:  # which no handler of errors would stop: it would end the grading of the whole class
        raise Infrastructure("a function was asked for something else than the judge asks for") from None


def _judge(task: Task, steps: list[Step], run: Ran, answers: Mapping[int, RecordedAnswer]) -> Judged:
    return judge_submission(steps, run, answers, task.seed, task.limits.answer)


def grade_from_store(task: Task, store: Store, again: bool = False) -> Judged:
    """The verdicts on a submission: stored ones, or from a stored run, or from a new run.

    again: whether to run anew what has been run.
    """
    judged = None if again else store.read_judged(task.judged_key)
    if judged is None:
        run, judged = grade_one(task, None if again else store.read_run(task.run_key))
        store_run_and_verdicts(task, store, run, judged)
    return judged


def store_run_and_verdicts(task: Task, store: Store, run: Ran | None, judged: Judged) -> None:
    """Stores a run and its verdicts."""
    if run is not None:
        store.write_run(task.run_key, run)
    store.write_judged(task.judged_key, judged)


def result_of(task: Task, judged: Judged, names: Names = NO_NAMES) -> Result:
    """What the gradebook and the report are told; names: words for groups of answers."""
    marks = {
        grade_id: card.mark_of(find_exercise(verdict.exercise), names.told(verdict), task.follow_through)
        for grade_id, verdict in judged.verdicts.items()
    }
    submission = task.submission
    return Result(
        marks,
        submission.remarks,
        submission.review,
        judged.seconds,
        judged.walls,
        task.judged_key,
        submission.digest(),
    )


def cell_outputs(
    notebook: dict[str, Any], judged: Judged, follow_through: float = 1.0, names: Names = NO_NAMES
) -> list[Outputs]:
    """The outputs of each code cell: what it showed, or a check's card and points.

    follow_through: see `feedback.card.mark_of`; names: words for groups of answers.
    """
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    checks = [found and found[1] for found in map(check_of, code)]
    return [
        _check_outputs(judged, grade_id, follow_through, names) if grade_id else shown
        for grade_id, shown in zip(checks, judged.outputs, strict=True)
    ]


def _check_outputs(
    judged: Judged, grade_id: str, follow_through: float = 1.0, names: Names = NO_NAMES
) -> Outputs:
    """The card, then points or an error: nbgrader takes the last output for the score."""
    verdict = names.told(judged.verdicts[grade_id])
    exercise = find_exercise(verdict.exercise)
    mark = card.mark_of(exercise, verdict, follow_through)
    html = card.render_html(exercise, verdict, follow_through=follow_through)
    text = card.render_text(exercise, verdict, follow_through=follow_through)
    shown = {
        "output_type": "display_data",
        "data": {"text/html": html, "text/plain": text},
        "metadata": {"unrolled": mark.to_json()},
    }
    if mark.points > 0:
        data = {"text/plain": repr(mark.points)}
        earned = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}
        return [shown, earned]
    said = f"{exercise.id} - 0 of {exercise.points:g} points; the card says why"
    return [shown, error_output("CheckFailed", said)]
