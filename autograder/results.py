"""What is known about an answer, in the types that the rooms hand to each other."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from .compare import Array, Index


class Status(StrEnum):
    """How far an answer came."""

    JUDGED = "judged"
    UNANSWERED = "unanswered"
    FORM = "form"  # of another kind than what was asked for
    ERROR = "error"
    TIMEOUT = "timeout"
    MISSING = "missing"  # no such name
    DIED = "died"  # its process ended
    NOT_RUN = "notrun"
    UNREADABLE = "unreadable"  # the file that should hold it

    @property
    def needs_a_person(self) -> bool:
        """Whether nothing came back, so that a person should look."""
        return self in (Status.DIED, Status.NOT_RUN, Status.TIMEOUT, Status.UNREADABLE)


class Output(NamedTuple):
    """The judgement on one output."""

    ok: bool  #: whether it agrees with the right values
    error: float  #: relative to the largest entry; inf where it cannot be computed
    note: str  #: what is wrong in words, or a remark; "" when there is nothing to say
    where: Index | None = None  #: first entry that differs
    last: Index | None = None  #: last entry that differs
    call: str = ""  #: which of many calls `where` is of, in words; its first index counts the calls then
    given: bool = False  #: whether it is right with the functions of `Verdict.given`, though not by itself


class Number(NamedTuple):
    """One entry of an output, by its index: what came and what was expected."""

    output: str  #: its name
    entry: Index  #: its index in that output
    got: float  #: what the answer gave
    expected: float  #: the right value
    call: str = ""  #: which of many calls it is of, in words


class Repair(NamedTuple):
    """A line of the student's: with another text there, all outputs are right."""

    function: str  #: that it stands in
    line: int  #: counted from that function's `def` as 1
    kind: str  #: what kind of change, such as "another index"; never which
    text: str  #: the line as the student wrote it
    part: str = ""  #: what of it is to change, where that is an expression


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer.

    score is the share of the outputs that are right; slips the ids of those that explain the
    numbers, empty when none does; laws sentences on what is wrong by a law or a corruption; message
    says all of it in words; outputs has ok, error and note for
    each output by name; notes are remarks that cost nothing.  given names the earlier functions with whose
    right ones more outputs are right; followed is the share of these.
    """

    exercise: str
    correct: bool
    score: float
    slips: tuple[str, ...]
    message: str
    outputs: dict[str, Output]
    question: str = ""
    notes: tuple[str, ...] = ()
    status: Status = Status.JUDGED
    spectrum: Array | None = None  #: (T, T), see `diagnosis.path_spectrum`
    numbers: tuple[Number, ...] = ()  #: on the public instances only
    repair: tuple[Repair, ...] = ()  #: at most three lines
    laws: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    followed: float = 0.0
    fingerprint: str = ""  #: names its numbers on the public instances, where some are wrong
    named: str = ""  #: what an instructor says to all that have this fingerprint

    def to_json(self) -> dict[str, Any]:
        """As data that JSON can hold, NaN and infinity included."""
        spectrum = None if self.spectrum is None else self.spectrum.tolist()
        return asdict(self) | {"spectrum": spectrum, "status": str(self.status)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Verdict":
        """What `to_json` has written."""
        return cls(
            **stored
            | {
                "slips": tuple(stored["slips"]),
                "notes": tuple(stored["notes"]),
                "status": Status(stored["status"]),
                "outputs": {name: _output(*parts) for name, parts in stored["outputs"].items()},
                "spectrum": None if stored["spectrum"] is None else np.array(stored["spectrum"]),
                "numbers": tuple(Number(n, tuple(entry), *both) for n, entry, *both in stored["numbers"]),
                "repair": tuple(Repair(*parts) for parts in stored.get("repair", ())),
                "laws": tuple(stored["laws"]),
                "given": tuple(stored["given"]),
            }
        )


def _output(
    ok: bool, error: float, note: str, where: list[int] | None, last: list[int] | None, *more: Any
) -> Output:
    return Output(ok, error, note, _index(where), _index(last), *more)


def _index(stored: list[int] | None) -> Index | None:
    return None if stored is None else tuple(stored)


@dataclass(frozen=True)
class Mark:
    """What one check earned, as it is kept with the card and shown in reports."""

    exercise: str
    points: float
    max: float
    status: Status
    correct: bool
    slips: tuple[str, ...]
    summary: str
    laws: tuple[str, ...] = ()  #: sentences on outputs that a law explains
    repair: tuple[Repair, ...] = ()  #: lines to look at
    where: str = ""  #: the same as a sentence
    given: tuple[str, ...] = ()  #: earlier functions with whose right ones all or more would be right
    is_right_given: bool = False  #: whether nothing is wrong with these
    fingerprint: str = ""  #: see `Verdict.fingerprint`
    named: str = ""  #: see `Verdict.named`
    question: str = ""  #: of the card; it is here so that another one alone is recorded too

    @property
    def is_unnamed(self) -> bool:
        """Whether it is wrong by itself and nothing has a name for that."""
        named = self.slips or self.laws or self.named or self.is_right_given
        return bool(self.fingerprint) and not named

    def to_json(self) -> dict[str, Any]:
        """As data that JSON can hold."""
        lists: dict[str, list[Any]] = {"slips": list(self.slips), "laws": list(self.laws)}
        lists["repair"] = list(map(list, self.repair))
        lists["given"] = list(self.given)
        return asdict(self) | {"status": str(self.status)} | lists

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Mark":
        """What `to_json` has written; also earlier versions, which had less."""
        lists: dict[str, Any] = {name: tuple(stored.get(name, ())) for name in ("slips", "laws", "given")}
        lists["repair"] = tuple(Repair(*parts) for parts in stored.get("repair", ()))
        return cls(**stored | {"status": Status(stored["status"])} | lists)


@dataclass(frozen=True)
class Result:
    """One submission as it was graded; where nothing is known it has no marks, but a reason.

    marks: by grade_id, in the notebook's order.  review: grade_ids of answers graded by hand that were
    not found.  key: names the stored verdicts that the marks come from; submission: a digest of
    everything that was handed in.
    """

    marks: dict[str, Mark]
    remarks: tuple[str, ...] = ()
    review: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)  #: of the run, which equal submissions may share
    walls: str = ""  #: "bwrap", "account", "none", or "" where nothing was run
    key: str = ""
    submission: str = ""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """As data that JSON can hold; marks as pairs, for nbformat sorts what has names."""
        return {
            "key": self.key,
            "submission": self.submission,
            "cells": [[grade_id, mark.to_json()] for grade_id, mark in self.marks.items()],
            "remarks": list(self.remarks),
            "review": list(self.review),
            "seconds": self.seconds,
            "sandbox": self.walls,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Result":
        """What `to_json` has written; also the version before this one, which had no `submission`."""
        return cls(
            {grade_id: Mark.from_json(mark) for grade_id, mark in stored["cells"]},
            tuple(stored["remarks"]),
            tuple(stored["review"]),
            stored["seconds"],
            stored["sandbox"],
            stored["key"],
            stored.get("submission", ""),
        )
