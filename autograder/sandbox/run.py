"""One run in a sandbox, from start to end: the cells, then the calls of each check's function."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..answers import Answer
from ..errors import Infrastructure
from ..worker.protocol import CellOutput, CheckCell, Orders, RunCell
from . import client
from .answer import NOTHING, LiveAnswer
from .box import start_box
from .bubblewrap import choose_walls
from .conversation import Conversation
from .limits import Limits
from .reduced_rnnlib import library_folder

Call = Callable[[Answer], bool]

ATTEMPTS = 3
MOST_KEPT = 8 * 2**20  # bytes of replies to all checks of a run


@dataclass(frozen=True)
class Check:
    """A check cell.  name: of the function or value that is checked.

    rounds: the calls of a function, first with public arguments, then with secret ones, each of which says
    whether what came is right; a round ends at the first call that fails, and so do the rounds.  Nothing is
    called where `rounds` is empty.  stands_in: what takes the place of this function where another one that
    builds on it is called again.  builds_on: names of earlier checks' functions; where this answer came out
    wrong and some of those as well, all is called once more with what stands in for them.
    """

    name: str
    rounds: tuple[tuple[Call, ...], ...] = ()
    stands_in: Callable[..., Any] | None = None
    builds_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """What to run: code cells and checks in their order.

    answers: functions of rnnlib that student code must not find.  files: a folder to be copied beside
    the notebook.  with_search: whether the search for lines can be imported, see `reduced_rnnlib`.
    """

    cells: tuple[str | Check, ...]
    answers: tuple[str, ...]
    files: str | Path | None = None
    with_search: bool = False


@dataclass(frozen=True)
class Ran:
    """What a run gave."""

    outputs: dict[int, list[CellOutput]]  #: by the index of the cell
    at: int  #: the last cell that was begun
    ended: str  #: why the run ended before all cells were executed; "" where it did not
    conversations: dict[int, Conversation]  #: by the index of the check; none where it was not reached
    seconds: float
    walls: str  #: "bwrap", "account" or "none"

    @property
    def is_small(self) -> bool:
        """Whether what its functions returned is short enough to be stored."""
        return sum(conversation.size for conversation in self.conversations.values()) <= MOST_KEPT

    def to_json(self) -> dict[str, Any]:
        """As data that JSON can hold."""
        return {
            "outputs": list(self.outputs.items()),
            "at": self.at,
            "ended": self.ended,
            "conversations": [[n, said.to_json()] for n, said in self.conversations.items()],
            "seconds": self.seconds,
            "walls": self.walls,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Ran":
        """What `to_json` has written."""
        said = {n: Conversation.from_json(conversation) for n, conversation in stored["conversations"]}
        outputs = dict(stored["outputs"])
        return cls(outputs, stored["at"], stored["ended"], said, stored["seconds"], stored["walls"])


def run_job(job: Job, mode: str, limits: Limits) -> Ran:
    """Runs a job and calls the functions that its checks are about.

    mode: one of `bubblewrap.MODES`.  Raises errors.Unavailable or errors.Infrastructure; neither of
    them says anything about the submission.
    """
    walls, library = choose_walls(mode), library_folder(job.answers, job.with_search)
    cells = list(_cells_of_worker(job.cells))
    orders: Orders = {"cells": cells, "cell_seconds": limits.cell, "most_output": client.MOST_OUTPUT}
    checks = [(index, cell) for index, cell in enumerate(job.cells) if isinstance(cell, Check)]
    start = time.perf_counter()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with start_box(walls, library, orders, len(checks), job.files) as box:
                watched = client.run_cells(box, limits)
                is_over = partial(client.has_taken_too_much, box)
                said = _interview(
                    {
                        index: (LiveAnswer(sock, limits.answer, is_over), check)
                        for (index, check), sock in zip(checks, box.checks)
                        if watched.at >= index
                    }
                )
            break
        except Infrastructure:
            if attempt == ATTEMPTS:
                raise
    seconds = round(time.perf_counter() - start, 2)
    return Ran(watched.outputs, watched.at, watched.ended, said, seconds, walls)


def _cells_of_worker(cells: tuple[str | Check, ...]) -> Iterable[RunCell | CheckCell]:
    """The cells as the worker reads them."""
    number = 0
    for cell in cells:
        if isinstance(cell, Check):
            yield CheckCell(kind="check", number=number, name=cell.name)
            number += 1
        else:
            yield RunCell(kind="run", source=cell)


def _interview(answers: dict[int, tuple[LiveAnswer, Check]]) -> dict[int, Conversation]:
    """Calls all answers, round by round; returns what was said on the way.

    A round begins when the one before it has ended for everybody: the copies share files, and what one of
    them knows of its secret arguments must not be in the public words of another.  With functions that stand
    in for others, one answer is asked after the other: what it can learn of an earlier exercise comes too
    late for that one.
    """
    going = {index: answer for index, (answer, _) in answers.items() if answer.known == "function"}
    right = dict.fromkeys(going, True)
    for number in range(max((len(check.rounds) for _, check in answers.values()), default=0)):
        for index, answer in list(going.items()):
            rounds = answers[index][1].rounds
            found = _make_calls(answer, number, rounds[number]) if number < len(rounds) else None
            if found is None:
                del going[index]
            else:
                right[index] = right[index] and found
    wrong = {answers[index][1].name: answers[index][1] for index in going if not right[index]}
    for answer, check in answers.values():
        given = stand_ins_for(check.builds_on, wrong) if wrong.get(check.name) is check else {}
        for number, calls in enumerate(check.rounds if given else ()):
            if _make_calls(answer, number, calls, given) is None:
                break
    return {index: answer.conversation for index, (answer, _) in answers.items()}


def stand_ins_for(names: Iterable[str], wrong: Mapping[str, Check]) -> dict[str, Callable[..., Any]]:
    """What stands in for those of some functions that came out wrong, by name."""
    found = {name: wrong[name].stands_in for name in names if name in wrong}
    return {name: function for name, function in found.items() if function is not None}


def _make_calls(
    answer: LiveAnswer,
    number: int,
    calls: tuple[Call, ...],
    given: Mapping[str, Callable[..., Any]] = NOTHING,
) -> bool | None:
    """Makes one round of calls: whether all that came is right, or None where one fails.

    The judge, who reads it later, stops there too.
    """
    answer.begin_round(number > 0, given)
    try:
        return all([call(answer) for call in calls])
    except (KeyboardInterrupt, Infrastructure):
        raise
    except BaseException:
        return None
