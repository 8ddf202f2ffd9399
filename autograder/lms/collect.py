"""Collecting: what a download holds is put into submitted/STUDENT/ASSIGNMENT, whole or not at all.

What was collected is kept in collected.json.  So the same download changes nothing, a folder that somebody
has changed by hand is left alone, and grading knows which timestamp.txt is the system's.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any

from ..errors import GradingError
from ..grading.course import Course
from ..grading.kept import COLLECTED, read_kept, write_kept
from ..grading.moved_aside import SCRATCH, put_back
from ..grading.submission_files import kind_of
from ..grading.timestamps import DATE
from .archive import open_download
from .enrolment import enrol, enrolled
from .people import People, Person, id_problem, read_list, read_people, write_people
from .pieces import Piece
from .submissions import Handed, find_submissions
from .systems import FLAT, piece_of, system_of
from .times import written

MOST_ALTOGETHER = 4 * 2**30  # bytes of all submissions


@dataclass
class Collected:
    """What collecting did: ids of students, and sentences."""

    system: str
    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def collect(
    course: Course,
    assignment: str,
    source: Path,
    roster: Path | None = None,
    zone: tzinfo | None = None,
    system: str | None = None,
) -> Collected:
    """Puts the submissions of a download into their folders, and enrols the class of a list.

    roster: the list.  zone: of the times that the system writes.  system: a key of `systems.NAMES`, where it
    cannot be told.  Raises GradingError where nothing can be collected.
    """
    course.must_be_writable()
    with open_download(source) as (entries, refused), course.alone(assignment):
        put_back(course)
        known = enrolled(course, read_people(course.home))
        people, said = read_list(roster, assignment, known) if roster else (known, [])
        paths = [entry.path for entry in entries]
        if not paths and not refused:
            raise GradingError(f"{source} is empty")
        system = system or system_of(paths)
        pieces = [piece_of(path, system, assignment) for path in paths]
        if roster:
            enrol(course, people)
            write_people(course.home, people)
        elif not any(person.names or person.email for person in people.values()):  # nobody has listed them
            people = people | _own_ids(pieces, system, source)
        done = Collected(system, problems=[*said, *(f"{problem}; left out" for problem in refused)])
        found = find_submissions(entries, people, system, assignment, zone, done.problems)
        _write(course, assignment, found, done)
    submitted = course.submissions(assignment)
    done.absent = sorted(student for student in people if student not in submitted)
    return done


def _own_ids(pieces: list[Piece | None], system: str, source: Path) -> People:
    """A class that nobody has listed: the names in a flat folder are its ids."""
    if system != FLAT:
        raise GradingError(
            f"nothing says who the students of {source} are; give the class with --roster, such as Moodle's"
            " grading worksheet or Canvas's gradebook"
        )
    return {p.name: Person(p.name) for p in pieces if p and not id_problem(p.name)}


def _write(course: Course, assignment: str, found: Iterable[Handed], done: Collected) -> None:
    """Puts submissions into their folders, when all are written."""
    records = read_kept(course.home, COLLECTED)
    of_lesson = records.setdefault(assignment, {})
    course.submitted.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=course.submitted))
    replacing: list[str] = []
    left = MOST_ALTOGETHER
    try:
        for handed in found:
            left -= sum(map(len, handed.files.values()))
            if left < 0:
                raise GradingError(f"there is more than {MOST_ALTOGETHER // 2**30} GB; nothing was collected")
            student, record = handed.student, of_lesson.get(handed.student, {})
            target = course.submitted / student / assignment
            files = handed.files | _stamp(handed)
            (old, old_untimed), new = _digests_on_disk(target), digest_of(files)
            is_ours = old in record.get("digests", [])
            if old == new or (is_ours and not handed.time and old_untimed == new):
                done.unchanged.append(student)
                of_lesson[student] = _record(handed, [new]) if old == new else record
                continue
            problem = _keeps_out(target, bool(old) and not is_ours, handed, record)
            if problem:
                done.problems.append(f"{student}: {problem}")
                continue
            try:
                _write_files(scratch / "new" / student / assignment, files)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                done.problems.append(f"{student}: the names of files contradict each other; not taken")
                continue
            except OSError as error:  # which may name no file, as that of a full disk, or one that is removed
                error.filename = str(target)
                raise
            if record.get("time") and not handed.time:
                done.problems.append(
                    f"{student}: no time is known of what has come in the place of the older one"
                )
            (done.replaced if old else done.new).append(student)
            done.late += [student] if handed.is_late else []
            replacing.append(student)
            of_lesson[student] = _record(handed, [old, new] if old else [new])
        write_kept(course.home, COLLECTED, records)  # after a kill below both are known for what they are
        for student in replacing:
            target, kept = course.submitted / student / assignment, Path(student, assignment)
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target):
                (scratch / "old" / student).mkdir(parents=True)
                os.rename(target, scratch / "old" / kept)
            os.rename(scratch / "new" / kept, target)
            of_lesson[student]["digests"] = of_lesson[student]["digests"][-1:]
        write_kept(course.home, COLLECTED, records)
    finally:
        put_back(course)


def _stamp(handed: Handed) -> dict[str, bytes]:
    """The timestamp.txt of a submission, where there is a time."""
    return {DATE: written(handed.time).encode()} if handed.time else {}


def _record(handed: Handed, digests: list[str]) -> dict[str, Any]:
    """What is kept of a collected submission; digests: of what may be in its folder."""
    time = written(handed.time) if handed.time else ""
    return {"digests": digests, "time": time}


def _keeps_out(target: Path, is_foreign: bool, handed: Handed, record: Mapping[str, Any]) -> str:
    """Why what is in a student's folder may not be replaced; or ""."""
    for place in (target.parent, target):
        kind = kind_of(place)
        if kind not in ("", "a folder"):
            return f"{place.name} is {kind} in the folder of submissions; not taken"
        if kind and not os.access(place, os.R_OK | os.W_OK | os.X_OK):
            return f"the folder {place.name} cannot be read and written; not taken"
    if is_foreign:
        return "what is there was put or changed by hand, and is kept; move it away to take this one"
    if handed.time and written(handed.time) < record.get("time", ""):
        return f"the submission of {written(handed.time)} is older than the one that is there; not taken"
    return ""


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "xb") as file:
            file.write(data)


def digest_of(files: Mapping[str, bytes]) -> str:
    """Names the files of a folder and what they hold."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()[:32]


def _digests_on_disk(folder: Path) -> tuple[str, str]:
    """The same of a folder, with and without its timestamp.txt.

    Both are "" where there is none, and nobody's where it holds links or what cannot be read.
    """
    if kind_of(folder) != "a folder":
        return "", ""
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        kind = kind_of(path)
        if kind not in ("", "a folder"):
            return f"holds {kind}", f"holds {kind}"
        try:
            if not kind:
                files[path.relative_to(folder).as_posix()] = path.read_bytes()
        except OSError:
            return "cannot be read", "cannot be read"
    return digest_of(files), digest_of({name: data for name, data in files.items() if name != DATE})
