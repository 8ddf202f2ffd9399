"""A process that works for the one that grades: what is too much for it ends there, and costs one call.

A process that imports what the work needs stands by, and forks the one that works; where that one has
exceeded its limits, the next is there in milliseconds.  All of them end with the process that grades, and
until then they hold the files that it had locked.
"""

import ctypes
import os
import resource
import signal
import socket
import struct
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, NoReturn, Self

from ..errors import GradingError, UserError

PR_SET_PDEATHSIG = 1
PID = struct.Struct("i")
LARGE = 2**20  # characters of what a call is about: its process is not kept for the next
NO_PROCESS = (
    "a process that grading needs has ended, or cannot be started; grade again, which goes on from here"
)
# they come to a whole group or terminal, and what is being recorded is recorded in full
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


class TooMuch(Exception):
    """A call took more than it may; the message is the end of a sentence."""


class Unexplained(TooMuch):
    """It took too long, or its process has ended: the argument may be at fault, or the machine."""


class Failed(Exception):
    """A call has raised an error, which the message names."""


class Helper:
    """Calls functions in another process, one at a time; to be entered before any thread is started.

    functions: by the name that they are called by.  prepare: imports what they need.  memory: bytes that
    a process may take beyond what it begins with.  Arguments and results are pickled, and both sides are
    of the grader: student code runs in neither.
    """

    def __init__(
        self, functions: Mapping[str, Callable[..., Any]], memory: int, prepare: Callable[[], None]
    ) -> None:
        self._functions, self._memory, self._prepare = functions, memory, prepare
        self._standing_by = self._working = 0  # process ids
        self._connection: Connection | None = None
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Self:
        """Starts the process that stands by."""
        self._control, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        self._standing_by = _fork(lambda: self._stand_by(theirs))
        theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends both processes; a call that is under way raises TooMuch."""
        os.kill(self._standing_by, signal.SIGKILL)
        _kill(self._working)
        with self._one_at_a_time:
            self._end_work()
            self._control.close()
        os.waitpid(self._standing_by, 0)

    def call(self, name: str, *arguments: Any, seconds: float) -> Any:
        """What a function returns.

        Raises TooMuch where it takes more than `seconds` or its memory; a UserError of its own; and Failed
        for every other error.  Raises GradingError where no process can be had.
        """
        with self._one_at_a_time:
            try:
                connection = self._connection or self._begin_work()
                connection.send((name, arguments))
                if not connection.poll(seconds):
                    raise Unexplained(f"took more than {seconds:g} s")
                error, returned = connection.recv()
                if isinstance(error, TooMuch):
                    raise error
            except (EOFError, OSError):
                self._end_work()
                raise Unexplained("ended its process") from None
            except BaseException:
                self._end_work()
                raise
        if isinstance(error, str):
            raise Failed(error)
        if error is not None:
            raise error
        return returned

    def renew(self) -> None:
        """Ends the process that works: the next one begins without the memory that a large call has taken."""
        with self._one_at_a_time:
            self._end_work()

    def _begin_work(self) -> Connection:
        """A connection to a new process that works, once the one that stands by is ready."""
        ours, theirs = socket.socketpair()
        said = b""
        with theirs, suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [b"w"], [theirs.fileno()])
            said = self._control.recv(PID.size, socket.MSG_WAITALL)
        self._connection = Connection(ours.detach())
        if len(said) < PID.size:
            # it could not prepare or fork, and has said why, or it was killed
            raise GradingError(NO_PROCESS)
        self._working = PID.unpack(said)[0]
        return self._connection

    def _end_work(self) -> None:
        """Kills the process that works, if there is one; its number is free only when the next begins."""
        _kill(self._working)
        if self._connection is not None:
            self._connection.close()
        self._connection, self._working = None, 0

    def _stand_by(self, control: socket.socket) -> None:
        """Forks a process whenever one is asked for; returns when nobody can ask any more."""
        self._control.close()
        self._prepare()
        while True:
            asked, fds, _, _ = socket.recv_fds(control, 1, 1)
            if not asked:
                return
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass

            def work(fd: int = fds[0]) -> None:
                control.close()
                _limit_memory(self._memory)
                _serve(Connection(fd), self._functions)

            control.sendall(PID.pack(_fork(work)))
            os.close(fds[0])


def _kill(pid: int) -> None:
    """Kills a process, if there is one: 0 stands for none."""
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _fork(work: Callable[[], None]) -> int:
    """The id of a new process that does the work, ends, and ends before this one does."""
    parent = os.getpid()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which NumPy's library restarts
        pid = os.fork()
    if pid:
        return pid
    try:
        for number in IGNORED:
            signal.signal(number, signal.SIG_IGN)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == parent:
            work()
    except BaseException as error:  # nobody is above this frame but a copy of the grader's own
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(0)


def _serve(connection: Connection, functions: Mapping[str, Callable[..., Any]]) -> NoReturn:
    """Answers calls until nobody can call any more: (None or an error, what is returned)."""
    while True:
        try:
            name, arguments = connection.recv()
        except EOFError:
            os._exit(0)
        try:
            answer: tuple[BaseException | str | None, Any] = (None, functions[name](*arguments))
        except UserError as error:
            answer = (error, None)
        except MemoryError:  # and the next process begins with none of what fills this one
            connection.send((TooMuch("took more memory than it may"), None))
            os._exit(1)
        except BaseException as error:
            answer = (f"{type(error).__name__}: {error}", None)
        connection.send(answer)


def _limit_memory(more: int) -> None:
    """Lets this process take so many bytes beyond what it has, where the system can say what it has."""
    with suppress(OSError, ValueError, IndexError):
        with open("/proc/self/status", "rb") as file:
            held = next(int(line.split()[1]) for line in file if line.startswith(b"VmData:"))
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (1024 * held + more, hard))
