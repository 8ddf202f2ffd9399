"""When a submission was handed in: what its timestamp.txt says, where that can be believed.

Whatever lies in a student's folder may have been in the student's own archive, a secret beside the date too.
So a date counts where nbgrader's exchange or `autograder collect` has a record of the same submission, or
where the course says that its own program writes all dates.
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.parser import UnknownTimezoneWarning
from dateutil.parser import parse as parse_date
from dateutil.tz import gettz

from ..errors import GradingError
from .kept import read_kept
from .submission_files import beginning

DATE, SECRET = "timestamp.txt", "submission_secret.txt"
NO_DATE = "timestamp.txt holds no date that nbgrader reads rightly; graded without regard to lateness"
NOT_BELIEVED = (
    "timestamp.txt agrees with no record of nbgrader's exchange or of collecting, so a student may have"
    " written it; graded without regard to lateness (c.Grade.believe_timestamps)"
)
LONGEST = 1000  # characters of either file
OFFSET = re.compile(r"(.*:\d\d\S*?(?: ?[AP]M)?) ?([+-]\d\d:?[0-5]\d|Z)", re.I)


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


def read_date(text: str) -> datetime | None:
    """The moment that a text means, in UTC and without its zone; None where it is no date of a known zone.

    The zone is UTC, or what stands last: a name such as Europe/Berlin, or Z, +01:00 or +0100.
    """
    try:
        date, zone = _apart(text.strip())
        with catch_warnings():
            simplefilter("error", UnknownTimezoneWarning)
            found = parse_date(date)
        return None if found.tzinfo else _in_utc(found.replace(tzinfo=zone))
    except Exception:  # of many kinds, as the text may be anything
        return None


def is_date(text: str) -> bool:
    """Whether nbgrader can read the text as the time of a submission, and as the moment that it means."""
    meant = read_date(text)
    with suppress(Exception), catch_warnings():
        simplefilter("error", UnknownTimezoneWarning)  # nbgrader goes on with UTC
        return meant is not None and _as_nbgrader(text) == meant
    return False


def _apart(text: str) -> tuple[str, tzinfo]:
    """(a date without its zone, the zone)."""
    found = OFFSET.fullmatch(text)
    if found:
        return found[1], parse_date(f"0:00{found[2]}").tzinfo or UTC
    date, _, last = text.rpartition(" ")
    with suppress(OSError, ValueError, ZoneInfoNotFoundError):
        return date, ZoneInfo(last)
    return text, UTC


def _as_nbgrader(text: str) -> datetime:
    """The moment that nbgrader's parse_utc reads; importing that takes longer than many a command.

    Of three words the last are seconds, or the name of a zone, which is UTC where nobody knows it.
    """
    *date, zone = text.split(" ")
    if len(date) != 2:
        return _in_utc(parse_date(text))
    try:
        known: Any = int(zone)
    except ValueError:
        known = gettz(zone)
    return _in_utc(parse_date(" ".join([*date, "TZ"]), tzinfos={"TZ": known}))


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
