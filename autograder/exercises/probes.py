"""The instances of an exercise on which corruptions show: a long sequence, and one with large adjoints.

A forward pass has one with large inputs.  Of a secret seed they are drawn until they tell every known
corruption from the right answer, also where that is computed in single precision.
"""

import numpy as np

from . import Arguments, Exercise
from .conditioning import is_well_conditioned
from .corruptions import CORRUPTIONS, Probe, tells, tells_clipping

LOUD = 30.0  # how much larger the adjoints of the loud instance are
DRAWS = 200
# of the public seed the first draws that tell, (long, loud) where not both are 0: a student need not wait
PUBLIC = {
    "01.scalar_bptt": (1, 3),
    "04.column_backward": (1, 0),
    "04.relu_backward": (1, 0),
    "08.rnn_as_mlp": (1, 3),
    "10.peephole_gradients": (0, 2),
}
FAR = 3 * 2**70  # no other instance of the course has so large a number


def draw_probes(exercise: Exercise, seed: int) -> tuple[Arguments, ...]:
    """The long and the loud instance of a seed, as far as the exercise has them.

    Raises RuntimeError where no draw tells.
    """
    if exercise.sweep is None:
        return (_draw(exercise, seed, True),) if exercise.loud else ()
    kinds = (False, True) if exercise.sweep.long else (True,)
    return tuple(_draw(exercise, seed, is_loud) for is_loud in kinds)


def _draw(exercise: Exercise, seed: int, is_loud: bool) -> Arguments:
    if not seed:
        return probe_arguments(exercise, seed, is_loud, PUBLIC.get(exercise.id, (0, 0))[is_loud])
    for draw in range(DRAWS):
        arguments = probe_arguments(exercise, seed, is_loud, draw)
        telling = is_telling(exercise, arguments, is_loud)
        if telling and is_well_conditioned(exercise.right_outputs, arguments):
            return arguments
    kind = "loud" if is_loud else "long"
    found = f"none of {DRAWS} {kind} instances of seed {seed} tells all corruptions apart"
    raise RuntimeError(f"{exercise.id}: {found} and is well conditioned")


def probe_arguments(exercise: Exercise, seed: int, is_loud: bool, draw: int) -> Arguments:
    """One draw of a long or a loud instance."""
    assert exercise.instance is not None
    number = FAR + 3 * (DRAWS * exercise.first_number(seed) + draw)
    if not is_loud:
        assert exercise.sweep is not None and exercise.sweep.long is not None
        return exercise.sweep.long(number)
    sweep, loud = exercise.sweep, exercise.loud
    times = dict.fromkeys(sweep.adjoints, LOUD) if sweep else dict(loud.arguments) if loud else {}
    arguments = exercise.instance(number)
    return tuple(times[n] * value if n in times else value for n, value in enumerate(arguments))


def is_telling(exercise: Exercise, arguments: Arguments, is_loud: bool) -> bool:
    """Whether an instance tells every corruption that has to show on its kind."""
    sweep = exercise.sweep
    if sweep is None:
        assert exercise.loud is not None
        right = exercise.right_outputs(arguments)
        return all(tells_clipping(np.asarray(right[name], float)) for name in exercise.loud.outputs)
    probe = Probe.of(exercise, arguments)
    due = [c for c in CORRUPTIONS if c.is_loud == is_loud or not sweep.long]
    return all(tells(probe, corruption) for corruption in due)
