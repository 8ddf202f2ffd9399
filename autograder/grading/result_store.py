"""What is kept between grading runs, in two stages, and the secret that an assignment's seeds are made of.

<home>/runs/<assignment>/<key>.json.gz     what a submission's functions returned
<home>/results/<assignment>/<key>.json     the verdicts on it
<home>/seeds.json                          one secret per assignment, made once

Cards, points, names and reports are in neither: they are made from a verdict whenever it is shown.
"""

import gzip
import json
import shutil
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from ..errors import InUse
from ..files import write_atomically
from ..sandbox.run import Ran
from . import seeds
from .judge_submission import Judged

if sys.platform != "win32":  # where nothing is graded
    import fcntl

# what reading a stored file may raise, whatever it holds; it is then made anew
DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError)


class Store:
    """The runs and verdicts of one assignment under `home`."""

    def __init__(self, home: Path, assignment: str) -> None:
        self.home, self.assignment = Path(home), assignment
        self.runs = self.home / "runs" / assignment
        self.results = self.home / "results" / assignment

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps a second grading run out, and removes what a killed one left half-written."""
        for folder in (self.runs, self.results):
            folder.mkdir(parents=True, exist_ok=True)
        with open(self.home / "grading.lock", "w") as lock:
            try:
                _lock(lock, wait=False)
            except BlockingIOError:
                raise InUse(f"another grading run is at work in {self.home}") from None
            places = (self.runs, self.results, self.home)
            parts = [part for folder in places for part in folder.glob("part-*")]
            for stale in [*parts, *self.home.glob("*.new")]:
                stale.unlink()
            for stale in [*self.home.glob("staging-*"), *self.home.glob("registering")]:
                shutil.rmtree(stale, ignore_errors=True)
            yield

    @cached_property
    def secret(self) -> str:
        """The assignment's secret; made at the first grading, kept from then on."""
        self.home.mkdir(parents=True, exist_ok=True)
        with open(self.home / "seeds.lock", "w") as lock:
            _lock(lock)  # of two assignments that are begun together, one would lose its secret
            return seeds.read_or_make_secret(self.home, self.assignment)

    def seed_of(self, student: str) -> int:
        """The secret seed of a student."""
        return seeds.student_seed(self.secret, student)

    def read_run(self, key: str) -> Ran | None:
        """The run called `key`, or None."""
        try:
            return Ran.from_json(json.loads(gzip.decompress(self._run(key).read_bytes())))
        except (*DAMAGED, EOFError, zlib.error):
            return None

    def write_run(self, key: str, run: Ran) -> None:
        """Keeps a run, unless what it returned is too large."""
        if run.is_small:
            stored = json.dumps(run.to_json()).encode("utf-8", "replace")
            write_atomically(self._run(key), gzip.compress(stored, compresslevel=1, mtime=0))

    def read_judged(self, key: str) -> Judged | None:
        """The verdicts called `key`, or None."""
        try:
            stored = json.loads((self.results / f"{key}.json").read_text(encoding="utf-8"))
            return Judged.from_json(stored)
        except DAMAGED:
            return None

    def write_judged(self, key: str, judged: Judged) -> None:
        """Keeps the verdicts on a submission."""
        write_atomically(self.results / f"{key}.json", json.dumps(judged.to_json()))

    def _run(self, key: str) -> Path:
        return self.runs / f"{key}.json.gz"


def _lock(file: IO[str], wait: bool = True) -> None:
    """Locks a file until it is closed; raises BlockingIOError if another has it and `wait` is False."""
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
