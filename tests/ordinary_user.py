"""Runs a program as an ordinary user, where the tests themselves run as root.

What that user has to read may lie in a closed folder, such as root's home.  So the program runs in a mount
namespace of its own, in which an empty folder stands there, and in it only what is needed.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests_root import ROOT

NOBODY = 65534


@contextmanager
def ordinary_rights():
    """Takes from this process the right to open everything; what it needs has to be imported before."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def user_problem() -> str:
    """Why no program can be run as another user here, in a sentence; "" when one can."""
    if os.geteuid() != 0:
        return "only root can run a program as another user"
    for program in ("unshare", "setpriv", "mount"):
        if shutil.which(program) is None:
            return f"the program {program} is not installed"
    done = run_as_ordinary_user([sys.executable, "-c", "import numpy, os; print(os.geteuid())"])
    said = done.stderr.strip()[-300:]
    return "" if done.stdout.strip() == str(NOBODY) else f"it cannot be done here: {said}"


def run_as_ordinary_user(command: list[str], limit: float = 120) -> subprocess.CompletedProcess[str]:
    """Runs a command in the folder of the project."""
    needed = {ROOT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    script = ["set -e"]
    for closed in sorted({folder for path in needed if (folder := _closed_above(path))}):
        inside = [path for path in needed if path.is_relative_to(closed)]
        script += [
            f"hold_{n}=$(mktemp -d); mount --bind {_quoted(path)} $hold_{n}" for n, path in enumerate(inside)
        ]
        script += [f"mount -t tmpfs -o mode=755 none {_quoted(closed)}"]
        script += [
            f"mkdir -p {_quoted(path)}; mount --move $hold_{n} {_quoted(path)}; rmdir $hold_{n}"
            for n, path in enumerate(inside)
        ]
    script += [f"cd {_quoted(ROOT)}"]
    script += [f"exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups {shlex.join(command)}"]
    with tempfile.TemporaryDirectory() as home:
        os.chmod(home, 0o777)
        return _run_apart("\n".join(script), home, limit)


def _run_apart(script: str, home: str, limit: float) -> subprocess.CompletedProcess[str]:
    """Runs a script of the shell in a mount namespace of its own."""
    return subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
        env={"PATH": os.environ["PATH"], "HOME": home, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=limit,
    )


def _closed_above(path: Path) -> Path | None:
    """The outermost folder above a path that other users may not enter."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
