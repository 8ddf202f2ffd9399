"""The walls around student code: bubblewrap, limits, and the end of everything inside.

Inside, a submission finds the system and the Python packages read-only, an empty home, a small
private folder, no network, no other process, and no file of the course.
"""

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

MODES = ("auto", "bwrap", "none")
LIMITS = {  # of each process; sizes in bytes, CPU in seconds
    "AS": 2 * 2**30,
    "CPU": 600,
    "FSIZE": 64 * 2**20,
    "NPROC": 64,
    "NOFILE": 256,
    "CORE": 0,
}
MEMORY = 4 * 2**30  # bytes of all processes together
DISK = 64 * 2**20  # bytes of the private folder
FOLDER = "/submission"
FIRST_UID, UIDS = 61_000, 4_000
_starts = itertools.count(os.getpid() * 61)
_running, _stopping = set(), threading.Event()

CURES = """\
Student code runs inside bubblewrap, and that cannot start here: {why}
 - Debian, Ubuntu: `apt install bubblewrap`; Fedora: `dnf install bubblewrap`.
 - Where user namespaces are forbidden, allow them (on Ubuntu an AppArmor profile for bwrap, or
   `sysctl kernel.apparmor_restrict_unprivileged_userns=0`), or grade as root in a container.
 - macOS, Windows: grade in a Linux container or in WSL.
 - `--sandbox none` grades without walls. Only for submissions whose authors you trust with your files."""


class Unavailable(Exception):
    """No sandbox can be made on this machine; the message says why and what helps."""


class Stopped(Exception):
    """Grading was stopped; that says nothing about the submission."""


@contextmanager
def stopped():
    """Ends all sandboxes of this process, and lets none start while the block lasts."""
    _stopping.set()
    try:
        for keeper in list(_running):
            with suppress(ProcessLookupError):
                os.killpg(keeper.pid, 9)
        yield
    finally:
        _stopping.clear()


def choose(mode):
    """The sandbox to use for a wish of MODES: "bwrap" or "none".  Raises Unavailable."""
    if mode not in MODES:
        raise ValueError(f"sandbox is {mode!r}, expected one of {', '.join(MODES)}")
    if mode == "none":
        if not hasattr(os, "fork"):
            raise Unavailable("grading needs fork, which Windows lacks: use a Linux container or WSL")
        return mode
    why = problem()
    if why:
        raise Unavailable(CURES.format(why=why))
    return "bwrap"


@cache
def problem():
    """Why bubblewrap cannot be used here, in a sentence; "" when it can."""
    if not sys.platform.startswith("linux"):
        return f"it exists for Linux only, and this is {sys.platform}."
    if shutil.which("bwrap") is None:
        return "the program bwrap is not installed."
    command = [*_walls([]), "--", os.path.realpath(sys.executable), "-I", "-S", "-c", ""]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        return "a trial run did not end within 30 s."
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"a trial run ended with {done.returncode}"])[-1] + "."
    return ""


class Box:
    """A running worker: `keeper` (a Popen), `out` (the runner's socket) and one socket a check."""

    def __init__(self, keeper, sockets):
        self.keeper, self.out, self.checks = keeper, sockets[0], sockets[1:]


@contextmanager
def start(mode, library, job, checks, files=None):
    """A worker with `job` sent to it, in a sandbox that is gone with everything in it afterwards.

    library: folder with `beside` and the reduced rnnlib.  job: what `beside.worker.main` reads.
    checks: how many copies may answer.  files: a folder to be copied beside the notebook, or None.
    """
    ours, theirs = zip(*(socket.socketpair() for _ in range(checks + 1)))
    fds = [sock.fileno() for sock in theirs]
    walled = mode == "bwrap"
    with _folder(walled) as folder:
        at = FOLDER if walled else str(folder)
        if files is not None and not walled:
            shutil.copytree(files, folder, dirs_exist_ok=True)
        within = "/course" if walled else str(library)
        packages = list(map(str, _packages()))
        code = (
            f"import sys; sys.path[:] = [{within!r}, *sys.path, *{packages!r}]; "
            f"from beside import worker; worker.main({fds!r})"
        )
        command = [os.path.realpath(sys.executable), "-I", "-S", "-c", code]
        if walled:
            command = [
                *_walls([(library, "/course"), *([(files, "/files")] if files else [])]),
                "--",
                *command,
            ]
        job = {**job, "folder": at, "library": within, "uid": _uid(walled), "limits": dict(LIMITS)}
        if not walled:
            del job["limits"]["NPROC"]  # it would count all that the account runs
        job["files"] = "/files" if files and walled else None
        job["memory"] = MEMORY if walled else None  # without walls, other people's processes are seen too
        keeper = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
            env=ENVIRONMENT | {"HOME": at, "MPLCONFIGDIR": at},
            cwd=None if walled else folder,
            start_new_session=True,
        )
        _running.add(keeper)
        try:
            if _stopping.is_set():
                raise Stopped
            for sock in theirs:
                sock.close()
            try:
                keeper.stdin.write(json.dumps(job).encode() + b"\n")
                keeper.stdin.flush()
            except BrokenPipeError:
                pass  # it ended at once; whoever waits for READY learns why
            yield Box(keeper, ours)
        finally:
            _running.discard(keeper)
            _end(keeper)
            for sock in ours:
                sock.close()


ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
}


def _end(keeper):
    """Kills the sandbox; with bubblewrap, the kernel ends all processes in it."""
    with suppress(ProcessLookupError):
        os.killpg(keeper.pid, 9)
    keeper.wait()
    for stream in (keeper.stdin, keeper.stdout, keeper.stderr):
        with suppress(BrokenPipeError):
            stream.close()


@contextmanager
def _folder(walled):
    if walled:
        yield None
        return
    import tempfile

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _walls(binds):
    """The bwrap command up to the program's own arguments."""
    command = ["bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net"]
    command += ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    if _is_root():  # the worker gives up root itself, before any student code, for a uid of its own
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user"]
    for path in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"):
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            command += ["--ro-bind", path, path]
    command += ["--perms", "0755", "--dir", "/etc"]
    for path in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"):
        command += ["--ro-bind-try", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(DISK), "--tmpfs", "/dev/shm"]
    command += ["--perms", "1777", "--size", str(DISK), "--tmpfs", "/tmp"]
    command += ["--perms", "0777", "--size", str(DISK), "--tmpfs", FOLDER]
    command += _packages_and_nothing_of_the_course()  # after /tmp, which may hold them
    for source, target in binds:
        command += ["--ro-bind", str(source), target]
    return [*command, "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", FOLDER]


def _packages_and_nothing_of_the_course():
    """Binds of Python and its packages; the course is covered up where it lies among them."""
    here = Path(__file__).resolve().parent
    prefix, command, covered = Path(sys.base_prefix).resolve(), [], []
    if not prefix.is_relative_to("/usr"):
        command += [*_parents(prefix), "--ro-bind", str(prefix), str(prefix)]
    for path in (here, here.parent / "rnnlib", here.parent if (here.parent / "solutions").exists() else here):
        if path.is_relative_to("/usr") or path.is_relative_to(prefix):
            command += ["--tmpfs", str(path)]
            covered.append(path)
    for path in _packages():
        seen = path.is_relative_to("/usr") or path.is_relative_to(prefix)
        if not seen or any(path.is_relative_to(other) for other in covered):
            command += [*([] if seen else _parents(path)), "--ro-bind", str(path), str(path)]
            for name in ("autograder", "rnnlib"):
                command += ["--tmpfs", str(path / name)] if (path / name).exists() else []
    return command


@cache
def _packages():
    """Where NumPy and the other packages are installed."""
    import numpy

    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), Path(numpy.__file__).parents[1]]
    return list(dict.fromkeys(Path(path).resolve() for path in found))


def _parents(path):
    """The folders above a bind; bubblewrap itself would make them for their owner only."""
    above = [p for p in reversed(path.parents) if str(p) not in ("/", "/tmp")]
    return [word for parent in above for word in ("--perms", "0755", "--dir", str(parent))]


def _is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _uid(walled):
    """A uid that no other running submission has, so that none can use up another's processes.

    Without root, each sandbox is a user namespace, and counts its processes for itself.
    """
    return FIRST_UID + next(_starts) % UIDS if walled and _is_root() else None
