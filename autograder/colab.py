"""Work on Google Colab: lessons and progress in the student's own Drive, as Colab deletes everything else."""

import subprocess
import tempfile
from importlib import import_module, metadata
from pathlib import Path

from .errors import UserError
from .feedback import progress
from .lab import copy_lessons


def keep_work() -> None:
    """On Colab: mounts Drive, copies the lessons that are missing there, and says where they are.

    What is there is never overwritten.  Checks are noted there from then on.  Anywhere else nothing is done.
    Raises UserError where the lessons cannot be had.
    """
    if not progress.on_colab():
        return
    import_module("google.colab.drive").mount("/content/drive")
    work = progress.ON_DRIVE
    if not work.parent.is_dir():
        raise UserError(f"there is no {work.parent}: allow Colab to use Drive, then run this cell again")
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "clone", "--quiet", "--depth", "1", repository(), folder]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise UserError(f"the lessons cannot be copied from {repository()}: {done.stderr.strip()}")
        copied, old = copy_lessons(Path(folder, "notebooks"), work)
    print(f"Your lessons are in Drive, in the folder {work.name}: open them there. New: {len(copied)}.")
    for name in old:
        print(f"The course has a newer {name}; to get it, rename its folder and run this again.")


def repository() -> str:
    """The address that the installed package names as its repository."""
    links = dict(link.split(", ", 1) for link in metadata.metadata("unrolled").get_all("Project-URL") or ())
    return str(links["Repository"])
