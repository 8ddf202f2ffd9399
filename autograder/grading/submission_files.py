"""What lies in a student's folder: the notebook, the files beside it, and what is at a wrong place."""

import os
import shutil
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from dateutil.parser import parse as parse_date

from ..wording import is_text, plain

MOST_BYTES = 20 * 2**20  # of a notebook, and of all files beside it together
MOST_FILES = 1000
LONGEST_NAME = 1000  # bytes of a file's path; the system's limit of 4096 holds for where it is copied to
LONGEST_REMARK = 300
DAY = 24 * 60 * 60  # seconds: no zone is further from UTC
NOT_PASSED_ON = {"timestamp.txt", "feedback", "__pycache__", "__MACOSX", ".ipynb_checkpoints"}


def list_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """({relative name: path} of the files below `folder`, remarks on what is left out)."""
    files: dict[str, Path] = {}
    remarks: list[str] = []
    for parent, folders, names in os.walk(folder):  # passes over what cannot be opened, follows no link
        folders[:] = sorted(name for name in folders if _is_passed_on(name))
        for name in [*folders, *sorted(filter(_is_passed_on, names))]:
            path = Path(parent, name)
            relative = str(path.relative_to(folder))
            if len(os.fsencode(relative)) > LONGEST_NAME:
                remarks.append(f"{relative[:60]}… has a path of more than {LONGEST_NAME} bytes; left out")
                if name in folders:
                    folders.remove(name)
            elif path.is_symlink():
                remarks.append(f"{relative} is a link; left out")
            elif path.is_file() and not os.access(path, os.R_OK):
                remarks.append(f"{relative} cannot be opened; left out")
            elif path.is_file():
                files[relative] = path
        if len(files) > MOST_FILES:
            remarks.append(f"there are more than {MOST_FILES} files; not all were looked at")
            break
    return files, remarks


def _is_passed_on(name: str) -> bool:
    return name not in NOT_PASSED_ON and not name.startswith(".")


def read_timestamp(path: Path) -> tuple[str, list[str]]:
    """(what a timestamp.txt says if that is a date, else ""; remarks)."""
    if not os.path.lexists(path):
        return "", []
    try:
        with open(path, "rb") as file:
            said = "" if path.is_symlink() else file.read(200).decode("utf-8-sig").strip()
    except (OSError, ValueError):
        said = ""
    if is_date(said):
        return said, []
    return "", ["timestamp.txt holds no date; graded without regard to lateness"]


def find_notebook(folder: Path, assignment: str, files: Mapping[str, Path]) -> tuple[Path | None, list[str]]:
    """(path of the notebook, remarks); (None, [the reason]) when there is none to take."""
    expected = folder / f"{assignment}.ipynb"
    if expected.is_symlink():
        return None, [f"{expected.name} is a link, not a file"]
    if expected.is_file():
        return expected, []
    notebooks = [name for name in files if name.endswith(".ipynb")]
    # an unpacked archive may have put a folder around everything
    found = [name for name in notebooks if os.sep not in name] or notebooks
    if len(found) == 1:
        said = f"the notebook is called {found[0]}, expected {expected.name}; graded as that"
        return files[found[0]], [said]
    return None, [f"expected {expected.name}, found {', '.join(found) or 'no notebook'}"]


def other_notebooks(files: Mapping[str, Path], graded: Path) -> list[str]:
    """Says which notebooks are not looked at; the one that was meant may be among them."""
    others = [
        f"{name} (newer)" if path.stat().st_mtime > graded.stat().st_mtime else name
        for name, path in files.items()
        if name.endswith(".ipynb") and path != graded
    ]
    return [f"{graded.name} was graded; not looked at: {', '.join(others)}"] if others else []


def files_beside(
    found: Mapping[str, Path], notebook: Path, expected: str
) -> tuple[dict[str, Path], list[str]]:
    """({name: path} of the files beside the notebook, by names relative to it; remarks)."""
    files: dict[str, Path] = {}
    remarks: list[str] = []
    outside = 0
    for path in found.values():
        if not path.is_relative_to(notebook.parent):
            outside += 1
        elif path != notebook:
            files[str(path.relative_to(notebook.parent))] = path
    if outside:
        remarks.append(f"files that are not beside the notebook are left out: {outside}")
    for name in [name for name in files if Path(name).parts[0] == expected]:
        remarks.append(f"{name} lies in a folder called like the notebook; left out")
        del files[name]
    if len(files) > MOST_FILES:
        return {}, [*remarks, f"the files beside the notebook are more than {MOST_FILES}; left out"]
    if sum(path.stat().st_size for path in files.values()) > MOST_BYTES:
        return {}, [*remarks, f"the files beside the notebook exceed {MOST_BYTES // 2**20} MB; left out"]
    for name in sorted({Path(name).parts[0] for name in files}):
        if _shadows(name, name in files):
            remarks.append(f"{name} has the name of a module; it comes last on the path and shadows nothing")
    return files, remarks


def _shadows(name: str, is_file: bool) -> bool:
    """Whether a file or folder has the name of a module that lessons may import."""
    module = name.removesuffix(".py") if name.endswith(".py") or not is_file else ""
    return module in sys.stdlib_module_names or module in ("numpy", "rnnlib", "autograder", "matplotlib")


def misplaced_notebooks(submitted: Path, assignment: str, assignments: Collection[str]) -> dict[str, str]:
    """{student: what is wrong} where no folder for `assignment` can be read, but something is there.

    assignments: the names of all, as a notebook of another one is where it should be.
    """
    found: dict[str, str] = {}
    for folder in sorted(Path(submitted).glob("*/")):
        if not is_text(folder.name):
            found[plain(folder.name)] = f"the name of the folder {plain(folder.name)} is not UTF-8; rename it"
            continue
        if folder.name.startswith(".") or (folder / assignment).is_dir():
            continue
        notebooks = [
            f"{folder.name}/{name}"
            for name in list_files(folder)[0]
            if name.endswith(".ipynb")
            and Path(name).parts[0] not in assignments
            and Path(name).stem not in set(assignments) - {assignment}
        ]
        if notebooks:
            expected = f"{folder.name}/{assignment}/{assignment}.ipynb"
            says = f"notebooks found at {', '.join(notebooks)}, expected {expected}"
            found[plain(folder.name)] = plain(says, LONGEST_REMARK)
    return found


def copy_files(files: Mapping[str, Path], target: str | Path) -> None:
    """Puts the files beside a notebook into `target`, readable for everybody."""
    for name, path in files.items():
        copy = Path(target) / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    for path in [Path(target), *Path(target).rglob("*")]:
        os.chmod(path, 0o755 if path.is_dir() else 0o644)


def is_date(text: str) -> bool:
    """Whether nbgrader can read the text as the time of a submission: DATE TIME ZONE, or any date."""
    *date, zone = text.split(" ") if text.count(" ") == 2 else (text, "UTC")
    if zone.lstrip("+-").isdigit() and abs(int(zone)) >= DAY:
        return False
    try:
        return bool(parse_date(" ".join(date)))
    except Exception:  # of many kinds, as the text may be anything
        return False
