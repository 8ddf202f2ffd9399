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
PATIENCE = 2.0  # seconds until the database has noticed that a grader was killed


def read_tables(database: Path | str, *queries: str) -> list[list[tuple[Any, ...]]] | None:
    """The rows of each query; None where there is no gradebook yet.

    database: a file, or the URL of a database.  Raises GradingError where that cannot be reached.
    """
    if isinstance(database, Path):
        if not database.exists():
            return None
        uri = f"{database.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=30)) as file:
            return [file.execute(query).fetchall() for query in queries]
    with connected(database) as connection:
        from sqlalchemy import inspect

        if not inspect(connection).has_table("student"):
            return None
        return [[tuple(row) for row in connection.exec_driver_sql(query)] for query in queries]


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
