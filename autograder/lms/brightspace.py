"""Brightspace (D2L): the download of an assignment's submissions, and the import of grades.

Source: D2L, "Importing grades".  A submission is a folder "123456-78910 - First Last - Mar 3, 2026 1023 AM",
or the beginning of a file's name; each time that a student hands in makes another one.
"""

import re

from .pieces import Columns, Piece

SYSTEM = "Brightspace"
FILE = re.compile(
    r"(?P<number>\d+-\d+) - (?P<name>[^/]+?) - (?P<time>(?:(?! - )[^/])*\d{4},? \d{1,2}:?\d{2}(?: ?[AP]M)?)"
    r"(?:/| - )(?P<file>.+)",
    re.S,
)
CLOCK = re.compile(r"\b(\d{1,2})(\d{2})( ?[AP]M)?$")
INDEX = "index.html"  # a page about all submissions, which Brightspace adds
COLUMNS = Columns(
    SYSTEM,
    known_by=("OrgDefinedId",),
    id=("OrgDefinedId",),
    first=("First Name",),
    last=("Last Name",),
    email=("Email",),
    kept=("OrgDefinedId", "Username"),
)


def piece_of(path: str) -> Piece | None:
    """What a path of a download says; None where it is none of Brightspace's."""
    found = FILE.fullmatch(path)
    if found is None:
        return None
    time = CLOCK.sub(r"\1:\2\3", found["time"])  # a file's name has no colon
    return Piece(found["file"], found["name"], attempt=f"{found['number']} {time}", time=time)
