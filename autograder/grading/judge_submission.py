"""Stage two of grading: a verdict for each check, from what a submission's functions returned."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..answers import RecordedAnswer
from ..diagnosis.diagnose import failed_verdict, judge_function, judge_secretly, judge_value
from ..diagnosis.follow_through import with_given
from ..diagnosis.remarks import remarks_on_text
from ..errors import StaleRun
from ..exercises import Exercise, earlier_of, find_exercise
from ..exercises.stand_ins import is_other_route, stand_in
from ..results import Status, Verdict
from ..sandbox.run import Ran
from .run_submission import Step

# a cell of the release fails where it calls an answer that is not there, or that fails
NOT_SHOWN = "(This cell of the lesson needs something that is not there while grading.)\n"
# errors that only follow from what the card of another cell says
CONSEQUENCES = ("CheckFailed", "NotImplementedError", "NameError")

Outputs = list[dict[str, Any]]  # of one cell, as a notebook stores them


@dataclass(frozen=True)
class Judged:
    """A verdict by grade_id in the notebook's order, and the outputs of each code cell; a check has none."""

    verdicts: dict[str, Verdict]
    outputs: list[Outputs]
    seconds: float
    walls: str

    def to_json(self) -> dict[str, Any]:
        """As data that JSON can hold."""
        verdicts = [[grade_id, verdict.to_json()] for grade_id, verdict in self.verdicts.items()]
        return {
            "verdicts": verdicts,
            "outputs": self.outputs,
            "seconds": self.seconds,
            "walls": self.walls,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Judged":
        """What `to_json` has written."""
        verdicts = {grade_id: Verdict.from_json(verdict) for grade_id, verdict in stored["verdicts"]}
        return cls(verdicts, stored["outputs"], stored["seconds"], stored["walls"])


def judge_submission(
    steps: list[Step], run: Ran, answers: Mapping[int, RecordedAnswer], seed: int, seconds: float
) -> Judged:
    """The verdicts on a submission.  Runs nothing of the student's.

    answers: of the run's checks, by the index of their cells.  seed: of the secret instances; seconds:
    what an answer may take, as a card says it.  Raises errors.StaleRun where the run was not asked
    what has to be known now.
    """
    outputs = [_shown(step, run) for step in steps]
    own = [step.source for step in steps if not step.exercise and not step.given]
    verdicts: dict[str, Verdict] = {}
    wrong: set[str] = set()  # names of functions that returned arrays, and wrong ones
    for step in steps:
        if not step.exercise:
            continue
        answer = answers.get(step.index)
        verdict = _judge_check(step, run, answer, seed, seconds)
        if answer is not None and verdict.status == Status.JUDGED and not verdict.correct:
            verdict = _follow_through(step, verdict, answer, wrong, seed, seconds)
            wrong.add(step.name)
        verdicts[step.grade_id] = _with_cause(_with_remarks(step, verdict, own), outputs[: step.index])
    return Judged(verdicts, outputs, run.seconds, run.walls)


def _follow_through(
    step: Step, verdict: Verdict, answer: RecordedAnswer, wrong: Collection[str], seed: int, seconds: float
) -> Verdict:
    """The verdict on a wrong answer, judged once more where earlier ones that it builds on are wrong too."""
    exercise = find_exercise(step.exercise)
    found = {name: stand_in(earlier_of(exercise, name)) for name in exercise.builds_on if name in wrong}
    given = {name: function for name, function in found.items() if function is not None}
    if exercise.kind != "function" or not given:
        return verdict
    if answer.given != tuple(given):
        raise StaleRun
    answer.begin_round(False, given.values())
    second = judge_function(exercise, answer, seconds=seconds, given=tuple(given))
    if second.status == Status.JUDGED:
        answer.begin_round(True, given.values())
        second = judge_secretly(exercise, answer, seed, second, seconds)
    only_asked = answer.passed_on and any(is_other_route(exercise, earlier_of(exercise, n)) for n in given)
    if second.status != Status.JUDGED or only_asked:
        return verdict
    return with_given(exercise, verdict, second, tuple(given))


def judge_unreadable(steps: list[Step], reason: str) -> Judged:
    """The verdicts on a file that is no notebook: no points, with the reason on every check."""
    says = f"Not graded: {reason}."
    verdicts = {
        step.grade_id: failed_verdict(find_exercise(step.exercise), Status.UNREADABLE, says)
        for step in steps
        if step.exercise
    }
    return Judged(verdicts, [[] for _ in steps], 0.0, "")


def _judge_check(step: Step, run: Ran, answer: RecordedAnswer | None, seed: int, seconds: float) -> Verdict:
    exercise = find_exercise(step.exercise)
    if answer is None:
        return failed_verdict(exercise, Status.NOT_RUN, f"Not run: before this cell, {_ended(run)}.")
    if answer.known == "missing":
        return failed_verdict(exercise, Status.MISSING, f"There is no {step.name}.")
    if not answer.known:
        return failed_verdict(exercise, Status.DIED, f"Its process ended while {step.name} was asked for.")
    if answer.known != exercise.kind:
        return failed_verdict(exercise, Status.FORM, _other_kind(exercise, answer))
    if exercise.kind == "value":
        return judge_value(exercise, answer.value, seconds)
    answer.begin_round(private=False)
    verdict = judge_function(exercise, answer, seconds=seconds)
    if verdict.status == Status.JUDGED:
        answer.begin_round(private=True)
        verdict = judge_secretly(exercise, answer, seed, verdict, seconds)
    return failed_verdict(exercise, Status.DIED, verdict.message) if answer.lost else verdict


def _with_remarks(step: Step, verdict: Verdict, cells: list[str]) -> Verdict:
    """A right answer with the remarks that its text gives: in a sandbox nobody looks at the function itself.

    cells: the text of the student's own.
    """
    if not verdict.correct:
        return verdict
    noted = remarks_on_text(find_exercise(step.exercise), step.name, cells)
    return replace(verdict, notes=tuple(dict.fromkeys([*verdict.notes, *noted])))


def _other_kind(exercise: Exercise, answer: RecordedAnswer) -> str:
    if exercise.kind == "function":
        came = f"a value of type {type(answer.value).__name__}"
        return f"{exercise.id} is answered with a function, {exercise.function}, but {came} came."
    return f"{exercise.id} is answered with a value, {exercise.function}, but a function came."


def _ended(run: Ran) -> str:
    return run.ended or "its process ended"


def _with_cause(verdict: Verdict, before: list[Outputs]) -> Verdict:
    """A name that is missing because a cell above failed is explained by that failure."""
    if verdict.status != Status.MISSING:
        return verdict
    errors = [o for outputs in before for o in outputs if o["output_type"] == "error"]
    causes = [error for error in errors if error["ename"] not in CONSEQUENCES]
    if not causes:
        return verdict
    says = re.sub(r"\(<cell \d+>, (line \d+)\)", r"(\1)", causes[-1]["evalue"])
    message = f"{causes[-1]['ename']} in a cell above: {says}"
    return failed_verdict(find_exercise(verdict.exercise), Status.ERROR, message)


def _shown(step: Step, run: Ran) -> Outputs:
    if step.exercise:
        return []
    outputs = run.outputs.get(step.index)
    if outputs is None:
        return [error_output("NotRun", _ended(run))] if run.at <= step.index else []
    if step.given and any(output["output_type"] == "error" for output in outputs):
        return [{"output_type": "stream", "name": "stdout", "text": NOT_SHOWN}]
    return outputs


def error_output(name: str, value: str) -> dict[str, Any]:
    """An error as a notebook stores it."""
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": [f"{name}: {value}"]}
