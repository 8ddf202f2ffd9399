"""Python's parser is used by one thread at a time."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "autograder"
PROGRAM = """
import ast, gc, threading, time
from autograder.syntax import parse
gc.callbacks.append(lambda *_: time.sleep(0))  # lets another thread in while a tree is made
gc.set_threshold(100)
source = "x = " + " + ".join(["f(a[1], b=(c, d))"] * 400)
failed = []
def work():
    try:
        for _ in range(3):
            PARSE(source)
    except SystemError as error:
        failed.append(str(error))
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(failed[:1])
"""


def said(function):
    """What the program prints: the errors of threads that call a function at once."""
    command = [sys.executable, "-c", PROGRAM.replace("PARSE", function)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_threads_that_parse_at_once_do_not_disturb_each_other():
    assert said("parse") == "[]\n"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a fault of CPython 3.11")
def test_without_the_lock_they_do():
    assert "recursion depth mismatch" in said("ast.parse")


def test_all_that_grades_uses_it():
    """The worker has one thread, and what only contributors run as well."""
    for path in PACKAGE.rglob("*.py"):
        if {"worker", "authoring"} & {*path.relative_to(PACKAGE).parts} or path.name == "syntax.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [
            n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and ast.unparse(n) == "ast.parse"
        ]
