"""A PostgreSQL server of its own, on a socket in a temporary folder, without a network."""

import glob
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "unrolled"
NOBODY = 65534  # who runs it where the tests are run by root, for whom it refuses to start


def program(name):
    """The path of one of PostgreSQL's programs, which Debian keeps out of PATH; None where it is not here."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return found[-1] if found else shutil.which(name)


@contextmanager
def postgresql(*names):
    """A running server; gives a function from the name of a database to its URL.

    names: of the databases that it has.  Skips, with the reason, where there is none.
    """
    pytest.importorskip("psycopg", reason="psycopg is not installed; the extra `test` holds it")
    for needed in ("initdb", "postgres"):
        if program(needed) is None:
            pytest.skip(f"no PostgreSQL server on this machine ({needed}); .ci/run installs it")
    folder = tempfile.mkdtemp(prefix="postgresql-", dir="/tmp")  # a socket's path has to be short
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if other:
        os.chown(folder, NOBODY, NOBODY)
    os.chmod(folder, 0o711)
    common = {
        "cwd": folder,
        "env": {"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8"},
        **other,
    }
    data = ["-D", f"{folder}/data"]
    made = ["-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([program("initdb"), *data, *made], check=True, stdout=subprocess.DEVNULL, **common)
    options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with open(Path(folder) / "log", "wb") as log:
        server = subprocess.Popen([program("postgres"), *data, *options], stdout=log, stderr=log, **common)

    def url(name):
        return f"postgresql:///{name}?host={folder}&user={USER}"

    try:
        _make(names, f"host={folder} user={USER} dbname=postgres", server)
        yield url
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _make(names, server_of, server):
    """Makes the databases as soon as the server answers."""
    import psycopg

    ends = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(server_of, autocommit=True) as connection:
                for name in names:
                    connection.execute(f'CREATE DATABASE "{name}"')
            return
        except psycopg.OperationalError:
            assert server.poll() is None and time.monotonic() < ends
            time.sleep(0.1)
