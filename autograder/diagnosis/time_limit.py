"""A limit of time around a student's code, in any thread and on any system."""

import contextlib
import ctypes
import signal
import threading
from collections.abc import Iterator
from typing import Any

from ..errors import TimeLimitExceeded

AGAIN = 0.25  # seconds


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeLimitExceeded in the code of the `with` block when it takes longer.

    By a signal in the main thread; elsewhere, and on Windows, from a second thread, which Python
    code notices at its next step and a long call into C at its end.
    """
    if hasattr(signal, "setitimer") and in_main_thread():
        limit = _limit_by_signal(seconds)
    else:
        limit = _limit_by_thread(seconds)
    with limit:
        yield


@contextlib.contextmanager
def _limit_by_signal(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeLimitExceeded

    before = signal.signal(signal.SIGALRM, stop)
    # again and again: a bare `except:` in the student's loop swallows one
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:  # also when the signal came within the line above
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _limit_by_thread(seconds: float) -> Iterator[None]:
    ident, lock = threading.get_ident(), threading.Lock()
    over: list[bool] = []

    def raise_in_thread(exception: Any) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), exception)

    def stop() -> None:
        with lock:
            if not over:
                raise_in_thread(ctypes.py_object(TimeLimitExceeded))

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over.append(True)
            raise_in_thread(None)  # one that is on its way must not arrive later
        timer.cancel()


def in_main_thread() -> bool:
    """Whether this is the main thread, the only one that signals reach."""
    return threading.current_thread() is threading.main_thread()
