"""The forms of what the judging side and a sandbox say to each other.

The forms hold for what this package sends.  Whatever comes out of a sandbox may be forged, so the
judging side checks each part before it uses it.
"""

from typing import Any, Literal, TypedDict

# Limits of time are of a process's own work.  By the clock it may take so many times as long: on a machine
# that is busy, perhaps by a neighbour's doing, it waits for a processor.
PATIENCE = 4.0

CellOutput = dict[str, Any]  # what a cell shows, as a notebook stores it


class RunCell(TypedDict):
    """A code cell that is executed."""

    kind: Literal["run"]
    source: str


class CheckCell(TypedDict):
    """A check cell.  Nothing is executed; a copy of the runner answers calls of `name`."""

    kind: Literal["check"]
    number: int  #: of the check, from 0
    name: str


class Orders(TypedDict):
    """What to run, as the judging side asks for it."""

    cells: list[RunCell | CheckCell]
    cell_seconds: float  #: of work, for each cell
    most_output: int  #: characters that a cell may show


class Job(Orders):
    """What the supervisor reads: the orders, and how the sandbox is made."""

    folder: str  #: where the code runs
    library: str  #: the folder of `worker` and of the reduced rnnlib
    files: str | None  #: a folder whose files are copied into `folder` first
    uid: int | None  #: the user that student code runs as; None keeps the user
    limits: dict[str, int]  #: of each process, by the name of the limit without "RLIMIT_"
    memory: int | None  #: bytes that all processes together may hold; None: not watched
    folders: list[str]  #: whose files are kept in memory, and count


class Started(TypedDict):
    """The runner begins a cell."""

    start: int


class Shown(TypedDict):
    """A cell has been executed."""

    cell: int
    outputs: list[CellOutput]


class Done(TypedDict):
    """All cells have been executed."""

    done: Literal[True]


class Missing(TypedDict):
    """A check's name is not defined."""

    missing: Literal[True]


class FunctionIntroduction(TypedDict):
    """A check's name stands for a function, which can be called now."""

    callable: Literal[True]
    name: str  #: the function's own name
    names: list[str]  #: of its arguments


class ValueIntroduction(TypedDict):
    """A check's name stands for a value."""

    callable: Literal[False]
    answer: Any
    type: str


Introduction = FunctionIntroduction | ValueIntroduction | Missing


class Call(TypedDict):
    """The judging side calls the function."""

    arguments: list[Any]
    seconds: float  #: of work that it may take
    given: dict[str, Any]  #: functions of the judging side in the place of the student's, by name


class Returned(TypedDict):
    """The function has returned."""

    returned: Any
    modified: bool  #: whether it has modified its arguments
    worked: float  #: seconds of work that it has taken


class TimedOut(TypedDict):
    """The function has taken longer than it may."""

    timeout: Literal[True]


class Raised(TypedDict):
    """The function has raised an error."""

    error: str  #: its class
    text: str
    line: list[Any]  #: [number, text] of the last of the student's lines; [] where there is none
    at: str  #: the function that raised it


Reply = Returned | TimedOut | Raised


class CallbackRequest(TypedDict):
    """The student's function calls a function that is one of its arguments."""

    callback: int  #: which of the functions among the arguments, from 0
    arguments: list[Any]
