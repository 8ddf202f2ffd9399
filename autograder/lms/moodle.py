"""Moodle: "Download all submissions", and the grading worksheet that goes back.

Source: Moodle, `mod/assign/locallib.php` (names of files) and `mod/assign/feedback/offline` (worksheet).
The number in a file's name is that of the worksheet's Identifier, one for each assignment.
"""

import re

from .pieces import Columns, Piece

SYSTEM = "Moodle"
# in folders "Full Name_123_assignsubmission_file_/" (without the last stroke since 4.0), or without folders
FILE = re.compile(
    r"(?P<name>[^/]+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+?)(?:_/|/|_)(?P<file>.+)", re.S
)
IDENTIFIER = "Identifier"
GRADED = "Last modified (grade)"  # an import is refused without it; who was graded later is left out
COLUMNS = Columns(
    SYSTEM,
    known_by=(IDENTIFIER, "Grade"),
    id=("ID number", "Username", "Email address"),
    number=IDENTIFIER,
    name=("Full name",),
    first=("First name",),
    last=("Last name", "Surname"),
    email=("Email address",),
    kept=(IDENTIFIER, "Full name", "ID number", "Email address", GRADED),
    time="Last modified (submission)",
    of_assignment=True,
)


def piece_of(path: str) -> Piece | None:
    """What a path of a download says; None where it is none of Moodle's."""
    found = FILE.fullmatch(path)
    return Piece(found["file"], found["name"], found["number"]) if found else None
