"""Times as systems write them: read where they can mean one moment only."""

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import GradingError

# a month in letters, or year-month-day, since 03/04 is two days of the year
UNAMBIGUOUS = re.compile(r"(?=.*\d{4})(?=.*\d{1,2}:\d{2})(?=.*(?:[A-Za-z]{3}|\d{4}-\d\d-\d\d))", re.S)


def zone_named(name: str | None) -> tzinfo | None:
    """A time zone; None for the machine's own."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise GradingError(f"{name!r} is no time zone; expected a name such as Europe/Berlin") from None


def read_time(text: str, zone: tzinfo | None) -> datetime | None:
    """The moment, in UTC and without its zone, as nbgrader keeps it; None where the text is no clear time."""
    from dateutil.parser import parse

    if not UNAMBIGUOUS.match(text):
        return None
    try:
        found: datetime = parse(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone) if zone else found.astimezone()
        return found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def written(moment: datetime) -> str:
    """A moment as nbgrader reads it in a timestamp.txt."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
