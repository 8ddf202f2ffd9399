"""A PostgreSQL server of its own, on a socket in a temporary folder, without a network."""

import glob
import os
import shutil
import signal
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


class Server:
    """A PostgreSQL server; its data stay while it is stopped."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        if other:
            os.chown(folder, NOBODY, NOBODY)
        os.chmod(folder, 0o711)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8"}
        self._common = {"cwd": folder, "env": environment, **other}
        made = ["-D", f"{folder}/data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
        quiet = {"check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([program("initdb"), *made], **quiet, **self._common)

    def start(self):
        """Returns when it answers."""
        options = [
            "-D",
            f"{self.folder}/data",
            "-k",
            self.folder,
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
        ]
        with open(Path(self.folder) / "log", "ab") as log:
            self.process = subprocess.Popen(
                [program("postgres"), *options], stdout=log, stderr=log, **self._common
            )
        ends = time.monotonic() + 60
        while True:
            try:
                return self._connect().close()
            except OSError as error:
                assert self.process.poll() is None and time.monotonic() < ends, error
                time.sleep(0.1)

    def stop(self):
        """Ends it, and all its connections."""
        self.process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        self.process.wait(60)

    def make(self, name):
        """Makes a database."""
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')

    def url(self, name):
        """The URL of a database."""
        return f"postgresql:///{name}?host={self.folder}&user={USER}"

    def _connect(self):
        import psycopg

        try:
            return psycopg.connect(host=self.folder, user=USER, dbname="postgres", autocommit=True)
        except psycopg.OperationalError as error:
            raise OSError(str(error)) from error


@contextmanager
def postgresql(*names):
    """A running server with databases of these names; skips, with the reason, where there is none."""
    pytest.importorskip("psycopg", reason="psycopg is not installed; the extra `test` holds it")
    for needed in ("initdb", "postgres"):
        if program(needed) is None:
            pytest.skip(f"no PostgreSQL server on this machine ({needed}); .ci/run installs it")
    folder = tempfile.mkdtemp(prefix="postgresql-")  # tmp_path is too long for a socket
    try:
        server = Server(folder)
        server.start()
        try:
            for name in names:
                server.make(name)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
