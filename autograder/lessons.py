"""The released notebooks of a course's folder: the lessons, and the page that is none."""

from pathlib import Path

START_PAGE = "start_here"  # built like a lesson, but no assignment: nothing of it is graded
IN_BROWSER = "UNROLLED_RELEASED"  # set in the edition for browsers: the address of the released notebooks


def released_lessons(root: Path) -> list[Path]:
    """The notebooks under `root` that are assignments, notebooks/NAME/NAME.ipynb, in order."""
    return sorted(p for p in Path(root).glob("notebooks/*/*.ipynb") if p.parent.name != START_PAGE)
