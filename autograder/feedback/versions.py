"""Says so where a notebook is older or newer than the installed package.

A notebook's import cell names the version that it was built with; a kernel remembers the cells that
it has run.  So the notebook is recognised in every front end, whatever its file is called there.
"""

import re
import sys

import rnnlib

from . import show

MARK = re.compile(r"^from autograder import .*# unrolled ([\w.+-]+)[ \t]*$", re.M)
_told: set[str] = set()


def tell_other_version() -> None:
    """Shows one sentence, once for each other version, in a notebook that is of one."""
    version = notebook_version()
    if version is None or version == rnnlib.__version__ or version in _told:
        return
    _told.add(version)
    sentence = other_version(version, rnnlib.__version__)
    show.show_output(f"<p role='note'>{sentence}</p>", sentence)


def notebook_version() -> str | None:
    """The version in the import cell that was run last; None without a kernel or without such a cell."""
    if not show.in_notebook():
        return None
    cells = sys.modules["IPython"].get_ipython().user_ns.get("_ih", [])
    found = [match[1] for cell in cells for match in MARK.finditer(cell)]
    return found[-1] if found else None


def other_version(notebook: str, installed: str) -> str:
    """The sentence about a notebook of another version than the package that is installed."""
    differ = (
        f"This notebook is of version {notebook} of the course and the installed package of {installed}, "
        "so a check may ask for something else than the text does"
    )
    if _numbers(notebook) < _numbers(installed):
        return f"{differ}: take the notebook of version {installed}, or install the older package."
    return f"{differ}: install the newer package, then restart the kernel."


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
