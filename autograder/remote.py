"""A submission in its sandbox, seen from outside: what its cells showed, and its answers to be called.

Everything that arrives here was written beside student code, so nothing in it is believed: sizes
and kinds are checked, text is cut, and what does not fit is an error of the submission's own.
"""

import select
import time
from typing import NamedTuple

from .beside import wire
from .calling import AnswerError, TimeLimitExceeded

READY_SECONDS = 60.0
GRACE = 2.0  # seconds beyond the limits that the worker keeps by itself
MOST_OUTPUT = 20_000  # characters a cell
ALL_OUTPUT = 8 * 2**20  # bytes of all that the cells show
ENDED = "The function ended its process"
STRANGE = "wrote what no notebook writes"


class Infrastructure(Exception):
    """The worker did not come to run student code; that says nothing about the submission."""


class Limits(NamedTuple):
    """Seconds for one cell, for all cells, and for all calls of one answer."""

    cell: float = 20.0
    run: float = 300.0
    answer: float = 5.0


class Ran(NamedTuple):
    """What is known of a run: outputs by cell, the cell it came to, why it ended early or ""."""

    outputs: dict
    at: int
    ended: str


def run_cells(box, limits):
    """Waits until all cells have been executed, or cannot be; afterwards the runner is gone."""
    _wait_ready(box)
    run_ends = time.monotonic() + limits.run
    outputs, at, ended, done, received = {}, -1, "", False, 0
    cell_ends, listen, gone = run_ends, [box.out, box.keeper.stdout], False
    box.out.settimeout(GRACE)
    while listen:
        wait = 0 if gone else max(min(run_ends, cell_ends) - time.monotonic(), 0)
        ready, _, _ = select.select(listen, [], [], wait)
        if box.out in ready:
            message, size = _message(box.out)
            received += size
            if message is None or received > ALL_OUTPUT:
                listen.remove(box.out)
                if message is not None or size:
                    ended = ended or STRANGE
                    _end_runner(box)
            elif "start" in message:
                at, cell_ends = int(message["start"]), time.monotonic() + limits.cell + GRACE
            elif "cell" in message:
                outputs[int(message["cell"])] = _outputs(message.get("outputs"))
            done = done or bool(message and "done" in message)
        elif box.keeper.stdout in ready:
            if box.keeper.stdout.readline() == b"MEMORY\n":
                ended = "its processes together took more memory than a submission may"
            # else ENDED, or nothing when the sandbox itself was ended
            listen.remove(box.keeper.stdout)
            gone = True
        elif gone:
            break
        else:
            late = "all cells together took" if time.monotonic() >= run_ends else "a cell took"
            seconds = limits.run if time.monotonic() >= run_ends else limits.cell
            ended = ended or f"{late} more than {seconds:g} s and did not stop when told to"
            _end_runner(box)
            run_ends = cell_ends = time.monotonic() + READY_SECONDS
        if gone and box.out not in listen:
            break
    return Ran(outputs, at, ended or ("" if done else "its process ended"))


def _wait_ready(box):
    ready, _, _ = select.select([box.keeper.stdout], [], [], READY_SECONDS)
    said = box.keeper.stdout.readline() if ready else b""
    if said != b"READY\n":
        box.keeper.kill()
        reason = box.keeper.stderr.read().decode(errors="replace").strip().splitlines()
        raise Infrastructure(reason[-1] if reason else f"no answer within {READY_SECONDS:g} s")


def _end_runner(box):
    try:
        box.keeper.stdin.write(b"K")
        box.keeper.stdin.flush()
    except BrokenPipeError:
        pass  # the sandbox is gone already


def _message(sock):
    """(message, size); (None, 0) at the end of the stream, (None, 1) for what is no message."""
    try:
        payload = wire.receive(sock, ALL_OUTPUT)
        if payload is None:
            return None, 0
        message = wire.unpack(payload)
        return (message, len(payload)) if isinstance(message, dict) else (None, 1)
    except (wire.BadMessage, TimeoutError, ValueError):
        return None, 1
    except OSError:
        return None, 0


def _outputs(claimed):
    """A cell's outputs as a notebook stores them, in the three forms that a worker makes."""
    found = []
    for output in claimed if isinstance(claimed, list) else []:
        kind = output.get("output_type") if isinstance(output, dict) else None
        if kind == "stream":
            found.append({"output_type": kind, "name": "stdout", "text": _text(output.get("text"))})
        elif kind == "execute_result":
            data = output.get("data")
            shown = _text(data.get("text/plain") if isinstance(data, dict) else "")
            found.append({"output_type": "display_data", "data": {"text/plain": shown}, "metadata": {}})
        elif kind == "error":
            lines = output.get("traceback")
            found.append(
                {
                    "output_type": kind,
                    "ename": _text(output.get("ename")),
                    "evalue": _text(output.get("evalue")),
                    "traceback": [_text(line) for line in lines[:20]] if isinstance(lines, list) else [],
                }
            )
    return found[:20]


def _text(value):
    return str(value)[: MOST_OUTPUT + 200] if isinstance(value, str) else ""


class Answer:
    """What stood under the exercise's name at its check cell; called, it runs in the sandbox.

    known: "function", "value", "missing" (no such name), or "" when its process is gone.
    """

    def __init__(self, sock, seconds):
        self._sock, self._seconds, self._left = sock, seconds, seconds
        self.private = False  # whether the arguments are secret, so that errors must not repeat them
        self.modified, self.value, self.names, self.known = False, None, (), ""
        self._lost = False
        message = self._receive(GRACE + seconds)
        if message is None:
            return
        if "missing" in message:
            self.known = "missing"
        elif message.get("callable") is True:
            self.known = "function"
            self.names = tuple(str(name) for name in message.get("names") or ())
            self.__name__ = str(message.get("name"))
        elif "answer" in message:
            self.known, self.value = "value", message["answer"]

    def alive(self):
        """Whether its process still answers, so that nothing was lost."""
        return not self._lost

    def again(self, private):
        """Starts the time anew, for the next round of calls."""
        self._left, self.private, self.modified = self._seconds, private, False

    def __call__(self, *arguments):
        if self._left <= 0:
            raise TimeLimitExceeded
        functions, start = [], time.monotonic()
        self._send({"arguments": list(arguments), "seconds": self._left}, functions)
        ends = start + self._left + GRACE
        while True:
            reply = self._receive(ends - time.monotonic())
            if reply is None:
                late = time.monotonic() >= ends
                self._lost = not late
                raise TimeLimitExceeded if late else AnswerError(ENDED)
            if "callback" not in reply:
                break
            self._send(_call_back(reply, functions))
        self._left -= time.monotonic() - start
        return self._returned(reply)

    def _returned(self, reply):
        if "timeout" in reply:
            raise TimeLimitExceeded
        if "error" in reply:
            if reply["error"] == "NotImplementedError":
                error = NotImplementedError()
                error.at = str(reply.get("at"))
                raise error
            raise AnswerError(self._described(reply))
        if "returned" not in reply:
            raise AnswerError(STRANGE)
        self.modified = self.modified or reply.get("modified") is True
        return reply["returned"]

    def _described(self, reply):
        text = "" if self.private else f": {str(reply.get('text'))[:200] or 'no message'}"
        line = reply.get("line")
        where = ""
        if isinstance(line, list) and len(line) == 2:
            where = f" in line {str(line[0])[:8]}: {str(line[1])[:200]}"
        return f"{str(reply['error'])[:60]}{text}{where}"

    def _send(self, message, functions=None):
        try:
            self._sock.settimeout(GRACE)
            wire.send(self._sock, wire.pack(message, functions))
        except OSError:
            self._lost = True
            raise AnswerError(ENDED) from None

    def _receive(self, seconds):
        """The next message, or None when none comes."""
        self._sock.settimeout(max(seconds, 0.001))
        try:
            payload = wire.receive(self._sock)
            message = None if payload is None else wire.unpack(payload)
        except (TimeoutError, OSError):
            return None
        except ValueError:
            return {"strange": True}
        return message if message is None or isinstance(message, dict) else {"strange": True}


def _call_back(request, functions):
    """Evaluates a function that was an argument, such as the loss of a gradient check."""
    try:
        function = functions[request["callback"]]
        return {"returned": function(*request["arguments"])}
    except Exception as error:  # the student's arguments may be anything
        return {"error": f"{type(error).__name__}: {error}"[:200]}
