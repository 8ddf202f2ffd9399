"""Whose a file of a download is: by the system's number, by id or e-mail, by a name that one student has."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ..wording import listed, plain
from .people import People, number_of, same_name
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
        for person in people.values():
            number = "" if system == FLAT else number_of(person, columns, assignment)
            if number:
                self._numbers[number].add(person.id)
            for name in person.names:
                self._names[name].add(person.id)

    def whose(self, piece: Piece) -> Whose:
        """Who has handed in a file; nothing is guessed."""
        if self._system == FLAT and piece.name in self._people:
            return Whose(piece.name)
        if self._system == FLAT and "@" in piece.name:
            mail = piece.name.casefold()
            return self._one({p.id for p in self._people.values() if p.email.casefold() == mail}, piece)
        named = self._names.get(same_name(piece.name), set())
        numbered = self._numbers.get(piece.number, set())
        if numbered and named and not numbered & named:
            said = f"the number {piece.number} is that of {_ids(numbered)}, the name that of {_ids(named)}"
            return Whose(problem=said)
        return self._one(numbered or named, piece)

    def _one(self, found: set[str], piece: Piece) -> Whose:
        if len(found) == 1:
            return Whose(next(iter(found)))
        if found:
            return Whose(problem=f"{plain(piece.name, 80)} may be {_ids(found, ' or ')}")
        return Whose(problem=f"nobody in the class is called {plain(piece.name, 80)}")


def _ids(found: Iterable[str], word: str = " and ") -> str:
    return plain(listed(sorted(found)).replace(" and ", word), 200)
