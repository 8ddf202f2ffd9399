"""The gradebook's tables, without nbgrader: importing it takes longer than a report.

A gradebook is an SQLite file, which Python itself reads, or a database such as PostgreSQL, which SQLAlchemy
reaches for nbgrader as well.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import GradingError, InUse
from ..wording import plain

SQLITE = "sqlite:///"
PACKAGES = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary"}  # that hold the driver of that name
LOCK = 0x756E726F6C6C6564  # any number; PostgreSQL counts its advisory locks for each database apart
WAIT = 30.0  # seconds for another program that writes a gradebook
# the disk is full or does not answer, or nobody may write there: the gradebook itself may well be in order
NOT_ITS_FAULT = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
PATIENCE = 2.0  # seconds until the database has noticed that a grader was killed


def read_tables(database: Path | str, *queries: str) -> list[list[tuple[Any, ...]]] | None:
    """The rows of each query; None where there is no gradebook yet.

    database: a file, or the URL of a database.  Raises GradingError where that cannot be read.
    """
    if isinstance(database, Path):
        if not database.exists():
            return None
        # may write, as reading begins with taking back what a killed program has left half done
        uri = f"{database.resolve().as_uri()}?mode=rw"
        with errors_named(database), closing(sqlite3.connect(uri, uri=True, timeout=WAIT)) as file:
            return [file.execute(query).fetchall() for query in queries]
    with errors_named(database), connected(database) as connection:
        from sqlalchemy import inspect

        if not inspect(connection).has_table("student"):
            return None
        return [[tuple(row) for row in connection.exec_driver_sql(query)] for query in queries]


@contextmanager
def errors_named(database: Path | str) -> Iterator[None]:
    """Makes a GradingError, with a sentence, of what goes wrong with a gradebook; that of nbgrader too."""
    try:
        yield
    except Exception as error:
        cause = getattr(error, "orig", error)  # SQLAlchemy's errors hold the driver's
        if isinstance(database, str) and cause is not error:
            raise GradingError(unreachable_sentence(database, str(cause))) from None
        if not isinstance(cause, sqlite3.Error):
            raise
        if "is locked" in str(cause):
            raise GradingError(locked_sentence(database, WAIT)) from None
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in NOT_ITS_FAULT:
            raise GradingError(f"{database} cannot be read or written: {plain(str(cause), 300)}") from None
        raise GradingError(damaged_sentence(database, cause)) from None


def damaged_sentence(file: Path | str, why: Exception) -> str:
    """What to do where a file is no gradebook; why: what SQLite says."""
    said = f"{file} cannot be read as a gradebook: {plain(str(why), 300)}; take it from a backup"
    return f"{said}, or remove it where nothing was graded yet"


def locked_sentence(file: Path | str | None, seconds: float) -> str:
    """What to do where a gradebook stays locked."""
    said = f"{file} is locked by another program for more than {seconds:g} s"
    return f"{said}; close the program that writes it"


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A connection of SQLAlchemy, on which every statement is a transaction of its own.

    Raises GradingError, with a sentence, where there is none.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, DBAPIError
    from sqlalchemy.pool import NullPool

    try:
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        connection = engine.connect()
    except ImportError as error:
        driver = error.name or "psycopg"
        package = PACKAGES.get(driver, driver)
        said = f"the gradebook {shown(url)} needs the Python package {driver}, which is not installed"
        raise GradingError(f"{said}; run `pip install '{package}'`") from None
    except ArgumentError:
        expected = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        raise GradingError(f"c.CourseDirectory.db_url is {shown(url)!r}, expected {expected}") from None
    except DBAPIError as error:
        raise GradingError(unreachable_sentence(url, str(error.orig))) from None
    with closing(connection):
        yield connection


def unreachable_sentence(url: str, why: str) -> str:
    """What to do where a database does not answer; why: what its driver says."""
    return f"the gradebook {shown(url)} cannot be reached: {plain(why.strip().partition(chr(10))[0], 300)}"


def shown(url: str) -> str:
    """The URL of a database without its password."""
    head, at, place = url.rpartition("@")
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.partition(':')[0]}@{place}" if at else url


@contextmanager
def alone_in(database: Path | str) -> Iterator[None]:
    """Keeps out graders on other machines, which a lock on a file of this one does not know.

    Raises InUse where one is at work.  Of PostgreSQL only, which ends the lock with the connection.
    """
    if isinstance(database, Path) or not database.startswith("postgresql"):
        yield
        return
    from sqlalchemy import text

    with connected(database) as connection:
        ends = time.monotonic() + PATIENCE
        while not connection.execute(text(f"SELECT pg_try_advisory_lock({LOCK})")).scalar():
            if time.monotonic() >= ends:
                said = f"another grading run is at work in the gradebook {shown(database)}"
                raise InUse(f"{said}; wait until it has ended")
            time.sleep(0.05)
        yield
