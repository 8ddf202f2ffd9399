"""Backward passes that go wrong on the way: clipped, cut, faded, detached, of one instance only, a mean.

These are among the most copied wrong answers, and small instances do not tell all of them from the right
one: nothing there is as large as 5, or as far away as eight steps.  Here each of them is made from the
reference, so that instances can be drawn that tell.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..compare import TOLERANCE, Array, relative_error
from . import Arguments, Exercise
from .sweep_paths import INITIAL, Outputs, Paths

MARGIN = 10.0  # tolerances by which instances have to tell a corruption from the right answer
OF_INSTANCES = (*INITIAL, "x", "h", "h_prev", "c_prev")  # outputs with a part for every instance of a batch

CLIPS = (1.0, 5.0, 7.3, 10.0)

NO_STEPS = "there are no steps"
NO_TRAVEL = "no adjoint travels from step to step"
NO_BATCH = "one sequence at a time"
TOO_FEW_LAYERS = "there are four layers"


class Probe(NamedTuple):
    """An instance on which corruptions show."""

    exercise: Exercise
    arguments: Arguments
    right: Outputs
    paths: Paths | None  #: None where there are no steps

    @classmethod
    def of(cls, exercise: Exercise, arguments: Arguments) -> "Probe":
        """An exercise's instance, with the gradients that are right there."""
        sweep = exercise.sweep
        assert sweep is not None
        right = {
            name: np.asarray(g, float)
            for name, g in exercise.right_outputs(arguments).items()
            if name not in sweep.beside
        }
        return cls(exercise, arguments, right, Paths(exercise, arguments) if sweep.long else None)


class Corruption(NamedTuple):
    """One way to go wrong.

    make: from a probe, what the outputs that have to change become; in several ways where there are
    several ways to do it.  A sentence instead says why there is nothing to go wrong.
    """

    name: str
    is_loud: bool  #: whether it shows on large adjoints, and not on long sequences
    make: Callable[[Probe], list[Outputs] | str]


def margins(probe: Probe, corruption: Corruption) -> dict[str, float] | str:
    """By how many tolerances each output that has to change does, in the way that shows least.

    Why there is none, where the corruption has nothing to change.
    """
    made = corruption.make(probe)
    if isinstance(made, str):
        return made
    found: dict[str, float] = {}
    for outputs in made:
        for name, got in outputs.items():
            error = relative_error(got, probe.right[name]) / TOLERANCE
            found[name] = min(error, found.get(name, np.inf))
    return found


def tells(probe: Probe, corruption: Corruption) -> bool:
    """Whether an instance tells a corruption apart on every output that it has to change."""
    found = margins(probe, corruption)
    return isinstance(found, str) or min(found.values()) >= MARGIN


def tells_clipping(right: Array) -> bool:
    """Whether an output is large enough for an instance to show that it was cut to a range."""
    return all(relative_error(np.clip(right, -most, most), right) >= MARGIN * TOLERANCE for most in CLIPS)


def _clipped(most: float) -> Callable[[Probe], list[Outputs]]:
    """All outputs, those of the parameters, or one of them: an output differs alike in all three."""
    return lambda probe: [{name: np.clip(g, -most, most) for name, g in probe.right.items()}]


def _shortened(most: float) -> Callable[[Probe], list[Outputs]]:
    """Scaled to a norm: all outputs, those of the parameters, or each alone."""

    def make(probe: Probe) -> list[Outputs]:
        everything, weights = list(probe.right), weights_of(probe)
        sets = [everything, weights, *([name] for name in everything)]
        return [shortened(probe.right, names, most) for names in sets if names]

    return make


def shortened(right: Mapping[str, Array], names: list[str], most: float) -> Outputs:
    """These arrays, scaled to a joint norm of `most` where it is larger."""
    norm = np.sqrt(sum(float(np.sum(right[name] ** 2)) for name in names))
    return {name: right[name] * min(1.0, most / norm if norm else 1.0) for name in names}


def weights_of(probe: Probe) -> list[str]:
    """The outputs that belong to parameters, or to what is used like one."""
    sweep = probe.exercise.sweep
    assert sweep is not None
    return [name for name in probe.right if name in sweep.shared or name not in (*OF_INSTANCES, "dh_total")]


def _cut(k: int) -> Callable[[Probe], list[Outputs] | str]:
    """The sweep ends after k steps, or every loss goes back through k steps."""

    def make(probe: Probe) -> list[Outputs] | str:
        if probe.paths is None:
            return _through_layers(probe, lambda depth: float(depth < k))
        ended = [probe.paths.last(k), probe.paths.last(k, hands_back=True)]
        return [*ended, *_what_travels(probe, probe.paths.short(k))]

    return make


def _fading(rate: float) -> Callable[[Probe], list[Outputs] | str]:
    def make(probe: Probe) -> list[Outputs] | str:
        if probe.paths is None:
            return _through_layers(probe, lambda depth: rate**depth)
        return _what_travels(probe, probe.paths.fading(rate)) or NO_TRAVEL

    return make


def _detached(period: int) -> Callable[[Probe], list[Outputs] | str]:
    def make(probe: Probe) -> list[Outputs] | str:
        sweep = probe.exercise.sweep
        assert sweep is not None
        if probe.paths is None:
            total = max(sweep.layers.values(), default=0)
            left = (total - 1) % period + 1  # layers above the last cut
            return _through_layers(probe, lambda depth: float(depth < left)) if period < total else (
                TOO_FEW_LAYERS if total else NO_STEPS
            )
        ways = [probe.paths.detached(period), probe.paths.detached(period, from_the_end=True)]
        return [outputs for way in ways for outputs in _what_travels(probe, way)] or NO_TRAVEL

    return make


def _what_travels(probe: Probe, outputs: Outputs) -> list[Outputs]:
    """The outputs that get something of what travels from step to step, or nothing."""
    sweep = probe.exercise.sweep
    assert sweep is not None
    return [{n: g for n, g in outputs.items() if n not in sweep.still}] if sweep.recurrent else []


def _through_layers(probe: Probe, share: Callable[[int], float]) -> list[Outputs] | str:
    """What each output becomes when it keeps a share that depends on how deep it lies."""
    sweep = probe.exercise.sweep
    assert sweep is not None
    shares = {name: share(depth) for name, depth in sweep.layers.items()}
    made = {name: shares[name] * probe.right[name] for name in shares if shares[name] != 1}
    return [made] if made else TOO_FEW_LAYERS if shares else NO_STEPS


def from_last_instance(probe: Probe) -> Outputs | str:
    """The gradients of the parameters from the last instance of the batch; why there are none."""
    exercise, sweep = probe.exercise, probe.exercise.sweep
    assert sweep is not None and exercise.reference is not None
    if sweep.batch is None:
        return NO_BATCH
    backward, given = exercise.reference, probe.arguments
    if sweep.unroll is not None:
        _, backward, given = sweep.unroll(*given)
    alone = [
        value if n == 0 and isinstance(value, dict) else _of_last(value, _batch_axis(n, value, sweep))
        for n, value in enumerate(given)
    ]
    return {n: np.asarray(g, float) for n, g in backward(*alone).items() if n in weights_of(probe)}


def of_one_instance(exercise: Exercise, arguments: Arguments) -> Arguments | None:
    """The arguments for the last instance of the batch alone; None where there is no batch."""
    sweep = exercise.sweep
    if sweep is None or sweep.batch is None:
        return None
    return tuple(
        value if n == 0 and isinstance(value, dict) else _of_last(value, _batch_axis(n, value, sweep))
        for n, value in enumerate(arguments)
    )


def _batch_axis(n: int, value: Any, sweep: Any) -> int:
    """Of an argument; an adjoint of the last state has no axis of the steps."""
    return 0 if n in sweep.adjoints and value.ndim < 3 else int(sweep.batch)


def _of_last(value: Any, axis: int) -> Any:
    if isinstance(value, dict):
        return {name: _of_last(part, axis) for name, part in value.items()}
    if hasattr(value, "_fields"):
        return type(value)(*(_of_last(part, axis) for part in value))
    if isinstance(value, list):
        return [_of_last(part, axis) for part in value]
    if isinstance(value, np.ndarray) and value.ndim > axis:
        return value.take([-1], axis)
    return value  # the same for all instances, as a decay in a run is


def _from_last_instance(probe: Probe) -> list[Outputs] | str:
    found = from_last_instance(probe)
    return found if isinstance(found, str) else [found]


def _mean(probe: Probe) -> list[Outputs] | str:
    """Divided by the number of instances, or by the number of steps."""
    sweep = probe.exercise.sweep
    assert sweep is not None
    sizes = []
    if sweep.batch is not None:
        sizes.append(probe.arguments[sweep.adjoints[0]].shape[sweep.batch])
    if probe.paths is not None:
        sizes.append(probe.paths.steps)
    return [{name: g / size for name, g in probe.right.items()} for size in sizes]


CORRUPTIONS = (
    *(Corruption(f"clipped at {most:g}", True, _clipped(most)) for most in CLIPS),
    *(Corruption(f"norm {most:g}", True, _shortened(most)) for most in (1.0, 5.0, 10.0)),
    *(Corruption(f"cut {k}", False, _cut(k)) for k in range(1, 9)),
    *(Corruption(f"fading {rate:g}", False, _fading(rate)) for rate in (0.9, 0.95, 0.99)),
    *(Corruption(f"detached {period}", False, _detached(period)) for period in (2, 3, 5)),
    Corruption("last instance", False, _from_last_instance),
    Corruption("mean", False, _mean),
)
