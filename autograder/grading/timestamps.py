"""When a submission was handed in: what its timestamp.txt says, where that can be believed.

Whatever lies in a student's folder may have been in the student's own archive, a secret beside the date too.
So a date counts where nbgrader's exchange or `autograder collect` has a record of the same submission, or
where the course says that its own program writes all dates.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from dateutil.parser import parse as parse_date

from ..errors import GradingError
from .kept import read_kept
from .submission_files import beginning

DATE, SECRET = "timestamp.txt", "submission_secret.txt"
NO_DATE = "timestamp.txt holds no date; graded without regard to lateness"
NOT_BELIEVED = (
    "timestamp.txt agrees with no record of nbgrader's exchange or of collecting, so a student may have"
    " written it; graded without regard to lateness (c.Grade.believe_timestamps)"
)
LONGEST = 1000  # characters of either file
DAY = 24 * 60 * 60  # seconds: no zone is further from UTC


class Believed(NamedTuple):
    """Which dates count."""

    every: bool = False  #: all of them, as another program writes them over whatever was handed in
    inbound: Path | None = None  #: or those of submissions that lie here, in nbgrader's exchange
    collected: Path | None = None  #: or those that this file has, of what was collected from a system


NO_DATES = Believed()


def read_timestamp(folder: Path, believed: Believed) -> tuple[str, list[str]]:
    """(what the timestamp.txt in `folder` says, if that is a date and counts, else ""; remarks)."""
    if not os.path.lexists(folder / DATE):
        return "", []
    said = _text(folder / DATE)
    if not is_date(said):
        return "", [NO_DATE]
    if believed.every or _is_recorded(folder, said, believed.inbound):
        return said, []
    if said == _collected(believed.collected).get(folder.name, {}).get(folder.parent.name, {}).get("time"):
        return said, []
    return "", [NOT_BELIEVED]


def _collected(path: Path | None) -> Mapping[str, Any]:
    """The records of what was collected, by assignment and student."""
    with suppress(OSError, GradingError):  # a damaged file is named before anything is read
        if path is not None:
            return _records_of(path, path.stat().st_mtime_ns)
    return {}


@lru_cache(maxsize=4)
def _records_of(path: Path, changed: int) -> Mapping[str, Any]:
    """What a file of records holds; changed: when it was last written."""
    return read_kept(path.parent, path.stem)


def _is_recorded(folder: Path, said: str, inbound: Path | None) -> bool:
    """Whether the exchange holds this student's submission of that date, with the secret in `folder`."""
    secret = _text(folder / SECRET)
    if inbound is None or not secret:
        return False
    with suppress(OSError):
        records = _records(inbound, inbound.stat().st_mtime_ns)
        known = records.get(f"{folder.parent.name}+{folder.name}+{said}", ())
        return any(_text(inbound / name / SECRET) == secret for name in known)
    return False


@lru_cache(maxsize=4)
def _records(inbound: Path, changed: int) -> Mapping[str, list[str]]:
    """{STUDENT+ASSIGNMENT+DATE: names of folders}; `nbgrader submit` may add +RANDOM to a name.

    changed: when a folder was last added or removed.
    """
    found: dict[str, list[str]] = {}
    for path in inbound.iterdir():
        for known in {path.name, path.name.rpartition("+")[0]}:
            found.setdefault(known, []).append(path.name)
    return found


def _text(path: Path) -> str:
    """What a short file says; "" where it is no file, or none that can be read."""
    with suppress(OSError, ValueError):
        return beginning(path, LONGEST).decode("utf-8-sig").strip()
    return ""


def is_date(text: str) -> bool:
    """Whether nbgrader can read the text as the time of a submission: DATE TIME ZONE, or any date."""
    *date, zone = text.split(" ") if text.count(" ") == 2 else (text, "UTC")
    if zone.lstrip("+-").isdigit() and abs(int(zone)) >= DAY:
        return False
    try:
        return bool(parse_date(" ".join(date)))
    except Exception:  # of many kinds, as the text may be anything
        return False
