#!/usr/bin/env python3
"""Sets up the course on first use, then runs it.  Needs Python 3.11 or newer, nothing else.

python3 course.py demo     grade a sample class of ten and write the report
python3 course.py lab      copy new lessons into work/ and open JupyterLab there
python3 course.py test     run the tests; with --slow also those that take minutes
python3 course.py site     build the website into site/
python3 course.py VERB …   anything else goes to `autograder`
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
EXTRAS = {"test": ["lite", "site", "test"], "lab": ["extras"], "site": ["extras", "lite", "site"]}
STAMP = os.path.join(VENV, "installed")


def main(arguments):
    """Runs what was asked for; an exit code, or a sentence where it cannot."""
    for stream in (sys.stdout, sys.stderr):  # not every encoding has a … for the help
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if sys.version_info < (3, 11):
        return "course.py: Python %d.%d is too old; the course needs 3.11 or newer." % sys.version_info[:2]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    problem = set_up(["course", *EXTRAS.get(arguments[0], ())])
    if problem:
        return "course.py: " + problem
    module = ["pytest", *arguments[1:]] if arguments[0] == "test" else ["autograder", *arguments]
    if arguments[0] == "test":  # it starts hundreds of programs, and each would compile all modules anew
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PATH"] = BIN + os.pathsep + os.environ.get("PATH", "")
    os.chdir(ROOT)
    command = [PYTHON, "-m", *module]
    if os.name == "nt":  # there, execv returns to the shell before the program has ended
        return subprocess.call(command)
    sys.stdout.flush()
    os.execv(PYTHON, command)


def set_up(extras):
    """Makes .venv hold the wanted extras; returns a sentence if it cannot."""
    done = read_stamp()
    if set(extras) <= done and os.path.exists(PYTHON):
        return None
    extras = sorted(done | set(extras))
    print("Setting up .venv (%s); about a minute, this once." % " and ".join(extras), flush=True)
    start = time.time()
    try:
        os.makedirs(VENV, exist_ok=True)
        open(STAMP, "w").close()  # an interrupted installation must not look finished
    except OSError as error:
        return "%s cannot be written (%s); copy the course to a place of your own." % (VENV, error.strerror)
    if not runs(PYTHON) and subprocess.call([sys.executable, "-m", "venv", "--clear", VENV]) != 0:
        return (
            "The virtual environment could not be made: this Python lacks ensurepip. On Debian or Ubuntu run"
            " `apt install python3-venv`, then start again."
        )
    if not install(["-c", "constraints.txt", "-e", ".[%s]" % ",".join(extras)]):
        return (
            "The packages could not be installed (pip says why above; without a network it cannot work)."
            " Start again to continue where it stopped."
        )
    with open(STAMP, "w", encoding="utf-8") as stamp:
        stamp.write("\n".join([wanted(), *extras]))
    print("Set up in %.0f s." % (time.time() - start), flush=True)


def install(wishes):
    """Whether the packages could be installed: by uv where it is there, which takes seconds, else by pip."""
    uv = shutil.which("uv")
    commands = [[uv, "pip", "install", "--quiet", "--python", PYTHON]] if uv else []
    commands.append([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
    return any(subprocess.call([*command, *wishes], cwd=ROOT) == 0 for command in commands)


def runs(python):
    """Whether the environment's Python starts and has pip; an interrupted set-up may lack either."""
    try:
        return subprocess.call([python, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def wanted():
    """A digest of what is to be installed, and for which Python."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read_stamp():
    """The extras that are installed; none if the wishes or the Python have changed since."""
    try:
        with open(STAMP, encoding="utf-8") as stamp:
            digest, *extras = stamp.read().split()
    except (OSError, ValueError):
        return set()
    return set(extras) if digest == wanted() else set()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nstopped")
