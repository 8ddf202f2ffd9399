"""The submissions that a download holds: each student's files, with one notebook under the lesson's name."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple
from unicodedata import normalize

from ..grading.submission_files import MOST_BYTES, MOST_FILES
from ..grading.timestamps import DATE, SECRET
from ..wording import plain
from . import brightspace, moodle
from .archive import Entry, Refused
from .joining import Joined
from .people import People, key_of
from .pieces import Piece
from .systems import piece_of
from .times import read_time

# what browsers and systems put behind the name of a file that is there already
COPY = re.compile(r"(?: ?\(\d+\)|-\d{1,2}| - copy| copy)+$", re.I)
OWN = {DATE, SECRET}  # what only the course's own programs may write


class Handed(NamedTuple):
    """What is to be put into a student's folder."""

    student: str
    files: dict[str, bytes]  #: by path
    time: datetime | None  #: in UTC, where the system gives one
    is_late: bool  #: whether the system says so


def find_submissions(
    entries: Iterable[Entry],
    people: People,
    system: str,
    assignment: str,
    zone: tzinfo | None,
    problems: list[str],
) -> Iterator[Handed]:
    """The submissions in the files of a download, one after the other, as all together may be large.

    problems: sentences on what is left out are appended to it.
    """
    joined = Joined(people, system, assignment)
    attempts: dict[str, dict[str, list[tuple[Piece, Entry]]]] = defaultdict(lambda: defaultdict(list))
    strangers: dict[str, int] = defaultdict(int)
    for entry in entries:
        piece = piece_of(entry.path, system, assignment)
        if piece is None:
            if entry.path.split("/")[-1] != brightspace.INDEX or system != "brightspace":
                problems.append(f"{plain(entry.path, 200)}: its name does not say whose it is")
            continue
        whose = joined.whose(piece)
        if whose.problem:
            strangers[whose.problem] += 1
        else:
            attempts[whose.student][piece.attempt or piece.number].append((piece, entry))
    problems += [f"{problem} ({n} files)" for problem, n in strangers.items()]
    for student, of_one in sorted(attempts.items()):
        for pieces in of_one.values():  # of the worksheet, where the files' names have no time
            known = people[student].known.get(key_of(moodle.COLUMNS, assignment), {})
            if system == "moodle" and known.get(moodle.COLUMNS.time):
                pieces[:] = [(p._replace(time=known[moodle.COLUMNS.time]), entry) for p, entry in pieces]
        handed, said = _last(student, list(of_one.values()), assignment, zone)
        problems += [f"{student}: {problem}" for problem in said]
        if handed:
            yield handed


def _last(
    student: str, attempts: list[list[tuple[Piece, Entry]]], assignment: str, zone: tzinfo | None
) -> tuple[Handed | None, list[str]]:
    """(a student's last submission or None, sentences on what is left out)."""
    times = [read_time(pieces[0][0].time, zone) for pieces in attempts]
    chosen, at = attempts[0], times[0]
    if len(attempts) > 1:
        known = [time for time in times if time is not None]
        if len(known) < len(times) or len(set(known)) < len(known):
            return None, [f"{len(attempts)} submissions, and no times to tell the last; none taken"]
        chosen, at = max(zip(attempts, known, strict=True), key=lambda pair: pair[1])
    files, problems = _read(chosen)
    if at is None and chosen[0][0].time not in ("", "-"):
        problems.append(f"the time {plain(chosen[0][0].time, 60)!r} is not clear; taken without it")
    named, problem = with_notebook(files, assignment)
    if problem:
        return None, [*problems, f"{problem}; not taken"]
    return Handed(student, named, at, any(piece.late for piece, _ in chosen)), problems


def _read(pieces: list[tuple[Piece, Entry]]) -> tuple[dict[str, bytes], list[str]]:
    """({path: content} of a submission, sentences on what is left out)."""
    files: dict[str, bytes] = {}
    problems: list[str] = []
    same: dict[str, list[str]] = defaultdict(list)
    for piece, _ in pieces:
        same[normalize("NFKC", piece.file).casefold()].append(piece.file)
    left = 2 * MOST_BYTES
    for piece, entry in pieces:
        name = plain(piece.file, 200)
        rivals = same[normalize("NFKC", piece.file).casefold()]
        if len(rivals) > 1:
            problems.append(f"{name} differs from another file's name at most in case; left out")
        elif piece.file.split("/")[-1] in OWN:
            problems.append(f"{name} has a name that only the course writes; left out")
        elif len(files) >= MOST_FILES:
            return files, [*problems, f"more than {MOST_FILES} files; the others are left out"]
        else:
            try:
                data = entry.read()
                if len(data) > left:
                    raise Refused(f"makes more than {2 * MOST_BYTES // 2**20} MB together with the others")
                files[piece.file] = data
                left -= len(data)
            except Refused as refusal:
                problems.append(f"{name} {refusal}; left out")
    return files, problems


def with_notebook(files: dict[str, bytes], assignment: str) -> tuple[dict[str, bytes], str]:
    """(the files with the notebook under the lesson's name, why there is none or "").

    The only notebook is the lesson's; of several it is the one that is called so, a copy's "(2)" left out.
    """
    expected = f"{assignment}.ipynb"
    notebooks = [name for name in files if name.lower().endswith(".ipynb")]
    exact = [name for name in notebooks if name == expected]
    alike = [name for name in notebooks if COPY.sub("", name.split("/")[-1][: -len(".ipynb")]) == assignment]
    chosen = next((names for names in (exact, notebooks, alike) if len(names) == 1), [])
    if not chosen:
        shown = ", ".join(plain(name, 80) for name in (notebooks or files)) or "nothing"
        wanted = f"one notebook called {expected}" if notebooks else "a notebook"
        return {}, f"expected {wanted}, found {shown}"
    folder = chosen[0].rpartition("/")[0] + "/"  # what lay beside it stays beside it
    named = {expected: files[chosen[0]]}
    for name, data in files.items():
        beside = name.removeprefix(folder)
        if name != chosen[0]:
            named[name if beside in files or beside == expected else beside] = data
    return named, ""
