"""The systems that are known, and which of them a download comes from."""

from collections.abc import Callable, Iterable

from . import brightspace, canvas, flat, moodle
from .pieces import Columns, Piece

FLAT = "flat"
PIECES: dict[str, Callable[[str], Piece | None]] = {
    "moodle": moodle.piece_of,
    "brightspace": brightspace.piece_of,
    "canvas": canvas.piece_of,
}
NAMES = {
    "moodle": moodle.SYSTEM,
    "brightspace": brightspace.SYSTEM,
    "canvas": canvas.SYSTEM,
    FLAT: flat.SYSTEM,
}
LISTS: tuple[Columns, ...] = (moodle.COLUMNS, canvas.COLUMNS, brightspace.COLUMNS, flat.COLUMNS)


def system_of(paths: Iterable[str]) -> str:
    """The system whose names most files of a download have; "flat" where it is none's."""
    paths = list(paths)
    found = {system: sum(piece_of(path, system) is not None for path in paths) for system in PIECES}
    best = max(found, key=lambda system: found[system])
    return best if found[best] else FLAT


def piece_of(path: str, system: str, assignment: str = "") -> Piece | None:
    """What a path says in a system's way of naming; None where it says nothing.

    Unpacking may have put folders around everything: they are left out, as far as the rest makes sense.
    """
    if system == FLAT:
        return flat.piece_of(path, assignment)
    parts = path.split("/")
    tails = ("/".join(parts[start:]) for start in range(len(parts)))
    return next(filter(None, map(PIECES[system], tails)), None)
