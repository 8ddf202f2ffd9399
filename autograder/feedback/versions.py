"""Says so where a notebook is older or newer than the installed package.

A notebook's import cell names the version that it was built with, and what follow-through earns where that is
not everything; a kernel remembers the cells that it has run.  So the notebook is recognised in every front
end, whatever its file is called there.
"""

import os
import re
import sys

import rnnlib

from ..lessons import IN_BROWSER
from . import show

MARK = re.compile(
    r"^from autograder import .*# unrolled ([\w.+-]+)(?:, follow-through ([\d.]+))?[ \t]*$", re.M
)
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
    found = _marks()
    return found[-1][1] if found else None


def notebook_share() -> float:
    """The share of its points that what is right given right earlier answers earns: see `card.mark_of`."""
    found = _marks()
    return float(found[-1][2] or 1.0) if found else 1.0


def mark(share: float) -> str:
    """The comment that the import cell of a notebook gets."""
    said = "" if share == 1 else f", follow-through {share:g}"
    return f"  # unrolled {rnnlib.__version__}{said}"


def _marks() -> list[re.Match[str]]:
    if not show.in_notebook():
        return []
    cells = sys.modules["IPython"].get_ipython().user_ns.get("_ih", [])
    return [match for cell in cells for match in MARK.finditer(cell)]


def other_version(notebook: str, installed: str) -> str:
    """The sentence about a notebook of another version than the package that is installed."""
    differ = (
        f"This notebook is of version {notebook} of the course and the installed package of {installed}, "
        "so a check may ask for something else than the text does"
    )
    if _numbers(notebook) < _numbers(installed):
        if IN_BROWSER in os.environ:
            return f"{differ}: the start page says how to bring the newer notebook, with your answers."
        return f"{differ}: take the notebook of version {installed}, or install the older package."
    return f"{differ}: install the newer package, then restart the kernel."


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
