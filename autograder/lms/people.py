"""Who is in the class: read from a system's list, kept beside the gradebook, known by ids, e-mails and names.

A list is a CSV that a system exports, or one of one's own with a column id.  Nobody is taken for somebody
else by anything but an equal number of a system, an equal id, an equal e-mail, or a whole name that nobody
else has.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any
from unicodedata import normalize

from ..errors import GradingError
from ..grading.kept import ROSTER, WHOLE, read_kept, write_kept
from ..wording import name_problem, plain
from .archive import DEVICE
from .pieces import Columns
from .systems import LISTS

LONGEST_ID = 200  # bytes
TIMES = {columns.time for columns in LISTS}
NO_STUDENT = re.compile(r"\s*(points possible|manual posting|student, test|test student)\s*$", re.I)


@dataclass(frozen=True)
class Person:
    """A student.

    known: by a key of `key_of`, what each system calls the student: {column: text}.
    """

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The whole name in both orders, in a form that systems agree on."""
        return {same_name(self.first + self.last), same_name(self.last + self.first)} - {""}


People = dict[str, Person]  # by id


def same_name(name: str) -> str:
    """A name without what systems change: case, spaces, apostrophes, and the form of its Unicode."""
    return "".join(c for c in normalize("NFKC", name).casefold() if c.isalnum())


def key_of(columns: Columns, assignment: str) -> str:
    """Under which a person's row of a system's list is kept."""
    return f"{columns.system} {assignment}" if columns.of_assignment else columns.system


def read_people(home: Path) -> People:
    """Those whom earlier lists have named."""
    stored = read_kept(home, ROSTER).get(WHOLE, {})
    return {student: Person(student, **record) for student, record in stored.items()}


def write_people(home: Path, people: People) -> None:
    """Keeps them for the next time, without the times of their submissions, which may be others then."""
    records = {}
    for person in people.values():
        known = {key: {t: v for t, v in row.items() if t not in TIMES} for key, row in person.known.items()}
        records[person.id] = {k: v for k, v in asdict(replace(person, known=known)).items() if k != "id"}
    write_kept(home, ROSTER, {WHOLE: records})


def read_list(path: Path, assignment: str, known: People) -> tuple[People, list[str]]:
    """({id: person} of a list, with what was known already; sentences on rows that are left out).

    A row whose number in the system, or else id, e-mail or name is that of somebody known is that student.
    Raises GradingError where the file is no list, or two rows could not be told apart.
    """
    columns, rows = _table(path)
    columns = columns._replace(id=_id_columns(columns, rows))
    people, said, lines = dict(known), [], dict[str, tuple[int, Person]]()
    keys = _Keys(known, columns)
    for number, row in rows:
        person, problem = _person(row, columns, assignment)
        if person is None:
            said += [f"row {number} of {path.name} {problem}; left out"] if problem else []
            continue
        old = keys.same(person)
        if not old and not person.id:
            said.append(f"row {number} of {path.name} has no id, and nobody is known by its name; left out")
            continue
        if old:
            person = _merged(old, person, has_parts=bool(_first(row, (*columns.first, *columns.last))))
        before = lines.get(person.id)
        if before and replace(before[1], known={}) != replace(person, known={}):
            raise GradingError(
                f"rows {before[0]} and {number} of {path.name} have the same id {plain(person.id, 60)!r},"
                " but not the same name and e-mail"
            )
        lines[person.id] = number, person
        people[person.id] = person
    _must_differ(people, path)
    return people, said


def _id_columns(columns: Columns, rows: list[tuple[int, dict[str, str]]]) -> tuple[str, ...]:
    """The one column that ids are of: the first in which anything stands, as systems have empty ones."""
    filled = (title for title in columns.id if any(_first(row, [title]) for _, row in rows))
    return tuple(islice(filled, 1))


def _merged(old: Person, new: Person, has_parts: bool) -> Person:
    """Somebody known, as a new list has it; has_parts: whether that tells the family name from the first."""
    first, last = (new.first, new.last) if has_parts or not old.names else (old.first, old.last)
    return Person(old.id, first, last, new.email or old.email, {**old.known, **new.known})


class _Keys:
    """The known by all that a row of a list may name them by."""

    def __init__(self, known: People, columns: Columns) -> None:
        self._known, self._columns = known, columns
        self._numbers, self._mails, self._names = (defaultdict[str, list[Person]](list) for _ in range(3))
        for person in known.values():
            self._numbers[self._number(person)].append(person)
            self._mails[person.email.casefold()].append(person)
            for name in person.names:
                self._names[name].append(person)

    def same(self, person: Person) -> Person | None:
        """The one among the known whom a row of a list means."""
        number, mail = self._number(person), person.email.casefold()
        numbered = self._numbers[number] if number else []
        if len(numbered) == 1:  # before the id: a system keeps its numbers, an office gives and corrects ids
            return numbered[0]
        if person.id in self._known:
            return self._known[person.id]
        mailed = self._mails[mail] if mail else []
        if len(mailed) == 1:
            return mailed[0]
        if person.id:
            return None
        named = {other.id: other for name in person.names for other in self._names[name]}
        return next(iter(named.values())) if len(named) == 1 else None

    def _number(self, person: Person) -> str:
        """The system's number of a student, where it is the same in all of its lists."""
        return "" if self._columns.of_assignment else number_of(person, self._columns, "")


def _must_differ(people: People, path: Path) -> None:
    """Raises GradingError for two ids that would be one folder where names have no case."""
    folded: dict[str, str] = {}
    for student in people:
        other = folded.setdefault(normalize("NFKC", student).casefold(), student)
        if other != student:
            raise GradingError(
                f"with {path.name} there would be the ids {other!r} and {student!r}, which are the same"
                " but for case or the form of their letters"
            )


def _table(path: Path) -> tuple[Columns, list[tuple[int, dict[str, str]]]]:
    """(the columns of a list, its numbered rows)."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise GradingError(f"there is no {path}; expected a CSV with the class") from None
    except (OSError, UnicodeDecodeError) as error:
        raise GradingError(f"{path} cannot be read ({error}); expected a CSV in UTF-8") from None
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise GradingError(f"{path} is no CSV ({error})") from None
    titles = [title.strip() for title in lines[0]] if lines else []
    rows = [(n, dict(zip(titles, map(str.strip, line)))) for n, line in enumerate(lines[1:], start=2) if line]
    for columns in LISTS:
        if all(title in titles for title in columns.known_by) and (
            columns.known_by or any(title.casefold() in columns.id for title in titles)
        ):
            return columns, rows
    raise GradingError(
        f"{path} begins with {plain(head.strip(), 100)!r}; expected a column id, or those of"
        " Moodle's grading worksheet (Identifier, Grade), Canvas's gradebook (Student, ID, Section) or"
        " Brightspace's grades (OrgDefinedId)"
    )


def _person(row: dict[str, str], columns: Columns, assignment: str) -> tuple[Person | None, str]:
    """(the student of a row, ""), or (None, why it is left out; "" for a row that is nobody's)."""
    whole = _first(row, columns.name)
    if NO_STUDENT.match(whole) or not any(row.values()):
        return None, ""
    last, comma, first = (part.strip() for part in whole.partition(","))
    if not comma:  # the last word is the family name, or nothing depends on it: names are compared whole
        first, _, last = whole.rpartition(" ")
    student = _first(row, columns.id).lstrip("#")
    problem = id_problem(student) if student else ""
    if problem:
        return None, f"has the id {plain(student, 60)!r}, which {problem}"
    kept = {title: row[title] for title in (*columns.kept, columns.time) if row.get(title)}
    known = {key_of(columns, assignment): kept} if kept else {}
    return (
        Person(
            student,
            _first(row, columns.first) or first,
            _first(row, columns.last) or last,
            _first(row, columns.email),
            known,
        ),
        "",
    )


def _first(row: dict[str, str], titles: Iterable[str]) -> str:
    """What stands in the first of some columns that the list has; a plain list's titles in any case."""
    for title in titles:
        for own, text in row.items():
            if own == title or own.casefold() == title:
                return text
    return ""


def id_problem(student: str) -> str:
    """What keeps a text from being a student's id, which is the name of a folder; or ""."""
    if student in (".", "..") or "/" in student:
        return "is a path"
    if student.startswith("."):
        return "begins with a dot"
    if DEVICE.match(student):
        return "is the name of a device on Windows"
    if len(student.encode(errors="replace")) > LONGEST_ID:
        return f"has more than {LONGEST_ID} bytes"
    if student != student.strip() or student.endswith("."):
        return "ends with a space or a dot"
    return name_problem(student)


def number_of(person: Person, columns: Columns, assignment: str) -> str:
    """The number by which a system's files name a student; "" where its list has not been read."""
    text: Any = person.known.get(key_of(columns, assignment), {}).get(columns.number, "")
    return text.split()[-1] if text else ""  # of "Participant 123"
