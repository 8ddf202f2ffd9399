"""The walls around student code, made of bubblewrap.

Inside, a submission finds the system and the Python packages read-only, an empty home, a small
private folder, no network, no other process, no file of the course, and fewer system calls.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..errors import Unavailable
from .seccomp import filter_pipe, filter_problem

MODES = ("auto", "bwrap", "account", "none")
OPEN = ("account", "none")  # without walls
FOLDER = "/submission"
FOLDERS = ("/dev/shm", "/tmp", FOLDER)  # the only ones that can be written; they are kept in memory
DISK = 64 * 2**20  # bytes of each of them

CURES = """\
Student code runs inside bubblewrap, and that cannot start here: {why}
 - Debian, Ubuntu: `apt install bubblewrap`; Fedora: `dnf install bubblewrap`.
 - Where user namespaces are forbidden, allow them (on Ubuntu an AppArmor profile for bwrap, or
   `sysctl kernel.apparmor_restrict_unprivileged_userns=0`), or grade as root in a container.
 - macOS, Windows: grade in a Linux container or in WSL.
 - `--sandbox account`, as root, runs student code as another account, with limits and without walls. Only
   in a container that holds nothing but this class.
 - `--sandbox none` grades without walls. Only for submissions whose authors you trust with your files."""


def choose_walls(mode: str) -> str:
    """The walls to use where `mode`, one of MODES, is asked for: "bwrap", "account" or "none".

    "account" is another account with limits and no walls; it needs root.  Raises Unavailable where they
    cannot be made, and ValueError for another mode.
    """
    if mode not in MODES:
        raise ValueError(f"sandbox is {mode!r}, expected one of {', '.join(MODES)}")
    if mode == "account" and not is_root():
        raise Unavailable("only root can run student code as another account; grade as root in a container")
    if mode in OPEN:
        if not hasattr(os, "fork"):
            raise Unavailable("grading needs fork, which Windows lacks: use a Linux container or WSL")
        return mode
    why = walls_problem()
    if why:
        raise Unavailable(CURES.format(why=why))
    return "bwrap"


@cache
def walls_problem() -> str:
    """Why bubblewrap cannot be used here, in a sentence; "" when it can."""
    if not sys.platform.startswith("linux"):
        return f"it exists for Linux only, and this is {sys.platform}."
    if shutil.which("bwrap") is None:
        return "the program bwrap is not installed."
    if filter_problem():
        return filter_problem()
    python = [os.path.realpath(sys.executable), "-I", "-S", "-c", ""]
    try:
        with filter_pipe() as fd:
            done = subprocess.run(
                [*walls([], fd), "--", *python], capture_output=True, text=True, timeout=30, pass_fds=[fd]
            )
    except subprocess.TimeoutExpired:
        return "a trial run did not end within 30 s."
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"a trial run ended with {done.returncode}"])[-1] + "."
    return ""


def walls(binds: Iterable[tuple[str | Path, str]], filter_fd: int) -> list[str]:
    """The bwrap command up to the program's own arguments.

    binds: (folder, where it is inside of the sandbox), which can only be read there.  filter_fd: a
    descriptor of `filter_pipe`.

    The program becomes process 1, which no signal from inside can stop or end.  It has to collect the
    processes that end, and when it ends all others do.
    """
    command = ["bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--as-pid-1", "--unshare-net"]
    command += ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    command += ["--seccomp", str(filter_fd)]
    if is_root():  # before any student code runs, the worker changes from root to a uid of its own
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
    command += ["--proc", "/proc", *_without_pressure(), *_devices()]
    for folder in FOLDERS:
        command += ["--perms", "0777" if folder == FOLDER else "1777", "--size", str(DISK), "--tmpfs", folder]
    command += _bind_packages()  # after /tmp, which may hold them
    for source, target in binds:
        command += ["--ro-bind", str(source), target]
    return [*command, "--remount-ro", "/", "--remount-ro", "/dev", "--chdir", FOLDER]


def _without_pressure() -> list[str]:
    """An empty folder over /proc/pressure, where whoever writes makes the kernel watch the machine."""
    folder = "/proc/pressure"
    return ["--tmpfs", folder, "--remount-ro", folder] if os.path.isdir(folder) else []


def _devices() -> list[str]:
    """A /dev without terminals, of which the machine has a fixed number, and without /dev/zero.

    Memory shared by way of /dev/zero is in no file and needs no page table, so it could not be counted.
    """
    command = ["--perms", "0755", "--tmpfs", "/dev"]
    for name in ("null", "full", "random", "urandom"):
        command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        command += ["--symlink", f"/proc/self/fd{target}", f"/dev/{name}"]
    return command


def _bind_packages() -> list[str]:
    """Binds of Python and its packages; an empty folder covers the course where it lies among them."""
    here = Path(__file__).resolve().parent.parent
    prefix = Path(sys.base_prefix).resolve()
    command: list[str] = []
    covered: list[Path] = []
    if not prefix.is_relative_to("/usr"):
        command += [*_parents(prefix), "--ro-bind", str(prefix), str(prefix)]
    for path in (here, here.parent / "rnnlib", here.parent if (here.parent / "solutions").exists() else here):
        if path.is_relative_to("/usr") or path.is_relative_to(prefix):
            command += ["--tmpfs", str(path)]
            covered.append(path)
    for path in package_folders():
        seen = path.is_relative_to("/usr") or path.is_relative_to(prefix)
        if not seen or any(path.is_relative_to(other) for other in covered):
            command += [*([] if seen else _parents(path)), "--ro-bind", str(path), str(path)]
            for name in ("autograder", "rnnlib"):
                command += ["--tmpfs", str(path / name)] if (path / name).exists() else []
    return command


@cache
def package_folders() -> list[Path]:
    """Where NumPy and the other packages are installed."""
    numpy = find_spec("numpy")  # which does not import it
    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    found += [str(Path(numpy.origin).parents[1])] if numpy and numpy.origin else []
    return list(dict.fromkeys(Path(path).resolve() for path in found))


def _parents(path: Path) -> list[str]:
    """Makes the folders above a bind; bubblewrap itself would make them readable for their owner only."""
    above = [p for p in reversed(path.parents) if str(p) not in ("/", "/tmp")]
    return [word for parent in above for word in ("--perms", "0755", "--dir", str(parent))]


def is_root() -> bool:
    """Whether this process runs as root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
