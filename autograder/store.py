"""What is kept between grading runs: results by content, and the secret seed of an assignment.

<home>/results/<assignment>/<key>.json     one submission's outputs and points
<home>/seeds.json                          one seed per assignment, made once
"""

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nothing is graded
    fcntl = None


class InUse(Exception):
    """Two grading runs would write the same gradebook."""


class Store:
    """The results of one assignment under `home`."""

    def __init__(self, home, assignment):
        self.home, self.assignment = Path(home), assignment
        self.folder = self.home / "results" / assignment

    @contextmanager
    def alone(self):
        """Keeps a second grading run out, and removes what a killed one left half-written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.home / "grading.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse(f"another grading run is at work in {self.home}") from None
            parts = [*self.folder.glob("part-*"), *self.home.glob("part-*"), *self.home.glob("*.new")]
            for stale in parts:
                stale.unlink()
            for stale in [*self.home.glob("staging-*"), *self.home.glob("registering")]:
                shutil.rmtree(stale, ignore_errors=True)
            yield

    @cached_property
    def seed(self):
        """The assignment's secret seed; made at the first grading, kept from then on."""
        self.home.mkdir(parents=True, exist_ok=True)
        path = self.home / "seeds.json"
        with open(self.home / "seeds.lock", "w") as lock:
            if fcntl:  # or two assignments that are begun together would lose one
                fcntl.flock(lock, fcntl.LOCK_EX)
            seeds = json.loads(path.read_text()) if path.exists() else {}
            if self.assignment not in seeds:
                seeds[self.assignment] = 1 + secrets.randbelow(2**40)
                write_atomically(path, json.dumps(seeds, indent=1))
        return seeds[self.assignment]

    def key(self, submission, mode, limits):
        """Names the run of a submission: its code, its files, the seed, the grader's own code, and
        what it was run under; a time-out under one limit says nothing about another.
        """
        code = [
            ["".join(cell["source"]), (cell["metadata"].get("nbgrader") or {}).get("grade_id")]
            for cell in submission.notebook["cells"]
            if cell["cell_type"] == "code"
        ]
        text = json.dumps([code, submission.digest(), self.seed, grader_version(), mode != "none", limits])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def read(self, key):
        """The result called `key`, or None."""
        path = self.folder / f"{key}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def write(self, key, result):
        write_atomically(self.folder / f"{key}.json", json.dumps(result))


@cache
def grader_version():
    """A digest of all code that can change a grade: both packages and the solutions."""
    here = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for folder in (here, here.parent / "rnnlib", here.parent / "solutions"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def write_atomically(path, text):
    """Writes beside the target and renames: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix="part-", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    os.replace(file.name, path)
