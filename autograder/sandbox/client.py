"""Watching a submission run in its sandbox: what its cells show, until when, and how it ends.

Everything that arrives here was written beside student code, so nothing in it is believed: sizes
and kinds are checked, text is cut, and what does not fit is an error of the submission's own.
"""

import os
import select
import time
from typing import NamedTuple

from ..errors import Infrastructure
from ..worker import messages
from .answer import GRACE, STRANGE

READY_SECONDS = 60.0
END_SECONDS = 10.0  # from the order to end until the whole sandbox is ended
MESSAGE_SECONDS = 10.0  # from the first byte of what a cell shows to the last
MOST_OUTPUT = 20_000  # characters a cell
ALL_OUTPUT = 8 * 2**20  # bytes of all that the cells show


class Watched(NamedTuple):
    """What was seen of a run: outputs by cell, the cell it came to, why it ended early or ""."""

    outputs: dict
    at: int
    ended: str


def run_cells(box, limits):
    """Waits until all cells have been executed, or cannot be; afterwards the runner is gone."""
    _wait_ready(box)
    run_ends = time.monotonic() + limits.run
    outputs, at, ended, done, received = {}, -1, "", False, 0
    cell_ends, listen, gone, told = run_ends, [box.out, box.supervisor.stdout], False, False
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
        elif box.supervisor.stdout in ready:
            if _said(box) == messages.LARGE:
                ended = "its processes together took more memory than a submission may"
            listen.remove(box.supervisor.stdout)
            gone = True
        elif gone:
            break
        elif told:  # and the supervisor has not ended it: the student's code may have stopped it
            box.supervisor.kill()
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
    return Watched(outputs, at, ended or ("" if done else "its process ended"))


def _wait_ready(box):
    ready, _, _ = select.select([box.supervisor.stdout], [], [], READY_SECONDS)
    if not ready or _said(box) != messages.READY:
        box.supervisor.kill()
        reason = box.supervisor.stderr.read().decode(errors="replace").strip().splitlines()
        raise Infrastructure(reason[-1] if reason else f"no answer within {READY_SECONDS:g} s")


def _said(box):
    """The supervisor's next word.  Not more: `select` does not see what a buffer holds."""
    return os.read(box.supervisor.stdout.fileno(), len(messages.READY))


def _end_runner(box):
    try:
        box.supervisor.stdin.write(b"K")
        box.supervisor.stdin.flush()
    except BrokenPipeError:
        pass  # the sandbox is gone already


def _message(sock):
    """(message, size); (None, 0) at the end of the stream, (None, 1) for what is no message."""
    try:
        payload = messages.receive_message(sock, ALL_OUTPUT, time.monotonic() + MESSAGE_SECONDS)
        if payload is None:
            return None, 0
        message = messages.unpack_message(payload)
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
