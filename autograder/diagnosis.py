"""`diagnose`: facts, then correct, then a slip, then unknown."""

import traceback
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from . import judge, laws, slips, spectrum
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
    status: str = "judged"  # or "unanswered", "error", "timeout"
    spectrum: np.ndarray | None = None


def diagnose(exercise_id, answer, seed=None):
    """Judges `answer` on the instances of `seed` (None: the public ones); returns a `Verdict`.

    answer: a function, or an array or number where the exercise asks for one.  Never raises for
    what the answer does; raises ValueError or TypeError for an unknown exercise or the wrong
    kind of answer.
    """
    exercise = find_exercise(exercise_id)
    _check_kind(exercise, answer)
    if exercise.kind == "value":
        return _judge_value(exercise, answer)
    seed = 0 if seed is None else int(seed)
    instances, references = setting(exercise.id, seed)
    called = getattr(answer, "names", None) or getattr(getattr(answer, "__code__", None), "co_varnames", ())
    trial = Trial(exercise, seed, instances, references, [], called)
    notes, per_instance = [], []

    def call_all():
        for arguments, reference in zip(instances, references):
            mine = copied(arguments)
            returned = run(exercise, answer, mine)
            given, remark = judge.read_outputs(returned, exercise.outputs)
            notes.extend([remark] if remark else [])
            if not equal(mine, arguments) or getattr(answer, "modified", False):
                notes.append("the function modifies its arguments; copy before writing into them")
            trial.answers.append({name: judge.to_array(value) for name, value in given.items()})
            per_instance.append(
                {name: judge.judge_output(given.get(name), want) for name, want in reference.items()}
            )

    printed, problem = _attempt(exercise, answer, call_all)
    if problem is not None:
        return problem
    notes += [f"it printed {_shortened(printed)}"] if printed.strip() else []
    outputs = judge.combine(per_instance)
    notes += [f"{name}: {o.note}" for name, o in outputs.items() if o.ok and o.note]
    return _verdict(trial, outputs, tuple(dict.fromkeys(notes)))


def dry_run(exercise, answer):
    """Calls a function on the public instances; the verdict if that already fails, else None."""

    def call_all():
        for arguments in exercise.instances():
            judge.read_outputs(run(exercise, answer, copied(arguments)), exercise.outputs)

    return _attempt(exercise, answer, call_all)[1]


def _attempt(exercise, answer, call):
    """(what was printed, None), or ("", the verdict) when the student's function fails in `call`."""
    try:
        with guard(TIME_LIMIT) as printed:
            call()
        return printed.getvalue(), None
    except TimeLimitExceeded:
        problem = (
            "timeout",
            f"Did not return within {TIME_LIMIT:g} s; is there a loop without an end?",
        )
    except NotImplementedError as error:
        at = getattr(error, "at", None) or traceback.extract_tb(error.__traceback__)[-1].name
        missing = (
            "Not answered yet." if at == exercise.function else f"It calls {at}, which is not answered yet."
        )
        problem = "unanswered", missing
    except judge.Unreadable as error:
        problem = "error", f"{exercise.function} {error}."
    except AnswerError as error:
        problem = "error", f"{error}."
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a student's function raises, SystemExit included
        problem = "error", describe_error(error, answer)
    return "", failed(exercise, *problem)


def _verdict(trial, outputs, notes):
    exercise, score = trial.exercise, judge.score(outputs, trial.exercise.gate)
    if all(output.ok for output in outputs.values()):
        return Verdict(exercise.id, True, 1.0, (), "Correct.", outputs, notes=notes)
    found = slips.match(trial)
    shares = spectrum.of_trial(trial) if exercise.spectrum else None
    wrong = [name for name, output in outputs.items() if not output.ok]
    explained = frozenset().union(*(match.outputs for match in found))
    rest = [name for name in wrong if name not in explained]
    by_law, lawful = laws.find(trial, rest)
    rest = [name for name in rest if name not in lawful]
    message = " ".join(
        [*_explanations(exercise, found), *by_law, *_remainder(outputs, rest, bool(found or by_law))]
    )
    alternatives = len({match.outputs for match in found}) < len(found)
    question = "" if alternatives else found[0].slip.asks if found else exercise.asks
    if not found and (by_law or any(outputs[name].note for name in wrong)):
        question = ""
    ids = tuple(m.slip.id if m.owner is exercise else f"{m.owner.id}:{m.slip.id}" for m in found)
    return Verdict(exercise.id, False, score, ids, message, outputs, question, notes, spectrum=shares)


def _explanations(exercise, found):
    """One sentence per mistake; slips that the same numbers fit are alternatives."""
    by_outputs = {}
    for match in found:
        says = match.slip.says
        if match.owner is not exercise:
            says = f"Carried over from {match.owner.function}: {says}"
        by_outputs.setdefault(match.outputs, []).append(says)
    return [" Or: ".join(alternatives) for alternatives in by_outputs.values()]


def _remainder(outputs, rest, some_named):
    """What to say of the wrong outputs that no slip explains."""
    facts = [f"{name} {outputs[name].note}." for name in rest if outputs[name].note]
    values = [name for name in rest if not outputs[name].note]
    right = [name for name, output in outputs.items() if output.ok]
    if values:
        also = " as well" if some_named else ""
        facts.append(
            f"{judge.listed(values)} {'differs' if len(values) == 1 else 'differ'}{also}"
            + (f"; {judge.listed(right)} {'is' if len(right) == 1 else 'are'} right." if right else ".")
        )
    return facts


def _judge_value(exercise, answer):
    if answer is None or answer is Ellipsis:
        return failed(exercise, "unanswered", "Not answered yet.")
    try:
        with guard(TIME_LIMIT):
            problem = exercise.verify(deepcopy(answer))
    except TimeLimitExceeded:
        return failed(exercise, "timeout", f"Could not be judged within {TIME_LIMIT:g} s.")
    except Exception as error:
        return failed(exercise, "error", f"{type(answer).__name__} does not fit: {error}")
    output = judge.Output(problem is None, 0.0 if problem is None else np.inf, problem or "")
    return Verdict(
        exercise.id,
        problem is None,
        float(problem is None),
        (),
        problem or "Correct.",
        {exercise.outputs[0]: output},
    )


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
