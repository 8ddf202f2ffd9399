"""A submission in its sandbox, seen from outside: what its cells showed, and its answers to be called.

Everything that arrives here was written beside student code, so nothing in it is believed: sizes
and kinds are checked, text is cut, and what does not fit is an error of the submission's own.
"""

import builtins
import os
import select
import time
from typing import NamedTuple

from .beside import wire
from .calling import AnswerError, TimeLimitExceeded

READY_SECONDS = 60.0
END_SECONDS = 10.0  # from the order to end until the whole sandbox is ended
GRACE = 2.0  # seconds beyond the limits that the worker keeps by itself
MESSAGE_SECONDS = 10.0  # from the first byte of what a cell shows to the last
MOST_OUTPUT = 20_000  # characters a cell
ALL_OUTPUT = 8 * 2**20  # bytes of all that the cells show
ENDED = "The function ended its process"
STRANGE = "something came that no notebook writes"


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
    cell_ends, listen, gone, told = run_ends, [box.out, box.keeper.stdout], False, False
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
                    told = True
                # what sends nothing any more has ended, or will when it is told to
                run_ends = cell_ends = min(run_ends, time.monotonic() + END_SECONDS)
            elif "start" in message:
                at, cell_ends = message["start"], time.monotonic() + limits.cell + GRACE
            elif "cell" in message:
                outputs[message["cell"]] = _outputs(message.get("outputs"))
            done = done or bool(message and "done" in message)
        elif box.keeper.stdout in ready:
            if _said(box) == wire.LARGE:
                ended = "its processes together took more memory than a submission may"
            listen.remove(box.keeper.stdout)
            gone = True
        elif gone:
            break
        elif told:  # and the keeper has not ended it: somebody keeps it from that
            box.keeper.kill()
            break
        else:
            late = "all cells together took" if time.monotonic() >= run_ends else "a cell took"
            seconds = limits.run if time.monotonic() >= run_ends else limits.cell
            if box.out in listen:
                ended = ended or f"{late} more than {seconds:g} s and did not stop when told to"
            _end_runner(box)
            told, run_ends = True, time.monotonic() + END_SECONDS
            cell_ends = run_ends
        if gone and box.out not in listen:
            break
    return Ran(outputs, at, ended or ("" if done else "its process ended"))


def _wait_ready(box):
    ready, _, _ = select.select([box.keeper.stdout], [], [], READY_SECONDS)
    if not ready or _said(box) != wire.READY:
        box.keeper.kill()
        reason = box.keeper.stderr.read().decode(errors="replace").strip().splitlines()
        raise Infrastructure(reason[-1] if reason else f"no answer within {READY_SECONDS:g} s")


def _said(box):
    """The keeper's next word.  Not more: `select` does not see what a buffer holds."""
    return os.read(box.keeper.stdout.fileno(), len(wire.READY))


def _end_runner(box):
    try:
        box.keeper.stdin.write(b"K")
        box.keeper.stdin.flush()
    except BrokenPipeError:
        pass  # the sandbox is gone already


def _message(sock):
    """(message, size); (None, 0) at the end of the stream, (None, 1) for what is no message."""
    try:
        payload = wire.receive(sock, ALL_OUTPUT, time.monotonic() + MESSAGE_SECONDS)
        if payload is None:
            return None, 0
        message = wire.unpack(payload)
    except (TimeoutError, ValueError):
        return None, 1
    except OSError:
        return None, 0
    numbered = isinstance(message, dict) and all(type(message.get(k, 0)) is int for k in ("start", "cell"))
    return (message, len(payload)) if numbered else (None, 1)


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

    written: the lines of the submission's code; only these are repeated where inputs are secret.
    known: "function", "value", "missing" (no such name), or "" when its process is gone.
    """

    def __init__(self, sock, seconds, written=frozenset()):
        self._sock, self._seconds, self._left, self._written = sock, seconds, seconds, written
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
            names = message.get("names")
            self.names = tuple(map(str, names)) if isinstance(names, list) else ()
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
                if self.private and not any(f"def {error.at}(" in line for line in self._written):
                    error.at = self.__name__
                raise error
            raise AnswerError(self._described(reply))
        if "returned" not in reply:
            raise AnswerError(STRANGE)
        self.modified = self.modified or reply.get("modified") is True
        return _without_words(reply["returned"]) if self.private else reply["returned"]

    def _described(self, reply):
        """What was raised and where; with secret inputs nothing that the function could have made up."""
        kind, text = str(reply["error"])[:60], f": {str(reply.get('text'))[:200] or 'no message'}"
        if self.private:
            text = ""
            known = isinstance(getattr(builtins, kind, None), type) or kind == "LinAlgError"
            kind = kind if known else "An error of its own kind"
        line = reply.get("line")
        where = ""
        if isinstance(line, list) and len(line) == 2 and not (self.private and line[1] not in self._written):
            where = f" in line {str(line[0])[:8]}: {str(line[1])[:200]}"
        return f"{kind}{text}{where}"

    def _send(self, message, functions=None):
        try:
            self._sock.settimeout(GRACE)
            wire.send(self._sock, wire.pack(message, functions))
        except OSError:
            self._lost = True
            raise AnswerError(ENDED) from None

    def _receive(self, seconds):
        """The next message, or None when none comes."""
        try:
            payload = wire.receive(self._sock, until=time.monotonic() + seconds)
            message = None if payload is None else wire.unpack(payload)
        except (TimeoutError, OSError):
            return None
        except ValueError:
            return {"strange": True}
        return message if message is None or isinstance(message, dict) else {"strange": True}


def _without_words(value):
    """The numbers of what was returned: a name or a type could be made of the secret inputs."""
    if isinstance(value, wire.Opaque):
        return wire.Opaque("not made of numbers", value.shape)
    if isinstance(value, str):
        return wire.Opaque("a text")
    if isinstance(value, dict):
        return {key: _without_words(part) for key, part in value.items()}
    return type(value)(map(_without_words, value)) if type(value) in (list, tuple) else value


def _call_back(request, functions):
    """Evaluates a function that was an argument, such as the loss of a gradient check."""
    try:
        function = functions[request["callback"]]
        return {"returned": function(*request["arguments"])}
    except Exception as error:  # the student's arguments may be anything
        return {"error": f"{type(error).__name__}: {error}"[:200]}
