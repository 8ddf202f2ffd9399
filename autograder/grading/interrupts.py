"""Ctrl-C while something is written: it waits until all of it is there."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def until_done() -> Iterator[None]:
    """Ctrl-C comes after the block: what is being recorded is recorded in full.

    Blocked, it does not reach programs started here either, such as nbgrader's alembic; the handler
    is for when another thread takes the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[bool] = []

    def note(*_: Any) -> None:
        came.append(True)

    before = signal.signal(signal.SIGINT, note)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
