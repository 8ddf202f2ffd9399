"""Canvas: "Download Submissions", and the gradebook that is exported and imported as CSV.

Source: Canvas LMS, `lib/submission_zip` and "How do I import grades in the Gradebook?"  A file is called
lastnamefirstname_12345_67890_name.ipynb: the student, Canvas's number of the student (the gradebook's column
ID), that of the file, and its name; _LATE stands behind the name of who was late.
"""

import re

from .pieces import Columns, Piece

SYSTEM = "Canvas"
FILE = re.compile(r"(?P<name>[^/]*?[^/_])(?P<late>_LATE)?_(?P<number>\d+)_(?P<id>\d+)_(?P<file>[^/]+)", re.S)
KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
COLUMNS = Columns(
    SYSTEM,
    known_by=("Student", "ID", "Section"),
    id=("SIS User ID", "SIS Login ID", "ID"),
    number="ID",
    name=("Student",),
    kept=KEPT,
)


def piece_of(path: str) -> Piece | None:
    """What a path of a download says; None where it is none of Canvas's."""
    found = FILE.fullmatch(path)
    if found is None:
        return None
    return Piece(found["file"], found["name"], found["number"], late=bool(found["late"]))
