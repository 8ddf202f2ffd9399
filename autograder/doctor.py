"""What this machine has and lacks, one line each."""

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

from .diagnosis.bank_contents import bank_problem
from .sandbox.bubblewrap import walls_problem
from .sandbox.control_group import groups_problem

PACKAGE = Path(__file__).resolve().parent


def print_findings() -> None:
    """Prints a line for everything that the course needs."""
    fits = sys.version_info >= (3, 11)
    print(f"python {sys.version.split()[0]}: {'fine' if fits else 'needs 3.11 or newer'}")
    for name in ("numpy", "ipython", "jupyterlab", "nbgrader", "jupytext", "matplotlib"):
        try:
            print(f"{name} {metadata.version(name)}: fine")
        except metadata.PackageNotFoundError:
            print(
                f"{name}: missing; in a clone run `python3 course.py demo` once, elsewhere install this"
                " package with its extra `course`"
            )
    print(f"slips: {slips_problem() or 'fine'}")
    alembic = shutil.which("alembic") or (Path(sys.executable).parent / "alembic").exists()
    print(f"sandbox (bubblewrap): {walls_problem() or 'fine'}")
    print(f"sandbox (control group, optional): {f'not used, {why}' if (why := groups_problem()) else 'fine'}")
    print(f"alembic (nbgrader needs it): {'fine' if alembic else 'missing'}")
    for name in ("gradebook", "work"):
        path = Path(name) if Path(name).exists() else Path.cwd()
        print(f"{name}/: {'fine' if os.access(path, os.W_OK) else f'{path} cannot be written'}")


def has_solutions() -> bool:
    """Whether this is a clone, where slips are tried by running the solutions."""
    return any((PACKAGE.parent / "solutions").glob("[0-9][0-9]_*.py"))


def slips_problem() -> str:
    """Why no misunderstanding can be named here, in a sentence; "" where the solutions or all banks are."""
    problem = "" if has_solutions() else bank_problem(PACKAGE / "diagnosis" / "bank")
    return f"{problem}; install the package anew" if problem else ""
