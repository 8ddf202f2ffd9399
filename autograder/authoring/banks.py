"""The banks of slips: what every slip gives on the public instances, made from the solutions."""

from pathlib import Path

from ..diagnosis import match_slips
from ..diagnosis.bank_contents import CONTENTS, write_contents
from ..errors import BuildError
from ..exercises import LESSONS, all_exercises, lesson_exercises, sources


def build_bank(folder: Path = match_slips.BANK) -> None:
    """Compiles every slip of every exercise; saves their arrays, and the list of all banks.

    Raises BuildError where a lesson has no source, PassageError for a slip whose passage is gone.
    """
    lacking = [lesson for lesson in LESSONS if sources.code_cells(lesson) is None]
    if lacking:
        raise BuildError(
            f"solutions/ has no source of lesson {', '.join(lacking)}; the banks need every lesson"
        )
    (folder / CONTENTS).unlink(missing_ok=True)  # an interrupted build must not look finished
    for lesson in LESSONS:
        for exercise in lesson_exercises(lesson):
            for slip in exercise.slips:
                sources.solution_variant(exercise, slip)
        match_slips.write_bank(lesson_exercises(lesson), folder)
    names = {f"{exercise_id}.npz" for exercise_id in banked_exercises()}
    for path in folder.glob("*.npz"):
        if path.name not in names:  # of an exercise that is gone
            path.unlink()
    write_contents(folder, names)


def banked_exercises() -> list[str]:
    """The ids of the exercises that have a bank: functions with slips."""
    return [e.id for e in all_exercises().values() if e.kind == "function" and e.slips]
