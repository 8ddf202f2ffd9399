"""`diagnose`: calls an answer, compares what comes back, and says what is known about it."""

import traceback
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..answers import Answer, LocalAnswer
from ..compare import Array, Reference, to_array
from ..errors import AnswerError, StaleRun, TimeLimitExceeded, Unanswered, Unreadable
from ..exercises import Arguments, Exercise, find_exercise
from ..exercises.instances import call_answer, copied, every_instance_and_reference
from ..outputs import is_in_order, read_outputs
from ..results import Output, Status, Verdict
from ..wording import MOST_CHARACTERS, listed, shortened
from . import call_words, entries, experiments, explain, facts, remarks
from .call_guard import equal_arguments, guard
from .error_words import describe_error
from .fingerprint import fingerprint
from .repair import find_repair
from .trial import Trial

TIME_LIMIT = 5.0  # seconds for all calls of one check
SPECIAL = "Does the function use a number or a size that only the check's own instances have?"


class Returned(NamedTuple):
    """What an answer gave on every instance of a seed, and what was noticed on the way."""

    arrays: tuple[dict[str, Array | None], ...]  #: by output; None for what is no array of numbers
    judged: tuple[dict[str, Output], ...]
    remarks: tuple[str, ...]
    has_names: bool  #: whether the outputs came with their names, and not one after another


def diagnose(
    exercise_id: str, answer: object, seed: int | None = None, seconds: float | None = None
) -> Verdict:
    """Judges `answer` on the instances of `seed` (None: the public ones); returns a `Verdict`.

    answer: a function, or an array or number where the exercise asks for one.  seconds: for all its
    calls, by default TIME_LIMIT.  On the public instances the line that is wrong is looked for as well, for
    `repair.LONGEST` seconds at most.  Never raises for what the answer does; raises ValueError or
    TypeError for an unknown exercise or the wrong kind of answer.
    """
    verdict = judge_answer(exercise_id, answer, seed, seconds)
    found = find_repair(find_exercise(exercise_id), answer, verdict) if seed is None else ()
    return replace(verdict, repair=found)


def judge_answer(
    exercise_id: str, answer: object, seed: int | None = None, seconds: float | None = None
) -> Verdict:
    """`diagnose` without the search for the line."""
    exercise = find_exercise(exercise_id)
    _check_kind(exercise, answer)
    if exercise.kind == "value":
        return judge_value(exercise, answer, seconds)
    assert callable(answer)
    return judge_function(exercise, LocalAnswer(answer, exercise.function), seed, seconds)


def judge_function(
    exercise: Exercise,
    answer: Answer,
    seed: int | None = None,
    seconds: float | None = None,
    given: tuple[str, ...] = (),
) -> Verdict:
    """As `diagnose`, for an `Answer`, wherever it runs; given: earlier functions that stand-ins replace."""
    number = int(seed or 0)
    instances, references = every_instance_and_reference(exercise.id, number)
    returned = _call_on(exercise, answer, instances, references, seconds or TIME_LIMIT, seed is None)
    if isinstance(returned, Verdict):
        return returned
    outputs = facts.combine_outputs(returned.judged)
    noted = [*returned.remarks, *(f"{name}: {o.note}" for name, o in outputs.items() if o.ok and o.note)]
    if all(output.ok for output in outputs.values()):
        error = max(output.error for output in outputs.values())
        noted += remarks.remarks_on_function(answer.function)
        noted += remarks.remarks_on_gradient(exercise, answer.function, error, returned.arrays)
        return Verdict(exercise.id, True, 1.0, (), "Correct.", outputs, notes=_once(noted))
    trial = Trial(exercise, number, instances, references, returned.arrays, answer.names, given)
    with np.errstate(all="ignore"):  # infinities of the student's
        why = explain.find_reasons(trial, outputs)
    on_less = ""
    if why.is_unknown and not number:
        wrong = [name for name, output in outputs.items() if not output.ok]
        on_less = experiments.try_on_less(exercise, answer.function, wrong)
    order = "" if returned.has_names else facts.order_problem(trial.answers, trial.references)
    return Verdict(
        exercise.id,
        False,
        facts.score_outputs(outputs, exercise.gate),
        why.slips,
        order or " ".join(filter(None, (why.message, on_less))),
        outputs,
        "" if order or on_less else why.question,
        _once(noted),
        spectrum=why.spectrum,
        numbers=entries.differing_numbers(trial, outputs) if seed is None else (),
        laws=why.laws,
        fingerprint="" if seed else fingerprint(exercise.id, returned.arrays, returned.judged),
    )


def judge_value(exercise: Exercise, answer: object, seconds: float | None = None) -> Verdict:
    """The verdict on an array or a number."""
    seconds = seconds or TIME_LIMIT
    if answer is None or answer is Ellipsis:
        return failed_verdict(exercise, Status.UNANSWERED, "Not answered yet.")
    assert exercise.verify is not None
    try:
        with guard(seconds):
            problem = facts.excess(answer) or exercise.verify(deepcopy(answer))
    except TimeLimitExceeded:
        return failed_verdict(exercise, Status.TIMEOUT, f"Could not be judged within {seconds:g} s.")
    except Exception as error:
        return failed_verdict(exercise, Status.FORM, f"{type(answer).__name__} does not fit: {error}")
    right = problem is None
    output = Output(right, 0.0 if right else np.inf, problem or "")
    return Verdict(exercise.id, right, float(right), (), problem or "Correct.", {exercise.outputs[0]: output})


def judge_secretly(
    exercise: Exercise, answer: Answer, seed: int, public: Verdict, seconds: float | None = None
) -> Verdict:
    """The verdict on an `Answer` by instances that have to stay secret.

    public: the verdict on the public instances, where all words come from.  Of what the function makes of
    the secret ones only this is told: which outputs are right, or that it fails there and how.
    """
    instances, references = every_instance_and_reference(exercise.id, seed)
    returned = _call_on(exercise, answer, instances, references, seconds or TIME_LIMIT)
    if isinstance(returned, Verdict):
        return returned
    right = {name: output.ok for name, output in facts.combine_outputs(returned.judged).items()}
    if right == {name: output.ok for name, output in public.outputs.items()}:
        return public
    outputs = {name: facts.told_secretly(public.outputs[name], ok) for name, ok in right.items()}
    elsewhere = [name for name, ok in right.items() if public.outputs[name].ok and not ok]
    shown = any(not ok and not public.outputs[name].ok for name, ok in right.items())
    said = [public.message] if shown else []
    if elsewhere:
        verb = "is" if len(elsewhere) == 1 else "are"
        said.append(f"{listed(elsewhere)} {verb} right on the check's own instances, but not on others.")
    return replace(
        public,
        correct=all(right.values()),
        score=facts.score_outputs(outputs, exercise.gate),
        slips=public.slips if shown else (),
        laws=public.laws if shown else (),
        message=" ".join(said) or "Correct.",
        outputs=outputs,
        question=public.question if shown else SPECIAL if elsewhere else "",
        spectrum=public.spectrum if shown else None,
        numbers=tuple(number for number in public.numbers if not right[number.output]),
    )


def failed_verdict(exercise: Exercise, status: Status, message: str) -> Verdict:
    """The verdict on an answer that could not be judged."""
    return Verdict(exercise.id, False, 0.0, (), shortened(message, MOST_CHARACTERS), {}, status=status)


def _call_on(
    exercise: Exercise,
    answer: Answer,
    instances: Iterable[Arguments],
    references: Iterable[Reference],
    seconds: float,
    public: bool = False,
) -> Returned | Verdict:
    """Calls the answer on every instance; a Verdict when one of the calls fails.

    public: whether the instances are those that everybody has.
    """
    arrays, judged, noted, named = [], [], [], []
    called: list[Arguments] = [()]

    def call(*given: Any) -> Any:
        if exercise.call:  # what was handed over, whatever the answer then puts in its place
            called[0] = copied(given)
        return answer(*given)

    def call_all() -> None:
        for arguments, reference in zip(instances, references):
            mine, called[0] = copied(arguments), arguments
            result = call_answer(exercise, call, mine)
            given, remark = read_outputs(result, exercise.outputs)
            named.append(not is_in_order(result, exercise.outputs))
            noted.extend([remark] if remark else [])
            if not equal_arguments(mine, arguments) or answer.modified:
                noted.append("the function modifies its arguments; copy before writing into them")
            # here, as converting a student's object may run the student's code
            arrays.append({name: to_array(value) for name, value in given.items()})
            found = {name: facts.judge_output(given.get(name), want) for name, want in reference.items()}
            judged.append({name: entries.with_call(exercise, arguments, o) for name, o in found.items()})

    printed, failure = _attempt(exercise, answer, call_all, seconds)
    if failure is not None:
        if failure.status != Status.ERROR or answer.private:
            return failure
        said = f"{failure.message.rstrip('.')}. {call_words.describe_call(exercise, answer, called[0])}"
        if public and exercise.call is None:
            said += f" `{call_words.example_of(exercise, len(arrays) + 1)}` gives these arguments."
        return replace(failure, message=shortened(said, MOST_CHARACTERS))
    noted += [f"it printed {_in_a_line(printed)}"] if printed.strip() else []
    return Returned(tuple(arrays), tuple(judged), tuple(noted), all(named))


def _attempt(
    exercise: Exercise, answer: Answer, call: Callable[[], None], seconds: float
) -> tuple[str, Verdict | None]:
    """(what was printed, None), or ("", the verdict) when the student's function fails in `call`."""
    try:
        with guard(seconds) as printed:
            call()
        return printed.getvalue(), None
    except TimeLimitExceeded:
        status, said = Status.TIMEOUT, f"Did not return within {seconds:g} s; is there a loop without an end?"
    except NotImplementedError as error:
        last = traceback.extract_tb(error.__traceback__)[-1].name
        at = error.at if isinstance(error, Unanswered) else last
        missing = "Not answered yet." if at == answer.name else f"It calls {at}, which is not answered yet."
        status, said = Status.UNANSWERED, missing
    except Unreadable as error:
        kind = "returned something of another kind" if answer.private else error
        status, said = Status.FORM, f"{exercise.function} {kind}."
    except AnswerError as error:
        status, said = Status.ERROR, f"{error}."
    except (KeyboardInterrupt, StaleRun):
        raise
    except BaseException as error:  # whatever a student's function raises, SystemExit included
        called_with = None if exercise.call else len(exercise.instances()[0])
        said = describe_error(error, answer.function, called_with)
        # raised over what came back, so that its words could be made of the secret inputs
        status, said = Status.ERROR, f"{type(error).__name__}." if answer.private else said
    return "", failed_verdict(exercise, status, said)


def _check_kind(exercise: Exercise, answer: object) -> None:
    if exercise.kind == "function" and not callable(answer):
        raise TypeError(
            f"{exercise.id} is answered with a function, {exercise.function}, "
            f"but a value of type {type(answer).__name__} came"
        )
    if exercise.kind == "value" and callable(answer):
        raise TypeError(f"{exercise.id} is answered with a value, {exercise.function}, but a function came")


def _once(noted: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shortened(note, facts.LONGEST_NOTE) for note in noted))


def _in_a_line(text: Any, width: int = 300) -> str:
    return shortened(" / ".join(line for line in text.splitlines() if line.strip()), width)
