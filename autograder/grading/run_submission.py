"""Stage one of grading: a submission is run, and its functions are called.

Nothing is judged here.  What comes back is kept, so that it can be judged as often as the judge changes.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..answers import Answer
from ..exercises import Exercise, find_exercise, lesson_exercises
from ..exercises.check_cell import CHECK, cell_source, check_of, nbgrader_metadata
from ..exercises.instances import every_instance_and_reference, is_right
from ..exercises.stand_ins import stand_in
from ..sandbox.limits import Limits
from ..sandbox.relatives import with_relatives
from ..sandbox.run import Check, Job, Ran, run_job
from .needed_statements import TAG, needed_sources
from .submission_files import copy_files

LONGEST_LINE = 200  # characters of a line that a worker reports


@dataclass(frozen=True)
class Step:
    """What one code cell is for: a check of an exercise, or to be run.

    source: what is run of it.
    """

    index: int
    source: str
    given: bool = False  #: whether the cell is the release's, so that its failure is not the student's
    exercise: str = ""  #: of a check
    grade_id: str = ""
    name: str = ""  #: of what is checked


def run_submission(
    steps: list[Step], lesson: str, files: Mapping[str, Path], seed: int, mode: str, limits: Limits
) -> Ran:
    """Runs a submission's cells and calls what its checks are about; raises as `run_job`.

    files: what lies beside the notebook.  seed: of the secret instances.
    """
    cells = tuple(_cell(step, seed) for step in steps)
    with _copies(files) as folder:
        return run_job(Job(cells, answer_functions(lesson), folder), mode, limits)


def _cell(step: Step, seed: int) -> str | Check:
    """A step as the sandbox has it; errors are described on public instances, then secret ones follow."""
    if not step.exercise:
        return step.source
    exercise = find_exercise(step.exercise)
    if exercise.kind != "function":
        return Check(step.name)
    rounds = (_calls_on(exercise, 0), _calls_on(exercise, seed))
    return Check(step.name, rounds, stand_in(exercise), exercise.builds_on)


def _calls_on(exercise: Exercise, seed: int) -> tuple[Callable[[Answer], bool], ...]:
    """A call for each instance of a seed, which takes the answer and says whether it is right."""
    both = zip(*every_instance_and_reference(exercise.id, seed), strict=True)
    return tuple(partial(is_right, exercise, *pair) for pair in both)


def plan_steps(notebook: dict[str, Any], released: dict[str, Any]) -> list[Step]:
    """A step for each code cell."""
    given = given_cells(released)
    steps: list[Step] = []
    for index, cell in enumerate(cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        source, found = cell_source(cell), check_of(cell)
        if found:
            exercise, grade_id = found
            match = CHECK.search(source)
            assert match is not None
            steps.append(Step(index, source, False, exercise.id, grade_id, match[2]))
        else:
            steps.append(Step(index, source, source in given))
    return _with_needed_sources(steps, given)


def given_cells(released: dict[str, Any]) -> dict[str, bool]:
    """{source: whether it is tagged as showing answers} of the code cells that are no student's."""
    return {
        cell_source(cell): TAG in cell["metadata"].get("tags", ())
        for cell in released["cells"]
        if cell["cell_type"] == "code" and not nbgrader_metadata(cell).get("solution")
    }


def _with_needed_sources(steps: list[Step], given: Mapping[str, bool]) -> list[Step]:
    """The steps, of which those that show answers have nothing but what the others need."""
    shows = [step for step in steps if given.get(step.source)]
    others = [step.source for step in steps if step.given and step not in shows]
    own = [step.name if step.exercise else step.source for step in steps if not step.given]
    needed = needed_sources([step.source for step in shows], others, own)
    by_index = {step.index: source for step, source in zip(shows, needed)}
    return [replace(step, source=by_index.get(step.index, step.source)) for step in steps]


def answer_functions(lesson: str) -> tuple[str, ...]:
    """The functions of rnnlib that would answer an exercise of the lesson, as "rnn.backward"."""
    return with_relatives(name for exercise in lesson_exercises(lesson) for name in exercise.answers)


def lines_of(notebook: dict[str, Any]) -> frozenset[tuple[int, str]]:
    """(number in its cell, text) of all lines of code in a notebook, as the worker reports them."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return frozenset(
        (number, line.strip()[:LONGEST_LINE])
        for cell in code
        for number, line in enumerate(cell_source(cell).splitlines(), start=1)
    )


@contextmanager
def _copies(files: Mapping[str, Path]) -> Iterator[str | None]:
    """A folder with copies of `files`, gone afterwards; None when there are none."""
    if not files:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        copy_files(files, folder)
        yield folder
