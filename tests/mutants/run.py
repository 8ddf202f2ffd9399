"""Runs tests on mutants, each in a copy of the tree that differs from it by one edit."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (".git", ".venv", "__pycache__", ".hypothesis", ".*_cache", "gradebook", "work", "*.egg-info")
LONGEST = 1800  # seconds; an edit may well make a loop endless


class Broken(Exception):
    """The tests fail without any mutant, so they say nothing about one."""


@contextmanager
def copy_of(root):
    """A copy of the tree in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        yield copy


def passes(tree, tests):
    """Whether a file or folder of tests passes in a tree; False if it does not end."""
    # no compiled files: Python would take an old one for a new source of equal size and second
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    if (tree / tests).is_file():  # for one file further processes of the tests cost more than they save
        environment["PYTEST_XDIST_AUTO_NUM_WORKERS"] = "0"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    try:
        code = subprocess.run(command, cwd=tree, env=environment, timeout=LONGEST, **quiet).returncode
    except subprocess.TimeoutExpired:
        return False
    if code not in (0, 1, 2):  # 1: a test failed, 2: it could not even be collected
        raise Broken(f"pytest ended with {code} on {tests}")
    return code == 0


def survivors(mutants, root=ROOT, tests=None, say=print):
    """Those mutants that no test notices, said one by one.

    tests: run for every mutant instead of those named for it.  Raises ValueError for a passage that
    does not stand exactly once, before anything is run, and Broken where tests fail without a mutant.
    """
    for mutant in mutants:
        mutant.applied((root / mutant.target.file).read_text(encoding="utf-8"))
    alive, good = [], set()
    with copy_of(root) as tree:
        for mutant in mutants:
            path = tree / mutant.target.file
            source, start, killer = path.read_text(encoding="utf-8"), time.monotonic(), None
            for run in tests or mutant.target.tests:
                path.write_text(mutant.applied(source), encoding="utf-8")
                failed = not passes(tree, run)
                path.write_text(source, encoding="utf-8")
                if failed and run not in good and not passes(tree, run):
                    raise Broken(f"{run} fails without a mutant")
                good.add(run)
                if failed:
                    killer = run
                    break
            if killer is None:
                alive.append(mutant)
            verdict = f"killed by {killer}" if killer else "SURVIVED"
            say(f"{time.monotonic() - start:6.1f} s  {mutant}\n    {verdict}")
    return alive
