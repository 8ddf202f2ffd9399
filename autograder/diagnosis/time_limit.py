"""A limit of time around a student's code, in any thread and on any system."""

import contextlib
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from types import CodeType
from typing import Any

from ..errors import TimeLimitExceeded

AGAIN = 0.25  # seconds
# files of the code that leaves the `with` block, which nothing may interrupt
LIMITERS = {__file__, contextlib.contextmanager.__code__.co_filename}


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeLimitExceeded in the code of the `with` block when it takes longer.

    By a signal in the main thread; elsewhere, and on Windows, from a second thread, which Python
    code notices at its next step and a long call into C at its end.  Where there is neither, as in
    a browser, by events of the interpreter, which a call into C does not have.
    """
    with _choose_limit()(seconds):
        yield


def _choose_limit() -> Callable[[float], AbstractContextManager[None]]:
    if hasattr(signal, "setitimer") and in_main_thread():
        return _limit_by_signal
    return _limit_by_thread if can_start_threads() else _limit_by_events


@cache
def can_start_threads() -> bool:
    """Whether this platform has threads; asked by starting one, as they are importable everywhere."""
    try:
        threading.Thread(target=int).start()
    except RuntimeError:
        return False
    return True


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


@contextlib.contextmanager
def _limit_by_events(seconds: float) -> Iterator[None]:
    """By the jumps and calls of Python code, at each of which the clock is read (PEP 669, Python 3.12)."""
    monitoring: Any = getattr(sys, "monitoring", None)
    free = [n for n in (4, 3, 2) if monitoring and monitoring.get_tool(n) is None]
    if not free:
        raise RuntimeError("no time limit is possible here: Python has no timer, no thread and no events")
    tool, ident, ends = free[0], threading.get_ident(), time.monotonic() + seconds
    armed: dict[int, CodeType] = {}  # by id, as code objects of equal text are equal

    def look(code: CodeType, *_: object) -> None:
        if time.monotonic() >= ends and code.co_filename not in LIMITERS:
            # raised at a jump, an exception passes by the handlers around it (CPython 3.12 and 3.13)
            monitoring.set_local_events(tool, code, monitoring.events.INSTRUCTION)
            armed[id(code)] = code

    def stop(*_: object) -> None:
        nonlocal ends
        if threading.get_ident() == ident:
            disarm()
            ends = time.monotonic() + AGAIN  # a bare `except:` in the student's loop swallows one
            raise TimeLimitExceeded

    def disarm() -> None:
        while armed:
            monitoring.set_local_events(tool, armed.popitem()[1], 0)

    events = monitoring.events
    seen = {events.JUMP: look, events.PY_START: look, events.PY_RESUME: look, events.INSTRUCTION: stop}
    monitoring.use_tool_id(tool, "autograder")
    try:
        for event, callback in seen.items():
            monitoring.register_callback(tool, event, callback)
        monitoring.set_events(tool, events.JUMP | events.PY_START | events.PY_RESUME)
        yield
    finally:
        monitoring.set_events(tool, 0)
        disarm()
        for event in seen:
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


def in_main_thread() -> bool:
    """Whether this is the main thread, the only one that signals reach."""
    return threading.current_thread() is threading.main_thread()
