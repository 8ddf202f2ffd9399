"""What a wrong backward pass gives on less: one step, two steps, one instance of the batch.

Where no reason is known, this is what anybody would try first, so the card tries it.  The answer is called
here, on pieces of a public instance; one that runs elsewhere cannot be asked again.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import compare
from ..errors import TimeLimitExceeded
from ..exercises import Arguments, Exercise
from ..exercises.corruptions import of_one_instance
from ..exercises.instances import copied
from ..exercises.sweep_paths import Paths
from ..outputs import read_outputs
from ..wording import listed
from .call_guard import guard

SECONDS = 1.0


def try_on_less(exercise: Exercise, function: Callable[..., Any] | None, wrong: Sequence[str]) -> str:
    """At which number of steps, or of instances, the wrong outputs begin to differ, in sentences.

    "" where the exercise has no steps that can be cut, or where the answer fails on less.
    """
    sweep = exercise.sweep
    if function is None or sweep is None or sweep.long is None or sweep.unroll is not None or exercise.call:
        return ""
    try:
        with guard(SECONDS):
            small = exercise.instances()
            by_steps = [
                _differing(exercise, function, [_first(exercise, given, k) for given in small], wrong)
                for k in (1, 2)
            ]
            alone = [cut for given in small if (cut := of_one_instance(exercise, given)) is not None]
            one = _differing(exercise, function, alone, wrong) if alone else None
    except (Exception, SystemExit, TimeLimitExceeded):  # an answer may need the sizes that the check has
        return ""
    return " ".join([*_about_steps(by_steps, wrong), *_about_batch(one)])


def _about_steps(by_steps: Sequence[list[str]], wrong: Sequence[str]) -> list[str]:
    first, second = by_steps
    later = [name for name in second if name not in first]
    these = ("It" if len(first) == 1 else "They") if first == list(wrong) else listed(first) if first else ""
    said = [f"{these} {'differs' if len(first) == 1 else 'differ'} already with T = 1."] if first else []
    if later:
        verb = "differs" if len(later) == 1 else "differ"
        said.append(f"{listed(later)} {verb} from T = 2 on, and not with T = 1.")
    if not first and not second:
        # not "with T = 1": later steps may be padded, or be what a window cuts
        said.append("On the first step of each sequence alone, and on the first two, all is right.")
    return said


def _about_batch(differing: list[str] | None) -> list[str]:
    return ["With one instance in the batch all is right."] if differing == [] else []


def _first(exercise: Exercise, given: Arguments, steps: int) -> Arguments:
    """The arguments for the first steps alone; an adjoint of the last state is that of the new last one."""
    assert exercise.sweep is not None
    whole = {n for n in exercise.sweep.adjoints if given[n].ndim < given[exercise.sweep.adjoints[0]].ndim}
    cut = Paths(exercise, given).first(steps)
    return tuple(given[n] if n in whole else value for n, value in enumerate(cut))


def _differing(
    exercise: Exercise, function: Callable[..., Any], instances: Sequence[Arguments], names: Sequence[str]
) -> list[str]:
    """The outputs that are wrong on one of these instances, or several."""
    wrong = set()
    for arguments in instances:
        right = exercise.right_outputs(copied(arguments))
        with np.errstate(all="ignore"):
            found, _ = read_outputs(function(*copied(arguments)), exercise.outputs)
        wrong |= {name for name in names if not compare.same(compare.to_array(found.get(name)), right[name])}
    return [name for name in names if name in wrong]
