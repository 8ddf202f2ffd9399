"""What is kept between grading runs, and the secret that an assignment's seeds are made of.

<home>/runs/<assignment>/<key>.json.gz     what a submission's functions returned
<home>/results/<assignment>/<key>.json     the verdicts on it
<home>/lines/<assignment>/<key>.json       the lines of a wrong answer that one change would mend
<home>/seeds.json, seeds-copy.json         one secret per assignment, made once

Cards, points, names and reports are in none of them: they are made from a verdict whenever it is shown.
"""

import errno
import gzip
import json
import shutil
import sys
import time
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from ..errors import GradingError, InUse
from ..files import write_atomically
from ..results import Repair
from ..sandbox.run import Ran
from . import seeds
from .judge_submission import Judged

if sys.platform != "win32":  # where nothing is graded
    import fcntl

NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP)  # on some network and cloud file systems
PATIENCE = 2.0  # seconds that a second grading run waits for the first to end
# what reading a stored file may raise, whatever it holds; it is then made anew
DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError)


class Store:
    """The runs, verdicts and lines of one assignment under `home`."""

    def __init__(self, home: Path, assignment: str) -> None:
        self.home, self.assignment = Path(home), assignment
        self.runs = self.home / "runs" / assignment
        self.results = self.home / "results" / assignment
        self.lines = self.home / "lines" / assignment

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps a second grading run out, and removes what a killed one left half-written."""
        for folder in (self.runs, self.results, self.lines):
            folder.mkdir(parents=True, exist_ok=True)
        with open(self.home / "grading.lock", "w") as lock:
            _lock_soon(lock, f"another grading run is at work in {self.home}; wait until it has ended")
            places = (self.runs, self.results, self.lines, self.home, *self.home.glob("reports/*"))
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

    def read_lines(self, key: str) -> tuple[Repair, ...] | None:
        """The lines called `key`, which may be none at all; None where nothing is stored."""
        try:
            stored = json.loads((self.lines / f"{key}.json").read_text(encoding="utf-8"))
            return tuple(Repair(*parts) for parts in stored)
        except DAMAGED:
            return None

    def write_lines(self, key: str, lines: tuple[Repair, ...]) -> None:
        """Keeps the lines of a wrong answer."""
        write_atomically(self.lines / f"{key}.json", json.dumps(lines))

    @property
    def stored(self) -> dict[Path, str]:
        """{path: name} of all runs, verdicts and lines."""
        paths = [path for folder in (self.runs, self.results, self.lines) for path in folder.glob("*.json*")]
        return {path: path.name.split(".")[0] for path in paths}

    def keep_only(self, keys: Collection[str]) -> int:
        """Removes all that has none of these names; returns how many files."""
        others = [path for path, key in self.stored.items() if key not in keys]
        for path in others:
            path.unlink(missing_ok=True)
        return len(others)

    def _run(self, key: str) -> Path:
        return self.runs / f"{key}.json.gz"


def _lock_soon(file: IO[str], otherwise: str) -> None:
    """Locks a file until it is closed; raises InUse if another has it, with a sentence.

    The processes of a run that was killed hold its lock until they have ended too, which is soon.
    """
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            return _lock(file, wait=False)
        except BlockingIOError:
            if time.monotonic() >= ends:
                raise InUse(otherwise) from None
            time.sleep(0.05)


def _lock(file: IO[str], wait: bool = True) -> None:
    """Locks a file until it is closed; raises BlockingIOError if another has it and `wait` is False.

    Raises GradingError where the file system has no locks.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            said = f"the file system of {Path(file.name).parent} has no locks ({error.strerror})"
            raise GradingError(f"{said}; without them two grading runs would mix: use a local disk") from None
