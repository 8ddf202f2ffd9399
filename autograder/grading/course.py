"""An nbgrader course on disk: its configuration, where its files are, and what was graded.

nbgrader itself is not imported, as that takes longer than many a command that only reads.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from traitlets.config.loader import Config, ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from ..errors import GradingError
from ..lessons import released_lessons
from ..results import Result
from ..sandbox.bubblewrap import MODES
from ..sandbox.limits import Limits
from ..wording import name_problem
from .class_folder import chosen_class, class_folder, class_name
from .database import SQLITE, alone_in, errors_named, read_tables
from .kept import COLLECTED, kept_file, read_kept
from .result_store import DAMAGED, Store
from .submission_files import is_closed
from .timestamps import Believed

CONFIG = "nbgrader_config"
STEPS = ("submitted", "autograded", "feedback")
SEARCH_SECONDS = 120.0  # for the lines of a class's wrong answers
EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's default of c.Exchange.root


@dataclass(frozen=True)
class Course:
    """An nbgrader course on disk: its root and its configuration."""

    root: Path
    config: Config

    @classmethod
    def load(cls, root: Path, home: Path | None = None, submitted: str | Path | None = None) -> "Course":
        """The course at `root`; `home` moves all that grading makes.

        `submitted`: another folder of submissions, which has a gradebook of its own beside it, so
        that two classes never mix.
        """
        root = Path(root).resolve()
        if not (root / f"{CONFIG}.py").exists():
            raise GradingError(f"no {CONFIG}.py in {root}; run this in the course's folder")
        config = _account_config()
        config.merge(_own_config(root))
        config.CourseDirectory.root = str(root)
        if submitted is not None:
            submitted = Path(submitted).resolve()
            if not os.path.isdir(submitted):
                raise GradingError(f"{submitted} is no folder; expected one with STUDENT/ASSIGNMENT/ in it")
            own = submitted == (root / config.CourseDirectory.submitted_directory).resolve()
            home = None if own else submitted.with_name(f"{submitted.name}-graded")
        if home is not None:
            home = Path(home).resolve()
            home.mkdir(parents=True, exist_ok=True)
            config.CourseDirectory.db_url = f"sqlite:///{home / 'gradebook.db'}"
            for step in STEPS:
                config.CourseDirectory[f"{step}_directory"] = str(home / step)
        if submitted is not None:
            config.CourseDirectory.submitted_directory = str(submitted)
        return cls(root, config)

    @classmethod
    def from_resources(cls, resources: Mapping[str, Any]) -> "Course":
        """The course a converter works on: nbgrader runs its converters in the course's root."""
        config = Config()
        config.CourseDirectory.db_url = resources["nbgrader"]["db_url"]
        return cls(Path.cwd(), config)

    @classmethod
    def from_converter(cls, converter: Any) -> "Course":
        """The course that nbgrader's converter works on, with the options of the command line.

        Its `coursedir` lacks what stands in the course's file, which nbgrader reads later.
        """
        config = converter.config.copy()
        config.CourseDirectory.db_url = converter.coursedir.db_url
        config.CourseDirectory.course_id = converter.coursedir.course_id
        return cls(Path.cwd(), config)

    @property
    def database(self) -> Path | None:
        """The file of the gradebook; None for a database elsewhere."""
        url: str = self.config.CourseDirectory.db_url
        return self.root / url.removeprefix(SQLITE) if url.startswith(SQLITE) else None

    @property
    def home(self) -> Path:
        """The folder of all that grading keeps of the class: that of the gradebook, where it is a file."""
        return self.database.parent if self.database else self.root / class_folder()

    @property
    def walls(self) -> str:
        """The walls around student code that c.Grade.sandbox asks for."""
        walls = self.config.Grade.get("sandbox", "auto")
        if walls not in MODES:
            raise GradingError(f"c.Grade.sandbox is {walls!r}, expected one of {', '.join(MODES)}")
        return str(walls)

    @property
    def limits(self) -> Limits:
        """The limits of time that c.Grade sets, in seconds."""
        found = {}
        for name, usual in Limits()._asdict().items():
            seconds = self.config.Grade.get(f"{name}_seconds", usual)
            if not isinstance(seconds, int | float) or not seconds > 0:
                raise GradingError(f"c.Grade.{name}_seconds is {seconds!r}, expected a number above 0")
            found[name] = float(seconds)
        return Limits(**found)

    @property
    def follow_through(self) -> float:
        """The share of its points that what is right given right earlier answers earns."""
        share = self.config.Grade.get("follow_through", 1.0)
        if not isinstance(share, int | float) or not 0 <= share <= 1:
            raise GradingError(f"c.Grade.follow_through is {share!r}, expected a number from 0 to 1")
        return float(share)

    @property
    def search_seconds(self) -> float:
        """The seconds that c.Grade.search_seconds gives to the search for a class's lines; 0 for none."""
        seconds = self.config.Grade.get("search_seconds", SEARCH_SECONDS)
        if not isinstance(seconds, int | float) or not 0 <= seconds < inf:
            raise GradingError(f"c.Grade.search_seconds is {seconds!r}, expected a number from 0")
        return float(seconds)

    @property
    def believed(self) -> Believed:
        """Which timestamp.txt counts, by c.Grade.believe_timestamps, the exchange and collecting."""
        read_kept(self.home, COLLECTED)  # or the file is named here, and not by each submission
        every = bool(self.config.Grade.get("believe_timestamps", False))
        name = self.config.CourseDirectory.get("course_id", "")
        exchange = Path(self.config.Exchange.get("root", EXCHANGE))
        inbound = exchange / name / "inbound" if name else None
        return Believed(every, inbound, kept_file(self.home, COLLECTED))

    def store(self, assignment: str) -> Store:
        """Where the runs and verdicts of an assignment are stored."""
        return Store(self.home, assignment)

    def released(self, assignment: str) -> dict[str, Any]:
        """The released notebook as JSON."""
        name = self.assignment(assignment)
        path = self.root / "notebooks" / name / f"{name}.ipynb"
        released: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return released

    @property
    def assignments(self) -> list[str]:
        """The names of all lessons that are released."""
        return [path.parent.name for path in released_lessons(self.root)]

    @property
    def submitted(self) -> Path:
        """The folder of the submissions."""
        return self.root / str(self.config.CourseDirectory.submitted_directory)

    def assignment(self, name: str) -> str:
        """The assignment called "01_scalar_rnn", "01_scalar_rnn/" or "01"."""
        known, bare = self.assignments, name.rstrip("/")
        found = [k for k in known if k == bare] or [k for k in known if k.split("_")[0] == bare]
        if len(found) != 1:
            raise GradingError(f"no assignment {name!r}; there are {', '.join(known) or 'none'}")
        return found[0]

    def submissions(self, assignment: str) -> dict[str, Path]:
        """{student: folder of the submission}, in alphabetical order; raises GradingError without access."""
        if is_closed(self.submitted):
            raise GradingError(f"{self.submitted} cannot be read; grading looks there for submissions")
        found = sorted(path for path in self.submitted.glob(f"*/{assignment}") if os.path.isdir(path))
        names = {path.parent.name: path for path in found if not path.parent.name.startswith(".")}
        return {name: path for name, path in names.items() if not name_problem(name)}

    def graded(self, assignment: str, student: str) -> Result | None:
        """The result that the gradebook's row came from, whichever program graded last; or None."""
        folder = self.root / self.config.CourseDirectory.autograded_directory / student / assignment
        try:
            notebook = json.loads((folder / f"{assignment}.ipynb").read_text(encoding="utf-8"))
            return Result.from_json(notebook["metadata"]["unrolled"])
        except DAMAGED:  # such as by a kill while it was written
            return None

    def students(self) -> dict[str, tuple[str, str]]:
        """{id: (first name, last name)} of all that the gradebook knows; a missing name is ""."""
        tables = self.tables("SELECT id, first_name, last_name FROM student ORDER BY id")
        return {student: (first or "", last or "") for student, first, last in tables[0]} if tables else {}

    def tables(self, *queries: str) -> list[list[tuple[Any, ...]]] | None:
        """The rows of each query of the gradebook's tables; None where there is no gradebook yet."""
        return read_tables(self.database or self.config.CourseDirectory.db_url, *queries)

    def errors_named(self) -> AbstractContextManager[None]:
        """Makes a GradingError of what nbgrader cannot do with the gradebook."""
        return errors_named(self.database or self.config.CourseDirectory.db_url)

    @contextmanager
    def alone(self, assignment: str) -> Iterator[None]:
        """Keeps every other grader of the class out; raises InUse where one is at work."""
        with self.store(assignment).alone(), alone_in(self.database or self.config.CourseDirectory.db_url):
            yield

    def must_be_writable(self) -> None:
        """Raises GradingError where grading could not write; half-way it would be hard to read."""
        self.home.mkdir(parents=True, exist_ok=True)
        for path in (self.home, *map(self.home.joinpath, ("gradebook.db", "results", "autograded"))):
            if path.exists() and not os.access(path, os.W_OK):
                raise GradingError(f"{path} cannot be written; grading keeps all that it makes there")


def _own_config(root: Path) -> Config:
    """What the course's file says for the class; raises GradingError where it would mix two classes.

    It is run once more without a class: a file of an earlier version knows of none.
    """
    name, loader = class_name(), PyFileConfigLoader(f"{CONFIG}.py", str(root))
    config: Config = loader.load_config()
    if name:
        with chosen_class(""):
            whole = loader.load_config().CourseDirectory
        for place in ("db_url", *(f"{step}_directory" for step in STEPS)):
            if config.CourseDirectory.get(place) == whole.get(place):
                said = f"{CONFIG}.py has the same c.CourseDirectory.{place} for class {name} as for no class"
                raise GradingError(
                    f"{said}; let it follow class_folder() or for_class(), as the course's own does"
                )
    return config


def _account_config() -> Config:
    """What the account and the system have configured for Jupyter and nbgrader; a course's own wins."""
    config = Config()
    for name in ("jupyter_config", CONFIG):
        for folder in reversed(jupyter_config_path()):  # the first of them has the last word
            for loader in (
                PyFileConfigLoader(f"{name}.py", folder),
                JSONFileConfigLoader(f"{name}.json", folder),
            ):
                with suppress(ConfigFileNotFound):
                    config.merge(loader.load_config())
    return config
