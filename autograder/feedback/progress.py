"""The course so far: what the checks of a student's notebooks have earned, kept in one small file.

`check` notes the best result of every exercise in progress.json, beside the lessons' folders; nothing is
noted while grading, where `check` does not run.  The file is the student's own and carries no weight.
"""

import html as _html
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..exercises import LESSONS, lesson_exercises
from ..files import write_atomically
from ..lessons import START_PAGE
from ..results import Mark
from .card import STYLE
from .show import in_notebook, show_output

FILE = "progress.json"
ON_DRIVE = Path("/content/drive/MyDrive/unrolled")  # on Colab, made by colab.keep_work
PATIENCE = 0.5  # seconds to wait for another notebook that is writing

Noted = dict[str, dict[str, Any]]  # by exercise: points, max, correct, checks


def progress() -> None:
    """Shows the course so far: for every lesson its exercises and points, from the checks that were run."""
    noted, problem = read_notes(place())
    remarks = [*([problem] if problem else []), *_remarks(place())]
    show_output(render_html(noted, remarks), render_text(noted, remarks))


def note(mark: Mark) -> None:
    """Notes what a check in a notebook earned; where nothing can be written, `progress` says so.

    What was earned before is not lost by a worse answer.
    """
    if not in_notebook() or not mark.max > 0:
        return
    with suppress(OSError), _alone(path := place()):
        noted, problem = read_notes(path)
        if problem:  # a damaged file is put aside, never overwritten
            os.replace(path, path.with_name(f"{FILE}.damaged"))
        before = noted.get(mark.exercise, {})
        noted[mark.exercise] = {
            "points": max(mark.points, before.get("points", 0.0)),
            "max": mark.max,
            "correct": mark.correct or before.get("correct", False),
            "checks": before.get("checks", 0) + 1,
        }
        write_atomically(path, json.dumps({"exercises": dict(sorted(noted.items()))}, indent=1) + "\n")


def place(folder: Path | None = None) -> Path:
    """Where progress.json is for notebooks in a folder: beside the lessons' folders, or in the folder.

    On Colab, which starts every notebook in one folder, it is on Drive where work is kept there.
    """
    if folder is None and on_colab() and ON_DRIVE.is_dir():
        return ON_DRIVE / FILE
    folder = Path.cwd() if folder is None else folder
    is_lesson = folder.name == START_PAGE or folder.name.split("_")[0] in LESSONS
    return (folder.parent if is_lesson else folder) / FILE


def on_colab() -> bool:
    """Whether this is Google Colab, whose kernels have loaded its package before any cell runs."""
    return "google.colab" in sys.modules


def read_notes(path: Path) -> tuple[Noted, str]:
    """What is noted, and a sentence where the file cannot be read."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["exercises"]
        noted = {name: _checked(entry) for name, entry in stored.items()}
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"{path} cannot be read: {error.strerror}."
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, f"{path} does not hold what checks write; the next check puts it aside and begins anew."
    return noted, ""


def _checked(entry: Any) -> dict[str, Any]:
    numbers = {name: float(entry[name]) for name in ("points", "max")}
    return {**numbers, "correct": bool(entry["correct"]), "checks": int(entry["checks"])}


def _remarks(path: Path) -> list[str]:
    """What keeps the progress from being stored, or from lasting."""
    if on_colab() and path.parent != ON_DRIVE:
        return [f"Colab deletes {path} when the session ends; the start page says how to keep it in Drive."]
    if not os.access(path if path.exists() else path.parent, os.W_OK) or not os.access(path.parent, os.W_OK):
        return [f"{path.parent} cannot be written, so checks are not noted there."]
    return []


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keeps two notebooks from writing at once, where the system has locks on files."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows, browsers: the file is whole all the same, a note may be lost
        yield
        return
    with path.with_name(f".{FILE}.lock").open("w") as file:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                flock(file, LOCK_EX | LOCK_NB)
                break
            except OSError:
                if time.monotonic() > until:
                    break
                time.sleep(0.01)
        yield


def _rows(noted: Noted) -> list[tuple[str, int, int, float, float]]:
    """(lesson, exercises that are right, exercises, points, points in all) for every lesson."""
    rows = []
    for lesson in LESSONS:
        asked = [e for e in lesson_exercises(lesson) if e.points]
        entries = [noted[e.id] for e in asked if e.id in noted]
        right = sum(entry["correct"] for entry in entries)
        earned = sum(min(noted[e.id]["points"], e.points) for e in asked if e.id in noted)
        rows.append((lesson, right, len(asked), earned, sum(e.points for e in asked)))
    return rows


def _total(rows: list[tuple[str, int, int, float, float]]) -> tuple[str, int, int, float, float]:
    return (
        "all",
        sum(r[1] for r in rows),
        sum(r[2] for r in rows),
        sum(r[3] for r in rows),
        sum(r[4] for r in rows),
    )


def render_text(noted: Noted, remarks: list[str]) -> str:
    """The course so far for a terminal."""
    rows = _rows(noted)
    lines = ["    lesson  exercises      points"]
    for name, right, asked, earned, points in [*rows, _total(rows)]:
        lines.append(
            f"{_sign(right, asked)}   {name:<6}  {right:>3} of {asked:>3}  {earned:>6.4g} of {points:g}"
        )
    return "\n".join([*lines, *remarks])


def render_html(noted: Noted, remarks: list[str]) -> str:
    """The course so far for a notebook."""
    rows = _rows(noted)
    head = "".join(f"<th scope='col'>{name}</th>" for name in ("lesson", "exercises", "", "points"))
    body = "".join(
        f"<tr><th scope='row'>{_sign(right, asked)} {name}</th><td>{right} of {asked}</td>"
        f"<td><progress max='{asked}' value='{right}' aria-label='lesson {name}'></progress></td>"
        f"<td>{earned:.4g} of {points:g}</td></tr>"
        for name, right, asked, earned, points in [*rows, _total(rows)]
    )
    said = "".join(f"<p class='small' role='note'>{_html.escape(remark)}</p>" for remark in remarks)
    return (
        f"{STYLE}<section class='unrolled right' role='group' aria-label='progress'>"
        f"<table><tr>{head}</tr>{body}</table>{said}</section>"
    )


def _sign(right: int, asked: int) -> str:
    return "✓" if right == asked else "…" if right else " "
