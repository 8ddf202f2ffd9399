"""Calling a student's function: in silence, in time, and with nothing changed for what comes after."""

import contextlib
import ctypes
import io
import linecache
import random
import signal
import sys
import threading
import traceback
import warnings

import numpy as np

MOST_PRINTED = 10_000  # characters
AGAIN = 0.25  # seconds
_running = threading.local()


class TimeLimitExceeded(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


class AnswerError(Exception):
    """An error of the student's function that was already put into words where it happened."""


def describe_error(error, answer, arguments=None):
    """One sentence: what was raised, and the last line of the student's that it went through.

    arguments: how many the answer was called with, where that is known.
    """
    text = _first_line(error)
    if arguments and isinstance(error, TypeError) and "missing" in text and "argument" in text:
        text += f"; it is called with {arguments}"
    return f"{type(error).__name__}: {text}{_place(error, answer)}"


def _first_line(error):
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # __str__ is the student's code too
        lines = []
    return _shortened(lines[0], 200) if lines else "no message"


def _place(error, answer):
    """The student's own line: the last one whose globals are those of the answer.

    In a notebook every cell is a file of its own, and a helper may stand in any of them.
    """
    answer = getattr(answer, "func", answer)  # functools.partial
    made_in = getattr(answer, "__globals__", None) or getattr(type(answer).__call__, "__globals__", None)
    frames = [f for f in traceback.walk_tb(error.__traceback__) if f[0].f_globals is made_in]
    if not frames:
        return ""
    frame, number = frames[-1]
    code = frame.f_code
    helper = f" of {code.co_name}" if code is not frames[0][0].f_code else ""
    line = linecache.getline(code.co_filename, number).strip()
    return f" in line {number}{helper}" + (f": {_shortened(line, 100)}" if line else "")


def _shortened(text, width):
    return text if len(text) <= width else text[:width] + " …"


def equal(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, (np.ndarray, float, int, np.generic)):
        return np.array_equal(a, b)
    return True


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed; a student's code can neither fill nor close it."""

    def write(self, text):
        super().write(text[: max(0, MOST_PRINTED - self.tell())])
        return len(text)

    def close(self):
        pass


@contextlib.contextmanager
def quiet():
    """Printing and warnings stay inside: anything on stderr would cost all points under nbgrader."""
    printed = _Printed()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(_Printed()):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield printed


def silence():
    """Standard streams belong to the whole process, so only the main thread may redirect them."""
    return quiet() if _in_main_thread() else np.errstate(all="ignore")


@contextlib.contextmanager
def guard(seconds):
    """Around calls of an answer: in silence, in time, and with the settings of Python put back."""
    if busy():
        raise AnswerError("the function that is checked asks for a check itself; do that outside")
    _running.answer = True
    try:
        with silence() as printed, _settings(), time_limit(seconds):
            yield printed or io.StringIO()
    finally:
        _running.answer = False


def busy():
    """Whether an answer is running: in its calls, nothing may be checked."""
    return getattr(_running, "answer", False)


@contextlib.contextmanager
def _settings():
    """What an answer may change for everybody is put back; `exit()` does not end the kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    drawn, drawn_by_numpy, depth = random.getstate(), np.random.get_state(), sys.getrecursionlimit()
    if shell is not None:
        shell.ask_exit = _exit
    try:
        with np.printoptions():
            yield
    finally:
        random.setstate(drawn)
        np.random.set_state(drawn_by_numpy)
        sys.setrecursionlimit(depth)
        if shell is not None:
            del shell.ask_exit


def _exit():
    raise SystemExit("exit() was called")


def _in_main_thread():
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def time_limit(seconds):
    """Raises TimeLimitExceeded in the code of the `with` block when it takes longer.

    By a signal in the main thread; elsewhere, and on Windows, from a second thread, which Python
    code notices at its next step and a long call into C at its end.
    """
    if hasattr(signal, "setitimer") and _in_main_thread():
        limit = _limit_by_signal(seconds)
    else:
        limit = _limit_by_thread(seconds)
    with limit:
        yield


@contextlib.contextmanager
def _limit_by_signal(seconds):
    def stop(*_):
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
def _limit_by_thread(seconds):
    ident, lock, over = threading.get_ident(), threading.Lock(), []

    def raise_in_thread(exception):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), exception)

    def stop():
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
