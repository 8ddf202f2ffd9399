"""The table of docs/diagnosis.md that says by how much instances tell corrupted backward passes apart."""

from functools import cache

import numpy as np

from ..exercises import Exercise, all_exercises
from ..exercises.corruptions import CORRUPTIONS, Probe, margins
from ..exercises.instances import probes_and_references

SEEDS = range(50)

HEAD = """## What passes nowhere

Gradients of an exercise are also asked for on a sequence of 13 steps and on adjoints thirty times as large.
Each is drawn anew until every *corruption* shows: entries clipped to a range, arrays scaled to a norm, a
sweep that ends after k steps or follows each loss through k steps, a carry that fades, one that is detached
every n steps, the last instance of the batch alone, a mean over the batch or over time. Below is the smallest
difference over {seeds} seeds, the public one among them, in tolerances, on the output and in the way that
shows it least. Clipping and norms are of all outputs, of the parameters only, or of one output only. A letter
says why there is nothing to go wrong:
{reasons}.

"""
LETTERS = {
    "there are no steps": "s",
    "no adjoint travels from step to step": "t",
    "one sequence at a time": "b",
    "there are four layers": "l",
}


@cache
def swept_exercises() -> tuple[Exercise, ...]:
    """The exercises whose outputs are made from adjoints."""
    return tuple(e for e in all_exercises().values() if e.sweep)


def smallest_margins(exercise: Exercise, seeds) -> dict[str, float | str]:
    """For each corruption the smallest margin over the seeds, in tolerances, or why there is none."""
    found: dict[str, float | str] = {}
    assert exercise.sweep is not None
    for seed in seeds:
        kinds = [Probe.of(exercise, given) for given in probes_and_references(exercise.id, seed)[0]]
        for corruption in CORRUPTIONS:
            probe = kinds[-1] if corruption.is_loud else kinds[0]
            by_output = margins(probe, corruption)
            if isinstance(by_output, str):
                found[corruption.name] = by_output
            else:
                before = found.get(corruption.name, np.inf)
                assert not isinstance(before, str)
                found[corruption.name] = min(before, *by_output.values())
    return found


def row(exercise: Exercise) -> str:
    """One line of the table."""
    cells = smallest_margins(exercise, SEEDS).values()
    shown = (LETTERS[cell] if isinstance(cell, str) else f"{float(f'{cell:.2g}'):g}" for cell in cells)
    return f"| {exercise.id} | {' | '.join(shown)} |\n"


def table() -> str:
    """The section, for all exercises."""
    reasons = ", ".join(f"*{letter}* {reason}" for reason, letter in LETTERS.items())
    heads = ["exercise", *(corruption.name for corruption in CORRUPTIONS)]
    lines = [f"| {' | '.join(heads)} |\n", f"|{'---|' * len(heads)}\n"]
    return HEAD.format(seeds=len(SEEDS), reasons=reasons) + "".join([*lines, *map(row, swept_exercises())])
