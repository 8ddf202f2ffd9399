"""Watches a submission run in its sandbox: what its cells show, how long they take, and how the run ends.

Everything that arrives here was written beside student code, so nothing in it is believed: sizes
and kinds are checked, text is cut, and what does not fit is an error of the submission's own.
"""

import os
import select
import socket
import time
from typing import Any, NamedTuple

from ..errors import Infrastructure
from ..worker import messages
from ..worker.protocol import PATIENCE, CellOutput
from .answer import GRACE, STRANGE
from .box import Box
from .limits import SLEPT, STOOD_STILL, Limits

READY_SECONDS = 60.0
LOOK = 0.5  # seconds between two looks at whether the kernel has ended a process for its memory
END_SECONDS = 10.0  # between the order to end the runner and killing the whole sandbox
MESSAGE_SECONDS = 10.0  # for one message of what a cell shows, from its first byte to its last
MOST_OUTPUT = 20_000  # characters of what a cell shows
ALL_OUTPUT = 8 * 2**20  # bytes of all that the cells show
TOO_LARGE = "its processes together took more memory than a submission may"


class Watched(NamedTuple):
    """What was seen of a run."""

    outputs: dict[int, list[CellOutput]]  #: by the cell's number
    at: int  #: the last cell that was begun; -1 for none
    ended: str  #: why the run ended before all cells were executed; "" where it did not


def run_cells(box: Box, limits: Limits) -> Watched:
    """Waits until all cells have been executed, or cannot be; afterwards the runner is gone.

    Raises Infrastructure when the worker does not become ready, or the machine has slept.
    """
    _wait_ready(box)
    return _Watch(box, limits).watch()


def has_taken_too_much(box: Box) -> bool:
    """Whether all processes together took more memory than they may, asked when the runner is gone."""
    if select.select([box.stdout], [], [], 0)[0] and _supervisor_says(box) == messages.LARGE:
        box.over_memory = True
    return box.is_over_memory()


class _Watch:
    """A run while it is watched: what has been seen of it, and by when the next thing has to happen."""

    def __init__(self, box: Box, limits: Limits) -> None:
        self._box, self._limits = box, limits
        self._outputs: dict[int, list[CellOutput]] = {}
        self._at, self._ended, self._done = -1, "", False
        self._received = 0  # bytes of all that the cells have shown
        self._hears_runner = self._hears_supervisor = True
        self._ordered_to_end = False
        self._over = False
        self._run_ends = self._cell_ends = time.monotonic() + limits.run

    def watch(self) -> Watched:
        """Handles one event after another until the runner is gone or the sandbox has been killed."""
        while not self._over and (self._hears_runner or self._hears_supervisor):
            ready = self._wait()
            if self._box.out in ready:
                self._on_message()
            elif self._box.stdout in ready:
                self._on_word_of_supervisor()
            elif time.monotonic() < self._ends:
                self._over = self._box.is_over_memory()
            else:
                self._on_silence()
        if self._box.is_over_memory():
            self._ended = TOO_LARGE
        return Watched(self._outputs, self._at, self._ended or ("" if self._done else "its process ended"))

    @property
    def _ends(self) -> float:
        """By when something has to happen, or the run is over."""
        return min(self._run_ends, self._cell_ends) if self._hears_supervisor else 0.0

    def _wait(self) -> list[Any]:
        """The streams that can be read; none of them where nothing came in time, or for a while."""
        streams: list[Any] = [self._box.out] if self._hears_runner else []
        seconds = 0.0  # the runner is gone: what it has sent is read, and nothing more is awaited
        if self._hears_supervisor:
            streams.append(self._box.stdout)
            seconds = min(max(self._ends - time.monotonic(), 0.0), LOOK)
        began = time.monotonic()
        ready = select.select(streams, [], [], seconds)[0]
        if time.monotonic() - began > seconds + STOOD_STILL:
            raise Infrastructure(SLEPT)
        return ready

    def _on_message(self) -> None:
        """The runner begins a cell, shows what a cell has printed, or has sent its last message."""
        message, size = _receive_message(self._box.out)
        self._received += size
        if message is None or self._received > ALL_OUTPUT:
            self._stop_hearing_runner(is_strange=message is not None or size > 0)
        elif "start" in message:
            self._at = message["start"]
            self._cell_ends = time.monotonic() + PATIENCE * self._limits.cell + GRACE
        elif "cell" in message:
            self._outputs[message["cell"]] = _cell_outputs(message.get("outputs"))
        self._done = self._done or (message is not None and "done" in message)

    def _stop_hearing_runner(self, is_strange: bool) -> None:
        """Reads no more of what the runner sends, and lets it live for a short time only.

        is_strange: whether something came that no worker sends.  Otherwise the runner has closed its
        socket, and has ended or is about to.
        """
        self._hears_runner = False
        if is_strange:
            self._ended = self._ended or STRANGE
            self._order_to_end()
        self._run_ends = self._cell_ends = min(self._run_ends, time.monotonic() + END_SECONDS)

    def _on_word_of_supervisor(self) -> None:
        """The supervisor says that the runner has ended, or that all processes took too much memory."""
        if _supervisor_says(self._box) == messages.LARGE:
            self._box.over_memory = True
        self._hears_supervisor = False

    def _on_silence(self) -> None:
        """Nothing came in time: the run is over, or the runner is told to end, or the sandbox is killed."""
        if not self._hears_supervisor:
            self._over = True
        elif self._ordered_to_end:
            # the supervisor does not obey, as on a machine that is far too busy
            self._box.kill()
            self._over = True
        else:
            if self._hears_runner:
                self._ended = self._ended or self._what_took_too_long()
            self._order_to_end()
            self._run_ends = self._cell_ends = time.monotonic() + END_SECONDS

    def _what_took_too_long(self) -> str:
        all_cells = time.monotonic() >= self._run_ends
        seconds = self._limits.run if all_cells else PATIENCE * self._limits.cell
        what = "all cells together" if all_cells else "a cell"
        return f"{what} took more than {seconds:g} s and did not stop when told to"

    def _order_to_end(self) -> None:
        """Tells the supervisor to kill the runner."""
        self._box.send(b"K")
        self._ordered_to_end = True


def _wait_ready(box: Box) -> None:
    """Waits for the supervisor to be ready; raises Infrastructure with the reason when it is not."""
    ready, _, _ = select.select([box.stdout], [], [], READY_SECONDS)
    if not ready or _supervisor_says(box) != messages.READY:
        box.kill()
        reason = box.stderr.read().decode(errors="replace").strip().splitlines()
        raise Infrastructure(reason[-1] if reason else f"no answer within {READY_SECONDS:g} s")


def _supervisor_says(box: Box) -> bytes:
    """The supervisor's next word.  No more is read, as `select` does not see what a buffer holds."""
    return os.read(box.stdout.fileno(), len(messages.READY))


def _receive_message(sock: socket.socket) -> tuple[dict[str, Any] | None, int]:
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


def _cell_outputs(claimed: object) -> list[CellOutput]:
    """A cell's outputs as a notebook stores them, in the three forms that a worker makes."""
    found: list[CellOutput] = []
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


def _text(value: object) -> str:
    """What is claimed to be a text, cut to a length that a card can show."""
    return str(value)[: MOST_OUTPUT + 200] if isinstance(value, str) else ""
