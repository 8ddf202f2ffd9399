"""Grades the one submission of a Gradescope container and writes its results.json.

`run_autograder` runs this in the folder of the course that `gradescope_zip` has packed.  Of that, and of the
results, student code can read nothing: behind walls it is not there, and without them it is closed to the
account that student code runs as.
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Infrastructure, UserError
from ..exercises import find_exercise
from ..exercises.check_cell import nbgrader_metadata
from ..feedback import card
from ..files import write_atomically
from ..results import Result
from ..sandbox.bubblewrap import choose_walls, walls_problem
from ..wording import listed
from .course import Course
from .grade_submission import Task, grade_one, result_of
from .gradescope import gradescope_results
from .judge_submission import Judged
from .line_search import search_lines, searches_of, with_lines
from .names import Names
from .reading import Reader

SEARCH_SECONDS = 60.0  # for all lines of a submission
NO_WALLS = (
    "Student code ran as another account, with limits of time, memory and processes, and without walls, as"
    " bubblewrap cannot start here: {why} It could use the network and read what that account may read."
)


def main(base: Path) -> int:
    """Grades BASE/submission; 1, with the reason on standard output, where nothing is known of it."""
    try:
        results = grade(base)
    except (UserError, Infrastructure) as error:
        print(f"not graded: {error}")  # without results, Gradescope says that the autograder failed
        return 1
    write_atomically(base / "results" / "results.json", json.dumps(results, indent=1))
    return 0


def grade(base: Path) -> dict[str, Any]:
    """What results.json is to hold; raises errors.UserError or errors.Infrastructure."""
    course = Course.load(Path.cwd())
    (assignment,) = course.assignments
    walls, why = _walls(course.walls)
    names = Names.read(course.home)
    with Reader(course, assignment, walls) as reader:
        task = reader.task_of(student_id(base), base / "submission")
    _, judged = grade_one(task)
    judged = _with_lines(task, judged) if course.search_seconds > 0 else judged
    cards = {
        grade_id: card.render_text(
            find_exercise(verdict.exercise), names.told(verdict), follow_through=task.follow_through
        )
        for grade_id, verdict in judged.verdicts.items()
    }
    result = result_of(task, judged, names)
    for line in _for_the_instructor(result, why):
        print(line)
    return _results(result, cards, _read_by_a_person(task), _for_the_instructor(result, why))


def student_id(base: Path) -> str:
    """Who handed in, by the e-mail addresses in submission_metadata.json; "" where there are none."""
    try:
        stored = json.loads((base / "submission_metadata.json").read_text(encoding="utf-8"))
        return " ".join(sorted(str(user["email"]) for user in stored["users"]))
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _walls(wanted: str) -> tuple[str, str]:
    """(the walls to use, why there are none): "auto" is another account where bubblewrap cannot start."""
    why = walls_problem() if wanted == "auto" else ""
    if wanted in ("account", "none"):
        why = f"c.Grade.sandbox is {wanted!r}."
    return choose_walls("account" if wanted == "auto" and why else wanted), why


def _with_lines(task: Task, judged: Judged) -> Judged:
    """The verdicts with the lines to look at, as far as there is time for them."""
    ends, lines = time.monotonic() + SEARCH_SECONDS, {}
    try:
        for grade_id, search in searches_of(task, judged).items():
            if time.monotonic() < ends:
                lines[grade_id], _ = search_lines(search)
    except Exception as error:  # no points depend on it
        print(f"lines were not looked for to the end: {type(error).__name__}: {error}")
    return with_lines(judged, lines)


def _read_by_a_person(task: Task) -> list[str]:
    """The answers that are not in the score, with their points."""
    graded = [nbgrader_metadata(cell) for cell in task.released["cells"]]
    return [f"{g['grade_id']} ({g['points']:g})" for g in graded if g.get("grade") and g.get("solution")]


def _for_the_instructor(result: Result, why: str) -> list[str]:
    """What students are not shown."""
    lines = [NO_WALLS.format(why=why)] if why else ["Student code ran behind bubblewrap's walls."]
    waiting = [mark.exercise for mark in result.marks.values() if mark.status.needs_a_person]
    if waiting or result.review:
        lines.append(f"A person should look at: {', '.join([*waiting, *result.review])}")
    return lines


def _results(
    result: Result, cards: Mapping[str, str], by_hand: list[str], hidden: list[str]
) -> dict[str, Any]:
    made = gradescope_results(result, cards)
    if by_hand:
        said = f"Read by a person, and not in this score: {listed(by_hand)}"
        made["output"] = "\n".join(filter(None, [made["output"], said]))
    made["tests"].append(
        {
            "name": "for the instructor",
            "output": "\n".join(hidden),
            "output_format": "text",
            "visibility": "hidden",
        }
    )
    score = round(sum(mark.points for mark in result.marks.values()), 2)
    return made | {"score": score, "output_format": "text", "stdout_visibility": "hidden"}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
