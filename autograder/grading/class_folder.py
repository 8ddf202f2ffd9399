"""Which class is graded, and the folder of all that grading keeps of it.

A course has one class, or several (sections), of which the environment variable UNROLLED_CLASS or the option
`--class` names one.  Each has submissions, a gradebook, seeds, names and reports of its own.
nbgrader_config.py asks here for their places, so that nbgrader, formgrader and `autograder` agree.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import GradingError

VARIABLE = "UNROLLED_CLASS"
# what folders, databases and nbgrader's course ids may be called
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")


def class_name() -> str:
    """The name of the class that is graded; "" where none is named."""
    name = os.environ.get(VARIABLE, "")
    if name and not NAME.fullmatch(name):
        expected = "at most 30 lower-case letters, digits, - and _, beginning with a letter or digit"
        raise GradingError(f"the class is {name!r}, expected {expected}, such as b")
    return name


def class_folder() -> Path:
    """The folder of the class below the course's: `gradebook`, or `gradebook/class-b`."""
    name = class_name()
    return Path("gradebook") / f"class-{name}" if name else Path("gradebook")


def for_class(name: str) -> str:
    """A name that the class has for itself, such as of a database: "unrolled", or "unrolled-b"."""
    return "-".join(filter(None, [name, class_name()]))


@contextmanager
def chosen_class(name: str | None) -> Iterator[None]:
    """Names the class for what runs inside; None leaves what the environment says, "" is the course's own."""
    if name is None:
        yield
        return
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
