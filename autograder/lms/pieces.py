"""One file of a download as its system names it: whose it is, and what it is called in the submission."""

from typing import NamedTuple


class Piece(NamedTuple):
    """A file, and the student as the system writes one into the name of a file."""

    file: str  #: its path in the submission
    name: str  #: the student's name, as far as the system keeps it; an id where there is no system
    number: str = ""  #: by which the system knows the student; "" where it writes none
    attempt: str = ""  #: what tells apart the submissions of one student, where there may be several
    time: str = ""  #: when it was handed in, as the system writes it
    late: bool = False  #: whether the system calls it late


class Columns(NamedTuple):
    """The columns of a system's list of students; of several names the first that is there counts."""

    system: str
    known_by: tuple[str, ...]  #: columns that only this system's list has, all of them
    id: tuple[str, ...]
    number: str = ""
    name: tuple[str, ...] = ()  #: the whole name
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()  #: what grades are imported by
    time: str = ""  #: when the student has handed in
    of_assignment: bool = False  #: whether the list, and its numbers, are of one assignment
