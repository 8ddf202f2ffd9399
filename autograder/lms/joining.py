"""Whose a file of a download is: by the system's number, by id or e-mail, by a name that one student has."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ..wording import listed, plain
from .people import People, Person, number_of, same_name
from .pieces import Columns, Piece
from .systems import FLAT, LISTS, NAMES


class Whose(NamedTuple):
    """A student's id, or why nobody's can be told."""

    student: str = ""
    problem: str = ""


class Joined:
    """The class as a download may name it."""

    def __init__(self, people: People, system: str, assignment: str) -> None:
        self._people, self._system = people, system
        columns: Columns = next(c for c in LISTS if c.system == NAMES[system] or system == FLAT)
        self._numbers: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, set[str]] = defaultdict(set)
        self._mails: dict[str, set[str]] = defaultdict(set)
        for person in people.values():
            number = "" if system == FLAT else number_of(person, columns, assignment)
            if number:
                self._numbers[number].add(person.id)
            self._mails[person.email.casefold()].add(person.id)
            for name in _names_of(person):
                self._names[name].add(person.id)

    def whose(self, piece: Piece) -> Whose:
        """Who has handed in a file; nothing is guessed."""
        if self._system == FLAT and piece.name in self._people:
            return Whose(piece.name)
        if self._system == FLAT and "@" in piece.name:
            return self._one(self._mails.get(piece.name.casefold(), set()), piece)
        named = self._names.get(same_name(piece.name), set())
        numbered = self._numbers.get(piece.number, set())
        strangers = {student for student in numbered if not self._may_be_called(student, piece.name)}
        if strangers:  # the list is another assignment's, or the number is a team's
            said = f"the number {piece.number} is that of {_ids(strangers)}"
            return Whose(problem=f"{said}, the name {plain(piece.name, 80)} is not")
        return self._one(numbered or named, piece)

    def _may_be_called(self, student: str, name: str) -> bool:
        """Whether nothing is known against it; older versions of Moodle write a group before a name."""
        known = _names_of(self._people[student])
        return not known or any(same_name(name).endswith(one) for one in known)

    def _one(self, found: set[str], piece: Piece) -> Whose:
        if len(found) == 1:
            return Whose(next(iter(found)))
        if found:
            return Whose(problem=f"{plain(piece.name, 80)} may be {_ids(found, ' or ')}")
        return Whose(problem=f"nobody in the class is called {plain(piece.name, 80)}")


def _names_of(person: Person) -> set[str]:
    """All whole names of a student: of the last list, and of each system's."""
    written = (row.get(title, "") for row in person.known.values() for c in LISTS for title in c.name)
    return person.names | {same_name(name) for name in written} - {""}


def _ids(found: Iterable[str], word: str = " and ") -> str:
    return plain(listed(sorted(found)).replace(" and ", word), 200)
