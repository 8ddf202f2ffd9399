"""What a student handed in: a notebook that may be anything, and files beside it.

Of a notebook only what can be answered with is kept: cells with their text, pictures and grade_id.
All other metadata is the release's, so that nothing foreign can break or forge what comes later.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..exercises import LESSONS, sources
from ..exercises.check_cell import Cell, nbgrader_metadata
from ..wording import literal, plain
from . import submission_files
from .notebook_file import NoNotebook, read_cells, text_size
from .repair_notebook import answers_of, hand_graded, repair_notebook
from .timestamps import NO_DATES, Believed, read_timestamp

MOST_REMARKS, MOST_OVERLOOKED = 30, 5
LOOK = ": please look"  # how a remark ends that asks for a person
CHECKED = re.compile(r'^ *check\("(\d\d)\.', flags=re.M)  # the lesson of a check


class Submission(NamedTuple):
    """A submission ready to be run.

    notebook: repaired JSON; the released notebook itself when the file could not be read.
    unreadable: why it could not, or "".  files: paths of what lies beside it, by relative name.
    timestamp: what timestamp.txt says, if that is a date.  review: grade_ids of answers graded by
    hand that were not found, where a person should look.
    """

    notebook: dict[str, Any]
    remarks: tuple[str, ...]
    unreadable: str = ""
    files: Mapping[str, Path] = {}
    timestamp: str = ""
    review: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Characters of all texts and pictures in the notebook."""
        return sum(map(text_size, self.notebook["cells"]))

    def digest(self) -> str:
        """Names all that was handed in, apart from what lies beside the notebook."""
        told = [self.notebook["cells"], self.unreadable, self.remarks, self.timestamp, self.review]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def read_submission(
    folder: Path, assignment: str, released: dict[str, Any], believed: Believed = NO_DATES
) -> Submission:
    """The submission in `folder`; raises nothing but MemoryError for what is in there.

    believed: which timestamp.txt counts.
    """
    try:
        submission = _read(Path(folder), assignment, released, believed)
    except MemoryError:  # of a helper, which ends, and has as little as anybody for going on
        raise
    except Exception as error:  # one submission must not keep the others from being graded
        submission = unreadable_submission(released, f"it cannot be read: {type(error).__name__}: {error}")
    return submission._replace(remarks=_shown(submission.remarks))


def _shown(remarks: tuple[str, ...]) -> tuple[str, ...]:
    """Remarks quote what a student wrote: few, short, and without what a screen cannot show."""
    more = [f"{len(remarks) - MOST_REMARKS} more remarks"] if len(remarks) > MOST_REMARKS else []
    shown = [plain(remark, submission_files.LONGEST_REMARK) for remark in remarks[:MOST_REMARKS]]
    return (*shown, *more)


def _read(folder: Path, assignment: str, released: dict[str, Any], believed: Believed) -> Submission:
    is_linked = folder.is_symlink() or folder.parent.is_symlink()
    listed, remarks = ({}, []) if is_linked else submission_files.list_files(folder)
    timestamp, more = ("", []) if is_linked else read_timestamp(folder, believed)
    remarks += more
    path, said = submission_files.find_notebook(folder, assignment, listed)
    if path is None:
        return unreadable_submission(released, said[0], remarks)._replace(timestamp=timestamp)
    try:
        data = submission_files.beginning(path)
    except OSError as error:
        reason = f"{path.name} cannot be opened: {error.strerror}"
        return unreadable_submission(released, reason, remarks)._replace(timestamp=timestamp)
    submission = parse_notebook(data, released)
    if not _has_answers(submission, released):
        submission = _with_overlooked(submission, released, listed, path)
    files, more = submission_files.files_beside(listed, path, f"{assignment}.ipynb")
    said = [*said, *submission_files.other_notebooks(listed, path), *remarks, *more, *submission.remarks]
    return submission._replace(remarks=tuple(said), files=files, timestamp=timestamp)


def _has_answers(submission: Submission, released: dict[str, Any]) -> bool:
    """Whether an answer differs from what the release has in its place."""
    return not submission.unreadable and answers_of(submission.notebook) != answers_of(released)


def _with_overlooked(
    submission: Submission, released: dict[str, Any], listed: Mapping[str, Path], graded: Path
) -> Submission:
    """A submission without answers, for review where another notebook beside it has some.

    Of many only the first are read, and together no more bytes than one may have.
    """
    others = [name for name, path in listed.items() if name.endswith(".ipynb") and path != graded]
    left = submission_files.MOST_BYTES
    for name in others[:MOST_OVERLOOKED]:
        with suppress(OSError):
            data = submission_files.beginning(listed[name], left + 1)
            left -= len(data)
            if left >= 0 and _has_answers(parse_notebook(data, released), released):
                return _for_review(submission, f"{graded.name} has no answers, but {name} has")
    if left >= 0 and len(others) <= MOST_OVERLOOKED:
        return submission
    return _for_review(submission, f"{graded.name} has no answers, and not all other notebooks were read")


def _for_review(submission: Submission, said: str) -> Submission:
    every = tuple(filter(None, map(_grade_id, submission.notebook["cells"])))
    return submission._replace(remarks=(said + LOOK, *submission.remarks), review=every)


def _grade_id(cell: Cell) -> str:
    """The grade_id of a graded cell, or ""."""
    graded = nbgrader_metadata(cell)
    return str(graded["grade_id"]) if graded.get("grade") else ""


def parse_notebook(data: bytes, released: dict[str, Any]) -> Submission:
    """The submission whose notebook file holds the bytes `data`."""
    try:
        cells, remarks = read_cells(data)
    except NoNotebook as error:
        return unreadable_submission(released, str(error))
    reason = _other_lesson(cells, released)
    if reason:
        return unreadable_submission(released, reason)
    repaired, more = repair_notebook({"cells": cells}, released)
    review = _not_found(cells, repaired, released)
    remarks += [f"the answer of {name}, graded by hand, was not found{LOOK}" for name in review]
    return Submission(repaired, (*remarks, *more), review=review)


def _other_lesson(cells: list[Cell], released: dict[str, Any]) -> str:
    """Says which lesson this is when it is another than the released one, or ""."""
    own, others = _lessons(released["cells"]), _lessons(cells)
    if not own or set(own) & set(others):
        return ""
    lesson, checks = max(others.items(), key=lambda item: item[1], default=("", 0))
    if checks < 3:  # a cell or two may have been copied from elsewhere
        return ""
    return f"this is {_lesson_name(lesson)}, expected {_lesson_name(next(iter(own)))}"


def _lessons(cells: list[Cell]) -> Counter[str]:
    """How many checks of which lesson the cells have: {"01": 7}."""
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return Counter(lesson for lesson in CHECKED.findall(code) if lesson in LESSONS)


def _lesson_name(lesson: str) -> str:
    return next((path.stem for path in sources.FOLDER.glob(f"{lesson}_*.py")), f"lesson {lesson}")


def _not_found(cells: list[Cell], repaired: dict[str, Any], released: dict[str, Any]) -> tuple[str, ...]:
    """grade_ids of hand-graded answers that came without metadata and could not be recognised."""
    came = {cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if cell["metadata"]}
    answers = {grade_id: source for grade_id, source in hand_graded(released).items() if grade_id not in came}
    given = hand_graded(repaired)
    return tuple(grade_id for grade_id, source in answers.items() if given[grade_id] == source)


def unreadable_submission(released: dict[str, Any], reason: str, remarks: Iterable[str] = ()) -> Submission:
    """What stands for a submission that cannot be graded: the release, with the reason on top."""
    reason = plain(reason, submission_files.LONGEST_REMARK)
    notebook = json.loads(json.dumps(released))
    says = f"**The submitted file could not be graded:** {literal(reason)}."
    notebook["cells"].insert(0, {"cell_type": "markdown", "id": "unreadable", "metadata": {}, "source": says})
    return Submission(notebook, tuple(remarks), reason, review=tuple(hand_graded(released)))
