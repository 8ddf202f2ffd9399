"""`diagnose`: calls an answer, compares what comes back, and says what is known about it."""

import traceback
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from . import details, judge, notes, reasons
from .calling import AnswerError, TimeLimitExceeded, describe_error, equal, guard
from .exercises import exercise as find_exercise
from .trial import Trial, copied, run, setting

TIME_LIMIT = 5.0  # seconds for all calls of one check


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer.

    score is the share of the outputs that are right; slips the ids of those that explain the
    numbers, empty when none does; message says it in words; outputs has ok, error and note for
    each output by name; notes are remarks that cost nothing.
    """

    exercise: str
    correct: bool
    score: float
    slips: tuple[str, ...]
    message: str
    outputs: dict[str, judge.Output]
    question: str = ""
    notes: tuple[str, ...] = ()
    status: str = "judged"  # or "unanswered", "form" (of another kind), "error", "timeout"
    spectrum: np.ndarray | None = None
    numbers: tuple[details.Number, ...] = ()  # on the public instances only


def diagnose(exercise_id, answer, seed=None, seconds=None):
    """Judges `answer` on the instances of `seed` (None: the public ones); returns a `Verdict`.

    answer: a function, or an array or number where the exercise asks for one.  seconds: for all its
    calls, by default TIME_LIMIT.  Never raises for what the answer does; raises ValueError or
    TypeError for an unknown exercise or the wrong kind of answer.
    """
    exercise = find_exercise(exercise_id)
    _check_kind(exercise, answer)
    if exercise.kind == "value":
        return _judge_value(exercise, answer, seconds or TIME_LIMIT)
    public, seed = seed is None, int(seed or 0)
    instances, references = setting(exercise.id, seed)
    trial = Trial(exercise, seed, instances, references, [], _argument_names(answer))
    remarks, per_instance = [], []

    def call_all():
        for arguments, reference in zip(instances, references):
            mine = copied(arguments)
            returned = run(exercise, answer, mine)
            given, remark = judge.read_outputs(returned, exercise.outputs)
            if remark and getattr(answer, "private", False):  # the keys could be made of the secret inputs
                remark = "extra outputs ignored"
            remarks.extend([remark] if remark else [])
            if not equal(mine, arguments) or getattr(answer, "modified", False):
                remarks.append("the function modifies its arguments; copy before writing into them")
            trial.answers.append({name: judge.to_array(value) for name, value in given.items()})
            per_instance.append(
                {name: judge.judge_output(given.get(name), want) for name, want in reference.items()}
            )

    printed, problem = _attempt(exercise, answer, call_all, seconds)
    if problem is not None:
        return problem
    remarks += [f"it printed {_shortened(printed)}"] if printed.strip() else []
    outputs = judge.combine(per_instance)
    remarks += [f"{name}: {o.note}" for name, o in outputs.items() if o.ok and o.note]
    if all(output.ok for output in outputs.values()):
        error = max(output.error for output in outputs.values())
        remarks += [*notes.of_function(answer), *notes.of_gradient(exercise, answer, error)]
        remarks = tuple(dict.fromkeys(remarks))
        return Verdict(exercise.id, True, 1.0, (), "Correct.", outputs, notes=remarks)
    with np.errstate(all="ignore"):  # infinities of the student's
        why = reasons.find(trial, outputs)
    return Verdict(
        exercise.id,
        False,
        judge.score(outputs, exercise.gate),
        why.slips,
        why.message,
        outputs,
        why.question,
        tuple(dict.fromkeys(remarks)),
        spectrum=why.spectrum,
        numbers=details.numbers(trial, outputs) if public else (),
    )


def dry_run(exercise, answer, seconds=None):
    """Calls a function on the public instances; the verdict if that already fails, else None."""

    def call_all():
        for arguments in exercise.instances():
            judge.read_outputs(run(exercise, answer, copied(arguments)), exercise.outputs)

    return _attempt(exercise, answer, call_all, seconds)[1]


def _attempt(exercise, answer, call, seconds):
    """(what was printed, None), or ("", the verdict) when the student's function fails in `call`."""
    seconds = seconds or TIME_LIMIT
    try:
        with guard(seconds) as printed:
            call()
        return printed.getvalue(), None
    except TimeLimitExceeded:
        problem = (
            "timeout",
            f"Did not return within {seconds:g} s; is there a loop without an end?",
        )
    except NotImplementedError as error:
        at = getattr(error, "at", None) or traceback.extract_tb(error.__traceback__)[-1].name
        own = getattr(answer, "__name__", exercise.function)
        missing = "Not answered yet." if at == own else f"It calls {at}, which is not answered yet."
        problem = "unanswered", missing
    except judge.Unreadable as error:
        said = "returned something of another kind" if getattr(answer, "private", False) else error
        problem = "form", f"{exercise.function} {said}."
    except AnswerError as error:
        problem = "error", f"{error}."
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a student's function raises, SystemExit included
        problem = "error", describe_error(error, answer, None if exercise.call else len(exercise.instance(0)))
    return "", failed(exercise, *problem)


def _judge_value(exercise, answer, seconds):
    if answer is None or answer is Ellipsis:
        return failed(exercise, "unanswered", "Not answered yet.")
    try:
        with guard(seconds):
            problem = exercise.verify(deepcopy(answer))
    except TimeLimitExceeded:
        return failed(exercise, "timeout", f"Could not be judged within {seconds:g} s.")
    except Exception as error:
        return failed(exercise, "form", f"{type(answer).__name__} does not fit: {error}")
    output = judge.Output(problem is None, 0.0 if problem is None else np.inf, problem or "")
    return Verdict(
        exercise.id,
        problem is None,
        float(problem is None),
        (),
        problem or "Correct.",
        {exercise.outputs[0]: output},
    )


def _argument_names(answer):
    """What the student calls the arguments; () where that cannot be known."""
    code = getattr(answer, "__code__", None)
    return getattr(answer, "names", None) or (code.co_varnames[: code.co_argcount] if code else ())


def _check_kind(exercise, answer):
    if exercise.kind == "function" and not callable(answer):
        raise TypeError(
            f"{exercise.id} is answered with a function, {exercise.function}, "
            f"but a value of type {type(answer).__name__} came"
        )
    if exercise.kind == "value" and callable(answer):
        raise TypeError(f"{exercise.id} is answered with a value, {exercise.function}, but a function came")


def _shortened(text, width=300):
    text = " / ".join(line for line in text.splitlines() if line.strip())
    return text if len(text) <= width else text[:width] + " …"


def failed(exercise, status, message):
    """The verdict on an answer that could not be judged."""
    return Verdict(exercise.id, False, 0.0, (), message, {}, status=status)
