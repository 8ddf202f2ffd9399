"""No system: STUDENT.ipynb, STUDENT_ASSIGNMENT.ipynb or STUDENT/…, by id, e-mail or whole name."""

from .pieces import Columns, Piece

SYSTEM = "a flat folder"
COLUMNS = Columns(
    "a list",
    known_by=(),
    id=("id", "student", "student_id", "SID", "username"),
    name=("name", "full name"),
    first=("first_name", "first name", "given name"),
    last=("last_name", "last name", "surname", "family name"),
    email=("email", "e-mail", "email address", "mail"),
)


def piece_of(path: str, assignment: str) -> Piece | None:
    """What a path says; None where no student can be told from it."""
    student, _, rest = path.partition("/")
    if rest:
        return Piece(rest.removeprefix(f"{assignment}/"), student, attempt=student)
    stem, dot, ending = path.rpartition(".")
    for stroke in ("_", "-", " "):
        stem = stem.removesuffix(stroke + assignment)
    if not dot or not stem or stem == assignment:
        return None
    return Piece(f"{assignment}.{ending}", stem, attempt=path)
