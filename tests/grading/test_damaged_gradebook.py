"""A gradebook that is damaged, empty, locked, or left by a killed program: every verb has one sentence."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from class_tools import NAME, command, copy_course, notebook, solved, submit
from lms_downloads import CLASS, write_csv, write_folder

from autograder.grading import database
from autograder.grading.course import Course

BACKUP = "take it from a backup, or remove it where nothing was graded yet"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    root = copy_course(tmp_path_factory.mktemp("graded"))
    submit(root, "ada", solved())
    command("autograder", "grade", NAME, "--sandbox", "none", cwd=root)
    return root


@pytest.fixture
def course(graded):
    """A graded course, whose gradebook is put back afterwards."""
    path = graded / "gradebook" / "gradebook.db"
    whole = path.read_bytes()
    yield graded
    path.write_bytes(whole)


def verbs(root):
    roster = write_csv(root / "class.csv", CLASS)
    source = write_folder(root / "download", {f"s1/{NAME}.ipynb": str(notebook())})
    return (
        ["report", NAME],
        ["report"],
        ["export", NAME, "--to", "csv"],
        ["extend", "ada", NAME, "2026-03-08"],
        ["forget", "nobody"],
        ["collect", str(source), NAME, "--roster", str(roster)],
    )


def refuses(root, says):
    for verb in verbs(root):
        said = command("autograder", *verb, cwd=root, code=1)
        assert said.startswith(f"autograder: {root / 'gradebook' / 'gradebook.db'} {says}"), (verb, said)
        assert said.count("\n") == 1, said


@pytest.mark.parametrize("what", ["is none", "is empty", "its end is damaged"])
def test_a_gradebook_that_cannot_be_read_is_named_by_every_verb(course, what):
    path = course / "gradebook" / "gradebook.db"
    whole = path.read_bytes()
    half = whole[: len(whole) // 4] + b"\xff" * (3 * len(whole) // 4)
    path.write_bytes({"is none": b"nothing" * 1000, "is empty": b"", "its end is damaged": half}[what])
    refuses(course, "cannot be read as a gradebook: ")
    with pytest.raises(database.GradingError, match=BACKUP):
        Course.load(course).students()


def test_a_locked_gradebook_is_named_by_every_verb(course, monkeypatch):
    monkeypatch.setattr(database, "WAIT", 0.05)
    arguments = [sys.executable, "-c", LOCK, course / "gradebook" / "gradebook.db"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"locked\n"
        refuses(course, "is locked by another program for more than 0.05 s; close the program")
        other.kill()


LOCK = """
import sqlite3, sys

sqlite3.connect(sys.argv[1], isolation_level=None).execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
"""
KILLED = """
import os, signal, sqlite3, sys

gradebook = sqlite3.connect(sys.argv[1], isolation_level=None)
gradebook.execute("PRAGMA cache_size = 1")
gradebook.execute("BEGIN IMMEDIATE")
gradebook.execute("CREATE TABLE filler (x)")
gradebook.executemany("INSERT INTO filler VALUES (?)", [("y" * 3000,)] * 200)
gradebook.execute("UPDATE grade SET auto_score = 0")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_program_left_half_done_is_taken_back(course):
    path = course / "gradebook" / "gradebook.db"
    subprocess.run([sys.executable, "-c", KILLED, path])
    assert path.with_name("gradebook.db-journal").exists()
    command("autograder", "export", NAME, "--to", "csv", cwd=course)
    assert "15" in (course / "gradebook" / "exports" / "csv" / f"{NAME}.csv").read_text()


@pytest.mark.parametrize("statement", ["find_assignment", "remove_student"])
def test_what_nbgrader_cannot_read_is_named_as_well(course, monkeypatch, statement):
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import DatabaseError

    def broken(*_):
        raise DatabaseError("SELECT", {}, database.sqlite3.DatabaseError("disk image is malformed"))

    monkeypatch.setattr(Gradebook, statement, broken)
    verb = ["extend", "ada", NAME, "2026-03-08"] if statement == "find_assignment" else ["forget", "ada"]
    said = command("autograder", *verb, cwd=course, code=1)
    assert f"gradebook.db cannot be read as a gradebook: disk image is malformed; {BACKUP}\n" in said


def test_where_the_disk_is_full_nobody_is_told_to_remove_a_gradebook(tmp_path):
    path = tmp_path / "gradebook.db"
    with pytest.raises(
        database.GradingError, match="cannot be read or written: database or disk is full"
    ) as said:
        with database.errors_named(path), closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA max_page_count = 2")
            file.execute("CREATE TABLE large AS SELECT randomblob(100000)")
    assert BACKUP not in str(said.value)
