"""The messages between the judge and a student's function, stored so that they can be judged again later."""

import base64
from dataclasses import dataclass, field
from typing import Any

LATE = "late"  # no reply came within the time
LOST = "lost"  # its process ended
LARGE = "large"  # its process ended, as all of the submission's took too much memory
EXCESS = "excess"  # it was longer than it may be


@dataclass
class Exchange:
    """One call: a digest of its arguments, and the messages that came in return.

    Each message is stored with a digest of what it was answered with.  A callback, which asks for the
    value of a function among the arguments, is answered; the last message is not, and has "".
    """

    arguments: str
    replies: list[tuple[bytes, str]] = field(default_factory=list)
    end: str = ""  #: LATE, LOST, LARGE or EXCESS where the last message is missing


@dataclass
class Conversation:
    """Everything that one answer sent: its introduction, then the messages of each round of calls.

    introduction: None where its process was gone already.  given: the functions in whose place others stood
    in the rounds after the secret one, by name.
    """

    introduction: bytes | None = None
    rounds: list[list[Exchange]] = field(default_factory=list)
    given: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all messages that came."""
        return sum(len(reply) for calls in self.rounds for call in calls for reply, _ in call.replies)

    def to_json(self) -> dict[str, Any]:
        """As data that JSON can hold."""
        rounds = [
            [[call.arguments, [[_text(r), said] for r, said in call.replies], call.end] for call in calls]
            for calls in self.rounds
        ]
        return {
            "introduction": None if self.introduction is None else _text(self.introduction),
            "rounds": rounds,
            "given": list(self.given),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Conversation":
        """What `to_json` has written."""
        rounds = [
            [
                Exchange(arguments, [(base64.b64decode(r), said) for r, said in replies], end)
                for arguments, replies, end in calls
            ]
            for calls in stored["rounds"]
        ]
        introduction, given = stored["introduction"], tuple(stored["given"])
        return cls(None if introduction is None else base64.b64decode(introduction), rounds, given)


def _text(reply: bytes) -> str:
    return base64.b64encode(reply).decode("ascii")
