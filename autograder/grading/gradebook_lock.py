"""A gradebook that another program writes is waited for; one that cannot be reached is named."""

import logging
import sqlite3
from contextlib import closing

from ..errors import GradingError
from . import database as databases
from .course import Course
from .database import connected, damaged_sentence

SOON, WAIT = 2.0, databases.WAIT  # seconds, until it is said and until grading gives up

log = logging.getLogger(__name__)


def wait_until_free(course: Course) -> None:
    """Returns when this process could write the gradebook; raises GradingError where it cannot.

    Of an SQLite file, which is locked as a whole; another database has to be reached only.
    """
    path = course.database
    if path is None:
        with connected(course.config.CourseDirectory.db_url):
            return
    if not path.exists():
        return
    try:
        if not _is_free(path.resolve().as_uri(), SOON):
            log.warning("%s is locked by another program; waiting for up to %g s", path, WAIT)
            if not _is_free(path.resolve().as_uri(), WAIT):
                raise GradingError(locked_sentence(course))
    except sqlite3.DatabaseError as error:
        raise GradingError(damaged_sentence(path, error)) from None


def locked_sentence(course: Course) -> str:
    """What to do where the gradebook stays locked."""
    return databases.locked_sentence(course.database, WAIT)


def _is_free(uri: str, seconds: float) -> bool:
    """Whether nobody reads or writes the database in a transaction, within some seconds."""
    with closing(
        sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=seconds, isolation_level=None)
    ) as database:
        try:
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                return False
            raise
        database.execute("ROLLBACK")
    return True
