"""A student's answer that stays in its sandbox: whoever calls it here, calls the function there.

Everything that arrives here was written beside student code, so nothing in it is believed: sizes
and kinds are checked, text is cut, and what does not fit is an error of the submission's own.
"""

import builtins
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..answers import Outcome, RecordedAnswer, told_by
from ..errors import AnswerError, Infrastructure, ProcessEnded, TimeLimitExceeded, Unanswered
from ..worker import messages
from ..worker.messages import fingerprint
from ..worker.protocol import PATIENCE, Call
from .conversation import EXCESS, LARGE, LATE, LOST, Conversation, Exchange
from .limits import SLEPT, STOOD_STILL

GRACE = 2.0  # seconds that are waited beyond a limit which the worker itself is to keep
MOST_ASKED = 10_000  # callbacks of one call, which the grader has to answer
MOST_HEARD = 8 * 2**20  # bytes of all that one answer says: they are held in memory until it is judged
NOTHING: Mapping[str, Callable[..., Any]] = {}
Lines = frozenset[tuple[int, str]]  # (number in its cell, text) of the lines of a submission's code

TOO_MUCH = f"What the function returned in all its calls is more than {MOST_HEARD // 2**20} MB"
ENDED = "The function ended its process"
TOO_LARGE = "The submission's processes together took more memory than a submission may"
STRANGE = "something came that no notebook writes"


class LiveAnswer:
    """An answer whose process serves calls; `conversation` stores what it says."""

    function: Callable[..., Any] | None = None

    def __init__(
        self, sock: socket.socket, seconds: float, is_over_memory: Callable[[], bool] = lambda: False
    ) -> None:
        """seconds: of work, for all calls of one round.

        is_over_memory: asked where its process has ended, whether that was for the memory of all.
        """
        self._sock, self._seconds, self._is_over_memory = sock, seconds, is_over_memory
        self._work_left, self._left = seconds, PATIENCE * seconds  # by its own account; by the clock
        self._heard = 0  # bytes
        self._given: dict[str, Callable[..., Any]] = {}
        self.private, self.modified = False, False
        try:
            self.conversation = Conversation(self._receive(time.monotonic() + GRACE + PATIENCE * seconds))
        except messages.TooLong:
            self.conversation = Conversation(STRANGE.encode())
        said = introduction(self.conversation)
        self.known, self.name, self.names = said.known, said.name, said.names

    def begin_round(self, private: bool, given: Mapping[str, Callable[..., Any]] = NOTHING) -> None:
        """Starts the next round of calls and its time.

        private: whether its arguments are secret.  given: functions that stand in the place of the
        student's own of these names.
        """
        self._given, self.conversation.given = dict(given), tuple(given)
        self._work_left, self._left = self._seconds, PATIENCE * self._seconds
        self.private, self.modified = private, False
        self.conversation.rounds.append([])

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns; raises Infrastructure where the machine has slept meanwhile."""
        functions: list[Callable[..., Any]] = []
        exchange = Exchange(fingerprint(arguments, functions))
        functions += self._given.values()
        self.conversation.rounds[-1].append(exchange)
        self._exchange(exchange, arguments, functions)
        outcome = outcome_of(exchange, self.private, frozenset())
        self.modified = self.modified or outcome.modified
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def _exchange(
        self, exchange: Exchange, arguments: tuple[Any, ...], functions: list[Callable[..., Any]]
    ) -> None:
        if min(self._left, self._work_left) <= 0:
            exchange.end = LATE
            return
        start = time.monotonic()
        ends = start + self._left + GRACE
        call: Call = {"arguments": list(arguments), "seconds": self._work_left, "given": self._given}
        message = messages.pack_message(call, [])
        while True:
            try:
                reply = self._receive(ends) if self._send(message) else None
            except messages.TooLong:
                exchange.end = EXCESS
                break
            if reply is None:
                ended = LARGE if self._is_over_memory() else LOST
                exchange.end = LATE if time.monotonic() >= ends else ended
                break
            request = _message(reply)
            if "callback" not in request:
                exchange.replies.append((reply, ""))
                self._work_left -= _seconds_of_work(request)
                break
            if len(exchange.replies) == MOST_ASKED:
                exchange.end = LATE
                break
            told = _told(request, functions)
            message = messages.pack_message(told)
            exchange.replies.append((reply, fingerprint(told, [])))
        if time.monotonic() > ends + STOOD_STILL:
            raise Infrastructure(SLEPT)
        self._left -= time.monotonic() - start

    def _send(self, message: bytes) -> bool:
        try:
            self._sock.settimeout(GRACE)
            messages.send_message(self._sock, message)
            return True
        except OSError:
            return False

    def _receive(self, until: float) -> bytes | None:
        """The next message, or None when none comes; raises TooLong for more than an answer may say."""
        try:
            reply = messages.receive_message(self._sock, MOST_HEARD - self._heard, until)
            self._heard += len(reply or b"")
            return reply
        except (TimeoutError, OSError):
            return None
        except messages.TooLong:
            raise
        except ValueError:
            return STRANGE.encode()  # no message, and whoever reads it finds that out


def introduction(conversation: Conversation) -> RecordedAnswer:
    """An answer without calls: what it said of itself when it was introduced."""
    said = {} if conversation.introduction is None else _message(conversation.introduction)
    if "missing" in said:
        return RecordedAnswer("missing")
    if said.get("callable") is True:
        names = said.get("names")
        names = tuple(map(str, names)) if isinstance(names, list) else ()
        return RecordedAnswer("function", str(said.get("name")), names, fingerprint=fingerprint)
    return RecordedAnswer("value", value=said["answer"]) if "answer" in said else RecordedAnswer("")


def outcome_of(exchange: Exchange, private: bool, written: Lines) -> Outcome:
    """The outcome of one call, as far as the judge may know it.

    private: whether the arguments are secret; then an error has no words that could be made of them.
    """
    requests = [(_message(reply), told) for reply, told in exchange.replies if told]
    asked = tuple((_number(request), _given(request), told) for request, told in requests)
    if exchange.end:
        ends = {
            LOST: ProcessEnded(ENDED),
            LARGE: ProcessEnded(TOO_LARGE),
            EXCESS: AnswerError(TOO_MUCH),
        }
        end = ends.get(exchange.end, TimeLimitExceeded())
        return Outcome(exchange.arguments, error=end, asked=asked)
    reply = _message(exchange.replies[-1][0])
    error = _error(reply, private, written)
    if error is not None:
        return Outcome(exchange.arguments, error=error, asked=asked)
    return Outcome(exchange.arguments, reply["returned"], None, reply.get("modified") is True, asked)


def _error(reply: dict[str, Any], private: bool, written: Lines) -> BaseException | None:
    """The error to raise for a reply that is no return value."""
    if "timeout" in reply:
        return TimeLimitExceeded()
    if reply.get("error") == "NotImplementedError":
        at = str(reply.get("at"))
        known = not private or any(f"def {at}(" in line for _, line in written)
        return Unanswered(at if known else "")
    if "error" in reply:
        return AnswerError(describe_raised(reply, private, written))
    return None if "returned" in reply else AnswerError(STRANGE)


def describe_raised(reply: dict[str, Any], private: bool, written: Lines) -> str:
    """What was raised and where.

    With secret arguments nothing is in it that the function could have made of them: no message, no
    class of the student's own, and only a line that stands in the submission.
    """
    kind, text = str(reply["error"])[:60], f": {str(reply.get('text'))[:200] or 'no message'}"
    if private:
        text = ""
        known = isinstance(getattr(builtins, kind, None), type) or kind == "LinAlgError"
        kind = kind if known else "An error of its own kind"
    line = reply.get("line")
    where = ""
    if isinstance(line, list) and len(line) == 2 and not (private and not _is_written(line, written)):
        where = f" in line {str(line[0])[:8]}: {str(line[1])[:200]}"
    return f"{kind}{text}{where}"


def _is_written(line: list[Any], written: Lines) -> bool:
    """Whether [number, text] is a line of the submission."""
    number, text = line
    return type(number) is int and isinstance(text, str) and text != "" and (number, text) in written


def _message(payload: bytes) -> dict[str, Any]:
    """What a payload says; where it is no message, one without any known key."""
    try:
        said = messages.unpack_message(payload)
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {"strange": True}


def _told(request: dict[str, Any], functions: list[Callable[..., Any]]) -> dict[str, Any]:
    """The answer to a callback."""
    return told_by(functions, _number(request), _given(request))


def _number(request: dict[str, Any]) -> int:
    """The number of the function that a callback asks for; where there is none, one that no list has."""
    number = request.get("callback")
    return number if type(number) is int and number >= 0 else 2**30


def _seconds_of_work(reply: dict[str, Any]) -> float:
    """What a reply says that it took; who says less than is true has no more time by the clock."""
    worked = reply.get("worked")
    return max(worked, 0.0) if isinstance(worked, float) else 0.0


def _given(request: dict[str, Any]) -> list[Any]:
    """The arguments of a callback."""
    given = request.get("arguments")
    return given if isinstance(given, list) else []
