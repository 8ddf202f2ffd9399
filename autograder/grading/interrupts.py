"""Being told to end: what a system sends, or a terminal that is closed, stops grading as Ctrl-C does."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

TOLD_TO_END = ("SIGTERM", "SIGHUP")


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raises KeyboardInterrupt in the block for every signal that asks a program to end."""
    if threading.current_thread() is not threading.main_thread():  # where no handler can be set
        yield
        return

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in TOLD_TO_END if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heard = {number: was for number, was in before.items() if was is not signal.SIG_IGN}  # as under nohup
    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, was in heard.items():
            signal.signal(number, was)
